/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/facts.h"

#include "base/counter.h"
#include "base/utf8.h"

enum { A = FACT_IN_ALERT, T = FACT_IN_TRANSFER, F = FACT_IN_FLOW };
enum { OURS, WIRE };
enum { PLAIN, PLATES };
enum { KEPT, GIVEN };

const struct fact_row fact_rows[FACT_COUNT] = {
#define FACT(id, ecs, brief, longest, shown, rank, origin, covered, children, matched)                       \
    [FACT_##id] = {ecs, brief, longest, shown, rank, origin, covered, children, FACT_SCOPE_##matched},
    FACT_TABLE
#undef FACT
};

enum {
    SHORT_ROOM = 192, /* octets that hold what most transfers say */
    LONG_ROOM = 0
#define FACT(id, ecs, brief, longest, ...) +longest
    FACT_TABLE
#undef FACT
};
_Static_assert(LONG_ROOM <= UINT16_MAX, "offsets have 16 bits");

struct facts {
    unsigned references;
    uint16_t used;
    struct {
        uint16_t at, n;
    } text[FACT_COUNT];
    struct facts *parent;
    uint8_t *room; /* the texts, one behind the other: `near`, or LONG_ROOM octets of the pool's */
    uint8_t near[SHORT_ROOM];
};

bool fact_pool_init(struct fact_pool *p, size_t holders, size_t rooms) {
    return pool_init(&p->holders, sizeof(struct facts), holders) && pool_init(&p->rooms, LONG_ROOM, rooms);
}

void fact_pool_finish(struct fact_pool *p) {
    pool_finish(&p->holders);
    pool_finish(&p->rooms);
}

size_t fact_holder_size(void) {
    return sizeof(struct facts);
}

size_t fact_room_size(void) {
    return LONG_ROOM;
}

struct facts *facts_create(struct fact_pool *p, struct facts *parent) {
    struct facts *f = pool_take(&p->holders);
    if (!f)
        return NULL;
    memset(f, 0, offsetof(struct facts, near));
    f->references = 1;
    f->parent = parent;
    f->room = f->near;
    facts_retain(parent);
    return f;
}

void facts_retain(struct facts *f) {
    if (f)
        f->references++;
}

void facts_release(struct fact_pool *p, struct facts *f) {
    while (f && --f->references == 0) {
        struct facts *parent = f->parent;
        if (f->room != f->near)
            pool_give(&p->rooms, f->room);
        pool_give(&p->holders, f);
        f = parent;
    }
}

struct bytes facts_own(const struct facts *f, enum fact which) {
    return f ? bytes_of(f->room + f->text[which].at, f->text[which].n) : bytes_of(NULL, 0);
}

struct bytes facts_get(const struct facts *f, enum fact which) {
    struct bytes own = facts_own(f, which);
    for (; f && own.n == 0 && fact_rows[which].given; f = f->parent)
        own = facts_own(f->parent, which);
    return own;
}

static void remove_text(struct facts *f, enum fact which) {
    uint16_t n = f->text[which].n, at = f->text[which].at;
    if (n == 0)
        return;
    memmove(f->room + at, f->room + at + n, (size_t)(f->used - at - n));
    for (unsigned i = 0; i < FACT_COUNT; i++)
        if (f->text[i].at > at)
            f->text[i].at = (uint16_t)(f->text[i].at - n);
    f->used = (uint16_t)(f->used - n);
    f->text[which].n = 0;
}

/* How many of `n` more octets there is room for. */
static size_t make_room(struct fact_pool *p, struct facts *f, size_t n) {
    if (f->room != f->near || n <= (size_t)(SHORT_ROOM - f->used))
        return n;
    uint8_t *room = pool_take(&p->rooms);
    if (!room)
        return (size_t)(SHORT_ROOM - f->used);
    memcpy(room, f->near, f->used);
    f->room = room;
    return n;
}

void facts_set(struct fact_pool *p, struct facts *f, enum fact which, struct bytes value) {
    remove_text(f, which);
    size_t n = utf8_fit(value, fact_rows[which].longest), room = make_room(p, f, n);
    if (n > room)
        n = utf8_fit(value, room);
    if (n < value.n)
        counter_one(COUNTER_OBJECT_TEXT_CUT);
    if (n)
        memcpy(f->room + f->used, value.p, n);
    f->text[which].at = f->used;
    f->text[which].n = (uint16_t)n;
    f->used = (uint16_t)(f->used + n);
}

void facts_replace(struct fact_pool *p, struct facts *f, const struct bytes *values) {
    for (unsigned i = 0; i < FACT_COUNT; i++)
        if (values[i].n)
            facts_set(p, f, (enum fact)i, values[i]);
}

void facts_fill(struct fact_pool *p, struct facts *f, const struct bytes *values) {
    for (unsigned i = 0; i < FACT_COUNT; i++)
        if (values[i].n && f->text[i].n == 0)
            facts_set(p, f, (enum fact)i, values[i]);
}
