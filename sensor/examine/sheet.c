/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/sheet.h"

#include <stdio.h>

/* Smaller ones are numbers, keys and the like. */
enum { BLOB_MIN = 128, NAME_ROOM = 300 };

static void flush_sheet(struct sheet *r) {
    if (r->n > 0)
        examined_data(r->examined, r->child, r->room, r->n);
    r->n = 0;
}

static void put_bytes(struct sheet *r, const uint8_t *p, size_t n) {
    for (size_t take; n > 0; p += take, n -= take) {
        if (r->n == sizeof r->room)
            flush_sheet(r);
        take = sizeof r->room - r->n < n ? sizeof r->room - r->n : n;
        memcpy(r->room + r->n, p, take);
        r->n += take;
    }
}

static void put_byte(struct sheet *r, uint8_t byte) {
    put_bytes(r, &byte, 1);
}

void sheet_begin(struct sheet *r, struct examined *x, const char *name) {
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    char room[NAME_ROOM];
    fact[FACT_NAME] = examined_name(name, room, sizeof room);
    r->examined = x;
    r->within = false;
    r->blobs = r->n = 0;
    r->child = examined_text(x, fact);
}

static bool needs_quotes(struct bytes text) {
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == ',' || text.p[i] == '"' || text.p[i] == '\n' || text.p[i] == '\r')
            return true;
    return false;
}

void sheet_cell(struct sheet *r, struct bytes text) {
    if (r->within)
        put_byte(r, ',');
    r->within = true;
    if (!needs_quotes(text)) {
        put_bytes(r, text.p, text.n);
        return;
    }
    put_byte(r, '"');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"')
            put_byte(r, '"');
        put_byte(r, text.p[i]);
    }
    put_byte(r, '"');
}

static bool is_plain(struct bytes value) {
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] < ' ' || value.p[i] == 0x7f)
            return false;
    return true;
}

void sheet_blob(struct sheet *r, struct bytes value, const char *table, const char *column) {
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    char name[NAME_ROOM], room[NAME_ROOM];
    if (value.n < BLOB_MIN) {
        sheet_cell(r, is_plain(value) ? value : bytes_of(NULL, 0));
        return;
    }
    sheet_cell(r, bytes_of(NULL, 0));
    snprintf(name, sizeof name, "%s.%s.%llu", table, column ? column : "", (unsigned long long)++r->blobs);
    fact[FACT_NAME] = examined_name(name, room, sizeof room);
    struct filter *child = examined_begin(r->examined, fact, value.n);
    if (!child)
        return;
    bool whole = examined_data(r->examined, child, value.p, value.n);
    filter_end(child, whole ? TRANSFER_DONE : TRANSFER_CUT);
}

void sheet_end_row(struct sheet *r) {
    put_byte(r, '\n');
    r->within = false;
}

void sheet_end(struct sheet *r, bool whole) {
    flush_sheet(r);
    if (r->child)
        filter_end(r->child, whole && !r->examined->over ? TRANSFER_DONE : TRANSFER_CUT);
    r->child = NULL;
}
