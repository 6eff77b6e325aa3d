/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "base/pool.h"
#include "content/unpack/archived.h"

/* cpio: the form of SVR4 (newc, with or without a sum), of POSIX.1-1988 (odc), and the binary one of either
 * order of bytes. A member named TRAILER!!! ends it; where another archive was put behind it, its members are
 * those of the first. */

enum { HEADER_MAX = 110, NAME_MAX_BYTES = 2048, KIND = 0170000, KIND_FILE = 0100000 };

static const char trailer[] = "TRAILER!!!";

struct cpio_form {
    const char *magic;
    uint8_t magic_n, header, align;
    bool (*read)(const uint8_t *header, uint64_t *mode, uint64_t *name, uint64_t *size);
};

struct cpio {
    struct filter filter;
    struct pool *pool;
    struct archived archived;
    const struct cpio_form *form; /* of the present header; NULL: not known yet */
    uint8_t header_n;             /* octets of the archive's headers; 0: not known yet */
    enum { AT_HEADER, AT_NAME, AT_FILE, AT_SKIPPED, AT_PADDING, AT_OVER } at, next;
    bool lost;     /* where the next header stands is not known: it is looked for */
    bool ended;    /* behind a trailer zeros are padding */
    bool is_file;  /* the member */
    uint16_t have; /* octets of the header */
    uint16_t name_n;
    uint64_t name_left; /* octets of the name to come, */
    uint64_t size;      /* of the content behind it, */
    uint64_t left;      /* and of that or of padding to come */
    uint8_t header[HEADER_MAX];
    uint8_t name[NAME_MAX_BYTES];
};

/* --- Headers --- */

/* `n` digits of a base of up to 16. */
static bool read_digits(const uint8_t *p, size_t n, unsigned base, uint64_t *out) {
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        int digit = hex_value(p[i]);
        if (digit < 0 || (unsigned)digit >= base)
            return false;
        *out = *out * base + (unsigned)digit;
    }
    return true;
}

static bool read_svr4(const uint8_t *h, uint64_t *mode, uint64_t *name, uint64_t *size) {
    return read_digits(h + 14, 8, 16, mode) && read_digits(h + 94, 8, 16, name) &&
           read_digits(h + 54, 8, 16, size);
}

static bool read_posix(const uint8_t *h, uint64_t *mode, uint64_t *name, uint64_t *size) {
    return read_digits(h + 18, 6, 8, mode) && read_digits(h + 59, 6, 8, name) &&
           read_digits(h + 65, 11, 8, size);
}

/* Words of 16 bits; of a number of 32 the upper one stands first. */
static bool read_words(const uint8_t *h, unsigned low, uint64_t *mode, uint64_t *name, uint64_t *size) {
    const unsigned high = 1 - low;
    *mode = h[6 + low] | (unsigned)h[6 + high] << 8;
    *name = h[20 + low] | (unsigned)h[20 + high] << 8;
    *size = (uint64_t)(h[22 + low] | (unsigned)h[22 + high] << 8) << 16 |
            (h[24 + low] | (unsigned)h[24 + high] << 8);
    return true;
}

static bool read_little(const uint8_t *h, uint64_t *mode, uint64_t *name, uint64_t *size) {
    return read_words(h, 0, mode, name, size);
}

static bool read_big(const uint8_t *h, uint64_t *mode, uint64_t *name, uint64_t *size) {
    return read_words(h, 1, mode, name, size);
}

static const struct cpio_form forms[] = {
    {"070701", 6, 110, 4, read_svr4},    {"070702", 6, 110, 4, read_svr4}, {"070707", 6, 76, 1, read_posix},
    {"\xc7\x71", 2, 26, 2, read_little}, {"\x71\xc7", 2, 26, 2, read_big},
};
enum { FORMS = sizeof forms / sizeof *forms };

/* NULL: more octets are needed, or *none: it is no header. One that is looked for is as those before it. */
static const struct cpio_form *find_form(const struct cpio *c, bool *none) {
    *none = true;
    for (size_t i = 0; i < FORMS; i++) {
        size_t some = c->have < forms[i].magic_n ? c->have : forms[i].magic_n;
        if (memcmp(c->header, forms[i].magic, some) != 0 || (c->lost && forms[i].header != c->header_n))
            continue;
        *none = false;
        if (c->have >= forms[i].magic_n)
            return &forms[i];
    }
    return NULL;
}

static uint64_t padding_of(const struct cpio *c, uint64_t n) {
    return (c->form->align - n % c->form->align) % c->form->align;
}

static void skip_padding(struct cpio *c, uint64_t n, unsigned next) {
    c->at = AT_PADDING;
    c->left = n;
    c->next = next;
}

/* What is no header, or nothing that could be one. */
static void drop_header(struct cpio *c) {
    if (c->lost || (c->ended && c->header[0] == 0)) {
        c->have--;
        memmove(c->header, c->header + 1, c->have);
        return;
    }
    counter_one(COUNTER_CPIO_BROKEN);
    unpack_bounded(c->archived.unpack);
    c->at = AT_OVER;
}

/* Behind a gap text of six digits may stand anywhere: the kinds of files there are, and a name, are asked
 * for; what is binary is not looked for. */
static bool is_likely(const struct cpio *c, uint64_t mode, uint64_t name) {
    bool kind = (mode & KIND) != 0 && mode <= 0177777;
    return name > 0 && name <= NAME_MAX_BYTES &&
           (!c->lost || (c->form->magic_n > 2 && (kind || name == sizeof trailer)));
}

/* Once there are enough octets. */
static void read_header(struct cpio *c) {
    uint64_t mode;
    if (!c->form->read(c->header, &mode, &c->name_left, &c->size) || !is_likely(c, mode, c->name_left)) {
        c->form = NULL;
        drop_header(c);
        return;
    }
    c->is_file = (mode & KIND) == KIND_FILE || (mode & KIND) == 0;
    c->lost = c->ended = false;
    c->header_n = c->form->header;
    c->have = c->name_n = 0;
    c->at = AT_NAME;
}

static size_t take_header(struct cpio *c, const uint8_t *bytes, size_t n) {
    size_t want = c->form ? c->form->header : c->have + 1u, take = n < want - c->have ? n : want - c->have;
    bool none;
    memcpy(c->header + c->have, bytes, take);
    c->have = (uint16_t)(c->have + take);
    while (!c->form && c->have > 0 && c->at == AT_HEADER) {
        c->form = find_form(c, &none);
        if (!none)
            break;
        drop_header(c);
    }
    if (c->form && c->have >= c->form->header)
        read_header(c);
    return take;
}

/* --- Members --- */

static void end_name(struct cpio *c) {
    struct bytes name = bytes_until(bytes_of(c->name, c->name_n), '\0');
    uint64_t before = padding_of(c, c->form->header + (uint64_t)c->name_n);
    c->ended = bytes_equal(name, bytes_text(trailer));
    bool file = c->is_file && c->size > 0 && !c->ended;
    if (file)
        archived_begin(&c->archived, name, c->size);
    skip_padding(c, before, file ? AT_FILE : AT_SKIPPED);
}

static void settle_place(struct cpio *c) {
    if (c->at == AT_NAME && c->name_left == 0)
        end_name(c);
    if (c->at == AT_PADDING && c->left == 0) {
        c->at = c->next;
        c->left = c->size;
    }
    if ((c->at == AT_FILE || c->at == AT_SKIPPED) && c->left == 0) {
        archived_end(&c->archived, TRANSFER_DONE);
        skip_padding(c, padding_of(c, c->size), AT_HEADER);
    }
    if (c->at == AT_PADDING && c->left == 0) {
        c->at = c->next;
        c->form = NULL;
    }
}

static size_t take_some(struct cpio *c, const uint8_t *bytes, size_t n) {
    if (c->at == AT_HEADER)
        return take_header(c, bytes, n);
    if (c->at == AT_NAME) {
        size_t take = n < c->name_left ? n : (size_t)c->name_left;
        memcpy(c->name + c->name_n, bytes, take);
        c->name_n = (uint16_t)(c->name_n + take);
        c->name_left -= take;
        return take;
    }
    size_t take = n < c->left ? n : (size_t)c->left;
    if (c->at == AT_FILE)
        archived_data(&c->archived, bytes, take);
    c->left -= take;
    return take;
}

/* --- Filter --- */

static void cpio_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct cpio *c = (struct cpio *)f;
    while (n > 0 && c->at != AT_OVER) {
        size_t take = take_some(c, bytes, n);
        bytes += take;
        n -= take;
        settle_place(c);
    }
}

/* Behind one that takes a header the next is looked for. */
static void cpio_gap(struct filter *f, uint64_t n) {
    struct cpio *c = (struct cpio *)f;
    while (n > 0 && (c->at == AT_FILE || c->at == AT_SKIPPED || c->at == AT_PADDING)) {
        uint64_t inside = n < c->left ? n : c->left;
        if (c->at == AT_FILE)
            archived_gap(&c->archived, inside);
        c->left -= inside;
        n -= inside;
        settle_place(c);
    }
    if (n == 0 || c->at == AT_OVER)
        return;
    archived_end(&c->archived, TRANSFER_CUT);
    c->lost = true;
    c->have = 0;
    c->form = NULL;
    c->at = AT_HEADER;
}

static void cpio_end(struct filter *f, enum transfer_end how) {
    struct cpio *c = (struct cpio *)f;
    archived_end(&c->archived, TRANSFER_CUT);
    pool_give(c->pool, c);
}

static void cpio_bounded(struct filter *f) {
    struct cpio *c = (struct cpio *)f;
    if (c->archived.file)
        filter_bounded(c->archived.file);
}

static const struct filter_ops cpio_ops = {
    .data = cpio_data, .gap = cpio_gap, .end = cpio_end, .bounded = cpio_bounded};

/* --- Life --- */

static bool matches_cpio(const struct file_type *type, struct bytes declared) {
    return strcmp(type->mime, "application/x-cpio") == 0;
}

static struct filter *create_cpio(struct unpack *u) {
    struct cpio *c = pool_take(unpack_state(u));
    if (!c) {
        counter_one(COUNTER_CPIO_SHED);
        unpack_bounded(u);
        return NULL;
    }
    memset(c, 0, offsetof(struct cpio, header)); /* the rooms behind are written before they are read */
    c->filter.ops = &cpio_ops;
    c->pool = unpack_state(u);
    c->archived = (struct archived){.unpack = u, .files = COUNTER_CPIO_FILES, .small = COUNTER_CPIO_SMALL};
    return &c->filter;
}

static void *start_cpio(size_t objects) {
    return unpack_start_pool(sizeof(struct cpio), objects / 16 + 16);
}

const struct unpacker unpacker_cpio = {
    .name = "cpio",
    .kind = UNPACK_FILE,
    .matches = matches_cpio,
    .create = create_cpio,
    .start = start_cpio,
    .stop = unpack_stop_pool,
};
