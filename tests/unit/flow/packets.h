/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_FLOW_PACKETS_H
#define GANTRY_TESTS_FLOW_PACKETS_H

#include "flow/flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static inline struct address address_of(const char *text) {
    struct address a;
    assert_true(address_parse(text, &a));
    return a;
}

static inline struct packet packet_of(uint8_t transport, const char *source, uint16_t source_port,
                                      const char *destination, uint16_t destination_port) {
    return (struct packet){.time = 1700000000 * NS_PER_S,
                           .source = address_of(source),
                           .destination = address_of(destination),
                           .source_port = source_port,
                           .destination_port = destination_port,
                           .transport = transport,
                           .network_length = 40};
}

#endif
