/* SPDX-License-Identifier: Apache-2.0 */
#include "report/store/store.h"

#include "../../channel/sleep.h"
#include "../example.h"
#include "report/ledger/distinct.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64], database[96], told[96], target[128];
static struct record_builder b;
static uint64_t room[4096];

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *where) {
    return remove(path);
}

static int begin(void **state) {
    strcpy(folder, "/tmp/gantry-store-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(database, sizeof database, "%s/gantry.db", folder);
    snprintf(told, sizeof told, "%s/told", folder);
    snprintf(target, sizeof target, "file:%s", told);
    return 0;
}

static int end(void **state) {
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct reporter *try_start(uint64_t run, const char *to, uint64_t max_bytes, uint64_t held_max,
                                  struct error *e) {
    static struct output_config output;
    output = (struct output_config){.format = "json", .to = to, .records = REPORT_ALERT};
    const struct report_options options = {.observer = "edge-1",
                                           .outputs = &output,
                                           .output_count = 1,
                                           .quiet = 900 * NS_PER_S,
                                           .held_max = held_max,
                                           .store = {.folder = folder, .run = run, .max_bytes = max_bytes}};
    return reporter_create(&options, e);
}

static struct reporter *start_to(uint64_t run, const char *to) {
    struct error e = {""};
    struct reporter *r = try_start(run, to, 0, 0, &e);
    if (!r)
        fail_msg("%s", e.text);
    return r;
}

static struct reporter *start(uint64_t run) {
    return start_to(run, target);
}

static void give(struct reporter *r, enum record_kind kind, uint64_t id, uint64_t object, time_ns after) {
    example_begin(&b, kind);
    b.head.object = object;
    b.head.time += after;
    record_pack(&b, id, room);
    reporter_take(r, 0, (const struct record *)room);
}

/* As a process that is killed: nothing is closed or flushed but what the system has. */
static void abandon(struct reporter *r) {
    reporter_destroy(r);
}

/* One number out of the database, when no reporter has it. */
static int64_t query(const char *sql) {
    sqlite3 *db;
    sqlite3_stmt *q;
    assert_int_equal(sqlite3_open(database, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    int code = sqlite3_step(q);
    if (code != SQLITE_ROW)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    int64_t value = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    sqlite3_close(db);
    return value;
}

static const char *all_told(void) {
    static char text[1 << 25];
    FILE *f = fopen(told, "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    text[n] = '\0';
    if (f)
        fclose(f);
    return text;
}

static unsigned times_told(const char *what) {
    unsigned n = 0;
    for (const char *at = all_told(); (at = strstr(at, what)); at += strlen(what))
        n++;
    return n;
}

static unsigned files_like(const char *beginning) {
    DIR *d = opendir(folder);
    unsigned n = 0;
    for (struct dirent *e; (e = readdir(d));)
        n += strncmp(e->d_name, beginning, strlen(beginning)) == 0;
    closedir(d);
    return n;
}

static void an_incident_goes_on_after_a_restart_and_no_object_counts_twice(void **state) {
    struct reporter *r = start(7);
    give(r, RECORD_FINDING, 1, 1, 0);
    give(r, RECORD_TRANSFER, 2, 1, 0);
    give(r, RECORD_FINDING, 3, 2, 0);
    reporter_commit(r);
    reporter_deliver(r);
    reporter_commit(r); /* that it was delivered */
    abandon(r);
    r = start(7);
    give(r, RECORD_FINDING, 3, 2, 0); /* the ring's cursor was not moved */
    give(r, RECORD_TRANSFER, 4, 2, 0);
    for (uint64_t i = 3; i <= 10; i++)
        give(r, RECORD_TRANSFER, i + 2, i, NS_PER_S);
    reporter_commit(r);
    reporter_deliver(r);
    abandon(r);
    assert_int_equal(query("SELECT objects FROM incident"), 10);
    assert_int_equal(query("SELECT sequence FROM incident"), 2); /* opened, and grown at the tenth */
    assert_int_equal(query("SELECT count(*) FROM object"), 0);
    assert_int_equal(query("SELECT sum(objects) FROM bucket WHERE slot >= 36"), 10);
    assert_int_equal(query("SELECT last FROM channel"), 12);
    assert_int_equal(times_told("\"state\":\"opened\""), 1);
    assert_int_equal(times_told("\"state\":\"grown\""), 1);
}

static void another_run_begins_its_records_at_one_and_goes_on_with_the_ledger(void **state) {
    struct reporter *r = start(7);
    for (uint64_t i = 1; i <= 5; i++)
        give(r, RECORD_TRANSFER, i, i, 0);
    reporter_finish(r, 1000);
    reporter_destroy(r);
    r = start(8);
    for (uint64_t i = 1; i <= 5; i++)
        give(r, RECORD_TRANSFER, i, i, 3600 * NS_PER_S);
    reporter_finish(r, 1000);
    reporter_destroy(r);
    assert_int_equal(query("SELECT sum(objects) FROM bucket WHERE slot >= 36"), 10);
    assert_int_equal(query("SELECT count(*) FROM incident WHERE closed = 1"), 1);
    assert_int_equal(query("SELECT sequence FROM output"),
                     3); /* two openings, an end after an hour's quiet */
    assert_int_equal(query("SELECT count(*) FROM message"), 0);
}

static void
an_orderly_end_leaves_incidents_open_and_a_successor_closes_them_when_they_are_quiet(void **state) {
    for (uint64_t i = 1; i <= 12; i++) { /* a new reporter for each record of the same channels */
        struct reporter *r = start(7);
        give(r, RECORD_TRANSFER, i, i, (time_ns)i);
        assert_int_equal(reporter_finish(r, 1000), 0);
        reporter_destroy(r);
    }
    assert_int_equal(query("SELECT objects FROM incident WHERE closed = 0"), 12);
    assert_int_equal(times_told("\"state\":\"closed\""), 0);
    struct reporter *r = start(8);
    reporter_tick(r, EXAMPLE_TIME + 3600 * NS_PER_S);
    assert_int_equal(reporter_finish(r, 1000), 0);
    reporter_destroy(r);
    assert_int_equal(query("SELECT count(*) FROM incident WHERE closed = 1"), 1);
    assert_int_equal(times_told("\"state\":\"opened\""), 1);
    assert_int_equal(times_told("\"state\":\"grown\""), 1);
    assert_int_equal(times_told("\"state\":\"closed\""), 1);
    assert_int_equal(query("SELECT sequence FROM output"), 3);
}

#define TALLY(key) query("SELECT value FROM tally WHERE until = 0 AND key = '" key "'")

static void what_a_digest_counts_outlives_the_sensor_and_is_not_counted_twice(void **state) {
    static const uint64_t opened = 1;
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    struct reporter *r = start(7);
    reporter_tick(r, EXAMPLE_TIME);
    give(r, RECORD_TRANSFER, 1, 1, 0);
    counter_add(COUNTER_KERNEL_DROPS, 30);
    reporter_tick(r, EXAMPLE_TIME + 61 * NS_PER_S);
    abandon(r); /* killed */
    assert_int_equal(TALLY("report.incidents_opened"), opened);
    assert_int_equal(TALLY("capture.kernel_drops"), 30);
    r = start(7); /* the reporter alone: the counters go on */
    counter_add(COUNTER_KERNEL_DROPS, 2);
    assert_int_equal(reporter_finish(r, 1000), 0);
    reporter_destroy(r);
    assert_int_equal(TALLY("capture.kernel_drops"), 32);
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    r = start(8); /* the sensor: they begin anew */
    counter_add(COUNTER_KERNEL_DROPS, 40);
    assert_int_equal(reporter_finish(r, 1000), 0);
    reporter_destroy(r);
    assert_int_equal(TALLY("capture.kernel_drops"), 72);
    assert_int_equal(TALLY("report.incidents_opened"), opened);
}

static void plates_are_remembered_as_registers_alone(void **state) {
    struct reporter *r = start(7);
    for (uint64_t i = 1; i <= 2; i++) {
        example_begin(&b, RECORD_TRANSFER);
        b.head.object = i;
        b.head.digests = b.head.distinct = 20;
        for (uint64_t k = 0; k < 20; k++)
            b.digest[k] = 0x1122334455667788 + k;
        record_pack(&b, i, room);
        reporter_take(r, 0, (const struct record *)room);
        reporter_commit(r);
        reporter_destroy(r);
        r = start(7);
    }
    reporter_finish(r, 1000);
    reporter_destroy(r);
    assert_in_range(query("SELECT plates FROM incident"), 19, 21);
    assert_int_equal(query("SELECT length(registers) % 3 FROM bucket WHERE slot >= 36"), 0);
    assert_int_equal(query("SELECT count(*) FROM bucket WHERE instr(registers, x'8877665544332211') > 0"), 0);
}

/* --- kills --- */

static void report_for_ever(struct ring *ring, struct doorbell *d) {
    uint64_t *copy = malloc(ring_record_max()), damaged = 0;
    struct reporter *r = start(7);
    ring_rewind(ring);
    for (;;) {
        const struct record *record;
        for (int n = 0; n < 64 && (record = ring_read(ring, copy, &damaged)); n++)
            reporter_take(r, 0, record);
        reporter_commit(r);
        ring_commit(ring);
        reporter_deliver(r);
        sleep_until_rung(d, 5);
    }
}

enum { OBJECTS = 100000 };

static void write_objects(struct ring *ring, struct doorbell *d) {
    for (uint64_t i = 1; i <= OBJECTS; i++)
        for (int k = 0; k < 2; k++) {
            example_begin(&b, k ? RECORD_TRANSFER : RECORD_FINDING);
            b.head.object = i;
            b.head.time += (time_ns)i * NS_PER_MS;
            while (!ring_write(ring, &b))
                ring_wait_room(ring, 10);
            doorbell_ring(d);
        }
    ring_finish(ring);
    _exit(0);
}

static bool ring_empty(struct ring *ring) {
    uint64_t damaged = 0;
    ring_rewind(ring);
    return ring_finished(ring) && !ring_read(ring, room, &damaged);
}

static void the_record_that_ends_a_digest_is_whole_in_the_store_or_not_at_all(void **state) {
    struct reporter *r = start(7);
    give(r, RECORD_TRANSFER, 1, 1, 0);
    give(r, RECORD_TRANSFER, 2, 2, 86400 * NS_PER_S); /* behind midnight: the digest is committed */
    abandon(r);
    assert_int_equal(query("SELECT last FROM channel"), 1);
    assert_int_equal(query("SELECT sum(objects) FROM bucket WHERE slot >= 36"), 1);
    r = start(7);
    give(r, RECORD_TRANSFER, 2, 2, 86400 * NS_PER_S);
    reporter_commit(r);
    abandon(r);
    assert_int_equal(query("SELECT count(*) FROM incident"), 2);
    assert_int_equal(query("SELECT sum(objects) FROM bucket WHERE slot >= 36"), 2);
    assert_int_equal(query("SELECT count(*) FROM volume WHERE until = 0"), 1);
}

static void a_plate_in_a_file_name_is_kept_covered(void **state) {
    struct reporter *r = start(7);
    give(r, RECORD_TRANSFER, 1, 1, 0);
    reporter_commit(r);
    abandon(r);
    assert_int_equal(query("SELECT count(*) FROM incident WHERE instr(record, CAST('AB***34' AS BLOB))"), 1);
    assert_int_equal(query("SELECT count(*) FROM incident WHERE instr(record, CAST('ABC1234' AS BLOB))"), 0);
}

static void a_reporter_killed_at_any_moment_loses_nothing_and_counts_nothing_twice(void **state) {
    struct ring *ring = ring_create(1 << 17);
    struct doorbell *d = doorbell_create();
    int lives = 0;
    pid_t writer = fork();
    if (writer == 0)
        write_objects(ring, d);
    srandom(5);
    for (; !ring_empty(ring) && lives < 5000; lives++) {
        pid_t reporter = fork();
        if (reporter == 0)
            report_for_ever(ring, d);
        usleep((useconds_t)(random() % (25000 + lives * 500))); /* longer ones where a start is slow */
        kill(reporter, SIGKILL);
        waitpid(reporter, NULL, 0);
    }
    waitpid(writer, NULL, 0);
    struct reporter *r = start(7);
    reporter_finish(r, 1000);
    reporter_destroy(r);
    assert_true(lives > 10);
    assert_int_equal(query("SELECT objects FROM incident"), OBJECTS);
    assert_int_equal(query("SELECT bytes FROM incident"), OBJECTS * INT64_C(183220));
    assert_int_equal(query("SELECT sum(objects) FROM bucket WHERE slot >= 36"), OBJECTS);
    assert_int_equal(query("SELECT last FROM channel"), 2 * OBJECTS);
    assert_int_equal(query("SELECT count(*) FROM incident"), 1);
    assert_int_equal(query("SELECT sequence FROM incident"), 6); /* at 1, 10, ... 100,000 */
    for (int i = 1; i <= 6; i++) {                               /* each message came, some perhaps twice */
        char sequence[64];
        snprintf(sequence, sizeof sequence, "\"sequence\":%d,\"incident\"", i);
        assert_in_range(times_told(sequence), 1, 5);
    }
    assert_int_equal(times_told("\"sequence\":8,\"incident\""), 0);
    doorbell_destroy(d);
    ring_destroy(ring);
}

/* --- schema, damage, room --- */

static void a_database_of_the_first_version_is_taken_over(void **state) {
    sqlite3 *db;
    assert_int_equal(sqlite3_open(database, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, schema_steps[0], NULL, NULL, NULL), SQLITE_OK);
    char rows[512];
    snprintf(rows, sizeof rows,
             "INSERT INTO line VALUES (4, 'lanes', 'Plate Systems', 'vehicle-image', %lld);"
             "INSERT INTO bucket VALUES (4, %lld, %lld, 100, 5000, 100, 5000, 0, x'');"
             "INSERT INTO meta VALUES ('ledger.now', %lld); PRAGMA user_version = 1",
             (long long)EXAMPLE_TIME, 36 + (long long)(EXAMPLE_TIME / NS_PER_S / 86400 % 45),
             (long long)(EXAMPLE_TIME / NS_PER_S / 86400), (long long)EXAMPLE_TIME);
    assert_int_equal(sqlite3_exec(db, rows, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    struct reporter *r = start(7);
    give(r, RECORD_TRANSFER, 1, 1, 0);
    reporter_finish(r, 1000);
    reporter_destroy(r);
    assert_int_equal(query("PRAGMA user_version"), (int64_t)schema_version);
    assert_int_equal(query("SELECT objects FROM bucket WHERE line = 4 AND slot >= 36"), 101);
    assert_int_equal(query("SELECT count(*) FROM line"), 1);
    assert_int_equal(query("SELECT count(*) FROM incident"), 1);
    assert_int_equal(files_like("gantry.db.aside"), 0);
}

static void a_database_of_a_later_version_is_set_aside(void **state) {
    reporter_destroy(start(7));
    sqlite3 *db;
    assert_int_equal(sqlite3_open(database, &db), SQLITE_OK);
    sqlite3_exec(db, "PRAGMA user_version = 1000", NULL, NULL, NULL);
    sqlite3_close(db);
    reporter_destroy(start(7));
    assert_int_equal(files_like("gantry.db.aside"), 1);
    assert_int_equal(query("PRAGMA user_version"), (int64_t)schema_version);
}

static void scribble(off_t from) {
    int fd = open(database, O_WRONLY);
    char junk[4096];
    struct stat st;
    fstat(fd, &st);
    memset(junk, 0xa5, sizeof junk);
    for (off_t at = from; at < st.st_size; at += (off_t)sizeof junk)
        assert_int_equal(pwrite(fd, junk, sizeof junk, at), sizeof junk);
    close(fd);
}

static void a_damaged_database_is_set_aside_told_and_replaced(void **state) {
    for (int round = 1; round <= 4; round++) {
        struct reporter *r = start(7);
        for (uint64_t i = 1; i <= 20; i++)
            give(r, RECORD_TRANSFER, i, i, round * 3600 * NS_PER_S);
        reporter_finish(r, 1000);
        reporter_destroy(r);
        scribble(round % 2 ? 0 : 4096);
        r = start(7);
        reporter_finish(r, 1000);
        reporter_destroy(r);
        assert_int_equal(times_told("store-replaced"), round);
        assert_int_equal(query("SELECT count(*) FROM incident"), 0);
        assert_int_equal(files_like("gantry.db.aside"), round < 2 ? round : 2); /* the two newest */
    }
}

/* To read it through takes seconds a gigabyte, in which nobody reads the channels. */
static void a_database_that_was_handed_over_is_not_read_through_once_more(void **state) {
    struct store_options o = {.folder = folder, .checked = true};
    enum store_found found;
    struct error e;
    struct reporter *r = start(7);
    give(r, RECORD_TRANSFER, 1, 1, 0);
    reporter_finish(r, 1000);
    reporter_destroy(r);
    /* The page with a table's rows: the schema is read in any case. */
    int64_t page = query("SELECT rootpage FROM sqlite_schema WHERE name = 'incident'");
    int fd = open(database, O_WRONLY);
    assert_int_equal(pwrite(fd, "\xa5\xa5\xa5", 3, (off_t)((page - 1) * query("PRAGMA page_size"))), 3);
    close(fd);
    store_close(store_open(&o, &found, &e));
    assert_int_equal(found, STORE_FOUND);
    o.checked = false;
    store_close(store_open(&o, &found, &e));
    assert_int_equal(found, STORE_SET_ASIDE);
}

/* An incident each twenty minutes: its end is told as the next one opens. */
#define STEP (1200 * NS_PER_S)

static void give_incidents(struct reporter *r, uint64_t from, uint64_t to) {
    for (uint64_t i = from; i <= to; i++) {
        give(r, RECORD_TRANSFER, i, i, (time_ns)i * STEP);
        if (i % 50 == 0)
            reporter_tick(r, EXAMPLE_TIME + (time_ns)i * STEP);
    }
}

/* The damage comes while the reporter runs: the new database holds all that memory held. */
static void damage_at_work_is_noticed_and_nothing_of_memory_is_lost(void **state) {
    enum { MANY = 6400 }; /* more than fits the cache, in 88 days */
    uint64_t before = counter_values[COUNTER_STORE_REPLACED];
    const time_ns later = EXAMPLE_TIME + (MANY + 600) * STEP;
    struct reporter *r = start(7);
    give_incidents(r, 1, MANY);
    reporter_destroy(r); /* the log is written into the file, so that there is something to damage */
    r = start(7);
    scribble(4096);
    for (uint64_t i = 1; i <= 20; i++)
        give(r, RECORD_TRANSFER, MANY + i, MANY + i, (MANY + 100) * STEP);
    for (int i = 0; i < 50 && counter_values[COUNTER_STORE_REPLACED] == before; i++)
        reporter_tick(r, later + i * NS_PER_S); /* forgetting by age looks at old pages */
    assert_int_equal(counter_values[COUNTER_STORE_REPLACED], before + 1);
    reporter_finish(r, 1000);
    reporter_destroy(r);
    assert_int_equal(query("SELECT objects FROM incident ORDER BY last DESC LIMIT 1"), 20);
    assert_int_equal(query("SELECT objects FROM bucket WHERE slot >= 36 ORDER BY start DESC LIMIT 1"), 20);
    assert_int_equal(files_like("gantry.db.aside"), 1);
    assert_int_equal(times_told("store-replaced"), 1);
}

static void when_the_store_is_full_the_oldest_closed_incidents_go_first(void **state) {
    struct error e = {""};
    uint64_t before = counter_values[COUNTER_STORE_FORGOTTEN];
    struct reporter *r = try_start(7, target, 1 << 20, 0, &e);
    give_incidents(r, 1, 3000);
    assert_true(counter_values[COUNTER_STORE_FORGOTTEN] > before);
    reporter_finish(r, 1000);
    reporter_destroy(r);
    assert_in_range(query("SELECT count(*) FROM incident"), 1, 2000);
    assert_int_equal(query("SELECT max(last) FROM incident"), EXAMPLE_TIME + 3000 * STEP);
    assert_int_equal(times_told("\"state\":\"opened\""), 3000);
    struct stat st;
    assert_int_equal(stat(database, &st), 0);
    assert_true(st.st_size <= 1 << 20);
}

static void closed_incidents_are_forgotten_after_their_time(void **state) {
    struct reporter *r = start(7);
    give(r, RECORD_TRANSFER, 1, 1, 0);
    reporter_tick(r, EXAMPLE_TIME + 3600 * NS_PER_S);
    give(r, RECORD_TRANSFER, 2, 2, 60 * 86400 * NS_PER_S);
    reporter_tick(r, EXAMPLE_TIME + 61 * 86400 * NS_PER_S);
    reporter_tick(r, EXAMPLE_TIME + 91 * 86400 * NS_PER_S);
    reporter_finish(r, 1000);
    reporter_destroy(r);
    assert_int_equal(query("SELECT count(*) FROM incident"), 1);
}

/* --- messages --- */

static void undelivered_messages_go_out_after_the_next_start(void **state) {
    char nowhere[96];
    snprintf(nowhere, sizeof nowhere, "unix:%s/socket", folder);
    struct reporter *r = start_to(7, nowhere);
    give(r, RECORD_TRANSFER, 1, 1, 0);
    reporter_commit(r);
    reporter_deliver(r);
    reporter_destroy(r);
    assert_int_equal(query("SELECT count(*) FROM message"), 1);
    assert_int_equal(query("SELECT rank FROM message"), 3);
    r = start_to(8, nowhere);
    give(r, RECORD_TRANSFER, 1, 1, 3600 * NS_PER_S);
    assert_int_equal(reporter_finish(r, 50), 0);
    reporter_destroy(r);
    assert_int_equal(query("SELECT count(*) FROM message"), 3); /* the end of that, and another opening */
    assert_int_equal(query("SELECT max(sequence) FROM message"), 3);
}

static void a_full_outbox_keeps_openings_and_says_so(void **state) {
    struct error e = {""};
    char nowhere[96];
    snprintf(nowhere, sizeof nowhere, "unix:%s/socket", folder);
    struct reporter *r = try_start(7, nowhere, 0, 64 << 10, &e);
    uint64_t id = 0;
    for (int incident = 0; incident < 20; incident++)
        for (int i = 0; i < 100; i++) { /* opened, grown at 10 and at 100 */
            char class[16];
            snprintf(class, sizeof class, "class-%d", incident);
            id++;
            example_begin(&b, RECORD_TRANSFER);
            record_text(&b, TEXT_CLASSES, bytes_text(class));
            record_text(&b, TEXT_OFFENDING, bytes_text(class));
            b.head.object = id;
            record_pack(&b, id, room);
            reporter_take(r, 0, (const struct record *)room);
        }
    reporter_commit(r);
    reporter_destroy(r);
    assert_int_equal(query("SELECT count(*) FROM message WHERE rank = 3 AND instr(message, 'opened') > 0"),
                     20);
    assert_in_range(query("SELECT count(*) FROM message WHERE rank = 1"), 1, 39);
    assert_int_equal(query("SELECT count(*) FROM message WHERE instr(message, 'outbox-full') > 0"), 1);
}

static void a_second_sensor_in_one_folder_is_refused(void **state) {
    struct error e = {""};
    struct reporter *r = start(7);
    pid_t pid = fork();
    if (pid == 0) {
        struct reporter *other = try_start(8, target, 0, 0, &e);
        _exit(other == NULL && strstr(e.text, "another sensor uses") ? 0 : 1);
    }
    int status;
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    reporter_destroy(r);
}

static void a_folder_that_cannot_be_made_is_told(void **state) {
    struct error e = {""};
    enum store_found found;
    const struct store_options o = {.folder = "/proc/nowhere/state"};
    assert_null(store_open(&o, &found, &e));
    assert_non_null(strstr(e.text, "/proc/nowhere/state"));
}

static void nobody_else_may_read_the_database(void **state) {
    struct stat st;
    reporter_destroy(start(7));
    assert_int_equal(stat(database, &st), 0);
    assert_int_equal(st.st_mode & 077, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_incident_goes_on_after_a_restart_and_no_object_counts_twice),
        TEST(another_run_begins_its_records_at_one_and_goes_on_with_the_ledger),
        TEST(an_orderly_end_leaves_incidents_open_and_a_successor_closes_them_when_they_are_quiet),
        TEST(what_a_digest_counts_outlives_the_sensor_and_is_not_counted_twice),
        TEST(plates_are_remembered_as_registers_alone),
        TEST(the_record_that_ends_a_digest_is_whole_in_the_store_or_not_at_all),
        TEST(a_plate_in_a_file_name_is_kept_covered),
        TEST(a_reporter_killed_at_any_moment_loses_nothing_and_counts_nothing_twice),
        TEST(a_database_of_the_first_version_is_taken_over),
        TEST(a_database_of_a_later_version_is_set_aside),
        TEST(a_damaged_database_is_set_aside_told_and_replaced),
        TEST(a_database_that_was_handed_over_is_not_read_through_once_more),
        TEST(damage_at_work_is_noticed_and_nothing_of_memory_is_lost),
        TEST(when_the_store_is_full_the_oldest_closed_incidents_go_first),
        TEST(closed_incidents_are_forgotten_after_their_time),
        TEST(undelivered_messages_go_out_after_the_next_start),
        TEST(a_full_outbox_keeps_openings_and_says_so),
        TEST(a_second_sensor_in_one_folder_is_refused),
        TEST(a_folder_that_cannot_be_made_is_told),
        TEST(nobody_else_may_read_the_database),
    };
    return cmocka_run_group_tests_name("report/store", tests, NULL, NULL);
}
