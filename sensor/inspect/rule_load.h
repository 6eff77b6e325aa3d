/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_RULE_LOAD_H
#define GANTRY_INSPECT_RULE_LOAD_H

#include "inspect/rules.h"

/* One load of rule files: what has been read so far, in the arena. rules.c opens the files, rule_load.c and
 * rule_examples.c read their entries, rule_scans.c makes tallies and databases of them. */
struct rule_load {
    struct setting_reader reader;
    struct set_cache *cache; /* NULL: none */
    struct identifier *identifiers;
    size_t identifier_count;
    struct rule *rules;
    struct rule_condition *conditions;
    size_t rule_count;
    struct tally *tallies;
    size_t tally_count;
    uint8_t digest[SET_CACHE_KEY];
    const struct pattern_width *widths; /* of identifiers in their order, kept from an earlier load */
    size_t width_count;
};

/* The number of this tally, which is added if no rule asked for it before; SIZE_MAX when there are too many.
 */
size_t rule_load_tally(struct rule_load *l, const struct tally *wanted);
/* Compiles every scan. False after telling the problems. */
bool rule_load_scans(struct rule_load *l, struct ruleset *r);
/* Reads the list under `examples` or `counterexamples` behind those in `out`, at most `most`. */
bool rule_load_examples(struct setting_reader *r, const struct doc_node *list, bool holds,
                        struct rule_example *out, size_t *count, size_t most);
/* One entry of the lists `identifiers` and `rules`; identifiers first. False after telling the problems. */
bool rule_load_identifier(struct rule_load *l, const struct doc_node *node);
bool rule_load_rule(struct rule_load *l, const struct doc_node *node);

/* For tables of settings: the node itself is the value. */
bool rule_keep_node(struct setting_reader *r, const struct doc_node *node, void *field);
bool rule_keep_list(struct setting_reader *r, const struct doc_node *node, void *field);

#endif
