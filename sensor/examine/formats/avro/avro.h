/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_EXAMINE_AVRO_H
#define GANTRY_EXAMINE_AVRO_H

#include "examine/examine.h"

/* Object container files of Avro 1.11 ("Object Container Files" and "Data Serialization and
 * Deserialization"). */

enum {
    AVRO_SCHEMA_MAX = 1 << 20, /* octets of its JSON, which is read again on each level */
    AVRO_FIELD_MAX = 255,      /* octets of a field's name that are shown */
    AVRO_NODES_MAX = 2048,
    AVRO_SYMBOLS_MAX = 8192,
    AVRO_DEPTH_MAX = 24
};

enum avro_kind {
    AVRO_NULL,
    AVRO_BOOLEAN,
    AVRO_INT,
    AVRO_LONG,
    AVRO_FLOAT,
    AVRO_DOUBLE,
    AVRO_BYTES,
    AVRO_STRING,
    AVRO_PRIMITIVES,
    AVRO_RECORD = AVRO_PRIMITIVES,
    AVRO_ENUM,
    AVRO_ARRAY,
    AVRO_MAP,
    AVRO_UNION,
    AVRO_FIXED,
};

enum avro_time { AVRO_NO_TIME, AVRO_DAYS, AVRO_MILLIS, AVRO_MICROS };

/* A schema is a tree of these; `child` and `next` are indices, 0: none (node 0 is the schema itself, nobody's
 * child). */
struct avro_node {
    enum avro_kind kind;
    enum avro_time time;
    struct bytes name;  /* of a named type */
    struct bytes field; /* by which the record above calls it */
    uint32_t child, next;
    uint32_t same;            /* the schema is that of this node; 0: its own */
    uint64_t size;            /* AVRO_FIXED */
    uint32_t symbol, symbols; /* AVRO_ENUM: the first, and how many */
};

struct avro_schema {
    struct avro_node node[AVRO_NODES_MAX];
    uint32_t nodes;
    struct bytes symbol[AVRO_SYMBOLS_MAX]; /* of all enums */
    uint32_t symbols;
};

/* False: it is none, or larger than it may be. Texts are borrowed. */
bool avro_read_schema(struct avro_schema *s, struct bytes json);
/* The node whose schema it is. */
const struct avro_node *avro_resolve(const struct avro_schema *s, uint32_t node);

/* Is it a use of a type that was defined before? Such are not taken apart into columns, so that there are no
 * more of these than nodes. */
bool avro_is_reference(const struct avro_schema *s, uint32_t node);

bool avro_take(struct reader *r, uint64_t n, struct bytes *out);
bool avro_read_long(struct reader *r, int64_t *out);
bool avro_read_bytes(struct reader *r, struct bytes *out);
/* A block, its coding undone; `p` NULL: it cannot be, or holds more than `most`; freed by the caller. */
struct avro_block {
    uint8_t *p;
    size_t n;
};
struct avro_block avro_undo(struct bytes coding, struct bytes block, size_t most);

#endif
