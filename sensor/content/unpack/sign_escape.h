/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_SIGN_ESCAPE_H
#define GANTRY_CONTENT_SIGN_ESCAPE_H

#include "base/bytes.h"

/* Internal to content/unpack/: how texts write the signs of base64 and the ends of its lines where they do
 * not write them as they are: "%2B" (URLs, twice too), "\/", "\n", "\u002b", "\x2b" (JSON, YAML, programs;
 * with two backslashes within another text), "&#43;", "&#x2B;" (XML, HTML), "=3D", "=0D" (quoted-printable).
 */

enum { SIGN_ESCAPE_MAX = 8 };

struct sign_escape {
    uint8_t n; /* octets of one that has begun; 0: none */
    uint8_t octets[SIGN_ESCAPE_MAX];
};

static inline bool sign_escape_begins(uint8_t c) {
    return c == '%' || c == '\\' || c == '&' || c == '=';
}

/* The next octet of one that has begun. ESCAPE_SIGN: `sign` is what it stands for, and it is over.
 * ESCAPE_NONE: its octets, this one too, are what they are. */
enum sign_escape_step { ESCAPE_MORE, ESCAPE_SIGN, ESCAPE_NONE };
enum sign_escape_step sign_escape_take(struct sign_escape *e, uint8_t c, uint8_t *sign);

#endif
