# SPDX-License-Identifier: Apache-2.0
"""Every format, read by readers that are not ours: rsyslogd parses RFC 5424 and JSON, readers made from the vendors' guides
CEF and LEEF, and OCSF is held against the published attributes of its classes."""
import collections
import json
import os
import re
import urllib.parse

import lab as net
import material
import ocsf
import pytest
from test_ftp import ftp, place  # noqa: F401
from test_http import curl, server, url  # noqa: F401
from test_weeks import BEGIN, Capture

PORTS = {'rfc5424': 5601, 'cef': 5602, 'leef': 5603, 'json': 5604, 'ocsf': 5605, 'eve': 5606}
JSON = ('json', 'ocsf', 'eve')

# What is sent as a name, and as what it must be read: line ends and other controls are no part of a name.
NAMES = [
    (b'plain.jpg', 'plain.jpg'),
    (b'quote"].jpg', 'quote"].jpg'),
    (b'a=b|c=d msg=forged.jpg', 'a=b|c=d msg=forged.jpg'),
    (b'x forged=1 cs1=forged.jpg', 'x forged=1 cs1=forged.jpg'),
    (b'x] [forged@1 msg="y".jpg', 'x] [forged@1 msg="y".jpg'),
    ('\u202egpj.exe'.encode(), '\u202egpj.exe'),
    (b'caf\xc3\xa9.jpg', 'café.jpg'),
    (b'{"forged":1}.jpg', '{"forged":1}.jpg'),
    (b'n' * 240 + b'.jpg', 'n' * 240 + '.jpg'),
]
HTTP_NAMES = [
    (b'nl\n<13>1 - evil CEF:0|x|x|1|1|forged|1|src=1.2.3.4.jpg', 'nl<13>1 - evil CEF:0|x|x|1|1|forged|1|src=1.2.3.4.jpg'),
    (b'nul\0tab\tforged=1.jpg', 'nultabforged=1.jpg'),
    (b'bad\xff\xfe\x80.jpg', 'bad\u00ff\u00fe.jpg'),
    (b'L' * 9000 + b'.jpg', None),
]


@pytest.fixture
def rsyslog(lab, tmp_path):
    """rsyslogd with a port for each format; a function that gives the trees that it made of one's messages."""
    conf = f'''
global(workDirectory="{tmp_path}" net.enableDNS="off" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off")
module(load="imtcp") module(load="mmjsonparse") module(load="mmpstrucdata")
template(name="tree" type="list") {{ property(name="$!all-json-plain") constant(value="\\n") }}
'''
    for name, port in PORTS.items():
        parse = ('action(type="mmpstrucdata" sd_name.lowercase="off")' if name == 'rfc5424' else
                 'action(type="mmjsonparse" cookie="" useRawMsg="on") set $!rsyslog!parsed = $parsesuccess;'
                 if name in JSON else '')
        conf += (f'ruleset(name="{name}" queue.type="direct") {{ {parse} set $!rsyslog!raw = $rawmsg; '
                 f'action(type="omfile" file="{tmp_path}/{name}.log" template="tree" asyncWriting="off") }}\n'
                 f'input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="{name}")\n')
    (tmp_path / 'rsyslog.conf').write_text(conf)
    process = lab.start('sensor', 'rsyslogd', '-n', '-f', str(tmp_path / 'rsyslog.conf'), '-i', str(tmp_path / 'pid'))
    for port in PORTS.values():
        lab.wait_port('sensor', '127.0.0.1', port)

    def messages(name):
        path = tmp_path / f'{name}.log'
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    yield messages
    lab.stop(process)


def unescape(text, allowed):
    assert re.fullmatch(rf'(?:[^\\]|\\[{re.escape(allowed)}])*', text), f'an escape that the format does not know: {text}'
    return re.sub(r'\\(.)', r'\1', text)


def read_cef(raw):
    """As "Implementing ArcSight Common Event Format" has it: seven fields between bars, then key=value."""
    header = re.match(r'<\d+>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d edge-1 CEF:0\|((?:(?:[^|\\]|\\[|\\])*\|){6})', raw)
    assert header, raw
    found = {}
    keys = list(re.finditer(r'(?:^| )([A-Za-z0-9]+)=', raw[header.end():]))
    for key, following in zip(keys, [*keys[1:], None]):
        value = raw[header.end():][key.end():following.start() if following else None]
        assert key[1] not in found, f'{key[1]} comes twice'
        found[key[1]] = unescape(value, '=\\')
    return found


def read_leef(raw):
    """As IBM's guide has it: five fields, the delimiter, then key=value between tabs."""
    header, _, body = raw.partition('|x09|')
    assert re.fullmatch(r'<\d+>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d edge-1 LEEF:2\.0(\|[^|\t]+){4}', header), raw
    pairs = [pair.partition('=') for pair in body.split('\t')]
    assert all(equals and re.fullmatch('[A-Za-z0-9]+', key) for key, equals, _ in pairs)
    assert len({key for key, _, _ in pairs}) == len(pairs), 'no attribute comes twice'
    return {key: value for key, _, value in pairs}


def dig(record, path):
    for key in path.split('.'):
        record = record.get(key) if isinstance(record, dict) else None
    return record


def fields(name, m):
    """What was made of a message, as (SHA-256, name, boot, sequence, all)."""
    raw = m['rsyslog']['raw']
    if name == 'rfc5424':
        data = m['rfc5424-sd']['gantry@32473']
        return data.get('sha256'), data.get('file'), data['boot'], int(data['seq']), data
    if name in ('cef', 'leef'):
        d = read_cef(raw) if name == 'cef' else read_leef(raw)
        return (d.get('fileHash') or d.get('gantryFileHashSha256'), d.get('fname') or d.get('gantryFileName'), d['gantryBoot'],
                int(d['gantrySequence']), d)
    d = {k: v for k, v in m.items() if k != 'rsyslog'}
    assert m['rsyslog']['parsed'] == 'OK' and d == json.loads(raw), 'rsyslogd and Python read the same'
    hashes = {'json': 'file.hash.sha256', 'ocsf': 'unmapped.file.hash.sha256', 'eve': 'fileinfo.sha256'}
    names = {'json': 'file.name', 'ocsf': 'unmapped.file.name', 'eve': 'fileinfo.filename'}
    g = dig(d, 'unmapped.gantry') if name == 'ocsf' else d['gantry']
    sequence = dig(d, 'metadata.sequence') if name == 'ocsf' else g['sequence']
    return dig(d, hashes[name]), dig(d, names[name]), g['boot'], sequence, d


def shown(name, text):
    """As the format may show it: a mark of direction is named in text, and escaped, so equal when read, in JSON."""
    return text if name in JSON else text.replace('\u202e', '<U+202E>')


def upload_all(lab, folder, work):
    """Each name by HTTP, and by FTP where FTP can say it: {SHA-256: name as it must be read}."""
    expected = {}
    for i, (sent, read) in enumerate(NAMES + HTTP_NAMES):
        for way in ('http', 'ftp') if i < len(NAMES) else ('http',):
            data = material.lane_image(900 + 2 * i + (way == 'ftp'), 160, 120)
            path = os.path.join(work, 'upload.jpg')
            with open(path, 'wb') as f:
                f.write(data)
            name = urllib.parse.quote(sent, safe='')
            to = url(net.UNAPPROVED, f'/in/{name}') if way == 'http' else place(net.UNAPPROVED) + name
            lab.run('lane', 'curl', '-sS', '-g', '-m', '30', '-T', path, to)
            expected[material.sha256(data)] = read
    return expected


def test_hostile_names_read_back_equal_or_safely_escaped_from_every_format(lab, server, ftp, tmp_path, rsyslog,  # noqa: F811
                                                                          work):
    outputs = ', '.join(f'{{format: {f}, to: "tcp://127.0.0.1:{p}", records: [alert, transfer, flow, stats]}}'
                        for f, p in PORTS.items())
    with net.Sensor(lab, tmp_path, outputs=outputs) as sensor:
        expected = upload_all(lab, ftp, work)
        for digest in expected:
            sensor.wait_transfer(digest)
    counts = collections.Counter()
    for name in PORTS:
        messages = net.wait_for(lambda: [m for m in rsyslog(name)], 10, f'messages in {name}')
        seen, sequences, boots = {}, [], set()
        for m in messages:
            digest, file_name, boot, sequence, everything = fields(name, m)
            assert not {'forged', 'evil'} & set(everything), 'a field was forged'
            sequences.append(sequence)
            boots.add(boot)
            if digest:
                seen[digest] = file_name
            counts[name] += 1
        assert sequences == list(range(1, len(messages) + 1)) and len(boots) == 1
        assert set(seen) >= set(expected), f'{name}: not every transfer came'
        for digest, read in expected.items():
            if read is not None:
                assert seen[digest] == shown(name, read), name
            else:
                assert seen[digest].startswith('L' * 200) and set(seen[digest]) <= set('L.jpg…')
    assert len(set(counts.values())) == 1, f'each format had as many messages: {counts}'


def test_no_plate_of_a_host_user_path_or_file_name_is_in_an_alert_of_any_format(lab, server, tmp_path, rsyslog,  # noqa: F811
                                                                               work):
    outputs = ', '.join(f'{{format: {f}, to: "tcp://127.0.0.1:{p}", records: [alert]}}' for f, p in PORTS.items())
    picture, ordinary = material.lane_image(1200, 160, 120), material.lane_image(1201, 160, 120)
    with net.Sensor(lab, tmp_path, outputs=outputs) as sensor:
        for data, host, to, who in ((picture, 'abc1234.example', '/in/ABC1234/L04_ABC1234.jpg', 'abc1234:x'),
                                    (ordinary, 'store.platesystems.example', '/in/lane.jpg', 'jsmith:x')):
            path = os.path.join(work, 'upload.jpg')
            with open(path, 'wb') as f:
                f.write(data)
            target = net.UNKNOWN if data is picture else net.UNAPPROVED
            lab.run('lane', 'curl', '-sS', '-m', '30', '-u', who, '-H', f'Host: {host}', '-T', path, url(target, to))
            sensor.wait_transfer(material.sha256(data))
        whole = next(r for r in sensor.records('transfer') if r['file'].get('hash', {}).get('sha256') == material.sha256(picture))
        assert whole['url']['domain'] == 'abc1234.example' and whole['user']['name'] == 'abc1234', 'the record has them whole'
    for name in PORTS:
        alerts = net.wait_for(lambda: len(rsyslog(name)) >= 2 and rsyslog(name), 10, f'alerts in {name}')
        text = '\n'.join(m['rsyslog']['raw'] for m in alerts)
        assert not re.search('abc1234', text, re.I) and re.search(r'ab\*\*\*34', text), name
        assert 'store.platesystems.example' in text and 'jsmith' in text, name


# --- OCSF ---

def test_ocsf_has_the_published_attributes_of_its_classes(tmp_path):
    capture = Capture(tmp_path / 'day.pcap')
    for i in range(12):
        capture.upload(BEGIN + 60 * i, net.UNAPPROVED, f'20260531-0411{i:02d}_L04_ABC12{i:02d}.jpg', material.lane_image(i, 64, 48))
        capture.upload(BEGIN + 60 * i + 30, net.APPROVED, f'ok{i}.jpg', material.lane_image(20 + i, 64, 48))
    capture.file.close()
    out, config = tmp_path / 'ocsf.json', tmp_path / 'gantry.yaml'
    text = net.CONFIG.replace('digest: {{at: never}}\n', 'digest: {{at: "02:00"}}\n')
    config.write_text(text.format(root=net.ROOT, outputs=''))
    net.run(net.GANTRY, '-q', '-c', str(config), '-r', str(tmp_path / 'day.pcap'), '-o', f'ocsf:file:{out}', '--events',
            'alert,transfer,flow,stats,digest')
    table = ocsf.load()
    records = [json.loads(line) for line in out.read_text().splitlines()]
    seen = {ocsf.check(table, record) for record in records}
    assert seen == {(2006, 1), (2006, 2), (2006, 3), (4001, 6), (4001, 2), (0, 99)}
    assert {r['activity_name'] for r in records if r['class_uid'] == 0} == {'stats', 'digest'}
    assert not re.search('ABC12', ''.join(json.dumps(r) for r in records if r['class_uid'] == 2006)), 'no plate in an alert'


@pytest.mark.parametrize('wrong, says', [
    (lambda r: r.update(finding_uid='x'), 'no attribute'),
    (lambda r: r['finding_info'].pop('uid'), 'required'),
    (lambda r: r.update(severity_id=7), 'published values'),
    (lambda r: r.update(activity_id=4), 'published values'),
    (lambda r: r['file'].update(size='1'), 'no long_t'),
    (lambda r: r.update(src_endpoint={'port': 1}), 'at_least_one'),
    (lambda r: r.update(data_security={'pattern_match': 'x'}), 'at_least_one'),
    (lambda r: r['data_security'].pop('category'), 'without its word'),
    (lambda r: r.update(type_uid=200699), 'type_uid'),
    (lambda r: r.update(cloud={'provider': 'x'}), 'no attribute'),
    (lambda r: r['metadata'].update(profiles=['host']), 'profile')])
def test_a_record_that_is_not_as_published_is_found(tmp_path, wrong, says):
    out = tmp_path / 'ocsf.json'
    net.run(net.GANTRY, '-q', '-c', os.path.join(net.ROOT, 'tools/sample/gantry.yaml'), '-r',
            os.path.join(net.ROOT, 'tools/sample/lane-upload.pcap'), '-o', f'ocsf:file:{out}', '--events', 'alert')
    record, table = json.loads(out.read_text().splitlines()[-1]), ocsf.load()
    ocsf.check(table, record)
    wrong(record)
    with pytest.raises(ocsf.Wrong, match=says):
        ocsf.check(table, record)
