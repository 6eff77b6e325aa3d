# SPDX-License-Identifier: Apache-2.0
"""Pictures on shares: samba and its client, in each dialect."""
import lab as net
import material
import pytest
import samba

pytestmark = pytest.mark.peers

DIALECTS = ['NT1', 'SMB2_02', 'SMB2_10', 'SMB3_00', 'SMB3_02', 'SMB3_11']


@pytest.fixture
def share(lab, tmp_path_factory):
    """samba in the namespace that is asked for."""
    started = []

    def start(space, **words):
        started.append(samba.Share(lab, space, tmp_path_factory.mktemp('samba'), **words))
        return started[-1]

    yield start
    for server in started:
        server.stop()


def pictures(folder, seed, count):
    """{path: bytes}"""
    made = {}
    for i in range(count):
        path = folder / f'20260531-041158_L04_KXS{1000 + seed % 1000 + i}.jpg'
        path.write_bytes(material.lane_image(seed + i, 320, 240))
        made[str(path)] = path.read_bytes()
    return made


def come(sensor, made, seconds=20):
    """All pictures with their names and digests, and nothing extra; gives their records."""
    wanted = {material.sha256(data): path.rsplit('/', 1)[1] for path, data in made.items()}
    net.wait_for(lambda: set(wanted) <= {t['file'].get('hash', {}).get('sha256') for t in sensor.transfers()}, seconds, 'all digests')
    records = sensor.finish()
    # What the server lists of a folder of plates is told too; it has no digest.
    found = [r for r in records if r['event']['action'] == 'transfer' and r['gantry']['classes'] != ['listing']]
    assert {t['file']['hash']['sha256']: t['file'].get('name') for t in found} == wanted and len(found) == len(wanted)
    assert all(t['gantry']['transfer'] == {'complete': True, 'missing_bytes': 0} for t in found)
    assert {t['network']['protocol'] for t in found} == {'smb'}
    return found, [r for r in records if r['event']['action'] == 'alert' and 'vehicle-image' in r['gantry'].get('classes', [])]


def put_all(made):
    return [f'put {path} {path.rsplit("/", 1)[1]}' for path in made]


@pytest.mark.parametrize('dialect', DIALECTS)
def test_a_hundred_pictures_are_put_on_a_share_outside(lab, share, sensor, tmp_path, dialect):
    store = share('outside')
    made = pictures(tmp_path, 21000, 100)
    samba.client(lab, 'lane', net.UNAPPROVED, put_all(made), dialect=dialect)
    assert all(store.get(path.rsplit('/', 1)[1]) == data for path, data in made.items())
    found, alerts = come(sensor, made)
    assert {t['user']['name'] for t in found} == {samba.USER}
    assert {t['gantry']['share'].lower() for t in found} == {rf'\\{net.UNAPPROVED}\plates'}
    assert alerts and {a['gantry']['verdict'] for a in alerts} == {'unapproved'}


@pytest.mark.parametrize('dialect', DIALECTS)
def test_a_stranger_gets_a_hundred_pictures_from_a_share_in_the_lane(lab, share, from_a_stranger, sensor, tmp_path, dialect):
    store = share('lane')
    made = pictures(tmp_path, 22000, 100)
    for path, data in made.items():
        store.put(path.rsplit('/', 1)[1], data)
    samba.client(lab, 'outside', net.LANE, ['prompt', f'lcd {tmp_path}', 'mget *.jpg'], dialect=dialect)
    found, alerts = come(sensor, made)
    assert {a['gantry']['verdict'] for a in alerts} == {'unknown'}


ODD = '''
import random, sys
from impacket.smbconnection import SMBConnection
host, user, password, dialect, seed, *paths = sys.argv[1:]
c = SMBConnection(host, host, preferredDialect=dialect if dialect.startswith('NT') else int(dialect, 0))
c.login(user, password)
tree, g, work = c.connectTree('plates'), random.Random(int(seed)), []
for path in paths:
    data = open(path, 'rb').read()
    handle = c.createFile(tree, path.rsplit('/', 1)[1])
    work += [(handle, at, data[at:at + 3000]) for at in range(0, len(data), 3000)]
g.shuffle(work)
for handle, at, piece in work:
    c.writeFile(tree, handle, piece, at)
for handle in {h for h, _, _ in work}:
    c.closeFile(tree, handle)
c.logoff()
'''


@pytest.mark.parametrize('dialect', ['NT LM 0.12', '0x0202', '0x0210'])
def test_a_hundred_pictures_whose_pieces_come_in_any_order_and_all_at_once(lab, share, sensor, tmp_path, dialect):
    store = share('outside')
    made = pictures(tmp_path, 20000, 100)
    lab.run('lane', '/usr/bin/python3', '-c', ODD, net.UNKNOWN, samba.USER, samba.PASSWORD, dialect, '4', *made)
    assert all(store.get(path.rsplit('/', 1)[1]) == data for path, data in made.items())
    found, alerts = come(sensor, made)
    assert {a['gantry']['verdict'] for a in alerts} == {'unknown'}


def test_what_a_contract_allows_is_silent(lab, share, sensor, tmp_path):
    share('outside')
    made = pictures(tmp_path, 23000, 5)
    samba.client(lab, 'lane', net.APPROVED, put_all(made))
    found, alerts = come(sensor, made)
    assert {t['gantry']['verdict'] for t in found} == {'approved'} and not alerts


def test_letters_are_read_and_silent(lab, share, sensor, tmp_path):
    share('outside')
    (tmp_path / 'minutes.txt').write_bytes(material.prose(3))
    samba.client(lab, 'lane', net.UNKNOWN, [f'put {tmp_path}/minutes.txt minutes.txt'])
    sensor.wait_transfer(material.sha256(material.prose(3)))
    assert not [r for r in sensor.finish() if r['event']['action'] == 'alert']


HELD = '''
import sys, time
from impacket.smbconnection import SMBConnection
host, user, password, path, seconds = sys.argv[1:]
c = SMBConnection(host, host, preferredDialect=0x0210)
c.login(user, password)
data, tree = open(path, 'rb').read(), c.connectTree('plates')
handle = c.createFile(tree, 'L04_held.jpg')
half = len(data) // 2
c.writeFile(tree, handle, data[:half], 0)
time.sleep(float(seconds))
c.writeFile(tree, handle, data[half:], half)
print('written', flush=True)
time.sleep(float(seconds))
'''


def test_the_alert_comes_before_the_file_is_closed_and_it_is_told_though_nobody_closes_it(lab, share, sensor, tmp_path):
    share('outside')
    path, data = tmp_path / 'large.jpg', material.lane_image(23500, 2000, 1500)
    path.write_bytes(data)
    process = lab.start('lane', '/usr/bin/python3', '-c', HELD, net.UNAPPROVED, samba.USER, samba.PASSWORD, str(path), '8')
    sensor.wait_alert(lambda a: 'vehicle-image' in a['gantry'].get('classes', []), 7)
    assert not sensor.transfers() and process.poll() is None
    process.wait(30)
    t = sensor.wait_transfer(material.sha256(data))
    assert t['file']['name'] == 'L04_held.jpg'


@pytest.mark.parametrize('dialect', ['NT1', 'SMB3_11'])
@pytest.mark.parametrize('signing', ['sign', 'off'])
def test_signing_and_the_dialect_are_told(lab, share, tmp_path, signing, dialect):
    share('outside', more='server signing = ' + ('mandatory' if signing == 'sign' else 'disabled'))
    made = pictures(tmp_path, 24000, 3)
    with net.Sensor(lab, tmp_path, events='alert,transfer,flow,stats') as sensor:
        samba.client(lab, 'lane', net.UNAPPROVED, put_all(made), f'--client-protection={signing}', dialect=dialect)
        records = sensor.finish()
    [flow] = [r for r in records if r['event']['action'] == 'flow' and r['network'].get('protocol') == 'smb']
    assert flow['gantry']['smb'] == {'dialect': '1.0' if dialect == 'NT1' else '3.1.1', 'signing': 'signed' if signing == 'sign' else 'unsigned'}
    assert len([r for r in records if r['event']['action'] == 'transfer']) == 3


@pytest.mark.parametrize('port', [139, 4455])
def test_other_ports(lab, share, sensor, tmp_path, port):
    share('outside', ports=str(port))
    made = pictures(tmp_path, 27000, 5)
    samba.client(lab, 'lane', net.UNKNOWN, put_all(made), '-p', str(port))
    come(sensor, made)


@pytest.mark.parametrize('hidden', ['server', 'client'])
def test_one_side_alone(lab, share, sensor, tmp_path, hidden):
    """What is written has its name and digest though nobody answers; of what is read nobody knows the name."""
    store = share('outside')
    made = pictures(tmp_path, 28000, 10)
    with lab.hiding(f'ip {"saddr" if hidden == "server" else "daddr"} {net.UNAPPROVED}'):
        samba.client(lab, 'lane', net.UNAPPROVED, put_all(made))
    assert len(store.get(next(iter(made)).rsplit('/', 1)[1]))
    if hidden == 'server':
        come(sensor, made)
    else:
        assert not [r for r in sensor.finish() if r['event']['action'] == 'transfer']


def test_what_the_server_copies_by_itself_is_counted(lab, share, sensor, tmp_path):
    store = share('outside')
    [(path, data)] = made = list(pictures(tmp_path, 29000, 1).items())
    name = path.rsplit('/', 1)[1]
    samba.client(lab, 'lane', net.UNKNOWN, [*put_all(dict(made)), f'scopy {name} copy.jpg'])
    assert store.get('copy.jpg') == data
    come(sensor, dict(made))
    counted = sensor.records('stats')[-1]['gantry']['stats']['smb']
    assert counted['copies'] >= 1 and counted['copied_bytes'] == len(data)


@pytest.mark.parametrize('dialect', ['NT1', 'SMB3_11'])
def test_the_list_of_shares_is_no_file(lab, share, sensor, dialect):
    share('outside')
    done = lab.run('lane', 'smbclient', '--configfile=/dev/null', '-L', net.UNAPPROVED, '-U', f'{samba.USER}%{samba.PASSWORD}', '-m', dialect,
                   '--option=client min protocol=NT1')
    assert 'plates' in done.stdout
    assert not [r for r in sensor.finish() if r['event']['action'] in ('transfer', 'alert')]


def test_many_mebibytes_in_large_pieces(lab, share, sensor, tmp_path):
    store = share('outside')
    path = tmp_path / 'large.bin'
    path.write_bytes(material.large_image(25000, 256 * 40000, 3000, 2200))
    samba.client(lab, 'lane', net.UNAPPROVED, put_all([str(path)]))
    assert store.get('large.bin') == path.read_bytes()
    come(sensor, {str(path): path.read_bytes()})


def test_an_encrypted_share_is_an_encrypted_flow_and_its_server_has_a_name(lab, share, sensor, tmp_path):
    share('outside', more='smb encrypt = required')
    made = pictures(tmp_path, 26000, 20)
    samba.client(lab, 'lane', net.UNAPPROVED, put_all(made))
    alert = sensor.wait_alert(lambda a: 'encrypted-flow' in a['gantry'].get('classes', []))
    assert alert['url']['domain'] == net.UNAPPROVED and alert['network']['protocol'] == 'smb'
    assert not [r for r in sensor.finish() if r['event']['action'] == 'transfer']


@pytest.mark.parametrize('dialect', ['NT1', 'SMB3_11'])
@pytest.mark.parametrize('how', ['put', 'get'])
def test_a_damaged_session_gives_what_is_whole_of_it(lab, share, from_a_stranger, torture, tmp_path, dialect, how):
    store = share('outside' if how == 'put' else 'lane')
    made = pictures(tmp_path, 23000, 20)
    for path, data in made.items() if how == 'get' else ():
        store.put(path.rsplit('/', 1)[1], data)
    with torture.session() as s:
        if how == 'put':
            samba.client(lab, 'lane', net.UNAPPROVED, put_all(made), dialect=dialect)
        else:
            samba.client(lab, 'outside', net.LANE, ['prompt', f'lcd {tmp_path}', 'mget *.jpg'], dialect=dialect)
    s.check({material.sha256(data) for data in made.values()})
