# SPDX-License-Identifier: Apache-2.0
"""Tables of plate reads as systems export them: what stands in them (`table`), how it is written (a writer a form), and the
list of formats, FORMATS. A format is asked for a generator and a number of rows and gives bytes, or a list of bytes: bodies
of one connection."""
import collections
import html
import json
import re

import accuracy_values as values

Format = collections.namedtuple('Format', 'name family class_ make')
FORMATS = {}


def add(family, name, make, class_='plate-record', encoding='utf-8'):
    """`make` gives a text or bytes, or a list of those."""
    def made(g, rows):
        body = make(g, rows)
        bodies = [b if isinstance(b, bytes) else b.encode(encoding) for b in (body if isinstance(body, list) else [body])]
        return bodies if isinstance(body, list) else bodies[0]
    full = f'{family}: {name}'
    assert full not in FORMATS, full
    FORMATS[full] = Format(full, family, class_, made)


def format_of(family, name, class_='plate-record', encoding='utf-8'):
    """A decorator of a function that makes one."""
    return lambda make: add(family, name, make, class_, encoding)


# --- tables

# Names of columns, directions, and how a time is written, by language.
LANGUAGES = {
    'en': (dict(number='id', plate='plate_number', state='state', time='read_time', date='date', clock='time', lane='lane', camera='camera',
                direction='direction', confidence='confidence', make='make', model='model', color='color', latitude='latitude',
                longitude='longitude', series='plate_prefix', rest='plate_serial'), ('inbound', 'outbound'), 'iso', 'us'),
    'es': (dict(number='id', plate='matrícula', state='estado', time='fecha_hora', date='fecha', clock='hora', lane='carril',
                camera='cámara',
                direction='sentido', confidence='confianza', make='marca', model='modelo', color='color', latitude='latitud',
                longitude='longitud', series='serie', rest='número'), ('entrada', 'salida'), 'slashes', 'es'),
    'fr': (dict(number='id', plate='immatriculation', state='pays', time='horodatage', date='date', clock='heure', lane='voie',
                camera='caméra',
                direction='sens', confidence='confiance', make='marque', model='modèle', color='couleur', latitude='latitude',
                longitude='longitude', series='série', rest='numéro'), ('entrée', 'sortie'), 'slashes', 'fr'),
    'de': (dict(number='lfd_nr', plate='Kennzeichen', state='Land', time='Zeitpunkt', date='Datum', clock='Uhrzeit', lane='Spur',
                camera='Kamera',
                direction='Richtung', confidence='Konfidenz', make='Hersteller', model='Modell', color='Farbe', latitude='Breite',
                longitude='Länge', series='Unterscheidungszeichen', rest='Erkennungsnummer'), ('Einfahrt', 'Ausfahrt'), 'dotted', 'de'),
    'pt': (dict(number='id', plate='placa', state='uf', time='data_hora', date='data', clock='hora', lane='faixa', camera='câmera',
                direction='sentido', confidence='confiança', make='marca', model='modelo', color='cor', latitude='latitude',
                longitude='longitude', series='série', rest='número'), ('entrada', 'saída'), 'slashes', 'br'),
}
USUAL = ('plate', 'state', 'time', 'lane', 'direction', 'camera', 'confidence')


def cell(g, read, column, style, time, directions):
    if column == 'plate':
        return values.STYLES[style](g, read.plate)
    if column in ('series', 'rest'):
        return values.halves(read.plate)[column == 'rest']
    if column == 'time':
        return values.TIMES[time](read.time)
    if column == 'date':
        return values.TIMES[time](read.time).replace('T', ' ').split(' ')[0]
    if column == 'clock':
        return read.time.strftime('%H:%M:%S')
    if column == 'direction':
        return directions[not read.inward]
    if column in ('latitude', 'longitude'):
        return f'{getattr(read, column):.6f}'
    return str(getattr(read, column))


def table(g, rows, columns=USUAL, language='en', name=None, style='plain', time=None, country=None):
    """(names, rows of texts). `name`: the plate column's own."""
    names, directions, usual_time, usual_country = LANGUAGES[language]
    head = [name if name and c == 'plate' else names[c] for c in columns]
    return head, [[cell(g, r, c, style, time or usual_time, directions) for c in columns]
                  for r in values.reads(g, rows, country or usual_country)]


# --- writers: (names, rows) -> text

def delimited(head, rows, sep=',', quote=None, end='\n', names=True, force=False):
    def field(text):
        if quote and (force or sep in text or quote in text or (force is None and not text.replace('.', '').isdigit())):
            return quote + text.replace(quote, quote * 2) + quote
        return text
    return ''.join(sep.join(map(field, row)) + end for row in ([head] if names else []) + rows)


def widths(head, rows):
    return [max(map(len, column)) for column in zip(head, *rows)]


def fixed(head, rows, gap='  ', names=True, rule=None, right=(), margin='', page=0):
    """Columns of one width; `rule` is drawn below the names, and again with them on each page of so many rows."""
    wide = widths(head if names else [''] * len(head), rows)

    def line(row):
        return margin + gap.join(t.rjust(w) if i in right else t.ljust(w) for i, (t, w) in enumerate(zip(row, wide))) + '\n'
    top = (line(head) if names else '') + (margin + gap.join(rule * w for w in wide) + '\n' if rule else '')
    if not page:
        return top + ''.join(map(line, rows))
    return ''.join(f'\f{"LANE REPORT":40}PAGE {i // page + 1:5d}\n\n' + top + ''.join(map(line, rows[i:i + page]))
                   for i in range(0, len(rows), page))


def boxed(head, rows, corner='+', across='-', down='|'):
    wide = widths(head, rows)
    bar = corner + corner.join(across * (w + 2) for w in wide) + corner + '\n'
    lines = [down + down.join(f' {t:{w}} ' for t, w in zip(row, wide)) + down + '\n' for row in [head] + rows]
    return bar + lines[0] + bar + ''.join(lines[1:]) + bar


def markdown(head, rows):
    return ''.join(f'| {" | ".join(row)} |\n' for row in [head, ['---'] * len(head)] + rows)


def html_table(head, rows, pretty=True, names=True, attributes='', entities=False):
    gap, inner = ('\n    ', '\n      ') if pretty else ('', '')

    def write(text):
        return ''.join(f'&#{ord(c)};' for c in text) if entities else html.escape(text)

    def row(cells, tag):
        return f'{gap}<tr{attributes}>' + ''.join(f'{inner}<{tag}{attributes}>{write(c)}</{tag}>' for c in cells) + f'{gap}</tr>'
    return ('<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>Report</title></head><body>\n<table>'
            + (row(head, 'th') if names else '')
            + ''.join(row(r, 'td') for r in rows) + '\n</table>\n</body></html>\n')


def records(head, rows):
    return [dict(zip(head, row)) for row in rows]


def json_lines(head, rows, **more):
    return ''.join(json.dumps(r, **more) + '\n' for r in records(head, rows))


def xml_rows(head, rows, outer='reads', inner='read', prefix='', attributes=False, pretty=True, declare=True):
    names = [re.sub(r'[^\w.-]+|°', '_', h).strip('_.') for h in head]
    gap, deep = ('\n  ', '\n    ') if pretty else ('', '')
    out = ['<?xml version="1.0" encoding="UTF-8"?>\n' if declare else '', f'<{prefix}{outer}>']
    for row in rows:
        if attributes:
            out.append(f'{gap}<{prefix}{inner} ' + ' '.join(f'{n}="{html.escape(t)}"' for n, t in zip(names, row)) + '/>')
        else:
            out.append(f'{gap}<{prefix}{inner}>' + ''.join(f'{deep}<{prefix}{n}>{html.escape(t)}</{prefix}{n}>' for n, t in zip(names, row))
                       + f'{gap}</{prefix}{inner}>')
    return ''.join(out) + f'\n</{prefix}{outer}>\n'


def sql_value(text, quote="'", mark=''):
    return text if text.replace('.', '', 1).isdigit() and not text.startswith('0') else mark + quote + text.replace("'", "''") + quote


def sql(head, rows, into='plate_reads', each=100, names=True, ticks='', mark='', end=';\n'):
    columns = f' ({", ".join(ticks + h + ticks[-1:] for h in head)})' if names else ''
    tuples = ['(' + ', '.join(sql_value(t, mark=mark) for t in row) + ')' for row in rows]
    return ''.join(f'INSERT INTO {ticks}{into}{ticks[-1:]}{columns} VALUES ' + ',\n'.join(tuples[i:i + each]) + end
                   for i in range(0, len(tuples), each))


def blocks(head, rows, joint=': ', between='\n', start=''):
    return ''.join(start + ''.join(f'{n}{joint}{t}\n' for n, t in zip(head, row)) + between for row in rows)


def pairs(head, rows, joint='=', between=' ', quote='', start='', end='\n'):
    return ''.join(start + between.join(f'{n}{joint}{quote}{t}{quote}' for n, t in zip(head, row)) + end for row in rows)


def written(writer, *arguments, table_of=None, **more):
    """A format's `make` of a writer and what stands in the table."""
    return lambda g, rows: writer(*table(g, rows, **(table_of or {})), *arguments, **more)
