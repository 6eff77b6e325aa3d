# SPDX-License-Identifier: Apache-2.0
"""Pictures and reads in the messages of MQTT: mosquitto as the broker, its own clients and paho's."""
import json
import random

import lab as net
import material
import pytest

PORT = 1893

PUBLISH = '''
import sys, time
import paho.mqtt.client as mqtt
from paho.mqtt.properties import Properties
from paho.mqtt.packettypes import PacketTypes
host, port, version, qos, how, *words = sys.argv[1:]
five = version == '5'
c = mqtt.Client('lane4', protocol=mqtt.MQTTv5 if five else mqtt.MQTTv311)
c.max_inflight_messages_set(20)
c.username_pw_set('camera', 'secret')
if how == 'will':
    c.will_set('lanes/4/last', open(words[0], 'rb').read(), 1)
c.connect(host, int(port))
c.loop_start()
while not c.is_connected():
    time.sleep(0.01)
sent = []
for n, word in enumerate(words if how != 'will' else []):
    properties = None
    topic = f'lanes/{n % 7}/{n}.jpg'
    if five:
        properties = Properties(PacketTypes.PUBLISH)
        properties.ContentType = 'image/jpeg'
        properties.UserProperty = ('lane', '4')
    if how == 'alias':
        properties.TopicAlias = n % 5 + 1
        topic = f'lanes/{n % 5}' if n < 5 else ''
    payload = open(word, 'rb').read() if how != 'lines' else word.encode()
    sent.append(c.publish(topic, payload, int(qos), properties=properties))
for s in sent:
    s.wait_for_publish()
if how == 'will':
    c._sock_close()
else:
    c.disconnect()
c.loop_stop()
'''


@pytest.fixture
def broker(lab, tmp_path):
    """mosquitto in the namespace that is asked for."""
    started = []

    def start(space):
        config = tmp_path / 'mosquitto.conf'
        config.write_text(f'listener {PORT} 0.0.0.0\nallow_anonymous true\nmax_topic_alias 10\nmax_queued_messages 0\nuser root\n')
        started.append(lab.start(space, '/usr/sbin/mosquitto', '-c', str(config)))
        lab.wait_port(space, '0.0.0.0', PORT)

    yield start
    for process in started:
        lab.stop(process)


def write(folder, seed, count):
    made = [(str(folder / f'p{i}'), material.lane_image(seed + i, 200, 150)) for i in range(count)]
    for path, data in made:
        with open(path, 'wb') as f:
            f.write(data)
    return made


def publish(lab, to, version, qos, how, *words, space='lane'):
    lab.run(space, '/usr/bin/python3', '-c', PUBLISH, to, str(PORT), version, str(qos), how, *words)


def come(sensor, made):
    """Each picture once, with its digest, and nothing beside them; gives the records of the transfers."""
    wanted = sorted(material.sha256(data) for _, data in made)
    net.wait_for(lambda: set(wanted) <= {t['file'].get('hash', {}).get('sha256') for t in sensor.transfers()}, 20, 'all digests')
    records = sensor.finish()
    found = [r for r in records if r['event']['action'] == 'transfer']
    assert sorted(t['file']['hash']['sha256'] for t in found) == wanted
    assert all(t['gantry']['transfer']['complete'] and t['network']['protocol'] == 'mqtt' for t in found)
    alerts = [r for r in records if r['event']['action'] == 'alert']
    assert any('vehicle-image' in a['gantry']['classes'] for a in alerts)
    return found


@pytest.mark.parametrize('version,qos', [('3', 0), ('3', 1), ('3', 2), ('5', 0), ('5', 2)])
def test_a_hundred_pictures_have_their_digests_and_topics(lab, sensor, broker, tmp_path, version, qos):
    broker('outside')
    made = write(tmp_path, 9100, 100)
    publish(lab, net.UNKNOWN, version, qos, 'files', *[path for path, _ in made])
    found = come(sensor, made)
    names = {t['file']['hash']['sha256']: t['file']['name'] for t in found}
    assert names == {material.sha256(data): f'lanes/{n % 7}/{n}.jpg' for n, (_, data) in enumerate(made)}
    assert {t['user']['name'] for t in found} == {'camera'}


def test_pictures_under_topic_aliases_have_their_topics(lab, sensor, broker, tmp_path):
    broker('outside')
    made = write(tmp_path, 9250, 20)
    publish(lab, net.UNKNOWN, '5', 1, 'alias', *[path for path, _ in made])
    names = {t['file']['hash']['sha256']: t['file']['name'] for t in come(sensor, made)}
    assert names == {material.sha256(data): f'lanes/{n % 5}' for n, (_, data) in enumerate(made)}


def test_a_picture_in_a_will(lab, sensor, broker, tmp_path):
    broker('outside')
    made = write(tmp_path, 9300, 1)
    publish(lab, net.UNKNOWN, '3', 1, 'will', made[0][0])
    assert [t['file']['name'] for t in come(sensor, made)] == ['lanes/4/last']


def test_pictures_that_a_partner_subscribes_to(lab, sensor, broker, from_a_stranger, tmp_path):
    broker('lane')
    made = write(tmp_path, 9400, 20)
    reader = lab.start('outside', 'mosquitto_sub', '-h', net.LANE, '-p', str(PORT), '-t', 'lanes/#', '-q', '1', '-C', '20', '-N',
                       stdout=open(tmp_path / 'got', 'wb'))
    net.wait_for(lambda: lab.run('lane', 'ss', '-Htn', f'sport = :{PORT}').stdout.strip(), 10, 'the subscriber')
    for path, _ in made:
        lab.run('lane', 'mosquitto_pub', '-h', '127.0.0.1', '-p', str(PORT), '-t', 'lanes/4', '-q', '1', '-f', path)
    assert reader.wait(20) == 0
    assert (tmp_path / 'got').read_bytes() == b''.join(data for _, data in made)
    come(sensor, made)


def test_reads_in_single_messages_count_together(lab, sensor, broker):
    broker('outside')
    g = random.Random(4)
    plates = [material.plate(g) for _ in range(40)]
    lines = [json.dumps({'plate': p, 'lane': n % 6, 'timestamp': f'2026-05-31T04:11:{n:02d}Z'}) for n, p in enumerate(plates)]
    publish(lab, net.UNAPPROVED, '3', 0, 'lines', *lines)
    net.wait_for(lambda: len(sensor.transfers()) == len(plates), 10, 'all messages')
    alerts = [r for r in sensor.finish() if r['event']['action'] == 'alert' and 'plate-record' in r['gantry']['classes']]
    assert {a['gantry']['verdict'] for a in alerts} == {'unapproved'}
    assert max(a['gantry']['incident']['distinct_plates'] for a in alerts) == 10, 'told again at ten plates, one in a message'


def test_reads_that_name_nothing_count_together(lab, sensor, broker):
    broker('outside')
    g = random.Random(5)
    publish(lab, net.UNAPPROVED, '3', 0, 'lines', *[f'{material.plate(g)},TX,2026-05-31T04:{n:02d}:11Z,{n % 6}' for n in range(40)])
    sensor.wait_alert(lambda a: 'plate-record' in a['gantry']['classes'] and a['destination']['ip'] == net.UNAPPROVED)


def test_measurements_are_read_and_silent(lab, sensor, broker):
    broker('outside')
    publish(lab, net.UNAPPROVED, '5', 1, 'lines', *[json.dumps({'sensor': n, 'celsius': 20.5 + n}) for n in range(30)])
    net.wait_for(lambda: len([t for t in sensor.transfers() if t['network']['protocol'] == 'mqtt']) == 30, 10, 'the transfers')
    assert not [r for r in sensor.finish() if r['event']['action'] == 'alert']


def test_an_approved_partner_gets_pictures_in_silence(lab, sensor, broker, tmp_path):
    broker('outside')
    made = write(tmp_path, 9500, 3)
    publish(lab, net.APPROVED, '3', 1, 'files', *[path for path, _ in made])
    net.wait_for(lambda: len(sensor.transfers()) == 3, 10, 'the transfers')
    assert not [r for r in sensor.finish() if r['event']['action'] == 'alert']


@pytest.mark.parametrize('version,qos', [('3', 0), ('5', 2)])
def test_a_damaged_session_gives_what_is_whole_of_it(lab, broker, torture, tmp_path, version, qos):
    broker('outside')
    made = write(tmp_path, 9400, 20)
    with torture.session() as s:
        publish(lab, net.UNKNOWN, version, qos, 'files', *[path for path, _ in made])
    s.check({material.sha256(data) for _, data in made}, one_sided=True)
