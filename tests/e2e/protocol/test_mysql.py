# SPDX-License-Identifier: Apache-2.0
"""Reads and pictures in a MariaDB database: its own clients and pymysql with a server outside, or in the lane and asked from outside."""
import subprocess

import database
import lab as net
import material
import pytest

pytestmark = pytest.mark.peers
PORT = str(database.MARIADB_PORT)
CREATE = 'CREATE TABLE passages (plate varchar(10), state char(2), lane int, direction text, read_time varchar(30), confidence double)'
PICTURES = 'CREATE TABLE pictures (id int, picture mediumblob)'

PYMYSQL = '''
import sys
import pymysql
host, port, how, *words = sys.argv[1:]
c = pymysql.connect(host=host, port=int(port), user='lane4', database='lanes', ssl_disabled=True, local_infile=True)
k = c.cursor()
if how == 'insert':
    for i, path in enumerate(words):
        k.execute('INSERT INTO pictures (id, picture) VALUES (%s, %s)', (i, open(path, 'rb').read()))
elif how == 'fetch':
    k.execute('SELECT id, picture FROM pictures ORDER BY id')
    assert len(k.fetchall()) == int(words[0])
elif how == 'rows':
    for line in open(words[0]).read().splitlines()[1:]:
        k.execute('INSERT INTO passages VALUES (%s, %s, %s, %s, %s, %s)', line.split(','))
elif how == 'points':
    k.execute('SELECT count(*) FROM passages')
    for n in range(k.fetchone()[0]):
        k.execute('SELECT plate, lane, read_time FROM passages LIMIT %s, 1', (n,))
        assert len(k.fetchall()) == 1
elif how == 'file':
    k.execute(f"LOAD DATA LOCAL INFILE '{words[0]}' INTO TABLE passages FIELDS TERMINATED BY ',' IGNORE 1 LINES")
c.commit()
c.close()
'''

PREPARED = '''
import ctypes, sys
host, port, how, *words = sys.argv[1:]
lib = ctypes.CDLL('libmariadb.so.3')
V = ctypes.c_void_p
for name in 'mysql_init', 'mysql_real_connect', 'mysql_stmt_init', 'mysql_stmt_error':
    getattr(lib, name).restype = V
class Bind(ctypes.Structure):
    _fields_ = [('length', ctypes.POINTER(ctypes.c_ulong)), ('is_null', V), ('buffer', V), ('error', V), ('row', V), ('store', V), ('fetch', V), ('skip', V),
                ('buffer_length', ctypes.c_ulong), ('offset', ctypes.c_ulong), ('length_value', ctypes.c_ulong), ('flags', ctypes.c_uint), ('pack', ctypes.c_uint),
                ('type', ctypes.c_int), ('flags4', ctypes.c_char * 4), ('extension', V)]
m = V(lib.mysql_init(None))
assert lib.mysql_real_connect(m, host.encode(), b'lane4', None, b'lanes', int(port), None, ctypes.c_ulong(0))
def prepare(text):
    s = V(lib.mysql_stmt_init(m))
    assert lib.mysql_stmt_prepare(s, text, ctypes.c_ulong(len(text))) == 0
    return s
STRING, BLOB = 254, 252
if how == 'fetch':
    s = prepare(b'SELECT * FROM ' + words[0].encode())
    assert lib.mysql_stmt_execute(s) == 0 and lib.mysql_stmt_store_result(s) == 0
else:
    columns = int(words[0])
    s = prepare(words[1].encode())
    def execute(values, ahead):
        binds = (Bind * columns)()
        kept = []
        for b, v in zip(binds, values):
            n = ctypes.c_ulong(len(v))
            kept.append((n, ctypes.create_string_buffer(v, len(v) + 1)))
            b.length, b.buffer, b.buffer_length, b.type = ctypes.pointer(n), ctypes.cast(kept[-1][1], V), len(v), STRING if len(v) < 1000 else BLOB
        assert lib.mysql_stmt_bind_param(s, binds) == 0
        if ahead:
            for at in range(0, len(values[-1]), 4000):
                part = values[-1][at:at + 4000]
                assert lib.mysql_stmt_send_long_data(s, columns - 1, part, ctypes.c_ulong(len(part))) == 0
        assert lib.mysql_stmt_execute(s) == 0
    if columns == 2:
        for i, path in enumerate(words[2:]):
            execute([str(i).encode(), open(path, 'rb').read()], how == 'ahead')
    else:
        for line in open(words[2]).read().splitlines()[1:]:
            execute([v.encode() for v in line.split(',')], False)
lib.mysql_close(m)
'''


@pytest.fixture
def server(lab, tmp_path_factory):
    """In the namespace that is asked for; gives its folder."""
    started = []

    def start(space, *statements):
        process, folder = database.mariadb(lab, space, tmp_path_factory.mktemp('mariadb'))
        started.append(process)
        for statement in statements:
            sql(lab, space, folder, statement)
        return folder

    yield start
    for process in started:
        lab.stop(process)


def sql(lab, space, folder, statement):
    lab.run(space, 'mariadb', '-S', f'{folder}/socket', '-u', 'root', 'lanes', '-e', statement)


def client(lab, space, host, *words):
    """What comes may be no text."""
    process = lab.start(space, 'mariadb', '--no-defaults', '--local-infile=1', '-h', host, '-P', PORT, '-u', 'lane4', 'lanes', *words,
                        stdout=subprocess.DEVNULL)
    assert process.wait(60) == 0


def python(lab, space, code, host, how, *words):
    done = lab.run(space, '/usr/bin/python3', '-c', code, host, PORT, how, *map(str, words), check=False)
    assert done.returncode == 0, done.stdout


def load(lab, folder, tmp_path, rows=200):
    path = tmp_path / 'reads.csv'
    path.write_bytes(material.plate_csv(7, rows))
    lab.run('lane', 'mariadb', '--local-infile=1', '-S', f'{folder}/socket', '-u', 'root', 'lanes', '-e',
            f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE passages FIELDS TERMINATED BY ',' IGNORE 1 LINES")
    return path


def only_plates(sensor, rows, verdict='unknown'):
    net.wait_for(lambda: database.alerts_of(sensor.alerts(), 'plate-record'), 20, 'the alert')
    records = sensor.finish()
    found = database.alerts_of(records, 'plate-record')
    assert {a['gantry']['verdict'] for a in found} == {verdict}
    assert max(a['gantry']['incident']['distinct_plates'] for a in found) <= rows
    transfers = [t for t in records if t['event']['action'] == 'transfer']
    assert all(t['network']['protocol'] == 'mysql' for t in transfers)
    return transfers


@pytest.mark.parametrize('how', ['plain', 'compressed', 'prepared'])
def test_rows_that_a_stranger_asks_for(lab, server, from_a_stranger, sensor, tmp_path, how):
    load(lab, server('lane', CREATE), tmp_path)
    if how == 'prepared':
        python(lab, 'outside', PREPARED, net.LANE, 'fetch', 'passages')
    else:
        client(lab, 'outside', net.LANE, *(['--compress'] if how == 'compressed' else []), '-e', 'SELECT * FROM passages')
    [table] = only_plates(sensor, 200)
    assert 'hash' not in table['file'] and table['file']['name'] == 'passages' and table['source']['ip'] == net.LANE
    assert table['user']['name'] == 'lane4' and table['file']['path'] == 'lanes'


def test_rows_that_are_asked_for_one_by_one_count_together(lab, server, from_a_stranger, sensor, tmp_path):
    load(lab, server('lane', CREATE), tmp_path, 40)
    python(lab, 'outside', PYMYSQL, net.LANE, 'points')
    assert len(only_plates(sensor, 40)) == 1


@pytest.mark.parametrize('how', ['text', 'prepared'])
def test_rows_that_are_inserted_outside(lab, server, sensor, tmp_path, how):
    server('outside', CREATE)
    path = tmp_path / 'reads.csv'
    path.write_bytes(material.plate_csv(8, 60))
    if how == 'text':
        python(lab, 'lane', PYMYSQL, net.UNAPPROVED, 'rows', path)
    else:
        python(lab, 'lane', PREPARED, net.UNAPPROVED, 'rows', 6,
               'INSERT INTO passages (plate, state, lane, direction, read_time, confidence) VALUES (?,?,?,?,?,?)', path)
    only_plates(sensor, 60, 'unapproved')


def test_a_file_that_is_loaded_outside_has_its_digest(lab, server, sensor, tmp_path):
    server('outside', CREATE)
    path = tmp_path / 'reads.csv'
    path.write_bytes(material.plate_csv(8, 3000))
    python(lab, 'lane', PYMYSQL, net.UNKNOWN, 'file', path)
    [file] = only_plates(sensor, 3000)
    assert file['file']['hash']['sha256'] == material.sha256(path.read_bytes()) and file['file']['name'] == str(path)


@pytest.mark.parametrize('how', ['text', 'prepared', 'ahead', 'hex', 'compressed'])
def test_a_hundred_pictures_that_are_inserted(lab, server, sensor, tmp_path, how):
    server('outside', PICTURES)
    made = database.write_pictures(tmp_path, 9600, 100)
    paths = [path for path, _ in made]
    if how == 'text':
        python(lab, 'lane', PYMYSQL, net.UNKNOWN, 'insert', *paths)
    elif how in ('prepared', 'ahead'):
        python(lab, 'lane', PREPARED, net.UNKNOWN, how, 2, 'INSERT INTO pictures (id, picture) VALUES (?,?)', *paths)
    else:
        text = ''.join(f'INSERT INTO pictures VALUES ({i}, {"0x" + data.hex() if i % 2 else "x" + chr(39) + data.hex() + chr(39)});\n'
                       for i, (_, data) in enumerate(made))
        (tmp_path / 'commands').write_text(text)
        client(lab, 'lane', net.UNKNOWN, *(['--compress'] if how == 'compressed' else []), '-e', f'source {tmp_path}/commands')
    pictures(sensor, made)


@pytest.mark.parametrize('how', ['text', 'prepared', 'dump', 'compressed'])
def test_a_hundred_pictures_that_are_fetched(lab, server, from_a_stranger, sensor, tmp_path, how):
    server('lane', PICTURES)
    made = database.write_pictures(tmp_path, 9700, 100)
    python(lab, 'lane', PYMYSQL, '127.0.0.1', 'insert', *[path for path, _ in made])
    if how == 'text':
        python(lab, 'outside', PYMYSQL, net.LANE, 'fetch', 100)
    elif how == 'prepared':
        python(lab, 'outside', PREPARED, net.LANE, 'fetch', 'pictures')
    elif how == 'dump':
        lab.run('outside', 'mariadb-dump', '--no-defaults', '-h', net.LANE, '-P', PORT, '-u', 'lane4', '-r', str(tmp_path / 'got'), 'lanes')
    else:
        client(lab, 'outside', net.LANE, '--compress', '-e', 'SELECT * FROM pictures')
    pictures(sensor, made)


def pictures(sensor, made):
    wanted = sorted(material.sha256(data) for _, data in made)
    database.wait_digests(sensor, wanted)
    records = sensor.finish()
    assert database.digests(records) == wanted
    assert database.alerts_of(records, 'vehicle-image')
    assert all(t['gantry']['transfer']['complete'] for t in records if t['event']['action'] == 'transfer')


def test_a_value_that_needs_two_packets_has_its_digest(lab, server, sensor, tmp_path):
    server('outside', 'CREATE TABLE pictures (id int, picture longblob)')
    path = tmp_path / 'p.jpg'
    path.write_bytes(material.large_image(5, 17000000, 200, 150))
    python(lab, 'lane', PREPARED, net.UNKNOWN, 'prepared', 2, 'INSERT INTO pictures (id, picture) VALUES (?,?)', path)
    wanted = material.sha256(path.read_bytes())
    database.wait_digests(sensor, [wanted])
    assert database.digests(sensor.finish()) == [wanted]


def test_measurements_are_read_and_silent(lab, server, from_a_stranger, sensor):
    server('lane', 'CREATE TABLE weather (place text, at datetime, celsius double)',
           "INSERT INTO weather SELECT concat('mast ', seq), now(), seq FROM seq_1_to_200")
    client(lab, 'outside', net.LANE, '-e', "SELECT * FROM weather; INSERT INTO weather VALUES ('mast 9', now(), 4)")
    net.wait_for(lambda: [t for t in sensor.transfers() if t['network']['protocol'] == 'mysql'], 10, 'the transfer')
    assert not [r for r in sensor.finish() if r['event']['action'] == 'alert']


def test_an_approved_partner_gets_rows_in_silence(lab, server, sensor, tmp_path):
    server('outside', CREATE)
    path = tmp_path / 'reads.csv'
    path.write_bytes(material.plate_csv(8, 60))
    python(lab, 'lane', PYMYSQL, net.APPROVED, 'rows', path)
    net.wait_for(sensor.transfers, 10, 'the transfer')
    assert not [r for r in sensor.finish() if r['event']['action'] == 'alert']
