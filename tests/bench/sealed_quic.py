# SPDX-License-Identifier: Apache-2.0
"""One Initial packet of QUIC version 1, sealed as RFC 9001 says. AES is written out: a few packets are sealed, and each is sent often."""
import hashlib
import hmac
import struct

SALT = bytes.fromhex('38762cf7f55934b34d179ae6a4c80cadccbb7f0a')
ID = b'8 octets'


def double(a):
    return (a << 1 ^ (0x1b if a & 0x80 else 0)) & 0xff


def sbox():
    box, p, q = [0] * 256, 1, 1
    while True:  # q is the inverse of p
        p ^= double(p)
        q ^= q << 1
        q ^= q << 2
        q = (q ^ q << 4) & 0xff
        if q & 0x80:
            q ^= 9
        box[p] = q ^ (q << 1 | q >> 7) & 255 ^ (q << 2 | q >> 6) & 255 ^ (q << 3 | q >> 5) & 255 ^ (q << 4 | q >> 4) & 255 ^ 0x63
        if p == 1:
            break
    box[0] = 0x63
    return box


SBOX = sbox()


def round_keys(key):
    words, rcon = [key[i:i + 4] for i in range(0, 16, 4)], 1
    for i in range(4, 44):
        w = words[-1]
        if i % 4 == 0:
            w = bytes([SBOX[w[1]] ^ rcon, SBOX[w[2]], SBOX[w[3]], SBOX[w[0]]])
            rcon = double(rcon)
        words.append(bytes(a ^ b for a, b in zip(w, words[-4])))
    return [b''.join(words[i:i + 4]) for i in range(0, 44, 4)]


def encrypt(keys, block):
    s = [a ^ b for a, b in zip(block, keys[0])]
    for n, key in enumerate(keys[1:], 1):
        s = [SBOX[s[(i + 4 * (i % 4)) % 16]] for i in range(16)]
        if n < 10:
            mixed = []
            for c in range(0, 16, 4):
                a = s[c:c + 4]
                total = a[0] ^ a[1] ^ a[2] ^ a[3]
                mixed += [a[i] ^ total ^ double(a[i] ^ a[(i + 1) % 4]) for i in range(4)]
            s = mixed
        s = [a ^ b for a, b in zip(s, key)]
    return bytes(s)


def ghash(h, data):
    y, h = 0, int.from_bytes(h, 'big')
    for i in range(0, len(data), 16):
        x, v, y = y ^ int.from_bytes(data[i:i + 16], 'big'), h, 0
        for bit in range(127, -1, -1):
            if x >> bit & 1:
                y ^= v
            v = v >> 1 ^ (0xe1 << 120 if v & 1 else 0)
    return y.to_bytes(16, 'big')


def pad(data):
    return data + bytes(-len(data) % 16)


def seal(key, nonce, head, clear):
    """AES-128-GCM."""
    keys = round_keys(key)
    stream = b''.join(encrypt(keys, nonce + struct.pack('>I', 2 + i)) for i in range((len(clear) + 15) // 16))
    sealed = bytes(a ^ b for a, b in zip(clear, stream))
    tag = ghash(encrypt(keys, bytes(16)), pad(head) + pad(sealed) + struct.pack('>QQ', 8 * len(head), 8 * len(sealed)))
    return sealed + bytes(a ^ b for a, b in zip(tag, encrypt(keys, nonce + b'\0\0\0\1')))


def expand(secret, label, n):
    info = struct.pack('>HB', n, 6 + len(label)) + b'tls13 ' + label + b'\0'
    return hmac.digest(secret, info + b'\1', hashlib.sha256)[:n]


def initial(frames, number=0):
    """A client's packet; padded to 1,162 octets of frames, as one must be."""
    secret = expand(hmac.digest(SALT, ID, hashlib.sha256), b'client in', 32)
    key, iv, mask_key = expand(secret, b'quic key', 16), expand(secret, b'quic iv', 12), expand(secret, b'quic hp', 16)
    frames += bytes(max(0, 1162 - len(frames)))
    head = b'\xc3' + struct.pack('>IB', 1, len(ID)) + ID + b'\0\0' + struct.pack('>HI', 0x4000 | len(frames) + 20, number)
    nonce = (int.from_bytes(iv, 'big') ^ number).to_bytes(12, 'big')
    body = seal(key, nonce, head, frames)
    mask = encrypt(round_keys(mask_key), body[:16])
    return bytes([head[0] ^ mask[0] & 0x0f]) + head[1:-4] + bytes(a ^ b for a, b in zip(head[-4:], mask[1:])) + body
