/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/smb_session.h"

/* Files: opened, read, written, closed. An open is known from its CREATE on; its handle comes with the
 * answer. One of which the CREATE was not seen is known from its handle's first use on, and has no name. */

#define HANDLE_BEFORE UINT64_MAX /* both halves: the handle of the message before in the chain */
#define WRITE_AT_END UINT64_MAX  /* section 2.2.21: offset */

static uint64_t serials;

/* --- opens --- */

static struct smb_open *create_open(struct smb2_message *m, struct bytes path) {
    struct smb_hosts *h = m->s->hosts;
    struct smb_open *o = smb_known_create(h, sizeof *o, path);
    if (!o)
        return NULL;
    const struct smb_key tree = {SMB_TREE, m->session, {m->tree, 0}};
    const struct smb_tree *t = (const struct smb_tree *)smb_known_find(h, &tree);
    o->known.key = (struct smb_key){SMB_OPEN, m->session, {0, 0}};
    o->tree = m->tree;
    o->serial = ++serials;
    o->end = LENGTH_UNKNOWN;
    o->pipe = t && t->pipe;
    memcpy(o->lost, h->lost, sizeof o->lost);
    return o;
}

static struct smb_key handle_at(const struct smb2_message *m, size_t at) {
    return (struct smb_key){SMB_OPEN, m->session, {smb_u64(m->head, at), smb_u64(m->head, at + 8)}};
}

static bool is_before(const struct smb_key *handle) {
    return handle->id[0] == HANDLE_BEFORE && handle->id[1] == HANDLE_BEFORE;
}

/* The one that a request is about, pinned; made if nothing is known of it. What follows in the chain may be
 * about it too. NULL: no memory. */
static struct smb_open *find_open(struct smb2_message *m, size_t at) {
    const struct smb_key handle = handle_at(m, at);
    struct smb_stream *st = m->st;
    if (is_before(&handle)) {
        if (st->related)
            smb_known_pin(&st->related->known);
        return st->related;
    }
    struct smb_open *o = (struct smb_open *)smb_known_find(m->s->hosts, &handle);
    if (o) {
        smb_known_pin(&o->known);
    } else {
        o = create_open(m, bytes_of(NULL, 0));
        if (!o)
            return NULL;
        smb_known_list(&o->known, &handle);
    }
    smb_known_pin(&o->known);
    smb_known_unpin(st->related ? &st->related->known : NULL);
    st->related = o;
    return o;
}

static void await_answer(struct smb2_message *m, struct smb_open *o, uint64_t offset, uint32_t length) {
    smb_wait_add(&m->s->waiting, &(struct smb_request){.message = m->number,
                                                       .session = m->session,
                                                       .command = m->command,
                                                       .offset = offset,
                                                       .length = length,
                                                       .about = &o->known});
}

/* False: nobody asked, or the answer is yet to come. */
static bool take_request(struct smb2_message *m, uint16_t command, struct smb_request *r) {
    if (m->status == STATUS_PENDING || !smb_wait_take(&m->s->waiting, m->number, r))
        return false;
    if (r->command == command)
        return true;
    smb_known_unpin(r->about);
    return false;
}

/* --- CREATE (sections 2.2.13, 2.2.14) --- */

/* Section 2.2.13.2: does a list of contexts hold one of these names? A handle that the client takes up again
 * stands at the beginning of its data. */
static bool find_context(struct bytes head, size_t at, const char *const names[2], uint64_t *persistent) {
    enum { CONTEXTS = 16 };
    for (int i = 0; i < CONTEXTS && at >= SMB2_HEADER && at + 16 <= head.n; i++) {
        struct bytes name = smb_part(head, at + smb_u16(head, at + 4), smb_u16(head, at + 6));
        if (bytes_equal(name, bytes_text(names[0])) || bytes_equal(name, bytes_text(names[1]))) {
            *persistent = smb_u64(head, at + smb_u16(head, at + 10));
            return true;
        }
        uint32_t next = smb_u32(head, at);
        if (next == 0 || next > head.n)
            break;
        at += next;
    }
    return false;
}

/* One that was open over another connection. */
static struct smb_open *take_up(struct smb2_message *m) {
    static const char *const names[2] = {"DHnC", "DH2C"};
    uint64_t persistent;
    if (!find_context(m->head, smb_u32(m->head, 112), names, &persistent))
        return NULL;
    struct smb_open *o = smb_find_persistent(m->s->hosts, persistent);
    if (o)
        smb_known_pin(&o->known);
    return o;
}

static bool asks_to_last(const struct smb2_message *m) {
    static const char *const names[2] = {"DHnQ", "DH2Q"};
    uint64_t ignored;
    return find_context(m->head, smb_u32(m->head, 112), names, &ignored);
}

void smb2_take_create(struct smb2_message *m) {
    struct smb_text path;
    struct smb_open *o = take_up(m);
    if (!o) {
        smb_text_from(&path, smb_part(m->head, smb_u16(m->head, 108), smb_u16(m->head, 110)));
        o = create_open(m, bytes_of(path.p, path.n));
        if (!o)
            return;
        o->named = true;
        o->durable = asks_to_last(m);
    }
    await_answer(m, o, 0, 0);
    smb_known_unpin(m->st->related ? &m->st->related->known : NULL);
    m->st->related = o; /* which has its pin */
}

/* What is already known of the handle came before its answer did, over another connection. */
static void join_nameless(struct smb2_message *m, struct smb_open *o, const struct smb_key *handle) {
    struct smb_open *before = (struct smb_open *)smb_known_find(m->s->hosts, handle);
    if (before && before != o)
        smb_move_close(m->s, before);
}

static void take_handle(struct smb2_message *m, struct smb_open *o) {
    const struct smb_key handle = handle_at(m, 128);
    join_nameless(m, o, &handle);
    smb_known_list(&o->known, &handle);
    o->tree = o->tree ? o->tree : m->tree;
    if (!o->move[SIDE_CLIENT].was && !o->move[SIDE_SERVER].was)
        o->end = smb_u64(m->head, 112);
}

void smb2_take_created(struct smb2_message *m) {
    struct smb_request r;
    if (!take_request(m, SMB2_CREATE, &r)) {
        if (m->status != STATUS_PENDING)
            smb_stray_end(m->s, m->st);
        return;
    }
    struct smb_open *o = (struct smb_open *)r.about;
    if (m->status == STATUS_OK)
        take_handle(m, o);
    else if (!o->known.listed)
        smb_move_close(m->s, o); /* what was written by it has left all the same */
    smb_known_unpin(&o->known);
}

/* --- CLOSE (sections 2.2.15, 2.2.16) --- */

static void close_open(struct smb2_message *m, struct smb_open *o) {
    smb_move_close(m->s, o);
    smb_known_unlist(&o->known);
}

/* What was written came before it; what was read may come still. */
void smb2_take_close(struct smb2_message *m) {
    struct smb_open *o = find_open(m, 72);
    if (!o)
        return;
    o->closing = true;
    await_answer(m, o, 0, 0);
    smb_known_unpin(&o->known);
}

void smb2_take_closed(struct smb2_message *m) {
    enum { ATTRIBUTES = 1 };
    struct smb_request r;
    if (!take_request(m, SMB2_CLOSE, &r)) {
        if (m->status != STATUS_PENDING)
            smb_stray_end(m->s, m->st);
        return;
    }
    struct smb_open *o = (struct smb_open *)r.about;
    if (m->status == STATUS_OK && smb_u16(m->head, 66) & ATTRIBUTES) {
        o->end = smb_u64(m->head, 112);
        o->end_told = true;
    }
    close_open(m, o);
    smb_known_unpin(&o->known);
}

/* --- READ (sections 2.2.19, 2.2.20) --- */

static void set_data(struct smb2_message *m, uint32_t at, uint32_t length, struct smb_open *o,
                     uint64_t offset) {
    struct smb_data *d = &m->st->data;
    uint32_t room = at < m->length ? m->length - at : 0;
    if (o)
        smb_known_pin(&o->known);
    *d = (struct smb_data){
        .open = o, .stray = !o, .offset = offset, .before = at, .left = length < room ? length : room};
}

void smb2_take_read(struct smb2_message *m) {
    struct smb_open *o = find_open(m, 80);
    if (!o)
        return;
    await_answer(m, o, smb_u64(m->head, 72), smb_u32(m->head, 68));
    smb_known_unpin(&o->known);
}

/* Fewer octets than were asked for: the file ends there. */
static void note_end(struct smb_open *o, uint64_t end) {
    if (o->end == LENGTH_UNKNOWN)
        o->end = end;
}

void smb2_take_read_answer(struct smb2_message *m) {
    struct smb_request r;
    uint32_t n = smb_u32(m->head, 68);
    bool good = (m->status == STATUS_OK || m->status == STATUS_BUFFER_OVERFLOW) && m->head.n >= 80;
    bool asked = take_request(m, SMB2_READ, &r);
    if (good && !asked)
        set_data(m, m->head.p[66], n, NULL, 0);
    if (!asked)
        return;
    struct smb_open *o = (struct smb_open *)r.about;
    if (good)
        set_data(m, m->head.p[66], n, o, r.offset);
    if (good && n < r.length)
        note_end(o, add_sizes(r.offset, n));
    smb_known_unpin(&o->known);
}

/* --- WRITE (section 2.2.21) --- */

static void note_written(struct smb_open *o, uint64_t end) {
    if (o->end != LENGTH_UNKNOWN && end <= o->end)
        return;
    o->end = end;
    o->end_told = false;
}

/* Whatever the server says to it. */
void smb2_take_write(struct smb2_message *m) {
    struct smb_open *o = find_open(m, 80);
    uint64_t offset = smb_u64(m->head, 72);
    uint32_t n = smb_u32(m->head, 68);
    if (!o)
        return;
    if (offset == WRITE_AT_END)
        offset = o->end == LENGTH_UNKNOWN ? 0 : o->end;
    set_data(m, smb_u16(m->head, 66), n, o, offset);
    note_written(o, add_sizes(offset, n));
    smb_known_unpin(&o->known);
}

/* --- SET_INFO (section 2.2.39) --- */

/* [MS-FSCC] section 2.4.14: how long the file is to be. */
void smb2_take_set_info(struct smb2_message *m) {
    enum { OF_FILE = 1, END_OF_FILE = 20 };
    if (m->head.n < 96 || m->head.p[66] != OF_FILE || m->head.p[67] != END_OF_FILE ||
        smb_u32(m->head, 68) < 8)
        return;
    struct smb_open *o = find_open(m, 80);
    if (!o)
        return;
    o->end = smb_u64(m->head, smb_u16(m->head, 72));
    o->end_told = true;
    smb_known_unpin(&o->known);
}

/* --- IOCTL (section 2.2.31) --- */

/* What the server copies by itself is nowhere to be seen: it is counted, and missing where the rest of the
 * file is written. */
static void miss_copied(struct smb2_message *m, struct smb_open *o, uint64_t offset, uint64_t n) {
    counter_add(COUNTER_SMB_COPIED_BYTES, n);
    if (o->move[m->from].open && m->s->c->services->write)
        m->s->c->services->write(m->s->c, o->move[m->from].transfer, offset, NULL, n);
    note_written(o, add_sizes(offset, n));
}

static void copy_chunks(struct smb2_message *m, struct smb_open *o, struct bytes in) {
    enum { CHUNK = 24 };
    uint32_t count = smb_u32(in, 24);
    for (size_t at = 32; count > 0 && at + CHUNK <= in.n; at += CHUNK, count--)
        miss_copied(m, o, smb_u64(in, at + 8), smb_u32(in, at + 16));
}

void smb2_take_ioctl(struct smb2_message *m) {
    enum {
        COPYCHUNK = 0x1440f2,
        COPYCHUNK_WRITE = 0x1480f2,
        DUPLICATE_EXTENTS = 0x98344,
        OFFLOAD_WRITE = 0x98268
    };
    uint32_t code = smb_u32(m->head, 68);
    struct bytes in = smb_part(m->head, smb_u32(m->head, 88), smb_u32(m->head, 92));
    if (code != COPYCHUNK && code != COPYCHUNK_WRITE && code != DUPLICATE_EXTENTS && code != OFFLOAD_WRITE)
        return;
    struct smb_open *o = find_open(m, 72);
    if (!o)
        return;
    counter_one(COUNTER_SMB_COPIES);
    if (code == DUPLICATE_EXTENTS && in.n >= 40) /* [MS-FSCC] section 2.3.8 */
        miss_copied(m, o, smb_u64(in, 24), smb_u64(in, 32));
    else if (code == OFFLOAD_WRITE && in.n >= 32) /* section 2.3.41 */
        miss_copied(m, o, smb_u64(in, 8), smb_u64(in, 16));
    else if (code != DUPLICATE_EXTENTS && code != OFFLOAD_WRITE)
        copy_chunks(m, o, in);
    smb_known_unpin(&o->known);
}
