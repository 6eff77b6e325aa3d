/* SPDX-License-Identifier: Apache-2.0 */
#include "process/requests/requests.h"

#include "report/ask.h"

REQUEST(incidents_list) {
    struct incident_query q = {.closed = -1};
    const char *which = arguments->word[0];
    if (strcmp(which, "open") == 0 || strcmp(which, "closed") == 0)
        q.closed = which[0] == 'c';
    else if (strcmp(which, "all") != 0)
        return error_set(e, "\"%.40s\" are no incidents; write all, open or closed", which);
    if (arguments->count > 1 && !request_moment(arguments->word[1], &q.since, e))
        return false;
    return ask_incidents(s->reporter, &q, out, e);
}

REQUEST(incidents_show) {
    return ask_incident(s->reporter, arguments->word[0], out, e);
}

REQUEST(incidents_close) {
    return ask_close(s->reporter, arguments->word[0], arguments->word[1], arguments->uid, e);
}

REQUEST(incidents_mute) {
    time_ns until;
    if (!request_moment(arguments->word[2], &until, e) ||
        !ask_mute(s->reporter, arguments->word[0], arguments->word[1], until, arguments->word[3],
                  arguments->uid, e))
        return false;
    ask_mutes(s->reporter, out);
    return true;
}

REQUEST(incidents_unmute) {
    return ask_unmute(s->reporter, arguments->word[0], arguments->word[1], arguments->uid, e);
}

REQUEST(incidents_mutes) {
    ask_mutes(s->reporter, out);
    return true;
}
