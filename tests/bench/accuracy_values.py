# SPDX-License-Identifier: Apache-2.0
"""What records are made of: plates by the series of their jurisdictions, reads at lanes, travellers and their documents.
All of it is made up from the generator that the caller gives; `@` is a letter and `#` a digit of a series."""
import collections
import datetime
import unicodedata

LETTERS = 'ABCDEFGHJKLMNPRSTUVWXYZ'
BEGIN = datetime.datetime(2026, 5, 31, 4, 10, 0)

# Jurisdiction, its share, its series.
BORDER = [('TX', 40, ['@@@####', '@@#@###']), ('NM', 12, ['@@@###', '###@@@']), ('AZ', 10, ['@@@####', '@#@@###']), ('CA', 10, ['#@@@###']),
          ('CO', 4, ['@@@###', '@@@@##']), ('OK', 3, ['@@@###']), ('FL', 3, ['@@@@##', '@###@@']), ('CHH', 12, ['@@@####', '@@@###@']),
          ('SON', 6, ['@@@###@', '@##@@@'])]
COUNTRIES = {
    'us': BORDER,
    'mx': [('CHH', 50, ['@@@-###-@', '@@@-##-##']), ('SON', 30, ['@@@-##-##']), ('BC', 20, ['@##-@@@'])],
    'es': [('E', 80, ['####@@@']), ('P', 10, ['@@##@@']), ('F', 10, ['@@###@@'])],
    'fr': [('F', 85, ['@@-###-@@']), ('E', 8, ['####@@@']), ('B', 7, ['#-@@@-###'])],
    'de': [('D', 90, ['B-@@ ####', 'M-@@ ####', 'HH-@@ ###', 'GÖ-@@ ##', 'K-@ ####', 'KA-@@ ###', 'OF-@@ ####', 'WÜ-@@ ###']),
           ('A', 5, ['W-#####@']), ('CH', 5, ['ZH ######'])],
    'pt': [('P', 90, ['@@-##-@@', '##-@@-##']), ('E', 10, ['####@@@'])],
    'br': [('SP', 60, ['@@@#@##']), ('RJ', 40, ['@@@-####'])],
    'ar': [('AR', 100, ['@@###@@', '@@@###'])],
    'co': [('CO', 100, ['@@@###'])],
    'uk': [('GB', 100, ['@@##@@@'])],
    'nl': [('NL', 90, ['@@-###-@', '@-###-@@', '##-@@@-#', '##-@@-@@']), ('B', 10, ['#-@@@-###'])],
    'it': [('I', 100, ['@@###@@'])],
    'pl': [('PL', 100, ['WA #####', 'KR ###@@', 'DW ####@'])],
}
MAKES = ['Ford', 'Chevrolet', 'Toyota', 'Nissan', 'Honda', 'Dodge', 'Volkswagen', 'Kenworth', 'Freightliner']
MODELS = ['F-150', 'Silverado', 'Corolla', 'Versa', 'Civic', 'Ram 1500', 'Jetta', 'T680', 'Cascadia']
COLORS = ['white', 'black', 'silver', 'red', 'blue', 'grey', 'green']

Read = collections.namedtuple('Read', 'number plate state country time lane camera inward confidence make model color latitude longitude')


def fill(g, series):
    """A value of a series."""
    return ''.join(g.choice(LETTERS) if c == '@' else g.choice('0123456789') if c == '#' else c for c in series)


def plate(g, country='us'):
    """(plate, jurisdiction)"""
    kinds = COUNTRIES[country]
    state, _, series = g.choices(kinds, [share for _, share, _ in kinds])[0]
    return fill(g, g.choice(series)), state


def reads(g, rows, country='us'):
    """Cars at eight lanes in the order of time; one in twelve is seen again."""
    seen, time, made = [], BEGIN, []
    for i in range(rows):
        time += datetime.timedelta(seconds=g.randrange(2, 70), milliseconds=g.randrange(1000))
        if seen and g.random() < 0.08:
            car = g.choice(seen)
        else:
            make = g.randrange(len(MAKES))
            car = (*plate(g, country), MAKES[make], MODELS[make], g.choice(COLORS))
            seen.append(car)
        lane = g.randrange(1, 9)
        made.append(Read(184201 + i, car[0], car[1], country.upper(), time, lane, f'LPR-{lane:02d}', g.random() < 0.7,
                         g.randrange(712, 999) / 10,
                         *car[2:], 31.76 + g.randrange(9999) / 1e6, -106.45 - g.randrange(9999) / 1e6))
    return made


# --- how a plate is written

OCR = str.maketrans('01852', 'OIBSZ')


def misread(g, text):
    """As a reader that takes one sign in six for its twin."""
    back = {b: a for a, b in zip('01852', 'OIBSZ')}
    return ''.join((c.translate(OCR) if c in '01852' else back.get(c, c)) if g.random() < 0.16 else c for c in text)


def bare(text):
    return ''.join(c for c in text if c.isalnum())


def joint(text, sign):
    """The first place where letters and digits meet, and the joints that are there."""
    if not text.isalnum():
        return ''.join(c if c.isalnum() else sign for c in text)
    for i in range(1, len(text)):
        if text[i].isdigit() != text[i - 1].isdigit() and 1 < i:
            return text[:i] + sign + text[i:]
    return text[:3] + sign + text[3:]


def halves(text):
    cut = joint(bare(text), '\0').split('\0')
    return cut[0], ''.join(cut[1:])


WORDS = ['MYTRUCK', 'GOBEARS', 'LUVDOG', 'TEX4N', 'BIGDAD', 'H0TROD', 'MSLADY', 'RNGR', '2FAST4U', 'JIMBOB']
STYLES = {
    'plain': lambda g, p: bare(p),
    'as written': lambda g, p: p,
    'lower case': lambda g, p: bare(p).lower(),
    'spaced': lambda g, p: joint(p, ' '),
    'hyphenated': lambda g, p: joint(p, '-'),
    'dotted': lambda g, p: joint(p, '.'),
    'bulleted': lambda g, p: joint(p, '·'),
    'misread': lambda g, p: misread(g, bare(p)),
    'lower case, spaced': lambda g, p: joint(p, ' ').lower(),
    'one in five a word': lambda g, p: g.choice(WORDS) if g.random() < 0.2 else bare(p),
    'padded': lambda g, p: bare(p).ljust(10),
}

# --- how a time is written

TIMES = {
    'iso': lambda t: t.strftime('%Y-%m-%dT%H:%M:%S'),
    'iso-ms-z': lambda t: t.strftime('%Y-%m-%dT%H:%M:%S.') + f'{t.microsecond // 1000:03d}Z',
    'blank': lambda t: t.strftime('%Y-%m-%d %H:%M:%S'),
    'offset': lambda t: t.strftime('%Y-%m-%dT%H:%M:%S-06:00'),
    'dotted': lambda t: t.strftime('%d.%m.%Y %H:%M:%S'),
    'slashes': lambda t: t.strftime('%d/%m/%Y %H:%M:%S'),
    'us': lambda t: f'{t.month}/{t.day}/{t.year} {t.hour}:{t.minute:02d}',
    'us-pm': lambda t: t.strftime('%m/%d/%Y %I:%M:%S %p'),
    'epoch': lambda t: str(int(t.replace(tzinfo=datetime.timezone.utc).timestamp())),
    'epoch-ms': lambda t: str(int(t.replace(tzinfo=datetime.timezone.utc).timestamp() * 1000)),
    'compact': lambda t: t.strftime('%Y%m%d%H%M%S'),
    'compact-t': lambda t: t.strftime('%Y%m%dT%H%M%SZ'),
    'clock': lambda t: t.strftime('%H:%M:%S'),
    'words': lambda t: t.strftime('%d %b %Y %H:%M'),
    'rfc': lambda t: t.strftime('%a, %d %b %Y %H:%M:%S -0600'),
    'sheet': lambda t: f'{(t - datetime.datetime(1899, 12, 30)).total_seconds() / 86400:.5f}',
    'genetec': lambda t: t.strftime('%Y:%m:%d %H:%M:%S'),
}

# --- travellers

GIVEN = ['ANNA', 'MARIA', 'JOSE', 'LUIS', 'JOHN', 'EMILY', 'PIERRE', 'CLAIRE', 'HANS', 'GRETA', 'JOAO', 'INES', 'AHMED', 'LEILA', 'WEI',
         'OLGA']
FAMILY = ['ERIKSSON', 'GARCIA', 'LOPEZ', 'SMITH', 'JOHNSON', 'DUPONT', 'MARTIN', 'MUELLER', 'SCHMIDT', 'SILVA', 'SANTOS', 'KHAN',
          'NGUYEN', 'IVANOVA',
          'HERNANDEZ', 'OCONNOR']
NATIONS = ['USA', 'MEX', 'CAN', 'GBR', 'FRA', 'DEU', 'ESP', 'PRT', 'BRA', 'COL', 'CHN', 'IND']
Person = collections.namedtuple('Person', 'family given sex born nation number expires issued')


def people(g, rows):
    made = []
    for _ in range(rows):
        day = datetime.date(1940, 1, 1) + datetime.timedelta(days=g.randrange(25000))
        out = datetime.date(2026, 6, 1) + datetime.timedelta(days=g.randrange(3600))
        number = g.choice([fill(g, '#########'), fill(g, '@########'), fill(g, '@@#######')])
        made.append(Person(g.choice(FAMILY), g.choice(GIVEN), g.choice('MF'), day, g.choice(NATIONS), number, out,
                           out - datetime.timedelta(days=3652)))
    return made


def check_digit(text):
    """ICAO 9303 part 3, 4.9."""
    value = [0 if c == '<' else int(c) if c.isdigit() else ord(c) - 55 for c in text]
    return str(sum(v * (7, 3, 1)[i % 3] for i, v in enumerate(value)) % 10)


def zone_name(person, width):
    text = unicodedata.normalize('NFKD', f'{person.family}<<{person.given}').replace(' ', '<')
    return text[:width].ljust(width, '<')


def zone(person, kind):
    """The lines of a machine-readable zone: td1, td2, td3, mrv-a, mrv-b."""
    born, out = person.born.strftime('%y%m%d'), person.expires.strftime('%y%m%d')
    number = person.number.ljust(9, '<')
    number += check_digit(number)
    dates = born + check_digit(born), out + check_digit(out)
    middle = dates[0] + person.sex + dates[1]
    if kind == 'td1':
        first = 'I<' + person.nation + number + '<' * 15
        second = middle + person.nation + '<' * 11
        second += check_digit(first[5:30] + dates[0] + dates[1] + second[18:29])
        return [first, second, zone_name(person, 30)]
    lines = {'td2': ('I<', 36, 7), 'td3': ('P<', 44, 14), 'mrv-a': ('V<', 44, 16), 'mrv-b': ('V<', 36, 8)}
    mark, width, options = lines[kind]
    upper = mark + person.nation + zone_name(person, width - 5)
    lower = number + person.nation + middle + '<' * options
    if kind == 'td3':
        lower += '0' + check_digit(number + dates[0] + dates[1] + '<' * options + '0')
    elif kind == 'td2':
        lower += check_digit(number + dates[0] + dates[1] + '<' * options)
    return [upper, lower]
