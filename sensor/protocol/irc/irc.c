/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/irc/irc_session.h"

#include "base/counter.h"
#include "protocol/memory.h"
#include "protocol/tls/tls.h"

#define WINDOW_TIME (600 * NS_PER_S) /* of one object of what is said */
enum { WINDOW_BYTES = 1 << 18 };

struct irc_side {
    struct transfer *transfer;
    bool begun, cut;
    bool missed; /* octets before the line */
    time_ns since;
    uint32_t said;
    uint16_t n;
    uint8_t *line; /* PROTOCOL_HELD, IRC_LINE_MAX; NULL: none is begun */
};

struct irc {
    struct conversation *c;
    enum side server;
    uint8_t nick_n, nick[IRC_NICK_MAX];
    struct irc_side side[2]; /* by enum side */
    struct irc_offers offers;
};

/* --- what is said --- */

static void end_text(struct irc *i, struct irc_side *s, enum transfer_end how) {
    if (s->begun)
        i->c->services->end(i->c, s->transfer, how);
    s->begun = false;
    s->transfer = NULL;
}

static void add_text(struct irc *i, enum side from, struct bytes text) {
    struct irc_side *s = &i->side[from];
    if (s->begun && (i->c->now - s->since > WINDOW_TIME || s->said > WINDOW_BYTES))
        end_text(i, s, TRANSFER_DONE);
    if (!s->begun) {
        struct transfer_seed seed = transfer_seed_of("irc", from);
        seed.fact[FACT_DECLARED_TYPE] = bytes_text("text/plain");
        seed.fact[FACT_USER] = bytes_of(i->nick, i->nick_n);
        s->begun = true;
        s->since = i->c->now;
        s->said = 0;
        s->transfer = i->c->services->begin(i->c, &seed);
    }
    if (s->missed)
        i->c->services->gap(i->c, s->transfer, 1);
    s->missed = false;
    s->said += (uint32_t)text.n + 1;
    i->c->services->data(i->c, s->transfer, text.p, text.n);
    i->c->services->data(i->c, s->transfer, (const uint8_t *)"\n", 1);
}

/* --- lines --- */

static struct bytes take_word(struct bytes *line) {
    struct bytes word = bytes_until(*line, ' ');
    size_t n = word.n;
    while (n < line->n && line->p[n] == ' ')
        n++;
    *line = bytes_of(line->p + n, line->n - n);
    return word;
}

/* The last parameter, which may hold blanks behind its colon. */
static struct bytes find_text(struct bytes line) {
    while (line.n > 0 && line.p[0] != ':') {
        struct bytes word = take_word(&line);
        if (line.n == 0)
            return word;
    }
    return line.n ? bytes_of(line.p + 1, line.n - 1) : line;
}

/* Servers greet, number and keep alive: that says nothing. */
static bool says_something(struct bytes command) {
    static const char *const silent[] = {"NICK",         "USER", "PASS",  "PING",  "PONG", "CAP",
                                         "JOIN",         "MODE", "WHO",   "WHOIS", "ISON", "USERHOST",
                                         "AUTHENTICATE", "LIST", "NAMES", "MOTD"};
    uint64_t number;
    if (command.n == 3 && bytes_number(command, &number))
        return false;
    for (size_t k = 0; k < sizeof silent / sizeof *silent; k++)
        if (bytes_equal_nocase(command, silent[k]))
            return false;
    return true;
}

static void take_message(struct irc *i, enum side from, struct bytes line) {
    bool client = from != i->server;
    if (line.n && line.p[0] == '@') /* tags */
        take_word(&line);
    if (line.n && line.p[0] == ':')
        take_word(&line);
    struct bytes command = take_word(&line);
    if (client && bytes_equal_nocase(command, "NICK")) {
        struct bytes nick = bytes_until(line, ' ');
        i->nick_n = (uint8_t)(nick.n < IRC_NICK_MAX ? nick.n : IRC_NICK_MAX);
        memcpy(i->nick, nick.p, i->nick_n);
    }
    if (!says_something(command))
        return;
    struct bytes text = find_text(line);
    bool message = bytes_equal_nocase(command, "PRIVMSG") || bytes_equal_nocase(command, "NOTICE");
    if (text.n > 0 && !(message && irc_offer_take(&i->offers, i->c, from, client, text)))
        add_text(i, from, text);
}

static void take_line(struct irc *i, enum side from, struct bytes line) {
    line = bytes_trim(line);
    if (line.n > 0)
        take_message(i, from, line);
}

/* Of a line whose beginning is not there all may be what was said. */
static void take_held(struct irc *i, enum side from, bool whole) {
    struct irc_side *s = &i->side[from];
    if (whole && !s->cut)
        take_line(i, from, bytes_of(s->line, s->n));
    else
        add_text(i, from, bytes_of(s->line, s->n));
    s->n = 0;
}

/* Up to the line's end. What goes on longer is taken in pieces. */
static size_t keep_line(struct irc *i, enum side from, const uint8_t *p, size_t n) {
    struct irc_side *s = &i->side[from];
    const uint8_t *lf = memchr(p, '\n', n);
    size_t take = lf ? (size_t)(lf - p) + 1 : n;
    if (lf && s->n == 0 && !s->cut && take <= IRC_LINE_MAX) {
        take_line(i, from, bytes_of(p, take));
        return take;
    }
    if (!s->line && !(s->line = protocol_grow(PROTOCOL_HELD, NULL, IRC_LINE_MAX))) {
        counter_one(COUNTER_PROTOCOL_NO_MEMORY);
        s->cut = s->missed = true;
        return take;
    }
    size_t room = (size_t)(IRC_LINE_MAX - s->n);
    take = take < room ? take : room;
    memcpy(s->line + s->n, p, take);
    s->n = (uint16_t)(s->n + take);
    bool whole = s->line[s->n - 1] == '\n';
    if (!whole && s->n < IRC_LINE_MAX)
        return take;
    counter_add(COUNTER_IRC_LINES_LONG, !whole && !s->cut);
    take_held(i, from, whole);
    s->cut = !whole;
    return take;
}

/* --- the connection --- */

static void *open_irc(struct conversation *c, struct bytes facts) {
    (void)facts;
    struct irc *i = protocol_alloc(PROTOCOL_STATE, sizeof *i);
    if (!i)
        return NULL;
    i->c = c;
    i->server = SIDE_SERVER;
    return i;
}

static enum protocol_result take_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                      size_t n) {
    struct irc *i = c->state;
    struct irc_side *s = &i->side[from];
    for (size_t at = 0; at < n;) {
        if (tls_record_begins(bytes_of(s->line, s->n), bytes_of(bytes + at, n - at)))
            return conversation_become_any(c, from, bytes_of(s->line, s->n), bytes_of(bytes + at, n - at));
        at += keep_line(i, from, bytes + at, n - at);
    }
    return PROTOCOL_OK;
}

static enum protocol_result take_gap(struct conversation *c, enum side from, uint64_t n) {
    struct irc *i = c->state;
    (void)n;
    i->side[from].n = 0;
    i->side[from].cut = true; /* until the line's end */
    i->side[from].missed = true;
    return PROTOCOL_OK;
}

static void take_end(struct conversation *c, enum side from, bool clean) {
    struct irc *i = c->state;
    struct irc_side *s = &i->side[from];
    if (s->n > 0)
        take_held(i, from, true);
    end_text(i, s, clean ? TRANSFER_DONE : TRANSFER_UNKNOWN);
}

static void close_irc(struct conversation *c) {
    struct irc *i = c->state;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        end_text(i, &i->side[side], TRANSFER_UNKNOWN);
        protocol_free(i->side[side].line);
    }
    irc_offers_finish(&i->offers);
    protocol_free(i);
}

const struct protocol protocol_irc = {
    .name = "irc",
    .ndpi_names = (const char *const[]){"IRC", NULL},
    .probe = irc_probe,
    .open = open_irc,
    .data = take_data,
    .gap = take_gap,
    .end = take_end,
    .close = close_irc,
};
