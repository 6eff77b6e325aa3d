# SPDX-License-Identifier: Apache-2.0
"""Reads and pictures in a PostgreSQL database: psql, pg_dump and psycopg2 with a server outside, or in the lane and asked from outside."""
import database
import lab as net
import material
import pytest

pytestmark = pytest.mark.peers
PORT = str(database.POSTGRES_PORT)
CREATE = 'CREATE TABLE reads (plate text, state text, lane int, direction text, read_time timestamptz, confidence real)'

PSYCOPG = '''
import sys
import psycopg2
host, port, how, *words = sys.argv[1:]
c = psycopg2.connect(host=host, port=port, user='lane4', dbname='reads', sslmode='disable')
k = c.cursor()
if how == 'insert':
    for i, path in enumerate(words):
        k.execute('INSERT INTO pictures (id, picture) VALUES (%s, %s)', (i, psycopg2.Binary(open(path, 'rb').read())))
elif how == 'fetch':
    k.execute('SELECT id, picture FROM pictures ORDER BY id')
    assert len(k.fetchall()) == int(words[0])
elif how == 'large':
    for path in words:
        c.lobject(0, 'wb', 0, path).close()
elif how == 'export':
    k.execute('SELECT oid FROM pg_largeobject_metadata')
    for oid, in k.fetchall():
        c.lobject(oid, 'rb').export('/dev/null')
elif how == 'rows':
    for line in open(words[0]).read().splitlines()[1:]:
        k.execute('INSERT INTO reads VALUES (%s, %s, %s, %s, %s, %s)', line.split(','))
elif how == 'points':
    k.execute('SELECT count(*) FROM reads')
    for n in range(k.fetchone()[0]):
        k.execute('SELECT plate, lane, read_time FROM reads OFFSET %s LIMIT 1', (n,))
        assert len(k.fetchall()) == 1
c.commit()
c.close()
'''

BIND = '''
import ctypes, sys
host, port, how, *words = sys.argv[1:]
pq = ctypes.CDLL('libpq.so.5')
for name in 'PQconnectdb', 'PQexecParams', 'PQprepare', 'PQexecPrepared':
    getattr(pq, name).restype = ctypes.c_void_p
c = ctypes.c_void_p(pq.PQconnectdb(f'host={host} port={port} user=lane4 dbname=reads sslmode=disable'.encode()))
def done(result, wanted):
    assert pq.PQresultStatus(ctypes.c_void_p(result)) == wanted
COMMAND, TUPLES = 1, 2
if how == 'binary':
    done(pq.PQexecParams(c, b'SELECT * FROM reads', 0, None, None, None, None, 1), TUPLES)
else:
    text = b'INSERT INTO reads (plate, state, lane, direction, read_time, confidence) VALUES ($1,$2,$3,$4,$5,$6)'
    if how == 'prepared':
        done(pq.PQprepare(c, b's', text, 0, None), COMMAND)
    for line in open(words[0]).read().splitlines()[1:]:
        values = (ctypes.c_char_p * 6)(*[v.encode() for v in line.split(',')])
        if how == 'prepared':
            done(pq.PQexecPrepared(c, b's', 6, values, None, None, 0), COMMAND)
        else:
            done(pq.PQexecParams(c, text, 6, None, values, None, None, 0), COMMAND)
pq.PQfinish(c)
'''


@pytest.fixture
def server(lab, tmp_path_factory):
    """In the namespace that is asked for; gives its folder."""
    started = []

    def start(space, *statements, words=()):
        process, folder = database.postgresql(lab, space, tmp_path_factory.mktemp('postgresql'), *words)
        started.append(process)
        for statement in statements:
            psql(lab, space, folder, '-c', statement)
        return folder

    yield start
    for process in started:
        lab.stop(process, 2)


def psql(lab, space, host, *words, database='reads'):
    done = lab.run(space, 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-h', host, '-p', PORT, '-U', 'lane4', database, *words, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


def psycopg(lab, space, host, how, *words):
    lab.run(space, '/usr/bin/python3', '-c', PSYCOPG, host, PORT, how, *map(str, words))


def load(lab, space, folder, tmp_path, rows=200):
    path = tmp_path / 'reads.csv'
    path.write_bytes(material.plate_csv(7, rows))
    psql(lab, space, folder, '-c', CREATE, '-c', f'\\copy reads FROM {path} CSV HEADER')
    return path


def only_plates(records, rows, verdict='unknown'):
    found = database.alerts_of(records, 'plate-record')
    assert found and {a['gantry']['verdict'] for a in found} == {verdict}
    assert max(a['gantry']['incident']['distinct_plates'] for a in found) <= rows


def test_rows_that_a_stranger_asks_for(lab, server, from_a_stranger, sensor, tmp_path):
    load(lab, 'lane', server('lane'), tmp_path)
    psql(lab, 'outside', net.LANE, '-c', 'SELECT * FROM reads')
    net.wait_for(lambda: database.alerts_of(sensor.alerts(), 'plate-record'), 10, 'the alert')
    records = sensor.finish()
    only_plates(records, 200)
    [table] = [t for t in records if t['event']['action'] == 'transfer']
    assert 'hash' not in table['file'] and table['network']['protocol'] == 'postgresql' and table['file']['name'] == 'reads'
    assert table['source']['ip'] == net.LANE and table['user']['name'] == 'lane4' and table['file']['path'] == 'reads'


def test_rows_that_are_asked_for_one_by_one_count_together(lab, server, from_a_stranger, sensor, tmp_path):
    load(lab, 'lane', server('lane'), tmp_path, 40)
    psycopg(lab, 'outside', net.LANE, 'points')
    net.wait_for(lambda: database.alerts_of(sensor.alerts(), 'plate-record'), 20, 'the alert')
    records = sensor.finish()
    only_plates(records, 40)
    assert len([t for t in records if t['event']['action'] == 'transfer']) == 1


def test_rows_that_are_inserted_outside(lab, server, sensor, tmp_path):
    server('outside', CREATE)
    path = tmp_path / 'reads.csv'
    path.write_bytes(material.plate_csv(8, 60))
    psycopg(lab, 'lane', net.UNAPPROVED, 'rows', path)
    net.wait_for(lambda: database.alerts_of(sensor.alerts(), 'plate-record'), 10, 'the alert')
    only_plates(sensor.finish(), 60, 'unapproved')


@pytest.mark.parametrize('values', ['text', 'prepared'])
def test_rows_that_are_bound_to_a_statement(lab, server, sensor, tmp_path, values):
    server('outside', CREATE)
    path = tmp_path / 'reads.csv'
    path.write_bytes(material.plate_csv(9, 30))
    lab.run('lane', '/usr/bin/python3', '-c', BIND, net.UNKNOWN, PORT, values, str(path))
    net.wait_for(lambda: database.alerts_of(sensor.alerts(), 'plate-record'), 10, 'the alert')
    records = sensor.finish()
    only_plates(records, 30)
    assert [t['file']['name'] for t in records if t['event']['action'] == 'transfer'] == ['reads']


def test_rows_in_binary(lab, server, from_a_stranger, sensor, tmp_path):
    load(lab, 'lane', server('lane'), tmp_path, 50)
    lab.run('outside', '/usr/bin/python3', '-c', BIND, net.LANE, PORT, 'binary')
    net.wait_for(lambda: database.alerts_of(sensor.alerts(), 'plate-record'), 10, 'the alert')
    only_plates(sensor.finish(), 50)


@pytest.mark.parametrize('form', ['CSV HEADER', ''], ids=['csv', 'text'])
def test_a_table_that_is_copied_out_has_the_digest_of_its_bytes(lab, server, from_a_stranger, sensor, tmp_path, form):
    load(lab, 'lane', server('lane'), tmp_path)
    got = tmp_path / 'got'
    psql(lab, 'outside', net.LANE, '-c', f"\\copy reads TO '{got}' {form}")
    wanted = [material.sha256(got.read_bytes())]
    database.wait_digests(sensor, wanted)
    records = sensor.finish()
    assert database.digests(records) == wanted
    only_plates(records, 200)


@pytest.mark.parametrize('form', ['CSV HEADER', 'BINARY'], ids=['csv', 'binary'])
def test_a_file_that_is_copied_in_has_its_digest(lab, server, sensor, tmp_path, form):
    folder = server('outside', CREATE)
    path = load_file(lab, folder, tmp_path, form)
    psql(lab, 'lane', net.UNKNOWN, '-c', f"\\copy other FROM '{path}' {form}")
    wanted = [material.sha256(path.read_bytes())]
    database.wait_digests(sensor, wanted)
    records = sensor.finish()
    assert database.digests(records) == wanted
    [t] = [t for t in records if t['event']['action'] == 'transfer']
    assert t['file']['name'] == 'other' and t['gantry']['transfer']['complete']


def load_file(lab, folder, tmp_path, form):
    path, copy = tmp_path / 'reads.csv', tmp_path / 'copy'
    path.write_bytes(material.plate_csv(7, 100))
    psql(lab, 'outside', folder, '-c', f'\\copy reads FROM {path} CSV HEADER', '-c', f"\\copy reads TO '{copy}' {form}",
         '-c', 'CREATE TABLE other (LIKE reads)')
    return copy


def test_a_hundred_pictures_that_are_inserted(lab, server, sensor, tmp_path):
    server('outside', 'CREATE TABLE pictures (id int, picture bytea)')
    made = database.write_pictures(tmp_path, 9600, 100)
    psycopg(lab, 'lane', net.UNKNOWN, 'insert', *[path for path, _ in made])
    wanted = sorted(material.sha256(data) for _, data in made)
    database.wait_digests(sensor, wanted)
    records = sensor.finish()
    assert database.digests(records) == wanted
    assert database.alerts_of(records, 'vehicle-image')


@pytest.mark.parametrize('how', ['fetch', 'dump', 'binary'])
def test_a_hundred_pictures_that_are_fetched(lab, server, from_a_stranger, sensor, tmp_path, how):
    server('lane', 'CREATE TABLE pictures (id int, picture bytea)')
    made = database.write_pictures(tmp_path, 9700, 100)
    psycopg(lab, 'lane', '127.0.0.1', 'insert', *[path for path, _ in made])
    wanted = sorted(material.sha256(data) for _, data in made)
    if how == 'fetch':
        psycopg(lab, 'outside', net.LANE, how, 100)
    elif how == 'binary':
        psql(lab, 'outside', net.LANE, '-c', f"\\copy pictures TO '{tmp_path}/got' BINARY")
        wanted = sorted([*wanted, material.sha256((tmp_path / 'got').read_bytes())])
    else:
        lab.run('outside', 'pg_dump', '-h', net.LANE, '-p', PORT, '-U', 'lane4', '-f', str(tmp_path / 'got'), 'reads')
        body = (tmp_path / 'got').read_text().split('FROM stdin;\n', 1)[1].split('\\.\n', 1)[0]
        wanted = sorted([*wanted, material.sha256(body.encode())])
    database.wait_digests(sensor, wanted)
    records = sensor.finish()
    # What stands behind the first picture in the stream of COPY itself is looked at too, in eight pieces.
    assert [d for d in database.digests(records) if how != 'binary' or d in wanted] == wanted
    assert len(database.digests(records)) <= len(wanted) + (8 if how == 'binary' else 0)
    assert database.alerts_of(records, 'vehicle-image')
    assert all(t['gantry']['transfer']['complete'] for t in records if t['event']['action'] == 'transfer')


@pytest.mark.parametrize('how', ['written', 'read'])
def test_pictures_in_large_objects(lab, server, from_a_stranger, sensor, tmp_path, how):
    server('outside' if how == 'written' else 'lane')
    made = database.write_pictures(tmp_path, 9800, 20, (640, 480))
    psycopg(lab, 'lane', net.UNKNOWN if how == 'written' else '127.0.0.1', 'large', *[path for path, _ in made])
    if how == 'read':
        psycopg(lab, 'outside', net.LANE, 'export')
    wanted = sorted(material.sha256(data) for _, data in made)
    database.wait_digests(sensor, wanted)
    assert database.digests(sensor.finish()) == wanted


def test_what_tls_protects_is_an_encrypted_flow(lab, server, sensor):
    server('outside', CREATE, words=('-c', 'ssl=on'))
    lab.run('lane', 'psql', '-X', f'host={net.UNAPPROVED} port={PORT} user=lane4 dbname=reads sslmode=require', '-c',
            "INSERT INTO reads VALUES ('KXR4471', 'TX', 4, 'inbound', '2026-05-31 04:11:58', 0.9)")
    sensor.wait_alert(lambda a: 'encrypted-flow' in a['gantry']['classes'] and a['destination']['ip'] == net.UNAPPROVED)
    records = sensor.finish()
    assert not [t for t in records if t['event']['action'] == 'transfer']
    assert not database.alerts_of(records, 'plate-record') and not database.alerts_of(records, 'unread-flow')


def test_measurements_are_read_and_silent(lab, server, from_a_stranger, sensor):
    server('lane', 'CREATE TABLE weather (place text, at timestamptz, celsius real)',
           "INSERT INTO weather SELECT 'mast ' || n, now(), n FROM generate_series(1, 200) n")
    psql(lab, 'outside', net.LANE, '-c', 'SELECT * FROM weather', '-c', "INSERT INTO weather VALUES ('mast 9', now(), 4)")
    net.wait_for(lambda: [t for t in sensor.transfers() if t['network']['protocol'] == 'postgresql'], 10, 'the transfer')
    assert not [r for r in sensor.finish() if r['event']['action'] == 'alert']


def test_an_approved_partner_gets_rows_in_silence(lab, server, sensor, tmp_path):
    server('outside', CREATE)
    path = tmp_path / 'reads.csv'
    path.write_bytes(material.plate_csv(8, 60))
    psycopg(lab, 'lane', net.APPROVED, 'rows', path)
    net.wait_for(sensor.transfers, 10, 'the transfer')
    assert not [r for r in sensor.finish() if r['event']['action'] == 'alert']


@pytest.mark.parametrize('how', ['insert', 'fetch'])
def test_a_damaged_session_gives_what_is_whole_of_it(lab, server, from_a_stranger, torture, tmp_path, how):
    server('outside' if how == 'insert' else 'lane', 'CREATE TABLE pictures (id int, picture bytea)')
    made = database.write_pictures(tmp_path, 9900, 20)
    paths = [path for path, _ in made]
    if how == 'fetch':
        psycopg(lab, 'lane', '127.0.0.1', 'insert', *paths)
    with torture.session() as s:
        if how == 'insert':
            psycopg(lab, 'lane', net.UNKNOWN, 'insert', *paths)
        else:
            psycopg(lab, 'outside', net.LANE, 'fetch', 20)
    s.check({material.sha256(data) for _, data in made})
