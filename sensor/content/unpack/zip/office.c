/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/zip/office.h"

#include "base/counter.h"

/* In rows that wait: a text's number follows; a sheet is over; a style follows, and a value with its length.
 * No text holds any of them. */
enum { MARK_NUMBER = 1, MARK_END = 2, MARK_STYLED = 3 };
enum { COLUMNS_MAX = 1024, REPEATED_MAX = 64 };

/* --- parts --- */

static bool is_within(struct bytes path, const char *folder, const char *end) {
    size_t n = strlen(folder), m = strlen(end);
    return path.n >= n + m && memcmp(path.p, folder, n) == 0 && memcmp(path.p + path.n - m, end, m) == 0;
}

enum office_part office_part_of(struct bytes path) {
    static const struct {
        const char *folder, *end;
        enum office_part part;
    } parts[] = {{"xl/worksheets/", ".xml", OFFICE_SHEET},  {"xl/sharedStrings", ".xml", OFFICE_STRINGS},
                 {"xl/styles", ".xml", OFFICE_STYLES},      {"word/document", ".xml", OFFICE_TEXT},
                 {"word/header", ".xml", OFFICE_TEXT},      {"word/footer", ".xml", OFFICE_TEXT},
                 {"word/footnotes", ".xml", OFFICE_TEXT},   {"ppt/slides/slide", ".xml", OFFICE_TEXT},
                 {"ppt/notesSlides/", ".xml", OFFICE_TEXT}, {"content.xml", "", OFFICE_CONTENT}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (is_within(path, parts[i].folder, parts[i].end))
            return parts[i].part;
    return OFFICE_NONE;
}

/* --- what is written --- */

static void note_full(struct office *o, bool *full) {
    if (*full)
        return;
    *full = true;
    counter_one(COUNTER_ZIP_ROWS_FULL);
    unpack_bounded(o->unpack);
    unpack_note(o->unpack, "memory-bound");
}

static void begin_text(struct office *o) {
    const struct unpack_child child = {.total = LENGTH_UNKNOWN, .gathered = true};
    if (!unpack_pays(o->unpack)) {
        counter_one(COUNTER_ZIP_SMALL);
        unpack_bounded(o->unpack);
        return;
    }
    o->child = unpack_begin(o->unpack, &child);
}

/* A few octets name a text of any length, or a column far to the right: what is written is paid for. */
static void flush_out(struct office *o) {
    if (o->out_n > 0 && !o->child && !o->refused) {
        begin_text(o);
        o->refused = !o->child;
    }
    if (o->out_n > 0 && o->child)
        o->cut |= unpack_make(o->unpack, &o->made, o->child, (const uint8_t *)o->out, o->out_n) < o->out_n;
    o->out_n = 0;
}

static void write_octet(struct office *o, uint8_t c) {
    if (o->cut || o->refused)
        return;
    o->out[o->out_n++] = (char)c;
    if (o->out_n == OFFICE_OUT)
        flush_out(o);
}

static void end_text(struct office *o, bool whole) {
    flush_out(o);
    if (o->child)
        filter_end(o->child, whole && !o->cut ? TRANSFER_DONE : TRANSFER_CUT);
    o->child = NULL;
    o->cut = o->refused = false;
}

static void keep_octets(struct office *o, const void *p, size_t n) {
    if (!o->rows_full && !store_add(&o->rows, o->unpack, bytes_of(p, n)))
        note_full(o, &o->rows_full);
}

static bool waits_for_more(const struct office *o) {
    return o->part == OFFICE_SHEET && !(o->knows_strings && o->knows_styles);
}

/* What is put leads nowhere. */
static bool is_deaf(const struct office *o) {
    return waits_for_more(o) ? o->rows_full : o->cut || o->refused;
}

static void put_octet(struct office *o, uint8_t c) {
    if (waits_for_more(o))
        keep_octets(o, &c, 1);
    else
        write_octet(o, c);
}

static void write_string(struct office *o, uint32_t number) {
    if (number >= o->starts.n / 4)
        return;
    uint32_t at = store_u32(&o->starts, number * 4);
    while (at < o->strings.n && store_at(&o->strings, at) != '\n' && !o->cut && !o->refused)
        write_octet(o, store_at(&o->strings, at++));
}

static void write_value(struct office *o, unsigned style, struct bytes value) {
    char text[DATE_TEXT];
    bool is_date = style < OFFICE_STYLES_MAX && (o->dates[style / 8] >> style % 8 & 1);
    size_t n = is_date ? date_show(value, text) : 0;
    if (n > 0)
        value = bytes_of(text, n);
    for (size_t i = 0; i < value.n; i++)
        write_octet(o, value.p[i]);
}

static void put_value(struct office *o) {
    uint8_t mark[4 + OFFICE_VALUE] = {MARK_STYLED, (uint8_t)o->style, (uint8_t)(o->style >> 8), o->value_n};
    memcpy(mark + 4, o->value, o->value_n);
    if (waits_for_more(o))
        keep_octets(o, mark, 4u + o->value_n);
    else
        write_value(o, o->style, bytes_of(o->value, o->value_n));
}

static void put_number(struct office *o, uint32_t number) {
    const uint8_t mark[] = {MARK_NUMBER, (uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
                            (uint8_t)(number >> 24)};
    if (waits_for_more(o))
        keep_octets(o, mark, sizeof mark);
    else
        write_string(o, number);
}

static uint32_t write_styled(struct office *o, uint32_t at) {
    uint8_t value[OFFICE_VALUE];
    uint32_t n = store_at(&o->rows, at + 3);
    unsigned style = store_at(&o->rows, at + 1) | (unsigned)store_at(&o->rows, at + 2) << 8;
    for (uint32_t i = 0; i < n; i++)
        value[i] = store_at(&o->rows, at + 4 + i);
    write_value(o, style, bytes_of(value, n));
    return at + 4 + n;
}

/* A sheet behind the other. What is kept is kept whole: a mark with what belongs to it. */
static void write_rows(struct office *o) {
    for (uint32_t i = 0; i < o->rows.n;) {
        uint8_t c = store_at(&o->rows, i);
        if (c == MARK_STYLED) {
            i = write_styled(o, i);
            continue;
        }
        if (c == MARK_NUMBER)
            write_string(o, store_u32(&o->rows, i + 1));
        else if (c == MARK_END)
            end_text(o, true);
        else
            write_octet(o, c);
        i += c == MARK_NUMBER ? 5 : 1;
    }
    end_text(o, false);
    store_clear(&o->rows, o->unpack);
    o->rows_full = false;
}

/* --- cells --- */

/* What stands in columns to the left that the sheet leaves out is nothing. */
static void reach_column(struct office *o) {
    unsigned column = o->column < COLUMNS_MAX ? o->column : COLUMNS_MAX;
    for (; o->columns < column && !is_deaf(o); o->columns++)
        put_octet(o, '\t');
    o->filled = true;
}

static void put_text(struct office *o, struct bytes text) {
    for (size_t i = 0; i < text.n; i++)
        put_octet(o, text.p[i] >= ' ' ? text.p[i] : ' ');
}

static void end_row(struct office *o) {
    if (o->filled)
        put_octet(o, '\n');
    o->filled = false;
    o->column = o->columns = 0;
}

/* "AB12": letters count from A, as digits of base 26 without a zero. */
static void read_column(struct office *o, struct bytes place) {
    unsigned column = 0;
    for (size_t i = 0; i < place.n && place.p[i] >= 'A' && place.p[i] <= 'Z' && column < COLUMNS_MAX; i++)
        column = column * 26 + (unsigned)(place.p[i] - 'A' + 1);
    if (column > 0)
        o->column = (uint16_t)(column - 1);
}

/* --- sheets of Office Open XML (18.3.1.4, 18.3.1.73) --- */

static bool is_named(struct bytes name, const char *text) {
    return bytes_equal(name, bytes_text(text));
}

static void open_in_sheet(struct office *o, struct bytes name) {
    if (is_named(name, "c")) {
        o->numbered = o->worded = false;
        o->value_n = 0;
        o->style = 0;
    }
    o->collects = is_named(name, "v") || is_named(name, "t");
}

static void attribute_in_sheet(struct office *o, struct bytes name, struct bytes value) {
    uint64_t n;
    if (o->collects)
        return;
    if (is_named(name, "r"))
        read_column(o, value);
    if (is_named(name, "s") && bytes_number(value, &n))
        o->style = (uint16_t)(n < OFFICE_STYLES_MAX ? n : 0);
    if (is_named(name, "t")) {
        o->numbered = is_named(value, "s");
        o->worded = !o->numbered && !is_named(value, "n");
    }
}

/* Numbers are shown as their style says, once all of them is there. */
static void text_in_sheet(struct office *o, struct bytes text) {
    if (o->worded) {
        reach_column(o);
        put_text(o, text);
        return;
    }
    for (size_t i = 0; i < text.n && o->value_n < OFFICE_VALUE; i++)
        if (text.p[i] > ' ')
            o->value[o->value_n++] = (char)text.p[i];
}

static void close_in_sheet(struct office *o, struct bytes name) {
    uint64_t number;
    o->collects = false;
    if (is_named(name, "row"))
        end_row(o);
    if (!is_named(name, "c"))
        return;
    if (o->value_n > 0) {
        reach_column(o);
        if (!o->numbered)
            put_value(o);
        else if (bytes_number(bytes_of(o->value, o->value_n), &number) && number < UINT32_MAX)
            put_number(o, (uint32_t)number);
    }
    o->column++;
}

/* --- their texts (18.4.8) --- */

static void add_string(struct office *o, struct store *store, struct bytes some) {
    if (!o->strings_full && !store_add(store, o->unpack, some))
        note_full(o, &o->strings_full);
}

static void open_in_strings(struct office *o, struct bytes name) {
    uint8_t at[4];
    if (is_named(name, "si")) {
        for (unsigned i = 0; i < 4; i++)
            at[i] = (uint8_t)(o->strings.n >> 8 * i);
        add_string(o, &o->starts, bytes_of(at, sizeof at));
    }
    o->phonetic |= is_named(name, "rPh");
    o->collects = is_named(name, "t") && !o->phonetic;
}

static void text_in_strings(struct office *o, struct bytes text) {
    uint8_t clean[256];
    while (text.n > 0 && !o->strings_full) {
        size_t n = text.n < sizeof clean ? text.n : sizeof clean;
        for (size_t i = 0; i < n; i++)
            clean[i] = text.p[i] >= ' ' ? text.p[i] : ' ';
        add_string(o, &o->strings, bytes_of(clean, n));
        text = bytes_of(text.p + n, text.n - n);
    }
}

static void close_in_strings(struct office *o, struct bytes name) {
    o->collects = false;
    if (is_named(name, "rPh"))
        o->phonetic = false;
    if (is_named(name, "si"))
        add_string(o, &o->strings, bytes_text("\n"));
}

/* --- how numbers are shown (18.8) --- */

static void open_in_styles(struct office *o, struct bytes name) {
    o->in_styles |= is_named(name, "cellXfs");
    o->format = 0;
    if (is_named(name, "xf") && o->in_styles)
        o->style_n++;
}

static bool shows_date(const struct office *o, uint64_t id) {
    bool date = date_is_format(id);
    for (size_t i = 0; i < o->format_n; i++)
        date |= o->formats[i] == id;
    return date;
}

static void attribute_in_styles(struct office *o, struct bytes name, struct bytes value) {
    uint64_t id;
    unsigned style = (unsigned)(o->style_n - 1);
    if (is_named(name, "formatCode") && date_is_code(value) && o->format_n < OFFICE_FORMATS)
        o->formats[o->format_n++] = o->format;
    if (!is_named(name, "numFmtId") || !bytes_number(value, &id))
        return;
    o->format = (uint16_t)id;
    if (o->in_styles && style < OFFICE_STYLES_MAX && shows_date(o, id))
        o->dates[style / 8] |= (uint8_t)(1u << style % 8);
}

static void close_in_styles(struct office *o, struct bytes name) {
    if (is_named(name, "cellXfs"))
        o->in_styles = false;
}

/* --- tables and paragraphs of texts --- */

static bool is_cell(struct bytes name) {
    return is_named(name, "tc") || is_named(name, "table-cell") || is_named(name, "covered-table-cell");
}

static void open_in_text(struct office *o, struct bytes name) {
    bool content = o->part == OFFICE_CONTENT;
    if (is_cell(name)) {
        o->in_cell = true;
        o->repeated = 1;
    } else if (content ? is_named(name, "p") || is_named(name, "h") : is_named(name, "t")) {
        o->collects = true;
    } else if ((is_named(name, "tab") || is_named(name, "br") || is_named(name, "s") ||
                is_named(name, "line-break")) &&
               o->filled) {
        put_octet(o, ' ');
    }
}

static void attribute_in_text(struct office *o, struct bytes name, struct bytes value) {
    uint64_t n;
    if (is_named(name, "number-columns-repeated") && bytes_number(value, &n))
        o->repeated = (uint16_t)(n < REPEATED_MAX ? n : REPEATED_MAX);
}

static void text_in_text(struct office *o, struct bytes text) {
    if (o->in_cell)
        reach_column(o);
    o->filled = true;
    put_text(o, text);
}

static void close_in_text(struct office *o, struct bytes name) {
    if (is_named(name, "t") || is_named(name, "p") || is_named(name, "h"))
        o->collects = o->part == OFFICE_CONTENT && is_named(name, "t") && o->collects;
    if ((is_named(name, "p") || is_named(name, "h")) && !o->in_cell)
        end_row(o);
    if (is_named(name, "tr") || is_named(name, "table-row"))
        end_row(o);
    if (!is_cell(name))
        return;
    o->in_cell = false;
    o->column = (uint16_t)(o->column + o->repeated < COLUMNS_MAX ? o->column + o->repeated : COLUMNS_MAX);
}

/* --- events --- */

static const struct {
    void (*open)(struct office *o, struct bytes name);
    void (*attribute)(struct office *o, struct bytes name, struct bytes value);
    void (*close)(struct office *o, struct bytes name);
    void (*text)(struct office *o, struct bytes text);
} parts[] = {
    [OFFICE_SHEET] = {open_in_sheet, attribute_in_sheet, close_in_sheet, text_in_sheet},
    [OFFICE_STRINGS] = {open_in_strings, NULL, close_in_strings, text_in_strings},
    [OFFICE_STYLES] = {open_in_styles, attribute_in_styles, close_in_styles, NULL},
    [OFFICE_TEXT] = {open_in_text, attribute_in_text, close_in_text, text_in_text},
    [OFFICE_CONTENT] = {open_in_text, attribute_in_text, close_in_text, text_in_text},
};

static void on_open(void *context, struct bytes name) {
    struct office *o = context;
    parts[o->part].open(o, name);
}

static void on_attribute(void *context, struct bytes name, struct bytes value) {
    struct office *o = context;
    if (parts[o->part].attribute)
        parts[o->part].attribute(o, name, value);
}

static void on_close(void *context, struct bytes name) {
    struct office *o = context;
    parts[o->part].close(o, name);
}

static void on_text(void *context, struct bytes text) {
    struct office *o = context;
    if (o->collects)
        parts[o->part].text(o, text);
}

/* --- life --- */

void office_init(struct office *o, struct unpack *u) {
    memset(o, 0, offsetof(struct office, out));
    o->unpack = u;
}

void office_begin(struct office *o, enum office_part part) {
    static const struct xml_events events = {on_open, on_attribute, on_close, on_text};
    o->part = part;
    o->collects = o->phonetic = o->filled = o->in_cell = o->numbered = false;
    o->column = o->columns = 0;
    o->repeated = 1;
    if (part == OFFICE_STYLES) {
        o->in_styles = false;
        o->style_n = o->format_n = 0;
        memset(o->dates, 0, sizeof o->dates);
    }
    if (part == OFFICE_STRINGS) { /* of an archive that has two of them the last one counts */
        store_clear(&o->strings, o->unpack);
        store_clear(&o->starts, o->unpack);
        o->strings_full = false;
    }
    xml_begin(&o->xml, &events, o);
}

void office_data(struct office *o, struct bytes in) {
    if (o->part == OFFICE_NONE)
        return;
    o->made.in += in.n;
    xml_data(&o->xml, in);
}

void office_end(struct office *o, bool whole) {
    enum office_part part = o->part;
    const uint8_t mark = MARK_END;
    if (part == OFFICE_NONE)
        return;
    if (waits_for_more(o))
        keep_octets(o, &mark, 1);
    o->part = OFFICE_NONE;
    o->knows_strings |= part == OFFICE_STRINGS;
    o->knows_styles |= part == OFFICE_STYLES;
    end_text(o, whole);
    if (o->knows_strings && o->knows_styles)
        write_rows(o);
}

void office_finish(struct office *o) {
    office_end(o, false);
    write_rows(o);
    store_clear(&o->strings, o->unpack);
    store_clear(&o->starts, o->unpack);
}
