#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tar/: the same members in each form of tar, by GNU tar and Python's tarfile. list.tsv says what is in them: name, size, SHA-256."""
import hashlib
import io
import os
import random
import subprocess
import tarfile
import tempfile

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'tar')
LONG = 'a-long-name-' * 9 + '.jpg'


def main():
    os.makedirs(HERE, exist_ok=True)
    g = random.Random(8)
    with open(os.path.join(os.path.dirname(HERE), 'pictures', 'jfif.jpg'), 'rb') as f:
        picture = f.read()
    members = {'lane4/a.jpg': picture, f'lane4/{LONG}': picture[:2] + b'\xff\xe0' + g.randbytes(700),
               'reads.csv': b''.join(b'KXR%04d,2026-05-31T04:12:%02dZ\n' % (i * 37 % 10000, i % 60) for i in range(40)),
               'block.bin': g.randbytes(1024)}
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(f'{folder}/lane4')
        for name, data in members.items():
            with open(f'{folder}/{name}', 'wb') as f:
                f.write(data)
        for form in 'gnu', 'ustar', 'pax':
            names = [n for n in members if form != 'ustar' or len(n) < 99]
            with open(f'{HERE}/{form}.tar', 'wb') as f:
                subprocess.run(['tar', '-C', folder, f'--format={form}', '--mtime=2026-05-31', '--owner=0', '--group=0', '--no-recursion', '-c', 'lane4',
                                *names], check=True, stdout=f)
    for name, form in (('python-pax', tarfile.PAX_FORMAT), ('python-gnu', tarfile.GNU_FORMAT)):
        with tarfile.open(f'{HERE}/{name}.tar', 'w', format=form) as t:
            for member, data in members.items():
                info = tarfile.TarInfo(member)
                info.size = len(data)
                t.addfile(info, io.BytesIO(data))
    with open(f'{HERE}/list.tsv', 'w', encoding='utf-8') as f:
        for name, data in members.items():
            f.write(f'{name.split("/")[-1]}\t{len(data)}\t{hashlib.sha256(data).hexdigest()}\n')


if __name__ == '__main__':
    main()
