/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"
#include "show.h"

#include <stdio.h>

static const char help[] =
    "gantryctl digest - the day so far, or the days since a date, in numbers\n"
    "\n"
    "Usage: gantryctl digest [--since DATE]\n"
    "\n" CONTROL_HELP "\n"
    "Without --since it sums up from the last digest that was told (digest.at of the configuration). With "
    "it, all "
    "digests\n"
    "that ended after DATE (UTC: 2026-05-31 or 2026-05-31T04:12Z) are added, as long as the store keeps "
    "them.\n"
    "\n"
    "Try this:\n"
    "  gantryctl digest --since 2026-05-01\n"
    "\n"
    "Exit status: 0 the sensor answered, 1 it did not (said on standard error), 2 usage.";

static const struct shown incidents[] = {
    {"opened", "incidents.opened", SHOW_COUNT},
    {"grown (alerts)", "incidents.grown", SHOW_COUNT},
    {"changed class", "incidents.changed", SHOW_COUNT},
    {"closed", "incidents.closed", SHOW_COUNT},
    {"of the ledger", "incidents.of_the_ledger", SHOW_COUNT},
    {"open now", "incidents.open", SHOW_COUNT},
    {0},
};

static const struct shown alerts[] = {
    {"sent", "alerts.sent", SHOW_COUNT},
    {"queued", "alerts.queued", SHOW_COUNT},
    {"in doubt", "alerts.in_doubt", SHOW_COUNT},
    {"sent again", "alerts.repeated", SHOW_COUNT},
    {"lost", "alerts.lost", SHOW_COUNT},
    {"refused", "alerts.refused", SHOW_COUNT},
    {"held back", "alerts.held_back", SHOW_COUNT},
    {"muted", "alerts.muted", SHOW_COUNT},
    {0},
};

static const struct shown volume[] = {
    {"verdict", "verdict", SHOW_TEXT},
    {"network", "network", SHOW_TEXT},
    {"destination", "destination", SHOW_TEXT},
    {"objects", "objects", SHOW_COUNT},
    {"bytes", "bytes", SHOW_BYTES},
    {0},
};

static const struct shown contracts[] = {
    {"partner", "partner", SHOW_TEXT}, {"contract", "contract", SHOW_TEXT}, {"", "says", SHOW_TEXT}, {0}};

static const struct shown mutes[] = {
    {"destination", "destination", SHOW_TEXT}, {"class", "class", SHOW_TEXT},   {"until", "until", SHOW_TIME},
    {"hidden", "hidden", SHOW_COUNT},          {"reason", "reason", SHOW_TEXT}, {0},
};

static void show_unseen(const json_t *unseen) {
    const char *key;
    json_t *value;
    char name[SHOW_ROOM], room[SHOW_ROOM];
    show_heading("What was not seen");
    json_object_foreach((json_t *)unseen, key, value)
        printf("  %-28s %s\n", show_text(key, name), show_value(value, SHOW_COUNT, room));
    if (json_object_size(unseen) == 0)
        puts("  nothing that the sensor knows of");
}

static void show_list(const char *heading, const json_t *answer, const char *key,
                      const struct shown *columns) {
    char rest[48];
    snprintf(rest, sizeof rest, "%s_left_out", key);
    json_int_t left_out = json_integer_value(json_object_get(answer, rest));
    show_table(heading, json_object_get(answer, key), columns);
    if (left_out)
        printf("  and %lld more\n", (long long)left_out);
}

static void show_digest(const json_t *answer) {
    static const struct shown span[] = {{"from", "since", SHOW_TIME}, {"to", "until", SHOW_TIME}, {0}};
    show_fields("Digest", answer, span);
    show_fields("Incidents", answer, incidents);
    show_list("What left", answer, "volume", volume);
    show_list("Contracts to look at", answer, "contracts", contracts);
    show_unseen(json_object_get(answer, "unseen"));
    show_fields("Messages", answer, alerts);
    show_list("Mutes", answer, "mutes", mutes);
}

static int run_digest(int argc, char **argv) {
    const char *since = NULL;
    const struct control_flag flags[] = {{"--since", NULL, &since}, {0}};
    struct control_client c;
    int status = control_arguments(&digest_command, flags, 0, argc, argv, &c);
    return status ? status : control_show(&c, (const char *const[]){"digest", since, NULL}, show_digest);
}

const struct command digest_command = {
    .name = "digest",
    .summary = "the day in numbers: incidents, what left, what was not seen",
    .help = help,
    .run = run_digest,
};
