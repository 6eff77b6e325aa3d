/* SPDX-License-Identifier: Apache-2.0 */
#include "process/requests/requests.h"

/* The message waits for its transaction like any other, and for its receivers: who asked comes again with the
 * number. */
REQUEST(alert_test) {
    json_write_number(out, "test", reporter_test(s->reporter));
    return true;
}

static const char *const fates[] = {[REPORT_TEST_NONE] = "not sent",
                                    [REPORT_TEST_UNDER_WAY] = "waiting",
                                    [REPORT_TEST_ARRIVED] = "arrived",
                                    [REPORT_TEST_LOST] = "lost"};

REQUEST(alert_test_result) {
    struct output_facts f;
    uint64_t number, newest = reporter_tested(s->reporter);
    if (!request_number(arguments->word[0], &number, e))
        return false;
    if (number != newest)
        return error_set(e,
                         "the reporter was started again meanwhile, or another test was begun; test again");
    json_write_array(out, "outputs");
    for (size_t i = 0; reporter_output(s->reporter, i, &f); i++) {
        json_write_object(out, NULL);
        json_write_text(out, "output", f.name);
        json_write_text(out, "result", fates[f.test]);
        json_write_text(out, "said", f.test == REPORT_TEST_ARRIVED ? f.proof : f.trouble);
        json_write_object_end(out);
    }
    json_write_array_end(out);
    return true;
}
