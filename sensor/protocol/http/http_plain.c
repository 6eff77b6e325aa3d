/* SPDX-License-Identifier: Apache-2.0 */
#include "mime/mime.h"
#include "protocol/http/http_head.h"

/* A head in place, line by line. What is asked strictly is what every receiver reads alike: the start line of
 * RFC 9112 sections 3 and 4 with a path or a plain URL for a target, fields of section 5 without folded
 * lines, each of those that are asked for once, a host of small letters, a length of digits, no coding but
 * "chunked". */
enum { METHOD_LONGEST = 16, LENGTH_DIGITS = 18, PORT_DIGITS = 5 };

static bool is_upper(uint8_t c) {
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

/* Letters that may stand in a field's value or a reason, all of them. */
static bool is_printable(struct bytes text) {
    bool odd = false;
    for (size_t i = 0; i < text.n; i++)
        odd |= text.p[i] < ' ' || text.p[i] > '~';
    return !odd;
}

static bool is_version(struct bytes in) {
    return in.n == 8 && memcmp(in.p, "HTTP/1.", 7) == 0 && (in.p[7] == '0' || in.p[7] == '1');
}

/* The line at `*at` without its end, which `*at` then stands behind. False: no CR LF ends it. */
static bool take_line(struct bytes block, size_t *at, struct bytes *line) {
    const uint8_t *from = block.p + *at, *lf = memchr(from, '\n', block.n - *at);
    if (!lf || lf == from || lf[-1] != '\r')
        return false;
    *line = bytes_of(from, (size_t)(lf - from) - 1);
    *at += line->n + 2;
    return true;
}

/* "lanes.example" or "10.0.0.1", and a port. */
static bool read_host(struct bytes value, struct bytes *host) {
    struct bytes name = bytes_until(value, ':');
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        if (!((c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.'))
            return false;
    }
    if (name.n == 0 || name.p[0] == '.' || name.p[name.n - 1] == '.')
        return false;
    uint64_t port = 1;
    size_t digits = name.n < value.n ? value.n - name.n - 1 : 0;
    if (name.n < value.n &&
        (digits > PORT_DIGITS || !bytes_number(bytes_of(value.p + name.n + 1, digits), &port)))
        return false;
    *host = name;
    return port >= 1 && port <= 65535;
}

/* What a proxy is asked for: "http://", a host and a path. */
static bool read_authority(struct http_head *h) {
    static const char scheme[] = "http://";
    enum { SCHEME = sizeof scheme - 1 };
    if (h->target.n <= SCHEME || memcmp(h->target.p, scheme, SCHEME) != 0 ||
        bytes_equal(h->method, bytes_text("CONNECT")))
        return false;
    struct bytes rest = bytes_of(h->target.p + SCHEME, h->target.n - SCHEME);
    struct bytes authority = bytes_until(rest, '/');
    return authority.n < rest.n && read_host(authority, &h->host);
}

static bool read_request_line(struct http_head *h, struct bytes line) {
    const uint8_t *space = memchr(line.p, ' ', line.n < METHOD_LONGEST ? line.n : METHOD_LONGEST);
    size_t n = space ? (size_t)(space - line.p) : 0;
    if (n == 0 || line.n < n + sizeof " / HTTP/1.1" - 1 || !is_version(bytes_of(line.p + line.n - 8, 8)) ||
        line.p[line.n - 9] != ' ')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!is_upper(line.p[i]))
            return false;
    h->method = bytes_of(line.p, n);
    h->target = bytes_of(line.p + n + 1, line.n - n - 10);
    bool path = h->target.p[0] == '/' && !(h->target.n > 1 && h->target.p[1] == '/');
    return (path || read_authority(h)) && is_printable(h->target) && !memchr(h->target.p, ' ', h->target.n);
}

static bool read_status_line(struct http_head *h, struct bytes line) {
    enum { CODE = 9, BEHIND = 12 };
    if (line.n < BEHIND || !is_version(bytes_of(line.p, 8)) || line.p[8] != ' ')
        return false;
    const uint8_t *d = line.p + CODE;
    if (d[0] < '1' || d[0] > '9' || !is_digit(d[1]) || !is_digit(d[2]))
        return false;
    struct bytes rest = bytes_of(line.p + BEHIND, line.n - BEHIND);
    if (!is_printable(rest) || (rest.n && rest.p[0] != ' '))
        return false;
    h->status = (d[0] - '0') * 100 + (d[1] - '0') * 10 + (d[2] - '0');
    h->status_read = true;
    if (h->status == 100) /* its fields are no answer's */
        return false;
    while (rest.n && *rest.p == ' ')
        rest = bytes_of(rest.p + 1, rest.n - 1);
    h->reason = rest;
    return true;
}

static bool is_name(struct bytes name) {
    bool odd = name.n == 0;
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i], letter = c | 0x20;
        odd |= !((letter >= 'a' && letter <= 'z') || is_digit(c) || c == '-' || c == '_');
    }
    return !odd;
}

/* Those of whose values more than the text is read. */
static bool read_value(struct http_head *h, enum http_field field, struct bytes value) {
    struct bytes other;
    switch (field) {
    case HTTP_HOST: /* the target's goes before it */
        return !h->request || read_host(value, h->host.n ? &other : &h->host);
    case HTTP_CONTENT_LENGTH:
        return value.n <= LENGTH_DIGITS && bytes_number(value, &h->length);
    case HTTP_TRANSFER_ENCODING:
        return bytes_equal_nocase(value, "chunked");
    case HTTP_AUTHORIZATION: /* whose user only libhtp reads */
        return !bytes_starts_nocase(value, "basic") && !bytes_starts_nocase(value, "digest");
    default:
        return true;
    }
}

static bool read_field_line(struct http_head *h, struct bytes line) {
    const uint8_t *colon = memchr(line.p, ':', line.n);
    size_t n = colon ? (size_t)(colon - line.p) : 0;
    if (!is_name(bytes_of(line.p, n)))
        return false;
    struct bytes value = bytes_of(line.p + n + 1, line.n - n - 1);
    if (!is_printable(value))
        return false;
    enum http_field field = http_head_named(bytes_of(line.p, n));
    if (field == HTTP_FIELD_NONE)
        return true;
    if (http_head_has(h, field))
        return false;
    h->field[field] = bytes_trim(value);
    return read_value(h, field, h->field[field]);
}

size_t http_plain_take(struct http_head *h, struct bytes in) {
    struct bytes line;
    size_t at = 0;
    if (!take_line(in, &at, &line) || !(h->request ? read_request_line(h, line) : read_status_line(h, line)))
        return 0;
    while (take_line(in, &at, &line)) {
        if (line.n == 0) {
            bool both = http_head_has(h, HTTP_CONTENT_LENGTH) && http_head_has(h, HTTP_TRANSFER_ENCODING);
            http_head_framing(h, bytes_of(in.p, at));
            return both ? 0 : at;
        }
        if (!read_field_line(h, line))
            return 0;
    }
    return 0;
}

/* --- whatever it is --- */

static void guess_request_line(struct http_head *h, struct bytes line) {
    h->method = bytes_until(line, ' ');
    struct bytes rest = bytes_trim(bytes_of(line.p + h->method.n, line.n - h->method.n));
    const uint8_t *space = rest.n ? memrchr(rest.p, ' ', rest.n) : NULL;
    size_t n = space ? (size_t)(space - rest.p) : 0;
    h->old = !space || !bytes_starts_nocase(bytes_of(rest.p + n + 1, rest.n - n - 1), "HTTP");
    h->target = h->old ? rest : bytes_trim(bytes_of(rest.p, n));
}

static void guess_status_line(struct http_head *h, struct bytes line) {
    for (size_t i = 0; i + 4 <= line.n && !h->status_read; i++) {
        const uint8_t *d = line.p + i + 1;
        h->status_read = line.p[i] == ' ' && d[0] >= '1' && d[0] <= '9' && is_digit(d[1]) && is_digit(d[2]);
        if (h->status_read)
            h->status = (d[0] - '0') * 100 + (d[1] - '0') * 10 + (d[2] - '0');
    }
}

static void guess_field(struct http_head *h, struct bytes line) {
    enum http_field field = http_head_uses(line);
    if (field == HTTP_FIELD_NONE || http_head_has(h, field))
        return;
    const uint8_t *colon = memchr(line.p, ':', line.n);
    struct bytes value = bytes_trim(bytes_of(colon + 1, (size_t)(line.p + line.n - colon - 1)));
    h->field[field] = value;
    if (field == HTTP_HOST)
        h->host = bytes_until(value, ':');
    if (field == HTTP_CONTENT_LENGTH)
        h->length = http_head_number(value);
}

static bool parse_leniently(struct http_head *h, struct bytes block) {
    for (size_t at = 0; at < block.n;) {
        const uint8_t *lf = memchr(block.p + at, '\n', block.n - at);
        size_t n = lf ? (size_t)(lf - (block.p + at)) : block.n - at;
        struct bytes line = bytes_of(block.p + at, n);
        if (at > 0)
            guess_field(h, line);
        else if (h->request)
            guess_request_line(h, bytes_trim(line));
        else
            guess_status_line(h, line);
        at += n + 1;
    }
    http_head_framing(h, block);
    return block.n > 0;
}

bool http_plain_parse(struct http_head *h, struct bytes block, enum http_plainness how) {
    if (how == HTTP_LENIENTLY)
        return parse_leniently(h, block);
    return block.n > 0 && http_plain_take(h, block) == block.n;
}
