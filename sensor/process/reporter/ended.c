/* SPDX-License-Identifier: Apache-2.0 */
#include "process/reporter/reporting.h"

#include <sys/wait.h>

void reporting_ended(struct children *c, struct child *child, int status) {
    bool exited = WIFEXITED(status), handed_over = exited && WEXITSTATUS(status) == REPORTER_HANDED_OVER;
    children_hear(c); /* its last words */
    c->sensor->store_checked = handed_over;
    if (c->handing && !c->killing && (c->handed || !exited || handed_over)) {
        c->handed = true; /* the reload has the word */
        return;
    }
    bool others = children_others_left(c);
    if (!exited && others && !c->stopping) {
        children_restart(c, child, status);
        return;
    }
    children_end(c, child, !exited || WEXITSTATUS(status) != 0);
    if (others && !c->stopping)
        children_stop(c);
}
