/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/channel.h"
#include "sleep.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct record_builder builder;

/* A record whose every byte follows from `seed`, so that a torn one shows. */
static void fill_record(uint64_t seed) {
    uint8_t name[1500];
    size_t n = seed % sizeof name;
    memset(name, (int)(seed & 0xff), n);
    record_begin(&builder, RECORD_TRANSFER);
    builder.head.bytes = seed;
    record_text(&builder, TEXT_PATH, bytes_of(name, n));
    builder.head.digests = (uint32_t)(seed % 5);
    for (uint32_t i = 0; i < builder.head.digests; i++)
        builder.digest[i] = seed + i;
}

static bool is_whole(const struct record *r) {
    uint64_t seed = r->bytes;
    struct bytes name = record_text_of(r, TEXT_PATH);
    bool good = name.n == seed % 1500 && r->digests == seed % 5;
    for (size_t i = 0; good && i < name.n; i++)
        good = name.p[i] == (uint8_t)seed;
    for (uint32_t i = 0; good && i < r->digests; i++)
        good = record_digests_of(r)[i] == seed + i;
    return good;
}

static uint64_t next_seed(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static void records_come_out_in_order_with_ids_from_one(void **state) {
    struct ring *r = ring_create(1 << 16);
    uint64_t *copy = malloc(ring_record_max()), damaged = 0, id = 0, seed = 5;
    for (int round = 0; round < 2000; round++) {
        for (int i = 0; i < 5; i++) {
            fill_record(next_seed(&seed));
            assert_true(ring_write(r, &builder));
        }
        const struct record *record;
        while ((record = ring_read(r, copy, &damaged))) {
            assert_int_equal(record->id, ++id);
            assert_true(is_whole(record));
        }
        ring_commit(r);
    }
    assert_int_equal(id, 10000);
    assert_int_equal(damaged, 0);
    free(copy);
    ring_destroy(r);
}

static void a_full_ring_refuses_until_a_commit(void **state) {
    struct ring *r = ring_create(1);
    uint64_t *copy = malloc(ring_record_max()), damaged = 0, written = 0, read = 0;
    for (fill_record(1499); ring_write(r, &builder); fill_record(1499))
        written++;
    assert_true(written > 10);
    while (ring_read(r, copy, &damaged))
        read++;
    assert_int_equal(read, written);
    assert_false(ring_write(r, &builder)); /* read, not committed */
    ring_commit(r);
    assert_true(ring_write(r, &builder));
    assert_int_equal(builder.head.id, written + 1);
    free(copy);
    ring_destroy(r);
}

static void a_rewound_reader_gets_what_was_not_committed(void **state) {
    struct ring *r = ring_create(1 << 16);
    uint64_t *copy = malloc(ring_record_max()), damaged = 0;
    for (int i = 0; i < 3; i++) {
        fill_record((uint64_t)i);
        assert_true(ring_write(r, &builder));
    }
    assert_int_equal(ring_read(r, copy, &damaged)->id, 1);
    ring_commit(r);
    assert_int_equal(ring_read(r, copy, &damaged)->id, 2);
    assert_int_equal(ring_read(r, copy, &damaged)->id, 3);
    ring_rewind(r);
    assert_int_equal(ring_read(r, copy, &damaged)->id, 2);
    free(copy);
    ring_destroy(r);
}

static void write_for_ever(struct ring *r, struct doorbell *d, uint64_t seed) {
    for (;;) {
        fill_record(next_seed(&seed));
        while (!ring_write(r, &builder))
            ring_wait_room(r, 10);
        doorbell_ring(d);
    }
}

static pid_t start_writer(struct ring *r, struct doorbell *d, uint64_t seed) {
    pid_t pid = fork();
    if (pid == 0)
        write_for_ever(r, d, seed);
    assert_true(pid > 0);
    return pid;
}

static void stop_process(pid_t pid) {
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void a_writer_killed_at_any_moment_leaves_whole_records_without_a_hole(void **state) {
    struct ring *r = ring_create(1 << 16);
    struct doorbell *d = doorbell_create();
    uint64_t *copy = malloc(ring_record_max()), damaged = 0, id = 0, seed = 42;
    const struct record *record;
    for (int life = 0; life < 100; life++) {
        pid_t pid = start_writer(r, d, next_seed(&seed));
        uint64_t until = id + next_seed(&seed) % 400;
        while (id < until) {
            while (id < until && (record = ring_read(r, copy, &damaged))) {
                assert_int_equal(record->id, ++id);
                assert_true(is_whole(record));
            }
            ring_commit(r);
            if (id < until)
                sleep_until_rung(d, r, 100);
        }
        usleep((useconds_t)(next_seed(&seed) % 500));
        stop_process(pid);
    }
    while ((record = ring_read(r, copy, &damaged)))
        assert_int_equal(record->id, ++id);
    assert_int_equal(damaged, 0);
    assert_true(id > 10000);
    free(copy);
    doorbell_destroy(d);
    ring_destroy(r);
}

/* What a reader keeps beyond its life: one store is its transaction. */
struct kept {
    uint64_t last, bad;
};

static void read_for_ever(struct ring *r, struct doorbell *d, struct kept *kept) {
    uint64_t *copy = malloc(ring_record_max()), damaged = 0;
    const struct record *record;
    ring_rewind(r);
    for (;;) {
        while ((record = ring_read(r, copy, &damaged))) {
            if (record->id <= kept->last)
                continue; /* its transaction was committed, the ring's cursor was not */
            if (record->id != kept->last + 1 || !is_whole(record) || damaged)
                kept->bad++;
            __atomic_store_n(&kept->last, record->id, __ATOMIC_SEQ_CST);
        }
        ring_commit(r);
        sleep_until_rung(d, r, 20);
    }
}

static void readers_killed_and_replaced_lose_nothing_and_take_nothing_twice(void **state) {
    enum { TOTAL = 200000 };
    struct ring *r = ring_create(1 << 16);
    struct doorbell *d = doorbell_create();
    struct kept *kept = mmap(NULL, sizeof *kept, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint64_t seed = 9;
    pid_t writer = fork();
    if (writer == 0) {
        for (int i = 0; i < TOTAL; i++) {
            fill_record(next_seed(&seed));
            while (!ring_write(r, &builder))
                ring_wait_room(r, 10);
            doorbell_ring(d);
        }
        ring_finish(r);
        _exit(0);
    }
    int lives = 0;
    while (__atomic_load_n(&kept->last, __ATOMIC_SEQ_CST) < TOTAL && lives < 20000) {
        pid_t reader = fork();
        if (reader == 0)
            read_for_ever(r, d, kept);
        usleep((useconds_t)(next_seed(&seed) % 2000));
        stop_process(reader);
        lives++;
    }
    waitpid(writer, NULL, 0);
    assert_true(ring_finished(r));
    assert_int_equal(kept->last, TOTAL);
    assert_int_equal(kept->bad, 0);
    assert_true(lives > 3);
    munmap(kept, sizeof *kept);
    doorbell_destroy(d);
    ring_destroy(r);
}

/* Writes `n` records whose contents follow from `seed`. */
static void write_run(struct ring *r, uint64_t seed, int n) {
    for (int i = 0; i < n; i++) {
        fill_record(next_seed(&seed));
        assert_true(ring_write(r, &builder));
    }
}

/* Reads up to `n` of them: each is whole, is the one that was written in its place, and has the id behind the
 * one before it. `first`: the first one's id, 0 for any. Returns how many came. */
static int read_run(struct ring *r, uint64_t seed, int n, uint64_t first, uint64_t *damaged) {
    static uint64_t copy[(1 << 15) / sizeof(uint64_t)];
    const struct record *record;
    int i = 0;
    assert_true(ring_record_max() <= sizeof copy);
    for (; i < n && (record = ring_read(r, copy, damaged)); i++) {
        assert_int_equal(record->bytes, next_seed(&seed));
        assert_true(is_whole(record));
        if (first == 0 && i == 0)
            first = record->id; /* perhaps 0 as well: what was scribbled over counts on */
        assert_int_equal(record->id, first + (uint64_t)i);
    }
    return i;
}

/* After damage the ring holds nothing, and everything that is written from now on comes out. */
static void assert_goes_on(struct ring *r, uint64_t seed, uint64_t first) {
    enum { RUNS = 20, RUN = 20 };
    uint64_t damaged = 0;
    for (int i = 0; i < RUNS; i++) {
        write_run(r, seed + (uint64_t)i, RUN);
        assert_int_equal(read_run(r, seed + (uint64_t)i, RUN + 1, first, &damaged), RUN);
        first += first ? RUN : 0;
        ring_commit(r);
    }
    assert_int_equal(damaged, 0);
}

/* Two lines of 64 bytes: where the writer is and where the reader is, as a taken-over worker sees them. */
static void a_ring_whose_positions_a_writer_scribbles_over_goes_on_delivering(void **state) {
    enum { WRITTEN = 10, POSITIONS = 192 }; /* three lines before the counters */
    uint64_t seed = 77;
    for (int round = 0; round < 600; round++) {
        struct ring *r = ring_create(1 << 16);
        uint64_t damaged = 0, contents = next_seed(&seed);
        bool readers = round % 2;
        write_run(r, contents, WRITTEN);
        uint64_t wrong = next_seed(&seed) << (next_seed(&seed) % 40) >> (next_seed(&seed) % 30);
        if (!readers)
            wrong |= 1; /* the end of a record is a place where the writer may have been */
        memcpy((uint8_t *)ring_counters(r) - POSITIONS + (readers ? 64 : 0), &wrong, sizeof wrong);
        int came = read_run(r, contents, WRITTEN, 1, &damaged);
        if (came == WRITTEN)
            read_run(r, contents, 1, 0, &damaged); /* finds the end */
        ring_commit(r);
        assert_int_equal(read_run(r, contents, 1, 0, &damaged), 0); /* damage is met once */
        assert_int_equal(damaged, readers ? 0 : 1);
        if (readers) /* it knows better where it is */
            assert_int_equal(came, WRITTEN);
        assert_goes_on(r, next_seed(&seed), readers ? WRITTEN + 1 : 0);
        ring_destroy(r);
    }
}

static void a_record_that_makes_no_sense_costs_what_lies_behind_it_and_nothing_later(void **state) {
    struct ring *r = ring_create(1 << 16);
    uint64_t damaged = 0;
    write_run(r, 1, 5);
    fill_record(100);
    builder.head.version = RECORD_VERSION + 1;
    assert_true(ring_write(r, &builder));
    write_run(r, 2, 4);
    assert_int_equal(read_run(r, 1, 10, 1, &damaged), 5);
    assert_int_equal(damaged, 1);
    ring_commit(r);
    assert_goes_on(r, 3, 11);
    ring_destroy(r);
}

static void a_sleeping_reader_wakes_at_once_and_an_early_ring_is_not_missed(void **state) {
    struct doorbell *d = doorbell_create();
    struct ring *r = ring_create(1 << 16);
    uint64_t *copy = malloc(ring_record_max()), damaged = 0;
    fill_record(1);
    assert_true(ring_write(r, &builder));
    doorbell_ring(d); /* before anybody sleeps */
    time_ns before = clock_monotonic();
    sleep_until_rung(d, r, 5000);
    assert_true(clock_monotonic() - before < 1000 * NS_PER_MS);
    assert_non_null(ring_read(r, copy, &damaged));
    doorbell_wake(d);
    sleep_until_rung(d, r, 5000);
    assert_true(clock_monotonic() - before < 1000 * NS_PER_MS);
    pid_t pid = fork();
    if (pid == 0) {
        doorbell_only_ring(d);
        usleep(50000);
        doorbell_ring(d);
        doorbell_ring(d);
        _exit(0);
    }
    before = clock_monotonic();
    sleep_until_rung(d, r, 5000);
    assert_true(clock_monotonic() - before < 2000 * NS_PER_MS);
    waitpid(pid, NULL, 0);
    sleep_until_rung(d, r, 0);
    before = clock_monotonic();
    sleep_until_rung(d, r, 50); /* nobody rings: it does sleep */
    assert_true(clock_monotonic() - before >= 45 * NS_PER_MS);
    free(copy);
    ring_destroy(r);
    doorbell_destroy(d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_out_in_order_with_ids_from_one),
        cmocka_unit_test(a_full_ring_refuses_until_a_commit),
        cmocka_unit_test(a_rewound_reader_gets_what_was_not_committed),
        cmocka_unit_test(a_writer_killed_at_any_moment_leaves_whole_records_without_a_hole),
        cmocka_unit_test(readers_killed_and_replaced_lose_nothing_and_take_nothing_twice),
        cmocka_unit_test(a_ring_whose_positions_a_writer_scribbles_over_goes_on_delivering),
        cmocka_unit_test(a_record_that_makes_no_sense_costs_what_lies_behind_it_and_nothing_later),
        cmocka_unit_test(a_sleeping_reader_wakes_at_once_and_an_early_ring_is_not_missed),
    };
    return cmocka_run_group_tests_name("channel/ring", tests, NULL, NULL);
}
