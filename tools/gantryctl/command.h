/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRYCTL_COMMAND_H
#define GANTRYCTL_COMMAND_H

/* One subcommand of gantryctl: one file with one of these, and one line of the table in gantryctl.c. */
struct command {
    const char *name;
    const char *summary; /* one line of gantryctl --help */
    const char *help;    /* gantryctl NAME --help */
    /* argv[0] is the subcommand's name. Returns the exit status. */
    int (*run)(int argc, char **argv);
};

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE };

/* One line on standard error, "gantryctl: ...; see gantryctl NAME --help". Returns EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int command_usage(const struct command *c, const char *format, ...);

extern const struct command policy_command, rules_command, status_command, top_command, reload_command, alert_command,
    incidents_command, ledger_command, digest_command, hosts_command,
    report_command, fleet_command;

#endif
