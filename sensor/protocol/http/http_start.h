/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_HTTP_START_H
#define GANTRY_PROTOCOL_HTTP_START_H

#include "base/bytes.h"

/* Does a message begin here? The answer never changes with more bytes once it is not MORE, so it does not
 * depend on how the stream was cut. `sure` asks for proof (a version, a status code): for finding the way
 * back in the middle of anything; without it a known method or "HTTP/" is enough, as the place is right. */
enum http_start { HTTP_START_NO, HTTP_START_MORE, HTTP_START_YES };

enum http_start http_request_start(struct bytes in, bool sure);
enum http_start http_status_start(struct bytes in, bool sure);
/* At the beginning of a line where the way is lost: its method must be a token. */
enum http_start http_request_sought(struct bytes in);

/* A status line that only some browsers take for one: junk before "HTTP/", another protocol's name, none at
 * all. For where an answer must begin. `last`: no more bytes come. */
enum http_start http_status_odd(struct bytes in, bool last);

/* A line that goes on and on: a method in front of a path is enough to look on. */
bool http_request_likely(struct bytes in);

/* RFC 9110 section 5.6.2 */
bool http_token_byte(uint8_t c);

/* Does this request line (without its end) name a version? HTTP/0.9 does not. */
bool http_line_versioned(struct bytes line);

/* Bytes of white space and empty lines before a message (RFC 9112 section 2.2 allows one empty line, old
 * clients send more). */
size_t http_blank(struct bytes in);

/* Where the way is lost: may a message begin here inside of a line, as behind the end of a body that is no
 * text? In capitals, and a request line without anything odd in it. What says yes is still to be checked. */
enum http_start http_may_start(struct bytes in);
/* Behind a gap that took a head: do the bytes begin with its tail, lines of fields up to the empty one? `n`:
 * its bytes, 0 if none. */
enum http_start http_tail(struct bytes in, bool last, size_t *n);
/* Where in the middle of anything a message begins, by a line that is nothing else; in.n if nowhere. */
size_t http_find_start(struct bytes in);
/* Bytes from the first one on at which nothing of that kind begins and no line ends; at least one, all of
 * `in` at most. */
size_t http_no_start(struct bytes in);

#endif
