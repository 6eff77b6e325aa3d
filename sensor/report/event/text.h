/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_TEXT_H
#define GANTRY_REPORT_TEXT_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writing text that may be hostile, into a room of fixed size. */

struct text {
    char *start, *at, *end;
    bool overflow;
};

void text_init(struct text *t, char *out, size_t size);
void text_put(struct text *t, const char *text);
__attribute__((format(printf, 2, 3))) void text_print(struct text *t, const char *format, ...);
/* Valid UTF-8 on one line whatever came in: invalid bytes become U+FFFD, hidden characters "<U+202E>", those
 * of `escape` get a backslash; cut with an ellipsis where it would take more than `limit` octets. */
void text_safe(struct text *t, struct bytes value, size_t limit, const char *escape);
/* Octets of `value` that are shown in at most `limit`, where a hidden character takes `hidden`; all of them
 * where that takes no more than an ellipsis behind `limit` would, so that cutting never makes longer. */
size_t text_fit(struct bytes value, size_t limit, const char *escape, size_t hidden);
void text_bytes(struct text *t, uint64_t bytes); /* "1.2 MB" */
size_t text_size(const struct text *t);          /* 0 after an overflow */
/* Takes the next item off a list with newlines between; false at its end. */
bool list_next(struct bytes *list, struct bytes *item);
bool list_has(struct bytes list, struct bytes item);

#endif
