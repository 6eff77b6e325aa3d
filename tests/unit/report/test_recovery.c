/* SPDX-License-Identifier: Apache-2.0 */
/* Databases of earlier versions, and damaged ones. SQLite itself is the judge of what is damaged. */
#include "report/store/store.h"

#include "example.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64], database[96], told[96], target[128];
static uint8_t whole[1 << 20];
static size_t whole_size;

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *where) {
    return remove(path);
}

static int begin(void **state) {
    strcpy(folder, "/tmp/gantry-recovery-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(database, sizeof database, "%s/gantry.db", folder);
    snprintf(told, sizeof told, "%s/told", folder);
    snprintf(target, sizeof target, "file:%s", told);
    return 0;
}

static int end(void **state) {
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct reporter *start(uint64_t run, const char *to) {
    static struct output_config output;
    struct error e = {""};
    output = (struct output_config){.format = "json", .to = to, .records = REPORT_ALERT};
    const struct report_options options = {.observer = "edge-1",
                                           .outputs = &output,
                                           .output_count = 1,
                                           .quiet = 900 * NS_PER_S,
                                           .store = {.folder = folder, .run = run}};
    struct reporter *r = reporter_create(&options, &e);
    if (!r)
        fail_msg("%s", e.text);
    return r;
}

static void give(struct reporter *r, uint64_t id, time_ns after) {
    example_begin(&example_builder, RECORD_TRANSFER);
    example_builder.head.object = id;
    example_builder.head.time += after;
    record_pack(&example_builder, id, example_room);
    reporter_take(r, 0, (const struct record *)example_room);
}

/* One text out of a database that no reporter has; "" if it cannot be read. */
static const char *query(const char *sql) {
    static char text[128];
    sqlite3 *db;
    sqlite3_stmt *q = NULL;
    text[0] = '\0';
    if (sqlite3_open_v2(database, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
        snprintf(text, sizeof text, "%s", (const char *)sqlite3_column_text(q, 0));
    sqlite3_finalize(q);
    sqlite3_close(db);
    return text;
}

static int64_t number(const char *sql) {
    return strtoll(query(sql), NULL, 10);
}

static unsigned count_files(const char *beginning, bool drop) {
    DIR *d = opendir(folder);
    unsigned n = 0;
    char path[512];
    for (struct dirent *e; (e = readdir(d));) {
        if (strncmp(e->d_name, beginning, strlen(beginning)) != 0)
            continue;
        n++;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (drop)
            unlink(path);
    }
    closedir(d);
    return n;
}

static unsigned times_told(const char *what) {
    static char text[1 << 20];
    FILE *f = fopen(told, "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    unsigned times = 0;
    text[n] = '\0';
    if (f)
        fclose(f);
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
        times++;
    return times;
}

/* --- earlier versions --- */

static void run_file(sqlite3 *db, const char *path) {
    char sql[8192], *why = NULL;
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("%s is not there: write down what a database of that version holds", path);
    sql[fread(sql, 1, sizeof sql - 1, f)] = '\0';
    fclose(f);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", path, why);
}

static int copy_table(void *db, int columns, char **row, char **names) {
    char sql[4096], *why = NULL;
    snprintf(sql, sizeof sql, "INSERT INTO %s (%s) SELECT %s FROM now.%s", row[0], row[1], row[1], row[0]);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
    return 0;
}

/* The columns that it had, with what this version has in them. */
static void make_version(int version) {
    static const char tables[] =
        "SELECT m.name, group_concat(c.name, ', ') FROM sqlite_schema m JOIN pragma_table_info(m.name) c"
        " WHERE m.type = 'table' GROUP BY m.name";
    char path[512], old[128], attach[256];
    sqlite3 *db;
    snprintf(path, sizeof path, TEST_DATA "/store/v%d.sql", version);
    snprintf(old, sizeof old, "%s/old.db", folder);
    snprintf(attach, sizeof attach, "ATTACH '%s' AS now", database);
    assert_int_equal(sqlite3_open(old, &db), SQLITE_OK);
    run_file(db, path);
    assert_int_equal(sqlite3_exec(db, attach, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, tables, copy_table, db, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(rename(old, database), 0);
}

static void a_database_of_each_earlier_version_is_taken_over_with_all_that_it_held(void **state) {
    char nowhere[128];
    for (int version = 1; version < (int)schema_version; version++) {
        begin(NULL);
        snprintf(nowhere, sizeof nowhere, "unix:%s/socket", folder);
        struct reporter *r = start(7, nowhere);
        give(r, 1, 0);
        reporter_commit(r);
        reporter_destroy(r);
        make_version(version);
        assert_int_equal(number("PRAGMA user_version"), version);
        r = start(7, nowhere);
        give(r, 2, NS_PER_S);
        reporter_commit(r);
        reporter_destroy(r);
        assert_int_equal(number("PRAGMA user_version"), (int64_t)schema_version);
        assert_int_equal(number("SELECT objects FROM bucket WHERE slot >= 36"), 2);
        assert_int_equal(number("SELECT count(*) FROM incident"), 1);
        assert_int_equal(number("SELECT objects FROM incident"), version >= 2 ? 2 : 1);
        assert_int_equal(number("SELECT min(sequence) FROM message"), 1);
        assert_int_equal(count_files("gantry.db.aside", false), 0);
        end(NULL);
    }
    begin(NULL);
}

/* --- damage --- */

static void make_whole(void) {
    struct reporter *r = start(7, target);
    for (uint64_t i = 1; i <= 60; i++)
        give(r, i, (time_ns)i * 1200 * NS_PER_S);
    reporter_finish(r, 1000);
    reporter_destroy(r);
    int fd = open(database, O_RDONLY);
    whole_size = (size_t)read(fd, whole, sizeof whole);
    close(fd);
    assert_in_range(whole_size, 16 << 10, sizeof whole - 1);
}

static void put_file(const uint8_t *data, size_t n) {
    count_files("gantry.db", true);
    unlink(told);
    int fd = open(database, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(fd, data, n), n);
    close(fd);
}

/* Whatever SQLite finds wrong is set aside and told; the sensor works in any case. */
static bool survive(void) {
    bool sound = strcmp(query("PRAGMA quick_check(1)"), "ok") == 0 &&
                 number("PRAGMA user_version") == (int64_t)schema_version;
    count_files("gantry.db-", true);
    struct reporter *r = start(7, target);
    give(r, 1000, 100 * 86400 * NS_PER_S);
    reporter_finish(r, 1000);
    reporter_destroy(r);
    assert_string_equal(query("PRAGMA quick_check(1)"), "ok");
    assert_int_equal(number("PRAGMA user_version"), (int64_t)schema_version);
    assert_in_range(times_told("\"state\":\"opened\""), 1, 3);
    if (!sound) {
        assert_int_equal(count_files("gantry.db.aside", false), 1);
        assert_int_equal(times_told("\"store-replaced\""), 1);
    }
    return sound;
}

static void flipped_bytes_anywhere_do_not_stop_the_sensor(void **state) {
    enum { PLACES = 150 };
    static uint8_t bad[1 << 20];
    unsigned damaged = 0;
    make_whole();
    srandom(6);
    for (int i = 0; i < PLACES; i++) {
        /* the header, the schema, then anywhere */
        size_t at = i < 40 ? (size_t)i * 3 : i < 60 ? (size_t)i * 50 : (size_t)random() % whole_size;
        memcpy(bad, whole, whole_size);
        for (size_t k = 0; k < 8 && at + k < whole_size; k++)
            bad[at + k] ^= (uint8_t)(random() | 1);
        put_file(bad, whole_size);
        damaged += !survive();
    }
    assert_in_range(damaged, 10, PLACES - 1);
}

static void a_truncated_zeroed_or_foreign_file_is_set_aside_and_told(void **state) {
    static const uint8_t zeros[64 << 10], text[] = "this is no database, whatever its name says\n";
    make_whole();
    for (size_t n = 1; n + 4096 < whole_size; n += n < 4096 ? 700 : 9000) {
        put_file(whole, n);
        if (survive())
            fail_msg("a file cut to %zu of %zu octets is taken for whole", n, whole_size);
    }
    put_file(zeros, sizeof zeros);
    assert_false(survive());
    put_file(text, sizeof text - 1);
    assert_false(survive());
    put_file(whole, whole_size);
    assert_true(survive());
    assert_int_equal(times_told("store-replaced"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_database_of_each_earlier_version_is_taken_over_with_all_that_it_held),
        TEST(flipped_bytes_anywhere_do_not_stop_the_sensor),
        TEST(a_truncated_zeroed_or_foreign_file_is_set_aside_and_told),
    };
    return cmocka_run_group_tests_name("report/recovery", tests, NULL, NULL);
}
