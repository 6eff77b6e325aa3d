/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/image.h"
#include "support.h"

#include <zlib.h>

/* What a walk in pieces of `piece` bytes calls metadata, with '|' for each break; trailers behind '#'. */
static size_t walk(const char *mime, const uint8_t *bytes, size_t n, size_t split, char *out, size_t size) {
    struct image i;
    size_t at = 0;
    bool trailer = false;
    image_init(&i, mime);
    for (size_t done = 0; done < n;) {
        size_t end = done < split && split < n ? split : n;
        struct image_piece p;
        size_t took = image_step(&i, bytes_of(bytes + done, end - done), &p);
        assert_true(took <= end - done);
        done += took;
        if (p.part == IMAGE_TRAILER && !trailer && at < size)
            out[at++] = '#';
        trailer |= p.part == IMAGE_TRAILER;
        for (size_t k = 0; p.part != IMAGE_PIXELS && p.part != IMAGE_BREAK && k < p.bytes.n && at < size; k++)
            out[at++] = (char)p.bytes.p[k];
        if (p.part == IMAGE_BREAK && at < size)
            out[at++] = '|';
    }
    return at;
}

static void assert_walk(const char *mime, const char *bytes, size_t n, const char *expected) {
    char out[512];
    for (size_t split = 0; split < n; split++) {
        size_t got = walk(mime, (const uint8_t *)bytes, n, split, out, sizeof out);
        assert_int_equal(got, strlen(expected));
        assert_memory_equal(out, expected, got);
    }
}

#define S(text) text, sizeof text - 1

static void a_jpegs_segments_are_metadata_and_its_scans_are_not_at_every_split(void **state) {
    assert_walk("image/jpeg",
                S("\xff\xd8\xff\xe1\0\x08"
                  "Exif:A\xff\xff\xfe\0\x05one\xff\xdb\0\x06tabl\xff\xda\0\x05hdr"
                  "pix\xff\0els\xff\xd3more\xff\xfe\0\x05two\xff\xda\0\x03h"
                  "pix\xff\xd9"
                  "behind"),
                "Exif:A|one|two|#behind");
}

static void a_second_jpeg_behind_the_first_is_walked_like_it(void **state) {
    assert_walk("image/jpeg",
                S("\xff\xd8\xff\xda\0\x03hpix\xff\xd9\xff\xd8\xff\xfe\0\x04"
                  "ab\xff\xda\0\x03hpix\xff\xd9xyz"),
                "ab|#xyz");
}

static void what_breaks_the_form_is_matched_rather_than_skipped(void **state) {
    assert_walk("image/jpeg", S("\xff\xd8\xff\xe0\0\x01rest of it"), "rest of it");
    assert_walk("image/png",
                S("\x89PNG\r\n\x1a\n\xff\0\0\0"
                  "IHDRall of it"),
                "all of it");
}

static void a_pngs_chunks_hold_their_text_at_every_split(void **state) {
    static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\x04IHDRhead\1\2\3\4\0\0\0\x07tEXtkey=one\1\2\3\4"
                              "\0\0\0\5IDATpixel\1\2\3\4\0\0\0\0IEND\1\2\3\4behind";
    assert_walk("image/png", png, sizeof png - 1, "head|key=one|#behind");
}

static void a_gifs_comment_goes_on_over_its_sub_blocks(void **state) {
    static const char gif[] =
        "GIF89a\1\0\1\0\x80\0\0RGBRGB!\xf9\4abcd\0!\xfe\3com\4ment\0,\0\0\0\0\1\0\1\0\0\2\3pix\0;behind";
    char out[128];
    for (size_t split = 0; split < sizeof gif - 1; split++) {
        size_t n = walk("image/gif", (const uint8_t *)gif, sizeof gif - 1, split, out, sizeof out);
        out[n] = 0;
        assert_non_null(strstr(out, "comment|"));
        assert_non_null(strstr(out, "#behind"));
        assert_null(strstr(out, "pix"));
        assert_null(strstr(out, "abcd"));
    }
}

static void a_webps_chunks_and_what_is_behind_them_are_told_apart(void **state) {
    assert_walk("image/webp", S("RIFF\x1e\0\0\0WEBPVP8 \3\0\0\0pix\0EXIF\6\0\0\0exif!!behind"),
                "exif!!|#behind");
}

static void a_bmps_pixels_are_stepped_over_by_its_header(void **state) {
    assert_walk("image/bmp", S("BM\x17\0\0\0\0\0\0\0\x12\0\0\0headpixelbehind"), "head|#behind");
}

static void a_gap_inside_a_known_length_is_stepped_over(void **state) {
    static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\x04IHDRhead\1\2\3\4\0\0\0\x08IDATpi";
    static const char rest[] = "ls\1\2\3\4\0\0\0\3tEXtabc";
    struct image i;
    struct image_piece p;
    image_init(&i, "image/png");
    for (size_t done = 0; done < sizeof png - 1;)
        done += image_step(&i, bytes_of(png + done, sizeof png - 1 - done), &p);
    image_skip(&i, 4);
    char out[16];
    size_t at = 0;
    for (size_t done = 0; done < sizeof rest - 1;) {
        done += image_step(&i, bytes_of(rest + done, sizeof rest - 1 - done), &p);
        for (size_t k = 0; p.part == IMAGE_METADATA && k < p.bytes.n; k++)
            out[at++] = (char)p.bytes.p[k];
    }
    assert_int_equal(at, 3);
    assert_memory_equal(out, "abc", 3);
}

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
        cmocka_unit_test(a_jpegs_segments_are_metadata_and_its_scans_are_not_at_every_split),
        cmocka_unit_test(a_second_jpeg_behind_the_first_is_walked_like_it),
        cmocka_unit_test(what_breaks_the_form_is_matched_rather_than_skipped),
        cmocka_unit_test(a_pngs_chunks_hold_their_text_at_every_split),
        cmocka_unit_test(a_gifs_comment_goes_on_over_its_sub_blocks),
        cmocka_unit_test(a_webps_chunks_and_what_is_behind_them_are_told_apart),
        cmocka_unit_test(a_bmps_pixels_are_stepped_over_by_its_header),
        cmocka_unit_test(a_gap_inside_a_known_length_is_stepped_over),
        cmocka_unit_test(a_mark_is_found_in_metadata_and_behind_the_end_but_not_in_pixels),
        cmocka_unit_test(two_segments_are_not_one_text),
        cmocka_unit_test(compressed_png_text_is_matched_at_every_split),
    };
    return cmocka_run_group_tests_name("inspect/image", tests, NULL, NULL);
}
