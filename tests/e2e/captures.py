# SPDX-License-Identifier: Apache-2.0
"""Changes captures packet by packet: only classic pcap in little-endian order, see native().

Packets are (head, data), the head as in the file: seconds, fraction, bytes captured, bytes on the wire.
"""
import struct

PLACES = 6
FILE_HEAD = 24


def native(data):
    """A classic pcap of the other byte order in this one."""
    if data[:4] not in (b'\xa1\xb2\xc3\xd4', b'\xa1\xb2\x3c\x4d'):
        return data
    out = bytearray(struct.pack('<IHHiIII', *struct.unpack('>IHHiIII', data[:FILE_HEAD])))
    at = FILE_HEAD
    while at + 16 <= len(data):
        head = struct.unpack_from('>IIII', data, at)
        out += struct.pack('<IIII', *head) + data[at + 16:at + 16 + head[2]]
        at += 16 + head[2]
    return bytes(out)


def packets(handle):
    while True:
        head = handle.read(16)
        if len(head) < 16:
            return
        yield head, handle.read(struct.unpack('<IIII', head)[2])


def drop(source, target, share, chance):
    dropped = 0
    for head, data in packets(source):
        if chance.random() < share:
            dropped += 1
        else:
            target.write(head + data)
    return dropped


def double(source, target, share, chance):
    doubled = 0
    for head, data in packets(source):
        target.write(head + data)
        if chance.random() < share:
            doubled += 1
            target.write(head + data)
    return doubled


def reorder(source, target, share, chance):
    """Times stay in order of the file when packets move, as on a path that swaps packets before the sensor."""
    moved, held, times = 0, [], []  # held: (places left, data with its lengths)

    def put(lengths, data):
        target.write(times.pop(0) + lengths + data)

    for head, data in packets(source):
        times.append(head[:8])
        if chance.random() < share:
            moved += 1
            held.append([chance.randint(1, PLACES), head[8:], data])
            continue
        put(head[8:], data)
        for item in held:
            item[0] -= 1
        for item in [i for i in held if i[0] == 0]:
            held.remove(item)
            put(item[1], item[2])
    for item in held:
        put(item[1], item[2])
    return moved


CHANGES = {'reorder': reorder, 'drop': drop, 'double': double}


def change(kind, share, chance, source, target):
    """From one open file to another; how many packets were changed."""
    target.write(source.read(FILE_HEAD))
    return CHANGES[kind](source, target, share, chance)
