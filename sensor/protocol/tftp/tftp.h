/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_TFTP_H
#define GANTRY_PROTOCOL_TFTP_H

#include "protocol/protocol.h"

/* TFTP (RFC 1350) with options (RFC 2347, 2348, 7440): a request announces the flow that the server answers
 * on from a port of its own, and that one carries one file. Many servers stay on the port of the request.
 * What is sent is the receiver's file: netascii is undone. */
extern const struct protocol protocol_tftp;

/* --- tftp_message.c: what stands in a datagram --- */

enum tftp_code { TFTP_READ = 1, TFTP_WRITE, TFTP_DATA, TFTP_ACK, TFTP_ERROR, TFTP_OPTIONS };

enum { TFTP_BLOCK = 512, TFTP_BLOCK_LEAST = 8, TFTP_BLOCK_MOST = 65464 };

/* Which number follows block 65535: nobody has said, 0, 1. */
enum tftp_roll { TFTP_ROLL_OPEN, TFTP_ROLL_ZERO, TFTP_ROLL_ONE };

struct tftp_options {
    uint16_t block; /* octets of a block; 0: the option is not there */
    uint8_t roll;   /* enum tftp_roll; an option that some servers know */
};

struct tftp_request {
    bool upload; /* WRQ */
    bool netascii;
    struct bytes name; /* borrowed, any octets but NUL, at least one */
    struct tftp_options options;
};

/* A request for certain: a name, a mode that exists, pairs of options. */
bool tftp_read_request(struct bytes datagram, struct tftp_request *out);
/* The server's answer to options (OACK). */
bool tftp_read_options(struct bytes datagram, struct tftp_options *out);
/* Might it be one of the other messages? */
bool tftp_may_be(struct bytes datagram);

/* --- tftp_blocks.c: which block of a file has which number --- */

enum { TFTP_WINDOW = 1024 };

/* Zero at the start. Indices count from 0. */
struct tftp_blocks {
    uint64_t base; /* all blocks before it were seen, or are not waited for any more */
    bool began;    /* `base` is right: where it is not, the first number that is seen tells where it may be */
    uint8_t roll;  /* enum tftp_roll */
    uint64_t seen[TFTP_WINDOW / 64];
};

enum tftp_block { TFTP_BLOCK_NEW, TFTP_BLOCK_AGAIN, TFTP_BLOCK_NONE };

/* Was the block of this number seen before, and which one is it? Only numbers go over the wire: the index is
 * the one of that number that is nearest to what is to come. */
enum tftp_block tftp_blocks_take(struct tftp_blocks *b, uint16_t number, uint64_t *index);

#endif
