/* SPDX-License-Identifier: Apache-2.0 */
#include "waist.h"

/* Objects that are examined elsewhere: their findings come after they have closed, by their number. The
 * examination is the test's: it takes what it is told to, and brings what the test has laid ready. */

enum { ASKED_MAX = 1 << 14 };

static struct {
    bool takes_all;
    uint64_t taken[ASKED_MAX]; /* numbers of objects, in order */
    size_t taken_n;
    size_t ended; /* so many of them are over */
    unsigned collected, waited;
    size_t ready;     /* so many ends lie ready for each call, */
    size_t most;      /* and so many in all */
    const char *rule; /* found in each before its end; NULL: none */
    unsigned times;   /* as often */
} examiner;

static bool take_object(void *context, struct object *o) {
    if (!examiner.takes_all || examiner.taken_n == ASKED_MAX)
        return false;
    examiner.taken[examiner.taken_n++] = o->number;
    return true;
}

static void find_in(struct pipeline *p, uint64_t number, const char *rule) {
    const struct finding f = {.distinct = 0, .sample = "MA***RK"};
    pipeline_late_finding(p, number, rule, &f);
}

static void collect_results(void *context, struct pipeline *p, bool wait) {
    examiner.collected++;
    examiner.waited += wait;
    for (size_t i = 0;
         i < examiner.ready && examiner.ended < examiner.taken_n && examiner.ended < examiner.most; i++) {
        uint64_t number = examiner.taken[examiner.ended++];
        for (unsigned k = 0; examiner.rule && k < examiner.times; k++)
            find_in(p, number, examiner.rule);
        pipeline_examined(p, number);
    }
}

static const struct examination examination = {.takes = take_object, .collect = collect_results};

static int open_with(bool offline) {
    memset(&examiner, 0, sizeof examiner);
    examiner.takes_all = true;
    examiner.times = 1;
    examiner.most = ASKED_MAX;
    return waist_open((struct pipeline_options){.examination = &examination, .offline = offline});
}

static int open_live(void **state) {
    return open_with(false);
}

static int open_offline(void **state) {
    return open_with(true);
}

static size_t count_waiting(void) {
    return pipeline_use(t.pipeline).waiting;
}

static void upload(struct talk *k, const char *body) {
    put(k, body, strlen(body));
}

/* Time goes on, and nothing comes. */
static void wait_for(time_ns time) {
    t.now += time;
    pipeline_idle(t.pipeline, t.now);
}

/* The two records of the nth object: told when it closed, and when it was over. */
static void assert_told_twice(size_t first, size_t second) {
    const struct record *a = record_nth(RECORD_TRANSFER, first), *b = record_nth(RECORD_TRANSFER, second);
    assert_true(a && b);
    assert_true(a->pending);
    assert_false(b->pending);
    assert_int_equal(a->object, b->object);
    assert_int_equal(a->bytes, b->bytes);
    assert_memory_equal(a->sha256, b->sha256, sizeof a->sha256);
    assert_true(a->complete && b->complete);
}

static void an_object_that_is_examined_is_told_as_pending_and_again_when_that_is_over(void **state) {
    struct talk k = begin(PARTNER, 80);
    upload(&k, "nothing in it");
    assert_int_equal(count_records(RECORD_TRANSFER), 1);
    assert_int_equal(record_nth(RECORD_TRANSFER, 0)->pending, 1);
    assert_int_equal(count_waiting(), 1);
    examiner.rule = "marked";
    examiner.ready = 1;
    wait_for(NS_PER_S);
    assert_int_equal(count_waiting(), 0);
    assert_int_equal(count_records(RECORD_TRANSFER), 2);
    assert_told_twice(0, 1);
    const struct record *r = record_nth(RECORD_TRANSFER, 1), *f = record_nth(RECORD_FINDING, 0);
    assert_digest(r, "nothing in it", 13);
    assert_record_text(record_nth(RECORD_TRANSFER, 0), TEXT_RULES, "");
    assert_record_text(r, TEXT_RULES, "marked");
    assert_record_text(r, TEXT_CLASSES, "canary");
    assert_int_equal(count_records(RECORD_FINDING), 1);
    assert_int_equal(f->object, r->object);
    assert_record_text(f, TEXT_RULE_ID, "marked");
    assert_record_text(f, TEXT_CLASS, "canary");
    assert_record_text(f, TEXT_SAMPLE, "MA***RK");
    assert_record_text(f, TEXT_URL, "/in/a.txt");
    assert_false(f->pending);
    assert_int_equal(examiner.waited, 0); /* live, nobody waits */
}

static void one_that_is_not_taken_is_told_once(void **state) {
    struct talk k = begin(PARTNER, 80);
    examiner.takes_all = false;
    upload(&k, "nothing in it");
    wait_for(NS_PER_S);
    assert_int_equal(count_records(RECORD_TRANSFER), 1);
    assert_false(record_nth(RECORD_TRANSFER, 0)->pending);
    assert_int_equal(count_waiting(), 0);
    assert_int_equal(examiner.collected, 0);
}

static void one_in_which_nothing_is_found_is_told_again_all_the_same(void **state) {
    struct talk k = begin(PARTNER, 80);
    upload(&k, "nothing in it");
    examiner.ready = 1;
    wait_for(NS_PER_S);
    assert_told_twice(0, 1);
    assert_record_text(record_nth(RECORD_TRANSFER, 1), TEXT_RULES, "");
    assert_int_equal(count_records(RECORD_FINDING), 0);
}

/* Where no output writes transfers, only those with a finding are told. */
static void nobody_hears_of_one_without_a_finding_unless_he_asked_for_all(void **state) {
    struct error e;
    struct snapshot_view view = waist_view(1);
    struct talk k = begin(PARTNER, 80);
    view.wants = 0;
    assert_true(pipeline_switch(t.pipeline, &view, &e));
    upload(&k, "nothing in it");
    upload(&k, "nothing in it either");
    assert_int_equal(count_waiting(), 2);
    pipeline_examined(t.pipeline, examiner.taken[0]);
    find_in(t.pipeline, examiner.taken[1], "marked");
    pipeline_examined(t.pipeline, examiner.taken[1]);
    assert_int_equal(count_records(RECORD_FINDING), 1);
    assert_int_equal(count_records(RECORD_TRANSFER), 1);
    assert_int_equal(record_nth(RECORD_TRANSFER, 0)->object, examiner.taken[1]);
    assert_false(record_nth(RECORD_TRANSFER, 0)->pending);
    upload(&k, "a MARKMARK b"); /* found before it closed: told at once, and at its end */
    pipeline_examined(t.pipeline, examiner.taken[2]);
    assert_told_twice(1, 2);
}

static void late_rules_stand_beside_those_that_held_before(void **state) {
    struct talk k = begin(PARTNER, 80);
    upload(&k, "a MARKMARK b");
    assert_record_text(record_nth(RECORD_TRANSFER, 0), TEXT_RULES, "marked");
    find_in(t.pipeline, examiner.taken[0], "camera-file-name");
    find_in(t.pipeline, examiner.taken[0], "marked"); /* known already */
    find_in(t.pipeline, examiner.taken[0], "camera-file-name");
    pipeline_examined(t.pipeline, examiner.taken[0]);
    assert_told_twice(0, 1);
    assert_int_equal(count_records(RECORD_FINDING), 2);
    assert_record_text(record_nth(RECORD_FINDING, 0), TEXT_RULE_ID, "marked");
    assert_record_text(record_nth(RECORD_FINDING, 1), TEXT_RULE_ID, "camera-file-name");
    assert_record_text(record_nth(RECORD_FINDING, 1), TEXT_RULES, "");
    assert_record_text(record_nth(RECORD_TRANSFER, 1), TEXT_RULES, "marked\ncamera-file-name");
    assert_record_text(record_nth(RECORD_TRANSFER, 1), TEXT_CLASSES, "vehicle-image\ncanary");
    assert_int_equal(COUNT(FINDINGS_TOO_LATE), 0);
}

static void the_worst_verdict_of_all_its_classes_is_that_of_the_object(void **state) {
    struct talk k = begin(PARTNER, 80);
    upload(&k, "a MARKMARK b");
    assert_int_equal(record_nth(RECORD_TRANSFER, 0)->verdict, VERDICT_APPROVED);
    find_in(t.pipeline, examiner.taken[0], "camera-file-name"); /* of a class that is in no contract */
    pipeline_examined(t.pipeline, examiner.taken[0]);
    assert_int_equal(record_nth(RECORD_FINDING, 1)->verdict, VERDICT_BREACH);
    assert_int_equal(record_nth(RECORD_TRANSFER, 1)->verdict, VERDICT_BREACH);
    assert_record_text(record_nth(RECORD_TRANSFER, 1), TEXT_OFFENDING, "vehicle-image");
}

/* --- when it is late --- */

static void findings_for_what_does_not_wait_or_by_a_rule_that_is_gone_are_counted(void **state) {
    struct talk k = begin(PARTNER, 80);
    upload(&k, "nothing in it");
    find_in(t.pipeline, examiner.taken[0] + 1, "marked");
    assert_int_equal(COUNT(FINDINGS_TOO_LATE), 1);
    find_in(t.pipeline, examiner.taken[0], "no such rule");
    assert_int_equal(COUNT(FINDINGS_TOO_LATE), 2);
    pipeline_examined(t.pipeline, examiner.taken[0] + 1); /* nobody's */
    assert_int_equal(count_waiting(), 1);
    pipeline_examined(t.pipeline, examiner.taken[0]);
    find_in(t.pipeline, examiner.taken[0], "marked");
    assert_int_equal(COUNT(FINDINGS_TOO_LATE), 3);
    pipeline_examined(t.pipeline, examiner.taken[0]);
    assert_int_equal(count_records(RECORD_TRANSFER), 2);
    assert_int_equal(count_records(RECORD_FINDING), 0);
}

static void live_an_object_counts_after_a_minute_without_an_end(void **state) {
    struct talk k = begin(PARTNER, 80);
    upload(&k, "nothing in it");
    wait_for(59 * NS_PER_S);
    assert_int_equal(count_waiting(), 1);
    assert_int_equal(COUNT(OBJECTS_UNEXAMINED), 0);
    wait_for(NS_PER_S);
    assert_int_equal(count_waiting(), 0);
    assert_int_equal(COUNT(OBJECTS_UNEXAMINED), 1);
    assert_told_twice(0, 1);
}

static void without_room_an_object_counts_at_once(void **state) {
    struct talk k = begin(PARTNER, 80);
    size_t n = 0;
    send_packet(k.server, k.port, LANE, k.client_port, 5000, TCP_SYN | TCP_ACK, "");
    while (COUNT(OBJECTS_NOT_WAITED) == 0 && n < ASKED_MAX) {
        say_on(&k, put_text("nothing in it", 13));
        answer(&k);
        drain_records();
        if (COUNT(OBJECTS_NOT_WAITED) == 0 && records_n > RECORDS_MAX / 2)
            while (records_n > 0)
                free(records[--records_n]);
        n++;
    }
    assert_in_range(n, 100, ASKED_MAX - 1);
    assert_int_equal(count_waiting(), n - 1);
    const struct record *a = records[records_n - 2], *b = records[records_n - 1];
    assert_true(a->pending && !b->pending);
    assert_int_equal(a->object, b->object);
    assert_int_equal(a->object, examiner.taken[n - 1]);
    while (records_n > 0)
        free(records[--records_n]);
    pipeline_examined(t.pipeline, examiner.taken[0]); /* room again */
    upload(&k, "nothing in it");
    assert_int_equal(COUNT(OBJECTS_NOT_WAITED), 1);
    assert_int_equal(count_waiting(), n - 1);
    examiner.ready = ASKED_MAX; /* before the ring is full of them */
    examiner.ended = 1;
    for (size_t i = 1; i < n - 1; i++) {
        pipeline_examined(t.pipeline, examiner.taken[i]);
        drain_records();
        while (records_n > 0)
            free(records[--records_n]);
    }
}

static void at_its_end_a_worker_brings_what_is_there_and_counts_the_rest(void **state) {
    struct talk k = begin(PARTNER, 80);
    static const char *const bodies[] = {"one", "two", "three", "four"};
    send_packet(k.server, k.port, LANE, k.client_port, 5000, TCP_SYN | TCP_ACK, "");
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        say_on(&k, put_text(bodies[i], strlen(bodies[i])));
        answer(&k);
    }
    examiner.rule = "marked";
    pipeline_examined(t.pipeline, examiner.taken[0]);
    examiner.ended = 1;
    examiner.ready = 1;
    examiner.most = 3;
    pipeline_destroy(t.pipeline);
    t.pipeline = NULL;
    assert_int_equal(examiner.collected, examiner.waited);
    assert_int_equal(examiner.ended, 3);
    assert_int_equal(COUNT(OBJECTS_UNEXAMINED), 1);
    assert_int_equal(count_records(RECORD_FINDING), 3);
    assert_record_text(record_nth(RECORD_FINDING, 2), TEXT_CLASS, "unread-object"); /* of the fourth */
    assert_int_equal(count_records(RECORD_TRANSFER), 8);
}

/* --- what it holds --- */

static void what_waits_holds_neither_a_snapshot_nor_a_flow(void **state) {
    struct line l = open_line(80);
    speak_text(&l, SIDE_CLIENT,
               "PUT /in/a.txt HTTP/1.1\r\nHost: x.example\r\nContent-Length: 13\r\n\r\nnothing in it");
    speak_text(&l, SIDE_SERVER, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(count_waiting(), 1);
    change_snapshot();
    pipeline_move_on(t.pipeline, 0);
    assert_int_equal(pipeline_slots(t.pipeline), 1U << snapshots[1]->slot);
    assert_int_equal(COUNT(RELOAD_CUT), 0);
    close_line(&l);
    wait_for(30 * NS_PER_S);
    struct pipeline_use use = pipeline_use(t.pipeline);
    assert_int_equal(use.waiting, 1);
    assert_int_equal(use.flows + use.contexts + use.conversations + use.objects + use.inspections, 0);
    find_in(t.pipeline, examiner.taken[0], "marked");
    pipeline_examined(t.pipeline, examiner.taken[0]);
    assert_record_text(record_nth(RECORD_TRANSFER, 1), TEXT_HOST, "x.example");
    assert_int_equal(record_nth(RECORD_FINDING, 0)->client_port, l.client_port);
}

static void late_findings_are_judged_by_the_newest_snapshot(void **state) {
    for (int late = 0; late < 2; late++) {
        struct talk k = begin(PARTNER, 80);
        upload(&k, "nothing in it");
        assert_int_equal(record_nth(RECORD_TRANSFER, 2 * late)->verdict, VERDICT_APPROVED);
        if (late)
            change_snapshot();
        find_in(t.pipeline, examiner.taken[late], "marked");
        pipeline_examined(t.pipeline, examiner.taken[late]);
        const struct record *f = record_nth(RECORD_FINDING, late),
                            *r = record_nth(RECORD_TRANSFER, 2 * late + 1);
        assert_int_equal(f->verdict, late ? VERDICT_UNAPPROVED : VERDICT_APPROVED);
        assert_int_equal(r->verdict, f->verdict);
        assert_record_text(f, TEXT_CONTRACT, late ? "" : "PS-1");
        assert_record_text(f, TEXT_PARTNER, "Plate Systems");
    }
}

/* --- reading files --- */

/* Packet time does not go on before all that waits is over, however the ends come, and however far the next
 * packet is. */
static void offline_time_waits_for_all_of_it(void **state) {
    static const time_ns steps[] = {200 * NS_PER_MS, 61 * NS_PER_S, 3000 * NS_PER_S};
    for (size_t i = 0; i < 3; i++) {
        struct talk k = begin(PARTNER, 80);
        size_t before = count_records(RECORD_TRANSFER);
        examiner.ready = 0;
        t.now += steps[i];
        upload(&k, "one"); /* and its tick; what comes next is within 100 ms */
        examiner.rule = "marked";
        examiner.ready = 1; /* at each call */
        upload(&k, "two");
        upload(&k, "three");
        t.now += steps[i];
        struct talk next = begin(PARTNER, 80);
        upload(&next, "MARK");
        assert_true(count_waiting() <= 1);
        t.now += NS_PER_S;
        begin(PARTNER, 80);
        assert_int_equal(count_waiting(), 0);
        assert_int_equal(COUNT(OBJECTS_UNEXAMINED), 0);
        assert_int_equal(count_records(RECORD_TRANSFER), before + 8);
        assert_int_equal(COUNT(FINDINGS_TOO_LATE), 0);
    }
    assert_int_equal(examiner.collected, examiner.waited);
}

static void offline_an_examination_that_brings_nothing_is_not_waited_for_for_ever(void **state) {
    struct talk k = begin(PARTNER, 80);
    upload(&k, "one");
    t.now += 61 * NS_PER_S;
    begin(PARTNER, 80);
    assert_int_equal(count_waiting(), 0);
    assert_int_equal(COUNT(OBJECTS_UNEXAMINED), 1);
}

#define LIVE(f) cmocka_unit_test_setup_teardown(f, open_live, waist_close)
#define OFFLINE(f) cmocka_unit_test_setup_teardown(f, open_offline, waist_close)

int main(void) {
    const struct CMUnitTest tests[] = {
        LIVE(an_object_that_is_examined_is_told_as_pending_and_again_when_that_is_over),
        LIVE(one_that_is_not_taken_is_told_once),
        LIVE(one_in_which_nothing_is_found_is_told_again_all_the_same),
        LIVE(nobody_hears_of_one_without_a_finding_unless_he_asked_for_all),
        LIVE(late_rules_stand_beside_those_that_held_before),
        LIVE(the_worst_verdict_of_all_its_classes_is_that_of_the_object),
        LIVE(findings_for_what_does_not_wait_or_by_a_rule_that_is_gone_are_counted),
        LIVE(live_an_object_counts_after_a_minute_without_an_end),
        LIVE(without_room_an_object_counts_at_once),
        LIVE(at_its_end_a_worker_brings_what_is_there_and_counts_the_rest),
        LIVE(what_waits_holds_neither_a_snapshot_nor_a_flow),
        LIVE(late_findings_are_judged_by_the_newest_snapshot),
        OFFLINE(offline_time_waits_for_all_of_it),
        OFFLINE(offline_an_examination_that_brings_nothing_is_not_waited_for_for_ever),
    };
    return cmocka_run_group_tests_name("pipeline/examined", tests, waist_begin, waist_finish);
}
