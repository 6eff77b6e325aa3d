/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <zlib.h>

#include <cmocka.h>

/* What content does when bodies are damaged, hostile or too many. */

static struct collector got;
static struct content *c;
static struct conversation conversation;

static void begin_with(const struct content_options *options) {
    conversation = collect_conversation(1);
    c = collect_content(options, &got);
    assert_non_null(c);
}

static void begin(void) {
    begin_with(&(struct content_options){.objects = 16, .assembly_bytes = 1 << 20});
}

static void finish(void) {
    collect_destroy(c);
    collect_finish(&got);
}

static struct transfer *body(const char *type, const char *coding) {
    struct transfer_seed facts = collect_facts("POST", "/upload");
    facts.fact[FACT_DECLARED_TYPE] = bytes_text(type);
    facts.codings = bytes_text(coding);
    return content_begin(c, &conversation, NULL, &facts);
}

static void text(struct transfer *t, const char *s) {
    content_data(&conversation, t, (const uint8_t *)s, strlen(s));
}

static bool holds(const struct collected *x, const char *s) {
    return x->bytes == strlen(s) && memcmp(x->data, s, x->bytes) == 0;
}

/* `n` zero bytes, compressed by zlib. */
static uint8_t *zeros_compressed(size_t n, size_t *out) {
    static uint8_t block[1 << 16];
    z_stream z = {0};
    uint8_t *p = malloc(n / 500 + 1000);
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = p;
    z.avail_out = (unsigned)(n / 500 + 1000);
    for (; n > 0; n -= z.total_in ? sizeof block : 0) {
        z.next_in = block;
        z.avail_in = sizeof block;
        assert_int_equal(deflate(&z, n <= sizeof block ? Z_FINISH : Z_NO_FLUSH),
                         n <= sizeof block ? Z_STREAM_END : Z_OK);
        if (n <= sizeof block)
            break;
    }
    *out = z.total_out;
    deflateEnd(&z);
    return p;
}

static void a_bomb_is_cut_soon_after_a_mebibyte_and_counted(void **state) {
    size_t n;
    uint8_t *bomb = zeros_compressed(64 << 20, &n);
    uint64_t before = collect_counter(COUNTER_CODING_RATIO);
    begin();
    struct transfer *t = body("", "gzip");
    for (size_t i = 0; i < n; i += 1000)
        content_data(&conversation, t, bomb + i, n - i < 1000 ? n - i : 1000);
    content_end(&conversation, t, TRANSFER_DONE);
    assert_int_equal(got.ended, 1);
    assert_false(got.list[0].complete);
    assert_in_range(got.list[0].size, 1 << 20, 3 << 20);
    assert_int_equal(collect_counter(COUNTER_CODING_RATIO) - before, 1);
    finish();
    free(bomb);
}

static void a_small_file_of_zeros_is_no_bomb(void **state) {
    size_t n;
    uint8_t *packed = zeros_compressed(1 << 19, &n);
    begin();
    struct transfer *t = body("", "gzip");
    content_data(&conversation, t, packed, n);
    content_end(&conversation, t, TRANSFER_DONE);
    assert_true(got.list[0].complete);
    assert_int_equal(got.list[0].size, 1 << 19);
    finish();
    free(packed);
}

static void output_stops_at_its_limit_to_the_byte(void **state) {
    size_t n;
    uint8_t *packed = zeros_compressed(1 << 19, &n);
    uint64_t before = collect_counter(COUNTER_CODING_OUTPUT);
    begin_with(&(struct content_options){.objects = 16, .codings.limits.output_max = 100001});
    struct transfer *t = body("", "gzip");
    content_data(&conversation, t, packed, n);
    content_end(&conversation, t, TRANSFER_DONE);
    assert_false(got.list[0].complete);
    assert_int_equal(got.list[0].size, 100001);
    assert_int_equal(collect_counter(COUNTER_CODING_OUTPUT) - before, 1);
    finish();
    free(packed);
}

static void a_gap_in_a_compressed_body_ends_what_can_be_decoded(void **state) {
    size_t n;
    uint8_t *packed = zeros_compressed(1 << 19, &n);
    begin();
    struct transfer *t = body("", "gzip");
    content_data(&conversation, t, packed, 200);
    content_gap(&conversation, t, 50);
    content_data(&conversation, t, packed + 250, n - 250);
    content_end(&conversation, t, TRANSFER_DONE);
    assert_false(got.list[0].complete);
    assert_int_equal(got.list[0].missing, 50);
    assert_true(got.list[0].bytes > 0 && got.list[0].bytes < 1 << 19);
    finish();
    free(packed);
}

static void more_codings_than_allowed_are_left_as_they_are(void **state) {
    uint64_t before = collect_counter(COUNTER_CODING_DEPTH);
    begin_with(&(struct content_options){.objects = 16, .codings.limits.depth_max = 2});
    struct transfer *t = body("", "gzip, gzip, gzip");
    text(t, "plain after all");
    content_end(&conversation, t, TRANSFER_DONE);
    assert_true(holds(&got.list[0], "plain after all"));
    assert_int_equal(collect_counter(COUNTER_CODING_DEPTH) - before, 1);
    finish();
}

static void a_file_in_a_text_as_deep_as_allowed_is_told(void **state) {
    static const char *const texts[] = {"begin 644 a.txt\n+<&QA=&4L;&%N90H`\n`\nend\n", "nothing begins\n"};
    for (size_t i = 0; i < 2; i++) {
        uint64_t before = collect_counter(COUNTER_UNPACK_DEPTH);
        begin_with(&(struct content_options){.objects = 16, .codings.limits.depth_max = 1});
        struct transfer *t = body("multipart/mixed; boundary=b", "");
        text(t, "--b\r\nContent-Type: text/plain\r\n\r\n");
        text(t, texts[i]);
        text(t, "\r\n--b--\r\n");
        content_end(&conversation, t, TRANSFER_DONE);
        assert_int_equal(got.ended, 2);
        assert_int_equal(got.list[1].bounded || got.list[0].bounded, i == 0);
        assert_int_equal(collect_counter(COUNTER_UNPACK_DEPTH) - before, i == 0);
        finish();
    }
}

static void base64_without_padding_or_with_a_gap_gives_what_it_can(void **state) {
    begin();
    struct transfer *t = body("", "base64");
    text(t, "cGxhdGUs\r\nbGFuZQ");
    content_end(&conversation, t, TRANSFER_DONE);
    assert_true(got.list[0].complete && holds(&got.list[0], "plate,lane"));
    t = body("", "base64");
    text(t, "cGxhdGUs\r\nbG");
    content_gap(&conversation, t, 8);
    text(t, "xx\r\nbGFuZQ==\r\n");
    content_end(&conversation, t, TRANSFER_DONE);
    assert_false(got.list[1].complete);
    assert_int_equal(got.list[1].missing, 6);
    assert_memory_equal(got.list[1].data, "plate,lane", 10);
    finish();
}

static void a_gap_in_a_part_is_that_parts_alone(void **state) {
    begin();
    struct transfer *t = body("multipart/form-data; boundary=b", "");
    text(t, "--b\r\nContent-Disposition: form-data; name=\"one\"\r\n\r\n1234");
    content_gap(&conversation, t, 100);
    text(t, "5678\r\n--b\r\nContent-Disposition: form-data; name=\"two\"\r\n\r\nwhole\r\n--b--\r\n");
    content_end(&conversation, t, TRANSFER_DONE);
    assert_int_equal(got.ended, 3);
    assert_string_equal(got.list[1].name, "one");
    assert_int_equal(got.list[1].missing, 100);
    assert_false(got.list[1].complete);
    assert_string_equal(got.list[2].name, "two");
    assert_true(got.list[2].complete && holds(&got.list[2], "whole"));
    assert_int_equal(got.list[0].missing, 100);
    assert_false(got.list[0].complete);
    finish();
}

/* What follows is inspected all the same. */
static void a_gap_that_hides_a_parts_head_gives_a_part_without_a_name(void **state) {
    begin();
    struct transfer *t = body("multipart/form-data; boundary=b", "");
    content_gap(&conversation, t, 60);
    text(t, "rest of a file\r\n--b\r\nContent-Disposition: form-data; na");
    content_gap(&conversation, t, 10);
    text(t, "rest of another\r\n--b--\r\n");
    content_end(&conversation, t, TRANSFER_DONE);
    assert_int_equal(got.ended, 3);
    assert_memory_equal(got.list[1].data, "rest of a file", 14);
    assert_memory_equal(got.list[2].data, "rest of another", 15);
    assert_false(got.list[1].complete || got.list[2].complete);
    finish();
}

static void without_its_final_boundary_the_last_part_is_incomplete(void **state) {
    begin();
    struct transfer *t = body("multipart/form-data; boundary=b", "");
    text(t, "--b\r\nContent-Type: a/b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--");
    content_end(&conversation, t, TRANSFER_DONE);
    assert_true(got.list[1].complete && holds(&got.list[1], "one"));
    assert_false(got.list[2].complete);
    assert_true(holds(&got.list[2], "two\r\n--"));
    assert_false(got.list[0].complete);
    finish();
}

static void padding_preamble_epilogue_and_bare_line_feeds_are_understood(void **state) {
    begin();
    struct transfer *t = body("Multipart/Mixed; boundary=\"a b\"", "");
    text(t, "This is the preamble.\n--a b \t\nContent-Type: text/plain;\n name=folded.txt\n\none\n--a "
            "b--x\n--a bc\n--a b-- \nepilogue");
    content_end(&conversation, t, TRANSFER_DONE);
    assert_int_equal(got.n, 2);
    assert_string_equal(got.list[1].name, "folded.txt");
    assert_true(got.list[0].complete && got.list[1].complete);
    assert_true(holds(&got.list[1], "one"));
    finish();
}

static void what_stands_behind_a_delimiter_in_its_line_is_looked_at(void **state) {
    begin();
    struct transfer *t = body("multipart/mixed; boundary=b", "");
    text(t, "--b\nContent-Type: text/plain\n\none\n--b \tplate ABC1234\nand more\n--b--\n");
    content_end(&conversation, t, TRANSFER_DONE);
    assert_int_equal(got.n, 3);
    assert_true(holds(&got.list[1], "one"));
    assert_true(holds(&got.list[2], "plate ABC1234\nand more"));
    finish();
}

static void a_preamble_that_begins_like_a_file_hides_no_part(void **state) {
    static const char *const begins[] = {"\xff\xd8\xff\xe0 JFIF", "PK\x03\x04", "%PDF-1.4"};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        begin();
        struct transfer *t = body("multipart/form-data; boundary=b", "");
        text(t, begins[i]);
        text(t, "\r\n--b\r\nContent-Disposition: form-data; name=kept\r\n\r\nbody\r\n--b--\r\n");
        content_end(&conversation, t, TRANSFER_DONE);
        assert_int_equal(got.n, 2);
        assert_false(got.list[0].container); /* it is inspected itself, */
        assert_true(got.list[0].bytes == got.list[0].size && got.list[0].complete);
        assert_string_equal(got.list[1].name, "kept"); /* and so is its part */
        assert_true(holds(&got.list[1], "body"));
        finish();
    }
}

static void a_file_that_is_declared_multipart_and_has_no_part_is_that_file(void **state) {
    begin();
    struct transfer *t = body("multipart/form-data; boundary=b", "");
    text(t, "\xff\xd8\xff\xe0 JFIF and no delimiter");
    content_end(&conversation, t, TRANSFER_DONE);
    assert_int_equal(got.n, 1);
    assert_false(got.list[0].container);
    assert_true(got.list[0].complete);
    assert_string_equal(got.list[0].type->mime, "image/jpeg");
    finish();
}

/* A body too short to tell its type is taken apart at its end; what ends later is of then. */
static void the_parts_of_a_short_body_are_of_the_time_of_its_bytes(void **state) {
    const time_ns then = 500 * NS_PER_S, later = 900 * NS_PER_S;
    begin();
    struct transfer *t = body("multipart/mixed; boundary=b", "");
    conversation.now = then;
    text(t, "--b\r\n\r\nx\r\n--b--");
    conversation.now = later;
    content_end(&conversation, t, TRANSFER_DONE);
    struct transfer *next = body("text/plain", "");
    text(next, "y");
    content_end(&conversation, next, TRANSFER_DONE);
    assert_int_equal(got.n, 3);
    assert_true(got.list[1].first == then && got.list[1].last == then);
    assert_true(got.list[2].first == later && got.list[2].last == later);
    finish();
}

static void a_part_without_headers_or_without_a_body_is_a_part(void **state) {
    begin();
    struct transfer *t = body("multipart/mixed; boundary=b", "");
    text(t, "--b\r\n\r\n--b\r\nContent-Type: text/plain\r\n--b\r\n\r\nx\r\n--b--");
    content_end(&conversation, t, TRANSFER_DONE);
    assert_int_equal(got.n, 4);
    assert_true(got.list[1].complete && got.list[1].size == 0);
    assert_true(got.list[2].complete && got.list[2].size == 0);
    assert_true(holds(&got.list[3], "x"));
    finish();
}

static void endless_part_headers_are_bounded_and_the_part_still_seen(void **state) {
    uint64_t before = collect_counter(COUNTER_MULTIPART_HEAD);
    begin();
    struct transfer *t = body("multipart/form-data; boundary=b", "");
    text(t, "--b\r\nContent-Disposition: form-data; name=\"kept\"\r\nX-Long: ");
    for (int i = 0; i < 2000; i++)
        text(t, "0123456789");
    text(t, "\r\n\r\nbody\r\n--b\r\n");
    for (int i = 0; i < 100; i++)
        text(t, "Content-Many: 1\r\n"); /* others need no room */
    text(t, "\r\nmore\r\n--b--");
    content_end(&conversation, t, TRANSFER_DONE);
    assert_string_equal(got.list[1].name, "kept");
    assert_true(holds(&got.list[1], "body"));
    assert_true(holds(&got.list[2], "more"));
    assert_int_equal(collect_counter(COUNTER_MULTIPART_HEAD) - before, 2);
    finish();
}

static void nesting_stops_at_its_limit(void **state) {
    uint64_t before = collect_counter(COUNTER_UNPACK_DEPTH);
    begin_with(&(struct content_options){.objects = 16, .codings.limits.depth_max = 3});
    struct transfer *t = body("multipart/mixed; boundary=L0", "");
    for (int i = 0; i < 10; i++) {
        char head[100];
        sprintf(head, "--L%d\r\nContent-Type: multipart/mixed; boundary=L%d\r\n\r\n", i, i + 1);
        text(t, head);
    }
    content_end(&conversation, t, TRANSFER_DONE);
    assert_int_equal(collect_counter(COUNTER_UNPACK_DEPTH) - before, 1);
    assert_int_equal(got.n, 4);
    for (size_t i = 0; i < got.n; i++)
        assert_true(got.list[i].depth <= 3);
    finish();
}

static void a_multipart_type_without_a_boundary_is_one_object(void **state) {
    uint64_t before = collect_counter(COUNTER_MULTIPART_BOUNDARY);
    begin();
    struct transfer *t = body("multipart/form-data", "");
    text(t, "--b\r\n\r\none\r\n--b--");
    content_end(&conversation, t, TRANSFER_DONE);
    assert_int_equal(got.ended, 1);
    assert_true(!got.list[0].container && got.list[0].complete);
    assert_int_equal(collect_counter(COUNTER_MULTIPART_BOUNDARY) - before, 1);
    finish();
}

static void a_container_over_the_limit_has_no_hash_but_its_size(void **state) {
    begin_with(&(struct content_options){.objects = 16, .container_hash = 26});
    for (int i = 0; i < 2; i++) {
        struct transfer *t = body("multipart/mixed; boundary=b", "");
        text(t, i ? "--b\r\nA: b\r\n\r\nfour\r\n--b--\r\n." : "--b\r\nA: b\r\n\r\nthe\r\n--b--\r\n.");
        content_end(&conversation, t, TRANSFER_DONE);
    }
    assert_int_equal(got.list[0].size, 26);
    assert_true(got.list[0].hashed);
    assert_int_equal(got.list[2].size, 27);
    assert_false(got.list[2].hashed);
    assert_true(got.list[1].hashed && got.list[3].hashed);
    finish();
}

static void objects_over_the_limit_are_refused_and_counted(void **state) {
    struct transfer *t[20];
    uint64_t before = collect_counter(COUNTER_OBJECTS_SHED);
    begin();
    for (int i = 0; i < 20; i++)
        t[i] = body("", "");
    for (int i = 0; i < 20; i++)
        assert_int_equal(t[i] != NULL, i < 16);
    assert_int_equal(collect_counter(COUNTER_OBJECTS_SHED) - before, 4);
    text(t[19], "nobody listens");
    content_end(&conversation, t[19], TRANSFER_DONE);
    content_end(&conversation, t[0], TRANSFER_DONE);
    assert_non_null(body("", ""));
    finish();
    assert_int_equal(got.owners, 0);
}

static void the_type_is_known_before_the_first_byte_is_told(void **state) {
    begin();
    struct transfer *t = body("image/jpeg", "");
    text(t, "\x89PNG\r");
    assert_int_equal(got.n, 0);
    text(t, "\n\x1a\n");
    content_end(&conversation, t, TRANSFER_UNKNOWN);
    assert_int_equal(got.n, 1);
    assert_string_equal(got.list[0].type->mime, "image/png");
    assert_true(holds(&got.list[0], "\x89PNG\r\n\x1a\n"));
    assert_false(got.list[0].complete); /* nothing was announced, and the protocol cannot say */
    finish();
}

static void a_signature_behind_a_gap_is_none(void **state) {
    begin();
    struct transfer *t = body("", "");
    content_gap(&conversation, t, 10);
    text(t, "%PDF-1.4 \x01\x02\x03");
    content_end(&conversation, t, TRANSFER_DONE);
    assert_string_equal(got.list[0].type->mime, "application/octet-stream");
    assert_int_equal(got.list[0].size, 22);
    assert_int_equal(got.list[0].missing, 10);
    finish();
}

static void the_announced_length_decides_where_the_protocol_cannot(void **state) {
    static const struct {
        const char *body;
        enum transfer_end how;
        bool complete;
    } cases[] = {
        {"12345", TRANSFER_UNKNOWN, true}, {"1234", TRANSFER_UNKNOWN, false},
        {"12345", TRANSFER_DONE, true},    {"1234", TRANSFER_DONE, false},
        {"123456", TRANSFER_DONE, true},   {"123456", TRANSFER_UNKNOWN, false},
        {"12345", TRANSFER_CUT, false},
    };
    begin();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct transfer_seed facts = collect_facts("POST", "/upload");
        facts.length = 5;
        struct transfer *t = content_begin(c, &conversation, NULL, &facts);
        text(t, cases[i].body);
        content_end(&conversation, t, cases[i].how);
        assert_int_equal(got.list[i].complete, cases[i].complete);
    }
    finish();
}

static void a_later_name_takes_the_place_of_the_first(void **state) {
    struct transfer_seed facts = {.fact[FACT_NAME] = bytes_text("L04_ABC1234.jpg")};
    begin();
    struct transfer *t = body("", "");
    text(t, "x");
    content_learn(&conversation, t, &facts);
    content_end(&conversation, t, TRANSFER_DONE);
    content_learn(&conversation, NULL, &facts);
    assert_string_equal(got.list[0].name, "L04_ABC1234.jpg");
    finish();
}

static unsigned count_members(const char *type) {
    begin_with(
        &(struct content_options){.objects = 16, .assembly_bytes = 1 << 20, .codings.limits.members_max = 2});
    struct transfer *t = body(type, "");
    for (int i = 0; i < 5; i++)
        text(t, "--x\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xe0 a picture\r\n");
    text(t, "--x--\r\n");
    content_end(&conversation, t, TRANSFER_DONE);
    unsigned members = (unsigned)got.n - 1;
    finish();
    return members;
}

static void pictures_that_replace_each_other_are_not_bounded_in_number(void **state) {
    assert_int_equal(count_members("multipart/mixed; boundary=x"), 2);
    assert_int_equal(count_members("multipart/x-mixed-replace; boundary=x"), 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_that_replace_each_other_are_not_bounded_in_number),
        cmocka_unit_test(a_bomb_is_cut_soon_after_a_mebibyte_and_counted),
        cmocka_unit_test(a_small_file_of_zeros_is_no_bomb),
        cmocka_unit_test(output_stops_at_its_limit_to_the_byte),
        cmocka_unit_test(a_gap_in_a_compressed_body_ends_what_can_be_decoded),
        cmocka_unit_test(more_codings_than_allowed_are_left_as_they_are),
        cmocka_unit_test(a_file_in_a_text_as_deep_as_allowed_is_told),
        cmocka_unit_test(base64_without_padding_or_with_a_gap_gives_what_it_can),
        cmocka_unit_test(a_gap_in_a_part_is_that_parts_alone),
        cmocka_unit_test(a_gap_that_hides_a_parts_head_gives_a_part_without_a_name),
        cmocka_unit_test(without_its_final_boundary_the_last_part_is_incomplete),
        cmocka_unit_test(padding_preamble_epilogue_and_bare_line_feeds_are_understood),
        cmocka_unit_test(what_stands_behind_a_delimiter_in_its_line_is_looked_at),
        cmocka_unit_test(a_preamble_that_begins_like_a_file_hides_no_part),
        cmocka_unit_test(a_file_that_is_declared_multipart_and_has_no_part_is_that_file),
        cmocka_unit_test(the_parts_of_a_short_body_are_of_the_time_of_its_bytes),
        cmocka_unit_test(a_part_without_headers_or_without_a_body_is_a_part),
        cmocka_unit_test(endless_part_headers_are_bounded_and_the_part_still_seen),
        cmocka_unit_test(nesting_stops_at_its_limit),
        cmocka_unit_test(a_multipart_type_without_a_boundary_is_one_object),
        cmocka_unit_test(a_container_over_the_limit_has_no_hash_but_its_size),
        cmocka_unit_test(objects_over_the_limit_are_refused_and_counted),
        cmocka_unit_test(the_type_is_known_before_the_first_byte_is_told),
        cmocka_unit_test(a_signature_behind_a_gap_is_none),
        cmocka_unit_test(the_announced_length_decides_where_the_protocol_cannot),
        cmocka_unit_test(a_later_name_takes_the_place_of_the_first),
    };
    return cmocka_run_group_tests_name("content/limits", tests, NULL, NULL);
}
