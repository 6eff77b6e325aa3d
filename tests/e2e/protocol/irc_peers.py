# SPDX-License-Identifier: Apache-2.0
"""A server of IRC and its users, with files over DCC: irc_peers.py server PORT; irc_peers.py give|take NICK HOST PORT PEER ..."""
import os
import socket
import socketserver
import struct
import sys
import threading
import time

USERS = {}


class User(socketserver.StreamRequestHandler):
    def handle(self):
        nick = None
        for line in self.rfile:
            words = line.decode('latin-1').strip().split(' ')
            if words[0] == 'NICK':
                nick = words[1]
                USERS[nick] = self.wfile
            elif words[0] == 'USER':
                self.wfile.write(f':irc.example 001 {nick} :Welcome\r\n'.encode())
            elif words[0] in ('PRIVMSG', 'NOTICE'):
                while words[1] not in USERS:
                    time.sleep(0.02)
                USERS[words[1]].write(f':{nick}!u@h '.encode() + line)
            elif words[0] == 'QUIT':
                return


class Talk:
    def __init__(self, nick, host, port):
        self.socket = socket.create_connection((host, int(port)))
        self.file = self.socket.makefile('rwb', buffering=0)
        self.say(f'NICK {nick}')
        self.say(f'USER {nick} 0 * :{nick}')
        self.find('001')

    def say(self, line):
        self.file.write(line.encode('latin-1') + b'\r\n')

    def find(self, word):
        while True:
            line = self.file.readline().decode('latin-1')
            assert line, 'the server has gone'
            if word in line:
                return line

    def own(self):
        return struct.unpack('>I', socket.inet_aton(self.socket.getsockname()[0]))[0]


def send(connection, data):
    def drain():
        while connection.recv(65536):
            pass
    reader = threading.Thread(target=drain)
    reader.start()
    connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)
    reader.join()
    connection.close()


def receive(connection, size):
    got = 0
    while got < size:
        data = connection.recv(65536)
        if not data:
            break
        got += len(data)
        connection.sendall(struct.pack('>I', got))
    connection.close()


def give(nick, host, port, peer, passive, *paths):
    talk = Talk(nick, host, port)
    for path in paths:
        data, name = open(path, 'rb').read(), os.path.basename(path)
        if passive == 'yes':
            talk.say(f'PRIVMSG {peer} :\1DCC SEND {name} {talk.own()} 0 {len(data)} 7\1')
            words = talk.find('DCC SEND').split('\1')[1].split(' ')
            connection = socket.create_connection((socket.inet_ntoa(struct.pack('>I', int(words[3]))), int(words[4])))
        else:
            with socket.create_server((talk.socket.getsockname()[0], 0)) as server:
                talk.say(f'PRIVMSG {peer} :\1DCC SEND {name} {talk.own()} {server.getsockname()[1]} {len(data)}\1')
                connection = server.accept()[0]
        send(connection, data)
    talk.say('QUIT')


def take(nick, host, port, peer, count):
    talk = Talk(nick, host, port)
    for _ in range(int(count)):
        words = talk.find('DCC SEND').split('\1')[1].split(' ')
        if words[4] == '0':
            with socket.create_server((talk.socket.getsockname()[0], 0)) as server:
                talk.say(f'PRIVMSG {peer} :\1DCC SEND {words[2]} {talk.own()} {server.getsockname()[1]} {words[5]} {words[6]}\1')
                connection = server.accept()[0]
        else:
            connection = socket.create_connection((socket.inet_ntoa(struct.pack('>I', int(words[3]))), int(words[4])))
        receive(connection, int(words[5]))
    talk.say('QUIT')


def tell(nick, host, port, peer, path):
    talk = Talk(nick, host, port)
    for line in open(path, encoding='latin-1'):
        talk.say(f'PRIVMSG {peer} :{line.strip()}')
    talk.say('QUIT')


if sys.argv[1] == 'server':
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    socketserver.ThreadingTCPServer(('0.0.0.0', int(sys.argv[2])), User).serve_forever()
else:
    {'give': give, 'take': take, 'tell': tell}[sys.argv[1]](*sys.argv[2:])
