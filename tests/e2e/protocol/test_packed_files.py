# SPDX-License-Identifier: Apache-2.0
"""Pictures and plate reads in files that real programs packed, over HTTP and by mail: each has its own name and digest, as the
file that they stand in has, and what is packed alike and holds neither raises nothing."""
import email.message
import email.policy
import itertools
import mailbox
import subprocess

import lab as net
import material
import pytest
import web

WEB, MAIL = 8080, 2525
NUMBERS = itertools.count(3000)
HERE = __file__.rsplit('/', 1)[0]

MAILER = '''
import email.message, email.policy, smtplib, sys
m = email.message.EmailMessage(policy=email.policy.SMTP)
m['From'], m['To'], m['Subject'] = 'shift@lanes.example', 'desk@else.example', 'the day'
m.set_content('as agreed\\n')
m.add_attachment(open(sys.argv[3], 'rb').read(), 'application', 'octet-stream', filename=sys.argv[3].rsplit('/', 1)[1])
with smtplib.SMTP(sys.argv[1], int(sys.argv[2]), timeout=20) as client:
    client.send_message(m)
'''

# The command that packs all there is in the folder, and what else is an object: an archive in a compressed file, what else is in a package.
ARCHIVES = {
    'tar': ('tar -cf $to *', 0),
    'tar.gz': ('tar -czf $to *', 1),
    'tar.xz': ('tar -cJf $to *', 1),
    'tar.bz2': ('tar -cjf $to *', 1),
    'tar.zst': ('tar --zstd -cf $to *', 1),
    'tar.lz4': ('tar -cf - * | lz4 -c >$to', 1),
    'tar.lzma': ('tar --lzma -cf $to *', 1),
    'v7.tar': ('tar --format=v7 -cf $to *', 0),
    'pax.tgz': ('bsdtar --format pax -czf $to *', 1),
    'cpio': ('ls | cpio --quiet -o -H newc >$to', 0),
    'odc.cpio': ('ls | cpio --quiet -o -H odc >$to', 0),
    'bin.cpio': ('ls | cpio --quiet -o >$to', 0),
    'cpio.gz': ('ls | bsdtar --format newc -cf - -T - | gzip -n >$to', 1),
    'a': ('ar rcD $to * 2>/dev/null', 0),
    'deb': ('mkdir -p ../deb/DEBIAN ../deb/srv && cp * ../deb/srv && printf "Package: day\\nVersion: 1\\nArchitecture: all\\nMaintainer: x <x@x.example>\\n'
            'Description: x\\n" >../deb/DEBIAN/control && dpkg-deb --root-owner-group -Zxz -b ../deb $to >/dev/null', 6),
}
# What unpacks itself: the program or script, the archive behind it, and what is in that.
UNPACKS_ITSELF = {
    '7z.exe': '7z a -bso0 ../day.7z * && cat /usr/lib/p7zip/7zCon.sfx ../day.7z >$to',
    'sh': '(printf "#!/bin/sh\ntail -n +4 \\"\\$0\\" | tar xzf -\nexit\n"; tar -czf - *) >$to',
}
SINGLE = {
    'gz': 'gzip -c * >$to',
    'bz2': 'bzip2 -c $one >$to',
    'xz': 'xz -9e -c $one >$to',
    'lzma': 'xz --format=lzma -c $one >$to',
    'zst': 'zstd -19 --long -c $one >$to',
    'lz4': 'lz4 -c $one >$to',
}
CODINGS = {'gzip': 'gzip', 'x-gzip': 'pigz', 'bzip2': 'bzip2', 'x-bzip2': 'bzip2', 'xz': 'xz', 'zstd': 'zstd', 'lz4': 'lz4', 'lzma': 'xz --format=lzma'}


@pytest.fixture(scope='module')
def servers(lab, tmp_path_factory):
    processes = [lab.start('outside', '/usr/bin/python3', f'{net.HERE}/upload_server.py', str(WEB)),
                 lab.start('outside', '/usr/bin/python3', f'{HERE}/mail_server.py', str(tmp_path_factory.mktemp('mail')), str(MAIL))]
    lab.wait_port('outside', '::', WEB)
    lab.wait_port('outside', '::', MAIL)
    yield
    for process in processes:
        lab.stop(process)


def fill(folder, harmless):
    """Files, by their names; each time others."""
    n, folder = next(NUMBERS), folder / 'day'
    folder.mkdir()
    files = {'notes.txt': material.prose(n), 'list.txt': material.prose(n + 1, 30000)}
    if not harmless:
        files |= {f'20260531-041158_L04_KXR{n}.jpg': material.lane_image(n), 'reads.csv': material.plate_csv(n)}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder, files, net.stranger(n % 200 * 250)  # each in a network of its own: alerts have a bound for each


def pack(folder, command, name, one=''):
    path = folder.parent / name
    subprocess.run(['bash', '-c', command], cwd=folder, check=True, env={'PATH': '/usr/bin:/bin:/usr/sbin:/sbin', 'to': str(path), 'one': one})
    return path


def send(lab, way, path, stranger, *words):
    if way == 'mail':
        lab.run('lane', '/usr/bin/python3', '-c', MAILER, stranger, str(MAIL), str(path))
    else:
        lab.run('lane', 'curl', '-sS', '--fail', '-T', str(path), *words, f'http://{stranger}:{WEB}/in/{path.name}')


def seen(watch, stranger):
    return [t for t in watch.transfers() if t['destination']['ip'] == stranger]


def come(watch, wanted, stranger):
    """A record for each file, by its digest, whole and with its name; gives all records of the stranger's."""
    digests = {material.sha256(data): name for name, data in wanted.items()}
    found = net.wait_for(lambda: (lambda all_: all_ if set(digests) <= {t['file'].get('hash', {}).get('sha256') for t in all_} else None)(
        seen(watch, stranger)), 20, 'all digests')
    for t in found:
        name = digests.get(t['file'].get('hash', {}).get('sha256'))
        assert name is None or (t['file']['name'] == name and t['gantry']['transfer'] == {'complete': True, 'missing_bytes': 0}), t
    return found


def told(watch, stranger, quiet):
    """The classes of the stranger's alerts, once they have come."""
    alerts = lambda: {c for a in watch.alerts() if a['destination']['ip'] == stranger for c in a['gantry'].get('classes', [])}
    return alerts() if quiet else net.wait_for(lambda: (lambda c: c if {'vehicle-image', 'plate-record'} <= c else None)(alerts()), 20, 'the alerts')


@pytest.mark.parametrize('harmless', [False, True])
@pytest.mark.parametrize('way', ['http', 'mail'])
@pytest.mark.parametrize('end', ARCHIVES)
def test_an_archive(lab, servers, watch, tmp_path, end, way, harmless):
    folder, files, stranger = fill(tmp_path, harmless)
    command, more = ARCHIVES[end]
    path = pack(folder, command, f'day.{end}')
    send(lab, way, path, stranger)
    wanted = files | {path.name: path.read_bytes()}
    found = come(watch, wanted, stranger)
    if way == 'http':
        assert len(found) == len(wanted) + more
    assert told(watch, stranger, harmless) == (set() if harmless else {'vehicle-image', 'plate-record'})


@pytest.mark.parametrize('harmless', [False, True])
@pytest.mark.parametrize('end', UNPACKS_ITSELF)
def test_what_unpacks_itself(lab, servers, watch, tmp_path, end, harmless):
    folder, files, stranger = fill(tmp_path, harmless)
    path = pack(folder, UNPACKS_ITSELF[end], f'day.{end}')
    send(lab, 'http', path, stranger)
    found = come(watch, files | {path.name: path.read_bytes()}, stranger)
    whole, = [t for t in found if t['gantry']['object']['parent'] is None]
    assert 'prefixed' in whole['gantry']['notes']
    inside = [t for t in found if t['gantry']['object']['parent'] == whole['gantry']['object']['id']]
    assert [t['gantry']['origin'] for t in inside] == ['archive'], inside
    archive, = inside
    assert archive['file']['hash']['sha256'] == material.sha256(path.read_bytes()[-archive['file']['size']:])
    assert told(watch, stranger, harmless) == (set() if harmless else {'vehicle-image', 'plate-record'})


def attach(files, subject):
    m = email.message.EmailMessage()
    m['From'], m['To'], m['Subject'], m['Date'] = 'shift@lanes.example', 'desk@else.example', subject, 'Sun, 31 May 2026 04:12:09 +0000'
    m.set_content('as agreed\nFrom here on nothing\n\nFrom there on neither\n')
    for name, data in files.items():
        m.add_attachment(data, 'application', 'octet-stream', filename=name)
    return m


@pytest.mark.parametrize('harmless', [False, True])
@pytest.mark.parametrize('way', ['http', 'mail'])
def test_a_mailbox(lab, servers, watch, tmp_path, way, harmless):
    """A mail for each file, by Python's own writer of mailboxes."""
    folder, files, stranger = fill(tmp_path, harmless)
    box = mailbox.mbox(tmp_path / 'Sent')
    for name, data in files.items():
        box.add(attach({name: data}, name))
    box.close()
    send(lab, way, tmp_path / 'Sent', stranger)
    found = come(watch, files, stranger)
    digests = {material.sha256(data) for data in files.values()}
    assert all(t['email']['subject'] == t['file']['name'] for t in found if way == 'http' and t['file'].get('hash', {}).get('sha256') in digests)
    assert told(watch, stranger, harmless) == (set() if harmless else {'vehicle-image', 'plate-record'})


@pytest.mark.parametrize('harmless', [False, True])
@pytest.mark.parametrize('end', ['mht', 'eml'])
def test_a_saved_page(lab, servers, watch, tmp_path, end, harmless):
    """As a browser saves it (RFC 2557): what is shown in the page is named by where it came from."""
    folder, files, stranger = fill(tmp_path, harmless)
    page = email.message.EmailMessage()
    page['From'], page['Subject'], page['Date'] = '<Saved by Blink>', 'reads', 'Sun, 31 May 2026 04:12:09 +0000'
    page['Snapshot-Content-Location'] = 'http://store.example/'
    page.set_content('<html><body>the day</body></html>', 'html')
    page.make_related()
    for name, data in files.items():
        page.add_related(data, 'application', 'octet-stream')
        page.get_payload()[-1]['Content-Location'] = f'http://store.example/day/{name}?size=full'
    path = tmp_path / f'page.{end}'
    path.write_bytes(page.as_bytes(policy=email.policy.SMTP))
    send(lab, 'http', path, stranger)
    come(watch, files | {path.name: path.read_bytes()}, stranger)
    assert told(watch, stranger, harmless) == (set() if harmless else {'vehicle-image', 'plate-record'})


@pytest.mark.parametrize('harmless', [False, True])
@pytest.mark.parametrize('end', SINGLE)
def test_a_compressed_file(lab, servers, watch, tmp_path, end, harmless):
    """gzip with all files in it, each under its name; of the others one file, whose name has one end more."""
    folder, files, stranger = fill(tmp_path, harmless)
    if end != 'gz':
        files = {name: data for name, data in files.items() if name == ('notes.txt' if harmless else 'reads.csv')}
    one = next(iter(files))
    path = pack(folder, SINGLE[end], f'{one}.{end}', one)
    send(lab, 'http', path, stranger)
    wanted = files | {path.name: path.read_bytes()}
    found = come(watch, wanted, stranger)
    assert len(found) == len(wanted)
    if harmless or end == 'gz':
        assert told(watch, stranger, harmless) == (set() if harmless else {'vehicle-image', 'plate-record'})
    else:
        assert any('plate-record' in t['gantry'].get('classes', []) for t in found)


@pytest.mark.parametrize('coding', CODINGS)
def test_a_content_coding(lab, servers, watch, tmp_path, coding):
    """The file comes alone: what it was coded in is none."""
    folder, files, stranger = fill(tmp_path, False)
    path = pack(folder, f'{CODINGS[coding]} -c reads.csv >$to', 'reads.csv')
    send(lab, 'http', path, stranger, '-H', f'Content-Encoding: {coding}')
    found, = come(watch, {'reads.csv': files['reads.csv']}, stranger)
    assert 'plate-record' in found['gantry']['classes']


@pytest.fixture(scope='module')
def store(lab, tmp_path_factory):
    """nginx in the lane, whose files are said to be coded as their ends say."""
    folder = tmp_path_factory.mktemp('store')
    more = 'types { text/csv bz2 xz zst lz4 gz; } ' + ' '.join(
        f'location ~ [.]{end}$ {{ add_header Content-Encoding {coding}; }}' for end, coding in
        (('gz', 'gzip'), ('bz2', 'bzip2'), ('xz', 'xz'), ('zst', 'zstd'), ('lz4', 'lz4')))
    process = web.nginx(lab, 'lane', folder, [8089], more)
    yield folder
    lab.stop(process)


@pytest.mark.parametrize('tool', ['gzip', 'bzip2', 'xz', 'zstd', 'lz4'])
def test_a_stored_file_with_its_coding_is_fetched(lab, watch, store, tmp_path, tool):
    end = {'gzip': 'gz', 'bzip2': 'bz2', 'xz': 'xz', 'zstd': 'zst', 'lz4': 'lz4'}[tool]
    folder, files, _ = fill(tmp_path, False)
    path = pack(folder, f'{tool} -c reads.csv >$to', f'reads.{end}')
    (store / 'root' / path.name).write_bytes(path.read_bytes())
    with lab.outside_as(net.UNKNOWN):
        lab.run('outside', 'curl', '-sS', '--fail', '-o', '/dev/null', f'http://{net.LANE}:8089/{path.name}')
    t = watch.wait_transfer(material.sha256(files['reads.csv']))
    assert t['gantry']['transfer']['complete'] and 'plate-record' in t['gantry']['classes']
