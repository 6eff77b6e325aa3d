/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/postgresql/postgresql_session.h"

/* Large objects, which clients open, read, write and close by function calls (PostgreSQL documentation,
 * "Large Objects"): what is read or written between is one object. */

enum { LO_OPEN = 952, LO_CLOSE = 953, LO_READ = 954, LO_WRITE = 955 };

static void end_large(struct pg_side *s, enum transfer_end how) {
    if (s->large_open)
        s->source.c->services->end(s->source.c, s->large, how);
    s->large_open = false;
    s->large = NULL;
}

void pg_large_close(struct postgresql *g, enum transfer_end how) {
    end_large(&g->side[SIDE_CLIENT], how);
    end_large(&g->side[SIDE_SERVER], how);
}

void pg_large_call(struct postgresql *g, uint32_t function) {
    g->function = function;
    if (function == LO_OPEN || function == LO_CLOSE)
        pg_large_close(g, TRANSFER_DONE);
}

bool pg_is_large(const struct postgresql *g, const struct pg_side *s) {
    if (s == &g->side[g->server])
        return s->type == 'V' && g->function == LO_READ;
    return s->type == 'F' && g->function == LO_WRITE && s->index == 1; /* behind what was opened */
}

void pg_large_data(struct pg_side *s, const uint8_t *p, size_t n) {
    if (!s->large_open) {
        struct transfer_seed seed = sql_seed(&s->source, bytes_of(NULL, 0));
        s->large = s->source.c->services->begin(s->source.c, &seed);
        s->large_open = true;
    }
    s->source.c->services->data(s->source.c, s->large, p, n);
}

void pg_large_gap(struct pg_side *s, uint64_t n) {
    if (s->large_open)
        s->source.c->services->gap(s->source.c, s->large, n);
}
