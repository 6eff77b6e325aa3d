/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/smb_session.h"

/* Files: opened, read, written, closed. An open is known from the request for it on; its handle comes with
 * the answer. One of which the request was not seen is known from its handle's first use on, and has no name.
 */

/* --- opens --- */

static struct smb_open *create_open(struct smb_message *m, struct bytes path) {
    struct smb_hosts *h = m->s->hosts;
    struct smb_open *o = smb_known_create(h, sizeof *o, path);
    if (!o)
        return NULL;
    const struct smb_tree *t = smb_find_tree(m);
    o->known.key = (struct smb_key){SMB_OPEN, m->session, {0, 0}};
    o->tree = m->tree;
    o->serial = smb_move_serial();
    o->end = LENGTH_UNKNOWN;
    o->pipe = t && t->pipe;
    memcpy(o->lost, h->lost, sizeof o->lost);
    return o;
}

/* Takes over the pin. */
static void set_related(struct smb_stream *st, struct smb_open *o) {
    smb_known_unpin(st->related ? &st->related->known : NULL);
    st->related = o;
}

/* A handle of which nobody saw the beginning; where nobody answers it is that of the one file that was asked
 * for. Pinned; NULL: no memory. */
static struct smb_open *begin_open(struct smb_message *m, const struct smb_key *handle) {
    struct smb_unanswered *u = &m->s->only;
    bool sure = !u->answered && u->files == 1;
    struct smb_open *o = sure ? u->file : create_open(m, bytes_of(NULL, 0));
    if (sure)
        smb_known_pin(&o->known);
    u->files = 0;
    if (o)
        smb_known_list(&o->known, handle);
    return o;
}

/* The one that a request is about, pinned; made if nothing is known of it. What follows in the chain may be
 * about it too. NULL: no memory. */
static struct smb_open *find_open(struct smb_message *m, const struct smb_key *handle) {
    struct smb_stream *st = m->st;
    if (!handle) {
        smb_known_pin(st->related ? &st->related->known : NULL);
        return st->related;
    }
    struct smb_open *o = (struct smb_open *)smb_known_find(m->s->hosts, handle);
    if (o)
        smb_known_pin(&o->known);
    else
        o = begin_open(m, handle);
    if (!o)
        return NULL;
    smb_known_pin(&o->known);
    set_related(st, o);
    return o;
}

static void await_answer(struct smb_message *m, enum smb_asks asks, struct smb_open *o, uint64_t offset,
                         uint32_t length) {
    const struct smb_request r = {
        .message = m->number, .asks = asks, .offset = offset, .length = length, .about = &o->known};
    smb_wait_add(&m->s->waiting, &r);
}

/* False: nobody asked, or the answer is yet to come. */
static bool take_request(struct smb_message *m, enum smb_asks asks, struct smb_request *r) {
    if (m->waits || !smb_wait_take(&m->s->waiting, m->number, r))
        return false;
    if (r->asks == asks)
        return true;
    smb_known_unpin(r->about);
    return false;
}

/* --- opened --- */

void smb_file_create(struct smb_message *m, struct bytes path, struct smb_open *again, bool lasts) {
    struct smb_open *o = again ? again : create_open(m, path);
    if (!o)
        return;
    if (again)
        smb_known_pin(&o->known);
    else
        o->durable = lasts;
    await_answer(m, SMB_ASKS_CREATE, o, 0, 0);
    set_related(m->st, o);
    smb_known_pin(&o->known);
    smb_known_unpin(m->s->only.file ? &m->s->only.file->known : NULL);
    m->s->only.file = o;
    m->s->only.files++;
}

/* What is already known of the handle came before its answer did, over another connection, or belongs to a
 * file that nobody saw closed. */
static void close_namesake(struct smb_message *m, const struct smb_open *o, const struct smb_key *handle) {
    struct smb_open *before = (struct smb_open *)smb_known_find(m->s->hosts, handle);
    if (before && before != o)
        smb_move_close(m->s, before);
}

static void take_handle(struct smb_message *m, struct smb_open *o, const struct smb_key *handle,
                        uint64_t end) {
    close_namesake(m, o, handle);
    smb_known_list(&o->known, handle);
    if (!o->move[SIDE_CLIENT].was && !o->move[SIDE_SERVER].was)
        o->end = o->pipe ? LENGTH_UNKNOWN : end;
}

void smb_file_created(struct smb_message *m, const struct smb_key *handle, uint64_t end) {
    struct smb_request r;
    if (!take_request(m, SMB_ASKS_CREATE, &r)) {
        if (!m->waits)
            smb_stray_end(m->s, m->st);
        return;
    }
    struct smb_open *o = (struct smb_open *)r.about;
    if (m->status == STATUS_OK)
        take_handle(m, o, handle, end);
    else if (!o->known.listed)
        smb_move_close(m->s, o); /* what was written by it has left all the same */
    smb_known_unpin(&o->known);
}

/* --- closed --- */

/* What was written came before it; what was read may come still. */
void smb_file_close(struct smb_message *m, const struct smb_key *handle) {
    struct smb_open *o = find_open(m, handle);
    if (!o)
        return;
    o->closing = true;
    await_answer(m, SMB_ASKS_CLOSE, o, 0, 0);
    smb_known_unpin(&o->known);
}

void smb_file_closed(struct smb_message *m, uint64_t end) {
    struct smb_request r;
    if (!take_request(m, SMB_ASKS_CLOSE, &r)) {
        if (!m->waits)
            smb_stray_end(m->s, m->st);
        return;
    }
    struct smb_open *o = (struct smb_open *)r.about;
    if (end != LENGTH_UNKNOWN) {
        o->end = end;
        o->end_told = true;
    }
    smb_move_close(m->s, o);
    if (!o->several) /* of which one may lag behind */
        smb_known_unlist(&o->known);
    smb_known_unpin(&o->known);
}

/* --- read --- */

static void set_data(struct smb_message *m, uint32_t at, uint32_t length, struct smb_open *o,
                     uint64_t offset) {
    struct smb_data *d = &m->st->data;
    uint32_t room = at < m->length ? m->length - at : 0;
    smb_known_pin(o ? &o->known : NULL);
    smb_known_unpin(d->open ? &d->open->known : NULL);
    *d = (struct smb_data){
        .open = o, .stray = !o, .offset = offset, .before = at, .left = length < room ? length : room};
}

/* A call of a procedure, or its answer ([C706] section 12.6.3.1): its length, 0 if it is none. */
static uint32_t measure_call(const struct smb_message *m, uint32_t at) {
    enum { VERSION = 5, MINOR_MAX = 1, KIND_MAX = 19, LITTLE = 0x10, HEADER = 16 };
    struct bytes in = smb_part(m->head, at, 10);
    if (in.n < 10 || in.p[0] != VERSION || in.p[1] > MINOR_MAX || in.p[2] > KIND_MAX || in.p[4] != LITTLE)
        return 0;
    return smb_u16(in, 8) >= HEADER ? smb_u16(in, 8) : 0;
}

/* Octets of a pipe: calls of procedures, which may come in several messages, are none of a file. What else
 * comes stands behind what came before. */
static void set_pipe_data(struct smb_message *m, uint32_t at, uint32_t n, struct smb_open *o) {
    uint32_t *left = &o->call_left[m->from];
    uint32_t call = *left ? *left : measure_call(m, at);
    *left = call > n ? call - n : 0;
    if (call)
        return;
    set_data(m, at, n, o, o->call_other[m->from]);
    o->call_other[m->from] += n;
}

static void set_file_data(struct smb_message *m, uint32_t at, uint32_t n, struct smb_open *o,
                          uint64_t offset) {
    if (o->pipe)
        set_pipe_data(m, at, n, o);
    else
        set_data(m, at, n, o, offset);
}

void smb_file_look_at(struct smb_message *m, uint32_t at, uint32_t n) {
    enum { MUCH = 2048 };
    if (n >= MUCH && !measure_call(m, at))
        set_data(m, at, n, NULL, 0);
}

void smb_file_read(struct smb_message *m, const struct smb_key *handle, uint64_t offset, uint32_t n) {
    struct smb_open *o = find_open(m, handle);
    if (!o)
        return;
    await_answer(m, SMB_ASKS_READ, o, offset, n);
    smb_known_unpin(&o->known);
}

/* Fewer octets than were asked for: the file ends there. */
static void note_end(struct smb_open *o, uint64_t end) {
    if (o->end == LENGTH_UNKNOWN)
        o->end = end;
}

void smb_file_read_answer(struct smb_message *m, bool good, uint32_t at, uint32_t n) {
    struct smb_request r;
    bool asked = take_request(m, SMB_ASKS_READ, &r);
    if (good && !asked)
        set_data(m, at, n, NULL, 0);
    if (!asked)
        return;
    struct smb_open *o = (struct smb_open *)r.about;
    if (good)
        set_file_data(m, at, n, o, r.offset);
    if (good && n < r.length && !o->pipe)
        note_end(o, add_sizes(r.offset, n));
    smb_known_unpin(&o->known);
}

/* --- without a message (SMB 1) --- */

void smb_file_raw(struct smb_message *m, const struct smb_key *handle, enum side from, uint64_t offset) {
    smb_file_drop_raw(m->s, from);
    m->s->raw[from] = (struct smb_raw){find_open(m, handle), offset}; /* with its pin */
}

bool smb_file_take_raw(struct smb *s, struct smb_stream *st) {
    struct smb_raw raw = s->raw[st->from];
    s->raw[st->from] = (struct smb_raw){NULL, 0};
    if (!raw.open)
        return false;
    st->data = (struct smb_data){.open = raw.open, .offset = raw.offset, .left = st->taken + st->left};
    return true;
}

void smb_file_drop_raw(struct smb *s, enum side from) {
    smb_known_unpin(s->raw[from].open ? &s->raw[from].open->known : NULL);
    s->raw[from] = (struct smb_raw){NULL, 0};
}

void smb_file_forget(struct smb *s) {
    smb_file_drop_raw(s, SIDE_CLIENT);
    smb_file_drop_raw(s, SIDE_SERVER);
    smb_known_unpin(s->only.file ? &s->only.file->known : NULL);
    smb_known_unpin(s->only.tree ? &s->only.tree->known : NULL);
    s->only = (struct smb_unanswered){.answered = s->only.answered};
}

/* --- written --- */

static void note_written(struct smb_open *o, uint64_t end) {
    if (o->end != LENGTH_UNKNOWN && end <= o->end)
        return;
    o->end = end;
    o->end_told = false;
}

/* Most of what is there, from its first octet on, and not what a connection that broke did not bring. What is
 * short is a note that is kept up to date, time after time. */
static bool is_written_again(const struct smb_message *m, const struct smb_open *o, uint64_t offset,
                             uint32_t n) {
    enum { SHORT = 1024 };
    return o->started && offset == 0 && !m->replayed && n >= SHORT && o->end != LENGTH_UNKNOWN &&
           n >= o->end / 2;
}

/* Whatever the server says to it. */
void smb_file_write(struct smb_message *m, const struct smb_key *handle, uint64_t offset, uint32_t at,
                    uint32_t n) {
    struct smb_open *o = find_open(m, handle);
    if (!o)
        return;
    if (offset == SMB_WRITE_AT_END)
        offset = o->end == LENGTH_UNKNOWN ? 0 : o->end;
    if (!o->pipe && is_written_again(m, o, offset, n))
        smb_move_anew(m->s, o, m->from);
    o->started |= offset == 0 && n > 0;
    set_file_data(m, at, n, o, offset);
    if (!o->pipe)
        note_written(o, add_sizes(offset, n));
    smb_known_unpin(&o->known);
}

void smb_file_set_end(struct smb_message *m, const struct smb_key *handle, uint64_t end) {
    struct smb_open *o = find_open(m, handle);
    if (!o)
        return;
    if (end == 0 && o->started)
        smb_move_anew(m->s, o, m->from);
    o->end = end;
    o->end_told = true;
    smb_known_unpin(&o->known);
}

/* What the server copies by itself is nowhere to be seen: it is counted, and missing where the rest of the
 * file is written. */
void smb_file_copy(struct smb_message *m, const struct smb_key *handle, uint64_t offset, uint64_t n) {
    struct smb_open *o = find_open(m, handle);
    if (!o)
        return;
    counter_add(COUNTER_SMB_COPIED_BYTES, n);
    if (o->move[m->from].open && m->s->c->services->write)
        m->s->c->services->write(m->s->c, o->move[m->from].transfer, offset, NULL, n);
    note_written(o, add_sizes(offset, n));
    smb_known_unpin(&o->known);
}
