/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ftp/ftp.h"
#include "protocol/memory.h"

#include "base/counter.h"
#include "protocol/ftp/ftp_line.h"
#include "protocol/ftp/ftp_pairs.h"

enum {
    PENDING_MAX = 64,      /* commands without their reply; more than any client sends ahead */
    GARBAGE_MAX = 16,      /* lines in a row that are neither command nor reply */
    MULTI_LINES_MAX = 500, /* of one reply; then the last line was missed */
};

/* What a reply is looked for among the pending commands by. */
enum group { GROUP_OTHER, GROUP_PASSIVE, GROUP_DATA, GROUP_QUOTED, GROUP_STATUS, GROUP_AUTH, GROUP_REIN };

struct ftp;

struct reply {
    unsigned code;
    struct bytes text;
};

struct pending {
    const struct verb *verb;
    struct ftp_ticket *ticket; /* own reference, or NULL */
};

struct verb {
    const char *name;
    enum group group;
    void (*sent)(struct ftp *s, struct pending *p, struct bytes argument);
    void (*answered)(struct ftp *s, struct pending *p, const struct reply *r); /* NULL: of no interest */
};

struct ftp {
    struct conversation *c;
    enum side server;
    bool sides_known;
    bool stopped; /* encrypted from here on */
    bool quit;    /* QUIT: the client may leave, a running transfer goes on (RFC 959 section 4.1.1) */
    unsigned garbage;
    unsigned multi, multi_lines; /* code of a reply that goes on over lines, 0 for none */
    bool block_mode, ascii, private;
    bool rest_lost; /* the server took a REST that was not seen */
    uint64_t rest;
    uint64_t size; /* of size_path, by a 213; LENGTH_UNKNOWN */
    unsigned sizes_asked, cwds_asked;
    struct ftp_ticket *current;  /* announced, its command not yet seen */
    struct ftp_ticket *transfer; /* of the last transfer command */
    unsigned pending_count;
    struct pending pending[PENDING_MAX];
    struct ftp_pair pair; /* while what it says can be read */
    struct ftp_path user, cwd, cwd_before, size_path;
    struct ftp_line line[2]; /* by enum side */
};

static void replace(struct ftp_ticket **slot, struct ftp_ticket *t) {
    if (t)
        ftp_ticket_retain(t);
    ftp_ticket_release(*slot);
    *slot = t;
}

static void encrypted(struct ftp *s) {
    counter_one(COUNTER_FTP_TLS);
    s->stopped = true;
    s->c->services->encrypted(s->c);
}

/* --- announcements --- */

static void expect(struct ftp *s, struct ftp_ticket *t, struct address client, struct address server) {
    ftp_ticket_retain(t); /* the expectation's */
    s->c->services->expect(s->c, client, server, t->port, &protocol_ftp_data, t, ftp_ticket_release);
}

/* `at` listens on the side of `listener`. An address behind NAT is announced as its owner knows it, which
 * is not what the sensor sees: the control connection's address is expected too. */
static void announce(struct ftp *s, struct ftp_ticket *t, enum side listener, struct endpoint at) {
    struct address own = s->c->end[listener].address, opener = s->c->end[side_other(listener)].address;
    t->port = at.port;
    t->active = listener != s->server;
    t->private = s->private;
    if (!address_equal(&own, &at.address))
        expect(s, t, opener, at.address);
    expect(s, t, opener, own);
}

/* A new announcement takes the place of one that was not used. */
static struct ftp_ticket *new_ticket(struct ftp *s) {
    struct ftp_ticket *t = ftp_ticket_create();
    if (t)
        t->user = s->user;
    replace(&s->current, t);
    ftp_ticket_release(t); /* s->current has its own */
    return t;
}

static void announce_active(struct ftp *s, struct bytes argument,
                            bool (*read)(struct bytes, struct endpoint *)) {
    struct endpoint at = {0};
    struct ftp_ticket *t;
    if (!read(argument, &at))
        counter_one(COUNTER_FTP_BAD_ADDRESS);
    else if ((t = new_ticket(s)))
        announce(s, t, side_other(s->server), at);
}

static void port_sent(struct ftp *s, struct pending *p, struct bytes argument) {
    announce_active(s, argument, ftp_read_host_port);
}

static void eprt_sent(struct ftp *s, struct pending *p, struct bytes argument) {
    announce_active(s, argument, ftp_read_extended);
}

/* The ticket is made with the command, so that a transfer command sent ahead of the reply finds it. */
static void passive_sent(struct ftp *s, struct pending *p, struct bytes argument) {
    if (bytes_equal_nocase(bytes_trim(argument), "ALL")) /* EPSV ALL announces nothing (RFC 2428 section 4) */
        return;
    struct ftp_ticket *t = new_ticket(s);
    replace(&p->ticket, t);
}

static void passive_answered(struct ftp *s, struct pending *p, const struct reply *r) {
    struct endpoint at = {.address = s->c->end[s->server].address};
    struct ftp_ticket *t = p ? p->ticket : NULL;
    if (r->code != 227 && r->code != 229)
        return;
    if (!(r->code == 227 ? ftp_read_host_port(r->text, &at) : ftp_read_extended_port(r->text, &at.port))) {
        counter_one(COUNTER_FTP_BAD_ADDRESS);
        return;
    }
    if (!t)
        t = new_ticket(s);
    if (t)
        announce(s, t, s->server, at);
}

/* --- transfers --- */

/* The ticket that a transfer command belongs to. Without an announcement the server opens the client's own
 * port (RFC 959 section 3.2). */
static struct ftp_ticket *ticket_for_command(struct ftp *s) {
    if (!s->current || s->current->command != FTP_COMMAND_NONE) {
        enum side client = side_other(s->server);
        if (new_ticket(s))
            announce(s, s->current, client, s->c->end[client]);
    }
    return s->current;
}

static void set_path(struct ftp *s, struct ftp_ticket *t, struct bytes argument) {
    t->path = s->cwd;
    ftp_path_join(&t->path, argument);
    t->text_version++;
}

static bool size_is_known(const struct ftp *s, const struct ftp_ticket *t) {
    return s->sizes_asked == 0 && s->size != LENGTH_UNKNOWN && t->path.n &&
           bytes_equal(ftp_path_bytes(&t->path), ftp_path_bytes(&s->size_path));
}

/* How long the file is that `t` appends to: by SIZE, or because the last transfer made it so. */
static bool size_before(const struct ftp *s, const struct ftp_ticket *t, uint64_t *size) {
    const struct ftp_ticket *last = s->transfer;
    if (size_is_known(s, t)) {
        *size = s->size;
        return true;
    }
    if (!last || last == t || !last->upload || !last->settled || !last->placed || !last->image ||
        !last->stream || !bytes_equal(ftp_path_bytes(&t->path), ftp_path_bytes(&last->path)))
        return false;
    *size = last->offset + last->moved;
    return true;
}

static void set_extent(struct ftp *s, struct ftp_ticket *t, bool append) {
    t->length = t->total = LENGTH_UNKNOWN;
    t->least = 0;
    t->offset = append ? 0 : s->rest;
    t->placed = !append || size_before(s, t, &t->offset);
    t->partial = t->offset > 0;
    s->rest = 0;
    if (t->upload)
        s->size = LENGTH_UNKNOWN; /* about to change */
    if (!t->image || !t->stream || !size_is_known(s, t) || s->size < t->offset)
        return;
    t->total = s->size;
    t->length = t->least = s->size - t->offset;
}

static void transfer_sent(struct ftp *s, struct pending *p, const char *method, bool upload,
                          struct bytes path) {
    struct ftp_ticket *t = ticket_for_command(s);
    if (!t)
        return;
    t->command = FTP_COMMAND_TRANSFER;
    t->method = method;
    t->upload = upload;
    t->stream = !s->block_mode;
    t->image = !s->ascii;
    t->started = t->finished = t->failed = t->settled = t->awaited = false;
    t->user = s->user;
    t->path.n = 0;
    t->text_version++;
    if (path.n)
        set_path(s, t, path);
    set_extent(s, t, strcmp(method, "APPE") == 0);
    replace(&p->ticket, t);
    replace(&s->transfer, t);
    ftp_ticket_changed(t);
}

static void stor_sent(struct ftp *s, struct pending *p, struct bytes argument) {
    transfer_sent(s, p, "STOR", true, argument);
}

static void appe_sent(struct ftp *s, struct pending *p, struct bytes argument) {
    transfer_sent(s, p, "APPE", true, argument);
}

static void retr_sent(struct ftp *s, struct pending *p, struct bytes argument) {
    transfer_sent(s, p, "RETR", false, argument);
}

/* The server chooses the name and says it in a reply; an argument is a wish of some clients. */
static void stou_sent(struct ftp *s, struct pending *p, struct bytes argument) {
    transfer_sent(s, p, "STOU", true, bytes_of(NULL, 0));
}

static void list_sent(struct ftp *s, struct pending *p, struct bytes argument) {
    struct ftp_ticket *t = ticket_for_command(s);
    if (!t)
        return;
    t->command = FTP_COMMAND_LISTING;
    replace(&p->ticket, t);
    ftp_ticket_changed(t);
}

static void refuse(struct ftp_ticket *t) {
    if (t->started || ftp_ticket_has_bytes(t))
        t->failed = true;
    else
        t->command = FTP_COMMAND_NONE; /* some clients try the next file on the same announcement */
}

static void ticket_answered(struct ftp *s, struct ftp_ticket *t, const struct reply *r) {
    uint64_t length;
    struct bytes name;
    if (r->code >= 400) {
        refuse(t);
    } else if (r->code >= 200) {
        t->finished = true;
    } else {
        t->started = true;
        if (!t->upload && t->image && t->stream && ftp_read_length(r->text, &length)) {
            /* With an offset some servers announce the rest and some the whole. */
            t->length = t->offset ? LENGTH_UNKNOWN : length;
            t->least = length > t->offset ? length - t->offset : 0;
            t->total = t->offset ? t->total : length;
        }
    }
    if (r->code < 300 && t->command == FTP_COMMAND_TRANSFER && strcmp(t->method, "STOU") == 0 &&
        t->path.n == 0 && ftp_read_unique_name(r->text, &name))
        set_path(s, t, name);
    ftp_ticket_changed(t);
}

static void data_answered(struct ftp *s, struct pending *p, const struct reply *r) {
    if (p->ticket)
        ticket_answered(s, p->ticket, r);
}

static void quit_sent(struct ftp *s, struct pending *p, struct bytes argument) {
    s->quit = true;
}

/* The client has had enough: what it sent is not all, even if its data flow ends cleanly. */
static void abor_sent(struct ftp *s, struct pending *p, struct bytes argument) {
    if (!s->transfer || s->transfer->finished)
        return;
    s->transfer->failed = true;
    ftp_ticket_changed(s->transfer);
}

/* --- where and who --- */

static void user_sent(struct ftp *s, struct pending *p, struct bytes argument) {
    ftp_path_set(&s->user, bytes_trim(argument));
}

/* Believed at once, so that commands sent ahead are right too; taken back when refused. */
static void change_directory(struct ftp *s, struct bytes argument) {
    if (s->cwds_asked++ == 0)
        s->cwd_before = s->cwd;
    ftp_path_join(&s->cwd, argument);
}

static void cwd_sent(struct ftp *s, struct pending *p, struct bytes argument) {
    change_directory(s, argument);
}

static void cdup_sent(struct ftp *s, struct pending *p, struct bytes argument) {
    change_directory(s, bytes_text(".."));
}

static void cwd_answered(struct ftp *s, struct pending *p, const struct reply *r) {
    bool alone = s->cwds_asked == 1;
    if (s->cwds_asked > 0)
        s->cwds_asked--;
    if (r->code < 400)
        return;
    if (alone)
        s->cwd = s->cwd_before;
    else
        s->cwd.n = 0; /* which of several was refused cannot be taken back */
}

static void pwd_answered(struct ftp *s, struct pending *p, const struct reply *r) {
    struct ftp_path path;
    if (r->code != 257 || s->cwds_asked || !ftp_path_quoted(&path, r->text))
        return;
    s->cwd.n = 0;
    ftp_path_join(&s->cwd, ftp_path_bytes(&path));
}

static void rein_sent(struct ftp *s, struct pending *p, struct bytes argument) {
    s->user.n = s->cwd.n = 0;
    s->rest = 0;
    s->ascii = s->block_mode = s->private = false;
}

/* --- sizes and modes --- */

static void rest_sent(struct ftp *s, struct pending *p, struct bytes argument) {
    if (!bytes_number(bytes_trim(argument), &s->rest))
        s->rest = 0; /* a marker of block mode */
}

static void rest_answered(struct ftp *s, struct pending *p, const struct reply *r) {
    if (r->code >= 400)
        s->rest = 0;
}

static void size_sent(struct ftp *s, struct pending *p, struct bytes argument) {
    s->size = LENGTH_UNKNOWN;
    s->sizes_asked++;
    s->size_path = s->cwd;
    ftp_path_join(&s->size_path, argument);
}

static void size_answered(struct ftp *s, struct pending *p, const struct reply *r) {
    if (s->sizes_asked > 0)
        s->sizes_asked--;
    if (r->code != 213 || !bytes_number(bytes_trim(r->text), &s->size))
        s->size = LENGTH_UNKNOWN;
}

static void type_sent(struct ftp *s, struct pending *p, struct bytes argument) {
    s->ascii = bytes_starts_nocase(argument, "A") || bytes_starts_nocase(argument, "E");
}

static void mode_sent(struct ftp *s, struct pending *p, struct bytes argument) {
    s->block_mode = argument.n && !bytes_starts_nocase(argument, "S");
}

static void mode_answered(struct ftp *s, struct pending *p, const struct reply *r) {
    if (r->code >= 400)
        s->block_mode = false;
}

/* RFC 4217 section 4.1, RFC 2228 section 3: from the reply on the channel is protected. */
static void auth_answered(struct ftp *s, struct pending *p, const struct reply *r) {
    if (r->code == 234 || r->code == 235)
        encrypted(s);
}

static void protected_sent(struct ftp *s, struct pending *p, struct bytes argument) {
    encrypted(s);
}

static void prot_sent(struct ftp *s, struct pending *p, struct bytes argument) {
    s->private = !bytes_equal_nocase(bytes_trim(argument), "C");
}

static void prot_answered(struct ftp *s, struct pending *p, const struct reply *r) {
    if (r->code >= 400)
        s->private = false;
}

static const struct verb verbs[] = {
    {"USER", GROUP_OTHER, user_sent, NULL},
    {"PASS", GROUP_OTHER, NULL, NULL},
    {"CWD", GROUP_OTHER, cwd_sent, cwd_answered},
    {"XCWD", GROUP_OTHER, cwd_sent, cwd_answered},
    {"CDUP", GROUP_OTHER, cdup_sent, cwd_answered},
    {"XCUP", GROUP_OTHER, cdup_sent, cwd_answered},
    {"PWD", GROUP_QUOTED, NULL, pwd_answered},
    {"XPWD", GROUP_QUOTED, NULL, pwd_answered},
    {"MKD", GROUP_QUOTED, NULL, NULL},
    {"XMKD", GROUP_QUOTED, NULL, NULL},
    {"PORT", GROUP_OTHER, port_sent, NULL},
    {"EPRT", GROUP_OTHER, eprt_sent, NULL},
    {"PASV", GROUP_PASSIVE, passive_sent, passive_answered},
    {"P@SW", GROUP_PASSIVE, passive_sent, passive_answered},
    {"EPSV", GROUP_PASSIVE, passive_sent, passive_answered},
    {"STOR", GROUP_DATA, stor_sent, data_answered},
    {"STOU", GROUP_DATA, stou_sent, data_answered},
    {"APPE", GROUP_DATA, appe_sent, data_answered},
    {"RETR", GROUP_DATA, retr_sent, data_answered},
    {"LIST", GROUP_DATA, list_sent, data_answered},
    {"NLST", GROUP_DATA, list_sent, data_answered},
    {"MLSD", GROUP_DATA, list_sent, data_answered},
    {"ABOR", GROUP_OTHER, abor_sent, NULL},
    {"REST", GROUP_OTHER, rest_sent, rest_answered},
    {"SIZE", GROUP_STATUS, size_sent, size_answered},
    {"STAT", GROUP_STATUS, NULL, NULL},
    {"MDTM", GROUP_STATUS, NULL, NULL},
    {"TYPE", GROUP_OTHER, type_sent, NULL},
    {"MODE", GROUP_OTHER, mode_sent, mode_answered},
    {"AUTH", GROUP_AUTH, NULL, auth_answered},
    {"ADAT", GROUP_AUTH, NULL, auth_answered},
    {"PROT", GROUP_OTHER, prot_sent, prot_answered},
    {"MIC", GROUP_OTHER, protected_sent, NULL},
    {"CONF", GROUP_OTHER, protected_sent, NULL},
    {"ENC", GROUP_OTHER, protected_sent, NULL},
    {"REIN", GROUP_REIN, rein_sent, NULL},
    {"QUIT", GROUP_OTHER, quit_sent, NULL},
};

static const struct verb verb_other = {"", GROUP_OTHER, NULL, NULL};

/* NULL when it cannot be a command at all. */
static const struct verb *find_verb(struct bytes name) {
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (bytes_equal_nocase(name, verbs[i].name))
            return &verbs[i];
    for (size_t i = 0; i < name.n; i++)
        if ((name.p[i] | 32) < 'a' || (name.p[i] | 32) > 'z')
            return NULL;
    return name.n >= 3 && name.n <= 8 ? &verb_other : NULL;
}

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
    const struct verb *verb = find_verb(ftp_read_verb(line, &argument));
    struct pending p = {.verb =
                            cut ? &verb_other : verb}; /* that argument cannot be trusted; a reply comes */
    if (!verb)
        return false;
    if (p.verb->sent)
        p.verb->sent(s, &p, argument);
    if (s->pending_count == PENDING_MAX) {
        counter_one(COUNTER_FTP_COMMANDS_SHED);
        remove_pending(s, 0);
    }
    s->pending[s->pending_count++] = p;
    return true;
}

/* Codes that only one kind of command gets find theirs even when others were missed. */
static enum group group_of_code(unsigned code) {
    static const struct {
        uint16_t code;
        uint8_t group;
    } certain[] = {
        {120, GROUP_REIN}, {125, GROUP_DATA},    {150, GROUP_DATA},    {220, GROUP_REIN},
        {226, GROUP_DATA}, {227, GROUP_PASSIVE}, {229, GROUP_PASSIVE}, {234, GROUP_AUTH},
        {235, GROUP_AUTH}, {257, GROUP_QUOTED},  {425, GROUP_DATA},    {426, GROUP_DATA},
    };
    for (size_t i = 0; i < sizeof certain / sizeof certain[0]; i++)
        if (certain[i].code == code)
            return (enum group)certain[i].group;
    return GROUP_OTHER;
}

static bool find_pending(const struct ftp *s, enum group group, unsigned *at) {
    for (unsigned i = 0; i < s->pending_count; i++)
        if (s->pending[i].verb->group == group) {
            *at = i;
            return true;
        }
    return false;
}

/* The command that a reply answers. They come in the order of the commands (RFC 959 section 5.4), but for
 * those about the status of a running transfer. False if that command was not seen. */
static bool find_asked(struct ftp *s, enum group group, unsigned code, unsigned *at) {
    *at = 0;
    if (s->pending_count == 0)
        return false;
    if (group == GROUP_OTHER) {
        if (s->pending[0].verb->group == GROUP_DATA && code / 10 == 21)
            find_pending(s, GROUP_STATUS, at);
        return true;
    }
    if (!find_pending(s, group, at)) /* 226 answers ABOR too */
        return code == 226 && s->pending[0].verb->group == GROUP_OTHER;
    for (; *at > 0; --*at)
        remove_pending(s, 0);
    return true;
}

/* Of the data flow whose command was lost the server still says whether all of it came. Not so behind a REST:
 * where in the whole its bytes belong was lost with the command. */
static bool answers_lost_command(struct ftp *s, const struct reply *r) {
    struct ftp_ticket *t = s->current;
    if (!t || !t->taken || t->command != FTP_COMMAND_NONE)
        return false;
    if (!s->rest_lost && s->rest == 0)
        ticket_answered(s, t, r);
    s->rest_lost &= r->code < 200;
    return true;
}

/* A reply to nothing that was seen: some say enough by themselves. */
static void unasked_reply(struct ftp *s, enum group group, const struct reply *r) {
    if (r->code == 350)
        s->rest_lost = true;
    if (group == GROUP_PASSIVE)
        passive_answered(s, NULL, r);
    else if (group == GROUP_AUTH)
        encrypted(s);
    else if (group == GROUP_DATA && answers_lost_command(s, r))
        return;
    else if (s->transfer && (group == GROUP_DATA || r->code >= 450))
        ticket_answered(s, s->transfer, r);
}

static void take_reply(struct ftp *s, const struct reply *r) {
    enum group group = group_of_code(r->code);
    unsigned at;
    if (r->code == 421) /* the server leaves, whatever was asked */
        return;
    if (!find_asked(s, group, r->code, &at)) {
        unasked_reply(s, group, r);
        return;
    }
    if (s->pending[at].verb->answered)
        s->pending[at].verb->answered(s, &s->pending[at], r);
    if (r->code >= 200)
        remove_pending(s, at);
}

static bool take_reply_line(struct ftp *s, struct bytes line) {
    struct reply r;
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
    } else if (find_verb(ftp_read_verb(line, &argument))) {
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

static enum protocol_result control_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                         size_t n) {
    struct ftp *s = c->state;
    for (size_t i = 0; i < n && !s->stopped; i++)
        if (ftp_line_add(&s->line[from], bytes[i]) && !take_line(s, from))
            return PROTOCOL_LOST;
    return PROTOCOL_OK;
}

/* The line is lost, and with it the order of replies to commands. Where the client went in it nobody knows.
 */
static enum protocol_result control_gap(struct conversation *c, enum side from, uint64_t n) {
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

static void *control_open(struct conversation *c, void *context) {
    struct ftp *s = protocol_alloc(PROTOCOL_STATE, sizeof *s);
    if (!s)
        return NULL;
    s->c = c;
    s->server = SIDE_SERVER;
    s->size = LENGTH_UNKNOWN;
    ftp_pair_add(&s->pair, &c->end[SIDE_CLIENT].address, &c->end[SIDE_SERVER].address);
    return s;
}

/* A client that sent its last byte and leaves, without QUIT and without hearing that it arrived, was most
 * likely ended in the midst: all its connections close cleanly. */
static void client_left(struct ftp *s) {
    struct ftp_ticket *t = s->transfer;
    if (s->quit || !t || !t->upload || !t->awaited)
        return;
    t->failed = true;
    ftp_ticket_changed(t);
}

static void control_end(struct conversation *c, enum side from, bool clean) {
    struct ftp *s = c->state;
    if (s->line[from].n && !s->stopped)
        take_line(s, from); /* the last one may lack its end */
    if (from == s->server)
        forget_pending(s);
    else
        client_left(s);
}

/* Data flows that still run keep their tickets. */
static void control_close(struct conversation *c) {
    struct ftp *s = c->state;
    forget_pending(s);
    ftp_ticket_release(s->current);
    ftp_ticket_release(s->transfer);
    ftp_pair_remove(&s->pair);
    protocol_free(s);
}

const struct protocol protocol_ftp = {
    .name = "ftp",
    .ndpi_names = (const char *const[]){"FTP_CONTROL", NULL},
    .probe = ftp_probe,
    .open = control_open,
    .data = control_data,
    .gap = control_gap,
    .end = control_end,
    .close = control_close,
};
