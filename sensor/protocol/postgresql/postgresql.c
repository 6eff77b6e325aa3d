/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/postgresql/postgresql_session.h"

#include "base/counter.h"
#include "protocol/memory.h"
#include "protocol/tls/tls.h"

enum { STARTUP_HEAD = 8 };

static uint32_t number(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* --- what encrypts --- */

static void take_request(struct postgresql *g, uint32_t code) {
    if (code == PG_SSL_REQUEST)
        g->seal = PG_ASKED_TLS;
    else if (code == PG_GSS_REQUEST)
        g->seal = PG_ASKED_GSS;
    else
        g->seal = PG_PLAIN;
}

/* The server's letter is no message. True: it was one. */
static bool take_letter(struct postgresql *g, uint8_t letter) {
    bool granted = letter == (g->seal == PG_ASKED_TLS ? 'S' : 'G');
    if (!granted && letter != 'N') {
        g->seal = PG_PLAIN;
        return false;
    }
    g->seal = !granted ? PG_PLAIN : g->seal == PG_ASKED_GSS ? PG_GRANTED_GSS : PG_PLAIN;
    return true;
}

static bool is_letter_due(const struct postgresql *g, const struct pg_side *s) {
    return s == &g->side[g->server] && (g->seal == PG_ASKED_TLS || g->seal == PG_ASKED_GSS);
}

/* --- messages --- */

/* The letter that refuses encryption, where nobody saw what asked for it. */
static bool is_lone_letter(const struct postgresql *g, const struct pg_side *s) {
    return s == &g->side[g->server] && s->head_n == PG_HEAD && s->head[0] == 'N' && s->head[1] == 'R' &&
           s->head[2] == 0;
}

/* True: a header is there. False with *odd: it is none. */
static bool take_head(struct postgresql *g, struct pg_side *s, uint8_t octet, bool *odd) {
    bool server = s == &g->side[g->server];
    s->head[s->head_n++] = octet;
    bool startup = s->head[0] == 0 && !server;
    if (s->head_n < (startup ? STARTUP_HEAD : PG_HEAD))
        return false;
    if (is_lone_letter(g, s)) {
        memmove(s->head, s->head + 1, --s->head_n);
        return false;
    }
    uint32_t length = number(s->head + !startup);
    *odd = startup ? !postgresql_is_startup(s->head) : !postgresql_is_message(server, s->head[0], length);
    if (*odd)
        return false;
    s->type = startup ? 0 : s->head[0];
    s->left = length - (startup ? STARTUP_HEAD : PG_LENGTH);
    if (startup)
        take_request(g, number(s->head + PG_LENGTH));
    pg_begin_body(g, s);
    if (s->left == 0)
        pg_end_body(g, s, true);
    return true;
}

static size_t take_body(struct postgresql *g, struct pg_side *s, const uint8_t *p, size_t n) {
    size_t taken = pg_take_body(g, s, p, n < s->left ? n : s->left);
    s->left -= (uint32_t)taken;
    if (s->left == 0)
        pg_end_body(g, s, true);
    return taken;
}

/* Behind GSS-API's grant a feed that was decrypted goes on with a startup packet; anything else is sealed. */
static enum protocol_result take_odd(struct postgresql *g, struct pg_side *s, const uint8_t *p, size_t n) {
    if (g->seal == PG_GRANTED_GSS) {
        g->seal = PG_SEALED;
        g->c->services->encrypted(g->c);
        return PROTOCOL_OK;
    }
    counter_one(COUNTER_POSTGRESQL_ODD);
    return conversation_become_any(g->c, s->source.from, bytes_of(s->head, (size_t)s->head_n - 1),
                                   bytes_of(p, n));
}

static enum protocol_result take_octets(struct postgresql *g, struct pg_side *s, const uint8_t *p, size_t n) {
    bool odd = false;
    for (size_t at = 0; at < n && g->seal != PG_SEALED;) {
        if (s->in_body) {
            at += take_body(g, s, p + at, n - at);
        } else if (is_letter_due(g, s)) {
            bool tls = g->seal == PG_ASKED_TLS && p[at] == 'S';
            at += take_letter(g, p[at]);
            if (tls)
                return tls_may_follow(g->c, g->server, bytes_of(p + at, n - at));
        } else {
            take_head(g, s, p[at], &odd);
            if (odd)
                return take_odd(g, s, p + at, n - at);
            at++;
        }
    }
    return PROTOCOL_OK;
}

/* --- the connection --- */

static void *open_postgresql(struct conversation *c, struct bytes facts) {
    struct postgresql *g = protocol_alloc(PROTOCOL_STATE, sizeof *g);
    if (!g)
        return NULL;
    g->c = c;
    g->server = SIDE_SERVER;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        struct pg_side *s = &g->side[side];
        s->source = (struct sql_source){.c = c, .protocol = "postgresql", .from = side};
        rows_init(&s->rows, &s->source);
    }
    return g;
}

/* Who connects is usually the client; where the ends are swapped a type tells, which the other side has not.
 */
static void learn_sides(struct postgresql *g, enum side from, uint8_t first) {
    const char *servers = "RTZKNAGtW12n", *clients = "QPBFpf";
    g->sides_known = true;
    if (from == SIDE_CLIENT ? first && strchr(servers, first) : !first || strchr(clients, first))
        g->server = SIDE_CLIENT;
}

static bool begins_message(const uint8_t *window, const void *context) {
    const struct postgresql *g = ((const struct pg_side *)context)->source.c->state;
    const struct pg_side *s = context;
    return postgresql_message_begins(window, s == &g->side[g->server], s->copy.open);
}

static enum protocol_result take_postgresql_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                                 size_t n) {
    struct postgresql *g = c->state;
    struct pg_side *s = &g->side[from];
    enum protocol_result result = PROTOCOL_OK;
    size_t at = 0;
    if (!g->sides_known)
        learn_sides(g, from, bytes[0]);
    if (s->seeks) {
        if (!seek_start(s->sought, &s->sought_n, PG_WINDOW, begins_message, s, bytes, n, &at))
            return PROTOCOL_OK;
        s->seeks = false;
        result = take_octets(g, s, s->sought, s->sought_n);
        s->sought_n = 0;
    }
    if (result == PROTOCOL_OK)
        result = take_octets(g, s, bytes + at, n - at);
    else
        conversation_inner(c, from, bytes + at, n - at);
    rows_flush(&s->rows);
    return result;
}

static enum protocol_result take_postgresql_gap(struct conversation *c, enum side from, uint64_t n) {
    struct postgresql *g = c->state;
    struct pg_side *s = &g->side[from];
    if (g->seal == PG_SEALED)
        return PROTOCOL_OK;
    if (!pg_gap_body(g, s, n)) {
        counter_one(COUNTER_SQL_PLACE_LOST);
        if (s->in_body)
            pg_end_body(g, s, false);
        pg_copy_gap(s, n);
        pg_large_gap(s, n);
        rows_gap(&s->rows, n);
        s->head_n = 0;
        s->seeks = true;
        s->sought_n = 0;
    }
    rows_flush(&s->rows);
    return PROTOCOL_OK;
}

static void end_side(struct postgresql *g, struct pg_side *s, bool clean) {
    if (s->in_body)
        pg_end_body(g, s, false);
    pg_copy_end(s, TRANSFER_CUT);
    pg_large_close(g, TRANSFER_CUT);
    rows_end(&s->rows, clean && !s->seeks ? TRANSFER_DONE : TRANSFER_CUT);
}

static void take_postgresql_end(struct conversation *c, enum side from, bool clean) {
    struct postgresql *g = c->state;
    end_side(g, &g->side[from], clean);
}

static void settle_postgresql(struct conversation *c) {
    struct postgresql *g = c->state;
    bool client = rows_settle(&g->side[SIDE_CLIENT].rows), server = rows_settle(&g->side[SIDE_SERVER].rows);
    if (client || server)
        conversation_settle_later(c);
}

static void close_postgresql(struct conversation *c) {
    struct postgresql *g = c->state;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
        end_side(g, &g->side[side], false);
    columns_finish(&g->columns);
    pg_forget_statements(g);
    protocol_free(g);
}

const struct protocol protocol_postgresql = {
    .name = "postgresql",
    .ndpi_names = (const char *const[]){"PostgreSQL", NULL},
    .probe = postgresql_probe,
    .open = open_postgresql,
    .data = take_postgresql_data,
    .gap = take_postgresql_gap,
    .end = take_postgresql_end,
    .close = close_postgresql,
    .settle = settle_postgresql,
};
