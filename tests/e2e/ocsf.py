# SPDX-License-Identifier: Apache-2.0
"""Records held against the published attributes of the Open Cybersecurity Schema Framework (tests/data/ocsf-1.4.0.json).

    python3 ocsf.py FILE     a record a line; says what is wrong with which, exit status 1
"""
import ipaddress
import json
import os
import re
import sys

TABLE = os.path.join(os.path.dirname(__file__), '../data/ocsf-1.4.0.json')
TYPES = {'integer_t': int, 'long_t': int, 'timestamp_t': int, 'port_t': int, 'boolean_t': bool, 'object': dict}


class Wrong(Exception):
    pass


def want(good, what):
    if not good:
        raise Wrong(what)


def load():
    with open(TABLE, encoding='utf-8') as f:
        return json.load(f)


def check_value(table, attribute, value, where):
    kind = attribute['type']
    if kind in table['objects']:
        want(type(value) is dict, f'{where} is no object')
        check_object(table, table['objects'][kind], value, where)
        return
    want(kind in TYPES or kind.endswith('_t'), f'{where} is a {kind}, which the table does not have')
    want(type(value) is TYPES.get(kind, str), f'{where} is no {kind}: {value!r}')
    want('enum' not in attribute or value in attribute['enum'], f'{where} is none of the published values: {value}')
    want(kind != 'port_t' or 0 <= value <= 65535, f'{where} is no port')
    want(kind != 'timestamp_t' or 10 ** 12 < value < 10 ** 13, f'{where} is not in milliseconds')
    want(kind != 'ip_t' or ipaddress.ip_address(value), f'{where} is no address')
    want(kind != 'file_hash_t' or re.fullmatch('[0-9a-fA-F]+', value), f'{where} is no hash')


def check_object(table, kind, value, where):
    attributes = kind['attributes']
    for key, a in attributes.items():
        want(a['requirement'] != 'required' or key in value, f'{where}.{key} is required')
    for key, got in value.items():
        want(key in attributes, f'{where}.{key} is no attribute')
        a = attributes[key]
        want('deprecated' not in a, f'{where}.{key} is deprecated')
        want(type(got) is list if a.get('array') else type(got) is not list, f'{where}.{key}: a list where none is, or none')
        for item in got if a.get('array') else [got]:
            check_value(table, a, item, f'{where}.{key}')
        # "Other" means nothing without the word that stands beside it.
        want(got != 99 or 99 not in a.get('enum', ()) or value.get(a['sibling']), f'{where}.{key} is 99 without its word')
    for name, choice in kind.get('constraints', {}).items():
        present = sum(key in value for key in choice)
        want(present >= 1 if name == 'at_least_one' else present == 1, f'{where}: {name} of {choice}')


def check(table, record):
    """Raises Wrong; returns class and activity."""
    uid = record.get('class_uid')
    name = table['classes'].get(str(uid))
    want(name, f'{uid} is no class that the sensor writes')
    check_object(table, table['objects'][name], record, name)
    want(record['type_uid'] == uid * 100 + record['activity_id'], 'type_uid')
    want(record['category_uid'] == uid // 1000, 'category_uid')
    want(record['metadata']['version'] == table['version'], 'metadata.version')
    want('profiles' not in record['metadata'], 'a profile is declared, and the table has the attributes of none')
    return uid, record['activity_id']


def main(path):
    table, wrong = load(), 0
    with open(path, encoding='utf-8') as lines:
        for number, line in enumerate(lines, 1):
            try:
                check(table, json.loads(line))
            except Wrong as e:
                wrong += 1
                if wrong <= 5:
                    print(f'{path}:{number}: {e}\n  {line}', file=sys.stderr)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
