# SPDX-License-Identifier: Apache-2.0
"""Makes the benchmark's captures: real clients and servers in namespaces, recorded by dumpcap at the span port."""
import functools
import gzip
import os
import re
import shutil
import signal
import subprocess
import sys
import time

E2E = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'e2e')
sys.path[:0] = [E2E, os.path.join(E2E, 'protocol')]
import lab as net  # noqa: E402
import material  # noqa: E402
import payloads  # noqa: E402
import samba  # noqa: E402
import test_ftp  # noqa: E402

HTTP, NGINX, MAIL, CONNECTIONS = 8080, 8088, 2525, 8
KINDS = ('http-up', 'http-down', 'ftp-up', 'ftp-down')
# Each by itself, with the files of another kind; not in the mixed capture.
MORE = {'smtp': 'http-up', 'smb': 'ftp-up'}

# Mails of four files each, over one connection.
MAILER = '''
import email.message, email.policy, smtplib, sys
host, port, *paths = sys.argv[1:]
client = smtplib.SMTP(host, int(port), timeout=60)
for i in range(0, len(paths), 4):
    m = email.message.EmailMessage(policy=email.policy.SMTP)
    m['From'], m['To'], m['Subject'] = 'shift@lanes.example', 'desk@else.example', 'as agreed'
    m.set_content('Find them attached.')
    for path in paths[i:i + 4]:
        with open(path, 'rb') as f:
            m.add_attachment(f.read(), *('text/plain' if path.rsplit('.', 1)[1] not in ('jpg', 'png', 'tiff') else 'image/jpeg').split('/'), filename=path.rsplit('/', 1)[1])
    client.send_message(m)
client.quit()
'''


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


CALLS = 400  # small ones of an application, beside each hundred MB of uploads

# Small calls one behind another on a connection.
CALLER = '''
import http.client, sys
sys.path.insert(0, sys.argv[4])
import payloads
connection = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]))
for body in payloads.small_calls(int(sys.argv[3])):
    connection.request("POST", "/api/v1/events", body, {"Content-Type": "application/json", "User-Agent": "agent/2.1"})
    connection.getresponse().read()
'''


def make_files(folder, megabytes):
    """Pictures, and records as a tenth of the bytes; returns their paths."""
    bar, bytes_done = Progress('files', megabytes), [0]

    def told(n):
        bytes_done[0] += n
        bar.add(min(bytes_done[0] // 1_000_000, bar.total) - bar.done)

    paths = payloads.make(folder, megabytes, told)
    bar.add(bar.total - bar.done)
    return paths


def is_text(path):
    return not path.endswith(('.jpg', '.png', '.tiff'))


class Traffic:
    def __init__(self, lab, folder, files):
        self.lab, self.folder, self.files = lab, folder, files

    def servers(self):
        server = os.path.join(os.path.dirname(net.__file__), 'upload_server.py')
        self.lab.start('outside', '/usr/bin/python3', server, str(HTTP))
        conf = os.path.join(self.folder, 'nginx.conf')
        with open(conf, 'w') as f:
            f.write(f'daemon off; pid {self.folder}/n.pid; error_log {self.folder}/n.log; user root;\nevents {{}}\n'
                    f'http {{ access_log off; default_type application/octet-stream; types {{ image/jpeg jpg; image/png png; image/tiff tiff; text/csv csv; application/json json jsonl; application/xml xml; text/plain sql log; }}\n'
                    f'gzip_types text/csv application/json text/plain; gzip_min_length 1000;\n'
                    f'client_body_temp_path {self.folder}/b; proxy_temp_path {self.folder}/p;\n'
                    f'fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;\n'
                    f'server {{ listen {NGINX}; root {self.folder}/files; location /packed/ {{ gzip on; alias {self.folder}/files/; }} }} }}\n')
        self.lab.start('lane', 'nginx', '-c', conf, '-p', self.folder)
        ftp = os.path.join(self.folder, 'ftp')
        os.makedirs(f'{ftp}/in', exist_ok=True)
        os.makedirs(f'{self.folder}/empty', exist_ok=True)
        os.chmod(ftp, 0o555)
        os.chmod(f'{ftp}/in', 0o777)
        self.lab.start('outside', 'vsftpd', test_ftp.write_config(self.folder, test_ftp.PORT))
        self.lab.start('lane', 'vsftpd', test_ftp.write_config(self.store(), test_ftp.PORT))
        for space, port in (('outside', HTTP), ('lane', NGINX), ('outside', test_ftp.PORT), ('lane', test_ftp.PORT)):
            self.lab.wait_port(space, '::' if port != NGINX else '0.0.0.0', port)

    def servers_of_more(self):
        protocol = os.path.dirname(test_ftp.__file__)
        os.makedirs(f'{self.folder}/mails')
        self.lab.start('outside', '/usr/bin/python3', f'{protocol}/mail_server.py', f'{self.folder}/mails', str(MAIL))
        self.lab.wait_port('outside', '::', MAIL)
        samba.Share(self.lab, 'outside', os.path.join(self.folder, 'samba'))

    def store(self):
        """The folder of an FTP server in the image network that holds the same files."""
        folder = os.path.join(self.folder, 'store')
        os.makedirs(f'{folder}/ftp')
        os.makedirs(f'{folder}/empty')
        for path in self.files:
            os.link(path, f'{folder}/ftp/{os.path.basename(path)}')
        os.chmod(f'{folder}/ftp', 0o555)
        return folder

    def curl(self, space, lines):
        config = os.path.join(self.folder, f'curl-{len(lines)}-{time.monotonic_ns()}.conf')
        with open(config, 'w') as f:
            f.write('\n'.join(lines))
        return self.lab.start(space, 'curl', '-sS', '--no-progress-meter', '-Z', '--parallel-max', str(CONNECTIONS), '-K', config)

    def http_up(self, files):
        lines = []
        for i, path in enumerate(files):
            how = f'form = "file=@{path}"' if i % 2 else f'upload-file = "{path}"'
            if is_text(path) and i % 3 == 0:
                with gzip.open(f'{path}.gz', 'wb') as f, open(path, 'rb') as plain:
                    shutil.copyfileobj(plain, f)
                how = f'header = "Content-Encoding: gzip"\nupload-file = "{path}.gz"'
            lines += [f'url = "http://{net.UNKNOWN}:{HTTP}/in/{os.path.basename(path)}"', how, 'output = "/dev/null"', 'next']
        return self.curl('lane', lines[:-1])

    def calls(self, files):
        size = sum(os.path.getsize(path) for path in files)
        return self.lab.start('lane', '/usr/bin/python3', '-c', CALLER, net.UNKNOWN, str(HTTP), str(size * CALLS // 100_000_000),
                              os.path.dirname(os.path.abspath(__file__)))

    def http_down(self, files):
        lines = []
        for i, path in enumerate(files):
            packed = ('packed/', 'header = "Accept-Encoding: gzip"\n') if is_text(path) and i % 3 == 0 else ('', '')
            lines += [f'{packed[1]}url = "http://{net.LANE}:{NGINX}/{packed[0]}{os.path.basename(path)}"', 'output = "/dev/null"',
                      f'interface = "{net.UNAPPROVED}"', 'next']
        return self.curl('outside', lines[:-1])

    def ftp_up(self, files):
        lines = []
        for path in files:
            lines += [f'url = "ftp://{net.UNAPPROVED}:{test_ftp.PORT}/in/{os.path.basename(path)}"',
                      f'upload-file = "{path}"', 'output = "/dev/null"', 'next']
        return self.curl('lane', lines[:-1])

    def ftp_down(self, files):
        lines = []
        for path in files:
            lines += [f'url = "ftp://{net.LANE}:{test_ftp.PORT}/{os.path.basename(path)}"', 'output = "/dev/null"',
                      f'interface = "{net.UNAPPROVED}"', 'next']
        return self.curl('outside', lines[:-1])

    def smtp(self, files):
        return self.lab.start('lane', '/usr/bin/python3', '-c', MAILER, net.UNKNOWN, str(MAIL), *files)

    def smb(self, files):
        commands = ';'.join(f'put {path} {os.path.basename(path)}' for path in files)
        return self.lab.start('lane', *samba.words_of(net.UNAPPROVED), '-c', commands, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def pace(lab, megabits):
    """Slows both ends down, so that the recorder loses nothing."""
    for space in ('lane', 'outside'):
        lab.run(space, 'tc', 'qdisc', 'replace', 'dev', 'eth0', 'root', 'tbf', 'rate', f'{megabits}mbit',
                'burst', '256kb', 'latency', '100ms')


def record(lab, capture, start):
    """Runs the processes that start() gives at once and records the span port until they end.

    Returns how many packets the recorder lost.
    """
    dump = lab.start('sensor', 'dumpcap', '-q', '-i', 'span0', '-P', '-s', '0', '-B', '256', '-w', capture,
                     stderr=subprocess.PIPE, text=True)
    time.sleep(1.5)
    for process in start():
        status = process.wait(900)
        if status:
            raise RuntimeError(f'{process.args} ended with {status}')
    time.sleep(1.5)
    lab.stop(dump, signal.SIGINT)
    return int(re.search(r'received/dropped.*: \d+/(\d+)', dump.stderr.read()).group(1))


def record_all_of(lab, folder, name, start):
    """As record(), but more and more slowly until every packet is in the capture."""
    for megabits in (400, 200, 100, 50):
        pace(lab, megabits)
        lost = record(lab, os.path.join(folder, name + '.pcap'), start)
        if not lost:
            return
        print(f'\n{name}: the recorder lost {lost} packets; once more, slower', file=sys.stderr)
    raise RuntimeError('the recorder loses packets even when slow; is the machine busy?')


def make(folder, megabytes, more=False):
    """Captures of each kind over a quarter of the files, and of all kinds at once: about `megabytes`. `more`: and those of MORE."""
    files_folder = os.path.join(folder, 'files')
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(files_folder)
    os.chmod(folder, 0o755)
    files = make_files(files_folder, megabytes)
    share = len(files) // len(KINDS)
    groups = {kind: files[i * share:(i + 1) * share] for i, kind in enumerate(KINDS)}
    lab = net.Lab(folder)
    try:
        lab.up()
        traffic = Traffic(lab, folder, files)
        traffic.servers()
        jobs = {kind: functools.partial(getattr(traffic, kind.replace('-', '_')), groups[kind]) for kind in KINDS}
        captures = {kind: [jobs[kind]] for kind in KINDS} | {'mixed': [*jobs.values(), functools.partial(traffic.calls, files)]}
        if more:
            traffic.servers_of_more()
            groups |= {kind: groups[of] for kind, of in MORE.items()}
            captures |= {kind: [functools.partial(getattr(traffic, kind), groups[kind])] for kind in MORE}
        bar = Progress('captures', len(captures))
        for name, started in captures.items():
            record_all_of(lab, folder, name, functools.partial(start_all, folder, started))
            bar.add()
    finally:
        lab.down()
    with open(os.path.join(folder, 'SHA256SUMS'), 'w') as f:
        for kind, group in groups.items():
            for path in group:
                f.write(f'{material.sha256(open(path, "rb").read())}  {kind}/{os.path.basename(path)}\n')


def start_all(folder, jobs):
    empty_inbox(folder)
    return [job() for job in jobs]


def empty_inbox(folder):
    inbox = os.path.join(folder, 'ftp', 'in')
    shutil.rmtree(inbox, ignore_errors=True)
    os.makedirs(inbox)
    os.chmod(inbox, 0o777)
