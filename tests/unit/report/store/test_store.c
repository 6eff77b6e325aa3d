/* SPDX-License-Identifier: Apache-2.0 */
#include "report/store/store.h"

#include "../../channel/sleep.h"
#include "../kept.h"
#include "report/ledger/distinct.h"
#include "report/outbox.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

static void an_incident_goes_on_after_a_restart_and_no_object_counts_twice(void **state) {
    struct reporter *r = kept_start(7);
    kept_give(r, RECORD_FINDING, 1, 1, 0);
    kept_give(r, RECORD_TRANSFER, 2, 1, 0);
    kept_give(r, RECORD_FINDING, 3, 2, 0);
    reporter_commit(r);
    reporter_deliver(r);
    reporter_commit(r); /* that it was delivered */
    reporter_destroy(r);
    r = kept_start(7);
    kept_give(r, RECORD_FINDING, 3, 2, 0); /* the ring's cursor was not moved */
    kept_give(r, RECORD_TRANSFER, 4, 2, 0);
    for (uint64_t i = 3; i <= 10; i++)
        kept_give(r, RECORD_TRANSFER, i + 2, i, NS_PER_S);
    reporter_commit(r);
    reporter_deliver(r);
    reporter_destroy(r);
    assert_int_equal(kept_number("SELECT objects FROM incident"), 10);
    assert_int_equal(kept_number("SELECT sequence FROM incident"), 2); /* opened, and grown at the tenth */
    assert_int_equal(kept_number("SELECT count(*) FROM object"), 0);
    assert_int_equal(kept_number("SELECT sum(objects) FROM bucket WHERE slot >= 36"), 10);
    assert_int_equal(kept_number("SELECT last FROM channel"), 12);
    assert_int_equal(kept_times_told("\"state\":\"opened\""), 1);
    assert_int_equal(kept_times_told("\"state\":\"grown\""), 1);
}

static void another_run_begins_its_records_at_one_and_goes_on_with_the_ledger(void **state) {
    struct reporter *r = kept_start(7);
    for (uint64_t i = 1; i <= 5; i++)
        kept_give(r, RECORD_TRANSFER, i, i, 0);
    kept_finish(r);
    r = kept_start(8);
    for (uint64_t i = 1; i <= 5; i++)
        kept_give(r, RECORD_TRANSFER, i, i, 3600 * NS_PER_S);
    kept_finish(r);
    assert_int_equal(kept_number("SELECT sum(objects) FROM bucket WHERE slot >= 36"), 10);
    assert_int_equal(kept_number("SELECT count(*) FROM incident WHERE closed = 1"), 1);
    assert_int_equal(kept_number("SELECT sequence FROM output"),
                     3); /* two openings, an end after an hour's quiet */
    assert_int_equal(kept_number("SELECT count(*) FROM message"), 0);
}

static void
an_orderly_end_leaves_incidents_open_and_a_successor_closes_them_when_they_are_quiet(void **state) {
    for (uint64_t i = 1; i <= 12; i++) { /* a new reporter for each record of the same channels */
        struct reporter *r = kept_start(7);
        kept_give(r, RECORD_TRANSFER, i, i, (time_ns)i);
        assert_int_equal(reporter_finish(r, 1000), 0);
        reporter_destroy(r);
    }
    assert_int_equal(kept_number("SELECT objects FROM incident WHERE closed = 0"), 12);
    assert_int_equal(kept_times_told("\"state\":\"closed\""), 0);
    struct reporter *r = kept_start(8);
    reporter_tick(r, EXAMPLE_TIME + 3600 * NS_PER_S);
    assert_int_equal(reporter_finish(r, 1000), 0);
    reporter_destroy(r);
    assert_int_equal(kept_number("SELECT count(*) FROM incident WHERE closed = 1"), 1);
    assert_int_equal(kept_times_told("\"state\":\"opened\""), 1);
    assert_int_equal(kept_times_told("\"state\":\"grown\""), 1);
    assert_int_equal(kept_times_told("\"state\":\"closed\""), 1);
    assert_int_equal(kept_number("SELECT sequence FROM output"), 3);
}

#define TALLY(key) kept_number("SELECT value FROM tally WHERE until = 0 AND key = '" key "'")

static void what_a_digest_counts_outlives_the_sensor_and_is_not_counted_twice(void **state) {
    static const uint64_t opened = 1;
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    struct reporter *r = kept_start(7);
    reporter_tick(r, EXAMPLE_TIME);
    kept_give(r, RECORD_TRANSFER, 1, 1, 0);
    counter_add(COUNTER_KERNEL_DROPS, 30);
    reporter_tick(r, EXAMPLE_TIME + 61 * NS_PER_S);
    reporter_destroy(r); /* killed */
    assert_int_equal(TALLY("report.incidents_opened"), opened);
    assert_int_equal(TALLY("capture.kernel_drops"), 30);
    r = kept_start(7); /* the reporter alone: the counters go on */
    counter_add(COUNTER_KERNEL_DROPS, 2);
    assert_int_equal(reporter_finish(r, 1000), 0);
    reporter_destroy(r);
    assert_int_equal(TALLY("capture.kernel_drops"), 32);
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    r = kept_start(8); /* the sensor: they begin anew */
    counter_add(COUNTER_KERNEL_DROPS, 40);
    assert_int_equal(reporter_finish(r, 1000), 0);
    reporter_destroy(r);
    assert_int_equal(TALLY("capture.kernel_drops"), 72);
    assert_int_equal(TALLY("report.incidents_opened"), opened);
}

static void plates_are_remembered_as_keyed_digests_and_registers(void **state) {
    struct reporter *r = kept_start(7);
    for (uint64_t i = 1; i <= 2; i++) {
        example_begin(&example_builder, RECORD_TRANSFER);
        example_builder.head.object = i;
        example_builder.head.digests = example_builder.head.distinct = 20;
        for (uint64_t k = 0; k < 20; k++)
            example_builder.digest[k] = 0x1122334455667788 + k;
        kept_take(r, i);
        reporter_commit(r);
        reporter_destroy(r);
        r = kept_start(7);
    }
    kept_finish(r);
    assert_int_equal(kept_number("SELECT plates FROM incident"), 20);
    assert_int_equal(kept_number("SELECT length(plate_digests) FROM bucket WHERE slot >= 36"), 160);
    assert_int_equal(kept_number("SELECT length(digests) FROM incident"), 160);
    assert_int_equal(kept_number("SELECT length(registers) % 3 FROM bucket WHERE slot >= 36"), 0);
    assert_int_equal(
        kept_number("SELECT count(*) FROM bucket WHERE instr(registers, x'8877665544332211') > 0"), 0);
}

/* A reporter for each record, of 100 plates each. */
static void give_plates(uint64_t first, uint64_t records, uint64_t new_plates) {
    for (uint64_t i = first; i < first + records; i++) {
        struct reporter *r = kept_start(7);
        example_begin(&example_builder, RECORD_TRANSFER);
        example_builder.head.object = i;
        example_builder.head.time += (time_ns)i * NS_PER_S;
        example_builder.head.digests = example_builder.head.distinct = 100;
        for (uint64_t k = 0; k < 100; k++)
            example_builder.digest[k] = (i * new_plates + k) * UINT64_C(0x9e3779b97f4a7c15);
        kept_take(r, i);
        reporter_commit(r);
        reporter_destroy(r);
    }
}

static void plates_are_counted_exactly_over_restarts(void **state) {
    give_plates(1, 20, 33); /* 100, and 33 more with each */
    assert_int_equal(kept_number("SELECT length(digests) / 8 FROM incident"), 100 + 19 * 33);
    assert_int_equal(kept_number("SELECT length(plate_digests) / 8 FROM bucket WHERE slot >= 36"),
                     100 + 19 * 33);
    give_plates(21, 9, 33); /* 1,024 */
    assert_int_equal(kept_number("SELECT length(digests) / 8 FROM incident"), 1024);
    give_plates(30, 1, 33);
    assert_int_equal(kept_number("SELECT length(digests) FROM incident"), 0);
    assert_in_range(kept_number("SELECT plates_least FROM incident"), 1025, 1025);
    struct reporter *r = kept_start(7);
    example_begin(&example_builder, RECORD_FINDING);
    example_builder.head.object = 31;
    example_builder.head.severity = 10;
    kept_take(r, 31);
    reporter_commit(r);
    reporter_destroy(r);
    assert_in_range(kept_number("SELECT plates FROM incident"), 1025, 1200);
}

static void give_class(struct reporter *r, uint64_t id, const char *class, uint8_t severity) {
    example_begin(&example_builder, RECORD_FINDING);
    example_builder.head.severity = severity;
    record_text(&example_builder, TEXT_CLASS, bytes_text(class));
    kept_take(r, id);
}

static void a_better_class_behind_a_restart_changes_the_incident_that_holds_the_object(void **state) {
    struct reporter *r = kept_start(7);
    give_class(r, 1, "image", 5);
    reporter_commit(r);
    reporter_destroy(r);
    assert_int_equal(kept_number("SELECT incident FROM object"), 1);
    r = kept_start(7);
    give_class(r, 2, "vehicle-image", 7);
    reporter_commit(r);
    reporter_destroy(r);
    r = kept_start(7);
    give_class(r, 3, "image", 5); /* which says less */
    kept_give(r, RECORD_TRANSFER, 4, 17, 0);
    reporter_commit(r);
    reporter_deliver(r);
    reporter_destroy(r);
    assert_int_equal(kept_number("SELECT count(*) FROM incident"), 1);
    assert_int_equal(kept_number("SELECT objects FROM incident"), 1);
    assert_int_equal(kept_number("SELECT sum(objects) FROM bucket WHERE slot >= 36"), 1);
    assert_int_equal(kept_number("SELECT count(*) FROM object"), 0);
    assert_int_equal(kept_times_told("\"state\":\"opened\""), 1);
    assert_int_equal(kept_times_told("\"state\":\"changed\""), 1);
    assert_int_equal(kept_times_told("\"class_before\":\"image\""), 1);
}

/* --- kills --- */

static void report_for_ever(struct ring *ring, struct doorbell *d) {
    uint64_t *copy = malloc(ring_record_max()), damaged = 0;
    struct reporter *r = kept_start(7);
    ring_rewind(ring);
    for (;;) {
        const struct record *record;
        for (int n = 0; n < 64 && (record = ring_read(ring, copy, &damaged)); n++)
            reporter_take(r, 0, record);
        reporter_commit(r);
        ring_commit(ring);
        reporter_deliver(r);
        sleep_until_rung(d, ring, 5);
    }
}

enum { OBJECTS = 100000 };

static void write_objects(struct ring *ring, struct doorbell *d) {
    for (uint64_t i = 1; i <= OBJECTS; i++)
        for (int k = 0; k < 2; k++) {
            example_begin(&example_builder, k ? RECORD_TRANSFER : RECORD_FINDING);
            example_builder.head.object = i;
            example_builder.head.time += (time_ns)i * NS_PER_MS;
            while (!ring_write(ring, &example_builder))
                ring_wait_room(ring, 10);
            doorbell_ring(d);
        }
    ring_finish(ring);
    _exit(0);
}

static bool ring_empty(struct ring *ring) {
    uint64_t damaged = 0;
    ring_rewind(ring);
    return ring_finished(ring) && !ring_read(ring, example_room, &damaged);
}

static void the_record_that_ends_a_digest_is_whole_in_the_store_or_not_at_all(void **state) {
    struct reporter *r = kept_start(7);
    kept_give(r, RECORD_TRANSFER, 1, 1, 0);
    kept_give(r, RECORD_TRANSFER, 2, 2, 86400 * NS_PER_S); /* behind midnight: the digest is committed */
    reporter_destroy(r);
    assert_int_equal(kept_number("SELECT last FROM channel"), 1);
    assert_int_equal(kept_number("SELECT sum(objects) FROM bucket WHERE slot >= 36"), 1);
    r = kept_start(7);
    kept_give(r, RECORD_TRANSFER, 2, 2, 86400 * NS_PER_S);
    reporter_commit(r);
    reporter_destroy(r);
    assert_int_equal(kept_number("SELECT count(*) FROM incident"), 2);
    assert_int_equal(kept_number("SELECT sum(objects) FROM bucket WHERE slot >= 36"), 2);
    assert_int_equal(kept_number("SELECT count(*) FROM volume WHERE until = 0"), 1);
}

static void a_plate_in_a_file_name_is_kept_covered(void **state) {
    struct reporter *r = kept_start(7);
    kept_give(r, RECORD_TRANSFER, 1, 1, 0);
    reporter_commit(r);
    reporter_destroy(r);
    assert_int_equal(
        kept_number("SELECT count(*) FROM incident WHERE instr(record, CAST('AB***34' AS BLOB))"), 1);
    assert_int_equal(
        kept_number("SELECT count(*) FROM incident WHERE instr(record, CAST('ABC1234' AS BLOB))"), 0);
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
    struct reporter *r = kept_start(7);
    kept_finish(r);
    assert_true(lives > 10);
    assert_int_equal(kept_number("SELECT objects FROM incident"), OBJECTS);
    assert_int_equal(kept_number("SELECT bytes FROM incident"), OBJECTS * INT64_C(183220));
    assert_int_equal(kept_number("SELECT sum(objects) FROM bucket WHERE slot >= 36"), OBJECTS);
    assert_int_equal(kept_number("SELECT last FROM channel"), 2 * OBJECTS);
    assert_int_equal(kept_number("SELECT count(*) FROM incident"), 1);
    assert_int_equal(kept_number("SELECT sequence FROM incident"), 6); /* at 1, 10, ... 100,000 */
    for (int i = 1; i <= 6; i++) { /* each message came, some perhaps twice */
        char sequence[64];
        snprintf(sequence, sizeof sequence, "\"sequence\":%d,\"incident\"", i);
        assert_in_range(kept_times_told(sequence), 1, 5);
    }
    assert_int_equal(kept_times_told("\"sequence\":8,\"incident\""), 0);
    doorbell_destroy(d);
    ring_destroy(ring);
}

/* --- schema, damage, room --- */

static void a_database_of_the_first_version_is_taken_over(void **state) {
    char rows[512];
    snprintf(rows, sizeof rows,
             "INSERT INTO line VALUES (4, 'lanes', 'Plate Systems', 'vehicle-image', %lld);"
             "INSERT INTO bucket VALUES (4, %lld, %lld, 100, 5000, 100, 5000, 0, x'');"
             "INSERT INTO meta VALUES ('ledger.now', %lld); PRAGMA user_version = 1",
             (long long)EXAMPLE_TIME, 36 + (long long)(EXAMPLE_TIME / NS_PER_S / 86400 % 45),
             (long long)(EXAMPLE_TIME / NS_PER_S / 86400), (long long)EXAMPLE_TIME);
    kept_change(schema_steps[0]);
    kept_change(rows);
    struct reporter *r = kept_start(7);
    kept_give(r, RECORD_TRANSFER, 1, 1, 0);
    kept_finish(r);
    assert_int_equal(kept_number("PRAGMA user_version"), (int64_t)schema_version);
    assert_int_equal(kept_number("SELECT objects FROM bucket WHERE line = 4 AND slot >= 36"), 101);
    assert_int_equal(kept_number("SELECT count(*) FROM line"), 1);
    assert_int_equal(kept_number("SELECT count(*) FROM incident"), 1);
    assert_int_equal(kept_files("gantry.db.aside", false), 0);
}

static void a_database_of_a_later_version_is_set_aside(void **state) {
    reporter_destroy(kept_start(7));
    kept_change("PRAGMA user_version = 1000");
    reporter_destroy(kept_start(7));
    assert_int_equal(kept_files("gantry.db.aside", false), 1);
    assert_int_equal(kept_number("PRAGMA user_version"), (int64_t)schema_version);
}

static void scribble(off_t from) {
    int fd = open(kept_database, O_WRONLY);
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
        struct reporter *r = kept_start(7);
        for (uint64_t i = 1; i <= 20; i++)
            kept_give(r, RECORD_TRANSFER, i, i, round * 3600 * NS_PER_S);
        kept_finish(r);
        scribble(round % 2 ? 0 : 4096);
        r = kept_start(7);
        kept_finish(r);
        assert_int_equal(kept_times_told("store-replaced"), round);
        assert_int_equal(kept_number("SELECT count(*) FROM incident"), 0);
        assert_int_equal(kept_files("gantry.db.aside", false), round < 2 ? round : 2); /* the two newest */
    }
}

/* To read it through takes seconds a gigabyte, in which nobody reads the channels. */
static void a_database_that_was_handed_over_is_not_read_through_once_more(void **state) {
    struct store_options o = {.folder = kept_folder, .checked = true};
    enum store_found found;
    struct error e;
    struct reporter *r = kept_start(7);
    kept_give(r, RECORD_TRANSFER, 1, 1, 0);
    kept_finish(r);
    /* The page with a table's rows: the schema is read in any case. */
    int64_t page = kept_number("SELECT rootpage FROM sqlite_schema WHERE name = 'incident'");
    int fd = open(kept_database, O_WRONLY);
    assert_int_equal(pwrite(fd, "\xa5\xa5\xa5", 3, (off_t)((page - 1) * kept_number("PRAGMA page_size"))), 3);
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
        kept_give(r, RECORD_TRANSFER, i, i, (time_ns)i * STEP);
        if (i % 50 == 0)
            reporter_tick(r, EXAMPLE_TIME + (time_ns)i * STEP);
    }
}

/* The damage comes while the reporter runs: the new database holds all that memory held. */
static void damage_at_work_is_noticed_and_nothing_of_memory_is_lost(void **state) {
    enum { MANY = 6400 }; /* more than fits the cache, in 88 days */
    uint64_t before = counter_values[COUNTER_STORE_REPLACED];
    const time_ns later = EXAMPLE_TIME + (MANY + 600) * STEP;
    struct reporter *r = kept_start(7);
    give_incidents(r, 1, MANY);
    reporter_destroy(r); /* the log is written into the file, so that there is something to damage */
    r = kept_start(7);
    scribble(4096);
    for (uint64_t i = 1; i <= 20; i++)
        kept_give(r, RECORD_TRANSFER, MANY + i, MANY + i, (MANY + 100) * STEP);
    for (int i = 0; i < 50 && counter_values[COUNTER_STORE_REPLACED] == before; i++)
        reporter_tick(r, later + i * NS_PER_S); /* forgetting by age looks at old pages */
    assert_int_equal(counter_values[COUNTER_STORE_REPLACED], before + 1);
    kept_finish(r);
    assert_int_equal(kept_number("SELECT objects FROM incident ORDER BY last DESC LIMIT 1"), 20);
    assert_int_equal(kept_number("SELECT objects FROM bucket WHERE slot >= 36 ORDER BY start DESC LIMIT 1"),
                     20);
    assert_int_equal(kept_files("gantry.db.aside", false), 1);
    assert_int_equal(kept_times_told("store-replaced"), 1);
}

static void when_the_store_is_full_the_oldest_closed_incidents_go_first(void **state) {
    struct report_options options = kept_options(7, kept_target);
    uint64_t before = counter_values[COUNTER_STORE_FORGOTTEN];
    options.store.limits.max_bytes = 1 << 20;
    struct reporter *r = kept_create(&options);
    give_incidents(r, 1, 3000);
    assert_true(counter_values[COUNTER_STORE_FORGOTTEN] > before);
    kept_finish(r);
    assert_in_range(kept_number("SELECT count(*) FROM incident"), 1, 2000);
    assert_int_equal(kept_number("SELECT max(last) FROM incident"), EXAMPLE_TIME + 3000 * STEP);
    assert_int_equal(kept_times_told("\"state\":\"opened\""), 3000);
    struct stat st;
    assert_int_equal(stat(kept_database, &st), 0);
    assert_true(st.st_size <= 1 << 20);
}

static void closed_incidents_are_forgotten_after_their_time(void **state) {
    struct reporter *r = kept_start(7);
    kept_give(r, RECORD_TRANSFER, 1, 1, 0);
    reporter_tick(r, EXAMPLE_TIME + 3600 * NS_PER_S);
    kept_give(r, RECORD_TRANSFER, 2, 2, 60 * 86400 * NS_PER_S);
    reporter_tick(r, EXAMPLE_TIME + 61 * 86400 * NS_PER_S);
    reporter_tick(r, EXAMPLE_TIME + 91 * 86400 * NS_PER_S);
    kept_finish(r);
    assert_int_equal(kept_number("SELECT count(*) FROM incident"), 1);
}

/* --- messages --- */

/* Ranks of alerts about a partner that may not receive: 10 to 12. */
enum { PARTNERS = OUTBOX_STANDING * STANDING_DENIED };

static void undelivered_messages_go_out_after_the_next_start(void **state) {
    struct reporter *r = kept_start_to(7, kept_nowhere);
    kept_give(r, RECORD_TRANSFER, 1, 1, 0);
    reporter_commit(r);
    reporter_deliver(r);
    reporter_destroy(r);
    assert_int_equal(kept_number("SELECT count(*) FROM message"), 1);
    assert_int_equal(kept_number("SELECT rank FROM message"), PARTNERS + OUTBOX_OPENING);
    r = kept_start_to(8, kept_nowhere);
    kept_give(r, RECORD_TRANSFER, 1, 1, 3600 * NS_PER_S);
    assert_int_equal(reporter_finish(r, 50), 0);
    reporter_destroy(r);
    assert_int_equal(kept_number("SELECT count(*) FROM message"),
                     3); /* the end of that, and another opening */
    assert_int_equal(kept_number("SELECT max(sequence) FROM message"), 3);
}

static void a_full_outbox_keeps_openings_and_says_so(void **state) {
    struct report_options options = kept_options(7, kept_nowhere);
    options.store.limits.outbox = 64 << 10;
    struct reporter *r = kept_create(&options);
    uint64_t id = 0;
    for (int incident = 0; incident < 20; incident++)
        for (int i = 0; i < 100; i++) { /* opened, grown at 10 and at 100 */
            char class[16];
            snprintf(class, sizeof class, "class-%d", incident);
            id++;
            example_begin(&example_builder, RECORD_TRANSFER);
            record_text(&example_builder, TEXT_CLASSES, bytes_text(class));
            record_text(&example_builder, TEXT_OFFENDING, bytes_text(class));
            example_builder.head.object = id;
            kept_take(r, id);
        }
    reporter_commit(r);
    reporter_destroy(r);
    assert_int_equal(
        kept_number("SELECT count(*) FROM message WHERE rank = 12 AND instr(message, 'opened') > 0"), 20);
    assert_in_range(kept_number("SELECT count(*) FROM message WHERE rank = 10"), 1, 39);
    assert_int_equal(kept_number("SELECT count(*) FROM message WHERE instr(message, 'outbox-full') > 0"), 1);
}

static void a_second_sensor_in_one_folder_is_refused(void **state) {
    const struct report_options second = kept_options(8, kept_target);
    struct error e = {""};
    struct reporter *r = kept_start(7);
    pid_t pid = fork();
    if (pid == 0) {
        _exit(reporter_create(&second, &e) == NULL && strstr(e.text, "another sensor uses") ? 0 : 1);
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
    reporter_destroy(kept_start(7));
    assert_int_equal(stat(kept_database, &st), 0);
    assert_int_equal(st.st_mode & 077, 0);
}

/* --- what is left of what went --- */

static bool store_has(const char *what) {
    static const char *const ends[] = {"", "-wal"};
    static char all[1 << 24];
    for (int i = 0; i < 2; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", kept_database, ends[i]);
        FILE *f = fopen(path, "r");
        size_t n = f ? fread(all, 1, sizeof all, f) : 0;
        if (f)
            fclose(f);
        if (memmem(all, n, what, strlen(what)))
            return true;
    }
    return false;
}

/* Whole names go out in transfer records alone, and wait for that with their plates covered. */
static void a_transfer_that_waits_has_its_plates_covered_in_the_database_and_goes_out_whole(void **state) {
    static struct output_config output;
    struct report_options options = kept_options(7, kept_nowhere);
    output = output_default("json", kept_nowhere, REPORT_TRANSFER);
    options.outputs = &output;
    struct reporter *r = kept_create(&options);
    kept_give(r, RECORD_TRANSFER, 1, 1, 0);
    reporter_commit(r);
    assert_false(store_has("ABC1234"));
    assert_true(store_has("AB***34"));
    reporter_destroy(r);
    assert_int_equal(kept_number("SELECT count(*) FROM message WHERE instr(message, '_AB***34.jpg')"), 1);
    output = output_default("json", kept_target, REPORT_TRANSFER);
    options.store.run = 8;
    r = kept_create(&options);
    kept_give(r, RECORD_TRANSFER, 1, 2, 0);
    kept_finish(r);
    assert_int_equal(kept_times_told("_ABC1234.jpg"), 1);
    assert_false(store_has("ABC1234"));
}

/* Within a run, as soon as the log of transactions is emptied. */
static void a_delivered_message_is_nowhere_in_the_database(void **state) {
    static const char marks[] = "\"action\":\"alert\"";
    struct reporter *r = kept_start_to(7, kept_nowhere);
    kept_give(r, RECORD_TRANSFER, 1, 1, 0);
    reporter_commit(r);
    reporter_destroy(r);
    assert_true(store_has(marks));
    kept_change("UPDATE message SET output = (SELECT 'json:' || 'file:' || replace(file, 'gantry.db', "
                "'told') FROM pragma_database_list)");
    r = kept_start(8);
    kept_finish(r);
    assert_int_equal(kept_times_told(marks), 1);
    assert_int_equal(kept_number("SELECT count(*) FROM message"), 0);
    assert_false(store_has(marks));
}

/* What SQLite deletes it overwrites, and the log that still has it is emptied. */
static void what_is_deleted_is_in_no_file_once_the_store_is_tidy(void **state) {
    const struct store_options options = {.folder = kept_folder};
    static char message[40000];
    enum store_found found;
    struct error e;
    memset(message, 'm', sizeof message);
    memcpy(message + 30000, "seldom-heard-of", 15);
    struct store *s = store_open(&options, &found, &e);
    assert_non_null(s);
    for (int i = 0; i < 20; i++) {
        const struct store_value v[] = {STORE_T(bytes_text("out")), STORE_N(i), STORE_N(0),
                                        STORE_B(bytes_of(message, sizeof message))};
        store_begin(s);
        assert_true(store_run(s, STORE_MESSAGE_PUT, v, 4));
        assert_int_equal(store_end(s), STORE_DONE);
    }
    assert_true(store_has("seldom-heard-of"));
    store_begin(s);
    for (int i = 0; i < 20; i++) {
        const struct store_value v[] = {STORE_T(bytes_text("out")), STORE_N(i)};
        assert_true(store_run(s, STORE_MESSAGE_DROP, v, 2));
    }
    assert_int_equal(store_end(s), STORE_DONE);
    assert_true(store_has("seldom-heard-of")); /* in the log of transactions */
    store_tidy(s);
    assert_false(store_has("seldom-heard-of"));
    store_close(s);
    assert_false(store_has("seldom-heard-of"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KEPT(an_incident_goes_on_after_a_restart_and_no_object_counts_twice),
        KEPT(another_run_begins_its_records_at_one_and_goes_on_with_the_ledger),
        KEPT(an_orderly_end_leaves_incidents_open_and_a_successor_closes_them_when_they_are_quiet),
        KEPT(what_a_digest_counts_outlives_the_sensor_and_is_not_counted_twice),
        KEPT(plates_are_remembered_as_keyed_digests_and_registers),
        KEPT(plates_are_counted_exactly_over_restarts),
        KEPT(a_better_class_behind_a_restart_changes_the_incident_that_holds_the_object),
        KEPT(the_record_that_ends_a_digest_is_whole_in_the_store_or_not_at_all),
        KEPT(a_plate_in_a_file_name_is_kept_covered),
        KEPT(a_reporter_killed_at_any_moment_loses_nothing_and_counts_nothing_twice),
        KEPT(a_database_of_the_first_version_is_taken_over),
        KEPT(a_database_of_a_later_version_is_set_aside),
        KEPT(a_damaged_database_is_set_aside_told_and_replaced),
        KEPT(a_database_that_was_handed_over_is_not_read_through_once_more),
        KEPT(damage_at_work_is_noticed_and_nothing_of_memory_is_lost),
        KEPT(when_the_store_is_full_the_oldest_closed_incidents_go_first),
        KEPT(closed_incidents_are_forgotten_after_their_time),
        KEPT(undelivered_messages_go_out_after_the_next_start),
        KEPT(a_full_outbox_keeps_openings_and_says_so),
        KEPT(a_second_sensor_in_one_folder_is_refused),
        KEPT(a_folder_that_cannot_be_made_is_told),
        KEPT(nobody_else_may_read_the_database),
        KEPT(what_is_deleted_is_in_no_file_once_the_store_is_tidy),
        KEPT(a_delivered_message_is_nowhere_in_the_database),
        KEPT(a_transfer_that_waits_has_its_plates_covered_in_the_database_and_goes_out_whole),
    };
    return cmocka_run_group_tests_name("report/store", tests, NULL, NULL);
}
