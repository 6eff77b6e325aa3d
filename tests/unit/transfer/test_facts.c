/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "transfer/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Holders and rooms are few, so that what is not given back is missed at once. */
enum { HOLDERS = 4, ROOMS = 2 };

static struct fact_pool pool;

static int open_pool(void **state) {
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    return fact_pool_init(&pool, HOLDERS, ROOMS) ? 0 : -1;
}

static int close_pool(void **state) {
    bool empty = pool.holders.in_use == 0 && pool.rooms.in_use == 0;
    fact_pool_finish(&pool);
    return empty ? 0 : -1;
}

static struct facts *create(struct facts *parent) {
    struct facts *f = facts_create(&pool, parent);
    assert_non_null(f);
    return f;
}

static void set(struct facts *f, enum fact which, const char *value) {
    facts_set(&pool, f, which, bytes_text(value));
}

static void assert_text(struct bytes have, const char *want) {
    assert_int_equal(have.n, strlen(want));
    if (have.n)
        assert_memory_equal(have.p, want, have.n);
}

static int count_cut(void) {
    return (int)counter_values[COUNTER_OBJECT_TEXT_CUT];
}

/* `n` octets of one letter. */
static struct bytes run_of(char letter, size_t n) {
    static char text[2][5000];
    static int which;
    assert_true(n <= sizeof text[0]);
    which = !which;
    memset(text[which], letter, n);
    return bytes_of(text[which], n);
}

static void assert_run(struct bytes have, char letter, size_t n) {
    assert_int_equal(have.n, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(have.p[i], letter);
}

/* --- the table --- */

static bool same_text(const char *a, const char *b) {
    return a && b && strcmp(a, b) == 0;
}

/* "http." of "http.request.method": 5. */
static size_t group_of(const char *ecs) {
    return (size_t)(strchr(ecs, '.') - ecs) + 1;
}

/* What is wrong with a row, or NULL. */
static const char *find_wrong(const struct fact_row *rows, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const struct fact_row *r = &rows[i];
        if (r->longest == 0)
            return "no length";
        if (!r->ecs != !r->brief)
            return "a field without a short name, or the other way round";
        if (!r->ecs != !r->shown)
            return "shown without a field, or a field that is never shown";
        if (r->ecs && !strchr(r->ecs, '.'))
            return "no ECS field";
        for (size_t k = i + 1; k < n; k++) {
            if (same_text(r->ecs, rows[k].ecs) || same_text(r->brief, rows[k].brief))
                return "twice";
            if (r->ecs && rows[k].ecs && strncmp(r->ecs, rows[k].ecs, group_of(r->ecs)) == 0 &&
                (!rows[k - 1].ecs || strncmp(r->ecs, rows[k - 1].ecs, group_of(r->ecs)) != 0))
                return "fields of one beginning stand apart";
        }
    }
    return NULL;
}

static void every_row_has_a_length_and_names_that_no_other_has(void **state) {
    const char *wrong = find_wrong(fact_rows, FACT_COUNT);
    if (wrong)
        fail_msg("%s", wrong);
}

static void a_damaged_table_is_told_from_a_good_one(void **state) {
    static const struct fact_row good[] = {{"file.name", "file", 10, 1, 1, 1, 1, 0, 0},
                                           {"url.path", "path", 10, 1, 1, 1, 1, 0, 0},
                                           {NULL, NULL, 10, 0, 0, 1, 1, 0, 0}};
    static const struct {
        size_t row;
        struct fact_row instead;
    } bad[] = {
        {1, {"file.name", "other", 10, 1, 1, 1, 1, 0, 0}}, {1, {"url.path", "file", 10, 1, 1, 1, 1, 0, 0}},
        {1, {"url.path", NULL, 10, 1, 1, 1, 1, 0, 0}},     {1, {"url.path", "path", 0, 1, 1, 1, 1, 0, 0}},
        {1, {"url.path", "path", 10, 0, 1, 1, 1, 0, 0}},   {2, {"file.size", "size", 10, 1, 1, 1, 1, 0, 0}},
        {2, {NULL, "size", 10, 0, 1, 1, 1, 0, 0}},
    };
    assert_null(find_wrong(good, 3));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fact_row rows[3] = {good[0], good[1], good[2]};
        rows[bad[i].row] = bad[i].instead;
        assert_non_null(find_wrong(rows, 3));
    }
}

static void what_a_sender_chose_is_covered_before_it_leaves(void **state) {
    for (size_t i = 0; i < FACT_COUNT; i++)
        assert_true(!fact_rows[i].wire || fact_rows[i].covered);
}

/* --- own and given --- */

static void what_is_set_is_got_and_nothing_else(void **state) {
    struct facts *f = create(NULL);
    for (unsigned i = 0; i < FACT_COUNT; i++)
        assert_int_equal(facts_get(f, (enum fact)i).n, 0);
    set(f, FACT_USER, "lane4");
    for (unsigned i = 0; i < FACT_COUNT; i++)
        assert_text(facts_get(f, (enum fact)i), i == FACT_USER ? "lane4" : "");
    set(f, FACT_USER, "");
    assert_int_equal(facts_get(f, FACT_USER).n, 0);
    assert_int_equal(facts_get(NULL, FACT_USER).n, 0);
    facts_release(&pool, f);
}

static void a_child_has_what_its_parents_give_unless_it_has_its_own(void **state) {
    struct facts *mail = create(NULL), *archive = create(mail), *picture = create(archive);
    set(mail, FACT_USER, "mailer");
    set(mail, FACT_PATH, "/mail");
    set(archive, FACT_PATH, "/mail/archive");
    assert_text(facts_get(picture, FACT_USER), "mailer");
    assert_text(facts_get(picture, FACT_PATH), "/mail/archive");
    assert_int_equal(facts_own(picture, FACT_USER).n, 0);
    set(picture, FACT_USER, "picture");
    assert_text(facts_get(picture, FACT_USER), "picture");
    assert_text(facts_get(archive, FACT_USER), "mailer");
    set(picture, FACT_USER, "");
    assert_text(facts_get(picture, FACT_USER), "mailer");
    set(mail, FACT_USER, "later"); /* by reference */
    assert_text(facts_get(picture, FACT_USER), "later");
    facts_release(&pool, mail);
    facts_release(&pool, archive);
    assert_text(facts_get(picture, FACT_PATH), "/mail/archive");
    assert_int_equal(pool.holders.in_use, 3);
    facts_release(&pool, picture);
}

static void a_name_and_a_declared_type_are_of_one_object_alone(void **state) {
    struct facts *parent = create(NULL), *child = create(parent);
    for (unsigned i = 0; i < FACT_COUNT; i++)
        set(parent, (enum fact)i, "said");
    assert_int_equal(facts_get(child, FACT_NAME).n, 0);
    assert_int_equal(facts_get(child, FACT_DECLARED_TYPE).n, 0);
    assert_text(facts_get(child, FACT_URL), "said");
    assert_text(facts_get(child, FACT_HOST), "said");
    facts_release(&pool, parent);
    facts_release(&pool, child);
}

static void a_holder_lives_as_long_as_anybody_refers_to_it(void **state) {
    struct facts *f = create(NULL);
    facts_retain(f);
    set(f, FACT_NAME, "a");
    facts_release(&pool, f);
    assert_text(facts_get(f, FACT_NAME), "a");
    facts_release(&pool, f);
    facts_release(&pool, NULL);
    facts_retain(NULL);
    assert_int_equal(pool.holders.in_use, 0);
}

/* --- many at once --- */

static void to_replace_takes_what_is_not_empty_and_to_fill_what_was_not_known(void **state) {
    struct facts *a = create(NULL), *b = create(NULL);
    struct bytes later[FACT_COUNT] = {[FACT_NAME] = bytes_text("new.jpg"), [FACT_HOST] = bytes_text("h")};
    for (int i = 0; i < 2; i++) {
        set(i ? b : a, FACT_NAME, "old.jpg");
        set(i ? b : a, FACT_USER, "lane4");
    }
    facts_replace(&pool, a, later);
    assert_text(facts_get(a, FACT_NAME), "new.jpg");
    assert_text(facts_get(a, FACT_USER), "lane4");
    assert_text(facts_get(a, FACT_HOST), "h");
    facts_fill(&pool, b, later);
    assert_text(facts_get(b, FACT_NAME), "old.jpg");
    assert_text(facts_get(b, FACT_USER), "lane4");
    assert_text(facts_get(b, FACT_HOST), "h");
    facts_release(&pool, a);
    facts_release(&pool, b);
}

/* --- lengths --- */

static void a_value_is_cut_at_its_longest_and_counted(void **state) {
    struct facts *f = create(NULL);
    for (unsigned i = 0; i < FACT_COUNT; i++) {
        size_t longest = fact_rows[i].longest;
        facts_set(&pool, f, (enum fact)i, run_of('x', longest));
        assert_int_equal(count_cut(), (int)i);
        assert_run(facts_get(f, (enum fact)i), 'x', longest);
        facts_set(&pool, f, (enum fact)i, run_of('y', longest + 1));
        assert_int_equal(count_cut(), (int)i + 1);
        assert_run(facts_get(f, (enum fact)i), 'y', longest);
    }
    assert_int_equal(pool.rooms.in_use, 1); /* in which all of them fit at once */
    for (unsigned i = 0; i < FACT_COUNT; i++)
        assert_run(facts_get(f, (enum fact)i), 'y', fact_rows[i].longest);
    facts_release(&pool, f);
}

static void a_value_is_cut_in_front_of_a_character_that_does_not_fit(void **state) {
    static const char euro[] = "\xE2\x82\xAC"; /* U+20AC */
    char value[40];
    struct facts *f = create(NULL);
    assert_int_equal(fact_rows[FACT_METHOD].longest, 32);
    for (size_t before = 28; before <= 33; before++) {
        memset(value, 'm', sizeof value);
        memcpy(value + before, euro, 3);
        facts_set(&pool, f, FACT_METHOD, bytes_of(value, before + 3));
        size_t want = before + 3 <= 32 ? before + 3 : before < 32 ? before : 32;
        assert_int_equal(facts_get(f, FACT_METHOD).n, want);
        assert_memory_equal(facts_get(f, FACT_METHOD).p, value, want);
    }
    assert_int_equal(count_cut(), 4); /* from 30 letters on */
    facts_release(&pool, f);
}

static void short_texts_take_no_room_and_long_ones_one(void **state) {
    struct facts *f = create(NULL);
    set(f, FACT_NAME, "a.jpg");
    facts_set(&pool, f, FACT_USER, run_of('u', 100));
    assert_int_equal(pool.rooms.in_use, 0);
    facts_set(&pool, f, FACT_PATH, run_of('p', 2000));
    assert_int_equal(pool.rooms.in_use, 1);
    assert_text(facts_get(f, FACT_NAME), "a.jpg");
    assert_run(facts_get(f, FACT_USER), 'u', 100);
    assert_run(facts_get(f, FACT_PATH), 'p', 2000);
    facts_set(&pool, f, FACT_URL, run_of('q', 2000));
    assert_int_equal(pool.rooms.in_use, 1);
    assert_int_equal(count_cut(), 0);
    facts_release(&pool, f);
    assert_int_equal(pool.rooms.in_use, 0);
}

static void without_a_room_a_text_is_cut_and_counted_and_the_others_stay(void **state) {
    struct facts *long_ones[ROOMS], *f;
    for (int i = 0; i < ROOMS; i++) {
        long_ones[i] = create(NULL);
        facts_set(&pool, long_ones[i], FACT_PATH, run_of('p', 1000));
    }
    f = create(NULL);
    facts_set(&pool, f, FACT_USER, run_of('u', 100));
    assert_int_equal(count_cut(), 0);
    facts_set(&pool, f, FACT_PATH, run_of('q', 1000));
    assert_int_equal(count_cut(), 1);
    assert_run(facts_get(f, FACT_USER), 'u', 100);
    size_t left = facts_get(f, FACT_PATH).n;
    assert_in_range(left, 1, 999);
    assert_run(facts_get(f, FACT_PATH), 'q', left);
    set(f, FACT_HOST, "h"); /* nothing is left for it */
    assert_int_equal(facts_get(f, FACT_HOST).n, 0);
    assert_int_equal(count_cut(), 2);
    facts_release(&pool, long_ones[0]);
    facts_set(&pool, f, FACT_PATH, run_of('r', 1000)); /* there is one now */
    assert_run(facts_get(f, FACT_PATH), 'r', 1000);
    assert_run(facts_get(f, FACT_USER), 'u', 100);
    assert_int_equal(count_cut(), 2);
    facts_release(&pool, long_ones[1]);
    facts_release(&pool, f);
}

static void at_the_cap_there_is_no_holder_and_the_parent_is_not_kept(void **state) {
    struct facts *f[HOLDERS];
    for (int i = 0; i < HOLDERS; i++)
        f[i] = create(NULL);
    assert_null(facts_create(&pool, f[0]));
    facts_release(&pool, f[0]);
    assert_int_equal(pool.holders.in_use, HOLDERS - 1);
    f[0] = create(f[1]);
    for (int i = 0; i < HOLDERS; i++)
        facts_release(&pool, f[i]);
}

/* --- against a plain model --- */

enum { LONGEST = 2048, OF_ONE = 2 };

static uint64_t random_state;

static size_t below(size_t n) {
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (size_t)(random_state >> 33) % n;
}

/* A text of whole characters, of one, two or three octets each. */
static struct bytes random_text(uint8_t room[LONGEST + 600]) {
    static const char *const characters[] = {"a", "Z", "\n", "\xC3\xA9", "\xE2\x82\xAC"};
    size_t n = 0, want = below(4) ? below(120) : below(LONGEST + 500);
    while (n < want) {
        const char *c = characters[below(5)];
        memcpy(room + n, c, strlen(c));
        n += strlen(c);
    }
    return bytes_of(room, n);
}

/* What a plain array of strings would hold: as many whole characters as there is room for. */
static size_t fit(struct bytes text, size_t room) {
    size_t n = text.n < room ? text.n : room;
    while (n > 0 && n < text.n && (text.p[n] & 0xC0) == 0x80)
        n--;
    return n;
}

struct plain {
    size_t n[FACT_COUNT];
    uint8_t text[FACT_COUNT][LONGEST];
};

static void check_plain(const struct facts *f, const struct plain *m) {
    for (unsigned i = 0; i < FACT_COUNT; i++) {
        struct bytes have = facts_own(f, (enum fact)i);
        assert_int_equal(have.n, m->n[i]);
        if (have.n)
            assert_memory_equal(have.p, m->text[i], have.n);
    }
}

static void keep_plain(struct plain *m, enum fact which, struct bytes value) {
    m->n[which] = fit(value, fact_rows[which].longest);
    memcpy(m->text[which], value.p, m->n[which]);
}

static void change_at_random(struct facts *f, struct plain *m) {
    static uint8_t room[FACT_COUNT][LONGEST + 600];
    struct bytes values[FACT_COUNT];
    enum fact which = (enum fact)below(FACT_COUNT);
    switch (below(6)) {
    case 0: /* one is taken away */
        facts_set(&pool, f, which, bytes_of(NULL, 0));
        m->n[which] = 0;
        break;
    case 1:
    case 2: /* several at once */
        for (unsigned i = 0; i < FACT_COUNT; i++)
            values[i] = below(3) ? bytes_of(NULL, 0) : random_text(room[i]);
        bool fill = below(2);
        for (unsigned i = 0; i < FACT_COUNT; i++)
            if (values[i].n && (!fill || m->n[i] == 0))
                keep_plain(m, (enum fact)i, values[i]);
        (fill ? facts_fill : facts_replace)(&pool, f, values);
        break;
    default:
        values[0] = random_text(room[0]);
        facts_set(&pool, f, which, values[0]);
        keep_plain(m, which, values[0]);
    }
}

static void texts_of_one_never_damage_another(void **state) {
    static struct plain model[OF_ONE];
    for (random_state = 1; random_state <= 40; random_state++) {
        uint64_t seed = random_state;
        struct facts *f[OF_ONE];
        memset(model, 0, sizeof model);
        for (int i = 0; i < OF_ONE; i++)
            f[i] = create(i ? f[0] : NULL);
        for (int step = 0; step < 200; step++) {
            size_t i = below(OF_ONE);
            change_at_random(f[i], &model[i]);
            for (int k = 0; k < OF_ONE; k++)
                check_plain(f[k], &model[k]);
        }
        for (int i = 0; i < OF_ONE; i++)
            facts_release(&pool, f[i]);
        random_state = seed;
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_pool, close_pool)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_row_has_a_length_and_names_that_no_other_has),
        TEST(a_damaged_table_is_told_from_a_good_one),
        TEST(what_a_sender_chose_is_covered_before_it_leaves),
        TEST(what_is_set_is_got_and_nothing_else),
        TEST(a_child_has_what_its_parents_give_unless_it_has_its_own),
        TEST(a_name_and_a_declared_type_are_of_one_object_alone),
        TEST(a_holder_lives_as_long_as_anybody_refers_to_it),
        TEST(to_replace_takes_what_is_not_empty_and_to_fill_what_was_not_known),
        TEST(a_value_is_cut_at_its_longest_and_counted),
        TEST(a_value_is_cut_in_front_of_a_character_that_does_not_fit),
        TEST(short_texts_take_no_room_and_long_ones_one),
        TEST(without_a_room_a_text_is_cut_and_counted_and_the_others_stay),
        TEST(at_the_cap_there_is_no_holder_and_the_parent_is_not_kept),
        TEST(texts_of_one_never_damage_another),
    };
    return cmocka_run_group_tests_name("transfer/facts", tests, NULL, NULL);
}
