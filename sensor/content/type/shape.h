/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_SHAPE_H
#define GANTRY_CONTENT_SHAPE_H

#include "base/bytes.h"

/* Internal to content/: shapes that a signature table cannot hold. Both look at a thing's first bytes. */

bool json_shape(struct bytes first);

/* UTF-8, UTF-16 with a byte order mark, or Latin-1 without control characters; a character that the end cuts
 * does no harm, nor one in 64 that does not belong there. False for no bytes. */
bool text_shape(struct bytes some);

/* Text that few programs take for such: UTF-16 without a byte order mark, UTF-32, and fields that control
 * characters keep apart. */
bool odd_text_shape(struct bytes some);

/* Do the bytes begin a multipart body: line ends, "--" and a boundary, and a field's name in the next line
 * (RFC 2046 section 5.1.1)? */
bool multipart_shape(struct bytes b);

#endif
