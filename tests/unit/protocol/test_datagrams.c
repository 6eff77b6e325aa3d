/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/dispatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Protocols over datagrams beside those over streams. What each is given is written down: "+name" opened,
 * ">datagram" "<datagram" in stars, ">bytes" of a stream, "-" closed. */

static char seen[8192];

static void note(const char *text, size_t n) {
    size_t used = strlen(seen);
    assert_true(used + n < sizeof seen);
    if (n)
        memcpy(seen + used, text, n);
    seen[used + n] = 0;
}

static void note_text(const char *text) {
    note(text, strlen(text));
}

static void *open_noted(struct conversation *c, struct bytes facts) {
    note_text("+");
    note((const char *)facts.p, facts.n);
    return malloc(1);
}

static enum protocol_result take_datagram(struct conversation *c, enum side from, const uint8_t *bytes,
                                          size_t n) {
    note_text(from == SIDE_CLIENT ? "*>" : "*<");
    note((const char *)bytes, n);
    note_text("*");
    return memchr(bytes, '!', n) ? PROTOCOL_LOST : PROTOCOL_OK;
}

static enum protocol_result take_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                      size_t n) {
    note_text(from == SIDE_CLIENT ? ">" : "<");
    note((const char *)bytes, n);
    return PROTOCOL_OK;
}

static enum protocol_result take_gap(struct conversation *c, enum side from, uint64_t n) {
    return PROTOCOL_OK;
}

static void take_close(struct conversation *c) {
    note_text("-");
    free(c->state);
}

static enum probe probe_word(struct bytes text, const char *word) {
    return text.n >= strlen(word) && memcmp(text.p, word, strlen(word)) == 0 ? PROBE_YES : PROBE_NO;
}

/* A datagram says it: alone, or with a first one that begins with 'm', which may be it. */
static enum probe probe_datagram(enum side from, struct bytes datagram) {
    return datagram.n > 0 && datagram.p[0] == 'm' ? PROBE_MORE : probe_word(datagram, "word");
}

static enum probe probe_stream(const struct bytes first[2]) {
    struct bytes client = first[SIDE_CLIENT];
    return client.n > 0 && client.p[0] == 'm' ? PROBE_MORE : probe_word(client, "word");
}

static const struct protocol over_datagrams = {.name = "datagrams",
                                               .ndpi_names = (const char *const[]){"DATAGRAMS", "BOTH", NULL},
                                               .probe_datagram = probe_datagram,
                                               .open = open_noted,
                                               .datagram = take_datagram,
                                               .close = take_close};
static const struct protocol over_streams = {.name = "streams",
                                             .ndpi_names = (const char *const[]){"STREAMS", "BOTH", NULL},
                                             .probe = probe_stream,
                                             .open = open_noted,
                                             .data = take_data,
                                             .gap = take_gap,
                                             .close = take_close};

const struct protocol *const protocol_table[] = {&over_streams, &over_datagrams, NULL};
static const struct protocol *const streams_alone[] = {&over_streams, NULL};

static const struct protocol_services services;
static struct dispatcher *d;

static int setup(void **state) {
    seen[0] = 0;
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    d = dispatcher_create(&(struct dispatch_options){.conversations = 1, .hold_bytes = 64}, &services);
    return d ? 0 : -1;
}

static int teardown(void **state) {
    size_t left = dispatcher_conversations(d);
    dispatcher_destroy(d);
    return left == 0 ? 0 : -1;
}

static struct conversation *open_flow(uint8_t transport) {
    static const struct endpoint ends[2];
    struct conversation *c = conversation_open(d, NULL, transport, ends);
    assert_non_null(c);
    return c;
}

static bool send_datagram(struct conversation *c, enum side from, const char *text) {
    size_t n = strlen(text);
    uint8_t *copy = malloc(n);
    memcpy(copy, text, n);
    bool wanted = conversation_datagram(d, c, from, copy, n, 1);
    free(copy);
    return wanted;
}

static bool announce(struct conversation *c, const struct protocol *p, uint8_t transport) {
    struct expectation e = {
        .transport = transport, .protocol = (uint8_t)dispatcher_number(d, p), .facts_n = 3};
    memcpy(e.facts, "abc", 3);
    return conversation_announce(d, c, &e);
}

static int count(enum counter which) {
    return (int)counter_values[which];
}

static void a_datagram_that_says_what_it_is_begins_the_protocol(void **state) {
    struct conversation *c = open_flow(PROTOCOL_UDP);
    assert_true(send_datagram(c, SIDE_CLIENT, "word 1"));
    assert_true(send_datagram(c, SIDE_CLIENT, "2"));
    assert_true(send_datagram(c, SIDE_SERVER, "3"));
    assert_true(conversation_read(c));
    conversation_close(d, c);
    assert_string_equal(seen, "+*>word 1**>2**<3*-");
    assert_int_equal(count(COUNTER_FLOWS_UNIDENTIFIED), 0);
}

static void those_that_came_before_it_are_given_one_by_one_in_their_order(void **state) {
    struct conversation *c = open_flow(PROTOCOL_UDP);
    assert_true(send_datagram(c, SIDE_CLIENT, "maybe"));
    assert_true(send_datagram(c, SIDE_CLIENT, "m2"));
    assert_true(send_datagram(c, SIDE_SERVER, "m3"));
    assert_true(send_datagram(c, SIDE_CLIENT, "m4"));
    assert_string_equal(seen, "");
    assert_true(conversation_undecided(c));
    assert_true(send_datagram(c, SIDE_SERVER, "word"));
    conversation_close(d, c);
    assert_string_equal(seen, "+*>maybe**>m2**<m3**>m4**<word*-");
}

static void one_that_is_refused_is_not_asked_again(void **state) {
    struct conversation *c = open_flow(PROTOCOL_UDP);
    send_datagram(c, SIDE_CLIENT, "no");
    send_datagram(c, SIDE_CLIENT, "word");
    assert_string_equal(seen, "");
    conversation_close(d, c);
    assert_int_equal(count(COUNTER_FLOWS_UNIDENTIFIED), 1);
}

static void an_empty_datagram_says_nothing(void **state) {
    struct conversation *c = open_flow(PROTOCOL_UDP);
    assert_true(conversation_datagram(d, c, SIDE_CLIENT, NULL, 0, 1));
    assert_true(send_datagram(c, SIDE_CLIENT, "word"));
    conversation_close(d, c);
    assert_string_equal(seen, "+*>word*-");
}

static void an_announcement_begins_it_with_its_facts_before_and_after_the_first(void **state) {
    for (int late = 0; late < 2; late++) {
        struct conversation *c = open_flow(PROTOCOL_UDP);
        seen[0] = 0;
        if (late)
            send_datagram(c, SIDE_SERVER, "x");
        assert_true(conversation_awaits(c));
        assert_true(announce(c, &over_datagrams, PROTOCOL_UDP));
        if (!late)
            send_datagram(c, SIDE_SERVER, "x");
        assert_false(announce(c, &over_datagrams, PROTOCOL_UDP)); /* it runs */
        conversation_close(d, c);
        assert_string_equal(seen, "+abc*<x*-");
    }
}

static void so_does_ndpis_name_where_the_probe_has_not_refused_it(void **state) {
    for (int late = 0; late < 2; late++) {
        struct conversation *c = open_flow(PROTOCOL_UDP);
        seen[0] = 0;
        if (late)
            send_datagram(c, SIDE_CLIENT, "m");
        conversation_named(d, c, "Datagrams");
        if (!late)
            send_datagram(c, SIDE_CLIENT, "m");
        conversation_close(d, c);
        assert_string_equal(seen, "+*>m*-");
        c = open_flow(PROTOCOL_UDP);
        seen[0] = 0;
        conversation_named(d, c, "Datagrams");
        send_datagram(c, SIDE_CLIENT, "x");
        conversation_close(d, c);
        assert_string_equal(seen, "");
    }
}

static void another_name_changes_nothing(void **state) {
    struct conversation *c = open_flow(PROTOCOL_UDP);
    assert_true(send_datagram(c, SIDE_CLIENT, "maybe"));
    conversation_named(d, c, "ANOTHER");
    assert_true(send_datagram(c, SIDE_CLIENT, "word"));
    conversation_close(d, c);
    assert_string_equal(seen, "+*>maybe**>word*-");
    seen[0] = 0;
    c = open_flow(PROTOCOL_UDP);
    conversation_named(d, c, "ANOTHER"); /* before the first */
    assert_true(send_datagram(c, SIDE_CLIENT, "word"));
    conversation_close(d, c);
    assert_string_equal(seen, "+*>word*-");
}

static void where_ndpi_gives_up_a_probe_may_still_be_waiting(void **state) {
    struct conversation *c = open_flow(PROTOCOL_UDP);
    assert_true(send_datagram(c, SIDE_CLIENT, "maybe"));
    conversation_named(d, c, NULL);
    assert_true(send_datagram(c, SIDE_SERVER, "word"));
    conversation_close(d, c);
    assert_string_equal(seen, "+*>maybe**<word*-");
    c = open_flow(PROTOCOL_UDP);
    assert_true(send_datagram(c, SIDE_CLIENT, "no"));
    conversation_named(d, c, NULL); /* and here none is */
    assert_false(send_datagram(c, SIDE_SERVER, "word"));
    assert_int_equal(count(COUNTER_FLOWS_UNIDENTIFIED), 1);
    conversation_close(d, c);
}

static void more_of_them_than_are_held_end_it_counted(void **state) {
    struct conversation *c = open_flow(PROTOCOL_UDP);
    bool wanted = true;
    int sent = 0;
    while (wanted && sent < 100) {
        wanted = send_datagram(c, SIDE_CLIENT, "m");
        sent++;
    }
    assert_int_equal(sent, 33); /* 32 are held */
    assert_int_equal(count(COUNTER_HOLDS_FULL), 1);
    assert_int_equal(count(COUNTER_FLOWS_UNIDENTIFIED), 1);
    conversation_close(d, c);
    assert_string_equal(seen, "");
}

static void one_that_makes_no_sense_of_them_is_closed_and_counted(void **state) {
    struct conversation *c = open_flow(PROTOCOL_UDP);
    assert_false(send_datagram(c, SIDE_CLIENT, "word!"));
    assert_false(send_datagram(c, SIDE_CLIENT, "word"));
    assert_int_equal(count(COUNTER_PROTOCOL_LOST), 1);
    conversation_close(d, c);
    assert_string_equal(seen, "+*>word!*-");
}

static void a_protocol_over_streams_never_sees_a_datagram(void **state) {
    const struct dispatch_options options = {.table = streams_alone, .conversations = 1, .hold_bytes = 64};
    dispatcher_destroy(d);
    d = dispatcher_create(&options, &services);
    assert_false(dispatcher_wants_datagrams(d));
    struct conversation *c = open_flow(PROTOCOL_UDP);
    assert_false(announce(c, &over_streams, PROTOCOL_UDP));
    conversation_named(d, c, "STREAMS");
    send_datagram(c, SIDE_CLIENT, "word");
    conversation_close(d, c);
    assert_string_equal(seen, "");
}

static void a_protocol_over_datagrams_never_sees_a_stream(void **state) {
    struct conversation *c = open_flow(PROTOCOL_TCP);
    assert_true(dispatcher_wants_datagrams(d));
    assert_false(announce(c, &over_datagrams, PROTOCOL_TCP));
    conversation_named(d, c, "DATAGRAMS");
    assert_true(conversation_data(d, c, SIDE_CLIENT, (const uint8_t *)"word", 4, 1)); /* the other one's */
    conversation_close(d, c);
    assert_string_equal(seen, "+>word-");
}

static void a_name_is_read_by_the_protocol_of_its_transport(void **state) {
    static const struct {
        uint8_t transport;
        const char *name, *gives;
    } cases[] = {
        {PROTOCOL_UDP, "STREAMS", NULL},
        {PROTOCOL_TCP, "STREAMS", "+>m-"},
        {PROTOCOL_UDP, "DATAGRAMS", "+*>m*-"},
        {PROTOCOL_TCP, "DATAGRAMS", NULL},
        {PROTOCOL_UDP, "BOTH", "+*>m*-"},
        {PROTOCOL_TCP, "BOTH", "+>m-"},
        {PROTOCOL_TCP, "streams", "+>m-"},
        {PROTOCOL_TCP, "STREAM", NULL},
        {PROTOCOL_TCP, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct conversation *c = open_flow(cases[i].transport);
        seen[0] = 0;
        conversation_named(d, c, cases[i].name);
        if (cases[i].transport == PROTOCOL_UDP)
            send_datagram(c, SIDE_CLIENT, "m");
        else
            conversation_data(d, c, SIDE_CLIENT, (const uint8_t *)"m", 1, 1);
        conversation_close(d, c);
        assert_string_equal(seen, cases[i].gives ? cases[i].gives : "");
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_datagram_that_says_what_it_is_begins_the_protocol),
        TEST(those_that_came_before_it_are_given_one_by_one_in_their_order),
        TEST(one_that_is_refused_is_not_asked_again),
        TEST(an_empty_datagram_says_nothing),
        TEST(an_announcement_begins_it_with_its_facts_before_and_after_the_first),
        TEST(so_does_ndpis_name_where_the_probe_has_not_refused_it),
        TEST(another_name_changes_nothing),
        TEST(where_ndpi_gives_up_a_probe_may_still_be_waiting),
        TEST(more_of_them_than_are_held_end_it_counted),
        TEST(one_that_makes_no_sense_of_them_is_closed_and_counted),
        TEST(a_protocol_over_streams_never_sees_a_datagram),
        TEST(a_protocol_over_datagrams_never_sees_a_stream),
        TEST(a_name_is_read_by_the_protocol_of_its_transport),
    };
    return cmocka_run_group_tests_name("protocol/datagrams", tests, NULL, NULL);
}
