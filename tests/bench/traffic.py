# SPDX-License-Identifier: Apache-2.0
"""Makes the benchmark's captures: real clients and servers in namespaces, recorded by dumpcap at the span port."""
import os
import random
import shutil
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'e2e'))
import lab as net  # noqa: E402
import material  # noqa: E402
import test_ftp  # noqa: E402

HTTP, NGINX, CONNECTIONS = 8080, 8088, 8


class Progress:
    def __init__(self, what, total):
        self.what, self.total, self.done, self.start, self.shown = what, total, 0, time.monotonic(), 0

    def add(self, n=1):
        self.done += n
        now = time.monotonic()
        if now - self.shown < 0.5 and self.done < self.total:
            return
        self.shown = now
        spent = now - self.start
        left = spent * (self.total - self.done) / max(1, self.done)
        end = '\n' if self.done >= self.total else ''
        filled = 30 * self.done // self.total
        print(f'\r{self.what}: [{"#" * filled}{"." * (30 - filled)}] {self.done}/{self.total}, {left:.0f} s left ',
              end=end, file=sys.stderr, flush=True)


def make_files(folder, megabytes):
    """Pictures of noise (nine in ten) and plate records; returns their paths."""
    paths, total, i = [], 0, 0
    bar = Progress('files', megabytes)
    g = random.Random(4)
    while total < megabytes * 1_000_000:
        if i % 10 == 9:
            name, data = f'reads{i:04d}.csv', material.plate_csv(i, g.randrange(2000, 20000))
        else:
            name, data = f'L{i % 8:02d}_{i:05d}.jpg', material.lane_image(i, g.randrange(1600, 4000, 8), g.randrange(1200, 3000, 8))
        path = os.path.join(folder, name)
        with open(path, 'wb') as f:
            f.write(data)
        paths.append(path)
        bar.add(min(len(data) // 1_000_000, bar.total - bar.done))
        total += len(data)
        i += 1
    bar.add(bar.total - bar.done)
    return paths


class Traffic:
    def __init__(self, lab, folder, files):
        self.lab, self.folder, self.files = lab, folder, files

    def servers(self):
        server = os.path.join(os.path.dirname(net.__file__), 'upload_server.py')
        self.lab.start('outside', '/usr/bin/python3', server, str(HTTP))
        conf = os.path.join(self.folder, 'nginx.conf')
        with open(conf, 'w') as f:
            f.write(f'daemon off; pid {self.folder}/n.pid; error_log {self.folder}/n.log; user root;\nevents {{}}\n'
                    f'http {{ access_log off; default_type application/octet-stream; types {{ image/jpeg jpg; }}\n'
                    f'client_body_temp_path {self.folder}/b; proxy_temp_path {self.folder}/p;\n'
                    f'fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;\n'
                    f'server {{ listen {NGINX}; root {self.folder}/files; }} }}\n')
        self.lab.start('lane', 'nginx', '-c', conf, '-p', self.folder)
        ftp = os.path.join(self.folder, 'ftp')
        os.makedirs(f'{ftp}/in', exist_ok=True)
        os.makedirs(f'{self.folder}/empty', exist_ok=True)
        os.chmod(ftp, 0o555)
        os.chmod(f'{ftp}/in', 0o777)
        self.lab.start('outside', 'vsftpd', test_ftp.write_config(self.folder, test_ftp.PORT))
        for space, port in (('outside', HTTP), ('lane', NGINX), ('outside', test_ftp.PORT)):
            self.lab.wait_port(space, '::' if port != NGINX else '0.0.0.0', port)

    def curl(self, space, lines):
        config = os.path.join(self.folder, f'curl-{len(lines)}-{time.monotonic_ns()}.conf')
        with open(config, 'w') as f:
            f.write('\n'.join(lines))
        return self.lab.start(space, 'curl', '-sS', '--no-progress-meter', '-Z', '--parallel-max', str(CONNECTIONS), '-K', config)

    def http_up(self, files):
        lines = []
        for i, path in enumerate(files):
            how = f'form = "file=@{path}"' if i % 2 else f'upload-file = "{path}"'
            lines += [f'url = "http://{net.UNKNOWN}:{HTTP}/in/{os.path.basename(path)}"', how, 'output = "/dev/null"', 'next']
        return self.curl('lane', lines[:-1])

    def http_down(self, files):
        lines = []
        for path in files:
            lines += [f'url = "http://{net.LANE}:{NGINX}/{os.path.basename(path)}"', 'output = "/dev/null"',
                      f'interface = "{net.UNAPPROVED}"', 'next']
        return self.curl('outside', lines[:-1])

    def ftp_up(self, files):
        lines = []
        for path in files:
            lines += [f'url = "ftp://{net.UNAPPROVED}:{test_ftp.PORT}/in/{os.path.basename(path)}"',
                      f'upload-file = "{path}"', 'output = "/dev/null"', 'next']
        return self.curl('lane', lines[:-1])


def record(lab, capture, jobs):
    """Runs the jobs (functions that start a process) at once and records the span port until they end."""
    dump = lab.start('sensor', 'dumpcap', '-q', '-i', 'span0', '-P', '-s', '0', '-B', '256', '-w', capture)
    time.sleep(1.5)
    running = [job() for job in jobs]
    for process in running:
        status = process.wait(900)
        if status:
            raise RuntimeError(f'{process.args} ended with {status}')
    time.sleep(1.5)
    lab.stop(dump, signal.SIGINT)


def make(folder, megabytes):
    """Captures http-up, http-down, ftp and mixed of about `megabytes` in all for mixed, a third for the others."""
    files_folder = os.path.join(folder, 'files')
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(files_folder)
    os.chmod(folder, 0o755)
    files = make_files(files_folder, megabytes)
    third = len(files) // 3
    groups = files[:third], files[third:2 * third], files[2 * third:]
    lab = net.Lab(folder)
    try:
        lab.up()
        traffic = Traffic(lab, folder, files)
        traffic.servers()
        kinds = {'http-up': [lambda: traffic.http_up(groups[0])], 'http-down': [lambda: traffic.http_down(groups[1])],
                 'ftp': [lambda: traffic.ftp_up(groups[2])]}
        kinds['mixed'] = [job for jobs in kinds.values() for job in jobs]
        bar = Progress('captures', len(kinds))
        for name, jobs in kinds.items():
            shutil.rmtree(os.path.join(folder, 'ftp', 'in'), ignore_errors=True)
            os.makedirs(os.path.join(folder, 'ftp', 'in'))
            os.chmod(os.path.join(folder, 'ftp', 'in'), 0o777)
            record(lab, os.path.join(folder, name + '.pcap'), jobs)
            bar.add()
    finally:
        lab.down()
    with open(os.path.join(folder, 'SHA256SUMS'), 'w') as f:
        for name, group in zip(('http-up', 'http-down', 'ftp'), groups):
            for path in group:
                f.write(f'{material.sha256(open(path, "rb").read())}  {name}/{os.path.basename(path)}\n')
