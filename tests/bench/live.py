# SPDX-License-Identifier: Apache-2.0
"""A live sensor at a given rate: what its workers take for it, and what the kernel drops."""
import json
import os
import subprocess
import time

import lab as net

SPACE = f'live{os.getpid()}'
TICKS = os.sysconf('SC_CLK_TCK')
SETTLE = 1  # seconds: until a sensor sees packets, and until it has read the last


def within(*words):
    return ['ip', 'netns', 'exec', SPACE, *words]


class Cable:
    """Two ends in a namespace of their own: what is sent at one is seen at the other."""

    def __enter__(self):
        net.run('ip', 'netns', 'add', SPACE)
        net.run(*within('sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1'))
        net.run(*within('ip', 'link', 'add', 'sends', 'mtu', '65000', 'type', 'veth', 'peer', 'name', 'sees', 'mtu', '65000'))
        for end in ('sends', 'sees'):
            net.run(*within('ip', 'link', 'set', end, 'up'))
        return self

    def __exit__(self, *_):
        net.run('ip', 'netns', 'del', SPACE)


def used(pid):
    with open(f'/proc/{pid}/stat') as f:
        return sum(int(n) for n in f.read().rsplit(')', 1)[1].split()[11:13]) / TICKS


def workers_of(sensor, count):
    """The reporter begins first, the examiners last."""
    with open(f'/proc/{sensor.pid}/task/{sensor.pid}/children') as f:
        return f.read().split()[1:1 + count]


def last_stats(path):
    with open(path) as f:
        return [r['gantry']['stats'] for r in map(json.loads, f) if r['event']['action'] == 'stats'][-1]


def replay(words, records, capture, workers, megabits):
    """CPU seconds of each worker for the capture at that rate, and the counters."""
    if os.path.exists(records):
        os.unlink(records)
    sensor = subprocess.Popen(within(*words, '-w', str(workers), '-i', 'sees'), stderr=subprocess.DEVNULL)
    time.sleep(SETTLE)
    pids = workers_of(sensor, workers)
    before = [used(p) for p in pids]
    subprocess.run(within('tcpreplay', '-q', '-K', '-i', 'sends', '-M', str(megabits), capture), check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(SETTLE)
    cpu = [used(p) - b for p, b in zip(pids, before)]
    sensor.terminate()
    sensor.wait(30)
    return cpu, last_stats(records)
