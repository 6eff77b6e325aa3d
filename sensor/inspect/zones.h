/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_ZONES_H
#define GANTRY_INSPECT_ZONES_H

#include "base/bytes.h"

/* Machine-readable zones (mrz.h) in text, however they are written: lines one below another, joined, each
 * under a key or in a cell of its own, small letters, '<' escaped as HTML, URLs, JSON and mail do. What all
 * of them have is seven digits, a sign of the sex and seven digits: only there it looks closer. Text in
 * pieces of any size, the same however it is cut; state of fixed size. */
enum {
    ZONE_BACK = 448,  /* octets before the sex that are looked at, */
    ZONE_AHEAD = 160, /* and from it on */
    ZONES_MAX = 4096, /* handed on of an object */
};

struct zone_reader {
    uint16_t n, scanned;     /* octets of `kept`, and how many of them were looked at */
    uint32_t found, refused; /* zones, and what began like one */
    bool more;               /* some of these were not looked at */
    uint8_t kept[2048];
};

struct zone_sink {
    void *context;
    /* A zone whose check digits hold. `number`: of the document, in capitals, as mrz.h has it. */
    void (*zone)(void *context, struct bytes number);
};

void zone_reader_init(struct zone_reader *z);
void zone_reader_push(struct zone_reader *z, const struct zone_sink *sink, struct bytes text);
/* Bytes are missing, or there are no more: what comes is not joined with what was there. */
void zone_reader_end(struct zone_reader *z, const struct zone_sink *sink);

#endif
