/* SPDX-License-Identifier: Apache-2.0 */
/* Records per CPU second of the reporter: reporter [RECORDS] [FOLDER]. Transfers alone and findings alone,
 * without a store and with one in a folder of its own below FOLDER (/tmp), whose growth is told; then each
 * format with every transfer written. One transfer in ten goes to a stranger, the rest go to 200 approved
 * partners; each finding is about an object of its own that goes to a stranger. Batches of 512, as the
 * reporter takes them. */
#include "policy/policy.h"
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BATCH = 512, PARTNERS = 200 };

static struct record_builder b;
static uint64_t room[4096];

static void make(enum record_kind kind, uint64_t n) {
    char partner[32], name[64];
    bool stranger = kind == RECORD_FINDING || n % 10 == 0;
    record_begin(&b, kind);
    b.head.time = INT64_C(1780185600) * NS_PER_S + (time_ns)n * 100 * NS_PER_MS;
    b.head.object = n;
    b.head.worker = 1;
    b.head.bytes = 180000;
    b.head.matters = 1;
    b.head.severity = 7;
    b.head.verdict = stranger ? VERDICT_UNKNOWN : VERDICT_APPROVED;
    address_parse("10.40.3.7", &b.head.source);
    b.head.destination = address_from_v4((const uint8_t[]){203, 0, (uint8_t)(n / 1000), 9});
    snprintf(partner, sizeof partner, "Partner %u", (unsigned)(n % PARTNERS));
    snprintf(name, sizeof name, "20260531-041158_L04_%06u.jpg", (unsigned)(n % 1000000));
    record_text(&b, TEXT_NETWORK, bytes_text("lanes"));
    record_text(&b, TEXT_PARTNER, bytes_text(stranger ? NULL : partner));
    record_text(&b, TEXT_NAME, bytes_text(name));
    record_text(&b, kind == RECORD_FINDING ? TEXT_CLASS : TEXT_CLASSES, bytes_text("vehicle-image"));
    if (stranger)
        record_text(&b, TEXT_OFFENDING, bytes_text("vehicle-image"));
    record_text(&b, TEXT_RULE_ID, bytes_text("camera-metadata"));
}

struct measure {
    const char *name;
    enum record_kind kind;
    bool stored;
    const char *format; /* of an output for transfers too; NULL: alerts in JSON */
};

static const struct measure measures[] = {
    {"transfers, no store", RECORD_TRANSFER, false, NULL},
    {"transfers, SQLite", RECORD_TRANSFER, true, NULL},
    {"findings, no store", RECORD_FINDING, false, NULL},
    {"findings, SQLite", RECORD_FINDING, true, NULL},
    {"transfers as rfc5424", RECORD_TRANSFER, false, "rfc5424"},
    {"transfers as cef", RECORD_TRANSFER, false, "cef"},
    {"transfers as leef", RECORD_TRANSFER, false, "leef"},
    {"transfers as json", RECORD_TRANSFER, false, "json"},
    {"transfers as ocsf", RECORD_TRANSFER, false, "ocsf"},
    {"transfers as eve", RECORD_TRANSFER, false, "eve"},
};

static struct reporter *begin(const struct measure *m, const char *folder) {
    static struct output_config output;
    struct error e = {""};
    output = (struct output_config){.format = m->format ? m->format : "json",
                                    .to = "file:/dev/null",
                                    .records = m->format ? REPORT_ALERT | REPORT_TRANSFER : REPORT_ALERT};
    struct report_options options = {
        .observer = "bench", .outputs = &output, .output_count = 1, .store = {.folder = folder, .run = 1}};
    setting_defaults(alert_settings, &options.alerts);
    setting_defaults(ledger_settings, &options.ledger);
    setting_defaults(traffic_settings, &options.traffic);
    setting_defaults(store_settings, &options.store.limits);
    options.store.limits.max_bytes = 0;               /* what a bound of the file costs is not measured, */
    options.alerts.limits = (struct alert_limits){0}; /* nor alerts that are held back */
    struct reporter *r = reporter_create(&options, &e);
    if (!r)
        fprintf(stderr, "reporter: %s\n", e.text);
    return r;
}

static void give(struct reporter *r, enum record_kind kind, uint64_t records) {
    for (uint64_t n = 1; n <= records; n++) {
        make(kind, n);
        record_pack(&b, n, room);
        reporter_take(r, 0, (const struct record *)room);
        if (n % BATCH)
            continue;
        reporter_commit(r);
        reporter_tick(r, b.head.time);
    }
}

static double cpu_seconds(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static int measure(const struct measure *m, uint64_t records, const char *folder) {
    char path[4096], database[4200];
    struct stat st = {0};
    snprintf(path, sizeof path, "%s/gantry-bench-%d", folder, (int)getpid());
    struct reporter *r = begin(m, m->stored ? path : NULL);
    if (!r)
        return 1;
    double before = cpu_seconds();
    time_ns began = clock_monotonic();
    give(r, m->kind, records);
    reporter_finish(r, 1000);
    double cpu = cpu_seconds() - before, wall = (double)(clock_monotonic() - began) / (double)NS_PER_S;
    reporter_destroy(r);
    printf("%-22s %9.0f per CPU second, %9.0f per second", m->name, (double)records / cpu,
           (double)records / wall);
    if (m->stored) {
        snprintf(database, sizeof database, "%s/gantry.db", path);
        stat(database, &st);
        printf(", database %.2f MB", (double)st.st_size / 1e6);
        unlink(database);
        rmdir(path);
    }
    putchar('\n');
    return 0;
}

/* Each in a process of its own, so that none finds the memory of the one before. */
int main(int argc, char **argv) {
    uint64_t records = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    const char *folder = argc > 2 ? argv[2] : "/tmp";
    int failed = 0;
    for (size_t i = 0; i < sizeof measures / sizeof measures[0]; i++) {
        int status = 1;
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            int code = measure(&measures[i], records, folder);
            fflush(stdout);
            _exit(code);
        }
        waitpid(child, &status, 0);
        failed |= status;
    }
    return failed ? 1 : 0;
}
