/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_DECODE_TCP_OPTIONS_H
#define GANTRY_DECODE_TCP_OPTIONS_H

#include "decode/decode.h"

/* The options of a segment that decide whether its receiver takes it (RFC 9293 section 3.2). */
struct tcp_options {
    uint32_t stamp; /* RFC 7323 section 3: TSval, if has_stamp */
    uint8_t scale;  /* RFC 7323 section 2: 0..14, if has_scale */
    bool has_stamp, has_scale;
    bool is_signed; /* an MD5 digest (RFC 2385) or an authentication option (RFC 5925) */
};

/* What a SYN offers, in little room. */
struct syn_options {
    uint8_t scale : 4;
    bool has_stamp : 1, has_scale : 1, is_signed : 1;
};

static inline struct syn_options syn_options_of(const struct tcp_options *o) {
    return (struct syn_options){o->scale, o->has_stamp, o->has_scale, o->is_signed};
}

struct tcp_options tcp_options_of(const struct packet *p);

#endif
