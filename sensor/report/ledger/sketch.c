/* SPDX-License-Identifier: Apache-2.0 */
#include "report/ledger/distinct.h"

#include <stdlib.h>
#include <string.h>

enum { ENTRY = 3, ROOM_FIRST = 16 * ENTRY };

static bool widen_room(struct sketch *s, size_t room) {
    uint8_t *wider = realloc(s->at, room);
    if (!wider)
        return false;
    s->at = wider;
    s->room = (uint16_t)room;
    return true;
}

/* From single entries to all registers. */
static bool spread_registers(struct sketch *s) {
    uint8_t all[DISTINCT_REGISTERS];
    if (!distinct_registers_unpack(s->at, s->used, all) || !widen_room(s, DISTINCT_REGISTERS))
        return false;
    memcpy(s->at, all, sizeof all);
    s->used = DISTINCT_REGISTERS;
    return true;
}

static bool append_register(struct sketch *s, size_t place, uint8_t rank) {
    if (s->used + ENTRY >= DISTINCT_REGISTERS) { /* that size means all of them */
        if (!spread_registers(s))
            return false;
        s->at[place] = rank;
        return true;
    }
    size_t room = s->room ? s->room * 2u : ROOM_FIRST;
    if (s->used + ENTRY > s->room && !widen_room(s, room < DISTINCT_REGISTERS ? room : DISTINCT_REGISTERS))
        return false;
    s->at[s->used++] = (uint8_t)place;
    s->at[s->used++] = (uint8_t)(place >> 8);
    s->at[s->used++] = rank;
    return true;
}

bool sketch_add(struct sketch *s, uint64_t digest) {
    uint8_t rank;
    size_t place = distinct_place(digest, &rank);
    if (s->used == DISTINCT_REGISTERS) {
        s->at[place] = rank > s->at[place] ? rank : s->at[place];
        return true;
    }
    for (size_t i = 0; i < s->used; i += ENTRY)
        if ((s->at[i] | (size_t)s->at[i + 1] << 8) == place) {
            s->at[i + 2] = rank > s->at[i + 2] ? rank : s->at[i + 2];
            return true;
        }
    return append_register(s, place, rank);
}

void sketch_merge_into(const struct sketch *s, uint8_t registers[DISTINCT_REGISTERS]) {
    uint8_t mine[DISTINCT_REGISTERS];
    if (s->used && distinct_registers_unpack(s->at, s->used, mine))
        distinct_registers_merge(registers, mine);
}

bool sketch_load(struct sketch *s, const uint8_t *packed, size_t n) {
    uint8_t checked[DISTINCT_REGISTERS];
    if (n > DISTINCT_REGISTERS || !distinct_registers_unpack(packed, n, checked) || (n && !widen_room(s, n)))
        return false;
    if (n)
        memcpy(s->at, packed, n);
    s->used = (uint16_t)n;
    return true;
}

void sketch_finish(struct sketch *s) {
    free(s->at);
    *s = (struct sketch){.at = NULL};
}
