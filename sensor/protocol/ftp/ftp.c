/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ftp/ftp_control.h"
#include "protocol/memory.h"

#include "base/counter.h"

/* --- commands that wait for their replies --- */

static void drop_pending(struct ftp *s, unsigned at) {
    ftp_ticket_release(s->pending[at].ticket);
    s->pending_count--;
    memmove(&s->pending[at], &s->pending[at + 1], (s->pending_count - at) * sizeof s->pending[0]);
}

/* One reply has come. */
static void finish_pending(struct ftp *s, unsigned at) {
    if (s->pending[at].count > 1)
        s->pending[at].count--;
    else
        drop_pending(s, at);
}

static bool is_of_no_interest(const struct ftp_pending *p) {
    return !p->verb->answered && p->verb->group == FTP_GROUP_OTHER && !p->ticket;
}

/* The two oldest become commands of no interest, so that the others keep their replies. */
static void shed_oldest(struct ftp *s) {
    struct ftp_pending *second = &s->pending[1];
    uint32_t count = s->pending[0].count + second->count;
    counter_one(COUNTER_FTP_COMMANDS_SHED);
    s->modes_open |= s->pending[0].modes | second->modes;
    ftp_ticket_release(second->ticket);
    *second = (struct ftp_pending){.verb = &ftp_verb_other, .count = count};
    drop_pending(s, 0);
}

static void add_pending(struct ftp *s, const struct ftp_pending *p) {
    struct ftp_pending *last = s->pending_count ? &s->pending[s->pending_count - 1] : NULL;
    if (last && is_of_no_interest(last) && is_of_no_interest(p)) {
        last->count += last->count < UINT32_MAX / 2;
        return;
    }
    if (s->pending_count == FTP_PENDING_MAX)
        shed_oldest(s);
    s->pending[s->pending_count++] = *p;
}

static void fall_silent(struct ftp *s, struct ftp_ticket *t) {
    if (!t)
        return;
    t->silent = true;
    ftp_ticket_changed(s->c, t);
}

/* What was asked before something was missed is not waited for any more. */
static void forget_pending(struct ftp *s) {
    fall_silent(s, s->transfer);
    for (unsigned i = 0; i < s->pending_count; i++) {
        s->modes_open |= s->pending[i].modes;
        fall_silent(s, s->pending[i].ticket);
    }
    while (s->pending_count)
        drop_pending(s, s->pending_count - 1);
    s->sizes_asked = s->cwds_asked = 0;
    s->size = LENGTH_UNKNOWN;
}

static void take_command(struct ftp *s, const struct ftp_verb *verb, struct bytes argument) {
    struct ftp_pending p = {.verb = verb, .count = 1};
    s->commands_seen = true;
    s->multi_passed = s->multi != 0;
    if (verb->sent)
        verb->sent(s, &p, argument);
    add_pending(s, &p);
}

/* --- replies --- */

/* Codes that only one kind of command gets find theirs even when others were missed. */
static enum ftp_group group_of_code(unsigned code) {
    static const struct {
        uint16_t code;
        uint8_t group;
    } certain[] = {
        {120, FTP_GROUP_REIN}, {125, FTP_GROUP_DATA},    {150, FTP_GROUP_DATA},    {220, FTP_GROUP_REIN},
        {226, FTP_GROUP_DATA}, {227, FTP_GROUP_PASSIVE}, {229, FTP_GROUP_PASSIVE}, {234, FTP_GROUP_AUTH},
        {235, FTP_GROUP_AUTH}, {257, FTP_GROUP_QUOTED},  {425, FTP_GROUP_DATA},    {426, FTP_GROUP_DATA},
    };
    for (size_t i = 0; i < sizeof certain / sizeof certain[0]; i++)
        if (certain[i].code == code)
            return (enum ftp_group)certain[i].group;
    return FTP_GROUP_OTHER;
}

static bool find_pending(const struct ftp *s, enum ftp_group group, unsigned *at) {
    for (unsigned i = 0; i < s->pending_count; i++)
        if (s->pending[i].verb->group == group) {
            *at = i;
            return true;
        }
    return false;
}

/* The command that a reply answers. They come in the order of the commands (RFC 959 section 5.4), but for
 * those about the status of a running transfer. False if that command was not seen. */
static bool find_asked(struct ftp *s, enum ftp_group group, unsigned code, unsigned *at) {
    *at = 0;
    if (s->pending_count == 0)
        return false;
    if (group == FTP_GROUP_OTHER) {
        if (s->pending[0].verb->group == FTP_GROUP_DATA && code / 10 == 21)
            find_pending(s, FTP_GROUP_STATUS, at);
        return true;
    }
    if (!find_pending(s, group, at)) /* 226 answers ABOR too */
        return code == 226 && s->pending[0].verb->group == FTP_GROUP_OTHER;
    for (; *at > 0; --*at) {
        s->modes_open |= s->pending[0].modes;
        drop_pending(s, 0);
    }
    return true;
}

/* Of the data flow whose command was lost the server still says whether all of it came. Not so behind a REST:
 * where in the whole its bytes belong was lost with the command. */
static bool answers_lost_command(struct ftp *s, const struct ftp_reply *r) {
    struct ftp_ticket *t = s->current;
    if (!t || !t->taken || t->command != FTP_COMMAND_NONE)
        return false;
    if (!s->rest_lost && s->rest == 0)
        ftp_ticket_answered(s, NULL, t, r);
    s->rest_lost &= r->code < 200;
    return true;
}

/* A reply to nothing that was seen: some say enough by themselves. */
static void take_unasked_reply(struct ftp *s, enum ftp_group group, const struct ftp_reply *r) {
    if (r->code == 350)
        s->rest_lost = true;
    if (group == FTP_GROUP_PASSIVE)
        ftp_passive_answered(s, NULL, r);
    else if (group == FTP_GROUP_AUTH)
        s->secured = true;
    else if (group == FTP_GROUP_DATA && answers_lost_command(s, r))
        return;
    else if (s->transfer && (group == FTP_GROUP_DATA || r->code >= 450))
        ftp_ticket_answered(s, NULL, s->transfer, r);
}

static void take_reply(struct ftp *s, const struct ftp_reply *r) {
    enum ftp_group group = group_of_code(r->code);
    unsigned at;
    if (r->code == 421) { /* the server leaves, whatever was asked */
        if (s->pending_count && s->pending[0].verb->group != FTP_GROUP_DATA)
            finish_pending(s, 0);
        return;
    }
    if (!find_asked(s, group, r->code, &at)) {
        take_unasked_reply(s, group, r);
        return;
    }
    if (s->pending[at].verb->answered)
        s->pending[at].verb->answered(s, &s->pending[at], r);
    if (r->code >= 200)
        finish_pending(s, at);
}

/* Clients differ in what ends a reply of several lines: the same code (RFC 959 section 4.2), or any. A line
 * that names a port is believed wherever it stands; any other code ends the reply once the client has gone
 * on. */
static void take_line_within(struct ftp *s, const struct ftp_reply *r, bool more) {
    bool announces = group_of_code(r->code) == FTP_GROUP_PASSIVE;
    if (r->code == s->multi && more)
        return;
    if (r->code != s->multi && s->multi_passed && !more) {
        struct ftp_reply before = {.code = s->multi};
        s->multi = 0;
        take_reply(s, &before);
        take_reply(s, r);
    } else if (r->code == s->multi) {
        s->multi = 0;
        take_reply(s, r);
    } else if (announces) {
        ftp_passive_answered(s, NULL, r);
    }
}

static void take_reply_line(struct ftp *s, const struct ftp_reply *r, bool more) {
    s->replies_seen = true;
    if (s->multi) {
        take_line_within(s, r, more);
        return;
    }
    if (!more) {
        take_reply(s, r);
        return;
    }
    s->multi = r->code;
    s->multi_passed = false;
    if (group_of_code(r->code) == FTP_GROUP_PASSIVE) /* the port may stand in the first line alone */
        take_reply(s, r);
}

/* --- lines --- */

/* Who is the server is told by what is said: a reply makes its sender the server, a command the other side,
 * until the client has sent one. */
static void learn_sides(struct ftp *s, enum side from, bool command) {
    enum side server = command ? side_other(from) : from;
    if (s->server == server || s->commands_seen)
        return;
    s->server = server;
    s->multi = 0;
}

/* What is left of a reply whose beginning is missing still names the port. */
static void take_reply_rest(struct ftp *s, struct bytes text) {
    struct endpoint at;
    struct ftp_reply r = {.text = text};
    if (ftp_read_host_port(text, &at))
        r.code = 227;
    else if (ftp_read_extended_port(text, &at.port))
        r.code = 229;
    if (r.code)
        ftp_passive_answered(s, NULL, &r);
}

/* False: it is neither a command nor a reply. Behind a gap the end of a line may look like something: only
 * what is certain is believed then. */
static bool take_text(struct ftp *s, enum side from, struct bytes text) {
    struct ftp_reply r;
    struct bytes argument;
    bool more, within = s->multi && from == s->server, behind_gap = s->line[from].behind_gap;
    if (ftp_read_reply(text, &r.code, &more, &r.text)) {
        learn_sides(s, from, false);
        if (from == s->server)
            take_reply_line(s, &r, more);
        return from == s->server;
    }
    const struct ftp_verb *verb = ftp_verb_find(ftp_read_verb(text, &argument));
    if (verb && verb != &ftp_verb_other && !within)
        learn_sides(s, from, true);
    if (from != s->server && verb && !(behind_gap && verb == &ftp_verb_other)) {
        take_command(s, verb, argument);
        return true;
    }
    if (behind_gap && from == s->server)
        take_reply_rest(s, text);
    return behind_gap || within;
}

static void take_line(struct ftp *s, enum side from) {
    static uint8_t text[FTP_LINE_MAX];
    struct ftp_line *l = &s->line[from];
    struct bytes line = ftp_line_text(l, text);
    if (bytes_trim(line).n && !take_text(s, from, line))
        ftp_stray_begin(s, from);
    ftp_line_clear(l);
}

/* Has it grown as long as a line may be, and does not begin like one? */
static bool is_no_line(const struct ftp *s, enum side from) {
    const struct ftp_line *l = &s->line[from];
    struct ftp_reply r;
    struct bytes text = bytes_of(l->p, l->n), argument;
    bool more;
    if (l->n < FTP_LINE_MAX || l->cut || (s->multi && from == s->server))
        return false;
    return !ftp_read_reply(text, &r.code, &more, &r.text) && !ftp_verb_find(ftp_read_verb(text, &argument));
}

enum { TLS_FIRST = 22, TLS_SECOND = 3 }; /* octets of a handshake record: its type, the major version */

/* RFC 4217 section 4: behind the reply to AUTH the client begins with a TLS record. What begins otherwise is
 * said in clear. */
static bool begins_tls(const struct ftp *s, enum side from, const uint8_t *bytes, size_t n) {
    const struct ftp_line *l = &s->line[from];
    if (!s->secured || from == s->server || l->n > 1)
        return false;
    if (l->n == 1)
        return l->p[0] == TLS_FIRST && bytes[0] == TLS_SECOND;
    return n > 1 && bytes[0] == TLS_FIRST && bytes[1] == TLS_SECOND;
}

/* May the next run show that what the stray object waits with is TLS? */
static bool may_begin_tls(const struct ftp *s, enum side from) {
    const struct ftp_line *l = &s->line[from];
    return s->secured && from != s->server && l->n == 1 && l->p[0] == TLS_FIRST;
}

static enum protocol_result become_tls(struct ftp *s, enum side from, const uint8_t *bytes, size_t n) {
    s->stray_waits[from] = false;
    ftp_secured(s);
    return conversation_become_any(s->c, from, bytes_of(s->line[from].p, s->line[from].n),
                                   bytes_of(bytes, n));
}

static enum protocol_result take_control_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                              size_t n) {
    struct ftp *s = c->state;
    size_t handed = 0; /* of them: the stray object has them, or its line brings them */
    if (!begins_tls(s, from, bytes, n))
        ftp_stray_flush(s, from);
    for (size_t i = 0; i < n && !s->stopped; i++) {
        if (begins_tls(s, from, bytes + i, n - i)) {
            ftp_stray_data(s, from, bytes_of(bytes + handed, i - handed));
            return become_tls(s, from, bytes + i, n - i);
        }
        if (is_no_line(s, from))
            ftp_stray_begin(s, from);
        if (!s->strayed[from])
            handed = i + 1;
        if (ftp_line_add(&s->line[from], bytes[i]))
            take_line(s, from);
    }
    s->stray_waits[from] = s->strayed[from] && may_begin_tls(s, from);
    ftp_stray_data(s, from, bytes_of(bytes + handed, n - handed - s->stray_waits[from]));
    return PROTOCOL_OK;
}

/* The line is lost, and with it the order of replies to commands. Where the client went in it nobody knows.
 */
static enum protocol_result take_control_gap(struct conversation *c, enum side from, uint64_t n) {
    struct ftp *s = c->state;
    ftp_stray_flush(s, from);
    ftp_line_gap(&s->line[from]);
    s->multi = 0;
    s->secured = true;
    if (s->strayed[from])
        c->services->gap(c, s->stray[from], n);
    forget_pending(s);
    if (from != s->server) {
        s->cwd.n = 0;
        s->rest = 0;
        s->modes_open |= FTP_DEFLATE; /* the one that real servers have */
    }
    return PROTOCOL_OK;
}

static void *open_control(struct conversation *c, struct bytes facts) {
    struct ftp *s = protocol_alloc(PROTOCOL_STATE, sizeof *s);
    if (!s)
        return NULL;
    s->c = c;
    s->server = SIDE_SERVER;
    s->size = LENGTH_UNKNOWN;
    s->modes_open = FTP_DEFLATE; /* seen late, until a login is seen */
    ftp_waiting_begin(&s->waiting, &c->end[SIDE_CLIENT].address, &c->end[SIDE_SERVER].address);
    return s;
}

/* A client that sent its last byte and leaves, without QUIT and without hearing that it arrived, was most
 * likely ended in the midst: all its connections close cleanly. */
static void note_client_left(struct ftp *s) {
    struct ftp_ticket *t = s->transfer;
    if (!s->replies_seen || s->quit || !t || !t->upload || !t->awaited)
        return;
    t->failed = true;
    ftp_ticket_changed(s->c, t);
}

static void take_control_end(struct conversation *c, enum side from, bool clean) {
    struct ftp *s = c->state;
    ftp_stray_flush(s, from);
    if (s->line[from].n && !s->stopped)
        take_line(s, from); /* the last one may lack its end */
    ftp_stray_end(s, from, clean ? TRANSFER_DONE : TRANSFER_CUT);
    if (from == s->server)
        forget_pending(s);
    else
        note_client_left(s);
}

/* Data flows that still run keep their tickets. */
static void close_control(struct conversation *c) {
    struct ftp *s = c->state;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
        ftp_stray_end(s, side, TRANSFER_UNKNOWN);
    forget_pending(s);
    ftp_ticket_release(s->current);
    ftp_ticket_release(s->transfer);
    ftp_waiting_end(&s->waiting);
    protocol_free(s);
}

const struct protocol protocol_ftp = {
    .name = "ftp",
    .ndpi_names = (const char *const[]){"FTP_CONTROL", NULL},
    .probe = ftp_probe,
    .open = open_control,
    .data = take_control_data,
    .gap = take_control_gap,
    .end = take_control_end,
    .close = close_control,
};
