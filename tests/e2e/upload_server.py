# SPDX-License-Identifier: Apache-2.0
"""upload_server.py PORT: takes any body by PUT or POST and answers with its size and SHA-256; every form of framing.

    PUT|POST any path           Content-Length or chunked, Expect: 100-continue honoured
    GET /until-close?N          N bytes of picture-like noise, HTTP/1.0, no length: ends when the connection does
    GET /named                  a body with Content-Disposition: attachment; filename*=UTF-8''caf%C3%A9.jpg
    GET /deflate /br            bodies under those codings
"""
import hashlib
import random
import socketserver
import sys
import zlib


def noise(n):
    return b'\xff\xd8\xff\xe0\x00\x10JFIF\x00' + random.Random(n).randbytes(n)


class Handler(socketserver.StreamRequestHandler):
    def read_chunked(self):
        digest, size = hashlib.sha256(), 0
        while True:
            length = int(self.rfile.readline().split(b';')[0], 16)
            data = self.rfile.read(length)
            digest.update(data)
            size += length
            if length == 0:
                while self.rfile.readline().strip():
                    pass
                return digest, size
            self.rfile.readline()

    def read_body(self, headers):
        if b'chunked' in headers.get(b'transfer-encoding', b''):
            return self.read_chunked()
        digest, left = hashlib.sha256(), int(headers.get(b'content-length', 0))
        size = left
        while left:
            data = self.rfile.read(min(left, 65536))
            if not data:
                break
            digest.update(data)
            left -= len(data)
        return digest, size

    def answer(self, body, *extra, status=b'200 OK'):
        head = [b'HTTP/1.1 ' + status, b'Content-Length: %d' % len(body), b'Server: upload-server', *extra]
        self.wfile.write(b'\r\n'.join(head) + b'\r\n\r\n' + body)

    def get(self, path):
        if path.startswith(b'/until-close?'):
            self.wfile.write(b'HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n' + noise(int(path.split(b'?')[1])))
            return False
        if path == b'/named':
            self.answer(noise(3000), b"Content-Disposition: attachment; filename*=UTF-8''caf%C3%A9.jpg")
        elif path == b'/deflate':
            self.answer(zlib.compress(noise(5000)), b'Content-Encoding: deflate')
        elif path == b'/raw-deflate':
            raw = zlib.compressobj(9, zlib.DEFLATED, -15)
            self.answer(raw.compress(noise(5000)) + raw.flush(), b'Content-Encoding: deflate')
        else:
            self.answer(b'hello\n')
        return True

    def one(self):
        line = self.rfile.readline()
        if not line:
            return False
        method, path = line.split()[:2]
        headers = {}
        while True:
            header = self.rfile.readline().strip()
            if not header:
                break
            name, _, value = header.partition(b':')
            headers[name.strip().lower()] = value.strip()
        if method == b'GET':
            return self.get(path)
        if headers.get(b'expect', b'').lower() == b'100-continue':
            self.wfile.write(b'HTTP/1.1 100 Continue\r\n\r\n')
        digest, size = self.read_body(headers)
        self.answer(b'%d %s\n' % (size, digest.hexdigest().encode()), status=b'201 Created')
        return True

    def handle(self):
        try:
            while self.one():
                pass
        except (ConnectionError, ValueError):
            pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    address_family = 10  # AF_INET6, IPv4 too
    request_queue_size = 256


if __name__ == '__main__':
    with Server(('::', int(sys.argv[1])), Handler) as server:
        server.serve_forever()
