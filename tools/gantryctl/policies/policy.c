/* SPDX-License-Identifier: Apache-2.0 */
#include "policies.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static const char help[] =
    "gantryctl policy - check who may receive what, and explain it\n"
    "\n"
    "Usage: gantryctl policy check   [-c FILE] [--socket PATH] [--json]\n"
    "       gantryctl policy explain [-c FILE] [--socket PATH] [--json] [--at TIME] SRC DST [CLASS] "
    "[PROTOCOL]\n"
    "\n"
    "check    loads the configuration as the sensor does, and names what somebody should look after: "
    "contracts that\n"
    "         run out within 30 days or have, partners without one, contracts that were never used (if the "
    "sensor\n"
    "         runs and can be asked), prefixes that overlap or are never reached, classes that no rule "
    "gives.\n"
    "explain  says what would happen with something that SRC sends to DST: whose they are, each contract "
    "term by\n"
    "         term, verdict, whether it alerts, and which line of which file says so. DST may be a name; "
    "since the\n"
    "         sender chooses it, a name can make a verdict worse and never better. CLASS is one that the "
    "rules give,\n"
    "         PROTOCOL a name of nDPI's, such as TLS, HTTP or TLS.Dropbox; a term that you do not name is "
    "not asked.\n"
    "\n"
    "  -c, --config FILE  configuration; /etc/gantry/gantry.yaml if not given\n"
    "      --socket PATH  control socket of the running sensor, which knows what was received today\n"
    "      --at TIME      when it is sent: 2026-05-30T03:12:00Z, or 2026-05-30 for the noon of that day "
    "(UTC); now if\n"
    "                     not given\n"
    "      --json         one JSON document\n"
    "\n"
    "Try this:\n"
    "  gantryctl policy check -c /etc/gantry/gantry.yaml\n"
    "  gantryctl policy explain 10.40.3.7 198.51.100.20 vehicle-image HTTP\n"
    "  gantryctl policy explain --at 2026-05-30T03:12:00Z 10.40.3.7 files.platesystems.example\n"
    "\n"
    "Exit status: 0 nothing to say (explain: whatever the verdict), 1 something to look after, or an error, "
    "2 usage.";

static int read_words(struct policy_words *w, int argc, char **argv) {
    const struct {
        const char *name;
        const char **value;
    } options[] = {{"-c", &w->config}, {"--config", &w->config}, {"--socket", &w->socket}, {"--at", &w->at}};
    for (int i = 1; i < argc; i++) {
        const char **value = NULL;
        for (size_t k = 0; k < sizeof options / sizeof *options; k++)
            if (strcmp(options[k].name, argv[i]) == 0)
                value = options[k].value;
        if (value && i + 1 == argc)
            return command_usage(&policy_command, "%s needs a value", argv[i]);
        if (value)
            *value = argv[++i];
        else if (strcmp(argv[i], "--json") == 0)
            w->json = true;
        else if (argv[i][0] == '-')
            return command_usage(&policy_command, "%s is no option here", argv[i]);
        else if (w->count < sizeof w->word / sizeof *w->word)
            w->word[w->count++] = argv[i];
        else
            return command_usage(&policy_command, "%s is one word too many", argv[i]);
    }
    return 0;
}

/* As much room as the sensor has for it; taken as it is used. */
const struct config *policy_config(const char *path, struct problems *problems) {
    const size_t size = (size_t)1 << 30;
    struct arena arena;
    void *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) {
        problem_error(problems, path, 0, "no memory for the configuration");
        return NULL;
    }
    arena_init(&arena, room, size);
    return config_load(path, NULL, NULL, &arena, problems);
}

static int run_policy(int argc, char **argv) {
    static const struct {
        const char *name;
        int (*run)(const struct policy_words *w);
    } verbs[] = {{"check", policy_check}, {"explain", policy_explain}};
    struct policy_words w = {.config = "/etc/gantry/gantry.yaml"};
    if (argc < 2)
        return command_usage(&policy_command, "say check or explain");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i].name, argv[1]) != 0)
            continue;
        int status = read_words(&w, argc - 1, argv + 1);
        return status ? status : verbs[i].run(&w);
    }
    return command_usage(&policy_command, "%s is neither check nor explain", argv[1]);
}

const struct command policy_command = {
    .name = "policy",
    .summary = "check who may receive what, and explain what would happen",
    .help = help,
    .run = run_policy,
};
