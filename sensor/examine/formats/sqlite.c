/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/examine.h"
#include "examine/sheet.h"

#include <sqlite3.h>
#include <stdio.h>

/* SQLite databases, by SQLite on the image in memory, read-only: each table is a text of comma-separated rows
 * below the names of its columns, each larger value that is no text a file. What the file's own schema could
 * have run, it does not: no view, trigger, virtual table or function of it is ever asked for. */

enum {
    VALUE_MAX = 64 << 20,
    OPS = 10000,       /* of SQLite's machine between two looks, */
    LOOKS_MAX = 40000, /* and of these */
    NAME_ROOM = 256,
};
static const sqlite3_int64 heap_max = 64 << 20;

static bool matches_sqlite(const struct file_type *type) {
    return bytes_equal(bytes_text(type->mime), bytes_text("application/vnd.sqlite3"));
}

static void prepare_sqlite(void) {
    sqlite3 *db = NULL;
    if (sqlite3_open(":memory:", &db) == SQLITE_OK) /* what it asks the system once */
        sqlite3_exec(db, "SELECT random()", NULL, NULL, NULL);
    sqlite3_close(db);
}

/* Reading tables is all that is allowed; without modules none of them is a virtual one. */
static int allow_reading(void *context, int action, const char *a, const char *b, const char *c,
                         const char *d) {
    return action == SQLITE_SELECT || action == SQLITE_READ ? SQLITE_OK : SQLITE_DENY;
}

static int count_looks(void *looks) {
    return ++*(unsigned *)looks > LOOKS_MAX;
}

static void set_bounds(sqlite3 *db, unsigned *looks) {
    static const struct {
        int what, most;
    } bounds[] = {{SQLITE_LIMIT_LENGTH, VALUE_MAX}, {SQLITE_LIMIT_SQL_LENGTH, 1 << 20},
                  {SQLITE_LIMIT_EXPR_DEPTH, 50},    {SQLITE_LIMIT_ATTACHED, 0},
                  {SQLITE_LIMIT_TRIGGER_DEPTH, 1},  {SQLITE_LIMIT_COMPOUND_SELECT, 2},
                  {SQLITE_LIMIT_WORKER_THREADS, 0}, {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100}};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        sqlite3_limit(db, bounds[i].what, bounds[i].most);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_drop_modules(db, NULL);
    sqlite3_exec(db, "PRAGMA cell_size_check=ON", NULL, NULL, NULL);
    sqlite3_set_authorizer(db, allow_reading, NULL);
    sqlite3_progress_handler(db, OPS, count_looks, looks);
}

/* --- One table --- */

static void take_value(struct examined *x, struct sheet *r, sqlite3_stmt *s, int column, const char *table) {
    int type = sqlite3_column_type(s, column);
    if (type == SQLITE_NULL) {
        sheet_cell(r, bytes_of(NULL, 0));
        return;
    }
    const void *p =
        type == SQLITE_BLOB ? sqlite3_column_blob(s, column) : (const void *)sqlite3_column_text(s, column);
    struct bytes value = bytes_of(p, p ? (size_t)sqlite3_column_bytes(s, column) : 0);
    if (type == SQLITE_BLOB)
        sheet_blob(r, value, table, sqlite3_column_name(s, column));
    else
        sheet_cell(r, value);
}

/* False: nothing more can be read. */
static bool take_rows(struct examined *x, sqlite3_stmt *s, const char *table) {
    int columns = sqlite3_column_count(s), status;
    struct sheet r;
    sheet_begin(&r, x, table);
    for (int i = 0; i < columns; i++)
        sheet_cell(&r, bytes_text(sqlite3_column_name(s, i)));
    sheet_end_row(&r);
    while ((status = sqlite3_step(s)) == SQLITE_ROW && !x->over) {
        for (int i = 0; i < columns; i++)
            take_value(x, &r, s, i, table);
        sheet_end_row(&r);
    }
    sheet_end(&r, status == SQLITE_DONE);
    return status == SQLITE_DONE;
}

static bool take_table(struct examined *x, sqlite3 *db, const char *table) {
    sqlite3_stmt *s = NULL;
    char *sql = sqlite3_mprintf("SELECT * FROM main.\"%w\"", table);
    bool read = sql && sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && take_rows(x, s, table);
    sqlite3_finalize(s);
    sqlite3_free(sql);
    return read;
}

/* A virtual table is read in the tables that it is kept in. */
static bool take_tables(struct examined *x, sqlite3 *db) {
    static const char list[] = "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0";
    sqlite3_stmt *s = NULL;
    bool read = sqlite3_prepare_v2(db, list, -1, &s, NULL) == SQLITE_OK;
    int status = SQLITE_DONE;
    while (read && (status = sqlite3_step(s)) == SQLITE_ROW && !x->over) {
        const char *name = (const char *)sqlite3_column_text(s, 0);
        if (name && strncmp(name, "sqlite_", 7) != 0 && !take_table(x, db, name))
            examined_broken(x);
    }
    sqlite3_finalize(s);
    return read && (status == SQLITE_DONE || x->over);
}

/* --- The file --- */

/* One that is written ahead (file format, section 1.3.3) is not opened without the file beside it; what
 * stands in it alone can be read as of any other. */
static void read_as_plain(const struct examined *x, uint8_t *image) {
    enum { WRITE = 18, READ = 19, LEGACY = 1, AHEAD = 2 };
    if (x->image.n > READ && image[WRITE] == AHEAD && image[READ] == AHEAD)
        image[WRITE] = image[READ] = LEGACY;
}

static void examine_a_database(struct examined *x) {
    sqlite3 *db = NULL;
    unsigned looks = 0;
    uint8_t *image = (uint8_t *)(uintptr_t)x->image.p; /* memory of this process, cleared afterwards */
    sqlite3_int64 before = sqlite3_hard_heap_limit64(heap_max);
    read_as_plain(x, image);
    bool opened = sqlite3_open(":memory:", &db) == SQLITE_OK &&
                  sqlite3_deserialize(db, "main", image, (sqlite3_int64)x->image.n, (sqlite3_int64)x->image.n,
                                      SQLITE_DESERIALIZE_READONLY) == SQLITE_OK;
    if (opened)
        set_bounds(db, &looks);
    if (!opened || !take_tables(x, db))
        examined_broken(x);
    sqlite3_close(db);
    sqlite3_hard_heap_limit64(before);
}

const struct examine_format examine_sqlite = {
    .name = "sqlite", .matches = matches_sqlite, .examine = examine_a_database, .prepare = prepare_sqlite};
