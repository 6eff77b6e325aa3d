/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_HTTP_WORDS_H
#define GANTRY_PROTOCOL_HTTP_WORDS_H

#include "protocol/protocol.h"

/* What stands in heads and may be records: queries and the values of fields and trailers. What looks as if it
 * held a plate becomes a line of text, and the lines of all heads that one of two hosts sends the other, on
 * any number of connections, are one object, up to a bound in bytes and time. It is told only where something
 * is found in it.
 *
 * A line holds the query and the fields of one head, or of a part of a long one, between them semicolons.
 * Escapes of URLs are undone; what a value holds in base64, of either alphabet, stands behind it. */

/* Whole lines of a head, the start line first if `start`. */
void http_words_take(struct conversation *c, enum side from, struct bytes lines, bool start);

/* Is there a word of five to eight letters and digits, both of them, perhaps with a blank or hyphen between?
 */
bool http_words_likely(struct bytes text);

#endif
