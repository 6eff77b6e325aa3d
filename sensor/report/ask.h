/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_ASK_H
#define GANTRY_REPORT_ASK_H

#include "base/json_writer.h"
#include "report/report.h"

/* What people ask of a running reporter, as members of an open JSON object; and what they tell it to do, with
 * the uid of who did. False with a reason, and how to mend it. */
struct reporter;

/* Of the store, the latest first. */
struct incident_query {
    int closed;    /* 1 closed ones, 0 open ones, -1 both */
    time_ns since; /* of their last record; 0: all */
};
bool ask_incidents(struct reporter *r, const struct incident_query *q, struct json_writer *out,
                   struct error *e);
/* All that is known of one, and the alerts of it that went out. */
bool ask_incident(struct reporter *r, const char *id, struct json_writer *out, struct error *e);
bool ask_close(struct reporter *r, const char *id, const char *reason, unsigned uid, struct error *e);
bool ask_mute(struct reporter *r, const char *destination, const char *class, time_ns until,
              const char *reason, unsigned uid, struct error *e);
bool ask_unmute(struct reporter *r, const char *destination, const char *class, unsigned uid,
                struct error *e);
void ask_mutes(struct reporter *r, struct json_writer *out);
/* Lines of the ledger, the latest first; NULL: any. */
void ask_ledger(struct reporter *r, const char *network, const char *destination, const char *class,
                struct json_writer *out);
/* Who is known to speak in the image networks, the latest first; `network` NULL: in any. */
bool ask_hosts(struct reporter *r, const char *network, struct json_writer *out, struct error *e);
/* Since the last digest; `since` not 0: with all digests that ended after it. */
bool ask_digest(struct reporter *r, time_ns since, struct json_writer *out, struct error *e);

#endif
