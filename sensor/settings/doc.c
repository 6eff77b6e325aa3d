/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/doc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

enum { BLOCK_SIZE = 64 << 10 };

/* Nodes and texts live in blocks that are freed together. */
struct block {
    struct block *next;
    size_t used, size;
    _Alignas(16) uint8_t data[];
};

struct doc {
    struct block *blocks;
    struct doc_node *root;
    const char *file;
    size_t nodes;
    struct hash_wide digest;
};

/* One collection that is not closed yet. */
struct level {
    struct doc_node *node;
    struct doc_node *last;
    const char *key; /* read, its value is to come */
    int key_line;
};

struct builder {
    struct doc *document;
    struct problems *problems;
    struct level level[DOC_DEPTH_MAX];
    unsigned depth;
    unsigned documents;
    bool done;
};

static void *take_room(struct doc *d, size_t n) {
    size_t rounded = (n + 15) & ~(size_t)15;
    struct block *b = d->blocks;
    if (!b || b->size - b->used < rounded) {
        size_t size = rounded > BLOCK_SIZE ? rounded : BLOCK_SIZE;
        b = malloc(sizeof *b + size);
        if (!b)
            return NULL;
        *b = (struct block){.next = d->blocks, .size = size};
        d->blocks = b;
    }
    void *p = b->data + b->used;
    b->used += rounded;
    return memset(p, 0, rounded);
}

static char *take_text(struct doc *d, const void *text, size_t n) {
    char *copy = take_room(d, n + 1);
    if (copy)
        memcpy(copy, text, n);
    return copy;
}

static bool refuse_line(struct builder *b, int line, const char *what) {
    return problem_error(b->problems, b->document->file, line, "%s", what);
}

static int line_of(const yaml_event_t *e) {
    return (int)e->start_mark.line + 1;
}

/* Makes a node and hangs it into the innermost open collection, or makes it the root. */
static struct doc_node *add_node(struct builder *b, const yaml_event_t *e, enum doc_kind kind) {
    struct doc *d = b->document;
    if (++d->nodes > DOC_NODES_MAX) {
        refuse_line(b, line_of(e), "the file has more than 2,000,000 values; split it");
        return NULL;
    }
    struct doc_node *node = take_room(d, sizeof *node);
    if (!node) {
        refuse_line(b, line_of(e), "no memory for the file");
        return NULL;
    }
    *node = (struct doc_node){.kind = kind, .file = d->file, .line = line_of(e)};
    if (b->depth == 0) {
        d->root = node;
        return node;
    }
    struct level *l = &b->level[b->depth - 1];
    node->parent = l->node;
    node->key = l->key;
    node->key_line = l->key_line;
    l->key = NULL;
    if (l->last)
        l->last->next = node;
    else
        l->node->child = node;
    l->last = node;
    l->node->children++;
    return node;
}

static bool expects_key(const struct builder *b) {
    const struct level *l = b->depth ? &b->level[b->depth - 1] : NULL;
    return l && l->node->kind == DOC_MAP && !l->key;
}

static bool on_scalar(struct builder *b, const yaml_event_t *e) {
    const char *value = (const char *)e->data.scalar.value;
    size_t n = e->data.scalar.length;
    if (memchr(value, '\0', n))
        return refuse_line(b, line_of(e), "the text holds a NUL character; take it out");
    const char *text = take_text(b->document, value, n);
    if (!text)
        return refuse_line(b, line_of(e), "no memory for the file");
    if (expects_key(b)) {
        if (n == 0)
            return refuse_line(b, line_of(e), "a key is empty; write it as KEY: VALUE");
        if (strcmp(text, "<<") == 0)
            return refuse_line(b, line_of(e), "merge keys (<<) are not supported; write the keys out");
        b->level[b->depth - 1].key = text;
        b->level[b->depth - 1].key_line = line_of(e);
        return true;
    }
    struct doc_node *node = add_node(b, e, DOC_TEXT);
    if (!node)
        return false;
    node->text = text;
    node->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return true;
}

static bool open_collection(struct builder *b, const yaml_event_t *e, enum doc_kind kind) {
    if (expects_key(b))
        return refuse_line(b, line_of(e), "a key must be a text, not a list or map");
    if (b->depth == DOC_DEPTH_MAX)
        return refuse_line(b, line_of(e), "lists and maps are nested more than 32 deep; flatten them");
    struct doc_node *node = add_node(b, e, kind);
    if (!node)
        return false;
    b->level[b->depth++] = (struct level){.node = node};
    return true;
}

/* Same keys stay in their order, so that the later one is told. */
static int compare_keys(const void *a, const void *b) {
    const struct doc_node *x = *(const struct doc_node *const *)a, *y = *(const struct doc_node *const *)b;
    int order = strcmp(x->key, y->key);
    return order ? order : (x->key_line > y->key_line) - (x->key_line < y->key_line);
}

/* Sorted instead of compared one by one: a map of a million keys must not take hours. */
static bool check_duplicates(struct builder *b, const struct doc_node *map) {
    bool ok = true;
    size_t n = 0;
    const struct doc_node **sorted = malloc((map->children + 1) * sizeof(struct doc_node *));
    if (!sorted)
        return refuse_line(b, map->line, "no memory for the file");
    for (const struct doc_node *c = map->child; c; c = c->next)
        sorted[n++] = c;
    qsort(sorted, n, sizeof(struct doc_node *), compare_keys);
    for (size_t i = 1; i < n; i++)
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0)
            ok = problem_error(b->problems, sorted[i]->file, sorted[i]->key_line,
                               "%s: is given twice, first in line %d; remove one", sorted[i]->key,
                               sorted[i - 1]->key_line);
    free(sorted);
    return ok;
}

static bool close_collection(struct builder *b) {
    const struct doc_node *node = b->level[--b->depth].node;
    return node->kind != DOC_MAP || node->children < 2 || check_duplicates(b, node);
}

/* Anchors, aliases and tags make a file that means something else than it seems to. */
static bool check_plain(struct builder *b, const yaml_event_t *e, const yaml_char_t *anchor,
                        const yaml_char_t *tag) {
    if (anchor)
        return refuse_line(b, line_of(e),
                           "anchors (&name) are not supported; write the value out where it is used");
    if (tag)
        return refuse_line(b, line_of(e), "tags (!name) are not supported; remove it");
    return true;
}

static bool on_event(struct builder *b, const yaml_event_t *e) {
    switch (e->type) {
    case YAML_DOCUMENT_START_EVENT:
        return ++b->documents == 1 ||
               refuse_line(b, line_of(e), "a second document (---) begins here; one file holds one document");
    case YAML_ALIAS_EVENT:
        return refuse_line(b, line_of(e), "aliases (*name) are not supported; write the value out");
    case YAML_SCALAR_EVENT:
        return check_plain(b, e, e->data.scalar.anchor, e->data.scalar.tag) && on_scalar(b, e);
    case YAML_SEQUENCE_START_EVENT:
        return check_plain(b, e, e->data.sequence_start.anchor, e->data.sequence_start.tag) &&
               open_collection(b, e, DOC_LIST);
    case YAML_MAPPING_START_EVENT:
        return check_plain(b, e, e->data.mapping_start.anchor, e->data.mapping_start.tag) &&
               open_collection(b, e, DOC_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_collection(b);
    case YAML_STREAM_END_EVENT:
        b->done = true;
        return true;
    default:
        return true;
    }
}

static bool tell_syntax(struct builder *b, const yaml_parser_t *p) {
    const char *reason = p->problem ? p->problem : "not YAML";
    int line = (int)p->problem_mark.line + 1;
    if (p->error == YAML_MEMORY_ERROR)
        return refuse_line(b, 0, "no memory for the file");
    if (p->error == YAML_READER_ERROR)
        return problem_error(b->problems, b->document->file, (int)p->mark.line + 1,
                             "%s near byte %zu; the file must be UTF-8 text", reason, p->problem_offset);
    if (!p->context)
        return problem_error(b->problems, b->document->file, line,
                             "%s; check the indentation, colons and quotes", reason);
    return problem_error(b->problems, b->document->file, line,
                         "%s, %s that begins in line %d; check the indentation, colons and quotes", reason,
                         p->context, (int)p->context_mark.line + 1);
}

static bool build_tree(struct builder *b, struct bytes text) {
    yaml_parser_t parser;
    yaml_event_t event;
    bool ok = true;
    if (!yaml_parser_initialize(&parser))
        return refuse_line(b, 0, "no memory for the file");
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, text.p ? text.p : (const uint8_t *)"", text.n);
    while (ok && !b->done) {
        if (!yaml_parser_parse(&parser, &event)) {
            ok = tell_syntax(b, &parser);
            break;
        }
        ok = on_event(b, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return ok;
}

/* Nothing but white space, comments or "---" is an empty map. */
static bool fill_root(struct doc *d) {
    if (d->root && (d->root->kind != DOC_TEXT || d->root->quoted || d->root->text[0]))
        return true;
    if (!d->root && !(d->root = take_room(d, sizeof *d->root)))
        return false;
    *d->root = (struct doc_node){.kind = DOC_MAP, .file = d->file, .line = 1};
    return true;
}

struct doc *doc_parse(const char *file, struct bytes text, struct problems *problems) {
    struct doc *d = calloc(1, sizeof *d);
    if (!d || !(d->file = take_text(d, file, strlen(file)))) {
        problem_error(problems, file, 0, "no memory for the file");
        goto failed;
    }
    struct builder b = {.document = d, .problems = problems};
    if (text.n > DOC_FILE_MAX) {
        problem_error(problems, file, 0, "the file is larger than 16 MiB; split it");
        goto failed;
    }
    if (!build_tree(&b, text) || !fill_root(d))
        goto failed;
    d->digest = hash_bytes_wide(&(struct hash_key){0}, text.p, text.n);
    return d;
failed:
    doc_free(d);
    return NULL;
}

/* At most DOC_FILE_MAX + 1 bytes, so that the caller sees when there are more. Works on pipes. */
static bool read_whole(int fd, uint8_t *buffer, size_t *n) {
    ssize_t got = 1;
    for (*n = 0; got > 0 && *n <= DOC_FILE_MAX; *n += (size_t)got) {
        do
            got = read(fd, buffer + *n, DOC_FILE_MAX + 1 - *n);
        while (got < 0 && errno == EINTR);
        if (got < 0)
            return false;
    }
    return true;
}

struct doc *doc_load(const char *file, struct problems *problems) {
    struct doc *d = NULL;
    size_t n;
    uint8_t *buffer = malloc(DOC_FILE_MAX + 1);
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (!buffer)
        problem_error(problems, file, 0, "no memory for the file");
    else if (fd < 0 || !read_whole(fd, buffer, &n))
        problem_error(problems, file, 0, "cannot be read: %s; check the path and its permissions",
                      strerror(errno));
    else
        d = doc_parse(file, bytes_of(buffer, n), problems);
    if (fd >= 0)
        close(fd);
    free(buffer);
    return d;
}

void doc_free(struct doc *d) {
    if (!d)
        return;
    for (struct block *b = d->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(d);
}

struct hash_wide doc_digest(const struct doc *d) {
    return d->digest;
}

const struct doc_node *doc_root(const struct doc *d) {
    return d->root;
}

const struct doc_node *doc_get(const struct doc_node *map, const char *key) {
    if (!map || map->kind != DOC_MAP)
        return NULL;
    for (const struct doc_node *c = map->child; c; c = c->next)
        if (strcmp(c->key, key) == 0)
            return c;
    return NULL;
}
