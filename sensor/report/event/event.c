/* SPDX-License-Identifier: Apache-2.0 */
#include "report/event/event.h"

bool event_is_notice(const struct event *e) {
    return e->kind == REPORT_STATS && e->record;
}

const char *event_action(const struct event *e) {
    static const char *const names[] = {[REPORT_ALERT] = "alert",
                                        [REPORT_TRANSFER] = "transfer",
                                        [REPORT_FLOW] = "flow",
                                        [REPORT_STATS] = "stats",
                                        [REPORT_DIGEST] = "digest"};
    return event_is_notice(e) ? "notice" : names[e->kind];
}

const char *incident_state_name(enum incident_state state) {
    static const char *const names[INCIDENT_STATES] = {"opened", "grown", "closed", "changed"};
    return names[state];
}

const char *event_message_id(const struct event *e) {
    static const char *const states[INCIDENT_STATES] = {"OPENED", "GROWN", "CLOSED", "CHANGED"};
    static const char *const kinds[] = {[REPORT_TRANSFER] = "TRANSFER",
                                        [REPORT_FLOW] = "FLOW",
                                        [REPORT_STATS] = "STATS",
                                        [REPORT_DIGEST] = "DIGEST"};
    if (e->kind == REPORT_ALERT)
        return states[e->incident->state];
    return event_is_notice(e) ? "NOTICE" : kinds[e->kind];
}
