/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http/http_body.h"

#include "base/hex.h"

enum { ODD_MAX = 4, SIZE_LINE_MAX = 8192, EXTENSION_MAX = 1 << 20, TRAILER_MAX = 1 << 20, LINE_END_MAX = 64 };

enum chunk_phase { CHUNK_SIZE, CHUNK_EXTENSION, CHUNK_DATA, CHUNK_DATA_END, CHUNK_TRAILER };

void http_body_init(struct http_body *b, enum http_framing framing, uint64_t length, bool response) {
    bool doubtful = framing == HTTP_CHUNKS_LIKELY;
    *b = (struct http_body){
        .framing = doubtful ? HTTP_CHUNKED : framing, .plain = length, .first = true, .doubtful = doubtful};
    b->plain_allowed = response || length != UINT64_MAX;
    if (framing == HTTP_LENGTH)
        b->left = length;
    if (framing == HTTP_NO_BODY || ((framing == HTTP_LENGTH || doubtful) && length == 0))
        b->framing = HTTP_NO_BODY;
}

static void enter_phase(struct http_body *b, enum chunk_phase phase) {
    b->phase = (uint8_t)phase;
    b->line = 0;
}

/* What looked like the first chunk size was the beginning of a body that is not chunked: browsers show it.
 * Where no length fits it, its end is not known. */
static enum http_body_step take_as_plain(struct http_body *b, struct bytes *payload) {
    if (b->seen_lost)
        return HTTP_BODY_BROKEN;
    *payload = bytes_of(b->seen, b->seen_n);
    if (!b->first || !b->plain_allowed || (b->plain != UINT64_MAX && b->plain < b->seen_n))
        return HTTP_BODY_BROKEN;
    b->framing = b->plain == UINT64_MAX ? HTTP_UNTIL_CLOSE : HTTP_LENGTH;
    b->left = b->plain - b->seen_n;
    return b->framing == HTTP_LENGTH && b->left == 0 ? HTTP_BODY_END : HTTP_BODY_MORE;
}

/* The size line has ended. */
static enum http_body_step end_size_line(struct http_body *b) {
    b->first = false;
    b->seen_n = 0;
    b->seen_lost = false;
    b->digits = b->spaces = b->odd = b->cr = false;
    enter_phase(b, b->left ? CHUNK_DATA : CHUNK_TRAILER);
    return HTTP_BODY_MORE;
}

static bool is_white(uint8_t c) {
    return c == ' ' || c == '\t' || c == '\r';
}

/* What some senders put before or behind a size, and some browsers step over. */
static bool is_tolerated(const struct http_body *b, uint8_t c) {
    return !b->doubtful && b->line < ODD_MAX + 16 &&
           (c == 0 || c == '\v' || c == '\f' || c == ',' || c == ';' || c == '+' || c == '-' || c == 'x');
}

static enum http_body_step add_size_digit(struct http_body *b, unsigned digit, struct bytes *payload) {
    if (b->left >> 59) /* a size that no body has; the next digit must not overflow */
        return take_as_plain(b, payload);
    b->left = b->left << 4 | digit;
    b->digits = true;
    return HTTP_BODY_MORE;
}

/* A byte that is no digit, before or behind the digits. */
static enum http_body_step read_size_other(struct http_body *b, uint8_t c, struct bytes *payload) {
    if (c == '\n') {
        /* An empty line before a size is skipped: some servers end a chunk twice. */
        b->odd &= b->digits;
        return b->digits ? end_size_line(b) : HTTP_BODY_MORE;
    }
    if (c == ';' && b->digits) {
        enter_phase(b, CHUNK_EXTENSION);
        return HTTP_BODY_MORE;
    }
    if (is_white(c)) {
        b->spaces = b->digits;
        return HTTP_BODY_MORE;
    }
    if (!is_tolerated(b, c) || b->odd)
        return take_as_plain(b, payload);
    b->odd = true;
    if (c == 'x' && b->digits && b->left == 0 && !b->spaces)
        b->digits = false; /* "0x" before the size */
    b->spaces = b->digits;
    return HTTP_BODY_MORE;
}

static enum http_body_step read_size_byte(struct http_body *b, uint8_t c, struct bytes *payload) {
    int digit = hex_value(c);
    if (b->seen_n < sizeof b->seen)
        b->seen[b->seen_n++] = c;
    else
        b->seen_lost = true;
    b->bare_lf = c == '\n' && !b->cr;
    b->cr = c == '\r';
    enum http_body_step step = digit >= 0 && !b->spaces ? add_size_digit(b, (unsigned)digit, payload)
                                                        : read_size_other(b, c, payload);
    if (step != HTTP_BODY_MORE || b->framing != HTTP_CHUNKED || b->phase != CHUNK_SIZE)
        return step;
    if (b->doubtful && b->first &&
        b->seen_n == b->plain) /* not even one size line fits the announced length */
        return take_as_plain(b, payload);
    return ++b->line > SIZE_LINE_MAX ? HTTP_BODY_BROKEN : HTTP_BODY_MORE;
}

/* Does the chunk begin with this byte, behind a size line that a lone CR ended? */
static bool ends_size_by_cr(struct http_body *b, uint8_t c) {
    if (b->phase != CHUNK_SIZE || !b->cr || !b->digits || b->doubtful || is_white(c) || c == '\n' || c == ';')
        return false;
    b->cr_only = true;
    end_size_line(b);
    return true;
}

/* `left` counts the bytes of the trailer's present line, the CR of an empty one aside. */
static enum http_body_step read_trailer_byte(struct http_body *b, uint8_t c) {
    if (c == '\n') {
        if (b->left == 0)
            return HTTP_BODY_END;
        b->left = 0;
    } else if (c != '\r') {
        b->left++;
    }
    return ++b->line > TRAILER_MAX ? HTTP_BODY_BROKEN : HTTP_BODY_MORE;
}

static enum http_body_step read_framing_byte(struct http_body *b, uint8_t c, struct bytes *payload) {
    switch ((enum chunk_phase)b->phase) {
    case CHUNK_SIZE:
        return read_size_byte(b, c, payload);
    case CHUNK_EXTENSION:
        if (c == '\n')
            return end_size_line(b);
        return ++b->line > EXTENSION_MAX ? HTTP_BODY_BROKEN : HTTP_BODY_MORE;
    case CHUNK_DATA_END:
        if (c == '\n' || (c == '\r' && b->cr_only))
            enter_phase(b, CHUNK_SIZE);
        return ++b->line > LINE_END_MAX ? HTTP_BODY_BROKEN : HTTP_BODY_MORE;
    case CHUNK_TRAILER:
        return read_trailer_byte(b, c);
    case CHUNK_DATA:
        break;
    }
    return HTTP_BODY_BROKEN;
}

static size_t take_run(struct http_body *b, struct bytes in, struct bytes *payload) {
    size_t n = in.n < b->left ? in.n : (size_t)b->left;
    *payload = bytes_of(in.p, n);
    b->left -= n;
    return n;
}

/* CR or CR LF behind a lone LF is rather the rest of the line end than the beginning of the data. */
static bool skip_line_end(struct http_body *b, uint8_t c) {
    bool rest = c == (b->cr ? '\n' : '\r');
    b->bare_lf = b->cr = rest && !b->cr;
    return rest;
}

static size_t take_chunked(struct http_body *b, struct bytes in, struct bytes *payload,
                           enum http_body_step *step) {
    size_t i = 0;
    b->trailer = bytes_of(in.p, 0);
    while (i < in.n && b->phase != CHUNK_DATA && !ends_size_by_cr(b, in.p[i])) {
        if (b->phase == CHUNK_TRAILER && b->trailer.n == 0)
            b->trailer.p = in.p + i;
        b->trailer.n += b->phase == CHUNK_TRAILER;
        *step = read_framing_byte(b, in.p[i++], payload);
        if (*step != HTTP_BODY_MORE || b->framing != HTTP_CHUNKED)
            return i;
    }
    while (i < in.n && b->phase == CHUNK_DATA && b->bare_lf)
        i += skip_line_end(b, in.p[i]);
    if (i < in.n && b->phase == CHUNK_DATA) {
        i += take_run(b, bytes_of(in.p + i, in.n - i), payload);
        if (b->left == 0)
            enter_phase(b, CHUNK_DATA_END);
    }
    return i;
}

size_t http_body_take(struct http_body *b, struct bytes in, struct bytes *payload,
                      enum http_body_step *step) {
    size_t n;
    *payload = bytes_of(NULL, 0);
    *step = HTTP_BODY_MORE;
    switch (b->framing) {
    case HTTP_CHUNKED:
        return take_chunked(b, in, payload, step);
    case HTTP_LENGTH:
        n = take_run(b, in, payload);
        *step = b->left ? HTTP_BODY_MORE : HTTP_BODY_END;
        return n;
    case HTTP_UNTIL_CLOSE:
        *payload = in;
        return in.n;
    case HTTP_CHUNKS_LIKELY:
    case HTTP_NO_BODY:
        break;
    }
    *step = HTTP_BODY_END;
    return 0;
}

enum http_body_step http_body_gap(struct http_body *b, uint64_t n, uint64_t *inside) {
    *inside = 0;
    if (b->framing == HTTP_UNTIL_CLOSE) {
        *inside = n;
        return HTTP_BODY_MORE;
    }
    if (b->framing == HTTP_CHUNKED && b->phase != CHUNK_DATA)
        return HTTP_BODY_BROKEN;
    *inside = n < b->left ? n : b->left;
    b->left -= *inside;
    if (b->framing != HTTP_CHUNKED)
        return b->left ? HTTP_BODY_MORE : HTTP_BODY_END;
    if (*inside < n)
        return HTTP_BODY_BROKEN;
    if (b->left == 0)
        enter_phase(b, CHUNK_DATA_END);
    return HTTP_BODY_MORE;
}

struct bytes http_body_rest(struct http_body *b) {
    bool plain = b->framing == HTTP_CHUNKED && b->phase == CHUNK_SIZE && b->first && !b->seen_lost && b->left;
    if (!plain)
        return bytes_of(NULL, 0);
    b->framing = HTTP_UNTIL_CLOSE;
    return bytes_of(b->seen, b->seen_n);
}

bool http_body_complete(const struct http_body *b) {
    if (b->framing == HTTP_CHUNKED)
        return b->phase == CHUNK_TRAILER || (b->phase == CHUNK_SIZE && b->digits && b->left == 0);
    return b->framing != HTTP_LENGTH || b->left == 0;
}
