/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/overlaps.h"

#include "policy/policy.h"

#include <stdio.h>

enum { WHERE_MAX = 320 };

static enum place_kind kind_of(const struct network_entry *e) {
    return (enum place_kind)(e->value >> PLACE_KIND_SHIFT);
}

static const char *key_of(const struct network_entry *e) {
    return kind_of(e) == PLACE_INTERNAL ? "internal-networks" : "prefixes";
}

/* "partner Acme Towing (gantry.yaml:12)" */
static const char *describe_owner(const struct network_entry *e, char out[WHERE_MAX]) {
    static const char *const words[] = {[PLACE_IMAGE] = "image network ",
                                        [PLACE_INTERNAL] = "internal-networks",
                                        [PLACE_PARTNER] = "partner "};
    snprintf(out, WHERE_MAX, "%s%s (%.200s:%d)", words[kind_of(e)], e->owner ? e->owner : "", e->file,
             e->line);
    return out;
}

/* a is before b in the file, or in another. */
static void tell_same(const struct network_entry *a, const struct network_entry *b,
                      struct problems *problems) {
    char prefix[ADDRESS_TEXT_MAX + 4], first[WHERE_MAX], second[WHERE_MAX];
    prefix_format(&b->prefix, prefix);
    if (a->value == b->value)
        problem_warning(problems, b->file, b->line, "%s: %s is given twice, first in %s:%d; remove one",
                        key_of(b), prefix, a->file, a->line);
    else
        problem_error(problems, b->file, b->line,
                      "%s: %s is given to %s and to %s; remove it from one of them", key_of(b), prefix,
                      describe_owner(a, first), describe_owner(b, second));
}

static void tell_inside(const struct network_entry *outer, const struct network_entry *inner,
                        struct problems *problems) {
    char prefix[ADDRESS_TEXT_MAX + 4], around[ADDRESS_TEXT_MAX + 4], first[WHERE_MAX], second[WHERE_MAX];
    prefix_format(&inner->prefix, prefix);
    prefix_format(&outer->prefix, around);
    if (kind_of(outer) == PLACE_PARTNER)
        problem_error(
            problems, inner->file, inner->line,
            "%s: overlapping partners: %s of %s lies inside %s of %s; leave the addresses to one of them, "
            "splitting the wider prefix if need be",
            key_of(inner), prefix, describe_owner(inner, first), around, describe_owner(outer, second));
    else
        problem_warning(
            problems, inner->file, inner->line,
            "%s: %s of %s lies inside %s of %s: what goes there counts as leaving the image network; "
            "remove it unless the partner's machines stand there",
            key_of(inner), prefix, describe_owner(inner, first), around, describe_owner(outer, second));
}

/* The enclosing prefixes of the current one, widest first: at most one of each length. */
struct nesting {
    const struct network_entry *around[129];
    unsigned depth;
};

static void check_nesting(struct nesting *nest, const struct network_entry *e, struct problems *problems) {
    while (nest->depth &&
           (!prefix_contains(&nest->around[nest->depth - 1]->prefix, &e->prefix.base) ||
            address_is_v4(&nest->around[nest->depth - 1]->prefix.base) != address_is_v4(&e->prefix.base)))
        nest->depth--;
    const struct network_entry *partner = NULL;
    for (unsigned i = nest->depth; i-- > 0 && !partner;)
        if (kind_of(nest->around[i]) == PLACE_PARTNER)
            partner = nest->around[i];
    const struct network_entry *next = nest->depth ? nest->around[nest->depth - 1] : NULL;
    if (kind_of(e) == PLACE_PARTNER && partner && partner->value != e->value)
        tell_inside(partner, e, problems);
    else if (kind_of(e) == PLACE_PARTNER && next && kind_of(next) == PLACE_IMAGE)
        tell_inside(next, e, problems);
    nest->around[nest->depth++] = e;
}

static bool same_prefix(const struct network_entry *a, const struct network_entry *b) {
    return a->prefix.length == b->prefix.length && address_equal(&a->prefix.base, &b->prefix.base);
}

size_t overlaps_check(struct network_entry *entries, size_t n, struct problems *problems) {
    struct nesting nest = {.depth = 0};
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept && same_prefix(&entries[kept - 1], &entries[i])) {
            tell_same(&entries[kept - 1], &entries[i], problems);
            continue;
        }
        entries[kept] = entries[i];
        check_nesting(&nest, &entries[kept], problems);
        kept++;
    }
    return kept;
}
