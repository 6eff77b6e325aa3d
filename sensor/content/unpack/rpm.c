/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "base/pool.h"
#include "content/unpack/unpack.h"

#include <stdio.h>

/* RPM packages (versions 3 and 4 of the format): a lead, two headers of so many tags and octets, and behind
 * them a compressed cpio archive, which is the one child. */

enum { LEAD = 96, HEADER = 16, TAG = 16, TAGS_MAX = 1 << 20, DATA_MAX = 256 << 20, NAME_ROOM = 512 };

struct rpm {
    struct filter filter;
    struct pool *pool;
    struct unpack *unpack;
    struct filter *payload; /* NULL: not there yet, or it is left out */
    enum { AT_LEAD, AT_HEADER, AT_TAGS, AT_PAYLOAD, AT_OVER } at;
    bool signature; /* the header is the first one: it is followed by padding to 8 octets */
    uint64_t left;  /* octets of what is stepped over */
    uint8_t have;
    uint8_t header[HEADER];
};

static uint32_t read_u32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool read_header(struct rpm *r) {
    uint64_t tags = read_u32(r->header + 8), data = read_u32(r->header + 12);
    if (memcmp(r->header, "\x8e\xad\xe8\x01", 4) != 0 || tags > TAGS_MAX || data > DATA_MAX)
        return false;
    r->left = tags * TAG + data;
    if (r->signature)
        r->left = (r->left + 7) / 8 * 8;
    return true;
}

/* Named as the package, with another end. */
static void begin_payload(struct rpm *r) {
    char text[NAME_ROOM];
    struct bytes fact[FACT_COUNT] = {{NULL, 0}}, name = object_fact(unpack_object(r->unpack), FACT_NAME);
    const struct unpack_child child = {.fact = fact, .total = LENGTH_UNKNOWN};
    if (name.n > 4 && bytes_equal_nocase(bytes_of(name.p + name.n - 4, 4), ".rpm"))
        name.n -= 4;
    int n = snprintf(text, sizeof text, "%.*s.cpio", (int)name.n, (const char *)name.p);
    if (name.n > 0 && n > 0 && (size_t)n < sizeof text)
        fact[FACT_NAME] = bytes_of((const uint8_t *)text, (size_t)n);
    r->payload = unpack_begin(r->unpack, &child);
}

static void settle_place(struct rpm *r) {
    if (r->at == AT_HEADER && r->have == HEADER) {
        r->have = 0;
        r->at = read_header(r) ? AT_TAGS : AT_OVER;
        counter_add(COUNTER_RPM_BROKEN, r->at == AT_OVER);
        if (r->at == AT_OVER)
            unpack_bounded(r->unpack);
    }
    if (r->left > 0 || (r->at != AT_LEAD && r->at != AT_TAGS))
        return;
    bool payload = r->at == AT_TAGS && !r->signature;
    r->signature = r->at == AT_LEAD;
    r->at = payload ? AT_PAYLOAD : AT_HEADER;
    if (payload)
        begin_payload(r);
}

static void rpm_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct rpm *r = (struct rpm *)f;
    while (n > 0 && r->at != AT_OVER) {
        size_t take = n;
        if (r->at == AT_PAYLOAD) {
            if (r->payload)
                filter_data(r->payload, bytes, n);
        } else if (r->at == AT_HEADER) {
            take = n < (size_t)(HEADER - r->have) ? n : (size_t)(HEADER - r->have);
            memcpy(r->header + r->have, bytes, take);
            r->have = (uint8_t)(r->have + take);
        } else {
            take = n < r->left ? n : (size_t)r->left;
            r->left -= take;
        }
        bytes += take;
        n -= take;
        settle_place(r);
    }
}

static void rpm_gap(struct filter *f, uint64_t n) {
    struct rpm *r = (struct rpm *)f;
    bool over = (r->at == AT_LEAD || r->at == AT_TAGS) && n <= r->left;
    if (r->at == AT_PAYLOAD && r->payload)
        filter_gap(r->payload, n);
    if (over)
        r->left -= n;
    else if (r->at != AT_PAYLOAD)
        r->at = AT_OVER;
    settle_place(r);
}

static void rpm_end(struct filter *f, enum transfer_end how) {
    struct rpm *r = (struct rpm *)f;
    if (r->payload)
        filter_end(r->payload, how);
    pool_give(r->pool, r);
}

static void rpm_bounded(struct filter *f) {
    struct rpm *r = (struct rpm *)f;
    if (r->payload)
        filter_bounded(r->payload);
}

static const struct filter_ops rpm_ops = {
    .data = rpm_data, .gap = rpm_gap, .end = rpm_end, .bounded = rpm_bounded};

static bool matches_rpm(const struct file_type *type, struct bytes declared) {
    return strcmp(type->mime, "application/x-rpm") == 0;
}

static struct filter *create_rpm(struct unpack *u) {
    struct rpm *r = pool_take(unpack_state(u));
    if (!r) {
        counter_one(COUNTER_RPM_SHED);
        unpack_bounded(u);
        return NULL;
    }
    *r = (struct rpm){.filter.ops = &rpm_ops, .pool = unpack_state(u), .unpack = u, .left = LEAD};
    return &r->filter;
}

static void *start_rpm(size_t objects) {
    return unpack_start_pool(sizeof(struct rpm), objects / 16 + 16);
}

const struct unpacker unpacker_rpm = {
    .name = "rpm",
    .kind = UNPACK_FILE,
    .matches = matches_rpm,
    .create = create_rpm,
    .start = start_rpm,
    .stop = unpack_stop_pool,
};
