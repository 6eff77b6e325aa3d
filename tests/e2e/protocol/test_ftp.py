# SPDX-License-Identifier: Apache-2.0
"""Every form of FTP transfer, by curl and lftp against vsftpd."""
import os
import shutil
import time

import lab as net
import material
import pytest
import recording

PORT, TLS_PORT = 2121, 2122


def write_config(folder, port, extra=''):
    conf = os.path.join(folder, f'vsftpd-{port}.conf')
    with open(conf, 'w') as f:
        f.write(f'''listen=NO
listen_ipv6=YES
listen_port={port}
background=NO
anonymous_enable=YES
anon_root={folder}/ftp
no_anon_password=YES
anon_upload_enable=YES
anon_mkdir_write_enable=YES
anon_other_write_enable=YES
anon_umask=022
write_enable=YES
local_enable=NO
seccomp_sandbox=NO
secure_chroot_dir={folder}/empty
pasv_min_port=40000
pasv_max_port=40999
connect_from_port_20=NO
port_promiscuous=YES
pasv_promiscuous=YES
isolate_network=NO
xferlog_enable=NO
dual_log_enable=NO
run_as_launching_user=NO
ftp_username=ftp
{extra}
''')
    os.chmod(conf, 0o600)
    return conf


@pytest.fixture(scope='module')
def ftp(lab, tmp_path_factory):
    """vsftpd outside; gives the folder that clients see as /in."""
    folder = str(tmp_path_factory.mktemp('ftp'))
    for parent in [folder, *map(str, tmp_path_factory.getbasetemp().parents), str(tmp_path_factory.getbasetemp())]:
        if parent.startswith('/tmp/'):
            os.chmod(parent, os.stat(parent).st_mode | 0o055)
    os.makedirs(f'{folder}/ftp/in')
    os.makedirs(f'{folder}/empty')
    os.chmod(f'{folder}/ftp', 0o555)
    shutil.chown(f'{folder}/ftp/in', 'ftp')
    os.chmod(f'{folder}/ftp/in', 0o777)
    process = lab.start('outside', 'vsftpd', write_config(folder, PORT))
    lab.wait_port('outside', '::', PORT)
    yield f'{folder}/ftp/in'
    lab.stop(process)


@pytest.fixture
def image(work, request):
    seed = sum(request.node.name.encode())
    path = os.path.join(work, f'L04_{seed}.jpg')
    data = material.lane_image(seed, 1024, 768)
    with open(path, 'wb') as f:
        f.write(data)
    return path, data


def place(address, path='in/'):
    host = f'[{address}]' if ':' in address else address
    return f'ftp://{host}:{PORT}/{path}'


def check(sensor, data, name, destination=net.UNAPPROVED, complete=True):
    t = sensor.wait_transfer(material.sha256(data))
    assert t['file']['name'] == name and t['file']['size'] == len(data)
    assert t['gantry']['transfer'] == {'complete': complete, 'missing_bytes': 0}
    assert t['destination']['ip'] == destination
    assert t['network']['protocol'] == 'ftp' and t['network']['application'] == 'FTP_DATA'
    return t


def curl(lab, *words):
    return lab.run('lane', 'curl', '-sS', '-m', '30', *words).stdout


def lftp(lab, script):
    settings = 'set net:max-retries 1; set net:timeout 10; set ftp:ssl-allow no; set ftp:use-mdtm no; '
    return lab.run('lane', 'lftp', '-c', settings + script).stdout


FORMS = [
    ('epsv', net.UNAPPROVED, []),
    ('pasv', net.UNAPPROVED, ['--disable-epsv']),
    ('eprt', net.UNAPPROVED, ['--ftp-port', '-']),
    ('port', net.UNAPPROVED, ['--ftp-port', '-', '--disable-eprt']),
    ('epsv6', net.UNAPPROVED6, []),
    ('eprt6', net.UNAPPROVED6, ['--ftp-port', '-']),
]


@pytest.mark.parametrize('form, address, words', FORMS, ids=[f[0] for f in FORMS])
def test_an_upload_in_every_mode_is_one_image_and_alerts(lab, ftp, sensor, image, form, address, words):
    path, data = image
    curl(lab, *words, '-T', path, place(address))
    t = check(sensor, data, os.path.basename(path), address)
    assert t['user']['name'] == 'anonymous'
    assert t['gantry']['verdict'] == 'unapproved' and 'vehicle-image' in t['gantry']['classes']
    alert = sensor.wait_alert(lambda a: a['destination']['ip'] == address)
    assert 'T1048.003' in alert['threat']['technique']['id']


def test_several_transfers_on_one_control_connection(lab, ftp, sensor, work):
    wanted, script = {}, f'open {place(net.UNAPPROVED)}; '
    for i in range(6):
        data = material.lane_image(500 + i)
        path = os.path.join(work, f'several{i}.jpg')
        with open(path, 'wb') as f:
            f.write(data)
        wanted[f'several{i}.jpg'] = data
        script += f'put {path}; '
    lftp(lab, script)
    for name, data in wanted.items():
        check(sensor, data, name)


BREAK = '''import ftplib, socket, struct, sys, time
f = ftplib.FTP()
f.connect(sys.argv[1], int(sys.argv[2]))
f.login()
f.pwd()
f.cwd("in")
f.voidcmd("TYPE I")
d = f.transfercmd("STOR " + sys.argv[4])
d.sendall(open(sys.argv[3], "rb").read()[:int(sys.argv[5])])
time.sleep(0.3)
d.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
d.close()
'''


def test_a_resumed_upload_is_one_object(lab, ftp, sensor, image):
    """The connection breaks in the middle; lftp goes on with REST where the server stands."""
    path, data = image
    name, half = os.path.basename(path), len(data) // 2
    lab.run('lane', '/usr/bin/python3', '-c', BREAK, net.UNAPPROVED, str(PORT), path, name, str(half))
    net.wait_for(lambda: 0 < os.path.getsize(f'{ftp}/{name}') < len(data), 10, 'half a file')
    lftp(lab, f'open {place(net.UNAPPROVED)}; put -c {path}')
    assert open(f'{ftp}/{name}', 'rb').read() == data
    t = check(sensor, data, name)
    assert 'offset' not in t['gantry']['object'] and len(sensor.transfers()) == 1


def test_a_resume_whose_beginning_was_not_seen_has_its_offset(lab, ftp, tmp_path, image):
    path, data = image
    name, half = os.path.basename(path), len(data) // 2
    with open(f'{ftp}/{name}', 'wb') as f:
        f.write(data[:half])
    shutil.chown(f'{ftp}/{name}', 'ftp')
    with net.Sensor(lab, tmp_path) as sensor:
        lftp(lab, f'open {place(net.UNAPPROVED)}; put -c {path}')
        assert open(f'{ftp}/{name}', 'rb').read() == data
        time.sleep(0.5)
        records = sensor.finish()
    t = [r for r in records if r['event']['action'] == 'transfer'][0]
    assert t['gantry']['object']['offset'] == half
    assert t['file']['hash']['sha256'] == material.sha256(data[half:])


def test_appended_bytes(lab, ftp, sensor, image):
    path, data = image
    curl(lab, '--append', '-T', path, place(net.UNAPPROVED, 'in/appended.jpg'))
    check(sensor, data, 'appended.jpg')


def test_bytes_appended_to_a_file_have_the_offset_that_size_told(lab, ftp, sensor, image):
    path, data = image
    with open(f'{ftp}/known.jpg', 'wb') as f:
        f.write(b'x' * 1000)
    shutil.chown(f'{ftp}/known.jpg', 'ftp')
    code = ('import ftplib,sys\nf=ftplib.FTP();f.connect(sys.argv[1],int(sys.argv[2]));f.login();f.cwd("in")\n'
            'f.voidcmd("TYPE I");f.size("known.jpg");f.storbinary("APPE known.jpg",open(sys.argv[3],"rb"));f.quit()')
    lab.run('lane', '/usr/bin/python3', '-c', code, net.UNAPPROVED, str(PORT), path)
    t = sensor.wait_transfer(material.sha256(data))
    assert t['gantry']['object']['offset'] == 1000 and t['file']['name'] == 'known.jpg'
    assert os.path.getsize(f'{ftp}/known.jpg') == 1000 + len(data)


def test_bytes_appended_to_what_this_connection_sent_have_their_offset(lab, ftp, sensor, image):
    path, data = image
    code = ('import ftplib,sys,io\nf=ftplib.FTP();f.connect(sys.argv[1],int(sys.argv[2]));f.login();f.cwd("in")\n'
            'd=open(sys.argv[3],"rb").read()\nf.storbinary("STOR grows.jpg",io.BytesIO(d[:3000]))\n'
            'f.storbinary("APPE grows.jpg",io.BytesIO(d[3000:]));f.quit()')
    lab.run('lane', '/usr/bin/python3', '-c', code, net.UNAPPROVED, str(PORT), path)
    assert open(f'{ftp}/grows.jpg', 'rb').read() == data
    check(sensor, data[:3000], 'grows.jpg')
    t = sensor.wait_transfer(material.sha256(data[3000:]))
    assert t['gantry']['object']['offset'] == 3000 and t['file']['size'] == len(data) - 3000


def test_bytes_appended_nobody_knows_where_have_no_offset(lab, ftp, sensor, image):
    path, data = image
    with open(f'{ftp}/unknown.jpg', 'wb') as f:
        f.write(b'x' * 1000)
    shutil.chown(f'{ftp}/unknown.jpg', 'ftp')
    curl(lab, '--append', '-T', path, place(net.UNAPPROVED, 'in/unknown.jpg'))
    t = sensor.wait_transfer(material.sha256(data))
    assert 'offset' not in t['gantry']['object'] and t['file']['size'] == len(data)


def test_a_unique_name_comes_from_the_reply(lab, ftp, sensor, image):
    path, data = image
    before = set(os.listdir(ftp))
    code = ('import ftplib,sys\nf=ftplib.FTP();f.connect(sys.argv[1],int(sys.argv[2]));f.login();f.cwd("in")\n'
            'f.storbinary("STOU up.jpg",open(sys.argv[3],"rb"));f.quit()')
    lab.run('lane', '/usr/bin/python3', '-c', code, net.UNAPPROVED, str(PORT), path)
    (name,) = set(os.listdir(ftp)) - before
    check(sensor, data, name)


@pytest.fixture(scope='module')
def lane_ftp(lab, tmp_path_factory):
    """vsftpd in the image network; gives its folder."""
    folder = str(tmp_path_factory.mktemp('lane-ftp'))
    os.makedirs(f'{folder}/ftp')
    os.makedirs(f'{folder}/empty')
    os.chmod(folder, 0o755)
    os.chmod(f'{folder}/ftp', 0o555)
    process = lab.start('lane', 'vsftpd', write_config(folder, PORT))
    lab.wait_port('lane', '::', PORT)
    yield f'{folder}/ftp'
    lab.stop(process)


DOWNLOADS = [
    ('epsv', net.LANE, net.UNAPPROVED, []),
    ('pasv', net.LANE, net.UNAPPROVED, ['--disable-epsv']),
    ('eprt', net.LANE, net.UNAPPROVED, ['--ftp-port', '-']),
    ('port', net.LANE, net.UNAPPROVED, ['--ftp-port', '-', '--disable-eprt']),
    ('epsv6', net.LANE6, net.UNAPPROVED6, []),
    ('eprt6', net.LANE6, net.UNAPPROVED6, ['--ftp-port', '-']),
]


@pytest.mark.parametrize('form, server, client, words', DOWNLOADS, ids=[f[0] for f in DOWNLOADS])
def test_a_download_by_a_partner_leaves_in_every_mode(lab, lane_ftp, sensor, image, form, server, client, words):
    path, data = image
    name = os.path.basename(path)
    shutil.copy(path, f'{lane_ftp}/{name}')
    lab.run('outside', 'curl', '-sS', '-m', '20', '--interface', client, *words, '-o', '/dev/null', place(server, name))
    t = check(sensor, data, name, client)
    assert t['source']['ip'] == server and t['user']['name'] == 'anonymous'
    alert = sensor.wait_alert(lambda a: a['destination']['ip'] == client)
    assert alert['gantry']['verdict'] == 'unapproved'


READ_SOME = '''import ftplib, socket, sys
f = ftplib.FTP()
f.connect(sys.argv[1], int(sys.argv[2]), source_address=(sys.argv[3], 0))
f.login()
f.pwd()
f.voidcmd("TYPE I")
d = socket.socket()
d.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
d.bind((sys.argv[3], 0))
d.connect(f.makepasv())
f.sendcmd("RETR " + sys.argv[4])
with open(sys.argv[5], "wb") as out:
    while out.tell() < 200000:
        out.write(d.recv(4096))
d.close()
'''


def test_a_resumed_download_is_one_object(lab, lane_ftp, sensor, work):
    """A client with a small window ends in the middle; curl goes on with REST where its file ends."""
    data = material.lane_image(9, 2048, 1536)
    with open(f'{lane_ftp}/resumed.jpg', 'wb') as f:
        f.write(data)
    target = os.path.join(work, 'resumed.jpg')
    lab.run('outside', '/usr/bin/python3', '-c', READ_SOME, net.LANE, str(PORT), net.UNAPPROVED, 'resumed.jpg', target)
    assert 200000 <= os.path.getsize(target) < len(data) - 100000
    lab.run('outside', 'curl', '-sS', '-m', '20', '--interface', net.UNAPPROVED, '-C', '-', '-o', target,
            place(net.LANE, 'resumed.jpg'))
    assert open(target, 'rb').read() == data
    check(sensor, data, 'resumed.jpg')
    assert len(sensor.transfers()) == 1


def picture_alert(sensor, destination):
    return sensor.wait_alert(lambda a: a['destination']['ip'] == destination and
                             {'image', 'vehicle-image'} & set(a['gantry']['classes']), 20)


@pytest.mark.parametrize('words', [['-r', '2-'], ['-C', '2']], ids=['range', 'resume'])
def test_a_download_behind_rest_2_is_a_picture_without_its_name(lab, lane_ftp, sensor, work, words):
    data = material.lane_image(31, 1024, 768)
    target = os.path.join(work, 'target')
    for path, content in (f'{lane_ftp}/notes.bin', data), (target, data[:2]):
        with open(path, 'wb') as f:
            f.write(content)
    lab.run('outside', 'curl', '-sS', '-m', '20', '--interface', net.UNAPPROVED, *words, '-o', target, place(net.LANE, 'notes.bin'))
    t = sensor.wait_transfer(material.sha256(data[2:]))
    assert t['gantry']['object']['offset'] == 2 and t['file']['mime_type'] == 'image/jpeg'
    assert t['gantry']['type_basis'] == 'structure'
    picture_alert(sensor, net.UNAPPROVED)


def test_an_upload_that_goes_on_from_byte_2_is_a_picture_without_its_name(lab, ftp, sensor, work):
    data = material.lane_image(32, 1024, 768)
    path = os.path.join(work, 'notes.bin')
    with open(path, 'wb') as f:
        f.write(data)
    with open(f'{ftp}/notes.bin', 'wb') as f:
        f.write(data[:2])
    shutil.chown(f'{ftp}/notes.bin', 'ftp')
    curl(lab, '-C', '2', '-T', path, place(net.UNAPPROVED))
    assert open(f'{ftp}/notes.bin', 'rb').read() == data
    t = sensor.wait_transfer(material.sha256(data[2:]))
    assert t['file']['mime_type'] == 'image/jpeg'
    picture_alert(sensor, net.UNAPPROVED)


def lftp_outside(lab, script):
    settings = f'set net:max-retries 1; set net:timeout 10; set ftp:ssl-allow no; set net:socket-bind-ipv4 {net.UNAPPROVED}; '
    return lab.run('outside', 'lftp', '-c', settings + script).stdout


def test_pget_of_lftp_fetches_a_picture_in_parts(lab, lane_ftp, sensor, work):
    data = material.lane_image(33, 2048, 1536)
    with open(f'{lane_ftp}/notes3.bin', 'wb') as f:
        f.write(data)
    lftp_outside(lab, f'open {place(net.LANE, "")}; set pget:min-chunk-size 10000; pget -n 3 -O {work} notes3.bin')
    assert open(os.path.join(work, 'notes3.bin'), 'rb').read() == data
    picture_alert(sensor, net.UNAPPROVED)


def test_reget_of_lftp_goes_on_from_byte_2(lab, lane_ftp, sensor, work):
    data = material.lane_image(34, 1024, 768)
    for path, content in (f'{lane_ftp}/notes4.bin', data), (os.path.join(work, 'notes4.bin'), data[:2]):
        with open(path, 'wb') as f:
            f.write(content)
    lftp_outside(lab, f'open {place(net.LANE, "")}; reget -O {work} notes4.bin')
    assert open(os.path.join(work, 'notes4.bin'), 'rb').read() == data
    picture_alert(sensor, net.UNAPPROVED)


def test_a_control_channel_seen_late(lab, ftp, tmp_path, work):
    """The login is over before the sensor starts."""
    data = material.lane_image(77)
    path = os.path.join(work, 'late.jpg')
    with open(path, 'wb') as f:
        f.write(data)
    go = os.path.join(work, 'go')
    code = ('import ftplib,os,sys,time\nf=ftplib.FTP();f.connect(sys.argv[1],int(sys.argv[2]));f.login();f.cwd("in")\n'
            'open(sys.argv[4]+".ready","w")\n'
            'while not os.path.exists(sys.argv[4]): time.sleep(0.05)\n'
            'f.storbinary("STOR late.jpg",open(sys.argv[3],"rb"));f.quit()')
    client = lab.start('lane', '/usr/bin/python3', '-c', code, net.UNAPPROVED, str(PORT), path, go)
    net.wait_for(lambda: os.path.exists(go + '.ready'), 10, 'the login')
    with net.Sensor(lab, tmp_path) as sensor:
        open(go, 'w').close()
        assert client.wait(20) == 0
        check(sensor, data, 'late.jpg')


def test_auth_tls_is_seen_and_counted(lab, tmp_path, tmp_path_factory, image):
    path, data = image
    folder = str(tmp_path_factory.mktemp('ftps'))
    net.run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', f'{folder}/key.pem', '-out',
            f'{folder}/cert.pem', '-days', '2', '-subj', '/CN=ftp.example')
    os.makedirs(f'{folder}/ftp/in')
    os.makedirs(f'{folder}/empty')
    os.chmod(folder, 0o755)
    os.chmod(f'{folder}/ftp', 0o555)
    shutil.chown(f'{folder}/ftp/in', 'ftp')
    extra = f'ssl_enable=YES\nallow_anon_ssl=YES\nrsa_cert_file={folder}/cert.pem\nrsa_private_key_file={folder}/key.pem\n' \
            'require_ssl_reuse=NO\n'
    process = lab.start('outside', 'vsftpd', write_config(folder, TLS_PORT, extra))
    lab.wait_port('outside', '::', TLS_PORT)
    with net.Sensor(lab, tmp_path) as sensor:
        # The reset behind what curl leaves unread makes vsftpd report 426 now and then, of files that are whole
        lab.run('lane', 'curl', '-sS', '-m', '20', '-k', '--ssl-reqd', '--tls-max', '1.2', '-T', path,
                f'ftp://{net.UNAPPROVED}:{TLS_PORT}/in/', check=False)
        with open(f'{folder}/ftp/in/{os.path.basename(path)}', 'rb') as f:
            assert f.read() == data
        time.sleep(0.3)
        records = sensor.finish()
    lab.stop(process)
    counters = recording.counters(sensor.records())
    assert counters['ftp']['auth_tls'] == 1 and counters['protocol']['encrypted'] >= 1
    assert material.sha256(data) not in str(records) and recording.transfers(records) == []


SCRIPTED = '''import socket, sys
s = socket.create_server(("", int(sys.argv[1])))
print("ready", flush=True)
c, _ = s.accept()
f = c.makefile("rw", newline="\\r\\n")
def say(x):
    f.write(x + "\\n")
    f.flush()
say("220 ready")
for line in f:
    v = line.split()[0].upper()
    if v == "USER": say("230 in")
    elif v == "TYPE": say("200 ok")
    elif v == "PASV":
        d = socket.create_server((c.getsockname()[0], 0))
        h, p = d.getsockname()
        say("227 Entering Passive Mode (%s,%d,%d)" % (h.replace(".", ","), p >> 8, p & 255))
    elif v == "STOR":
        say("150 go")
        t, _ = d.accept()
        while t.recv(65536): pass
        t.close()
        say(sys.argv[2])
    elif v == "QUIT":
        say("221 bye")
        break
    else: say("500 no")
'''


@pytest.mark.parametrize('last, complete', [('226 stored', True), ('451 disk full', False)], ids=['226', '451'])
def test_the_last_reply_tells_whether_it_arrived(lab, sensor, image, last, complete):
    """The data flow ends cleanly either way."""
    path, data = image
    server = lab.start('outside', '/usr/bin/python3', '-c', SCRIPTED, '2199', last, stdout=net.subprocess.PIPE)
    assert server.stdout.readline() == b'ready\n'
    lab.run('lane', 'curl', '-sS', '-m', '20', '--disable-epsv', '-T', path, f'ftp://{net.UNAPPROVED}:2199/', check=complete)
    server.wait(10)
    records = sensor.finish()
    (t,) = recording.transfers(records)
    assert t['gantry']['transfer']['complete'] is complete and t['file']['hash']['sha256'] == material.sha256(data)
    assert recording.alerts(records)


# --- captures --------------------------------------------------------------------------------------------------

@pytest.fixture(scope='module')
def passive(lab, ftp, tmp_path_factory):
    """A capture of one upload with PASV: (packets, the file's bytes)."""
    folder = tmp_path_factory.mktemp('passive')
    data = material.lane_image(4711, 1024, 768)
    (folder / 'edited.jpg').write_bytes(data)
    with recording.Recording(lab, folder / 'whole.pcap') as r:
        curl(lab, '--disable-epsv', '-T', str(folder / 'edited.jpg'), place(net.UNAPPROVED))
    return recording.read(r.path), data


def read_edited(tmp_path, packets):
    path = str(tmp_path / 'edited.pcap')
    recording.write(path, recording.retimed(packets))
    return recording.gantry(tmp_path, '-r', path)


def check_whole(records, data):
    (t,) = recording.transfers(records)
    assert t['file']['hash']['sha256'] == material.sha256(data) and t['file']['name'] == 'edited.jpg'
    assert t['gantry']['transfer'] == {'complete': True, 'missing_bytes': 0}
    assert t['user']['name'] == 'anonymous' and recording.alerts(records)


def reply_at(packets):
    return recording.index(packets, lambda t: t.payload.startswith(b'227 '))


def data_flow(packets):
    """Where the packets of the data flow are."""
    syn = recording.index(packets[reply_at(packets):], lambda t: t.syn and not t.ack) + reply_at(packets)
    port = recording.Tcp.of(packets[syn][1]).target
    return [i for i, (_, f) in enumerate(packets) if (t := recording.Tcp.of(f)) and port in (t.source, t.target)]


def test_a_capture_with_nothing_moved(passive, tmp_path):
    packets, data = passive
    check_whole(read_edited(tmp_path, packets), data)


@pytest.mark.parametrize('early', [1, 3, 4, 5], ids=['syn', 'handshake', 'first-bytes', 'more-bytes'])
def test_a_data_flow_that_comes_before_the_reply_that_announces_it(passive, tmp_path, early):
    packets, data = passive
    moved = data_flow(packets)[:early]
    reply = reply_at(packets)
    assert all(i > reply for i in moved)
    edited = packets[:reply] + [packets[i] for i in moved] + [p for i, p in enumerate(packets[reply:], reply) if i not in moved]
    assert reply_at(edited) == reply + early
    check_whole(read_edited(tmp_path, edited), data)


def test_data_that_comes_before_its_command(passive, tmp_path):
    packets, data = passive
    stor = recording.index(packets, lambda t: t.payload.startswith(b'STOR'))
    moved = [i for i in data_flow(packets) if i > stor][:12]
    edited = packets[:stor] + [packets[i] for i in moved] + [p for i, p in enumerate(packets[stor:], stor) if i not in moved]
    check_whole(read_edited(tmp_path, edited), data)


@pytest.mark.parametrize('first', [b'TYPE I', b'PASV', b'227 '])
def test_a_capture_that_begins_after_the_login(passive, tmp_path, first):
    packets, data = passive
    (t,) = recording.transfers(read_edited(tmp_path, packets[min(
        recording.index(packets, lambda t: t.payload.startswith(first)), reply_at(packets)):]))
    assert t['file']['hash']['sha256'] == material.sha256(data) and t['file']['name'] == 'edited.jpg'
    assert 'user' not in t


def test_without_the_control_channel_nothing_is_claimed(passive, tmp_path):
    packets, data = passive
    flow = set(data_flow(packets))
    records = read_edited(tmp_path, [p for i, p in enumerate(packets) if i in flow])
    assert all('name' not in t['file'] for t in recording.transfers(records))


def test_a_capture_of_anybodys_traffic_with_inspect_all(lab, ftp, tmp_path, image):
    """No configuration at all: what dumpcap wrote (pcapng), all of it looked at."""
    path, data = image
    os.makedirs(tmp_path / 'tree')
    for i in range(3):
        (tmp_path / 'tree' / f'some{i}.jpg').write_bytes(material.lane_image(60 + i))
    with recording.Recording(lab, tmp_path / 'any.pcapng', pcapng=True) as r:
        curl(lab, '-T', path, place(net.APPROVED))
        curl(lab, '--ftp-port', '-', '-o', '/dev/null', place(net.APPROVED, 'in/' + os.path.basename(path)))
        lftp(lab, f'open {place(net.UNKNOWN6)}; mput {tmp_path}/tree/*.jpg')
    out = net.run(net.GANTRY, '-q', '--inspect-all', '-r', r.path, '-o', 'json:-', '--events', 'transfer', timeout=60).stdout
    found = sorted(recording.json.loads(line)['file']['hash']['sha256'] for line in out.splitlines() if line.startswith('{'))
    wanted = [data, data] + [material.lane_image(60 + i) for i in range(3)]
    assert found == sorted(map(material.sha256, wanted))


# --- what a client and a server may do to hide a file ------------------------------------------------------------

def serve(lab, folder, port, *words):
    server = lab.start('outside', '/usr/bin/python3', os.path.join(os.path.dirname(net.__file__), 'ftp_server.py'), str(port),
                       str(folder), *words, stdout=net.subprocess.PIPE)
    assert server.stdout.readline() == b'ready\n'
    return server


def test_lftp_deflates_by_itself_and_the_file_is_found(lab, sensor, image, tmp_path_factory):
    path, data = image
    folder = tmp_path_factory.mktemp('mode-z')
    server = serve(lab, folder, 2301)
    lftp(lab, f'open ftp://{net.UNAPPROVED}:2301/; set ftp:use-mode-z yes; put {path}')
    assert (folder / os.path.basename(path)).read_bytes() == data
    check(sensor, data, os.path.basename(path))
    assert sensor.wait_alert(lambda a: 'vehicle-image' in a['gantry']['classes'])
    lab.stop(server)
    sensor.finish()
    assert recording.counters(sensor.records())['ftp']['not_stream_mode'] >= 1


@pytest.mark.parametrize('command', ['*MIC x', '*ENC x', '*CONF x', '*PROT P', '*AUTH TLS'])
def test_curl_asks_for_protection_that_nobody_gives(lab, ftp, sensor, image, command):
    path, data = image
    curl(lab, '-Q', command, '-T', path, place(net.UNAPPROVED))
    check(sensor, data, os.path.basename(path))


@pytest.mark.parametrize('control, address', [(net.UNAPPROVED, net.UNKNOWN), (net.UNKNOWN, net.UNAPPROVED),
                                              (net.APPROVED, net.UNAPPROVED), (net.UNAPPROVED, net.APPROVED),
                                              (net.APPROVED, net.UNKNOWN)])
def test_curl_brings_its_data_to_another_address_than_the_servers(lab, tmp_path, image, tmp_path_factory, control, address):
    """Flows are split over two workers by their pair of addresses."""
    path, data = image
    folder = tmp_path_factory.mktemp('elsewhere')
    server = serve(lab, folder, 2302, address)
    with net.Sensor(lab, tmp_path, options=['-w', '2']) as sensor:
        curl(lab, '--disable-epsv', '--no-ftp-skip-pasv-ip', '-T', path, f'ftp://{control}:2302/')
        assert (folder / os.path.basename(path)).read_bytes() == data
        check(sensor, data, os.path.basename(path), address)
    lab.stop(server)


# --- what must not alert ---------------------------------------------------------------------------------------

def test_a_listing_without_plates_that_leaves_is_looked_at_and_does_not_alert(lab, lane_ftp, sensor):
    for i in range(30):
        with open(f'{lane_ftp}/IMG_{4400 + i}.jpg', 'wb') as f:
            f.write(b'x')
    listing = lab.run('outside', 'curl', '-sS', '-m', '20', '--interface', net.UNAPPROVED, place(net.LANE, '')).stdout
    assert listing.count('IMG_44') == 30
    time.sleep(0.5)
    records = sensor.finish()
    assert recording.alerts(records) == []
    (t,) = recording.transfers(records)
    assert t['file']['size'] == len(listing) + listing.count('\n') and 'name' not in t['file']


def test_an_approved_partner_gets_a_record_and_no_alert(lab, ftp, sensor, image):
    path, data = image
    curl(lab, '-T', path, place(net.APPROVED))
    t = check(sensor, data, os.path.basename(path), net.APPROVED)
    assert t['gantry']['verdict'] == 'approved'
    assert recording.alerts(sensor.finish()) == []


def test_an_image_to_a_stranger_alerts(lab, ftp, sensor, image):
    path, data = image
    curl(lab, '-T', path, place(net.UNKNOWN6))
    t = check(sensor, data, os.path.basename(path), net.UNKNOWN6)
    assert t['gantry']['verdict'] == 'unknown' and t['gantry'].get('partner') is None
    alert = sensor.wait_alert(lambda a: a['destination']['ip'] == net.UNKNOWN6)
    assert alert['gantry']['verdict'] == 'unknown'


def test_an_upload_into_the_image_network_does_not_leave(lab, lane_ftp, sensor, image):
    path, data = image
    lab.run('outside', 'curl', '-sS', '-m', '20', '--interface', net.UNAPPROVED, '-T', path, place(net.LANE, ''), check=False)
    time.sleep(0.5)
    assert sensor.finish() == []


def test_a_refused_upload_is_no_transfer(lab, ftp, sensor, image):
    path, data = image
    lab.run('lane', 'curl', '-sS', '-m', '20', '-T', path, place(net.UNAPPROVED, 'readonly.jpg'), check=False)
    time.sleep(0.5)
    assert sensor.finish() == []


def test_ordinary_text_to_a_stranger_does_not_alert(lab, ftp, sensor, work):
    data = material.prose(3)
    path = os.path.join(work, 'letter.txt')
    with open(path, 'wb') as f:
        f.write(data)
    curl(lab, '-T', path, place(net.UNKNOWN))
    t = check(sensor, data, 'letter.txt', net.UNKNOWN)
    assert t['gantry']['classes'] == [] and t['gantry']['verdict'] == 'unknown'
    assert [r for r in sensor.finish() if r['event']['action'] == 'alert'] == []
