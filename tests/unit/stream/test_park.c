/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

#include "base/work.h"

/* What a step leaves for later ones. The transcript of each conversation is what a reassembler without a
 * bound makes of it: whoever tells the calls later tells the same ones in the same order. */

enum { SEGMENT = 1000, SEGMENTS = 60, WORK_MOST = 4096 };

static uint8_t bytes[SEGMENT * SEGMENTS];

static void fill_bytes(void) {
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
}

static void over(void *user) {
    struct model *m = user;
    m->s = NULL;
}

static struct model *begin(size_t memory) {
    static const struct stream_sink sink = {
        .data = model_data, .gap = model_gap, .end = model_end, .over = over};
    struct model *m = model_create_with(
        &(struct stream_options){
            .memory = memory, .pairs = 16, .late_bytes = 1 << 20, .late_time = MODEL_LATE_TIME},
        1 << 20);
    reassembler_destroy(m->r);
    m->r = reassembler_create(
        &(struct stream_options){
            .memory = memory, .pairs = 16, .late_bytes = 1 << 20, .late_time = MODEL_LATE_TIME},
        &sink);
    m->s = stream_open(m->r, m);
    return m;
}

static void open_both(struct model *m) {
    model_packet(m, SIDE_CLIENT, TCP_SYN, -1, 0, NULL, 0);
    model_packet(m, SIDE_SERVER, TCP_SYN | TCP_ACK, -1, 0, NULL, 0);
}

/* Segment 0 comes last; all others wait behind it. */
static void send_behind_hole(struct model *m) {
    for (int i = 1; i < SEGMENTS; i++) {
        m->now += NS_PER_MS;
        model_packet(m, SIDE_CLIENT, TCP_ACK, i * SEGMENT, 0, bytes + i * SEGMENT, SEGMENT);
    }
    m->now += NS_PER_MS;
    model_packet(m, SIDE_CLIENT, TCP_ACK, 0, 0, bytes, SEGMENT);
}

/* An upload behind a hole, an answer, another hole that is given up, and both ends. `work` a step; 0: no
 * bound. After each packet what is parked goes on with as much. */
static struct model *talk(uint64_t work) {
    static const uint8_t answer[] = "200 OK";
    struct model *m = begin(8 << 20);
    if (work)
        reassembler_step(m->r, work);
    open_both(m);
    send_behind_hole(m);
    size_t all = sizeof bytes;
    struct {
        enum side from;
        uint8_t flags;
        int64_t at, ack;
        const uint8_t *bytes;
        uint32_t n;
    } rest[] = {{SIDE_SERVER, TCP_ACK, 0, (int64_t)all, answer, 6},
                {SIDE_CLIENT, TCP_ACK, (int64_t)all, 6, bytes, 100},
                {SIDE_CLIENT, TCP_ACK, (int64_t)all + 300, 6, bytes, 100},
                {SIDE_SERVER, TCP_ACK, 6, (int64_t)all + 400, NULL, 0},
                {SIDE_CLIENT, TCP_ACK | TCP_FIN, (int64_t)all + 400, 6, NULL, 0},
                {SIDE_SERVER, TCP_ACK | TCP_FIN, 6, (int64_t)all + 401, NULL, 0},
                {SIDE_CLIENT, TCP_ACK, (int64_t)all + 401, 7, NULL, 0}};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        if (work)
            reassembler_step(m->r, work);
        m->now += NS_PER_S;
        model_packet(m, rest[i].from, rest[i].flags, rest[i].at, rest[i].ack, rest[i].bytes, rest[i].n);
        reassembler_tick(m->r, m->now);
        if (work)
            reassembler_resume(m->r, work);
    }
    return m;
}

static void end_talk(struct model *m, uint64_t work) {
    if (stream_finish(m->r, m->s, m->now))
        m->s = NULL;
    while (m->s) {
        assert_true(work > 0);
        reassembler_resume(m->r, work);
    }
    assert_true(m->ended[0] && m->ended[1]);
    assert_int_equal(reassembler_memory(m->r), 0);
    assert_int_equal(reassembler_pairs(m->r), 0);
}

static void the_same_is_told_whatever_a_step_may_do(void **state) {
    fill_bytes();
    struct model *plain = talk(0);
    end_talk(plain, 0);
    assert_int_equal(plain->n[SIDE_CLIENT], sizeof bytes + 400);
    assert_memory_equal(plain->out[SIDE_CLIENT], bytes, sizeof bytes);
    assert_int_equal(plain->gaps[SIDE_CLIENT], 1);
    for (uint64_t work = 1; work < WORK_MOST; work += work < 64 ? 1 : 61) {
        struct model *m = talk(work);
        end_talk(m, work);
        assert_string_equal(m->log, plain->log);
        for (int s = 0; s < 2; s++) {
            assert_int_equal(m->n[s], plain->n[s]);
            assert_memory_equal(m->out[s], plain->out[s], plain->n[s]);
            assert_int_equal(m->clean[s], plain->clean[s]);
        }
        model_destroy(m);
    }
    model_destroy(plain);
}

static void a_filled_hole_lets_no_step_do_more_than_its_share_and_one_call(void **state) {
    enum { WORK = 5000, CALL = SEGMENT + WORK_CALL };
    fill_bytes();
    struct model *m = begin(8 << 20);
    open_both(m);
    for (int i = 1; i < SEGMENTS; i++)
        model_packet(m, SIDE_CLIENT, TCP_ACK, i * SEGMENT, 0, bytes + i * SEGMENT, SEGMENT);
    uint64_t before = work_done;
    reassembler_step(m->r, WORK);
    model_packet(m, SIDE_CLIENT, TCP_ACK, 0, 0, bytes, SEGMENT);
    unsigned steps = 0;
    bool more = true;
    for (; more; steps++) {
        assert_in_range(work_done - before, 1, WORK + 2 * CALL);
        assert_int_equal(stream_is_parked(m->s), true);
        before = work_done;
        more = reassembler_resume(m->r, WORK);
    }
    assert_in_range(steps, SEGMENTS * CALL / (WORK + 2 * CALL), SEGMENTS);
    assert_int_equal(m->n[SIDE_CLIENT], sizeof bytes);
    assert_memory_equal(m->out[SIDE_CLIENT], bytes, sizeof bytes);
    assert_false(stream_is_parked(m->s));
    model_close(m);
    model_destroy(m);
}

static void a_huge_segment_is_told_in_slices(void **state) {
    static uint8_t huge[60000];
    struct model *m = begin(8 << 20);
    open_both(m);
    reassembler_step(m->r, 20000);
    model_packet(m, SIDE_CLIENT, TCP_ACK, 0, 0, huge, sizeof huge);
    assert_in_range(m->n[SIDE_CLIENT], 20000, 40000);
    while (reassembler_resume(m->r, 1000))
        ;
    assert_int_equal(m->n[SIDE_CLIENT], sizeof huge);
    model_close(m);
    model_destroy(m);
}

static void a_stream_that_has_its_share_parked_pays_with_what_comes(void **state) {
    enum { BLOCKS = 64 };
    struct model *m = begin(BLOCKS * 2048);
    fill_bytes();
    open_both(m);
    reassembler_step(m->r, 0);
    for (int i = 0; i < SEGMENTS; i++)
        model_packet(m, SIDE_CLIENT, TCP_ACK, i * SEGMENT, 0, bytes + i * SEGMENT, SEGMENT);
    assert_in_range(reassembler_memory(m->r), 1, (BLOCKS / 4 + BLOCKS / 8) * 2048);
    assert_in_range(m->n[SIDE_CLIENT], sizeof bytes - BLOCKS / 4 * 2048, sizeof bytes);
    while (reassembler_resume(m->r, 1000))
        ;
    assert_int_equal(m->n[SIDE_CLIENT], sizeof bytes);
    assert_memory_equal(m->out[SIDE_CLIENT], bytes, sizeof bytes);
    model_close(m);
    model_destroy(m);
}

static struct model *beside(struct model *m) {
    struct model *o = malloc(sizeof *o);
    *o = (struct model){
        .r = m->r, .room = m->room, .first = {m->first[SIDE_CLIENT], m->first[SIDE_SERVER]}, .now = m->now};
    for (int i = 0; i < 2; i++) {
        o->out[i] = calloc(1, m->room);
        o->missing[i] = calloc(1, m->room);
    }
    o->s = stream_open(m->r, o);
    open_both(o);
    return o;
}

static void end_beside(struct model *o) {
    if (o->s)
        stream_close(o->r, o->s, o->now);
    for (int i = 0; i < 2; i++) {
        free(o->out[i]);
        free(o->missing[i]);
    }
    free(o);
}

static void streams_that_are_parked_take_turns(void **state) {
    enum { STREAMS = 3, HELD = 40 };
    struct model *m = begin(8 << 20), *other[STREAMS];
    fill_bytes();
    reassembler_step(m->r, 0);
    for (int k = 0; k < STREAMS; k++) {
        other[k] = beside(m);
        for (int i = 0; i < HELD; i++)
            model_packet(other[k], SIDE_CLIENT, TCP_ACK, i * SEGMENT, 0, bytes + i * SEGMENT, SEGMENT);
    }
    while (reassembler_resume(m->r, 1)) {
        size_t least = SIZE_MAX, most = 0;
        for (int k = 0; k < STREAMS; k++) {
            least = other[k]->n[0] < least ? other[k]->n[0] : least;
            most = other[k]->n[0] > most ? other[k]->n[0] : most;
        }
        assert_in_range(most - least, 0, 2 * SEGMENT);
    }
    for (int k = 0; k < STREAMS; k++) {
        assert_int_equal(other[k]->n[0], HELD * SEGMENT);
        end_beside(other[k]);
    }
    model_close(m);
    model_destroy(m);
}

static void without_memory_what_is_parked_is_told_before_anything_is_given_up(void **state) {
    enum { BLOCKS = 36, WAITING = 4, EACH = 15 }; /* an eighth of them is in small blocks */
    struct model *m = begin(BLOCKS * 2048), *late[WAITING];
    fill_bytes();
    open_both(m);
    reassembler_step(m->r, 0);
    for (int i = 0; i < SEGMENTS; i++)
        model_packet(m, SIDE_CLIENT, TCP_ACK, i * SEGMENT, 0, bytes + i * SEGMENT, SEGMENT);
    size_t told = m->n[SIDE_CLIENT];
    for (int k = 0; k < WAITING; k++) {
        late[k] = beside(m);
        for (int i = 1; i < EACH; i++)
            model_packet(late[k], SIDE_CLIENT, TCP_ACK, i * SEGMENT, 0, bytes + i * SEGMENT, SEGMENT);
    }
    assert_true(m->n[SIDE_CLIENT] > told);
    for (int k = 0; k < WAITING; k++) {
        assert_int_equal(late[k]->gaps[SIDE_CLIENT], 0);
        model_packet(late[k], SIDE_CLIENT, TCP_ACK, 0, 0, bytes, SEGMENT);
    }
    while (reassembler_resume(m->r, 1000))
        ;
    assert_int_equal(m->n[SIDE_CLIENT], sizeof bytes);
    assert_memory_equal(m->out[SIDE_CLIENT], bytes, sizeof bytes);
    for (int k = 0; k < WAITING; k++) {
        assert_int_equal(late[k]->n[SIDE_CLIENT], EACH * SEGMENT);
        end_beside(late[k]);
    }
    model_close(m);
    model_destroy(m);
}

/* Whatever is in order is parked from here on. */
static struct model *begin_parking(void) {
    struct model *m = begin(8 << 20);
    fill_bytes();
    open_both(m);
    reassembler_step(m->r, 0);
    return m;
}

static void what_nobody_wants_any_more_is_not_told(void **state) {
    struct model *m = begin_parking();
    m->skipping = true;
    m->skip_at_data = SIDE_CLIENT;
    send_behind_hole(m);
    while (reassembler_resume(m->r, 1))
        ;
    assert_in_range(m->n[SIDE_CLIENT], 1, SEGMENT);
    model_close(m);
    assert_int_equal(reassembler_memory(m->r), 0);
    model_destroy(m);
}

static void closing_at_once_tells_all(void **state) {
    struct model *m = begin_parking();
    send_behind_hole(m);
    model_close(m);
    assert_int_equal(m->n[SIDE_CLIENT], sizeof bytes);
    assert_memory_equal(m->out[SIDE_CLIENT], bytes, sizeof bytes);
    assert_int_equal(reassembler_memory(m->r), 0);
    assert_false(reassembler_resume(m->r, 1));
    model_destroy(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_is_told_whatever_a_step_may_do),
        cmocka_unit_test(a_filled_hole_lets_no_step_do_more_than_its_share_and_one_call),
        cmocka_unit_test(a_huge_segment_is_told_in_slices),
        cmocka_unit_test(streams_that_are_parked_take_turns),
        cmocka_unit_test(a_stream_that_has_its_share_parked_pays_with_what_comes),
        cmocka_unit_test(without_memory_what_is_parked_is_told_before_anything_is_given_up),
        cmocka_unit_test(what_nobody_wants_any_more_is_not_told),
        cmocka_unit_test(closing_at_once_tells_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
