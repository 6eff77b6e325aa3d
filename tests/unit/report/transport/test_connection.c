/* SPDX-License-Identifier: Apache-2.0 */
#include "report/transport/connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* A receiver that takes in little and does not read; the connection that was put more than that. */
static int listener, receiver;
static struct connection *sender;

static int listen_narrowly(char target[32]) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    int narrow = 4096, fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &narrow, sizeof narrow);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 1) ||
        getsockname(fd, (struct sockaddr *)&at, &size))
        return -1;
    snprintf(target, 32, "127.0.0.1:%u", ntohs(at.sin_port));
    return fd;
}

static int begin(void **state) {
    static const struct output_config plain;
    static char text[1024];
    char target[32];
    struct error why;
    signal(SIGPIPE, SIG_IGN);
    listener = listen_narrowly(target);
    sender = listener < 0 ? NULL : connection_create(target, "514", false, &plain, &why);
    for (int i = 0; sender && !connection_ready(sender) && i < 1000; i++)
        usleep(1000);
    receiver = sender ? accept(listener, NULL, NULL) : -1;
    for (int i = 0; receiver >= 0 && i < 20000; i++) { /* until nobody takes any more */
        connection_put(sender, bytes_of(text, sizeof text));
        connection_ready(sender);
    }
    return receiver < 0;
}

static int end(void **state) {
    connection_destroy(sender);
    close(receiver);
    close(listener);
    return 0;
}

/* How the receiver sees it end: 0, or an error of its system. */
static int read_to_the_end(void) {
    char text[65536];
    ssize_t n;
    struct pollfd fd = {.fd = receiver, .events = POLLIN};
    do {
        if (poll(&fd, 1, 5000) != 1)
            return ETIME;
        n = read(receiver, text, sizeof text);
    } while (n > 0);
    return n ? errno : 0;
}

static void test_what_is_given_up_is_not_sent_later(void **state) {
    connection_give_up(sender, "it does not answer");
    assert_int_equal(connection_take_end(sender), CONNECTION_CUT);
    assert_int_equal(read_to_the_end(), ECONNRESET);
}

static void test_what_is_ended_in_order_is_sent_to_its_end(void **state) {
    connection_destroy(sender);
    sender = NULL;
    assert_int_equal(read_to_the_end(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_what_is_given_up_is_not_sent_later),
                                       TEST(test_what_is_ended_in_order_is_sent_to_its_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
