# SPDX-License-Identifier: Apache-2.0
"""Formats of plate reads by separator, name of the column, language, way of writing a plate and a time, encoding, form."""
import json

import accuracy_tables as t
import accuracy_values as values
from accuracy_tables import add, written

ALL = ('number', 'plate', 'state', 'time', 'lane', 'direction', 'camera', 'confidence', 'make', 'model', 'color', 'latitude', 'longitude')

# --- delimited: separators and quotes

for name, sep in (('comma', ','), ('semicolon', ';'), ('tab', '\t'), ('bar', '|'), ('caret', '^'), ('tilde', '~'), ('hash', '#'),
                  ('unit separator', '\x1f'),
                  ('comma and blank', ', '), ('blanks around a bar', ' | '), ('two bars', '||')):
    add('delimited', name, written(t.delimited, sep))
for name, sep in (('colon', ':'), ('blank', ' ')):
    add('delimited', name, written(t.delimited, sep, table_of=dict(time='compact')))
for sep_name, sep in (('comma', ','), ('semicolon', ';'), ('tab', '\t')):
    add('delimited', f'{sep_name}, all quoted', written(t.delimited, sep, '"', force=True))
add('delimited', 'comma, text quoted', written(t.delimited, ',', '"', force=None))
add('delimited', 'comma, single quotes', written(t.delimited, ',', "'", force=True))
add('delimited', 'comma, lines end with CR LF', written(t.delimited, end='\r\n'))
add('delimited', 'comma, lines end with CR', written(t.delimited, end='\r'))
add('delimited', 'comma, a separator at the end', written(t.delimited, end=',\n'))
add('delimited', 'comma, sep= before it', lambda g, n: 'sep=,\r\n' + t.delimited(*t.table(g, n), end='\r\n'))
add('delimited', 'comma, a title and blank lines before it', lambda g, n: 'Lane report\nSite 14, 31 May 2026\n\n'
    + t.delimited(*t.table(g, n)))
add('delimited', 'comma, remarks before it', lambda g, n: '# exported by lanectl 4.2\n# rows: %d\n' % n + t.delimited(*t.table(g, n)))
add('delimited', 'comma, formulas that keep text', lambda g, n: t.delimited(*_formulas(*t.table(g, n))))
add('delimited', 'comma, the plate is last', written(t.delimited,
                                                     table_of=dict(columns=('number', 'time', 'lane', 'camera', 'direction', 'state',
                                                         'plate'))))
add('delimited', 'comma, plate and time alone', written(t.delimited, table_of=dict(columns=('plate', 'time'))))
add('delimited', 'a plate a line below its name', written(t.delimited, table_of=dict(columns=('plate',))))
add('delimited', 'comma, many columns', written(t.delimited, table_of=dict(columns=ALL)))


def _formulas(head, rows):
    return head, [[f'="{c}"' if i == 0 else c for i, c in enumerate(row)] for row in rows]


# --- names of the plate's column

ENGLISH = ['plate', 'plate_no', 'PLATE', 'Plate Number', 'license plate', 'License Plate Number', 'licence plate', 'Licence Plate No.',
           'LicensePlate',
           'licensePlateNumber', 'license_plate', 'lp', 'LP_NUM', 'lpn', 'reg', 'Reg No', 'registration', 'registration_number',
           'Vehicle Registration',
           'vrm', 'VRN', 'tag', 'Tag No', 'tag_number', 'veh_plate_nbr', 'VEH_LIC_NO', 'PlateText', 'plate_read', 'PLT_NBR', 'VehPlate',
           'number plate']
for name in ENGLISH:
    add('English names', name, written(t.delimited, table_of=dict(name=name)))
for language, words in (('es', ['matrícula', 'matricula', 'placa', 'Placas', 'No. de placa', 'patente', 'dominio', 'Núm. Matrícula',
                                'placa_vehiculo']),
                        ('fr', ['immatriculation', 'immat', 'plaque', "N° d'immatriculation", "Plaque d'immatriculation", 'no_immat']),
                        ('de', ['Kennzeichen', 'kennzeichen', 'KFZ-Kennzeichen', 'Amtl. Kennzeichen', 'Kfz_Kennz', 'Nummernschild',
                                'KENNZ']),
                        ('pt', ['placa', 'Placa', 'Placa do veículo', 'matrícula', 'Nº Matrícula', 'placa_veic'])):
    for name in words:
        add('names in other languages', f'{name} ({language})',
            written(t.delimited, ';', table_of=dict(language=language, name=name, style='as written')))
for country in ('mx', 'ar', 'co'):
    add('names in other languages', f'placa, plates of {country}',
        written(t.delimited, table_of=dict(language='es', name='placa', country=country, style='as written')))
for country in ('uk', 'nl', 'it', 'pl'):
    add('plates of Europe', f'{country}, under a name', written(t.delimited,
                                                                table_of=dict(country=country, style='as written', name='licence_plate')))
    add('plates of Europe', f'{country}, without names', written(t.delimited, names=False, table_of=dict(country=country)))
for language in ('es', 'fr', 'de', 'pt'):
    add('plates of Europe', f'{language}, without names', written(t.delimited, ';', names=False,
                                                                  table_of=dict(language=language, style='as written')))

# --- how plates are written

for style in values.STYLES:
    if style != 'as written':
        add('ways of writing', f'{style}, under a name', written(t.delimited, table_of=dict(style=style)))
        add('ways of writing', f'{style}, without names', written(t.delimited, names=False, table_of=dict(style=style)))
SPLIT = ('series', 'rest', 'state', 'time', 'lane', 'direction')
add('ways of writing', 'two columns, under names', written(t.delimited, table_of=dict(columns=SPLIT)))
add('ways of writing', 'two columns, without names', written(t.delimited, names=False, table_of=dict(columns=SPLIT)))
add('ways of writing', 'two columns, under Spanish names', written(t.delimited, table_of=dict(columns=SPLIT, language='es')))


@t.format_of('ways of writing', 'state before the plate in one column')
def state_before(g, rows):
    return t.delimited(['plate', 'time', 'lane'], [[f'{r.state}-{r.plate}', values.TIMES['iso'](r.time), str(r.lane)]
                                                   for r in values.reads(g, rows)])


@t.format_of('ways of writing', 'state behind the plate in one column')
def state_behind(g, rows):
    return t.delimited(['plate', 'time', 'lane'], [[f'{r.plate} ({r.state})', values.TIMES['iso'](r.time), str(r.lane)]
                                                   for r in values.reads(g, rows)])


# --- how times are written

TWO = ('plate', 'state', 'date', 'clock', 'lane', 'direction')
for time in values.TIMES:
    add('times', f'{time}, under names', written(t.delimited, table_of=dict(time=time)))
    add('times', f'{time}, without names', written(t.delimited, names=False, table_of=dict(time=time)))
for time in ('iso', 'dotted', 'us'):
    add('times', f'{time} in two columns, under names', written(t.delimited, table_of=dict(columns=TWO, time=time)))
    add('times', f'{time} in two columns, without names', written(t.delimited, names=False, table_of=dict(columns=TWO, time=time)))
UNTIMED = ('plate', 'state', 'lane', 'direction')
add('times', 'none, under names', written(t.delimited, table_of=dict(columns=UNTIMED)))
add('times', 'none, plates and states without names', written(t.delimited, names=False, table_of=dict(columns=UNTIMED)))
add('times', 'none, a plate a line without a name', written(t.delimited, names=False, table_of=dict(columns=('plate',))))
add('times', 'none, a plate and a make without names', written(t.delimited, names=False, table_of=dict(columns=('plate', 'make', 'color'))))

# --- encodings

for name, encoding, mark in (('UTF-8 with its mark', 'utf-8', '\ufeff'), ('UTF-16, little end, with its mark', 'utf-16-le', '\ufeff'),
                             ('UTF-16, big end, with its mark', 'utf-16-be', '\ufeff'), ('UTF-16, little end, no mark', 'utf-16-le', ''),
                             ('UTF-16, big end, no mark', 'utf-16-be', ''), ('UTF-32 with its mark', 'utf-32-le', '\ufeff')):
    add('encodings', f'{name}, English', lambda g, n, mark=mark: mark + t.delimited(*t.table(g, n)), encoding=encoding)
    add('encodings', f'{name}, Spanish', lambda g, n, mark=mark: mark + t.delimited(*t.table(g, n, language='es'), sep=';'),
        encoding=encoding)
for language in ('es', 'fr', 'de', 'pt'):
    add('encodings', f'Latin-1, {language}', written(t.delimited, ';', table_of=dict(language=language, style='as written')),
        encoding='latin-1')
add('encodings', 'code page 850, Spanish', written(t.delimited, ';', table_of=dict(language='es')), encoding='cp850')
add('encodings', 'UTF-16 with its mark, JSON lines', lambda g, n: '\ufeff' + t.json_lines(*t.table(g, n)), encoding='utf-16-le')
add('encodings', 'UTF-16 with its mark, tabs without names', lambda g, n: '\ufeff' + t.delimited(*t.table(g, n), sep='\t', names=False),
    encoding='utf-16-le')

# --- fixed width

add('fixed width', 'two blanks between', written(t.fixed))
add('fixed width', 'one blank between', written(t.fixed, gap=' '))
add('fixed width', 'dashes below the names', written(t.fixed, rule='-'))
add('fixed width', 'as sqlcmd', lambda g, n: t.fixed(*t.table(g, n), gap=' ', rule='-') + f'\n({n} rows affected)\n')
add('fixed width', 'as psql', lambda g, n: _psql(*t.table(g, n)))
add('fixed width', 'as mysql', written(t.boxed))
add('fixed width', 'box characters', written(t.boxed, corner='┼', across='─', down='│'))
add('fixed width', 'without names', written(t.fixed, names=False))
add('fixed width', 'without names and blanks', written(t.fixed, gap='', names=False,
                                                       table_of=dict(columns=('number', 'plate', 'time', 'state'), time='compact')))
add('fixed width', 'Spanish', written(t.fixed, table_of=dict(language='es')))
add('fixed width', 'German', written(t.fixed, table_of=dict(language='de', style='as written')))
add('fixed width', 'French, dashes', written(t.fixed, rule='-', table_of=dict(language='fr', style='as written')))
add('fixed width', 'pages with names again', written(t.fixed, rule='=', page=55))
add('fixed width', 'right-aligned, a margin', written(t.fixed, right=(0, 3, 6), margin='    '))
add('fixed width', 'times in two columns', written(t.fixed, table_of=dict(columns=TWO)))
add('fixed width', 'tabs and blanks mixed', lambda g, n: t.fixed(*t.table(g, n)).replace('  ', ' \t'))


def _psql(head, rows):
    wide = t.widths(head, rows)
    lines = [' ' + ' | '.join(f'{c:{w}}' for c, w in zip(row, wide)) + '\n' for row in [head] + rows]
    return lines[0] + '+'.join('-' * (w + 2) for w in wide) + '\n' + ''.join(lines[1:]) + f'({len(rows)} rows)\n'


# --- wide rows

def wide(columns, at):
    def make(g, rows):
        head, body = t.table(g, rows)
        names = [f'attr_{i:03d}' for i in range(columns)]
        for k, row in enumerate(body):
            more = [g.choice(('', '0', '1', 'N', 'Y', f'{g.random():.4f}', str(g.randrange(10 ** 6)), 'n/a')) for _ in names]
            body[k] = more[:at] + row + more[at:]
        return names[:at] + head + names[at:], body
    return make


for columns, at in ((30, 15), (80, 2), (120, 60), (250, 200)):
    add('wide rows', f'{columns} more columns', lambda g, n, w=wide(columns, at): t.delimited(*w(g, n)))
add('wide rows', '120 more columns, without names', lambda g, n: t.delimited(*wide(120, 60)(g, n), names=False))
add('wide rows', 'JSON lines, 80 more keys', lambda g, n: t.json_lines(*wide(80, 40)(g, n)))
add('wide rows', 'XML, 80 more elements', lambda g, n: t.xml_rows(*wide(80, 40)(g, n)))
add('wide rows', 'SQL, 60 more columns', lambda g, n: t.sql(*wide(60, 30)(g, n)))
add('wide rows', 'a long text in each row', lambda g, n: t.delimited(*_remarks(g, *t.table(g, n)), quote='"', force=None))


def _remarks(g, head, rows):
    words = 'vehicle was seen near booth and driver showed papers then officer waved it through after check of boot'.split()
    return ['remark'] + head, [[' '.join(g.choices(words, k=60))] + row for row in rows]


# --- single reads in many objects of one connection

def bodies(write):
    return lambda g, n: [write(r) for r in t.records(*t.table(g, n))]


add('a read an upload', 'JSON', bodies(json.dumps))
add('a read an upload', 'JSON without a time', lambda g, n: [json.dumps(r) for r in t.records(*t.table(g, n, columns=UNTIMED))])
add('a read an upload', 'JSON in Spanish', lambda g, n: [json.dumps(r) for r in t.records(*t.table(g, n, language='es'))])
add('a read an upload', 'JSON, pretty', bodies(lambda r: json.dumps(r, indent=2)))
add('a read an upload', 'form', bodies(lambda r: '&'.join(f'{k}={v.replace(":", "%3A")}' for k, v in r.items())))
add('a read an upload', 'XML', lambda g, n: [t.xml_rows(h, [row], 'event', 'read') for h, rows in [t.table(g, n)] for row in rows])
add('a read an upload', 'a line without names', lambda g, n: [t.delimited(h, [row], names=False) for h, rows in [t.table(g, n)]
                                                              for row in rows])
add('a read an upload', 'key=value', lambda g, n: [t.pairs(h, [row]) for h, rows in [t.table(g, n)] for row in rows])
