/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_EXTENT_H
#define GANTRY_PROTOCOL_EXTENT_H

#include "base/allowance.h"
#include "base/bytes.h"

/* Where a thing begins among other bytes, and where it ends, by its own structure: pictures, archives,
 * documents. It is walked step by step over chunks of any size; nothing is copied but a header. How a format
 * is described stands in extent/format.h. */

enum {
    EXTENT_FIRST = 48,       /* octets that a beginning is judged by, at most */
    EXTENT_HEADER_MAX = 512, /* octets that a format may ask for at once */
    EXTENT_STATE_MAX = 192,  /* octets that a format may keep between two headers */
};

struct extent;
struct extent_format;

enum extent_result {
    EXTENT_MORE,
    EXTENT_ENDED,   /* its last octet was seen */
    EXTENT_BROKEN,  /* it does not follow its format */
    EXTENT_ENDLESS, /* its structure does not say where it ends; everything belongs to it from here on */
};

/* Where in `in` something begins, with its format; in.n if nothing does. What begins too near the end to tell
 * is found when the last EXTENT_FIRST octets come again before the next ones. Of each KiB only so many places
 * are looked at that may be a beginning (counted where there are more). */
size_t extent_find(struct bytes in, const struct extent_format **format);

/* What begins with a side's first octets, and cannot be found elsewhere; NULL: nothing does. */
const struct extent_format *extent_of_first(struct bytes first);

/* One walk; NULL: no memory. `payer` pays for what must be decoded; NULL: nobody does. */
struct extent *extent_create(const struct extent_format *format, struct allowance *payer);
void extent_destroy(struct extent *e); /* accepts NULL */

/* Gets the octets that belong to it, as soon as that is certain, in order. */
typedef void extent_out(void *context, struct bytes octets);
/* The next octets, from its first one on. *rest: of them, those behind its end, or that were not looked at.
 */
enum extent_result extent_feed(struct extent *e, struct bytes in, struct bytes *rest, extent_out *out,
                               void *context);
/* Octets before *rest that were not told, or that it broke at, in which something else may begin; those of
 * EXTENT_BROKEN may belong to it, too. In `e`. */
struct bytes extent_again(const struct extent *e);
/* `n` octets are missing. False: nobody knows where in the thing its next ones stand. */
bool extent_gap(struct extent *e, uint64_t n);
/* Octets of it so far. */
uint64_t extent_size(const struct extent *e);
bool extent_is_endless(const struct extent *e);
/* Nobody knows where it ends, from here on. Octets that were not told, and now belong to it; in `e`. */
struct bytes extent_forget_end(struct extent *e);
/* It is whole if nothing more comes. */
bool extent_may_end(const struct extent *e);

#endif
