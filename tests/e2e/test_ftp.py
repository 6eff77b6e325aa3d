# SPDX-License-Identifier: Apache-2.0
"""Every form of FTP transfer, by curl and lftp against vsftpd."""
import os
import shutil
import time

import lab as net
import material
import pytest

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


def test_a_resumed_upload_is_one_object(lab, ftp, sensor, image):
    """The connection breaks in the middle; lftp goes on with REST where the server stands."""
    path, data = image
    name, half = os.path.basename(path), len(data) // 2
    first = os.path.join(os.path.dirname(path), 'half')
    os.makedirs(first)
    with open(os.path.join(first, name), 'wb') as f:
        f.write(data)
    slow = lab.start('lane', 'curl', '-sS', '--limit-rate', '60k', '-T', os.path.join(first, name), place(net.UNAPPROVED))
    net.wait_for(lambda: os.path.exists(f'{ftp}/{name}') and os.path.getsize(f'{ftp}/{name}') > 20000, 20, 'half a file')
    slow.kill()
    slow.wait()
    time.sleep(0.5)
    assert 0 < os.path.getsize(f'{ftp}/{name}') < len(data), half
    lftp(lab, f'open {place(net.UNAPPROVED)}; put -c {path}')
    assert open(f'{ftp}/{name}', 'rb').read() == data
    check(sensor, data, name)


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


def test_a_unique_name_comes_from_the_reply(lab, ftp, sensor, image):
    path, data = image
    before = set(os.listdir(ftp))
    code = ('import ftplib,sys\nf=ftplib.FTP();f.connect(sys.argv[1],int(sys.argv[2]));f.login();f.cwd("in")\n'
            'f.storbinary("STOU up.jpg",open(sys.argv[3],"rb"));f.quit()')
    lab.run('lane', '/usr/bin/python3', '-c', code, net.UNAPPROVED, str(PORT), path)
    (name,) = set(os.listdir(ftp)) - before
    check(sensor, data, name)


def test_downloads_by_a_partner_leave_too(lab, tmp_path_factory, sensor, image):
    path, data = image
    folder = str(tmp_path_factory.mktemp('lane-ftp'))
    os.makedirs(f'{folder}/ftp')
    os.makedirs(f'{folder}/empty')
    shutil.copy(path, f'{folder}/ftp/store.jpg')
    os.chmod(folder, 0o755)
    os.chmod(f'{folder}/ftp', 0o555)
    process = lab.start('lane', 'vsftpd', write_config(folder, PORT))
    try:
        lab.wait_port('lane', '::', PORT)
        lab.run('outside', 'curl', '-sS', '-m', '20', '--interface', net.UNAPPROVED, '-o', '/dev/null',
                f'ftp://{net.LANE}:{PORT}/store.jpg')
        t = check(sensor, data, 'store.jpg', net.UNAPPROVED)
        assert t['source']['ip'] == net.LANE and t['client']['ip'] == net.UNAPPROVED
    finally:
        lab.stop(process)


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
    with net.Sensor(lab, tmp_path, events='alert,transfer,stats') as sensor:
        lab.run('lane', 'curl', '-sS', '-m', '20', '-k', '--ssl-reqd', '-T', path,
                f'ftp://{net.UNAPPROVED}:{TLS_PORT}/in/')
        time.sleep(0.3)
        records = sensor.finish()
    lab.stop(process)
    stats = [r for r in records if r['event']['action'] == 'stats'][-1]
    assert stats['gantry']['stats']['protocol']['encrypted'] >= 1
    assert material.sha256(data) not in str(records)


# --- what must not alert ---------------------------------------------------------------------------------------

def test_a_listing_is_no_transfer(lab, ftp, sensor):
    curl(lab, place(net.UNAPPROVED))
    lftp(lab, f'open {place(net.UNAPPROVED)}; cls -l')
    time.sleep(0.5)
    assert sensor.finish() == []


def test_an_approved_partner_gets_a_record_and_no_alert(lab, ftp, sensor, image):
    path, data = image
    curl(lab, '-T', path, place(net.APPROVED))
    t = check(sensor, data, os.path.basename(path), net.APPROVED)
    assert t['gantry']['verdict'] == 'approved'
    assert [r for r in sensor.finish() if r['event']['action'] == 'alert'] == []


def test_ordinary_text_to_a_stranger_does_not_alert(lab, ftp, sensor, work):
    data = material.prose(3)
    path = os.path.join(work, 'letter.txt')
    with open(path, 'wb') as f:
        f.write(data)
    curl(lab, '-T', path, place(net.UNKNOWN))
    t = check(sensor, data, 'letter.txt', net.UNKNOWN)
    assert t['gantry']['classes'] == [] and t['gantry']['verdict'] == 'unknown'
    assert [r for r in sensor.finish() if r['event']['action'] == 'alert'] == []
