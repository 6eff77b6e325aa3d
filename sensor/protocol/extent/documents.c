/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/extent/format.h"

/* OLE 2 (MS-CFB) and SQLite: files of sectors or pages, whose number stands in them. */

/* --- OLE 2 --- */

enum { OLE = 512, FAT_LIST = 76, FAT_LIST_MAX = 109 };

struct ole_state {
    uint64_t index, highest; /* of the entry that comes next; of the last sector that is used */
    uint32_t left, entry;
    uint8_t shift, have;
};
EXTENT_STATE(struct ole_state);

/* The last sector of the table says which of its sectors are used; the file ends behind the last of them. */
static void end_table(struct extent *e, uint64_t at) {
    const struct ole_state *s = (const void *)e->state;
    uint64_t size = (s->highest + 2) << s->shift;
    if (size < at)
        extent_endless(e);
    else
        extent_skip_to_end(e, size - at);
}

static size_t walk_table(struct extent *e, struct bytes in) {
    struct ole_state *s = (void *)e->state;
    size_t n = in.n < s->left ? in.n : s->left;
    for (size_t i = 0; i < n; i++) {
        s->entry = s->entry >> 8 | (uint32_t)in.p[i] << 24;
        if (++s->have % 4)
            continue;
        if (s->entry != UINT32_MAX)
            s->highest = s->index;
        s->index++;
    }
    s->left -= (uint32_t)n;
    if (s->left == 0)
        end_table(e, e->at + n);
    return n;
}

static void read_ole(struct extent *e) {
    struct ole_state *s = (void *)e->state;
    const uint8_t *h = e->header;
    unsigned shift = extent_u16le(h + 30);
    uint32_t tables = extent_u32le(h + 44), more = extent_u32le(h + 72);
    if (tables == 0 || tables > FAT_LIST_MAX || more > 0) {
        extent_endless(e);
        return;
    }
    uint64_t at = ((uint64_t)extent_u32le(h + FAT_LIST + 4 * (tables - 1)) + 1) << shift;
    s->shift = (uint8_t)shift;
    s->left = UINT32_C(1) << shift;
    s->index = s->highest = (uint64_t)(tables - 1) << (shift - 2);
    if (at < OLE)
        extent_break(e);
    else
        extent_skip_walk(e, at - OLE, walk_table);
}

/* The order of octets, and sectors of 512 or 4,096. */
static bool ole_fits(const uint8_t *p) {
    unsigned shift = extent_u16le(p + 30);
    return extent_u16le(p + 28) == 0xfffe && (shift == 9 || shift == 12);
}

const struct extent_format extent_ole = {EXTENT_MAGIC("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), .need = 32,
                                         .fits = ole_fits, .first = OLE, .read = read_ole};

/* --- SQLite (fileformat2.html, section 1.3) --- */

enum { SQLITE = 100 };

static void read_sqlite(struct extent *e) {
    const uint8_t *h = e->header;
    uint64_t page = extent_u16(h + 16) == 1 ? 65536 : extent_u16(h + 16), size = page * extent_u32(h + 28);
    bool valid = memcmp(h + 24, h + 92, 4) == 0;
    if (!valid || size < SQLITE)
        extent_endless(e);
    else
        extent_skip_to_end(e, size - SQLITE);
}

const struct extent_format extent_sqlite = {EXTENT_MAGIC("SQLite format 3\0"), .need = 16, .first = SQLITE,
                                            .read = read_sqlite};
