/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/memory.h"
#include "protocol/unknown/unknown.h"

enum {
    DATAGRAMS_MAX = 64 /* of a flow: checks of a call come before its keys, media before their key exchange */
};

struct datagrams {
    uint8_t seen;
};

static void *open_datagrams(struct conversation *c, struct bytes facts) {
    (void)c, (void)facts;
    return protocol_alloc(PROTOCOL_STATE, sizeof(struct datagrams));
}

static void close_datagrams(struct conversation *c) {
    protocol_free(c->state);
}

static const struct protocol *find_beginning(enum side from, struct bytes datagram) {
    for (size_t i = 0; protocol_table[i]; i++)
        if (protocol_table[i]->begins_late && protocol_table[i]->probe_datagram(from, datagram) == PROBE_YES)
            return protocol_table[i];
    return NULL;
}

static enum protocol_result take_datagram(struct conversation *c, enum side from, const uint8_t *bytes,
                                          size_t n) {
    struct datagrams *d = c->state;
    const struct protocol *const begins[] = {find_beginning(from, bytes_of(bytes, n)), NULL};
    if (!begins[0])
        return ++d->seen < DATAGRAMS_MAX ? PROTOCOL_OK : PROTOCOL_DONE;
    conversation_become(c, begins, false);
    conversation_inner(c, from, bytes, n);
    return PROTOCOL_BECOMES;
}

const struct protocol protocol_unknown_datagrams = {
    .name = "unknown",
    .open = open_datagrams,
    .datagram = take_datagram,
    .close = close_datagrams,
    .takes_rest = true,
};
