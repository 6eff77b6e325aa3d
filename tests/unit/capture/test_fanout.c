/* SPDX-License-Identifier: Apache-2.0 */
#include "bpf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <dirent.h>

#include <cmocka.h>

static struct sock_filter program[2][BPF_MAXINSNS];
static size_t program_length[2];

static void assert_equal_to_kernel(const struct capture_packet *p) {
    static uint8_t room[1 << 18];
    for (int by_ports = 0; by_ports < 2; by_ports++)
        for (int outgoing = 0; outgoing < 2; outgoing++) {
            struct bpf_packet s;
            if (!bpf_view(p, outgoing, room, &s))
                return;
            uint32_t hash = bpf_run(program[by_ports], program_length[by_ports], &s);
            assert_int_equal(capture_fanout(p, UINT32_MAX, by_ports), hash % UINT32_MAX);
            assert_int_equal(capture_fanout(p, 3, by_ports), hash % 3);
        }
}

static int frames;

static void compare_packet(void *context, const struct capture_packet *p) {
    frames++;
    assert_equal_to_kernel(p);
}

static void compare_cut(void *context, const struct capture_packet *p) {
    for (uint32_t n = 0; n <= p->captured; n++) {
        struct capture_packet cut = *p;
        cut.captured = n;
        assert_equal_to_kernel(&cut);
    }
}

static void read_file(const char *path, capture_fn *fn, void *context) {
    struct error e;
    struct capture *c = capture_open_files(&path, 1, NULL, &e);
    if (!c)
        fail_msg("%s", e.text);
    while (capture_read(c, 64, fn, context) >= 0)
        ;
    capture_close(c);
}

/* How many captures there are in the folder whose names begin so. */
static int read_folder(const char *folder, const char *start, capture_fn *fn) {
    DIR *d = opendir(folder);
    int files = 0;
    for (struct dirent *entry; d && (entry = readdir(d));) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (!strstr(entry->d_name, ".pcap") || strncmp(entry->d_name, start, strlen(start)) != 0)
            continue;
        read_file(path, fn, NULL);
        files++;
    }
    if (d)
        closedir(d);
    return files;
}

static void the_program_fits_the_kernels_limit(void **state) {
    for (int by_ports = 0; by_ports < 2; by_ports++) {
        assert_in_range(program_length[by_ports], 1, BPF_MAXINSNS);
        assert_int_equal(fanout_program(program[by_ports], program_length[by_ports] - 1, by_ports), 0);
        fanout_program(program[by_ports], BPF_MAXINSNS, by_ports);
    }
}

static void tunnelled_and_tagged_frames_go_where_the_kernel_sends_them(void **state) {
    frames = 0;
    read_folder(TEST_DATA, "frames-", compare_packet);
    assert_in_range(frames, 40, 1000);
}

static void frames_cut_anywhere_go_where_the_kernel_sends_them(void **state) {
    read_folder(TEST_DATA, "frames-", compare_cut);
}

static void frames_of_public_captures_go_where_the_kernel_sends_them(void **state) {
    frames = 0;
    if (read_folder(SOURCE_ROOT "/../shared/captures/captures", "", compare_packet) == 0) {
        print_message("skipped: no captures in ../shared/captures\n");
        skip();
    }
    assert_in_range(frames, 1000, 100000);
}

struct inner {
    uint32_t v4, v6;
    int seen;
    bool outer; /* from here on the outer pair counts, if there is one */
};

static const uint8_t *find(const uint8_t *p, size_t n, const char *what, size_t length) {
    return memmem(p, n, what, length);
}

static void compare_inner(void *context, const struct capture_packet *p) {
    static const char v6_source[] = "\x20\x01\x0d\xb8\0\x40";
    struct inner *in = context;
    bool v6 = find(p->data, p->captured, v6_source, 6);
    uint32_t hash = capture_fanout(p, UINT32_MAX, false);
    uint32_t *expected = v6 ? &in->v6 : &in->v4;
    in->outer |= find(p->data, p->captured, "backbone", 8) != NULL;
    if (*expected == 0)
        *expected = hash; /* the frames without any tunnel come first */
    if (!in->outer)
        assert_int_equal(hash, *expected);
    else if (find(p->data, p->captured, "gre-route", 9))
        assert_int_not_equal(hash, *expected);
    in->seen++;
}

static void whatever_the_tunnel_the_inner_pair_of_addresses_chooses_the_worker(void **state) {
    struct inner in = {0};
    read_file(TEST_DATA "/frames-ethernet.pcap", compare_inner, &in);
    assert_int_equal(in.seen, 100);
    assert_int_not_equal(in.v4, in.v6);
}

/* Ethernet, IPv4 (20 bytes), the first bytes of TCP or UDP. */
static struct capture_packet make_v4(uint8_t frame[64], uint32_t source, uint32_t destination, uint16_t from,
                                     uint16_t to, uint8_t protocol, uint16_t fragment) {
    memset(frame, 0, 64);
    frame[12] = 0x08;
    frame[14] = 0x45;
    frame[20] = (uint8_t)(fragment >> 8);
    frame[21] = (uint8_t)fragment;
    frame[23] = protocol;
    for (int i = 0; i < 4; i++) {
        frame[26 + i] = (uint8_t)(source >> (24 - 8 * i));
        frame[30 + i] = (uint8_t)(destination >> (24 - 8 * i));
    }
    frame[34] = (uint8_t)(from >> 8);
    frame[35] = (uint8_t)from;
    frame[36] = (uint8_t)(to >> 8);
    frame[37] = (uint8_t)to;
    return (struct capture_packet){.data = frame, .captured = 64, .wire = 64, .link_type = 1};
}

static uint32_t hash_v4(uint32_t source, uint32_t destination, uint16_t from, uint16_t to, uint8_t protocol,
                        uint16_t fragment, bool by_ports) {
    uint8_t frame[64];
    struct capture_packet p = make_v4(frame, source, destination, from, to, protocol, fragment);
    assert_equal_to_kernel(&p);
    return capture_fanout(&p, UINT32_MAX, by_ports);
}

enum { CLIENT = 0x0a280307, SERVER = (int)0xc6336414 };

static void both_directions_go_to_one_worker(void **state) {
    for (int by_ports = 0; by_ports < 2; by_ports++)
        assert_int_equal(hash_v4(CLIENT, SERVER, 51820, 21, 6, 0, by_ports),
                         hash_v4(SERVER, CLIENT, 21, 51820, 6, 0, by_ports));
}

static void all_ports_of_a_pair_go_to_one_worker_unless_split_by_ports(void **state) {
    uint32_t control = hash_v4(CLIENT, SERVER, 51820, 21, 6, 0, false);
    assert_int_equal(control, hash_v4(CLIENT, SERVER, 51821, 20, 6, 0, false));
    assert_int_equal(control, hash_v4(CLIENT, SERVER, 51821, 20, 17, 0, false));
    assert_int_not_equal(hash_v4(CLIENT, SERVER, 51820, 21, 6, 0, true),
                         hash_v4(CLIENT, SERVER, 51821, 20, 6, 0, true));
}

static void fragments_and_other_protocols_are_split_by_addresses_even_then(void **state) {
    uint32_t pair = hash_v4(CLIENT, SERVER, 1, 2, 6, 0, false);
    assert_int_equal(hash_v4(CLIENT, SERVER, 1, 2, 1, 0, true), pair);
    assert_int_equal(hash_v4(CLIENT, SERVER, 1, 2, 6, 0x2000, true), pair);
    assert_int_equal(hash_v4(CLIENT, SERVER, 9, 9, 6, 0x0010, true), pair);
    assert_int_not_equal(hash_v4(CLIENT, SERVER, 1, 2, 6, 0x4000, true), pair); /* only "do not fragment" */
}

static void many_cameras_spread_evenly_over_the_workers(void **state) {
    enum { WORKERS = 8, CAMERAS = 8000 };
    for (int servers = 1; servers <= 2; servers++) {
        int load[WORKERS] = {0};
        for (uint32_t i = 0; i < CAMERAS; i++) {
            uint8_t frame[64];
            struct capture_packet p =
                make_v4(frame, 0x0a280000 + i, (uint32_t)SERVER + i % (uint32_t)servers, 1, 2, 6, 0);
            load[capture_fanout(&p, WORKERS, false)]++;
        }
        for (int i = 0; i < WORKERS; i++)
            assert_in_range(load[i], CAMERAS / WORKERS * 8 / 10, CAMERAS / WORKERS * 12 / 10);
    }
}

int main(void) {
    for (int i = 0; i < 2; i++)
        program_length[i] = fanout_program(program[i], BPF_MAXINSNS, i);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_program_fits_the_kernels_limit),
        cmocka_unit_test(tunnelled_and_tagged_frames_go_where_the_kernel_sends_them),
        cmocka_unit_test(frames_cut_anywhere_go_where_the_kernel_sends_them),
        cmocka_unit_test(frames_of_public_captures_go_where_the_kernel_sends_them),
        cmocka_unit_test(whatever_the_tunnel_the_inner_pair_of_addresses_chooses_the_worker),
        cmocka_unit_test(both_directions_go_to_one_worker),
        cmocka_unit_test(all_ports_of_a_pair_go_to_one_worker_unless_split_by_ports),
        cmocka_unit_test(fragments_and_other_protocols_are_split_by_addresses_even_then),
        cmocka_unit_test(many_cameras_spread_evenly_over_the_workers),
    };
    return cmocka_run_group_tests_name("capture/fanout", tests, NULL, NULL);
}
