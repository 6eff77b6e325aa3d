/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include "base/hex.h"
#include "config/config_sections.h"
#include "settings/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_DIGITS = 32 };

static bool parse_key(struct bytes text, struct hash_key *out) {
    uint64_t half[2] = {0, 0};
    text = bytes_trim(text);
    if (text.n != KEY_DIGITS)
        return false;
    for (size_t i = 0; i < KEY_DIGITS; i++) {
        int digit = hex_value(text.p[i]);
        if (digit < 0)
            return false;
        half[i / 16] = half[i / 16] << 4 | (unsigned)digit;
    }
    *out = (struct hash_key){half[0], half[1]};
    return true;
}

/* Whoever reads the key can guess plates until a
 * digest matches, so others' permissions are told. */
static bool read_key(const struct doc_node *node, struct config *c, struct problems *problems) {
    char text[128];
    struct stat st = {0};
    const char *file = node->file, *path = c->sensor.digest_key_file;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = fd >= 0 && fstat(fd, &st) == 0 ? read(fd, text, sizeof text) : -1;
    int reason = errno;
    if (fd >= 0)
        close(fd);
    if (n < 0)
        return problem_error(problems, file, node->line,
                             "digest-key: %s cannot be read: %s; check the path and its permissions", path,
                             strerror(reason));
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        problem_warning(problems, file, node->line,
                        "digest-key: others than its owner may read %s; run chmod 600 on it", path);
    return parse_key(bytes_of(text, (size_t)n), &c->sensor.digest_key) ||
           problem_error(
               problems, file, node->line,
               "digest-key: %s does not hold %d hexadecimal digits; make it with openssl rand -hex %d", path,
               KEY_DIGITS, KEY_DIGITS / 2);
}

static bool load_rules(struct config *c, struct set_cache *cache, struct arena *arena,
                       struct problems *problems) {
    const char *path = ruleset_default_path();
    if (!c->rule_paths.items) {
        const char **items = arena_array(arena, 1, sizeof *items);
        if (!items || !(items[0] = arena_text(arena, path, strlen(path))))
            return false;
        c->rule_paths = (struct setting_texts){items, 1};
    }
    if (c->rule_paths.count == 0)
        return false; /* told where it was read */
    c->rules = ruleset_load(c->rule_paths.items, c->rule_paths.count, cache, arena, problems);
    return c->rules != NULL && ruleset_prove(c->rules, cache, problems);
}

static int line_of(const struct doc_node *node) {
    return node ? node->line : 0;
}

/* Relative paths begin in the configuration file's folder. */
static void place_paths(const char *file, struct config *c, struct arena *arena) {
    if (c->sensor.state)
        c->sensor.state = path_beside(arena, file, c->sensor.state);
    if (c->sensor.digest_key_file)
        c->sensor.digest_key_file = path_beside(arena, file, c->sensor.digest_key_file);
    if (c->sensor.control && strcmp(c->sensor.control, "off") != 0)
        c->sensor.control = path_beside(arena, file, c->sensor.control);
}

/* The running key digests what incidents have counted already, and its file may be the superuser's alone. */
static void keep_running(const struct doc_node *root, const char *file, const struct config *running,
                         struct config *c, struct arena *arena, struct problems *problems) {
    struct setting_reader r = {.arena = arena, .problems = problems};
    c->waiting = setting_keep(&r, root, "", file, config_sections, running, c);
    c->sensor.digest_key = running->sensor.digest_key;
    c->fleet.secret = running->fleet.secret;
    c->fleet.keyed = running->fleet.keyed;
    memcpy(c->fleet.password, running->fleet.password, sizeof c->fleet.password);
}

static void find_key(const struct doc_node *root, struct config *c, struct problems *problems) {
    const struct doc_node *key = doc_get(doc_get(root, "sensor"), "digest-key");
    bool fleet = fleet_read_files(doc_get(root, "fleet"), &c->fleet, problems);
    c->sensor.digest_key = fleet && c->fleet.keyed ? c->fleet.secret.values : hash_key_random();
    if (key && c->sensor.digest_key_file)
        read_key(key, c, problems);
}

/* All of it, so that one run tells all problems. */
static void load_parts(const struct doc_node *root, const char *file, const struct config *running,
                       struct config *c, struct set_cache *cache, struct arena *arena,
                       struct problems *problems) {
    bool sections = config_read(root, arena, problems, c);
    place_paths(file, c, arena);
    if (sections && running) /* before others warn: it comes first in what is told */
        keep_running(root, file, running, c, arena, problems);
    bool rules = !arena->failed && load_rules(c, cache, arena, problems);
    c->policy = policy_load(root, arena, problems, rules ? ruleset_classes(c->rules) : NULL, identify_knows);
    c->file = file ? arena_text(arena, file, strlen(file)) : NULL;
    c->line = (struct config_lines){line_of(doc_get(doc_get(root, "sensor"), "memory")),
                                    line_of(doc_get(root, "limits"))};
    if (sections && !running)
        find_key(root, c, problems);
    if (file && c->policy && policy_image_networks(c->policy) == 0)
        problem_warning(
            problems, file, 0,
            "image-networks: none are given, so nothing leaves one and nothing is inspected without "
            "--inspect-all; add the networks of the cameras");
}

const struct config *config_load(const char *path, const struct config *running, struct set_cache *cache,
                                 struct arena *arena, struct problems *problems) {
    size_t errors = problems->errors;
    struct doc *document = path ? doc_load(path, problems) : NULL;
    struct config *c = arena_alloc(arena, sizeof *c);
    if (path && !document)
        return NULL;
    if (c && document)
        c->file_digest = doc_digest(document);
    if (c)
        load_parts(document ? doc_root(document) : NULL, path, running, c, cache, arena, problems);
    if (arena->failed && problems->errors == errors)
        problem_error(problems, path, 0,
                      "there is no room for the configuration; list fewer networks and rules");
    doc_free(document);
    return problems->errors == errors ? c : NULL;
}
