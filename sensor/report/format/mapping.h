/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_MAPPING_H
#define GANTRY_REPORT_MAPPING_H

#include "report/format/format.h"

/* A format whose names are not ECS's: one row for each key that it has a word of its own for. Fields that no
 * row names follow in the order of fields.c under a key that is made from theirs, so a new field is in every
 * format at once. */
struct row {
    const char *key;  /* NULL: the field stands elsewhere in the message, or not at all */
    const char *ecs;  /* the field that it shows; NULL: something of the format's own */
    uint8_t records;  /* only in these; 0: wherever the field is */
    uint8_t rank;     /* of the format's own */
    bool stays;       /* also where its field would be left out */
    const char *text; /* the format's own: always this */
    void (*get)(const struct event *e, size_t which, struct value *v); /* NULL: as the field has it */
    size_t which;
    void (*otherwise)(const struct event *e, size_t which,
                      struct value *v); /* where the field has no value */
    uint8_t when;      /* ROW_CLIENT_SENDS, ROW_SERVER_SENDS: only in records of such bytes; 0: in all */
    const char *label; /* key=value formats: what the key means here, beside it */
    const char *key6, *label6; /* the same for an IPv6 address */
    uint64_t most; /* key=value formats: octets of a text, which is cut, or the largest number: one that
                      is larger has the vendor's name before its key; 0: no bound */
    const struct field *field; /* found by mapping_rows() */
};

/* Who sends the bytes that a record is about: the side that opened the connection, or the other. */
enum { ROW_CLIENT_SENDS = 1, ROW_SERVER_SENDS };

enum { MAPPING_ROWS_MAX = 192, MAPPING_NAME_MAX = 64 };

struct mapping {
    const struct row *rows; /* ends with neither key nor ecs */
    /* The key of a field that no row names; empty: left out. */
    void (*name)(const struct field *f, char *out, size_t size);
    struct row all[MAPPING_ROWS_MAX];
    size_t count;
    char names[MAPPING_ROWS_MAX * MAPPING_NAME_MAX / 2];
};

/* The rows, then the other fields; put together at the first call. */
const struct row *mapping_rows(struct mapping *m, size_t *count);
/* As field_get(). */
bool row_get(const struct row *r, const struct event *e, unsigned level, struct value *v);

/* --- for `get` --- */

void row_number(const struct event *e, size_t number, struct value *v); /* always this */
void row_text(const struct event *e, size_t which, struct value *v);    /* enum record_text */
void row_sentence(const struct event *e, size_t which, struct value *v);
/* Milliseconds since 1970. */
enum { ROW_TIME, ROW_RECORD_FIRST, ROW_RECORD_LAST, ROW_INCIDENT_FIRST, ROW_INCIDENT_LAST };
void row_ms(const struct event *e, size_t time, struct value *v);
void row_transport(const struct event *e, size_t which, struct value *v); /* "TCP" */
/* The bytes come from the side that opened the connection. */
bool source_is_client(const struct record *r);
/* Of a flow, the bytes or packets that its source has sent or received. */
enum { ROW_RECEIVED = 1, ROW_PACKETS = 2 };
void row_amount(const struct event *e, size_t which, struct value *v);
/* "http://host:8080/path", the path alone where no host is known; valid until the next call. */
void row_url(const struct event *e, size_t which, struct value *v);

/* --- pairs.c: key=value formats --- */

struct pairs {
    struct mapping *mapping;
    const char *separator, *escape;
};

void pairs_write(struct text *t, const struct pairs *p, const struct event *e, struct detail d);
/* For mapping->name: "gantry.incident.id" becomes "gantryIncidentId", any other "file.mime_type"
 * "gantryFileMimeType". */
void pairs_name(const struct field *f, char *out, size_t size);

/* --- nest.c: JSON with dotted keys as nested objects --- */

enum { NEST_DEPTH_MAX = 8, NEST_SEGMENT_MAX = 40 };

/* Rows with a common beginning must come together. A segment "name[]" is an array of one object, for a list
 * of as many as it has items; at the end of a key, of one value. Behind "name[]." there may be several keys
 * with bars between, for items of as many parts with tabs between; an empty part is left out. */
struct nest {
    struct json_writer json;
    char open[NEST_DEPTH_MAX][NEST_SEGMENT_MAX]; /* the path of objects that are open */
    size_t depth;
};

void nest_begin(struct nest *n, char *out, size_t size);
void nest_value(struct nest *n, const char *key, const struct value *v, const struct event *e,
                struct detail d);
size_t nest_end(struct nest *n); /* as json_writer_size() */
size_t nest_write(struct mapping *m, const struct event *e, struct detail d, char *out, size_t size);

#endif
