/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/dispatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* What a flow becomes, and what goes on if it does not. Against protocols of the test's own: `outer` asks at
 * each
 * '|' (the answer to STARTTLS, to CONNECT, a 101), and what follows that is `inner` if the client's bytes
 * begin with "INNER", `other` for "OTHER". */

enum { LOG_MAX = 1 << 14 };

/* What one protocol was given, all flows. */
struct log {
    char bytes[2][LOG_MAX], events[256]; /* g: gap, e, c: ends, by side in capitals for the server's */
    size_t n[2];
    unsigned opened, closed;
    unsigned at_close; /* bytes that the other protocols had been given by then */
};

static struct log outer_log, inner_log, other_log;
static unsigned encrypted, cleared, delivered;

struct state {
    unsigned became; /* how often it has asked */
};
static unsigned last_became; /* of the outer that was closed last */

static const struct protocol *const *candidates; /* that outer names */
static bool fallback, inner_asks, inner_fallback;

static void log_event(struct log *log, char event, enum side side) {
    size_t n = strlen(log->events);
    assert_true(n + 1 < sizeof log->events);
    log->events[n] = (char)(side == SIDE_SERVER ? event - 'a' + 'A' : event);
}

static void log_bytes(struct log *log, enum side from, const uint8_t *bytes, size_t n) {
    assert_true(n > 0 && log->n[from] + n < LOG_MAX);
    memcpy(log->bytes[from] + log->n[from], bytes, n);
    log->n[from] += n;
    delivered += (unsigned)n;
}

static void *open_in(struct log *log) {
    log->opened++;
    return calloc(1, sizeof(struct state));
}

static void close_in(struct log *log, struct conversation *c) {
    log->closed++;
    log->at_close = delivered;
    free(c->state);
}

/* Up to and with '|' they are its own, what follows is another's. */
static enum protocol_result ask_at_bar(struct log *log, struct conversation *c, enum side from,
                                       const uint8_t *bytes, size_t n, bool falls_back) {
    const uint8_t *bar = memchr(bytes, '|', n);
    size_t own = bar ? (size_t)(bar + 1 - bytes) : n;
    struct state *s = c->state;
    log_bytes(log, from, bytes, own);
    if (!bar)
        return PROTOCOL_OK;
    s->became++;
    conversation_become(c, candidates, falls_back);
    conversation_inner(c, from, bytes + own, n - own);
    return PROTOCOL_BECOMES;
}

static enum protocol_result outer_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                       size_t n) {
    return ask_at_bar(&outer_log, c, from, bytes, n, fallback);
}

static enum protocol_result inner_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                       size_t n) {
    if (inner_asks)
        return ask_at_bar(&inner_log, c, from, bytes, n, inner_fallback);
    log_bytes(&inner_log, from, bytes, n);
    return PROTOCOL_OK;
}

static enum protocol_result other_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                       size_t n) {
    log_bytes(&other_log, from, bytes, n);
    return PROTOCOL_OK;
}

static struct log *log_of(const struct conversation *c);

static void *outer_open(struct conversation *c, struct bytes facts) {
    return open_in(&outer_log);
}

static void *inner_open(struct conversation *c, struct bytes facts) {
    return open_in(&inner_log);
}

static void *other_open(struct conversation *c, struct bytes facts) {
    return open_in(&other_log);
}

static enum protocol_result take_gap(struct conversation *c, enum side from, uint64_t n) {
    log_event(log_of(c), 'g', from);
    return PROTOCOL_OK;
}

static void take_end(struct conversation *c, enum side from, bool clean) {
    log_event(log_of(c), clean ? 'e' : 'c', from);
}

static void take_close(struct conversation *c) {
    struct log *log = log_of(c);
    if (log == &outer_log)
        last_became = ((struct state *)c->state)->became;
    close_in(log, c);
}

static enum probe starts(struct bytes text, const char *word) {
    size_t n = text.n < strlen(word) ? text.n : strlen(word);
    if (n && memcmp(text.p, word, n) != 0)
        return PROBE_NO;
    return n == strlen(word) ? PROBE_YES : PROBE_MORE;
}

static enum probe probe_outer(const struct bytes first[2]) {
    return starts(first[SIDE_CLIENT], "OUTER");
}

static enum probe probe_inner(const struct bytes first[2]) {
    return starts(first[SIDE_CLIENT], "INNER");
}

static enum probe probe_other(const struct bytes first[2]) {
    return starts(first[SIDE_CLIENT], "OTHER");
}

static enum probe probe_never_sure(const struct bytes first[2]) {
    return PROBE_MORE;
}

static enum probe probe_record(const struct bytes first[2]) {
    return starts(first[SIDE_CLIENT], "\x16\x03\x01");
}

#define STUB(which, ...)                                                                                     \
    {                                                                                                        \
        .open = which##_open, .data = which##_data, .gap = take_gap, .end = take_end, .close = take_close,   \
        __VA_ARGS__                                                                                          \
    }
static const struct protocol outer = STUB(outer, .name = "outer", .probe = probe_outer);
static const struct protocol inner = STUB(inner, .name = "inner", .probe = probe_inner);
static const struct protocol other =
    STUB(other, .name = "other", .probe = probe_other, .ndpi_names = (const char *const[]){"OTHER", NULL});
static const struct protocol never_sure = STUB(other, .name = "never sure", .probe = probe_never_sure);
static const struct protocol records = STUB(inner, .name = "records", .probe = probe_record);
static const struct protocol elsewhere = STUB(other, .name = "elsewhere", .probe = probe_other);

static struct log *log_of(const struct conversation *c) {
    return c->protocol->open == outer_open   ? &outer_log
           : c->protocol->open == inner_open ? &inner_log
                                             : &other_log;
}

const struct protocol *const protocol_table[] = {&outer, &inner, &other, NULL};
static const struct protocol *const inner_alone[] = {&inner, NULL};

static struct transfer *begin(struct conversation *c, const struct transfer_seed *seed) {
    return NULL;
}

static void call_encrypted(struct conversation *c) {
    encrypted++;
}

static void call_clear(struct conversation *c) {
    cleared++;
}

static const struct protocol_services services = {
    .begin = begin, .encrypted = call_encrypted, .clear = call_clear};
static struct dispatcher *d;

enum { HOLD = 64 };

static void create_with(const struct dispatch_options *o) {
    dispatcher_destroy(d);
    d = dispatcher_create(o, &services);
    assert_non_null(d);
}

static void start_over(void) {
    outer_log = inner_log = other_log = (struct log){.opened = 0};
    encrypted = cleared = delivered = last_became = 0;
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
}

static int setup(void **state) {
    start_over();
    candidates = inner_alone;
    fallback = true;
    inner_asks = inner_fallback = false;
    create_with(&(struct dispatch_options){.conversations = 1, .hold_bytes = HOLD});
    return 0;
}

static int teardown(void **state) {
    size_t left = dispatcher_conversations(d);
    bool all_closed = outer_log.opened == outer_log.closed && inner_log.opened == inner_log.closed &&
                      other_log.opened == other_log.closed;
    dispatcher_destroy(d);
    d = NULL;
    return left == 0 && all_closed ? 0 : -1;
}

static struct conversation *open_flow(void) {
    static const struct endpoint ends[2];
    struct conversation *c = conversation_open(d, NULL, PROTOCOL_TCP, ends);
    assert_non_null(c);
    return c;
}

static bool give_n(struct conversation *c, enum side from, const char *text, size_t n) {
    uint8_t *copy = malloc(n); /* so that what is read behind it, or later, is seen */
    memcpy(copy, text, n);
    bool wanted = conversation_data(d, c, from, copy, n, 1);
    free(copy);
    return wanted;
}

static bool give(struct conversation *c, enum side from, const char *text) {
    return give_n(c, from, text, strlen(text));
}

static int count(enum counter which) {
    return (int)counter_values[which];
}

/* --- somebody takes it --- */

static void a_candidate_that_says_yes_takes_the_flow_and_the_outer_is_closed_with_that_call(void **state) {
    struct conversation *c = open_flow();
    assert_true(give(c, SIDE_CLIENT, "OUTER hello|"));
    assert_true(give(c, SIDE_CLIENT, "INN"));
    assert_int_equal(outer_log.closed, 0);
    assert_int_equal(inner_log.opened, 0);
    assert_true(give(c, SIDE_CLIENT, "ER!"));
    assert_int_equal(outer_log.closed, 1);
    assert_int_equal(outer_log.at_close, strlen("OUTER hello|INNER!"));
    assert_true(give(c, SIDE_SERVER, "ok|"));
    assert_string_equal(outer_log.bytes[SIDE_CLIENT], "OUTER hello|");
    assert_string_equal(inner_log.bytes[SIDE_CLIENT], "INNER!");
    assert_string_equal(inner_log.bytes[SIDE_SERVER], "ok|");
    assert_int_equal(count(COUNTER_TUNNELS), 1);
    assert_int_equal(count(COUNTER_TUNNELS_FALLBACK), 0);
    conversation_close(d, c);
    assert_int_equal(inner_log.closed, 1);
}

static void its_first_bytes_may_lie_in_the_call_that_asked(void **state) {
    struct conversation *c = open_flow();
    assert_true(give(c, SIDE_CLIENT, "OUTER|INNER!"));
    assert_string_equal(inner_log.bytes[SIDE_CLIENT], "INNER!");
    assert_int_equal(outer_log.closed, 1);
    assert_int_equal(outer_log.at_close, strlen("OUTER|INNER!")); /* they may lie in the state of the outer */
    conversation_close(d, c);
}

static void only_candidates_are_asked(void **state) {
    struct conversation *c = open_flow();
    give(c, SIDE_CLIENT, "OUTER|OTHER!");
    assert_int_equal(other_log.opened, 0);
    assert_string_equal(outer_log.bytes[SIDE_CLIENT], "OUTER|OTHER!");
    conversation_close(d, c);
    candidates = NULL; /* the same, and any protocol may be it */
    c = open_flow();
    give(c, SIDE_CLIENT, "OUTER|OTHER!");
    assert_string_equal(other_log.bytes[SIDE_CLIENT], "OTHER!");
    conversation_close(d, c);
}

static void a_candidate_that_is_not_in_the_table_is_nobody(void **state) {
    static const struct protocol *const it[] = {&elsewhere, &inner, NULL};
    struct conversation *c = open_flow();
    candidates = it;
    give(c, SIDE_CLIENT, "OUTER|OTHER!");
    assert_int_equal(other_log.opened, 0);
    assert_int_equal(count(COUNTER_TUNNELS_FALLBACK), 1);
    conversation_close(d, c);
    c = open_flow();
    give(c, SIDE_CLIENT, "OUTER|INNER!");
    assert_string_equal(inner_log.bytes[SIDE_CLIENT], "INNER!");
    conversation_close(d, c);
}

static void an_announcement_takes_it_as_a_probe_would(void **state) {
    struct conversation *c = open_flow();
    give(c, SIDE_CLIENT, "OUTER|IN");
    assert_true(conversation_awaits(c));
    assert_true(conversation_announce(
        d, c,
        &(struct expectation){.transport = PROTOCOL_TCP, .protocol = (uint8_t)dispatcher_number(d, &other)}));
    assert_string_equal(other_log.bytes[SIDE_CLIENT], "IN");
    assert_int_equal(outer_log.closed, 1);
    conversation_close(d, c);
}

/* --- nobody does --- */

static const struct {
    enum side from;
    const char *text;
} refusal[] = {
    {SIDE_CLIENT, "OUTER\r\n"},      {SIDE_SERVER, "220 go\r\n"},     {SIDE_CLIENT, "STARTTLS\r\n"},
    {SIDE_SERVER, "454 no\r\n|"},    {SIDE_CLIENT, "INNOCENT 1\r\n"}, {SIDE_SERVER, "250 first\r\n"},
    {SIDE_CLIENT, "INFORMED 2\r\n"}, {SIDE_SERVER, "250 second\r\n"},
};
enum { TURNS = sizeof refusal / sizeof *refusal };

static void all_of(enum side from, char *out) {
    out[0] = 0;
    for (int i = 0; i < TURNS; i++)
        if (refusal[i].from == from)
            strcat(out, refusal[i].text);
}

/* The outer keeps its state, and is given each byte once and in order, however they come in pieces. */
static void what_nobody_takes_goes_on_with_the_outer_at_every_split(void **state) {
    char want[2][200];
    all_of(SIDE_CLIENT, want[SIDE_CLIENT]);
    all_of(SIDE_SERVER, want[SIDE_SERVER]);
    for (size_t split = 1; split <= 16; split++) {
        start_over();
        struct conversation *c = open_flow();
        for (int i = 0; i < TURNS; i++)
            for (size_t at = 0, n = strlen(refusal[i].text); at < n; at += split)
                assert_true(
                    give_n(c, refusal[i].from, refusal[i].text + at, n - at < split ? n - at : split));
        assert_int_equal(outer_log.closed, 0);
        conversation_end(d, c, SIDE_CLIENT, true, 1);
        conversation_close(d, c);
        assert_string_equal(outer_log.bytes[SIDE_CLIENT], want[SIDE_CLIENT]);
        assert_string_equal(outer_log.bytes[SIDE_SERVER], want[SIDE_SERVER]);
        assert_string_equal(outer_log.events, "e");
        assert_int_equal(outer_log.opened, 1);
        assert_int_equal(last_became, 1);
        assert_int_equal(count(COUNTER_TUNNELS_FALLBACK), 1);
        assert_int_equal(count(COUNTER_FLOWS_UNIDENTIFIED), 0);
        assert_int_equal(inner_log.opened + other_log.opened, 0);
    }
}

static void gaps_and_ends_that_came_meanwhile_reach_the_outer_in_their_order(void **state) {
    struct conversation *c = open_flow();
    give(c, SIDE_CLIENT, "OUTER|");
    give(c, SIDE_CLIENT, "IN");
    conversation_gap(d, c, SIDE_CLIENT, 7, 1);
    conversation_end(d, c, SIDE_SERVER, false, 1);
    give(c, SIDE_CLIENT, "x");
    assert_string_equal(outer_log.events, "");
    conversation_end(d, c, SIDE_CLIENT, true, 1);
    conversation_close(d, c);
    assert_string_equal(outer_log.bytes[SIDE_CLIENT], "OUTER|INx");
    assert_string_equal(outer_log.events, "gCe");
}

static void a_full_hold_falls_back_with_all_that_came(void **state) {
    static const struct protocol *const table[] = {&outer, &never_sure, NULL}, *const it[] = {&never_sure,
                                                                                              NULL};
    char want[2 * HOLD + 20] = "OUTER|";
    create_with(&(struct dispatch_options){.table = table, .conversations = 1, .hold_bytes = HOLD});
    candidates = it;
    struct conversation *c = open_flow();
    give(c, SIDE_CLIENT, "OUTER|");
    for (int i = 0; i < 10; i++) {
        assert_true(give(c, SIDE_CLIENT, "0123456789"));
        strcat(want, "0123456789");
        assert_int_equal(outer_log.n[SIDE_CLIENT] > 6, i >= 6); /* 64 octets are held */
    }
    assert_string_equal(outer_log.bytes[SIDE_CLIENT], want);
    assert_int_equal(count(COUNTER_HOLDS_FULL), 1);
    assert_int_equal(count(COUNTER_TUNNELS_FALLBACK), 1);
    conversation_close(d, c);
}

static void without_memory_to_hold_it_falls_back_too(void **state) {
    static const struct protocol *const table[] = {&outer, &never_sure, NULL}, *const it[] = {&never_sure,
                                                                                              NULL};
    create_with(
        &(struct dispatch_options){.table = table, .conversations = 2, .hold_bytes = HOLD, .holds = 1});
    candidates = it;
    struct conversation *first = open_flow(), *second = open_flow();
    give(first, SIDE_CLIENT, "OUTER|");
    give(first, SIDE_CLIENT, "held"); /* in the only hold */
    assert_int_equal(count(COUNTER_HOLDS_SHED), 0);
    conversation_announce(
        d, second,
        &(struct expectation){.transport = PROTOCOL_TCP, .protocol = (uint8_t)dispatcher_number(d, &outer)});
    assert_true(give(second, SIDE_CLIENT, "second|"));
    assert_true(give(second, SIDE_CLIENT, "not held"));
    assert_int_equal(count(COUNTER_HOLDS_SHED), 1);
    assert_string_equal(outer_log.bytes[SIDE_CLIENT], "OUTER|second|not held");
    conversation_close(d, first);
    conversation_close(d, second);
    assert_string_equal(outer_log.bytes[SIDE_CLIENT], "OUTER|second|not heldheld");
}

static void a_refusal_a_hundred_times_never_loses_the_flow(void **state) {
    enum { TIMES = 100 };
    char want[TIMES * 10 + 10] = "OUTER";
    struct conversation *c = open_flow();
    give(c, SIDE_CLIENT, "OUTER");
    for (int i = 0; i < TIMES; i++) {
        assert_true(give(c, SIDE_CLIENT, "go|"));
        assert_true(give(c, SIDE_CLIENT, "INvalid"));
        strcat(want, "go|INvalid");
    }
    assert_true(give(c, SIDE_SERVER, "ok"));
    assert_string_equal(outer_log.bytes[SIDE_CLIENT], want);
    assert_string_equal(outer_log.bytes[SIDE_SERVER], "ok");
    assert_int_equal(count(COUNTER_TUNNELS_FALLBACK), TIMES);
    assert_int_equal(count(COUNTER_TUNNELS_TOO_DEEP), 0);
    conversation_close(d, c);
    assert_int_equal(last_became, TIMES);
}

static void within_one_call_it_is_refused_four_times_and_no_more(void **state) {
    struct conversation *c = open_flow();
    assert_true(give(c, SIDE_CLIENT, "OUTER|1|2|3|4"));
    assert_string_equal(outer_log.bytes[SIDE_CLIENT], "OUTER|1|2|3|4");
    assert_int_equal(count(COUNTER_TUNNELS_TOO_DEEP), 0);
    assert_true(give(c, SIDE_CLIENT, "|5")); /* another call */
    assert_int_equal(count(COUNTER_TUNNELS_FALLBACK), 5);
    assert_false(give(c, SIDE_CLIENT, "|1|2|3|4|5"));
    assert_int_equal(count(COUNTER_TUNNELS_TOO_DEEP), 1);
    assert_int_equal(outer_log.closed, 1);
    conversation_close(d, c);
}

static void without_a_fallback_the_flow_is_unidentified(void **state) {
    struct conversation *c = open_flow();
    fallback = false;
    assert_true(give(c, SIDE_CLIENT, "OUTER|"));
    assert_int_equal(outer_log.closed, 1); /* nobody comes back to it */
    assert_false(give(c, SIDE_CLIENT, "something"));
    assert_int_equal(count(COUNTER_FLOWS_UNIDENTIFIED), 1);
    assert_int_equal(count(COUNTER_TUNNELS_FALLBACK), 0);
    assert_string_equal(outer_log.bytes[SIDE_CLIENT], "OUTER|");
    conversation_close(d, c);
}

static void without_memory_for_the_outer_the_flow_is_given_up_and_counted(void **state) {
    create_with(&(struct dispatch_options){.conversations = 1, .hold_bytes = HOLD, .memory = 2});
    struct conversation *c = open_flow();
    assert_false(give(c, SIDE_CLIENT, "OUTER|INNER!"));
    assert_int_equal(count(COUNTER_PROTOCOL_NO_MEMORY), 1);
    assert_int_equal(outer_log.closed, 1);
    assert_int_equal(inner_log.opened, 0);
    conversation_close(d, c);
}

/* --- undecided to the end --- */

static void what_is_undecided_when_the_flow_closes_is_given_to_the_outer(void **state) {
    struct conversation *c = open_flow();
    give(c, SIDE_CLIENT, "OUTER|");
    give(c, SIDE_CLIENT, "INN");
    conversation_end(d, c, SIDE_CLIENT, true, 1);
    assert_string_equal(outer_log.bytes[SIDE_CLIENT], "OUTER|");
    conversation_close(d, c);
    assert_string_equal(outer_log.bytes[SIDE_CLIENT], "OUTER|INN");
    assert_string_equal(outer_log.events, "e");
    assert_int_equal(count(COUNTER_FLOWS_UNIDENTIFIED), 0);
}

static void so_are_ends_behind_which_nothing_came(void **state) {
    struct conversation *c = open_flow();
    give(c, SIDE_CLIENT, "OUTER|");
    conversation_end(d, c, SIDE_CLIENT, true, 1);
    conversation_end(d, c, SIDE_SERVER, true, 1);
    conversation_close(d, c);
    assert_string_equal(outer_log.events, "eE");
}

static void so_it_is_when_the_outer_asks_again_among_those_bytes(void **state) {
    create_with(&(struct dispatch_options){.conversations = 1, .hold_bytes = HOLD, .holds = 2});
    struct conversation *c = open_flow();
    give(c, SIDE_CLIENT, "OUTER|");
    give(c, SIDE_CLIENT, "IN");
    give(c, SIDE_SERVER, "no|"); /* given to the outer at the close alone */
    give(c, SIDE_SERVER, "more");
    conversation_close(d, c);
    assert_string_equal(outer_log.bytes[SIDE_CLIENT], "OUTER|IN");
    assert_string_equal(outer_log.bytes[SIDE_SERVER], "no|more");
    assert_int_equal(last_became, 2);
}

/* --- others that speak meanwhile --- */

static void what_begins_like_a_record_and_is_none_goes_on(void **state) {
    static const char near[] = "\x16\x03\x05 clear";
    for (size_t split = 1; split <= 4; split++) {
        start_over();
        struct conversation *c = open_flow();
        give(c, SIDE_CLIENT, "OUTER|");
        for (size_t at = 0, n = sizeof near - 1; at < n; at += split)
            assert_true(give_n(c, SIDE_CLIENT, near + at, n - at < split ? n - at : split));
        assert_int_equal(encrypted, 0);
        assert_int_equal(outer_log.n[SIDE_CLIENT], 6 + sizeof near - 1);
        assert_memory_equal(outer_log.bytes[SIDE_CLIENT] + 6, near, sizeof near - 1);
        conversation_close(d, c);
    }
}

static void what_reads_tls_takes_what_follows(void **state) {
    static const struct protocol *const table[] = {&outer, &records, NULL}, *const it[] = {&records, NULL};
    create_with(&(struct dispatch_options){.table = table, .conversations = 1, .hold_bytes = HOLD});
    candidates = it;
    struct conversation *c = open_flow();
    give(c, SIDE_CLIENT, "OUTER|");
    assert_true(give(c, SIDE_CLIENT, "\x16"));
    assert_true(give(c, SIDE_CLIENT, "\x03\x01 hello"));
    assert_int_equal(encrypted, 0);
    assert_string_equal(inner_log.bytes[SIDE_CLIENT], "\x16\x03\x01 hello");
    conversation_close(d, c);
}

static void the_name_that_ndpi_gives_meanwhile_is_that_of_the_outer_and_decides_nothing(void **state) {
    static const char *const names[] = {"OTHER", "UNHEARD-OF", NULL};
    for (int i = 0; i < 3; i++) {
        start_over();
        struct conversation *c = open_flow();
        give(c, SIDE_CLIENT, "OUTER|");
        give(c, SIDE_CLIENT, "IN");
        conversation_named(d, c, names[i]);
        assert_true(conversation_undecided(c));
        give(c, SIDE_CLIENT, i ? "NER" : "valid");
        assert_string_equal(i ? inner_log.bytes[SIDE_CLIENT] : outer_log.bytes[SIDE_CLIENT],
                            i ? "INNER" : "OUTER|INvalid");
        conversation_close(d, c);
        assert_int_equal(other_log.opened, 0);
        assert_int_equal(count(COUNTER_FLOWS_NOT_PARSED), 0);
    }
}

static void a_flow_that_nothing_else_decided_takes_that_name(void **state) {
    struct conversation *c = open_flow();
    give(c, SIDE_CLIENT, "OT");
    conversation_named(d, c, "OTHER");
    assert_string_equal(other_log.bytes[SIDE_CLIENT], "OT");
    conversation_close(d, c);
}

static void after_a_refusal_ndpis_name_changes_nothing(void **state) {
    struct conversation *c = open_flow();
    give(c, SIDE_CLIENT, "OUTER|no");
    conversation_named(d, c, "OTHER");
    give(c, SIDE_CLIENT, " more");
    assert_string_equal(outer_log.bytes[SIDE_CLIENT], "OUTER|no more");
    assert_int_equal(other_log.opened, 0);
    conversation_close(d, c);
}

static void an_owner_that_abandons_it_closes_the_outer_too(void **state) {
    struct conversation *c = open_flow();
    give(c, SIDE_CLIENT, "OUTER|IN");
    conversation_abandon(d, c);
    assert_int_equal(outer_log.closed, 1);
    assert_string_equal(outer_log.bytes[SIDE_CLIENT], "OUTER|");
    assert_false(give(c, SIDE_CLIENT, "NER"));
    conversation_close(d, c);
    assert_int_equal(inner_log.opened, 0);
}

/* --- one in another --- */

static void what_follows_may_become_another_and_falls_back_to_who_asked(void **state) {
    struct conversation *c = open_flow();
    inner_asks = inner_fallback = true;
    give(c, SIDE_CLIENT, "OUTER|");
    give(c, SIDE_CLIENT, "INNER ask|");
    assert_int_equal(outer_log.closed, 0); /* in the same call two have asked, and the second may come back */
    give(c, SIDE_CLIENT, "refused");
    assert_string_equal(outer_log.bytes[SIDE_CLIENT], "OUTER|");
    assert_string_equal(inner_log.bytes[SIDE_CLIENT], "INNER ask|refused");
    assert_int_equal(outer_log.closed, 1);
    assert_int_equal(inner_log.closed, 0);
    conversation_close(d, c);
    assert_int_equal(inner_log.closed, 1);
}

static void it_goes_four_deep_and_no_deeper(void **state) {
    struct conversation *c = open_flow();
    inner_asks = true;
    give(c, SIDE_CLIENT, "OUTER|");
    for (int i = 0; i < 3; i++)
        assert_true(give(c, SIDE_CLIENT, "INNER|"));
    assert_int_equal(count(COUNTER_TUNNELS_TOO_DEEP), 0);
    assert_false(give(c, SIDE_CLIENT, "INNER|"));
    assert_int_equal(count(COUNTER_TUNNELS_TOO_DEEP), 1);
    conversation_close(d, c);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_candidate_that_says_yes_takes_the_flow_and_the_outer_is_closed_with_that_call),
        TEST(its_first_bytes_may_lie_in_the_call_that_asked),
        TEST(only_candidates_are_asked),
        TEST(a_candidate_that_is_not_in_the_table_is_nobody),
        TEST(an_announcement_takes_it_as_a_probe_would),
        TEST(what_nobody_takes_goes_on_with_the_outer_at_every_split),
        TEST(gaps_and_ends_that_came_meanwhile_reach_the_outer_in_their_order),
        TEST(a_full_hold_falls_back_with_all_that_came),
        TEST(without_memory_to_hold_it_falls_back_too),
        TEST(a_refusal_a_hundred_times_never_loses_the_flow),
        TEST(within_one_call_it_is_refused_four_times_and_no_more),
        TEST(without_a_fallback_the_flow_is_unidentified),
        TEST(without_memory_for_the_outer_the_flow_is_given_up_and_counted),
        TEST(what_is_undecided_when_the_flow_closes_is_given_to_the_outer),
        TEST(so_are_ends_behind_which_nothing_came),
        TEST(so_it_is_when_the_outer_asks_again_among_those_bytes),
        TEST(what_begins_like_a_record_and_is_none_goes_on),
        TEST(what_reads_tls_takes_what_follows),
        TEST(the_name_that_ndpi_gives_meanwhile_is_that_of_the_outer_and_decides_nothing),
        TEST(a_flow_that_nothing_else_decided_takes_that_name),
        TEST(after_a_refusal_ndpis_name_changes_nothing),
        TEST(an_owner_that_abandons_it_closes_the_outer_too),
        TEST(what_follows_may_become_another_and_falls_back_to_who_asked),
        TEST(it_goes_four_deep_and_no_deeper),
    };
    return cmocka_run_group_tests_name("protocol/become", tests, NULL, NULL);
}
