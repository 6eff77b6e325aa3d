/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http/disposition.h"

#include "base/utf8.h"
#include "protocol/http/encoded_word.h"

enum { VALUE_MAX = 8192, RAW_MAX = 2048, CONTINUATIONS_MAX = 64 };

/* One parameter as it stands in the header. */
struct parameter {
    struct bytes name;
    struct bytes text; /* between the quotes if quoted */
    bool quoted;
};

/* Decoded bytes of one value, before their character set is looked at. */
struct raw {
    uint8_t p[RAW_MAX];
    size_t n;
};

static void raw_put(struct raw *r, uint8_t c) {
    if (r->n < sizeof r->p)
        r->p[r->n++] = c;
}

/* --- reading parameters --- */

static size_t find_any(struct bytes v, size_t from, const char *stops) {
    while (from < v.n && (v.p[from] == 0 || !strchr(stops, v.p[from])))
        from++;
    return from;
}

/* The next parameter behind *at; false when there are no more. A quoted string that never ends takes the
 * rest. */
static bool parameter_next(struct bytes v, size_t *at, struct parameter *out) {
    size_t i = *at;
    while (i < v.n && strchr("; \t\r\n", v.p[i]) && v.p[i])
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

/* Where the parameters begin: behind the type, or at once where the value begins with one. */
static size_t parameters_start(struct bytes v) {
    size_t end = find_any(v, 0, ";=\"");
    return end < v.n && v.p[end] != ';' ? 0 : end;
}

static bool parameter_find(struct bytes v, const char *name, struct parameter *out) {
    size_t at = parameters_start(v);
    while (parameter_next(v, &at, out))
        if (bytes_equal_nocase(out->name, name))
            return true;
    return false;
}

/* Some browsers send the whole path of the file, its backslashes not escaped. */
static bool windows_path(struct bytes text) {
    return text.n >= 3 && text.p[1] == ':' && text.p[2] == '\\' && (text.n < 4 || text.p[3] != '\\');
}

static void unquote(const struct parameter *p, struct raw *out) {
    bool escapes = p->quoted && !windows_path(p->text);
    for (size_t i = 0; i < p->text.n; i++) {
        if (escapes && p->text.p[i] == '\\' && ++i == p->text.n)
            break;
        raw_put(out, p->text.p[i]);
    }
}

struct bytes header_parameter(struct bytes value, const char *name, char *scratch, size_t size) {
    struct parameter p;
    struct raw raw = {.n = 0};
    if (value.n > VALUE_MAX)
        value.n = VALUE_MAX;
    if (!parameter_find(value, name, &p))
        return bytes_of(NULL, 0);
    unquote(&p, &raw);
    if (raw.n == 0 || raw.n > size || raw.n == sizeof raw.p)
        return bytes_of(NULL, 0);
    memcpy(scratch, raw.p, raw.n);
    return bytes_of(scratch, raw.n);
}

/* --- decoding values --- */

static bool percent_at(struct bytes in, size_t i, uint8_t *out) {
    int high, low;
    if (in.n - i < 3 || in.p[i] != '%' || (high = hex_value(in.p[i + 1])) < 0 ||
        (low = hex_value(in.p[i + 2])) < 0)
        return false;
    *out = (uint8_t)(high << 4 | low);
    return true;
}

static void percent_decode(struct bytes in, struct raw *out) {
    for (size_t i = 0; i < in.n; i++) {
        uint8_t c = in.p[i];
        if (percent_at(in, i, &c))
            i += 2;
        raw_put(out, c);
    }
}

static bool valid_utf8(struct bytes in) {
    while (in.n) {
        uint32_t c;
        size_t n = utf8_next(in, &c);
        if (n == 1 && in.p[0] >= 0x80)
            return false;
        in.p += n;
        in.n -= n;
    }
    return true;
}

/* Valid UTF-8 without control characters; what is not UTF-8 is taken for Latin-1. */
static struct bytes clean(struct bytes in, char *out, size_t size) {
    bool utf8 = valid_utf8(in);
    size_t used = 0;
    for (size_t i = 0; i < in.n;) {
        uint32_t c = in.p[i];
        char put[4];
        i += utf8 ? utf8_next(bytes_of(in.p + i, in.n - i), &c) : 1;
        if (c < 0x20 || (c >= 0x7F && c < 0xA0))
            continue;
        size_t n = utf8_put(c, put);
        if (n > size - used)
            break;
        memcpy(out + used, put, n);
        used += n;
    }
    return bytes_of(out, used);
}

static struct bytes last_component(struct bytes path) {
    size_t i = path.n;
    if (i == 0)
        return path;
    while (i > 0 && path.p[i - 1] != '/' && path.p[i - 1] != '\\')
        i--;
    struct bytes name = bytes_trim(bytes_of(path.p + i, path.n - i));
    bool dots = name.n <= 2;
    for (size_t d = 0; d < name.n && dots; d++)
        dots = name.p[d] == '.';
    return dots ? bytes_of(NULL, 0) : name;
}

/* Controls may have stood between dots or before them: what is left must still be a name. */
static struct bytes clean_name(struct bytes path, char *out, size_t size) {
    return last_component(clean(last_component(path), out, size));
}

/* ext-value: charset'language'percent-encoded (RFC 8187 section 3.2). The charset is not needed: UTF-8 shows
 * itself, and ISO-8859-1 is what is assumed of the rest. */
static bool ext_value(struct bytes text, struct raw *out) {
    const uint8_t *first = text.n ? memchr(text.p, '\'', text.n) : NULL;
    if (!first)
        return false;
    size_t rest = text.n - (size_t)(first + 1 - text.p);
    const uint8_t *second = memchr(first + 1, '\'', rest);
    if (!second)
        return false;
    percent_decode(bytes_of(second + 1, (size_t)(text.p + text.n - (second + 1))), out);
    return out->n > 0;
}

static bool find_indexed(struct bytes v, const char *name, unsigned index, bool star, struct parameter *out) {
    char key[40];
    size_t n = strlen(name);
    if (n > sizeof key - 6)
        return false;
    memcpy(key, name, n);
    key[n++] = '*';
    if (index >= 10)
        key[n++] = (char)('0' + index / 10);
    key[n++] = (char)('0' + index % 10);
    if (star)
        key[n++] = '*';
    key[n] = 0;
    return parameter_find(v, key, out);
}

/* name*0, name*1*, ... in any order (RFC 2231 section 3 and 4). */
static bool continued(struct bytes v, const char *name, struct raw *out) {
    for (unsigned i = 0; i < CONTINUATIONS_MAX; i++) {
        struct parameter p;
        if (find_indexed(v, name, i, true, &p)) {
            if (i > 0 || !ext_value(p.text, out))
                percent_decode(p.text, out);
        } else if (find_indexed(v, name, i, false, &p)) {
            unquote(&p, out);
        } else {
            return i > 0 && out->n > 0;
        }
    }
    return true;
}

/* A form writes only line ends and the quote as %XX (WHATWG HTML, multipart/form-data encoding); servers that
 * percent-encode a plain filename encode everything. */
static void percent_plain(struct raw *r, bool form) {
    struct raw out = {.n = 0};
    struct bytes in = bytes_of(r->p, r->n);
    if (!form) {
        percent_decode(in, &out);
        if (!valid_utf8(bytes_of(out.p, out.n)))
            return;
        *r = out;
        return;
    }
    for (size_t i = 0; i < in.n; i++) {
        uint8_t c = in.p[i], decoded;
        if (percent_at(in, i, &decoded) && (decoded == '"' || decoded == '\n' || decoded == '\r')) {
            c = decoded;
            i += 2;
        }
        raw_put(&out, c);
    }
    *r = out;
}

static bool plain(struct bytes v, const char *name, bool form, struct raw *out) {
    struct parameter p;
    struct raw quoted = {.n = 0};
    if (!parameter_find(v, name, &p))
        return false;
    unquote(&p, &quoted);
    out->n = encoded_words_decode(bytes_of(quoted.p, quoted.n), out->p, sizeof out->p);
    percent_plain(out, form);
    return true;
}

/* The best form of a parameter that is there: name* over name*0 over name. */
static bool value_of(struct bytes v, const char *name, const char *starred, bool form, struct raw *out) {
    struct parameter p;
    out->n = 0;
    if (parameter_find(v, starred, &p) && ext_value(p.text, out))
        return true;
    out->n = 0;
    if (continued(v, name, out))
        return true;
    out->n = 0;
    return plain(v, name, form, out);
}

bool disposition_parse(struct bytes v, char *scratch, size_t scratch_size, struct disposition *out) {
    struct raw raw;
    *out = (struct disposition){0};
    if (scratch_size < DISPOSITION_SCRATCH_MIN)
        return false;
    if (v.n > VALUE_MAX)
        v.n = VALUE_MAX;
    v = bytes_trim(v);
    out->type = bytes_trim(bytes_of(v.p, parameters_start(v)));
    bool form = bytes_equal_nocase(out->type, "form-data");
    size_t half = scratch_size / 2;
    if (value_of(v, "name", "name*", form, &raw))
        out->name = clean(bytes_of(raw.p, raw.n), scratch, half);
    if (value_of(v, "filename", "filename*", form, &raw))
        out->filename = clean_name(bytes_of(raw.p, raw.n), scratch + half, half);
    return out->type.n || out->name.n || out->filename.n;
}

struct bytes path_file_name(struct bytes path, bool percent, char *scratch, size_t size) {
    struct raw raw = {.n = 0};
    if (!percent)
        return clean_name(path, scratch, size);
    /* %2F is part of a name for the server, but no file system takes it: what stands behind it is the name.
     */
    struct bytes last = last_component(path);
    percent_decode(last, &raw);
    return clean_name(bytes_of(raw.p, raw.n), scratch, size);
}
