/* SPDX-License-Identifier: Apache-2.0 */
#include "report/output.h"

#include "base/path.h"

#include <stdio.h>

enum { UDP_LEAST = 480, UDP_MOST = 2048 };

static const struct transport *const transports[] = {&transport_udp, &transport_tcp, &transport_unix,
                                                     &transport_file, &transport_stdout};

static const struct {
    const char *name;
    unsigned bit;
} kinds[] = {
    {"alert", REPORT_ALERT}, {"transfer", REPORT_TRANSFER}, {"flow", REPORT_FLOW}, {"stats", REPORT_STATS}};

#define KIND_NAMES "alert, transfer, flow, stats"

const struct transport *transport_find(const char *to, const char **rest) {
    for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++) {
        size_t n = strlen(transports[i]->scheme);
        if (strncmp(to, transports[i]->scheme, n) == 0) {
            *rest = to + n;
            return transports[i];
        }
    }
    return NULL;
}

const char *transport_usages(void) {
    static char usages[256];
    struct text t;
    text_init(&t, usages, sizeof usages - 1);
    for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++)
        text_print(&t, "%s%s", i ? ", " : "", transports[i]->usage);
    return usages;
}

static bool kind_add(struct bytes name, unsigned *records) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (bytes_equal(name, bytes_text(kinds[i].name))) {
            *records |= kinds[i].bit;
            return true;
        }
    return false;
}

static bool check_format(struct bytes name, struct error *e) {
    if (format_find(name))
        return true;
    return error_set(e, "there is no format \"%.*s\"; write one of %s", (int)(name.n < 40 ? name.n : 40),
                     (const char *)name.p, format_names());
}

/* The target by itself, and with its format. */
static bool check_target(const struct output_config *c, struct error *e) {
    const char *rest;
    struct error why;
    const struct transport *t = transport_find(c->to, &rest);
    const struct format *f = format_find(bytes_text(c->format));
    if (!t)
        return error_set(e, "\"%.100s\" is no target; write one of %s", c->to, transport_usages());
    if (!t->check(rest, &why))
        return error_set(e, "%s", why.text);
    if (f->people && !t->people)
        return error_set(e, "format %s is for people at a terminal; over %s use rfc5424 or json", f->name,
                         t->usage);
    if (c->message_max && t->message_max)
        return error_set(e, "message-max is for udp:// targets; %s has its own limit", t->usage);
    return true;
}

static bool read_records(struct setting_reader *r, const struct yaml *node, void *field) {
    struct setting_texts names;
    bool good = setting_texts(r, node, &names);
    for (size_t i = 0; good && i < names.count; i++)
        if (!kind_add(bytes_text(names.items[i]), field))
            good = setting_error(r, node, "there is no record \"%s\"; write some of " KIND_NAMES,
                                 names.items[i]);
    return good;
}

static const struct setting settings[] = {
    {.key = "format",
     .type = SETTING_TEXT,
     .offset = offsetof(struct output_config, format),
     .required = true,
     .help = "rfc5424, json or human"},
    {.key = "to",
     .type = SETTING_TEXT,
     .offset = offsetof(struct output_config, to),
     .required = true,
     .help = "udp://host:port, tcp://host:port, unix:/dev/log, file:/path or - (standard output)"},
    {.key = "records",
     .type = SETTING_CUSTOM,
     .offset = offsetof(struct output_config, records),
     .read = read_records,
     .help = "what to send: alert, transfer, flow, stats; alert alone if not given"},
    {.key = "message-max",
     .type = SETTING_SIZE,
     .offset = offsetof(struct output_config, message_max),
     .low = UDP_LEAST,
     .high = UDP_MOST,
     .help = "longest UDP message, 480 B to 2048 B; 1024 B if not given"},
    {0},
};

/* A relative file begins beside the configuration that names it. */
static bool place_file(struct setting_reader *r, const struct yaml *node, struct output_config *out) {
    static const char scheme[] = "file:.";
    if (strncmp(out->to, scheme, sizeof scheme - 1) != 0)
        return true;
    const char *path = path_beside(r->arena, node->file, out->to + sizeof scheme - 2);
    size_t n = path ? strlen(path) + sizeof scheme : 0;
    char *to = path ? arena_alloc(r->arena, n) : NULL;
    if (!to)
        return setting_error(r, node, "there is no room left for it; make the file smaller");
    snprintf(to, n, "file:%s", path);
    out->to = to;
    return true;
}

bool output_read(struct setting_reader *r, const struct yaml *node, struct output_config *out) {
    struct error e;
    memset(out, 0, sizeof *out);
    if (!setting_read(r, node, settings, out))
        return false;
    out->file = node->file;
    out->line = node->line;
    if (!out->records)
        out->records = REPORT_ALERT;
    if (!check_format(bytes_text(out->format), &e))
        return setting_error(r, yaml_get(node, "format"), "%s", e.text);
    if (!check_target(out, &e))
        return setting_error(r, yaml_get(node, "to"), "%s", e.text);
    return place_file(r, node, out);
}

bool output_parse(const char *spec, const char *events, struct arena *arena, struct output_config *out,
                  struct error *e) {
    const char *colon = strchr(spec, ':');
    memset(out, 0, sizeof *out);
    if (!colon)
        return error_set(e, "write FORMAT:TARGET, for example json:- or rfc5424:udp://127.0.0.1:514");
    struct bytes format = bytes_of(spec, (size_t)(colon - spec));
    if (!check_format(format, e))
        return false;
    out->format = arena_text(arena, spec, format.n);
    out->to = arena_text(arena, colon + 1, strlen(colon + 1));
    if (!out->format || !out->to)
        return error_set(e, "out of memory");
    out->records = events ? 0 : REPORT_ALERT;
    for (const char *at = events; at && *at;) {
        size_t n = strcspn(at, ",");
        if (!kind_add(bytes_trim(bytes_of(at, n)), &out->records))
            return error_set(e, "--events: there is no record \"%.*s\"; write some of " KIND_NAMES, (int)n,
                             at);
        at += n + (at[n] == ',');
    }
    if (!out->records)
        return error_set(e, "--events names nothing; write some of " KIND_NAMES);
    return check_target(out, e);
}
