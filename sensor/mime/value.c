/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "base/utf8.h"
#include "mime/parameter.h"

enum { CONTINUATIONS_MAX = 64 };

static bool read_percent(struct bytes in, size_t i, uint8_t *out) {
    int high, low;
    if (in.n - i < 3 || in.p[i] != '%' || (high = hex_value(in.p[i + 1])) < 0 ||
        (low = hex_value(in.p[i + 2])) < 0)
        return false;
    *out = (uint8_t)(high << 4 | low);
    return true;
}

void percent_decode(struct bytes in, struct raw *out) {
    for (size_t i = 0; i < in.n; i++) {
        uint8_t c = in.p[i];
        if (read_percent(in, i, &c))
            i += 2;
        raw_put(out, c);
    }
}

static bool is_utf8(struct bytes in) {
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

struct bytes clean_text(struct bytes in, char *out, size_t size) {
    bool utf8 = is_utf8(in);
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

/* ext-value: charset'language'percent-encoded (RFC 8187 section 3.2). The charset is not needed: UTF-8 shows
 * itself, and ISO-8859-1 is what is assumed of the rest. */
static bool read_extended(struct bytes text, struct raw *out) {
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
static bool read_continued(struct bytes v, const char *name, struct raw *out) {
    for (unsigned i = 0; i < CONTINUATIONS_MAX; i++) {
        struct parameter p;
        if (find_indexed(v, name, i, true, &p)) {
            if (i > 0 || !read_extended(p.text, out))
                percent_decode(p.text, out);
        } else if (find_indexed(v, name, i, false, &p)) {
            parameter_unquote(&p, out);
        } else {
            return i > 0 && out->n > 0;
        }
    }
    return true;
}

/* A form writes only line ends and the quote as %XX (WHATWG HTML, multipart/form-data encoding); servers that
 * percent-encode a plain filename encode everything. */
static void undo_percent(struct raw *r, bool form) {
    struct raw out = {.n = 0};
    struct bytes in = bytes_of(r->p, r->n);
    if (!form) {
        percent_decode(in, &out);
        if (!is_utf8(bytes_of(out.p, out.n)))
            return;
        *r = out;
        return;
    }
    for (size_t i = 0; i < in.n; i++) {
        uint8_t c = in.p[i], decoded;
        if (read_percent(in, i, &decoded) && (decoded == '"' || decoded == '\n' || decoded == '\r')) {
            c = decoded;
            i += 2;
        }
        raw_put(&out, c);
    }
    *r = out;
}

static bool read_plain(struct bytes v, const char *name, bool form, struct raw *out) {
    struct parameter p;
    struct raw quoted = {.n = 0};
    if (!parameter_find(v, name, &p))
        return false;
    parameter_unquote(&p, &quoted);
    out->n = mime_words_decode(bytes_of(quoted.p, quoted.n), out->p, sizeof out->p);
    undo_percent(out, form);
    return true;
}

bool parameter_value(struct bytes v, const char *name, const char *starred, bool form, struct raw *out) {
    struct parameter p;
    out->n = 0;
    if (parameter_find(v, starred, &p) && read_extended(p.text, out))
        return true;
    out->n = 0;
    if (read_continued(v, name, out))
        return true;
    out->n = 0;
    return read_plain(v, name, form, out);
}
