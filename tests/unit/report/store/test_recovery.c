/* SPDX-License-Identifier: Apache-2.0 */
/* Databases of earlier versions, and damaged ones. SQLite itself is the judge of what is damaged. */
#include "report/store/store.h"

#include "../kept.h"

#include <fcntl.h>

static uint8_t whole[1 << 20];
static size_t whole_size;

static void give(struct reporter *r, uint64_t id, time_ns after) {
    kept_give(r, RECORD_TRANSFER, id, id, after);
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
    snprintf(old, sizeof old, "%s/old.db", kept_folder);
    snprintf(attach, sizeof attach, "ATTACH '%s' AS now", kept_database);
    assert_int_equal(sqlite3_open(old, &db), SQLITE_OK);
    run_file(db, path);
    assert_int_equal(sqlite3_exec(db, attach, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, tables, copy_table, db, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(rename(old, kept_database), 0);
}

/* A database of this version with one object in it, taken over, and two more: the second like the first, the
 * third worse. */
static void take_over(int version, const char *before) {
    struct reporter *r = kept_start_to(7, kept_nowhere);
    give(r, 1, 0);
    reporter_commit(r);
    reporter_destroy(r);
    make_version(version);
    kept_change(before);
    assert_int_equal(kept_number("PRAGMA user_version"), version);
    r = kept_start_to(7, kept_nowhere);
    give(r, 2, NS_PER_S);
    reporter_commit(r);
    reporter_destroy(r);
    assert_int_equal(kept_number("PRAGMA user_version"), (int64_t)schema_version);
    assert_int_equal(kept_number("SELECT objects FROM bucket WHERE slot >= 36"), 2);
    assert_int_equal(kept_number("SELECT count(*) FROM incident"), 1);
    assert_int_equal(kept_number("SELECT objects FROM incident"), version >= 2 ? 2 : 1);
    assert_int_equal(kept_number("SELECT sequence FROM incident"), 1); /* it opened, before or anew */
    assert_int_equal(kept_number("SELECT count(*) FROM message"), version == 2 ? 0 : 1);
    r = kept_start_to(7, kept_nowhere);
    example_begin(&example_builder, RECORD_FINDING);
    example_builder.head.object = 3;
    example_builder.head.severity = 9;
    kept_take(r, 3);
    reporter_commit(r);
    reporter_destroy(r);
    assert_int_equal(kept_number("SELECT sequence FROM incident"), 2); /* what is worse is told */
    assert_int_equal(kept_files("gantry.db.aside", false), 0);
}

static void a_database_of_each_earlier_version_is_taken_over_with_all_that_it_held(void **state) {
    for (int version = 1; version < (int)schema_version; version++) {
        take_over(version, "");
        kept_end(NULL);
        kept_begin(NULL);
    }
}

static void columns_that_only_the_first_sensors_of_a_version_had_do_no_harm(void **state) {
    take_over(
        7,
        "ALTER TABLE traffic ADD COLUMN uploads INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE traffic ADD COLUMN untold_uploads INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE traffic ADD COLUMN unledgered_uploads INTEGER NOT NULL DEFAULT 0;"
        "INSERT INTO traffic VALUES (1, x'61', 0, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 1, 1, 1)");
    assert_int_equal(kept_number("SELECT told_out FROM traffic"), 17);
}

/* --- damage --- */

static void make_whole(void) {
    struct reporter *r = kept_start(7);
    for (uint64_t i = 1; i <= 60; i++)
        give(r, i, (time_ns)i * 1200 * NS_PER_S);
    kept_finish(r);
    int fd = open(kept_database, O_RDONLY);
    whole_size = (size_t)read(fd, whole, sizeof whole);
    close(fd);
    assert_in_range(whole_size, 16 << 10, sizeof whole - 1);
}

static void put_file(const uint8_t *data, size_t n) {
    kept_files("gantry.db", true);
    unlink(kept_told);
    int fd = open(kept_database, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(fd, data, n), n);
    close(fd);
}

/* Whatever SQLite finds wrong is set aside and told; the sensor works in any case. */
static bool survive(void) {
    bool sound = strcmp(kept_text("PRAGMA quick_check(1)"), "ok") == 0 &&
                 kept_number("PRAGMA user_version") == (int64_t)schema_version;
    kept_files("gantry.db-", true);
    struct reporter *r = kept_start(7);
    give(r, 1000, 100 * 86400 * NS_PER_S);
    kept_finish(r);
    assert_string_equal(kept_text("PRAGMA quick_check(1)"), "ok");
    assert_int_equal(kept_number("PRAGMA user_version"), (int64_t)schema_version);
    assert_in_range(kept_times_told("\"state\":\"opened\""), 1, 3);
    if (!sound) {
        assert_int_equal(kept_files("gantry.db.aside", false), 1);
        assert_int_equal(kept_times_told("\"store-replaced\""), 1);
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
    for (size_t n = 0; n + 4096 < whole_size; n += n < 4096 ? 700 : 9000) {
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
    assert_int_equal(kept_times_told("store-replaced"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KEPT(a_database_of_each_earlier_version_is_taken_over_with_all_that_it_held),
        KEPT(columns_that_only_the_first_sensors_of_a_version_had_do_no_harm),
        KEPT(flipped_bytes_anywhere_do_not_stop_the_sensor),
        KEPT(a_truncated_zeroed_or_foreign_file_is_set_aside_and_told),
    };
    return cmocka_run_group_tests_name("report/recovery", tests, NULL, NULL);
}
