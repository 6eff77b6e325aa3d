/* SPDX-License-Identifier: Apache-2.0 */
#include "page/report.h"

#include "control.h"
#include "page/page.h"
#include "show.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char help[] =
    "gantryctl report - what has left, as one page for people\n"
    "\n"
    "Usage: gantryctl report --html FILE [--since DATE] [-c FILE | --socket PATH]\n"
    "\n"
    "      --html FILE    where the page goes; - for standard output\n"
    "      --since DATE   from this day on, YYYY-MM-DD; 45 days back if not given\n" CONTROL_HELP "\n"
    "The page stands alone: it fetches nothing, runs no script, and can be mailed and printed. It shows "
    "incidents over\n"
    "time, destinations by volume and verdict, contracts and their use, and what the sensor could not see. "
    "It holds\n"
    "names of networks, partners and addresses, but no plate and no file.\n"
    "\n"
    "Try this:\n"
    "  gantryctl report --html gantry.html\n"
    "\n"
    "Exit status: 0 done, 1 the sensor did not answer or the file cannot be written, 2 usage.";

enum { DAYS_BACK = 45 };

const struct chart_series report_verdicts[REPORT_VERDICTS] = {
    {"unknown", "c-unknown"},          {"unapproved", "c-unapproved"},       {"breach", "c-breach"},
    {"unapproved-reader", "c-reader"}, {"reader-breach", "c-reader-breach"}, {"approved", "c-approved"}};

int report_verdict(const char *name) {
    for (int i = 0; i < REPORT_VERDICTS; i++)
        if (strcmp(report_verdicts[i].name, name) == 0)
            return i;
    return -1;
}

const char *report_text(const json_t *from, const char *path) {
    const char *text = json_string_value(show_find(from, path));
    return text ? text : "";
}

double report_number(const json_t *from, const char *path) {
    return json_number_value(show_find(from, path));
}

/* --- the page --- */

static void tile_count(FILE *out, double value, const char *label, const char *style) {
    char text[48];
    chart_count(value, text, sizeof text);
    page_tile(out, text, label, value > 0 ? style : NULL);
}

static void sum_bytes(const json_t *digest, double bytes[REPORT_VERDICTS]) {
    size_t i;
    json_t *line;
    json_array_foreach(show_find(digest, "volume"), i, line) {
        int verdict = report_verdict(report_text(line, "verdict"));
        if (verdict >= 0)
            bytes[verdict] += report_number(line, "bytes");
    }
}

static void put_tiles(FILE *out, const struct report_answers *a) {
    double bytes[REPORT_VERDICTS] = {0}, denied = 0;
    char text[48];
    sum_bytes(a->digest, bytes);
    for (int i = 0; i < REPORT_VERDICTS; i++)
        denied += i == report_verdict("approved") ? 0 : bytes[i];
    page_tiles_begin(out);
    tile_count(out, report_number(a->digest, "incidents.open"), "incidents open", "t-unapproved");
    tile_count(out, report_number(a->digest, "incidents.opened"), "incidents opened", NULL);
    chart_bytes(denied, text, sizeof text);
    page_tile(out, text, "left though nobody allowed it", denied > 0 ? "t-unapproved" : NULL);
    chart_bytes(bytes[report_verdict("approved")], text, sizeof text);
    page_tile(out, text, "left under a contract", NULL);
    tile_count(out, report_number(a->status, "stats.capture.kernel_drops"), "packets that the kernel dropped",
               "t-breach");
    page_tiles_end(out);
}

bool report_write(FILE *out, const struct report_answers *a) {
    char title[SHOW_ROOM + 32], subtitle[4 * SHOW_ROOM], room[3][SHOW_ROOM];
    snprintf(title, sizeof title, "What left, as %.200s saw it", report_text(a->status, "name"));
    snprintf(subtitle, sizeof subtitle, "%s to %s, times in UTC",
             show_value(show_find(a->digest, "since"), SHOW_TIME, room[0]),
             show_value(show_find(a->digest, "until"), SHOW_TIME, room[1]));
    page_begin(out, title, subtitle);
    put_tiles(out, a);
    bool ok = report_incidents_over_time(out, show_find(a->incidents, "incidents")) &&
              report_destinations(out, a->digest);
    report_contracts(out, a->contracts, a->digest);
    report_unseen(out, a->digest, a->status);
    report_incident_table(out, a->incidents);
    report_mutes(out, a->digest);
    snprintf(subtitle, sizeof subtitle,
             "Gantry %.40s on %.200s, made %s. What leaves on a USB disk never crosses the span port and is "
             "not in here.",
             report_text(a->status, "version"), report_text(a->status, "name"),
             show_value(show_find(a->status, "time"), SHOW_TIME, room[2]));
    page_end(out, subtitle);
    return ok;
}

/* --- the command --- */

/* Written whole or not at all, and for its owner alone. */
static int write_file(const char *path, const struct report_answers *answers) {
    char temporary[4096];
    int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    int fd = n < (int)sizeof temporary ? mkstemp(temporary) : -1;
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool ok = out && report_write(out, answers);
    if (out && fclose(out) != 0)
        ok = false;
    if (ok && rename(temporary, path) == 0)
        return EXIT_DONE;
    fprintf(stderr, "gantryctl: %s cannot be written: %s; name a file in a folder that you may write\n", path,
            n < (int)sizeof temporary ? strerror(errno) : "its name is too long");
    if (fd >= 0)
        unlink(temporary);
    return EXIT_FAILED;
}

static int write_page(const char *path, const struct report_answers *answers) {
    if (strcmp(path, "-") != 0)
        return write_file(path, answers);
    return report_write(stdout, answers) && fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

static int ask_and_write(const struct control_client *c, const char *path, const char *since) {
    json_t *status = control_ask(c, (const char *const[]){"status", NULL});
    json_t *digest = status ? control_ask(c, (const char *const[]){"digest", since, NULL}) : NULL;
    json_t *incidents =
        digest ? control_ask(c, (const char *const[]){"incidents", "list", "all", since, NULL}) : NULL;
    json_t *contracts = incidents ? control_ask(c, (const char *const[]){"contracts", NULL}) : NULL;
    int result = EXIT_FAILED;
    if (contracts)
        result = write_page(path, &(struct report_answers){status, incidents, digest, contracts});
    json_decref(status);
    json_decref(digest);
    json_decref(incidents);
    json_decref(contracts);
    return result;
}

static int run_report(int argc, char **argv) {
    const char *html = NULL, *since = NULL;
    const struct control_flag flags[] = {
        {.name = "--html", .value = &html}, {.name = "--since", .value = &since}, {0}};
    struct control_client c;
    char start[16];
    int status = control_arguments(&report_command, flags, 0, argc, argv, &c);
    if (status)
        return status;
    if (!html)
        return command_usage(&report_command, "where the page goes is missing: --html FILE");
    if (!since) {
        time_t then = time(NULL) - DAYS_BACK * 86400;
        strftime(start, sizeof start, "%Y-%m-%d", gmtime(&then));
        since = start;
    }
    return ask_and_write(&c, html, since);
}

const struct command report_command = {
    .name = "report",
    .summary = "one HTML page for people: incidents, destinations, contracts, what was not seen",
    .help = help,
    .run = run_report,
};
