# SPDX-License-Identifier: Apache-2.0
"""A case: a conversation that hides a file, what must be found of it, and the same conversation with an honest file.

    @case(JPG)
    def test_a_put_with_two_hosts(w, f):
        w.tcp().open().client(put(f, 'Host: b.example')).server(CREATED).close()

    test_ports = cases(JPG, {'port 21': lambda w, f: upload(w, f, sport=21), ...})

Each becomes two tests. `found`: an alert of a class of `f`, and where `whole` a complete transfer with the SHA-256 of `f`.
`twin`: the same with an honest file (a sound recording, a weather table) raises no alert about content, and the transfer is there as well.
"""
import hashlib
import inspect
import io
import json
import math
import os
import random
import struct
import subprocess
import sys
import zipfile

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'e2e')]

import material  # noqa: E402
from wire import CLIENT, SERVER, Wire  # noqa: E402, F401

ROOT = os.path.abspath(os.path.join(HERE, '..', '..'))
GANTRY = os.path.join(os.environ.get('GANTRY_BUILD', os.path.join(ROOT, 'build')), 'sensor', 'gantry')
# An alert of these says that something went by, not what: no answer where the bytes are in clear.
FLOW_CLASSES = {'encrypted-flow', 'unread-flow', 'tunnel'}


class File:
    def __init__(self, name, type_, data, classes=()):
        self.name, self.type, self.data, self.classes = name, type_, data, set(classes)

    @property
    def sha256(self):
        return hashlib.sha256(self.data).hexdigest()

    def but(self, data=None, name=None, type_=None):
        """The same file with other bytes, another name or declared type."""
        return File(self.name if name is None else name, self.type if type_ is None else type_,
                    self.data if data is None else data, self.classes)


def sound(seconds):
    """PCM of a tone: a binary file that is no picture."""
    samples = b''.join(struct.pack('<h', round(9000 * math.sin(i / 7) + 4000 * math.sin(i / 53))) for i in range(seconds * 8000))
    return (b'RIFF' + struct.pack('<I', 36 + len(samples)) + b'WAVEfmt ' + struct.pack('<IHHIIHH', 16, 1, 1, 8000, 16000, 2, 16)
            + b'data' + struct.pack('<I', len(samples)) + samples)


def weather(rows):
    g = random.Random(4)
    lines = ['station,element,value,unit,remark']
    for i in range(rows):
        lines.append(f"north field,{g.choice(['wind', 'rain', 'mist'])},{g.randrange(400)},mm,{g.choice(['calm', 'gusty', ''])}")
    return '\n'.join(lines).encode() + b'\n'


def archive(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z:
        z.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


JPG = File('20260531-041158_L04_KXR4471.jpg', 'image/jpeg', material.lane_image(7), ['image', 'vehicle-image'])
CSV = File('reads.csv', 'text/csv', material.plate_csv(7, 60), ['plate-record'])
SOUND = File('shift-call.wav', 'audio/x-wav', sound(1))
WEATHER = File('stations.csv', 'text/csv', weather(60))
# Where nothing but the bytes says that a file begins: an archive shows itself as a picture does.
ARCHIVE = File('stations.zip', 'application/zip', archive('stations.csv', weather(900)))
HONEST = {JPG: SOUND, CSV: WEATHER}


def head(method, path, *fields, host='store.example', version='HTTP/1.1'):
    lines = [f'{method} {path} {version}'.rstrip()] + ([f'Host: {host}'] if host else []) + list(fields)
    return '\r\n'.join(lines).encode('latin-1') + b'\r\n\r\n'


def put(f, *fields, method='PUT', host='store.example', version='HTTP/1.1', length=True):
    """A request that carries `f`."""
    length = [f'Content-Length: {len(f.data)}'] if length else []
    return head(method, '/in/' + f.name, f'Content-Type: {f.type}', *length, *fields, host=host, version=version) + f.data


def get(f, *fields, host='store.example'):
    return head('GET', '/in/' + f.name, *fields, host=host)


def answer(f, *fields, status='200 OK', length=True):
    """A response that carries `f`."""
    lines = [f'HTTP/1.1 {status}', f'Content-Type: {f.type}'] + ([f'Content-Length: {len(f.data)}'] if length else []) + list(fields)
    return '\r\n'.join(lines).encode('latin-1') + b'\r\n\r\n' + f.data


CREATED = b'HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n'
OK = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok'


def upload(w, f, *fields, **more):
    """A whole connection that brings `f` to the server by HTTP."""
    return w.tcp(**more).open().client(put(f, *fields)).server(CREATED).close()


def download(w, f, *fields, **more):
    """A whole connection from outside that fetches `f` from the image network by HTTP."""
    more = {'client': SERVER, 'server': CLIENT, **more}
    return w.tcp(**more).open().client(get(f)).server(answer(f, *fields)).close()


CONFIG = '''sensor: {{name: evasion}}
image-networks: [{{name: lanes, prefixes: [10.40.0.0/16, "2001:db8:40::/48"]}}]
internal-networks: [10.0.0.0/8]
partners: [{{name: Plate Systems, prefixes: [198.51.100.0/24, "2001:db8:beef::/48"], domains: ["*.platesystems.example"]}}]
rules: [{rules}]
{more}
'''


class Seen:
    """The records of one run of the sensor, by their action."""

    def __init__(self, records):
        self.all = records
        self.alerts = self.of('alert')
        self.transfers = self.of('transfer')
        self.flows = self.of('flow')

    def of(self, action):
        return [r for r in self.all if r['event'].get('action') == action]

    @property
    def classes(self):
        """Of all alerts about content."""
        return {c for a in self.alerts if 'rule' in a for c in a['gantry'].get('classes') or []} - FLOW_CLASSES

    def has(self, sha256):
        """A complete transfer or object with this digest."""
        return any(t.get('file', {}).get('hash', {}).get('sha256') == sha256 and t['gantry']['transfer']['complete']
                   for t in self.transfers)

    def brief(self):
        lines = [f"alert {a['gantry'].get('classes')} {a.get('rule', {}).get('id')}" for a in self.alerts]
        for t in self.transfers:
            file = t.get('file', {})
            lines.append(f"transfer {t.get('network', {}).get('protocol')} {file.get('name')} {file.get('size')} {file.get('mime_type')} "
                         f"complete={t['gantry']['transfer']['complete']} {file.get('hash', {}).get('sha256', '')[:12]}")
        return '\n'.join(lines) or 'nothing'


def look(folder, wire, config='', arguments=()):
    """Runs the sensor over what passed `wire`."""
    capture = wire.save(folder / 'case.pcap')
    path = folder / 'gantry.yaml'
    path.write_text(CONFIG.format(rules=os.path.join(ROOT, 'rules'), more=config))
    run = subprocess.run([GANTRY, '-q', '-c', str(path), '-r', capture, '-o', 'json:-', '--events', 'alert,transfer,flow', *arguments],
                         capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return Seen([json.loads(line) for line in run.stdout.splitlines() if line.startswith('{')])


def prove(folder, write, f, whole, config, also, silent):
    """`silent`: the honest twin's run."""
    wire = Wire()
    expected = write(wire, f)
    seen = look(folder, wire, config)
    if silent:
        assert seen.transfers, 'nothing of the honest twin was read'
        assert not seen.classes, f'the honest twin alerts:\n{seen.brief()}'
    else:
        assert seen.classes & f.classes, f'nothing of {sorted(f.classes)} was found:\n{seen.brief()}'
    if whole:
        digest = expected.sha256 if isinstance(expected, File) else f.sha256
        assert seen.has(digest), f'no complete transfer has the digest {digest[:12]}:\n{seen.brief()}'
    if also and not silent:
        also(seen)


def cases(holds, writers, whole=True, twin=None, config='', also=None):
    """A test of two runs for each of `writers`, {sentence: write(wire, file)}; each writes the conversation with the file that it
    is given, and may return the File whose digest must be told, if it is another. `twin`: the honest file, if another than
    usual. `also(seen)`: what else must hold where it is found."""
    honest = twin or HONEST[holds]

    @pytest.mark.parametrize('run', ['found', 'twin'])
    @pytest.mark.parametrize('write', writers.values(), ids=writers.keys())
    def test(tmp_path, write, run):
        prove(tmp_path, write, honest if run == 'twin' else holds, whole, config, also, run == 'twin')

    return test


def case(holds, **more):
    """The decorator for one conversation; its name is the sentence."""

    def decorate(write):
        test = cases(holds, {inspect.getdoc(write) or write.__name__.replace('_', ' '): write}, **more)
        test.__name__ = write.__name__
        return test

    return decorate
