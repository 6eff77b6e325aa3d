/* SPDX-License-Identifier: Apache-2.0 */
#include "show.h"

#include "base/size.h"
#include "plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COLUMNS_MAX = 16 };

static bool has_colours(void) {
    const char *no_color = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !(no_color && *no_color);
}

void show_heading(const char *heading) {
    printf(has_colours() ? "\033[1m%s\033[0m\n" : "%s\n", heading);
}

const json_t *show_find(const json_t *from, const char *path) {
    while (from && path) {
        const char *dot = strchr(path, '.');
        char key[64];
        snprintf(key, sizeof key, "%.*s", (int)(dot ? (size_t)(dot - path) : strlen(path)), path);
        from = json_object_get(from, key);
        path = dot ? dot + 1 : NULL;
    }
    return json_is_null(from) ? NULL : from;
}

/* --- values --- */

const char *show_text(const char *text, char out[SHOW_ROOM]) {
    struct bytes left = bytes_text(text);
    size_t n = 0;
    while (left.n && n < SHOW_ROOM - PLAIN_MAX)
        n += plain_next(&left, out + n);
    out[n] = '\0';
    return out;
}

static void write_count(json_int_t value, char *out) {
    char digits[32];
    int n = snprintf(digits, sizeof digits, "%lld", (long long)value);
    for (int i = 0; i < n; i++) {
        *out++ = digits[i];
        if (digits[i] != '-' && i + 1 < n && (n - i - 1) % 3 == 0)
            *out++ = ' ';
    }
    *out = '\0';
}

static void write_duration(json_int_t s, char *out) {
    static const struct {
        json_int_t seconds;
        const char *unit;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    size_t u = 0;
    while (u < 3 && s < units[u].seconds)
        u++;
    int n = snprintf(out, SHOW_ROOM, "%lld %s", (long long)(s / units[u].seconds), units[u].unit);
    json_int_t rest = s % units[u].seconds;
    if (u < 3 && rest / units[u + 1].seconds)
        snprintf(out + n, (size_t)(SHOW_ROOM - n), " %lld %s", (long long)(rest / units[u + 1].seconds),
                 units[u + 1].unit);
}

const char *show_number(double value, enum show_as as, char out[SHOW_ROOM]) {
    json_int_t whole = (json_int_t)(value + 0.5);
    switch (as) {
    case SHOW_BYTES:
        size_format((uint64_t)value, out);
        break;
    case SHOW_COUNT:
        write_count(whole, out);
        break;
    case SHOW_DURATION:
        write_duration(whole, out);
        break;
    case SHOW_PPM:
        snprintf(out, SHOW_ROOM, "%.4g %%", value / 10000);
        break;
    default:
        snprintf(out, SHOW_ROOM, "%.15g", value);
    }
    return out;
}

const char *show_value(const json_t *value, enum show_as as, char out[SHOW_ROOM]) {
    const char *text = json_string_value(value);
    char time[32];
    strcpy(out, "-");
    if (text && as == SHOW_TIME && strlen(text) >= 20) {
        snprintf(time, sizeof time, "%.10s %.8s UTC", text, text + 11);
        show_text(time, out);
    } else if (text)
        show_text(text, out);
    else if (json_is_boolean(value))
        strcpy(out, json_is_true(value) ? "yes" : "no");
    else if (json_is_number(value))
        show_number(json_number_value(value), as, out);
    return out;
}

/* --- parts --- */

/* Columns of a terminal that a text takes, near enough: one a character. */
static int text_width(const char *text) {
    int n = 0;
    for (; *text; text++)
        n += (*text & 0xc0) != 0x80;
    return n;
}

void show_fields(const char *heading, const json_t *from, const struct shown *fields) {
    char text[SHOW_ROOM];
    int widest = 0;
    show_heading(heading);
    for (const struct shown *f = fields; f->label; f++)
        widest = text_width(f->label) > widest ? text_width(f->label) : widest;
    for (const struct shown *f = fields; f->label; f++)
        printf("  %-*s  %s\n", widest, f->label, show_value(show_find(from, f->path), f->as, text));
}

static bool to_the_right(enum show_as as) {
    return as != SHOW_TEXT && as != SHOW_TIME;
}

static void put_cell(const char *text, int most, bool right, bool last) {
    int pad = most - text_width(text);
    printf("  %*s%s%*s", right ? pad : 0, "", text, right || last ? 0 : pad, "");
    if (last)
        putchar('\n');
}

void show_table(const char *heading, const json_t *array, const struct shown *columns) {
    char text[SHOW_ROOM];
    int widest[COLUMNS_MAX];
    size_t i;
    json_t *row;
    show_heading(heading);
    for (int c = 0; c < COLUMNS_MAX && columns[c].label; c++) {
        widest[c] = text_width(columns[c].label);
        json_array_foreach(array, i, row) {
            int n = text_width(show_value(show_find(row, columns[c].path), columns[c].as, text));
            widest[c] = n > widest[c] ? n : widest[c];
        }
    }
    for (int c = 0; c < COLUMNS_MAX && columns[c].label; c++)
        put_cell(columns[c].label, widest[c], to_the_right(columns[c].as), !columns[c + 1].label);
    json_array_foreach(array, i, row) for (int c = 0; c < COLUMNS_MAX && columns[c].label; c++)
        put_cell(show_value(show_find(row, columns[c].path), columns[c].as, text), widest[c],
                 to_the_right(columns[c].as), !columns[c + 1].label);
}

void show_lines(const char *heading, const json_t *array) {
    char text[SHOW_ROOM];
    size_t i;
    json_t *line;
    show_heading(heading);
    json_array_foreach(array, i, line) printf("  %s\n", show_value(line, SHOW_TEXT, text));
}
