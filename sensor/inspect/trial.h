/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_TRIAL_H
#define GANTRY_INSPECT_TRIAL_H

#include "inspect/inspector.h"

/* What is no traffic through an inspector of its own, as if it were: examples of rules, and local files for
 * who asks what holds for them. One object at a time. */
struct trial; /* opaque */

struct trial *trial_create(const struct ruleset *rules, struct error *e); /* NULL after saying why */
void trial_destroy(struct trial *t);                                      /* accepts NULL */

/* `path` is its name, of which what stands behind the last slash is the file's; `first`: its first octets, by
 * which its type is known. Forgets the object before. */
void trial_open(struct trial *t, struct bytes path, struct bytes first);
/* At most `piece` octets at a time. */
void trial_push(struct trial *t, struct bytes content, size_t piece);
/* It is whole. Valid until the next trial_open(). */
const struct object *trial_close(struct trial *t);

/* Does the rule do what its example or counterexample says, whole, byte by byte, and cut in two at TRIAL_CUTS
 * places at most? False after saying in words what is wrong. */
enum { TRIAL_CUTS = 32, TRIAL_WORDS = 160 };
bool trial_example(struct trial *t, const struct rule *rule, const struct rule_example *e,
                   char words[TRIAL_WORDS]);

#endif
