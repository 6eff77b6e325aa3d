# SPDX-License-Identifier: Apache-2.0
"""tools/siem/sigma: the structure that the specification (version 2) asks for, and what each rule says of real alerts, by an evaluator of the
modifiers that are used. sigma-cli cannot be had here."""
import datetime
import glob
import os
import re
import uuid

import pytest
import sample
import yaml

LEVELS = {'informational', 'low', 'medium', 'high', 'critical'}
STATUSES = {'stable', 'test', 'experimental', 'deprecated', 'unsupported'}
KEYS = {'title', 'id', 'status', 'description', 'references', 'author', 'date', 'tags', 'logsource', 'detection', 'fields',
        'falsepositives', 'level'}
TACTICS = {'exfiltration', 'initial_access', 'collection', 'command_and_control', 'defense_evasion'}


def rules():
    return {os.path.basename(p)[len('gantry_'):-len('.yml')]: yaml.safe_load(open(p))
            for p in sorted(glob.glob(os.path.join(sample.SIEM, 'sigma', '*.yml')))}


def equal(have, want, modifiers):
    if not modifiers:
        # Text without case, with * and ?; numbers as they are.
        pattern = re.escape(str(want)).replace(r'\*', '.*').replace(r'\?', '.')
        return re.fullmatch(pattern, str(have), re.I | re.S) is not None
    (modifier,) = modifiers
    if modifier in ('gt', 'gte', 'lt', 'lte'):
        return type(have) is int and {'gt': have > want, 'gte': have >= want, 'lt': have < want, 'lte': have <= want}[modifier]
    if modifier == 're':
        return re.search(want, str(have)) is not None
    text, want = str(have).lower(), str(want).lower()
    return {'startswith': text.startswith, 'endswith': text.endswith, 'contains': text.__contains__}[modifier](want)


def selects(selection, fields):
    """A map: all of it; of a list of values one; a field that is a list: one of its items."""
    for key, values in selection.items():
        name, *modifiers = key.split('|')
        have = fields.get(name)
        have = have if isinstance(have, list) else [] if have is None else [have]
        values = values if isinstance(values, list) else [values]
        if not any(equal(h, v, modifiers) for h in have for v in values):
            return False
    return True


def fires(rule, record):
    fields, words = sample.flat(record), rule['detection']['condition'].split()
    assert set(words) - {'and', 'or', 'not'} <= set(rule['detection']), 'the condition names what is there'
    known = {k: selects(v, fields) for k, v in rule['detection'].items() if k != 'condition'}
    return eval(' '.join(w if w in ('and', 'or', 'not') else str(known[w]) for w in words))  # words were checked


def fired(record):
    return {name for name, rule in rules().items() if fires(rule, record)}


def changed(record, **values):
    """With other values at dotted names, "__" for the dot; None: without."""
    out = yaml.safe_load(yaml.safe_dump(record))
    for name, value in values.items():
        *above, last = name.split('__')
        at = out
        for key in above:
            at = at.setdefault(key, {})
        if value is None:
            at.pop(last, None)
        else:
            at[last] = value
    return out


@pytest.mark.parametrize('name', sorted(rules()))
def test_a_rule_has_the_structure_of_the_specification(name):
    rule = rules()[name]
    assert not KEYS ^ set(rule) and rule['level'] in LEVELS and rule['status'] in STATUSES
    assert uuid.UUID(rule['id']) and len(rule['title']) <= 256 and rule['description']
    assert isinstance(rule['date'], datetime.date)
    assert rule['logsource'] == {'product': 'gantry', 'service': 'json'}
    assert rule['falsepositives'] and all(isinstance(t, str) for t in rule['falsepositives'])
    for tag in rule['tags']:
        assert re.fullmatch(r'attack\.(t\d{4}(\.\d{3})?)', tag) or tag[len('attack.'):] in TACTICS, tag
    detection = rule['detection']
    assert 'condition' in detection and len(detection) > 1
    for key, selection in detection.items():
        assert key == 'condition' or isinstance(selection, dict)


def test_ids_and_titles_are_unique():
    every = list(rules().values())
    assert len(every) == 7
    assert len({r['id'] for r in every}) == len({r['title'] for r in every}) == len(every)


def test_fields_are_ones_that_the_sensor_writes():
    written = set()
    for table in ('report/format/fields.c', 'transfer/fact_table.h'):
        text = open(f'{sample.net.ROOT}/sensor/{table}').read()
        written |= set(re.findall(r'^    \{"([a-z@][^"]*)",', text, re.M)) | set(re.findall(r'FACT\(\w+,\s*"([^"]+)"', text))
    for name, rule in rules().items():
        for key, selection in rule['detection'].items():
            for field in selection if key != 'condition' else ():
                assert field.split('|')[0] in written, (name, field)
        assert set(rule['fields']) <= written, name


def test_each_real_alert_fires_the_rules_that_are_meant_for_it_and_no_other_record_does():
    for record in sample.records():
        got, g = fired(record), record['gantry']
        if record['event']['action'] != 'alert':
            assert got == set()
        elif g['incident']['state'] == 'closed':
            assert got == set()
        elif g['verdict'] == 'unapproved':
            assert got == {'partner_outside_contract'}
        else:
            assert got == {'unknown_destination', 'many_plates'} and g['incident']['distinct_plates'] >= 20


@pytest.mark.parametrize('change, more, fewer', [
    (dict(gantry__verdict='breach'), set(), set()),
    (dict(gantry__verdict='unknown'), {'unknown_destination'}, {'partner_outside_contract'}),
    (dict(gantry__verdict='approved'), set(), {'partner_outside_contract'}),
    (dict(gantry__classes=['traveller-image']), {'traveller_data'}, set()),
    (dict(gantry__classes=['encrypted-flow']), {'unread_flows'}, set()),
    (dict(gantry__classes=['canary']), {'canary'}, set()),
    (dict(gantry__incident__distinct_plates=20), {'many_plates'}, set()),
    (dict(gantry__incident__distinct_plates=19), set(), set()),
    (dict(gantry__incident__state='closed'), set(), {'partner_outside_contract'}),
    (dict(event__action='transfer'), set(), {'partner_outside_contract'}),
    (dict(event__action='stats', rule__id='records-lost'), {'sensor_notice'}, {'partner_outside_contract'}),
    (dict(event__action='stats', rule__id='new-host'), set(), {'partner_outside_contract'})])
def test_what_is_changed_in_an_alert_changes_what_fires(change, more, fewer):
    alert = sample.alerts()[0]
    before = fired(alert)
    assert before == {'partner_outside_contract'}
    assert fired(changed(alert, **change)) == (before | more) - fewer


def test_the_notices_that_a_rule_names_are_those_of_the_sensor():
    page = open(f'{sample.net.ROOT}/sensor/gantry.8').read()
    named = set(re.findall(r'[a-z-]{5,}', rules()['sensor_notice']['detection']['notice']['rule.id|re']))
    assert named and named <= set(re.findall(r'^\.It Ql ([a-z-]+)$', page, re.M))
