/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_UNKNOWN_CARVER_H
#define GANTRY_PROTOCOL_UNKNOWN_CARVER_H

#include "protocol/extent/extent.h"
#include "protocol/protocol.h"
#include "protocol/structure.h"

/* Makes objects of what one side of an unknown protocol sends, one after another: a picture, an archive or a
 * document from its first octet to its last one, as its own structure says (extent/extent.h). Text is one
 * object a side, whatever stands between its runs, which is missing there. An object is whole if its
 * structure says so, or if it is all that the side sent. */

enum { CARVER_TAIL = 2 * EXTENT_FIRST };

struct carver {
    struct extent *extent;     /* what is walked now; NULL: nothing is */
    struct transfer *transfer; /* its object; NULL also when nobody wants it */
    struct transfer *text;
    uint64_t seen;    /* octets of the side, missing ones included */
    uint64_t text_at; /* of them, up to the end of the last run of text */
    uint32_t restarts_at, restarts;
    uint32_t datagrams, thing_since; /* how many came; as of when the thing that is walked begins */
    uint32_t text_datagram;          /* when the text's object began */
    bool from_first, broken;     /* the thing that is walked begins with the side's first octet; and broke */
    bool begun;                  /* it has an object */
    bool text_begun, text_first; /* the side's text has an object; it began with the side's first octet */
    bool in_text, wide;          /* a run of text goes on; of UTF-16 */
    bool line_open, made_up; /* of datagrams of text: the last one has no line end; line ends were added */
    uint16_t last_n, most_n; /* octets of the last one, and of the longest */
    time_ns text_since;      /* when the text's object began */
    uint64_t text_n;         /* octets of it */
    uint8_t doubt;           /* of that run: how little of text its last octets have */
    uint8_t tail_n;
    uint8_t tail[CARVER_TAIL]; /* the last octets before the next run: what is cut is found too */
};

/* The side's next octets. How many of them belong to objects is added to c->taken. */
void carver_take(struct carver *k, struct conversation *c, enum side from, struct bytes in);
/* The same of the payload of a datagram. One that is text as a whole is a line of the side's text, which is
 * one object for a minute or for 1 MiB, whichever is less; unless it is a piece of what was cut into
 * datagrams of one size. */
void carver_take_datagram(struct carver *k, struct conversation *c, enum side from, struct bytes in);
void carver_gap(struct carver *k, struct conversation *c, enum side from, uint64_t n);
/* The side says no more. `whole`: it ended well, and nothing of the conversation was missed. */
void carver_end(struct carver *k, struct conversation *c, enum side from, bool whole);
/* Is an object open? */
static inline bool carver_works(const struct carver *k) {
    return k->extent || k->in_text;
}

#endif
