/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/slots.h"

#include <stdlib.h>
#include <string.h>

bool slots_init(struct examine_slots *s, uint8_t *bytes, size_t size, uint64_t size_max, unsigned slots) {
    *s = (struct examine_slots){.bytes = bytes,
                                .size_max = size_max < size ? size_max : size,
                                .slots = slots < EXAMINE_SLOTS_MAX ? slots : EXAMINE_SLOTS_MAX,
                                .blocks = size / EXAMINE_BLOCK};
    s->taken = calloc(s->blocks + 1, 1);
    return s->taken != NULL;
}

void slots_finish(struct examine_slots *s) {
    for (unsigned i = 0; i < s->slots; i++)
        if (s->slot[i].state != SLOT_FREE)
            slots_close(s, &s->slot[i]);
    free(s->taken);
    s->taken = NULL;
}

static size_t blocks_of(uint64_t n) {
    return n == 0 ? 1 : (size_t)((n + EXAMINE_BLOCK - 1) / EXAMINE_BLOCK);
}

/* The first run of so many free blocks; s->blocks: none. */
static size_t find_run(const struct examine_slots *s, size_t blocks) {
    size_t run = 0;
    for (size_t i = 0; i < s->blocks; i++) {
        run = s->taken[i] ? 0 : run + 1;
        if (run == blocks)
            return i + 1 - blocks;
    }
    return s->blocks;
}

/* A flood of one pair of hosts leaves room for the others. */
static bool is_greedy(const struct examine_slots *s, const struct allowance *payer, size_t blocks) {
    unsigned slots = 0;
    for (unsigned i = 0; payer && i < s->slots; i++) {
        const struct examine_slot *slot = &s->slot[i];
        if (slot->state == SLOT_FREE || slot->payer != payer)
            continue;
        slots++;
        blocks += slot->blocks;
    }
    return slots > 0 && (slots >= (s->slots + 1) / 2 || blocks > s->blocks / 2);
}

struct examine_slot *slots_open(struct examine_slots *s, uint64_t expected, const struct allowance *payer) {
    size_t blocks = blocks_of(expected <= s->size_max ? expected : EXAMINE_BLOCK), first;
    struct examine_slot *slot = s->slot, *end = s->slot + s->slots;
    while (slot < end && slot->state != SLOT_FREE)
        slot++;
    if (slot == end || is_greedy(s, payer, blocks) || (first = find_run(s, blocks)) == s->blocks)
        return NULL;
    *slot = (struct examine_slot){.state = SLOT_GATHERS, .first = first, .blocks = blocks, .payer = payer};
    memset(s->taken + first, 1, blocks);
    return slot;
}

static void clear_run(struct examine_slots *s, size_t first, size_t blocks, size_t n) {
    explicit_bzero(s->bytes + first * EXAMINE_BLOCK, n);
    memset(s->taken + first, 0, blocks);
}

static bool grow_in_place(struct examine_slots *s, struct examine_slot *slot, size_t blocks) {
    size_t end = slot->first + slot->blocks, wanted = slot->first + blocks;
    if (wanted > s->blocks || memchr(s->taken + end, 1, wanted - end))
        return false;
    memset(s->taken + end, 1, wanted - end);
    slot->blocks = blocks;
    return true;
}

static bool move_slot(struct examine_slots *s, struct examine_slot *slot, size_t blocks) {
    size_t first = find_run(s, blocks);
    if (first == s->blocks)
        return false;
    memset(s->taken + first, 1, blocks);
    memcpy(s->bytes + first * EXAMINE_BLOCK, s->bytes + slot->first * EXAMINE_BLOCK, slot->n);
    clear_run(s, slot->first, slot->blocks, slot->n);
    slot->first = first;
    slot->blocks = blocks;
    return true;
}

/* Twice as much, so that what has no announced length is seldom moved; as much as is needed, if that is all.
 */
static bool grow_slot(struct examine_slots *s, struct examine_slot *slot, uint64_t n) {
    size_t needed = blocks_of(n), most = blocks_of(s->size_max),
           twice = slot->blocks * 2 < most ? slot->blocks * 2 : most;
    if (needed <= slot->blocks)
        return true;
    size_t wanted = twice > needed ? twice : needed;
    if (is_greedy(s, slot->payer, wanted - slot->blocks))
        wanted = needed;
    return grow_in_place(s, slot, wanted) || grow_in_place(s, slot, needed) || move_slot(s, slot, wanted) ||
           move_slot(s, slot, needed);
}

bool slots_add(struct examine_slots *s, struct examine_slot *slot, const uint8_t *bytes, size_t n) {
    uint64_t room = s->size_max - slot->n;
    size_t take = n < room ? n : (size_t)room;
    if (!grow_slot(s, slot, slot->n + take)) {
        room = slot->blocks * (uint64_t)EXAMINE_BLOCK - slot->n;
        take = take < room ? take : (size_t)room;
    }
    memcpy(s->bytes + slot->first * EXAMINE_BLOCK + slot->n, bytes, take);
    slot->n += take;
    return take == n;
}

void slots_close(struct examine_slots *s, struct examine_slot *slot) {
    clear_run(s, slot->first, slot->blocks, slot->n);
    *slot = (struct examine_slot){.state = SLOT_FREE};
}

void slots_wipe(const struct examine_slot *slot, uint8_t *bytes, size_t size) {
    size_t first = slot->first, blocks = slot->blocks, all = size / EXAMINE_BLOCK;
    if (first <= all && blocks <= all - first)
        explicit_bzero(bytes + first * EXAMINE_BLOCK, blocks * EXAMINE_BLOCK);
}

struct bytes slots_bytes(const struct examine_slots *s, const struct examine_slot *slot) {
    return bytes_of(s->bytes + slot->first * EXAMINE_BLOCK, slot->n);
}

struct examine_slot *slots_find(struct examine_slots *s, uint64_t object) {
    for (unsigned i = 0; i < s->slots; i++)
        if (s->slot[i].state == SLOT_KEPT && s->slot[i].object == object)
            return &s->slot[i];
    return NULL;
}
