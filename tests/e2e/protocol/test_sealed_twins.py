# SPDX-License-Identifier: Apache-2.0
"""Encrypted and unread flows that must alert, each beside the same done where it may be: to a partner in its hours, or as what every network
does all day. A sensor that does not learn who strangers are, so that these are told if they are to be."""
import datetime
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import lab as net
import pytest
from test_ftp import write_config
from test_sealed import alerts_to, fill, flows_to, folder, sshd, type_at  # noqa: F401
from test_unread_flows import CONFIG, LANE, MB, STRANGER, hello, opened, read, sealed, tls  # noqa: F401

sys.path.append(os.path.join(os.path.dirname(__file__), '..', '..', 'evasion'))
import wire as wires  # noqa: E402

SEALED_FTP, NTP_STRANGER = 2133, net.stranger(77)
NOISE = random.Random(19)


@pytest.fixture
def sensor(lab, tmp_path):
    with net.Sensor(lab, tmp_path, events='alert,flow', more='flows: {learning: 0 s}\n') as s:
        yield s


def sealed_alert(sensor, protocol):
    alert = sensor.wait_alert(lambda a: a['gantry'].get('classes') == ['encrypted-flow'], 8)
    assert alert['network']['protocol'] == protocol and alert['gantry']['verdict'] == 'unapproved'
    return alert


# --- SSH ---

def scp(lab, keys, folder, to, path):
    lab.run('lane', 'scp', *keys, str(path), f'root@{to}:{folder}/taken')


def sftp(lab, keys, folder, to, path):
    lab.run('lane', 'sftp', *keys, '-b', '-', f'root@{to}', input=f'put {path} {folder}/taken\n')


def typed(lab, keys, folder, to, path):
    type_at(lab, ['ssh', '-tt', *keys, f'root@{to}'], ['uptime', 'ls -l /etc', 'id', 'date', 'df -h'])


@pytest.mark.peers
@pytest.mark.parametrize('how, bulk', [(scp, 'upload'), (sftp, 'upload'), (typed, 'interactive')])
def test_ssh_to_a_partner_whose_contract_is_over_alerts_and_to_an_approved_one_or_a_stranger_does_not(lab, sensor, sshd, folder, how, bulk):
    path = fill(folder / 'one', 400000)
    for to in net.APPROVED, net.UNKNOWN, net.UNAPPROVED:
        how(lab, sshd, folder, to, path)
    assert 'OpenSSH' in sealed_alert(sensor, 'ssh')['gantry']['ssh']['client']
    sensor.finish()
    assert alerts_to(sensor, net.APPROVED) == [] and alerts_to(sensor, net.UNKNOWN) == []
    assert [flows_to(sensor, to)[0]['gantry']['flow']['bulk'] for to in (net.APPROVED, net.UNKNOWN, net.UNAPPROVED)] == [bulk] * 3


@pytest.mark.peers
def test_two_megabytes_by_scp_to_a_stranger_alert_and_from_it_do_not(lab, sensor, sshd, folder):
    path = fill(folder / 'two', 2 * MB)
    lab.run('lane', 'scp', *sshd, f'root@{net.stranger(78)}:{path}', '/dev/null')
    scp(lab, sshd, folder, net.stranger(1078), path)
    alert = sensor.wait_alert(lambda a: a['gantry'].get('classes') == ['encrypted-flow'], 8)
    assert alert['destination']['ip'] == net.stranger(1078) and alert['event']['severity'] <= 5
    time.sleep(1)
    assert alerts_to(sensor, net.stranger(78)) == []


# --- FTPS ---

@pytest.fixture(scope='module')
def ftps(lab, folder, tmp_path_factory):
    """vsftpd outside that wants TLS for commands and files."""
    root = str(tmp_path_factory.mktemp('ftps'))
    os.makedirs(f'{root}/ftp/in')
    os.makedirs(f'{root}/empty')
    os.chmod(root, 0o755)
    os.chmod(f'{root}/ftp', 0o555)
    fill(folder / 'update.bin', 3 * MB)
    shutil.copy(folder / 'update.bin', f'{root}/ftp/update.bin')
    shutil.chown(f'{root}/ftp/in', 'ftp')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', f'{root}/key.pem', '-out', f'{root}/cert.pem', '-days', '2',
                    '-subj', '/CN=ftp.example'], check=True, capture_output=True)
    process = lab.start('outside', 'vsftpd', write_config(
        root, SEALED_FTP, 'ssl_enable=YES\nallow_anon_ssl=YES\nforce_anon_data_ssl=YES\nforce_anon_logins_ssl=YES\nrequire_ssl_reuse=NO\n'
        f'rsa_cert_file={root}/cert.pem\nrsa_private_key_file={root}/key.pem\n'))
    lab.wait_port('outside', '::', SEALED_FTP)
    yield ['lftp', '-c', 'set net:max-retries 1; set net:timeout 10; set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ftp:ssl-allow-anonymous yes; '
           'set ssl:verify-certificate no; open ftp://{}:%d; {}' % SEALED_FTP]
    lab.stop(process)


@pytest.mark.peers
def test_ftps_by_lftp_alerts_and_to_an_approved_partner_or_from_a_stranger_does_not(lab, sensor, ftps, folder):
    path = fill(folder / 'ftps.bin', 300000)

    def lftp(to, script):
        lab.run('lane', *ftps[:-1], ftps[-1].format(to, script))
    lftp(net.UNKNOWN, f'get update.bin -o {folder}/got')
    assert os.path.getsize(folder / 'got') == 3 * MB
    for i, to in enumerate((net.APPROVED, net.UNAPPROVED)):
        lftp(to, f'put {path} -o in/{i}.bin')
    alert = sealed_alert(sensor, 'tls')
    assert alert['destination']['ip'] == net.UNAPPROVED
    sensor.finish()
    assert alerts_to(sensor, net.APPROVED) == [] and alerts_to(sensor, net.UNKNOWN) == []
    assert {a['gantry']['classes'][0] for a in alerts_to(sensor, net.UNAPPROVED)} == {'encrypted-flow'}
    assert max(f['client']['bytes'] for f in flows_to(sensor, net.UNAPPROVED)) > 300000


# --- clocks ---

@pytest.mark.peers
def test_a_clock_that_asks_a_partner_and_a_stranger_is_silent_and_noise_on_its_port_is_not(lab, sensor, tmp_path):
    if not shutil.which('chronyd'):
        pytest.skip('needs chrony')
    (tmp_path / 'server.conf').write_text(f'local stratum 3\nallow all\nport 123\ncmdport 0\npidfile {tmp_path}/server.pid\n')
    server = lab.start('outside', 'chronyd', '-d', '-x', '-u', 'root', '-f', str(tmp_path / 'server.conf'), stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    try:
        net.wait_for(lambda: lab.run('outside', 'ss', '-Hlun', 'sport = :123', check=False).stdout.strip(), 15, 'the clock')
        for to in net.UNAPPROVED, NTP_STRANGER:
            out = lab.run('lane', 'chronyd', '-Q', '-t', '20', '-f', '/dev/null', f'pidfile {tmp_path}/c.pid', 'cmdport 0', f'server {to} iburst maxsamples 4').stdout
            assert 'System clock wrong by' in out, out
    finally:
        lab.stop(server, signal.SIGKILL)
    time.sleep(1.5)
    assert [a for a in sensor.alerts() if 'rule' in a] == []
    lab.run('lane', sys.executable, '-c', 'import os,socket,sys\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\n'
            'for _ in range(20): s.sendto(os.urandom(900),(sys.argv[1],123))', net.UNAPPROVED)
    alert = sensor.wait_alert(lambda a: a['gantry'].get('classes') == ['unread-flow'], 8)
    assert alert['destination']['ip'] == net.UNAPPROVED


# --- over minutes and hours ---

def call(w, back=True, seconds=300, server=STRANGER, octets=160, each=0.02):
    """RTP of one voice (RFC 3551), from both sides or from one."""
    for i in range(int(seconds / each)):
        for side in (0, 1) if back else (0,):
            head = b'\x80\0' + (i & 0xffff).to_bytes(2, 'big') + (i * 160 & 0xffffffff).to_bytes(4, 'big') + bytes([1 + side] * 4)
            w.udp(side, head + NOISE.randbytes(octets), client=LANE, server=server, cport=16384, sport=16384)
        w.wait(each - 0.001)
    return w


@pytest.mark.parametrize('octets, each', [(160, 0.02), (1100, 0.01)], ids=['voice', 'video'])
def test_a_call_of_equal_directions_for_five_minutes_is_silent_and_one_that_only_sends_is_not(read, octets, each):
    assert opened(read(call(wires.Wire(), octets=octets, each=each))) == []
    assert opened(read(call(wires.Wire(), back=False, octets=octets, each=each))) == [('unread-flow', None)]


def test_an_approved_partner_is_silent_in_its_hours_and_alerts_outside_them(read):
    terms = 'classes: [encrypted-flow], hours: "Mon-Fri 07:00-19:00 America/Chicago", per-day: {bytes: 2 GB}'

    def at(time):
        w = wires.Wire()
        w.now = datetime.datetime.fromisoformat(time).timestamp()
        tls(w, '192.0.2.20', 3 * MB)
        return opened(read(w, terms))
    assert at('2026-06-03T10:00:00-05:00') == []
    assert at('2026-06-03T18:50:00-05:00') == []
    assert at('2026-06-03T19:10:00-05:00') == [('encrypted-flow', 'Border Labs')]
    assert at('2026-06-06T10:00:00-05:00') == [('encrypted-flow', 'Border Labs')]
