/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/problem.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 640 };

void problems_finish(struct problems *p) {
    for (size_t i = 0; i < p->count; i++)
        free(p->list[i].text);
    *p = (struct problems){0};
}

/* The file's own words are quoted in messages: whatever they hold, a problem stays one line of plain text. */
static void make_printable(char *text) {
    size_t n = utf8_fit(bytes_of(text, strlen(text)), TEXT_MAX - 1);
    text[n] = '\0';
    for (size_t at = 0, used; at < n; at += used) {
        uint32_t c;
        used = utf8_next(bytes_of(text + at, n - at), &c);
        bool hidden = c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
        if (hidden || (c == UTF8_REPLACEMENT && used == 1))
            memset(text + at, '?', used);
    }
}

/* Where the next one goes: an error may take the place of the last warning when the list is full. */
static struct problem *find_place(struct problems *p, bool warning) {
    if (p->count < PROBLEMS_MAX)
        return &p->list[p->count++];
    for (size_t i = PROBLEMS_MAX; !warning && i-- > 0;)
        if (p->list[i].warning) {
            free(p->list[i].text);
            memmove(&p->list[i], &p->list[i + 1], (PROBLEMS_MAX - 1 - i) * sizeof p->list[0]);
            return &p->list[PROBLEMS_MAX - 1];
        }
    return NULL;
}

static void add_problem(struct problems *p, bool warning, const char *file, int line, const char *format,
                        va_list args) {
    char text[TEXT_MAX + 1], where[16] = "";
    *(warning ? &p->warnings : &p->errors) += 1;
    struct problem *place = find_place(p, warning);
    if (!place)
        return;
    if (line > 0)
        snprintf(where, sizeof where, ":%d", line);
    int n = snprintf(text, sizeof text, "%s%s: %s: ", file ? file : "gantry", where,
                     warning ? "warning" : "error");
    if (n >= 0 && n < TEXT_MAX)
        vsnprintf(text + n, sizeof text - (size_t)n, format, args);
    make_printable(text);
    *place = (struct problem){strdup(text), warning};
}

bool problem_error(struct problems *p, const char *file, int line, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add_problem(p, false, file, line, format, args);
    va_end(args);
    return false;
}

void problem_warning(struct problems *p, const char *file, int line, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add_problem(p, true, file, line, format, args);
    va_end(args);
}

/* Errors first, as found, then warnings; the last line counts those that were not kept. */
static void each_line(const struct problems *p, void (*line)(void *context, const char *text),
                      void *context) {
    char more[80];
    for (int warnings = 0; warnings <= 1; warnings++)
        for (size_t i = 0; i < p->count; i++)
            if (p->list[i].warning == warnings && p->list[i].text)
                line(context, p->list[i].text);
    size_t all = p->errors + p->warnings;
    snprintf(more, sizeof more, "and %zu more; mend those above first", all - p->count);
    if (all > p->count)
        line(context, more);
}

static void print_line(void *context, const char *text) {
    fprintf(stderr, "%s\n", text);
}

void problems_print(const struct problems *p) {
    each_line(p, print_line, NULL);
}

struct room {
    char *at;
    size_t left; /* with the NUL */
};

static void append_line(void *context, const char *text) {
    struct room *r = context;
    size_t n = strlen(text) + 1;
    if (n >= r->left)
        return;
    snprintf(r->at, r->left, "%s\n", text);
    r->at += n;
    r->left -= n;
}

void problems_write(const struct problems *p, char *out, size_t size) {
    struct room room = {out, size};
    *out = '\0';
    each_line(p, append_line, &room);
}
