/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "capture/capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define FRAMES TEST_DATA "/frames-ethernet.pcap"
enum { FRAMES_COUNT = 100 }; /* of make_frames.py, as tshark counts them */

struct seen {
    int packets;
    time_ns first;
    uint32_t captured, wire;
    int link_type;
};

static void note(void *context, const struct capture_packet *p) {
    struct seen *s = context;
    if (s->packets++ == 0)
        s->first = p->time;
    s->captured = p->captured;
    s->wire = p->wire;
    s->link_type = p->link_type;
}

/* The value that ended the reading; the reason, if there is one, is copied. */
static int read_all(const char *const *paths, size_t count, const char *filter, struct seen *s,
                    struct error *e) {
    *s = (struct seen){0};
    struct capture *c = capture_open_files(paths, count, filter, e);
    if (!c)
        return -100;
    int n, last = 0;
    while ((n = capture_read(c, 7, note, s)) >= 0) {
        assert_in_range(n, 1, 7);
        assert_in_range(capture_progress(c), last, 1000);
        last = capture_progress(c);
    }
    error_set(e, "%s", capture_reason(c));
    capture_close(c);
    return n;
}

static int read_one(const char *path, struct seen *s, struct error *e) {
    return read_all(&path, 1, NULL, s, e);
}

static char scratch[64];

/* The first `bytes` of the frames, with `patch` behind them. */
static const char *make_damaged(size_t bytes, const char *patch, size_t patch_length) {
    char buffer[8192];
    FILE *in = fopen(FRAMES, "rb"), *out = fopen(scratch, "wb");
    assert_true(in && out);
    size_t n = fread(buffer, 1, bytes, in);
    assert_int_equal(n, bytes);
    fwrite(buffer, 1, n, out);
    fwrite(patch, 1, patch_length, out);
    fclose(in);
    fclose(out);
    return scratch;
}

static void a_capture_with_nanoseconds_keeps_them(void **state) {
    struct seen s;
    struct error e;
    assert_int_equal(read_one(FRAMES, &s, &e), CAPTURE_END);
    assert_int_equal(s.packets, FRAMES_COUNT);
    assert_int_equal(s.first, 1780000000123456789);
    assert_int_equal(s.link_type, 1);
}

static void pcapng_and_the_other_byte_order_are_read(void **state) {
    struct seen s;
    struct error e;
    assert_int_equal(read_one(TEST_DATA "/form-nanosecond.pcapng", &s, &e), CAPTURE_END);
    assert_int_equal(s.packets, 1);
    assert_int_equal(s.first, 1780000000123456789);
    assert_int_equal(read_one(TEST_DATA "/form-big-endian.pcap", &s, &e), CAPTURE_END);
    assert_int_equal(s.packets, 1);
    assert_int_equal(s.first, 1780000000123456000);
}

static void several_files_of_different_link_types_are_read_in_a_row(void **state) {
    const char *paths[] = {FRAMES, TEST_DATA "/frames-sll2.pcap", TEST_DATA "/form-nanosecond.pcapng",
                           TEST_DATA "/frames-nflog.pcap"};
    struct seen s;
    struct error e;
    assert_int_equal(read_all(paths, 4, NULL, &s, &e), CAPTURE_END);
    assert_int_equal(s.packets, FRAMES_COUNT + 3);
    assert_int_equal(s.link_type, 239);
}

static void a_filter_chooses_packets_and_a_wrong_one_is_refused(void **state) {
    const char *path = FRAMES;
    struct seen s;
    struct error e;
    assert_int_equal(read_all(&path, 1, "ip6 proto 41", &s, &e), CAPTURE_END);
    assert_int_equal(s.packets, 0);
    assert_int_equal(read_all(&path, 1, "ether proto 0x88a8", &s, &e), CAPTURE_END);
    assert_int_equal(s.packets, 2);
    assert_int_equal(read_all(&path, 1, "tcp prot 21", &s, &e), -100);
    assert_non_null(strstr(e.text, "filter 'tcp prot 21'"));
}

static void a_truncated_capture_lends_all_before_the_damage(void **state) {
    struct seen s;
    struct error e;
    /* 24 bytes of file header, then 16 and 56 for the first packet, 16 and 76 for the second */
    assert_int_equal(read_one(make_damaged(24 + 72 + 92 + 30, "", 0), &s, &e), CAPTURE_BROKEN);
    assert_int_equal(s.packets, 2);
    assert_non_null(strstr(e.text, scratch));
    assert_non_null(strstr(e.text, "truncated"));
    assert_null(strchr(e.text, '\n'));
    assert_int_equal(read_one(make_damaged(24 + 72 + 9, "", 0), &s, &e), CAPTURE_BROKEN);
    assert_int_equal(s.packets, 1);
    assert_int_equal(read_one(make_damaged(24 + 72, "", 0), &s, &e), CAPTURE_END);
    assert_int_equal(s.packets, 1);
}

static void a_corrupt_capture_lends_all_before_the_damage(void **state) {
    struct seen s;
    struct error e;
    static const char insane[] = "\1\0\0\0\1\0\0\0\xff\xff\xff\x7f\xff\xff\xff\x7f";
    assert_int_equal(read_one(make_damaged(24 + 72, insane, 16), &s, &e), CAPTURE_BROKEN);
    assert_int_equal(s.packets, 1);
    assert_non_null(strstr(e.text, scratch));
}

static void a_damaged_file_does_not_keep_the_next_from_being_read(void **state) {
    const char *paths[] = {make_damaged(24 + 72 + 9, "", 0), FRAMES};
    struct seen s;
    struct error e;
    assert_int_equal(read_all(paths, 2, NULL, &s, &e), CAPTURE_BROKEN);
    assert_int_equal(s.packets, 1 + FRAMES_COUNT);
    assert_non_null(strstr(e.text, scratch));
}

static void what_cannot_be_opened_is_named_with_its_reason(void **state) {
    struct seen s;
    struct error e;
    assert_int_equal(read_one("/nonexistent/x.pcap", &s, &e), -100);
    assert_string_equal(
        e.text,
        "/nonexistent/x.pcap: cannot open: No such file or directory; check the path and its permissions");
    assert_int_equal(read_one("/tmp", &s, &e), -100);
    assert_string_equal(e.text, "/tmp: cannot read: Is a directory; name a pcap or pcapng file");
    assert_int_equal(read_one(make_damaged(0, "", 0), &s, &e), -100);
    assert_non_null(strstr(e.text, "is empty (0 bytes)"));
    assert_int_equal(read_one(make_damaged(0, "GET / HTTP/1.1\r\n\r\nnot a capture", 31), &s, &e), -100);
    assert_non_null(strstr(e.text, "not a readable pcap or pcapng capture"));
    assert_int_equal(read_one(make_damaged(10, "", 0), &s, &e), -100);
    assert_non_null(strstr(e.text, scratch));
    assert_int_equal(read_all(NULL, 0, NULL, &s, &e), -100);
}

static void an_unknown_link_type_is_an_error_at_open_that_names_it(void **state) {
    struct seen s;
    struct error e;
    assert_int_equal(read_one(TEST_DATA "/form-unknown-link.pcap", &s, &e), -100);
    assert_non_null(strstr(e.text, "link type 165 (BACNET_MS_TP) is not supported"));
    assert_non_null(strstr(e.text, "EN10MB"));
}

static void pcapng_whose_cards_have_other_snapshot_lengths_is_read_whole(void **state) {
    struct seen s;
    struct error e;
    assert_int_equal(read_one(TEST_DATA "/form-snapshot-lengths.pcapng", &s, &e), CAPTURE_END);
    assert_int_equal(s.packets, 3);
    assert_int_equal(s.first, 1780000000123456789);
    assert_int_equal(read_one(TEST_DATA "/form-snapshot-lengths-big-endian.pcapng", &s, &e), CAPTURE_END);
    assert_int_equal(s.packets, 3);
    assert_int_equal(s.first, 1780000000123456789);
}

/* Every way to cut it: what is whole is read, and the end is clean where no packet is cut. */
static void pcapng_cut_anywhere_is_read_as_far_as_it_goes(void **state) {
    static const char name[] = TEST_DATA "/form-snapshot-lengths.pcapng";
    static char whole[4096];
    FILE *in = fopen(name, "rb");
    assert_non_null(in);
    size_t all = fread(whole, 1, sizeof whole, in);
    fclose(in);
    int before = 0;
    for (size_t n = 1; n <= all; n++) {
        struct seen s;
        struct error e;
        FILE *out = fopen(scratch, "wb");
        assert_non_null(out);
        fwrite(whole, 1, n, out);
        fclose(out);
        read_one(scratch, &s, &e);
        assert_in_range(s.packets, before, before + 1);
        before = s.packets;
    }
    assert_int_equal(before, 3);
}

static void pcapng_with_two_link_types_tells_libpcaps_reason(void **state) {
    struct seen s;
    struct error e;
    assert_int_equal(read_one(TEST_DATA "/form-two-links.pcapng", &s, &e), CAPTURE_BROKEN);
    assert_int_equal(s.packets, 1);
    assert_non_null(strstr(e.text, "different from the type of the first interface"));
}

static void standard_input_is_read(void **state) {
    const char *dash[] = {"-"};
    struct seen s;
    struct error e;
    char command[512];
    /* cat makes a pipe of it */
    snprintf(command, sizeof command, "cat '%s'", FRAMES);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    int kept = dup(STDIN_FILENO);
    dup2(fileno(pipe), STDIN_FILENO);
    struct capture *c = capture_open_files(dash, 1, NULL, &e);
    assert_non_null(c);
    s = (struct seen){0};
    assert_int_equal(capture_progress(c), -1);
    while (capture_read(c, 64, note, &s) >= 0)
        ;
    capture_close(c);
    dup2(kept, STDIN_FILENO);
    close(kept);
    pclose(pipe);
    assert_int_equal(s.packets, FRAMES_COUNT);
}

static void standard_input_named_twice_is_refused(void **state) {
    const char *dashes[] = {"-", "-"};
    struct seen s;
    struct error e;
    assert_int_equal(read_all(dashes, 2, NULL, &s, &e), -100);
    assert_non_null(strstr(e.text, "only once"));
}

static void the_shares_of_the_workers_make_up_the_file(void **state) {
    const char *path = FRAMES;
    int total = 0, used = 0;
    for (unsigned i = 0; i < 4; i++) {
        struct seen s = {0};
        struct error e;
        struct capture *c = capture_open_files(&path, 1, NULL, &e);
        uint64_t others = counter_values[COUNTER_OTHER_WORKER];
        capture_share(c, i, 4, false);
        while (capture_read(c, 5, note, &s) >= 0)
            ;
        capture_close(c);
        assert_int_equal(counter_values[COUNTER_OTHER_WORKER] - others, FRAMES_COUNT - s.packets);
        total += s.packets;
        used += s.packets > 0;
    }
    assert_int_equal(total, FRAMES_COUNT);
    assert_in_range(used, 2, 4);
}

static void steps_back_and_jumps_of_the_time_are_counted(void **state) {
    const char *paths[] = {FRAMES, FRAMES};
    struct seen s;
    struct error e;
    uint64_t back = counter_values[COUNTER_TIME_STEPS_BACK], jumps = counter_values[COUNTER_TIME_JUMPS];
    read_all(paths, 1, NULL, &s, &e);
    assert_int_equal(counter_values[COUNTER_TIME_STEPS_BACK], back);
    read_all(paths, 2, NULL, &s, &e);
    /* the second file begins 99 s before the first ended; its last packet is as late as the first's */
    assert_int_equal(counter_values[COUNTER_TIME_STEPS_BACK] - back, FRAMES_COUNT - 1);
    assert_int_equal(counter_values[COUNTER_TIME_JUMPS], jumps);
    static const char later[] = "\x80\xba\x1a\x6a\0\0\0\0\4\0\0\0\4\0\0\0abcd"; /* 1780136576: 38 hours on */
    read_one(make_damaged(24 + 72, later, 20), &s, &e);
    assert_int_equal(s.packets, 2);
    assert_int_equal(counter_values[COUNTER_TIME_JUMPS] - jumps, 1);
}

static void a_packet_cut_by_the_snap_length_is_counted(void **state) {
    struct seen s;
    struct error e;
    uint64_t cut = counter_values[COUNTER_PACKETS_CUT];
    static const char packet[] = "\0\0\0\0\0\0\0\0\4\0\0\0\x40\0\0\0abcd";
    read_one(make_damaged(24 + 72, packet, 20), &s, &e);
    assert_int_equal(s.captured, 4);
    assert_int_equal(s.wire, 64);
    assert_int_equal(counter_values[COUNTER_PACKETS_CUT] - cut, 1);
}

int main(void) {
    snprintf(scratch, sizeof scratch, "/tmp/test-capture-file-%d", (int)getpid());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_capture_with_nanoseconds_keeps_them),
        cmocka_unit_test(pcapng_and_the_other_byte_order_are_read),
        cmocka_unit_test(several_files_of_different_link_types_are_read_in_a_row),
        cmocka_unit_test(a_filter_chooses_packets_and_a_wrong_one_is_refused),
        cmocka_unit_test(a_truncated_capture_lends_all_before_the_damage),
        cmocka_unit_test(a_corrupt_capture_lends_all_before_the_damage),
        cmocka_unit_test(a_damaged_file_does_not_keep_the_next_from_being_read),
        cmocka_unit_test(what_cannot_be_opened_is_named_with_its_reason),
        cmocka_unit_test(an_unknown_link_type_is_an_error_at_open_that_names_it),
        cmocka_unit_test(pcapng_whose_cards_have_other_snapshot_lengths_is_read_whole),
        cmocka_unit_test(pcapng_cut_anywhere_is_read_as_far_as_it_goes),
        cmocka_unit_test(pcapng_with_two_link_types_tells_libpcaps_reason),
        cmocka_unit_test(standard_input_is_read),
        cmocka_unit_test(standard_input_named_twice_is_refused),
        cmocka_unit_test(the_shares_of_the_workers_make_up_the_file),
        cmocka_unit_test(steps_back_and_jumps_of_the_time_are_counted),
        cmocka_unit_test(a_packet_cut_by_the_snap_length_is_counted),
    };
    int failed = cmocka_run_group_tests_name("capture/file", tests, NULL, NULL);
    unlink(scratch);
    return failed;
}
