/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"
#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char help[] =
    "gantryctl alert test - prove that alerts arrive\n"
    "\n"
    "Usage: gantryctl alert test [-c FILE | --socket PATH] [--wait SECONDS] [--json]\n"
    "\n"
    "      --wait SECONDS how long receivers may take, 1 to 600; 10 if not given\n" CONTROL_HELP "\n"
    "Sends a message that says it is a test (rule gantry-test, no incident) through every output, whatever "
    "records\n"
    "this wants, and says what is known of each: RELP receivers acknowledge messages; of TCP and TLS it is "
    "known that the\n"
    "receiver's system has it; over UDP nobody can say. One that did not arrive stays in the outbox and goes "
    "out later.\n"
    "\n"
    "Try this:\n"
    "  gantryctl alert test\n"
    "\n"
    "Exit status: 0 it arrived everywhere, 1 it did not somewhere, or nobody was asked, 2 usage.";

static const struct timespec pause_ns = {.tv_nsec = 100000000};

static const struct shown columns[] = {{"output", "output", SHOW_TEXT},
                                       {"result", "result", SHOW_TEXT},
                                       {"what is known", "said", SHOW_TEXT},
                                       {0}};

/* How many outputs have this result. */
static size_t count_outputs(const json_t *answer, const char *result) {
    size_t i, n = 0;
    json_t *output;
    json_array_foreach(json_object_get(answer, "outputs"), i, output) {
        const char *is = json_string_value(json_object_get(output, "result"));
        n += is && strcmp(is, result) == 0;
    }
    return n;
}

/* The last answer within the time; NULL after saying why there is none. */
static json_t *wait_for(const struct control_client *c, json_int_t number, unsigned seconds) {
    const time_t until = time(NULL) + (time_t)seconds;
    char word[32];
    snprintf(word, sizeof word, "%lld", (long long)number);
    for (;;) {
        nanosleep(&pause_ns, NULL);
        json_t *answer = control_ask(c, (const char *const[]){"alert", "test-result", word, NULL});
        if (!answer || count_outputs(answer, "waiting") == 0 || time(NULL) >= until)
            return answer;
        json_decref(answer);
    }
}

static int show_outcome(const struct control_client *c, json_t *answer) {
    size_t all = json_array_size(json_object_get(answer, "outputs")),
           arrived = count_outputs(answer, "arrived");
    if (c->json) {
        control_print(answer);
    } else {
        show_table("Test alert", json_object_get(answer, "outputs"), columns);
        json_decref(answer);
    }
    if (arrived == all)
        return EXIT_DONE;
    fprintf(stderr,
            "gantryctl: the test alert did not arrive at %zu of %zu outputs; look at their receivers\n",
            all - arrived, all);
    return EXIT_FAILED;
}

static int run_alert(int argc, char **argv) {
    const char *wait = "10";
    char *rest;
    struct control_client c;
    const struct control_flag flags[] = {{"--wait", NULL, &wait}, {0}};
    int status = control_arguments(&alert_command, flags, 1, argc, argv, &c);
    if (status)
        return status;
    if (c.count != 1 || strcmp(c.word[0], "test") != 0)
        return command_usage(&alert_command, "say alert test");
    unsigned long seconds = strtoul(wait, &rest, 10);
    if (*rest || seconds < 1 || seconds > 600)
        return command_usage(&alert_command, "--wait takes seconds from 1 to 600, not %s", wait);
    json_t *begun = control_ask(&c, (const char *const[]){"alert", "test", NULL});
    json_t *answer =
        begun ? wait_for(&c, json_integer_value(json_object_get(begun, "test")), (unsigned)seconds) : NULL;
    json_decref(begun);
    return answer ? show_outcome(&c, answer) : EXIT_FAILED;
}

const struct command alert_command = {
    .name = "alert",
    .summary = "test: send a marked test alert through every output, and say which arrived",
    .help = help,
    .run = run_alert,
};
