/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"
#include "show.h"

#include <stdio.h>

static const char help[] =
    "gantryctl status - what the sensor does, what is in force, and what it could not see\n"
    "\n"
    "Usage: gantryctl status [-c FILE | --socket PATH] [--json]\n"
    "\n" CONTROL_HELP "\n"
    "Packets, drops and losses are counted since the sensor was started, and are the same numbers as in its "
    "stats\n"
    "records. Root and members of the sensor's group may ask.\n"
    "\n"
    "Try this:\n"
    "  gantryctl status\n"
    "  gantryctl status --json | jq .stats.capture\n"
    "\n"
    "Exit status: 0 the sensor answered, 1 it did not (said on standard error), 2 usage.";

/* One line each: what stands at a path of the answer. Add lines here. */
static const struct shown head[] = {
    {"version", "version", SHOW_TEXT},
    {"name", "name", SHOW_TEXT},
    {"interface", "interface", SHOW_TEXT},
    {"started", "started", SHOW_TIME},
    {"uptime", "uptime", SHOW_DURATION},
    {"boot id", "boot", SHOW_TEXT},
    {"configuration", "configuration.version", SHOW_PLAIN},
    {"last reload", "configuration.reloaded", SHOW_TIME},
    {"it was", "configuration.reload", SHOW_TEXT},
    {0},
};

static const struct shown seen[] = {
    {"packets", "stats.capture.packets", SHOW_COUNT},
    {"bytes", "stats.capture.bytes", SHOW_BYTES},
    {"flows open", "stats.flow.open", SHOW_COUNT},
    {"objects", "stats.content.objects", SHOW_COUNT},
    {"findings", "stats.inspect.findings", SHOW_COUNT},
    {"incidents open", "stats.report.incidents_open", SHOW_COUNT},
    {"ledger lines", "stats.report.ledger_lines", SHOW_COUNT},
    {"database", "stats.report.store_bytes", SHOW_BYTES},
    {0},
};

static const struct shown not_seen[] = {
    {"dropped by kernel", "stats.capture.kernel_drops", SHOW_COUNT},
    {"dropped by card", "stats.capture.interface_drops", SHOW_COUNT},
    {"lost to restarts", "stats.capture.lost_to_restart", SHOW_COUNT},
    {"loss of late", "stats.health.loss_ppm", SHOW_PPM},
    {"bytes acknowledged unseen", "stats.stream.gap_bytes", SHOW_BYTES},
    {"encrypted", "stats.protocol.encrypted_bytes", SHOW_BYTES},
    {"objects cut short", "stats.content.objects_incomplete", SHOW_COUNT},
    {"worker restarts", "stats.process.worker_restarts", SHOW_COUNT},
    {"reporter restarts", "stats.process.reporter_restarts", SHOW_COUNT},
    {"records given up", "stats.channel.records_given_up", SHOW_COUNT},
    {0},
};

static const struct shown output_columns[] = {
    {"output", "output", SHOW_TEXT},
    {"queued", "queued", SHOW_COUNT},
    {"in doubt", "in_doubt", SHOW_COUNT},
    {"delivered", "delivered", SHOW_COUNT},
    {"lost", "lost", SHOW_COUNT},
    {"state", "state", SHOW_TEXT},
    {0},
};

static const struct shown worker_columns[] = {
    {"worker", "worker", SHOW_COUNT},
    {"pid", "pid", SHOW_PLAIN},
    {"packets", "packets", SHOW_COUNT},
    {"drops", "drops", SHOW_COUNT},
    {"flows", "flows", SHOW_COUNT},
    {"restarts", "restarts", SHOW_COUNT},
    {"last packet", "last_packet", SHOW_TIME},
    {0},
};

static const struct shown process_columns[] = {
    {"role", "role", SHOW_TEXT},
    {"number", "number", SHOW_COUNT},
    {"pid", "pid", SHOW_PLAIN},
    {"starts", "starts", SHOW_COUNT},
    {0},
};

static void show_status(const json_t *answer) {
    show_fields("Sensor", answer, head);
    show_table("Workers", json_object_get(answer, "workers"), worker_columns);
    show_fields("Seen", answer, seen);
    show_fields("Not seen", answer, not_seen);
    show_table("Outputs", json_object_get(answer, "outputs"), output_columns);
    if (json_array_size(json_object_get(answer, "warnings")))
        show_lines("Warnings that hold, see gantry(8), HEALTH", json_object_get(answer, "warnings"));
    show_table("Processes", json_object_get(answer, "processes"), process_columns);
    show_lines("Sandbox", json_object_get(answer, "sandbox"));
}

static int run_status(int argc, char **argv) {
    struct control_client c;
    int status = control_arguments(&status_command, NULL, 0, argc, argv, &c);
    return status ? status : control_show(&c, (const char *const[]){"status", NULL}, show_status);
}

const struct command status_command = {
    .name = "status",
    .summary = "what the running sensor does, what is in force, what it could not see",
    .help = help,
    .run = run_status,
};
