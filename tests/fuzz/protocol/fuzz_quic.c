/* SPDX-License-Identifier: Apache-2.0 */
#include "../../unit/protocol/initial.h"
#include "protocol/dispatch.h"

/* What stands behind the seal of a QUIC client's Initial packets, whose keys anybody can make. An octet says
 * what the rest is: 0 frames, 256 octets a packet; else the handshake's bytes, whose CRYPTO frames come once
 * in order and once the last first in another cut: both tell the same. */

enum { FRAMES_MAX = 1200, PACKETS_MAX = 16 };

static uint64_t told; /* of every octet */

static void take_facts(struct conversation *c, const struct bytes *facts) {
    for (unsigned i = 0; i < FACT_COUNT; i++)
        for (size_t k = 0; k < facts[i].n; k++)
            told = told * 31 + facts[i].p[k] + i;
}

static void take_encrypted(struct conversation *c) {
}

static const struct endpoint nobody[2];
static const struct protocol_services services = {
    .encrypted = take_encrypted, .clear = take_encrypted, .tell = take_facts};

static struct dispatcher *dispatcher;
static struct conversation *conversation;

static void begin(void) {
    told = 0;
    dispatcher = dispatcher_create(&(struct dispatch_options){.conversations = 1}, &services);
    conversation = conversation_open(dispatcher, NULL, PROTOCOL_UDP, nobody);
}

static uint64_t finish(void) {
    conversation_close(dispatcher, conversation);
    dispatcher_destroy(dispatcher);
    return told;
}

static void give(struct bytes frames, uint8_t number) {
    uint8_t padded[FRAMES_MAX + 8] = {0}, packet[QUIC_PACKET_MAX];
    if (frames.n)
        memcpy(padded, frames.p, frames.n);
    size_t n = initial_packet(7, false, number, bytes_of(padded, frames.n < 4 ? 4 : frames.n), packet);
    uint8_t *exact = malloc(n);
    memcpy(exact, packet, n);
    conversation_datagram(dispatcher, conversation, SIDE_CLIENT, exact, n, 1);
    free(exact);
}

static void give_crypto(struct bytes stream, size_t from, size_t n, uint8_t number) {
    uint8_t frames[FRAMES_MAX] = {6, (uint8_t)(0x40 | from >> 8), (uint8_t)from, (uint8_t)(0x40 | n >> 8),
                                  (uint8_t)n};
    memcpy(frames + 5, stream.p + from, n);
    give(bytes_of(frames, 5 + n), number);
}

static void run_frames(struct bytes frames) {
    enum { EACH = 256 };
    begin();
    for (uint8_t i = 0; frames.n && i < PACKETS_MAX; i++) {
        size_t n = frames.n < EACH ? frames.n : EACH;
        give(bytes_of(frames.p, n), i);
        frames = bytes_of(frames.p + n, frames.n - n);
    }
    finish();
}

static uint64_t run_stream(struct bytes stream, size_t each, bool last_first) {
    size_t packets = (stream.n + each - 1) / each;
    begin();
    for (size_t i = 0; i < packets; i++) {
        size_t from = (last_first ? packets - 1 - i : i) * each;
        give_crypto(stream, from, stream.n - from < each ? stream.n - from : each, (uint8_t)i);
    }
    return finish();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { STREAM_MAX = PACKETS_MAX * 1000 };
    if (size < 2)
        return 0;
    struct bytes rest = bytes_of(data + 1, size - 1 < STREAM_MAX ? size - 1 : STREAM_MAX);
    if (data[0] == 0) {
        run_frames(rest);
        return 0;
    }
    size_t least = rest.n / PACKETS_MAX + 1, each = data[0] * 4u;
    if (run_stream(rest, 1000, false) != run_stream(rest, each < least ? least : each, true))
        abort();
    return 0;
}
