/* SPDX-License-Identifier: Apache-2.0 */
#include "control/control.h"

#include "base/counter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct control_sensor {
    char asked[256];
};

static bool echo(struct control_sensor *s, const struct control_words *arguments, struct json_writer *out,
                 struct error *e) {
    json_write_array(out, "words");
    for (size_t i = 0; i < arguments->count; i++)
        json_write_text(out, NULL, arguments->word[i]);
    json_write_array_end(out);
    return true;
}

static bool refuse(struct control_sensor *s, const struct control_words *arguments, struct json_writer *out,
                   struct error *e) {
    json_write_text(out, "half", "an answer");
    return error_set(e, "there is no \"%s\"; name another", arguments->word[0]);
}

static bool fill(struct control_sensor *s, const struct control_words *arguments, struct json_writer *out,
                 struct error *e) {
    for (int i = 0; i < CONTROL_ANSWER_MAX / 8; i++)
        json_write_text(out, "k", "0123456789");
    return true;
}

static const struct control_request table[] = {
    {.name = "echo", .usage = "WORD...", .most = 9, .answer = echo},
    {.name = "echo twice", .usage = "", .answer = echo},
    {.name = "refuse", .usage = "ID", .least = 1, .most = 1, .answer = refuse},
    {.name = "fill", .usage = "", .answer = fill},
    {0},
};

/* The answer to a line of these octets; free it. */
static char *ask(const char *line, size_t n) {
    static struct control_sensor sensor;
    static char room[2 * CONTROL_REQUEST_MAX];
    struct json_writer j;
    size_t size;
    memcpy(room, line, n);
    control_answer(table, &sensor, 1000, room, n, &j);
    char *text = json_writer_take(&j, &size);
    assert_non_null(text);
    text = realloc(text, size + 1);
    text[size] = '\0';
    return text;
}

static void assert_answer(const char *line, const char *expected) {
    char *text = ask(line, strlen(line));
    assert_string_equal(text, expected);
    free(text);
}

static void assert_error(const char *line, size_t n, const char *part) {
    char *text = ask(line, n);
    assert_memory_equal(text, "{\"error\":\"", 10);
    if (!strstr(text, part))
        fail_msg("%s does not say \"%s\"", text, part);
    free(text);
}

static void words_are_taken_apart_at_tabs_and_reach_the_handler(void **state) {
    assert_answer("echo", "{\"ok\":true,\"words\":[]}");
    assert_answer("echo\tone two\tthree", "{\"ok\":true,\"words\":[\"one two\",\"three\"]}");
    assert_answer("echo\t\t", "{\"ok\":true,\"words\":[\"\",\"\"]}");
    assert_answer("echo\t\xc3\xa4\"\\", "{\"ok\":true,\"words\":[\"\xc3\xa4\\\"\\\\\"]}");
}

static void the_longest_name_wins(void **state) {
    assert_answer("echo\ttwice", "{\"ok\":true,\"words\":[]}");
    assert_answer("echo\ttwices", "{\"ok\":true,\"words\":[\"twices\"]}");
    assert_answer("echo\tonce\ttwice", "{\"ok\":true,\"words\":[\"once\",\"twice\"]}");
}

static void what_is_wrong_is_told_and_counted(void **state) {
    uint64_t before = counter_values[COUNTER_CONTROL_WRONG];
    assert_error("", 0, "knows no request \\\"\\\"");
    assert_error("ech", 3, "knows no request \\\"ech\\\"");
    assert_error("echoes", 6, "knows no request");
    assert_error("\techo", 5, "knows no request");
    assert_error("echo twice", 10, "knows no request"); /* a space is no tab */
    assert_error("echo\ttwice\tx", 12, "takes nothing, not 1 words");
    assert_error("refuse", 6, "takes ID, not 0 words");
    assert_error("refuse\ta\tb", 10, "takes ID, not 2 words");
    assert_int_equal(counter_values[COUNTER_CONTROL_WRONG], before + 8);
}

static void a_handlers_refusal_replaces_what_it_wrote(void **state) {
    assert_answer("refuse\tthat", "{\"error\":\"there is no \\\"that\\\"; name another\"}");
}

static void control_characters_and_too_much_are_refused(void **state) {
    char line[CONTROL_REQUEST_MAX + 1];
    assert_error("echo\ta\0b", 8, "control characters");
    assert_error("echo\ta\x1b[1m", 10, "control characters");
    assert_error("echo\ta\x7f", 7, "control characters");
    assert_error("echo\ta\rb", 8, "control characters");
    memset(line, 'x', sizeof line);
    assert_error(line, CONTROL_REQUEST_MAX, "longer than 4095 bytes");
    memcpy(line, "echo\t", 5);
    char *text = ask(line, CONTROL_REQUEST_MAX - 1);
    assert_int_equal(strlen(text), strlen("{\"ok\":true,\"words\":[\"\"]}") + CONTROL_REQUEST_MAX - 1 - 5);
    free(text);
    memset(line, '\t', sizeof line);
    assert_error(line, CONTROL_WORDS_MAX, "more than 32 words");
    assert_error(line, CONTROL_WORDS_MAX - 1, "knows no request");
}

static void an_answer_that_is_too_long_is_told(void **state) {
    assert_error("fill", 4, "the answer has more than 4 MiB");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_taken_apart_at_tabs_and_reach_the_handler),
        cmocka_unit_test(the_longest_name_wins),
        cmocka_unit_test(what_is_wrong_is_told_and_counted),
        cmocka_unit_test(a_handlers_refusal_replaces_what_it_wrote),
        cmocka_unit_test(control_characters_and_too_much_are_refused),
        cmocka_unit_test(an_answer_that_is_too_long_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
