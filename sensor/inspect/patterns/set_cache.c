/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/patterns/set_cache.h"

#include "base/hex.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct set_cache {
    int folder;
    bool wrote;
    struct set_cache_counts counts;
};

/* What a file begins with; the set's bytes follow, and must stay aligned to 8. */
struct head {
    char magic[8]; /* with the version of this form */
    uint8_t key[SET_CACHE_KEY];
    uint8_t digest[SHA256_DIGEST_LENGTH]; /* SHA-256 of what follows */
};
static const char magic[8] = "GANTRYS1";

enum { NAME_DIGITS = 2 * SET_CACHE_KEY, NAME_SIZE = NAME_DIGITS + 16 };

/* --- the folder --- */

static bool join_path(char out[4096], const char *folder, const char *name) {
    return folder && folder[0] == '/' && snprintf(out, 4096, "%s/%s", folder, name) < 4096;
}

static bool find_folder(char out[4096]) {
    const char *given = getenv("CACHE_DIRECTORY");
    return join_path(out, given, "") || join_path(out, getenv("XDG_CACHE_HOME"), "gantry") ||
           join_path(out, getenv("HOME"), ".cache/gantry") ||
           (geteuid() == 0 && join_path(out, "/var/cache", "gantry"));
}

static bool only_ours(int fd, mode_t kind) {
    struct stat st;
    return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == kind && st.st_uid == geteuid() &&
           (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* And the folder that it lies in, such as ~/.cache. */
static void make_folder(const char *path) {
    char parent[4096];
    const char *slash = strrchr(path, '/');
    if (slash && slash != path && snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path) > 0)
        mkdir(parent, 0700);
    mkdir(path, 0700);
}

struct set_cache *set_cache_open(const char *folder) {
    char usual[4096];
    if (folder ? strcmp(folder, "none") == 0 : !find_folder(usual))
        return NULL;
    const char *path = folder ? folder : usual;
    struct set_cache *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    make_folder(path);
    c->folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (c->folder >= 0 && only_ours(c->folder, S_IFDIR))
        return c;
    log_debug("compiled rules are not kept: %s %s", path,
              c->folder < 0 ? strerror(errno) : "belongs to others, or they may write there");
    if (c->folder >= 0)
        close(c->folder);
    free(c);
    return NULL;
}

/* --- reading --- */

static bool read_all(int fd, uint8_t *out, size_t n) {
    while (n > 0) {
        ssize_t got = read(fd, out, n);
        if (got <= 0)
            return false;
        out += got;
        n -= (size_t)got;
    }
    return true;
}

/* The whole file if it is an entry for `key`. */
static struct head *read_entry(int fd, const uint8_t key[SET_CACHE_KEY], size_t *n) {
    uint8_t digest[SHA256_DIGEST_LENGTH];
    struct stat st;
    if (!only_ours(fd, S_IFREG) || fstat(fd, &st) != 0 || st.st_size <= (off_t)sizeof(struct head) ||
        st.st_size > SET_CACHE_ENTRY_MAX)
        return NULL;
    struct head *h = malloc((size_t)st.st_size);
    *n = (size_t)st.st_size - sizeof *h;
    if (h && read_all(fd, (uint8_t *)h, (size_t)st.st_size) && memcmp(h->magic, magic, sizeof magic) == 0 &&
        memcmp(h->key, key, SET_CACHE_KEY) == 0 &&
        memcmp(SHA256((const uint8_t *)(h + 1), *n, digest), h->digest, sizeof digest) == 0)
        return h;
    free(h);
    return NULL;
}

const char *set_cache_read(struct set_cache *c, const uint8_t key[SET_CACHE_KEY], void **block, size_t *n) {
    char name[NAME_SIZE];
    *block = NULL;
    if (!c)
        return NULL;
    hex_format(key, SET_CACHE_KEY, name);
    int fd = openat(c->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool there = fd >= 0 || errno != ENOENT;
    struct head *h = fd >= 0 ? read_entry(fd, key, n) : NULL;
    c->counts.used += h != NULL;
    c->counts.missed += !h;
    c->counts.refused += there && !h;
    if (h)
        futimens(fd, NULL); /* as the time of its last use */
    if (fd >= 0)
        close(fd);
    *block = h;
    return h ? (const char *)(h + 1) : NULL;
}

/* --- writing --- */

static bool write_all(int fd, const void *bytes, size_t n) {
    const uint8_t *at = bytes;
    while (n > 0) {
        ssize_t put = write(fd, at, n);
        if (put <= 0)
            return false;
        at += put;
        n -= (size_t)put;
    }
    return true;
}

void set_cache_write(struct set_cache *c, const uint8_t key[SET_CACHE_KEY], const char *bytes, size_t n) {
    char name[NAME_SIZE], new[NAME_SIZE + 16];
    struct head h;
    if (!c || n > SET_CACHE_ENTRY_MAX - sizeof h)
        return;
    memcpy(h.magic, magic, sizeof magic);
    memcpy(h.key, key, SET_CACHE_KEY);
    SHA256((const uint8_t *)bytes, n, h.digest);
    hex_format(key, SET_CACHE_KEY, name);
    snprintf(new, sizeof new, "%s.%d", name, (int)getpid());
    unlinkat(c->folder, new, 0); /* of a process that died here and had this number */
    int fd = openat(c->folder, new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write_all(fd, &h, sizeof h) && write_all(fd, bytes, n);
    if (fd >= 0)
        close(fd);
    if (!ok || renameat(c->folder, new, c->folder, name) != 0) {
        log_debug("a compiled rule set is not kept: %s", strerror(errno));
        unlinkat(c->folder, new, 0);
    }
    c->wrote |= ok;
}

/* --- bounds --- */

struct entry {
    char name[NAME_SIZE + 16];
    struct timespec used;
};

static int by_use(const void *a, const void *b) {
    const struct timespec *x = &((const struct entry *)a)->used, *y = &((const struct entry *)b)->used;
    if (x->tv_sec != y->tv_sec)
        return x->tv_sec > y->tv_sec ? -1 : 1;
    return x->tv_nsec > y->tv_nsec ? -1 : x->tv_nsec < y->tv_nsec;
}

/* Ours, or left behind by a process that died while it wrote one. */
static int is_entry(const struct dirent *d) {
    return strspn(d->d_name, "0123456789abcdef") == NAME_DIGITS &&
           strlen(d->d_name) < sizeof((struct entry *)0)->name;
}

static void keep_most_recent(const struct set_cache *c) {
    struct dirent **found = NULL;
    int n = scandirat(c->folder, ".", &found, is_entry, NULL);
    struct entry *entries = n > SET_CACHE_ENTRIES_MAX ? calloc((size_t)n, sizeof *entries) : NULL;
    for (int i = 0; i < n; i++) {
        struct stat st = {0};
        if (entries && fstatat(c->folder, found[i]->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            entries[i].used = st.st_mtim;
        if (entries)
            memcpy(entries[i].name, found[i]->d_name, strlen(found[i]->d_name) + 1);
        free(found[i]);
    }
    free(found);
    if (!entries)
        return;
    qsort(entries, (size_t)n, sizeof *entries, by_use);
    for (int i = SET_CACHE_ENTRIES_MAX; i < n; i++)
        unlinkat(c->folder, entries[i].name, 0);
    free(entries);
}

void set_cache_close(struct set_cache *c) {
    if (!c)
        return;
    if (c->wrote)
        keep_most_recent(c);
    log_debug("compiled rules: %u sets were kept from before, %u compiled now; %u kept ones were refused",
              c->counts.used, c->counts.missed, c->counts.refused);
    close(c->folder);
    free(c);
}

struct set_cache_counts set_cache_counts(const struct set_cache *c) {
    return c ? c->counts : (struct set_cache_counts){0};
}
