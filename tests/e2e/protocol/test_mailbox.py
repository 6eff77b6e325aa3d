# SPDX-License-Identifier: Apache-2.0
"""Pictures in mails that are put into a store and fetched from it: dovecot, with python's and curl's clients."""
import email.message
import email.policy
import os

import lab as net
import material
import pytest

pytestmark = pytest.mark.peers
IMAP, POP3 = 1143, 1110

CONFIG = '''
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap pop3
listen = *
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
mail_location = maildir:{folder}/mail/%u
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
protocol imap {{
  mail_plugins = zlib imap_zlib
}}
'''

APPEND = '''
import imaplib, sys
host, port, how, *paths = sys.argv[1:]
m = imaplib.IMAP4(host, int(port))
m.login('lane4', 'secret')
if how == 'deflate':
    import zlib
    tag = m._new_tag()
    m.send(tag + b' COMPRESS DEFLATE\\r\\n')
    while not m.readline().startswith(tag):
        pass
    out, inn = zlib.compressobj(6, zlib.DEFLATED, -15), zlib.decompressobj(-15)
    plain_send, buffer = m.sock.sendall, bytearray()
    m.send = lambda data: plain_send(out.compress(data) + out.flush(zlib.Z_SYNC_FLUSH))
    def read(n):
        while len(buffer) < n:
            buffer.extend(inn.decompress(m.sock.recv(65536)))
        got = bytes(buffer[:n]); del buffer[:n]
        return got
    def readline():
        while b'\\n' not in buffer:
            buffer.extend(inn.decompress(m.sock.recv(65536)))
        return read(buffer.index(b'\\n') + 1)
    m.read, m.readline = read, readline
for path in paths:
    print(m.append('INBOX', None, None, open(path, 'rb').read()))
if how == 'fetch' or how == 'deflate':
    m.select('INBOX')
    print(m.fetch('1:*', '(RFC822)')[0])
m.send(b'zz LOGOUT\\r\\n')
m.sock.close()
'''

FETCH = '''
import imaplib, poplib, sys
host, port, how = sys.argv[1:]
if how == 'pop3':
    m = poplib.POP3(host, int(port))
    m.user('lane4'); m.pass_('secret')
    for i in range(m.stat()[0]):
        m.retr(i + 1)
    m.quit()
else:
    m = imaplib.IMAP4(host, int(port))
    m.login('lane4', 'secret')
    m.select('INBOX')
    count = int(m.search(None, 'ALL')[1][0].split()[-1])
    for i in range(1, count + 1):
        if how == 'parts':
            at = 0
            while True:
                part = m.fetch(str(i), f'(BODY.PEEK[]<{at}.9000>)')[1][0][1]
                at += len(part)
                if len(part) < 9000:
                    break
        else:
            m.fetch(str(i), {'whole': '(BODY.PEEK[])', 'section': '(BODY.PEEK[2])', 'binary': '(BINARY.PEEK[2])'}[how])
    m.logout()
'''


@pytest.fixture
def store(lab, tmp_path_factory):
    """dovecot with an empty mailbox, in the namespace that is asked for."""
    started = []

    def start(space):
        folder = str(tmp_path_factory.mktemp('store'))
        net.reachable(folder)
        for name in 'mail', 'home', 'state':
            os.makedirs(f'{folder}/{name}')
        net.run('chown', '-R', 'dovecot:dovecot', folder)
        with open(f'{folder}/dovecot.conf', 'w') as f:
            f.write(CONFIG.format(folder=folder, user='dovecot', group='dovecot', imap=IMAP, pop3=POP3))
        started.append(lab.start(space, 'dovecot', '-F', '-c', f'{folder}/dovecot.conf'))
        lab.wait_port(space, '0.0.0.0', IMAP)
        return folder

    yield start
    for process in started:
        lab.stop(process)


def mails(folder, seed, count):
    """(path of a mail, the picture in it)"""
    made = []
    for i in range(count):
        data = material.lane_image(seed + i, 320, 240)
        m = email.message.EmailMessage(policy=email.policy.SMTP)
        m['From'], m['To'], m['Subject'] = 'a@lanes.example', 'b@else.example', 'notes'
        m.set_content('.\nas agreed\n')
        m.add_attachment(data, 'application', 'octet-stream', filename=f'p{i}.jpg')
        path = folder / f'{i}.eml'
        path.write_bytes(m.as_bytes())
        made.append((str(path), data))
    return made


def client(lab, space, code, *words):
    done = lab.run(space, '/usr/bin/python3', '-c', code, *map(str, words))
    assert 'NO' not in done.stdout
    return done


def come(sensor, pictures, protocol):
    """All pictures with their digests, and nothing extra."""
    wanted = {material.sha256(data) for data in pictures}
    net.wait_for(lambda: wanted <= {t['file'].get('hash', {}).get('sha256') for t in sensor.transfers()}, 20, 'all digests')
    records = sensor.finish()
    found = [r for r in records if r['event']['action'] == 'transfer' and r['file'].get('mime_type') == 'image/jpeg']
    assert sorted(t['file']['hash']['sha256'] for t in found) == sorted(wanted)
    assert {t['network']['protocol'] for t in found} == {protocol} and all(t['gantry']['transfer']['complete'] for t in found)
    assert any('vehicle-image' in r['gantry'].get('classes', []) for r in records if r['event']['action'] == 'alert')


@pytest.mark.parametrize('how', ['plain', 'deflate'])
def test_pictures_are_appended_to_a_mailbox_outside(lab, store, sensor, tmp_path, how):
    store('outside')
    made = mails(tmp_path, 9000, 20)
    client(lab, 'lane', APPEND, net.UNKNOWN, IMAP, how, *[path for path, _ in made])
    come(sensor, [data for _, data in made], 'imap')


def test_curl_appends_a_mail(lab, store, sensor, tmp_path):
    store('outside')
    [(path, data)] = mails(tmp_path, 9100, 1)
    lab.run('lane', 'curl', '-sS', '--fail', '-u', 'lane4:secret', f'imap://{net.UNKNOWN}:{IMAP}/INBOX', '-T', path)
    come(sensor, [data], 'imap')


@pytest.mark.parametrize('how', ['whole', 'parts', 'section', 'binary', 'pop3'])
def test_pictures_are_fetched_from_a_store_in_the_lane(lab, store, from_a_stranger, sensor, tmp_path, how):
    store('lane')
    made = mails(tmp_path, 9200, 20)
    client(lab, 'lane', APPEND, '127.0.0.1', IMAP, 'plain', *[path for path, _ in made])
    client(lab, 'outside', FETCH, net.LANE, POP3 if how == 'pop3' else IMAP, how)
    come(sensor, [data for _, data in made], 'pop3' if how == 'pop3' else 'imap')


def test_letters_in_a_store_are_read_and_silent(lab, store, from_a_stranger, sensor, tmp_path):
    store('lane')
    m = email.message.EmailMessage(policy=email.policy.SMTP)
    m['Subject'] = 'minutes'
    m.set_content(material.prose(3).decode())
    (tmp_path / 'm.eml').write_bytes(m.as_bytes())
    client(lab, 'lane', APPEND, '127.0.0.1', IMAP, 'plain', tmp_path / 'm.eml')
    client(lab, 'outside', FETCH, net.LANE, IMAP, 'whole')
    net.wait_for(lambda: [t for t in sensor.transfers() if t['network']['protocol'] == 'imap'], 10, 'the transfer')
    assert not [r for r in sensor.finish() if r['event']['action'] == 'alert']


@pytest.mark.parametrize('how', ['pop3', 'whole', 'parts', 'append', 'deflate'])
def test_a_damaged_session_gives_what_is_whole_of_it(lab, store, torture, tmp_path, how):
    store('outside')
    made = mails(tmp_path, 9950, 12)
    paths = [path for path, _ in made]
    if how in ('append', 'deflate'):
        with torture.session() as s:
            client(lab, 'lane', APPEND, net.UNKNOWN, IMAP, how, *paths)
    else:
        client(lab, 'lane', APPEND, net.UNKNOWN, IMAP, '', *paths)
        with torture.session() as s:
            client(lab, 'lane', FETCH, net.UNKNOWN, POP3 if how == 'pop3' else IMAP, how)
    s.check({material.sha256(data) for _, data in made})
