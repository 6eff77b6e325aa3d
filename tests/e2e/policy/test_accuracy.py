# SPDX-License-Identifier: Apache-2.0
"""The formats of records and the look-alikes of tests/bench/accuracy are what they say, and what the sensor finds of a few of them."""
import datetime
import os
import random
import re
import subprocess
import sys

import lab as net
import pytest

sys.path.insert(0, os.path.join(net.ROOT, 'tests', 'bench'))
import accuracy_listings  # noqa: E402, F401
import accuracy_lookalikes  # noqa: E402
import accuracy_markup  # noqa: E402, F401
import accuracy_plates  # noqa: E402, F401
import accuracy_travellers  # noqa: E402, F401
import accuracy_vendors  # noqa: E402, F401
import accuracy_values as values  # noqa: E402
from accuracy_tables import FORMATS  # noqa: E402

RULES = os.path.join(net.ROOT, 'rules')
FOUND = ['delimited: comma', 'delimited: tab, all quoted', 'encodings: UTF-16, little end, with its mark, English',
         'fixed width: as psql', 'JSON: lines',
         'JSON: array, pretty', 'SQL: PostgreSQL COPY', 'times: us, without names', 'vendors: OpenALPR groups',
         'vendors: Genetec AutoVu XML',
         'listings: ls -l, names of time, lane, plate', 'listings: folders, nginx, names of plate', 'zones: td3, lines',
         'messages: PAXLST', 'messages: PNRGOV']
SILENT = ['stock units, three prefixes, times', 'laboratory plates, wells and values', 'flights, times', 'rooms', 'employees',
          'players of football', 'containers',
          'pictures of a holiday, listed', 'files of a build, listed']


def written(make, name, rows):
    body = make(random.Random(name), rows)
    return b''.join(body) if isinstance(body, list) else body


def classes_of(path):
    result = subprocess.run([net.GANTRYCTL, 'rules', 'explain', '--json', '--rules', RULES, str(path)], capture_output=True, text=True,
                            timeout=120, check=True)
    return re.findall(r'"class":"([a-z-]+)"', result.stdout)


def test_there_are_250_formats_and_58_look_alikes_that_differ_from_each_other():
    assert len(FORMATS) >= 250 and len(accuracy_lookalikes.LOOKALIKES) >= 58
    bodies = {written(f.make, 'one seed', 20) for f in FORMATS.values()}
    assert len(bodies) >= len(FORMATS) - 12, 'names of columns may coincide, forms may not'


def size_of(bodies):
    """Of one text, or of a list of requests."""
    return len(bodies) if isinstance(bodies, bytes) else sum(map(len, bodies))


def test_a_format_is_the_same_in_each_run_and_grows_with_its_rows():
    for name, f in FORMATS.items():
        few, many = written(f.make, name, 10), written(f.make, name, 40)
        assert few == written(f.make, name, 10) and len(many) > 2.5 * len(few), name
    for name, make in accuracy_lookalikes.LOOKALIKES.items():
        assert make(random.Random(name), 10) == make(random.Random(name), 10) and size_of(make(random.Random(name), 100)) > 800, name


def test_zones_are_those_of_the_specimens_of_icao_9303():
    specimen = values.Person('ERIKSSON', 'ANNA<MARIA', 'F', datetime.date(1974, 8, 12), 'UTO', 'L898902C3', datetime.date(2012, 4, 15),
                             None)
    assert values.zone(specimen, 'mrv-a') == ['V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<',
                                              'L898902C36UTO7408122F1204159<<<<<<<<<<<<<<<<']
    card = specimen._replace(number='D23145890')
    assert values.zone(card, 'td1') == ['I<UTOD231458907<<<<<<<<<<<<<<<', '7408122F1204159UTO<<<<<<<<<<<6',
                                        'ERIKSSON<<ANNA<MARIA<<<<<<<<<<']
    assert values.zone(card, 'td2') == ['I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<', 'D231458907UTO7408122F1204159<<<<<<<6']
    assert values.check_digit('L898902C36' '7408122' '1204159' 'ZE184226B<<<<<1') == '0', 'the last digit of a passport'


def test_plates_are_of_the_series_of_their_jurisdiction():
    g = random.Random(5)
    shapes = {(where, re.sub('[0-9]', '#', re.sub('[A-Z]', '@', text))) for text, where in (values.plate(g) for _ in range(2000))}
    assert ('TX', '@@@####') in shapes and ('CA', '#@@@###') in shapes and not any(where == 'NM' and len(shape) != 6 for where,
        shape in shapes)
    assert values.joint('ABC1234', '-') == 'ABC-1234' and values.halves('ABC-12-34') == ('ABC', '1234')


@pytest.mark.parametrize('name', FOUND)
def test_a_hundred_rows_are_found(name, tmp_path):
    f = FORMATS[name]
    (tmp_path / 'object').write_bytes(written(f.make, name, 100))
    assert f.class_ in classes_of(tmp_path / 'object')


@pytest.mark.parametrize('name', SILENT)
def test_what_looks_like_it_is_silent(name, tmp_path):
    for rows in (100, 5000):
        (tmp_path / 'object').write_bytes(accuracy_lookalikes.LOOKALIKES[name](random.Random(name), rows))
        assert classes_of(tmp_path / 'object') == []


def test_the_command_prints_recall_by_rows_and_the_look_alikes_that_alert():
    result = subprocess.run([os.path.join(net.ROOT, 'tests/bench/accuracy'), '--build', net.BUILD, '--rows', '30', '--only',
                             'JSON: lines, key'],
                            capture_output=True, text=True, timeout=120)
    assert result.returncode == 0 and '| recall | ' in result.stdout and '11 formats; found' in result.stdout, result.stderr
    assert '0 kinds of look-alikes; 0 alert' in result.stdout
