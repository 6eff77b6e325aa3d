# SPDX-License-Identifier: Apache-2.0
"""From packets to transfers: what becomes of uploads and downloads on the odd ways in which a span port shows them.

Every capture is made here; digests come from hashlib.
"""
import hashlib
import ipaddress
import json
import struct
import subprocess
import zlib

import lab as net
import packets as p
import pytest

LANE, OUT = '10.40.3.7', '198.51.100.20'
BODY = p.noise('body', 50000)
OTHER = p.noise('other', 30000)

# One, since compiling all of them for each test takes longer than the test.
RULE = '''
identifiers:
  - {id: tag, pattern: 'SECRET-[0-9]{4}'}
rules:
  - {id: tag, name: Tag, description: For the test., class: plate-record, severity: 5, all: [tag], scopes: [text],
     examples: [{text: SECRET-1234}], counterexamples: [{text: SECRET-12}]}
'''


def sha(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def read(tmp_path):
    """Transfer records, and the counters, of one run over these frames."""
    def run(frames, link=1, all_of_it=True, events='transfer,stats', memory='512 MiB', **options):
        path = p.write(tmp_path / 'x.pcap', frames, link=link, **options)
        config = tmp_path / 'gantry.yaml'
        (tmp_path / 'rule.yaml').write_text(RULE)
        config.write_text(net.CONFIG.format(root=net.TREE, outputs='').replace('512 MiB', memory)
                          .replace(f'{net.TREE}/rules', str(tmp_path / 'rule.yaml')))
        words = ['--inspect-all'] if all_of_it else []
        out = subprocess.run([net.GANTRY, '-c', str(config), '-r', path, '-o', 'json:-', '--events', events, *words],
                             capture_output=True, text=True, timeout=60)
        assert out.returncode == 0, out.stderr
        run.stderr = out.stderr
        run.records = [json.loads(line) for line in out.stdout.splitlines()]
        run.transfers = [r for r in run.records if r['event']['action'] == 'transfer']
        return run.transfers
    return run


def seen(transfers):
    """(name, size, missing, complete, digest) of each, in an order of their own."""
    return sorted((t['file'].get('name', ''), t['file']['size'], t['gantry']['transfer']['missing_bytes'],
                   t['gantry']['transfer']['complete'], t['file'].get('hash', {}).get('sha256', '')) for t in transfers)


def whole(name, body):
    return (name, len(body), 0, True, sha(body))


def up(path='/in/a.bin', body=BODY, **options):
    return p.upload(p.Talk(LANE, OUT, **options), path, body)


SHAPES = {
    'each packet twice': lambda f: [x for y in f for x in (y, y)],
    'each packet again five later': lambda f: [x for i, y in enumerate(f) for x in (y, *f[i - 5:i - 4][:i >= 5])] + f[-5:],
    'the whole of it again': lambda f: f + f,
    'the SYN late': lambda f: f[1:20] + f[:1] + f[20:],
    'a FIN before the last data': lambda f: f[:-20] + f[-3:-2] + f[-20:-3] + f[-2:],
    'no handshake': lambda f: f[3:],
}


@pytest.mark.parametrize('shape', SHAPES.values(), ids=SHAPES)
def test_an_upload_is_one_complete_transfer_whatever_the_order(read, shape):
    assert seen(read(shape(up().frames()))) == [whole('a.bin', BODY)]


def headed(head):
    return lambda x: p.ethernet(p.ipv4('192.0.2.1', '192.0.2.2', 47, head + x))


def number(packet):
    """Another identification for each packet of a connection."""
    return zlib.crc32(packet) & 0xffff


WRAPS = {
    'twice in two VLANs': lambda x: [p.ethernet(x, 10), p.ethernet(x, 20)],
    'QinQ': lambda x: [p.ethernet(x, 100, 200)],
    'MPLS': lambda x: [p.MACS + struct.pack('>HI', 0x8847, 16 << 12 | 1 << 8 | 64) + x],
    'GRE': lambda x: [headed(struct.pack('>HH', 0, 0x0800))(x)],
    'GRE with Ethernet': lambda x: [headed(struct.pack('>HH', 0, 0x6558))(p.ethernet(x))],
    'VXLAN': lambda x: [p.ethernet(p.udp('192.0.2.1', '192.0.2.2', 50000, 4789,
                                         struct.pack('>II', 8 << 24, 42 << 8) + p.ethernet(x)))],
    'fragments': lambda x: [p.ethernet(y) for y in p.fragments4(x, 512, number(x))],
    'fragments, the last first': lambda x: [p.ethernet(y) for y in reversed(p.fragments4(x, 512, number(x)))],
}


@pytest.mark.parametrize('wrap', WRAPS.values(), ids=WRAPS)
def test_an_upload_is_found_in_every_wrapping(read, wrap):
    assert seen(read([f for _, x in up().packets for f in wrap(x)])) == [whole('a.bin', BODY)]


@pytest.mark.parametrize('cseq, sseq', [(2**32 - 20000, 2**32 - 20), (2**32 - 1, 2**32 - 1)])
def test_sequence_numbers_may_wrap_in_an_upload(read, cseq, sseq):
    assert seen(read(up(cseq=cseq, sseq=sseq).frames())) == [whole('a.bin', BODY)]


def test_an_upload_without_the_answers_of_the_server_is_complete(read):
    assert seen(read(up().frames(0), all_of_it=False)) == [whole('a.bin', BODY)]


def test_the_answers_alone_are_no_transfer(read):
    assert seen(read(up().frames(1))) == []


def test_a_download_without_its_request_has_no_name(read):
    down = p.download(p.Talk(OUT, LANE), '/out/b.bin', BODY)
    assert seen(read(down.frames(1), all_of_it=False)) == [whole('', BODY)]


def test_a_response_before_its_request_still_has_its_name(read):
    f = p.download(p.Talk(OUT, LANE), '/out/b.bin', BODY).frames()
    assert seen(read(f[:3] + f[5:10] + f[3:5] + f[10:])) == [whole('b.bin', BODY)]


def test_an_upload_that_began_before_the_sensor_is_counted_as_not_seen(read):
    assert seen(read(up().frames()[20:])) == []
    stats = [r for r in read.records if r['event']['action'] == 'stats'][-1]['gantry']['stats']
    assert stats['protocol']['unidentified'] + stats['http'].get('framing_lost', 0) >= 1


def part_sent(bytes_sent):
    return p.Talk(LANE, OUT).open().send(0, p.put('/in/a.bin', BODY)[:bytes_sent])


def test_a_reset_in_the_middle_leaves_an_incomplete_transfer(read):
    (name, size, missing, complete, _), = seen(read(part_sent(30000).reset().frames()))
    head = len(p.put('/in/a.bin', BODY)) - len(BODY)
    assert (name, complete, size - missing) == ('a.bin', False, 30000 - head)


@pytest.mark.parametrize('off', [0, 10**8], ids=['that the client ignores', 'outside the window'])
def test_a_reset_is_no_end_while_bytes_come(read, off):
    t = part_sent(30000)
    t.segment(1, p.RST, seq=t.seq[1] + off)
    t.send(0, p.put('/in/a.bin', BODY)[30000:]).send(1, p.answer()).close()
    assert seen(read(t.frames())) == [whole('a.bin', BODY)]


@pytest.mark.parametrize('cseq', [77777777, 1000 + len(BODY) + 300, 500], ids=['far', 'just behind', 'before'])
@pytest.mark.parametrize('end', [None, -3], ids=['closed', 'not closed'])
def test_two_uploads_on_the_same_ports_are_two(read, cseq, end):
    if end and cseq == 500:
        pytest.skip('nothing tells such a SYN from a late one')
    frames = up().frames()[:end] + up('/in/b.bin', OTHER, cseq=cseq, sseq=cseq ^ 0x55555555).frames()
    assert seen(read(frames)) == [whole('a.bin', BODY), whole('b.bin', OTHER)]


@pytest.mark.parametrize('lost', [[13], [13, 14]], ids=['acknowledged', 'with its acknowledgement'])
def test_a_lost_segment_is_a_gap_of_its_size(read, lost):
    frames = [x for i, x in enumerate(up().frames()) if i not in lost]
    (name, size, missing, complete, digest), = seen(read(frames))
    assert (name, size, missing, complete) == ('a.bin', len(BODY), 1400, False)
    assert digest != sha(BODY)


def test_packets_cut_by_the_snap_length_make_nothing_complete(read):
    (name, size, missing, complete, _), = seen(read([x[:200] for x in up().frames()]))
    assert (name, size, complete) == ('a.bin', len(BODY), False)
    assert 0 < missing < size


def ftp_frames(client=LANE, server=OUT, only=None, **options):
    """`only`: the address whose packets are seen."""
    return [p.ethernet(x) for _, x in p.ftp(client, server, 'in/reads.bin', BODY, **options)
            if only in (None, str(ipaddress.ip_address(x[12:16])))]


def test_an_ftp_session_seen_twice_moves_its_file_once(read):
    assert seen(read([x for y in ftp_frames() for x in (y, y)])) == [whole('reads.bin', BODY)]


def test_an_active_ftp_upload_of_which_only_the_client_is_seen_is_reported(read):
    (name, size, missing, _, digest), = seen(read(ftp_frames(active=True, only=LANE), all_of_it=False))
    assert (name, size, missing, digest) == ('reads.bin', len(BODY), 0, sha(BODY))


def test_a_passive_ftp_upload_without_the_reply_that_announces_it_is_what_the_client_asked_for(read):
    (name, size, missing, complete, digest), = seen(read(ftp_frames(only=LANE), all_of_it=False))
    assert (name, size, missing, complete, digest) == ('reads.bin', len(BODY), 0, True, sha(BODY))
    stats = [r for r in read.records if r['event']['action'] == 'stats'][-1]['gantry']['stats']
    assert (stats['ftp']['replies_lost'], stats['ftp'].get('data_unannounced', 0)) == (1, 0)


def test_bytes_that_nothing_names_are_no_ftp_without_a_control_connection(read):
    data_only = [x for x in ftp_frames(only=LANE) if 21 not in struct.unpack('>HH', x[34:38])]
    assert seen(read(data_only, all_of_it=False)) == []
    stats = [r for r in read.records if r['event']['action'] == 'stats'][-1]['gantry']['stats']
    assert stats['protocol']['unidentified'] >= 1


def test_an_ftp_download_of_which_only_the_server_is_seen_is_reported(read):
    (_, size, missing, _, digest), = seen(read(ftp_frames(OUT, LANE, only=LANE, upload=False), all_of_it=False))
    assert (size, missing, digest) == (len(BODY), 0, sha(BODY))


def test_what_is_delivered_is_counted_once(read):
    read(up().frames())
    stats = [r for r in read.records if r['event']['action'] == 'stats'][-1]['gantry']['stats']
    assert stats['stream']['bytes'] == len(p.put('/in/a.bin', BODY)) + len(p.answer(status='201 Created'))


@pytest.mark.parametrize('flags, payload', [(p.SYN, b''), (p.PSH | p.ACK, b'x')])
def test_a_flood_of_connections_does_not_keep_an_upload_from_being_seen(read, tmp_path, flags, payload):
    """More connections than contexts fit, then one upload: those that carry nothing take none, those of an octet that pay for one
    are fewer than that."""
    flood = [p.ethernet(p.tcp(f'10.40.{i >> 8}.{i & 255}', OUT, 1024 + i % 60000, 80, i, 0, flags, payload)) for i in range(60000)]
    assert seen(read(flood + up().frames(), all_of_it=False, step=0.00001, memory='64 MiB')) == [whole('a.bin', BODY)]
    stats = [r for r in read.records if r['event']['action'] == 'stats'][-1]['gantry']['stats']
    assert (stats['flow'].get('lone', 0) + stats['flow'].get('lone_lost', 0) > 50000) == bool(payload)
    assert stats['flow'].get('gave_way', 0) == 0 and stats['flow'].get('contexts_shed', 0) == 0
