/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"
#include "content/unpack/archived.h"

/* ar (System V and GNU, BSD; libraries and Debian's packages): headers of 60 octets, each at an even place.
 * GNU writes long names into a member of its own, "//", BSD before the content. Tables of symbols are no
 * files. */

enum {
    MAGIC = 8,
    HEADER = 60,
    NAME = 16,
    SIZE = 48,
    SIZE_N = 10,
    END = 58,
    NAMES_MAX = 4096, /* octets of long names that are kept */
    NAME_MAX_BYTES = 512,
};

struct ar {
    struct filter filter;
    struct pool *pool;
    struct archived archived;
    enum { AT_MAGIC, AT_HEADER, AT_NAME, AT_NAMES, AT_FILE, AT_SKIPPED, AT_PADDING, AT_OVER } at;
    bool lost;        /* where the next header stands is not known: it is looked for */
    bool odd;         /* a line end follows the content */
    uint16_t have;    /* octets of the magic, a header or a name */
    uint16_t name_n;  /* of a name that stands before the content */
    uint16_t names_n; /* of long names */
    uint64_t left;    /* octets of the content to come */
    uint64_t seen;    /* of the archive, missing ones included */
    uint8_t header[HEADER];
    uint8_t name[NAME_MAX_BYTES];
    uint8_t names[NAMES_MAX];
};

/* --- Headers --- */

static struct bytes trim_field(const uint8_t *p, size_t n) {
    while (n > 0 && p[n - 1] == ' ')
        n--;
    return bytes_of(p, n);
}

static bool is_header(const struct ar *a, uint64_t *size) {
    return a->header[END] == '`' && a->header[END + 1] == '\n' &&
           bytes_number(trim_field(a->header + SIZE, SIZE_N), size);
}

static bool starts_with(struct bytes name, const char *text) {
    size_t n = strlen(text);
    return name.n >= n && memcmp(name.p, text, n) == 0;
}

static bool is_table(struct bytes name) {
    return bytes_equal(name, bytes_text("/")) || bytes_equal(name, bytes_text("/SYM64/")) ||
           starts_with(name, "__.SYMDEF");
}

/* A name of GNU's ends with a slash, a long one with that and a line end. */
static struct bytes find_long_name(const struct ar *a, struct bytes place) {
    uint64_t at;
    if (!bytes_number(place, &at) || at >= a->names_n)
        return place;
    struct bytes name = bytes_until(bytes_of(a->names + at, a->names_n - (size_t)at), '\n');
    return name.n > 0 && name.p[name.n - 1] == '/' ? bytes_of(name.p, name.n - 1) : name;
}

static void begin_file(struct ar *a, struct bytes name) {
    bool file = a->left > 0 && !is_table(name);
    if (name.n > 1 && name.p[0] == '/')
        name = find_long_name(a, bytes_of(name.p + 1, name.n - 1));
    else if (name.n > 0 && name.p[name.n - 1] == '/')
        name.n--;
    a->at = file ? AT_FILE : AT_SKIPPED;
    if (file)
        archived_begin(&a->archived, name, a->left);
}

static void begin_member(struct ar *a) {
    struct bytes name = trim_field(a->header, NAME);
    uint64_t n;
    a->odd = a->left % 2;
    if (bytes_equal(name, bytes_text("//"))) {
        a->at = AT_NAMES;
        a->names_n = 0;
    } else if (starts_with(name, "#1/") && bytes_number(bytes_of(name.p + 3, name.n - 3), &n) &&
               n <= NAME_MAX_BYTES && n <= a->left) {
        a->at = AT_NAME;
        a->name_n = (uint16_t)n;
    } else {
        begin_file(a, name);
    }
}

/* What is none is left behind; where one is looked for it may begin two octets later. */
static void read_header(struct ar *a) {
    if (is_header(a, &a->left)) {
        a->lost = false;
        a->have = 0;
        begin_member(a);
    } else if (a->lost) {
        a->have -= 2;
        memmove(a->header, a->header + 2, a->have);
    } else {
        bool filled = a->header[0] == 0; /* to a whole block, by some */
        counter_add(COUNTER_AR_BROKEN, !filled);
        if (!filled)
            unpack_bounded(a->archived.unpack);
        a->at = AT_OVER;
    }
}

/* --- Filter --- */

static bool is_content(const struct ar *a) {
    return a->at == AT_NAMES || a->at == AT_FILE || a->at == AT_SKIPPED;
}

static void settle_place(struct ar *a) {
    if (a->at == AT_NAME && a->have == a->name_n) {
        a->have = 0;
        begin_file(a, bytes_until(bytes_of(a->name, a->name_n), '\0'));
    }
    if (is_content(a) && a->left == 0) {
        archived_end(&a->archived, TRANSFER_DONE);
        a->left = a->odd;
        a->at = AT_PADDING;
    }
    if (a->at == AT_PADDING && a->left == 0)
        a->at = AT_HEADER;
}

/* Up to `want` octets of what is read whole, into `room`. */
static size_t fill_room(struct ar *a, uint8_t *room, size_t want, const uint8_t *bytes, size_t n) {
    size_t take = n < want - a->have ? n : want - a->have;
    memcpy(room + a->have, bytes, take);
    a->have = (uint16_t)(a->have + take);
    return take;
}

static size_t take_content(struct ar *a, const uint8_t *bytes, size_t n) {
    size_t take = n < a->left ? n : (size_t)a->left, room = (size_t)(NAMES_MAX - a->names_n);
    if (a->at == AT_FILE) {
        archived_data(&a->archived, bytes, take);
    } else if (a->at == AT_NAMES) {
        size_t keep = take < room ? take : room;
        memcpy(a->names + a->names_n, bytes, keep);
        a->names_n = (uint16_t)(a->names_n + keep);
    }
    a->left -= take;
    return take;
}

static size_t take_some(struct ar *a, const uint8_t *bytes, size_t n) {
    size_t take;
    if (a->at == AT_MAGIC) {
        take = fill_room(a, a->header, MAGIC, bytes, n);
        if (a->have == MAGIC) {
            a->have = 0;
            a->at = AT_HEADER;
        }
    } else if (a->at == AT_HEADER) {
        take = fill_room(a, a->header, HEADER, bytes, n);
        if (a->have == HEADER)
            read_header(a);
    } else if (a->at == AT_NAME) {
        take = fill_room(a, a->name, a->name_n, bytes, n);
        a->left -= take;
    } else {
        take = take_content(a, bytes, n);
    }
    return take;
}

static void ar_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct ar *a = (struct ar *)f;
    while (n > 0 && a->at != AT_OVER) {
        size_t take = take_some(a, bytes, n);
        bytes += take;
        n -= take;
        a->seen += take;
        settle_place(a);
    }
}

/* Behind one that takes a header the next is looked for, at even places. */
static void ar_gap(struct filter *f, uint64_t n) {
    struct ar *a = (struct ar *)f;
    uint64_t inside = is_content(a) || a->at == AT_PADDING ? n < a->left ? n : a->left : 0;
    if (a->at == AT_OVER)
        return;
    if (a->at == AT_FILE)
        archived_gap(&a->archived, inside);
    a->left -= inside;
    a->seen += n;
    settle_place(a);
    if (n == inside)
        return;
    archived_end(&a->archived, TRANSFER_CUT);
    a->lost = true;
    a->have = 0;
    a->left = a->seen % 2;
    a->at = a->left ? AT_PADDING : AT_HEADER;
}

static void ar_end(struct filter *f, enum transfer_end how) {
    struct ar *a = (struct ar *)f;
    archived_end(&a->archived, TRANSFER_CUT);
    pool_give(a->pool, a);
}

static void ar_bounded(struct filter *f) {
    struct ar *a = (struct ar *)f;
    if (a->archived.file)
        filter_bounded(a->archived.file);
}

static const struct filter_ops ar_ops = {
    .data = ar_data, .gap = ar_gap, .end = ar_end, .bounded = ar_bounded};

/* --- Life --- */

static bool matches_ar(const struct file_type *type, struct bytes declared) {
    return strcmp(type->mime, "application/x-archive") == 0 ||
           strcmp(type->mime, "application/vnd.debian.binary-package") == 0;
}

static struct filter *create_ar(struct unpack *u) {
    struct ar *a = pool_take(unpack_state(u));
    if (!a) {
        counter_one(COUNTER_AR_SHED);
        unpack_bounded(u);
        return NULL;
    }
    memset(a, 0, offsetof(struct ar, header)); /* the rooms behind are written before they are read */
    a->filter.ops = &ar_ops;
    a->pool = unpack_state(u);
    a->archived = (struct archived){.unpack = u, .files = COUNTER_AR_FILES, .small = COUNTER_AR_SMALL};
    return &a->filter;
}

static void *start_ar(size_t objects) {
    return unpack_start_pool(sizeof(struct ar), objects / 16 + 16);
}

const struct unpacker unpacker_ar = {
    .name = "ar",
    .kind = UNPACK_FILE,
    .matches = matches_ar,
    .create = create_ar,
    .start = start_ar,
    .stop = unpack_stop_pool,
};
