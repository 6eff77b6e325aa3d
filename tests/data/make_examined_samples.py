#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes examined/: the same members in archives by 7-Zip, gcab, jlha, bsdtar and genisoimage, and in RAR files written by hand; documents by
LibreOffice, img2pdf, qpdf and by hand; tables by sqlite3, Avro and by hand.
list.tsv says what is in them: name, size, SHA-256."""
import base64
import datetime
import hashlib
import json
import os
import random
import sqlite3
import struct
import subprocess
import sys
import tempfile
import zlib

import avro.datafile
import avro.io
import avro.schema

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, 'examined')
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'e2e'))
import material  # noqa: E402


def make_databases(members, picture):
    """reads.db: a table of plates with a picture in a row, and what is not to be asked: a view, a trigger. ahead.db: written ahead."""
    for name in 'reads.db', 'ahead.db':
        path = f'{OUT}/{name}'
        if os.path.exists(path):
            os.remove(path)
        db = sqlite3.connect(path)
        if name == 'ahead.db':
            db.execute('PRAGMA journal_mode=WAL')
        db.execute('CREATE TABLE reads (plate TEXT, state TEXT, lane INTEGER, seen TEXT, crop BLOB, note BLOB)')
        rows = [(f'KXR{i * 37 % 10000:04d}', 'TX', i % 8, f'2026-05-31T04:12:{i % 60:02d}Z', picture if i == 3 else None, b'"a", b' if i == 4 else None)
                for i in range(40)]
        db.executemany('INSERT INTO reads VALUES (?, ?, ?, ?, ?, ?)', rows)
        db.execute('CREATE TABLE "odd "" name" (a, b)')
        db.execute('INSERT INTO "odd "" name" VALUES (1.5, NULL)')
        db.execute('CREATE VIEW seen AS SELECT plate FROM reads')
        db.execute('CREATE TRIGGER t AFTER INSERT ON reads BEGIN DELETE FROM reads; END')
        db.commit()
        db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        db.close()
    columns = [(b'PLATE', b'C', 10), (b'LANE', b'N', 4), (b'SEEN', b'D', 8), (b'COUNT', b'I', 4)]
    record = 1 + sum(n for _, _, n in columns)
    dbf = struct.pack('<BBBBIHH', 0x30, 126, 5, 31, 3, 32 * (1 + len(columns)) + 1, record) + bytes(20)
    for name, kind, n in columns:
        dbf += name.ljust(11, b'\0') + kind + bytes(4) + bytes([n]) + bytes(15)
    dbf += b'\r'
    for i in range(3):
        dbf += b' ' + b'KXR%04d' % (4001 + i) + b'   ' + b'%4d' % i + b'20260531' + struct.pack('<i', 7 - i)
    with open(f'{OUT}/reads.dbf', 'wb') as f:
        f.write(dbf + b'\x1a')


def pdf_of(objects):
    """A document of these objects: number 1 is the catalogue; bytes, or (dictionary, stream)."""
    out, places = b'%PDF-1.7\n', []
    for i, o in enumerate(objects):
        places.append(len(out))
        if isinstance(o, tuple):
            o = b'<< %s /Length %d >>\nstream\n' % (o[0], len(o[1])) + o[1] + b'\nendstream'
        out += b'%d 0 obj\n' % (i + 1) + o + b'\nendobj\n'
    start = len(out)
    out += b'xref\n0 %d\n0000000000 65535 f \n' % (len(objects) + 1) + b''.join(b'%010d 00000 n \n' % p for p in places)
    return out + b'trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n' % (len(objects) + 1, start)


def make_documents(members, picture):
    """text.pdf: lines of cells, by codes of one octet and, with a map, of two; an embedded table; a picture, and pixels with a mask."""
    text = b'BT /F1 10 Tf 72 700 Td (KXR4001) Tj 100 0 Td (TX) Tj -100 -14 Td [(KX) -20 (R40) 30 (02)] TJ 100 0 Td (TX) Tj ET\n'
    wide = b'BT /F2 10 Tf 1 0 0 1 72 600 Tm <00010002> Tj ET'
    cmap = b'1 begincodespacerange <0000> <FFFF> endcodespacerange 1 beginbfrange <0001> <0002> <0041> endbfrange'
    deflated = lambda data: (b'/Filter /FlateDecode', zlib.compress(data))
    attached = members['reads.csv']
    objects = [b'<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [(a) 9 0 R] >> >> >>', b'<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
               b'<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents [4 0 R 5 0 R] /Resources << /Font << /F1 6 0 R /F2 7 0 R >> '
               b'/XObject << /I1 11 0 R /I2 12 0 R >> >> >>',
               deflated(text), (b'', wide), b'<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
               b'<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /ToUnicode 8 0 R /DescendantFonts [ << /Type /Font /DW 600 >> ] >>',
               deflated(cmap), b'<< /Type /Filespec /F (reads.csv) /UF (reads.csv) /EF << /F 10 0 R >> >>',
               (b'/Type /EmbeddedFile /Filter /FlateDecode', zlib.compress(attached)),
               (b'/Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode', picture),
               (b'/Type /XObject /Subtype /Image /Width 400 /Height 200 /ColorSpace /DeviceGray /BitsPerComponent 8 /SMask 13 0 R /Filter /FlateDecode '
                b'/DecodeParms << /Predictor 15 /Columns 400 >>', zlib.compress(b'\x01' + b'\x10\x01\x01\x01' + bytes(396) + 199 * (b'\x02' + b'\x01' * 400))),
               (b'/Type /XObject /Subtype /Image /Width 400 /Height 200 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode', zlib.compress(bytes(80000))),
               (b'/Type /XObject /Subtype /Image /Width 4 /Height 2 /ColorSpace /DeviceGray /BitsPerComponent 8', bytes(8))]
    with open(f'{OUT}/text.pdf', 'wb') as f:
        f.write(pdf_of(objects))
    with tempfile.TemporaryDirectory() as folder:
        with open(f'{folder}/a.jpg', 'wb') as f:
            f.write(material.lane_image(3, 160, 120))
        subprocess.run(['img2pdf', '-o', f'{OUT}/img2pdf.pdf', f'{folder}/a.jpg'], check=True)
        subprocess.run(['qpdf', '--encrypt', '', 'owner', '256', '--', f'{OUT}/text.pdf', f'{OUT}/no-password.pdf'], check=True)
        subprocess.run(['qpdf', '--encrypt', 'user', 'owner', '256', '--', f'{OUT}/text.pdf', f'{OUT}/password.pdf'], check=True)
        subprocess.run(['qpdf', '--object-streams=generate', f'{OUT}/text.pdf', f'{OUT}/streams.pdf'], check=True)


def make_old_office(members, picture):
    """By LibreOffice from text, and a message of Outlook by hand."""
    rows = b'plate,state,day,time,both,confidence\n' + b''.join(b'KXR%04d,TX,2026-05-31,04:12:%02d,2026-05-31T04:12:%02d,0.%d\n' % (4000 + i, i, i, 81 + i) for i in range(9))
    page = b'<html><body><p>shift report KXR4001</p><table><tr><td>KXR4002</td><td>TX</td></tr><tr><td>KXR4003</td><td>LA</td></tr></table>'
    record = lambda kind, body, head=0: struct.pack('<HHI', head, kind, len(body)) + body
    slides = record(0x03e8, record(0x0fa0, 'lane report KXR4004'.encode('utf-16-le')) + record(0x0fa8, b'KXR4005 in octets'), 0xf)
    with open(f'{OUT}/slides.ppt', 'wb') as f:
        f.write(material.compound({'PowerPoint Document': slides, 'Current User': bytes(20),
                          'Pictures': record(0xf01d, bytes(16) + b'\xff' + picture, 0x46a0)}))
    with tempfile.TemporaryDirectory() as folder:
        for name, data in ('reads.csv', rows), ('report.html', page + b'<img src="a.jpg"></body></html>'), ('a.jpg', picture):
            with open(f'{folder}/{name}', 'wb') as f:
                f.write(data)
        for words in (['--convert-to', 'xls:MS Excel 97', 'reads.csv'], ['--writer', '--convert-to', 'doc:MS Word 97', 'report.html']):
            subprocess.run(['soffice', f'-env:UserInstallation=file://{folder}/user', '--headless', *words[:-1], '--outdir', OUT, words[-1]], cwd=folder, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wide = lambda text: text.encode('utf-16-le')
    message = {'__properties_version1.0': bytes(32), '__substg1.0_0037001F': wide('reads of the day'), '__substg1.0_1000001F': wide('as agreed\r\nKXR4005 at lane 4'),
               '__attach_version1.0_#00000000': {'__substg1.0_3707001F': wide('reads.csv'), '__substg1.0_37010102': members['reads.csv']},
               '__attach_version1.0_#00000001': {'__substg1.0_3707001F': wide('lane.bin'), '__substg1.0_37010102': members['block.bin'] * 2}}
    with open(f'{OUT}/mail.msg', 'wb') as f:
        f.write(material.compound(message))


def make_avro(members, picture):
    """Rows in blocks of each coding that Python's own library has."""
    schema = {'type': 'record', 'name': 'read', 'fields': [
        {'name': 'plate', 'type': 'string'}, {'name': 'lane', 'type': 'int'}, {'name': 'seen', 'type': {'type': 'long', 'logicalType': 'timestamp-millis'}},
        {'name': 'place', 'type': ['null', {'type': 'record', 'name': 'place', 'fields': [{'name': 'lat', 'type': 'double'}, {'name': 'lon', 'type': 'double'}]}]},
        {'name': 'side', 'type': {'type': 'enum', 'name': 'side', 'symbols': ['IN', 'OUT']}}, {'name': 'tags', 'type': {'type': 'array', 'items': 'string'}},
        {'name': 'crop', 'type': ['null', 'bytes']}]}
    for codec in 'null', 'deflate', 'zstandard':
        with open(f'{OUT}/{codec}.avro', 'wb') as f:
            try:
                writer = avro.datafile.DataFileWriter(f, avro.io.DatumWriter(), avro.schema.parse(json.dumps(schema)), codec=codec)
            except Exception:
                os.remove(f.name)
                continue
            for i in range(40):
                writer.append({'plate': f'KXR{4000 + i}', 'lane': i % 8, 'seen': datetime.datetime(2026, 5, 31, 4, 12, i, tzinfo=datetime.timezone.utc),
                               'place': {'lat': 29.5, 'lon': -98.25} if i % 2 else None, 'side': 'OUT' if i % 3 else 'IN', 'tags': ['a', 'b'] if i == 1 else [],
                               'crop': picture if i == 2 else None})
            writer.close()


def main():
    os.makedirs(OUT, exist_ok=True)
    g = random.Random(13)
    with open(os.path.join(HERE, 'pictures', 'jfif.jpg'), 'rb') as f:
        picture = f.read()
    members = {'lane4/a.jpg': picture, 'block.bin': g.randbytes(3000),
               'reads.csv': b''.join(b'KXR%04d,2026-05-31T04:12:%02dZ\n' % (i * 37 % 10000, i % 60) for i in range(40))}
    def write(name, data):
        with open(f'{OUT}/{name}', 'wb') as f:
            f.write(data)
    write('stored.rar4', material.rar4(members))
    write('stored.rar5', material.rar5(members))
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(f'{folder}/lane4')
        for name, data in members.items():
            with open(f'{folder}/{name}', 'wb') as f:
                f.write(data)
        def make(*words):
            subprocess.run(words, check=True, cwd=folder, stdout=subprocess.DEVNULL)
        for method in 'LZMA2', 'PPMd', 'BZip2', 'Deflate':
            make('7z', 'a', '-bd', f'-m0={method}', f'{OUT}/{method.lower()}.7z', *members)
        make('7z', 'a', '-bd', '-psecret', f'{OUT}/sealed.7z', *members)
        make('7z', 'a', '-bd', '-psecret', '-mhe=on', f'{OUT}/sealed-names.7z', *members)
        make('gcab', '-z', '-c', f'{OUT}/z.cab', *members)
        make('gcab', '-c', f'{OUT}/stored.cab', *members)
        if os.path.exists(f'{OUT}/lh5.lzh'):
            os.remove(f'{OUT}/lh5.lzh')
        make('jlha', '-aq', f'{OUT}/lh5.lzh', *members)
        make('bsdtar', '-c', '--format=xar', '-f', f'{OUT}/bsdtar.xar', *members)
        make('genisoimage', '-quiet', '-J', '-R', '-o', f'{OUT}/joliet.iso', '.')
        make('bsdtar', '-c', '--format=iso9660', '-f', f'{OUT}/bsdtar.iso', *members)
    make_databases(members, picture)
    make_documents(members, picture)
    make_old_office(members, picture)
    make_avro(members, picture)
    with open(f'{OUT}/list.tsv', 'w', encoding='utf-8') as f:
        for name, data in members.items():
            f.write(f'{os.path.basename(name)}\t{len(data)}\t{hashlib.sha256(data).hexdigest()}\n')


if __name__ == '__main__':
    main()
