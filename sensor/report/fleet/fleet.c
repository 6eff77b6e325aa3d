/* SPDX-License-Identifier: Apache-2.0 */
#include "report/fleet/fleet.h"

#include "base/counter.h"
#include "report/fleet/fleet_line.h"

#include <stdio.h>
#include <stdlib.h>

enum { WORD_MAX = 64 << 10 };
static const time_ns round_ns = 2 * NS_PER_S, word_ns = 10 * NS_PER_S, calm_ns = 5 * NS_PER_S,
                     again_ns = 60 * NS_PER_S;

/* --- commands --- */

bool matter_command(struct fleet *f, struct matter *m, const struct engine_command *words,
                    engine_answer *answer, void *subject) {
    bool sent = engine_send(f->engine, words, answer, f, subject);
    m->under_way += sent;
    return sent;
}

void matter_answered(struct fleet *f, struct matter *m) {
    if (--m->under_way == 0)
        m->answered(f, m);
}

/* --- the sensor's word on itself --- */

static void word_answered(void *context, void *subject, const redisReply *reply) {
    struct fleet *f = context;
    f->word_under_way = false;
}

static void send_word(struct fleet *f, time_ns now) {
    char place[PLACE_MAX], where[PLACE_MAX + SECRET_SENSOR_MAX];
    struct engine_command words = {.count = 0};
    struct json_writer j;
    if (!f->parts.describe || f->word_under_way || (f->worded && now - f->worded < word_ns))
        return;
    f->worded = now;
    json_writer_init(&j, f->text, WORD_MAX);
    json_write_object(&j, NULL);
    f->parts.describe(f->parts.describe_context, &j);
    json_write_object_end(&j);
    place_of_sensors(f->options, place);
    snprintf(where, sizeof where, "%s %s", place, f->sensor);
    size_t n = json_writer_size(&j);
    n = n && n <= WORD_MAX
            ? secret_seal(&f->options->secret, bytes_text(where), bytes_of(f->text, n), f->sealed)
            : 0;
    if (!n)
        return;
    engine_word(&words, bytes_text("HSET"));
    engine_word(&words, bytes_text(place));
    engine_word(&words, bytes_text(f->sensor));
    engine_word(&words, bytes_of(f->sealed, n));
    f->word_under_way = engine_send(f->engine, &words, word_answered, f, NULL);
}

/* --- the engine away --- */

static void tell_away(struct fleet *f) {
    char text[400];
    const char *why = engine_trouble(f->engine);
    if (!why == !f->away)
        return;
    f->away = why != NULL;
    if (why)
        snprintf(
            text, sizeof text,
            "The fleet's engine is away: %.200s. This sensor goes on with its own ledger, which is written "
            "there later; what is spread over several sensors may be told later, and by each of them",
            why);
    for (struct fleet_line *line = f->lines; line && why; line = line->next)
        if (line->share->entry)
            ledger_share_judge(f->parts.ledger, line->share);
    f->parts.notice(f->parts.context, why ? "fleet-away" : "fleet-away-over",
                    why ? text
                        : "The fleet's engine answers again; what was counted meanwhile is written there");
}

/* A replica that took over lacks the last writes, an engine that was started again perhaps all. */
static void write_again(struct fleet *f, time_ns now) {
    uint64_t breaks = engine_breaks(f->engine);
    if (breaks != f->breaks)
        f->broken = now;
    f->breaks = breaks;
    if (!f->broken || f->away || (!f->hurry && (now - f->broken < calm_ns || now - f->again < again_ns)))
        return;
    f->broken = 0;
    f->again = now;
    for (struct fleet_line *line = f->lines; line; line = line->next)
        line_begin(line);
    contracts_begin(f);
    ledger_share_again(f->parts.ledger);
}

/* --- rounds --- */

static void begin_round(struct fleet *f, time_ns now) {
    struct share *s;
    if (f->round || (!f->hurry && now - f->round_begun < round_ns))
        return;
    f->round_begun = now;
    while ((s = ledger_share_next(f->parts.ledger))) {
        s->listed = true;
        s->next = f->round;
        f->round = s;
    }
}

/* One whose last batch is under way waits for the next round. */
static void go_on_with_round(struct fleet *f) {
    struct share *again = NULL;
    for (struct share *s; f->round && engine_has_room(f->engine);) {
        s = f->round;
        f->round = s->next;
        s->listed = false;
        if (!s->entry) {
            line_forget(f, s);
        } else if (line_under_way(s) || !line_send(f, s)) {
            s->next = again;
            again = s;
        }
    }
    for (struct share *s; (s = again);) {
        again = s->next;
        ledger_share_mark(f->parts.ledger, s);
    }
}

void fleet_pump(struct fleet *f) {
    time_ns now = clock_monotonic();
    send_word(f, now);
    write_again(f, now);
    begin_round(f, now);
    go_on_with_round(f);
    lease_turn(f, now);
    contracts_turn(f, now);
    engine_pump(f->engine);
    tell_away(f);
}

/* Its last word; what others wrote after this sensor's last records is judged too. */
static void begin_end(struct fleet *f) {
    f->hurry = true;
    f->worded = 0;
    if (f->parts.offline)
        contracts_read_again(f);
    for (struct fleet_line *line = f->lines; line && f->parts.offline; line = line->next) {
        line->share->moved = line->share->entry && line->share->witness;
        if (line->share->moved)
            ledger_share_mark(f->parts.ledger, line->share);
    }
}

bool fleet_finish(struct fleet *f) {
    if (!f->hurry)
        begin_end(f);
    fleet_pump(f);
    return f->away || (!f->round && !f->broken && !ledger_share_waits(f->parts.ledger) &&
                       engine_idle(f->engine) && !f->leases && contracts_idle(f));
}

void fleet_settle(struct fleet *f) {
    f->settled = true;
    for (struct fleet_line *line = f->lines; line && f->parts.offline; line = line->next)
        for (unsigned i = 0; i < SHARE_RULES_MAX; i++)
            lease_end_waiting(f, &line->lease[i]);
    contracts_settle(f);
}

size_t fleet_poll(const struct fleet *f, struct pollfd *fds, size_t most) {
    return engine_poll(f->engine, fds, most);
}

const char *fleet_trouble(const struct fleet *f) {
    return engine_trouble(f->engine);
}

void fleet_reopen(struct fleet *f) {
    engine_reopen(f->engine);
}

/* --- life --- */

struct fleet *fleet_create(const struct fleet_options *options, const struct fleet_parts *parts,
                           struct error *e) {
    struct fleet *f = calloc(1, sizeof *f);
    if (!f) {
        error_set(e, "out of memory");
        return NULL;
    }
    f->options = options;
    f->parts = *parts;
    error_set(e, "out of memory");
    f->text = malloc(WORD_MAX);
    f->sealed = malloc(WORD_MAX + SEAL_MORE);
    secret_sensor(&options->secret, parts->observer, f->sensor);
    f->engine = f->text && f->sealed && contracts_open(f) ? engine_create(options, e) : NULL;
    if (!f->engine) {
        fleet_destroy(f);
        return NULL;
    }
    const struct share_sink sink = {f, parts->offline, line_permit, line_told, line_gone};
    ledger_share_begin(parts->ledger, &sink);
    return f;
}

void fleet_destroy(struct fleet *f) {
    if (!f)
        return;
    engine_destroy(f->engine);
    f->engine = NULL;
    ledger_share_end(f->parts.ledger);
    while (f->lines)
        line_drop(f, f->lines);
    for (struct share *s; (s = f->round);) {
        f->round = s->next;
        s->listed = false;
        if (!s->entry)
            share_free(s);
    }
    contracts_close(f);
    free(f->text);
    free(f->sealed);
    free(f);
}
