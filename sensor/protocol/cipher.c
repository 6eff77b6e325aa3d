/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/cipher.h"

enum { EVERY_FIRST = 512, JPEG_LEAST = 1000 };

void cipher_unit(struct cipher_watch *w) {
    w->at_start = true;
}

static enum structure begins_with(struct bytes first, bool text) {
    return text ? structure_begins(first) : structure_signature(first);
}

/* Copied only where they come in pieces. */
bool cipher_take_first(struct cipher_watch *w, struct bytes in, bool text, size_t *held) {
    *held = 0;
    if (!w->at_start)
        return true;
    if (w->first_n == 0 && in.n >= STRUCTURE_FIRST) {
        w->at_start = false;
        return begins_with(bytes_of(in.p, STRUCTURE_FIRST), text) != STRUCTURE_FOUND;
    }
    size_t room = STRUCTURE_FIRST - w->first_n, n = in.n < room ? in.n : room;
    memcpy(w->first + w->first_n, in.p, n);
    enum structure s = begins_with(bytes_of(w->first, w->first_n + n), text);
    if (s == STRUCTURE_FOUND)
        *held = w->first_n;
    w->first_n = (uint8_t)(w->first_n + n);
    if (s == STRUCTURE_NONE || w->first_n == STRUCTURE_FIRST) {
        w->at_start = false;
        w->first_n = 0;
    }
    return s != STRUCTURE_FOUND;
}

static bool take_sample(struct cipher_watch *w, struct bytes in, size_t *at) {
    if (in.n < STRUCTURE_SAMPLE)
        return true; /* the next one that is long enough */
    w->every = w->every < EVERY_FIRST ? EVERY_FIRST : w->every * 2;
    if (w->every > CIPHER_SAMPLE_EVERY)
        w->every = CIPHER_SAMPLE_EVERY;
    w->until_sample = w->every;
    *at = structure_find_quickly(in);
    if (*at < in.n)
        return false;
    *at = 0;
    return structure_is_random(in.p) && (in.n < JPEG_LEAST || !structure_is_jpeg(in));
}

bool cipher_take(struct cipher_watch *w, struct bytes in, size_t *held, size_t *at) {
    *at = 0;
    if (!cipher_take_first(w, in, true, held))
        return false;
    if (w->until_sample > in.n) {
        w->until_sample -= (uint32_t)in.n;
        return true;
    }
    return take_sample(w, in, at);
}
