#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes extents/: small files of each kind of which the end is known from the file itself, by the programs and libraries that write
them; those of pictures/ besides."""
import bz2
import gzip
import io
import lzma
import os
import random
import sqlite3
import subprocess
import zipfile
import zlib

from PIL import Image

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'extents')
TABLE = ''.join(f'KXR{i * 37 % 10000:04},{i % 6},2026-05-31T04:12:{i % 60:02}Z\n' for i in range(120)).encode()


def noise(seed, width=24, height=16, mode='RGB'):
    return Image.frombytes(mode, (width, height), random.Random(seed).randbytes(width * height * len(mode)))


class Pipe(io.RawIOBase):
    """Nothing can be written again: sizes come behind what they are of."""
    data = b''

    def writable(self):
        return True

    def write(self, data):
        self.data += bytes(data)
        return len(data)


def archive(target, *members):
    with zipfile.ZipFile(target, 'w', zipfile.ZIP_DEFLATED) as z:
        for name, data, how in members:
            z.writestr(zipfile.ZipInfo(name, (2026, 5, 31, 4, 12, 8)), data, how)


def sevenzip(packed, header):
    start = len(packed).to_bytes(8, 'little') + len(header).to_bytes(8, 'little') + zlib.crc32(header).to_bytes(4, 'little')
    return b'7z\xbc\xaf\x27\x1c\0\4' + zlib.crc32(start).to_bytes(4, 'little') + start + packed + header


def rar5(data):
    def block(kind, flags, fields, data=b''):
        head = bytes((kind, flags)) + (bytes((len(data) & 127 | 128, len(data) >> 7)) if flags & 2 else b'') + fields
        body = bytes((len(head),)) + head
        return zlib.crc32(body).to_bytes(4, 'little') + body + data
    return (b'Rar!\x1a\x07\x01\0' + block(1, 0, b'\0') +
            block(2, 2, bytes((0, len(data) & 127 | 128, len(data) >> 7, 0x20, 0, 1, 5)) + b'a.bin', data) + block(5, 0, b'\0'))


def media():
    def box(kind, body):
        return (8 + len(body)).to_bytes(4, 'big') + kind + body
    return box(b'ftyp', b'heic\0\0\0\0mif1heic') + box(b'meta', bytes(40)) + box(b'mdat', TABLE[:900]) + box(b'free', b'')


def database(path):
    if os.path.exists(path):
        os.remove(path)
    with sqlite3.connect(path) as db:
        db.execute('pragma page_size=512')
        db.execute('create table reads(plate, lane)')
        db.executemany('insert into reads values(?, ?)', [(f'KXR{i}', i % 6) for i in range(60)])
    db.close()


def main():
    os.makedirs(HERE, exist_ok=True)
    picture = io.BytesIO()
    noise(1).save(picture, 'JPEG')
    inner = io.BytesIO()
    archive(inner, ('a.csv', TABLE, zipfile.ZIP_STORED))
    plain, streamed = io.BytesIO(), Pipe()
    members = (('a.csv', TABLE, zipfile.ZIP_DEFLATED), ('in.zip', inner.getvalue(), zipfile.ZIP_STORED),
               ('a.jpg', picture.getvalue(), zipfile.ZIP_DEFLATED))
    archive(plain, *members)
    archive(streamed, *members)
    zstd = subprocess.run(['zstd', '-q', '-c'], input=TABLE, capture_output=True, check=True).stdout
    files = {'plain.zip': plain.getvalue(), 'streamed.zip': streamed.data, 'one.gz': gzip.compress(TABLE, mtime=0),
             'two.gz': gzip.compress(TABLE, mtime=0) + gzip.compress(TABLE[:99], mtime=0), 'one.bz2': bz2.compress(TABLE),
             'two.bz2': bz2.compress(TABLE) + bz2.compress(b'') + bz2.compress(TABLE[:77]), 'one.xz': lzma.compress(TABLE),
             'stored.xz': lzma.compress(random.Random(4).randbytes(900), check=lzma.CHECK_CRC32), 'one.zst': zstd, 'two.zst': zstd + zstd,
             'a.7z': sevenzip(TABLE[:700], TABLE[:60]), 'a.rar': rar5(TABLE[:1000]), 'a.heic': media()}
    for name, data in files.items():
        with open(f'{HERE}/{name}', 'wb') as f:
            f.write(data)
    database(f'{HERE}/a.db')
    for name in 'raw', 'tiff_lzw', 'jpeg':
        noise(2, 60, 40).save(f'{HERE}/{name}.tif', compression=name)
    exif = Image.Exif()
    exif[0x010f] = 'VIVOTEK'
    noise(3).save(f'{HERE}/exif.tif', exif=exif)
    noise(4).save(f'{HERE}/a.j2k', no_jp2=True)
    noise(5).save(f'{HERE}/a.pdf')
    noise(6).save(f'{HERE}/moving.gif', save_all=True, append_images=[noise(7), noise(8)])
    noise(6).save(f'{HERE}/moving.webp', save_all=True, append_images=[noise(7), noise(8)])


if __name__ == '__main__':
    main()
