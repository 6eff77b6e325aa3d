/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/ring.h"

#include <linux/if_packet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>

#include <cmocka.h>

static const size_t block_bytes = 256 << 10;

/* What is said of so many blocks of which some are full. */
static int waiting(size_t blocks, size_t full) {
    struct ring r = {.blocks = blocks};
    r.base = mmap(NULL, blocks * block_bytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(r.base, MAP_FAILED);
    for (size_t i = 0; i < full; i++)
        ((struct tpacket_block_desc *)(void *)(r.base + i * block_bytes))->hdr.bh1.block_status =
            TP_STATUS_USER;
    int result = ring_waiting(&r);
    munmap(r.base, blocks * block_bytes);
    return result;
}

static void each_full_block_of_a_small_ring_counts_but_the_one_being_read(void **state) {
    assert_int_equal(waiting(16, 0), 0);
    assert_int_equal(waiting(16, 1), 0);
    assert_int_equal(waiting(16, 5), 250);
    assert_int_equal(waiting(16, 16), 937);
}

static void the_share_of_a_large_ring_is_seen_to_a_thousandth(void **state) {
    assert_int_equal(waiting(10000, 0), 0);
    assert_in_range(waiting(10000, 2500), 249, 251);
    assert_in_range(waiting(10000, 9000), 899, 901);
    assert_in_range(waiting(10000, 10000), 999, 1000);
}

static void what_is_no_ring_is_unknown(void **state) {
    assert_int_equal(ring_waiting(&(struct ring){.base = NULL}), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_full_block_of_a_small_ring_counts_but_the_one_being_read),
        cmocka_unit_test(the_share_of_a_large_ring_is_seen_to_a_thousandth),
        cmocka_unit_test(what_is_no_ring_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
