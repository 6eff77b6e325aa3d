# SPDX-License-Identifier: Apache-2.0
"""Files by TFTP, NFS and LPD, as no honest peer sends them."""
import random
import struct

from case import CSV, JPG, case, cases
from wire import CLIENT, SERVER

U32 = struct.Struct('>I').pack
U64 = struct.Struct('>Q').pack


# --- TFTP: the client in the image network writes, or one outside reads ---

def block(number, data):
    return b'\0\3' + struct.pack('>H', number & 0xFFFF) + data


def blocks(data, size=512):
    return [data[at:at + size] for at in range(0, len(data) + 1, size)]


def tftp(w, f, order=None, size=512, port=69, answers=40321, request=None, mode=b'octet', first=1, before=(), again=None, data=None):
    """A WRQ and its blocks, all acknowledged; `again`: what comes in the place of each block before it does."""
    options = b'blksize\0%d\0' % size if size != 512 else b''
    w.udp(0, request or b'\0\2' + f.name.encode() + b'\0' + mode + b'\0' + options, sport=port, cport=50123)
    for odd in before:
        w.udp(0, odd, sport=port, cport=50123)
    w.udp(1, b'\0\6' + options if options else b'\0\4\0\0', sport=answers, cport=50123)
    pieces = blocks(f.data if data is None else data, size)
    for i in order(len(pieces)) if order else range(len(pieces)):
        if again:
            w.udp(0, block(i + first, again(pieces[i])), sport=answers, cport=50123)
        w.udp(0, block(i + first, pieces[i]), sport=answers, cport=50123)
        w.udp(1, b'\0\4' + struct.pack('>H', i + first & 0xFFFF), sport=answers, cport=50123)


def shuffled(n):
    order = list(range(n))
    for at in range(0, n, 16):
        part = order[at:at + 16]
        random.Random(at).shuffle(part)
        order[at:at + 16] = part
    return order


test_tftp = cases(JPG, {
    'another port': lambda w, f: tftp(w, f, port=4069),
    'the port of HTTP': lambda w, f: tftp(w, f, port=80),
    'the port of the request alone': lambda w, f: tftp(w, f, answers=69),
    'blocks in any order': lambda w, f: tftp(w, f, order=shuffled),
    'blocks from the last to the first': lambda w, f: tftp(w, f, order=lambda n: range(n)[::-1]),
    'blocks of eight octets': lambda w, f: tftp(w, f, size=8),
    'blocks of odd sizes': lambda w, f: tftp(w, f, size=1009),
    'every block twice': lambda w, f: tftp(w, f, again=lambda b: b),
    'every block once with other octets before': lambda w, f: tftp(w, f, again=lambda b: bytes(len(b))),
    'a mode in odd letters': lambda w, f: tftp(w, f, mode=b'oCtEt'),
    'datagrams that are none in between': lambda w, f: tftp(w, f, before=[b'\0\7odd', b'x', b'\xff' * 40]),
    'an error that nobody means': lambda w, f: tftp(w, f, before=[b'\0\5\0\0stop\0']),
    'a name that is no text': lambda w, f: tftp(w, f, request=b'\0\2\x01\xff\x02\0octet\0'),
})


@case(JPG)
def test_netascii(w, f):
    tftp(w, f, mode=b'netascii', data=f.data.replace(b'\r', b'\r\0').replace(b'\n', b'\r\n'))


@case(JPG)
def test_netascii_is_announced_and_nothing_is_in_it(w, f):
    tftp(w, f, mode=b'netascii')


@case(JPG)
def test_a_file_behind_the_end_of_another(w, f):
    decoy = b'nothing to see here'
    tftp(w, f.but(data=decoy, name='notes.txt'))
    for i, data in enumerate(blocks(f.data)):
        w.udp(0, block(i + 1, data), sport=40321, cport=50123)


@case(JPG)
def test_blocks_against_the_way_of_the_request(w, f):
    w.udp(0, b'\0\1notes.txt\0octet\0', sport=69, cport=50123)
    for i, data in enumerate(blocks(f.data)):
        w.udp(0, block(i + 1, data), sport=40321, cport=50123)
        w.udp(1, b'\0\4' + struct.pack('>H', i + 1), sport=40321, cport=50123)


# --- NFS ---

def opaque(b):
    return U32(len(b)) + b + bytes(-len(b) % 4)


def call(xid, procedure, arguments, version=3, credential=20, program=100003):
    return b''.join(map(U32, (xid, 0, 2, program, version, procedure, 1))) + opaque(bytes(credential)) + bytes(8) + arguments


def record(message, fragments=1):
    out = b''
    for i in range(fragments):
        part = message[len(message) * i // fragments:len(message) * (i + 1) // fragments]
        out += U32(len(part) | (0x80000000 if i + 1 == fragments else 0)) + part
    return out


def named(f, handle=b'handle'):
    """The call and the reply by which the file gets its name."""
    attributes = U32(1) + bytes(84)
    return call(1, 8, opaque(b'root') + opaque(f.name.encode()) + bytes(28)), U32(1) + U32(1) + bytes(16) + U32(0) + U32(1) + opaque(handle) + attributes + bytes(8)


def pieces_of(f, size):
    return [(at, f.data[at:at + size]) for at in range(0, len(f.data), size)]


def written(xid, f):
    return U32(xid) + U32(1) + bytes(16) + U32(0) + U32(0) + U32(1) + bytes(20) + U64(len(f.data)) + bytes(56) + bytes(16)


def write_3(w, f, order=list, size=3000, port=2049, fragments=1, xid=None, credential=20, flows=1, junk=b''):
    tcp = [w.tcp(sport=port, cport=700 + i).open() for i in range(flows)]
    made, answer = named(f)
    tcp[0].client(record(made, fragments)).server(record(answer))
    if junk:
        tcp[0].client(junk)
    for i, (at, data) in enumerate(order(pieces_of(f, size))):
        number = 10 + i if xid is None else xid
        message = call(number, 7, opaque(b'handle') + U64(at) + U32(len(data)) + U32(0) + opaque(data), credential=credential)
        t = tcp[i % flows]
        t.client(record(message, fragments))
        t.server(record(written(number, f)))
    w.wait(6)
    for t in tcp:
        t.close()


def compound(xid, operations, minor=0):
    return call(xid, 1, opaque(b'') + U32(minor) + U32(len(operations)) + b''.join(operations), version=4)


def results(xid, operations):
    return U32(xid) + U32(1) + bytes(16) + U32(0) + opaque(b'') + U32(len(operations)) + b''.join(operations)


def write_4(w, f, before=(), size=3000, together=1):
    """PUTFH, WRITE and CLOSE; `before`: operations of each compound that stand first."""
    t = w.tcp(sport=2049, cport=700).open()
    pieces = pieces_of(f, size)
    for i in range(0, len(pieces), together):
        operations = list(before) + [U32(22) + opaque(b'handle')]
        operations += [U32(38) + bytes(16) + U64(at) + U32(2) + opaque(data) for at, data in pieces[i:i + together]]
        t.client(record(compound(10 + i, operations)))
        done = [U32(22) + U32(0)] + [U32(38) + U32(0) + U32(len(data)) + U32(2) + bytes(8) for _, data in pieces[i:i + together]]
        if not before:
            t.server(record(results(10 + i, done)))
    t.client(record(compound(5, [U32(22) + opaque(b'handle'), U32(4) + bytes(20)])))
    t.server(record(results(5, [U32(22) + U32(0), U32(4) + U32(0) + bytes(16)])))
    t.close()


def write_udp(w, f):
    made, answer = named(f)
    w.udp(0, made, cport=700, sport=2049)
    w.udp(1, answer, cport=700, sport=2049)
    for i, (at, data) in enumerate(pieces_of(f, 1200)):
        message = call(10 + i, 7, opaque(b'handle') + U64(at) + U32(len(data)) + U32(0) + opaque(data))
        for _ in range(1 + i % 2):  # each other one is sent again
            w.udp(0, message, cport=700, sport=2049)
        w.udp(1, written(10 + i, f), cport=700, sport=2049)
    w.wait(6).udp(1, written(9, f), cport=700, sport=2049)


def read_3(w, f, order=list, size=3000):
    t = w.tcp(client=SERVER, server=CLIENT, sport=2049, cport=700).open()
    attributes = U32(1) + bytes(20) + U64(len(f.data)) + bytes(56)
    found = U32(1) + U32(1) + bytes(16) + U32(0) + opaque(b'handle') + bytes(8)
    t.client(record(call(1, 3, opaque(b'root') + opaque(f.name.encode())))).server(record(found))
    for i, (at, data) in enumerate(order(pieces_of(f, size))):
        t.client(record(call(10 + i, 6, opaque(b'handle') + U64(at) + U32(size))))
        eof = U32(at + len(data) == len(f.data))
        t.server(record(U32(10 + i) + U32(1) + bytes(16) + U32(0) + attributes + U32(len(data)) + eof + opaque(data)))
    t.close()


def reverse(pieces):
    return pieces[::-1]


def odd_first(pieces):
    return pieces[1::2] + pieces[::2]


test_nfs = cases(JPG, {
    'another port': lambda w, f: write_3(w, f, port=4049),
    'pieces from the last to the first': lambda w, f: write_3(w, f, order=reverse),
    'every other piece first': lambda w, f: write_3(w, f, order=odd_first),
    'pieces of odd sizes': lambda w, f: write_3(w, f, size=613),
    'all at once': lambda w, f: write_3(w, f, size=1 << 20),
    'records in fragments': lambda w, f: write_3(w, f, fragments=7),
    'records in very many fragments': lambda w, f: write_3(w, f, fragments=50),
    'the same number for each call': lambda w, f: write_3(w, f, xid=7),
    'long credentials': lambda w, f: write_3(w, f, credential=400),
    'over several connections': lambda w, f: write_3(w, f, flows=3),
    'behind what is no record': lambda w, f: write_3(w, f, junk=b'\xff' * 100),
    'behind an empty fragment': lambda w, f: write_3(w, f, junk=bytes(4)),
    'version 4': lambda w, f: write_4(w, f),
    'several writes in a compound': lambda w, f: write_4(w, f, together=3),
    'behind operations of a lock': lambda w, f: write_4(w, f, before=[U32(12) + U32(2) + U32(0) + bytes(16) + U32(0) + bytes(20)]),
    'over UDP, and again': write_udp,
    'read': read_3,
    'read from the last to the first': lambda w, f: read_3(w, f, order=reverse),
})


@case(JPG, whole=False)
def test_content_in_a_procedure_that_has_none(w, f):
    t = w.tcp(sport=2049, cport=700).open()
    t.client(record(call(1, 0, b'')))
    t.client(record(call(2, 0, f.data))).close()


@case(JPG, whole=False)
def test_content_behind_an_operation_that_nobody_knows(w, f):
    w.tcp(sport=2049, cport=700).open().client(record(compound(1, [U32(22) + opaque(b'handle'), U32(77) + f.data]))).close()


# --- LPD ---

def job(w, f, count=None, control=True, name=b'dfA001lane', port=515, queue=b'lanes', end=b'\0', first=True):
    lines = b'Hlane\nProot\nfdfA001lane\nUdfA001lane\nN' + f.name.encode() + b'\n'
    control = b'\2%d cfA001lane\n' % len(lines) + lines + b'\0' if control else b''
    data = b'\3%d ' % (len(f.data) if count is None else count) + name + b'\n' + f.data + end
    t = w.tcp(sport=port).open().client(b'\2' + queue + b'\n').server(b'\0')
    t.client(control + data if first else data + control).server(b'\0' * 4).close()


test_lpd = cases(JPG, {
    'another port': lambda w, f: job(w, f, port=9515),
    'no control file': lambda w, f: job(w, f, control=False),
    'the control file last': lambda w, f: job(w, f, first=False),
    'no count': lambda w, f: job(w, f, count=0, end=b''),
    'a count that is too small': lambda w, f: job(w, f, count=100, end=b''),
    'a count of four gigabytes': lambda w, f: job(w, f, count=4294967295, end=b''),
    'the name of a control file': lambda w, f: job(w, f, control=False, name=b'cfA001lane'),
})

test_tables = cases(CSV, {
    'by TFTP': tftp,
    'by NFS': write_3,
    'by LPD': job,
})
