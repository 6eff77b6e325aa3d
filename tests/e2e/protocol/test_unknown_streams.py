# SPDX-License-Identifier: Apache-2.0
"""Files over streams and datagrams of no known protocol, by netcat, socat and programs with framing of their own."""
import random
import subprocess

import lab as net
import material
import pytest

PORT = 5151

FRAMES = '''
import socket, struct, sys
how, address, port, *paths = sys.argv[1:]
s = socket.create_connection((address, int(port)))
for i, path in enumerate(paths):
    data = open(path, 'rb').read()
    if how == 'length':
        s.sendall(struct.pack('>HHI', 0x4c01, i, len(data)) + data)
    elif how == 'rows':  # messages of a kind and a length, with short fields before and behind the picture, as databases send rows
        row = struct.pack('>HI', 3, 4) + struct.pack('>I', i) + struct.pack('>I', 6) + b'lane-4' + struct.pack('>I', len(data)) + data
        s.sendall(b'D' + struct.pack('>I', 4 + len(row)) + row + b'C' + struct.pack('>I', 13) + b'SELECT 1\\0')
    elif how == 'pieces':  # one picture in one message, in writes of any size
        whole = b'\\x02' + struct.pack('<Q', len(data)) + data + b'\\x03'
        for at in range(0, len(whole), 777):
            s.sendall(whole[at:at + 777])
s.shutdown(socket.SHUT_WR)
s.recv(1)
'''


@pytest.fixture
def sink(lab):
    started = []

    def start(*words):
        started.append(lab.start('outside', *words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        if 'UDP' in words[2]:
            net.wait_for(lambda: f':{PORT}' in lab.run('outside', 'ss', '-lun').stdout, 10, 'the receiver of datagrams')
        else:
            lab.wait_port('outside', '0.0.0.0', PORT)

    yield start
    for process in started:
        if process.poll() is None:
            lab.stop(process)


def write(folder, seed, count, **more):
    made = [(str(folder / f'p{i}.jpg'), material.lane_image(seed + i, 200, 150)) for i in range(count)]
    for path, data in made:
        with open(path, 'wb') as f:
            f.write(data)
    return made


def come(sensor, wanted, classes=('vehicle-image',), complete=True):
    """These files have their digests, each once, and nothing else has come."""
    wanted = sorted(material.sha256(data) for data in wanted)
    net.wait_for(lambda: set(wanted) <= {t['file'].get('hash', {}).get('sha256') for t in sensor.transfers()}, 20, 'all digests')
    records = sensor.finish()
    found = [r for r in records if r['event']['action'] == 'transfer']
    assert sorted(t['file']['hash']['sha256'] for t in found) == wanted
    assert {t['network']['protocol'] for t in found} == {'unknown'}
    assert all(t['gantry']['transfer'] == {'complete': complete, 'missing_bytes': 0} for t in found)
    told = {c for r in records if r['event']['action'] == 'alert' for c in r['gantry'].get('classes', [])}
    assert told == set(classes)
    return records


def test_a_picture_by_netcat(lab, sensor, sink, tmp_path):
    (path, data), = write(tmp_path, 300, 1)
    sink('nc', '-l', '-p', str(PORT))
    lab.run('lane', 'sh', '-c', f'nc -N {net.UNKNOWN} {PORT} <{path}')
    come(sensor, [data])


@pytest.mark.parametrize('how', ['length', 'rows', 'pieces'])
def test_a_hundred_pictures_in_frames_of_ones_own(lab, sensor, sink, tmp_path, how):
    made = write(tmp_path, 400, 100)
    sink('socat', '-u', f'TCP-LISTEN:{PORT},fork,reuseaddr', 'OPEN:/dev/null')
    lab.run('lane', '/usr/bin/python3', '-c', FRAMES, how, net.UNKNOWN, str(PORT), *[path for path, _ in made])
    come(sensor, [data for _, data in made])


def test_pictures_one_after_another_by_socat(lab, sensor, sink, tmp_path):
    made = write(tmp_path, 600, 10)
    sink('socat', '-u', f'TCP-LISTEN:{PORT},reuseaddr', 'OPEN:/dev/null')
    lab.run('lane', 'sh', '-c', f'cat {tmp_path}/p?.jpg | socat -u - TCP:{net.UNKNOWN}:{PORT}')
    come(sensor, [data for _, data in made])


@pytest.mark.parametrize('packed', ['tar', 'tar.gz'])
def test_a_folder_by_tar_and_netcat(lab, sensor, sink, tmp_path, packed):
    """The archive, and each file in it by its name."""
    made = write(tmp_path, 620, 20)
    (tmp_path / 'reads.csv').write_bytes(table := material.plate_csv(6))
    archive = tmp_path / f'all.{packed}'
    lab.run('lane', 'sh', '-c', f'cd {tmp_path} && tar -c{"z" if packed == "tar.gz" else ""}f {archive} reads.csv *.jpg')
    sink('nc', '-l', '-p', str(PORT))
    lab.run('lane', 'sh', '-c', f'nc -N {net.UNKNOWN} {PORT} <{archive}')
    wanted = {material.sha256(data) for data in [table, archive.read_bytes()] + [data for _, data in made]}
    net.wait_for(lambda: wanted <= {t['file'].get('hash', {}).get('sha256') for t in sensor.transfers()}, 20, 'all digests')
    records = sensor.finish()
    found = [r for r in records if r['event']['action'] == 'transfer']
    assert all(t['gantry']['transfer']['complete'] for t in found)
    assert len(found) == len(wanted) + (packed == 'tar.gz')  # what gzip holds is one too
    named = {t['file'].get('name') for t in found}
    assert {'reads.csv', *(f'p{i}.jpg' for i in range(20))} <= named
    told = {c for r in records if r['event']['action'] == 'alert' for c in r['gantry'].get('classes', [])}
    assert told == {'vehicle-image', 'plate-record'}


def test_an_archive_and_a_table_by_netcat(lab, sensor, sink, tmp_path):
    (tmp_path / 'reads.csv').write_bytes(table := material.plate_csv(5))
    subprocess.run(['xz', '-k', tmp_path / 'reads.csv'], check=True)
    packed = (tmp_path / 'reads.csv.xz').read_bytes()
    sink('nc', '-k', '-l', '-p', str(PORT))
    for name in 'reads.csv', 'reads.csv.xz':
        lab.run('lane', 'sh', '-c', f'nc -N {net.UNKNOWN} {PORT} <{tmp_path}/{name}')
    come(sensor, [table, packed, table], ['plate-record'])  # and what the archive holds


@pytest.mark.parametrize('way', ['nc', 'socat'])
def test_a_picture_in_datagrams(lab, sensor, sink, tmp_path, way):
    """netcat sends it in one; where it came in several nobody can tell that none was lost."""
    (path, data), = write(tmp_path, 700, 1)
    sink('socat', '-u', f'UDP-RECV:{PORT}', 'OPEN:/dev/null')
    words = {'nc': f'nc -u -q 1 {net.UNKNOWN} {PORT} <{path}', 'socat': f'socat -u -b 1200 {path} UDP:{net.UNKNOWN}:{PORT}'}
    lab.run('lane', 'sh', '-c', words[way])
    come(sensor, [data], complete=way == 'nc')


@pytest.mark.parametrize('to', [net.APPROVED, net.UNKNOWN], ids=['approved', 'unknown'])
def test_who_may_receive_pictures_receives_them_and_noise_is_no_file(lab, sensor, sink, tmp_path, to):
    made = write(tmp_path, 800, 5)
    (tmp_path / 'noise').write_bytes(random.Random(3).randbytes(200000))
    sink('nc', '-k', '-l', '-p', str(PORT))
    if to == net.APPROVED:
        lab.run('lane', '/usr/bin/python3', '-c', FRAMES, 'length', to, str(PORT), *[path for path, _ in made])
        come(sensor, [data for _, data in made], [])
    else:
        lab.run('lane', 'sh', '-c', f'nc -N {to} {PORT} <{tmp_path}/noise')
        assert not [r for r in sensor.finish() if r['event']['action'] == 'transfer']
