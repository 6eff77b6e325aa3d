# SPDX-License-Identifier: Apache-2.0
"""Pictures and reads in the messages of a WebSocket, by python's websockets on both sides."""
import lab as net
import material
import pytest

PORT = 8770

SERVER = '''
import asyncio, sys, websockets
port, deflate, *paths = sys.argv[1:]
async def serve(socket, path=None):
    if paths:
        for p in paths:
            await socket.send(open(p, 'rb').read())
        return
    async for message in socket:
        pass
async def main():
    async with websockets.serve(serve, '0.0.0.0', int(port), compression=deflate or None, max_size=None):
        await asyncio.Future()
asyncio.run(main())
'''
CLIENT = '''
import asyncio, sys, websockets
url, deflate, how, *paths = sys.argv[1:]
async def main():
    async with websockets.connect(url, compression=deflate or None, max_size=None) as socket:
        if how == 'pull':
            async for message in socket:
                pass
        for p in paths:
            data = open(p, 'rb').read()
            if how == 'fragments':
                await socket.send([data[i:i + 1000] for i in range(0, len(data), 1000)])
            elif how == 'lines':
                for line in data.decode().splitlines():
                    await socket.send(line)
            else:
                await socket.send(data)
asyncio.run(main())
'''


@pytest.fixture
def socket(lab):
    started = []

    def start(space, deflate, *paths):
        started.append(lab.start(space, '/usr/bin/python3', '-c', SERVER, str(PORT), deflate, *paths))
        lab.wait_port(space, '0.0.0.0', PORT)

    yield start
    for process in started:
        lab.stop(process)


def send(lab, to, deflate, how, *paths, space='lane'):
    lab.run(space, '/usr/bin/python3', '-c', CLIENT, f'ws://{to}:{PORT}/in/lane-4', deflate, how, *map(str, paths))


def write(folder, seed, count):
    made = [(str(folder / f'p{i}'), material.lane_image(seed + i, 200, 150)) for i in range(count)]
    for path, data in made:
        with open(path, 'wb') as f:
            f.write(data)
    return made


def come(sensor, made):
    wanted = sorted(material.sha256(data) for _, data in made)
    net.wait_for(lambda: set(wanted) <= {t['file'].get('hash', {}).get('sha256') for t in sensor.transfers()}, 20, 'all digests')
    records = sensor.finish()
    found = [r for r in records if r['event']['action'] == 'transfer' and r['network']['protocol'] == 'websocket']
    assert sorted(t['file']['hash']['sha256'] for t in found) == wanted
    assert all(t['gantry']['transfer']['complete'] and t['url']['path'] == '/in/lane-4' for t in found)
    assert any('vehicle-image' in r['gantry'].get('classes', []) for r in records if r['event']['action'] == 'alert')


@pytest.mark.parametrize('how', ['messages', 'fragments'])
@pytest.mark.parametrize('deflate', ['', 'deflate'], ids=['plain', 'deflated'])
def test_a_hundred_pictures_have_their_digests(lab, sensor, socket, tmp_path, deflate, how):
    socket('outside', deflate)
    made = write(tmp_path, 9500, 100 if how == 'messages' else 10)
    send(lab, net.UNKNOWN, deflate, how, *[path for path, _ in made])
    come(sensor, made)


def test_pictures_that_are_fetched(lab, sensor, socket, from_a_stranger, tmp_path):
    made = write(tmp_path, 9700, 10)
    socket('lane', 'deflate', *[path for path, _ in made])
    send(lab, net.LANE, 'deflate', 'pull', space='outside')
    come(sensor, made)


def test_lines_of_a_chat_are_read_and_silent(lab, sensor, socket, tmp_path):
    socket('outside', 'deflate')
    (tmp_path / 'text').write_bytes(material.prose(6))
    send(lab, net.UNKNOWN, 'deflate', 'lines', tmp_path / 'text')
    net.wait_for(lambda: [t for t in sensor.transfers() if t['network']['protocol'] == 'websocket'], 10, 'the transfers')
    assert not [r for r in sensor.finish() if r['event']['action'] == 'alert']


@pytest.mark.parametrize('deflate', ['', 'deflate'], ids=['plain', 'deflated'])
def test_a_damaged_session_gives_what_is_whole_of_it(lab, socket, torture, tmp_path, deflate):
    socket('outside', deflate)
    made = write(tmp_path, 9900, 20)
    with torture.session() as s:
        send(lab, net.UNKNOWN, deflate, 'messages', *[path for path, _ in made])
    s.check({material.sha256(data) for _, data in made})
