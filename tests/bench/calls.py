# SPDX-License-Identifier: Apache-2.0
"""Calls of an API: JSON of 1 to 2 KB put to it by the clients that cameras and phones have, a short answer each, many on one connection."""
import itertools
import json

from payloads import small_calls
from worst_inputs import LANE, OUTSIDE, Line

OPEN_AT_ONCE, FRAMES_EACH = 16, 5  # frames: about so many
HEADS = [  # as curl and OkHttp send them
    'POST /api/v1/devices/{device}/events HTTP/1.1\r\nHost: ingest.example:8080\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n'
    'Content-Type: application/json\r\nAuthorization: Bearer {token}\r\nContent-Length: {n}\r\n\r\n',
    'POST /v2/telemetry?device={device}&seq={call} HTTP/1.1\r\nX-Request-Id: {call:08x}-{n:04x}\r\nContent-Type: application/json; charset=utf-8\r\n'
    'Content-Length: {n}\r\nHost: telemetry.example\r\nConnection: Keep-Alive\r\nAccept-Encoding: gzip\r\nUser-Agent: okhttp/4.12.0\r\n\r\n',
]
ANSWER = ('HTTP/1.1 {status}\r\nServer: nginx/1.22.1\r\nDate: Sun, 31 May 2026 04:{minute:02d}:{second:02d} GMT\r\n'
          'Content-Type: application/json\r\nContent-Length: {n}\r\nConnection: keep-alive\r\n\r\n')


def one_call(line, device, call, body):
    head = HEADS[device % len(HEADS)].format(device=device, token=f'{device:032x}', call=call, n=len(body))
    yield from line.send(0, head.encode() + body)
    yield from line.acknowledge(0)
    said = json.dumps({'status': 'accepted', 'id': call}).encode()
    answer = ANSWER.format(status='200 OK' if device % 3 else '201 Created', minute=call // 60 % 60, second=call % 60, n=len(said))
    yield from line.send(1, answer.encode() + said)
    yield from line.acknowledge(1)


def frames(count, each=100):
    """So many calls, `each` of them on a connection; some connections are open at once, with calls in turn."""
    some = list(small_calls(64))  # taken in turn
    for first in itertools.count(0, OPEN_AT_ONCE * each):
        lines = [Line(port=1024 + (first // each + i) % 60000, client=LANE + i, server=OUTSIDE, server_port=8080) for i in range(OPEN_AT_ONCE)]
        for line in lines:
            yield from line.open()
        for n in range(first, first + OPEN_AT_ONCE * each):
            if n == count:
                return
            device = n % OPEN_AT_ONCE
            yield from one_call(lines[device], device, n, some[n * 7 % len(some)])
        for line in lines:
            yield from line.close()
