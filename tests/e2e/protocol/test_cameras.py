# SPDX-License-Identifier: Apache-2.0
"""A camera that is watched from outside: RTSP by GStreamer and ffmpeg, MJPEG over HTTP by curl and ffmpeg."""
import glob
import io
import os
import random

import lab as net
import material
import pytest
from PIL import Image

pytestmark = pytest.mark.peers

PORT = 8554
HERE = os.path.dirname(os.path.abspath(__file__))


def frame(seed, width=320, height=240):
    """A picture in colour with the tables that RTP takes for granted."""
    noise = random.Random(seed).randbytes(width * height * 3 // 256)
    picture = Image.frombytes('RGB', (width // 16, height // 16), noise).resize((width, height))
    out = io.BytesIO()
    picture.save(out, 'JPEG', quality=80, subsampling=2 if seed % 2 else 1)
    return out.getvalue()


@pytest.fixture
def camera(lab):
    started = []

    def start(pipeline):
        started.append(lab.start('lane', '/usr/bin/python3', f'{HERE}/rtsp_server.py', str(PORT), pipeline))
        lab.wait_port('lane', '0.0.0.0', PORT)

    yield start
    for process in started:
        lab.stop(process)


def pictures(folder, count, rate=50):
    for i in range(count):
        (folder / f'p{i:05d}.jpg').write_bytes(frame(31000 + i))
    return (f'multifilesrc location={folder}/p%05d.jpg index=0 stop-index={count - 1} caps="image/jpeg,width=320,height=240,framerate={rate}/1" '
            '! rtpjpegpay name=pay0 pt=26')


def put_together(lab, folder):
    """The frames as GStreamer puts them together, at the camera itself."""
    lab.run('lane', 'gst-launch-1.0', '-q', 'rtspsrc', f'location=rtsp://127.0.0.1:{PORT}/lane4', 'protocols=tcp', '!', 'rtpjpegdepay', '!',
            'multifilesink', f'location={folder}/f%05d.jpg', check=False)
    return sorted(material.sha256(open(p, 'rb').read()) for p in glob.glob(f'{folder}/f*.jpg'))


def watch(lab, way):
    scheme, how = ('rtsph', []) if way == 'http' else ('rtsp', [f'protocols={way}'])
    lab.run('outside', 'gst-launch-1.0', '-q', 'rtspsrc', f'location={scheme}://{net.LANE}:{PORT}/lane4', *how, '!', 'fakesink', check=False)


def alerts_of(records):
    return [r for r in records if r['event']['action'] == 'alert']


@pytest.mark.parametrize('way', ['tcp', 'udp', 'http'])
def test_frames_of_a_camera_have_their_digests_and_are_one_incident(lab, sensor, from_a_stranger, camera, tmp_path, way):
    camera(pictures(tmp_path, 100))
    wanted = put_together(lab, tmp_path)
    assert len(set(wanted)) == 100
    watch(lab, way)
    net.wait_for(lambda: len(sensor.transfers()) >= 100, 20, 'all frames')
    records = sensor.finish()
    found = [r for r in records if r['event']['action'] == 'transfer']
    assert sorted(t['file']['hash']['sha256'] for t in found) == wanted
    for t in found:
        assert t['network']['protocol'] == ('rtp' if way == 'udp' else 'rtsp')
        assert t['gantry']['transfer'] == {'complete': True, 'missing_bytes': 0}
        assert t['url'] == {'path': '/lane4', 'domain': net.LANE} and t['file']['mime_type'] == 'image/jpeg'
    alerts = alerts_of(records)
    assert {a['gantry']['incident']['id'] for a in alerts if 'image' in a['gantry']['classes']} and len(alerts) <= 4
    assert max(a['gantry']['incident']['objects'] for a in alerts) == 100
    assert not [a for a in alerts if a['gantry']['classes'][0] not in ('image', 'vehicle-image')]


@pytest.mark.parametrize('way', ['tcp', 'udp'])
def test_ffmpeg_watches_a_camera(lab, sensor, from_a_stranger, camera, tmp_path, way):
    camera(pictures(tmp_path, 30))
    lab.run('outside', 'ffmpeg', '-loglevel', 'error', '-rtsp_transport', way, '-i', f'rtsp://{net.LANE}:{PORT}/lane4', '-c', 'copy',
            '-f', 'image2', f'{tmp_path}/f%05d.jpg', check=False)
    taken = [open(p, 'rb').read() for p in sorted(glob.glob(f'{tmp_path}/f*.jpg'))]
    assert taken  # over UDP it leaves out what comes too fast
    net.wait_for(lambda: len(sensor.transfers()) >= len(taken), 20, 'all frames')
    found = [t for t in sensor.finish() if t['event']['action'] == 'transfer']
    assert all(t['gantry']['transfer']['complete'] for t in found)
    assert len(found) >= len(taken)


@pytest.mark.parametrize('way', ['tcp', 'udp'])
def test_other_media_are_a_flow_that_nobody_reads(lab, sensor, camera, tmp_path, way):
    lab.run('lane', 'ffmpeg', '-loglevel', 'error', '-f', 'lavfi', '-i', 'testsrc=duration=4:size=640x480:rate=25', '-c:v', 'libx264', '-f',
            'h264', f'{tmp_path}/v.h264')
    camera(f'filesrc location={tmp_path}/v.h264 ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=1')
    with lab.outside_as(net.UNAPPROVED):
        lab.run('outside', 'ffmpeg', '-loglevel', 'error', '-rtsp_transport', way, '-i', f'rtsp://{net.LANE}:{PORT}/lane4', '-c', 'copy',
                '-f', 'null', '-', check=False)
    alert = sensor.wait_alert(lambda a: 'unread-flow' in a['gantry']['classes'], 20)
    assert alert['destination']['ip'] == net.UNAPPROVED and alert['gantry']['medium'] == 'H264'
    assert not sensor.transfers()


MJPEG = '''
import os, socket, socketserver, sys, time
port, boundary, manner, rate, *paths = sys.argv[1:]
class Camera(socketserver.StreamRequestHandler):
    def handle(self):
        while self.rfile.readline().strip():
            pass
        quoted = '"' + boundary + '"' if manner == 'quoted' else boundary
        self.wfile.write(f'HTTP/1.0 200 OK\\r\\nContent-Type: multipart/x-mixed-replace;boundary={quoted}\\r\\n\\r\\n'.encode())
        line = boundary if boundary.startswith('--') else '--' + boundary
        for p in paths:
            data = open(p, 'rb').read()
            self.wfile.write(f'{line}\\r\\nContent-Type: image/jpeg\\r\\n'.encode())
            if manner != 'unsized':
                self.wfile.write(f'Content-Length: {len(data)}\\r\\n'.encode())
            self.wfile.write(b'\\r\\n' + data + (b'' if manner == 'unbroken' else b'\\r\\n'))
            time.sleep(1 / float(rate))
        if manner != 'unbroken':
            self.wfile.write(f'{line}--\\r\\n'.encode())
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(('0.0.0.0', int(port)), Camera).serve_forever()
'''


@pytest.fixture
def page(lab):
    started = []

    def start(boundary, manner, rate, paths):
        started.append(lab.start('lane', '/usr/bin/python3', '-c', MJPEG, str(PORT), boundary, manner, str(rate), *map(str, paths)))
        lab.wait_port('lane', '0.0.0.0', PORT)

    yield start
    for process in started:
        lab.stop(process)


def write(folder, count):
    made = [(folder / f'm{i}.jpg', material.lane_image(32000 + i, 200, 150)) for i in range(count)]
    for path, data in made:
        path.write_bytes(data)
    return [path for path, _ in made], sorted(material.sha256(data) for _, data in made)


def frames(records):
    """Those of a page, without what holds them."""
    return [r for r in records if r['event']['action'] == 'transfer' and r['gantry']['object']['parent']]


@pytest.mark.parametrize('boundary, manner', [('frame', 'sized'), ('frame', 'unsized'), ('--frame', 'sized'), ('a frame', 'quoted'), ('frame', 'unbroken')])
def test_pictures_that_replace_each_other_are_one_incident(lab, sensor, from_a_stranger, page, tmp_path, boundary, manner):
    paths, wanted = write(tmp_path, 100)
    page(boundary, manner, 200, paths)
    lab.run('outside', 'curl', '-s', '-o', f'{tmp_path}/got', f'http://{net.LANE}:{PORT}/lane4.mjpg')
    net.wait_for(lambda: len(frames(sensor.transfers())) >= 100, 20, 'all frames')
    records = sensor.finish()
    assert sorted(t['file']['hash']['sha256'] for t in frames(records)) == wanted
    assert all(t['gantry']['transfer']['complete'] and t['url']['path'] == '/lane4.mjpg' for t in frames(records))
    alerts = alerts_of(records)
    assert len({a['gantry']['incident']['id'] for a in alerts}) == 1 and len(alerts) <= 4
    assert alerts[-1]['gantry']['incident']['objects'] == 100


def test_ffmpeg_watches_a_page_and_is_told_while_it_does(lab, sensor, from_a_stranger, page, tmp_path):
    paths, wanted = write(tmp_path, 100)
    page('frame', 'sized', 20, paths)
    watcher = lab.start('outside', 'ffmpeg', '-loglevel', 'error', '-i', f'http://{net.LANE}:{PORT}/', '-f', 'null', '-')
    sensor.wait_alert(lambda a: a['destination']['ip'] == net.UNKNOWN and 'vehicle-image' in a['gantry']['classes'], 4)
    assert watcher.poll() is None
    watcher.wait(20)
    net.wait_for(lambda: len(frames(sensor.transfers())) >= 100, 20, 'all frames')
    assert sorted(t['file']['hash']['sha256'] for t in frames(sensor.finish())) == wanted


def test_a_camera_watched_by_who_may_is_silent(lab, sensor, camera, tmp_path):
    camera(pictures(tmp_path, 20))
    with lab.outside_as(net.APPROVED):
        watch(lab, 'tcp')
        watch(lab, 'udp')
    assert not alerts_of(sensor.finish())
