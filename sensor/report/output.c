/* SPDX-License-Identifier: Apache-2.0 */
#include "report/output.h"

#include "report/transport/tls.h"
#include "settings/path.h"

#include <stdio.h>
#include <sys/stat.h>

enum { UDP_LEAST = 480, UDP_MOST = 2048, HOLD_BYTES_MOST = 8 << 20 };

static const struct {
    const char *name;
    unsigned bit;
} kinds[] = {{"alert", REPORT_ALERT},
             {"transfer", REPORT_TRANSFER},
             {"flow", REPORT_FLOW},
             {"stats", REPORT_STATS},
             {"digest", REPORT_DIGEST}};

#define KIND_NAMES "alert, transfer, flow, stats, digest"

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

/* The target by itself, and with its format. `longest`: a length of messages was written. */
static bool check_target(const struct output_config *c, bool longest, struct error *e) {
    const char *rest;
    struct error why;
    const struct transport *t = transport_find(c->to, &rest);
    const struct format *f = format_find(bytes_text(c->format));
    if (!t)
        return error_set(e, "\"%.100s\" is no target; write one of %s", c->to, transport_usages());
    if (!transport_check(t, rest, &why))
        return error_set(e, "%s", why.text);
    if (f->people && !t->people)
        return error_set(e, "format %s is for people at a terminal; over %s use any other, such as rfc5424",
                         f->name, t->usage);
    if (longest && t->message_max)
        return error_set(e, "message-max is for udp:// targets; %s has its own limit", t->usage);
    if (c->message_max < f->least)
        return error_set(e, "message-max: %s needs at least %zu B", f->name, f->least);
    return true;
}

static bool read_records(struct setting_reader *r, const struct doc_node *node, void *field) {
    struct setting_texts names;
    bool good = setting_texts(r, node, &names);
    for (size_t i = 0; good && i < names.count; i++)
        if (!kind_add(bytes_text(names.items[i]), field))
            good = setting_error(r, node, "there is no record \"%s\"; write some of " KIND_NAMES,
                                 names.items[i]);
    return good;
}

const struct setting output_settings[] = {
    {.key = "format",
     .type = SETTING_TEXT,
     .offset = offsetof(struct output_config, format),
     .required = true,
     .help = "rfc5424, cef, leef, json (ECS), ocsf, eve or human"},
    {.key = "to",
     .type = SETTING_TEXT,
     .offset = offsetof(struct output_config, to),
     .required = true,
     .help = "udp://, tcp://, tls://, relp:// or relp+tls://host:port, unix:/dev/log, file:/path or - "
             "(standard output)"},
    {.key = "records",
     .type = SETTING_CUSTOM,
     .offset = offsetof(struct output_config, records),
     .read = read_records,
     .help = "what to send: alert, transfer, flow, stats, digest; alert if not given; alert brings digest "
             "with it"},
    {.key = "message-max",
     .type = SETTING_SIZE,
     .offset = offsetof(struct output_config, message_max),
     .low = UDP_LEAST,
     .high = UDP_MOST,
     .preset = "1024 B",
     .help = "longest UDP message"},
    {.key = "ca",
     .type = SETTING_TEXT,
     .offset = offsetof(struct output_config, ca),
     .help = "TLS: file with the authorities that may vouch for the receiver; the system's if not given"},
    {.key = "certificate",
     .type = SETTING_TEXT,
     .offset = offsetof(struct output_config, certificate),
     .help = "TLS: file with the sensor's own certificate and those up to its authority"},
    {.key = "key",
     .type = SETTING_TEXT,
     .offset = offsetof(struct output_config, key),
     .help = "TLS: file with the key of that certificate, without a password"},
    {.key = "name",
     .type = SETTING_TEXT,
     .offset = offsetof(struct output_config, name),
     .help = "TLS: name that the receiver's certificate must have; the target's host if not given"},
    {.key = "hold-bytes",
     .type = SETTING_SIZE,
     .offset = offsetof(struct output_config, hold_bytes),
     .high = HOLD_BYTES_MOST,
     .preset = "128 KiB",
     .help = "TCP and TLS: octets that must have followed a sent message before it is forgotten"},
    {.key = "hold-time",
     .type = SETTING_DURATION,
     .offset = offsetof(struct output_config, hold_time),
     .high = UINT64_C(86400) * NS_PER_S,
     .preset = "10 s",
     .help = "TCP and TLS: time that must have passed since a message was sent before it is forgotten"},
    {0},
};

/* A relative file begins beside the configuration that names it. */
static bool place_file(struct setting_reader *r, const struct doc_node *node, struct output_config *out) {
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

struct output_config output_for_people(void) {
    struct output_config o = {0};
    setting_defaults(output_settings, &o);
    o.format = "human";
    o.to = "-";
    o.records = REPORT_ALERT;
    return o;
}

/* Keys that only some transports know. */
static const struct {
    const char *key, *wants;
    bool tls;
} special[] = {
    {"ca", "tls:// and relp+tls://", true},     {"certificate", "tls:// and relp+tls://", true},
    {"key", "tls:// and relp+tls://", true},    {"name", "tls:// and relp+tls://", true},
    {"hold-bytes", "tcp:// and tls://", false}, {"hold-time", "tcp:// and tls://", false},
};

static bool check_special(struct setting_reader *r, const struct doc_node *node,
                          const struct output_config *c) {
    const char *rest;
    const struct transport *t = transport_find(c->to, &rest);
    bool good = true;
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        const struct doc_node *given = doc_get(node, special[i].key);
        if (given && !(special[i].tls ? t->tls : t->holds))
            good = setting_error(r, given, "is for %s targets; take it away or change to", special[i].wants);
    }
    return good;
}

/* Files are looked at now, so that a mistake is told with its line and not when the first alert is due. */
static bool check_tls(struct setting_reader *r, const struct doc_node *node, struct output_config *c) {
    const char *rest, *key;
    const char **const paths[] = {&c->ca, &c->certificate, &c->key};
    struct error e;
    struct stat st;
    if (!transport_find(c->to, &rest)->tls)
        return true;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (*paths[i] && !(*paths[i] = path_beside(r->arena, node->file, *paths[i])))
            return false;
    SSL_CTX *context = tls_context(c, &key, &e);
    if (!context) {
        const struct doc_node *at = doc_get(node, key);
        return at ? setting_error(r, at, "%s", e.text)
                  : problem_error(r->problems, node->file, node->line, "%s: %s", key, e.text);
    }
    SSL_CTX_free(context);
    if (c->key && stat(c->key, &st) == 0 && st.st_mode & S_IRWXO)
        problem_warning(r->problems, node->file, doc_get(node, "key")->line,
                        "key: everybody may read %s; run chmod 600 on it", c->key);
    return true;
}

bool output_read(struct setting_reader *r, const struct doc_node *node, struct output_config *out) {
    struct error e;
    memset(out, 0, sizeof *out);
    if (!setting_read(r, node, output_settings, out))
        return false;
    out->file = node->file;
    out->line = node->line;
    if (!out->records)
        out->records = REPORT_ALERT;
    if (out->records & REPORT_ALERT)
        out->records |= REPORT_DIGEST; /* who takes alerts is to see each day what became of them */
    if (!check_format(bytes_text(out->format), &e))
        return setting_error(r, doc_get(node, "format"), "%s", e.text);
    if (!check_target(out, doc_get(node, "message-max") != NULL, &e))
        return setting_error(r, doc_get(node, "to"), "%s", e.text);
    return place_file(r, node, out) && check_special(r, node, out) && check_tls(r, node, out);
}

bool output_parse(const char *spec, const char *events, struct arena *arena, struct output_config *out,
                  struct error *e) {
    const char *colon = strchr(spec, ':');
    memset(out, 0, sizeof *out);
    setting_defaults(output_settings, out);
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
    return check_target(out, false, e);
}
