/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http_start.h"

enum { METHOD_MAX = 32, LINE_MAX_BYTES = 8192 };

static const char *const methods[] = {
    "GET",      "HEAD",      "POST",    "PUT",        "PATCH",  "DELETE",    "OPTIONS", "TRACE",  "CONNECT",
    "PROPFIND", "PROPPATCH", "MKCOL",   "COPY",       "MOVE",   "LOCK",      "UNLOCK",  "REPORT", "SEARCH",
    "MERGE",    "CHECKOUT",  "CHECKIN", "MKACTIVITY", "SOURCE", "SUBSCRIBE", "NOTIFY",  NULL,
};

/* RFC 9110 section 5.6.2 */
static bool token_byte(uint8_t c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool known_method(struct bytes method) {
    for (size_t i = 0; methods[i]; i++)
        if (bytes_equal_nocase(method, methods[i]))
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
    return i > 0 && (bytes_starts_nocase(last, "HTTP/1") || bytes_starts_nocase(last, "HTTP/0"));
}

/* The whole line decides, by its version. */
static enum http_start versioned_line(struct bytes in) {
    size_t n = in.n < LINE_MAX_BYTES ? in.n : LINE_MAX_BYTES;
    for (size_t i = 0; i < n; i++) {
        if (in.p[i] == '\n')
            return http_line_versioned(bytes_of(in.p, i)) ? HTTP_START_YES : HTTP_START_NO;
        if (in.p[i] < 0x20 && in.p[i] != '\t' && in.p[i] != '\r')
            return HTTP_START_NO;
    }
    return n < LINE_MAX_BYTES ? HTTP_START_MORE : HTTP_START_NO;
}

enum http_start http_request_start(struct bytes in, bool sure) {
    size_t n = 0;
    while (n < in.n && n <= METHOD_MAX && token_byte(in.p[n]))
        n++;
    if (n == in.n)
        return n <= METHOD_MAX ? HTTP_START_MORE : HTTP_START_NO;
    if (n == 0 || n > METHOD_MAX || (in.p[n] != ' ' && in.p[n] != '\t'))
        return HTTP_START_NO;
    struct bytes method = bytes_of(in.p, n);
    if (!sure && known_method(method))
        return HTTP_START_YES;
    return versioned_line(in);
}

/* "HTTP/1.1 200": digits at the 'd'. */
static enum http_start matches(struct bytes in, const char *pattern) {
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
    return matches(in, sure ? "HTTP/d.d ddd" : "HTTP/");
}

/* A request line whose target holds no space and begins as a path or an absolute URL (RFC 9112 section 3). */
static enum http_start strict_line(struct bytes in, const char *method) {
    size_t n = strlen(method), at = n + 1, most = in.n < LINE_MAX_BYTES ? in.n : LINE_MAX_BYTES;
    if (memcmp(in.p, method, n < in.n ? n : in.n) != 0 || (n < in.n && in.p[n] != ' ') ||
        (at < in.n && in.p[at] != '/' && in.p[at] != 'h'))
        return HTTP_START_NO;
    while (at < most && in.p[at] > ' ' && in.p[at] < 0x7f)
        at++;
    if (at >= most)
        return most < LINE_MAX_BYTES ? HTTP_START_MORE : HTTP_START_NO;
    return in.p[at] == ' ' ? matches(bytes_of(in.p + at + 1, in.n - at - 1), "HTTP/d.d\r\n") : HTTP_START_NO;
}

enum http_start http_may_start(struct bytes in) {
    enum http_start best = in.n && in.p[0] == 'H' ? matches(in, "HTTP/d.d ddd") : HTTP_START_NO;
    for (size_t i = 0; methods[i] && best == HTTP_START_NO; i++)
        best = strict_line(in, methods[i]);
    return best;
}

size_t http_no_start(struct bytes in) {
    size_t n = 1;
    while (n < in.n && in.p[n - 1] != '\n' && (in.p[n] < 'C' || in.p[n] > 'U'))
        n++;
    return n;
}
