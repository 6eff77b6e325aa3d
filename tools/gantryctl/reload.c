/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"
#include "plain.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char help[] =
    "gantryctl reload - load the configuration, its rules, networks, contracts and outputs again\n"
    "\n"
    "Usage: gantryctl reload [-c FILE | --socket PATH] [--json]\n"
    "\n" CONTROL_HELP "\n"
    "Flows and transfers that are under way end under the old configuration; no packet is lost. With a "
    "mistake in it\n"
    "nothing changes, and the mistakes are printed as FILE:LINE: what is wrong and how to mend it. What "
    "takes effect\n"
    "only when the sensor is started again (interface, rings, workers) is said.\n"
    "\n"
    "Try this:\n"
    "  gantry -c /etc/gantry/gantry.yaml --check && gantryctl reload\n"
    "\n"
    "Exit status: 0 the new configuration is in force, 1 it is not (said on standard error), 2 usage.";

enum { WAIT_S = 60 }; /* rules may have to be compiled */
static const struct timespec pause_ns = {.tv_nsec = 100000000};

static time_t seconds_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

/* The reporter, which answers, changes in a reload, and may die at any time: its successor knows the request
 * too. NULL after saying why there is no answer. */
static json_t *ask_on(const struct control_client *c, const char *const *words, time_t end) {
    struct control_failure f;
    json_t *answer;
    while (!(answer = control_try(c, words, &f)) && f.passing && seconds_now() < end)
        nanosleep(&pause_ns, NULL);
    if (!answer)
        control_complain(&f);
    return answer;
}

/* The result of request `number`; NULL after saying why there is none. */
static json_t *wait_for(const struct control_client *c, json_int_t number, time_t end) {
    char word[32];
    snprintf(word, sizeof word, "%lld", (long long)number);
    while (seconds_now() < end) {
        json_t *answer = ask_on(c, (const char *const[]){"reload-status", word, NULL}, end);
        if (!answer || json_is_true(json_object_get(answer, "done")))
            return answer;
        json_decref(answer);
        nanosleep(&pause_ns, NULL);
    }
    fputs("gantryctl: the sensor has not reloaded within a minute; look at its log\n", stderr);
    return NULL;
}

static void tell_outcome(const json_t *result, bool refused) {
    const char *told = json_string_value(json_object_get(result, "told"));
    FILE *out = refused ? stderr : stdout;
    if (told)
        plain_print(out, told);
    if (told && *told && told[strlen(told) - 1] != '\n')
        fputc('\n', out);
    if (refused)
        fputs("gantryctl: the configuration was not taken; nothing has changed\n", stderr);
    else
        printf("configuration %lld is in force\n",
               (long long)json_integer_value(json_object_get(result, "version")));
}

static int run_reload(int argc, char **argv) {
    struct control_client c;
    int status = control_arguments(&reload_command, NULL, 0, argc, argv, &c);
    if (status)
        return status;
    time_t end = seconds_now() + WAIT_S;
    json_t *asked = ask_on(&c, (const char *const[]){"reload", NULL}, end);
    json_t *result = asked ? wait_for(&c, json_integer_value(json_object_get(asked, "request")), end) : NULL;
    json_decref(asked);
    if (!result)
        return EXIT_FAILED;
    bool refused = json_is_true(json_object_get(result, "refused"));
    if (c.json) {
        control_print(result);
    } else {
        tell_outcome(result, refused);
        json_decref(result);
    }
    return refused ? EXIT_FAILED : EXIT_DONE;
}

const struct command reload_command = {
    .name = "reload",
    .summary = "load configuration, rules and outputs again, without losing a packet",
    .help = help,
    .run = run_reload,
};
