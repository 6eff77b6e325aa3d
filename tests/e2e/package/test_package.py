# SPDX-License-Identifier: Apache-2.0
"""The Debian package: built from this tree, installed, run as its unit runs it, reloaded, upgraded, removed and purged in a
fresh debootstrap root. Where that root can be booted its own systemd runs the unit (booted.py); else what it does (account,
capability, folders, notify socket) is done by hand, and the unit is judged by systemd-analyze."""
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import lab as net
import material
import pytest
from booted import Booted, Cannot
from container import Cannot as NoContainer
from container import Engine
from test_http import curl, server, url  # noqa: F401

BUILD_DEB = os.path.join(net.ROOT, 'tools/packaging/build-deb')
DEBIAN = os.path.join(net.ROOT, 'tools/packaging/debian')
UNIT = 'lib/systemd/system/gantry.service'
UPGRADE = '9.0.0'


def mirror():
    out = net.run('apt-get', 'indextargets', '--format', '$(SITE) $(CODENAME)', 'Created-By: Packages',
                  check=False).stdout
    return next((line.split()[0] for line in out.splitlines() if line.split()[1:] == ['bookworm']), None)


class Root:
    """A root of its own, with what a chroot needs mounted below it."""

    def __init__(self, path):
        self.path = path
        self.mounts = []

    def mount(self, *words):
        self.mounts.append(self / words[-1])
        net.run('mount', *words[:-1], self.mounts[-1])

    def __truediv__(self, name):
        return os.path.join(self.path, name.lstrip('/'))

    def run(self, *words, check=True):
        return net.run('chroot', self.path, *words, check=check, timeout=600)

    def shell(self, script):
        return self.run('sh', '-c', script)

    def read(self, name):
        with open(self / name) as f:
            return f.read()

    def mode(self, name):
        return self.shell(f'stat -c "%a %U %G" /{name}').stdout.strip()

    def leave(self):
        for place in reversed(self.mounts):
            net.run('umount', '-l', place, check=False)


@pytest.fixture(scope='module')
def packages(tmp_path_factory):
    """The package of this tree, and the same under a later version."""
    folder = str(tmp_path_factory.mktemp('packages'))
    first = net.run(BUILD_DEB, folder, stdin=subprocess.DEVNULL).stdout.strip().splitlines()[-1]
    later = os.path.join(folder, f'gantry_{UPGRADE}_all.deb')
    unpacked = os.path.join(folder, 'unpacked')
    net.run('dpkg-deb', '-R', first, unpacked)
    control = os.path.join(unpacked, 'DEBIAN/control')
    with open(control) as f:
        text = re.sub(r'(?m)^Version: .*', f'Version: {UPGRADE}', f.read())
    with open(control, 'w') as f:
        f.write(text)
    net.run('dpkg-deb', '--build', '--root-owner-group', unpacked, later)
    return first, later


@pytest.fixture(scope='module')
def root(lab, tmp_path_factory):
    where = mirror()
    if not where or not shutil.which('debootstrap'):
        pytest.skip('no Debian mirror is configured for apt, or debootstrap is not installed')
    root = Root(str(tmp_path_factory.mktemp('debian') / 'root'))
    for folder in (os.path.dirname(root.path), os.path.dirname(os.path.dirname(root.path))):
        os.chmod(folder, 0o755)
    os.makedirs(root / 'etc/dpkg/dpkg.cfg.d')
    with open(root / 'etc/dpkg/dpkg.cfg.d/unsafe', 'w') as f:
        f.write('force-unsafe-io\n')
    net.run('debootstrap', '--variant=minbase', 'bookworm', root.path, where, timeout=900)
    net.run('tar', '-C', root.path, '-cf', root.path + '.tar', '.')
    try:
        root.mount('-t', 'proc', 'proc', 'proc')
        root.mount('-t', 'sysfs', 'sys', 'sys')
        root.mount('--rbind', '/dev', 'dev')
        net.run('mount', '--make-rslave', root / 'dev')
        shutil.copy('/etc/resolv.conf', root / 'etc/resolv.conf')
        yield root
    finally:
        root.leave()


@pytest.fixture(scope='module')
def installed(root, packages):
    shutil.copy(packages[0], root / 'tmp/gantry.deb')
    root.shell('export DEBIAN_FRONTEND=noninteractive; apt-get update -q &&'
               ' apt-get install -q -y --no-install-recommends /tmp/gantry.deb logrotate')
    return root


def unit_setting(root, key):
    return re.search(rf'(?m)^{key}=(.*)$', root.read(UNIT)).group(1)


def configure(root, text):
    """As an administrator edits the file in place: owner and mode stay."""
    with open(root / 'etc/gantry/gantry.yaml', 'w') as f:
        f.write(text)


CONFIG = '''
sensor: {{state: /var/lib/gantry, digest-key: /etc/gantry/digest.key, memory: 512 MiB}}
capture: {{interface: span0, ring: 32 MiB}}
image-networks: [{{name: lanes, prefixes: [10.40.0.0/16]}}]
internal-networks: [10.0.0.0/8]
partners:
  - {{name: Plate Systems, prefixes: [198.51.100.0/24]{contracts}}}
rules: [/usr/share/gantry/rules]
outputs:
  - {{format: json, to: "file:/var/log/gantry/alerts.json", records: [alert, transfer, stats]}}
'''
CONTRACT = ', contracts: [{id: PS-1, from: 2020-01-01, until: 2099-12-31, classes: [image, vehicle-image]}]'


class Service:
    """The installed sensor, started as the unit says: its account, with CAP_NET_RAW alone, a notify socket and a watchdog."""

    def __init__(self, lab, root):
        self.lab, self.root = lab, root
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = root / 'run/notify'
        if os.path.exists(path):
            os.unlink(path)
        self.manager.bind(path)
        os.chmod(path, 0o777)
        self.manager.settimeout(20)
        user, group = (unit_setting(root, k) for k in ('User', 'Group'))
        capability = unit_setting(root, 'AmbientCapabilities')
        assert capability == unit_setting(root, 'CapabilityBoundingSet') == 'CAP_NET_RAW'
        root.shell('install -d -o gantry -g gantry -m 0750 /run/gantry; install -d -o gantry -g gantry -m 0700 /var/cache/gantry')
        self.process = lab.start(
            'sensor', 'chroot', root.path, 'setpriv', '--reuid', user, '--regid', group, '--clear-groups',
            '--inh-caps', '-all,+net_raw', '--ambient-caps', '-all,+net_raw', '--bounding-set', '-all,+net_raw',
            '--no-new-privs', 'env', 'CACHE_DIRECTORY=/var/cache/gantry', 'NOTIFY_SOCKET=/run/notify', 'WATCHDOG_USEC=1000000',
            *unit_setting(root, 'ExecStart').split(), stderr=open(root / 'tmp/log', 'w'))

    def told(self):
        return self.manager.recv(4096).decode()

    def wait_told(self, what, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if (state := self.told()).startswith(what):
                return state
        raise AssertionError(f'{what} was not told: {self.log()}')

    def log(self):
        return self.root.read('tmp/log')

    def pid(self):
        """setpriv and env have become the sensor itself."""
        return self.process.pid

    def records(self, action, name='alerts.json'):
        try:
            lines = self.root.read(f'var/log/gantry/{name}').splitlines()
        except FileNotFoundError:
            return []
        return [r for r in map(json.loads, lines) if r['event']['action'] == action]

    def stop(self):
        assert self.lab.stop(self.process) == 0, self.log()
        self.manager.close()


@pytest.fixture
def service(lab, installed):
    configure(installed, CONFIG.format(contracts=''))
    service = Service(lab, installed)
    service.wait_told('READY=1')
    time.sleep(0.3)
    yield service
    service.stop()


def upload(lab, work, seed):
    path = os.path.join(work, f'L{seed}.jpg')
    data = material.lane_image(seed)
    with open(path, 'wb') as f:
        f.write(data)
    curl(lab, '-T', path, url(net.UNAPPROVED, '/in/'))
    return material.sha256(data)


def wait_transfer(service, digest, **where):
    return net.wait_for(lambda: [r for r in service.records('transfer', **where)
                                 if r['file'].get('hash', {}).get('sha256') == digest], 10, 'the transfer')[0]


def test_installing_makes_the_account_its_folders_and_a_key_that_nobody_else_reads(installed):
    account = installed.shell('getent passwd gantry').stdout.split(':')
    assert account[5] == '/var/lib/gantry' and account[6].strip() == '/usr/sbin/nologin'
    assert installed.mode('etc/gantry') == '750 root gantry'
    assert installed.mode('etc/gantry/gantry.yaml') == '640 root gantry'
    assert installed.mode('etc/gantry/digest.key') == '400 gantry gantry'
    assert installed.mode('var/lib/gantry') == '700 gantry gantry'
    assert installed.mode('var/log/gantry') == '750 gantry adm'
    assert re.fullmatch('[0-9a-f]{32}', installed.read('etc/gantry/digest.key'))
    assert not glob.glob(installed / 'etc/systemd/system/*/gantry.service'), 'enabled before it is configured'


def test_what_the_socs_tools_are_given_comes_with_the_package(installed):
    source = os.path.join(net.ROOT, 'tools', 'siem')
    shipped = sorted(os.path.relpath(os.path.join(folder, f), source) for folder, _, names in os.walk(source) for f in names)
    assert len(shipped) > 15
    for path in shipped:
        assert installed.read(f'usr/share/gantry/siem/{path}') == open(os.path.join(source, path)).read(), path


def test_the_shipped_configuration_is_good_and_says_what_is_missing(installed):
    shipped = open(os.path.join(DEBIAN, 'gantry.yaml')).read()
    assert installed.read('etc/gantry/gantry.yaml') == shipped
    check = unit_setting(installed, 'ExecStartPre').split()
    good = installed.run('setpriv', '--reuid', 'gantry', '--regid', 'gantry', '--clear-groups', *check)
    assert 'good:' in good.stdout and 'warning' not in good.stdout, good.stdout
    start = installed.run(*check[:-1], check=False)
    assert start.returncode == 1 and 'capture.interface' in start.stdout


def test_the_service_alerts_as_its_own_account_tells_the_manager_and_lives(lab, server, service, work):
    digest = upload(lab, work, 700)
    wait_transfer(service, digest)
    alert = net.wait_for(lambda: service.records('alert'), 10, 'the alert')[0]
    assert alert['gantry']['partner'] == 'Plate Systems' and alert['gantry']['verdict'] == 'unapproved'
    assert service.root.mode('var/log/gantry/alerts.json').split()[1] == 'gantry'
    assert os.path.exists(service.root / 'var/lib/gantry/gantry.db')
    assert service.wait_told('WATCHDOG=1') and service.wait_told('WATCHDOG=1')
    status = open(f'/proc/{service.pid()}/status').read()
    assert os.listdir(service.root / 'var/cache/gantry'), 'the next start finds its rules compiled'
    assert re.search(r'CapEff:\s*0+\n', status) and re.search(r'NoNewPrivs:\s*1\n', status)


def test_reloading_as_the_unit_does_takes_the_new_contract_and_refuses_a_bad_file(lab, server, service, work):
    wait_transfer(service, upload(lab, work, 710))
    reload = unit_setting(service.root, 'ExecReload').split()
    configure(service.root, CONFIG.format(contracts=CONTRACT))
    service.root.run(*reload)
    service.wait_told('RELOADING=1')
    service.wait_told('READY=1')
    assert wait_transfer(service, upload(lab, work, 711))['gantry']['verdict'] == 'approved'
    configure(service.root, CONFIG.format(contracts='').replace('198.51.100.0/24', '198.51.100.0/99'))
    refused = service.root.run(*reload, check=False)
    assert refused.returncode == 1 and '/etc/gantry/gantry.yaml:7' in refused.stdout, refused.stdout
    assert wait_transfer(service, upload(lab, work, 712))['gantry']['verdict'] == 'approved'


def test_logrotate_moves_the_records_on_and_none_is_lost(lab, server, service, work):
    first = upload(lab, work, 720)
    wait_transfer(service, first)
    service.root.run('logrotate', '--force', '/etc/logrotate.d/gantry')
    net.wait_for(lambda: os.path.exists(service.root / 'var/log/gantry/alerts.json'), 10, 'the new file')
    second = upload(lab, work, 721)
    wait_transfer(service, second)
    assert wait_transfer(service, first, name='alerts.json.1')
    assert service.root.mode('var/log/gantry/alerts.json').split()[1] == 'gantry'


# A root in namespaces cannot be given devices of its own, and half a minute is long for a test.
DROP_IN = '[Service]\nPrivateDevices=no\nWatchdogSec=4\n'


@pytest.fixture
def booted(installed):
    """The installed root with its own systemd, which runs the unit as the package has it."""
    installed.shell('DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends systemd-sysv dbus iproute2')
    configure(installed, CONFIG.format(contracts=''))
    try:
        machine = Booted(installed.path)
    except Cannot as why:
        pytest.skip(f'no root can be booted here: {why}')
    try:
        machine.run('ip', 'link', 'add', 'span0', 'type', 'veth', 'peer', 'name', 'lane0')
        for name in ('span0', 'lane0'):
            machine.run('ip', 'link', 'set', name, 'up')
        machine.run('mkdir', '-p', '/run/systemd/system/gantry.service.d')
        machine.run('sh', '-c', f"printf '{DROP_IN}' > /run/systemd/system/gantry.service.d/test.conf && systemctl daemon-reload")
        started = machine.run('systemctl', 'start', 'gantry', check=False)
        assert started.returncode == 0, machine.run('journalctl', '--no-pager', '-u', 'gantry').stdout
        yield machine
    finally:
        machine.stop()


def test_systemd_itself_starts_reloads_watches_and_restarts_the_unit(booted):
    def journal():
        return booted.run('journalctl', '--no-pager', '-o', 'cat', '-u', 'gantry').stdout
    assert booted.shows('ActiveState') == 'active' and booted.shows('NRestarts') == '0'
    pid = booted.shows('MainPID')
    status = booted.run('cat', f'/proc/{pid}/status').stdout
    assert re.search(r'CapEff:\s*0+\n', status) and re.search(r'NoNewPrivs:\s*1\n', status)
    assert 'arrived' in booted.run('gantryctl', 'alert', 'test').stdout
    booted.run('systemctl', 'reload', 'gantry')
    assert booted.shows('MainPID') == pid
    net.wait_for(lambda: 'configuration 2 is in force' in journal(), 10, 'the new configuration in the journal')
    good = booted.run('cat', '/etc/gantry/gantry.yaml').stdout
    booted.run('sh', '-c', "echo 'partners: [[' >> /etc/gantry/gantry.yaml")
    assert booted.run('systemctl', 'reload', 'gantry', check=False).returncode != 0
    net.wait_for(lambda: re.search(r'gantry\.yaml:\d+: error: ', journal()), 10, 'the mistake in the journal')
    assert 'gantryctl: ' not in journal(), 'the mistake alone'
    assert booted.shows('ActiveState') == 'active' and booted.shows('MainPID') == pid
    booted.run('sh', '-c', 'printf %s "$1" > /etc/gantry/gantry.yaml', 'sh', good)
    time.sleep(9)
    assert booted.shows('MainPID') == pid, 'it tells the watchdog in time'
    booted.run('sh', '-c', f'kill -STOP {pid}')
    net.wait_for(lambda: booted.shows('NRestarts') == '1' and booted.shows('ActiveState') == 'active', 40, 'the watchdog')
    assert 'Watchdog timeout' in journal() and booted.shows('MainPID') != pid
    booted.run('sh', '-c', f'kill -KILL {booted.shows("MainPID")}')
    net.wait_for(lambda: booted.shows('NRestarts') == '2' and booted.shows('ActiveState') == 'active', 40, 'the restart')
    assert 'arrived' in booted.run('gantryctl', 'alert', 'test').stdout
    booted.run('systemctl', 'stop', 'gantry')
    assert booted.shows('Result') == 'success' and booted.shows('MainPID') == '0'


def container_words():
    """What stands behind each word of the last stage of the recipe, done by hand where no engine for it can be had."""
    with open(os.path.join(net.ROOT, 'tools/packaging/Containerfile')) as f:
        last = f.read().split('\nFROM ')[-1]
    return re.findall(r'(?m)^(COPY|RUN|ENV|USER|ENTRYPOINT|CMD|VOLUME) (.*)$', last)


def test_as_the_container_recipe_runs_it_the_sensor_needs_net_raw_alone(lab, installed):
    words = container_words()
    said = {}
    for word, rest in words:
        said.setdefault(word, []).append(rest)
    (setcap,) = [step for run in said['RUN'] for step in run.split(' && ') if step.startswith('setcap ')]
    assert said['USER'] == ['gantry'] and words.index(('USER', 'gantry')) > max(i for i, w in enumerate(words) if w[0] == 'RUN')
    installed.shell(f'DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends libcap2-bin; {setcap};'
                    ' install -d -o gantry -g gantry -m 0750 /run/gantry /var/cache/gantry')
    configure(installed, CONFIG.format(contracts=''))

    def start(bounding):
        log = open(installed / 'tmp/container.log', 'w')
        return lab.start('sensor', 'chroot', installed.path, 'setpriv', '--reuid', 'gantry', '--regid', 'gantry', '--clear-groups',
                         '--inh-caps', '-all', '--bounding-set', bounding, 'env', *said['ENV'],
                         *json.loads(said['ENTRYPOINT'][0]), *json.loads(said['CMD'][0]), stdout=log, stderr=log)
    try:
        process = start('-all,+net_raw')
        net.wait_for(lambda: 'watching span0' in installed.read('tmp/container.log') or process.poll() is not None, 30, 'the sensor')
        assert process.poll() is None, installed.read('tmp/container.log')
        status = open(f'/proc/{process.pid}/status').read()
        assert re.search(r'CapBnd:\s*0*2000\n', status) and re.search(r'CapEff:\s*0+\n', status), 'given up before a packet is read'
        assert lab.stop(process) == 0
        assert start('-all').wait(30) != 0, 'without the right it does not start'
    finally:
        installed.shell('setcap -r /usr/sbin/gantry')


@pytest.fixture
def engine(root, packages, tmp_path):
    """podman with the recipe's image, made from this root as debootstrap left it."""
    engine = None
    try:
        engine = Engine(str(tmp_path))
        engine.take_base(root.path + '.tar')
        engine.build(packages[0])
        yield engine
    except NoContainer as why:
        pytest.skip(f'no container can be had here: {why}')
    finally:
        if engine:
            engine.close()


@pytest.mark.peers
def test_podman_builds_and_runs_the_container_recipe_with_net_raw_alone(lab, server, engine, work, tmp_path):
    # Its account, of whatever number, must read it.
    folder = tmp_path / 'here'
    folder.mkdir()
    (folder / 'gantry.yaml').write_text(CONFIG.format(contracts='').replace('/var/log/', '/var/lib/'))
    said = folder / 'said'

    def up():
        return 'watching span0' in said.read_text()
    with open(said, 'w') as log:
        refused = engine.start(lab, 'sensor', folder, log, without=('--cap-add', 'net_raw'))
        assert refused.wait(60) != 0 and not up(), 'without the right it does not start'
        process = engine.start(lab, 'sensor', folder, log)
        try:
            net.wait_for(lambda: up() or process.poll() is not None, 60, 'the sensor')
            assert process.poll() is None, said.read_text()
            with open(f'/proc/{engine.shows("{{.State.Pid}}")}/status') as f:
                status = f.read()
            assert re.search(r'CapBnd:\s*0*2000\n', status) and re.search(r'CapEff:\s*0+\n', status), 'given up before a packet is read'
            assert re.search(r'Uid:\s*990\s', status)
            digest = upload(lab, work, 730)
            net.wait_for(lambda: digest in engine.within('cat', '/var/lib/gantry/alerts.json'), 20, 'the transfer')
            assert '"verdict":"unapproved"' in engine.within('cat', '/var/lib/gantry/alerts.json')
            assert 'span0' in engine.within('gantryctl', 'status')
            engine.run('stop', 'sensor')
            assert process.wait(30) == 0, said.read_text()
        finally:
            lab.stop(process)


def test_an_upgrade_keeps_configuration_key_and_ledger(lab, installed, packages):
    edited = CONFIG.format(contracts='')
    configure(installed, edited)
    key = installed.read('etc/gantry/digest.key')
    database = installed.shell('stat -c %i /var/lib/gantry/gantry.db').stdout
    shutil.copy(packages[1], installed / 'tmp/later.deb')
    installed.shell('DEBIAN_FRONTEND=noninteractive dpkg -i /tmp/later.deb')
    assert installed.shell("dpkg-query -W -f '${Version}' gantry").stdout == UPGRADE
    assert installed.read('etc/gantry/gantry.yaml') == edited and installed.read('etc/gantry/digest.key') == key
    assert installed.shell('stat -c %i /var/lib/gantry/gantry.db').stdout == database
    assert installed.mode('etc/gantry/gantry.yaml') == '640 root gantry'


def test_removing_keeps_what_is_the_users_and_purging_leaves_nothing(installed):
    installed.shell('dpkg --remove gantry')
    for kept in ('etc/gantry/gantry.yaml', 'etc/gantry/digest.key', 'var/lib/gantry/gantry.db'):
        assert os.path.exists(installed / kept)
    assert not os.path.exists(installed / 'usr/sbin/gantry')
    installed.shell('dpkg --purge gantry')
    for gone in ('etc/gantry', 'var/lib/gantry', 'var/cache/gantry', 'var/log/gantry', 'etc/logrotate.d/gantry', UNIT,
                 'etc/apparmor.d/usr.sbin.gantry', 'usr/share/gantry'):
        assert not os.path.exists(installed / gone), gone


def filter_sets(names):
    """System calls that the unit's filter allows; sets hold sets."""
    calls = set()
    for name in names:
        if not name.startswith('@'):
            calls.add(name)
            continue
        out = net.run('systemd-analyze', 'syscall-filter', name).stdout
        calls |= filter_sets([w for w in re.findall(r'(?m)^\s+([@a-z_0-9-]+)$', out) if w != name])
    return calls


def test_the_unit_is_well_formed_and_hardened():
    unit = os.path.join(DEBIAN, 'gantry.service')
    out = net.run('systemd-analyze', 'security', '--offline=yes', '--threshold=25', unit, check=False)
    assert out.returncode == 0, out.stdout
    verify = net.run('systemd-analyze', 'verify', '--man=no', unit, check=False).stdout
    problems = [line for line in verify.splitlines() if 'gantry' in line and 'is not executable' not in line]
    assert not problems, verify


def test_the_units_filter_allows_every_call_that_a_role_may_make():
    with open(os.path.join(DEBIAN, 'gantry.service')) as f:
        allowed = filter_sets(re.search(r'(?m)^SystemCallFilter=(.*)$', f.read()).group(1).split())
    with open(os.path.join(net.ROOT, 'sensor/process/sandbox/calls.c')) as f:
        ours = set(re.findall(r'\{CALL\((\w+)\)', f.read()))
    assert len(ours) > 50 and 'fork' in allowed
    assert not ours - allowed
    assert 'ptrace' not in allowed and 'mount' not in allowed


def test_the_apparmor_profile_is_one(tmp_path):
    profile = os.path.join(DEBIAN, 'usr.sbin.gantry')
    net.run('apparmor_parser', '--skip-kernel-load', '--skip-cache', '--quiet', profile)
    broken = tmp_path / 'broken'
    broken.write_text(open(profile).read().replace('capability net_raw,', 'capability net_row,'))
    assert net.run('apparmor_parser', '--skip-kernel-load', '--skip-cache', '--quiet', str(broken),
                   check=False).returncode != 0
