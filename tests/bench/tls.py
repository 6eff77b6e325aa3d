# SPDX-License-Identifier: Apache-2.0
"""Real TLS conversations, spoken by OpenSSL in memory, as frames."""
import functools
import os
import ssl
import subprocess
import tempfile

import floods

ACK, PSH, SYN = floods.ACK, floods.PSH, floods.SYN
CHUNK = 1446  # a frame of 1,500 bytes


@functools.cache
def certificate():
    folder = tempfile.mkdtemp()
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '9',
                    '-subj', '/CN=tls.example', '-keyout', f'{folder}/key', '-out', f'{folder}/cert'],
                   check=True, stderr=subprocess.DEVNULL)
    return f'{folder}/cert', f'{folder}/key'


class Ends:
    """A client and a server; what each says to the other."""

    def __init__(self):
        here = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        here.check_hostname, here.verify_mode = False, ssl.CERT_NONE
        there = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        there.load_cert_chain(*certificate())
        self.bios = [ssl.MemoryBIO() for _ in range(4)]
        self.client = here.wrap_bio(self.bios[0], self.bios[1], server_hostname='tls.example')
        self.server = there.wrap_bio(self.bios[2], self.bios[3], server_side=True)

    def shake(self):
        """(side, bytes) of the handshake, in turn."""
        for _ in range(4):
            for side, end, out, other in ((0, self.client, 1, 2), (1, self.server, 3, 0)):
                try:
                    end.do_handshake()
                except ssl.SSLWantReadError:
                    pass
                said = self.bios[out].read()
                if said:
                    self.bios[other].write(said)
                    yield side, said

    def send(self, data):
        self.client.write(data)
        return self.bios[1].read()


@functools.cache
def hellos():
    """What the client says first, and what the server answers."""
    said = Ends().shake()
    return next(said)[1], next(said)[1]


def frames(total, flows=16, server=floods.net.UNAPPROVED):
    """`total` frames of uploads in a few connections: the handshake, then application data in turn."""
    at, count = {}, 0
    talks = []
    for i in range(flows):
        ends = Ends()
        client, address, port = floods.pair(i << 15, server)
        seq = [101, 501]
        yield floods.frame(client, address, port, 443, 100, 0, SYN)
        yield floods.frame(address, client, 443, port, 500, 101, SYN | ACK)
        count += 2
        for side, said in ends.shake():
            for k in range(0, len(said), CHUNK):
                piece = said[k:k + CHUNK]
                a, b, p, q = (client, address, port, 443) if side == 0 else (address, client, 443, port)
                yield floods.frame(a, b, p, q, seq[side], seq[1 - side], ACK | PSH, piece)
                seq[side] += len(piece)
                count += 1
        talks.append((client, address, port))
        at[i] = seq
        data = ends.send(os.urandom(16000 * 64))
        at[i].append([data[k:k + CHUNK] for k in range(0, len(data), CHUNK)])
        at[i].append(0)
    while count < total:
        i = count // 8 % flows
        client, address, port = talks[i]
        seq = at[i]
        piece = seq[2][seq[3] % len(seq[2])]  # whole records, in their order, over and over
        yield floods.frame(client, address, port, 443, seq[0] & 0xffffffff, seq[1], ACK | PSH, piece)
        seq[0] += len(piece)
        seq[3] += 1
        count += 1
