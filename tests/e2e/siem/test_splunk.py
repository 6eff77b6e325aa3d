# SPDX-License-Identifier: Apache-2.0
"""tools/siem/splunk over real records. Splunk cannot be had here: this reads props and transforms as its manual describes them, as far as
they are used (TIME_PREFIX and TIME_FORMAT, KV_MODE json, REPORT with REGEX and FORMAT, FIELDALIAS, EVAL of case), and holds the result against
the fields that the Common Information Model asks for."""
import configparser
import datetime
import json
import re

import pytest
import sample

# Fields of the CIM's data models as its manual has them, with values where it prescribes them.
SEVERITIES = {'critical', 'high', 'medium', 'low', 'informational'}
DLP = {'action', 'app', 'category', 'dest', 'dlp_type', 'dvc', 'object', 'object_category', 'object_path', 'severity', 'signature',
       'signature_id', 'src', 'src_user', 'user', 'vendor_product'}
TRAFFIC = {'src', 'dest', 'src_port', 'dest_port', 'transport', 'dvc', 'vendor_product'}
TAGS = {'dlp', 'incident', 'network', 'communicate'}


def conf(name):
    parser = configparser.RawConfigParser(strict=True, delimiters=('=',), comment_prefixes=('#',), interpolation=None)
    parser.optionxform = str
    parser.read_string(sample.read('splunk', name))
    return parser


def kv_json(record, prefix=''):
    """KV_MODE = json: dots between names, {} behind the name of a list."""
    out = {}
    for key, value in record.items():
        if isinstance(value, dict):
            out.update(kv_json(value, f'{prefix}{key}.'))
        elif isinstance(value, list):
            out[f'{prefix}{key}{{}}'] = [str(v) for v in value]
        elif value is not None:
            out[prefix + key] = str(value)
    return out


def run_report(line, stanza):
    t = conf('transforms.conf')[stanza]
    out = {}
    for match in re.finditer(t['REGEX'], line):
        for pair in t['FORMAT'].split():
            name, value = (re.sub(r'\$(\d)', lambda m: match[int(m[1])], side) for side in pair.split('::'))
            out.setdefault(name, value)
    return out


def term(text, fields):
    text = text.strip()
    if text == 'null()':
        return None
    if text[0] == '"':
        return text[1:-1]
    first = re.fullmatch(r"mvindex\('([^']+)', 0\)", text)
    value = fields.get(first[1] if first else text.strip("'"))
    return value[0] if first and value else value


def evaluate(text, fields):
    """A constant, or case() of comparisons with constants."""
    if not text.startswith('case('):
        return term(text, fields)
    parts = re.findall(r"\s*((?:\"[^\"]*\"|\([^)]*\)|[^,(\"])+)(?:,|$)", text[len('case('):-1])
    for condition, value in zip(parts[::2], parts[1::2]):
        match = re.fullmatch(r"'([^']+)'(=|>=)(\"[^\"]*\"|\d+)", condition.strip())
        assert match or condition.strip() == 'true()', f'a condition that this does not read: {condition}'
        have = fields.get(match[1]) if match else None
        if not match or (have is not None and (have == match[3].strip('"') if match[2] == '=' else float(have) >= float(match[3]))):
            return term(value, fields)
    return None


def search_fields(line, sourcetype):
    """The fields of one event as a search has them: extraction, then aliases, then calculated fields."""
    props = conf('props.conf')[sourcetype]
    fields = {}
    if props['KV_MODE'] == 'json':
        fields.update(kv_json(json.loads(line)))
    for key in sorted(k for k in props if k.startswith('REPORT-')):
        fields.update(run_report(line, props[key]))
    for key in (k for k in props if k.startswith('FIELDALIAS-')):
        for original, alias in re.findall(r'(\S+) AS (\S+)', props[key]):
            if original in fields:
                fields[alias] = fields[original]
    before = dict(fields)
    for key in (k for k in props if k.startswith('EVAL-')):
        value = evaluate(props[key], before)
        if value is not None:
            fields[key[len('EVAL-'):]] = value
    return fields


def time_of(line, sourcetype):
    props = conf('props.conf')[sourcetype]
    begin = re.search(props['TIME_PREFIX'], line).end()
    text = re.match(r'[0-9T:.-]+Z', line[begin:begin + int(props['MAX_TIMESTAMP_LOOKAHEAD'])])[0]
    return datetime.datetime.strptime(text, props['TIME_FORMAT'].replace('%6N', '%f').replace('%Z', 'Z'))


def tags_of(fields, sourcetype):
    types, tags, out = conf('eventtypes.conf'), conf('tags.conf'), set()
    for name in types.sections():
        terms = dict(t.split('=') for t in types[name]['search'].split())
        assert terms.pop('sourcetype') in conf('props.conf').sections()
        if f'sourcetype={sourcetype}' in types[name]['search'] and all(
                k in fields and v in ('*', fields[k]) for k, v in terms.items()):
            out |= {t for t, on in tags[f'eventtype={name}'].items() if on == 'enabled'}
    return out


def test_the_files_refer_to_what_is_there():
    props, transforms = conf('props.conf'), conf('transforms.conf')
    for section in props.sections():
        for key, value in props[section].items():
            if key.startswith('REPORT-'):
                assert value in transforms.sections()
    types, tags = conf('eventtypes.conf'), conf('tags.conf')
    assert sorted(tags.sections()) == sorted(f'eventtype={t}' for t in types.sections())
    assert {t for s in tags.sections() for t in tags[s]} == TAGS


def test_times_are_read_to_the_microsecond():
    for line, syslog, record in zip(sample.lines('json'), sample.lines('rfc5424'), sample.records()):
        for text, sourcetype in ((line, 'gantry:json'), (syslog, 'gantry:syslog')):
            got = time_of(text, sourcetype).isoformat(timespec='microseconds')
            assert sourcetype == 'gantry:syslog' or f'{got}Z' == record['@timestamp']
            assert re.fullmatch(r'2026-11-23T08:01:4\d\.\d{6}', got)


def test_an_alert_has_what_the_model_of_data_loss_asks_for():
    for record in sample.alerts():
        fields = search_fields(json.dumps(record), 'gantry:json')
        assert fields['severity'] in SEVERITIES and fields['severity'] == 'critical'
        assert fields['src'] == record['source']['ip'] and fields['dest'] == record['destination']['ip']
        assert fields['object'] == record['file']['name'] and fields['object_category'] == record['gantry']['classes'][0]
        assert fields['signature'] == record['rule']['name'] and fields['category'] == record['gantry']['verdict']
        assert fields['vendor_product'] == 'Gantry' and fields['dlp_type'] == 'network' and fields['action'] == 'allowed'
        assert fields['mitre_technique_id'] == record['threat']['technique']['id'] and fields['dvc'] == 'edge-1'
        assert tags_of(fields, 'gantry:json') == {'dlp', 'incident'}
        assert not DLP - set(fields) - {'user', 'src_user', 'object_path'}, 'those three are there where a protocol says them'


def test_syslog_gives_the_same_of_an_alert():
    alerts = [line for line in sample.lines('rfc5424') if ' incident="' in line]
    assert len(alerts) == len(sample.alerts())
    for line, record in zip(alerts, sample.alerts()):
        fields = search_fields(line, 'gantry:syslog')
        want = search_fields(json.dumps(record), 'gantry:json')
        for name in DLP - {'category', 'action', 'object_category', 'user'}:
            assert fields.get(name) == want.get(name), name
        assert fields['incident'] == record['gantry']['incident']['id'] and fields['gantry_kind'] == record['gantry']['incident']['state'].upper()
        assert tags_of(fields, 'gantry:syslog') == {'dlp', 'incident'}


def test_flows_are_traffic_and_transfers_and_figures_have_no_tag():
    seen = set()
    for record in sample.records():
        fields, action = search_fields(json.dumps(record), 'gantry:json'), record['event']['action']
        if action == 'flow':
            assert tags_of(fields, 'gantry:json') == {'network', 'communicate'} and not TRAFFIC - set(fields)
        elif action != 'alert':
            assert tags_of(fields, 'gantry:json') == set() and 'action' not in fields and fields['severity'] == 'informational'
        seen.add(action)
    assert seen == {'alert', 'transfer', 'flow', 'stats'}


@pytest.mark.parametrize('severity, expected', [(1, 'low'), (3, 'low'), (4, 'medium'), (6, 'medium'), (7, 'high'), (8, 'high'), (9, 'critical')])
def test_severities_have_their_words(severity, expected):
    record = json.loads(json.dumps(sample.alerts()[0]))
    record['event']['severity'] = severity
    assert search_fields(json.dumps(record), 'gantry:json')['severity'] == expected


def test_what_a_sender_writes_into_a_name_makes_no_field():
    line = next(line for line in sample.lines('rfc5424') if ' incident="' in line)
    forged = re.sub(r' file="[^"]*"', lambda _: r' file="x\" verdict=\"approved\" y=\"\]"', line)
    assert forged != line
    fields = search_fields(forged, 'gantry:syslog')
    assert fields['verdict'] != 'approved' and 'y' not in fields and fields['file'].startswith('x')
