/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_SETTINGS_NEAREST_H
#define GANTRY_SETTINGS_NEAREST_H

#include <stddef.h>

/* For "did you mean": how many letters must be put in, taken out, replaced or swapped with their neighbour to
 * make one text of the other. Case is ignored; of long texts only the first NEAREST_LENGTH_MAX bytes count.
 */
enum { NEAREST_LENGTH_MAX = 48 };
size_t nearest_distance(const char *a, const char *b);

/* The text of the NULL-terminated list that is nearest to `text`, NULL if none is near enough to be meant. */
const char *nearest_text(const char *text, const char *const *known);

/* As one adds candidates by hand: whether a distance is near enough for a text of this length. */
int nearest_enough(const char *text, size_t distance);

#endif
