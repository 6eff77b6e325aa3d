# SPDX-License-Identifier: Apache-2.0
"""gantryctl policy check and explain: what they say of a configuration, with and without a running sensor."""
import datetime
import json
import os
import signal
import subprocess

import lab as net
import material
import pytest
from test_store import server  # noqa: F401

TODAY = datetime.datetime.now(datetime.timezone.utc).date()
GOOD = '''sensor: {{name: e, control: {folder}/none}}
image-networks:
  - {{name: lanes, prefixes: [10.40.0.0/16]}}
internal-networks: [10.0.0.0/8]
partners:
  - name: Plate Systems
    prefixes: [198.51.100.0/24]
    domains: ["*.platesystems.example"]
    contracts:
      - id: HSBP-0042
        from: 2026-01-01
        until: 2098-12-31
        classes: [plate-record]
        protocols: [TLS, SSH]
        hours: "Mon-Fri 07:00-19:00 America/Chicago"
        per-day:
          objects: 50
rules: [{root}/rules]
'''


@pytest.fixture
def policy(tmp_path):
    """gantryctl policy over this configuration: the finished process, or its document with --json."""
    def run(text, verb, *words):
        config = tmp_path / 'gantry.yaml'
        config.write_text(text.format(root=net.ROOT, folder=tmp_path))
        out = subprocess.run([net.GANTRYCTL, 'policy', verb, '-c', config, *words], capture_output=True, text=True, timeout=60)
        if '--json' in words and out.stdout:
            return json.loads(out.stdout)
        out.stdout = out.stdout.replace(f'{tmp_path}/', '')
        return out
    return run


def kinds(document):
    return [(f['kind'], f.get('contract') or f.get('partner')) for f in document['findings']]


# --- check ---

def test_check_has_nothing_to_say_of_a_policy_in_order(policy):
    out = policy(GOOD, 'check')
    assert (out.returncode, out.stdout) == (0, 'nothing to look after\n')
    assert 'no sensor answers, so it is not known which contracts were used' in out.stderr
    assert policy(GOOD, 'check', '--json') == {'findings': [], 'use_known': False}


def test_check_names_what_somebody_should_look_after_with_file_and_line(policy):
    soon = TODAY + datetime.timedelta(days=20)
    text = GOOD.replace('2098-12-31', str(soon)).replace('198.51.100.0/24]', '198.51.100.0/24, 203.0.113.0/24]').replace(
        'internal-networks: [10.0.0.0/8]', 'internal-networks: [10.0.0.0/8, 203.0.113.0/25, 203.0.113.128/25]').replace(
        'classes: [plate-record]', 'classes: [plate-record, canary-of-ours]').replace('rules:', '''  - name: Acme Towing
    prefixes: [192.0.2.0/24]
  - name: Past
    prefixes: [192.0.3.0/24]
    contracts: [{{id: OLD, from: 2020-01-01, until: 2020-12-31, classes: [plate-record]}}]
rules:''')
    out = policy(text, 'check')
    assert out.returncode == 1
    lines = out.stdout.splitlines()
    assert [line.split(': ')[0] for line in lines] == ['gantry.yaml:13', 'gantry.yaml:22', 'gantry.yaml:12', 'gantry.yaml:18',
                                                       'gantry.yaml:20', 'gantry.yaml:7']
    assert 'no rule has the class "canary-of-ours"' in lines[0] and 'contract OLD ended on 2020-12-31' in lines[1]
    assert f'contract HSBP-0042 of Plate Systems ends on {soon}' in lines[2]
    assert lines[3].endswith('partner Acme Towing has no contract: all that rules find on its way there alerts; '
                             'add one, or leave it so')
    assert 'partner Past has no valid contract' in lines[4] and '203.0.113.0/24 of Plate Systems is never the longest' in lines[5]
    document = policy(text, 'check', '--json')
    assert kinds(document) == [('warning', None), ('warning', None), ('ends', 'HSBP-0042'), ('no-contract', 'Acme Towing'),
                               ('no-contract', 'Past'), ('unreachable', None)]
    assert document['findings'][2]['line'] == 12 and document['findings'][2]['partner'] == 'Plate Systems'


def test_check_of_a_configuration_that_does_not_load_says_why(policy):
    out = policy(GOOD.replace('Chicago', 'Chicgo'), 'check')
    assert out.returncode == 1
    assert out.stdout == ('gantry.yaml:15: error: hours: there is no time zone "America/Chicgo"; did you mean '
                          'America/Chicago?\n')
    out = policy(GOOD.replace('rules:', '  - {{name: B, prefixes: [198.51.100.128/25]}}\nrules:'), 'check')
    assert out.returncode == 1 and 'overlapping partners' in out.stdout


# --- explain ---

def test_explain_names_the_line_of_each_term(policy):
    out = policy(GOOD, 'explain', '--at', '2026-05-30T08:12:00Z', '10.40.3.7', '198.51.100.20', 'vehicle-image', 'HTTP')
    assert out.returncode == 0
    assert out.stdout == '''10.40.3.7 belongs to the image network lanes (10.40.0.0/16)  gantry.yaml:3
198.51.100.20 belongs to the partner Plate Systems (198.51.100.0/24)  gantry.yaml:7

contract HSBP-0042  gantry.yaml:10
  dates             holds      2026-01-01 to 2098-12-31 (America/Chicago)  gantry.yaml:12
  class             broken     plate-record  gantry.yaml:13
  protocol          broken     TLS, SSH  gantry.yaml:14
  hours             broken     Mon-Fri 07:00-19:00 America/Chicago  gantry.yaml:15
  per-day objects   not asked  at most 50  gantry.yaml:17

verdict  breach: class vehicle-image is not in contract HSBP-0042; protocol HTTP is not in it; Sat 2026-05-30 03:12 is outside \
its hours (Mon-Fri 07:00-19:00 America/Chicago)
alert    yes
'''


def test_explain_says_what_is_approved_and_that_it_does_not_alert(policy):
    document = policy(GOOD, 'explain', '--json', '--at', '2026-05-29', '10.40.3.7', '198.51.100.20', 'plate-record', 'TLS.Dropbox')
    assert document['verdict'] == 'approved' and document['alert'] is False and document['broken'] == []
    assert document['contract'] == 'HSBP-0042' and document['contracts'][0]['line'] == 10
    assert {t['term']: t['state'] for t in document['contracts'][0]['terms']} == {
        'dates': 'holds', 'class': 'holds', 'protocol': 'holds', 'hours': 'holds', 'per-day objects': 'not asked'}
    assert document['destination'] == {'asked': '198.51.100.20', 'kind': 'partner', 'name': 'Plate Systems', 'line': 7,
                                       'prefix': '198.51.100.0/24', 'file': document['source']['file']}


@pytest.mark.parametrize('source, destination, verdict, alert', [
    ('10.40.3.7', '8.8.8.8', 'unknown', True),
    ('10.40.3.7', '10.9.0.1', 'internal', False),
    ('10.9.0.1', '8.8.8.8', 'unknown', False),
    ('198.51.100.20', '10.40.3.7', 'internal', False),
    ('10.40.3.7', 'x.platesystems.example', 'approved', False),
    ('10.40.3.7', 'elsewhere.example', 'unknown', True),
])
def test_explain_knows_whose_addresses_and_names_alert(policy, source, destination, verdict, alert):
    document = policy(GOOD, 'explain', '--json', '--at', '2026-05-29', source, destination)
    assert (document['verdict'], document['alert']) == (verdict, alert)


def test_explain_of_a_name_says_whose_it_is_and_that_it_never_makes_a_verdict_better(policy):
    out = policy(GOOD, 'explain', '10.40.3.7', 'x.platesystems.example')
    assert 'x.platesystems.example is a name of the partner Plate Systems (*.platesystems.example)  gantry.yaml:8' in out.stdout
    assert 'it can only make a verdict worse' in out.stdout


@pytest.mark.parametrize('words, status, text', [
    (['10.40.3.7'], 2, 'name SRC and DST'),
    (['lanes', '8.8.8.8'], 1, '"lanes" is no address'),
    (['10.40.3.7', '*.x.example'], 1, 'it stands for many names'),
    (['10.40.3.7', '8.8.8.8', 'vehicle-imgae'], 1, 'did you mean vehicle-image?'),
    (['10.40.3.7', '8.8.8.8', 'vehicle-image', 'HTPP'], 1, 'nDPI knows no protocol "HTPP"'),
    (['--at', 'noon', '10.40.3.7', '8.8.8.8'], 1, 'write it like 2026-05-30T03:12:00Z'),
    (['--at', '2263-01-01', '10.40.3.7', '8.8.8.8'], 1, '"2263-01-01" is beyond what the sensor\'s clock counts'),
    (['--at', '9999-12-31T23:59:59Z', '10.40.3.7', '8.8.8.8'], 1, 'name a year from 1970 to 2261'),
    (['--at', '1969-12-31', '10.40.3.7', '8.8.8.8'], 1, 'name a year from 1970 to 2261'),
])
def test_a_question_that_cannot_be_answered_is_told_with_the_mend(policy, words, status, text):
    out = policy(GOOD, 'explain', *words)
    assert out.returncode == status and text in out.stderr and out.stdout == ''


def test_the_ends_of_time_that_can_be_asked_about(policy):
    always = GOOD.replace('2098-12-31', '9999-12-31').replace('2026-01-01', '0001-01-01')
    for at, verdict in (('1970-01-01', 'unapproved'), ('2261-12-31', 'unapproved'), ('2098-12-31', 'approved')):
        out = policy(GOOD, 'explain', '--json', '--at', at + 'T16:00', '10.40.3.7', '198.51.100.20', 'plate-record', 'TLS')
        assert (at, out['verdict']) == (at, verdict)
    out = policy(always, 'explain', '--at', '2261-12-31T16:00', '10.40.3.7', '198.51.100.20', 'plate-record', 'TLS')
    assert 'dates             holds      0001-01-01 to 9999-12-31' in out.stdout


# --- with the sensor that runs ---

def test_the_running_sensor_knows_what_was_used_and_how_much_of_a_limit_is_left(lab, server, tmp_path):
    sensor = net.Sensor(lab, tmp_path)
    text = open(sensor.config).read().replace('{id: BL-1,', '{id: BL-1, per-day: {objects: 2},').replace('2020-12-31', '2098-12-31')
    open(sensor.config, 'w').write(text)
    question = ['policy', 'explain', '--json', '-c', sensor.config, net.LANE, net.APPROVED, 'vehicle-image']

    def unused():
        out = sensor.ask('policy', 'check', '-c', sensor.config, '--json', check=False)
        document = json.loads(out.stdout)
        assert document['use_known'] is True
        return [f['contract'] for f in document['findings'] if f['kind'] == 'never-used']

    def send(n):
        path = tmp_path / f'u{n}.jpg'
        path.write_bytes(material.lane_image(7000 + n, 160, 120))
        lab.run('lane', 'curl', '-sS', '--fail', '-T', str(path), f'http://{net.APPROVED}:8080/u{n}.jpg')

    with sensor:
        assert unused() == ['BL-1', 'PS-9']
        send(1)
        net.wait_for(lambda: unused() == ['PS-9'], 10, 'the use of BL-1')
        answer = sensor.ask(*question)
        assert answer['verdict'] == 'approved' and answer['contracts'][0]['terms'][-1]['says'] == '2 of 2 with this one'
        os.kill(sensor.reporter(), signal.SIGKILL)
        net.wait_for(sensor.reporter, 30, 'the reporter')
        send(2)
        net.wait_for(lambda: sensor.ask(*question)['broken'] == ['per-day objects'], 10, 'the limit')
        assert sensor.ask(*question)['reason'] == 'contract BL-1: 3 objects today, limit 2'
        assert sensor.alerts() == [], 'two are allowed'
        send(3)
        alert = net.wait_for(sensor.alerts, 10, 'an alert')[0]
        assert alert['gantry']['terms'] == ['per-day objects'] and alert['gantry']['verdict'] == 'breach'
