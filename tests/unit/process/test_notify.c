/* SPDX-License-Identifier: Apache-2.0 */
#include "process/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* The service manager's end. */
static int listen_at(const char *path) {
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t n = strlen(path);
    memcpy(a.sun_path, path, n);
    if (path[0] == '@')
        a.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (void *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)), 0);
    return fd;
}

static const char *heard(int fd) {
    static char text[256];
    ssize_t n = recv(fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = 0;
    return text;
}

static void told_over_a_path_and_over_an_abstract_name(void **state) {
    char path[] = "/tmp/gantry-notify-XXXXXX", abstract[64];
    int made = mkstemp(path);
    close(made);
    unlink(path);
    snprintf(abstract, sizeof abstract, "@gantry-notify-%d", getpid());
    const char *const names[] = {path, abstract};
    for (size_t i = 0; i < 2; i++) {
        struct notify n;
        int manager = listen_at(names[i]);
        setenv("NOTIFY_SOCKET", names[i], 1);
        notify_open(&n);
        assert_null(getenv("NOTIFY_SOCKET"));
        notify_tell(&n, "READY=1");
        assert_string_equal(heard(manager), "READY=1");
        notify_reloading(&n);
        assert_int_equal(strncmp(heard(manager), "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
        notify_close(&n);
        close(manager);
    }
    unlink(path);
}

static void more_time_is_asked_for_once_a_second(void **state) {
    char abstract[64];
    struct notify n;
    snprintf(abstract, sizeof abstract, "@gantry-extend-%d", getpid());
    int manager = listen_at(abstract);
    setenv("NOTIFY_SOCKET", abstract, 1);
    notify_open(&n);
    notify_extend(&n);
    assert_string_equal(heard(manager), "EXTEND_TIMEOUT_USEC=30000000");
    notify_extend(&n);
    assert_string_equal(heard(manager), "");
    n.again -= NS_PER_S;
    notify_extend(&n);
    assert_string_equal(heard(manager), "EXTEND_TIMEOUT_USEC=30000000");
    notify_close(&n);
    close(manager);
}

static void beats_come_at_half_the_watchdogs_time_and_only_when_due(void **state) {
    char abstract[64];
    struct notify n;
    snprintf(abstract, sizeof abstract, "@gantry-beat-%d", getpid());
    int manager = listen_at(abstract);
    setenv("NOTIFY_SOCKET", abstract, 1);
    setenv("WATCHDOG_USEC", "200000", 1);
    notify_open(&n);
    assert_int_equal(n.every, 100 * NS_PER_MS);
    notify_beat(&n);
    assert_string_equal(heard(manager), "WATCHDOG=1");
    notify_beat(&n);
    assert_string_equal(heard(manager), "");
    usleep(120000);
    notify_beat(&n);
    assert_string_equal(heard(manager), "WATCHDOG=1");
    notify_close(&n);
    close(manager);
}

static void no_beats_for_another_process_or_without_a_watchdog(void **state) {
    static const char *const pids[] = {"1", NULL};
    for (size_t i = 0; i < 2; i++) {
        char abstract[64];
        struct notify n;
        snprintf(abstract, sizeof abstract, "@gantry-none-%d", getpid());
        int manager = listen_at(abstract);
        setenv("NOTIFY_SOCKET", abstract, 1);
        if (pids[i]) {
            setenv("WATCHDOG_USEC", "200000", 1);
            setenv("WATCHDOG_PID", pids[i], 1);
        }
        notify_open(&n);
        notify_beat(&n);
        assert_string_equal(heard(manager), "");
        notify_close(&n);
        close(manager);
    }
}

static void a_name_that_is_none_or_nobody_there_changes_nothing(void **state) {
    static char long_name[400];
    memset(long_name, 'a', sizeof long_name - 1);
    long_name[0] = '/';
    const char *const names[] = {"", "/", "relative", long_name, "/nobody/listens"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct notify n;
        setenv("NOTIFY_SOCKET", names[i], 1);
        notify_open(&n);
        assert_int_equal(n.fd, -1);
        notify_tell(&n, "READY=1");
        notify_beat(&n);
        notify_close(&n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(told_over_a_path_and_over_an_abstract_name),
        cmocka_unit_test(more_time_is_asked_for_once_a_second),
        cmocka_unit_test(beats_come_at_half_the_watchdogs_time_and_only_when_due),
        cmocka_unit_test(no_beats_for_another_process_or_without_a_watchdog),
        cmocka_unit_test(a_name_that_is_none_or_nobody_there_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
