/* SPDX-License-Identifier: Apache-2.0 */
#include "report/format/mapping.h"

/* IBM Log Event Extended Format 2.0 (QRadar, "LEEF event components", "Predefined LEEF event attributes"),
 * with the tab declared as delimiter. Its predefined attributes where it has one for the thing, what is left
 * under the vendor's name: `domain`, `policy` and `resource` are a user account's, and no attribute names a
 * file. LEEF knows no escape: a tab or line end in a value is shown as <U+0009>, so none can begin an
 * attribute, and the first `=` of an attribute ends its key. devTime in milliseconds needs no devTimeFormat.
 */
enum { NAME = 255 };

/* clang-format off */
static const struct row rows[] = {
    {.key = "devTime", .ecs = "@timestamp", .get = row_ms},
    {.key = "cat", .ecs = "event.action"},
    {.key = "sev", .ecs = "event.severity"},
    {.key = "src", .ecs = "source.ip"},
    {.key = "srcPort", .ecs = "source.port"},
    {.key = "dst", .ecs = "destination.ip"},
    {.key = "dstPort", .ecs = "destination.port"},
    {.key = "srcBytes", .ecs = "client.bytes", .get = row_amount},
    {.key = "srcPackets", .ecs = "client.packets", .get = row_amount, .which = ROW_PACKETS},
    {.key = "dstBytes", .ecs = "server.bytes", .get = row_amount, .which = ROW_RECEIVED},
    {.key = "dstPackets", .ecs = "server.packets", .get = row_amount, .which = ROW_PACKETS | ROW_RECEIVED},
    {.key = "proto", .ecs = "network.transport", .get = row_transport},
    {.key = "usrName", .ecs = "user.name", .most = NAME},
    {.key = "url", .ecs = "url.path", .get = row_url},
    {.key = "msg", .get = row_sentence},
    {.ecs = "event.kind"}, {.ecs = "event.category"}, {.ecs = "observer.product"}, {.ecs = "observer.version"},
    {.ecs = "ecs.version"}, {.ecs = "rule.id"},
    {0},
};
/* clang-format on */

static struct mapping mapping = {.rows = rows, .name = pairs_name};
static const struct pairs pairs = {.mapping = &mapping, .separator = "\t", .escape = ""};

/* The rule where there is one, else the kind of record; of the letters that a header may have. */
static void write_id(struct text *t, const struct event *e, struct detail d) {
    bool ruled = e->kind == REPORT_ALERT || event_is_notice(e);
    struct bytes id = ruled ? record_text_of(e->record, TEXT_RULE_ID) : bytes_text(event_message_id(e));
    for (size_t i = 0; i < id.n && i < d.text_max && i < NAME; i++) {
        bool plain = id.p[i] > ' ' && id.p[i] < 127 && !strchr("|^\\", id.p[i]);
        text_print(t, "%c", plain ? id.p[i] : '-');
    }
}

static size_t write_leef(const struct event *e, struct detail d, char *out, size_t size) {
    struct text t;
    text_init(&t, out, size);
    if (e->syslog)
        syslog_header(&t, e, d);
    text_put(&t, "LEEF:2.0|Gantry|Gantry|" GANTRY_VERSION "|");
    write_id(&t, e, d);
    text_put(&t, "|x09|");
    pairs_write(&t, &pairs, e, d);
    return text_size(&t);
}

const struct format format_leef = {.name = "leef", .octet_counting = true, .least = 640, .write = write_leef};
