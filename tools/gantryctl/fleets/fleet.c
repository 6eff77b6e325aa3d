/* SPDX-License-Identifier: Apache-2.0 */
#include "../control.h"
#include "../show.h"
#include "fleets.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
    "gantryctl fleet - all sensors of a fleet, and what has left past them together\n"
    "\n"
    "Usage: gantryctl fleet [-c FILE] [--json] [NETWORK [DESTINATION [CLASS]]]\n"
    "       gantryctl fleet [-c FILE] --forget SENSOR\n"
    "\n"
    "Asks the engine that fleet of the configuration names, and no sensor: it works on any machine that has "
    "the\n"
    "configuration's part fleet and the files that this names, and may read them.\n"
    "\n"
    "  -c, --config FILE    configuration; /etc/gantry/gantry.yaml if not given\n"
    "      --forget SENSOR  no longer lists this sensor, which is gone for good; what it counted stays\n"
    "      --json           one JSON document\n"
    "\n"
    "\"heard\": how long ago the sensor wrote last, which it does every 10 seconds. Sensors whose "
    "configuration or\n"
    "rules are the same have the same digest. A line is as in gantryctl ledger, summed over the sensors; one "
    "line\n"
    "alone is shown with each sensor's share.\n"
    "\n"
    "Try this:\n"
    "  gantryctl fleet\n"
    "  gantryctl fleet lanes 'Plate Systems' vehicle-image --json\n"
    "\n"
    "Exit status: 0 the engine answered, 1 it did not (said on standard error), 2 usage.";

static const struct shown sensor_columns[] = {
    {"sensor", "name", SHOW_TEXT},
    {"heard", "heard", SHOW_DURATION},
    {"version", "version", SHOW_TEXT},
    {"up", "uptime", SHOW_DURATION},
    {"configuration", "configuration.short", SHOW_TEXT},
    {"rules", "configuration.rules_short", SHOW_TEXT},
    {"packets", "counters.packets", SHOW_COUNT},
    {"dropped", "counters.dropped", SHOW_COUNT},
    {"cannot see", "warned", SHOW_TEXT},
    {0},
};

static const struct shown line_columns[] = {
    {"network", "network", SHOW_TEXT},
    {"destination", "destination", SHOW_TEXT},
    {"class", "class", SHOW_TEXT},
    {"sensors", "sensors", SHOW_COUNT},
    {"day", "day.objects", SHOW_COUNT},
    {"7 days", "week.objects", SHOW_COUNT},
    {"45 days", "period.objects", SHOW_COUNT},
    {"bytes", "period.bytes", SHOW_BYTES},
    {"denied", "period.denied_objects", SHOW_COUNT},
    {"plates", "period.distinct_plates", SHOW_COUNT},
    {"images", "period.distinct_images", SHOW_COUNT},
    {0},
};

static const struct shown share_columns[] = {
    {"sensor", "sensor", SHOW_TEXT},
    {"objects", "objects", SHOW_COUNT},
    {"bytes", "bytes", SHOW_BYTES},
    {"denied", "denied_objects", SHOW_COUNT},
    {0},
};

static void show_fleet(const json_t *answer) {
    const json_t *lines = json_object_get(answer, "lines");
    show_table("Sensors", json_object_get(answer, "sensors"), sensor_columns);
    show_table("Ledger of them all", lines, line_columns);
    if (json_array_size(lines) == 1)
        show_table("The last 45 days by sensor", json_object_get(json_array_get(lines, 0), "shares"),
                   share_columns);
    if (json_is_true(json_object_get(answer, "cut")))
        puts("There are more lines; name a network, a destination and a class.");
}

/* The configuration's part alone: rules and networks are no matter here. */
static bool read_options(const char *file, struct fleet_options *o) {
    static char room[64 << 10];
    static struct problems problems;
    struct arena arena;
    struct doc *document = doc_load(file, &problems);
    arena_init(&arena, room, sizeof room);
    struct setting_reader r = {.arena = &arena, .problems = &problems};
    const struct doc_node *map = document ? doc_get(doc_root(document), "fleet") : NULL;
    bool ok = document && (map || problem_error(&problems, file, 0,
                                                "fleet: is not there, so there is no engine to be asked; see "
                                                "gantry.yaml(5)"));
    ok = ok && setting_read(&r, map, fleet_settings, o) && fleet_check(&r, map, o) &&
         fleet_read_files(map, o, &problems);
    problems_print(&problems);
    problems_finish(&problems);
    doc_free(document);
    return ok;
}

static int run_fleet(int argc, char **argv) {
    static struct fleet_options options;
    const char *forget = NULL;
    const struct control_flag flags[] = {{"--forget", NULL, &forget}, {NULL, NULL, NULL}};
    struct control_client c;
    int status = control_arguments(&fleet_command, flags, 3, argc, argv, &c);
    if (status)
        return status;
    if (c.socket)
        return command_usage(&fleet_command, "--socket is of no use here: no sensor is asked");
    if (!read_options(c.config ? c.config : "/etc/gantry/gantry.yaml", &options))
        return EXIT_FAILED;
    if (forget)
        return fleet_forget(&options, forget) ? EXIT_DONE : EXIT_FAILED;
    const struct fleet_question q = {&options, {c.word[0], c.word[1], c.word[2]}};
    json_t *answer = fleet_gather(&q);
    if (!answer)
        return EXIT_FAILED;
    if (c.json)
        return control_print(answer);
    show_fleet(answer);
    json_decref(answer);
    return EXIT_DONE;
}

const struct command fleet_command = {
    .name = "fleet",
    .summary = "all sensors of a fleet, and what has left past them together",
    .help = help,
    .run = run_fleet,
};
