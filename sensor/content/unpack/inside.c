/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/unpack.h"

#include "base/counter.h"

#include <zlib.h>

/* Archives and compressed files behind a program or a script that unpacks them, or behind other octets: one
 * child, from where the archive begins to the end of the file. The rest is looked at as if there were none.
 * Only heads that are certain count: they have sums, or fields that chance does not fill so, for the programs
 * that write archives hold their signatures too. ZIP is zip_inside.c's. */

enum {
    HEAD = 32,               /* octets that a beginning is judged by */
    PROGRAM_REACH = 1 << 20, /* what unpacks itself begins with so many octets of a program at the most, */
    OCTETS_REACH = 64 << 10, /* and nobody writes more before an archive */
};

struct inside {
    struct filter filter;
    struct pool *pool;
    struct unpack *unpack;
    struct filter *archive; /* NULL: not found, or left out */
    uint64_t at, reach;     /* offset of the next octet, and before which it begins */
    bool script, found;
    uint8_t held_n; /* the last octets, in which one may begin */
    uint8_t held[HEAD - 1];
};

/* --- Heads: HEAD octets are there --- */

static uint32_t read_u32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t sum_octets(const uint8_t *p, size_t n) {
    return (uint32_t)crc32_z(0, p, n);
}

/* 7zFormat.txt: version, and the sum of where the header is. */
static bool is_7z(const uint8_t *p) {
    return p[6] == 0 && read_u32(p + 8) == sum_octets(p + 12, 20);
}

/* RAR 1.5 to 4: the main header, of 13 octets. */
static bool is_rar(const uint8_t *p) {
    return p[9] == 0x73 && p[12] == 13 && p[13] == 0 &&
           (uint16_t)(p[7] | p[8] << 8) == (uint16_t)sum_octets(p + 9, 11);
}

/* RAR 5: the main header, or that of encryption. One that is too long to be here is known by its kind. */
static bool is_rar5(const uint8_t *p) {
    unsigned size = p[12], kind = p[13];
    if ((size & 0x80) || (kind != 1 && kind != 4))
        return false;
    return 13 + size > HEAD || read_u32(p + 8) == sum_octets(p + 12, 1 + size);
}

/* [MS-CAB] 2.1: what is reserved is zero, the version 1.3. */
static bool is_cab(const uint8_t *p) {
    return read_u32(p + 12) == 0 && read_u32(p + 20) == 0 && p[24] == 3 && p[25] == 1;
}

/* Stream flags and their sum. */
static bool is_xz(const uint8_t *p) {
    return p[6] == 0 && read_u32(p + 8) == sum_octets(p + 6, 2);
}

/* A deflated block's head (RFC 1951 section 3.2.3): stored, with its length twice; codes that are fixed, or
 * tables of no more codes than there are. */
static bool is_block(const uint8_t *p) {
    unsigned kind = p[0] >> 1 & 3, codes = p[0] >> 3, distances = p[1] & 31;
    if (kind == 0)
        return (p[1] ^ p[3]) == 0xff && (p[2] ^ p[4]) == 0xff;
    return kind == 1 || (kind == 2 && codes <= 29 && distances <= 29);
}

/* RFC 1952: as programs write it, with the file's name or without, how it was compressed, on which system. */
static bool is_gzip(const uint8_t *p) {
    bool known =
        (p[3] == 0 || p[3] == 8) && (p[8] == 0 || p[8] == 2 || p[8] == 4) && (p[9] < 14 || p[9] == 255);
    if (!known || p[3] == 0)
        return known && is_block(p + 10);
    for (size_t i = 10; i < HEAD && p[i]; i++)
        if (p[i] < 0x20)
            return false;
    return p[10] != 0;
}

static bool is_bzip2(const uint8_t *p) {
    return p[3] >= '1' && p[3] <= '9' && memcmp(p + 4, "1AY&SY", 6) == 0;
}

/* RFC 8878 section 3.1.1: the reserved bit of the frame's head. */
static bool is_zstd(const uint8_t *p) {
    return !(p[5] & 8);
}

static const struct mark {
    const char *sign;
    uint8_t n, before; /* octets of the sign, and those of them that are not the archive's */
    bool (*holds)(const uint8_t *p);
} marks[] = {
    {"7z\xbc\xaf\x27\x1c", 6, 0, is_7z},
    {"Rar!\x1a\x07\0", 7, 0, is_rar},
    {"Rar!\x1a\x07\1\0", 8, 0, is_rar5},
    {"MSCF\0\0\0\0", 8, 0, is_cab},
    {"\3757zXZ\0", 6, 0, is_xz},
    {"\x1f\x8b\x08", 3, 0, is_gzip},
    {"BZh", 3, 0, is_bzip2},
    {"\n\x28\xb5\x2f\xfd", 5, 1, is_zstd}, /* behind a script's last line */
};
enum { MARKS = sizeof marks / sizeof *marks, SCRIPT_MARKS = 1 };

/* The second octet of a mark, by its first: no two begin alike. */
static const uint8_t second_of[256] = {
    ['7'] = 'z', ['R'] = 'a', ['M'] = 'S', [0xfd] = '7', [0x1f] = 0x8b, ['B'] = 'Z', ['\n'] = 0x28};

/* The mark that begins here. */
static const struct mark *judge_mark(const uint8_t *p, bool script) {
    size_t count = script ? MARKS : MARKS - SCRIPT_MARKS;
    for (size_t i = 0; i < count; i++)
        if (memcmp(p, marks[i].sign, marks[i].n) == 0 && marks[i].holds(p))
            return &marks[i];
    return NULL;
}

/* Where the first archive begins in `in`; in.n: nowhere. */
static size_t find_archive(struct bytes in, bool script) {
    for (size_t at = 0; at + HEAD <= in.n; at++) {
        uint8_t second = second_of[in.p[at]];
        if (second == 0 || in.p[at + 1] != second)
            continue;
        const struct mark *mark = judge_mark(in.p + at, script);
        if (mark)
            return at + mark->before;
    }
    return in.n;
}

/* --- The filter --- */

static void begin_archive(struct inside *s) {
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    fact[FACT_ORIGIN] = bytes_text("archive");
    const struct unpack_child child = {.fact = fact, .total = LENGTH_UNKNOWN};
    s->found = true;
    s->archive = unpack_begin(s->unpack, &child);
    if (!s->archive)
        return;
    counter_one(COUNTER_ARCHIVES_INSIDE);
    unpack_note(s->unpack, "prefixed");
    unpack_takes_apart(s->unpack);
}

static void give_archive(struct inside *s, const uint8_t *bytes, size_t n) {
    if (s->archive && n > 0)
        filter_data(s->archive, bytes, n);
}

static void hold_last(struct inside *s, struct bytes in) {
    size_t more = in.n < HEAD - 1 ? in.n : HEAD - 1, keep = HEAD - 1 - more;
    keep = keep < s->held_n ? keep : s->held_n;
    memmove(s->held, s->held + s->held_n - keep, keep);
    memcpy(s->held + keep, in.p + in.n - more, more);
    s->held_n = (uint8_t)(keep + more);
}

/* Those of the octets, of which the first has this offset, that may be of an archive's head. */
static struct bytes cut_to_reach(const struct inside *s, uint64_t offset, struct bytes in) {
    uint64_t most = offset < s->reach ? s->reach - offset + HEAD - 1 : 0;
    return bytes_of(in.p, in.n < most ? in.n : (size_t)most);
}

/* It may begin in what is held. */
static bool begin_in_held(struct inside *s, struct bytes in) {
    uint8_t joined[2 * HEAD];
    size_t more = in.n < HEAD ? in.n : HEAD;
    memcpy(joined, s->held, s->held_n);
    memcpy(joined + s->held_n, in.p, more);
    struct bytes seen = cut_to_reach(s, s->at - s->held_n, bytes_of(joined, s->held_n + more));
    size_t at = find_archive(seen, s->script);
    if (at == seen.n || at > s->held_n)
        return false;
    begin_archive(s);
    give_archive(s, joined + at, s->held_n - at);
    give_archive(s, in.p, in.n);
    return true;
}

static void look_for_archive(struct inside *s, struct bytes in) {
    struct bytes seen = cut_to_reach(s, s->at, in);
    if (begin_in_held(s, in))
        return;
    size_t at = find_archive(seen, s->script);
    if (at < seen.n) {
        begin_archive(s);
        give_archive(s, in.p + at, in.n - at);
        return;
    }
    hold_last(s, in);
}

static void inside_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct inside *s = (struct inside *)f;
    if (s->found)
        give_archive(s, bytes, n);
    else if (n > 0 && s->at < s->reach + HEAD)
        look_for_archive(s, bytes_of(bytes, n));
    s->at += n;
}

static void inside_gap(struct filter *f, uint64_t n) {
    struct inside *s = (struct inside *)f;
    s->held_n = 0;
    s->at = add_sizes(s->at, n);
    if (s->archive)
        filter_gap(s->archive, n);
}

static void inside_end(struct filter *f, enum transfer_end how) {
    struct inside *s = (struct inside *)f;
    if (s->archive)
        filter_end(s->archive, how);
    pool_give(s->pool, s);
}

static void inside_bounded(struct filter *f) {
    struct inside *s = (struct inside *)f;
    if (s->archive)
        filter_bounded(s->archive);
}

static const struct filter_ops inside_ops = {
    .data = inside_data, .gap = inside_gap, .end = inside_end, .bounded = inside_bounded};

/* --- Life --- */

static bool is_script(struct bytes first) {
    return first.n > 2 && memcmp(first.p, "#!", 2) == 0;
}

static bool is_program(struct bytes first) {
    return first.n > 4 && (memcmp(first.p, "MZ", 2) == 0 || memcmp(first.p, "\177ELF", 4) == 0);
}

static bool matches_carrier(const struct file_type *type, struct bytes declared) {
    return type->kind == KIND_BINARY || type->kind == KIND_TEXT;
}

/* In texts only scripts hold archives. */
static bool may_hold(const struct file_type *type, struct bytes first) {
    return type->kind == KIND_BINARY || is_script(first);
}

static uint64_t reach_of(struct bytes first) {
    return is_script(first) || is_program(first) ? PROGRAM_REACH : OCTETS_REACH;
}

static bool begins_archive(const struct file_type *type, struct bytes octets) {
    uint64_t most = reach_of(octets) + HEAD - 1;
    struct bytes seen = bytes_of(octets.p, octets.n < most ? octets.n : (size_t)most);
    return may_hold(type, octets) && find_archive(seen, is_script(octets)) < seen.n;
}

static struct filter *create_inside(struct unpack *u) {
    struct bytes first = unpack_first(u);
    struct inside *s = may_hold(unpack_object(u)->type, first) ? pool_take(unpack_state(u)) : NULL;
    if (!s)
        return NULL;
    *s = (struct inside){.filter = {.ops = &inside_ops},
                         .pool = unpack_state(u),
                         .unpack = u,
                         .script = is_script(first),
                         .reach = reach_of(first)};
    return &s->filter;
}

static void *start_inside(size_t objects) {
    return unpack_start_pool(sizeof(struct inside), objects);
}

const struct unpacker unpacker_inside = {
    .name = "inside",
    .kind = UNPACK_TEXT,
    .matches = matches_carrier,
    .begins = begins_archive,
    .create = create_inside,
    .start = start_inside,
    .stop = unpack_stop_pool,
};
