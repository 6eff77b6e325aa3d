/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"
#include "show.h"

#include <stdio.h>

static const char help[] =
    "gantryctl hosts - who is known to speak in the image networks\n"
    "\n"
    "Usage: gantryctl hosts [NETWORK]\n"
    "\n" CONTROL_HELP "\n"
    "A host is an address, of IPv6 a /64, that has sent something and was answered; with it stands the "
    "network card\n"
    "that it spoke from last, unless that is a router's. Those that were seen last come first. \"learnt\": "
    "it spoke\n"
    "while its network was new to the sensor, so that no new-host notice was made of it.\n"
    "\n"
    "Try this:\n"
    "  gantryctl hosts\n"
    "  gantryctl hosts lanes --json\n"
    "\n"
    "Exit status: 0 the sensor answered, 1 it did not (said on standard error), 2 usage.";

static const struct shown columns[] = {
    {"network", "network", SHOW_TEXT},
    {"host", "host", SHOW_TEXT},
    {"card", "card", SHOW_TEXT},
    {"first", "first", SHOW_TIME},
    {"last", "last", SHOW_TIME},
    {"learnt", "learnt", SHOW_TEXT},
    {0},
};

static void show_hosts(const json_t *answer) {
    show_table("Hosts", json_object_get(answer, "hosts"), columns);
    if (json_is_true(json_object_get(answer, "cut")))
        puts("There are more hosts; name a network.");
}

static int run_hosts(int argc, char **argv) {
    struct control_client c;
    int status = control_arguments(&hosts_command, NULL, 1, argc, argv, &c);
    if (status)
        return status;
    return control_show(&c, (const char *const[]){"hosts", c.word[0], NULL}, show_hosts);
}

const struct command hosts_command = {
    .name = "hosts",
    .summary = "who is known to speak in the image networks",
    .help = help,
    .run = run_hosts,
};
