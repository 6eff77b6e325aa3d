# SPDX-License-Identifier: Apache-2.0
"""Files that their real tools encrypted, over HTTP and by mail: each alerts, and its twin in clear is silent."""
import os
import subprocess

import lab as net
import material
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


MADE = {
    'zip-traditional': (zip_by('-P', PASS), 'zip-traditional'),
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
    assert alert['gantry']['encryption'] == word and alert['network']['protocol'] == protocol
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
