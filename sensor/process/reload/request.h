/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROCESS_RELOAD_REQUEST_H
#define GANTRY_PROCESS_RELOAD_REQUEST_H

#include "base/clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Requests to load the configuration again, and what came of the last one, in memory that the supervisor and
 * the reporter share. Anybody of the two asks; the supervisor looks several times a second, and answers. */
enum { RELOAD_TEXT_MAX = 8192 };

/* What the supervisor made of a request. `text` is lines, NUL-terminated: the mistakes that kept the
 * configuration from being taken, or what takes effect with the next start only; "" for nothing to say. */
struct reload_result {
    uint32_t request; /* the newest that this answers */
    unsigned waiting; /* changed keys that take effect with the next start; the first lines name them */
    bool failed;      /* nothing was changed */
    uint64_t version; /* of the configuration in force, counts up from 1 */
    time_ns time;     /* wall clock */
    char text[RELOAD_TEXT_MAX];
};

struct reload_status {
    _Atomic uint32_t asked;
    _Atomic uint32_t writing; /* odd while the supervisor writes `result` */
    struct reload_result result;
};

/* Its number; the answer is there once reload_answered(). */
uint32_t reload_ask(struct reload_status *r);
/* In the supervisor: a request that is not answered yet, and its number. */
bool reload_wanted(const struct reload_status *r, uint32_t *request);
void reload_answer(struct reload_status *r, const struct reload_result *result);
/* The newest answer; all zero but for the version before the first request. */
void reload_read(const struct reload_status *r, struct reload_result *out);
/* Is this request, or a later one, answered? */
bool reload_answered(const struct reload_status *r, uint32_t request);

#endif
