/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_RULES_H
#define GANTRY_INSPECT_RULES_H

#include "inspect/inspect.h"
#include "inspect/patterns/matcher.h"

/* The inside of a ruleset, for the inspector and for tools that explain it. All of it lies in the arena; a
 * validator is an index, not a pointer, so that a cached snapshot holds no address of code. */
enum scope {
    SCOPE_NAME,
    SCOPE_PATH,
    SCOPE_METADATA,
    SCOPE_TEXT,
    SCOPE_CONTENT,
    SCOPE_LISTING,
    SCOPE_CELLS,
    SCOPE_COUNT
};
extern const char *const scope_names[SCOPE_COUNT + 1]; /* NULL-terminated, as in the files */

enum { IDENTIFIERS_MAX = 2048, RULES_MAX = 2048, SCANS_MAX = 256, VALUE_WIDTH_MAX = 512 };

struct identifier {
    const char *id, *description, *file;
    int line, pattern_line;
    struct pattern pattern;
    struct pattern_width width;
    int validator; /* index into validator_table, -1 for none */
    bool literal;  /* holds a fixed run of bytes, so it may run on binary content */
};

/* Distinct values of some identifiers in some scopes of one object; rules that ask for the same share it. */
struct tally {
    const unsigned *identifiers;
    size_t count;
    unsigned scopes; /* bits 1 << enum scope */
    bool reported; /* a finding shows it: count on up to the inspector's limit, else only up to `distinct` */
    uint32_t distinct; /* the most that a rule asks for */
    uint32_t spread;
    uint32_t share; /* names of a listing, in a hundred, in which a value must stand; 0: not asked */
    bool shared;    /* matches rarely: with others in SCAN_VALUES */
};

/* A scan without some of its patterns, of which an object needs no more: those of the others go on as if they
 * stood in the scan. */
struct scan_variant {
    const unsigned *left_out; /* identifiers */
    size_t count;
    size_t set; /* number of its patterns' set */
};

/* What is matched together over the bytes of one scope. Its patterns' set has the scan's number. */
struct scan {
    enum scope scope;
    enum scan_kind {
        SCAN_PLAIN,  /* patterns of which only the presence is asked */
        SCAN_VALUES, /* patterns with a literal, whose values a validator or a count has to see */
        SCAN_TALLY,  /* one count whose patterns match often: stopped alone once it is full */
    } kind;
    unsigned width;          /* of the widest pattern; 0 for SCAN_PLAIN */
    const unsigned *tallies; /* that count in this scan */
    size_t tally_count;
    size_t patterns;
    const struct pattern_set *set;
    const struct scan_variant *variants;
    size_t variant_count;
};

struct count_condition {
    unsigned tally;
    uint32_t distinct; /* values at least */
    uint32_t spread;   /* different values at least once the digits are taken out; 0: not asked */
};

/* What must be so of the tables in an object: rows/rows.h. */
struct rows_condition {
    bool asked;
    unsigned plate_column; /* bits 1 << enum plate_column, 0 for any */
    uint32_t rows, plates; /* at least */
    bool time_column, state_column, reader_column;
    uint32_t jurisdictions; /* one of them fits; 0 for any */
};
enum plate_column { PLATE_COLUMN_NAMED, PLATE_COLUMN_SHAPED };

struct identifier_list {
    const unsigned *items;
    size_t count;
};

struct rule_example {
    const char *file;
    int line;
    bool holds;        /* an example; false: a counterexample */
    struct bytes name; /* and path */
    struct bytes content;
};

struct rule_condition {
    struct identifier_list all, any, none;
    const struct count_condition *counts;
    size_t count_count;
    struct rows_condition rows;
    unsigned scopes; /* `content` brings `text` and `metadata`: an object is matched in one of the three */
    struct setting_texts types;      /* MIME types, with globs */
    unsigned kinds;                  /* bits 1 << enum file_kind, 0 for any */
    struct setting_texts encryption; /* what it is encrypted with, with globs; none: not asked */
    struct setting_texts notes;      /* what is odd about it, likewise: one of its words */
    uint64_t size_min, size_max;     /* size_max 0: none */
    enum { COMPLETE_ANY, COMPLETE_NO, COMPLETE_YES } complete;
    bool late;                         /* can only be decided at the object's end */
    struct setting_texts gives_way_to; /* classes: where one of them was found this rule adds nothing */
    const struct rule_example *examples;
    size_t example_count;
    const char *file;
    int line;
};

struct ruleset {
    const struct identifier *identifiers;
    size_t identifier_count;
    const struct rule *rules;
    size_t rule_count;
    const struct tally *tallies;
    size_t tally_count;
    const struct scan *scans;
    size_t scan_count;
    const struct pattern_set *const
        *sets; /* of the scans, in their order, and behind them of their variants */
    size_t set_count;
    unsigned tail; /* bytes to look back for the widest pattern whose value is needed */
    const char *const *classes;
    uint8_t digest[SET_CACHE_KEY]; /* of all that its files say, of what reads them and of what matches */
    struct hash_wide files_digest; /* of the files, in their order */
};

static inline bool identifiers_hold(const unsigned *list, size_t count, unsigned identifier) {
    for (size_t i = 0; i < count; i++)
        if (list[i] == identifier)
            return true;
    return false;
}

/* `glob` may hold '*' and '?'; ASCII case is ignored. */
bool glob_matches(const char *glob, const char *text);

#endif
