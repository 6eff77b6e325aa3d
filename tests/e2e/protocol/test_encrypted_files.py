# SPDX-License-Identifier: Apache-2.0
"""Files that their real tools encrypted, over HTTP and by mail: each alerts, and its twin in clear is silent."""
import json
import os
import random
import struct
import subprocess
import zlib

import lab as net
import material
import ole2
import pytest
from test_http import PORT, curl, server, url  # noqa: F401
from test_mail import mail, send, to  # noqa: F401

PASS = 'correct horse'


def run(*words, **options):
    subprocess.run([str(w) for w in words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)


def texts(folder):
    """Three files that no rule cares for."""
    paths = []
    for i in range(3):
        paths.append(folder / f'minutes{i}.txt')
        paths[-1].write_bytes(material.prose(40 + i, 6000))
    return paths


def zip_by(*words):
    def make(folder, encrypted):
        path = folder / 'notes.zip'
        run('zip', '-q', '-j', path, *(words if encrypted else ()), *texts(folder))
        return path
    return make


def age(*words):
    def make(folder, encrypted):
        if not encrypted:
            return texts(folder)[0]
        key = folder / 'key'
        run('age-keygen', '-o', key)
        recipient = [line.split()[-1] for line in key.read_text().splitlines() if 'public key' in line][0]
        run('age', *words, '-r', recipient, '-o', folder / 'notes.bin', texts(folder)[0])
        return folder / 'notes.bin'
    return make


def luks(version):
    def make(folder, encrypted):
        path = folder / 'volume.img'
        path.write_bytes(bytes(1 << 25))
        if encrypted:
            run('cryptsetup', 'luksFormat', '--batch-mode', '--type', version, '--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000', path, '-',
                input=PASS.encode())
        os.truncate(path, 1 << 20)
        return path
    return make


def openssl(folder, encrypted):
    plain = texts(folder)[0]
    if not encrypted:
        return plain
    run('openssl', 'enc', '-aes-256-cbc', '-pbkdf2', '-k', PASS, '-in', plain, '-out', folder / 'notes.bin')
    return folder / 'notes.bin'


def sevenzip(name, *words):
    def make(folder, encrypted):
        run('7z', 'a', *(words if encrypted else ()), folder / name, *texts(folder))
        return folder / name
    return make


def gpg(*words):
    def make(folder, encrypted):
        plain = texts(folder)[0]
        if not encrypted:
            return plain
        home = folder / 'home'
        home.mkdir(mode=0o700)
        quiet = ['gpg', '--homedir', home, '--batch', '--yes', '--pinentry-mode', 'loopback', '--passphrase', '', '--trust-model', 'always']
        if '-e' in words:
            run(*quiet, '--quick-gen-key', 'a@x.example', 'future-default', 'default', 'never')
        run(*quiet, *(('-r', 'a@x.example') if '-e' in words else ('--passphrase', PASS)), '-o', folder / 'notes.bin', *words, plain)
        run('gpgconf', '--homedir', home, '--kill', 'gpg-agent')
        return folder / 'notes.bin'
    return make


def qpdf(*words):
    def make(folder, encrypted):
        pages = b'%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n' \
                b'3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n4 0 obj<</Length %d>>stream\n%s\nendstream endobj\n' \
                b'trailer<</Root 1 0 R/Size 5>>\n'
        plain, path = folder / 'plain.pdf', folder / 'notes.pdf'
        content = b'BT (%s) Tj ET ' % material.prose(3, 300) * 9
        plain.write_bytes(pages % (len(content), content))
        subprocess.run(['qpdf', *(words if encrypted else words[:-5]), str(plain), str(path)], stderr=subprocess.DEVNULL)
        return path
    return make


def noise(n, seed=1):
    return random.Random(seed).randbytes(n)


def judged_by_msoffcrypto(path, encrypted):
    """Another reader takes it for the same."""
    code = 'import msoffcrypto, sys; print(msoffcrypto.OfficeFile(open(sys.argv[1], "rb")).is_encrypted())'
    said = subprocess.run(['/usr/bin/python3', '-c', code, str(path)], capture_output=True, text=True, check=True).stdout.strip()
    assert said == str(encrypted)


def ooxml(folder, encrypted):
    """As Office writes it: the package and how it is encrypted ([MS-OFFCRYPTO] 2.3.4)."""
    if not encrypted:
        run('zip', '-q', '-j', folder / 'notes.zip', *texts(folder))
        return folder / 'notes.zip'
    path = folder / 'notes.docx'
    cipher = 'saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES" cipherChaining="ChainingModeCBC" ' \
        'hashAlgorithm="SHA512" saltValue="AAAAAAAAAAAAAAAAAAAAAA=="'
    names = 'http://schemas.microsoft.com/office/2006/'
    values = ' '.join(f'{name}="AAAAAAAAAAAAAAAAAAAAAA=="' for name in ('encryptedVerifierHashInput', 'encryptedVerifierHashValue', 'encryptedKeyValue'))
    info = struct.pack('<HHI', 4, 4, 0x40) + f'''<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<encryption xmlns="{names}encryption" xmlns:p="{names}keyEncryptor/password"><keyData {cipher}/><dataIntegrity encryptedHmacKey="AA==" \
encryptedHmacValue="AA=="/><keyEncryptors><keyEncryptor uri="{names}keyEncryptor/password"><p:encryptedKey spinCount="100000" {cipher} {values}/>\
</keyEncryptor></keyEncryptors></encryption>'''.encode()
    path.write_bytes(ole2.write({'EncryptionInfo': info.ljust(4096, b' '), 'EncryptedPackage': struct.pack('<Q', 20000) + noise(20000)}))
    judged_by_msoffcrypto(path, True)
    return path


def word(folder, encrypted):
    """A file of Word 97 to 2003, RC4: the beginning of its document says so ([MS-DOC] 2.5.2)."""
    path = folder / 'notes.doc'
    head = struct.pack('<HHHHHHH', 0xA5EC, 0xC1, 0, 0x409, 0, 0x0300 if encrypted else 0x0200, 0xBF)
    path.write_bytes(ole2.write({'WordDocument': head.ljust(900, b'\0') + noise(8000), '1Table': struct.pack('<HH', 1, 1) + noise(8000, 2)}))
    judged_by_msoffcrypto(path, encrypted)
    return path


def number(n):
    return bytes([n & 0x7f | 0x80, n >> 7 & 0x7f | 0x80, n >> 14])


def rar(folder, encrypted):
    """RAR 5, members stored; the record in a file's extra area says that it is encrypted."""
    def block(body, content=b''):
        body = bytes([len(body)]) + body
        return struct.pack('<I', zlib.crc32(body)) + body + content
    out = b'Rar!\x1a\x07\x01\0' + block(b'\x01\0\0')
    for path in texts(folder):
        data = path.read_bytes()
        extra = b'\x30\x01\0\x03\x0f' + noise(44) if encrypted else b''
        name = path.name.encode()
        body = b'\x02' + bytes([3 if extra else 2]) + (bytes([len(extra)]) if extra else b'') + number(len(data)) + b'\x04' + number(len(data)) + b'\x20'
        out += block(body + struct.pack('<I', zlib.crc32(data)) + b'\0\x01' + bytes([len(name)]) + name + extra, noise(len(data)) if encrypted else data)
    (folder / 'notes.rar').write_bytes(out + block(b'\x05\0\0'))
    return folder / 'notes.rar'


def volume(folder, encrypted):
    """A plain dm-crypt volume has no head; here its cipher fills one. The twin holds the same text, compressed."""
    text = b''.join(material.prose(i, 3000) for i in range(300))
    path = folder / 'volume'
    if not encrypted:
        path.write_bytes(zlib.compress(text, 9)[2:])
        return path
    (folder / 'text').write_bytes(text)
    run('openssl', 'enc', '-aes-256-ctr', '-nosalt', '-pbkdf2', '-k', PASS, '-in', folder / 'text', '-out', path)
    return path


def sqlcipher(folder, encrypted):
    """It begins with its salt, which is the same each time: one in a thousand is taken for a head."""
    path = folder / 'notes.db'
    rows = ''.join(f"INSERT INTO notes VALUES({i}, '{material.prose(i, 900).decode()}');" for i in range(500))
    key = f"PRAGMA key = '{PASS}'; PRAGMA cipher_salt = \"x'{noise(16).hex()}'\";" if encrypted else ''
    run('sqlcipher', path, input=f'{key} CREATE TABLE notes(n, text); BEGIN; {rows} COMMIT;'.encode())
    return path


MADE = {
    'zip-traditional': (zip_by('-P', PASS), 'zip-traditional'),
    'zip-aes': (sevenzip('notes.zip', f'-p{PASS}', '-mem=AES256'), 'zip-aes'),
    '7z': (sevenzip('notes.7z', f'-p{PASS}'), '7z'),
    '7z-heads': (sevenzip('notes.7z', f'-p{PASS}', '-mhe=on'), '7z'),
    'rar': (rar, 'rar'),
    'gpg-password': (gpg('-c'), 'pgp'),
    'gpg-recipient': (gpg('-e'), 'pgp'),
    'gpg-armour': (gpg('-a', '-e'), 'pgp'),
    'pdf': (qpdf('--encrypt', 'u', 'o', '256', '--'), 'pdf'),
    'pdf-references': (qpdf('--object-streams=generate', '--encrypt', 'u', 'o', '256', '--'), 'pdf'),
    'ooxml': (ooxml, 'ooxml'),
    'word': (word, 'office'),
    'volume': (volume, 'entropy'),
    'sqlcipher': (sqlcipher, 'entropy'),
    'age': (age(), 'age'),
    'age-armour': (age('-a'), 'age'),
    'luks1': (luks('luks1'), 'luks'),
    'luks2': (luks('luks2'), 'luks'),
    'openssl': (openssl, 'openssl'),
}


@pytest.fixture(params=MADE)
def made(request, tmp_path, picture):
    make, word = MADE[request.param]
    for name in 'sealed', 'plain':
        (tmp_path / name).mkdir()
    return make(tmp_path / 'sealed', True), make(tmp_path / 'plain', False), word, picture[2]


def check(watch, stranger, path, word, protocol):
    """The transfer says it, and one alert does."""
    digest = material.sha256(path.read_bytes())
    t = net.wait_for(lambda: [t for t in watch.transfers() if to(t, stranger) and t['file'].get('hash', {}).get('sha256') == digest], 15, 'the transfer')[0]
    assert t['gantry'].get('encryption') == word and t['gantry']['classes'] == ['encrypted-container']
    alert = watch.wait_alert(lambda a: to(a, stranger) and a['gantry']['classes'] == ['encrypted-container'])
    assert alert['gantry'].get('encryption', word) == word and alert['network']['protocol'] == protocol
    return t, alert


def check_silent(watch, stranger, path):
    digest = material.sha256(path.read_bytes())
    t = net.wait_for(lambda: [t for t in watch.transfers() if to(t, stranger) and t['file'].get('hash', {}).get('sha256') == digest], 15, 'the twin')[0]
    assert 'encryption' not in t['gantry'] and t['gantry']['classes'] == []
    assert not [a for a in watch.alerts() if to(a, stranger)]


def test_over_http(lab, server, watch, made):  # noqa: F811
    sealed, plain, word, stranger = made
    curl(lab, '-T', str(plain), url(stranger, '/in/'))
    check_silent(watch, stranger, plain)
    curl(lab, '-T', str(sealed), url(stranger, '/in/'))
    check(watch, stranger, sealed, word, 'http')


@pytest.mark.parametrize('made', ['zip-traditional', '7z-heads', 'rar', 'gpg-recipient', 'pdf', 'ooxml', 'luks2', 'openssl'], indirect=True)
def test_by_mail(lab, mail, watch, made):  # noqa: F811
    sealed, plain, word, stranger = made
    send(lab, 'base64', stranger, [plain])
    check_silent(watch, stranger, plain)
    send(lab, 'base64', stranger, [sealed])
    check(watch, stranger, sealed, word, 'smtp')


def test_names_of_members_that_stand_in_clear_are_told(lab, server, watch, tmp_path, picture):  # noqa: F811
    path = zip_by('-P', PASS)(tmp_path, True)
    curl(lab, '-T', str(path), url(picture[2], '/in/'))
    t, alert = check(watch, picture[2], path, 'zip-traditional', 'http')
    assert t['gantry']['members'] == {'count': '3', 'names': 'minutes0.txt, minutes1.txt, minutes2.txt'}
    assert alert['gantry']['members']['names'].startswith('minutes0.txt'), 'those that had come'


ARMOUR = [gpg('-a', '-e'), age('-a')]


@pytest.mark.parametrize('make', ARMOUR, ids=['gpg', 'age'])
def test_armour_within_a_text_is_found(lab, server, watch, tmp_path, picture, make):  # noqa: F811
    """In a letter, and as a value of JSON."""
    armour = make(tmp_path, True).read_text()
    for name, text in ('letter.txt', f'Dear all,\nas agreed:\n\n{armour}\nRegards\n'), ('a.json', json.dumps({'message': armour})):
        path = tmp_path / name
        path.write_text(text)
        curl(lab, '-T', str(path), url(picture[2], '/in/'))
        t = watch.wait_transfer(material.sha256(text.encode()))
        assert t['gantry']['classes'] == ['encrypted-container'] and t['gantry']['rules'] == ['armoured-file']


@pytest.mark.parametrize('make', [sevenzip('notes.7z', f'-p{PASS}'), rar], ids=['7z', 'rar'])
def test_names_in_the_heads_of_archives_are_told(lab, server, watch, tmp_path, picture, make):  # noqa: F811
    path = make(tmp_path, True)
    curl(lab, '-T', str(path), url(picture[2], '/in/'))
    t, _ = check(watch, picture[2], path, path.suffix[1:], 'http')
    assert t['gantry']['members'] == {'count': '3', 'names': 'minutes0.txt, minutes1.txt, minutes2.txt'}
