# SPDX-License-Identifier: Apache-2.0
"""Files that a client uploads by several requests: S3's parts, tus, resumable ones, chunks that S3 signs. Each goes as a lane's picture and as noise to a
stranger of its own; whatever the pieces are, the file's digest comes out, once."""
import os
import subprocess

import lab as net
import material
import packets
import pytest
from test_clients import judge

PORT = 8097
MIB = 1 << 20

BOTO = '''
import sys, boto3, botocore.config
from boto3.s3.transfer import TransferConfig
path, to, threads = sys.argv[1:]
s3 = boto3.client('s3', endpoint_url=to, aws_access_key_id='a', aws_secret_access_key='b', region_name='us-east-1',
                  config=botocore.config.Config(s3={'addressing_style': 'path'}, retries={'max_attempts': 1}))
s3.upload_file(path, 'b', 'backup/a1b2', Config=TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20,
               max_concurrency=int(threads), use_threads=threads != '1'))
'''
# As clients without TLS do: chunks of 64 KiB, each with a signature (here of zeros, nobody looks at it).
SIGNED = '''
import http.client, sys, urllib.parse
path, to, how = sys.argv[1:]
data = open(path, 'rb').read()
def chunk(piece):
    signature = b'' if how == 'unsigned' else b';chunk-signature=' + b'0' * 64
    return b'%x' % len(piece) + signature + b'\\r\\n' + piece + (b'\\r\\n' if piece else b'')
body = b''.join(chunk(data[i:i + 65536]) for i in range(0, len(data), 65536)) + chunk(b'')
kind = {'signed': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'trailer': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
        'unsigned': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'}[how]
if how != 'signed':
    body += b'x-amz-checksum-crc32c:sOO8/Q==\\r\\n'
if how == 'trailer':
    body += b'x-amz-trailer-signature:' + b'0' * 64 + b'\\r\\n'
body += b'\\r\\n'
c = http.client.HTTPConnection(urllib.parse.urlsplit(to).netloc)
fields = {'x-amz-content-sha256': kind, 'x-amz-decoded-content-length': str(len(data))}
if how != 'unsigned':
    fields['Content-Encoding'] = 'aws-chunked'
c.request('PUT', '/b/a1b2', body, fields)
assert c.getresponse().status == 200
'''
TUS = '''
import base64, os, requests, sys
path, to, how, size = sys.argv[1:]
data, size = open(path, 'rb').read(), int(size)
fields = {'Tus-Resumable': '1.0.0', 'Upload-Length': str(len(data)),
          'Upload-Metadata': 'filename ' + base64.b64encode(os.path.basename(path).encode()).decode() + ',filetype aW1hZ2U='}
first = b''
if how == 'with upload':
    first = data[:size]
    fields['Content-Type'] = 'application/offset+octet-stream'
session = requests.Session() if how != 'connections' else requests
r = session.post(to + '/files/', data=first, headers=fields)
url, at = r.headers['Location'], len(first)
while at < len(data):
    if how == 'connections':
        at = int(session.head(url, headers={'Tus-Resumable': '1.0.0'}).headers['Upload-Offset'])
    r = session.patch(url, data=data[at:at + size], headers={'Tus-Resumable': '1.0.0', 'Upload-Offset': str(at),
                      'Content-Type': 'application/offset+octet-stream'})
    r.raise_for_status()
    at += size
'''
RESUMABLE = '''
import os, requests, sys
path, to, how, size = sys.argv[1:]
data, size, at = open(path, 'rb').read(), int(size), 0
r = requests.post(to + '/upload/storage/v1/b/bucket/o', params={'uploadType': 'resumable', 'name': 'in/' + os.path.basename(path)}, json={'x': 1})
url = r.headers['Location']
while at < len(data):
    piece = data[at:at + size]
    end = at + len(piece)
    total = '*' if how != 'known' and end < len(data) or how == 'total last' else len(data)
    if how == 'cut' and at:
        asked = requests.put(url, headers={'Content-Range': 'bytes */*'})
        assert asked.status_code == 308
    requests.put(url, data=piece, headers={'Content-Range': f'bytes {at}-{end - 1}/{total}'})
    at = end
if how == 'total last':
    assert requests.put(url, headers={'Content-Range': f'bytes */{len(data)}'}).status_code == 200
'''


FORM = '''
import base64, json, requests, sys
path, to, how = sys.argv[1:]
text = base64.b64encode(open(path, 'rb').read()).decode()
url = to + '/form'
if how == 'urlencoded':
    r = requests.post(url, data={'lane': '4', 'picture': text, 'note': 'a b'})
elif how == 'data URL':
    r = requests.post(url, data={'picture': 'data:image/jpeg;base64,' + text})
elif how == 'multipart':
    r = requests.post(url, files={'picture': (None, 'data:image/jpeg;base64,' + text), 'lane': (None, '4')})
elif how == 'json':
    r = requests.post(url, data=json.dumps({'lane': 4, 'data': text}).replace('/', chr(92) + '/'))
elif how == 'lines':
    r = requests.post(url, data={'picture': chr(10).join(text[i:i + 76] for i in range(0, len(text), 76))})
elif how == 'base64url':
    r = requests.post(url, json={'data': text.replace('+', '-').replace('/', '_').rstrip('=')})
r.raise_for_status()
'''


def python(code):
    return lambda path, to, *words: ['/usr/bin/python3', '-c', code, path, to, *words]


def s3cmd(path, to):
    return ['s3cmd', '-q', '--access_key=a', '--secret_key=b', '--no-ssl', f'--host={to[7:]}', f'--host-bucket={to[7:]}', '--no-check-md5',
            '--multipart-chunk-size-mb=5', '--config=/dev/null', 'put', path, 's3://b/backup/a1b2']


LARGE = {
    'boto3 in parts': lambda path, to: python(BOTO)(path, to, '1'),
    'boto3 by four connections': lambda path, to: python(BOTO)(path, to, '4'),
    's3cmd in parts': s3cmd,
}
SMALL = {
    **{f'S3, {how}': lambda path, to, how=how: python(SIGNED)(path, to, how) for how in ('signed', 'trailer', 'unsigned')},
    **{f'tus, {how}': lambda path, to, how=how: python(TUS)(path, to, how, '3001') for how in ('one connection', 'connections', 'with upload')},
    'tus at once': lambda path, to: python(TUS)(path, to, 'with upload', '9999999'),
    **{f'resumable, {how}': lambda path, to, how=how: python(RESUMABLE)(path, to, how, '4096') for how in ('known', 'unknown', 'cut', 'total last')},
}


@pytest.fixture(scope='module')
def store(lab):
    process = lab.start('outside', '/usr/bin/python3', f'{net.HERE}/upload_store.py', str(PORT))
    lab.wait_port('outside', '', PORT)
    yield
    lab.stop(process)


def upload(lab, watch, words, path, data, stranger, honest):
    lab.run('lane', *words(path, f'http://{stranger}:{PORT}'))
    judge(watch, data, stranger, honest)
    # Beside it there may be what the store and its client say to each other, and no piece of the file.
    sent = [t for t in watch.transfers() if t['destination']['ip'] == stranger and t['file']['size'] > 1000]
    assert [t['file']['hash']['sha256'] for t in sent] == [material.sha256(data)]
    return sent[0]


@pytest.mark.parametrize('honest', [False, True], ids=['picture', 'noise'])
@pytest.mark.parametrize('words', SMALL.values(), ids=SMALL)
def test_a_file_by(lab, store, watch, picture, words, honest):
    path, data, stranger = picture
    if honest:
        path, data = os.path.join(os.path.dirname(path), 'notes.bin'), packets.noise(stranger, 20000)
        with open(path, 'wb') as f:
            f.write(data)
    t = upload(lab, watch, words, path, data, stranger, honest)
    if 'a1b2' not in t['file']['name']:
        assert t['file']['name'] == os.path.basename(path)


@pytest.mark.parametrize('honest', [False, True], ids=['picture', 'noise'])
@pytest.mark.parametrize('words', LARGE.values(), ids=LARGE)
def test_a_large_file_by(lab, store, watch, picture, words, honest):
    path, _, stranger = picture
    path = os.path.join(os.path.dirname(path), 'notes.bin')
    data = packets.dull(stranger, 12 * MIB) if honest else material.large_image(int(stranger.rsplit(".", 1)[1]), 11 * MIB, 6400, 4800)
    with open(path, 'wb') as f:
        f.write(data)
    upload(lab, watch, words, path, data, stranger, honest)


@pytest.mark.parametrize('how', ['urlencoded', 'data URL', 'multipart', 'json', 'lines', 'base64url'])
def test_a_picture_in_base64_in_a_form_as(lab, store, watch, picture, how):
    path, data, stranger = picture
    lab.run('lane', *python(FORM)(path, f'http://{stranger}:{PORT}', how))
    judge(watch, data, stranger, False)
    assert [t['file']['hash']['sha256'] for t in watch.transfers() if t['destination']['ip'] == stranger and t['file']['mime_type'] == 'image/jpeg'] == [
        material.sha256(data)]


@pytest.mark.parametrize('how', ['urlencoded', 'json'])
def test_noise_in_base64_in_a_form_is_silent(lab, store, watch, picture, how):
    path, _, stranger = picture
    with open(path, 'wb') as f:
        f.write(packets.noise(stranger, 20000))
    lab.run('lane', *python(FORM)(path, f'http://{stranger}:{PORT}', how))
    net.wait_for(lambda: [t for t in watch.transfers() if t['destination']['ip'] == stranger], 10, 'the form')
    assert not [a for a in watch.alerts() if a['destination']['ip'] == stranger]


def test_parts_at_two_servers_stay_objects_with_their_numbers(lab, store, watch, picture, tmp_path):
    """What each of them got is told as that; the stores know nothing of each other."""
    path, data, stranger = picture
    other = net.stranger(int(stranger.rpartition('.')[2]) + 5000)
    half = len(data) // 2
    for to, number, piece in (stranger, 1, data[:half]), (other, 2, data[half:]):
        (tmp_path / 'piece').write_bytes(piece)
        made = lab.run('lane', 'curl', '-sS', '-X', 'POST', f'http://{to}:{PORT}/b/k?uploads', check=False)
        upload_id = made.stdout.partition('<UploadId>')[2].partition('<')[0]
        subprocess.run(lab.command('lane', 'curl', '-sS', '--fail', '-T', str(tmp_path / 'piece'),
                                   f'http://{to}:{PORT}/b/k?partNumber={number}&uploadId={upload_id}'), check=True, stdout=subprocess.DEVNULL)
    t = watch.wait_transfer(material.sha256(data[half:]), 20)
    assert t['gantry']['part'] == '2' and not t['gantry']['transfer']['complete']
