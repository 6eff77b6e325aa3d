#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/fuzz/corpus/sensor/: tiny captures of what the whole path knows, nothing recorded; and from them
tests/fuzz/corpus/allocations/: which allocation fails, how often others do, and a capture."""
import gzip
import os
import struct
import subprocess
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TESTS, 'e2e'))
import packets as p  # noqa: E402

LANE, OUT, FRIEND = '10.40.3.7', '198.51.100.20', '192.0.2.20'
PLATES = b'plate,state,lane\n' + b''.join(b'ABC%04d,TX,4\n' % (i * 37) for i in range(20))
JPEG = bytes.fromhex('ffd8ffe000104a46494600010100000100010000fffe0016') + b'JVC V1.0 camera = 04' + bytes.fromhex('ffd9')


def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


PNG = (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 8, 0, 0, 0, 0)) +
       chunk(b'zTXt', b'Comment\0\0' + zlib.compress(PLATES * 20)) + chunk(b'IDAT', zlib.compress(b'\0\0')) + chunk(b'IEND', b''))


def brotli(body):
    return subprocess.run(['brotli', '-c', '-'], input=body, capture_output=True, check=True).stdout


def talk(**options):
    return p.Talk(LANE, OUT, mss=400, **options)


def headers(first, body, *more):
    return '\r\n'.join([first, 'Host: x.platesystems.example', *more, '', '']).encode() + body


def http(request, reply=p.answer(b'ok')):
    return talk().open().send(0, request).send(1, reply).close()


def chunked(body, size=70):
    parts = [body[i:i + size] for i in range(0, len(body), size)]
    return b''.join(b'%x\r\n%s\r\n' % (len(x), x) for x in parts) + b'0\r\n\r\n'


def multipart(body):
    inner = (b'--b\r\nContent-Disposition: form-data; name="f"; filename="r.csv"\r\nContent-Type: text/csv\r\n\r\n' + body +
             b'\r\n--b\r\nContent-Disposition: form-data; name="g"; filename="i.jpg"\r\n\r\n' + JPEG + b'\r\n--b--\r\n')
    return headers('POST /form HTTP/1.1', inner, 'Content-Type: multipart/form-data; boundary=b', f'Content-Length: {len(inner)}')


def ranges(second):
    t = talk().open()
    for a, b in ([(200, len(PLATES)), (0, 200)] if second else [(0, 150), (150, len(PLATES))]):
        body = PLATES[a:b]
        t.send(0, headers('PUT /r.csv HTTP/1.1', body, f'Content-Range: bytes {a}-{b - 1}/{len(PLATES)}',
                          f'Content-Length: {len(body)}')).send(1, p.answer())
    return t.close()


def socks():
    t = talk(sport=1080).open().send(0, b'\5\1\0').send(1, b'\5\0').send(0, b'\5\1\0\3\x07x.local\0\x50')
    return t.send(1, b'\5\0\0\1\1\2\3\4\0\x50').send(0, p.put('/in/a.csv', PLATES)).send(1, p.answer()).close()


def connect():
    t = talk(sport=3128).open().send(0, b'CONNECT x.local:80 HTTP/1.1\r\n\r\n').send(1, b'HTTP/1.1 200 Connection established\r\n\r\n')
    return t.send(0, p.put('/in/a.csv', PLATES)).send(1, p.answer()).close()


def late():
    f = http(p.put('/in/a.csv', PLATES)).frames()
    return f[:4] + [f[6], f[5]] + f[7:] + f[3:5]


def reused():
    return http(p.put('/in/a.csv', PLATES)).frames() + talk(cseq=9 << 20).open().send(0, p.put('/b', JPEG)).reset().frames()


def frame(kind, flags, stream, payload=b''):
    return struct.pack('>I', len(payload))[1:] + struct.pack('>BBI', kind, flags, stream) + payload


def field(text):
    return bytes([len(text)]) + text


def head(stream, path, flags, *more):
    """POST to a host, all but the path kept in the table; what more is told stands in none (RFC 7541 section 6.2)."""
    block = b'\x83\x86\x41' + field(b'x.platesystems.example') + b'\x04' + field(path)
    return frame(1, 4 | flags, stream, block + b''.join(b'\x40' + field(name) + field(value) for name, value in more))


def http2(*streams):
    """Each: its head, and its body in frames of 100 octets that come in turn."""
    client = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + frame(4, 0, 0) + b''.join(made for made, _ in streams)
    last = max(len(body) for _, body in streams)
    for at in range(0, last, 100):
        for number, (_, body) in enumerate(streams):
            if body[at:]:
                client += frame(0, at + 100 >= len(body), 2 * number + 1, body[at:at + 100])
    server = frame(4, 0, 0) + frame(4, 1, 0) + b''.join(frame(1, 5, 2 * n + 1, b'\x88') for n in range(len(streams)))
    return http(client, server)


def frames(packets):
    return [p.ethernet(x) for _, x in packets]


def seeds():
    upload = http(p.put('/in/a.csv', PLATES))
    yield 'http-put', upload.frames()
    yield 'http-get', p.Talk(OUT, LANE, mss=400).open().send(0, p.get('/i.jpg')).send(1, p.answer(JPEG)).close().frames()
    yield 'http-chunked-gzip', http(headers('POST /in HTTP/1.1', chunked(gzip.compress(PLATES, mtime=0)), 'Content-Encoding: gzip',
                                            'Transfer-Encoding: chunked')).frames()
    yield 'http-brotli', http(headers('POST /in HTTP/1.1', chunked(brotli(PLATES)), 'Content-Encoding: br',
                                      'Transfer-Encoding: chunked')).frames()
    yield 'http-png', http(p.put('/in/a.png', PNG)).frames()
    yield 'http-multipart', http(multipart(PLATES)).frames()
    yield 'http-ranges', ranges(False).frames()
    yield 'http-ranges-swapped', ranges(True).frames()
    yield 'http-cut', upload.frames()[:6]
    yield 'http-late-and-twice', late()
    yield 'http-reused-reset', reused()
    yield 'http-one-sided', upload.frames(0)
    yield 'http-midway', upload.frames()[3:]
    yield 'ftp-stor', frames(p.ftp(LANE, OUT, 'in/reads.csv', PLATES, mss=400))
    yield 'ftp-retr', frames(p.ftp(OUT, LANE, 'i.jpg', JPEG, upload=False, mss=400))
    yield 'socks5', socks().frames()
    yield 'connect', connect().frames()
    yield 'ipv6', p.upload(p.Talk('2001:db8:40::7', '2001:db8:ffff::9', mss=400), '/in/a.csv', PLATES).frames()
    yield 'fragments', [p.ethernet(f) for i, (_, x) in enumerate(upload.packets) for f in p.fragments4(x, 128, i)]
    yield 'vxlan', [p.ethernet(p.udp('192.0.2.1', '192.0.2.2', 50000, 4789, struct.pack('>II', 8 << 24, 42 << 8) + x))
                    for x in upload.frames()]
    zipped = gzip.compress(PLATES, mtime=0)
    yield 'http2', http2((head(1, b'/in/a.csv', 0, (b'content-encoding', b'gzip')), zipped), (head(3, b'/in/b', 0), b'note ' * 60)).frames()
    yield 'grpc', http2((head(1, b'/s/Put', 0, (b'content-type', b'application/grpc')), struct.pack('>BI', 0, len(PLATES)) + PLATES)).frames()


def main():
    corpus = os.path.join(TESTS, 'fuzz', 'corpus')
    for folder in ('sensor', 'allocations'):
        os.makedirs(os.path.join(corpus, folder), exist_ok=True)
    for i, (name, made) in enumerate(seeds()):
        capture = os.path.join(corpus, 'sensor', name + '.pcap')
        p.write(capture, made)
        with open(capture, 'rb') as f, open(os.path.join(corpus, 'allocations', name), 'wb') as out:
            out.write(struct.pack('<HB', i * 7 % 90, i % 3 * i) + f.read())


if __name__ == '__main__':
    main()
