/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/trial.h"

#include "support.h"

#include <dlfcn.h>
#include <glob.h>
#include <hs/hs.h>
#include <stdlib.h>
#include <string.h>

/* Examples hold up the library that matches: it misses here on purpose, in the ways in which one may. */
static enum { RIGHT, MISSES_ALWAYS, MISSES_IN_SHORT_PIECES, MISSES_BEHIND_A_CUT } fault;
static unsigned scans;

static int find_nothing(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                        void *context) {
    return 0;
}

/* The linker takes this one for the library's. */
hs_error_t hs_scan_stream(hs_stream_t *stream, const char *bytes, unsigned n, unsigned flags,
                          hs_scratch_t *scratch, match_event_handler found, void *context) {
    hs_error_t (*right)(hs_stream_t *, const char *, unsigned, unsigned, hs_scratch_t *, match_event_handler,
                        void *) = NULL;
    *(void **)&right = dlsym(RTLD_NEXT, "hs_scan_stream");
    assert_non_null(right);
    scans++;
    bool misses =
        fault == MISSES_ALWAYS || (fault == MISSES_IN_SHORT_PIECES && n < 4) ||
        (fault == MISSES_BEHIND_A_CUT && n == 9); /* the end of a text of 24 that is cut behind 15 */
    return right(stream, bytes, n, flags, scratch, misses ? find_nothing : found, context);
}

#define IDENTIFIER "identifiers:\n  - {id: p, description: n, pattern: 'secret-[0-9]{3}'}\nrules:\n"
#define BY_TEXT                                                                                              \
    "  - id: by-text\n    name: n\n    class: c\n    severity: 5\n    scopes: [text]\n    all: [p]\n"        \
    "    examples: [{text: 'this is a secret-123 yes'}]\n    counterexamples: [{text: 'no secret of "        \
    "ours'}]\n"
#define BY_KIND                                                                                              \
    "  - id: by-kind\n    name: n\n    class: c\n    severity: 5\n    object: {kinds: image}\n"              \
    "    examples: [{hex: ffd8ffe000104a46494600010100}]\n    counterexamples: [{text: 'no picture'}]\n"

static char folder[] = "/tmp/gantry-trial-XXXXXX";

static int make_folder(void **state) {
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* Whether the rules are taken; *said is the first problem, for free(), or NULL. `cached`: with the folder. */
static bool prove(const char *yaml, bool cached, char **said) {
    struct bench b;
    struct set_cache *cache = cached ? set_cache_open(folder) : NULL;
    bench_load(&b, yaml);
    assert_non_null(b.rules);
    scans = 0;
    bool ok = ruleset_prove(b.rules, cache, &b.problems);
    if (said)
        *said = b.problems.errors ? strdup(b.problems.list[b.problems.count - 1].text) : NULL;
    set_cache_close(cache);
    bench_close(&b);
    return ok;
}

static void expect_refused(int kind, const char *words) {
    char *said;
    fault = kind;
    assert_false(prove(IDENTIFIER BY_KIND BY_TEXT, false, &said));
    fault = RIGHT;
    assert_non_null(strstr(said, "error: examples: rule by-text "));
    assert_non_null(strstr(said, words));
    assert_non_null(strstr(said, hs_version()));
    free(said);
}

static void a_library_that_finds_all_is_taken(void **state) {
    char *said;
    assert_true(prove(IDENTIFIER BY_KIND BY_TEXT, false, &said));
    assert_null(said);
    assert_true(scans > 24 + 2 * 23); /* byte by byte, and cut at each place */
}

static void a_library_that_misses_is_refused_with_the_rules_name(void **state) {
    expect_refused(MISSES_ALWAYS, " does not hold for this example");
    expect_refused(MISSES_IN_SHORT_PIECES, " says one thing for the whole and another byte by byte");
    expect_refused(MISSES_BEHIND_A_CUT, " when it is cut behind byte 15;");
}

static void rules_without_patterns_do_not_mind_a_library_that_misses(void **state) {
    fault = MISSES_ALWAYS;
    assert_true(prove("rules:\n" BY_KIND, false, NULL));
    fault = RIGHT;
}

static void an_example_that_is_wrong_is_refused_with_its_line(void **state) {
    static const char yaml[] =
        "rules:\n  - id: r\n    name: n\n    class: c\n    severity: 5\n    object: {kinds: "
        "image}\n    examples: [{text: 'no picture'}]\n    counterexamples: [{text: 'x'}]\n";
    char *said;
    assert_false(prove(yaml, false, &said));
    assert_non_null(strstr(said, ":7: error: examples: rule r does not hold for this example; "));
    free(said);
}

static void what_was_proven_is_not_run_again_and_what_was_not_is(void **state) {
    fault = MISSES_IN_SHORT_PIECES;
    assert_false(prove(IDENTIFIER BY_TEXT, true, NULL));
    fault = RIGHT;
    assert_true(prove(IDENTIFIER BY_TEXT, true, NULL));
    assert_true(scans > 0);
    assert_true(prove(IDENTIFIER BY_TEXT, true, NULL));
    assert_int_equal(scans, 0);
    assert_true(prove(IDENTIFIER BY_TEXT BY_KIND, true, NULL)); /* other rules */
    assert_true(scans > 0);
}

static void a_damaged_proof_proves_nothing(void **state) {
    char pattern[128];
    glob_t found;
    assert_true(prove(IDENTIFIER BY_TEXT, true, NULL));
    snprintf(pattern, sizeof pattern, "%s/*", folder);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        FILE *f = fopen(found.gl_pathv[i], "r+b");
        fseek(f, -2, SEEK_END);
        fputc('X', f);
        fclose(f);
    }
    globfree(&found);
    assert_true(prove(IDENTIFIER BY_TEXT, true, NULL));
    assert_true(scans > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_library_that_finds_all_is_taken),
        cmocka_unit_test(a_library_that_misses_is_refused_with_the_rules_name),
        cmocka_unit_test(rules_without_patterns_do_not_mind_a_library_that_misses),
        cmocka_unit_test(an_example_that_is_wrong_is_refused_with_its_line),
        cmocka_unit_test(what_was_proven_is_not_run_again_and_what_was_not_is),
        cmocka_unit_test(a_damaged_proof_proves_nothing),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
