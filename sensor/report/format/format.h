/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_FORMAT_H
#define GANTRY_REPORT_FORMAT_H

#include "base/json_writer.h"
#include "report/event/text.h"
#include "report/format/field.h"

/* How an event is written. A format is one file with one const struct format, listed once in
 * format.c. */

/* How much of it: fields of ranks 1 to `level` are left out, texts longer than `text_max` bytes are
 * shortened. */
struct detail {
    unsigned level;
    size_t text_max;
};

struct format {
    const char *name;
    bool people;         /* several lines a message: only for files and terminals */
    bool octet_counting; /* over a stream the message is counted (RFC 6587 section 3.4.1), else it ends in a
                            newline */
    size_t least;        /* octets that the shortest message of it may need; 0: UDP's least is enough */
    /* The size of the message in `out`, without framing; 0 when it does not fit `size`. */
    size_t (*write)(const struct event *e, struct detail d, char *out, size_t size);
};

/* Those that tests ask for by name. */
extern const struct format format_rfc5424, format_cef, format_leef, format_json, format_ocsf, format_eve,
    format_human;

/* NULL if there is none of that name. */
const struct format *format_find(struct bytes name);
/* "rfc5424, cef, ..." for messages. */
const char *format_names(void);

enum { FORMAT_ROOM = 128 << 10 }; /* holds any event with all its fields */

/* Writes the event in at most `limit` octets: first whole, then field by field less (the ranks of fields.c),
 * then with shortened texts, then with what is left to drop. Returns the size, 0 if even that is too long. */
size_t format_event(const struct format *f, const struct event *e, char *out, size_t limit, bool *shortened);

/* --- format_rfc5424.c --- */

/* The header of RFC 3164 that CEF and LEEF have over syslog, both vendors' guides show it: "<PRI>May 31
 * 04:12:09 HOST ", in UTC. The time to the millisecond stands in the message. */
void syslog_header(struct text *t, const struct event *e, struct detail d);

/* --- sentence.c: plain words --- */

/* One line without a full stop's worth of markup: what left, from where, to whom, why it matters. */
void sentence_write(struct text *t, const struct event *e, struct detail d);
/* Why the verdict matters and what to do about it; static texts. */
const char *sentence_reason(unsigned verdict);
const char *sentence_advice(unsigned verdict);

#endif
