/* SPDX-License-Identifier: Apache-2.0 */
#include "base/allowance.h"
#include "base/counter.h"
#include "protocol/nfs/nfs_session.h"

/* Version 4: a compound's operations work on a current file. The call is walked first, and says which files
 * the results are of. */

static size_t count_taken(struct bytes in, const struct reader *r) {
    return in.n - reader_left(r);
}

/* Nothing behind it is found. */
static void stop_walk(struct nfs_message *m) {
    counter_one(COUNTER_NFS_COMPOUNDS_CUT);
    m->step = NULL;
    m->strays = true;
}

static void next_operation(struct nfs_message *m, nfs_step step) {
    m->left--;
    m->step = m->left > 0 ? step : NULL;
}

/* --- calls --- */

static void enter_child(struct nfs_message *m, struct bytes name) {
    struct nfs_handle directory = m->current;
    m->current = nfs_handle_child(directory, name);
    nfs_file_named(nfs_pair_of(m), m->s->c, &m->current, &directory, name);
    m->child = name.n <= NFS_NAME_MAX ? (uint8_t)name.n : 0;
    if (m->child)
        memcpy(m->name, name.p, m->child);
    m->directory = directory;
    m->makes = false;
}

static struct nfs_operation *await_result(struct nfs_message *m, uint32_t number) {
    return nfs_call_operation(&m->call, number, m->current);
}

static void await_handle(struct nfs_message *m) {
    struct nfs_operation *o = await_result(m, NFS4_GETFH);
    if (!o || !m->child)
        return;
    nfs_operation_name(o, m->directory, bytes_of(m->name, m->child));
    o->empties = m->makes;
}

/* From the saved directory to the current one. */
static void await_rename(struct nfs_message *m, const struct nfs4_values *v) {
    nfs_operation_name(await_result(m, NFS4_RENAME), m->saved, v->text);
    nfs_operation_name(await_result(m, NFS4_RENAME), m->current, v->second);
}

static void take_argument(struct nfs_message *m, uint32_t number, const struct nfs4_values *v) {
    struct nfs_operation *o;
    switch (number) {
    case NFS4_PUTFH:
        m->current = nfs_handle_of(v->text);
        m->child = 0;
        break;
    case NFS4_PUTROOTFH:
    case NFS4_PUTPUBFH:
        m->current = nfs_handle_of(bytes_text("/"));
        m->child = 0;
        break;
    case NFS4_LOOKUP:
        enter_child(m, v->text);
        break;
    case NFS4_LOOKUPP:
        m->current = nfs_handle_child(m->current, bytes_text(".."));
        m->child = 0;
        break;
    case NFS4_OPEN:
        if (v->text.n)
            enter_child(m, v->text);
        m->makes = v->opens_file;
        break;
    case NFS4_CREATE:
        enter_child(m, v->text);
        break;
    case NFS4_SAVEFH:
        m->saved = m->current;
        break;
    case NFS4_RESTOREFH:
        m->current = m->saved;
        m->child = 0;
        break;
    case NFS4_RENAME:
        await_rename(m, v);
        break;
    case NFS4_SETATTR:
        if (v->sized && v->size == 0)
            nfs_file_emptied(nfs_pair_of(m), m->s->c, &m->current);
        break;
    case NFS4_GETFH:
        await_handle(m);
        break;
    case NFS4_READ:
    case NFS4_READ_PLUS:
        o = await_result(m, number);
        if (o)
            o->offset = v->number;
        break;
    case NFS4_READDIR:
    case NFS4_GETATTR:
    case NFS4_COMMIT:
    case NFS4_CLOSE:
        await_result(m, number);
        break;
    default:
        break;
    }
}

static size_t step_argument(struct nfs_message *m, struct bytes in) {
    struct reader r = reader_of(in.p, in.n);
    struct nfs4_values v;
    uint32_t number;
    bool known;
    if (!reader_u32(&r, &number) || !nfs4_read_arguments(number, &r, &v, &known))
        return 0;
    if (!known) {
        stop_walk(m);
        return count_taken(in, &r);
    }
    take_argument(m, number, &v);
    next_operation(m, step_argument);
    if (number == NFS4_WRITE) {
        struct reader length = {r.at - 4, r.at};
        uint32_t n = 0;
        reader_u32(&length, &n);
        nfs_message_pass(m, m->current, NFS_WRITE, v.number, n);
    }
    return count_taken(in, &r);
}

static void begin_operations(struct nfs_message *m, uint32_t n, nfs_step step) {
    m->left = n;
    m->step = n > 0 ? step : NULL;
}

size_t nfs4_step_call(struct nfs_message *m, struct bytes in) {
    struct reader r = reader_of(in.p, in.n);
    struct bytes tag;
    uint32_t minor, n;
    if (!xdr_opaque(&r, NFS_HELD_MAX, &tag) || !reader_u32(&r, &minor) || !reader_u32(&r, &n))
        return 0;
    begin_operations(m, n, step_argument);
    return count_taken(in, &r);
}

/* --- replies --- */

/* The next operation of this number in the call, whose results come in the same order. */
static const struct nfs_operation *next_awaited(struct nfs_message *m, uint32_t number) {
    while (m->answered < m->call.operations) {
        const struct nfs_operation *o = &m->call.operation[m->answered++];
        if (o->number == number)
            return o;
    }
    return NULL;
}

static void take_handle(struct nfs_message *m, const struct nfs_operation *o, struct bytes handle) {
    struct nfs_handle h = nfs_handle_of(handle);
    struct nfs_pair *p = nfs_pair_of(m);
    if (o->name)
        nfs_file_named(p, m->s->c, &h, &o->directory, bytes_of(o->name->p, o->name->n));
    if (o->empties)
        nfs_file_emptied(p, m->s->c, &h);
}

static size_t step_result(struct nfs_message *m, struct bytes in);

static size_t step_entry(struct nfs_message *m, struct bytes in) {
    struct reader r = reader_of(in.p, in.n);
    struct nfs4_values v;
    struct bytes name;
    bool more;
    if (!nfs4_read_entry(&r, &name, &v, &more))
        return 0;
    if (more)
        nfs_list_entry(m, m->current, name);
    else
        names_flush(&m->s->names, m->s->c);
    if (!more)
        next_operation(m, step_result);
    else if (v.handle.n) {
        struct nfs_handle h = nfs_handle_of(v.handle);
        nfs_file_named(nfs_pair_of(m), m->s->c, &h, &m->current, name);
    }
    return count_taken(in, &r);
}

/* Of which file it is was not kept: it is one of its own. */
static struct nfs_handle name_alone(const struct nfs_message *m) {
    const uint32_t which[2] = {m->head.xid, m->left};
    return nfs_handle_of(bytes_of(which, sizeof which));
}

static void take_read(struct nfs_message *m, const struct nfs_operation *o, struct bytes head) {
    struct reader r = reader_of(head.p, head.n);
    uint32_t eof = 0, n = 0;
    reader_u32(&r, &eof);
    reader_u32(&r, &n);
    if (!o) {
        nfs_message_pass(m, name_alone(m), NFS_READ, 0, n);
        return;
    }
    if (eof && n > 0)
        m->ended_at = o->offset + n;
    else if (eof)
        nfs_file_ended(nfs_pair_of(m), m->s->c, &o->handle, m->from, o->offset);
    nfs_message_pass(m, o->handle, NFS_READ, o->offset, n);
}

/* The server does not send the octets of a hole, which are all zero: as many are made up as somebody pays
 * for, and the rest was not seen. */
static void fill_hole(struct nfs_message *m, uint64_t offset, uint64_t n) {
    enum { HOLE_MOST = 1 << 20 };
    static const uint8_t zeros[4096];
    struct conversation *c = m->s->c;
    size_t paid = allowance_take(c->allowance, ACCOUNT_DECODED, n < HOLE_MOST ? (size_t)n : HOLE_MOST);
    for (size_t at = 0; at < paid; at += sizeof zeros) {
        size_t piece = paid - at < sizeof zeros ? paid - at : sizeof zeros;
        nfs_file_bytes(nfs_pair_of(m), c, &m->pass.handle, NFS_READ, m->from, offset + at,
                       bytes_of(zeros, piece), offset + paid);
    }
    if (paid == n)
        return;
    counter_one(COUNTER_NFS_HOLES_CUT);
    nfs_file_missed(nfs_pair_of(m), c, &m->pass.handle, NFS_READ, m->from, offset + paid, n - paid);
}

/* RFC 7862 section 15.10.2: data, or where there are none. */
static size_t step_segment(struct nfs_message *m, struct bytes in) {
    enum { DATA, HOLE };
    struct reader r = reader_of(in.p, in.n);
    uint32_t kind, octets = 0;
    uint64_t offset, n;
    if (!reader_u32(&r, &kind) || !xdr_u64(&r, &offset) ||
        (kind == DATA ? !reader_u32(&r, &octets) : !xdr_u64(&r, &n)))
        return 0;
    if (kind == DATA)
        n = octets;
    if (kind > HOLE || offset >> NFS_OFFSET_BITS || n >> NFS_OFFSET_BITS) {
        stop_walk(m);
        return count_taken(in, &r);
    }
    if (--m->segments == 0)
        next_operation(m, step_result);
    bool ends = m->to_end && m->segments == 0;
    if (kind == HOLE)
        fill_hole(m, offset, n);
    else
        nfs_message_pass(m, m->pass.handle, NFS_READ, offset, octets);
    if (ends && m->pass.left > 0)
        m->ended_at = offset + n;
    else if (ends)
        nfs_file_ended(nfs_pair_of(m), m->s->c, &m->pass.handle, m->from, offset + n);
    return count_taken(in, &r);
}

static void take_segments(struct nfs_message *m, const struct nfs_operation *o, struct bytes head) {
    struct reader r = reader_of(head.p, head.n);
    uint32_t eof = 0;
    reader_u32(&r, &eof);
    reader_u32(&r, &m->segments);
    m->to_end = eof;
    m->pass.handle = o ? o->handle : name_alone(m);
    if (m->segments > 0) {
        m->step = step_segment;
        return;
    }
    next_operation(m, step_result);
    if (eof && o)
        nfs_file_ended(nfs_pair_of(m), m->s->c, &o->handle, m->from, o->offset);
}

static void take_result(struct nfs_message *m, uint32_t number, const struct nfs4_values *v,
                        struct bytes fields) {
    const struct nfs_operation *o = NULL;
    if (number == NFS4_GETFH || number == NFS4_READ || number == NFS4_READ_PLUS || number == NFS4_GETATTR ||
        number == NFS4_READDIR || number == NFS4_CLOSE || number == NFS4_COMMIT || number == NFS4_RENAME)
        o = next_awaited(m, number);
    if (number == NFS4_READ)
        take_read(m, o, fields);
    if (number == NFS4_READ_PLUS)
        take_segments(m, o, fields);
    if (!o)
        return;
    if (number == NFS4_GETFH)
        take_handle(m, o, v->text);
    else if (number == NFS4_GETATTR && v->sized)
        nfs_file_size(nfs_pair_of(m), m->s->c, &o->handle, v->size, false);
    else if (number == NFS4_READDIR)
        m->current = o->handle;
    else if (number == NFS4_CLOSE)
        nfs_file_closed(nfs_pair_of(m), m->s->c, &o->handle);
    else if (number == NFS4_COMMIT)
        nfs_file_committed(nfs_pair_of(m), &o->handle);
    else if (number == NFS4_RENAME)
        nfs_file_renamed(nfs_pair_of(m), m->s->c, o, next_awaited(m, number));
}

static size_t step_result(struct nfs_message *m, struct bytes in) {
    struct reader r = reader_of(in.p, in.n);
    struct nfs4_values v;
    uint32_t number, status;
    bool known;
    if (!reader_u32(&r, &number) || !reader_u32(&r, &status))
        return 0;
    if (status != 0) { /* the last that was done */
        m->step = NULL;
        return count_taken(in, &r);
    }
    const uint8_t *fields = r.at;
    if (!nfs4_read_result(number, &r, &v, &known))
        return 0;
    if (!known) {
        stop_walk(m);
        m->strays = false;
        return count_taken(in, &r);
    }
    if (number == NFS4_READDIR)
        m->step = step_entry;
    else if (number != NFS4_READ_PLUS)
        next_operation(m, step_result);
    take_result(m, number, &v, bytes_of(fields, (size_t)(r.at - fields)));
    return count_taken(in, &r);
}

size_t nfs4_step_reply(struct nfs_message *m, struct bytes in) {
    struct reader r = reader_of(in.p, in.n);
    struct bytes tag;
    uint32_t status, n;
    if (!reader_u32(&r, &status) || !xdr_opaque(&r, NFS_HELD_MAX, &tag) || !reader_u32(&r, &n))
        return 0;
    begin_operations(m, n, step_result);
    return count_taken(in, &r);
}
