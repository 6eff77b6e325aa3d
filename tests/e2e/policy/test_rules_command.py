# SPDX-License-Identifier: Apache-2.0
"""gantryctl rules check, test and explain, as a person and as a script use them."""
import base64
import json
import os
import subprocess

import lab as net
import material
import pytest
from test_bad_input import NOBODY, rule_file

RULES = os.path.join(net.ROOT, 'rules')


def rules(*words, **options):
    options.setdefault('timeout', 120)
    return subprocess.run([net.GANTRYCTL, 'rules', *words], capture_output=True, text=True, **options)


@pytest.fixture
def file(tmp_path):
    def make(data, name):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return str(path)
    return make


def test_the_shipped_rules_are_good_and_their_examples_hold():
    check, test = rules('check', RULES), rules('test', RULES)
    assert check.returncode == 0 and check.stderr == '' and check.stdout.count('\n') == 1
    assert test.returncode == 0 and test.stderr == '' and ', 0 failed' in test.stdout
    assert check.stdout.split()[:2] == test.stdout.split()[:2], 'both see the same rules'


def test_usage_is_status_2_and_one_line():
    for words in ([], ['fly'], ['check', '--bad'], ['explain'], ['explain', '--rules'], ['test', '--nonsense']):
        result = rules(*words)
        assert result.returncode == 2 and result.stdout == '', words
        assert len(result.stderr.splitlines()) == 1 and 'gantryctl rules --help' in result.stderr
    for words in ([], ['nonsense']):
        result = subprocess.run([net.GANTRYCTL, *words], capture_output=True, text=True, timeout=20)
        assert result.returncode == 2 and 'gantryctl --help' in result.stderr


def test_help_is_status_0():
    for words in (['--help'], ['check', '--help'], ['explain', '--help']):
        result = rules(*words)
        assert result.returncode == 0 and 'Usage: gantryctl rules' in result.stdout and result.stderr == ''


def test_check_names_file_line_key_and_mend(file):
    path = file(rule_file(pattern='([a'), 'bad.yaml')
    result = rules('check', path)
    assert result.returncode == 1 and result.stdout == ''
    first = result.stderr.splitlines()[0]
    assert first.startswith(f'{path}:2: error: pattern: ') and 'Hyperscan' in first and 'mend' in first


def test_check_takes_folders_and_files_and_sees_one_id_in_two_of_them(file, tmp_path):
    a, b = file(rule_file(), 'a.yaml'), file(rule_file(identifier='other'), 'b.yaml')
    for words in ([a, b], [str(tmp_path)]):
        result = rules('check', *words)
        assert result.returncode == 1 and f'{b}:4: error: ' in result.stderr and f'{a}:4' in result.stderr
    assert rules('check', a).returncode == 0


def test_check_in_json_is_an_object_a_problem(file):
    path = file(rule_file(pattern='([a', extra='    colour: red\n'), 'bad.yaml')
    result = rules('check', '--json', path)
    problems = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.returncode == 1 and len(problems) == 2
    assert all(p['severity'] == 'error' and p['problem'].startswith(path) for p in problems)


def test_what_cannot_be_read_is_an_error(tmp_path):
    for path in ('/nonexistent/rules', str(tmp_path)):
        for verb in ('check', 'test'):
            result = rules(verb, path)
            assert result.returncode == 1 and f'{path}: error: ' in result.stderr


def test_a_failing_example_and_counterexample_are_named_by_line(file):
    path = file(rule_file().replace('it says LANE-0042 here', 'it says nothing of lanes')
                .replace('"it says nothing"', '"but LANE-0007 is said"'), 'wrong.yaml')
    result = rules('test', path)
    assert result.returncode == 1
    assert f'{path}:11: rule r: does not hold for this example' in result.stdout
    assert f'{path}:12: rule r: holds for this counterexample' in result.stdout
    assert result.stdout.splitlines()[-1] == '1 rules, 2 examples and counterexamples, 2 failed'
    failures = [json.loads(line) for line in rules('test', '--json', path).stdout.splitlines()]
    assert [(f['rule'], f['line']) for f in failures] == [('r', 11), ('r', 12)]


def test_explain_says_which_rules_hold_and_why(file):
    image, prose = material.lane_image(3), material.prose(4)
    yes, no = file(image, '20260531-041158_L04_ABC1234.jpg'), file(prose, 'letter.txt')
    result = rules('explain', '--rules', RULES, yes, no)
    assert result.returncode == 0, result.stderr
    assert f'{yes}: ' in result.stdout and 'image/jpeg' in result.stdout
    assert 'holds: camera-file-name (class vehicle-image, severity 8)' in result.stdout
    assert 'found in name' in result.stdout
    assert f'{no}: text (text/plain), {len(prose)} bytes: no rule holds' in result.stdout


def test_explain_all_says_why_the_others_do_not_hold(file):
    path = file(material.prose(5), 'letter.txt')
    result = rules('explain', '--all', '--rules', file(rule_file(), 'r.yaml'), path)
    assert result.returncode == 0
    assert 'does not hold: r' in result.stdout and 'tag: not found' in result.stdout


def test_explain_in_json_and_quietly(file):
    path = file('it says LANE-0042 here', 'note.txt')
    ruleset = file(rule_file(), 'r.yaml')
    record = json.loads(rules('explain', '--json', '--rules', ruleset, path).stdout)
    assert record['file'] == path and record['type'] == 'text/plain' and record['size'] == 22
    assert [(f['rule'], f['class'], f['severity']) for f in record['findings']] == [('r', 'plate-record', 5)]
    assert rules('explain', '--quiet', '--rules', ruleset, path).stdout.splitlines() == [
        f'r\t{path}', '1 files, 22 bytes, 1 findings']


def test_explain_walks_folders_and_goes_on_behind_what_cannot_be_read(file, tmp_path):
    folder = tmp_path / 'many'
    folder.mkdir()
    for i in range(5):
        (folder / f'{i}.txt').write_text('LANE-0042' if i % 2 else 'nothing')
    ruleset = file(rule_file(), 'r.yaml')
    result = rules('explain', '--quiet', '--rules', ruleset, '/nonexistent', str(folder))
    assert result.returncode == 1 and '/nonexistent: cannot be read: No such file' in result.stderr
    assert result.stdout.splitlines()[-1].startswith('5 files, ') and '2 findings' in result.stdout


def test_explain_shows_no_plate_whole(file):
    """Values are redacted there too: what the terminal shows may be pasted into a ticket."""
    table = material.plate_csv(9, 60)
    result = rules('explain', '--rules', RULES, file(table, 'reads.csv'))
    assert 'class plate-record' in result.stdout and '***' in result.stdout
    for line in table.decode().splitlines()[1:]:
        assert line.split(',')[0] not in result.stdout


def test_examples_may_be_text_or_encoded_bytes_with_a_name(file):
    encoded = base64.b64encode(material.lane_image(8, 64, 64)).decode()
    text = rule_file().replace('{text: "it says LANE-0042 here"}',
                               '{text: "LANE-0042"}, {name: "a/b.txt", base64: "TEFORS0wMDQy"}, {hex: 4c414e452d30303432}') \
        .replace('{text: "it says nothing"}', f'{{name: x.jpg, base64: "{encoded}"}}')
    result = rules('test', file(text, 'r.yaml'))
    assert result.returncode == 0 and '4 examples and counterexamples, 0 failed' in result.stdout, result.stdout


def test_a_user_without_rights_may_use_it(file, tmp_path):
    path = file('LANE-0042', 'x.txt')
    ruleset = file(rule_file(), 'r.yaml')
    for parent in [tmp_path, *tmp_path.parents]:
        if str(parent).startswith('/tmp/'):
            os.chmod(parent, parent.stat().st_mode | 0o055)
    result = subprocess.run([*NOBODY, net.GANTRYCTL, 'rules', 'explain', '--quiet', '--rules', ruleset, path],
                            capture_output=True, text=True, timeout=60)
    if 'Permission denied' in result.stderr and 'gantryctl' not in result.stderr:
        pytest.skip('nobody may not enter the build folder')
    assert result.returncode == 0 and '1 findings' in result.stdout, result.stderr
