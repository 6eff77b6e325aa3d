/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/ftp/ftp.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Heads of HAProxy's PROXY protocol, written after its description, before an FTP control channel, which is
 * known for what it is when it expects a data flow. */

static const size_t splits[] = {1, 2, 3, 7, 64, 0};
static const char inner[] = "USER a\r\nPORT 192,0,2,1,19,136\r\n", greeting[] = "220 ready\r\n";

static struct world *play(const char *head, size_t n, size_t split) {
    struct world *w = world_create(&(struct dispatch_options){.conversations = 4});
    const uint8_t a[4] = {192, 0, 2, 1}, b[4] = {203, 0, 113, 8};
    size_t flow = world_open(w, (struct endpoint){address_from_v4(a), 40000},
                             (struct endpoint){address_from_v4(b), 8080});
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    world_deliver(w, flow, SIDE_CLIENT, (const uint8_t *)head, n, split);
    world_deliver(w, flow, SIDE_SERVER, (const uint8_t *)greeting, sizeof greeting - 1, split);
    world_deliver(w, flow, SIDE_CLIENT, (const uint8_t *)inner, sizeof inner - 1, split);
    return w;
}

static void expect(const char *head, size_t n, const char *target) {
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        struct world *w = play(head, n, splits[i]);
        assert_int_equal(counter_values[COUNTER_TUNNELS], 1);
        assert_int_equal(w->expectations, 1);
        assert_ptr_equal(dispatcher_protocol(w->dispatcher, w->expectation[0].e.protocol),
                         &protocol_ftp_data);
        assert_true(bytes_equal(world_bytes(&w->told[FACT_TARGET]), bytes_text(target)));
        world_destroy(w);
    }
}

#define EXPECT(head, target) expect(head, sizeof head - 1, target)
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

static void a_line_is_taken_off_and_says_whom_it_was_for(void **state) {
    EXPECT("PROXY TCP4 10.40.3.7 198.51.100.2 40000 21\r\n", "198.51.100.2");
    EXPECT("PROXY TCP6 2001:db8::7 2001:db8::2 40000 21\r\n", "2001:db8::2");
    EXPECT("PROXY UNKNOWN\r\n", "");
}

static void so_is_a_head_of_octets(void **state) {
    EXPECT(SIGNATURE "\x21\x11\0\x0c\x0a\x28\3\7\xc6\x33\x64\2\x9c\x40\0\x15", "198.51.100.2");
    EXPECT(SIGNATURE
           "\x21\x21\0\x24\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\7\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\2"
           "\x9c\x40\0\x15",
           "2001:db8::2");
    EXPECT(SIGNATURE "\x20\0\0\0", ""); /* LOCAL */
    /* with a field behind the addresses */
    EXPECT(SIGNATURE "\x21\x11\0\x11\x0a\x28\3\7\xc6\x33\x64\2\x9c\x40\0\x15\2\0\2ab", "198.51.100.2");
}

static void a_head_that_is_longer_than_is_kept_is_stepped_over(void **state) {
    static char head[16 + 60000] = SIGNATURE "\x21\x11\xea\x60\x0a\x28\3\7\xc6\x33\x64\2\x9c\x40\0\x15";
    expect(head, sizeof head, "198.51.100.2");
}

static void what_only_begins_like_one_is_none(void **state) {
    static const char *const heads[] = {"PROXY TCP5 10.40.3.7 198.51.100.2 40000 21\r\n", "PROXIES all\r\n",
                                        "\r\n\r\n"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct world *w = play(heads[i], strlen(heads[i]), 0);
        assert_int_equal(counter_values[COUNTER_TUNNELS], 0);
        assert_int_equal(w->told[FACT_TARGET].n, 0);
        world_destroy(w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_taken_off_and_says_whom_it_was_for),
        cmocka_unit_test(so_is_a_head_of_octets),
        cmocka_unit_test(a_head_that_is_longer_than_is_kept_is_stepped_over),
        cmocka_unit_test(what_only_begins_like_one_is_none),
    };
    return cmocka_run_group_tests_name("protocol/haproxy", tests, NULL, NULL);
}
