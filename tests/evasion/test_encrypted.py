# SPDX-License-Identifier: Apache-2.0
"""What looks encrypted, or is called so, and is not."""
import random
import struct

from case import ARCHIVE, CREATED, CSV, JPG, cases, put, upload
from wire import CLIENT, SERVER

CASE = random.Random(4)


def noise(n):
    return CASE.randbytes(n)


def record(kind, body, version=b'\x03\x03'):
    return bytes([kind]) + version + struct.pack('>H', len(body)) + body


def records(kind, data, size):
    return b''.join(record(kind, data[i:i + size]) for i in range(0, len(data), size))


def hello(kind=1, n=200):
    return record(22, bytes([kind]) + struct.pack('>I', n)[1:] + b'\x03\x03' + noise(n - 2), b'\x03\x01')


SERVED = hello(2, 90) + record(20, b'\1') + record(23, noise(900))
SHAKEN = record(20, b'\1') + record(23, noise(53))
ALERT = record(21, b'\2\x28')
BANNER = b'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'


def packet(message, body):
    pad = 8 - (len(body) + 6) % 8 + 8
    return struct.pack('>IBB', len(body) + 2 + pad, pad, message) + body + bytes(pad)


KEXINIT = packet(20, noise(16) + b''.join(struct.pack('>I', len(n)) + n for n in (
    b'curve25519-sha256,ecdh-sha2-nistp256', b'ssh-ed25519', b'aes256-ctr', b'aes256-ctr', b'hmac-sha2-256', b'hmac-sha2-256',
    b'none', b'none', b'', b'')) + bytes(5))
NEWKEYS = packet(30, noise(36)) + packet(21, b'')


def say(*said, sport=443, pulled=False):
    """One conversation: 'c' or 's' and bytes in turn; a function is given the file."""
    def write(w, f):
        t = w.tcp(sport=sport, **({'client': SERVER, 'server': CLIENT} if pulled else {})).open()
        for side, data in said:
            data = data(f) if callable(data) else data
            (t.client if side == 'c' else t.server)(data)
        t.close()
    return write


def raw(f):
    return f.data


in_records = {f'records of {n} bytes': say(('c', hello()), ('s', SERVED), ('c', SHAKEN), ('c', lambda f, n=n: records(23, f.data, n)),
                                           ('c', record(21, b'\1\0'))) for n in (97, 1000, 16384)}

test_behind_tls = cases(JPG, {
    'a record header': say(('c', b'\x16\x03\x01\x02\0'), ('c', raw)),
    'a record header in the same segment': say(('c', lambda f: b'\x16\x03\x01\x02\0' + f.data)),
    'a client hello': say(('c', hello()), ('c', raw)),
    'a client hello, in one go': say(('c', lambda f: hello() + f.data)),
    'a whole handshake': say(('c', hello()), ('s', SERVED), ('c', SHAKEN), ('c', raw)),
    'a handshake and 40 sealed records': say(('c', hello()), ('s', SERVED), ('c', SHAKEN + records(23, noise(60000), 1500)), ('c', raw)),
    'sealed records of a session seen from its middle': say(('c', records(23, noise(9000), 3000)), ('s', SERVED), ('c', raw)),
    'a client hello, as HTTP': say(('c', hello()), ('c', put)),
    'a handshake, as HTTP': say(('c', hello()), ('s', SERVED), ('c', lambda f: SHAKEN + put(f)), ('s', CREATED)),
    'an alert of the server, as HTTP': say(('s', ALERT), ('c', put), ('s', CREATED)),
    'a forged hello of the server, as HTTP': say(('s', hello(2)), ('c', put), ('s', CREATED)),
    'a forged handshake of the server, as HTTP': say(('s', SERVED), ('c', put), ('s', SERVED)),
    'a close_notify, as HTTP': say(('c', hello()), ('s', SERVED), ('c', SHAKEN + record(21, noise(19))), ('c', put), ('s', CREATED)),
}, twin=ARCHIVE)
test_in_tls_records = cases(JPG, in_records | {
    'behind sealed ones': say(('c', hello()), ('s', SERVED), ('c', SHAKEN + records(23, noise(30000), 4000)),
                              ('c', lambda f: records(23, f.data, 4000))),
    'without a handshake': say(('c', lambda f: records(23, f.data, 1200))),
    'long ones without a handshake': say(('c', lambda f: records(23, f.data, 16384))),
    'of handshakes': say(('c', hello()), ('c', lambda f: records(22, f.data, 2000))),
    'of heartbeats': say(('c', hello()), ('c', lambda f: records(24, f.data, 2000))),
    'as HTTP in records': say(('c', hello()), ('s', SERVED), ('c', lambda f: SHAKEN + records(23, put(f), 1400))),
    'of the server': say(('c', hello()), ('s', SERVED), ('c', SHAKEN), ('s', lambda f: records(23, f.data, 1400)), pulled=True),
}, twin=ARCHIVE)
test_tables_in_tls = cases(CSV, {
    'behind a hello': say(('c', hello()), ('c', raw)),
    'behind a handshake': say(('c', hello()), ('s', SERVED), ('c', SHAKEN), ('c', raw)),
    'in records of 1,000 bytes': say(('c', hello()), ('s', SERVED), ('c', lambda f: SHAKEN + records(23, f.data, 1000))),
    'in a record each line': say(('c', hello()), ('s', SERVED),
                                 ('c', lambda f: SHAKEN + b''.join(record(23, l) for l in f.data.splitlines(True)))),
})
test_behind_ssh = cases(JPG, {
    'a banner': say(('c', BANNER), ('c', raw), sport=22),
    'both banners': say(('s', BANNER), ('c', BANNER), ('c', raw), sport=22),
    'a banner, as HTTP': say(('c', BANNER), ('c', put), ('s', CREATED), sport=22),
    'a banner and KEXINIT': say(('s', BANNER), ('c', BANNER + KEXINIT), ('s', KEXINIT), ('c', raw), sport=22),
    'a whole key exchange': say(('s', BANNER + KEXINIT), ('c', BANNER + KEXINIT + NEWKEYS), ('s', NEWKEYS), ('c', raw), sport=2222),
    'a key exchange and sealed bytes': say(('s', BANNER + KEXINIT), ('c', BANNER + KEXINIT + NEWKEYS), ('c', noise(7000)), ('c', raw)),
    'a key exchange, as HTTP': say(('s', BANNER + KEXINIT), ('c', BANNER + KEXINIT + NEWKEYS), ('c', put), ('s', CREATED)),
    'what is no KEXINIT': say(('c', BANNER + packet(30, noise(400))), ('c', raw), sport=22),
    'a banner of the server alone': say(('s', BANNER), ('c', put), ('s', CREATED), sport=22),
}, twin=ARCHIVE)


def named(host):
    return lambda w, f: w.tcp(sport=8080).open().client(put(f, host=host)).server(CREATED).close()


test_names_that_ndpi_takes_for_encrypted = cases(JPG, {
    f'Host {h}': named(h) for h in ('web.telegram.org', 'www.torproject.org', 'master.teamviewer.com', 'mask.icloud.com', 'cloudflare-dns.com',
                                    'api.anydesk.com', 'nordvpn.com')
} | {f'port {p}': (lambda w, f, p=p: upload(w, f, sport=p)) for p in (20, 21, 22, 25, 143, 443, 853, 993, 1080, 1194, 5060)}
  | {'an address of Telegram': lambda w, f: upload(w, f, server='149.154.167.99'),
     'an address of TeamViewer': lambda w, f: upload(w, f, server='188.172.208.9')})
test_streams_that_nobody_knows = cases(JPG, {
    'the bare picture': say(('c', raw), sport=9999),
    'behind a length and a name': say(('c', lambda f: struct.pack('>I', len(f.data)) + b'\0\x08lane\0\1\2\3'), ('c', raw), sport=9999),
    'behind 5,000 bytes of noise': say(('c', noise(5000)), ('c', raw), sport=9999),
    'from the server': say(('c', b'\1\2\3'), ('s', raw), sport=9999, pulled=True),
    'HTTP behind a PROXY line': say(('c', lambda f: b'PROXY TCP4 10.40.0.9 203.0.113.77 40000 80\r\n' + put(f)), ('s', CREATED), sport=9999),
    'HTTP behind a byte of SOCKS': say(('c', lambda f: b'\x05' + put(f)), ('s', CREATED), sport=1080),
}, twin=ARCHIVE)
