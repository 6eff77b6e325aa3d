/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/reader.h"

void json_reset(struct json_reader *j) {
    *j = (struct json_reader){.key = -1, .named = -1, .list_key = -1};
    memset(j->parent, 0xff, sizeof j->parent);
}

static bool in_array(const struct json_reader *j) {
    return j->depth > 0 && j->arrays >> (j->depth < JSON_DEPTH ? j->depth : JSON_DEPTH) & 1;
}

/* An array in an array is a row; other arrays are the values of one column. */
static bool in_row(const struct json_reader *j) {
    unsigned d = j->depth < JSON_DEPTH ? j->depth : JSON_DEPTH;
    return d >= 2 && in_array(j) && j->arrays >> (d - 1) & 1;
}

static uint8_t *ordinal_of(struct json_reader *j) {
    return &j->ordinal[j->depth < JSON_DEPTH ? j->depth : JSON_DEPTH];
}

/* {"KXR4471": {...}}: keys of objects are the cells of a column too. */
static void take_object_key(struct row_reader *r) {
    static const uint8_t word[] = "keys of objects";
    struct json_reader *j = &r->json;
    int column = j->name_n > 0 ? reader_key(r, bytes_of(word, sizeof word - 1)) : -1;
    if (column >= 0)
        table_cell(&r->judge, &r->keyed, (unsigned)column, bytes_of(j->name, j->name_n));
    j->name_n = 0;
}

/* Rows, an array each, without an array around them: known from the second one on. */
static bool is_top_row(struct row_reader *r) {
    struct json_reader *j = &r->json;
    if (j->depth != 1 || !j->arrays_before)
        return false;
    if (j->arrays_before == 1) {
        reader_open(r, OPEN_TUPLE, 0, 1);
        j->arrays_before = 2;
    }
    return true;
}

static void open_level(struct row_reader *r, bool array) {
    struct json_reader *j = &r->json;
    int16_t key = j->key;
    if (array)
        j->list_key = j->key;
    else
        take_object_key(r);
    j->depth += j->depth < UINT8_MAX;
    unsigned d = j->depth < JSON_DEPTH ? j->depth : JSON_DEPTH;
    j->arrays = (j->arrays & ~(1u << d)) | (uint32_t)array << d;
    *ordinal_of(j) = 0;
    j->parent[d] = array ? -1 : key;
    j->key = -1;
    j->named = array ? j->named : -1;
    j->rows = array && is_top_row(r);
}

static void close_level(struct row_reader *r, bool array) {
    struct json_reader *j = &r->json;
    if (array && (in_row(j) || j->rows))
        table_row_end(&r->judge, reader_placed(r));
    else if (!array)
        table_row_end(&r->judge, &r->keyed);
    j->arrays_before += array && j->depth == 1 && j->arrays_before == 0;
    j->rows = false;
    j->depth -= j->depth > 0;
    j->key = -1;
    if (array && !in_array(j))
        j->list_key = -1;
}

static void take_list_value(struct row_reader *r, struct bytes value) {
    struct json_reader *j = &r->json;
    uint8_t at = *ordinal_of(j);
    bool row = in_row(j) || j->rows;
    /* Names of columns in a list of their own. */
    enum row_name name = reader_placed(r)->rows == 0 || row ? row_name_of(value) : ROW_NAME_OTHER;
    if (name != ROW_NAME_OTHER && at < TABLE_COLUMNS && value.p[0] > '9' &&
        reader_placed(r)->column[at].cells == 0)
        table_name(&r->judge, reader_placed(r), at, name);
    else if (row && at < TABLE_COLUMNS)
        table_cell(&r->judge, reader_placed(r), at, value);
    else if (!row && j->list_key >= 0) {
        table_cell(&r->judge, &r->keyed, (unsigned)j->list_key, value);
        table_row_end(&r->judge, &r->keyed);
    } else if (!row) {
        reader_open(r, OPEN_LIST, 0, 0);
        reader_placed(r)->alone = true;
        table_cell(&r->judge, reader_placed(r), 0, value);
        table_row_end(&r->judge, reader_placed(r));
    }
}

static bool has_digit(struct bytes text) {
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] >= '0' && text.p[i] <= '9')
            return true;
    return false;
}

/* {"name": "plate", "value": "KXR4471"}, where the key itself does not say what its value is. "label" and the
 * like ask for a name first and answer then. */
static unsigned find_column(struct row_reader *r, struct bytes value) {
    struct json_reader *j = &r->json;
    if (r->keyed.column[j->key].name != ROW_NAME_OTHER)
        return (unsigned)j->key;
    if (j->is_value_key && j->named >= 0)
        return (unsigned)j->named;
    if (j->key_asks)
        j->named = has_digit(value) ? -1 : (int16_t)reader_key(r, value);
    return (unsigned)j->key;
}

/* Values one behind another, or in an object without a key, are another text's: a bracket stood before it. */
static void take_value(struct row_reader *r, struct bytes value) {
    struct json_reader *j = &r->json;
    j->is_odd |= j->depth > 0 && (j->valued || (!in_array(j) && j->key < 0));
    j->valued = true;
    if (in_array(j))
        take_list_value(r, value);
    else if (j->key >= 0)
        table_cell(&r->judge, &r->keyed, find_column(r, value), value);
    j->key = -1;
}

static bool is_one_of(struct bytes word, const char *const *list) {
    for (; *list; list++)
        if (word.n > 0 && (word.p[0] | 32) == **list && bytes_equal_nocase(word, *list))
            return true;
    return false;
}

/* {"passport": {"number": ...}}, {"birth": {"date": ...}} */
static bool is_part_of(const struct row_reader *r, int16_t parent, struct bytes name) {
    uint8_t whose = r->keyed.column[parent].name;
    if (row_name_is_plate(whose))
        return row_name_is_tail(name) && !bytes_equal_nocase(name, "id");
    return whose == ROW_NAME_DOCUMENT ? row_name_is_tail(name) && !bytes_equal_nocase(name, "plate")
                                      : whose == ROW_NAME_BIRTH && bytes_equal_nocase(name, "date");
}

static unsigned place_key(struct bytes name) {
    uint32_t signs = (uint32_t)name.n;
    if (name.n > 0)
        signs |= (uint32_t)name.p[0] << 8 | (uint32_t)name.p[name.n / 2] << 16 |
                 (uint32_t)name.p[name.n - 1] << 24;
    return signs * 0x9e3779b1u >> 16 & (JSON_KNOWN - 1);
}

/* What a key says by itself is looked up once: the same ones come row by row. */
static const struct json_key *know_key(struct row_reader *r, struct bytes name) {
    static const char *const asks[] = {"name", "key", "field", "column", "label", "tag", "attribute", NULL};
    static const char *const answers[] = {"value", "val",    "v",     "text", "label",
                                          "raw",   "string", "#text", NULL};
    unsigned at = place_key(name);
    for (unsigned i = 0; i < 2; i++) {
        const struct json_key *k = &r->json_known[at ^ i];
        if (k->n == name.n + 1 && memcmp(k->text, name.p, name.n) == 0)
            return k;
    }
    struct json_key *k = &r->json_known[r->json_known[at].n ? at ^ 1 : at];
    k->n = name.n <= sizeof k->text ? (uint8_t)(name.n + 1) : 0;
    memcpy(k->text, name.p, k->n ? name.n : 0);
    k->asks = is_one_of(name, asks);
    k->answers = is_one_of(name, answers);
    k->digest = reader_key_digest(name);
    return k;
}

static void take_key(struct row_reader *r, struct bytes name) {
    struct json_reader *j = &r->json;
    const struct json_key *known = know_key(r, name);
    unsigned d = j->depth < JSON_DEPTH ? j->depth : JSON_DEPTH;
    j->key_asks = known->asks;
    j->is_value_key = known->answers;
    j->name_n = name.n <= sizeof j->name ? (uint8_t)name.n : 0;
    memcpy(j->name, name.p, j->name_n);
    /* {"plate": {"S": ...}}, {"plate": {"0": ..., "1": ...}} */
    bool numbered = name.n > 0 && name.p[0] >= '0' && name.p[0] <= '9';
    if (j->parent[d] >= 0 &&
        (numbered || j->is_value_key || name.n == 1 || is_part_of(r, j->parent[d], name)))
        j->key = j->parent[d];
    else
        j->key = numbered ? -1 : (int16_t)reader_key_of(r, name, known->digest);
}

/* The end of a string from `at` on: its quote, or the end of the piece. */
static size_t find_quote(struct bytes in, size_t at, uint8_t quote) {
    at = octets_find_either(in, at, quote, '\\');
    while (at < in.n && in.p[at] != quote)
        at = octets_find_either(in, at + (in.p[at] == '\\' ? 2 : 1), quote, '\\');
    return at < in.n ? at : in.n;
}

static inline size_t skip_blanks(struct bytes in, size_t at) {
    if (at < in.n && in.p[at] > ' ')
        return at;
    while (at < in.n && (in.p[at] == ' ' || in.p[at] == '\t' || in.p[at] == '\r'))
        at++;
    return at;
}

static bool is_sign(uint8_t c) {
    return c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ':' || c == '"';
}

static size_t read_string(struct row_reader *r, struct bytes in, size_t at, uint8_t quote) {
    size_t end = find_quote(in, at + 1, quote), next = skip_blanks(in, end + 1 < in.n ? end + 1 : in.n);
    struct bytes text = bytes_of(in.p + at + 1, end - at - 1);
    r->json.in_string = end == in.n;
    if (end == in.n)
        return in.n;
    if (next < in.n && in.p[next] == ':') {
        take_key(r, text);
        return next + 1;
    }
    take_value(r, text);
    return end + 1;
}

static size_t read_word(struct row_reader *r, struct bytes in, size_t at) {
    size_t end = at;
    while (end < in.n && !is_sign(in.p[end]) && in.p[end] != ' ')
        end++;
    size_t next = skip_blanks(in, end);
    struct bytes text = bytes_of(in.p + at, end - at);
    if (next < in.n && in.p[next] == ':' && in.p[at] > '9') {
        take_key(r, text);
        return next + 1;
    }
    take_value(r, text);
    return end;
}

/* Lines that are no JSON end what was opened before them, which would hide a table else. */
static void count_odd(struct json_reader *j) {
    enum { ODD_MOST = 8 };
    j->odd += j->is_odd;
    j->is_odd = false;
    if (j->depth == 0)
        j->odd = 0;
    if (j->odd > ODD_MOST)
        json_reset(j);
}

void json_read(struct row_reader *r, struct bytes in) {
    struct json_reader *j = &r->json;
    size_t at = 0;
    count_odd(j);
    if (j->in_string) /* what a long string ends with is no value */
        at = r->midst ? find_quote(in, 0, '"') + 1 : 0;
    if (at > in.n)
        return;
    j->in_string = false;
    while ((at = skip_blanks(in, at)) < in.n) {
        uint8_t c = in.p[at];
        if (c == '"' || c == '\'')
            at = read_string(r, in, at, c);
        else if (!is_sign(c))
            at = read_word(r, in, at);
        else {
            j->valued = false;
            if (c == '{' || c == '[')
                open_level(r, c == '[');
            else if (c == '}' || c == ']')
                close_level(r, c == ']');
            else if (c == ',' && *ordinal_of(j) < UINT8_MAX)
                *ordinal_of(j) += 1;
            at++;
        }
    }
}
