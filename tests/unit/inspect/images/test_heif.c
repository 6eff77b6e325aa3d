/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

/* Boxes by hand: a list of items, where they stand, and the data. */
#define FTYP                                                                                                 \
    "\0\0\0\x10"                                                                                             \
    "ftypheic\0\0\0\0"
#define IINF                                                                                                 \
    "\0\0\0\x39"                                                                                             \
    "iinf\0\0\0\0\0\2"                                                                                       \
    "\0\0\0\x15"                                                                                             \
    "infe\2\0\0\0\0\1\0\0hvc1\0"                                                                             \
    "\0\0\0\x16"                                                                                             \
    "infe\2\0\0\0\0\2\0\0mime\0x"
/* Offsets and lengths of 4 octets; item 1 at 0x82, 6 octets; item 2 behind it, 5. */
#define ILOC                                                                                                 \
    "\0\0\0\x2c"                                                                                             \
    "iloc\0\0\0\0\x44\0\0\2"                                                                                 \
    "\0\1\0\0\0\1\0\0\0\x89\0\0\0\6"                                                                         \
    "\0\2\0\0\0\1\0\0\0\x8f\0\0\0\5"
#define MDAT                                                                                                 \
    "\0\0\0\x13"                                                                                             \
    "mdatpixelswords"

#define FRONT                                                                                                \
    FTYP "\0\0\0\x71"                                                                                        \
         "meta\0\0\0\0"

static void check(const char *file, size_t n) {
    for (size_t split = 1; split < n; split++) {
        struct said s;
        struct image i = walk_halves("image/heic", file, n, split, &s);
        assert_null(memmem(s.text, s.n, "pixels", 6));
        assert_non_null(memmem(s.text, s.n, "words|", 6));
        assert_non_null(memmem(s.text, s.n, "#PK\3\4", 5));
        assert_int_equal(i.facts.notes, 0);
        assert_int_equal(i.facts.holds, IMAGE_HOLDS_XMP);
    }
}

static void items_are_read_where_they_stand_whichever_table_comes_first(void **state) {
    static const char list_first[] = FRONT IINF ILOC MDAT "PK\3\4behind all of it";
    static const char places_first[] = FRONT ILOC IINF MDAT "PK\3\4behind all of it";
    check(list_first, sizeof list_first - 1);
    check(places_first, sizeof places_first - 1);
}

static void octets_of_the_data_that_belong_to_no_item_are_noted(void **state) {
    char file[512] = {0};
    size_t n = sizeof(FRONT IINF ILOC) - 1;
    memcpy(file, FRONT IINF ILOC, n);
    memcpy(file + n, "\0\0\1\0mdatpixelswords", 19);
    memcpy(file + n + 19, "plate=KXR4471 lane=04 2026-05-31 04:11", 38);
    struct image i;
    struct said s = {.n = 0};
    image_init(&i, "image/heic");
    walk_chunk(&i, bytes_of(file, n + 256), &s);
    assert_non_null(memmem(s.text, s.n, "plate=KXR4471 lane=04", 21));
    assert_true(i.facts.notes & IMAGE_NOTE_HIDDEN);
}

static void the_largest_size_is_that_of_the_picture(void **state) {
    static const char file[] = FTYP "\0\0\0\x4c"
                                    "meta\0\0\0\0"
                                    "\0\0\0\x40"
                                    "iprp"
                                    "\0\0\0\x38"
                                    "ipco"
                                    "\0\0\0\x14"
                                    "ispe\0\0\0\0\0\0\2\0\0\0\1\0"
                                    "\0\0\0\x14"
                                    "ispe\0\0\0\0\0\0\0\x10\0\0\0\x10"
                                    "\0\0\0\x08"
                                    "free";
    struct image i;
    struct said s = {.n = 0};
    image_init(&i, "image/avif");
    walk_chunk(&i, bytes_of(S(file)), &s);
    assert_int_equal(i.facts.width, 512);
    assert_int_equal(i.facts.height, 256);
}

/* The infe boxes alone, of texts: nine of them. */
static void more_items_of_texts_than_are_kept_are_noted(void **state) {
    static const char begin[] = FTYP "\0\0\0\xe0"
                                     "meta\0\0\0\0"
                                     "\0\0\0\xd4"
                                     "iinf\0\0\0\0\0\x09";
    static const char entry[] = "\0\0\0\x16"
                                "infe\2\0\0\0\0\2\0\0mime\0x";
    for (unsigned count = 8; count <= 9; count++) {
        struct image i;
        struct said s = {.n = 0};
        image_init(&i, "image/heic");
        walk_chunk(&i, bytes_of(S(begin)), &s);
        for (unsigned k = 0; k < count; k++)
            walk_chunk(&i, bytes_of(S(entry)), &s);
        assert_int_equal(i.facts.notes, count == 9 ? IMAGE_NOTE_BOUND : 0);
    }
}

/* A camera's words, a thumbnail and a preview in boxes of Canon's; the data is its sensor's. */
static void the_files_in_canons_boxes_are_children(void **state) {
    static const char file[] = "\0\0\0\x10"
                               "ftypcrx \0\0\0\1"
                               "\0\0\0\x5e"
                               "moov"
                               "\0\0\0\x56"
                               "uuid\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48"
                               "\0\0\0\x22"
                               "CMT1II*\0\x08\0\0\0\1\0\x0f\1\2\0\4\0\0\0EOS\0\0\0\0\0"
                               "\0\0\0\x1c"
                               "THMB\0\0\0\0\0\xa0\0\x78\0\0\0\4\0\1\0\0tiny"
                               "\0\0\0\x3c"
                               "uuid\xea\xf4\x2b\x5e\x1c\x98\x4b\x88\xb9\xfb\xb7\xdc\x40\x6e\x4d\x16"
                               "\0\0\0\0\0\0\0\1"
                               "\0\0\0\x1c"
                               "PRVW\0\0\0\0\0\1\6\x54\4\x38\0\1\0\0\0\4view"
                               "\0\0\0\x0e"
                               "mdatsensorPK\3\4behind";
    for (size_t split = 1; split < sizeof file - 1; split++) {
        struct said s;
        struct image i = walk_halves("image/x-canon-cr3", S(file), split, &s);
        assert_non_null(memmem(s.text, s.n, "{tiny|", 6));
        assert_non_null(memmem(s.text, s.n, "{view|", 6));
        assert_non_null(memmem(s.text, s.n, "#PK\3\4", 5));
        assert_int_equal(i.facts.make_n, 3);
        assert_memory_equal(i.facts.make, "EOS", 3);
        assert_int_equal(i.facts.notes, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_read_where_they_stand_whichever_table_comes_first),
        cmocka_unit_test(octets_of_the_data_that_belong_to_no_item_are_noted),
        cmocka_unit_test(the_largest_size_is_that_of_the_picture),
        cmocka_unit_test(more_items_of_texts_than_are_kept_are_noted),
        cmocka_unit_test(the_files_in_canons_boxes_are_children),
    };
    return cmocka_run_group_tests_name("inspect/images/heif", tests, NULL, NULL);
}
