/* SPDX-License-Identifier: Apache-2.0 */
#include "report/incident/gate.h"

#include "policy/flow_class.h"
#include "policy/policy.h"
#include "report/event/text.h"
#include "report/ledger/ledger.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct gate {
    struct gate_sink sink;
    struct cap *cap;
    struct mutes *mutes;
};

struct gate *gate_create(const struct alert_limits *limits, const struct gate_sink *sink) {
    struct gate *g = calloc(1, sizeof *g);
    if (!g)
        return NULL;
    g->sink = *sink;
    g->cap = cap_create(limits);
    g->mutes = mutes_create();
    if (g->cap && g->mutes)
        return g;
    gate_destroy(g);
    return NULL;
}

void gate_destroy(struct gate *g) {
    if (!g)
        return;
    cap_destroy(g->cap);
    mutes_destroy(g->mutes);
    free(g);
}

struct mutes *gate_mutes(struct gate *g) {
    return g->mutes;
}

/* Does the sender's word alone say whose this is? It chooses the name, so no mute of the name's owner may
 * hide what goes to an address of somebody else. */
static bool is_only_named(const struct record *r) {
    return list_has(record_text_of(r, TEXT_TERM), bytes_text(term_name(TERM_NAME)));
}

/* A tunnel is read: what hides in it shares nothing with flows, of which anybody makes many. */
static bool is_of_flow(const struct record *r) {
    return r->kind == RECORD_VOLUME && !bytes_equal(record_text_of(r, TEXT_CLASS), bytes_text(CLASS_TUNNEL));
}

bool gate_admit(struct gate *g, time_ns time, const struct incident_facts *facts, const struct record *r) {
    char room[DESTINATION_ROOM];
    const struct cap_alert alert = {.destination = ledger_destination(r, room),
                                    .id = facts->id,
                                    .standing = (enum standing)facts->standing,
                                    .flow = is_of_flow(r),
                                    .opening = facts->state == INCIDENT_OPENED ||
                                               facts->state == INCIDENT_CHANGED || facts->worse};
    gate_turn(g, time, false);
    if (!is_only_named(r) &&
        mutes_hide(g->mutes, ledger_owner(r), &r->destination, record_text_of(r, TEXT_CLASS), time))
        return false;
    return cap_admit(g->cap, time, &alert);
}

/* --- what is told of it --- */

__attribute__((format(printf, 3, 4))) static void tell_mute(struct gate *g, const char *id,
                                                            const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    g->sink.notice(g->sink.context, id, text);
}

void gate_turn(struct gate *g, time_ns now, bool all) {
    struct cap_summary summary;
    struct mute over;
    if (cap_turn(g->cap, now, all, &summary))
        g->sink.held(g->sink.context, &summary);
    while (mutes_expire(g->mutes, now, &over))
        tell_mute(g, "mute-expired",
                  "Alerts of %s to %s are told again: the mute of uid %u is over; it hid %" PRIu64,
                  over.class, over.destination, over.uid, over.hidden);
}

bool gate_mute(struct gate *g, const struct mute *mute, time_ns now, struct error *e) {
    char until[CLOCK_TEXT_MAX];
    if (!mutes_add(g->mutes, mute, now, e))
        return false;
    tell_mute(g, "mute-added", "Alerts of %s to %s are muted until %.16sZ by uid %u: %s", mute->class,
              mute->destination, clock_format(mute->until, until), mute->uid, mute->reason);
    return true;
}

bool gate_unmute(struct gate *g, const char *destination, const char *class, uint32_t uid) {
    struct mute gone;
    if (!mutes_remove(g->mutes, destination, class, &gone))
        return false;
    tell_mute(g, "mute-removed",
              "Alerts of %s to %s are told again: uid %u took the mute back; it hid %" PRIu64, gone.class,
              gone.destination, uid, gone.hidden);
    return true;
}
