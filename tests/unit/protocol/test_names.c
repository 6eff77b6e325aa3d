/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/names.h"
#include "protocol/protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* What the text is, and how it came. */
static struct {
    unsigned begun, ended, calls;
    bool aside, made_up;
    size_t n;
    uint8_t text[1 << 16];
} said;

static struct transfer *note_begin(struct conversation *c, const struct transfer_seed *seed) {
    said.begun++;
    said.aside = seed->aside;
    said.made_up = seed->made_up;
    return (struct transfer *)(void *)&said;
}

static void note_data(struct conversation *c, struct transfer *t, const uint8_t *bytes, size_t n) {
    said.calls++;
    assert_true(said.n + n <= sizeof said.text);
    memcpy(said.text + said.n, bytes, n);
    said.n += n;
}

static void note_end(struct conversation *c, struct transfer *t, enum transfer_end how) {
    said.ended++;
}

static const struct protocol_services services = {.begin = note_begin, .data = note_data, .end = note_end};
static struct conversation conversation = {.services = &services};
static struct names names;

static void begin(void) {
    const struct transfer_seed seed = transfer_seed_of("smb", SIDE_SERVER);
    memset(&said, 0, sizeof said);
    memset(&names, 0, sizeof names);
    names_begin(&names, &conversation, &seed);
}

static void assert_said(const char *text) {
    assert_int_equal(said.n, strlen(text));
    assert_memory_equal(said.text, text, said.n);
}

static void names_are_lines_of_a_text_that_is_ours(void **state) {
    begin();
    names_add(&names, &conversation, true, bytes_text("lane 4"));
    names_add(&names, &conversation, false, bytes_text("KXR4471.jpg"));
    names_end(&names, &conversation, TRANSFER_DONE);
    assert_said("type=dir; lane 4\ntype=file; KXR4471.jpg\n");
    assert_true(said.aside && said.made_up);
    assert_int_equal(said.begun, 1);
    assert_int_equal(said.ended, 1);
    names_end(&names, &conversation, TRANSFER_DONE); /* there is none */
    assert_int_equal(said.ended, 1);
}

static void the_folder_itself_and_the_one_above_are_no_names(void **state) {
    begin();
    names_add(&names, &conversation, true, bytes_text("."));
    names_add(&names, &conversation, true, bytes_text(".."));
    names_add(&names, &conversation, true, bytes_of("", 0));
    names_end(&names, &conversation, TRANSFER_DONE);
    assert_said("");
}

static void a_name_cannot_end_its_line(void **state) {
    begin();
    names_add(&names, &conversation, false, bytes_text("a\nb\x7f"));
    names_end(&names, &conversation, TRANSFER_DONE);
    assert_said("type=file; a?b?\n");
}

static void many_names_are_gathered_and_long_ones_cut_at_their_beginning(void **state) {
    uint8_t longest[4096];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = 'z';
    begin();
    for (int i = 0; i < 1000; i++)
        names_add(&names, &conversation, false, bytes_text("KXR4471.jpg"));
    names_add(&names, &conversation, false, bytes_of(longest, sizeof longest));
    names_end(&names, &conversation, TRANSFER_DONE);
    assert_int_equal(said.n, 1000 * 23 + 11 + 512 + 1);
    assert_int_equal(said.text[said.n - 2], 'z');
    assert_true(said.calls < 60);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_lines_of_a_text_that_is_ours),
        cmocka_unit_test(the_folder_itself_and_the_one_above_are_no_names),
        cmocka_unit_test(a_name_cannot_end_its_line),
        cmocka_unit_test(many_names_are_gathered_and_long_ones_cut_at_their_beginning),
    };
    return cmocka_run_group_tests_name("protocol/names", tests, NULL, NULL);
}
