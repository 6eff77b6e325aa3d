# SPDX-License-Identifier: Apache-2.0
"""tools/siem/prometheus and tools/siem/grafana: every metric that they name is one that the sensor exposes; the rules pass their promtool tests,
and rules and queries of the dashboard run in Debian's Prometheus, which scrapes the sensor. Grafana itself cannot be had here."""
import json
import os
import re
import time
import urllib.parse

import lab as net
import material
import pytest
import sample
import yaml
from prometheus_client.parser import text_string_to_metric_families
from test_http import curl, server, url  # noqa: F401

HEALTH = 'health: {interval: 1 s, networks-after: 0, vlan-silence: 0}'
# Of the dashboard's queries, those that have no answer where all is well.
SILENT = {'gantry_health_warning == 1'}


def rules():
    return [r for g in yaml.safe_load(sample.read('prometheus', 'gantry.rules.yml'))['groups'] for r in g['rules']]


def dashboard():
    return json.loads(sample.read('grafana', 'gantry.json'))


def queries():
    return [t['expr'] for p in dashboard()['panels'] for t in p['targets']]


def names(expression):
    return set(re.findall(r'\bgantry_[a-z0-9_]+', expression))


@pytest.fixture(scope='module')
def scraped(lab, tmp_path_factory):
    """The sensor's metrics, {name of a sample: set of its labels}, beside the sensor, which goes on."""
    with net.Sensor(lab, tmp_path_factory.mktemp('metrics'), more=f'{HEALTH}\nmetrics: 127.0.0.1:9464', options=['-w', '2']) as sensor:
        text = lab.run('sensor', 'curl', '-sS', 'http://127.0.0.1:9464/metrics').stdout
        found = {}
        for family in text_string_to_metric_families(text):
            for s in family.samples:
                found.setdefault(s.name, set()).update(s.labels)
        yield sensor, found


def test_every_metric_that_is_named_is_exposed_and_has_the_labels_that_are_asked_for(scraped):
    _, found = scraped
    asked = set().union(*(names(r['expr']) for r in rules()), *map(names, queries()))
    assert len(asked) > 15 and not asked - set(found), asked - set(found)
    labels = set(re.findall(r'\$labels\.(\w+)', sample.read('prometheus', 'gantry.rules.yml')))
    assert labels - {'instance'} == {'warning'} and found['gantry_health_warning'] == {'warning'}
    by = {(w, n) for q in queries() for w in re.findall(r'by \(([^)]+)\)', q) for n in names(q)}
    for labels, name in by:
        assert set(labels.replace(' ', '').split(',')) <= found[name] | {'instance', 'job'}, name


def test_counters_are_asked_for_their_rate_and_gauges_are_not():
    for expression in [r['expr'] for r in rules()] + queries():
        for name in names(expression):
            assert bool(re.search(rf'(rate|increase)\({name}\[', expression)) == name.endswith('_total'), expression


def test_rules_and_dashboard_are_whole():
    every = rules()
    assert len({r['alert'] for r in every}) == len(every) == 13
    for r in every:
        assert r['labels']['severity'] in ('info', 'warning', 'critical') and {'summary', 'description'} == set(r['annotations'])
    tested = {t['alertname'] for c in yaml.safe_load(sample.read('prometheus', 'gantry.rules_test.yml'))['tests']
              for t in c['alert_rule_test']}
    assert tested == {r['alert'] for r in every}
    d = dashboard()
    assert d['uid'] and d['schemaVersion'] >= 36 and d['__inputs'][0]['pluginId'] == 'prometheus'
    places = [p['gridPos'] for p in d['panels']]
    assert len({p['id'] for p in d['panels']}) == len({p['title'] for p in d['panels']}) == len(places)
    for i, a in enumerate(places):
        assert 0 <= a['x'] and a['x'] + a['w'] <= 24
        for b in places[:i]:
            assert (a['x'] >= b['x'] + b['w'] or b['x'] >= a['x'] + a['w'] or a['y'] >= b['y'] + b['h'] or b['y'] >= a['y'] + a['h']), 'panels overlap'


@pytest.mark.peers
def test_promtool_takes_the_rules_and_their_tests_pass(tmp_path):
    folder = os.path.join(sample.SIEM, 'prometheus')
    assert '13 rules found' in net.run('promtool', 'check', 'rules', 'gantry.rules.yml', cwd=folder).stdout
    assert 'SUCCESS' in net.run('promtool', 'test', 'rules', 'gantry.rules_test.yml', cwd=folder).stdout
    for name in ('gantry.rules.yml', 'gantry.rules_test.yml'):
        (tmp_path / name).write_text(sample.read('prometheus', name).replace('gantry_health_loss_ratio > 0.001', 'gantry_health_loss_ratio > 1'))
    spoilt = net.run('promtool', 'test', 'rules', 'gantry.rules_test.yml', cwd=tmp_path, check=False)
    assert spoilt.returncode != 0 and 'GantryTrafficLost' in spoilt.stdout, 'the tests notice a rule that does not fire'


class Prometheus:
    """Debian's, beside the sensor, scraping it and one that is not there."""

    def __init__(self, lab, folder):
        self.lab = lab
        config = {'global': {'scrape_interval': '1s', 'evaluation_interval': '1s'},
                  'rule_files': [os.path.join(sample.SIEM, 'prometheus', 'gantry.rules.yml')],
                  'scrape_configs': [{'job_name': 'gantry', 'static_configs': [{'targets': ['127.0.0.1:9464', '127.0.0.1:1']}]}]}
        (folder / 'prometheus.yml').write_text(yaml.safe_dump(config))
        with open(folder / 'prometheus.log', 'w') as log:
            self.process = lab.start('sensor', 'prometheus', f'--config.file={folder}/prometheus.yml', f'--storage.tsdb.path={folder}/data',
                                     '--web.listen-address=127.0.0.1:9090', stdout=log, stderr=log)
        lab.wait_port('sensor', '127.0.0.1', 9090)

    def ask(self, path, **words):
        target = f'http://127.0.0.1:9090/api/v1/{path}?{urllib.parse.urlencode(words)}'
        answer = json.loads(self.lab.run('sensor', 'curl', '-sS', '-m', '20', target).stdout)
        assert answer['status'] == 'success', answer
        return answer['data']

    def query(self, expression):
        return self.ask('query', query=expression)['result']


@pytest.mark.peers
def test_queries_and_rules_run_in_prometheus_over_the_sensors_own_figures(lab, server, scraped, tmp_path, work):  # noqa: F811
    sensor, _ = scraped
    p = Prometheus(lab, tmp_path)
    try:
        net.wait_for(lambda: p.query('gantry_build_info'), 30, 'the first scrape')
        assert p.query('gantry_report_incidents_opened_total')[0]['value'][1] == '0'
        data = material.lane_image(4711)
        path = os.path.join(work, 'upload.jpg')
        with open(path, 'wb') as f:
            f.write(data)
        curl(lab, '-T', path, url(net.UNAPPROVED, '/in/lane.jpg'))
        sensor.wait_transfer(material.sha256(data))
        net.wait_for(lambda: p.query('increase(gantry_report_incidents_opened_total[5m]) > 0'), 30, 'the incident in the figures')
        time.sleep(3)
        for expression in queries():
            result = p.query(expression)
            assert result or expression in SILENT, expression
            assert all(float(r['value'][1]) >= 0 for r in result)
        assert float(p.query('sum by (instance) (rate(gantry_capture_bytes_total[5m])) * 8')[0]['value'][1]) > 0
        every = [r for g in p.ask('rules')['groups'] for r in g['rules']]
        assert len(every) == len(rules()) and {r['health'] for r in every} == {'ok'}
        alerts = {(a['labels']['alertname'], a['labels'].get('instance')): a['state'] for a in p.ask('alerts')['alerts']}
        assert alerts[('GantryIncident', '127.0.0.1:9464')] == 'firing' and alerts[('GantryDown', '127.0.0.1:1')] == 'pending'
        assert ('GantryDown', '127.0.0.1:9464') not in alerts and not [k for k in alerts if k[0] in ('GantryRecordsLost', 'GantryStoreFails')]
    finally:
        lab.stop(p.process)
