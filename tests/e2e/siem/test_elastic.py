# SPDX-License-Identifier: Apache-2.0
"""tools/siem/elastic over real records. Elasticsearch is not in Debian: this runs the processors that the pipeline uses as its
manual describes them, and holds every field of what comes out against the template and against ECS 8.11."""
import datetime
import ipaddress
import json
import re

import pytest
import sample

# Fields of ECS 8.11 with their types (https://www.elastic.co/guide/en/ecs/8.11/ecs-field-reference.html), as far as Gantry writes them.
ECS = {
    '@timestamp': 'date', 'ecs.version': 'keyword', 'error.message': 'match_only_text',
    **{f'{side}.{key}': kind for side in ('source', 'destination', 'client', 'server')
       for key, kind in (('ip', 'ip'), ('port', 'long'), ('bytes', 'long'), ('packets', 'long'), ('mac', 'keyword'))},
    **{f'event.{key}': 'keyword' for key in ('kind', 'category', 'type', 'action', 'module', 'dataset')},
    'event.severity': 'long', 'event.start': 'date', 'event.end': 'date', 'event.ingested': 'date',
    **{f'observer.{key}': 'keyword' for key in ('name', 'product', 'vendor', 'type', 'version')},
    **{f'rule.{key}': 'keyword' for key in ('id', 'name', 'reference')},
    'threat.framework': 'keyword', 'threat.technique.id': 'keyword',
    'related.ip': 'ip', 'related.hash': 'keyword', 'related.hosts': 'keyword', 'related.user': 'keyword',
    **{f'network.{key}': 'keyword' for key in ('transport', 'protocol', 'application', 'community_id', 'direction', 'vlan.id')},
    'file.name': 'keyword', 'file.path': 'keyword', 'file.size': 'long', 'file.mime_type': 'keyword', 'file.hash.sha256': 'keyword',
    'url.path': 'wildcard', 'url.domain': 'keyword', 'user.name': 'keyword', 'user_agent.original': 'keyword',
    'http.request.method': 'keyword', 'http.version': 'keyword',
    'email.from.address': 'keyword', 'email.to.address': 'keyword', 'email.subject': 'keyword',
    'tls.version': 'keyword', 'tls.next_protocol': 'keyword', 'tls.client.server_name': 'keyword', 'tls.client.ja3': 'keyword',
    'tls.server.hash.sha256': 'keyword', 'tls.server.x509.subject.common_name': 'keyword',
    'tls.server.x509.subject.distinguished_name': 'keyword', 'tls.server.x509.alternative_names': 'keyword',
    'tls.server.x509.issuer.distinguished_name': 'keyword', 'tls.server.x509.not_before': 'date', 'tls.server.x509.not_after': 'date',
}
# Arrays by their definition in ECS; any other field is one value.
LISTS = {'event.category', 'event.type', 'related.ip', 'related.hash', 'related.hosts', 'related.user', 'threat.technique.id',
         'email.from.address', 'email.to.address', 'tls.server.x509.alternative_names', 'tls.server.x509.subject.common_name'}


class Failed(Exception):
    pass


def get(document, path):
    for key in path.split('.'):
        document = document.get(key) if isinstance(document, dict) else None
    return document


def put(document, path, value):
    *above, last = path.split('.')
    for key in above:
        document = document.setdefault(key, {})
    document[last] = value


def holds(condition, document):
    """The forms of Painless that the pipeline uses."""
    match = re.fullmatch(r"ctx\.([a-z0-9_?.]+) (==|!=) (null|'[^']*')", condition)
    assert match, f'a condition that this does not read: {condition}'
    wanted = None if match[3] == 'null' else match[3][1:-1]
    return (get(document, match[1].replace('?', '')) == wanted) == (match[2] == '==')


def fill(template, document):
    def value(match):
        found = '2026-11-30T00:00:00Z' if match[1] == '_ingest.timestamp' else get(document, match[1])
        assert found is not None, f'{match[1]} is not there'
        return str(found)
    return re.sub(r'\{\{\{([^}]+)\}\}\}', value, template) if isinstance(template, str) else template


def run_processor(kind, p, document):
    if kind == 'json':
        assert p['add_to_root']
        document.update(json.loads(document[p['field']]))
    elif kind == 'remove':
        document.pop(p['field'], None)
    elif kind == 'fail':
        raise Failed(p['message'])
    elif kind == 'set':
        put(document, p['field'], fill(p['value'], document))
    elif kind == 'append':
        have = get(document, p['field']) or []
        have = list(have) if isinstance(have, list) else [have]
        new = [fill(v, document) for v in p['value']]
        put(document, p['field'], have + [v for v in new if p.get('allow_duplicates', True) or v not in have])
    else:
        raise AssertionError(f'a processor that this does not run: {kind}')


def ingest(document):
    pipeline = json.loads(sample.read('elastic', 'ingest-pipeline.json'))
    try:
        for processor in pipeline['processors']:
            (kind, p), = processor.items()
            if 'if' not in p or holds(p['if'], document):
                run_processor(kind, p, document)
    except Failed as failed:
        for processor in pipeline['on_failure']:
            (kind, p), = processor.items()
            put(document, p['field'], p['value'].replace('{{{_ingest.on_failure_message}}}', str(failed)))
    return document


def template():
    return json.loads(sample.read('elastic', 'index-template.json'))


def mapped(properties=None, prefix=''):
    """{dotted name: type} of the template."""
    out = {}
    for key, value in (properties or template()['template']['mappings']['properties']).items():
        if 'properties' in value:
            out.update(mapped(value['properties'], f'{prefix}{key}.'))
        else:
            out[prefix + key] = value['type']
    return out


def fits(kind, value):
    if kind == 'long':
        return type(value) is int and -2 ** 63 <= value < 2 ** 63
    if kind == 'boolean':
        return type(value) is bool
    if kind == 'ip':
        return bool(ipaddress.ip_address(value))
    if kind == 'date':
        return bool(datetime.datetime.fromisoformat(value.replace('Z', '+00:00')))
    return type(value) is str


def check(document, fields):
    """Every field of a document against the template."""
    for name, value in sample.flat(document).items():
        if value is None or name.startswith('gantry.stats.'):
            continue
        items = value if isinstance(value, list) else [value]
        if name in fields:
            assert all(fits(fields[name], v) for v in items), f'{name} is no {fields[name]}: {value}'
        else:
            assert name.startswith('gantry.'), f'{name} is not in the template'
        assert not isinstance(value, list) or name in LISTS or name.startswith(('gantry.', 'rule.')), f'{name} is a list'


def test_the_template_has_ecs_names_with_their_types_and_own_fields_apart():
    fields = mapped()
    assert len(fields) > 90
    for name, kind in fields.items():
        if not name.startswith('gantry.'):
            assert ECS.get(name) == kind, name
    t = template()
    assert t['data_stream'] == {} and t['index_patterns'] == ['logs-gantry.*-*']
    assert t['template']['settings']['index']['default_pipeline'] == 'gantry'


def test_every_field_that_gantry_may_write_under_an_ecs_name_is_one():
    """Of the sensor's own tables, not of the sample alone."""
    names = set(re.findall(r'^    \{"([a-z@][^"]*)",', open(f'{sample.net.ROOT}/sensor/report/format/fields.c').read(), re.M))
    names |= set(re.findall(r'FACT\(\w+,\s*"([^"]+)"', open(f'{sample.net.ROOT}/sensor/transfer/fact_table.h').read()))
    ours = {n for n in names if not n.startswith('gantry.')}
    assert len(ours) > 50 and not ours - set(ECS), ours - set(ECS)
    assert not ours - set(mapped()), ours - set(mapped())


@pytest.mark.parametrize('as_line', [True, False])
def test_every_record_comes_out_with_fields_that_the_template_takes(as_line):
    fields = mapped()
    for line in sample.lines('json'):
        before = json.loads(line)
        document = ingest({'message': line} if as_line else json.loads(line))
        check(document, fields)
        assert document['event']['dataset'] == f'gantry.{before["event"]["action"]}' and 'message' not in document
        assert document['event'].get('kind') == before['event']['kind'] and 'error' not in document
        if 'source' in before:
            assert document['related']['ip'] == [before['source']['ip'], before['destination']['ip']]
        if before['event']['action'] == 'alert':
            assert document['threat']['framework'] == 'MITRE ATT&CK'
            state = before['gantry']['incident']['state']
            assert document['event']['type'] == {'opened': ['start', 'info'], 'closed': ['end', 'info']}.get(state, ['info'])
        if 'hash' in before.get('file', {}):
            assert document['related']['hash'] == [before['file']['hash']['sha256']]


def test_what_is_no_record_of_gantry_is_marked():
    document = ingest({'message': '{"observer":{"product":"other"},"event":{"action":"alert"}}'})
    assert document['event']['kind'] == 'pipeline_error' and document['error']['message'] == 'no record of Gantry'


@pytest.mark.parametrize('name, value', [('source.ip', 'nobody'), ('source.port', '80'), ('@timestamp', 'yesterday'),
                                         ('source.colour', 'red'), ('event.action', ['alert']), ('gantry.incident.objects', 'many')])
def test_a_field_that_does_not_fit_is_found(name, value):
    document = ingest(json.loads(json.dumps(sample.alerts()[0])))
    check(document, mapped())
    put(document, name, value)
    with pytest.raises((AssertionError, ValueError)):
        check(document, mapped())
