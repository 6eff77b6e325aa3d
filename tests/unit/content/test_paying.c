/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"

#include "base/allowance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* What becomes of small things whose hosts have spent what they had; and of those of hosts that have not. */

static struct collector got;
static struct content *c;
static struct conversation conversation;
static struct allowance hosts;

static struct allowance *owner_is_allowance(void *context, void *owner) {
    return owner;
}

static void begin(bool rich) {
    struct content_options options = {.objects = 64, .assembly_bytes = 1 << 20};
    const struct content_parts parts = collect_parts(&options);
    struct object_sink sink = collect_sink(&got);
    sink.allowance = owner_is_allowance;
    allowance_init(&hosts, rich ? 1000 : 0);
    conversation = collect_conversation(1);
    c = content_create(&options, &parts, &sink);
    assert_non_null(c);
}

static void finish(void) {
    collect_destroy(c);
    collect_finish(&got);
}

static void send(struct transfer_seed *seed, const char *text, size_t step) {
    struct transfer *t = content_begin(c, &conversation, &hosts, seed);
    size_t n = strlen(text);
    for (size_t at = 0; at < n; at += step)
        content_data(&conversation, t, (const uint8_t *)text + at, n - at < step ? n - at : step);
    content_end(&conversation, t, TRANSFER_DONE);
}

static void send_body(const char *text, uint64_t length, size_t step) {
    struct transfer_seed seed = collect_facts("POST", "/reads");
    seed.length = length;
    send(&seed, text, step);
}

static void few_bytes_that_nobody_pays_for_have_a_type_and_a_size_alone(void **state) {
    (void)state;
    for (int rich = 0; rich < 2; rich++) {
        uint64_t before = collect_counter(COUNTER_OBJECTS_UNPAID);
        begin(rich);
        send_body("AB12 CDE\n", 9, 9);
        assert_int_equal(got.ended, 1);
        assert_int_equal(got.list[0].size, 9);
        assert_true(got.list[0].complete);
        assert_string_equal(got.list[0].type->mime, "text/plain");
        assert_int_equal(got.list[0].bytes, rich ? 9 : 0);
        assert_int_equal(got.list[0].hashed, rich);
        assert_int_equal(collect_counter(COUNTER_OBJECTS_UNPAID) - before, rich ? 0 : 1);
        finish();
    }
}

static void what_grows_is_looked_at_from_its_first_byte(void **state) {
    (void)state;
    static char text[2000];
    memset(text, 'x', sizeof text - 1);
    for (size_t step = 1; step < sizeof text; step = step * 7 + 1) {
        begin(false);
        send_body(text, LENGTH_UNKNOWN, step);
        send_body(text, 9, step); /* more comes than was announced */
        for (int i = 0; i < 2; i++) {
            assert_int_equal(got.list[i].bytes, sizeof text - 1);
            assert_true(got.list[i].hashed);
        }
        finish();
    }
}

static void what_is_paid_for_lasts_as_long_as_the_hosts_bytes(void **state) {
    (void)state;
    begin(false);
    allowance_earn(&hosts, 3 * ALLOWANCE_SMALL);
    for (int i = 0; i < 5; i++)
        send_body("AB12 CDE\n", 9, 9);
    for (int i = 0; i < 5; i++)
        assert_int_equal(got.list[i].bytes, i < 3 ? 9 : 0);
    finish();
}

/* Gaps say how long a thing is; they do not pay for a look at the few bytes that came of it. */
static void few_bytes_beside_gaps_that_nobody_pays_for_have_a_type_and_a_size_alone(void **state) {
    (void)state;
    for (int way = 0; way < 6; way++) {
        bool rich = way % 2, before = way / 2 == 0;
        begin(rich);
        struct transfer_seed seed = collect_facts("POST", "/reads");
        struct transfer *t = content_begin(c, &conversation, &hosts, &seed);
        if (before)
            content_gap(&conversation, t, 1000);
        content_data(&conversation, t, (const uint8_t *)"AB12 CDE\n", 9);
        if (!before)
            content_gap(&conversation, t, 1000);
        if (way / 2 == 2)
            content_gap(&conversation, t, 500);
        content_end(&conversation, t, TRANSFER_CUT);
        assert_int_equal(got.ended, 1);
        assert_int_equal(got.list[0].size, way / 2 == 2 ? 1509 : 1009);
        assert_int_equal(got.list[0].missing, got.list[0].size - 9);
        assert_false(got.list[0].complete);
        assert_int_equal(got.list[0].bytes, rich ? 9 : 0);
        finish();
    }
}

static void what_goes_on_behind_a_gap_is_looked_at_from_its_first_byte(void **state) {
    (void)state;
    static uint8_t more[600];
    memset(more, 'x', sizeof more);
    begin(false);
    struct transfer_seed seed = collect_facts("POST", "/reads");
    struct transfer *t = content_begin(c, &conversation, &hosts, &seed);
    content_data(&conversation, t, (const uint8_t *)"AB12 CDE\n", 9);
    content_gap(&conversation, t, 1000);
    content_data(&conversation, t, more, sizeof more);
    content_end(&conversation, t, TRANSFER_DONE);
    assert_int_equal(got.list[0].bytes, 9 + sizeof more);
    assert_int_equal(got.list[0].size, 9 + 1000 + sizeof more);
    assert_int_equal(got.list[0].missing, 1000);
    finish();
}

#define RANGE(first, last, text) "--XX\r\nContent-Range: bytes " #first "-" #last "/6\r\n\r\n" text "\r\n"

static void small_ranges_that_nobody_pays_for_are_told_and_join_nothing(void **state) {
    (void)state;
    char text[2000]; /* large enough to be taken apart */
    snprintf(text, sizeof text, "--XX\r\nX-Long: %0600d\r\nContent-Range: bytes 0-2/6\r\n\r\nabc\r\n%s", 0,
             RANGE(3, 5, "def") "--XX--\r\n");
    for (int rich = 0; rich < 2; rich++) {
        struct transfer_seed seed = collect_facts("GET", "/a.txt");
        begin(rich);
        seed.from = SIDE_SERVER;
        seed.fact[FACT_DECLARED_TYPE] = bytes_text("multipart/byteranges; boundary=XX");
        send(&seed, text, sizeof text);
        content_tick(c, conversation.now + 3600 * NS_PER_S);
        assert_int_equal(got.ended, 2);
        assert_true(got.list[0].container);
        assert_int_equal(got.list[0].bounded, !rich);
        if (rich)
            assert_true(got.list[1].complete && got.list[1].size == 6);
        else /* as one text, with their heads */
            assert_non_null(memmem(got.list[1].data, got.list[1].bytes, "\nabc\n", 5));
        finish();
    }
}

static void a_small_encoded_file_that_nobody_pays_for_is_told(void **state) {
    (void)state;
    char text[2000]; /* large enough to be looked at */
    snprintf(text, sizeof text, "%0600d\nbegin 644 a.txt\n+<&QA=&4L;&%%N90H`\n`\nend\n", 0);
    for (int rich = 0; rich < 2; rich++) {
        uint64_t before = collect_counter(COUNTER_ENCODED_SMALL);
        begin(rich);
        send_body(text, LENGTH_UNKNOWN, sizeof text);
        assert_int_equal(got.ended, rich ? 2 : 1);
        assert_int_equal(got.list[0].bounded, !rich);
        assert_int_equal(collect_counter(COUNTER_ENCODED_SMALL) - before, !rich);
        finish();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_bytes_that_nobody_pays_for_have_a_type_and_a_size_alone),
        cmocka_unit_test(few_bytes_beside_gaps_that_nobody_pays_for_have_a_type_and_a_size_alone),
        cmocka_unit_test(what_goes_on_behind_a_gap_is_looked_at_from_its_first_byte),
        cmocka_unit_test(what_grows_is_looked_at_from_its_first_byte),
        cmocka_unit_test(what_is_paid_for_lasts_as_long_as_the_hosts_bytes),
        cmocka_unit_test(a_small_encoded_file_that_nobody_pays_for_is_told),
        cmocka_unit_test(small_ranges_that_nobody_pays_for_are_told_and_join_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
