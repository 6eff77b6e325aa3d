# SPDX-License-Identifier: Apache-2.0
"""mail_server.py ADDRESS PORT - takes all mail that comes, for anybody, and forgets it."""
import socketserver
import sys


class Taker(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b'220 relay ESMTP\r\n')
        text = False
        for line in self.rfile:
            word = line.split(b' ')[0].strip().upper()
            if text:
                text = line != b'.\r\n'
                if not text:
                    self.wfile.write(b'250 queued\r\n')
            elif word == b'QUIT':
                self.wfile.write(b'221 bye\r\n')
                return
            else:
                text = word == b'DATA'
                self.wfile.write(b'354 go\r\n' if text else b'250 ok\r\n')


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True


Server((sys.argv[1], int(sys.argv[2])), Taker).serve_forever()
