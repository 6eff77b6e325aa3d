/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SIZE = 100000 };

/* for i in range(100000): (i * 7 + i // 256) % 256; its digest by sha256sum. */
static const char whole_sha256[] = "55af394c980c7a7fb68aa904c4afdd93d76e5f826487105fc06f92a25bab8cbe";
/* Of the bytes from 60,000 on. */
static const char tail_sha256[] = "e9a7d73230d0d33253ff4abe848480b64e40459db9602664d6722667b868a37a";

static uint8_t content[SIZE];
static struct collector got;
static struct content *c;

static void begin(uint64_t assembly_bytes) {
    const struct content_options options = {.objects = 64, .assembly_bytes = assembly_bytes};
    for (size_t i = 0; i < SIZE; i++)
        content[i] = (uint8_t)(i * 7 + i / 256);
    c = collect_content(&options, &got);
    assert_non_null(c);
}

static void finish(void) {
    collect_destroy(c);
    collect_finish(&got);
}

/* A 206 answer to a range request. */
static struct transfer *range(struct conversation *conversation, uint64_t offset, uint64_t n,
                              uint64_t total) {
    struct transfer_seed facts = collect_facts("GET", "/store/20260531.bin");
    facts.from = SIDE_SERVER;
    facts.resume = RESUME_RANGE;
    facts.offset = offset;
    facts.length = n;
    facts.total = total;
    return content_begin(c, conversation, NULL, &facts);
}

static void range_sent(struct conversation *conversation, uint64_t offset, uint64_t n) {
    struct transfer *t = range(conversation, offset, n, SIZE);
    content_data(conversation, t, content + offset, n);
    content_end(conversation, t, TRANSFER_DONE);
}

static struct transfer *ftp(struct conversation *conversation, const char *method, bool partial,
                            uint64_t offset) {
    struct transfer_seed facts = collect_facts(method, "/in/records.bin");
    collect_ftp(&facts, partial, offset);
    return content_begin(c, conversation, NULL, &facts);
}

static void one_whole(void) {
    assert_int_equal(got.ended, 1);
    assert_true(got.list[0].complete);
    assert_int_equal(got.list[0].size, SIZE);
    assert_string_equal(got.list[0].sha256, whole_sha256);
}

static void ranges_on_one_connection_make_one_object(void **state) {
    struct conversation a = collect_conversation(1);
    begin(1 << 20);
    for (uint64_t at = 0; at < SIZE; at += 10000)
        range_sent(&a, at, 10000);
    one_whole();
    finish();
}

static void ranges_in_any_order_make_one_object(void **state) {
    static const uint64_t order[] = {7, 2, 9, 0, 1, 8, 3, 6, 4, 5};
    struct conversation a = collect_conversation(1);
    begin(1 << 20);
    for (size_t i = 0; i < 10; i++)
        range_sent(&a, order[i] * 10000, 10000);
    one_whole();
    finish();
}

static void parallel_ranges_interleaved_make_one_object(void **state) {
    struct conversation flows[4];
    struct transfer *t[4];
    begin(1 << 20);
    for (unsigned i = 0; i < 4; i++) {
        flows[i] = collect_conversation(i + 1);
        t[i] = range(&flows[i], i * 25000, 25000, SIZE);
    }
    for (size_t at = 0; at < 25000; at += 500)
        for (unsigned i = 4; i-- > 0;)
            content_data(&flows[i], t[i], content + i * 25000 + at, 500);
    for (unsigned i = 0; i < 4; i++)
        content_end(&flows[i], t[i], TRANSFER_DONE);
    one_whole();
    finish();
}

static void overlapping_ranges_count_their_bytes_once(void **state) {
    struct conversation a = collect_conversation(1);
    uint64_t before = collect_counter(COUNTER_ASSEMBLY_OVERLAP);
    begin(1 << 20);
    range_sent(&a, 0, 40000);
    range_sent(&a, 60000, 40000);
    range_sent(&a, 30000, 50000);
    one_whole();
    assert_int_equal(collect_counter(COUNTER_ASSEMBLY_OVERLAP) - before, 30000);
    finish();
}

static void a_missing_middle_is_a_gap_after_the_time_to_wait(void **state) {
    struct conversation a = collect_conversation(1);
    begin(1 << 20);
    range_sent(&a, 0, 40000);
    range_sent(&a, 60000, 30000);
    content_tick(c, a.now + 119 * NS_PER_S);
    assert_int_equal(got.ended, 0);
    content_tick(c, a.now + 121 * NS_PER_S);
    assert_int_equal(got.ended, 1);
    assert_false(got.list[0].complete);
    assert_int_equal(got.list[0].missing, 30000);
    assert_int_equal(got.list[0].size, SIZE);
    assert_memory_equal(got.list[0].data + 40000, content + 60000, 20000);
    finish();
}

static void a_time_stamp_far_ahead_does_not_keep_wholes_for_ever(void **state) {
    struct conversation a = collect_conversation(1), b = collect_conversation(2);
    time_ns now = a.now;
    begin(1 << 20);
    a.now += 365 * 86400 * NS_PER_S; /* damaged */
    range_sent(&a, 0, 40000);
    b.end[SIDE_CLIENT].address.bytes[15] ^= 1;
    b.now = now;
    range_sent(&b, 0, 40000);
    content_tick(c, now + 121 * NS_PER_S);
    assert_int_equal(got.ended, 2);
    assert_int_equal(content_open(c), 0);
    finish();
}

static void a_whole_without_its_beginning_starts_at_its_lowest_offset(void **state) {
    struct conversation a = collect_conversation(1);
    begin(1 << 20);
    range_sent(&a, 80000, 20000);
    range_sent(&a, 60000, 20000);
    content_tick(c, a.now + 121 * NS_PER_S);
    assert_int_equal(got.ended, 1);
    assert_false(got.list[0].complete);
    assert_int_equal(got.list[0].offset, 60000);
    assert_int_equal(got.list[0].missing, 0);
    assert_string_equal(got.list[0].sha256, tail_sha256);
    finish();
}

static void different_tags_hosts_or_sizes_are_different_things(void **state) {
    struct conversation a = collect_conversation(1), b = collect_conversation(2);
    struct transfer_seed facts = collect_facts("GET", "/store/20260531.bin");
    begin(1 << 20);
    b.end[SIDE_SERVER].address.bytes[15]++;
    facts.from = SIDE_SERVER;
    facts.resume = RESUME_RANGE;
    facts.total = SIZE;
    facts.etag = bytes_text("\"one\"");
    struct transfer *t = content_begin(c, &a, NULL, &facts);
    content_data(&a, t, content, 50000);
    content_end(&a, t, TRANSFER_DONE);
    facts.offset = 50000;
    facts.etag = bytes_text("\"two\"");
    t = content_begin(c, &a, NULL, &facts);
    content_data(&a, t, content + 50000, 50000);
    content_end(&a, t, TRANSFER_DONE);
    facts.etag = bytes_text("\"one\"");
    t = content_begin(c, &b, NULL, &facts);
    content_data(&b, t, content + 50000, 50000);
    content_end(&b, t, TRANSFER_DONE);
    t = range(&a, 50000, 50000, SIZE + 1);
    content_data(&a, t, content + 50000, 50000);
    content_end(&a, t, TRANSFER_DONE);
    assert_int_equal(got.ended, 0);
    content_tick(c, a.now + 121 * NS_PER_S);
    assert_int_equal(got.ended, 4);
    for (size_t i = 0; i < 4; i++)
        assert_false(got.list[i].complete);
    finish();
}

static void a_part_that_finds_no_room_is_an_object_of_its_own(void **state) {
    struct conversation a = collect_conversation(1);
    uint64_t before = collect_counter(COUNTER_ASSEMBLY_SPILLED);
    begin(34000); /* two blocks */
    struct transfer *first = range(&a, 0, 60000, SIZE), *last = range(&a, 60000, 40000, SIZE);
    content_data(&a, first, content, 100);
    content_data(&a, last, content + 60000, 30000);
    content_data(&a, last, content + 90000, 10000);
    content_data(&a, first, content + 100, 59900);
    content_end(&a, last, TRANSFER_DONE);
    content_end(&a, first, TRANSFER_DONE);
    assert_int_equal(collect_counter(COUNTER_ASSEMBLY_SPILLED) - before, 1);
    assert_int_equal(got.ended, 1);
    struct collected *tail = collect_ended(&got, 0);
    assert_int_equal(tail->offset, 60000);
    assert_int_equal(tail->size, 40000);
    assert_string_equal(tail->sha256, tail_sha256);
    content_tick(c, a.now + 121 * NS_PER_S);
    assert_int_equal(collect_ended(&got, 1)->missing, 40000);
    assert_false(collect_ended(&got, 1)->complete);
    finish();
}

static void no_memory_for_parts_still_gives_every_part(void **state) {
    struct conversation a = collect_conversation(1);
    begin(0);
    range_sent(&a, 60000, 40000);
    assert_int_equal(got.ended, 1);
    assert_int_equal(got.list[0].offset, 60000);
    assert_string_equal(got.list[0].sha256, tail_sha256);
    finish();
}

static void a_gap_in_one_range_is_the_wholes(void **state) {
    struct conversation a = collect_conversation(1);
    begin(1 << 20);
    struct transfer *t = range(&a, 0, 50000, SIZE);
    content_data(&a, t, content, 20000);
    content_gap(&a, t, 1000);
    content_data(&a, t, content + 21000, 29000);
    content_end(&a, t, TRANSFER_DONE);
    range_sent(&a, 50000, 50000);
    assert_int_equal(got.ended, 1);
    assert_false(got.list[0].complete);
    assert_int_equal(got.list[0].missing, 1000);
    assert_int_equal(got.list[0].size, SIZE);
    finish();
}

static void a_gap_ahead_of_the_frontier_keeps_its_place(void **state) {
    struct conversation a = collect_conversation(1);
    begin(1 << 20);
    struct transfer *t = range(&a, 50000, 50000, SIZE);
    content_data(&a, t, content + 50000, 20000);
    content_gap(&a, t, 1000);
    content_data(&a, t, content + 71000, 29000);
    content_end(&a, t, TRANSFER_DONE);
    range_sent(&a, 0, 50000);
    assert_int_equal(got.ended, 0);
    range_sent(&a, 69000, 3000); /* somebody asks again for what we did not see */
    one_whole();
    finish();
}

static void an_ftp_upload_taken_up_again_is_one_object(void **state) {
    struct conversation a = collect_conversation(1), b = collect_conversation(2);
    begin(1 << 20);
    struct transfer *t = ftp(&a, "STOR", false, 0);
    content_data(&a, t, content, 30000);
    content_end(&a, t, TRANSFER_CUT);
    assert_int_equal(got.ended, 0);
    t = ftp(&b, "STOR", true, 25000); /* the server had less than was sent */
    content_data(&b, t, content + 25000, 40000);
    content_end(&b, t, TRANSFER_CUT);
    t = ftp(&b, "APPE", false, 0);
    content_data(&b, t, content + 65000, 35000);
    content_end(&b, t, TRANSFER_DONE);
    one_whole();
    finish();
}

static void an_ftp_upload_sent_anew_is_another_object(void **state) {
    struct conversation a = collect_conversation(1);
    begin(1 << 20);
    struct transfer *t = ftp(&a, "STOR", false, 0);
    content_data(&a, t, content, 30000);
    content_end(&a, t, TRANSFER_CUT);
    t = ftp(&a, "STOR", false, 0);
    assert_int_equal(got.ended, 1);
    assert_false(got.list[0].complete);
    content_data(&a, t, content, SIZE);
    content_end(&a, t, TRANSFER_DONE);
    assert_int_equal(got.ended, 2);
    assert_true(got.list[1].complete);
    assert_string_equal(got.list[1].sha256, whole_sha256);
    finish();
}

static void an_ftp_resume_without_its_start_has_an_offset(void **state) {
    struct conversation a = collect_conversation(1);
    begin(1 << 20);
    struct transfer *t = ftp(&a, "RETR", true, 60000);
    content_data(&a, t, content + 60000, 40000);
    assert_int_equal(got.n, 1); /* it does not wait for a start that was before us */
    content_end(&a, t, TRANSFER_DONE);
    assert_int_equal(got.ended, 1);
    assert_false(got.list[0].complete);
    assert_int_equal(got.list[0].offset, 60000);
    assert_string_equal(got.list[0].sha256, tail_sha256);
    finish();
}

/* As lftp's pget does: each connection is cut where the next one's share begins. */
static void ftp_segments_on_several_connections_are_one_object(void **state) {
    struct conversation flows[3];
    struct transfer *t[3];
    begin(1 << 20);
    for (unsigned i = 0; i < 3; i++) {
        flows[i] = collect_conversation(i + 1);
        t[i] = ftp(&flows[i], "RETR", i > 0, i * 40000);
    }
    for (unsigned i = 3; i-- > 0;)
        for (size_t at = i * 40000; at < SIZE && at < (i + 1) * 40000 + 700; at += 100)
            content_data(&flows[i], t[i], content + at, 100);
    for (unsigned i = 0; i < 3; i++)
        content_end(&flows[i], t[i], i < 2 ? TRANSFER_CUT : TRANSFER_DONE);
    one_whole();
    finish();
}

static void an_ftp_transfer_whose_end_is_not_known_closes_at_once(void **state) {
    struct conversation a = collect_conversation(1);
    begin(1 << 20);
    struct transfer *t = ftp(&a, "STOR", false, 0);
    content_data(&a, t, content, SIZE);
    content_end(&a, t, TRANSFER_UNKNOWN);
    assert_int_equal(got.ended, 1);
    assert_false(got.list[0].complete);
    assert_string_equal(got.list[0].sha256, whole_sha256);
    finish();
}

static void an_empty_ftp_upload_is_an_empty_object(void **state) {
    struct conversation a = collect_conversation(1);
    begin(1 << 20);
    content_end(&a, ftp(&a, "STOR", false, 0), TRANSFER_DONE);
    assert_int_equal(got.ended, 1);
    assert_true(got.list[0].complete);
    assert_string_equal(got.list[0].type->mime, "application/x-empty");
    finish();
}

static void an_ftp_name_that_comes_late_still_finds_its_rest(void **state) {
    struct conversation a = collect_conversation(1);
    struct transfer_seed facts = collect_facts("STOR", "/in/records.bin");
    begin(1 << 20);
    struct transfer_seed nameless = collect_facts("", "");
    collect_ftp(&facts, false, 0);
    collect_ftp(&nameless, false, 0);
    struct transfer *t = content_begin(c, &a, NULL, &nameless);
    content_data(&a, t, content, 60000);
    content_learn(&a, t, &facts);
    content_end(&a, t, TRANSFER_CUT);
    t = ftp(&a, "STOR", true, 60000);
    content_data(&a, t, content + 60000, 40000);
    content_end(&a, t, TRANSFER_DONE);
    one_whole();
    finish();
}

static void a_download_that_was_cut_goes_on_with_a_range(void **state) {
    struct conversation a = collect_conversation(1), b = collect_conversation(2);
    struct transfer_seed facts = collect_facts("GET", "/store/20260531.bin");
    begin(1 << 20);
    facts.from = SIDE_SERVER;
    facts.length = SIZE;
    struct transfer *t = content_begin(c, &a, NULL, &facts);
    content_data(&a, t, content, 33333);
    content_end(&a, t, TRANSFER_CUT);
    assert_int_equal(got.ended, 0);
    range_sent(&b, 33333, SIZE - 33333);
    one_whole();
    finish();
}

/* Its parts are seen at once; they are of no range. */
static void a_multipart_body_that_was_cut_closes_at_once_however_short(void **state) {
    static const char begun[] = "--b\r\nContent-Type: text/plain\r\n\r\nbegun";
    struct conversation a = collect_conversation(1);
    struct transfer_seed facts = collect_facts("PUT", "/store/form");
    begin(1 << 20);
    facts.length = 400;
    facts.fact[FACT_DECLARED_TYPE] = bytes_text("multipart/form-data; boundary=b");
    struct transfer *t = content_begin(c, &a, NULL, &facts);
    content_data(&a, t, (const uint8_t *)begun, sizeof begun - 1);
    content_end(&a, t, TRANSFER_CUT);
    assert_int_equal(got.ended, 2);
    assert_int_equal(collect_ended(&got, 0)->size, strlen("begun"));
    assert_true(collect_ended(&got, 1)->container && !collect_ended(&got, 1)->complete);
    assert_int_equal(collect_ended(&got, 1)->missing, 0);
    facts.fact[FACT_DECLARED_TYPE] = bytes_text("text/plain"); /* any other waits for its rest */
    t = content_begin(c, &a, NULL, &facts);
    content_data(&a, t, (const uint8_t *)begun + 5, sizeof begun - 6);
    content_end(&a, t, TRANSFER_CUT);
    assert_int_equal(got.ended, 2);
    finish();
}

static void a_post_that_was_cut_closes_at_once(void **state) {
    struct conversation a = collect_conversation(1);
    struct transfer_seed facts = collect_facts("POST", "/upload");
    begin(1 << 20);
    facts.length = SIZE;
    struct transfer *t = content_begin(c, &a, NULL, &facts);
    content_data(&a, t, content, 33333);
    content_end(&a, t, TRANSFER_CUT);
    assert_int_equal(got.ended, 1);
    assert_false(got.list[0].complete);
    finish();
}

static void byteranges_parts_join_the_other_ranges(void **state) {
    static const char head[] =
        "--XX\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes %d-%d/100000\r\n\r\n";
    struct conversation a = collect_conversation(1);
    struct transfer_seed facts = collect_facts("GET", "/store/20260531.bin");
    char line[200];
    begin(1 << 20);
    facts.from = SIDE_SERVER;
    facts.fact[FACT_DECLARED_TYPE] = bytes_text("multipart/byteranges; boundary=XX");
    struct transfer *t = content_begin(c, &a, NULL, &facts);
    content_data(&a, t, (const uint8_t *)line, (size_t)sprintf(line, head, 0, 29999));
    content_data(&a, t, content, 30000);
    content_data(&a, t, (const uint8_t *)"\r\n", 2);
    content_data(&a, t, (const uint8_t *)line, (size_t)sprintf(line, head, 50000, 99999));
    content_data(&a, t, content + 50000, 50000);
    content_data(&a, t, (const uint8_t *)"\r\n--XX--\r\n", 10);
    content_end(&a, t, TRANSFER_DONE);
    assert_int_equal(got.ended, 1);
    assert_true(got.list[0].container);
    range_sent(&a, 30000, 20000);
    assert_int_equal(got.ended, 2);
    assert_int_equal(got.list[1].parent, got.list[0].number);
    assert_true(got.list[1].complete);
    assert_string_equal(got.list[1].sha256, whole_sha256);
    finish();
}

/* Ranges count in what is sent, which is encoded: it is decoded once it stands in order. The digest is that
 * of the file that gzip was given (tests/data/content/objects.tsv). */
static void ranges_of_an_encoded_thing_are_decoded_in_order(void **state) {
    static const struct { uint64_t at, n; } parts[] = {{400, 517}, {0, 100}, {100, 300}};
    static uint8_t packed[1000];
    struct conversation a = collect_conversation(1);
    struct transfer_seed facts = collect_facts("GET", "/reads.csv");
    FILE *f = fopen(TEST_DATA "/content/gzip.body", "rb");
    assert_non_null(f);
    assert_int_equal(fread(packed, 1, sizeof packed, f), 917);
    fclose(f);
    begin(1 << 20);
    facts.from = SIDE_SERVER;
    facts.resume = RESUME_RANGE;
    facts.total = 917;
    facts.codings = bytes_text("gzip");
    for (size_t i = 0; i < 3; i++) {
        facts.offset = parts[i].at;
        struct transfer *t = content_begin(c, &a, NULL, &facts);
        content_data(&a, t, packed + parts[i].at, parts[i].n);
        content_end(&a, t, TRANSFER_DONE);
    }
    assert_int_equal(got.ended, 1);
    assert_true(got.list[0].complete);
    assert_int_equal(got.list[0].size, 5416);
    assert_string_equal(got.list[0].sha256,
                        "2b94523d12142640b22a8effaa4adea52fc1e15c69f9c02b9d9c002b9f15f239");
    finish();
}

/* The part says that it begins just where the frontier of its own container stands: a whole that was part of
 * itself would never end. */
static void a_range_within_a_range_does_not_join_the_whole_that_it_lies_in(void **state) {
    static const char head[] = "%600s\r\n--XX\r\nContent-Range: bytes %05zu-99999/100000\r\n\r\n";
    struct conversation a = collect_conversation(1);
    struct transfer_seed facts = collect_facts("GET", "/store/20260531.bin");
    char text[1024];
    begin(1 << 20);
    facts.from = SIDE_SERVER;
    facts.resume = RESUME_RANGE;
    facts.total = SIZE;
    facts.fact[FACT_DECLARED_TYPE] = bytes_text("multipart/byteranges; boundary=XX");
    struct transfer *t = content_begin(c, &a, NULL, &facts);
    size_t n = (size_t)snprintf(text, sizeof text, head, "", (size_t)0);
    snprintf(text, sizeof text, head, "", n + 1000);
    content_data(&a, t, (const uint8_t *)text, n);
    content_data(&a, t, content, 1000);
    content_end(&a, t, TRANSFER_CUT);
    content_tick(c, a.now + 121 * NS_PER_S);
    assert_int_equal(got.ended, 2);
    assert_int_equal(collect_ended(&got, 0)->size + collect_ended(&got, 1)->size, SIZE + SIZE - n - 1000);
    finish();
}

static void unfinished_wholes_make_room_for_new_objects(void **state) {
    struct conversation a = collect_conversation(1);
    struct transfer_seed facts = collect_facts("PUT", "");
    char path[32];
    uint64_t before = collect_counter(COUNTER_ASSEMBLY_EVICTED);
    begin(1 << 20);
    for (int i = 0; i < 100; i++) {
        facts.key[2] = bytes_of(path, (size_t)sprintf(path, "/%d", i));
        facts.resumable = true;
        struct transfer *t = content_begin(c, &a, NULL, &facts);
        assert_non_null(t);
        content_data(&a, t, content, 1000);
        content_end(&a, t, TRANSFER_CUT);
    }
    assert_int_equal(collect_counter(COUNTER_ASSEMBLY_EVICTED) - before, 36);
    assert_int_equal(got.ended, 36);
    finish();
}

static void offsets_at_the_end_of_the_number_range_do_no_harm(void **state) {
    struct conversation a = collect_conversation(1);
    begin(1 << 20);
    struct transfer *t = range(&a, UINT64_MAX - 10, 100, UINT64_MAX - 1);
    content_data(&a, t, content, 1000);
    content_gap(&a, t, UINT64_C(1) << 63);
    content_data(&a, t, content, 1000);
    content_end(&a, t, TRANSFER_DONE);
    t = ftp(&a, "STOR", true, UINT64_MAX - 1);
    content_data(&a, t, content, 1000);
    content_gap(&a, t, UINT64_C(1) << 63);
    content_data(&a, t, content, 1000);
    content_end(&a, t, TRANSFER_DONE);
    content_tick(c, a.now + 121 * NS_PER_S);
    for (size_t i = 0; i < got.ended; i++)
        assert_false(got.list[i].complete);
    finish();
}

/* --- Seen from the middle --- */

/* 20 octets of SOI and JFIF, then what no picture is. */
static const uint8_t jfif[20] = "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0";

static void push_as(const char *name, const char *declared, uint64_t offset, const uint8_t *bytes, size_t n) {
    struct conversation a = collect_conversation(1);
    struct transfer_seed facts = collect_facts("GET", name);
    facts.fact[FACT_NAME] = bytes_text(name);
    facts.fact[FACT_DECLARED_TYPE] = bytes_text(declared);
    facts.from = SIDE_SERVER;
    facts.resume = RESUME_RANGE;
    facts.offset = offset;
    facts.length = n;
    facts.total = SIZE;
    struct transfer *t = content_begin(c, &a, NULL, &facts);
    content_data(&a, t, bytes, n);
    content_end(&a, t, TRANSFER_DONE);
    content_tick(c, a.now + 121 * NS_PER_S);
}

static const char *type_from_the_middle(const char *name, const char *declared, const uint8_t *bytes,
                                        size_t n) {
    static const struct file_type *type;
    begin(1 << 20);
    push_as(name, declared, 2, bytes, n);
    assert_int_equal(got.ended, 1);
    assert_false(got.list[0].complete);
    type = got.list[0].type;
    finish();
    return type->mime;
}

static void what_lacks_its_start_is_known_by_structure_then_by_name_or_declared_type(void **state) {
    uint8_t rest[2000];
    memset(rest, 0x81, sizeof rest);
    assert_string_equal(type_from_the_middle("a.bin", "", rest, sizeof rest), "application/octet-stream");
    assert_string_equal(type_from_the_middle("a.jpg", "", rest, sizeof rest), "image/jpeg");
    assert_string_equal(type_from_the_middle("a.bin", "image/png", rest, sizeof rest), "image/png");
    assert_string_equal(type_from_the_middle("a.jpg", "", (const uint8_t *)"plain text and no picture", 25),
                        "text/plain");
    memcpy(rest, jfif + 2, 18);
    assert_string_equal(type_from_the_middle("a.bin", "", rest, sizeof rest), "image/jpeg");
    memset(rest, 0x81, 18);
    memcpy(rest + 1900, jfif, 20);
    assert_string_equal(type_from_the_middle("a.bin", "", rest, sizeof rest), "image/jpeg");
}

/* However a beginning is cut. */
static void a_picture_behind_other_bytes_gives_the_object_its_type_on_the_way(void **state) {
    static uint8_t file[70000];
    for (size_t lead = 1; lead < 1500; lead += 83)
        for (size_t piece = 1; piece < 2000; piece = piece * 3 + 1) {
            memset(file, 0x81, sizeof file);
            memcpy(file + lead, jfif, 20);
            begin(1 << 20);
            struct conversation a = collect_conversation(1);
            struct transfer_seed facts = collect_facts("PUT", "/a.bin");
            struct transfer *t = content_begin(c, &a, NULL, &facts);
            for (size_t at = 0; at < 4000; at += piece)
                content_data(&a, t, file + at, piece < 4000 - at ? piece : 4000 - at);
            content_end(&a, t, TRANSFER_DONE);
            assert_int_equal(got.ended, 1);
            assert_string_equal(got.list[0].type->mime, "image/jpeg");
            assert_int_equal(got.list[0].size, 4000);
            assert_memory_equal(got.list[0].data, file, 4000);
            finish();
        }
}

/* Nobody is told of it before its first bytes come, or are given up. */
static void what_lacks_its_first_bytes_waits_shortly_unless_they_are_on_their_way(void **state) {
    struct conversation a = collect_conversation(1), b = collect_conversation(2);
    begin(1 << 20);
    range_sent(&a, 2, SIZE - 2);
    content_tick(c, a.now + 4 * NS_PER_S);
    assert_int_equal(got.ended, 0);
    content_tick(c, a.now + 6 * NS_PER_S);
    assert_int_equal(got.ended, 1);
    assert_int_equal(got.list[0].size, SIZE - 2);
    assert_int_equal(got.list[0].offset, 2);
    finish();

    begin(1 << 20);
    range_sent(&a, 2, SIZE - 2);
    b.now = a.now + 3 * NS_PER_S;
    struct transfer *t = range(&b, 0, 2, SIZE);
    content_tick(c, a.now + 60 * NS_PER_S);
    b.now = a.now + 61 * NS_PER_S;
    content_data(&b, t, content, 2);
    content_end(&b, t, TRANSFER_DONE);
    one_whole();
    finish();

    begin(1 << 20);
    range_sent(&a, 50000, 50000);
    range_sent(&a, 0, 40000); /* it has begun: the piece between may take its time */
    content_tick(c, a.now + 60 * NS_PER_S);
    assert_int_equal(got.ended, 0);
    range_sent(&a, 40000, 10000);
    one_whole();
    finish();
}

/* Whoever keeps the last bytes has the picture, though others were there first. */
static void a_range_that_is_the_whole_does_not_stay_behind_what_came_first(void **state) {
    uint8_t other[5000];
    for (int held = 0; held < 2; held++) { /* at the frontier; waiting for it */
        memset(other, 0x81, sizeof other);
        begin(1 << 20);
        struct conversation a = collect_conversation(1);
        struct transfer *t = range(&a, held ? 100 : 0, 5000, SIZE);
        content_data(&a, t, other, 5000);
        content_end(&a, t, TRANSFER_DONE);
        range_sent(&a, 0, SIZE);
        content_tick(c, a.now + 121 * NS_PER_S);
        assert_int_equal(got.ended, 2);
        size_t whole = got.list[0].complete ? 0 : 1;
        assert_true(got.list[whole].complete && !got.list[!whole].complete);
        assert_string_equal(got.list[whole].sha256, whole_sha256);
        finish();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_lacks_its_start_is_known_by_structure_then_by_name_or_declared_type),
        cmocka_unit_test(a_picture_behind_other_bytes_gives_the_object_its_type_on_the_way),
        cmocka_unit_test(what_lacks_its_first_bytes_waits_shortly_unless_they_are_on_their_way),
        cmocka_unit_test(a_range_that_is_the_whole_does_not_stay_behind_what_came_first),
        cmocka_unit_test(ranges_on_one_connection_make_one_object),
        cmocka_unit_test(ranges_in_any_order_make_one_object),
        cmocka_unit_test(parallel_ranges_interleaved_make_one_object),
        cmocka_unit_test(overlapping_ranges_count_their_bytes_once),
        cmocka_unit_test(a_missing_middle_is_a_gap_after_the_time_to_wait),
        cmocka_unit_test(a_time_stamp_far_ahead_does_not_keep_wholes_for_ever),
        cmocka_unit_test(a_whole_without_its_beginning_starts_at_its_lowest_offset),
        cmocka_unit_test(different_tags_hosts_or_sizes_are_different_things),
        cmocka_unit_test(a_part_that_finds_no_room_is_an_object_of_its_own),
        cmocka_unit_test(no_memory_for_parts_still_gives_every_part),
        cmocka_unit_test(a_gap_in_one_range_is_the_wholes),
        cmocka_unit_test(a_gap_ahead_of_the_frontier_keeps_its_place),
        cmocka_unit_test(an_ftp_upload_taken_up_again_is_one_object),
        cmocka_unit_test(an_ftp_upload_sent_anew_is_another_object),
        cmocka_unit_test(an_ftp_resume_without_its_start_has_an_offset),
        cmocka_unit_test(ftp_segments_on_several_connections_are_one_object),
        cmocka_unit_test(an_ftp_transfer_whose_end_is_not_known_closes_at_once),
        cmocka_unit_test(an_empty_ftp_upload_is_an_empty_object),
        cmocka_unit_test(an_ftp_name_that_comes_late_still_finds_its_rest),
        cmocka_unit_test(a_download_that_was_cut_goes_on_with_a_range),
        cmocka_unit_test(a_multipart_body_that_was_cut_closes_at_once_however_short),
        cmocka_unit_test(a_post_that_was_cut_closes_at_once),
        cmocka_unit_test(byteranges_parts_join_the_other_ranges),
        cmocka_unit_test(ranges_of_an_encoded_thing_are_decoded_in_order),
        cmocka_unit_test(a_range_within_a_range_does_not_join_the_whole_that_it_lies_in),
        cmocka_unit_test(unfinished_wholes_make_room_for_new_objects),
        cmocka_unit_test(offsets_at_the_end_of_the_number_range_do_no_harm),
    };
    return cmocka_run_group_tests_name("content/assembly", tests, NULL, NULL);
}
