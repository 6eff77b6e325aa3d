/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/unpack.h"
#include "support.h"

/* Files in a picture and behind it: which of them are objects, and what that costs. */

static const char rules[] = "identifiers:\n  - {id: mark, pattern: 'JVC V1'}\n"
                            "rules:\n  - id: r\n    scopes: [metadata]\n    all: [mark]\n" RULE_TAIL;

enum { OBJECTS = 16, NOTES = 128 };

/* A content whose objects are inspected, and what became of them. */
static struct {
    struct bench bench;
    struct fact_pool texts;
    struct codings *codings;
    struct content *content;
    struct allowance hosts;
    struct conversation conversation;
    unsigned children;
    uint64_t size;       /* of the last child */
    uint64_t most, call; /* octets of children: in one call at the most, in this one */
    bool bounded, complete;
    char notes[NOTES];
} w;

static void on_opened(void *context, struct object *o) {
    inspector_opened(w.bench.inspector, o);
}

static void on_data(void *context, struct object *o, const uint8_t *bytes, size_t n) {
    w.call += o->depth > 0 ? n : 0;
    w.most = w.call > w.most ? w.call : w.most;
    inspector_data(w.bench.inspector, o, bytes, n);
}

static void on_gap(void *context, struct object *o, uint64_t n) {
    inspector_gap(w.bench.inspector, o, n);
}

static void on_retyped(void *context, struct object *o, struct bytes again) {
    inspector_retyped(w.bench.inspector, o, again);
}

static void on_closed(void *context, struct object *o) {
    inspector_closed(w.bench.inspector, o);
    inspector_forget(w.bench.inspector, o);
    if (o->depth > 0) {
        w.children++;
        w.size = o->size;
        w.complete = o->complete;
        return;
    }
    struct bytes notes = object_fact(o, FACT_NOTES);
    snprintf(w.notes, sizeof w.notes, "%.*s", (int)notes.n, (const char *)notes.p);
    w.bounded = o->bounded;
}

static void leave_owner(void *context, void *owner) {
}

static struct allowance *allowance_of_owner(void *context, void *owner) {
    return owner;
}

static void begin(bool rich) {
    static const struct object_sink sink = {.opened = on_opened,
                                            .data = on_data,
                                            .gap = on_gap,
                                            .closed = on_closed,
                                            .retyped = on_retyped,
                                            .retain = leave_owner,
                                            .release = leave_owner,
                                            .allowance = allowance_of_owner};
    struct content_options options = {.objects = OBJECTS};
    memset(&w, 0, sizeof w);
    setting_defaults(content_settings, &options);
    options.objects = OBJECTS;
    options.codings.memory = 64 << 20;
    bench_open(&w.bench, rules, 8 << 20);
    assert_true(fact_pool_init(&w.texts, OBJECTS, OBJECTS));
    w.codings = codings_create(&options.codings);
    const struct content_parts parts = {w.codings, &w.texts, unpacker_table};
    assert_non_null(w.content = content_create(&options, &parts, &sink));
    allowance_init(&w.hosts, rich ? 1000 : 0);
    w.conversation = (struct conversation){.now = 1000 * NS_PER_S};
}

static void finish(void) {
    content_destroy(w.content);
    codings_destroy(w.codings);
    fact_pool_finish(&w.texts);
    bench_close(&w.bench);
}

/* In pieces of so many octets; of what was announced to be longer more is still to come. */
static void send(struct bytes in, size_t piece) {
    struct transfer_seed seed = transfer_seed_of("http", SIDE_CLIENT);
    seed.length = LENGTH_UNKNOWN;
    struct transfer *t = content_begin(w.content, &w.conversation, &w.hosts, &seed);
    for (; in.n > 0; in = bytes_of(in.p + piece, in.n - piece)) {
        piece = in.n < piece ? in.n : piece;
        w.call = 0;
        content_data(&w.conversation, t, in.p, piece);
    }
    content_end(&w.conversation, t, TRANSFER_DONE);
}

static const char picture[] = "\xff\xd8\xff\xda\0\2pixels\xff\xd9";
enum { PICTURE = sizeof picture - 1 };

/* The picture, and behind it others, each with so many octets in its scan. */
static size_t put_pictures(uint8_t *out, size_t count, size_t scan) {
    static const char head[] = "\xff\xd8\xff\xda\0\2", end[] = "\xff\xd9";
    size_t n = PICTURE;
    memcpy(out, picture, PICTURE);
    for (size_t k = 0; k < count; k++) {
        memcpy(out + n, head, sizeof head - 1);
        memset(out + n + sizeof head - 1, 'x', scan);
        memcpy(out + n + sizeof head - 1 + scan, end, 2);
        n += sizeof head - 1 + scan + 2;
    }
    return n;
}

static void pictures_of_few_octets_behind_a_picture_are_objects_where_somebody_pays_for_them(void **state) {
    enum { COUNT = 300 };
    static uint8_t bytes[PICTURE + COUNT * 16];
    size_t n = put_pictures(bytes, COUNT, 4);
    const size_t pieces[] = {n, 7};
    for (size_t k = 0; k < 2; k++)
        for (int rich = 0; rich < 2; rich++) {
            begin(rich);
            uint64_t before = counter_values[COUNTER_INSPECT_CHILDREN_UNPAID];
            send(bytes_of(bytes, n), pieces[k]);
            assert_int_equal(w.children, rich ? COUNT : 0);
            assert_int_equal(counter_values[COUNTER_INSPECT_CHILDREN_UNPAID] - before, rich ? 0 : COUNT);
            assert_int_equal(w.bounded, !rich);
            finish();
        }
}

static void a_picture_of_more_octets_is_an_object_from_its_first_one_though_nobody_pays(void **state) {
    static uint8_t bytes[PICTURE + 2048];
    size_t n = put_pictures(bytes, 1, 1000);
    for (size_t piece = 1; piece <= n; piece = piece * 3 + 1) {
        begin(false);
        send(bytes_of(bytes, n), piece);
        assert_int_equal(w.children, 1);
        assert_int_equal(w.size, n - PICTURE);
        assert_true(w.complete);
        finish();
    }
}

static void what_stands_behind_much_fill_does_not_cost_all_of_it_at_once(void **state) {
    enum { FILL = 4 << 20, REST = 64, PIECE = 1400, MOST = 3 << 19 };
    uint8_t *bytes = calloc(1, PICTURE + FILL + REST);
    memcpy(bytes, picture, PICTURE);
    memset(bytes + PICTURE + FILL, 'r', REST);
    begin(true);
    send(bytes_of(bytes, PICTURE + FILL + REST), PIECE);
    assert_int_equal(w.children, 1);
    assert_int_equal(w.size, FILL + REST);
    assert_string_equal(w.notes, "trailing-data");
    assert_true(w.most < MOST);
    finish();
    begin(true);
    send(bytes_of(bytes, PICTURE + FILL), PIECE);
    assert_string_equal(w.notes, "");
    finish();
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_of_few_octets_behind_a_picture_are_objects_where_somebody_pays_for_them),
        cmocka_unit_test(a_picture_of_more_octets_is_an_object_from_its_first_one_though_nobody_pays),
        cmocka_unit_test(what_stands_behind_much_fill_does_not_cost_all_of_it_at_once),
    };
    return cmocka_run_group_tests_name("inspect/pictures", tests, NULL, NULL);
}
