# SPDX-License-Identifier: Apache-2.0
"""Servers of databases with a folder of their own, and what their tests ask of the sensor's records."""
import atexit
import functools
import glob
import os
import shutil
import tempfile

import lab as net
import material

POSTGRES_PORT, MARIADB_PORT = 5439, 3309


def postgresql(lab, space, folder, *words):
    """A PostgreSQL server; the user lane4 and the database reads are there, nobody needs a password."""
    programs = sorted(glob.glob('/usr/lib/postgresql/*/bin'))[-1]
    folder = str(folder)
    net.reachable(folder)
    shutil.chown(folder, 'postgres')
    data = f'{folder}/data'
    as_postgres = ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', 'env', '-C', folder]
    net.run(*as_postgres, f'{programs}/initdb', '-D', data, '-A', 'trust', '-U', 'lane4', '-E', 'UTF8', '--locale=C', '-N')
    with open(f'{data}/pg_hba.conf', 'w') as f:
        f.write('local all all trust\nhost all all 0.0.0.0/0 trust\n')
    net.run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', f'{data}/server.key', '-out', f'{data}/server.crt', '-subj',
            '/CN=store.example', '-days', '2')
    net.run('chown', 'postgres', f'{data}/server.key', f'{data}/server.crt')
    os.chmod(f'{data}/server.key', 0o600)
    process = lab.start(space, *as_postgres, f'{programs}/postgres', '-D', data, '-k', folder, '-p', str(POSTGRES_PORT),
                        '-c', 'listen_addresses=*', '-c', 'fsync=off', '-c', 'log_min_messages=fatal', *words)
    lab.wait_port(space, '0.0.0.0', POSTGRES_PORT)
    net.wait_for(lambda: lab.run(space, 'psql', '-h', folder, '-p', str(POSTGRES_PORT), '-U', 'lane4', 'postgres', '-c', 'CREATE DATABASE reads',
                                 check=False).returncode == 0, 20, 'the database')
    return process, folder


@functools.cache
def fresh_mariadb():
    """A folder of data that each server gets a copy of. To make it is dear, and fails now and then where another one is made."""
    folder = tempfile.mkdtemp(prefix='gantry-mariadb-')
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.chmod(folder, 0o755)
    shutil.chown(folder, 'mysql')
    for _ in range(5):
        done = net.run('mariadb-install-db', '--no-defaults', f'--datadir={folder}/data', '--user=mysql', '--auth-root-authentication-method=normal',
                       '--skip-test-db', check=False)
        if done.returncode == 0:
            return f'{folder}/data'
        shutil.rmtree(f'{folder}/data', ignore_errors=True)
    raise AssertionError(done.stdout)


def mariadb(lab, space, folder, *words):
    """A MariaDB server; the user lane4 and the database lanes are there, nobody needs a password."""
    folder = str(folder)
    net.reachable(folder)
    shutil.chown(folder, 'mysql')
    options = ['--no-defaults', f'--datadir={folder}/data', '--user=mysql']
    net.run('cp', '-a', fresh_mariadb(), f'{folder}/data')
    process = lab.start(space, 'mariadbd', *options, f'--socket={folder}/socket', f'--port={MARIADB_PORT}', '--bind-address=0.0.0.0',
                        f'--pid-file={folder}/pid', f'--log-error={folder}/log', '--local-infile=1', '--innodb-flush-log-at-trx-commit=0',
                        '--max-allowed-packet=64M', *words)
    lab.wait_port(space, '0.0.0.0', MARIADB_PORT)
    create = "CREATE DATABASE lanes; CREATE USER lane4@'%'; GRANT ALL ON *.* TO lane4@'%'"
    net.wait_for(lambda: lab.run(space, 'mariadb', '-S', f'{folder}/socket', '-u', 'root', '-e', create, check=False).returncode == 0, 20, 'the database')
    return process, folder


def table(seed, rows):
    """Plate reads, a row each: plate, state, lane, direction, time, confidence."""
    return [line.split(',') for line in material.plate_csv(seed, rows).decode().splitlines()[1:]]


def digests(records):
    return sorted(t['file']['hash']['sha256'] for t in records if t['event']['action'] == 'transfer' and 'hash' in t['file'])


def alerts_of(records, kind):
    return [a for a in records if a['event']['action'] == 'alert' and kind in a['gantry'].get('classes', [])]


def wait_digests(sensor, wanted):
    net.wait_for(lambda: set(wanted) <= {t['file'].get('hash', {}).get('sha256') for t in sensor.transfers()}, 30, 'all digests')


def write_pictures(folder, seed, count, size=(200, 150)):
    """(path, bytes) of each."""
    made = [(str(folder / f'p{i}.jpg'), material.lane_image(seed + i, *size)) for i in range(count)]
    for path, data in made:
        with open(path, 'wb') as f:
            f.write(data)
    os.chmod(folder, 0o755)
    return made
