# SPDX-License-Identifier: Apache-2.0
"""No plate leaves: whatever its letters and joints are and wherever a sender writes it, it stands in no output of an alert and nowhere in
the database. Each place is one run, with a conversation for each shape, each to a stranger of its own."""
import base64
import os
import subprocess
import urllib.parse

import pytest

from case import CONFIG, CREATED, GANTRY, JPG, ROOT, head
import lab
from wire import CLIENT, Wire

SHAPES = ['KXR4471', 'kxr4471', 'Kxr4471', 'KXR-4471', 'KXR 4471', 'KXR_4471', 'KXR.4471', 'KXR--4471', 'KXR - 4471', 'KXR~4471', 'KXR,4471',
          'kxr_4471', 'kxr-4471', 'KXR\u20134471', 'KXR\u20144471', 'KXR\u00b74471', 'KXR\u00a04471', 'KXR\u200b4471', 'KXR\u22124471',
          '1KXR234', 'TXKXR4471', 'KXR44C', 'AB-447-CD', 'ab-447-cd', 'KA-07-QZ-4471', 'M_QZ_4471', 'ZH 447182', '4471 KXR', '4471.KXR',
          '\u0410447\u0412\u042177', '\u0430447\u0432\u044177', '\u0410 447 \u0412\u0421', '\u0399\u039a\u03914471', '\u0399\u039a\u0391-4471',
          '\u0623\u0628\u062c4471', '\u0664\u0664\u0667\u0661 \u0623\u0628\u062c', '\u54c1\u5ddd300\u30424471', '\u54c1\u5ddd 300 \u3042 44-71',
          '\u7ca4B\u00b744718', '12\uac004471', '\uff2b\uff38\uff32\uff14\uff14\uff17\uff11', '\u0915\u0916 4471', '\u0e01\u0e01 4471',
          '7654471', '44-718-29', '447 1829', 'MYTRUCK', 'QZ47', '4Q7Z', '041158KXR4471', 'KXR4471041158', 'KXR4471_041158', '20260531KXR4471',
          '20260531041158KXR4471', '20260531T041158KXR4471', 'KXR447120260531', '1780200729KXR4471']

PUT = [f'Content-Type: {JPG.type}', f'Content-Length: {len(JPG.data)}']


def quoted(shape):
    return urllib.parse.quote(shape, safe='')


def http(path, *fields, host='store.example', body=JPG.data):
    def write(w, server):
        w.tcp(server=server).open().client(head('PUT', path, *fields, f'Content-Length: {len(body)}', host=host) + body).server(CREATED).close()
    return write


def form(shape):
    data = (b'--q7\r\nContent-Disposition: form-data; name="f"; filename="' + f'20260531-041158_L04_{shape}.jpg'.encode()
            + b'"\r\nContent-Type: image/jpeg\r\n\r\n' + JPG.data + b'\r\n--q7--\r\n')
    return http('/up', 'Content-Type: multipart/form-data; boundary=q7', body=data)


def ftp(user, folder, name):
    """A passive upload."""
    def write(w, server):
        control = w.tcp(server=server, sport=21).open().server(b'220 ready\r\n')
        for asked, said in ((f'USER {user}', '331 password'), ('PASS x', '230 in'), (f'CWD {folder}', '250 there'), ('TYPE I', '200 ok'),
                            ('PASV', f"227 entered ({server.replace('.', ',')},195,80)")):
            control.client(asked.encode() + b'\r\n').server(said.encode() + b'\r\n')
        data = w.tcp(server=server, sport=195 * 256 + 80).open()
        control.client(f'STOR {name}'.encode() + b'\r\n').server(b'150 go\r\n')
        data.client(JPG.data).close()
        control.server(b'226 done\r\n').close()
    return write


PLACES = {
    'the name of a file': lambda s: http(f'/in/20260531-041158_L04_{quoted(s)}.jpg', f'Content-Type: {JPG.type}'),
    'the name of a file, percent-encoded twice': lambda s: http(f'/in/20260531-041158_L04_{quoted(quoted(s))}.jpg', f'Content-Type: {JPG.type}'),
    'a folder': lambda s: http(f'/in/{quoted(s)}/x_L04.jpg', f'Content-Type: {JPG.type}'),
    'a query': lambda s: http(f'/in/x.jpg?plate={quoted(s)}&lane=4', f'Content-Type: {JPG.type}'),
    'raw octets of a path': lambda s: http('/in/20260531-041158_L04_' + s.replace(' ', '%20').encode().decode('latin-1') + '.jpg', f'Content-Type: {JPG.type}'),
    'a host': lambda s: http('/in/20260531-041158_L04.jpg', f'Content-Type: {JPG.type}', host=s.encode().decode('latin-1') + '.uploads.example'),
    'a user': lambda s: http('/in/20260531-041158_L04.jpg', f'Content-Type: {JPG.type}',
                             'Authorization: Basic ' + base64.b64encode(s.encode() + b':x').decode()),
    'the name of a part': form,
    'a user of FTP': lambda s: ftp(s, 'in', '20260531-041158_L04.jpg'),
    'a folder of FTP': lambda s: ftp('feed', s, '20260531-041158_L04.jpg'),
    'a file of FTP': lambda s: ftp('feed', 'in', f'20260531-041158_L04_{s}.jpg'),
}
FORMATS = ['rfc5424', 'cef', 'leef', 'json', 'ocsf', 'eve']


def squeeze(data):
    """Letters, digits and stars alone, whatever they were joined by or encoded in."""
    text = data.decode('utf-8', 'replace')
    for _ in range(3):
        text = urllib.parse.unquote(text)
    return ''.join(c for c in text if c.isalnum() or c == '*')


def run(folder, place, shapes):
    wire = Wire()
    for i, shape in enumerate(shapes):
        PLACES[place](shape)(wire, f'203.0.113.{i + 1}')
        wire.wait(1)
    outputs = ''.join(f'  - {{format: {f}, to: "file:{folder}/out.{f}", records: [alert, digest]}}\n' for f in FORMATS)
    config = CONFIG.format(rules=os.path.join(ROOT, 'rules'), more=f'alerts: {{global: 0}}\noutputs:\n{outputs}')
    (folder / 'gantry.yaml').write_text(config.replace('sensor: {', f'sensor: {{state: {folder}/state, '))
    lab.reachable(str(folder))
    done = subprocess.run([GANTRY, '-q', '-c', str(folder / 'gantry.yaml'), '-r', wire.save(folder / 'case.pcap'), '-o', 'human:-'],
                          capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    written = {'standard output': done.stdout, 'standard error': done.stderr}
    for path in [*folder.glob('out.*'), *(folder / 'state').iterdir()]:
        written[path.name] = path.read_bytes()
    return written


@pytest.mark.parametrize('place', PLACES)
def test_no_shape_of_a_plate_leaves(tmp_path, place):
    written = run(tmp_path, place, SHAPES)
    told = written['out.json'].count(b'"opened"')
    assert told >= len(SHAPES), f'only {told} of {len(SHAPES)} were told'
    for name, data in written.items():
        squeezed = squeeze(data)
        left = [s for s in SHAPES if s.encode() in data or quoted(s).encode() in data or (len(s) > 5 and squeeze(s.encode()) in squeezed)]
        assert not left, f'{name} has {left}'


def test_names_of_lanes_cameras_and_hosts_stay(tmp_path):
    names = {'the name of a file': ['cam-12_front', 'lane3', 'LPR01'], 'a host': ['image-store-2', 'cam-12', 'lane3'], 'a user': ['svc-upload', 'lpr01']}
    for i, (place, words) in enumerate(names.items()):
        folder = tmp_path / str(i)
        folder.mkdir()
        written = run(folder, place, words)
        assert CLIENT.encode() in written['out.json'] and b'20260531-041158_L04' in written['out.json']
        assert all(w.encode() in written['out.json'] for w in words), place


def test_what_a_sender_is_called_is_not_covered_with_it(tmp_path):
    """The partner, the network and the sensor are the operator's own words."""
    written = run(tmp_path, 'the name of a file', ['KXR4471'])
    assert b'KX***71' in written['out.json'] and b'lanes' in written['out.json'] and b'evasion' in written['out.json']
