# SPDX-License-Identifier: Apache-2.0
"""forge.py PORT SIDE TRICK LOOK: the next connection to server port PORT that this network begins gets one segment that nobody
sent, between its handshake and its first bytes, and which its receiver does not take.

    SIDE    client, server: as whose the segment is written
    TRICK   checksum (a wrong one), md5 (an option that nobody negotiated), flags (no ACK), past (a timestamp before the last one)
    LOOK    tls, ssh: what its bytes look like

Says "ready", then "forged". The real first bytes are held back meanwhile by who calls it (hold() in test_disguise.py).
"""
import socket
import struct
import sys

import packets as p

PORT, SIDE, TRICK, LOOK = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]


def name_list(names):
    return struct.pack('>I', len(names)) + names


def hello(side):
    """A ClientHello or ServerHello, with what follows it, of bytes that no one will check."""
    body = b'\x03\x03' + p.noise(side, 32) + b'\0' + (b'\0\2\x13\x01\1\0' if side == 'client' else b'\x13\x01\0') + b'\0\0'
    shake = bytes([1 if side == 'client' else 2]) + struct.pack('>I', len(body))[1:] + body
    return b'\x16\x03\x01' + struct.pack('>H', len(shake)) + shake + b'\x14\x03\x03\0\1\1' + b'\x17\x03\x03\x02\0' + p.noise('sealed', 512)


def exchange(side):
    """A banner and a KEXINIT."""
    lists = (b'curve25519-sha256', b'ssh-ed25519', b'aes256-ctr', b'aes256-ctr', b'hmac-sha2-256', b'hmac-sha2-256', b'none', b'none', b'', b'')
    body = b'\x14' + p.noise(side, 16) + b''.join(map(name_list, lists)) + bytes(5)
    pad = 8 - (len(body) + 5) % 8 + 8
    return b'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n' + struct.pack('>IB', len(body) + 1 + pad, pad) + body + bytes(pad)


def options_of(segment):
    """Kind to bytes."""
    found, rest = {}, segment[20:(segment[12] >> 4) * 4]
    while rest and rest[0]:
        size = 1 if rest[0] == 1 else rest[1]
        found[rest[0]], rest = rest[2:size], rest[size:]
    return found


def write(answer):
    """The segment behind this SYN-ACK, as an Ethernet frame."""
    ip = answer[14:]
    ends = [socket.inet_ntoa(ip[16:20]), socket.inet_ntoa(ip[12:16])]  # the client, the server
    segment = ip[(ip[0] & 15) * 4:]
    ports = [struct.unpack_from('>H', segment, 2)[0], PORT]
    seq, ack = struct.unpack_from('>II', segment, 4)
    at = [ack, seq + 1]
    me = 0 if SIDE == 'client' else 1
    theirs, echoed = struct.unpack('>II', options_of(segment)[8])
    mine = (echoed, theirs) if me == 0 else (theirs, echoed)
    stamp = b'\1\1\x08\x0a' + struct.pack('>II', (mine[0] - (100000 if TRICK == 'past' else 0)) & 0xffffffff, mine[1])
    options = b'\x13\x12' + p.noise('md5', 16) if TRICK == 'md5' else stamp
    made = p.tcp_segment(ends[me], ends[1 - me], ports[me], ports[1 - me], at[me], at[1 - me], p.PSH if TRICK == 'flags' else p.PSH | p.ACK,
                         (hello if LOOK == 'tls' else exchange)(SIDE), options=options, sum_='bad' if TRICK == 'checksum' else 'good')
    macs = answer[:12] if me else answer[6:12] + answer[:6]
    return macs + b'\x08\0' + p.ipv4(ends[me], ends[1 - me], 6, made)


with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as s:
    s.bind(('eth0', 0))
    s.settimeout(20)
    print('ready', flush=True)
    while True:
        frame = s.recv(65536)
        if frame[12:14] == b'\x08\0' and frame[23] == 6 and frame[34:36] == struct.pack('>H', PORT) and frame[47] & 0x12 == 0x12:
            break
    s.send(write(frame))
print('forged', flush=True)
