/* SPDX-License-Identifier: Apache-2.0 */
#include "base/allowance.h"
#include "base/counter.h"
#include "protocol/dispatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Against protocols of the test's own, which write down what they are given. This table stands in for
 * table.c. */

static char
    seen[65536]; /* "+name" opened, ">bytes" "<bytes" data, "g" gap, "e" clean end, "c" cut, "-" closed */
static unsigned encrypted, data_calls, begun;

static void note(const char *text) {
    strncat(seen, text, sizeof seen - strlen(seen) - 1);
}

static void *open_named(struct conversation *c, const char *name) {
    note("+");
    note(name);
    return malloc(1);
}

static void *open_alpha(struct conversation *c, struct bytes facts) {
    return open_named(c, "alpha");
}

static void *open_beta(struct conversation *c, struct bytes facts) {
    return open_named(c, "beta");
}

static void *open_tunnel(struct conversation *c, struct bytes facts) {
    return open_named(c, "tunnel");
}

static void *open_none(struct conversation *c, struct bytes facts) {
    return NULL;
}

static enum protocol_result data(struct conversation *c, enum side from, const uint8_t *bytes, size_t n) {
    note(from == SIDE_CLIENT ? ">" : "<");
    strncat(seen, (const char *)bytes, n);
    data_calls++;
    if (memchr(bytes, 'T', n))
        c->services->begin(c, &(struct transfer_seed){.from = from, .protocol = "test"});
    if (memchr(bytes, 'X', n))
        c->services->encrypted(c);
    return memchr(bytes, '!', n) ? PROTOCOL_LOST : PROTOCOL_OK;
}

/* A tunnel's handshake is up to and with '|'. */
static enum protocol_result tunnel_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                        size_t n) {
    const uint8_t *end = memchr(bytes, '|', n);
    if (!end)
        return PROTOCOL_OK;
    conversation_inner(c, from, end + 1, n - (size_t)(end + 1 - bytes));
    conversation_become(c, NULL, false);
    return PROTOCOL_BECOMES;
}

static enum protocol_result gap(struct conversation *c, enum side from, uint64_t n) {
    note("g");
    return PROTOCOL_OK;
}

static void end(struct conversation *c, enum side from, bool clean) {
    note(clean ? "e" : "c");
}

static void closed(struct conversation *c) {
    note("-");
    free(c->state);
}

/* Says YES at `word` at the start of the client's bytes. */
static enum probe starts(const struct bytes first[2], const char *word) {
    size_t n = first[SIDE_CLIENT].n < strlen(word) ? first[SIDE_CLIENT].n : strlen(word);
    if (n && memcmp(first[SIDE_CLIENT].p, word, n) != 0)
        return PROBE_NO;
    return n == strlen(word) ? PROBE_YES : PROBE_MORE;
}

static enum probe probe_alpha(const struct bytes first[2]) {
    return starts(first, "alpha");
}

static enum probe probe_tunnel(const struct bytes first[2]) {
    return starts(first, "tun");
}

static const struct protocol alpha = {.name = "alpha",
                                      .ndpi_names = (const char *const[]){"ALPHA", NULL},
                                      .probe = probe_alpha,
                                      .open = open_alpha,
                                      .data = data,
                                      .gap = gap,
                                      .end = end,
                                      .close = closed};
static const struct protocol beta = {.name = "beta",
                                     .ndpi_names = (const char *const[]){"BETA", NULL},
                                     .open = open_beta,
                                     .data = data,
                                     .gap = gap,
                                     .end = end,
                                     .close = closed};
static const struct protocol tunnel = {.name = "tunnel",
                                       .probe = probe_tunnel,
                                       .open = open_tunnel,
                                       .data = tunnel_data,
                                       .gap = gap,
                                       .end = end,
                                       .close = closed};
static const struct protocol without_memory = {.name = "none", .open = open_none, .data = data};

const struct protocol *const protocol_table[] = {&alpha, &beta, &tunnel, &without_memory, NULL};

static struct transfer *begin(struct conversation *c, const struct transfer_seed *seed) {
    begun++;
    return NULL;
}

static void is_encrypted(struct conversation *c) {
    encrypted++;
}

static void is_clear(struct conversation *c) {
    encrypted--;
}

static const struct protocol_services services = {
    .begin = begin, .encrypted = is_encrypted, .clear = is_clear};
static struct dispatcher *d;

static int setup(void **state) {
    seen[0] = 0;
    encrypted = data_calls = 0;
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    d = dispatcher_create(&(struct dispatch_options){.conversations = 2, .hold_bytes = 64}, &services);
    return d ? 0 : -1;
}

static int teardown(void **state) {
    dispatcher_destroy(d);
    return 0;
}

static struct conversation *open_flow(void) {
    static const struct endpoint ends[2];
    return conversation_open(d, NULL, PROTOCOL_TCP, ends);
}

static bool announce(struct conversation *c, const struct protocol *p) {
    return conversation_announce(d, c, &(struct expectation){.protocol = (uint8_t)dispatcher_number(d, p)});
}

static bool give(struct conversation *c, enum side from, const char *text) {
    return conversation_data(d, c, from, (const uint8_t *)text, strlen(text), 1);
}

static void once_it_is_over_not_even_nothing_is_wanted(void **state) {
    struct conversation *c = open_flow();
    assert_true(give(c, SIDE_CLIENT, ""));
    conversation_abandon(d, c);
    assert_false(give(c, SIDE_CLIENT, ""));
    conversation_close(d, c);
}

static void a_probe_that_is_sure_runs_on_the_first_bytes(void **state) {
    struct conversation *c = open_flow();
    assert_true(give(c, SIDE_CLIENT, "alpha1"));
    assert_true(give(c, SIDE_SERVER, "x"));
    conversation_end(d, c, SIDE_CLIENT, true, 1);
    conversation_end(d, c, SIDE_SERVER, false, 1);
    conversation_close(d, c);
    assert_string_equal(seen, "+alpha>alpha1<xec-");
}

static void held_bytes_are_replayed_in_their_order_across_the_sides(void **state) {
    struct conversation *c = open_flow();
    give(c, SIDE_CLIENT, "al");
    give(c, SIDE_SERVER, "one");
    give(c, SIDE_CLIENT, "p");
    give(c, SIDE_CLIENT, "h");
    give(c, SIDE_SERVER, "two");
    assert_string_equal(seen, "");
    give(c, SIDE_CLIENT, "a!");
    conversation_close(d, c);
    assert_string_equal(seen, "+alpha>al<one>ph<two>a!-");
}

static void gaps_and_ends_while_undecided_are_replayed_too(void **state) {
    struct conversation *c = open_flow();
    give(c, SIDE_SERVER, "one");
    conversation_gap(d, c, SIDE_SERVER, 5, 1);
    give(c, SIDE_SERVER, "two");
    conversation_end(d, c, SIDE_SERVER, true, 1);
    assert_true(announce(c, &beta));
    conversation_close(d, c);
    assert_string_equal(seen, "+beta<oneg<twoe-");
}

static void bytes_behind_a_gap_are_not_taken_for_the_beginning(void **state) {
    struct conversation *c = open_flow();
    give(c, SIDE_CLIENT, "al");
    conversation_gap(d, c, SIDE_CLIENT, 5, 1);
    give(c, SIDE_CLIENT, "pha");
    assert_string_equal(seen, "");
    conversation_close(d, c);
}

static void an_announced_protocol_runs_and_no_other_name_changes_it(void **state) {
    struct conversation *c = open_flow();
    assert_true(conversation_awaits(c));
    assert_true(announce(c, &beta));
    assert_false(conversation_awaits(c));
    assert_false(announce(c, &alpha));
    give(c, SIDE_CLIENT, "alpha");
    conversation_named(d, c, "ALPHA");
    give(c, SIDE_CLIENT, "more");
    conversation_close(d, c);
    assert_string_equal(seen, "+beta>alpha>more-");
}

static void a_protocol_that_cannot_open_leaves_the_announcement_to_its_owner(void **state) {
    struct conversation *c = open_flow();
    assert_false(announce(c, &without_memory));
    assert_true(conversation_awaits(c));
    assert_int_equal(counter_values[COUNTER_PROTOCOL_NOT_OPENED], 1);
    conversation_close(d, c);
}

static void a_name_decides_when_no_probe_has(void **state) {
    struct conversation *c = open_flow();
    give(c, SIDE_CLIENT, "hello");
    conversation_named(d, c, "BETA");
    give(c, SIDE_CLIENT, "more");
    conversation_close(d, c);
    assert_string_equal(seen, "+beta>hello>more-");
}

static void a_name_does_not_overrule_the_probe(void **state) {
    struct conversation *c = open_flow();
    give(c, SIDE_CLIENT, "alp");
    give(c, SIDE_CLIENT, "ha");
    give(c, SIDE_CLIENT, "1");
    conversation_named(d, c, "BETA");
    conversation_close(d, c);
    assert_string_equal(seen, "+alpha>alpha>1-");
}

static void a_name_that_comes_after_a_transfer_began_changes_nothing(void **state) {
    struct conversation *c = open_flow();
    give(c, SIDE_CLIENT, "alp");
    give(c, SIDE_CLIENT, "haT");
    conversation_named(d, c, "BETA");
    conversation_close(d, c);
    assert_string_equal(seen, "+alpha>alphaT-");
}

static void a_name_that_comes_when_nothing_is_held_changes_nothing(void **state) {
    struct conversation *c = open_flow();
    give(c, SIDE_CLIENT, "alpha");
    conversation_named(d, c, "BETA");
    conversation_close(d, c);
    assert_string_equal(seen, "+alpha>alpha-");
}

static void a_name_of_nobody_here_leaves_it_to_the_probes(void **state) {
    struct conversation *c = open_flow();
    assert_true(give(c, SIDE_CLIENT, "alp"));
    conversation_named(d, c, "TLS");
    assert_true(give(c, SIDE_CLIENT, "ha"));
    conversation_close(d, c);
    assert_string_equal(seen, "+alpha>alpha-");
}

static void where_they_know_nothing_it_says_that_nobody_here_reads_the_flow(void **state) {
    struct conversation *c = open_flow();
    conversation_named(d, c, "TLS");
    assert_false(give(c, SIDE_CLIENT, "zeta"));
    assert_int_equal(counter_values[COUNTER_FLOWS_NOT_PARSED], 1);
    conversation_close(d, c);
    assert_int_equal(counter_values[COUNTER_FLOWS_UNIDENTIFIED], 0);
    assert_string_equal(seen, "");
}

static void a_name_of_nobody_here_before_the_first_byte_does_not_silence_the_probes(void **state) {
    struct conversation *c = open_flow();
    conversation_named(d, c, "MQTT");
    assert_true(give(c, SIDE_CLIENT, "alpha"));
    conversation_close(d, c);
    assert_string_equal(seen, "+alpha>alpha-");
    assert_int_equal(counter_values[COUNTER_FLOWS_NOT_PARSED], 0);
    c = open_flow();
    conversation_named(d, c, "MQTT");
    assert_false(give(c, SIDE_CLIENT, "zzz"));
    conversation_close(d, c);
    assert_int_equal(counter_values[COUNTER_FLOWS_NOT_PARSED], 1);
}

static void when_all_have_given_up_the_flow_is_unidentified(void **state) {
    struct conversation *c = open_flow();
    assert_true(give(c, SIDE_CLIENT, "zzz")); /* all probes say no, nDPI has not spoken */
    conversation_named(d, c, NULL);
    assert_false(give(c, SIDE_CLIENT, "zzz"));
    conversation_close(d, c);
    assert_int_equal(counter_values[COUNTER_FLOWS_UNIDENTIFIED], 1);
}

static void a_probe_may_still_decide_after_ndpi_gave_up(void **state) {
    struct conversation *c = open_flow();
    give(c, SIDE_CLIENT, "alp");
    conversation_named(d, c, NULL);
    assert_true(give(c, SIDE_CLIENT, "ha"));
    conversation_close(d, c);
    assert_string_equal(seen, "+alpha>alpha-");
}

static void an_undecided_flow_waits_until_its_hold_is_full(void **state) {
    struct conversation *c = open_flow();
    for (int i = 0; i < 64; i++)
        assert_true(give(c, SIDE_CLIENT, "z"));
    assert_false(give(c, SIDE_CLIENT, "z"));
    assert_int_equal(counter_values[COUNTER_HOLDS_FULL], 1);
    assert_int_equal(counter_values[COUNTER_FLOWS_UNIDENTIFIED], 1);
    conversation_close(d, c);
    assert_int_equal(counter_values[COUNTER_FLOWS_UNIDENTIFIED], 1);
}

/* 64 octets of a side are held. */
static void a_segment_that_does_not_fit_what_is_held_may_still_decide(void **state) {
    char long_one[100];
    struct conversation *c = open_flow();
    memset(long_one, 'h', sizeof long_one - 1);
    long_one[99] = 0;
    give(c, SIDE_CLIENT, "alp");
    long_one[0] = 'h', long_one[1] = 'a';
    assert_true(give(c, SIDE_CLIENT, long_one));
    assert_int_equal(counter_values[COUNTER_HOLDS_FULL], 0);
    conversation_close(d, c);
    assert_memory_equal(seen, "+alpha>alp", 10);
    c = open_flow();
    give(c, SIDE_CLIENT, "zlp");
    assert_false(give(c, SIDE_CLIENT, long_one));
    assert_int_equal(counter_values[COUNTER_HOLDS_FULL], 1);
    conversation_close(d, c);
    assert_int_equal(counter_values[COUNTER_FLOWS_UNIDENTIFIED], 1);
}

static void a_late_announcement_gets_every_byte_that_was_held(void **state) {
    struct conversation *c = open_flow();
    for (int i = 0; i < 64; i++)
        give(c, SIDE_CLIENT, "z");
    assert_true(announce(c, &beta));
    assert_int_equal(strlen(seen), 5 + 1 + 64);
    conversation_close(d, c);
}

static void turns_between_the_sides_are_bounded(void **state) {
    struct conversation *c = open_flow();
    bool wanted = true;
    int i;
    for (i = 0; i < 100 && wanted; i++)
        wanted = give(c, i % 2 ? SIDE_SERVER : SIDE_CLIENT, "z");
    assert_false(wanted);
    assert_true(i > 30);
    conversation_close(d, c);
}

static void what_does_not_fit_is_counted(void **state) {
    dispatcher_destroy(d);
    d = dispatcher_create(&(struct dispatch_options){.conversations = 2, .hold_bytes = 64, .holds = 1},
                          &services);
    struct conversation *a = open_flow(), *b = open_flow();
    assert_null(open_flow());
    assert_int_equal(counter_values[COUNTER_CONVERSATIONS_SHED], 1);
    assert_true(give(a, SIDE_CLIENT, "zz"));
    assert_false(give(b, SIDE_CLIENT, "zz"));
    assert_int_equal(counter_values[COUNTER_HOLDS_SHED], 1);
    conversation_close(d, a);
    conversation_close(d, b);
    assert_non_null(a = open_flow());
    assert_true(give(a, SIDE_CLIENT, "zz"));
    conversation_close(d, a);
    conversation_close(d, NULL);
}

static void a_lost_protocol_is_closed_and_counted(void **state) {
    struct conversation *c = open_flow();
    assert_false(give(c, SIDE_CLIENT, "alpha!"));
    assert_false(give(c, SIDE_CLIENT, "more"));
    conversation_close(d, c);
    assert_string_equal(seen, "+alpha>alpha!-");
    assert_int_equal(counter_values[COUNTER_PROTOCOL_LOST], 1);
}

static void an_encrypted_flow_is_told_once_and_its_bytes_still_come(void **state) {
    struct conversation *c = open_flow();
    assert_true(give(c, SIDE_CLIENT, "alphaX"));
    assert_true(give(c, SIDE_CLIENT, "X"));
    conversation_close(d, c);
    assert_string_equal(seen, "+alpha>alphaX>X-");
    assert_int_equal(encrypted, 1);
    assert_int_equal(counter_values[COUNTER_FLOWS_ENCRYPTED], 1);
}

static void what_is_in_a_tunnel_is_identified_afresh(void **state) {
    struct conversation *c = open_flow();
    give(c, SIDE_CLIENT, "tun|alpha1");
    give(c, SIDE_SERVER, "x");
    conversation_named(d, c, "BETA"); /* nDPI means the outer one */
    conversation_close(d, c);
    assert_string_equal(seen, "+tunnel+alpha>alpha1-<x-");
}

static void a_tunnel_whose_handshake_was_held_keeps_what_follows(void **state) {
    struct conversation *c = open_flow();
    give(c, SIDE_CLIENT, "t");
    give(c, SIDE_SERVER, "s");
    give(c, SIDE_CLIENT, "un|al");
    give(c, SIDE_CLIENT, "pha");
    conversation_close(d, c);
    assert_string_equal(seen, "+tunnel-+alpha>alpha-");
}

static void tunnels_in_tunnels_are_bounded(void **state) {
    struct conversation *c = open_flow();
    assert_false(give(c, SIDE_CLIENT, "tun|tun|tun|tun|tun|alpha"));
    conversation_close(d, c);
    assert_null(strstr(seen, "alpha"));
    assert_int_equal(counter_values[COUNTER_TUNNELS], 4);
    assert_int_equal(counter_values[COUNTER_TUNNELS_TOO_DEEP], 1);
    c = open_flow();
    assert_true(give(c, SIDE_CLIENT, "tun|tun|tun|tun|alpha"));
    conversation_close(d, c);
    assert_non_null(strstr(seen, ">alpha"));
}

static void an_unknown_conversation_in_a_tunnel_is_unidentified(void **state) {
    struct conversation *c = open_flow();
    assert_false(give(c, SIDE_CLIENT, "tun|zzz"));
    conversation_close(d, c);
    assert_int_equal(counter_values[COUNTER_FLOWS_UNIDENTIFIED], 1);
}

static void a_conversation_has_the_workers_decoders_at_hand(void **state) {
    struct codings *codings = (struct codings *)(uintptr_t)4096; /* handed through, never looked at */
    struct dispatcher *with =
        dispatcher_create(&(struct dispatch_options){.conversations = 1, .codings = codings}, &services);
    static const struct endpoint ends[2];
    struct conversation *c = conversation_open(with, NULL, PROTOCOL_TCP, ends);
    assert_ptr_equal(c->codings, codings);
    conversation_close(with, c);
    dispatcher_destroy(with);
    c = open_flow();
    assert_null(c->codings);
    conversation_close(d, c);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* Hosts that have nothing left to pay with. */
static bool begins_unpaid(bool message, uint64_t length, const char *name) {
    struct conversation *c = open_flow();
    struct allowance a;
    struct transfer_seed seed = transfer_seed_of("test", SIDE_CLIENT);
    unsigned before = begun;
    allowance_init(&a, 0);
    c->allowance = &a;
    seed.message = message;
    seed.length = length;
    seed.fact[FACT_NAME] = bytes_text(name);
    c->services->begin(c, &seed);
    conversation_close(d, c);
    return begun > before;
}

static void messages_of_a_few_octets_that_nobody_pays_for_are_left_out_and_counted(void **state) {
    assert_false(begins_unpaid(true, 24, ""));
    assert_false(begins_unpaid(true, 0, "lane/4"));
    assert_int_equal(counter_values[COUNTER_MESSAGES_UNPAID], 2);
    assert_true(begins_unpaid(true, 25, ""));
    assert_true(begins_unpaid(true, 1, "20260531-041150_L04_ABC1500.jpg"));
    assert_true(begins_unpaid(true, LENGTH_UNKNOWN, ""));
    assert_true(begins_unpaid(false, 1, ""));
    assert_int_equal(counter_values[COUNTER_MESSAGES_UNPAID], 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(once_it_is_over_not_even_nothing_is_wanted),
        TEST(a_probe_that_is_sure_runs_on_the_first_bytes),
        TEST(held_bytes_are_replayed_in_their_order_across_the_sides),
        TEST(gaps_and_ends_while_undecided_are_replayed_too),
        TEST(bytes_behind_a_gap_are_not_taken_for_the_beginning),
        TEST(an_announced_protocol_runs_and_no_other_name_changes_it),
        TEST(a_protocol_that_cannot_open_leaves_the_announcement_to_its_owner),
        TEST(a_name_decides_when_no_probe_has),
        TEST(a_name_does_not_overrule_the_probe),
        TEST(a_name_that_comes_after_a_transfer_began_changes_nothing),
        TEST(a_name_that_comes_when_nothing_is_held_changes_nothing),
        TEST(a_name_of_nobody_here_leaves_it_to_the_probes),
        TEST(where_they_know_nothing_it_says_that_nobody_here_reads_the_flow),
        TEST(a_name_of_nobody_here_before_the_first_byte_does_not_silence_the_probes),
        TEST(when_all_have_given_up_the_flow_is_unidentified),
        TEST(a_probe_may_still_decide_after_ndpi_gave_up),
        TEST(an_undecided_flow_waits_until_its_hold_is_full),
        TEST(a_segment_that_does_not_fit_what_is_held_may_still_decide),
        TEST(a_late_announcement_gets_every_byte_that_was_held),
        TEST(turns_between_the_sides_are_bounded),
        TEST(what_does_not_fit_is_counted),
        TEST(a_lost_protocol_is_closed_and_counted),
        TEST(an_encrypted_flow_is_told_once_and_its_bytes_still_come),
        TEST(what_is_in_a_tunnel_is_identified_afresh),
        TEST(a_tunnel_whose_handshake_was_held_keeps_what_follows),
        TEST(tunnels_in_tunnels_are_bounded),
        TEST(an_unknown_conversation_in_a_tunnel_is_unidentified),
        TEST(a_conversation_has_the_workers_decoders_at_hand),
        TEST(messages_of_a_few_octets_that_nobody_pays_for_are_left_out_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
