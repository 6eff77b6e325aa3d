# SPDX-License-Identifier: Apache-2.0
"""What the configuration says of one and the same capture: an image to 198.51.100.20 and one to 192.0.2.20 over HTTP, plate
reads to 203.0.113.9 over FTP, a letter there over HTTP."""
import json
import os
import subprocess

import lab as net
import pytest

CAPTURE = os.path.join(net.ROOT, 'tools', 'sample', 'lane-upload.pcap')
NETWORKS = 'image-networks: [{name: lanes, prefixes: [10.40.0.0/16]}]\n'
WHEN = 'from: 2026-01-01, until: 2026-12-31'


@pytest.fixture
def judge(tmp_path):
    def run(partners='', networks=NETWORKS, words=()):
        config = tmp_path / 'gantry.yaml'
        config.write_text(f'sensor: {{name: e}}\n{networks}rules: [{net.ROOT}/rules]\n{partners}')
        out = subprocess.run([net.GANTRY, '-q', '-c', config, '-r', CAPTURE, '-o', 'json:-', '--events',
                              'alert,transfer,stats', *words], capture_output=True, text=True, timeout=30)
        assert out.returncode == 0, out.stderr
        records = [json.loads(line) for line in out.stdout.splitlines()]
        alerts = {(a['destination']['ip'], a['gantry']['classes'][0]): a['gantry'] for a in records
                  if a['event']['action'] == 'alert' and a['gantry']['incident']['state'] == 'closed'}
        transfers = {t['destination']['ip']: t['gantry'] for t in records if t['event']['action'] == 'transfer'
                     and t['gantry']['classes']}
        return alerts, transfers, records
    return run


def partner(contract='', prefixes='192.0.2.0/24', more=''):
    contracts = f', contracts: [{{id: C-1, {contract}}}]' if contract else ''
    return f'partners: [{{name: P, prefixes: [{prefixes}]{more}{contracts}}}]\n'


def test_without_partners_everybody_outside_is_unknown(judge):
    alerts, transfers, _ = judge()
    assert {t['verdict'] for t in transfers.values()} == {'unknown'}
    assert {k[0] for k in alerts} == {'192.0.2.20', '198.51.100.20', '203.0.113.9'}


def test_a_contract_over_the_class_approves_and_the_others_still_alert(judge):
    alerts, transfers, _ = judge(partner(f'{WHEN}, classes: [image, vehicle-image]'))
    assert transfers['192.0.2.20']['verdict'] == 'approved'
    assert {k[0] for k in alerts} == {'198.51.100.20', '203.0.113.9'}


def test_a_class_outside_the_contract_is_a_breach_and_the_one_inside_is_not(judge):
    alerts, transfers, _ = judge(partner(f'{WHEN}, classes: [image]'))
    ours = {k[1]: a for k, a in alerts.items() if k[0] == '192.0.2.20'}
    assert set(ours) == {'vehicle-image'}
    assert ours['vehicle-image']['verdict'] == 'breach' and ours['vehicle-image']['contract'] == 'C-1'
    assert ours['vehicle-image']['term'] == 'class' and 'vehicle-image' in ours['vehicle-image']['reason']
    assert ours['vehicle-image']['incident']['bytes'] > 60000


def test_a_protocol_outside_the_contract_is_a_breach(judge):
    alerts, transfers, _ = judge(partner(f'{WHEN}, classes: [image, vehicle-image], protocols: [TLS, SSH]'))
    assert transfers['192.0.2.20']['verdict'] == 'breach'
    assert alerts['192.0.2.20', 'vehicle-image']['term'] == 'protocol'
    alerts, transfers, _ = judge(partner(f'{WHEN}, classes: [image, vehicle-image], protocols: [TLS, HTTP]'))
    assert transfers['192.0.2.20']['verdict'] == 'approved'


def test_a_contract_that_is_over_or_not_yet_begun_leaves_the_partner_unapproved(judge):
    for when in ('from: 2025-01-01, until: 2026-11-22', 'from: 2026-11-24, until: 2027-01-01'):
        alerts, transfers, _ = judge(partner(f'{when}, classes: [image, vehicle-image]'))
        assert transfers['192.0.2.20']['verdict'] == 'unapproved'
        assert ('192.0.2.20', 'vehicle-image') in alerts
    _, transfers, _ = judge(partner('from: 2026-11-23, until: 2026-11-23, classes: [image, vehicle-image]'))
    assert transfers['192.0.2.20']['verdict'] == 'approved', 'first and last day belong to the contract'


def test_a_partner_without_a_contract_is_unapproved(judge):
    _, transfers, _ = judge(partner())
    assert transfers['192.0.2.20']['verdict'] == 'unapproved' and transfers['192.0.2.20']['partner'] == 'P'


def test_the_longest_prefix_wins(judge):
    _, transfers, _ = judge('internal-networks: [192.0.2.0/24]\n' + partner(prefixes='192.0.2.16/28'))
    assert transfers['192.0.2.20']['verdict'] == 'unapproved'
    _, transfers, _ = judge('internal-networks: [192.0.2.20/32]\n' + partner(prefixes='192.0.2.0/24'))
    assert '192.0.2.20' not in transfers, 'internal: not looked into'


def test_what_belongs_to_no_image_network_is_counted_and_not_looked_into(judge):
    alerts, transfers, records = judge(networks='image-networks: [{name: x, prefixes: [10.99.0.0/16]}]\n')
    assert (alerts, transfers) == ({}, {})
    stats = [r for r in records if r['event']['action'] == 'stats'][-1]['gantry']['stats']
    assert stats['flow']['ignored'] == stats['flow']['opened'] > 0


def test_inspect_all_records_it_and_still_does_not_alert(judge):
    alerts, transfers, _ = judge(networks='image-networks: [{name: x, prefixes: [10.99.0.0/16]}]\n', words=['--inspect-all'])
    assert alerts == {} and len(transfers) == 3
