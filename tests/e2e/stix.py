# SPDX-License-Identifier: Apache-2.0
"""Bundles held against what STIX 2.1 (OASIS Standard, 10 June 2021) asks of the types that Gantry writes: properties that are
required, their types, references that lead somewhere of the right type, and ids of observables made again from what section 2.9 says."""
import ipaddress
import json
import re
import uuid

OBSERVABLES = uuid.UUID('00abedb4-aa42-466c-9c01-fed23315a9b7')
TIME = r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z'
MS = r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z'

# type: (required, optional) beside what all have; section 4 (domain objects), 5 (relationships), 6 (observables).
SAID = {
    'identity': ({'name'}, {'description', 'roles', 'identity_class', 'sectors', 'contact_information'}),
    'incident': ({'name'}, {'description'}),
    'observed-data': ({'first_observed', 'last_observed', 'number_observed', 'object_refs'}, set()),
    'attack-pattern': ({'name'}, {'description', 'aliases', 'kill_chain_phases'}),
    'indicator': ({'pattern', 'pattern_type', 'valid_from'},
                  {'name', 'description', 'indicator_types', 'pattern_version', 'valid_until', 'kill_chain_phases'}),
    'note': ({'content', 'object_refs'}, {'abstract', 'authors'}),
    'relationship': ({'relationship_type', 'source_ref', 'target_ref'}, {'description', 'start_time', 'stop_time'}),
    'sighting': ({'sighting_of_ref'}, {'description', 'first_seen', 'last_seen', 'count', 'observed_data_refs', 'where_sighted_refs',
                                       'summary'}),
}
SEEN = {
    'ipv4-addr': ({'value'}, set()),
    'ipv6-addr': ({'value'}, set()),
    'domain-name': ({'value'}, {'resolves_to_refs'}),
    'file': (set(), {'hashes', 'size', 'name', 'mime_type'}),
    'network-traffic': ({'protocols'}, {'start', 'end', 'is_active', 'src_ref', 'dst_ref', 'src_port', 'dst_port', 'src_byte_count',
                                        'dst_byte_count', 'src_packets', 'dst_packets'}),
}
COMMON = {'type', 'spec_version', 'id'}
COMMON_SAID = {'created', 'modified', 'created_by_ref', 'revoked', 'labels', 'confidence', 'lang', 'external_references',
               'object_marking_refs'}
# Which properties make an observable's id.
MAKE_ID = {'ipv4-addr': {'value'}, 'ipv6-addr': {'value'}, 'domain-name': {'value'}, 'file': {'hashes', 'name'},
           'network-traffic': {'start', 'end', 'src_ref', 'dst_ref', 'src_port', 'dst_port', 'protocols'}}
ADDRESS = {'ipv4-addr', 'ipv6-addr', 'domain-name'}
REFERENCES = {'created_by_ref': {'identity'}, 'src_ref': ADDRESS, 'dst_ref': ADDRESS, 'where_sighted_refs': {'identity', 'location'},
              'observed_data_refs': {'observed-data'}, 'sighting_of_ref': set(SAID) - {'relationship', 'sighting', 'note'},
              'source_ref': set(SAID) - {'relationship', 'sighting'}, 'target_ref': set(SAID) - {'relationship', 'sighting'},
              'object_refs': set(SAID) | set(SEEN)}
# The relationships that section 4 and appendix B know, of the types above; related-to joins any.
RELATIONSHIPS = {('indicator', 'indicates', 'attack-pattern'), ('indicator', 'based-on', 'observed-data')}
INDICATOR_TYPES = {'anomalous-activity', 'anonymization', 'benign', 'compromised', 'malicious-activity', 'attribution', 'unknown'}
IDENTITY_CLASSES = {'individual', 'group', 'system', 'organization', 'class', 'unknown'}
PATTERN = re.compile(r"\[file:hashes\.'SHA-256' = '[0-9a-f]{64}'( OR file:hashes\.'SHA-256' = '[0-9a-f]{64}')*\]")


class Wrong(Exception):
    pass


def want(good, what):
    if not good:
        raise Wrong(what)


def canonical(value):
    """RFC 8785 for texts, lists and objects, which is all that makes ids here."""
    return json.dumps(value, sort_keys=True, separators=(',', ':'), ensure_ascii=False)


def check_id(o, kind):
    want(re.fullmatch(kind + '--[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}', o['id']), f'id of {kind}: {o["id"]}')
    if kind in SEEN:
        parts = {k: v for k, v in o.items() if k in MAKE_ID[kind]}
        want(o['id'] == f'{kind}--{uuid.uuid5(OBSERVABLES, canonical(parts))}', f'{kind}: the id is not made from {parts}')


def check_references(o, all_of):
    for key, value in o.items():
        if not key.endswith(('_ref', '_refs')):
            continue
        want(isinstance(value, list) == key.endswith('_refs') and value, f'{key}: a list where none is, or none')
        for ref in value if isinstance(value, list) else [value]:
            want(ref in all_of, f'{o["type"]}.{key} leads nowhere: {ref}')
            want(ref.split('--')[0] in REFERENCES[key], f'{o["type"]}.{key} leads to a {ref.split("--")[0]}')


def check_said(o):
    want(all(re.fullmatch(MS, o.get(k, '')) for k in ('created', 'modified')), f'{o["type"]}: created or modified')
    want(o['modified'] >= o['created'], f'{o["type"]}: modified before it was created')
    for reference in o.get('external_references', []):
        want(reference.get('source_name') and {'description', 'url', 'external_id'} & set(reference), 'an external reference')
        want(set(reference) <= {'source_name', 'description', 'url', 'hashes', 'external_id'}, 'an external reference has more')
    if o['type'] == 'observed-data':
        want(type(o['number_observed']) is int and 1 <= o['number_observed'] <= 999999999, 'number_observed')
        want(o['last_observed'] >= o['first_observed'], 'last_observed')
        want({r.split('--')[0] for r in o['object_refs']} <= set(SEEN), 'observed-data of what is no observable')
    if o['type'] == 'indicator':
        want(o['pattern_type'] == 'stix' and PATTERN.fullmatch(o['pattern']), 'the pattern')
        want(set(o.get('indicator_types', [])) <= INDICATOR_TYPES, 'indicator_types')
    if o['type'] == 'identity':
        want(o.get('identity_class', 'unknown') in IDENTITY_CLASSES, 'identity_class')
    if o['type'] == 'attack-pattern':
        codes = [r for r in o['external_references'] if r['source_name'] == 'mitre-attack']
        want(len(codes) == 1 and re.fullmatch(r'T\d{4}(\.\d{3})?', codes[0]['external_id']), 'the technique')
        want(codes[0]['url'].rstrip('/').endswith('/techniques/' + codes[0]['external_id'].replace('.', '/')), 'its page')
    if o['type'] == 'relationship':
        triple = (o['source_ref'].split('--')[0], o['relationship_type'], o['target_ref'].split('--')[0])
        want(triple in RELATIONSHIPS or triple[1] == 'related-to', f'no such relationship: {triple}')


def check_seen(o):
    want(not set(o) & (COMMON_SAID - {'object_marking_refs'}), f'{o["type"]}: an observable has no {set(o) & COMMON_SAID}')
    if o['type'] in ('ipv4-addr', 'ipv6-addr'):
        want(ipaddress.ip_address(o['value']).version == int(o['type'][3]), 'the address')
    if o['type'] == 'file':
        want('hashes' in o or 'name' in o, 'a file without name and hashes')
        want(all(k == 'SHA-256' and re.fullmatch('[0-9a-f]{64}', v) for k, v in o.get('hashes', {}).items()), 'hashes')
        want(type(o.get('size', 0)) is int and o.get('size', 0) >= 0, 'size')
    if o['type'] == 'network-traffic':
        want(o['protocols'] and all(type(p) is str and p == p.lower() for p in o['protocols']), 'protocols')
        want('src_ref' in o or 'dst_ref' in o, 'network-traffic without an end')


def check(bundle):
    """The objects by type; Wrong with what is wrong."""
    want(set(bundle) == {'type', 'id', 'objects'} and bundle['type'] == 'bundle', 'the bundle')
    want(re.fullmatch(r'bundle--[0-9a-f-]{36}', bundle['id']) and uuid.UUID(bundle['id'][8:]).version == 5, 'its id')
    all_of = [o['id'] for o in bundle['objects']]
    want(len(all_of) == len(set(all_of)), 'an id comes twice')
    for o in bundle['objects']:
        kind = o['type']
        want(kind in SAID or kind in SEEN, f'{kind} is no type')
        required, optional = (SAID if kind in SAID else SEEN)[kind]
        want(o.get('spec_version') == '2.1', f'{kind}: spec_version')
        want(not required - set(o), f'{kind} lacks {required - set(o)}')
        want(not set(o) - required - optional - COMMON - (COMMON_SAID if kind in SAID else set()),
             f'{kind} has more: {set(o) - required - optional - COMMON}')
        for key, value in o.items():
            want(value not in ('', [], {}, None), f'{kind}.{key} is empty')
            if re.search('(^|_)(start|end|seen|observed|valid_from)$', key) and type(value) is str:
                want(re.fullmatch(TIME, value), f'{kind}.{key} is no time')
        check_references(o, all_of)
        check_id(o, kind)
        (check_said if kind in SAID else check_seen)(o)
    return {kind: [o for o in bundle['objects'] if o['type'] == kind] for kind in {**SAID, **SEEN}}
