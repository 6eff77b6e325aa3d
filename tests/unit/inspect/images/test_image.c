/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

/* The engine under a format that is no image: "K" n, then n octets of text; "P" n, then n octets of pixels;
 * "O" n, then n octets of text that goes on; "W", then a walk up to ';'; "H" and three octets, of which two
 * are told; "X" is the end. */
static void read_stub(struct image *i);

static size_t walk_stub(struct image *i, struct bytes in, struct image_piece *out) {
    const uint8_t *end = memchr(in.p, ';', in.n);
    if (!end)
        return in.n;
    image_gather(i, 0, 1, read_stub);
    return (size_t)(end - in.p) + 1;
}

static void read_length(struct image *i) {
    uint64_t n = i->header[1] == '9' ? UINT64_MAX : (uint64_t)i->header[1] - '0';
    if (i->header[0] == 'P')
        image_run(i, IMAGE_PIXELS, n, 1, read_stub);
    else if (i->header[0] == 'K')
        image_run(i, IMAGE_METADATA, n, 1, read_stub);
    else
        image_run_open(i, IMAGE_METADATA, n, 1, read_stub);
}

static void read_told(struct image *i) {
    image_tell_header(i, IMAGE_METADATA, 2);
    image_gather(i, 0, 1, read_stub);
}

static void read_stub(struct image *i) {
    switch (i->header[0]) {
    case 'X':
        image_end(i);
        break;
    case 'W':
        image_walk(i, walk_stub);
        break;
    case 'H':
        image_gather(i, 1, 4, read_told);
        break;
    case 'K':
    case 'P':
    case 'O':
        image_gather(i, 1, 2, read_length);
        break;
    default:
        image_lost(i);
    }
}

/* Behind a gap in a walk the stub goes on with the next header; it knows no place elsewhere. */
static bool skip_stub(struct image *i, uint64_t n) {
    if (i->mode != IMAGE_WALK)
        return false;
    image_gather(i, 0, 1, read_stub);
    return true;
}

static const struct image_format stub = {.mimes = {"image/stub"}, .need = 1, .read = read_stub},
                                 sure = {.mimes = {"image/sure"},
                                         .need = 1,
                                         .read = read_stub,
                                         .skip = skip_stub};

static struct image image_of(const struct image_format *f) {
    struct image i = {.format = f};
    image_gather(&i, 0, f->need, f->read);
    return i;
}

static void assert_gap(const struct image_format *f, const char *first, uint64_t n, const char *second,
                       const char *expected) {
    struct image i = image_of(f);
    struct said s = {.n = 0};
    walk_chunk(&i, bytes_text(first), &s);
    image_skip(&i, n);
    walk_chunk(&i, bytes_text(second), &s);
    assert_said(&s, expected);
}

static void a_piece_of_metadata_ends_in_a_break_and_pixels_do_not(void **state) {
    struct image i = image_of(&stub);
    assert_walk_from(&i, S("K3oneP3pixK3twoX"), "one|two|");
}

static void a_piece_that_goes_on_is_one_text_until_a_run_ends_it(void **state) {
    struct image i = image_of(&stub);
    assert_walk_from(&i, S("O3comO2meK2ntP1p"), "comment|");
}

static void an_empty_run_ends_a_piece(void **state) {
    struct image i = image_of(&stub);
    assert_walk_from(&i, S("O2abK0O2cdP1p"), "ab|cd");
}

static void header_octets_are_structure_but_for_those_that_are_told(void **state) {
    struct image i = image_of(&stub);
    assert_walk_from(&i, S("H.abH.cdP1p"), "abcd");
}

static void a_walk_takes_octets_up_to_what_the_format_sees(void **state) {
    struct image i = image_of(&stub);
    assert_walk_from(&i, S("WK9pixels;K3oneX"), "one|");
}

static void behind_the_end_everything_is_a_trailer(void **state) {
    struct image i = image_of(&stub);
    assert_walk_from(&i, S("P3pixXK3one"), "#K3one");
}

static void behind_a_header_that_breaks_the_form_everything_is_metadata(void **state) {
    struct image i = image_of(&stub);
    assert_walk_from(&i, S("P3pix?K3one"), "K3one");
}

static void a_length_without_bound_steps_over_the_rest(void **state) {
    struct image i = image_of(&stub);
    assert_walk_from(&i, S("P9K3one"), "");
}

static void a_gap_inside_a_run_is_stepped_over_and_one_beyond_it_loses_the_place(void **state) {
    assert_gap(&stub, "P6pi", 4, "K3one.", "one|");
    assert_gap(&stub, "P6pi", 3, "sK3one.", "one|");
    assert_gap(&stub, "P6pi", 5, "K3one.", "K3one.");
    assert_gap(&stub, "K", 1, "K3one", "K3one");
}

static void a_format_may_find_its_place_again_behind_a_gap(void **state) {
    assert_gap(&sure, "Wpix", 100, "K3one.", "one|");
    assert_gap(&stub, "Wpix", 100, "K3one", "K3one");
    assert_gap(&sure, "K", 1, "K3one", "K3one");
}

static void a_gap_behind_the_end_changes_nothing(void **state) {
    assert_gap(&sure, "X", 7, "more", "#more");
}

static void an_unknown_type_is_metadata_as_a_whole(void **state) {
    assert_walk("image/x-unheard-of", S("II*.whatever follows"), "II*.whatever follows");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_piece_of_metadata_ends_in_a_break_and_pixels_do_not),
        cmocka_unit_test(a_piece_that_goes_on_is_one_text_until_a_run_ends_it),
        cmocka_unit_test(an_empty_run_ends_a_piece),
        cmocka_unit_test(header_octets_are_structure_but_for_those_that_are_told),
        cmocka_unit_test(a_walk_takes_octets_up_to_what_the_format_sees),
        cmocka_unit_test(behind_the_end_everything_is_a_trailer),
        cmocka_unit_test(behind_a_header_that_breaks_the_form_everything_is_metadata),
        cmocka_unit_test(a_length_without_bound_steps_over_the_rest),
        cmocka_unit_test(a_gap_inside_a_run_is_stepped_over_and_one_beyond_it_loses_the_place),
        cmocka_unit_test(a_format_may_find_its_place_again_behind_a_gap),
        cmocka_unit_test(a_gap_behind_the_end_changes_nothing),
        cmocka_unit_test(an_unknown_type_is_metadata_as_a_whole),
    };
    return cmocka_run_group_tests_name("inspect/images/image", tests, NULL, NULL);
}
