/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Bodies in tests/data/content, written by curl, gzip, brotli, zstd and Python's email and zlib;
 * make_content_samples.py says how. Sizes and digests are theirs. */

enum { ROWS_MAX = 64, BODY_MAX = 8192 };

struct row {
    char body[64], name[64];
    char second[128], third[80]; /* Content-Type and -Encoding, or size and SHA-256 */
};

static struct collector got;

static size_t rows_read(const char *file, struct row *rows, bool objects) {
    char path[512], line[512];
    size_t n = 0;
    snprintf(path, sizeof path, TEST_DATA "/content/%s", file);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    for (; fgets(line, sizeof line, f); n++) {
        char *at = line, *name;
        assert_true(n < ROWS_MAX);
        line[strcspn(line, "\n")] = 0;
        snprintf(rows[n].body, sizeof rows[n].body, "%s", strsep(&at, "\t"));
        name = objects ? strsep(&at, "\t") : "";
        snprintf(rows[n].name, sizeof rows[n].name, "%s", name);
        snprintf(rows[n].second, sizeof rows[n].second, "%s", strsep(&at, "\t"));
        snprintf(rows[n].third, sizeof rows[n].third, "%s", at);
    }
    fclose(f);
    return n;
}

static size_t body_read(const char *file, uint8_t *out) {
    char path[512];
    snprintf(path, sizeof path, TEST_DATA "/content/%s", file);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(out, 1, BODY_MAX, f);
    fclose(f);
    return n;
}

static void send_body(struct content *c, const struct row *body, const uint8_t *p, size_t n, size_t split,
                      size_t step) {
    struct conversation conversation = collect_conversation(4000);
    struct transfer_seed facts = collect_facts("POST", "/upload");
    facts.fact[FACT_DECLARED_TYPE] = bytes_text(body->second);
    facts.codings = bytes_text(body->third);
    facts.length = n;
    struct transfer *t = content_begin(c, &conversation, NULL, &facts);
    content_data(&conversation, t, p, split);
    for (size_t i = split, take; i < n; i += take) {
        take = step && n - i > step ? step : n - i;
        content_data(&conversation, t, p + i, take);
    }
    content_end(&conversation, t, TRANSFER_DONE);
}

static struct content *open_content(void) {
    static const struct content_options options = {.objects = 64, .assembly_bytes = 1 << 20};
    return collect_content(&options, &got);
}

static void run(const struct row *body, const uint8_t *p, size_t n, size_t split, size_t step) {
    struct content *c = open_content();
    send_body(c, body, p, n, split, step);
    collect_destroy(c);
}

static void check(const struct row *body, const struct row *objects, size_t count) {
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(objects[i].body, body->body) != 0)
            continue;
        assert_true(at < got.ended);
        struct collected *x = collect_ended(&got, at++);
        assert_string_equal(x->name, objects[i].name);
        assert_int_equal(x->size, strtoull(objects[i].second, NULL, 10));
        assert_string_equal(x->sha256, objects[i].third);
    }
    assert_int_equal(at, got.ended);
}

/* One content for all that is sent of a body: to make one takes longer than most bodies. */
static void every_body_gives_its_objects_at_every_split_point(void **state) {
    static struct row bodies[ROWS_MAX], objects[ROWS_MAX];
    static uint8_t p[BODY_MAX];
    size_t body_count = rows_read("bodies.tsv", bodies, false);
    size_t object_count = rows_read("objects.tsv", objects, true);
    assert_true(body_count >= 14);
    for (size_t b = 0; b < body_count; b++) {
        size_t n = body_read(bodies[b].body, p);
        struct content *c = open_content();
        for (size_t split = 0; split <= n; split++) {
            send_body(c, &bodies[b], p, n, split, 0);
            check(&bodies[b], objects, object_count);
            collect_finish(&got);
        }
        for (size_t step = 1; step <= 8; step++) {
            send_body(c, &bodies[b], p, n, 0, step);
            check(&bodies[b], objects, object_count);
            collect_finish(&got);
        }
        collect_destroy(c);
    }
}

/* The camera's last frame is followed by the next boundary, but its stream has no end. */
static void what_ended_properly_is_complete_and_what_did_not_is_not(void **state) {
    static struct row bodies[ROWS_MAX];
    static uint8_t p[BODY_MAX];
    size_t body_count = rows_read("bodies.tsv", bodies, false);
    for (size_t b = 0; b < body_count; b++) {
        size_t n = body_read(bodies[b].body, p);
        bool camera = strcmp(bodies[b].body, "camera.body") == 0;
        run(&bodies[b], p, n, n, 0);
        for (size_t i = 0; i < got.ended; i++)
            assert_int_equal(collect_ended(&got, i)->complete,
                             !(camera && collect_ended(&got, i)->container));
        collect_finish(&got);
        if (strstr(bodies[b].body, "_trailing.body") || bodies[b].third[0] == 0)
            continue;
        bool coded = strncmp(bodies[b].body, "not_", 4) != 0 && strcmp(bodies[b].body, "gzip_zstd.body") != 0;
        run(&bodies[b], p, n - 1, n - 1, 0); /* without its last byte, though the protocol says it is all */
        assert_int_equal(collect_ended(&got, 0)->complete, !coded);
        collect_finish(&got);
    }
}

static size_t from_hex(const char *hex, uint8_t *out) {
    size_t n = strlen(hex);
    assert_true(n % 2 == 0 && n / 2 <= BODY_MAX);
    for (size_t i = 0; i < n / 2; i++)
        assert_int_equal(sscanf(hex + 2 * i, "%2hhx", &out[i]), 1);
    return n / 2;
}

static void run_odd(struct bytes encoding, const uint8_t *p, size_t n, size_t split, size_t step) {
    const struct content_options options = {.objects = 64};
    struct content *c = collect_content(&options, &got);
    struct conversation conversation = collect_conversation(4000);
    struct transfer_seed facts = collect_facts("GET", "/reads");
    facts.codings = encoding;
    facts.length = n;
    struct transfer *t = content_begin(c, &conversation, NULL, &facts);
    content_data(&conversation, t, p, split);
    for (size_t i = split, take; i < n; i += take) {
        take = n - i > step ? step : n - i;
        content_data(&conversation, t, p + i, take);
    }
    content_end(&conversation, t, TRANSFER_DONE);
    collect_destroy(c);
}

/* Makes what is behind a name that is wrong, and behind damage that some browser does not mind, visible. */
static void misnamed_and_damaged_codings_are_undone_and_what_is_in_none_stays_as_it_is(void **state) {
    static char line[2 * BODY_MAX];
    static uint8_t p[BODY_MAX], encoding[64];
    size_t rows = 0;
    FILE *f = fopen(TEST_DATA "/content/odd_codings.tsv", "r");
    assert_non_null(f);
    for (; fgets(line, sizeof line, f); rows++) {
        char *at = line, *what = strsep(&at, "\t");
        size_t encoding_n = from_hex(strsep(&at, "\t"), encoding), body_n = from_hex(strsep(&at, "\t"), p);
        size_t size = strtoull(strsep(&at, "\t"), NULL, 10);
        const char *sha256 = strsep(&at, "\n");
        for (size_t i = 0; i < 60; i++) {
            run_odd(bytes_of(encoding, encoding_n), p, body_n, i < 52 ? i * body_n / 51 : 0,
                    i < 52 ? SIZE_MAX : i - 51);
            assert_int_equal(got.ended, 1);
            struct collected *x = collect_ended(&got, 0);
            if (x->size != size || strcmp(x->sha256, sha256) != 0 || !x->complete)
                fail_msg("%s, run %zu: %lu bytes, complete %d", what, i, x->size, x->complete);
            collect_finish(&got);
        }
    }
    fclose(f);
    assert_true(rows >= 40);
}

/* A part of a form or mail may be a compressed file: its name is wrong, the file must stay one. */
static void an_unknown_coding_of_a_mime_part_is_not_guessed(void **state) {
    static const uint8_t letter_gzip[] = {0x1f, 0x8b, 8,    0,    0,    0,    0, 0, 0, 3, 0x4b,
                                          4,    0,    0x43, 0xbe, 0xb7, 0xe8, 1, 0, 0, 0};
    const struct row form = {.body = "-", .second = "multipart/form-data; boundary=b"};
    static const char head[] = "--b\r\nContent-Disposition: form-data; name=f; filename=a.gz\r\n"
                               "Content-Transfer-Encoding: x-none\r\n\r\n";
    uint8_t p[256];
    size_t n = sizeof head - 1;
    memcpy(p, head, n);
    memcpy(p + n, letter_gzip, sizeof letter_gzip);
    memcpy(p + n + sizeof letter_gzip, "\r\n--b--\r\n", 10);
    run(&form, p, n + sizeof letter_gzip + 10, 0, 7);
    /* Its content is a thing of its own. */
    assert_int_equal(got.ended, 3);
    assert_int_equal(collect_ended(&got, 0)->size, 1);
    assert_string_equal(collect_ended(&got, 0)->name, "a");
    assert_int_equal(collect_ended(&got, 0)->parent, collect_ended(&got, 1)->number);
    assert_int_equal(collect_ended(&got, 1)->size, sizeof letter_gzip);
    assert_string_equal(collect_ended(&got, 1)->name, "a.gz");
    collect_finish(&got);
}

static void children_name_their_container_and_their_depth(void **state) {
    const struct row mail = {.body = "mail.body", .second = "multipart/mixed; boundary=\"outer=_1\""};
    static uint8_t p[BODY_MAX];
    run(&mail, p, body_read(mail.body, p), 100, 0);
    assert_int_equal(got.n, 5);
    struct collected *outer = &got.list[0], *inner = &got.list[2], *image = &got.list[3];
    assert_true(outer->container && outer->parent == 0 && outer->depth == 0);
    assert_string_equal(outer->type->mime, "multipart/mixed");
    assert_true(inner->container && inner->parent == outer->number && inner->depth == 1);
    assert_true(!image->container && image->parent == inner->number && image->depth == 2);
    assert_string_equal(image->type->mime, "image/jpeg");
    collect_finish(&got);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_body_gives_its_objects_at_every_split_point),
        cmocka_unit_test(what_ended_properly_is_complete_and_what_did_not_is_not),
        cmocka_unit_test(misnamed_and_damaged_codings_are_undone_and_what_is_in_none_stays_as_it_is),
        cmocka_unit_test(an_unknown_coding_of_a_mime_part_is_not_guessed),
        cmocka_unit_test(children_name_their_container_and_their_depth),
    };
    return cmocka_run_group_tests_name("content/bodies", tests, NULL, NULL);
}
