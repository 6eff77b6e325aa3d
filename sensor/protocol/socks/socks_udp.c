/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/socks/socks_udp.h"

#include "protocol/memory.h"
#include "protocol/socks/socks.h"

/* A head before each datagram, in both directions: two zeros, the number of a fragment, and for whom, or from
 * whom, the datagram is. It is taken off, and what it held is a datagram of whatever the flow speaks. */

enum { NAME_MAX_BYTES = 255 };

struct relay {
    struct conversation *c;
    size_t told_n;
    uint8_t told[NAME_MAX_BYTES]; /* the last one that was told */
};

static void tell_target(struct relay *r, struct bytes target) {
    if (target.n == 0 || target.n > NAME_MAX_BYTES || bytes_equal(target, bytes_of(r->told, r->told_n)))
        return;
    memcpy(r->told, target.p, target.n);
    r->told_n = target.n;
    r->c->services->tell(r->c, (const struct bytes[FACT_COUNT]){[FACT_TARGET] = target});
}

static struct bytes next_datagram(void *state, enum side from, struct bytes *in) {
    enum { HEAD = 3 };
    struct relay *r = state;
    struct bytes all = *in, name;
    struct address a;
    *in = bytes_of(in->p + in->n, 0);
    size_t n = all.n > HEAD ? socks_read_address(bytes_of(all.p + HEAD, all.n - HEAD), &name, &a) : 0;
    if (n == 0 || all.p[0] != 0 || all.p[1] != 0)
        return all;
    char text[ADDRESS_TEXT_MAX];
    if (from == SIDE_CLIENT)
        tell_target(r, name.p ? name : bytes_text(address_format(&a, text)));
    return bytes_of(all.p + HEAD + n, all.n - HEAD - n);
}

static void take_gap(void *state, enum side from, uint64_t n) {
}

static const struct layer relay_layer = {.next = next_datagram, .gap = take_gap};

/* Nothing but its announcement chooses it. */
static void *open_udp(struct conversation *c, struct bytes facts) {
    return protocol_alloc(PROTOCOL_STATE, 1);
}

static void close_udp(struct conversation *c) {
    protocol_free(c->state);
}

static enum protocol_result take_datagram(struct conversation *c, enum side from, const uint8_t *bytes,
                                          size_t n) {
    struct relay *r = protocol_alloc(PROTOCOL_STATE, sizeof *r);
    if (!r)
        return PROTOCOL_LOST;
    r->c = c;
    conversation_within(c, &relay_layer, r);
    conversation_become(c, NULL, false);
    conversation_inner(c, from, bytes, n);
    return PROTOCOL_BECOMES;
}

const struct protocol protocol_socks_udp = {
    .name = "socks", .open = open_udp, .datagram = take_datagram, .close = close_udp};
