/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_HTTP_SHRINK_H
#define GANTRY_PROTOCOL_HTTP_SHRINK_H

#include "base/bytes.h"

/* A head of any length in bounded memory: of what is beyond HTTP_HEAD_MAX its start line and the fields that
 * are asked for are kept, and it is read as far as its end all the same. */

enum { HTTP_SHRUNK_MAX = 65536 }; /* bytes that are kept */

struct http_shrunk {
    uint8_t *p; /* NULL: the head is no longer than HTTP_HEAD_MAX so far */
    size_t n, size;
    bool keeps;  /* the last line, and so what is folded behind it */
    bool inside; /* of a line that is itself too long: the rest of it is left out */
};

/* Takes whole lines from `in`, which begins with one unless `inside`, or a part of a line that alone fills
 * it; returns how many bytes. False in *fits: something that is asked for had to be left out. */
size_t http_shrink(struct http_shrunk *s, struct bytes in, bool *fits);
/* Ends it with its empty line. */
void http_shrink_end(struct http_shrunk *s);
void http_shrink_forget(struct http_shrunk *s);

#endif
