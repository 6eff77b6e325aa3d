/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_FIELD_H
#define GANTRY_REPORT_FIELD_H

#include "report/event/event.h"
#include "report/event/technique.h"

/* The fields of an event. Adding a field is one line in fields.c; adding a fact of a transfer is one in
 * transfer/fact_table.h. */

enum value_kind {
    VALUE_ABSENT,
    VALUE_NULL,
    VALUE_TEXT,  /* hostile, or as long as somebody wrote it: escaped, may be shortened */
    VALUE_TOKEN, /* our own: an address, a time, a digest, a word; never shortened */
    VALUE_NUMBER,
    VALUE_BOOL,
    VALUE_LIST, /* of texts */
    VALUE_FIGURES,
    VALUE_SENTENCE, /* sentence_write() */
    VALUE_DIGEST,   /* nested: JSON alone has it */
};

struct value {
    enum value_kind kind;
    struct bytes text; /* LIST: newline between; lies in the event, in `room`, or is static */
    uint64_t number;   /* NUMBER, BOOL */
    char room[TECHNIQUE_LIST_MAX];
};

/* For `get`. A token or text that is NULL or empty is absent. */
void value_token(struct value *v, const char *text);
void value_text(struct value *v, struct bytes text);
void value_number(struct value *v, uint64_t number);
void value_bool(struct value *v, bool value);

/* Least important first: fields of rank 1 are left out first when a message is too long, those of rank 0
 * never. */
enum { RANK_TEXTS = 18, RANK_LAST = 27 };

struct field {
    const char *ecs;   /* dotted; fields with a common beginning stand together */
    const char *brief; /* name in structured data; NULL: stands elsewhere in the message */
    uint8_t rank;
    uint8_t records; /* enum report_records, or-ed */
    void (*get)(const struct event *e, size_t which, struct value *v);
    size_t which; /* for `get`: an offset or an index */
};

/* All of them, ended by one with a NULL ecs; put together at the first call. */
const struct field *fields_all(void);
bool field_is_fact(const struct field *f); /* of a transfer: `which` is its enum fact */

/* What the field says of the event; false when the event has no such field or it is left out. */
bool field_get(const struct field *f, const struct event *e, unsigned level, struct value *v);

/* Numbers of the figures to be told, those that matter most first: all at level 0, else the headlines and
 * what is not zero; fewer the higher the level. */
size_t event_figures(const struct event *e, unsigned level, uint16_t out[FIGURE_COUNT]);

#endif
