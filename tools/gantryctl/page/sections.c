/* SPDX-License-Identifier: Apache-2.0 */
#include "page/report.h"

#include "base/counter.h"
#include "page/page.h"
#include "show.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DESTINATIONS_SHOWN = 20, INCIDENTS_SHOWN = 200, DAY_TEXT = 11 };

static void put_none(FILE *out, const char *text) {
    fprintf(out, "<p>%s</p>\n", text);
}

/* --- incidents over time --- */

struct days {
    struct chart_item *items;
    char (*labels)[DAY_TEXT];
    size_t count;
};

/* Days since 1970 of the date that a text begins with. */
static long day_of(const char *text) {
    struct tm tm = {0};
    if (sscanf(text, "%d-%d-%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) != 3)
        return -1;
    tm.tm_year -= 1900;
    tm.tm_mon--;
    return (long)(timegm(&tm) / 86400);
}

static void day_text(long day, char out[DAY_TEXT]) {
    time_t t = (time_t)day * 86400;
    strftime(out, DAY_TEXT, "%Y-%m-%d", gmtime(&t));
}

/* The first and last day on which an incident opened; at most the last `most` days of them. */
static bool day_range(const json_t *incidents, long most, long *first, long *last) {
    size_t i;
    json_t *line;
    *first = *last = -1;
    json_array_foreach(incidents, i, line) {
        long day = day_of(report_text(line, "first"));
        if (day >= 0 && (*last < 0 || day > *last))
            *last = day;
        if (day >= 0 && (*first < 0 || day < *first))
            *first = day;
    }
    if (*last - *first >= most)
        *first = *last - most + 1;
    return *last >= 0;
}

static bool days_make(struct days *d, const json_t *incidents) {
    enum { MOST = 92 };
    long first, last;
    size_t i;
    json_t *line;
    if (!day_range(incidents, MOST, &first, &last))
        return true;
    d->count = (size_t)(last - first + 1);
    d->items = calloc(d->count, sizeof *d->items);
    d->labels = calloc(d->count, sizeof *d->labels);
    if (!d->items || !d->labels)
        return false;
    for (size_t k = 0; k < d->count; k++) {
        day_text(first + (long)k, d->labels[k]);
        d->items[k].label = d->labels[k];
    }
    json_array_foreach(incidents, i, line) {
        long day = day_of(report_text(line, "first"));
        int verdict = report_verdict(report_text(line, "verdict"));
        if (day >= first && verdict >= 0)
            d->items[day - first].value[verdict]++;
    }
    return true;
}

bool report_incidents_over_time(FILE *out, const json_t *incidents) {
    struct days d = {0};
    bool ok = days_make(&d, incidents);
    const struct chart chart = {.title = "Incidents by the day on which they began, and their verdict",
                                .description = "The table of incidents below has the same numbers.",
                                .series = report_verdicts,
                                .series_count = REPORT_VERDICTS,
                                .items = d.items,
                                .item_count = d.count,
                                .format = chart_count};
    page_section(out, "Incidents over time",
                 "Findings of one class from one image network to one destination make one incident, on the "
                 "day of its first finding.");
    if (d.count) {
        chart_legend(out, &chart);
        chart_columns(out, &chart);
    } else {
        put_none(out, "There was none.");
    }
    free(d.items);
    free(d.labels);
    return ok;
}

/* --- destinations --- */

static struct chart_item *find_destination(struct chart_item *items, size_t *count, const char *name) {
    for (size_t i = 0; i < *count; i++)
        if (strcmp(items[i].label, name) == 0)
            return &items[i];
    items[*count] = (struct chart_item){.label = name};
    return &items[(*count)++];
}

static double all_of(const struct chart_item *item) {
    double sum = 0;
    for (int i = 0; i < REPORT_VERDICTS; i++)
        sum += item->value[i];
    return sum;
}

static int by_volume(const void *a, const void *b) {
    double x = all_of(a), y = all_of(b);
    return (x < y) - (x > y);
}

static void draw_destinations(FILE *out, struct chart_item *items, size_t count) {
    char notes[DESTINATIONS_SHOWN][48];
    size_t shown = count < DESTINATIONS_SHOWN ? count : DESTINATIONS_SHOWN;
    qsort(items, count, sizeof *items, by_volume);
    for (size_t i = 0; i < shown; i++) {
        chart_bytes(all_of(&items[i]), notes[i], sizeof notes[i]);
        items[i].note = notes[i];
    }
    const struct chart chart = {.title = "Bytes by destination and verdict",
                                .description = "One bar a destination, the largest first.",
                                .series = report_verdicts,
                                .series_count = REPORT_VERDICTS,
                                .items = items,
                                .item_count = shown,
                                .format = chart_bytes};
    chart_legend(out, &chart);
    chart_rows(out, &chart);
    if (count > shown)
        fprintf(out, "<p class=\"soft\">%zu smaller destinations are not shown.</p>\n", count - shown);
}

bool report_destinations(FILE *out, const json_t *digest) {
    const json_t *volume = show_find(digest, "volume");
    struct chart_item *items = calloc(json_array_size(volume) + 1, sizeof *items);
    size_t count = 0, i;
    json_t *line;
    page_section(out, "Where it went",
                 "Objects with a finding, by destination: a partner, or the network of a host that nobody "
                 "knows.");
    if (!items)
        return false;
    json_array_foreach(volume, i, line) {
        int verdict = report_verdict(report_text(line, "verdict"));
        if (verdict >= 0)
            find_destination(items, &count, report_text(line, "destination"))->value[verdict] +=
                report_number(line, "bytes");
    }
    if (count)
        draw_destinations(out, items, count);
    else
        put_none(out, "Nothing left.");
    free(items);
    return true;
}

/* --- contracts --- */

static void use_cell(FILE *out, const json_t *line, const char *period) {
    static const struct {
        const char *key;
        void (*format)(double, char *, size_t);
        const char *unit;
    } amounts[] = {{"objects", chart_count, " objects"}, {"bytes", chart_bytes, ""}};
    fputs("<td>", out);
    for (size_t i = 0; i < 2; i++) {
        char path[64], text[48];
        snprintf(path, sizeof path, "%s.%s", period, amounts[i].key);
        double used = report_number(line, path);
        snprintf(path, sizeof path, "%s.%s_limit", period, amounts[i].key);
        double limit = report_number(line, path);
        if (limit > 0) {
            chart_meter(out, used, limit, amounts[i].format);
        } else {
            amounts[i].format(used, text, sizeof text);
            fprintf(out, "%s%s", text, amounts[i].unit);
        }
        fputs(i ? "</td>" : "<br>", out);
    }
}

static void contract_row(FILE *out, const json_t *line) {
    char room[SHOW_ROOM];
    page_row_begin(out);
    page_cell(out, report_text(line, "partner"));
    page_cell(out, report_text(line, "id"));
    use_cell(out, line, "today");
    use_cell(out, line, "month");
    page_cell(out,
              *report_text(line, "last") ? show_value(show_find(line, "last"), SHOW_TIME, room) : "never");
    page_row_end(out);
}

void report_contracts(FILE *out, const json_t *contracts, const json_t *digest) {
    static const char *const heads[] = {"partner", "contract", "today", "this month", "last used", NULL};
    const json_t *lines = show_find(contracts, "contracts"), *says = show_find(digest, "contracts");
    size_t i;
    json_t *line;
    page_section(out, "Contracts and their use", NULL);
    json_array_foreach(says, i, line) {
        fputs("<p class=\"t-breach\">", out);
        html_text(out, report_text(line, "partner"));
        if (*report_text(line, "contract"))
            fputs(", ", out);
        html_text(out, report_text(line, "contract"));
        fputs(": ", out);
        html_text(out, report_text(line, "says"));
        fputs("</p>\n", out);
    }
    if (json_array_size(lines) == 0) {
        put_none(out, "No contract is configured.");
        return;
    }
    page_table_begin(out, heads);
    json_array_foreach(lines, i, line) contract_row(out, line);
    page_table_end(out);
}

/* --- what was not seen --- */

static const char *help_of(const char *key) {
    for (int c = 0; c < COUNTER_COUNT; c++)
        if (strcmp(counter_key((enum counter)c), key) == 0)
            return counter_help((enum counter)c);
    return key;
}

static void unseen_table(FILE *out, const json_t *unseen) {
    static const char *const heads[] = {"how many", "what", "counter", NULL};
    const char *key;
    json_t *value;
    char text[48];
    page_table_begin(out, heads);
    json_object_foreach((json_t *)unseen, key, value) {
        chart_count(json_number_value(value), text, sizeof text);
        page_row_begin(out);
        page_cell_number(out, text);
        page_cell(out, help_of(key));
        page_cell(out, key);
        page_row_end(out);
    }
    page_table_end(out);
}

void report_unseen(FILE *out, const json_t *digest, const json_t *status) {
    const json_t *unseen = show_find(digest, "unseen");
    char text[2][48];
    page_section(out, "What the sensor could not see",
                 "Silence of what was not seen is no peace. The content of encrypted connections is always "
                 "among it.");
    if (json_object_size(unseen))
        unseen_table(out, unseen);
    else
        put_none(out, "Nothing that it knows of.");
    chart_count(report_number(status, "stats.capture.packets"), text[0], sizeof text[0]);
    chart_bytes(report_number(status, "stats.capture.bytes"), text[1], sizeof text[1]);
    fprintf(out, "<p class=\"soft\">Since its start it has seen %s packets, %s.</p>\n", text[0], text[1]);
}

/* --- tables --- */

static void incident_row(FILE *out, const json_t *line) {
    char text[2][48], style[32], room[SHOW_ROOM];
    const char *partner = report_text(line, "partner");
    bool is_unknown = strcmp(report_text(line, "verdict"), "unknown") == 0; /* and only bears its name */
    int verdict = report_verdict(report_text(line, "verdict"));
    chart_count(report_number(line, "objects"), text[0], sizeof text[0]);
    chart_bytes(report_number(line, "bytes"), text[1], sizeof text[1]);
    snprintf(style, sizeof style, "t-%s", verdict < 0 ? "internal" : report_verdicts[verdict].name);
    page_row_begin(out);
    page_cell(out, show_value(show_find(line, "first"), SHOW_TIME, room));
    page_cell(out, report_text(line, "state"));
    page_cell_mark(out, report_text(line, "verdict"), style);
    page_cell(out, report_text(line, "class"));
    page_cell(out, report_text(line, "network"));
    page_cell(out, *partner && !is_unknown ? partner : report_text(line, "destination"));
    page_cell_number(out, text[0]);
    page_cell_number(out, text[1]);
    page_cell(out, report_text(line, "id"));
    page_row_end(out);
}

void report_incident_table(FILE *out, const json_t *answer) {
    static const char *const heads[] = {"began", "state",   "verdict", "class", "from",
                                        "to",    "objects", "bytes",   "id",    NULL};
    const json_t *incidents = show_find(answer, "incidents");
    size_t i;
    json_t *line;
    page_section(out, "Incidents", "gantryctl incidents show ID has the whole of each.");
    if (json_array_size(incidents) == 0) {
        put_none(out, "There was none.");
        return;
    }
    page_table_begin(out, heads);
    json_array_foreach(incidents, i, line) {
        if (i < INCIDENTS_SHOWN)
            incident_row(out, line);
    }
    page_table_end(out);
    if (json_array_size(incidents) > INCIDENTS_SHOWN)
        fprintf(out, "<p class=\"soft\">%zu more are not shown; gantryctl incidents list has them.</p>\n",
                json_array_size(incidents) - INCIDENTS_SHOWN);
    if (json_is_true(show_find(answer, "cut")))
        put_none(out, "There are still more than the sensor lists at once: name a later day with --since.");
}

void report_mutes(FILE *out, const json_t *digest) {
    static const char *const heads[] = {"destination", "class", "until", "reason", "alerts hidden", NULL};
    const json_t *mutes = show_find(digest, "mutes");
    char text[48], room[SHOW_ROOM];
    size_t i;
    json_t *line;
    if (json_array_size(mutes) == 0)
        return;
    page_section(out, "Mutes in force", NULL);
    page_table_begin(out, heads);
    json_array_foreach(mutes, i, line) {
        chart_count(report_number(line, "hidden"), text, sizeof text);
        page_row_begin(out);
        page_cell(out, report_text(line, "destination"));
        page_cell(out, report_text(line, "class"));
        page_cell(out, show_value(show_find(line, "until"), SHOW_TIME, room));
        page_cell(out, report_text(line, "reason"));
        page_cell_number(out, text);
        page_row_end(out);
    }
    page_table_end(out);
}
