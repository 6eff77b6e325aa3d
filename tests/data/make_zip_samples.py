#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes zip/: the same members by Info-ZIP's zip, bsdtar, 7z, jar and Python's zipfile. list.tsv says what is in them: name, size, SHA-256."""
import hashlib
import io
import os
import random
import shutil
import subprocess
import tempfile
import zipfile

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'zip')
WHEN = (2026, 5, 31, 4, 12, 8)


class Pipe(io.RawIOBase):
    """What is written to it cannot be gone back to."""

    def __init__(self):
        self.data = bytearray()

    def writable(self):
        return True

    def write(self, b):
        self.data += b
        return len(b)


def by_python(members, method, pipe=False, wide=False):
    out = Pipe() if pipe else io.BytesIO()
    with zipfile.ZipFile(out, 'w', method) as z:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, WHEN)
            info.compress_type = method
            with z.open(info, 'w', force_zip64=wide) as f:
                f.write(data)
    return bytes(out.data) if pipe else out.getvalue()


def by_tools(folder, members):
    def run(*command):
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=folder).stdout

    def file(*command):
        run(*command)
        with open(f'{folder}/../out.zip', 'rb') as f:
            data = f.read()
        os.remove(f'{folder}/../out.zip')
        return data

    names = list(members)
    yield 'zip', file('zip', '-q', '-X', '../out.zip', *names)
    yield 'zip-stored', file('zip', '-q', '-X', '-0', '../out.zip', *names)
    yield 'zip-pipe', run('sh', '-c', 'zip -q -X - "$@" | cat', 'sh', *names)
    yield 'zip-crypto', file('zip', '-q', '-X', '-P', 'secret', '../out.zip', *names)
    yield 'zip-bzip2', file('zip', '-q', '-X', '-Z', 'bzip2', '../out.zip', *names)
    yield 'bsdtar', run('sh', '-c', 'bsdtar --format zip -cf - "$@" | cat', 'sh', *names)
    yield 'bsdtar-stored', run('sh', '-c', 'bsdtar --format zip --options zip:compression=store -cf - "$@" | cat', 'sh', *names)
    yield '7z', file('7z', 'a', '-tzip', '-bso0', '../out.zip', *names)
    yield '7z-aes', file('7z', 'a', '-tzip', '-mem=AES256', '-psecret', '-bso0', '../out.zip', *names)
    yield '7z-deflate64', file('7z', 'a', '-tzip', '-mm=Deflate64', '-bso0', '../out.zip', *names)
    yield '7z-lzma', file('7z', 'a', '-tzip', '-mm=LZMA', '-bso0', '../out.zip', *names)
    yield '7z-lzma-mark', file('7z', 'a', '-tzip', '-mm=LZMA:eos', '-bso0', '../out.zip', *names)
    yield 'jar', file('jar', '-c', '-f', '../out.zip', *names)


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    os.makedirs(HERE)
    g = random.Random(8)
    with open(os.path.join(os.path.dirname(HERE), 'pictures', 'jfif.jpg'), 'rb') as f:
        picture = f.read()
    members = {'lane4/a.jpg': picture, 'block.bin': g.randbytes(1024),
               'reads.csv': b''.join(b'KXR%04d,2026-05-31T04:12:%02dZ\n' % (i * 37 % 10000, i % 60) for i in range(400)),
               'inner.zip': by_python({'inner.bin': b'inner' + g.randbytes(600)}, zipfile.ZIP_STORED, pipe=True)}
    made = {'python': by_python(members, zipfile.ZIP_DEFLATED), 'python-pipe': by_python(members, zipfile.ZIP_DEFLATED, pipe=True),
            'python-wide': by_python(members, zipfile.ZIP_DEFLATED, wide=True), 'python-wide-pipe': by_python(members, zipfile.ZIP_STORED, True, True),
            'python-lzma': by_python(members, zipfile.ZIP_LZMA), 'python-lzma-pipe': by_python(members, zipfile.ZIP_LZMA, pipe=True),
            'python-stored-pipe': by_python(members, zipfile.ZIP_STORED, pipe=True)}
    with tempfile.TemporaryDirectory() as above:
        folder = f'{above}/in'
        os.makedirs(f'{folder}/lane4')
        for name, data in members.items():
            with open(f'{folder}/{name}', 'wb') as f:
                f.write(data)
            os.utime(f'{folder}/{name}', (1780200728, 1780200728))
        made.update(by_tools(folder, members))
    with open('/usr/bin/true', 'rb') as f:
        made['program'] = f.read()[:4000] + made['python']
    for name, data in made.items():
        with open(f'{HERE}/{name}.zip', 'wb') as f:
            f.write(data)
    with open(f'{HERE}/list.tsv', 'w', encoding='utf-8') as f:
        for name, data in members.items():
            f.write(f'{name}\t{len(data)}\t{hashlib.sha256(data).hexdigest()}\n')


if __name__ == '__main__':
    main()
