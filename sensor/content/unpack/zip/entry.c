/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/zip/zip.h"

#include "base/utf8.h"

#include <zlib.h>

/* --- headers --- */

/* Both kinds hold the same fields, from the flags on, but a line of the directory has more behind them. */
void zip_entry_read(struct zip *z, const uint8_t *header, bool central) {
    const uint8_t *p = header + (central ? 8 : 6);
    z->central = central;
    z->entry = (struct zip_entry){.flags = zip_u16(p),
                                  .method = zip_u16(p + 2),
                                  .time = zip_u16(p + 4),
                                  .date = zip_u16(p + 6),
                                  .crc = zip_u32(p + 8),
                                  .packed = zip_u32(p + 12),
                                  .size = zip_u32(p + 16),
                                  .disk = central ? zip_u16(header + 34) : 0};
    z->left = zip_u16(p + 20);
    z->extra_left = zip_u16(p + 22);
    z->comment = central ? zip_u16(header + 32) : 0;
    z->name_n = z->extra_n = 0;
}

enum { FIELD_64 = 0x0001, FIELD_UTF8 = 0x7075 };

static bool next_field(struct reader *r, uint16_t *id, struct bytes *field) {
    uint16_t n;
    const uint8_t *p;
    if (!reader_u16le(r, id) || !reader_u16le(r, &n) || !reader_take(r, n, &p))
        return false;
    *field = bytes_of(p, n);
    return true;
}

/* Those that are all ones in the header stand here, in this order (4.5.3). */
static void read_sizes(struct zip_entry *e, struct bytes field) {
    uint64_t *const sizes[] = {&e->size, &e->packed};
    size_t at = 0;
    e->long_sizes = true;
    for (size_t i = 0; i < 2; i++)
        if (*sizes[i] == UINT32_MAX && at + 8 <= field.n) {
            *sizes[i] = zip_u64(field.p + at);
            at += 8;
        }
}

void zip_entry_extend(struct zip *z) {
    struct reader r = reader_of(z->extra, z->extra_n);
    struct bytes field;
    uint16_t id;
    while (next_field(&r, &id, &field))
        if (id == FIELD_64)
            read_sizes(&z->entry, field);
}

/* --- names --- */

/* Code page 437 from 0x80 on. */
static const uint16_t code_page[128] = {
    0xC7,   0xFC,   0xE9,   0xE2,   0xE4,   0xE0,   0xE5,   0xE7,   0xEA,   0xEB,   0xE8,   0xEF,   0xEE,
    0xEC,   0xC4,   0xC5,   0xC9,   0xE6,   0xC6,   0xF4,   0xF6,   0xF2,   0xFB,   0xF9,   0xFF,   0xD6,
    0xDC,   0xA2,   0xA3,   0xA5,   0x20A7, 0x192,  0xE1,   0xED,   0xF3,   0xFA,   0xF1,   0xD1,   0xAA,
    0xBA,   0xBF,   0x2310, 0xAC,   0xBD,   0xBC,   0xA1,   0xAB,   0xBB,   0x2591, 0x2592, 0x2593, 0x2502,
    0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255D, 0x255C, 0x255B, 0x2510, 0x2514,
    0x2534, 0x252C, 0x251C, 0x2500, 0x253C, 0x255E, 0x255F, 0x255A, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550,
    0x256C, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256B, 0x256A, 0x2518, 0x250C,
    0x2588, 0x2584, 0x258C, 0x2590, 0x2580, 0x3B1,  0xDF,   0x393,  0x3C0,  0x3A3,  0x3C3,  0xB5,   0x3C4,
    0x3A6,  0x398,  0x3A9,  0x3B4,  0x221E, 0x3C6,  0x3B5,  0x2229, 0x2261, 0xB1,   0x2265, 0x2264, 0x2320,
    0x2321, 0xF7,   0x2248, 0xB0,   0x2219, 0xB7,   0x221A, 0x207F, 0xB2,   0x25A0, 0xA0,
};

static bool is_utf8(struct bytes in) {
    for (size_t at = 0, n; at < in.n; at += n) {
        uint32_t c;
        n = utf8_next(bytes_of(in.p + at, in.n - at), &c);
        if (c == UTF8_REPLACEMENT && n == 1)
            return false;
    }
    return true;
}

/* It counts as long as it is about the name that stands there (its checksum, 4.6.9). */
static struct bytes find_utf8_field(const struct zip *z) {
    enum { HEAD = 5 };
    const uint32_t crc = (uint32_t)crc32(0, z->name, z->name_n); /* once, however many fields there are */
    struct reader r = reader_of(z->extra, z->extra_n);
    struct bytes field;
    uint16_t id;
    while (next_field(&r, &id, &field))
        if (id == FIELD_UTF8 && field.n > HEAD && field.p[0] == 1 && zip_u32(field.p + 1) == crc)
            return bytes_of(field.p + HEAD, field.n - HEAD);
    return bytes_of(NULL, 0);
}

struct bytes zip_entry_path(const struct zip *z, char scratch[ZIP_PATH]) {
    struct bytes name = bytes_of(z->name, z->name_n), field = find_utf8_field(z);
    size_t n = 0;
    if (field.n > 0)
        return field;
    if ((z->entry.flags & ZIP_UTF8) || is_utf8(name))
        return name;
    for (size_t i = 0; i < name.n; i++)
        n += utf8_put(name.p[i] < 0x80 ? name.p[i] : code_page[name.p[i] - 0x80], scratch + n);
    return bytes_of(scratch, n);
}

const char *zip_method_name(uint16_t method) {
    static const char *const names[] = {
        [0] = "stored",  [1] = "shrink",  [2] = "reduce",    [3] = "reduce",   [4] = "reduce", [5] = "reduce",
        [6] = "implode", [8] = "deflate", [9] = "deflate64", [10] = "implode", [12] = "bzip2", [14] = "lzma",
        [16] = "cmpsc",  [18] = "terse",  [19] = "lz77",     [20] = "zstd",    [93] = "zstd",  [94] = "mp3",
        [95] = "xz",     [96] = "jpeg",   [97] = "wavpack",  [98] = "ppmd",    [99] = "aes"};
    return method < sizeof names / sizeof *names ? names[method] : NULL;
}
