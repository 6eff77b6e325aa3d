# SPDX-License-Identifier: Apache-2.0
import atexit
import itertools
import os
import shutil
import subprocess
import sys
import tempfile

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
# What several tests share lies here, the tests of each subject in a folder of its own; some lend their fixtures to others.
sys.path[:0] = [HERE, *sorted(f.path for f in os.scandir(HERE) if f.is_dir() and f.name[0] not in '._')]

import lab as laboratory  # noqa: E402
import material  # noqa: E402
import torture as damage  # noqa: E402

NUMBERS = itertools.count(1)

# Compiled rules of the tests stay out of the user's own folder.
if 'XDG_CACHE_HOME' not in os.environ:
    os.environ['XDG_CACHE_HOME'] = tempfile.mkdtemp(prefix='gantry-cache-')
    atexit.register(shutil.rmtree, os.environ['XDG_CACHE_HOME'], ignore_errors=True)


def pytest_configure(config):
    """A folder of this run's own: the usual one is closed to the sensor's account whenever another pytest begins."""
    config.addinivalue_line('markers', 'peers: needs large servers or clients; tests/run peers runs it, tests/run does not')
    if not config.option.basetemp and not hasattr(config, 'workerinput'):
        config.option.basetemp = tempfile.mkdtemp(prefix='gantry-e2e-')
        atexit.register(shutil.rmtree, config.option.basetemp, ignore_errors=True)


@pytest.fixture(scope='session')
def lab(tmp_path_factory):
    if os.geteuid() != 0:
        pytest.skip('network namespaces need root')
    network = laboratory.Lab(tmp_path_factory.mktemp('lab'))
    try:
        network.up()
        yield network
    finally:
        network.down()


@pytest.fixture
def sensor(lab, tmp_path):
    with laboratory.Sensor(lab, tmp_path) as s:
        yield s


@pytest.fixture(scope='module')
def watch(lab, tmp_path_factory):
    """One sensor for the many cases of a file; each goes to a stranger of its own."""
    with laboratory.Sensor(lab, tmp_path_factory.mktemp('watch'), events='alert,transfer,flow,stats') as s:
        yield s


@pytest.fixture
def from_a_stranger(lab):
    """Who asks the lane from outside is nobody's partner."""
    with lab.outside_as(laboratory.UNKNOWN):
        yield


@pytest.fixture
def torture(lab, tmp_path):
    made = damage.Torture(lab, tmp_path)
    yield made
    assert made.replay.finish() == 0, made.replay.last_words()


@pytest.fixture
def picture(tmp_path):
    """Another one for each test: (path, bytes, address of the stranger that gets it)."""
    n = next(NUMBERS)
    path = tmp_path / f'20260531-041158_L04_KXR{4000 + n}.jpg'
    path.write_bytes(material.lane_image(7000 + n))
    return str(path), path.read_bytes(), laboratory.stranger(n)


@pytest.fixture
def work(tmp_path):
    """A folder that servers running as other users may read and write."""
    folder = tmp_path / 'work'
    folder.mkdir()
    os.chmod(folder, 0o777)
    for parent in folder.parents:
        if str(parent) != '/' and parent.stat().st_uid == os.getuid() and str(parent).startswith('/tmp/'):
            os.chmod(parent, parent.stat().st_mode | 0o055)
    yield str(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope='session')
def nginx(lab, tmp_path_factory):
    """nginx as the image store in the lane network: (document folder, port)."""
    folder = tmp_path_factory.mktemp('nginx')
    for parent in [folder, *folder.parents]:
        if str(parent).startswith('/tmp/'):
            os.chmod(parent, parent.stat().st_mode | 0o055)
    (folder / 'root').mkdir()
    port = 8088
    (folder / 'nginx.conf').write_text(f'''
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 512; }}
http {{
  access_log off; default_type application/octet-stream; gzip on; gzip_types *; gzip_min_length 100;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  types {{ image/jpeg jpg; text/csv csv; }}
  server {{ listen {port}; listen [::]:{port}; root {folder}/root; }}
}}''')
    process = lab.start('lane', 'nginx', '-c', str(folder / 'nginx.conf'), '-p', str(folder))
    lab.wait_port('lane', '::', port)
    yield str(folder / 'root'), port
    lab.stop(process)


@pytest.fixture(scope='module')
def sshd(lab, tmp_path_factory):
    """Outside; gives the words of a client that it lets in as root, its port, and a folder that it may write."""
    folder, port = tmp_path_factory.mktemp('sshd'), 2222
    for name in 'host', 'client':
        subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', folder / name], check=True)
    os.makedirs('/run/sshd', exist_ok=True)
    (folder / 'sshd_config').write_text(
        f'Port {port}\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/client.pub\nStrictModes no\nUsePAM no\nPermitRootLogin yes\n'
        'PidFile none\nSubsystem sftp internal-sftp\n')
    process = lab.start('outside', '/usr/sbin/sshd', '-D', '-e', '-f', str(folder / 'sshd_config'), stderr=subprocess.DEVNULL)
    lab.wait_port('outside', '', port)
    yield ['-q', '-i', f'{folder}/client', '-o', 'StrictHostKeyChecking=no', '-o', f'UserKnownHostsFile={folder}/known'], port, folder
    lab.stop(process)
