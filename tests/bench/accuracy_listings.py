# SPDX-License-Identifier: Apache-2.0
"""Formats of listings: what programs and servers say is in a folder of a lane's store."""
import html
import json

import accuracy_values as values
from accuracy_tables import add

CLASS = 'listing'
NAMES = {
    'time, lane, plate': lambda r: f'{r.time:%Y%m%d-%H%M%S}_L{r.lane:02d}_{r.plate}.jpg',
    'plate, time': lambda r: f'{r.plate}_{r.time:%Y%m%d%H%M%S}.jpg',
    'lane, time': lambda r: f'LANE{r.lane:02d}_{r.time:%Y%m%d%H%M%S}_{r.number % 1000}.jpg',
    'plate': lambda r: f'{r.plate}-front.tif',
}


def lines(name, line, head='', end='', names=('time, lane, plate', 'plate, time', 'lane, time', 'plate')):
    for kind in names:
        add('listings', f'{name}, names of {kind}', lambda g, n, kind=kind: head + ''.join(
            line(r, NAMES[kind](r)) + '\n' for r in values.reads(g, n)) + end, CLASS)


lines('ls', lambda r, name: name, names=('time, lane, plate',))
lines('ls -l', lambda r, name: f'-rw-r--r-- 1 lane lane {48000 + r.lane:8d} {r.time:%b %d %H:%M} {name}', head='total 4096\n')
lines('ls -l of an old folder', lambda r, name: f'-rw-r--r--. 1 lane lane {48000 + r.lane:8d} {r.time:%b %d} 2024 {name}', names=('plate',))
lines('FTP LIST, vsftpd', lambda r, name: f'-rw-r--r--    1 109      116      {48000 + r.lane:8d} {r.time:%b %d %H:%M} {name}\r',
      names=('plate, time',))
lines('FTP LIST, IIS', lambda r, name: f'{r.time:%m-%d-%y  %I:%M%p}           {48000 + r.lane:12d} {name}\r',
      names=('plate, time', 'plate'))
lines('FTP MLSD', lambda r, name: f'modify={r.time:%Y%m%d%H%M%S};perm=adfr;size={48000 + r.lane};type=file;unique=801U{r.number:X}; {name}\r', names=('plate, time', 'plate'))
lines('dir', lambda r, name: f'{r.time:%m/%d/%Y  %I:%M %p}    {48000 + r.lane:14,d} {name}',
      head=' Volume in drive S is STORE\n\n Directory of S:\\lane\n\n')
lines('dir, German', lambda r, name: f'{r.time:%d.%m.%Y  %H:%M}    {48000 + r.lane:14d} {name}', names=('plate, time',))
lines('dir /b /s', lambda r, name: f'S:\\store\\{r.time:%Y%m%d}\\{name}', names=('plate, time', 'plate'))
lines('nginx', lambda r, name: f'<a href="{name}">{name}</a>      {r.time:%d-%b-%Y %H:%M}    {48000 + r.lane:8d}',
      end='</pre><hr></body></html>\n',
      head='<html>\n<head><title>Index of /store/</title></head>\n<body>\n<h1>Index of /store/</h1><hr><pre><a href="../">../</a>\n')
lines('Apache', lambda r, name: f'<tr><td valign="top"><img src="/icons/image2.gif" alt="[IMG]"></td><td><a href="{name}">{name}</a></td><td align="right">'
      f'{r.time:%Y-%m-%d %H:%M}  </td><td align="right"> 47K</td><td>&nbsp;</td></tr>', names=('plate, time', 'plate'),
      head='<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n<html>\n<head><title>Index of /store</title></head><body><table>\n')
lines('smbclient', lambda r, name: f'  {name:<34} A {48000 + r.lane:8d}  {r.time:%a %b %e %H:%M:%S %Y}', names=('plate, time', 'plate'))
lines('rsync', lambda r, name: f'-rw-r--r-- {48000 + r.lane:14,d} {r.time:%Y/%m/%d %H:%M:%S} day/{name}', names=('plate, time', 'plate'))
lines('tar', lambda r, name: f'-rw-r--r-- lane/lane {48000 + r.lane:9d} {r.time:%Y-%m-%d %H:%M} day/{name}', names=('plate, time', 'plate'))
lines('unzip', lambda r, name: f'{48000 + r.lane:9d}  {r.time:%Y-%m-%d %H:%M}   day/{name}',
      head='Archive:  day.zip\n  Length      Date    Time    Name\n', names=('plate, time', 'plate'))
lines('7z', lambda r, name: f'{r.time:%Y-%m-%d %H:%M:%S} ....A {48000 + r.lane:12d} {47000 + r.lane:12d}  {name}', names=('plate, time',))
lines('sha256sum', lambda r, name: f'{r.number:064x}  ./day/{name}', names=('plate, time',))
lines('S3', lambda r, name: f'<Contents><Key>day/{name}</Key><LastModified>{r.time:%Y-%m-%dT%H:%M:%S.000Z}</LastModified><Size>48000</Size></Contents>', names=('plate, time', 'plate'),
      head='<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult><Name>store</Name>\n', end='</ListBucketResult>\n')
lines('WebDAV', lambda r, name: f'<D:response><D:href>/store/{html.escape(name)}</D:href><D:propstat><D:prop><D:getcontentlength>48000</D:getcontentlength></D:prop></D:propstat></D:response>',
      names=('plate, time',), head='<?xml version="1.0"?>\n<D:multistatus xmlns:D="DAV:">\n', end='</D:multistatus>\n')
lines('JSON of a server', lambda r, name: json.dumps({'name': name, 'type': 'file', 'size': 48000,
                                                      'mtime': f'{r.time:%a, %d %b %Y %H:%M:%S GMT}'}), names=('plate, time', 'plate'))
lines('folders, ls -l', lambda r, name: f'drwxr-xr-x 2 lane lane 4096 {r.time:%b %d %H:%M} {r.plate}', names=('plate',))
lines('folders, nginx', lambda r, name: f'<a href="{r.plate}/">{r.plate}/</a>      {r.time:%d-%b-%Y %H:%M}       -', names=('plate',),
      head='<html>\n<body><pre><a href="../">../</a>\n')
lines('folders, dir', lambda r, name: f'{r.time:%m/%d/%Y  %I:%M %p}    <DIR>          {r.plate}', names=('plate',))
