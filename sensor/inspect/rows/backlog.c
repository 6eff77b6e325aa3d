/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/table.h"

/* Values of columns on which there is no verdict yet. */

enum { BASE = 37 /* ten digits, 26 letters, and none: twelve signs are a number of 63 bits */ };

static uint64_t pack_signs(const uint8_t *sign, size_t n) {
    uint64_t out = 0;
    for (size_t i = 0; i < n; i++)
        out = out * BASE + 1 + (uint64_t)(sign[i] <= '9' ? sign[i] - '0' : sign[i] - 'A' + 10);
    return out;
}

/* The signs stand at the end of `room`; how many they are. */
static size_t unpack_signs(uint64_t value, uint8_t room[CELL_SIGNS]) {
    size_t n = 0;
    for (; value > 0 && n < CELL_SIGNS; value /= BASE) {
        unsigned sign = (unsigned)(value % BASE) - 1;
        room[CELL_SIGNS - ++n] = (uint8_t)(sign < 10 ? '0' + sign : 'A' + sign - 10);
    }
    return n;
}

void backlog_begin(struct row_judge *j, struct suspect *s) {
    s->owner = ++j->owners;
    s->behind = s->lost = false;
}

/* Whoever owned it, if there is no verdict on that column yet, has not all of its values. */
static void note_lost(struct row_judge *j, uint16_t owner) {
    for (unsigned i = 0; i < SUSPECTS; i++)
        if (j->suspect[i].owner == owner)
            j->suspect[i].lost = true;
}

void backlog_keep(struct row_judge *j, struct suspect *s, const uint8_t *sign, size_t n) {
    uint32_t at = j->behind % BACKLOG_KEPT;
    if (j->behind >= BACKLOG_KEPT)
        note_lost(j, j->backlog.owner[at]);
    j->behind++;
    j->backlog.owner[at] = s->owner;
    j->backlog.value[at] = pack_signs(sign, n);
    s->behind = true;
}

void backlog_hand_on(struct row_judge *j, struct suspect *s) {
    uint32_t oldest = j->behind > BACKLOG_KEPT ? j->behind - BACKLOG_KEPT : 0;
    uint8_t room[CELL_SIGNS];
    for (uint32_t at = oldest; s->behind && at != j->behind; at++) {
        if (j->backlog.owner[at % BACKLOG_KEPT] != s->owner)
            continue;
        size_t n = unpack_signs(j->backlog.value[at % BACKLOG_KEPT], room);
        suspect_hand_on(j, s, room + CELL_SIGNS - n, n);
    }
    s->behind = false;
}
