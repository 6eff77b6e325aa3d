# SPDX-License-Identifier: Apache-2.0
"""Pictures on shares of NFS: nfs-ganesha with libnfs, whose calls are made as they are and by nfs-cp and nfs-cat."""
import os
import signal

import lab as net
import material
import pytest

pytestmark = pytest.mark.peers

CONFIG = '''
NFS_CORE_PARAM {{ NFS_Port = 2049; MNT_Port = 20048; Protocols = 3, 4; Enable_NLM = false; Enable_RQUOTA = false; }}
NFS_KRB5 {{ Active_krb5 = false; }}
NFSv4 {{ Graceless = true; RecoveryBackend = fs; }}
EXPORT {{ Export_Id = 1; Path = {folder}; Pseudo = {folder}; Access_Type = RW; Squash = none; SecType = sys; FSAL {{ Name = VFS; }} }}
'''

# nfs.py HOST FOLDER VERSION HOW FILE...: each FILE as NAME=PATH on this side.
CLIENT = '''
import ctypes, os, sys
host, folder, version, how, *files = sys.argv[1:]
nfs = ctypes.CDLL('libnfs.so.13')
nfs.nfs_init_context.restype = ctypes.c_void_p
nfs.nfs_get_error.restype = ctypes.c_char_p
u64, pointer = ctypes.c_uint64, ctypes.c_void_p
mounted = 0
def check(context, n):
    if n < 0:
        sys.exit(nfs.nfs_get_error(pointer(context)).decode())
    return n
def mount():
    c = nfs.nfs_init_context()
    nfs.nfs_parse_url_dir(pointer(c), f'nfs://{host}{folder}?nfsport=2049&mountport=20048&version={version}'.encode())
    global mounted
    mounted += 1
    nfs.nfs4_set_client_name(pointer(c), f'client {os.getpid()} {mounted}'.encode())
    nfs.nfs4_set_verifier(pointer(c), os.urandom(8))
    check(c, nfs.nfs_mount(pointer(c), host.encode(), folder.encode()))
    return c
def open_file(c, name, flags):
    f = pointer()
    check(c, nfs.nfs_open(pointer(c), name.encode(), flags, ctypes.byref(f)))
    return f
contexts = [mount() for _ in range(4 if how.startswith('many') else 1)]
c = contexts[0]
for file in files:
    name, path = file.split('=')
    if how.endswith('get'):
        f, at, data = open_file(c, name, os.O_RDONLY), 0, b''
        handles = [open_file(x, name, os.O_RDONLY) for x in contexts[1:]]
        buffer = ctypes.create_string_buffer(20000)
        while True:
            k = at // 20000 % len(contexts)
            n = check(contexts[k], nfs.nfs_pread(pointer(contexts[k]), ([f] + handles)[k], u64(at), u64(20000), buffer))
            if n == 0:
                break
            data += buffer.raw[:n]
            at += n
        open(path, 'wb').write(data)
        for x, h in zip(contexts, [f] + handles):
            check(x, nfs.nfs_close(pointer(x), h))
        continue
    data = open(path, 'rb').read()
    f = pointer()
    if version == '3':
        check(c, nfs.nfs_creat(pointer(c), name.encode(), 0o644, ctypes.byref(f)))
    else:
        f = open_file(c, name, os.O_CREAT | os.O_RDWR)
    handles = [open_file(x, name, os.O_RDWR) for x in contexts[1:]]
    size = 7000 if how.startswith('many') or how == 'backwards-put' else 32768
    size = size if version == '3' else 2000  # libnfs 4.0.0 cannot encode more
    pieces = list(range(0, len(data), size))
    if how == 'backwards-put':
        pieces.reverse()
    if how.startswith('many'):
        pieces = pieces[1::2] + pieces[::2]
    for i, at in enumerate(pieces):
        k = i % len(contexts)
        part = data[at:at + size]
        n = check(contexts[k], nfs.nfs_pwrite(pointer(contexts[k]), ([f] + handles)[k], u64(at), u64(len(part)), part))
        assert n == len(part)
    for x, h in reversed(list(zip(contexts, [f] + handles))):
        check(x, nfs.nfs_close(pointer(x), h))
for x in contexts:
    nfs.nfs_destroy_context(pointer(x))
'''


@pytest.fixture(scope='module')
def share(lab, tmp_path_factory):
    """nfs-ganesha, and the portmapper that it registers at, in the namespace that is asked for: its folder."""
    started = {}

    def start(space):
        if space in started:
            return started[space][1]
        folder = str(tmp_path_factory.mktemp('share'))
        exported = f'{folder}/lanes'
        os.mkdir(exported)
        with open(f'{folder}/ganesha.conf', 'w') as f:
            f.write(CONFIG.format(folder=exported))
        script = (f'mount -t tmpfs none /run; mkdir -p /run/rpcbind /run/ganesha; mount -t tmpfs none /var/lib/nfs; mkdir -p /var/lib/nfs/ganesha; '
                  f'rpcbind -f -w & exec ganesha.nfsd -F -f {folder}/ganesha.conf -L {folder}/log -p {folder}/pid')
        process = lab.start(space, 'unshare', '-m', '-p', '-f', '--mount-proc', '--kill-child', 'sh', '-c', script)
        started[space] = process, exported
        lab.wait_port(space, '::', 2049)
        return exported

    yield start
    for process, _ in started.values():
        lab.stop(process, signal.SIGKILL)


NUMBER = iter(range(10000, 1 << 30, 1000))


def pictures(folder, count, width=320, height=240):
    first = next(NUMBER)
    made = []
    for i in range(count):
        name, data = f'20260531-{first + i:06d}_L04.jpg', material.lane_image(first + i, width, height)
        with open(os.path.join(folder, name), 'wb') as f:
            f.write(data)
        made.append((name, data))
    return made


def client(lab, space, host, folder, version, how, files):
    lab.run(space, '/usr/bin/python3', '-c', CLIENT, host, folder, str(version), how, *files)


def come(sensor, made, command, seconds=20):
    """All of them with their digests and names, and nothing extra."""
    wanted = {name: material.sha256(data) for name, data in made}
    net.wait_for(lambda: set(wanted.values()) <= {t['file'].get('hash', {}).get('sha256') for t in sensor.transfers()}, seconds, 'all digests')
    records = sensor.finish()
    found = [r for r in records if r['event']['action'] == 'transfer']
    assert sorted((t['file']['name'], t['file']['hash']['sha256']) for t in found) == sorted(wanted.items())
    assert {t['network']['protocol'] for t in found} == {'nfs'} and all(t['gantry']['transfer']['complete'] for t in found)
    assert {t['gantry']['command'] for t in found} == {command} and {t['destination']['ip'] for t in found} == {net.UNKNOWN}
    assert all(t['file']['path'].endswith('/' + t['file']['name']) for t in found)
    alert = next(r for r in records if r['event']['action'] == 'alert' and 'vehicle-image' in r['gantry'].get('classes', []))
    assert 'T1048.003' in alert['threat']['technique']['id']


@pytest.mark.parametrize('how', ['put', 'backwards-put', 'many-put'])
@pytest.mark.parametrize('version', [3, 4])
def test_pictures_that_are_written_have_their_digests(lab, share, sensor, tmp_path, version, how):
    there = share('outside')
    made = pictures(tmp_path, 100 if how == 'put' else 10)
    client(lab, 'lane', net.UNKNOWN, there, version, how, [f'{n}={tmp_path}/{n}' for n, _ in made])
    for name, data in made:
        assert open(f'{there}/{name}', 'rb').read() == data
    come(sensor, made, 'WRITE')


@pytest.mark.parametrize('how', ['get', 'many-get'])
@pytest.mark.parametrize('version', [3, 4])
def test_pictures_that_are_read_have_their_digests(lab, share, sensor, from_a_stranger, tmp_path, version, how):
    there = share('lane')
    made = pictures(there, 100 if how == 'get' else 10)
    client(lab, 'outside', net.LANE, there, version, how, [f'{n}={tmp_path}/{n}' for n, _ in made])
    for name, data in made:
        assert (tmp_path / name).read_bytes() == data
    come(sensor, made, 'READ')


def url(host, folder, name, version):
    return f'nfs://{host}{folder}/{name}?nfsport=2049&mountport=20048&version={version}'


def test_nfs_cp_writes(lab, share, sensor, tmp_path):
    there = share('outside')
    made = pictures(tmp_path, 3, 1600, 1200)
    for name, _ in made:
        lab.run('lane', 'nfs-cp', f'{tmp_path}/{name}', url(net.UNKNOWN, there, name, 3))
    come(sensor, made, 'WRITE')


def test_nfs_cat_reads(lab, share, sensor, from_a_stranger, tmp_path):
    there = share('lane')
    made = pictures(there, 3, 1600, 1200)
    for version in 3, 4:
        lab.run('outside', 'sh', '-c', f'nfs-cat "$1" >{tmp_path}/got', 'sh', url(net.LANE, there, made[version - 3][0], version))
        assert (tmp_path / 'got').read_bytes() == made[version - 3][1]
    come(sensor, made[:2], 'READ')


def test_the_first_alert_comes_before_the_file_is_closed(lab, share, sensor, tmp_path):
    there = share('outside')
    [(name, data)] = pictures(tmp_path, 1, 1600, 1200)
    slow = CLIENT.replace("        assert n == len(part)\n", "        assert n == len(part)\n        import time; time.sleep(0.5)\n")
    process = lab.start('lane', '/usr/bin/python3', '-c', slow, net.UNKNOWN, there, '3', 'put', f'{name}={tmp_path}/{name}')
    sensor.wait_alert(lambda a: 'vehicle-image' in a['gantry'].get('classes', []), 20)
    assert process.poll() is None and not sensor.transfers()
    process.wait()
    come(sensor, [(name, data)], 'WRITE')


def test_one_side_only_brings_what_that_side_sends(lab, share, sensor, tmp_path):
    there = share('outside')
    made = pictures(tmp_path, 5)
    with lab.hiding(f'ip saddr {net.UNKNOWN}'):
        client(lab, 'lane', net.UNKNOWN, there, 3, 'put', [f'{n}={tmp_path}/{n}' for n, _ in made])
    wanted = {material.sha256(data) for _, data in made}
    net.wait_for(lambda: wanted <= {t['file'].get('hash', {}).get('sha256') for t in sensor.transfers()}, 20, 'all digests')


def test_notes_on_a_share_are_read_and_silent(lab, share, sensor, tmp_path):
    there = share('outside')
    (tmp_path / 'notes.txt').write_bytes(material.prose(9, 90000))
    for version in 3, 4:
        client(lab, 'lane', net.UNKNOWN, there, version, 'put', [f'notes-{version}.txt={tmp_path}/notes.txt'])
    net.wait_for(lambda: len(sensor.transfers()) == 2, 20, 'the transfers')
    assert not [r for r in sensor.finish() if r['event']['action'] == 'alert']


@pytest.mark.parametrize('version', [3, 4])
@pytest.mark.parametrize('how', ['put', 'get'])
def test_of_what_the_span_port_misses_nothing_is_invented(lab, share, sensor, from_a_stranger, tmp_path, version, how):
    there = share('outside' if how == 'put' else 'lane')
    made = pictures(tmp_path if how == 'put' else there, 30, 640, 480)
    with lab.hiding('tcp dport 2049 numgen random mod 50 == 7' if how == 'put' else 'tcp sport 2049 numgen random mod 50 == 7'):
        client(lab, *(('lane', net.UNKNOWN) if how == 'put' else ('outside', net.LANE)), there, version, how, [f'{n}={tmp_path}/{n}' for n, _ in made])
    wanted = dict(made)
    found = [r for r in sensor.finish() if r['event']['action'] == 'transfer' and not r['gantry']['object']['parent']]
    whole = [t for t in found if t['gantry']['transfer']['complete']]
    assert len(found) == 30 and 0 < len(whole) < 30
    assert {t['file']['hash']['sha256'] for t in whole} <= {material.sha256(data) for _, data in made}
    assert all(t['file']['size'] <= len(wanted[t['file']['name']]) for t in found if t['file']['name'] in wanted)


def test_a_sensor_that_starts_late_reads_what_follows(lab, share, tmp_path):
    there = share('outside')
    made = pictures(tmp_path, 4, 1600, 1200)
    slow = CLIENT.replace("        assert n == len(part)\n", "        assert n == len(part)\n        import time; time.sleep(0.1)\n")
    process = lab.start('lane', '/usr/bin/python3', '-c', slow, net.UNKNOWN, there, '3', 'put', *[f'{n}={tmp_path}/{n}' for n, _ in made])
    net.wait_for(lambda: os.path.exists(f'{there}/{made[0][0]}') and os.path.getsize(f'{there}/{made[0][0]}') > 60000, 20, 'the first file')
    with net.Sensor(lab, tmp_path) as sensor:
        process.wait()
        wanted = {material.sha256(data) for _, data in made[1:]}
        net.wait_for(lambda: wanted <= {t['file'].get('hash', {}).get('sha256') for t in sensor.transfers()}, 20, 'all but the first')
        found = [r for r in sensor.finish() if r['event']['action'] == 'transfer']
    [first] = [t for t in found if t['file']['hash']['sha256'] not in wanted]
    assert len(found) == 4 and first['gantry']['object']['offset'] > 0 and not first['gantry']['transfer']['complete']


@pytest.mark.parametrize('how', ['put', 'get'])
@pytest.mark.parametrize('version', [3, 4])
def test_a_damaged_session_gives_what_is_whole_of_it(lab, share, from_a_stranger, torture, tmp_path, version, how):
    there = share('outside' if how == 'put' else 'lane')
    made = pictures(tmp_path if how == 'put' else there, 12)
    with torture.session() as s:
        if how == 'put':
            client(lab, 'lane', net.UNKNOWN, there, version, how, [f'{n}={tmp_path}/{n}' for n, _ in made])
        else:
            client(lab, 'outside', net.LANE, there, version, how, [f'{n}={tmp_path}/{n}' for n, _ in made])
    s.check({material.sha256(data) for _, data in made})
