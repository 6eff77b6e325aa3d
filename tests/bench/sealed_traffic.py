# SPDX-License-Identifier: Apache-2.0
"""Makes captures of encrypted flows: real clients and servers (curl and nginx, scp and sshd, HTTP/3 of ngtcp2) in namespaces, recorded by
dumpcap at the span port."""
import os
import random
import shutil
import subprocess

import lab as net
import traffic

TLS, QUIC = 443, 4433
KINDS = ('tls-up', 'tls-down', 'ssh', 'quic', 'tls-many')
SMALL = (2, 9, 40, 70, 180, 700)  # KB, of tls-many


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Sealed:
    def __init__(self, lab, folder, megabytes):
        self.lab, self.folder, self.megabytes = lab, folder, megabytes
        self.noise = random.Random(22)

    def path(self, name):
        return os.path.join(self.folder, name)

    def fill(self, name, n):
        with open(self.path(f'files/{name}'), 'wb') as f:
            while n > 0:
                f.write(self.noise.randbytes(min(n, 1 << 20)))
                n -= 1 << 20
        os.chmod(self.path(f'files/{name}'), 0o644)

    def servers(self):
        for name in ('files', 'files/in', 'b', 'h3'):
            os.makedirs(self.path(name))
        for i in range(4):
            self.fill(f'large{i}', self.megabytes * 250_000)
        for i in range(24):
            self.fill(f'small{i}', SMALL[i % len(SMALL)] * 1000)
        run('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', self.path('key.pem'), '-out',
            self.path('cert.pem'), '-subj', '/CN=store.example', '-days', '9')
        with open(self.path('nginx.conf'), 'w') as f:
            temporary = ' '.join(f'{p}_temp_path {self.folder}/b/{p};' for p in ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
            f.write(f'daemon off; pid {self.folder}/n.pid; error_log {self.folder}/n.log; user root;\nevents {{ worker_connections 4096; }}\n'
                    f'http {{ access_log off; {temporary} client_max_body_size 0;\nserver {{ listen {TLS} ssl http2; ssl_protocols TLSv1.2 TLSv1.3;\n'
                    f'ssl_certificate {self.folder}/cert.pem; ssl_certificate_key {self.folder}/key.pem; root {self.folder}/files; dav_methods PUT; }} }}\n')
        self.lab.start('outside', 'nginx', '-c', self.path('nginx.conf'), '-p', self.folder)
        os.makedirs('/run/sshd', mode=0o755, exist_ok=True)
        for name in ('host', 'user'):
            run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', self.path(name))
        shutil.copy(self.path('user.pub'), self.path('authorized'))
        os.chmod(self.path('authorized'), 0o600)
        self.lab.start('outside', '/usr/sbin/sshd', '-D', '-e', '-f', '/dev/null', '-h', self.path('host'), '-o', 'StrictModes=no', '-o', 'UsePAM=no', '-o',
                       f'AuthorizedKeysFile={self.path("authorized")}', '-o', 'PidFile=none', '-o', 'Subsystem=sftp internal-sftp', stderr=subprocess.DEVNULL)
        self.lab.start('outside', 'gtlsserver', '-q', '-d', self.path('files'), net.UNKNOWN, str(QUIC), self.path('key.pem'), self.path('cert.pem'))
        self.lab.wait_port('outside', '0.0.0.0', TLS)
        self.lab.wait_port('outside', net.UNKNOWN, 22)

    def curl(self, transfers, more=(), most=4):
        config = self.path(f'curl-{len(transfers)}-{transfers[0][0]}.conf')
        with open(config, 'w') as f:
            f.write('next\n'.join('\n'.join((f'url = "https://{net.UNKNOWN}:{TLS}/{"in/" * up}{name}"', 'output = "/dev/null"', 'insecure',
                                             *([f'upload-file = "{self.path("files/" + name)}"'] if up else []), *more)) + '\n'
                                for up, name in transfers))
        return self.lab.start('lane', 'curl', '-sS', '--no-progress-meter', '-Z', '--parallel-max', str(most), '-K', config)

    def tls_up(self):
        return [self.curl([(True, f'large{i}') for i in range(4)], ['http1.1'])]

    def tls_down(self):
        return [self.curl([(False, f'large{i}') for i in range(4)], ['http1.1'])]

    def tls_many(self):
        sizes = [SMALL[i % len(SMALL)] for i in range(24)]
        count = self.megabytes * 1000 * len(sizes) // sum(sizes)
        each = [(i % 3 == 0, f'small{i % 24}') for i in range(count)]
        return [self.curl(each, ['http1.1', 'header = "Connection: close"'], 32)]

    def ssh(self):
        words = ['-q', '-i', self.path('user'), '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'BatchMode=yes']
        there = f'root@{net.UNKNOWN}:'
        return [self.lab.start('lane', 'scp', *words, self.path(f'files/large{i}'), f'{there}{self.path("files/in")}/{i}') for i in (0, 1)] + \
            [self.lab.start('lane', 'scp', *words, there + self.path(f'files/large{i}'), '/dev/null') for i in (2, 3)]

    def quic(self):
        words = ['gtlsclient', '-q', '--exit-on-all-streams-close', '--timeout', '30s']
        url = f'https://{net.UNKNOWN}:{QUIC}/'
        return [self.lab.start('lane', *words, net.UNKNOWN, str(QUIC), f'{url}large{i}') for i in (0, 1)] + \
            [self.lab.start('lane', *words, '-m', 'PUT', '-d', self.path(f'files/large{i}'), net.UNKNOWN, str(QUIC), f'{url}in{i}') for i in (2, 3)]


def make(folder, megabytes, kinds=KINDS):
    """A capture of each kind, of about so many megabytes."""
    work = os.path.join(folder, 'work')
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    os.chmod(work, 0o755)
    lab = net.Lab(work)
    try:
        lab.up()
        for space in ('lane', 'outside'):
            lab.run(space, 'ethtool', '-K', 'eth0', 'tx-udp-segmentation', 'off')
        sealed = Sealed(lab, work, megabytes)
        sealed.servers()
        bar = traffic.Progress('captures', len(kinds))
        for kind in kinds:
            traffic.record_all_of(lab, work, kind, getattr(sealed, kind.replace('-', '_')))
            os.rename(os.path.join(work, kind + '.pcap'), os.path.join(folder, kind + '.pcap'))
            bar.add()
    finally:
        lab.down()
    shutil.rmtree(work)
