/* SPDX-License-Identifier: Apache-2.0 */
#include "report/event/telling.h"
#include "report/event/text.h"
#include "report/incident/incident_entry.h"

#include <stdlib.h>

/* --- incidents of one network and destination --- */

/* They have as many classes as there are rules. A worker that was taken over may say thousands: what is not
 * among so many, the last opened first, is not found, and may count twice. */
enum { KIN_STEPS = 256 };

static struct bytes family_of(struct bytes key) {
    const uint8_t *end = memchr(key.p, '\n', key.n);
    size_t class = end ? (size_t)(end - key.p) : key.n;
    return bytes_of(key.p + class, key.n - class);
}

uint64_t incident_family_hash(const struct incidents *t, struct bytes key) {
    struct bytes family = family_of(key);
    return hash_bytes(&t->secret, family.p, family.n);
}

static struct bytes key_of(const struct incident *i) {
    return bytes_of(i->key, i->key_size);
}

static struct incident *kin_at(const struct table_node *node) {
    return TABLE_ENTRY(node, struct incident, kin);
}

struct relation {
    struct bytes family;
    uint64_t serial, telling;
    const char *name;
};

static bool has_serial(const struct table_node *node, const void *key) {
    const struct relation *r = key;
    return kin_at(node)->serial == r->serial && bytes_equal(family_of(key_of(kin_at(node))), r->family);
}

/* Does its class say more of an object than that? */
static bool tells_more(const struct table_node *node, const void *key) {
    const struct relation *r = key;
    const struct incident *i = kin_at(node);
    return i->record->kind != RECORD_VOLUME && bytes_equal(family_of(key_of(i)), r->family) &&
           telling_of(i->rule_severity, record_text_of(i->record, TEXT_CLASS)) > r->telling;
}

static bool has_name(const struct table_node *node, const void *key) {
    const struct relation *r = key;
    return strcmp(kin_at(node)->facts.id, r->name) == 0;
}

/* NULL: it is not open any more, or the policy has another destination for this traffic now. */
static struct incident *find_holder(const struct incidents *t, struct bytes key, uint64_t serial) {
    const struct relation r = {.family = family_of(key), .serial = serial};
    return kin_at(table_find(&t->kin, incident_family_hash(t, key), has_serial, &r, KIN_STEPS));
}

/* The incident of the flow that brings this object, which was told before anything was found in it; NULL:
 * there is none, or it holds other flows too. */
static struct incident *find_flow(struct incidents *t, const struct record *r, struct bytes key) {
    struct bytes classes = record_text_of(r, TEXT_SAME_FLOW), class, family = family_of(key);
    uint8_t room[SHOWN_KEY_MAX];
    if (!list_next(&classes, &class))
        return NULL;
    class = shown_cut(class);
    memcpy(room, class.p, class.n);
    memcpy(room + class.n, family.p, family.n);
    struct bytes whole = bytes_of(room, class.n + family.n);
    struct incident *i = incident_still_open(t, incident_find(t, whole), r->time);
    bool alone = i && i->record->kind == RECORD_VOLUME && i->facts.objects == 1 &&
                 i->record->flow == r->flow && i->record->worker == r->worker;
    return alone ? i : NULL;
}

static bool has_content(const struct table_node *node, const void *key) {
    const struct relation *r = key;
    const struct incident *i = kin_at(node);
    return i->record->kind != RECORD_VOLUME && bytes_equal(family_of(key_of(i)), r->family) &&
           telling_of(0, record_text_of(i->record, TEXT_CLASS)) > r->telling;
}

struct incident *incident_of_content(const struct incidents *t, struct bytes key) {
    struct bytes family = family_of(key);
    const struct relation r = {.family = family, .telling = telling_of(0, bytes_of(key.p, key.n - family.n))};
    return kin_at(table_find(&t->kin, incident_family_hash(t, key), has_content, &r, KIN_STEPS));
}

struct incident *incident_of_name(const struct incidents *t, const struct incident *i) {
    const struct relation r = {.name = i->facts.id};
    return kin_at(table_find(&t->kin, incident_family_hash(t, key_of(i)), has_name, &r, KIN_STEPS));
}

/* --- from one class to another --- */

/* The incident holds nothing else: it becomes one of the class of this record. False: no memory. */
static bool change_class(struct incidents *t, struct incident *i, const struct record *r, struct bytes class,
                         struct bytes key) {
    struct bytes old = record_text_of(i->record, TEXT_CLASS);
    char *before = i->before ? i->before : strndup((const char *)old.p, old.n);
    uint8_t *room = malloc(key.n);
    if (!before || !room || !incident_show_instead(t, i, r, class)) {
        if (before != i->before)
            free(before);
        free(room);
        return false;
    }
    i->before = before;
    memcpy(room, key.p, key.n);
    free(i->key);
    i->key = room;
    i->key_size = key.n;
    table_rehash(&t->open, &i->node, hash_bytes(&t->secret, key.p, key.n));
    return true;
}

/* One that is left without an object is over. A flow brings along what has left in it. */
static void take_object(struct incidents *t, struct incident *from, struct incident *to, uint64_t bytes,
                        time_ns time) {
    if (from->record->kind == RECORD_VOLUME) {
        bytes = from->facts.bytes;
        to->facts.bytes += bytes;
    }
    from->facts.objects -= from->facts.objects > 0;
    from->facts.bytes -= from->facts.bytes < bytes ? from->facts.bytes : bytes;
    change_mark(&t->changes, &from->change);
    ranking_put(&t->ranking, &from->ranked, incident_standing(from), 1);
    if (from->facts.objects > 0)
        return;
    distinct_merge(&to->plates, &from->plates);
    memcpy(from->joined, to->facts.id, sizeof from->joined);
    incident_close(t, from, time);
}

static bool should_wait(struct incidents *t, const struct record *r, struct bytes key, uint64_t telling) {
    const struct relation than = {.family = family_of(key), .telling = telling};
    return r->kind == RECORD_FINDING && !incident_still_open(t, incident_find(t, key), r->time) &&
           table_find(&t->kin, incident_family_hash(t, key), tells_more, &than, KIN_STEPS);
}

static void find_or_open(struct incidents *t, const struct record *r, struct bytes class, struct bytes key,
                         struct placed *p) {
    p->i = incident_still_open(t, incident_find(t, key), r->time);
    p->opened = !p->i;
    if (!p->i)
        p->i = incident_open(t, r, class, key);
}

/* The object counts in the incident of its new class, which may be the one that holds it, or its flow. */
static void move_object(struct incidents *t, struct incident *holder, const struct record *r,
                        struct bytes class, struct bytes key, struct placed *p) {
    bool there = incident_still_open(t, incident_find(t, key), r->time) != NULL;
    if (!there && holder->facts.objects == 1) {
        p->changed = change_class(t, holder, r, class, key);
        p->aside = !p->changed;
        p->i = holder;
        return;
    }
    uint64_t serial = holder->serial;
    find_or_open(t, r, class, key, p);
    holder = find_holder(t, key, serial); /* it may have made room */
    if (p->i && holder)
        take_object(t, holder, p->i, p->object->bytes, r->time);
    p->object->bytes = 0;
    p->is_new = true;
}

/* --- in which incident something counts --- */

void incident_place_flows(struct incidents *t, const struct record *r, struct bytes class, struct bytes key,
                          struct placed *p) {
    find_or_open(t, r, class, key, p);
}

void incident_place_object(struct incidents *t, const struct record *r, struct bytes class, struct bytes key,
                           bool now, struct placed *p) {
    const struct seen_key who = {.object = r->object, .worker = r->worker};
    const uint64_t telling = telling_of(r->severity, class);
    bool is_new, forgot;
    p->passed = !now && incident_outweighed(t, r);
    if (p->passed)
        return;
    p->object = seen_note(t->seen, &who, &is_new, &forgot);
    if (forgot)
        counter_one(COUNTER_OBJECTS_FORGOTTEN);
    struct incident *holder =
        is_new ? NULL : incident_still_open(t, find_holder(t, key, p->object->holder), r->time);
    if (!holder && !is_new && telling < p->object->telling && r->kind == RECORD_FINDING) {
        p->passed = true; /* that incident is over; the object's end says what it counts as */
        return;
    }
    if (!holder && !now && should_wait(t, r, key, telling) && incident_wait(t, r)) {
        seen_drop(t->seen, &who);
        p->passed = true;
        return;
    }
    if (!holder) {
        p->object->bytes = 0;
        p->object->telling = 0;
        struct incident *flow = find_flow(t, r, key);
        p->is_new = !flow;
        if (flow)
            move_object(t, flow, r, class, key, p);
        else
            find_or_open(t, r, class, key, p);
    } else if (bytes_equal(key_of(holder), key)) {
        p->i = holder;
    } else if (telling > p->object->telling) {
        move_object(t, holder, r, class, key, p);
    } else {
        p->i = holder;
        p->aside = true;
    }
    if (!p->i || p->aside)
        return;
    p->object->holder = p->i->serial;
    if (telling > p->object->telling)
        p->object->telling = telling;
}

void incident_forget_object(struct incidents *t, const struct record *r) {
    const struct seen_key who = {.object = r->object, .worker = r->worker};
    seen_drop(t->seen, &who);
}
