# SPDX-License-Identifier: Apache-2.0
"""No flood of small transfers to strangers drowns an alarm about a partner: decoys from a lane host, then pictures to the partner, live."""
import json
import signal

import pytest

import lab as net
import material

DECOYS, PICTURES = 700, 5
SERVER = '''
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_PUT(self):
        self.rfile.read(int(self.headers['Content-Length']))
        self.send_response(201)
        self.send_header('Content-Length', '0')
        self.end_headers()
    def log_message(self, *words):
        pass
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
Server(('', 80), Handler).serve_forever()
'''
CLIENT = '''
import http.client, json, sys
for address, path, body in json.load(open(sys.argv[1])):
    c = http.client.HTTPConnection(address, timeout=10)
    c.request('PUT', path, bytes.fromhex(body), {'Content-Type': 'image/jpeg'})
    assert c.getresponse().status == 201
    c.close()
'''


@pytest.fixture
def strangers(lab):
    """Each address of 100.64.0.0/16, and the partner, takes uploads."""
    lab.ip('outside', 'route', 'add', 'local', '100.64.0.0/16', 'dev', 'lo')
    server = lab.start('outside', 'python3', '-c', SERVER)
    lab.wait_port('outside', '', 80)
    yield
    lab.stop(server, signal.SIGKILL)
    lab.ip('outside', 'route', 'del', 'local', '100.64.0.0/16', 'dev', 'lo')


def send(lab, tmp_path, uploads):
    path = tmp_path / 'uploads.json'
    path.write_text(json.dumps(uploads))
    lab.run('lane', 'python3', '-c', CLIENT, str(path), timeout=120)


def limited(sensor):
    """With the caps that a sensor has by itself."""
    text = open(sensor.config).read()
    assert 'alerts: {global: 0}\n' in text
    with open(sensor.config, 'w') as f:
        f.write(text.replace('alerts: {global: 0}\n', ''))
    return sensor


def test_the_opening_of_a_partner_is_told_behind_seven_hundred_decoys(lab, strangers, tmp_path):
    decoys = [(f'100.64.{i // 250}.{i % 250 + 1}', f'/20260531-{40000 + i:06}_L04_QZX{i:04}.jpg', 'ffd8ff') for i in range(DECOYS)]
    pictures = [(net.UNAPPROVED, f'/20260531-0511{i:02}_L04_KXR447{i}.jpg', material.lane_image(i).hex()) for i in range(PICTURES)]
    with limited(net.Sensor(lab, tmp_path)) as sensor:
        send(lab, tmp_path, decoys)
        net.wait_for(lambda: len(sensor.transfers()) >= DECOYS, 60, 'the decoys')
        held_before = len(sensor.alerts())
        send(lab, tmp_path, pictures)
        mine = sensor.wait_alert(lambda a: a['destination']['ip'] == net.UNAPPROVED)
        assert mine['gantry']['incident']['state'] == 'opened' and mine['gantry']['partner'] == 'Plate Systems'
        net.wait_for(lambda: sum(t['destination']['ip'] == net.UNAPPROVED for t in sensor.transfers()) == PICTURES, 20, 'the pictures')
        told = [a for a in sensor.alerts() if a['destination']['ip'] != net.UNAPPROVED]
        assert held_before <= 390 and len(told) < DECOYS, 'strangers have what is common, and their share of what is severe'
        listed = sensor.ask('incidents', 'list', '--json')['incidents']
        partner = next(i for i in listed if i['partner'] == 'Plate Systems')
        assert partner['objects'] == PICTURES
