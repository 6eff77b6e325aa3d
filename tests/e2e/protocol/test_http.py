# SPDX-License-Identifier: Apache-2.0
"""Every form of HTTP/1 transfer, by curl against a small server and nginx."""
import gzip
import os
import random
import subprocess
import sys
import time

import lab as net
import material
import pytest
from upload_server import noise

SERVER = os.path.join(net.HERE, 'upload_server.py')
PORT = 8080


@pytest.fixture(scope='module')
def server(lab):
    process = lab.start('outside', '/usr/bin/python3', SERVER, str(PORT))
    lab.wait_port('outside', '::', PORT)
    yield
    lab.stop(process)


@pytest.fixture
def image(work):
    path = os.path.join(work, '20260531-041158_L04_ABC1234.jpg')
    data = material.lane_image(1)
    with open(path, 'wb') as f:
        f.write(data)
    return path, data


def curl(lab, *words, space='lane'):
    return lab.run(space, 'curl', '-sS', '--fail', '-m', '30', *words).stdout


def url(address, path='/'):
    host = f'[{address}]' if ':' in address else address
    return f'http://{host}:{PORT}{path}'


def check(sensor, data, name, destination, source=net.LANE):
    t = sensor.wait_transfer(material.sha256(data))
    assert t['file']['name'] == name
    assert t['file']['size'] == len(data)
    assert t['gantry']['transfer'] == {'complete': True, 'missing_bytes': 0}
    assert t['source']['ip'] == source and t['destination']['ip'] == destination
    assert t['network']['protocol'] == 'http'
    return t


@pytest.mark.parametrize('address', [net.UNAPPROVED, net.UNAPPROVED6])
def test_put_with_a_length_is_one_image_and_alerts(lab, server, sensor, image, address):
    path, data = image
    curl(lab, '-T', path, url(address, '/in/'))
    t = check(sensor, data, os.path.basename(path), address, net.LANE6 if ':' in address else net.LANE)
    assert t['file']['mime_type'] == 'image/jpeg'
    assert t['gantry']['verdict'] == 'unapproved' and t['gantry']['partner'] == 'Plate Systems'
    assert 'vehicle-image' in t['gantry']['classes']
    alert = sensor.wait_alert(lambda a: a['destination']['ip'] == address)
    assert alert['gantry']['incident']['state'] == 'opened'


def test_put_in_chunks(lab, server, sensor, image):
    path, data = image
    curl(lab, '-T', path, '-H', 'Transfer-Encoding: chunked', url(net.UNKNOWN, '/a.jpg'))
    t = check(sensor, data, 'a.jpg', net.UNKNOWN)
    assert t['gantry']['verdict'] == 'unknown'


def test_raw_post_and_the_path_as_name(lab, server, sensor, image):
    path, data = image
    curl(lab, '--data-binary', f'@{path}', '-H', 'Content-Type: image/jpeg', url(net.UNKNOWN, '/drop/lane%204.jpg?x=1'))
    check(sensor, data, 'lane 4.jpg', net.UNKNOWN)


def test_expect_100_continue(lab, server, sensor, image):
    path, data = image
    curl(lab, '-T', path, '-H', 'Expect: 100-continue', url(net.UNKNOWN, '/e.jpg'))
    check(sensor, data, 'e.jpg', net.UNKNOWN)


def test_a_form_with_many_files_gives_each_file_by_its_own_name(lab, server, sensor, work):
    words, wanted = [], {}
    for i in range(12):
        data = material.lane_image(100 + i, 320 + 16 * i, 240)
        path = os.path.join(work, f'cam{i:02d}.jpg')
        with open(path, 'wb') as f:
            f.write(data)
        wanted[f'cam{i:02d}.jpg'] = data
        words += ['-F', f'file{i}=@{path};type=image/jpeg']
    curl(lab, *words, '-F', 'note=some words', url(net.UNKNOWN, '/form'))
    for name, data in wanted.items():
        t = check(sensor, data, name, net.UNKNOWN)
        assert t['gantry']['object']['parent'] is not None


@pytest.mark.parametrize('coding', ['gzip', 'br', 'zstd'])
def test_encoded_uploads_are_decoded(lab, server, sensor, work, coding):
    data = material.plate_csv(5)
    path = os.path.join(work, 'reads')
    with open(path, 'wb') as f:
        f.write(data)
    if coding == 'gzip':
        encoded = gzip.compress(data)
    else:
        encoded = subprocess.run([{'br': 'brotli', 'zstd': 'zstd'}[coding], '-c', path], check=True, capture_output=True).stdout
    with open(path + '.enc', 'wb') as f:
        f.write(encoded)
    curl(lab, '-T', path + '.enc', '-H', f'Content-Encoding: {coding}', url(net.UNKNOWN, '/reads.csv'))
    t = check(sensor, data, 'reads.csv', net.UNKNOWN)
    assert 'plate-record' in t['gantry']['classes']


def test_several_uploads_on_one_connection(lab, server, sensor, work):
    words, wanted = [], []
    for i in range(5):
        data = material.lane_image(200 + i)
        path = os.path.join(work, f'k{i}.jpg')
        with open(path, 'wb') as f:
            f.write(data)
        words += ['-T', path, url(net.UNKNOWN, f'/k{i}.jpg')]
        wanted.append((f'k{i}.jpg', data))
    curl(lab, *words)
    for name, data in wanted:
        check(sensor, data, name, net.UNKNOWN)


def test_pipelined_requests(lab, server, sensor, work):
    bodies = [material.lane_image(300 + i) for i in range(4)]
    script = os.path.join(work, 'pipeline.bin')
    with open(script, 'wb') as f:
        for i, body in enumerate(bodies):
            close = b'Connection: close\r\n' if i == 3 else b''
            f.write(b'PUT /p%d.jpg HTTP/1.1\r\nHost: h\r\n%sContent-Length: %d\r\n\r\n' % (i, close, len(body)) + body)
    code = ('import socket,sys\ns=socket.create_connection((sys.argv[1],int(sys.argv[2])))\n'
            's.sendall(open(sys.argv[3],"rb").read());s.shutdown(1)\nwhile s.recv(4096): pass\n')
    lab.run('lane', sys.executable, '-c', code, net.UNKNOWN, str(PORT), script)
    for i, body in enumerate(bodies):
        check(sensor, body, f'p{i}.jpg', net.UNKNOWN)


def test_an_upload_in_ranges_becomes_one_object(lab, server, sensor, work):
    data = material.lane_image(7, 1280, 960)
    cut = len(data) // 3
    for begin, end in ((0, cut), (cut, 2 * cut), (2 * cut, len(data))):
        part = os.path.join(work, 'part')
        with open(part, 'wb') as f:
            f.write(data[begin:end])
        curl(lab, '-T', part, '-H', f'Content-Range: bytes {begin}-{end - 1}/{len(data)}', url(net.UNKNOWN, '/whole.jpg'))
    check(sensor, data, 'whole.jpg', net.UNKNOWN)


def test_downloads_leave_the_image_network_too(lab, server, sensor, work, nginx):
    """The direction of a transfer is where the bytes go, whoever opened the connection."""
    folder, port = nginx
    data = material.lane_image(11, 1024, 768)
    with open(os.path.join(folder, 'store.jpg'), 'wb') as f:
        f.write(data)
    base = f'http://{net.LANE}:{port}/store.jpg'
    curl(lab, '--interface', net.UNAPPROVED, '-o', '/dev/null', base, space='outside')
    t = check(sensor, data, 'store.jpg', net.UNAPPROVED)
    assert t['client']['ip'] == net.UNAPPROVED


def test_parallel_ranges_of_a_download_meet(lab, sensor, work, nginx):
    folder, port = nginx
    data = material.lane_image(12, 1600, 1200)
    with open(os.path.join(folder, 'big.jpg'), 'wb') as f:
        f.write(data)
    base, n = f'http://{net.LANE}:{port}/big.jpg', len(data)
    cuts = [0, n // 4, n // 2, 3 * n // 4, n]
    jobs = [lab.start('outside', 'curl', '-sS', '--interface', net.UNKNOWN, '-o', '/dev/null', '-r',
                      f'{a}-{b - 1}', base) for a, b in zip(cuts, cuts[1:])]
    assert [j.wait(20) for j in jobs] == [0] * 4
    check(sensor, data, 'big.jpg', net.UNKNOWN)


def test_multipart_byteranges_are_put_together(lab, sensor, work, nginx):
    folder, port = nginx
    data = material.lane_image(13, 1024, 768)
    with open(os.path.join(folder, 'mr.jpg'), 'wb') as f:
        f.write(data)
    n = len(data)
    curl(lab, '--interface', net.UNKNOWN, '-o', '/dev/null', '-r', f'0-{n // 2 - 1},{n // 2}-{n - 1}',
         f'http://{net.LANE}:{port}/mr.jpg', space='outside')
    check(sensor, data, 'mr.jpg', net.UNKNOWN)


def picture_alert(sensor, destination):
    return sensor.wait_alert(lambda a: a['destination']['ip'] == destination and
                             {'image', 'vehicle-image'} & set(a['gantry']['classes']), 20)


@pytest.mark.parametrize('words, first, honest', [(['-r', '2-'], 2, False), (['-r', '1-'], 1, False), (['-r', '1000-'], 1000, False),
                                                  (['-C', '2'], 2, False), (['-r', '2-'], 2, True)])
def test_a_download_from_its_middle_is_a_picture_without_its_name(lab, sensor, work, nginx, words, first, honest):
    folder, port = nginx
    data = random.Random(14).randbytes(90000) if honest else material.lane_image(14, 1024, 768)
    with open(os.path.join(folder, 'notes.bin'), 'wb') as f:
        f.write(data)
    target = os.path.join(work, 'target')
    with open(target, 'wb') as f:
        f.write(data[:first])
    curl(lab, '--interface', net.UNKNOWN, *words, '-o', target if '-C' in words else '/dev/null', f'http://{net.LANE}:{port}/notes.bin',
         space='outside')
    t = sensor.wait_transfer(material.sha256(data[first:]), 20)
    assert t['gantry']['object']['offset'] == first
    if honest:
        assert t['file']['mime_type'] == 'application/octet-stream' and not sensor.alerts()
    else:
        assert t['file']['mime_type'] == 'image/jpeg' and t['gantry']['type_basis'].startswith('structure')
        picture_alert(sensor, net.UNKNOWN)


def test_an_upload_that_goes_on_where_nobody_saw_the_beginning(lab, server, sensor, work):
    data = material.lane_image(15, 1024, 768)
    path = os.path.join(work, 'notes.bin')
    with open(path, 'wb') as f:
        f.write(data)
    curl(lab, '-C', '2', '-T', path, url(net.UNKNOWN, '/in/'))
    t = sensor.wait_transfer(material.sha256(data[2:]), 20)
    assert t['gantry']['object']['offset'] == 2 and t['file']['mime_type'] == 'image/jpeg'
    picture_alert(sensor, net.UNKNOWN)


def test_a_download_in_two_ranges_of_which_the_second_comes_first(lab, sensor, work, nginx):
    folder, port = nginx
    data = material.lane_image(16, 1024, 768)
    with open(os.path.join(folder, 'notes2.bin'), 'wb') as f:
        f.write(data)
    for part in '2-', '0-1':
        curl(lab, '--interface', net.UNKNOWN, '-r', part, '-o', '/dev/null', f'http://{net.LANE}:{port}/notes2.bin', space='outside')
    t = check(sensor, data, 'notes2.bin', net.UNKNOWN)
    assert t['file']['mime_type'] == 'image/jpeg' and 'type_basis' not in t['gantry']


def test_nginx_gzip_downloads_are_decoded(lab, sensor, work, nginx):
    folder, port = nginx
    data = material.plate_csv(31, 2000)
    with open(os.path.join(folder, 'reads.csv'), 'wb') as f:
        f.write(data)
    curl(lab, '--interface', net.UNKNOWN, '--compressed', '-o', '/dev/null', f'http://{net.LANE}:{port}/reads.csv',
         space='outside')
    t = check(sensor, data, 'reads.csv', net.UNKNOWN)
    assert 'plate-record' in t['gantry']['classes']


@pytest.fixture(scope='module')
def lane_server(lab):
    process = lab.start('lane', '/usr/bin/python3', SERVER, str(PORT))
    lab.wait_port('lane', '::', PORT)
    yield
    lab.stop(process)


@pytest.mark.parametrize('path, name, size', [('/until-close?70000', 'until-close', 70000), ('/named', 'café.jpg', 3000),
                                              ('/deflate', 'deflate', 5000), ('/raw-deflate', 'raw-deflate', 5000)])
def test_bodies_until_close_named_and_deflated(lab, lane_server, sensor, path, name, size):
    curl(lab, '--interface', net.UNKNOWN, '-o', '/dev/null', url(net.LANE, path), space='outside')
    check(sensor, noise(size), name, net.UNKNOWN)


def test_a_proxied_target_is_told_as_the_domain(lab, server, sensor, image):
    path, data = image
    curl(lab, '-x', url(net.UNKNOWN), '-T', path, 'http://files.platesystems.example/in/p.jpg')
    t = check(sensor, data, 'p.jpg', net.UNKNOWN)
    assert t['url']['domain'] == 'files.platesystems.example'


# --- what must not alert ---------------------------------------------------------------------------------------

def test_an_approved_partner_gets_a_record_and_no_alert(lab, server, sensor, image):
    path, data = image
    curl(lab, '-T', path, url(net.APPROVED, '/ok.jpg'))
    t = check(sensor, data, 'ok.jpg', net.APPROVED)
    assert t['gantry']['verdict'] == 'approved'
    assert [r for r in sensor.finish() if r['event']['action'] == 'alert'] == []


def test_ordinary_text_gets_a_record_and_no_alert(lab, server, sensor, work):
    data = material.prose(9)
    path = os.path.join(work, 'letter.txt')
    with open(path, 'wb') as f:
        f.write(data)
    curl(lab, '-T', path, url(net.UNKNOWN, '/letter.txt'))
    t = check(sensor, data, 'letter.txt', net.UNKNOWN)
    assert t['gantry']['classes'] == []
    assert [r for r in sensor.finish() if r['event']['action'] == 'alert'] == []


def test_what_stays_inside_or_comes_in_is_not_looked_into(lab, server, sensor, image):
    path, _ = image
    curl(lab, '-T', path, url(net.INTERNAL, '/inside.jpg'))
    curl(lab, '-o', '/dev/null', url(net.UNKNOWN, '/named'))
    time.sleep(0.5)
    assert sensor.finish() == []


def test_300_images_over_50_connections_all_have_the_right_digest(lab, server, sensor, work):
    wanted, config = set(), os.path.join(work, 'curl.conf')
    with open(config, 'w') as c:
        for i in range(300):
            data = material.lane_image(1000 + i, 320, 240 + 8 * (i % 20))
            path = os.path.join(work, f'i{i:03d}.jpg')
            with open(path, 'wb') as f:
                f.write(data)
            wanted.add(material.sha256(data))
            c.write(f'url = "{url(net.UNKNOWN, f"/i{i:03d}.jpg")}"\nupload-file = "{path}"\noutput = "/dev/null"\n')
    lab.run('lane', 'curl', '-sS', '--fail', '-Z', '--parallel-max', '50', '--parallel-immediate', '-K', config,
            timeout=120)
    records = sensor.finish()
    got = {t['file']['hash']['sha256'] for t in records if t['event']['action'] == 'transfer'}
    assert wanted - got == set()
    alerts = [r for r in records if r['event']['action'] == 'alert']
    assert 1 <= len([a for a in alerts if 'vehicle-image' in str(a)]) <= 10
