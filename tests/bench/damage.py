# SPDX-License-Identifier: Apache-2.0
"""Which files of a capture lost bytes: from the packets themselves, with none of the sensor's code.

The whole capture says where in which TCP stream each file lies (HTTP messages by their Content-Length, FTP data
connections as they are; a file's name is sure once its digest is one of those wanted). The damaged capture says which
bytes of these streams are still there. Only what traffic.py makes: Ethernet, IPv4, no sequence wrap within a file.
"""
import hashlib
import mmap
import re
import socket
import struct

SYN = 2
ETHERNET, RECORD = 14, 16
LENGTH = re.compile(rb'\r\nContent-Length: (\d+)', re.I)
BOUNDARY = re.compile(rb'boundary=(\S+)\r\n', re.I)


def segments(data):
    """(stream, sequence number, flags, first byte in the file, bytes) of each TCP segment that was captured."""
    at, end = 24, len(data)
    while at + RECORD <= end:
        captured = struct.unpack_from('<I', data, at + 8)[0]
        ip = at + RECORD + ETHERNET
        if data[ip - 2:ip] == b'\x08\x00' and data[ip + 9] == 6:
            tcp = ip + (data[ip] & 15) * 4
            payload = tcp + (data[tcp + 12] >> 4) * 4
            stream = bytes(data[ip + 12:ip + 20]) + bytes(data[tcp:tcp + 4])
            length = ip + struct.unpack_from('>H', data, ip + 2)[0] - payload
            yield stream, struct.unpack_from('>I', data, tcp + 4)[0], data[tcp + 13], payload, length
        at += RECORD + captured


def stream_key(source, destination):
    """The stream's key in segments(), from a record's ends."""
    return b''.join([socket.inet_aton(source['ip']), socket.inet_aton(destination['ip']),
                     struct.pack('>HH', source['port'], destination['port'])])


def read(path):
    """The capture's bytes, and by stream its first sequence number and its segments in order."""
    with open(path, 'rb') as f:
        data = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
    starts, streams = {}, {}
    for stream, sequence, flags, payload, length in segments(data):
        if flags & SYN:
            starts[stream] = sequence + 1
        if length > 0:
            streams.setdefault(stream, []).append((sequence, payload, length))
    return data, starts, {s: sorted(list_, key=lambda x: (x[0] - starts.get(s, 0)) & 0xffffffff)
                          for s, list_ in streams.items()}


def assemble(data, start, parts):
    out = bytearray()
    for sequence, payload, length in parts:
        skip = len(out) - ((sequence - start) & 0xffffffff)
        if skip < 0:
            raise ValueError('the capture itself lacks bytes')
        if skip < length:
            out += data[payload + skip:payload + length]
    return bytes(out)


def bodies(stream):
    """(first byte of the message, of the file, end of the file, end of the message)."""
    if not re.match(rb'(PUT|POST|HTTP/1\.1) ', stream):
        yield 0, 0, len(stream), len(stream)
        return
    at = 0
    while at < len(stream):
        head = stream.index(b'\r\n\r\n', at) + 4
        found = LENGTH.search(stream, at, head)
        end = head + (int(found.group(1)) if found else 0)
        if end > head:
            part = BOUNDARY.search(stream, at, head)
            first, last = head, end
            if part:
                first = stream.index(b'\r\n\r\n', head) + 4
                last = end - len(b'\r\n--' + part.group(1) + b'--\r\n')
            yield at, first, last, end
        at = end


def locate(path, names):
    """{name: (stream, start of the stream, message first, file first, file end, message end)}; names by digest."""
    data, starts, streams = read(path)
    places = {}
    for stream, parts in streams.items():
        if stream not in starts or sum(length for _, _, length in parts) < 10000:
            continue
        content = assemble(data, starts[stream], parts)
        if content[:4] == b'GET ':
            continue
        for outer, first, last, end in bodies(content):
            name = names.get(hashlib.sha256(content[first:last]).hexdigest())
            if name:
                places[name] = (stream, starts[stream], outer, first, last, end)
    return places


def holds(parts, start, first, last):
    """Is every byte of the stream from `first` up to `last` in some segment?"""
    at = first
    for sequence, _, length in parts:
        offset = (sequence - start) & 0xffffffff
        if offset > at:
            if offset < last:
                return False
            break
        at = max(at, offset + length)
        if at >= last:
            return True
    return at >= last


def judge(places, damaged):
    """(names of the files all of whose bytes are in the damaged capture, of those that only lost framing, of those that
    lost bytes of their own)."""
    _, _, streams = read(damaged)
    intact, unframed, lost = set(), set(), set()
    for name, (stream, start, outer, first, last, end) in places.items():
        parts = sorted(streams.get(stream, []), key=lambda x: (x[0] - start) & 0xffffffff)
        if not holds(parts, start, first, last):
            lost.add(name)
        elif not holds(parts, start, outer, end):
            unframed.add(name)
        else:
            intact.add(name)
    return intact, unframed, lost
