# SPDX-License-Identifier: Apache-2.0
"""What test_kinds.c wrote, read by Python's json: format, kind and message, with tabs between."""
import datetime
import ipaddress
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '../../../e2e'))
import ocsf  # noqa: E402

INCIDENT = '0e0c2f6a-1b2c-8d3e-9f40-5a6b7c8d9e0f'
SYSTEMS = 'Plate "=|] Systems'
FINDING = {
    'class_uid': 2006, 'category_uid': 2, 'severity_id': 4, 'time': 1780200730113, 'finding_info.uid': INCIDENT,
    'finding_info.title': 'File name of a lane camera', 'finding_info.types': ['vehicle-image'],
    'finding_info.first_seen_time': 1780200729113, 'finding_info.analytic': {'uid': 'camera-file-name', 'type_id': 1},
    'finding_info.attacks': [{'technique': {'uid': 'T1048'}, 'sub_technique': {'uid': 'T1048.003'}}],
    'data_security': {'category_id': 99, 'category': 'vehicle-image', 'data_lifecycle_state_id': 2, 'detection_system_id': 99,
                      'detection_system': 'Network sensor', 'pattern_match': 'AB***34', 'policy': {'uid': 'PS-9'}},
    'file.name': '20260531-041158_L04_AB***34.jpg', 'file.type_id': 1, 'src_endpoint': {'ip': '10.40.3.7', 'port': 51820},
    'dst_endpoint': {'ip': '198.51.100.20', 'port': 21, 'hostname': 'uploads.platesystems.example'},
    'metadata.uid': '00c0ffee00c0ffee-5', 'metadata.loggers': [{'name': 'edge-1'}], 'unmapped.gantry.boot': '00c0ffee00c0ffee'}
ALERT = {
    'event.kind': 'alert', 'event.action': 'alert', 'event.severity': 8, 'ecs.version': '8.11.0', 'gantry.incident.id': INCIDENT,
    'gantry.incident.objects': 10, 'gantry.incident.bytes': 1832200, 'url.path': '/in/20260531-041158_L04_AB***34.jpg',
    'url.domain': 'uploads.platesystems.example', 'user.name': 'jsmith', 'http.request.method': 'PUT', 'gantry.contract': 'PS-9',
    'threat.technique.id': ['T1048.003']}
EVE_ALERT = {
    'event_type': 'alert', 'alert.severity': 1, 'alert.category': 'vehicle-image', 'http.hostname': 'uploads.platesystems.example',
    'http.url': '/in/20260531-041158_L04_AB***34.jpg', 'http.http_method': 'PUT', 'gantry.user': 'jsmith',
    'fileinfo.filename': '20260531-041158_L04_AB***34.jpg', 'gantry.incident.id': INCIDENT, 'in_iface': 'span0'}
DIGEST = {
    'since': '2026-05-30T04:12:09.113000Z', 'until': '2026-05-31T04:12:09.113000Z', 'incidents.opened': 7, 'incidents.open': 2,
    'volume': [{'network': 'lanes', 'destination': SYSTEMS, 'verdict': 'unapproved', 'objects': 214, 'bytes': 39209080}],
    'contracts': [{'partner': SYSTEMS, 'contract': None, 'says': 'no contract holds'}], 'unseen': {}, 'mutes': [],
    'alerts.outputs': [{'name': 'cef to tls://siem.example:6514', 'queued': 3, 'in_doubt': 4}], 'alerts.queued': 3}


def under(prefix, expected):
    return {f'{prefix}.{key}': value for key, value in expected.items()}


OTHER = {'class_uid': 0, 'category_uid': 0, 'activity_id': 99, 'type_uid': 99}
EXPECTED = {
    ('json', 'opened'): ALERT | {'gantry.incident.state': 'opened', 'gantry.incident.settled': None},
    ('json', 'grown'): ALERT | {'gantry.incident.state': 'grown'},
    ('json', 'closed'): ALERT | {'gantry.incident.state': 'closed', 'gantry.incident.settled': None},
    ('json', 'changed'): ALERT | {'gantry.incident.state': 'changed', 'gantry.incident.class_before': 'image'},
    ('json', 'joined'): ALERT | {'gantry.incident.state': 'closed', 'gantry.incident.class_before': None,
                                 'gantry.incident.joined': '1' + INCIDENT[1:]},
    ('json', 'settled'): ALERT | {'gantry.incident.state': 'closed', 'gantry.incident.settled': 'agreed by phone'},
    ('json', 'transfer'): {'event.kind': 'event', 'event.category': ['network', 'file'], 'file.size': 183220, 'rule': None,
                           'file.name': '20260531-041158_L04_ABC1234.jpg'},
    ('json', 'flow'): {'event.action': 'flow', 'client.bytes': 700, 'server.bytes': 5000000000, 'server.packets': 4000000,
                       'event.start': '2026-05-31T04:12:09.113000Z', 'event.end': '2026-05-31T04:13:39.113000Z'},
    ('json', 'stats'): {'event.kind': 'metric', 'gantry.final': True, 'gantry.stats.capture.packets': 42},
    ('json', 'notice'): {'event.kind': 'alert', 'event.action': 'notice', 'rule': {'id': 'disk-full', 'name': 'Output a=b | c is full'},
                         'gantry.held': None},
    ('json', 'held'): {'event.action': 'notice', 'gantry.held.alerts': 3920, 'gantry.held.incidents': 2000,
                       'gantry.held.ids': [INCIDENT, '1' + INCIDENT[1:]]},
    ('json', 'digest'): {'event.kind': 'event', 'event.action': 'digest'} | under('gantry.digest', DIGEST),
    ('ocsf', 'opened'): FINDING | {'activity_id': 1, 'type_uid': 200601, 'is_alert': True},
    ('ocsf', 'grown'): FINDING | {'activity_id': 2, 'type_uid': 200602, 'is_alert': True},
    ('ocsf', 'closed'): FINDING | {'activity_id': 3, 'type_uid': 200603, 'is_alert': False},
    ('ocsf', 'changed'): FINDING | {'activity_id': 2, 'type_uid': 200602, 'is_alert': True,
                                    'unmapped.gantry.incident.class_before': 'image'},
    ('ocsf', 'joined'): FINDING | {'activity_id': 3, 'unmapped.gantry.incident.joined': '1' + INCIDENT[1:]},
    ('ocsf', 'settled'): FINDING | {'activity_id': 3, 'unmapped.gantry.incident.settled': 'agreed by phone'},
    ('ocsf', 'transfer'): {'class_uid': 4001, 'activity_id': 6, 'severity_id': 1, 'src_endpoint.ip': '10.40.3.7',
                           'connection_info.direction_id': 2, 'connection_info.protocol_num': 6,
                           'unmapped.file.name': '20260531-041158_L04_ABC1234.jpg', 'unmapped.file.size': 183220},
    # The client came from outside and fetched: the connection is inbound, though its bytes went out.
    ('ocsf', 'flow'): {'class_uid': 4001, 'activity_id': 2, 'src_endpoint': {'ip': '198.51.100.20', 'port': 51820},
                       'dst_endpoint': {'ip': '10.40.3.7', 'port': 80}, 'connection_info.direction_id': 1,
                       'connection_info.direction': 'Inbound', 'traffic': {'bytes_out': 700, 'bytes_in': 5000000000, 'packets_out': 7,
                                                                           'packets_in': 4000000}},
    ('ocsf', 'stats'): OTHER | {'activity_name': 'stats', 'severity_id': 1, 'unmapped.gantry.stats.capture.packets': 42},
    ('ocsf', 'notice'): OTHER | {'activity_name': 'notice', 'severity_id': 3, 'message': 'Output a=b | c is full',
                                 'unmapped.rule.id': 'disk-full'},
    ('ocsf', 'held'): OTHER | {'unmapped.gantry.held.alerts': 3920},
    ('ocsf', 'digest'): OTHER | {'activity_name': 'digest', 'severity_id': 1} | under('unmapped.gantry.digest', DIGEST),
    ('eve', 'opened'): EVE_ALERT | {'gantry.incident.state': 'opened'},
    ('eve', 'grown'): EVE_ALERT | {'gantry.incident.state': 'grown'},
    ('eve', 'closed'): EVE_ALERT | {'gantry.incident.state': 'closed', 'gantry.incident.settled': None},
    ('eve', 'changed'): EVE_ALERT | {'gantry.incident.state': 'changed', 'gantry.incident.class_before': 'image'},
    ('eve', 'joined'): EVE_ALERT | {'gantry.incident.joined': '1' + INCIDENT[1:]},
    ('eve', 'settled'): EVE_ALERT | {'gantry.incident.settled': 'agreed by phone'},
    ('eve', 'transfer'): {'event_type': 'fileinfo', 'fileinfo.filename': '20260531-041158_L04_ABC1234.jpg', 'fileinfo.size': 183220,
                          'fileinfo.state': 'CLOSED', 'direction': 'to_server', 'gantry.mime_type': 'image/jpeg'},
    ('eve', 'flow'): {'event_type': 'flow', 'src_ip': '198.51.100.20', 'dest_port': 80, 'flow.bytes_toserver': 700,
                      'flow.bytes_toclient': 5000000000, 'flow.age': 90, 'flow.start': '2026-05-31T04:12:09.113000+0000'},
    ('eve', 'stats'): {'event_type': 'stats', 'stats.capture.packets': 42, 'gantry.final': True},
    ('eve', 'notice'): {'event_type': 'engine', 'log_level': 'Warning',
                        'engine': {'error': 'disk-full', 'message': 'Output a=b | c is full'}},
    ('eve', 'held'): {'event_type': 'engine', 'gantry.held.alerts': 3920},
    ('eve', 'digest'): {'event_type': 'digest', 'timestamp': '2026-05-31T04:12:09.113000+0000', 'host': 'edge-1'} |
                       under('gantry.digest', DIGEST)}

# Of Elastic's field reference: type, or the values that it expects. What is ours is under gantry, as it asks of others' fields.
END = {'ip': 'ip', 'port': 'long', 'bytes': 'long', 'packets': 'long'}
ECS = {
    '@timestamp': 'date', 'ecs.version': 'keyword', 'event.kind': {'alert', 'asset', 'enrichment', 'event', 'metric', 'state'},
    'event.category': {'network', 'file'}, 'event.action': 'keyword', 'event.severity': 'long', 'event.start': 'date', 'event.end': 'date',
    'observer.name': 'keyword', 'observer.product': 'keyword', 'observer.version': 'keyword', 'rule.id': 'keyword',
    'rule.name': 'keyword', 'rule.reference': 'keyword', 'network.transport': {'tcp', 'udp', 'sctp', 'icmp', 'ipv6-icmp'},
    'network.protocol': 'keyword', 'network.application': 'keyword', 'network.community_id': 'keyword',
    'network.direction': {'inbound', 'outbound', 'internal', 'external'}, 'network.vlan.id': 'keyword', 'file.name': 'keyword',
    'file.path': 'keyword', 'file.size': 'long', 'file.mime_type': 'keyword', 'file.hash.sha256': 'keyword', 'url.path': 'keyword',
    'url.domain': 'keyword', 'user.name': 'keyword', 'http.request.method': 'keyword', 'threat.technique.id': 'keyword',
    **{f'{end}.{key}': kind for end in ('source', 'destination', 'client', 'server') for key, kind in END.items()}}

# Of OISF/suricata etc/schema.json (commit 0d3cfbbe3f73b0f64c7ca18ed8c0b3a502e7e75a and 0035673208e7d3a1d73bd2f18e03a69e78fbc4ba),
# with host and in_iface of its manual; rules may bring metadata of their own.
EVE = {'': {'app_proto', 'community_id', 'dest_ip', 'dest_port', 'event_type', 'flow_id', 'log_level', 'proto', 'src_ip', 'src_port',
            'timestamp', 'direction', 'vlan', 'alert', 'engine', 'fileinfo', 'flow', 'ftp_data', 'http', 'stats', 'host', 'in_iface'},
       'alert': {'action', 'category', 'gid', 'rev', 'rule', 'severity', 'signature', 'signature_id', 'xff', 'metadata', 'source',
                 'target'},
       'engine': {'error', 'error_code', 'message'},
       'fileinfo': {'end', 'file_id', 'filename', 'gaps', 'magic', 'md5', 'sha1', 'sha256', 'size', 'start', 'state', 'stored', 'tx_id',
                    'sid'},
       'flow': {'action', 'age', 'alerted', 'bypass', 'bypassed', 'bytes_toclient', 'bytes_toserver', 'end', 'pkts_toclient',
                'pkts_toserver', 'reason', 'start', 'state'},
       'ftp_data': {'command', 'filename'}}


def once(pairs):
    assert len({key for key, _ in pairs}) == len(pairs), f'a key comes twice: {pairs}'
    return dict(pairs)


def dig(record, path):
    for key in path.split('.'):
        record = record.get(key) if isinstance(record, dict) else None
    return record


def leaves(record, above=''):
    for key, value in record.items():
        if isinstance(value, dict):
            yield from leaves(value, f'{above}{key}.')
        else:
            yield from ((above + key, item) for item in (value if isinstance(value, list) else [value]))


def check_ecs(record):
    for key, value in leaves({key: value for key, value in record.items() if key != 'gantry'}):
        kind = ECS.get(key)
        assert kind, f'ECS has no {key}'
        assert type(value) is (int if kind == 'long' else str), f'{key} is no {kind}: {value!r}'
        assert not isinstance(kind, set) or value in kind, f'{key} is {value}'
        assert kind != 'ip' or ipaddress.ip_address(value)
        assert kind != 'date' or datetime.datetime.fromisoformat(value.replace('Z', '+00:00'))
    assert {'@timestamp', 'ecs', 'event', 'observer'} <= set(record), 'each record has these'


def main(path):
    table, seen = ocsf.load(), set()
    with open(path, encoding='utf-8') as lines:
        for line in lines:
            form, kind, message = line.rstrip('\n').split('\t')
            record = json.loads(message, object_pairs_hook=once)
            for key, value in EXPECTED[form, kind].items():
                assert dig(record, key) == value, f'{kind} in {form}: {key} is {dig(record, key)!r}, not {value!r}: {message}'
            if form == 'json':
                check_ecs(record)
            if form == 'ocsf':
                ocsf.check(table, record)
            for name in EVE if form == 'eve' else ():
                strange = set(record.get(name, {}) if name else record) - EVE[name] - {'gantry'}
                assert not strange, f'Suricata has no {strange} in {name or "a record"}'
            seen.add((form, kind))
    assert seen == set(EXPECTED), 'some kind is not there'


main(sys.argv[1])
