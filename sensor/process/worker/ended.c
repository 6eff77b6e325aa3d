/* SPDX-License-Identifier: Apache-2.0 */
#include "process/worker/worker.h"

#include <sys/wait.h>

/* A stop may kill a worker, but not hide its complaint. Its capture is gone, or what it needs could not be
 * had from the first: then no successor would do better. */
void worker_ended(struct children *c, struct child *child, int status) {
    const struct worker_status *s = c->sensor->status[child->place];
    bool offline = c->sensor->offline, complained = WIFEXITED(status) && WEXITSTATUS(status) != 0;
    bool beyond_help = !offline && complained && (s->broken || s->beat == 0);
    if (!c->stopping && !offline && !beyond_help) {
        children_restart(c, child, status);
        return;
    }
    children_end(c, child, complained || (WIFSIGNALED(status) && !c->stopping));
    if (beyond_help && !c->stopping)
        children_stop(c);
}
