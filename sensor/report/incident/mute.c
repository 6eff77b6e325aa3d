/* SPDX-License-Identifier: Apache-2.0 */
#include "report/incident/mute.h"

#include "base/counter.h"
#include "base/json_writer.h"

#include <stdlib.h>

static const time_ns longest = 366 * 86400 * NS_PER_S;

struct mutes {
    struct mute list[MUTES_MAX];
    size_t count;
    bool changed; /* they are few: all are written again */
};

struct mutes *mutes_create(void) {
    return calloc(1, sizeof(struct mutes));
}

void mutes_destroy(struct mutes *m) {
    free(m);
}

static struct mute *find_mute(struct mutes *m, const char *destination, const char *class) {
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->list[i].destination, destination) == 0 && strcmp(m->list[i].class, class) == 0)
            return &m->list[i];
    return NULL;
}

/* The least lengths; ::/80 has all of IPv4 in it. */
enum { LENGTH_V4 = 16, LENGTH_V6 = 32 };

static bool is_too_wide(const struct prefix *p) {
    static const struct address any_v4 = {{[10] = 0xff, [11] = 0xff}};
    return p->length <
           (prefix_contains(p, &any_v4) || address_is_v4(&p->base) ? MAPPED_BITS + LENGTH_V4 : LENGTH_V6);
}

static bool check_destination(const struct mute *mute, struct error *e) {
    struct prefix p;
    const char *why;
    if (!mute->destination[0] || !mute->class[0])
        return error_set(e, "a mute names a destination and a class");
    if (prefix_parse(mute->destination, &p, &why) && is_too_wide(&p))
        return error_set(
            e,
            "%s would hide most of what is not known; give a prefix of at least /%d (IPv6: /%d), or "
            "several",
            mute->destination, LENGTH_V4, LENGTH_V6);
    return true;
}

static bool check_mute(const struct mute *mute, time_ns now, struct error *e) {
    if (!check_destination(mute, e))
        return false;
    if (!mute->reason[0])
        return error_set(e, "a mute needs a reason that others can read later; give --reason");
    if (mute->until <= now)
        return error_set(e, "the mute would be over already; give a later --until");
    if (mute->until - now > longest)
        return error_set(e, "a mute lasts 366 days at most; give an earlier --until");
    return true;
}

bool mutes_add(struct mutes *m, const struct mute *mute, time_ns now, struct error *e) {
    if (!check_mute(mute, now, e))
        return false;
    struct mute *at = find_mute(m, mute->destination, mute->class);
    if (!at && m->count == MUTES_MAX)
        return error_set(e, "there are %d mutes already; take one back with gantryctl incidents unmute",
                         MUTES_MAX);
    if (!at)
        at = &m->list[m->count++];
    *at = *mute;
    m->changed = true;
    return true;
}

static void take_out(struct mutes *m, struct mute *at, struct mute *out) {
    *out = *at;
    *at = m->list[--m->count];
    m->changed = true;
}

bool mutes_remove(struct mutes *m, const char *destination, const char *class, struct mute *out) {
    struct mute *at = find_mute(m, destination, class);
    if (at)
        take_out(m, at, out);
    return at != NULL;
}

bool mutes_expire(struct mutes *m, time_ns now, struct mute *out) {
    for (size_t i = 0; i < m->count; i++)
        if (m->list[i].until <= now) {
            take_out(m, &m->list[i], out);
            return true;
        }
    return false;
}

/* A prefix speaks of hosts that belong to nobody: a partner is muted by its name, or not at all. */
static bool is_destination(const struct mute *mute, struct bytes partner, const struct address *address) {
    struct prefix prefix;
    const char *why;
    if (partner.n)
        return bytes_equal(partner, bytes_text(mute->destination));
    return prefix_parse(mute->destination, &prefix, &why) && prefix_contains(&prefix, address);
}

bool mutes_hide(struct mutes *m, struct bytes partner, const struct address *address, struct bytes class,
                time_ns now) {
    for (size_t i = 0; i < m->count; i++) {
        struct mute *mute = &m->list[i];
        if (now >= mute->until || !bytes_equal(class, bytes_text(mute->class)) ||
            !is_destination(mute, partner, address))
            continue;
        mute->hidden++;
        m->changed = true;
        counter_one(COUNTER_ALERTS_MUTED);
        return true;
    }
    return false;
}

size_t mutes_count(const struct mutes *m) {
    return m->count;
}

const struct mute *mutes_get(const struct mutes *m, size_t index) {
    return &m->list[index];
}

void mute_write_json(struct json_writer *j, const struct mute *m) {
    char room[CLOCK_TEXT_MAX];
    json_write_text(j, "destination", m->destination);
    json_write_text(j, "class", m->class);
    json_write_text(j, "until", clock_format(m->until, room));
    json_write_text(j, "made", clock_format(m->made, room));
    json_write_number(j, "uid", m->uid);
    json_write_text(j, "reason", m->reason);
    json_write_number(j, "hidden", m->hidden);
}

/* --- the store --- */

bool mutes_save(struct mutes *m, struct store *store) {
    bool ok = !m->changed || store_run(store, STORE_MUTE_CLEAR, NULL, 0);
    for (size_t i = 0; i < m->count && m->changed && ok; i++) {
        const struct mute *mute = &m->list[i];
        const struct store_value v[] = {STORE_T(bytes_text(mute->destination)),
                                        STORE_T(bytes_text(mute->class)),
                                        STORE_T(bytes_text(mute->reason)),
                                        STORE_N(mute->uid),
                                        STORE_N(mute->made),
                                        STORE_N(mute->until),
                                        STORE_N(mute->hidden)};
        ok = store_run(store, STORE_MUTE_PUT, v, sizeof v / sizeof v[0]);
    }
    return ok;
}

void mutes_saved(struct mutes *m) {
    m->changed = false;
}

void mutes_spoil(struct mutes *m) {
    m->changed = m->count > 0;
}

static bool copy_text(char out[MUTE_TEXT_MAX], struct bytes text) {
    if (text.n == 0 || text.n >= MUTE_TEXT_MAX)
        return false;
    memcpy(out, text.p, text.n);
    out[text.n] = '\0';
    return true;
}

static void load_row(void *context, const struct store_value *v) {
    struct mutes *m = context;
    struct mute mute = {.uid = (uint32_t)v[3].number,
                        .made = v[4].number,
                        .until = v[5].number,
                        .hidden = (uint64_t)v[6].number};
    if (m->count < MUTES_MAX && copy_text(mute.destination, v[0].bytes) &&
        copy_text(mute.class, v[1].bytes) && copy_text(mute.reason, v[2].bytes))
        m->list[m->count++] = mute;
    else
        counter_one(COUNTER_STORE_UNREAD);
}

bool mutes_load(struct mutes *m, struct store *store) {
    return store_each(store, STORE_MUTE_EACH, load_row, m);
}
