# SPDX-License-Identifier: Apache-2.0
"""tools/siem/wazuh over real records. Wazuh is not in Debian: this reads its decoders and rules as its manual describes them
(prematch, child decoders with PCRE2 and order; decoded_as, if_sid, field; of siblings the highest level first)."""
import re
import xml.etree.ElementTree as ET

import pytest
import sample

FILES = {'gantry_decoders.xml': 'decoder', 'gantry_rules.xml': 'group'}
TAGS = {'decoder': {'parent', 'prematch', 'regex', 'order'},
        'rule': {'decoded_as', 'if_sid', 'field', 'description', 'group', 'mitre'}}


def tree(name):
    """Wazuh's files have several roots."""
    return ET.fromstring(f'<all>{sample.read("wazuh", name)}</all>')


def decode_cef(line):
    """What the decoders make of a line behind its syslog header, or None."""
    decoders = tree('gantry_decoders.xml').findall('decoder')
    parents = [d for d in decoders if d.find('parent') is None]
    for parent in parents:
        if not re.search(parent.findtext('prematch'), line):
            continue
        found = {}
        for child in decoders:
            if child.findtext('parent') != parent.get('name'):
                continue
            match = re.search(child.findtext('regex'), line)
            order = [name.strip() for name in child.findtext('order').split(',')]
            if match:
                assert len(match.groups()) == len(order), child.get('name')
                found.update(zip(order, match.groups()))
        return parent.get('name'), found
    return None


def decode_json(record):
    """As the decoder json: texts by dotted names, lists with commas between."""
    def text(value):
        return ','.join(map(str, value)) if isinstance(value, list) else str(value)
    return 'json', {k: text(v) for k, v in sample.flat(record).items() if v is not None}


def fits(rule, decoder, fields, above):
    wanted = rule.findtext('decoded_as')
    parents = [s.strip() for s in (rule.findtext('if_sid') or '').split(',') if s.strip()]
    return ((wanted is None or wanted == decoder) and (above in parents if parents else above is None) and
            all(re.search(f.text, fields.get(f.get('name'), '')) for f in rule.findall('field')))


def judge(decoded):
    """The rule that Wazuh would alert with: the deepest that fits, of siblings the one of the highest level."""
    if decoded is None:
        return None
    rules = sorted(tree('gantry_rules.xml').iter('rule'), key=lambda r: -int(r.get('level')))
    last = None
    while True:
        above = last.get('id') if last is not None else None
        following = next((r for r in rules if fits(r, *decoded, above)), None)
        if following is None:
            return last
        last = following


def number(rule):
    return rule.get('id') if rule is not None else None


def test_the_files_have_no_more_than_wazuh_knows_and_refer_to_what_is_there():
    for name, root in FILES.items():
        assert {e.tag for e in tree(name)} == {root}
    decoders, rules = list(tree('gantry_decoders.xml')), list(tree('gantry_rules.xml').iter('rule'))
    names, numbers = [d.get('name') for d in decoders], [r.get('id') for r in rules]
    assert len(names) == len(set(names)) and len(numbers) == len(set(numbers)) and len(rules) > 6
    for d in decoders:
        assert {e.tag for e in d} <= TAGS['decoder'] and d.findtext('parent') in [None, *names]
        assert all(e.get('type') == 'pcre2' for e in d if e.tag in ('prematch', 'regex'))
    for r in rules:
        assert {e.tag for e in r} <= TAGS['rule'] and r.findtext('description') and 0 <= int(r.get('level')) <= 15
        assert 100000 <= int(r.get('id')) < 120000
        for parent in (r.findtext('if_sid') or '').replace(',', ' ').split():
            assert parent in numbers
        assert all(re.fullmatch(r'T\d{4}(\.\d{3})?', i.text) for i in r.iter('id'))


def test_the_fields_of_cef_are_those_of_json():
    cef = [decode_cef(line) for line in sample.lines('cef')]
    whole = [decode_json(r)[1] for r in sample.records()]
    assert len(cef) == len(whole) and all(cef)
    checked = 0
    for (_, fields), want in zip(cef, whole):
        if want['event.action'] != 'alert':
            continue
        for name, value in fields.items():
            assert want.get(name) == value, name
            checked += 1
        assert {'event.severity', 'rule.id', 'source.ip', 'destination.ip', 'gantry.incident.id', 'gantry.verdict',
                'gantry.classes'} <= set(fields)
        assert ('gantry.partner' in fields) == (want.get('gantry.partner') is not None)
    assert checked > 40


def test_each_alert_gets_its_rule_in_both_forms_and_other_records_none():
    said = []
    for line, record in zip(sample.lines('cef'), sample.records()):
        by_json, by_cef = number(judge(decode_json(record))), number(judge(decode_cef(line)))
        if record['event']['action'] == 'alert':
            state, verdict = record['gantry']['incident']['state'], record['gantry']['verdict']
            expected = '110020' if state == 'closed' else '110013' if verdict == 'unapproved' else '110012'
            assert by_json == by_cef == expected
            said.append(expected)
        else:
            assert (by_json, by_cef) == ('110001', '110000'), 'level 0: no alert'
    assert {'110020', '110013', '110012'} == set(said)


@pytest.mark.parametrize('change, expected', [
    ({'gantry.classes': 'traveller-record'}, '110014'),
    ({'event.severity': '7'}, '110011'),
    ({'event.severity': '3'}, '110010'),
    ({'event.severity': '10', 'gantry.verdict': 'unknown'}, '110012'),
    ({'gantry.incident.state': 'closed'}, '110020'),
    ({'observer.product': 'other'}, None),
    ({'event.action': 'transfer'}, '110001')])
def test_what_is_changed_in_an_alert_changes_its_rule(change, expected):
    decoder, fields = decode_json(sample.alerts()[0])
    assert number(judge((decoder, fields))) == '110013'
    assert number(judge((decoder, {**fields, **change}))) == expected


@pytest.mark.parametrize('line', ['CEF:0|Other|Gantry|1|x|y|9|cs2=breach cs2Label=verdict', 'sshd: CEF:0|Gantry|Gantry|', ''])
def test_a_line_of_something_else_is_not_decoded(line):
    assert decode_cef(line) is None and judge(decode_cef(line)) is None
