/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/postgresql/postgresql_session.h"

/* --- the first packet of a client --- */

static struct bytes next_text(struct bytes *in) {
    struct bytes text = bytes_until(*in, 0);
    size_t used = text.n + (text.n < in->n);
    *in = bytes_of(in->p + used, in->n - used);
    return text;
}

static void keep_name(uint8_t *to, uint16_t *to_n, struct bytes name) {
    *to_n = (uint16_t)(name.n < SQL_NAME ? name.n : SQL_NAME);
    if (*to_n)
        memcpy(to, name.p, *to_n);
}

void pg_take_startup(struct postgresql *g, struct pg_side *s) {
    struct bytes in = bytes_of(s->small, s->small_n);
    while (in.n > 1) {
        struct bytes key = next_text(&in), value = next_text(&in);
        for (int side = 0; side < 2; side++) {
            struct sql_source *source = &g->side[side].source;
            if (bytes_equal(key, bytes_text("user")))
                keep_name(source->user, &source->user_n, value);
            else if (bytes_equal(key, bytes_text("database")))
                keep_name(source->database, &source->database_n, value);
        }
    }
}

/* --- others --- */

void pg_note_statement(struct postgresql *g) {
    struct bytes table = statement_table(&g->statement);
    g->table_n = (uint8_t)(table.n < VALUE_NAME ? table.n : VALUE_NAME);
    if (g->table_n)
        memcpy(g->table, table.p, g->table_n);
    rows_name(&g->side[g->server].rows, table);
}

/* What LISTEN brings: a process, a channel, a text. */
static void take_notification(struct pg_side *s) {
    enum { PROCESS = 4 };
    struct bytes in = bytes_of(s->small, s->small_n);
    if (in.n <= PROCESS)
        return;
    in = bytes_of(in.p + PROCESS, in.n - PROCESS);
    struct bytes channel = next_text(&in), text = next_text(&in);
    if (text.n == 0)
        return;
    rows_field(&s->rows, channel);
    rows_field(&s->rows, text);
    rows_line_end(&s->rows);
}

void pg_take_small(struct postgresql *g, struct pg_side *s) {
    bool server = s == &g->side[g->server];
    switch (s->type) {
    case 0:
        pg_take_startup(g, s);
        break;
    case 'c':
        pg_copy_end(s, TRANSFER_DONE);
        break;
    case 'f':
        pg_copy_end(s, TRANSFER_CUT);
        break;
    case 'C': /* the end of a result; of the client: Close */
    case 'I':
    case 's':
        if (server) {
            pg_copy_end(s, TRANSFER_DONE);
            rows_pause(&s->rows);
        }
        break;
    case 'A':
        if (server)
            take_notification(s);
        break;
    default:
        break;
    }
}
