/* SPDX-License-Identifier: Apache-2.0 */
#include "report/store/store.h"

#include "report/store/schema.h"

#include <dirent.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { COLUMNS_MAX = 24, ASIDE_KEPT = 2, PAGE = 4096, PATH_ROOM = 4096 };
enum { OVERWRITES = 6 }; /* since this version of the schema what is deleted is overwritten */

struct store {
    struct store_options options;
    char path[PATH_ROOM];
    sqlite3 *db;
    sqlite3_stmt *statements[STORE_STATEMENTS];
    enum store_result result; /* of the transaction so far */
};

static const char aside_mark[] = "gantry.db.aside-";

static enum store_result result_of(int code) {
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return STORE_DONE;
    case SQLITE_FULL:
        return STORE_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return STORE_DAMAGED;
    default:
        return STORE_FAILED;
    }
}

/* The first trouble is what the transaction ends with. */
static bool note_code(struct store *s, int code) {
    enum store_result result = result_of(code);
    if (s->result == STORE_DONE && result != STORE_DONE) {
        s->result = result;
        log_debug("store: %s", sqlite3_errmsg(s->db));
    }
    return result == STORE_DONE;
}

static int run_sql(struct store *s, const char *sql) {
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL);
}

static int read_number(struct store *s, const char *sql, int64_t *out) {
    sqlite3_stmt *q = NULL;
    int code = sqlite3_prepare_v2(s->db, sql, -1, &q, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(q);
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return code == SQLITE_ROW ? SQLITE_OK : code;
}

static void close_database(struct store *s) {
    for (int i = 0; i < STORE_STATEMENTS; i++) {
        sqlite3_finalize(s->statements[i]);
        s->statements[i] = NULL;
    }
    sqlite3_close(s->db);
    s->db = NULL;
}

/* --- opening --- */

/* Exclusive: no shared-memory file, and a second sensor cannot get in. */
static int prepare_database(struct store *s) {
    char bound[64];
    int code =
        run_sql(s, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                   "PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON; BEGIN EXCLUSIVE; COMMIT");
    if (code == SQLITE_OK && s->options.max_bytes) {
        uint64_t pages = s->options.max_bytes / PAGE;
        snprintf(bound, sizeof bound, "PRAGMA max_page_count = %llu",
                 (unsigned long long)(pages < 64           ? 64
                                      : pages > 0xfffffffe ? 0xfffffffe
                                                           : pages));
        code = run_sql(s, bound);
    }
    return code;
}

/* SQLITE_CORRUPT if its own check finds anything. */
static int check_database(struct store *s) {
    sqlite3_stmt *q = NULL;
    int code = sqlite3_prepare_v2(s->db, "PRAGMA quick_check(1)", -1, &q, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(q);
    if (code == SQLITE_ROW)
        code = strcmp((const char *)sqlite3_column_text(q, 0), "ok") == 0 ? SQLITE_OK : SQLITE_CORRUPT;
    sqlite3_finalize(q);
    return code;
}

/* Forward, step by step, in one transaction. A later version than ours is treated as damage. */
static int migrate_schema(struct store *s) {
    int64_t version = 0;
    char set[64];
    int code = read_number(s, "PRAGMA user_version", &version);
    if (code != SQLITE_OK || version == (int64_t)schema_version)
        return code;
    if (version < 0 || version > (int64_t)schema_version)
        return SQLITE_CORRUPT;
    code = run_sql(s, "BEGIN");
    for (size_t i = (size_t)version; i < schema_version && code == SQLITE_OK; i++)
        code = run_sql(s, schema_steps[i]);
    snprintf(set, sizeof set, "PRAGMA user_version = %zu; COMMIT", schema_version);
    if (code == SQLITE_OK)
        code = run_sql(s, set);
    if (code != SQLITE_OK)
        run_sql(s, "ROLLBACK");
    if (code == SQLITE_OK && version > 0 && version < OVERWRITES)
        run_sql(s,
                "VACUUM"); /* what an older sensor deleted is still in free pages; it goes on if that fails */
    return code;
}

static int connect_to(struct store *s, const char *path) {
    int code = sqlite3_open_v2(path, &s->db,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW, NULL);
    if (code == SQLITE_OK)
        code = prepare_database(s);
    if (code == SQLITE_OK && !s->options.checked)
        code = check_database(s);
    if (code == SQLITE_OK)
        code = migrate_schema(s);
    for (int i = 0; i < STORE_STATEMENTS && code == SQLITE_OK; i++)
        code = sqlite3_prepare_v3(s->db, schema_statements[i], -1, SQLITE_PREPARE_PERSISTENT,
                                  &s->statements[i], NULL);
    return code;
}

/* It gets its name when it is whole: a file of that name with nothing in it is none that a start left which
 * was killed, but a damaged one. */
static int make_new(struct store *s) {
    static const char *const ends[] = {"", "-wal", "-journal"};
    char path[PATH_ROOM + 16], left[PATH_ROOM + 32];
    snprintf(path, sizeof path, "%s.new", s->path);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        snprintf(left, sizeof left, "%s%s", path, ends[i]);
        unlink(left);
    }
    int code = connect_to(s, path);
    if (code != SQLITE_OK)
        return code;
    close_database(s); /* which leaves one file */
    return rename(path, s->path) == 0 ? connect_to(s, s->path) : SQLITE_CANTOPEN;
}

static int is_aside(const struct dirent *d) {
    return strncmp(d->d_name, aside_mark, sizeof aside_mark - 1) == 0;
}

/* Names end in a time, so the oldest come first. */
static void drop_old_asides(const struct store *s) {
    struct dirent **names;
    char path[PATH_ROOM + 256];
    int n = scandir(s->options.folder, &names, is_aside, alphasort);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", s->options.folder, names[i]->d_name);
        if (i < n - ASIDE_KEPT)
            unlink(path);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
}

/* The log beside it goes: what it held was not committed, or cannot be read. */
static bool set_aside(struct store *s) {
    char to[PATH_ROOM + 64], log[PATH_ROOM + 8], when[32];
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    strftime(when, sizeof when, "%Y%m%dT%H%M%S", gmtime_r(&now.tv_sec, &utc));
    snprintf(to, sizeof to, "%s/%s%s.%09ldZ", s->options.folder, aside_mark, when, now.tv_nsec);
    close_database(s);
    snprintf(log, sizeof log, "%s-wal", s->path);
    if (rename(s->path, to) != 0)
        return false;
    unlink(log);
    log_error("store: %s was damaged; it is set aside as %s and a new one begun", s->path, to);
    drop_old_asides(s);
    return true;
}

/* A file of ours that cannot be opened for a reason that lies in itself: whatever SQLite calls it
 * ("unsupported file format" and "read-only" come of a few wrong octets in the header), when it is not
 * somebody else's lock, the disk, or memory, and we may read and write it. */
static bool is_damage(const struct store *s, int code) {
    static const uint8_t of_others[] = {SQLITE_BUSY, SQLITE_LOCKED,   SQLITE_NOMEM, SQLITE_PERM,
                                        SQLITE_FULL, SQLITE_CANTOPEN, SQLITE_IOERR};
    for (size_t i = 0; i < sizeof of_others; i++)
        if ((code & 0xff) == of_others[i])
            return false;
    return code != SQLITE_OK && access(s->path, R_OK | W_OK) == 0;
}

/* SQLite takes what is shorter than its smallest page for a new database. */
static int open_old(struct store *s) {
    enum { PAGE_LEAST = 512 };
    struct stat st;
    if (stat(s->path, &st) == 0 && st.st_size < PAGE_LEAST)
        return SQLITE_CORRUPT;
    return connect_to(s, s->path);
}

static bool describe_failure(const struct store *s, int code, struct error *e) {
    if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED)
        return error_set(
            e, "sensor.state: another sensor uses %s; stop it, or give each sensor a folder of its own",
            s->path);
    return error_set(e, "sensor.state: %s cannot be used: %s; check the folder, its permissions and the disk",
                     s->path, s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(code));
}

struct store *store_open(const struct store_options *options, enum store_found *found, struct error *e) {
    struct store *s = calloc(1, sizeof *s);
    mode_t mask;
    if (!s) {
        error_set(e, "out of memory");
        return NULL;
    }
    s->options = *options;
    if (snprintf(s->path, sizeof s->path, "%s/gantry.db", options->folder) >= (int)sizeof s->path ||
        (mkdir(options->folder, 0700) != 0 && errno != EEXIST)) {
        error_set(e, "sensor.state: %s cannot be made: %s; make the folder or name another", options->folder,
                  strerror(errno));
        free(s);
        return NULL;
    }
    *found = access(s->path, F_OK) == 0 ? STORE_FOUND : STORE_NEW;
    mask = umask(077);
    int code = *found == STORE_NEW ? make_new(s) : open_old(s);
    if (is_damage(s, code) && set_aside(s)) {
        *found = STORE_SET_ASIDE;
        code = make_new(s);
    }
    umask(mask);
    if (code == SQLITE_OK)
        return s;
    describe_failure(s, code, e);
    store_close(s);
    return NULL;
}

bool store_replace(struct store *s, struct error *e) {
    mode_t mask = umask(077);
    bool ok = set_aside(s);
    int code = ok ? make_new(s) : SQLITE_CANTOPEN;
    umask(mask);
    s->result = STORE_DONE;
    return code == SQLITE_OK || describe_failure(s, code, e);
}

void store_close(struct store *s) {
    if (!s)
        return;
    close_database(s);
    free(s);
}

/* --- work --- */

static int bind_values(sqlite3_stmt *q, const struct store_value *v, size_t n) {
    int code = SQLITE_OK;
    for (size_t i = 0; i < n && code == SQLITE_OK; i++) {
        int at = (int)i + 1;
        if (v[i].kind == STORE_NUMBER)
            code = sqlite3_bind_int64(q, at, v[i].number);
        else if (v[i].kind == STORE_TEXT)
            code = sqlite3_bind_text(q, at, v[i].bytes.n ? (const char *)v[i].bytes.p : "", (int)v[i].bytes.n,
                                     SQLITE_STATIC);
        else
            code = sqlite3_bind_blob(q, at, v[i].bytes.n ? (const void *)v[i].bytes.p : "", (int)v[i].bytes.n,
                                     SQLITE_STATIC);
    }
    return code;
}

bool store_run(struct store *s, enum store_statement which, const struct store_value *values, size_t n) {
    sqlite3_stmt *q = s->statements[which];
    if (!s->db || !q) {
        s->result = s->result == STORE_DONE ? STORE_FAILED : s->result;
        return false;
    }
    int code = bind_values(q, values, n);
    if (code == SQLITE_OK)
        code = sqlite3_step(q);
    bool ok = note_code(s, code);
    sqlite3_reset(q);
    sqlite3_clear_bindings(q);
    return ok;
}

bool store_each(struct store *s, enum store_statement which,
                void (*row)(void *context, const struct store_value *columns), void *context) {
    return store_find(s, which, NULL, 0, row, context);
}

bool store_find(struct store *s, enum store_statement which, const struct store_value *values, size_t n,
                void (*row)(void *context, const struct store_value *columns), void *context) {
    sqlite3_stmt *q = s->statements[which];
    struct store_value v[COLUMNS_MAX];
    int code;
    if (!s->db || !q || bind_values(q, values, n) != SQLITE_OK)
        return false;
    while ((code = sqlite3_step(q)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(q) && i < COLUMNS_MAX; i++)
            v[i] = sqlite3_column_type(q, i) == SQLITE_INTEGER
                       ? STORE_N(sqlite3_column_int64(q, i))
                       : STORE_B(bytes_of(sqlite3_column_blob(q, i), (size_t)sqlite3_column_bytes(q, i)));
        row(context, v);
    }
    sqlite3_reset(q);
    sqlite3_clear_bindings(q);
    return note_code(s, code);
}

uint64_t store_changed(const struct store *s) {
    return s->db ? (uint64_t)sqlite3_changes(s->db) : 0;
}

void store_begin(struct store *s) {
    s->result = STORE_DONE;
    note_code(s, s->db ? run_sql(s, "BEGIN IMMEDIATE") : SQLITE_ERROR);
}

enum store_result store_end(struct store *s) {
    if (s->result == STORE_DONE)
        note_code(s, run_sql(s, "COMMIT"));
    if (s->result != STORE_DONE && s->db && !sqlite3_get_autocommit(s->db))
        run_sql(s, "ROLLBACK");
    return s->result;
}

bool store_bounded(struct store *s) {
    enum { TRANSACTION_PAGES = 1024 };
    int64_t pages = 0;
    return s->db && s->options.max_bytes && read_number(s, "PRAGMA page_count", &pages) == SQLITE_OK &&
           s->options.max_bytes / PAGE < (uint64_t)pages + TRANSACTION_PAGES;
}

void store_tidy(struct store *s) {
    if (s->db)
        sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

uint64_t store_size(struct store *s) {
    int64_t pages = 0, unused = 0;
    if (!s->db || read_number(s, "PRAGMA page_count", &pages) != SQLITE_OK ||
        read_number(s, "PRAGMA freelist_count", &unused) != SQLITE_OK)
        return 0;
    return (uint64_t)(pages - unused) * PAGE;
}
