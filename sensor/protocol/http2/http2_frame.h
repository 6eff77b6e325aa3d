/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_HTTP2_FRAME_H
#define GANTRY_PROTOCOL_HTTP2_FRAME_H

#include "base/bytes.h"

/* The nine octets before each frame (RFC 9113 section 4.1), and where one stands. */

enum { HTTP2_FRAME_HEAD = 9, HTTP2_FRAME_PRESET = 16384 /* octets of a payload, unless settings say more */ };

enum http2_type {
    HTTP2_DATA,
    HTTP2_HEADERS,
    HTTP2_PRIORITY,
    HTTP2_RST_STREAM,
    HTTP2_SETTINGS,
    HTTP2_PUSH_PROMISE,
    HTTP2_PING,
    HTTP2_GOAWAY,
    HTTP2_WINDOW_UPDATE,
    HTTP2_CONTINUATION,
    HTTP2_TYPES,
    HTTP2_ALTSVC = 10,          /* RFC 7838 */
    HTTP2_ORIGIN = 12,          /* RFC 8336 */
    HTTP2_PRIORITY_UPDATE = 16, /* RFC 9218 */
};
enum {
    HTTP2_ACK = 1, /* of SETTINGS and PING */
    HTTP2_END_STREAM = 1,
    HTTP2_END_HEADERS = 4,
    HTTP2_PADDED = 8,
    HTTP2_HAS_PRIORITY = 32,
};

struct http2_frame {
    uint32_t length, stream;
    uint8_t type, flags;
};

/* From HTTP2_FRAME_HEAD octets. */
struct http2_frame http2_frame_read(const uint8_t *head);

/* May it be a frame as RFC 9113 section 6 describes its type: length, stream, flags? Types that it does not
 * know are no longer than any receiver must take. `longest`: payload that this receiver takes. */
bool http2_frame_sound(const struct http2_frame *f, uint32_t longest);
/* The same of the types that it knows, without flags and a bit that nobody uses: for finding one. */
bool http2_frame_strict(const struct http2_frame *f, uint32_t longest);

/* The client's first octets (RFC 9113 section 3.4). */
enum { HTTP2_PREFACE = 24 };
extern const char http2_preface[HTTP2_PREFACE + 1];

/* --- http2_probe.c --- */

enum http2_start { HTTP2_START_NO, HTTP2_START_MORE, HTTP2_START_YES };

/* Settings, and behind them the next frame: as a server begins. */
enum http2_start http2_settings_start(struct bytes in);
/* A head, and behind it the next frame: as a stream begins in the middle of a connection. */
enum http2_start http2_head_start(struct bytes in);
/* Where in the middle of anything a connection begins, or a stream of one; in.n if nowhere. */
size_t http2_find_start(struct bytes in);

#endif
