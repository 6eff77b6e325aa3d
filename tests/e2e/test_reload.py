# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: the configuration is loaded again, under traffic, and nothing is lost by it."""
import os
import re
import signal
import time

import lab as net
import material
import pytest
from test_crashes import EVENTS, counters, make, notices, upload
from test_http import curl, server, url  # noqa: F401

OVER = 'from: 2020-01-01, until: 2020-12-31, classes: [image, vehicle-image]'
IN_FORCE = OVER.replace('2020-12-31', '2099-12-31')


def change(sensor, *pairs):
    """Replaces text in the configuration file."""
    text = open(sensor.config).read()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    with open(sensor.config, 'w') as f:
        f.write(text)


def log(sensor):
    return open(sensor.log).read()


def answers(sensor):
    """(version, whether anything was changed) of each reload, from the log."""
    done = r'reload: version (\d+) of the configuration holds|nothing was changed: version (\d+)'
    return [(int(m[1] or m[2]), bool(m[1])) for m in re.finditer(done, log(sensor))]


def reload(sensor, seconds=20):
    """Asks for a reload and waits for its answer: (version, changed)."""
    before = len(answers(sensor))
    sensor.process.send_signal(signal.SIGHUP)
    net.wait_for(lambda: len(answers(sensor)) > before, seconds, 'the answer')
    time.sleep(0.3)  # an idle worker looks ten times a second
    return answers(sensor)[-1]


def test_a_contract_that_is_extended_approves_from_then_on(lab, server, tmp_path, work):  # noqa: F811
    with net.Sensor(lab, tmp_path, events=EVENTS) as sensor:
        before = upload(lab, sensor, work, 500)
        change(sensor, (OVER, IN_FORCE))
        assert reload(sensor) == (2, True)
        after = upload(lab, sensor, work, 501)
    assert before['gantry']['verdict'] == 'unapproved' and after['gantry']['verdict'] == 'approved'
    assert after['gantry']['contract'] == 'PS-9'
