/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/coding.h"
#include "events.h"
#include "protocol/rsync/rsync.h"

/* One connection of rsync's daemon. */

const struct protocol *const protocol_table[] = {&protocol_rsync, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct codings *codings =
        codings_create(&(struct codings_options){.memory = 32 << 20, .limits = {8, 64, 1 << 20, 100}});
    play_alone(&protocol_rsync, codings, data, size);
    codings_destroy(codings);
    return 0;
}
