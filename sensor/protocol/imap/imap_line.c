/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/imap/imap_session.h"

#include "base/counter.h"

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
    l->within = true;
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

void imap_refuse_literal(struct imap *s) {
    struct imap_lines *l = &s->lines[side_other(s->server)];
    if (l->at != IMAP_AT_LITERAL || !l->waits)
        return;
    end_transfer(s, l, TRANSFER_CUT);
    l->at = IMAP_AT_LINE;
    l->within = false;
    l->n = 0;
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

static void begin_stray(struct imap *s, enum side from) {
    struct imap_lines *l = &s->lines[from];
    struct transfer_seed seed = transfer_seed_of("imap", from);
    counter_one(COUNTER_IMAP_STRAYS);
    l->transfer = s->c->services->begin(s->c, &seed);
    l->open = true;
    l->at = IMAP_AT_STRAY;
    if (l->n)
        s->c->services->data(s->c, l->transfer, l->line, l->n);
    l->n = 0;
}

static size_t take_line(struct imap *s, enum side from, const uint8_t *p, size_t n) {
    struct imap_lines *l = &s->lines[from];
    const uint8_t *lf = memchr(p, '\n', n);
    size_t take = lf ? (size_t)(lf - p) + 1 : n;
    uint64_t size;
    bool waits;
    keep_octets(l, p, take);
    if (!lf)
        return take;
    struct bytes line = bytes_of(l->line, l->n);
    if (imap_literal_size(line, &size, &waits)) {
        begin_literal(s, from, size, waits);
        return take;
    }
    bool whole = !l->lost_line;
    l->within = l->lost_line = false;
    if (!imap_take_line(s, from, line) && whole) {
        begin_stray(s, from);
        return take;
    }
    l->n = 0;
    return take;
}

size_t imap_take(struct imap *s, enum side from, const uint8_t *p, size_t n) {
    struct imap_lines *l = &s->lines[from];
    size_t at = 0;
    while (at < n && s->turns == IMAP_GOES_ON) {
        if (l->at == IMAP_AT_LINE) {
            at += take_line(s, from, p + at, n - at);
        } else if (l->at == IMAP_AT_LITERAL) {
            at += take_literal(s, from, p + at, n - at);
        } else {
            s->c->services->data(s->c, l->transfer, p + at, n - at);
            at = n;
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
    if (l->at == IMAP_AT_STRAY) {
        s->c->services->gap(s->c, l->transfer, n);
        return;
    }
    l->lost_line = true;
    l->within = false;
    l->n = 0;
}

void imap_end(struct imap *s, enum side from, enum transfer_end how) {
    struct imap_lines *l = &s->lines[from];
    if (l->peeks)
        end_peek(s, from);
    end_transfer(s, l, l->at == IMAP_AT_LITERAL ? TRANSFER_CUT : how);
    l->at = IMAP_AT_LINE;
    l->n = 0;
}
