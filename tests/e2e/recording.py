# SPDX-License-Identifier: Apache-2.0
"""Captures that dumpcap makes at the span port, edited packet by packet, and read by gantry -r."""
import json
import os
import signal
import struct

import lab as net


class Recording:
    """dumpcap on the span port while the block runs; `path` is whole afterwards."""

    def __init__(self, lab, path, pcapng=False):
        self.lab, self.path, self.pcapng = lab, str(path), pcapng
        self.log = self.path + '.log'

    def __enter__(self):
        words = ['dumpcap', '-q', '-i', 'span0', '-s', '0', '-B', '64', '-w', self.path]
        self.process = self.lab.start('sensor', *words, *([] if self.pcapng else ['-P']), stderr=open(self.log, 'w'))
        net.wait_for(lambda: os.path.exists(self.path) and os.path.getsize(self.path) > 0, 15, 'dumpcap')
        self.mark()
        return self

    def mark(self):
        """What was on the wire before is in the file: a ping of our own is, known by what it holds."""
        mark = os.urandom(8)
        def marked():
            self.lab.run('lane', 'ping', '-c1', '-W1', '-p', mark.hex(), net.UNKNOWN, check=False)
            with open(self.path, 'rb') as f:
                f.seek(max(0, os.path.getsize(self.path) - (1 << 20)))
                return mark in f.read()
        net.wait_for(marked, 15, 'a ping in the capture')

    def __exit__(self, *_):
        self.mark()
        self.lab.stop(self.process, signal.SIGINT)


def read(path):
    """The packets of a little-endian pcap of Ethernet, of micro- or, as newer dumpcaps write it, nanoseconds: a list of
    (time in us, frame)."""
    data = open(path, 'rb').read()
    unit = {b'\xd4\xc3\xb2\xa1': 1, b'\x4d\x3c\xb2\xa1': 1000}[data[:4]]
    assert struct.unpack_from('<I', data, 20)[0] == 1
    at, packets = 24, []
    while at < len(data):
        seconds, parts, kept, _ = struct.unpack_from('<IIII', data, at)
        packets.append((seconds * 1000000 + parts // unit, data[at + 16:at + 16 + kept]))
        at += 16 + kept
    return packets


def write(path, packets):
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for time, frame in packets:
            f.write(struct.pack('<IIII', time // 1000000, time % 1000000, len(frame), len(frame)) + frame)


def retimed(packets):
    """The same times in rising order: what moved takes its new neighbours' time."""
    return list(zip(sorted(time for time, _ in packets), [frame for _, frame in packets]))


class Tcp:
    """Of an Ethernet frame; `Tcp.of` gives None for anything else."""

    @staticmethod
    def of(frame):
        kind = frame[12:14]
        if kind == b'\x08\x00' and frame[23] == 6:
            ip, size = 14 + (frame[14] & 15) * 4, struct.unpack_from('>H', frame, 16)[0]
            end = 14 + size
        elif kind == b'\x86\xdd' and frame[20] == 6:
            ip, end = 54, 54 + struct.unpack_from('>H', frame, 18)[0]
        else:
            return None
        t = Tcp()
        t.source, t.target = struct.unpack_from('>HH', frame, ip)
        t.flags = frame[ip + 13]
        t.payload = frame[ip + (frame[ip + 12] >> 4) * 4:end]
        t.syn, t.ack, t.fin = bool(t.flags & 2), bool(t.flags & 16), bool(t.flags & 1)
        return t


def index(packets, match):
    """Where the first TCP packet is for which match(tcp) holds."""
    return next(i for i, (_, frame) in enumerate(packets) if (t := Tcp.of(frame)) and match(t))


def gantry(folder, *words, events='alert,transfer,stats'):
    """Reads captures with the tests' configuration; gives the records."""
    config = os.path.join(str(folder), 'offline.yaml')
    with open(config, 'w') as f:
        f.write(net.CONFIG.format(root=net.ROOT, outputs=''))
    out = net.subprocess.run([net.GANTRY, '-q', '-c', config, *words, '-o', 'json:-', '--events', events],
                             check=True, stdout=net.subprocess.PIPE, timeout=120, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def transfers(records):
    return [r for r in records if r['event']['action'] == 'transfer']


def alerts(records):
    return [r for r in records if r['event']['action'] == 'alert']


def counters(records):
    """The last stats record's counters."""
    return [r for r in records if r['event']['action'] == 'stats'][-1]['gantry']['stats']
