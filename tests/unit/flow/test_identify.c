/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "packets.h"

#include <sys/wait.h>
#include <unistd.h>

/* Conversations as clients and servers have them. */

static struct identify *names;

static int begin(void **state) {
    names = identify_create(&(struct identify_options){.memory = 1 << 20});
    return names ? 0 : -1;
}

static int finish(void **state) {
    identify_destroy(names);
    return 0;
}

static void feed(struct flow *flow, enum side from, const void *bytes, size_t n) {
    identify_bytes(names, flow, from, bytes, n, NS_PER_S);
}

static void say(struct flow *flow, enum side from, const char *text) {
    feed(flow, from, text, strlen(text));
}

static struct flow flow_to(uint16_t port) {
    return (struct flow){.transport = PROTOCOL_TCP,
                         .end = {{address_of("10.0.0.1"), 40000}, {address_of("192.0.2.9"), port}}};
}

static void http_is_named_by_its_first_request_on_any_port(void **state) {
    struct flow f = flow_to(7777);
    say(&f, SIDE_CLIENT,
        "GET /index.html HTTP/1.1\r\nHost: lanes.example\r\nUser-Agent: curl/7.88.1\r\n\r\n");
    assert_true(f.identified);
    assert_null(f.ndpi);
    assert_int_equal(f.ndpi_app, identify_id(names, "http"));
    assert_string_equal(identify_name(names, f.ndpi_app), "HTTP");
}

static void ftp_is_named_by_its_login(void **state) {
    struct flow f = flow_to(2121);
    say(&f, SIDE_SERVER, "220 (vsFTPd 3.0.3)\r\n");
    say(&f, SIDE_CLIENT, "USER camera\r\n");
    say(&f, SIDE_SERVER, "331 Please specify the password.\r\n");
    say(&f, SIDE_CLIENT, "PASS x\r\n");
    say(&f, SIDE_SERVER, "230 Login successful.\r\n");
    say(&f, SIDE_CLIENT, "SYST\r\n");
    assert_true(f.identified);
    assert_string_equal(identify_name(names, f.ndpi_app), "FTP_CONTROL");
}

static void smtp_is_named_by_its_greeting_and_first_commands(void **state) {
    struct flow f = flow_to(25);
    say(&f, SIDE_SERVER, "220 mail.example ESMTP Postfix\r\n");
    say(&f, SIDE_CLIENT, "EHLO lanes.example\r\n");
    say(&f, SIDE_SERVER, "250-mail.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n");
    say(&f, SIDE_CLIENT, "MAIL FROM:<a@lanes.example>\r\n");
    assert_true(f.identified);
    assert_string_equal(identify_name(names, f.ndpi_app), "SMTP");
}

static void ssh_is_named_by_its_banners(void **state) {
    struct flow f = flow_to(22);
    say(&f, SIDE_SERVER, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
    say(&f, SIDE_CLIENT, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
    assert_string_equal(identify_name(names, f.ndpi_app), "SSH");
}

static void what_stays_unknown_is_given_up_after_its_packets(void **state) {
    struct flow f = flow_to(4321);
    uint64_t before = counter_values[COUNTER_IDENTIFY_UNKNOWN];
    uint8_t noise[64];
    for (int i = 0; i < 16; i++) {
        assert_false(f.identified);
        for (size_t j = 0; j < sizeof noise; j++)
            noise[j] = (uint8_t)(131 * j + 29 * (size_t)i + 200);
        feed(&f, i % 2 ? SIDE_SERVER : SIDE_CLIENT, noise, sizeof noise);
    }
    assert_true(f.identified);
    assert_null(f.ndpi);
    assert_int_equal(f.identify_packets, 16);
    assert_int_equal(f.ndpi_app, 0);
    assert_string_equal(identify_name(names, 0), "Unknown");
    assert_int_equal(counter_values[COUNTER_IDENTIFY_UNKNOWN] - before, 1);
}

static void no_bytes_count_for_nothing(void **state) {
    struct flow f = flow_to(80);
    feed(&f, SIDE_CLIENT, "", 0);
    assert_int_equal(f.identify_packets, 0);
    assert_null(f.ndpi);
}

static void without_memory_a_flow_stays_unnamed_and_is_counted(void **state) {
    struct flow first = flow_to(4321), second = flow_to(4322);
    uint64_t before = counter_values[COUNTER_IDENTIFY_SHED];
    identify_destroy(names);
    names = identify_create(&(struct identify_options){.memory = 800});
    say(&first, SIDE_CLIENT, "zzzz");
    assert_non_null(first.ndpi);
    say(&second, SIDE_CLIENT, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
    assert_true(second.identified);
    assert_int_equal(second.ndpi_app, 0);
    assert_int_equal(counter_values[COUNTER_IDENTIFY_SHED] - before, 1);
    identify_release(names, &first);
    assert_null(first.ndpi);
    second = flow_to(4323);
    say(&second, SIDE_CLIENT, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
    assert_int_equal(second.ndpi_app, identify_id(names, "HTTP"));
}

static void names_and_ids_belong_together(void **state) {
    static const char *const known[] = {"HTTP", "FTP_CONTROL", "FTP_DATA", "SMTP", "TLS", "SSH", "QUIC"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint16_t id = identify_id(names, known[i]);
        assert_int_not_equal(id, 0);
        assert_string_equal(identify_name(names, id), known[i]);
    }
    assert_int_equal(identify_id(names, "NoSuchProtocol"), 0);
    assert_int_equal(identify_id(names, "Unknown"), 0);
    assert_string_equal(identify_name(names, 65535), "Unknown");
}

/* A hello with this name and protocol, none where they are empty; random octets and numbers that mean nothing
 * by `draw`. */
static size_t write_hello(uint8_t out[512], const char *name, const char *application, uint8_t draw) {
    static const uint8_t start[] = {22, 3, 1, 0, 0, 1, 0, 0, 0, 3, 3};
    size_t n = sizeof start, named = strlen(name), applied = strlen(application);
    memcpy(out, start, n);
    memset(out + n, draw * 37 + 11, 32);
    n += 32;
    const uint8_t grease = (uint8_t)(draw << 4 | 0x0a);
    const uint8_t middle[] = {0, 0, 4, grease, grease, 0x13, 1, 1, 0, 0, 0};
    memcpy(out + n, middle, sizeof middle);
    n += sizeof middle;
    size_t extensions = n;
    if (named) {
        const uint8_t head[] = {0, 0, 0, (uint8_t)(named + 5), 0, (uint8_t)(named + 3), 0, 0, (uint8_t)named};
        memcpy(out + n, head, sizeof head);
        memcpy(out + n + sizeof head, name, named);
        n += sizeof head + named;
    }
    if (applied) {
        const uint8_t head[] = {
            0, 16, 0, (uint8_t)(applied + 3), 0, (uint8_t)(applied + 1), (uint8_t)applied};
        memcpy(out + n, head, sizeof head);
        memcpy(out + n + sizeof head, application, applied);
        n += sizeof head + applied;
    }
    const uint8_t versions[] = {0, 43, 0, 5, 4, grease, grease, 3, 4};
    memcpy(out + n, versions, sizeof versions);
    n += sizeof versions;
    out[extensions - 1] = (uint8_t)(n - extensions);
    out[4] = (uint8_t)(n - 5);
    out[8] = (uint8_t)(n - 9);
    return n;
}

static struct flow flow_of(uint16_t from, const char *to, uint16_t port) {
    return (struct flow){.transport = PROTOCOL_TCP,
                         .end = {{address_of("10.0.0.1"), from}, {address_of(to), port}}};
}

static void hello(struct identify *by, struct flow *flow, const char *name, const char *application,
                  uint8_t draw) {
    uint8_t out[512];
    size_t n = write_hello(out, name, application, draw);
    identify_bytes(by, flow, SIDE_CLIENT, out, n, NS_PER_S);
}

/* Each flow, the second time and later, against a module that has seen nothing before. */
static void hellos_are_named_alike_whether_they_are_known_or_not(void **state) {
    static const char *const name[] = {"",
                                       "a.example",
                                       "www.youtube.com",
                                       "dns.google",
                                       "web.whatsapp.com",
                                       "outlook.office365.com",
                                       "abcdefgh.teamviewer.com"},
                             *const application[] = {"", "h2", "http/1.1", "dot"},
                             *const to[] = {"192.0.2.9", "8.8.8.8", "142.250.1.1", "2001:db8::1"};
    static const uint16_t from[] = {40000, 51000, 1024, 443, 65535},
                          port[] = {443, 853, 465, 993, 5228, 40443};
    const struct identify_options roomy = {.memory = 64 << 20}; /* all modules' tables count for each */
    identify_destroy(names);
    names = identify_create(&roomy);
    for (unsigned i = 0; i < 7 * 4 * 4 * 6; i++) {
        const char *said = name[i % 7], *spoken = application[i / 7 % 4], *there = to[i / 28 % 4];
        struct flow alone = flow_of(45678, there, port[i / 112]);
        struct identify *fresh = i % 16 ? NULL : identify_create(&roomy);
        if (fresh)
            hello(fresh, &alone, said, spoken, 0);
        for (uint8_t draw = 0; draw < 5; draw++) {
            struct flow first = flow_of(from[draw], there, port[i / 112]), again = first;
            hello(names, &first, said, spoken, draw);
            hello(names, &again, said, spoken, draw);
            assert_true(first.identified && again.identified && first.ndpi_app);
            assert_int_equal(again.ndpi_master, first.ndpi_master);
            assert_int_equal(again.ndpi_app, first.ndpi_app);
            if (fresh && from[draw] > 1024) {
                assert_int_equal(first.ndpi_master, alone.ndpi_master);
                assert_int_equal(first.ndpi_app, alone.ndpi_app);
            }
        }
        identify_destroy(fresh);
    }
    struct flow google = flow_of(40000, "192.0.2.9", 443), none = google;
    hello(names, &google, "www.youtube.com", "h2", 1);
    hello(names, &none, "a.example", "h2", 1);
    assert_string_equal(identify_name(names, google.ndpi_app), "YouTube");
    assert_string_equal(identify_name(names, none.ndpi_app), "TLS");
}

static void a_hello_that_is_known_takes_no_memory(void **state) {
    struct flow first = flow_of(40000, "192.0.2.9", 443), waits = flow_to(4321),
                again = flow_of(50000, "192.0.2.9", 443), other = again;
    identify_destroy(names);
    names = identify_create(&(struct identify_options){.memory = 2 << 10});
    hello(names, &first, "a.example", "h2", 1);
    assert_int_not_equal(first.ndpi_app, 0);
    say(&waits, SIDE_CLIENT, "zzzz");
    assert_non_null(waits.ndpi);
    hello(names, &again, "a.example", "h2", 2);
    assert_int_equal(again.ndpi_app, first.ndpi_app);
    hello(names, &other, "b.example", "h2", 2);
    assert_true(other.identified);
    assert_int_equal(other.ndpi_app, 0);
    identify_release(names, &waits);
}

/* --- tables that are made before they are needed --- */

static const char request[] = "GET /a HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: x\r\n\r\n";

static bool names_http(void) {
    struct identify *i = identify_create(&(struct identify_options){.memory = 1 << 20});
    struct flow f = flow_to(8080);
    if (!i)
        return false;
    identify_bytes(i, &f, SIDE_CLIENT, (const void *)request, sizeof request - 1, NS_PER_S);
    bool named = f.identified && f.ndpi_app != 0 && f.ndpi_app == identify_id(i, "HTTP");
    identify_destroy(i);
    return named;
}

static void what_was_prepared_before_a_fork_names_flows_in_each_child_and_in_the_parent(void **state) {
    assert_true(identify_prepare());
    assert_true(identify_prepare()); /* once is enough */
    for (int i = 0; i < 3; i++) {
        pid_t child = fork();
        int status = -1;
        if (child == 0)
            _exit(names_http() && names_http() ? 0 : 1); /* what was prepared, and tables of its own */
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    assert_true(names_http());
}

static void names_that_are_known_and_others_are_told_apart_before_there_are_flows(void **state) {
    assert_true(identify_knows("ftp_control"));
    assert_true(identify_knows("SSH"));
    assert_false(identify_knows("NoSuchProtocol"));
    assert_false(identify_knows("Unknown"));
    assert_true(names_http()); /* with the tables that were asked */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(http_is_named_by_its_first_request_on_any_port),
        TEST(ftp_is_named_by_its_login),
        TEST(smtp_is_named_by_its_greeting_and_first_commands),
        TEST(ssh_is_named_by_its_banners),
        TEST(what_stays_unknown_is_given_up_after_its_packets),
        TEST(no_bytes_count_for_nothing),
        TEST(hellos_are_named_alike_whether_they_are_known_or_not),
        TEST(a_hello_that_is_known_takes_no_memory),
        TEST(without_memory_a_flow_stays_unnamed_and_is_counted),
        TEST(names_and_ids_belong_together),
        TEST(what_was_prepared_before_a_fork_names_flows_in_each_child_and_in_the_parent),
        TEST(names_that_are_known_and_others_are_told_apart_before_there_are_flows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
