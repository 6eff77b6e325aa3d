/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/tcp_options.h"

#include "decode/walk.h"

enum {
    TCP_HEADER = 20,
    OPTION_END = 0,
    OPTION_NOTHING = 1,
    OPTION_SCALE = 3,
    OPTION_STAMPS = 8,
    OPTION_MD5 = 19,
    OPTION_AUTHENTICATION = 29,
    SCALE_MAX = 14,
};

static void take_option(struct tcp_options *o, const uint8_t *option, uint8_t length) {
    if (option[0] == OPTION_SCALE && length == 3) {
        o->has_scale = true;
        o->scale = option[2] < SCALE_MAX ? option[2] : SCALE_MAX;
    } else if (option[0] == OPTION_STAMPS && length == 10) {
        o->has_stamp = true;
        o->stamp = walk_u32(option + 2);
    } else if (option[0] == OPTION_MD5 || option[0] == OPTION_AUTHENTICATION) {
        o->is_signed = true;
    }
}

struct tcp_options tcp_options_of(const struct packet *p) {
    struct tcp_options o = {0};
    if (p->transport != PROTOCOL_TCP || p->header_length <= TCP_HEADER)
        return o;
    struct reader left = reader_of(p->payload - p->header_length + TCP_HEADER, p->header_length - TCP_HEADER);
    while (reader_left(&left) > 0 && left.at[0] != OPTION_END) {
        const uint8_t *option = left.at;
        uint8_t length = option[0] == OPTION_NOTHING ? 1 : reader_left(&left) > 1 ? option[1] : 0;
        if (length == 0 || (length == 1 && option[0] != OPTION_NOTHING) || !reader_skip(&left, length))
            break;
        take_option(&o, option, length);
    }
    return o;
}
