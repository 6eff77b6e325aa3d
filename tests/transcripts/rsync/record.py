#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the conversations that stand here, by rsync on both sides. Needs root, rsync, dumpcap and tshark. Run once; the results
are kept in the repository: record.py [NAME...]"""
import hashlib
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PORT = 8873
FILES = {'a.jpg': 700, 'sub/b.jpg': 1500, 'sub/deep/c.csv': 300, 'sub.d': 10, 'empty': 0}
# name: whether the client sends, options, whether the receiver has something already
CASES = {
    'push': (True, ['-a'], False), 'pull': (False, ['-a'], False), 'push-27': (True, ['-aHc', '--protocol=27'], False),
    'pull-29-zlib': (False, ['-az', '--protocol=29'], False), 'push-30': (True, ['-a', '--protocol=30'], False),
    'push-zstd': (True, ['-a', '--zc=zstd'], False), 'pull-lz4': (False, ['-a', '--zc=lz4'], False), 'pull-zlibx': (False, ['-a', '--zc=zlibx'], False),
    'push-negotiated': (True, ['-az', '--delete', '--filter=- nothing'], False), 'pull-delta': (False, ['-aI'], True),
    'push-delta-zlib': (True, ['-aI', '--zc=zlib'], True), 'push-flat': (True, ['-rlt', '--no-inc-recursive', '--cc=xxh3'], False),
    'pull-dry': (False, ['-an'], False), 'push-attributes': (True, ['-aAXHU', '-s'], False), 'push-append': (True, ['-a', '--append'], True),
}


def fill(folder, changed=False):
    for i, (name, size) in enumerate(FILES.items()):
        os.makedirs(os.path.dirname(f'{folder}/{name}'), exist_ok=True)
        data = random.Random(i).randbytes(size // 2) + b'plate,lane\n' * (size // 22)
        with open(f'{folder}/{name}', 'wb') as f:
            f.write(data[:len(data) * 3 // 4] if changed else data)
        os.utime(f'{folder}/{name}', (1, 1) if changed else (1780000000, 1780000000))


def talk(capture):
    words = ['tshark', '-r', capture, '-Y', 'tcp.len>0', '-T', 'fields', '-e', 'tcp.dstport', '-e', 'tcp.payload']
    out, last = b'', None
    runs = []
    for line in subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines():
        port, payload = line.split('\t')
        side, data = int(port) != PORT, bytes.fromhex(payload.replace(':', ''))
        if side == last:
            runs[-1][1] += data
        else:
            runs.append([side, bytearray(data)])
        last = side
    for side, data in runs:
        for i in range(0, len(data), 60000):
            out += struct.pack('>BH', side, len(data[i:i + 60000])) + data[i:i + 60000]
    return out


def record(name, work):
    push, options, has = CASES[name]
    for sub in ('here', 'there', 'got'):
        shutil.rmtree(f'{work}/{sub}', ignore_errors=True)
        os.makedirs(f'{work}/{sub}')
    source, target = ('here', 'there') if push else ('there', 'got')
    fill(f'{work}/{source}')
    if has:
        fill(f'{work}/{target}', True)
    capture = f'{work}/capture'
    dump = subprocess.Popen(['dumpcap', '-q', '-i', 'lo', '-f', f'tcp port {PORT}', '-P', '-w', capture], stderr=subprocess.DEVNULL)
    time.sleep(1)
    url = f'rsync://127.0.0.1:{PORT}/m/'
    subprocess.run(['rsync', *options, *([f'{work}/here/', url] if push else [url, f'{work}/got/'])], check=True)
    time.sleep(0.7)
    dump.terminate()
    dump.wait()
    with open(f'{HERE}/{name}.talk', 'wb') as f:
        f.write(talk(capture))
    with open(f'{HERE}/{name}.tsv', 'w') as f:
        for file, size in [] if '-an' in options else sorted(FILES.items()):
            if '--append' in options and not size:  # as long as the other one
                continue
            with open(f'{work}/{source}/{file}', 'rb') as data:
                data = data.read()
            f.write(f'm/{file}\t{len(data)}\t{"?" if has and data else 0}\t{"-" if has and data else hashlib.sha256(data).hexdigest()}\n')


with tempfile.TemporaryDirectory() as work:
    with open(f'{work}/conf', 'w') as f:
        f.write(f'use chroot = no\nuid = root\ngid = root\n[m]\npath = {work}/there\nread only = no\n')
    server = subprocess.Popen(['rsync', '--daemon', '--no-detach', f'--config={work}/conf', f'--port={PORT}', '--address=127.0.0.1'])
    time.sleep(0.5)
    for case in sys.argv[1:] or CASES:
        record(case, work)
    server.terminate()
