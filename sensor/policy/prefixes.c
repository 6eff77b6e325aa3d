/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/prefixes.h"

#include "policy/contracts.h"
#include "policy/networks.h"
#include "policy/overlaps.h"

#include "settings/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 256, PREFIXES_MAX = 2000000 };

/* The key under which a prefix stands in the configuration, or its file's name does. */
static const char *key_of(uint32_t value, bool file) {
    switch (value >> PLACE_KIND_SHIFT) {
    case PLACE_UNKNOWN:
        return "announced-prefixes";
    case PLACE_READER:
        return "readers: prefixes";
    case PLACE_RELAY:
        return "relays";
    case PLACE_INTERNAL:
        return "internal-networks";
    default:
        return file ? "prefixes-file" : "prefixes";
    }
}

static bool add_entry(struct loading *l, const struct network_entry *e, const char *text) {
    const char *why;
    struct network_entry entry = *e;
    const char *key = key_of(e->value, false);
    if (!prefix_parse(text, &entry.prefix, &why))
        return problem_error(l->problems, e->file, e->line, "%s: \"%.80s\": %s", key, text, why);
    if (l->entry_count == PREFIXES_MAX)
        return problem_error(l->problems, e->file, e->line,
                             "%s: there are more than 2,000,000 prefixes; join neighbours", key);
    if (!loading_grow(l, &l->entries, &l->entry_room, l->entry_count, sizeof entry))
        return false;
    l->entries[l->entry_count++] = entry;
    return true;
}

static bool add_item(struct setting_reader *r, const struct doc_node *item, uint32_t value,
                     const char *owner) {
    const struct network_entry e = {.value = value, .line = item->line, .file = item->file, .owner = owner};
    if (item->kind != DOC_TEXT)
        return setting_error(r, item, "is not a prefix; write it like 198.51.100.0/24 or 2001:db8::/32");
    return add_entry(r->context, &e, item->text);
}

bool prefixes_read(struct setting_reader *r, const struct doc_node *node, uint32_t value, const char *owner) {
    bool ok = true;
    if (node->kind == DOC_TEXT)
        return add_item(r, node, value, owner);
    if (node->kind == DOC_MAP)
        return setting_error(r, node,
                             "is a map where a list of prefixes belongs; write [198.51.100.0/24, ...]");
    for (const struct doc_node *item = node->child; item; item = item->next)
        ok = add_item(r, item, value, owner) && ok;
    return ok;
}

/* A comment and white space go; NULL when nothing is left. */
static char *strip_line(char *line) {
    line[strcspn(line, "#")] = '\0';
    struct bytes text = bytes_trim(bytes_text(line));
    if (text.n == 0)
        return NULL;
    char *start = line + (text.p - (const uint8_t *)line);
    start[text.n] = '\0';
    return start;
}

static bool read_lines(struct loading *l, FILE *f, struct network_entry *e) {
    char line[LINE_MAX_BYTES];
    bool ok = true;
    for (e->line = 1; fgets(line, sizeof line, f); e->line++) {
        if (!strchr(line, '\n') && !feof(f))
            return problem_error(
                l->problems, e->file, e->line,
                "%s: the line is longer than %d bytes or holds a NUL; write one prefix a line",
                key_of(e->value, true), LINE_MAX_BYTES - 2);
        char *text = strip_line(line);
        if (text && !add_entry(l, e, text))
            ok = false;
    }
    return ok;
}

/* Regular files alone: a pipe would stop the load for ever. */
static FILE *open_regular(const char *path) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        errno = EINVAL;
        return NULL;
    }
    FILE *f = fdopen(fd, "r");
    if (!f)
        close(fd);
    return f;
}

bool prefixes_read_file(struct setting_reader *r, const struct doc_node *node, uint32_t value,
                        const char *owner) {
    struct network_entry e = {.value = value, .owner = owner ? owner : ""};
    if (node->kind != DOC_TEXT || !node->text[0])
        return setting_error(r, node, "is not the path of a file; write one");
    char *path = path_beside(r->arena, node->file, node->text);
    if (!path)
        return setting_error(r, node, "there is no room left for it; make the file smaller");
    FILE *f = open_regular(path);
    if (!f)
        return setting_error(r, node, "%.200s cannot be read: %s; check the path and its permissions", path,
                             errno == EINVAL ? "not a regular file" : strerror(errno));
    e.file = path;
    bool ok = read_lines(r->context, f, &e);
    fclose(f);
    return ok;
}
