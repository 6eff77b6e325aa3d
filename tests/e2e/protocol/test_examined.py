# SPDX-License-Identifier: Apache-2.0
"""Archives and the like that cannot be read while they stream, made by the tools that people have, over HTTP and by mail: what is in them
is an object of its own."""
import os
import subprocess

import lab as net
import material
import pytest
import recording
from test_http import curl, server, url  # noqa: F401


@pytest.fixture
def members(tmp_path):
    """A folder of what an archive holds: two pictures, a table of plates, prose."""
    folder = tmp_path / 'members'
    (folder / 'lane4').mkdir(parents=True)
    files = {f'lane4/20260531-041158_L04_KXR{n}.jpg': material.lane_image(n, 320, 240) for n in (4001, 4002)}
    files |= {'reads.csv': material.plate_csv(5), 'grüße.txt': material.prose(5)}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder, files


@pytest.fixture
def twin(tmp_path):
    """The same of nothing that matters."""
    folder = tmp_path / 'twin'
    folder.mkdir()
    files = {f'{n}.txt': material.prose(n) for n in (1, 2, 3)}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder, files


def tool(*words):
    return lambda folder, out, files: subprocess.run([w.format(out=out) for w in words] + list(files), cwd=folder, check=True, stdout=subprocess.DEVNULL)


def by_hand(form):
    def make(folder, out, files):
        with open(out, 'wb') as f:
            f.write(form(files))
    return make


FORMS = {
    '7z': tool('7z', 'a', '-bd', '{out}'),
    'solid.7z': tool('7z', 'a', '-bd', '-m0=PPMd', '-ms=on', '{out}'),
    'rar': by_hand(material.rar5),
    'old.rar': by_hand(material.rar4),
    'cab': tool('gcab', '-z', '-c', '{out}'),
    'lzh': tool('jlha', '-aq', '{out}'),
    'xar': tool('bsdtar', '-c', '--format=xar', '-f', '{out}'),
    'iso': lambda folder, out, files: subprocess.run(['genisoimage', '-quiet', '-J', '-R', '-o', out, '.'], cwd=folder, check=True),
    'bsdtar.iso': tool('bsdtar', '-c', '--format=iso9660', '-f', '{out}'),
}
ASCII = {'cab', 'lzh'}  # what these tools make of other names is their own


def make(form, folder, files, out):
    if form in ASCII:
        files = {name: data for name, data in files.items() if name.isascii()}
    FORMS[form](str(folder), str(out), files)
    return files


def check_members(transfers, files, outer):
    """The objects are the file itself and its members, each whole and once."""
    digests = sorted([material.sha256(data) for data in files.values()] + [material.sha256(outer.read_bytes())])
    assert sorted(t['file']['hash']['sha256'] for t in transfers) == digests
    assert all(t['gantry']['transfer']['complete'] for t in transfers)
    whole = next(t for t in transfers if t['gantry']['object']['parent'] is None)
    inside = [t for t in transfers if t is not whole]
    assert {t['gantry']['object']['parent'] for t in inside} == {whole['gantry']['object']['id']}
    assert {t['file']['name'] for t in inside} == {os.path.basename(name) for name in files}


@pytest.mark.parametrize('form', FORMS)
def test_members_of_an_archive_read_from_a_capture(lab, server, members, twin, tmp_path, form):
    """The negative twin is silent; ordinary files within it are objects all the same."""
    outer, quiet = tmp_path / f'shift.{form}', tmp_path / f'notes.{form}'
    files, twins = make(form, *members, outer), make(form, *twin, quiet)
    with recording.Recording(lab, tmp_path / 'x.pcap') as capture:
        curl(lab, '-T', str(outer), url(net.UNAPPROVED, '/in/'))
        curl(lab, '-T', str(quiet), url(net.UNKNOWN, '/in/'))
    records = recording.gantry(tmp_path, '-r', capture.path)
    to = lambda address: [t for t in recording.transfers(records) if t['destination']['ip'] == address]
    check_members(to(net.UNAPPROVED), files, outer)
    check_members(to(net.UNKNOWN), twins, quiet)
    alerts = recording.alerts(records)
    assert {a['destination']['ip'] for a in alerts} == {net.UNAPPROVED}
    assert {c for a in alerts for c in a['gantry']['classes']} == {'vehicle-image', 'plate-record'}


@pytest.mark.parametrize('form', FORMS)
def test_members_of_an_archive_that_moves_now(lab, server, watch, members, twin, tmp_path, form):
    """The same from an examiner: each to a stranger of its own."""
    n = 600 + 2 * list(FORMS).index(form)
    outer, quiet = tmp_path / f'shift.{form}', tmp_path / f'notes.{form}'
    files, twins = make(form, *members, outer), make(form, *twin, quiet)
    curl(lab, '-T', str(outer), url(net.stranger(n), '/in/'))
    curl(lab, '-T', str(quiet), url(net.stranger(n + 1), '/in/'))
    to = lambda i: [t for t in watch.transfers() if t['destination']['ip'] == net.stranger(n + i) and not t['gantry']['transfer'].get('pending')]
    net.wait_for(lambda: len(to(0)) > len(files) and len(to(1)) > len(twins), 10, 'all members')
    check_members(to(0), files, outer)
    check_members(to(1), twins, quiet)
    alerts = [a for a in watch.alerts() if a['destination']['ip'] in (net.stranger(n), net.stranger(n + 1))]
    assert {a['destination']['ip'] for a in alerts} == {net.stranger(n)}
    assert {c for a in alerts for c in a['gantry']['classes']} == {'vehicle-image', 'plate-record'}
    assert {a['network']['protocol'] for a in alerts} == {'http'} and {a['source']['ip'] for a in alerts} == {net.LANE}
