/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/syslog/syslog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "talk.h"

#define NEW "<134>1 2026-05-31T04:12:09Z lane4 alpr 77 - - plate=KXR4471"
#define OLD "<13>May  5 04:12:09 lane4 alpr: plate=KXR4472"
#define SHORT "<13>2026-05-31T04:12:09+00:00 lane4 alpr: plate=KXR4473"

static enum probe probe(const char *text) {
    return syslog_probe_frame(bytes_text(text));
}

static void a_message_shows_itself_by_its_priority_and_its_time(void **state) {
    static const char *const messages[] = {NEW, OLD, SHORT, "<0>1 - lane4 - - - -", "59 " NEW, "1234 " OLD};
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        assert_int_equal(probe(messages[i]), PROBE_YES);
        for (size_t n = 0; n < strlen(messages[i]); n++)
            assert_int_not_equal(syslog_probe_frame(bytes_of(messages[i], n)), PROBE_NO);
    }
}

static void other_text_does_not(void **state) {
    static const char *const texts[] = {
        "<192>1 2026-05-31T04:12:09Z", "<html><body>", "<1>2 3",        "<>1 ",      "<13>Maybe 5",
        "<134> May  5 04:12:09",       "012 " NEW,     "12345678 " NEW, "220 ready", "<stream:stream>"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(probe(texts[i]), PROBE_NO);
}

static void messages_of_a_stream_are_lines_of_one_object(void **state) {
    static const struct piece lines[] = {C(NEW "\n" OLD "\n"), C(SHORT "\n")};
    FOR_EACH_SPLIT(lines, assert_int_equal(w->transfers, 1);
                   assert_bytes(&w->transfer[0], NEW "\n" OLD "\n" SHORT "\n");
                   assert_int_equal(w->transfer[0].how, TRANSFER_DONE))
    static const struct piece counted[] = {C("59 " NEW "45 " OLD "55 " SHORT)};
    _Static_assert(sizeof NEW - 1 == 59 && sizeof OLD - 1 == 45 && sizeof SHORT - 1 == 55,
                   "as they are counted");
    FOR_EACH_SPLIT(counted, assert_int_equal(w->transfers, 1);
                   assert_bytes(&w->transfer[0], NEW "\n" OLD "\n" SHORT "\n");
                   assert_int_equal(w->transfer[0].how, TRANSFER_DONE))
    static const struct piece both[] = {C("60 " NEW "\n" OLD "\n"), C("    one more line\n")};
    FOR_EACH_SPLIT(both, assert_int_equal(w->transfers, 1);
                   assert_bytes(&w->transfer[0], NEW "\n" OLD "\none more line\n"))
}

static void a_line_that_begins_with_digits_keeps_them(void **state) {
    static const struct piece pieces[] = {
        C(NEW "\n4929138475610025\n4929 1384 7561 0025\n11 <no count\n\n" OLD "\n77")};
    FOR_EACH_SPLIT(pieces, assert_int_equal(w->transfers, 1);
                   assert_bytes(&w->transfer[0],
                                NEW "\n4929138475610025\n4929 1384 7561 0025\n<no count\n\n" OLD "\n77"))
}

static void a_gap_is_told_and_what_comes_behind_it_too(void **state) {
    static const struct piece lines[] = {C(NEW "\n<13>"), GAP(SIDE_CLIENT, 30), C("KXR4472\n" SHORT "\n")};
    FOR_EACH_SPLIT(lines, assert_int_equal(w->transfers, 1); assert_int_equal(w->transfer[0].missing, 30);
                   assert_bytes(&w->transfer[0], NEW "\n<13>KXR4472\n" SHORT "\n"))
    static const struct piece counted[] = {C("59 " NEW "45 <13>"), GAP(SIDE_CLIENT, 30),
                                           C("=KXR447255 " SHORT)};
    FOR_EACH_SPLIT(counted, assert_int_equal(w->transfer[0].missing, 30);
                   assert_int_equal(w->transfer[0].size - 30, 59 + 1 + 4 + 11 + 1 + 55))
}

static void what_is_no_text_is_looked_at_as_another_conversation(void **state) {
    static const struct piece pieces[] = {C(NEW "\n"), C("\x01\x02\x03\x04\x05")};
    FOR_EACH_SPLIT(pieces, assert_int_equal(w->transfers, 1); assert_bytes(&w->transfer[0], NEW "\n");
                   assert_int_equal(w->transfer[0].how, TRANSFER_CUT))
}

static struct world *datagrams(void) {
    static const uint8_t a[4] = {10, 40, 0, 1}, b[4] = {203, 0, 113, 77};
    struct world *w = world_create(&(struct dispatch_options){.conversations = 4});
    w->flow[0] =
        conversation_open(w->dispatcher, w, PROTOCOL_UDP,
                          (struct endpoint[2]){{address_from_v4(a), 40000}, {address_from_v4(b), 514}});
    w->flows = 1;
    return w;
}

static void say(struct world *w, const char *text, size_t n, time_ns time) {
    conversation_datagram(w->dispatcher, w->flow[0], SIDE_CLIENT, (const uint8_t *)text, n, time);
}

#define SAY(text, seconds) say(w, text, sizeof text - 1, (seconds)*NS_PER_S)

static void datagrams_are_lines_of_one_object_a_minute(void **state) {
    struct world *w = datagrams();
    SAY(NEW, 1);
    SAY(OLD "\n", 30);
    SAY(SHORT "\0", 60);
    assert_string_equal(conversation_spoken(w->flow[0]), "syslog");
    assert_int_equal(w->transfers, 1);
    SAY(OLD, 61);
    assert_int_equal(w->transfers, 2);
    world_close_all(w);
    assert_bytes(&w->transfer[0], NEW "\n" OLD "\n" SHORT "\n");
    assert_bytes(&w->transfer[1], OLD "\n");
    assert_int_equal(w->transfer[0].how, TRANSFER_DONE);
    world_destroy(w);
}

/* The unknown protocol of datagrams. */
static void other_datagrams_of_text_are_lines_of_one_object_too(void **state) {
    struct world *w = datagrams();
    conversation_named(w->dispatcher, w->flow[0], NULL);
    SAY("plate=KXR4471 lane=4 time=04:12:09", 1);
    SAY("plate=KXR4472", 2);
    SAY("plate=KXR4473 lane=4 time=04:12:10\n", 3);
    SAY("plate=KXR4474 lane=4", 62); /* another minute */
    world_close_all(w);
    assert_int_equal(w->transfers, 2);
    assert_bytes(&w->transfer[0],
                 "plate=KXR4471 lane=4 time=04:12:09\nplate=KXR4472\nplate=KXR4473 lane=4 time=04:12:10\n");
    assert_int_equal(w->transfer[0].how, TRANSFER_CUT);
    assert_bytes(&w->transfer[1], "plate=KXR4474 lane=4");
    world_destroy(w);
}

static void a_text_that_was_cut_into_datagrams_is_put_together(void **state) {
    struct world *w = datagrams();
    static char text[2600];
    conversation_named(w->dispatcher, w->flow[0], NULL);
    for (size_t i = 0; i + 1 < sizeof text; i++)
        text[i] = i % 40 == 39 ? '\n' : (char)('a' + i % 23);
    say(w, text, 1024, 1);
    say(w, text + 1024, 1024, 1);
    say(w, text + 2048, sizeof text - 1 - 2048, 1);
    world_close_all(w);
    assert_int_equal(w->transfers, 1);
    assert_bytes(&w->transfer[0], text);
    assert_int_equal(w->transfer[0].how, TRANSFER_CUT); /* nobody knows that none was lost */
    world_destroy(w);
}

static void numbers_and_noise_are_no_text(void **state) {
    struct world *w = datagrams();
    conversation_named(w->dispatcher, w->flow[0], NULL);
    SAY("\x80\x01\0\1abcdefghijklmnopqrstuvwxyz", 1);
    SAY("ok", 2);
    SAY("\xc3(\xa0\xff\xfe latin or nothing", 3);
    world_close_all(w);
    assert_int_equal(w->transfers, 0);
    world_destroy(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_shows_itself_by_its_priority_and_its_time),
        cmocka_unit_test(other_text_does_not),
        cmocka_unit_test(messages_of_a_stream_are_lines_of_one_object),
        cmocka_unit_test(a_line_that_begins_with_digits_keeps_them),
        cmocka_unit_test(a_gap_is_told_and_what_comes_behind_it_too),
        cmocka_unit_test(what_is_no_text_is_looked_at_as_another_conversation),
        cmocka_unit_test(datagrams_are_lines_of_one_object_a_minute),
        cmocka_unit_test(other_datagrams_of_text_are_lines_of_one_object_too),
        cmocka_unit_test(a_text_that_was_cut_into_datagrams_is_put_together),
        cmocka_unit_test(numbers_and_noise_are_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
