# SPDX-License-Identifier: Apache-2.0
"""Formats of traveller records: machine-readable zones, tables by their columns, passenger and reservation messages."""
import json

import accuracy_tables as t
import accuracy_values as values
from accuracy_tables import add

CLASS = 'traveller-record'
KINDS = ('td1', 'td2', 'td3', 'mrv-a', 'mrv-b')


def of_people(family, name, write, encoding='utf-8'):
    add(family, name, lambda g, n: write(values.people(g, n)), CLASS, encoding)


# --- zones

for kind in KINDS:
    def each(write, kind=kind):
        return lambda people: ''.join(write(p, values.zone(p, kind)) for p in people)
    of_people('zones', f'{kind}, lines', each(lambda p, z: '\n'.join(z) + '\n'))
    of_people('zones', f'{kind}, JSON, a key a line', each(lambda p,
                                                           z: json.dumps({'id': p.number[-3:]} | {f'mrz{i}': line for i,
                                                               line in enumerate(z, 1)}) + '\n'))
    of_people('zones', f'{kind}, JSON, joined', each(lambda p, z: json.dumps({'type': kind, 'mrz': ''.join(z)}) + '\n'))
    of_people('zones', f'{kind}, JSON, line ends escaped', each(lambda p, z: json.dumps({'mrz': '\n'.join(z), 'ok': True}) + '\n'))
    of_people('zones', f'{kind}, XML, an element a line', each(lambda p, z: '<doc>'
                                                               + ''.join(f'<line{i}>{line.replace("<", "&lt;")}</line{i}>' for i,
                                                                   line in enumerate(z, 1)) + '</doc>\n'))
    of_people('zones', f'{kind}, XML, joined', each(lambda p, z: f'<doc><mrz>{"".join(z).replace("<", "&lt;")}</mrz></doc>\n'))
    of_people('zones', f'{kind}, two columns', each(lambda p, z: f'{p.issued},{",".join(z)},ok\n'))
of_people('zones', 'td3, JSON, < escaped', lambda people: ''.join(json.dumps({'mrz': '\n'.join(values.zone(p, 'td3'))}).replace('<',
    '\\u003C') + '\n' for p in people))
of_people('zones', 'td3, in percents', lambda people: '&'.join('mrz=' + '%0A'.join(values.zone(p, 'td3')).replace('<', '%3C')
                                                               for p in people))
of_people('zones', 'td3, XML, CDATA', lambda people: '<docs>'
          + ''.join('<mrz><![CDATA[' + '\n'.join(values.zone(p, 'td3')) + ']]></mrz>\n' for p in people) + '</docs>')
of_people('zones', 'td3, lower case', lambda people: ''.join('\n'.join(values.zone(p, 'td3')).lower() + '\n' for p in people))
of_people('zones', 'td3, the lower line alone', lambda people: ''.join(values.zone(p, 'td3')[1] + '\n' for p in people))
of_people('zones', 'td3, UTF-16', lambda people: '\ufeff' + ''.join('\n'.join(values.zone(p, 'td3')) + '\n' for p in people), 'utf-16-le')
of_people('zones', 'td3, SQL', lambda people: ''.join("INSERT INTO scans VALUES (%s, '%s');\n" % (i, "', '".join(values.zone(p, 'td3')))
                                                      for i, p in enumerate(people)))

# --- tables

NAMES = {
    'en': ['Surname', 'Given Name', 'Sex', 'Date of Birth', 'Nationality', 'Passport No', 'Expiry Date'],
    'en, short': ['LAST_NM', 'FIRST_NM', 'GENDER', 'DOB', 'CTZN', 'DOC_NBR', 'DOC_EXP'],
    'es': ['Apellidos', 'Nombre', 'Sexo', 'Fecha de nacimiento', 'Nacionalidad', 'Núm. de pasaporte', 'Caducidad'],
    'fr': ['Nom', 'Prénom', 'Sexe', 'Date de naissance', 'Nationalité', 'N° de passeport', "Date d'expiration"],
    'de': ['Nachname', 'Vorname', 'Geschlecht', 'Geburtsdatum', 'Staatsangehörigkeit', 'Passnummer', 'Gültig bis'],
    'pt': ['Apelido', 'Nome', 'Sexo', 'Data de nascimento', 'Nacionalidade', 'N.º do passaporte', 'Validade'],
}
DATES = {'en': '%Y-%m-%d', 'en, short': '%d%b%y', 'es': '%d/%m/%Y', 'fr': '%d/%m/%Y', 'de': '%d.%m.%Y', 'pt': '%d/%m/%Y'}


def rows_of(people, language):
    date = DATES[language]
    return NAMES[language], [[p.family, p.given, p.sex, p.born.strftime(date).upper(), p.nation, p.number,
                              p.expires.strftime(date).upper()] for p in people]


for language in NAMES:
    def of(writer, language=language, **more):
        return lambda people: writer(*rows_of(people, language), **more)
    of_people('tables of travellers', f'comma, {language}', of(t.delimited))
    of_people('tables of travellers', f'semicolon, quoted, {language}', of(t.delimited, sep=';', quote='"', force=True))
    of_people('tables of travellers', f'JSON lines, {language}', of(t.json_lines, ensure_ascii=False))
    of_people('tables of travellers', f'XML, {language}', of(t.xml_rows))
    of_people('tables of travellers', f'HTML, {language}', of(t.html_table))
    of_people('tables of travellers', f'fixed width, {language}', of(t.fixed))
of_people('tables of travellers', 'SQL', lambda people: t.sql(['last_name', 'first_name', 'sex', 'birth_date', 'nationality',
                                                               'passport_number', 'expiry'], rows_of(people, 'en')[1], into='passengers'))
of_people('tables of travellers', 'blocks of keys', lambda people: t.blocks(*rows_of(people, 'en')))
of_people('tables of travellers', 'tabs, UTF-16', lambda people: '\ufeff' + t.delimited(*rows_of(people, 'es'), sep='\t'), 'utf-16-le')
of_people('tables of travellers', 'Markdown', lambda people: t.markdown(*rows_of(people, 'en')))
of_people('tables of travellers', 'crew list', lambda people: 'IMO CREW LIST\n' + t.fixed(
    ['No', 'Family name', 'Given names', 'Rank', 'Nationality', 'Date of birth', 'Nature and No. of identity document'],
    [[str(i), p.family, p.given, 'AB', p.nation, f'{p.born:%d/%m/%Y}', f'PASSPORT {p.number}'] for i, p in enumerate(people, 1)]))

# --- messages


def paxlst(people, joint='', una=True, element='+', component=':', end="'"):
    def segment(*elements):
        return element.join(component.join(e) if isinstance(e, tuple) else e for e in elements) + end + joint
    out = [f'UNA{component}{element}.? {end}' + joint if una else '',
           segment('UNB', ('UNOA', '4'), 'AIRLINE', 'AGENCY', ('260531', '0411'), '1'),
           segment('UNH', 'PAX001', ('PAXLST', 'D', '12B', 'UN', 'IATA'), '1', ('01', 'F')),
           segment('BGM', '745'), segment('TDT', '20', 'XX123'), segment('LOC', '125', 'MEX'), segment('LOC', '87', 'DFW')]
    for p in people:
        out += [segment('NAD', 'FL', '', '', (p.family, p.given)), segment('ATT', '2', '', p.sex),
                segment('DTM', ('329', f'{p.born:%y%m%d}')), segment('NAT', '2', p.nation),
                segment('DOC', ('P', '110', '111'), p.number), segment('DTM', ('36', f'{p.expires:%y%m%d}')),
                segment('LOC', '91', p.nation)]
    return ''.join(out) + segment('CNT', ('42', str(len(people)))) + segment('UNT', '9', 'PAX001') + segment('UNZ', '1', '1')


def pnrgov(people, joint=''):
    out = ["UNB+IATA:1+XX+AGENCY+260531:0411+1'", "UNH+1+PNRGOV:11:1:IA+XX'", "MSG+:22'", "ORG+XX:MEX'",
           "TVL+310526:0800+MEX+DFW+XX+123'", f"EQN+{len(people)}'"]
    for i, p in enumerate(people):
        out += ["SRC'", f"RCI+XX:{chr(65 + i % 26)}KX{i % 997:03d}'", f"TIF+{p.family}+{p.given}:A:1'",
                f"SSR+DOCS:HK:1:XX:::::/P/{p.nation}/{p.number}/{p.nation}/{p.born:%d%b%y}/{p.sex}/{p.expires:%d%b%y}/{p.family}/{p.given}'".upper()]
    return joint.join(out + ["UNT+9+1'", "UNZ+1+1'"])


of_people('messages', 'PAXLST', paxlst)
of_people('messages', 'PAXLST, a segment a line', lambda people: paxlst(people, '\n'))
of_people('messages', 'PAXLST, CR LF, no UNA', lambda people: paxlst(people, '\r\n', una=False))
of_people('messages', 'PAXLST, other separators', lambda people: paxlst(people, '\n', element='*', component='>', end='~'))
of_people('messages', 'PAXLST, in JSON', lambda people: json.dumps({'message': paxlst(people, '\n')}))
of_people('messages', 'PNRGOV', pnrgov)
of_people('messages', 'PNRGOV, a segment a line', lambda people: pnrgov(people, '\n'))


def docs(p, i):
    return f'SSR DOCS XX HK1 P/{p.nation}/{p.number}/{p.nation}/{p.born:%d%b%y}/{p.sex}/{p.expires:%d%b%y}/{p.family}/{p.given}'.upper()


of_people('messages', 'SSR DOCS, lines', lambda people: ''.join(docs(p, i) + '\n' for i, p in enumerate(people)))
of_people('messages', 'SSR DOCS, a reservation each',
          lambda people: ''.join(f' 1.{p.family}/{p.given} MR\n 2 XX 123 Y 31MAY MEXDFW HK1\n 3 {docs(p, i)}\n\n' for i,
                                 p in enumerate(people)))
of_people('messages', 'SSR DOCS, slashes before', lambda people: ''.join(docs(p, i).replace('SSR DOCS XX HK1 ', 'SSRDOCSXXHK1/') + '\n'
    for i, p in enumerate(people)))
of_people('messages', 'PNL with DOCS remarks', lambda people: 'PNL\nXX123/31MAY MEX PART1\n' + ''.join(
    f'1{p.family}/{p.given}\n.R/DOCS HK1/P/{p.nation}/{p.number}/{p.nation}/{p.born:%d%b%y}/{p.sex}/{p.expires:%d%b%y}/{p.family}/{p.given}\n'.upper() for p in people) + 'ENDPNL\n')
of_people('messages', 'APIS, CSV',
          lambda people: ''.join(f'P,{p.number},{p.nation},{p.nation},{p.born:%Y%m%d},{p.sex},{p.expires:%Y%m%d},{p.family},{p.given}\n'
                                 for p in people))
