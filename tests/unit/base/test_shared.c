/* SPDX-License-Identifier: Apache-2.0 */
#include "base/shared.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct shared_memory memory;

static int begin(void **state) {
    return shared_create(&memory, "test", 5000) ? 0 : -1;
}

static int end(void **state) {
    shared_release(&memory);
    return 0;
}

static void what_is_written_is_seen_and_the_size_is_of_whole_pages(void **state) {
    uint8_t *own = memory.own;
    const uint8_t *seen = memory.seen;
    assert_int_equal(memory.size % (size_t)sysconf(_SC_PAGESIZE), 0);
    assert_in_range(memory.size, 5000, 5000 + sysconf(_SC_PAGESIZE));
    assert_int_equal(seen[4999], 0);
    own[4999] = 7;
    assert_int_equal(seen[4999], 7);
}

static void the_view_to_read_is_never_made_writable(void **state) {
    assert_int_equal(mprotect(memory.seen, memory.size, PROT_READ | PROT_WRITE), -1);
    assert_int_equal(errno, EACCES);
    assert_int_equal(mprotect(memory.own, memory.size, PROT_READ | PROT_WRITE), 0);
    void *again = mremap(memory.seen, 0, memory.size, MREMAP_MAYMOVE); /* the same pages once more */
    assert_true(again != MAP_FAILED);
    assert_int_equal(mprotect(again, memory.size, PROT_READ | PROT_WRITE), -1);
    assert_int_equal(munmap(again, memory.size), 0);
}

static unsigned count_descriptors(void) {
    unsigned n = 0;
    DIR *d = opendir("/proc/self/fd");
    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static void no_descriptor_leads_to_it(void **state) {
    struct shared_memory more;
    unsigned before = count_descriptors();
    assert_true(shared_create(&more, "more", 1));
    assert_int_equal(count_descriptors(), before);
    shared_release(&more);
}

static int signal_of(void (*what)(void)) {
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL); /* a sanitizer has its own */
        what();
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static volatile uint8_t *own_before, *seen_before;
static volatile uint8_t read_there;

static void write_what_was_own(void) {
    shared_only_read(&memory);
    read_there = *seen_before;
    *own_before = 9;
}

static void read_what_was_seen(void) {
    shared_release(&memory);
    read_there = *seen_before;
}

static void write_what_is_own(void) {
    *own_before = 9;
}

static void a_process_that_gave_it_up_does_not_reach_it_and_others_do(void **state) {
    own_before = memory.own;
    seen_before = memory.seen;
    assert_int_equal(signal_of(write_what_was_own), SIGSEGV);
    assert_int_equal(*own_before, 0);
    assert_int_equal(signal_of(read_what_was_seen), SIGSEGV);
    assert_int_equal(signal_of(write_what_is_own), 0);
    assert_int_equal(*seen_before, 9);
}

static void one_that_was_never_made_is_released(void **state) {
    struct shared_memory none = {0};
    shared_release(&none);
    assert_null(none.own);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_seen_and_the_size_is_of_whole_pages, begin, end),
        cmocka_unit_test_setup_teardown(the_view_to_read_is_never_made_writable, begin, end),
        cmocka_unit_test_setup_teardown(no_descriptor_leads_to_it, begin, end),
        cmocka_unit_test_setup_teardown(a_process_that_gave_it_up_does_not_reach_it_and_others_do, begin,
                                        end),
        cmocka_unit_test(one_that_was_never_made_is_released),
    };
    return cmocka_run_group_tests_name("base/shared", tests, NULL, NULL);
}
