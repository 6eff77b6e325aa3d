# SPDX-License-Identifier: Apache-2.0
"""Pictures over HTTP/2 in clear and in messages of gRPC: curl, nghttp, nginx, nghttpd, nghttpx, grpcio, many streams at once."""
import gzip
import os

import lab as net
import material
import pytest
import test_joined_uploads
import test_queries
import web

PORT, PROXY, STORE, GRPC, SOCKET, FRONT, UPLOADS = 8590, 8591, 8592, 8593, 8594, 8595, 8596


@pytest.fixture(scope='module')
def store(lab, tmp_path_factory):
    """nginx outside that takes PUT over HTTP/2: the folder in which the files come to lie."""
    folder = tmp_path_factory.mktemp('store')
    process = web.nginx(lab, 'outside', folder, [f'{PORT} http2'])
    yield f'{folder}/root'
    lab.stop(process)


@pytest.fixture(scope='module')
def proxy(lab, store):
    """nghttpx outside, which goes over from HTTP/1 to HTTP/2 where it is asked to, in front of nginx."""
    process = lab.start('outside', 'nghttpx', '--conf=/dev/null', f'-f0.0.0.0,{PROXY};no-tls', f'-b127.0.0.1,{PORT};;proto=h2', '--single-process', '--errorlog-file=/dev/null')
    lab.wait_port('outside', '0.0.0.0', PROXY)
    yield
    lab.stop(process)


@pytest.fixture(scope='module')
def lane(lab, tmp_path_factory):
    """nghttpd in the lane, which sends trailers, and the folder of which it gives. (Told to pad as well it may spin for good.)"""
    folder = tmp_path_factory.mktemp('lane')
    os.chmod(folder, 0o755)
    web.open_folders(folder)
    process = lab.start('lane', 'nghttpd', '--no-tls', '--trailer', 'x-sum: 1', '-d', str(folder), '-a', '0.0.0.0', str(STORE))
    lab.wait_port('lane', '0.0.0.0', STORE)
    yield folder
    lab.stop(process)


@pytest.fixture
def from_stranger(lab):
    lab.ip('outside', 'route', 'add', f'{net.LANE}/32', 'dev', 'eth0', 'src', net.UNKNOWN)
    yield
    lab.ip('outside', 'route', 'del', f'{net.LANE}/32', 'dev', 'eth0')


def write(folder, seed, count):
    made = {f'20260531-0411{i:02}_L04_KXR{4000 + i}.jpg': material.lane_image(seed + i, 200, 150) for i in range(count)}
    for name, data in made.items():
        (folder / name).write_bytes(data)
    return made


# A chunk of each in turn, as far as the windows allow.
H2_CLIENT = '''
import os, socket, sys, h2.config, h2.connection, h2.events
host, port, *paths = sys.argv[1:]
link = socket.create_connection((host, int(port)))
c = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
c.initiate_connection()
left, waiting, over = {}, list(paths), 0
while over < len(paths):
    while waiting and c.open_outbound_streams < min(100, c.remote_settings.max_concurrent_streams):
        path, stream = waiting.pop(), c.get_next_available_stream_id()
        left[stream] = open(path, 'rb').read()
        c.send_headers(stream, [(':method', 'PUT'), (':scheme', 'http'), (':authority', host), (':path', '/' + os.path.basename(path)),
                                ('content-length', str(len(left[stream])))])
    moved = True
    while moved:
        moved = False
        for stream, data in list(left.items()):
            pad = stream % 50 if stream % 3 else None
            n = min(len(data), 1500, c.local_flow_control_window(stream) - (0 if pad is None else pad + 1))
            if n > 0:
                c.send_data(stream, data[:n], end_stream=n == len(data), pad_length=pad)
                left[stream], moved = data[n:], True
                if n == len(data):
                    del left[stream]
    link.sendall(c.data_to_send())
    for event in c.receive_data(link.recv(65536)):
        if isinstance(event, h2.events.ResponseReceived):
            assert dict(event.headers)[b':status'][:1] == b'2', event.headers
        over += isinstance(event, h2.events.StreamEnded)
'''


def put_at_once(lab, folder, made):
    lab.run('lane', '/usr/bin/python3', '-c', H2_CLIENT, net.UNKNOWN, str(PORT), *[str(folder / name) for name in made])


def put(lab, folder, made, port=PORT, how='--http2-prior-knowledge', to=net.UNKNOWN, more=()):
    """Each by a curl of its own: 7.88 fails at the second one of a connection."""
    for name in made:
        lab.run('lane', 'curl', '-sS', '--fail', how, *more, '-T', str(folder / name), f'http://{to}:{port}/{name}')


def come(sensor, made, protocol='http', names=True, more=lambda t: False):
    """Each of them whole, nothing else, and the alert; gives the transfers."""
    wanted = sorted(map(material.sha256, made.values()))
    net.wait_for(lambda: set(wanted) <= {t['file'].get('hash', {}).get('sha256') for t in sensor.transfers()}, 20, 'all digests')
    records = sensor.finish()
    found = [r for r in records if r['event']['action'] == 'transfer' and not more(r)]
    assert sorted(t['file']['hash']['sha256'] for t in found) == wanted
    assert all(t['gantry']['transfer'] == {'complete': True, 'missing_bytes': 0} for t in found)
    assert all(t['network']['protocol'] == protocol and t['http']['version'] == '2' for t in found)
    if names:
        assert {t['file']['name']: t['file']['hash']['sha256'] for t in found} == {n: material.sha256(d) for n, d in made.items()}
    assert any('vehicle-image' in r['gantry'].get('classes', []) for r in records if r['event']['action'] == 'alert')
    return found


def test_a_hundred_pictures_over_many_streams_at_once(lab, sensor, store, tmp_path):
    made = write(tmp_path, 20000, 100)
    put_at_once(lab, tmp_path, made)
    found = come(sensor, made)
    assert len({t['network']['community_id'] for t in found}) == 1


def test_pictures_that_curl_puts(lab, sensor, store, tmp_path):
    made = write(tmp_path, 20100, 20)
    put(lab, tmp_path, made)
    found = come(sensor, made)
    assert {t['http']['request']['method'] for t in found} == {'PUT'} and {t['url']['domain'] for t in found} == {net.UNKNOWN}


def test_a_hundred_pictures_that_nghttp_fetches_over_many_streams_at_once(lab, sensor, lane, from_stranger, tmp_path):
    made = write(lane, 20200, 100)
    lab.run('outside', 'nghttp', '-n', *[f'http://{net.LANE}:{STORE}/{name}' for name in made])
    found = come(sensor, made)
    assert len({t['network']['community_id'] for t in found}) == 1
    assert all(t['source']['ip'] == net.LANE and t['destination']['ip'] == net.UNKNOWN for t in found)


def test_pictures_behind_heads_that_go_on(lab, sensor, store, tmp_path):
    """A head of more than 16 KiB has frames of its own for the rest (RFC 9113 section 6.10)."""
    made = write(tmp_path, 20400, 3)
    put(lab, tmp_path, made, more=['-H', 'X-Note: ' + 'n' * 40000])
    come(sensor, made)


def test_a_picture_that_nghttp_posts_in_padded_frames(lab, sensor, store, tmp_path):
    made = write(tmp_path, 20500, 1)
    (name,) = made
    lab.run('lane', 'nghttp', '-n', '-b', '200', '-d', str(tmp_path / name), f'http://{net.UNKNOWN}:{PORT}/in/{name}', check=False)
    come(sensor, made, more=lambda t: t['source']['ip'] != net.LANE)


def test_upgrade_is_followed(lab, sensor, proxy, store, from_stranger, tmp_path):
    made = write(tmp_path, 20600, 10)
    put(lab, tmp_path, made, PROXY, '--http2')
    net.wait_for(lambda: len(sensor.transfers()) >= 10, 20, 'all of them')
    records = sensor.finish()
    found = {r['file']['name']: r['file']['hash']['sha256'] for r in records if r['event']['action'] == 'transfer' and r['source']['ip'] == net.LANE}
    assert found == {n: material.sha256(d) for n, d in made.items()}


def test_the_answer_to_an_upgrade_is_that_of_its_request(lab, sensor, proxy, store, tmp_path):
    table = material.plate_csv(5)
    with open(f'{store}/reads.csv', 'wb') as f:
        f.write(table)
    out = lab.run('lane', 'curl', '-sS', '-v', '--http2', '-o', str(tmp_path / 'out'), f'http://{net.UNKNOWN}:{PROXY}/reads.csv').stdout
    assert '101 Switching' in out and (tmp_path / 'out').read_bytes() == table


def test_a_table_in_gzip(lab, sensor, store, tmp_path):
    table = material.plate_csv(9)
    (tmp_path / 'reads.csv.gz').write_bytes(gzip.compress(table))
    lab.run('lane', 'curl', '-sS', '--http2-prior-knowledge', '-H', 'Content-Encoding: gzip', '-T', str(tmp_path / 'reads.csv.gz'),
            f'http://{net.UNKNOWN}:{PORT}/reads.csv')
    t = sensor.wait_transfer(material.sha256(table))
    assert t['file']['name'] == 'reads.csv' and 'plate-record' in t['gantry']['classes']


def test_a_form_is_taken_apart(lab, sensor, store, tmp_path):
    made = write(tmp_path, 20700, 3)
    lab.run('lane', 'curl', '-sS', '--http2-prior-knowledge', '-X', 'PUT', *[w for n in made for w in ('-F', f'file=@{tmp_path / n}')],
            f'http://{net.UNKNOWN}:{PORT}/in')
    come(sensor, made, more=lambda t: t['source']['ip'] != net.LANE or t['file']['mime_type'].startswith('multipart'))


def test_prose_in_many_streams_is_silent(lab, sensor, store, tmp_path):
    made = {f'note-{i}.txt': material.prose(i) for i in range(30)}
    for name, data in made.items():
        (tmp_path / name).write_bytes(data)
    put_at_once(lab, tmp_path, made)
    net.wait_for(lambda: len(sensor.transfers()) >= 30, 10, 'the transfers')
    assert not [r for r in sensor.finish() if r['event']['action'] == 'alert']


def test_pictures_to_a_partner_with_a_contract_are_silent(lab, sensor, store, tmp_path):
    made = write(tmp_path, 20900, 5)
    put(lab, tmp_path, made, to=net.APPROVED)
    net.wait_for(lambda: True, 1, '')
    assert not [r for r in sensor.finish() if r['event']['action'] == 'alert']


# --- what several requests make, and what stands in heads ---

@pytest.fixture
def bridge(lab, sensor):
    """Two nghttpx, between which HTTP/1 goes over a connection of HTTP/2 that the sensor sees from its beginning, and the store behind them."""
    started = [lab.start('outside', '/usr/bin/python3', f'{net.HERE}/upload_store.py', str(UPLOADS)),
               lab.start('outside', 'nghttpx', '--conf=/dev/null', f'-f0.0.0.0,{FRONT};no-tls', f'-b127.0.0.1,{UPLOADS}', '--single-process', '--errorlog-file=/dev/null'),
               lab.start('lane', 'nghttpx', '--conf=/dev/null', f'-f127.0.0.1,{UPLOADS};no-tls', f'-b{net.UNKNOWN},{FRONT};;proto=h2', '--single-process',
                         '--errorlog-file=/dev/null')]
    for space, port in ('outside', UPLOADS), ('outside', FRONT), ('lane', UPLOADS):
        lab.wait_port(space, '', port)
    yield f'http://127.0.0.1:{UPLOADS}'
    for process in started:
        lab.stop(process)


@pytest.mark.parametrize('how', ['tus, one connection', 'tus, with upload', 'resumable, known', 'resumable, unknown', 'S3, signed', 'S3, trailer'])
def test_an_upload_of_several_requests_is_one_file(lab, sensor, bridge, tmp_path, how):
    made = write(tmp_path, 21500, 1)
    (name,) = made
    lab.run('lane', *test_joined_uploads.SMALL[how](str(tmp_path / name), bridge))
    come(sensor, made, names=False, more=lambda t: t['file']['size'] < 500)


def test_the_parts_of_an_upload_to_s3_are_one_file(lab, sensor, bridge, tmp_path):
    data = material.large_image(5, 11 << 20, 6400, 4800)
    (tmp_path / 'a.jpg').write_bytes(data)
    lab.run('lane', *test_joined_uploads.LARGE['boto3 in parts'](str(tmp_path / 'a.jpg'), bridge))
    come(sensor, {'a.jpg': data}, names=False, more=lambda t: t['file']['size'] < 2000)


@pytest.mark.parametrize('honest', [False, True], ids=['reads', 'pages'])
def test_plates_in_queries_of_many_requests(lab, sensor, bridge, honest):
    lab.run('lane', '/usr/bin/python3', '-c', test_queries.CLIENT, bridge[7:], 'query', 'one', input=''.join(test_queries.reads(5, honest, 60)))
    if honest:
        assert not [r for r in sensor.finish() if r['event']['action'] == 'alert']
    else:
        sensor.wait_alert(lambda a: 'plate-record' in a['gantry'].get('classes', []), 20)


# --- tunnels in streams ---

# A WebSocket (RFC 8441), or what `how` says, behind CONNECT; each file in a frame of a message, or as it is.
TUNNEL = '''
import socket, sys, time, h2.config, h2.connection, h2.events
from websockets.frames import Frame, Opcode
host, port, how, *paths = sys.argv[1:]
link = socket.create_connection((host, int(port)))
c = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, validate_outbound_headers=False))
c.initiate_connection()
fields = [(':method', 'CONNECT'), (':authority', host if how == 'socket' else 'store.example:80')]
if how == 'socket':
    fields += [(':protocol', 'websocket'), (':scheme', 'http'), (':path', '/in/lane-4'), ('sec-websocket-version', '13')]
link.sendall(c.data_to_send())
opened = False
while not opened:
    for event in c.receive_data(link.recv(65536)):
        if isinstance(event, h2.events.RemoteSettingsChanged):
            c.send_headers(1, fields)
        if isinstance(event, h2.events.ResponseReceived):
            assert dict(event.headers)[b':status'] == b'200', event.headers
            opened = True
    link.sendall(c.data_to_send())
for path in paths:
    data = open(path, 'rb').read()
    if how == 'socket':
        data = Frame(Opcode.BINARY, data).serialize(mask=True)
    elif how == 'http':
        data = b'PUT /a.jpg HTTP/1.1\\r\\nHost: store.example\\r\\nContent-Length: %d\\r\\n\\r\\n' % len(data) + data
    while data:
        n = min(len(data), 1400, c.local_flow_control_window(1))
        if n:
            c.send_data(1, data[:n])
            data = data[n:]
        else:
            c.receive_data(link.recv(65536))
        link.sendall(c.data_to_send())
c.end_stream(1)
link.sendall(c.data_to_send())
time.sleep(1)
'''
SOCKETS = '''
import asyncio, sys, websockets
async def serve(socket, path=None):
    async for message in socket:
        pass
async def main():
    async with websockets.serve(serve, '127.0.0.1', int(sys.argv[1]), compression=None, max_size=None):
        await asyncio.Future()
asyncio.run(main())
'''


def test_pictures_in_a_websocket_within_a_stream(lab, sensor, tmp_path):
    """nghttpx takes it apart for python's websockets."""
    made = write(tmp_path, 21300, 20)
    server = lab.start('outside', '/usr/bin/python3', '-c', SOCKETS, str(SOCKET))
    proxy = lab.start('outside', 'nghttpx', '--conf=/dev/null', f'-f0.0.0.0,{FRONT};no-tls', f'-b127.0.0.1,{SOCKET}', '--single-process', '--errorlog-file=/dev/null')
    try:
        lab.wait_port('outside', '0.0.0.0', FRONT)
        lab.wait_port('outside', '127.0.0.1', SOCKET)
        lab.run('lane', '/usr/bin/python3', '-c', TUNNEL, net.UNKNOWN, str(FRONT), 'socket', *[str(tmp_path / n) for n in made])
    finally:
        lab.stop(proxy)
        lab.stop(server)
    wanted = sorted(map(material.sha256, made.values()))
    net.wait_for(lambda: set(wanted) <= {t['file'].get('hash', {}).get('sha256') for t in sensor.transfers()}, 20, 'all digests')
    records = sensor.finish()
    found = [r for r in records if r['event']['action'] == 'transfer']
    assert sorted(t['file']['hash']['sha256'] for t in found) == wanted
    assert all(t['network']['protocol'] == 'websocket' and t['url']['path'] == '/in/lane-4' and t['gantry']['transfer']['complete'] for t in found)
    assert any('vehicle-image' in r['gantry'].get('classes', []) for r in records if r['event']['action'] == 'alert')


# --- gRPC ---

GRPC_SERVER = '''
import concurrent.futures, sys, grpc
paths = sys.argv[2:]
class Any(grpc.GenericRpcHandler):
    def service(self, call):
        if call.method.endswith('Fetch'):
            return grpc.unary_stream_rpc_method_handler(lambda request, context: (open(p, 'rb').read() for p in paths))
        return grpc.stream_unary_rpc_method_handler(lambda requests, context: (sum(1 for _ in requests), b'')[1])
server = grpc.server(concurrent.futures.ThreadPoolExecutor(8), options=[('grpc.max_receive_message_length', -1)],
                     compression=grpc.Compression.Gzip if 'gzip' in sys.argv[1] else None)
server.add_generic_rpc_handlers((Any(),))
server.add_insecure_port('0.0.0.0:' + sys.argv[1].split(',')[0])
server.start()
server.wait_for_termination()
'''
GRPC_CLIENT = '''
import sys, grpc
target, how, compression, *paths = sys.argv[1:]
channel = grpc.insecure_channel(target, options=[('grpc.max_receive_message_length', -1), ('grpc.enable_http_proxy', 0)])
compression = grpc.Compression.Gzip if compression else None
if how == 'fetch':
    assert len(list(channel.unary_stream('/lanes.Store/Fetch')(b'all', compression=compression))) > 0
elif how == 'wrapped':
    from google.protobuf.wrappers_pb2 import BytesValue
    values = (BytesValue(value=open(p, 'rb').read()) for p in paths)
    channel.stream_unary('/lanes.Store/Upload', BytesValue.SerializeToString)(values, compression=compression)
elif how == 'stream':
    channel.stream_unary('/lanes.Store/Upload')((open(p, 'rb').read() for p in paths), compression=compression)
else:
    calls = [channel.stream_unary('/lanes.Store/Upload').future(iter([open(p, 'rb').read()]), compression=compression) for p in paths]
    for call in calls:
        call.result()
'''


@pytest.fixture
def grpc(lab):
    started = []

    def start(space, *paths, compression=''):
        started.append(lab.start(space, '/usr/bin/python3', '-c', GRPC_SERVER, f'{GRPC},{compression}', *paths))
        lab.wait_port(space, '::', GRPC)

    yield start
    for process in started:
        lab.stop(process)


@pytest.mark.parametrize('compression', ['', 'gzip'])
@pytest.mark.parametrize('how', ['stream', 'calls'])
def test_a_hundred_pictures_in_messages_of_grpc(lab, sensor, grpc, tmp_path, how, compression):
    made = write(tmp_path, 21000, 100)
    grpc('outside')
    lab.run('lane', '/usr/bin/python3', '-c', GRPC_CLIENT, f'{net.UNKNOWN}:{GRPC}', how, compression, *[str(tmp_path / n) for n in made])
    found = come(sensor, made, 'grpc', names=False)
    assert all(t['url']['path'] == '/lanes.Store/Upload' for t in found)


def test_pictures_that_grpc_fetches(lab, sensor, grpc, from_stranger, tmp_path):
    made = write(tmp_path, 21200, 10)
    grpc('lane', *[str(tmp_path / n) for n in made], compression='gzip')
    lab.run('outside', '/usr/bin/python3', '-c', GRPC_CLIENT, f'{net.LANE}:{GRPC}', 'fetch', '')
    come(sensor, made, 'grpc', names=False, more=lambda t: t['source']['ip'] != net.LANE)


@pytest.mark.parametrize('compression', ['', 'gzip'])
def test_pictures_in_fields_of_protocol_buffers(lab, sensor, grpc, tmp_path, compression):
    made = write(tmp_path, 21400, 20)
    grpc('outside')
    lab.run('lane', '/usr/bin/python3', '-c', GRPC_CLIENT, f'{net.UNKNOWN}:{GRPC}', 'wrapped', compression, *[str(tmp_path / n) for n in made])
    come(sensor, made, 'grpc', names=False, more=lambda t: t['gantry']['object']['parent'] is None)


def test_prose_in_messages_of_grpc_is_silent(lab, sensor, grpc, tmp_path):
    (tmp_path / 'note').write_bytes(material.prose(7))
    grpc('outside')
    lab.run('lane', '/usr/bin/python3', '-c', GRPC_CLIENT, f'{net.UNKNOWN}:{GRPC}', 'calls', '', str(tmp_path / 'note'))
    net.wait_for(lambda: sensor.transfers(), 10, 'the transfer')
    assert not [r for r in sensor.finish() if r['event']['action'] == 'alert']


def test_a_damaged_session_gives_what_is_whole_of_it(lab, store, torture, tmp_path):
    made = write(tmp_path, 29000, 20)
    with torture.session() as s:
        put_at_once(lab, tmp_path, made)
    # Of streams that take turns, seen late, a picture seems whole though frames of others stand in its scan.
    s.check({material.sha256(data) for data in made.values()}, one_sided=True, late=False)
