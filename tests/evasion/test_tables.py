# SPDX-License-Identifier: Apache-2.0
"""Plate reads in other forms than a table with commas: other signs between fields and lines, wide characters, keys and values, plates
written sign by sign. The twin is a table of the weather in the same form."""
import json
import random

from case import CSV, WEATHER, cases, upload

FIELDS = {CSV: ('plate', 'state', 'lane', 'timestamp', 'confidence'), WEATHER: ('element', 'remark', 'value', 'station', 'quality')}
LETTERS = 'BCDFGHJKLMNPRSTVWXYZ'


def rows(f, n=60):
    if f is WEATHER:
        return [(('wind', 'rain', 'mist')[i % 3], ('calm', 'dry')[i % 2], str(i * 7 % 400), 'north field', str(i % 90)) for i in range(n)]
    g = random.Random(n)
    return [(''.join(g.choices(LETTERS, k=3)) + f'{g.randrange(10000):04d}', 'TX', str(i % 8), f'2026-05-31T04:{i:02d}:17',
             str(90 + i % 10)) for i in range(n)]


def table(between=',', head=True, end='\n', quote='', plate=lambda p: p, order=None):
    def text(f):
        lines = [[plate(r[0]), *r[1:]] for r in rows(f)]
        if head:
            lines.insert(0, FIELDS[f])
        lines = [[line[i] for i in order or range(5)] for line in lines]
        return ''.join(between.join(quote + c + quote for c in line) + end for line in lines)
    return text


def keyed(form, between=''):
    return lambda f: between.join(form(dict(zip(FIELDS[f], r)), i) for i, r in enumerate(rows(f)))


def sent(text, coding='utf-8'):
    def write(w, f):
        hidden = f.but(data=text(f).encode(coding), name='a.csv', type_='application/octet-stream')
        upload(w, hidden)
        return hidden
    return write


plain = table()
test_signs_between_fields = cases(CSV, {
    f'{s!r} between fields': sent(table(s)) for s in (
        ';', '\t', '|', '^', '~', '#', ' : ', ' ', '   ', ', ', '/', '=', '@', '$', '*', '+', '!', '\x01', '\x1f', '\0', '\u00b7', '\uff0c', '\u060c', '\u00a7')})

test_signs_between_lines = cases(CSV, {
    f'{s!r} between lines': sent(table(end=s)) for s in ('\r', '\r\n', '\v', '\f', '\0', ';', '|', '<br>', '\u2028', '\x85')} | {
    'separators of ASCII': sent(table('\x1f', end='\x1e')),
    'backticks around fields': sent(table(quote='`')),
    'escaped quotes around fields': sent(table(quote='\\"')),
    'stars around plates': sent(table(plate=lambda p: f'*{p}*')),
    'a word and a colon before plates': sent(table(plate=lambda p: 'LP:' + p)),
    'columns of fixed width': sent(lambda f: ''.join(''.join(c.ljust(22) for c in r) + '\n' for r in rows(f))),
    'a table drawn by a database\'s client': sent(lambda f: ''.join(' ' + ' | '.join(c.ljust(20) for c in r) + '\n' for r in rows(f))),
    'a table of Markdown': sent(lambda f: ''.join('| ' + ' | '.join(r) + ' |\n' for r in rows(f))),
    'a table of LaTeX': sent(lambda f: ''.join(' & '.join(r) + ' \\\\\n' for r in rows(f))),
})

test_characters = cases(CSV, {
    coding: sent(plain, coding) for coding in ('utf-16', 'utf-16-le', 'utf-16-be', 'utf-32', 'utf-32-le', 'utf-32-be', 'utf-8-sig')} | {
    'commas in UTF-7': sent(lambda f: plain(f).replace(',', '+ACw-')),
    'fullwidth plates': sent(table(plate=lambda p: ''.join(chr(ord(c) + 0xfee0) for c in p))),
})

test_plates_sign_by_sign = cases(CSV, {
    f'{s!r} between the signs': sent(table(plate=s.join, head=False)) for s in (' ', '.', '-', '_', '\u200b', '\u00ad', '\u00b7')})

test_keys_and_values = cases(CSV, {
    'YAML': sent(keyed(lambda o, i: '- ' + '\n  '.join(f'{k}: {v}' for k, v in o.items()) + '\n')),
    'settings': sent(keyed(lambda o, i: f'[{i}]\n' + '\n'.join(f'{k} = {v}' for k, v in o.items()) + '\n')),
    'words of a log': sent(keyed(lambda o, i: ' '.join(f'{k}={v}' for k, v in o.items()) + '\n')),
    'a form': sent(keyed(lambda o, i: '&'.join(f'{k}={v.replace(":", "%3A").replace(" ", "+")}' for k, v in o.items()), '&')),
    'a form of lists': sent(keyed(lambda o, i: '&'.join(f'{k}[{i}]={v}' for k, v in o.items()), '&')),
    'JSON in a string': sent(lambda f: json.dumps({'payload': json.dumps([dict(zip(FIELDS[f], r)) for r in rows(f)])})),
    'JSON in a string in a string': sent(lambda f: json.dumps({'m': json.dumps({'p': json.dumps([dict(zip(FIELDS[f], r)) for r in rows(f)])})})),
    'JSON by columns': sent(lambda f: json.dumps({k: [r[i] for r in rows(f)] for i, k in enumerate(FIELDS[f])})),
    'XML with CDATA': sent(keyed(lambda o, i: '<e>' + ''.join(f'<{k}><![CDATA[{v}]]></{k}>' for k, v in o.items()) + '</e>')),
    'the column of plates alone': sent(table(order=[0])),
})
