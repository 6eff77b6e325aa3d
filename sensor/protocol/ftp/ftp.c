/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ftp/ftp_control.h"
#include "protocol/memory.h"

#include "base/counter.h"

enum {
    GARBAGE_MAX = 16,      /* lines in a row that are neither command nor reply */
    MULTI_LINES_MAX = 500, /* of one reply; then the last line was missed */
};

/* --- commands and their replies --- */

static void remove_pending(struct ftp *s, unsigned at) {
    ftp_ticket_release(s->pending[at].ticket);
    s->pending_count--;
    memmove(&s->pending[at], &s->pending[at + 1], (s->pending_count - at) * sizeof s->pending[0]);
}

static void fall_silent(struct ftp_ticket *t) {
    if (!t)
        return;
    t->silent = true;
    ftp_ticket_changed(t);
}

/* What was asked before something was missed is not waited for any more. */
static void forget_pending(struct ftp *s) {
    fall_silent(s->transfer);
    for (unsigned i = 0; i < s->pending_count; i++)
        fall_silent(s->pending[i].ticket);
    while (s->pending_count)
        remove_pending(s, s->pending_count - 1);
    s->sizes_asked = s->cwds_asked = 0;
    s->size = LENGTH_UNKNOWN;
}

static bool take_command(struct ftp *s, struct bytes line, bool cut) {
    struct bytes argument;
    const struct ftp_verb *verb = ftp_verb_find(ftp_read_verb(line, &argument));
    struct ftp_pending p = {.verb = cut ? &ftp_verb_other
                                        : verb}; /* that argument cannot be trusted; a reply comes */
    if (!verb)
        return false;
    if (p.verb->sent)
        p.verb->sent(s, &p, argument);
    if (s->pending_count == FTP_PENDING_MAX) {
        counter_one(COUNTER_FTP_COMMANDS_SHED);
        remove_pending(s, 0);
    }
    s->pending[s->pending_count++] = p;
    return true;
}

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
    for (; *at > 0; --*at)
        remove_pending(s, 0);
    return true;
}

/* Of the data flow whose command was lost the server still says whether all of it came. Not so behind a REST:
 * where in the whole its bytes belong was lost with the command. */
static bool answers_lost_command(struct ftp *s, const struct ftp_reply *r) {
    struct ftp_ticket *t = s->current;
    if (!t || !t->taken || t->command != FTP_COMMAND_NONE)
        return false;
    if (!s->rest_lost && s->rest == 0)
        ftp_ticket_answered(s, t, r);
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
        ftp_encrypted(s);
    else if (group == FTP_GROUP_DATA && answers_lost_command(s, r))
        return;
    else if (s->transfer && (group == FTP_GROUP_DATA || r->code >= 450))
        ftp_ticket_answered(s, s->transfer, r);
}

static void take_reply(struct ftp *s, const struct ftp_reply *r) {
    enum ftp_group group = group_of_code(r->code);
    unsigned at;
    if (r->code == 421) /* the server leaves, whatever was asked */
        return;
    if (!find_asked(s, group, r->code, &at)) {
        take_unasked_reply(s, group, r);
        return;
    }
    if (s->pending[at].verb->answered)
        s->pending[at].verb->answered(s, &s->pending[at], r);
    if (r->code >= 200)
        remove_pending(s, at);
}

static bool take_reply_line(struct ftp *s, struct bytes line) {
    struct ftp_reply r;
    bool more;
    bool read = ftp_read_reply(line, &r.code, &more, &r.text);
    if (s->multi) {
        if ((!read || more || r.code != s->multi) && ++s->multi_lines < MULTI_LINES_MAX)
            return true;
        s->multi = 0;
    }
    if (!read)
        return false;
    if (more) {
        s->multi = r.code;
        s->multi_lines = 0;
        return true;
    }
    take_reply(s, &r);
    return true;
}

/* Of a flow seen late the sides may be mistaken: a reply tells who the server is. */
static void learn_sides(struct ftp *s, enum side from, struct bytes line) {
    struct bytes text, argument;
    unsigned code;
    bool more;
    if (s->sides_known)
        return;
    if (ftp_read_reply(line, &code, &more, &text)) {
        s->server = from;
        s->sides_known = true;
    } else if (ftp_verb_find(ftp_read_verb(line, &argument))) {
        s->server = side_other(from);
        s->sides_known = true;
    }
}

/* --- lines --- */

static bool take_line(struct ftp *s, enum side from) {
    struct ftp_line *l = &s->line[from];
    struct bytes line = bytes_of(l->p, l->n);
    bool cut = l->cut, good;
    ftp_line_clear(l);
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    if (line.n == 0)
        return true;
    learn_sides(s, from, line);
    good = from == s->server ? take_reply_line(s, line) : take_command(s, line, cut);
    s->garbage = good ? 0 : s->garbage + 1;
    return s->garbage < GARBAGE_MAX;
}

static enum protocol_result take_control_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                              size_t n) {
    struct ftp *s = c->state;
    for (size_t i = 0; i < n && !s->stopped; i++)
        if (ftp_line_add(&s->line[from], bytes[i]) && !take_line(s, from))
            return PROTOCOL_LOST;
    return PROTOCOL_OK;
}

/* The line is lost, and with it the order of replies to commands. Where the client went in it nobody knows.
 */
static enum protocol_result take_control_gap(struct conversation *c, enum side from, uint64_t n) {
    struct ftp *s = c->state;
    ftp_line_gap(&s->line[from]);
    s->multi = 0;
    forget_pending(s);
    if (from != s->server) {
        s->cwd.n = 0;
        s->rest = 0;
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
    ftp_waiting_begin(&s->waiting, &c->end[SIDE_CLIENT].address, &c->end[SIDE_SERVER].address);
    return s;
}

/* A client that sent its last byte and leaves, without QUIT and without hearing that it arrived, was most
 * likely ended in the midst: all its connections close cleanly. */
static void note_client_left(struct ftp *s) {
    struct ftp_ticket *t = s->transfer;
    if (s->quit || !t || !t->upload || !t->awaited)
        return;
    t->failed = true;
    ftp_ticket_changed(t);
}

static void take_control_end(struct conversation *c, enum side from, bool clean) {
    struct ftp *s = c->state;
    if (s->line[from].n && !s->stopped)
        take_line(s, from); /* the last one may lack its end */
    if (from == s->server)
        forget_pending(s);
    else
        note_client_left(s);
}

/* Data flows that still run keep their tickets. */
static void close_control(struct conversation *c) {
    struct ftp *s = c->state;
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
