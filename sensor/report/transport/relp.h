/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_RELP_H
#define GANTRY_REPORT_RELP_H

#include "base/bytes.h"

/* RELP, the Reliable Event Logging Protocol, version 1; facts from its specification, "relp.html" of
 * librelp's documentation. One frame, either way:
 *
 *     TXNR SP COMMAND SP DATALEN [SP DATA] LF
 *
 * TXNR: 1 to 9 digits; the client's commands count from 1 to 999,999,999 and then from 1 again; an answer has
 * its command's; 0 is a hint that nobody answers. COMMAND: 1 to 32 letters. DATALEN: octets of DATA, 1 to 9
 * digits, in version 1 at most 128 KiB; when it is 0 there is no SP either (one is tolerated). The client
 * sends
 *
 *     open    offers, each "LF NAME=VALUE,..." (the first without LF): relp_version, relp_software, commands;
 *             nothing else before the answer, which has the offers that the server accepts
 *     syslog  one message
 *     close   no more comes
 *
 * and the server `rsp` with "CODE [SP TEXT] [LF DATA]", CODE 200 for done and 500 for refused, in any order,
 * or the hint `serverclose` before it ends the connection. */
enum {
    RELP_TXNR_MAX = 999999999,
    RELP_DATA_MAX = 128 << 10, /* longer frames are no RELP */
    RELP_DATA_KEPT = 1024,     /* of an answer; the rest is stepped over */
    RELP_COMMAND_MAX = 32,
    RELP_HEADER_MAX = 9 + 1 + RELP_COMMAND_MAX + 1 + 9 + 1,
};

enum relp_step { RELP_TXNR, RELP_COMMAND, RELP_LENGTH, RELP_DATA, RELP_TRAILER };

/* What comes from a receiver is as hostile as any traffic: any octets in pieces of any size, in constant
 * memory. */
struct relp_parser {
    enum relp_step step;
    unsigned digits; /* of the number at hand, or letters of the command */
    uint32_t txnr, length, got;
    char command[RELP_COMMAND_MAX + 1];
    uint8_t data[RELP_DATA_KEPT];
};

struct relp_frame { /* lies in the parser until its next call */
    uint32_t txnr;
    const char *command;
    struct bytes data; /* the first RELP_DATA_KEPT octets */
};

enum relp_result {
    RELP_MORE,  /* all of `in` is used up */
    RELP_FRAME, /* one is in `frame`; `in` begins behind it */
    RELP_WRONG, /* this is no RELP; the parser is of no more use */
};

void relp_begin(struct relp_parser *p);
enum relp_result relp_parse(struct relp_parser *p, struct bytes *in, struct relp_frame *frame);

/* The answer's code; false if there is none. *rest begins behind the first line. */
bool relp_code(struct bytes data, unsigned *code, struct bytes *rest);
/* Does the offer `name` stand among the lines, and `value` (NULL: any) among its values? */
bool relp_offers(struct bytes lines, const char *name, const char *value);
/* The transaction number that follows. */
uint32_t relp_next(uint32_t txnr);
/* Writes the header of a command with `length` octets of data, the SP before them included; its length. */
size_t relp_header(char out[RELP_HEADER_MAX + 1], uint32_t txnr, const char *command, size_t length);

#endif
