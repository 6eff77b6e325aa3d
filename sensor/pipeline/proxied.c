/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/proxied.h"

#include "policy/target.h"

enum { SEPARATOR = 2, LEAST = 2 + SEPARATOR, ENTRIES = PROXIED_MAX / LEAST + 1, NAME_MAX_KEPT = 64 };

static bool is_address(struct bytes one) {
    struct target t;
    return target_parse(one, &t) && t.addressed;
}

/* Those before it that are not the same, oldest first. */
static size_t list_others(struct bytes before, struct bytes target, struct bytes out[ENTRIES]) {
    struct bytes one;
    size_t n = 0;
    while (n < ENTRIES && target_next(&before, &one))
        if (one.n > 0 && !bytes_equal(one, target))
            out[n++] = one;
    return n;
}

static size_t drop_oldest(struct bytes *kept, size_t n) {
    size_t drop = 0;
    while (drop < n && is_address(kept[drop]))
        drop++;
    drop = drop < n ? drop : 0;
    memmove(kept + drop, kept + drop + 1, (n - drop - 1) * sizeof *kept);
    return n - 1;
}

static size_t measure_all(const struct bytes *kept, size_t n) {
    size_t octets = 0;
    for (size_t i = 0; i < n; i++)
        octets += kept[i].n + SEPARATOR;
    return octets;
}

struct bytes proxied_add(struct bytes before, struct bytes target, char list[PROXIED_MAX]) {
    struct bytes kept[ENTRIES];
    if (target.n > NAME_MAX_KEPT)
        target = bytes_of(target.p + target.n - NAME_MAX_KEPT, NAME_MAX_KEPT);
    size_t n = list_others(before, target, kept), at = 0;
    while (measure_all(kept, n) + target.n > PROXIED_MAX)
        n = drop_oldest(kept, n);
    for (size_t i = 0; i < n; i++) {
        memcpy(list + at, kept[i].p, kept[i].n);
        memcpy(list + at + kept[i].n, ", ", SEPARATOR);
        at += kept[i].n + SEPARATOR;
    }
    if (target.n)
        memcpy(list + at, target.p, target.n);
    return bytes_of(list, at + target.n);
}
