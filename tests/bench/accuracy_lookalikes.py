# SPDX-License-Identifier: Apache-2.0
"""What looks like plate reads or travellers and is none: exports that any office sends. LOOKALIKES: name -> make(g, rows)."""
import datetime
import json

import accuracy_values as values

LOOKALIKES = {}
ALNUM = 'ABCDEFGHJKLMNPQRSTUVWXYZ0123456789'
PRODUCTS = ['bracket', 'hinge', 'gasket', 'valve', 'bearing', 'filter', 'sleeve', 'clamp', 'washer', 'spring']
TOWNS = ['Leeds', 'Utrecht', 'Ottawa', 'Dallas', 'Lyon', 'Porto', 'Bremen', 'Toledo']


def times(g, rows, form='iso'):
    at = values.BEGIN
    for _ in range(rows):
        at += datetime.timedelta(seconds=g.randrange(1, 400))
        yield values.TIMES[form](at)


def csv(name, head, row, form='iso', sep=','):
    """`row(g, i, time)` gives the cells. A head of '' is none."""
    assert name not in LOOKALIKES
    LOOKALIKES[name] = lambda g, rows: ((head + '\n' if head else '') + ''.join(
        sep.join(map(str, row(g, i, at))) + '\n' for i, at in enumerate(times(g, rows, form)))).encode()


def text(name, line):
    """`line(g, i, time)` gives the line."""
    csv(name, '', lambda g, i, at: [line(g, i, at)], form='blank')


def day(g):
    return str(datetime.date(1940, 1, 1) + datetime.timedelta(days=g.randrange(25000)))


def postcode(g):
    return g.choice(('LS', 'M', 'B', 'SW', 'NE', 'EC', 'L', 'CF', 'G', 'EH', 'BT', 'NW')) + f(g.choice(('#', '##')))(g) + ' ' + f('#@@')(g)


def pick(g, n, signs=ALNUM):
    return ''.join(g.choices(signs, k=n))


def f(series):
    return lambda g: values.fill(g, series)


# --- trade

csv('stock units, three prefixes, times', 'sku,product,quantity,updated', lambda g, i,
    at: (g.choice(('ABX', 'ABT', 'GRD')) + f('####')(g), g.choice(PRODUCTS), g.randrange(99), at))
csv('stock units, no times', 'sku;product;quantity;price', lambda g, i,
    at: (g.choice(('KLM', 'KLN', 'TRX', 'TRZ')) + f('-####')(g), g.choice(PRODUCTS), g.randrange(99), f('##.##')(g)), sep=';')
csv('vouchers, letters and digits mixed, times', 'voucher,value,issued', lambda g, i, at: (pick(g, 7), 25, at))
csv('vouchers, three letters and four digits, times', 'voucher_code,amount,currency,created_at', lambda g, i,
    at: (f('@@@####')(g), 10, 'EUR', at))
csv('orders that count up, times', 'order,customer,ordered_at', lambda g, i, at: (f'ORD{1000 + i}', f('C####')(g), at))
csv('orders that count up, letters turn over, no names', '', lambda g, i,
    at: (f'{chr(65 + i // 9000)}{chr(65 + i // 1000 % 26)}{chr(65 + i // 100 % 26)}{i % 1000:03d}', at, g.choice(TOWNS)))
csv('returns with numbers, times', 'rma,item,reason,received', lambda g, i,
    at: (f'RMA{g.randrange(9999):04d}', g.choice(PRODUCTS), 'damaged', at))
csv('parts of a bill of materials', 'part_number,description,quantity,supplier', lambda g, i,
    at: (f('##@-####-#')(g), g.choice(PRODUCTS), g.randrange(9), f('S###')(g)))
csv('product codes, times', 'product_code,line,produced_at,shift', lambda g, i,
    at: (g.choice(('HX', 'HV', 'JX')) + f('####@')(g), g.randrange(4), at, g.choice('ABC')))
csv('drawings', 'drawing_no\trevision\ttitle\treleased', lambda g, i, at: (f('@@#####')(g), g.choice('ABCD'), g.choice(PRODUCTS), at),
    sep='\t')
csv('bins of a warehouse', 'bin,sku,count,counted_at', lambda g, i,
    at: (f'{g.choice("ABCDEF")}{g.randrange(1, 40):02d}-{g.randrange(1, 9)}{g.choice("ABCD")}', f('######')(g), g.randrange(99), at))
csv('gift cards, times', 'card,pin,balance,last_used', lambda g, i, at: (pick(g, 8), f('####')(g), g.randrange(100), at))
csv('raffle tickets', 'ticket,buyer,bought', lambda g, i, at: (f('@###@')(g), g.choice(values.GIVEN).title(), at))
csv('coupons of one campaign', 'coupon,redeemed_at,store', lambda g, i, at: ('SUN' + f('####')(g), at, g.randrange(40)))

# --- laboratories and science

csv('laboratory plates by number', 'plate,well,sample,read_time', lambda g, i,
    at: (f'PLT{i // 96 + 1:04d}', f'{"ABCDEFGH"[i // 12 % 8]}{i % 12 + 1:02d}', f('S#####')(g), at))
csv('laboratory plates by barcode', 'plate_barcode,plate_type,created', lambda g, i, at: (f('@@######')(g), '384PP', at))
csv('laboratory plates, wells and values', 'plate,well,od600', lambda g, i,
    at: (i // 96 + 1, f'{"ABCDEFGH"[i // 12 % 8]}{i % 12 + 1}', f('0.###')(g)))
csv('samples with times', 'sample_id,collected,volume_ml', lambda g, i,
    at: (g.choice(('SMP', 'BLD', 'URN')) + f('####')(g), at, f('#.#')(g)))
csv('genes', 'gene,chromosome,start,end', lambda g, i, at: (g.choice(('BRCA', 'TP', 'KRAS', 'HLA', 'CYP', 'ZNF')) + f('###')(g),
                                                            g.randrange(1, 23), g.randrange(10 ** 8), g.randrange(10 ** 8)))
csv('accessions of proteins', 'entry,length,reviewed', lambda g, i, at: (g.choice('OPQ') + f('#@@##')(g), g.randrange(900), 'yes'),
    sep='\t')
csv('accessions of sequences, times', 'accession,organism,submitted', lambda g, i, at: (f('@@######')(g), 'Homo sapiens', at))
csv('structures of proteins', 'pdb,resolution,deposited', lambda g, i, at: (f('#@@#')(g), f('#.##')(g), at))
csv('formulas', 'formula,mass', lambda g, i, at: (f'C{g.randrange(1, 40)}H{g.randrange(1, 80)}O{g.randrange(1, 9)}N{g.randrange(1, 5)}',
                                                  f('###.##')(g)))
csv('readings of sensors', 'device,time,temperature,humidity', lambda g, i, at: (f'TH{g.randrange(40):03d}', at, f('2#.#')(g), f('##')(g)))
csv('stars', 'designation,ra,dec,magnitude', lambda g, i, at: (f('HD#####')(g), f('###.####')(g), f('##.####')(g), f('1#.#')(g)))
csv('specimens of a herbarium', 'barcode;collector;collected;locality', lambda g, i,
    at: ('K' + f('########')(g), g.choice(values.FAMILY).title(), at, g.choice(TOWNS)), form='dotted', sep=';')

# --- machines

csv('serial numbers, times', 'serial,model,tested_at,result', lambda g, i, at: (f('@@@####')(g), 'MX-40', at, g.choice(('pass', 'fail'))))
csv('serial numbers of one maker', 'serial_number,site,installed', lambda g, i, at: ('5CG' + pick(g, 7), g.choice(TOWNS), at))
csv('asset tags', 'asset_tag,type,owner,issued', lambda g, i,
    at: (f'IT{g.randrange(99999):05d}', g.choice(('laptop', 'monitor', 'phone')), g.choice(values.GIVEN).title(), at))
csv('cattle tags', 'tag,breed,born,weight', lambda g, i, at: (f('UK######')(g), 'Angus', at[:10], g.randrange(400, 700)))
csv('registers of a processor', 'reg,address,reset,description', lambda g, i,
    at: (g.choice(('GPIO', 'UART', 'SPI', 'DMA')) + f'{i % 90}', f'0x{0x40000000 + 4 * i:08X}', '0x0', 'control'))
csv('faults of machines, times', '', lambda g, i, at: (at, g.choice('PBCU') + f('####')(g), 'lane departure sensor' if i % 9 == 0
                                                       else 'circuit open'))
csv('meters', 'meter,read_at,kwh', lambda g, i, at: (f('##@######')(g), at, g.randrange(99999)), form='slashes')
text('log lines with numbers of requests', lambda g, i,
     at: f'{at} INFO [http-{g.randrange(8)}] request {pick(g,  7)} done in {g.randrange(90)} ms')
text('log lines with short hashes', lambda g, i, at: f'{at} deploy {g.getrandbits(28):07x} to web{g.randrange(9)} ok')
text('log lines with numbers of jobs', lambda g, i, at: f'{at} job {g.choice("ABCDEFG")}{g.choice("XYZ")}{g.randrange(9999):04d} finished')
csv('hexadecimal ids, times', 'id,at,kind', lambda g, i, at: (f'{g.getrandbits(28):07X}', at, 'event'))
csv('addresses of network cards', 'mac,ip,seen', lambda g, i,
    at: (':'.join(f'{g.getrandbits(8):02X}' for _ in range(6)), f'10.0.{i // 250 % 250}.{i % 250}', at))
csv('colours', 'name,hex', lambda g, i, at: (f'shade {i}', f'#{g.getrandbits(24):06X}'))
csv('builds', 'build,branch,finished', lambda g, i,
    at: (f'{g.choice(("QQ", "RP", "SP", "TP"))}{g.randrange(1, 4)}A.{g.randrange(100000, 999999)}', 'main', at))
text('tickets of a tracker', lambda g, i,
     at: f'{at} {g.choice(("OPS", "NET", "WEB", "APP", "SEC"))}-{g.randrange(1000, 9999)} moved to done')
csv('two-factor secrets', 'user,secret,enrolled', lambda g, i, at: (f'u{i}', pick(g, 16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'), at))
csv('licences of software', 'license,product,seats,expires', lambda g, i,
    at: ('-'.join(pick(g, 5) for _ in range(5)), 'Office', 5, at[:10]))
csv('licence numbers of shops', 'license_number,business,issued', lambda g, i,
    at: (f'BL{g.randrange(99999):05d}', g.choice(PRODUCTS) + ' shop', at[:10]))

# --- money

csv('payment references, times', 'reference,amount,currency,booked', lambda g, i, at: (f('@@@####')(g), f('##.##')(g), 'USD', at))
csv('card authorisations, times', 'auth_code,card,amount,time', lambda g, i, at: (pick(g, 6), f('411111******####')(g), f('##.##')(g), at))
csv('card authorisations, no names', '', lambda g, i, at: (at, f('############')(g), pick(g, 6), f('##.##')(g), 'APPROVED'))
csv('statements of a bank', 'date;text;reference;amount', lambda g, i,
    at: (at[:10], 'TRANSFER ' + g.choice(values.FAMILY), f('##@@####')(g), f('-##,##')(g)), form='dotted', sep=';')
csv('shares, times', 'ticker,time,price,volume', lambda g, i,
    at: (pick(g, 4, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'), at, f('##.##')(g), g.randrange(9999)))
csv('securities', 'cusip,name,price', lambda g, i, at: (f('###@##@##')(g), 'BOND', f('##.##')(g)))
csv('trades, numbers, times', '', lambda g, i, at: (f('@@#####')(g), at, g.choice(('BUY', 'SELL')), g.randrange(999)), form='blank')

# --- places and post

csv('postcodes of the United Kingdom, times', 'postcode,town,delivered', lambda g, i, at: (postcode(g), g.choice(TOWNS), at))
csv('postcodes of the United Kingdom, no names', '', lambda g, i, at: (at, postcode(g).replace(' ', ''), g.choice(TOWNS)))
csv('postcodes of the Netherlands, times', 'postcode;plaats;bezorgd', lambda g, i, at: (f('#### @@')(g), g.choice(TOWNS), at), sep=';')
csv('postcodes of Canada, times', 'postal_code,city,delivered', lambda g, i, at: (f('@#@ #@#')(g), g.choice(TOWNS), at))
csv('parcels', 'tracking,shipped,status', lambda g, i, at: (f('1Z@##@##########')(g), at, 'in transit'))
csv('containers', 'container,vessel,discharged', lambda g, i,
    at: (g.choice(('MSCU', 'TGHU', 'CMAU', 'HLXU')) + f('#######')(g), 'MV STAR', at))
csv('rooms', 'room,building,capacity,booked_at', lambda g, i,
    at: (f'{g.choice("ABCDEFG")}{g.randrange(1, 5)}{g.randrange(99):02d}', g.choice(('North', 'South')), g.randrange(90), at))
csv('seats', 'seat,block,row,price', lambda g, i, at: (f('@##')(g), f('###')(g), f('@@')(g), 45))
csv('cells of a map', 'grid,easting,northing', lambda g, i, at: (f('@@####')(g), f('######')(g), f('######')(g)))
csv('elections by district', 'district,candidate,votes', lambda g, i,
    at: (f'{g.choice(("TX", "NM", "AZ"))}{g.randrange(40):02d}', g.choice(values.FAMILY).title(), g.randrange(9999)))

# --- aircraft, trains, ships, radio

csv('marks of aircraft, times', 'registration,type,landed', lambda g, i,
    at: ('N' + f(g.choice(('###@@', '####@', '#####')))(g), 'C172', at))
csv('marks of aircraft of Europe', 'registration,type,runway,time', lambda g, i,
    at: (g.choice(('G-', 'D-', 'F-')) + pick(g, 4, values.LETTERS), 'A320', f('##L')(g), at))
csv('flights, times', 'flight,from,to,departure', lambda g, i,
    at: (g.choice(('AA', 'UA', 'DL', 'BA', 'LH')) + f'{g.randrange(1, 9999)}', 'DFW', 'MEX', at))
csv('calls of airlines, no names', '', lambda g, i, at: (at, g.choice(('UAL', 'DAL', 'AAL', 'SWA')) + f('####')(g), f('FL###')(g)))
csv('bookings of an airline, times', 'pnr,name,booked', lambda g, i,
    at: (pick(g, 6), f'{g.choice(values.FAMILY)}/{g.choice(values.GIVEN)}', at))
csv('bookings of an airline, no names', '', lambda g, i, at: (pick(g, 6), at, 'DFWMEX'))
csv('calls of amateurs, times', 'call,band,mode,time_on', lambda g, i,
    at: (f(g.choice(('K#@@@', 'W#@@', 'N#@@@', 'K@#@@', 'W@#@@@')))(g), '20m', 'FT8', at))
csv('calls of amateurs, no names', '', lambda g, i, at: (at, '14.074', f(g.choice(('K#@@@', 'DL#@@@', 'EA#@@', 'K@#@@@')))(g), '-12'))
csv('trains', 'train,track,arrival', lambda g, i, at: (g.choice(('ICE', 'RE', 'IC', 'TGV')) + f'{g.randrange(10, 9999)}', g.randrange(20),
                                                       at))
csv('ships', 'imo,call_sign,name,eta', lambda g, i, at: (f('9######')(g), f('@@@@#')(g), 'STAR', at))
text('weather of airports', lambda g, i,
     at: f'K{pick(g,  3, values.LETTERS)} {f("31####Z")(g)} {f("##0##KT")(g)} 10SM FEW{f("0##")(g)} A{f("29##")(g)}')

# --- people and schools

csv('courses, times', 'course,title,starts,room', lambda g, i,
    at: (g.choice(('CSE', 'MAT', 'PHY', 'BIO', 'HIS', 'ENG')) + f('####')(g), 'Introduction', at, f('@###')(g)))
csv('students', 'last_name,first_name,birth_date,student_number,major', lambda g, i,
    at: (g.choice(values.FAMILY).title(), g.choice(values.GIVEN).title(), day(g), f('S#######')(g), 'History'))
csv('employees', 'Name,Birth Date,Employee No,Department', lambda g, i,
    at: (g.choice(values.GIVEN).title(), day(g), f('E#####')(g), 'Sales'))
csv('players of football', 'name,date_of_birth,nationality,position,number', lambda g, i,
    at: (g.choice(values.FAMILY).title(), day(g), g.choice(values.NATIONS), 'GK', g.randrange(99)))
csv('patients', 'mrn,name,dob,ward', lambda g, i, at: (f('M######')(g), g.choice(values.FAMILY).title(), day(g), f('W#')(g)))
csv('guests of a conference', 'registration,name,company,registered_at', lambda g, i,
    at: (pick(g, 6), g.choice(values.FAMILY).title(), 'Acme', at))
csv('badges at doors', 'badge,door,time,direction', lambda g, i, at: (f('B#####')(g), f('D##')(g), at, g.choice(('in', 'out'))))
csv('books of a library', 'call_number,title,due', lambda g, i, at: (f('QA##.##')(g), 'Algebra', at[:10]))
csv('visas that countries ask for', 'nationality,document,visa,stay', lambda g, i,
    at: (g.choice(values.NATIONS), 'passport', g.choice(('yes', 'no')), 90))
csv('plates of steel', 'plate,thickness_mm,grade,heat,rolled', lambda g, i,
    at: (f('P#####')(g), g.randrange(4, 40), 'S355', f('H#####')(g), at))
csv('swimmers by lane', 'lane,name,club,time', lambda g, i, at: (i % 8 + 1, g.choice(values.FAMILY).title(), 'City', f('00:5#.##')(g)))

# --- other forms

LOOKALIKES['vouchers, JSON lines'] = lambda g, rows: ''.join(json.dumps({'code': f('@@@####')(g), 'createdAt': at, 'value': 10}) + '\n'
                                                             for at in times(g, rows)).encode()
LOOKALIKES['devices, JSON array'] = lambda g, rows: json.dumps([{'id': f('@@#####')(g), 'timestamp': at, 'camera': True,
                                                                 'direction': 'up'} for at in times(g, rows)]).encode()
LOOKALIKES['stock units, SQL'] = lambda g, rows: ''.join(f"INSERT INTO products VALUES ({i}, '{f('@@@-####')(g)}', '{at}');\n" for i,
                                                         at in enumerate(times(g, rows, 'blank'))).encode()
LOOKALIKES['serial numbers, XML'] = lambda g, rows: ('<units>'
                                                     + ''.join(f'<unit><serial>{f("@@#####")(g)}</serial><tested>{at}</tested></unit>\n'
                                                               for at in times(g, rows)) + '</units>').encode()
LOOKALIKES['serial numbers, HTML'] = lambda g, rows: ('<!DOCTYPE html><table>'
                                                      + ''.join(f'<tr><td>{f("@@@####")(g)}</td><td>{at}</td></tr>\n'
                                                                for at in times(g, rows)) + '</table>').encode()
LOOKALIKES['rooms, Markdown'] = lambda g, rows: ('| room | booked |\n| --- | --- |\n'
                                                 + ''.join(f'| {f("@-###")(g)} | {at} |\n' for at in times(g, rows))).encode()
LOOKALIKES['parts, fixed width'] = lambda g, rows: ''.join(f'{f("@@##-###")(g):14}{g.choice(PRODUCTS):12}{g.randrange(99):5d}  {at}\n'
                                                           for at in times(g, rows)).encode()
LOOKALIKES['orders, UTF-16'] = lambda g, rows: ('\ufeffOrder\tDate\n'
                                                + ''.join(f'{f("@@@####")(g)}\t{at}\n' for at in times(g, rows))).encode('utf-16-le')
LOOKALIKES['orders of EDIFACT'] = lambda g, rows: ("UNB+UNOA:2+A+B+260531:0411+1'UNH+1+ORDERS:D:96A:UN'"
                                                   + ''.join(f"LIN+{i}++{f('@@#####')(g)}:SA'\nQTY+21:{g.randrange(99)}'\n"
                                                             for i in range(rows))).encode()
LOOKALIKES['pictures of a holiday, listed'] = lambda g, rows: ''.join(f'-rw-r--r-- 1 ann ann {g.randrange(10 ** 7):8d} May 31 04:{i % 60:02d} IMG_{i:04d}.JPG\n' for i in range(rows)).encode()
LOOKALIKES['files of a build, listed'] = lambda g, rows: ''.join(f'-rw-r--r-- 1 root root {g.randrange(10 ** 6):8d} May 31 04:{i % 60:02d} {g.choice(PRODUCTS)}_{pick(g,  3).lower()}.o\n' for i in range(rows)).encode()
LOOKALIKES['pictures of a telephone, a page'] = lambda g, rows: ('<html><pre>' + ''.join(
    f'<a href="{(n := f"IMG_20260531_{i // 60:04d}{i % 60:02d}.jpg")}">{n}</a>  31-May-2026 04:11  3482112\n'
    for i in range(rows))).encode()
LOOKALIKES['pictures of goods, listed'] = lambda g, rows: ''.join(f'{g.choice(("ABX", "GRD", "KLM"))}{1000 + i}.jpg\n'
                                                                  for i in range(rows)).encode()
LOOKALIKES['frames of a film, listed'] = lambda g, rows: ''.join(f'-rw-r--r-- ann/ann 48112 2026-05-31 04:11 shot07/frame{i:05d}.png\n'
                                                                 for i in range(rows)).encode()
LOOKALIKES['pictures by digests, listed'] = lambda g, rows: ''.join(f'{g.getrandbits(28):07x}/{g.getrandbits(64):016x}.png\n'
                                                                    for i in range(rows)).encode()


# --- people who carry no documents


def person(g):
    return g.choice(values.FAMILY), g.choice(values.GIVEN)


csv('employees, no names', '', lambda g, i, at: (f('E#####')(g), *person(g), day(g), g.choice('MF'), g.choice(values.NATIONS), 'Sales'))
csv('employees, numbers and days', '', lambda g, i, at: (f('########')(g), *person(g), day(g), f'{g.randrange(1995, 2025)}-0{g.randrange(1, 9)}-01', 'Sales'))
csv('customers, birth dates', 'customer_id,surname,given_name,date_of_birth,country,city', lambda g, i,
    at: (f('########')(g), *person(g), day(g), g.choice(('US', 'MX', 'CA')), g.choice(TOWNS)))
csv('customers, no names', '', lambda g, i, at: (f('########')(g), *person(g), day(g), g.choice(('US', 'MX', 'CA')), g.choice(TOWNS)))
csv('customers with their cards of loyalty', 'name,dob,nationality,member_no', lambda g, i, at: (' '.join(person(g)), day(g), g.choice(values.NATIONS), f('#########')(g)))
csv('students, no names', '', lambda g, i, at: (f('S#######')(g), *person(g), day(g), g.choice('MF'), 'History'))
csv('athletes, no names', '', lambda g, i, at: (i + 1, *person(g), g.choice(values.NATIONS), day(g), f('##.##')(g)))
csv('insurance policies', 'policy_number,insured,date_of_birth,premium', lambda g, i, at: (f('@########')(g), ' '.join(person(g)), day(g), f('###.##')(g)))
csv('documents of a registry', 'document_no,author,date,country', lambda g, i, at: (f('#########')(g), ' '.join(person(g)), at[:10], g.choice(values.NATIONS)))
csv('trade by country, no names', '', lambda g, i, at: (g.choice(values.NATIONS), g.choice(values.NATIONS), f('########')(g), at[:10], day(g)))
csv('shipments, no names', '', lambda g, i, at: (f('@########')(g), g.choice(values.NATIONS), at[:10], day(g), g.choice('MFX')))


# --- a request each

def requests(name, body):
    """`body(g, i, time)` gives what one request brings."""
    LOOKALIKES[f'{name}, a request each'] = lambda g, rows: [json.dumps(body(g, i, at)).encode()
                                                            for i, at in enumerate(times(g, min(rows, 500)))]


requests('tickets', lambda g, i, at: {'ticket': f'OPS-{g.randrange(1000, 9999)}', 'state': 'done', 'at': at})
requests('the plate of a parking app\'s one user', lambda g, i, at: {'plate': 'KXR4471', 'zone': g.choice('ABC'), 'until': at})
requests('serial numbers of telemetry', lambda g, i, at: {'serial': f('@@@####')(g), 'time': at, 'temperature': f('2#.#')(g)})
requests('plates of a laboratory', lambda g, i, at: {'plate': f'PLT{i:04d}', 'well': 'A01', 'od600': f('0.###')(g)})
requests('customers', lambda g, i, at: {'customer': f('########')(g), 'name': ' '.join(person(g)), 'date_of_birth': day(g), 'country': 'US'})


# --- codes beside what stands beside plates

STATES = ['TX', 'NM', 'CA', 'AZ', 'NY', 'FL']
csv('orders with states', 'order_no,state,amount,ordered_at', lambda g, i, at: (f('@@@####')(g), g.choice(STATES), f('##.##')(g), at))
csv('orders two forms with states', 'order_no,state,amount,ordered_at', lambda g, i, at: (f(g.choice(('@@@####', '@@#####')))(g), g.choice(STATES), f('##.##')(g), at))
csv('serials with country', 'serial,country,shipped', lambda g, i, at: (f('@@######')(g), g.choice(('DE', 'FR', 'US')), at))
csv('car parts', 'part_no,make,model,updated', lambda g, i, at: (f('@@##-###')(g), g.choice(values.MAKES), g.choice(values.MODELS), at))
csv('car parts two', 'part_no,make,model,price', lambda g, i, at: (f(g.choice(('@@##-###', '@@@-####')))(g), g.choice(values.MAKES), g.choice(values.MODELS), f('##.##')(g)))
csv('badges at gates', 'badge,gate,direction,time', lambda g, i, at: (f('@@@####')(g), f'Gate {g.randrange(9)}', g.choice(('in', 'out')), at))
csv('badges of digits at gates', 'badge,gate,direction,time', lambda g, i, at: (f('@#####')(g), f'Gate {g.randrange(9)}', g.choice(('in', 'out')), at))
for n in (5, 6, 7, 8):
    csv(f'random ids {n}', '', lambda g, i, at, n=n: (at, pick(g, n), g.randrange(100)))
for n in (6, 7):
    csv(f'random ids {n}, named, lane', 'id,lane,created', lambda g, i, at, n=n: (pick(g, n), g.randrange(8), at))
for n in (6, 7, 8):
    csv(f'hex ids {n}', '', lambda g, i, at, n=n: (at, ''.join(g.choice('0123456789ABCDEF') for _ in range(n)), 'ok'))
for n in (6, 7):
    csv(f'base32 ids {n}, states', '', lambda g, i, at, n=n: (at, pick(g, n, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'), g.choice(STATES)))
csv('crockford no vowels 6', '', lambda g, i, at: (at, pick(g, 6, 'BCDFGHJKLMNPQRSTVWXYZ0123456789'), g.randrange(9)))
csv('crockford no vowels 7 named', 'ref;at;lane', lambda g, i, at: (pick(g, 7, 'BCDFGHJKLMNPQRSTVWXYZ0123456789'), at, g.randrange(9)), sep=';')
csv('flights in and out', 'flight,direction,gate,time', lambda g, i, at: (g.choice(('AA', 'UA', 'DL', 'BA', 'LH', 'AF', 'KL', 'IB', 'TP', 'AZ')) + str(g.randrange(100, 9999)), g.choice(('arriving', 'departing')), f'Gate {g.randrange(40)}', at))
csv('flights no names', '', lambda g, i, at: (at, g.choice(('AA', 'UA', 'DL', 'BA', 'LH', 'AF', 'KL', 'IB', 'TP', 'AZ')) + str(g.randrange(100, 9999)), 'arriving', f'Gate {g.randrange(40)}'))
csv('accessions of a laboratory', '', lambda g, i, at: (f('@##-#####')(g), at, 'blood'))
csv('lots', 'lot,made,best_before', lambda g, i, at: ('L' + f('####@')(g), at[:10], at[:10]))
csv('fleet numbers', 'vehicle_no,driver,started', lambda g, i, at: (f'V{g.randrange(400):03d}', g.choice(values.GIVEN), at))
csv('buses', 'line,vehicle,stop,time', lambda g, i, at: (f'{g.randrange(1, 99)}', f'BUS{g.randrange(100, 999)}', f('S####')(g), at))
csv('invoices', 'invoice;date;customer;total', lambda g, i, at: (f'RE{2026000 + i}', at[:10], f('K#####')(g), f('##,##')(g)), sep=';')
csv('letters and numbers apart', 'series;number;date', lambda g, i, at: (g.choice(('AB', 'AC', 'AD')), 10000 + i, at[:10]), sep=';')
csv('blocks and seats', '', lambda g, i, at: (f('@##')(g), f('###')(g), f('@@')(g), at))
csv('answers', '', lambda g, i, at: (at, g.choice('ABCD'), g.randrange(1000, 9999), g.choice(('yes', 'no'))))
csv('stations with coordinates', 'station,lat,lon', lambda g, i, at: (f('@@@###')(g), f('4#.#####')(g), f('1#.#####')(g)))
csv('stations of five letters with coordinates', '', lambda g, i, at: (f('@@@##')(g), f('4#.#####')(g), f('1#.#####')(g)))
csv('wards and beds', '', lambda g, i, at: (f'{g.choice("ABC")}{g.randrange(9)}-{g.randrange(99):02d}', at, 'occupied'))
csv('coupons of shops', 'code,state,redeemed', lambda g, i, at: (pick(g, 7), g.choice(STATES), at))
csv('student cards', 'card,gate,time', lambda g, i, at: (f('######@@')(g), f'Gate {g.randrange(9)}', at))
text('log lines with orders', lambda g, i, at: f'{at} INFO order {f("@@@####")(g)} shipped to {g.choice(STATES)} by gate-{g.randrange(9)}')
text('log lines with sessions', lambda g, i, at: f'{at} cam-{g.randrange(9)} session {pick(g, 7)} opened')
text('log lines of two ids', lambda g, i, at: f'{at} worker-{g.randrange(9)} {pick(g, 6)} {pick(g, 8)} done')
LOOKALIKES['list of codes'] = lambda g, n: json.dumps([pick(g, 7) for _ in range(n)]).encode()
LOOKALIKES['list of vouchers'] = lambda g, n: json.dumps([f('@@@####')(g) for _ in range(n)]).encode()
LOOKALIKES['codes in lines'] = lambda g, n: ''.join(','.join(pick(g, 6) for _ in range(12)) + '\n' for _ in range(max(n // 10, 1))).encode()
LOOKALIKES['vouchers in lines'] = lambda g, n: ''.join(','.join(f('@@@###')(g) for _ in range(12)) + '\n' for _ in range(max(n // 10, 1))).encode()
LOOKALIKES['plain lines of codes'] = lambda g, n: ''.join(pick(g, 8) + '\n' for _ in range(n)).encode()
LOOKALIKES['plain lines of mixed skus'] = lambda g, n: ''.join(f(g.choice(('@@@-###', '@@-####', '@-#####', '@@@-####')))(g) + '\n' for _ in range(n)).encode()
