/* SPDX-License-Identifier: Apache-2.0 */
#include "process/examiner/jobs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { EXAMINER = 1, WORKERS = 2 };
static struct examine_area *area[WORKERS];
static struct examine_jobs jobs;
static unsigned worker, slot;

static int begin(void **state) {
    for (unsigned i = 0; i < WORKERS; i++)
        area[i] = calloc(1, sizeof *area[i]);
    jobs = (struct examine_jobs){(const struct examine_area *const *)area, WORKERS, EXAMINER,
                                 calloc(1, sizeof *jobs.answers)};
    jobs_begin(&jobs.answers->spent);
    return 0;
}

static int finish(void **state) {
    for (unsigned i = 0; i < WORKERS; i++)
        free(area[i]);
    free(jobs.answers);
    return 0;
}

static struct address address_of(const char *text) {
    struct address a;
    address_parse(text, &a);
    return a;
}

static void give(unsigned of, unsigned at, const char *source, time_ns since) {
    static uint64_t ticket;
    struct examine_job *j = &area[of]->job[at];
    j->examiner = EXAMINER;
    j->since = since;
    ((struct record *)j->record)->source = address_of(source);
    j->ticket = ++ticket;
}

static bool find(void) {
    uint64_t ticket;
    return jobs_find(&jobs, &worker, &slot, &ticket) != NULL;
}

static void answer(void) {
    jobs.answers->answer[worker][slot].ticket = area[worker]->job[slot].ticket;
}

static void take(unsigned of, const char *source, uint32_t ms) {
    const struct address a = address_of(source);
    jobs_spend(&jobs.answers->spent, of, &a, ms);
}

static void assert_next(unsigned of, unsigned at) {
    assert_true(find());
    assert_int_equal(worker, of);
    assert_int_equal(slot, at);
    answer();
}

static void the_one_that_has_waited_longest_goes_first(void **state) {
    give(0, 4, "10.0.0.1", 300);
    give(1, 2, "10.0.0.2", 200);
    give(0, 9, "10.0.0.3", 100);
    area[1]->job[5] = area[1]->job[2];
    area[1]->job[5].examiner = EXAMINER + 1; /* another one's */
    assert_next(0, 9);
    assert_next(1, 2);
    assert_next(0, 4);
    assert_false(find());
}

static void who_sends_slow_files_waits_behind_those_who_do_not(void **state) {
    take(0, "10.0.0.1", 20000);
    for (unsigned i = 0; i < 8; i++)
        give(0, i, "10.0.0.1", 100 + i);
    give(0, 20, "10.0.0.2", 900);
    give(0, 21, "10.0.0.3", 800);
    assert_next(0, 21);
    assert_next(0, 20);
    assert_next(0, 0);
}

static void a_network_of_ipv6_is_one_source(void **state) {
    take(0, "2001:db8::1", 20000);
    give(0, 0, "2001:db8::2", 100);
    give(0, 1, "2001:db8:1::2", 900);
    assert_next(0, 1);
}

static void a_worker_whose_files_are_slow_waits_whatever_it_says_of_them(void **state) {
    take(0, "10.0.0.1", 20000);
    give(0, 0, "10.0.0.7", 0);
    give(1, 0, "10.0.0.2", 900);
    assert_next(1, 0);
    assert_next(0, 0);
}

static void what_was_not_needed_is_given_back_and_old_debts_are_forgotten(void **state) {
    const struct address a = address_of("10.0.0.1");
    struct examine_spent *s = &jobs.answers->spent;
    take(0, "10.0.0.1", 20000);
    jobs_return(s, 0, &a, 15000);
    assert_int_equal(*shares_of(&s->source, &a), 5000);
    assert_int_equal(s->worker[0], 5000);
    jobs_forget(s, s->halved + 59 * NS_PER_S);
    assert_int_equal(*shares_of(&s->source, &a), 5000);
    jobs_forget(s, s->halved + 60 * NS_PER_S);
    assert_int_equal(*shares_of(&s->source, &a), 2500);
    assert_int_equal(s->worker[0], 2500);
    jobs_return(s, 0, &a, 15000);
    assert_int_equal(s->worker[0], 0);
}

int main(void) {
#define JOBS(test) cmocka_unit_test_setup_teardown(test, begin, finish)
    const struct CMUnitTest tests[] = {
        JOBS(the_one_that_has_waited_longest_goes_first),
        JOBS(who_sends_slow_files_waits_behind_those_who_do_not),
        JOBS(a_network_of_ipv6_is_one_source),
        JOBS(a_worker_whose_files_are_slow_waits_whatever_it_says_of_them),
        JOBS(what_was_not_needed_is_given_back_and_old_debts_are_forgotten),
    };
    return cmocka_run_group_tests_name("process/examiner_jobs", tests, NULL, NULL);
}
