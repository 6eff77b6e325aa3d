/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"
#include "stub_unpackers.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* What unpackers are asked and told, against some of the test's own. */

static struct collector got;
static struct content *c;
static struct conversation flow;
static uint64_t counted[COUNTER_COUNT];

/* What was said of each object when it closed, by its number. */
static struct said { char path[64], user[64], declared[64]; } said[64];

static void keep_fact(char out[64], const struct object *o, enum fact which) {
    struct bytes text = object_fact(o, which);
    snprintf(out, 64, "%.*s", (int)text.n, (const char *)text.p);
}

static void close_noting(void *context, struct object *o) {
    struct said *s = &said[o->number % 64];
    keep_fact(s->path, o, FACT_PATH);
    keep_fact(s->user, o, FACT_USER);
    keep_fact(s->declared, o, FACT_DECLARED_TYPE);
    collect_closed(context, o);
}

static void begin_with(const struct unpacker *const *unpackers, struct content_options options) {
    struct object_sink sink = collect_sink(&got);
    sink.closed = close_noting;
    got.n = got.ended = 0, got.owners = 0; /* after a test that failed */
    flow = collect_conversation(1);
    memcpy(counted, counter_values, sizeof counted);
    memset(said, 0, sizeof said);
    options.objects = 32;
    struct content_parts parts = collect_parts(&options);
    parts.unpackers = unpackers;
    c = content_create(&options, &parts, &sink);
    assert_non_null(c);
}

static const struct unpacker *const usual[] = {&stub_message, &stub_zip, NULL};

static void begin(void) {
    begin_with(usual, (struct content_options){.objects = 0});
}

static void finish(void) {
    collect_destroy(c);
    collect_finish(&got);
}

static int count(enum counter which) {
    return (int)(counter_values[which] - counted[which]);
}

static struct transfer_seed seed_of(const char *declared) {
    struct transfer_seed s = transfer_seed_of("test", SIDE_CLIENT);
    s.fact[FACT_NAME] = bytes_text("outer.bin");
    s.fact[FACT_PATH] = bytes_text("/in");
    s.fact[FACT_USER] = bytes_text("lane4");
    s.fact[FACT_DECLARED_TYPE] = bytes_text(declared);
    return s;
}

static void send(const char *declared, const uint8_t *p, size_t n, size_t split) {
    const struct transfer_seed s = seed_of(declared);
    struct transfer *t = content_begin(c, &flow, NULL, &s);
    assert_non_null(t);
    for (size_t at = 0; at < n; at += split)
        content_data(&flow, t, p + at, n - at < split ? n - at : split);
    content_end(&flow, t, TRANSFER_DONE);
}

/* By OpenSSL, of what the test sent. */
static void assert_is(const struct collected *o, const void *p, size_t n) {
    char hex[65];
    uint8_t digest[32];
    assert_int_equal(EVP_Digest(p, n, digest, NULL, EVP_sha256(), NULL), 1);
    for (int i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    assert_true(o->closed && o->hashed);
    assert_int_equal(o->size, n);
    assert_string_equal(o->sha256, hex);
}

static uint8_t zip[1 << 16];
static size_t zip_n;

static void zip_of(const char *const *texts, size_t n) {
    char name[20];
    zip_n = 0;
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "member%zu.txt", i);
        zip_n = zip_add(zip, zip_n, name, (const uint8_t *)texts[i], strlen(texts[i]));
    }
    zip_n = zip_close(zip, zip_n);
}

static const char *const texts[] = {"one", "the second", "3", "", "the fifth and last"};
enum { TEXTS = sizeof texts / sizeof *texts };

static void a_file_is_inspected_whole_and_its_members_are_its_children(void **state) {
    zip_of(texts, TEXTS);
    for (size_t split = 1; split < 40; split++) {
        begin();
        send("", zip, zip_n, split);
        assert_int_equal(got.n, 1 + TEXTS);
        assert_false(got.list[0].container);
        assert_int_equal(got.list[0].bytes, zip_n);
        assert_is(&got.list[0], zip, zip_n);
        assert_int_equal(got.list[0].depth, 0);
        assert_int_equal(got.list[0].parent, 0);
        assert_string_equal(got.list[0].name, "outer.bin");
        for (size_t i = 0; i < TEXTS; i++) {
            const struct collected *member = &got.list[1 + i];
            char name[20];
            snprintf(name, sizeof name, "member%zu.txt", i);
            assert_string_equal(member->name, name);
            assert_int_equal(member->parent, got.list[0].number);
            assert_int_equal(member->depth, 1);
            assert_true(member->complete);
            assert_is(member, texts[i], strlen(texts[i]));
        }
        assert_true(got.list[0].complete);
        assert_ptr_equal(collect_ended(&got, TEXTS), &got.list[0]); /* behind its children */
        finish();
    }
}

static void a_wrapper_is_its_child_and_shows_a_type_of_its_own(void **state) {
    static const char mail[] = "Subject: reads\r\nContent-Type: text/csv\r\n\r\nplate,lane\r\n";
    begin();
    send("message/rfc822", (const uint8_t *)mail, sizeof mail - 1, 7);
    assert_int_equal(got.n, 2);
    assert_true(got.list[0].container);
    assert_string_equal(got.list[0].type->mime, "message/rfc822");
    assert_is(&got.list[0], mail, sizeof mail - 1);
    assert_false(got.list[1].container);
    assert_is(&got.list[1], "plate,lane\r\n", 12);
    assert_string_equal(said[got.list[1].number].declared, "text/csv");
    finish();
}

static void it_is_the_bytes_that_say_what_a_thing_is(void **state) {
    static const char text[] = "this is no archive\n";
    zip_of(texts, 1);
    begin();
    send("image/jpeg", zip, zip_n, 100); /* and nobody believes that */
    assert_int_equal(got.n, 2);
    assert_string_equal(got.list[0].type->mime, "application/zip");
    send("application/zip", (const uint8_t *)text, sizeof text - 1, 100);
    assert_int_equal(got.n, 3);
    assert_string_equal(got.list[2].type->mime, "text/plain");
    send("message/rfc822", zip, zip_n, 100);
    assert_int_equal(got.n, 5);
    assert_false(got.list[3].container);
    finish();
}

static void the_middle_of_a_thing_is_not_unpacked(void **state) {
    struct transfer_seed s = seed_of("");
    zip_of(texts, 2);
    begin();
    s.resume = RESUME_TO_END;
    s.offset = 1000;
    s.key[0] = bytes_text("a.zip");
    struct transfer *t = content_begin(c, &flow, NULL, &s);
    content_data(&flow, t, zip, zip_n);
    content_end(&flow, t, TRANSFER_DONE);
    assert_int_equal(got.n, 1);
    assert_int_equal(got.list[0].offset, 1000);
    finish();
}

static void a_child_is_given_what_is_said_of_its_parents_but_their_names(void **state) {
    zip_of(texts, 1);
    begin();
    send("application/x-compressed", zip, zip_n, 50);
    const struct said *parent = &said[got.list[0].number], *child = &said[got.list[1].number];
    assert_string_equal(got.list[0].name, "outer.bin");
    assert_string_equal(got.list[1].name, "member0.txt");
    assert_string_equal(parent->declared, "application/x-compressed");
    assert_string_equal(child->declared, "");
    assert_string_equal(child->path, "/in");
    assert_string_equal(child->user, "lane4");
    finish();
}

static void what_is_said_later_of_the_transfer_is_said_of_its_children(void **state) {
    struct transfer_seed s = seed_of(""), later = transfer_seed_of("test", SIDE_CLIENT);
    zip_of(texts, 2);
    begin();
    struct transfer *t = content_begin(c, &flow, NULL, &s);
    content_data(&flow, t, zip, ZIP_HEAD + 11 + 2); /* within the first member */
    later.fact[FACT_USER] = bytes_text("somebody");
    content_learn(&flow, t, &later);
    content_data(&flow, t, zip + ZIP_HEAD + 11 + 2, zip_n - (ZIP_HEAD + 11 + 2));
    content_end(&flow, t, TRANSFER_DONE);
    assert_int_equal(got.n, 3);
    for (int i = 0; i < 3; i++)
        assert_string_equal(said[got.list[i].number].user, "somebody");
    finish();
}

/* --- several at once --- */

static bool matches_all(const struct file_type *type, struct bytes declared) {
    return true;
}

static struct filter *create_none(struct unpack *u) {
    return NULL;
}

static const struct unpacker second_zip = {
    .name = "second", .kind = UNPACK_FILE, .matches = stub_is_zip, .create = stub_create_zip};
static const struct unpacker zip_wrapper = {
    .name = "wrapper", .kind = UNPACK_WRAPPER, .matches = stub_is_zip, .create = stub_create_zip};
static const struct unpacker none_after_all = {
    .name = "none", .kind = UNPACK_WRAPPER, .matches = matches_all, .create = create_none};

static void two_that_match_both_see_all_of_it(void **state) {
    static const struct unpacker *const both[] = {&stub_zip, &second_zip, NULL};
    zip_of(texts, 2);
    begin_with(both, (struct content_options){.objects = 0});
    send("", zip, zip_n, 9);
    assert_int_equal(got.n, 5);
    for (size_t i = 0; i < 2; i++) {
        unsigned found = 0;
        for (size_t k = 1; k < 5; k++)
            found += got.list[k].size == strlen(texts[i]) && got.list[k].parent == got.list[0].number;
        assert_int_equal(found, 2);
    }
    assert_is(&got.list[0], zip, zip_n);
    finish();
}

static void with_a_wrapper_among_them_it_is_not_inspected_itself(void **state) {
    static const struct unpacker *const both[] = {&stub_zip, &zip_wrapper, NULL};
    zip_of(texts, 1);
    begin_with(both, (struct content_options){.objects = 0});
    send("", zip, zip_n, 9);
    assert_int_equal(got.n, 3);
    assert_true(got.list[0].container);
    assert_int_equal(got.list[0].bytes, 0);
    finish();
}

static void one_that_makes_nothing_of_it_leaves_a_plain_object(void **state) {
    static const struct unpacker *const none[] = {&none_after_all, NULL};
    zip_of(texts, 1);
    begin_with(none, (struct content_options){.objects = 0});
    send("", zip, zip_n, 9);
    assert_int_equal(got.n, 1);
    assert_false(got.list[0].container);
    assert_true(got.list[0].complete);
    assert_is(&got.list[0], zip, zip_n);
    finish();
}

static void nobody_is_asked_where_there_is_nobody(void **state) {
    static const struct unpacker *const empty[] = {NULL};
    zip_of(texts, 1);
    begin_with(empty, (struct content_options){.objects = 0});
    send("", zip, zip_n, 9);
    assert_int_equal(got.n, 1);
    finish();
}

/* --- bounds --- */

/* `levels` archives, each in the one around it. */
static void nest_zips(int levels) {
    static uint8_t inner[sizeof zip];
    zip_of(texts, 1);
    for (int i = 1; i < levels; i++) {
        size_t n = zip_n;
        memcpy(inner, zip, n);
        zip_n = zip_close(zip, zip_add(zip, 0, "inner.zip", inner, n));
    }
}

static void objects_lie_in_one_another_to_a_bound_that_is_counted(void **state) {
    for (uint64_t depth = 1; depth < 7; depth++) {
        nest_zips(4); /* and the text in the last: five objects */
        begin_with(usual, (struct content_options){.codings.limits.depth_max = depth});
        send("", zip, zip_n, 100);
        assert_int_equal(got.n, depth < 4 ? depth + 1 : 5);
        assert_int_equal(count(COUNTER_UNPACK_DEPTH), depth < 4);
        for (size_t i = 0; i < got.n; i++) {
            assert_int_equal(got.list[i].depth, i);
            assert_int_equal(got.list[i].parent, i ? got.list[i - 1].number : 0);
            assert_true(got.list[i].complete); /* what is not unpacked is there as it came */
        }
        finish();
    }
}

static void an_object_has_so_many_members_and_the_rest_is_counted(void **state) {
    zip_of(texts, TEXTS);
    for (uint64_t members = 1; members < TEXTS + 2; members++) {
        begin_with(usual, (struct content_options){.codings.limits.members_max = members});
        send("", zip, zip_n, 100);
        unsigned looked_at = members < TEXTS ? (unsigned)members : TEXTS;
        assert_int_equal(got.n, 1 + looked_at);
        assert_int_equal(count(COUNTER_UNPACK_MEMBERS), TEXTS - looked_at);
        assert_is(&got.list[0], zip, zip_n);
        send("", zip, zip_n, 100); /* of each object */
        assert_int_equal(got.n, 2 * (1 + looked_at));
        finish();
    }
}

/* --- damaged --- */

static void one_whose_end_is_missing_is_not_complete_though_all_bytes_came(void **state) {
    zip_of(texts, 2);
    for (size_t n = 1; n < zip_n; n++) {
        begin();
        send("", zip, n, 100);
        bool between = n == ZIP_HEAD + 11 + 3 || n == 2 * (ZIP_HEAD + 11) + 3 + 10;
        bool behind = n >= 2 * (ZIP_HEAD + 11) + 3 + 10 + 4; /* the directory has begun */
        bool is_zip = n >= 4;
        assert_int_equal(got.list[0].complete, !is_zip || between || behind);
        if (n > ZIP_HEAD + 11)
            assert_int_equal(got.list[1].complete, n >= ZIP_HEAD + 11 + 3);
        finish();
    }
}

static void a_gap_is_told_where_it_lies(void **state) {
    const struct transfer_seed s = seed_of("");
    zip_of(texts, 2);
    begin();
    struct transfer *t = content_begin(c, &flow, NULL, &s);
    size_t at = 2 * (ZIP_HEAD + 11) + 3 + 4; /* within the second */
    content_data(&flow, t, zip, at);
    content_gap(&flow, t, 2);
    content_data(&flow, t, zip + at + 2, zip_n - at - 2);
    content_end(&flow, t, TRANSFER_DONE);
    assert_int_equal(got.n, 3);
    assert_int_equal(got.list[0].missing, 2);
    assert_false(got.list[0].complete);
    assert_true(got.list[1].complete);
    assert_int_equal(got.list[2].missing, 2);
    assert_int_equal(got.list[2].size, 10);
    assert_false(got.list[2].complete);
    finish();
}

static void a_transfer_that_is_given_up_ends_its_children(void **state) {
    const struct transfer_seed s = seed_of("");
    zip_of(texts, 2);
    begin();
    struct transfer *t = content_begin(c, &flow, NULL, &s);
    content_data(&flow, t, zip, ZIP_HEAD + 11 + 1);
    content_end(&flow, t, TRANSFER_CUT);
    assert_int_equal(got.ended, 2);
    assert_false(got.list[0].complete || got.list[1].complete);
    finish();
}

/* --- what they hold for all objects --- */

static size_t started_for;
static unsigned stopped;
static void *seen_state;

static void *start_once(size_t objects) {
    started_for = objects;
    return &started_for;
}

static void *start_in_vain(size_t objects) {
    return NULL;
}

static void stop_once(void *state) {
    assert_ptr_equal(state, &started_for);
    stopped++;
}

static struct filter *create_looking(struct unpack *u) {
    seen_state = unpack_state(u);
    return NULL;
}

static const struct unpacker holding = {.name = "holding",
                                        .kind = UNPACK_FILE,
                                        .matches = matches_all,
                                        .create = create_looking,
                                        .start = start_once,
                                        .stop = stop_once};
static const struct unpacker without_memory = {.name = "none",
                                               .kind = UNPACK_FILE,
                                               .matches = matches_all,
                                               .create = create_none,
                                               .start = start_in_vain};

static void it_is_started_once_and_finds_what_it_holds(void **state) {
    static const struct unpacker *const both[] = {&stub_zip, &holding, NULL};
    stopped = 0;
    begin_with(both, (struct content_options){.objects = 0});
    assert_int_equal(started_for, 32);
    zip_of(texts, 1);
    send("", zip, zip_n, 9);
    assert_ptr_equal(seen_state, &started_for);
    assert_int_equal(stopped, 0);
    finish();
    assert_int_equal(stopped, 1);
}

static void without_its_memory_there_is_no_content(void **state) {
    static const struct unpacker *const both[] = {&holding, &without_memory, NULL};
    struct object_sink sink = collect_sink(&got);
    struct content_options options = {.objects = 8};
    struct content_parts parts = collect_parts(&options);
    stopped = 0;
    parts.unpackers = both;
    assert_null(content_create(&options, &parts, &sink));
    assert_int_equal(stopped, 1);
    collect_destroy(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_inspected_whole_and_its_members_are_its_children),
        cmocka_unit_test(a_wrapper_is_its_child_and_shows_a_type_of_its_own),
        cmocka_unit_test(it_is_the_bytes_that_say_what_a_thing_is),
        cmocka_unit_test(the_middle_of_a_thing_is_not_unpacked),
        cmocka_unit_test(a_child_is_given_what_is_said_of_its_parents_but_their_names),
        cmocka_unit_test(what_is_said_later_of_the_transfer_is_said_of_its_children),
        cmocka_unit_test(two_that_match_both_see_all_of_it),
        cmocka_unit_test(with_a_wrapper_among_them_it_is_not_inspected_itself),
        cmocka_unit_test(one_that_makes_nothing_of_it_leaves_a_plain_object),
        cmocka_unit_test(nobody_is_asked_where_there_is_nobody),
        cmocka_unit_test(objects_lie_in_one_another_to_a_bound_that_is_counted),
        cmocka_unit_test(an_object_has_so_many_members_and_the_rest_is_counted),
        cmocka_unit_test(one_whose_end_is_missing_is_not_complete_though_all_bytes_came),
        cmocka_unit_test(a_gap_is_told_where_it_lies),
        cmocka_unit_test(a_transfer_that_is_given_up_ends_its_children),
        cmocka_unit_test(it_is_started_once_and_finds_what_it_holds),
        cmocka_unit_test(without_its_memory_there_is_no_content),
    };
    return cmocka_run_group_tests_name("content/unpack", tests, NULL, NULL);
}
