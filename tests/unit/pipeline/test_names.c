/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

/* Questions to a resolver inside: what they hold, and what is shown of the flow that follows. */

#define RESOLVER "10.40.9.53"
#define ASKED                                                                                                \
    "\x04"                                                                                                   \
    "drop\x07"                                                                                               \
    "example\0\0\1\0\1"
enum { PORT = 30000, DOMAIN_PORT = 53 };
static const char question[] = "\0\7\1\0\0\1\0\0\0\0\0\0" ASKED;
static const char reply[] =
    "\0\7\x81\x80\0\1\0\1\0\0\0\0" ASKED "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc6\x33\x64\x14"; /* UNAPPROVED */

static void ask(void) {
    send_datagram(LANE, PORT, RESOLVER, DOMAIN_PORT, question, sizeof question - 1);
}

static void reply_to_it(void) {
    send_datagram(RESOLVER, DOMAIN_PORT, LANE, PORT, reply, sizeof reply - 1);
}

static int open_worker(void **state) {
    worker_open((struct pipeline_options){0});
    return 0;
}

static int close_worker(void **state) {
    pipeline_destroy(t.pipeline);
    return 0;
}

static void a_question_to_a_resolver_inside_holds_memory_until_it_is_answered(void **state) {
    for (int i = 0; i < 3; i++) {
        ask();
        assert_int_equal(pipeline_use(t.pipeline).contexts, 1);
        assert_int_equal(pipeline_use(t.pipeline).conversations, 1);
        reply_to_it();
        assert_int_equal(pipeline_use(t.pipeline).contexts, 0);
        assert_int_equal(pipeline_use(t.pipeline).conversations, 0);
    }
    assert_int_equal(pipeline_flows(t.pipeline), 1);
}

static void of_two_questions_at_once_both_answers_are_read(void **state) {
    ask();
    ask();
    reply_to_it();
    assert_int_equal(pipeline_use(t.pipeline).contexts, 1);
    reply_to_it();
    assert_int_equal(pipeline_use(t.pipeline).contexts, 0);
}

/* What the first record of an unread flow to UNAPPROVED says of its name. */
static void assert_shown(const char *name) {
    static uint64_t copy[8192];
    uint64_t damaged = 0;
    const struct record *r;
    struct talk k = begin(UNAPPROVED, 4444);
    assert_true(ring_record_max() <= sizeof copy);
    say(&k, "\x01\x02\x03\x04 nobody knows this");
    t.now += 2 * NS_PER_S;
    pipeline_idle(t.pipeline, t.now);
    do {
        r = ring_read(t.ring, copy, &damaged);
        assert_non_null(r);
    } while (r->kind != RECORD_VOLUME);
    struct bytes shown = record_text_of(r, TEXT_DNS_NAME);
    assert_int_equal(shown.n, strlen(name));
    assert_memory_equal(shown.p, name, shown.n);
}

static void the_flow_that_follows_shows_the_name(void **state) {
    ask();
    reply_to_it();
    assert_shown("drop.example");
}

static void without_a_question_it_shows_none(void **state) {
    reply_to_it();
    assert_shown("");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_worker, close_worker)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_question_to_a_resolver_inside_holds_memory_until_it_is_answered),
        TEST(of_two_questions_at_once_both_answers_are_read),
        TEST(the_flow_that_follows_shows_the_name),
        TEST(without_a_question_it_shows_none),
    };
    return cmocka_run_group_tests(tests, worker_begin, NULL);
}
