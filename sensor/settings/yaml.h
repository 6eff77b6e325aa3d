/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_YAML_H
#define GANTRY_BASE_YAML_H

#include "base/bytes.h"
#include "settings/problem.h"

#include <stddef.h>

/* A YAML 1.1 document as a tree in which every value keeps its file and line. Only this file knows libyaml.
 * Bounded: file size, nodes and depth; anchors and aliases, tags, duplicate keys, several documents and
 * non-scalar keys are refused with their line. A NUL byte or invalid UTF-8 is refused. */
enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml {
    enum yaml_kind kind;
    const char *file; /* as given to yaml_load; lives as long as the document */
    int line;         /* 1-based */
    const char *text; /* YAML_TEXT: NUL-terminated value; in a map entry see `key` */
    bool quoted;      /* YAML_TEXT: written in quotes or as a block, so never null or a number by accident */
    const char *key;  /* the key under which this node stands in its map, else NULL */
    int key_line;
    const struct yaml *child;  /* first entry of a list or map */
    const struct yaml *parent; /* the list or map that this node stands in, NULL for the root */
    const struct yaml *next;   /* next entry of the list or map that this node stands in */
    size_t children;
};

struct yaml_document; /* owns all nodes */

enum { YAML_FILE_MAX = 16 << 20, YAML_NODES_MAX = 2000000, YAML_DEPTH_MAX = 32 };

/* NULL after telling `problems` (unreadable file, bad syntax with libyaml's reason and line, a limit).
 * An empty file gives an empty map. */
struct yaml_document *yaml_load(const char *file, struct problems *problems);
/* The same from memory; `file` is the name to report. */
struct yaml_document *yaml_parse(const char *file, struct bytes text, struct problems *problems);
/* Accepts NULL. Hidden: libyaml's shared object calls a function of its own of this name. */
__attribute__((visibility("hidden"))) void yaml_free(struct yaml_document *d);
const struct yaml *yaml_root(const struct yaml_document *d);

/* The value under `key` of a map, NULL if there is none (or `map` is NULL or no map). */
const struct yaml *yaml_get(const struct yaml *map, const char *key);

#endif
