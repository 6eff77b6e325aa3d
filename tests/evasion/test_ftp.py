# SPDX-License-Identifier: Apache-2.0
"""FTP: what commands say and what is then done differ."""
import zlib

import pytest
from case import CLIENT, CSV, JPG, SERVER, SOUND, WEATHER, HONEST, Wire, cases, look
from wire import CLIENT6, SERVER6

PORT = 50000
OTHER = '198.51.100.90'


class Session:
    """A control connection after its login. A command is a line and its answer."""

    def __init__(self, w, greeting=b'220 ready\r\n', client=CLIENT, server=SERVER, sport=21, login=True, passive=None):
        self.w, self.ends, self.passive = w, (client, server), passive or server
        self.t = w.tcp(client=client, server=server, sport=sport).open()
        if greeting:
            self.t.server(greeting)
        if login:
            self.do('USER clerk', '331 password').do('PASS x', '230 in').do('TYPE I', '200 ok')

    def do(self, line, *answers):
        self.t.client(line if isinstance(line, bytes) else line.encode() + b'\r\n')
        for answer in answers:
            self.t.server(answer if isinstance(answer, bytes) else answer.encode() + b'\r\n')
        return self

    def say(self, *answers):
        for answer in answers:
            self.t.server(answer if isinstance(answer, bytes) else answer.encode() + b'\r\n')
        return self

    def port(self):
        """The answer to PASV."""
        return '227 Entering Passive Mode (%s,%d,%d)' % (self.passive.replace('.', ','), PORT >> 8, PORT & 255)

    def pasv(self):
        return self.do('PASV', self.port())

    def data(self, sent, side=0, cport=None):
        """The data connection to that port."""
        d = self.w.tcp(client=self.ends[0], server=self.passive, sport=PORT, cport=cport).open()
        d.send(side, sent)
        d.close()
        return self

    def stor(self, f, sent=None, command='STOR', last='226 done'):
        self.do(f'{command} {f.name}', '150 go').data(f.data if sent is None else sent)
        return self.say(last) if last else self

    def end(self):
        self.do('QUIT', '221 bye').t.close()
        return self


def behind(*commands, **more):
    """An upload by PASV behind these (line, answers...)."""

    def write(w, f):
        s = Session(w, **more)
        for command in commands:
            s.do(*command)
        s.pasv().stor(f).end()

    return write


def in_mode(line, code, answer='200 ok'):
    """An upload whose bytes on the wire are `code(data)`."""

    def write(w, f):
        Session(w).do(line, *([answer] if answer else [])).pasv().stor(f, code(f.data)).end()

    return write


def blocks(data, size=700, marker=False):
    out = b''
    for at in range(0, len(data), size):
        piece = data[at:at + size]
        if marker and at:
            out += b'\x10\x00\x06000042'
        out += bytes([64 if at + size >= len(data) else 0]) + len(piece).to_bytes(2, 'big') + piece
    return out


def runs(data):
    """RFC 959 section 3.4.3: strings, bytes that repeat, zeros by the filler."""
    out, plain, at = b'', b'', 0

    def flush(plain):
        return b''.join(bytes([len(plain[i:i + 127])]) + plain[i:i + 127] for i in range(0, len(plain), 127))

    while at < len(data):
        n = 1
        while at + n < len(data) and data[at + n] == data[at] and n < 63:
            n += 1
        if n < 3:
            plain += data[at:at + n]
        else:
            out += flush(plain) + (bytes([0xc0 | n]) if data[at] == 0 else bytes([0x80 | n, data[at]]))
            plain = b''
        at += n
    return out + flush(plain) + b'\x00\x40'


def bare(data):
    z = zlib.compressobj(9, zlib.DEFLATED, -15)
    return z.compress(data) + z.flush()


REFUSED = '502 not implemented'

test_commands = {
    'MIC, CONF and ENC that are refused': behind(('MIC x', REFUSED), ('CONF x', REFUSED), ('ENC x', REFUSED)),
    'MIC that is taken, and lines in clear behind it': behind(('MIC x', '200 fine'), ('NOOP', '200 ok')),
    'PROT P that is refused': behind(('PBSZ 0', '503 no'), ('PROT P', '536 no')),
    'PROT P that is taken, and data in clear': behind(('PBSZ 0', '200 ok'), ('PROT P', '200 ok')),
    'AUTH TLS that is taken, and no TLS': behind(('AUTH TLS', '234 go'), ('FEAT', '502 no')),
    'AUTH TLS that is refused': behind(('AUTH TLS', '534 no')),
    'AUTH GSSAPI and ADAT that are taken': behind(('AUTH GSSAPI', '334 go'), ('ADAT eHg=', '235 done')),
    'a 234 that nobody asked for': behind(('NOOP', '234 AUTH TLS', '200 ok')),
    'a hundred refused commands': behind(*[('XCRC a', REFUSED)] * 100),
    'fifty lines that are no commands': behind(*[(f'{i};;/{i}', '500 what') for i in range(50)]),
    'answers that nobody asked for': behind(('NOOP', '200 ok', '226 done', '250 ok', '150 go', '550 no')),
    'a line of 6,000 bytes': behind(('SITE ' + 'x' * 6000, '500 too long')),
    'commands in lower case, blanks before them': behind(('  noop', '200 ok'), ('\ttype i', '200 ok')),
    'MODE B that is refused': behind(('MODE B', '504 no')),
    'MODE C that is taken, and a stream': behind(('MODE C', '200 ok')),
    'MODE B that is taken, and a stream': behind(('MODE B', '200 ok')),
    'MODE Z that is taken, and a stream': behind(('MODE Z', '200 ok')),
    'STRU R that is refused': behind(('STRU R', '504 no')),
    'TYPE E that is refused': behind(('TYPE E', '504 no')),
    'TYPE E that is taken, and the bytes as they are': behind(('TYPE E', '200 ok')),
    'a greeting of several lines that never ends': behind(greeting=b'220-welcome\r\n'),
    'an answer of several lines with codes in it': behind(('FEAT', '211-Features', ' MODE Z', '200 is no end', '211 End')),
    'Telnet commands within the lines': behind((b'\xff\xf1NO\xff\xfd\x18OP\r\n', '200 ok'), (b'\xff\xf4\xff\xf2ABOR\r\n', '226 ok')),
    'server port 8021': behind(sport=8021),
    'server port 443': behind(sport=443),
    'no greeting': behind(greeting=b''),
}


def pipelined(w, f):
    s = Session(w)
    s.t.client(b'PASV\r\nPROT P\r\nSTOR ' + f.name.encode() + b'\r\n')
    s.say(s.port(), '536 no', '150 go').data(f.data).say('226 done').end()


def ahead(w, f):
    s = Session(w)
    s.t.client(b'NOOP\r\n' * 300 + b'MODE B\r\nPASV\r\nSTOR ' + f.name.encode() + b'\r\n')
    s.say(b'200 ok\r\n' * 300, '504 no', s.port(), '150 go').data(f.data).say('226 done').end()


def list_then_stor(verb):
    def write(w, f):
        s = Session(w)
        s.t.client(b'PASV\r\n' + verb + b'\r\nSTOR ' + f.name.encode() + b'\r\n')
        s.say(s.port(), '425 cannot', '150 go').data(f.data).say('226 done').end()
    return write


def under_listing(verb, side):
    def write(w, f):
        if side:
            s = Session(w, client=SERVER, server=CLIENT)
        else:
            s = Session(w)
        s.pasv().do(verb, '150 here').data(f.data, side).say('226 done').end()
    return write


def wrong_way(w, f):
    Session(w).pasv().do('RETR x.bin', '150 here').data(f.data).say('226 done').end()


def server_first(w, f):
    s = Session(w).pasv().do(f'STOR {f.name}', '150 go')
    d = w.tcp(sport=PORT).open().server(b'\n').client(f.data)
    d.close()
    s.say('226 done').end()


def server_first_before_stor(w, f):
    s = Session(w).pasv()
    d = w.tcp(sport=PORT).open().server(b'\x16\x03\x01')
    s.do(f'STOR {f.name}', '150 go')
    d.client(f.data).close()
    s.say('226 done').end()


def late(seconds, passive=None):
    def write(w, f):
        s = Session(w, passive=passive).pasv().do(f'STOR {f.name}', '150 go')
        for _ in range(int(seconds) // 60):
            w.wait(60)
            s.do('NOOP', '200 ok')
        s.data(f.data).say('226 done').end()
    return write


def stored_and_appended(w, f):
    Session(w).pasv().stor(f, f.data[:900]).pasv().stor(f, f.data[900:], command='APPE').end()


def stored_and_resumed(w, f):
    Session(w).pasv().stor(f, f.data[:900], last='426 broken').do('REST 900', '350 go').pasv().stor(f, f.data[900:]).end()


def rest_refused(w, f):
    s = Session(w)
    s.t.client(b'PASV\r\nREST 2\r\nSTOR ' + f.name.encode() + b'\r\n')
    s.say(s.port(), '501 no', '150 go').data(f.data).say('226 done').end()


def active(line):
    def write(w, f):
        s = Session(w).do(line, '200 ok').do(f'STOR {f.name}', '150 go')
        w.tcp(client=SERVER, server=CLIENT, cport=20, sport=PORT).open().server(f.data).close()
        s.say('226 done').end()
    return write


def extended6(w, f):
    s = Session(w, client=CLIENT6, server=SERVER6)
    s.do(f'EPRT |2|{CLIENT6}|{PORT}|', '200 ok').do(f'STOR {f.name}', '150 go')
    w.tcp(client=SERVER6, server=CLIENT6, cport=20, sport=PORT).open().server(f.data).close()
    s.say('226 done').end()


def extended_all(w, f):
    s = Session(w).do('EPSV ALL', '200 ok').do('EPSV', f'229 ok (|||{PORT}|)')
    s.stor(f).end()


def unique(w, f):
    Session(w).pasv().do(f'ALLO {len(f.data)}', '202 no need').do('STOU', f'150 FILE: {f.name}').data(f.data).say('226 done').end()


def lost_line(at):
    """The segment with this command is not seen, those before and behind it are."""
    def write(w, f):
        s = Session(w)
        for line, answer in (('CWD in', '250 ok'), ('SITE x', '200 ok')):
            if at == line:
                s.t.skip(0, len(line) + 2)
            else:
                s.do(line)
            s.say(answer)
        s.pasv().stor(f).end()
    return write


def lost_answer(w, f):
    s = Session(w).do('PASV')
    s.t.skip(1, 20)
    s.say(s.port()[20:]).stor(f).end()


def port_within(w, f):
    s = Session(w)
    s.do('PASV', s.port().replace('227 ', '227-'), ' more', '227 end').stor(f).end()


def never_said(w, f):
    """No answer is seen at all."""
    s = Session(w, greeting=b'', login=False)
    s.do('USER x').do('EPSV').do(f'STOR {f.name}').data(f.data)
    s.t.close()


def two_in_blocks(w, f):
    """Two files over one data connection: each ends as the mode says."""
    s = Session(w).do('MODE B', '200 ok').pasv()
    s.do('STOR note.txt', '150 go')
    d = w.tcp(sport=PORT).open().client(blocks(b'nothing to see here\n'))
    s.say('250 done').do(f'STOR {f.name}', '125 go')
    d.client(blocks(f.data)).close()
    s.say('226 done').end()


WRITERS = {
    **test_commands,
    'PASV, PROT P and STOR in one segment': pipelined,
    '300 commands of no interest ahead': ahead,
    'LIST that is refused and STOR, on one PASV': list_then_stor(b'LIST'),
    'NLST that is refused and STOR, on one PASV': list_then_stor(b'NLST'),
    'LIST, for which the client sends': under_listing('LIST', 0),
    'MLSD, for which the client sends': under_listing('MLSD', 0),
    'NLST by a partner that brings a file': under_listing('NLST', 1),
    'RETR, for which the client sends': wrong_way,
    'a byte from the server first': server_first,
    'a byte from the server before the command': server_first_before_stor,
    'data 700 s after PASV': late(700),
    'data 3,000 s after PASV': late(3000),
    'data at another address, 1,200 s after PASV': late(1200, OTHER),
    'data at another address': lambda w, f: Session(w, passive=OTHER).pasv().stor(f).end(),
    'REST that is refused, sent ahead': rest_refused,
    'STOR, then REST': stored_and_resumed,
    'PORT': active(f"PORT {CLIENT.replace('.', ',')},{PORT >> 8},{PORT & 255}"),
    'EPRT with another delimiter': active(f'EPRT !1!{CLIENT}!{PORT}!'),
    'EPRT over IPv6': extended6,
    'EPSV ALL': extended_all,
    'STOU with ALLO': unique,
    'a command before PASV that is not seen': lost_line('CWD in'),
    'another that is not seen': lost_line('SITE x'),
    'half of the answer to PASV is not seen': lost_answer,
    'the port within an answer of several lines': port_within,
    'answers that are not seen': never_said,
    'MODE Z': in_mode('MODE Z', zlib.compress),
    'MODE Z without a header': in_mode('MODE Z', bare),
    'MODE Z of which the answer is not told': in_mode('MODE Z', zlib.compress, None),
    'MODE B': in_mode('MODE B', blocks),
    'MODE B with restart markers': in_mode('MODE B', lambda data: blocks(data, marker=True)),
    'MODE B in blocks of 7 bytes': in_mode('MODE B', lambda data: blocks(data, 7)),
    'MODE B, two files on one connection': two_in_blocks,
    'MODE C': in_mode('MODE C', runs),
    'STRU R': in_mode('STRU R', lambda data: data.replace(b'\xff', b'\xff\xff') + b'\xff\x02'),
}
del test_commands

# What is behind an APPE is an object of its own: the file was at its end before.
test_appended = cases(JPG, {'STOR, then APPE': stored_and_appended}, whole=False)
test_appended_rows = cases(CSV, {'STOR, then APPE': stored_and_appended}, whole=False)

test_pictures = cases(JPG, WRITERS)
test_records = cases(CSV, {name: write for name, write in WRITERS.items() if name not in (
    'a hundred refused commands', 'server port 8021', 'server port 443')})

test_ebcdic = cases(CSV, {
    'TYPE E in EBCDIC': in_mode('TYPE E', lambda data: data.decode().encode('cp037').replace(b'\x25', b'\x15')),
})


def on_the_channel(w, f):
    s = Session(w)
    s.do(f.data + b'\r\n', '500 what').end()
    return f.but(f.data + b'\r\nQUIT\r\n')


test_strays = cases(JPG, {'the file among the lines': on_the_channel}, whole=False)


@pytest.mark.parametrize('workers', [2, 4])
@pytest.mark.parametrize('f', [JPG, CSV, SOUND, WEATHER], ids=['JPG', 'CSV', 'SOUND', 'WEATHER'])
def test_data_at_other_addresses_with_several_workers(tmp_path, f, workers):
    """So many that some are another worker's; each is found by its name."""
    w = Wire()
    for last in range(90, 96):
        Session(w, passive=f'198.51.100.{last}').pasv().stor(f.but(name=f'{last}-{f.name}')).end()
    seen = look(tmp_path, w, arguments=['-w', str(workers)])
    whole = [t for t in seen.transfers if t['file'].get('hash', {}).get('sha256') == f.sha256 and t['gantry']['transfer']['complete']]
    assert sorted(t['file']['name'] for t in whole) == [f'{last}-{f.name}' for last in range(90, 96)], seen.brief()
    assert bool(seen.classes & f.classes) == (f not in HONEST.values())


def names_of(tmp_path, w, files):
    """By digest, the name under which each file that is complete was told."""
    seen = look(tmp_path, w)
    told = {t['file']['hash']['sha256']: t['file'].get('name') for t in seen.transfers
            if t['gantry']['transfer']['complete'] and 'hash' in t['file']}
    return [told.get(f.sha256) for f in files]


LOST = {'the last answer of a transfer': lambda s, i: i == 0, 'one of each second transfer': lambda s, i: i % 2 == 0}


@pytest.mark.parametrize('lost', LOST.values(), ids=LOST)
def test_files_keep_their_names_where_the_channel_stands_still(tmp_path, lost):
    """The server takes one port for all. What it answered is lost, and the channel waits for it while files go by."""
    files = [JPG.but(name=f'{i}.jpg', data=JPG.data + bytes([i]) * 9) for i in range(6)]
    w, last = Wire(), b'226 done\r\n'
    s = Session(w)
    for i, f in enumerate(files):
        s.pasv().stor(f, last=None)
        if lost(s, i):
            s.t.skip(1, len(last)).ack(0)
        else:
            s.say(last)
    s.end()
    assert names_of(tmp_path, w, files) == [f.name for f in files]


def test_a_file_whose_port_was_not_told_has_its_name_among_others(tmp_path):
    files = [JPG.but(name=f'{i}.jpg', data=JPG.data + bytes([i]) * 9) for i in range(6)]
    w = Wire()
    s = Session(w)
    for i, f in enumerate(files):
        if i == 2:
            s.do('PASV').t.skip(1, len(s.port()) + 2).ack(0)
        else:
            s.pasv()
        s.stor(f)
    s.end()
    assert names_of(tmp_path, w, files) == [f.name for f in files]


def test_a_file_has_no_name_of_another_session(tmp_path):
    """A port that was not told, whose flow nobody saw; long after it a flow of a channel that was not seen."""
    w, f = Wire(), JPG.but(name='second.jpg')
    s = Session(w)
    s.do('PASV').t.skip(1, len(s.port()) + 2).ack(0)
    s.do('STOR first.jpg', '150 go', '226 done').end()
    w.wait(20)
    s.data(f.data)
    assert [t['file'].get('name') for t in look(tmp_path, w).transfers] == [None]
