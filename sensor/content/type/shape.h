/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_SHAPE_H
#define GANTRY_CONTENT_SHAPE_H

#include "base/bytes.h"

/* Internal to content/: shapes that a signature table cannot hold. All look at a thing's first bytes. */

bool json_shape(struct bytes first);

/* A control character that does not occur in text; BEL BS TAB LF VT FF CR ESC do, and NEL (0x85) in Latin-1.
 */
static inline bool is_control(uint8_t c) {
    return (c < 0x20 && !((c >= 7 && c <= 13) || c == 27)) || c == 0x7F;
}

/* UTF-8, UTF-16 with a byte order mark, or Latin-1 without control characters; a character that the end cuts
 * does no harm, nor one in 64 that does not belong there. False for no bytes. */
bool text_shape(struct bytes some);

/* Text that few programs take for such: UTF-16 without a byte order mark, UTF-32, and fields that control
 * characters keep apart. */
bool odd_text_shape(struct bytes some);

/* Do the bytes begin a multipart body: line ends, "--" and a boundary, and a field's name in the next line
 * (RFC 2046 section 5.1.1)? */
bool multipart_shape(struct bytes b);

/* Do the bytes begin a mail: perhaps the line that mailboxes put before one ("From " and an address), then
 * fields (RFC 5322 section 2.2) of which some are those that mails have? */
bool message_shape(struct bytes b);

/* Do the bytes begin a mailbox: a line before a mail, then a mail's fields? */
bool mailbox_shape(struct bytes b);

/* Is it the line before a mail: "From ", who sent it, and a time (RFC 4155, appendix A)? */
bool mailbox_line(struct bytes line);

#endif
