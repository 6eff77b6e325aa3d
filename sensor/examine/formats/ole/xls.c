/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/formats/ole/ole.h"
#include "examine/sheet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Workbooks of Excel 97 and later ([MS-XLS]): records, of which those between a beginning and an end are a
 * sheet. Cells come by rows; each sheet is a text of comma-separated rows. Numbers whose format is one of
 * dates are told as these. */

enum {
    HEAD = 4,
    FORMULA = 0x0006,
    END = 0x000a,
    DATES_1904 = 0x0022,
    SEALED = 0x002f,
    SHEET = 0x0085,
    MULTIPLE = 0x00bd,
    STYLE = 0x00e0,
    DRAWING = 0x00eb,
    STRINGS = 0x00fc,
    LABEL_SHARED = 0x00fd,
    NUMBER = 0x0203,
    LABEL = 0x0204,
    TEXT_RESULT = 0x0207,
    SMALL_NUMBER = 0x027e,
    FORMAT = 0x041e,
    BEGIN = 0x0809,
    CONTINUE = 0x003c,
    STYLES_MAX = 4096,
    FORMATS_MAX = 1024,
    SHEETS_MAX = 1024,
    COLUMNS_MAX = 256,
    CELL = 256,
};

struct xls {
    struct ole *ole;
    struct bytes file;
    struct xls_strings strings;
    uint16_t style[STYLES_MAX]; /* number of the format, by style */
    unsigned styles;
    uint16_t dated[FORMATS_MAX]; /* formats of the file's own that are of dates */
    unsigned dateds;
    struct {
        uint32_t at; /* its beginning */
        char name[CELL];
    } sheet[SHEETS_MAX];
    unsigned sheets;
    double epoch; /* of its days, in those of the Julian period */
    unsigned depth;
    struct sheet out;
    bool open, in_row, sealed;
    uint32_t row, column; /* the next one */
};

static uint16_t u16_at(const uint8_t *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t u32_at(const uint8_t *p) {
    return u16_at(p) | (uint32_t)u16_at(p + 2) << 16;
}

/* --- Formats --- */

/* Of years and days, or hours and minutes, outside of what is quoted. */
static bool is_dated(const char *format) {
    bool quoted = false, year = false, day = false, hour = false, month = false;
    for (const char *p = format; *p; p++) {
        quoted ^= *p == '"';
        year |= !quoted && (*p | 32) == 'y';
        day |= !quoted && (*p | 32) == 'd';
        hour |= !quoted && (*p | 32) == 'h';
        month |= !quoted && (*p | 32) == 'm';
    }
    return (year && (day || month)) || (day && month) || (hour && month);
}

/* A string with its length (two octets, or one) before it. */
static void read_text(struct bytes b, size_t at, size_t count_n, char *out, size_t size) {
    out[0] = '\0';
    if (at + count_n + 1 > b.n)
        return;
    size_t n = count_n == 2 ? u16_at(b.p + at) : b.p[at];
    bool wide = b.p[at + count_n] & 1;
    at += count_n + 1;
    n = wide ? 2 * n : n;
    n = n < b.n - at ? n : b.n - at;
    if (wide) {
        ole_utf8(bytes_of(b.p + at, n), out, size);
        return;
    }
    uint8_t both[2 * CELL];
    size_t signs = n < CELL ? n : CELL;
    for (size_t i = 0; i < signs; i++) {
        both[2 * i] = b.p[at + i];
        both[2 * i + 1] = 0;
    }
    ole_utf8(bytes_of(both, 2 * signs), out, size);
}

static void note_format(struct xls *x, struct bytes b) {
    char text[CELL];
    if (b.n < 2 || x->dateds == FORMATS_MAX)
        return;
    read_text(b, 2, 2, text, sizeof text);
    if (is_dated(text))
        x->dated[x->dateds++] = u16_at(b.p);
}

static bool style_is_dated(const struct xls *x, unsigned style) {
    unsigned format = style < x->styles ? x->style[style] : 0;
    if ((format >= 14 && format <= 22) || (format >= 45 && format <= 47))
        return true;
    for (unsigned i = 0; i < x->dateds; i++)
        if (x->dated[i] == format)
            return true;
    return false;
}

/* --- Cells --- */

static void begin_cell(struct xls *x, uint32_t row, uint32_t column) {
    if (x->in_row && row != x->row) {
        sheet_end_row(&x->out);
        x->in_row = false;
    }
    if (!x->in_row)
        x->column = 0;
    x->in_row = true;
    x->row = row;
    for (; x->column < column && x->column < COLUMNS_MAX; x->column++)
        sheet_cell(&x->out, bytes_of(NULL, 0));
    x->column = column + 1;
}

static void put_cell(struct xls *x, uint32_t row, uint32_t column, const char *text) {
    if (!x->open)
        return;
    begin_cell(x, row, column);
    sheet_cell(&x->out, bytes_text(text));
}

/* Fliegel and Van Flandern, 1968. */
static void write_time(const struct xls *x, double value, char out[CELL]) {
    long long seconds = llround((value - floor(value)) * 86400), day = (long long)floor(value + x->epoch);
    long long l = day + 68569, n = 4 * l / 146097;
    l -= (146097 * n + 3) / 4;
    long long year = 4000 * (l + 1) / 1461001;
    l = l - 1461 * year / 4 + 31;
    long long month = 80 * l / 2447, d = l - 2447 * month / 80;
    l = month / 11;
    if (value < 1)
        snprintf(out, CELL, "%02lld:%02lld:%02lld", seconds / 3600, seconds / 60 % 60, seconds % 60);
    else if (seconds == 0)
        snprintf(out, CELL, "%04lld-%02lld-%02lld", 100 * (n - 49) + year + l, month + 2 - 12 * l, d);
    else
        snprintf(out, CELL, "%04lld-%02lld-%02lldT%02lld:%02lld:%02lld", 100 * (n - 49) + year + l,
                 month + 2 - 12 * l, d, seconds / 3600, seconds / 60 % 60, seconds % 60);
}

static void put_number(struct xls *x, const uint8_t *place, unsigned style, double value) {
    char text[CELL];
    if (style_is_dated(x, style) && value >= 0 && value < 2958466)
        write_time(x, value, text);
    else
        snprintf(text, sizeof text, "%.15g", value);
    put_cell(x, u16_at(place), u16_at(place + 2), text);
}

/* Section 2.5.217: an integer of 30 bits or the upper ones of a real, perhaps in hundredths. */
static double small_number(uint32_t rk) {
    uint64_t bits = (uint64_t)(rk & ~3u) << 32;
    double value;
    memcpy(&value, &bits, sizeof value);
    if (rk & 2)
        value = (int32_t)rk >> 2;
    return rk & 1 ? value / 100 : value;
}

static double real_at(const uint8_t *p) {
    double value;
    memcpy(&value, p, sizeof value);
    return isfinite(value) ? value : 0;
}

static void take_multiple(struct xls *x, struct bytes b) {
    unsigned row = u16_at(b.p), column = u16_at(b.p + 2);
    for (size_t at = 4; at + 8 <= b.n; at += 6, column++) {
        const uint8_t place[] = {(uint8_t)row, (uint8_t)(row >> 8), (uint8_t)column, (uint8_t)(column >> 8)};
        put_number(x, place, u16_at(b.p + at), small_number(u32_at(b.p + at + 2)));
    }
}

static void take_formula(struct xls *x, struct bytes b) {
    bool number = u16_at(b.p + 12) != 0xffff;
    if (number)
        put_number(x, b.p, u16_at(b.p + 4), real_at(b.p + 6));
    else if (x->open && b.p[6] == 0) /* a text, which comes in the next record */
        begin_cell(x, u16_at(b.p), u16_at(b.p + 2));
}

static void take_cell(struct xls *x, unsigned kind, struct bytes b) {
    char text[CELL * 8];
    if (kind == TEXT_RESULT && x->open && x->in_row) {
        read_text(b, 0, 2, text, sizeof text);
        sheet_cell(&x->out, bytes_text(text));
        return;
    }
    if (b.n < 10)
        return;
    if (kind == LABEL_SHARED)
        put_cell(x, u16_at(b.p), u16_at(b.p + 2), xls_string(&x->strings, u32_at(b.p + 6)));
    else if (kind == NUMBER && b.n >= 14)
        put_number(x, b.p, u16_at(b.p + 4), real_at(b.p + 6));
    else if (kind == SMALL_NUMBER)
        put_number(x, b.p, u16_at(b.p + 4), small_number(u32_at(b.p + 6)));
    else if (kind == MULTIPLE)
        take_multiple(x, b);
    else if (kind == FORMULA && b.n >= 14)
        take_formula(x, b);
    else if (kind == LABEL) {
        read_text(b, 6, 2, text, sizeof text);
        put_cell(x, u16_at(b.p), u16_at(b.p + 2), text);
    }
}

/* --- Sheets --- */

static void note_sheet(struct xls *x, struct bytes b) {
    if (b.n < 8 || x->sheets == SHEETS_MAX)
        return;
    x->sheet[x->sheets].at = u32_at(b.p);
    read_text(b, 6, 1, x->sheet[x->sheets].name, sizeof x->sheet[0].name);
    x->sheets++;
}

static void begin_sheet(struct xls *x, size_t at, struct bytes b) {
    enum { WORKSHEET = 0x10 };
    const char *name = "";
    if (++x->depth > 1 || b.n < 4 || u16_at(b.p + 2) != WORKSHEET)
        return;
    for (unsigned i = 0; i < x->sheets; i++)
        if (x->sheet[i].at == at)
            name = x->sheet[i].name;
    sheet_begin(&x->out, x->ole->examined, name);
    x->open = true;
    x->in_row = false;
}

static void end_sheet(struct xls *x, bool whole) {
    if (x->open && x->in_row)
        sheet_end_row(&x->out);
    if (x->open)
        sheet_end(&x->out, whole);
    x->open = x->in_row = false;
}

static void take_record(struct xls *x, unsigned kind, size_t at, struct bytes b) {
    switch (kind) {
    case BEGIN:
        begin_sheet(x, at, b);
        break;
    case END:
        if (x->depth > 0 && --x->depth == 0)
            end_sheet(x, true);
        break;
    case DATES_1904:
        x->epoch = b.n >= 2 && u16_at(b.p) ? 2416480.5 + 0.5 : x->epoch;
        break;
    case SEALED:
        x->sealed = true;
        break;
    case SHEET:
        note_sheet(x, b);
        break;
    case STYLE:
        if (b.n >= 4 && x->styles < STYLES_MAX)
            x->style[x->styles++] = u16_at(b.p + 2);
        break;
    case FORMAT:
        note_format(x, b);
        break;
    case STRINGS:
        xls_read_strings(&x->strings, x->file, at);
        break;
    default:
        take_cell(x, kind, b);
    }
}

/* Pictures go on over records: these are joined. */
static void take_drawings(struct xls *x) {
    uint8_t *all = malloc(x->file.n + 1);
    size_t n = 0;
    bool within = false;
    for (size_t at = 0; all && at + HEAD <= x->file.n;) {
        unsigned kind = u16_at(x->file.p + at);
        size_t size = u16_at(x->file.p + at + 2);
        at += HEAD;
        size = size < x->file.n - at ? size : x->file.n - at;
        within = kind == DRAWING || (kind == CONTINUE && within);
        if (within)
            memcpy(all + n, x->file.p + at, size);
        n += within ? size : 0;
        at += size;
    }
    if (all)
        ole_take_pictures(x->ole, bytes_of(all, n));
    free(all);
}

void ole_take_excel(struct ole *o, int entry) {
    struct ole_bytes b = ole_read(o, entry);
    struct xls *x = calloc(1, sizeof *x);
    size_t at = 0;
    if (x)
        *x = (struct xls){.ole = o, .file = bytes_of(b.p, b.n), .epoch = 2415018.5 + 0.5};
    while (x && !x->sealed && at + HEAD <= b.n && !o->examined->over) {
        size_t n = u16_at(b.p + at + 2), left = b.n - at - HEAD;
        take_record(x, u16_at(b.p + at), at, bytes_of(b.p + at + HEAD, n < left ? n : left));
        at += HEAD + n;
    }
    if (x) {
        end_sheet(x, false);
        if (x->sealed)
            examined_broken(o->examined);
        else
            take_drawings(x);
        xls_strings_free(&x->strings);
    }
    free(x);
    free(b.p);
}
