/* SPDX-License-Identifier: Apache-2.0 */
#include "waist.h"

#include "../examine/examine_here.h"
#include "pipeline/examined.h"

/* An examiner's side: archives by 7-Zip (tests/data/make_examined_samples.py) of which a worker says whence
 * they came. */

enum { OBJECT = 77, FIRST = 1 << 20 };
static uint8_t archive[1 << 16];
static size_t archive_n;
static uint64_t note[EXAMINE_NOTE_MAX / 8];

static int open_examiner(void **state) {
    FILE *f = fopen(TEST_DATA "/examined/lzma2.7z", "rb");
    if (!f)
        return -1;
    archive_n = fread(archive, 1, sizeof archive, f);
    fclose(f);
    here_begin(4 << 20);
    int status = waist_open((struct pipeline_options){.offline = false});
    if (status == 0)
        pipeline_number_from(t.pipeline, FIRST);
    return status;
}

static int close_examiner(void **state) {
    int status = waist_close(state);
    here_finish();
    return status;
}

/* What a worker would say of a mail's attachment. */
static struct examined_file file_of(const char *destination, uint16_t port) {
    static struct record_builder b;
    record_begin(&b, RECORD_TRANSFER);
    b.head.worker = 3;
    b.head.object = OBJECT;
    b.head.parent = 76;
    b.head.pending = 1;
    b.head.time = b.head.first = b.head.last = t.now;
    address_parse("10.40.3.7", &b.head.source);
    address_parse(destination, &b.head.destination);
    b.head.client = b.head.source;
    b.head.server = b.head.destination;
    b.head.source_port = b.head.client_port = port;
    b.head.destination_port = b.head.server_port = 25;
    b.head.transport = 6;
    b.head.flow = port;
    b.head.hashed = b.head.complete = 1;
    EVP_Digest(archive, archive_n, b.head.sha256, NULL, EVP_sha256(), NULL);
    record_text(&b, TEXT_PROTOCOL, bytes_text("smtp"));
    record_text(&b, TEXT_NAME, bytes_text("shift.7z"));
    record_text(&b, TEXT_EMAIL_SUBJECT, bytes_text(port % 2 ? "odd" : "even"));
    record_text(&b, TEXT_EMAIL_TO, bytes_text("desk@else.example"));
    record_pack(&b, 0, note);
    return (struct examined_file){
        .record = (const void *)note, .bytes = bytes_of(archive, archive_n), .whole = true};
}

static const struct record *member(const char *name, size_t nth) {
    const struct record *r;
    for (size_t i = 0; (r = record_nth(RECORD_TRANSFER, i)); i++)
        if (bytes_equal(record_text_of(r, TEXT_NAME), bytes_text(name)) && nth-- == 0)
            return r;
    return NULL;
}

static void members_are_told_as_of_the_transfer_that_brought_their_file(void **state) {
    struct examine_result result;
    const struct examined_file file = file_of(PARTNER, 3001);
    pipeline_examine(t.pipeline, &file, &result);
    assert_int_equal(result.outcome, EXAMINE_DONE);
    assert_false(result.bounded);
    assert_int_equal(count_records(RECORD_TRANSFER), 3);
    const struct record *r = member("a.jpg", 0);
    assert_non_null(r);
    assert_int_equal(r->worker, 3);
    assert_int_equal(r->parent, OBJECT);
    assert_true(r->object > FIRST && r->object <= pipeline_numbers(t.pipeline));
    assert_true(r->complete && r->hashed && r->matters);
    assert_int_equal(r->bytes, 773);
    assert_int_equal(r->flow, 3001);
    assert_int_equal(r->source_port, 3001);
    assert_record_text(r, TEXT_EMAIL_SUBJECT, "odd");
    assert_record_text(r, TEXT_PROTOCOL, "smtp");
    assert_record_text(r, TEXT_NETWORK, "lanes");
    assert_true(record_has_line(r, TEXT_CLASSES, "image"));
    assert_true(count_records(RECORD_FINDING) > 0);
    assert_int_equal(record_nth(RECORD_FINDING, 0)->object, r->object);
}

static void a_file_that_comes_again_is_told_without_being_examined(void **state) {
    struct examine_result result;
    struct examined_file file = file_of(PARTNER, 3001);
    assert_false(pipeline_examine_again(t.pipeline, &file, &result));
    pipeline_examine(t.pipeline, &file, &result);
    size_t findings = count_records(RECORD_FINDING);
    t.now += NS_PER_S;
    file = file_of("203.0.113.9", 3002);
    file.bytes = bytes_of(NULL, 0);
    assert_true(pipeline_examine_again(t.pipeline, &file, &result));
    assert_int_equal(result.outcome, EXAMINE_DONE);
    assert_int_equal(count_records(RECORD_TRANSFER), 6);
    assert_int_equal(count_records(RECORD_FINDING), 2 * findings);
    const struct record *was = member("a.jpg", 0), *is = member("a.jpg", 1);
    assert_int_not_equal(was->object, is->object);
    assert_int_equal(is->parent, OBJECT);
    assert_int_equal(is->flow, 3002);
    assert_int_equal(is->time, t.now);
    assert_memory_equal(was->sha256, is->sha256, 32);
    assert_true(record_has_line(is, TEXT_CLASSES, "image"));
    assert_record_text(is, TEXT_EMAIL_SUBJECT, "even");
    assert_record_text(is, TEXT_MIME, "image/jpeg");
    assert_int_not_equal(was->verdict, is->verdict); /* the partner may have pictures, the stranger may not */
}

static void what_a_worker_says_to_be_another_file_is_not_told_for_that_one(void **state) {
    struct examine_result result;
    const struct examined_file file = file_of(PARTNER, 3001);
    ((struct record *)note)->sha256[7] ^= 1;
    pipeline_examine(t.pipeline, &file, &result);
    assert_false(result.bounded);
    assert_false(pipeline_examine_again(t.pipeline, &file, &result));
}

static void what_is_broken_is_said_to_be(void **state) {
    struct examine_result result;
    struct examined_file file = file_of(PARTNER, 3003);
    archive[archive_n - 20] ^= 0xff; /* of what says where things are */
    pipeline_examine(t.pipeline, &file, &result);
    assert_true(result.bounded);
    assert_int_equal(count_records(RECORD_TRANSFER), 0);
}

static void nothing_is_open_when_it_is_over(void **state) {
    struct examine_result result;
    const struct examined_file file = file_of(PARTNER, 3004);
    pipeline_examine(t.pipeline, &file, &result);
    struct pipeline_use use = pipeline_use(t.pipeline);
    assert_int_equal(use.contexts, 0);
    assert_int_equal(use.objects, 0);
    assert_int_equal(use.waiting, 0);
    assert_true(here_is_clear());
}

int main(void) {
#define EXAMINER(test) cmocka_unit_test_setup_teardown(test, open_examiner, close_examiner)
    const struct CMUnitTest tests[] = {
        EXAMINER(members_are_told_as_of_the_transfer_that_brought_their_file),
        EXAMINER(a_file_that_comes_again_is_told_without_being_examined),
        EXAMINER(what_a_worker_says_to_be_another_file_is_not_told_for_that_one),
        EXAMINER(what_is_broken_is_said_to_be),
        EXAMINER(nothing_is_open_when_it_is_over),
    };
    return cmocka_run_group_tests_name("pipeline/examining", tests, waist_begin, waist_finish);
}
