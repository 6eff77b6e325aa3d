/* SPDX-License-Identifier: Apache-2.0 */
#include "events.h"
#include "protocol/mqtt/mqtt.h"

/* Packets of both sides; what is none is looked at by nobody else here. */

const struct protocol *const protocol_table[] = {&protocol_mqtt, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct bytes first[2] = {bytes_of(data, size / 2), bytes_of(data + size / 2, size - size / 2)};
    mqtt_probe(first);
    play_alone(&protocol_mqtt, NULL, data, size);
    return 0;
}
