/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_HTTP_LINES_H
#define GANTRY_PROTOCOL_HTTP_LINES_H

#include "base/bytes.h"

/* The lines of a head: where it ends, whatever its sender takes for a line end. */
struct http_lines {
    size_t line;    /* where the present line begins */
    size_t scanned; /* no line end between `line` and here */
    bool odd;       /* line ends that RFC 9112 section 2.2 does not know: http_lines_tidy() before parsing */
    bool lfcr;      /* lines end with LF CR */
    bool later;     /* the first line is not the start line */
};

/* Length of the head that begins `in`, from its start line to the empty one; 0 while its end is not there.
 * Asked again with the same bytes and more. `last`: no more come. `in` holds at most a head's longest size.
 */
size_t http_lines_head(struct http_lines *l, struct bytes in, bool request, bool last);

/* The head with CR LF behind each line and nothing between them. `out` holds 2 * head.n + 2 bytes; returns
 * how many were written. */
size_t http_lines_tidy(struct bytes head, uint8_t *out);

#endif
