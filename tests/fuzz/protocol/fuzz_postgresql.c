/* SPDX-License-Identifier: Apache-2.0 */
#include "events.h"
#include "protocol/postgresql/postgresql.h"
#include "protocol/tls/tls.h"

/* Messages of both sides, with the TLS that may follow what asks for it. */

const struct protocol *const protocol_table[] = {&protocol_postgresql, &protocol_tls, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct bytes first[2] = {bytes_of(data, size / 2), bytes_of(data + size / 2, size - size / 2)};
    postgresql_probe(first);
    play_alone(&protocol_postgresql, NULL, data, size);
    return 0;
}
