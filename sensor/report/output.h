/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_OUTPUT_H
#define GANTRY_REPORT_OUTPUT_H

#include "report/format.h"
#include "report/outbox.h"
#include "report/transport.h"

/* The transport of a target and what follows its scheme; NULL if none knows it. */
const struct transport *transport_find(const char *to, const char **rest);
const char *transport_usages(void); /* for messages */

/* --- delivery.c: one output at work
 * ----------------------------------------------------------------------------- */

struct delivery; /* opaque */

struct delivery_options {
    uint64_t held_max;
    bool offline; /* a file or pipe that does not take messages now is waited for */
};

struct delivery *delivery_create(const struct output_config *config, const struct delivery_options *options,
                                 struct error *e);
void delivery_destroy(struct delivery *d);
/* Writes the event in the output's format and holds the message, if the output is to have its kind. */
void delivery_put(struct delivery *d, const struct event *e);
void delivery_pump(struct delivery *d); /* never blocks */
bool delivery_poll(const struct delivery *d, struct pollfd *fd);
void delivery_reopen(struct delivery *d);
/* From now on an acknowledged message is delivered; returns how many are not. */
uint64_t delivery_finish(struct delivery *d);
void delivery_tell_undelivered(const struct delivery *d);

#endif
