/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http/http_words.h"

#include "base/base64.h"
#include "base/hex.h"
#include "protocol/http/http.h"
#include "protocol/shared.h"

#include <assert.h>

enum { LINE_MAX_BYTES = 4096, VALUE_MIN = 5, BASE64_MIN = 12, WINDOW_BYTES = 256 << 10 };
static const time_ns window_time = 600 * NS_PER_S;

/* Of all heads from one host to another: the object that their lines are in now. */
struct window {
    uint64_t number, octets;
    time_ns since;
};

struct line {
    size_t n;
    uint8_t text[LINE_MAX_BYTES];
};

/* Fields that say how messages are exchanged; no value of theirs is a datum of its own. */
static bool is_usual(struct bytes name) {
    static const char *const names[] = {
        "content-length",
        "content-type",
        "host",
        "connection",
        "accept",
        "date",
        "accept-encoding",
        "cache-control",
        "authorization",
        "keep-alive",
        "last-modified",
        "etag",
        "content-range",
        "expires",
        "accept-language",
        "if-none-match",
        "if-modified-since",
        "transfer-encoding",
        "content-encoding",
        "content-security-policy",
    };
    for (size_t i = 0; name.n > 0 && i < sizeof names / sizeof *names; i++)
        if ((name.p[0] | 0x20) == names[i][0] && bytes_equal_nocase(name, names[i]))
            return true;
    return false;
}

static bool is_letter(uint8_t c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

/* How many letters and digits stand from `at` on; capitals alone where it is in two parts. */
static size_t measure_word(struct bytes text, size_t at, bool capitals, size_t *letters) {
    size_t n = 0;
    *letters = 0;
    for (; at + n < text.n; n++) {
        uint8_t c = text.p[at + n];
        if (is_letter(c) && !(capitals && (c & 0x20)))
            ++*letters;
        else if (!is_digit(c))
            break;
    }
    return n;
}

bool http_words_likely(struct bytes text) {
    enum { LEAST = 5, MOST = 8 };
    for (size_t at = 0, n; at < text.n; at += n + 1) {
        size_t letters, others, more;
        n = measure_word(text, at, false, &letters);
        if (n >= LEAST && n <= MOST && letters > 0 && letters < n)
            return true;
        bool joint = n > 0 && n < MOST && at + n < text.n && (text.p[at + n] == ' ' || text.p[at + n] == '-');
        if (!joint || measure_word(text, at, true, &letters) != n)
            continue;
        more = measure_word(text, at + n + 1, true, &others);
        if (more > 0 && n + more >= LEAST && n + more <= MOST && letters + others > 0 &&
            letters + others < n + more)
            return true;
    }
    return false;
}

static void put_octet(struct line *l, uint8_t c) {
    if (l->n < LINE_MAX_BYTES - 1) /* room for the line's end */
        l->text[l->n++] = c < ' ' && c != '\t' ? ' ' : c;
}

/* Escapes undone once; "+" is a blank in a query alone. */
static struct bytes put_value(struct line *l, struct bytes value, bool query) {
    size_t from = l->n;
    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = value.p[i];
        if (c == '%' && i + 2 < value.n && hex_value(value.p[i + 1]) >= 0 && hex_value(value.p[i + 2]) >= 0) {
            c = (uint8_t)(hex_value(value.p[i + 1]) << 4 | hex_value(value.p[i + 2]));
            i += 2;
        } else if (c == '+' && query) {
            c = ' ';
        }
        put_octet(l, c);
    }
    return bytes_of(l->text + from, l->n - from);
}

/* What the value holds in base64, if that is text. */
static void put_decoded(struct line *l, struct bytes value) {
    uint8_t out[LINE_MAX_BYTES];
    struct base64 s = {0};
    while (value.n > 0 && value.p[value.n - 1] == '=')
        value.n--;
    for (size_t i = 0; i < value.n; i++)
        if (base64_value(value.p[i]) < 0 && value.p[i] != '-' && value.p[i] != '_')
            return;
    if (value.n < BASE64_MIN)
        return;
    size_t n = base64_decode(&s, &value, out, sizeof out - BASE64_REST_MAX);
    n += base64_finish(&s, out + n);
    for (size_t i = 0; i < n; i++)
        if ((out[i] < ' ' && !memchr("\t\r\n", out[i], 3)) || out[i] == 0x7f)
            return;
    if (!http_words_likely(bytes_of(out, n)))
        return;
    put_octet(l, ';');
    for (size_t i = 0; i < n; i++)
        put_octet(l, out[i]);
}

/* `?plate=ABC1234&time=...` of a start line. */
static void put_query(struct line *l, struct bytes start) {
    const uint8_t *mark = start.n ? memchr(start.p, '?', start.n) : NULL;
    if (!mark)
        return;
    struct bytes query = bytes_until(bytes_of(mark + 1, start.n - (size_t)(mark + 1 - start.p)), ' ');
    size_t before = l->n;
    put_value(l, query, true);
    bool likely = http_words_likely(bytes_of(l->text + before, l->n - before));
    size_t plain = l->n;
    while (query.n > 0) {
        struct bytes field = bytes_until(query, '&'), name = bytes_until(field, '=');
        size_t skip = name.n < field.n ? name.n + 1 : 0;
        put_decoded(l, bytes_of(field.p + skip, field.n - skip));
        size_t n = field.n + (field.n < query.n);
        query = bytes_of(query.p + n, query.n - n);
    }
    if (!likely && l->n == plain)
        l->n = before;
    else
        put_octet(l, ';');
}

static void put_field(struct line *l, struct bytes line) {
    struct bytes name = bytes_until(line, ':');
    if (line.n - name.n <= VALUE_MIN) /* nor is its value longer */
        return;
    struct bytes value = bytes_trim(bytes_of(line.p + name.n + 1, line.n - name.n - 1));
    size_t before = l->n;
    if (value.n < VALUE_MIN || is_usual(bytes_trim(name)))
        return;
    put_value(l, name, false);
    put_octet(l, '=');
    bool likely = http_words_likely(put_value(l, value, false));
    size_t plain = l->n;
    put_decoded(l, value);
    if (!likely && l->n == plain)
        l->n = before;
    else
        put_octet(l, ';');
}

/* --- the object that they become --- */

static struct window *find_window(struct conversation *c, enum side from) {
    const struct {
        struct address from, to;
        char what[8];
    } key = {c->end[from].address, c->end[side_other(from)].address, "words"};
    static_assert(sizeof key <= SHARED_KEY_MAX, "addresses and a word are a key");
    bool made;
    struct window *w = shared_state_join(&protocol_http, bytes_of(&key, sizeof key), sizeof *w, NULL, &made);
    if (w && (made || w->octets >= WINDOW_BYTES || c->now - w->since > window_time ||
              w->since - c->now > window_time)) {
        w->number++;
        w->octets = 0;
        w->since = c->now;
    }
    return w;
}

static void give_line(struct conversation *c, enum side from, struct line *l) {
    struct window *w = l->n > 0 ? find_window(c, from) : NULL;
    if (!w)
        return;
    l->text[l->n++] = '\n';
    struct transfer_seed seed = transfer_seed_of("http", from);
    seed.resume = RESUME_APPEND;
    seed.aside = seed.made_up = true;
    seed.key[2] = bytes_of(&w->number, sizeof w->number);
    seed.key[3] = bytes_text("words");
    struct transfer *t = c->services->begin(c, &seed);
    c->services->data(c, t, l->text, l->n);
    w->octets += l->n;
    c->services->end(c, t, w->octets >= WINDOW_BYTES ? TRANSFER_DONE : TRANSFER_CUT);
    shared_state_leave(w, true);
    l->n = 0;
}

void http_words_take(struct conversation *c, enum side from, struct bytes lines, bool start) {
    struct line l;
    l.n = 0;
    while (lines.n > 0) {
        const uint8_t *lf = memchr(lines.p, '\n', lines.n);
        size_t n = lf ? (size_t)(lf - lines.p) : lines.n;
        if (start)
            put_query(&l, bytes_of(lines.p, n));
        else
            put_field(&l, bytes_of(lines.p, n));
        if (l.n > LINE_MAX_BYTES / 2) /* the next one may not fit */
            give_line(c, from, &l);
        start = false;
        n += lf != NULL;
        lines = bytes_of(lines.p + n, lines.n - n);
    }
    give_line(c, from, &l);
}
