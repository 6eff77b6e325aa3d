# SPDX-License-Identifier: Apache-2.0
"""gantryctl and the running sensor: who may ask, what is answered, and what happens when either misbehaves."""
import fcntl
import json
import os
import pty
import pwd
import re
import select
import signal
import socket
import stat
import struct
import subprocess
import termios
import time
import urllib.parse

import lab as net
import material
import pytest
from test_delivery import keys  # noqa: F401
from test_http import curl, server, url  # noqa: F401
from test_sandbox import upload

ACCOUNT = 'daemon'  # of a group of its own on every Debian, unlike nobody
OUTSIDER = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
MEMBER = ['setpriv', '--reuid=65534', '--regid=65534', f'--groups={pwd.getpwnam(ACCOUNT).pw_gid}']


@pytest.fixture
def own(lab, tmp_path):
    """A sensor with an account of its own."""
    with net.Sensor(lab, tmp_path, more=f'sandbox: {{user: {ACCOUNT}}}', options=['-w', '2', '-f', 'tcp']) as sensor:
        yield sensor


def test_status_shows_what_runs_and_the_same_numbers_as_the_stats_record(lab, server, own, work):
    upload(lab, own, work, 700)
    time.sleep(0.5)
    answer = own.ask('status', '--json')
    assert answer['interface'] == 'span0' and answer['name'] == 'edge-1'
    pids = sorted(w['pid'] for w in answer['workers'])
    assert pids == sorted(own.children()['worker']) and len(pids) == 2
    everybody = [(p['role'], p['number'], p['starts']) for p in answer['processes']]
    assert everybody == [('worker', 1, 1), ('worker', 2, 1), ('examiner', 1, 1), ('reporter', 1, 1)]
    assert sorted(p['pid'] for p in answer['processes']) == sorted(pids + own.children()['examiner'] + own.children()['reporter'])
    assert sum(w['packets'] for w in answer['workers']) == answer['stats']['capture']['packets'] > 0
    seen = answer['stats']['capture']['packets']
    own.finish()
    last = own.records('stats')[-1]['gantry']['stats']
    assert {(k, n) for k in last for n in last[k]} == {(k, n) for k in last for n in answer['stats'][k]}
    assert last['capture']['packets'] == seen
    assert not os.path.exists(own.control), 'the socket goes with the sensor'


def test_status_shows_the_sandbox_in_force(lab, own):
    lines = own.ask('status', '--json')['sandbox']
    assert [line.split(':')[0] for line in lines] == ['supervisor', 'worker', 'examiner', 'reporter']
    user = pwd.getpwnam(ACCOUNT).pw_uid
    assert all(f'user {user}, no capabilities, no new privileges' in line for line in lines)


def test_root_and_the_group_may_ask_and_nobody_else(lab, own):
    folder, path = os.stat(os.path.dirname(own.control)), os.stat(own.control)
    group = pwd.getpwnam(ACCOUNT).pw_gid
    assert stat.S_IMODE(path.st_mode) == 0o660 and path.st_gid == group
    assert stat.S_IMODE(folder.st_mode) == 0o750 and folder.st_gid == group
    assert own.ask('status', command=MEMBER).returncode == 0
    refused = own.ask('status', command=OUTSIDER, check=False)
    assert refused.returncode == 1 and 'run this as root, or join the group' in refused.stderr
    # The socket's own permissions are not the only guard.
    os.chmod(os.path.dirname(own.control), 0o755)
    os.chmod(own.control, 0o666)
    refused = own.ask('status', command=OUTSIDER, check=False)
    assert refused.returncode == 1 and 'only root and members' in refused.stderr
    assert own.ask('status', '--json')['stats']['control']['refused'] == 1
    assert 'control socket: process' in open(own.log).read()
    assert own.ask('status', command=MEMBER).returncode == 0


def test_the_page_for_people_has_every_field(lab, server, own, work):
    upload(lab, own, work, 701)
    time.sleep(0.5)
    page = own.ask('status').stdout
    for heading in ('Sensor', 'Workers', 'Seen', 'Not seen', 'Outputs', 'Sandbox'):
        assert f'\n{heading}\n' in '\n' + page
    assert '\033' not in page, 'no colours where nobody looks'
    fields = dict(line.strip().split('  ', 1) for line in page.splitlines() if line.startswith('  ') and '  ' in line[2:])
    empty = {k for k, v in fields.items() if v.strip() == '-'}
    assert empty <= {'last reload', 'it was'}, 'nothing was reloaded yet'
    incidents = {a['gantry']['incident']['id'] for a in own.alerts()}
    assert incidents and fields['incidents open'].strip() == str(len(incidents))
    assert 'json:file:' in page and 'ready' in page


def connection(sensor):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect(sensor.control)
    return s


def test_a_client_that_does_not_go_on_is_cut_off_and_holds_up_nobody(lab, own):
    silent = [connection(own) for _ in range(7)]  # one less than are served at once
    begin = time.monotonic()
    assert own.ask('status', '--json')['ok']
    assert time.monotonic() - begin < 3
    assert silent[0].recv(1) == b'' and 3 < time.monotonic() - begin < 9
    assert own.ask('status', '--json')['stats']['control']['slow'] == 7


def test_a_thousand_connections_in_a_row(lab, own):
    with open(f'/proc/{own.children()["reporter"][0]}/status') as f:
        before = next(line for line in f if line.startswith('VmRSS'))
    for i in range(1000):
        with connection(own) as s:
            s.sendall(b'top\n' if i % 2 else b'nonsense\n')
            answer = b''
            while part := s.recv(65536):
                answer += part
            assert answer.startswith(b'{"ok":true,' if i % 2 else b'{"error":"') and answer.endswith(b'}')
    with open(f'/proc/{own.children()["reporter"][0]}/status') as f:
        after = next(line for line in f if line.startswith('VmRSS'))
    assert int(after.split()[1]) - int(before.split()[1]) < 4096, 'KiB'
    stats = own.ask('status', '--json')['stats']['control']
    assert stats['requests'] >= 1000 and stats['wrong'] == 500


def test_the_reporters_successor_answers(lab, own):
    old = own.children()['reporter'][0]
    os.kill(old, signal.SIGKILL)
    assert own.ask('status', '--json')['ok'], 'who asks meanwhile waits for the successor'
    assert own.children()['reporter'][0] != old


def test_a_second_sensor_does_not_take_the_first_ones_socket(lab, own, tmp_path):
    other = tmp_path / 'other.yaml'
    other.write_text(f'sensor: {{control: {own.control}, state: {tmp_path}/other}}\n')
    done = lab.run('sensor', net.GANTRY, '-c', str(other), '-i', 'span0', check=False)
    assert done.returncode == 1 and 'another sensor listens there; stop it' in done.stdout
    assert own.ask('status', '--json')['ok']


def test_a_killed_sensors_socket_is_replaced(lab, tmp_path):
    with net.Sensor(lab, tmp_path) as first:
        first.process.kill()
        first.process.wait(5)
    assert os.path.exists(first.control)

    def refused():  # once the reporter has followed the supervisor
        answer = first.ask('status', check=False)
        return answer.returncode == 1 and 'no sensor listens at' in answer.stderr
    net.wait_for(refused, 10, 'the end of who listened')
    with net.Sensor(lab, tmp_path) as second:
        assert second.ask('status', '--json')['ok']


def test_without_an_account_of_its_own_root_alone_may_ask(lab, tmp_path):
    with net.Sensor(lab, tmp_path, more='sandbox: {user: nobody}') as sensor:
        assert stat.S_IMODE(os.stat(sensor.control).st_mode) == 0o600
        assert sensor.ask('status', '--json')['ok']
        assert sensor.ask('status', command=OUTSIDER, check=False).returncode == 1


def test_the_socket_is_found_by_the_configuration_and_may_be_off(lab, own, tmp_path):
    done = subprocess.run([net.GANTRYCTL, 'status', '-c', own.config, '--json'], capture_output=True, text=True)
    assert done.returncode == 0 and '"name": "edge-1"' in done.stdout
    off = tmp_path / 'off.yaml'
    off.write_text('sensor: {control: off}\n')
    done = subprocess.run([net.GANTRYCTL, 'status', '-c', off], capture_output=True, text=True)
    assert done.returncode == 1 and 'takes no requests' in done.stderr


RSYSLOG = '''
global(workDirectory="{f}" net.enableDNS="off" defaultNetstreamDriverCAFile="{k}/ca.pem"
       defaultNetstreamDriverCertFile="{k}/good.pem" defaultNetstreamDriverKeyFile="{k}/good.key")
main_queue(queue.type="direct")
module(load="imudp")
module(load="imptcp")
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")
module(load="imrelp")
template(name="raw" type="string" string="%inputname% %rawmsg%\\n")
ruleset(name="all" queue.type="direct") {{ action(type="omfile" file="{f}/received.log" template="raw"
        asyncWriting="off") }}
input(type="imudp" address="127.0.0.1" port="5140" ruleset="all")
input(type="imptcp" address="127.0.0.1" port="5141" ruleset="all")
input(type="imtcp" address="127.0.0.1" port="5142" ruleset="all")
input(type="imrelp" address="127.0.0.1" port="5143" ruleset="all")
'''


@pytest.fixture
def receiver(lab, keys, tmp_path):
    folder = tmp_path / 'rsyslog'
    folder.mkdir()
    (folder / 'rsyslog.conf').write_text(RSYSLOG.format(f=folder, k=keys))
    process = lab.start('sensor', 'rsyslogd', '-n', '-f', str(folder / 'rsyslog.conf'), '-i', str(folder / 'pid'),
                        stdout=subprocess.DEVNULL, stderr=open(folder / 'rsyslog.err', 'w'))
    for port in (5141, 5142, 5143):
        lab.wait_port('sensor', '127.0.0.1', port)
    yield folder / 'received.log'
    os.kill(int((folder / 'pid').read_text()), signal.SIGTERM)
    process.wait(15)


def test_a_test_alert_says_exactly_which_outputs_it_arrived_at(lab, keys, receiver, tmp_path):
    outputs = f'''{{format: rfc5424, to: "udp://127.0.0.1:5140"}}, {{format: rfc5424, to: "tcp://127.0.0.1:5141"}},
      {{format: json, to: "tls://127.0.0.1:5142", ca: {keys}/ca.pem, name: siem.example}},
      {{format: rfc5424, to: "relp://127.0.0.1:5143", records: [transfer]}},
      {{format: rfc5424, to: "relp://127.0.0.1:5999"}}'''
    with net.Sensor(lab, tmp_path, outputs=outputs) as sensor:
        time.sleep(1)
        done = sensor.ask('alert', 'test', '--json', '--wait', '5', check=False)
        results = {o['output']: (o['result'], o['said']) for o in json.loads(done.stdout)['outputs']}
        said = done.stderr
        sensor.process.kill()  # the one that is down would be waited for
        sensor.process.wait(5)
    assert done.returncode == 1 and 'did not arrive at 1 of 6 outputs' in said
    down = results.pop('rfc5424:relp://127.0.0.1:5999')
    assert down == ('waiting', 'Connection refused')
    assert {r for r, _ in results.values()} == {'arrived'}
    assert results['rfc5424:udp://127.0.0.1:5140'][1] == 'sent; over UDP nobody can say whether it arrived'
    assert results['rfc5424:tcp://127.0.0.1:5141'][1] == "the receiver's system has it"
    assert results['json:tls://127.0.0.1:5142'][1] == "the receiver's system has it"
    assert results['rfc5424:relp://127.0.0.1:5143'][1] == 'the receiver acknowledged it'
    lines = net.wait_for(lambda: [x for x in receiver.read_text().splitlines() if 'gantry-test' in x][3:] and
                         receiver.read_text().splitlines(), 5, 'four messages')
    assert sorted({x.split()[0] for x in lines if 'gantry-test' in x}) == ['imptcp', 'imrelp', 'imtcp', 'imudp']
    assert all('TEST: this message proves' in x for x in lines if 'gantry-test' in x)
    marked = [r for r in sensor.records('notice') if r['rule']['id'] == 'gantry-test']
    assert len(marked) == 1 and 'incident' not in marked[0].get('gantry', {})


def test_a_test_alert_that_arrives_everywhere_is_a_success(lab, own):
    done = own.ask('alert', 'test')
    assert 'arrived' in done.stdout and 'written' in done.stdout
    assert own.ask('alert', 'test', '--wait', '0', check=False).returncode == 2


# C1's "control sequence introducer", right-to-left override, escape, a tag beyond U+FFFF: bytes that act on a terminal.
HOSTILE = 'a\u009bm\u202egpj\x1b[2J\U000e0041.jpg'


def test_what_acts_on_a_terminal_never_reaches_it(lab, server, own, work):
    path = os.path.join(work, 'hostile.jpg')
    with open(path, 'wb') as f:
        f.write(material.lane_image(705))
    curl(lab, '-T', path, url(net.UNAPPROVED, '/in/' + urllib.parse.quote(HOSTILE)))
    incident = net.wait_for(lambda: own.ask('incidents', 'list', '--json')['incidents'], 5, 'the incident')[0]['id']
    for words in (['incidents', 'show', incident], ['incidents', 'list'], ['top', '--once']):
        plain = own.ask(*words).stdout
        document = subprocess.run([net.GANTRYCTL, *words, '--json', '--socket', own.control], capture_output=True, text=True)
        for text in (plain, document.stdout):
            assert text and all(c in '\n' or c.isprintable() for c in text), (words, text)
        if words[1] == 'show':
            name = json.loads(document.stdout)['incidents'][0]['file']
            assert {'\u202e', '\U000e0041'} <= set(name)
            assert ''.join(c if c.isprintable() else f'<U+{ord(c):04X}>' for c in name) in plain
            assert json.dumps(name)[1:-1] in document.stdout
    odd = os.path.join(work, HOSTILE)
    os.rename(path, odd)
    for words in ([], ['--quiet']):
        seen = subprocess.run([net.GANTRYCTL, 'rules', 'explain', '--rules', f'{net.TREE}/rules', *words, odd], capture_output=True, text=True)
        assert '<U+202E>' in seen.stdout and all(c in '\n\t' or c.isprintable() for c in seen.stdout), seen.stdout


def test_names_in_other_scripts_are_shown_as_they_are(lab, server, own, work):
    path = os.path.join(work, 'plain.jpg')
    with open(path, 'wb') as f:
        f.write(material.lane_image(706))
    curl(lab, '-T', path, url(net.UNAPPROVED, '/in/' + urllib.parse.quote('車両-Größe.jpg')))
    incident = net.wait_for(lambda: own.ask('incidents', 'list', '--json')['incidents'], 5, 'the incident')[0]['id']
    assert '車両-Größe.jpg' in own.ask('incidents', 'show', incident).stdout
    done = subprocess.run([net.GANTRYCTL, 'incidents', 'show', incident, '--json', '--socket', own.control], capture_output=True)
    assert '車両-Größe.jpg'.encode() in done.stdout


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, words, rows=24, columns=100):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ['TERM'] = 'xterm'
            os.execv(words[0], words)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
        self.seen = ''

    def read(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.fd, 65536).decode()
                except OSError:
                    break
        return self.seen

    def end(self):
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


def test_top_redraws_in_place_and_gives_the_terminal_back(lab, server, own, work):
    upload(lab, own, work, 702)
    terminal = Terminal([net.GANTRYCTL, 'top', '--socket', own.control, '--interval', '1'])
    terminal.read(1.5)
    upload(lab, own, work, 703)
    terminal.read(3)
    assert not termios.tcgetattr(terminal.fd)[3] & termios.ECHO
    os.write(terminal.fd, b'q')
    seen = terminal.read(1)
    assert terminal.end() == 0
    frames = seen.split('\033[H\033[J')[1:]
    assert len(frames) >= 3 and seen.count('\033[?1049h') == 1
    assert seen.endswith('\033[?25h\033[?1049l'), 'the screen is as it was'
    assert 'Plate Systems' in frames[0] and 'unapproved' in frames[0]
    packets = [re.search(r'packets ([\d ]*\d)', f)[1] for f in frames]
    assert any(p != '0' for p in packets) and all(len(f.splitlines()) <= 24 for f in frames)
    row = [f for f in frames[-1].splitlines() if 'Plate Systems' in f][0].split()
    assert row[2] == '2', 'transfers of the last minute'


def test_top_once_and_for_programs(lab, server, own, work):
    upload(lab, own, work, 704)
    time.sleep(0.3)
    page = own.ask('top', '--once').stdout
    assert 'Plate Systems' in page and '\033' not in page
    answer = own.ask('top', '--json')
    line = [d for d in answer['destinations'] if d['destination'] == 'Plate Systems'][0]
    assert line['minute'] == {'bytes': len(material.lane_image(704)), 'transfers': 1, 'alerts': len(own.alerts())}
    assert line['window'] == line['minute'] and own.alerts()


def test_reload_says_what_is_in_force_what_is_wrong_and_what_needs_a_start(lab, own):
    good = open(own.config).read()

    def reload(text, *words):
        with open(own.config, 'w') as f:
            f.write(text)
        return own.ask('reload', *words, check=False)

    done = reload(good.replace('Plate Systems', 'Plate Readers'), '--json')
    assert done['version'] == 2 and done['refused'] is False
    done = reload(good + '\nledger: {repeat: never}\n')
    assert done.returncode == 1 and 'nothing has changed' in done.stderr
    line = good.count('\n') + 2
    assert f'gantry.yaml:{line}: error: repeat' in done.stderr
    done = reload(good.replace('memory: 512 MiB', 'memory: 600 MiB'))
    assert done.returncode == 0 and 'configuration 3 is in force' in done.stdout and 'memory' in done.stdout
    now = own.ask('status', '--json')['configuration']
    assert now['version'] == 3 and now['reload'] == 'done' and now['reloaded'].startswith('20')
