/* SPDX-License-Identifier: Apache-2.0 */
#include "report/ledger/distinct.h"

#include <stdlib.h>
#include <string.h>

enum { ENTRY = 3, ROOM_FIRST = 16 * ENTRY };

static bool widen_room(struct distinct *s, size_t room) {
    void *wider = realloc(s->at, room);
    if (!wider)
        return false;
    s->at = wider;
    s->room = (uint16_t)room;
    return true;
}

/* From single entries to all registers. */
static bool spread_registers(struct distinct *s) {
    uint8_t all[DISTINCT_REGISTERS];
    if (!distinct_registers_unpack(s->at, s->used, all) || !widen_room(s, DISTINCT_REGISTERS))
        return false;
    memcpy(s->at, all, sizeof all);
    s->used = DISTINCT_REGISTERS;
    return true;
}

static bool append_register(struct distinct *s, size_t place, uint8_t rank) {
    if (s->used + ENTRY >= DISTINCT_REGISTERS) { /* that size means all of them */
        if (!spread_registers(s))
            return false;
        ((uint8_t *)s->at)[place] = rank;
        return true;
    }
    size_t room = s->room < ROOM_FIRST ? ROOM_FIRST : s->room * 2u;
    if (s->used + ENTRY > s->room && !widen_room(s, room < DISTINCT_REGISTERS ? room : DISTINCT_REGISTERS))
        return false;
    uint8_t *at = (uint8_t *)s->at + s->used;
    at[0] = (uint8_t)place;
    at[1] = (uint8_t)(place >> 8);
    at[2] = rank;
    s->used += ENTRY;
    return true;
}

bool distinct_sketch_add(struct distinct *s, uint64_t digest) {
    uint8_t rank;
    size_t place = distinct_place(digest, &rank);
    uint8_t *at = s->at;
    if (s->used == DISTINCT_REGISTERS) {
        at[place] = rank > at[place] ? rank : at[place];
        return true;
    }
    for (size_t i = 0; i < s->used; i += ENTRY)
        if ((at[i] | (size_t)at[i + 1] << 8) == place) {
            at[i + 2] = rank > at[i + 2] ? rank : at[i + 2];
            return true;
        }
    return append_register(s, place, rank);
}
