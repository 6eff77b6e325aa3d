# SPDX-License-Identifier: Apache-2.0
"""Compressed files by gzip, pigz, bzip2, xz, lzip, zstd and lz4, some with a tar archive in them, for
tests/unit/content/test_compressed.c: list.tsv says what comes out of each: file, depth, name, size, SHA-256. What is
expected is what was put in, and for several in one what the tools themselves write."""
import hashlib
import os
import random
import subprocess
import sys
import tempfile

out = os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), 'compressed')
os.makedirs(out, exist_ok=True)
work = tempfile.mkdtemp()
g = random.Random(13)
content = {
    'a.jpg': b'\xff\xd8\xff\xe0\0\x10JFIF\0' + g.randbytes(3000) + b'\xff\xd9',
    'reads.csv': b'plate,lane,time\n' + b''.join(b'ABC%04d,%d,04:%02d\n' % (g.randrange(10000), g.randrange(9), g.randrange(60)) for _ in range(150)),
    'long.txt': b''.join(b'%d bottles on the wall\n' % g.randrange(100) for _ in range(3000)),
}
for name, data in content.items():
    with open(f'{work}/{name}', 'wb') as f:
        f.write(data)
rows = []


def run(*words):
    return subprocess.run(words, cwd=work, check=True, capture_output=True, env=dict(os.environ, TZ='UTC')).stdout


def save(name, data, *children):
    with open(f'{out}/{name}', 'wb') as f:
        f.write(data)
    for depth, child, of in children:
        rows.append((name, str(depth), child, str(len(of)), hashlib.sha256(of).hexdigest()))


a, reads, text = content['a.jpg'], content['reads.csv'], content['long.txt']
save('picture.gz', run('gzip', '-c', 'a.jpg'), (1, 'a.jpg', a))
save('upload.gz', run('gzip', '-nc', 'a.jpg'), (1, 'upload', a))
save('empty.gz', run('sh', '-c', ': | gzip -c'), (1, 'empty', b''))
save('pigz.gz', run('pigz', '-c', 'reads.csv'), (1, 'reads.csv', reads))
save('several.gz', run('gzip', '-c', 'a.jpg', 'reads.csv'), (1, 'a.jpg', a), (1, 'reads.csv', reads))
save('appended.gz', run('sh', '-c', 'gzip -c reads.csv; gzip -c reads.csv; gzip -nc <long.txt'), (1, 'reads.csv', reads + reads + text))
for tool, end in ('bzip2', 'bz2'), ('xz', 'xz'), ('lzip', 'lz'), ('zstd', 'zst'), ('lz4', 'lz4'):
    save(f'reads.csv.{end}', run(tool, '-c', 'reads.csv'), (1, 'reads.csv', reads))
    save(f'two.{end}', run('sh', '-c', f'{tool} -c a.jpg; {tool} -c long.txt'), (1, 'two', a + text))
save('reads.csv.lzma', run('xz', '--format=lzma', '-c', 'reads.csv'), (1, 'reads.csv', reads))
save('pipe.lzma', run('sh', '-c', 'cat long.txt | xz --format=lzma -c'), (1, 'pipe', text))
save('wide.xz', run('xz', '-9e', '-c', 'long.txt'), (1, 'wide', text))
save('wide.zst', run('zstd', '--ultra', '-22', '--long=27', '-c', 'long.txt'), (1, 'wide', text))
save('blocks.xz', run('xz', '--block-size=8KiB', '--check=sha256', '-c', 'long.txt'), (1, 'blocks', text))
save('padded.xz', run('sh', '-c', 'xz -c a.jpg; head -c 8 /dev/zero; xz -c reads.csv'), (1, 'padded', a + reads))
save('blocks.lz4', run('lz4', '-9', '-B4', '-BX', '-c', 'long.txt'), (1, 'blocks', text))
save('linked.lz4', run('lz4', '-B4', '-BD', '-c', 'long.txt'), (1, 'linked', text))
save('skippable.zst', b'\x50\x2a\x4d\x18\x04\0\0\0note' + run('zstd', '-c', 'reads.csv'), (1, 'skippable', reads))
tar = run('tar', '--sort=name', '--mtime=2026-05-31', '--owner=0', '--group=0', '-cf', '-', 'a.jpg', 'reads.csv')
with open(f'{work}/day.tar', 'wb') as f:
    f.write(tar)
members = (2, 'a.jpg', a), (2, 'reads.csv', reads)
for tool, end, name in (('gzip -n', 'tgz', 'day.tar'), ('bzip2', 'tar.bz2', 'day.tar'), ('xz', 'txz', 'day.tar'), ('zstd', 'tar.zst', 'day.tar'),
                        ('lz4', 'tar.lz4', 'day.tar'), ('xz --format=lzma', 'tar.lzma', 'day.tar'), ('lzip', 'tar.lz', 'day.tar')):
    save(f'day.{end}', run('sh', '-c', f'{tool} -c <day.tar'), (1, name, tar), *members)
with open(f'{out}/list.tsv', 'w') as f:
    for row in rows:
        f.write('\t'.join(row) + '\n')
