/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
    &policy_command,
    &rules_command,
    &status_command,
    &top_command,
    &alert_command,
    &incidents_command,
    &ledger_command,
    &digest_command,
    &hosts_command,
    &fleet_command,
    &report_command,
    &reload_command,
    NULL,
};

int command_usage(const struct command *c, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("gantryctl: ", stderr);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "; see gantryctl %s%s--help\n", c ? c->name : "", c ? " " : "");
    return EXIT_USAGE;
}

static void print_help(void) {
    puts("gantryctl - look after the Gantry sensor\n"
         "\n"
         "Usage: gantryctl COMMAND [...]\n"
         "\n"
         "Commands:");
    for (const struct command *const *c = commands; *c; c++)
        printf("  %-10s %s\n", (*c)->name, (*c)->summary);
    puts("\n"
         "gantryctl COMMAND --help says more about one of them.\n"
         "\n"
         "  --help      this text\n"
         "  --version   the version\n"
         "\n"
         "Exit status: 0 done and all is well, 1 something is wrong (said on standard error), 2 usage.\n"
         "Manual: gantryctl(8), gantry-rules(5)");
}

static int is_word(const char *argument, const char *name, const char *brief) {
    return strcmp(argument, name) == 0 || strcmp(argument, brief) == 0;
}

int main(int argc, char **argv) {
    if (argc < 2)
        return command_usage(NULL, "name a command");
    if (is_word(argv[1], "--help", "-h")) {
        print_help();
        return EXIT_DONE;
    }
    if (is_word(argv[1], "--version", "-V")) {
        puts("gantryctl " GANTRY_VERSION);
        return EXIT_DONE;
    }
    for (const struct command *const *c = commands; *c; c++) {
        if (strcmp((*c)->name, argv[1]) != 0)
            continue;
        for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
            if (is_word(argv[i], "--help", "-h")) {
                puts((*c)->help);
                return EXIT_DONE;
            }
        return (*c)->run(argc - 1, argv + 1);
    }
    return command_usage(NULL, "%s is no command", argv[1]);
}
