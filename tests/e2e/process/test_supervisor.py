# SPDX-License-Identifier: Apache-2.0
"""The supervisor waits for nobody: a reporter that starts slowly, workers that end by themselves, a capture that is gone, a stop
in the midst of a reload."""
import contextlib
import os
import signal
import socket
import subprocess
import threading
import time

import lab as net
import pytest
from test_crashes import EVENTS, counters, make, notices, upload, wait_new_worker
from test_http import curl, server, url  # noqa: F401
from test_reload import IN_FORCE, OVER, change, log

HERE = os.path.dirname(os.path.abspath(__file__))


@pytest.fixture(scope='module')
def slow_open(tmp_path_factory):
    return net.preloaded(tmp_path_factory.mktemp('slow'), os.path.join(HERE, 'slow_open.c'))


class Manager:
    """A service manager with a watchdog: when it was told what."""

    def __init__(self, folder):
        self.path = str(folder / 'notify')
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        os.chmod(self.path, 0o777)
        self.told = []
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            text = self.socket.recv(4096).decode()
            self.told.append((time.monotonic(), text.split('\n')[0]))

    def longest_silence(self, begin):
        beats = [t for t, what in self.told if what == 'WATCHDOG=1' and t > begin] + [time.monotonic()]
        return max(b - a for a, b in zip([begin, *beats], beats))


@contextlib.contextmanager
def slow_reporter(lab, tmp_path, library, ms):
    """(sensor, its manager): once it runs every further start of the reporter takes so long."""
    sensor = net.Sensor(lab, tmp_path, events=EVENTS, options=['-w', '1'])
    manager = Manager(tmp_path)
    sensor.words = ['env', f'LD_PRELOAD={library}', f'SLOW_OPEN_MS={ms}', f'NOTIFY_SOCKET={manager.path}',
                    'WATCHDOG_USEC=1000000', *sensor.words]
    with sensor:
        open(os.path.join(sensor.state, 'slow'), 'w').close()
        yield sensor, manager


def kill_reporter(sensor):
    old = sensor.children()['reporter'][0]
    os.kill(old, signal.SIGKILL)
    return new_reporter(sensor, old)


def new_reporter(sensor, old):
    """Once the old one has ended; before that who loads a configuration would be mistaken for it."""
    return net.wait_for(lambda: (now := sensor.children()['reporter']) and old not in now and now, 5, 'a new reporter')[0]


def test_a_reporter_that_starts_slowly_holds_up_nobody_and_is_told_of(lab, server, tmp_path, work, slow_open):  # noqa: F811
    with slow_reporter(lab, tmp_path, slow_open, 7000) as (sensor, manager):
        assert [what for _, what in manager.told].count('READY=1') == 1
        upload(lab, sensor, work, 470)
        begin = time.monotonic()
        kill_reporter(sensor)
        workers = sensor.children()['worker']
        os.kill(workers[0], signal.SIGKILL)
        wait_new_worker(sensor, workers)
        time.sleep(0.3)
        path, digest = make(work, 471)
        curl(lab, '-T', path, url(net.UNAPPROVED, '/in/'))
        net.wait_for(lambda: 'the reporter has been starting for more than 5 seconds' in log(sensor), 7, 'the warning')
        sensor.wait_transfer(digest, 10)
        assert time.monotonic() - begin > 6.5
        assert manager.longest_silence(begin) < 0.9, 'half of the watchdog is 0.5 s'
        assert net.wait_for(lambda: notices(sensor), 3, 'the notice of the worker')
    told = notices(sensor, 'reporter-late')
    assert len(told) == 1 and 'took 7 seconds to start' in told[0]['rule']['name']
    assert counters(sensor)['process.reporter_late'] == 1


def test_the_service_manager_waits_for_a_first_start_that_takes_long(lab, tmp_path, slow_open):
    with slow_reporter(lab, tmp_path, slow_open, 2500) as (sensor, _):
        pass
    os.unlink(tmp_path / 'notify')
    begin = time.monotonic()
    with slow_reporter(lab, tmp_path, slow_open, 2500) as (_, manager):
        ready = next(t for t, what in manager.told if what == 'READY=1')
        asked = [t for t, what in manager.told if what == 'EXTEND_TIMEOUT_USEC=30000000']
        assert ready - begin > 2.5 and len(asked) >= 3 and max(asked) < ready


def test_a_reporter_that_starts_as_usual_is_not_told_of(lab, server, tmp_path, work, slow_open):  # noqa: F811
    with slow_reporter(lab, tmp_path, slow_open, 1000) as (sensor, manager):
        upload(lab, sensor, work, 472)
        kill_reporter(sensor)
        upload(lab, sensor, work, 473)
    assert not notices(sensor, 'reporter-late') and counters(sensor)['process.reporter_late'] == 0


def ask_reload(sensor):
    return subprocess.Popen([net.GANTRYCTL, 'reload', '--socket', sensor.control], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)


def test_a_reload_whose_reporter_starts_slowly_takes_effect_for_all_at_once(lab, server, tmp_path, work, slow_open):  # noqa: F811
    """A worker that is started again before the new reporter is ready begins with the old configuration."""
    with slow_reporter(lab, tmp_path, slow_open, 2500) as (sensor, manager):
        old = sensor.children()['reporter'][0]
        begin = time.monotonic()
        change(sensor, (OVER, IN_FORCE))
        client = ask_reload(sensor)
        new_reporter(sensor, old)
        workers = sensor.children()['worker']
        os.kill(workers[0], signal.SIGKILL)
        wait_new_worker(sensor, workers)
        time.sleep(0.3)
        path, before = make(work, 474)
        curl(lab, '-T', path, url(net.UNAPPROVED, '/in/'))
        said, _ = client.communicate(timeout=20)
        assert client.returncode == 0 and 'configuration 2 is in force' in said, said
        assert sensor.wait_transfer(before)['gantry']['verdict'] == 'unapproved'
        assert upload(lab, sensor, work, 475)['gantry']['verdict'] == 'approved'
        assert manager.longest_silence(begin) < 0.9


def test_reload_waits_for_its_answer_when_the_reporter_dies_meanwhile(lab, tmp_path):
    with net.Sensor(lab, tmp_path, events=EVENTS, options=['-w', '1']) as sensor:
        for version in range(2, 6):
            client = ask_reload(sensor)
            time.sleep(0.05 * (version - 1))
            os.kill(sensor.children()['reporter'][0], signal.SIGKILL)
            said, _ = client.communicate(timeout=20)
            assert client.returncode == 0 and f'configuration {version} is in force' in said, said


def test_a_successor_that_dies_before_it_is_ready_leaves_the_old_configuration(lab, server, tmp_path, work, slow_open):  # noqa: F811
    with slow_reporter(lab, tmp_path, slow_open, 1500) as (sensor, _):
        old = sensor.children()['reporter'][0]
        change(sensor, (OVER, IN_FORCE))
        client = ask_reload(sensor)
        os.kill(new_reporter(sensor, old), signal.SIGKILL)
        said, _ = client.communicate(timeout=20)
        assert client.returncode == 1 and 'ended before it was ready' in said and 'nothing has changed' in said, said
        assert upload(lab, sensor, work, 476)['gantry']['verdict'] == 'unapproved'
        client = ask_reload(sensor)
        assert 'is in force' in client.communicate(timeout=20)[0] and client.returncode == 0
        assert upload(lab, sensor, work, 477)['gantry']['verdict'] == 'approved'


@pytest.mark.parametrize('stops', [1, 2])
def test_a_stop_in_a_handover_ends_in_order_and_a_second_one_at_once(lab, tmp_path, slow_open, stops):
    with slow_reporter(lab, tmp_path, slow_open, 2500 if stops == 1 else 30000) as (sensor, _):
        old = sensor.children()['reporter'][0]
        sensor.process.send_signal(signal.SIGHUP)
        pids = [new_reporter(sensor, old), *sensor.children()['worker']]
        for _ in range(stops):
            sensor.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
        assert sensor.process.wait(5 if stops == 1 else 1.5) == stops - 1, log(sensor)
        assert not any(os.path.exists(f'/proc/{pid}') for pid in pids)


def test_a_worker_that_ends_by_itself_is_back_within_a_second_and_counted_as_such(lab, server, tmp_path, work):  # noqa: F811
    with net.Sensor(lab, tmp_path, events=EVENTS, options=['-w', '2']) as sensor:
        upload(lab, sensor, work, 480)
        for number in (signal.SIGTERM, signal.SIGKILL):
            workers = sensor.children()['worker']
            os.kill(workers[0], number)
            wait_new_worker(sensor, workers)
        told = net.wait_for(lambda: len(notices(sensor)) == 2 and notices(sensor), 3, 'the notices')
        upload(lab, sensor, work, 481)
        upload(lab, sensor, work, 482, net.UNKNOWN)
    texts = sorted(t['rule']['name'].split(' and was ')[0] for t in told)
    assert [t.split(' ', 2)[2] for t in texts if 'ended' in t] == ['ended by itself with status 0']
    c = counters(sensor)
    assert (c['process.worker_restarts'], c['process.workers_ended']) == (2, 1)


@pytest.fixture
def spare(lab):
    """An interface that a test may take away."""
    lab.ip('sensor', 'link', 'add', 'spare0', 'type', 'veth', 'peer', 'name', 'spare1')
    for name in ('spare0', 'spare1'):
        lab.ip('sensor', 'link', 'set', name, 'up')
    yield 'spare0'
    lab.run('sensor', 'ip', 'link', 'del', 'spare0', check=False)


def on(sensor, interface):
    sensor.words[sensor.words.index('span0')] = interface
    return sensor


def test_when_the_interface_is_gone_all_end_so_that_the_service_is_started_again(lab, tmp_path, spare):
    with on(net.Sensor(lab, tmp_path, options=['-w', '2']), spare) as sensor:
        lab.ip('sensor', 'link', 'del', spare)
        assert sensor.process.wait(5) == 1
    assert f'interface {spare}: ' in log(sensor)


def test_an_interface_that_goes_down_and_up_is_watched_on(lab, tmp_path, spare):
    with on(net.Sensor(lab, tmp_path, options=['-w', '2']), spare) as sensor:
        before = sensor.children()
        lab.ip('sensor', 'link', 'set', spare, 'down')
        time.sleep(1)
        lab.ip('sensor', 'link', 'set', spare, 'up')
        time.sleep(1)
        assert sensor.children() == before, log(sensor)
        seen = sensor.ask('status', '--json')['stats']['capture']['packets']
        lab.run('sensor', 'ping', '-c', '3', '-i', '0.2', '-I', 'spare1', 'ff02::1', check=False)
        net.wait_for(lambda: sensor.ask('status', '--json')['stats']['capture']['packets'] > seen, 5, 'packets')
