/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/memory.h"
#include "protocol/unknown/carver.h"
#include "protocol/unknown/unknown.h"

enum {
    PROBED_MAX = 64 /* of a flow: checks of a call come before its keys, media before their key exchange */
};

/* The datagrams of a side, in the order in which they come, are what it sends. */
struct datagrams {
    struct carver side[2];
    uint8_t probed;
};

static void *open_datagrams(struct conversation *c, struct bytes facts) {
    return protocol_alloc(PROTOCOL_STATE, sizeof(struct datagrams));
}

static void close_datagrams(struct conversation *c) {
    struct datagrams *d = c->state;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
        carver_end(&d->side[side], c, side, true);
    protocol_free(d);
}

static const struct protocol *find_beginning(enum side from, struct bytes datagram) {
    for (size_t i = 0; protocol_table[i]; i++)
        if (protocol_table[i]->begins_late && protocol_table[i]->probe_datagram(from, datagram) == PROBE_YES)
            return protocol_table[i];
    return NULL;
}

static enum protocol_result become_found(struct conversation *c, enum side from, struct bytes datagram,
                                         const struct protocol *found) {
    const struct protocol *const begins[] = {found, NULL};
    conversation_become(c, begins, false);
    conversation_inner(c, from, datagram.p, datagram.n);
    return PROTOCOL_BECOMES;
}

static enum protocol_result take_datagram(struct conversation *c, enum side from, const uint8_t *bytes,
                                          size_t n) {
    struct datagrams *d = c->state;
    struct bytes datagram = bytes_of(bytes, n);
    const struct protocol *found = d->probed < PROBED_MAX ? find_beginning(from, datagram) : NULL;
    if (found)
        return become_found(c, from, datagram, found);
    d->probed += d->probed < PROBED_MAX;
    carver_take_datagram(&d->side[from], c, from, datagram);
    c->spare = d->probed == PROBED_MAX && !carver_works(&d->side[SIDE_CLIENT]) &&
               !carver_works(&d->side[SIDE_SERVER]);
    return PROTOCOL_OK;
}

const struct protocol protocol_unknown_datagrams = {
    .name = "unknown",
    .open = open_datagrams,
    .datagram = take_datagram,
    .close = close_datagrams,
    .takes_rest = true,
};
