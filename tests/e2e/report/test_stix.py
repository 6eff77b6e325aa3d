# SPDX-License-Identifier: Apache-2.0
"""gantryctl incidents show ID --stix: bundles that other tools take."""
import copy
import json
import os
import re

import lab as net
import material
import pytest
import stix
from test_http import curl, server, url  # noqa: F401


def upload(lab, work, seed, to, name):
    data = material.lane_image(seed, 160, 120)
    path = os.path.join(work, 'upload.jpg')
    with open(path, 'wb') as f:
        f.write(data)
    curl(lab, '-T', path, url(to, f'/in/{name}'))
    return material.sha256(data), len(data)


@pytest.fixture(scope='module')
def told(lab, server, tmp_path_factory):  # noqa: F811
    """(sensor, {sha256: size} of what left, [(sha256, size)] of what was allowed) after three uploads over IPv4 and one over IPv6."""
    folder = tmp_path_factory.mktemp('stix')
    with net.Sensor(lab, folder) as sensor:
        gone = dict(upload(lab, str(folder), 100 + i, net.UNAPPROVED, f'20260531-04115{i}_L04_ABC123{i}.jpg') for i in range(3))
        six = upload(lab, str(folder), 110, net.UNAPPROVED6, 'lane.jpg')
        allowed = upload(lab, str(folder), 120, net.APPROVED, 'ok.jpg')
        for digest in [*gone, six[0], allowed[0]]:
            sensor.wait_transfer(digest)
        yield sensor, {**gone, six[0]: six[1]}, allowed


def incidents(sensor):
    return [i['id'] for i in sensor.ask('incidents', 'list', '--json')['incidents']]


def bundle_of(sensor, name):
    return json.loads(sensor.ask('incidents', 'show', name, '--stix').stdout)


def test_the_bundle_of_each_incident_is_valid_and_has_files_addresses_and_techniques(told):
    sensor, gone, allowed = told
    found = {}
    for name in incidents(sensor):
        of = stix.check(bundle_of(sensor, name))
        assert [i['name'] for i in of['identity']] == ['edge-1'] and of['identity'][0]['identity_class'] == 'system'
        assert of['incident'][0]['external_references'] == [{'source_name': 'gantry', 'external_id': name}]
        files = {f['hashes']['SHA-256']: f['size'] for f in of['file']}
        found.update(files)
        assert set(re.findall('[0-9a-f]{64}', of['indicator'][0]['pattern'])) == set(files)
        values = {a['value'] for a in of['ipv4-addr'] + of['ipv6-addr']}
        assert values in ({net.LANE, net.UNAPPROVED}, {net.LANE6, net.UNAPPROVED6})
        traffic = of['network-traffic'][0]
        assert traffic['protocols'] == ['ipv6' if net.LANE6 in values else 'ipv4', 'tcp', 'http']
        alert = sensor.wait_alert(lambda a: a['gantry']['incident']['id'] == name)
        codes = [r['external_id'] for p in of['attack-pattern'] for r in p['external_references']]
        assert codes == alert['threat']['technique']['id'] and 'T1048.003' in codes
        assert len(of['sighting']) == len(codes) and of['observed-data'][0]['number_observed'] == len(files)
        assert traffic['src_byte_count'] == sum(files.values())
    assert found == gone and allowed[0] not in found


def test_ids_stay_and_modified_moves_on_as_the_incident_grows(lab, told, work):
    sensor, _, _ = told
    name = next(i['id'] for i in sensor.ask('incidents', 'list', '--json')['incidents'] if i['destination'] == net.UNAPPROVED)
    before = bundle_of(sensor, name)
    assert bundle_of(sensor, name) == before
    digest, size = upload(lab, work, 130, net.UNAPPROVED, 'later.jpg')
    sensor.wait_transfer(digest)
    after = bundle_of(sensor, name)
    of, was = stix.check(after), {o['id']: o for o in before['objects']}
    assert set(was) <= {o['id'] for o in after['objects']} and after['id'] == before['id']
    assert {'SHA-256': digest} in [f['hashes'] for f in of['file']]
    for o in after['objects']:
        old = was.get(o['id'], o)
        assert o.get('created') == old.get('created') and o.get('modified', '') >= old.get('modified', '')
    seen = of['observed-data'][0]
    assert seen['modified'] > was[seen['id']]['modified']


def test_no_plate_is_in_a_bundle(told):
    sensor, _, _ = told
    text = ''.join(sensor.ask('incidents', 'show', name, '--stix').stdout for name in incidents(sensor))
    assert 'AB***3' in text and not re.search('ABC123', text)


def test_files_outlive_the_reporter_and_the_incidents_end(lab, server, tmp_path, work):  # noqa: F811
    with net.Sensor(lab, tmp_path) as sensor:
        digest, _ = upload(lab, work, 140, net.UNAPPROVED, 'lane.jpg')
        sensor.wait_transfer(digest)
        name = incidents(sensor)[0]
        sensor.ask('incidents', 'close', name, '--reason', 'a test')
    with net.Sensor(lab, tmp_path) as sensor:
        of = stix.check(bundle_of(sensor, name))
        assert [f['hashes']['SHA-256'] for f in of['file']] == [digest]
        assert 'closed because: a test' in of['note'][0]['content']


def test_what_cannot_be_asked_is_refused(told):
    sensor, _, _ = told
    for words in (('list', '--stix'), ('show', 'x', '--stix', '--json'), ('mutes', '--stix')):
        refused = sensor.ask('incidents', *words, check=False)
        assert refused.returncode == 2 and '--stix goes with show alone' in refused.stderr
    none = sensor.ask('incidents', 'show', '00000000-0000-8000-8000-000000000000', '--stix', check=False)
    assert none.returncode == 1 and 'there is no incident' in none.stderr and none.stdout == ''


@pytest.mark.parametrize('wrong, says', [
    (lambda of: of['observed-data'][0].pop('number_observed'), 'lacks'),
    (lambda of: of['observed-data'][0].update(number_observed=0), 'number_observed'),
    (lambda of: of['file'][0].update(hashes={'SHA-256': '0' * 64}), 'is not made from'),
    (lambda of: of['file'][0].update(created='2026-01-01T00:00:00.000Z'), 'has more'),
    (lambda of: of['network-traffic'][0].update(src_ref=of['identity'][0]['id']), 'leads to a identity'),
    (lambda of: of['relationship'][0].update(target_ref='observed-data--' + '0' * 36), 'leads nowhere'),
    (lambda of: of['relationship'][0].update(relationship_type='uses'), 'no such relationship'),
    (lambda of: of['incident'][0].update(created='2026-01-01T00:00:00Z'), 'created or modified'),
    (lambda of: of['incident'][0].update(x_verdict='unknown'), 'has more'),
    (lambda of: of['attack-pattern'][0]['external_references'][0].update(external_id='1048'), 'the technique'),
    (lambda of: of['note'][0].update(content=''), 'is empty'),
    (lambda of: of['indicator'][0].update(pattern="[file:name = 'x']"), 'the pattern')])
def test_a_bundle_that_is_not_as_published_is_found(told, wrong, says):
    sensor, _, _ = told
    bundle = copy.deepcopy(bundle_of(sensor, incidents(sensor)[0]))
    wrong(stix.check(bundle))
    with pytest.raises(stix.Wrong, match=says):
        stix.check(bundle)
