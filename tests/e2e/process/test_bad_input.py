# SPDX-License-Identifier: Apache-2.0
"""What is wrong is said in one line with the place and the mend, with the right exit status, and at once."""
import os
import re
import struct
import shutil
import subprocess
import tempfile
import time

import lab as net
import pytest


def gantry(*words, **options):
    options.setdefault('timeout', 60)
    return subprocess.run([net.GANTRY, *words], capture_output=True, text=True, **options)


def one_line(result, *parts, status=1):
    assert result.returncode == status, result.stderr
    lines = [line for line in result.stderr.splitlines() if 'warning' not in line]
    assert len(lines) == 1, result.stderr
    for part in parts:
        assert part in lines[0], lines[0]


NOBODY = ['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', '--inh-caps=-all',
          '--bounding-set=-all']


def as_nobody(*words):
    """With rules of its own: nobody may not be allowed into the folder of the source."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        shutil.copytree(os.path.join(net.ROOT, 'rules'), os.path.join(folder, 'rules'))
        config = os.path.join(folder, 'gantry.yaml')
        with open(config, 'w') as f:
            f.write('rules: [rules]\n')
        result = subprocess.run([*NOBODY, net.GANTRY, '-c', config, *words], capture_output=True, text=True, timeout=60)
    if 'Permission denied' in result.stderr and 'gantry' not in result.stderr:
        pytest.skip('nobody may not enter this folder')
    return result


SAMPLE = os.path.join(net.ROOT, 'tools', 'sample', 'lane-upload.pcap')


def transfers(*words, **options):
    result = gantry('--inspect-all', *words, '-o', 'json:-', '--events', 'transfer', **options)
    return result, re.findall(r'"sha256":"([0-9a-f]{64})"', result.stdout)


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
    one_line(gantry('-r', path), path, 'empty')


def test_empty_standard_input():
    one_line(gantry('-r', '-', stdin=subprocess.DEVNULL), 'standard input', 'empty')


def test_a_folder_instead_of_a_capture(tmp_path):
    one_line(gantry('-r', str(tmp_path)), str(tmp_path), 'directory')


def test_a_capture_that_may_not_be_read(file, tmp_path):
    path = file(pcap())
    os.chmod(path, 0o600)
    for parent in tmp_path.parents:
        if str(parent).startswith('/tmp/'):
            os.chmod(parent, parent.stat().st_mode | 0o055)
    os.chmod(tmp_path, 0o755)
    one_line(as_nobody('-r', path), path, 'Permission denied', 'permissions')


def test_one_bad_capture_among_good_ones_is_told_before_any_is_read(file):
    result, hashes = transfers('-r', SAMPLE, '-r', '/nonexistent.pcap')
    one_line(result, '/nonexistent.pcap')
    assert hashes == []


def test_a_capture_without_packets_is_read_without_complaint(file):
    assert gantry('-r', file(pcap())).returncode == 0


def test_something_that_is_no_capture(file):
    path = file(b'this is a letter, not a capture' * 10)
    one_line(gantry('-r', path), path)


def test_an_unknown_link_type_is_refused_at_once(file):
    path = file(pcap(b'x' * 60, link=9999))
    begin = time.monotonic()
    gantry('--check')
    load = time.monotonic() - begin
    one_line(gantry('-r', path), path, '9999', 'supported are')
    assert time.monotonic() - begin < 2 * load + 2, 'hardly longer than it takes to load the rules'


def test_a_missing_interface():
    one_line(gantry('-i', 'nosuch0'), 'nosuch0', 'there are: ')


def test_no_privilege_names_the_capability():
    one_line(as_nobody('-i', 'lo'), 'lo', 'CAP_NET_RAW')


def test_a_filter_that_is_none():
    one_line(gantry('-r', SAMPLE, '-f', 'tcpx or'), 'tcpx', 'pcap-filter')


def test_usage_is_status_2():
    for words in ([], ['--nonsense'], ['-x'], ['-r'], ['-i', 'a', '-r', 'b'], ['-w', '0', '-r', 'x'],
                  ['-w', 'x', '-r', 'y'], ['stray'], ['-r', 'x', '--events', 'alert'], ['-r', 'x', '-o', 'json'],
                  ['-r', 'x', '-o', 'xml:-'], ['-r', 'x', '-o', 'json:pigeon'], ['-r', 'x', '-o', 'human:udp://h:1'],
                  ['-r', 'x', '-o', 'json:-', '--events', 'alarm']):
        result = gantry(*words)
        one_line(result, 'gantry --help', status=2)
        assert result.stdout == ''


def test_help_and_version_are_status_0_and_go_to_standard_output():
    for word, part in (('--help', 'Exit status: 0'), ('-h', 'USB'), ('--version', 'gantry ')):
        result = gantry(word)
        assert result.returncode == 0 and part in result.stdout and result.stderr == ''


def test_help_names_every_option():
    source = open(os.path.join(net.ROOT, 'sensor', 'process', 'options.c')).read()
    text = gantry('--help').stdout
    manual = open(os.path.join(net.ROOT, 'sensor', 'gantry.8')).read()
    options = re.findall(r'^    \{"([a-z-]+)", (?:no|required)_argument', source, re.M)
    assert len(options) > 10
    for option in options:
        assert f'--{option}' in text and f'-{option}' in manual, option


def test_an_output_that_cannot_be_opened(file):
    result = gantry('-r', SAMPLE, '-o', 'json:file:/nonexistent/out.json')
    one_line(result, '/nonexistent/out.json', 'No such file')


PARTNER = 'partners:\n  - name: A\n    prefixes: [192.0.2.0/24]\n'
CONTRACT = PARTNER + '    contracts:\n      - '
DATES = 'from: 2026-01-01, until: 2026-12-31'

# text, line, then what the line of the error has to hold: the key or value, and the mend
BAD_CONFIGURATIONS = [
    ('senzor: {name: a}\n', 1, 'senzor', 'sensor'),
    ('sensor: {memory: 2}\n', 1, 'memory', '2 GiB'),
    ('sensor: {memory: 1 KiB}\n', 1, 'memory', '64 MiB'),
    ('sensor:\n  memory: 010 MiB\n', 2, 'memory', '010'),
    ('sensor: {workers: many}\n', 1, 'workers', 'many'),
    ('sensor:\n  digest-key: /nonexistent/key\n', 2, 'digest-key', '/nonexistent/key'),
    ('sensor: {name: a}\nsensor: {name: b}\n', 2, 'sensor', 'twice'),
    ('capture:\n  split: colour\n', 2, 'split', 'addresses'),
    ('capture: {promiscuous: maybe}\n', 1, 'promiscuous', 'true'),
    ('alerts: {quiet: 15}\n', 1, 'quiet', '15 min'),
    ('limits: {stream: {late-tiem: 1 s}}\n', 1, 'late-tiem', 'late-time'),
    ('image-networks:\n  - {name: a, prefixes: [10.0.0.0/33]}\n', 2, '10.0.0.0/33', 'prefixes'),
    ('image-networks:\n  - {name: a, prefixes: [10.1.0.0/8]}\n', 2, '10.1.0.0/8', 'bits are set behind the prefix length'),
    ('image-networks:\n  - {name: a, prefixes: ["2001:db8::zz/32"]}\n', 2, '2001:db8::zz', 'prefixes'),
    ('image-networks:\n  - {prefixes: [10.0.0.0/8]}\n', 2, 'name', 'missing'),
    ('image-networks: 10.0.0.0/8\n', 1, 'image-networks', 'list'),
    ('partners:\n  - {name: A, prefixes: [192.0.2.0/24]}\n  - {name: B, prefixes: [192.0.2.0/24]}\n', 3,
     '192.0.2.0/24', 'A'),
    ('partners:\n  - {name: Acme, prefixes: [192.0.2.0/24]}\n  - {name: Bolt, prefixes: [192.0.2.128/25]}\n', 3,
     'partner Bolt', 'partner Acme'),
    ('partners:\n  - {name: A, prefixes-file: /nonexistent/list}\n', 2, 'prefixes-file', '/nonexistent/list'),
    ('partners:\n  - {name: A}\n', 2, 'neither prefixes nor domains', 'add'),
    (CONTRACT + '{id: x, from: 2026-13-01, until: 2026-12-31}\n', 5, 'from', '2026-05-31'),
    (CONTRACT + '{id: x, from: 2026-12-31, until: 2026-01-01}\n', 5, 'until', 'before the first day 2026-12-31'),
    (CONTRACT + '{id: x, ' + DATES + ', protocols: [CARRIER]}\n', 5, 'protocols', 'CARRIER'),
    (CONTRACT + '{id: x, ' + DATES + ', hours: "Mon-Fri 07:00-19:00 America/Chicgo"}\n', 5, 'hours', 'did you mean America/Chicago?'),
    (CONTRACT + '{id: x, ' + DATES + ', per-day: {objects: many}}\n', 5, 'objects', 'is not a whole number'),
    ('outputs:\n  - {format: xml, to: "-"}\n', 2, 'xml', 'json'),
    ('outputs:\n  - {format: json, to: "carrier-pigeon://x"}\n', 2, 'carrier-pigeon', 'udp://'),
    ('outputs:\n  - {format: json, to: "tcp://host:99999"}\n', 2, '99999', '65535'),
    ('outputs:\n  - {format: json, to: "-", records: [alarm]}\n', 2, 'alarm', 'transfer'),
    ('outputs:\n  - {format: rfc5424, to: "udp://h:514", message-max: 100 B}\n', 2, 'message-max', '480 B'),
    ('outputs:\n  - {format: rfc5424, to: "tcp://h:514", message-max: 480 B}\n', 2, 'message-max', 'udp'),
    ('rules: [/nonexistent/rules]\n', 1, 'rules', '/nonexistent/rules'),
    ('rules:\n  - /nonexistent/a\n', 2, 'rules', '/nonexistent/a'),
    ('rules: []\n', 1, 'rules', 'names no rules'),
    ('sensor: [1, 2]\n', 1, 'sensor', 'map'),
    ('sensor: &a {name: a}\n', 1, 'anchor', ''),
    ('sensor: {name: "a b"}\n', 1, 'name', 'spaces'),
]


def errors_of(result):
    return [x for x in result.stderr.splitlines() if ': error: ' in x]


@pytest.mark.parametrize('text, line, one, two', BAD_CONFIGURATIONS)
def test_a_bad_configuration_names_file_line_and_key(file, text, line, one, two):
    path = file(text, 'gantry.yaml')
    result = gantry('-c', path, '--check')
    assert result.returncode == 1 and result.stdout == ''
    errors = errors_of(result)
    assert len(errors) == 1, result.stderr
    assert errors[0].startswith(f'{path}:{line}: error: ') and one in errors[0] and two in errors[0], errors[0]


def test_broken_yaml_names_file_and_line(file):
    path = file('sensor: {name: a\n', 'gantry.yaml')
    result = gantry('-c', path, '--check')
    assert result.returncode == 1
    assert errors_of(result)[0].startswith(f'{path}:2: error: ') and 'begins in line 1' in result.stderr


def test_several_mistakes_are_told_in_one_run(file):
    path = file('senzor: {}\nalerts: {quiet: 15}\noutputs:\n  - {format: xml, to: "-"}\n', 'gantry.yaml')
    errors = errors_of(gantry('-c', path, '--check'))
    assert sorted(e.split(': ')[0] for e in errors) == [f'{path}:1', f'{path}:2', f'{path}:4']


@pytest.mark.parametrize('path', ['/nonexistent/gantry.yaml', '/tmp', '/dev/null/x'])
def test_a_configuration_that_cannot_be_read(path):
    one_line(gantry('-c', path, '--check'), path, 'cannot be read')


def test_a_configuration_that_is_no_text(file):
    path = file(bytes(range(128, 256)) * 20, 'gantry.yaml')
    one_line(gantry('-c', path, '--check'), f'{path}:1', 'UTF-8')


RULE = """identifiers:
  - {id: ID, pattern: 'PATTERN'}
rules:
  - id: RULE
    name: A rule
    description: For the test.
    class: plate-record
    severity: 5
    all: [ID]
    scopes: [text]
    examples: [{text: "it says LANE-0042 here"}]
    counterexamples: [{text: "it says nothing"}]
"""


def rule_file(pattern='LANE-[0-9]{4}', rule='r', identifier='tag', extra=''):
    return RULE.replace('PATTERN', pattern).replace('RULE', rule).replace('ID', identifier) + extra


# text, line, then what the error has to hold
BAD_RULES = [
    (rule_file(pattern='([a'), 2, ['pattern', 'Hyperscan', 'Unterminated character class']),
    (rule_file(pattern=r'(a)\1bcd'), 2, ['pattern', 'Hyperscan', 'Back-references are unsupported']),
    (rule_file(pattern='a*'), 2, ['pattern', 'Hyperscan', 'matches empty buffer']),
    (rule_file(extra='    colour: red\n'), 13, ['colour']),
    (rule_file().replace('LANE-0042', 'LANE 0042'), 11, ['examples', 'rule r does not hold for this example']),
    (rule_file().replace('it says nothing', 'of LANE-7777'), 12, ['examples', 'rule r holds for this counterexample']),
    (rule_file(extra='    sevirity: 5\n'), 13, ['sevirity', 'severity']),
    (rule_file(extra='    severity: 5\n'), 13, ['severity', 'twice', 'line 8']),
    (rule_file().replace('severity: 5', 'severity: high'), 8, ['severity', 'high']),
    (rule_file().replace('severity: 5', 'severity: 11'), 8, ['severity', '10']),
    (rule_file().replace('[tag]', '[tagg]'), 9, ['tagg']),
    (rule_file().replace('[text]', '[txt]'), 10, ['scopes', 'txt', 'text']),
    (rule_file().replace('    examples: [{text: "it says LANE-0042 here"}]\n', ''), 4, ['examples', 'missing']),
    (rule_file().replace('    counterexamples: [{text: "it says nothing"}]\n', ''), 4, ['counterexamples', 'missing']),
    (rule_file().replace("4}'}", "4}', flags: shouting}"), 2, ['flags', 'shouting', 'caseless']),
    (rule_file().replace("4}'}", "4}', validator: crystal-ball}"), 2, ['validator', 'crystal-ball', 'luhn']),
]


@pytest.mark.parametrize('text, line, words', BAD_RULES)
def test_a_bad_rule_names_file_line_and_what(file, text, line, words):
    rules = file(text, 'bad.yaml')
    path = file(f'rules: [{rules}]\n', 'gantry.yaml')
    result = gantry('-c', path, '--check')
    assert result.returncode == 1
    errors = errors_of(result)
    assert len(errors) == 1, result.stderr
    assert errors[0].startswith(f'{rules}:{line}: error: ') and all(w in errors[0] for w in words), errors[0]


def test_the_same_rule_id_twice_is_an_error_that_names_both(file):
    a, b = file(rule_file(), 'a.yaml'), file(rule_file(identifier='other'), 'b.yaml')
    path = file(f'rules: [{a}, {b}]\n', 'gantry.yaml')
    result = gantry('-c', path, '--check')
    errors = errors_of(result)
    assert result.returncode == 1 and len(errors) == 1
    assert errors[0].startswith(f'{b}:4: error: ') and f'{a}:4' in errors[0]


def test_a_folder_without_rules(file, tmp_path):
    (tmp_path / 'none').mkdir()
    path = file(f'rules: [{tmp_path}/none]\n', 'gantry.yaml')
    result = gantry('-c', path, '--check')
    assert result.returncode == 1 and f'{tmp_path}/none: error: ' in errors_of(result)[0]


def test_a_good_rule_is_taken(file):
    rules = file(rule_file(), 'good.yaml')
    result = gantry('-c', file(f'rules: [{rules}]\n', 'gantry.yaml'), '--check')
    assert result.returncode == 0 and 'good: 1 rules' in result.stdout, result.stderr


def test_a_good_configuration_says_so(file):
    path = file('sensor: {name: a}\nimage-networks:\n  - {name: lanes, prefixes: [10.0.0.0/8]}\n', 'gantry.yaml')
    result = gantry('-c', path, '--check')
    assert result.returncode == 0 and 'good' in result.stdout


@pytest.mark.parametrize('text, words', [
    ('nonsense: 1\n', []),
    ('rules: [/nonexistent]\n', []),
    ('sensor: {name: a}\n', ['-r', '/nonexistent.pcap']),
    ('sensor: {name: a}\n', ['-r', SAMPLE, '-f', 'tcpx or']),
])
def test_nothing_is_done_when_something_is_bad(file, tmp_path, text, words):
    out, configured = tmp_path / 'out.json', tmp_path / 'configured.json'
    path = file(text + f'outputs:\n  - {{format: json, to: "file:{configured}"}}\n', 'gantry.yaml')
    result = gantry('-c', path, *(words or ['-r', SAMPLE]), '-o', f'json:file:{out}')
    assert result.returncode == 1 and not out.exists() and not configured.exists()
    assert result.stdout == ''


def test_check_opens_no_output(file, tmp_path):
    out = tmp_path / 'out.json'
    path = file(f'outputs:\n  - {{format: json, to: "file:{out}"}}\n', 'gantry.yaml')
    assert gantry('-c', path, '--check').returncode == 0 and not out.exists()


def test_a_relative_output_lies_beside_the_configuration(file, tmp_path):
    path = file('outputs:\n  - {format: json, to: "file:./out.json", records: [transfer]}\n', 'gantry.yaml')
    assert gantry('-c', path, '--inspect-all', '-r', SAMPLE, cwd='/').returncode == 0
    assert (tmp_path / 'out.json').stat().st_size > 0


def records_of(data):
    """Where the records of a little-endian pcap begin."""
    at, out = 24, []
    while at < len(data):
        out.append(at)
        at += 16 + struct.unpack_from('<I', data, at + 8)[0]
    return out


def without_boot(records):
    """Each run has a boot id of its own."""
    return re.sub(r'"boot":"[0-9a-f]{16}"', '"boot":""', records)


def test_a_truncated_capture_yields_everything_before_the_damage(file):
    """The judge is the same capture without the record that is cut: no damage, the same transfers."""
    data = open(SAMPLE, 'rb').read()
    starts = records_of(data)
    for last in (starts[-1], starts[len(starts) // 2]):
        end = last + 16 + 20
        clean, expected = transfers('-r', file(data[:last], 'clean.pcap'))
        assert clean.returncode == 0 and expected
        for words, given in ((['-r', file(data[:end], 'cut.pcap')], None), (['-r', '-'], data[:end])):
            cut = subprocess.run([net.GANTRY, '--inspect-all', *words, '-o', 'json:-', '--events', 'transfer'],
                                 input=given, capture_output=True, timeout=60)
            assert cut.returncode == 1 and cut.stderr.count(b'\n') == 1 and b'truncated' in cut.stderr
            assert without_boot(cut.stdout.decode()) == without_boot(clean.stdout)


def test_the_status_of_a_damaged_capture_never_gets_lost(file):
    """Worker and reporter end at the same moment; whichever is seen first, the status is 1."""
    path = file(open(SAMPLE, 'rb').read()[:-7])
    assert [gantry('-q', '-r', path).returncode for _ in range(8)] == [1] * 8


def test_a_bad_record_length_in_the_middle_yields_everything_before_it(file):
    data = bytearray(open(SAMPLE, 'rb').read())
    starts = records_of(data)
    middle = starts[2 * len(starts) // 3]
    clean, expected = transfers('-r', file(bytes(data[:middle]), 'clean.pcap'))
    struct.pack_into('<I', data, middle + 8, 0x7fffffff)
    path = file(bytes(data), 'bad.pcap')
    bad, got = transfers('-r', path)
    one_line(bad, path, 'damaged', 'before the damage were read')
    assert expected and got == expected


def test_a_truncated_pcapng_yields_everything_before_the_damage(file, tmp_path):
    whole = tmp_path / 'whole.pcapng'
    subprocess.run(['editcap', '-F', 'pcapng', SAMPLE, str(whole)], check=True)
    _, expected = transfers('-r', SAMPLE)
    path = file(whole.read_bytes()[:-150], 'cut.pcapng')
    result, got = transfers('-r', path)
    one_line(result, path, 'damaged')
    assert expected and got == expected[:len(got)] and len(got) >= len(expected) - 1


def test_files_behind_a_damaged_one_are_still_read(file):
    cut = file(open(SAMPLE, 'rb').read()[:-7], 'cut.pcap')
    _, expected = transfers('-r', SAMPLE)
    result, got = transfers('-r', file(pcap() + b'half a header', 'half.pcap'), '-r', SAMPLE)
    one_line(result, 'half.pcap', 'damaged')
    assert set(expected) <= set(got)
    assert gantry('-q', '-r', cut, '-r', SAMPLE).returncode == 1
