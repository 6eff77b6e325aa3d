# SPDX-License-Identifier: Apache-2.0
"""Vectorscan, which Debian has where Hyperscan is not (arm64), in the place of Hyperscan on this machine: the same binary, the same findings."""
import glob
import os
import subprocess

import lab as net
import pytest

CONFIG, CAPTURE = (os.path.join(net.ROOT, 'tools/sample', name) for name in ('gantry.yaml', 'lane-upload.pcap'))


@pytest.fixture(scope='module')
def vectorscan(tmp_path_factory):
    """An environment in which libhs is Vectorscan's: its package conflicts with Hyperscan's, so it is unpacked and not installed."""
    folder = tmp_path_factory.mktemp('vectorscan')
    got = subprocess.run(['apt-get', 'download', '-q', 'libvectorscan5'], cwd=folder, capture_output=True, text=True)
    packages = glob.glob(f'{folder}/libvectorscan5_*.deb')
    if got.returncode != 0 or not packages:
        pytest.skip(f'libvectorscan5 cannot be downloaded: {got.stderr[-200:]}')
    subprocess.run(['dpkg', '-x', packages[0], folder], check=True)
    return {**os.environ, 'LD_LIBRARY_PATH': os.path.dirname(glob.glob(f'{folder}/usr/lib/*/libhs.so.5')[0])}


def alerts(environment=None):
    done = subprocess.run([net.GANTRY, '-q', '--cache', 'none', '-c', CONFIG, '-r', CAPTURE, '-o', 'rfc5424:-'], capture_output=True, text=True,
                          env=environment, timeout=120, check=True)
    return [line.split(' boot="')[0].split(' [', 1)[1] for line in done.stdout.splitlines()]


@pytest.mark.peers
def test_every_example_of_the_shipped_rules_holds_with_vectorscan_in_whole_and_in_pieces(vectorscan):
    assert 'vectorscan' in subprocess.run(['ldd', net.GANTRYCTL], env=vectorscan, capture_output=True, text=True).stdout
    done = subprocess.run([net.GANTRYCTL, 'rules', 'test', os.path.join(net.ROOT, 'rules')], env=vectorscan, capture_output=True, text=True,
                          timeout=120)
    assert done.returncode == 0 and ', 0 failed' in done.stdout, done.stdout


@pytest.mark.peers
def test_the_sample_alerts_the_same_with_vectorscan(vectorscan):
    assert alerts() == alerts(vectorscan) and len(alerts()) >= 4
