#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/types/: one small file for each signature, and files that only look like one.

Archives, databases and compressed files are written by Python's own modules; the rest are the shortest headers that
the formats' descriptions allow. The unit test asks libmagic what it takes each for.
"""
import bz2
import gzip
import io
import lzma
import os
import sqlite3
import struct
import tarfile
import zipfile
import zlib

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "types")
os.makedirs(here, exist_ok=True)


def put(name, data):
    with open(os.path.join(here, name), "wb") as f:
        f.write(data)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def box(kind, data):
    return struct.pack(">I", len(data) + 8) + kind + data


def ftyp(brand, *compatible):
    return box(b"ftyp", brand + b"\0\0\0\0" + b"".join(compatible)) + box(b"free", bytes(16))


def zipped(*members, stored=False):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as z:
        for name, text in members:
            z.writestr(zipfile.ZipInfo(name), text)
    return out.getvalue()


def tar():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as t:
        info = tarfile.TarInfo("reads.csv")
        info.size = 6
        t.addfile(info, io.BytesIO(b"a,b,c\n"))
    return out.getvalue()[:2048]


def sqlite():
    path = os.path.join(here, "sqlite.db")
    if os.path.exists(path):
        os.unlink(path)
    db = sqlite3.connect(path)
    db.execute("pragma page_size = 512")
    db.execute("create table reads (plate text)")
    db.commit()
    db.close()


png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + \
    chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
jpeg = b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xfe\x00\x0cJVC V1.0\0\0\xff\xd9"
tiff = struct.pack("<4sIHHHII", b"II*\0", 8, 1, 256, 4, 1, 1) + bytes(4)
put("jpeg.jpg", jpeg)
put("png.png", png)
put("gif.gif", b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;")
put("bmp.bmp", b"BM" + struct.pack("<IHHIIIIHHIIIIII", 58, 0, 0, 54, 40, 1, 1, 1, 24, 0, 4, 2835, 2835, 0, 0) + bytes(4))
put("tiff_le.tif", tiff)
put("tiff_be.tif", struct.pack(">4sIHHHII", b"MM\0*", 8, 1, 256, 4, 1, 1) + bytes(4))
put("bigtiff_le.tif", struct.pack("<4sHHQQHHQQ", b"II+\0", 8, 0, 16, 1, 256, 4, 1, 1) + bytes(8))
put("bigtiff_be.tif", struct.pack(">4sHHQQHHQQ", b"MM\0+", 8, 0, 16, 1, 256, 4, 1, 1) + bytes(8))
put("canon.cr2", b"II*\0\x10\0\0\0CR\x02\0" + bytes(40))
put("adobe.dng", struct.pack("<4sIHHHIBBBB", b"II*\0", 8, 1, 50706, 1, 4, 1, 4, 0, 0) + bytes(4))
put("webp.webp", b"RIFF" + struct.pack("<I", 26) + b"WEBPVP8L" + struct.pack("<I", 13) + b"\x2f" + bytes(13))
put("heic.heic", ftyp(b"heic", b"mif1", b"heic"))
put("heif.heif", ftyp(b"mif1", b"mif1", b"heic"))
put("avif.avif", ftyp(b"avif", b"avif", b"mif1"))
put("jp2.jp2", b"\0\0\0\x0cjP  \r\n\x87\n" + ftyp(b"jp2 ", b"jp2 "))
put("j2k.j2k", b"\xff\x4f\xff\x51\0\x2f\0\0" + bytes(60))
put("jxl.jxl", b"\0\0\0\x0cJXL \r\n\x87\n" + ftyp(b"jxl ", b"jxl "))
put("jxl_raw.jxl", b"\xff\x0a\xfa\x1f\x41\x91\x08" + bytes(20))
put("photoshop.psd", b"8BPS\0\x01" + bytes(6) + struct.pack(">HIIHH", 3, 1, 1, 8, 3) + bytes(20))
put("face.fac", b"FAC\x00010\0" + struct.pack(">IH", 60, 1) + bytes(46))
put("nist.an2", b"1.001:159\x1d1.002:0500\x1d1.003:1\x1f1\x1e10\x1f01\x1d1.004:FACE\x1d1.005:20260531\x1c")
put("nist_short.an2", b"1.01:159\x1d1.02:0300\x1d1.03:1\x1f1\x1e10\x1f01\x1d1.04:FACE\x1c")
put("mp4.mp4", ftyp(b"isom", b"isom", b"mp41"))
put("mp42.mp4", ftyp(b"mp42", b"mp42", b"isom"))
put("quicktime.mov", ftyp(b"qt  ", b"qt  "))
put("avi.avi", b"RIFF" + struct.pack("<I", 200) + b"AVI LIST" + struct.pack("<I", 192) + b"hdrlavih" + bytes(180))
put("wave.wav", b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8) +
    b"data" + bytes(4))
put("matroska.mkv", b"\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x88matroska" +
    b"\x42\x87\x81\x04\x42\x85\x81\x02" + bytes(30))
put("webm.webm", b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm" +
    b"\x42\x87\x81\x04\x42\x85\x81\x02" + bytes(30))
put("stream.ts", b"".join(b"\x47\x40\0" + bytes([0x10 + i]) + bytes(184) for i in range(5)))
put("program.mpg", b"\0\0\x01\xba\x44\0\x04\0\x04\x01\0\0\x03\xf8" + bytes(60))
put("video.m2v", b"\0\0\x01\xb3\x14\0\xf0\x13\xff\xff\xe0\x18" + bytes(60))
put("flash.flv", b"FLV\x01\x05\0\0\0\x09" + bytes(20))
put("windows.wmv", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c" + bytes(40))
put("ogg.ogg", b"OggS\0\x02" + bytes(30))
put("flac.flac", b"fLaC\0\0\0\x22" + bytes(40))
put("mp3.mp3", b"ID3\x03\0\0\0\0\0\x0a" + bytes(40))
put("pdf.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n")
put("plain.zip", zipped(("L04_ABC1234.jpg", jpeg)))
put("empty.zip", b"PK\x05\x06" + bytes(18))
# Four members: newer versions of libmagic look at the fourth too.
put("word.docx", zipped(("[Content_Types].xml", "<Types/>"), ("_rels/.rels", "<R/>"), ("word/document.xml", "<w/>"),
                        ("word/styles.xml", "<s/>")))
put("excel.xlsx", zipped(("[Content_Types].xml", "<Types/>"), ("_rels/.rels", "<R/>"), ("xl/workbook.xml", "<w/>"),
                         ("xl/styles.xml", "<s/>")))
put("slides.pptx", zipped(("[Content_Types].xml", "<Types/>"), ("_rels/.rels", "<R/>"), ("ppt/presentation.xml", "<p/>"),
                          ("ppt/presProps.xml", "<q/>")))
put("text.odt", zipped(("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", "<x/>"), stored=True))
put("sheet.ods", zipped(("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", "<x/>"), stored=True))
put("java.jar", zipped(("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n"), ("A.class", "x")))
put("gzip.gz", gzip.compress(b"plate,time\n", mtime=0))
put("bzip2.bz2", bz2.compress(b"plate,time\n"))
put("xz.xz", lzma.compress(b"plate,time\n"))
put("zstd.zst", b"\x28\xb5\x2f\xfd\x04\x58\x59\0\0plate,time\n" + bytes(4))
put("lz4.lz4", b"\x04\x22\x4d\x18\x64\x40\xa7" + bytes(20))
put("sevenzip.7z", b"7z\xbc\xaf\x27\x1c\0\x04" + bytes(40))
put("rar4.rar", b"Rar!\x1a\x07\0\xcf\x90\x73\0\0\x0d\0\0\0\0\0\0\0")
put("rar5.rar", b"Rar!\x1a\x07\x01\0" + bytes(30))
put("tar.tar", tar())
put("cpio.cpio", b"070701" + b"0" * 104 + b"reads.csv\0")
put("cabinet.cab", b"MSCF\0\0\0\0" + struct.pack("<IIII", 100, 0, 44, 0) + b"\x03\x01" + bytes(40))
put("ole.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + b"\x3e\0\x03\0\xfe\xff\x09\0" + bytes(480) + bytes(1536))
put("rtf.rtf", b"{\\rtf1\\ansi plate}")
put("postscript.ps", b"%!PS-Adobe-3.0\n%%Title: lanes\n")
put("parquet.parquet", b"PAR1\x15\0\x15\x10" + bytes(40) + b"PAR1")
put("avro.avro", b"Obj\x01\x04\x14avro.codec\x08null\x16avro.schema" + b'\x20{"type":"record"}' + bytes(20))
put("hdf5.h5", b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0" + bytes(60))
put("elf_program", b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, 62, 1) + bytes(60))
put("elf_object.o", b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 1, 62, 1) + bytes(60))
put("elf_big_core", b"\x7fELF\x01\x02\x01" + bytes(9) + struct.pack(">HHI", 4, 20, 1) + bytes(60))
put("windows.exe", b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0\x4c\x01\x03\0" + bytes(12) + b"\xe0\0\x02\x01\x0b\x01" + bytes(230))
put("capture.pcap", struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
put("capture.pcapng", struct.pack("<IIIHHqI", 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0, -1, 28))
put("page.html", b"<!DOCTYPE html>\n<html><head><title>Lanes</title></head><body></body></html>\n")
put("data.xml", b'<?xml version="1.0"?>\n<event><LPR>2AN2563</LPR></event>\n')
put("drawing.svg", b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>\n')
put("object.json", b'{"data_type": "alpr_results", "plate": "ABC1234", "candidates": [{"n": 1.5e3}, true, null], "x": {}}\n')
put("array.json", b'[{"plate": "ABC1234"}, {"plate": "XYZ987"}]\n')
put("lines.json", b'{"plate": "ABC1234"}\n{"plate": "XYZ987"}\n')
put("message.asc", b"-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n")
put("key.asc", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQENB\n-----END PGP PUBLIC KEY BLOCK-----\n")
put("signature.asc", b"-----BEGIN PGP SIGNATURE-----\n\niQEzB\n-----END PGP SIGNATURE-----\n")
put("certificate.pem", b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
sqlite()

# What only looks like something.
put("text_named.jpg", b"This is no picture.\nIt only has its name.\n")
put("reads.csv", b"plate,lane,time\nABC1234,L04,2026-05-31T04:12:09Z\n")
put("latin1.txt", "Straße, Grüße, Ñandú, año\n".encode("latin-1"))
put("utf8.txt", "Straße, Grüße, 道路, año\n".encode())
put("utf16le.txt", b"\xff\xfe" + "plate,time\r\nABC1234,4:12\r\n".encode("utf-16-le"))
put("utf16be.txt", b"\xfe\xff" + "plate,time\r\nABC1234,4:12\r\n".encode("utf-16-be"))
put("bmw.txt", b"BMW 320i, silver, lane 4\n")
put("mz.txt", b"[section]\nkey = value\n")
put("brace.txt", b"{ this is a brace } and not JSON\n")
put("list.txt", b"[1] See the annual report, page 4.\n")
put("random.bin", bytes((i * 197 + 13) % 251 for i in range(300)))
put("nul.bin", b"text with a NUL\0 in it\n")
put("sync.bin", b"\x47" + bytes(range(1, 200)))
put("zeros.bin", bytes(300))
