# SPDX-License-Identifier: Apache-2.0
"""Alerts get to the SOC whatever happens to the network and the receiver: rsyslogd over TLS and RELP."""
import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import lab as net
import pytest

TLS, RELP, PROXY, TCP = 6514, 2514, 2600, 2614


def openssl(folder, *words):
    subprocess.run(['openssl', *words], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def authority(folder, name):
    openssl(folder, 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30',
            '-subj', f'/CN={name}', '-keyout', f'{name}.key', '-out', f'{name}.pem',
            '-addext', 'basicConstraints=critical,CA:TRUE')


def certificate(folder, name, signer, subject, past=False):
    """NAME.pem and NAME.key for the host `subject`, vouched for by `signer`."""
    openssl(folder, 'req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', f'/CN={subject}',
            '-keyout', f'{name}.key', '-out', f'{name}.csr')
    (folder / f'{name}.ext').write_text(f'subjectAltName=DNS:{subject}\n')
    (folder / f'{name}.cnf').write_text(f'''[ca]
default_ca=c
[c]
new_certs_dir={folder}
database={folder}/{name}.db
serial={folder}/{name}.srl
default_md=sha256
policy=p
unique_subject=no
[p]
commonName=supplied
''')
    (folder / f'{name}.db').write_text('')
    (folder / f'{name}.srl').write_text('%08X\n' % random.getrandbits(31))
    times = ('20200101000000Z', '20200201000000Z') if past else ('20200101000000Z', '20490101000000Z')
    openssl(folder, 'ca', '-batch', '-config', f'{name}.cnf', '-cert', f'{signer}.pem', '-keyfile', f'{signer}.key',
            '-in', f'{name}.csr', '-out', f'{name}.pem', '-notext', '-extfile', f'{name}.ext',
            '-startdate', times[0], '-enddate', times[1])


@pytest.fixture(scope='session')
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp('keys')
    authority(folder, 'ca')
    authority(folder, 'stranger')
    certificate(folder, 'good', 'ca', 'siem.example')
    certificate(folder, 'misnamed', 'ca', 'other.example')
    certificate(folder, 'expired', 'ca', 'siem.example', past=True)
    certificate(folder, 'foreign', 'stranger', 'siem.example')
    certificate(folder, 'sensor', 'ca', 'edge-1.example')
    return folder


class Receiver:
    """rsyslogd that writes each message before it says that it has it (a direct queue)."""

    def __init__(self, lab, folder, keys, own='good', client=False):
        self.lab, self.folder, self.keys, self.process = lab, folder, keys, None
        self.out = folder / 'received.log'
        self.configure(own, client)

    def configure(self, own, client=False):
        k, f = self.keys, self.folder
        mode = 'x509/certvalid' if client else 'anon'
        (f / 'rsyslog.conf').write_text(f'''
global(workDirectory="{f}" net.enableDNS="off" maxMessageSize="16k" defaultNetstreamDriverCAFile="{k}/ca.pem"
       defaultNetstreamDriverCertFile="{k}/{own}.pem" defaultNetstreamDriverKeyFile="{k}/{own}.key")
main_queue(queue.type="direct")
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="{mode}")
module(load="imrelp" tls.tlslib="openssl")
module(load="imptcp")
template(name="raw" type="string" string="%rawmsg%\\n")
ruleset(name="all" queue.type="direct") {{ action(type="omfile" file="{self.out}" template="raw" asyncWriting="off") }}
input(type="imtcp" address="127.0.0.1" port="{TLS}" ruleset="all")
input(type="imrelp" address="127.0.0.1" port="{RELP}" ruleset="all")
input(type="imptcp" address="127.0.0.1" port="{TCP}" ruleset="all")
input(type="imrelp" address="127.0.0.1" port="{RELP + 1}" ruleset="all" tls="on" tls.caCert="{k}/ca.pem"
      tls.myCert="{k}/{own}.pem" tls.myPrivKey="{k}/{own}.key" tls.authMode="certvalid")
''')

    def start(self):
        self.process = self.lab.start('sensor', 'rsyslogd', '-n', '-f', str(self.folder / 'rsyslog.conf'), '-i',
                                      str(self.folder / 'pid'), stdout=subprocess.DEVNULL,
                                      stderr=open(self.folder / 'rsyslog.log', 'a'))
        self.lab.wait_port('sensor', '127.0.0.1', TLS)
        self.lab.wait_port('sensor', '127.0.0.1', RELP + 1)
        return self

    def pid(self):
        return int((self.folder / 'pid').read_text())

    def stop(self, number=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            os.kill(self.pid(), number)
            self.process.wait(15)
        (self.folder / 'pid').unlink(missing_ok=True)

    def messages(self):
        """Whole messages alone: a killed receiver may leave a part of one."""
        found = []
        if self.out.exists():
            for line in self.out.read_text(errors='replace').splitlines():
                try:
                    found.append(json.loads(line[line.index('{'):]))
                except ValueError:
                    pass
        return found


@pytest.fixture
def receiver(lab, tmp_path, keys):
    r = Receiver(lab, tmp_path, keys)
    yield r
    r.stop(signal.SIGKILL)


TARGETS = {'tls': f'tls://127.0.0.1:{TLS}', 'relp': f'relp://127.0.0.1:{RELP}',
           'relp+tls': f'relp+tls://127.0.0.1:{RELP + 1}'}


def make_sensor(lab, folder, keys, transport, target=None, own=True, more=''):
    outputs = f'{{format: json, to: "{target or TARGETS[transport]}"{more}'
    if 'tls' in transport:
        outputs += f', ca: {keys}/ca.pem, name: siem.example'
        outputs += f', certificate: {keys}/sensor.pem, key: {keys}/sensor.key' if own else ''
    return net.Sensor(lab, folder, outputs=outputs + '}', events='alert')


def uploads(lab, count, rate=200):
    return lab.start('lane', sys.executable, '-B', os.path.join(net.HERE, 'many.py'), str(count), str(rate))


def upload_all(lab, sensor, count):
    """Each upload opens an incident."""
    uploads(lab, count).wait(60)
    net.wait_for(lambda: len(sensor.alerts()) >= count, 20, 'all alerts')


def key_of(alert):
    return alert['gantry']['incident']['id'], alert['gantry']['incident']['sequence']


def check_all_arrived(sensor, receiver, least):
    """Every incident id and sequence of the sensor's own file is with the receiver; how many came again."""
    expected = {key_of(a) for a in sensor.alerts()}
    assert len(expected) >= least
    got = receiver.messages()
    missing = expected - {key_of(a) for a in got}
    assert not missing, f'{len(missing)} of {len(expected)} never came; {open(sensor.log).read()[-2000:]}'
    by_sequence = collections.defaultdict(set)
    for alert in got:
        by_sequence[alert['gantry']['sequence']].add(key_of(alert))
    assert sorted(by_sequence) == list(range(1, len(expected) + 1)), 'no hole in the sequence'
    assert all(len(keys) == 1 for keys in by_sequence.values()), 'what comes again has the same sequence'
    return len(got) - len(by_sequence)


@pytest.mark.parametrize('transport', TARGETS)
def test_alerts_arrive_once_and_in_time(lab, tmp_path, keys, receiver, transport):
    receiver.configure('good', client=True)
    receiver.start()
    sensor = make_sensor(lab, tmp_path, keys, transport)
    with sensor:
        uploads(lab, 1).wait()
        net.wait_for(receiver.messages, 1.5, 'the alert')
        upload_all(lab, sensor, 50)
    assert check_all_arrived(sensor, receiver, 50) == 0
    assert 'port' not in open(sensor.log).read(), 'nothing to complain about'


@pytest.mark.parametrize('transport, own, says', [
    ('tls', 'misnamed', 'ostname mismatch'), ('tls', 'foreign', 'unable to get local issuer certificate'),
    ('tls', 'expired', 'certificate has expired'), ('relp+tls', 'misnamed', 'ostname mismatch'),
    ('relp+tls', 'foreign', 'unable to get local issuer certificate')])
def test_a_receiver_with_a_wrong_certificate_gets_nothing_until_it_is_mended(lab, tmp_path, keys, receiver, transport,
                                                                           own, says):
    receiver.configure(own)
    receiver.start()
    sensor = make_sensor(lab, tmp_path, keys, transport)
    with sensor:
        upload_all(lab, sensor, 5)
        net.wait_for(lambda: says in open(sensor.log).read(), 5, f'the reason "{says}"')
        time.sleep(1)
        log = open(sensor.log).read()
        assert log.count(says) == 1 and 'messages are held' in log
        assert receiver.messages() == []
        receiver.stop()
        receiver.configure('good')
        receiver.start()
        net.wait_for(lambda: len(receiver.messages()) >= 5, 30, 'the held alerts')
    check_all_arrived(sensor, receiver, 5)


def test_a_receiver_that_wants_a_certificate_of_the_sensor_gets_no_alert_without(lab, tmp_path, keys, receiver):
    receiver.configure('good', client=True)
    receiver.start()
    sensor = make_sensor(lab, tmp_path, keys, 'tls', own=False)
    with sensor:
        upload_all(lab, sensor, 5)
        net.wait_for(lambda: 'TLS failed' in open(sensor.log).read(), 5, 'the reason')
        time.sleep(1)
        assert receiver.messages() == []
        receiver.stop()
        receiver.configure('good')
        receiver.start()
        net.wait_for(lambda: len(receiver.messages()) >= 5, 30, 'the held alerts')
    check_all_arrived(sensor, receiver, 5)


def kill(receiver):
    receiver.stop(signal.SIGKILL)
    time.sleep(0.3)
    receiver.start()


def pause(receiver):
    os.kill(receiver.pid(), signal.SIGSTOP)
    time.sleep(1.5)
    os.kill(receiver.pid(), signal.SIGCONT)


def kill_paused(receiver):
    """What the system took for the stopped receiver dies with it."""
    os.kill(receiver.pid(), signal.SIGSTOP)
    time.sleep(1)
    kill(receiver)


@pytest.mark.parametrize('transport', TARGETS)
@pytest.mark.parametrize('harm', [pause, kill_paused])
def test_no_alert_is_lost_when_the_receiver_is(lab, tmp_path, keys, receiver, transport, harm):
    receiver.start()
    sensor = make_sensor(lab, tmp_path, keys, transport)
    with sensor:
        source = uploads(lab, 1000)
        for _ in range(3):
            time.sleep(1)
            harm(receiver)
        source.wait(60)
        net.wait_for(lambda: len(sensor.alerts()) >= 1000, 20, 'all alerts')
        net.wait_for(lambda: len({a['gantry']['sequence'] for a in receiver.messages()}) >= 1000, 60, 'the alerts')
    again = check_all_arrived(sensor, receiver, 1000)
    print(f'{transport} {harm.__name__}: {again} alerts came again')
    assert harm is not pause or again == 0, 'a pause loses no connection'


@pytest.mark.parametrize('transport', TARGETS)
def test_no_alert_is_lost_when_connections_are_reset_at_random(lab, tmp_path, keys, receiver, transport):
    receiver.start()
    port = int(TARGETS[transport].rsplit(':', 1)[1])
    cutter = lab.start('sensor', sys.executable, '-B', os.path.join(net.HERE, 'cutter.py'), str(PROXY), str(port), '1')
    lab.wait_port('sensor', '127.0.0.1', PROXY)
    target = TARGETS[transport].replace(str(port), str(PROXY))
    sensor = make_sensor(lab, tmp_path, keys, transport, target=target)
    with sensor:
        upload_all(lab, sensor, 1000)
        time.sleep(2)
        lab.stop(cutter)
        relay = lab.start('sensor', 'socat', f'TCP4-LISTEN:{PROXY},fork,reuseaddr,bind=127.0.0.1',
                          f'TCP4:127.0.0.1:{port}')
        net.wait_for(lambda: len({a['gantry']['sequence'] for a in receiver.messages()}) >= 1000, 60, 'the alerts')
    again = check_all_arrived(sensor, receiver, 1000)
    lab.stop(relay)
    print(f'{transport} cut: {again} alerts came again')
    assert again > 0, 'the cuts did cut'


@pytest.fixture
def silent_name_server(lab):
    """The sensor's name server takes questions and never answers: a plain look-up would hang for many seconds."""
    folder = f'/etc/netns/{lab.spaces["sensor"]}'
    os.makedirs(folder)
    with open(f'{folder}/resolv.conf', 'w') as f:
        f.write('nameserver 127.0.0.1\n')
    sink = lab.start('sensor', 'socat', '-u', 'UDP-RECV:53', 'OPEN:/dev/null')
    time.sleep(0.3)
    yield
    lab.stop(sink)
    shutil.rmtree(folder)


def test_a_silent_name_server_slows_no_other_output(lab, tmp_path, keys, receiver, silent_name_server):
    receiver.start()
    outputs = ', '.join(f'{{format: json, to: "{t}"}}' for t in
                        ('tls://siem.example', 'udp://siem.example', f'relp://127.0.0.1:{RELP}'))
    sensor = net.Sensor(lab, tmp_path, outputs=outputs, events='alert')
    begin = time.monotonic()
    with sensor:
        assert time.monotonic() - begin < 4, 'the start does not wait for the name'
        upload_all(lab, sensor, 20)
        net.wait_for(lambda: len(receiver.messages()) >= 20, 2, 'the alerts by the good output')
        sensor.process.terminate()
        assert sensor.process.wait(30) == 0, 'the store keeps what could not be delivered'


def test_one_output_that_is_down_slows_no_other(lab, tmp_path, keys, receiver):
    receiver.start()
    outputs = ', '.join(f'{{format: json, to: "{t}"}}' for t in
                        ('tls://127.0.0.1:9', 'relp://127.0.0.1:9', f'relp://127.0.0.1:{RELP}'))
    sensor = net.Sensor(lab, tmp_path, outputs=outputs, events='alert')
    with sensor:
        upload_all(lab, sensor, 20)
        net.wait_for(lambda: len(receiver.messages()) >= 20, 2, 'the alerts by the good output')
        sensor.process.terminate()
        assert sensor.process.wait(30) == 0, 'the store keeps what could not be delivered'
    assert 'go out after the next start' in open(sensor.log).read()
