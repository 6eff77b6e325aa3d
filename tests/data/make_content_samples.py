#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/content/: bodies as real clients encode them, and what is in them.

Needs curl, gzip, zstd and Debian's python3-brotli. Run once; the results are kept in the repository. bodies.tsv has one
line a body (file, Content-Type, Content-Encoding), objects.tsv one line an object that must come out of it (body,
name, size, SHA-256), containers included, in the order in which they end.
"""
import email.mime.application
import email.mime.image
import email.mime.multipart
import email.mime.text
import email.policy
import gzip
import hashlib
import http.server
import os
import random
import subprocess
import tempfile
import threading
import zlib

import brotli

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "content")
os.makedirs(here, exist_ok=True)
bodies, objects = [], []
rng = random.Random(5)


def jpeg(n):
    """Not a picture, but starts as one, and is full of what may begin a delimiter."""
    data = bytearray(b"\xff\xd8\xff\xe0\x00\x10JFIF\0")
    while len(data) < n:
        data += rng.choice([b"\r\n--", b"\r\n", b"\r", b"\n", b"--", b"\r\r\n-", rng.randbytes(23), b"\n--------"])
    return bytes(data[:n])


def put(name, body, content_type, encoding="", parts=(), whole=None):
    with open(os.path.join(here, name), "wb") as f:
        f.write(body)
    bodies.append((name, content_type, encoding))
    rows = list(parts) + [("", whole if whole is not None else body)]
    for part_name, data in rows:
        objects.append((name, part_name, len(data), hashlib.sha256(data).hexdigest()))


class Recorder(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.seen = (self.headers["Content-Type"], self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def curl_form():
    server = http.server.HTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as d:
        files = {"L04_ABC1234.jpg": jpeg(900), "empty.bin": b"", "notes.txt": b"line\r\n--not a boundary\r\n\r\n"}
        for name, data in files.items():
            with open(os.path.join(d, name), "wb") as f:
                f.write(data)
        args = ["-F", "lane=L04"]
        for name in files:
            args += ["-F", f"file=@{os.path.join(d, name)}"]
        url = f"http://127.0.0.1:{server.server_port}/"
        subprocess.run(["curl", "-s", "-H", "Expect:", *args, url], check=True)
    server.shutdown()
    content_type, body = server.seen
    put("curl_form.body", body, content_type, parts=[("lane", b"L04"), *files.items()])


def mail():
    """multipart/mixed with base64 and quoted-printable parts, one of them multipart itself."""
    picture, text = jpeg(700), "Grüße aus der Spur 4\r\n= und noch eine sehr lange Zeile " + "x" * 90 + "\r\n"
    outer = email.mime.multipart.MIMEMultipart("mixed", boundary="outer=_1")
    inner = email.mime.multipart.MIMEMultipart("related", boundary="outer=_1inner")
    image = email.mime.image.MIMEImage(picture, "jpeg", name="lane.jpg")
    inner.attach(image)
    record = email.mime.application.MIMEApplication(b"plate,time\r\nABC1234,04:12\r\n")
    record.add_header("Content-Disposition", "attachment", filename="reads.csv")
    note = email.mime.text.MIMEText("", "plain", "utf-8")
    del note["Content-Transfer-Encoding"]
    note.set_payload(text.encode(), "utf-8")
    del note["Content-Transfer-Encoding"]
    note["Content-Transfer-Encoding"] = "quoted-printable"
    import quopri
    note.set_payload(quopri.encodestring(text.encode(), quotetabs=False).decode())
    outer.attach(note)
    outer.attach(inner)
    outer.attach(record)
    whole = outer.as_bytes(policy=email.policy.SMTP)
    head, body = whole.split(b"\r\n\r\n", 1)
    inner_bytes = inner.as_bytes(policy=email.policy.SMTP).split(b"\r\n\r\n", 1)[1]
    decoded = quopri.decodestring(note.get_payload().replace("\n", "\r\n").replace("\r\r", "\r").encode())
    put("mail.body", body, 'multipart/mixed; boundary="outer=_1"',
        parts=[("", decoded), ("lane.jpg", picture), ("", inner_bytes),
               ("reads.csv", b"plate,time\r\nABC1234,04:12\r\n")])


def camera():
    """x-mixed-replace as cameras send it: LF alone, dashes in the boundary parameter, never ending."""
    frames = [jpeg(300), jpeg(310)]
    body = b""
    for f in frames:
        body += b"--myboundary\nContent-Type: image/jpeg\nContent-Length: %d\n\n" % len(f) + f + b"\n"
    body += b"--myboundary\n"
    put("camera.body", body, "multipart/x-mixed-replace; boundary=--myboundary",
        parts=[("", frames[0]), ("", frames[1])])


def camera_unbroken():
    """The same with the delimiter right behind so many octets, and one that says a wrong length."""
    frames = [jpeg(300), jpeg(310)[:-1] + b"\r", jpeg(320) + b"\xff\xd9"]
    body = b""
    for f, says in zip(frames, (300, 310, 90)):
        body += b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % says + f
    body += b"\r\n--frame--\r\n"
    put("camera_unbroken.body", body, "multipart/x-mixed-replace; boundary=frame", parts=[("", f) for f in frames])


# RFC 8878 section 3.1.2
SKIPPABLE = bytes.fromhex("5a2a4d18") + (5).to_bytes(4, "little") + b"plate"


def zstd(data, *how):
    return subprocess.run(["zstd", "-c", *how], input=data, stdout=subprocess.PIPE, check=True).stdout


def codings():
    text = ("plate,lane,time\n" + "".join(f"ABC{i:04},L04,04:{i % 60:02}\n" for i in range(300))).encode()
    packed = subprocess.run(["gzip", "-9", "-n"], input=text, stdout=subprocess.PIPE, check=True).stdout
    half = len(text) // 2
    two = gzip.compress(text[:half], mtime=0) + gzip.compress(text[half:], mtime=0)
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    put("gzip.body", packed, "text/csv", "gzip", whole=text)
    put("gzip_members.body", two, "text/csv", "x-gzip", whole=text)
    put("gzip_trailing.body", packed + b"\0\0garbage", "text/csv", "gzip", whole=text)
    put("zlib.body", zlib.compress(text, 9), "text/csv", "deflate", whole=text)
    put("deflate.body", raw.compress(text) + raw.flush(), "text/csv", "deflate", whole=text)
    put("brotli.body", brotli.compress(text), "text/csv", "br", whole=text)
    put("gzip_brotli.body", brotli.compress(packed), "text/csv", "gzip, br", whole=text)
    put("zstd.body", zstd(text), "text/csv", "zstd", whole=text)
    put("zstd_frames.body", zstd(text[:half]) + SKIPPABLE + zstd(text[half:], "-19", "--no-check") + SKIPPABLE, "text/csv", "zstd", whole=text)
    put("zstd_trailing.body", zstd(text) + b"(garbage", "text/csv", "zstd", whole=text)
    put("not_zstd.body", text[:700], "text/csv", "zstd")
    put("not_gzip.body", text[:700], "text/csv", "gzip")
    put("not_deflate.body", text[:700], "text/csv", "deflate")
    put("zstd_gzip.body", gzip.compress(text[:700], mtime=0), "text/csv", "zstd, gzip", whole=text[:700])
    put("gzip_zstd.body", text[:700], "text/csv", "gzip, zstd")


curl_form()
mail()
camera()
codings()
camera_unbroken()
for name, rows in (("bodies.tsv", bodies), ("objects.tsv", objects)):
    with open(os.path.join(here, name), "w") as f:
        for row in rows:
            f.write("\t".join(str(c) for c in row) + "\n")
