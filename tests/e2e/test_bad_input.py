# SPDX-License-Identifier: Apache-2.0
"""What is wrong is said in one line with the place and the mend, with the right exit status, and at once."""
import os
import struct
import subprocess

import lab as net
import pytest


def gantry(*words, **options):
    options.setdefault('timeout', 10)
    return subprocess.run([net.GANTRY, *words], capture_output=True, text=True, **options)


def one_line(result, *parts, status=1):
    assert result.returncode == status, result.stderr
    lines = [line for line in result.stderr.splitlines() if 'warning' not in line]
    assert len(lines) == 1, result.stderr
    for part in parts:
        assert part in lines[0], lines[0]


def pcap(*packets, link=1):
    out = struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, link)
    for p in packets:
        out += struct.pack('<IIII', 1, 0, len(p), len(p)) + p
    return out


@pytest.fixture
def file(tmp_path):
    def make(data, name='x.pcap'):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return str(path)
    return make


def test_a_missing_capture(file):
    one_line(gantry('-r', '/nonexistent.pcap'), '/nonexistent.pcap', 'No such file')


def test_an_empty_capture_file(file):
    path = file(b'')
    one_line(gantry('-r', path), path)


def test_a_capture_without_packets_is_read_without_complaint(file):
    assert gantry('-r', file(pcap())).returncode == 0


def test_something_that_is_no_capture(file):
    path = file(b'this is a letter, not a capture' * 10)
    one_line(gantry('-r', path), path)


def test_an_unknown_link_type_is_refused_at_once(file):
    path = file(pcap(b'x' * 60, link=9999))
    one_line(gantry('-r', path, timeout=3), path, '9999')


def test_a_missing_interface():
    one_line(gantry('-i', 'nosuch0'), 'nosuch0')


def test_no_privilege_names_the_capability():
    result = subprocess.run(['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', '--inh-caps=-all',
                             '--bounding-set=-all', net.GANTRY, '-i', 'lo'], capture_output=True, text=True, timeout=10)
    if 'Permission denied' in result.stderr and 'gantry' not in result.stderr:
        pytest.skip('nobody may not enter this folder')
    one_line(result, 'lo', 'CAP_NET_RAW')


def test_usage_is_status_2():
    for words in ([], ['--nonsense'], ['-r'], ['-i', 'a', '-r', 'b'], ['-w', '0', '-r', 'x'], ['-w', 'x', '-r', 'y']):
        result = gantry(*words)
        assert result.returncode == 2 and len(result.stderr.splitlines()) == 1


BAD_CONFIGURATIONS = [
    ('senzor: {name: a}\n', 1, 'senzor', 'sensor'),
    ('sensor: {memory: 2}\n', 1, 'memory', ''),
    ('sensor:\n  memory: 010 MiB\n', 2, 'memory', ''),
    ('image-networks:\n  - {name: a, prefixes: [10.0.0.0/33]}\n', 2, '10.0.0.0/33', ''),
    ('image-networks:\n  - {name: a, prefixes: [10.1.0.0/8]}\n', 2, '10.1.0.0/8', ''),
    ('partners:\n  - {name: A, prefixes: [192.0.2.0/24]}\n  - {name: B, prefixes: [192.0.2.0/24]}\n', 3, '192.0.2.0/24',
     'A'),
    ('partners:\n  - name: A\n    prefixes: [192.0.2.0/24]\n    contracts:\n      - {id: x, from: 2026-13-01}\n', 5,
     'from', ''),
    ('outputs:\n  - {format: xml, to: "-"}\n', 2, 'xml', ''),
    ('outputs:\n  - {format: json, to: "carrier-pigeon://x"}\n', 2, 'carrier-pigeon', ''),
    ('rules: [/nonexistent/rules]\n', 1, '/nonexistent/rules', ''),
    ('sensor: [1, 2]\n', 1, 'sensor', ''),
    ('sensor: {name: a\n', 1, '', ''),
]


@pytest.mark.parametrize('text, line, one, two', BAD_CONFIGURATIONS)
def test_a_bad_configuration_names_file_line_and_key(file, text, line, one, two):
    path = file(text, 'gantry.yaml')
    result = gantry('-c', path, '--check')
    assert result.returncode == 1
    errors = [x for x in result.stderr.splitlines() if ': error: ' in x]
    assert errors and any(x.startswith((f'{path}:{line}:', f'{path}:{line + 1}:')) and one in x and two in x
                          for x in errors), result.stderr


def rule_file(pattern='LANE-[0-9]{4}', rule_id='r', extra=''):
    return f'''
identifiers:
  - {{id: tag, pattern: '{pattern}'}}
rules:
  - id: {rule_id}
    name: A rule
    description: For the test.
    class: plate-record
    severity: 5
    all: [tag]
    scopes: [text]
    {extra}
'''


BAD_RULES = [
    (rule_file(pattern='(['), 3, 'tag'),
    (rule_file(extra='colour: red'), 12, 'colour'),
    (rule_file(extra='severity: 5'), 12, 'severity'),
    (rule_file().replace('severity: 5', 'severity: high'), 9, 'severity'),
    (rule_file().replace('[tag]', '[tagg]'), 10, 'tagg'),
]


@pytest.mark.parametrize('text, line, word', BAD_RULES)
def test_a_bad_rule_names_file_line_and_what(file, text, line, word):
    rules = file(text, 'bad.yaml')
    path = file(f'rules: [{rules}]\n', 'gantry.yaml')
    result = gantry('-c', path, '--check')
    assert result.returncode == 1
    assert any(x.startswith(f'{rules}:{line}:') and word in x for x in result.stderr.splitlines()), result.stderr


def test_the_same_rule_id_twice_is_an_error_that_names_both(file):
    a, b = file(rule_file(), 'a.yaml'), file(rule_file(pattern='OTHER-[0-9]{4}').replace('id: tag', 'id: other')
                                             .replace('[tag]', '[other]'), 'b.yaml')
    path = file(f'rules: [{a}, {b}]\n', 'gantry.yaml')
    result = gantry('-c', path, '--check')
    assert result.returncode == 1 and a in result.stderr and b in result.stderr


def test_a_good_configuration_says_so(file):
    path = file('sensor: {name: a}\nimage-networks:\n  - {name: lanes, prefixes: [10.0.0.0/8]}\n', 'gantry.yaml')
    result = gantry('-c', path, '--check')
    assert result.returncode == 0 and 'good' in result.stdout


def test_nothing_is_done_when_the_configuration_is_bad(file, tmp_path):
    out = tmp_path / 'out.json'
    path = file('nonsense: 1\n', 'gantry.yaml')
    capture = file(pcap(b'x' * 60))
    result = gantry('-c', path, '-r', capture, '-o', f'json:file:{out}')
    assert result.returncode == 1 and not out.exists()


def test_a_truncated_capture_yields_everything_before_the_damage():
    whole = os.path.join(net.ROOT, 'tools', 'sample', 'lane-upload.pcap')
    data = open(whole, 'rb').read()
    everything = gantry('--inspect-all', '-r', whole, '-o', 'json:-', '--events', 'transfer')
    assert everything.returncode == 0
    cut = subprocess.run([net.GANTRY, '--inspect-all', '-r', '-', '-o', 'json:-', '--events', 'transfer'],
                         input=data[:-7], capture_output=True, timeout=20)
    assert cut.returncode == 1 and b'truncated' in cut.stderr
    before, after = everything.stdout.splitlines(), cut.stdout.decode().splitlines()
    assert len(after) >= len(before) - 1 > 0
