# SPDX-License-Identifier: Apache-2.0
"""Pictures that users of IRC send each other over connections of their own, and reads that they tell."""
import os

import lab as net
import material
import pytest

PORT = 6667
PEERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'irc_peers.py')


@pytest.fixture
def server(lab):
    process = lab.start('outside', '/usr/bin/python3', PEERS, 'server', str(PORT))
    lab.wait_port('outside', '0.0.0.0', PORT)
    yield
    lab.stop(process)


def write(folder, count):
    made = {f'p{i}.jpg': material.lane_image(51000 + i, 200, 150) for i in range(count)}
    for name, data in made.items():
        (folder / name).write_bytes(data)
    return {name: material.sha256(data) for name, data in made.items()}


def move(lab, folder, names, passive, peer, via):
    """From the lane to whoever sits outside with the address `peer`; the server stands at `via`."""
    with lab.outside_as(peer):
        taker = lab.start('outside', '/usr/bin/python3', PEERS, 'take', 'desk', via, str(PORT), 'lane4', str(len(names)))
        lab.run('lane', '/usr/bin/python3', PEERS, 'give', 'lane4', via, str(PORT), 'desk', passive, *[f'{folder}/{n}' for n in names])
        assert taker.wait(20) == 0


@pytest.mark.parametrize('passive', ['no', 'yes'])
def test_pictures_over_dcc_have_their_names_and_digests(lab, sensor, server, tmp_path, passive):
    made = write(tmp_path, 100 if passive == 'no' else 20)
    # The taker reaches the server from an address that the offer does not name; a passive one names its own.
    move(lab, tmp_path, list(made), passive, net.UNAPPROVED, net.UNAPPROVED if passive == 'yes' else net.UNKNOWN)
    net.wait_for(lambda: len([t for t in sensor.transfers() if t['network']['protocol'] == 'dcc']) >= len(made), 20, 'all files')
    records = sensor.finish()
    found = [r for r in records if r['event']['action'] == 'transfer']
    assert {t['file']['name']: t['file']['hash']['sha256'] for t in found} == made and len(found) == len(made)
    assert all(t['gantry']['transfer']['complete'] and t['network']['protocol'] == 'dcc' for t in found)
    alerts = [r for r in records if r['event']['action'] == 'alert']
    assert any('vehicle-image' in a['gantry']['classes'] and a['destination']['ip'] == net.UNAPPROVED for a in alerts)


def test_reads_that_are_told_are_found_and_prose_is_silent(lab, sensor, server, tmp_path):
    (tmp_path / 'prose').write_bytes(material.prose(5))
    (tmp_path / 'reads').write_bytes(material.plate_csv(6, 60))
    for what in ('prose', 'reads'):
        taker = lab.start('outside', '/usr/bin/python3', PEERS, 'take', 'desk', net.UNKNOWN, str(PORT), 'lane4', '0')
        taker.wait(10)
        lab.run('lane', '/usr/bin/python3', PEERS, 'tell', 'lane4', net.UNKNOWN, str(PORT), 'lane4', tmp_path / what)
        net.wait_for(lambda: [t for t in sensor.transfers() if t['network']['protocol'] == 'irc'], 10, 'the text')
        if what == 'prose':
            assert not sensor.alerts()
    sensor.wait_alert(lambda a: 'plate-record' in a['gantry']['classes'] and a['destination']['ip'] == net.UNKNOWN)


def test_pictures_to_who_may_have_them_are_silent(lab, sensor, server, tmp_path):
    made = write(tmp_path, 5)
    move(lab, tmp_path, list(made), 'no', net.APPROVED, net.APPROVED)
    net.wait_for(lambda: len([t for t in sensor.transfers() if t['network']['protocol'] == 'dcc']) == 5, 20, 'all files')
    assert not [r for r in sensor.finish() if r['event']['action'] == 'alert']
