/* SPDX-License-Identifier: Apache-2.0 */
/* Records per CPU second of the reporter: reporter [TRANSFERS] [FOLDER]. Without a folder nothing is stored;
 * with one, batches of 512 go to FOLDER/gantry.db, and its growth is told. One transfer in ten goes to a
 * stranger and comes with a finding; the rest go to 200 approved partners. */
#include "policy/policy.h"
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { BATCH = 512, PARTNERS = 200 };

static struct record_builder b;
static uint64_t room[4096];

static void make(enum record_kind kind, uint64_t n) {
    char partner[32], name[64];
    bool stranger = n % 10 == 0;
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

static void give(struct reporter *r, enum record_kind kind, uint64_t n) {
    static uint64_t id;
    make(kind, n);
    record_pack(&b, ++id, room);
    reporter_take(r, 0, (const struct record *)room);
    if (id % BATCH == 0) {
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

int main(int argc, char **argv) {
    uint64_t transfers = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000, records = 0;
    const char *folder = argc > 2 ? argv[2] : NULL;
    const struct output_config output = {.format = "json", .to = "file:/dev/null", .records = REPORT_ALERT};
    const struct report_options options = {.observer = "bench",
                                           .outputs = &output,
                                           .output_count = 1,
                                           .ledger = {.slow_objects = 50,
                                                      .slow_days = 14,
                                                      .growth_factor = 10,
                                                      .growth_history = 7,
                                                      .growth_objects = 50,
                                                      .growth_bytes = 10000000,
                                                      .repeat = 86400 * NS_PER_S},
                                           .store = {.folder = folder, .run = 1}};
    struct error e = {""};
    struct reporter *r = reporter_create(&options, &e);
    if (!r) {
        fprintf(stderr, "reporter: %s\n", e.text);
        return 1;
    }
    double before = cpu_seconds();
    time_ns began = clock_monotonic();
    for (uint64_t n = 1; n <= transfers; n++) {
        if (n % 10 == 0)
            give(r, RECORD_FINDING, n), records++;
        give(r, RECORD_TRANSFER, n), records++;
    }
    reporter_finish(r, 1000);
    double cpu = cpu_seconds() - before, wall = (double)(clock_monotonic() - began) / (double)NS_PER_S;
    reporter_destroy(r);
    printf("%s: %.0f records per CPU second, %.0f per second", folder ? "with SQLite" : "without",
           (double)records / cpu, (double)records / wall);
    if (folder) {
        char path[4096];
        struct stat st = {0};
        snprintf(path, sizeof path, "%s/gantry.db", folder);
        stat(path, &st);
        printf(", database %.2f MB after %llu transfers", (double)st.st_size / 1e6,
               (unsigned long long)transfers);
    }
    putchar('\n');
    return 0;
}
