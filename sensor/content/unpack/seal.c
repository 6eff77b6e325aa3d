/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/unpack.h"

#include "base/counter.h"
#include "base/pool.h"
#include "content/seal/seal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Says of an object that it is encrypted, and with what. */

struct seals {
    struct pool filters, looks;
};

struct sealed {
    struct filter filter;
    struct seals *pools;
    struct unpack *unpack;
    struct seal *look; /* NULL: it is over, or has not begun */
    bool begun, told;
};

static void tell_seal(struct sealed *x) {
    const struct seal *s = x->look;
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    char members[16];
    if (!s->word)
        return;
    snprintf(members, sizeof members, "%" PRIu32, s->members);
    fact[FACT_ENCRYPTION] = bytes_text(s->word);
    if (s->members > 0)
        fact[FACT_MEMBERS] = bytes_text(members);
    fact[FACT_MEMBER_NAMES] = bytes_of(s->names, s->names_n);
    if (!x->told)
        counter_one(COUNTER_SEALED_OBJECTS);
    x->told = true;
    unpack_replace(x->unpack, fact);
}

static void end_look(struct sealed *x) {
    if (!x->look)
        return;
    tell_seal(x);
    pool_give(&x->pools->looks, x->look);
    x->look = NULL;
}

/* The first octets come together, as far as a type is known by them. */
static void begin_look(struct sealed *x, struct bytes first) {
    x->begun = true;
    if (unpack_object(x->unpack)->offset > 0)
        return;
    x->look = pool_take(&x->pools->looks);
    if (!x->look) {
        counter_one(COUNTER_SEALED_SHED);
        unpack_bounded(x->unpack);
    } else if (!seal_begin(x->look, first)) {
        pool_give(&x->pools->looks, x->look);
        x->look = NULL;
    }
}

static void sealed_data(struct filter *f, const uint8_t *p, size_t n) {
    struct sealed *x = (struct sealed *)f;
    if (!x->begun)
        begin_look(x, bytes_of(p, n < TYPE_BYTES ? n : TYPE_BYTES));
    if (!x->look)
        return;
    if (!seal_data(x->look, bytes_of(p, n)))
        end_look(x);
    else if (x->look->word && !x->told)
        tell_seal(x);
}

static void sealed_gap(struct filter *f, uint64_t n) {
    struct sealed *x = (struct sealed *)f;
    x->begun = true;
    if (x->look && !seal_gap(x->look, n))
        end_look(x);
}

static void sealed_end(struct filter *f, enum transfer_end how) {
    struct sealed *x = (struct sealed *)f;
    if (x->look)
        seal_end(x->look, how == TRANSFER_DONE);
    end_look(x);
    pool_give(&x->pools->filters, x);
}

static void sealed_bounded(struct filter *f) {
}

static const struct filter_ops sealed_ops = {
    .data = sealed_data, .gap = sealed_gap, .end = sealed_end, .bounded = sealed_bounded};

/* --- Life --- */

/* Of texts those that are written as armour (RFC 7468) are looked at here, the rest by rules. */
static bool matches_sealed(const struct file_type *type, struct bytes declared) {
    return type->kind == KIND_BINARY || type->kind == KIND_ARCHIVE || type->kind == KIND_DOCUMENT ||
           type->kind == KIND_RECORD ||
           bytes_equal(bytes_text(type->mime), bytes_text("application/x-pem-file"));
}

static struct filter *create_sealed(struct unpack *u) {
    struct seals *pools = unpack_state(u);
    struct sealed *x = pool_take(&pools->filters);
    if (!x) {
        counter_one(COUNTER_SEALED_SHED);
        return NULL;
    }
    *x = (struct sealed){.filter.ops = &sealed_ops, .pools = pools, .unpack = u};
    return &x->filter;
}

static void stop_sealed(void *state) {
    struct seals *s = state;
    if (s) {
        pool_finish(&s->filters);
        pool_finish(&s->looks);
    }
    free(s);
}

static void *start_sealed(size_t objects) {
    struct seals *s = calloc(1, sizeof *s);
    if (s && pool_init(&s->filters, sizeof(struct sealed), objects) &&
        pool_init(&s->looks, sizeof(struct seal), objects / 16 + 16))
        return s;
    stop_sealed(s);
    return NULL;
}

const struct unpacker unpacker_seal = {
    .name = "seal",
    .kind = UNPACK_LOOK,
    .matches = matches_sealed,
    .create = create_sealed,
    .start = start_sealed,
    .stop = stop_sealed,
};
