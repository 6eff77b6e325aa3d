/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static size_t put(char *to, size_t n, const char *bytes, size_t more) {
    memcpy(to + n, bytes, more);
    return n + more;
}

static size_t begin(char *file) {
    memset(file, 0, 128);
    size_t n = put(file, 128, S("DICM"));
    n = put(file, n,
            S("\2\0\x10\0UI\x14\0"
              "1.2.840.10008.1.2.1\0"));
    n = put(file, n,
            S("\x10\0\x10\0PN\x08\0"
              "DOE^JANE"));
    return put(file, n,
               S("\x28\0\2\0US\2\0\3\0"
                 "\x28\0\x10\0US\2\0\xf0\0"
                 "\x28\0\x11\0US\2\0\x40\1"
                 "\x28\0\0\1US\2\0\x08\0"));
}

static struct image walked(const char *file, size_t n, struct said *s) {
    struct image i;
    *s = (struct said){.n = 0};
    image_init(&i, "application/dicom");
    walk_chunk(&i, bytes_of(file, n), s);
    for (size_t split = 1; split < n; split++) {
        struct said other;
        walk_halves("application/dicom", file, n, split, &other);
        assert_int_equal(other.n, s->n);
        assert_memory_equal(other.text, s->text, s->n);
    }
    return i;
}

static void values_are_metadata_and_pixels_are_stepped_over(void **state) {
    char file[512];
    struct said s;
    size_t n = put(file, begin(file),
                   S("\xe0\x7f\x10\0OW\0\0\6\0\0\0pixels"
                     "PK\3\4\x14\0\0\0behind"));
    struct image i = walked(file, n, &s);
    assert_int_equal(i.facts.width, 320);
    assert_int_equal(i.facts.height, 240);
    assert_int_equal(i.facts.depth, 24);
    assert_non_null(memmem(s.text, s.n, "DOE^JANE|", 9));
    assert_null(memmem(s.text, s.n, "pixels", 6));
    assert_non_null(memmem(s.text, s.n, "#PK\3\4\x14\0\0\0behind", 15));
}

static void pictures_in_fragments_are_files_of_their_own(void **state) {
    char file[512];
    struct said s;
    size_t n = put(file, begin(file),
                   S("\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff"
                     "\xfe\xff\0\xe0\0\0\0\0"));
    n = put(file, n,
            S("\xfe\xff\0\xe0\6\0\0\0\xff\xd8\xff"
              "one"
              "\xfe\xff\0\xe0\4\0\0\0more"));
    n = put(file, n,
            S("\xfe\xff\0\xe0\6\0\0\0\xff\xd8\xff"
              "two"
              "\xfe\xff\xdd\xe0\0\0\0\0"
              "\xfc\xff\xfc\xffOB\0\0\4\0\0\0pad."));
    walked(file, n, &s);
    assert_non_null(memmem(s.text, s.n,
                           "{\xff\xd8\xff"
                           "onemore|{\xff\xd8\xff"
                           "two|",
                           20));
    assert_non_null(memmem(s.text, s.n, "pad.", 4));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_metadata_and_pixels_are_stepped_over),
        cmocka_unit_test(pictures_in_fragments_are_files_of_their_own),
    };
    return cmocka_run_group_tests_name("inspect/images/dicom", tests, NULL, NULL);
}
