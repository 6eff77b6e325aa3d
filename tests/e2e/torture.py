# SPDX-License-Identifier: Apache-2.0
"""A recorded session of real peers, damaged in many ways and read again.

    with torture.session() as s:
        ...what the clients do...
    s.check({SHA-256 of each file that moved})

Whole, doubled and a little out of order it gives every file. With packets lost, one side alone or its beginning missing it gives what is
whole: nothing is called complete that is not in the whole session.
"""
import contextlib
import io
import os
import random
import select
import subprocess

import captures
import lab as net
import recording

REPLAY = os.path.join(os.environ.get('GANTRY_BUILD_ASAN', net.BUILD), 'tests', 'e2e', 'replay')
SECONDS = 20  # after which one capture hangs
SEED = 20260531
TIMES = 4  # so often with each share of packets


class Replay:
    """tests/e2e/replay.c: the data path and the reader of captures in one process."""

    def __init__(self, folder):
        self.path = str(folder / 'x.pcap')
        self.log = str(folder / 'stderr')
        self.process = subprocess.Popen([REPLAY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(self.log, 'w'),
                                        env={**os.environ, 'GANTRY_RULES': os.path.join(net.ROOT, 'rules')})

    def read(self, data, what):
        """Digests of what was complete; `what` is said when it fails."""
        with open(self.path, 'wb') as f:
            f.write(data)
        with contextlib.suppress(BrokenPipeError):
            anew = b'\n' if what == 'whole' else b''
            self.process.stdin.write(anew + self.path.encode() + b'\n')
            self.process.stdin.flush()
        out = b''
        while not out.endswith((b'end 0\n', b'end 1\n')):
            ready, _, _ = select.select([self.process.stdout], [], [], SECONDS)
            assert ready, f'{what}: no end after {SECONDS} s'
            piece = os.read(self.process.stdout.fileno(), 1 << 16)
            assert piece, f'{what}: ended with {self.process.wait()}: {self.last_words()}'
            out += piece
        return out.decode().split('\n')[:-2]

    def last_words(self):
        with open(self.log) as f:
            return f.read()[-4000:]

    def finish(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()
        return self.process.returncode


def changed(kind, share, chance, data):
    out = io.BytesIO()
    captures.change(kind, share, chance, io.BytesIO(data), out)
    return out.getvalue()


def kept(data, keep):
    """Those packets that keep(number, bytes) chooses."""
    source = io.BytesIO(data)
    head = source.read(captures.FILE_HEAD)
    return head + b''.join(h + packet for i, (h, packet) in enumerate(captures.packets(source)) if keep(i, packet))


def sender_of(packet):
    """The address that an Ethernet frame of IP comes from; None: of anything else, or of our own ping."""
    if packet[12:14] == b'\x08\x00' and packet[23] != 1:
        return packet[26:30]
    return packet[22:38] if packet[12:14] == b'\x86\xdd' and packet[20] != 58 else None


class Session:
    def __init__(self, lab, folder, replay):
        self.folder, self.replay = folder, replay
        self.recording = recording.Recording(lab, folder / 'session.pcap')

    def __enter__(self):
        self.recording.__enter__()
        return self

    def __exit__(self, *how):
        self.recording.__exit__(*how)
        path = str(self.folder / 'edited.pcap')
        recording.write(path, [p for p in recording.read(self.recording.path) if sender_of(p[1])])
        with open(path, 'rb') as f:
            self.data = f.read()

    def check(self, wanted, one_sided=False, late=True):
        """`one_sided`: the side that sends the files is enough for all of them. Not `late`: a session of which the beginning is missing is
        not read."""
        whole = self.replay.read(self.data, 'whole')
        assert wanted <= set(whole), f'{len(wanted - set(whole))} of {len(wanted)} are missing from the whole session'
        chance = random.Random(SEED)
        for i in range(TIMES):
            for share in 0.01, 0.05:
                assert sorted(self.replay.read(changed('double', share, chance, self.data), f'double {i}')) == sorted(whole), f'doubled {share}'
            got = set(self.replay.read(changed('reorder', 0.01, chance, self.data), f'reorder {i}'))
            assert wanted <= got <= set(whole), f'out of order, number {i}: {len(wanted - got)} missing, {len(got - set(whole))} more'
            for share in 0.001, 0.01, 0.05:
                got = set(self.replay.read(changed('drop', share, chance, self.data), f'drop {i}'))
                assert got <= set(whole), f'lost {share}, number {i}: {len(got - set(whole))} more'
        self.check_sides(wanted, set(whole), one_sided)
        if late:
            self.check_late(set(whole))

    def senders(self):
        source = io.BytesIO(self.data)
        source.read(captures.FILE_HEAD)
        return [sender_of(packet) for _, packet in captures.packets(source)]

    def check_sides(self, wanted, whole, one_sided):
        best = 0
        for sender in sorted(set(self.senders())):
            got = set(self.replay.read(kept(self.data, lambda i, packet: sender_of(packet) == sender), f'from {sender.hex()} alone'))
            assert got <= whole, f'from {sender.hex()} alone: {len(got - whole)} more'
            best = max(best, len(wanted & got))
        assert not one_sided or best == len(wanted), f'one side alone gives {best} of {len(wanted)}'

    def check_late(self, whole):
        packets = len(self.senders())
        for part in range(1, 8):
            first = part * packets // 8
            got = set(self.replay.read(kept(self.data, lambda i, packet: i >= first), f'from packet {first} on'))
            assert got <= whole, f'from packet {first} on: {len(got - whole)} more'


class Torture:
    def __init__(self, lab, folder):
        self.lab, self.folder = lab, folder
        self.replay = Replay(folder)

    def session(self):
        return Session(self.lab, self.folder, self.replay)
