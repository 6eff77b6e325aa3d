/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_SEEK_H
#define GANTRY_PROTOCOL_SEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Finds where something begins behind a gap, as so many octets in a row tell; the same at every split. */

enum { SEEK_MAX = 16 };

struct seeker {
    uint8_t n, held[SEEK_MAX];
};

/* True: it begins with the s->n octets that are held, if there are any, else at `*at`; then `*at` octets of
 * the call are held or come before it. `*at` is 0 before the call. */
bool seek_start(struct seeker *s, size_t window, bool (*begins)(const uint8_t *window, const void *context),
                const void *context, const uint8_t *p, size_t n, size_t *at);

#endif
