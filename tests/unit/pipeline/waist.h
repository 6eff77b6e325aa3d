/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TEST_WAIST_H
#define GANTRY_TEST_WAIST_H

#include "talk.h"

#include "report/report.h"

#include <openssl/evp.h>
#include <unistd.h>

/* A worker's whole path with protocols, unpackers and an examination of the test's own: two snapshots, of
 * which the first has a contract for what the second has none for; the records that come out; connections
 * both of whose sides speak. */

#define PARTNER "198.51.100.20"
enum { MEMORY = 64 << 20, RING = 4 << 20, RECORDS_MAX = 4096 };

static char waist_folder[] = "/tmp/gantry-waist-XXXXXX", waist_path[64], waist_rules[64];
static struct snapshot *snapshots[2];

static struct snapshot *waist_load(const char *contracts) {
    static struct problems problems;
    FILE *f = fopen(waist_rules, "w");
    fprintf(
        f,
        "identifiers: [{id: mark, pattern: MARKMARK}]\n"
        "rules:\n"
        "  - {id: marked, name: A mark, class: canary, severity: 5, scopes: [text, content], any: [mark],\n"
        "     examples: [{text: a MARKMARK b}], counterexamples: [{text: a b}]}\n");
    fclose(f);
    f = fopen(waist_path, "w");
    fprintf(f,
            "image-networks: [{name: lanes, prefixes: [10.40.0.0/16]}]\n"
            "partners: [{name: Plate Systems, prefixes: [198.51.100.0/24]%s}]\n"
            "rules: [rules.yaml, " SOURCE_ROOT "/rules/images.yaml]\n",
            contracts);
    fclose(f);
    struct snapshot *s = snapshot_load(waist_path, NULL, &problems);
    problems_print(&problems);
    return s;
}

static int waist_begin(void **state) {
    if (!mkdtemp(waist_folder) || !snapshot_reserve())
        return -1;
    snprintf(waist_path, sizeof waist_path, "%s/gantry.yaml", waist_folder);
    snprintf(waist_rules, sizeof waist_rules, "%s/rules.yaml", waist_folder);
    t.ring = ring_create(RING);
    t.doorbell = doorbell_create();
    return t.ring && t.doorbell ? 0 : -1;
}

static int waist_finish(void **state) {
    unlink(waist_path);
    unlink(waist_rules);
    return rmdir(waist_folder);
}

static inline struct snapshot_view waist_view(int i) {
    return (struct snapshot_view){.version = snapshots[i]->version,
                                  .config = snapshots[i]->config,
                                  .slot = snapshots[i]->slot,
                                  .wants = REPORT_TRANSFER};
}

/* `options`: what the test sets. */
static int waist_open(struct pipeline_options options) {
    struct error e;
    snapshots[0] = waist_load(
        ", contracts: [{id: PS-1, from: 2020-01-01, until: 2099-12-31, classes: [canary, image]}]");
    snapshots[1] = waist_load("");
    if (!snapshots[0] || !snapshots[1])
        return -1;
    memset(t.counters, 0, sizeof t.counters);
    counter_values = t.counters;
    t.now = 1700000000 * NS_PER_S;
    options.snapshot = waist_view(0);
    options.memory = MEMORY;
    options.ring = t.ring;
    options.doorbell = t.doorbell;
    options.worker = 1;
    options.workers = 1;
    t.pipeline = pipeline_create(&options, &e);
    return t.pipeline ? 0 : -1;
}

/* --- records --- */

static struct record *records[RECORDS_MAX];
static size_t records_n;

/* What has come since the last time is added. */
static inline void drain_records(void) {
    static uint64_t copy[4096];
    uint64_t damaged = 0;
    const struct record *r;
    while ((r = ring_read(t.ring, copy, &damaged))) {
        assert_true(record_valid(r, r->size) && records_n < RECORDS_MAX);
        records[records_n] = malloc(r->size);
        memcpy(records[records_n++], r, r->size);
    }
    assert_int_equal(damaged, 0);
    ring_commit(t.ring);
}

static int waist_close(void **state) {
    pipeline_destroy(t.pipeline);
    drain_records();
    while (records_n > 0)
        free(records[--records_n]);
    snapshot_free(snapshots[0]);
    snapshot_free(snapshots[1]);
    return 0;
}

/* The nth of a kind, NULL if there are fewer. */
static inline const struct record *record_nth(enum record_kind kind, size_t nth) {
    drain_records();
    for (size_t i = 0; i < records_n; i++)
        if (records[i]->kind == kind && nth-- == 0)
            return records[i];
    return NULL;
}

static inline size_t count_records(enum record_kind kind) {
    size_t n = 0;
    while (record_nth(kind, n))
        n++;
    return n;
}

/* The transfer of this type, which must be there once. */
static inline const struct record *record_of_type(const char *mime) {
    const struct record *r, *found = NULL;
    for (size_t i = 0; (r = record_nth(RECORD_TRANSFER, i)); i++)
        if (bytes_equal(record_text_of(r, TEXT_MIME), bytes_text(mime))) {
            assert_null(found);
            found = r;
        }
    assert_non_null(found);
    return found;
}

static inline void assert_record_text(const struct record *r, enum record_text which, const char *want) {
    struct bytes have = record_text_of(r, which);
    char text[600];
    snprintf(text, sizeof text, "%.*s", (int)have.n, (const char *)have.p);
    assert_string_equal(text, want);
}

/* Is it a line of that text? */
static inline bool record_has_line(const struct record *r, enum record_text which, const char *line) {
    struct bytes have = record_text_of(r, which);
    char text[600], wanted[200];
    snprintf(text, sizeof text, "\n%.*s\n", (int)have.n, (const char *)have.p);
    snprintf(wanted, sizeof wanted, "\n%s\n", line);
    return strstr(text, wanted) != NULL;
}

/* By OpenSSL. */
static inline void assert_digest(const struct record *r, const void *p, size_t n) {
    uint8_t digest[32];
    assert_int_equal(EVP_Digest(p, n, digest, NULL, EVP_sha256(), NULL), 1);
    assert_true(r->hashed);
    assert_int_equal(r->bytes, n);
    assert_memory_equal(r->sha256, digest, sizeof digest);
}

/* --- connections --- */

struct line {
    uint16_t client_port, port;
    uint32_t sequence[2]; /* by enum side */
    size_t split;         /* octets of a packet at most */
};

static inline void send_side(struct line *l, enum side from, uint8_t flags, const void *bytes, size_t n) {
    bool client = from == SIDE_CLIENT;
    send_bytes(client ? LANE : PARTNER, client ? l->client_port : l->port, client ? PARTNER : LANE,
               client ? l->port : l->client_port, l->sequence[from], flags, bytes, n);
    l->sequence[from] += (uint32_t)n + ((flags & (TCP_SYN | TCP_FIN)) != 0);
}

static inline struct line open_line(uint16_t port) {
    static uint16_t client_port = 30000;
    struct line l = {++client_port, port, {1000, 5000}, 1400};
    send_side(&l, SIDE_CLIENT, TCP_SYN, NULL, 0);
    send_side(&l, SIDE_SERVER, TCP_SYN | TCP_ACK, NULL, 0);
    return l;
}

static inline void speak(struct line *l, enum side from, const void *bytes, size_t n) {
    for (size_t at = 0; at < n; at += l->split)
        send_side(l, from, TCP_ACK | TCP_PSH, (const uint8_t *)bytes + at,
                  n - at < l->split ? n - at : l->split);
}

static inline void speak_text(struct line *l, enum side from, const char *text) {
    speak(l, from, text, strlen(text));
}

static inline void close_line(struct line *l) {
    send_side(l, SIDE_CLIENT, TCP_ACK | TCP_FIN, NULL, 0);
    send_side(l, SIDE_SERVER, TCP_ACK | TCP_FIN, NULL, 0);
}

static inline void change_snapshot(void) {
    struct error e;
    const struct snapshot_view to = waist_view(1);
    assert_true(pipeline_switch(t.pipeline, &to, &e));
}

#endif
