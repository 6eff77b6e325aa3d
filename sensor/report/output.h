/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_OUTPUT_H
#define GANTRY_REPORT_OUTPUT_H

#include "report/format/format.h"
#include "report/outbox.h"
#include "report/report.h"
#include "report/transport/transport.h"

/* --- delivery.c: one output at work --- */

struct delivery; /* opaque */

struct delivery_options {
    uint64_t held_max;
    bool offline; /* a file or pipe that does not take messages now is waited for */
};

struct delivery *delivery_create(const struct output_config *config, const struct delivery_options *options,
                                 struct error *e);
void delivery_destroy(struct delivery *d);
/* Writes the event in the output's format and holds the message, if the output is to have its kind; a test in
 * any case, and its fate is looked after from now on. */
void delivery_put(struct delivery *d, const struct event *e);
void delivery_facts(struct delivery *d, struct output_facts *out);
void delivery_pump(struct delivery *d); /* never blocks */
bool delivery_poll(const struct delivery *d, struct pollfd *fd);
void delivery_reopen(struct delivery *d);
/* From now on an acknowledged message is delivered; returns how many are not. */
uint64_t delivery_finish(struct delivery *d);
void delivery_tell_undelivered(const struct delivery *d);
/* True once after messages had to be dropped where none had since the last that was delivered. */
bool delivery_overflowed(struct delivery *d);
uint64_t delivery_held(const struct delivery *d); /* messages */
bool delivery_crowded(const struct delivery *d);  /* its room is half used */

/* In the store, as of outbox.h; a second output of one name gets a number. */
const char *delivery_name(const struct delivery *d);
void delivery_rename(struct delivery *d, unsigned number);
void delivery_keep(struct delivery *d, bool kept);
bool delivery_save(const struct delivery *d, struct store *store);
void delivery_saved(struct delivery *d);
void delivery_spoil(struct delivery *d);
void delivery_load_sequence(struct delivery *d, uint64_t sequence);
bool delivery_load(struct delivery *d, uint64_t number, unsigned rank, struct bytes message);

#endif
