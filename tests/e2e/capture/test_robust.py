# SPDX-License-Identifier: Apache-2.0
"""Damaged captures: cut at any byte, flipped bits, packets lost, doubled and out of order. The sensor neither crashes
nor hangs, says so with 0 or 1, and never calls a transfer complete that is not.

They go through tests/e2e/replay.c, the data path and the reader of captures in one process; GANTRY_BUILD_ASAN names a
build with sanitizers to be used instead of GANTRY_BUILD.
"""
import glob
import os
import random

import captures
import lab as net
import pytest
import torture

PUBLIC = sorted(glob.glob(os.path.join(os.path.dirname(net.ROOT), 'shared', 'captures', 'captures', '*.pcap')))
OURS = sorted(glob.glob(os.path.join(net.ROOT, 'tests', 'fuzz', 'corpus', 'sensor', '*.pcap')))
ALL = [os.path.join(net.ROOT, 'tools', 'sample', 'lane-upload.pcap'), *OURS, *PUBLIC]
READS = 40           # of one capture with one kind of damage at most, so that all stay under a minute
BYTES = 3_000_000    # and so many bytes of it, but three reads at least
# A segment with a wrong checksum contradicts whole ones in it: which of them counts depends on which are there.
CONTRADICTORY = ['suricata-verify__smtp-bug-5981__input']
# A file in it is written over: before that it was whole as it stood.
WRITTEN_OVER = ['suricata-verify__nfs-bug-5140__nfsv2']


@pytest.fixture(scope='module')
def replay(tmp_path_factory):
    made = torture.Replay(tmp_path_factory.mktemp('robust'))
    yield made
    assert made.finish() == 0, made.last_words()


@pytest.fixture(params=ALL, ids=lambda path: os.path.basename(path)[:-5])
def capture(request):
    with open(request.param, 'rb') as f:
        return captures.native(f.read())


def test_public_captures_are_there():
    if not PUBLIC:
        pytest.skip('no public captures beside the repository: only our own were damaged')


def reads(capture, times=1):
    return min(times * READS, max(3, times * BYTES // len(capture)))


def flipped(data, chance):
    out = bytearray(data)
    for _ in range(max(1, len(data) // 400)):
        out[chance.randrange(captures.FILE_HEAD, len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def test_a_cut_capture_gives_what_is_there(replay, capture, request):
    if request.node.callspec.id.startswith(tuple(WRITTEN_OVER)):
        pytest.skip('a file in it is written over')
    whole = set(replay.read(capture, 'whole'))
    places = range(0, len(capture), 16)
    chance = random.Random(torture.SEED)
    if len(places) > reads(capture, 4):
        places = sorted(chance.sample(places, reads(capture, 4)))
    for at in places:
        assert set(replay.read(capture[:at], f'cut at {at}')) <= whole, at


def test_flipped_bits_do_no_harm(replay, capture):
    chance = random.Random(torture.SEED)
    for i in range(reads(capture)):
        replay.read(flipped(capture, chance), f'flip {i}')


@pytest.mark.parametrize('kind', ['drop', 'double', 'reorder'])
def test_complete_means_complete_whatever_became_of_packets(replay, capture, kind, request):
    if kind != 'double' and request.node.callspec.id.startswith(tuple(CONTRADICTORY + WRITTEN_OVER)):
        pytest.skip('it contradicts itself, or a file in it is written over')
    whole = replay.read(capture, 'whole')
    chance = random.Random(torture.SEED)
    for i in range(reads(capture)):
        share = chance.choice([0.01, 0.05, 0.2])
        got = replay.read(torture.changed(kind, share, chance, capture), f'{kind} {i}')
        assert set(got) <= set(whole), f'{kind} {share}, number {i}'
        if kind == 'double':
            assert sorted(got) == sorted(whole), f'{share}, number {i}'
