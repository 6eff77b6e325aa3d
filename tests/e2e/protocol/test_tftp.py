# SPDX-License-Identifier: Apache-2.0
"""Pictures that TFTP moves: tftp-hpa's, atftp's and curl's clients, atftpd and dnsmasq as servers."""
import os
import random

import lab as net
import material
import pytest

PORT = 69


@pytest.fixture
def server(lab, work):
    """A server that takes and gives files of `work`, in the namespace that is asked for."""
    started = []

    def start(space, program='atftpd', *options):
        words = {'atftpd': ['atftpd', '--daemon', '--no-fork', '--user', 'root', '--group', 'root', '--logfile', '-', '--maxthread', '500'],
                 'dnsmasq': ['dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--port=0', '--user=root', '--enable-tftp',
                             f'--tftp-root={work}', '--pid-file', '--tftp-max=500']}[program]
        words += options if program == 'dnsmasq' else [*options, work]
        started.append(lab.start(space, *words, stdout=open(os.devnull, 'w'), stderr=open(os.devnull, 'w')))
        net.wait_for(lambda: lab.run(space, 'ss', '-Hlun', f'sport = :{PORT}').stdout.strip(), 15, 'the server')
        return work

    yield start
    for process in started:
        lab.stop(process)


def pictures(folder, seed, count, width=320, height=240):
    made = []
    for i in range(count):
        name, data = f'20260531-{i:06d}_L04.jpg', material.lane_image(seed + i, width, height)
        with open(os.path.join(folder, name), 'wb') as f:
            f.write(data)
        made.append((name, data))
    return made


def hpa(host, folder, how, names, mode='binary'):
    """One conversation for all names, as the interactive client has it."""
    lines = ''.join(f'{how} {folder}/{n} {n}\n' if how == 'put' else f'get {n} {folder}/{n}\n' for n in names)
    return ['sh', '-c', f'printf "%s" "$1" | tftp -m {mode} {host}', 'sh', lines]


def atftp(host, folder, how, names, *options):
    words = ' '.join(f"'{o}'" for o in options)
    return ['sh', '-ec', '\n'.join(f'atftp {words} --{how} -l {folder}/{n} -r {n} {host}' for n in names)]


def curl(host, folder, how, names, *options):
    words = [w for n in names for w in (['-T', f'{folder}/{n}', f'tftp://{host}/{n}'] if how == 'put'
                                        else ['-o', f'{folder}/{n}', f'tftp://{host}/{n}'])]
    return ['curl', '-sS', '--fail', *options, *words]


def come(sensor, made, direction, destination=net.UNKNOWN):
    """All of them with their digests and names, and nothing extra."""
    wanted = {name: material.sha256(data) for name, data in made}
    net.wait_for(lambda: set(wanted.values()) <= {t['file'].get('hash', {}).get('sha256') for t in sensor.transfers()}, 20, 'all digests')
    records = sensor.finish()
    found = [r for r in records if r['event']['action'] == 'transfer']
    assert sorted((t['file']['name'], t['file']['hash']['sha256']) for t in found) == sorted(wanted.items())
    assert {t['network']['protocol'] for t in found} == {'tftp'} and all(t['gantry']['transfer']['complete'] for t in found)
    assert {t['gantry']['command'] for t in found} == {direction} and {t['destination']['ip'] for t in found} == {destination}
    alert = next(r for r in records if r['event']['action'] == 'alert' and 'vehicle-image' in r['gantry'].get('classes', []))
    assert 'T1048.003' in alert['threat']['technique']['id']
    return records


UP = {'hpa': (hpa, ()), 'atftp': (atftp, ()), 'atftp-large': (atftp, ('--option', 'blksize 1428')),
      'atftp-windows': (atftp, ('--option', 'windowsize 8', '--option', 'blksize 1000')), 'curl': (curl, ('--tftp-blksize', '8192'))}


@pytest.mark.parametrize('client', UP)
def test_a_hundred_pictures_that_are_put_have_their_digests(lab, sensor, server, tmp_path, client):
    there = server('outside')
    make, options = UP[client]
    made = pictures(tmp_path, 9800, 100 if client in ('hpa', 'atftp-windows') else 20)
    lab.run('lane', *make(net.UNKNOWN, tmp_path, 'put', [n for n, _ in made], *options))
    for name, data in made:
        assert open(os.path.join(there, name), 'rb').read() == data
    come(sensor, made, 'WRQ')


@pytest.mark.parametrize('program, options', [('atftpd', ()), ('dnsmasq', ()), ('dnsmasq', ('--tftp-single-port',))],
                         ids=['atftpd', 'dnsmasq', 'one-port'])
def test_a_hundred_pictures_that_are_fetched_have_their_digests(lab, sensor, server, from_a_stranger, tmp_path, program, options):
    made = pictures(server('lane', program, *options), 9900, 100)
    names = [n for n, _ in made]
    if program == 'atftpd':
        lab.run('outside', *atftp(net.LANE, tmp_path, 'get', names, '--option', 'windowsize 16'))
    else:
        lab.run('outside', *hpa(net.LANE, tmp_path, 'get', names[:50]))
        lab.run('outside', *curl(net.LANE, tmp_path, 'get', names[50:]))
    for name, data in made:
        assert (tmp_path / name).read_bytes() == data
    come(sensor, made, 'RRQ')


def test_netascii_is_undone(lab, sensor, server, tmp_path):
    """A picture holds every octet, CR and LF among them."""
    there = server('outside')
    made = pictures(tmp_path, 9850, 10)
    lab.run('lane', *hpa(net.UNKNOWN, tmp_path, 'put', [n for n, _ in made], 'ascii'))
    for name, data in made:
        assert open(os.path.join(there, name), 'rb').read() == data
    come(sensor, made, 'WRQ')


def test_numbers_of_blocks_go_round(lab, sensor, server, tmp_path):
    server('outside')
    name, data = pictures(tmp_path, 9860, 1)[0][0], material.large_image(4, 1100000)
    (tmp_path / name).write_bytes(data)
    lab.run('lane', *atftp(net.UNKNOWN, tmp_path, 'put', [name], '--option', 'blksize 16'))
    come(sensor, [(name, data)], 'WRQ')


def test_what_peers_lose_and_send_again_is_one_file(lab, sensor, server, tmp_path):
    """Every twelfth datagram is lost behind the span port, so that blocks come again."""
    server('outside')
    made = pictures(tmp_path, 9870, 3, 120, 80)
    nft = lab.command('outside', 'nft')
    for line in ('add table ip loss', 'add chain ip loss in { type filter hook input priority 0; }',
                 'add rule ip loss in udp dport != 69 numgen inc mod 12 == 5 drop'):
        net.run(*nft, line)
    try:
        lab.run('lane', *atftp(net.UNKNOWN, tmp_path, 'put', [n for n, _ in made], '--option', 'windowsize 8', '--option', 'timeout 1'))
    finally:
        net.run(*nft, 'delete', 'table', 'ip', 'loss')
    come(sensor, made, 'WRQ')


def test_what_the_span_port_misses_is_missing(lab, sensor, server, tmp_path):
    server('outside')
    [(name, data)] = pictures(tmp_path, 9880, 1)
    with lab.hiding('udp length > 500 numgen inc mod 20 == 7') as hidden:
        lab.run('lane', *hpa(net.UNKNOWN, tmp_path, 'put', [name]))
        packets, _ = hidden()
    assert packets > 0
    net.wait_for(sensor.transfers, 30, 'the transfer')
    [t] = [r for r in sensor.finish() if r['event']['action'] == 'transfer']
    assert t['file']['name'] == name and t['file']['size'] == len(data)
    assert t['gantry']['transfer'] == {'complete': False, 'missing_bytes': packets * 512}


def test_only_the_blocks_were_seen_of_a_one_sided_capture(lab, sensor, server, tmp_path):
    server('outside')
    made = pictures(tmp_path, 9890, 10)
    with lab.hiding(f'ip saddr {net.UNKNOWN}'):
        lab.run('lane', *atftp(net.UNKNOWN, tmp_path, 'put', [n for n, _ in made], '--option', 'blksize 1428'))
    come(sensor, made, 'WRQ')


def test_firmware_and_notes_are_silent(lab, sensor, server, tmp_path):
    server('outside')
    (tmp_path / 'notes.txt').write_bytes(material.prose(8))
    (tmp_path / 'boot.bin').write_bytes(random.Random(3).randbytes(25600))
    lab.run('lane', *hpa(net.UNKNOWN, tmp_path, 'put', ['notes.txt', 'boot.bin']))
    net.wait_for(lambda: len(sensor.transfers()) == 2, 10, 'the transfers')
    assert not [r for r in sensor.finish() if r['event']['action'] == 'alert']


def test_datagrams_that_look_like_blocks_are_no_tftp(lab, sensor):
    """The same two octets as a block's, and nobody has asked for it."""
    code = ('import socket,sys\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n'
            'for i in range(20): s.sendto(b"\\0\\3\\x30\\x39" + bytes(100), (sys.argv[1], 5000))\n')
    lab.run('lane', '/usr/bin/python3', '-c', code, net.UNKNOWN)
    assert not [r for r in sensor.finish() if r['event']['action'] == 'transfer']


@pytest.mark.parametrize('client', ['hpa', 'atftp-windows'])
def test_a_damaged_session_gives_what_is_whole_of_it(lab, server, torture, tmp_path, client):
    server('outside')
    make, options = UP[client]
    made = pictures(tmp_path, 9990, 12)
    with torture.session() as s:
        lab.run('lane', *make(net.UNKNOWN, tmp_path, 'put', [n for n, _ in made], *options))
    s.check({material.sha256(data) for _, data in made})
