/* SPDX-License-Identifier: Apache-2.0 */
#include "report/ledger/distinct.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

enum { DIGEST = sizeof(uint64_t), ROOM_FIRST = 8 * DIGEST };

_Static_assert(DISTINCT_SET_OCTETS <= UINT16_MAX, "`used` holds it");

void distinct_finish(struct distinct *d) {
    free(d->at);
    *d = (struct distinct){.at = NULL};
}

static size_t count_set(const struct distinct *d) {
    return d->used / DIGEST;
}

/* Where the digest stands or belongs. */
static size_t find_place(const uint64_t *set, size_t n, uint64_t digest) {
    size_t low = 0;
    while (n > 0) {
        size_t half = n / 2;
        if (set[low + half] < digest) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return low;
}

/* Of `n` digests that have room for one more. */
static void insert_digest(uint64_t *set, size_t n, size_t at, uint64_t digest) {
    memmove(set + at + 1, set + at, (n - at) * sizeof *set);
    set[at] = digest;
}

static bool has_room(struct distinct *d) {
    if (d->used + DIGEST <= d->room)
        return true;
    size_t room = d->room ? d->room * 2u : ROOM_FIRST;
    if (room > DISTINCT_SET_OCTETS)
        room = DISTINCT_SET_OCTETS;
    void *wider = realloc(d->at, room);
    if (!wider)
        return false;
    d->at = wider;
    d->room = (uint16_t)room;
    return true;
}

static void fill_registers(const struct distinct *d, uint8_t registers[DISTINCT_REGISTERS]) {
    const uint64_t *set = d->at;
    if (d->estimated) {
        distinct_registers_unpack(d->at, d->used, registers);
        return;
    }
    memset(registers, 0, DISTINCT_REGISTERS);
    for (size_t i = 0; i < count_set(d); i++)
        distinct_registers_add(registers, set[i]);
}

/* A register takes fewer octets than a digest, so it all stays in its place. */
void distinct_estimate(struct distinct *d) {
    uint8_t registers[DISTINCT_REGISTERS], packed[DISTINCT_REGISTERS];
    if (d->estimated || d->used == 0)
        return;
    fill_registers(d, registers);
    d->least = (uint16_t)count_set(d);
    d->used = (uint16_t)distinct_registers_pack(registers, packed);
    memcpy(d->at, packed, d->used);
    d->estimated = true;
    void *less = realloc(d->at, d->used);
    d->at = less ? less : d->at;
    d->room = less ? d->used : d->room;
}

bool distinct_add(struct distinct *d, uint64_t digest) {
    if (d->estimated)
        return distinct_sketch_add(d, digest);
    size_t n = count_set(d), at = find_place(d->at, n, digest);
    uint64_t *set = d->at;
    if (at < n && set[at] == digest)
        return true;
    if (n == DISTINCT_EXACT) {
        distinct_estimate(d);
        d->least = DISTINCT_EXACT + 1;
        return distinct_sketch_add(d, digest);
    }
    if (!has_room(d))
        return false;
    insert_digest(d->at, n, at, digest);
    d->used += DIGEST;
    return true;
}

static bool take_registers(struct distinct *d, const uint8_t registers[DISTINCT_REGISTERS], unsigned least) {
    uint8_t packed[DISTINCT_REGISTERS];
    size_t n = distinct_registers_pack(registers, packed);
    void *room = n > d->room ? realloc(d->at, n) : d->at;
    if (!room)
        return false;
    d->room = n > d->room ? (uint16_t)n : d->room;
    d->at = room;
    memcpy(d->at, packed, n);
    d->used = (uint16_t)n;
    d->estimated = true;
    d->least = (uint16_t)(least > DISTINCT_EXACT + 1 ? DISTINCT_EXACT + 1 : least);
    return true;
}

bool distinct_merge(struct distinct *into, const struct distinct *from) {
    uint8_t registers[DISTINCT_REGISTERS], more[DISTINCT_REGISTERS];
    const uint64_t *set = from->at;
    bool all = true;
    if (!from->estimated) {
        for (size_t i = 0; i < count_set(from); i++)
            all &= distinct_add(into, set[i]);
        return all;
    }
    size_t least = into->estimated ? into->least : count_set(into);
    fill_registers(into, registers);
    fill_registers(from, more);
    distinct_registers_merge(registers, more);
    return take_registers(into, registers, least > from->least ? (unsigned)least : from->least);
}

uint64_t distinct_count(const struct distinct *d) {
    uint8_t registers[DISTINCT_REGISTERS];
    if (!d->estimated)
        return count_set(d);
    fill_registers(d, registers);
    uint64_t n = distinct_registers_count(registers);
    return n > d->least ? n : d->least;
}

size_t distinct_digests(const struct distinct *d, const uint64_t **out) {
    *out = d->at;
    return d->estimated ? 0 : count_set(d);
}

/* --- stored --- */

size_t distinct_pack_set(const struct distinct *d, uint8_t out[DISTINCT_SET_OCTETS]) {
    const uint64_t *set = d->at;
    if (d->estimated)
        return 0;
    for (size_t i = 0; i < d->used; i++)
        out[i] = (uint8_t)(set[i / DIGEST] >> i % DIGEST * 8);
    return d->used;
}

size_t distinct_pack_registers(const struct distinct *d, uint8_t out[DISTINCT_REGISTERS]) {
    uint8_t registers[DISTINCT_REGISTERS];
    fill_registers(d, registers);
    return distinct_registers_pack(registers, out);
}

static bool load_set(struct distinct *d, const uint8_t *stored, size_t n) {
    uint64_t digest = 0, before = 0;
    if (n > DISTINCT_SET_OCTETS || n % DIGEST)
        return false;
    for (size_t i = 0; i < n; i++) {
        digest = digest >> 8 | (uint64_t)stored[i] << 56;
        if (i % DIGEST != DIGEST - 1)
            continue;
        if ((i >= DIGEST && digest <= before) || !distinct_add(d, digest)) {
            distinct_finish(d);
            return false;
        }
        before = digest;
    }
    return true;
}

bool distinct_load(struct distinct *d, const struct distinct_stored *from) {
    uint8_t registers[DISTINCT_REGISTERS];
    if (from->set_octets)
        return load_set(d, from->set, from->set_octets);
    if (from->register_octets == 0)
        return true;
    return distinct_registers_unpack(from->registers, from->register_octets, registers) &&
           take_registers(d, registers, from->least < UINT16_MAX ? (unsigned)from->least : UINT16_MAX);
}

/* --- several --- */

static void spill_set(struct distinct_union *u) {
    for (uint32_t i = 0; i < u->count; i++)
        distinct_registers_add(u->registers, u->set[i]);
}

static void join_digest(struct distinct_union *u, uint64_t digest) {
    size_t at = u->over ? 0 : find_place(u->set, u->count, digest);
    if (!u->over && at < u->count && u->set[at] == digest)
        return;
    if (!u->over && u->count == DISTINCT_EXACT) {
        u->over = true;
        spill_set(u);
    }
    if (u->over)
        distinct_registers_add(u->registers, digest);
    else
        insert_digest(u->set, u->count++, at, digest);
}

void distinct_union_add(struct distinct_union *u, const struct distinct *d) {
    uint8_t registers[DISTINCT_REGISTERS];
    const uint64_t *set = d->at;
    for (size_t i = 0; !d->estimated && i < count_set(d); i++)
        join_digest(u, set[i]);
    if (!d->estimated)
        return;
    fill_registers(d, registers);
    distinct_registers_merge(u->registers, registers);
    u->estimated = true;
    u->least = d->least > u->least ? d->least : u->least;
}

uint64_t distinct_union_count(struct distinct_union *u) {
    if (!u->over && !u->estimated)
        return u->count;
    if (!u->over)
        spill_set(u);
    uint64_t n = distinct_registers_count(u->registers);
    uint64_t least = u->over ? DISTINCT_EXACT + 1 : u->count;
    least = u->least > least ? u->least : least;
    return n > least ? n : least;
}
