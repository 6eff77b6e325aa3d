/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/examine.h"
#include "examine/sheet.h"

#include "base/utf8.h"

#include <stdio.h>

/* Tables of dBase and its kin (levels 3 to 7's common part, and FoxPro's): a header with a descriptor for
 * each column, then records of one length, whose first octet says whether they were deleted. Deleted ones are
 * read too. */

enum { HEADER = 32, FIELD = 32, END = 0x0d, FIELDS_MAX = 1024, CELL_MAX = 1024 };

struct field {
    char name[12];
    char type;
    uint8_t n;
};

static bool matches_dbf(const struct file_type *type) {
    return bytes_equal(bytes_text(type->mime), bytes_text("application/x-dbf"));
}

static size_t read_fields(struct bytes image, size_t header, struct field *out) {
    size_t n = 0;
    for (size_t at = HEADER; at + FIELD <= header && at + FIELD <= image.n && n < FIELDS_MAX;
         at += FIELD, n++) {
        const uint8_t *p = image.p + at;
        if (p[0] == END)
            break;
        memcpy(out[n].name, p, 11);
        out[n].name[11] = '\0';
        out[n].type = (char)p[11];
        out[n].n = p[16];
    }
    return n;
}

/* Octets of code pages are shown as those of Latin-1: letters and digits of plates are the same in all. */
static struct bytes text_of(struct bytes b, char room[CELL_MAX]) {
    size_t n = 0;
    b = bytes_trim(b);
    for (size_t i = 0; i < b.n && n + 2 <= CELL_MAX; i++)
        if (b.p[i] >= ' ')
            n += utf8_put(b.p[i], room + n);
    return bytes_of((const uint8_t *)room, n);
}

static struct bytes number_of(const struct field *f, const uint8_t *p, char room[CELL_MAX]) {
    int32_t i = 0;
    double d = 0;
    int n = 0;
    if (f->type == 'I' && f->n == 4) {
        memcpy(&i, p, 4);
        n = snprintf(room, CELL_MAX, "%d", i);
    } else if (f->type != 'I' && f->n == 8) {
        memcpy(&d, p, 8);
        n = snprintf(room, CELL_MAX, "%.15g", d);
    }
    return bytes_of((const uint8_t *)room, n > 0 ? (size_t)n : 0);
}

/* Days since the beginning of the Julian period, and milliseconds. */
static struct bytes time_of(const struct field *f, const uint8_t *p, char room[CELL_MAX]) {
    int32_t day, ms;
    if (f->n != 8)
        return bytes_of(NULL, 0);
    memcpy(&day, p, 4);
    memcpy(&ms, p + 4, 4);
    if (day < 2415021 || day > 2816788 || ms < 0)
        return bytes_of(NULL, 0);
    int l = day + 68569, m = 4 * l / 146097; /* Fliegel and Van Flandern, 1968 */
    l -= (146097 * m + 3) / 4;
    int year = 4000 * (l + 1) / 1461001;
    l = l - 1461 * year / 4 + 31;
    int month = 80 * l / 2447, d = l - 2447 * month / 80;
    l = month / 11;
    int n = snprintf(room, CELL_MAX, "%04d-%02d-%02dT%02d:%02d:%02d", 100 * (m - 49) + year + l,
                     month + 2 - 12 * l, d, ms / 3600000, ms / 60000 % 60, ms / 1000 % 60);
    return bytes_of((const uint8_t *)room, (size_t)n);
}

static void take_field(struct sheet *r, const struct field *f, const uint8_t *p) {
    char room[CELL_MAX];
    switch (f->type) {
    case 'I':
    case 'B':
    case 'O':
        sheet_cell(r, number_of(f, p, room));
        break;
    case 'T':
    case '@':
        sheet_cell(r, time_of(f, p, room));
        break;
    case '0': /* FoxPro's own flags */
        sheet_cell(r, bytes_of(NULL, 0));
        break;
    default:
        sheet_cell(r, text_of(bytes_of(p, f->n), room));
    }
}

static void take_records(struct examined *x, const struct field *field, size_t fields, size_t at,
                         size_t record, uint32_t count) {
    struct sheet r;
    struct bytes name = object_fact(unpack_object(x->unpack), FACT_NAME);
    char text[256];
    snprintf(text, sizeof text, "%.*s", (int)name.n, (const char *)name.p);
    sheet_begin(&r, x, text);
    for (size_t i = 0; i < fields; i++)
        sheet_cell(&r, bytes_text(field[i].name));
    sheet_end_row(&r);
    uint32_t n = 0;
    for (; n < count && x->image.n - at >= record && !x->over; n++, at += record) {
        const uint8_t *p = x->image.p + at + 1;
        for (size_t i = 0; i < fields; p += field[i++].n)
            take_field(&r, &field[i], p);
        sheet_end_row(&r);
    }
    sheet_end(&r, n == count);
}

static void examine_a_table(struct examined *x) {
    static struct field field[FIELDS_MAX];
    struct reader r = reader_of(x->image.p, x->image.n);
    uint32_t count;
    uint16_t header, record;
    if (!reader_skip(&r, 4) || !reader_u32le(&r, &count) || !reader_u16le(&r, &header) ||
        !reader_u16le(&r, &record)) {
        examined_broken(x);
        return;
    }
    size_t fields = read_fields(x->image, header, field), all = 1;
    for (size_t i = 0; i < fields; i++)
        all += field[i].n;
    if (fields == 0 || all > record || header > x->image.n) {
        examined_broken(x);
        return;
    }
    take_records(x, field, fields, header, record, count);
}

const struct examine_format examine_dbf = {.name = "dbf", .matches = matches_dbf, .examine = examine_a_table};
