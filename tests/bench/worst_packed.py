# SPDX-License-Identifier: Apache-2.0
"""More inputs of worst_inputs.py: text that unfolds, in each coding and archive that people use: tables of plates, in many small files and in
large ones, and lines of a log, which hold none."""
import bz2
import gzip
import io
import lzma
import os
import subprocess
import tempfile
import zipfile

from worst_inputs import head, input_of, joined, plates, requests, upload

SMALL, LARGE = 2 << 10, 4 << 20  # octets of a text,
WHOLE = 256 << 10                # and of one in an archive that can only be read once it is over


def table(size):
    rows = (f'{p},2026-05-31T04:{i // 60 % 60:02d}:{i % 60:02d}Z,L{i % 8}\n'.encode() for i, p in enumerate(plates(12)))
    return b'plate,time,lane\n' + joined(rows, size)


def log(size):
    return joined((f'May 31 04:{i // 60 % 60:02d}:{i % 60:02d} lane{i % 8} anpr[{i * 7919 % 9973}]: trigger {i} exposure {i * 31 % 1009} us, gain {i % 13}, '
                   f'{"no vehicle" if i % 3 else "vehicle left"}\n'.encode() for i in range(size)), size)


def by_program(*words):
    return lambda text: subprocess.run(words, input=text, stdout=subprocess.PIPE, check=True).stdout


def zipped(method):
    def pack(text):
        out = io.BytesIO()
        with zipfile.ZipFile(out, 'w', method) as z:
            z.writestr('reads.csv', text)
        return out.getvalue()
    return pack


def by_7z(*options):
    def pack(text):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, 'reads.csv'), 'wb') as f:
                f.write(text)
            subprocess.run(['7z', 'a', *options, 'a.7z', 'reads.csv'], cwd=folder, stdout=subprocess.DEVNULL, check=True)
            with open(os.path.join(folder, 'a.7z'), 'rb') as f:
                return f.read()
    return pack


DEAR = 4  # times as large a capture: what a pair of hosts may borrow to decode does not count then

# `again`: the same behind itself goes on as one body; else it is a file of its own each time.
def packed_wall(name, pack, text, fields, again, times):
    @input_of(name, times)
    def make(size):
        body = pack(text())
        n = size // len(body) + 1
        return upload(body * n, *fields) if again else requests([head(len(body), *fields) + body] * n, 5)


def unfolding(kind, pack, *fields, again=False, most=LARGE, times=1):
    packed_wall(f'{kind}, tables of plates', pack, lambda: table(most), fields, again, times)
    packed_wall(f'{kind}, lines of a log', pack, lambda: log(most), fields, again, times)
    packed_wall(f'{kind}, small tables of plates', pack, lambda: table(SMALL), fields, False, times)


unfolding('bzip2', bz2.compress, times=DEAR)
unfolding('xz', lzma.compress, times=DEAR)
unfolding('Zstandard', by_program('zstd', '-q', '-c'), again=True)
unfolding('brotli', by_program('brotli', '-q', '5', '-c'), 'Content-Encoding: br')
unfolding('gzip', lambda text: gzip.compress(text, mtime=0), again=True)
unfolding('ZIP by deflate', zipped(zipfile.ZIP_DEFLATED))
unfolding('ZIP by LZMA', zipped(zipfile.ZIP_LZMA), times=DEAR)
unfolding('7z by LZMA', by_7z(), most=WHOLE, times=DEAR)
unfolding('7z by PPMd', by_7z('-m0=PPMd'), most=WHOLE, times=DEAR)
