/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/seek.h"

#include <string.h>

/* Octets of earlier calls come first. */
static bool seek_over_seam(struct seeker *s, size_t window,
                           bool (*begins)(const uint8_t *window, const void *context), const void *context,
                           const uint8_t *p, size_t n, size_t *at) {
    size_t earlier = s->n;
    while (earlier > 0 && *at < n) {
        s->held[s->n++] = p[(*at)++];
        if (s->n < window)
            continue;
        if (begins(s->held, context))
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

bool seek_start(struct seeker *s, size_t window, bool (*begins)(const uint8_t *window, const void *context),
                const void *context, const uint8_t *p, size_t n, size_t *at) {
    if (seek_over_seam(s, window, begins, context, p, n, at))
        return true;
    for (; s->n == 0 && n - *at >= window; ++*at)
        if (begins(p + *at, context))
            return true;
    if (s->n == 0 && *at < n) {
        s->n = (uint8_t)(n - *at);
        memcpy(s->held, p + *at, s->n);
    }
    return false;
}
