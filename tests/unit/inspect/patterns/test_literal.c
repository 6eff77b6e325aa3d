/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/patterns/matcher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_literal_is_seen_where_every_match_holds_it(void **state) {
    static const char *const with[] = {"abc",       "[x]abc",      "a?bcd",        "(?:abc|def)",
                                       "x*(abc)y*", "\\x41\\x42C", "(foo|bar){2}", "\\.\\.\\.",
                                       "^FAC\\x00", "[]abc]foo",   "(?i)abc"};
    static const char *const without[] = {"[A-Z]{3}", "ab",        "abc?|x",    "(abc)?d",     "(?:abc|d)",
                                          "a.b.c",    "\\d\\d\\d", "(abc)*",    "(abc){0,3}x", "a\\wbc",
                                          "[abc]",    "abc|",      "ab+c+|xyz", "(?=abc)x"};
    for (size_t i = 0; i < sizeof with / sizeof *with; i++)
        if (!pattern_has_literal(with[i]))
            fail_msg("%s", with[i]);
    for (size_t i = 0; i < sizeof without / sizeof *without; i++)
        if (pattern_has_literal(without[i]))
            fail_msg("%s", without[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_literal_is_seen_where_every_match_holds_it),
    };
    return cmocka_run_group_tests_name("inspect/patterns/literal", tests, NULL, NULL);
}
