# SPDX-License-Identifier: Apache-2.0
"""Formats of traveller records: machine-readable zones, tables by their columns, passenger and reservation messages."""
import json

import accuracy_tables as t
import accuracy_values as values
from accuracy_tables import add

CLASS = 'traveller-record'
ALPHA2 = {'USA': 'US', 'MEX': 'MX', 'CAN': 'CA', 'GBR': 'GB', 'FRA': 'FR', 'DEU': 'DE', 'ESP': 'ES', 'PRT': 'PT', 'BRA': 'BR', 'COL': 'CO', 'CHN': 'CN',
          'IND': 'IN'}
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


# --- messages of other systems: elements of reservations as these print them

of_people('messages', 'DOCS of reservations, dashes', lambda people: ''.join(
    f'SRDOCS XX HK1-P-{p.nation}-{p.number}-{p.nation}-{p.born:%d%b%y}-{p.sex}-{p.expires:%d%b%y}-{p.family}-{p.given}/P{i}\n'.upper()
    for i, p in enumerate(people, 1)))
of_people('messages', 'DOCS of reservations, countries of two letters', lambda people: ''.join(
    f'SI.P{i}/SSRDOCSXXHK1/P/{ALPHA2[p.nation]}/{p.number}/{ALPHA2[p.nation]}/{p.born:%d%b%y}/{p.sex}/{p.expires:%d%b%y}/{p.family}/{p.given}\n'.upper()
    for i, p in enumerate(people, 1)))
of_people('messages', 'DOCS of reservations, small letters', lambda people: ''.join(docs(p, i).lower() + '\n' for i, p in enumerate(people)))
of_people('messages', 'PNRGOV, other separators', lambda people: pnrgov(people, '\n').replace('+', '|').replace("'", '~'))
of_people('messages', 'PAXLST, control signs', lambda people: paxlst(people, element='\x1d', component='\x1f', end='\x1c', una=False))
of_people('messages', 'PNRGOV, in XML', lambda people: f'<message><body>{pnrgov(people)}</body></message>')

# --- documents of JSON and XML as services give them


def passenger(p):
    return {'title': 'MR' if p.sex == 'M' else 'MS', 'firstName': p.given.title(), 'lastName': p.family.title(), 'gender': p.sex,
            'dateOfBirth': str(p.born), 'nationality': p.nation}


def of_json(name, one, indent=None, family='records of travellers'):
    of_people(family, name, lambda people: json.dumps({'flight': 'XX123', 'passengers': [one(p) for p in people]}, indent=indent))


of_json('JSON, flat', lambda p: passenger(p) | {'passportNumber': p.number, 'passportExpiry': str(p.expires)})
of_json('JSON, a document below', lambda p: passenger(p) | {'travelDocument': {'type': 'P', 'number': p.number, 'issuingCountry': p.nation,
                                                                                'expiryDate': str(p.expires)}}, 1)
of_json('JSON, documents in a list', lambda p: passenger(p) | {'documents': [{'docType': 'PASSPORT', 'docNumber': p.number, 'expires': str(p.expires)}]})
of_json('JSON, names below', lambda p: {'name': {'given': p.given, 'surname': p.family}, 'birth': {'date': str(p.born)}, 'citizenship': ALPHA2[p.nation],
                                        'passport': {'no': p.number}})
of_json('JSON, Spanish', lambda p: {'apellidos': p.family, 'nombres': p.given, 'fechaNacimiento': f'{p.born:%d/%m/%Y}', 'nacionalidad': p.nation,
                                    'numeroDocumento': p.number, 'tipoDocumento': 'PASAPORTE'}, 2)
of_people('records of travellers', 'JSON, by columns', lambda people: json.dumps(
    {'surname': [p.family for p in people], 'birth_date': [str(p.born) for p in people], 'nationality': [p.nation for p in people],
     'passport_number': [p.number for p in people]}))
of_people('records of travellers', 'JSON, columns and rows', lambda people: json.dumps(
    {'columns': ['surname', 'given', 'birth_date', 'nationality', 'document_number'],
     'data': [[p.family, p.given, str(p.born), p.nation, p.number] for p in people]}))


def of_xml(name, one):
    of_people('records of travellers', name, lambda people: '<?xml version="1.0"?>\n<Manifest>\n' + ''.join(one(p) + '\n' for p in people) + '</Manifest>\n')


of_xml('XML, a document below', lambda p: f'<Passenger><Name><Surname>{p.family}</Surname><GivenName>{p.given}</GivenName></Name><DateOfBirth>{p.born}</DateOfBirth>'
       f'<Nationality>{p.nation}</Nationality><Document type="P"><Number>{p.number}</Number><Expiry>{p.expires}</Expiry></Document></Passenger>')
of_xml('XML, attributes', lambda p: f'<pax surname="{p.family}" givenName="{p.given}" dob="{p.born:%Y%m%d}" nationality="{p.nation}" docNumber="{p.number}" docType="P"/>')
of_xml('XML, name spaces', lambda p: f'<ns2:Traveler><ns2:FamilyName>{p.family}</ns2:FamilyName><ns2:BirthDate>{p.born}</ns2:BirthDate><ns2:CitizenshipCountryCode>{p.nation}</ns2:CitizenshipCountryCode>'
       f'<ns2:TravelDocumentID>{p.number}</ns2:TravelDocumentID></ns2:Traveler>')
of_xml('XML, NIEM', lambda p: f'<nc:Person><nc:PersonBirthDate><nc:Date>{p.born}</nc:Date></nc:PersonBirthDate><nc:PersonCitizenshipISO3166Alpha3Code>{p.nation}</nc:PersonCitizenshipISO3166Alpha3Code>'
       f'<nc:PersonName><nc:PersonGivenName>{p.given}</nc:PersonGivenName><nc:PersonSurName>{p.family}</nc:PersonSurName></nc:PersonName>'
       f'<nc:PassportID><nc:IdentificationID>{p.number}</nc:IdentificationID></nc:PassportID></nc:Person>')
of_people('records of travellers', 'YAML', lambda people: ''.join(
    f'- surname: {p.family}\n  given: {p.given}\n  born: {p.born}\n  nationality: {p.nation}\n  passport: "{p.number}"\n' for p in people))
of_people('records of travellers', 'log lines', lambda people: ''.join(
    f'2026-05-31 04:{i % 60:02d}:11 INFO pax surname={p.family} dob={p.born} nat={p.nation} doc={p.number} result=CLEARED\n' for i, p in enumerate(people)))
of_people('records of travellers', 'sentences', lambda people: ''.join(
    f'Passenger: {p.given} {p.family}\nDate of birth: {p.born:%d %B %Y}\nNationality: {p.nation}\nPassport number: {p.number}\nExpires: {p.expires:%d %B %Y}\n\n'
    for p in people))
of_people('records of travellers', 'forms of a page', lambda people: '\n'.join(
    f'lastName={p.family}&firstName={p.given}&birthDate={p.born:%d%%2F%m%%2F%Y}&nationality={ALPHA2[p.nation]}&passportNo={p.number}' for p in people))

# --- other words, other dates

WORDED = {
    'PAX': (['PAX_NAME', 'PAX_DOB', 'PAX_NTLTY', 'DOC_TYP', 'DOC_NUM'], '|', '%y%m%d'),
    'crossing': (['Crossing Time', 'Traveler Name', 'Birth Dt', 'Cntry of Citizenship', 'Travel Doc Nbr'], ',', '%m/%d/%Y'),
    'Spanish': (['Hora', 'Nombre completo', 'F. Nacimiento', 'País de nacionalidad', 'No. Documento'], ';', '%d/%m/%Y'),
    'French': (['Heure', 'Nom et prénom', 'Né(e) le', 'Nationalité', 'N° passeport'], ';', '%d/%m/%Y'),
    'German': (['Zeit', 'Name, Vorname', 'geb. am', 'Nationalität', 'Reisepass-Nr.'], ';', '%d.%m.%Y'),
    'Portuguese': (['Hora', 'Nome completo', 'Nascimento', 'Nacionalidade', 'Nº passaporte'], ';', '%d/%m/%Y'),
    'identity cards': (['Time', 'Full Name', 'Date of Birth', 'Nationality', 'ID Card Number'], ',', '%d-%b-%Y'),
    'visas': (['Time', 'Applicant Name', 'DOB', 'Nationality', 'Visa Number'], ',', '%Y-%m-%d'),
}


def worded(names, sep, date):
    return lambda people: t.delimited(names, [[f'2026-05-31 04:{i % 60:02d}' if names[0] != 'PAX_NAME' else f'{p.family}/{p.given}',
                                               *([f'{p.given} {p.family}'] if names[0] != 'PAX_NAME' else []), p.born.strftime(date), p.nation,
                                               *(['P'] if names[0] == 'PAX_NAME' else []), p.number] for i, p in enumerate(people)], sep=sep)


for word, (names, sep, date) in WORDED.items():
    of_people('other words', f'columns: {word}', worded(names, sep, date))

# --- without names: the values say it

BARE = {
    'commas': (lambda p: [p.family, p.given, p.sex, str(p.born), p.nation, p.number, str(p.expires)], ','),
    'pipes, short dates': (lambda p: ['P', p.number, p.nation, p.family, p.given, p.nation, f'{p.born:%y%m%d}', p.sex, f'{p.expires:%y%m%d}'], '|'),
    'semicolons, dotted dates': (lambda p: [p.number, f'{p.family}, {p.given}', f'{p.born:%d.%m.%Y}', p.sex, p.nation, f'{p.expires:%d.%m.%Y}'], ';'),
    'tabs, countries of two letters': (lambda p: [p.number, ALPHA2[p.nation], p.family, p.given, f'{p.born:%d/%m/%Y}', p.sex, f'{p.expires:%d/%m/%Y}'], '\t'),
    'months as words': (lambda p: [f'{p.family}/{p.given}', f'{p.born:%d%b%y}'.upper(), p.sex, p.nation, p.number, f'{p.expires:%d%b%y}'.upper()], ','),
    'compact dates': (lambda p: ['P', p.nation, p.number, f'{p.born:%Y%m%d}', p.sex, p.family, p.given, f'{p.expires:%Y%m%d}'], '^'),
    'no sex': (lambda p: [p.number, p.family, p.given, str(p.born), p.nation, str(p.issued), str(p.expires)], ','),
}
for word, (row, sep) in BARE.items():
    of_people('without names', word, lambda people, row=row, sep=sep: ''.join(sep.join(row(p)) + '\n' for p in people))
of_people('without names', 'fixed width', lambda people: t.fixed([''] * 7, [BARE['commas'][0](p) for p in people], names=False))
of_people('without names', 'quoted', lambda people: ''.join('"' + '","'.join(BARE['commas'][0](p)) + '"\n' for p in people))
of_people('without names', 'SQL', lambda people: t.sql([], [[str(i)] + BARE['commas'][0](p) for i, p in enumerate(people)], into='pax', names=False))
of_people('without names', 'JSON arrays', lambda people: ''.join(json.dumps(BARE['commas'][0](p)) + '\n' for p in people))
of_people('without names', 'HTML', lambda people: t.html_table([], [BARE['commas'][0](p) for p in people], names=False))
