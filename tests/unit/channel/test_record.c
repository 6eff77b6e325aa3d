/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct record_builder builder;

static const struct record *packed(void *out) {
    size_t n = record_pack(&builder, 7, out);
    assert_true(n <= ring_record_max());
    assert_true(record_valid(out, n));
    return out;
}

static void assert_text(const struct record *r, enum record_text which, const char *expected) {
    struct bytes t = record_text_of(r, which);
    assert_int_equal(t.n, strlen(expected));
    assert_memory_equal(t.p, expected, t.n);
}

static void texts_and_digests_come_back_as_they_were_put(void **state) {
    uint64_t *room = malloc(ring_record_max());
    record_begin(&builder, RECORD_TRANSFER);
    builder.head.bytes = 183220;
    record_text(&builder, TEXT_NAME, bytes_text("first"));
    record_text_add(&builder, TEXT_RULES, "a-rule");
    record_text_add(&builder, TEXT_CLASSES, "vehicle-image");
    record_text_add(&builder, TEXT_RULES, "b-rule");
    record_text(&builder, TEXT_NAME, bytes_text("a longer second name"));
    record_text_add(&builder, TEXT_CLASSES, "plate-record");
    record_text(&builder, TEXT_HOST, bytes_text(""));
    builder.head.digests = 2;
    builder.digest[0] = 11;
    builder.digest[1] = 22;
    const struct record *r = packed(room);
    assert_text(r, TEXT_NAME, "a longer second name");
    assert_text(r, TEXT_RULES, "a-rule\nb-rule");
    assert_text(r, TEXT_CLASSES, "vehicle-image\nplate-record");
    assert_text(r, TEXT_HOST, "");
    assert_text(r, TEXT_PATH, "");
    assert_int_equal(record_digests_of(r)[0], 11);
    assert_int_equal(record_digests_of(r)[1], 22);
    assert_int_equal(r->id, 7);
    assert_int_equal(r->bytes, 183220);
    free(room);
}

/* A worker that was taken over may send texts that are longer than their limits and lie over one another. */
static void a_copy_may_be_changed_and_texts_beyond_their_limits_are_cut(void **state) {
    uint64_t *room = malloc(ring_record_max());
    uint64_t *copy = malloc(ring_record_max());
    record_begin(&builder, RECORD_FINDING);
    record_text(&builder, TEXT_NAME, bytes_text("name"));
    builder.head.digests = 1;
    builder.digest[0] = 33;
    struct record *r = (struct record *)room;
    record_pack(&builder, 7, room);
    record_copy(&builder, r);
    record_text(&builder, TEXT_REASON, bytes_text("another reason"));
    assert_true(record_valid((struct record *)copy, record_pack(&builder, 7, copy)));
    assert_text((struct record *)copy, TEXT_NAME, "name");
    assert_text((struct record *)copy, TEXT_REASON, "another reason");
    assert_int_equal(record_digests_of((struct record *)copy)[0], 33);
    memset(room, 'x', ring_record_max());
    record_begin(&builder, RECORD_FINDING);
    builder.head.size = sizeof *r + RECORD_TEXT_MAX;
    *r = builder.head;
    for (unsigned i = 0; i < TEXT_COUNT; i++) {
        r->text[i].at = 0;
        r->text[i].n = RECORD_TEXT_MAX;
    }
    assert_true(record_valid(r, r->size));
    record_copy(&builder, r);
    record_text(&builder, TEXT_REASON, bytes_text("short"));
    assert_true(record_valid((struct record *)copy, record_pack(&builder, 7, copy)));
    assert_text((struct record *)copy, TEXT_REASON, "short");
    free(room);
    free(copy);
}

static void a_long_name_is_cut_at_a_characters_end_and_crowds_out_nothing(void **state) {
    uint64_t *room = malloc(ring_record_max());
    char *name = malloc(65536);
    name[0] = 'x';
    for (size_t i = 1; i + 1 < 65536; i += 2)
        memcpy(name + i, "\xc3\xa9", 2);
    record_begin(&builder, RECORD_FINDING);
    for (unsigned i = 0; i < TEXT_COUNT; i++)
        record_text(&builder, (enum record_text)i, bytes_of(name, 65535));
    for (unsigned i = 0; i < 10000; i++)
        record_text_add(&builder, TEXT_RULES, "rule");
    builder.head.digests = RECORD_DIGESTS_MAX;
    memset(builder.digest, 1, sizeof builder.digest);
    const struct record *r = packed(room);
    assert_int_equal(record_text_of(r, TEXT_NAME).n, 1023); /* one and 511 times two: 1,024 would cut */
    for (unsigned i = 0; i < TEXT_COUNT; i++)
        assert_true(record_text_of(r, (enum record_text)i).n >= 31);
    free(name);
    free(room);
}

static void a_list_entry_that_does_not_fit_is_left_out_whole(void **state) {
    uint64_t *room = malloc(ring_record_max());
    char entry[101];
    memset(entry, 'r', 100);
    entry[100] = 0;
    record_begin(&builder, RECORD_TRANSFER);
    for (int i = 0; i < 20; i++)
        record_text_add(&builder, TEXT_RULES, entry);
    const struct record *r = packed(room);
    assert_int_equal(record_text_of(r, TEXT_RULES).n % 101, 100);
    free(room);
}

static void a_record_that_points_outside_itself_is_refused(void **state) {
    uint64_t *room = malloc(ring_record_max());
    record_begin(&builder, RECORD_TRANSFER);
    record_text(&builder, TEXT_NAME, bytes_text("name"));
    size_t n = record_pack(&builder, 1, room);
    struct record *r = (struct record *)room, good = *r;
    assert_false(record_valid(r, n - 1));
    assert_false(record_valid(r, sizeof *r - 1));
    r->text[TEXT_NAME].n = 9; /* texts take 8 bytes with padding */
    assert_false(record_valid(r, n));
    *r = good;
    r->text[TEXT_PATH].at = 0xffff;
    r->text[TEXT_PATH].n = 0xffff;
    assert_false(record_valid(r, n));
    *r = good;
    r->digests = 2;
    assert_false(record_valid(r, n));
    r->digests = UINT16_MAX;
    assert_false(record_valid(r, n));
    *r = good;
    r->kind = RECORD_KINDS;
    assert_false(record_valid(r, n));
    *r = good;
    r->version++;
    assert_false(record_valid(r, n));
    *r = good;
    r->size -= 4;
    assert_false(record_valid(r, n));
    *r = good;
    assert_true(record_valid(r, n));
    free(room);
}

static void a_time_before_1970_or_behind_2116_is_refused(void **state) {
    static const time_ns good[] = {0, 4000000000 * NS_PER_S},
                         bad[] = {-1, INT64_MIN, INT64_MAX, 4700000000 * NS_PER_S};
    uint64_t *room = malloc(ring_record_max());
    record_begin(&builder, RECORD_TRANSFER);
    size_t n = record_pack(&builder, 1, room);
    struct record *r = (struct record *)room;
    time_ns *const times[] = {&r->time, &r->first, &r->last};
    for (size_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
            *times[k] = bad[i];
            assert_false(record_valid(r, n));
        }
        for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
            *times[k] = good[i];
            assert_true(record_valid(r, n));
        }
    }
    free(room);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_and_digests_come_back_as_they_were_put),
        cmocka_unit_test(a_copy_may_be_changed_and_texts_beyond_their_limits_are_cut),
        cmocka_unit_test(a_long_name_is_cut_at_a_characters_end_and_crowds_out_nothing),
        cmocka_unit_test(a_list_entry_that_does_not_fit_is_left_out_whole),
        cmocka_unit_test(a_record_that_points_outside_itself_is_refused),
        cmocka_unit_test(a_time_before_1970_or_behind_2116_is_refused),
    };
    return cmocka_run_group_tests_name("channel/record", tests, NULL, NULL);
}
