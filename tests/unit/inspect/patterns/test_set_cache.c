/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/patterns/matcher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glob.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OTHER_USER = 65534, HEAD = 8 + 32 + 32 };

static const struct pattern patterns[] = {{"secret", PATTERN_CASELESS, 3}, {"[A-Z]{3}[0-9]{4}x", 0, 7}};
static uint8_t region[4 << 20];
static char folder[64], entry[512];

static int make_folder(void **state) {
    strcpy(folder, "/tmp/gantry-sets-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* --- what a set finds --- */

struct matches {
    size_t count;
    uint64_t sum;
};

static bool note(void *context, unsigned number, uint64_t from, uint64_t to) {
    struct matches *m = context;
    m->count++;
    m->sum = m->sum * 31 + number * 1000 + from * 100 + to;
    return false;
}

static struct matches scan(const struct pattern_set *set) {
    static const char text[] = "no SECRET but a secret, ABC1234x and XYZ9999 DEF5678x";
    struct matches m = {0};
    struct error e;
    struct matcher *matcher = matcher_create(&set, 1, 1 << 20, &e);
    assert_non_null(matcher);
    struct pattern_stream *s = matcher_begin(matcher, 0);
    matcher_scan(matcher, s, (const uint8_t *)text, sizeof text - 1, note, &m);
    matcher_end(matcher, 0, s, note, &m);
    matcher_destroy(matcher);
    return m;
}

/* Compiles by way of the folder; what was found must be what is found without. */
static struct set_cache_counts through(const struct pattern *list, size_t count, bool valued) {
    struct arena arena;
    struct error e;
    struct set_cache *cache = set_cache_open(folder);
    assert_non_null(cache);
    arena_init(&arena, region, sizeof region);
    const struct pattern_set *plain = pattern_set_compile(list, count, valued, NULL, &arena, &e);
    const struct pattern_set *kept = pattern_set_compile(list, count, valued, cache, &arena, &e);
    assert_non_null(plain);
    assert_non_null(kept);
    struct matches a = scan(plain), b = scan(kept);
    assert_int_equal(a.count, b.count);
    assert_int_equal(a.sum, b.sum);
    struct set_cache_counts counts = set_cache_counts(cache);
    set_cache_close(cache);
    return counts;
}

static struct set_cache_counts again(void) {
    return through(patterns, 2, true);
}

static void expect_refused_then_replaced(void) {
    assert_int_equal(again().refused, 1);
    assert_int_equal(again().used, 1);
}

/* --- the only entry, as bytes --- */

static size_t read_entry(uint8_t **bytes) {
    char pattern[128];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/*", folder);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, 1);
    strcpy(entry, found.gl_pathv[0]);
    globfree(&found);
    struct stat st;
    assert_int_equal(stat(entry, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    *bytes = malloc((size_t)st.st_size);
    FILE *f = fopen(entry, "rb");
    assert_int_equal(fread(*bytes, 1, (size_t)st.st_size, f), st.st_size);
    fclose(f);
    return (size_t)st.st_size;
}

static void write_entry(const uint8_t *bytes, size_t n) {
    FILE *f = fopen(entry, "wb");
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

/* --- tests --- */

static void a_set_is_compiled_once_and_matches_the_same_ever_after(void **state) {
    struct set_cache_counts first = again(), second = again();
    assert_int_equal(first.missed, 1);
    assert_int_equal(first.refused, 0);
    assert_int_equal(second.used, 1);
    assert_int_equal(second.missed, 0);
}

static void what_differs_in_anything_is_another_set(void **state) {
    struct pattern other[2];
    again();
    memcpy(other, patterns, sizeof other);
    assert_int_equal(through(other, 2, true).used, 1); /* the same by value */
    assert_int_equal(through(other, 2, false).missed, 1);
    assert_int_equal(through(other, 1, true).missed, 1);
    other[0].flags = 0;
    assert_int_equal(through(other, 2, true).missed, 1);
    other[0].flags = patterns[0].flags;
    other[0].number = 4;
    assert_int_equal(through(other, 2, true).missed, 1);
    other[0].number = patterns[0].number;
    other[0].expression = "secre";
    assert_int_equal(through(other, 2, true).missed, 1);
}

static void a_flipped_bit_anywhere_is_refused_and_the_entry_replaced(void **state) {
    uint8_t *bytes;
    again();
    size_t n = read_entry(&bytes);
    for (size_t at = 0; at < n; at += at < HEAD ? 1 : 97) {
        bytes[at] ^= (uint8_t)(1 << at % 8);
        write_entry(bytes, n);
        bytes[at] ^= (uint8_t)(1 << at % 8);
        expect_refused_then_replaced();
    }
    free(bytes);
}

static void a_shorter_or_longer_entry_is_refused(void **state) {
    uint8_t *bytes;
    again();
    size_t n = read_entry(&bytes);
    const size_t lengths[] = {0, 1, HEAD - 1, HEAD, HEAD + 1, n / 2, n - 1};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        write_entry(bytes, lengths[i]);
        expect_refused_then_replaced();
    }
    bytes = realloc(bytes, n + 1);
    bytes[n] = 0;
    write_entry(bytes, n + 1);
    expect_refused_then_replaced();
    free(bytes);
}

static void an_entry_of_an_older_form_is_refused(void **state) {
    uint8_t *bytes;
    again();
    size_t n = read_entry(&bytes);
    bytes[7] = '0';
    write_entry(bytes, n);
    expect_refused_then_replaced();
    free(bytes);
}

/* Its digest is right, so that Hyperscan itself has to refuse it. */
static void an_entry_that_is_no_database_is_compiled_anew(void **state) {
    uint8_t *bytes;
    again();
    size_t n = read_entry(&bytes);
    for (size_t at = HEAD; at < n; at += 211) {
        bytes[at] ^= 0x40;
        SHA256(bytes + HEAD, n - HEAD, bytes + 40);
        write_entry(bytes, n);
        bytes[at] ^= 0x40;
        again();
        assert_int_equal(again().used, 1);
    }
    free(bytes);
}

static void what_others_own_or_may_write_is_not_believed(void **state) {
    uint8_t *bytes;
    again();
    size_t n = read_entry(&bytes);
    assert_int_equal(chmod(entry, 0620), 0);
    expect_refused_then_replaced();
    assert_int_equal(chmod(entry, 0602), 0);
    expect_refused_then_replaced();
    if (geteuid() == 0) {
        assert_int_equal(chown(entry, OTHER_USER, 0), 0);
        expect_refused_then_replaced();
    }
    char elsewhere[600];
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", folder);
    assert_int_equal(rename(entry, elsewhere), 0);
    assert_int_equal(symlink("elsewhere", entry), 0);
    expect_refused_then_replaced();
    assert_int_equal(unlink(entry), 0);
    assert_int_equal(mkfifo(entry, 0600), 0); /* must not wait for a writer */
    expect_refused_then_replaced();
    (void)n;
    free(bytes);
}

static void a_folder_of_others_is_not_used(void **state) {
    static const mode_t open_modes[] = {0770, 0707, 0777};
    char link[128];
    for (size_t i = 0; i < sizeof open_modes / sizeof *open_modes; i++) {
        assert_int_equal(chmod(folder, open_modes[i]), 0);
        assert_null(set_cache_open(folder));
    }
    assert_int_equal(chmod(folder, 0755), 0);
    again();
    if (geteuid() == 0) {
        assert_int_equal(chown(folder, OTHER_USER, 0), 0);
        assert_null(set_cache_open(folder));
        assert_int_equal(chown(folder, 0, 0), 0);
    }
    snprintf(link, sizeof link, "%s/link", folder);
    assert_int_equal(symlink(".", link), 0);
    assert_null(set_cache_open(link));
    assert_null(set_cache_open("/proc/version"));
    assert_null(set_cache_open("/proc/none/none"));
    assert_null(set_cache_open("none"));
}

static void the_usual_folder_is_made_below_the_users_cache(void **state) {
    char path[128];
    struct stat st;
    unsetenv("CACHE_DIRECTORY");
    setenv("XDG_CACHE_HOME", folder, 1);
    set_cache_close(set_cache_open(NULL));
    snprintf(path, sizeof path, "%s/gantry", folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    unsetenv("XDG_CACHE_HOME");
    setenv("HOME", folder, 1);
    set_cache_close(set_cache_open(NULL));
    snprintf(path, sizeof path, "%s/.cache/gantry", folder);
    assert_int_equal(stat(path, &st), 0);
    setenv("CACHE_DIRECTORY", folder, 1);
    struct set_cache *given = set_cache_open(NULL);
    assert_non_null(given);
    set_cache_close(given);
}

static void old_entries_are_removed_and_nothing_else(void **state) {
    char name[200], pattern[128];
    glob_t found;
    for (int i = 0; i < SET_CACHE_ENTRIES_MAX + 20; i++) {
        snprintf(name, sizeof name, "%s/%064x%s", folder, i, i % 2 ? "" : ".77"); /* and one half written */
        int fd = open(name, O_WRONLY | O_CREAT, 0600);
        const struct timespec old[2] = {{.tv_sec = 1000 + i}, {.tv_sec = 1000 + i}};
        assert_int_equal(futimens(fd, old), 0);
        close(fd);
    }
    snprintf(name, sizeof name, "%s/notes", folder);
    close(open(name, O_WRONLY | O_CREAT, 0600));
    again();
    snprintf(pattern, sizeof pattern, "%s/*", folder);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, SET_CACHE_ENTRIES_MAX + 1);
    globfree(&found);
    assert_int_equal(access(name, F_OK), 0);
    snprintf(name, sizeof name, "%s/%064x", folder, 19);
    assert_int_not_equal(access(name, F_OK), 0);
    assert_int_equal(again().used, 1);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        T(a_set_is_compiled_once_and_matches_the_same_ever_after),
        T(what_differs_in_anything_is_another_set),
        T(a_flipped_bit_anywhere_is_refused_and_the_entry_replaced),
        T(a_shorter_or_longer_entry_is_refused),
        T(an_entry_of_an_older_form_is_refused),
        T(an_entry_that_is_no_database_is_compiled_anew),
        T(what_others_own_or_may_write_is_not_believed),
        T(a_folder_of_others_is_not_used),
        T(the_usual_folder_is_made_below_the_users_cache),
        T(old_entries_are_removed_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
