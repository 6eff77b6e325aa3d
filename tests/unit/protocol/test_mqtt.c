/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mqtt/mqtt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "talk.h"

#include <stdlib.h>

/* Packets after OASIS MQTT 3.1.1 and 5.0, at every split. */

/* clang-format off */
#define CONNECT_4 "\x10\x11\0\4MQTT\4\2\0\x3c\0\5lane4"
#define CONNECT_5 "\x10\x12\0\4MQTT\5\2\0\x3c\0\0\5lane4"
#define OPENED_4 C(CONNECT_4), S("\x20\2\0\0")
#define OPENED_5 C(CONNECT_5), S("\x20\3\0\0\0")
/* clang-format on */

static void assert_message(const struct transfer *t, enum side from, const char *topic, const char *text) {
    assert_true(t->ended);
    assert_int_equal(t->how, TRANSFER_DONE);
    assert_int_equal(t->from, from);
    assert_text(&t->name, topic);
    assert_bytes(t, text);
}

static void each_publish_of_both_sides_is_an_object_under_its_topic(void **state) {
    static const struct piece p[] = {OPENED_4,        C("\x30\x09\0\5a/b/cXY"),  C("\x32\x0b\0\5a/b/c\0\7XY"),
                                     S("\x40\2\0\7"), S("\x34\x08\0\3d/e\0\1Z"), C("\x50\2\0\1"),
                                     S("\x62\2\0\1"), C("\x70\2\0\1\xc0\0"),     S("\xd0\0\x31\5\0\1tQQ")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 4);
        assert_message(&w->transfer[0], SIDE_CLIENT, "a/b/c", "XY");
        assert_message(&w->transfer[1], SIDE_CLIENT, "a/b/c", "XY");
        assert_message(&w->transfer[2], SIDE_SERVER, "d/e", "Z");
        assert_message(&w->transfer[3], SIDE_SERVER, "t", "QQ");
    });
}

static void what_was_sent_again_has_left_again(void **state) {
    static const struct piece p[] = {OPENED_4, C("\x32\x0b\0\5a/b/c\0\7XY\x3a\x0b\0\5a/b/c\0\7XY")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_message(&w->transfer[1], SIDE_CLIENT, "a/b/c", "XY");
    });
}

static void a_message_that_clears_a_topic_is_no_object(void **state) {
    static const struct piece p[] = {OPENED_4, C("\x31\7\0\5a/b/c"), OPENED_5, C("\x31\x08\0\5a/b/c\0")};
    FOR_EACH_SPLIT(p, assert_int_equal(w->transfers, 0));
}

static void properties_are_no_payload_and_say_its_type(void **state) {
    static const struct piece p[] = {
        OPENED_5, C("\x30\x24\0\1t\x1c\1\0\2\0\0\0\5\3\0\5a/b;c\x26\0\1k\0\1v\x08\0\1r\x0b\x01XYZW")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_message(&w->transfer[0], SIDE_CLIENT, "t", "XYZW");
        assert_text(&w->transfer[0].type, "a/b;c");
    });
}

static void a_topic_alias_stands_for_its_topic_on_its_side(void **state) {
    static const struct piece p[] = {OPENED_5,
                                     C("\x30\x0b\0\3a/b\3\x23\0\1XY"),
                                     C("\x30\x08\0\0\3\x23\0\1XY"),
                                     S("\x30\x08\0\0\3\x23\0\1XY"),
                                     C("\x30\x09\0\1c\3\x23\0\1XY"),
                                     C("\x30\x08\0\0\3\x23\0\1XY")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 5);
        assert_message(&w->transfer[1], SIDE_CLIENT, "a/b", "XY");
        assert_message(&w->transfer[2], SIDE_SERVER, "", "XY");
        assert_message(&w->transfer[4], SIDE_CLIENT, "c", "XY");
    });
}

static void more_aliases_than_are_kept_are_counted(void **state) {
    struct world *w = talk((const struct piece[]){OPENED_5}, 2, 0);
    size_t flow = world_open(w, (struct endpoint){0}, (struct endpoint){0});
    world_deliver(w, flow, SIDE_CLIENT, (const uint8_t *)CONNECT_5, sizeof CONNECT_5 - 1, 0);
    for (uint8_t alias = 1; alias <= 40; alias++) {
        const uint8_t packet[] = {0x30, 8, 0, 1, 't', 3, 0x23, 0, alias, 'X'};
        world_deliver(w, flow, SIDE_CLIENT, packet, sizeof packet, 0);
    }
    assert_int_equal(counter_values[COUNTER_MQTT_ALIASES_SHED], 8);
    world_destroy(w);
}

static void a_will_is_an_object_and_who_connects_is_its_user(void **state) {
    static const struct piece p[] = {C("\x10\x26\0\4MQTT\4\xc6\0\x3c\0\2id\0\3w/t\0\4gone\0\3cam\0\6secret"),
                                     C("\x30\4\0\1tX")};
    static const struct piece v5[] = {
        C("\x10\x2a\0\4MQTT\5\xc6\0\x3c\0\0\2id\2\1\0\0\3w/t\0\4gone\0\3cam\0\6secret")};
    FOR_EACH_SPLIT(v5, {
        assert_int_equal(w->transfers, 1);
        assert_message(&w->transfer[0], SIDE_CLIENT, "w/t", "gone");
    });
    struct world *w = talk(p, 2, 0);
    assert_int_equal(w->transfers, 2);
    assert_message(&w->transfer[0], SIDE_CLIENT, "w/t", "gone");
    assert_text(&w->transfer[1].user, "cam");
    world_destroy(w);
}

static void a_remaining_length_of_four_octets_is_read(void **state) {
    static const struct piece p[] = {OPENED_4, C("\x30\x85\x80\x80\0\0\1tXY\xc0\0")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_message(&w->transfer[0], SIDE_CLIENT, "t", "XY");
    });
}

static void what_packets_hold_beyond_their_need_is_looked_at(void **state) {
    struct world *w = talk((const struct piece[]){OPENED_4}, 2, 0);
    size_t flow = world_open(w, (struct endpoint){0}, (struct endpoint){0});
    uint8_t packet[2000] = {0x82, 0xcd, 0x0f, 0, 1}; /* SUBSCRIBE of 1,997 octets */
    memset(packet + 5, 'x', sizeof packet - 5);
    world_deliver(w, flow, SIDE_CLIENT, (const uint8_t *)CONNECT_4, sizeof CONNECT_4 - 1, 0);
    world_deliver(w, flow, SIDE_CLIENT, packet, sizeof packet, 3);
    assert_int_equal(w->transfers, 1);
    assert_int_equal(w->transfer[0].size, 1997);
    world_destroy(w);
}

static void subscriptions_and_pings_are_none(void **state) {
    static const struct piece p[] = {OPENED_4, C("\x82\x08\0\1\0\3a/#\1\xc0\0"), S("\x90\3\0\1\1\xd0\0"),
                                     C("\xa2\7\0\2\0\3a/#\xe0\0")};
    FOR_EACH_SPLIT(p, assert_int_equal(w->transfers, 0));
}

static void a_gap_in_a_payload_is_told_and_the_next_message_is_whole(void **state) {
    static const struct piece p[] = {OPENED_4, C("\x30\x11\0\3a/bABC"), GAP(SIDE_CLIENT, 4),
                                     C("DEFGH\x30\x07\0\3a/bXY")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_int_equal(w->transfer[0].missing, 4);
        assert_bytes(&w->transfer[0], "ABCDEFGH");
        assert_message(&w->transfer[1], SIDE_CLIENT, "a/b", "XY");
    });
}

static void a_gap_in_a_topic_takes_the_name_alone(void **state) {
    static const struct piece p[] = {OPENED_4, C("\x30\x0c\0\x06lan"), GAP(SIDE_CLIENT, 2), C("4ABCD")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_message(&w->transfer[0], SIDE_CLIENT, "", "ABCD");
    });
}

static void behind_a_gap_that_took_a_header_the_next_publish_is_found(void **state) {
    static const struct piece p[] = {OPENED_4, C("\x30\x11\0\3a/bABC"), GAP(SIDE_CLIENT, 400),
                                     C("DEFGH01234567012345670123456701\x30\x12\0\7lanes/4XYXYXYXYX")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 2);
        assert_int_equal(w->transfer[0].how, TRANSFER_CUT);
        assert_message(&w->transfer[1], SIDE_CLIENT, "lanes/4", "XYXYXYXYX");
        assert_int_equal(counter_values[COUNTER_MQTT_PLACE_LOST], 1);
    });
}

static void from_the_middle_the_version_is_told_by_what_reads_as_properties(void **state) {
    static const struct piece four[] = {S("\x30\x0b\0\7lanes/4XY\x30\x0b\0\7lanes/5ZZ")};
    static const struct piece five[] = {S("\x30\x0e\0\7lanes/4\2\1\1XY\x30\x0c\0\7lanes/5\0ZZ")};
    static const struct piece zeros[] = {S("\x32\x10\0\7lanes/4\0\1\0\0\0\x0cj\x32\x0b\0\7lanes/5\0\2")};
    FOR_EACH_SPLIT(four, {
        assert_int_equal(w->transfers, 2);
        assert_message(&w->transfer[0], SIDE_SERVER, "lanes/4", "XY");
        assert_message(&w->transfer[1], SIDE_SERVER, "lanes/5", "ZZ");
    });
    FOR_EACH_SPLIT(five, {
        assert_int_equal(w->transfers, 2);
        assert_message(&w->transfer[0], SIDE_SERVER, "lanes/4", "XY");
        assert_message(&w->transfer[1], SIDE_SERVER, "lanes/5", "ZZ");
    });
    FOR_EACH_SPLIT(zeros, {
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].size, 5);
    });
}

static void short_texts_with_a_plate_s_shape_are_one_text_too(void **state) {
    static const struct piece p[] = {OPENED_4,
                                     C("\x30\x0c\0\3a/bKXR4471\x30\x0c\0\3a/bGHT7720\x30\x09\0\3a/b21.5")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 4);
        assert_message(&w->transfer[0], SIDE_CLIENT, "a/b", "KXR4471");
        assert_text(&w->transfer[1].name, "");
        assert_bytes(&w->transfer[1], "a/b=KXR4471\na/b=GHT7720\n");
        assert_message(&w->transfer[3], SIDE_CLIENT, "a/b", "21.5");
    });
}

static void a_message_that_never_ends_is_cut(void **state) {
    static const struct piece p[] = {OPENED_4, C("\x30\x09\0\5a/b/cX")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].how, TRANSFER_CUT);
        assert_bytes(&w->transfer[0], "X");
    });
}

static void a_topic_longer_than_its_packet_hides_nothing(void **state) {
    static const struct piece p[] = {OPENED_4, C("\x30\x09\x10\5a/b/cXY\xc0\0")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(w->transfers, 1);
        assert_message(&w->transfer[0], SIDE_CLIENT, "", "a/b/cXY");
    });
}

static void what_is_no_packet_is_looked_at_as_anything(void **state) {
    static const struct piece p[] = {OPENED_4, C("GET /b HTTP/1.1\r\nHost: x.example\r\n\r\n"),
                                     S("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(counter_values[COUNTER_MQTT_ODD], 1);
        assert_int_equal(w->transfers, 1);
        assert_bytes(&w->transfer[0], "abc");
    });
}

static void what_is_no_packet_behind_what_was_found_is_looked_at_as_well(void **state) {
    static const struct piece p[] = {OPENED_4, C("\x30\x09\0\5a/"), GAP(SIDE_CLIENT, 300),
                                     C("\x30\x08\0\6abcdefGET /b HTTP/1.1\r\nHost: x.example\r\n\r\n"),
                                     S("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")};
    FOR_EACH_SPLIT(p, {
        assert_int_equal(counter_values[COUNTER_MQTT_ODD], 1);
        assert_int_equal(w->transfers, 1);
        assert_bytes(&w->transfer[0], "abc");
    });
}

static enum probe probe(const char *client, size_t n, const char *server, size_t m) {
    return mqtt_probe((const struct bytes[2]){bytes_of(client, n), bytes_of(server, m)});
}

static void a_connect_or_a_topic_is_certain(void **state) {
    static const char publish[] = "\x30\x84\x10\0\7lanes/4XY";
    assert_int_equal(probe(CONNECT_4, sizeof CONNECT_4 - 1, "", 0), PROBE_YES);
    assert_int_equal(probe(CONNECT_5, 9, "", 0), PROBE_YES);
    assert_int_equal(probe(CONNECT_5, 8, "", 0), PROBE_MORE);
    assert_int_equal(probe("\x10\x17\0\6MQIsdp\x83", 11, "", 0), PROBE_YES);
    assert_int_equal(probe("", 0, "\x20\2\0\0", 4), PROBE_MORE);
    assert_int_equal(probe("", 0, publish, sizeof publish - 1), PROBE_YES);
    assert_int_equal(probe("\xc0\0", 2, publish, sizeof publish - 1), PROBE_YES);
}

static void other_bytes_are_not(void **state) {
    static const char der[] = "\x30\x82\x03\x0a\x02\x01\x01\x60\x30", text[] = "220 ready\r\n";
    static const char level[] = "\x10\x11\0\4MQTT\7\2\0\x3c\0\5lane4";
    assert_int_equal(probe(level, sizeof level - 1, "", 0), PROBE_NO);
    assert_int_equal(probe("\x10\x11\0\4AMQP\4", 9, "", 0), PROBE_NO);
    assert_int_equal(probe("", 0, der, sizeof der - 1), PROBE_NO);
    assert_int_equal(probe("", 0, text, sizeof text - 1), PROBE_NO);
    assert_int_equal(probe(CONNECT_4, sizeof CONNECT_4 - 1, text, sizeof text - 1), PROBE_NO);
    assert_int_equal(probe("\x16\3\1\2\0\1", 6, "", 0), PROBE_NO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_publish_of_both_sides_is_an_object_under_its_topic),
        cmocka_unit_test(what_was_sent_again_has_left_again),
        cmocka_unit_test(a_message_that_clears_a_topic_is_no_object),
        cmocka_unit_test(properties_are_no_payload_and_say_its_type),
        cmocka_unit_test(a_topic_alias_stands_for_its_topic_on_its_side),
        cmocka_unit_test(more_aliases_than_are_kept_are_counted),
        cmocka_unit_test(a_will_is_an_object_and_who_connects_is_its_user),
        cmocka_unit_test(a_remaining_length_of_four_octets_is_read),
        cmocka_unit_test(what_packets_hold_beyond_their_need_is_looked_at),
        cmocka_unit_test(subscriptions_and_pings_are_none),
        cmocka_unit_test(a_gap_in_a_payload_is_told_and_the_next_message_is_whole),
        cmocka_unit_test(a_gap_in_a_topic_takes_the_name_alone),
        cmocka_unit_test(behind_a_gap_that_took_a_header_the_next_publish_is_found),
        cmocka_unit_test(from_the_middle_the_version_is_told_by_what_reads_as_properties),
        cmocka_unit_test(short_texts_with_a_plate_s_shape_are_one_text_too),
        cmocka_unit_test(a_message_that_never_ends_is_cut),
        cmocka_unit_test(a_topic_longer_than_its_packet_hides_nothing),
        cmocka_unit_test(what_is_no_packet_is_looked_at_as_anything),
        cmocka_unit_test(what_is_no_packet_behind_what_was_found_is_looked_at_as_well),
        cmocka_unit_test(a_connect_or_a_topic_is_certain),
        cmocka_unit_test(other_bytes_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
