# SPDX-License-Identifier: Apache-2.0
"""Documents by LibreOffice and openpyxl, uploaded and sent by mail: tables of plates in them, and none."""
import subprocess

import lab as net
import material
import pytest
from test_http import PORT, server  # noqa: F401
from test_mail import mail, send  # noqa: F401


def url(address, path='/'):
    return f'http://{address}:{PORT}{path}'


def convert(folder, path, kind):
    words = ['--infilter=HTML (StarWriter)'] if kind in ('docx', 'odt') else []
    more = {'docx': 'docx:MS Word 2007 XML'}.get(kind, kind)
    subprocess.run(['soffice', '--headless', f'-env:UserInstallation=file://{folder}/profile', *words, '--convert-to', more, '--outdir', str(folder), str(path)],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return folder / f'{path.stem}.{kind}'


def as_document(folder, table, kind):
    """A CSV as a document of that kind."""
    rows = [line.split(',') for line in table.decode().splitlines()]
    if kind == 'openpyxl':
        openpyxl = pytest.importorskip('openpyxl')
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(folder / 'made.xlsx')
        return folder / 'made.xlsx'
    if kind in ('docx', 'odt'):
        source = folder / 'made.html'
        source.write_text('<table>' + ''.join('<tr>' + ''.join(f'<td>{c}</td>' for c in row) + '</tr>' for row in rows) + '</table>')
    else:
        source = folder / 'made.csv'
        source.write_bytes(table)
    return convert(folder, source, kind)


KINDS = ['xlsx', 'openpyxl', 'ods', 'docx', 'odt']


def classes_of(records):
    return {c for r in records if r['event']['action'] == 'alert' for c in r['gantry'].get('classes', [])}


@pytest.mark.peers
@pytest.mark.parametrize('kind', KINDS)
def test_a_table_of_plates_in_a_document(lab, server, mail, sensor, tmp_path, kind):  # noqa: F811
    document = as_document(tmp_path, material.plate_csv(31), kind)
    lab.run('lane', 'curl', '-sS', '--fail', '-T', str(document), url(net.UNAPPROVED, '/a'))
    alert = sensor.wait_alert(lambda a: 'plate-record' in a['gantry'].get('classes', []))
    assert alert['gantry']['verdict'] == 'unapproved'
    send(lab, 'base64', net.UNKNOWN, [document])
    sensor.wait_alert(lambda a: 'plate-record' in a['gantry'].get('classes', []) and a['network']['protocol'] == 'smtp')
    records = sensor.finish()
    whole = [t for t in records if t['event']['action'] == 'transfer' and t['file'].get('hash', {}).get('sha256') == material.sha256(document.read_bytes())]
    assert len(whole) == 2


@pytest.mark.peers
@pytest.mark.parametrize('kind', KINDS)
def test_an_ordinary_document_is_silent(lab, server, sensor, tmp_path, kind):  # noqa: F811
    words = material.prose(8, 3000).decode().replace(',', '').split()
    table = '\n'.join(','.join(words[i:i + 4]) for i in range(0, 400, 4)).encode()
    document = as_document(tmp_path, table, kind)
    lab.run('lane', 'curl', '-sS', '--fail', '-T', str(document), url(net.UNAPPROVED, '/a'))
    sensor.wait_transfer(material.sha256(document.read_bytes()))
    assert classes_of(sensor.finish()) <= {'image'}, 'a preview is a picture'


def test_a_workbook_whose_texts_stand_behind_its_sheet(lab, server, sensor, tmp_path):  # noqa: F811
    with open(f'{net.HERE}/../data/office/order.xlsx', 'rb') as f:
        (tmp_path / 'a.xlsx').write_bytes(data := f.read())
    lab.run('lane', 'curl', '-sS', '--fail', '-T', str(tmp_path / 'a.xlsx'), url(net.UNAPPROVED, '/a.xlsx'))
    sensor.wait_transfer(material.sha256(data))
    assert classes_of(sensor.finish()) == {'plate-record'}
