/* SPDX-License-Identifier: Apache-2.0 */
#include "packets.h"

#include <unistd.h>

/* Public captures of real clients and servers, where they are at hand (../shared beside the repository). */

#define CAPTURES SOURCE_ROOT "/../shared/captures/captures/"

struct run {
    struct decoder *decoder;
    struct flow_table *flows;
    struct identify *names;
    uint16_t port;    /* the server's, of the flow looked for */
    struct flow seen; /* as it was at its end */
};

static void opened(void *context, struct flow *flow, const struct packet *p) {
}

static bool closed(void *context, struct flow *flow, enum flow_end why) {
    struct run *run = context;
    identify_release(run->names, flow);
    if (flow->end[SIDE_SERVER].port == run->port)
        run->seen = *flow;
    return true;
}

static void on_packet(void *context, const struct capture_packet *frame) {
    struct run *run = context;
    struct packet p;
    enum side from;
    if (!decode_packet(run->decoder, frame, &p))
        return;
    struct flow *flow = flow_table_packet(run->flows, &p, &from);
    identify_bytes(run->names, flow, from, p.payload, p.payload_captured, p.time);
}

static void expect_name(const char *file, uint16_t port, const char *name, unsigned packets) {
    struct run run = {.port = port};
    struct flow_owner owner = {&run, opened, closed};
    struct error e;
    if (access(file, R_OK) != 0) {
        print_message("skipped: no %s\n", file);
        skip();
    }
    struct capture *c = capture_open_files(&file, 1, NULL, &e);
    assert_non_null(c);
    run.decoder = decoder_create(&(struct decoder_options){.fragment_bytes = 1 << 20});
    run.names = identify_create(&(struct identify_options){.memory = 1 << 20});
    struct flow_options options = {.memory = 1 << 20};
    setting_defaults(flow_settings, &options);
    run.flows = flow_table_create(&options, &owner);
    while (capture_read(c, 64, on_packet, &run) >= 0)
        ;
    flow_table_destroy(run.flows);
    uint16_t id = run.seen.ndpi_master ? run.seen.ndpi_master : run.seen.ndpi_app;
    assert_string_equal(identify_name(run.names, id), name);
    assert_true(run.seen.identify_packets <= packets);
    identify_destroy(run.names);
    decoder_destroy(run.decoder);
    capture_close(c);
}

static void http_is_named_by_its_first_data_packet(void **state) {
    expect_name(CAPTURES "arkime__http-simple-get.pcap", 80, "HTTP", 1);
    expect_name(CAPTURES "zeek__http__multipart-form-data.pcap", 8000, "HTTP", 1);
}

static void ftp_is_named_within_five_data_packets(void **state) {
    expect_name(CAPTURES "suricata-verify__ftp__ftp-upload-active__input.pcap", 21, "FTP_CONTROL", 5);
}

static void smtp_is_named_within_three_data_packets(void **state) {
    expect_name(CAPTURES "arkime__smtp-subject-utf8-q.pcap", 25, "SMTP", 3);
    expect_name(CAPTURES "zeek__smtp-attachment-msg.pcap", 25, "SMTP", 3); /* one side only */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_is_named_by_its_first_data_packet),
        cmocka_unit_test(ftp_is_named_within_five_data_packets),
        cmocka_unit_test(smtp_is_named_within_three_data_packets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
