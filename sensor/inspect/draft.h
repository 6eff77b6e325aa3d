/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_DRAFT_H
#define GANTRY_INSPECT_DRAFT_H

#include "inspect/rules.h"

/* A rule's files as they are read; scans.c makes the tallies and databases of them. */
struct rules_draft {
    struct setting_reader reader;
    struct set_cache *cache; /* NULL: none */
    struct identifier *identifiers;
    size_t identifier_count;
    struct rule *rules;
    struct rule_condition *conditions;
    size_t rule_count;
    struct tally *tallies;
    size_t tally_count;
};

/* Finds or adds the tally; SIZE_MAX when there are too many. */
size_t draft_tally(struct rules_draft *d, const struct tally *wanted);
/* Compiles every scan. False after telling the problems. */
bool draft_scans(struct rules_draft *d, struct ruleset *r);
/* Reads the list under `examples` or `counterexamples` behind those in `out`, at most `most`. */
bool draft_examples(struct setting_reader *r, const struct doc_node *list, bool holds,
                    struct rule_example *out, size_t *count, size_t most);
/* One entry of the lists `identifiers` and `rules`; identifiers first. False after telling the problems. */
bool draft_identifier(struct rules_draft *d, const struct doc_node *node);
bool draft_rule(struct rules_draft *d, const struct doc_node *node);

/* For tables of settings: the node itself is the value. */
bool draft_keep_node(struct setting_reader *r, const struct doc_node *node, void *field);
bool draft_keep_list(struct setting_reader *r, const struct doc_node *node, void *field);

#endif
