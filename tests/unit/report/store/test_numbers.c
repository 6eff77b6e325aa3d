/* SPDX-License-Identifier: Apache-2.0 */
/* Boot id and sequence number of every message: no pair comes twice, whatever happens to reporter and store.
 */
#include "../kept.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { RUN = 0x7000, PAIRS_MAX = 1000, BOOT_SIZE = 16 };
static uint64_t *unstored; /* shared by the reporters of a run, as the supervisor has it */
static uint64_t record;    /* id of the last one */

static int begin(void **state) {
    unstored = mmap(NULL, sizeof *unstored, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    record = 0;
    return unstored == MAP_FAILED ? 1 : kept_begin(state);
}

static int end(void **state) {
    munmap(unstored, sizeof *unstored);
    return kept_end(state);
}

static struct reporter *start(void) {
    struct report_options options = kept_options(RUN, kept_target);
    options.store.unstored = unstored;
    return kept_create(&options);
}

/* Each opens an incident. */
static void tell(struct reporter *r, int alerts) {
    char class[32];
    for (int i = 0; i < alerts; i++) {
        example_begin(&example_builder, RECORD_TRANSFER);
        snprintf(class, sizeof class, "class-%llu", (unsigned long long)++record);
        record_text(&example_builder, TEXT_CLASSES, bytes_text(class));
        record_text(&example_builder, TEXT_OFFENDING, bytes_text(class));
        example_builder.head.object = record;
        kept_take(r, record);
        reporter_commit(r);
        reporter_deliver(r);
    }
}

/* --- what was told --- */

static struct pair {
    const char *line;
    size_t line_size;
    char boot[BOOT_SIZE + 1];
    uint64_t sequence;
} pairs[PAIRS_MAX];
static int pair_count;

static void read_pairs(void) {
    static const char key[] = "\"gantry\":{\"boot\":\"", next[] = "\",\"sequence\":";
    const char *line = kept_all_told();
    for (pair_count = 0; *line; pair_count++) {
        assert_true(pair_count < PAIRS_MAX);
        struct pair *p = &pairs[pair_count];
        const char *at = strstr(line, key) + sizeof key - 1;
        *p = (struct pair){.line = line, .line_size = strcspn(line, "\n")};
        memcpy(p->boot, at, BOOT_SIZE);
        assert_memory_equal(at + BOOT_SIZE, next, sizeof next - 1);
        p->sequence = strtoull(at + BOOT_SIZE + sizeof next - 1, NULL, 10);
        line += p->line_size + 1;
    }
}

static bool is_repeated(const struct pair *a, const struct pair *b) {
    return a->line_size == b->line_size && memcmp(a->line, b->line, a->line_size) == 0;
}

/* Boot ids, after a look that one number of one boot always was the same message. */
static int boots_told(void) {
    int boots = 0;
    read_pairs();
    for (int i = 0; i < pair_count; i++) {
        boots += i == 0 || strcmp(pairs[i].boot, pairs[i - 1].boot) != 0;
        for (int k = 0; k < i; k++)
            if (pairs[k].sequence == pairs[i].sequence && strcmp(pairs[k].boot, pairs[i].boot) == 0 &&
                !is_repeated(&pairs[k], &pairs[i]))
                fail_msg("%s %llu came twice", pairs[i].boot, (unsigned long long)pairs[i].sequence);
    }
    return boots;
}

/* --- the tests --- */

/* A reporter of its own that tells so many alerts, and more once the store cannot be written any more, and is
 * killed. */
static void tell_and_die(int alerts, rlim_t file_size, int more) {
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        const struct rlimit limit = {file_size, file_size};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        struct reporter *r = start();
        memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
        tell(r, alerts);
        while (more && counter_values[COUNTER_STORE_FAILURES] == 0)
            tell(r, 1);
        tell(r, more);
        kill(getpid(), SIGKILL);
    }
    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void a_reporter_that_is_killed_is_followed_by_the_next_number_of_the_same_boot(void **state) {
    tell_and_die(10, RLIM_INFINITY, 0);
    record = 10;
    struct reporter *r = start();
    char boot[BOOT_SIZE + 1];
    strcpy(boot, reporter_boot(r));
    tell(r, 10);
    kept_finish(r);
    assert_int_equal(boots_told(), 1);
    assert_string_equal(pairs[0].boot, boot);
    assert_int_equal(pairs[0].sequence, 1);
    for (int i = 1; i < pair_count; i++) /* or the last again */
        assert_in_range(pairs[i].sequence, pairs[i - 1].sequence, pairs[i - 1].sequence + 1);
    assert_int_equal(pairs[pair_count - 1].sequence, 20);
}

static void numbers_that_the_store_could_not_take_do_not_come_again(void **state) {
    tell_and_die(1, 256 << 10, 10);
    read_pairs();
    uint64_t last = pairs[pair_count - 1].sequence;
    assert_int_equal(kept_times_told("\"store-failing\""), 1);
    record = 5000;
    struct reporter *r = start();
    tell(r, 5);
    kept_finish(r);
    assert_int_equal(boots_told(), 2);
    uint64_t first = pairs[pair_count - 5].sequence;
    assert_in_range(first, 2, last); /* under one boot id it would have come again */
}

static void a_store_that_is_damaged_or_gone_begins_anew_under_another_boot(void **state) {
    struct reporter *r = start();
    tell(r, 5);
    kept_finish(r);
    int fd = open(kept_database, O_WRONLY);
    assert_int_equal(pwrite(fd, "no database", 11, 0), 11);
    close(fd);
    for (int round = 2; round <= 3; round++) {
        r = start();
        tell(r, 5);
        kept_finish(r);
        assert_int_equal(boots_told(), round);
        assert_int_equal(kept_times_told("\"store-replaced\""), 1);
        assert_int_equal(unlink(kept_database), 0);
    }
}

static void without_a_store_each_reporter_of_a_run_has_its_own_boot(void **state) {
    struct report_options options = kept_options(RUN, kept_target);
    options.store.unstored = unstored;
    options.store.folder = NULL;
    for (int round = 1; round <= 3; round++) {
        struct reporter *r = kept_create(&options);
        tell(r, 5);
        reporter_destroy(r);
        assert_int_equal(boots_told(), round);
        assert_int_equal(pairs[pair_count - 5].sequence, 1);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_reporter_that_is_killed_is_followed_by_the_next_number_of_the_same_boot),
        TEST(numbers_that_the_store_could_not_take_do_not_come_again),
        TEST(a_store_that_is_damaged_or_gone_begins_anew_under_another_boot),
        TEST(without_a_store_each_reporter_of_a_run_has_its_own_boot),
    };
    return cmocka_run_group_tests_name("report/store/numbers", tests, NULL, NULL);
}
