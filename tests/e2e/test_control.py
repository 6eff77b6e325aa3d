# SPDX-License-Identifier: Apache-2.0
"""gantryctl and the running sensor: who may ask, what is answered, and what happens when either misbehaves."""
import os
import pwd
import signal
import socket
import stat
import subprocess
import time

import lab as net
import material
import pytest
from test_http import curl, server, url  # noqa: F401
from test_sandbox import upload

ACCOUNT = 'daemon'  # of a group of its own on every Debian, unlike nobody
OUTSIDER = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
MEMBER = ['setpriv', '--reuid=65534', '--regid=65534', f'--groups={pwd.getpwnam(ACCOUNT).pw_gid}']


@pytest.fixture
def own(lab, tmp_path):
    """A sensor with an account of its own."""
    with net.Sensor(lab, tmp_path, more=f'sandbox: {{user: {ACCOUNT}}}', options=['-w', '2', '-f', 'tcp']) as sensor:
        yield sensor


def test_status_shows_what_runs_and_the_same_numbers_as_the_stats_record(lab, server, own, work):
    upload(lab, own, work, 700)
    time.sleep(0.5)
    answer = own.ask('status', '--json')
    assert answer['interface'] == 'span0' and answer['name'] == 'edge-1'
    pids = sorted(w['pid'] for w in answer['workers'])
    assert pids == sorted(own.children()['worker']) and len(pids) == 2
    assert sum(w['packets'] for w in answer['workers']) == answer['stats']['capture']['packets'] > 0
    seen = answer['stats']['capture']['packets']
    own.finish()
    last = own.records('stats')[-1]['gantry']['stats']
    assert last['capture']['packets'] == seen
    assert not os.path.exists(own.control), 'the socket goes with the sensor'


def test_status_shows_the_sandbox_in_force(lab, own):
    lines = own.ask('status', '--json')['sandbox']
    assert [line.split(':')[0] for line in lines] == ['supervisor', 'worker', 'reporter']
    user = pwd.getpwnam(ACCOUNT).pw_uid
    assert all(f'user {user}, no capabilities, no new privileges' in line for line in lines)


def test_root_and_the_group_may_ask_and_nobody_else(lab, own):
    folder, path = os.stat(os.path.dirname(own.control)), os.stat(own.control)
    group = pwd.getpwnam(ACCOUNT).pw_gid
    assert stat.S_IMODE(path.st_mode) == 0o660 and path.st_gid == group
    assert stat.S_IMODE(folder.st_mode) == 0o750 and folder.st_gid == group
    assert own.ask('status', command=MEMBER).returncode == 0
    refused = own.ask('status', command=OUTSIDER, check=False)
    assert refused.returncode == 1 and 'run this as root, or join the group' in refused.stderr
    # The socket's own permissions are not the only guard.
    os.chmod(os.path.dirname(own.control), 0o755)
    os.chmod(own.control, 0o666)
    refused = own.ask('status', command=OUTSIDER, check=False)
    assert refused.returncode == 1 and 'only root and members' in refused.stderr
    assert own.ask('status', '--json')['stats']['control']['refused'] == 1
    assert 'control socket: process' in open(own.log).read()
    assert own.ask('status', command=MEMBER).returncode == 0
