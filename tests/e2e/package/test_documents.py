# SPDX-License-Identifier: Apache-2.0
"""Manual pages and completion: well-formed, and saying what the program does. The layout that CONTRIBUTING.md promises."""
import glob
import os
import re
import shutil
import subprocess

import lab as net
import pytest

PAGES = ['sensor/gantry.8', 'sensor/gantry.yaml.5', 'sensor/gantry-records.5', 'rules/gantry-rules.5',
         'tools/gantryctl/gantryctl.8']


def read(path):
    return open(os.path.join(net.ROOT, path)).read()


@pytest.mark.parametrize('page', PAGES)
def test_a_manual_page_is_without_fault(page):
    if not shutil.which('mandoc'):
        pytest.skip('mandoc is not installed')
    result = subprocess.run(['mandoc', '-Tlint', '-W', 'warning', page], cwd=net.ROOT, capture_output=True, text=True)
    assert result.returncode == 0 and result.stdout + result.stderr == ''


def test_every_page_of_ours_that_is_referred_to_is_there():
    ours = {os.path.basename(p) for p in PAGES}
    for page in PAGES:
        for name, section in re.findall(r'^\.Xr (gantry\S*) (\d)', read(page), re.M):
            assert f'{name}.{section}' in ours, page


def facts():
    """The same of the facts that a record shows: sensor/transfer/fact_table.h."""
    rows = re.findall(r'^    FACT\(\w+,\s*"([^"]+)",\s*"([^"]+)",\s*\d+,\s*([ATF |]+?),\s*(\d+),', read('sensor/transfer/fact_table.h'),
                      re.M)
    assert len(rows) > 5
    return [(ecs, brief, int(rank), kinds.replace(' | ', '')) for ecs, brief, kinds, rank in rows]


def table():
    """(name, parameter, rank, kinds) of sensor/report/format/fields.c."""
    kinds = {'ALL': 'ATFSD', 'TRAFFIC': 'ATF', 'OBJECT': 'AT', 'REPORT_ALERT': 'A', 'REPORT_FLOW': 'F', 'REPORT_TRANSFER': 'T',
             'REPORT_STATS': 'S', 'REPORT_DIGEST': 'D', 'REPORT_ALERT | REPORT_STATS': 'AS', 'REPORT_FLOW | REPORT_ALERT': 'AF',
             'TRAFFIC | REPORT_STATS': 'ATFS'}
    rows = re.findall(r'^    \{"([^"]+)",\s*(?:NULL|"([^"]*)"),\s*(\d+), ([A-Z_ |]+?),', read('sensor/report/format/fields.c'),
                      re.M)
    assert len(rows) > 50
    return [(ecs, brief, int(rank), kinds[kind]) for ecs, brief, rank, kind in rows]


def test_the_manual_has_every_field_with_its_records_and_when_it_is_left_out():
    page = read('sensor/gantry-records.5')
    said = re.findall(r'^\.It Va (\S+)(?: Pq Li (\S+))?\n\[([ATFSD]+)(?: (\d+))?\]', page, re.M)
    said = [(ecs, brief, int(rank or 0), kinds) for ecs, brief, kinds, rank in said]
    assert [row for row in said if row in table()] == table(), 'in the order of the records'
    assert sorted(said) == sorted(table() + facts())


def test_the_manual_says_the_steps_at_which_texts_are_shortened():
    ranks = re.search(r'RANK_TEXTS = (\d+), RANK_LAST = (\d+)', read('sensor/report/format/field.h'))
    page = read('sensor/gantry-records.5').replace('\n', ' ')
    assert f'on to step {ranks[1]}.' in page and f'steps {int(ranks[1]) + 1} to {ranks[2]}.' in page
    sizes = re.search(r'text_max\[\] = \{([0-9, ]+)\}', read('sensor/report/format/format.c'))[1].split(', ')
    assert f'to {", ".join(sizes[:-1])} and {sizes[-1]} octets' in page


def test_completions_load():
    for script in ('sensor/completion.bash', 'tools/gantryctl/completion.bash'):
        assert subprocess.run(['bash', '-n', script], cwd=net.ROOT).returncode == 0


def test_completion_and_help_of_gantryctl_name_the_same_commands():
    script = read('tools/gantryctl/completion.bash')
    offered = re.search(r"COMP_CWORD == 1\)\); then\n\s+words='([^']+)'", script)[1].split()
    said = subprocess.run([net.GANTRYCTL, '--help'], capture_output=True, text=True, check=True).stdout
    listed = re.findall(r'^  ([a-z]+) ', said.split('Commands:')[1], re.M)
    assert [w for w in offered if not w.startswith('-')] == listed
    page = read('tools/gantryctl/gantryctl.8').split('.Sh DESCRIPTION')[0]
    for command in listed:
        assert re.search(rf'^\.Cm {command}\b', page, re.M), f'{command} is not in the synopsis'
        helped = subprocess.run([net.GANTRYCTL, command, '--help'], capture_output=True, text=True)
        assert helped.returncode == 0 and 'Exit status:' in helped.stdout and 'Try this:' in helped.stdout
        for option in set(re.findall(r'^ +(?:-\w, )?(--[a-z]+)', helped.stdout, re.M)) - {'--rules'}:
            assert option in script, f'{command} {option} is not completed'


def test_the_completion_of_gantryctl_completes():
    script = os.path.join(net.ROOT, 'tools', 'gantryctl', 'completion.bash')
    asked = f"""source {script}
COMP_WORDS=(gantryctl rules ex) COMP_CWORD=2; _gantryctl; echo "${{COMPREPLY[*]}}"
COMP_WORDS=(gantryctl rules explain --r) COMP_CWORD=3; _gantryctl; echo "${{COMPREPLY[*]}}"
COMP_WORDS=(gantryctl al) COMP_CWORD=1; _gantryctl; echo "${{COMPREPLY[*]}}"
COMP_WORDS=(gantryctl alert te) COMP_CWORD=2; _gantryctl; echo "${{COMPREPLY[*]}}"
COMP_WORDS=(gantryctl alert test --w) COMP_CWORD=3; _gantryctl; echo "${{COMPREPLY[*]}}"
COMP_WORDS=(gantryctl status --so) COMP_CWORD=2; _gantryctl; echo "${{COMPREPLY[*]}}"
complete -p gantryctl"""
    out = subprocess.run(['bash', '-c', asked], capture_output=True, text=True, check=True).stdout.splitlines()
    assert out[:6] == ['explain', '--rules', 'alert', 'test', '--wait', '--socket'] and '_gantryctl' in out[6]


def test_a_stage_includes_headers_of_stages_before_it_only():
    stages = re.findall(r"^subdir\('(\w+)'\)", read('sensor/meson.build'), re.M)
    assert len(stages) > 15
    for stage in stages:
        later = stages[stages.index(stage) + 1:]
        for path in glob.glob(f'{net.ROOT}/sensor/{stage}/**/*.[ch]', recursive=True):
            included = re.findall(r'^#include "(\w+)/', read(path), re.M)
            assert not set(included) & set(later), path
