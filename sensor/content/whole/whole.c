/* SPDX-License-Identifier: Apache-2.0 */
#include "content/whole/parts_meet.h"

#include "base/counter.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    ENTRIES_MAX = 1 << 16, /* buckets */
    FIND_STEPS = 64,       /* wholes of one hash that are looked at: equal keys cost no more */
    EVICT_LOOK = 16,
};

/* Packet time that writers of a file which was closed by one of them are silent until it is over. So long
 * waits too what lacks its first bytes while none is on its way: it is not looked at before. */
static const time_ns quiet_time = 5 * NS_PER_S;

/* --- Keys: the same thing between the same two hosts --- */

/* Parts of a key stand behind their lengths, so that no two keys run together; a long one by its digest. */
static size_t add_key_part(const struct wholes *ws, uint8_t *key, size_t at, struct bytes part) {
    enum { LONGEST = 256 };
    struct hash_wide digest;
    if (part.n > LONGEST) {
        digest = hash_bytes_wide(&ws->key, part.p, part.n);
        part = bytes_of(&digest, sizeof digest);
    }
    uint16_t n = (uint16_t)part.n;
    memcpy(key + at, &n, sizeof n);
    if (n)
        memcpy(key + at + sizeof n, part.p, n);
    return at + sizeof n + n;
}

struct whole_key whole_key_of(const struct content *c, const struct endpoint end[2],
                              const struct transfer_seed *s) {
    const struct wholes *ws = c->wholes;
    uint8_t key[2 * sizeof(struct address) + (1 + TRANSFER_KEY_PARTS) * (256 + 2)];
    size_t n = 2 * sizeof(struct address);
    bool named = false;
    memcpy(key, &end[s->from].address, sizeof(struct address));
    memcpy(key + sizeof(struct address), &end[side_other(s->from)].address, sizeof(struct address));
    n = add_key_part(ws, key, n, bytes_text(s->protocol));
    for (int i = 0; i < TRANSFER_KEY_PARTS; i++) {
        n = add_key_part(ws, key, n, s->key[i]);
        named |= s->key[i].n > 0;
    }
    if (!named)
        return (struct whole_key){0, 0};
    struct hash_wide hash = hash_bytes_wide(&ws->key, key, n);
    return (struct whole_key){hash.low, hash.high};
}

uint64_t whole_etag_of(const struct content *c, struct bytes etag) {
    return etag.n ? hash_bytes(&c->wholes->key, etag.p, etag.n) | 1 : 0;
}

struct joining {
    const struct whole_key *key;
    uint64_t etag, total;
};

static struct whole *whole_of(const struct table_node *node) {
    return TABLE_ENTRY(node, struct whole, node);
}

/* What one of the two does not know does not keep them apart. */
static bool may_join(const struct table_node *node, const void *joining) {
    const struct whole *w = whole_of(node);
    const struct joining *j = joining;
    return w->key.b == j->key->b && (!w->etag || !j->etag || w->etag == j->etag) &&
           (w->total == LENGTH_UNKNOWN || j->total == LENGTH_UNKNOWN || w->total == j->total);
}

struct whole *whole_find(struct wholes *ws, const struct whole_key *k, uint64_t etag, uint64_t total) {
    const struct joining j = {k, etag, total};
    if (!k->a && !k->b)
        return NULL;
    return whole_of(table_find(&ws->table, k->a, may_join, &j, FIND_STEPS));
}

void whole_rekey(struct whole *w, const struct whole_key *k) {
    if (!k->a && !k->b)
        return;
    w->key = *k;
    table_rehash(&w->content->wholes->table, &w->node, k->a);
}

/* --- Life --- */

void whole_progress(struct whole *w) {
    struct wholes *ws = w->content->wholes;
    w->progress = w->content->now;
    table_touch(&ws->table, &w->node);
    if (w->is_ending)
        age_touch(&ws->ending, &w->ending);
}

void whole_rewritten(struct whole *w) {
    if (w->stable)
        return;
    if (!w->rewritten)
        counter_one(COUNTER_ASSEMBLY_REWRITTEN);
    w->rewritten = true;
}

struct whole *whole_create(struct content *c, struct filter *head, const struct whole_key *k, uint64_t etag,
                           const struct part_place *place) {
    struct wholes *ws = c->wholes;
    struct whole *w = pool_take(&ws->wholes);
    if (!w)
        return NULL;
    *w = (struct whole){.content = c,
                        .key = *k,
                        .etag = etag,
                        .total = place->total,
                        .to_end = place->resume == RESUME_TO_END || place->resume == RESUME_APPEND,
                        .written = place->resume == RESUME_WRITE,
                        .stable = place->stable,
                        .numbered = place->numbered,
                        .patient = place->patient,
                        .head = head,
                        .progress = c->now};
    object_is_whole(filter_object(head));
    if (!k->a && !k->b) /* a place in the table of its own, where nobody looks for it */
        w->key.a = ++ws->unnamed;
    table_add(&ws->table, &w->node, w->key.a);
    return w;
}

/* Takes the whole apart; its chain is the caller's. */
static struct filter *dissolve_whole(struct whole *w) {
    struct content *c = w->content;
    struct filter *head = w->head;
    while (w->runs) {
        struct run *r = w->runs;
        w->runs = r->next;
        run_empty(c, r, 0, NULL);
    }
    for (struct part *p = w->parts; p; p = p->next)
        p->whole = NULL;
    table_remove(&c->wholes->table, &w->node);
    if (w->is_ending)
        age_remove(&c->wholes->ending, &w->ending);
    pool_give(&c->wholes->wholes, w);
    return head;
}

void whole_close(struct whole *w, enum transfer_end how) {
    if (how == TRANSFER_DONE && w->rewritten)
        how = TRANSFER_UNKNOWN; /* the hash is that of the first writes */
    filter_end(dissolve_whole(w), how);
}

void whole_drop(struct whole *w) {
    object_abandon(filter_peel(dissolve_whole(w)));
}

bool whole_at_end(const struct whole *w) {
    return w->total != LENGTH_UNKNOWN && !w->to_end && (!w->written || w->stable) && w->frontier >= w->total;
}

bool whole_idle(const struct whole *w) {
    return !w->parts;
}

bool whole_vacant(const struct whole *w) {
    return !w->started && !w->runs && !w->parts;
}

/* --- The frontier --- */

static uint64_t behind_piece(uint64_t at) {
    return ((at >> WHOLE_PIECE_BITS) + 1) << WHOLE_PIECE_BITS;
}

/* How much is missing up to `to`; of numbered pieces nobody knows: one byte stands for it. */
static uint64_t count_missing(const struct whole *w, uint64_t to) {
    return w->numbered ? 1 : to - w->frontier;
}

uint64_t whole_shown_offset(const struct whole *w, uint64_t offset) {
    return w->numbered ? offset > 0 : offset;
}

static unsigned piece_at(uint64_t offset) {
    return (unsigned)(offset >> WHOLE_PIECE_BITS) + 1;
}

static void wait_shortly(struct whole *w) {
    if (w->is_ending)
        return;
    w->is_ending = true;
    age_add(&w->content->wholes->ending, &w->ending);
}

static void wait_longer(struct whole *w) {
    if (!w->is_ending)
        return;
    w->is_ending = false;
    age_remove(&w->content->wholes->ending, &w->ending);
}

static void note_start(struct whole *w) {
    if (w->first_piece == 0)
        w->first_piece = piece_at(w->frontier);
    w->started = true;
    if (!w->written)
        wait_longer(w);
}

bool whole_piece_ended(struct whole *w, uint64_t at, enum transfer_end how) {
    if (how == TRANSFER_CUT)
        return true;
    if (at == w->frontier) {
        note_start(w);
        w->frontier = behind_piece(at);
        return whole_advance(w);
    }
    for (struct run *r = w->runs; r; r = r->next)
        if (r->end == at)
            r->ends = true;
    return true;
}

bool whole_advance(struct whole *w) {
    while (w->runs && w->runs->start <= w->frontier) {
        struct run *r = w->runs;
        uint64_t end = r->ends ? behind_piece(r->end) : r->end;
        w->runs = r->next;
        run_left(w, r);
        if (w->written && r->start < w->frontier && end > r->start) /* two pieces overlap */
            whole_rewritten(w);
        run_empty(w->content, r, w->frontier, w->head);
        if (end > w->frontier)
            w->frontier = end;
    }
    if (!whole_at_end(w))
        return true;
    whole_close(w, TRANSFER_DONE);
    return false;
}

void whole_start_at(struct whole *w, uint64_t offset) {
    w->first_piece = piece_at(offset);
    w->head = filter_peel(w->head);
    object_set_offset(filter_object(w->head), whole_shown_offset(w, offset));
    w->frontier = offset;
    w->started = true;
}

void whole_data(struct whole *w, const uint8_t *bytes, size_t n) {
    note_start(w);
    w->frontier = add_sizes(w->frontier, n);
    whole_progress(w);
    filter_data(w->head, bytes, n);
    whole_advance(w);
}

void whole_gap(struct whole *w, uint64_t n) {
    note_start(w);
    w->frontier = add_sizes(w->frontier, n);
    whole_progress(w);
    filter_gap(w->head, n);
    whole_advance(w);
}

void whole_jump(struct whole *w, uint64_t to) {
    if (!w->started) {
        whole_start_at(w, w->runs && w->runs->start < to ? w->runs->start : to);
        whole_advance(w);
    }
    while (w->frontier < to) {
        uint64_t next = w->runs && w->runs->start < to ? w->runs->start : to;
        whole_gap(w, next - w->frontier);
    }
}

/* What is there of numbered pieces is told as "3" or "3-5". */
static void tell_pieces(struct whole *w) {
    char text[32];
    struct bytes fact[FACT_COUNT] = {[FACT_PART] = {(const uint8_t *)text, 0}};
    unsigned first = w->first_piece, last = w->frontier > 0 ? piece_at(w->frontier - 1) : 1;
    if (first == 0 && w->runs)
        first = piece_at(w->runs->start);
    for (const struct run *r = w->runs; r; r = r->next)
        if (piece_at(r->end - 1) > last)
            last = piece_at(r->end - 1);
    int n = snprintf(text, sizeof text, first < last ? "%u-%u" : "%u", first, last);
    fact[FACT_PART].n = (size_t)n;
    object_learn(filter_object(w->head), fact);
}

void whole_finish(struct whole *w) {
    if (filter_object(w->head)->aside) { /* nobody said how long it is */
        whole_close(w, TRANSFER_UNKNOWN);
        return;
    }
    counter_one(COUNTER_ASSEMBLY_UNFINISHED);
    if (w->numbered)
        tell_pieces(w);
    while (w->runs) {
        uint64_t start = w->runs->start;
        if (!w->started)
            whole_start_at(w, start);
        else if (start > w->frontier)
            filter_gap(w->head, count_missing(w, start));
        w->frontier = start;
        if (!whole_advance(w))
            return;
    }
    uint64_t end = w->total != LENGTH_UNKNOWN && w->total > w->reach ? w->total : w->reach;
    if (end > w->frontier)
        filter_gap(w->head, count_missing(w, end));
    whole_close(w, TRANSFER_CUT);
}

/* It is over for reasons of its own, at whatever moment. */
static void end_whole(struct whole *w, void (*end)(struct whole *w)) {
    const struct object_sink *sink = &w->content->sink;
    void *owner = filter_object(w->head)->owner;
    if (!sink->turn) {
        end(w);
        return;
    }
    sink->retain(sink->context, owner);
    sink->turn(sink->context, owner, true);
    end(w);
    sink->turn(sink->context, owner, false);
    sink->release(sink->context, owner);
}

static void complete_whole(struct whole *w) {
    whole_close(w, TRANSFER_DONE);
}

void whole_give_up(struct whole *w) {
    end_whole(w, whole_vacant(w) ? whole_drop : whole_finish);
}

/* Of one that is written in place: no hole is left, and nobody said that it is longer. */
static bool is_filled(const struct whole *w) {
    return !w->runs && w->frontier >= w->reach && (w->total == LENGTH_UNKNOWN || w->frontier >= w->total);
}

void whole_parts_left(struct whole *w) {
    if (!w->started && w->runs && !w->patient)
        wait_shortly(w);
}

void whole_writer_left(struct whole *w, enum transfer_end how) {
    if (how == TRANSFER_DONE)
        wait_shortly(w);
    if (!whole_idle(w) || !is_filled(w))
        return;
    if (w->is_ending)
        whole_close(w, TRANSFER_DONE);
    else if (how == TRANSFER_UNKNOWN) /* nobody comes back to it */
        whole_close(w, TRANSFER_UNKNOWN);
}

bool whole_keep(struct content *c, struct filter *head, const struct whole_key *k, uint64_t etag,
                uint64_t seen, uint64_t total) {
    const struct part_place place = {.resume = RESUME_RANGE, .total = total};
    if (seen > OFFSET_MAX)
        return false;
    struct whole *w = whole_find(c->wholes, k, etag, total);
    if (w && w->written)
        w = NULL;
    if (w && !w->started) { /* goes on with the chain that was */
        object_abandon(filter_peel(w->head));
        w->head = head;
        object_is_whole(filter_object(head));
    } else {
        if (w && whole_idle(w))
            whole_finish(w);
        w = whole_create(c, head, k, etag, &place);
        if (!w) {
            counter_one(COUNTER_ASSEMBLY_SHED);
            return false;
        }
    }
    w->frontier = seen;
    note_start(w);
    whole_progress(w);
    whole_advance(w);
    return true;
}

/* --- All of them --- */

/* Progress that lies long after now was marked by a damaged time stamp: it would keep all behind it. */
static bool is_stale(const struct whole *w, time_ns now, time_ns limit) {
    return now - w->progress >= limit || w->progress - now >= limit;
}

void wholes_expire(struct content *c, time_ns now) {
    struct wholes *ws = c->wholes;
    struct whole *w;
    while ((w = AGE_ENTRY(ws->ending.oldest, struct whole, ending)) && is_stale(w, now, quiet_time)) {
        if (!w->written && !whole_idle(w)) /* its first bytes may be on their way */
            wait_longer(w);
        else if (w->written && is_filled(w))
            end_whole(w, complete_whole);
        else
            end_whole(w, whole_finish);
    }
    while ((w = whole_of(table_oldest(&ws->table))) && is_stale(w, now, (time_ns)c->options.assembly_time)) {
        if (whole_idle(w)) {
            whole_give_up(w);
        } else { /* an open transfer is timed by its flow */
            w->progress = now;
            table_touch(&ws->table, &w->node);
        }
    }
}

void wholes_give_up(struct content *c, bool (*which)(void *context, const void *owner), void *context) {
    struct table_node *node = table_oldest(&c->wholes->table);
    while (node) {
        struct whole *w = whole_of(node);
        if (which(context, filter_object(w->head)->owner)) {
            whole_give_up(w); /* and perhaps others, whose parts lay in it */
            node = table_oldest(&c->wholes->table);
        } else {
            node = table_younger(node);
        }
    }
}

/* Of those that wait longest the one whose hosts hold most. */
bool wholes_evict(struct content *c) {
    unsigned looked_at = 0;
    uint64_t most = 0;
    struct whole *victim = NULL;
    struct table_node *node = table_oldest(&c->wholes->table);
    for (; node && looked_at < EVICT_LOOK; node = table_younger(node), looked_at++) {
        struct whole *w = whole_of(node);
        const struct object *o = whole_idle(w) ? filter_object(w->head) : NULL;
        uint64_t held = o && o->allowance ? o->allowance->holds : 0;
        if (!o || (victim && held <= most))
            continue;
        victim = w;
        most = held;
    }
    if (!victim)
        return false;
    counter_one(COUNTER_ASSEMBLY_EVICTED);
    whole_give_up(victim);
    return true;
}

bool wholes_init(struct content *c) {
    struct wholes *ws = c->wholes = calloc(1, sizeof *ws);
    if (!ws)
        return false;
    size_t objects = c->options.objects, blocks = c->options.assembly_bytes / sizeof(struct block);
    ws->key = hash_key_random();
    return table_init(&ws->table, objects < ENTRIES_MAX ? objects : ENTRIES_MAX) &&
           pool_init(&ws->wholes, sizeof(struct whole), objects) &&
           pool_init(&ws->parts, sizeof(struct part), objects) &&
           pool_init(&ws->runs, sizeof(struct run), blocks) &&
           pool_init(&ws->blocks, sizeof(struct block), blocks);
}

void wholes_finish(struct content *c) {
    struct wholes *ws = c->wholes;
    if (!ws)
        return;
    while (ws->table.count > 0)
        whole_give_up(whole_of(table_oldest(&ws->table)));
    table_finish(&ws->table);
    pool_finish(&ws->wholes);
    pool_finish(&ws->parts);
    pool_finish(&ws->runs);
    pool_finish(&ws->blocks);
    free(ws);
    c->wholes = NULL;
}
