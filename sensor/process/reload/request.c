/* SPDX-License-Identifier: Apache-2.0 */
#include "process/reload/request.h"

#include <string.h>

uint32_t reload_ask(struct reload_status *r) {
    return atomic_fetch_add(&r->asked, 1) + 1;
}

bool reload_wanted(const struct reload_status *r, uint32_t *request) {
    *request = atomic_load(&r->asked);
    return *request != r->result.request;
}

void reload_answer(struct reload_status *r, const struct reload_result *result) {
    atomic_fetch_add(&r->writing, 1);
    r->result = *result;
    atomic_fetch_add(&r->writing, 1);
}

void reload_read(const struct reload_status *r, struct reload_result *out) {
    uint32_t before, after;
    do {
        before = atomic_load(&r->writing);
        memcpy(out, &r->result, sizeof *out);
        atomic_thread_fence(memory_order_acquire);
        after = atomic_load(&r->writing);
    } while (before != after || before & 1);
    out->text[sizeof out->text - 1] = '\0';
}

bool reload_answered(const struct reload_status *r, uint32_t request) {
    uint32_t before = atomic_load(&r->writing), number = r->result.request;
    return before % 2 == 0 && (int32_t)(number - request) >= 0; /* numbers wrap */
}
