#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/content/odd_codings.tsv: bodies whose Content-Encoding is wrong, misspelt or damaged in ways that
some browser takes all the same, and bodies that only look so. A line a body: what it shows, Content-Encoding and the
body in hex, and size and SHA-256 of what must come out of it. Needs nothing but Python. Run once; kept in the repository.
"""
import gzip
import hashlib
import os
import random
import struct
import zlib

rng = random.Random(11)
text = b"plate,lane,time\n" + b"".join(b"ABC%04d,L04,04:%02d\n" % (i * 37 % 9999, i % 60) for i in range(12))
long = b"".join(b"%05d,%s\n" % (i, rng.randbytes(4).hex().encode()) for i in range(250))
rows = []


def put(what, encoding, body, whole):
    rows.append((what, encoding.encode("latin-1").hex(), body.hex(), len(whole), hashlib.sha256(whole).hexdigest()))


def deflate(data, bits):
    c = zlib.compressobj(9, zlib.DEFLATED, bits)
    return c.compress(data) + c.flush()


zipped, wrapped, bare = gzip.compress(text, mtime=0), deflate(text, 15), deflate(text, -15)


def with_flags(flags, field=b""):
    return zipped[:3] + bytes([flags]) + zipped[4:10] + field + zipped[10:]


put("deflate names a gzip body", "deflate", zipped, text)
put("gzip names a zlib body", "gzip", wrapped, text)
put("gzip names a bare deflate body", "gzip", bare, text)
put("gzip names a long bare deflate body", "gzip", deflate(long, -15), long)
put("br names a gzip body", "br", zipped, text)
put("the codings stand in the wrong order", "gzip, deflate", gzip.compress(bare, mtime=0), text)
put("two codings are named, one was applied", "gzip, deflate", zipped, text)
put("two codings are named, none was applied", "gzip, deflate", text, text)
for name in ("gzipx", "x gzip", "gzip;", "gz\0ip", "gzip\xa0", ": gzip", "foo", "=?UTF-8?B?Z3ppcA==?="):
    put("an unknown name over a gzip body", name, zipped, text)
put("an unknown name over a bare deflate body", "de flate", bare, text)
put("an unknown name over a long zlib body", "zipped", deflate(long, 15), long)
put("an unknown name behind a known one", "deflate, x", bare, text)
put("an unknown name before a known one", "x, deflate", bare, text)
put("a wrong magic number", "gzip", b"\x1f\x8c" + zipped[2:], text)
put("a wrong method", "gzip", zipped[:2] + b"\x88" + zipped[3:], text)
put("a reserved flag", "gzip", with_flags(0x20), text)
put("a header checksum that is wrong", "gzip", with_flags(2, b"\0\0"), text)
put("a header checksum that is not there", "gzip", with_flags(2), text)
put("an extra field that is not there", "gzip", with_flags(4, b"\5\0"), text)
put("a wrong header checksum behind a name", "gzip", with_flags(2 | 8, b"a.csv\0\0\0"), text)
put("a gzip header before a zlib stream", "gzip",
    zipped[:10] + wrapped + struct.pack("<II", zlib.crc32(text), len(text)), text)
put("an empty line before the body", "gzip", b"\r\n" + zipped, text)
half = len(text) // 2
put("two zlib streams in a row", "deflate", deflate(text[:half], 15) + deflate(text[half:], 15), text)
put("two bare deflate streams in a row", "deflate", deflate(text[:half], -15) + deflate(text[half:], -15), text)
put("a bare deflate stream and an empty line", "deflate", bare + b"\r\n", text)
put("a zlib stream and text behind it", "deflate", wrapped + b"the end", text)

json = b'{"plate":"ABC1234","lane":4}'
picture = b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + rng.randbytes(700)
put("text under an unknown name", "x-plain", text, text)
put("JSON under an unknown name", "none", json, json)
put("JSON that is no gzip", "gzip", json, json)
put("JSON that is no deflate", "deflate, deflate", json, json)
put("a long text under a known name", "gzip", long, long)
put("a picture under an unknown name", "aes128gcm", picture, picture)
put("one byte under a known name", "gzip", b"\x1f", b"\x1f")
put("one byte under an unknown name", "foo", b"K", b"K")
noise = rng.randbytes(2000)
put("noise under an unknown name", "aes128gcm", noise, noise)

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "content")
with open(os.path.join(here, "odd_codings.tsv"), "w") as f:
    for row in rows:
        f.write("\t".join(str(c) for c in row) + "\n")
