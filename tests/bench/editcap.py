# SPDX-License-Identifier: Apache-2.0
"""editcap.py reorder|drop SHARE SEED IN OUT: moves a share of the packets a few places back, or leaves it out.

Times stay in order of the file when packets move, as on a path that swaps packets before the sensor.
Prints how many packets were moved or left out. Only classic pcap in this machine's byte order.
"""
import random
import struct
import sys

PLACES = 6


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


def reorder(source, target, share, chance):
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


def main():
    kind, share, seed, source, target = sys.argv[1:]
    with open(source, 'rb', 1 << 20) as a, open(target, 'wb', 1 << 20) as b:
        b.write(a.read(24))
        print({'reorder': reorder, 'drop': drop}[kind](a, b, float(share), random.Random(int(seed))))


if __name__ == '__main__':
    main()
