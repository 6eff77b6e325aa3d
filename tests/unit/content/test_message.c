/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Mails in tests/data/mail; make_mail_samples.py says how they were made and where what is expected of them
 * comes from. */

enum { ROWS_MAX = 256, MAIL_MAX = 64 << 10, COLUMNS = 5 };

struct row {
    char line[2048], *column[COLUMNS];
};

static struct collector got;

/* What the first object, the mail itself, said of itself when it closed. */
static char said[3][1024];
static const enum fact shown[3] = {FACT_EMAIL_FROM, FACT_EMAIL_TO, FACT_EMAIL_SUBJECT};

static void close_noting(void *context, struct object *o) {
    for (int i = 0; i < 3 && o->parent == 0; i++) {
        struct bytes text = object_fact(o, shown[i]);
        snprintf(said[i], sizeof said[i], "%.*s", (int)text.n, (const char *)text.p);
    }
    collect_closed(context, o);
}

static size_t read_rows(const char *file, struct row *rows) {
    char path[512];
    size_t n = 0;
    snprintf(path, sizeof path, TEST_DATA "/mail/%s", file);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (n < ROWS_MAX && fgets(rows[n].line, sizeof rows[n].line, f)) {
        char *at = rows[n].line;
        at[strcspn(at, "\n")] = 0;
        for (int i = 0; i < COLUMNS && at; i++)
            rows[n].column[i] = strsep(&at, "\t");
        n++;
    }
    fclose(f);
    return n;
}

static size_t read_mail(const char *file, uint8_t *out) {
    char path[512];
    snprintf(path, sizeof path, TEST_DATA "/mail/%s", file);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(out, 1, MAIL_MAX, f);
    fclose(f);
    return n;
}

struct how {
    const char *declared;
    size_t split, step;  /* 0: no more pieces */
    size_t gap, missing; /* from `gap` on, so many octets */
};

static struct content *open_content(void) {
    static const struct content_options options = {.objects = 64, .assembly_bytes = 1 << 20};
    static struct content_options o;
    static struct content_parts parts;
    static struct object_sink sink;
    o = options;
    parts = collect_parts(&o);
    sink = collect_sink(&got);
    sink.closed = close_noting;
    return content_create(&o, &parts, &sink);
}

static void send_to(struct content *c, const uint8_t *p, size_t n, struct how h) {
    struct conversation conversation = collect_conversation(4000);
    struct transfer_seed facts = collect_facts("POST", "/upload");
    facts.fact[FACT_DECLARED_TYPE] = bytes_text(h.declared);
    struct transfer *t = content_begin(c, &conversation, NULL, &facts);
    content_data(&conversation, t, p, h.split);
    for (size_t i = h.split, take; i < n; i += take) {
        take = h.step && n - i > h.step ? h.step : n - i;
        if (h.missing && i < h.gap && i + take > h.gap)
            take = h.gap - i;
        if (h.missing && i == h.gap)
            content_gap(&conversation, t, take = h.missing);
        else
            content_data(&conversation, t, p + i, take);
    }
    content_end(&conversation, t, TRANSFER_DONE);
}

static void send_mail(const uint8_t *p, size_t n, struct how h) {
    struct content *c = open_content();
    send_to(c, p, n, h);
    collect_destroy(c);
}

/* The nth object that ended and is no container; NULL: there is none. */
static const struct collected *find_thing(size_t nth) {
    for (size_t i = 0; i < got.ended; i++)
        if (!collect_ended(&got, i)->container && nth-- == 0)
            return collect_ended(&got, i);
    return NULL;
}

static void check_things(const char *mail, const struct row *objects, size_t count, size_t split) {
    size_t nth = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(objects[i].column[0], mail) != 0)
            continue;
        const struct collected *x = find_thing(nth++);
        if (!x || strcmp(x->name, objects[i].column[1]) != 0 ||
            strcmp(x->sha256, objects[i].column[3]) != 0 || x->complete != (objects[i].column[4][0] == '1'))
            fail_msg("%s at %zu: thing %zu is %s, %zu octets, %s, complete %d", mail, split, nth,
                     x ? x->name : "", x ? (size_t)x->size : 0, x ? x->sha256 : "", x && x->complete);
    }
    if (find_thing(nth))
        fail_msg("%s at %zu: %s is too much", mail, split, find_thing(nth)->name);
}

static void check_mail(const struct row *mail, const struct row *objects, size_t count, size_t split) {
    check_things(mail->column[0], objects, count, split);
    for (int i = 0; i < 3; i++)
        assert_string_equal(said[i], mail->column[1 + i]);
    const struct collected *whole = collect_ended(&got, got.ended - 1);
    assert_string_equal(whole->type->mime, "message/rfc822");
    assert_true(whole->container);
    collect_finish(&got);
}

static struct row mails[ROWS_MAX], objects[ROWS_MAX];
static size_t mail_count, object_count;
static uint8_t bytes[MAIL_MAX];

/* One content for all that is sent of a mail: to make one takes longer than most mails. */
static void every_mail_gives_its_things_at_every_split_point(void **state) {
    for (size_t m = 0; m < mail_count; m++) {
        size_t n = read_mail(mails[m].column[0], bytes);
        struct content *c = open_content();
        for (size_t split = 0; split <= n; split += n > 8192 ? 7 : 1) {
            send_to(c, bytes, n, (struct how){.declared = "message/rfc822", .split = split});
            check_mail(&mails[m], objects, object_count, split);
        }
        for (size_t step = 1; step <= 8; step++) {
            send_to(c, bytes, n, (struct how){.declared = "message/rfc822", .step = step});
            check_mail(&mails[m], objects, object_count, step);
        }
        collect_destroy(c);
    }
}

static void a_mail_is_known_by_its_shape_whatever_is_declared(void **state) {
    static const char *const declared[] = {"", "text/plain", "application/octet-stream", "image/jpeg"};
    for (size_t m = 0; m < mail_count; m++)
        for (size_t d = 0; d < sizeof declared / sizeof *declared; d++) {
            size_t n = read_mail(mails[m].column[0], bytes);
            send_mail(bytes, n, (struct how){.declared = declared[d]});
            check_mail(&mails[m], objects, object_count, d);
        }
}

static size_t find_text(const uint8_t *p, size_t n, const char *text) {
    const uint8_t *at = memmem(p, n, text, strlen(text));
    return at ? (size_t)(at - p) : n;
}

static size_t put_mail(uint8_t *out, const char *head, char fill, size_t fills, const char *rest) {
    size_t n = strlen(head), rest_n = strlen(rest);
    memcpy(out, head, n);
    memset(out + n, fill, fills);
    memcpy(out + n + fills, rest, rest_n);
    return n + fills + rest_n;
}

static const struct collected *find_named(const char *name) {
    for (size_t i = 0; i < got.ended; i++)
        if (strcmp(collect_ended(&got, i)->name, name) == 0)
            return collect_ended(&got, i);
    return NULL;
}

/* Two unpackers look into it, of which one gives the head as the mail's text. */
static void a_mail_declared_as_a_multipart_body_has_its_head_once(void **state) {
    size_t n = read_mail("python.eml", bytes), head = find_text(bytes, n, "\r\n\r\n") + 4;
    for (size_t step = 1; step <= n; step *= 8) {
        send_mail(bytes, n, (struct how){.declared = "multipart/mixed; boundary=nowhere", .step = step});
        const struct collected *mail = collect_ended(&got, got.ended - 1);
        assert_true(mail->container);
        assert_int_equal(mail->bytes, head);
        assert_memory_equal(mail->data, bytes, head);
        collect_finish(&got);
    }
}

static void a_remark_before_the_first_part_is_inspected_line_by_line(void **state) {
    static const char remark[] = "KXR4471,TX\nGHT7720,NM\n\nPJX0913,TX\r\n";
    static const char part[] = "--B\r\nContent-Type: text/plain\r\n\r\nhello\r\n--B--\r\n";
    size_t n = put_mail(bytes, remark, ' ', 0, part);
    for (size_t step = 1; step <= n; step++) {
        send_mail(bytes, n, (struct how){.declared = "multipart/mixed; boundary=B", .step = step});
        const struct collected *body = collect_ended(&got, got.ended - 1);
        assert_true(body->container && body->bytes >= sizeof remark - 1);
        assert_memory_equal(body->data, remark, sizeof remark - 1);
        collect_finish(&got);
    }
}

static void a_text_declared_as_a_multipart_body_is_searched_for_files(void **state) {
    static const char text[] = "no boundary\nbegin 644 a.txt\n+<&QA=&4L;&%N90H`\n`\nend\n";
    static const char *const declared[] = {"text/plain", "multipart/mixed", "multipart/mixed; boundary=B"};
    for (size_t i = 0; i < 3; i++) {
        send_mail((const uint8_t *)text, sizeof text - 1, (struct how){.declared = declared[i]});
        assert_int_equal(got.ended, 2);
        assert_non_null(find_named("a.txt"));
        collect_finish(&got);
    }
}

/* --- Gaps --- */

/* What came behind the missing bytes is there whole; that some are missing the mail says. */
static void a_gap_in_the_head_hides_no_attachment(void **state) {
    size_t n = read_mail("python.eml", bytes), body = find_text(bytes, n, "\r\n\r\n");
    for (size_t missing = 1; missing <= 201; missing += 40)
        for (size_t gap = 0; gap + missing < body; gap++) {
            send_mail(
                bytes, n,
                (struct how){.declared = "message/rfc822", .split = gap, .gap = gap, .missing = missing});
            const struct collected *picture = find_named("20260531_L04_ABC1234.jpg");
            if (!picture || !picture->complete || picture->size != 900)
                fail_msg("%zu missing at %zu: the picture is not whole", missing, gap);
            assert_false(collect_ended(&got, got.ended - 1)->complete);
            assert_int_equal(collect_ended(&got, got.ended - 1)->missing, missing);
            collect_finish(&got);
        }
}

static void a_gap_in_an_attachment_is_missing_in_it_alone(void **state) {
    size_t n = read_mail("python.eml", bytes), at = find_text(bytes, n, "20260531_L04");
    size_t gap = at + find_text(bytes + at, n - at, "\r\n\r\n") + 200;
    send_mail(bytes, n, (struct how){.split = gap, .gap = gap, .missing = 40});
    assert_false(find_named("20260531_L04_ABC1234.jpg")->complete);
    assert_true(find_named("20260531_L04_ABC1234.jpg")->missing > 0);
    assert_true(find_named("inner.png")->complete);
    collect_finish(&got);
}

/* --- Names of fields --- */

static const char to_the_name[] = "From: a@b.example\r\nTo: c@d.example\r\nX";
static const char from_the_name[] =
    ": y\r\nMIME-Version: 1.0\r\nContent-Type: application/x-reads; name=reads.txt\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\nQUIxMiBDREUK\r\n";

static void a_name_as_long_as_a_line_may_be_is_one(void **state) {
    for (size_t i = 0; i < 2; i++) {
        size_t n = put_mail(bytes, to_the_name, " x"[i], 990, from_the_name);
        send_mail(bytes, n, (struct how){.declared = "message/rfc822", .step = 100});
        assert_non_null(find_named("reads.txt"));
        assert_int_equal(find_named("reads.txt")->size, 9);
        assert_false(collect_ended(&got, got.ended - 1)->bounded);
        collect_finish(&got);
    }
}

/* Longer ones begin the body, and the mail says that there was a bound. */
static void blanks_behind_a_name_stay_in_their_room(void **state) {
    size_t head = sizeof to_the_name - 2; /* the name is the body's first octet */
    for (size_t blanks = 100; blanks < MAIL_MAX - 512; blanks += 4091) {
        size_t n = put_mail(bytes, to_the_name, ' ', blanks, from_the_name);
        send_mail(bytes, n, (struct how){.declared = "message/rfc822", .step = blanks % 2 ? 100 : 0});
        bool over = blanks > 1000;
        assert_int_equal(find_thing(0)->size, over ? n - head : 9);
        assert_int_equal(collect_ended(&got, got.ended - 1)->bounded, over);
        collect_finish(&got);
    }
}

/* --- message/partial (RFC 2046 section 5.2.2) --- */

enum { PIECES = 3 };

/* The nth of so many pieces of a mail, each a mail of its own. Only the last says how many there are. */
static size_t make_piece(uint8_t *out, const uint8_t *p, size_t n, size_t nth) {
    size_t from = n * nth / PIECES, to = n * (nth + 1) / PIECES;
    int head = sprintf((char *)out,
                       "From: a@b.example\r\nSubject: piece\r\nMessage-ID: <p%zu@b.example>\r\n"
                       "Content-Type: message/partial; id=\"x=1@b.example\"; number=%zu%s\r\n\r\n",
                       nth, nth + 1, nth + 1 == PIECES ? "; total=3" : "");
    memcpy(out + head, p + from, to - from);
    return (size_t)head + (to - from);
}

/* Pieces by their number from 0 in the order of `order`, on connections of their own. */
static void send_pieces(const char *order, size_t step) {
    static uint8_t piece[MAIL_MAX];
    struct content_options options = {.objects = 64, .assembly_bytes = 1 << 20};
    struct content *c = collect_content(&options, &got);
    size_t n = read_mail("python.eml", bytes);
    for (const char *at = order; *at; at++) {
        struct conversation conversation = collect_conversation(4000 + (unsigned)(at - order));
        struct transfer_seed facts = transfer_seed_of("smtp", SIDE_CLIENT);
        size_t size = make_piece(piece, bytes, n, (size_t)(*at - '0'));
        struct transfer *t = content_begin(c, &conversation, NULL, &facts);
        for (size_t i = 0; i < size; i += step)
            content_data(&conversation, t, piece + i, size - i < step ? size - i : step);
        content_end(&conversation, t, TRANSFER_DONE);
    }
    content_tick(c, 2000 * NS_PER_S);
    collect_destroy(c);
}

static void check_pieces(const char *order, size_t step) {
    size_t mails_seen = 0;
    for (size_t i = 0; i < got.ended; i++)
        mails_seen += strcmp(collect_ended(&got, i)->type->mime, "message/rfc822") == 0;
    assert_int_equal(mails_seen,
                     strlen(order) + 2); /* what they make together, and what was forwarded in it */
    check_things("python.eml", objects, object_count, step);
    collect_finish(&got);
}

static void a_mail_in_pieces_is_put_together_in_whatever_order_they_come(void **state) {
    static const char *const orders[] = {"012", "021", "102", "120", "201", "210"};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        for (size_t step = 1; step <= 4096; step *= 8) {
            send_pieces(orders[i], step);
            check_pieces(orders[i], step);
        }
}

static bool has_thing(const struct row *object) {
    for (size_t i = 0; i < got.ended; i++)
        if (strcmp(collect_ended(&got, i)->sha256, object->column[3]) == 0 &&
            strcmp(collect_ended(&got, i)->name, object->column[1]) == 0)
            return true;
    return false;
}

static void a_piece_that_comes_again_changes_nothing(void **state) {
    static const char *const orders[] = {"0012", "0112", "22110", "0122"};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        send_pieces(orders[i], 512);
        for (size_t k = 0; k < object_count; k++)
            if (strcmp(objects[k].column[0], "python.eml") == 0 && !has_thing(&objects[k]))
                fail_msg("%s: no %s", orders[i], objects[k].column[1]);
        collect_finish(&got);
    }
}

/* Number, total, text of pieces of one name, of which the last must be seen. */
static void pieces_that_join_nothing_are_looked_at_by_themselves(void **state) {
    static const char *const pieces[][3] = {
        {"number=1", "number=1", NULL},                   /* again, with something else */
        {"number=2; total=3", "number=2", NULL},          /* likewise, while the first is not there */
        {"number=1; total=1", "number=2", NULL},          /* behind the last */
        {"number=1", "number=2; total=2", "number=2"},    /* behind the end */
        {"number=5; total=2", "number=6; total=2", NULL}, /* there is no such */
    };
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct content_options options = {.objects = 64, .assembly_bytes = 1 << 20};
        struct content *c = collect_content(&options, &got);
        bool seen = false;
        for (unsigned k = 0; k < 3 && pieces[i][k]; k++) {
            struct conversation conversation = collect_conversation(4000 + k);
            struct transfer_seed facts = transfer_seed_of("smtp", SIDE_CLIENT);
            bool last = k == 2 || !pieces[i][k + 1];
            int n = sprintf((char *)bytes,
                            "From: a@b.example\r\nSubject: x\r\nMessage-ID: <%u@b>\r\n"
                            "Content-Type: message/partial; id=x; %s\r\n\r\n%s\r\n",
                            k, pieces[i][k], last ? "KXR4471,TX,4" : "nothing of any");
            struct transfer *t = content_begin(c, &conversation, NULL, &facts);
            content_data(&conversation, t, bytes, (size_t)n);
            content_end(&conversation, t, TRANSFER_DONE);
        }
        content_tick(c, 2000 * NS_PER_S);
        collect_destroy(c);
        for (size_t k = 0; k < got.n; k++)
            seen |= got.list[k].data && memmem(got.list[k].data, got.list[k].bytes, "KXR4471", 7);
        if (!seen)
            fail_msg("%s, %s: not seen", pieces[i][0], pieces[i][1]);
        collect_finish(&got);
    }
}

static void a_piece_that_never_came_is_missing(void **state) {
    static const char *const orders[] = {"01", "02", "12", "0"};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        bool lacking = false;
        send_pieces(orders[i], 512);
        for (size_t k = 0; k < got.ended; k++) {
            const struct collected *x = collect_ended(&got, k);
            if (strcmp(x->name, "20260531_L04_ABC1234.jpg") == 0) /* which lies in the last two */
                assert_int_equal(x->complete, i == 2);
            lacking |= strcmp(x->type->mime, "message/rfc822") == 0 && !x->complete;
            assert_true(x->missing <= 2);
        }
        assert_true(lacking || i == 2); /* whose first bytes are no mail's */
        collect_finish(&got);
    }
}

int main(void) {
    mail_count = read_rows("mails.tsv", mails);
    object_count = read_rows("objects.tsv", objects);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mail_gives_its_things_at_every_split_point),
        cmocka_unit_test(a_mail_declared_as_a_multipart_body_has_its_head_once),
        cmocka_unit_test(a_remark_before_the_first_part_is_inspected_line_by_line),
        cmocka_unit_test(a_text_declared_as_a_multipart_body_is_searched_for_files),
        cmocka_unit_test(a_gap_in_the_head_hides_no_attachment),
        cmocka_unit_test(a_gap_in_an_attachment_is_missing_in_it_alone),
        cmocka_unit_test(a_name_as_long_as_a_line_may_be_is_one),
        cmocka_unit_test(blanks_behind_a_name_stay_in_their_room),
        cmocka_unit_test(a_mail_in_pieces_is_put_together_in_whatever_order_they_come),
        cmocka_unit_test(a_piece_that_comes_again_changes_nothing),
        cmocka_unit_test(pieces_that_join_nothing_are_looked_at_by_themselves),
        cmocka_unit_test(a_piece_that_never_came_is_missing),
        cmocka_unit_test(a_mail_is_known_by_its_shape_whatever_is_declared),
    };
    return cmocka_run_group_tests_name("content/message", tests, NULL, NULL);
}
