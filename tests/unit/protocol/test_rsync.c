/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/rsync/rsync.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "coding/coding.h"
#include "protocol/memory.h"
#include "protocol/rsync/rsync_lz4.h"
#include "protocol/rsync/rsync_number.h"
#include "protocol/rsync/rsync_session.h"
#include "talk.h"

#include <dirent.h>

/* Plays what real peers said: see tests/transcripts/rsync/README. */

enum { TALK_MAX = 1 << 16, ROWS_MAX = 16 };

static uint8_t words[TALK_MAX];
static size_t words_n;
static struct codings *codings;

static struct row {
    char path[128], sha256[65];
    unsigned long size;
    char missing;
} rows[ROWS_MAX];
static size_t rows_n;

static void read_transcript(const char *name) {
    char path[512];
    snprintf(path, sizeof path, SOURCE_ROOT "/tests/transcripts/rsync/%s.talk", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    words_n = fread(words, 1, sizeof words, f);
    fclose(f);
    snprintf(path, sizeof path, SOURCE_ROOT "/tests/transcripts/rsync/%s.tsv", name);
    assert_non_null(f = fopen(path, "r"));
    for (rows_n = 0; rows_n < ROWS_MAX; rows_n++) {
        struct row *r = &rows[rows_n];
        if (fscanf(f, "%127s %lu %c %64s", r->path, &r->size, &r->missing, r->sha256) != 4)
            break;
    }
    fclose(f);
}

/* `gap` octets of the sender's are missing from its octet `at` on; 0: none. */
static struct world *play(size_t split, enum side side, size_t at, size_t gap) {
    const uint8_t a[4] = {192, 0, 2, 1}, b[4] = {203, 0, 113, 8};
    struct world *w = world_create(&(struct dispatch_options){.conversations = 4});
    struct reader r = reader_of(words, words_n);
    uint8_t from;
    uint16_t n;
    const uint8_t *bytes;
    size_t seen[2] = {0, 0};
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    size_t flow = world_open(w, (struct endpoint){address_from_v4(a), 40000},
                             (struct endpoint){address_from_v4(b), 873});
    w->flow[flow]->codings = codings;
    while (reader_u8(&r, &from) && reader_u16(&r, &n) && reader_take(&r, n, &bytes)) {
        size_t begin = seen[from],
               skip = gap && from == side && at >= begin && at < begin + n ? at - begin : n;
        world_deliver(w, flow, from, bytes, skip, split);
        if (skip < n) {
            world_lose(w, flow, from, gap);
            world_deliver(w, flow, from, bytes + skip + gap, n - skip - gap, split);
        }
        seen[from] += n;
    }
    world_finish(w, flow, SIDE_CLIENT, true);
    world_finish(w, flow, SIDE_SERVER, true);
    return w;
}

static const struct transfer *find_file(const struct world *w, const char *path) {
    for (size_t i = 0; i < w->transfers; i++)
        if (w->transfer[i].path.n == strlen(path) && memcmp(w->transfer[i].path.p, path, strlen(path)) == 0)
            return &w->transfer[i];
    fail_msg("%s is not there", path);
    return NULL;
}

static void assert_row(const struct world *w, const struct row *row) {
    const struct transfer *t = find_file(w, row->path);
    char text[65];
    const char *slash = strrchr(row->path, '/');
    for (int i = 0; i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", t->sha256[i]);
    assert_true(t->ended);
    assert_int_equal(t->how, TRANSFER_DONE);
    assert_int_equal(t->size, row->size);
    assert_text(&t->name, slash + 1);
    if (row->missing == '0') {
        assert_int_equal(t->missing, 0);
        assert_string_equal(text, row->sha256);
    }
}

/* The list of files is a text of their names. */
static void assert_listed(const struct world *w, const struct row *row) {
    const char *slash = strrchr(row->path, '/'), *name = slash ? slash + 1 : row->path;
    assert_true(w->asides > 0);
    if (w->words.n < WORLD_TEXT)
        assert_non_null(memmem(w->words.p, w->words.n, name, strlen(name)));
}

static void every_transcript_gives_its_files_at_any_split(void **state) {
    static const size_t splits[] = {1, 2, 3, 7, 64, 1000, 0};
    DIR *d = opendir(SOURCE_ROOT "/tests/transcripts/rsync");
    unsigned played = 0;
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d));) {
        char name[128];
        const char *dot = strrchr(e->d_name, '.');
        if (!dot || strcmp(dot, ".talk") != 0)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)(dot - e->d_name), e->d_name);
        read_transcript(name);
        for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
            struct world *w = play(splits[i], SIDE_CLIENT, 0, 0);
            if (w->transfers != rows_n)
                fail_msg("%s: %zu files of %zu", name, w->transfers, rows_n);
            for (size_t k = 0; k < rows_n; k++) {
                assert_row(w, &rows[k]);
                assert_listed(w, &rows[k]);
            }
            assert_int_equal(counter_values[COUNTER_PROTOCOL_LOST], 0);
            world_destroy(w);
            assert_int_equal(protocol_memory_used(PROTOCOL_HELD), 0);
        }
        played++;
    }
    closedir(d);
    assert_true(played > 10);
}

static uint64_t missing_of(const struct world *w) {
    uint64_t missing = 0;
    for (size_t i = 0; i < w->transfers; i++)
        missing += w->transfer[i].missing;
    return missing;
}

static void what_the_receiver_has_does_not_move_and_is_missing(void **state) {
    static const char *const names[] = {"pull-delta", "push-append"};
    for (size_t i = 0; i < 2; i++) {
        read_transcript(names[i]);
        struct world *w = play(0, SIDE_CLIENT, 0, 0);
        assert_true(missing_of(w) > 500);
        world_destroy(w);
    }
}

/* Where the client's octets of a text begin. */
static size_t find_octets(const char *text) {
    struct reader r = reader_of(words, words_n);
    uint8_t from;
    uint16_t n;
    const uint8_t *bytes;
    for (size_t seen = 0; reader_u8(&r, &from) && reader_u16(&r, &n) && reader_take(&r, n, &bytes);) {
        const uint8_t *p = from == SIDE_CLIENT ? memmem(bytes, n, text, strlen(text)) : NULL;
        if (p)
            return seen + (size_t)(p - bytes);
        seen += from == SIDE_CLIENT ? n : 0u;
    }
    fail();
    return 0;
}

static void a_gap_within_a_file_is_told_and_the_next_ones_are_whole(void **state) {
    read_transcript("push");
    size_t at = find_octets("plate,lane\nplate,lane\n"); /* a.jpg's second half */
    for (size_t split = 0; split < 8; split += 7) {
        struct world *w = play(split, SIDE_CLIENT, at, 40);
        assert_int_equal(w->transfers, rows_n);
        assert_int_equal(find_file(w, "m/a.jpg")->missing, 40);
        assert_int_equal(find_file(w, "m/a.jpg")->size, rows[0].size);
        assert_row(w, &rows[3]);
        assert_row(w, &rows[4]);
        world_destroy(w);
    }
}

static void a_gap_in_a_list_loses_the_flow(void **state) {
    read_transcript("push");
    struct world *w = play(0, SIDE_CLIENT, find_octets("a.jpg"), 4);
    assert_int_equal(counter_values[COUNTER_PROTOCOL_LOST], 1);
    world_destroy(w);
}

static void take_out_side(enum side side) {
    for (size_t at = 0; at + 3 <= words_n;) {
        size_t n = 3u + (size_t)(words[at + 1] << 8 | words[at + 2]);
        if (words[at] == side) {
            memmove(words + at, words + at + n, words_n - at - n);
            words_n -= n;
        } else {
            at += n;
        }
    }
}

static void the_client_alone_is_enough_where_it_sends(void **state) {
    read_transcript("push");
    take_out_side(SIDE_SERVER);
    for (size_t split = 0; split < 8; split += 7) {
        struct world *w = play(split, SIDE_CLIENT, 0, 0);
        assert_int_equal(w->transfers, rows_n);
        for (size_t k = 0; k < rows_n; k++)
            assert_row(w, &rows[k]);
        world_destroy(w);
    }
}

static void the_server_alone_is_lost(void **state) {
    read_transcript("pull");
    take_out_side(SIDE_CLIENT);
    struct world *w = play(0, SIDE_CLIENT, 0, 0);
    assert_int_equal(w->transfers, 0);
    assert_int_equal(counter_values[COUNTER_PROTOCOL_LOST], 1);
    world_destroy(w);
}

static void numbers_have_as_many_octets_as_their_first_one_says(void **state) {
    static const struct {
        const char *bytes;
        size_t n;
        uint32_t value;
    } numbers[] = {{"\x00", 1, 0},
                   {"\x7f", 1, 127},
                   {"\x80\x80", 2, 128},
                   {"\xbf\xff", 2, 0x3fff},
                   {"\xc1\x02\x03", 3, 0x010302},
                   {"\xe1\x02\x03\x04", 4, 0x01040302},
                   {"\xf0\x01\x02\x03\x04", 5, 0x04030201}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct reader r = reader_of(numbers[i].bytes, numbers[i].n);
        uint32_t value;
        assert_true(rsync_read_varint(&r, &value));
        assert_int_equal(value, numbers[i].value);
        assert_int_equal(reader_left(&r), 0);
        r = reader_of(numbers[i].bytes, numbers[i].n - 1);
        assert_false(rsync_read_varint(&r, &value));
    }
}

static void blocks_of_lz4_that_make_no_sense_are_none(void **state) {
    uint8_t out[64];
    size_t n;
    assert_true(rsync_lz4_block(bytes_of("\x14"
                                         "a\1\0\x30"
                                         "bcd",
                                         8),
                                out, sizeof out, &n));
    assert_int_equal(n, 12);
    assert_memory_equal(out, "aaaaaaaaabcd", 12);
    assert_false(rsync_lz4_block(bytes_of("\x14"
                                          "a\2\0\x30"
                                          "bcd",
                                          8),
                                 out, sizeof out, &n)); /* before its beginning */
    assert_false(rsync_lz4_block(bytes_of("\x14"
                                          "a\1\0\x30"
                                          "bcd",
                                          8),
                                 out, 11, &n));
    assert_false(rsync_lz4_block(bytes_of("\xf0\xff", 2), out, sizeof out, &n));
}

static void say(enum side side, const void *bytes, size_t n) {
    words[words_n++] = (uint8_t)side;
    words[words_n++] = (uint8_t)(n >> 8);
    words[words_n++] = (uint8_t)n;
    memcpy(words + words_n, bytes, n);
    words_n += n;
}

enum { LONG_NAME = 3000, LONG_FILE = 300 };

/* Of version 29, with one file of a very long name, all of which is less than an eighth of it. */
static void write_long_name(void) {
    static const char server[] = "@RSYNCD: 29\n@RSYNCD: OK\nseed";
    static const char client[] = "@RSYNCD: 29\nm\n--server\n-r\n.\nm/\n\n";
    static const uint8_t head[] = {0x40, LONG_NAME & 0xff, LONG_NAME >> 8, 0, 0};
    static const uint8_t size[] = {LONG_FILE & 0xff, LONG_FILE >> 8, 0, 0};
    static const uint8_t time_and_mode[] = {0, 0, 0, 0, 0xa4, 0x81, 0, 0};
    static const uint8_t list_end_and_error[5], file_zero[4], file_head[16], tokens_end[4], sum[16];
    static const uint8_t sent[] = {0, 0x80};
    uint8_t name[LONG_NAME], file[LONG_FILE];
    memset(name, 'n', sizeof name);
    memset(file, 'f', sizeof file);
    words_n = 0;
    say(SIDE_SERVER, server, sizeof server - 1);
    say(SIDE_CLIENT, client, sizeof client - 1);
    say(SIDE_CLIENT, head, sizeof head);
    say(SIDE_CLIENT, name, sizeof name);
    say(SIDE_CLIENT, size, sizeof size);
    say(SIDE_CLIENT, time_and_mode, sizeof time_and_mode);
    say(SIDE_CLIENT, list_end_and_error, sizeof list_end_and_error);
    say(SIDE_CLIENT, file_zero, sizeof file_zero);
    say(SIDE_CLIENT, sent, sizeof sent);
    say(SIDE_CLIENT, file_head, sizeof file_head);
    say(SIDE_CLIENT, size, sizeof size);
    say(SIDE_CLIENT, file, sizeof file);
    say(SIDE_CLIENT, tokens_end, sizeof tokens_end);
    say(SIDE_CLIENT, sum, sizeof sum);
}

static void what_is_held_behind_a_long_name_is_read_at_the_end(void **state) {
    write_long_name();
    for (size_t split = 0; split < 8; split++) {
        struct world *w = play(split, SIDE_CLIENT, 0, 0);
        assert_int_equal(w->transfers, 1);
        assert_true(w->transfer[0].ended);
        assert_int_equal(w->transfer[0].how, TRANSFER_DONE);
        assert_int_equal(w->transfer[0].size, LONG_FILE);
        assert_true(w->transfer[0].name.n > 1000);
        world_destroy(w);
        w = play(split, SIDE_CLIENT, find_octets("ffff") + 100, 40);
        assert_int_equal(w->transfers, 1);
        assert_int_equal(w->transfer[0].missing, 40);
        assert_int_equal(w->transfer[0].how, TRANSFER_DONE);
        world_destroy(w);
    }
}

static void numbers_of_lists_may_be_as_low_as_they_can(void **state) {
    static const char server[] = "@RSYNCD: 30\n@RSYNCD: OK\n\1seed";
    static const char client[] = "@RSYNCD: 30\nm\n--server\0-re.i\0.\0m/\0";
    static const uint8_t lists[] = {11, 0, 0, 7, 0, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0, 0xff, 1, 0};
    words_n = 0;
    say(SIDE_SERVER, server, sizeof server - 1);
    say(SIDE_CLIENT, client, sizeof client);
    say(SIDE_CLIENT, lists, sizeof lists);
    struct world *w = play(0, SIDE_CLIENT, 0, 0);
    assert_int_equal(counter_values[COUNTER_PROTOCOL_LOST], 0);
    assert_int_equal(w->transfers, 0);
    world_destroy(w);
}

/* A further name (hard links) of a file whose own name is not kept. */
static void a_list_without_names_is_read_on(void **state) {
    static const uint8_t entry[] = {0x40 | 0x04, 0x02, 5, 'b', '.', 'j', 'p', 'g', 0};
    static const struct rsync_options options = {.hard_links = true};
    const struct rsync_form form = {.version = 31, .safe_ends = true, .options = &options};
    struct rsync_list list = {.n = 1, .nameless = true};
    struct rsync_last last = {0};
    struct reader r = reader_of(entry, sizeof entry);
    assert_int_equal(rsync_list_read(&list, &last, &form, &r), RSYNC_TAKEN);
    assert_int_equal(reader_left(&r), 0);
    assert_int_equal(list.n, 2);
    list.first = 7;
    list.n = 0;
    uint8_t of_the_next[sizeof entry];
    memcpy(of_the_next, entry, sizeof entry);
    of_the_next[sizeof entry - 1] = 8;
    r = reader_of(of_the_next, sizeof of_the_next);
    assert_int_equal(rsync_list_read(&list, &last, &form, &r), RSYNC_LOST);
}

static void others_that_greet_with_an_at_are_none(void **state) {
    static const struct piece p[] = {S("@RSYNCD; no\n"), C("HELO\n")};
    FOR_EACH_SPLIT(p, assert_ptr_not_equal(w->flow[0]->protocol, &protocol_rsync));
}

static int set_up(void **state) {
    codings = codings_create(&(struct codings_options){.memory = 64 << 20, .limits = {8, 64, 1 << 20, 100}});
    return codings == NULL;
}

static int tear_down(void **state) {
    codings_destroy(codings);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_transcript_gives_its_files_at_any_split),
        cmocka_unit_test(what_the_receiver_has_does_not_move_and_is_missing),
        cmocka_unit_test(a_gap_within_a_file_is_told_and_the_next_ones_are_whole),
        cmocka_unit_test(a_gap_in_a_list_loses_the_flow),
        cmocka_unit_test(the_client_alone_is_enough_where_it_sends),
        cmocka_unit_test(the_server_alone_is_lost),
        cmocka_unit_test(numbers_have_as_many_octets_as_their_first_one_says),
        cmocka_unit_test(blocks_of_lz4_that_make_no_sense_are_none),
        cmocka_unit_test(what_is_held_behind_a_long_name_is_read_at_the_end),
        cmocka_unit_test(numbers_of_lists_may_be_as_low_as_they_can),
        cmocka_unit_test(a_list_without_names_is_read_on),
        cmocka_unit_test(others_that_greet_with_an_at_are_none),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
