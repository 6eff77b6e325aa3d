# SPDX-License-Identifier: Apache-2.0
"""Inputs of worst_inputs.INPUTS that are files: pictures and their metadata, codings, text of many shapes."""
import base64
import gzip
import itertools
import random
import struct
import zlib

from worst_inputs import (ANSWER, OUTSIDE, PNG, Line, head, input_of, joined, plates, png_chunk, request_wall, requests, text_wall,
                          upload, wall)

# --- codings


def body_wall(name, unit, *fields, start=b''):
    """One long body of one unit again and again."""
    @input_of(name)
    def make(size):
        return upload(start + wall(unit, size), *fields)


body_wall('gzip, members of one byte', gzip.compress(b'x', mtime=0), 'Content-Encoding: gzip')
body_wall('gzip files, members of one byte', gzip.compress(b'x', mtime=0), 'Content-Type: application/gzip')
body_wall('base64 that is announced', base64.b64encode(b'lane,plate,') + b'\r\n', 'Content-Transfer-Encoding: base64')
body_wall('quoted-printable, each byte', b'=3C', 'Content-Transfer-Encoding: quoted-printable')
body_wall('quoted-printable, soft line ends', b'=\r\n', 'Content-Transfer-Encoding: quoted-printable')


@input_of('deflate, letters coded one by one')
def deflate_letters(size):
    g = random.Random(5)
    z = zlib.compressobj(9, zlib.DEFLATED, 31, 9, zlib.Z_HUFFMAN_ONLY)
    return upload(z.compress(bytes(g.choices(b'aaaaaaaaaaaaaae\n', k=3 * size))), 'Content-Encoding: gzip')


@input_of('gzip, a table of plates')
def gzip_plates(size):
    rows = (f'{p},2026-05-31T04:11:{i % 60:02d}Z,L{i % 8}\n'.encode() for i, p in enumerate(plates(8)))
    return upload(gzip.compress(b'plate,time,lane\n' + joined(rows, 2 * size), 6), 'Content-Encoding: gzip')


def small_wall(name, body, *fields, each=500):
    request_wall(name, head(len(body), *fields) + body, each)


small_wall('gzip, uploads of one byte', gzip.compress(b'x', mtime=0), 'Content-Encoding: gzip')
small_wall('gzip files of one byte', gzip.compress(b'x', mtime=0))
small_wall('base64 of three bytes', b'eHl6', 'Content-Transfer-Encoding: base64')
small_wall('multipart, a form of one part each', b'--b\r\n\r\nxyz\r\n--b--', 'Content-Type: multipart/form-data; boundary=b')

# --- pictures

JP2 = b'\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 \0\0\0\0jp2 '
JFIF = b'\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0'
TINY = bytes.fromhex('ffd8ffe000104a46494600010100000100010000ffdb00030101ffc0000b080001000101011100ffda0008010100003f00d2cf20ffd9')

small_wall('JPEG, smallest files, each a finding', TINY)
small_wall('JPEG, beginnings alone', JFIF)
small_wall('GIF, smallest files, each a finding', b'GIF89a\1\0\1\0\0\0\0;')
small_wall('PNG, smallest files, each a finding', PNG + png_chunk(b'IDAT', b'') + png_chunk(b'IEND', b''))


@input_of('JPEG, smallest files, each of a name of its own with a plate')
def named_pictures(size):
    g = plates(9)
    return requests((head(len(TINY), target=f'/20260531-041158_L04_{next(g)}.jpg') + TINY for _ in itertools.count()), 500)


body_wall('JPEG, one behind another', TINY)
body_wall('JPEG, thumbnails in EXIF', b'\xff\xe1\0\x40Exif\0\0II*\0\x08\0\0\0' + b'\1\0\1\2\3\0\1\0\0\0x\0\0\0' + bytes(34), start=b'\xff\xd8')
body_wall('JPEG, EXIF with makers of cameras', b'\xff\xe1\0\x30Exif\0\0II*\0\x08\0\0\0' + b'VIVOTEK HIKVISION MOBOTIX Dahua ', start=b'\xff\xd8')
body_wall('JPEG, comments with plates', b'\xff\xfe\0\x19plate number: ABC1234;\n', start=b'\xff\xd8')
body_wall('JPEG, scans of no byte', b'\xff\xda\0\2\xff\xd0', start=b'\xff\xd8')
body_wall('JPEG, restarts', b'\xff\xd0', start=b'\xff\xd8\xff\xda\0\2')
body_wall('JPEG, almost one, in bytes of no kind', b'\xff\xd8\xff\xe0\0\x10JFIF\1', start=bytes(range(128, 256)))
body_wall('PNG, pixels in chunks of no byte', png_chunk(b'IDAT', b''), start=PNG)
body_wall('PNG, iTXt of XMP', png_chunk(b'iTXt', b'XML:com.adobe.xmp\0\0\0\0\0<x:plate>ABC1234</x:plate>'), start=PNG)
body_wall('PNG, zTXt that is none', png_chunk(b'zTXt', b'a\0\0xyzxyz'), start=PNG)
body_wall('GIF, blocks of one byte', b'\1x', start=b'GIF89a\1\0\1\0\0\0\0!\xff\x0bXMP DataXMP')
body_wall('GIF, pictures of no byte', b',\0\0\0\0\1\0\1\0\0\2\0', start=b'GIF89a\1\0\1\0\0\0\0')
body_wall('TIFF, a directory without end', b'\1\1\2\0\1\0\0\0x\0\0\0', start=b'II*\0\x08\0\0\0\xff\xff')
body_wall('HEIF, boxes of no byte', b'\0\0\0\x08free', start=b'\0\0\0\x18ftypheic\0\0\0\0heicmif1')
body_wall('ISO media, boxes within boxes', b'\x7f\xff\xff\xffmoov', start=b'\0\0\0\x18ftypmp42\0\0\0\0mp42isom')
body_wall('JPEG 2000, XML boxes with plates', b'\0\0\0\x20xml plate number: ABC1234;\n', start=JP2)
body_wall('JPEG 2000, markers of a codestream', b'\xff\x64\0\5\0\1x', start=b'\xff\x4f\xff\x51\0\x29' + bytes(39))
body_wall('PNM, comments', b'#x\n', start=b'P5\n')

# --- text


def rows_wall(name, row, start=b''):
    """Rows that differ, made by row(plate, number)."""
    @input_of(name)
    def make(size):
        return upload(start + joined((row(p, i).encode() for i, p in enumerate(plates(6))), size))


rows_wall('text, XML with plates', lambda p, i: f'<read><plate>{p}</plate><lane>{i % 8}</lane><time>2026-05-31T04:11:58</time></read>\n')
rows_wall('text, SQL with plates', lambda p, i: f"INSERT INTO reads (plate, lane, time) VALUES ('{p}', {i % 8}, '2026-05-31 04:11:58');\n")
rows_wall('text, columns of fixed width with plates', lambda p, i: f'{p:10} L{i % 8:02d}   2026-05-31 04:11:58\n', b'PLATE      LANE  TIME\n')
rows_wall('text, log lines with plates', lambda p, i: f'May 31 04:11:58 lane{i % 8} anpr[{i}]: plate={p} conf=97 time=2026-05-31T04:11:58Z\n')
rows_wall('text, rows whose plates are none', lambda p, i: f'ABC{i % 10}XYZ{i % 7},2026-05-31T04:11:58Z,L{i % 8}\n', b'plate,time,lane\n')
rows_wall('text, plates and times alone', lambda p, i: f'{p} 04:11:58 ')
rows_wall('text, headers of tables, each followed by one row', lambda p, i: f'plate,time,lane\n{p},2026-05-31T04:11:58Z,L1\n')
rows_wall('text, plates in quotes and separators of all kinds', lambda p, i: '"' + p + '"' + ';|\t,'[i % 4])
rows_wall('text, plates in base64', lambda p, i: base64.b64encode(f'plate,{p},lane\n'.encode()).decode() + '\n')
rows_wall('text, plates in percents', lambda p, i: ''.join(f'%{ord(c):02X}' for c in p) + '&plate=')
rows_wall('text, HTML entities of plates', lambda p, i: ''.join(f'&#{ord(c)};' for c in p) + ',')
rows_wall('text, plates in Cyrillic', lambda p, i: 'АВЕКМН'[i % 6] + p[3:6] + 'ОРСТУХ'[i % 6] + 'АВ' + f'{i % 99:02d},2026-05-31T04:11:58\n', 'госномер,время\n'.encode())
rows_wall('text, nested JSON', lambda p, i: '{"plate":[' if i % 2 else '{"lane":{')
rows_wall('text, coordinates and times', lambda p, i: f'{i % 90}.{i % 99991:05d},{i % 180}.{i % 99989:05d},2026-05-31T04:11:{i % 60:02d}.{i % 1000:03d}Z\n')

text_wall('text, UTF-8 of two bytes', 'é'.encode())
text_wall('text, UTF-8 that is broken', b'\xc3\xc3\xe2\x82')
text_wall('text, letters and digits', b'A1B2C3')
text_wall('text, seven digits', b'1234567 ')
text_wall('text, plate: ', b'plate: ABC1234 ')
text_wall('text, a=, a line', b'1' + b'a=' * 950 + b'\n')
text_wall('text, blanks before digits', b'x' + b' ' * 1900 + b'y1\n')
text_wall('text, licence plate=', b'licence plate="ABC 1234" ')
text_wall('text, upper lines of passports that are right', b'P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10\n')
text_wall('text, records of fingerprints', b'1.001:60\x1d1.002:0500\x1d\x1c10.001:90\x1d')
text_wall('text, blanks', b' ')
text_wall('text, zeros', b'\0')


def valid_line(number):
    """A lower line of a passport whose check digits are right, ICAO 9303 part 3."""
    def digit(text):
        return str(sum((int(c) if c.isdigit() else 0 if c == '<' else ord(c) - 55) * (7, 3, 1)[i % 3] for i, c in enumerate(text)) % 10)
    n, born, ends, own = f'L{number % 10**8:08d}', '740812', '300415', '<' * 14
    parts = [n + digit(n), 'UTO', born + digit(born), 'F', ends + digit(ends), own + digit(own)]
    total = parts[0] + parts[2] + parts[4] + parts[5]
    return ''.join(parts) + digit(total)


@input_of('text, travel documents, each another one')
def travel_documents(size):
    top = b'P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n'
    some = [top + valid_line(i * 7919).encode() + b'\n' for i in range(5000)]
    return upload(wall(b''.join(some), size))


def utf16_rows(name, code):
    @input_of(name)
    def make(size):
        rows = (f'{p},2026-05-31T04:11:58Z,L{i % 8}\r\n'.encode(code) for i, p in enumerate(plates(7)))
        return upload('\ufeffplate,time,lane\r\n'.encode(code) + joined(rows, size))


utf16_rows('text, UTF-16 with plates', 'utf-16-le')
utf16_rows('text, UTF-16 backwards with plates', 'utf-16-be')


def table_wall(name, server_of=None, rows=12):
    @input_of(name)
    def make(size):
        g = plates(4)

        def table():
            while True:
                body = b'plate,lane\n' + b''.join(f'{next(g)},{i}\n'.encode() for i in range(rows))
                yield head(len(body)) + body
        return requests(table(), 200) if not server_of else each_elsewhere(table(), server_of)


def each_elsewhere(texts, server_of):
    for i, text in enumerate(texts):
        line = Line(server=server_of(i))
        yield from line.open()
        yield from line.send(0, text)
        yield from line.send(1, ANSWER)
        yield from line.close()


table_wall('text, small tables of plates, each to another stranger', lambda i: OUTSIDE + i)
table_wall('text, tables of a thousand plates', rows=1000)
