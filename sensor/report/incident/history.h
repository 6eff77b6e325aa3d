/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_HISTORY_H
#define GANTRY_REPORT_HISTORY_H

#include "report/event/event.h"
#include "report/event/standing.h"
#include "report/store/store.h"

/* The alerts that went out, one short row each, for people who ask for an incident later. They are forgotten
 * as closed incidents are. Rows wait for a transaction, HISTORY_MAX at most (as when many incidents close at
 * once, or while the store cannot be written): what finds no room is counted as lost. */
enum { HISTORY_MAX = 1 << 17, HISTORY_CROWD = 4096 };
struct history; /* opaque */

struct history *history_create(void); /* NULL: no memory */
void history_destroy(struct history *h);
void history_note(struct history *h, time_ns time, const struct incident_facts *facts,
                  const struct record *r);
/* Half of the rows of that standing, at most `most`, which gives way first (standing.h), the oldest of them;
 * returns how many. They count as lost. */
size_t history_forget(struct history *h, enum standing most);
bool history_crowded(const struct history *h); /* HISTORY_CROWD rows wait: it is time for a transaction */

/* As of incident.h. */
bool history_save(struct history *h, struct store *store);
void history_saved(struct history *h);

#endif
