/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <zlib.h>

static const char rules[] = "identifiers:\n  - {id: mark, pattern: 'JVC V1'}\n"
                            "rules:\n  - id: r\n    scopes: [metadata]\n    all: [mark]\n" RULE_TAIL;

static void a_mark_is_found_in_metadata_and_behind_the_end_but_not_in_pixels(void **state) {
    static const char exif[] = "\xff\xd8\xff\xe1\0\x0fExif..JVC V1.\xff\xda\0\2pix\xff\xd9";
    static const char pixels[] = "\xff\xd8\xff\xe1\0\x09"
                                 "Exif:::\xff\xda\0\2pixJVC V1.els\xff\xd9";
    static const char behind[] = "\xff\xd8\xff\xda\0\2pix\xff\xd9JVC V1.";
    struct bench b;
    bench_open(&b, rules, 8 << 20);
    for (size_t split = 0; split < sizeof exif; split++) {
        bench_run(&b, &jpeg_type, exif, sizeof exif - 1, split);
        assert_int_equal(b.found[0], 1);
        bench_run(&b, &jpeg_type, behind, sizeof behind - 1, split);
        assert_int_equal(b.found[0], 1);
        bench_run(&b, &jpeg_type, pixels, sizeof pixels - 1, split);
        assert_int_equal(b.found[0], 0);
    }
    bench_close(&b);
}

static void two_segments_are_not_one_text(void **state) {
    static const char jpeg[] = "\xff\xd8\xff\xfe\0\5JVC\xff\xfe\0\5 V1\xff\xd9";
    struct bench b;
    bench_open(&b, rules, 8 << 20);
    bench_run(&b, &jpeg_type, jpeg, sizeof jpeg - 1, 0);
    assert_int_equal(b.found[0], 0);
    bench_close(&b);
}

static size_t put_chunk(uint8_t *out, const char *type, const void *data, size_t n) {
    uint8_t head[8] = {0, 0, (uint8_t)(n >> 8), (uint8_t)n};
    memcpy(head + 4, type, 4);
    memcpy(out, head, 8);
    memcpy(out + 8, data, n);
    memset(out + 8 + n, 0, 4);
    return n + 12;
}

static void compressed_png_text_is_matched_at_every_split(void **state) {
    static const struct file_type png_type = {"image/png", "PNG image", KIND_IMAGE};
    static const char text[] = "a long comment, a long comment, a long comment, JVC V1.0";
    uint8_t png[512], data[256];
    struct bench b;
    bench_open(&b, rules, 8 << 20);
    for (int international = 0; international < 2; international++) {
        uLongf packed = 200;
        size_t head = international ? 8 : 5, n;
        memcpy(data, international ? "key\0\1\0\0\0" : "key\0\0", head);
        assert_int_equal(compress(data + head, &packed, (const Bytef *)text, sizeof text - 1), Z_OK);
        memcpy(png, "\x89PNG\r\n\x1a\n", 8);
        n = 8 + put_chunk(png + 8, "IHDR", "0123456789abc", 13);
        n += put_chunk(png + n, international ? "iTXt" : "zTXt", data, head + packed);
        n += put_chunk(png + n, "IEND", "", 0);
        for (size_t split = 0; split < n; split++) {
            bench_run(&b, &png_type, png, n, split);
            assert_int_equal(b.found[0], 1);
        }
    }
    bench_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mark_is_found_in_metadata_and_behind_the_end_but_not_in_pixels),
        cmocka_unit_test(two_segments_are_not_one_text),
        cmocka_unit_test(compressed_png_text_is_matched_at_every_split),
    };
    return cmocka_run_group_tests_name("inspect/images", tests, NULL, NULL);
}
