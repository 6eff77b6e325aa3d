# SPDX-License-Identifier: Apache-2.0
"""A small network on one machine: an image network, the outside, and a span port with the sensor on it.

    lane (10.40.3.7, 2001:db8:40::7) ---+                      +--- outside (partners and strangers)
                                        +--- hub (bridge, ageing_time 0) ---+
                                                               +--- sensor (span port, no address)

Real programs run in the namespaces; the bridge forgets addresses at once, so its third port sees every frame.
"""
import atexit
import contextlib
import glob
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

LANE = '10.40.3.7'
LANE6 = '2001:db8:40::7'
INTERNAL = '10.9.0.5'
APPROVED = '192.0.2.20'        # Border Labs: contract in force, any class of the tests
APPROVED6 = '2001:db8:a::20'
UNAPPROVED = '198.51.100.20'   # Plate Systems: contract over
UNAPPROVED6 = '2001:db8:b::20'
UNKNOWN = '203.0.113.9'
UNKNOWN6 = '2001:db8:ffff::9'
STRANGERS = '100.66.0.0/16'    # all of them stand outside; stranger(n) is one
OUTSIDE = [APPROVED, UNAPPROVED, UNKNOWN, INTERNAL]
OUTSIDE6 = [APPROVED6, UNAPPROVED6, UNKNOWN6]

BUILD = os.environ.get('GANTRY_BUILD', os.path.abspath('build-tests'))
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def readable_tree():
    """ROOT, or a folder with a copy of its rules: a sensor that reloads reads them as its own account, which may not pass
    through the private folder that a checkout lies in."""
    folder = ROOT
    while os.stat(folder).st_mode & 0o5 == 0o5:
        if folder == '/':
            return ROOT
        folder = os.path.dirname(folder)
    tree = tempfile.mkdtemp(prefix='gantry-tree-')
    atexit.register(shutil.rmtree, tree, ignore_errors=True)
    os.chmod(tree, 0o755)
    shutil.copytree(os.path.join(ROOT, 'rules'), os.path.join(tree, 'rules'))
    return tree


TREE = readable_tree()
GANTRY = os.path.join(BUILD, 'sensor', 'gantry')
GANTRYCTL = os.path.join(BUILD, 'tools', 'gantryctl', 'gantryctl')

CONFIG = '''
sensor: {{name: edge-1, memory: 512 MiB}}
alerts: {{global: 0}}
digest: {{at: never}}
image-networks:
  - {{name: lanes, prefixes: [10.40.0.0/16, "2001:db8:40::/48"]}}
internal-networks: [10.0.0.0/8]
partners:
  - name: Border Labs
    prefixes: [192.0.2.0/24, "2001:db8:a::/48"]
    contracts:
      - {{id: BL-1, from: 2020-01-01, until: 2099-12-31,
         classes: [image, vehicle-image, plate-record, traveller-image, traveller-record]}}
  - name: Plate Systems
    prefixes: [198.51.100.0/24, "2001:db8:b::/48"]
    domains: ["*.platesystems.example"]
    contracts:
      - {{id: PS-9, from: 2020-01-01, until: 2020-12-31, classes: [image, vehicle-image]}}
rules: [{root}/rules]
outputs: [{outputs}]
'''


def run(*command, check=True, **options):
    return subprocess.run(command, check=check, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


def wait_for(condition, seconds=10, what='the condition'):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f'{what} did not come within {seconds} s')


def stranger(n):
    return f'100.66.{n // 250}.{n % 250 + 1}'


class Lab:
    def __init__(self, folder):
        self.folder = str(folder)
        self.tag = f'g{os.getpid() % 100000}'
        self.spaces = {n: f'{self.tag}-{n}' for n in ('lane', 'outside', 'hub', 'sensor')}
        self.processes = []

    def ip(self, space, *words):
        run('ip', '-n', self.spaces[space], *words)

    def command(self, space, *words):
        return ['ip', 'netns', 'exec', self.spaces[space], *words]

    def run(self, space, *words, **options):
        options.setdefault('timeout', 60)
        return run(*self.command(space, *words), **options)

    def start(self, space, *words, **options):
        process = subprocess.Popen(self.command(space, *words), **options)
        self.processes.append(process)
        return process

    def stop(self, process, signal_number=signal.SIGTERM, seconds=15):
        if process.poll() is None:
            process.send_signal(signal_number)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f'{process.args} did not end')

    @contextlib.contextmanager
    def outside_as(self, address):
        """Who asks the lane from outside is `address`."""
        self.ip('outside', 'route', 'replace', f'{LANE}/32', 'dev', 'eth0', 'src', address)
        try:
            yield
        finally:
            self.ip('outside', 'route', 'del', f'{LANE}/32', 'dev', 'eth0')

    def up(self):
        # A flood of one test is not to cost a datagram of another: the queue is that of all namespaces, as are the tables of neighbours.
        run('sysctl', '-qw', 'net.core.netdev_max_backlog=100000', check=False)
        for family in ('ipv4', 'ipv6'):
            for threshold, entries in ((3, 65536), (2, 32768)):
                run('sysctl', '-qw', f'net.{family}.neigh.default.gc_thresh{threshold}={entries}', check=False)
        for space in self.spaces.values():
            run('ip', 'netns', 'add', space)
        self.ip('hub', 'link', 'add', 'br0', 'type', 'bridge', 'ageing_time', '0', 'stp_state', '0')
        for space, port in (('lane', 'eth0'), ('outside', 'eth0'), ('sensor', 'span0')):
            self.ip('hub', 'link', 'add', f'p-{space}', 'type', 'veth', 'peer', 'name', port, 'netns',
                    self.spaces[space])
            self.ip('hub', 'link', 'set', f'p-{space}', 'master', 'br0', 'up')
            for where, device in (('hub', f'p-{space}'), (space, port)):
                self.run(where, 'ethtool', '-K', device, 'tso', 'off', 'gso', 'off', 'gro', 'off', check=False)
            if space == 'sensor':  # the kernel itself is to be silent there
                self.ip(space, 'link', 'set', port, 'addrgenmode', 'none')
            self.ip(space, 'link', 'set', port, 'up')
            self.ip(space, 'link', 'set', 'lo', 'up')
        self.ip('hub', 'link', 'set', 'br0', 'up')
        self.addresses()

    def addresses(self):
        for space, v4, v6 in (('lane', [LANE], [LANE6]), ('outside', OUTSIDE, OUTSIDE6)):
            for address in v4:
                self.ip(space, 'addr', 'add', f'{address}/32', 'dev', 'eth0')
            for address in v6:
                self.ip(space, 'addr', 'add', f'{address}/128', 'dev', 'eth0', 'nodad')
            self.ip(space, 'route', 'add', 'default', 'dev', 'eth0', 'src', v4[0])
            self.ip(space, '-6', 'route', 'add', 'default', 'dev', 'eth0')
        # By way of one neighbour: thousands of them would fill the table of neighbours, which all namespaces share.
        self.ip('lane', 'route', 'add', STRANGERS, 'via', UNKNOWN, 'dev', 'eth0', 'onlink', 'src', LANE)
        self.ip('outside', 'route', 'add', 'local', STRANGERS, 'dev', 'lo')
        wait_for(lambda: self.run('lane', 'ping', '-c1', '-W1', UNKNOWN, check=False).returncode == 0
                 if shutil.which('ping') else True, 10, 'the network')

    def down(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        for space in self.spaces.values():
            pids = run('ip', 'netns', 'pids', space, check=False).stdout.split()
            for pid in pids:
                with contextlib.suppress(OSError, ValueError):
                    os.kill(int(pid), signal.SIGKILL)
            run('ip', 'netns', 'del', space, check=False)

    def span(self):
        return json.loads(run('ip', '-n', self.spaces['sensor'], '-s', '-j', 'link', 'show', 'span0').stdout)[0]

    def arrived(self):
        """Frames that came to the span port so far, by the kernel's own count."""
        return self.span()['stats64']['rx']['packets']

    def sent(self):
        """Frames that left by the span port, where the sensor is to be silent."""
        return self.span()['stats64']['tx']['packets']

    @contextlib.contextmanager
    def hiding(self, rule):
        """While the block runs the span port misses frames: `rule` in nft's words, such as "ip saddr 192.0.2.1". Gives a
        function that tells how many packets and bytes of IP were hidden so far."""
        nft = self.command('hub', 'nft')
        lines = ['add table bridge hide', 'add chain bridge hide span { type filter hook forward priority 0; }',
                 f'add rule bridge hide span oifname "p-sensor" {rule} counter drop']
        for line in lines:
            run(*nft, line)

        def hidden():
            rules = json.loads(run(*nft, '-j', 'list', 'chain', 'bridge', 'hide', 'span').stdout)['nftables']
            counter = next(e['counter'] for r in rules if 'rule' in r for e in r['rule']['expr'] if 'counter' in e)
            return counter['packets'], counter['bytes']
        try:
            yield hidden
        finally:
            run(*nft, 'delete', 'table', 'bridge', 'hide')

    def port_open(self, space, address, port):
        family = '-6' if ':' in address else '-4'
        out = self.run(space, 'ss', family, '-Hltn', f'sport = :{port}', check=False).stdout
        return bool(out.strip())

    def wait_port(self, space, address, port):
        wait_for(lambda: self.port_open(space, address, port), 15, f'port {port} in {space}')


def reachable(folder):
    """The sensor's own account opens its database: it may pass through the folders above, as through /var/lib."""
    while folder.startswith('/tmp/'):
        os.chmod(folder, os.stat(folder).st_mode | 0o011)
        folder = os.path.dirname(folder)


def preloaded(folder, source):
    """A library for LD_PRELOAD that is built from this file of C in this folder, where every account may read it."""
    library = os.path.join(folder, os.path.basename(source).replace('.c', '.so'))
    os.chmod(folder, 0o755)
    subprocess.run(['gcc', '-D_GNU_SOURCE', '-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'], check=True)
    return library


class Sensor:
    """gantry on the span port; records as JSON lines in a file."""

    def __init__(self, lab, folder, outputs='', options=(), events='alert,transfer,stats', more='',
                 state=None):
        self.lab, self.folder = lab, str(folder)
        self.json = os.path.join(self.folder, 'records.json')
        self.log = os.path.join(self.folder, 'gantry.log')
        self.config = os.path.join(self.folder, 'gantry.yaml')
        self.control = os.path.join(self.folder, 'run', 'control')
        self.state = str(state or os.path.join(self.folder, 'state'))
        reachable(os.path.dirname(self.state))
        with open(self.config, 'w') as f:
            text = CONFIG.format(root=TREE, outputs=outputs)
            f.write(text.replace('sensor: {', f'sensor: {{state: {self.state}, control: {self.control}, ') + more)
        self.words = [GANTRY, '-c', self.config, '-i', 'span0', '-o', f'json:file:{self.json}', '--events', events,
                      *options]
        self.process = None

    def __enter__(self):
        self.process = self.lab.start('sensor', *self.words, stderr=open(self.log, 'w'))
        wait_for(lambda: 'watching' in open(self.log).read() or self.process.poll() is not None, 20, 'the sensor')
        assert self.process.poll() is None, open(self.log).read()
        time.sleep(0.3)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            status = self.lab.stop(self.process)
            assert status == 0, f'gantry ended with {status}: {open(self.log).read()}'

    def accounted(self):
        """Packets that the sensor has seen, and those that it counts as lost, by the reason, until now: together those that arrived."""
        c = self.ask('status', '--json')['stats']['capture']
        return {k: c[k] for k in ('packets', 'before_begin', 'kernel_drops', 'lost_to_restart')}

    def reporter(self):
        """The process that has the database open, or None. Asked of the file itself: its name differs for who looks from
        another root."""
        with contextlib.suppress(FileNotFoundError):
            database = os.stat(f'{self.state}/gantry.db')
            for link in glob.glob('/proc/[0-9]*/fd/*'):
                with contextlib.suppress(OSError):
                    if os.path.samestat(os.stat(link), database):
                        return int(link.split('/')[2])
        return None

    def children(self):
        """Process ids by role: {'reporter': [..], 'worker': [..]}; the reporter was started first, at start."""
        pids = run('pgrep', '-P', str(self.process.pid), check=False).stdout.split()
        roles = {'reporter': [], 'worker': [], 'examiner': []}
        for pid in map(int, pids):
            with contextlib.suppress(OSError):
                limits = open(f'/proc/{pid}/limits').read()
                files = next(line for line in limits.splitlines() if line.startswith('Max open files'))
                roles[{'8': 'worker', '7': 'examiner'}.get(files.split()[3], 'reporter')].append(pid)
        return roles

    def ask(self, *words, check=True, command=()):
        """gantryctl: the finished process, or what it says with --json."""
        words = [*command, GANTRYCTL, *words, '--socket', self.control]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60)
        assert not check or done.returncode == 0, done.stderr
        return json.loads(done.stdout) if '--json' in words and done.returncode == 0 else done

    def finish(self):
        """Stops the sensor, so that every record is out: its alerts and transfers."""
        self.__exit__()
        return [r for r in self.records() if r['event']['action'] != 'stats']

    def records(self, action=None):
        try:
            text = open(self.json).read()
            lines = text[:text.rfind('\n') + 1].splitlines()  # the last one may be on its way
        except FileNotFoundError:
            return []
        records = [json.loads(line) for line in lines]
        return [r for r in records if action in (None, r['event']['action'])]

    def transfers(self):
        return self.records('transfer')

    def alerts(self):
        return self.records('alert')

    def wait_transfer(self, sha256, seconds=10):
        return wait_for(lambda: [t for t in self.transfers() if t['file'].get('hash', {}).get('sha256') == sha256],
                        seconds, f'a transfer record with {sha256}')[0]

    def wait_alert(self, match, seconds=10):
        return wait_for(lambda: [a for a in self.alerts() if match(a)], seconds, 'the alert')[0]

    def wait_picture(self, data, destination, seconds=10, protocol='http'):
        """An alert about a lane's picture to `destination`, and the complete transfer with its digest; gives the transfer."""
        self.wait_alert(lambda a: a['destination']['ip'] == destination and 'vehicle-image' in a['gantry'].get('classes', []), seconds)
        t = self.wait_transfer(hashlib.sha256(data).hexdigest(), seconds)
        assert t['destination']['ip'] == destination and 'vehicle-image' in t['gantry']['classes'] and t['network']['protocol'] == protocol
        assert t['gantry']['transfer'] == {'complete': True, 'missing_bytes': 0}
        return t


def free_port():
    with socket.socket() as s:
        s.bind(('', 0))
        return s.getsockname()[1]
