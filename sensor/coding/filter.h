/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CODING_FILTER_H
#define GANTRY_CODING_FILTER_H

#include "base/bytes.h"
#include "transfer/transfer_end.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes run through a chain of push filters. A coding passes on what it decoded; the last filter of a chain
 * is that of whoever wants the bytes. A filter takes any chunk size. */

struct filter;

struct filter_ops {
    /* `bytes` are lent for the call; n > 0. */
    void (*data)(struct filter *f, const uint8_t *bytes, size_t n);
    /* `n` > 0 bytes are missing here. */
    void (*gap)(struct filter *f, uint64_t n);
    /* Ends the filters behind this one, then frees this one. */
    void (*end)(struct filter *f, enum transfer_end how);
    /* A bound keeps some of what was sent from going on here; the end still comes. NULL: the next one is
     * told. */
    void (*bounded)(struct filter *f);
    /* The body holds files one behind another, each with a name of its own (n == 0: it has none): the next
     * one begins. NULL: they are one. */
    void (*member)(struct filter *f, struct bytes name);
    /* The bound that was met, in small letters and hyphens: the object's record has it. NULL: the next one is
     * told. */
    void (*name_bound)(struct filter *f, const char *bound);
    /* Codings only, others NULL. Frees this filter alone, which has seen no bytes, and returns the next one.
     */
    struct filter *(*peel)(struct filter *f);
};

struct filter {
    const struct filter_ops *ops;
    struct filter *next; /* NULL at the end of the chain */
};

static inline void filter_data(struct filter *f, const uint8_t *bytes, size_t n) {
    f->ops->data(f, bytes, n);
}

static inline void filter_gap(struct filter *f, uint64_t n) {
    f->ops->gap(f, n);
}

static inline void filter_end(struct filter *f, enum transfer_end how) {
    f->ops->end(f, how);
}

static inline void filter_bounded(struct filter *f) {
    while (f && !f->ops->bounded)
        f = f->next;
    if (f)
        f->ops->bounded(f);
}

static inline void filter_name_bound(struct filter *f, const char *bound) {
    while (f && !f->ops->name_bound)
        f = f->next;
    if (f)
        f->ops->name_bound(f, bound);
}

/* Frees the codings at the head of a chain that has seen no bytes; returns what stands behind them. */
static inline struct filter *filter_peel(struct filter *f) {
    while (f->ops->peel)
        f = f->ops->peel(f);
    return f;
}

#endif
