/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "capture/capture.h"
#include "capture/interface.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Real capture in a network namespace of this process's own: gantry0 sends, gantry1 is watched. */
enum { WORKERS = 3, STACKS = 100, CAMERAS = 60, FRAMES_COUNT = STACKS + CAMERAS };

/* Frames that a raw socket sends with their tag inside have a network header behind the tag, but the tag's
 * protocol: the kernel contradicts itself, so nobody can agree with it. */
#define UNTAGGED "not ether proto 0x8100 and not ether proto 0x88a8"
static bool have_network;

static bool make_network(void) {
    if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0)
        return false;
    return system("sysctl -qw net.ipv6.conf.default.disable_ipv6=1 2>/dev/null;"
                  "ip link add gantry0 mtu 9000 type veth peer name gantry1 mtu 9000 2>/dev/null &&"
                  "ip link set gantry0 up && ip link set gantry1 up") == 0;
}

static void need_network(void) {
    if (!have_network) {
        print_message("skipped: needs root, network namespaces and ip(8)\n");
        skip();
    }
}

static void send_frame(void *context, const struct capture_packet *p) {
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex("gantry0")};
    int fd = *(int *)context;
    assert_int_equal(sendto(fd, p->data, p->captured, 0, (struct sockaddr *)&to, sizeof to), p->captured);
}

/* TCP from many addresses to one. */
static void send_cameras(int fd) {
    uint8_t frame[64] = {[12] = 0x08, [14] = 0x45, [17] = 50, [23] = 6, [26] = 10, [27] = 40, [30] = 198};
    struct capture_packet p = {.data = frame, .captured = sizeof frame};
    for (uint8_t i = 0; i < CAMERAS; i++) {
        frame[29] = i;
        send_frame(&fd, &p);
    }
}

static void send_chosen(const char *filter) {
    const char *path = TEST_DATA "/frames-ethernet.pcap";
    struct error e;
    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    assert_true(fd >= 0);
    struct capture *c = capture_open_files(&path, 1, filter, &e);
    assert_non_null(c);
    while (capture_read(c, 64, send_frame, &fd) >= 0)
        ;
    capture_close(c);
    send_cameras(fd);
    close(fd);
}

static void send_frames(void) {
    send_chosen(NULL);
}

struct seen {
    int packets, wrong;
    unsigned worker;
    bool by_ports;
    time_ns latest;
};

static void note(void *context, const struct capture_packet *p) {
    struct seen *s = context;
    s->packets++;
    s->latest = p->time;
    if (s->worker < WORKERS)
        s->wrong += capture_fanout(p, WORKERS, s->by_ports) != s->worker;
}

static struct capture_options watch(const char *interface) {
    struct capture_options o = {0};
    setting_defaults(capture_settings, &o);
    o.interface = interface;
    o.ring_bytes = 4 << 20;
    return o;
}

static void read_for(struct capture *c, struct seen *s, time_ns most, int packets) {
    time_ns start = clock_monotonic();
    while (s->packets < packets && clock_monotonic() - start < most)
        assert_true(capture_read(c, 64, note, s) >= 0);
}

static void every_frame_with_its_vlan_tag_is_seen_within_a_second(void **state) {
    need_network();
    struct capture_options o = watch("gantry1");
    struct seen s = {.worker = WORKERS};
    struct error e;
    o.filter = "vlan 40"; /* the tag is beside the packet, libpcap puts it back */
    struct capture *c = capture_open_live(&o, &e);
    assert_non_null(c);
    time_ns sent = clock_monotonic();
    send_frames();
    read_for(c, &s, NS_PER_S, 1);
    assert_true(clock_monotonic() - sent < NS_PER_S / 2);
    assert_in_range(s.packets, 1, 3);
    assert_true(llabs(clock_wall() - s.latest) < 5 * NS_PER_S);
    assert_int_equal(capture_progress(c), -1);
    capture_close(c);
}

static void without_traffic_reading_returns_after_a_tenth_of_a_second(void **state) {
    need_network();
    struct capture_options o = watch("gantry1");
    struct seen s = {.worker = WORKERS};
    struct error e;
    struct capture *c = capture_open_live(&o, &e);
    assert_non_null(c);
    while (capture_read(c, 64, note, &s) > 0)
        ;
    time_ns start = clock_monotonic();
    assert_int_equal(capture_read(c, 64, note, &s), 0);
    assert_in_range(clock_monotonic() - start, 50 * NS_PER_MS, 300 * NS_PER_MS);
    capture_close(c);
}

static void assert_kernel_agrees(const char *interface, bool by_ports, const char *chosen, int expected) {
    struct capture *c[WORKERS];
    int total = 0, used = 0;
    for (unsigned i = 0; i < WORKERS; i++) {
        struct capture_options o = watch(interface);
        struct error e;
        o.workers = WORKERS;
        o.index = i;
        o.split = by_ports ? CAPTURE_BY_PORTS : CAPTURE_BY_ADDRESSES;
        o.fanout_group = (uint16_t)getpid();
        c[i] = capture_open_live(&o, &e);
        if (!c[i])
            fail_msg("%s", e.text);
    }
    for (unsigned i = 0; i < WORKERS; i++)
        capture_begin(c[i]);
    send_chosen(chosen);
    for (unsigned i = 0; i < WORKERS; i++) {
        struct seen s = {.worker = i, .by_ports = by_ports};
        read_for(c[i], &s, 300 * NS_PER_MS, FRAMES_COUNT + 100);
        assert_int_equal(s.wrong, 0);
        total += s.packets;
        used += s.packets > 0;
        capture_close(c[i]);
    }
    assert_in_range(total, expected, expected + 20);
    assert_int_equal(used, WORKERS);
}

static void the_kernel_sends_each_frame_to_the_worker_that_the_twin_names(void **state) {
    need_network();
    assert_kernel_agrees("gantry1", false, NULL, FRAMES_COUNT);
    assert_kernel_agrees("gantry1", true, NULL, FRAMES_COUNT);
}

static void frames_that_this_host_sends_go_to_the_same_workers(void **state) {
    need_network();
    assert_kernel_agrees("gantry0", false, UNTAGGED, FRAMES_COUNT - 3);
}

static void what_came_before_all_workers_listened_is_discarded_and_counted(void **state) {
    need_network();
    struct capture_options o = watch("gantry1");
    struct seen s = {.worker = WORKERS};
    struct error e;
    struct capture *c = capture_open_live(&o, &e);
    assert_non_null(c);
    uint64_t before = counter_values[COUNTER_BEFORE_BEGIN];
    send_frames();
    capture_begin(c);
    read_for(c, &s, 300 * NS_PER_MS, 1);
    assert_int_equal(s.packets, 0);
    assert_in_range(counter_values[COUNTER_BEFORE_BEGIN] - before, FRAMES_COUNT, FRAMES_COUNT + 20);
    send_frames();
    read_for(c, &s, NS_PER_S, FRAMES_COUNT);
    assert_in_range(s.packets, FRAMES_COUNT, FRAMES_COUNT + 20);
    capture_close(c);
}

/* What a worker of its own process saw in the capture that it inherited, in `most` time or as soon as
 * `enough`. */
static int read_in_child(struct capture *c, bool resume, int enough, int *lost) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct seen s = {.worker = WORKERS};
        uint64_t before = counter_values[COUNTER_LOST_TO_RESTART];
        if (resume)
            capture_resume(c);
        /* block after block is handed over, as under light traffic */
        for (int i = 0; i < 5 && s.packets < enough; i++) {
            send_frames();
            read_for(c, &s, 250 * NS_PER_MS, enough);
        }
        int out[2] = {s.packets, (int)(counter_values[COUNTER_LOST_TO_RESTART] - before)};
        _exit(write(ends[1], out, sizeof out) == sizeof out ? 0 : 1);
    }
    int in[2] = {0, 0}, status;
    close(ends[1]);
    assert_int_equal(read(ends[0], in, sizeof in), sizeof in);
    close(ends[0]);
    waitpid(child, &status, 0);
    *lost = in[1];
    return in[0];
}

static void a_successor_goes_on_with_the_ring_of_a_dead_worker(void **state) {
    need_network();
    struct capture_options o = watch("gantry1");
    struct error e;
    int lost;
    struct capture *c = capture_open_live(&o, &e);
    assert_non_null(c);
    assert_in_range(read_in_child(c, false, 4 * FRAMES_COUNT, &lost), 4 * FRAMES_COUNT, 6 * FRAMES_COUNT);
    send_frames(); /* while nobody reads */
    usleep(300000);
    assert_in_range(read_in_child(c, true, FRAMES_COUNT, &lost), FRAMES_COUNT, 2 * FRAMES_COUNT);
    assert_in_range(lost, FRAMES_COUNT, 2 * FRAMES_COUNT);
    /* again, now with the ring gone round and full */
    for (int i = 0; i < 400; i++)
        send_frames();
    usleep(300000);
    assert_in_range(read_in_child(c, true, FRAMES_COUNT, &lost), FRAMES_COUNT, 2 * FRAMES_COUNT);
    assert_in_range(lost, 1000, 400 * FRAMES_COUNT);
    capture_close(c);
}

static void packets_that_the_full_ring_dropped_are_counted(void **state) {
    need_network();
    struct capture_options o = watch("gantry1");
    struct error e;
    o.ring_bytes = 1; /* one block of 256 KiB */
    struct capture *c = capture_open_live(&o, &e);
    assert_non_null(c);
    uint64_t before = counter_values[COUNTER_KERNEL_DROPS];
    for (int i = 0; i < 100; i++)
        send_frames();
    capture_count_drops(c);
    uint64_t drops = counter_values[COUNTER_KERNEL_DROPS] - before;
    assert_in_range(drops, 100, 100 * (FRAMES_COUNT + 1));
    capture_count_drops(c);
    assert_int_equal(counter_values[COUNTER_KERNEL_DROPS] - before, drops);
    capture_close(c);
}

static void offloads_that_are_on_are_named_with_what_turns_them_off(void **state) {
    need_network();
    if (system("command -v ethtool >/dev/null") != 0) {
        print_message("skipped: needs ethtool(8)\n");
        skip();
    }
    assert_int_equal(system("ethtool -K gantry1 gro off tso off gso off"), 0);
    struct capture_interface now;
    capture_interface_look("gantry1", &now);
    assert_true(now.known && now.there && now.up && now.carrier && now.offloads == 0);
    assert_int_equal(system("ethtool -K gantry1 gro on"), 0);
    capture_interface_look("gantry1", &now);
    assert_true(now.offloads != 0);
    assert_string_equal(now.names, "gro");
    assert_string_equal(now.commands, " gro off");
}

static void an_interface_tells_whether_it_is_there_up_and_has_a_carrier(void **state) {
    need_network();
    struct capture_interface now;
    assert_int_equal(system("ip link add gantry4 type veth peer name gantry5"), 0);
    capture_interface_look("gantry4", &now);
    assert_true(now.known && now.there && !now.up && !now.carrier);
    assert_int_equal(system("ip link set gantry4 up"), 0);
    capture_interface_look("gantry4", &now);
    assert_true(now.up && !now.carrier);
    assert_int_equal(system("ip link set gantry5 up"), 0);
    for (int i = 0; i < 200 && !now.carrier; i++) { /* the kernel's own worker tells of it */
        usleep(10000);
        capture_interface_look("gantry4", &now);
    }
    assert_true(now.up && now.carrier);
    assert_int_equal(system("ip link del gantry4"), 0);
    capture_interface_look("gantry4", &now);
    assert_true(now.known && !now.there);
    capture_interface_look("any", &now);
    assert_false(now.known);
}

static void an_interface_that_goes_away_ends_the_capture_with_a_reason(void **state) {
    need_network();
    assert_int_equal(system("ip link add gantry2 type veth peer name gantry3 && ip link set gantry2 up"), 0);
    struct capture_options o = watch("gantry2");
    struct seen s = {.worker = WORKERS};
    struct error e;
    struct capture *c = capture_open_live(&o, &e);
    assert_non_null(c);
    assert_true(capture_read(c, 64, note, &s) >= 0);
    assert_int_equal(system("ip link del gantry2"), 0);
    int n = 0;
    for (int i = 0; i < 20 && n >= 0; i++)
        n = capture_read(c, 64, note, &s);
    assert_int_equal(n, CAPTURE_BROKEN);
    assert_non_null(strstr(capture_reason(c), "interface gantry2: "));
    capture_close(c);
}

static void a_missing_interface_is_told_with_those_there_are(void **state) {
    struct capture_options o = watch("gantry9");
    struct error e;
    assert_null(capture_open_live(&o, &e));
    assert_non_null(strstr(e.text, "interface gantry9: no such interface; there are: "));
    assert_non_null(strstr(e.text, "lo"));
}

static void a_wrong_filter_is_refused_with_libpcaps_reason(void **state) {
    need_network();
    struct capture_options o = watch("gantry1");
    struct error e;
    o.filter = "port http or";
    assert_null(capture_open_live(&o, &e));
    assert_non_null(strstr(e.text, "filter 'port http or': "));
}

/* In a child: the user cannot be changed back. */
static void without_privilege_the_capability_is_named(void **state) {
    pid_t child = fork();
    if (child == 0) {
        struct capture_options o = watch("lo");
        struct error e = {.text = ""};
        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(2);
        struct capture *c = capture_open_live(&o, &e);
        _exit(!c && strstr(e.text, "CAP_NET_RAW") ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void) {
    have_network = make_network();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_with_its_vlan_tag_is_seen_within_a_second),
        cmocka_unit_test(without_traffic_reading_returns_after_a_tenth_of_a_second),
        cmocka_unit_test(the_kernel_sends_each_frame_to_the_worker_that_the_twin_names),
        cmocka_unit_test(frames_that_this_host_sends_go_to_the_same_workers),
        cmocka_unit_test(what_came_before_all_workers_listened_is_discarded_and_counted),
        cmocka_unit_test(a_successor_goes_on_with_the_ring_of_a_dead_worker),
        cmocka_unit_test(packets_that_the_full_ring_dropped_are_counted),
        cmocka_unit_test(offloads_that_are_on_are_named_with_what_turns_them_off),
        cmocka_unit_test(an_interface_tells_whether_it_is_there_up_and_has_a_carrier),
        cmocka_unit_test(an_interface_that_goes_away_ends_the_capture_with_a_reason),
        cmocka_unit_test(a_missing_interface_is_told_with_those_there_are),
        cmocka_unit_test(a_wrong_filter_is_refused_with_libpcaps_reason),
        cmocka_unit_test(without_privilege_the_capability_is_named),
    };
    return cmocka_run_group_tests_name("capture/live", tests, NULL, NULL);
}
