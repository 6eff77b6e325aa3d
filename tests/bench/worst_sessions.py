# SPDX-License-Identifier: Apache-2.0
"""Inputs of worst_inputs.INPUTS that are conversations: HTTP, FTP, SOCKS, TLS, QUIC, SSH, DNS, VPNs."""
import itertools
import random
import struct

import sealed_quic
from worst_inputs import ACK, ANSWER, LANE, OUTSIDE, PSH, Line, head, input_of, request_wall, requests
from worst_packets import udp_frame

# --- HTTP


def answered(request, answer, each=500, **line_of):
    """Requests behind one another, then their answers."""
    for port in itertools.count(1):
        line = Line(port=1024 + port % 60000, **line_of)
        yield from line.open()
        yield from line.send(0, request * each)
        yield from line.acknowledge(0)
        yield from line.send(1, answer * each)
        yield from line.close()


def exchange_wall(name, request, answer, each=500, **line_of):
    @input_of(name)
    def make(size):
        return answered(request, answer, each, **line_of)


INWARD = {'client': OUTSIDE, 'server': LANE}
exchange_wall('HEAD, answered', b'HEAD / HTTP/1.1\r\n\r\n', b'HTTP/1.1 200\r\nContent-Length:9\r\n\r\n', **INWARD)
exchange_wall('OPTIONS, answered', b'OPTIONS * HTTP/1.1\r\n\r\n', b'HTTP/1.1 204\r\n\r\n')
exchange_wall('CONNECT, refused', b'CONNECT a:1 HTTP/1.1\r\n\r\n', b'HTTP/1.1 403\r\nContent-Length:0\r\n\r\n', 1)
exchange_wall('CONNECT, refused, many on a connection', b'CONNECT a:1 HTTP/1.1\r\n\r\n', b'HTTP/1.1 403\r\nContent-Length:0\r\n\r\n')
exchange_wall('answers without a length, each the last', b'GET / HTTP/1.1\r\n\r\n', b'HTTP/1.1 200\r\n\r\nx', 1, **INWARD)
exchange_wall('answers that say 304', b'GET / HTTP/1.1\r\n\r\n', b'HTTP/1.1 304\r\n\r\n', **INWARD)
exchange_wall('answers 206 of one byte', b'GET / HTTP/1.1\r\n\r\n',
              b'HTTP/1.1 206\r\nContent-Length:1\r\nContent-Range:bytes 1-1/9\r\n\r\nx', **INWARD)


@input_of('answers 100 to one request without end')
def provisional(size):
    line = Line(**INWARD)
    yield from line.open()
    yield from line.send(0, b'GET / HTTP/1.1\r\n\r\n')
    while True:
        yield from line.send(1, b'HTTP/1.1 100\r\n\r\n' * 500)


@input_of('upgrades, each on a connection of its own')
def upgrades(size):
    return answered(b'GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
                    b'HTTP/1.1 101\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x82\1x', 1)


request_wall('heads in odd lines', b'GET / HTTP/1.1\r\nHost : a\r\n b\r\n\tc\r\n:\r\nx\0y: z\r\n\r\n', 500)
request_wall('heads whose lines go on', b'GET / HTTP/1.1\r\nA: b\r\n' + b' c\r\n' * 2000 + b'\r\n', 20)
request_wall('heads with two lengths', b'PUT / HTTP/1.1\r\nContent-Length:1\r\nContent-Length:2\r\n\r\nx', 500)
request_wall('targets of percents', b'GET /' + b'%41' * 2000 + b' HTTP/1.1\r\n\r\n', 20)
request_wall('targets of dots', b'GET /' + b'../' * 2000 + b' HTTP/1.1\r\n\r\n', 20)
request_wall('uploads with names of percents', b"PUT /%41%42%43 HTTP/1.1\r\nContent-Disposition: a;filename*=UTF-8''%41%42%2ejpg\r\n"
             b'Content-Length:1\r\n\r\nx', 500)
request_wall('trailers of three bytes', b'PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n' + b'a:\r\n' * 1000 + b'\r\n', 20)
request_wall('chunked uploads of one byte', b'PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n', 500)
request_wall('methods of no name', b'XYZZY / HTTP/1.1\r\nContent-Length:1\r\n\r\nx', 500)
request_wall('bodies that no length announces', b'PUT / HTTP/1.1\r\n\r\nxyz\n', 500)


@input_of('uploads of one byte, each to a host of another name')
def many_names(size):
    return requests((f'PUT / HTTP/1.1\r\nHost: {i:x}.example\r\nContent-Length:1\r\n\r\nx'.encode() for i in itertools.count()), 500)


@input_of('requests to a proxy, each for another host')
def many_targets(size):
    return requests((f'PUT http://{i:x}.example/ HTTP/1.1\r\nContent-Length:1\r\n\r\nx'.encode() for i in itertools.count()), 500)


@input_of('HTTP/2, frames of no byte')
def http2_frames(size):
    line = Line()
    yield from line.open()
    yield from line.send(0, b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    while True:
        yield from line.send(0, b'\0\0\0\4\0\0\0\0\0' * 500)


# --- FTP


@input_of('FTP, a file of one byte on a connection of its own')
def ftp_files(size):
    control = Line(server_port=21)
    yield from control.open()
    yield from control.send(1, b'220 ready\r\n')
    for i in itertools.count():
        port = 1024 + i % 60000
        yield from control.send(0, b'PASV\r\n')
        yield from control.send(1, b'227 (203,0,113,77,%d,%d)\r\n' % (port // 256, port % 256))
        yield from control.send(0, b'STOR a%x\r\n' % i)
        data = Line(port=1024 + i * 7 % 60000, server_port=port)
        yield from data.open()
        yield from data.send(0, b'x')
        yield from data.close()
        yield from control.send(1, b'150\r\n226\r\n')


@input_of('FTP, refused commands of transfer')
def ftp_refused(size):
    return answered(b'STOR a\r\n', b'550\r\n', 500, server_port=21)


@input_of('FTP, replies of many lines')
def ftp_lines_replied(size):
    control = Line(server_port=21)
    yield from control.open()
    yield from control.send(1, b'220-a\r\n')
    while True:
        yield from control.send(1, b'220-\r\n' * 500)


@input_of('FTP, blocks of one byte')
def ftp_blocks(size):
    control, data = Line(server_port=21), Line(port=41000, server_port=2020)
    yield from control.open()
    yield from control.send(1, b'220 ready\r\n')
    yield from control.send(0, b'MODE B\r\n')
    yield from control.send(1, b'200\r\n')
    yield from control.send(0, b'PASV\r\n')
    yield from control.send(1, b'227 (203,0,113,77,7,228)\r\n')
    yield from control.send(0, b'STOR a\r\n')
    yield from control.send(1, b'150\r\n')
    yield from data.open()
    while True:
        yield from data.send(0, b'\0\0\1x' * 500)


@input_of('FTP, greetings')
def ftp_greetings(size):
    for port in itertools.count(1):
        line = Line(port=1024 + port % 60000, server_port=21)
        yield from line.open()
        yield from line.send(1, b'220 a\r\n')
        yield from line.send(0, b'USER a\r\n')


# --- SOCKS


@input_of('SOCKS, each for another host, with an upload of one byte')
def socks_uploads(size):
    for i in itertools.count():
        line = Line(port=1024 + i % 60000, server_port=1080)
        name = b'%08x.example' % i
        yield from line.open()
        yield from line.send(0, b'\5\1\0')
        yield from line.send(1, b'\5\0')
        yield from line.send(0, b'\5\1\0\3' + bytes([len(name)]) + name + b'\0\x50')
        yield from line.send(1, b'\5\0\0\1\0\0\0\0\0\0')
        yield from line.send(0, b'PUT / HTTP/1.1\r\nContent-Length:1\r\n\r\nx')


@input_of('SOCKS 4, each for another host')
def socks4(size):
    for i in itertools.count():
        line = Line(port=1024 + i % 60000, server_port=1080)
        yield line.segment(0, PSH | ACK, b'\4\1\0\x50\0\0\0\1a\0%08x.example\0' % i)


# --- TLS


def extension(kind, data):
    return struct.pack('>HH', kind, len(data)) + data


def client_hello(name, more=b''):
    server = extension(0, struct.pack('>HBH', len(name) + 3, 0, len(name)) + name)
    rest = extension(43, b'\2\3\4') + extension(10, b'\0\2\0\x1d') + extension(13, b'\0\2\4\3') + more
    body = b'\3\3' + bytes(32) + b'\0' + b'\0\2\x13\1' + b'\1\0' + struct.pack('>H', len(server + rest)) + server + rest
    return b'\1' + struct.pack('>I', len(body))[1:] + body


SERVER_HELLO = b'\2\0\0\x2e\3\3' + bytes(32) + b'\0\x13\1\0\0\6' + extension(43, b'\3\4')


def tls_record(kind, data):
    return bytes([kind, 3, 3]) + struct.pack('>H', len(data)) + data


@input_of('TLS, handshakes, each for another name')
def tls_handshakes(size):
    for i in itertools.count():
        line = Line(port=1024 + i % 60000, server_port=443, client=LANE + i // 60000 % 1000)
        yield from line.open()
        yield from line.send(0, tls_record(22, client_hello(b'%08x.example' % i)))
        yield from line.send(1, tls_record(22, SERVER_HELLO) + tls_record(20, b'\1') + tls_record(23, bytes(40)))


@input_of('TLS, hellos alone')
def tls_hellos(size):
    for i in itertools.count():
        line = Line(port=1024 + i % 60000, server_port=443, client=LANE + i // 60000 % 1000)
        yield line.segment(0, PSH | ACK, tls_record(22, client_hello(b'a.example')))


def tls_wall(name, record):
    @input_of(name)
    def make(size):
        line = Line(server_port=443)
        yield from line.open()
        yield from line.send(0, tls_record(22, client_hello(b'a.example')))
        yield from line.send(1, tls_record(22, SERVER_HELLO) + tls_record(20, b'\1'))
        while True:
            yield from line.send(0, record * 500)


tls_wall('TLS, records of one byte', tls_record(23, b'x'))
tls_wall('TLS, records of no byte', tls_record(23, b''))
tls_wall('TLS, changes of cipher', tls_record(20, b'\1'))
tls_wall('TLS, alerts', tls_record(21, b'\1\0'))
tls_wall('TLS, messages of no byte', tls_record(22, b'\x18\0\0\0' * 300))


@input_of('TLS, a hello in records of one byte')
def tls_pieces(size):
    hello = client_hello(b'a.example', extension(21, bytes(4000)))
    pieces = b''.join(tls_record(22, hello[i:i + 1]) for i in range(len(hello)))
    for port in itertools.count(1):
        line = Line(port=1024 + port % 60000, server_port=443)
        yield from line.open()
        yield from line.send(0, pieces)


@input_of('TLS, a hello of many extensions')
def tls_extensions(size):
    hello = tls_record(22, client_hello(b'a.example', b''.join(extension(1000 + i, b'') for i in range(3500))))
    for port in itertools.count(1):
        line = Line(port=1024 + port % 60000, server_port=443)
        yield from line.open()
        yield from line.send(0, hello)


# --- SSH


@input_of('SSH, banners')
def ssh_banners(size):
    for port in itertools.count(1):
        line = Line(port=1024 + port % 60000, server_port=22)
        yield from line.open()
        yield from line.send(0, b'SSH-2.0-a\r\n')
        yield from line.send(1, b'SSH-2.0-b\r\n')


@input_of('SSH, lines before a banner')
def ssh_lines(size):
    for port in itertools.count(1):
        line = Line(port=1024 + port % 60000, server_port=22)
        yield from line.open()
        yield from line.send(1, b'x\n' * 4000)


@input_of('SSH, packets of no byte')
def ssh_packets(size):
    line = Line(server_port=22)
    yield from line.open()
    yield from line.send(0, b'SSH-2.0-a\r\n')
    yield from line.send(1, b'SSH-2.0-b\r\n')
    while True:
        yield from line.send(0, b'\0\0\0\x0c\x0a\2' + bytes(10))


# --- datagrams


def dns_question(i, name):
    return struct.pack('>6H', i & 0xffff, 0x0100, 1, 0, 0, 0) + name + b'\0\0\x10\0\1'


def label(text):
    return bytes([len(text)]) + text


@input_of('DNS, questions of long labels under one domain')
def dns_tunnel(size):
    for i in itertools.count():
        name = label(b'%060x' % (i * 0x9e3779b97f4a7c15 ** 3 % (1 << 240))) * 3 + label(b't') + label(b'example')
        yield udp_frame(LANE, OUTSIDE, 1024 + i % 60000, 53, dns_question(i, name))


@input_of('DNS, questions, each of another domain')
def dns_domains(size):
    for i in itertools.count():
        yield udp_frame(LANE, OUTSIDE, 5353, 53, dns_question(i, label(b'%x' % i) + label(b'aa')))


@input_of('DNS, questions of one-letter labels')
def dns_labels(size):
    name = label(b'a') * 125
    for i in itertools.count():
        yield udp_frame(LANE, OUTSIDE, 5353, 53, dns_question(i, name))


@input_of('DNS, answers that point to names that point')
def dns_pointers(size):
    records = b''.join(struct.pack('>H', 0xc00c + max(0, 12 * k - 5)) + b'\0\x10\0\1\0\0\0\0\0\0' for k in range(100))
    for i in itertools.count():
        yield udp_frame(OUTSIDE, LANE, 53, 1024 + i % 60000,
                        struct.pack('>6H', i & 0xffff, 0x8180, 1, 100, 0, 0) + b'\1a\0\0\x10\0\1' + records)


def datagram_wall(name, port, payload, source_port=lambda i: 1024 + i % 60000):
    @input_of(name)
    def make(size):
        for i in itertools.count():
            yield udp_frame(LANE + i // 60000 % 1000, OUTSIDE, source_port(i), port, payload(i))


datagram_wall('WireGuard, beginnings of handshakes', 51820, lambda i: struct.pack('>II', 1 << 24, i) + bytes(140))
datagram_wall('OpenVPN, resets', 1194, lambda i: b'\x38' + struct.pack('>Q', i) + bytes(5))
datagram_wall('DTLS, hellos in fragments of one byte', 5684, lambda i: b'\x16\xfe\xfd\0\0\0\0\0\0' + struct.pack('>HH', i & 0xffff, 13)
              + b'\1\0\1\0\0\0\0' + struct.pack('>I', i % 256)[1:] + b'\0\0\1x', lambda i: 1024 + i // 256 % 60000)
datagram_wall('NTP, odd fields', 123, lambda i: b'\x23' + struct.pack('>QQQ', i, i * i, i) + bytes(23))
datagram_wall('QUIC, short headers', 443, lambda i: b'\x40' + struct.pack('>QQQ', i, i, i))
datagram_wall('QUIC, versions that nobody knows', 443, lambda i: b'\xc0' + struct.pack('>I', 0x0a0a0a0a + (i << 8) & 0xffffffff)
              + b'\4abcd\4efgh' + bytes(20))


def quic_datagrams(pieces):
    """Initial packets of one client's connection, as from many ports: the keys follow from the id that it chose."""
    packets = [sealed_quic.initial(frames) for frames in pieces]
    for i in itertools.count():
        for packet in packets:
            yield udp_frame(LANE + i // 60000 % 1000, OUTSIDE, 1024 + i % 60000, 443, packet)


def crypto(offset, data):
    return b'\6' + struct.pack('>HH', 0x4000 | offset, 0x4000 | len(data)) + data


HELLO = client_hello(b'a.example', extension(57, b''))


@input_of('QUIC, hellos in one packet each')
def quic_hellos(size):
    return quic_datagrams([crypto(0, HELLO)])


@input_of('QUIC, hellos in frames of one byte, backwards')
def quic_pieces(size):
    return quic_datagrams([b''.join(crypto(k, HELLO[k:k + 1]) for k in reversed(range(len(HELLO))))])


@input_of('QUIC, frames of one byte that never meet')
def quic_holes(size):
    return quic_datagrams([b''.join(crypto(1 + 2 * k + 400 * n, b'x') for k in range(190)) for n in range(8)])


@input_of('QUIC, pings')
def quic_pings(size):
    return quic_datagrams([b'\1' * 1100])


# --- what nobody parses


def unknown_wall(name, pieces):
    """A stream of no known protocol, in which files are looked for."""
    @input_of(name)
    def make(size):
        line = Line(server_port=5151)
        yield from line.open()
        for piece in pieces:
            yield from line.send(0, piece)


def walls(octets):
    return itertools.repeat((octets * (65536 // len(octets) + 1))[:65536])


NOISE = random.Random(9)
unknown_wall('an unknown stream of noise', (NOISE.randbytes(65536) for _ in itertools.count()))
unknown_wall('an unknown stream of what may begin a JPEG', walls(b'\xff\xd8'))
unknown_wall('an unknown stream of beginnings of JPEGs', walls(b'\xff\xd8\xff\xe0\0\x10JFIF\0\1'))
unknown_wall('an unknown stream of beginnings of archives', walls(b'PK\3\4\x14\0\0\0\0\0'))
unknown_wall('an unknown stream of GIFs of 14 bytes', walls(b'GIF89a\x10\0\x10\0\0\0\0;'))
unknown_wall('an unknown stream of texts of 64 characters', walls(b'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/\0\0\0\0'))
