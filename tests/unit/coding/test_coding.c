/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "coding/coding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

/* Decoders before a filter that is nobody's object. What they decode was written by zlib, and by hand. */

struct sink {
    struct filter filter;
    char bytes[256];
    size_t n;
    uint64_t gaps;
    unsigned ended;
    enum transfer_end how;
};

static struct sink *sink_of(struct filter *f) {
    return (struct sink *)f;
}

static void take_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct sink *s = sink_of(f);
    assert_true(n > 0 && n <= sizeof s->bytes - s->n);
    memcpy(s->bytes + s->n, bytes, n);
    s->n += n;
}

static void take_gap(struct filter *f, uint64_t n) {
    sink_of(f)->gaps += n;
}

static void take_end(struct filter *f, enum transfer_end how) {
    sink_of(f)->ended++;
    sink_of(f)->how = how;
}

static const struct filter_ops sink_ops = {.data = take_data, .gap = take_gap, .end = take_end};
static struct sink sink;
static struct codings *codings;

static struct filter *begin_with(const struct codings_options *options, const char *names, bool guess) {
    sink = (struct sink){.filter = {.ops = &sink_ops}};
    struct codings_options o = *options;
    o.memory = o.memory ? o.memory : 1 << 20;
    o.limits.output_max = 1 << 20;
    o.limits.ratio_max = 200;
    codings = codings_create(&o);
    assert_non_null(codings);
    struct coding_list list = coding_parse(bytes_text(names), CODINGS_MAX, guess);
    return coding_stack(codings, &list, &sink.filter);
}

static struct filter *begin(const char *names) {
    return begin_with(&(struct codings_options){0}, names, false);
}

static bool holds(const char *text) {
    return sink.n == strlen(text) && memcmp(sink.bytes, text, sink.n) == 0;
}

static size_t compress_text(const char *text, int window_bits, uint8_t *out, size_t size) {
    z_stream z = {.next_in = (Bytef *)text,
                  .avail_in = (unsigned)strlen(text),
                  .next_out = out,
                  .avail_out = (unsigned)size};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t n = z.total_out;
    deflateEnd(&z);
    return n;
}

static void gzip_before_any_filter_is_undone_at_every_split(void **state) {
    uint8_t packed[128];
    size_t n = compress_text("226 Transfer complete.", 16 + 15, packed, sizeof packed);
    for (size_t split = 1; split < n; split++) {
        struct filter *f = begin("gzip");
        filter_data(f, packed, split);
        filter_data(f, packed + split, n - split);
        assert_int_equal(sink.ended, 0);
        filter_end(f, TRANSFER_DONE);
        assert_true(holds("226 Transfer complete."));
        assert_int_equal(sink.ended, 1);
        assert_int_equal(sink.how, TRANSFER_DONE);
        assert_int_equal(codings_fill(codings), 0);
        codings_destroy(codings);
    }
}

static void a_gzip_body_without_its_end_is_cut(void **state) {
    uint8_t packed[128];
    size_t n = compress_text("226 Transfer complete.", 16 + 15, packed, sizeof packed);
    uint64_t before = counter_values[COUNTER_CODING_UNFINISHED];
    struct filter *f = begin("gzip");
    filter_data(f, packed, n - 1);
    filter_end(f, TRANSFER_DONE);
    assert_int_equal(sink.how, TRANSFER_CUT);
    assert_int_equal(counter_values[COUNTER_CODING_UNFINISHED] - before, 1);
    codings_destroy(codings);
}

static void what_was_applied_last_is_undone_first(void **state) {
    uint8_t packed[128];
    size_t n = compress_text("cGxhdGU=", 16 + 15, packed, sizeof packed);
    struct filter *f = begin("base64, gzip");
    filter_data(f, packed, n);
    filter_end(f, TRANSFER_DONE);
    assert_true(holds("plate"));
    codings_destroy(codings);
    f = begin("gzip, base64"); /* the other way round it is nothing */
    filter_data(f, packed, n);
    filter_end(f, TRANSFER_DONE);
    assert_false(holds("plate"));
    codings_destroy(codings);
}

/* A stored block of 20 octets and an empty one, as a flush leaves it (RFC 1951 section 3.2.4); then without
 * the latter. */
static void deflate_that_is_flushed_and_never_ends_is_undone(void **state) {
    static const uint8_t flushed[] = "\0\x14\0\xeb\xff"
                                     "Hello, /, http: true\0\0\0\xff\xff";
    for (int whole = 0; whole < 2; whole++) {
        struct filter *f = begin_with(&(struct codings_options){0}, "DeFlate", true);
        size_t n = sizeof flushed - 1 - (whole ? 0 : 5);
        filter_data(f, flushed, n);
        filter_end(f, TRANSFER_DONE);
        assert_int_equal(sink.n, whole ? 20 : n);
        assert_memory_equal(sink.bytes, whole ? "Hello, /, http: true" : (const char *)flushed, sink.n);
        codings_destroy(codings);
    }
}

static void without_guessing_a_false_name_keeps_the_bytes(void **state) {
    uint8_t packed[128];
    size_t n = compress_text("plate", 15, packed, sizeof packed);
    for (int guess = 0; guess < 2; guess++) {
        struct filter *f = begin_with(&(struct codings_options){0}, "gzip", guess);
        filter_data(f, packed, n);
        filter_end(f, TRANSFER_DONE);
        assert_int_equal(sink.how, TRANSFER_DONE);
        if (guess)
            assert_true(holds("plate"));
        else
            assert_true(sink.n == n && memcmp(sink.bytes, packed, n) == 0);
        codings_destroy(codings);
    }
}

static void names_that_change_nothing_put_nothing_in_between(void **state) {
    assert_ptr_equal(begin("identity, 7bit, 8BIT, binary,,"), &sink.filter);
    codings_destroy(codings);
    struct filter *f = begin("X-GZIP");
    assert_ptr_not_equal(f, &sink.filter);
    filter_peel(f);
    codings_destroy(codings);
}

static void a_stack_that_was_not_used_can_be_peeled_off(void **state) {
    struct filter *f = begin("base64, gzip, deflate");
    assert_ptr_not_equal(f, &sink.filter);
    assert_ptr_equal(filter_peel(f), &sink.filter);
    assert_int_equal(sink.ended, 0);
    codings_destroy(codings);
}

static void decoders_share_one_bound_of_memory(void **state) {
    const struct coding_list one = coding_parse(bytes_text("gzip"), CODINGS_MAX, false);
    uint64_t before = counter_values[COUNTER_CODING_MEMORY];
    struct filter *f = begin_with(&(struct codings_options){.memory = 32 << 10}, "gzip", false);
    assert_ptr_not_equal(f, &sink.filter);
    assert_true(codings_fill(codings) > 0);
    unsigned stacked = 1;
    for (; counter_values[COUNTER_CODING_MEMORY] == before; stacked++) {
        assert_true(stacked < 1000);
        f = coding_stack(codings, &one, f);
    }
    assert_true(stacked > 1);
    assert_in_range(codings_fill(codings), 500, 1000);
    assert_ptr_equal(filter_peel(f), &sink.filter);
    assert_int_equal(codings_fill(codings), 0);
    codings_destroy(codings);
}

static void more_decoders_than_there_may_be_are_counted(void **state) {
    const struct coding_list two = coding_parse(bytes_text("base64, base64"), CODINGS_MAX, false);
    uint64_t before = counter_values[COUNTER_CODING_MEMORY];
    struct filter *f = begin_with(&(struct codings_options){.decoders = 2}, "base64", false);
    assert_ptr_equal(coding_stack(codings, &two, &sink.filter), &sink.filter);
    assert_int_equal(counter_values[COUNTER_CODING_MEMORY] - before, 1);
    filter_peel(f);
    f = coding_stack(codings, &two, &sink.filter); /* what the failed stack had taken is there again */
    assert_ptr_not_equal(f, &sink.filter);
    filter_peel(f);
    codings_destroy(codings);
}

static void decoders_that_run_too_deep_in_one_another_are_cut(void **state) {
    static const char names[] = "quoted-printable, quoted-printable, quoted-printable, quoted-printable";
    const struct coding_list four = coding_parse(bytes_text(names), CODINGS_MAX, false);
    uint64_t before = counter_values[COUNTER_CODING_MEMORY];
    for (unsigned fours = 1; fours <= 64; fours += 63) {
        struct filter *f = begin(names);
        for (unsigned i = 1; i < fours; i++)
            f = coding_stack(codings, &four, f);
        char text[512 + 1] = "plate"; /* the deep ones: so long that nothing waits for more */
        if (fours > 1)
            memset(text, 'p', sizeof text - 1);
        filter_data(f, (const uint8_t *)text, strlen(text));
        filter_end(f, TRANSFER_DONE);
        if (fours == 1)
            assert_true(holds(text) && sink.how == TRANSFER_DONE);
        else
            assert_true(sink.n == 0 && sink.how == TRANSFER_CUT);
        codings_destroy(codings);
    }
    assert_int_equal(counter_values[COUNTER_CODING_MEMORY] - before, 1);
}

static void behind_a_gap_base64_goes_on_at_the_next_line(void **state) {
    struct filter *f = begin("base64");
    filter_data(f, (const uint8_t *)"cGxhdGU=\r\nlost", 14);
    filter_gap(f, 8);
    filter_data(f, (const uint8_t *)"XXX\r\ncGxhdGU=", 13);
    filter_end(f, TRANSFER_DONE);
    assert_int_equal(sink.gaps, 6); /* three bytes of four */
    assert_int_equal(sink.n, strlen("plate") + 3 + strlen("plate"));
    assert_memory_equal(sink.bytes + 8, "plate", 5);
    codings_destroy(codings);
}

static void expect_decoded(const char *name, const char *body, size_t step, const char *expected, size_t n) {
    struct filter *f = begin(name);
    size_t all = strlen(body);
    for (size_t at = 0; at < all; at += step)
        filter_data(f, (const uint8_t *)body + at, all - at < step ? all - at : step);
    filter_end(f, TRANSFER_DONE);
    if (sink.n != n || memcmp(sink.bytes, expected, n) != 0 || sink.how != TRANSFER_DONE)
        fail_msg("%s by %zu: %.*s", body, step, (int)sink.n, sink.bytes);
    codings_destroy(codings);
}

/* As atftp and tftp-hpa write them: RFC 764 by way of RFC 1350. */
static void netascii_has_a_sign_behind_each_carriage_return(void **state) {
    static const char body[] = "a\r\nb\r\0\r\n\r\0", text[] = "a\nb\r\n\r";
    for (size_t step = 1; step <= sizeof body - 1; step++) {
        struct filter *f = begin("netascii");
        for (size_t at = 0; at < sizeof body - 1; at += step)
            filter_data(f, (const uint8_t *)body + at,
                        sizeof body - 1 - at < step ? sizeof body - 1 - at : step);
        filter_end(f, TRANSFER_DONE);
        assert_int_equal(sink.n, sizeof text - 1);
        assert_memory_equal(sink.bytes, text, sizeof text - 1);
        codings_destroy(codings);
    }
}

static void what_is_not_in_netascii_stays_as_it_is(void **state) {
    expect_decoded("netascii", "a\nb\rc", 2, "a\nb\rc", 5);
    expect_decoded("netascii", "a\r\nb\r", 2, "a\nb\r", 4);
}

/* Written by Python's binascii and by the letter of the description of yEnc. */
static void uuencode_is_what_stands_between_its_lines(void **state) {
    static const char *const bodies[] = {
        "begin 644 a.txt\r\n+<&QA=&4L;&%N90H`\r\n`\r\nend\r\n",
        "to you:\r\n\r\nbegin 644 a.txt\n+<&QA=&4L;&%N90H \n \nend\n",
        "begin 644 a.txt\n\n+<&QA=&4L;&%N90H\n\nlower case is no line of it\nend",
        "begin 0644 a.txt\n#<&QA\n(=&4L;&%N90Hxx\n`\nend\n",
        "begin reading\n#<&QA\nend\nbegin 644 a.txt\n+<&QA=&4L;&%N90H`\n`\nend\n",
    };
    for (size_t b = 0; b < sizeof bodies / sizeof *bodies; b++)
        for (size_t step = 1; step <= 64; step++)
            expect_decoded("x-uuencode", bodies[b], step, "plate,lane\n", 11);
}

static void yenc_is_what_stands_between_its_lines(void **state) {
    /* "a", 0, "=", CR, LF, 214 (which becomes NUL), 19 (which becomes "=") */
    static const char body[] = "hi\r\n=ybegin line=128 size=7 name=a b.txt\r\n=ypart begin=1 end=7\r\n"
                               "\x8b*g\r\n74=@=}\r\n=yend size=7\r\n";
    static const char late[] =
        "=yend\r\n=yet\r\nabc\r\n=ybegin line=128 size=1 name=a\r\n\x8b\r\n=yend size=1\r\n";
    for (size_t step = 1; step <= 64; step++) {
        expect_decoded("yenc", body, step, "a\0=\r\n\xd6\x13", 7);
        expect_decoded("yenc", late, step, "a", 1);
    }
}

static void a_text_without_a_line_that_begins_a_file_is_itself(void **state) {
    static const char text[] = "we begin 644 times\r\n";
    expect_decoded("x-uuencode", text, 5, text, sizeof text - 1);
    expect_decoded("yenc", text, 5, text, sizeof text - 1);
}

static void a_gap_of_one_octet_in_base64_is_missing_too(void **state) {
    struct filter *f = begin("base64");
    filter_data(f, (const uint8_t *)"QUJD\r\nQUJDQUJD", 14);
    filter_gap(f, 1);
    filter_data(f, (const uint8_t *)"JD\r\nREVG\r\n", 10);
    filter_end(f, TRANSFER_DONE);
    assert_int_equal(sink.gaps, 1);
    assert_true(holds("ABCABCABCDEF"));
    codings_destroy(codings);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uuencode_is_what_stands_between_its_lines),
        cmocka_unit_test(yenc_is_what_stands_between_its_lines),
        cmocka_unit_test(a_text_without_a_line_that_begins_a_file_is_itself),
        cmocka_unit_test(a_gap_of_one_octet_in_base64_is_missing_too),
        cmocka_unit_test(gzip_before_any_filter_is_undone_at_every_split),
        cmocka_unit_test(a_gzip_body_without_its_end_is_cut),
        cmocka_unit_test(what_was_applied_last_is_undone_first),
        cmocka_unit_test(deflate_that_is_flushed_and_never_ends_is_undone),
        cmocka_unit_test(without_guessing_a_false_name_keeps_the_bytes),
        cmocka_unit_test(names_that_change_nothing_put_nothing_in_between),
        cmocka_unit_test(a_stack_that_was_not_used_can_be_peeled_off),
        cmocka_unit_test(decoders_share_one_bound_of_memory),
        cmocka_unit_test(more_decoders_than_there_may_be_are_counted),
        cmocka_unit_test(decoders_that_run_too_deep_in_one_another_are_cut),
        cmocka_unit_test(netascii_has_a_sign_behind_each_carriage_return),
        cmocka_unit_test(what_is_not_in_netascii_stays_as_it_is),
        cmocka_unit_test(behind_a_gap_base64_goes_on_at_the_next_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
