/* SPDX-License-Identifier: Apache-2.0 */
#include "collect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Mailbox files as RFC 4155 and Python's mailbox module write them, by hand. */

#define MAIL(subject, text)                                                                                  \
    "From: lane4@lanes.example\nTo: desk@else.example\nSubject: " subject "\nMIME-Version: 1.0\n\n" text

#define LINE "From lane4@lanes.example Sun May 31 04:12:09 2026\n"

static struct collector got;
static char subjects[64][64];

static void close_noting(void *context, struct object *o) {
    struct bytes text = object_fact(o, FACT_EMAIL_SUBJECT);
    snprintf(subjects[o->number % 64], sizeof subjects[0], "%.*s", (int)text.n, (const char *)text.p);
    collect_closed(context, o);
}

/* `gap`: where 10 octets are missing; 0: nowhere. */
static void send(const char *text, size_t n, size_t split, size_t gap) {
    struct content_options o = {.objects = 64};
    collect_finish(&got);
    const struct content_parts parts = collect_parts(&o);
    struct object_sink sink = collect_sink(&got);
    sink.closed = close_noting;
    struct transfer_seed seed = collect_facts("POST", "/upload");
    collect_send(content_create(&o, &parts, &sink), &seed, bytes_of(text, n), split, gap, gap ? 10 : 0);
}

/* The texts of mails, in their order. */
static const struct collected *find_text(size_t nth) {
    for (size_t i = 0; i < got.n; i++)
        if (got.list[i].depth == 2 && nth-- == 0)
            return &got.list[i];
    return NULL;
}

static bool holds(const struct collected *x, const char *text) {
    return x && x->complete && x->bytes == strlen(text) && memcmp(x->data, text, x->bytes) == 0;
}

static const char three[] = LINE MAIL("one", "the first\nFrom here on it is text\n") "\n" LINE MAIL(
    "two", "a line before\n\nFrom there on\n\n>From a mail that somebody forwards\nend\n") "\n\n" LINE
    MAIL("three", "the last\n") "\n";

static void each_mail_is_an_object_with_its_subject_at_every_split(void **state) {
    for (size_t split = 1; split <= sizeof three; split++) {
        send(three, sizeof three - 1, split, 0);
        assert_int_equal(got.n, 1 + 3 + 3);
        assert_string_equal(got.list[0].type->mime, "application/mbox");
        assert_true(got.list[0].container && got.list[0].complete);
        assert_true(holds(find_text(0), "the first\nFrom here on it is text\n"));
        assert_true(holds(find_text(1),
                          "a line before\n\nFrom there on\n\n>From a mail that somebody forwards\nend\n\n"));
        assert_true(holds(find_text(2), "the last\n"));
        for (size_t i = 1, mail = 0; i < got.n; i++)
            if (got.list[i].depth == 1) {
                static const char *const want[] = {"one", "two", "three"};
                assert_string_equal(got.list[i].type->mime, "message/rfc822");
                assert_string_equal(subjects[got.list[i].number % 64], want[mail++]);
            }
    }
}

static void line_ends_of_two_octets_do_no_harm(void **state) {
    static char text[2 * sizeof three];
    size_t n = 0;
    for (size_t i = 0; i + 1 < sizeof three; i++) {
        if (three[i] == '\n')
            text[n++] = '\r';
        text[n++] = three[i];
    }
    for (size_t split = 1; split <= 60; split++) {
        send(text, n, split, 0);
        assert_int_equal(got.n, 1 + 3 + 3);
        assert_true(holds(find_text(2), "the last\r\n"));
    }
}

static void a_gap_is_that_mails_alone(void **state) {
    size_t gap = (size_t)(strstr(three, "a line before") - three) + 3;
    send(three, sizeof three - 1, 50, gap);
    assert_int_equal(got.n, 1 + 3 + 3);
    assert_true(holds(find_text(0), "the first\nFrom here on it is text\n"));
    assert_false(find_text(1)->complete);
    assert_true(holds(find_text(2), "the last\n"));
}

static void text_that_begins_alike_is_none(void **state) {
    static const char *const texts[] = {
        "From lane to lane, 31 May 2026\nplates were read.\n", "From Monday 04:12:09 2026\nnothing\n",
        "From a@lanes.example Sun May 31 04:12:09 2026\nplain text without any field\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        send(texts[i], strlen(texts[i]), 1000, 0);
        assert_int_equal(got.n, 1);
        assert_string_equal(got.list[0].type->mime, "text/plain");
    }
}

static int finish(void **state) {
    collect_finish(&got);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mail_is_an_object_with_its_subject_at_every_split),
        cmocka_unit_test(line_ends_of_two_octets_do_no_harm),
        cmocka_unit_test(a_gap_is_that_mails_alone),
        cmocka_unit_test(text_that_begins_alike_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, finish);
}
