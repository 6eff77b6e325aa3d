/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/reader.h"

void markup_reset(struct markup_reader *m) {
    *m = (struct markup_reader){.element = -1, .named = -1};
}

static bool is_one_of(struct bytes word, const char *const *list) {
    for (; *list; list++)
        if (word.n > 0 && (word.p[0] | 32) == **list && bytes_equal_nocase(word, *list))
            return true;
    return false;
}

static const char *const row_tags[] = {"tr", "row", "table-row", NULL};
static const char *const key_tags[] = {"key", "dt", NULL};
static const char *const cell_tags[] = {"td", "th", "cell", "c", "table-cell", NULL};

static struct bytes local_name(struct bytes tag) {
    const uint8_t *colon = memchr(tag.p, ':', tag.n);
    return colon ? bytes_of(colon + 1, tag.n - (size_t)(colon + 1 - tag.p)) : tag;
}

static bool is_blank(uint8_t c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* --- rows of <td> --- */

static void end_cell_row(struct row_reader *r) {
    struct markup_reader *m = &r->markup;
    if (m->in_list && m->ordinal > 0 && m->head == 0)
        table_row_end(&r->judge, reader_placed(r));
    m->in_list = false;
    m->head = 0;
}

static void begin_cell_row(struct row_reader *r) {
    struct markup_reader *m = &r->markup;
    end_cell_row(r);
    m->in_list = true;
    m->in_cell = false;
    m->ordinal = 0;
}

static void begin_cell(struct row_reader *r) {
    struct markup_reader *m = &r->markup;
    if (!m->in_list)
        begin_cell_row(r);
    m->ordinal += m->ordinal < UINT8_MAX;
    m->in_cell = true;
    m->has_cell = false;
}

static bool has_digit(struct bytes text) {
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] >= '0' && text.p[i] <= '9')
            return true;
    return false;
}

/* The first row of a table, or one whose cells are names, names the columns. */
static void take_cell(struct row_reader *r, struct bytes text) {
    struct markup_reader *m = &r->markup;
    unsigned column = m->ordinal - 1u;
    m->has_cell = true;
    if (column >= TABLE_COLUMNS)
        return;
    enum row_name name = text.p[0] > '9' ? row_name_of(text) : ROW_NAME_OTHER;
    bool may_name = m->is_th || (reader_placed(r)->rows == 0 && (!reader_placed(r)->named || m->head > 0) &&
                                 !has_digit(text));
    if (name != ROW_NAME_OTHER && may_name) {
        if (m->head++ == 0 && reader_placed(r)->rows > 0)
            table_rename(&r->judge, reader_placed(r));
        table_name(&r->judge, reader_placed(r), column, name);
    } else if (m->head == 0)
        table_cell(&r->judge, reader_placed(r), column, text);
}

/* --- tags --- */

/* <simpleData name="plate">, <SimpleItem Name="text" Value="..."/>, <read plate="..." lane="4"/> */
static void take_attribute(struct row_reader *r, struct bytes name, struct bytes value) {
    static const char *const asks[] = {"name", "key", "field", "id", "label", NULL};
    static const char *const answers[] = {"value", "v", NULL};
    struct markup_reader *m = &r->markup;
    int column = -1;
    if (bytes_equal_nocase(name, "class")) { /* <div class="cell plate_number"> */
        const uint8_t *blank = memrchr(value.p, ' ', value.n);
        struct bytes last = blank ? bytes_of(blank + 1, value.n - (size_t)(blank + 1 - value.p)) : value;
        if (row_name_of(last) != ROW_NAME_OTHER && (column = reader_key(r, last)) >= 0)
            m->element = (int16_t)column;
        return;
    }
    if (is_one_of(name, asks)) {
        column = reader_key(r, value);
        if (column >= 0)
            m->element = (int16_t)column;
        return;
    }
    column = is_one_of(name, answers) && m->element >= 0 ? m->element : reader_key(r, name);
    if (column >= 0)
        table_cell(&r->judge, &r->keyed, (unsigned)column, value);
}

static void read_attributes(struct row_reader *r, struct bytes in) {
    for (size_t at = 0; at < in.n;) {
        const uint8_t *equal = memchr(in.p + at, '=', in.n - at);
        if (!equal)
            return;
        size_t to = (size_t)(equal - in.p), from = to;
        while (from > at && !is_blank(in.p[from - 1]))
            from--;
        at = to + 1;
        if (at == in.n || (in.p[at] != '"' && in.p[at] != '\''))
            continue;
        const uint8_t *end = memchr(in.p + at + 1, in.p[at], in.n - at - 1);
        if (!end)
            return;
        take_attribute(r, local_name(bytes_of(in.p + from, to - from)),
                       bytes_of(in.p + at + 1, (size_t)(end - in.p) - at - 1));
        at = (size_t)(end - in.p) + 1;
    }
}

static void close_element(struct row_reader *r, struct bytes tag) {
    struct markup_reader *m = &r->markup;
    if (is_one_of(tag, row_tags))
        end_cell_row(r);
    else if (is_one_of(tag, cell_tags))
        m->in_cell = false;
    else if (m->closed && !m->in_list)
        table_row_end(&r->judge, &r->keyed);
    m->closed = true;
    m->element = -1;
}

/* Behind <key>plate</key> stands its value; what <text> and the like hold belongs to the element around. */
static void name_element(struct row_reader *r, struct bytes tag, bool empty) {
    static const char *const plain[] = {"text", "value", "number",           "string",
                                        "raw",  "date",  "identificationid", NULL};
    struct markup_reader *m = &r->markup;
    if (empty)
        m->element = -1;
    else if (m->named >= 0 && !m->asks && row_name_of(tag) == ROW_NAME_OTHER)
        m->element = m->named, m->named = -1;
    else if (m->element < 0 || !is_one_of(tag, plain) || r->keyed.column[m->element].name == ROW_NAME_OTHER)
        m->element = (int16_t)reader_key(r, tag);
}

static void read_tag(struct row_reader *r, struct bytes in) {
    struct markup_reader *m = &r->markup;
    size_t n = 0;
    bool closes = in.n > 0 && in.p[0] == '/', empty = in.n > 0 && in.p[in.n - 1] == '/';
    if (in.n == 0 || in.p[0] == '!' || in.p[0] == '?')
        return;
    in = bytes_of(in.p + closes, in.n - closes - (empty && in.n > 1 && !closes));
    while (n < in.n && !is_blank(in.p[n]))
        n++;
    struct bytes tag = local_name(bytes_of(in.p, n));
    if (closes) {
        close_element(r, tag);
        return;
    }
    m->closed = false;
    if (is_one_of(tag, row_tags))
        begin_cell_row(r);
    else if (is_one_of(tag, cell_tags)) {
        begin_cell(r);
        m->is_th = tag.n == 2 && (tag.p[1] | 32) == 'h';
    }
    bool in_cells = m->in_list && m->ordinal > 0;
    m->asks = is_one_of(tag, key_tags);
    if (!in_cells)
        name_element(r, tag, empty);
    if (!in_cells && n < in.n) {
        read_attributes(r, bytes_of(in.p + n, in.n - n));
        if (empty) {
            table_row_end(&r->judge, &r->keyed);
            m->element = -1;
        }
    }
}

static void take_text(struct row_reader *r, struct bytes text) {
    struct markup_reader *m = &r->markup;
    text = bytes_trim(text);
    if (text.n == 0)
        return;
    if (m->asks)
        m->named = (int16_t)reader_key(r, text);
    else if (m->in_cell && !m->has_cell)
        take_cell(r, text);
    else if (!m->in_cell && m->element >= 0)
        table_cell(&r->judge, &r->keyed, (unsigned)m->element, text);
    m->element = -1;
}

/* <![CDATA[text]]> */
static size_t read_cdata(struct row_reader *r, struct bytes in) {
    enum { OPEN = 9 };
    for (size_t at = OPEN; at < in.n; at++)
        if (in.p[at] == ']' || at + 1 == in.n) {
            take_text(r, bytes_of(in.p + OPEN, at - OPEN + (in.p[at] != ']')));
            const uint8_t *end = memchr(in.p + at, '>', in.n - at);
            return end ? (size_t)(end - in.p) + 1 : in.n;
        }
    return in.n;
}

void markup_read(struct row_reader *r, struct bytes in) {
    struct markup_reader *m = &r->markup;
    if ((m->in_tag || m->in_cell) && ++m->waited > OPEN_LINES) {
        markup_reset(m);
        return;
    }
    while (in.n > 0) {
        const uint8_t *open = m->in_tag ? in.p : memchr(in.p, '<', in.n);
        size_t before = open ? (size_t)(open - in.p) : in.n;
        if (!m->in_tag)
            take_text(r, bytes_of(in.p, before));
        if (!open)
            return;
        in = bytes_of(in.p + before, in.n - before);
        if (in.n > 9 && memcmp(in.p, "<![CDATA[", 9) == 0) {
            size_t n = read_cdata(r, in);
            in = bytes_of(in.p + n, in.n - n);
            continue;
        }
        const uint8_t *end = memchr(in.p, '>', in.n);
        size_t skip = m->in_tag ? 0 : 1, n = end ? (size_t)(end - in.p) : in.n;
        m->in_tag = !end;
        m->waited = end ? 0 : m->waited;
        if (end || in.n > skip)
            read_tag(r, bytes_of(in.p + skip, n - skip));
        in = bytes_of(in.p + n + (end != NULL), in.n - n - (end != NULL));
    }
}
