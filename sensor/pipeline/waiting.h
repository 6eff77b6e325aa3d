/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_WAITING_H
#define GANTRY_PIPELINE_WAITING_H

#include "base/age.h"
#include "base/table.h"
#include "channel/channel.h"

/* Objects that have closed and whose findings may still come, by number. One holds neither a snapshot nor a
 * flow: its context is a copy of its transfer record, and all of them together are bounded in bytes. */
struct waiting_objects {
    struct table table;
    uint64_t bytes, limit;
};

struct waiting_object {
    struct table_node node;
    uint64_t number;
    time_ns since; /* packet time */
    bool told;     /* as pending: then the end of it is told too, even where nothing is found */
    uint16_t host_n;
    uint8_t host[256];    /* by which the client called the server */
    struct record record; /* packed, with its texts and digests behind it */
};

bool waiting_init(struct waiting_objects *w, uint64_t limit);
void waiting_finish(struct waiting_objects *w); /* leaves nothing: the owner has told them all */

/* False: there is no room (counted): it does not wait. */
bool waiting_add(struct waiting_objects *w, const struct record_builder *record, struct bytes host,
                 time_ns now, bool told);
/* NULL if it does not wait (any more). */
struct waiting_object *waiting_find(const struct waiting_objects *w, uint64_t number);
/* Its record is another one now, and it stands elsewhere. False: no room; it stays as it was (counted). */
bool waiting_update(struct waiting_objects *w, struct waiting_object *o, const struct record_builder *record);
void waiting_remove(struct waiting_objects *w, struct waiting_object *o);
struct waiting_object *waiting_oldest(const struct waiting_objects *w); /* NULL: none */

#endif
