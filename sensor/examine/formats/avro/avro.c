/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/formats/avro/avro.h"
#include "examine/sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Each row is a line of comma-separated cells below the names of the columns; records within records are
 * columns of theirs, lists are the values behind each other. */

enum { BLOCK_MAX = 64 << 20, MAGIC = 4, SYNC = 16, TEXT_MAX = 4096, PATH_MAX_N = 256 };

struct avro {
    struct examined *examined;
    struct avro_schema schema;
    struct bytes coding;
    struct sheet out;
    struct reader r; /* of the block */
    uint64_t left;   /* octets that blocks may still be undone to */
    uint64_t octets; /* of those so far, undone, */
    uint64_t steps;  /* and what their values took */
    size_t text_n;
    char text[TEXT_MAX]; /* of a cell */
};

static bool matches_avro(const struct file_type *type) {
    return bytes_equal(bytes_text(type->mime), bytes_text("application/x-avro"));
}

/* --- Columns --- */

/* What a value may be beside nothing, where that is one thing; 0: it is no such union. */
static uint32_t only_branch(const struct avro *a, uint32_t node) {
    const struct avro_node *n = avro_resolve(&a->schema, node);
    uint32_t only = 0, nothing = 0;
    for (uint32_t c = n->child; n->kind == AVRO_UNION && c; c = a->schema.node[c].next) {
        uint32_t *which = avro_resolve(&a->schema, c)->kind == AVRO_NULL ? &nothing : &only;
        if (*which)
            return 0;
        *which = c;
    }
    return only;
}

/* The record whose fields are columns; NULL: it is one column. */
static const struct avro_node *record_of(const struct avro *a, uint32_t node) {
    uint32_t only = only_branch(a, node);
    if (avro_is_reference(&a->schema, node) || (only && avro_is_reference(&a->schema, only)))
        return NULL;
    const struct avro_node *n = avro_resolve(&a->schema, only ? only : node);
    return n->kind == AVRO_RECORD ? n : NULL;
}

static void name_columns(struct avro *a, uint32_t node, const char *path) {
    const struct avro_node *record = record_of(a, node);
    char below[PATH_MAX_N];
    if (!record) {
        sheet_cell(&a->out, bytes_text(*path ? path : "value"));
        return;
    }
    for (uint32_t c = record->child; c; c = a->schema.node[c].next) {
        struct bytes field = a->schema.node[c].field;
        snprintf(below, sizeof below, "%s%s%.*s", path, *path ? "." : "", (int)field.n,
                 (const char *)field.p);
        name_columns(a, c, below);
    }
}

static void leave_blank(struct avro *a, uint32_t node) {
    const struct avro_node *record = record_of(a, node);
    if (!record) {
        sheet_cell(&a->out, bytes_of(NULL, 0));
        return;
    }
    for (uint32_t c = record->child; c; c = a->schema.node[c].next)
        leave_blank(a, c);
}

/* --- Values --- */

/* Values may take no octets, and refer to each other: they are bounded by the octets that there are. False:
 * there are too many. */
static bool take_steps(struct avro *a, uint64_t n) {
    enum { LEAST = 1 << 20, AN_OCTET = 16 };
    a->steps += n;
    return a->steps <= LEAST + AN_OCTET * a->octets;
}

static void put_text(struct avro *a, struct bytes text) {
    size_t n = text.n < TEXT_MAX - a->text_n ? text.n : TEXT_MAX - a->text_n;
    if (n > 0)
        memcpy(a->text + a->text_n, text.p, n);
    a->text_n += n;
}

static void put_time(struct avro *a, enum avro_time kind, int64_t value) {
    enum { DAYS_MOST = 3000000, DAY = 86400 };
    char text[64];
    struct tm tm;
    if (kind == AVRO_DAYS && (value > DAYS_MOST || value < -DAYS_MOST))
        return;
    time_t seconds = kind == AVRO_DAYS ? value * DAY : value / (kind == AVRO_MILLIS ? 1000 : 1000000);
    if (!gmtime_r(&seconds, &tm))
        return;
    size_t n = strftime(text, sizeof text, kind == AVRO_DAYS ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%SZ", &tm);
    put_text(a, bytes_of((const uint8_t *)text, n));
}

static bool put_number(struct avro *a, const struct avro_node *n) {
    char text[64];
    int64_t value;
    struct bytes b;
    float f;
    double d;
    if (n->kind == AVRO_FLOAT || n->kind == AVRO_DOUBLE) {
        size_t size = n->kind == AVRO_FLOAT ? sizeof f : sizeof d;
        if (!avro_take(&a->r, size, &b))
            return false;
        memcpy(&f, b.p, sizeof f);
        memcpy(&d, b.p, size);
        snprintf(text, sizeof text, "%.15g", n->kind == AVRO_FLOAT ? (double)f : d);
    } else {
        if (!avro_read_long(&a->r, &value))
            return false;
        if (n->time) {
            put_time(a, n->time, value);
            return true;
        }
        snprintf(text, sizeof text, "%lld", (long long)value);
    }
    put_text(a, bytes_text(text));
    return true;
}

static bool put_value(struct avro *a, const struct avro_node *n, unsigned depth);

/* Blocks of values, each with their number, which is negative where the block's size follows; 0 ends them. */
static bool put_list(struct avro *a, const struct avro_node *n, unsigned depth) {
    const struct avro_node *item = avro_resolve(&a->schema, n->child);
    int64_t count, size;
    struct bytes key;
    while (avro_read_long(&a->r, &count)) {
        if (count == 0)
            return true;
        if (count < 0 && (!avro_read_long(&a->r, &size) || count == INT64_MIN))
            return false;
        for (count = count < 0 ? -count : count; count > 0; count--) {
            if (item->kind == AVRO_NULL && n->kind == AVRO_ARRAY)
                break; /* takes no octets, however many there are said to be */
            if (n->kind == AVRO_MAP && !avro_read_bytes(&a->r, &key))
                return false;
            if (n->kind == AVRO_MAP) {
                put_text(a, key);
                put_text(a, bytes_text("="));
            }
            if (reader_left(&a->r) == 0 || !put_value(a, item, depth + 1))
                return false;
            put_text(a, bytes_text(" "));
        }
    }
    return false;
}

static const struct avro_node *take_branch(struct avro *a, const struct avro_node *n) {
    int64_t which;
    uint32_t c = n->child;
    if (!avro_read_long(&a->r, &which) || which < 0 || which >= a->schema.nodes ||
        !take_steps(a, (uint64_t)which))
        return NULL;
    while (c && which-- > 0)
        c = a->schema.node[c].next;
    return c ? avro_resolve(&a->schema, c) : NULL;
}

static bool put_record(struct avro *a, const struct avro_node *n, unsigned depth) {
    for (uint32_t c = n->child; c; c = a->schema.node[c].next) {
        if (!put_value(a, avro_resolve(&a->schema, c), depth + 1))
            return false;
        put_text(a, bytes_text(" "));
    }
    return true;
}

/* As text, behind what the cell holds already. */
static bool put_value(struct avro *a, const struct avro_node *n, unsigned depth) {
    const struct avro_node *branch;
    struct bytes b;
    int64_t which;
    uint8_t octet;
    if (depth > AVRO_DEPTH_MAX || !take_steps(a, 1))
        return false;
    switch (n->kind) {
    case AVRO_NULL:
        return true;
    case AVRO_BOOLEAN:
        if (!reader_u8(&a->r, &octet))
            return false;
        put_text(a, bytes_text(octet ? "true" : "false"));
        return true;
    case AVRO_BYTES:
    case AVRO_STRING:
        if (!avro_read_bytes(&a->r, &b))
            return false;
        put_text(a, b);
        return true;
    case AVRO_FIXED:
        if (!avro_take(&a->r, n->size, &b))
            return false;
        put_text(a, b);
        return true;
    case AVRO_ENUM:
        if (!avro_read_long(&a->r, &which) || which < 0)
            return false;
        if ((uint64_t)which < n->symbols)
            put_text(a, a->schema.symbol[n->symbol + which]);
        return true;
    case AVRO_UNION:
        branch = take_branch(a, n);
        return branch && put_value(a, branch, depth + 1);
    case AVRO_RECORD:
        return put_record(a, n, depth);
    case AVRO_ARRAY:
    case AVRO_MAP:
        return put_list(a, n, depth);
    default:
        return put_number(a, n);
    }
}

/* --- Rows --- */

static bool take_octets(struct avro *a, const struct avro_node *n, const char *column) {
    struct bytes b;
    bool there = n->kind == AVRO_BYTES ? avro_read_bytes(&a->r, &b) : avro_take(&a->r, n->size, &b);
    if (there)
        sheet_blob(&a->out, b, "value", column);
    return there;
}

static bool take_cells(struct avro *a, uint32_t node, const char *column) {
    const struct avro_node *n = avro_resolve(&a->schema, node), *record = record_of(a, node);
    char name[PATH_MAX_N];
    if (!take_steps(a, 1))
        return false;
    if (only_branch(a, node)) {
        n = take_branch(a, n);
        if (!n)
            return false;
        if (n->kind == AVRO_NULL) {
            leave_blank(a, node);
            return true;
        }
    }
    if (n->kind == AVRO_BYTES || n->kind == AVRO_FIXED)
        return take_octets(a, n, column);
    if (!record) {
        a->text_n = 0;
        bool there = put_value(a, n, 0);
        sheet_cell(&a->out, bytes_of((const uint8_t *)a->text, a->text_n));
        return there;
    }
    for (uint32_t c = record->child; c; c = a->schema.node[c].next) {
        struct bytes field = a->schema.node[c].field;
        snprintf(name, sizeof name, "%.*s", (int)field.n, (const char *)field.p);
        if (!take_cells(a, c, name))
            return false;
    }
    return true;
}

/* False: it is broken. A row may take no octets: then there are as many of them as one column may show. */
static bool take_block(struct avro *a, int64_t rows, struct bytes coded) {
    enum { BARE_MAX = 1000, A_BLOCK = 1024 }; /* octets that one costs beside its own */
    uint64_t most = a->left > A_BLOCK ? a->left - A_BLOCK : 0;
    struct avro_block b = avro_undo(a->coding, coded, most < BLOCK_MAX ? (size_t)most : BLOCK_MAX);
    bool whole = b.p != NULL && most > 0;
    a->r = reader_of(b.p, b.n);
    a->octets += b.n;
    a->left = most - b.n;
    for (unsigned bare = 0; whole && rows > 0 && !a->examined->over && bare < BARE_MAX; rows--) {
        size_t left = reader_left(&a->r);
        whole = take_cells(a, 0, "");
        bare += reader_left(&a->r) == left;
        sheet_end_row(&a->out);
    }
    free(b.p);
    return whole;
}

static bool take_blocks(struct avro *a, struct reader *file, struct bytes sync) {
    int64_t rows;
    struct bytes coded, behind;
    while (reader_left(file) > 0 && !a->examined->over) {
        if (!avro_read_long(file, &rows) || rows < 0 || !avro_read_bytes(file, &coded) ||
            !take_block(a, rows, coded) || !avro_take(file, SYNC, &behind) || !bytes_equal(behind, sync))
            return false;
    }
    return true;
}

/* --- The file --- */

/* A map of texts, as put_list() has it. */
static bool read_head(struct avro *a, struct reader *r, struct bytes *schema) {
    int64_t count, size;
    struct bytes key, value;
    *schema = bytes_of(NULL, 0);
    while (avro_read_long(r, &count)) {
        if (count == 0)
            return schema->n > 0;
        if (count < 0 && (!avro_read_long(r, &size) || count == INT64_MIN))
            return false;
        for (count = count < 0 ? -count : count; count > 0; count--) {
            if (!avro_read_bytes(r, &key) || !avro_read_bytes(r, &value))
                return false;
            if (bytes_equal(key, bytes_text("avro.schema")))
                *schema = value;
            else if (bytes_equal(key, bytes_text("avro.codec")))
                a->coding = value;
        }
    }
    return false;
}

static void take_table(struct avro *a, struct reader *file, struct bytes sync) {
    struct bytes name = object_fact(unpack_object(a->examined->unpack), FACT_NAME);
    char text[PATH_MAX_N];
    snprintf(text, sizeof text, "%.*s", (int)name.n, (const char *)name.p);
    sheet_begin(&a->out, a->examined, text);
    name_columns(a, 0, "");
    sheet_end_row(&a->out);
    bool whole = take_blocks(a, file, sync);
    sheet_end(&a->out, whole);
    if (!whole)
        examined_broken(a->examined);
}

static void examine_a_table(struct examined *x) {
    struct avro *a = calloc(1, sizeof *a);
    struct reader r = reader_of(x->image.p, x->image.n);
    struct bytes schema, sync;
    if (a) {
        a->examined = x;
        a->left = x->output;
    }
    if (a && reader_skip(&r, MAGIC) && read_head(a, &r, &schema) && avro_take(&r, SYNC, &sync) &&
        avro_read_schema(&a->schema, schema))
        take_table(a, &r, sync);
    else
        examined_broken(x);
    free(a);
}

const struct examine_format examine_avro = {
    .name = "avro", .matches = matches_avro, .examine = examine_a_table};
