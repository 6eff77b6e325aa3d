/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_REPORT_KEPT_H
#define GANTRY_TESTS_REPORT_KEPT_H

#include "example.h"
#include "report_defaults.h"
#include "report/report.h"

#include <dirent.h>
#include <ftw.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A reporter whose store and JSON output are in a folder of their own, and what stands in them. */
static char kept_folder[64], kept_database[96], kept_told[96], kept_target[128], kept_nowhere[128];

static inline int kept_remove(const char *path, const struct stat *st, int flag, struct FTW *where) {
    return remove(path);
}

static inline int kept_begin(void **state) {
    strcpy(kept_folder, "/tmp/gantry-kept-XXXXXX");
    assert_non_null(mkdtemp(kept_folder));
    snprintf(kept_database, sizeof kept_database, "%s/gantry.db", kept_folder);
    snprintf(kept_told, sizeof kept_told, "%s/told", kept_folder);
    snprintf(kept_target, sizeof kept_target, "file:%s", kept_told);
    snprintf(kept_nowhere, sizeof kept_nowhere, "unix:%s/socket", kept_folder);
    return 0;
}

static inline int kept_end(void **state) {
    return nftw(kept_folder, kept_remove, 8, FTW_DEPTH | FTW_PHYS);
}

#define KEPT(name) cmocka_unit_test_setup_teardown(name, kept_begin, kept_end)

/* --- the reporter --- */

/* To be changed before it is started. No alert is held back, and the ledger makes none of its own, so that
 * those of incidents can be counted. */
static inline struct report_options kept_options(uint64_t run, const char *to) {
    static struct output_config output;
    output = output_default("json", to, REPORT_ALERT);
    struct report_options o = report_defaults(&output, 1);
    o.alerts.limits = (struct alert_limits){0};
    o.ledger.slow_objects = o.ledger.growth_factor = 0;
    o.store.folder = kept_folder;
    o.store.run = run;
    return o;
}

static inline struct reporter *kept_create(const struct report_options *options) {
    struct error e = {""};
    struct reporter *r = reporter_create(options, &e);
    if (!r)
        fail_msg("%s", e.text);
    return r;
}

static inline struct reporter *kept_start_to(uint64_t run, const char *to) {
    const struct report_options options = kept_options(run, to);
    return kept_create(&options);
}

static inline struct reporter *kept_start(uint64_t run) {
    return kept_start_to(run, kept_target);
}

/* What is in example_builder, with the record's id. */
static inline void kept_take(struct reporter *r, uint64_t id) {
    record_pack(&example_builder, id, example_room);
    reporter_take(r, 0, (const struct record *)example_room);
}

static inline void kept_give(struct reporter *r, enum record_kind kind, uint64_t id, uint64_t object,
                             time_ns after) {
    example_begin(&example_builder, kind);
    example_builder.head.object = object;
    example_builder.head.time += after;
    kept_take(r, id);
}

/* In order; but as a process that is killed it closes and flushes nothing that the system does not have. */
static inline void kept_finish(struct reporter *r) {
    reporter_finish(r, 1000);
    reporter_destroy(r);
}

/* --- the database, when no reporter has it --- */

/* One text; "" if it cannot be read. */
static inline const char *kept_text(const char *sql) {
    static char text[128];
    sqlite3 *db;
    sqlite3_stmt *q = NULL;
    text[0] = '\0';
    if (sqlite3_open_v2(kept_database, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
        snprintf(text, sizeof text, "%s", (const char *)sqlite3_column_text(q, 0));
    sqlite3_finalize(q);
    sqlite3_close(db);
    return text;
}

static inline int64_t kept_number(const char *sql) {
    char *rest;
    const char *text = kept_text(sql);
    int64_t number = strtoll(text, &rest, 10);
    if (!*text || *rest)
        fail_msg("%s: \"%s\" is no number", sql, text);
    return number;
}

static inline void kept_change(const char *sql) {
    char *why = NULL;
    sqlite3 *db;
    assert_int_equal(sqlite3_open(kept_database, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
    sqlite3_close(db);
}

/* --- the folder --- */

/* Files whose names begin so; they are removed if `drop`. */
static inline unsigned kept_files(const char *beginning, bool drop) {
    DIR *d = opendir(kept_folder);
    unsigned n = 0;
    char path[512];
    for (struct dirent *e; (e = readdir(d));) {
        if (strncmp(e->d_name, beginning, strlen(beginning)) != 0)
            continue;
        n++;
        snprintf(path, sizeof path, "%s/%s", kept_folder, e->d_name);
        if (drop)
            unlink(path);
    }
    closedir(d);
    return n;
}

static inline const char *kept_all_told(void) {
    static char text[1 << 25];
    FILE *f = fopen(kept_told, "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    text[n] = '\0';
    if (f)
        fclose(f);
    return text;
}

static inline unsigned kept_times_told(const char *what) {
    unsigned n = 0;
    for (const char *at = kept_all_told(); (at = strstr(at, what)); at += strlen(what))
        n++;
    return n;
}

#endif
