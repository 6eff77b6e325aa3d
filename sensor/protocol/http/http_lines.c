/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http/http_lines.h"

#include "protocol/http/http_start.h"

enum { FIELD_NAME_MAX = 64, BLANK_LINE_MAX = 8 };

enum answer { NO, YES, MORE };

static bool is_blank(uint8_t c) {
    return c == '\r' || c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == 0;
}

/* Does another line of the head stand here: a field, the rest of a folded one, or an empty line that ends it
 * properly? */
static enum answer judge_next_line(struct bytes in, size_t at) {
    if (at >= in.n)
        return MORE;
    if (memchr("\r\n \t", in.p[at], 4))
        return YES;
    size_t n = 0;
    while (at + n < in.n && n < FIELD_NAME_MAX && http_token_byte(in.p[at + n]))
        n++;
    if (at + n == in.n)
        return MORE;
    return n > 0 && in.p[at + n] == ':' ? YES : NO;
}

/* Does the line in[line..at) end the head? One of nothing but white space and control bytes does when no line
 * of a head follows: some servers send that, and browsers take it. */
static enum answer judge_blank_line(struct http_lines *l, struct bytes in, size_t at, bool last) {
    size_t n = at - l->line;
    if (n == 0 || (n == 1 && in.p[l->line] == '\r'))
        return YES;
    if (n > BLANK_LINE_MAX || (l->line == 0 && !l->later))
        return NO;
    for (size_t i = l->line; i < at; i++)
        if (!is_blank(in.p[i]))
            return NO;
    enum answer follows = judge_next_line(in, at + 1);
    if (follows == MORE)
        return last ? YES : MORE;
    l->odd = true;
    return follows == YES ? NO : YES;
}

/* Two CR within [line..at) end a head as two line ends do. *end: behind them. */
static enum answer judge_double_cr(struct http_lines *l, struct bytes in, size_t at, bool last, size_t *end) {
    for (size_t i = l->line; i < at; i++) {
        const uint8_t *cr = memchr(in.p + i, '\r', at - i);
        if (!cr)
            return NO;
        size_t from = i = (size_t)(cr - in.p);
        while (i < at && in.p[i] == '\r')
            i++;
        if (i - from < 2 || (i == at && at < in.n))
            continue;
        enum answer follows = judge_next_line(in, i);
        if (follows == MORE && !last)
            return MORE;
        l->odd = true;
        *end = i;
        if (follows != YES)
            return YES;
    }
    return NO;
}

/* The CR behind the last LF belongs to the line end where all lines end so. */
static size_t measure_head(struct http_lines *l, struct bytes in, size_t end, bool last) {
    if (!l->lfcr)
        return end;
    if (end == in.n)
        return last ? end : 0;
    return end + (in.p[end] == '\r');
}

static bool is_old_request(const struct http_lines *l, struct bytes in, size_t at, bool request) {
    return l->line == 0 && !l->later && request && bytes_starts_nocase(in, "GET ") &&
           !http_line_versioned(bytes_of(in.p, at));
}

size_t http_lines_head(struct http_lines *l, struct bytes in, bool request, bool last) {
    const uint8_t *lf;
    size_t end = 0;
    while (l->scanned < in.n && (lf = memchr(in.p + l->scanned, '\n', in.n - l->scanned))) {
        size_t at = (size_t)(lf - in.p);
        enum answer over = judge_blank_line(l, in, at, last);
        if (over == YES)
            return measure_head(l, in, at + 1, last);
        if (over == NO)
            over = judge_double_cr(l, in, at, last, &end);
        if (over == YES)
            return end;
        if (over == MORE) {
            l->scanned = at;
            return 0;
        }
        if (is_old_request(l, in, at, request))
            return at + 1;
        if (l->line > 0 && in.p[l->line] == '\r' && !is_blank(in.p[l->line + 1]))
            l->lfcr = l->odd = true;
        l->line = l->scanned = at + 1;
    }
    l->scanned = in.n;
    return last && judge_double_cr(l, in, in.n, true, &end) == YES ? end : 0;
}

static size_t put_line(struct bytes line, uint8_t *out) {
    while (line.n > 0 && is_blank(line.p[line.n - 1]))
        line.n--;
    if (line.n > 0 && line.p[0] == '\r')
        line = bytes_of(line.p + 1, line.n - 1);
    if (line.n == 0)
        return 0;
    memcpy(out, line.p, line.n);
    memcpy(out + line.n, "\r\n", 2);
    return line.n + 2;
}

size_t http_lines_tidy(struct bytes head, uint8_t *out) {
    size_t used = 0;
    for (size_t at = 0; at < head.n;) {
        const uint8_t *lf = memchr(head.p + at, '\n', head.n - at);
        size_t end = lf ? (size_t)(lf - head.p) : head.n;
        struct bytes line = bytes_of(head.p + at, end - at);
        /* Where CR stands twice it ends lines. */
        const uint8_t *cr = memmem(line.p, line.n, "\r\r", 2);
        while (cr && cr + 2 < head.p + head.n && line.n > 0) {
            const uint8_t *next = memchr(line.p, '\r', line.n);
            if (!next)
                break;
            used += put_line(bytes_of(line.p, (size_t)(next - line.p)), out + used);
            line = bytes_of(next + 1, line.n - (size_t)(next + 1 - line.p));
        }
        used += put_line(line, out + used);
        at = end + 1;
    }
    memcpy(out + used, "\r\n", 2);
    return used + 2;
}
