# SPDX-License-Identifier: Apache-2.0
"""Listings of a store whose names hold plates, as its servers give them, and of folders that hold none."""
import os
import random

import lab as net
import material
import pytest
import samba
import test_ftp
import web

PORT = 8080


def fill(folder, names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b'x')


def plate_names(count=40, seed=3):
    g = random.Random(seed)
    return [f'20260531-0411{i % 60:02d}_L{i % 8:02d}_{material.plate(g)}.jpg' for i in range(count)]


def ordinary_names(count=40):
    return [f'IMG_{1200 + i}.JPG' for i in range(count)] + [f'minutes-2026-{i:02d}.doc' for i in range(count // 2)]


def wait_listing(sensor):
    alert = sensor.wait_alert(lambda a: 'listing' in a['gantry']['classes'])
    assert alert['gantry']['verdict'] == 'unknown'
    return alert


def silent(sensor):
    return not [r for r in sensor.finish() if r['event']['action'] == 'alert']


@pytest.fixture
def page(lab, tmp_path):
    """nginx in the image network, with pages of its folders."""
    process = web.nginx(lab, 'lane', tmp_path, [PORT], 'location / { autoindex on; }')
    yield tmp_path / 'root'
    lab.stop(process)


def test_a_page_of_a_folder_of_plates_is_a_listing(lab, page, from_a_stranger, sensor):
    fill(page / 'in', plate_names())
    lab.run('outside', 'curl', '-sS', f'http://{net.LANE}:{PORT}/in/')
    assert wait_listing(sensor)['gantry']['incident']['distinct_plates'] >= 10


def test_a_page_of_a_folder_of_photographs_is_none(lab, page, from_a_stranger, sensor):
    fill(page / 'in', ordinary_names())
    assert 'IMG_1200.JPG' in lab.run('outside', 'curl', '-sS', f'http://{net.LANE}:{PORT}/in/').stdout
    assert silent(sensor)


@pytest.fixture
def ftp(lab, tmp_path):
    """vsftpd in the image network; gives the folder that clients see as /."""
    net.reachable(str(tmp_path))
    (tmp_path / 'ftp').mkdir()
    (tmp_path / 'empty').mkdir()
    os.chmod(tmp_path / 'ftp', 0o555)
    process = lab.start('lane', 'vsftpd', test_ftp.write_config(str(tmp_path), test_ftp.PORT))
    lab.wait_port('lane', '::', test_ftp.PORT)
    yield tmp_path / 'ftp'
    lab.stop(process)


@pytest.mark.parametrize('words', [[], ['-l']], ids=['LIST', 'NLST'])
def test_what_an_ftp_server_lists_is_a_listing(lab, ftp, from_a_stranger, sensor, words):
    fill(ftp / 'in', plate_names())
    got = lab.run('outside', 'curl', '-sS', *words, f'ftp://{net.LANE}:{test_ftp.PORT}/in/').stdout
    assert got.count('.jpg') == 40
    assert wait_listing(sensor)['gantry']['incident']['distinct_plates'] >= 10


def test_what_an_ftp_server_lists_of_photographs_is_none(lab, ftp, from_a_stranger, sensor):
    fill(ftp / 'in', ordinary_names())
    assert 'IMG_1200.JPG' in lab.run('outside', 'curl', '-sS', f'ftp://{net.LANE}:{test_ftp.PORT}/in/').stdout
    assert silent(sensor)


@pytest.fixture
def share(lab, tmp_path_factory):
    server = samba.Share(lab, 'lane', tmp_path_factory.mktemp('samba'))
    yield server
    server.stop()


@pytest.mark.peers
@pytest.mark.parametrize('dialect', ['SMB2_02', 'SMB3_11'])
def test_what_a_share_lists_is_a_listing(lab, share, from_a_stranger, sensor, dialect):
    for name in plate_names(300):
        share.put(name, b'x')
    got = samba.client(lab, 'outside', net.LANE, ['ls'], dialect=dialect).stdout
    assert got.count('.jpg') == 300
    assert wait_listing(sensor)['gantry']['share'].lower().endswith('plates')
    (t,) = [r for r in sensor.finish() if r['event']['action'] == 'transfer']
    assert 'hash' not in t['file'] and t['gantry']['classes'] == ['listing']


@pytest.mark.peers
def test_what_a_share_lists_of_photographs_is_none(lab, share, from_a_stranger, sensor):
    for name in ordinary_names():
        share.put(name, b'x')
    assert 'IMG_1200.JPG' in samba.client(lab, 'outside', net.LANE, ['ls']).stdout
    assert silent(sensor)


@pytest.fixture
def daemon(lab, tmp_path):
    """rsync in the image network; gives the folder of its module `store`."""
    store = tmp_path / 'store'
    store.mkdir()
    (tmp_path / 'rsyncd.conf').write_text(f'use chroot = no\nuid = root\ngid = root\n[store]\npath = {store}\n')
    process = lab.start('lane', 'rsync', '--daemon', '--no-detach', f'--config={tmp_path}/rsyncd.conf', '--port=8873')
    lab.wait_port('lane', '0.0.0.0', 8873)
    yield store
    lab.stop(process)


@pytest.mark.peers
@pytest.mark.parametrize('options', [['-r'], ['-r', '--protocol=29']], ids=' '.join)
def test_what_rsync_lists_is_a_listing(lab, daemon, from_a_stranger, sensor, options):
    fill(daemon / 'day', plate_names())
    got = lab.run('outside', 'rsync', *options, '--list-only', f'rsync://{net.LANE}:8873/store/').stdout
    assert got.count('.jpg') == 40
    wait_listing(sensor)


@pytest.mark.peers
def test_what_rsync_lists_of_photographs_is_none(lab, daemon, from_a_stranger, sensor):
    fill(daemon / 'day', ordinary_names())
    assert 'IMG_1200.JPG' in lab.run('outside', 'rsync', '-r', '--list-only', f'rsync://{net.LANE}:8873/store/').stdout
    assert silent(sensor)
