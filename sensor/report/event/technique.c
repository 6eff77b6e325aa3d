/* SPDX-License-Identifier: Apache-2.0 */
#include "report/event/technique.h"

#include "policy/flow_class.h"
#include "policy/policy.h"

enum { AUTOMATED_OBJECTS = 100, EQUAL_INTERVALS = 6, ALIKE = 10, ALIKE_LEAST = 1024, PIECES = 5 };
static const time_ns automated_pace = 10 * NS_PER_S;
static const time_ns seconds_gap = 5 * NS_PER_S, days_gap = 3600 * NS_PER_S;

/* Names as attack.mitre.org has them. */
static const struct {
    const char *id, *name;
} techniques[TECHNIQUE_COUNT] = {
    [TECHNIQUE_AUTOMATED] = {"T1020", "Automated Exfiltration"},
    [TECHNIQUE_SCHEDULED] = {"T1029", "Scheduled Transfer"},
    [TECHNIQUE_SIZE_LIMITS] = {"T1030", "Data Transfer Size Limits"},
    [TECHNIQUE_ASYMMETRIC] = {"T1048.002", "Exfiltration Over Asymmetric Encrypted Non-C2 Protocol"},
    [TECHNIQUE_PLAIN] = {"T1048.003", "Exfiltration Over Unencrypted Non-C2 Protocol"},
    [TECHNIQUE_PARTNER] = {"T1199", "Trusted Relationship"},
    [TECHNIQUE_CODE] = {"T1567.001", "Exfiltration to Code Repository"},
    [TECHNIQUE_STORAGE] = {"T1567.002", "Exfiltration to Cloud Storage"},
    [TECHNIQUE_PASTE] = {"T1567.003", "Exfiltration to Text Storage Sites"},
    [TECHNIQUE_TUNNEL] = {"T1572", "Protocol Tunneling"},
};
_Static_assert(TECHNIQUE_COUNT * sizeof "T1048.001" <= TECHNIQUE_LIST_MAX, "a list of all has room");

const char *technique_id(enum technique t) {
    return techniques[t].id;
}

const char *technique_name(enum technique t) {
    return techniques[t].name;
}

size_t technique_list(unsigned set, char out[TECHNIQUE_LIST_MAX]) {
    size_t n = 0;
    for (unsigned t = 0; t < TECHNIQUE_COUNT; t++) {
        if (!(set & 1u << t))
            continue;
        if (n)
            out[n++] = '\n';
        size_t size = strlen(techniques[t].id);
        memcpy(out + n, techniques[t].id, size);
        n += size;
    }
    return n;
}

/* --- one record --- */

/* A protocol of ours, or a part of nDPI's name ("TLS.Dropbox", "HTTP.GoogleDrive"). */
static const struct {
    enum record_text where;
    const char *name;
    enum technique technique;
} names[] = {
    {TEXT_CLASS, CLASS_TUNNEL, TECHNIQUE_TUNNEL},
    {TEXT_PROTOCOL, "http", TECHNIQUE_PLAIN},
    {TEXT_PROTOCOL, "ftp", TECHNIQUE_PLAIN},
    {TEXT_PROTOCOL, "smtp", TECHNIQUE_PLAIN},
    {TEXT_PROTOCOL, "lmtp", TECHNIQUE_PLAIN},
    {TEXT_PROTOCOL, "smb", TECHNIQUE_PLAIN},
    {TEXT_PROTOCOL, "pop3", TECHNIQUE_PLAIN},
    {TEXT_PROTOCOL, "imap", TECHNIQUE_PLAIN},
    {TEXT_PROTOCOL, "tftp", TECHNIQUE_PLAIN},
    {TEXT_PROTOCOL, "nfs", TECHNIQUE_PLAIN},
    {TEXT_PROTOCOL, "lpd", TECHNIQUE_PLAIN},
    {TEXT_PROTOCOL, "websocket", TECHNIQUE_PLAIN},
    {TEXT_PROTOCOL, "mqtt", TECHNIQUE_PLAIN},
    {TEXT_PROTOCOL, "irc", TECHNIQUE_PLAIN},
    {TEXT_PROTOCOL, "dcc", TECHNIQUE_PLAIN},
    {TEXT_PROTOCOL, "rsync", TECHNIQUE_PLAIN},
    {TEXT_PROTOCOL, "rtsp", TECHNIQUE_PLAIN},
    {TEXT_PROTOCOL, "rtp", TECHNIQUE_PLAIN},
    {TEXT_PROTOCOL, "postgresql", TECHNIQUE_PLAIN},
    {TEXT_PROTOCOL, "mysql", TECHNIQUE_PLAIN},
    {TEXT_PROTOCOL, "grpc", TECHNIQUE_PLAIN},
    {TEXT_PROTOCOL, "syslog", TECHNIQUE_PLAIN},
    {TEXT_PROTOCOL, "unknown", TECHNIQUE_PLAIN},
    {TEXT_APPLICATION, "TLS", TECHNIQUE_ASYMMETRIC},
    {TEXT_APPLICATION, "DTLS", TECHNIQUE_ASYMMETRIC},
    {TEXT_APPLICATION, "QUIC", TECHNIQUE_ASYMMETRIC},
    {TEXT_APPLICATION, "SSH", TECHNIQUE_ASYMMETRIC},
    {TEXT_APPLICATION, "Github", TECHNIQUE_CODE},
    {TEXT_APPLICATION, "Dropbox", TECHNIQUE_STORAGE},
    {TEXT_APPLICATION, "GoogleDrive", TECHNIQUE_STORAGE},
    {TEXT_APPLICATION, "MS_OneDrive", TECHNIQUE_STORAGE},
    {TEXT_APPLICATION, "AppleiCloud", TECHNIQUE_STORAGE},
    {TEXT_APPLICATION, "Pastebin", TECHNIQUE_PASTE},
    {TEXT_MIME, "application/pgp-encrypted", TECHNIQUE_ASYMMETRIC},
};

/* Is `name` all of the text, or one of the parts between its dots? */
static bool has_part(struct bytes text, const char *name) {
    while (text.n) {
        const uint8_t *dot = memchr(text.p, '.', text.n);
        size_t n = dot ? (size_t)(dot - text.p) : text.n, step = dot ? n + 1 : n;
        if (bytes_equal_nocase(bytes_of(text.p, n), name))
            return true;
        text = bytes_of(text.p + step, text.n - step);
    }
    return false;
}

unsigned technique_of_record(const struct record *r) {
    if (verdict_is_inside(r->verdict)) /* nothing was exfiltrated yet */
        return 0;
    bool beyond = r->verdict == VERDICT_BREACH || r->verdict == VERDICT_UNAPPROVED;
    /* Who opened its network to a partner did so by contract: what goes beyond it abuses that trust. */
    unsigned set =
        beyond && r->partner_known && record_text_of(r, TEXT_CONTRACT).n ? 1u << TECHNIQUE_PARTNER : 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (has_part(record_text_of(r, names[i].where), names[i].name))
            set |= 1u << names[i].technique;
    if (set & 1u << TECHNIQUE_ASYMMETRIC)
        set &= ~(1u << TECHNIQUE_PLAIN); /* HTTP inside TLS, FTP that turned to it */
    return set;
}

unsigned technique_of_pace(uint64_t objects, time_ns first, time_ns last) {
    bool quick = objects >= AUTOMATED_OBJECTS && last - first <= (time_ns)objects * automated_pace;
    return quick ? 1u << TECHNIQUE_AUTOMATED : 0;
}

/* --- one after the other --- */

/* A step back in time changes nothing: what came late says nothing of intervals. Two are equal within a
 * twentieth, a second at least. */
static void rhythm_add(struct rhythm *r, time_ns t, time_ns gap) {
    if (r->began == 0)
        r->began = t;
    if (t - r->last > gap && r->last) {
        time_ns interval = t - r->began, most = r->interval / 20 > NS_PER_S ? r->interval / 20 : NS_PER_S;
        bool equal = r->interval && interval - r->interval <= most && r->interval - interval <= most;
        r->equal = equal ? r->equal + 1 : 1;
        r->interval = interval;
        r->began = t;
    }
    if (t > r->last)
        r->last = t;
}

void shape_add(struct shape *s, const struct record *r) {
    rhythm_add(&s->seconds, r->first, seconds_gap);
    rhythm_add(&s->days, r->first, days_gap);
    s->alike = s->size == r->bytes ? s->alike + 1 : 1;
    s->size = r->bytes;
    s->pieces += r->offset > 0;
}

unsigned shape_techniques(const struct shape *s) {
    bool regular = s->seconds.equal >= EQUAL_INTERVALS || s->days.equal >= EQUAL_INTERVALS;
    bool cut = (s->alike >= ALIKE && s->size >= ALIKE_LEAST) || s->pieces >= PIECES;
    return (regular ? 1u << TECHNIQUE_SCHEDULED : 0) | (cut ? 1u << TECHNIQUE_SIZE_LIMITS : 0);
}
