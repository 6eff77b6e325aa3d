# SPDX-License-Identifier: Apache-2.0
"""Pictures and plate reads by mail, with clients that nobody changed, to a server that takes them."""
import email
import email.policy
import glob

import lab as net
import material
import pytest

MAIL, LMTP = 2525, 2424
HERE = __file__.rsplit('/', 1)[0]

# smtplib in the lane: mails of so many pictures each, coded as it says.
MAILER = '''
import email.message, email.policy, smtplib, sys
host, port, how, each, kind, sender, recipients, *paths = sys.argv[1:]
client = {'smtp': smtplib.SMTP, 'lmtp': smtplib.LMTP}[kind](host, int(port), timeout=20)
for i in range(0, len(paths), int(each)):
    m = email.message.EmailMessage(policy=email.policy.SMTP)
    m['From'], m['To'], m['Subject'] = 'shift@lanes.example', 'all@lanes.example', 'notes of the day'
    m.set_content('as agreed\\n' if how == 'plain' else '.\\n..\\nas agreed\\n.end\\n')
    for path in paths[i:i + int(each)]:
        data = open(path, 'rb').read()
        name = path.rsplit('/', 1)[1]
        if how == 'text':
            m.add_attachment(data.decode(), filename=name, cte='quoted-printable')
        else:
            m.add_attachment(data, 'application', 'octet-stream', filename=name, cte='base64' if how == 'plain' else how)
    client.send_message(m, sender, recipients.split(','))
client.quit()
'''


@pytest.fixture(scope='module')
def mail(lab, tmp_path_factory):
    """Servers outside; gives the folder of the messages that came by SMTP, and that of those by LMTP."""
    folders, processes = [], []
    for port, words in (MAIL, []), (LMTP, ['lmtp']):
        folders.append(str(tmp_path_factory.mktemp('mail')))
        processes.append(lab.start('outside', '/usr/bin/python3', f'{HERE}/mail_server.py', folders[-1], str(port), *words))
        lab.wait_port('outside', '::', port)
    yield folders
    for process in processes:
        lab.stop(process)


def send(lab, how, to, paths, each=1, kind='smtp', sender='shift@lanes.example', recipients='desk@else.example'):
    port = LMTP if kind == 'lmtp' else MAIL
    done = lab.run('lane', '/usr/bin/python3', '-c', MAILER, to, str(port), how, str(each), kind, sender, recipients, *map(str, paths))
    assert done.returncode == 0


def attachments(folder):
    """As python's own reader has them, of every message that came."""
    found = []
    for path in glob.glob(f'{folder}/*.eml'):
        with open(path, 'rb') as f:
            message = email.message_from_binary_file(f, policy=email.policy.default)
        found += [material.sha256(part.get_payload(decode=True)) for part in message.iter_attachments()]
    return found


def to(alert, stranger):
    return alert['destination']['ip'] == stranger


def test_a_hundred_pictures_in_ten_mails_have_their_digests(lab, mail, watch, tmp_path):
    files = [(tmp_path / f'p{i}.jpg', material.lane_image(7000 + i, 320, 240)) for i in range(100)]
    for path, data in files:
        path.write_bytes(data)
    send(lab, 'base64', net.UNAPPROVED, [path for path, _ in files], each=10)
    wanted = {material.sha256(data) for _, data in files}
    assert wanted <= set(attachments(mail[0]))
    of_it = net.wait_for(lambda: (lambda found: found if wanted <= {t['file']['hash']['sha256'] for t in found} else None)(
        [t for t in watch.transfers() if to(t, net.UNAPPROVED) and 'hash' in t['file']]), 20, 'all digests')
    pictures = [t for t in of_it if t['file'].get('mime_type') == 'image/jpeg']
    assert len(pictures) == 100 and {t['file']['hash']['sha256'] for t in pictures} == wanted
    assert all(t['gantry']['transfer'] == {'complete': True, 'missing_bytes': 0} for t in pictures)
    assert {t['file']['name'] for t in pictures} == {path.name for path, _ in files}
    assert {t['network']['protocol'] for t in pictures} == {'smtp'}
    assert {t['email']['subject'] for t in pictures} == {'notes of the day'}
    alert = watch.wait_alert(lambda a: to(a, net.UNAPPROVED) and 'vehicle-image' in a['gantry'].get('classes', []))
    assert alert['email']['to']['address'] == 'desk@else.example', 'the envelope says for whom it is, not the head'
    assert alert['email']['from']['address'] == 'shift@lanes.example' and alert['gantry']['verdict'] == 'unapproved'


@pytest.mark.parametrize('how', ['base64', 'quoted-printable'])
def test_a_picture_in_either_coding(lab, mail, watch, picture, how):
    path, data, stranger = picture
    send(lab, how, stranger, [path])
    assert material.sha256(data) in attachments(mail[0])
    watch.wait_picture(data, stranger, protocol='smtp')


def test_lmtp(lab, mail, watch, picture):
    path, data, stranger = picture
    send(lab, 'base64', stranger, [path], kind='lmtp', recipients='a@else.example,b@else.example')
    assert material.sha256(data) in attachments(mail[1])
    t = watch.wait_picture(data, stranger, protocol='lmtp')
    assert t['email']['to']['address'] == 'a@else.example, b@else.example'


def test_swaks_pipelines_what_it_sends(lab, mail, watch, picture):
    path, data, stranger = picture
    lab.run('lane', 'swaks', '--server', stranger, '--port', str(MAIL), '--from', 'a@lanes.example', '--to', 'b@else.example', '--pipeline',
            '--attach-type', 'application/octet-stream', '--attach', f'@{path}')
    assert material.sha256(data) in attachments(mail[0])
    watch.wait_picture(data, stranger, protocol='smtp')


def test_curl_sends_a_mail_that_it_is_given(lab, mail, watch, picture, tmp_path):
    path, data, stranger = picture
    m = email.message.EmailMessage(policy=email.policy.SMTP)
    m['Subject'] = 'x'
    m.add_attachment(data, 'image', 'jpeg', filename='a.jpg')
    (tmp_path / 'mail').write_bytes(m.as_bytes())
    lab.run('lane', 'curl', '-sS', '--fail', f'smtp://{stranger}:{MAIL}', '--mail-from', 'a@lanes.example', '--mail-rcpt', 'b@else.example', '-T', str(tmp_path / 'mail'))
    watch.wait_picture(data, stranger, protocol='smtp')


def test_a_table_of_plates_in_quoted_printable(lab, mail, watch, picture, tmp_path):
    _, _, stranger = picture
    table = material.plate_csv(77)
    (tmp_path / 'reads.csv').write_bytes(table)
    send(lab, 'text', stranger, [tmp_path / 'reads.csv'])
    alert = watch.wait_alert(lambda a: to(a, stranger) and 'plate-record' in a['gantry'].get('classes', []))
    assert alert['network']['protocol'] == 'smtp'


def test_a_recipient_of_a_partner_makes_mail_to_anybody_worse(lab, mail, sensor, tmp_path):
    """Border Labs may receive pictures; Plate Systems may not, whoever carries them."""
    files = []
    for i, name in enumerate(('good.jpg', 'bad.jpg')):
        files.append(tmp_path / name)
        files[-1].write_bytes(material.lane_image(8100 + i))
    send(lab, 'base64', net.APPROVED, [files[0]], recipients='a@labs.example')
    send(lab, 'base64', net.APPROVED, [files[1]], recipients='a@labs.example,b@mx.platesystems.example')
    alert = sensor.wait_alert(lambda a: 'vehicle-image' in a['gantry'].get('classes', []))
    assert alert['file']['name'] == 'bad.jpg' and alert['gantry']['verdict'] == 'unapproved' and alert['gantry']['partner'] == 'Plate Systems'
    records = sensor.finish()
    assert not [r for r in records if r['event']['action'] == 'alert' and r['file']['name'] == 'good.jpg']
    assert {t['file']['name'] for t in records if t['event']['action'] == 'transfer' and t['file'].get('mime_type') == 'image/jpeg'} == {'good.jpg', 'bad.jpg'}


def test_ordinary_mail_is_read_and_silent(lab, mail, watch, picture, tmp_path):
    _, _, stranger = picture
    (tmp_path / 'minutes.txt').write_bytes(material.prose(5))
    send(lab, 'text', stranger, [tmp_path / 'minutes.txt'], each=1)
    t = net.wait_for(lambda: [t for t in watch.transfers() if to(t, stranger) and t['file'].get('name') == 'minutes.txt'], 10, 'the transfer')[0]
    assert t['gantry']['classes'] == [] and t['gantry']['transfer']['complete']
    assert not [a for a in watch.alerts() if to(a, stranger)]


@pytest.mark.parametrize('kind', ['smtp', 'lmtp'])
def test_a_damaged_session_gives_what_is_whole_of_it(lab, mail, torture, tmp_path, kind):
    files = [(tmp_path / f'p{i}.jpg', material.lane_image(7200 + i, 160, 120)) for i in range(20)]
    for path, data in files:
        path.write_bytes(data)
    with torture.session() as s:  # dots are not undone where a session is seen so late that its protocol is not known
        send(lab, 'plain', net.UNAPPROVED, [path for path, _ in files], each=4, kind=kind)
    s.check({material.sha256(data) for _, data in files}, one_sided=True)
