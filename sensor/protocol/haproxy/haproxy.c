/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/haproxy/haproxy.h"

#include "protocol/memory.h"

/* Sections 2.1 and 2.2 of proxy-protocol.txt, which HAProxy keeps. */
enum { LINE_MAX_BYTES = 107, HEAD_2 = 16, HELD_MAX = HEAD_2 + 2048, ADDRESSES_4 = 12, ADDRESSES_6 = 36 };

static const uint8_t signature[] = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};
enum { SIGNATURE = sizeof signature };

struct haproxy {
    size_t n, skip; /* octets that are held; that are still to be left out */
    uint8_t held[HELD_MAX];
};

/* --- version 1: a line of text --- */

static const char *const kinds[] = {"PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN"};

/* The line's octets, 0 if it is not all there, or none where *is_one is false. */
static size_t measure_line(struct bytes in, bool *is_one) {
    *is_one = false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !*is_one; i++) {
        size_t n = strlen(kinds[i]);
        *is_one = memcmp(in.p, kinds[i], in.n < n ? in.n : n) == 0;
    }
    const uint8_t *end = memmem(in.p, in.n < LINE_MAX_BYTES ? in.n : LINE_MAX_BYTES, "\r\n", 2);
    *is_one &= end || in.n < LINE_MAX_BYTES;
    return *is_one && end ? (size_t)(end - in.p) + 2 : 0;
}

static struct bytes nth_word(struct bytes line, int n) {
    for (; n > 0 && line.n > 0; n--) {
        size_t skip = bytes_until(line, ' ').n;
        skip += skip < line.n;
        line = bytes_of(line.p + skip, line.n - skip);
    }
    return bytes_until(line, ' ');
}

/* --- version 2: octets --- */

static size_t measure_head(struct bytes in, bool *is_one) {
    *is_one = memcmp(in.p, signature, in.n < SIGNATURE ? in.n : (size_t)SIGNATURE) == 0 &&
              (in.n <= SIGNATURE || (in.p[SIGNATURE] & 0xfe) == 0x20);
    return *is_one && in.n >= HEAD_2 ? HEAD_2 + ((size_t)in.p[14] << 8 | in.p[15]) : 0;
}

/* How long the head is, from as much of it as says so; 0: more octets must tell, or it is none. */
static size_t measure(struct bytes in, bool *is_one) {
    *is_one = in.n == 0;
    if (in.n == 0)
        return 0;
    return in.p[0] == signature[0] ? measure_head(in, is_one) : measure_line(in, is_one);
}

/* --- whom it was for --- */

static void tell_target(struct conversation *c, struct bytes target) {
    c->services->tell(c, (const struct bytes[FACT_COUNT]){[FACT_TARGET] = target});
}

static void tell_octets(struct conversation *c, struct bytes head) {
    char text[ADDRESS_TEXT_MAX];
    size_t addresses = head.n - HEAD_2;
    uint8_t family = head.p[13] >> 4;
    struct address a;
    if ((head.p[12] & 15) != 1) /* LOCAL: the proxy speaks for itself */
        return;
    if (family == 1 && addresses >= ADDRESSES_4)
        a = address_from_v4(head.p + HEAD_2 + 4);
    else if (family == 2 && addresses >= ADDRESSES_6)
        a = address_from_v6(head.p + HEAD_2 + 16);
    else
        return;
    tell_target(c, bytes_text(address_format(&a, text)));
}

static void tell_head(struct conversation *c, struct bytes head) {
    enum { DESTINATION = 3 };
    if (head.p[0] == signature[0])
        tell_octets(c, head);
    else if (nth_word(head, DESTINATION + 1).n > 0)
        tell_target(c, nth_word(head, DESTINATION));
}

/* --- the protocol --- */

static void *open_haproxy(struct conversation *c, struct bytes facts) {
    return protocol_alloc(PROTOCOL_STATE, sizeof(struct haproxy));
}

static void close_haproxy(struct conversation *c) {
    protocol_free(c->state);
}

/* Of a head that is longer than fits the addresses are there, and the rest is left out. */
static enum protocol_result take_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                      size_t n) {
    struct haproxy *h = c->state;
    bool is_one;
    if (from == SIDE_SERVER) /* its answer cannot come before what it answers */
        return n ? PROTOCOL_LOST : PROTOCOL_OK;
    while (n > 0 && h->skip == 0) {
        if (h->n == HELD_MAX)
            return PROTOCOL_LOST;
        h->held[h->n++] = *bytes++;
        n--;
        size_t whole = measure(bytes_of(h->held, h->n), &is_one);
        if (!is_one)
            return PROTOCOL_LOST;
        bool all = whole > 0 && h->n == (whole < HELD_MAX ? whole : HELD_MAX);
        if (!all)
            continue;
        tell_head(c, bytes_of(h->held, h->n));
        h->skip = 1 + whole - h->n;
    }
    if (h->skip == 0)
        return PROTOCOL_OK;
    size_t skip = h->skip - 1 < n ? h->skip - 1 : n;
    h->skip -= skip;
    if (h->skip > 1)
        return PROTOCOL_OK;
    return conversation_become_any(c, from, bytes_of(NULL, 0), bytes_of(bytes + skip, n - skip));
}

static enum protocol_result take_gap(struct conversation *c, enum side from, uint64_t n) {
    return PROTOCOL_LOST;
}

static enum probe probe_haproxy(const struct bytes first[2]) {
    struct bytes in = first[SIDE_CLIENT];
    bool is_one;
    if (in.n == 0)
        return first[SIDE_SERVER].n ? PROBE_NO : PROBE_MORE;
    size_t whole = measure(in, &is_one);
    if (!is_one)
        return PROBE_NO;
    return whole > 0 ? PROBE_YES : PROBE_MORE;
}

const struct protocol protocol_haproxy = {
    .name = "proxy",
    .probe = probe_haproxy,
    .open = open_haproxy,
    .data = take_data,
    .gap = take_gap,
    .close = close_haproxy,
};
