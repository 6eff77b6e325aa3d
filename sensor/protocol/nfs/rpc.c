/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/nfs/rpc.h"

enum { CALL, REPLY };
enum {
    FLAVOR_GSS = 6,
    FLAVOR_TLS = 7,
    AUTH_MOST = 400,
    RECORD_LEAST = 20 /* a call that is denied */,
    RECORD_MOST = 64 << 20
};
enum { PROGRAM_NFS = 100003, VERSION_LEAST = 2, VERSION_MOST = 4, PROCEDURE_MOST = 21 };

/* --- XDR --- */

bool xdr_u64(struct reader *r, uint64_t *out) {
    uint32_t high, low;
    if (reader_left(r) < 8 || !reader_u32(r, &high) || !reader_u32(r, &low))
        return false;
    *out = (uint64_t)high << 32 | low;
    return true;
}

bool xdr_opaque(struct reader *r, size_t most, struct bytes *out) {
    struct reader at = *r;
    uint32_t n;
    const uint8_t *p;
    if (!reader_u32(&at, &n) || n > most || !reader_take(&at, n, &p) || !reader_skip(&at, xdr_padded(n) - n))
        return false;
    *out = bytes_of(p, n);
    *r = at;
    return true;
}

/* --- Heads --- */

struct auth {
    uint32_t flavor;
    struct bytes body;
};

static bool read_auth(struct reader *r, struct auth *a, bool *bad) {
    uint32_t n;
    if (reader_left(r) < 8)
        return false;
    struct reader length = {r->at + 4, r->end};
    *bad |= reader_u32(&length, &n) && n > AUTH_MOST;
    return reader_u32(r, &a->flavor) && xdr_opaque(r, AUTH_MOST, &a->body);
}

/* RFC 2203 section 5.3.1 */
static enum rpc_seal seal_of(const struct auth *a) {
    enum { DATA, INTEGRITY = 2, PRIVACY };
    struct reader r = reader_of(a->body.p, a->body.n);
    uint32_t version, control, number, service;
    if (a->flavor != FLAVOR_GSS)
        return RPC_CLEAR;
    if (!reader_u32(&r, &version) || !reader_u32(&r, &control) || !reader_u32(&r, &number) ||
        !reader_u32(&r, &service) || control != DATA)
        return RPC_CONTROL;
    return service == PRIVACY ? RPC_PRIVACY : service == INTEGRITY ? RPC_INTEGRITY : RPC_CLEAR;
}

static bool read_call(struct reader *r, struct rpc_head *h) {
    enum { RPC_VERSION = 2 };
    uint32_t rpc;
    struct auth credential, verifier;
    if (!reader_u32(r, &rpc))
        return false;
    h->bad = rpc != RPC_VERSION;
    if (h->bad || !reader_u32(r, &h->program) || !reader_u32(r, &h->version) ||
        !reader_u32(r, &h->procedure) || !read_auth(r, &credential, &h->bad) ||
        !read_auth(r, &verifier, &h->bad))
        return false;
    h->seal = seal_of(&credential);
    return true;
}

static bool read_reply(struct reader *r, struct rpc_head *h) {
    enum { ACCEPTED, DENIED };
    uint32_t state, status;
    struct auth verifier;
    if (!reader_u32(r, &state))
        return false;
    h->bad = state > DENIED;
    if (h->bad)
        return false;
    if (state == DENIED)
        return true;
    if (!read_auth(r, &verifier, &h->bad) || !reader_u32(r, &status))
        return false;
    h->accepted = status == 0;
    h->starts_tls = bytes_equal(verifier.body, bytes_text("STARTTLS"));
    return true;
}

size_t rpc_read_head(struct bytes in, struct rpc_head *out) {
    struct reader r = reader_of(in.p, in.n);
    uint32_t type;
    *out = (struct rpc_head){.xid = 0};
    if (!reader_u32(&r, &out->xid) || !reader_u32(&r, &type))
        return 0;
    out->reply = type == REPLY;
    out->bad = type > REPLY;
    if (out->bad || !(out->reply ? read_reply(&r, out) : read_call(&r, out)))
        return 0;
    return in.n - reader_left(&r);
}

/* Each number in turn, as far as there are octets. False: it is another one. */
static bool begins_with(struct reader *r, uint32_t least, uint32_t most) {
    uint32_t n;
    return !reader_u32(r, &n) || (n >= least && n <= most);
}

static enum rpc_looks look_call(struct reader r) {
    enum { NUMBERS = 16 };
    bool whole = reader_left(&r) >= NUMBERS;
    if (!begins_with(&r, 2, 2) || !begins_with(&r, PROGRAM_NFS, PROGRAM_NFS) ||
        !begins_with(&r, VERSION_LEAST, VERSION_MOST) || !begins_with(&r, 0, PROCEDURE_MOST))
        return RPC_LOOKS_NO;
    return whole ? RPC_LOOKS_CALL : RPC_LOOKS_MORE;
}

static enum rpc_looks look_reply(struct reader r) {
    enum { NUMBERS = 12 };
    bool whole = reader_left(&r) >= NUMBERS;
    if (!begins_with(&r, 0, 0) || !begins_with(&r, 0, FLAVOR_TLS) || !begins_with(&r, 0, AUTH_MOST))
        return RPC_LOOKS_NO;
    return whole ? RPC_LOOKS_REPLY : RPC_LOOKS_MORE;
}

enum rpc_looks rpc_look(struct bytes in) {
    struct reader r = reader_of(in.p, in.n);
    uint32_t xid, type;
    if (!reader_u32(&r, &xid) || !reader_u32(&r, &type))
        return RPC_LOOKS_MORE;
    return type == CALL ? look_call(r) : type == REPLY ? look_reply(r) : RPC_LOOKS_NO;
}

static bool is_mark(uint32_t mark) {
    uint32_t n = mark & 0x7fffffff;
    return n <= RECORD_MOST && (n >= RECORD_LEAST || !(mark >> 31));
}

enum rpc_looks rpc_look_record(struct bytes in) {
    struct reader r = reader_of(in.p, in.n);
    uint32_t mark;
    if (!reader_u32(&r, &mark))
        return RPC_LOOKS_MORE;
    if (!is_mark(mark) || (mark & 0x7fffffff) < RECORD_LEAST)
        return RPC_LOOKS_NO;
    return rpc_look(bytes_of(r.at, reader_left(&r)));
}

/* --- Records --- */

/* Does a record begin here for certain? RPC_SIGN octets are at hand. */
static bool is_found(const uint8_t *p, const struct rpc_sink *sink, void *context) {
    const uint8_t *type = p + RPC_MARK + 4;
    if (type[0] || type[1] || type[2] || type[3] > REPLY) /* nearly all that is none ends here */
        return false;
    struct reader r = reader_of(p + RPC_MARK, 4);
    uint32_t xid;
    enum rpc_looks looks = rpc_look_record(bytes_of(p, RPC_SIGN));
    return looks == RPC_LOOKS_CALL ||
           (looks == RPC_LOOKS_REPLY && reader_u32(&r, &xid) && sink->knows(context, xid));
}

/* The first octets of what is held are done with. */
static void take_held(struct rpc_records *r, size_t n) {
    r->held_n = (uint8_t)(r->held_n - n);
    memmove(r->held, r->held + n, r->held_n);
}

static void hold_sign(struct rpc_records *r, const uint8_t *p, size_t n) {
    memmove(r->held, p, n);
    r->held_n = (uint8_t)n;
}

/* Of those that begin in what is held. Returns how many of `in` were taken, if that ends the search. */
static bool find_in_held(struct rpc_records *r, struct bytes in, const struct rpc_sink *sink, void *context,
                         size_t *taken) {
    uint8_t both[2 * RPC_SIGN];
    size_t held = r->held_n, more = in.n < RPC_SIGN ? in.n : RPC_SIGN, n = held + more;
    memcpy(both, r->held, held);
    memcpy(both + held, in.p, more);
    for (size_t at = 0; at < held; at++, r->lost_octets++) {
        if (n - at < RPC_SIGN) {
            hold_sign(r, both + at, n - at);
            *taken = more;
            return true;
        }
        if (is_found(both + at, sink, context)) {
            hold_sign(r, both + at, RPC_SIGN);
            r->lost = false;
            *taken = at + RPC_SIGN - held;
            return true;
        }
    }
    r->held_n = 0;
    return false;
}

/* A record may begin at any octet. Returns how many of `in` were taken; what was found is held. */
static size_t find_record(struct rpc_records *r, struct bytes in, const struct rpc_sink *sink,
                          void *context) {
    size_t at = 0;
    if (r->held_n > 0 && find_in_held(r, in, sink, context, &at))
        return at;
    for (at = 0; at + RPC_SIGN <= in.n; at++, r->lost_octets++)
        if (is_found(in.p + at, sink, context)) {
            hold_sign(r, in.p + at, RPC_SIGN);
            r->lost = false;
            return at + RPC_SIGN;
        }
    hold_sign(r, in.p + at, in.n - at);
    return in.n;
}

static void lose_record(struct rpc_records *r, const struct rpc_sink *sink, void *context) {
    if (r->inside)
        sink->end(context, false);
    sink->lost(context);
    *r = (struct rpc_records){.lost = true};
}

/* Of any program: as far as its first octets tell. */
static bool is_message(struct bytes in) {
    enum { CALL_VERSION = 2, DENIED = 1 };
    struct reader r = reader_of(in.p, in.n);
    uint32_t xid, type, next;
    if (!reader_u32(&r, &xid) || !reader_u32(&r, &type) || !reader_u32(&r, &next))
        return true;
    return type == CALL ? next == CALL_VERSION : type == REPLY && next <= DENIED;
}

static uint32_t mark_of(const struct rpc_records *r) {
    struct reader mark = reader_of(r->held, RPC_MARK);
    uint32_t n = 0;
    reader_u32(&mark, &n);
    return n;
}

/* Octets that tell whether a fragment begins. */
static size_t count_wanted(const struct rpc_records *r) {
    enum { TELLING = 12 };
    if (r->inside || r->held_n < RPC_MARK)
        return RPC_MARK;
    uint32_t n = mark_of(r) & 0x7fffffff;
    return RPC_MARK + (n < TELLING ? n : TELLING);
}

/* What does not begin one is looked at for where the next one does. */
static void begin_fragment(struct rpc_records *r, const struct rpc_sink *sink, void *context) {
    uint32_t mark = mark_of(r), n = mark & 0x7fffffff;
    if (n > RECORD_MOST ||
        (!r->inside && (!is_mark(mark) || !is_message(bytes_of(r->held + RPC_MARK, r->held_n - RPC_MARK))))) {
        if (r->inside)
            sink->end(context, false);
        r->inside = r->last = false;
        r->lost = true;
        r->lost_octets = 1;
        take_held(r, 1);
        return;
    }
    r->last = mark >> 31;
    r->left = n;
    r->inside = true;
    take_held(r, RPC_MARK);
}

static void give_bytes(struct rpc_records *r, struct bytes bytes, const struct rpc_sink *sink,
                       void *context) {
    r->left -= (uint32_t)bytes.n;
    sink->bytes(context, bytes);
}

static void end_fragment(struct rpc_records *r, const struct rpc_sink *sink, void *context) {
    if (!r->inside || r->left > 0 || !r->last)
        return;
    r->inside = r->last = false;
    sink->end(context, true);
}

/* What is held behind a mark that was found is the record's. */
static void give_held(struct rpc_records *r, const struct rpc_sink *sink, void *context) {
    uint8_t copy[RPC_SIGN];
    size_t n = r->held_n < r->left ? r->held_n : r->left;
    if (n == 0)
        return;
    memcpy(copy, r->held, n);
    take_held(r, n);
    give_bytes(r, bytes_of(copy, n), sink, context);
}

static size_t take_step(struct rpc_records *r, struct bytes in, const struct rpc_sink *sink, void *context) {
    size_t n = 0;
    if (r->lost)
        return find_record(r, in, sink, context);
    if (r->left > 0) {
        n = in.n < r->left ? in.n : r->left;
        give_bytes(r, bytes_of(in.p, n), sink, context);
        return n;
    }
    while (r->held_n < count_wanted(r) && n < in.n)
        r->held[r->held_n++] = in.p[n++];
    if (r->held_n < count_wanted(r))
        return n;
    begin_fragment(r, sink, context);
    if (!r->lost)
        give_held(r, sink, context);
    return n;
}

void rpc_records_data(struct rpc_records *r, struct bytes in, const struct rpc_sink *sink, void *context) {
    while (in.n > 0 || (!r->lost && r->left == 0 && r->held_n >= count_wanted(r))) {
        size_t n = take_step(r, in, sink, context);
        in = bytes_of(in.p + n, in.n - n);
        if (!r->lost)
            end_fragment(r, sink, context);
    }
}

void rpc_records_gap(struct rpc_records *r, uint64_t n, const struct rpc_sink *sink, void *context) {
    if (!r->lost && r->inside && n <= r->left && r->held_n == 0) {
        r->left -= (uint32_t)n;
        sink->gap(context, n);
        end_fragment(r, sink, context);
        return;
    }
    lose_record(r, sink, context);
}
