/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ftp/ftp_control.h"

#include "base/counter.h"

static void replace_ticket(struct ftp_ticket **slot, struct ftp_ticket *t) {
    if (t)
        ftp_ticket_retain(t);
    ftp_ticket_release(*slot);
    *slot = t;
}

void ftp_secured(struct ftp *s) {
    counter_one(COUNTER_FTP_TLS);
    s->stopped = true;
}

/* --- announcements --- */

/* `at` listens on the side of `listener`. An address behind NAT is announced as its owner knows it, which
 * is not what the sensor sees: the control connection's address is expected too. */
static void announce_listener(struct ftp *s, struct ftp_ticket *t, enum side listener, struct endpoint at) {
    struct address own = s->c->end[listener].address, opener = s->c->end[side_other(listener)].address;
    t->port = at.port;
    t->active = listener != s->server;
    if (!address_equal(&own, &at.address))
        ftp_ticket_announce(s->c, t, opener, at.address);
    ftp_ticket_announce(s->c, t, opener, own);
}

/* A new announcement takes the place of one that was not used. */
static struct ftp_ticket *make_ticket(struct ftp *s) {
    struct ftp_ticket *t = ftp_ticket_create();
    if (t) {
        ftp_path_copy(&t->user, &s->user);
        t->asked = s->c->now;
    }
    if (s->current && s->current->until == 0)
        s->current->until = s->c->now;
    replace_ticket(&s->current, t);
    ftp_ticket_release(t); /* s->current has its own */
    return t;
}

static void active_sent(struct ftp *s, struct ftp_pending *p, struct bytes argument) {
    struct endpoint at = {0};
    struct ftp_ticket *t;
    bool extended = strcmp(p->verb->name, "EPRT") == 0;
    if (!(extended ? ftp_read_extended(argument, &at) : ftp_read_host_port(argument, &at)))
        counter_one(COUNTER_FTP_BAD_ADDRESS);
    else if ((t = make_ticket(s)))
        announce_listener(s, t, side_other(s->server), at);
}

/* The ticket is made with the command, so that a transfer command sent ahead of the reply finds it. */
static void passive_sent(struct ftp *s, struct ftp_pending *p, struct bytes argument) {
    if (bytes_equal_nocase(bytes_trim(argument), "ALL")) /* EPSV ALL announces nothing (RFC 2428 section 4) */
        return;
    struct ftp_ticket *t = make_ticket(s);
    replace_ticket(&p->ticket, t);
}

void ftp_passive_answered(struct ftp *s, struct ftp_pending *p, const struct ftp_reply *r) {
    struct endpoint at = {.address = s->c->end[s->server].address};
    struct ftp_ticket *t = p ? p->ticket : s->current && !s->current->port ? s->current : NULL;
    if (r->code != 227 && r->code != 229)
        return;
    if (!(r->code == 227 ? ftp_read_host_port(r->text, &at) : ftp_read_extended_port(r->text, &at.port))) {
        counter_one(COUNTER_FTP_BAD_ADDRESS);
        return;
    }
    if (!t)
        t = make_ticket(s);
    if (t)
        announce_listener(s, t, s->server, at);
}

/* --- transfers --- */

static void tell_command(struct ftp *s, struct ftp_ticket *t) {
    if (!t->taken)
        ftp_waiting_add(&s->waiting, t);
    ftp_ticket_changed(s->c, t);
}

/* A command without an announcement costs its sender nothing: what was announced already is not lost by it.
 * A data connection is looked at whether or not anything is known of it. */
static bool pays_for_ticket(struct ftp *s) {
    if (allowance_spend(s->c->allowance, ACCOUNT_OBJECTS, ALLOWANCE_SMALL))
        return true;
    counter_one(COUNTER_FTP_UNPAID);
    return false;
}

/* The ticket that a transfer command belongs to. Without an announcement the server opens the client's own
 * port (RFC 959 section 3.2). NULL: none. */
static struct ftp_ticket *find_ticket_for_command(struct ftp *s) {
    if (!s->current || s->current->command != FTP_COMMAND_NONE) {
        if (!pays_for_ticket(s))
            return NULL;
        enum side client = side_other(s->server);
        if (make_ticket(s)) {
            announce_listener(s, s->current, client, s->c->end[client]);
            s->current->implicit = true;
        }
    }
    return s->current;
}

/* As it will be once all that was asked before is answered. */
static void set_modes(const struct ftp *s, struct ftp_ticket *t) {
    t->accepted = s->modes;
    t->image = !s->ascii;
    for (unsigned i = 0; i < s->pending_count; i++) {
        t->accepted |= s->pending[i].modes;
        t->image &= !s->pending[i].ascii;
    }
    t->modes = t->accepted | s->modes_open;
}

static void set_path(struct ftp *s, struct ftp_ticket *t, struct bytes argument) {
    ftp_path_copy(&t->path, &s->cwd);
    ftp_path_join(&t->path, argument);
    t->text_version++;
}

static bool is_size_known(const struct ftp *s, const struct ftp_ticket *t) {
    return s->sizes_asked == 0 && s->size != LENGTH_UNKNOWN && t->path.n &&
           bytes_equal(ftp_path_bytes(&t->path), ftp_path_bytes(&s->size_path));
}

/* How long the file is that `t` appends to: by SIZE, or because the last transfer made it so. */
static bool find_size_before(const struct ftp *s, const struct ftp_ticket *t, uint64_t *size) {
    const struct ftp_ticket *last = s->transfer;
    if (is_size_known(s, t)) {
        *size = s->size;
        return true;
    }
    if (!last || last == t || !last->upload || !last->settled || !last->placed || !last->image ||
        last->accepted || !bytes_equal(ftp_path_bytes(&t->path), ftp_path_bytes(&last->path)))
        return false;
    *size = last->offset + last->moved;
    return true;
}

static void set_extent(struct ftp *s, struct ftp_ticket *t, bool append) {
    t->length = t->total = LENGTH_UNKNOWN;
    t->least = 0;
    t->offset = append ? 0 : s->rest;
    t->placed = !append || find_size_before(s, t, &t->offset);
    t->partial = t->offset > 0;
    s->rest = 0;
    if (t->upload)
        s->size = LENGTH_UNKNOWN; /* about to change */
    if (!t->image || t->accepted || !is_size_known(s, t) || s->size < t->offset)
        return;
    t->total = s->size;
    t->length = t->least = s->size - t->offset;
}

/* What a transfer or a listing has in common. */
static void begin_command(struct ftp *s, struct ftp_ticket *t) {
    set_modes(s, t);
    t->started = t->finished = t->failed = t->settled = t->awaited = t->silent = false;
    ftp_path_copy(&t->user, &s->user);
    t->path.n = 0;
    t->text_version++;
}

/* STOU: the server chooses the name and says it in a reply; an argument is a wish of some clients. */
static void transfer_sent(struct ftp *s, struct ftp_pending *p, struct bytes argument) {
    const char *method = p->verb->name;
    struct ftp_ticket *t = find_ticket_for_command(s);
    if (!t)
        return;
    t->command = FTP_COMMAND_TRANSFER;
    t->method = method;
    t->upload = strcmp(method, "RETR") != 0;
    begin_command(s, t);
    if (argument.n && strcmp(method, "STOU") != 0)
        set_path(s, t, argument);
    set_extent(s, t, strcmp(method, "APPE") == 0);
    replace_ticket(&p->ticket, t);
    replace_ticket(&s->transfer, t);
    tell_command(s, t);
}

static void list_sent(struct ftp *s, struct ftp_pending *p, struct bytes argument) {
    struct ftp_ticket *t = find_ticket_for_command(s);
    if (!t)
        return;
    t->command = FTP_COMMAND_LISTING;
    t->method = p->verb->name;
    t->upload = t->partial = false;
    t->length = t->total = LENGTH_UNKNOWN;
    t->least = t->offset = 0;
    begin_command(s, t);
    replace_ticket(&p->ticket, t);
    tell_command(s, t);
}

/* The next command that waits, and that nothing was announced for. */
static struct ftp_pending *find_behind(struct ftp *s, const struct ftp_pending *p) {
    for (unsigned i = 0; p && i < s->pending_count; i++) {
        struct ftp_pending *next = &s->pending[i];
        if (next > p && next->ticket && next->ticket != p->ticket && next->ticket->implicit &&
            !next->ticket->taken)
            return next;
    }
    return NULL;
}

/* The server has not used the announcement: the command that was sent behind this one does. */
static void pass_announcement(struct ftp *s, struct ftp_pending *to, struct ftp_ticket *t) {
    const struct ftp_ticket *from = to->ticket;
    t->command = from->command;
    t->upload = from->upload;
    t->modes = from->modes;
    t->accepted = from->accepted;
    t->image = from->image;
    t->partial = from->partial;
    t->placed = from->placed;
    t->offset = from->offset;
    t->length = from->length;
    t->total = from->total;
    t->least = from->least;
    t->method = from->method;
    ftp_path_copy(&t->user, &from->user);
    ftp_path_copy(&t->path, &from->path);
    t->text_version++;
    if (s->transfer == from)
        replace_ticket(&s->transfer, t);
    if (s->current == from)
        replace_ticket(&s->current, t);
    replace_ticket(&to->ticket, t);
    tell_command(s, t);
}

static void refuse_transfer(struct ftp *s, struct ftp_pending *p, struct ftp_ticket *t) {
    struct ftp_pending *behind = t->started ? NULL : find_behind(s, p);
    if (behind)
        pass_announcement(s, behind, t);
    else if (t->started || ftp_ticket_has_bytes(t))
        t->failed = true;
    else
        t->command = FTP_COMMAND_NONE; /* some clients try the next file on the same announcement */
}

/* "(N bytes)". With an offset some servers announce the rest and some the whole. */
static void learn_length(struct ftp_ticket *t, const struct ftp_reply *r) {
    uint64_t length;
    if (t->command != FTP_COMMAND_TRANSFER || t->upload || !t->image || t->accepted ||
        !ftp_read_length(r->text, &length))
        return;
    t->length = t->offset ? LENGTH_UNKNOWN : length;
    t->least = length > t->offset ? length - t->offset : 0;
    t->total = t->offset ? t->total : length;
}

void ftp_ticket_answered(struct ftp *s, struct ftp_pending *p, struct ftp_ticket *t,
                         const struct ftp_reply *r) {
    struct bytes name;
    if (r->code >= 400) {
        refuse_transfer(s, p, t);
    } else if (r->code >= 200) {
        t->finished = true;
    } else {
        t->started = true;
        learn_length(t, r);
    }
    if (r->code < 300 && t->command == FTP_COMMAND_TRANSFER && strcmp(t->method, "STOU") == 0 &&
        t->path.n == 0 && ftp_read_unique_name(r->text, &name))
        set_path(s, t, name);
    ftp_ticket_changed(s->c, t);
}

/* All that was asked before has been answered by now. */
static void data_answered(struct ftp *s, struct ftp_pending *p, const struct ftp_reply *r) {
    struct ftp_ticket *t = p->ticket;
    if (!t)
        return;
    t->accepted = s->modes;
    t->modes = s->modes | s->modes_open;
    if (s->ascii || s->modes) {
        t->image &= !s->ascii;
        t->length = t->total = LENGTH_UNKNOWN;
        t->least = 0;
    }
    ftp_ticket_answered(s, p, t, r);
}

static void quit_sent(struct ftp *s, struct ftp_pending *p, struct bytes argument) {
    s->quit = true;
}

/* The client has had enough: what it sent is not all, even if its data flow ends cleanly. */
static void abor_sent(struct ftp *s, struct ftp_pending *p, struct bytes argument) {
    if (!s->transfer || s->transfer->finished)
        return;
    s->transfer->failed = true;
    ftp_ticket_changed(s->c, s->transfer);
}

/* --- where and who --- */

static void user_sent(struct ftp *s, struct ftp_pending *p, struct bytes argument) {
    s->modes_open = 0; /* a session is seen from its beginning */
    ftp_path_set(&s->user, bytes_trim(argument));
}

/* Believed at once, so that commands sent ahead are right too; taken back when refused. */
static void cwd_sent(struct ftp *s, struct ftp_pending *p, struct bytes argument) {
    if (s->cwds_asked++ == 0)
        ftp_path_copy(&s->cwd_before, &s->cwd);
    ftp_path_join(&s->cwd, argument);
}

static void cdup_sent(struct ftp *s, struct ftp_pending *p, struct bytes argument) {
    cwd_sent(s, p, bytes_text(".."));
}

static void cwd_answered(struct ftp *s, struct ftp_pending *p, const struct ftp_reply *r) {
    bool alone = s->cwds_asked == 1;
    if (s->cwds_asked > 0)
        s->cwds_asked--;
    if (r->code < 400)
        return;
    if (alone)
        ftp_path_copy(&s->cwd, &s->cwd_before);
    else
        s->cwd.n = 0; /* which of several was refused cannot be taken back */
}

static void pwd_answered(struct ftp *s, struct ftp_pending *p, const struct ftp_reply *r) {
    struct ftp_path path;
    if (r->code != 257 || s->cwds_asked || !ftp_path_quoted(&path, r->text))
        return;
    s->cwd.n = 0;
    ftp_path_join(&s->cwd, ftp_path_bytes(&path));
}

static void rein_sent(struct ftp *s, struct ftp_pending *p, struct bytes argument) {
    s->user.n = s->cwd.n = 0;
    s->rest = 0;
    s->ascii = false;
    s->modes = 0;
}

/* --- sizes and modes --- */

static void rest_sent(struct ftp *s, struct ftp_pending *p, struct bytes argument) {
    if (!bytes_number(bytes_trim(argument), &s->rest))
        s->rest = 0; /* a marker of block mode */
    p->rest = s->rest;
}

static void rest_answered(struct ftp *s, struct ftp_pending *p, const struct ftp_reply *r) {
    if (r->code < 400)
        return;
    s->rest = 0;
    for (struct ftp_pending *next = p; next < &s->pending[s->pending_count]; next++) {
        struct ftp_ticket *t = next->ticket;
        if (!t || t->command != FTP_COMMAND_TRANSFER)
            continue;
        if (t->placed && t->offset == p->rest && !ftp_ticket_has_bytes(t)) {
            t->offset = 0; /* it was sent ahead of this answer */
            t->partial = false;
        }
        break;
    }
}

static void size_sent(struct ftp *s, struct ftp_pending *p, struct bytes argument) {
    s->size = LENGTH_UNKNOWN;
    s->sizes_asked++;
    ftp_path_copy(&s->size_path, &s->cwd);
    ftp_path_join(&s->size_path, argument);
}

static void size_answered(struct ftp *s, struct ftp_pending *p, const struct ftp_reply *r) {
    if (s->sizes_asked > 0)
        s->sizes_asked--;
    if (r->code != 213 || !bytes_number(bytes_trim(r->text), &s->size))
        s->size = LENGTH_UNKNOWN;
}

static bool is_accepted(const struct ftp_reply *r) {
    return r->code >= 200 && r->code < 300;
}

static void type_sent(struct ftp *s, struct ftp_pending *p, struct bytes argument) {
    p->modes = bytes_starts_nocase(argument, "E") ? FTP_EBCDIC : 0;
    p->ascii = p->modes || bytes_starts_nocase(argument, "A");
}

static void type_answered(struct ftp *s, struct ftp_pending *p, const struct ftp_reply *r) {
    if (!is_accepted(r))
        return;
    s->ascii = p->ascii;
    s->modes = (uint8_t)((s->modes & ~FTP_EBCDIC) | p->modes);
}

static void mode_sent(struct ftp *s, struct ftp_pending *p, struct bytes argument) {
    p->modes = bytes_starts_nocase(argument, "Z")   ? FTP_DEFLATE
               : bytes_starts_nocase(argument, "B") ? FTP_BLOCKS
               : bytes_starts_nocase(argument, "C") ? FTP_RUNS
                                                    : 0;
}

static void mode_answered(struct ftp *s, struct ftp_pending *p, const struct ftp_reply *r) {
    if (is_accepted(r))
        s->modes = (uint8_t)((s->modes & ~FTP_MODE) | p->modes);
}

static void structure_sent(struct ftp *s, struct ftp_pending *p, struct bytes argument) {
    p->modes = bytes_starts_nocase(argument, "R") ? FTP_RECORDS : 0;
}

static void structure_answered(struct ftp *s, struct ftp_pending *p, const struct ftp_reply *r) {
    if (is_accepted(r))
        s->modes = (uint8_t)((s->modes & ~FTP_RECORDS) | p->modes);
}

/* RFC 4217 section 4.1, RFC 2228 section 3: from the reply on the channel may be protected. Whether it is, is
 * asked of what the client sends then. Protection by other commands (PROT, MIC, CONF, ENC) changes nothing:
 * data connections are looked at by their bytes, and lines are read as long as they are lines. */
static void auth_sent(struct ftp *s, struct ftp_pending *p, struct bytes argument) {
    s->secured = true;
}

static void auth_answered(struct ftp *s, struct ftp_pending *p, const struct ftp_reply *r) {
    s->secured = r->code < 400;
}

static const struct ftp_verb verbs[] = {
    {"USER", FTP_GROUP_OTHER, user_sent, NULL},
    {"PASS", FTP_GROUP_OTHER, NULL, NULL},
    {"CWD", FTP_GROUP_OTHER, cwd_sent, cwd_answered},
    {"XCWD", FTP_GROUP_OTHER, cwd_sent, cwd_answered},
    {"CDUP", FTP_GROUP_OTHER, cdup_sent, cwd_answered},
    {"XCUP", FTP_GROUP_OTHER, cdup_sent, cwd_answered},
    {"PWD", FTP_GROUP_QUOTED, NULL, pwd_answered},
    {"XPWD", FTP_GROUP_QUOTED, NULL, pwd_answered},
    {"MKD", FTP_GROUP_QUOTED, NULL, NULL},
    {"XMKD", FTP_GROUP_QUOTED, NULL, NULL},
    {"PORT", FTP_GROUP_OTHER, active_sent, NULL},
    {"EPRT", FTP_GROUP_OTHER, active_sent, NULL},
    {"PASV", FTP_GROUP_PASSIVE, passive_sent, ftp_passive_answered},
    {"P@SW", FTP_GROUP_PASSIVE, passive_sent, ftp_passive_answered},
    {"EPSV", FTP_GROUP_PASSIVE, passive_sent, ftp_passive_answered},
    {"STOR", FTP_GROUP_DATA, transfer_sent, data_answered},
    {"STOU", FTP_GROUP_DATA, transfer_sent, data_answered},
    {"APPE", FTP_GROUP_DATA, transfer_sent, data_answered},
    {"RETR", FTP_GROUP_DATA, transfer_sent, data_answered},
    {"LIST", FTP_GROUP_DATA, list_sent, data_answered},
    {"NLST", FTP_GROUP_DATA, list_sent, data_answered},
    {"MLSD", FTP_GROUP_DATA, list_sent, data_answered},
    {"ABOR", FTP_GROUP_OTHER, abor_sent, NULL},
    {"REST", FTP_GROUP_OTHER, rest_sent, rest_answered},
    {"SIZE", FTP_GROUP_STATUS, size_sent, size_answered},
    {"STAT", FTP_GROUP_STATUS, NULL, NULL},
    {"MDTM", FTP_GROUP_STATUS, NULL, NULL},
    {"TYPE", FTP_GROUP_OTHER, type_sent, type_answered},
    {"MODE", FTP_GROUP_OTHER, mode_sent, mode_answered},
    {"STRU", FTP_GROUP_OTHER, structure_sent, structure_answered},
    {"AUTH", FTP_GROUP_AUTH, auth_sent, auth_answered},
    {"ADAT", FTP_GROUP_AUTH, auth_sent, auth_answered},
    {"REIN", FTP_GROUP_REIN, rein_sent, NULL},
    {"QUIT", FTP_GROUP_OTHER, quit_sent, NULL},
};

const struct ftp_verb ftp_verb_other = {"", FTP_GROUP_OTHER, NULL, NULL};

const struct ftp_verb *ftp_verb_find(struct bytes name) {
    uint8_t first = name.n ? name.p[0] & 0xdf : 0; /* in capitals */
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (verbs[i].name[0] == first && bytes_equal_nocase(name, verbs[i].name))
            return &verbs[i];
    for (size_t i = 0; i < name.n; i++)
        if ((name.p[i] | 32) < 'a' || (name.p[i] | 32) > 'z')
            return NULL;
    return name.n >= 3 && name.n <= 8 ? &ftp_verb_other : NULL;
}
