# SPDX-License-Identifier: Apache-2.0
"""Pictures of many formats, made by the tools that people use, over HTTP: what the sensor says of each, and the files that stand in
them and behind them, told by their digests as the tools take them out."""
import io
import os
import random
import struct
import subprocess
import zipfile

import lab as net
import material
import pytest
from PIL import Image

SERVER = os.path.join(net.HERE, 'upload_server.py')
PORT = 8087
CAMERA = ['-Make=VIVOTEK', '-Model=IP9165', '-GPSLatitude=31.77', '-GPSLatitudeRef=N', '-GPSLongitude=106.48',
          '-GPSLongitudeRef=W']


@pytest.fixture(scope='module')
def server(lab):
    process = lab.start('outside', '/usr/bin/python3', SERVER, str(PORT))
    lab.wait_port('outside', '::', PORT)
    yield
    lab.stop(process)


def run(*words):
    subprocess.run([str(w) for w in words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)


def noise(width=320, height=240, seed=1):
    small = Image.frombytes('RGB', (width // 8, height // 8), random.Random(seed).randbytes(width * height // 64 * 3))
    return small.resize((width, height))


@pytest.fixture(scope='module')
def made(tmp_path_factory):
    """A folder with a plain picture, one with a thumbnail and a camera's EXIF, and what tools make of these."""
    folder = tmp_path_factory.mktemp('pictures')
    picture = noise()
    for name in 'plain.png', 'plain.jpg', 'plain.ppm', 'plain.bmp', 'plain.tif', 'plain.gif':
        picture.save(folder / name)
    picture.resize((80, 60)).save(folder / 'thumb.jpg')
    picture.save(folder / 'lane.jpg')
    run('exiftool', '-q', '-overwrite_original', *CAMERA, f'-ThumbnailImage<={folder}/thumb.jpg', '-XMP:Subject=lane',
        '-IPTC:Keywords=crossing', folder / 'lane.jpg')
    return folder


def send(lab, path, name=None, kind='application/octet-stream'):
    lab.run('lane', 'curl', '-sS', '--fail', '-m', '30', '-T', str(path), '-H', f'Content-Type: {kind}',
            f'http://{net.UNAPPROVED}:{PORT}/in/{name or os.path.basename(path)}')


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def told(lab, sensor, path, name=None, kind='application/octet-stream'):
    """The record of what is sent, and those of its children by their digests."""
    send(lab, path, name, kind)
    record = sensor.wait_transfer(material.sha256(read(path)))
    number = record['gantry']['object']['id']
    children = [t for t in sensor.transfers() if t['gantry']['object'].get('parent') == number]
    return record, {t['file']['hash']['sha256']: t for t in children}


def thumbnail(path):
    return material.sha256(subprocess.run(['exiftool', '-b', '-ThumbnailImage', str(path)], check=True, stdout=subprocess.PIPE).stdout)


SIZE = '320x240'


def check_lane(record, metadata):
    image = record['gantry']['image']
    assert image['size'] == SIZE and image['camera'] == 'VIVOTEK IP9165' and image['place'] == 'gps'
    assert set(metadata) <= set(image['metadata'].split(','))
    assert 'camera-metadata' in record['gantry']['rules'] and 'vehicle-image' in record['gantry']['classes']
    assert 'notes' not in record['gantry']


def test_the_thumbnail_in_a_jpegs_exif_is_a_child(lab, server, sensor, made):
    record, children = told(lab, sensor, made / 'lane.jpg')
    check_lane(record, ['exif', 'xmp', 'iptc'])
    assert record['gantry']['image']['depth'] == '24'
    assert list(children) == [thumbnail(made / 'lane.jpg')] == [material.sha256(read(made / 'thumb.jpg'))]
    child = children[thumbnail(made / 'lane.jpg')]
    assert child['gantry']['origin'] == 'thumbnail' and child['gantry']['image']['size'] == '80x60'
    assert child['gantry']['transfer']['complete'] and child['file']['mime_type'] == 'image/jpeg'


MAKERS = {
    'lane.webp': (['cwebp', '-quiet', '-metadata', 'all', 'lane.jpg', '-o', 'lane.webp'], 'image/webp', ['exif', 'xmp']),
    'lane.heic': (['heif-enc', '-q', '50', 'lane.jpg', '-o', 'lane.heic'], 'image/heic', ['exif', 'xmp']),
    'lane.avif': (['avifenc', '-s', '10', 'lane.jpg', 'lane.avif'], 'image/avif', ['exif', 'xmp']),
    'lane.png': (['exiftool', '-q', '-tagsfromfile', 'lane.jpg', '-all:all', '-o', 'lane.png', 'plain.png'], 'image/png', ['exif']),
    'lane.jp2': (['exiftool', '-q', '-tagsfromfile', 'lane.jpg', '-all:all', '-o', 'lane.jp2', 'plain.jp2'], 'image/jp2', ['exif']),
    'lane.tif': (['exiftool', '-q', '-tagsfromfile', 'lane.jpg', '-all:all', '-o', 'lane.tif', 'plain.tif'], 'image/tiff', ['xmp']),
}


@pytest.mark.parametrize('name', MAKERS)
def test_other_formats_carry_the_cameras_words_too(lab, server, sensor, made, name):
    words, kind, metadata = MAKERS[name]
    noise().save(made / 'plain.jp2')
    subprocess.run(words, check=True, cwd=made, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
    record, children = told(lab, sensor, made / name)
    assert record['file']['mime_type'] == kind
    check_lane(record, metadata)
    found = subprocess.run(['exiftool', '-b', '-ThumbnailImage', str(made / name)], stdout=subprocess.PIPE).stdout
    assert list(children) == ([material.sha256(found)] if found else [])


TWINS = {
    'plain.png': None, 'plain.jpg': None, 'plain.ppm': None, 'plain.bmp': None, 'plain.tif': None, 'plain.gif': None,
    'tiles.tif': ['tiffcp', '-t', 'plain.tif', 'tiles.tif'],
    'big.tif': ['tiffcp', '-8', 'plain.tif', 'big.tif'],
    'packed.tif': ['tiffcp', '-c', 'zip', '-r', '16', 'plain.tif', 'packed.tif'],
    'plain.webp': ['cwebp', '-quiet', 'plain.png', '-o', 'plain.webp'],
    'plain.heic': ['heif-enc', 'plain.png', '-o', 'plain.heic'],
    'plain.avif': ['avifenc', '-s', '10', 'plain.png', 'plain.avif'],
    'plain.jp2': ['opj_compress', '-i', 'plain.ppm', '-o', 'plain.jp2'],
    'plain.j2k': ['opj_compress', '-i', 'plain.ppm', '-o', 'plain.j2k'],
    'bare.jxl': ['cjxl', 'plain.png', 'bare.jxl', '-e', '1'],
    'packed.jxl': ['cjxl', 'lane.jpg', 'packed.jxl', '-e', '1'],
    'plain.dcm': ['img2dcm', '-i', 'BMP', 'plain.bmp', 'plain.dcm'],
}


@pytest.mark.parametrize('name', TWINS)
def test_a_plain_picture_has_its_size_and_nothing_else(lab, server, sensor, made, name):
    if TWINS[name]:
        subprocess.run(TWINS[name], check=True, cwd=made, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
    record, children = told(lab, sensor, made / name)
    assert record['gantry']['image']['size'] == SIZE
    assert 'notes' not in record['gantry'] and children == {}
    assert record['gantry']['classes'] == ['image'] and record['gantry']['transfer']['complete']


def test_pages_and_pictures_that_move_are_counted(lab, server, sensor, made):
    pictures = [noise(seed=k) for k in range(3)]
    for name in 'pages.tif', 'moves.gif', 'moves.png':
        pictures[0].save(made / name, save_all=True, append_images=pictures[1:])
        assert told(lab, sensor, made / name)[0]['gantry']['image']['frames'] == '3'


def test_what_stands_behind_the_end_of_a_picture_is_a_child(lab, server, sensor, made):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, 'w') as z:
        z.writestr('reads.csv', material.plate_csv(3))
    for name in 'plain.jpg', 'plain.png', 'plain.gif', 'plain.bmp', 'plain.tif', 'plain.webp', 'plain.jp2':
        if name == 'plain.webp':
            run('cwebp', '-quiet', made / 'plain.png', '-o', made / name)
        if name == 'plain.jp2':
            noise().save(made / name)
        with open(made / f'behind-{name}', 'wb') as f:
            f.write(read(made / name) + packed.getvalue())
        record, children = told(lab, sensor, made / f'behind-{name}')
        assert record['gantry']['notes'] == 'trailing-data', name
        trailer = children.get(material.sha256(packed.getvalue()))
        assert trailer and trailer['gantry']['origin'] == 'trailer' and trailer['file']['mime_type'] == 'application/zip', name
    filled = made / 'filled.jpg'
    filled.write_bytes(read(made / 'plain.jpg') + bytes(5000))  # as cameras do
    record, children = told(lab, sensor, filled)
    assert 'notes' not in record['gantry'] and children == {}


def test_a_jpeg_behind_a_jpeg_and_reads_behind_both_are_children(lab, server, sensor, made):
    reads = material.plate_csv(5)
    path = made / 'two.jpg'
    path.write_bytes(read(made / 'plain.jpg') + read(made / 'thumb.jpg') + reads)
    record, children = told(lab, sensor, path)
    assert record['gantry']['notes'] == 'trailing-data' and record['gantry']['image']['frames'] == '2'
    assert 'image-with-other-data' in record['gantry']['rules']
    assert set(children) == {material.sha256(read(made / 'thumb.jpg')), material.sha256(reads)}
    assert 'plate-record' in children[material.sha256(reads)]['gantry']['classes']


def test_a_name_or_a_type_that_denies_the_picture_is_told(lab, server, sensor, made):
    record, _ = told(lab, sensor, made / 'plain.jpg', 'report.pdf')
    assert record['gantry']['notes'] == 'name-mismatch'
    assert 'disguised-image' in record['gantry']['rules']
    picture = made / 'other.jpg'
    noise(seed=9).save(picture)
    record, _ = told(lab, sensor, picture, 'other.jpg', 'text/plain')
    assert record['gantry']['notes'] == 'type-mismatch'


def face_record(jpeg):
    picture = struct.pack('>BBHHBBHH', 1, 0, 320, 240, 1, 2, 0, 0)
    face = struct.pack('>IH', 20 + 12 + len(jpeg), 0) + bytes(14) + picture + jpeg
    return b'FAC\0' + b'010\0' + struct.pack('>IH', 14 + len(face), 1) + face


def nist_record(jpeg):
    first = b'1.001:0000090\x1d1.002:0400\x1d1.003:1\x1f1\x1e10\x1f00\x1d1.004:BOOKING\x1d1.005:20260531'
    first = first.replace(b'0000090', b'%07d' % (len(first) + 1)) + b'\x1c'
    head = b'10.001:%08d\x1d10.002:00\x1d10.003:FACE\x1d10.999:'
    return first + head % (len(head % 0) + len(jpeg) + 1) + jpeg + b'\x1c'


@pytest.mark.parametrize('make, name, origin', [(face_record, 'face.fac', 'face'), (nist_record, 'booking.an2', 'picture')])
def test_a_face_in_a_record_of_travellers_is_a_child(lab, server, sensor, made, make, name, origin):
    jpeg = read(made / 'thumb.jpg')
    path = made / name
    path.write_bytes(make(jpeg))
    _, children = told(lab, sensor, path)
    assert list(children) == [material.sha256(jpeg)]
    assert children[material.sha256(jpeg)]['gantry']['origin'] == origin


def test_the_jpeg_in_a_dicom_file_is_a_child(lab, server, sensor, made):
    path = made / 'lane.dcm'
    run('img2dcm', made / 'plain.jpg', path)
    record, children = told(lab, sensor, path)
    assert record['file']['mime_type'] == 'application/dicom' and record['gantry']['image']['size'] == SIZE
    run('dcmdump', '+W', made, '+L', path)
    taken = [read(made / n) for n in sorted(os.listdir(made)) if n.startswith('lane.dcm.') and read(made / n)[:2] == b'\xff\xd8']
    assert list(children) == [material.sha256(raw) for raw in taken]


@pytest.mark.peers
def test_the_first_frames_of_a_film_of_jpegs_are_children(lab, server, sensor, made):
    path = made / 'gate.avi'
    run('ffmpeg', '-y', '-f', 'lavfi', '-i', 'testsrc=size=320x240:rate=10:duration=2', '-c:v', 'mjpeg', path)
    run('ffmpeg', '-y', '-i', path, '-c:v', 'copy', '-bsf:v', 'null', '-f', 'image2', made / 'frame%02d.jpg')
    record, children = told(lab, sensor, path)
    assert record['gantry']['image']['frames'] == '20' and record['gantry']['image']['size'] == SIZE
    assert set(children) == {material.sha256(read(made / f'frame{k:02d}.jpg')) for k in range(1, 9)}


def bombs():
    yield 'wide.tif', b'II*\0\x08\0\0\0' + struct.pack('<H', 2) + struct.pack('<HHII', 256, 4, 1, 32768) + struct.pack('<HHII', 257, 4, 1, 32768) + bytes(4)
    ring = b'II*\0\x08\0\0\0' + struct.pack('<H', 1) + struct.pack('<HHII', 256, 4, 1, 64) + struct.pack('<I', 8)
    yield 'ring.tif', ring + bytes(1000)
    yield 'counts.jpg', b'\xff\xd8\xff\xe1\0\x2aExif\0\0II*\0\x08\0\0\0' + struct.pack('<H', 65535) + struct.pack('<HHII', 0x10f, 2, 0xffffffff, 0xfffffff0) * 2 + b'\xff\xd9'
    yield 'segments.jpg', b'\xff\xd8' + b'\xff\xe5\0\x06abcd' * 10000 + b'\xff\xd9'


@pytest.mark.parametrize('name, data', bombs(), ids=lambda v: v if isinstance(v, str) else '')
def test_liars_cost_what_their_bytes_do(lab, server, sensor, made, name, data):
    path = made / name
    path.write_bytes(data)
    record, children = told(lab, sensor, path)
    assert children == {} and record['file']['size'] == len(data)
