# SPDX-License-Identifier: Apache-2.0
"""A reload hands a plain TCP output over from one reporter to the next: what is on its way arrives, and what comes twice shows it."""
import collections
import os
import signal

import lab as net
import pytest
from test_delivery import TCP, keys, receiver, upload_all, uploads  # noqa: F401
from test_reload import reload

COUNT = 300


def make_sensor(lab, folder):
    return net.Sensor(lab, folder, outputs=f'{{format: json, to: "tcp://127.0.0.1:{TCP}"}}', events='alert')


def what(record):
    """An alert, or a notice of the sensor itself."""
    incident = record['gantry'].get('incident')
    return (incident['id'], incident['sequence']) if incident else (record['rule']['id'], record['@timestamp'])


def received(receiver):  # noqa: F811
    """{(boot id, number): what came under it}."""
    numbers = collections.defaultdict(set)
    for message in receiver.messages():
        numbers[message['gantry']['boot'], message['gantry']['sequence']].add(what(message))
    return numbers


def wait_for_all(sensor, receiver, least):  # noqa: F811
    net.wait_for(lambda: len(received(receiver)) >= max(least, len(sensor.records())), 60, 'the alerts')


def check_all_arrived(sensor, receiver):  # noqa: F811
    """All that the sensor wrote for itself came, under numbers without a hole; how many came again."""
    numbers = received(receiver)
    assert all(len(same) == 1 for same in numbers.values()), 'what comes again has the same number'
    assert set().union(*numbers.values()) == {what(r) for r in sensor.records()}
    assert len({boot for boot, _ in numbers}) == 1 and sorted(n for _, n in numbers) == list(range(1, len(numbers) + 1))
    return len(receiver.messages()) - len(numbers)


def test_alerts_over_a_clean_connection_arrive_once_over_reloads(lab, tmp_path, receiver):  # noqa: F811
    receiver.start()
    with make_sensor(lab, tmp_path) as sensor:
        source = uploads(lab, COUNT, rate=60)
        for _ in range(3):
            assert reload(sensor)[1]
        assert source.poll() is None, 'alerts came while it was loaded again'
        source.wait(30)
        wait_for_all(sensor, receiver, COUNT)
    assert check_all_arrived(sensor, receiver) == 0


def stop(receiver):  # noqa: F811
    receiver.stop()


def pause(receiver):  # noqa: F811
    """Its system goes on taking what it does not read, and never says that it has it."""
    os.kill(receiver.pid(), signal.SIGSTOP)


def go_on(receiver):  # noqa: F811
    if receiver.process.poll() is None:
        os.kill(receiver.pid(), signal.SIGCONT)
    else:
        receiver.start()


@pytest.mark.parametrize('hinder', [stop, pause])
def test_alerts_that_are_not_taken_at_a_reload_arrive_afterwards(lab, tmp_path, receiver, hinder):  # noqa: F811
    receiver.start()
    with make_sensor(lab, tmp_path) as sensor:
        upload_all(lab, sensor, 1)
        wait_for_all(sensor, receiver, 1)
        hinder(receiver)
        upload_all(lab, sensor, COUNT)
        before = len(receiver.messages())
        assert reload(sensor)[1]
        assert before < COUNT and len(receiver.messages()) == before
        go_on(receiver)
        wait_for_all(sensor, receiver, COUNT)
    again = check_all_arrived(sensor, receiver)
    print(f'{hinder.__name__}: {again} messages came again')
