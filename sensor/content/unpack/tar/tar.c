/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/tar/tar.h"

#include "base/counter.h"

enum {
    BLOCK = TAR_BLOCK,
    NAME_N = 100,
    PREFIX = 345, /* POSIX: what stands before the name */
    PREFIX_N = 155,
    SPARSE = 386, /* GNU: pieces of a sparse file, whether more follow, and the file's size */
    SPARSE_N = 4,
    SPARSE_MORE = 482,
    SPARSE_REAL = 483,
    MORE_N = 21, /* pieces in a block of nothing else, and whether more follow */
    MORE_MORE = 504,
    REMARK_MAX = 2048,        /* octets of what is said of a member, beyond which it is told as unread, */
    PROPERTIES_MAX = 1 << 20, /* and of its properties, of which each is looked at */
};

/* --- Members --- */

void tar_set_path(struct tar *t, struct bytes path) {
    t->path_n = (uint16_t)(path.n < TAR_PATH ? path.n : TAR_PATH);
    memcpy(t->path, path.p, t->path_n);
}

/* In POSIX' form a long one is in two parts. */
static void read_path(struct tar *t) {
    struct bytes name = bytes_until(bytes_of(t->header, NAME_N), '\0');
    struct bytes prefix = bytes_until(bytes_of(t->header + PREFIX, PREFIX_N), '\0');
    bool posix = memcmp(t->header + TAR_MAGIC, "ustar\0", 6) == 0;
    t->path_n = 0;
    if (posix && prefix.n > 0) {
        tar_set_path(t, prefix);
        t->path[t->path_n++] = '/';
    }
    memcpy(t->path + t->path_n, name.p, name.n);
    t->path_n = (uint16_t)(t->path_n + name.n);
}

static void begin_file(struct tar *t) {
    const struct tar_sparse *s = &t->sparse;
    archived_begin(&t->archived, bytes_of(t->path, t->path_n), s->on ? s->real : t->left);
}

static void end_member(struct tar *t) {
    if (t->at == TAR_AT_FILE && t->sparse.on)
        tar_sparse_end(t);
    archived_end(&t->archived, TRANSFER_DONE);
    if (t->at != TAR_AT_FILE)
        return;
    t->path_n = 0;
    t->size = LENGTH_UNKNOWN;
    tar_sparse_clear(t);
}

/* What somebody put behind the end. */
static void begin_trailer(struct tar *t, size_t n) {
    t->at = TAR_AT_TRAILER;
    archived_begin_trailer(&t->archived);
    archived_data(&t->archived, t->header, n);
}

/* --- Headers --- */

/* What says something of the next member, or of all: its name (L), its properties (x), the target of its link
 * (K), the volume's name and the like, which nobody asks for. */
static bool is_remark(char type) {
    return type != 0 && strchr("LxKgVNDX", type) != NULL;
}

static void begin_remark(struct tar *t, char type) {
    bool kept = type == 'L' || type == 'x';
    t->kept_as = type;
    t->at = kept ? TAR_AT_KEPT : TAR_AT_SKIPPED;
    if (type == 'L')
        t->path_n = 0;
    if (type == 'x')
        tar_properties_begin(t);
    if (t->left > (type == 'x' ? PROPERTIES_MAX : REMARK_MAX))
        unpack_bounded(t->archived.unpack);
}

/* Of a type that is not known it is a file (pax, section "ustar Interchange Format"). */
static void begin_member(struct tar *t, char type) {
    if (t->path_n == 0)
        read_path(t);
    if (tar_is_bare(type))
        t->left = 0;
    if (type == 'S') {
        t->sparse.on = tar_number(t->header + SPARSE_REAL, 12, &t->sparse.real);
        tar_sparse_read(t, t->header + SPARSE, SPARSE_N);
    }
    bool more = type == 'S' && t->header[SPARSE_MORE];
    t->at = more ? TAR_AT_MORE : TAR_AT_FILE;
    if (t->left > 0 || t->sparse.on)
        begin_file(t);
}

/* Is it one where one is looked for? */
static bool is_found(const struct tar *t) {
    return t->plain || memcmp(t->header + TAR_MAGIC, "ustar", 5) == 0;
}

static void read_header(struct tar *t) {
    uint64_t size;
    char type = (char)t->header[TAR_TYPE];
    bool ended = t->zeros;
    t->have = 0;
    t->zeros = tar_is_zero(t->header);
    if (t->zeros || (t->lost && !is_found(t)))
        return;
    if (!tar_is_header(t->header) || !tar_size(t->header, &size)) {
        if (t->lost)
            return;
        if (ended) {
            begin_trailer(t, BLOCK);
            return;
        }
        counter_one(COUNTER_TAR_BROKEN);
        unpack_bounded(t->archived.unpack);
        t->at = TAR_AT_OVER;
        return;
    }
    t->lost = false;
    t->plain = !is_found(t) || t->plain;
    t->left = t->size != LENGTH_UNKNOWN && !is_remark(type) ? t->size : size;
    t->padding = (uint16_t)((BLOCK - t->left % BLOCK) % BLOCK);
    if (is_remark(type))
        begin_remark(t, type);
    else
        begin_member(t, type);
    if (t->left == 0)
        t->padding = 0;
}

static void read_more(struct tar *t) {
    t->have = 0;
    tar_sparse_read(t, t->header, MORE_N);
    if (!t->header[MORE_MORE])
        t->at = TAR_AT_FILE;
}

/* --- Filter --- */

/* What is over is left behind: the content, then what fills its last block. */
static void settle_place(struct tar *t) {
    if (t->at >= TAR_AT_FILE && t->at <= TAR_AT_SKIPPED && t->left == 0) {
        end_member(t);
        t->left = t->padding;
        t->at = TAR_AT_PADDING;
    }
    if (t->at == TAR_AT_PADDING && t->left == 0)
        t->at = TAR_AT_HEADER;
}

static size_t take_header(struct tar *t, const uint8_t *bytes, size_t n) {
    size_t take = n < (size_t)(BLOCK - t->have) ? n : (size_t)(BLOCK - t->have);
    memcpy(t->header + t->have, bytes, take);
    t->have = (uint16_t)(t->have + take);
    if (t->have == BLOCK && t->at == TAR_AT_MORE)
        read_more(t);
    else if (t->have == BLOCK)
        read_header(t);
    return take;
}

/* Behind a zero nothing is the path's. */
static void keep_path(struct tar *t, const uint8_t *bytes, size_t n) {
    struct bytes name = bytes_until(bytes_of(bytes, n), '\0');
    if (name.n < n)
        t->at = TAR_AT_SKIPPED;
    size_t room = (size_t)(TAR_PATH - t->path_n);
    name.n = name.n < room ? name.n : room;
    memcpy(t->path + t->path_n, name.p, name.n);
    t->path_n = (uint16_t)(t->path_n + name.n);
}

static size_t take_content(struct tar *t, const uint8_t *bytes, size_t n) {
    size_t take = n < t->left ? n : (size_t)t->left;
    if (t->at == TAR_AT_KEPT && t->kept_as == 'L')
        keep_path(t, bytes, take);
    else if (t->at == TAR_AT_KEPT)
        tar_properties_take(t, bytes, take);
    else if (t->at == TAR_AT_FILE && t->sparse.on)
        tar_sparse_take(t, bytes, take);
    else if (t->at == TAR_AT_FILE)
        archived_data(&t->archived, bytes, take);
    t->left -= take;
    return take;
}

static void tar_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct tar *t = (struct tar *)f;
    while (n > 0 && t->at < TAR_AT_TRAILER) {
        bool header = t->at == TAR_AT_HEADER || t->at == TAR_AT_MORE;
        size_t take = header ? take_header(t, bytes, n) : take_content(t, bytes, n);
        bytes += take;
        n -= take;
        t->seen += take;
        settle_place(t);
    }
    if (t->at == TAR_AT_TRAILER)
        archived_data(&t->archived, bytes, n);
}

/* Where the next header stands is not known: it is looked for, where blocks begin. */
static void lose_place(struct tar *t) {
    if (!t->zeros && !t->lost)
        counter_one(COUNTER_TAR_BROKEN);
    archived_end(&t->archived, TRANSFER_CUT);
    t->lost = true;
    t->have = t->path_n = 0;
    t->size = LENGTH_UNKNOWN;
    tar_sparse_clear(t);
    t->left = (BLOCK - t->seen % BLOCK) % BLOCK;
    t->at = TAR_AT_PADDING;
    settle_place(t);
}

static void tar_gap(struct filter *f, uint64_t n) {
    struct tar *t = (struct tar *)f;
    if (t->at == TAR_AT_KEPT) { /* what is said of the next member is not known */
        t->path_n = 0;
        t->at = TAR_AT_SKIPPED;
    }
    while (n > 0 && (t->at == TAR_AT_FILE || t->at == TAR_AT_SKIPPED || t->at == TAR_AT_PADDING)) {
        uint64_t inside = n < t->left ? n : t->left;
        if (t->at == TAR_AT_FILE && t->sparse.on)
            tar_sparse_take(t, NULL, inside);
        else if (t->at == TAR_AT_FILE)
            archived_gap(&t->archived, inside);
        t->left -= inside;
        t->seen += inside;
        n -= inside;
        settle_place(t);
    }
    t->seen += n;
    if (t->at == TAR_AT_TRAILER)
        archived_gap(&t->archived, n);
    else if (n > 0 && t->at != TAR_AT_OVER)
        lose_place(t);
}

static void tar_end(struct filter *f, enum transfer_end how) {
    struct tar *t = (struct tar *)f;
    memset(t->header + t->have, 0, (size_t)(BLOCK - t->have));
    if (t->at == TAR_AT_HEADER && t->zeros && !t->lost && !tar_is_zero(t->header))
        begin_trailer(t, t->have);
    archived_end(&t->archived, t->at == TAR_AT_TRAILER ? how : TRANSFER_CUT);
    pool_give(t->pool, t);
}

static void tar_bounded(struct filter *f) {
    struct tar *t = (struct tar *)f;
    if (t->archived.file)
        filter_bounded(t->archived.file);
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
    memset(t, 0, offsetof(struct tar, path)); /* the rooms behind are written before they are read */
    t->filter.ops = &tar_ops;
    t->pool = unpack_state(u);
    t->archived = (struct archived){.unpack = u, .files = COUNTER_TAR_FILES, .small = COUNTER_TAR_SMALL};
    t->size = LENGTH_UNKNOWN;
    tar_sparse_clear(t);
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
