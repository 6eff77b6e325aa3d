# SPDX-License-Identifier: Apache-2.0
"""ZIP archives by the programs that make them, over HTTP and by mail."""
import os
import shutil
import subprocess
import zipfile

import lab as net
import material
import pytest
from test_http import PORT, server  # noqa: F401
from test_mail import mail, send  # noqa: F401

PICTURES = 12


def url(address, path='/'):
    return f'http://{address}:{PORT}{path}'


@pytest.fixture
def folder(tmp_path):
    """A folder of lane pictures and a table of reads; gives their names and bytes too."""
    made = {f'lane4/20260531-0412{i:02d}_L04_KXR{4100 + i}.jpg': material.lane_image(9000 + i, 160, 120) for i in range(PICTURES)}
    made['reads.csv'] = material.plate_csv(9)
    (tmp_path / 'lane4').mkdir()
    for name, data in made.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path, made


MAKERS = {
    'zip': 'zip -q -r out.zip lane4 reads.csv',
    'zip stored': 'zip -q -0 -r out.zip lane4 reads.csv',
    'zip to a pipe': 'zip -q -r - lane4 reads.csv | cat >out.zip',
    'bsdtar': 'bsdtar --format zip -cf - lane4 reads.csv | cat >out.zip',
    'bsdtar stored': 'bsdtar --format zip --options zip:compression=store -cf - lane4 reads.csv | cat >out.zip',
    '7z': '7z a -tzip -bso0 out.zip lane4 reads.csv',
    '7z by LZMA': '7z a -tzip -mm=LZMA -bso0 out.zip lane4 reads.csv',
    'jar': 'jar -c -f out.zip lane4 reads.csv',
    'a program': 'zip -q -r in.zip lane4 reads.csv; cat /bin/true in.zip >out.zip',
}


def make(path, command):
    subprocess.run(command, shell=True, check=True, cwd=path)
    return path / 'out.zip'


def come(sensor, wanted, more=0):
    """Each member has its digest, and but for so many nothing else came."""
    digests = {material.sha256(data): name for name, data in wanted.items()}
    net.wait_for(lambda: set(digests) <= {t['file'].get('hash', {}).get('sha256') for t in sensor.transfers()}, 20, 'all digests')
    records = sensor.finish()
    found = [t for t in records if t['event']['action'] == 'transfer' and 'hash' in t['file']]  # the list of names has none
    for t in found:
        if t['file']['hash']['sha256'] in digests:
            path = digests[t['file']['hash']['sha256']]
            assert t['file']['path'] == path and t['file']['name'] == os.path.basename(path)
            assert t['gantry']['transfer']['complete'] and t['gantry']['object']['parent']
    assert len(found) == len(wanted) + more, [t['file'] for t in found]
    return records


def classes_of(records):
    return {c for r in records if r['event']['action'] == 'alert' for c in r['gantry'].get('classes', [])}


@pytest.mark.parametrize('how', list(MAKERS))
def test_members_of_an_upload(lab, server, sensor, folder, how):  # noqa: F811
    path, made = folder
    if how == 'jar' and not shutil.which('jar'):
        pytest.skip('jar is not installed')
    archive = make(path, MAKERS[how])
    lab.run('lane', 'curl', '-sS', '--fail', '-T', str(archive), url(net.UNAPPROVED, '/all.zip'))
    wanted = dict(made)
    if how == 'jar':
        with zipfile.ZipFile(archive) as z:
            wanted['META-INF/MANIFEST.MF'] = z.read('META-INF/MANIFEST.MF')
    records = come(sensor, wanted, more=1)
    assert classes_of(records) == {'vehicle-image', 'plate-record', 'listing'}
    whole = [t for t in records if t['event']['action'] == 'transfer' and not t['gantry']['object']['parent']]
    assert [t['file']['hash']['sha256'] for t in whole] == [material.sha256(archive.read_bytes())]
    assert ('prefixed' in whole[0]['gantry'].get('notes', '')) == (how == 'a program')


@pytest.mark.parametrize('how', ['zip', 'zip to a pipe'])
def test_members_of_an_attachment(lab, mail, sensor, folder, how):  # noqa: F811
    path, made = folder
    archive = make(path, MAKERS[how])
    send(lab, 'base64', net.UNAPPROVED, [archive])
    digests = {material.sha256(data) for data in made.values()}
    net.wait_for(lambda: digests <= {t['file'].get('hash', {}).get('sha256') for t in sensor.transfers()}, 20, 'all digests')
    assert {'vehicle-image', 'plate-record'} <= classes_of(sensor.finish())


def test_parts_of_a_split_archive_give_the_members_that_are_whole_in_one(lab, server, sensor, folder):  # noqa: F811
    path, made = folder
    (path / 'rest.bin').write_bytes(os.urandom(150000))
    make(path, 'zip -q -0 -s 64k out.zip lane4/* rest.bin reads.csv')
    parts = sorted(path.glob('out.z*'))
    assert len(parts) > 2
    for part in parts:
        lab.run('lane', 'curl', '-sS', '--fail', '-T', str(part), url(net.UNAPPROVED, f'/{part.name}'))
    wanted = {material.sha256(data) for name, data in made.items()}
    net.wait_for(lambda: wanted <= {t['file'].get('hash', {}).get('sha256') for t in sensor.transfers()}, 20, 'all digests')
    records = sensor.finish()
    assert all(t['gantry']['transfer']['complete'] for t in records if t['event']['action'] == 'transfer' and t['file'].get('hash', {}).get('sha256') in wanted)
    assert [t for t in records if t['event']['action'] == 'transfer' and 'split' in t['gantry'].get('notes', '')]
    assert {'vehicle-image', 'plate-record'} <= classes_of(records)


def test_it_alerts_before_the_archive_ends(lab, server, sensor, folder):  # noqa: F811
    path, _ = folder
    (path / 'rest.bin').write_bytes(os.urandom(300000))
    archive = make(path, 'zip -q -0 -r out.zip lane4 rest.bin')
    upload = lab.start('lane', 'curl', '-sS', '--limit-rate', '40k', '-T', str(archive), url(net.UNAPPROVED, '/all.zip'))
    sensor.wait_alert(lambda a: 'vehicle-image' in a['gantry'].get('classes', []), 6)
    assert upload.poll() is None, 'the archive is on its way yet'
    lab.stop(upload)


def test_ordinary_archives_are_silent(lab, server, sensor, tmp_path):  # noqa: F811
    for i in range(20):
        (tmp_path / f'notes{i}.txt').write_bytes(material.prose(i))
    archive = make(tmp_path, 'zip -q out.zip *.txt')
    lab.run('lane', 'curl', '-sS', '--fail', '-T', str(archive), url(net.UNAPPROVED, '/notes.zip'))
    records = come(sensor, {f'notes{i}.txt': material.prose(i) for i in range(20)}, more=1)
    assert classes_of(records) == set()


@pytest.mark.parametrize('how', ['zip -q -P secret -r out.zip lane4', '7z a -tzip -mem=AES256 -psecret -bso0 out.zip lane4'])
def test_encrypted_members_are_no_files(lab, server, sensor, folder, how):  # noqa: F811
    path, _ = folder
    archive = make(path, how)
    lab.run('lane', 'curl', '-sS', '--fail', '-T', str(archive), url(net.UNAPPROVED, '/all.zip'))
    sensor.wait_transfer(material.sha256(archive.read_bytes()))
    records = sensor.finish()
    found = [t for t in records if t['event']['action'] == 'transfer' and t['file'].get('hash')]
    assert len(found) == 1 and found[0]['gantry']['encryption'] in ('zip-traditional', 'zip-aes')
    assert {'encrypted-container', 'listing'} <= classes_of(records), 'names are evidence by themselves'
    assert int(found[0]['gantry']['members']['count']) >= PICTURES
