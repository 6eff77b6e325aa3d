/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/smb_session.h"

/* What moves by one handle one way is a transfer, begun with its first bytes. It belongs to the connection
 * that used it last; what another one goes on with joins it by its key. */

enum { OPENS_MAX = 1024 /* of a connection, by which something moves */ };

/* --- the list of a connection --- */

static struct smb_open *oldest_open(const struct smb *s) {
    return AGE_ENTRY(s->opens.oldest, struct smb_open, moving);
}

static void leave_list(struct smb_open *o) {
    if (!o->user)
        return;
    age_remove(&o->user->opens, &o->moving);
    o->user->opens_n--;
    o->user = NULL;
    smb_known_unpin(&o->known);
}

static void join_list(struct smb *s, struct smb_open *o) {
    if (o->user == s) {
        age_touch(&s->opens, &o->moving);
        return;
    }
    o->several |= o->user != NULL;
    smb_known_pin(&o->known);
    leave_list(o);
    o->user = s;
    age_add(&s->opens, &o->moving);
    s->opens_n++;
}

/* --- facts --- */

static struct bytes last_component(struct bytes path) {
    const uint8_t *slash = path.n ? memrchr(path.p, '\\', path.n) : NULL;
    return slash ? bytes_of(slash + 1, path.n - (size_t)(slash + 1 - path.p)) : path;
}

static void fill_seed(struct smb *s, const struct smb_open *o, struct transfer_seed *seed) {
    const struct smb_key session = {.kind = SMB_SESSION, .session = o->known.key.session};
    const struct smb_key tree = {SMB_TREE, o->known.key.session, {o->tree, 0}};
    const struct smb_known *user = smb_known_find(s->hosts, &session);
    const struct smb_known *share = smb_known_find(s->hosts, &tree);
    seed->fact[FACT_USER] = smb_known_text(user, sizeof(struct smb_known));
    seed->fact[FACT_SHARE] = smb_known_text(share, sizeof(struct smb_tree));
    seed->fact[FACT_HOST] = smb_share_server(seed->fact[FACT_SHARE]);
    seed->fact[FACT_PATH] = smb_known_text(&o->known, sizeof *o);
    seed->fact[FACT_NAME] = last_component(seed->fact[FACT_PATH]);
}

/* --- a transfer --- */

static void begin_move(struct smb *s, struct smb_open *o, enum side from) {
    struct smb_move *v = &o->move[from];
    struct transfer_seed seed = transfer_seed_of("smb", from);
    fill_seed(s, o, &seed);
    seed.resume = RESUME_WRITE;
    seed.key[0] = bytes_of(&o->serial, sizeof o->serial);
    seed.stable = from == s->server;
    if (seed.stable)
        seed.total = o->end;
    v->transfer = s->c->services->begin(s->c, &seed);
    v->open = v->was = true;
}

static void end_move(struct smb *s, struct smb_open *o, enum side from, enum transfer_end how) {
    struct smb_move *v = &o->move[from];
    if (v->open)
        s->c->services->end(s->c, v->transfer, how);
    v->open = false;
    v->transfer = NULL;
}

/* Those that were not used for longest; what still comes of one joins it by its key. */
static void cut_oldest(struct smb *s) {
    while (s->opens_n > OPENS_MAX) {
        struct smb_open *o = oldest_open(s);
        counter_one(COUNTER_SMB_FORGOTTEN);
        for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
            end_move(s, o, side, TRANSFER_CUT);
        leave_list(o);
    }
}

/* A file that has grown since it was opened: what is read behind its end is another object. */
static void note_growth(struct smb *s, struct smb_open *o, enum side from, uint64_t offset) {
    if (from != s->server || o->end == LENGTH_UNKNOWN || offset < o->end)
        return;
    end_move(s, o, from, TRANSFER_DONE);
    o->end = LENGTH_UNKNOWN;
}

void smb_move_bytes(struct smb *s, struct smb_open *o, enum side from, uint64_t offset, const uint8_t *p,
                    size_t n) {
    if (n == 0)
        return;
    join_list(s, o);
    cut_oldest(s);
    note_growth(s, o, from, offset);
    if (!o->move[from].open)
        begin_move(s, o, from);
    if (s->c->services->write)
        s->c->services->write(s->c, o->move[from].transfer, offset, p, n);
}

/* Was all of it seen that the client has read or written? What was read is all of a file only where its end
 * is known; octets that were missed may have been its. */
static enum transfer_end judge_end(const struct smb *s, const struct smb_open *o, enum side from) {
    bool lost = s->hosts->lost[from] != o->lost[from];
    bool whole = from == s->server ? o->end != LENGTH_UNKNOWN : !lost || o->end_told;
    return whole ? TRANSFER_DONE : TRANSFER_UNKNOWN;
}

static void close_move(struct smb *s, struct smb_open *o, enum side from) {
    struct smb_move *v = &o->move[from];
    if (!v->was)
        return;
    if (!v->open) /* of another connection, which has left */
        begin_move(s, o, from);
    if (o->end != LENGTH_UNKNOWN && s->c->services->write)
        s->c->services->write(s->c, v->transfer, o->end, NULL, 0);
    end_move(s, o, from, judge_end(s, o, from));
    v->was = false;
}

uint64_t smb_move_serial(void) {
    static uint64_t serials;
    return ++serials;
}

void smb_move_anew(struct smb *s, struct smb_open *o, enum side from) {
    counter_one(COUNTER_SMB_WRITTEN_AGAIN);
    end_move(s, o, from, TRANSFER_UNKNOWN);
    o->move[from].was = o->started = false;
    o->serial = smb_move_serial();
    o->end = LENGTH_UNKNOWN;
    o->end_told = false;
}

void smb_move_close(struct smb *s, struct smb_open *o) {
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
        close_move(s, o, side);
    leave_list(o);
}

/* Another connection may go on. Where there is none, a handle that lasts may be taken up again. */
static enum transfer_end judge_left(const struct smb *s, const struct smb_open *o) {
    return s->hosts->flows > !s->left || o->durable ? TRANSFER_CUT : TRANSFER_UNKNOWN;
}

void smb_move_leave(struct smb *s) {
    struct smb_open *o;
    while ((o = oldest_open(s))) {
        enum transfer_end how = judge_left(s, o);
        if (o->closing)
            smb_move_close(s, o);
        for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
            end_move(s, o, side, how);
        leave_list(o); /* which may be the last that points to it */
    }
}
