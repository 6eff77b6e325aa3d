# SPDX-License-Identifier: Apache-2.0
"""HTTP as lenient servers and clients take it: heads, lengths, transfer codings, tunnels, and who asks whom."""
import gzip
import zlib

from case import ARCHIVE, CLIENT, CREATED, CSV, JPG, SERVER, cases, get, head, put

H = 'Host: store.example'


def chunks(data, size=4096, end=b'\r\n', extension=b'', form='%x'):
    pieces = [data[i:i + size] for i in range(0, len(data), size)]
    return b''.join((form % len(p)).encode() + extension + end + p + end for p in pieces) + b'0' + end + end


def raw(data):
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    return c.compress(data) + c.flush()


def talk(w, *turns, outside=False):
    """Turns of the client and the server, the client first; `outside`: the client is the partner."""
    ends = {'client': SERVER, 'server': CLIENT} if outside else {}
    t = w.tcp(sport=8080, **ends).open()
    for i, turn in enumerate(turns):
        if turn:
            t.send(i % 2, turn)
    t.close()


def request(line, *fields, length=True, wire=None, before=b'', after=b''):
    def write(w, f):
        body = f.data if wire is None else wire(f.data)
        announced = [f'Content-Length: {len(body)}'] if length is True else [length] if length else []
        text = '\r\n'.join([line, *fields, *announced]).encode('latin-1') + b'\r\n\r\n'
        talk(w, before + text + body + after, CREATED)
    return write


def sent(*fields, **more):
    return request('PUT /in/a1b2 HTTP/1.1', H, *fields, **more)


def answered(status, *fields, length=True, wire=None, method='GET'):
    def write(w, f):
        body = f.data if wire is None else wire(f.data)
        announced = [f'Content-Length: {len(body)}'] if length is True else [length] if length else []
        asked = head(method, '/in/a1b2')
        text = '\r\n'.join([status, *fields, *announced]).encode('latin-1') + b'\r\n\r\n'
        talk(w, asked, text + body, outside=True)
    return write


test_heads = cases(JPG, {
    'a head of 72 KB': sent(*[f'X-{i}: ' + 'a' * 720 for i in range(100)]),
    'a head of 700 KB': sent(*[f'X-{i}: ' + 'a' * 8000 for i in range(88)]),
    'a head of 3 MB that begins with its length': lambda w, f: sent(
        f'Content-Length: {len(f.data)}', *[f'X-{i}: ' + 'a' * 8000 for i in range(400)], length=None)(w, f),
    'a field of 300 KB': sent('X: ' + 'a' * 300000),
    'an answer with a head of 72 KB': answered('HTTP/1.1 200 OK', *[f'X-{i}: ' + 'a' * 720 for i in range(100)]),
    '20,000 fields': sent(*[f'X-{i}: b' for i in range(20000)]),
    'a folded length': lambda w, f: sent(length=f'Content-Length:\r\n {len(f.data)}')(w, f),
    'a NUL in a field': sent('X: a\0b'),
    '400 bytes of line ends before it': sent(before=b'\r\n' * 200),
    'a line of junk before it': sent(before=b'hello there this is junk\r\n'),
    'binary junk before it': sent(before=b'\x00\x01\x02\xff\xfe' * 8),
    'no version, and a method that nobody knows': request('FROB /in/a1b2', H),
    'another name for the version': request('FROB /in/a1b2 HTTP', H),
    'version 7.3': request('FROB /in/a1b2 HTTP/7.3', H),
    'a method of 1,000 letters': request('A' * 1000 + ' /in/a1b2 HTTP/1.1', H),
    'a method that is no token': request('P@T(x)/ /in/a1b2 HTTP/1.1', H),
    'a method in quotes': request('"PUT" /in/a1b2 HTTP/1.1', H),
    'a method of Latin-1': request('P\xdcT /in/a1b2 HTTP/1.1', H),
    'such a method in a second request': request('P@T(x)/ /in/a1b2 HTTP/1.1', H, before=head('GET', '/')),
    'a target of 20,000 bytes behind a method that nobody knows': request('FROB /' + 'a' * 20000 + ' HTTP/1.1', H),
})

test_lengths = cases(JPG, {
    'a length of 0': sent(length='Content-Length: 0'),
    'a length of 0 on a GET': request('GET /in/a1b2 HTTP/1.1', H, length='Content-Length: 0'),
    'a length of 1': sent(length='Content-Length: 1'),
    'a length that is too small': sent(length='Content-Length: 1000'),
    'a length that is three too small': lambda w, f: sent(length=f'Content-Length: {len(f.data) - 3}')(w, f),
    'two lengths, the small one first': lambda w, f: sent('Content-Length: 10')(w, f),
    'a list of lengths': lambda w, f: sent(length=f'Content-Length: 10, {len(f.data)}')(w, f),
    'a length with a sign': lambda w, f: sent(length=f'Content-Length: +{len(f.data)}')(w, f),
    'a length in words': sent(length='Content-Length: many'),
    'a file behind the last chunk': sent('Transfer-Encoding: chunked', length=None, wire=lambda d: chunks(b'hello') + d),
    **{f'a {m} with a body that nothing announces': request(f'{m} /in/a1b2 HTTP/1.1', H, length=None)
       for m in ('GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'POST', 'FROB')},
    'a body that comes behind the answer': lambda w, f: talk(w, head('GET', '/x'), CREATED, f.data, CREATED),
    'another request behind a body without a length': lambda w, f: talk(
        w, head('POST', '/x') + f.data + head('GET', '/y'), CREATED + CREATED),
    **{f'a {s} with a body that nothing announces': answered(f'HTTP/1.1 {s}', length=None)
       for s in ('204 No Content', '304 Not Modified', '100 Continue')},
    **{f'a {s} that says it has no body': answered(f'HTTP/1.1 {s}', length='Content-Length: 0')
       for s in ('200 OK', '404 Not Found', '205 Reset')},
    'a body in an answer to HEAD': answered('HTTP/1.1 200 OK', method='HEAD', length=None),
    'an answer that is longer than it says': answered('HTTP/1.1 200 OK', length='Content-Length: 1000'),
    'an ICY status line': answered('ICY 200 OK', length=None),
})

test_files_behind_a_body = cases(JPG, {
    'in the same segment': sent(length='Content-Length: 5', wire=lambda d: b'hello' + d),
}, twin=ARCHIVE)

test_lengths_of_tables = cases(CSV, {
    'a length of 30': sent(length='Content-Length: 30'),
    'a GET with a body': request('GET /in/a1b2 HTTP/1.1', H, length=None),
})

CODINGS = ['"chunked"', 'xchunked', 'chunked, identity', 'identity, chunked', ', chunked', 'CHUNKED', 'chunked;q=1', 'chunked chunked',
           'foo', 'identity', 'chu nked', '']
test_transfer_codings = cases(JPG, {
    **{f'Transfer-Encoding {t!r} of a request': sent(f'Transfer-Encoding: {t}', length=None, wire=chunks) for t in CODINGS},
    **{f'Transfer-Encoding {t!r} of a plain body': sent(f'Transfer-Encoding: {t}') for t in ('foo', '"chunked"')},
    'chunks that nothing announces': sent(length=None, wire=chunks),
    'chunked, and a plain body': sent('Transfer-Encoding: chunked', length=None),
    'chunked, a length of 0, and a plain body': sent('Transfer-Encoding: chunked', length='Content-Length: 0'),
    'extensions of 9 KB': sent('Transfer-Encoding: chunked', length=None, wire=lambda d: chunks(d, extension=b';a=' + b'b' * 9000)),
    'a trailer of 100 KB': sent('Transfer-Encoding: chunked', length=None,
                                wire=lambda d: chunks(d)[:-2] + b'Z: ' + b'a' * 100000 + b'\r\n\r\n'),
    'sizes of 200 digits': sent('Transfer-Encoding: chunked', length=None, wire=lambda d: chunks(d, form='%0200x')),
    'sizes with 0x': sent('Transfer-Encoding: chunked', length=None, wire=lambda d: chunks(d, form='0x%x')),
    'sizes with a minus': sent('Transfer-Encoding: chunked', length=None, wire=lambda d: chunks(d, form='-%x')),
    'line feeds alone': sent('Transfer-Encoding: chunked', length=None, wire=lambda d: chunks(d, end=b'\n')),
    'gzip, chunked': sent('Transfer-Encoding: gzip, chunked', length=None, wire=lambda d: chunks(gzip.compress(d))),
})

SWITCH = head('GET', '/ws', 'Upgrade: foo', 'Connection: Upgrade')
SWITCHED = b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\n\r\n'
CONNECT = b'CONNECT x.example:99 HTTP/1.1\r\nHost: x.example:99\r\n\r\n'
CONNECTED = b'HTTP/1.1 200 Connection established\r\n\r\n'
REFUSED = b'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'


def reply(f):
    return f'HTTP/1.1 200 OK\r\nContent-Length: {len(f.data)}\r\n\r\n'.encode() + f.data


test_turns = cases(JPG, {
    '101, and HTTP goes on': lambda w, f: talk(w, SWITCH, SWITCHED, put(f), CREATED),
    '101 to TLS, and HTTP goes on': lambda w, f: talk(w, SWITCH.replace(b'foo', b'TLS/1.0'), SWITCHED.replace(b'foo', b'TLS/1.0'),
                                                      put(f), CREATED),
    'CONNECT, and HTTP inside': lambda w, f: talk(w, CONNECT, CONNECTED, put(f), CREATED),
    'CONNECT that is refused': lambda w, f: talk(w, CONNECT, REFUSED, put(f), CREATED),
    'CONNECT that is refused, and the request before': lambda w, f: talk(w, CONNECT + put(f), REFUSED + CREATED),
    'a server that asks first': lambda w, f: talk(w, b'', put(f), CREATED, outside=True),
    'a server that asks back': lambda w, f: talk(w, get(f), put(f), CREATED, outside=True),
    'a client that answers': lambda w, f: talk(w, head('GET', '/'), head('GET', '/give'), reply(f)),
    'a client that answers what was not asked': lambda w, f: talk(w, head('GET', '/'), CREATED, reply(f)),
    'reverse HTTP': lambda w, f: talk(w, SWITCH, SWITCHED + head('GET', '/cam'), reply(f)),
})

SOCKS4 = b'\4\1\0\x50\xc0\0\2\1user\0'
test_behind_proxies = cases(JPG, {
    'SOCKS 4 that is refused, and HTTP all the same': lambda w, f: talk(w, SOCKS4, b'\0\x5b\0\x50\0\0\0\0', put(f), CREATED),
    'SOCKS 4 that is refused, and the request before': lambda w, f: talk(w, SOCKS4 + put(f), b'\0\x5b\0\x50\0\0\0\0' + CREATED),
    'SOCKS 5 that is refused, and HTTP all the same': lambda w, f: talk(
        w, b'\5\1\0', b'\5\0', b'\5\1\0\1\xc0\0\2\1\0\x50', b'\5\2\0\1\0\0\0\0\0\0', put(f), CREATED),
    'a method of SOCKS 5 that is refused, and HTTP all the same': lambda w, f: talk(w, b'\5\1\0', b'\5\xff', put(f), CREATED),
    'SOCKS 5 for datagrams, and HTTP on the connection': lambda w, f: talk(
        w, b'\5\1\0', b'\5\0', b'\5\3\0\1\0\0\0\0\0\0', b'\5\0\0\1\xc0\0\2\1\0\x50', put(f), CREATED),
    'SOCKS 5, all at once': lambda w, f: talk(w, b'\5\1\0\5\1\0\1\xc0\0\2\1\0\x50' + put(f), b'\5\0\5\0\0\1' + b'\0' * 6 + CREATED),
    'the binary header of a proxy': lambda w, f: talk(
        w, b'\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\0\0\1\x0a\0\0\2\0\1\0\2' + put(f), CREATED),
    'three proxies one behind the other': lambda w, f: talk(w, *[CONNECT, CONNECTED] * 3, put(f), CREATED),
})

test_codings = cases(JPG, {
    'empty blocks before a bare stream': sent('Content-Encoding: deflate', wire=lambda d: b'\0\0\0\xff\xff' * 200 + raw(d)),
    'a file behind a short deflate stream': sent('Content-Encoding: deflate', wire=lambda d: zlib.compress(b'x') + d),
    'a file behind a short bare stream': sent('Content-Encoding: deflate', wire=lambda d: raw(b'x') + d),
    'a file behind a short gzip member': sent('Content-Encoding: gzip', wire=lambda d: gzip.compress(b'x') + d),
    'a file behind an empty gzip member': sent('Content-Encoding: gzip', wire=lambda d: gzip.compress(b'') + d),
    'several gzip members': sent('Content-Encoding: gzip',
                                 wire=lambda d: b''.join(gzip.compress(d[i:i + 3000]) for i in range(0, len(d), 3000))),
    'several zlib streams': sent('Content-Encoding: deflate', wire=lambda d: zlib.compress(d[:9000]) + zlib.compress(d[9000:])),
    'gzip in gzip': sent('Content-Encoding: gzip', wire=lambda d: gzip.compress(gzip.compress(d))),
    'gzip that is none': sent('Content-Encoding: gzip'),
    'a coding that nobody knows, and gzip': sent('Content-Encoding: foo', wire=gzip.compress),
    'identity, and gzip': sent('Content-Encoding: identity', wire=gzip.compress),
    'a name in quotes': sent('Content-Encoding: "gzip"', wire=gzip.compress),
    'a gzip file': sent(wire=gzip.compress),
    'a gzip file in a gzip file': sent(wire=lambda d: gzip.compress(gzip.compress(d))),
    'a gzip file with a file behind it': sent(wire=lambda d: gzip.compress(b'x') + d),
})

test_codings_of_tables = cases(CSV, {
    'a gzip file': sent(wire=gzip.compress),
    'a gzip file of two members': sent(wire=lambda d: gzip.compress(d[:1000]) + gzip.compress(d[1000:])),
})
