/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http2/http2_frame.h"

const char http2_preface[HTTP2_PREFACE + 1] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum { SETTING = 6, SETTINGS_MOST = 32 * SETTING, GOAWAY_LEAST = 8, STREAM_RESERVED = 0x80 };

struct http2_frame http2_frame_read(const uint8_t *p) {
    return (struct http2_frame){.length = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2],
                                .type = p[3],
                                .flags = p[4],
                                .stream = (uint32_t)(p[5] & ~STREAM_RESERVED) << 24 | (uint32_t)p[6] << 16 |
                                          (uint32_t)p[7] << 8 | p[8]};
}

/* What a type demands; `most` 0: as much as the receiver takes. */
static const struct kind {
    uint32_t least, most, step;
    uint8_t flags;
    enum { ON_STREAM, ON_CONNECTION, ON_EITHER } on;
} kinds[HTTP2_TYPES] = {
    [HTTP2_DATA] = {0, 0, 1, HTTP2_END_STREAM | HTTP2_PADDED, ON_STREAM},
    [HTTP2_HEADERS] = {1, 0, 1, HTTP2_END_STREAM | HTTP2_END_HEADERS | HTTP2_PADDED | HTTP2_HAS_PRIORITY,
                       ON_STREAM},
    [HTTP2_PRIORITY] = {5, 5, 1, 0, ON_STREAM},
    [HTTP2_RST_STREAM] = {4, 4, 1, 0, ON_STREAM},
    [HTTP2_SETTINGS] = {0, SETTINGS_MOST, SETTING, HTTP2_ACK, ON_CONNECTION},
    [HTTP2_PUSH_PROMISE] = {4, 0, 1, HTTP2_END_HEADERS | HTTP2_PADDED, ON_STREAM},
    [HTTP2_PING] = {8, 8, 1, HTTP2_ACK, ON_CONNECTION},
    [HTTP2_GOAWAY] = {GOAWAY_LEAST, 0, 1, 0, ON_CONNECTION},
    [HTTP2_WINDOW_UPDATE] = {4, 4, 1, 0, ON_EITHER},
    [HTTP2_CONTINUATION] = {0, 0, 1, HTTP2_END_HEADERS, ON_STREAM},
};

bool http2_frame_sound(const struct http2_frame *f, uint32_t longest) {
    if (f->length > longest)
        return false;
    if (f->type >= HTTP2_TYPES)
        return f->length <= HTTP2_FRAME_PRESET;
    const struct kind *k = &kinds[f->type];
    if (f->length < k->least || (k->most && f->length > k->most) || f->length % k->step != 0)
        return false;
    return k->on == ON_EITHER || (k->on == ON_STREAM) == (f->stream != 0);
}

bool http2_frame_strict(const struct http2_frame *f, uint32_t longest) {
    bool ack = f->type == HTTP2_SETTINGS && (f->flags & HTTP2_ACK);
    return f->type < HTTP2_TYPES && (f->flags & ~kinds[f->type].flags) == 0 && !(ack && f->length) &&
           http2_frame_sound(f, longest);
}
