# SPDX-License-Identifier: Apache-2.0
"""nginx as a store that gives what it has and takes PUT."""
import os


def open_folders(folder):
    """nginx's own account passes through the folders above."""
    for parent in [str(folder), *map(str, folder.parents)]:
        if parent.startswith('/tmp/'):
            os.chmod(parent, os.stat(parent).st_mode | 0o055)


def nginx(lab, space, folder, listen, more=''):
    """`folder` gets the files under root; `listen`: of nginx's directive; `more` stands in the server's block. Gives the process."""
    for sub in ('root', 'temporary'):
        os.makedirs(f'{folder}/{sub}', exist_ok=True)
        os.chmod(f'{folder}/{sub}', 0o777)
    open_folders(folder)
    conf = folder / 'nginx.conf'
    places = ' '.join(f'listen {place};' for place in listen)
    conf.write_text(f'''
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1; events {{ worker_connections 128; }}
http {{
  access_log off; client_body_temp_path {folder}/temporary; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; client_max_body_size 99m; large_client_header_buffers 16 128k;
  types {{ image/jpeg jpg; text/csv csv; }}
  server {{ {places} root {folder}/root; dav_methods PUT; {more} }}
}}''')
    process = lab.start(space, 'nginx', '-c', str(conf), '-p', str(folder))
    for place in listen:
        lab.wait_port(space, '', int(str(place).split()[0].rpartition(':')[2]))
    return process
