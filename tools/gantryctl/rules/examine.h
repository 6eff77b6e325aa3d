/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRYCTL_EXAMINE_H
#define GANTRYCTL_EXAMINE_H

#include "inspect/trial.h"

#include <stdio.h>

/* A local file or a rule's example through the inspector that the sensor runs. */
struct examiner;

struct ruleset_file {
    void *region;
    struct arena arena;
    struct problems problems;
    const struct ruleset *rules; /* NULL: see problems */
};

/* Loads rules from files and folders; the problems are for the caller to print. */
void examine_load(struct ruleset_file *f, const char *const *paths, size_t count);
void examine_unload(struct ruleset_file *f);

struct examiner *examiner_create(const struct ruleset *rules, struct error *e);
void examiner_destroy(struct examiner *x);

/* For examples of rules. */
struct trial *examiner_trial(struct examiner *x);
/* The object is valid until the next call. */
const struct object *examine_bytes(struct examiner *x, struct bytes name, struct bytes content);
/* NULL with errno set. Bytes are handed on in packet-sized pieces, as on a wire. */
const struct object *examine_file(struct examiner *x, const char *path);

/* Says for people, or as one JSON line, what holds and why; `all` also says why not for each other rule. */
void explain_object(FILE *out, const struct ruleset *rules, const struct object *o, const char *path,
                    bool all);
void explain_object_json(FILE *out, const struct object *o, const char *path);

#endif
