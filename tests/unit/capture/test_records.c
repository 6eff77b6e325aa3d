/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "capture/capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Random pcap files, whole ones and such as are cut or damaged, read as they are and once more with an empty
 * filter, with which libpcap reads all of it: packets, times, the end and the reason are the same. */

enum { ROUNDS = 300, RECORDS = 60, ETHERNET = 1, SNAPSHOT_MOST = 262144 };

static uint64_t seed;
static char path[64];

static uint32_t random_below(uint32_t n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
    return (uint32_t)(seed >> 33) % n;
}

static bool one_in(uint32_t n) {
    return random_below(n) == 0;
}

static uint32_t swap_if(bool swapped, uint32_t n) {
    return swapped ? __builtin_bswap32(n) : n;
}

static void write_file(void) {
    static uint8_t bytes[SNAPSHOT_MOST + 16];
    static const uint32_t most[] = {100, 1514, 1514, 1514, 70000, SNAPSHOT_MOST};
    static const uint32_t magic[] = {0xa1b2c3d4, 0xa1b23c4d, 0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34};
    bool swapped = one_in(6), odd = one_in(4);
    uint32_t longest = most[random_below(6)], snapshot = one_in(4) ? longest : SNAPSHOT_MOST;
    uint32_t minor = one_in(8) ? 3 : 4;
    const uint32_t head[] = {swap_if(swapped, magic[random_below(5)]),
                             swapped ? 2u << 8 | minor << 24 : 2 | minor << 16,
                             0,
                             0,
                             swap_if(swapped, snapshot),
                             swap_if(swapped, ETHERNET)};
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fwrite(head, sizeof head, 1, f);
    for (uint32_t i = random_below(RECORDS); i > 0; i--) {
        uint32_t n = one_in(3) ? longest : random_below(longest + 1);
        uint32_t claimed = odd && one_in(20) ? random_below(2 * snapshot) : n;
        uint32_t seconds = odd && one_in(9) ? random_below(UINT32_MAX) * 2 : 1780000000 + random_below(9);
        uint32_t fraction = odd && one_in(9) ? random_below(UINT32_MAX) * 2 : random_below(1000000);
        const uint32_t record[] = {swap_if(swapped, seconds), swap_if(swapped, fraction),
                                   swap_if(swapped, claimed), swap_if(swapped, n + random_below(3))};
        for (uint32_t k = 0; k < n; k += 61)
            bytes[k] = (uint8_t)random_below(256);
        fwrite(record, sizeof record, 1, f);
        fwrite(bytes, 1, n, f);
    }
    long size = ftell(f);
    fclose(f);
    if (one_in(3))
        assert_int_equal(truncate(path, 24 + (long)random_below((uint32_t)(size - 24 + 1))), 0);
}

static struct seen {
    uint64_t digest, packets;
    int end;
    struct error why;
} seen[2];

static void mix(struct seen *s, uint64_t n) {
    s->digest = (s->digest ^ n) * 1099511628211u; /* FNV-1a */
}

static void note(void *context, const struct capture_packet *p) {
    struct seen *s = context;
    s->packets++;
    mix(s, (uint64_t)p->time);
    mix(s, p->captured);
    mix(s, p->wire);
    mix(s, (uint64_t)p->link_type);
    for (uint32_t i = 0; i < p->captured; i++)
        mix(s, p->data[i]);
}

static void read_as(struct seen *s, const char *filter, int most) {
    const char *name = path;
    *s = (struct seen){.end = -100};
    struct capture *c = capture_open_files(&name, 1, filter, &s->why);
    if (!c)
        return;
    int last = 0;
    while ((s->end = capture_read(c, most, note, s)) >= 0) {
        assert_in_range(s->end, 1, most);
        assert_in_range(capture_progress(c), last, 1000);
        last = capture_progress(c);
    }
    error_set(&s->why, "%s", capture_reason(c));
    capture_close(c);
}

static void records_are_those_that_libpcap_reads(void **state) {
    unsigned broken = 0, whole = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        seed = 100 + i;
        write_file();
        read_as(&seen[0], NULL, 1 + (int)random_below(40));
        read_as(&seen[1], "", 1 + (int)random_below(40));
        assert_int_equal(seen[0].packets, seen[1].packets);
        assert_int_equal(seen[0].digest, seen[1].digest);
        assert_int_equal(seen[0].end, seen[1].end);
        assert_string_equal(seen[0].why.text, seen[1].why.text);
        broken += seen[0].end == CAPTURE_BROKEN;
        whole += seen[0].end == CAPTURE_END;
    }
    assert_true(broken > ROUNDS / 8 && whole > ROUNDS / 4); /* else it proves little */
}

static void a_file_that_grows_while_it_is_read_is_read_to_its_new_end(void **state) {
    static const uint32_t record[] = {1780000000, 0, 4, 4, 0x01020304};
    static const uint32_t head[] = {0xa1b2c3d4, 2 | 4u << 16, 0, 0, 65535, ETHERNET};
    const char *name = path;
    struct error e;
    struct seen s = {0};
    FILE *f = fopen(path, "wb");
    fwrite(head, sizeof head, 1, f);
    fwrite(record, sizeof record, 1, f);
    fflush(f);
    struct capture *c = capture_open_files(&name, 1, NULL, &e);
    assert_int_equal(capture_read(c, 1, note, &s), 1);
    fwrite(record, sizeof record, 1, f);
    fclose(f);
    assert_int_equal(capture_read(c, 1, note, &s), 1);
    assert_int_equal(capture_read(c, 1, note, &s), CAPTURE_END);
    capture_close(c);
}

int main(void) {
    snprintf(path, sizeof path, "/tmp/test-capture-records-%d", (int)getpid());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_those_that_libpcap_reads),
        cmocka_unit_test(a_file_that_grows_while_it_is_read_is_read_to_its_new_end),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
