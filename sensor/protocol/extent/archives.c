/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/extent/format.h"

#include <zlib.h>

/* Archives whose sizes stand at their beginning: 7z (7zFormat.txt); and RAR 4 and 5, whose blocks say theirs
 * (technote.txt, "RAR 5.0 archive format"). */

/* --- 7z --- */

enum { SEVENZIP = 32 };

static void read_sevenzip(struct extent *e) {
    uint64_t packed = extent_u64le(e->header + 12), header = extent_u64le(e->header + 20);
    if (packed > INT64_MAX || header > INT64_MAX)
        extent_break(e);
    else
        extent_skip_to_end(e, packed + header);
}

/* The checksum of where the header stands. */
static bool sevenzip_fits(const uint8_t *p) {
    return crc32(0, p + 12, SEVENZIP - 12) == extent_u32le(p + 8);
}

const struct extent_format extent_sevenzip = {EXTENT_MAGIC("7z\xbc\xaf\x27\x1c"), .need = SEVENZIP,
                                              .fits = sevenzip_fits, .first = SEVENZIP,
                                              .read = read_sevenzip};

/* --- RAR 4 --- */

enum {
    RAR4_MARK = 7,
    RAR4_BLOCK = 7,
    RAR4_DATA = 11,
    RAR4_FILE = 36,
    MAIN = 0x73,
    FILE_4 = 0x74,
    END_4 = 0x7b
};

static void read_rar4(struct extent *e);

static void skip_rar4(struct extent *e) {
    const uint8_t *h = e->header;
    unsigned flags = extent_u16le(h + 3), size = extent_u16le(h + 5);
    uint64_t data = e->have >= RAR4_DATA ? extent_u32le(h + RAR4_BLOCK) : 0;
    if (e->have == RAR4_FILE && flags & 0x100)
        data += (uint64_t)extent_u32le(h + 32) << 32;
    if (size < e->have)
        extent_break(e);
    else if (h[2] == END_4)
        extent_skip_to_end(e, size - e->have + data);
    else
        extent_skip(e, size - e->have + data, RAR4_BLOCK, read_rar4);
}

static void read_rar4(struct extent *e) {
    unsigned type = e->header[2], flags = extent_u16le(e->header + 3);
    if (type < 0x72 || type > END_4)
        extent_break(e);
    else if (type == MAIN && flags & 0x80) /* encrypted from here on */
        extent_endless(e);
    else if (type == FILE_4 && flags & 0x100)
        extent_gather(e, RAR4_BLOCK, RAR4_FILE, skip_rar4);
    else if (flags & 0x8000)
        extent_gather(e, RAR4_BLOCK, RAR4_DATA, skip_rar4);
    else
        skip_rar4(e);
}

static void begin_rar4(struct extent *e) {
    extent_gather(e, 0, RAR4_BLOCK, read_rar4);
}

const struct extent_format extent_rar4 = {EXTENT_MAGIC("Rar!\x1a\x07\0"), .need = RAR4_MARK,
                                          .first = RAR4_MARK, .read = begin_rar4};

/* --- RAR 5 --- */

enum {
    RAR5_MARK = 8,
    RAR5_SIZE = 7 /* the checksum, and the longest size */,
    RAR5_LOOK = 40,
    ENCRYPTION = 4,
    END_5 = 5
};

struct rar5_state {
    uint64_t left; /* octets of the block's header behind those gathered */
};
EXTENT_STATE(struct rar5_state);

static bool take_number(struct reader *r, uint64_t *out) {
    const uint8_t *p;
    *out = 0;
    for (unsigned shift = 0; shift < 63 && reader_take(r, 1, &p); shift += 7) {
        *out |= (uint64_t)(*p & 0x7f) << shift;
        if (!(*p & 0x80))
            return true;
    }
    return false;
}

static void read_rar5(struct extent *e);

/* Type, flags, and the sizes that they announce. */
static void read_rar5_header(struct extent *e) {
    const struct rar5_state *s = (const void *)e->state;
    struct reader r = reader_of(e->header, e->have);
    uint64_t type, flags, extra = 0, data = 0, left = s->left;
    if (!take_number(&r, &type) || !take_number(&r, &flags) || (flags & 1 && !take_number(&r, &extra)) ||
        (flags & 2 && !take_number(&r, &data)) || type == 0 || type > END_5)
        extent_break(e);
    else if (type == ENCRYPTION)
        extent_endless(e);
    else if (type == END_5)
        extent_skip_to_end(e, add_sizes(left, data));
    else
        extent_skip(e, add_sizes(left, data), RAR5_SIZE, read_rar5);
}

/* Of the header those octets that came with its size, and some more. */
static void read_rar5(struct extent *e) {
    struct rar5_state *s = (void *)e->state;
    struct reader r = reader_of(e->header + 4, RAR5_SIZE - 4);
    uint64_t size;
    bool known = take_number(&r, &size);
    unsigned had = (unsigned)reader_left(&r);
    if (!known || size < had || size > 2 << 20) {
        extent_break(e);
        return;
    }
    unsigned look = size < RAR5_LOOK ? (unsigned)size : RAR5_LOOK;
    memmove(e->header, r.at, had);
    s->left = size - look;
    extent_gather(e, had, look, read_rar5_header);
    if (look == had)
        read_rar5_header(e);
}

static void begin_rar5(struct extent *e) {
    extent_gather(e, 0, RAR5_SIZE, read_rar5);
}

const struct extent_format extent_rar5 = {EXTENT_MAGIC("Rar!\x1a\x07\x01\0"), .need = RAR5_MARK,
                                          .first = RAR5_MARK, .read = begin_rar5};
