/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/coding.h"
#include "events.h"
#include "protocol/mysql/mysql.h"
#include "protocol/tls/tls.h"

/* Packets of both sides, compressed or not, with the TLS that may follow. */

const struct protocol *const protocol_table[] = {&protocol_mysql, &protocol_tls, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct bytes first[2] = {bytes_of(data, size / 2), bytes_of(data + size / 2, size - size / 2)};
    struct codings *codings =
        codings_create(&(struct codings_options){.memory = 8 << 20, .limits = {8, 64, 1 << 20, 100}});
    mysql_probe(first);
    play_alone(&protocol_mysql, codings, data, size);
    codings_destroy(codings);
    return 0;
}
