/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/dispatch.h"

#include <stdlib.h>

/* Events on one conversation: bytes, gaps, ends, names, announcements. Whichever protocol runs, and however
 * late, must be given each side's bytes from the first on, in order, none twice, none left out. */

enum { SENT_MAX = 65536 };

static uint8_t sent[2][SENT_MAX];
static size_t sent_n[2], base[2]; /* all bytes of a side; where the running conversation's begin */

struct follower {
    size_t at[2];
};

static void *follow_open(struct conversation *c, struct bytes facts) {
    struct follower *f = malloc(sizeof *f);
    *f = (struct follower){{base[0], base[1]}};
    return f;
}

static void follow(struct follower *f, enum side from, const uint8_t *bytes, size_t n) {
    if (n > sent_n[from] - f->at[from] || memcmp(sent[from] + f->at[from], bytes, n) != 0)
        abort();
    f->at[from] += n;
}

static enum protocol_result follow_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                        size_t n) {
    follow(c->state, from, bytes, n);
    if (memchr(bytes, 'T', n))
        c->services->begin(c, &(struct transfer_seed){.from = from});
    if (memchr(bytes, 'X', n))
        c->services->encrypted(c);
    return memchr(bytes, '!', n) ? PROTOCOL_LOST : PROTOCOL_OK;
}

/* A tunnel's handshake ends with '|' from either side. */
static enum protocol_result tunnel_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                        size_t n) {
    struct follower *f = c->state;
    const uint8_t *end = memchr(bytes, '|', n);
    size_t taken = end ? (size_t)(end + 1 - bytes) : n;
    follow(f, from, bytes, taken);
    if (!end)
        return PROTOCOL_OK;
    base[0] = f->at[0];
    base[1] = f->at[1];
    conversation_inner(c, from, bytes + taken, n - taken);
    conversation_become(c, NULL, n & 1);
    return PROTOCOL_BECOMES;
}

static enum protocol_result gap(struct conversation *c, enum side from, uint64_t n) {
    return PROTOCOL_OK;
}

static void end(struct conversation *c, enum side from, bool clean) {
}

static void closed(struct conversation *c) {
    free(c->state);
}

static enum probe starts(struct bytes b, const char *word) {
    size_t n = b.n < strlen(word) ? b.n : strlen(word);
    if (n && memcmp(b.p, word, n) != 0)
        return PROBE_NO;
    return n == strlen(word) ? PROBE_YES : PROBE_MORE;
}

static enum probe probe_alpha(const struct bytes first[2]) {
    return starts(first[SIDE_CLIENT], "al");
}

static enum probe probe_tunnel(const struct bytes first[2]) {
    return starts(first[SIDE_SERVER], "tu");
}

static const struct protocol alpha = {.name = "alpha",
                                      .probe = probe_alpha,
                                      .open = follow_open,
                                      .data = follow_data,
                                      .gap = gap,
                                      .end = end,
                                      .close = closed};
static const struct protocol beta = {
    .name = "beta", .open = follow_open, .data = follow_data, .gap = gap, .end = end, .close = closed};
static const struct protocol tunnel = {.name = "tunnel",
                                       .probe = probe_tunnel,
                                       .open = follow_open,
                                       .data = tunnel_data,
                                       .gap = gap,
                                       .end = end,
                                       .close = closed};

const struct protocol *const protocol_table[] = {&alpha, &beta, &tunnel, NULL};

static struct transfer *begin(struct conversation *c, const struct transfer_seed *seed) {
    return NULL;
}

static void encrypted(struct conversation *c) {
}

static bool give(struct dispatcher *d, struct conversation *c, enum side from, const uint8_t *bytes,
                 size_t n) {
    if (n > SENT_MAX - sent_n[from])
        return false;
    memcpy(sent[from] + sent_n[from], bytes, n);
    sent_n[from] += n;
    return conversation_data(d, c, from, bytes, n, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const names[] = {"alpha", "beta", "tunnel", "other", NULL};
    static const struct protocol_services services = {.begin = begin, .encrypted = encrypted};
    static const struct endpoint ends[2];
    struct dispatcher *d = dispatcher_create(
        &(struct dispatch_options){.conversations = 1, .hold_bytes = 48, .holds = 2}, &services);
    struct conversation *c = conversation_open(d, NULL, PROTOCOL_TCP, ends);
    struct reader r = reader_of(data, size);
    const uint8_t *bytes;
    uint8_t kind, n;
    bool wanted = true;
    memset(sent_n, 0, sizeof sent_n);
    memset(base, 0, sizeof base);
    while (wanted && reader_u8(&r, &kind) && reader_u8(&r, &n)) {
        enum side from = kind & 1 ? SIDE_SERVER : SIDE_CLIENT;
        if (n > reader_left(&r))
            n = (uint8_t)reader_left(&r);
        if (kind % 16 < 10) {
            reader_take(&r, n, &bytes);
            wanted = give(d, c, from, bytes, n);
        } else if (kind % 16 < 12) {
            wanted = conversation_gap(d, c, from, n, 1);
        } else if (kind % 16 < 13) {
            conversation_end(d, c, from, n & 1, 1);
        } else if (kind % 16 < 14) {
            conversation_named(d, c, names[n % 5]);
        } else if (conversation_awaits(c)) {
            conversation_announce(d, c, &(struct expectation){.protocol = n % 3});
        }
    }
    conversation_close(d, c);
    dispatcher_destroy(d);
    return 0;
}
