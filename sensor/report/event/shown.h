/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_SHOWN_H
#define GANTRY_REPORT_SHOWN_H

#include "base/log.h"
#include "channel/channel.h"

/* What alerts show of a record, kept while an incident or an alarm of the ledger lasts. */
enum { SHOWN_NAME_MAX = 255 };

/* Into `b`: the record with `class` its only class and its first rule its only rule, plates covered in what
 * its sender wrote, texts cut, digests left out. The texts may be replaced before shown_pack(). */
void shown_fill(struct record_builder *b, const struct record *r, struct bytes class);
/* A copy for free(); NULL: no memory. */
struct record *shown_pack(const struct record_builder *b, uint64_t id);
/* The same from stored octets, covered again: an older sensor may have stored more. NULL: no memory, or no
 * record of this version. */
struct record *shown_read(struct bytes stored);
/* Covers plates (redact.h) in the facts that transfer/fact_table.h says it of. */
void shown_cover(struct record *r);
/* What the object is called: the first of its facts that rules read as a name. */
struct bytes shown_called(const struct record *r);
/* At most SHOWN_NAME_MAX octets of it. */
struct bytes shown_cut(struct bytes text);

/* A name that every run over the same traffic gives again: a version 8 UUID (RFC 9562 section 5.8) from the
 * sensor, the key and the time of the first record. */
enum { SHOWN_KEY_MAX = 1024 };
void shown_name(char out[37], const char *observer, struct bytes key, time_ns first);
/* Adds at most SHOWN_NAME_MAX octets of `part` and a newline, which is in none of the parts, behind the first
 * `n` octets; the new size. A key has four parts at most. */
size_t shown_key_add(uint8_t *key, size_t n, struct bytes part);

#endif
