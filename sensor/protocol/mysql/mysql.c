/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mysql/mysql_session.h"

#include "base/counter.h"
#include "protocol/memory.h"
#include "protocol/tls/tls.h"

static void *open_mysql(struct conversation *c, struct bytes facts) {
    struct mysql *m = protocol_alloc(PROTOCOL_STATE, sizeof *m);
    if (!m)
        return NULL;
    m->c = c;
    m->server = SIDE_SERVER;
    m->command = MY_NONE;
    m->result = &m->columns;
    m->offered = UINT32_MAX;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        struct my_side *s = &m->side[side];
        s->session = m;
        s->source = (struct sql_source){.c = c, .protocol = "mysql", .from = side};
        rows_init(&s->rows, &s->source);
    }
    return m;
}

static enum protocol_result become_tls(struct mysql *m, enum side from, const uint8_t *p, size_t n) {
    m->tls = false;
    return tls_may_follow(m->c, from, bytes_of(p, n));
}

static enum protocol_result take_odd(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    size_t held = s->in_packet ? MYSQL_HEAD : s->head_n;
    counter_one(COUNTER_MYSQL_ODD);
    if (s->compressed) /* nothing of it can be handed on as it came */
        return PROTOCOL_LOST;
    return conversation_become_any(m->c, s->source.from, bytes_of(s->head, held), bytes_of(p, n));
}

static enum protocol_result take_octets(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    size_t at = 0;
    if (!s->compressed)
        at = my_take_packets(m, s, p, n);
    if (m->tls)
        return become_tls(m, s->source.from, p + at, n - at);
    if (s->compressed && !m->odd && at < n)
        my_take_compressed(m, s, p + at, n - at);
    return m->odd ? take_odd(m, s, p + at, n - at) : PROTOCOL_OK;
}

static enum protocol_result take_mysql_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                            size_t n) {
    struct mysql *m = c->state;
    struct my_side *s = &m->side[from];
    enum protocol_result result = take_octets(m, s, bytes, n);
    rows_flush(&s->rows);
    return result;
}

static enum protocol_result take_mysql_gap(struct conversation *c, enum side from, uint64_t n) {
    struct mysql *m = c->state;
    struct my_side *s = &m->side[from];
    if (s->compressed)
        my_gap_compressed(m, s, n);
    else
        my_gap_packets(m, s, n);
    rows_flush(&s->rows);
    return m->odd ? PROTOCOL_LOST : PROTOCOL_OK;
}

static void end_side(struct mysql *m, struct my_side *s, bool clean) {
    my_end_compressed(s);
    if (s->in_message)
        my_end_message(m, s, false);
    if (s->open)
        m->c->services->end(m->c, s->object, TRANSFER_CUT);
    s->open = s->in_packet = false;
    if (!my_is_server(m, s) && m->long_open) {
        m->long_open = false;
        value_end(&m->long_value, false);
    }
    rows_end(&s->rows, clean && !s->seeks ? TRANSFER_DONE : TRANSFER_CUT);
}

static void take_mysql_end(struct conversation *c, enum side from, bool clean) {
    struct mysql *m = c->state;
    end_side(m, &m->side[from], clean);
}

static void settle_mysql(struct conversation *c) {
    struct mysql *m = c->state;
    bool client = rows_settle(&m->side[SIDE_CLIENT].rows), server = rows_settle(&m->side[SIDE_SERVER].rows);
    if (client || server)
        conversation_settle_later(c);
}

static void close_mysql(struct conversation *c) {
    struct mysql *m = c->state;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
        end_side(m, &m->side[side], false);
    columns_finish(&m->columns);
    my_forget_statements(m);
    protocol_free(m);
}

const struct protocol protocol_mysql = {
    .name = "mysql",
    .ndpi_names = (const char *const[]){"MySQL", NULL},
    .probe = mysql_probe,
    .open = open_mysql,
    .data = take_mysql_data,
    .gap = take_mysql_gap,
    .end = take_mysql_end,
    .close = close_mysql,
    .settle = settle_mysql,
};
