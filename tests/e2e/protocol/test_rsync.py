# SPDX-License-Identifier: Apache-2.0
"""Pictures by rsync on both sides: to a daemon outside, and from one in the image network."""
import os

import lab as net
import material
import pytest

pytestmark = pytest.mark.peers

PORT = 8873


@pytest.fixture
def daemon(lab, tmp_path):
    started = []

    def start(space):
        store = tmp_path / 'store'
        store.mkdir()
        (tmp_path / 'secrets').write_text('ops:secret\n')
        (tmp_path / 'secrets').chmod(0o600)
        (tmp_path / 'conf').write_text(f'use chroot = no\nuid = root\ngid = root\n[lanes]\npath = {store}\nread only = no\n'
                                       f'[closed]\npath = {store}\nread only = no\nauth users = ops\nsecrets file = {tmp_path}/secrets\n')
        started.append(lab.start(space, 'rsync', '--daemon', '--no-detach', f'--config={tmp_path}/conf', f'--port={PORT}'))
        lab.wait_port(space, '0.0.0.0', PORT)
        return store

    yield start
    for process in started:
        lab.stop(process)


def write(folder, count, seed=41000):
    made = {}
    for i in range(count):
        name = f'{"" if i % 3 else "day/"}p{i:03d}.jpg'
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(material.lane_image(seed + i, 200, 150))
        made[name] = material.sha256(path.read_bytes())
    return made


def come(sensor, made, place):
    net.wait_for(lambda: len([t for t in sensor.transfers() if t['network']['protocol'] == 'rsync']) >= len(made), 20, 'all files')
    records = sensor.finish()
    found = [r for r in records if r['event']['action'] == 'transfer']
    assert {t['file']['path']: t['file']['hash']['sha256'] for t in found} == {f'{place}/{n}': d for n, d in made.items()}
    assert len(found) == len(made)
    for t in found:
        assert t['gantry']['transfer'] == {'complete': True, 'missing_bytes': 0} and t['network']['protocol'] == 'rsync'
    return [r for r in records if r['event']['action'] == 'alert']


OPTIONS = [['-a'], ['-az'], ['-aW'], ['-a', '--protocol=29'], ['-az', '--protocol=27'], ['-a', '--zc=lz4'], ['-a', '--zc=zlibx'],
           ['-aHAXc', '--no-inc-recursive'], ['-as', '--delete', '--filter=- other']]


@pytest.mark.parametrize('options', OPTIONS, ids=' '.join)
def test_a_hundred_pictures_that_are_sent_have_their_digests(lab, sensor, daemon, tmp_path, options):
    daemon('outside')
    made = write(tmp_path / 'new', 100 if len(options[0]) < 4 else 12)
    lab.run('lane', 'rsync', *options, f'{tmp_path}/new/', f'rsync://{net.UNAPPROVED}:{PORT}/lanes/in/')
    alerts = come(sensor, made, 'lanes/in')
    assert any('vehicle-image' in a['gantry']['classes'] and a['gantry']['verdict'] == 'unapproved' for a in alerts)


@pytest.mark.parametrize('options', OPTIONS, ids=' '.join)
def test_a_hundred_pictures_that_are_fetched_have_their_digests(lab, sensor, daemon, tmp_path, options):
    made = write(daemon('lane'), 100)
    with lab.outside_as(net.UNKNOWN):
        lab.run('outside', 'rsync', *options, f'rsync://{net.LANE}:{PORT}/lanes/', f'{tmp_path}/got/')
    alerts = come(sensor, made, 'lanes')
    assert any('vehicle-image' in a['gantry']['classes'] and a['gantry']['verdict'] == 'unknown' for a in alerts)


def test_who_fetches_some_files_with_a_name_and_a_secret_is_shown(lab, sensor, daemon, tmp_path):
    made = write(daemon('lane'), 12)
    some = {n: d for n, d in made.items() if n.startswith('day/')}
    (tmp_path / 'list').write_text('\n'.join(some) + '\n')
    with lab.outside_as(net.UNKNOWN):
        lab.run('outside', 'rsync', '-a', f'--files-from={tmp_path}/list', f'rsync://ops@{net.LANE}:{PORT}/closed/', f'{tmp_path}/got/',
                env={**os.environ, 'RSYNC_PASSWORD': 'secret'})
    come(sensor, some, 'closed')
    assert all(t['user']['name'] == 'ops' for t in sensor.transfers())


@pytest.mark.parametrize('options', [['-aI'], ['-aIz'], ['-aI', '--zc=zlib']], ids=' '.join)
def test_a_second_run_moves_what_is_new_and_says_what_it_lacks(lab, sensor, daemon, tmp_path, options):
    store = daemon('outside')
    data = bytearray(material.lane_image(42000, 640, 480) * 3)
    (store / 'big.jpg').write_bytes(data)
    data[40000:40100] = b'x' * 100
    new = tmp_path / 'new'
    new.mkdir()
    (new / 'big.jpg').write_bytes(data)
    lab.run('lane', 'rsync', *options, f'{new}/', f'rsync://{net.UNKNOWN}:{PORT}/lanes/')
    assert (store / 'big.jpg').read_bytes() == bytes(data)
    t = net.wait_for(sensor.transfers, 10, 'the transfer')[0]
    assert t['file']['size'] == len(data) and not t['gantry']['transfer']['complete']
    assert len(data) * 0.9 < t['gantry']['transfer']['missing_bytes'] <= len(data)
    assert sensor.finish() and len(sensor.transfers()) == 1


def test_a_run_that_finds_nothing_new_or_only_looks_moves_nothing(lab, sensor, daemon, tmp_path):
    daemon('outside')
    made = write(tmp_path / 'new', 3)
    url = f'rsync://{net.UNKNOWN}:{PORT}/lanes/'
    for options in (['-an'], ['-a'], ['-a'], ['-a', '--list-only']):
        lab.run('lane', 'rsync', *options, f'{tmp_path}/new/', url)
    come(sensor, made, 'lanes')


def test_prose_and_who_may_have_pictures_are_silent(lab, sensor, daemon, tmp_path):
    daemon('outside')
    write(tmp_path / 'new', 10)
    (tmp_path / 'text').mkdir()
    (tmp_path / 'text' / 'notes.txt').write_bytes(material.prose(7))
    lab.run('lane', 'rsync', '-az', f'{tmp_path}/new/', f'rsync://{net.APPROVED}:{PORT}/lanes/')
    lab.run('lane', 'rsync', '-az', f'{tmp_path}/text/', f'rsync://{net.UNKNOWN}:{PORT}/lanes/')
    net.wait_for(lambda: [t for t in sensor.transfers() if t['file'].get('name') == 'notes.txt'], 10, 'the text')
    assert not [r for r in sensor.finish() if r['event']['action'] == 'alert']


@pytest.mark.parametrize('options', [['-a'], ['-az', '--zc=zlib'], ['-a', '--protocol=29']], ids=' '.join)
def test_a_damaged_session_gives_what_is_whole_of_it(lab, daemon, torture, tmp_path, options):
    daemon('outside')
    made = write(tmp_path / 'new', 12)
    with torture.session() as s:
        lab.run('lane', 'rsync', *options, f'{tmp_path}/new/', f'rsync://{net.UNAPPROVED}:{PORT}/lanes/in/')
    s.check(set(made.values()))
