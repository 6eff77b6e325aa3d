/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_SETTINGS_DOC_H
#define GANTRY_SETTINGS_DOC_H

#include "base/bytes.h"
#include "base/hash.h"
#include "settings/problem.h"

#include <stddef.h>

/* A YAML 1.1 document as a tree in which every value keeps its file and line. Only this file knows libyaml.
 * Bounded: file size, nodes and depth; anchors and aliases, tags, duplicate keys, several documents and
 * non-scalar keys are refused with their line. A NUL byte or invalid UTF-8 is refused. */
enum doc_kind { DOC_TEXT, DOC_LIST, DOC_MAP };

struct doc_node {
    enum doc_kind kind;
    const char *file; /* as given to doc_load; lives as long as the document */
    int line;         /* 1-based */
    const char *text; /* DOC_TEXT: NUL-terminated value; in a map entry see `key` */
    bool quoted;      /* DOC_TEXT: written in quotes or as a block, so never null or a number by accident */
    const char *key;  /* the key under which this node stands in its map, else NULL */
    int key_line;
    const struct doc_node *child;  /* first entry of a list or map */
    const struct doc_node *parent; /* the list or map that this node stands in, NULL for the root */
    const struct doc_node *next;   /* next entry of the list or map that this node stands in */
    size_t children;
};

struct doc; /* owns all nodes */

enum { DOC_FILE_MAX = 16 << 20, DOC_NODES_MAX = 2000000, DOC_DEPTH_MAX = 32 };

/* NULL after telling `problems` (unreadable file, bad syntax with libyaml's reason and line, a limit).
 * An empty file gives an empty map. */
struct doc *doc_load(const char *file, struct problems *problems);
/* The same from memory; `file` is the name to report. */
struct doc *doc_parse(const char *file, struct bytes text, struct problems *problems);
/* Accepts NULL. */
void doc_free(struct doc *d);
const struct doc_node *doc_root(const struct doc *d);
/* Of the file's bytes, without a secret: to see whether two sensors have the same. */
struct hash_wide doc_digest(const struct doc *d);

/* The value under `key` of a map, NULL if there is none (or `map` is NULL or no map). */
const struct doc_node *doc_get(const struct doc_node *map, const char *key);

#endif
