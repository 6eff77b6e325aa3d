/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/smb_session.h"

#include "protocol/memory.h"

enum { SETS_FIRST = 4, SETS_MAX = 512 };

static uint32_t set_of(const struct smb_waiting *w, uint64_t message) {
    return (uint32_t)((message * UINT64_C(0x9e3779b97f4a7c15)) >> 40) & (w->sets - 1);
}

static struct smb_request *room_in(struct smb_waiting *w, uint64_t message) {
    struct smb_request *set = w->slot + set_of(w, message) * SMB_WAIT_SET;
    for (int i = 0; i < SMB_WAIT_SET; i++)
        if (!set[i].used || set[i].message == message)
            return &set[i];
    return NULL;
}

static struct smb_request *oldest_in(struct smb_waiting *w, uint64_t message) {
    struct smb_request *set = w->slot + set_of(w, message) * SMB_WAIT_SET, *oldest = set;
    for (int i = 1; i < SMB_WAIT_SET; i++)
        if (w->age - set[i].age > w->age - oldest->age)
            oldest = &set[i];
    return oldest;
}

/* Nobody waits for it any more. */
static void drop_request(struct smb_request *r) {
    if (!r->used)
        return;
    smb_known_unpin(r->about);
    r->used = false;
}

/* Where few wait, numbers that meet on purpose are not worth more room. */
static bool is_half_full(const struct smb_waiting *w) {
    return 2 * w->used >= w->sets * SMB_WAIT_SET;
}

/* To four times as many; what finds no room there is forgotten. */
static bool grow_waiting(struct smb_waiting *w) {
    struct smb_waiting more = {.sets = w->sets ? 4 * w->sets : SETS_FIRST, .age = w->age, .used = w->used};
    if (more.sets > SETS_MAX)
        return false;
    more.slot = protocol_alloc(PROTOCOL_STATE, (size_t)more.sets * SMB_WAIT_SET * sizeof *more.slot);
    if (!more.slot)
        return false;
    for (uint32_t i = 0; i < w->sets * SMB_WAIT_SET; i++) {
        struct smb_request *old = &w->slot[i], *room = old->used ? room_in(&more, old->message) : NULL;
        if (room)
            *room = *old;
        else if (old->used) {
            drop_request(old);
            more.used--;
        }
    }
    protocol_free(w->slot);
    *w = more;
    return true;
}

void smb_wait_add(struct smb_waiting *w, const struct smb_request *r) {
    struct smb_request *room = w->sets ? room_in(w, r->message) : NULL;
    while (!room && is_half_full(w) && grow_waiting(w))
        room = room_in(w, r->message);
    if (!room && w->sets) {
        counter_one(COUNTER_SMB_UNANSWERED);
        room = oldest_in(w, r->message);
    }
    if (!room) {
        counter_one(COUNTER_SMB_NO_MEMORY);
        return;
    }
    w->used += !room->used;
    drop_request(room);
    *room = *r;
    room->used = true;
    room->age = ++w->age;
    smb_known_pin(room->about);
}

bool smb_wait_take(struct smb_waiting *w, uint64_t message, struct smb_request *out) {
    struct smb_request *set = w->sets ? w->slot + set_of(w, message) * SMB_WAIT_SET : NULL;
    for (int i = 0; set && i < SMB_WAIT_SET; i++)
        if (set[i].used && set[i].message == message) {
            *out = set[i];
            set[i].used = false;
            w->used--;
            return true;
        }
    return false;
}

void smb_wait_finish(struct smb_waiting *w) {
    for (uint32_t i = 0; i < w->sets * SMB_WAIT_SET; i++)
        drop_request(&w->slot[i]);
    protocol_free(w->slot);
    *w = (struct smb_waiting){NULL, 0, 0, 0};
}
