/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/imap/imap_session.h"

#include "base/counter.h"
#include "protocol/tls/tls.h"

static void end_line(struct imap_lines *l) {
    l->lost_line = false;
    l->n = 0;
    l->line_octets = 0;
}

/* --- literals --- */

static void end_transfer(struct imap *s, struct imap_lines *l, enum transfer_end how) {
    if (l->open)
        s->c->services->end(s->c, l->transfer, how);
    l->transfer = NULL;
    l->open = l->peeks = false;
    l->peek_n = 0;
}

static void begin_transfer(struct imap *s, enum side from, bool base64) {
    struct imap_lines *l = &s->lines[from];
    struct transfer_seed seed;
    bool peeks;
    imap_literal_seed(s, from, bytes_of(l->line, l->n), l->left + l->peek_n, &seed, &peeks);
    if (base64)
        seed.codings = bytes_text("base64");
    l->transfer = s->c->services->begin(s->c, &seed);
    l->open = true;
}

static void begin_literal(struct imap *s, enum side from, uint64_t size, bool waits) {
    struct imap_lines *l = &s->lines[from];
    struct transfer_seed seed;
    l->at = IMAP_AT_LITERAL;
    l->left = size;
    l->waits = waits && from != s->server;
    if (imap_literal_seed(s, from, bytes_of(l->line, l->n), size, &seed, &l->peeks) && !l->peeks)
        begin_transfer(s, from, false);
    if (size == 0)
        l->at = IMAP_AT_LINE;
}

/* What it is coded in is known by enough of it, or by its end. */
static void end_peek(struct imap *s, enum side from) {
    struct imap_lines *l = &s->lines[from];
    l->peeks = false;
    begin_transfer(s, from, imap_literal_is_base64(bytes_of(l->peek, l->peek_n)));
    if (l->peek_n)
        s->c->services->data(s->c, l->transfer, l->peek, l->peek_n);
    l->peek_n = 0;
}

static size_t take_literal(struct imap *s, enum side from, const uint8_t *p, size_t n) {
    struct imap_lines *l = &s->lines[from];
    size_t take = l->left < n ? (size_t)l->left : n;
    l->waits = false;
    if (l->peeks) {
        size_t room = (size_t)(IMAP_PEEK - l->peek_n);
        take = take < room ? take : room;
        memcpy(l->peek + l->peek_n, p, take);
        l->peek_n = (uint16_t)(l->peek_n + take);
    } else if (l->open) {
        s->c->services->data(s->c, l->transfer, p, take);
    }
    l->left -= take;
    if (l->peeks && (l->left == 0 || l->peek_n == IMAP_PEEK))
        end_peek(s, from);
    if (l->left > 0)
        return take;
    end_transfer(s, l, TRANSFER_DONE);
    l->at = IMAP_AT_LINE;
    return take;
}

void imap_refuse_literal(struct imap *s, struct bytes tag) {
    struct imap_lines *l = &s->lines[side_other(s->server)];
    if (l->at != IMAP_AT_LITERAL || !l->waits || !bytes_equal(bytes_until(bytes_of(l->line, l->n), ' '), tag))
        return;
    end_transfer(s, l, TRANSFER_CUT);
    l->at = IMAP_AT_LINE;
    end_line(l);
}

/* --- lines --- */

/* Of a long line the beginning and the end are kept. */
static void keep_octets(struct imap_lines *l, const uint8_t *p, size_t n) {
    enum { TAIL = IMAP_LINE_MAX - IMAP_LINE_HEAD };
    if (n <= (size_t)(IMAP_LINE_MAX - l->n)) {
        memcpy(l->line + l->n, p, n);
        l->n = (uint16_t)(l->n + n);
        return;
    }
    size_t head = l->n < IMAP_LINE_HEAD ? (size_t)(IMAP_LINE_HEAD - l->n) : 0;
    memcpy(l->line + l->n, p, head);
    p += head;
    n -= head;
    size_t kept = l->n + head - IMAP_LINE_HEAD; /* of the end */
    if (n >= TAIL) {
        memcpy(l->line + IMAP_LINE_HEAD, p + n - TAIL, TAIL);
    } else {
        size_t old = kept < TAIL - n ? kept : TAIL - n;
        memmove(l->line + IMAP_LINE_HEAD, l->line + IMAP_LINE_HEAD + kept - old, old);
        memcpy(l->line + IMAP_LINE_HEAD + old, p, n);
        n += old;
    }
    l->n = (uint16_t)(IMAP_LINE_HEAD + (n < TAIL ? n : TAIL));
}

static void begin_other(struct imap *s, enum side from) {
    const struct transfer_seed seed = transfer_seed_of("imap", from);
    s->lines[from].transfer = s->c->services->begin(s->c, &seed);
    s->lines[from].open = true;
}

/* All that follows is of it; behind a gap, up to a line that is certain. */
static void begin_stray(struct imap *s, enum side from) {
    struct imap_lines *l = &s->lines[from];
    counter_one(COUNTER_IMAP_STRAYS);
    begin_other(s, from);
    l->at = IMAP_AT_STRAY;
    l->lost_line = false;
    if (l->missed)
        s->c->services->gap(s->c, l->transfer, l->missed);
    s->c->services->data(s->c, l->transfer, l->line, l->n);
}

/* Nobody writes so long a line for what it means alone. */
static void take_beyond(struct imap *s, enum side from, const uint8_t *p, size_t n) {
    struct imap_lines *l = &s->lines[from];
    uint64_t before = l->line_octets;
    l->line_octets = add_sizes(before, n);
    if (l->line_octets <= IMAP_LINE_USUAL)
        return;
    if (!l->open) {
        counter_one(COUNTER_IMAP_LINES_LONG);
        begin_other(s, from);
    }
    size_t usual = before < IMAP_LINE_USUAL ? (size_t)(IMAP_LINE_USUAL - before) : 0;
    s->c->services->data(s->c, l->transfer, p + usual, n - usual);
}

static void finish_line(struct imap *s, enum side from) {
    struct imap_lines *l = &s->lines[from];
    struct bytes line = bytes_of(l->line, l->n);
    uint64_t size;
    bool waits;
    if (l->missed && !l->lost_line && imap_is_certain(s, from, line))
        l->missed = 0;
    if (imap_literal_size(line, &size, &waits)) {
        begin_literal(s, from, size, waits);
        return;
    }
    if (!imap_take_line(s, from, line) && !l->lost_line)
        begin_stray(s, from);
    else if (l->missed)
        l->missed = add_sizes(l->missed, l->line_octets);
    end_line(l);
}

static size_t take_line(struct imap *s, enum side from, const uint8_t *p, size_t n) {
    struct imap_lines *l = &s->lines[from];
    const uint8_t *lf = memchr(p, '\n', n);
    size_t take = lf ? (size_t)(lf - p) + 1 : n;
    if (l->n < IMAP_LINE_MAX && take > (size_t)(IMAP_LINE_MAX - l->n)) { /* all of it is held so far */
        take = (size_t)(IMAP_LINE_MAX - l->n);
        lf = NULL;
    }
    keep_octets(l, p, take);
    take_beyond(s, from, p, take);
    if (!lf && l->line_octets == IMAP_LINE_MAX && !imap_is_line(s, from, bytes_of(l->line, l->n))) {
        begin_stray(s, from);
        l->n = 0;
    }
    if (lf) {
        end_transfer(s, l, TRANSFER_UNKNOWN);
        finish_line(s, from);
    }
    return take;
}

/* --- what is none of its lines --- */

/* What is held of a line is of it. */
static void give_held(struct imap *s, struct imap_lines *l) {
    if (l->n)
        s->c->services->data(s->c, l->transfer, l->line, l->n);
    l->n = 0;
}

/* Behind a gap each line is looked at: one that is certain ends it. */
static size_t take_stray(struct imap *s, enum side from, const uint8_t *p, size_t n) {
    struct imap_lines *l = &s->lines[from];
    const uint8_t *lf = l->missed ? memchr(p, '\n', n) : NULL;
    size_t take = lf ? (size_t)(lf - p) + 1 : n;
    l->line_octets = add_sizes(l->line_octets, take);
    if (!l->missed || l->line_octets > IMAP_LINE_MAX) {
        give_held(s, l);
        s->c->services->data(s->c, l->transfer, p, take);
        l->line_octets = lf ? 0 : l->line_octets;
        return take;
    }
    keep_octets(l, p, take);
    if (lf && imap_is_certain(s, from, bytes_of(l->line, l->n))) {
        end_transfer(s, l, TRANSFER_CUT);
        l->at = IMAP_AT_LINE;
        finish_line(s, from);
    } else if (lf) {
        give_held(s, l);
        end_line(l);
    }
    return take;
}

size_t imap_take(struct imap *s, enum side from, const uint8_t *p, size_t n) {
    struct imap_lines *l = &s->lines[from];
    size_t at = 0;
    while (at < n && s->turns == IMAP_GOES_ON) {
        struct bytes held = bytes_of(l->line, l->n), rest = bytes_of(p + at, n - at);
        if (l->at == IMAP_AT_LINE && !s->undo[from] && tls_record_begins(held, rest)) {
            s->turns = IMAP_TLS_HERE;
        } else if (l->at == IMAP_AT_LINE) {
            at += take_line(s, from, p + at, n - at);
        } else if (l->at == IMAP_AT_LITERAL) {
            at += take_literal(s, from, p + at, n - at);
        } else {
            at += take_stray(s, from, p + at, n - at);
        }
    }
    return at;
}

void imap_gap(struct imap *s, enum side from, uint64_t n) {
    struct imap_lines *l = &s->lines[from];
    if (l->at == IMAP_AT_LITERAL) {
        uint64_t own = l->left < n ? l->left : n;
        l->waits = false;
        if (l->peeks)
            end_peek(s, from);
        if (l->open)
            s->c->services->gap(s->c, l->transfer, own);
        l->left -= own;
        n -= own;
        if (l->left > 0)
            return;
        end_transfer(s, l, TRANSFER_DONE);
        l->at = IMAP_AT_LINE;
    }
    if (n == 0)
        return;
    if (from != s->server)
        s->asked = 0;
    l->missed = add_sizes(l->missed, n);
    if (l->at == IMAP_AT_STRAY) {
        give_held(s, l);
        s->c->services->gap(s->c, l->transfer, n);
        l->line_octets = IMAP_LINE_MAX; /* of a line whose beginning is missing */
        return;
    }
    end_transfer(s, l, TRANSFER_CUT); /* of a long line */
    l->missed = add_sizes(l->missed, l->line_octets);
    end_line(l);
    l->lost_line = true;
}

void imap_end(struct imap *s, enum side from, enum transfer_end how) {
    struct imap_lines *l = &s->lines[from];
    if (l->peeks)
        end_peek(s, from);
    if (l->at == IMAP_AT_STRAY)
        give_held(s, l);
    end_transfer(s, l, l->at == IMAP_AT_LITERAL ? TRANSFER_CUT : how);
    l->at = IMAP_AT_LINE;
    end_line(l);
}
