# SPDX-License-Identifier: Apache-2.0
"""Pictures that are sent to a printer: rlpr's client, and one in python for what it does not do."""
import lab as net
import material
import pytest

PORT = 515

SERVER = '''
import os, socketserver, sys
folder = sys.argv[1]
class Job(socketserver.StreamRequestHandler):
    def handle(self):
        self.rfile.readline()
        self.wfile.write(b'\\0')
        for line in self.rfile:
            count, name = line[1:].split()
            self.wfile.write(b'\\0')
            data = self.rfile.read(int(count)) if int(count) else self.rfile.read()
            if int(count):
                self.rfile.read(1)
            open(os.path.join(folder, name.decode()), 'wb').write(data)
            self.wfile.write(b'\\0')
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(('0.0.0.0', 515), Job).serve_forever()
'''
# A job for each file: lpd.py HOST HOW FILE...
CLIENT = '''
import os, socket, sys
host, how, *paths = sys.argv[1:]
for number, path in enumerate(paths):
    data, s = open(path, 'rb').read(), socket.create_connection((host, 515))
    name = f'A{number:03d}lane'
    control = f'Hlane\\nProot\\nfdf{name}\\nUdf{name}\\nN{path}\\n'.encode()
    def send(octets, answers=1):
        s.sendall(octets)
        for _ in range(answers):
            assert s.recv(1) == b'\\0'
    def send_control():
        send(b'\\2%d cf%s\\n' % (len(control), name.encode()))
        send(control + b'\\0')
    send(b'\\2lanes\\n')
    if how != 'data-first':
        send_control()
    send(b'\\3%d df%s\\n' % (0 if how == 'stream' else len(data), name.encode()))
    send(data + (b'' if how == 'stream' else b'\\0'), 0 if how == 'stream' else 1)
    if how == 'data-first':
        send_control()
    s.close()
'''


@pytest.fixture
def printer(lab, tmp_path):
    process = lab.start('outside', '/usr/bin/python3', '-c', SERVER, str(tmp_path))
    lab.wait_port('outside', '0.0.0.0', PORT)
    yield tmp_path
    lab.stop(process)


def pictures(folder, seed, count):
    made = [(folder / f'20260531-{seed + i:06d}_L04.jpg', material.lane_image(seed + i, 320, 240)) for i in range(count)]
    for path, data in made:
        path.write_bytes(data)
    return made


def come(sensor, made):
    """All of them with their digests and names, and nothing extra."""
    wanted = {path.name: material.sha256(data) for path, data in made}
    net.wait_for(lambda: set(wanted.values()) <= {t['file'].get('hash', {}).get('sha256') for t in sensor.transfers()}, 20, 'all digests')
    records = sensor.finish()
    found = [r for r in records if r['event']['action'] == 'transfer']
    assert sorted((t['file']['name'], t['file']['hash']['sha256']) for t in found) == sorted(wanted.items())
    assert {t['network']['protocol'] for t in found} == {'lpd'} and all(t['gantry']['transfer']['complete'] for t in found)
    assert {t['user']['name'] for t in found} == {'root'} and {t['file']['path'] for t in found} == {str(p) for p, _ in made}
    alert = next(r for r in records if r['event']['action'] == 'alert' and 'vehicle-image' in r['gantry'].get('classes', []))
    assert 'T1048.003' in alert['threat']['technique']['id']


def test_a_hundred_pictures_that_rlpr_prints_have_their_digests(lab, sensor, printer):
    made = pictures(printer, 70000, 100)
    for i in range(0, 100, 25):  # the client has 26 letters for the files of a job
        lab.run('lane', 'rlpr', f'-H{net.UNKNOWN}', '-Planes', *[str(path) for path, _ in made[i:i + 25]])
    come(sensor, made)


@pytest.mark.parametrize('how', ['control-first', 'data-first', 'stream'])
def test_files_in_any_order_with_and_without_a_count(lab, sensor, printer, how):
    made = pictures(printer, 70200, 20)
    lab.run('lane', '/usr/bin/python3', '-c', CLIENT, net.UNKNOWN, how, *[str(path) for path, _ in made])
    come(sensor, made)


def test_letters_that_are_printed_are_silent(lab, sensor, printer):
    (printer / 'letter.txt').write_bytes(material.prose(4))
    lab.run('lane', 'rlpr', f'-H{net.UNKNOWN}', '-Planes', str(printer / 'letter.txt'))
    net.wait_for(sensor.transfers, 10, 'the transfer')
    assert not [r for r in sensor.finish() if r['event']['action'] == 'alert']


@pytest.mark.parametrize('how', ['control-first', 'stream'])
def test_a_damaged_session_gives_what_is_whole_of_it(lab, printer, torture, how):
    made = pictures(printer, 70500, 12)
    with torture.session() as s:
        lab.run('lane', '/usr/bin/python3', '-c', CLIENT, net.UNKNOWN, how, *[str(path) for path, _ in made])
    s.check({material.sha256(data) for _, data in made})
