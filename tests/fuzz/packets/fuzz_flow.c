/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"
#include "flow/flow.h"

#include <stdlib.h>

/* Packets among a few addresses and ports, eight bytes and a payload each, into a small flow table, nDPI and
 * Community ID. Checked: each flow is opened and closed once, at most as many are open as fit, names' memory
 * comes back. */

#define CHECK(holds)                                                                                         \
    do {                                                                                                     \
        if (!(holds))                                                                                        \
            abort();                                                                                         \
    } while (0)

struct counts {
    size_t open;
    struct identify *names;
};

static void opened(void *context, struct flow *flow, const struct packet *p) {
    struct counts *c = context;
    CHECK(flow->number != 0 && !flow->ndpi && !flow->stream);
    flow->stream = flow;
    c->open++;
}

static bool closed(void *context, struct flow *flow, enum flow_end why) {
    struct counts *c = context;
    char text[COMMUNITY_ID_MAX];
    CHECK(flow->stream == flow && c->open > 0);
    CHECK(strlen(flow_community_id(flow, text)) == 30);
    flow->stream = NULL;
    identify_release(c->names, flow);
    c->open--;
    return true;
}

static void put_headers(uint8_t *raw, const struct packet *p, size_t n) {
    uint8_t headers[40] = {
        0x45, 0, (uint8_t)((40 + n) >> 8), (uint8_t)(40 + n), [8] = 64, [9] = p->transport};
    memcpy(headers + 12, p->source.bytes + 12, 4);
    memcpy(headers + 16, p->destination.bytes + 12, 4);
    headers[20] = (uint8_t)(p->source_port >> 8);
    headers[21] = (uint8_t)p->source_port;
    headers[22] = (uint8_t)(p->destination_port >> 8);
    headers[23] = (uint8_t)p->destination_port;
    headers[32] = 0x50;
    headers[33] = p->tcp_flags;
    memcpy(raw, headers, sizeof headers);
}

static bool next_packet(struct reader *in, struct packet *p, uint8_t raw[40 + 255]) {
    static const uint8_t transports[] = {6, 17, 6, 1, 58, 132, 6, 47};
    static const uint16_t ports[] = {21, 80, 443, 2049, 40000, 40001, 1023, 0};
    uint8_t who, how, sequence, ack, wait, n;
    const uint8_t *payload;
    if (!reader_u8(in, &who) || !reader_u8(in, &how) || !reader_u8(in, &p->tcp_flags) ||
        !reader_u8(in, &sequence) || !reader_u8(in, &ack) || !reader_u8(in, &wait) || !reader_u8(in, &n))
        return false;
    if (n > reader_left(in))
        n = (uint8_t)reader_left(in);
    reader_take(in, n, &payload);
    p->transport = transports[how & 7];
    p->source = address_from_v4((const uint8_t[]){10, 0, 0, who & 3});
    p->destination = address_from_v4((const uint8_t[]){10, 0, 0, who >> 2 & 3});
    p->source_port = ports[who >> 4 & 7];
    p->destination_port = ports[how >> 3 & 7];
    p->tcp_seq = sequence * (how & 0x40 ? 0x1010101u : 7u);
    p->tcp_ack = ack * (how & 0x80 ? 0x1010101u : 7u);
    p->time += wait == 255 ? -100 * NS_PER_S : wait * (time_ns)wait * (NS_PER_S / 16);
    put_headers(raw, p, n);
    memcpy(raw + 40, payload, n);
    p->network = raw;
    p->network_length = 40u + n;
    p->header_length = 20;
    p->payload = raw + 40;
    p->payload_captured = p->payload_length = n;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct identify *names; /* nDPI takes a while to load */
    if (!names)
        CHECK(names = identify_create(&(struct identify_options){.memory = 8 << 10}));
    struct counts c = {.names = names};
    struct flow_owner owner = {.context = &c, .opened = opened, .closed = closed};
    struct flow_options options = {.memory = 2048};
    setting_defaults(flow_settings, &options);
    struct flow_table *t = flow_table_create(&options, &owner);
    struct reader in = reader_of(data, size);
    struct packet p = {.time = 1700000000 * NS_PER_S};
    uint8_t raw[40 + 255];
    for (unsigned n = 0; n < 1000 && next_packet(&in, &p, raw); n++) {
        enum side from;
        struct flow *f = flow_table_packet(t, &p, &from);
        CHECK(f && flow_table_count(t) == c.open && c.open <= 2048 / sizeof *f);
        CHECK(address_equal(&f->end[from].address, &p.source));
        identify_bytes(names, f, from, p.payload, p.payload_captured, p.time);
        flow_table_tick(t, p.time);
    }
    flow_table_destroy(t);
    CHECK(c.open == 0);
    return 0;
}
