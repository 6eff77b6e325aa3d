# SPDX-License-Identifier: Apache-2.0
"""A small FTP server that does what vsftpd refuses: ftp_server.py PORT FOLDER [DATA_ADDRESS].

MODE Z (one zlib stream, as lftp speaks it), any command answered, PASV to another address of the host.
"""
import os
import socket
import sys
import threading
import zlib

PORT, FOLDER = int(sys.argv[1]), sys.argv[2]
DATA = sys.argv[3] if len(sys.argv) > 3 else None


class Session:
    def __init__(self, connection):
        self.lines, self.host = connection.makefile('rwb'), connection.getsockname()[0]
        self.deflated, self.listener = False, None

    def say(self, text):
        self.lines.write(text.encode() + b'\r\n')
        self.lines.flush()

    def pasv(self):
        self.listener = socket.create_server((DATA or self.host, 0))
        host, port = self.listener.getsockname()[:2]
        self.say('227 Entering Passive Mode (%s,%d,%d)' % (host.replace('.', ','), port >> 8, port & 255))

    def take(self):
        data, _ = self.listener.accept()
        self.listener.close()
        return data

    def stor(self, name):
        self.say('150 go')
        raw = b''
        with self.take() as data:
            while piece := data.recv(65536):
                raw += piece
        with open(os.path.join(FOLDER, os.path.basename(name)), 'wb') as f:
            f.write(zlib.decompress(raw) if self.deflated else raw)
        self.say('226 stored')

    def run(self):
        self.say('220 ready')
        for line in self.lines:
            verb, _, argument = line.decode('latin-1').strip().partition(' ')
            verb = verb.upper().lstrip('*')
            if verb == 'USER':
                self.say('230 in')
            elif verb == 'FEAT':
                self.say('211-Features:\r\n MODE Z\r\n SIZE\r\n211 End')
            elif verb == 'MODE':
                self.deflated = argument.upper().startswith('Z')
                self.say('200 ok')
            elif verb == 'PWD':
                self.say('257 "/"')
            elif verb == 'PASV':
                self.pasv()
            elif verb == 'STOR':
                self.stor(argument)
            elif verb == 'QUIT':
                self.say('221 bye')
                return
            elif verb in ('TYPE', 'CWD', 'OPTS', 'CLNT', 'NOOP'):
                self.say('200 ok')
            else:
                self.say('502 not implemented')


server = socket.create_server(('', PORT))
print('ready', flush=True)
while True:
    session = Session(server.accept()[0])
    threading.Thread(target=session.run, daemon=True).start()
