# SPDX-License-Identifier: Apache-2.0
"""Servers of databases with a folder of their own, and what their tests ask of the sensor's records."""
import glob
import os
import shutil

import lab as net
import material

POSTGRES_PORT, MARIADB_PORT = 5439, 3309


def postgresql(lab, space, folder):
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
    process = lab.start(space, *as_postgres, f'{programs}/postgres', '-D', data, '-k', folder, '-p', str(POSTGRES_PORT),
                        '-c', 'listen_addresses=*', '-c', 'fsync=off', '-c', 'log_min_messages=fatal')
    lab.wait_port(space, '0.0.0.0', POSTGRES_PORT)
    net.wait_for(lambda: lab.run(space, 'psql', '-h', folder, '-p', str(POSTGRES_PORT), '-U', 'lane4', 'postgres', '-c', 'CREATE DATABASE reads',
                                 check=False).returncode == 0, 20, 'the database')
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


def write_pictures(folder, seed, count):
    """(path, bytes) of each."""
    made = [(str(folder / f'p{i}.jpg'), material.lane_image(seed + i, 200, 150)) for i in range(count)]
    for path, data in made:
        with open(path, 'wb') as f:
            f.write(data)
    os.chmod(folder, 0o755)
    return made
