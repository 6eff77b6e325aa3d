/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/nfs/nfs_session.h"

/* Versions 2 and 3. Each call and each reply is one part, but for what is read or written and for the entries
 * of a directory. */

enum {
    HANDLE_2 = 32,
    ATTRIBUTES_2 = 68,
    ATTRIBUTES_3 = 84,
    SIZE_AT = 20, /* where both have the size */
};

/* What matters of the procedures of both versions (RFC 1094 section 2.2, RFC 1813 section 3.3). */
enum kind { OTHER, SETATTR, LOOKUP, READ, WRITE, CREATE, RENAME, READDIR, READDIRPLUS, COMMIT, GETATTR };

static enum kind kind_of(const struct nfs_call *call) {
    static const uint8_t second[18] = {
        [1] = GETATTR, [2] = SETATTR, [4] = LOOKUP,  [6] = READ,    [8] = WRITE,
        [9] = CREATE,  [11] = RENAME, [14] = CREATE, [16] = READDIR};
    static const uint8_t third[22] = {
        [1] = GETATTR, [2] = SETATTR, [3] = LOOKUP,   [6] = READ,         [7] = WRITE,  [8] = CREATE,
        [9] = CREATE,  [14] = RENAME, [16] = READDIR, [17] = READDIRPLUS, [21] = COMMIT};
    if (call->version == 2)
        return call->procedure < sizeof second ? second[call->procedure] : OTHER;
    return call->procedure < sizeof third ? third[call->procedure] : OTHER;
}

bool nfs2_reads(const struct nfs_call *call) {
    return kind_of(call) != OTHER;
}

static bool read_handle(const struct nfs_message *m, struct reader *r, struct nfs_handle *h) {
    struct bytes octets;
    const uint8_t *p;
    if (m->call.version == 2) {
        if (!reader_take(r, HANDLE_2, &p))
            return false;
        octets = bytes_of(p, HANDLE_2);
    } else if (!xdr_opaque(r, NFS_HANDLE_MAX, &octets)) {
        return false;
    }
    *h = nfs_handle_of(octets);
    return true;
}

static size_t count_taken(struct bytes in, const struct reader *r) {
    return in.n - reader_left(r);
}

/* --- calls --- */

static bool call_name(struct nfs_message *m, struct reader *r) {
    struct nfs_handle directory;
    struct bytes name;
    if (!read_handle(m, r, &directory) || !xdr_opaque(r, NFS_NAME_MAX, &name))
        return false;
    nfs_operation_name(nfs_call_operation(&m->call, m->call.procedure, nfs_handle_child(directory, name)),
                       directory, name);
    return true;
}

static bool call_rename(struct nfs_message *m, struct reader *r) {
    return call_name(m, r) && call_name(m, r);
}

static bool call_read(struct nfs_message *m, struct reader *r) {
    struct nfs_handle h;
    uint32_t offset, count;
    uint64_t at;
    if (!read_handle(m, r, &h))
        return false;
    if (m->call.version == 2) {
        if (!reader_u32(r, &offset))
            return false;
        at = offset;
    } else if (!xdr_u64(r, &at)) {
        return false;
    }
    if (!reader_u32(r, &count))
        return false;
    nfs_call_operation(&m->call, m->call.procedure, h)->offset = at;
    return true;
}

/* A call of the same number has written the same: it was sent again, since nobody answered. */
static bool is_again(const struct nfs_message *m, const struct nfs_operation *o) {
    const struct nfs_call *before = nfs_call_find(&m->s->calls[m->from], m->call.xid);
    const struct nfs_operation *had = before && before->operations ? &before->operation[0] : NULL;
    return had && before->procedure == m->call.procedure && before->version == m->call.version &&
           had->handle.a == o->handle.a && had->handle.b == o->handle.b && had->offset == o->offset &&
           had->count == o->count;
}

/* Up to the content itself, which is left to be passed on. */
static bool call_write(struct nfs_message *m, struct reader *r) {
    struct nfs_handle h;
    uint32_t unused, offset, n;
    uint64_t at;
    if (!read_handle(m, r, &h))
        return false;
    if (m->call.version == 2) {
        if (!reader_u32(r, &unused) || !reader_u32(r, &offset) || !reader_u32(r, &unused))
            return false;
        at = offset;
    } else if (!xdr_u64(r, &at) || !reader_u32(r, &unused) || !reader_u32(r, &unused)) {
        return false;
    }
    if (!reader_u32(r, &n))
        return false;
    struct nfs_operation *o = nfs_call_operation(&m->call, m->call.procedure, h);
    o->offset = at;
    o->count = n;
    nfs_message_pass(m, h, NFS_WRITE, at, n);
    m->pass.dropped |= is_again(m, o);
    return true;
}

static bool call_handle(struct nfs_message *m, struct reader *r) {
    struct nfs_handle h;
    if (!read_handle(m, r, &h))
        return false;
    nfs_call_operation(&m->call, m->call.procedure, h);
    return true;
}

/* A file that is cut to nothing is written anew. */
static bool call_setattr(struct nfs_message *m, struct reader *r) {
    enum { MODE_USER_GROUP = 3 };
    struct nfs_handle h;
    uint32_t given, value, low = 0;
    if (!read_handle(m, r, &h))
        return false;
    nfs_call_operation(&m->call, m->call.procedure, h);
    if (m->call.version == 2) {
        if (!reader_skip(r, MODE_USER_GROUP * 4u) || !reader_u32(r, &value))
            return false;
        given = 1;
    } else {
        for (int i = 0; i < MODE_USER_GROUP; i++)
            if (!reader_u32(r, &given) || (given && !reader_u32(r, &value)))
                return false;
        if (!reader_u32(r, &given) || (given && (!reader_u32(r, &value) || !reader_u32(r, &low))))
            return false;
    }
    if (given && value == 0 && low == 0)
        nfs_file_emptied(nfs_pair_of(m), m->s->c, &h);
    return true;
}

size_t nfs2_step_call(struct nfs_message *m, struct bytes in) {
    static bool (*const read[])(struct nfs_message *, struct reader *) = {
        [SETATTR] = call_setattr, [LOOKUP] = call_name,   [READ] = call_read,     [WRITE] = call_write,
        [CREATE] = call_name,     [RENAME] = call_rename, [COMMIT] = call_handle, [READDIRPLUS] = call_handle,
        [GETATTR] = call_handle,  [READDIR] = call_handle};
    struct reader r = reader_of(in.p, in.n);
    enum kind kind = kind_of(&m->call);
    if (!read[kind](m, &r)) {
        for (; m->call.operations > 0; m->call.operations--)
            nfs_operation_drop(&m->call.operation[m->call.operations - 1]);
        return 0;
    }
    m->step = NULL;
    return count_taken(in, &r);
}

/* --- replies --- */

static bool read_size(struct reader *r, size_t attributes, uint64_t *size) {
    const uint8_t *p;
    if (!reader_take(r, attributes, &p))
        return false;
    struct reader at = reader_of(p + SIZE_AT, 8);
    if (attributes == ATTRIBUTES_3)
        return xdr_u64(&at, size);
    uint32_t size_2;
    reader_u32(&at, &size_2);
    *size = size_2;
    return true;
}

/* Attributes that may be there. */
static bool read_post(struct nfs_message *m, struct reader *r, bool *known, uint64_t *size) {
    uint32_t given = 1;
    size_t attributes = m->call.version == 2 ? ATTRIBUTES_2 : ATTRIBUTES_3;
    if (m->call.version == 3 && !reader_u32(r, &given))
        return false;
    *known = given;
    return !given || read_size(r, attributes, size);
}

static bool reply_read(struct nfs_message *m, struct reader *r) {
    const struct nfs_operation *o = &m->call.operation[0];
    bool known;
    uint64_t size = 0;
    uint32_t count, eof = 0, n;
    if (!read_post(m, r, &known, &size) ||
        (m->call.version == 3 && (!reader_u32(r, &count) || !reader_u32(r, &eof))) || !reader_u32(r, &n))
        return false;
    if (known)
        nfs_file_size(nfs_pair_of(m), m->s->c, &o->handle, size, true);
    bool ends = eof || (known && m->call.version == 2 && o->offset + n >= size);
    if (ends && n > 0)
        m->ended_at = o->offset + n;
    else if (ends)
        nfs_file_ended(nfs_pair_of(m), m->s->c, &o->handle, m->from, o->offset);
    nfs_message_pass(m, o->handle, NFS_READ, o->offset, n);
    return true;
}

static bool reply_write(struct nfs_message *m, struct reader *r) {
    enum { BEFORE = 24 };
    bool known;
    uint64_t size;
    uint32_t given = 0;
    if (m->call.version == 3 && (!reader_u32(r, &given) || (given && !reader_skip(r, BEFORE))))
        return false;
    if (!read_post(m, r, &known, &size))
        return false;
    if (known)
        nfs_file_size(nfs_pair_of(m), m->s->c, &m->call.operation[0].handle, size, false);
    if (kind_of(&m->call) == COMMIT)
        nfs_file_committed(nfs_pair_of(m), &m->call.operation[0].handle);
    return true;
}

static bool reply_getattr(struct nfs_message *m, struct reader *r) {
    uint64_t size;
    if (!read_size(r, m->call.version == 2 ? ATTRIBUTES_2 : ATTRIBUTES_3, &size))
        return false;
    nfs_file_size(nfs_pair_of(m), m->s->c, &m->call.operation[0].handle, size, false);
    return true;
}

static void name_child(struct nfs_message *m, const struct nfs_handle *h) {
    const struct nfs_operation *o = &m->call.operation[0];
    if (o->name)
        nfs_file_named(nfs_pair_of(m), m->s->c, h, &o->directory, bytes_of(o->name->p, o->name->n));
}

static bool reply_rename(struct nfs_message *m, struct reader *r) {
    (void)r;
    if (m->call.operations == 2)
        nfs_file_renamed(nfs_pair_of(m), m->s->c, &m->call.operation[0], &m->call.operation[1]);
    return true;
}

static bool reply_lookup(struct nfs_message *m, struct reader *r) {
    struct nfs_handle h;
    if (!read_handle(m, r, &h))
        return false;
    name_child(m, &h);
    return true;
}

/* Version 3 may leave the handle out. */
static bool reply_create(struct nfs_message *m, struct reader *r) {
    uint32_t given = 1;
    struct nfs_handle h;
    if ((m->call.version == 3 && !reader_u32(r, &given)) || (given && !read_handle(m, r, &h)))
        return false;
    if (!given)
        return true;
    name_child(m, &h);
    nfs_file_emptied(nfs_pair_of(m), m->s->c, &h);
    return true;
}

/* Of a file or of a place in the list; in version 2 they are short. */
static bool read_entry_number(const struct nfs_message *m, struct reader *r, uint64_t *out) {
    uint32_t number;
    if (m->call.version == 3)
        return xdr_u64(r, out);
    return reader_u32(r, &number);
}

static size_t step_entry(struct nfs_message *m, struct bytes in) {
    struct reader r = reader_of(in.p, in.n);
    uint32_t follows, given = 0;
    uint64_t number, cookie, size;
    struct bytes name;
    struct nfs_handle h;
    bool known;
    if (!reader_u32(&r, &follows))
        return 0;
    if (!follows) {
        m->step = NULL;
        names_flush(&m->s->names, m->s->c);
        return count_taken(in, &r);
    }
    if (!read_entry_number(m, &r, &number) || !xdr_opaque(&r, NFS_NAME_MAX, &name) ||
        !read_entry_number(m, &r, &cookie) ||
        (kind_of(&m->call) == READDIRPLUS &&
         (!read_post(m, &r, &known, &size) || !reader_u32(&r, &given) || (given && !read_handle(m, &r, &h)))))
        return 0;
    nfs_list_entry(m, m->call.operation[0].handle, name);
    if (given)
        nfs_file_named(nfs_pair_of(m), m->s->c, &h, &m->call.operation[0].handle, name);
    return count_taken(in, &r);
}

static bool reply_entries(struct nfs_message *m, struct reader *r) {
    bool known;
    uint64_t size, verifier;
    if (m->call.version == 3 && (!read_post(m, r, &known, &size) || !xdr_u64(r, &verifier)))
        return false;
    m->entries = true;
    return true;
}

size_t nfs2_step_reply(struct nfs_message *m, struct bytes in) {
    static bool (*const read[])(struct nfs_message *, struct reader *) = {
        [LOOKUP] = reply_lookup,       [READ] = reply_read,       [WRITE] = reply_write,
        [RENAME] = reply_rename,       [CREATE] = reply_create,   [COMMIT] = reply_write,
        [READDIRPLUS] = reply_entries, [GETATTR] = reply_getattr, [READDIR] = reply_entries};
    struct reader r = reader_of(in.p, in.n);
    enum kind kind = kind_of(&m->call);
    uint32_t status;
    if (!reader_u32(&r, &status))
        return 0;
    bool matters = status == 0 && m->call.operations > 0 && read[kind];
    if (matters && !read[kind](m, &r))
        return 0;
    m->step = m->entries ? step_entry : NULL;
    return count_taken(in, &r);
}
