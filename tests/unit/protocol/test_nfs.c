/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/memory.h"
#include "protocol/nfs/nfs.h"
#include "protocol/tls/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "said.h"
#include "world.h"

/* Calls and replies after RFC 5531, 1094, 1813, 7530 and 8881, in records at every split and in datagrams.
 * The file is octets of the test's own. */

enum { SIZE = 10000, FLOWS_MAX = 2, SAID_MAX = 1 << 16 };

static uint8_t file[SIZE + 5000];

/* --- messages --- */

struct said {
    size_t n;
    uint8_t p[SAID_MAX];
};

static void put(struct said *s, const void *p, size_t n) {
    assert_true(s->n + n <= sizeof s->p);
    memcpy(s->p + s->n, p, n);
    s->n += n;
}

static void put_u32(struct said *s, uint32_t n) {
    put(s, (const uint8_t[]){(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}, 4);
}

static void put_u64(struct said *s, uint64_t n) {
    put_u32(s, (uint32_t)(n >> 32));
    put_u32(s, (uint32_t)n);
}

static void put_zeros(struct said *s, size_t n) {
    while (n-- > 0)
        put(s, "", 1);
}

static void put_opaque(struct said *s, const void *p, size_t n) {
    put_u32(s, (uint32_t)n);
    put(s, p, n);
    put_zeros(s, (4 - n % 4) % 4);
}

static void put_text(struct said *s, const char *text) {
    put_opaque(s, text, strlen(text));
}

static struct said message;

static struct said *call_so(uint32_t xid, uint32_t program, uint32_t version, uint32_t procedure) {
    struct said *s = &message;
    s->n = 0;
    put_u32(s, xid);
    put_u32(s, 0);
    put_u32(s, 2);
    put_u32(s, program);
    put_u32(s, version);
    put_u32(s, procedure);
    put_u32(s, 1); /* AUTH_SYS */
    put_opaque(s, "\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    put_u64(s, 0); /* no verifier */
    return s;
}

static struct said *call(uint32_t xid, uint32_t version, uint32_t procedure) {
    return call_so(xid, 100003, version, procedure);
}

static struct said *reply(uint32_t xid) {
    struct said *s = &message;
    s->n = 0;
    put_u32(s, xid);
    put_u32(s, 1);
    put_u32(s, 0);
    put_u64(s, 0);
    put_u32(s, 0);
    return s;
}

static void put_attributes(struct said *s, uint64_t size) {
    put_u32(s, 1);
    put_zeros(s, 20);
    put_u64(s, size);
    put_zeros(s, 56);
}

static void put_piece(struct said *s, size_t at, size_t n) {
    put_opaque(s, file + at, n);
}

/* --- the network --- */

static struct world *w;
static size_t split;  /* octets of a piece, 0: all at once */
static size_t pieces; /* fragments of a record */
static bool datagrams;

static void send(size_t flow, enum side from) {
    struct said record = {.n = 0};
    if (datagrams) {
        world_send(w, flow, from, message.p, message.n);
        return;
    }
    for (size_t i = 0; i < pieces; i++) {
        size_t at = message.n * i / pieces, end = message.n * (i + 1) / pieces;
        put_u32(&record, (uint32_t)(end - at) | (i + 1 == pieces ? 0x80000000u : 0));
        put(&record, message.p + at, end - at);
    }
    world_deliver(w, flow, from, record.p, record.n, split);
}

static void ask(void) {
    send(0, SIDE_CLIENT);
}

static void answer(void) {
    send(0, SIDE_SERVER);
}

static size_t open_flow(uint16_t port) {
    const uint8_t a[4] = {10, 40, 3, 7}, b[4] = {203, 0, 113, 9};
    return world_open_over(w, datagrams ? PROTOCOL_UDP : PROTOCOL_TCP,
                           (struct endpoint){address_from_v4(a), port},
                           (struct endpoint){address_from_v4(b), 2049});
}

static void begin_world(void) {
    for (size_t i = 0; i < sizeof file; i++)
        file[i] = (uint8_t)(i * 31 + i / 256 * 7 + i / 65536);
    w = world_create(&(struct dispatch_options){.conversations = 8});
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    open_flow(700);
}

static void pass_time(unsigned seconds) {
    w->now += seconds * NS_PER_S;
    dispatcher_tick(w->dispatcher, w->now);
}

static void play_so(void (*scene)(void), size_t by, size_t fragments, bool over_udp) {
    split = by;
    pieces = fragments;
    datagrams = over_udp;
    begin_world();
    scene();
    world_destroy(w);
}

static void play(void (*scene)(void)) {
    static const size_t splits[] = {1, 3, 4, 28, 100, 1448, 0};
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++)
        for (size_t fragments = 1; fragments <= 3; fragments++)
            play_so(scene, splits[i], fragments, false);
    play_so(scene, 0, 1, true);
}

static void assert_text(const struct world_text *t, const char *text) {
    assert_int_equal(t->n, strlen(text));
    assert_memory_equal(t->p, text, t->n);
}

static void assert_file(const struct transfer *t, enum transfer_end how, size_t at, size_t n) {
    uint8_t sha256[32];
    EVP_Digest(file + at, n, sha256, NULL, EVP_sha256(), NULL);
    assert_true(t->ended);
    assert_int_equal(t->how, how);
    assert_int_equal(t->size, n);
    assert_int_equal(t->reach, n);
    assert_memory_equal(t->sha256, sha256, sizeof sha256);
}

/* --- version 3 --- */

static void create_3(uint32_t xid, const char *name, const char *handle) {
    struct said *s = call(xid, 3, 8);
    put_text(s, "root");
    put_text(s, name);
    put_u32(s, 0);
    put_zeros(s, 24);
    ask();
    s = reply(xid);
    put_u32(s, 0);
    put_u32(s, 1);
    put_text(s, handle);
    put_attributes(s, 0);
    put_zeros(s, 8);
    answer();
}

static void write_3_on(size_t flow, uint32_t xid, const char *handle, size_t at, size_t n) {
    struct said *s = call(xid, 3, 7);
    put_text(s, handle);
    put_u64(s, at);
    put_u32(s, (uint32_t)n);
    put_u32(s, 0);
    put_piece(s, at, n);
    send(flow, SIDE_CLIENT);
}

static void written_3_on(size_t flow, uint32_t xid, uint64_t size) {
    struct said *s = reply(xid);
    put_u32(s, 0);
    put_u32(s, 0);
    put_attributes(s, size);
    put_zeros(s, 16);
    send(flow, SIDE_SERVER);
}

static void commit_3(uint32_t xid, const char *handle, uint64_t size) {
    struct said *s = call(xid, 3, 21);
    put_text(s, handle);
    put_zeros(s, 12);
    ask();
    s = reply(xid);
    put_u32(s, 0);
    put_u32(s, 0);
    put_attributes(s, size);
    put_zeros(s, 8);
    answer();
}

static void scene_written(void) {
    create_3(1, "L04.jpg", "handle-1");
    for (uint32_t i = 0; i < 4; i++)
        write_3_on(0, 10 + i, "handle-1", i * SIZE / 4, SIZE / 4);
    for (uint32_t i = 0; i < 4; i++)
        written_3_on(0, 10 + i, SIZE);
    commit_3(2, "handle-1", SIZE);
    assert_int_equal(w->transfers, 1);
    assert_false(w->transfer[0].ended);
    pass_time(2);
    assert_file(&w->transfer[0], TRANSFER_DONE, 0, SIZE);
    assert_int_equal(w->transfer[0].from, SIDE_CLIENT);
    assert_text(&w->transfer[0].name, "L04.jpg");
    assert_text(&w->transfer[0].path, "/L04.jpg");
    assert_text(&w->transfer[0].method, "WRITE");
}

static void a_file_that_is_made_and_written_is_one_with_its_name(void **state) {
    play(scene_written);
}

static void scene_disorder(void) {
    static const uint32_t order[] = {3, 0, 4, 1, 2};
    for (uint32_t i = 0; i < 5; i++) {
        write_3_on(0, 10 + i, "handle-1", order[i] * SIZE / 5, SIZE / 5);
        written_3_on(0, 10 + i, SIZE);
    }
    pass_time(6);
    assert_int_equal(w->transfers, 1);
    assert_file(&w->transfer[0], TRANSFER_DONE, 0, SIZE);
    assert_int_equal(w->transfer[0].name.n, strlen("handle-") + 16);
    assert_memory_equal(w->transfer[0].name.p, "handle-", strlen("handle-"));
}

static void pieces_of_a_file_without_a_name_may_come_in_any_order(void **state) {
    play(scene_disorder);
}

static void scene_two_flows(void) {
    size_t other = open_flow(701);
    for (uint32_t i = 0; i < 4; i++) {
        write_3_on(i & 1 ? other : 0, 10 + i, "handle-1", i * SIZE / 4, SIZE / 4);
        written_3_on(i & 1 ? other : 0, 10 + i, (i + 1) * SIZE / 4);
    }
    world_close(w, 0);
    assert_false(w->transfer[0].ended);
    world_close(w, other);
    assert_int_equal(w->transfers, 1);
    assert_file(&w->transfer[0], TRANSFER_DONE, 0, SIZE);
}

static void pieces_of_one_file_may_come_over_two_connections(void **state) {
    play(scene_two_flows);
}

static void scene_again(void) {
    write_3_on(0, 10, "handle-1", 0, SIZE);
    write_3_on(0, 10, "handle-1", 0, SIZE); /* nobody answered */
    written_3_on(0, 10, SIZE);
    pass_time(6);
    assert_int_equal(w->transfer[0].writes, 1);
    assert_file(&w->transfer[0], TRANSFER_DONE, 0, SIZE);
}

static void a_call_that_is_sent_again_over_udp_writes_once(void **state) {
    play_so(scene_again, 0, 1, true);
}

static void scene_unanswered(void) {
    write_3_on(0, 10, "handle-1", 0, SIZE);
    pass_time(6);
    assert_int_equal(w->transfers, 1);
    assert_file(&w->transfer[0], TRANSFER_UNKNOWN, 0, SIZE);
}

static void what_was_written_has_left_though_nobody_says_that_it_was_all(void **state) {
    play(scene_unanswered);
}

static void look_up_3(uint32_t xid, const char *directory, const char *name, const char *handle) {
    struct said *s = call(xid, 3, 3);
    put_text(s, directory);
    put_text(s, name);
    ask();
    s = reply(xid);
    put_u32(s, 0);
    put_text(s, handle);
    put_zeros(s, 8);
    answer();
}

static void read_3(uint32_t xid, const char *handle, size_t at, size_t n, size_t size) {
    struct said *s = call(xid, 3, 6);
    put_text(s, handle);
    put_u64(s, at);
    put_u32(s, 4096);
    ask();
    s = reply(xid);
    put_u32(s, 0);
    put_attributes(s, size);
    put_u32(s, (uint32_t)n);
    put_u32(s, at + n >= size);
    put_piece(s, at, n);
    answer();
}

static void scene_read(void) {
    look_up_3(1, "root", "lane 4", "directory");
    look_up_3(2, "directory", "L04.jpg", "handle-1");
    read_3(3, "handle-1", 0, 4001, SIZE);
    read_3(4, "handle-1", 8002, SIZE - 8002, SIZE);
    read_3(5, "handle-1", 0, 4001, SIZE); /* once more */
    assert_false(w->transfer[0].ended);
    read_3(6, "handle-1", 4001, 4001, SIZE);
    assert_int_equal(w->transfers, 1);
    assert_file(&w->transfer[0], TRANSFER_DONE, 0, SIZE);
    assert_int_equal(w->transfer[0].from, SIDE_SERVER);
    assert_text(&w->transfer[0].path, "/lane 4/L04.jpg");
    assert_text(&w->transfer[0].method, "READ");
}

static void a_file_that_is_read_is_over_once_all_of_it_is_there(void **state) {
    play(scene_read);
}

static void scene_part(void) {
    read_3(3, "handle-1", 0, 4000, SIZE);
    pass_time(12);
    assert_int_equal(w->transfers, 1);
    assert_true(w->transfer[0].ended);
    assert_int_equal(w->transfer[0].reach, 4000);
    assert_int_equal(w->transfer[0].extent, SIZE); /* which nobody has asked for */
}

static void of_a_file_that_is_read_in_part_the_rest_is_missing(void **state) {
    play(scene_part);
}

static void scene_refused(void) {
    struct said *s = call(1, 3, 6);
    put_text(s, "handle-1");
    put_u64(s, 0);
    put_u32(s, 4096);
    ask();
    s = reply(1);
    put_u32(s, 13);
    put_u32(s, 0);
    answer();
    look_up_3(2, "root", "x", "handle-2");
    assert_int_equal(w->transfers, 0);
}

static void a_read_that_is_refused_moves_nothing(void **state) {
    play(scene_refused);
}

static void put_entry_3(struct said *s, const char *name, const char *handle) {
    put_u32(s, 1);
    put_u64(s, 7);
    put_text(s, name);
    put_u64(s, 8);
    put_attributes(s, SIZE);
    put_u32(s, handle != NULL);
    if (handle)
        put_text(s, handle);
}

static void scene_listed(void) {
    struct said *s = call(1, 3, 17);
    put_text(s, "directory");
    put_zeros(s, 24);
    ask();
    s = reply(1);
    put_u32(s, 0);
    put_u32(s, 0);
    put_u64(s, 0);
    put_entry_3(s, ".", "directory");
    put_entry_3(s, "no handle", NULL);
    put_entry_3(s, "L04.jpg", "handle-1");
    put_u64(s, 1);
    answer();
    read_3(3, "handle-1", 0, SIZE, SIZE);
    assert_int_equal(w->transfers, 1);
    assert_text(&w->transfer[0].name, "L04.jpg");
    assert_int_equal(w->asides, 1);
    assert_text(&w->words, "type=file; no handle\ntype=file; L04.jpg\n");
}

static void put_entry(struct said *s, unsigned version, const char *name) {
    put_u32(s, 1);
    put_zeros(s, version == 3 ? 8 : 4);
    put_text(s, name);
    put_zeros(s, version == 3 ? 8 : 4);
}

/* READDIR of both versions, of two folders. */
static void list_folder(uint32_t xid, unsigned version, const char *folder, const char *name) {
    struct said *s = call(xid, version, 16);
    if (version == 3)
        put_text(s, folder);
    else
        put(s, folder, 32);
    put_zeros(s, version == 3 ? 20 : 8);
    ask();
    s = reply(xid);
    put_zeros(s, version == 3 ? 4 + 4 + 8 : 4); /* done, no attributes, a verifier */
    put_entry(s, version, "..");
    put_entry(s, version, name);
    put_u32(s, 0);
    put_u32(s, 1);
    answer();
}

static void scene_folders(void) {
    for (unsigned version = 2; version <= 3; version++) {
        list_folder(2 * version, version, "folder-of-thirty-two-octets-aaaa", "KXR4471.jpg");
        list_folder(2 * version + 1, version, "folder-of-thirty-two-octets-bbbb", "GHT7720.jpg");
    }
    assert_int_equal(w->transfers, 0);
    assert_int_equal(w->asides, 4);
    assert_text(&w->words, "type=file; KXR4471.jpg\ntype=file; GHT7720.jpg\n"
                           "type=file; KXR4471.jpg\ntype=file; GHT7720.jpg\n");
}

static void the_names_of_each_folder_that_is_listed_are_a_text(void **state) {
    play(scene_folders);
}

static void names_come_from_a_listing_too(void **state) {
    play(scene_listed);
}

static void scene_late_name(void) {
    write_3_on(0, 10, "handle-1", 0, SIZE);
    look_up_3(2, "root", "L04.jpg", "handle-1");
    assert_text(&w->transfer[0].name, "L04.jpg");
    written_3_on(0, 10, SIZE);
    pass_time(6);
    assert_file(&w->transfer[0], TRANSFER_DONE, 0, SIZE);
}

static void a_name_may_come_after_the_first_bytes(void **state) {
    play(scene_late_name);
}

static void scene_renamed(void) {
    create_3(1, ".L04.tmp", "handle-1");
    write_3_on(0, 10, "handle-1", 0, SIZE);
    written_3_on(0, 10, SIZE);
    struct said *s = call(2, 3, 14);
    put_text(s, "root");
    put_text(s, ".L04.tmp");
    put_text(s, "other root");
    put_text(s, "L04.jpg");
    ask();
    s = reply(2);
    put_u32(s, 0);
    put_zeros(s, 16);
    answer();
    assert_text(&w->transfer[0].name, "L04.jpg");
    pass_time(6);
    assert_file(&w->transfer[0], TRANSFER_DONE, 0, SIZE);
}

static void a_file_that_is_renamed_has_its_last_name(void **state) {
    play(scene_renamed);
}

/* A client that writes by pages sends the beginning of the last one again. */
static void scene_pages(void) {
    static const size_t ends[] = {1000, 3000, 4096, 9000, SIZE};
    size_t at = 0;
    for (uint32_t i = 0; i < 5; i++) {
        write_3_on(0, 10 + i, "handle-1", at - at % 4096, ends[i] - (at - at % 4096));
        written_3_on(0, 10 + i, ends[i]);
        at = ends[i];
    }
    pass_time(6);
    assert_int_equal(w->transfers, 1);
    assert_file(&w->transfer[0], TRANSFER_DONE, 0, SIZE);
}

static void a_page_that_is_written_on_may_come_again(void **state) {
    play(scene_pages);
}

static void scene_other_page(void) {
    write_3_on(0, 10, "handle-1", 0, 1000);
    file[500] ^= 1;
    write_3_on(0, 11, "handle-1", 0, 2000);
    file[500] ^= 1;
    pass_time(6);
    assert_int_equal(w->transfer[0].size, 1000 + 1500); /* content tells that 500 were written twice */
}

static void a_page_that_comes_again_with_other_octets_is_written_again(void **state) {
    play_so(scene_other_page, 0, 1, true);
}

static void scene_tail_lost(void) {
    create_3(1, "L04.jpg", "handle-1");
    write_3_on(0, 10, "handle-1", 0, 5000);
    written_3_on(0, 10, SIZE); /* another call has written the rest */
    commit_3(2, "handle-1", SIZE);
    pass_time(6);
    assert_int_equal(w->transfer[0].reach, 5000);
    assert_int_equal(w->transfer[0].extent, SIZE);
}

static void the_rest_of_a_file_that_was_made_is_missing_where_nobody_saw_it(void **state) {
    play(scene_tail_lost);
}

/* --- version 2 --- */

static void scene_second(void) {
    static const char handle[] = "handle of 32 octets, no less ...";
    struct said *s = call(1, 2, 9);
    put(s, handle, 32);
    put_text(s, "L04.jpg");
    put_zeros(s, 32);
    ask();
    s = reply(1);
    put_u32(s, 0);
    put(s, "handle of the file, of 32 octets", 32);
    put_zeros(s, 68);
    answer();
    s = call(2, 2, 8);
    put(s, "handle of the file, of 32 octets", 32);
    put_zeros(s, 12);
    put_piece(s, 0, 5001);
    ask();
    s = reply(2);
    put_u32(s, 0);
    put_zeros(s, 20);
    put_u32(s, 5001);
    put_zeros(s, 44);
    answer();
    pass_time(6);
    assert_int_equal(w->transfers, 1);
    assert_file(&w->transfer[0], TRANSFER_DONE, 0, 5001);
    assert_text(&w->transfer[0].name, "L04.jpg");
}

static void version_2_is_read_as_well(void **state) {
    play(scene_second);
}

/* --- version 4 --- */

static struct said *compound(uint32_t xid, uint32_t minor, uint32_t n) {
    struct said *s = call(xid, 4, 1);
    put_text(s, "tag");
    put_u32(s, minor);
    put_u32(s, n);
    return s;
}

static struct said *results(uint32_t xid, uint32_t n) {
    struct said *s = reply(xid);
    put_u32(s, 0);
    put_text(s, "tag");
    put_u32(s, n);
    return s;
}

static void put_handle_4(struct said *s, const char *handle) {
    put_u32(s, 22);
    put_text(s, handle);
}

static void put_done(struct said *s, uint32_t number) {
    put_u32(s, number);
    put_u32(s, 0);
}

static void put_sequence(struct said *s, bool result) {
    put_u32(s, 53);
    put_zeros(s, result ? 4 + 16 + 20 : 16 + 16);
}

/* OPEN that makes a file, its handle, and its attributes; with minor version 1 a SEQUENCE before. */
static void open_4(uint32_t xid, uint32_t minor, const char *name, const char *handle) {
    struct said *s = compound(xid, minor, 4 + minor);
    if (minor)
        put_sequence(s, false);
    put_handle_4(s, "directory");
    put_u32(s, 18);
    put_zeros(s, 12 + 8);
    put_text(s, "owner");
    put_u32(s, 1); /* it makes the file */
    put_u32(s, 0);
    put_u32(s, 1); /* with a size of 0 */
    put_u32(s, 1 << 4);
    put_opaque(s, "\0\0\0\0\0\0\0\0", 8);
    put_u32(s, 0);
    put_text(s, name);
    put_u32(s, 10);
    put_u32(s, 9);
    put_u32(s, 1);
    put_u32(s, 1 << 4);
    ask();
    s = results(xid, 4 + minor);
    if (minor)
        put_sequence(s, true);
    put_done(s, 22);
    put_done(s, 18);
    put_zeros(s, 16 + 20 + 4);
    put_u32(s, 1);
    put_u32(s, 16);
    put_u32(s, 0); /* no delegation */
    put_done(s, 10);
    put_text(s, handle);
    put_done(s, 9);
    put_u32(s, 2);
    put_u32(s, 1 << 1 | 1 << 4);
    put_u32(s, 0);
    put_opaque(s, "\0\0\0\1\0\0\0\0\0\0\0\0", 12);
    answer();
}

static void write_4(uint32_t xid, uint32_t minor, const char *handle, size_t at, size_t n) {
    struct said *s = compound(xid, minor, 3 + minor);
    if (minor)
        put_sequence(s, false);
    put_handle_4(s, handle);
    put_u32(s, 38);
    put_zeros(s, 16);
    put_u64(s, at);
    put_u32(s, 2);
    put_piece(s, at, n);
    put_u32(s, 9);
    put_u32(s, 0);
    ask();
    s = results(xid, 3 + minor);
    if (minor)
        put_sequence(s, true);
    put_done(s, 22);
    put_done(s, 38);
    put_zeros(s, 16);
    put_done(s, 9);
    put_u32(s, 0);
    put_u32(s, 0);
    answer();
}

static void close_4(uint32_t xid, const char *handle) {
    struct said *s = compound(xid, 0, 2);
    put_handle_4(s, handle);
    put_u32(s, 4);
    put_zeros(s, 4 + 16);
    ask();
    s = results(xid, 2);
    put_done(s, 22);
    put_done(s, 4);
    put_zeros(s, 16);
    answer();
}

static void write_file_4(uint32_t minor) {
    open_4(1, minor, "L04.jpg", "handle-1");
    for (uint32_t i = 0; i < 3; i++)
        write_4(10 + i, minor, "handle-1", (2 - i) * 3333, i ? 3333 : SIZE - 6666);
    assert_int_equal(w->transfers, 1);
    assert_false(w->transfer[0].ended);
    close_4(20, "handle-1");
    assert_file(&w->transfer[0], TRANSFER_DONE, 0, SIZE);
    assert_text(&w->transfer[0].name, "L04.jpg");
}

static void scene_4_0(void) {
    write_file_4(0);
}

static void scene_4_1(void) {
    write_file_4(1);
}

static void in_version_4_a_file_is_over_when_it_is_closed(void **state) {
    play(scene_4_0);
    play(scene_4_1);
}

static void scene_read_4(void) {
    for (uint32_t i = 0; i < 2; i++) {
        struct said *s = compound(1 + i, 0, 4);
        put_handle_4(s, "handle-1");
        put_u32(s, 25);
        put_zeros(s, 16);
        put_u64(s, 0);
        put_u32(s, 5001);
        put_u32(s, 25);
        put_zeros(s, 16);
        put_u64(s, 5001);
        put_u32(s, 9999);
        put_u32(s, 10);
        ask();
        s = results(1 + i, i ? 4 : 2);
        put_done(s, 22);
        put_u32(s, 25);
        put_u32(s, i ? 0 : 10008); /* to be tried again later */
        if (i) {
            put_u32(s, 0);
            put_piece(s, 0, 5001);
            put_done(s, 25);
            put_u32(s, 1);
            put_piece(s, 5001, SIZE - 5001);
            put_done(s, 10);
            put_text(s, "handle-1");
        }
        answer();
    }
    assert_int_equal(w->transfers, 1);
    assert_file(&w->transfer[0], TRANSFER_DONE, 0, SIZE);
}

static void two_reads_may_stand_in_one_compound(void **state) {
    play(scene_read_4);
}

static void put_read_4(struct said *s, uint64_t at) {
    put_u32(s, 25);
    put_zeros(s, 16);
    put_u64(s, at);
    put_u32(s, 9999);
}

static void put_read_done_4(struct said *s, bool eof, size_t at, size_t n) {
    put_done(s, 25);
    put_u32(s, eof);
    put_piece(s, at, n);
}

/* The first comes to its file's end, the second does not. */
static void scene_two_ends_4(void) {
    struct said *s = compound(1, 0, 4);
    put_handle_4(s, "handle-1");
    put_read_4(s, 0);
    put_handle_4(s, "handle-2");
    put_read_4(s, 0);
    ask();
    s = results(1, 4);
    put_done(s, 22);
    put_read_done_4(s, true, 0, 3000);
    put_done(s, 22);
    put_read_done_4(s, false, 3000, 2000);
    answer();
    pass_time(60);
    assert_int_equal(w->transfers, 2);
    assert_file(&w->transfer[0], TRANSFER_DONE, 0, 3000);
    assert_file(&w->transfer[1], TRANSFER_CUT, 3000, 2000);
}

static void the_end_of_one_file_is_not_that_of_the_next_in_its_compound(void **state) {
    play(scene_two_ends_4);
}

static void scene_far_read_4(void) {
    struct said *s = compound(1, 0, 3);
    put_handle_4(s, "handle-1");
    put_read_4(s, UINT64_C(1) << 63);
    put_read_4(s, 0);
    ask();
    s = results(1, 3);
    put_done(s, 22);
    put_read_done_4(s, false, 0, 0);
    put_read_done_4(s, true, 0, SIZE);
    answer();
    assert_int_equal(w->transfers, 1);
    assert_file(&w->transfer[0], TRANSFER_DONE, 0, SIZE);
}

static void a_read_far_out_does_not_hide_the_next_one(void **state) {
    play(scene_far_read_4);
}

static void put_segment_4(struct said *s, bool hole, size_t at, size_t n) {
    put_u32(s, hole);
    put_u64(s, at);
    if (hole)
        put_u64(s, n);
    else
        put_piece(s, at, n);
}

static struct said *ask_read_plus_4(uint32_t xid, uint64_t at) {
    struct said *s = compound(xid, 2, 3);
    put_handle_4(s, "handle-1");
    put_u32(s, 68);
    put_zeros(s, 16);
    put_u64(s, at);
    put_u32(s, 1 << 17);
    put_u32(s, 10);
    ask();
    s = results(xid, 3);
    put_done(s, 22);
    put_done(s, 68);
    return s;
}

/* A hole in the middle and at the end; what is behind it in the compound is read. */
static void scene_read_plus_4(void) {
    memset(file + 3000, 0, 2001);
    memset(file + 9000, 0, SIZE - 9000);
    struct said *s = ask_read_plus_4(1, 0);
    put_u32(s, 0);
    put_u32(s, 2);
    put_segment_4(s, false, 0, 3000);
    put_segment_4(s, true, 3000, 2001);
    put_done(s, 10);
    put_text(s, "handle-1");
    answer();
    assert_int_equal(w->transfers, 1);
    assert_false(w->transfer[0].ended);
    s = ask_read_plus_4(2, 5001);
    put_u32(s, 1);
    put_u32(s, 2);
    put_segment_4(s, false, 5001, 3999);
    put_segment_4(s, true, 9000, SIZE - 9000);
    put_done(s, 10);
    put_text(s, "handle-1");
    answer();
    assert_int_equal(w->transfers, 1);
    assert_file(&w->transfer[0], TRANSFER_DONE, 0, SIZE);
    assert_int_equal(counter_values[COUNTER_NFS_COMPOUNDS_CUT], 0);
    assert_int_equal(counter_values[COUNTER_NFS_HOLES_CUT], 0);
}

static void what_is_read_in_segments_is_one_file_with_its_holes(void **state) {
    play(scene_read_plus_4);
}

/* Longer than somebody would pay for. */
static void scene_large_hole_4(void) {
    struct said *s = ask_read_plus_4(1, 0);
    put_u32(s, 1);
    put_u32(s, 1);
    put_segment_4(s, true, 0, (size_t)1 << 40);
    put_done(s, 10);
    put_text(s, "handle-1");
    answer();
    pass_time(60);
    assert_int_equal(w->transfers, 1);
    assert_int_equal(w->transfer[0].size, 1 << 20);
    assert_int_equal(counter_values[COUNTER_NFS_HOLES_CUT], 1);
}

static void of_a_large_hole_the_rest_was_not_seen(void **state) {
    play(scene_large_hole_4);
}

/* Four results are awaited. */
static void scene_many_reads_4(void) {
    enum { N = SIZE / 5 };
    struct said *s = compound(1, 0, 6);
    put_handle_4(s, "handle-1");
    for (size_t i = 0; i < 5; i++)
        put_read_4(s, i * N);
    ask();
    s = results(1, 6);
    put_done(s, 22);
    for (size_t i = 0; i < 5; i++)
        put_read_done_4(s, false, i * N, N);
    answer();
    pass_time(60);
    assert_int_equal(w->transfers, 2);
    assert_file(&w->transfer[0], TRANSFER_CUT, 0, 4 * N);
    assert_file(&w->transfer[1], TRANSFER_CUT, 4 * N, N);
    assert_int_equal(counter_values[COUNTER_NFS_OPERATIONS_SHED], 1);
}

static void reads_beyond_the_bound_are_looked_at_alone(void **state) {
    play(scene_many_reads_4);
}

static void scene_many_operations_4(void) {
    enum { N = 2000 };
    struct said *s = compound(1, 0, N + 2);
    for (int i = 0; i < N; i++)
        put_u32(s, 32);
    put_handle_4(s, "handle-1");
    put_u32(s, 38);
    put_zeros(s, 16);
    put_u64(s, 0);
    put_u32(s, 0);
    put_piece(s, 0, SIZE);
    ask();
    assert_int_equal(w->transfers, 1);
    assert_int_equal(w->transfer[0].size, SIZE);
}

static void a_compound_of_many_operations_is_read_to_its_end(void **state) {
    play(scene_many_operations_4);
}

static void scene_listed_4(void) {
    struct said *s = compound(1, 0, 5);
    put_u32(s, 24);
    put_u32(s, 15);
    put_text(s, "lane 4");
    put_u32(s, 10);
    put_u32(s, 26);
    put_zeros(s, 24);
    put_u32(s, 1);
    put_u32(s, 1 << 19);
    put_u32(s, 32);
    ask();
    s = results(1, 5);
    put_done(s, 24);
    put_done(s, 15);
    put_done(s, 10);
    put_text(s, "directory");
    put_done(s, 26);
    put_u64(s, 1);
    put_u32(s, 1);
    put_u64(s, 3);
    put_text(s, "L04.jpg");
    put_u32(s, 1);
    put_u32(s, 1 << 1 | 1 << 19);
    put_opaque(s, "\0\0\0\1\0\0\0\10handle-1", 16);
    put_u64(s, 1);
    put_done(s, 32);
    answer();
    write_4(2, 0, "handle-1", 0, SIZE);
    close_4(3, "handle-1");
    assert_int_equal(w->transfers, 1);
    assert_text(&w->transfer[0].path, "/lane 4/L04.jpg");
    assert_text(&w->words, "type=file; L04.jpg\n");
}

static void names_of_version_4_come_from_listings_and_walks(void **state) {
    play(scene_listed_4);
}

static void scene_unknown_operation(void) {
    struct said *s = compound(1, 2, 3);
    put_handle_4(s, "handle-1");
    put_u32(s, 77);
    put(s, file, 4000);
    ask();
    write_4(2, 0, "handle-1", 0, SIZE);
    close_4(3, "handle-1");
    assert_int_equal(counter_values[COUNTER_NFS_COMPOUNDS_CUT], 1);
    assert_int_equal(w->transfers, 2); /* what nobody understands is looked at too */
    assert_int_equal(w->transfer[0].size, 4000);
    assert_file(&w->transfer[1], TRANSFER_DONE, 0, SIZE);
}

static void an_operation_that_is_not_known_ends_the_walk_of_its_compound_alone(void **state) {
    play(scene_unknown_operation);
}

/* --- sealed, lost, and something else --- */

static void put_gss(struct said *s, uint32_t xid, uint32_t service) {
    s->n = 0;
    put_u32(s, xid);
    put_u32(s, 0);
    put_u32(s, 2);
    put_u32(s, 100003);
    put_u32(s, 3);
    put_u32(s, 7);
    put_u32(s, 6);
    put_u32(s, 24);
    put_u32(s, 1);
    put_u32(s, 0);
    put_u32(s, 5);
    put_u32(s, service);
    put_text(s, "ctx1");
    put_u32(s, 6);
    put_text(s, "checksum");
}

static void scene_integrity(void) {
    struct said *s = &message;
    put_gss(s, 1, 2);
    put_u32(s, 4 + 12 + 20 + 5000);
    put_u32(s, 5);
    put_text(s, "handle-1");
    put_u64(s, 0);
    put_u32(s, 5000);
    put_u32(s, 2);
    put_piece(s, 0, 5000);
    put_text(s, "checksum of all that");
    ask();
    assert_int_equal(w->transfers, 1);
    assert_int_equal(w->transfer[0].reach, 5000);
    assert_int_equal(w->encrypted, 0);
}

static void what_is_only_signed_is_read(void **state) {
    play(scene_integrity);
}

static void scene_privacy(void) {
    struct said *s = &message;
    call(1, 3, 0);
    ask();
    put_gss(s, 2, 3);
    put_opaque(s, file, 5000);
    ask();
    assert_int_equal(w->transfers, 0);
    assert_int_equal(w->encrypted, 1);
}

static void what_is_encrypted_is_told(void **state) {
    play(scene_privacy);
}

static void scene_closed_behind_a_loss(void) {
    open_4(1, 0, "L04.jpg", "handle-1");
    write_4(2, 0, "handle-1", 0, 5000);
    world_lose(w, 0, SIDE_CLIENT, 1500); /* which may have written more */
    close_4(20, "handle-1");
    assert_file(&w->transfer[0], TRANSFER_UNKNOWN, 0, 5000);
}

static void what_is_closed_behind_a_loss_may_not_be_all(void **state) {
    split = 0, pieces = 1, datagrams = false;
    begin_world();
    scene_closed_behind_a_loss();
    world_destroy(w);
}

static void scene_tls(void) {
    struct said *s = call(1, 3, 0);
    ask();
    s = &message;
    s->n = 0;
    put_u32(s, 1);
    put_u32(s, 1);
    put_u32(s, 0);
    put_u32(s, 0);
    put_text(s, "STARTTLS");
    put_u32(s, 0);
    answer();
    static struct stream hello[2];
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        hello[side].n = 0;
        stream_hello(&hello[side], side == SIDE_CLIENT ? 1 : 2);
        world_deliver(w, 0, side, hello[side].p, hello[side].n, split);
    }
    assert_ptr_equal(w->flow[0]->protocol, &protocol_tls);
}

static void a_connection_may_go_over_to_tls(void **state) {
    for (split = 0; split < 3; split++) {
        pieces = 1, datagrams = false;
        begin_world();
        scene_tls();
        world_destroy(w);
    }
}

static void a_gap_in_content_is_missing_there_alone(void **state) {
    split = 0, pieces = 1, datagrams = false;
    begin_world();
    create_3(1, "L04.jpg", "handle-1");
    struct said record = {.n = 0}, *s = call(2, 3, 7);
    put_text(s, "handle-1");
    put_u64(s, 0);
    put_u64(s, 0);
    put_piece(s, 0, SIZE);
    put_u32(&record, (uint32_t)message.n | 0x80000000u);
    put(&record, message.p, message.n);
    world_deliver(w, 0, SIDE_CLIENT, record.p, 2000, 0);
    world_lose(w, 0, SIDE_CLIENT, 700);
    world_deliver(w, 0, SIDE_CLIENT, record.p + 2700, record.n - 2700, 0);
    write_3_on(0, 3, "handle-1", SIZE, 100);
    pass_time(6);
    assert_int_equal(w->transfers, 1);
    assert_int_equal(w->transfer[0].missing, 700);
    assert_int_equal(w->transfer[0].size, SIZE - 700 + 100);
    world_destroy(w);
}

static void behind_a_gap_the_next_record_is_found(void **state) {
    split = 5, pieces = 1, datagrams = false;
    begin_world();
    create_3(1, "L04.jpg", "handle-1");
    world_lose(w, 0, SIDE_CLIENT, 5000);
    world_deliver(w, 0, SIDE_CLIENT, file, 3000, 7); /* the end of a record whose beginning was lost */
    write_3_on(0, 3, "handle-1", 0, SIZE);
    written_3_on(0, 3, SIZE);
    pass_time(6);
    assert_int_equal(w->transfers, 1);
    assert_file(&w->transfer[0], TRANSFER_DONE, 0, SIZE);
    world_destroy(w);
}

static void a_capture_that_begins_in_the_middle_finds_calls(void **state) {
    uint8_t stream[400] = {0};
    struct said *s = call(7, 3, 6);
    stream[99] = 0x80;
    stream[102] = (uint8_t)s->n;
    memcpy(stream + 103, s->p, s->n);
    assert_int_equal(protocol_nfs.find(bytes_of(stream, sizeof stream)), 99);
    stream[103 + 15] ^= 1; /* another program */
    assert_int_equal(protocol_nfs.find(bytes_of(stream, sizeof stream)), sizeof stream);
}

static void calls_of_other_programs_are_none(void **state) {
    struct bytes first[2] = {{.p = NULL}};
    uint8_t stream[400] = {0x80, 0, 0, 100};
    struct said *s = call_so(7, 100005, 3, 1);
    memcpy(stream + 4, s->p, s->n);
    first[SIDE_CLIENT] = bytes_of(stream, 4 + s->n);
    assert_int_equal(protocol_nfs.probe(first), PROBE_NO);
    assert_int_equal(protocol_nfs.probe_datagram(SIDE_CLIENT, bytes_of(s->p, s->n)), PROBE_NO);
    s = call(7, 3, 1);
    memcpy(stream + 4, s->p, s->n);
    assert_int_equal(protocol_nfs.probe(first), PROBE_YES);
    assert_int_equal(protocol_nfs.probe_datagram(SIDE_CLIENT, bytes_of(s->p, s->n)), PROBE_YES);
}

static void a_stream_that_stops_being_nfs_is_left(void **state) {
    static uint8_t noise[1 << 16];
    split = 0, pieces = 1, datagrams = false;
    begin_world();
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)(0x80 | i * 77);
    create_3(1, "L04.jpg", "handle-1");
    for (unsigned i = 0; i < 20; i++)
        world_deliver(w, 0, SIDE_CLIENT, noise, sizeof noise, 0);
    assert_true(conversation_lost(w->flow[0]));
    world_destroy(w);
}

static void many_calls_without_a_reply_are_bounded(void **state) {
    split = 0, pieces = 1, datagrams = false;
    begin_world();
    for (uint32_t i = 0; i < 1000; i++) {
        struct said *s = call(i, 3, 6);
        put_text(s, "handle-1");
        put_u64(s, i);
        put_u32(s, 1);
        ask();
    }
    assert_int_equal(counter_values[COUNTER_NFS_CALLS_SHED], 1000 - 256);
    world_destroy(w);
}

static void calls_whose_numbers_meet_are_not_worth_a_larger_table(void **state) {
    split = 0, pieces = 1, datagrams = false;
    begin_world();
    uint64_t before = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        struct said *s = call(i << 8, 3, 6);
        put_text(s, "handle-1");
        put_u64(s, i);
        put_u32(s, 1);
        ask();
        before = i ? before : protocol_memory_used(PROTOCOL_HELD);
    }
    assert_int_equal(protocol_memory_used(PROTOCOL_HELD), before);
    world_destroy(w);
}

/* A page that is not full is kept, as much of it as came. */
static void a_few_octets_of_many_files_hold_little_memory(void **state) {
    enum { FILES = 1000, EACH = 1024 };
    split = 0, pieces = 1, datagrams = false;
    begin_world();
    for (uint32_t i = 0; i < FILES; i++) {
        char handle[16];
        snprintf(handle, sizeof handle, "handle-%u", i);
        write_3_on(0, i, handle, 4000, 1);
    }
    assert_in_range(protocol_memory_used(PROTOCOL_HELD), 1, FILES * EACH);
    world_destroy(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_is_made_and_written_is_one_with_its_name),
        cmocka_unit_test(pieces_of_a_file_without_a_name_may_come_in_any_order),
        cmocka_unit_test(pieces_of_one_file_may_come_over_two_connections),
        cmocka_unit_test(a_call_that_is_sent_again_over_udp_writes_once),
        cmocka_unit_test(what_was_written_has_left_though_nobody_says_that_it_was_all),
        cmocka_unit_test(a_file_that_is_read_is_over_once_all_of_it_is_there),
        cmocka_unit_test(of_a_file_that_is_read_in_part_the_rest_is_missing),
        cmocka_unit_test(a_read_that_is_refused_moves_nothing),
        cmocka_unit_test(names_come_from_a_listing_too),
        cmocka_unit_test(the_names_of_each_folder_that_is_listed_are_a_text),
        cmocka_unit_test(a_name_may_come_after_the_first_bytes),
        cmocka_unit_test(a_file_that_is_renamed_has_its_last_name),
        cmocka_unit_test(a_page_that_is_written_on_may_come_again),
        cmocka_unit_test(a_page_that_comes_again_with_other_octets_is_written_again),
        cmocka_unit_test(the_rest_of_a_file_that_was_made_is_missing_where_nobody_saw_it),
        cmocka_unit_test(version_2_is_read_as_well),
        cmocka_unit_test(in_version_4_a_file_is_over_when_it_is_closed),
        cmocka_unit_test(two_reads_may_stand_in_one_compound),
        cmocka_unit_test(the_end_of_one_file_is_not_that_of_the_next_in_its_compound),
        cmocka_unit_test(a_read_far_out_does_not_hide_the_next_one),
        cmocka_unit_test(what_is_read_in_segments_is_one_file_with_its_holes),
        cmocka_unit_test(of_a_large_hole_the_rest_was_not_seen),
        cmocka_unit_test(reads_beyond_the_bound_are_looked_at_alone),
        cmocka_unit_test(a_compound_of_many_operations_is_read_to_its_end),
        cmocka_unit_test(names_of_version_4_come_from_listings_and_walks),
        cmocka_unit_test(an_operation_that_is_not_known_ends_the_walk_of_its_compound_alone),
        cmocka_unit_test(what_is_only_signed_is_read),
        cmocka_unit_test(what_is_encrypted_is_told),
        cmocka_unit_test(what_is_closed_behind_a_loss_may_not_be_all),
        cmocka_unit_test(a_connection_may_go_over_to_tls),
        cmocka_unit_test(a_gap_in_content_is_missing_there_alone),
        cmocka_unit_test(behind_a_gap_the_next_record_is_found),
        cmocka_unit_test(a_capture_that_begins_in_the_middle_finds_calls),
        cmocka_unit_test(calls_of_other_programs_are_none),
        cmocka_unit_test(a_stream_that_stops_being_nfs_is_left),
        cmocka_unit_test(many_calls_without_a_reply_are_bounded),
        cmocka_unit_test(calls_whose_numbers_meet_are_not_worth_a_larger_table),
        cmocka_unit_test(a_few_octets_of_many_files_hold_little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
