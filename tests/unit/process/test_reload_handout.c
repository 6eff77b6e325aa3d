/* SPDX-License-Identifier: Apache-2.0 */
#include "problem_text.h"

#include "pipeline/pipeline.h"
#include "process/reload/handout.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Snapshots from their load over their way into a worker to their end: here and in processes of their own. */
static char folder[] = "/tmp/gantry-handout-XXXXXX";
static char config_path[64], rule_path[64];
static struct problems problems;
static struct handout handout;

static void write_config(const char *mark) {
    FILE *f = fopen(rule_path, "w");
    fprintf(f,
            "identifiers: [{id: tag, pattern: '%s-[0-9]{4}'}]\n"
            "rules:\n"
            "  - {id: %s, name: Tag, class: plate-record, severity: 5, all: [tag], scopes: [text],\n"
            "     examples: [{text: %s-1234}], counterexamples: [{text: nothing}]}\n",
            mark, mark, mark);
    fclose(f);
    f = fopen(config_path, "w");
    fprintf(f, "image-networks: [{name: lanes, prefixes: [10.40.0.0/16]}]\nrules: [rule.yaml]\n");
    fclose(f);
}

static int begin(void **state) {
    if (!mkdtemp(folder) || !snapshot_reserve() || !handout_open(&handout))
        return -1;
    snprintf(config_path, sizeof config_path, "%s/gantry.yaml", folder);
    snprintf(rule_path, sizeof rule_path, "%s/rule.yaml", folder);
    return 0;
}

static int end(void **state) {
    handout_close(&handout);
    unlink(config_path);
    unlink(rule_path);
    return rmdir(folder);
}

static struct snapshot *load(const char *mark) {
    write_config(mark);
    struct snapshot *s = snapshot_load(config_path, NULL, &problems);
    assert_non_null(s);
    return s;
}

static const char *rule_of(const struct config *c) {
    return ruleset_rule(c->rules, 0)->id;
}

/* Of a child that answers with a number of its own. */
static int ended(pid_t pid) {
    int status;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void test_a_snapshot_cannot_be_written_by_anybody(void **state) {
    struct snapshot *s = load("sealed");
    assert_int_equal(write(s->fd, "x", 1), -1);
    assert_int_equal(ftruncate(s->fd, 0), -1);
    assert_ptr_equal(mmap(NULL, s->size, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0), MAP_FAILED);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        *(char *)(uintptr_t)s->config = 'x';
        _exit(0);
    }
    assert_int_not_equal(ended(pid), 0);
    snapshot_free(s);
}

static void test_a_child_fills_a_snapshot_and_a_mistake_leaves_nothing(void **state) {
    struct snapshot *first = load("first"), *s = snapshot_begin(0, &problems);
    write_config("second");
    pid_t pid = fork();
    if (pid == 0)
        _exit(snapshot_fill(s, config_path, first->config, NULL, &problems) ? 0 : 1);
    assert_int_equal(ended(pid), 0);
    assert_true(snapshot_seal(s, &problems));
    assert_string_equal(rule_of(s->config), "second");
    assert_string_equal(rule_of(first->config), "first");
    assert_true(s->version > first->version && s->slot != first->slot);
    assert_memory_equal(&s->config->sensor.digest_key, &first->config->sensor.digest_key,
                        sizeof s->config->sensor.digest_key);
    snapshot_free(s);
    s = snapshot_begin(0, &problems);
    write_config("(");
    assert_false(snapshot_fill(s, config_path, first->config, NULL, &problems));
    assert_true(problems.errors > 0);
    problems_finish(&problems);
    snapshot_free(s);
    snapshot_free(first);
}

static void test_slots_that_others_hold_are_not_given_again(void **state) {
    struct snapshot *s = load("one");
    unsigned others = ((1U << SNAPSHOT_SLOTS) - 1) & ~(1U << s->slot);
    assert_null(snapshot_begin(others, &problems));
    assert_int_equal(problems.errors, 0);
    struct snapshot *next = snapshot_begin(others & ~1U & ~2U, &problems);
    assert_non_null(next);
    assert_false((others & ~1U & ~2U) & 1U << next->slot);
    snapshot_free(next);
    snapshot_free(s);
}

/* The worker was forked before, with few descriptors, and has the first snapshot alone. */
static int work(const struct snapshot *mine) {
    struct snapshot_view view;
    snapshot_keep(mine);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){16, 16});
    for (int i = 0; i < 500; i++) {
        if (handout_take(&handout, mine->version, 1U << mine->slot, &view))
            return view.config && strcmp(rule_of(view.config), "newest") == 0 &&
                           strcmp(rule_of(mine->config), "mine") == 0
                       ? 0
                       : 2;
        usleep(10000);
    }
    return 3;
}

static void test_a_worker_that_was_forked_before_maps_the_newest_and_keeps_its_own(void **state) {
    struct snapshot *mine = load("mine");
    struct snapshot *between = load("between"), *newest = load("newest");
    assert_true(handout_give(&handout, between, 1) && handout_give(&handout, newest, 1));
    pid_t pid = fork();
    if (pid == 0)
        _exit(work(mine));
    assert_int_equal(ended(pid), 0);
    snapshot_free(between);
    snapshot_free(newest);
    snapshot_free(mine);
}

static void test_a_snapshot_for_a_slot_in_use_is_not_taken_but_passed_over(void **state) {
    struct snapshot_view view;
    struct snapshot *s = load("taken");
    assert_true(handout_give(&handout, s, 0));
    assert_true(handout_take(&handout, 0, 1U << s->slot, &view));
    assert_null(view.config);
    assert_int_equal(view.version, s->version);
    assert_false(handout_take(&handout, 0, 0, &view));
    assert_true(handout_give(&handout, s, 0)); /* what is not later is let go */
    assert_false(handout_take(&handout, s->version, 0, &view));
    snapshot_free(s);
}

static size_t lines_of_maps(void) {
    size_t lines = 0;
    FILE *f = fopen("/proc/self/maps", "r");
    for (int c; (c = fgetc(f)) != EOF;)
        lines += c == '\n';
    fclose(f);
    return lines;
}

static int next_descriptor(void) {
    int fd = dup(0);
    close(fd);
    return fd;
}

/* As a worker's life: it is given a snapshot after the other, each held by a flow until the next is there,
 * and the last to leave frees it. The supervisor keeps the newest alone. */
static void test_a_hundred_generations_come_and_go_and_leave_nothing_behind(void **state) {
    struct generations g = {.inspector = {.memory = 4 << 20}};
    struct generation *held = NULL;
    struct snapshot_view view;
    struct error e;
    size_t maps = 0;
    int descriptor = 0;
    for (int i = 0; i < 100; i++) {
        char mark[16];
        snprintf(mark, sizeof mark, "mark%d", i % 10);
        write_config(mark);
        struct snapshot *s = snapshot_begin(generations_slots(&g), &problems);
        assert_non_null(s);
        assert_true(snapshot_fill(s, config_path, NULL, NULL, &problems) && snapshot_seal(s, &problems));
        uint64_t version = s->version;
        assert_true(handout_give(&handout, s, 0));
        snapshot_free(s);
        assert_true(handout_take(&handout, version - 1, generations_slots(&g), &view));
        assert_string_equal(rule_of(view.config), mark);
        assert_true(generation_begin(&g, &view, &e));
        generations_sweep(&g); /* a flow holds the one before */
        assert_int_equal(__builtin_popcount(generations_slots(&g)), held ? 2 : 1);
        if (held)
            held->transfers--;
        held = g.newest;
        held->transfers++;
        generations_sweep(&g);
        assert_int_equal(generations_slots(&g), 1U << view.slot);
        if (i == 20) {
            maps = lines_of_maps();
            descriptor = next_descriptor();
        }
    }
    assert_in_range(lines_of_maps(), maps - 8, maps + 8);
    assert_int_equal(next_descriptor(), descriptor);
    generations_finish(&g);
}

static void test_as_many_generations_as_slots_and_the_next_is_refused(void **state) {
    struct generations g = {.inspector = {.memory = 4 << 20}};
    struct snapshot *s = load("many");
    struct error e = {""};
    for (unsigned i = 0; i < SNAPSHOT_SLOTS; i++) {
        const struct snapshot_view view = {.version = i + 1, .config = s->config, .slot = i};
        assert_true(generation_begin(&g, &view, &e));
        g.newest->transfers = 1;
    }
    const struct snapshot_view view = {.version = 9, .config = s->config, .slot = 0};
    assert_false(generation_begin(&g, &view, &e));
    assert_int_equal(g.newest->version, SNAPSHOT_SLOTS);
    uint64_t oldest;
    assert_true(generations_old_memory(&g, &oldest) > 0);
    assert_int_equal(oldest, 1);
    generations_finish(&g);
    snapshot_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_snapshot_cannot_be_written_by_anybody),
        cmocka_unit_test(test_a_child_fills_a_snapshot_and_a_mistake_leaves_nothing),
        cmocka_unit_test(test_slots_that_others_hold_are_not_given_again),
        cmocka_unit_test(test_a_worker_that_was_forked_before_maps_the_newest_and_keeps_its_own),
        cmocka_unit_test(test_a_snapshot_for_a_slot_in_use_is_not_taken_but_passed_over),
        cmocka_unit_test(test_a_hundred_generations_come_and_go_and_leave_nothing_behind),
        cmocka_unit_test(test_as_many_generations_as_slots_and_the_next_is_refused),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
