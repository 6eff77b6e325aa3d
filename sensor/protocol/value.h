/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_VALUE_H
#define GANTRY_PROTOCOL_VALUE_H

#include "transfer/transfer.h"

/* One value of a row, of any length, from any chunks. A long one, and one that begins as a picture or another
 * file does, is an object of its own, under the column's name; what is short is there at its end. */

enum {
    VALUE_HELD = 1024, /* octets of a short value */
    VALUE_NAME = 64,
    SQL_NAME = 128,
};

/* Of one side of a conversation with a database. */
struct sql_source {
    struct conversation *c;
    const char *protocol; /* static */
    enum side from;
    uint16_t user_n, database_n;
    uint8_t user[SQL_NAME], database[SQL_NAME];
};

/* A seed with these facts. */
struct transfer_seed sql_seed(const struct sql_source *source, struct bytes name);

enum value_form {
    VALUE_PLAIN,
    VALUE_MAY_BE_HEX, /* "\x" and hexadecimal digits: a bytea of PostgreSQL as text */
    VALUE_HEX,        /* hexadecimal digits */
};

struct value {
    const struct sql_source *source;
    bool shown; /* as an object */
    bool torn;  /* some of it is missing */
    bool judged;
    uint8_t form; /* enum value_form; of one that is shown what it is */
    bool half, skip;
    uint8_t digit;
    uint8_t name_n, name[VALUE_NAME];
    uint16_t held_n, hole_at; /* octets of `held` before the hole */
    uint64_t hole;            /* what is missing of one that is not shown */
    uint8_t held[VALUE_HELD];
    struct transfer *transfer;
};

/* `length` octets will come, LENGTH_UNKNOWN if nobody said. */
void value_begin(struct value *v, const struct sql_source *source, struct bytes name, enum value_form form,
                 uint64_t length);
void value_data(struct value *v, const uint8_t *p, size_t n);
void value_gap(struct value *v, uint64_t n);
/* What is short, as it came; empty where it was an object, or some of it is missing. Lives in `v`. */
struct bytes value_end(struct value *v, bool whole);

#endif
