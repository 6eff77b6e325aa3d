/* SPDX-License-Identifier: Apache-2.0 */
#include "problem_text.h"

#include "settings/doc.h"

static struct problems problems;

static struct doc *parse(const char *text) {
    return doc_parse("t.yaml", bytes_text(text), &problems);
}

static void refused(const char *text, const char *line) {
    struct doc *d = parse(text);
    assert_null(d);
    assert_problem(&problems, line);
}

static void test_a_map_keeps_keys_values_and_lines(void **state) {
    struct doc *d = parse("# first\na: 1\nb:\n  - x\n  - {c: 'y'}\n");
    const struct doc_node *root = doc_root(d), *b = doc_get(root, "b");
    assert_int_equal(root->kind, DOC_MAP);
    assert_int_equal(root->children, 2);
    assert_string_equal(doc_get(root, "a")->text, "1");
    assert_int_equal(doc_get(root, "a")->line, 2);
    assert_int_equal(b->kind, DOC_LIST);
    assert_int_equal(b->key_line, 3);
    assert_string_equal(b->child->text, "x");
    assert_null(b->child->key);
    assert_false(b->child->quoted);
    assert_ptr_equal(b->child->parent, b);
    const struct doc_node *c = doc_get(b->child->next, "c");
    assert_string_equal(c->text, "y");
    assert_true(c->quoted);
    assert_int_equal(c->line, 5);
    assert_string_equal(c->file, "t.yaml");
    assert_null(doc_get(root, "absent"));
    assert_null(doc_get(b, "a"));
    assert_null(doc_get(NULL, "a"));
    assert_int_equal(problems.errors, 0);
    doc_free(d);
}

static void test_an_empty_file_is_an_empty_map(void **state) {
    static const char *const texts[] = {"", "\n\n", "# only a comment\n", "---\n", "---\n...\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct doc *d = parse(texts[i]);
        assert_non_null(d);
        assert_int_equal(doc_root(d)->kind, DOC_MAP);
        assert_int_equal(doc_root(d)->children, 0);
        doc_free(d);
    }
}

static void test_duplicate_keys_are_told_with_both_lines(void **state) {
    refused("a: 1\nb: 2\na: 3\n", "t.yaml:3: error: a: is given twice, first in line 1; remove one");
    struct doc *d = parse("x: {a: 1}\ny: {a: 1}\n"); /* same key, other map */
    assert_non_null(d);
    doc_free(d);
}

static void test_constructs_that_hide_their_meaning_are_refused(void **state) {
    refused("a: 1\nb: &x 2\n",
            "t.yaml:2: error: anchors (&name) are not supported; write the value out where it is used");
    refused("a: !!int 1\n", "t.yaml:1: error: tags (!name) are not supported; remove it");
    refused("a: *x\n", "t.yaml:1: error: aliases (*name) are not supported; write the value out");
    refused("<<: {a: 1}\n", "t.yaml:1: error: merge keys (<<) are not supported; write the keys out");
    refused("a: 1\n---\nb: 1\n",
            "t.yaml:2: error: a second document (---) begins here; one file holds one document");
    refused("[a, b]: 1\n", "t.yaml:1: error: a key must be a text, not a list or map");
    refused("a: \"x\\0y\"\n", "t.yaml:1: error: the text holds a NUL character; take it out");
}

static void test_bad_syntax_names_the_line(void **state) {
    assert_null(parse("a: 1\nb: [1, 2\nc: 3\n"));
    assert_int_equal(problems.errors, 1);
    assert_non_null(strstr(problems.list[0].text, "t.yaml:3: error: "));
    problems_finish(&problems);
}

static void test_invalid_utf8_and_raw_nul_are_refused(void **state) {
    assert_null(doc_parse("t.yaml", bytes_of("a: \xff\n", 5), &problems));
    assert_non_null(strstr(problems.list[0].text, "UTF-8"));
    problems_finish(&problems);
    assert_null(doc_parse("t.yaml", bytes_of("a: x\0y\n", 7), &problems));
    assert_int_equal(problems.errors, 1);
    problems_finish(&problems);
}

static void test_depth_is_bounded(void **state) {
    char text[256];
    memset(text, '[', 33);
    memset(text + 33, ']', 33);
    text[66] = '\0';
    refused(text, "t.yaml:1: error: lists and maps are nested more than 32 deep; flatten them");
    memset(text, '[', 32);
    memset(text + 32, ']', 32);
    text[64] = '\0';
    struct doc *d = parse(text);
    assert_non_null(d);
    doc_free(d);
}

static void test_an_oversized_file_is_refused(void **state) {
    size_t n = (size_t)DOC_FILE_MAX + 1;
    char *text = malloc(n);
    memset(text, '\n', n);
    assert_null(doc_parse("t.yaml", bytes_of(text, n), &problems));
    assert_problem(&problems, "t.yaml: error: the file is larger than 16 MiB; split it");
    free(text);
}

static void test_an_unreadable_file_says_why(void **state) {
    assert_null(doc_load("/nonexistent/x.yaml", &problems));
    assert_problem(&problems,
                   "/nonexistent/x.yaml: error: cannot be read: No such file or directory; check the "
                   "path and its permissions");
    assert_null(doc_load("/", &problems));
    assert_problem(&problems, "/: error: cannot be read: Is a directory; check the path and its permissions");
}

static void test_problems_are_one_line_and_bounded(void **state) {
    problem_warning(&problems, "f", 0, "first");
    problem_error(&problems, "f", 7, "a\nb\x1b[31m%s", "\xff\xc2\x80");
    assert_string_equal(problems.list[0].text, "f: warning: first");
    assert_string_equal(problems.list[1].text, "f:7: error: a?b?[31m???");
    for (int i = 0; i < 100; i++)
        problem_error(&problems, "f", 1, "x");
    assert_int_equal(problems.count, PROBLEMS_MAX);
    assert_int_equal(problems.errors, 101);
    for (size_t i = 0; i < problems.count; i++)
        assert_false(problems.list[i].warning); /* the warning gave way to an error */
    problems_finish(&problems);
    assert_int_equal(problems.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_map_keeps_keys_values_and_lines),
        cmocka_unit_test(test_an_empty_file_is_an_empty_map),
        cmocka_unit_test(test_duplicate_keys_are_told_with_both_lines),
        cmocka_unit_test(test_constructs_that_hide_their_meaning_are_refused),
        cmocka_unit_test(test_bad_syntax_names_the_line),
        cmocka_unit_test(test_invalid_utf8_and_raw_nul_are_refused),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_an_oversized_file_is_refused),
        cmocka_unit_test(test_an_unreadable_file_says_why),
        cmocka_unit_test(test_problems_are_one_line_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
