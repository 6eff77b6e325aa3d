/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/pop3/pop3.h"

#include "base/counter.h"
#include "protocol/dotted.h"
#include "protocol/memory.h"
#include "protocol/tls/tls.h"

enum {
    LINE_MAX_OCTETS = 1024, /* of a command; a status line is known by fewer */
    STATUS_MAX = 64,
    PENDING_MAX = 256, /* commands in a row without their reply */
    USER_MAX = 256,
};

/* What the reply to a command brings. */
enum reply { REPLY_LINE, REPLY_LISTING, REPLY_NUMBERS, REPLY_MESSAGE, REPLY_TLS };

struct pop3 {
    struct conversation *c;
    bool sides_known;
    enum side server;
    bool greeted;
    bool lost;        /* which reply answers what is not known any more */
    bool credentials; /* the client's next line answers a challenge (RFC 5034) */
    /* Of the server: a status line, lines until one of a dot that are a message or a listing. */
    enum { AT_STATUS, AT_MESSAGE, AT_LISTING } at;
    struct dotted dotted;
    uint64_t missed;                   /* octets before a status line: what is none may have begun in them */
    struct transfer *transfer, *stray; /* of the server, of the client */
    bool open, strayed;
    bool numbered;   /* the listing's lines begin with numbers */
    uint16_t column; /* octets of the listing's line */
    bool unasked;    /* the message that is open: where it began nobody said */
    uint16_t line_n, status_n, user_n;
    uint16_t first, pending_n;
    uint8_t pending[PENDING_MAX]; /* enum reply, a ring */
    uint8_t user[USER_MAX];
    uint8_t status[STATUS_MAX];
    uint8_t line[LINE_MAX_OCTETS];
};

/* --- replies that are to come --- */

static void add_pending(struct pop3 *s, enum reply reply) {
    if (s->pending_n == PENDING_MAX) {
        counter_one(COUNTER_POP3_COMMANDS_SHED);
        s->lost = true;
        s->pending_n = 0;
        return;
    }
    s->pending[(s->first + s->pending_n++) % PENDING_MAX] = (uint8_t)reply;
}

static bool take_pending(struct pop3 *s, enum reply *out) {
    if (s->pending_n == 0)
        return false;
    *out = (enum reply)s->pending[s->first];
    s->first = (uint16_t)((s->first + 1) % PENDING_MAX);
    s->pending_n--;
    return true;
}

/* --- the client --- */

static void begin_stray(struct pop3 *s, const uint8_t *p, size_t n) {
    if (!s->strayed) {
        struct transfer_seed seed = transfer_seed_of("pop3", side_other(s->server));
        counter_one(COUNTER_POP3_STRAYS);
        s->stray = s->c->services->begin(s->c, &seed);
        s->strayed = true;
    }
    if (n)
        s->c->services->data(s->c, s->stray, p, n);
}

static void keep_user(struct pop3 *s, struct bytes argument) {
    s->user_n = (uint16_t)(argument.n < USER_MAX ? argument.n : USER_MAX);
    if (s->user_n)
        memcpy(s->user, argument.p, s->user_n);
}

/* A word of a few letters, and text. */
static bool may_be_command(struct bytes line) {
    enum { WORD_MAX = 8 };
    struct bytes verb = bytes_until(line, ' ');
    bool word = verb.n > 0 && verb.n <= WORD_MAX;
    for (size_t i = 0; i < verb.n; i++)
        word &= letter_lower((char)verb.p[i]) >= 'a' && letter_lower((char)verb.p[i]) <= 'z';
    return word;
}

static void take_command(struct pop3 *s, struct bytes whole) {
    static const struct {
        const char *verb;
        enum reply bare, with; /* without an argument, and with one */
    } verbs[] = {{"RETR", REPLY_MESSAGE, REPLY_MESSAGE}, {"TOP", REPLY_MESSAGE, REPLY_MESSAGE},
                 {"LIST", REPLY_NUMBERS, REPLY_LINE},    {"UIDL", REPLY_NUMBERS, REPLY_LINE},
                 {"CAPA", REPLY_LISTING, REPLY_LISTING}, {"AUTH", REPLY_LISTING, REPLY_LINE},
                 {"STLS", REPLY_TLS, REPLY_TLS}};
    struct bytes line = bytes_trim(whole), verb = bytes_until(line, ' ');
    struct bytes argument = bytes_trim(bytes_of(verb.p + verb.n, line.n - verb.n));
    enum reply reply = REPLY_LINE;
    if (line.n == 0)
        return;
    if (s->credentials) {
        s->credentials = false;
        return;
    }
    if (!may_be_command(line)) {
        begin_stray(s, whole.p, whole.n);
        return;
    }
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (bytes_equal_nocase(verb, verbs[i].verb))
            reply = argument.n ? verbs[i].with : verbs[i].bare;
    if (bytes_equal_nocase(verb, "USER"))
        keep_user(s, argument);
    add_pending(s, reply);
}

/* Once something strayed, all that follows is of it. */
static enum protocol_result take_client(struct pop3 *s, const uint8_t *p, size_t n) {
    while (n > 0 && !s->strayed) {
        const uint8_t *lf = memchr(p, '\n', n);
        size_t take = lf ? (size_t)(lf - p) + 1 : n, room = LINE_MAX_OCTETS - s->line_n;
        if (tls_record_begins(bytes_of(s->line, s->line_n), bytes_of(p, n)))
            return conversation_become_any(s->c, side_other(s->server), bytes_of(s->line, s->line_n),
                                           bytes_of(p, n));
        if (take > room) {
            begin_stray(s, s->line, s->line_n);
            s->line_n = 0;
            break;
        }
        memcpy(s->line + s->line_n, p, take);
        s->line_n = (uint16_t)(s->line_n + take);
        p += take;
        n -= take;
        if (!lf)
            break;
        take_command(s, bytes_of(s->line, s->line_n));
        s->line_n = 0;
    }
    if (s->strayed)
        begin_stray(s, p, n);
    return PROTOCOL_OK;
}

/* --- the server --- */

static void begin_message(struct pop3 *s) {
    struct transfer_seed seed = transfer_seed_of("pop3", s->server);
    seed.fact[FACT_DECLARED_TYPE] = bytes_text("message/rfc822");
    seed.fact[FACT_USER] = bytes_of(s->user, s->user_n);
    s->transfer = s->c->services->begin(s->c, &seed);
    s->open = true;
    s->unasked = false;
    s->at = AT_MESSAGE;
}

/* `missed` octets before its first ones may be of it. */
static void begin_unasked(struct pop3 *s, uint64_t missed) {
    begin_message(s);
    s->unasked = true;
    if (missed)
        s->c->services->gap(s->c, s->transfer, missed);
}

static void begin_listing(struct pop3 *s, bool numbered) {
    s->at = AT_LISTING;
    s->numbered = numbered;
    s->column = 0;
}

static void end_message(struct pop3 *s, enum transfer_end how) {
    if (s->open)
        s->c->services->end(s->c, s->transfer, how);
    s->transfer = NULL;
    s->open = false;
    s->at = AT_STATUS;
}

/* Where it goes on as no listing does; `n` if nowhere. */
static size_t find_odd(struct pop3 *s, const uint8_t *p, size_t n) {
    enum { NUMBERED_MAX = 128, LISTED_MAX = 512 }; /* RFC 1939 section 7, RFC 2449 section 4 */
    for (size_t i = 0; i < n; i++) {
        bool digit = p[i] >= '0' && p[i] <= '9';
        if (s->column++ == (s->numbered ? NUMBERED_MAX : LISTED_MAX) ||
            (s->column == 1 && s->numbered && !digit))
            return i;
        if (p[i] == '\n')
            s->column = 0;
    }
    return n;
}

static void emit_octets(void *context, const uint8_t *p, size_t n) {
    struct pop3 *s = context;
    size_t odd = s->open ? 0 : find_odd(s, p, n);
    if (odd < n && !s->open)
        begin_unasked(s, s->column - 1u);
    if (odd < n)
        s->c->services->data(s->c, s->transfer, p + odd, n - odd);
}

static size_t take_text(struct pop3 *s, const uint8_t *p, size_t n) {
    bool ended;
    size_t taken = dotted_take(&s->dotted, p, n, emit_octets, s, &ended);
    if (ended)
        end_message(s, s->unasked ? TRANSFER_UNKNOWN : TRANSFER_DONE);
    return taken;
}

static bool is_status(struct bytes line) {
    return bytes_starts_nocase(line, "+OK") || bytes_starts_nocase(line, "-ERR");
}

/* "12 3456": of a listing (RFC 1939 section 5). */
static bool is_listed(struct bytes line) {
    size_t digits = 0;
    while (digits < line.n && line.p[digits] >= '0' && line.p[digits] <= '9')
        digits++;
    return digits > 0 && digits < line.n && line.p[digits] == ' ' && line.n < STATUS_MAX;
}

/* Lines that nobody asked for, or whose question was lost, are a message, but for what only listings hold. */
static void take_unasked(struct pop3 *s) {
    struct bytes line = bytes_of(s->status, s->status_n);
    begin_listing(s, true);
    if (!is_listed(bytes_trim(line)))
        begin_unasked(s, s->missed);
    s->missed = 0;
    s->status_n = 0;
    dotted_begin(&s->dotted, false);
    take_text(s, line.p, line.n);
}

/* True: TLS is next. */
static bool take_status(struct pop3 *s, struct bytes line) {
    enum reply reply = REPLY_LINE;
    bool good = line.p[0] == '+';
    if (!s->greeted) {
        s->greeted = true;
        if (s->pending_n == 0)
            return false;
    }
    s->missed = 0;
    take_pending(s, &reply);
    if (!good || s->lost)
        return false;
    dotted_begin(&s->dotted, false);
    if (reply == REPLY_MESSAGE)
        begin_message(s);
    else if (reply == REPLY_LISTING || reply == REPLY_NUMBERS)
        begin_listing(s, reply == REPLY_NUMBERS);
    return reply == REPLY_TLS;
}

/* Takes a part of a status line; *tls: it was the last before TLS. */
static size_t take_status_line(struct pop3 *s, const uint8_t *p, size_t n, bool *tls) {
    const uint8_t *lf = memchr(p, '\n', n);
    size_t take = lf ? (size_t)(lf - p) + 1 : n, room = (size_t)(STATUS_MAX - s->status_n);
    size_t kept = take < room ? take : room;
    memcpy(s->status + s->status_n, p, kept);
    s->status_n = (uint16_t)(s->status_n + kept);
    struct bytes line = bytes_of(s->status, s->status_n);
    bool challenge = line.p[0] == '+' && line.n > 1 && (line.p[1] == ' ' || line.p[1] == '\r');
    if (!lf && s->status_n < STATUS_MAX)
        return take;
    if (!is_status(line) && !challenge && bytes_trim(line).n) {
        take_unasked(s);
        return kept;
    }
    if (!lf)
        return take;
    s->status_n = 0;
    s->credentials = challenge;
    if (is_status(line))
        *tls = take_status(s, line);
    return take;
}

static enum protocol_result take_server(struct pop3 *s, const uint8_t *p, size_t n) {
    bool tls = false;
    for (size_t at = 0; at < n;) {
        struct bytes rest = bytes_of(p + at, n - at), held = bytes_of(s->status, s->status_n);
        if (s->at == AT_STATUS && tls_record_begins(held, rest))
            return conversation_become_any(s->c, s->server, held, rest);
        if (s->at == AT_STATUS)
            at += take_status_line(s, p + at, n - at, &tls);
        else
            at += take_text(s, p + at, n - at);
        if (tls)
            return tls_may_follow(s->c, s->server, bytes_of(p + at, n - at));
    }
    return PROTOCOL_OK;
}

/* --- the connection --- */

static void *open_pop3(struct conversation *c, struct bytes facts) {
    struct pop3 *s = protocol_alloc(PROTOCOL_STATE, sizeof *s);
    if (!s)
        return NULL;
    s->c = c;
    s->server = SIDE_SERVER;
    return s;
}

static enum protocol_result take_pop3_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                           size_t n) {
    struct pop3 *s = c->state;
    if (n == 0)
        return PROTOCOL_OK;
    if (!s->sides_known) { /* the server's lines begin with a sign */
        s->server = bytes[0] == '+' || bytes[0] == '-' ? from : side_other(from);
        s->sides_known = true;
    }
    return from == s->server ? take_server(s, bytes, n) : take_client(s, bytes, n);
}

/* Behind it which reply answers what is not known until the client is known to wait again, and that is never
 * sure: lines tell by themselves. */
static enum protocol_result take_pop3_gap(struct conversation *c, enum side from, uint64_t n) {
    struct pop3 *s = c->state;
    s->lost = true;
    s->pending_n = 0;
    if (from != s->server) {
        s->line_n = 0;
        if (s->strayed)
            c->services->gap(c, s->stray, n);
        return PROTOCOL_OK;
    }
    s->status_n = 0;
    dotted_gap(&s->dotted);
    if (!s->open) {
        s->missed = add_sizes(s->missed, n);
        s->at = AT_STATUS; /* the end of a listing may be missing, and a message may have begun */
    }
    if (s->open)
        c->services->gap(c, s->transfer, n);
    return PROTOCOL_OK;
}

static void end_stray(struct pop3 *s, enum transfer_end how) {
    if (s->strayed)
        s->c->services->end(s->c, s->stray, how);
    s->stray = NULL;
    s->strayed = false;
}

static void take_pop3_end(struct conversation *c, enum side from, bool clean) {
    struct pop3 *s = c->state;
    if (from == s->server)
        end_message(s, TRANSFER_CUT);
    else
        end_stray(s, clean ? TRANSFER_UNKNOWN : TRANSFER_CUT);
}

static void close_pop3(struct conversation *c) {
    struct pop3 *s = c->state;
    end_message(s, TRANSFER_CUT);
    end_stray(s, TRANSFER_UNKNOWN);
    protocol_free(s);
}

const struct protocol protocol_pop3 = {
    .name = "pop3",
    .ndpi_names = (const char *const[]){"POP3", NULL},
    .probe = pop3_probe,
    .open = open_pop3,
    .data = take_pop3_data,
    .gap = take_pop3_gap,
    .end = take_pop3_end,
    .close = close_pop3,
};
