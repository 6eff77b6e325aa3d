/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_WEBSOCKET_H
#define GANTRY_PROTOCOL_WEBSOCKET_H

#include "protocol/protocol.h"

/* Messages of a WebSocket (RFC 6455), fragmented, masked, and deflated with or without context takeover
 * (RFC 7692): each is a transfer. HTTP announces it, with the request's path as facts. What is no frame
 * becomes any other conversation. */
extern const struct protocol protocol_websocket;

/* --- websocket_frame.c --- */

enum { WEBSOCKET_HEAD_MAX = 14 };

struct websocket_frame {
    uint8_t opcode;
    bool final, deflated, masked;
    uint8_t mask[4];
    uint64_t length;
};
enum websocket_head { WEBSOCKET_NONE, WEBSOCKET_MORE, WEBSOCKET_HEAD };

/* The head of a frame (RFC 6455 section 5.2) at the start of `in`; *n: its octets. `within` a message that
 * goes on. */
enum websocket_head websocket_read_head(struct bytes in, bool within, struct websocket_frame *out, size_t *n);

static inline bool websocket_is_control(const struct websocket_frame *f) {
    return (f->opcode & 8) != 0;
}

#endif
