#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes office/: one table as LibreOffice and openpyxl write it. reads.tsv is what people see in it; order.xlsx has its members as Excel orders them."""
import datetime
import io
import os
import random
import shutil
import subprocess
import tempfile
import zipfile

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'office')
ROWS = 40


def rows():
    g = random.Random(5)
    yield 'plate', 'state', 'lane', 'read time'
    for i in range(ROWS):
        letters = ''.join(g.choice('ABCDEFGHJKLMNPRSTUVWXYZ') for _ in range(3))
        yield f'{letters}{g.randrange(10000):04d}', 'TX', g.randrange(1, 9), datetime.datetime(2026, 5, 31, 4, i, 9)


def convert(folder, path, *words):
    subprocess.run(['soffice', '--headless', f'-env:UserInstallation=file://{folder}/profile', *words, '--outdir', HERE, path], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    import openpyxl
    shutil.rmtree(HERE, ignore_errors=True)
    os.makedirs(HERE)
    text = [[str(c) for c in row] for row in rows()]
    with open(f'{HERE}/reads.tsv', 'w', encoding='utf-8') as f:
        f.writelines('\t'.join(row) + '\n' for row in text)
    with tempfile.TemporaryDirectory() as folder:
        with open(f'{folder}/reads.csv', 'w', encoding='utf-8') as f:
            f.writelines(','.join(row) + '\n' for row in text)
        with open(f'{folder}/reads.html', 'w', encoding='utf-8') as f:
            f.write('<html><body><h1>Reads of the day</h1><table>')
            f.writelines('<tr>' + ''.join(f'<td>{c}</td>' for c in row) + '</tr>' for row in text)
            f.write('</table><p>That is all.</p></body></html>')
        convert(folder, f'{folder}/reads.csv', '--convert-to', 'xlsx')
        convert(folder, f'{folder}/reads.csv', '--convert-to', 'ods')
        convert(folder, f'{folder}/reads.html', '--infilter=HTML (StarWriter)', '--convert-to', 'docx:MS Word 2007 XML')
        convert(folder, f'{folder}/reads.html', '--infilter=HTML (StarWriter)', '--convert-to', 'odt')
    book = openpyxl.Workbook()
    for row in rows():
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    with open(f'{HERE}/openpyxl.xlsx', 'wb') as f:
        f.write(out.getvalue())
    order = ['[Content_Types].xml', '_rels/.rels', 'xl/workbook.xml', 'xl/worksheets/sheet1.xml', 'xl/styles.xml', 'xl/sharedStrings.xml']
    with zipfile.ZipFile(f'{HERE}/reads.xlsx') as z, zipfile.ZipFile(f'{HERE}/order.xlsx', 'w', zipfile.ZIP_DEFLATED) as made:
        for name in order:
            made.writestr(zipfile.ZipInfo(name), z.read(name), zipfile.ZIP_DEFLATED)


if __name__ == '__main__':
    main()
