/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/memory.h"
#include "protocol/smb/smb_session.h"
#include "protocol/smb/unpack.h"

/* Messages of SMB 3.1.1 that are compressed ([MS-SMB2] section 2.2.42): gathered, unpacked, and read as if
 * they had come so. What cannot be unpacked is an object by itself. */

enum {
    PACKED_MAX = 9 << 20, /* octets of one: servers move 8 MiB at once */
    ROOM_FIRST = 1 << 14,
    ALONE = 16, /* octets of the header */
    CHAINED = 8,
};

enum { NONE, LZNT1, LZ77, LZ77_HUFFMAN, PATTERN, LZ4, ALGORITHMS };

/* --- gathered --- */

void smb_packed_drop(struct smb_stream *st) {
    protocol_free(st->packed.p);
    st->packed = (struct smb_packed){NULL, 0, 0};
}

static bool grow_packed(struct smb_packed *k, size_t n) {
    size_t room = k->room ? k->room : ROOM_FIRST;
    while (room < k->n + n)
        room *= 2;
    if (room == k->room)
        return true;
    uint8_t *p = protocol_grow(PROTOCOL_HELD, k->p, room);
    if (!p)
        return false;
    k->p = p;
    k->room = room;
    return true;
}

static void leave_packed(struct smb *s, struct smb_stream *st) {
    counter_one(COUNTER_SMB_PACKED_UNREAD);
    s->hosts->lost[st->from]++;
    smb_stray(s, st, st->packed.p, st->packed.n);
    smb_packed_drop(st);
}

void smb_packed_miss(struct smb *s, struct smb_stream *st, uint64_t n) {
    leave_packed(s, st);
    if (st->stray_open)
        s->c->services->gap(s->c, st->stray, n);
}

/* --- unpacked --- */

static bool unpack_by(unsigned algorithm, struct bytes in, uint8_t *out, size_t n) {
    static bool (*const unpack[ALGORITHMS])(struct bytes in, uint8_t * out,
                                            size_t n) = {[LZNT1] = unpack_lznt1,
                                                         [LZ77] = unpack_lz77,
                                                         [LZ77_HUFFMAN] = unpack_lz77_huffman,
                                                         [PATTERN] = unpack_pattern,
                                                         [LZ4] = unpack_lz4};
    if (algorithm == NONE && in.n == n && n)
        memcpy(out, in.p, n);
    return algorithm == NONE ? in.n == n : algorithm < ALGORITHMS && unpack[algorithm](in, out, n);
}

/* Section 2.2.42.1: what stands before an offset is not compressed. */
static bool unpack_alone(struct bytes in, uint8_t *out, size_t n) {
    size_t clear = smb_u32(in, 12);
    if (clear > in.n - ALONE || clear > n)
        return false;
    memcpy(out, in.p + ALONE, clear);
    return unpack_by(smb_u16(in, 8), bytes_of(in.p + ALONE + clear, in.n - ALONE - clear), out + clear,
                     n - clear);
}

/* Section 2.2.42.2: pieces, each by an algorithm of its own. */
static bool unpack_chain(struct bytes in, uint8_t *out, size_t n) {
    size_t at = CHAINED, done = 0;
    while (at + 8 <= in.n) {
        unsigned algorithm = smb_u16(in, at);
        size_t length = smb_u32(in, at + 4), size = length;
        at += 8;
        if (length > in.n - at)
            return false;
        struct bytes piece = bytes_of(in.p + at, length);
        at += length;
        if (algorithm == PATTERN)
            size = smb_u32(piece, 4);
        else if (algorithm != NONE) {
            if (length < 4)
                return false;
            size = smb_u32(piece, 0);
            piece = bytes_of(piece.p + 4, piece.n - 4);
        }
        if (size > n - done || !unpack_by(algorithm, piece, out + done, size))
            return false;
        done += size;
    }
    return done == n && at == in.n;
}

/* How long it is unpacked; 0: too long, or nobody pays for it. */
static size_t measure(const struct smb *s, struct bytes in, bool chained) {
    uint64_t n = smb_u32(in, 4);
    if (!chained)
        n += smb_u32(in, 12);
    if (in.n < ALONE || n > PACKED_MAX || n < SMB2_HEADER)
        return 0;
    return allowance_take(s->c->allowance, ACCOUNT_DECODED, (size_t)n) == n ? (size_t)n : 0;
}

/* Unpacked octets, which the caller frees; NULL: it cannot be done. */
static uint8_t *unpack(const struct smb *s, struct bytes in, size_t *n) {
    bool chained = smb_u16(in, 10) & 1;
    *n = measure(s, in, chained);
    uint8_t *out = *n ? protocol_alloc(PROTOCOL_HELD, *n) : NULL;
    if (!out)
        return NULL;
    if (chained ? unpack_chain(in, out, *n) : unpack_alone(in, out, *n))
        return out;
    protocol_free(out);
    return NULL;
}

/* --- all of it --- */

bool smb_packed_begin(struct smb_stream *st, struct bytes mark) {
    if (st->unpacking || st->left + mark.n > PACKED_MAX || !grow_packed(&st->packed, mark.n))
        return false;
    memcpy(st->packed.p, mark.p, mark.n);
    st->packed.n = mark.n;
    return true;
}

bool smb_packed_take(struct smb *s, struct smb_stream *st, const uint8_t *p, size_t n) {
    struct smb_packed *k = &st->packed;
    if (!grow_packed(k, n)) {
        leave_packed(s, st);
        return false;
    }
    memcpy(k->p + k->n, p, n);
    k->n += n;
    return true;
}

void smb_packed_end(struct smb *s, struct smb_stream *st) {
    size_t n;
    uint8_t *out = unpack(s, bytes_of(st->packed.p, st->packed.n), &n);
    if (!out) {
        leave_packed(s, st);
        smb_stray_end(s, st);
        return;
    }
    counter_one(COUNTER_SMB_PACKED);
    smb_packed_drop(st);
    st->unpacking = true;
    smb_stream_play(s, st, out, n);
    st->unpacking = false;
    protocol_free(out);
}
