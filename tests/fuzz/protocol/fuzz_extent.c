/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/extent/format.h"

#include <stdlib.h>

/* Any octets, in chunks of the size that the first one says. Whatever begins: what belongs to it are octets
 * of the input in their order, and how they are cut changes nothing. The corpus has a seed of each format in
 * the list of extent/formats.c, and one of tar. */

struct told {
    const uint8_t *from;
    size_t n;
};

static void tell(void *context, struct bytes octets) {
    struct told *t = context;
    if (octets.n == 0 || memcmp(t->from + t->n, octets.p, octets.n) != 0)
        abort();
    t->n += octets.n;
}

static enum extent_result walk(const struct extent_format *format, struct bytes in, size_t split, size_t *n) {
    struct extent *e = extent_create(format, NULL);
    struct told told = {.from = in.p};
    enum extent_result result = EXTENT_MORE;
    struct bytes rest;
    while (e && in.n > 0 && result == EXTENT_MORE) {
        size_t take = in.n < split ? in.n : split;
        uint8_t *exact = malloc(take);
        memcpy(exact, in.p, take);
        result = extent_feed(e, bytes_of(exact, take), &rest, tell, &told);
        if (rest.n > take || extent_again(e).n > EXTENT_HEADER_MAX)
            abort();
        free(exact);
        in = bytes_of(in.p + take, in.n - take);
    }
    extent_destroy(e);
    *n = told.n;
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct extent_format *format;
    size_t at, one, other;
    if (size < 1)
        return 0;
    struct bytes all = bytes_of(data + 1, size - 1);
    at = extent_find(all, &format);
    if (at > all.n || (at < all.n) != (format != NULL))
        abort();
    const struct extent_format *first = extent_of_first(all);
    if (first) {
        format = first;
        at = 0;
    }
    if (!format)
        return 0;
    struct bytes in = bytes_of(all.p + at, all.n - at);
    enum extent_result a = walk(format, in, 1u + data[0], &one), b = walk(format, in, in.n, &other);
    if (a != b || (a == EXTENT_ENDED && one != other))
        abort();
    return 0;
}
