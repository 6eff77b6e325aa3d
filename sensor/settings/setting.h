/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_SETTING_H
#define GANTRY_BASE_SETTING_H

#include "base/clock.h"
#include "settings/arena.h"
#include "settings/problem.h"
#include "settings/doc.h"

/* Every option of a YAML map in one table: name, type, unit, bounds, default, help. Reading, checking and the
 * documentation (gantry --check, the man page's test) are made from it. Unknown keys, wrong types, values out
 * of bounds and missing required keys are reported with file, line, key, and the mend (the nearest
 * known key, the accepted form). */
enum setting_type {
    SETTING_BOOL,  /* bool:     true, false, yes, no, on, off */
    SETTING_COUNT, /* uint64_t: decimal digits, no unit, no leading zero ("010" is refused) */
    SETTING_SIZE, /* uint64_t: bytes; "64 KiB", "2 GiB", "200 MB", "1500 B"; a bare number is refused unless 0
                   */
    SETTING_DURATION, /* uint64_t: nanoseconds; "500 ms", "30 s", "5 min", "2 h", "7 d"; bare refused unless 0
                       */
    SETTING_TEXT,     /* const char *: arena copy */
    SETTING_CHOICE,   /* unsigned: index into `choices`, a NULL-terminated list */
    SETTING_DATE,     /* int32_t: days since 1970-01-01; ISO 8601 calendar date */
    SETTING_TEXTS,    /* struct setting_texts: a list of texts; a single text is a list of one */
    SETTING_MAP,      /* a map of keys: `table` reads them into the structure at `offset` */
    SETTING_CUSTOM,   /* whatever `read` makes of the node (lists of maps, lists of choices) */
};

struct setting_texts {
    const char *const *items;
    size_t count;
};

struct setting_reader {
    struct arena *arena;
    struct problems *problems;
    void *context; /* the caller's, for SETTING_CUSTOM */
};

struct setting {
    const char *key;
    enum setting_type type;
    size_t offset;      /* of the field in the output structure */
    uint64_t low, high; /* inclusive bounds of COUNT, SIZE and DURATION; high 0: none */
    const char *preset; /* default as it would be written, NULL: zero */
    bool required;
    bool restart; /* a change takes effect with the next start only; not for SETTING_MAP and SETTING_CUSTOM */
    const char *const *choices;
    /* Reads `node` into `field`; false after telling the problems. */
    bool (*read)(struct setting_reader *r, const struct doc_node *node, void *field);
    const struct setting *table; /* of a MAP, or of an entry of the list of maps that a CUSTOM reads */
    /* SETTING_MAP: do the values fit together? NULL: any do. `map` is NULL where it is not given. False after
     * telling the problems. */
    bool (*check)(struct setting_reader *r, const struct doc_node *map, void *options);
    const char *help; /* one line */
};

/* Fills `out` (already zeroed) from `map` by the table that ends with a NULL key; a NULL map gives the
 * defaults. Goes on after a problem, so that all are found; false if any was an error. */
bool setting_read(struct setting_reader *r, const struct doc_node *map, const struct setting *table, void *out);

/* For who has no file (tests, the command line): sets each field that the table gives a default, and no
 * other. */
void setting_defaults(const struct setting *table, void *out);

/* At a reload: where the table says that a change needs a restart, `out` keeps the value of `old`, and each
 * that the file changed is told as a warning with its line; returns how many. `name` is the map's ("sensor",
 * "" for the root), `file` the configuration's (a map may have gone with its keys). Both structures were
 * filled by this table. */
unsigned setting_keep(struct setting_reader *r, const struct doc_node *map, const char *name, const char *file,
                      const struct setting *table, const void *old, void *out);

/* One scalar by itself, for custom readers. */
bool setting_size(struct setting_reader *r, const struct doc_node *node, uint64_t *bytes);
bool setting_duration(struct setting_reader *r, const struct doc_node *node, uint64_t *ns);
bool setting_texts(struct setting_reader *r, const struct doc_node *node, struct setting_texts *out);

/* "FILE:LINE: error: KEY: ..." for this node; always false. */
__attribute__((format(printf, 3, 4))) bool setting_error(struct setting_reader *r, const struct doc_node *node,
                                                         const char *format, ...);

/* Days since 1970-01-01 of "2026-05-31"; false if it is no such day. */
bool date_parse(const char *text, int32_t *days);

#endif
