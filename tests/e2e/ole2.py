# SPDX-License-Identifier: Apache-2.0
"""Writes OLE 2 files ([MS-CFB], version 3) of streams of 4,096 octets and more."""
import struct

SECTOR, END, FAT, FREE, NONE = 512, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF, 0xFFFFFFFF


def entry(name, kind, child=NONE, right=NONE, start=0, size=0):
    text = (name + '\0').encode('utf-16-le') if name else b''
    return text.ljust(64, b'\0') + struct.pack('<HBBIII16sIQQIQ', len(text), kind, 1, NONE, right, child, b'', 0, 0, 0, start, size)


def write(streams):
    """Of {name: content}."""
    sectors, table, entries = [], [FAT], []
    names = sorted(streams, key=lambda name: (len(name), name.upper()))
    for i, name in enumerate(names):
        content = streams[name]
        assert len(content) >= 4096
        start, count = len(table), -(-len(content) // SECTOR)
        table += [*range(start + 1, start + count), END]
        sectors.append(content.ljust(count * SECTOR, b'\0'))
        entries.append(entry(name, 2, right=i + 2 if i + 1 < len(names) else NONE, start=start, size=len(content)))
    directory = b''.join([entry('Root Entry', 5, child=1, start=END), *entries])
    directory = directory.ljust(-(-len(directory) // SECTOR) * SECTOR, b'\0')
    first = len(table)
    table += [*range(first + 1, first + len(directory) // SECTOR), END]
    assert len(table) <= SECTOR // 4
    head = struct.pack('<8s16sHHHHH6sIIIIIIIIII', b'\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1', b'', 0x3E, 3, 0xFFFE, 9, 6, b'', 0, 1, first, 0, 4096, END, 0, END, 0, 0)
    head += b'\xff' * (SECTOR - len(head))
    return head + struct.pack('<128I', *table, *[FREE] * (128 - len(table))) + b''.join(sectors) + directory
