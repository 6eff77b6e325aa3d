/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_DIGEST_ENTRY_H
#define GANTRY_REPORT_DIGEST_ENTRY_H

#include "base/hash.h"
#include "base/table.h"
#include "report/digest/digest.h"
#include "report/event/standing.h"

/* For digest*.c. */
struct volume_row {
    struct table_node node;      /* by a hash of network, destination and verdict */
    struct ranked ranked;        /* each weighs one; the others' row is not among them */
    struct digest_volume volume; /* its texts lie behind this structure */
    bool changed;
};

struct digest {
    struct digest_options options;
    struct hash_key secret;
    time_ns since;    /* 0: not begun */
    time_ns told;     /* ends the sums that the store is to mark as told; 0: they go on */
    time_ns unmarked; /* the same of sums before, which the store could not be written for; 0: none */
    uint64_t tally[DIGEST_TALLIES], base[DIGEST_TALLIES]; /* summed up until the sums were `base` */
    struct table rows; /* struct volume_row, in the order in which they were made */
    struct ranking ranking;
    size_t count; /* of those with a destination of their own */
    struct digest_volume sorted[DIGEST_VOLUMES_MAX + 1];
    struct digest *asked; /* of digest_sum_since() */
    bool changed;
    bool folded; /* a row is gone that the store may have: all are written again */
};

/* The row of these, made if it is not there, for a record of so many bytes; NULL: no memory. */
struct volume_row *digest_row(struct digest *d, struct bytes network, struct bytes destination,
                              uint8_t verdict, uint64_t bytes);
void digest_row_add(struct digest *d, struct volume_row *row, uint64_t objects, uint64_t bytes);
void digest_drop_rows(struct digest *d);
/* In the order in which they were made; NULL: there is none. */
static inline struct volume_row *digest_first_row(const struct digest *d) {
    return TABLE_ENTRY(table_oldest(&d->rows), struct volume_row, node);
}
static inline struct volume_row *digest_next_row(const struct volume_row *row) {
    return TABLE_ENTRY(table_younger(&row->node), struct volume_row, node);
}

#endif
