#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes examined/: the same members in archives by 7-Zip, gcab, jlha, bsdtar and genisoimage, and in RAR files written by hand.
list.tsv says what is in them: name, size, SHA-256."""
import hashlib
import os
import random
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, 'examined')
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'e2e'))
import material  # noqa: E402


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
        make('jlha', '-aq', f'{OUT}/lh5.lzh', *members)
        make('bsdtar', '-c', '--format=xar', '-f', f'{OUT}/bsdtar.xar', *members)
        make('genisoimage', '-quiet', '-J', '-R', '-o', f'{OUT}/joliet.iso', '.')
        make('bsdtar', '-c', '--format=iso9660', '-f', f'{OUT}/bsdtar.iso', *members)
    with open(f'{OUT}/list.tsv', 'w', encoding='utf-8') as f:
        for name, data in members.items():
            f.write(f'{os.path.basename(name)}\t{len(data)}\t{hashlib.sha256(data).hexdigest()}\n')


if __name__ == '__main__':
    main()
