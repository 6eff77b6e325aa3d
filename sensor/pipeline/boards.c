/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/path.h"

/* One that is alone has no board. */
bool pipeline_open_boards(struct pipeline *p, const struct pipeline_options *options, size_t most,
                          time_ns life) {
    p->board = options->board;
    p->by_ports = options->snapshot.config->capture.split == CAPTURE_BY_PORTS;
    for (unsigned i = 0; p->board && options->boards && i < options->workers && i < WORKERS_MAX; i++)
        if (options->boards[i] && i + 1 != options->worker) {
            for (enum board_ring ring = 0; ring < BOARD_RINGS; ring++)
                p->reader[p->readers][ring] = board_read_from(options->boards[i], ring);
            p->readers++;
        }
    return p->readers == 0 || (p->expected_elsewhere = expect_create(most, life));
}

static void take_item(struct pipeline *p, const struct board_item *item) {
    const struct protocol *note =
        item->kind == BOARD_NOTE ? dispatcher_protocol(p->dispatcher, item->is.note.protocol) : NULL;
    if (item->kind == BOARD_EXPECTATION)
        expect_add(p->expected_elsewhere, &item->is.expectation, p->now);
    else if (item->kind == BOARD_NAME)
        resolved_add(&p->resolved, &item->is.name);
    else if (note && note->heard)
        note->heard(bytes_of(item->is.note.bytes, item->is.note.n));
}

/* However fast the other writes. */
static void read_board(struct pipeline *p, struct board_reader *r, uint64_t place) {
    struct board_item item;
    for (int i = 0; i < BOARD_ENTRIES && board_has_news(r) && board_next(r, place, &item); i++)
        take_item(p, &item);
}

void pipeline_hear(struct pipeline *p, bool wait) {
    if (p->readers == 0)
        return;
    uint64_t here = p->offline ? atomic_load_explicit(&p->board->place, memory_order_relaxed) : BOARD_END;
    for (unsigned i = 0; i < p->readers; i++) {
        if (wait && p->offline)
            board_wait(&p->reader[i][BOARD_ANNOUNCEMENTS], here);
        for (enum board_ring ring = 0; ring < BOARD_RINGS; ring++)
            if (board_has_news(&p->reader[i][ring]))
                read_board(p, &p->reader[i][ring], here == BOARD_END ? here : here + 1);
    }
}

bool pipeline_expects(struct pipeline *p, const struct flow *flow) {
    if (expect_knows(p->expected, flow))
        return true;
    pipeline_hear(p, false);
    return p->expected_elsewhere && expect_knows(p->expected_elsewhere, flow);
}

bool pipeline_take_expected(struct pipeline *p, const struct flow *flow, time_ns now,
                            struct expectation *out) {
    return expect_take(p->expected, flow, now, out) ||
           (p->expected_elsewhere && expect_take(p->expected_elsewhere, flow, now, out));
}

void pipeline_read_all(struct pipeline *p) {
    if (p->readers == 0)
        return;
    atomic_store_explicit(&p->board->place, BOARD_END, memory_order_release);
    pipeline_hear(p, true);
}
