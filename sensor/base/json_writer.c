/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_writer.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_SIZE = 4096 };

void json_writer_init(struct json_writer *j, char *buffer, size_t size) {
    *j = (struct json_writer){.start = buffer, .at = buffer, .end = buffer + size};
}

void json_writer_grow(struct json_writer *j, size_t most) {
    *j = (struct json_writer){.most = most};
}

void json_writer_free(struct json_writer *j) {
    free(j->start);
    *j = (struct json_writer){.most = 0};
}

char *json_writer_take(struct json_writer *j, size_t *size) {
    char *taken = j->overflow ? NULL : j->start;
    *size = json_writer_size(j);
    if (j->overflow)
        free(j->start);
    *j = (struct json_writer){.most = 0};
    return taken;
}

/* Doubled until `n` more bytes fit. */
static bool make_room(struct json_writer *j, size_t n) {
    size_t used = (size_t)(j->at - j->start), size = (size_t)(j->end - j->start);
    if (n <= size - used)
        return true;
    if (n > j->most || used > j->most - n)
        return false;
    size = size ? size : FIRST_SIZE;
    while (size < used + n)
        size *= 2;
    size = size < j->most ? size : j->most;
    char *wider = realloc(j->start, size);
    if (!wider)
        return false;
    *j = (struct json_writer){wider, wider + used, wider + size, j->most, j->comma, false};
    return true;
}

/* Room for `n` bytes, which are written; NULL: there is none. */
static char *take_room(struct json_writer *j, size_t n) {
    if (n == 0)
        return j->at; /* which is nowhere before the first octet */
    if (j->overflow || !make_room(j, n)) {
        j->overflow = true;
        return NULL;
    }
    char *at = j->at;
    j->at += n;
    return at;
}

static void put_bytes(struct json_writer *j, const char *p, size_t n) {
    char *at = take_room(j, n);
    if (at)
        memcpy(at, p, n);
}

static void put_text(struct json_writer *j, const char *text) {
    put_bytes(j, text, strlen(text));
}

/* Are eight octets plain? False of some that are, beside one that is not. */
static bool is_plain_word(const uint8_t *octets) {
    const uint64_t each = UINT64_C(0x0101010101010101), high = each << 7;
    uint64_t word;
    memcpy(&word, octets, sizeof word);
    uint64_t quote = word ^ each * '"', backslash = word ^ each * '\\';
    return !(((word - each * ' ') | (word + each) | word | ((quote - each) & ~quote) |
              ((backslash - each) & ~backslash)) &
             high);
}

/* Octets at the start that stand as they are: printable ASCII but quote and backslash. */
static size_t plain_run(struct bytes value) {
    size_t n = 0;
    while (value.n - n >= sizeof(uint64_t) && is_plain_word(value.p + n))
        n += sizeof(uint64_t);
    while (n < value.n && value.p[n] >= ' ' && value.p[n] < 0x7f && value.p[n] != '"' && value.p[n] != '\\')
        n++;
    return n;
}

static void put_escaped(struct json_writer *j, struct bytes value) {
    char text[UTF8_ESCAPE_MAX];
    put_bytes(j, "\"", 1);
    while (value.n) {
        uint32_t c;
        size_t plain = plain_run(value);
        if (plain > 0) {
            put_bytes(j, (const char *)value.p, plain);
            value.p += plain;
            value.n -= plain;
            continue;
        }
        size_t used = utf8_next(value, &c);
        if (c == '"' || c == '\\') {
            text[0] = '\\';
            text[1] = (char)c;
            put_bytes(j, text, 2);
        } else if (utf8_hidden(c)) {
            put_bytes(j, text, utf8_escape(c, text));
        } else {
            put_bytes(j, text, utf8_put(c, text));
        }
        value.p += used;
        value.n -= used;
    }
    put_bytes(j, "\"", 1);
}

static void begin_value(struct json_writer *j, const char *key) {
    enum { QUOTES_AND_COLON = 3 };
    size_t comma = j->comma, n = key ? strlen(key) : 0;
    char *at = take_room(j, comma + (key ? n + QUOTES_AND_COLON : 0));
    j->comma = true;
    if (!at)
        return;
    if (comma)
        *at++ = ',';
    if (!key)
        return;
    *at = '"';
    memcpy(at + 1, key, n);
    memcpy(at + 1 + n, "\":", 2);
}

static void open_with(struct json_writer *j, const char *key, const char *bracket) {
    begin_value(j, key);
    put_bytes(j, bracket, 1);
    j->comma = false;
}

static void close_with(struct json_writer *j, const char *bracket) {
    put_bytes(j, bracket, 1);
    j->comma = true;
}

void json_write_object(struct json_writer *j, const char *key) {
    open_with(j, key, "{");
}

void json_write_object_end(struct json_writer *j) {
    close_with(j, "}");
}

void json_write_array(struct json_writer *j, const char *key) {
    open_with(j, key, "[");
}

void json_write_array_end(struct json_writer *j) {
    close_with(j, "]");
}

void json_write_bytes(struct json_writer *j, const char *key, struct bytes value) {
    begin_value(j, key);
    put_escaped(j, value);
}

void json_write_text(struct json_writer *j, const char *key, const char *value) {
    if (value)
        json_write_bytes(j, key, bytes_text(value));
    else
        json_write_null(j, key);
}

void json_write_number(struct json_writer *j, const char *key, uint64_t value) {
    char text[20];
    size_t at = sizeof text;
    begin_value(j, key);
    do
        text[--at] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    put_bytes(j, text + at, sizeof text - at);
}

void json_write_integer(struct json_writer *j, const char *key, int64_t value) {
    char text[24];
    begin_value(j, key);
    put_bytes(j, text, (size_t)snprintf(text, sizeof text, "%" PRId64, value));
}

void json_write_decimal(struct json_writer *j, const char *key, double value) {
    char text[48];
    begin_value(j, key);
    if (!(value > -1e30 && value < 1e30))
        value = 0;
    put_bytes(j, text, (size_t)snprintf(text, sizeof text, "%.3f", value));
}

void json_write_bool(struct json_writer *j, const char *key, bool value) {
    begin_value(j, key);
    put_text(j, value ? "true" : "false");
}

void json_write_null(struct json_writer *j, const char *key) {
    begin_value(j, key);
    put_bytes(j, "null", 4);
}

size_t json_writer_size(const struct json_writer *j) {
    return j->overflow ? 0 : (size_t)(j->at - j->start);
}
