/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_INSPECT_H
#define GANTRY_INSPECT_INSPECT_H

#include "base/hash.h"
#include "base/log.h"
#include "content/content.h"
#include "inspect/patterns/set_cache.h"
#include "settings/arena.h"
#include "settings/problem.h"
#include "settings/setting.h"

/* From objects to findings: rules over identifiers and object facts. Hyperscan is known to patterns/matcher.c
 * alone. */
struct rule {
    const char *id, *name, *description, *class;
    unsigned severity; /* 1..10, as the alert has it */
    struct setting_texts references;
    unsigned number;                        /* in the ruleset, from 0 */
    const struct rule_condition *condition; /* inspect/ alone looks inside, and tools that explain */
};

struct ruleset; /* immutable, in the snapshot's arena, Hyperscan databases included */

/* Loads files and folders (*.yaml in them, sorted by name, not hidden). NULL after telling the problems:
 * unknown key, wrong type, duplicate id, bad pattern with Hyperscan's reason, unbounded counted pattern;
 * warnings for costly patterns. What was compiled before comes from `cache` (NULL: none). */
const struct ruleset *ruleset_load(const char *const *paths, size_t count, struct set_cache *cache,
                                   struct arena *arena, struct problems *problems);
/* Does every rule do what its examples say, however they are cut into pieces (trial.h)? A library of patterns
 * that misses is found so before traffic passes it by. What was proven of the same rules with the same
 * library on the same kind of processor is found in `cache` (NULL: none) and costs nothing. False after
 * telling the problems, each with its rule. */
bool ruleset_prove(const struct ruleset *r, struct set_cache *cache, struct problems *problems);
/* Where rules are looked for when nobody says where: /etc/gantry/rules, else those installed with the
 * program, else those of the source tree that it was built in. Static text; it may name a folder that is not
 * there. */
const char *ruleset_default_path(void);
/* Of its files, in their order, as doc_digest(). */
struct hash_wide ruleset_digest(const struct ruleset *r);
size_t ruleset_count(const struct ruleset *r);
const struct rule *ruleset_rule(const struct ruleset *r, size_t index);
/* What the sensor itself finds, and no file of rules: an object that a bound cut. Its `condition` is NULL. */
extern const struct rule rule_unread_object;
/* Distinct class names of all rules, those of the sensor's own included, for checking contracts:
 * NULL-terminated. */
const char *const *ruleset_classes(const struct ruleset *r);

enum { FINDING_DIGESTS_MAX = 1024, FINDING_SAMPLE_MAX = 64 };

struct finding {
    const struct rule *rule;
    const struct object *object;
    uint32_t distinct;       /* distinct counted values seen so far (plates), 0 if the rule counts nothing */
    bool at_least;           /* counting stopped at its limit: there may be more */
    const uint64_t *digests; /* keyed digests of distinct values, digest_count of them */
    uint32_t digest_count;
    char sample[FINDING_SAMPLE_MAX]; /* one redacted value ("AB***34"), "" for none; never a whole plate */
};

struct finding_sink {
    void *context;
    /* Once per rule and object, as soon as the rule holds. */
    void (*found)(void *context, const struct finding *f);
};

struct inspector_options {
    uint64_t memory;            /* bytes for streams and counting sets */
    uint32_t distinct_max;      /* distinct values counted in an object; 0: 1,024 */
    struct hash_key digest_key; /* of the sensor: same key, same digests */
};

struct inspector; /* scratch and pools: each worker has one for each snapshot; no lock */
struct inspector *inspector_create(const struct ruleset *rules, const struct inspector_options *options,
                                   const struct finding_sink *sink, struct error *e);
void inspector_destroy(struct inspector *i);
/* Share in use of the memory for objects that are looked into, 0..1000. */
unsigned inspector_fill(const struct inspector *i);
size_t inspector_objects(const struct inspector *i);  /* looked into now */
size_t inspector_readers(const struct inspector *i);  /* objects at most whose tables are read at once */
uint64_t inspector_memory(const struct inspector *i); /* bytes that it has taken from the system */

/* The object_sink's calls; `o->inspection` is the inspector's. */
void inspector_opened(struct inspector *i, struct object *o);
void inspector_data(struct inspector *i, struct object *o, const uint8_t *bytes, size_t n);
void inspector_gap(struct inspector *i, struct object *o, uint64_t n);
/* The type that the object has now opens its rules; those of the old type that hold go on holding. */
void inspector_retyped(struct inspector *i, struct object *o, struct bytes again);
/* When it returns `found` has been called for every rule that holds. inspector_forget() frees the state. */
void inspector_closed(struct inspector *i, struct object *o);

/* All text of a closed object in which nothing was found, if it is small enough to be one record of many; n
 * == 0: it is not. Lives until inspector_forget(). */
struct bytes inspector_small(const struct object *o);

/* Rules that held for a closed object: at most `most`, in ruleset order; returns how many hold. */
size_t inspector_rules(const struct object *o, const struct rule **out, size_t most);
/* The finding as it stands now, e.g. distinct values at the end; false if that rule did not hold. */
bool inspector_finding(const struct object *o, const struct rule *rule, struct finding *out);
void inspector_forget(struct inspector *i, struct object *o);

#endif
