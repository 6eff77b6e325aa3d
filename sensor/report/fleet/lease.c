/* SPDX-License-Identifier: Apache-2.0 */
#include "report/fleet/fleet_line.h"

#include <inttypes.h>
#include <stdio.h>

/* An alarm that the sums give reason for is seen by every sensor that adds to them. Who sets the lease tells
 * it, and then leaves a mark that it was told. Who sees neither lease nor mark of its own waits for the mark,
 * for as long as a lease lasts, and then tells it. */
static const time_ns lease_ns = 30 * NS_PER_S, look_ns = 2 * NS_PER_S, elsewhere_ns = 60 * NS_PER_S;
#define LEASE_MS "30000"

static void place_of(const struct fleet *f, const struct fleet_line *line, char kind, unsigned rule,
                     char out[PLACE_MAX]) {
    place_of_bucket(f->options, line->name, kind, rule, out);
}

/* Lines that wait are counted, so that nothing is looked for where none does. */
static void count_waiting(struct fleet *f, struct fleet_line *line) {
    bool waits = false;
    for (unsigned i = 0; i < SHARE_RULES_MAX; i++)
        waits |= line->lease[i].state == LEASE_WAITING || line->lease[i].state == LEASE_ASKED;
    f->leases += (unsigned)waits - (unsigned)line->waits;
    line->waits = waits;
}

static void set_state(struct fleet *f, struct fleet_line *line, unsigned rule, enum lease state) {
    line->lease[rule].state = state;
    count_waiting(f, line);
}

void lease_leave(struct fleet *f, struct fleet_line *line) {
    f->leases -= line->waits;
    line->waits = false;
}

/* --- asking --- */

static void take_mark(struct fleet *f, struct fleet_line *line, unsigned rule, const redisReply *reply) {
    enum lease state = line->lease[rule].state;
    if ((state == LEASE_ASKED || state == LEASE_WAITING) && reply_is_text(reply) &&
        !bytes_equal(reply_bytes(reply), bytes_text(f->sensor)))
        set_state(f, line, rule, LEASE_ELSEWHERE);
    line_answered(f, line);
}

static void take_lease(struct fleet *f, struct fleet_line *line, unsigned rule, const redisReply *reply) {
    if (line->lease[rule].state == LEASE_ASKED)
        set_state(f, line, rule, reply->type == REDIS_REPLY_STATUS ? LEASE_OURS : LEASE_WAITING);
    line_answered(f, line);
}

/* A function for each rule: the line is the subject. */
#define ANSWERS(rule)                                                                                        \
    static void mark_answered_##rule(void *context, void *subject, const redisReply *reply) {                \
        take_mark(context, subject, rule, reply);                                                            \
    }                                                                                                        \
    static void lease_answered_##rule(void *context, void *subject, const redisReply *reply) {               \
        take_lease(context, subject, rule, reply);                                                           \
    }
ANSWERS(0)
ANSWERS(1)
ANSWERS(2)
ANSWERS(3)
static engine_answer *const mark_answered[SHARE_RULES_MAX] = {mark_answered_0, mark_answered_1,
                                                              mark_answered_2, mark_answered_3};
static engine_answer *const lease_answered[SHARE_RULES_MAX] = {lease_answered_0, lease_answered_1,
                                                               lease_answered_2, lease_answered_3};

static void look_for_mark(struct fleet *f, struct fleet_line *line, unsigned rule, time_ns now) {
    char place[PLACE_MAX];
    struct engine_command words = {.count = 0};
    line->lease[rule].looked = now;
    place_of(f, line, 't', rule, place);
    engine_word(&words, bytes_text("GET"));
    engine_word(&words, bytes_text(place));
    line_command(f, line, &words, mark_answered[rule], line);
}

static void ask_lease(struct fleet *f, struct fleet_line *line, unsigned rule, time_ns now) {
    char place[PLACE_MAX];
    struct engine_command words = {.count = 0};
    line->lease[rule].asked = now;
    set_state(f, line, rule, LEASE_ASKED);
    look_for_mark(f, line, rule, now);
    place_of(f, line, 'l', rule, place);
    engine_word(&words, bytes_text("SET"));
    engine_word(&words, bytes_text(place));
    engine_word(&words, bytes_text(f->sensor));
    engine_word(&words, bytes_text("NX"));
    engine_word(&words, bytes_text("PX"));
    engine_word(&words, bytes_text(LEASE_MS));
    line_command(f, line, &words, lease_answered[rule], line);
}

/* --- what the ledger asks --- */

enum share_permit lease_permit(void *context, struct share *s, unsigned rule) {
    struct fleet *f = context;
    struct fleet_line *line = s->line;
    time_ns now = clock_monotonic();
    if (f->away || !f->engine)
        return SHARE_TELL;
    if (!line) /* it is written first */
        return engine_has_room(f->engine) ? SHARE_WAIT : SHARE_TELL;
    switch (line->lease[rule].state) {
    case LEASE_OURS:
        if (now - line->lease[rule].asked < lease_ns)
            return SHARE_TELL;
        break;
    case LEASE_ELSEWHERE:
        if (now - line->lease[rule].asked < elsewhere_ns)
            return SHARE_TOLD_ELSEWHERE;
        break;
    case LEASE_ASKED:
    case LEASE_WAITING:
        return now - line->lease[rule].asked < lease_ns ? SHARE_WAIT : SHARE_TELL;
    case LEASE_NONE:
        break;
    }
    ask_lease(f, line, rule, now);
    return SHARE_WAIT;
}

void lease_told(void *context, struct share *s, unsigned rule) {
    struct fleet *f = context;
    struct fleet_line *line = s->line;
    char place[PLACE_MAX], lasts[24];
    struct engine_command words = {.count = 0};
    if (!line || !f->engine)
        return;
    set_state(f, line, rule, LEASE_NONE);
    place_of(f, line, 't', rule, place);
    snprintf(lasts, sizeof lasts, "%" PRIu64, (uint64_t)(f->parts.repeat / NS_PER_MS));
    engine_word(&words, bytes_text("SET"));
    engine_word(&words, bytes_text(place));
    engine_word(&words, bytes_text(f->sensor));
    engine_word(&words, bytes_text("PX"));
    engine_word(&words, bytes_text(lasts));
    engine_send(f->engine, &words, NULL, NULL, NULL);
}

/* --- time --- */

static void end_waiting(struct fleet *f, struct fleet_line *line, unsigned rule) {
    line->lease[rule].asked = clock_monotonic();
    set_state(f, line, rule, LEASE_OURS);
    if (line->share->entry)
        ledger_share_judge(f->parts.ledger, line->share);
}

void lease_turn(struct fleet *f, time_ns now) {
    if (!f->leases)
        return;
    for (struct fleet_line *line = f->lines, *next; line; line = next) {
        next = line->next;
        for (unsigned i = 0; i < SHARE_RULES_MAX && line->waits; i++) {
            enum lease state = line->lease[i].state;
            if (state != LEASE_WAITING && state != LEASE_ASKED)
                continue;
            if (f->away || now - line->lease[i].asked >= lease_ns)
                end_waiting(f, line, i);
            else if (state == LEASE_WAITING && now - line->lease[i].looked >= look_ns)
                look_for_mark(f, line, i, now);
        }
    }
}

void fleet_settle(struct fleet *f) {
    for (struct fleet_line *line = f->lines; line; line = line->next)
        for (unsigned i = 0; i < SHARE_RULES_MAX; i++)
            if (line->lease[i].state == LEASE_WAITING || line->lease[i].state == LEASE_ASKED)
                end_waiting(f, line, i);
}
