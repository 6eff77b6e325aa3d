/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"
#include "show.h"
#include "stix.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
    "gantryctl incidents - what has left and was told: list, show, close; mute what nobody wants to be told\n"
    "\n"
    "Usage: gantryctl incidents [list] [--open | --closed] [--since DATE]\n"
    "       gantryctl incidents show ID [--stix]\n"
    "       gantryctl incidents close ID --reason TEXT\n"
    "       gantryctl incidents mute DESTINATION CLASS --until DATE --reason TEXT\n"
    "       gantryctl incidents unmute DESTINATION CLASS\n"
    "       gantryctl incidents mutes\n"
    "\n" CONTROL_HELP "\n"
    "      --stix         print the incident as a bundle of STIX 2.1, for other tools and other SOCs\n"
    "\n"
    "A mute hides the alerts of one class to one destination (a partner's name; an address or prefix that is "
    "no\n"
    "partner's) until a date, at most a year ahead. Incidents and ledger go on counting. Who muted or closed "
    "what, "
    "and\n"
    "why, is told to all outputs and kept. DATE is UTC: 2026-05-31 or 2026-05-31T04:12Z.\n"
    "\n"
    "Try this:\n"
    "  gantryctl incidents list --open\n"
    "  gantryctl incidents mute 203.0.113.0/24 image --until 2026-06-30 --reason 'test range, ticket 4711'\n"
    "\n"
    "Exit status: 0 done, 1 not done (said on standard error), 2 usage.";

static const struct shown columns[] = {
    {"id", "id", SHOW_TEXT},
    {"state", "state", SHOW_TEXT},
    {"sev", "severity", SHOW_PLAIN},
    {"class", "class", SHOW_TEXT},
    {"verdict", "verdict", SHOW_TEXT},
    {"partner", "partner", SHOW_TEXT},
    {"destination", "destination", SHOW_TEXT},
    {"objects", "objects", SHOW_COUNT},
    {"bytes", "bytes", SHOW_BYTES},
    {"last", "last", SHOW_TIME},
    {0},
};

static const struct shown fields[] = {
    {"id", "id", SHOW_TEXT},
    {"state", "state", SHOW_TEXT},
    {"severity", "severity", SHOW_PLAIN},
    {"class", "class", SHOW_TEXT},
    {"verdict", "verdict", SHOW_TEXT},
    {"reason", "reason", SHOW_TEXT},
    {"from", "network", SHOW_TEXT},
    {"source", "source", SHOW_TEXT},
    {"to", "partner", SHOW_TEXT},
    {"destination", "destination", SHOW_TEXT},
    {"asked for", "target", SHOW_TEXT},
    {"contract", "contract", SHOW_TEXT},
    {"protocol", "protocol", SHOW_TEXT},
    {"rule", "rule", SHOW_TEXT},
    {"file", "file", SHOW_TEXT},
    {"objects", "objects", SHOW_COUNT},
    {"bytes", "bytes", SHOW_BYTES},
    {"distinct plates", "distinct_plates", SHOW_COUNT},
    {"first", "first", SHOW_TIME},
    {"last", "last", SHOW_TIME},
    {"alerts", "alerts", SHOW_COUNT},
    {"held back since", "held_alerts", SHOW_COUNT},
    {"closed because", "settled", SHOW_TEXT},
    {"closed by uid", "settled_by", SHOW_PLAIN},
    {"objects count in", "joined", SHOW_TEXT},
    {0},
};

static const struct shown alert_columns[] = {
    {"alert", "sequence", SHOW_COUNT},
    {"time", "time", SHOW_TIME},
    {"state", "state", SHOW_TEXT},
    {"sev", "severity", SHOW_PLAIN},
    {"objects", "objects", SHOW_COUNT},
    {"bytes", "bytes", SHOW_BYTES},
    {"plates", "distinct_plates", SHOW_COUNT},
    {0},
};

static const struct shown file_columns[] = {
    {"sha256", "sha256", SHOW_TEXT}, {"bytes", "bytes", SHOW_BYTES}, {0}};

static const struct shown mute_columns[] = {
    {"destination", "destination", SHOW_TEXT},
    {"class", "class", SHOW_TEXT},
    {"until", "until", SHOW_TIME},
    {"uid", "uid", SHOW_PLAIN},
    {"hidden", "hidden", SHOW_COUNT},
    {"reason", "reason", SHOW_TEXT},
    {0},
};

static void show_list(const json_t *answer) {
    show_table("Incidents", json_object_get(answer, "incidents"), columns);
    if (json_is_true(json_object_get(answer, "cut")))
        puts("There are more; ask with --since or --open.");
}

static void show_one(const json_t *answer) {
    show_fields("Incident", json_array_get(json_object_get(answer, "incidents"), 0), fields);
    const json_t *files = json_object_get(json_array_get(json_object_get(answer, "incidents"), 0), "files");
    if (json_array_size(files))
        show_table("Its first files", files, file_columns);
    show_table("Alerts that went out", json_object_get(answer, "alerts"), alert_columns);
}

static void show_mutes(const json_t *answer) {
    show_table("Mutes", json_object_get(answer, "mutes"), mute_columns);
}

static void show_done(const json_t *answer) {
    puts("done");
}

/* What is said after the command's name goes to the sensor as it is, with the options behind it. */
struct given {
    bool open, closed, stix;
    const char *since, *until, *reason;
};

static const struct action {
    const char *name;
    size_t words; /* behind the name */
    bool reason, until;
    void (*show)(const json_t *answer);
} actions[] = {
    {"list", 0, false, false, show_list},   {"show", 1, false, false, show_one},
    {"close", 1, true, false, show_done},   {"mute", 2, true, true, show_mutes},
    {"unmute", 2, false, false, show_done}, {"mutes", 0, false, false, show_mutes},
};

static const struct action *find_action(const char *name) {
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

static int check_options(const struct action *a, const struct control_client *c, const struct given *g) {
    size_t words = c->count ? c->count - 1 : 0;
    if (words != a->words)
        return command_usage(&incidents_command, "%s takes %zu words, not %zu", a->name, a->words, words);
    if (a->reason && !g->reason)
        return command_usage(&incidents_command, "%s needs --reason TEXT", a->name);
    if (a->until && !g->until)
        return command_usage(&incidents_command, "%s needs --until DATE", a->name);
    if (g->open && g->closed)
        return command_usage(&incidents_command, "--open and --closed are opposites");
    if (g->stix && (a->show != show_one || c->json))
        return command_usage(&incidents_command, "--stix goes with show alone, and without --json");
    return 0;
}

/* The request's words, in the order of the sensor's table. */
static void compose_words(const struct action *a, const struct control_client *c, const struct given *g,
                          const char **words) {
    size_t n = 0;
    words[n++] = "incidents";
    words[n++] = a->name;
    for (size_t i = 1; i < c->count; i++)
        words[n++] = c->word[i];
    if (a->show == show_list)
        words[n++] = g->open ? "open" : g->closed ? "closed" : "all";
    if (a->show == show_list && g->since)
        words[n++] = g->since;
    if (a->until)
        words[n++] = g->until;
    if (a->reason)
        words[n++] = g->reason;
    words[n] = NULL;
}

static int print_stix(const struct control_client *c, const char *const *words) {
    json_t *answer = control_ask(c, words), *bundle = answer ? stix_bundle(answer) : NULL;
    if (answer && !bundle)
        fputs("gantryctl: the incident cannot be written as STIX: no memory\n", stderr);
    json_decref(answer);
    return bundle ? control_print(bundle) : EXIT_FAILED;
}

static int run_incidents(int argc, char **argv) {
    struct given g = {.open = false};
    const struct control_flag flags[] = {{"--open", &g.open, NULL},
                                         {"--closed", &g.closed, NULL},
                                         {"--since", NULL, &g.since},
                                         {"--until", NULL, &g.until},
                                         {"--reason", NULL, &g.reason},
                                         {"--stix", &g.stix, NULL},
                                         {0}};
    const char *words[16];
    struct control_client c;
    int status = control_arguments(&incidents_command, flags, CONTROL_WORDS_MAX, argc, argv, &c);
    if (status)
        return status;
    const struct action *a = find_action(c.count ? c.word[0] : "list");
    if (!a)
        return command_usage(&incidents_command, "%s is not known", c.word[0]);
    if ((status = check_options(a, &c, &g)))
        return status;
    compose_words(a, &c, &g, words);
    return g.stix ? print_stix(&c, words) : control_show(&c, words, a->show);
}

const struct command incidents_command = {
    .name = "incidents",
    .summary = "list, show and close incidents; mute alerts",
    .help = help,
    .run = run_incidents,
};
