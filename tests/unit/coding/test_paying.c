/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "coding/coding.h"

#include <bzlib.h>
#include <lzma.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

/* Decoders whose bytes somebody pays for. What they decode was written by zlib, by liblzma, and by hand.
 */

enum { MIB = 1 << 20 };

static struct sink {
    struct filter filter;
    uint64_t n;
    uint8_t first[16];
    unsigned bounded;
    enum transfer_end how;
} sink;

static void take_data(struct filter *f, const uint8_t *bytes, size_t n) {
    for (size_t i = 0; i < n && sink.n + i < sizeof sink.first; i++)
        sink.first[sink.n + i] = bytes[i];
    sink.n += n;
}

static void take_gap(struct filter *f, uint64_t n) {
}

static void take_bound(struct filter *f) {
    sink.bounded++;
}

static void take_end(struct filter *f, enum transfer_end how) {
    sink.how = how;
}

static const struct filter_ops sink_ops = {
    .data = take_data, .gap = take_gap, .end = take_end, .bounded = take_bound};

/* `n` bytes of one letter, or of noise that does not get smaller, as gzip writes them. */
static size_t pack(uint8_t *out, size_t size, size_t n, bool noise) {
    z_stream z = {.next_out = out, .avail_out = (uInt)size};
    uint8_t *text = malloc(n);
    uint32_t x = 1;
    for (size_t i = 0; i < n; i++) {
        x ^= x << 13, x ^= x >> 17, x ^= x << 5;
        text[i] = noise ? (uint8_t)x : 'a';
    }
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = text;
    z.avail_in = (uInt)n;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    free(text);
    return z.total_out;
}

/* In pieces of `step` bytes, each of which earns as it comes. */
static void decode_as(const char *name, struct allowance *a, const uint8_t *bytes, size_t n, size_t step) {
    const struct codings_options o = {.memory = MIB,
                                      .limits = {.output_max = UINT64_C(1) << 32, .ratio_max = 100000}};
    struct codings *codings = codings_create(&o);
    struct coding_list list = coding_parse(bytes_text(name), CODINGS_MAX, true);
    list.allowance = a;
    sink = (struct sink){.filter = {.ops = &sink_ops}};
    struct filter *f = coding_stack(codings, &list, &sink.filter);
    for (size_t at = 0; at < n; at += step) {
        size_t some = n - at < step ? n - at : step;
        allowance_earn(a, some);
        filter_data(f, bytes + at, some);
    }
    filter_end(f, TRANSFER_DONE);
    codings_destroy(codings);
}

static void decode(struct allowance *a, const uint8_t *bytes, size_t n, size_t step) {
    decode_as("gzip", a, bytes, n, step);
}

static void what_unfolds_to_too_much_is_cut_and_told(void **state) {
    static uint8_t packed[64 << 10];
    struct allowance a;
    size_t n = pack(packed, sizeof packed, 16 * MIB, false);
    uint64_t before = counter_values[COUNTER_CODING_ALLOWANCE];
    allowance_init(&a, 1000);
    decode(&a, packed, n, 1000);
    assert_true(sink.n >= MIB && sink.n <= MIB + 20 * n);
    assert_int_equal(sink.how, TRANSFER_CUT);
    assert_int_equal(sink.bounded, 1);
    assert_int_equal(counter_values[COUNTER_CODING_ALLOWANCE] - before, 1);
}

static void what_is_within_the_allowance_is_decoded_to_its_end(void **state) {
    static uint8_t packed[8 << 10];
    struct allowance a;
    size_t n = pack(packed, sizeof packed, MIB, false);
    allowance_init(&a, 1000);
    decode(&a, packed, n, 1000);
    assert_int_equal(sink.n, MIB);
    assert_int_equal(sink.how, TRANSFER_DONE);
    assert_int_equal(sink.bounded, 0);
}

static void bytes_that_pay_for_themselves_are_never_cut(void **state) {
    static uint8_t packed[9 * MIB];
    struct allowance a;
    size_t n = pack(packed, sizeof packed, 8 * MIB, true);
    allowance_init(&a, 0);
    decode(&a, packed, n, 1448);
    assert_int_equal(sink.n, 8 * MIB);
    assert_int_equal(sink.how, TRANSFER_DONE);
    assert_int_equal(sink.bounded, 0);
}

static void without_an_allowance_a_short_body_stays_as_it_came_and_that_is_told(void **state) {
    static uint8_t packed[8 << 10];
    struct allowance a;
    size_t n = pack(packed, sizeof packed, 1000, false);
    assert_true(n < 512);
    allowance_init(&a, 0);
    decode(&a, packed, n, n);
    assert_int_equal(sink.n, n);
    assert_memory_equal(sink.first, packed, sizeof sink.first);
    assert_int_equal(sink.how, TRANSFER_DONE);
    assert_int_equal(sink.bounded, 1);
    allowance_init(&a, 1000);
    decode(&a, packed, n, n);
    assert_int_equal(sink.n, 1000);
    assert_int_equal(sink.bounded, 0);
}

static void without_an_allowance_a_longer_body_pays_for_its_own_decoding_at_any_split(void **state) {
    static uint8_t packed[40 << 10];
    size_t n = pack(packed, sizeof packed, 30000, true);
    for (size_t step = 1; step < 3000; step = step * 3 + 1) {
        struct allowance a;
        allowance_init(&a, 0);
        decode(&a, packed, n, step);
        assert_int_equal(sink.n, 30000);
        assert_int_equal(sink.how, TRANSFER_DONE);
        assert_int_equal(sink.bounded, 0);
    }
}

/* Broken where it ends: a trial that went so far would have been for nothing. */
static void what_unfolds_on_trial_is_taken_before_it_has_cost_much(void **state) {
    static uint8_t packed[1 << 10];
    struct allowance a;
    size_t n = pack(packed, sizeof packed, 400 << 10, false);
    assert_true(n > 400 && n < 512);
    memset(packed + n - 16, 0xff, 16);
    allowance_init(&a, 1000);
    int64_t before = a.left[ACCOUNT_DECODED];
    decode_as("x-other", &a, packed, n, n);
    assert_true(sink.n > 64 << 10);
    assert_int_equal(sink.first[0], 'a');
    assert_int_equal(sink.how, TRANSFER_CUT);
    assert_true(a.left[ACCOUNT_DECODED] < before);
}

/* A frame's header (RFC 8878 section 3.1.1.1.2): a window of 2^`exponent` bytes, nothing else known. */
static const uint8_t *frame_head(unsigned exponent) {
    static uint8_t head[6] = {0x28, 0xb5, 0x2f, 0xfd};
    head[5] = (uint8_t)((exponent - 10) << 3);
    return head;
}

/* Raw blocks (section 3.1.1.2), `n` times 64 KiB of nothing, the last of which may be the frame's last. */
static void feed_blocks(struct filter *f, unsigned n, bool last) {
    enum { BLOCK = 64 << 10 };
    static uint8_t block[3 + BLOCK];
    for (unsigned i = 0; i < n; i++) {
        uint32_t head = BLOCK << 3 | (last && i + 1 == n);
        memcpy(block, &head, 3);
        filter_data(f, block, sizeof block);
    }
}

static struct filter *begin_zstd(struct codings *codings, struct allowance *a) {
    struct coding_list list = coding_parse(bytes_text("zstd"), CODINGS_MAX, true);
    list.allowance = a;
    return coding_stack(codings, &list, &sink.filter);
}

static struct codings *make_codings(uint64_t memory) {
    const struct codings_options o = {.memory = memory,
                                      .limits = {.output_max = UINT64_C(1) << 32, .ratio_max = 100000}};
    return codings_create(&o);
}

static void a_wide_window_that_little_is_put_into_costs_little(void **state) {
    for (unsigned exponent = 10; exponent <= 27; exponent++) { /* up to what the usual decoders take */
        struct codings *codings = make_codings(2 * MIB);
        sink = (struct sink){.filter = {.ops = &sink_ops}};
        struct filter *f = begin_zstd(codings, NULL);
        filter_data(f, frame_head(exponent), 6);
        filter_data(f, (const uint8_t *)"\x09\0\0a", 4);
        assert_in_range(codings_fill(codings), 1, 250);
        filter_end(f, TRANSFER_DONE);
        assert_int_equal(sink.n, 1);
        assert_int_equal(sink.bounded, 0);
        assert_int_equal(sink.how, TRANSFER_DONE);
        assert_int_equal(codings_fill(codings), 0);
        codings_destroy(codings);
    }
}

static void a_window_wider_than_any_is_not_begun_and_that_is_told(void **state) {
    uint64_t before = counter_values[COUNTER_CODING_HISTORY];
    struct codings *codings = make_codings(1024 * (uint64_t)MIB);
    sink = (struct sink){.filter = {.ops = &sink_ops}};
    struct filter *f = begin_zstd(codings, NULL);
    filter_data(f, frame_head(28), 6);
    feed_blocks(f, 1, true);
    filter_end(f, TRANSFER_DONE);
    assert_int_equal(sink.n, 0);
    assert_int_equal(sink.bounded, 1);
    assert_int_equal(sink.how, TRANSFER_CUT);
    assert_int_equal(counter_values[COUNTER_CODING_HISTORY] - before, 1);
    codings_destroy(codings);
}

static void a_window_fills_no_more_than_a_quarter_of_the_memory_and_that_is_told(void **state) {
    uint64_t before = counter_values[COUNTER_CODING_HISTORY];
    struct codings *codings = make_codings(64 * MIB);
    for (unsigned exponent = 23; exponent <= 25; exponent++) {
        sink = (struct sink){.filter = {.ops = &sink_ops}};
        struct filter *f = begin_zstd(codings, NULL);
        filter_data(f, frame_head(exponent), 6);
        feed_blocks(f, 20 * 16, true); /* 20 MiB */
        assert_in_range(codings_fill(codings), 0, 260);
        filter_end(f, TRANSFER_DONE);
        bool small = exponent == 23; /* 8 MiB, as RFC 9659 has it */
        assert_in_range(sink.n, small ? 20 * MIB : 7 * MIB, small ? 20 * MIB : 16 * MIB);
        assert_int_equal(sink.bounded, !small);
        assert_int_equal(sink.how, small ? TRANSFER_DONE : TRANSFER_CUT);
        assert_int_equal(codings_fill(codings), 0);
    }
    assert_int_equal(counter_values[COUNTER_CODING_HISTORY] - before, 2);
    codings_destroy(codings);
}

static void a_quarter_of_what_windows_fill_is_a_deposit(void **state) {
    struct codings *codings = make_codings(256 * MIB);
    struct allowance a;
    struct filter *f[16];
    allowance_init(&a, 1000);
    int64_t before = a.left[ACCOUNT_AHEAD];
    for (int round = 0; round < 3; round++) {
        sink = (struct sink){.filter = {.ops = &sink_ops}};
        for (int i = 0; i < 16; i++) {
            a.left[ACCOUNT_DECODED] = 64 * MIB;
            f[i] = begin_zstd(codings, &a);
            filter_data(f[i], frame_head(23), 6);
            feed_blocks(f[i], 4 * 16, false); /* 4 MiB */
        }
        assert_true(sink.n <= 4 * (uint64_t)before && sink.n >= 4 * (uint64_t)before / 3);
        assert_true(sink.bounded > 0);
        for (int i = 0; i < 16; i++)
            filter_end(f[i], TRANSFER_DONE);
        assert_int_equal(a.left[ACCOUNT_AHEAD], before);
        assert_int_equal(codings_fill(codings), 0);
    }
    codings_destroy(codings);
}

/* xz of a few octets, whose history may have so many. */
static size_t pack_xz(uint8_t *out, size_t size, uint32_t history) {
    lzma_options_lzma options;
    const lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, NULL}};
    size_t n = 0;
    assert_false(lzma_lzma_preset(&options, 0));
    options.dict_size = history;
    assert_int_equal(lzma_stream_buffer_encode((lzma_filter *)filters, LZMA_CHECK_NONE, NULL,
                                               (const uint8_t *)"x", 1, out, &n, size),
                     LZMA_OK);
    return n;
}

/* What is asked for costs something though nothing is put into it. */
static void streams_that_ask_for_much_and_hold_little_are_decoded_as_far_as_they_are_paid_for(void **state) {
    enum { STREAMS = 2000 };
    static uint8_t packed[STREAMS * 100];
    static const struct {
        uint32_t history;
        unsigned least, most;
    } rows[] = {{64 * MIB, 25, 200}, {4096, 250, 1200}};
    for (size_t i = 0; i < 2; i++) {
        struct allowance a;
        size_t one = pack_xz(packed, sizeof packed, rows[i].history), n = one;
        for (; n < STREAMS * one; n += one)
            memcpy(packed + n, packed, one);
        uint64_t before = counter_values[COUNTER_CODING_ALLOWANCE];
        allowance_init(&a, 1000);
        decode_as("xz", &a, packed, n, 1448);
        assert_in_range(sink.n, rows[i].least, rows[i].most);
        assert_true(sink.bounded == 1 && sink.how == TRANSFER_CUT);
        assert_int_equal(counter_values[COUNTER_CODING_ALLOWANCE] - before, 1);
        allowance_init(&a, 1000);
        decode_as("xz", &a, packed, 10 * one, 1448);
        assert_int_equal(sink.n, 10);
        assert_true(sink.bounded == 0 && sink.how == TRANSFER_DONE);
    }
}

/* bzip2 of noise, or of lines that unfold to some ten times their size. */
static size_t pack_bzip2(uint8_t *out, size_t size, size_t n, bool noise) {
    char *text = malloc(n + 64);
    uint32_t x = 1;
    for (size_t i = 0; i < n;) {
        x ^= x << 13, x ^= x >> 17, x ^= x << 5;
        if (noise)
            text[i++] = (char)x;
        else
            i += (size_t)sprintf(text + i, "May 31 04:%02u:%02u lane%u: no vehicle\n", x % 60, x / 64 % 60,
                                 x / 4096 % 8);
    }
    unsigned packed = (unsigned)size;
    assert_int_equal(BZ2_bzBuffToBuffCompress((char *)out, &packed, text, (unsigned)n, 1, 0, 0), BZ_OK);
    free(text);
    return packed;
}

/* Hosts that have spent all, but for memory. */
static struct allowance spent(int64_t *common) {
    struct allowance a;
    allowance_init(&a, 1000);
    a.left[ACCOUNT_DECODED] = 0;
    a.common = common;
    return a;
}

/* A long body that unfolds to more than its bytes pay for. */
static size_t pack_lines(uint8_t *out, size_t size, size_t n) {
    static const char line[] = "2026-05-31T04:11:58 lane4: no vehicle, exposure 1009 us, gain 13\n";
    char *text = malloc(n + sizeof line);
    uLongf packed = size;
    for (size_t at = 0; at < n; at += sizeof line - 1)
        memcpy(text + at, line, sizeof line);
    assert_int_equal(compress2(out, &packed, (const Bytef *)text, n, 6), Z_OK);
    free(text);
    assert_true(n / packed > 40);
    return packed;
}

static void what_is_long_and_unfolds_much_borrows_a_little(void **state) {
    static uint8_t packed[MIB];
    int64_t common = ALLOWANCE_COMMON;
    size_t n = pack_lines(packed, sizeof packed, 4 * MIB);
    struct allowance a = spent(NULL);
    a.left[ACCOUNT_DECODED] = MIB;
    decode_as("deflate", &a, packed, n, 1448);
    assert_true(sink.bounded == 1 && sink.n < 4 * MIB);
    a = spent(&common);
    a.left[ACCOUNT_DECODED] = MIB;
    decode_as("deflate", &a, packed, n, 1448);
    assert_true(sink.bounded == 0 && sink.n == 4 * MIB && sink.how == TRANSFER_DONE);
    assert_in_range(ALLOWANCE_COMMON - common, MIB, ALLOWANCE_LENT_EASY);
    /* What is short does not: it may be one of many. */
    common = ALLOWANCE_COMMON;
    n = pack_lines(packed, sizeof packed, 200 << 10);
    a = spent(&common);
    a.left[ACCOUNT_DECODED] = 100 << 10;
    decode_as("deflate", &a, packed, n, 1448);
    assert_true(sink.bounded == 1 && common == ALLOWANCE_COMMON);
}

static void what_a_dear_coding_hardly_unfolds_borrows_little(void **state) {
    static uint8_t packed[3 * MIB];
    int64_t common = ALLOWANCE_COMMON;
    struct allowance a = spent(&common);
    size_t n = pack_bzip2(packed, sizeof packed, 2 * MIB, true);
    decode_as("bzip2", &a, packed, n, 1448);
    assert_int_equal(sink.n, 2 * MIB);
    assert_true(sink.bounded == 0 && sink.how == TRANSFER_DONE);
    assert_in_range(ALLOWANCE_COMMON - common, 12 * MIB, 24 * MIB); /* 26 for each, less what it earns */
}

static void what_a_dear_coding_unfolds_is_borrowed_for_as_long_as_there_is_some(void **state) {
    static uint8_t packed[MIB];
    int64_t common = ALLOWANCE_COMMON;
    size_t n = pack_bzip2(packed, sizeof packed, 4 * MIB, false);
    assert_in_range(4 * MIB / n, 5, 20);
    struct allowance a = spent(NULL);
    uint64_t before = counter_values[COUNTER_CODING_ALLOWANCE];
    decode_as("bzip2", &a, packed, n, 1448);
    assert_in_range(sink.n, 32 << 10, 3 * MIB);
    assert_true(sink.bounded == 1 && sink.how == TRANSFER_CUT);
    assert_int_equal(counter_values[COUNTER_CODING_ALLOWANCE] - before, 1);
    a = spent(&common);
    decode_as("bzip2", &a, packed, n, 1448);
    assert_int_equal(sink.n, 4 * MIB);
    assert_true(sink.bounded == 0 && sink.how == TRANSFER_DONE);
    assert_in_range(ALLOWANCE_COMMON - common, 52 * MIB, 72 * MIB); /* 17 for each byte, less what it earns */
    a = spent(&common);
    a.lent = ALLOWANCE_LENT;
    decode_as("bzip2", &a, packed, n, 1448);
    assert_true(sink.bounded == 1 && sink.n < 4 * MIB);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_unfolds_to_too_much_is_cut_and_told),
        cmocka_unit_test(what_is_within_the_allowance_is_decoded_to_its_end),
        cmocka_unit_test(bytes_that_pay_for_themselves_are_never_cut),
        cmocka_unit_test(without_an_allowance_a_short_body_stays_as_it_came_and_that_is_told),
        cmocka_unit_test(without_an_allowance_a_longer_body_pays_for_its_own_decoding_at_any_split),
        cmocka_unit_test(a_wide_window_that_little_is_put_into_costs_little),
        cmocka_unit_test(a_window_wider_than_any_is_not_begun_and_that_is_told),
        cmocka_unit_test(a_window_fills_no_more_than_a_quarter_of_the_memory_and_that_is_told),
        cmocka_unit_test(a_quarter_of_what_windows_fill_is_a_deposit),
        cmocka_unit_test(streams_that_ask_for_much_and_hold_little_are_decoded_as_far_as_they_are_paid_for),
        cmocka_unit_test(what_unfolds_on_trial_is_taken_before_it_has_cost_much),
        cmocka_unit_test(what_is_long_and_unfolds_much_borrows_a_little),
        cmocka_unit_test(what_a_dear_coding_hardly_unfolds_borrows_little),
        cmocka_unit_test(what_a_dear_coding_unfolds_is_borrowed_for_as_long_as_there_is_some),
    };
    return cmocka_run_group_tests_name("coding/paying", tests, NULL, NULL);
}
