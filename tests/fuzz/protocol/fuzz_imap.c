/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/coding.h"
#include "events.h"
#include "protocol/imap/imap.h"

/* Mail in its store over one connection, compressed or not. */

const struct protocol *const protocol_table[] = {&protocol_imap, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct codings *codings =
        codings_create(&(struct codings_options){.memory = 8 << 20, .limits = {8, 64, 1 << 20, 100}});
    play_alone(&protocol_imap, codings, data, size);
    codings_destroy(codings);
    return 0;
}
