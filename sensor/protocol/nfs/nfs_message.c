/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/memory.h"
#include "protocol/nfs/nfs_session.h"

enum {
    PROGRAM = 100003,
    COMPOUND = 1,
    PROCEDURES = 22,
    STRAY_LEAST = 1024, /* octets that nobody understands and that are worth a look */
    CONTENT_MOST = 64 << 20,
};

enum side nfs_caller(const struct nfs_message *m) {
    return m->head.reply ? side_other(m->from) : m->from;
}

struct nfs_pair *nfs_pair_of(struct nfs_message *m) {
    enum side caller = nfs_caller(m);
    if (!m->s->pair[caller])
        m->s->pair[caller] = nfs_pair_join(m->s->c, caller);
    return m->s->pair[caller];
}

/* --- heads --- */

/* Where a message is sealed so that it cannot be read, the flow is as good as encrypted. */
static nfs_step enter_body(struct nfs_message *m, uint8_t seal) {
    if (m->call.other)
        return NULL;
    m->strays = m->strays && seal < RPC_PRIVACY;
    if (seal == RPC_CONTROL)
        return NULL;
    if (seal == RPC_PRIVACY) {
        counter_one(COUNTER_NFS_PRIVATE);
        m->s->c->services->encrypted(m->s->c);
        return NULL;
    }
    m->skip = seal == RPC_INTEGRITY ? 8 : 0;
    if (m->call.version != 4 && !nfs2_reads(&m->call))
        return NULL;
    if (m->call.version == 4 && m->call.procedure != COMPOUND)
        return NULL;
    if (m->call.version == 4)
        return m->head.reply ? nfs4_step_reply : nfs4_step_call;
    return m->head.reply ? nfs2_step_reply : nfs2_step_call;
}

static void begin_call(struct nfs_message *m) {
    m->call =
        (struct nfs_call){.xid = m->head.xid,
                          .version = m->head.version,
                          .procedure = m->head.procedure,
                          .seal = (uint8_t)m->head.seal,
                          .used = true,
                          .other = m->head.program != PROGRAM || m->head.version < 2 || m->head.version > 4};
    m->strays = true;
    m->step = enter_body(m, m->call.seal);
}

static void begin_reply(struct nfs_message *m) {
    struct nfs_calls *calls = &m->s->calls[nfs_caller(m)];
    struct nfs_call *call = nfs_call_find(calls, m->head.xid);
    m->s->turns_tls |= m->head.starts_tls;
    if (!call) { /* its call was not seen, or not kept */
        counter_one(COUNTER_NFS_REPLIES_ALONE);
        m->strays = true;
        return;
    }
    m->call = *call;
    *call = (struct nfs_call){.used = false};
    m->strays = m->call.other || m->call.procedure == 0 || m->call.procedure >= PROCEDURES;
    if (m->head.accepted)
        m->step = enter_body(m, m->call.seal);
}

static size_t step_head(struct nfs_message *m, struct bytes in) {
    size_t n = rpc_read_head(in, &m->head);
    m->bad = m->head.bad;
    if (n == 0 || m->bad)
        return 0;
    m->step = NULL;
    if (m->head.reply)
        begin_reply(m);
    else
        begin_call(m);
    return n;
}

void nfs_message_begin(struct nfs_message *m, struct nfs *s, enum side from) {
    *m = (struct nfs_message){.s = s, .from = from, .step = step_head, .ended_at = UINT64_MAX};
}

/* --- content --- */

void nfs_message_pass(struct nfs_message *m, struct nfs_handle h, enum nfs_way way, uint64_t offset,
                      uint32_t n) {
    m->pass.handle = h;
    m->pass.way = way;
    m->pass.offset = offset;
    m->pass.left = n;
    m->skip = xdr_padded(n) - n;
    m->pass.dropped = offset >> NFS_OFFSET_BITS != 0 || n > CONTENT_MOST;
    if (m->pass.dropped)
        counter_one(COUNTER_NFS_ODD);
}

static size_t pass_on(struct nfs_message *m, struct bytes in) {
    size_t n = in.n < m->pass.left ? in.n : (size_t)m->pass.left;
    if (!m->pass.dropped)
        nfs_file_bytes(nfs_pair_of(m), m->s->c, &m->pass.handle, m->pass.way, m->from, m->pass.offset,
                       bytes_of(in.p, n), m->pass.offset + m->pass.left);
    m->pass.offset += n;
    m->pass.left -= n;
    if (m->pass.left > 0)
        return n;
    if (m->ended_at != UINT64_MAX)
        nfs_file_ended(nfs_pair_of(m), m->s->c, &m->pass.handle, m->from, m->ended_at);
    m->ended_at = UINT64_MAX; /* another read may follow in the same compound */
    return n;
}

/* Nobody understands it: what is long is looked at as a thing of its own. `more`: octets that are at hand
 * behind it. */
static void put_stray(struct nfs_message *m, struct bytes in, size_t more) {
    const struct protocol_services *services = m->s->c->services;
    if (m->strays && !m->stray && in.n + more + m->s->records[m->from].left >= STRAY_LEAST) {
        const struct transfer_seed seed = transfer_seed_of("nfs", m->from);
        counter_one(COUNTER_NFS_STRAYS);
        m->stray = services->begin(m->s->c, &seed);
    }
    m->strays = false;
    if (m->stray)
        services->data(m->s->c, m->stray, in.p, in.n);
}

/* --- steps --- */

static void drop_held(struct nfs_message *m) {
    protocol_free(m->held);
    m->held = NULL;
    m->held_n = 0;
}

/* A part that is longer than what is held, or does not fit its kind. */
static void give_up(struct nfs_message *m, size_t more) {
    counter_one(COUNTER_NFS_ODD);
    m->step = NULL;
    m->strays = true;
    if (m->held_n > 0)
        put_stray(m, bytes_of(m->held, m->held_n), more);
    drop_held(m);
}

/* Octets are kept only where a part is cut by the end of what came. */
static size_t hold_part(struct nfs_message *m, struct bytes in) {
    size_t room = NFS_HELD_MAX - m->held_n, n = in.n < room ? in.n : room;
    if (!m->held && !(m->held = protocol_alloc(PROTOCOL_HELD, NFS_HELD_MAX))) {
        counter_one(COUNTER_PROTOCOL_NO_MEMORY);
        give_up(m, 0);
        return 0;
    }
    memcpy(m->held + m->held_n, in.p, n);
    m->held_n += (uint32_t)n;
    return n;
}

static size_t step_held(struct nfs_message *m, struct bytes in) {
    uint32_t before = m->held_n;
    size_t n = hold_part(m, in);
    if (!m->held)
        return n;
    size_t taken = m->step(m, bytes_of(m->held, m->held_n));
    if (taken == 0) {
        if (m->held_n == NFS_HELD_MAX || m->bad)
            give_up(m, in.n - n);
        return n;
    }
    if (taken > before) {
        drop_held(m);
        return taken - before;
    }
    memmove(m->held, m->held + taken,
            before - taken); /* it could not be longer than before: what came waits */
    m->held_n = (uint32_t)(before - taken);
    return 0;
}

static size_t step_part(struct nfs_message *m, struct bytes in) {
    if (m->held_n > 0)
        return step_held(m, in);
    size_t taken = m->step(m, in);
    if (taken > 0)
        return taken;
    if (in.n >= NFS_HELD_MAX || m->bad) {
        give_up(m, 0);
        return 0;
    }
    return m->step ? hold_part(m, in) : 0;
}

static size_t take_part(struct nfs_message *m, struct bytes in) {
    if (m->pass.left > 0)
        return pass_on(m, in);
    if (m->skip > 0) {
        size_t n = in.n < m->skip ? in.n : (size_t)m->skip;
        m->skip -= n;
        return n;
    }
    if (m->step)
        return step_part(m, in);
    put_stray(m, in, 0);
    return in.n;
}

void nfs_message_bytes(struct nfs_message *m, struct bytes in) {
    while (in.n > 0) {
        size_t n = take_part(m, in);
        in = bytes_of(in.p + n, in.n - n);
    }
}

void nfs_message_gap(struct nfs_message *m, uint64_t n) {
    uint64_t content = n < m->pass.left ? n : m->pass.left;
    m->lacks = true;
    if (content > 0) {
        if (!m->pass.dropped)
            nfs_file_missed(nfs_pair_of(m), m->s->c, &m->pass.handle, m->pass.way, m->from, m->pass.offset,
                            content);
        m->pass.offset += content;
        m->pass.left -= content;
        n -= content;
    }
    uint64_t skipped = n < m->skip ? n : m->skip;
    m->skip -= skipped;
    n -= skipped;
    if (n == 0)
        return;
    if (m->stray)
        m->s->c->services->gap(m->s->c, m->stray, n);
    if (m->step)
        counter_one(COUNTER_NFS_ODD);
    drop_held(m);
    m->step = NULL;
    nfs_message_lost(m);
}

void nfs_message_lost(struct nfs_message *m) {
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
        nfs_pair_lost(m->s->pair[side]);
}

/* --- the end --- */

static void keep_call(struct nfs_message *m) {
    struct nfs_call *kept = nfs_call_add(&m->s->calls[m->from], m->call.xid);
    if (!kept)
        return;
    uint64_t age = kept->age;
    *kept = m->call;
    kept->age = age;
    m->call.used = false;
}

void nfs_message_end(struct nfs_message *m, bool whole) {
    if (m->pass.left > 0 && !m->pass.dropped && !whole)
        nfs_file_missed(nfs_pair_of(m), m->s->c, &m->pass.handle, m->pass.way, m->from, m->pass.offset,
                        m->pass.left);
    if (m->call.used && !m->head.reply)
        keep_call(m);
    if (m->call.used)
        nfs_call_drop(&m->call);
    if (m->stray)
        m->s->c->services->end(m->s->c, m->stray, whole && !m->lacks ? TRANSFER_UNKNOWN : TRANSFER_CUT);
    drop_held(m);
    nfs_message_begin(m, m->s, m->from);
}
