/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_POSTGRESQL_H
#define GANTRY_PROTOCOL_POSTGRESQL_H

#include "protocol/protocol.h"

/* PostgreSQL's protocol 3 (PostgreSQL documentation, chapter "Frontend/Backend Protocol"). Rows of results,
 * and what statements bring, are a text of each side (rows.h), values that are files are objects of their
 * own, COPY is an object of its own bytes. What is no message becomes any other conversation. */
extern const struct protocol protocol_postgresql;

/* --- postgresql_probe.c --- */

enum {
    PG_LENGTH = 4,
    PG_HEAD = 5,
    PG_WINDOW = 11, /* octets that tell a message in the middle of anything */
    PG_SSL_REQUEST = 80877103,
    PG_GSS_REQUEST = 80877104,
    PG_CANCEL_REQUEST = 80877102,
    PG_STARTUP_MAX = 10000,
    PG_LONGEST = 0x3fffffff, /* octets of a message (MaxAllocSize) */
};

/* May a message of that side have this type and this length, which counts itself? */
bool postgresql_is_message(bool server, uint8_t type, uint32_t length);
/* A packet without a type, the first of a client: does its length and its code fit? */
bool postgresql_is_startup(const uint8_t head[8]);
/* Does a message begin here, as its first octets say? Seldom by chance. `copies`: those of COPY may. */
bool postgresql_message_begins(const uint8_t window[PG_WINDOW], bool server, bool copies);
enum probe postgresql_probe(const struct bytes first[2]);

#endif
