# SPDX-License-Identifier: Apache-2.0
"""Plate tables behind megabytes of ordinary rows, which make a count rest. The twin is the same rows around a table of the weather."""
import random

from case import CREATED, CSV, WEATHER, File, case, cases, put, upload

LETTERS = 'GHJKLMNPRSTVWXYZ'  # that no hexadecimal number holds


def plate(g):
    return ''.join(g.choice(LETTERS if c == '@' else '0123456789') for c in g.choice(['@@@####', '@@@###', '###@@@', '#@@@###', '@@#@###']))


def at(i):
    return f'2026-05-31T{4 + i // 3600 % 20:02d}:{i // 60 % 60:02d}:{i % 60:02d}'


def table(kind, rows=60):
    g = random.Random(kind)
    head, row, tail = TABLES[kind]
    return (head + ''.join(row(plate(g), i) for i in range(rows)) + tail).encode()


TABLES = {
    'a header': ('plate_number,state,lane,direction,read_time\n', lambda p, i: f'{p},TX,{i % 8},inbound,{at(i)}\n', ''),
    'a short header': ('lane;lp;state\n', lambda p, i: f'{i % 8};{p};NM\n', ''),
    'no header': ('', lambda p, i: f'{p},TX,{i % 8},{at(i)}\n', ''),
    'the time first': ('', lambda p, i: f'{at(i)}\tL{i % 8:02d}\t{p}\t97\n', ''),
    'a dump': ('INSERT INTO `plate_reads` (`id`,`plate`,`lane`) VALUES\n', lambda p, i: f"({i},'{p}',4),\n", "(99,'',4);\n"),
    'an array': ('[', lambda p, i: f'["{p}","{at(i)}Z"],', '[]]\n'),
    'countries': ('', lambda p, i: f'{p};NLD;car {i}\n', ''),
    'objects': ('', lambda p, i: f'{{"license_plate": "{p}", "lane_id": {i % 4}, "timestamp": "{at(i)}Z"}}\n', ''),
}


def digits(g, n):
    return ''.join(g.choice('0123456789') for _ in range(n))


ROWS = {
    'short codes': lambda g, i: f"{i},{g.choice(LETTERS)}{g.randrange(10, 99)},{g.choice(['TX', 'NM'])},{g.choice(LETTERS)}{digits(g, 3)},{i % 977}\n",
    'codes and times': lambda g, i: f'{i},{g.choice(LETTERS)}{digits(g, 2)},RQ{digits(g, 4)}XYZ,{at(i)}\n',
    'articles': lambda g, i: f"SKU-{digits(g, 4)};{g.choice(['RED', 'BLUE', 'GRN'])};{g.randrange(500)};{digits(g, 3)}.50\n",
    'digests and times': lambda g, i: f'{g.getrandbits(160):040x} {g.getrandbits(32):08x},{g.getrandbits(28):07X},{at(i)}\n',
    'a log': lambda g, i: f'{at(i)} host app[{i}]: request {g.getrandbits(28):07X} done in {g.randrange(999)} ms\n',
    'numbers': lambda g, i: f'{digits(g, 3)},{digits(g, 4)},{digits(g, 5)},{digits(g, 6)}\n',
    'the same five plates': lambda g, i: f'{FIVE[i % 5]},TX,4,{at(i)}\n',
    'a numbered series': lambda g, i: f'PKX{i % 9000 + 1000},shelf 4,{at(i)}\n',
    'countries of no cars': lambda g, i: f'{digits(g, 5)};NLD;Amsterdam {i}\n',
}
FIVE = [plate(random.Random(i)) for i in range(5)]


def rows(kind, size, seed=1):
    g = random.Random(f'{kind}{seed}')
    lines, n, i = [], 0, 0
    while n < size:
        lines.append(ROWS[kind](g, i))
        n += len(lines[-1])
        i += 1
    return ''.join(lines).encode()


def behind(kind, size=1_200_000, **more):
    """The file between rows of this kind."""

    def write(w, f):
        hidden = f.but(data=rows(kind, size) + f.data + rows(kind, 3000, seed=2))
        upload(w, hidden, mss=8000, **more)
        return hidden

    return write


def reads(kind):
    return File('export.csv', 'text/csv', table(kind), ['plate-record'])


def tables(kind, *around, size=1_200_000):
    return cases(reads(kind), {f'{kind} behind {name}': behind(name, size) for name in around}, twin=WEATHER)


test_header = tables('a header', 'short codes', 'codes and times', 'numbers')
test_short_header = tables('a short header', 'short codes', 'numbers', 'countries of no cars')
test_no_header = tables('no header', 'codes and times', 'digests and times', 'a log', 'the same five plates', 'a numbered series')
test_time_first = tables('the time first', 'codes and times', 'a numbered series', 'a log')
test_dump = tables('a dump', 'articles', 'codes and times')
test_array = tables('an array', 'the same five plates', 'digests and times')
test_countries = tables('countries', 'countries of no cars')
test_objects = tables('objects', 'codes and times')
test_three_megabytes = tables('a short header', 'short codes', size=3_000_000)
test_six_megabytes = tables('no header', 'codes and times', size=6_000_000)


@case(CSV)
def test_a_table_in_segments_of_seven_bytes_behind_rows(w, f):
    body = f.but(data=rows('codes and times', 300_000) + f.data)
    t = w.tcp(mss=8000).open()
    message = put(body)
    t.client(message[:-len(f.data)])
    t.mss = 7
    t.client(message[-len(f.data):]).server(CREATED).close()
    return body


@case(CSV)
def test_two_kinds_of_rows_one_after_the_other(w, f):
    body = f.but(data=rows('the same five plates', 400_000) + rows('a numbered series', 400_000) + rows('numbers', 400_000) + f.data)
    upload(w, body, mss=8000)
    return body
