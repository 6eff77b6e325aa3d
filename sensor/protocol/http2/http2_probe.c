/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http2/http2_frame.h"

/* Where a connection or a stream begins, by octets that nothing else has. */

enum {
    SETTING = 6,
    SETTINGS_FIRST = 16 * SETTING, /* octets of a server's first settings, at most */
    HEAD_FIRST = 2048,             /* of a head that is looked for */
    STREAM_FIRST = 1 << 20,        /* numbers of streams that are looked for are below */
};

/* Values that RFC 9113 section 6.5.2, RFC 8441 and RFC 9218 allow for their settings; any for others. */
static bool is_setting(const uint8_t *p) {
    uint32_t id = (uint32_t)(p[0] << 8 | p[1]);
    uint32_t value = (uint32_t)p[2] << 24 | (uint32_t)p[3] << 16 | (uint32_t)p[4] << 8 | p[5];
    switch (id) {
    case 2:
    case 8:
    case 9:
        return value <= 1;
    case 4:
        return value <= INT32_MAX;
    case 5:
        return value >= HTTP2_FRAME_PRESET && value < 1 << 24;
    default:
        return id != 0;
    }
}

enum http2_start http2_settings_start(struct bytes in) {
    static const uint8_t mark[] = {HTTP2_SETTINGS, 0, 0, 0, 0, 0};
    for (size_t i = 0; i < in.n && i < HTTP2_FRAME_HEAD; i++)
        if (i < 2 ? in.p[i] != 0 : i > 2 && in.p[i] != mark[i - 3])
            return HTTP2_START_NO;
    if (in.n < HTTP2_FRAME_HEAD)
        return HTTP2_START_MORE;
    struct http2_frame f = http2_frame_read(in.p);
    if (f.length > SETTINGS_FIRST || f.length % SETTING != 0)
        return HTTP2_START_NO;
    for (size_t at = HTTP2_FRAME_HEAD; at + SETTING <= in.n && at < HTTP2_FRAME_HEAD + f.length;
         at += SETTING)
        if (!is_setting(in.p + at))
            return HTTP2_START_NO;
    size_t end = HTTP2_FRAME_HEAD + f.length;
    if (in.n < end + HTTP2_FRAME_HEAD)
        return HTTP2_START_MORE;
    struct http2_frame next = http2_frame_read(in.p + end);
    return http2_frame_strict(&next, HTTP2_FRAME_PRESET) ? HTTP2_START_YES : HTTP2_START_NO;
}

/* Does a head of fields begin so (RFC 7541 section 6)? Nearly all begin with a field of the table, or with
 * the size of that. */
static bool begins_fields(uint8_t octet) {
    return octet > 0x80 || (octet > 0x40 && octet < 0x7f) || (octet & 0xe0) == 0x20;
}

static bool is_first_head(const struct http2_frame *f) {
    return f->type == HTTP2_HEADERS && (f->flags & HTTP2_END_HEADERS) && !(f->flags & HTTP2_PADDED) &&
           f->length <= HEAD_FIRST && f->stream < STREAM_FIRST && http2_frame_strict(f, HTTP2_FRAME_PRESET);
}

/* What may follow the head of a stream. */
static bool follows_head(const struct http2_frame *head, const struct http2_frame *next) {
    if (!http2_frame_strict(next, HTTP2_FRAME_PRESET) || next->stream >= STREAM_FIRST)
        return false;
    bool of_stream = next->stream == head->stream;
    if (next->type == HTTP2_HEADERS)
        return next->flags & HTTP2_END_HEADERS;
    return next->type == HTTP2_DATA ? of_stream || (head->flags & HTTP2_END_STREAM)
                                    : next->type != HTTP2_CONTINUATION;
}

enum http2_start http2_head_start(struct bytes in) {
    if (in.n > 3 && in.p[3] != HTTP2_HEADERS)
        return HTTP2_START_NO;
    if (in.n <= HTTP2_FRAME_HEAD)
        return in.n && in.p[0] ? HTTP2_START_NO : HTTP2_START_MORE;
    struct http2_frame f = http2_frame_read(in.p);
    bool weighted = f.flags & HTTP2_HAS_PRIORITY;
    if (!is_first_head(&f) || (weighted ? f.length < 6 : !begins_fields(in.p[HTTP2_FRAME_HEAD])))
        return HTTP2_START_NO;
    size_t end = HTTP2_FRAME_HEAD + f.length;
    if (in.n < end + HTTP2_FRAME_HEAD)
        return HTTP2_START_MORE;
    struct http2_frame next = http2_frame_read(in.p + end);
    return follows_head(&f, &next) ? HTTP2_START_YES : HTTP2_START_NO;
}

size_t http2_find_start(struct bytes in) {
    const uint8_t *preface = in.n >= HTTP2_PREFACE ? memmem(in.p, in.n, http2_preface, HTTP2_PREFACE) : NULL;
    size_t most = preface ? (size_t)(preface - in.p) : in.n;
    for (size_t at = 3; at < most; at++) {
        const uint8_t *type = memchr(in.p + at, HTTP2_HEADERS, most - at);
        if (!type)
            break;
        at = (size_t)(type - in.p);
        if (http2_head_start(bytes_of(type - 3, in.n - (at - 3))) == HTTP2_START_YES)
            return at - 3;
    }
    return most;
}
