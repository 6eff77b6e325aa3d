/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http/http_start.h"

enum {
    WORD_MAX = 32,
    LINE_MAX_BYTES = 32768,
    STATUS_MAX = 256,
    JUNK_MAX = 8,
    TAIL_MAX = 2048,
    NAME_MAX_BYTES = 64
};

/* Where the way is lost, a line that goes on longer is no request. */
enum { SOUGHT_METHOD = 128, SOUGHT_LINE = 8192 };

static const char *const methods[] = {
    "GET",      "HEAD",      "POST",    "PUT",        "PATCH",  "DELETE",    "OPTIONS", "TRACE",  "CONNECT",
    "PROPFIND", "PROPPATCH", "MKCOL",   "COPY",       "MOVE",   "LOCK",      "UNLOCK",  "REPORT", "SEARCH",
    "MERGE",    "CHECKOUT",  "CHECKIN", "MKACTIVITY", "SOURCE", "SUBSCRIBE", "NOTIFY",  NULL,
};

bool http_token_byte(uint8_t c) {
    static const bool others[0x80] = {['!'] = true,  ['#'] = true, ['$'] = true, ['%'] = true, ['&'] = true,
                                      ['\''] = true, ['*'] = true, ['+'] = true, ['-'] = true, ['.'] = true,
                                      ['^'] = true,  ['_'] = true, ['`'] = true, ['|'] = true, ['~'] = true};
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c < 0x80 && others[c]);
}

static bool is_known_method(struct bytes method) {
    for (size_t i = 0; methods[i]; i++) /* the first letter tells most of them apart */
        if ((method.p[0] & ~0x20) == methods[i][0] && bytes_equal_nocase(method, methods[i]))
            return true;
    return false;
}

size_t http_blank(struct bytes in) {
    size_t n = 0;
    while (n < in.n && (in.p[n] == '\r' || in.p[n] == '\n' || in.p[n] == ' ' || in.p[n] == '\t'))
        n++;
    return n;
}

bool http_line_versioned(struct bytes line) {
    line = bytes_trim(line);
    size_t i = line.n;
    while (i > 0 && line.p[i - 1] != ' ' && line.p[i - 1] != '\t')
        i--;
    struct bytes last = bytes_of(line.p + i, line.n - i);
    return i > 0 && last.n > 5 && bytes_starts_nocase(last, "HTTP/") && last.p[5] >= '0' && last.p[5] <= '9';
}

/* A request line without a version, or with one of another name, is one where its target is a path or a URL
 * and a field follows: `rest` begins behind its method, the line ends at `at`. */
static enum http_start judge_unversioned(struct bytes in, size_t from, size_t at) {
    while (from < at && (in.p[from] == ' ' || in.p[from] == '\t'))
        from++;
    struct bytes target = bytes_of(in.p + from, at - from);
    if (target.n == 0 || (target.p[0] != '/' && !bytes_starts_nocase(target, "http")))
        return HTTP_START_NO;
    size_t i = at + 1, most = i + NAME_MAX_BYTES;
    while (i < in.n && i < most && http_token_byte(in.p[i]))
        i++;
    if (i == in.n)
        return HTTP_START_MORE;
    return i > at + 1 && in.p[i] == ':' ? HTTP_START_YES : HTTP_START_NO;
}

/* HTTP/2 begins with what looks like a request of HTTP/1 (RFC 9113 section 3.4). */
static bool is_preface(struct bytes line) {
    return bytes_starts_nocase(line, "PRI * HTTP/2");
}

/* The whole line decides, by its version, whatever its sender takes for a method: `n` bytes of it. */
static enum http_start judge_line(struct bytes in, size_t n) {
    size_t most = in.n < LINE_MAX_BYTES ? in.n : LINE_MAX_BYTES;
    for (size_t i = 0; i < most; i++) {
        if (in.p[i] == '\n' && is_preface(in))
            return HTTP_START_NO;
        if (in.p[i] == '\n')
            return http_line_versioned(bytes_of(in.p, i)) ? HTTP_START_YES : judge_unversioned(in, n, i);
        if (in.p[i] < 0x20 && in.p[i] != '\t' && in.p[i] != '\r')
            return HTTP_START_NO;
    }
    return most < LINE_MAX_BYTES ? HTTP_START_MORE : HTTP_START_NO;
}

/* A method is what stands before the first blank: a token by RFC 9110 section 9.1, but many servers take
 * anything of any length. */
enum http_start http_request_start(struct bytes in, bool sure) {
    size_t n = 0, most = in.n < LINE_MAX_BYTES ? in.n : LINE_MAX_BYTES;
    while (n < most && in.p[n] > ' ' && in.p[n] != 0x7f)
        n++;
    if (n == in.n && n < LINE_MAX_BYTES)
        return HTTP_START_MORE;
    if (n == 0 || n == most || (in.p[n] != ' ' && in.p[n] != '\t'))
        return HTTP_START_NO;
    if (!sure && is_known_method(bytes_of(in.p, n)))
        return HTTP_START_YES;
    return judge_line(in, n);
}

bool http_request_likely(struct bytes in) {
    size_t n = 0;
    while (n < in.n && http_token_byte(in.p[n]))
        n++;
    return n > 0 && n + 1 < in.n && in.p[n] == ' ' && in.p[n + 1] == '/';
}

enum http_start http_request_sought(struct bytes in) {
    size_t n = 0;
    while (n < in.n && n <= SOUGHT_METHOD && http_token_byte(in.p[n]))
        n++;
    if (n == in.n)
        return n <= SOUGHT_METHOD ? HTTP_START_MORE : HTTP_START_NO;
    if (n == 0 || n > SOUGHT_METHOD || (in.p[n] != ' ' && in.p[n] != '\t'))
        return HTTP_START_NO;
    enum http_start line = judge_line(bytes_of(in.p, in.n < SOUGHT_LINE ? in.n : SOUGHT_LINE), n);
    return line == HTTP_START_MORE && in.n >= SOUGHT_LINE ? HTTP_START_NO : line;
}

/* "HTTP/1.1 200": digits at the 'd'. */
static enum http_start match_pattern(struct bytes in, const char *pattern) {
    for (size_t i = 0; pattern[i]; i++) {
        if (i == in.n)
            return HTTP_START_MORE;
        uint8_t c = in.p[i];
        bool fits = pattern[i] == 'd' ? c >= '0' && c <= '9' : c == pattern[i] || (c & ~0x20) == pattern[i];
        if (!fits)
            return HTTP_START_NO;
    }
    return HTTP_START_YES;
}

enum http_start http_status_start(struct bytes in, bool sure) {
    return match_pattern(in, sure ? "HTTP/d.d ddd" : "HTTP/");
}

/* A request line whose target holds no space and begins as a path or an absolute URL (RFC 9112 section 3). */
static enum http_start match_strict_line(struct bytes in, const char *method) {
    size_t n = strlen(method), at = n + 1, most = in.n < LINE_MAX_BYTES ? in.n : LINE_MAX_BYTES;
    if (memcmp(in.p, method, n < in.n ? n : in.n) != 0 || (n < in.n && in.p[n] != ' ') ||
        (at < in.n && in.p[at] != '/' && in.p[at] != 'h'))
        return HTTP_START_NO;
    while (at < most && in.p[at] > ' ' && in.p[at] < 0x7f)
        at++;
    if (at >= most)
        return most < LINE_MAX_BYTES ? HTTP_START_MORE : HTTP_START_NO;
    return in.p[at] == ' ' ? match_pattern(bytes_of(in.p + at + 1, in.n - at - 1), "HTTP/d.d\r\n")
                           : HTTP_START_NO;
}

enum http_start http_may_start(struct bytes in) {
    if (in.n && (in.p[0] < 'A' || in.p[0] > 'Z'))
        return HTTP_START_NO; /* as nearly all */
    enum http_start best = in.n && in.p[0] == 'H' ? match_pattern(in, "HTTP/d.d ddd") : HTTP_START_NO;
    for (size_t i = 0; methods[i] && best == HTTP_START_NO; i++)
        if (in.n == 0 || methods[i][0] == in.p[0])
            best = match_strict_line(in, methods[i]);
    return best;
}

/* A field's line without its end; the first one may have lost its beginning. */
static bool is_field_line(struct bytes line, bool first) {
    size_t n = 0;
    for (size_t i = 0; i < line.n; i++)
        if ((line.p[i] < ' ' && line.p[i] != '\t' && line.p[i] != '\r') || line.p[i] == 0x7f)
            return false;
    while (n < line.n && http_token_byte(line.p[n]))
        n++;
    return first || (n > 0 && n < line.n && line.p[n] == ':') || line.p[0] == ' ' || line.p[0] == '\t';
}

size_t http_find_start(struct bytes in) {
    size_t at = 0;
    while (at < in.n && http_may_start(bytes_of(in.p + at, in.n - at)) != HTTP_START_YES)
        at += http_no_start(bytes_of(in.p + at, in.n - at));
    return at;
}

enum http_start http_tail(struct bytes in, bool last, size_t *n) {
    size_t at = 0, most = in.n < TAIL_MAX ? in.n : TAIL_MAX;
    *n = 0;
    for (bool first = true; at < most; first = false) {
        const uint8_t *end = memchr(in.p + at, '\n', most - at);
        struct bytes line = bytes_of(in.p + at, end ? (size_t)(end - in.p) - at : most - at);
        if (end && (line.n == 0 || (line.n == 1 && line.p[0] == '\r'))) {
            size_t all = at + line.n + 1;
            bool whole_head = http_find_start(bytes_of(in.p, all)) < all;
            *n = whole_head ? 0 : all;
            return whole_head ? HTTP_START_NO : HTTP_START_YES;
        }
        /* A line that goes on may still become a field's: only what no field holds refuses it. */
        if (!is_field_line(line, first || !end))
            return HTTP_START_NO;
        at += line.n + 1;
    }
    return in.n < TAIL_MAX && !last ? HTTP_START_MORE : HTTP_START_NO;
}

size_t http_no_start(struct bytes in) {
    size_t n = 1;
    while (n < in.n && in.p[n - 1] != '\n' && (in.p[n] < 'C' || in.p[n] > 'U'))
        n++;
    return n;
}

/* "HTTP" in any case from `at` on, NUL bytes aside; returns where it ends, 0 if it is not there. */
static size_t match_http_word(struct bytes line, size_t at) {
    static const char word[] = "HTTP";
    for (size_t i = 0; word[i]; at++) {
        if (at == line.n || (line.p[at] != 0 && (line.p[at] & ~0x20) != word[i]))
            return 0;
        i += line.p[at] != 0;
    }
    return at;
}

/* "ICY 200 OK" */
static bool names_status(struct bytes line) {
    size_t n = 0;
    while (n < line.n && (http_token_byte(line.p[n]) || line.p[n] == '/'))
        n++;
    return n > 0 && n <= WORD_MAX &&
           match_pattern(bytes_of(line.p + n, line.n - n), " ddd") == HTTP_START_YES &&
           (n + 4 == line.n || line.p[n + 4] == ' ' || line.p[n + 4] == '\r');
}

enum http_start http_status_odd(struct bytes in, bool last) {
    size_t n = in.n < STATUS_MAX ? in.n : STATUS_MAX;
    const uint8_t *end = memchr(in.p, '\n', n);
    if (!end)
        return n < STATUS_MAX && !last ? HTTP_START_MORE : HTTP_START_NO;
    struct bytes line = bytes_trim(bytes_of(in.p, (size_t)(end - in.p)));
    for (size_t at = 0; at < JUNK_MAX && at < line.n; at++) {
        size_t behind = match_http_word(line, at);
        /* "HTTP." and the like are no word of a body; further in, only a version makes it one. */
        if (behind && ((behind < line.n && line.p[behind] == '/') || (at == 0 && line.n <= behind + 1) ||
                       (behind < line.n && line.p[behind] == '\\')))
            return HTTP_START_YES;
    }
    return names_status(line) ? HTTP_START_YES : HTTP_START_NO;
}
