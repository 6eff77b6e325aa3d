# SPDX-License-Identifier: Apache-2.0
"""Formats of plate reads as JSON, XML, tables of documents, SQL dumps, keys with values and lines of logs."""
import html
import json
import urllib.parse

import accuracy_tables as t
import accuracy_values as values
from accuracy_tables import add, format_of, written

LANGUAGES = ('es', 'fr', 'de', 'pt')
SHORT = ('plate', 'time', 'lane')


def rows_of(g, rows, **more):
    return t.records(*t.table(g, rows, **more))


# --- JSON

add('JSON', 'lines', written(t.json_lines))
add('JSON', 'lines, no blanks', written(t.json_lines, separators=(',', ':')))
add('JSON', 'lines, keys sorted', written(t.json_lines, sort_keys=True))
for style in ('lower case', 'spaced', 'hyphenated', 'misread'):
    add('JSON', f'lines, {style}', written(t.json_lines, table_of=dict(style=style)))
for language in LANGUAGES:
    add('JSON', f'lines, {language}', written(t.json_lines, ensure_ascii=False, table_of=dict(language=language, style='as written')))
    add('JSON', f'lines, {language}, letters escaped', written(t.json_lines, table_of=dict(language=language, style='as written')))
for name in ('plateNumber', 'licensePlate', 'vrm', 'tag', 'reg', 'lpn', 'LicPlate', 'vehicleRegistration', 'plateText', 'number_plate'):
    add('JSON', f'lines, key {name}', written(t.json_lines, table_of=dict(name=name)))
for time in ('epoch', 'epoch-ms', 'dotted', 'compact'):
    add('JSON', f'lines, times {time}', written(t.json_lines, table_of=dict(time=time)))
add('JSON', 'array', lambda g, n: json.dumps(rows_of(g, n)))
add('JSON', 'array, pretty', lambda g, n: json.dumps(rows_of(g, n), indent=2))
add('JSON', 'array, pretty, tabs', lambda g, n: json.dumps(rows_of(g, n), indent='\t'))
add('JSON', 'array in an answer', lambda g, n: json.dumps({'status': 'ok', 'count': n, 'next': None, 'data': {'items': rows_of(g, n)}}))
add('JSON', 'by column', lambda g, n: json.dumps({k: list(c) for h, r in [t.table(g, n)] for k, c in zip(h, zip(*r))}))
add('JSON', 'by column, pretty', lambda g, n: json.dumps({k: list(c) for h, r in [t.table(g, n)] for k, c in zip(h, zip(*r))}, indent=1))
add('JSON', 'by column and row', lambda g, n: json.dumps({k: dict(enumerate(c)) for h, r in [t.table(g, n)] for k, c in zip(h, zip(*r))}))
add('JSON', 'names, then rows', lambda g, n: json.dumps(dict(zip(('columns', 'data'), t.table(g, n)))))
add('JSON', 'rows without names', lambda g, n: json.dumps(t.table(g, n)[1]))
add('JSON', 'rows a line without names', lambda g, n: ''.join(json.dumps(r) + '\n' for r in t.table(g, n)[1]))
add('JSON', 'plate as the key', lambda g, n: json.dumps({r.pop('plate_number'): r for r in rows_of(g, n)}))
add('JSON', 'in a string', lambda g, n: json.dumps({'topic': 'lanes', 'payload': json.dumps(rows_of(g, n))}))
add('JSON', 'in a string, a line each', lambda g, n: ''.join(json.dumps({'message': json.dumps(r), 'stream': 'stdout'}) + '\n'
                                                             for r in rows_of(g, n)))
add('JSON', 'in a string in a string', lambda g, n: json.dumps({'body': json.dumps({'detail': json.dumps(rows_of(g, n))})}))
add('JSON', 'slashes escaped', lambda g, n: json.dumps(rows_of(g, n, time='slashes')).replace('/', '\\/'))
add('JSON', 'CSV in a string', lambda g, n: json.dumps({'file': 'reads', 'content': t.delimited(*t.table(g, n))}))
add('JSON', 'XML in a string, escaped', lambda g, n: json.dumps({'xml': t.xml_rows(*t.table(g, n))}).replace('<', '\\u003C').replace('>',
    '\\u003E'))
add('JSON', 'in percents', lambda g, n: 'payload=' + urllib.parse.quote(json.dumps(rows_of(g, n))))


@format_of('JSON', 'nested below the vehicle')
def nested(g, rows):
    return ''.join(json.dumps({'id': r.number, 'time': values.TIMES['iso'](r.time),
                               'vehicle': {'make': r.make, 'plate': {'number': r.plate, 'state': r.state}}}) + '\n'
                   for r in values.reads(g, rows))


@format_of('JSON', 'values wrapped by their types')
def typed(g, rows):
    return json.dumps({'Items': [{k: {'S': v} for k, v in r.items()} for r in rows_of(g, rows)], 'Count': rows})


@format_of('JSON', 'bulk of a search engine')
def bulk(g, rows):
    return ''.join(f'{{"index":{{"_index":"reads","_id":"{i}"}}}}\n{json.dumps(r)}\n' for i, r in enumerate(rows_of(g, rows)))


@format_of('JSON', 'hits of a search engine')
def hits(g, rows):
    return json.dumps({'took': 5, 'hits': {'total': rows, 'hits': [{'_index': 'reads', '_score': 1.0, '_source': r}
                                                                   for r in rows_of(g, rows)]}})


@format_of('JSON', 'features of a map')
def features(g, rows):
    return json.dumps({'type': 'FeatureCollection', 'features': [
        {'type': 'Feature', 'geometry': {'type': 'Point', 'coordinates': [r.longitude, r.latitude]},
         'properties': {'plate': r.plate, 'time': values.TIMES['epoch-ms'](r.time), 'lane': r.lane}} for r in values.reads(g, rows)]})


@format_of('JSON', 'extended, of a document store')
def extended(g, rows):
    return ''.join(json.dumps({'_id': {'$oid': f'{g.getrandbits(96):024x}'}, 'plate': r.plate,
                               'ts': {'$date': values.TIMES['iso-ms-z'](r.time)}, 'lane': {'$numberInt': str(r.lane)}}) + '\n'
                   for r in values.reads(g, rows))


add('JSON', 'YAML list', lambda g, n: ''.join('- ' + '  '.join(f'{k}: "{v}"\n' for k, v in r.items()) for r in rows_of(g, n)))
add('JSON', "as a program's literals", lambda g, n: repr(rows_of(g, n)))

# --- XML

add('XML', 'rows', written(t.xml_rows))
add('XML', 'rows, one line', written(t.xml_rows, pretty=False))
add('XML', 'rows, no declaration', written(t.xml_rows, declare=False))
add('XML', 'attributes', written(t.xml_rows, attributes=True))
add('XML', 'attributes, one line', written(t.xml_rows, attributes=True, pretty=False))
add('XML', 'with a prefix', written(t.xml_rows, prefix='lpr:'))
for language in LANGUAGES:
    add('XML', f'rows, {language}', written(t.xml_rows, table_of=dict(language=language, style='as written')))
    add('XML', f'attributes, {language}', written(t.xml_rows, attributes=True, table_of=dict(language=language, style='as written')))
for name in ('PlateNumber', 'VRM', 'LicensePlate', 'RegistrationMark', 'Tag', 'LP'):
    add('XML', f'rows, element {name}', written(t.xml_rows, table_of=dict(name=name)))
add('XML', 'rows, lower case', written(t.xml_rows, table_of=dict(style='lower case')))
add('XML', 'in a SOAP envelope', lambda g,
    n: '<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    + t.xml_rows(*t.table(g, n), declare=False) + '</soap:Body></soap:Envelope>')
add('XML', 'escaped in a SOAP envelope', lambda g,
    n: '<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><doc>'
    + html.escape(t.xml_rows(*t.table(g, n))) + '</doc></soap:Body></soap:Envelope>')
add('XML', 'in CDATA', lambda g, n: '<?xml version="1.0"?><message><body><![CDATA[' + t.delimited(*t.table(g, n)) + ']]></body></message>')
add('XML', 'each value in CDATA', lambda g, n: '<?xml version="1.0"?><reads>' + ''.join(
    '<read>' + ''.join(f'<{k}><![CDATA[{v}]]></{k}>' for k, v in r.items()) + '</read>\n' for r in rows_of(g, n)) + '</reads>')
add('XML', 'fields that are named by an attribute', lambda g, n: '<?xml version="1.0"?><resultset>' + ''.join(
    '<row>' + ''.join(f'<field name="{k}">{v}</field>' for k, v in r.items()) + '</row>\n' for r in rows_of(g, n)) + '</resultset>')
add('XML', 'of a spreadsheet', lambda g,
    n: '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table>' + ''.join(
    '<Row>' + ''.join(f'<Cell><Data ss:Type="String">{c}</Data></Cell>' for c in row) + '</Row>\n' for h, r in [t.table(g, n)]
    for row in [h] + r) + '</Table></Worksheet></Workbook>')
add('XML', 'row set of a database', lambda g, n: "<xml xmlns:rs='urn:schemas-microsoft-com:rowset' xmlns:z='#RowsetSchema'><rs:data>\n"
    + ''.join(
    '<z:row ' + ' '.join(f"{k}='{v}'" for k, v in r.items()) + '/>\n' for r in rows_of(g, n)) + '</rs:data></xml>')
add('XML', 'property list', lambda g, n: '<?xml version="1.0"?><plist version="1.0"><array>\n' + ''.join(
    '<dict>' + ''.join(f'<key>{k}</key><string>{v}</string>' for k, v in r.items()) + '</dict>\n' for r in rows_of(g, n))
    + '</array></plist>')
add('XML', 'places of a map', lambda g, n: '<?xml version="1.0"?><kml><Document>\n' + ''.join(
    f'<Placemark><name>{r.plate}</name><TimeStamp><when>{values.TIMES["iso"](r.time)}</when></TimeStamp><Point><coordinates>{r.longitude:.6f},{r.latitude:.6f}</coordinates></Point></Placemark>\n'
    for r in values.reads(g, n)) + '</Document></kml>')

# --- tables of documents

add('documents', 'HTML, pretty', written(t.html_table))
add('documents', 'HTML, a line a row', written(t.html_table, pretty=False))
add('documents', 'HTML, attributes', written(t.html_table, attributes=' class="c3" style="text-align: left"'))
add('documents', 'HTML, without names', written(t.html_table, names=False))
add('documents', 'HTML, entities', written(t.html_table, entities=True))
add('documents', 'HTML, times in two columns', written(t.html_table, table_of=dict(columns=('plate', 'date', 'clock', 'lane'))))
for language in LANGUAGES:
    add('documents', f'HTML, {language}', written(t.html_table, table_of=dict(language=language, style='as written')))
add('documents', 'HTML, links in cells', lambda g, n: t.html_table(*t.table(g, n)).replace('<td>', '<td><a href="#">').replace('</td>',
    '</a></td>'))
add('documents', 'HTML, boxes for cells', lambda g, n: '<!DOCTYPE html><html><body>\n' + ''.join(
    '<div class="row">' + ''.join(f'<div class="cell {k}">{v}</div>' for k, v in r.items()) + '</div>\n' for r in rows_of(g, n))
    + '</body></html>')
add('documents', 'HTML, lists of terms', lambda g, n: '<!DOCTYPE html><html><body>\n' + ''.join(
    '<dl>' + ''.join(f'<dt>{k}</dt><dd>{v}</dd>' for k, v in r.items()) + '</dl>\n' for r in rows_of(g, n)) + '</body></html>')
add('documents', 'Markdown', written(t.markdown))
add('documents', 'Markdown, aligned', lambda g, n: t.boxed(*t.table(g, n), corner='|').split('\n', 1)[1])
add('documents', 'Markdown, German', written(t.markdown, table_of=dict(language='de', style='as written')))
add('documents', 'AsciiDoc', lambda g, n: '|===\n' + ''.join('|' + ' |'.join(r) + '\n' for h, rows in [t.table(g, n)] for r in [h] + rows)
    + '|===\n')
add('documents', 'reStructuredText', written(t.fixed, gap=' ', rule='='))
add('documents', 'wiki', lambda g, n: '{| class="wikitable"\n'
    + ''.join('|-\n| ' + ' || '.join(r) + '\n' for h, rows in [t.table(g, n)] for r in [h] + rows) + '|}\n')
add('documents', 'LaTeX', lambda g, n: '\\begin{tabular}{lllllll}\n'
    + ''.join(' & '.join(r) + ' \\\\\n' for h, rows in [t.table(g, n)] for r in [h] + rows) + '\\end{tabular}\n')
add('documents', 'troff', lambda g, n: '.TS\nl l l l l l l.\n' + t.delimited(*t.table(g, n), sep='\t') + '.TE\n')

# --- SQL dumps and what clients of databases print

add('SQL', 'INSERT, a hundred rows each', written(t.sql))
add('SQL', 'INSERT, a row each', written(t.sql, each=1))
add('SQL', 'INSERT without columns', written(t.sql, names=False, each=1000))
add('SQL', 'INSERT, a table of no telling name', written(t.sql, into='t_0417'))
add('SQL', 'INSERT without columns, a table of no telling name', written(t.sql, into='events', names=False))
add('SQL', 'MySQL', lambda g, n: '-- MySQL dump 10.19\nLOCK TABLES `reads` WRITE;\n'
    + t.sql(*t.table(g, n), into='reads', ticks='`', names=False) + 'UNLOCK TABLES;\n')
add('SQL', 'MySQL, CREATE before it', lambda g,
    n: 'CREATE TABLE `reads` (`plate` varchar(12), `state` char(3), `ts` datetime, `lane` int);\n' + t.sql(
    *t.table(g, n, columns=('plate', 'state', 'time', 'lane')), into='reads', ticks='`', names=False))
add('SQL', 'SQL Server', lambda g, n: t.sql(*t.table(g, n), into='dbo.Reads', each=1, mark='N', end='\nGO\n'))
add('SQL', 'Oracle', lambda g, n: t.sql(*t.table(g, n), into='LPR.READS', each=1))
add('SQL', 'PostgreSQL COPY', lambda g, n: 'COPY public.reads (%s) FROM stdin;\n%s\\.\n' % (', '.join((tab := t.table(g, n))[0]),
    t.delimited(*tab, sep='\t', names=False)))
add('SQL', 'SQLite dump', lambda g, n: 'PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n'
    + t.sql(*t.table(g, n), into='reads', each=1, names=False) + 'COMMIT;\n')
for language in LANGUAGES:
    add('SQL', f'INSERT, {language}', written(t.sql, into='eventos', table_of=dict(language=language, style='as written')))
add('SQL', 'psql, a row a block', lambda g, n: ''.join(f'-[ RECORD {i} ]---\n' + ''.join(f'{k:13}| {v}\n' for k, v in r.items()) for i,
                                                       r in enumerate(rows_of(g, n), 1)))
add('SQL', 'mysql, a row a block', lambda g, n: ''.join(f'*************************** {i}. row ***************************\n'
                                                        + ''.join(f'{k:>13}: {v}\n' for k, v in r.items())
                                                        for i, r in enumerate(rows_of(g, n), 1)))
add('SQL', 'sqlite3 list', written(t.delimited, '|', names=False))

# --- keys with values

add('key=value', 'blanks between', written(t.pairs))
add('key=value', 'quoted', written(t.pairs, quote='"'))
add('key=value', 'commas between', written(t.pairs, between=', '))
add('key=value', 'semicolons between', written(t.pairs, between='; '))
add('key=value', 'tabs between', written(t.pairs, between='\t'))
add('key=value', 'colons', written(t.pairs, joint=': ', between=', '))
add('key=value', 'arrows', written(t.pairs, joint=' => ', between=', ', quote="'"))
add('key=value', 'query strings', lambda g, n: ''.join('/api/read?' + urllib.parse.urlencode(r) + '\n' for r in rows_of(g, n)))
add('key=value', 'one form', lambda g, n: '&'.join(urllib.parse.urlencode({f'reads[{i}][{k}]': v for k, v in r.items()}) for i,
                                                   r in enumerate(rows_of(g, n))))
add('key=value', 'blocks', written(t.blocks))
add('key=value', 'blocks, aligned', lambda g, n: ''.join(''.join(f'{k:<16}: {v}\n' for k, v in r.items()) + '\n' for r in rows_of(g, n)))
add('key=value', 'sections', lambda g, n: ''.join(f'[read{i}]\n' + ''.join(f'{k} = {v}\n' for k, v in r.items()) + '\n' for i,
                                                  r in enumerate(rows_of(g, n))))
add('key=value', 'LDIF', written(t.blocks, start='dn: cn=read\n'))
for language in LANGUAGES:
    add('key=value', f'blanks between, {language}', written(t.pairs, quote='"', table_of=dict(language=language, style='as written')))
    add('key=value', f'blocks, {language}', written(t.blocks, table_of=dict(language=language, style='as written')))
add('key=value', 'key tag', written(t.pairs, table_of=dict(name='tag')))
add('key=value', 'key vrm, lower case', written(t.pairs, table_of=dict(name='vrm', style='lower case')))

# --- lines of logs


def log(line, **more):
    return lambda g, n: ''.join(line(r, values.TIMES, more) + '\n' for r in values.reads(g, n, more.get('country', 'us')))


add('logs', 'a sentence', log(lambda r, T,
                              m: f'{T["blank"](r.time)} INFO lane{r.lane} Plate {r.plate} ({r.state}) read with {r.confidence}%'))
add('logs', 'a sentence in Spanish',
    log(lambda r, T, m: f'{T["blank"](r.time)} INFO carril {r.lane}: matrícula {r.plate} leída, sentido entrada', country='es'))
add('logs', 'a sentence in German', log(lambda r, T, m: f'{T["dotted"](r.time)} Spur {r.lane}: Kennzeichen {r.plate} erkannt',
                                        country='de'))
add('logs', 'a sentence in French', log(lambda r, T, m: f'{T["slashes"](r.time)} voie {r.lane} : immatriculation {r.plate} lue',
                                        country='fr'))
add('logs', 'syslog', log(lambda r, T,
                          m: f'<134>{r.time:%b %d %H:%M:%S} lane{r.lane} alpr[812]: plate={r.plate} state={r.state} conf={r.confidence}'))
add('logs', 'syslog with structured data',
    log(lambda r, T, m: f'<134>1 {T["iso-ms-z"](r.time)} lane{r.lane} alpr 812 READ [read@32473 plate="{r.plate}" state="{r.state}"] read'))
add('logs', 'CEF', log(lambda r, T,
                       m: f'CEF:0|Acme|ALPR|4.2|100|Plate read|3|rt={T["epoch-ms"](r.time)} cs1Label=plate cs1={r.plate} cs2Label=state cs2={r.state}'))
add('logs', 'LEEF', log(lambda r, T, m: f'LEEF:1.0|Acme|ALPR|4.2|100|devTime={T["blank"](r.time)}\tplate={r.plate}\tlane={r.lane}'))
add('logs', 'no name of the plate', log(lambda r, T, m: f'{T["blank"](r.time)} [reader-{r.lane}] INFO  {r.plate} {r.state} {r.confidence}'))
add('logs', 'requests of a web server',
    log(lambda r, T, m: f'10.1.4.{r.lane} - - [{r.time:%d/%b/%Y:%H:%M:%S} -0600] "GET /check?plate={r.plate}&state={r.state} HTTP/1.1" 200 512'))
add('logs', 'W3C, fields named', lambda g, n: '#Version: 1.0\n#Fields: date time s-lane cs-plate cs-state sc-status\n' + ''.join(
    f'{r.time:%Y-%m-%d %H:%M:%S} {r.lane} {r.plate} {r.state} 200\n' for r in values.reads(g, n)))
add('logs', 'names of pictures',
    log(lambda r, T, m: f'{T["blank"](r.time)} stored /store/2026/05/31/{r.time:%Y%m%d-%H%M%S}_lane{r.lane}_{r.plate}.jpg 48112'), 'listing')
add('logs', 'GELF', lambda g, n: ''.join(json.dumps({'version': '1.1', 'host': f'lane{r.lane}', 'short_message': 'read',
                                                     'timestamp': r.time.timestamp(), '_plate': r.plate, '_state': r.state}) + '\n'
                                         for r in values.reads(g, n)))
