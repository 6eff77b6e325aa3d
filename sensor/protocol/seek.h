/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_SEEK_H
#define GANTRY_PROTOCOL_SEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Finds where something begins behind a gap, as `window` octets in a row tell; the same at every split.
 * `held` has room for so many, *held_n of them came in earlier calls; `*at` is 0. True: it begins with what
 * is held, if there is anything, else at `*at`; what of the call is held or comes before it are the first
 * `*at` octets. */
bool seek_start(uint8_t *held, uint16_t *held_n, size_t window,
                bool (*begins)(const uint8_t *window, const void *context), const void *context,
                const uint8_t *p, size_t n, size_t *at);

#endif
