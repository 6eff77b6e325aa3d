# SPDX-License-Identifier: Apache-2.0
"""taker.py PORT: a receiver that takes whatever a client says for a request with a file: all bytes until none came for 0.2 s. Then it says 201 and
closes. It answers what a client waits for first: `Expect: 100-continue`, and a websocket's opening, whose messages it only reads."""
import base64
import hashlib
import re
import socketserver
import sys

GUID = b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11'


class Handler(socketserver.BaseRequestHandler):
    def answer_first(self, got):
        key = re.search(rb'(?i)sec-websocket-key: *(\S+)', got)
        if key:
            accept = base64.b64encode(hashlib.sha1(key.group(1) + GUID).digest())
            self.request.sendall(b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: '
                                 + accept + b'\r\n\r\n')
        elif b'100-continue' in got:
            self.request.sendall(b'HTTP/1.1 100 Continue\r\n\r\n')

    def handle(self):
        got = b''
        self.request.settimeout(5)
        try:
            while piece := self.request.recv(1 << 20):
                if not got:
                    self.answer_first(piece)
                got += piece
                self.request.settimeout(0.2)
        except (TimeoutError, ConnectionError):
            pass
        if b'websocket' not in got:
            self.request.sendall(b'HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server(('', int(sys.argv[1])), Handler) as server:
    server.serve_forever()
