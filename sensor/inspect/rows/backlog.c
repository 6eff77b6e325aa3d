/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/table.h"

/* Values of columns on which there is no verdict yet. */

void backlog_begin(struct row_judge *j, struct suspect *s) {
    s->owner = ++j->owners;
    s->behind = s->lost = false;
}

/* Whoever owned it, if there is no verdict on that column yet, has not all of its values. */
static void note_lost(struct row_judge *j, uint32_t owner) {
    for (unsigned i = 0; i < SUSPECTS; i++)
        if (j->suspect[i].owner == owner)
            j->suspect[i].lost = true;
}

void backlog_keep(struct row_judge *j, struct suspect *s, const uint8_t *sign, size_t n) {
    struct backlog_value *v = &j->backlog.value[j->behind % BACKLOG_KEPT];
    if (j->behind >= BACKLOG_KEPT)
        note_lost(j, v->owner);
    j->behind++;
    v->owner = s->owner;
    v->n = (uint8_t)n;
    memcpy(v->sign, sign, n);
    s->behind = true;
}

void backlog_hand_on(struct row_judge *j, struct suspect *s) {
    uint32_t oldest = j->behind > BACKLOG_KEPT ? j->behind - BACKLOG_KEPT : 0;
    for (uint32_t at = oldest; s->behind && at != j->behind; at++) {
        const struct backlog_value *v = &j->backlog.value[at % BACKLOG_KEPT];
        if (v->owner == s->owner)
            suspect_hand_on(j, s, v->sign, v->n);
    }
    s->behind = false;
}
