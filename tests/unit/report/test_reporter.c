/* SPDX-License-Identifier: Apache-2.0 */
#include "report/output.h"

#include "example.h"
#include "report_defaults.h"
#include "format/check.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct record_builder b;
static uint64_t room[4096];
static char received[1 << 22];
static size_t received_size;
static struct syslog_message message;
static uint64_t hold_time = NS_PER_S;

static struct reporter *start(const char *format, const char *to, unsigned records, uint64_t held_max) {
    static struct output_config config;
    config = output_default(format, to, records);
    config.hold_time = hold_time;
    struct report_options options = report_defaults(&config, 1);
    options.offline = true;
    if (held_max)
        options.store.limits.outbox = held_max;
    struct error e = {""};
    struct reporter *r = reporter_create(&options, &e);
    if (!r)
        fail_msg("%s", e.text);
    return r;
}

static void give_transfer(struct reporter *r, uint64_t object) {
    example_begin(&b, RECORD_TRANSFER);
    b.head.object = object;
    reporter_record(r, example_pack(&b, room));
}

static int listen_on(int type, struct sockaddr_in *address) {
    socklen_t n = sizeof *address;
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, type, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)address, sizeof *address), 0);
    getsockname(fd, (struct sockaddr *)address, &n);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(fd, 5), 0);
    return fd;
}

static const char *target(const char *scheme, const struct sockaddr_in *a) {
    static char to[64];
    snprintf(to, sizeof to, "%s127.0.0.1:%d", scheme, ntohs(a->sin_port));
    return to;
}

static void udp_carries_one_message_a_datagram(void **state) {
    struct sockaddr_in a;
    int fd = listen_on(SOCK_DGRAM, &a);
    struct reporter *r = start("rfc5424", target("udp://", &a), REPORT_ALERT, 0);
    give_transfer(r, 1);
    assert_int_equal(reporter_finish(r, 1000), 0);
    static const char *const ids[] = {"OPENED", "CLOSED"};
    for (int i = 0; i < 2; i++) {
        ssize_t n = recv(fd, received, sizeof received, MSG_DONTWAIT);
        assert_true(n > 0 && n <= 1024);
        assert_true(check_syslog(received, (size_t)n, &message));
        assert_string_equal(message.msgid, ids[i]);
    }
    assert_int_equal(recv(fd, received, sizeof received, MSG_DONTWAIT), -1);
    reporter_destroy(r);
    close(fd);
}

static void approved_transfers_send_nothing(void **state) {
    struct sockaddr_in a;
    int fd = listen_on(SOCK_DGRAM, &a);
    struct reporter *r = start("rfc5424", target("udp://", &a), REPORT_ALERT, 0);
    example_begin(&b, RECORD_TRANSFER);
    b.head.verdict = VERDICT_APPROVED;
    reporter_record(r, example_pack(&b, room));
    assert_int_equal(reporter_finish(r, 1000), 0);
    assert_int_equal(recv(fd, received, sizeof received, MSG_DONTWAIT), -1);
    reporter_destroy(r);
    close(fd);
}

static void nobody_listening_on_udp_is_counted_and_stops_nothing(void **state) {
    struct sockaddr_in a;
    int fd = listen_on(SOCK_DGRAM, &a);
    struct reporter *r = start("rfc5424", target("udp://", &a), REPORT_TRANSFER, 0);
    close(fd);
    uint64_t before = counter_values[COUNTER_MESSAGES_REFUSED];
    for (uint64_t i = 0; i < 10; i++)
        give_transfer(r, i);
    assert_int_equal(reporter_finish(r, 1000), 0);
    assert_true(counter_values[COUNTER_MESSAGES_REFUSED] > before);
    reporter_destroy(r);
}

/* Reads octet-counted messages until the end of `from`, marks their sequence numbers; false on a framing
 * error. A part of a message at the end is allowed. */
static bool read_frames(const char *from, size_t n, unsigned *seen, size_t most) {
    const char *at = from, *end = from + n;
    while (at < end) {
        char *rest;
        size_t size = strtoul(at, &rest, 10);
        if (rest == end || rest == at)
            return true;
        if (*rest != ' ' || size == 0 || size > 8192)
            return false;
        at = rest + 1;
        if ((size_t)(end - at) < size)
            return true;
        if (!check_syslog(at, size, &message))
            return false;
        size_t sequence = strtoul(syslog_get(&message, "seq"), NULL, 10);
        if (sequence >= most)
            return false;
        seen[sequence]++;
        at += size;
    }
    return true;
}

/* Takes one connection and reads up to `most` bytes of it, pumping the reporter meanwhile; closes it with
 * what it has not read. */
static void take_connection(int server, struct reporter *r, size_t most) {
    int fd = -1;
    for (int i = 0; i < 4000 && fd < 0; i++) {
        reporter_deliver(r);
        fd = accept4(server, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0)
            usleep(1000);
    }
    assert_true(fd >= 0);
    received_size = 0;
    for (int idle = 0; idle < 300 && received_size < most;) {
        size_t want = most - received_size < 1000 ? most - received_size : 1000;
        reporter_deliver(r);
        ssize_t n = recv(fd, received + received_size, want, 0);
        received_size += n > 0 ? (size_t)n : 0;
        idle = n > 0 ? 0 : idle + 1;
        if (n <= 0)
            usleep(1000);
    }
    close(fd);
}

static void tcp_counts_octets_and_sends_again_what_a_broken_connection_swallowed(void **state) {
    enum { MESSAGES = 3000 };
    static unsigned seen[MESSAGES + 1];
    struct sockaddr_in a;
    int server = listen_on(SOCK_STREAM, &a);
    fcntl(server, F_SETFL, O_NONBLOCK);
    struct reporter *r = start("rfc5424", target("tcp://", &a), REPORT_TRANSFER, 0);
    for (uint64_t i = 0; i < MESSAGES; i++)
        give_transfer(r, i);
    memset(seen, 0, sizeof seen);
    size_t cuts[] = {12345, 401, 250001, SIZE_MAX >> 1};
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        take_connection(server, r, cuts[i] < sizeof received ? cuts[i] : sizeof received);
        assert_true(read_frames(received, received_size, seen, MESSAGES + 1));
    }
    for (size_t i = 1; i <= MESSAGES; i++)
        if (!seen[i])
            fail_msg("message %zu never came", i);
    assert_true(counter_values[COUNTER_MESSAGES_REPEATED] > 0);
    reporter_destroy(r);
    close(server);
}

static void an_orderly_end_repeats_nothing_older_than_the_hold_time(void **state) {
    hold_time = 50 * NS_PER_MS;
    enum { MESSAGES = 50 };
    unsigned seen[MESSAGES + 1] = {0};
    struct sockaddr_in a;
    int server = listen_on(SOCK_STREAM, &a);
    fcntl(server, F_SETFL, O_NONBLOCK);
    struct reporter *r = start("rfc5424", target("tcp://", &a), REPORT_TRANSFER, 0);
    for (uint64_t i = 0; i < MESSAGES; i++) {
        give_transfer(r, i);
        if (i == MESSAGES / 2) {
            take_connection(server, r, sizeof received);
            assert_true(read_frames(received, received_size, seen, MESSAGES + 1));
            usleep(20000);
            reporter_deliver(r);
        }
    }
    take_connection(server, r, sizeof received);
    assert_true(read_frames(received, received_size, seen, MESSAGES + 1));
    for (size_t i = 1; i <= MESSAGES; i++)
        assert_int_equal(seen[i], 1);
    hold_time = NS_PER_S;
    reporter_destroy(r);
    close(server);
}

static void messages_wait_for_an_absent_receiver_and_the_oldest_are_dropped_first(void **state) {
    enum { MESSAGES = 300 };
    unsigned seen[MESSAGES + 1] = {0};
    struct sockaddr_in a;
    int server = listen_on(SOCK_STREAM, &a);
    close(server); /* nobody is there at first */
    uint64_t lost = counter_values[COUNTER_MESSAGES_LOST];
    struct reporter *r = start("rfc5424", target("tcp://", &a), REPORT_TRANSFER, 64 << 10);
    for (uint64_t i = 0; i < MESSAGES; i++)
        give_transfer(r, i);
    lost = counter_values[COUNTER_MESSAGES_LOST] - lost;
    assert_true(lost > 0 && lost < MESSAGES);
    server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int on = 1;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert_int_equal(bind(server, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(server, 5), 0);
    take_connection(server, r, sizeof received);
    assert_true(read_frames(received, received_size, seen, MESSAGES + 1));
    for (size_t i = 1; i <= MESSAGES; i++)
        assert_int_equal(seen[i], i > lost); /* the hole in the sequence tells the receiver */
    reporter_destroy(r);
    close(server);
}

static void the_local_socket_takes_datagrams_and_comes_back(void **state) {
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    char to[128];
    snprintf(a.sun_path, sizeof a.sun_path, "/tmp/gantry-test-log.%d", (int)getpid());
    snprintf(to, sizeof to, "unix:%s", a.sun_path);
    struct reporter *r = start("rfc5424", to, REPORT_TRANSFER, 0);
    give_transfer(r, 1); /* nobody listens yet: held */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(reporter_finish(r, 3000), 0);
    ssize_t n = recv(fd, received, sizeof received, 0);
    assert_true(n > 0 && check_syslog(received, (size_t)n, &message));
    reporter_destroy(r);
    close(fd);
    unlink(a.sun_path);
}

static size_t read_all(const char *path) {
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(received, 1, sizeof received - 1, f);
    fclose(f);
    received[n] = '\0';
    return n;
}

static void a_file_gets_a_line_a_message_and_is_opened_again_for_logrotate(void **state) {
    char path[64], old[80], to[80];
    snprintf(path, sizeof path, "/tmp/gantry-test-file.%d", (int)getpid());
    snprintf(old, sizeof old, "%s.1", path);
    snprintf(to, sizeof to, "file:%s", path);
    struct reporter *r = start("json", to, REPORT_ALERT | REPORT_TRANSFER, 0);
    give_transfer(r, 1);
    reporter_deliver(r);
    rename(path, old);
    reporter_reopen(r);
    give_transfer(r, 2);
    assert_int_equal(reporter_finish(r, 1000), 0);
    reporter_destroy(r);
    static const int lines[] = {2, 2}; /* transfer, opened; transfer, closed */
    for (int i = 0; i < 2; i++) {
        int found = 0;
        read_all(i ? path : old);
        for (char *line = strtok(received, "\n"); line; line = strtok(NULL, "\n"), found++)
            assert_true(check_json(line, strlen(line)));
        assert_int_equal(found, lines[i]);
        unlink(i ? path : old);
    }
}

/* An independent reader of the same file: python3's json module. */
static void python_reads_the_json_and_finds_the_hostile_names_as_they_were(void **state) {
    char path[64], to[80], command[512];
    snprintf(path, sizeof path, "/tmp/gantry-test-python.%d", (int)getpid());
    snprintf(to, sizeof to, "file:%s", path);
    if (system("python3 -c 1 2>/dev/null") != 0)
        skip();
    struct reporter *r = start("json", to, REPORT_TRANSFER | REPORT_ALERT | REPORT_STATS, 0);
    example_begin(&b, RECORD_TRANSFER);
    record_text(&b, TEXT_NAME, bytes_of("a\n\"\\\x00]\xe2\x80\xae\xff", 10));
    reporter_record(r, example_pack(&b, room));
    static const uint64_t figures[FIGURE_COUNT];
    reporter_stats(r, figures, EXAMPLE_TIME, true);
    assert_int_equal(reporter_finish(r, 1000), 0);
    reporter_destroy(r);
    snprintf(
        command, sizeof command,
        "python3 -c \"import json,sys; d=[json.loads(l) for l in open(sys.argv[1])]; assert len(d)==4; "
        "assert d[0]['file']['name']=='a\\n\\\"\\\\\\\\\\x00]\\u202e\\ufffd', repr(d[0]['file']['name']); "
        "assert [x['event']['action'] for x in d]==['transfer','alert','stats','alert']\" %s",
        path);
    assert_int_equal(system(command), 0);
    unlink(path);
}

static void an_output_that_cannot_be_opened_says_why(void **state) {
    struct output_config config = output_default("json", "file:/nonexistent/alerts.json", REPORT_ALERT);
    const struct report_options options = report_defaults(&config, 1);
    struct error e = {""};
    assert_null(reporter_create(&options, &e));
    assert_non_null(strstr(e.text, "/nonexistent/alerts.json"));
    assert_non_null(strstr(e.text, "No such file"));
}

/* A child writes thousands of records to a pipe that its parent reads slowly: an offline run loses none. */
static void a_slow_reader_of_standard_output_sets_the_pace_offline(void **state) {
    enum { MESSAGES = 3000 };
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        struct reporter *r = start("json", "-", REPORT_TRANSFER, 32 << 10);
        for (uint64_t i = 0; i < MESSAGES; i++)
            give_transfer(r, i);
        _exit(reporter_finish(r, 5000) == 0 ? 0 : 1);
    }
    close(ends[1]);
    size_t lines = 0;
    ssize_t n;
    usleep(100000);
    while ((n = read(ends[0], received, 70000)) > 0)
        for (ssize_t i = 0; i < n; i++)
            lines += received[i] == '\n';
    int status;
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(lines, MESSAGES);
    close(ends[0]);
}

int main(void) {
    log_verbosity(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(udp_carries_one_message_a_datagram),
        cmocka_unit_test(approved_transfers_send_nothing),
        cmocka_unit_test(nobody_listening_on_udp_is_counted_and_stops_nothing),
        cmocka_unit_test(tcp_counts_octets_and_sends_again_what_a_broken_connection_swallowed),
        cmocka_unit_test(an_orderly_end_repeats_nothing_older_than_the_hold_time),
        cmocka_unit_test(messages_wait_for_an_absent_receiver_and_the_oldest_are_dropped_first),
        cmocka_unit_test(the_local_socket_takes_datagrams_and_comes_back),
        cmocka_unit_test(a_file_gets_a_line_a_message_and_is_opened_again_for_logrotate),
        cmocka_unit_test(python_reads_the_json_and_finds_the_hostile_names_as_they_were),
        cmocka_unit_test(an_output_that_cannot_be_opened_says_why),
        cmocka_unit_test(a_slow_reader_of_standard_output_sets_the_pace_offline),
    };
    return cmocka_run_group_tests_name("report/reporter", tests, NULL, NULL);
}
