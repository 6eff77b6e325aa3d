/* SPDX-License-Identifier: Apache-2.0 */
#include "report/format/format.h"

#include <inttypes.h>
#include <time.h>
#include <unistd.h>

/* RFC 5424: <PRI>1 TIMESTAMP HOSTNAME gantry PROCID MSGID [gantry@32473 name="value" ...] MSG. 32473 is the
 * enterprise number that RFC 5612 gives to documentation: Gantry has none of its own. */
#define ELEMENT "gantry@32473"

enum { FACILITY_AUTHPRIV = 10, HOSTNAME_MAX = 255, PARAMS_RESERVE = 160 };

/* From 1..10 to critical, error, warning, notice (section 6.2.1); what is no alert is informational. */
static unsigned priority_of(const struct event *e) {
    static const uint8_t syslog[] = {5, 5, 5, 5, 4, 4, 4, 3, 3, 2, 2};
    unsigned severity = 6;
    if (e->kind == REPORT_ALERT)
        severity = syslog[e->record->severity < sizeof syslog ? e->record->severity : sizeof syslog - 1];
    else if (event_is_notice(e))
        severity = 4;
    return FACILITY_AUTHPRIV * 8 + severity;
}

/* Printable US-ASCII without spaces, at most 255 (section 6); others become '-'. */
static void write_hostname(struct text *t, const char *name, size_t limit) {
    char host[HOSTNAME_MAX + 1] = "-";
    for (size_t n = 0; name[n] && n < HOSTNAME_MAX && n < limit; n++) {
        host[n] = name[n] > 32 && name[n] < 127 ? name[n] : '-';
        host[n + 1] = '\0';
    }
    text_put(t, host);
}

void syslog_header(struct text *t, const struct event *e, struct detail d) {
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t seconds = (time_t)(e->time / NS_PER_S);
    struct tm tm;
    if (!gmtime_r(&seconds, &tm))
        memset(&tm, 0, sizeof tm);
    text_print(t, "<%u>%.3s %2d %02d:%02d:%02d ", priority_of(e), months + 3 * (tm.tm_mon % 12), tm.tm_mday,
               tm.tm_hour, tm.tm_min, tm.tm_sec);
    write_hostname(t, e->observer, d.text_max);
    text_put(t, " ");
}

/* Figures until the room is used up; the rest of the message keeps its part. */
static void write_figures(struct text *t, const struct event *e, unsigned level) {
    uint16_t which[FIGURE_COUNT];
    size_t count = event_figures(e, level ? level : 1, which);
    for (size_t i = 0; i < count && t->end - t->at > PARAMS_RESERVE; i++)
        if (strlen(figure_key(which[i])) <= 32) /* SD-NAME, section 6.3.3 */
            text_print(t, " %s=\"%" PRIu64 "\"", figure_key(which[i]), e->figures[which[i]]);
}

/* A list is one value with commas; a newline cannot be in its items. */
static void write_list(struct text *t, struct bytes list, size_t limit) {
    struct bytes item;
    for (bool more = false; list_next(&list, &item); more = true) {
        if (more)
            text_put(t, ",");
        text_safe(t, item, limit, "\"\\]");
    }
}

static void write_field(struct text *t, const struct field *f, const struct event *e, struct detail d) {
    struct value v;
    if (!field_get(f, e, d.level, &v) || v.kind == VALUE_NULL || (v.kind == VALUE_LIST && v.text.n == 0))
        return;
    if (v.kind == VALUE_FIGURES) {
        write_figures(t, e, d.level);
        return;
    }
    text_print(t, " %s=\"", f->brief);
    if (v.kind == VALUE_LIST)
        write_list(t, v.text, d.text_max);
    else if (v.kind == VALUE_TEXT)
        text_safe(t, v.text, d.text_max, "\"\\]");
    else if (v.kind == VALUE_TOKEN)
        text_safe(t, v.text, SIZE_MAX, "\"\\]");
    else if (v.kind == VALUE_BOOL)
        text_put(t, v.number ? "true" : "false");
    else
        text_print(t, "%" PRIu64, v.number);
    text_put(t, "\"");
}

/* A message with characters beyond US-ASCII begins with a byte order mark (section 6.4). */
static void write_message(struct text *t, const struct event *e, struct detail d) {
    bool plain = true;
    char room[4096];
    struct text m;
    text_init(&m, room, sizeof room - 1);
    sentence_write(&m, e, d);
    for (const char *p = m.start; p < m.at && plain; p++)
        plain = (unsigned char)*p < 0x80;
    if (m.overflow)
        t->overflow = true;
    text_put(t, plain ? " " : " \xEF\xBB\xBF");
    *m.at = '\0';
    text_put(t, m.start);
}

static size_t write_rfc5424(const struct event *e, struct detail d, char *out, size_t size) {
    char time[CLOCK_TEXT_MAX];
    struct text t;
    text_init(&t, out, size);
    text_print(&t, "<%u>1 %s ", priority_of(e), clock_format(e->time, time));
    write_hostname(&t, e->observer, d.text_max);
    text_print(&t, " gantry %ld %s [" ELEMENT, (long)getpid(), event_message_id(e));
    for (const struct field *f = fields_all(); f->ecs; f++)
        if (f->brief)
            write_field(&t, f, e, d);
    text_put(&t, "]");
    write_message(&t, e, d);
    return text_size(&t);
}

const struct format format_rfc5424 = {.name = "rfc5424", .octet_counting = true, .write = write_rfc5424};
