/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/value_set.h"

static uint32_t slots_for(uint32_t most) {
    uint32_t slots = 16;
    while (slots < most * 2)
        slots *= 2;
    return slots;
}

size_t value_set_size(uint32_t most) {
    return sizeof(struct value_set) + most * sizeof(uint64_t) + slots_for(most) * sizeof(uint32_t);
}

static uint32_t *table_of(struct value_set *s) {
    return (uint32_t *)(void *)(s->values + s->most);
}

void value_set_init(struct value_set *s, uint32_t most) {
    s->count = 0;
    s->most = most;
    s->slots = slots_for(most);
    memset(table_of(s), 0, s->slots * sizeof(uint32_t));
}

/* The slot of this digest, or the free one in which it belongs. The table is at most half full, so a free
 * slot ends the walk; digests are keyed, so nobody makes it long. */
static uint32_t find_slot(const struct value_set *s, const uint32_t *table, uint64_t digest) {
    uint32_t at = (uint32_t)digest & (s->slots - 1);
    while (table[at] && s->values[table[at] - 1] != digest)
        at = (at + 1) & (s->slots - 1);
    return at;
}

bool value_set_add(struct value_set *s, uint64_t digest) {
    uint32_t *table = table_of(s), at = find_slot(s, table, digest);
    if (table[at] || value_set_full(s))
        return false;
    s->values[s->count++] = digest;
    table[at] = s->count;
    return true;
}

bool value_set_has(const struct value_set *s, uint64_t digest) {
    const uint32_t *table = (const uint32_t *)(const void *)(s->values + s->most);
    return table[find_slot(s, table, digest)] != 0;
}

void value_set_copy(struct value_set *to, const struct value_set *from) {
    for (uint32_t i = 0; i < from->count; i++)
        value_set_add(to, from->values[i]);
}

size_t value_normalise(struct bytes value, uint8_t out[VALUE_MAX]) {
    size_t n = 0;
    for (size_t i = 0; i < value.n && n < VALUE_MAX; i++) {
        uint8_t c = value.p[i];
        if (c == ' ' || c == '-' || (c >= '\t' && c <= '\r'))
            continue;
        out[n++] = c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
    }
    return n;
}

static char make_printable(uint8_t c) {
    return c > ' ' && c < 0x7f ? (char)c : '?';
}

void value_redact(struct bytes v, char out[8]) {
    size_t shown = v.n >= 6 ? 2 : v.n >= 4 ? 1 : 0, n = 0;
    for (size_t i = 0; i < shown; i++)
        out[n++] = make_printable(v.p[i]);
    for (int i = 0; i < 3; i++)
        out[n++] = '*';
    for (size_t i = 0; i < shown; i++)
        out[n++] = make_printable(v.p[v.n - shown + i]);
    out[n] = 0;
}
