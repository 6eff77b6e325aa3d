/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/zip/zip.h"

/* What ends, and what begins, where nothing tells how long a thing is: a descriptor with just its size; a
 * header that holds nothing that headers do not hold. */

/* --- headers --- */

/* A name is no control character, a date is one. */
static bool fits_entry(const uint8_t *flags, uint8_t first_of_name) {
    enum { RESERVED = 0xd780, NAME_MAX_SANE = 4096 };
    unsigned time = zip_u16(flags + 4), date = zip_u16(flags + 6), name = zip_u16(flags + 20);
    unsigned month = date >> 5 & 15, day = date & 31;
    bool dated = date == 0 || (month >= 1 && month <= 12 && day >= 1);
    bool timed = time >> 11 < 24 && (time >> 5 & 63) < 60 && (time & 31) < 31;
    return !(zip_u16(flags) & RESERVED) && zip_method_name(zip_u16(flags + 2)) && dated && timed &&
           name >= 1 && name <= NAME_MAX_SANE && first_of_name >= ' ';
}

static bool fits_local(const uint8_t *h) {
    return h[4] < 64 && h[5] < 32 && fits_entry(h + 6, h[ZIP_LOCAL]);
}

static bool fits_central(const uint8_t *h) {
    return h[4] < 128 && h[5] < 32 && h[6] < 64 && fits_entry(h + 8, h[ZIP_CENTRAL]);
}

static bool fits_end(const uint8_t *h) {
    return zip_u16(h + 8) <= zip_u16(h + 10) && zip_u16(h + 6) <= zip_u16(h + 4);
}

static bool fits_end_64(const uint8_t *h) {
    return zip_u64(h + 4) >= 44 && zip_u64(h + 4) < 1 << 16;
}

static const struct shape {
    enum zip_sign sign;
    size_t need;
    bool (*fits)(const uint8_t *h);
} shapes[] = {{ZIP_IS_LOCAL, ZIP_LOCAL + 1, fits_local},
              {ZIP_IS_CENTRAL, ZIP_CENTRAL + 1, fits_central},
              {ZIP_IS_END, ZIP_END, fits_end},
              {ZIP_IS_END_64, ZIP_END_64, fits_end_64}};

bool zip_looks_like_header(struct bytes in, bool *more) {
    *more = in.n < ZIP_SIGNATURE && (in.n < 2 || in.p[1] == 'K') && (in.n < 1 || in.p[0] == 'P');
    if (in.n < ZIP_SIGNATURE)
        return false;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (zip_sign(in.p) == shapes[i].sign) {
            *more = in.n < shapes[i].need;
            return !*more && shapes[i].fits(in.p);
        }
    return false;
}

/* Most octets are looked at in steps of this many. */
enum { STRIDE = 64, LEAST_LETTER = 16 };

static bool holds_mark(const uint8_t *p) {
    unsigned any = 0;
    for (size_t i = 0; i < STRIDE; i++)
        any |= (unsigned)(p[i] == 'P') & (unsigned)(p[i + 1] == 'K') & (unsigned)(p[i + 2] < LEAST_LETTER);
    return any;
}

/* The next place at which a signature may begin; in.n: there is none. */
static size_t next_mark(struct bytes in, size_t from) {
    size_t at = from;
    while (at + STRIDE + 1 < in.n && !holds_mark(in.p + at))
        at += STRIDE;
    for (; at + 1 < in.n; at++)
        if (in.p[at] == 'P' && in.p[at + 1] == 'K' && (at + 2 == in.n || in.p[at + 2] < LEAST_LETTER))
            return at;
    return at < in.n && in.p[at] == 'P' ? at : in.n;
}

size_t zip_find_header(struct bytes in, bool *found) {
    size_t at = next_mark(in, 0);
    bool more = false;
    for (*found = false; at < in.n; at = next_mark(in, at + 1)) {
        *found = zip_looks_like_header(bytes_of(in.p + at, in.n - at), &more);
        if (*found || more)
            break;
    }
    return at;
}

/* --- descriptors --- */

static bool take_descriptor(const uint8_t *p, bool wide, uint64_t packed, const uint64_t *size,
                            struct zip_entry *e) {
    uint64_t mask = wide ? UINT64_MAX : UINT32_MAX;
    uint64_t its_packed = wide ? zip_u64(p + 4) : zip_u32(p + 4);
    uint64_t its_size = wide ? zip_u64(p + 12) : zip_u32(p + 8);
    if (its_packed != (packed & mask) || (size && its_size != (*size & mask)))
        return false;
    e->crc = zip_u32(p);
    e->packed = packed;
    e->size = size ? *size : its_size;
    return true;
}

/* Sizes of 32 bits may be the first halves of those of 64: the second of them is none then. */
size_t zip_descriptor(struct bytes in, uint64_t packed, const uint64_t *size, struct zip_entry *entry,
                      bool *more) {
    enum { SHORT = 12, LONG = 20 };
    size_t sign = in.n >= ZIP_SIGNATURE && zip_sign(in.p) == ZIP_IS_DESCRIPTOR ? ZIP_SIGNATURE : 0;
    *more = in.n < sign + SHORT;
    if (*more)
        return 0;
    const uint8_t *p = in.p + sign;
    bool wide = entry->long_sizes || (packed > 0 && zip_u32(p + 8) == 0);
    for (size_t i = 0; i < 2; i++, wide = !wide) {
        size_t n = sign + (wide ? LONG : SHORT);
        if (in.n < n)
            *more = true;
        else if (take_descriptor(p, wide, packed, size, entry))
            return n;
    }
    return 0;
}

/* --- ends --- */

/* Some writers announce a descriptor behind a folder, which has no content, and write none. What begins with
 * the header of a member may be an archive that is a member. */
static bool is_bare(const struct zip *z, struct bytes here) {
    bool folder = z->name_n > 0 && z->name[z->name_n - 1] == '/';
    return folder || zip_sign(here.p) == ZIP_IS_CENTRAL;
}

/* A descriptor with its signature at `at`, or one without before the header at `at`. *end: where it begins.
 */
static bool is_end(const struct zip *z, struct bytes in, size_t at, size_t *end, bool *more) {
    static const size_t before[] = {0, 12, 20};
    struct zip_entry e = z->entry;
    struct bytes here = bytes_of(in.p + at, in.n - at);
    bool stored = e.method == ZIP_STORED && !(e.flags & ZIP_ENCRYPTED);
    if (here.n < ZIP_SIGNATURE) {
        *more = true;
        return false;
    }
    if (zip_sign(here.p) == ZIP_IS_DESCRIPTOR) {
        uint64_t size = z->member.packed + at;
        *end = at;
        return zip_descriptor(here, size, stored ? &size : NULL, &e, more) > 0;
    }
    if (!zip_looks_like_header(here, more))
        return false;
    for (size_t i = 0; i < 3 && before[i] <= at; i++) {
        uint64_t size = z->member.packed + at - before[i];
        bool unsure;
        *end = at - before[i];
        e.long_sizes = before[i] == 20;
        size_t n = zip_descriptor(bytes_of(in.p + *end, before[i]), size, stored ? &size : NULL, &e, &unsure);
        if (before[i] > 0 ? n == before[i] : size == 0 && is_bare(z, here))
            return true;
    }
    return false;
}

/* What stands before a header may belong to it: so much is not given on yet. */
size_t zip_find_end(const struct zip *z, struct bytes in, bool *found) {
    enum { BEFORE = 20 };
    bool more = false;
    size_t at, end = 0;
    for (at = next_mark(in, 0); at < in.n; at = next_mark(in, at + 1)) {
        *found = is_end(z, in, at, &end, &more);
        if (*found)
            return end;
        if (more)
            break;
    }
    *found = false;
    return at > BEFORE ? at - BEFORE : 0;
}
