/* SPDX-License-Identifier: Apache-2.0 */
#include "report/fleet/fleet_line.h"

#include <inttypes.h>
#include <stdio.h>

/* An alarm that the sums give reason for is seen by every sensor that adds to them. Who sets the lease tells
 * it, and then leaves a mark that it was told. Who sees neither lease nor mark of its own waits for the mark,
 * for as long as a lease lasts, and then tells it. */
static const time_ns lease_ns = 30 * NS_PER_S, look_ns = 2 * NS_PER_S, elsewhere_ns = 60 * NS_PER_S;
#define LEASE_MS "30000"

static void place_of(const struct fleet *f, const struct lease *l, char kind, char out[PLACE_MAX]) {
    char what[LEASE_ALARM_MAX + 1];
    snprintf(what, sizeof what, "%c%s", kind, l->alarm);
    place_of_line(f->options, l->matter->name, what, out);
}

static bool is_waiting(enum lease_state state) {
    return state == LEASE_WAITING || state == LEASE_ASKED;
}

/* Those that wait are counted, so that nothing is looked for where none does. */
static void set_state(struct fleet *f, struct lease *l, enum lease_state state) {
    f->leases += (unsigned)is_waiting(state) - (unsigned)is_waiting(l->state);
    l->state = state;
}

void lease_leave(struct fleet *f, struct lease *l) {
    set_state(f, l, LEASE_NONE);
}

/* --- asking --- */

static void mark_answered(void *context, void *subject, const redisReply *reply) {
    struct fleet *f = context;
    struct lease *l = subject;
    if (is_waiting(l->state) && reply_is_text(reply) &&
        !bytes_equal(reply_bytes(reply), bytes_text(f->sensor)))
        set_state(f, l, LEASE_ELSEWHERE);
    matter_answered(f, l->matter);
}

static void lease_answered(void *context, void *subject, const redisReply *reply) {
    struct fleet *f = context;
    struct lease *l = subject;
    if (l->state == LEASE_ASKED)
        set_state(f, l, reply->type == REDIS_REPLY_STATUS ? LEASE_OURS : LEASE_WAITING);
    matter_answered(f, l->matter);
}

static void look_for_mark(struct fleet *f, struct lease *l, time_ns now) {
    char place[PLACE_MAX];
    struct engine_command words = {.count = 0};
    l->looked = now;
    place_of(f, l, 't', place);
    engine_word(&words, bytes_text("GET"));
    engine_word(&words, bytes_text(place));
    matter_command(f, l->matter, &words, mark_answered, l);
}

static void ask_lease(struct fleet *f, struct lease *l, time_ns now) {
    char place[PLACE_MAX];
    struct engine_command words = {.count = 0};
    l->asked = now;
    set_state(f, l, LEASE_ASKED);
    look_for_mark(f, l, now);
    place_of(f, l, 'l', place);
    engine_word(&words, bytes_text("SET"));
    engine_word(&words, bytes_text(place));
    engine_word(&words, bytes_text(f->sensor));
    engine_word(&words, bytes_text("NX"));
    engine_word(&words, bytes_text("PX"));
    engine_word(&words, bytes_text(LEASE_MS));
    matter_command(f, l->matter, &words, lease_answered, l);
}

/* --- what is asked here --- */

enum share_permit lease_permit(struct fleet *f, struct lease *l) {
    time_ns now = clock_monotonic();
    switch (l->state) {
    case LEASE_OURS:
        if (now - l->asked < lease_ns)
            return SHARE_TELL;
        break;
    case LEASE_ELSEWHERE:
        if (now - l->asked < elsewhere_ns)
            return SHARE_TOLD_ELSEWHERE;
        break;
    case LEASE_ASKED:
    case LEASE_WAITING:
        return now - l->asked < lease_ns ? SHARE_WAIT : SHARE_TELL;
    case LEASE_NONE:
        break;
    }
    ask_lease(f, l, now);
    return SHARE_WAIT;
}

void lease_told(struct fleet *f, struct lease *l) {
    char place[PLACE_MAX], lasts[24];
    struct engine_command words = {.count = 0};
    set_state(f, l, LEASE_NONE);
    place_of(f, l, 't', place);
    snprintf(lasts, sizeof lasts, "%" PRIu64, (uint64_t)(f->parts.repeat / NS_PER_MS));
    engine_word(&words, bytes_text("SET"));
    engine_word(&words, bytes_text(place));
    engine_word(&words, bytes_text(f->sensor));
    engine_word(&words, bytes_text("PX"));
    engine_word(&words, bytes_text(lasts));
    engine_send(f->engine, &words, NULL, NULL, NULL);
}

/* --- time --- */

void lease_end_waiting(struct fleet *f, struct lease *l) {
    if (!is_waiting(l->state))
        return;
    l->asked = clock_monotonic();
    set_state(f, l, LEASE_OURS);
    l->matter->judge(f, l->matter);
}

static void turn_one(struct fleet *f, struct lease *l, time_ns now) {
    if (is_waiting(l->state) && (f->away || now - l->asked >= lease_ns))
        lease_end_waiting(f, l);
    else if (l->state == LEASE_WAITING && now - l->looked >= look_ns)
        look_for_mark(f, l, now);
}

void lease_turn(struct fleet *f, time_ns now) {
    for (struct fleet_line *line = f->lines, *next; line && f->leases; line = next) {
        next = line->next;
        for (unsigned i = 0; i < SHARE_RULES_MAX; i++)
            turn_one(f, &line->lease[i], now);
    }
    for (size_t i = 0; i < f->contract_count && f->leases; i++)
        turn_one(f, &f->contracts[i].lease, now);
}
