/* SPDX-License-Identifier: Apache-2.0 */
#include "control/control.h"

#include "base/clock.h"
#include "base/counter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

enum { LONG_ANSWER = 1 << 19 };

struct control_sensor {
    int asked;
};

static bool hello(struct control_sensor *s, const struct control_words *arguments, struct json_writer *out,
                  struct error *e) {
    json_write_number(out, "asked", (uint64_t)++s->asked);
    return true;
}

static bool much(struct control_sensor *s, const struct control_words *arguments, struct json_writer *out,
                 struct error *e) {
    static char text[LONG_ANSWER];
    memset(text, 'x', sizeof text - 1);
    json_write_text(out, "much", text);
    return true;
}

static const struct control_request table[] = {
    {.name = "hello", .usage = "", .answer = hello}, {.name = "much", .usage = "", .answer = much}, {0}};

static char folder[64], path[128];
static struct control_sensor sensor;
static struct control *server;
static int listening;

static int begin(void **state) {
    struct error e;
    bool made;
    strcpy(folder, "/tmp/gantry-control-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/run/control", folder);
    listening = control_listen(path, &made, &e);
    server = listening < 0 || !made ? NULL : control_create(listening, getegid(), table, &sensor);
    return server ? 0 : -1;
}

static int finish(void **state) {
    char run[96];
    control_destroy(server);
    close(listening);
    unlink(path);
    snprintf(run, sizeof run, "%s/run", folder);
    rmdir(run);
    return rmdir(folder);
}

static int dial(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_return_code(connect(fd, (struct sockaddr *)&address, sizeof address), errno);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* The server goes on until the client has all; the octets received, `out` NUL-terminated. */
static size_t read_all(int fd, char *out, size_t room) {
    size_t n = 0;
    ssize_t got;
    for (;;) {
        control_serve(server);
        while ((got = recv(fd, out + n, room - 1 - n, 0)) > 0)
            n += (size_t)got;
        if (got == 0 || errno != EAGAIN)
            break;
    }
    out[n] = '\0';
    return n;
}

static void say(int fd, const char *text) {
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void a_request_in_pieces_is_answered_once_it_is_whole(void **state) {
    char answer[256];
    int fd = dial();
    for (const char *piece = "hello\n"; *piece; piece++) {
        control_serve(server);
        assert_int_equal(recv(fd, answer, sizeof answer, 0), -1);
        assert_int_equal(send(fd, piece, 1, MSG_NOSIGNAL), 1);
    }
    read_all(fd, answer, sizeof answer);
    assert_non_null(strstr(answer, "{\"ok\":true,\"asked\":"));
    close(fd);
}

static void a_long_answer_arrives_whole_at_a_reader_that_is_late(void **state) {
    static char answer[LONG_ANSWER + 256];
    int fd = dial();
    say(fd, "much\n");
    for (int i = 0; i < 10; i++)
        control_serve(server);
    assert_int_equal(read_all(fd, answer, sizeof answer),
                     LONG_ANSWER - 1 + strlen("{\"ok\":true,\"much\":\"\"}"));
    close(fd);
}

static void a_line_that_never_ends_is_refused(void **state) {
    char line[CONTROL_REQUEST_MAX + 1] = "", answer[256];
    int fd = dial();
    memset(line, 'a', CONTROL_REQUEST_MAX);
    say(fd, line);
    read_all(fd, answer, sizeof answer);
    assert_non_null(strstr(answer, "longer than 4095 bytes"));
    close(fd);
}

static void connections_beyond_the_most_wait_and_are_served_later(void **state) {
    int fds[CONTROL_CONNECTIONS + 4];
    struct pollfd wanted[64];
    char answer[256];
    for (int i = 0; i < CONTROL_CONNECTIONS + 4; i++)
        fds[i] = dial();
    control_serve(server);
    assert_int_equal(control_poll(server, wanted, 64), CONTROL_CONNECTIONS); /* and no more are let in */
    for (int i = 0; i < CONTROL_CONNECTIONS + 4; i++) {
        say(fds[i], "hello\n");
        read_all(fds[i], answer, sizeof answer);
        assert_non_null(strstr(answer, "\"asked\""));
        close(fds[i]);
    }
    control_serve(server);
    assert_int_equal(control_poll(server, wanted, 64), 1); /* the listening socket */
}

static void who_does_not_read_or_ask_is_cut_off_and_counted(void **state) {
    uint64_t before = counter_values[COUNTER_CONTROL_SLOW];
    static char answer[LONG_ANSWER + 256];
    int silent = dial(), deaf = dial();
    say(deaf, "much\n");
    time_ns start = clock_monotonic();
    while (counter_values[COUNTER_CONTROL_SLOW] < before + 2 && clock_monotonic() - start < 20 * NS_PER_S) {
        control_serve(server);
        poll(NULL, 0, 50);
    }
    time_ns took = clock_monotonic() - start;
    assert_true(took >= CONTROL_SECONDS * NS_PER_S && took < (CONTROL_SECONDS + 2) * NS_PER_S);
    assert_true(read_all(deaf, answer, sizeof answer) < LONG_ANSWER);
    assert_int_equal(read_all(silent, answer, sizeof answer), 0);
    close(silent);
    close(deaf);
}

static void clients_that_vanish_leave_nothing_behind(void **state) {
    struct pollfd wanted[64];
    for (int i = 0; i < 200; i++) {
        int fd = dial();
        if (i % 3)
            say(fd, i % 3 == 1 ? "much\n" : "hel");
        control_serve(server);
        close(fd);
        control_serve(server);
    }
    control_serve(server);
    assert_int_equal(control_poll(server, wanted, 64), 1);
}

/* --- listen.c --- */

static void a_live_sensors_socket_is_not_taken(void **state) {
    struct error e;
    bool made;
    assert_int_equal(control_listen(path, &made, &e), -1);
    assert_non_null(strstr(e.text, "another sensor listens there; stop it"));
    assert_non_null(strstr(e.text, path));
    assert_false(made);
    int fd = dial(); /* the first still listens */
    close(fd);
}

static void what_a_dead_sensor_left_is_replaced(void **state) {
    struct error e;
    struct stat st;
    bool made;
    control_destroy(server);
    close(listening);
    assert_int_equal(stat(path, &st), 0);
    listening = control_listen(path, &made, &e);
    assert_true(listening >= 0);
    server = control_create(listening, getegid(), table, &sensor);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600); /* the owner's alone until it is given */
    assert_true(control_give(path, false, geteuid(), CONTROL_NO_GROUP, &e));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(control_give(path, false, geteuid(), getegid(), &e));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    a_request_in_pieces_is_answered_once_it_is_whole(state);
}

static void what_is_no_socket_stays_and_long_paths_are_told(void **state) {
    struct error e;
    struct stat st;
    bool made;
    char file[96], longer[160];
    snprintf(file, sizeof file, "%s/file", folder);
    close(open(file, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(control_listen(file, &made, &e), -1);
    assert_non_null(strstr(e.text, "there is something else; move it away"));
    assert_int_equal(stat(file, &st), 0);
    unlink(file);
    memset(longer, 'x', sizeof longer);
    longer[0] = '/';
    longer[108] = '\0';
    assert_int_equal(control_listen(longer, &made, &e), -1);
    assert_non_null(strstr(e.text, "longer than 107 bytes; shorten it"));
    snprintf(longer, sizeof longer, "%s/no/such/folder", folder);
    assert_int_equal(control_listen(longer, &made, &e), -1);
    assert_non_null(strstr(e.text, "No such file or directory; make its folder"));
}

static void a_link_in_the_sockets_place_is_not_followed(void **state) {
    struct error e;
    struct stat st;
    char file[96], link[96];
    snprintf(file, sizeof file, "%s/file", folder);
    snprintf(link, sizeof link, "%s/link", folder);
    close(open(file, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(symlink(file, link), 0);
    assert_false(control_give(link, false, geteuid(), getegid(), &e));
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    unlink(link);
    unlink(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_in_pieces_is_answered_once_it_is_whole),
        cmocka_unit_test(a_long_answer_arrives_whole_at_a_reader_that_is_late),
        cmocka_unit_test(a_line_that_never_ends_is_refused),
        cmocka_unit_test(connections_beyond_the_most_wait_and_are_served_later),
        cmocka_unit_test(who_does_not_read_or_ask_is_cut_off_and_counted),
        cmocka_unit_test(clients_that_vanish_leave_nothing_behind),
        cmocka_unit_test(a_live_sensors_socket_is_not_taken),
        cmocka_unit_test(what_is_no_socket_stays_and_long_paths_are_told),
        cmocka_unit_test(what_a_dead_sensor_left_is_replaced),
        cmocka_unit_test(a_link_in_the_sockets_place_is_not_followed),
    };
    return cmocka_run_group_tests(tests, begin, finish);
}
