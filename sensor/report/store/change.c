/* SPDX-License-Identifier: Apache-2.0 */
#include "report/store/change.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 64 };

void change_mark(struct changes *list, struct change *c) {
    if (c->marked || !list->kept)
        return;
    c->marked = true;
    c->previous = NULL;
    c->next = list->first;
    if (c->next)
        c->next->previous = c;
    list->first = c;
}

void change_unmark(struct changes *list, struct change *c) {
    if (!c->marked)
        return;
    *(c->previous ? &c->previous->next : &list->first) = c->next;
    if (c->next)
        c->next->previous = c->previous;
    c->marked = false;
}

struct change *change_take(struct changes *list) {
    struct change *c = list->first;
    if (c)
        change_unmark(list, c);
    return c;
}

bool gone_note(struct gone *g, const void *key, size_t size) {
    if (g->count == g->room) {
        size_t more = g->room ? g->room * 2 : ROOM_FIRST;
        void *wider = reallocarray(g->keys, more, size);
        if (!wider)
            return false;
        g->keys = wider;
        g->room = more;
    }
    memcpy((char *)g->keys + g->count++ * size, key, size);
    return true;
}

void gone_finish(struct gone *g) {
    free(g->keys);
    *g = (struct gone){.keys = NULL};
}
