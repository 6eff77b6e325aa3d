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

/* `follows`: what has to stand behind the word; NULL: anything may. */
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

/* Takes up to the line's end. What is longer than any command is none, whatever it begins with. */
static size_t take_command_line(struct smtp *s, const uint8_t *p, size_t n) {
    const uint8_t *lf = memchr(p, '\n', n);
    size_t take = lf ? (size_t)(lf - p) + 1 : n;
    if (take > (size_t)(SMTP_LINE_MAX - s->line_n)) {
        counter_one(COUNTER_SMTP_LINES_LONG);
        smtp_stray_begin(s);
        return 0;
    }
    memcpy(s->line + s->line_n, p, take);
    s->line_n = (uint16_t)(s->line_n + take);
    if (lf)
        take_command(s);
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

static bool is_reply_code(const uint8_t code[SMTP_CODE]) {
    return code[0] >= '2' && code[0] <= '5' && code[1] >= '0' && code[1] <= '9' && code[2] >= '0' &&
           code[2] <= '9';
}

/* What a server says that is no reply, or more than any reply is, moves too: all that follows. */
static void stray_from_server(struct smtp *s, uint64_t missed, const uint8_t *p, size_t n) {
    struct smtp_answers *a = &s->answers;
    if (!a->strayed) {
        const struct transfer_seed seed = transfer_seed_of(smtp_name(s), s->server);
        counter_one(COUNTER_SMTP_STRAYS);
        a->stray = s->c->services->begin(s->c, &seed);
        a->strayed = true;
        if (missed)
            s->c->services->gap(s->c, a->stray, missed);
        if (a->code_n && !missed)
            s->c->services->data(s->c, a->stray, a->code, a->code_n);
    }
    if (n)
        s->c->services->data(s->c, a->stray, p, n);
}

/* "250-", "250 ", or "250" alone. */
static bool is_reply(const struct smtp_answers *a) {
    return a->code_n >= 3 && is_reply_code(a->code) &&
           (a->code_n == 3 || a->code[3] == ' ' || a->code[3] == '-' || a->code[3] == '\r');
}

static unsigned code_of(const struct smtp_answers *a) {
    return (unsigned)((a->code[0] - '0') * 100 + (a->code[1] - '0') * 10 + a->code[2] - '0');
}

/* Takes a part of a line, of which only the code is kept. */
static size_t take_reply_line(struct smtp *s, const uint8_t *p, size_t n, bool *tls) {
    struct smtp_answers *a = &s->answers;
    const uint8_t *lf = memchr(p, '\n', n);
    size_t take = lf ? (size_t)(lf - p) + 1 : n, text = lf ? take - 1 : take;
    size_t room = (size_t)(SMTP_CODE - a->code_n), kept = text < room ? text : room;
    memcpy(a->code + a->code_n, p, kept);
    a->code_n = (uint8_t)(a->code_n + kept);
    bool blank = a->code_n == 0 || a->code[0] == '\r';
    if (!a->behind_gap && !blank && (lf || a->code_n == SMTP_CODE) && !is_reply(a)) {
        stray_from_server(s, 0, p + kept, 0);
        return kept;
    }
    if (text > SMTP_LINE_MAX - a->octets) {
        size_t usual = SMTP_LINE_MAX - a->octets;
        stray_from_server(s, SMTP_LINE_MAX, p, 0);
        return usual;
    }
    a->octets += text;
    if (!lf)
        return take;
    *tls = is_reply(a) && a->code[a->code_n - 1] != '-' && take_reply(s, code_of(a));
    a->code_n = 0;
    a->octets = 0;
    a->behind_gap = false;
    return take;
}

static enum protocol_result take_server(struct smtp *s, const uint8_t *p, size_t n) {
    bool tls = false;
    for (size_t at = 0; at < n;) {
        const struct smtp_answers *a = &s->answers;
        struct bytes rest = bytes_of(p + at, n - at), held = bytes_of(a->code, a->code_n);
        if (a->strayed) {
            stray_from_server(s, 0, rest.p, rest.n);
            break;
        }
        if (a->octets == a->code_n && tls_record_begins(held, rest))
            return conversation_become_any(s->c, s->server, held, rest);
        at += take_reply_line(s, p + at, n - at, &tls);
        if (!tls)
            continue;
        s->due = 0;
        smtp_envelope_clear(&s->envelope);
        return tls_may_follow(s->c, s->server, bytes_of(p + at, n - at));
    }
    return PROTOCOL_OK;
}

static void end_server_stray(struct smtp *s, enum transfer_end how) {
    if (s->answers.strayed)
        s->c->services->end(s->c, s->answers.stray, how);
    s->answers.strayed = false;
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
        struct smtp_answers *a = &s->answers;
        if (a->strayed)
            c->services->gap(c, a->stray, n);
        *a = (struct smtp_answers){.strayed = a->strayed, .stray = a->stray, .behind_gap = true};
        return PROTOCOL_OK;
    }
    if (s->at != SMTP_AT_COMMAND)
        n -= smtp_body_gap(s, n);
    if (n == 0)
        return PROTOCOL_OK;
    s->missed = add_sizes(s->missed, n);
    s->line_n = 0;
    return PROTOCOL_OK;
}

static void take_smtp_end(struct conversation *c, enum side from, bool clean) {
    struct smtp *s = c->state;
    if (from == s->server) {
        end_server_stray(s, clean ? TRANSFER_UNKNOWN : TRANSFER_CUT);
        return;
    }
    if (s->at == SMTP_AT_COMMAND && s->line_n) /* the last line may lack its end */
        take_command(s);
    if (s->at == SMTP_AT_BODY)
        smtp_body_release(s);
    smtp_body_end(s, s->stray && clean ? TRANSFER_UNKNOWN : TRANSFER_CUT);
}

static void close_smtp(struct conversation *c) {
    smtp_body_end(c->state, TRANSFER_CUT);
    end_server_stray(c->state, TRANSFER_CUT);
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
