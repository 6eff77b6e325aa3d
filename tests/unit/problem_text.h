/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TEST_PROBLEM_TEXT_H
#define GANTRY_TEST_PROBLEM_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "settings/problem.h"

/* Exactly this one problem has been told; forgets it. */
static inline void assert_problem(struct problems *p, const char *line) {
    assert_int_equal(p->count, 1);
    assert_string_equal(p->list[0].text, line);
    problems_finish(p);
}

#endif
