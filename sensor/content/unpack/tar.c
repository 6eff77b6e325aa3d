/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/unpack.h"

#include "base/counter.h"
#include "base/pool.h"
#include "base/tar.h"
#include "mime/mime.h"

/* tar (POSIX.1-1988 ustar, pax of POSIX.1-2001, GNU): blocks of 512 octets, of which one is a member's header
 * and those behind it are its content. Two blocks of zeros end it; where another archive was put behind it,
 * its members are those of the first. */

enum {
    BLOCK = TAR_BLOCK,
    NAME_N = 100,
    KEPT_MAX = 2048, /* octets of a long name, or of a member's properties */
    NAME_ROOM = 512,
};

struct tar {
    struct filter filter;
    struct pool *pool;
    struct unpack *unpack;
    struct filter *file;
    enum { AT_HEADER, AT_FILE, AT_KEPT, AT_SKIPPED, AT_PADDING, AT_OVER } at;
    bool zeros;       /* the block before is one of zeros: it may be over */
    char kept_as;     /* type of the member whose content is kept: a name (L), properties (x) */
    uint16_t have;    /* octets of the header, or kept */
    uint16_t padding; /* behind the content */
    uint64_t left;    /* octets of the content to come */
    uint64_t size;    /* as properties say; LENGTH_UNKNOWN: they do not */
    uint16_t name_n;  /* as another member says; 0: none does */
    char name[NAME_ROOM];
    uint8_t header[BLOCK];
    uint8_t kept[KEPT_MAX];
};

/* --- Members --- */

/* What stands behind the last slash. */
static struct bytes base_name(struct bytes name) {
    for (size_t i = name.n; i > 0; i--)
        if (name.p[i - 1] == '/')
            return bytes_of(name.p + i, name.n - i);
    return name;
}

static void set_name(struct tar *t, struct bytes name) {
    name = base_name(name);
    t->name_n = (uint16_t)(name.n < NAME_ROOM ? name.n : NAME_ROOM);
    memcpy(t->name, name.p, t->name_n);
}

static void end_file(struct tar *t, enum transfer_end how) {
    if (t->file)
        filter_end(t->file, how);
    t->file = NULL;
}

static void begin_file(struct tar *t) {
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    char scratch[NAME_ROOM];
    fact[FACT_NAME] = mime_file_name(bytes_of(t->name, t->name_n), false, scratch, sizeof scratch);
    const struct unpack_child child = {.fact = fact, .total = t->left};
    if (!unpack_pays(t->unpack) && t->left < ALLOWANCE_SMALL) {
        unpack_bounded(t->unpack);
        counter_one(COUNTER_TAR_SMALL);
        return;
    }
    t->file = unpack_begin(t->unpack, &child);
    counter_one(COUNTER_TAR_FILES);
}

/* "27 path=lane4/a.jpg\n", one behind the other (pax, section "pax Extended Header"). */
static void read_properties(struct tar *t) {
    struct bytes rest = bytes_of(t->kept, t->have);
    while (rest.n > 0) {
        struct bytes number = bytes_until(rest, ' '), key, value;
        uint64_t n;
        if (!bytes_number(number, &n) || n <= number.n + 1 || n > rest.n)
            return;
        value = bytes_of(rest.p + number.n + 1, (size_t)n - number.n - 2);
        key = bytes_until(value, '=');
        value = bytes_of(value.p + key.n, value.n - key.n);
        if (value.n > 1 && bytes_equal(key, bytes_text("path")))
            set_name(t, bytes_of(value.p + 1, value.n - 1));
        if (value.n > 1 && bytes_equal(key, bytes_text("size")) &&
            !bytes_number(bytes_of(value.p + 1, value.n - 1), &t->size))
            t->size = LENGTH_UNKNOWN;
        rest = bytes_of(rest.p + n, rest.n - (size_t)n);
    }
}

static void end_kept(struct tar *t) {
    if (t->kept_as == 'L')
        set_name(t, bytes_until(bytes_of(t->kept, t->have), '\0'));
    else
        read_properties(t);
    t->have = 0;
}

/* --- Headers --- */

static struct bytes name_in(const struct tar *t) {
    return bytes_until(bytes_of(t->header, NAME_N), '\0');
}

/* What says something of the next member, or of all: its name (L), its properties (x), the target of its link
 * (K), the volume's name and the like, which nobody asks for. */
static bool is_remark(char type) {
    return type != 0 && strchr("LxKgVNDX", type) != NULL;
}

static void begin_remark(struct tar *t, char type) {
    bool kept = type == 'L' || type == 'x';
    t->kept_as = type;
    t->at = kept && t->left <= KEPT_MAX ? AT_KEPT : AT_SKIPPED;
    if (t->left > KEPT_MAX)
        unpack_bounded(t->unpack);
}

/* Of a type that is not known it is a file (pax, section "ustar Interchange Format"). */
static void begin_member(struct tar *t, char type) {
    if (t->name_n == 0)
        set_name(t, name_in(t));
    if (tar_is_bare(type))
        t->left = 0;
    t->at = AT_FILE;
    if (t->left > 0)
        begin_file(t);
    t->name_n = 0;
    t->size = LENGTH_UNKNOWN;
}

static void read_header(struct tar *t) {
    uint64_t size;
    char type = (char)t->header[TAR_TYPE];
    t->have = 0;
    t->zeros = tar_is_zero(t->header);
    if (t->zeros)
        return;
    if (!tar_is_header(t->header) || !tar_size(t->header, &size)) {
        counter_one(COUNTER_TAR_BROKEN);
        unpack_bounded(t->unpack);
        t->at = AT_OVER;
        return;
    }
    t->left = t->size != LENGTH_UNKNOWN && !is_remark(type) ? t->size : size;
    if (is_remark(type))
        begin_remark(t, type);
    else
        begin_member(t, type);
    t->padding = (uint16_t)((BLOCK - t->left % BLOCK) % BLOCK);
}

/* --- Filter --- */

/* What is over is left behind: the content, then what fills its last block. */
static void settle_place(struct tar *t) {
    if (t->at >= AT_FILE && t->at <= AT_SKIPPED && t->left == 0) {
        if (t->at == AT_KEPT)
            end_kept(t);
        end_file(t, TRANSFER_DONE);
        t->left = t->padding;
        t->at = AT_PADDING;
    }
    if (t->at == AT_PADDING && t->left == 0)
        t->at = AT_HEADER;
}

static size_t take_header(struct tar *t, const uint8_t *bytes, size_t n) {
    size_t take = n < (size_t)(BLOCK - t->have) ? n : (size_t)(BLOCK - t->have);
    memcpy(t->header + t->have, bytes, take);
    t->have = (uint16_t)(t->have + take);
    if (t->have == BLOCK)
        read_header(t);
    return take;
}

static size_t take_content(struct tar *t, const uint8_t *bytes, size_t n) {
    size_t take = n < t->left ? n : (size_t)t->left;
    if (t->at == AT_KEPT) {
        memcpy(t->kept + t->have, bytes, take);
        t->have = (uint16_t)(t->have + take);
    } else if (t->file) {
        filter_data(t->file, bytes, take);
    }
    t->left -= take;
    return take;
}

static void tar_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct tar *t = (struct tar *)f;
    while (n > 0 && t->at != AT_OVER) {
        size_t take = t->at == AT_HEADER ? take_header(t, bytes, n) : take_content(t, bytes, n);
        bytes += take;
        n -= take;
        settle_place(t);
    }
}

/* Behind one that takes a header nobody knows where the next one stands. */
static void tar_gap(struct filter *f, uint64_t n) {
    struct tar *t = (struct tar *)f;
    if (t->at == AT_OVER)
        return;
    if (t->at != AT_FILE && t->at != AT_SKIPPED && t->at != AT_PADDING) {
        t->at = AT_OVER;
        if (!t->zeros)
            counter_one(COUNTER_TAR_BROKEN);
        return;
    }
    uint64_t inside = n < t->left ? n : t->left;
    if (t->file && inside)
        filter_gap(t->file, inside);
    t->left -= inside;
    settle_place(t);
    if (n > inside)
        tar_gap(f, n - inside);
}

static void tar_end(struct filter *f, enum transfer_end how) {
    struct tar *t = (struct tar *)f;
    end_file(t, TRANSFER_CUT);
    pool_give(t->pool, t);
}

static void tar_bounded(struct filter *f) {
    struct tar *t = (struct tar *)f;
    if (t->file)
        filter_bounded(t->file);
}

static const struct filter_ops tar_ops = {
    .data = tar_data, .gap = tar_gap, .end = tar_end, .bounded = tar_bounded};

/* --- Life --- */

static bool matches_tar(const struct file_type *type, struct bytes declared) {
    return bytes_equal(bytes_text(type->mime), bytes_text("application/x-tar"));
}

static struct filter *create_tar(struct unpack *u) {
    struct tar *t = pool_take(unpack_state(u));
    if (!t) {
        counter_one(COUNTER_TAR_SHED);
        unpack_bounded(u);
        return NULL;
    }
    memset(t, 0, offsetof(struct tar, name)); /* the rooms behind are written before they are read */
    t->filter.ops = &tar_ops;
    t->pool = unpack_state(u);
    t->unpack = u;
    t->size = LENGTH_UNKNOWN;
    return &t->filter;
}

static void *start_tar(size_t objects) {
    return unpack_start_pool(sizeof(struct tar), objects / 16 + 16);
}

const struct unpacker unpacker_tar = {
    .name = "tar",
    .kind = UNPACK_FILE,
    .matches = matches_tar,
    .create = create_tar,
    .start = start_tar,
    .stop = unpack_stop_pool,
};
