/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_CAP_H
#define GANTRY_REPORT_CAP_H

#include "base/bytes.h"
#include "base/clock.h"
#include "report/event/standing.h"

/* How many alerts may go out in a time: to each destination, and in all. A third of all is common; the rest
 * are shares that alerts of one standing have for themselves, so that no number of strangers uses up what
 * partners need. An alert takes of its own share first, then of what is common; one of flows that nobody
 * reads of its own share alone. Growth and closings leave a
 * half of each of these, and a quarter of a destination's part, to openings and to what is worse than any
 * before. One destination has no more than its own part. Windows begin with the first alert behind the last
 * window, by packet time. */
struct alert_limits {
    uint64_t per_destination, global; /* in `window`; 0: no bound */
    uint64_t window;                  /* ns */
};

/* What a window held back: each of the incidents tells its totals with its next alert. */
struct cap_summary {
    time_ns begin, end;
    uint64_t alerts, incidents; /* incidents: exact up to 1,024, then within some percent */
    struct bytes ids; /* of CAP_IDS_MAX incidents, those of the highest standing; newline between; valid until
                         the next call */
};
enum { CAP_IDS_MAX = 24, CAP_DESTINATIONS_MAX = 1 << 14 };

struct cap_alert {
    struct bytes destination;
    const char *id; /* of its incident */
    enum standing standing;
    bool opening; /* or worse than any before */
    bool flow;    /* of flows that nobody reads */
};

struct cap; /* opaque */

struct cap *cap_create(const struct alert_limits *limits); /* NULL: no memory */
void cap_destroy(struct cap *c);
/* Ends the window if it is over at `now`, or in any case (`all`). True: something was held back in it. Is
 * asked before cap_admit(). */
bool cap_turn(struct cap *c, time_ns now, bool all, struct cap_summary *out);
/* May this alert go out? False: it is held back and counted. */
bool cap_admit(struct cap *c, time_ns now, const struct cap_alert *alert);

#endif
