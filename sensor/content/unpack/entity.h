/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_ENTITY_H
#define GANTRY_CONTENT_ENTITY_H

#include "content/unpack/unpack.h"

/* Internal to content/unpack/: a MIME entity (RFC 2045 section 2.4), which is a head and a body, as a part of
 * a multipart body or as a mail. */

enum { ENTITY_BOUNDARY_MAX = 1024 }; /* RFC 2046 says 70; some clients write more */

struct entity_rules {
    bool replaces;     /* it takes the place of the one before it */
    bool byteranges;   /* a Content-Range says where it stands in the object's whole */
    struct bytes name; /* if it has none of its own */
    struct bytes type; /* likewise */
};

/* The child that a head describes, which is unfolded in place: its type, codings, name, place. NULL as
 * unpack_begin(). */
struct filter *entity_begin(struct unpack *u, uint8_t *head, size_t n, const struct entity_rules *rules);

#endif
