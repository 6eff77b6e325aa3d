# SPDX-License-Identifier: Apache-2.0
"""Pictures and archives in base64 in the texts of real writers (json, yaml, csv, html, xml of Python's library): each digest is right."""
import base64
import csv
import html
import io
import json
import quopri
import textwrap
import xml.etree.ElementTree as tree
import zipfile

import lab as net
import material
import pytest
from PIL import Image
from test_http import PORT, curl, server, url  # noqa: F401

CROPS = [material.lane_image(3100 + i, 160, 80) for i in range(2)]


def bitmap():
    out = io.BytesIO()
    Image.effect_noise((60, 20), 50).save(out, 'BMP')
    return out.getvalue()


def archive():
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z:
        z.writestr('minutes.txt', material.prose(5))
    return out.getvalue()


BITMAP, ARCHIVE = bitmap(), archive()


def signs(data):
    return base64.b64encode(data).decode()


def lines(data, width=76, end='\n'):
    return end.join(textwrap.wrap(signs(data), width))


def rekor(**options):
    return json.dumps({'data_type': 'alpr_group', 'best_plate_number': 'KXR4471', 'epoch_start': 1780200718000, 'camera_id': 4,
                       'best_plate': {'plate_crop_jpeg': signs(CROPS[0])}, 'vehicle_crop_jpeg': signs(CROPS[1]), 'agent_uid': 'lane4'}, **options)


def autovu(text=signs):
    root = tree.Element('AutoVu')
    for name, value in ('Plate', 'KXR4471'), ('State', 'TX'), ('ContextImage', text(CROPS[0])), ('PlateImage', text(CROPS[1])), ('Guid', '0f8fad5b'):
        tree.SubElement(root, name).text = value
    return tree.tostring(root, encoding='unicode')


def cammra():
    return f'<?xml version="1.0"?><event><TS>2026</TS><LPR>2AN2563</LPR><COUNTRY>CZE</COUNTRY><LP_BMP>{signs(BITMAP)}</LP_BMP></event>'


def folded(data):
    """As YAML's writers break a long string in quotes."""
    text = signs(data)
    return '"' + '\\\n    '.join(text[i:i + 78] for i in range(0, len(text), 78)) + '"'


def table():
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(['picture', 'lane', 'crop'])
    rows.writerow([signs(CROPS[0]), 4, lines(CROPS[1])])
    return out.getvalue()


def block(data, indent='  ', width=64):
    return f'|\n{indent}' + lines(data, width, '\n' + indent)


TEXTS = {
    'JSON': (rekor(), CROPS),
    'JSON, indented': (rekor(indent=2), CROPS),
    'JSON, slashes escaped': (rekor().replace('/', '\\/'), CROPS),
    'JSON, signs escaped': (rekor().replace('/', '\\u002f').replace('+', '\\u002B').replace('=', '\\u003D'), CROPS),
    'JSON in JSON': (json.dumps({'message': rekor(), 'n': 1}), CROPS),
    'JSON in base64 in JSON': (json.dumps({'message': signs(rekor().encode()), 'n': 1}), CROPS),
    'JSON, lines': (json.dumps({'a': lines(CROPS[0]), 'b': lines(CROPS[1], end='\r\n')}), CROPS),
    'JSON, URL alphabet without padding': (json.dumps({'a': base64.urlsafe_b64encode(CROPS[0]).decode().rstrip('='), 'b': signs(CROPS[1])}), CROPS),
    'XML': (autovu(), CROPS),
    'XML, lines': (autovu(lambda data: '\n      ' + lines(data, end='\n      ') + '\n    '), CROPS),
    'XML, references': (autovu().replace('/9j', '&#x2F;9j').replace('+', '&#43;'), CROPS),
    'XML of a bitmap': (cammra(), [BITMAP]),
    'YAML': (f'plate: KXR4471\npicture: {signs(CROPS[0])}\nstate: TX\ncrop: {block(CROPS[1])}\nlane: 4\n', CROPS),
    'YAML, folded': (f'picture: {folded(CROPS[0])}\nplate: KXR4471\ncrop: >-\n    {lines(CROPS[1], 80, chr(10) + "    ")}\nstate: TX\n', CROPS),
    'CSV': (table(), CROPS),
    'HTML': ('<p>Report</p>' + ''.join(f'<img alt="x" src="data:image/jpeg;base64,{html.escape(signs(c))}">\n' for c in CROPS), CROPS),
    'CSS': (''.join(f'.a {{background: url(data:image/jpeg;base64,{signs(c)})}}\n' for c in CROPS), CROPS),
    'Markdown': (''.join(f'![x](data:image/jpeg;base64,{signs(c)})\n' for c in CROPS), CROPS),
    'quoted-printable': (quopri.encodestring(''.join(f'picture{i}: {signs(c)}\n\n' for i, c in enumerate(CROPS)).encode()).decode(), CROPS),
    'an archive': (json.dumps({'attachment': signs(ARCHIVE), 'x': 1}), [ARCHIVE]),
    'UTF-16': (('\ufeff' + rekor()).encode('utf-16-le'), CROPS),
}


@pytest.mark.parametrize('how', TEXTS)
def test_each_file_in_a_text_has_its_digest(lab, server, watch, tmp_path, picture, how):  # noqa: F811
    text, files = TEXTS[how]
    stranger = picture[2]
    path = tmp_path / 'notes.txt'
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    curl(lab, '-H', 'Content-Type: text/plain', '-T', str(path), url(stranger, '/in/'))
    wanted = sorted(material.sha256(data) for data in files)
    whole = material.sha256(path.read_bytes())

    def found():
        here = [t for t in watch.transfers() if t['destination']['ip'] == stranger]
        return here if whole in [t['file'].get('hash', {}).get('sha256') for t in here] else None
    here = net.wait_for(found, 15, 'the text')
    kinds = 'image/jpeg', 'image/bmp', 'application/zip'
    members = [t for t in here if t['file'].get('mime_type') in kinds]
    assert sorted(t['file']['hash']['sha256'] for t in members) == wanted
    assert all(t['gantry']['transfer'] == {'complete': True, 'missing_bytes': 0} for t in members)


SILENT = {
    'a certificate': '-----BEGIN CERTIFICATE-----\n' + lines(b'\x30\x82\x04\xa3\x30\x82\x03\x8b' + bytes(range(200)) * 6, 64) + '\n-----END CERTIFICATE-----\n',
    'a token': 'Bearer ' + '.'.join([signs(b'{"alg":"RS256","typ":"JWT"}'), signs(bytes(range(256))).rstrip('='), 'x' * 342]),
    'names': 'function ' + 'averylongidentifierofaprogram_' * 40 + '() {}\n',
    'a map': json.dumps({'version': 3, 'mappings': 'AAAA,SAASA,CAAC,CAAEC,' * 500}),
    'noise': json.dumps({'key': signs(bytes(i * 73 & 255 for i in range(3000)))}),
}


@pytest.mark.parametrize('what', SILENT)
def test_what_is_no_file_makes_none(lab, server, watch, tmp_path, picture, what):  # noqa: F811
    path, stranger = tmp_path / 'notes.txt', picture[2]
    path.write_text(SILENT[what])
    curl(lab, '-T', str(path), url(stranger, '/in/'))
    watch.wait_transfer(material.sha256(path.read_bytes()))
    assert len([t for t in watch.transfers() if t['destination']['ip'] == stranger]) == 1
    assert not [a for a in watch.alerts() if a['destination']['ip'] == stranger]
