/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "made_zip.h"

/* Archives that want to cost more than they are: within one another, of zeros, over one another, of very many
 * members. */

static struct collector got;
static uint8_t packed[1 << 20];

static void send(struct content_options options) {
    const struct transfer_seed seed = transfer_seed_of("test", SIDE_CLIENT);
    collect_send(collect_content(&options, &got), &seed, bytes_of(archive, archive_n), 1448, 0, 0);
}

static const struct collected *find(const char *name) {
    for (size_t i = 0; i < got.n; i++)
        if (strcmp(got.list[i].name, name) == 0)
            return &got.list[i];
    return NULL;
}

static void archives_within_archives_are_opened_as_deep_as_allowed_and_the_rest_is_told(void **state) {
    static uint8_t inner[8 << 20];
    uint64_t before = collect_counter(COUNTER_UNPACK_DEPTH);
    archive_n = 0;
    put_member("0.txt", "abc", 3);
    for (unsigned i = 1; i < 30; i++) {
        char name[16];
        size_t n = archive_n;
        memcpy(inner, archive, n);
        archive_n = 0;
        snprintf(name, sizeof name, "%u.zip", i);
        put_member(name, inner, n);
    }
    send((struct content_options){.objects = 64});
    assert_int_equal(got.n, 1 + 8);
    assert_true(collect_ended(&got, 0)->bounded && collect_ended(&got, 0)->complete);
    assert_non_null(strstr(collect_ended(&got, 0)->notes, "depth-bound"));
    assert_int_equal(collect_counter(COUNTER_UNPACK_DEPTH) - before, 1);
    collect_finish(&got);
}

/* `n` zeros, by zlib. */
static size_t deflate_zeros(uint64_t n, uint32_t *crc) {
    static uint8_t zeros[1 << 16];
    z_stream z = {.next_out = packed, .avail_out = sizeof packed};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
    *crc = 0;
    for (uint64_t left = n; left > 0; left -= z.avail_in ? 0 : sizeof zeros) {
        z.next_in = zeros;
        z.avail_in = sizeof zeros;
        *crc = (uint32_t)crc32(*crc, zeros, sizeof zeros);
        deflate(&z, left == sizeof zeros ? Z_FINISH : Z_NO_FLUSH);
    }
    deflateEnd(&z);
    return z.total_out;
}

static void a_member_of_zeros_is_cut_and_those_behind_it_are_whole(void **state) {
    uint8_t h[64];
    uint32_t crc;
    size_t n = deflate_zeros(256 << 20, &crc);
    archive_n = 0;
    put(h, make_header(h, "zeros", 8, crc, n, 256 << 20));
    put(packed, n);
    put_member("b.txt", "abc", 3);
    send((struct content_options){.objects = 64});
    assert_in_range(find("zeros")->size, 1 << 20, 3 << 20);
    assert_true(find("zeros")->bounded && !find("zeros")->complete);
    assert_string_equal(find("zeros")->notes, "ratio-bound");
    assert_true(find("b.txt")->complete);
    collect_finish(&got);
}

/* Each member's packed octets hold those of all that follow it, headers included (the form of Fifield's zip
 * bombs): whoever goes by the directory unpacks the last one once for each. */
static void members_over_one_another_are_read_once(void **state) {
    enum { MEMBERS = 200, SIZE = 1 << 20 };
    static uint8_t tail[1 << 20], quoted[1 << 20];
    uint32_t crc;
    size_t tail_n = deflate_zeros(SIZE, &crc);
    memcpy(tail, packed, tail_n);
    uint8_t h[64];
    size_t h_n = make_header(h, "last", 8, crc, tail_n, SIZE);
    memmove(tail + h_n, tail, tail_n);
    memcpy(tail, h, h_n);
    tail_n += h_n;
    for (unsigned i = 0; i < MEMBERS; i++) { /* a block that is stored holds the next header */
        uint8_t block[5] = {0};
        number(block + 1, h_n, 2);
        number(block + 3, ~h_n, 2);
        memcpy(quoted, tail, tail_n);
        size_t n = tail_n, next = make_header(h, "over", 8, 1, sizeof block + n, 1);
        memcpy(tail, h, next);
        memcpy(tail + next, block, sizeof block);
        memcpy(tail + next + sizeof block, quoted, n);
        tail_n = next + sizeof block + n;
        h_n = next;
    }
    archive_n = 0;
    put(tail, tail_n);
    put_member("b.txt", "abc", 3);
    send((struct content_options){.objects = 1024});
    uint64_t all = 0;
    for (size_t i = 0; i < got.n; i++)
        all += got.list[i].size;
    assert_in_range(all, SIZE, 2 * SIZE + 8 * archive_n);
    assert_true(find("b.txt")->complete);
    collect_finish(&got);
}

static void very_many_members_are_counted_as_far_as_allowed(void **state) {
    uint64_t before = collect_counter(COUNTER_UNPACK_MEMBERS);
    archive_n = 0;
    for (unsigned i = 0; i < 100000; i++)
        put_member("b", "abc", 3);
    send((struct content_options){.objects = 64, .codings.limits.members_max = 1000});
    assert_int_equal(got.n, 1001);
    assert_true(got.list[0].bounded && got.list[0].complete);
    assert_non_null(strstr(got.list[0].notes, "members-bound"));
    assert_int_equal(collect_counter(COUNTER_UNPACK_MEMBERS) - before, 99000);
    collect_finish(&got);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(archives_within_archives_are_opened_as_deep_as_allowed_and_the_rest_is_told),
        cmocka_unit_test(a_member_of_zeros_is_cut_and_those_behind_it_are_whole),
        cmocka_unit_test(members_over_one_another_are_read_once),
        cmocka_unit_test(very_many_members_are_counted_as_far_as_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
