/* SPDX-License-Identifier: Apache-2.0 */
#include "report/hosts/host_line.h"

#include <stdlib.h>

/* A heap: none is later than those at twice its place and one or two beyond. */
enum { ROOM_FIRST = 256 };

static bool is_before(const struct host_sighting *a, const struct host_sighting *b) {
    return a->time != b->time ? a->time < b->time : a->number < b->number;
}

static void swap_sightings(struct host_sighting *a, struct host_sighting *b) {
    struct host_sighting c = *a;
    *a = *b;
    *b = c;
}

bool host_queue_put(struct host_queue *q, const struct host_sighting *s) {
    if (q->count == q->room) {
        size_t more = q->room ? q->room * 2 : ROOM_FIRST;
        struct host_sighting *wider =
            more <= HOST_QUEUE_MAX ? reallocarray(q->items, more, sizeof *wider) : NULL;
        if (!wider)
            return false;
        q->items = wider;
        q->room = more;
    }
    size_t at = q->count++;
    q->items[at] = *s;
    q->items[at].number = ++q->serial;
    for (; at > 0 && is_before(&q->items[at], &q->items[(at - 1) / 2]); at = (at - 1) / 2)
        swap_sightings(&q->items[at], &q->items[(at - 1) / 2]);
    return true;
}

bool host_queue_take(struct host_queue *q, time_ns before, struct host_sighting *out) {
    if (q->count == 0 || q->items[0].time >= before)
        return false;
    *out = q->items[0];
    q->items[0] = q->items[--q->count];
    for (size_t at = 0, next; (next = 2 * at + 1) < q->count; at = next) {
        next += next + 1 < q->count && is_before(&q->items[next + 1], &q->items[next]);
        if (!is_before(&q->items[next], &q->items[at]))
            break;
        swap_sightings(&q->items[at], &q->items[next]);
    }
    return true;
}

void host_queue_finish(struct host_queue *q) {
    free(q->items);
    *q = (struct host_queue){.items = NULL};
}
