/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_TECHNIQUE_H
#define GANTRY_REPORT_TECHNIQUE_H

#include "channel/channel.h"

#include <stdbool.h>

/* ATT&CK techniques, no further than the traffic shows. Sets are bits 1 << enum technique, in the order of
 * their ids. Neither who commands the sender nor a key that both sides share is seen, so T1041 (over a
 * command channel) and T1048.001 (symmetric encryption) are never said. */
enum technique {
    TECHNIQUE_AUTOMATED,   /* T1020: a hundred objects or more, ten seconds apart or less */
    TECHNIQUE_SCHEDULED,   /* T1029: at equal intervals, from seconds to days */
    TECHNIQUE_SIZE_LIMITS, /* T1030: pieces of one size, or of one file */
    TECHNIQUE_ASYMMETRIC,  /* T1048.002: TLS, QUIC, SSH, or a file in OpenPGP */
    TECHNIQUE_PLAIN,       /* T1048.003: HTTP and FTP */
    TECHNIQUE_PARTNER,     /* T1199: a partner that has, or had, a contract, beyond its terms */
    TECHNIQUE_CODE,        /* T1567.001, .002, .003: by nDPI's name of the service */
    TECHNIQUE_STORAGE,
    TECHNIQUE_PASTE,
    TECHNIQUE_TUNNEL, /* T1572: the class tunnel */
    TECHNIQUE_COUNT
};
const char *technique_id(enum technique t);
const char *technique_name(enum technique t);
/* The ids of a set with newlines between; room for all. */
enum { TECHNIQUE_LIST_MAX = 104 };
size_t technique_list(unsigned set, char out[TECHNIQUE_LIST_MAX]);

/* What one record shows by itself. */
unsigned technique_of_record(const struct record *r);
/* What an amount in a time shows; `first` and `last` are packet times. */
unsigned technique_of_pace(uint64_t objects, time_ns first, time_ns last);

/* What the objects of one destination and class show one after the other, over days. Zeroed at first; a plain
 * value that may be stored. */
struct shape {
    /* Beginnings of what was sent together: what begins within `gap` of the last beginning belongs to it. */
    struct rhythm {
        time_ns last, began; /* the last object, and the batch that it belongs to, began */
        time_ns interval;    /* between the last batches' beginnings */
        uint32_t equal;      /* intervals like it, one after the other */
    } seconds, days;
    uint64_t size;   /* of the last object */
    uint32_t alike;  /* objects of just that size, one after the other */
    uint32_t pieces; /* objects that began inside a file */
};
/* An object's transfer record. */
void shape_add(struct shape *s, const struct record *r);
unsigned shape_techniques(const struct shape *s);

#endif
