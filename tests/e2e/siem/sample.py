# SPDX-License-Identifier: Apache-2.0
"""What the sensor writes of the sample capture, for tests of what stands in tools/siem."""
import functools
import json
import os
import subprocess

import lab as net

SIEM = os.path.join(net.ROOT, 'tools', 'siem')
CONFIG = os.path.join(net.ROOT, 'tools', 'sample', 'gantry.yaml')
CAPTURE = os.path.join(net.ROOT, 'tools', 'sample', 'lane-upload.pcap')
EVENTS = 'alert,transfer,flow,stats'


def read(*words):
    path = os.path.join(SIEM, *words)
    with open(path, encoding='utf-8') as f:
        return f.read()


def send(target, events=EVENTS):
    """Reads the sample capture with this output."""
    done = subprocess.run([net.GANTRY, '-q', '-c', CONFIG, '-r', CAPTURE, '-o', target, '--events', events], capture_output=True,
                          text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@functools.lru_cache(maxsize=None)
def lines(name):
    """All records in a format, one a line."""
    done = subprocess.run([net.GANTRY, '-q', '-c', CONFIG, '-r', CAPTURE, '-o', f'{name}:-', '--events', EVENTS], capture_output=True,
                          timeout=120, check=True)
    found = done.stdout.decode().splitlines()
    assert len(found) > 10
    return tuple(found)


def records():
    return [json.loads(line) for line in lines('json')]


def alerts():
    found = [r for r in records() if r['event']['action'] == 'alert']
    assert len(found) >= 4
    return found


def flat(record, prefix=''):
    """{'gantry.incident.id': ...}: what is nested, by dotted names."""
    out = {}
    for key, value in record.items():
        if isinstance(value, dict):
            out.update(flat(value, f'{prefix}{key}.'))
        else:
            out[prefix + key] = value
    return out
