# SPDX-License-Identifier: Apache-2.0
"""The store of a live sensor: the reporter is killed again and again while images leave."""
import os
import signal
import sqlite3
import time

import lab as net
import material
import pytest

IMAGES = 60


@pytest.fixture
def server(lab):
    process = lab.start('outside', '/usr/bin/python3', os.path.join(net.ROOT, 'tests/e2e/upload_server.py'), '8080')
    lab.wait_port('outside', '::', 8080)
    yield
    lab.stop(process)


def test_a_reporter_killed_while_images_leave_counts_each_once(lab, server, tmp_path):
    sensor = net.Sensor(lab, tmp_path)
    state = f'{tmp_path}/state'
    with sensor:
        kills = 0
        for i in range(IMAGES):
            path = tmp_path / f'k{i}.jpg'
            path.write_bytes(material.lane_image(5000 + i, 160, 120))
            lab.run('lane', 'curl', '-sS', '--fail', '-T', str(path), f'http://{net.UNAPPROVED}:8080/k{i}.jpg')
            pid = sensor.reporter() if i % 6 == 5 else None
            if pid:
                os.kill(pid, signal.SIGKILL)
                kills += 1
                time.sleep(0.1 * (i % 4))
        net.wait_for(sensor.reporter, 30, 'the reporter')
        assert kills >= 2, 'restarts wait longer each time'
    db = sqlite3.connect(f'{state}/gantry.db')
    total = db.execute('SELECT sum(objects) FROM bucket JOIN line ON line = id'
                       " WHERE class = 'vehicle-image' AND slot >= 36").fetchone()[0]
    incidents = db.execute("SELECT objects, closed FROM incident WHERE instr(key, CAST('vehicle-image' AS BLOB)) = 1").fetchall()
    assert total == IMAGES
    assert incidents == [(IMAGES, 0)], 'an orderly end leaves it open for the next start'
