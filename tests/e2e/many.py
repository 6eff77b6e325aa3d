# SPDX-License-Identifier: Apache-2.0
"""Frames of many uploads, each to a destination of its own, so that each is an incident: python3 many.py COUNT RATE
sends them out of eth0 at RATE uploads a second; many.write(path, count) makes a capture of them."""
import ipaddress
import random
import socket
import struct
import sys
import time

import material

CLIENT = ipaddress.ip_address('10.40.3.7').packed
FIRST = int(ipaddress.ip_address('203.0.113.0'))
IMAGE = material.lane_image(7, 64, 48)


def checksum(data):
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def frame(source, destination, ports, sequence, acknowledged, flags, payload=b''):
    tcp = struct.pack('!HHIIBBHHH', *ports, sequence & 0xFFFFFFFF, acknowledged & 0xFFFFFFFF, 0x50, flags, 65000, 0, 0)
    ip = struct.pack('!BBHHHBBH', 0x45, 0, 40 + len(payload), 0, 0x4000, 64, 6, 0) + source + destination
    ip = ip[:10] + struct.pack('!H', checksum(ip)) + ip[12:]
    return bytes.fromhex('020000000002' '020000000001' '0800') + ip + tcp + payload


def upload(number):
    """The frames of one HTTP upload to the `number`th destination, each in a /24 of its own."""
    server = (FIRST + 256 * number + 9).to_bytes(4, 'big')
    port, body = 20000 + number % 40000, IMAGE
    head = (f'PUT /in/L04_{number}.jpg HTTP/1.1\r\nHost: h{number}.example\r\nContent-Type: image/jpeg\r\n'
            f'Content-Length: {len(body)}\r\n\r\n').encode()
    g = random.Random(number)
    a, b, data = g.getrandbits(32), g.getrandbits(32), head + body
    reply = b'HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n'

    def to(sequence, acknowledged, flags, payload=b''):
        return frame(CLIENT, server, (port, 80), sequence, acknowledged, flags, payload)

    def back(sequence, acknowledged, flags, payload=b''):
        return frame(server, CLIENT, (80, port), sequence, acknowledged, flags, payload)
    yield to(a, 0, 2)
    yield back(b, a + 1, 18)
    for at in range(0, len(data), 1400):
        yield to(a + 1 + at, b + 1, 24, data[at:at + 1400])
    done = a + 1 + len(data)
    yield back(b + 1, done, 24, reply)
    yield to(done, b + 1 + len(reply), 17)
    yield back(b + 1 + len(reply), done + 1, 17)
    yield to(done + 1, b + 2 + len(reply), 16)


def write(path, count):
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for i in range(count):
            for n, data in enumerate(upload(i)):
                f.write(struct.pack('<IIII', 1780200000 + i // 100, i % 100 * 10000 + n, len(data), len(data)) + data)


def main(count, rate):
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind(('eth0', 0))
    begin = time.monotonic()
    for i in range(count):
        for data in upload(i):
            out.send(data)
        time.sleep(max(0, begin + (i + 1) / rate - time.monotonic()))


if __name__ == '__main__':
    main(int(sys.argv[1]), float(sys.argv[2]))
