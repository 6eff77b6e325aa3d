# SPDX-License-Identifier: Apache-2.0
"""Archives by GNU tar, bsdtar, GNU cpio, ar, dpkg-deb and rpmbuild, for tests/unit/content/test_archives.c: list.tsv says what
comes out of each: file, depth, path, size, SHA-256. What is expected is what was put in."""
import hashlib
import os
import random
import subprocess
import sys
import tempfile

out = os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), 'archives')
os.makedirs(out, exist_ok=True)
g = random.Random(21)
LONG = 'lane4/' + '/'.join('a-folder-with-a-name-%d' % i for i in range(9)) + '/' + 'picture-' * 11 + '.jpg'
MIDDLE = 'lane4/' + '/'.join('a-folder-with-a-name-%d' % i for i in range(5)) + '/a.jpg'
HOLES = 40 << 10


def sparse():
    """Pieces of 4 KiB between holes."""
    pieces = [(4096 * i if i % 3 == 1 else None) for i in range(HOLES // 4096)]
    return b''.join(bytes(4096) if p is None else g.randbytes(4096) for p in pieces)


content = {
    'lane4/a.jpg': b'\xff\xd8\xff\xe0\0\x10JFIF\0' + g.randbytes(901) + b'\xff\xd9',
    'lane4/reads.csv': b'plate,lane,time\n' + b''.join(b'ABC%04d,%d,04:%02d\n' % (g.randrange(10000), g.randrange(9), g.randrange(60)) for _ in range(30)),
    LONG: b'\xff\xd8\xff\xe1' + g.randbytes(333),
    MIDDLE: b'\xff\xd8\xff\xe2' + g.randbytes(99),
    'holes.bin': sparse(),
}
rows = []
work = tempfile.mkdtemp()
for path, data in content.items():
    os.makedirs(os.path.dirname(f'{work}/{path}') or work, exist_ok=True)
    with open(f'{work}/{path}', 'wb') as f:
        for at in range(0, len(data), 4096):
            piece = data[at:at + 4096]
            f.seek(at)
            if piece.strip(b'\0'):
                f.write(piece)
        f.truncate(len(data))
os.symlink('a.jpg', f'{work}/lane4/link.jpg')
PLAIN = ['lane4/a.jpg', 'lane4/reads.csv']


def run(command):
    return subprocess.run(['bash', '-o', 'pipefail', '-c', command], cwd=work, check=True, capture_output=True).stdout


def save(name, command, paths, depth=1, before=(), prefix=''):
    data = run(command)
    with open(f'{out}/{name}', 'wb') as f:
        f.write(data)
    for d, path, of in before:
        rows.append((name, str(d), path, str(len(of)), hashlib.sha256(of).hexdigest()))
    for path in paths:
        rows.append((name, str(depth), prefix + path, str(len(content[path])), hashlib.sha256(content[path]).hexdigest()))


TAR = 'tar --owner=0 --group=0 --mtime=2026-05-31 --sort=name'
short, all_ = ' '.join(PLAIN + ['lane4/link.jpg']), f'{" ".join(PLAIN)} lane4/link.jpg {LONG}'
save('v7.tar', f'{TAR} --format=v7 -cf - {short}', PLAIN)
save('ustar.tar', f'{TAR} --format=ustar -cf - {short} {MIDDLE}', PLAIN + [MIDDLE])
save('gnu.tar', f'{TAR} --format=gnu -cf - {all_}', PLAIN + [LONG])
save('pax.tar', f'{TAR} --format=pax --pax-option=comment:={"x" * 3000} -cf - {all_}', PLAIN + [LONG])
save('gnu-sparse.tar', f'{TAR} --format=gnu -Scf - holes.bin {PLAIN[0]}', ['holes.bin', PLAIN[0]])
for version in '0.0', '0.1', '1.0':
    save(f'pax-sparse-{version}.tar', f'{TAR} --format=pax --sparse-version={version} -Scf - holes.bin {PLAIN[0]}', ['holes.bin', PLAIN[0]])
for form in 'ustar', 'pax', 'gnutar', 'v7tar':
    save(f'bsdtar-{form}.tar', f'bsdtar --format {form} -cf - {short}', PLAIN)
save('bsdtar-sparse.tar', f'bsdtar --format pax --read-sparse -cf - holes.bin {PLAIN[0]}', ['holes.bin', PLAIN[0]])
for form in 'newc', 'crc', 'odc', 'bin', 'hpbin', 'hpodc':
    save(f'{form}.cpio', f'printf "%s\\n" lane4 {short} | tr " " "\\n" | cpio --quiet -o -H {form}', PLAIN)
save('bsdtar-newc.cpio', f'bsdtar --format newc -cf - {short}', PLAIN)
save('two.cpio', 'for f in lane4/a.jpg lane4/reads.csv; do echo $f | cpio --quiet -o -H newc; done', PLAIN)
run(f'cp {LONG} a-picture-with-a-long-name.jpg; cp lane4/a.jpg lane4/reads.csv .')
content |= {'a-picture-with-a-long-name.jpg': content[LONG], 'a.jpg': content['lane4/a.jpg'], 'reads.csv': content['lane4/reads.csv']}
flat = ['a.jpg', 'a-picture-with-a-long-name.jpg', 'reads.csv']
save('gnu.a', f'rm -f x.a; ar rcD x.a {" ".join(flat)} && cat x.a', flat)
save('bsd.a', f'bsdtar --format arbsd -cf - {" ".join(flat)}', flat)
save('svr4.a', f'bsdtar --format ar -cf - {" ".join(flat)}', flat)
run('mkdir -p deb/DEBIAN deb/srv && cp a.jpg reads.csv deb/srv && printf "Package: day\\nVersion: 1\\nArchitecture: all\\nMaintainer: x <x@x.example>\\nDescription: x\\n" >deb/DEBIAN/control')
for how in 'gzip', 'xz', 'zstd':
    try:
        run(f'dpkg-deb --root-owner-group -Z{how} -b deb day.deb')
    except subprocess.CalledProcessError:
        continue  # zstd comes with a later dpkg
    with open(f'{out}/{how}.deb', 'wb') as f:
        f.write(run('cat day.deb'))
    for path in 'a.jpg', 'reads.csv':
        rows.append((f'{how}.deb', '3', './srv/' + path, str(len(content[path])), hashlib.sha256(content[path]).hexdigest()))
with open(f'{work}/day.spec', 'w') as f:
    f.write('Name: day\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: noarch\n%description\nx\n%install\nmkdir -p %{buildroot}/srv\n'
            f'cp {work}/a.jpg {work}/reads.csv %{{buildroot}}/srv\n%files\n/srv/a.jpg\n/srv/reads.csv\n')
for how, what in ('gzip', 'w9.gzdio'), ('xz', 'w6.xzdio'), ('zstd', 'w19.zstdio'), ('plain', 'w.ufdio'):
    run(f'rpmbuild -bb --define "_topdir {work}/rpm" --define "_binary_payload {what}" --define "_build_id_links none" day.spec')
    with open(f'{out}/{how}.rpm', 'wb') as f:
        f.write(run('cat rpm/RPMS/noarch/*.rpm'))
    for path in 'a.jpg', 'reads.csv':
        rows.append((f'{how}.rpm', '2' if how == 'plain' else '3', './srv/' + path, str(len(content[path])), hashlib.sha256(content[path]).hexdigest()))
with open(f'{out}/list.tsv', 'w') as f:
    for row in rows:
        f.write('\t'.join(row) + '\n')
