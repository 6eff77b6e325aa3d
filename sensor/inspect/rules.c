/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/patterns/matcher.h"
#include "inspect/rule_load.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_MAX = 1024 };

/* --- files --- */

struct files {
    char *names[FILES_MAX];
    struct doc *documents[FILES_MAX];
    size_t count;
};

static bool add_file(struct files *f, const char *name, struct problems *problems) {
    if (f->count == FILES_MAX)
        return problem_error(problems, name, 0,
                             "is one rule file too many; put rules together into at most %d files",
                             FILES_MAX);
    char *copy = strdup(name);
    if (!copy)
        return problem_error(problems, name, 0, "cannot be read: out of memory");
    f->names[f->count++] = copy;
    return true;
}

static int is_rule_file(const struct dirent *d) {
    size_t n = strlen(d->d_name);
    return d->d_name[0] != '.' && n > 5 && strcmp(d->d_name + n - 5, ".yaml") == 0;
}

static bool add_folder(struct files *f, const char *folder, struct problems *problems) {
    struct dirent **entries = NULL;
    bool ok = true;
    int n = scandir(folder, &entries, is_rule_file, alphasort);
    if (n < 0)
        return problem_error(problems, folder, 0,
                             "cannot be read: %s; give a readable folder of *.yaml files", strerror(errno));
    if (n == 0)
        ok = problem_error(problems, folder, 0,
                           "holds no rule file; put *.yaml files there or name another folder");
    for (int i = 0; i < n; i++) {
        char name[4096];
        snprintf(name, sizeof name, "%s/%s", folder, entries[i]->d_name);
        ok = add_file(f, name, problems) && ok;
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static bool find_files(struct files *f, const char *const *paths, size_t count, struct problems *problems) {
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        struct stat st;
        if (stat(paths[i], &st) != 0)
            ok = problem_error(problems, paths[i], 0,
                               "cannot be read: %s; name a rule file or a folder of them", strerror(errno));
        else
            ok = (S_ISDIR(st.st_mode) ? add_folder : add_file)(f, paths[i], problems) && ok;
    }
    return ok;
}

static void close_files(struct files *f) {
    for (size_t i = 0; i < f->count; i++) {
        doc_free(f->documents[i]);
        free(f->names[i]);
    }
}

/* --- the whole --- */

struct file_entry {
    const struct doc_node *identifiers, *rules;
};

static const struct setting file_table[] = {
    {.key = "identifiers",
     .type = SETTING_CUSTOM,
     .read = rule_keep_list,
     .offset = offsetof(struct file_entry, identifiers),
     .help = "patterns that rules name"},
    {.key = "rules",
     .type = SETTING_CUSTOM,
     .read = rule_keep_list,
     .offset = offsetof(struct file_entry, rules),
     .help = "conditions over identifiers and object facts"},
    {0},
};

static bool read_entries(struct rule_load *l, const struct doc_node *list,
                         bool (*read)(struct rule_load *, const struct doc_node *)) {
    bool ok = true;
    for (const struct doc_node *c = list ? list->child : NULL; c; c = c->next) {
        if (c->kind == DOC_MAP)
            ok = read(l, c) && ok;
        else
            ok = problem_error(l->reader.problems, c->file, c->line,
                               "%s: an entry is no map; write \"- id: NAME\" and its keys below", list->key);
    }
    return ok;
}

/* --- the digest --- */

/* What stands where; whatever is written in another way and means the same has another digest. */
static bool digest_node(EVP_MD_CTX *c, const struct doc_node *n) {
    const char *const texts[] = {n->key ? n->key : "", n->kind == DOC_TEXT ? n->text : ""};
    const uint64_t numbers[] = {n->kind, n->quoted, n->children};
    bool ok = EVP_DigestUpdate(c, numbers, sizeof numbers) == 1;
    for (size_t i = 0; i < 2 && ok; i++)
        ok = EVP_DigestUpdate(c, texts[i], strlen(texts[i]) + 1) == 1;
    for (const struct doc_node *child = n->child; child && ok; child = child->next)
        ok = digest_node(c, child);
    return ok;
}

static bool digest_files(const struct files *f, uint8_t out[SET_CACHE_KEY]) {
    static const char form[] = "gantry rules 1 " GANTRY_VERSION;
    uint8_t identity[PATTERN_IDENTITY];
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool ok = c && pattern_identity(identity) && EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1 &&
              EVP_DigestUpdate(c, form, sizeof form) == 1 &&
              EVP_DigestUpdate(c, identity, sizeof identity) == 1;
    for (size_t i = 0; i < f->count && ok; i++)
        ok = digest_node(c, doc_root(f->documents[i]));
    ok = ok && EVP_DigestFinal_ex(c, out, NULL) == 1;
    EVP_MD_CTX_free(c);
    return ok;
}

/* One digest of all of them. */
static struct hash_wide digest_of_files(const struct files *f) {
    struct hash_wide both[2] = {{0, 0}, {0, 0}};
    for (size_t i = 0; i < f->count; i++) {
        both[1] = doc_digest(f->documents[i]);
        both[0] = hash_bytes_wide(&(struct hash_key){0}, both, sizeof both);
    }
    return both[0];
}

/* --- widths of patterns, kept --- */

/* Under the digest of the files, of which one bit is turned: what is kept under the digest is that the rules
 * are proven. */
static void widths_key(const struct rule_load *l, uint8_t key[SET_CACHE_KEY]) {
    memcpy(key, l->digest, SET_CACHE_KEY);
    key[0] ^= 1;
}

/* The memory that they lie in, for free(); NULL: there are none. */
static void *find_widths(struct rule_load *l) {
    uint8_t key[SET_CACHE_KEY];
    void *block;
    size_t n;
    widths_key(l, key);
    l->widths = (const void *)set_cache_read(l->cache, key, &block, &n);
    l->width_count = l->widths ? n / sizeof *l->widths : 0;
    return block;
}

static void keep_widths(const struct rule_load *l) {
    uint8_t key[SET_CACHE_KEY];
    struct pattern_width *widths = calloc(l->identifier_count + 1, sizeof *widths);
    for (size_t i = 0; widths && i < l->identifier_count; i++) {
        widths[i].most = l->identifiers[i].width.most;
        widths[i].unbounded = l->identifiers[i].width.unbounded;
    }
    widths_key(l, key);
    if (widths)
        set_cache_write(l->cache, key, (const char *)widths, l->identifier_count * sizeof *widths);
    free(widths);
}

/* --- files --- */

static bool read_all_entries(struct rule_load *l, const struct files *f, const struct file_entry *entries) {
    bool ok = true;
    for (size_t i = 0; i < f->count; i++)
        ok = read_entries(l, entries[i].identifiers, rule_load_identifier) && ok;
    for (size_t i = 0; i < f->count; i++)
        ok = read_entries(l, entries[i].rules, rule_load_rule) && ok;
    return ok;
}

/* Identifiers of all files before any rule, so that files may stand in any order. */
static bool read_files(struct rule_load *l, struct files *f) {
    struct file_entry *entries = calloc(f->count + 1, sizeof *entries);
    bool ok = entries != NULL;
    for (size_t i = 0; i < f->count && entries; i++) {
        f->documents[i] = doc_load(f->names[i], l->reader.problems);
        ok = f->documents[i] &&
             setting_read(&l->reader, doc_root(f->documents[i]), file_table, &entries[i]) && ok;
    }
    if (ok && !digest_files(f, l->digest))
        ok = problem_error(l->reader.problems, "rules", 0, "have no digest: out of memory");
    void *kept = ok ? find_widths(l) : NULL;
    ok = entries && read_all_entries(l, f, entries) && ok;
    if (ok && l->width_count != l->identifier_count)
        keep_widths(l);
    free(kept);
    free(entries);
    return ok;
}

const struct rule rule_unread_object = {
    .id = "unread-object",
    .name = "Object that a bound kept from being looked at",
    .description = "It unfolds to more than its sender's bytes pay for, to too much, or too deep: what it "
                   "holds was not all seen.",
    .class = "unread-object",
    .severity = 6,
};

static const char *const *collect_classes(const struct rule_load *l) {
    const char **classes = arena_array(l->reader.arena, l->rule_count + 2, sizeof *classes);
    size_t n = 0;
    for (size_t i = 0; i < l->rule_count && classes; i++) {
        size_t k = 0;
        while (k < n && strcmp(classes[k], l->rules[i].class) != 0)
            k++;
        if (k == n)
            classes[n++] = l->rules[i].class;
    }
    if (classes)
        classes[n] = rule_unread_object.class;
    return classes;
}

static const struct ruleset *seal_ruleset(struct rule_load *l, const struct files *f, const char *where) {
    struct ruleset *r = arena_alloc(l->reader.arena, sizeof *r);
    bool ok = r && rule_load_scans(l, r);
    if (r) {
        r->identifiers = l->identifiers;
        r->identifier_count = l->identifier_count;
        r->rules = l->rules;
        r->rule_count = l->rule_count;
        r->tallies = l->tallies;
        r->tally_count = l->tally_count;
        r->classes = collect_classes(l);
        memcpy(r->digest, l->digest, sizeof r->digest);
        r->files_digest = digest_of_files(f);
    }
    if (l->reader.arena->failed)
        ok = problem_error(l->reader.problems, where, 0, "these rules do not fit into %zu MiB; use fewer",
                           l->reader.arena->size >> 20);
    return ok ? r : NULL;
}

static bool init_load(struct rule_load *l, struct set_cache *cache, struct arena *arena,
                      struct problems *problems) {
    *l = (struct rule_load){.reader = {.arena = arena, .problems = problems}, .cache = cache};
    l->identifiers = arena_array(arena, IDENTIFIERS_MAX, sizeof *l->identifiers);
    l->rules = arena_array(arena, RULES_MAX, sizeof *l->rules);
    l->conditions = arena_array(arena, RULES_MAX, sizeof *l->conditions);
    l->tallies = arena_array(arena, SCANS_MAX, sizeof *l->tallies);
    return !arena->failed;
}

const struct ruleset *ruleset_load(const char *const *paths, size_t count, struct set_cache *cache,
                                   struct arena *arena, struct problems *problems) {
    struct files *files = calloc(1, sizeof *files);
    struct rule_load load;
    const struct ruleset *r = NULL;
    const char *where = count ? paths[0] : "rules";
    if (!files || !init_load(&load, cache, arena, problems)) {
        problem_error(problems, where, 0, "cannot be read: out of memory");
        goto done;
    }
    bool ok = find_files(files, paths, count, problems);
    ok = read_files(&load, files) && ok;
    if (ok && load.rule_count == 0)
        ok = problem_error(problems, where, 0, "rules: there are none; a sensor without rules finds nothing");
    if (ok)
        r = seal_ruleset(&load, files, where);
done:
    if (files)
        close_files(files);
    free(files);
    return r;
}

struct hash_wide ruleset_digest(const struct ruleset *r) {
    return r->files_digest;
}

size_t ruleset_count(const struct ruleset *r) {
    return r->rule_count;
}

const struct rule *ruleset_rule(const struct ruleset *r, size_t index) {
    return index < r->rule_count ? &r->rules[index] : NULL;
}

const char *const *ruleset_classes(const struct ruleset *r) {
    return r->classes;
}

bool glob_matches(const char *glob, const char *text) {
    return fnmatch(glob, text, FNM_CASEFOLD) == 0;
}

const char *ruleset_default_path(void) {
    static const char *const places[] = {"/etc/gantry/rules", GANTRY_RULES_DIR, GANTRY_SOURCE_RULES};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (access(places[i], R_OK) == 0)
            return places[i];
    return places[0];
}
