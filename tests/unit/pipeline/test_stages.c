/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include <zlib.h>

/* A flow that workers died of is looked at without the stage that did, for each stage: what is found all the
 * same, and that something alerts. The stage that a call is in is the one that is blamed for it. */

struct seen {
    unsigned transfers, hashed, marked, unread_objects, unread_flows;
};

static struct seen look_at_records(void) {
    static uint64_t copy[4096];
    struct seen s = {0};
    uint64_t damaged = 0;
    const struct record *r;
    while ((r = ring_read(t.ring, copy, &damaged))) {
        struct bytes class = record_text_of(r, TEXT_CLASS);
        s.transfers += r->kind == RECORD_TRANSFER && !r->container;
        s.hashed += r->kind == RECORD_TRANSFER && r->hashed;
        s.marked += r->kind == RECORD_FINDING && bytes_equal(class, bytes_text("canary"));
        s.unread_objects += r->kind == RECORD_FINDING && bytes_equal(class, bytes_text("unread-object"));
        s.unread_flows += r->kind == RECORD_VOLUME && bytes_equal(class, bytes_text("unread-flow"));
    }
    ring_commit(t.ring);
    return s;
}

/* A form with a gzip'd mark in it, sent by a flow of which workers died `deaths` times at this stage. */
static struct seen upload_without(enum stage stage, unsigned deaths) {
    static struct blame blame;
    static struct worker_status status;
    static const char text[] = "a MARKMARK b";
    blame = (struct blame){0};
    memset(&status, 0, sizeof status);
    worker_open((struct pipeline_options){.status = &status, .blame = &blame});
    struct talk k = begin(UNAPPROVED, 80);
    struct flow_name name = {.source_port = k.client_port, .destination_port = 80, .transport = PROTOCOL_TCP};
    assert_true(address_parse(LANE, &name.source) && address_parse(UNAPPROVED, &name.destination));
    for (unsigned i = 0; i < deaths; i++)
        blame_death(&blame, &name, stage, NS_PER_S);

    uint8_t packed[200], message[800];
    z_stream z = {.next_in = (Bytef *)(uintptr_t)text,
                  .avail_in = sizeof text - 1,
                  .next_out = packed,
                  .avail_out = sizeof packed};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    static const char front[] = "--b0undary\r\nContent-Disposition: form-data; name=f; "
                                "filename=a.txt\r\n\r\na MARKMARK b\r\n--b0undary--\r\n";
    bool form = stage == STAGE_UNPACKING;
    size_t n = form ? strlen(front) : z.total_out;
    int head = snprintf((char *)message, sizeof message,
                        "POST /in/a.txt HTTP/1.1\r\nHost: x.example\r\n%sContent-Length: %zu\r\n\r\n",
                        form ? "Content-Type: multipart/form-data; boundary=b0undary\r\n"
                             : "Content-Encoding: gzip\r\nContent-Type: text/plain\r\n",
                        n);
    memcpy(message + head, form ? (const void *)front : packed, n);
    send_bytes(LANE, k.client_port, UNAPPROVED, 80, k.sequence, TCP_ACK | TCP_PSH, message, (size_t)head + n);
    pause_talk();
    answer(&k);
    for (int i = 0; i < 10; i++)
        pause_talk();
    pipeline_destroy(t.pipeline);
    return look_at_records();
}

static void without_a_death_all_is_found(void **state) {
    struct seen s = upload_without(STAGE_CODING, 0);
    assert_int_equal(s.marked, 1);
    assert_int_equal(s.transfers, 1);
    assert_int_equal(s.hashed, 1);
    assert_int_equal(s.unread_objects + s.unread_flows, 0);
    s = upload_without(STAGE_UNPACKING, 0);
    assert_int_equal(s.marked, 1);
    assert_int_equal(s.unread_objects + s.unread_flows, 0);
}

static void without_names_all_else_is_found(void **state) {
    struct seen s = upload_without(STAGE_NAMES, 1);
    assert_int_equal(s.marked, 1);
    assert_int_equal(s.hashed, 1);
}

static void without_digests_the_content_is_found(void **state) {
    struct seen s = upload_without(STAGE_DIGEST, 1);
    assert_int_equal(s.marked, 1);
    assert_int_equal(s.hashed, 0);
}

static void without_decoding_the_object_alerts_as_unread(void **state) {
    struct seen s = upload_without(STAGE_CODING, 1);
    assert_int_equal(s.marked, 0);
    assert_int_equal(s.transfers, 1);
    assert_int_equal(s.unread_objects, 1);
}

static void without_unpacking_the_form_is_matched_as_it_is_and_alerts(void **state) {
    struct seen s = upload_without(STAGE_UNPACKING, 1);
    assert_int_equal(s.marked, 1);
    assert_int_equal(s.unread_objects, 1);
}

static void without_matching_the_object_alerts_as_unread(void **state) {
    struct seen s = upload_without(STAGE_PATTERNS, 1);
    assert_int_equal(s.marked, 0);
    assert_int_equal(s.hashed, 1);
    assert_int_equal(s.unread_objects, 1);
}

static void without_rules_the_object_alerts_as_unread(void **state) {
    struct seen s = upload_without(STAGE_RULES, 1);
    assert_int_equal(s.marked, 0);
    assert_int_equal(s.hashed, 1);
    assert_int_equal(s.unread_objects, 1);
}

static void without_protocols_the_flow_alerts_as_unread(void **state) {
    struct seen s = upload_without(STAGE_PROTOCOL, BLAME_FLOW_DEATHS);
    assert_int_equal(s.transfers, 0);
    assert_int_equal(s.unread_flows > 0, 1);
}

static void without_streams_the_flow_alerts_as_unread(void **state) {
    struct seen s = upload_without(STAGE_STREAM, BLAME_FLOW_DEATHS);
    assert_int_equal(s.transfers, 0);
    assert_int_equal(s.unread_flows > 0, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_death_all_is_found),
        cmocka_unit_test(without_names_all_else_is_found),
        cmocka_unit_test(without_digests_the_content_is_found),
        cmocka_unit_test(without_decoding_the_object_alerts_as_unread),
        cmocka_unit_test(without_unpacking_the_form_is_matched_as_it_is_and_alerts),
        cmocka_unit_test(without_matching_the_object_alerts_as_unread),
        cmocka_unit_test(without_rules_the_object_alerts_as_unread),
        cmocka_unit_test(without_protocols_the_flow_alerts_as_unread),
        cmocka_unit_test(without_streams_the_flow_alerts_as_unread),
    };
    return cmocka_run_group_tests(tests, worker_begin, NULL);
}
