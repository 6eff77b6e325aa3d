/* SPDX-License-Identifier: Apache-2.0 */
#include "process/outputs.h"

#include <unistd.h>

bool outputs_parse(struct outputs *o, const struct options *options, struct arena *arena) {
    struct error e;
    for (; o->given < options->output_count; o->given++)
        if (!output_parse(options->outputs[o->given], options->events, arena, &o->list[o->given], &e)) {
            log_error("-o %s: %s; see gantry --help", options->outputs[o->given], e.text);
            return false;
        }
    o->count = o->given;
    return true;
}

bool outputs_configure(struct outputs *o, const struct config *c, struct problems *problems) {
    o->count = o->given;
    if (c->output_count > OUTPUTS_MAX - o->given)
        return problem_error(problems, c->outputs[0].file, c->outputs[0].line,
                             "outputs: more than %zu with those of the command line; use fewer",
                             (size_t)OUTPUTS_MAX);
    for (size_t i = 0; i < c->output_count; i++)
        o->list[o->count++] = c->outputs[i];
    if (o->count == 0)
        o->list[o->count++] = output_for_people();
    o->list[o->count] = c->fleet.tls;
    o->list[o->count].to = "tls://";
    return true;
}

/* Files that are written offline belong to who started it. */
bool outputs_open(const struct outputs *o, const struct sandbox *sandbox, bool offline,
                  struct problems *problems) {
    uid_t user = geteuid();
    gid_t group = getegid();
    struct error e;
    bool ok = true;
    if (!offline)
        sandbox_account(sandbox, &user, &group);
    for (size_t i = 0; i <= o->count; i++)
        if (!output_open_early(&o->list[i], user, group, &e))
            ok = problem_error(problems, o->list[i].file, o->list[i].line, "%s", e.text);
    return ok;
}

void outputs_close_others(const struct outputs *o) {
    output_close_unused(o->list, o->count + 1);
}

unsigned outputs_records(const struct outputs *o) {
    unsigned records = 0;
    for (size_t i = 0; i < o->count; i++)
        records |= o->list[i].records;
    return records;
}
