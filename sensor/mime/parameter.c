/* SPDX-License-Identifier: Apache-2.0 */
#include "mime/parameter.h"

/* Of a few: to ask the C library costs more. */
static bool is_one_of(uint8_t c, const char *stops) {
    while (*stops && (uint8_t)*stops != c)
        stops++;
    return *stops != 0;
}

static size_t find_any(struct bytes v, size_t from, const char *stops) {
    while (from < v.n && !is_one_of(v.p[from], stops))
        from++;
    return from;
}

/* The next parameter behind *at; false when there are no more. A quoted string that never ends takes the
 * rest. */
static bool read_parameter(struct bytes v, size_t *at, struct parameter *out) {
    size_t i = *at;
    while (i < v.n && is_one_of(v.p[i], "; \t\r\n"))
        i++;
    if (i >= v.n)
        return false;
    size_t end = find_any(v, i, "=;");
    out->name = bytes_trim(bytes_of(v.p + i, end - i));
    out->text = bytes_of(NULL, 0);
    out->quoted = false;
    if (end < v.n && v.p[end] == '=') {
        i = end + 1;
        while (i < v.n && (v.p[i] == ' ' || v.p[i] == '\t' || v.p[i] == '\r' || v.p[i] == '\n'))
            i++;
        out->quoted = i < v.n && v.p[i] == '"';
        if (out->quoted) {
            size_t start = ++i;
            while (i < v.n && v.p[i] != '"')
                i += v.p[i] == '\\' && i + 1 < v.n ? 2 : 1;
            out->text = bytes_of(v.p + start, i - start);
            end = find_any(v, i, ";");
        } else {
            end = find_any(v, i, ";");
            out->text = bytes_trim(bytes_of(v.p + i, end - i));
        }
    }
    *at = end;
    return true;
}

size_t parameters_start(struct bytes v) {
    size_t end = find_any(v, 0, ";=\"");
    return end < v.n && v.p[end] != ';' ? 0 : end;
}

bool parameter_find(struct bytes v, const char *name, struct parameter *out) {
    size_t at = parameters_start(v);
    while (read_parameter(v, &at, out))
        if (bytes_equal_nocase(out->name, name))
            return true;
    return false;
}

/* Some browsers send the whole path of the file, its backslashes not escaped. */
static bool is_windows_path(struct bytes text) {
    return text.n >= 3 && text.p[1] == ':' && text.p[2] == '\\' && (text.n < 4 || text.p[3] != '\\');
}

void parameter_unquote(const struct parameter *p, struct raw *out) {
    bool escapes = p->quoted && !is_windows_path(p->text);
    for (size_t i = 0; i < p->text.n; i++) {
        if (escapes && p->text.p[i] == '\\' && ++i == p->text.n)
            break;
        raw_put(out, p->text.p[i]);
    }
}

struct bytes mime_parameter(struct bytes value, const char *name, char *scratch, size_t size) {
    struct parameter p;
    struct raw raw = {.n = 0};
    if (value.n > MIME_VALUE_MAX)
        value.n = MIME_VALUE_MAX;
    if (!parameter_find(value, name, &p))
        return bytes_of(NULL, 0);
    parameter_unquote(&p, &raw);
    if (raw.n == 0 || raw.n > size || raw.n == sizeof raw.p)
        return bytes_of(NULL, 0);
    memcpy(scratch, raw.p, raw.n);
    return bytes_of(scratch, raw.n);
}

struct bytes mime_without_comments(struct bytes v, char *scratch, size_t size) {
    unsigned depth = 0;
    bool quoted = false;
    size_t n = 0;
    for (size_t i = 0; i < v.n && n < size; i++) {
        uint8_t c = v.p[i];
        bool escapes = c == '\\' && i + 1 < v.n && (quoted || depth > 0);
        if (depth == 0)
            quoted ^= c == '"' && !escapes;
        depth += c == '(' && !quoted;
        if (depth == 0)
            scratch[n++] = (char)c;
        if (escapes && depth == 0 && n < size)
            scratch[n++] = (char)v.p[i + 1];
        depth -= c == ')' && depth > 0;
        i += escapes;
    }
    return bytes_trim(bytes_of(scratch, n));
}
