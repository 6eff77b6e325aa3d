/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"
#include "show.h"

#include <stdio.h>

static const char help[] =
    "gantryctl ledger - what has left in the last hour, day, 7 and 45 days\n"
    "\n"
    "Usage: gantryctl ledger [NETWORK [DESTINATION [CLASS]]]\n"
    "\n" CONTROL_HELP "\n"
    "A line is an image network, a destination (a partner; of a host that is nobody's its /24 or /56) and a "
    "class.\n"
    "Plates and images are different ones, within some percent; \"denied\" is what the policy did not "
    "allow.\n"
    "\n"
    "Try this:\n"
    "  gantryctl ledger\n"
    "  gantryctl ledger lanes 'Plate Systems' vehicle-image --json\n"
    "\n"
    "Exit status: 0 the sensor answered, 1 it did not (said on standard error), 2 usage.";

static const struct shown columns[] = {
    {"network", "network", SHOW_TEXT},
    {"destination", "destination", SHOW_TEXT},
    {"class", "class", SHOW_TEXT},
    {"hour", "hour.objects", SHOW_COUNT},
    {"day", "day.objects", SHOW_COUNT},
    {"7 days", "week.objects", SHOW_COUNT},
    {"45 days", "period.objects", SHOW_COUNT},
    {"bytes", "period.bytes", SHOW_BYTES},
    {"denied", "period.denied_objects", SHOW_COUNT},
    {"plates", "period.distinct_plates", SHOW_COUNT},
    {"images", "period.distinct_images", SHOW_COUNT},
    {0},
};

static const struct shown window_columns[] = {
    {"objects", "objects", SHOW_COUNT},
    {"bytes", "bytes", SHOW_BYTES},
    {"denied", "denied_objects", SHOW_COUNT},
    {"denied bytes", "denied_bytes", SHOW_BYTES},
    {"different plates", "distinct_plates", SHOW_COUNT},
    {"different images", "distinct_images", SHOW_COUNT},
    {0},
};

static void show_line(const json_t *line) {
    show_fields("The last hour", json_object_get(line, "hour"), window_columns);
    show_fields("The last day", json_object_get(line, "day"), window_columns);
    show_fields("The last 7 days", json_object_get(line, "week"), window_columns);
    show_fields("The last 45 days", json_object_get(line, "period"), window_columns);
}

static void show_ledger(const json_t *answer) {
    const json_t *lines = json_object_get(answer, "lines");
    show_table("Ledger", lines, columns);
    if (json_array_size(lines) == 1)
        show_line(json_array_get(lines, 0));
    if (json_is_true(json_object_get(answer, "cut")))
        puts("There are more lines; name a network or a destination.");
}

static int run_ledger(int argc, char **argv) {
    struct control_client c;
    int status = control_arguments(&ledger_command, NULL, 3, argc, argv, &c);
    if (status)
        return status;
    return control_show(&c, (const char *const[]){"ledger", c.word[0], c.word[1], c.word[2], NULL},
                        show_ledger);
}

const struct command ledger_command = {
    .name = "ledger",
    .summary = "what has left in the last hour, day, 7 and 45 days",
    .help = help,
    .run = run_ledger,
};
