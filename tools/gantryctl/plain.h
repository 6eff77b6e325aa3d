/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRYCTL_PLAIN_H
#define GANTRYCTL_PLAIN_H

#include "base/bytes.h"

#include <stdio.h>

/* Text from the traffic, or from anybody, for a terminal: what acts there instead of showing (utf8_hidden())
 * stands as <U+202E>. */
enum { PLAIN_MAX = 12 };

/* The next character of a text that is not empty; its bytes. */
size_t plain_next(struct bytes *left, char out[PLAIN_MAX]);
/* All of it; newlines stay. */
void plain_print(FILE *out, const char *text);

#endif
