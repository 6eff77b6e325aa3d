# SPDX-License-Identifier: Apache-2.0
"""upload_store.py PORT: a store in memory that takes uploads of several requests: S3's in parts (any key is good, signatures are not looked at), tus
1.0.0 with creation-with-upload, resumable ones as Google's, PUT with Content-Range. GET gives back what is whole."""
import base64
import hashlib
import http.server
import itertools
import re
import sys
import threading
import urllib.parse

FILES, SESSIONS, NUMBERS, LOCK = {}, {}, itertools.count(1), threading.Lock()


def unchunk(body):
    """S3's chunks, whatever signs them."""
    out, at = b'', 0
    while True:
        end = body.index(b'\r\n', at)
        n = int(body[at:end].split(b';')[0], 16)
        out += body[end + 2:end + 2 + n]
        at = end + 2 + n + 2
        if n == 0:
            return out


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *words):
        pass

    def body(self):
        if 'chunked' in self.headers.get('Transfer-Encoding', ''):
            out = b''
            while n := int(self.rfile.readline().split(b';')[0], 16):
                out += self.rfile.read(n)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
        else:
            out = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        return unchunk(out) if self.headers.get('x-amz-content-sha256', '').startswith('STREAMING') else out

    def answer(self, status, body=b'', **fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace('_', '-'), str(value))
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def query(self):
        url = urllib.parse.urlsplit(self.path)
        return url.path, dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))

    def do_GET(self):
        path, query = self.query()
        if 'location' in query:
            return self.answer(200, b'<LocationConstraint/>')
        if path in FILES:
            return self.answer(200, FILES[path])
        self.answer(404)

    def do_HEAD(self):
        path, _ = self.query()
        if path in SESSIONS:
            s = SESSIONS[path]
            return self.answer(200, Upload_Offset=len(s['data']), Upload_Length=s['total'], Tus_Resumable='1.0.0')
        self.answer(200 if path in FILES else 404)

    def do_PUT(self):
        path, query = self.query()
        data = self.body()
        if 'uploadId' in query:
            SESSIONS[query['uploadId']][int(query['partNumber'])] = data
        elif path in SESSIONS:
            return self.put_range(path, data)
        else:
            FILES[path] = data
        self.answer(200, ETag='"%s"' % hashlib.md5(data).hexdigest())

    def put_range(self, path, data):
        s = SESSIONS[path]
        span, total = re.fullmatch(r'bytes (\*|\d+-\d+)/(\*|\d+)', self.headers['Content-Range']).groups()
        if span != '*':
            at = int(span.split('-')[0])
            s['data'] = s['data'][:at] + data
        if total != '*' and len(s['data']) == int(total):
            FILES[s['path']] = s['data']
            return self.answer(200)
        more = {'Range': f'bytes=0-{len(s["data"]) - 1}'} if s['data'] else {}
        self.answer(308, **more)

    def do_POST(self):
        path, query = self.query()
        data = self.body()
        if 'uploads' in query:
            number = f'upload{next(NUMBERS)}'
            SESSIONS[number] = {}
            return self.answer(200, f'<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>{number}</UploadId>'
                                    '</InitiateMultipartUploadResult>'.encode())
        if 'uploadId' in query:
            parts = [int(n) for n in re.findall(rb'<PartNumber>(\d+)</PartNumber>', data)]
            FILES[path] = b''.join(SESSIONS[query['uploadId']][n] for n in parts)
            return self.answer(200, b'<CompleteMultipartUploadResult><ETag>"x-1"</ETag></CompleteMultipartUploadResult>')
        if query.get('uploadType') == 'resumable' or 'Upload-Length' in self.headers:
            number = next(NUMBERS)
            session = f'/session/{number}'
            is_tus = 'Upload-Length' in self.headers
            name = query.get('name') or base64.b64decode(self.headers['Upload-Metadata'].split()[1].split(',')[0]).decode()
            SESSIONS[session] = {'data': data if is_tus else b'', 'path': f'/{name}', 'total': self.headers.get('Upload-Length', '')}
            if is_tus and len(data) == int(self.headers['Upload-Length']):
                FILES[f'/{name}'] = data
            host = self.headers['Host']
            return self.answer(201 if is_tus else 200, Location=f'http://{host}{session}', Tus_Resumable='1.0.0', Upload_Offset=len(data))
        FILES[path] = data
        self.answer(200)

    def do_PATCH(self):
        path, _ = self.query()
        s = SESSIONS[path]
        data = self.body()
        if int(self.headers['Upload-Offset']) != len(s['data']):
            return self.answer(409)
        s['data'] += data
        if len(s['data']) == int(s['total']):
            FILES[s['path']] = s['data']
        self.answer(204, Upload_Offset=len(s['data']), Tus_Resumable='1.0.0')


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 64


Server(('', int(sys.argv[1])), Handler).serve_forever()
