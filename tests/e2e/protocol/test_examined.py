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
from test_mail import mail, send  # noqa: F401


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
    assert {t['file']['path'] for t in inside} == set(files)


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


# --- documents and tables: what is made of their text has no digest, for nobody sent those octets ---

def run_in(folder, *words):
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def database(folder, table, pictures):
    (folder / 't.csv').write_bytes(table)
    run_in(folder, 'sqlite3', 'out.db', '.mode csv', '.import t.csv reads', 'CREATE TABLE crops (n, data)',
           *[f"INSERT INTO crops VALUES ({i}, readfile('{name}'))" for i, name in enumerate(pictures)])
    return folder / 'out.db'


def pictures_in_pdf(folder, table, pictures):
    run_in(folder, 'img2pdf', '-o', 'out.pdf', *pictures)
    run_in(folder, 'qpdf', 'out.pdf', '--object-streams=generate', '--add-attachment', 't.csv', '--', 'with.pdf')
    return folder / 'with.pdf'


def rows_in_avro(folder, table, pictures):
    """By Python's own library, in another interpreter than pytest's may be."""
    code = ('import avro.datafile, avro.io, avro.schema, csv, json, sys\n'
            'rows = list(csv.DictReader(open("t.csv")))\n'
            'fields = [{"name": n, "type": "string"} for n in rows[0]] + [{"name": "crop", "type": ["null", "bytes"]}]\n'
            'schema = avro.schema.parse(json.dumps({"type": "record", "name": "read", "fields": fields}))\n'
            'with avro.datafile.DataFileWriter(open("out.avro", "wb"), avro.io.DatumWriter(), schema, codec="deflate") as w:\n'
            '    for i, row in enumerate(rows):\n'
            '        w.append({**row, "crop": open(sys.argv[1 + i], "rb").read() if i + 1 < len(sys.argv) else None})\n')
    run_in(folder, '/usr/bin/python3', '-c', code, *pictures)
    return folder / 'out.avro'


def message_of_outlook(folder, table, pictures):
    wide = lambda text: text.encode('utf-16-le')
    tree = {'__properties_version1.0': bytes(32), '__substg1.0_0037001F': wide('reads'), '__substg1.0_1000001F': wide(table.decode())}
    for i, (name, data) in enumerate(pictures.items()):
        tree[f'__attach_version1.0_#{i:08X}'] = {'__substg1.0_3707001F': wide(name), '__substg1.0_37010102': data}
    (folder / 'out.msg').write_bytes(material.compound(tree))
    return folder / 'out.msg'


DOCUMENTS = {'db': database, 'pdf': pictures_in_pdf, 'avro': rows_in_avro, 'msg': message_of_outlook}


@pytest.fixture
def material_of(tmp_path):
    def make(name, table, n):
        folder = tmp_path / name
        folder.mkdir()
        (folder / 't.csv').write_bytes(table)
        pictures = {f'{name}{i}.jpg': material.lane_image(6000 + i, 320, 240) for i in range(n)}
        for picture, data in pictures.items():
            (folder / picture).write_bytes(data)
        return folder, table, pictures
    return make


def check_document(records, address, outer, pictures, classes):
    transfers = [t for t in records if t['event']['action'] == 'transfer' and t['destination']['ip'] == address and
                 not t['gantry']['transfer'].get('pending')]
    digests = [t['file']['hash']['sha256'] for t in transfers if 'hash' in t['file'] and t['file'].get('mime_type') != 'text/plain']
    assert sorted(digests) == sorted(map(material.sha256, [outer.read_bytes(), *pictures.values()]))
    assert all(t['gantry']['transfer']['complete'] for t in transfers)
    found = {c for r in records if r['event']['action'] == 'alert' and r['destination']['ip'] == address for c in r['gantry']['classes']}
    assert found == classes


@pytest.mark.parametrize('kind', DOCUMENTS)
def test_documents_read_from_a_capture(lab, server, tmp_path, material_of, kind):
    folder, table, pictures = material_of('loud', material.plate_csv(5), 2)
    quiet, prose, _ = material_of('quiet', b'a,b\n' + b''.join(b'%d,none\n' % i for i in range(50)), 0)
    outer = DOCUMENTS[kind](folder, table, pictures)
    twin = database(quiet, prose, {}) if kind == 'db' else None
    with recording.Recording(lab, tmp_path / 'x.pcap') as capture:
        curl(lab, '-T', str(outer), url(net.UNAPPROVED, '/in/'))
        if twin:
            curl(lab, '-T', str(twin), url(net.UNKNOWN, '/in/'))
    records = recording.gantry(tmp_path, '-r', capture.path)
    check_document(records, net.UNAPPROVED, outer, pictures, {'vehicle-image', 'plate-record'})
    if twin:
        check_document(records, net.UNKNOWN, twin, {}, set())


@pytest.mark.parametrize('kind', DOCUMENTS)
def test_documents_that_move_now(lab, server, watch, material_of, kind):
    n = 680 + list(DOCUMENTS).index(kind)
    folder, table, pictures = material_of('loud', material.plate_csv(5), 2)
    outer = DOCUMENTS[kind](folder, table, pictures)
    curl(lab, '-T', str(outer), url(net.stranger(n), '/in/'))
    watch.wait_alert(lambda a: a['destination']['ip'] == net.stranger(n) and 'plate-record' in a['gantry']['classes'])
    wanted = {material.sha256(data) for data in [outer.read_bytes(), *pictures.values()]}
    net.wait_for(lambda: wanted <= {t['file'].get('hash', {}).get('sha256') for t in watch.transfers() if t['destination']['ip'] == net.stranger(n) and
                                    not t['gantry']['transfer'].get('pending')}, 10, 'the document')
    check_document(watch.records(), net.stranger(n), outer, pictures, {'vehicle-image', 'plate-record'})


@pytest.mark.peers
@pytest.mark.parametrize('to', ['xls:MS Excel 97', 'pdf:calc_pdf_Export', 'doc:MS Word 97'])
def test_a_table_that_libreoffice_saved(lab, server, tmp_path, material_of, to):
    folder, _, _ = material_of('office', material.plate_csv(5), 0)
    words = ['--writer'] if to.startswith('doc') else []
    run_in(folder, 'soffice', f'-env:UserInstallation=file://{tmp_path}/user', '--headless', *words, '--convert-to', to, 't.csv')
    outer = folder / f't.{to[:3]}'
    with recording.Recording(lab, tmp_path / 'x.pcap') as capture:
        curl(lab, '-T', str(outer), url(net.UNAPPROVED, '/in/'))
    records = recording.gantry(tmp_path, '-r', capture.path)
    check_document(records, net.UNAPPROVED, outer, {}, {'plate-record'})


def test_a_mailbox_of_outlook_is_told_unread(lab, server, tmp_path):
    (tmp_path / 'a.pst').write_bytes(b'!BDN' + bytes(range(256)) * 40)
    with recording.Recording(lab, tmp_path / 'x.pcap') as capture:
        curl(lab, '-T', str(tmp_path / 'a.pst'), url(net.UNAPPROVED, '/in/'))
        curl(lab, '-T', str(tmp_path / 'a.pst'), url(net.APPROVED, '/in/'))
    alerts = recording.alerts(recording.gantry(tmp_path, '-r', capture.path))
    assert {(a['destination']['ip'], *a['gantry']['classes'], a['file']['mime_type']) for a in alerts if a['destination']['ip'] == net.UNAPPROVED} == {
        (net.UNAPPROVED, 'unread-object', 'application/vnd.ms-outlook-pst')}


# --- by mail ---

def test_an_archive_by_mail(lab, watch, mail, members, tmp_path):
    outer = tmp_path / 'shift.7z'
    files = make('7z', *members, outer)
    send(lab, 'base64', net.stranger(690), [outer])
    wanted = {material.sha256(data) for data in files.values()}
    found = net.wait_for(lambda: (lambda ts: ts if wanted <= {t['file']['hash']['sha256'] for t in ts} else None)(
        [t for t in watch.transfers() if t['destination']['ip'] == net.stranger(690) and 'hash' in t['file']]), 15, 'the members')
    inside = [t for t in found if t['file']['hash']['sha256'] in wanted]
    assert {t['email']['subject'] for t in inside} == {'notes of the day'} and {t['network']['protocol'] for t in inside} == {'smtp'}
    alert = watch.wait_alert(lambda a: a['destination']['ip'] == net.stranger(690) and 'vehicle-image' in a['gantry']['classes'])
    assert alert['email']['to']['address'] == 'desk@else.example'
