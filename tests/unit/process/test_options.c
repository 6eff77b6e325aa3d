/* SPDX-License-Identifier: Apache-2.0 */
#include "process/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct options o;

static bool parse(const char *words, int *status) {
    static char copy[512];
    char *argv[32], *save = NULL;
    int argc = 0;
    memset(&o, 0, sizeof o);
    strncpy(copy, words, sizeof copy - 1);
    for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
        argv[argc++] = w;
    argv[argc] = NULL;
    *status = -1;
    return options_parse(&o, argc, argv, status);
}

static void the_forms_of_the_contract_are_understood(void **state) {
    int status;
    assert_true(parse("gantry -c a.yaml -i eth1", &status));
    assert_string_equal(o.config, "a.yaml");
    assert_string_equal(o.interface, "eth1");
    assert_true(parse("gantry --inspect-all -r a.pcap -o json:- --events transfer,alert -w 4", &status));
    assert_true(o.inspect_all);
    assert_string_equal(o.files[0], "a.pcap");
    assert_string_equal(o.outputs[0], "json:-");
    assert_string_equal(o.events, "transfer,alert");
    assert_int_equal(o.workers, 4);
    assert_true(parse("gantry -c a.yaml --check --cache none", &status));
    assert_true(o.check);
    assert_string_equal(o.cache, "none");
}

static void several_captures_keep_their_order(void **state) {
    int status;
    assert_true(parse("gantry -r a -r b c -", &status));
    assert_int_equal(o.file_count, 4);
    assert_string_equal(o.files[1], "b");
    assert_string_equal(o.files[2], "c");
    assert_string_equal(o.files[3], "-");
}

static void help_and_version_end_well(void **state) {
    int status;
    assert_false(parse("gantry --help", &status));
    assert_int_equal(status, 0);
    assert_false(parse("gantry --version", &status));
    assert_int_equal(status, 0);
}

static void mistakes_are_status_2(void **state) {
    static const char *const wrong[] = {"gantry",          "gantry -x",         "gantry -r",
                                        "gantry -w 0 -r a", "gantry -w 65 -r a", "gantry -w 2x -r a",
                                        "gantry word",     "gantry -i a -r b",  "gantry -r a --events alert"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int status;
        assert_false(parse(wrong[i], &status));
        assert_int_equal(status, 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_forms_of_the_contract_are_understood),
        cmocka_unit_test(several_captures_keep_their_order),
        cmocka_unit_test(help_and_version_end_well),
        cmocka_unit_test(mistakes_are_status_2),
    };
    return cmocka_run_group_tests_name("process/options", tests, NULL, NULL);
}
