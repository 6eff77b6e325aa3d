/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smtp/smtp_session.h"

#include "base/counter.h"

/* One of chunks that lacks its last is over. */
static void begin_message(struct smtp *s) {
    if (s->open)
        s->c->services->end(s->c, s->transfer, TRANSFER_CUT);
    struct transfer_seed seed = transfer_seed_of(smtp_name(s), side_other(s->server));
    seed.fact[FACT_EMAIL_FROM] = bytes_of(s->envelope.from, s->envelope.from_n);
    seed.fact[FACT_EMAIL_TO] = bytes_of(s->envelope.to, s->envelope.to_n);
    if (!s->stray)
        seed.fact[FACT_DECLARED_TYPE] = bytes_text("message/rfc822");
    s->transfer = s->c->services->begin(s->c, &seed);
    s->open = true;
    dotted_begin(&s->dotted, s->lf);
}

static void emit_octets(void *context, const uint8_t *p, size_t n) {
    struct smtp *s = context;
    s->c->services->data(s->c, s->transfer, p, n);
}

void smtp_body_end(struct smtp *s, enum transfer_end how) {
    if (s->open)
        s->c->services->end(s->c, s->transfer, how);
    if (!s->stray)
        smtp_envelope_clear(&s->envelope);
    s->transfer = NULL;
    s->open = s->stray = s->watch = false;
    s->at = SMTP_AT_COMMAND;
}

static size_t take_lines(struct smtp *s, const uint8_t *p, size_t n) {
    bool ended;
    size_t taken = dotted_take(&s->dotted, p, n, emit_octets, s, &ended);
    if (ended) /* where something that strayed began nobody said */
        smtp_body_end(s, s->stray ? TRANSFER_UNKNOWN : TRANSFER_DONE);
    return taken;
}

/* --- where the end may have been missed --- */

/* What was held of a line is the message's after all. */
void smtp_body_release(struct smtp *s) {
    size_t n = s->line_n;
    s->line_n = 0;
    take_lines(s, s->line, n);
}

/* A line is held until it is known to be no command; the rest of a long one goes on at once. */
static size_t watch_lines(struct smtp *s, const uint8_t *p, size_t n) {
    enum { HELD = 512 };
    const uint8_t *lf = memchr(p, '\n', n);
    size_t take = lf ? (size_t)(lf - p) + 1 : n;
    if (s->line_n == 0 && s->dotted.mark != DOTTED_START && s->dotted.mark != DOTTED_LF)
        return take_lines(s, p, take);
    if (take > (size_t)(HELD - s->line_n))
        take = (size_t)(HELD - s->line_n);
    memcpy(s->line + s->line_n, p, take);
    s->line_n = (uint16_t)(s->line_n + take);
    bool whole = p[take - 1] == '\n';
    if (whole && smtp_is_command(bytes_of(s->line, s->line_n))) {
        smtp_body_end(s, TRANSFER_UNKNOWN);
        s->line_n--; /* the command is there but for its line's end, which comes again */
        return take - 1;
    }
    if (whole || s->line_n == HELD)
        smtp_body_release(s);
    return take;
}

/* --- all of it --- */

static void end_chunk(struct smtp *s) {
    if (s->last)
        smtp_body_end(s, TRANSFER_DONE);
    s->at = SMTP_AT_COMMAND;
}

/* Octets as they are (RFC 3030 section 2). */
static size_t take_chunk(struct smtp *s, const uint8_t *p, size_t n) {
    size_t take = s->chunk < n ? (size_t)s->chunk : n;
    if (take)
        emit_octets(s, p, take);
    s->chunk -= take;
    if (s->chunk == 0)
        end_chunk(s);
    return take;
}

size_t smtp_body_take(struct smtp *s, const uint8_t *p, size_t n) {
    size_t at = 0;
    if (s->at == SMTP_AT_DATA) {
        begin_message(s);
        s->at = SMTP_AT_BODY;
    }
    while (at < n && s->at != SMTP_AT_COMMAND) {
        if (s->at == SMTP_AT_CHUNK)
            at += take_chunk(s, p + at, n - at);
        else if (s->watch)
            at += watch_lines(s, p + at, n - at);
        else
            at += take_lines(s, p + at, n - at);
    }
    return at;
}

uint64_t smtp_body_gap(struct smtp *s, uint64_t n) {
    if (s->at == SMTP_AT_DATA) {
        begin_message(s);
        s->at = SMTP_AT_BODY;
    }
    if (s->line_n)
        smtp_body_release(s);
    if (s->at == SMTP_AT_COMMAND)
        return 0;
    bool chunk = s->at == SMTP_AT_CHUNK;
    uint64_t own = chunk && s->chunk < n ? s->chunk : n;
    s->c->services->gap(s->c, s->transfer, own);
    dotted_gap(&s->dotted);
    s->watch |= !chunk;
    s->chunk -= chunk ? own : 0;
    if (chunk && s->chunk == 0)
        end_chunk(s);
    return own;
}

void smtp_chunk_begin(struct smtp *s, uint64_t size, bool last) {
    if (!s->open)
        begin_message(s);
    s->at = SMTP_AT_CHUNK;
    s->chunk = size;
    s->last = last;
    if (size == 0)
        take_chunk(s, NULL, 0);
}

void smtp_stray_begin(struct smtp *s) {
    counter_one(COUNTER_SMTP_STRAYS);
    s->stray = true;
    begin_message(s);
    if (s->missed)
        s->c->services->gap(s->c, s->transfer, s->missed);
    s->missed = 0;
    s->at = SMTP_AT_BODY;
    s->watch = true;
    smtp_body_release(s);
}
