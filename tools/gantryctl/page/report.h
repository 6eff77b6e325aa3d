/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRYCTL_PAGE_REPORT_H
#define GANTRYCTL_PAGE_REPORT_H

#include "page/chart.h"

#include <jansson.h>
#include <stdbool.h>

/* The sensor's answers to the requests of these names; each an object. */
struct report_answers {
    const json_t *status, *incidents, *digest, *contracts;
};

/* The whole page. False: no memory. */
bool report_write(FILE *out, const struct report_answers *answers);

/* Sections, in their order on the page; report_write() calls them. */
bool report_incidents_over_time(FILE *out, const json_t *incidents);
bool report_destinations(FILE *out, const json_t *digest);
void report_contracts(FILE *out, const json_t *contracts, const json_t *digest);
void report_unseen(FILE *out, const json_t *digest, const json_t *status);
void report_incident_table(FILE *out, const json_t *answer);
void report_mutes(FILE *out, const json_t *digest);

/* Verdicts that a chart stacks, the worst first. */
enum { REPORT_VERDICTS = 6 };
extern const struct chart_series report_verdicts[REPORT_VERDICTS];
/* Its place in the table; -1: none of them. */
int report_verdict(const char *name);

/* Texts and numbers of an answer; "" and 0 for what is not there. */
const char *report_text(const json_t *from, const char *path);
double report_number(const json_t *from, const char *path);

#endif
