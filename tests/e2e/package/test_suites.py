# SPDX-License-Identifier: Apache-2.0
"""The package for Debian 13, by the same script in a root of its own: built there without a warning, installed, and it finds what it finds here."""
import json
import os
import shutil
import subprocess

import lab as net
import pytest
from test_package import BUILD_DEB, Root, mirror

SAMPLE = os.path.join(net.ROOT, 'tools/sample')


@pytest.fixture(scope='module')
def trixie(tmp_path_factory):
    """A root of Debian 13 with the package that was built in it."""
    if not os.environ.get('GANTRY_SUITES'):
        pytest.skip('to build for another Debian takes ten minutes and more: GANTRY_SUITES=1 asks for it')
    where = mirror()
    if os.geteuid() != 0 or not where or not shutil.which('debootstrap'):
        pytest.skip('no root, no Debian mirror is configured for apt, or debootstrap is not installed')
    if net.run('curl', '-sf', '-m', '20', '-o', '/dev/null', f'{where}/dists/trixie/InRelease', check=False).returncode != 0:
        pytest.skip(f'{where} has no trixie')
    folder = tmp_path_factory.mktemp('trixie')
    root = Root(str(folder / 'root'))
    built = net.run(BUILD_DEB, '--suite', 'trixie', '--root', root.path, '--mirror', where, str(folder), stdin=subprocess.DEVNULL, check=False,
                    env={**os.environ, 'DEB_BUILD_OPTIONS': 'optimize=-lto'}, timeout=1800)
    assert built.returncode == 0, built.stdout[-3000:]
    try:
        root.mount('-t', 'proc', 'proc', 'proc')
        shutil.copy(built.stdout.strip().splitlines()[-1], root / 'tmp/gantry.deb')
        root.shell('DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends /tmp/gantry.deb')
        shutil.copytree(SAMPLE, root / 'tmp/sample')
        with open(os.path.join(SAMPLE, 'gantry.yaml')) as f, open(root / 'tmp/sample/gantry.yaml', 'w') as out:
            out.write(f.read().replace('../../rules', '/usr/share/gantry/rules'))
        yield root
    finally:
        root.leave()


def alerts(*words):
    done = subprocess.run([*words, '-q', '--cache', 'none', '-c', 'gantry.yaml', '-r', 'lane-upload.pcap', '-o', 'json:-'], capture_output=True,
                          text=True, timeout=120, cwd=SAMPLE)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return [(r['rule']['id'], r['destination']['ip'], r['gantry']['verdict'], r['gantry']['incident']['state'], r['gantry']['incident']['bytes'])
            for r in found if r['event']['action'] == 'alert']


@pytest.mark.peers
def test_the_package_for_debian_13_installs_there_and_finds_what_it_finds_here(trixie):
    assert trixie.read('etc/debian_version').startswith('13')
    version = net.run(net.GANTRY, '--version').stdout
    assert version and trixie.run('gantry', '--version').stdout == version
    trixie.run('gantry', '-c', '/tmp/sample/gantry.yaml', '--check')
    there = alerts('chroot', trixie.path, 'env', '-C', '/tmp/sample', 'gantry')
    assert {a[2] for a in there} == {'unapproved', 'unknown'} and there == alerts(net.GANTRY)
    assert ', 0 failed' in trixie.run('gantryctl', 'rules', 'test', '/usr/share/gantry/rules').stdout
