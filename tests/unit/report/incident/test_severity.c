/* SPDX-License-Identifier: Apache-2.0 */
#include "report/incident/severity.h"

#include "../example.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* The table of gantry-records(5). */
static void severity_is_the_rules_and_what_the_table_adds(void **state) {
    static const struct {
        struct severity_facts facts;
        const char *terms;
        unsigned expected;
    } cases[] = {
        {{.rule = 5, .verdict = VERDICT_BREACH, .objects = 1}, "", 5},
        {{.rule = 5, .verdict = VERDICT_UNAPPROVED, .objects = 1}, "dates", 6},
        {{.rule = 5, .verdict = VERDICT_UNKNOWN, .objects = 1}, "", 6},
        {{.rule = 5, .verdict = VERDICT_BREACH, .objects = 1}, "class", 6},
        {{.rule = 5, .verdict = VERDICT_BREACH, .objects = 1}, "hours\nclass", 6},
        {{.rule = 5, .verdict = VERDICT_BREACH, .objects = 1}, "protocol\nhours", 5},
        {{.rule = 5, .verdict = VERDICT_BREACH, .objects = 1}, "classes", 5},
        {{.rule = 5, .verdict = VERDICT_BREACH, .objects = 999, .bytes = 999999999, .plates = 999}, "", 5},
        {{.rule = 5, .verdict = VERDICT_BREACH, .objects = 1000}, "", 6},
        {{.rule = 5, .verdict = VERDICT_BREACH, .objects = 1, .bytes = 1000000000}, "", 6},
        {{.rule = 5, .verdict = VERDICT_BREACH, .objects = 1, .plates = 1000}, "", 6},
        {{.rule = 5, .verdict = VERDICT_BREACH, .objects = 99999}, "", 6},
        {{.rule = 5, .verdict = VERDICT_BREACH, .objects = 100000}, "", 7},
        {{.rule = 5, .verdict = VERDICT_BREACH, .objects = 1, .parts_only = true}, "", 4},
        {{.rule = 9, .verdict = VERDICT_UNKNOWN, .objects = 100000}, "", 10},
        {{.rule = 1, .verdict = VERDICT_BREACH, .objects = 1, .parts_only = true}, "", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct severity_facts f = cases[i].facts;
        f.terms = bytes_text(cases[i].terms);
        if (severity_of(&f) != cases[i].expected)
            fail_msg("case %zu: %u", i, severity_of(&f));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(severity_is_the_rules_and_what_the_table_adds)};
    return cmocka_run_group_tests_name("report/severity", tests, NULL, NULL);
}
