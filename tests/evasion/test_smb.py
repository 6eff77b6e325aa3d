# SPDX-License-Identifier: Apache-2.0
"""Files on shares that are hidden by how they are written: orders, sizes, chains, connections, frames, what came before."""
import struct

from case import CLIENT, CSV, JPG, SERVER, cases

NEGOTIATE, TREE, CREATE, CLOSE, READ, WRITE, SET_INFO = 0, 3, 5, 6, 8, 9, 17
ANSWER, CHAINED = 1, 4
SESSION, TREE_ID, HANDLE = 0x44, 5, struct.pack('<QQ', 0x11, 0x22)
THE_ONE_BEFORE = b'\xff' * 16


def message(command, number, body, flags=0, next_=0, status=0):
    """A header of [MS-SMB2] section 2.2.1, and what stands behind it."""
    head = b'\xfeSMB' + struct.pack('<HHIHHIIQIIQ16s', 64, 1, status, command, 1, flags, next_, number, 0, TREE_ID, SESSION, b'')
    return head + body


def frame(*messages):
    """Messages in a frame, as a chain if there are several."""
    out = b''
    for i, m in enumerate(messages):
        if i + 1 < len(messages):
            m += bytes(-len(m) % 8)
            m = m[:20] + struct.pack('<I', len(m)) + m[24:]
        out += m
    return struct.pack('>I', len(out)) + out


def tree(number=1):
    path = '\\\\store\\plates'.encode('utf-16-le')
    return message(TREE, number, struct.pack('<HHHH', 9, 0, 72, len(path)) + path)


def create(number, name):
    path = name.encode('utf-16-le')
    return message(CREATE, number, struct.pack('<H42xHHII', 57, 120, len(path), 0, 0) + path)


def created(number, size=0, handle=HANDLE):
    return message(CREATE, number, struct.pack('<H46xQ8x16s8x', 89, size, handle), ANSWER)


def write(number, offset, data, handle=HANDLE, gap=b'', flags=0):
    body = struct.pack('<HHIQ16s16x', 49, 112 + len(gap), len(data), offset, handle)
    return message(WRITE, number, body + gap + data, flags)


def written(number, status=0):
    return message(WRITE, number, struct.pack('<HHIII', 17, 0, 0, 0, 0), ANSWER, status=status)


def read(number, offset, n, handle=HANDLE):
    return message(READ, number, struct.pack('<HBBIQ16s17x', 49, 0, 0, n, offset, handle))


def read_answer(number, data):
    return message(READ, number, struct.pack('<HBBI8x', 17, 80, 0, len(data)) + data, ANSWER)


def close(number, handle=HANDLE, flags=0):
    return message(CLOSE, number, struct.pack('<H6x16s', 24, handle), flags)


def closed(number):
    return message(CLOSE, number, struct.pack('<H58x', 60), ANSWER)


def pieces(data, n):
    return [(at, data[at:at + n]) for at in range(0, len(data), n)]


def begin(w, f, port=445, name=None, **more):
    """A connection on which `f` is open."""
    t = w.tcp(sport=port, **more).open()
    t.client(frame(tree())).server(frame(message(TREE, 1, struct.pack('<HB13x', 16, 1), ANSWER)))
    t.client(frame(create(2, name or f.name))).server(frame(created(2)))
    return t


def end(t, number):
    t.client(frame(close(number))).server(frame(closed(number)))
    t.close()


def put(w, f, places, **more):
    """All of it in pieces as they come."""
    t, number = begin(w, f, **more), 3
    for at, piece in places:
        t.client(frame(write(number, at, piece))).server(frame(written(number)))
        number += 1
    end(t, number)


def refused(w, f):
    t = begin(w, f)
    t.client(frame(write(3, 0, f.data))).server(frame(written(3, 0xc0000022)))
    end(t, 4)


def in_a_chain(w, f):
    t = w.tcp(sport=445).open()
    t.client(frame(tree())).server(frame(message(TREE, 1, struct.pack('<HB13x', 16, 1), ANSWER)))
    t.client(frame(create(2, f.name), write(3, 0, f.data, THE_ONE_BEFORE, flags=CHAINED), close(4, THE_ONE_BEFORE, CHAINED)))
    t.server(frame(created(2), written(3), closed(4)))
    t.close()


def in_one_frame_with_others(w, f):
    t = begin(w, f)
    t.client(frame(*[write(3 + i, at, piece) for i, (at, piece) in enumerate(pieces(f.data, 2000))]))
    end(t, 99)


def over_two(w, f):
    a, places = begin(w, f), pieces(f.data, 3000)
    b = w.tcp(sport=445, cport=41000).open()
    for i, (at, piece) in enumerate(places):
        (a if i % 2 else b).client(frame(write(10 + i, at, piece)))
    end(a, 99)


def over_a_decoy(w, f):
    t = begin(w, f)
    t.client(frame(write(3, 0, b'nothing to see here. ' * (len(f.data) // 21 + 1))))
    t.client(frame(write(4, 0, f.data)))
    end(t, 5)


def cut_to_nothing(w, f):
    t = begin(w, f)
    t.client(frame(write(3, 0, b'nothing to see here. ' * 500)))
    info = struct.pack('<HBBIHHI16sQ', 33, 1, 20, 8, 96, 0, 0, HANDLE, 0)
    t.client(frame(message(SET_INFO, 4, info)))
    for i, (at, piece) in enumerate(pieces(f.data, 900)):
        t.client(frame(write(5 + i, at, piece)))
    end(t, 99)


def behind_frames(*before):
    def make(w, f):
        t = begin(w, f)
        for raw in before:
            t.client(raw)
        t.client(frame(write(3, 0, f.data)))
        end(t, 4)
    return make


def with_room_before_the_data(w, f):
    t = begin(w, f)
    t.client(frame(write(3, 0, f.data, gap=bytes(300))))
    end(t, 4)


def without_its_beginning(w, f):
    """The connection was there before anybody looked."""
    t = w.tcp(sport=445)
    for i, (at, piece) in enumerate(pieces(f.data, 4000)):
        t.client(frame(write(3 + i, at, piece))).server(frame(written(3 + i)))
    end(t, 99)


def fetched(order):
    def make(w, f):
        t = w.tcp(client=SERVER, server=CLIENT, sport=445).open()
        t.client(frame(tree())).server(frame(message(TREE, 1, struct.pack('<HB13x', 16, 1), ANSWER)))
        t.client(frame(create(2, f.name))).server(frame(created(2, len(f.data))))
        places = pieces(f.data, 4096)
        for i, (at, piece) in enumerate(places):
            t.client(frame(read(3 + i, at, 4096)))
        for i in order(list(range(len(places)))):
            t.server(frame(read_answer(3 + i, places[i][1])))
        t.close()
    return make


def backwards(places):
    return places[::-1]


def shuffled(places):
    return places[1::2] + places[::2]


SESSION_REQUEST = b'\x81\0\0\x44' + (b' ' + b'CA' * 16 + b'\0') * 2

test_orders = cases(JPG, {
    'in one piece': lambda w, f: put(w, f, [(0, f.data)]),
    'octets of 100': lambda w, f: put(w, f, pieces(f.data, 100)),
    'backwards': lambda w, f: put(w, f, backwards(pieces(f.data, 1000))),
    'every second one first': lambda w, f: put(w, f, shuffled(pieces(f.data, 1000))),
    'the last octet first': lambda w, f: put(w, f, [(len(f.data) - 1, f.data[-1:]), (0, f.data[:-1])]),
})

test_messages = cases(JPG, {
    'refused': refused,
    'opened, written and closed at once': in_a_chain,
    'many writes in a frame': in_one_frame_with_others,
    'over two connections': over_two,
    'over a decoy': over_a_decoy,
    'behind a decoy that is cut to nothing': cut_to_nothing,
    'data far behind their message': with_room_before_the_data,
    'from the middle of a connection': without_its_beginning,
    'another name': lambda w, f: put(w, f, [(0, f.data)], name='minutes.txt'),
    'a stream of the file': lambda w, f: put(w, f, [(0, f.data)], name=f'minutes.txt:{f.name}'),
})

test_frames = cases(JPG, {
    'behind empty frames': behind_frames(b'\0\0\0\0' * 5),
    'behind keep-alives': behind_frames(b'\x85\0\0\0' * 3),
    'behind a frame of noise': behind_frames(b'\0\0\0\x14' + b'no message at all...'),
    'behind noise': behind_frames(b'GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
    'behind a message that nobody knows': behind_frames(frame(message(250, 3, b'x' * 40))),
    'behind one whose chain leads out of it': behind_frames(frame(message(WRITE, 3, b'x' * 48, next_=4096))),
})

test_ports = cases(CSV, {
    **{f'server port {p}': (lambda p: lambda w, f: put(w, f, [(0, f.data)], port=p))(p) for p in (21, 22, 80, 139, 443, 8080)},
    'a session is asked for first': lambda w, f: asked(w, f),
})


def asked(w, f):
    t = w.tcp(sport=139).open()
    t.client(SESSION_REQUEST).server(b'\x82\0\0\0')
    t.client(frame(create(2, f.name))).server(frame(created(2)))
    t.client(frame(write(3, 0, f.data)))
    end(t, 4)


test_reads = cases(JPG, {'in order': fetched(list), 'backwards': fetched(backwards), 'shuffled': fetched(shuffled)})
