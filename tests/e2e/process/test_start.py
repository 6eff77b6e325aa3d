# SPDX-License-Identifier: Apache-2.0
"""Compiled rules kept from one start to the next: quicker, and never another result."""
import json
import os
import re
import resource
import subprocess

import lab as net

CAPTURE = os.path.join(net.ROOT, 'tools/sample/lane-upload.pcap')
CONFIG = os.path.join(net.ROOT, 'tools/sample/gantry.yaml')


def start(cache):
    """(sets taken from the folder, compiled, refused), CPU seconds, alerts without what each run makes new."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run([net.GANTRY, '-v', '--cache', str(cache), '-c', CONFIG, '-r', CAPTURE, '-o', 'json:-'],
                         capture_output=True, text=True, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert run.returncode == 0, run.stderr
    said = re.search(r'compiled rules: (\d+) sets were kept from before, (\d+) compiled now; (\d+) kept ones', run.stderr)
    alerts = [json.loads(line) for line in run.stdout.splitlines()]
    what = sorted((a['rule']['id'], a['gantry']['incident']['objects'], a['gantry']['incident']['bytes']) for a in alerts)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return tuple(map(int, said.groups())) if said else None, used, what


def test_the_second_start_compiles_nothing_and_alerts_the_same(tmp_path):
    none, _, plain = start('none')
    (_, compiled, _), slow, first = start(tmp_path / 'cache')
    (kept, again, refused), quick, second = start(tmp_path / 'cache')
    assert none is None and plain and plain == first == second
    assert compiled > 0 and again == refused == 0 and kept >= compiled
    assert quick < slow / 2
    assert os.stat(tmp_path / 'cache').st_mode & 0o777 == 0o700


def test_damaged_compiled_rules_are_compiled_anew_and_alert_the_same(tmp_path):
    cache = tmp_path / 'cache'
    _, _, first = start(cache)
    files = sorted(cache.iterdir())
    files[0].write_bytes(files[0].read_bytes()[:-10])
    files[1].write_bytes(b'')
    damaged = bytearray(files[2].read_bytes())
    damaged[len(damaged) // 2] ^= 1
    files[2].write_bytes(damaged)
    (_, compiled, refused), _, alerts = start(cache)
    assert (compiled, refused) == (3, 3) and alerts == first
    assert start(cache)[0][1:] == (0, 0)


def test_compiled_rules_that_others_may_write_are_left_alone(tmp_path):
    cache = tmp_path / 'cache'
    _, _, first = start(cache)
    os.chmod(cache, 0o777)
    counts, _, alerts = start(cache)
    assert counts is None and alerts == first
