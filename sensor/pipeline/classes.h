/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_CLASSES_H
#define GANTRY_PIPELINE_CLASSES_H

#include "channel/channel.h"
#include "inspect/inspect.h"

/* Adds a line that is not there yet to a text that is a list of lines. */
void classes_add_line(struct record_builder *b, enum record_text which, const char *line);
/* One more rule holds for the object of a transfer record: its class, and among the offending ones, too, if
 * the destination may not receive it. The class that the object counts in stands first, and the record's
 * severity is that of its rule: of those that offend, else of all, the one that says most (telling.h). */
void classes_add(struct record_builder *b, const struct rule *rule, bool offends);

#endif
