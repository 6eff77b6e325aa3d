/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_CHANGE_H
#define GANTRY_REPORT_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

/* What a part of the reporter has to tell the store with the next transaction. Unless that is done it all
 * stays. */

/* First member of whatever changes. */
struct change {
    struct change *next, *previous;
    bool marked; /* it is in the list */
};
struct changes {
    struct change *first;
    bool kept; /* there is a store: without one nothing is marked */
};
void change_mark(struct changes *list, struct change *c);
void change_unmark(struct changes *list, struct change *c); /* also what is not marked */
/* Behind the transaction: the first, which is no longer marked; NULL: there is none. */
struct change *change_take(struct changes *list);

/* Keys of rows that are in the store and are to go. Zeroed at first. */
struct gone {
    void *keys;
    size_t count, room;
};
/* A key of `size` octets, of the same size each time. False: no memory, the row stays. */
bool gone_note(struct gone *g, const void *key, size_t size);
void gone_finish(struct gone *g);

#endif
