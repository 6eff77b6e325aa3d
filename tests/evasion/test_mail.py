# SPDX-License-Identifier: Apache-2.0
"""Mails that hide a file: what they are declared as, how their heads are written, where in them it stands."""
import base64
import binascii

from case import CSV, JPG, cases, upload

HEAD = b'From: lane4@lanes.example\r\nTo: box@partner.example\r\nSubject: reads\r\nMIME-Version: 1.0\r\n'
JPEG = b'Content-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=a1b2\r\n'


def attached(data, head=JPEG):
    return head + b'\r\n' + base64.encodebytes(data).replace(b'\n', b'\r\n')


def multi(*parts, boundary=b'B', close=True):
    body = b''.join(b'--' + boundary + b'\r\n' + p + b'\r\n' for p in parts)
    return b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\r\n\r\n' + body + (b'--' + boundary + b'--\r\n' if close else b'')


def mail(make, type_='message/rfc822', name='note.eml'):
    """An upload of the mail that `make` writes around the file's bytes."""
    return lambda w, f: (upload(w, f.but(data=make(f.data), name=name, type_=type_)), f)[1]


def uu(data):
    lines = [b'begin 644 a1b2'] + [binascii.b2a_uu(data[i:i + 45], backtick=True).rstrip() for i in range(0, len(data), 45)]
    return b'\r\n'.join(lines + [b'`', b'end', b''])


def yenc(data):
    out = bytearray()
    for i, c in enumerate(data):
        c = (c + 42) & 255
        out += b'=' + bytes([(c + 64) & 255]) if c in (0, 10, 13, 61) else bytes([c])
        out += b'\r\n' if i % 128 == 127 else b''
    return b'=ybegin line=128 size=%d name=a1b2\r\n' % len(data) + bytes(out) + b'\r\n=yend size=%d\r\n' % len(data)


def forwarded(depth):
    def make(data):
        body = HEAD + multi(attached(data))
        for _ in range(depth):
            body = HEAD + multi(b'Content-Type: message/rfc822\r\n\r\n' + body)
        return body
    return make


test_declared = cases(JPG, {f'declared as {t}': mail(lambda d: HEAD + multi(attached(d)), t, 'note.txt')
                            for t in ('message/rfc822', 'text/plain', 'application/octet-stream', 'message/global', 'image/jpeg',
                                      'application/vnd.ms-outlook')})

test_heads = cases(JPG, {
    'no blank line': mail(lambda d: HEAD + multi(attached(d)).replace(b'\r\n\r\n', b'\r\n', 1)),
    'line feeds alone': mail(lambda d: (HEAD + multi(attached(d))).replace(b'\r\n', b'\n')),
    'a line of a mailbox before it': mail(lambda d: b'From lane4@lanes.example Sun May 31 04:12:09 2026\r\n' + HEAD + multi(attached(d))),
    'fields that nobody knows first': mail(lambda d: b''.join(b'X-%d: a\r\n' % i for i in range(200)) + HEAD + multi(attached(d))),
    'a field of 100 KB': mail(lambda d: HEAD + b'X: ' + b'a' * 100000 + b'\r\n' + multi(attached(d))),
    'a name of 900 characters': mail(lambda d: HEAD + b'X' * 900 + b': a\r\n' + multi(attached(d))),
    '900 blanks behind a name': mail(lambda d: HEAD + b'X' + b' ' * 900 + b': a\r\n' + multi(attached(d))),
    'a subject of 100 KB': mail(lambda d: HEAD.replace(b'reads', b'a' * 100000) + multi(attached(d))),
    'ten thousand recipients': mail(lambda d: HEAD + b'Cc: ' + b',\r\n '.join(b'a%d@b.example' % i for i in range(10000)) + b'\r\n' +
                                    multi(attached(d))),
    'two types': mail(lambda d: HEAD + b'Content-Type: text/plain\r\n' + multi(attached(d))),
    'two types, the other way round': mail(lambda d: HEAD + multi(attached(d)).replace(b'\r\n\r\n', b'\r\nContent-Type: text/plain\r\n\r\n', 1)),
    'two encodings': mail(lambda d: HEAD + b'Content-Transfer-Encoding: 7bit\r\n' + attached(d)),
    'comments': mail(lambda d: HEAD + multi(attached(d).replace(b': base64', b': (a (b)) base64 (c)')).replace(b'multipart', b'(d) multipart')),
    'folded between all words': mail(lambda d: HEAD + multi(attached(d)).replace(b'; boundary=', b'\r\n ;\r\n\tboundary\r\n =\r\n ')),
    'the picture is the body': mail(lambda d: HEAD + attached(d)),
    'the picture is the body as it is': mail(lambda d: HEAD + b'Content-Type: image/jpeg\r\nContent-Transfer-Encoding: binary\r\n\r\n' + d),
    'a picture declared as a mail': mail(lambda d: d),
})

test_encodings = cases(JPG, {
    'zeros between the characters of base64': mail(lambda d: HEAD + b'Content-Transfer-Encoding: base64\r\n\r\n' + base64.b64encode(d).replace(
        b'/', b'/\x00')),
    'base64 in lines of one character': mail(lambda d: HEAD + b'Content-Transfer-Encoding: base64\r\n\r\n' + b'\r\n'.join(
        bytes([c]) for c in base64.b64encode(d))),
    'base64 with padding on each line': mail(lambda d: HEAD + b'Content-Transfer-Encoding: base64\r\n\r\n' + b''.join(
        base64.b64encode(d[i:i + 40]) + b'\r\n' for i in range(0, len(d), 40))),
    'quoted-printable': mail(lambda d: HEAD + b'Content-Transfer-Encoding: quoted-printable\r\n\r\n' + b'=\r\n'.join(
        b''.join(b'=%02X' % c for c in d[i:i + 25]) for i in range(0, len(d), 25))),
    'quoted-printable with blanks at the ends of lines': mail(
        lambda d: HEAD + b'Content-Transfer-Encoding: quoted-printable\r\n\r\n' + b'= \t \r\n'.join(
            b''.join(b'=%02x' % c for c in d[i:i + 20]) for i in range(0, len(d), 20))),
    'uuencode in the text': mail(lambda d: HEAD + b'\r\nas agreed:\r\n\r\n' + uu(d) + b'\r\nbye\r\n'),
    'uuencode as its encoding': mail(lambda d: HEAD + b'Content-Transfer-Encoding: x-uuencode\r\n\r\n' + uu(d)),
    'uuencode as its encoding, behind a line that nearly begins it': mail(
        lambda d: HEAD + b'Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin reading\r\n#86)C\r\nend\r\n' + uu(d)),
    'uuencode in a text that is declared as a multipart body': mail(uu, 'multipart/mixed; boundary=B', 'a1b2.txt'),
    'yEnc': mail(lambda d: HEAD + b'\r\n' + yenc(d)),
    'a file of uuencode': mail(uu, 'text/plain', 'a1b2.uu'),
})

test_places = cases(JPG, {
    'forwarded once': mail(forwarded(1)),
    'forwarded twice': mail(forwarded(2)),
    'in a part behind one that has no end': mail(lambda d: HEAD + multi(
        b'Content-Type: multipart/mixed; boundary="I"\r\n\r\n--I\r\n\r\nx', attached(d))),
    'in a body that does not end': mail(lambda d: HEAD + multi(b'\r\nx', attached(d), close=False)),
    'boundaries that begin as the outer one': mail(lambda d: HEAD + multi(multi(attached(d), boundary=b'BB'))),
    'behind a remark': mail(lambda d: HEAD + multi(attached(d)).replace(b'\r\n\r\n', b'\r\n\r\nThis is a multi-part message.\r\n', 1)),
})

test_tables = cases(CSV, {
    'as the text': mail(lambda d: HEAD + b'\r\n' + d),
    'attached': mail(lambda d: HEAD + multi(attached(d, JPEG.replace(b'image/jpeg', b'text/csv')))),
    'declared as a mail, and none': mail(lambda d: d),
})


def in_fields(data):
    """A row with a time in it has the shape of a field."""
    return HEAD + b'\r\n'.join(line for line in data.splitlines() if b':' in line) + b'\r\n\r\nhello\r\n'


test_tables_in_heads = cases(CSV, {'as fields of the head': mail(in_fields)}, whole=False)
