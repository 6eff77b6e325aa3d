/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/seek.h"

#include <string.h>

struct seek {
    uint8_t *held;
    uint16_t n;
    size_t window;
    bool (*begins)(const uint8_t *window, const void *context);
    const void *context;
};

/* Octets of earlier calls come first. */
static bool seek_over_seam(struct seek *s, const uint8_t *p, size_t n, size_t *at) {
    size_t earlier = s->n;
    while (earlier > 0 && *at < n) {
        s->held[s->n++] = p[(*at)++];
        if (s->n < s->window)
            continue;
        if (s->begins(s->held, s->context))
            return true;
        memmove(s->held, s->held + 1, --s->n);
        earlier--;
    }
    if (earlier == 0) { /* all that is held is of this call */
        *at -= s->n;
        s->n = 0;
    }
    return false;
}

static bool seek_on(struct seek *s, const uint8_t *p, size_t n, size_t *at) {
    if (seek_over_seam(s, p, n, at))
        return true;
    for (; s->n == 0 && n - *at >= s->window; ++*at)
        if (s->begins(p + *at, s->context))
            return true;
    if (s->n == 0 && *at < n) {
        s->n = (uint16_t)(n - *at);
        memcpy(s->held, p + *at, s->n);
    }
    return false;
}

bool seek_start(uint8_t *held, uint16_t *held_n, size_t window,
                bool (*begins)(const uint8_t *window, const void *context), const void *context,
                const uint8_t *p, size_t n, size_t *at) {
    struct seek s = {held, *held_n, window, begins, context};
    bool found = seek_on(&s, p, n, at);
    *held_n = s.n;
    return found;
}
