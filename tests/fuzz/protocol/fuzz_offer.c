/* SPDX-License-Identifier: Apache-2.0 */
#include "octets.h"
#include "protocol/unknown/unknown.h"

/* A flow that nobody knows, in which a protocol may begin (FIND), or be offered (OFFR) and answered (ANSW).
 * That one takes all octets from there on. No more than one offer is held. */

enum { HELD_MOST = (1 << 14) + 64 /* an offer with the account's head */ };

static void *open_word(struct conversation *c, struct bytes facts) {
    return protocol_alloc(PROTOCOL_STATE, 1);
}

static void close_word(struct conversation *c) {
    protocol_free(c->state);
}

static enum protocol_result take_word(struct conversation *c, enum side from, const uint8_t *bytes,
                                      size_t n) {
    octets_out(from, bytes, n);
    return PROTOCOL_OK;
}

static enum protocol_result miss_word(struct conversation *c, enum side from, uint64_t n) {
    octets_lost(from);
    return PROTOCOL_OK;
}

/* Where `word` stands, or begins at the end of `in` if it may be `cut`. */
static size_t find_word(struct bytes in, const char *word, bool cut) {
    for (size_t at = 0; at < in.n; at++) {
        size_t n = in.n - at < 4 ? in.n - at : 4;
        if ((n == 4 || cut) && memcmp(in.p + at, word, n) == 0)
            return at;
    }
    return in.n;
}

static size_t find_begin(struct bytes in) {
    return find_word(in, "FIND", false);
}

static size_t find_offer(struct bytes in) {
    return find_word(in, "OFFR", true);
}

static size_t find_answer(struct bytes in) {
    return find_word(in, "ANSW", false);
}

static enum probe probe_word(const struct bytes first[2]) {
    for (int side = 0; side < 2; side++)
        if (first[side].n && (first[side].p[0] == 'F' || first[side].p[0] == 'O'))
            return PROBE_YES;
    return PROBE_NO;
}

static const struct protocol word = {.name = "word",
                                     .probe = probe_word,
                                     .open = open_word,
                                     .data = take_word,
                                     .gap = miss_word,
                                     .close = close_word,
                                     .find = find_begin,
                                     .find_offer = find_offer,
                                     .find_answer = find_answer};

const struct protocol *const protocol_table[] = {&word, &protocol_unknown, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 0 && (!octets_run(data + 1, size - 1, 0, HELD_MOST, 0) ||
                     !octets_run(data + 1, size - 1, data[0] % 97 + 1u, HELD_MOST, 0)))
        abort(); /* nothing gives up */
    return 0;
}
