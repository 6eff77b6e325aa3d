# SPDX-License-Identifier: Apache-2.0
"""multipart bodies that are not declared, are declared wrongly, or hold a file where none should be."""
import base64
import gzip

import pytest
from case import CREATED, CSV, JPG, SOUND, WEATHER, Wire, cases, look

DISPOSITION = b'Content-Disposition: form-data; name="f"; filename="a1b2"'
FORM = 'multipart/form-data; boundary=XX'


def part(data, fields=(DISPOSITION,), boundary=b'XX', end=b'\r\n', close=True):
    text = b'--' + boundary + end + end.join(fields) + end * (2 if fields else 1) + data + end
    return text + (b'--' + boundary + b'--' + end if close else b'')


def form(wire, type_=FORM):
    def write(w, f):
        body = wire(f.data)
        fields = ['POST /in HTTP/1.1', 'Host: store.example', f'Content-Length: {len(body)}']
        if type_ is not None:
            fields.append(f'Content-Type: {type_}')
        w.tcp(sport=8080).open().client('\r\n'.join(fields).encode() + b'\r\n\r\n' + body).server(CREATED).close()
    return write


def nested(depth):
    def wire(data):
        body = part(data, boundary=b'B%d' % depth)
        for i in range(depth - 1, -1, -1):
            body = part(body, [b'Content-Type: multipart/mixed; boundary=B%d' % (i + 1)], b'B%d' % i)
        return body
    return form(wire, 'multipart/mixed; boundary=B0')


def encoded(name, wire):
    return form(lambda d: part(wire(d), [DISPOSITION, b'Content-Transfer-Encoding: ' + name]))


test_boundaries = cases(JPG, {
    'no boundary': form(part, 'multipart/form-data'),
    'a foreign boundary': form(part, 'multipart/form-data; boundary=YY'),
    'two boundaries': form(part, 'multipart/form-data; boundary=YY; boundary=XX'),
    'single quotes': form(part, "multipart/form-data; boundary='XX'"),
    'a comma before it': form(part, 'multipart/form-data, boundary=XX'),
    'escapes in quotes': form(part, 'multipart/form-data; boundary="\\X\\X"'),
    'an extended parameter': form(part, "multipart/form-data; boundary*=utf-8''XX"),
    'a blank at its end': form(part, 'multipart/form-data; boundary="XX "'),
    'a beginning of it': form(lambda d: part(d, boundary=b'XXY')),
    '300 characters': form(lambda d: part(d, boundary=b'b' * 300), 'multipart/form-data; boundary=' + 'b' * 300),
    '1,000 characters': form(lambda d: part(d, boundary=b'b' * 1000), 'multipart/form-data; boundary=' + 'b' * 1000),
    **{f'declared as {t}': form(part, t)
       for t in ('text/plain', 'application/octet-stream', 'image/jpeg', 'application/x-www-form-urlencoded', 'multi/part', None)},
    'another field first, not declared': form(lambda d: part(d, [b'X-Foo: bar', DISPOSITION]), 'text/plain'),
    'line feeds alone, not declared': form(lambda d: part(d, end=b'\n'), None),
    'line ends before it, not declared': form(lambda d: b'\r\n\r\n' + part(d), 'text/plain'),
})

test_places = cases(JPG, {
    'behind a preamble': form(lambda d: b'This is a preamble\r\n' + part(d)),
    'behind a preamble, no boundary': form(lambda d: b'This is a preamble\r\n' + part(d), 'multipart/form-data'),
    'behind a preamble of 5 KB, no boundary': form(lambda d: b'a line of a preamble\r\n' * 250 + part(d), 'multipart/form-data'),
    'in the epilogue': form(lambda d: part(b'hello') + d),
    'in the epilogue, not declared': form(lambda d: part(b'hello') + d, 'text/plain'),
    'in another body in the epilogue': form(lambda d: part(b'hello') + part(d)),
    'in no part at all': form(lambda d: d),
    'in a part without headers': form(lambda d: part(d, ())),
    'in a body that is not closed': form(lambda d: part(d, close=False)),
    'behind a header of 100 KB': form(lambda d: part(d, [b'X: ' + b'a' * 100000, DISPOSITION])),
    'behind 100 headers': form(lambda d: part(d, [b'X%d: a' % i for i in range(100)] + [DISPOSITION])),
    'in a part that says it is a multipart body': form(
        lambda d: part(d, [DISPOSITION, b'Content-Type: multipart/mixed; boundary=ZZ'])),
    'in a body in a part, without a boundary': form(lambda d: part(part(d, boundary=b'QQ'), [b'Content-Type: multipart/mixed'])),
    'in a stream of pictures that is sent': form(
        lambda d: part(d, [b'Content-Type: image/jpeg']), 'multipart/x-mixed-replace; boundary=XX'),
    '3 deep': nested(3),
})


# What lies too deep is looked at as it is; that a bound was met is told of an honest file as well.
@pytest.mark.parametrize('depth', [9, 15])
@pytest.mark.parametrize('f', [JPG, CSV], ids=['picture', 'table'])
def test_depths(tmp_path, f, depth):
    wire = Wire()
    nested(depth)(wire, f)
    assert look(tmp_path, wire).classes & f.classes


@pytest.mark.parametrize('f', [SOUND, WEATHER], ids=['sound', 'weather'])
def test_depths_of_honest_files(tmp_path, f):
    wire = Wire()
    nested(9)(wire, f)
    assert look(tmp_path, wire).classes <= {'unread-object'}


test_encodings = cases(JPG, {
    'base64 that is none': encoded(b'base64', lambda d: d),
    'quoted-printable that is none': encoded(b'quoted-printable', lambda d: d),
    'base64 in quotes': encoded(b'"base64"', base64.encodebytes),
    'base64 behind a header of 9 KB': form(lambda d: part(
        base64.encodebytes(d), [b'X: ' + b'a' * 9000, DISPOSITION, b'Content-Transfer-Encoding: base64'])),
    'an encoding that nobody knows': encoded(b'x-uuencode', lambda d: d),
    'a part in gzip': form(lambda d: part(gzip.compress(d), [DISPOSITION, b'Content-Encoding: gzip'])),
    'a part in gzip that is none': form(lambda d: part(d, [DISPOSITION, b'Content-Encoding: gzip'])),
    'a part in gzip in base64': form(lambda d: part(
        base64.encodebytes(gzip.compress(d)), [DISPOSITION, b'Content-Encoding: gzip', b'Content-Transfer-Encoding: base64'])),
    'a gzip file': form(lambda d: part(gzip.compress(d))),
})

test_encodings_of_tables = cases(CSV, {
    'base64 that is none': encoded(b'base64', lambda d: d),
    'declared as a form, and no part': form(lambda d: d),
})
