# SPDX-License-Identifier: Apache-2.0
"""Redis (or valkey) for the tests of the fleet: one server with TLS and a user that may do what the manual says, or a cluster."""
import contextlib
import os
import re
import signal
import socket
import subprocess
import threading

import lab as net

PASSWORD = 'a-password-of-the-tests'


def rights():
    """The user's rights as gantry.yaml(5) has them."""
    page = open(os.path.join(net.ROOT, 'sensor', 'gantry.yaml.5')).read()
    lines = re.search(r'\.Bd -literal -offset indent\nACL SETUSER (.*?)\n\.Ed', page, re.S).group(1)
    return lines.replace('\\e', '\\').replace('\n', ' ')


def port_of_a_node():
    """Nodes of a cluster speak to each other on a port 10,000 higher."""
    while (port := net.free_port()) > 55000:
        pass
    return port


def make_certificate(folder):
    os.makedirs(folder, exist_ok=True)
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', f'{folder}/key.pem', '-out', f'{folder}/cert.pem',
                    '-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'], check=True, stderr=subprocess.DEVNULL)


class Server:
    """One server in `folder`, on `port`; keeps what it has on disk."""

    def __init__(self, folder, tls=True, cluster=False, program='redis-server', command=(), address='127.0.0.1', keys=None):
        self.address = address  # where the sensors find it
        self.keys = str(keys or folder)  # where its key and certificate are
        self.folder, self.tls, self.cluster, self.program = str(folder), tls, cluster, program
        self.port = port_of_a_node() if cluster else net.free_port()
        os.makedirs(self.folder, exist_ok=True)
        self.process, self.command = None, list(command)  # as which it is started, within a network of its own
        if tls and not keys:
            make_certificate(self.folder)

    def start(self):
        words = [self.program, '--dir', self.folder, '--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
        if self.tls:
            words += ['--port', '0', '--tls-port', str(self.port), '--tls-cert-file', f'{self.keys}/cert.pem', '--tls-key-file',
                      f'{self.keys}/key.pem', '--tls-ca-cert-file', f'{self.keys}/cert.pem', '--tls-auth-clients', 'no']
        else:
            words += ['--port', str(self.port)]
        if self.address != '127.0.0.1':
            words += ['--bind', '*', '--protected-mode', 'no']
        if self.cluster:
            words += ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000']
            words += ['--tls-cluster', 'yes', '--tls-replication', 'yes'] if self.tls else []
        self.process = subprocess.Popen(self.command + words, stdout=open(f'{self.folder}/log', 'a'), stderr=subprocess.STDOUT)
        net.wait_for(lambda: 'PONG' in self.ask('PING', check=False), 20, 'the engine')
        return self

    def ask(self, *words, check=True, follow=True):
        more = ['-c'] if self.cluster and follow else []
        done = subprocess.run([*self.command, 'redis-cli', '-h', '127.0.0.1', '-p', str(self.port), *self.trust(), *more, *words],
                              capture_output=True, text=True)
        assert not check or done.returncode == 0 and 'ERR' not in done.stdout, done.stdout + done.stderr
        return done.stdout

    def trust(self):
        return ['--tls', '--cacert', f'{self.keys}/cert.pem'] if self.tls else []

    def tell(self, lines, answers='OK'):
        """Many commands; their answers, each of which is to match."""
        done = subprocess.run([*self.command, 'redis-cli', '-h', '127.0.0.1', '-p', str(self.port), *self.trust()], input='\n'.join(lines) + '\n',
                              capture_output=True, text=True)
        given = done.stdout.split()
        assert all(re.fullmatch(answers, x) for x in given), done.stdout[:500]
        return given

    def allow(self):
        """The user of the manual; nobody else may do anything."""
        user = rights().replace('PASSWORD', PASSWORD).split()
        self.ask('ACL', 'SETUSER', *user)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def settings(self, key, more=''):
        """`fleet` of gantry.yaml; `key`: its file."""
        scheme = 'rediss' if self.tls else 'redis'
        ca = f', ca: {self.keys}/cert.pem' if self.tls else ''
        return f'fleet: {{to: "{scheme}://{self.address}:{self.port}", key: {key}{ca}{more}}}\n'


class Cutter:
    """Stands between the sensors and an engine without TLS, and cuts connections after so many octets of answers: what the engine
    did the sensor does not know of."""

    def __init__(self, port, octets):
        self.to, self.octets, self.cuts, self.refusing = port, octets, 0, False
        self.socket = socket.create_server(('127.0.0.1', 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            if self.refusing:
                client.close()
                continue
            engine = socket.create_connection(('127.0.0.1', self.to))
            ends = (client, engine)
            threading.Thread(target=self.carry, args=(client, engine, None, ends), daemon=True).start()
            threading.Thread(target=self.carry, args=(engine, client, self.octets, ends), daemon=True).start()

    def carry(self, one, other, most, ends):
        sent = 0
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                if most is not None and self.octets and sent + len(data) > most:
                    self.cuts += 1
                    break
                if self.refusing:
                    break
                other.sendall(data)
                sent += len(data)
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self):
        self.socket.close()


class Wire:
    """A network of its own for an engine, from which nothing comes back while it is cut: no answer, no reset."""
    HERE, THERE = '198.18.77.1', '198.18.77.2'

    def __init__(self):
        self.space = f'g{os.getpid() % 100000}-wire'
        self.end = f'{self.space}0'[-15:]
        net.run('ip', 'netns', 'add', self.space)
        net.run('ip', 'link', 'add', self.end, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', self.space)
        net.run('ip', 'addr', 'add', f'{self.HERE}/30', 'dev', self.end)
        net.run('ip', 'link', 'set', self.end, 'up')
        for words in (('addr', 'add', f'{self.THERE}/30', 'dev', 'eth0'), ('link', 'set', 'eth0', 'up'), ('link', 'set', 'lo', 'up')):
            net.run('ip', '-n', self.space, *words)

    def command(self, *words):
        return ['ip', 'netns', 'exec', self.space, *words]

    def cut(self):
        rules = 'table inet cut { chain answers { type filter hook input priority 0; iifname "eth0" counter drop; }; }'
        net.run(*self.command('nft', '-f', '-'), input=rules)

    def mend(self):
        """How many packets were lost."""
        lost = net.run(*self.command('nft', 'list', 'table', 'inet', 'cut')).stdout
        net.run(*self.command('nft', 'delete', 'table', 'inet', 'cut'))
        return int(re.search(r'counter packets (\d+)', lost).group(1))

    def close(self):
        net.run('ip', 'netns', 'del', self.space, check=False)


class Cluster:
    """Three masters with a replica each, which speak TLS to each other, too."""

    def __init__(self, folder, program='redis-server'):
        make_certificate(folder)
        self.nodes = [Server(f'{folder}/{i}', cluster=True, program=program, keys=folder).start() for i in range(6)]
        subprocess.run(['redis-cli', *self.nodes[0].trust(), '--cluster', 'create', *[f'127.0.0.1:{n.port}' for n in self.nodes], '--cluster-replicas', '1',
                        '--cluster-yes'], check=True, stdout=subprocess.DEVNULL, timeout=120)
        net.wait_for(lambda: all('cluster_state:ok' in n.ask('CLUSTER', 'INFO') for n in self.nodes), 60, 'the cluster')

    def masters(self):
        """{node id: server} of those that answer."""
        lines = next(n for n in self.nodes if n.process.poll() is None).ask('CLUSTER', 'NODES').splitlines()
        ports = {line.split()[0]: int(line.split()[1].split('@')[0].rsplit(':', 1)[1]) for line in lines
                 if 'master' in line.split()[2] and 'fail' not in line.split()[2]}
        by_port = {n.port: n for n in self.nodes}
        return {i: by_port[p] for i, p in ports.items()}

    def lines(self):
        """{slot: node id} of the lines of the ledger."""
        found = {}
        for i, node in self.masters().items():
            for name in node.ask('--scan', '--pattern', '*:n', follow=False).split():
                found[int(node.ask('CLUSTER', 'KEYSLOT', name))] = i
        return found

    def move(self, slot, source, target, meanwhile):
        """Moves a slot by hand, half of its keys before `meanwhile` and half behind it."""
        masters = self.masters()
        one, other = masters[source], masters[target]
        other.ask('CLUSTER', 'SETSLOT', str(slot), 'IMPORTING', source)
        one.ask('CLUSTER', 'SETSLOT', str(slot), 'MIGRATING', target)

        def migrate(part):
            keys = one.ask('CLUSTER', 'GETKEYSINSLOT', str(slot), '1000').split()
            one.ask('MIGRATE', '127.0.0.1', str(other.port), '', '0', '5000', 'KEYS', *keys[:len(keys) // part], follow=False)
        migrate(2)
        meanwhile()
        migrate(1)
        for node in (other, one):
            node.ask('CLUSTER', 'SETSLOT', str(slot), 'NODE', target)

    def move_range(self, slot, source, target, meanwhile):
        """Moves `slot` and up to 499 of the same node beside it, all at once, as the engine's own tool moves one after the other: their
        keys by and by, between what `meanwhile(0)`, `meanwhile(1)` ... do. How many slots and keys."""
        masters = self.masters()
        one, other = masters[source], masters[target]
        line = next(x for x in one.ask('CLUSTER', 'NODES').splitlines() if x.startswith(source))
        first, last = next((int(a), int(b)) for a, b in re.findall(r' (\d+)-(\d+)(?= |$)', line.split('connected', 1)[1]) if int(a) <= slot <= int(b))
        first, last = max(first, slot - 250), min(last, slot + 249)
        slots = range(first, last + 1)
        other.tell(f'CLUSTER SETSLOT {n} IMPORTING {source}' for n in slots)
        one.tell(f'CLUSTER SETSLOT {n} MIGRATING {target}' for n in slots)
        moved = 0
        for step in range(3):
            meanwhile(step)
            here = one.tell((f'CLUSTER KEYSLOT {name}' for name in one.ask('--scan', follow=False).split()), answers=r'\d+')
            for n in set(map(int, here)) & set(slots):
                keys = one.ask('CLUSTER', 'GETKEYSINSLOT', str(n), '1000').split()
                keys = keys if step == 2 else keys[:len(keys) // 2]
                moved += len(keys)
                if keys:
                    one.ask('MIGRATE', '127.0.0.1', str(other.port), '', '0', '5000', 'KEYS', *keys, follow=False)
        for node in (other, one):
            node.tell(f'CLUSTER SETSLOT {n} NODE {target}' for n in slots)
        return len(slots), moved

    def settings(self, key):
        to = ', '.join(f'"rediss://127.0.0.1:{n.port}"' for n in self.nodes[:2])
        return f'fleet: {{to: [{to}], key: {key}, ca: {self.nodes[0].keys}/cert.pem}}\n'

    def kill(self):
        for n in self.nodes:
            n.kill()


