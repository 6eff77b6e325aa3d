/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Files that are written in place, by pieces at offsets of their own, over several connections (the channels
 * of an SMB session): RESUME_WRITE. */

enum { SIZE = 100000, QUIET = 5, WAIT = 120 /* seconds */ };

static uint8_t file[SIZE];
static struct collector got;
static struct content *c;
static struct conversation flow[2];
static uint64_t counted[COUNTER_COUNT];

static void begin_with(const struct content_options *options) {
    for (size_t i = 0; i < SIZE; i++)
        file[i] = (uint8_t)(i * 31 + i / 256 * 7 + i / 4096);
    for (unsigned i = 0; i < 2; i++)
        flow[i] = collect_conversation(1 + i);
    memcpy(counted, counter_values, sizeof counted);
    got.n = got.ended = 0, got.owners = 0; /* after a test that failed */
    c = collect_content(options, &got);
    assert_non_null(c);
}

static void begin(uint64_t assembly_bytes) {
    begin_with(&(struct content_options){.objects = 64, .assembly_bytes = assembly_bytes});
}

static void finish(void) {
    collect_destroy(c);
    collect_finish(&got);
}

static int count(enum counter which) {
    return (int)(counter_values[which] - counted[which]);
}

/* All transfers of the test, seconds behind the first bytes. */
static void wait_until(time_ns seconds) {
    for (unsigned i = 0; i < 2; i++)
        flow[i].now = (1000 + seconds) * NS_PER_S;
    content_tick(c, flow[0].now);
}

static struct transfer_seed seed_of(const char *handle) {
    struct transfer_seed s = transfer_seed_of("smb", SIDE_CLIENT);
    s.resume = RESUME_WRITE;
    s.key[0] = bytes_text(handle);
    return s;
}

static struct transfer *open_by(unsigned by, const char *handle) {
    const struct transfer_seed s = seed_of(handle);
    struct transfer *t = content_begin(c, &flow[by], NULL, &s);
    assert_non_null(t);
    return t;
}

static void put(unsigned by, struct transfer *t, uint64_t offset, size_t n) {
    assert_true(offset + n <= SIZE);
    content_write(&flow[by], t, offset, file + offset, n);
}

static void end(unsigned by, struct transfer *t, enum transfer_end how) {
    content_end(&flow[by], t, how);
}

/* By OpenSSL, of what the test wrote. */
static const char *digest_of(const uint8_t *p, size_t n) {
    static char hex[65];
    uint8_t digest[32];
    assert_int_equal(EVP_Digest(p, n, digest, NULL, EVP_sha256(), NULL), 1);
    for (int i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return hex;
}

static void assert_one_file(void) {
    assert_int_equal(got.ended, 1);
    assert_int_equal(got.list[0].size, SIZE);
    assert_int_equal(got.list[0].missing, 0);
    assert_true(got.list[0].complete);
    assert_string_equal(got.list[0].sha256, digest_of(file, SIZE));
}

/* --- one file over two connections --- */

enum { PIECES = 25, PIECE = SIZE / PIECES };

static void pieces_in_any_order_over_two_connections_are_one_object(void **state) {
    for (unsigned stride = 1; stride < PIECES; stride++) {
        if (stride % 5 == 0)
            continue; /* would not meet every piece */
        begin(1 << 20);
        struct transfer *t[2] = {open_by(0, "handle"), open_by(1, "handle")};
        for (unsigned i = 0; i < PIECES; i++)
            put(i & 1, t[i & 1], (i * stride + 3) % PIECES * PIECE, PIECE);
        end(0, t[0], TRANSFER_DONE);
        assert_int_equal(got.ended, 0);
        end(1, t[1], TRANSFER_DONE);
        assert_one_file();
        assert_int_equal(count(COUNTER_ASSEMBLY_REWRITTEN), 0);
        finish();
    }
}

static void so_they_are_over_any_number_of_transfers(void **state) {
    begin(1 << 20);
    struct transfer *first = open_by(0, "handle");
    for (unsigned i = PIECES; i-- > 0;) {
        struct transfer *t = open_by(i & 1, "handle");
        put(i & 1, t, i * PIECE, PIECE);
        end(i & 1, t, TRANSFER_CUT);
    }
    assert_int_equal(got.ended, 0);
    end(0, first, TRANSFER_DONE);
    assert_one_file();
    finish();
}

static void another_key_source_or_protocol_is_another_file(void **state) {
    begin(1 << 20);
    struct transfer *t[4] = {open_by(0, "handle"), open_by(1, "handle 2")};
    struct transfer_seed s = seed_of("handle");
    address_parse("10.40.3.8", &flow[1].end[SIDE_CLIENT].address);
    t[2] = content_begin(c, &flow[1], NULL, &s);
    s.protocol = "nfs";
    t[3] = content_begin(c, &flow[0], NULL, &s);
    for (unsigned i = 0; i < 4; i++) {
        put(i & 1, t[i], 0, 1000 + i);
        end(i & 1, t[i], TRANSFER_DONE);
        assert_int_equal(got.ended, i + 1);
        assert_string_equal(got.list[i].sha256, digest_of(file, 1000 + i));
    }
    finish();
}

static void without_a_key_nobody_joins(void **state) {
    begin(1 << 20);
    struct transfer *t[2] = {open_by(0, ""), open_by(1, "")};
    put(0, t[0], 0, SIZE);
    put(1, t[1], 0, 500);
    for (unsigned i = 0; i < 2; i++)
        end(i, t[i], TRANSFER_DONE);
    assert_int_equal(got.ended, 2);
    assert_true(got.list[0].complete && got.list[1].complete);
    assert_string_equal(collect_ended(&got, 0)->sha256, digest_of(file, SIZE));
    assert_string_equal(collect_ended(&got, 1)->sha256, digest_of(file, 500));
    finish();
}

static void it_joins_nothing_that_is_not_written_in_place(void **state) {
    struct transfer_seed s = seed_of("handle");
    begin(1 << 20);
    s.resume = RESUME_RANGE; /* of a download that another of the two began */
    s.total = SIZE;
    struct transfer *range = content_begin(c, &flow[0], NULL, &s), *t = open_by(1, "handle");
    content_data(&flow[0], range, file, 50000);
    put(1, t, 50000, 50000);
    put(1, t, 0, 50000);
    end(1, t, TRANSFER_DONE);
    assert_int_equal(got.ended, 1);
    assert_true(collect_ended(&got, 0)->complete);
    assert_string_equal(collect_ended(&got, 0)->sha256, digest_of(file, SIZE));
    end(0, range, TRANSFER_DONE);
    wait_until(WAIT);
    assert_int_equal(got.ended, 2);
    assert_int_equal(collect_ended(&got, 1)->missing, 50000);
    finish();
}

static void data_goes_on_where_the_last_piece_ended(void **state) {
    begin(1 << 20);
    struct transfer *t = open_by(0, "handle");
    put(0, t, 60000, 20000);
    content_data(&flow[0], t, file + 80000, 20000);
    put(0, t, 0, 30000);
    content_data(&flow[0], t, file + 30000, 30000);
    end(0, t, TRANSFER_DONE);
    assert_one_file();
    finish();
}

static void a_file_of_no_bytes_that_was_closed_is_an_empty_object(void **state) {
    begin(1 << 20);
    end(0, open_by(0, "handle"), TRANSFER_DONE);
    assert_int_equal(got.ended, 1);
    assert_true(got.list[0].complete);
    assert_string_equal(got.list[0].sha256, digest_of(file, 0));
    end(0, open_by(0, "other"), TRANSFER_CUT); /* and of one that was not nobody hears */
    wait_until(WAIT + 1);
    assert_int_equal(got.ended, 1);
    finish();
}

/* --- holes --- */

static void a_hole_is_known_and_waited_for(void **state) {
    begin(1 << 20);
    struct transfer *t = open_by(0, "handle");
    put(0, t, 50000, 50000);
    put(0, t, 0, 30000);
    end(0, t, TRANSFER_DONE);
    wait_until(QUIET - 1);
    assert_int_equal(got.ended, 0);
    wait_until(QUIET);
    assert_int_equal(got.ended, 1);
    assert_false(got.list[0].complete);
    assert_int_equal(got.list[0].missing, 20000);
    assert_int_equal(got.list[0].size, SIZE);
    assert_int_equal(got.list[0].offset, 0);
    assert_memory_equal(got.list[0].data, file, 30000);
    assert_memory_equal(got.list[0].data + 30000, file + 50000, COLLECT_DATA - 30000);
    finish();
}

static void one_at_the_beginning_gives_an_offset(void **state) {
    begin(1 << 20);
    struct transfer *t = open_by(0, "handle");
    put(0, t, 60000, 40000);
    end(0, t, TRANSFER_DONE);
    wait_until(QUIET);
    assert_int_equal(got.ended, 1);
    assert_false(got.list[0].complete);
    assert_int_equal(got.list[0].offset, 60000);
    assert_string_equal(got.list[0].sha256, digest_of(file + 60000, 40000));
    finish();
}

static void one_that_is_filled_late_is_none(void **state) {
    begin(1 << 20);
    struct transfer *t = open_by(0, "handle");
    put(0, t, 50000, 50000);
    put(0, t, 0, 30000);
    end(0, t, TRANSFER_DONE);
    wait_until(QUIET - 1);
    t = open_by(1, "handle");
    put(1, t, 30000, 20000);
    end(1, t, TRANSFER_CUT);
    assert_one_file();
    finish();
}

static void one_up_to_the_announced_size_is_one_too(void **state) {
    struct transfer_seed s = seed_of("handle");
    s.total = SIZE;
    for (int filled = 0; filled < 2; filled++) {
        begin(1 << 20);
        struct transfer *t = content_begin(c, &flow[0], NULL, &s);
        put(0, t, 0, 90000);
        if (filled)
            put(0, t, 90000, 10000);
        end(0, t, TRANSFER_DONE);
        assert_int_equal(got.ended, filled);
        wait_until(QUIET);
        assert_int_equal(got.ended, 1);
        assert_int_equal(got.list[0].complete, filled);
        assert_int_equal(got.list[0].missing, filled ? 0 : 10000);
        finish();
    }
}

/* The sensor missed bytes of the connection. */
static void bytes_that_were_lost_are_a_hole_wherever_they_stand(void **state) {
    static const uint64_t starts[] = {0, 40000, 90000};
    for (int i = 0; i < 3; i++) {
        begin(1 << 20);
        struct transfer *t = open_by(0, "handle");
        if (starts[i])
            put(0, t, 0, starts[i]);
        else
            content_write(&flow[0], t, 0, file, 0);
        content_gap(&flow[0], t, 10000);
        if (starts[i] + 10000 < SIZE)
            content_data(&flow[0], t, file + starts[i] + 10000, SIZE - starts[i] - 10000);
        end(0, t, TRANSFER_DONE);
        assert_int_equal(got.ended, 0);
        wait_until(QUIET);
        assert_int_equal(got.ended, 1);
        assert_false(got.list[0].complete);
        assert_int_equal(got.list[0].missing + got.list[0].offset, 10000);
        assert_int_equal(got.list[0].size + got.list[0].offset, SIZE);
        finish();
    }
}

static void another_connection_may_fill_what_was_lost(void **state) {
    begin(1 << 20);
    struct transfer *t[2] = {open_by(0, "handle"), open_by(1, "handle")};
    put(0, t[0], 0, 90000);
    content_gap(&flow[0], t[0], 10000);
    put(1, t[1], 90000, 10000);
    end(0, t[0], TRANSFER_DONE);
    end(1, t[1], TRANSFER_DONE);
    assert_one_file();
    finish();
}

/* --- the end --- */

static void the_end_that_one_says_waits_until_the_others_are_quiet(void **state) {
    begin(1 << 20);
    struct transfer *t[2] = {open_by(0, "handle"), open_by(1, "handle")};
    put(0, t[0], 0, 50000);
    end(0, t[0], TRANSFER_DONE);
    for (unsigned i = 0; i < 5; i++) {
        wait_until(3 * i);
        put(1, t[1], 50000 + i * 10000, 10000);
        assert_int_equal(got.ended, 0);
    }
    wait_until(12 + QUIET - 1);
    assert_int_equal(got.ended, 0);
    wait_until(12 + QUIET);
    assert_one_file();
    put(1, t[1], 0, 1000); /* what comes now is left out */
    content_gap(&flow[1], t[1], 1000);
    content_data(&flow[1], t[1], file, 1000);
    end(1, t[1], TRANSFER_DONE);
    wait_until(1000);
    assert_int_equal(got.ended, 1);
    assert_int_equal(count(COUNTER_ASSEMBLY_OVERLAP), 2000);
    finish();
}

static void or_until_the_last_of_them_has_ended_however_that_was(void **state) {
    static const enum transfer_end hows[] = {TRANSFER_DONE, TRANSFER_CUT, TRANSFER_UNKNOWN};
    for (int i = 0; i < 3; i++) {
        begin(1 << 20);
        struct transfer *t[2] = {open_by(0, "handle"), open_by(1, "handle")};
        put(1, t[1], 50000, 50000);
        put(0, t[0], 0, 50000);
        end(0, t[0], TRANSFER_DONE);
        assert_int_equal(got.ended, 0);
        end(1, t[1], hows[i]);
        assert_one_file();
        finish();
    }
}

static void one_that_nobody_closed_ends_after_the_time_to_wait_and_is_not_complete(void **state) {
    begin(1 << 20);
    struct transfer *t[2] = {open_by(0, "handle"), open_by(1, "handle")};
    put(0, t[0], 0, 50000);
    put(1, t[1], 50000, 50000);
    end(0, t[0], TRANSFER_CUT);
    end(1, t[1], TRANSFER_CUT);
    wait_until(WAIT - 1);
    assert_int_equal(got.ended, 0);
    wait_until(WAIT);
    assert_int_equal(got.ended, 1);
    assert_false(got.list[0].complete);
    assert_int_equal(got.list[0].missing, 0);
    assert_string_equal(got.list[0].sha256, digest_of(file, SIZE));
    assert_int_equal(count(COUNTER_ASSEMBLY_UNFINISHED), 1);
    finish();
}

static void one_with_an_open_transfer_is_timed_by_its_flow(void **state) {
    begin(1 << 20);
    struct transfer *t = open_by(0, "handle");
    put(0, t, 0, 50000);
    wait_until(10 * WAIT);
    assert_int_equal(got.ended, 0);
    put(0, t, 50000, 50000);
    end(0, t, TRANSFER_DONE);
    assert_one_file();
    finish();
}

static void one_that_is_written_anew_is_another(void **state) {
    struct transfer_seed s = seed_of("handle");
    begin(1 << 20);
    struct transfer *t = open_by(0, "handle");
    put(0, t, 0, 500);
    end(0, t, TRANSFER_CUT);
    s.anew = true;
    t = content_begin(c, &flow[0], NULL, &s);
    assert_int_equal(got.ended, 1);
    put(0, t, 0, SIZE);
    end(0, t, TRANSFER_DONE);
    assert_int_equal(got.ended, 2);
    assert_false(got.list[0].complete);
    assert_int_equal(got.list[0].size, 500);
    assert_true(got.list[1].complete);
    assert_string_equal(got.list[1].sha256, digest_of(file, SIZE));
    finish();
}

/* --- written twice --- */

/* The digest is then that of what came first, which is not what the file holds. */
static void what_is_written_twice_is_counted_and_not_complete(void **state) {
    static const struct { uint64_t at, n; } again[] = {{0, 1}, {0, 50000}, {40000, 20000}, {99999, 1}};
    for (int i = 0; i < 4; i++) {
        begin(1 << 20);
        struct transfer *t = open_by(0, "handle");
        put(0, t, 0, SIZE);
        put(0, t, again[i].at, again[i].n);
        put(0, t, again[i].at, again[i].n);
        end(0, t, TRANSFER_DONE);
        assert_int_equal(got.ended, 1);
        assert_false(got.list[0].complete);
        assert_int_equal(got.list[0].size, SIZE);
        assert_int_equal(got.list[0].missing, 0);
        assert_string_equal(got.list[0].sha256, digest_of(file, SIZE));
        assert_int_equal(count(COUNTER_ASSEMBLY_REWRITTEN), 1);
        finish();
    }
}

static void so_is_what_is_written_twice_before_its_turn(void **state) {
    static uint8_t other[20000];
    for (int ahead = 0; ahead < 3; ahead++) {
        begin(1 << 20);
        struct transfer *t = open_by(0, "handle");
        put(0, t, 50000, 50000);
        if (ahead == 0)
            content_write(&flow[0], t, 50000, other, sizeof other); /* from the same offset */
        else if (ahead == 1)
            content_write(&flow[0], t, 60000, other, sizeof other); /* within it */
        put(0, t, 0, 50000);
        end(0, t, TRANSFER_DONE);
        assert_int_equal(got.ended, 1);
        assert_int_equal(got.list[0].complete, ahead == 2);
        assert_int_equal(count(COUNTER_ASSEMBLY_REWRITTEN), ahead < 2);
        finish();
    }
}

static void so_is_what_was_written_and_then_lost(void **state) {
    begin(1 << 20);
    struct transfer *t = open_by(0, "handle");
    put(0, t, 0, SIZE);
    put(0, t, 0, 100);
    end(0, t, TRANSFER_CUT);
    t = open_by(0, "handle");
    content_gap(&flow[0], t, 5000); /* over what had been seen */
    end(0, t, TRANSFER_DONE);
    assert_int_equal(got.ended, 1);
    assert_false(got.list[0].complete);
    finish();
}

/* --- read in pieces --- */

static struct transfer_seed read_of(const char *handle) {
    struct transfer_seed s = seed_of(handle);
    s.from = SIDE_SERVER;
    s.stable = true;
    return s;
}

static void what_is_read_twice_is_the_same(void **state) {
    begin(1 << 20);
    const struct transfer_seed s = read_of("handle");
    struct transfer *t = content_begin(c, &flow[0], NULL, &s);
    put(0, t, 50000, 20000);
    put(0, t, 50000, 20000);
    put(0, t, 0, 60000);
    put(0, t, 100, 500);
    put(0, t, 60000, 40000);
    end(0, t, TRANSFER_DONE);
    assert_one_file();
    assert_int_equal(count(COUNTER_ASSEMBLY_REWRITTEN), 0);
    finish();
}

static void it_is_over_once_all_is_there_and_what_comes_again_is_nothing_new(void **state) {
    for (int known = 0; known < 2; known++) {
        struct transfer_seed s = read_of("handle");
        s.total = known ? SIZE : LENGTH_UNKNOWN;
        begin(1 << 20);
        struct transfer *t = content_begin(c, &flow[0], NULL, &s);
        put(0, t, 60000, 40000);
        put(0, t, 0, 60000);
        assert_int_equal(got.ended, known);
        put(0, t, 0, 1000);
        end(0, t, TRANSFER_DONE);
        assert_one_file();
        finish();
    }
}

static void what_was_written_in_place_is_not_over_before_somebody_says_so(void **state) {
    struct transfer_seed s = seed_of("handle");
    s.total = SIZE;
    begin(1 << 20);
    struct transfer *t = content_begin(c, &flow[0], NULL, &s);
    put(0, t, 0, SIZE);
    assert_int_equal(got.ended, 0);
    end(0, t, TRANSFER_DONE);
    assert_one_file();
    finish();
}

/* --- missed --- */

static void bytes_that_were_missed_have_their_place(void **state) {
    begin(1 << 20);
    struct transfer *t = open_by(0, "handle");
    put(0, t, 0, 1000);
    put(0, t, 6000, 1000);
    content_write(&flow[0], t, 1000, NULL, 5000);
    content_write(&flow[0], t, 7000, NULL, 300);
    end(0, t, TRANSFER_DONE);
    wait_until(QUIET);
    assert_int_equal(got.ended, 1);
    assert_false(got.list[0].complete);
    assert_int_equal(got.list[0].missing, 5300);
    assert_int_equal(got.list[0].size, 7300);
    finish();
}

static void how_long_it_is_at_least_leaves_a_hole_where_it_is_longer(void **state) {
    static const uint64_t lengths[] = {0, 500, 1000, 1200};
    for (int i = 0; i < 4; i++) {
        begin(1 << 20);
        struct transfer *t = open_by(0, "handle");
        put(0, t, 0, 1000);
        content_write(&flow[0], t, lengths[i], NULL, 0);
        end(0, t, TRANSFER_DONE);
        wait_until(QUIET);
        assert_int_equal(got.ended, 1);
        assert_int_equal(got.list[0].complete, i < 3);
        assert_int_equal(got.list[0].size, i < 3 ? 1000 : 1200);
        finish();
    }
}

static void one_whose_writer_has_left_for_good_is_told_and_not_complete(void **state) {
    begin(1 << 20);
    struct transfer *t = open_by(0, "handle");
    put(0, t, 0, 1000);
    end(0, t, TRANSFER_UNKNOWN);
    assert_int_equal(got.ended, 1);
    assert_false(got.list[0].complete);
    assert_string_equal(got.list[0].sha256, digest_of(file, 1000));
    finish();
}

/* --- names --- */

static void a_name_that_comes_later_over_another_connection_is_the_objects(void **state) {
    begin(1 << 20);
    struct transfer *t[2] = {open_by(0, "handle"), open_by(1, "handle")};
    struct transfer_seed later = transfer_seed_of("smb", SIDE_CLIENT);
    put(0, t[0], 0, 40000);
    put(1, t[1], 70000, 30000);
    later.fact[FACT_NAME] = bytes_text("plates.jpg");
    content_learn(&flow[1], t[1], &later); /* and no key: that stays */
    struct transfer *third = open_by(0, "handle");
    put(0, third, 40000, 30000);
    end(0, third, TRANSFER_DONE);
    end(1, t[1], TRANSFER_DONE);
    end(0, t[0], TRANSFER_DONE);
    assert_one_file();
    assert_string_equal(got.list[0].name, "plates.jpg");
    finish();
}

static void a_key_that_comes_later_is_by_which_others_find_it(void **state) {
    begin(1 << 20);
    struct transfer *t = open_by(0, "");
    struct transfer_seed later = seed_of("handle");
    put(0, t, 0, 50000);
    content_learn(&flow[0], t, &later);
    struct transfer *other = open_by(1, "handle");
    put(1, other, 50000, 50000);
    end(0, t, TRANSFER_DONE);
    end(1, other, TRANSFER_DONE);
    assert_one_file();
    finish();
}

static void who_joins_fills_what_is_not_known_and_changes_nothing(void **state) {
    for (int named = 0; named < 2; named++) {
        begin(1 << 20);
        struct transfer_seed s = seed_of("handle");
        s.fact[FACT_NAME] = bytes_text(named ? "first.jpg" : "");
        struct transfer *t[2] = {content_begin(c, &flow[0], NULL, &s)};
        s.fact[FACT_NAME] = bytes_text("second.jpg");
        t[1] = content_begin(c, &flow[1], NULL, &s);
        put(0, t[0], 0, SIZE);
        end(0, t[0], TRANSFER_DONE);
        end(1, t[1], TRANSFER_DONE);
        assert_one_file();
        assert_string_equal(got.list[0].name, named ? "first.jpg" : "second.jpg");
        finish();
    }
}

/* A transfer that is cut is found again by its key, which a name that came later does not take away. */
static void a_name_alone_leaves_the_key_of_a_download_that_may_be_resumed(void **state) {
    begin(1 << 20);
    struct transfer_seed s = collect_facts("GET", "/a.bin"), later = transfer_seed_of("http", SIDE_SERVER);
    s.from = SIDE_SERVER;
    s.length = SIZE;
    struct transfer *t = content_begin(c, &flow[0], NULL, &s);
    content_data(&flow[0], t, file, 60000);
    later.fact[FACT_NAME] = bytes_text("a.bin");
    content_learn(&flow[0], t, &later);
    end(0, t, TRANSFER_CUT);
    s.resume = RESUME_RANGE;
    s.offset = 60000;
    s.length = 40000;
    s.total = SIZE;
    t = content_begin(c, &flow[1], NULL, &s);
    content_data(&flow[1], t, file + 60000, 40000);
    end(1, t, TRANSFER_DONE);
    assert_one_file();
    finish();
}

/* --- bounds --- */

static void without_memory_the_hole_is_not_waited_for_and_it_stays_one_object(void **state) {
    for (int begun = 0; begun < 2; begun++) {
        begin(34000); /* two blocks of 16 KiB */
        struct transfer *t[2] = {open_by(0, "handle"), open_by(1, "handle")};
        if (begun)
            put(0, t[0], 0, 1000);
        for (unsigned i = 0; i < 12; i++)
            put(1, t[1], 40000 + i * 5000, 5000);
        assert_true(count(COUNTER_ASSEMBLY_SKIPPED) > 0);
        put(0, t[0], 1000, 39000); /* too late */
        end(0, t[0], TRANSFER_DONE);
        end(1, t[1], TRANSFER_DONE);
        assert_int_equal(got.ended, 1);
        assert_int_equal(got.n, 1);
        assert_false(got.list[0].complete);
        assert_int_equal(got.list[0].offset, begun ? 0 : 40000);
        assert_int_equal(got.list[0].missing, begun ? 39000 : 0);
        assert_int_equal(got.list[0].size, begun ? SIZE : 60000);
        if (!begun)
            assert_string_equal(got.list[0].sha256, digest_of(file + 40000, 60000));
        assert_int_equal(count(COUNTER_ASSEMBLY_SPILLED), 0);
        finish();
    }
}

static void with_no_memory_at_all_pieces_in_order_are_complete(void **state) {
    begin(0);
    struct transfer *t[2] = {open_by(0, "handle"), open_by(1, "handle")};
    for (unsigned i = 0; i < PIECES; i++)
        put(i & 1, t[i & 1], i * PIECE, PIECE);
    end(0, t[0], TRANSFER_DONE);
    end(1, t[1], TRANSFER_DONE);
    assert_one_file();
    finish();
}

enum { TINY = 10000 };

/* Every second octet: a hole before each. */
static void ten_thousand_tiny_pieces_are_one_object_with_holes(void **state) {
    for (int backwards = 0; backwards < 2; backwards++) {
        begin(64 << 20);
        struct transfer *t = open_by(0, "handle");
        for (uint64_t i = 0; i < TINY; i++)
            put(0, t, 1 + 2 * (backwards ? TINY - 1 - i : i), 1);
        assert_true(count(COUNTER_ASSEMBLY_SKIPPED) > 0); /* no more than so many are waited for */
        end(0, t, TRANSFER_DONE);
        wait_until(QUIET);
        assert_int_equal(got.ended, 1);
        assert_int_equal(got.n, 1);
        assert_false(got.list[0].complete);
        assert_in_range(got.list[0].bytes, backwards ? 1000 : TINY,
                        TINY); /* none that came in order is left out */
        finish();
    }
}

static void a_thousand_that_are_filled_in_time_are_complete(void **state) {
    begin(64 << 20);
    struct transfer *t = open_by(0, "handle");
    for (uint64_t i = 1000; i-- > 0;)
        put(0, t, i * 100 + 50, 50);
    for (uint64_t i = 1000; i-- > 0;)
        put(0, t, i * 100, 50);
    end(0, t, TRANSFER_DONE);
    assert_int_equal(count(COUNTER_ASSEMBLY_SKIPPED), 0);
    assert_one_file();
    finish();
}

static void offsets_at_the_end_of_the_number_range_do_no_harm(void **state) {
    begin(1 << 20);
    struct transfer *t = open_by(0, "handle");
    put(0, t, 0, 1000);
    for (int bit = 40; bit < 64; bit++)
        content_write(&flow[0], t, UINT64_C(1) << bit, file, 1000);
    content_write(&flow[0], t, UINT64_MAX, file, 1000);
    content_gap(&flow[0], t, UINT64_MAX);
    content_data(&flow[0], t, file, 1000);
    end(0, t, TRANSFER_DONE);
    wait_until(QUIET);
    assert_int_equal(got.ended, 1);
    assert_false(got.list[0].complete);
    finish();
}

/* Wholes of one key and ten thousand versions: the last ones are found, and finding takes no longer. */
static void among_ten_thousand_of_one_key_the_newest_is_found(void **state) {
    enum { VERSIONS = 10000 };
    struct transfer_seed s = seed_of("handle");
    char tag[20];
    begin_with(&(struct content_options){.objects = 2 * VERSIONS, .assembly_bytes = 1 << 20});
    for (int i = 0; i < VERSIONS; i++) {
        s.etag = bytes_of(tag, (size_t)snprintf(tag, sizeof tag, "v%d", i));
        struct transfer *t = content_begin(c, &flow[0], NULL, &s);
        if (i == VERSIONS - 1)
            put(0, t, 0, 50000);
        end(0, t, TRANSFER_CUT);
    }
    struct transfer *t = content_begin(c, &flow[1], NULL, &s);
    put(1, t, 50000, 50000);
    end(1, t, TRANSFER_DONE);
    assert_one_file();
    s.etag = bytes_text("v0"); /* far behind: it begins again */
    t = content_begin(c, &flow[1], NULL, &s);
    put(1, t, 0, 50000);
    end(1, t, TRANSFER_DONE);
    assert_int_equal(got.ended, 2);
    finish();
}

/* --- appended, given up --- */

static void what_is_appended_at_an_offset_to_what_nobody_saw_is_an_object_with_an_offset(void **state) {
    struct transfer_seed s = seed_of("log");
    begin(1 << 20);
    s.resume = RESUME_APPEND;
    s.offset = 60000;
    struct transfer *t = content_begin(c, &flow[0], NULL, &s);
    content_data(&flow[0], t, file + 60000, 40000);
    end(0, t, TRANSFER_DONE);
    assert_int_equal(got.ended, 1);
    assert_false(got.list[0].complete);
    assert_int_equal(got.list[0].offset, 60000);
    assert_string_equal(got.list[0].sha256, digest_of(file + 60000, 40000));
    finish();
}

static bool is_owner(void *context, const void *owner) {
    return owner == context;
}

static void to_give_up_ends_what_an_owner_began_and_later_pieces_are_harmless(void **state) {
    int owner[2];
    struct transfer_seed s = seed_of("handle");
    begin(1 << 20);
    struct transfer *t[3] = {content_begin(c, &flow[0], &owner[0], &s),
                             content_begin(c, &flow[1], &owner[1], &s)};
    s.key[0] = bytes_text("other");
    t[2] = content_begin(c, &flow[1], &owner[1], &s);
    put(0, t[0], 0, 1000);
    put(1, t[1], 5000, 1000);
    put(1, t[2], 0, 1000);
    content_give_up(c, is_owner, &owner[0]);
    assert_int_equal(got.ended, 1);
    assert_false(got.list[0].complete);
    assert_int_equal(got.list[0].missing, 4000);
    assert_int_equal(got.list[0].size, 6000);
    for (unsigned i = 0; i < 2; i++) {
        put(i, t[i], 1000, 4000);
        content_gap(&flow[i], t[i], 10);
        content_data(&flow[i], t[i], file, 10);
        content_learn(&flow[i], t[i], &s);
        end(i, t[i], TRANSFER_DONE);
    }
    put(1, t[2], 1000, SIZE - 1000); /* another's: goes on */
    end(1, t[2], TRANSFER_DONE);
    assert_int_equal(got.ended, 2);
    assert_true(collect_ended(&got, 1)->complete);
    assert_string_equal(collect_ended(&got, 1)->sha256, digest_of(file, SIZE));
    finish();
}

static void pieces_of_a_transfer_that_is_not_written_in_place_are_left_out(void **state) {
    begin(1 << 20);
    struct transfer_seed s = collect_facts("PUT", "/a");
    struct transfer *t = content_begin(c, &flow[0], NULL, &s);
    put(0, t, 500, 1000);
    content_data(&flow[0], t, file, 100);
    end(0, t, TRANSFER_DONE);
    assert_int_equal(got.ended, 1);
    assert_true(got.list[0].complete);
    assert_string_equal(got.list[0].sha256, digest_of(file, 100));
    content_write(&flow[0], NULL, 0, file, 1);
    finish();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_in_any_order_over_two_connections_are_one_object),
        cmocka_unit_test(so_they_are_over_any_number_of_transfers),
        cmocka_unit_test(another_key_source_or_protocol_is_another_file),
        cmocka_unit_test(without_a_key_nobody_joins),
        cmocka_unit_test(it_joins_nothing_that_is_not_written_in_place),
        cmocka_unit_test(data_goes_on_where_the_last_piece_ended),
        cmocka_unit_test(a_file_of_no_bytes_that_was_closed_is_an_empty_object),
        cmocka_unit_test(a_hole_is_known_and_waited_for),
        cmocka_unit_test(one_at_the_beginning_gives_an_offset),
        cmocka_unit_test(one_that_is_filled_late_is_none),
        cmocka_unit_test(one_up_to_the_announced_size_is_one_too),
        cmocka_unit_test(bytes_that_were_lost_are_a_hole_wherever_they_stand),
        cmocka_unit_test(another_connection_may_fill_what_was_lost),
        cmocka_unit_test(the_end_that_one_says_waits_until_the_others_are_quiet),
        cmocka_unit_test(or_until_the_last_of_them_has_ended_however_that_was),
        cmocka_unit_test(one_that_nobody_closed_ends_after_the_time_to_wait_and_is_not_complete),
        cmocka_unit_test(one_with_an_open_transfer_is_timed_by_its_flow),
        cmocka_unit_test(one_that_is_written_anew_is_another),
        cmocka_unit_test(what_is_written_twice_is_counted_and_not_complete),
        cmocka_unit_test(so_is_what_is_written_twice_before_its_turn),
        cmocka_unit_test(so_is_what_was_written_and_then_lost),
        cmocka_unit_test(what_is_read_twice_is_the_same),
        cmocka_unit_test(it_is_over_once_all_is_there_and_what_comes_again_is_nothing_new),
        cmocka_unit_test(what_was_written_in_place_is_not_over_before_somebody_says_so),
        cmocka_unit_test(bytes_that_were_missed_have_their_place),
        cmocka_unit_test(how_long_it_is_at_least_leaves_a_hole_where_it_is_longer),
        cmocka_unit_test(one_whose_writer_has_left_for_good_is_told_and_not_complete),
        cmocka_unit_test(a_name_that_comes_later_over_another_connection_is_the_objects),
        cmocka_unit_test(a_key_that_comes_later_is_by_which_others_find_it),
        cmocka_unit_test(who_joins_fills_what_is_not_known_and_changes_nothing),
        cmocka_unit_test(a_name_alone_leaves_the_key_of_a_download_that_may_be_resumed),
        cmocka_unit_test(without_memory_the_hole_is_not_waited_for_and_it_stays_one_object),
        cmocka_unit_test(with_no_memory_at_all_pieces_in_order_are_complete),
        cmocka_unit_test(ten_thousand_tiny_pieces_are_one_object_with_holes),
        cmocka_unit_test(a_thousand_that_are_filled_in_time_are_complete),
        cmocka_unit_test(offsets_at_the_end_of_the_number_range_do_no_harm),
        cmocka_unit_test(among_ten_thousand_of_one_key_the_newest_is_found),
        cmocka_unit_test(what_is_appended_at_an_offset_to_what_nobody_saw_is_an_object_with_an_offset),
        cmocka_unit_test(to_give_up_ends_what_an_owner_began_and_later_pieces_are_harmless),
        cmocka_unit_test(pieces_of_a_transfer_that_is_not_written_in_place_are_left_out),
    };
    return cmocka_run_group_tests_name("content/written", tests, NULL, NULL);
}
