/* SPDX-License-Identifier: Apache-2.0 */
#include "process/reload/request.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_a_request_is_wanted_until_it_is_answered(void **state) {
    static struct reload_status r;
    static struct reload_result in, out;
    uint32_t request;
    assert_false(reload_wanted(&r, &request));
    uint32_t asked = reload_ask(&r);
    assert_false(reload_answered(&r, asked));
    assert_true(reload_wanted(&r, &request));
    assert_int_equal(request, asked);
    in = (struct reload_result){.request = request, .version = 2, .time = 7, .text = "gantry.yaml:3: ..."};
    reload_answer(&r, &in);
    assert_true(reload_answered(&r, asked));
    assert_false(reload_wanted(&r, &request));
    reload_read(&r, &out);
    assert_memory_equal(&out, &in, sizeof out);
}

static void test_one_load_answers_all_requests_made_before_it_and_none_made_after(void **state) {
    static struct reload_status r;
    static struct reload_result result;
    uint32_t first = reload_ask(&r), second = reload_ask(&r);
    assert_true(reload_wanted(&r, &result.request));
    uint32_t third = reload_ask(&r);
    reload_answer(&r, &result);
    assert_true(reload_answered(&r, first) && reload_answered(&r, second));
    assert_false(reload_answered(&r, third));
    assert_true(reload_wanted(&r, &result.request));
}

static void test_numbers_of_requests_may_wrap(void **state) {
    static struct reload_status r = {.asked = UINT32_MAX, .result = {.request = UINT32_MAX}};
    static struct reload_result result;
    uint32_t request = reload_ask(&r);
    assert_int_equal(request, 0);
    assert_false(reload_answered(&r, request));
    assert_true(reload_wanted(&r, &result.request));
    reload_answer(&r, &result);
    assert_true(reload_answered(&r, request));
}

/* The writer fills all text with one letter; a reader in another process never sees two. */
static void test_an_answer_is_read_whole_while_others_are_written(void **state) {
    struct reload_status *r =
        mmap(NULL, sizeof *r, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    static struct reload_result result;
    pid_t writer = fork();
    for (unsigned i = 0; writer == 0; i++) {
        memset(result.text, 'a' + i % 26, sizeof result.text - 1);
        reload_answer(r, &result);
        usleep(i % 2);
    }
    for (int i = 0; i < 2000; i++) {
        reload_read(r, &result);
        assert_true(result.text[0] == result.text[sizeof result.text - 2]);
    }
    kill(writer, SIGKILL);
    waitpid(writer, NULL, 0);
    munmap(r, sizeof *r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request_is_wanted_until_it_is_answered),
        cmocka_unit_test(test_one_load_answers_all_requests_made_before_it_and_none_made_after),
        cmocka_unit_test(test_numbers_of_requests_may_wrap),
        cmocka_unit_test(test_an_answer_is_read_whole_while_others_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
