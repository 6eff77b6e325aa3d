/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/zip/zip.h"

#include <stdlib.h>

/* ZIP archives behind other data: programs that unpack themselves, browsers' extensions, a part of one that
 * is split, what is left where the first octets are missing. The rest of the file is looked at as if there
 * were none. */

struct search {
    struct filter filter;
    struct pool *pool;
    struct zip_all *archives;
    struct unpack *unpack;
    struct filter *zip; /* NULL: not found */
    bool refused;
    uint8_t held_n; /* octets that may begin a header */
    uint8_t held[ZIP_HELD];
};

struct inside {
    struct pool searches;
    struct zip_all *archives;
};

static bool begin_archive(struct search *s) {
    s->zip = zip_open(s->archives, s->unpack);
    s->refused = !s->zip;
    if (s->zip) {
        zip_is_inside(s->zip);
        unpack_takes_apart(s->unpack);
    }
    return s->zip != NULL;
}

/* Returns how many of the octets hold no archive, or went to it. */
static size_t search_octets(struct search *s, struct bytes in) {
    bool found;
    size_t at = zip_find_header(in, &found);
    if (!found || !begin_archive(s))
        return at;
    filter_data(s->zip, in.p + at, in.n - at);
    return in.n;
}

static struct bytes take_held(struct search *s, struct bytes in) {
    size_t room = (size_t)(ZIP_HELD - s->held_n), more = in.n < room ? in.n : room;
    memcpy(s->held + s->held_n, in.p, more);
    size_t took = search_octets(s, bytes_of(s->held, s->held_n + more));
    if (took < s->held_n) { /* all of it is here, and does not tell yet */
        s->held_n = (uint8_t)(s->held_n + more - took);
        memmove(s->held, s->held + took, s->held_n);
        return bytes_of(in.p + more, in.n - more);
    }
    took -= s->held_n;
    s->held_n = 0;
    return bytes_of(in.p + took, in.n - took);
}

static void search_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct search *s = (struct search *)f;
    struct bytes in = bytes_of(bytes, n);
    if (s->refused)
        return;
    while (s->held_n > 0 && in.n > 0)
        in = take_held(s, in);
    if (in.n == 0)
        return;
    if (s->zip) {
        filter_data(s->zip, in.p, in.n);
        return;
    }
    size_t took = search_octets(s, in);
    if (took < in.n && !s->refused) {
        s->held_n = (uint8_t)(in.n - took);
        memcpy(s->held, in.p + took, s->held_n);
    }
}

static void search_gap(struct filter *f, uint64_t n) {
    struct search *s = (struct search *)f;
    s->held_n = 0;
    if (s->zip)
        filter_gap(s->zip, n);
}

static void search_end(struct filter *f, enum transfer_end how) {
    struct search *s = (struct search *)f;
    if (s->zip)
        filter_end(s->zip, how);
    pool_give(s->pool, s);
}

static void search_bounded(struct filter *f) {
    struct search *s = (struct search *)f;
    if (s->zip)
        filter_bounded(s->zip);
}

static const struct filter_ops search_ops = {
    .data = search_data, .gap = search_gap, .end = search_end, .bounded = search_bounded};

/* --- life --- */

static bool matches_binary(const struct file_type *type, struct bytes declared) {
    return type->kind == KIND_BINARY;
}

static bool begins_archive(const struct file_type *type, struct bytes octets) {
    bool found;
    zip_find_header(octets, &found);
    return found;
}

static struct filter *create_search(struct unpack *u) {
    struct inside *all = unpack_state(u);
    struct search *s = pool_take(&all->searches);
    if (!s)
        return NULL;
    memset(s, 0, offsetof(struct search, held));
    s->filter.ops = &search_ops;
    s->pool = &all->searches;
    s->archives = all->archives;
    s->unpack = u;
    return &s->filter;
}

static void stop_inside(void *state) {
    struct inside *all = state;
    if (!all)
        return;
    zip_stop(all->archives);
    pool_finish(&all->searches);
    free(all);
}

static void *start_inside(size_t objects) {
    struct inside *all = calloc(1, sizeof *all);
    if (!all)
        return NULL;
    all->archives = zip_start(objects / 64 + 16);
    if (all->archives && pool_init(&all->searches, sizeof(struct search), objects))
        return all;
    zip_stop(all->archives);
    free(all);
    return NULL;
}

const struct unpacker unpacker_zip_inside = {
    .name = "zip-inside",
    .kind = UNPACK_TEXT,
    .matches = matches_binary,
    .begins = begins_archive,
    .create = create_search,
    .start = start_inside,
    .stop = stop_inside,
};
