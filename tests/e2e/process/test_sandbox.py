# SPDX-License-Identifier: Apache-2.0
"""What the running sensor's processes have given up, and that outputs work all the same. What each role is refused when
it tries is shown by tests/unit/process/test_sandbox.c."""
import os
import pwd
import signal
import time

import lab as net
import material
import pytest
from test_http import curl, server, url  # noqa: F401


def status(pid):
    with open(f'/proc/{pid}/status') as f:
        return dict(line.rstrip('\n').split(':\t', 1) for line in f if ':\t' in line)


def limit(pid, name):
    with open(f'/proc/{pid}/limits') as f:
        line = next(line for line in f if line.startswith(name))
    return line[len(name):].split()[:2]


def user():
    try:
        return pwd.getpwnam('gantry')
    except KeyError:
        return pwd.getpwnam('nobody')


def upload(lab, sensor, work, seed, name='L04.jpg'):
    path = os.path.join(work, name)
    data = material.lane_image(seed)
    with open(path, 'wb') as f:
        f.write(data)
    curl(lab, '-T', path, url(net.UNAPPROVED, '/in/'))
    return sensor.wait_transfer(material.sha256(data))


def test_every_process_is_unprivileged_and_filtered(lab, server, sensor, work):
    upload(lab, sensor, work, 300)
    children = sensor.children()
    assert len(children['worker']) >= 1 and len(children['reporter']) == 1
    for pid in [sensor.process.pid, *children['worker'], *children['reporter']]:
        s = status(pid)
        assert set(s['Uid'].split()) == {str(user().pw_uid)} and set(s['Gid'].split()) == {str(user().pw_gid)}
        assert s['Groups'].strip() == ''
        assert all(int(s[c], 16) == 0 for c in ('CapEff', 'CapPrm', 'CapInh', 'CapBnd', 'CapAmb'))
        assert s['NoNewPrivs'] == '1' and s['Seccomp'] == '2'
        assert limit(pid, 'Max core file size') == ['0', '0']
    for pid in children['worker']:
        assert limit(pid, 'Max processes') == ['0', '0']
        assert int(limit(pid, 'Max data size')[0]) < 2 << 30
        room = int(limit(pid, 'Max data size')[0]) - (int(status(pid)['VmData'].split()[0]) << 10)
        assert 256 << 20 < room < 384 << 20


def test_weakening_the_sandbox_works_and_is_loud(lab, server, tmp_path, work):
    more = 'sandbox: {seccomp: off, landlock: off, user: root}'
    with net.Sensor(lab, tmp_path, more=more, options=['-v']) as sensor:
        upload(lab, sensor, work, 301)
        pids = [sensor.process.pid, *sensor.children()['worker']]
        assert all(status(p)['Seccomp'] == '0' and status(p)['Uid'].split()[0] == '0' for p in pids)
    log = open(sensor.log).read()
    for what in ('sandbox.seccomp is off', 'sandbox.landlock is off', 'keeps running as root'):
        assert [line for line in log.splitlines() if 'warning: ' in line and what in line], what
    assert 'sandbox: worker: user 0, no capabilities' in log


def test_the_log_tells_at_start_what_is_in_force(lab, tmp_path):
    with net.Sensor(lab, tmp_path, options=['-v']) as sensor:
        pass
    log = open(sensor.log).read()
    for role in ('supervisor', 'worker', 'reporter'):
        assert f'sandbox: {role}: user {user().pw_uid}, no capabilities, no new privileges' in log
    assert 'sandbox.' not in log, 'nothing is weakened'


def rotate(sensor):
    os.rename(sensor.json, sensor.json + '.1')
    sensor.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)


def test_a_rotated_file_is_opened_again_where_the_account_may_write(lab, server, tmp_path, work):
    folder = os.path.join(work, 'log')
    os.mkdir(folder)
    os.chown(folder, user().pw_uid, user().pw_gid)
    with net.Sensor(lab, folder) as sensor:
        upload(lab, sensor, work, 302)
        rotate(sensor)
        upload(lab, sensor, work, 303)
        os.kill(sensor.children()['reporter'][0], signal.SIGHUP)  # not rotated: the sensor's own file
        upload(lab, sensor, work, 304)
    assert 'cannot open' not in open(sensor.log).read()
    assert os.stat(sensor.json).st_uid == user().pw_uid


@pytest.fixture
def closed(lab, tmp_path):
    """A sensor whose outputs lie where only root may look."""
    folder = tmp_path / 'closed'
    folder.mkdir(mode=0o700)
    with net.Sensor(lab, folder, state=tmp_path / 'state') as sensor:
        yield sensor


def test_a_file_that_cannot_be_opened_again_goes_on_and_that_is_told(lab, server, closed, work):
    upload(lab, closed, work, 305)
    closed.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    upload(lab, closed, work, 306)
    assert 'cannot open it again: Permission denied; going on with the old file' in open(closed.log).read()


def test_the_successor_of_a_reporter_writes_where_only_root_could_open(lab, server, closed, work):
    upload(lab, closed, work, 307)
    os.kill(closed.children()['reporter'][0], signal.SIGKILL)
    upload(lab, closed, work, 308)


def shared_maps(pid):
    """Of this process: what it shares with others, by inode, with the widest rights that any mapping has."""
    found = {}
    with open(f'/proc/{pid}/maps') as f:
        for line in f:
            words = line.split(maxsplit=5)
            if words[1].endswith('s'):
                key = (words[3], words[4], words[5].strip() if len(words) > 5 else '')
                found[key] = max(found.get(key, ''), words[1])
    return found


def writable(pid):
    return {key for key, rights in shared_maps(pid).items() if 'w' in rights}


def test_a_worker_shares_no_writable_page_with_its_siblings_and_writes_to_two_descriptors(lab, tmp_path):
    with net.Sensor(lab, tmp_path, options=['-w', '3']) as sensor:
        workers, reporter = sensor.children()['worker'], sensor.children()['reporter'][0]
        assert len(workers) == 3
        for i, a in enumerate(workers):
            for b in workers[i + 1:]:
                assert writable(a) & writable(b) == set()
            names = sorted(key[2].removesuffix(' (deleted)') for key in writable(a))
            assert [n for n in names if not n.startswith('socket:')] == [
                '/memfd:gantry-board', '/memfd:gantry-files', '/memfd:gantry-ring', '/memfd:gantry-status']
            assert {key[2].removesuffix(' (deleted)') for key in set(shared_maps(a)) - writable(a)} == {
                '/memfd:gantry-answers', '/memfd:gantry-bell', '/memfd:gantry-blame', '/memfd:gantry-board'}  # the siblings' boards
            ends = {n: os.readlink(f'/proc/{a}/fd/{n}') for n in os.listdir(f'/proc/{a}/fd')}
            kinds = sorted(e.split(':')[0] for n, e in ends.items() if int(n) > 2 and not e.startswith('/sys/'))
            assert kinds == ['anon_inode', 'socket', 'socket'], ends  # bell, capture, new configurations
        [examiner] = sensor.children()['examiner']
        names = sorted(key[2].removesuffix(' (deleted)') for key in writable(examiner))
        assert [n for n in names if not n.startswith('socket:')] == ['/memfd:gantry-answers', '/memfd:gantry-ring', '/memfd:gantry-status']
        assert {key[2].removesuffix(' (deleted)') for key in set(shared_maps(examiner)) - writable(examiner) if 'gconv' not in key[2]} == {
            '/memfd:gantry-bell', '/memfd:gantry-blame', '/memfd:gantry-files'}
        assert not [key for key in writable(reporter) if 'gantry-status' in key[2] or 'gantry-blame' in key[2]]
