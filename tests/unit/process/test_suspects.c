/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/channel.h"
#include "process/reporter/suspects.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* --- a reader that dies of records, again and again, and a parent that counts --- */

enum { RECORDS = 40, LIVES_MOST = 30 };

/* What outlives it. */
static struct kept {
    struct suspects suspects;
    unsigned taken[RECORDS + 1]; /* times, by id */
    unsigned given_up[RECORDS + 1];
    unsigned died[RECORDS + 1];
} * kept;

/* Signals that it sends itself while it is at the record of this id, and how often in all. */
struct harm {
    uint64_t id;
    unsigned times;
    int signal;
};

static const struct harm *harm_of(const struct harm *list, uint64_t id) {
    for (; list->id; list++)
        if (list->id == id)
            return list;
    return NULL;
}

/* A batch of all there is, or record by record where its predecessor died. */
static void read_all(struct ring *r, const struct harm *list) {
    struct suspects *s = &kept->suspects;
    uint64_t *copy = malloc(ring_record_max()), damaged = 0, careful = suspects_careful(s, 0);
    const struct record *record;
    unsigned batch = 0;
    s->death.times = 0; /* told */
    ring_rewind(r);
    for (;;) {
        struct suspect_record at = {.channel = 0, .position = ring_position(r)};
        record = ring_read(r, copy, &damaged);
        suspects_read(s, 0, ring_position(r));
        if (!record)
            break;
        at.id = record->id;
        at.kind = record->kind;
        if (suspects_condemned(s, 0, at.position)) {
            kept->given_up[record->id]++;
            suspects_gave_up(s);
            ring_commit(r);
            continue;
        }
        suspects_enter(s, &at);
        const struct harm *harm = harm_of(list, record->id);
        if (harm && kept->died[record->id]++ < harm->times) {
            signal(harm->signal, SIG_DFL); /* the test's frame catches some */
            kill(getpid(), harm->signal);
        }
        kept->taken[record->id]++;
        if (at.position < careful) {
            ring_commit(r);
            suspects_taken(s, 1);
        } else {
            batch++;
        }
        suspects_leave(s);
    }
    ring_commit(r);
    suspects_taken(s, batch);
    _exit(damaged ? 1 : 0);
}

/* How many lives it took. */
static unsigned read_over_deaths(const struct harm *list) {
    static struct record_builder builder;
    struct ring *r = ring_create(1 << 18);
    unsigned lives = 0;
    int status;
    memset(kept, 0, sizeof *kept);
    for (int i = 0; i < RECORDS; i++) {
        record_begin(&builder, RECORD_TRANSFER);
        assert_true(ring_write(r, &builder));
    }
    do {
        pid_t pid = fork();
        if (pid == 0)
            read_all(r, list);
        assert_true(pid > 0 && lives++ < LIVES_MOST);
        waitpid(pid, &status, 0);
        if (WIFSIGNALED(status))
            suspects_died(&kept->suspects, WTERMSIG(status), WTERMSIG(status) != SIGKILL, clock_monotonic());
    } while (WIFSIGNALED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(ring_uncommitted(r), 0);
    ring_destroy(r);
    return lives;
}

/* All were taken but these, which were given up; none was both. */
static void assert_given_up(const struct harm *list) {
    for (uint64_t id = 1; id <= RECORDS; id++) {
        bool lost = harm_of(list, id) != NULL;
        assert_int_equal(kept->given_up[id], lost);
        assert_int_equal(kept->taken[id] > 0, !lost);
        assert_true(kept->taken[id] <= 2); /* the first death repeats a batch, later ones nothing */
    }
}

static int begin(void **state) {
    kept = mmap(NULL, sizeof *kept, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return kept == MAP_FAILED ? -1 : 0;
}

static int end(void **state) {
    return munmap(kept, sizeof *kept);
}

static void a_record_that_kills_twice_is_stepped_over_and_nothing_else(void **state) {
    for (uint64_t id = 1; id <= RECORDS; id += 13) {
        const struct harm list[] = {{id, 99, SIGSEGV}, {0}};
        assert_int_equal(read_over_deaths(list), 3);
        assert_given_up(list);
        assert_int_equal(kept->died[id], 2);
    }
}

static void so_are_several_also_behind_one_another(void **state) {
    const struct harm list[] = {
        {1, 99, SIGSEGV}, {17, 99, SIGSYS}, {18, 99, SIGABRT}, {RECORDS, 99, SIGSEGV}, {0}};
    assert_int_equal(read_over_deaths(list), 9);
    assert_given_up(list);
    assert_int_equal(kept->suspects.given_up, 4);
}

static void deaths_at_different_records_cost_none(void **state) {
    static const struct harm none[] = {{0}};
    const struct harm list[] = {{5, 1, SIGSEGV}, {6, 1, SIGSEGV}, {30, 1, SIGSEGV}, {0}};
    assert_int_equal(read_over_deaths(list), 4);
    assert_given_up(none);
}

static void a_kill_from_outside_is_held_against_no_record(void **state) {
    static const struct harm none[] = {{0}};
    const struct harm list[] = {{9, 5, SIGKILL}, {0}};
    assert_int_equal(read_over_deaths(list), 6);
    assert_given_up(none);
    assert_int_equal(kept->suspects.death.times, 0);
}

/* --- what the supervisor counts --- */

static struct suspects suspects;

static bool die_at(unsigned channel, uint64_t position, time_ns now) {
    const struct suspect_record r = {
        .channel = channel, .position = position, .id = 7, .kind = RECORD_FINDING};
    suspects_read(&suspects, channel, position + 8);
    suspects_enter(&suspects, &r);
    return suspects_died(&suspects, SIGSEGV, true, now);
}

static int begin_counts(void **state) {
    memset(&suspects, 0, sizeof suspects);
    return 0;
}

static void a_death_elsewhere_is_not_held_against_the_record_before_it(void **state) {
    die_at(0, 800, NS_PER_S);
    for (int i = 0; i < 3; i++) /* at its start */
        suspects_died(&suspects, SIGSEGV, true, NS_PER_S);
    assert_false(suspects_condemned(&suspects, 0, 800));
    assert_false(suspects.death.at_record);
    assert_int_equal(suspects.death.times, 4);
    die_at(0, 800, NS_PER_S);
    assert_true(suspects_condemned(&suspects, 0, 800));
    assert_false(suspects_condemned(&suspects, 0, 792) || suspects_condemned(&suspects, 1, 800));
}

static void a_death_that_names_a_record_leaves_other_channels_as_they_are(void **state) {
    suspects_read(&suspects, 1, 4000);
    assert_int_equal(suspects_careful(&suspects, 1), 0); /* nobody died */
    die_at(0, 800, NS_PER_S);
    assert_int_equal(suspects_careful(&suspects, 0), 808);
    assert_int_equal(suspects_careful(&suspects, 1), 0);
    suspects_died(&suspects, SIGSEGV, true, NS_PER_S);
    assert_int_equal(suspects_careful(&suspects, 0), 808);
    assert_int_equal(suspects_careful(&suspects, 1), 4000);
}

/* As a worker may do that was taken over: each time the record is another one. */
static void a_channel_that_kills_again_and_again_rests_longer_each_time_alone(void **state) {
    time_ns now = 1000 * NS_PER_S, before = 0;
    for (int deaths = 1; deaths <= 20; deaths++) {
        die_at(3, (uint64_t)deaths * 8, now);
        time_ns rest = suspects_rest(&suspects, 3), pause = rest ? rest - now : 0;
        assert_true(deaths <= SUSPECT_DEATHS ? pause == 0 : pause > before || pause == 600 * NS_PER_S);
        assert_true(pause <= 600 * NS_PER_S);
        before = pause;
        now += pause;
    }
    assert_int_equal(before, 600 * NS_PER_S);
    assert_int_equal(suspects_rest(&suspects, 2), 0);
    die_at(3, 8, now + 601 * NS_PER_S);
    assert_int_equal(suspects_rest(&suspects, 3), 0); /* it was calm for long */
}

static void a_record_that_is_worked_off_between_deaths_is_progress(void **state) {
    assert_false(die_at(0, 800, NS_PER_S));
    assert_false(die_at(0, 800, NS_PER_S));
    suspects_gave_up(&suspects);
    assert_int_equal(suspects.row, 1);
    assert_true(die_at(0, 900, NS_PER_S));
    suspects_taken(&suspects, 3);
    assert_int_equal(suspects.row, 0);
    assert_true(die_at(0, 900, NS_PER_S));
    assert_false(die_at(0, 900, NS_PER_S));
}

static void a_record_is_named_by_who_found_it_its_kind_and_number(void **state) {
    char text[SUSPECT_TEXT_MAX];
    struct suspect_record r = {.channel = 1, .id = 7, .kind = RECORD_FLOW};
    assert_string_equal(suspect_write(&r, 2, text), "record 7 of worker 2, a flow");
    r = (struct suspect_record){.channel = 2, .id = UINT64_MAX, .kind = RECORD_TRANSFER};
    assert_string_equal(suspect_write(&r, 2, text), "record 18446744073709551615 of examiner 1, a transfer");
    r.kind = RECORD_KINDS;
    assert_non_null(strstr(suspect_write(&r, 2, text), "of no known kind"));
    r.kind = 0;
    assert_non_null(strstr(suspect_write(&r, 2, text), "of no known kind"));
    for (r.kind = RECORD_TRANSFER; r.kind < RECORD_KINDS; r.kind++)
        assert_null(strstr(suspect_write(&r, 2, text), "of no known kind"));
}

int main(void) {
#define READS(name) cmocka_unit_test_setup_teardown(name, begin, end)
#define COUNTS(name) cmocka_unit_test_setup(name, begin_counts)
    const struct CMUnitTest tests[] = {
        READS(a_record_that_kills_twice_is_stepped_over_and_nothing_else),
        READS(so_are_several_also_behind_one_another),
        READS(deaths_at_different_records_cost_none),
        READS(a_kill_from_outside_is_held_against_no_record),
        COUNTS(a_death_elsewhere_is_not_held_against_the_record_before_it),
        COUNTS(a_death_that_names_a_record_leaves_other_channels_as_they_are),
        COUNTS(a_channel_that_kills_again_and_again_rests_longer_each_time_alone),
        COUNTS(a_record_that_is_worked_off_between_deaths_is_progress),
        COUNTS(a_record_is_named_by_who_found_it_its_kind_and_number),
    };
    return cmocka_run_group_tests_name("process/suspects", tests, NULL, NULL);
}
