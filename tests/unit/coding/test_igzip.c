/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/coding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

/* Long streams of deflate, of which most is unfolded by another library than zlib, which wrote them: the same
 * octets must come however they are cut, and the same be said of their end. */

enum { MOST = 4 << 20 };

struct sink {
    struct filter filter;
    uint8_t *bytes;
    size_t n;
    enum transfer_end how;
};

static void take_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct sink *s = (struct sink *)f;
    assert_true(n <= MOST - s->n);
    memcpy(s->bytes + s->n, bytes, n);
    s->n += n;
}

static void take_end(struct filter *f, enum transfer_end how) {
    ((struct sink *)f)->how = how;
}

static const struct filter_ops sink_ops = {.data = take_data, .end = take_end};
static struct sink sink;
static uint8_t *text, *packed;
static size_t text_n, packed_n;
static unsigned fill; /* the most of the memory that was in use */

static uint32_t draw(uint32_t *seed) {
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* Rows of words and numbers, with stretches of noise and of one letter. */
static void write_text(uint32_t seed, size_t n) {
    static const char *const words[] = {"lane-04,", "2026-05-31T04:11:58Z,", "north,", "gate,", "truck,"};
    text_n = 0;
    while (text_n < n) {
        uint32_t kind = draw(&seed) % 2000;
        size_t take = kind == 0 ? 5000 : kind == 1 ? 3000 : strlen(words[kind % 5]);
        take = take < n - text_n ? take : n - text_n;
        for (size_t i = 0; i < take; i++)
            text[text_n + i] = kind == 0   ? (uint8_t)draw(&seed)
                               : kind == 1 ? 'a'
                                           : (uint8_t)words[kind % 5][i];
        text_n += take;
        for (size_t i = 0; i < 1 && text_n < n; i++)
            text[text_n++] = (uint8_t)('0' + draw(&seed) % 10);
    }
}

struct shape {
    int bits, level, strategy, memory;
    unsigned flush_each; /* octets; 0: never */
};

static void pack(const struct shape *s) {
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, s->level, Z_DEFLATED, s->bits, s->memory, s->strategy), Z_OK);
    size_t at = packed_n;
    z.next_out = packed + at;
    z.avail_out = (unsigned)(MOST - at);
    for (size_t done = 0; done < text_n;) {
        size_t take = s->flush_each && s->flush_each < text_n - done ? s->flush_each : text_n - done;
        z.next_in = text + done;
        z.avail_in = (unsigned)take;
        done += take;
        int flush = done == text_n ? Z_FINISH : done / s->flush_each % 2 ? Z_SYNC_FLUSH : Z_PARTIAL_FLUSH;
        int result = deflate(&z, flush);
        assert_true(result == Z_OK || result == Z_STREAM_END);
    }
    packed_n = at + z.total_out;
    deflateEnd(&z);
}

/* In steps of up to `most`; returns the octets that were at hand behind the end of a stream that ends once.
 */
static void unpack(const struct coding_list *list, uint64_t memory, size_t most, uint32_t seed) {
    struct codings_options options = {.memory = memory, .limits = {.output_max = MOST, .ratio_max = 10000}};
    struct codings *c = codings_create(&options);
    sink.n = 0;
    fill = 0;
    struct filter *f = coding_stack(c, list, &sink.filter);
    assert_ptr_not_equal(f, &sink.filter);
    for (size_t at = 0, take; at < packed_n; at += take) {
        take = 1 + draw(&seed) % most;
        take = take < packed_n - at ? take : packed_n - at;
        uint8_t *copy = malloc(take); /* of its own, so that a sanitizer sees every step too far */
        memcpy(copy, packed + at, take);
        filter_data(f, copy, take);
        free(copy);
        fill = codings_fill(c) > fill ? codings_fill(c) : fill;
    }
    filter_end(f, TRANSFER_DONE);
    codings_destroy(c);
}

static const struct coding_list *list_of(int bits) {
    static struct coding_list list;
    list = bits < 0 ? coding_bare() : coding_parse(bytes_text(bits > 15 ? "gzip" : "deflate"), 1, false);
    return &list;
}

static void expect_text(const struct shape *s, uint64_t memory) {
    static const size_t steps[] = {MOST, 7, 100, 1460, 20000};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        unpack(list_of(s->bits), memory, steps[i], (uint32_t)i + 1);
        assert_int_equal(sink.n, text_n);
        assert_memory_equal(sink.bytes, text, text_n);
        assert_int_equal(sink.how, TRANSFER_DONE);
    }
}

static const struct shape shapes[] = {{31, 6, Z_DEFAULT_STRATEGY, 8, 0},
                                      {31, 1, Z_DEFAULT_STRATEGY, 1, 0},
                                      {31, 9, Z_FIXED, 9, 0},
                                      {31, 6, Z_HUFFMAN_ONLY, 8, 0},
                                      {31, 6, Z_RLE, 8, 5000},
                                      {25, 6, Z_DEFAULT_STRATEGY, 8, 0},
                                      {15, 6, Z_DEFAULT_STRATEGY, 8, 0},
                                      {15, 9, Z_FILTERED, 9, 777},
                                      {-15, 6, Z_DEFAULT_STRATEGY, 8, 0},
                                      {-15, 2, Z_DEFAULT_STRATEGY, 8, 1},
                                      {-9, 6, Z_DEFAULT_STRATEGY, 8, 301}};

static void long_streams_of_any_shape_unfold_to_what_they_were(void **state) {
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        write_text((uint32_t)i + 7, shapes[i].flush_each == 1 ? 20000 : 700000 + i);
        packed_n = 0;
        pack(&shapes[i]);
        expect_text(&shapes[i], 1 << 20);
        expect_text(&shapes[i], 100 << 10); /* too little for the second way */
    }
}

static void members_behind_one_another_do_too(void **state) {
    static const struct shape gzip = {31, 6, Z_DEFAULT_STRATEGY, 8, 0};
    write_text(3, 400000);
    packed_n = 0;
    pack(&gzip);
    pack(&gzip);
    memmove(text + text_n, text, text_n);
    text_n *= 2;
    expect_text(&gzip, 1 << 20);
}

/* zlib's state is some 40 KB, the other's 87. */
static void short_streams_and_what_hardly_unfolds_stay_with_zlib(void **state) {
    enum { BOTH = 70 };
    unsigned given_over = 0;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (size_t n = 1; n < 20000; n = n * 6 + 1) {
            write_text((uint32_t)n, n);
            packed_n = 0;
            pack(&shapes[i]);
            expect_text(&shapes[i], 1 << 20);
            assert_true(fill < BOTH);
        }
        if (shapes[i].flush_each == 1)
            continue;
        write_text(1, 900000);
        packed_n = 0;
        pack(&shapes[i]);
        expect_text(&shapes[i], 1 << 20);
        if (text_n / packed_n >= 3 && packed_n > 60000) {
            assert_true(fill > BOTH);
            given_over++;
        }
        uint32_t seed = 1;
        for (size_t at = 0; at < text_n; at++)
            text[at] = (uint8_t)draw(&seed);
        packed_n = 0;
        pack(&shapes[i]);
        expect_text(&shapes[i], 1 << 20);
        assert_true(fill < BOTH);
    }
    assert_true(given_over >= 4);
}

/* Of each wrapper, an octet of its end. */
static void a_wrong_checksum_is_no_good_end(void **state) {
    static const struct {
        struct shape shape;
        size_t before; /* the end */
    } wrong[] = {{{31, 6, Z_DEFAULT_STRATEGY, 8, 0}, 8},
                 {{31, 6, Z_DEFAULT_STRATEGY, 8, 0}, 1},
                 {{15, 6, Z_DEFAULT_STRATEGY, 8, 0}, 4}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_text(5, 500000);
        packed_n = 0;
        pack(&wrong[i].shape);
        packed[packed_n - wrong[i].before] ^= 0x40;
        for (size_t most = 50; most < 5000; most *= 3) {
            unpack(list_of(wrong[i].shape.bits), 1 << 20, most, 1);
            assert_int_equal(sink.n, text_n);
            assert_memory_equal(sink.bytes, text, text_n);
            assert_int_equal(sink.how, TRANSFER_CUT);
        }
    }
}

static void a_stream_that_is_cut_gives_what_came_of_it(void **state) {
    static const struct shape gzip = {31, 6, Z_DEFAULT_STRATEGY, 8, 0};
    write_text(9, 500000);
    packed_n = 0;
    pack(&gzip);
    size_t whole = packed_n;
    for (size_t cut = 1; cut < whole / 2; cut = cut * 5 / 2) {
        packed_n = whole - cut;
        unpack(list_of(31), 100 << 10, 1460, 1);
        size_t n = sink.n;
        unpack(list_of(31), 1 << 20, 1460, 1);
        assert_in_range(sink.n, n, n);
        assert_memory_equal(sink.bytes, text, sink.n);
        assert_int_equal(sink.how, TRANSFER_CUT);
    }
}

/* What is behind the end is counted by whoever feeds one stream. */
static void nothing_behind_the_end_is_taken(void **state) {
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const struct shape *s = &shapes[i];
        if (s->bits > 15 || s->flush_each == 1)
            continue;
        write_text((uint32_t)i + 40, 300000);
        packed_n = 0;
        pack(s);
        size_t whole = packed_n;
        memset(packed + whole, 0x55, 40);
        for (size_t step = 1; step < 3000; step = step * 3 + 1) {
            struct codings_options options = {.memory = 1 << 20,
                                              .limits = {.output_max = MOST, .ratio_max = 10000}};
            struct codings *c = codings_create(&options);
            sink.n = 0;
            struct filter *f = coding_begin(c, list_of(s->bits), &sink.filter);
            size_t taken = 0;
            for (size_t at = 0; at < whole + 40; at += step) {
                size_t n = step < whole + 40 - at ? step : whole + 40 - at;
                taken += coding_feed(f, packed + at, n);
            }
            assert_int_equal(taken, whole);
            assert_int_equal(sink.n, text_n);
            assert_int_equal(coding_progress(f), CODING_AT_END);
            filter_end(f, TRANSFER_DONE);
            codings_destroy(c);
        }
    }
}

/* However it is damaged, both give the same. */
static void damage_is_found_where_zlib_finds_it(void **state) {
    static const struct shape gzip = {31, 6, Z_DEFAULT_STRATEGY, 8, 0};
    uint8_t *other = malloc(MOST);
    uint32_t seed = 11;
    write_text(13, 300000);
    packed_n = 0;
    pack(&gzip);
    for (unsigned i = 0; i < 300; i++) {
        size_t at = packed_n / 3 + draw(&seed) % (packed_n / 2);
        uint8_t was = packed[at];
        packed[at] = (uint8_t)draw(&seed);
        unpack(list_of(31), 100 << 10, 1460, 1);
        size_t n = sink.n;
        enum transfer_end how = sink.how;
        memcpy(other, sink.bytes, n);
        unpack(list_of(31), 1 << 20, 1460, 1);
        assert_int_equal(sink.n, n);
        assert_memory_equal(sink.bytes, other, n);
        assert_int_equal(sink.how, how);
        packed[at] = was;
    }
    free(other);
}

static int set_up(void **state) {
    sink.filter.ops = &sink_ops;
    sink.bytes = malloc(MOST);
    text = malloc(MOST);
    packed = malloc(MOST);
    return !sink.bytes || !text || !packed;
}

static int tear_down(void **state) {
    free(sink.bytes);
    free(text);
    free(packed);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_streams_of_any_shape_unfold_to_what_they_were),
        cmocka_unit_test(short_streams_and_what_hardly_unfolds_stay_with_zlib),
        cmocka_unit_test(members_behind_one_another_do_too),
        cmocka_unit_test(a_wrong_checksum_is_no_good_end),
        cmocka_unit_test(a_stream_that_is_cut_gives_what_came_of_it),
        cmocka_unit_test(nothing_behind_the_end_is_taken),
        cmocka_unit_test(damage_is_found_where_zlib_finds_it),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
