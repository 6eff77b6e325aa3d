#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/mail/: mails as clients write them and as others should not, and what is in them.

Run once; the results are kept in the repository. mails.tsv has one line a mail (file, sender, recipients, subject),
objects.tsv one line a thing that is in it and is no container (mail, name, size, SHA-256, whether it is complete), in the
order in which they end. What is in a mail is what was put into it; where Python's email reads such a mail at all, it must
find the same.
"""
import base64
import binascii
import email
import email.policy
import hashlib
import io
import os
import quopri
import random
import struct
import subprocess
import tempfile
from email.message import EmailMessage

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'mail')
os.makedirs(here, exist_ok=True)
mails, objects = [], []
rng = random.Random(12)
CRLF = b'\r\n'
HEAD = b'From: Lane 4 <lane4@lanes.example>\r\nTo: box@partner.example\r\nSubject: reads\r\nMIME-Version: 1.0\r\n'
FACTS = ('lane4@lanes.example', 'box@partner.example', 'reads')


def picture(n):
    """Not a picture, but begins as one, and is full of what may begin a delimiter or a line."""
    data = bytearray(b'\xff\xd8\xff\xe0\x00\x10JFIF\0')
    while len(data) < n:
        data += rng.choice([b'\r\n--', b'\r\n', b'\r', b'\n', b'--', b'\r\r\n-', b'=', b' \r\n', b'\t\n', rng.randbytes(23)])
    return bytes(data[:n])


def leaves(message):
    for part in message.walk():
        if not part.is_multipart():
            yield part.get_payload(decode=True)


def put(name, raw, things, facts=FACTS, same=True):
    """`things`: (name, bytes, complete). `same`: Python's email reads it likewise."""
    if same:
        read = [hashlib.sha256(p).hexdigest() for p in leaves(email.message_from_bytes(raw))]
        put_in = [hashlib.sha256(t[1]).hexdigest() for t in things]
        assert sorted(read) == sorted(put_in), (name, read, put_in)
    with open(os.path.join(here, name + '.eml'), 'wb') as f:
        f.write(raw)
    mails.append((name + '.eml', *facts))
    for thing in things:
        title, data, complete = thing if len(thing) == 3 else (*thing, True)
        objects.append((name + '.eml', title, len(data), hashlib.sha256(data).hexdigest(), int(complete)))


def b64(data, width=76, end=CRLF):
    text = base64.b64encode(data)
    return b''.join(text[i:i + width] + end for i in range(0, len(text), width))


def qp(data):
    """Every byte that is no letter or digit is written as an escape; lines break softly."""
    out, line = [], b''
    for c in data:
        piece = bytes([c]) if chr(c).isalnum() and c < 128 else b'=%02X' % c
        if len(line) + len(piece) > 75:
            out.append(line + b'=\r\n')
            line = b''
        line += piece
    return b''.join(out) + line


def uu(data, name=b'lane.jpg', backtick=True, end=CRLF):
    lines = [b'begin 644 ' + name]
    for i in range(0, len(data), 45):
        lines.append(binascii.b2a_uu(data[i:i + 45], backtick=backtick).rstrip(b'\n'))
    return end.join(lines + [b'`' if backtick else b' ', b'end', b''])


def yenc(data, name=b'lane.jpg'):
    out, line = [], b''
    for c in data:
        c = (c + 42) & 255
        line += b'=' + bytes([(c + 64) & 255]) if c in (0, 10, 13, 61) else bytes([c])
        if len(line) >= 128:
            out.append(line)
            line = b''
    out.append(line)
    head = b'=ybegin line=128 size=%d name=%s' % (len(data), name)
    return CRLF.join([head, *out, b'=yend size=%d crc32=%08x' % (len(data), binascii.crc32(data)), b''])


def attribute(level, tag, kind, data):
    return struct.pack('<BHHI', level, tag, kind, len(data)) + data + struct.pack('<H', sum(data) & 0xffff)


def long_name(name, unicode):
    """Properties of an attachment: its size, a binary one, its long name."""
    text = (name + '\0').encode('utf-16le' if unicode else 'latin-1')
    padded = text + bytes(-len(text) % 4)
    binary = struct.pack('<HHII', 0x0102, 0x3702, 1, 5) + b'abcde\0\0\0'
    named = struct.pack('<HH16sII', 0x001e, 0x8001, bytes(16), 1, 8) + 'name'.encode('utf-16le') + struct.pack('<II4s', 1, 2, b'x\0')
    return struct.pack('<IHHI', 4, 3, 0x0e20, 7) + binary + named + struct.pack(
        '<HHII', 0x1f if unicode else 0x1e, 0x3707, 1, len(text)) + padded


def tnef(*files):
    """As Outlook writes it: version, code page, the body of the mail, then the attachments."""
    out = struct.pack('<IH', 0x223e9f78, 7) + attribute(1, 0x9006, 8, struct.pack('<I', 0x10000)) + attribute(
        1, 0x9007, 6, struct.pack('<II', 1252, 0)) + attribute(1, 0x8008, 7, b'IPM.Microsoft Mail.Note\0') + attribute(1, 0x800c, 2, b'text\r\n\0')
    for title, long, data, late in files:
        out += attribute(2, 0x9002, 6, bytes(14))
        named = attribute(2, 0x8010, 1, title.encode() + b'\0') if title else b''
        named += attribute(2, 0x9005, 6, long_name(long, late)) if long else b''
        bytes_ = attribute(2, 0x800f, 6, data)
        out += bytes_ + named if late else named + bytes_
    return out


def part(body, *fields):
    return b''.join(f + CRLF for f in fields) + CRLF + body


def attach(body, name=b'lane.jpg', encoding=b'base64', kind=b'image/jpeg'):
    return part(body, b'Content-Type: ' + kind, b'Content-Transfer-Encoding: ' + encoding,
                b'Content-Disposition: attachment; filename="' + name + b'"')


def multi(boundary, *parts, final=True):
    text = b''.join(b'--' + boundary + CRLF + p + CRLF for p in parts)
    return text + (b'--' + boundary + b'--' + CRLF if final else b'')


def mixed(boundary, *parts, kind=b'mixed', final=True):
    return b'Content-Type: multipart/' + kind + b'; boundary="' + boundary + b'"' + CRLF * 2 + multi(boundary, *parts, final=final)


def by_python():
    jpg, png, text = picture(900), picture(300), 'Grüße aus der Spur 4\r\n'
    m = EmailMessage(policy=email.policy.SMTP)
    m['From'] = '"Lane, the 4th" <lane4@lanes.example>'
    m['To'] = 'Box <box@partner.example>, other@partner.example'
    m['Cc'] = 'c@copy.example'
    m['Subject'] = 'Grüße aus der Spur: ' + 'lange Zeile ' * 5
    m['Date'] = 'Sun, 31 May 2026 04:12:09 -0500'
    m.set_content(text, cte='quoted-printable')
    m.add_alternative('<p>reads</p>\r\n<img src="cid:x">\r\n', subtype='html', cte='base64')
    m.get_payload()[1].add_related(png, 'image', 'png', cid='<x>', filename='bild ü.png')
    m.add_attachment(jpg, 'image', 'jpeg', filename='20260531_L04_ABC1234.jpg')
    m.add_attachment(b'', 'application', 'octet-stream', filename='empty.bin')
    inner = EmailMessage(policy=email.policy.SMTP)
    inner['From'], inner['To'], inner['Subject'] = 'in@inner.example', 'out@inner.example', 'inner'
    inner.set_content('inner text\r\n')
    inner.add_attachment(png, 'image', 'png', filename='inner.png')
    m.add_attachment(inner)
    html = b'<p>reads</p>\r\n<img src="cid:x">\r\n'
    raw = m.as_bytes()
    put('python', raw, [('', text.encode()), ('', html), ('bild ü.png', png), ('20260531_L04_ABC1234.jpg', jpg),
                        ('empty.bin', b''), ('', b'inner text\r\n'), ('inner.png', png)],
        ('lane4@lanes.example', 'box@partner.example, other@partner.example, c@copy.example',
         'Grüße aus der Spur: ' + ' '.join(['lange Zeile'] * 5)))


def heads():
    jpg = picture(400)
    text = b'as agreed\r\n'
    put('plain', HEAD + CRLF + text, [('', text)])
    put('line_feeds', (HEAD + mixed(b'B', part(text[:9]), attach(b64(jpg)))).replace(CRLF, b'\n'),
        [('', text[:9]), ('lane.jpg', jpg)])
    put('mailbox_line', (b'From lane4@lanes.example Sun May 31 04:12:09\r\n' + HEAD + attach(b64(jpg))).replace(CRLF, b'\n'),
        [('lane.jpg', jpg)])
    put('no_blank_line', HEAD + mixed(b'B', part(text[:9]), attach(b64(jpg))).replace(CRLF * 2, CRLF, 1),
        [('', text[:9]), ('lane.jpg', jpg)])
    put('no_blank_line_before_text', HEAD + b'as agreed\r\nSubject: no field\r\n', [('', b'as agreed\r\nSubject: no field\r\n')])
    put('two_types', HEAD + b'Content-Type: text/plain\r\n' + mixed(b'B', attach(b64(jpg))), [('lane.jpg', jpg)], same=False)
    put('two_encodings', HEAD + b'Content-Transfer-Encoding: 7bit\r\n' + attach(b64(jpg)), [('lane.jpg', jpg)], same=False)
    put('blanks_before_colons', HEAD.replace(b'To:', b'To :') +
        b'content-type\t: IMAGE/JPEG; NAME=lane.jpg\r\nCONTENT-TRANSFER-ENCODING : BASE64\r\n\r\n' + b64(jpg),
        [('lane.jpg', jpg)], same=False)
    put('comments', HEAD + b'Content-Type: (a) multipart/mixed (b (c) \\) ); boundary="B" (d)\r\n\r\n' + multi(b'B', part(
        b64(jpg), b'Content-Type: image/jpeg (e)', b'Content-Transfer-Encoding: (f) base64 (g)',
        b'Content-Disposition: attachment; filename="lane (1).jpg"')), [('lane (1).jpg', jpg)], same=False)
    put('folded', HEAD + b'Content-Type:\r\n multipart/mixed;\r\n\tboundary\r\n =\r\n "B"\r\nX-Folded: a\r\n b: c\r\n\r\n' + multi(
        b'B', part(b64(jpg), b'Content-Type: image/jpeg;\r\n name="long\r\n name.jpg"', b'Content-Transfer-Encoding:\r\n  base64')),
        [('long name.jpg', jpg)], same=False)
    put('names', HEAD + mixed(
        b'B', part(b64(jpg), b"Content-Disposition: attachment; filename*0*=utf-8''spur%20; filename*1=4%20.jpg",
                   b'Content-Transfer-Encoding: base64'),
        part(b64(jpg), b'Content-Type: image/jpeg; name="=?utf-8?B?w7xi?= =?iso-8859-1?Q?er=2Ejpg?="', b'Content-Transfer-Encoding: base64'),
        part(b64(jpg), b"Content-Type: image/jpeg; name*=iso-8859-1''%fcber.jpg", b'Content-Transfer-Encoding: base64'),
        part(b64(jpg), b'Content-Type: image/jpeg; name="C:\\lanes\\L04.jpg"', b'Content-Transfer-Encoding: base64')),
        [('spur 4%20.jpg', jpg), ('über.jpg', jpg), ('über.jpg', jpg), ('L04.jpg', jpg)])
    put('eight_bits', 'From: Spur Ü <lane4@lanes.example>\r\nTo: box@partner.example\r\nSubject: Grüße\r\n'.encode() + attach(
        b64(jpg), 'ü.jpg'.encode()), [('ü.jpg', jpg)], (FACTS[0], FACTS[1], 'Grüße'))
    received = b''.join(b'Received: from a%d.example by b.example\r\n\twith ESMTP id %d; Sun, 31 May 2026 04:12:09 -0500\r\n' % (i, i)
                        for i in range(60))
    put('long_head', received + HEAD + b'X: ' + b'a' * 9000 + CRLF + attach(b64(jpg)), [('lane.jpg', jpg)])
    many = b', '.join(b'Box %d <box%d@partner.example>' % (i, i) for i in range(300))
    shown = ''
    for i in range(300):
        more = (', ' if shown else '') + f'box{i}@partner.example'
        if len(shown) + len(more) <= 512:
            shown += more
    read = many[:4096 - len(b'Cc: ')]
    put('many_recipients', HEAD.replace(b'To: box@partner.example', b'Cc: ' + many) + attach(b64(jpg)), [('lane.jpg', jpg)],
        (FACTS[0], shown, FACTS[2]))
    assert read.count(b'@') > 100
    put('addresses', b'From: (one) "a, <b@c>" <@relay.example,@other.example:lane4@lanes.example> (two)\r\n'
        b'To: undisclosed-recipients:;\r\nCc: group: a@b.example, "x y"@z.example;, c@d.example\r\nBcc: bare@e.example (c@d)\r\n'
        b'Subject: =?utf-8?q?a_=C3=BC?=\r\n =?utf-8?q?_b?= c\r\n\r\nx\r\n', [('', b'x\r\n')],
        (FACTS[0], 'a@b.example, "x y"@z.example, c@d.example, bare@e.example', 'a ü b c'))


def boundaries():
    jpg, png = picture(500), picture(350)
    text = b'text\r\n--B\r\n--Binner-\r\n--Binne\r\n'[:6]
    put('prefix_boundaries', HEAD + mixed(b'B', part(text), mixed(b'BB', attach(b64(jpg)), mixed(b'BBB', attach(b64(png), b'b.png'))),
                                          attach(b64(jpg), b'c.jpg')),
        [('', text), ('lane.jpg', jpg), ('b.png', png), ('c.jpg', jpg)])
    inner = b'Content-Type: multipart/mixed; boundary="I"\r\n\r\n--I\r\n' + attach(b64(jpg)) + CRLF
    put('outer_ends_inner', HEAD + mixed(b'O', inner, attach(b64(png), b'b.png')), [('lane.jpg', jpg), ('b.png', png)], same=False)
    put('no_final_boundary', HEAD + mixed(b'B', attach(b64(png), b'b.png'), attach(b64(jpg)), final=False),
        [('b.png', png), ('lane.jpg', jpg)])
    put('blanks_behind_boundaries', HEAD + mixed(b'B', attach(b64(jpg)), attach(b64(png), b'b.png')).replace(b'--B\r\n', b'--B \t \r\n'),
        [('lane.jpg', jpg), ('b.png', png)])
    put('binary', HEAD + mixed(b'B', attach(jpg, encoding=b'binary'), attach(png + b'\r\n', b'b.png', b'8bit')),
        [('lane.jpg', jpg), ('b.png', png + b'\r\n')], same=False)
    one, two = HEAD + b'\r\none\r\n', HEAD.replace(b'reads', b'two') + attach(b64(jpg))
    put('digest', HEAD + mixed(b'B', CRLF + one, b'Content-Description: second\r\n\r\n' + two, kind=b'digest'),
        [('', b'one\r\n'), ('lane.jpg', jpg)])
    returned = HEAD + attach(b64(jpg))
    status = b'Reporting-MTA: dns; mx.partner.example\r\n\r\nFinal-Recipient: rfc822; box@partner.example\r\nAction: failed\r\n'
    put('report', HEAD + mixed(b'B', part(b'It failed.\r\n'), part(status, b'Content-Type: message/delivery-status'),
                               part(returned, b'Content-Type: message/rfc822'), kind=b'report'),
        [('', b'It failed.\r\n'), ('', status), ('lane.jpg', jpg)], same=False)
    deep = attach(b64(png), b'deep.png')
    for i in range(2):
        deep = part(HEAD + mixed(b'D%d' % i, part(b'%d' % i), deep), b'Content-Type: message/rfc822')
    put('mail_in_mail_in_mail', HEAD + mixed(b'B', deep), [('', b'1'), ('', b'0'), ('deep.png', png)])
    put('message_global', HEAD + mixed(b'B', part(HEAD.replace(b'reads', 'Grüße'.encode()) + attach(b64(jpg)),
                                                  b'Content-Type: message/global')), [('lane.jpg', jpg)], same=False)
    put('flowed', HEAD + b'Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\nABC1234 \r\nABC1235\r\n', [('', b'ABC1234 \r\nABC1235\r\n')])


def encodings():
    jpg = picture(700)
    text = base64.b64encode(jpg)
    lines = [text[i:i + 76] for i in range(0, len(text), 76)]
    put('base64_garbage', HEAD + mixed(b'B', attach(CRLF.join(l[:30] + b'\x00 ~!*' + l[30:] for l in lines))), [('lane.jpg', jpg)])
    put('base64_one_line', HEAD + mixed(b'B', attach(text)), [('lane.jpg', jpg)])
    put('base64_short_lines', HEAD + mixed(b'B', attach(b64(jpg, 3))), [('lane.jpg', jpg)])
    put('base64_no_padding', HEAD + mixed(b'B', attach(b64(jpg[:-1]).rstrip(b'=\r\n'))), [('lane.jpg', jpg[:-1])])
    put('base64_padding_inside', HEAD + mixed(b'B', attach(b64(jpg[:100]) + b64(jpg[100:200]) + b64(jpg[200:]))), [('lane.jpg', jpg)], same=False)
    put('base64_blank_lines', HEAD + mixed(b'B', attach(CRLF * 3 + b64(jpg).replace(CRLF, CRLF * 2) + CRLF * 3)), [('lane.jpg', jpg)])
    put('quoted_binary', HEAD + mixed(b'B', attach(qp(jpg), encoding=b'quoted-printable')), [('lane.jpg', jpg)])
    put('quoted_lower', HEAD + mixed(b'B', attach(qp(jpg).lower().replace(b'jfif', b'JFIF'), encoding=b'Quoted-Printable')),
        [('lane.jpg', quopri.decodestring(qp(jpg).lower().replace(b'jfif', b'JFIF')))])
    padded = b'a=20 \t\r\nb \r\nc=\r\n d= \t\r\ne=3D=\r\n'
    put('quoted_blanks', HEAD + mixed(b'B', part(padded, b'Content-Transfer-Encoding: quoted-printable')), [('', b'a \r\nb\r\nc de=')], same=False)
    put('uuencode', HEAD + mixed(b'B', attach(uu(jpg), encoding=b'x-uuencode')), [('lane.jpg', jpg)])
    put('uuencode_blanks', HEAD + mixed(b'B', attach(uu(bytes(90) + jpg, backtick=False).replace(b' ' * 30 + CRLF, CRLF), encoding=b'uuencode')),
        [('lane.jpg', bytes(90) + jpg)])
    both = b'Two files:\r\nbegin with this\r\n\r\n' + uu(jpg, b'a b.jpg') + b'\r\nand\r\n' + uu(jpg[:50], b'b.jpg', end=CRLF) + b'begin 644 none\r\nof these\r\n'
    put('uuencode_in_text', HEAD + CRLF + both, [('a b.jpg', jpg), ('b.jpg', jpg[:50]), ('', both)], same=False)
    cut = b'begin 644 c.jpg\r\n' + uu(jpg).split(CRLF, 1)[1][:400] + b'\r\nThis is no line of it.\r\n'
    decoded = b''.join(binascii.a2b_uu(l) for l in cut.split(CRLF)[1:8])
    put('uuencode_cut', HEAD + CRLF + cut, [('c.jpg', decoded, False), ('', cut)], same=False)
    m = b'begin-base64 644 d.jpg\r\n' + b64(jpg, 60) + b'====\r\n'
    put('uuencode_base64', HEAD + CRLF + m, [('d.jpg', jpg), ('', m)], same=False)
    y = b'A picture:\r\n' + yenc(jpg, b'lane 4.jpg') + b'bye\r\n'
    put('yenc', HEAD + CRLF + y, [('lane 4.jpg', jpg), ('', y)], same=False)
    put('not_encoded', HEAD + CRLF + b'begin 644 of the story\r\nWe begin at nine.\r\n=ybegin\r\nend\r\n',
        [('', b'begin 644 of the story\r\nWe begin at nine.\r\n=ybegin\r\nend\r\n')])


def outlook():
    jpg, csv = picture(800), b'plate,lane\r\nABC1234,L04\r\n'
    files = [('LANE~1.JPG', 'lane 4.jpg', jpg, False), ('reads.csv', '', csv, False), ('B~1.JPG', 'spür.jpg', jpg[:300], True), ('empty', '', b'', True)]
    data = tnef(*files)
    with tempfile.TemporaryDirectory() as d: # by another reader of it
        subprocess.run(['tnef', '-C', d], input=data, check=True)
        assert sorted(open(os.path.join(d, f), 'rb').read() for f in os.listdir(d)) == sorted(f[2] for f in files), os.listdir(d)
    names = ['lane 4.jpg', 'reads.csv', 'spür.jpg', 'empty']
    put('tnef', HEAD + mixed(b'B', attach(b64(data), b'winmail.dat', kind=b'application/ms-tnef')),
        [(n, f[2]) for n, f in zip(names, files)] + [('winmail.dat', data)], same=False)


by_python()
outlook()
heads()
boundaries()
encodings()
for name, rows in (('mails.tsv', mails), ('objects.tsv', objects)):
    with open(os.path.join(here, name), 'w') as f:
        for row in rows:
            f.write('\t'.join(str(c) for c in row) + '\n')
