/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tftp/tftp.h"

static bool read_text(struct reader *r, struct bytes *out) {
    const uint8_t *end = reader_left(r) ? memchr(r->at, 0, reader_left(r)) : NULL;
    if (!end)
        return false;
    *out = bytes_of(r->at, (size_t)(end - r->at));
    r->at = end + 1;
    return true;
}

/* What is out of its bounds was not agreed upon. */
static void take_option(struct tftp_options *o, struct bytes name, struct bytes value) {
    uint64_t n;
    if (!bytes_number(value, &n))
        return;
    if (bytes_equal_nocase(name, "blksize") || bytes_equal_nocase(name, "blksize2"))
        o->block = n >= TFTP_BLOCK_LEAST && n <= TFTP_BLOCK_MOST ? (uint16_t)n : 0;
    else if (bytes_equal_nocase(name, "rollover") && n <= 1)
        o->roll = n ? TFTP_ROLL_ONE : TFTP_ROLL_ZERO;
}

/* Up to the end (RFC 2347). */
static bool read_pairs(struct reader r, struct tftp_options *o) {
    struct bytes name, value;
    *o = (struct tftp_options){.block = 0};
    while (reader_left(&r) > 0) {
        if (!read_text(&r, &name) || !read_text(&r, &value) || name.n == 0)
            return false;
        take_option(o, name, value);
    }
    return true;
}

bool tftp_read_request(struct bytes datagram, struct tftp_request *out) {
    struct reader r = reader_of(datagram.p, datagram.n);
    uint16_t code;
    struct bytes mode;
    if (!reader_u16(&r, &code) || (code != TFTP_READ && code != TFTP_WRITE) || !read_text(&r, &out->name) ||
        out->name.n == 0 || !read_text(&r, &mode))
        return false;
    out->upload = code == TFTP_WRITE;
    out->netascii = bytes_equal_nocase(mode, "netascii") || bytes_equal_nocase(mode, "mail");
    return (out->netascii || bytes_equal_nocase(mode, "octet")) && read_pairs(r, &out->options);
}

bool tftp_read_options(struct bytes datagram, struct tftp_options *out) {
    struct reader r = reader_of(datagram.p, datagram.n);
    uint16_t code;
    return reader_u16(&r, &code) && code == TFTP_OPTIONS && read_pairs(r, out);
}

bool tftp_may_be(struct bytes datagram) {
    enum { ERRORS = 8 };
    struct reader r = reader_of(datagram.p, datagram.n);
    struct tftp_options options;
    uint16_t code, number;
    if (!reader_u16(&r, &code))
        return false;
    if (code == TFTP_OPTIONS)
        return tftp_read_options(datagram, &options);
    if (!reader_u16(&r, &number))
        return false;
    return code == TFTP_DATA || (code == TFTP_ACK && reader_left(&r) == 0) ||
           (code == TFTP_ERROR && number <= ERRORS);
}
