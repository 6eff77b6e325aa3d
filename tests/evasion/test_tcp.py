# SPDX-License-Identifier: Apache-2.0
"""Segments that their receiver drops, or takes otherwise than they look."""
import struct

from case import CREATED, CSV, JPG, case, cases, put, upload
from wire import ACK, CLIENT6, FIN, PSH, RST, SERVER6, SYN, URG

MSS = b'\2\4\5\x78'
NOP = b'\1'
SCALE7 = b'\3\3\7' + NOP
MD5 = b'\x13\x12' + b'\xaa' * 16
AO = b'\x1d\x10\1\1' + b'\xaa' * 12
GARBAGE = bytes((i * 89 + i // 256 * 7 + 3) & 0xff for i in range(1400))
TLS = b'\x16\3\1\2\0\1\0\1\xfc\3\3' + GARBAGE[:400]
SSH = b'SSH-2.0-OpenSSH_9.2p1\r\n'


def stamps(value, echo=0):
    return NOP + NOP + b'\x08\x0a' + struct.pack('>II', value & 0xffffffff, echo & 0xffffffff)


def forged_first(bytes_=TLS, **more):
    """A segment that the server drops, where the request's first bytes will stand."""
    def write(w, f):
        t = w.tcp().open()
        t.segment(0, bytes_, advance=False, **more)
        t.client(put(f)).server(CREATED).close()
    return write


def forged_body(side_options=b'', open_options=(b'', b''), answer=True, **more):
    """The same over the first bytes of the body, behind an acknowledged head."""
    def write(w, f):
        t = w.tcp(options=(side_options, side_options)).open(open_options)
        head, body = put(f).split(b'\r\n\r\n', 1)
        t.client(head + b'\r\n\r\n')
        t.segment(0, GARBAGE, advance=False, **more)
        if answer:
            t.ack(1)
        t.client(body).server(CREATED).close()
    return write


test_dropped_first = cases(JPG, {
    'a wrong checksum': forged_first(checksum='bad'),
    'a wrong checksum that looks like SSH': forged_first(SSH, checksum='bad'),
    'a checksum of zero': forged_first(checksum=0),
    'no ACK': forged_first(flags=PSH),
    'no flags at all': forged_first(flags=0),
    'an acknowledgement of bytes that nobody sent': forged_first(ack=900001 + (1 << 30)),
    'an acknowledgement a little ahead': forged_first(ack=900001 + 5000),
    'an acknowledgement far behind': forged_first(ack=900001 - (1 << 20)),
    'a time to live of one': forged_first(ttl=1),
    'a time to live of nine': forged_first(ttl=9),
    'an MD5 signature': forged_first(options=MD5),
    'an authentication option': forged_first(options=AO),
    'a SYN in the middle': forged_first(flags=SYN | ACK, seq=1001),
    'a RST that carries bytes': lambda w, f: (lambda t: (t.segment(0, TLS, RST | ACK, seq=40000), t.client(put(f)).server(CREATED).close()))(
        w.tcp().open()),
    'bytes far outside the window': forged_first(GARBAGE, seq=1001 + 300000),
    'a gigabyte ahead': forged_first(SSH, seq=1001 + (1 << 30)),
})

test_dropped_in_the_body = cases(JPG, {
    'a wrong checksum': forged_body(checksum='bad'),
    'a time to live of one': forged_body(ttl=1, answer=False),
    'a time to live of one, the receiver answers twice': forged_body(ttl=1),
    'no ACK': forged_body(flags=PSH),
    'an MD5 signature': forged_body(options=MD5),
    'an old acknowledgement': forged_body(ack=900001 - (1 << 21)),
})


@case(JPG)
def test_a_time_stamp_that_is_older_than_the_last(w, f):
    t = w.tcp(options=(stamps(5000), stamps(7000, 5000))).open((MSS + stamps(5000), MSS + stamps(7000)))
    head, body = put(f).split(b'\r\n\r\n', 1)
    t.client(head + b'\r\n\r\n')
    t.segment(0, GARBAGE, options=stamps(4000, 7000), advance=False).ack(1)
    t.client(body).server(CREATED).close()


@case(JPG)
def test_a_window_with_a_scale_is_no_small_one(w, f):
    """Bytes that came early, 200 KB ahead, are in the window where its scale is 7."""
    t = w.tcp(window=4000, acks=False).open((MSS + SCALE7, MSS + SCALE7))
    data = put(f)
    for at in reversed(range(0, len(data), 1400)):
        t.segment(0, data[at:at + 1400], seq=1001 + at)
    t.seq[0] += len(data)
    t.ack(1).server(CREATED).close()


@case(JPG)
def test_many_far_segments_before_each_of_the_body(w, f):
    t = w.tcp().open()
    data = put(f)
    for at in range(0, len(data), 1400):
        for i in range(20):
            t.segment(0, GARBAGE, seq=t.seq[0] + 200000 + 1400 * i)
        t.client(data[at:at + 1400])
    t.server(CREATED).close()


def control(flags, pause=0.0, side=0, at=None, behind=b'', **more):
    """A segment of control bits behind a whole exchange, and then the upload."""
    def write(w, f):
        t = w.tcp().open()
        t.client(b'GET /a HTTP/1.1\r\nHost: store.example\r\n\r\n').server(b'HTTP/1.1 204 No Content\r\n\r\n')
        if at is not None:
            more['seq'] = t.seq[side] + at
        t.segment(side, behind, flags, advance=False, **more)
        w.wait(pause)
        t.client(put(f)).server(CREATED).close()
    return write


test_ends_that_are_none = cases(JPG, {
    'a FIN with a wrong checksum': control(FIN | ACK, checksum='bad'),
    'a FIN with a time to live of one': control(FIN | ACK, ttl=1),
    'a FIN without ACK': control(FIN),
    'a FIN that nobody acknowledges': control(FIN | ACK),
    'a FIN that nobody acknowledges, of the server': control(FIN | ACK, side=1, ttl=2),
    'a RST with a wrong checksum, three seconds before': control(RST | ACK, 3, checksum='bad'),
    'a RST in the window, three seconds before': control(RST | ACK, 3, at=1000),
    'a RST of the server in the window': control(RST | ACK, 3, side=1, at=1000),
    'a RST of the server a minute before': control(RST | ACK, 60, side=1, at=700),
    'a RST with a time to live of one': control(RST | ACK, 10, ttl=1),
    'a RST that the server does not obey': control(RST, 8, side=0),
    'a SYN in the middle': control(SYN, at=5000),
    'a SYN far ahead, and a pause': control(SYN, 5, at=1 << 28),
    'a SYN-ACK in the middle': control(SYN | ACK, side=1, at=1 << 20),
})


@case(JPG)
def test_a_reset_in_the_midst_of_the_body(w, f):
    t = w.tcp().open()
    data = put(f)
    t.client(data[:5000]).segment(1, b'', RST | ACK, seq=t.seq[1] + 400).wire.wait(2)
    t.client(data[5000:]).server(CREATED).close()


@case(JPG)
def test_bytes_three_seconds_behind_their_acknowledgement(w, f):
    t = w.tcp(acks=False).open()
    data = put(f)
    late = t.build(0, data[:100])
    start = w.now
    t.seq[0] += 100
    t.ack(1)
    t.acks = True
    t.client(data[100:])
    w.packet(late, at=start + 3).wait(3)
    t.server(CREATED).close()


@case(JPG)
def test_all_acknowledgements_come_three_seconds_before_the_bytes(w, f):
    t = w.tcp(acks=False).open()
    data, sent = put(f), []
    for at in range(0, len(data), 1400):
        sent.append(t.build(0, data[at:at + 1400]))
        t.seq[0] += len(data[at:at + 1400])
        t.ack(1)
    w.wait(3)
    for packet in sent:
        w.packet(packet)
    t.server(CREATED).close()


@case(JPG)
def test_a_forged_acknowledgement_makes_no_gap(w, f):
    t = w.tcp().open()
    t.ack(1, ack=1001 + 900)
    w.wait(8)
    t.client(put(f)).server(CREATED).close()


@case(JPG)
def test_an_answer_to_what_nobody_sent_makes_no_gap(w, f):
    t = w.tcp().open()
    t.segment(1, b'HTTP/1.1 100 Continue\r\n\r\n', ack=1001 + 900, advance=False)
    w.wait(8)
    t.client(put(f)).server(CREATED).close()


def contradict(first, second, at=0, n=1400):
    """Of one place two segments, both as a receiver takes them: it has one of them."""
    def write(w, f):
        t = w.tcp().open()
        data = put(f)
        real = {'real': data[at:at + n], 'garbage': GARBAGE[:n]}
        t.client(data[:at])
        t.segment(0, real[first], advance=False)
        t.segment(0, real[second]).ack(1)
        t.client(data[at + n:]).server(CREATED).close()
    return write


def told(seen):
    assert any(r['gantry'].get('ambiguous') for r in seen.transfers + seen.flows)


test_low_times_to_live_are_told = cases(JPG, {
    'before the first byte': forged_first(ttl=1),
    'in the body': forged_body(ttl=3, answer=False),
}, also=told)

test_both_readings = cases(JPG, {
    'garbage before the head, then the head': contradict('garbage', 'real'),
    'the head, then garbage': contradict('real', 'garbage'),
    'garbage over a part of the body, then the body': contradict('garbage', 'real', at=400),
    'a part of the body, then garbage': contradict('real', 'garbage', at=400),
    'garbage over the fourth segment, then the body': contradict('garbage', 'real', at=4200),
}, also=told)


def stored(order, at=600, hole=200):
    """The same before the bytes that come before it."""
    def write(w, f):
        t = w.tcp(acks=False).open()
        data = put(f)
        pieces = {'real': data[at:at + 1400], 'garbage': GARBAGE}
        for which in order:
            t.segment(0, pieces[which], seq=1001 + at)
        t.client(data[:at])
        t.seq[0] = 1001 + at + 1400
        t.acks = True
        t.ack(1).client(data[at + 1400:]).server(CREATED).close()
    return write


test_both_readings_of_early_bytes = cases(JPG, {
    'garbage, then the bytes': stored(['garbage', 'real']),
    'the bytes, then garbage': stored(['real', 'garbage']),
    'garbage, the bytes, garbage': stored(['garbage', 'real', 'garbage']),
}, also=told)


@case(JPG)
def test_a_receiver_that_did_not_keep_what_came_early(w, f):
    """Its acknowledgement ends with the later segment."""
    t = w.tcp(acks=False).open()
    data = put(f)
    t.segment(0, GARBAGE, seq=1001 + 136).ack(1)
    t.acks = True
    t.client(data).server(CREATED).close()


@case(JPG)
def test_a_second_contradiction_behind_a_decoy(w, f):
    t = w.tcp().open()
    for i in range(3):
        request = b'GET /%d HTTP/1.1\r\nHost: store.example\r\n\r\n' % i
        t.segment(0, b'x' * len(request), advance=False).client(request).server(b'HTTP/1.1 204 No Content\r\n\r\n')
    t.segment(0, GARBAGE, advance=False)
    t.client(put(f)).server(CREATED).close()


def urgent(f, at, mark=b'\x7f'):
    data = put(f)
    return data[:at] + mark + data[at:]


def with_urgent(at):
    def write(w, f):
        t = w.tcp().open()
        data = urgent(f, at)
        start = at - at % 1400
        t.client(data[:start])
        t.segment(0, data[start:start + 1400], PSH | ACK | URG, urgent=at - start + 1).ack(1)
        t.client(data[start + 1400:]).server(CREATED).close()
    return write


test_urgent_bytes = cases(JPG, {
    'in the method': with_urgent(2),
    'in the head': with_urgent(60),
    'in the body': with_urgent(3000),
})


@case(CSV)
def test_a_request_in_the_syn(w, f):
    t = w.tcp(mss=4000)
    data = put(f)
    t.segment(0, data[:1200], SYN).segment(1, b'', SYN | ACK).ack(0)
    t.client(data[1200:]).server(CREATED).close()


@case(JPG)
def test_a_syn_that_expires_before_the_real_one(w, f):
    t = w.tcp(cseq=700000)
    t.segment(0, b'', SYN, seq=5000, ttl=1)
    t.open().client(put(f)).server(CREATED).close()


@case(JPG)
def test_a_syn_that_expires_behind_the_real_one(w, f):
    t = w.tcp(cseq=700000).segment(0, b'', SYN)
    t.segment(0, b'', SYN, seq=5000, ttl=1)
    t.segment(1, b'', SYN | ACK).ack(0)
    t.client(put(f)).server(CREATED).close()


@case(JPG)
def test_a_second_syn_that_the_server_does_not_answer(w, f):
    t = w.tcp(cseq=700000).segment(0, b'', SYN)
    t.segment(0, b'', SYN, seq=5000)
    t.segment(1, b'', SYN | ACK).ack(0)
    t.client(put(f)).server(CREATED).close()


def second_syn(at, options=b''):
    """Another SYN of the client, behind the one that the server has answered already."""
    def write(w, f):
        t = w.tcp(cseq=700000, options=(stamps(500), stamps(500))).segment(0, b'', SYN, options=stamps(400) + NOP + SCALE7)
        t.segment(0, b'', SYN, seq=(700000 + at) & 0xffffffff, options=options)
        t.segment(1, b'', SYN | ACK, options=stamps(400) + NOP + SCALE7).ack(0)
        t.client(put(f)).server(CREATED).close()
    return write


test_a_second_syn = cases(JPG, {
    'ahead': second_syn(5000),
    'ahead of all windows': second_syn(1 << 28),
    'behind': second_syn(-(1 << 28)),
    'of a later time': second_syn(5000, stamps(1 << 30)),
    'signed': second_syn(5000, MD5),
})


def forged_syn_ack(**more):
    def write(w, f):
        t = w.tcp(options=(stamps(500), stamps(500))).segment(0, b'', SYN, options=stamps(400))
        t.segment(1, b'', SYN | ACK, options=stamps(400))
        t.segment(1, b'', SYN | ACK, advance=False, options=stamps(400), **more).ack(0)
        t.client(put(f)).server(CREATED).close()
    return write


test_a_forged_syn_ack_behind_the_real_one = cases(JPG, {
    'of another SYN': forged_syn_ack(seq=123456, ack=77),
    'of another SYN, a little ahead': forged_syn_ack(ack=1001 + 5000),
    'of another SYN, far ahead': forged_syn_ack(ack=1001 + (1 << 28)),
})


@case(JPG)
def test_a_forged_syn_ack_before_the_real_one(w, f):
    t = w.tcp().segment(0, b'', SYN)
    t.segment(1, b'', SYN | ACK, seq=123456, advance=False)
    t.segment(1, b'', SYN | ACK).ack(0)
    t.client(put(f)).server(CREATED).close()


@case(JPG)
def test_a_forged_syn_ack_of_another_syn(w, f):
    t = w.tcp().segment(0, b'', SYN)
    t.segment(1, b'', SYN | ACK, seq=123456, ack=77, advance=False)
    t.segment(1, b'', SYN | ACK).ack(0)
    t.client(put(f)).server(CREATED).close()


@case(JPG)
def test_both_open_at_once(w, f):
    t = w.tcp().segment(0, b'', SYN).segment(1, b'', SYN)
    t.segment(0, b'', SYN | ACK, seq=1000).segment(1, b'', SYN | ACK, seq=900000)
    t.client(put(f)).server(CREATED).close()


@case(JPG)
def test_a_split_handshake(w, f):
    t = w.tcp().segment(0, b'', SYN).ack(1, seq=900000)
    t.segment(1, b'', SYN).segment(0, b'', SYN | ACK, seq=1000).ack(1)
    t.client(put(f)).server(CREATED).close()


@case(JPG)
def test_the_port_is_used_again_while_the_old_connection_is_half_closed(w, f):
    old = w.tcp(cport=45000).open().client(b'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n')
    old.segment(0, b'', FIN | ACK).ack(1)
    w.tcp(cport=45000, cseq=3000000, sseq=5000000).open().client(put(f)).server(CREATED).close()


@case(JPG)
def test_sequence_numbers_wrap_in_the_body(w, f):
    upload(w, f, cseq=0xffffffff - 9000, sseq=0xffffffff)


test_at_a_sending_host = cases(JPG, {
    'all checksums of the client are left out': lambda w, f: (lambda t: (
        t.segment(0, b'', SYN, checksum=0, advance=True).segment(1, b'', SYN | ACK).ack(0, checksum=0),
        t.client(put(f), checksum=0, advance=True).server(CREATED).close()))(w.tcp()),
    'all are wrong': lambda w, f: (lambda t: (
        t.segment(0, b'', SYN, checksum='bad', advance=True).segment(1, b'', SYN | ACK, checksum='bad', advance=True).ack(0, checksum='bad'),
        t.client(put(f), checksum='bad', advance=True)))(w.tcp()),
    'one is wrong of bytes that are acknowledged and never come again': lambda w, f: (lambda t: (
        t.client(put(f)[:1500]).client(put(f)[1500:2900], checksum='bad', advance=True).client(put(f)[2900:]).server(CREATED).close()))(w.tcp().open()),
    'all are wrong behind connections whose are right': lambda w, f: ([
        w.tcp().open().client(b'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n').close() for _ in range(20)], (lambda t: (
            t.segment(0, b'', SYN, checksum='bad', advance=True).segment(1, b'', SYN | ACK).ack(0, checksum='bad'),
            t.client(put(f), checksum='bad', advance=True).server(CREATED).close()))(w.tcp())) and None,
})


@case(JPG)
def test_over_ipv6_with_a_wrong_checksum_before(w, f):
    t = w.tcp(client=CLIENT6, server=SERVER6).open()
    t.segment(0, TLS, checksum='bad', advance=False)
    t.client(put(f)).server(CREATED).close()


@case(JPG)
def test_segments_of_one_byte_that_come_twice(w, f):
    t = w.tcp(acks=False).open()
    data = put(f)
    for i in range(600):
        t.segment(0, data[i:i + 1], advance=False).segment(0, data[i:i + 1])
    t.ack(1).client(data[600:]).server(CREATED).close()


@case(JPG, whole=False)
def test_one_direction_alone_with_a_time_to_live_of_one_between(w, f):
    t = w.tcp(acks=False).segment(0, b'', SYN).ack(0)
    data = put(f)
    t.client(data[:1400]).segment(0, GARBAGE, ttl=1, advance=False)
    t.client(data[1400:])
