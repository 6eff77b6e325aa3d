/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/memory.h"
#include "protocol/nfs/nfs_session.h"
#include "protocol/tls/tls.h"

enum { LOST_MOST = 1 << 20 /* octets without a record, before the flow is left */ };

static void take_bytes(void *context, struct bytes bytes) {
    nfs_message_bytes(context, bytes);
}

static void take_gap(void *context, uint64_t n) {
    nfs_message_gap(context, n);
}

static void take_end(void *context, bool whole) {
    nfs_message_end(context, whole);
}

static bool knows_reply(void *context, uint32_t xid) {
    const struct nfs_message *m = context;
    return nfs_call_find(&m->s->calls[side_other(m->from)], xid) != NULL;
}

static void take_loss(void *context) {
    nfs_message_lost(context);
}

static const struct rpc_sink sink = {
    .bytes = take_bytes, .gap = take_gap, .end = take_end, .lost = take_loss, .knows = knows_reply};

static enum protocol_result tell_result(struct nfs *s, enum side from) {
    static const struct protocol *const sealed[] = {&protocol_tls, NULL};
    conversation_settle_later(s->c);
    if (s->turns_tls) {
        s->turns_tls = false;
        conversation_become(s->c, sealed, true);
        return PROTOCOL_BECOMES;
    }
    return s->records[from].lost && s->records[from].lost_octets > LOST_MOST ? PROTOCOL_LOST : PROTOCOL_OK;
}

static enum protocol_result take_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                      size_t n) {
    struct nfs *s = c->state;
    rpc_records_data(&s->records[from], bytes_of(bytes, n), &sink, &s->message[from]);
    return tell_result(s, from);
}

static enum protocol_result take_lack(struct conversation *c, enum side from, uint64_t n) {
    struct nfs *s = c->state;
    rpc_records_gap(&s->records[from], n, &sink, &s->message[from]);
    return PROTOCOL_OK;
}

/* Each is one message. */
static enum protocol_result take_datagram(struct conversation *c, enum side from, const uint8_t *bytes,
                                          size_t n) {
    struct nfs *s = c->state;
    nfs_message_bytes(&s->message[from], bytes_of(bytes, n));
    bool bad = s->message[from].bad;
    nfs_message_end(&s->message[from], true);
    conversation_settle_later(c);
    if (!bad)
        return PROTOCOL_OK;
    return (s->unread += n) > LOST_MOST ? PROTOCOL_LOST : PROTOCOL_OK;
}

/* What is read and written by handles has no end of its own. */
static void settle_files(struct conversation *c) {
    struct nfs *s = c->state;
    bool open = nfs_files_settle(s->pair[SIDE_CLIENT], c);
    if (nfs_files_settle(s->pair[SIDE_SERVER], c) || open)
        conversation_settle_later(c);
}

/* Which of them is a folder no entry says. */
void nfs_list_entry(struct nfs_message *m, struct nfs_handle folder, struct bytes name) {
    struct nfs *s = m->s;
    if (folder.a != s->folder.a || folder.b != s->folder.b)
        names_end(&s->names, s->c, TRANSFER_DONE);
    s->folder = folder;
    if (!s->names.open) {
        const struct transfer_seed seed = transfer_seed_of("nfs", m->from);
        names_begin(&s->names, s->c, &seed);
    }
    names_add(&s->names, s->c, false, name);
}

static void *open_nfs(struct conversation *c, struct bytes facts) {
    struct nfs *s = protocol_alloc(PROTOCOL_STATE, sizeof *s);
    (void)facts;
    if (!s)
        return NULL;
    s->c = c;
    nfs_message_begin(&s->message[SIDE_CLIENT], s, SIDE_CLIENT);
    nfs_message_begin(&s->message[SIDE_SERVER], s, SIDE_SERVER);
    return s;
}

static void close_nfs(struct conversation *c) {
    struct nfs *s = c->state;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
        nfs_message_end(&s->message[side], false);
    names_end(&s->names, c, TRANSFER_CUT);
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        nfs_calls_finish(&s->calls[side]);
        nfs_pair_leave(s->pair[side], c);
    }
    protocol_free(s);
}

/* A call of NFS is certain; a reply is one of any program. */
static enum probe probe_streams(const struct bytes first[2]) {
    enum rpc_looks client = rpc_look_record(first[SIDE_CLIENT]), server = rpc_look_record(first[SIDE_SERVER]);
    if (client == RPC_LOOKS_CALL || server == RPC_LOOKS_CALL)
        return PROBE_YES;
    return client == RPC_LOOKS_NO || server == RPC_LOOKS_NO ? PROBE_NO : PROBE_MORE;
}

static enum probe probe_datagram(enum side from, struct bytes datagram) {
    enum rpc_looks looks = rpc_look(datagram);
    (void)from;
    return looks == RPC_LOOKS_CALL ? PROBE_YES : looks == RPC_LOOKS_REPLY ? PROBE_MORE : PROBE_NO;
}

/* A call holds the program's number, of which one octet is rare. */
static size_t find_call(struct bytes in) {
    enum { RARE = 0x86, RARE_AT = RPC_MARK + 14 /* behind the mark */ };
    size_t at = RARE_AT;
    while (at < in.n) {
        const uint8_t *rare = memchr(in.p + at, RARE, in.n - at);
        if (!rare)
            break;
        size_t begin = (size_t)(rare - in.p) - RARE_AT;
        if (rpc_look_record(bytes_of(in.p + begin, in.n - begin)) == RPC_LOOKS_CALL)
            return begin;
        at = begin + RARE_AT + 1;
    }
    return in.n;
}

static const char *const ndpi_names[] = {"NFS", NULL};

const struct protocol protocol_nfs = {
    .name = "nfs",
    .ndpi_names = ndpi_names,
    .probe = probe_streams,
    .probe_datagram = probe_datagram,
    .begins_late = true,
    .find = find_call,
    .open = open_nfs,
    .data = take_data,
    .datagram = take_datagram,
    .gap = take_lack,
    .close = close_nfs,
    .settle = settle_files,
};
