/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smtp/smtp_session.h"

#include "base/counter.h"
#include "protocol/memory.h"
#include "protocol/tls/tls.h"

enum {
    REPLY_READY = 220, /* the greeting, and the answer to STARTTLS */
    REPLY_GO_ON = 334, /* of AUTH (RFC 4954 section 4) */
    REPLY_DATA = 354,
    REPLY_FINAL_BAD = 400,
};

/* --- commands --- */

static void take_hello(struct smtp *s, struct bytes argument) {
    smtp_body_end(s, TRANSFER_CUT);
    smtp_envelope_clear(&s->envelope);
}

static void take_local_hello(struct smtp *s, struct bytes argument) {
    take_hello(s, argument);
    s->lmtp = true;
}

static void take_from(struct smtp *s, struct bytes argument) {
    smtp_body_end(s, TRANSFER_CUT);
    smtp_envelope_from(&s->envelope, argument);
}

static void take_to(struct smtp *s, struct bytes argument) {
    smtp_envelope_to(&s->envelope, argument);
}

/* What follows is the message's once the server wants it, or was not heard. */
static void take_data(struct smtp *s, struct bytes argument) {
    s->asked_data = true;
    s->data_ahead = s->due;
    s->at = SMTP_AT_DATA;
}

/* "BDAT 1000 LAST": the octets follow at once (RFC 3030 section 2). */
static void take_bdat(struct smtp *s, struct bytes argument) {
    struct bytes size = bytes_until(argument, ' ');
    struct bytes last = bytes_trim(bytes_of(size.p + size.n, argument.n - size.n));
    uint64_t n;
    if (bytes_number(size, &n))
        smtp_chunk_begin(s, n, bytes_equal_nocase(last, "LAST"));
}

static void take_starttls(struct smtp *s, struct bytes argument) {
    s->asked_tls = true;
    s->tls_ahead = s->due;
}

/* `alone`: its first word may stand at the start of any text too; then what has to follow tells it. */
static const struct {
    const char *verb, *follows;
    void (*sent)(struct smtp *s, struct bytes argument);
} commands[] = {
    {"MAIL", "FROM:", take_from},
    {"RCPT", "TO:", take_to},
    {"DATA", "", take_data},
    {"BDAT", NULL, take_bdat},
    {"RSET", "", take_hello},
    {"QUIT", "", NULL},
    {"EHLO", NULL, take_hello},
    {"HELO", NULL, take_hello},
    {"LHLO", NULL, take_local_hello},
    {"STARTTLS", "", take_starttls},
    {"AUTH", NULL, NULL},
    {"NOOP", NULL, NULL},
    {"VRFY", NULL, NULL},
    {"EXPN", NULL, NULL},
    {"HELP", NULL, NULL},
    {"ETRN", NULL, NULL},
    {"XFORWARD", NULL, NULL},
    {"XCLIENT", NULL, take_hello},
    {"TURN", "", NULL},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

/* COMMANDS: it is none of them. */
static size_t find_command(struct bytes line, struct bytes *argument) {
    struct bytes verb = bytes_until(line, ' ');
    *argument = bytes_trim(bytes_of(verb.p + verb.n, line.n - verb.n));
    for (size_t i = 0; i < COMMANDS; i++)
        if (bytes_equal_nocase(verb, commands[i].verb)) {
            const char *follows = commands[i].follows;
            if (!follows)
                return i;
            bool suits = *follows ? bytes_starts_nocase(*argument, follows) : argument->n == 0;
            *argument = bytes_of(argument->p + strlen(follows), suits ? argument->n - strlen(follows) : 0);
            return suits ? i : COMMANDS;
        }
    return COMMANDS;
}

bool smtp_is_command(struct bytes line) {
    struct bytes argument;
    size_t i = find_command(bytes_trim(line), &argument);
    return i < COMMANDS && (commands[i].follows || commands[i].sent);
}

/* Servers know more commands than we do: a word, and perhaps some text. */
static bool may_be_command(struct bytes line) {
    enum { WORD_MAX = 16 };
    struct bytes verb = bytes_until(line, ' ');
    for (size_t i = 0; i < verb.n; i++)
        if (letter_lower((char)verb.p[i]) < 'a' || letter_lower((char)verb.p[i]) > 'z')
            return false;
    return verb.n > 0 && verb.n <= WORD_MAX && line.n < SMTP_LINE_MAX;
}

static void take_command(struct smtp *s) {
    struct bytes line = bytes_of(s->line, s->line_n), argument;
    s->lf = line.n < 2 || line.p[line.n - 2] != '\r';
    line = bytes_trim(line);
    if (s->credentials) {
        s->credentials = false;
        s->line_n = 0;
        return;
    }
    size_t i = find_command(line, &argument);
    if (i == COMMANDS && line.n && !may_be_command(line)) {
        smtp_stray_begin(s);
        return;
    }
    s->line_n = 0;
    if (i < COMMANDS)
        s->missed = 0;
    if (i < COMMANDS && commands[i].sent)
        commands[i].sent(s, argument);
    s->due += line.n && s->due < UINT32_MAX;
}

/* Takes up to the line's end. A line over the bound that does not begin as a command is none. */
static size_t take_command_line(struct smtp *s, const uint8_t *p, size_t n) {
    const uint8_t *lf = memchr(p, '\n', n);
    size_t take = lf ? (size_t)(lf - p) + 1 : n, room = (size_t)(SMTP_LINE_MAX - s->line_n);
    if (take > room) {
        counter_add(COUNTER_SMTP_LINES_LONG, room > 0);
        if (room > 0 || !s->line_long) {
            memcpy(s->line + s->line_n, p, room);
            s->line_n = SMTP_LINE_MAX;
        }
        struct bytes argument;
        if (!s->credentials && find_command(bytes_of(s->line, s->line_n), &argument) == COMMANDS) {
            smtp_stray_begin(s);
            return room;
        }
        s->line_long = true;
        s->line[SMTP_LINE_MAX - 1] = '\n';
    } else {
        memcpy(s->line + s->line_n, p, take);
        s->line_n = (uint16_t)(s->line_n + take);
    }
    if (lf) {
        s->line_long = false;
        take_command(s);
    }
    return take;
}

static enum protocol_result take_client(struct smtp *s, const uint8_t *p, size_t n) {
    for (size_t at = 0; at < n;) {
        if (s->at != SMTP_AT_COMMAND)
            at += smtp_body_take(s, p + at, n - at);
        else if (tls_record_begins(bytes_of(s->line, s->line_n), bytes_of(p + at, n - at)))
            return conversation_become_any(s->c, side_other(s->server), bytes_of(s->line, s->line_n),
                                           bytes_of(p + at, n - at));
        else
            at += take_command_line(s, p + at, n - at);
    }
    return PROTOCOL_OK;
}

/* --- replies --- */

static bool is_answered(uint32_t *ahead) {
    if (*ahead == 0)
        return true;
    --*ahead;
    return false;
}

/* True: the client begins TLS next. */
static bool take_reply(struct smtp *s, unsigned code) {
    bool first = !s->greeted, tls = false;
    s->greeted = true;
    if (first && (code == REPLY_READY || code >= REPLY_FINAL_BAD))
        return false;
    if (code == REPLY_GO_ON) {
        s->credentials = true;
        return false;
    }
    s->credentials = false;
    if (s->asked_data && (code == REPLY_DATA || is_answered(&s->data_ahead))) {
        s->asked_data = false;
        if (code >= REPLY_FINAL_BAD && s->at == SMTP_AT_DATA)
            s->at = SMTP_AT_COMMAND;
        else if (code >= REPLY_FINAL_BAD)
            s->watch = s->open;
    } else if (s->at == SMTP_AT_BODY) { /* it answers the end of the message */
        s->watch = true;
    }
    if (s->asked_tls && is_answered(&s->tls_ahead)) {
        s->asked_tls = false;
        tls = code == REPLY_READY;
    }
    s->due -= s->due > 0;
    return tls;
}

static enum protocol_result become_tls(struct smtp *s, const uint8_t *rest, size_t n) {
    static const struct protocol *const candidates[] = {&protocol_tls, NULL};
    s->due = 0;
    s->greeted = true;
    smtp_envelope_clear(&s->envelope);
    conversation_become(s->c, candidates, true);
    conversation_inner(s->c, s->server, rest, n);
    return PROTOCOL_BECOMES;
}

static bool is_reply_code(const uint8_t code[SMTP_CODE]) {
    return code[0] >= '2' && code[0] <= '5' && code[1] >= '0' && code[1] <= '9' && code[2] >= '0' &&
           code[2] <= '9';
}

/* Of each line only its code is kept. */
static enum protocol_result take_server(struct smtp *s, const uint8_t *p, size_t n) {
    for (size_t at = 0; at < n; at++) {
        if (p[at] != '\n') {
            if (s->code_n < SMTP_CODE)
                s->code[s->code_n++] = p[at];
            const uint8_t *lf = s->code_n == SMTP_CODE ? memchr(p + at, '\n', n - at) : NULL;
            if (s->code_n == SMTP_CODE)
                at = lf ? (size_t)(lf - p) - 1 : n;
            continue;
        }
        bool reply =
            s->code_n >= 3 && is_reply_code(s->code) && !(s->code_n == SMTP_CODE && s->code[3] == '-');
        unsigned code =
            reply ? (unsigned)((s->code[0] - '0') * 100 + (s->code[1] - '0') * 10 + s->code[2] - '0') : 0;
        s->code_n = 0;
        if (reply && take_reply(s, code))
            return become_tls(s, p + at + 1, n - at - 1);
    }
    return PROTOCOL_OK;
}

/* --- the connection --- */

static void *open_smtp(struct conversation *c, struct bytes facts) {
    struct smtp *s = protocol_alloc(PROTOCOL_STATE, sizeof *s);
    if (!s)
        return NULL;
    s->c = c;
    s->server = SIDE_SERVER;
    return s;
}

/* Who is the server is told by the first octet of either: replies begin with a digit. */
static void learn_sides(struct smtp *s, enum side from, uint8_t first) {
    s->sides_known = true;
    s->server = first >= '0' && first <= '9' ? from : side_other(from);
}

static enum protocol_result take_smtp_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                           size_t n) {
    struct smtp *s = c->state;
    if (n == 0)
        return PROTOCOL_OK;
    if (!s->sides_known)
        learn_sides(s, from, bytes[0]);
    if (from == s->server)
        return take_server(s, bytes, n);
    return take_client(s, bytes, n);
}

/* Behind it nobody knows which reply answers what. */
static enum protocol_result take_smtp_gap(struct conversation *c, enum side from, uint64_t n) {
    struct smtp *s = c->state;
    s->due = s->data_ahead = s->tls_ahead = 0;
    if (from == s->server) {
        s->code_n = 0;
        return PROTOCOL_OK;
    }
    if (s->at != SMTP_AT_COMMAND) {
        smtp_body_gap(s, n);
        return PROTOCOL_OK;
    }
    s->missed = add_sizes(s->missed, n);
    s->line_n = 0;
    s->line_long = false;
    return PROTOCOL_OK;
}

static void take_smtp_end(struct conversation *c, enum side from, bool clean) {
    struct smtp *s = c->state;
    if (from == s->server)
        return;
    if (s->at == SMTP_AT_COMMAND && s->line_n) /* the last line may lack its end */
        take_command(s);
    if (s->at == SMTP_AT_BODY)
        smtp_body_release(s);
    smtp_body_end(s, s->stray && clean ? TRANSFER_UNKNOWN : TRANSFER_CUT);
}

static void close_smtp(struct conversation *c) {
    smtp_body_end(c->state, TRANSFER_CUT);
    protocol_free(c->state);
}

const struct protocol protocol_smtp = {
    .name = "smtp",
    .ndpi_names = (const char *const[]){"SMTP", NULL},
    .probe = smtp_probe,
    .open = open_smtp,
    .data = take_smtp_data,
    .gap = take_smtp_gap,
    .end = take_smtp_end,
    .close = close_smtp,
};
