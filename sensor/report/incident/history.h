/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_HISTORY_H
#define GANTRY_REPORT_HISTORY_H

#include "report/format/event.h"
#include "report/store/store.h"

/* The alerts that went out, one short row each, for people who ask for an incident later. They are forgotten
 * as closed incidents are. */
struct history; /* opaque */

struct history *history_create(void); /* NULL: no memory */
void history_destroy(struct history *h);
void history_note(struct history *h, time_ns time, const struct incident_facts *facts,
                  const struct record *r);

/* As of incident.h. */
bool history_save(struct history *h, struct store *store);
void history_saved(struct history *h);

#endif
