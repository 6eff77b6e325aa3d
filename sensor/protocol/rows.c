/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/rows.h"

#include "base/counter.h"
#include "base/utf8.h"
#include "protocol/memory.h"
#include "protocol/protocol.h"

enum { PAUSE_BYTES = 1 << 20, LONGEST = 12 };
static const time_ns pause_preset = 5 * NS_PER_S;

/* --- columns --- */

void columns_clear(struct rows_columns *c) {
    c->n = c->kept = 0;
    c->digest = 0;
}

void columns_finish(struct rows_columns *c) {
    protocol_free(c->column);
    *c = (struct rows_columns){0};
}

static bool grow_columns(struct rows_columns *c) {
    unsigned room = c->room ? c->room * 2 : 16;
    struct rows_column *grown =
        c->room < ROWS_COLUMNS ? protocol_grow(PROTOCOL_HELD, c->column, room * sizeof *grown) : NULL;
    if (!grown)
        return false;
    c->column = grown;
    c->room = room;
    return true;
}

/* Tells whether names differ; who chooses two that do not leaves out the second, no more (FNV-1a). */
static void digest_name(struct rows_columns *c, const struct rows_column *column) {
    uint64_t h = c->digest ? c->digest : 0xcbf29ce484222325u;
    for (unsigned k = 0; k <= column->name_n; k++)
        h = (h ^ (k < column->name_n ? column->name[k] : 0x1f)) * 0x100000001b3u;
    c->digest = h;
}

void columns_add(struct rows_columns *c, struct bytes name, uint32_t type) {
    c->n++;
    if (c->kept < c->n - 1 || (c->kept == c->room && !grow_columns(c))) {
        counter_one(COUNTER_SQL_COLUMNS_SHED);
        return;
    }
    struct rows_column *column = &c->column[c->kept++];
    column->type = type;
    column->name_n = (uint8_t)(name.n < VALUE_NAME ? name.n : VALUE_NAME);
    if (column->name_n)
        memcpy(column->name, name.p, column->name_n);
    digest_name(c, column);
}

const struct rows_column *columns_at(const struct rows_columns *c, unsigned i) {
    static const struct rows_column none;
    return i < c->kept ? &c->column[i] : &none;
}

/* --- the object --- */

void rows_init(struct rows *r, const struct sql_source *source) {
    r->source = source;
    r->pause = pause_preset;
}

void rows_name(struct rows *r, struct bytes name) {
    if (r->open)
        return;
    r->name_n = (uint8_t)(name.n < VALUE_NAME ? name.n : VALUE_NAME);
    if (r->name_n)
        memcpy(r->name, name.p, r->name_n);
}

static void begin_object(struct rows *r) {
    struct conversation *c = r->source->c;
    struct transfer_seed seed = sql_seed(r->source, bytes_of(r->name, r->name_n));
    seed.made_up = true;
    r->transfer = c->services->begin(c, &seed);
    r->open = true;
    r->begun = r->last = c->now;
    r->size = 0;
    conversation_settle_later(c);
}

void rows_flush(struct rows *r) {
    struct conversation *c = r->source->c;
    if (r->line_n == 0)
        return;
    c->services->data(c, r->transfer, r->line, r->line_n);
    r->size += r->line_n;
    r->last = c->now;
    r->line_n = 0;
}

void rows_end(struct rows *r, enum transfer_end how) {
    rows_flush(r);
    if (r->open)
        r->source->c->services->end(r->source->c, r->transfer, how);
    r->open = r->in_line = false;
    r->transfer = NULL;
    r->header = 0;
}

void rows_pause(struct rows *r) {
    rows_flush(r);
    bool enough = r->size >= PAUSE_BYTES || r->last - r->begun >= LONGEST * r->pause;
    if (r->open && enough)
        rows_end(r, TRANSFER_DONE);
}

bool rows_settle(struct rows *r) {
    if (r->open && !r->in_line && r->source->c->now - r->last >= r->pause)
        rows_end(r, TRANSFER_DONE);
    return r->open;
}

void rows_gap(struct rows *r, uint64_t n) {
    rows_flush(r);
    if (r->open)
        r->source->c->services->gap(r->source->c, r->transfer, n);
}

/* --- its text --- */

void rows_text(struct rows *r, struct bytes text) {
    if (!r->open && text.n > 0)
        begin_object(r);
    while (text.n > 0) {
        size_t room = (size_t)(ROWS_LINE - r->line_n), take = text.n < room ? text.n : room;
        memcpy(r->line + r->line_n, text.p, take);
        r->line_n = (uint16_t)(r->line_n + take);
        text = bytes_of(text.p + take, text.n - take);
        if (r->line_n == ROWS_LINE)
            rows_flush(r);
    }
}

static bool is_utf8(struct bytes text) {
    while (text.n > 0) {
        uint32_t c;
        size_t n = utf8_next(text, &c);
        if (c == UTF8_REPLACEMENT)
            return false;
        text = bytes_of(text.p + n, text.n - n);
    }
    return true;
}

static bool is_clean(struct bytes text) {
    uint8_t odd = 0;
    for (size_t i = 0; i < text.n; i++)
        odd |= (uint8_t)(text.p[i] < ' ') | (uint8_t)(text.p[i] >= 0x7f);
    return !odd;
}

/* One octet that is no text would make none of the whole object. */
void rows_put(struct rows *r, struct bytes text) {
    if (is_clean(text)) {
        rows_text(r, text);
        return;
    }
    bool utf8 = is_utf8(text);
    uint8_t room[256];
    for (size_t at = 0; at < text.n;) {
        size_t n = 0;
        for (; n < sizeof room && at < text.n; n++, at++) {
            uint8_t o = text.p[at];
            bool bad = (o < ' ' && o != '\n' && o != '\r') || o == 0x7f || (o >= 0x80 && !utf8);
            room[n] = o == '\t' ? ' ' : bad ? '?' : o;
        }
        rows_text(r, bytes_of(room, n));
    }
}

static void begin_field(struct rows *r) {
    if (r->in_line)
        rows_text(r, bytes_text("\t"));
    r->in_line = true;
}

void rows_field(struct rows *r, struct bytes text) {
    begin_field(r);
    rows_put(r, text);
}

void rows_field_end(struct rows *r, bool whole) {
    rows_field(r, value_end(&r->value, whole));
}

void rows_line_end(struct rows *r) {
    if (r->in_line)
        rows_text(r, bytes_text("\n"));
    r->in_line = false;
}

void rows_header(struct rows *r, const struct rows_columns *c) {
    if (c->kept == 0 || (r->open && r->header == c->digest))
        return;
    r->header = c->digest;
    for (unsigned i = 0; i < c->kept; i++)
        rows_field(r, bytes_of(c->column[i].name, c->column[i].name_n));
    rows_line_end(r);
}
