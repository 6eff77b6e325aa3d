# SPDX-License-Identifier: Apache-2.0
"""Handshakes alone alert nobody, and one octet behind them does: TLS as OpenSSL writes it, SSH, SCTP, TCP's keep-alives, in captures; then
what scans for keys and certificates, over the span."""
import ssl
import struct
import subprocess
import time

import lab as net
import pytest
from test_unread_flows import ACME, LANE, NOISE, opened, pair, read, serve_tls, wires  # noqa: F401

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


class Tls:
    """Both ends of a session of OpenSSL; what each says goes to the capture's connection."""

    def __init__(self, talk, pair, version):
        self.talk = talk
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(pair[1], pair[0])
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
        client.minimum_version = client.maximum_version = version
        self.bio = [(ssl.MemoryBIO(), ssl.MemoryBIO()) for _ in range(2)]  # in, out
        self.end = [client.wrap_bio(*self.bio[0], server_hostname='store.example'), server.wrap_bio(*self.bio[1], server_side=True)]

    def carry(self, side):
        data = self.bio[side][1].read()
        self.bio[1 - side][0].write(data)
        return self.talk.send(side, data)

    def shake(self):
        for _ in range(3):
            for side in (0, 1):
                try:
                    self.end[side].do_handshake()
                except ssl.SSLWantReadError:
                    pass
                self.carry(side)
        return self

    def say(self, side, data):
        self.end[side].write(data)
        self.carry(side)
        self.end[1 - side].read(len(data))  # tickets are taken with it
        return self

    def bye(self, side):
        try:
            self.end[side].unwrap()
        except ssl.SSLWantReadError:
            pass
        return self.carry(side)


def begun(pair, version, inside):
    w = wires.Wire()
    t = w.tcp(client=ACME if inside else LANE, server=LANE if inside else ACME, sport=443).open()
    return w, t, Tls(t, pair, version)


@pytest.mark.parametrize('inside', [False, True], ids=['client', 'server'])
@pytest.mark.parametrize('version', [V12, V13], ids=['1.2', '1.3'])
def test_a_handshake_of_tls_alone_is_nothing_and_an_octet_behind_it_alerts(read, pair, version, inside):  # noqa: F811
    for bye in (False, True):
        w, t, tls = begun(pair, version, inside)
        tls.shake()
        if bye:
            tls.bye(0)
        t.close()
        assert opened(read(w)) == []
    out = 1 if inside else 0
    w, t, tls = begun(pair, version, inside)
    tls.shake()
    if inside:
        tls.say(0, b'?')
    tls.say(out, b'x')
    w.wait(5)
    assert opened(read(w)) == [('encrypted-flow', 'Acme Towing')]


def test_a_hello_that_nobody_takes_is_nothing(read, pair):  # noqa: F811
    for answer in (lambda t: t.reset(1), lambda t: t.server(b'\x15\x03\x03\0\2\2\x28').close(), lambda t: t.wire.wait(60)):
        w, t, tls = begun(pair, V13, False)
        with pytest.raises(ssl.SSLWantReadError):
            tls.end[0].do_handshake()
        tls.carry(0)
        answer(t)
        assert opened(read(w)) == []


def test_what_is_too_much_for_handshakes_alerts(read, pair):  # noqa: F811
    """Sixteen kilobytes in one of them, a megabyte a day in many."""
    w, t, tls = begun(pair, V12, False)
    tls.shake()
    for _ in range(20):
        t.client(b'\x16\x03\x03\x04\0' + NOISE[:1024])
    assert opened(read(w)) == [('encrypted-flow', 'Acme Towing')]


def chunk(kind, body=b''):
    return struct.pack('>BBH', kind, 3, 4 + len(body)) + body + bytes(-len(body) % 4)


def test_an_association_of_sctp_without_data_is_nothing(read):  # noqa: F811
    init = chunk(1, struct.pack('>IIHHI', 7, 65535, 1, 1, 1))
    cookie, beat, data = chunk(10, NOISE[:200]), chunk(4, b'\0\1\0\x0c' + NOISE[:8]), chunk(0, struct.pack('>IHHI', 1, 0, 0, 0) + b'x')
    for chunks, told in (([init, cookie, beat], []), ([init, cookie, data], [('unread-flow', 'Acme Towing')])):
        w = wires.Wire()
        for c in chunks:
            w.packet(wires.ip(LANE, ACME, 132, struct.pack('>HHII', 1000, 2000, 7, 0) + c)).wait(1)
        assert opened(read(w)) == told


def test_a_keep_alive_that_brings_an_octet_is_nothing(read):  # noqa: F811
    for flags, told in ((wires.ACK, []), (wires.ACK | wires.PSH, [('unread-flow', 'Acme Towing')])):
        w = wires.Wire()
        t = w.tcp(client=LANE, server=ACME, sport=4444).open()
        for _ in range(5):
            w.wait(60)
            t.segment(0, b'\0', flags, seq=t.seq[0] - 1).ack(1)
        assert opened(read(w)) == told


# --- live ---

def test_who_only_asks_for_keys_and_certificates_is_not_told(lab, sensor, pair, tmp_path):  # noqa: F811
    subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', tmp_path / 'host'], check=True)
    (tmp_path / 'sshd_config').write_text(f'Port 2223\nHostKey {tmp_path}/host\nStrictModes no\nUsePAM no\nPidFile none\n')
    sshd = lab.start('outside', '/usr/sbin/sshd', '-D', '-e', '-f', str(tmp_path / 'sshd_config'), stderr=subprocess.DEVNULL)
    server = serve_tls(lab, pair, net.UNAPPROVED)
    try:
        lab.wait_port('outside', '', 2223)
        assert 'ssh-ed25519' in lab.run('lane', 'ssh-keyscan', '-p', '2223', net.UNAPPROVED).stdout
        for version in ('-tls1_2', '-tls1_3'):
            said = lab.run('lane', 'openssl', 's_client', version, '-connect', f'{net.UNAPPROVED}:8443', input='').stdout
            assert 'store.example' in said
        time.sleep(2)
        assert sensor.alerts() == []
        lab.run('lane', 'curl', '-sk', '-m', '2', f'https://{net.UNAPPROVED}:8443/', '-d', 'x', check=False)
        sensor.wait_alert(lambda a: a['gantry'].get('classes') == ['encrypted-flow'], 5)
    finally:
        lab.stop(server)
        lab.stop(sshd)
