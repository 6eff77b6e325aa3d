# SPDX-License-Identifier: Apache-2.0
"""Plate tables without a header whose rows stand apart from each other: other rows, names and separators come between them. The twin is
the weather, hidden the same way."""
import random

from case import WEATHER, File, cases, upload

LETTERS = 'GHJKLMNPRSTVWXYZ'  # that no hexadecimal number holds
WORDS = 'the car was seen near booth and driver went on to town after noon'.split()


def fill(g, form):
    return ''.join(g.choice(LETTERS) if c == '@' else g.choice('0123456789') if c == '#' else c for c in form)


def plates(rows=60):
    g = random.Random(5)
    return ''.join(f'{fill(g, g.choice(["@@@####", "@@@###", "###@@@", "#@@@###"]))},TX,{i % 8},2026-05-31T04:{i:02d}:11\n' for i in range(rows)).encode()


def prose(g):
    return ' '.join(g.choices(WORDS, k=g.randrange(3, 14)))


def behind(between):
    """Each row with what `between(g)` says behind it."""
    return lambda g, row: row + '\n' + between(g) + '\n'


HIDDEN = {
    'prose': behind(prose),
    'prose with numbers': behind(lambda g: f'{prose(g)} {g.randrange(99)}'),
    'five padding rows': behind(lambda g: '\n'.join(f'{g.randrange(999)},a,b,{g.randrange(9)}' for _ in range(5))),
    'five rows of codes that begin alike': behind(lambda g: '\n'.join(fill(g, 'PKX####,a,b,2026-05-31T04:##:11') for _ in range(5))),
    'rows of other widths': behind(lambda g: ','.join(str(g.randrange(99)) for _ in range(g.randrange(2, 20)))),
    'JSON': behind(lambda g: '{"a": 1, "b": "x"}'),
    'elements': behind(lambda g: '<a><b>1</b></a>'),
    'statements': behind(lambda g: f"INSERT INTO t VALUES ({g.randrange(9)}, 'x');"),
    'pairs': behind(lambda g: f'a={g.randrange(9)} b=2'),
    'names that change': behind(lambda g: f'name,time,lane,{g.choice(WORDS)}'),
    'remarks': behind(lambda g: f'# row {g.randrange(99)}'),
    'separators that change': lambda g, row: row.replace(',', g.choice(',;|\t')) + '\n',
    'widths that change': lambda g, row: row + ',x' * g.randrange(6) + '\n',
    'columns that change their order': lambda g, row: ','.join(row.split(',')[::g.choice((1, -1))]) + '\n',
}


def hide(kind):
    def write(w, f):
        g = random.Random(kind)
        hidden = f.but(data=''.join(HIDDEN[kind](g, row) for row in f.data.decode().splitlines()).encode())
        upload(w, hidden, mss=8000)
        return hidden

    return write


test_between = cases(File('export.csv', 'text/csv', plates(), ['plate-record']), {name: hide(name) for name in HIDDEN}, twin=WEATHER)
