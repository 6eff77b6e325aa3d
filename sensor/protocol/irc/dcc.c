/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "base/hash.h"
#include "protocol/irc/irc_session.h"
#include "protocol/memory.h"
#include "protocol/shared.h"

/* A file over a connection of its own: its receiver says after each run how many octets it has, in four
 * octets. In a talk both sides send lines. */

enum { ACK = 4, NAME_SHORT = 44 };

struct dcc_side {
    struct transfer *transfer;
    bool begun, spoke;
    uint64_t sent;
    uint8_t ack_n, ack[ACK];
};

struct dcc {
    struct conversation *c;
    struct dcc_offer *offer; /* NULL: another worker's, of which `brief` is known */
    struct brief {
        uint64_t number;
        uint32_t size; /* 0: not known */
        uint16_t port;
        uint8_t reversed, talk;
        uint8_t name_n, name[NAME_SHORT];
    } brief;
    struct dcc_side side[2]; /* by enum side */
};
_Static_assert(sizeof(struct brief) <= EXPECT_FACTS_MAX, "it fits");

/* --- offers --- */

struct dcc_offer *dcc_offer_join(uint64_t number) {
    static uint64_t newest;
    bool made;
    if (newest == 0)
        newest = hash_key_random().k0; /* each worker counts from a place of its own */
    if (number == 0)
        number = ++newest;
    struct dcc_offer *o =
        shared_state_join(&protocol_dcc, bytes_of(&number, sizeof number), sizeof *o, NULL, &made);
    if (o && made) {
        o->number = number;
        o->size = LENGTH_UNKNOWN;
    }
    return o;
}

void dcc_offer_leave(struct dcc_offer *o) {
    shared_state_leave(o, true);
}

void dcc_offer_announce(struct conversation *c, const struct dcc_offer *o, const struct endpoint end[2]) {
    struct brief b = {.number = o->number, .port = o->port, .reversed = o->reversed, .talk = o->talk};
    b.size = o->size <= UINT32_MAX ? (uint32_t)o->size : 0;
    b.name_n = (uint8_t)(o->name_n < NAME_SHORT ? o->name_n : NAME_SHORT);
    memcpy(b.name, o->name + (o->name_n - b.name_n), b.name_n); /* its end tells more */
    c->services->expect(c, &protocol_dcc, PROTOCOL_TCP, end, bytes_of(&b, sizeof b));
}

/* --- the connection --- */

static void *open_dcc(struct conversation *c, struct bytes facts) {
    struct dcc *d = protocol_alloc(PROTOCOL_STATE, sizeof *d);
    if (!d)
        return NULL;
    d->c = c;
    if (facts.n == sizeof d->brief)
        memcpy(&d->brief, facts.p, sizeof d->brief);
    if (d->brief.name_n > NAME_SHORT)
        d->brief.name_n = 0;
    d->offer = d->brief.number ? dcc_offer_join(d->brief.number) : NULL;
    if (d->offer && d->offer->port == 0) { /* it is another worker's */
        dcc_offer_leave(d->offer);
        d->offer = NULL;
    }
    return d;
}

static bool is_sender(const struct dcc *d, enum side side) {
    bool listens = d->c->end[side].port == d->brief.port;
    return listens != (d->brief.reversed != 0);
}

/* How long it is, as far as is known. */
static uint64_t find_size(const struct dcc *d) {
    if (d->offer)
        return d->offer->size;
    return d->brief.size ? d->brief.size : LENGTH_UNKNOWN;
}

static void begin_transfer(struct dcc *d, enum side from) {
    struct dcc_side *s = &d->side[from];
    struct transfer_seed seed = transfer_seed_of("dcc", from);
    if (!d->brief.talk && is_sender(d, from)) {
        uint64_t offset = d->offer ? d->offer->offset : 0;
        seed.fact[FACT_NAME] =
            d->offer ? bytes_of(d->offer->name, d->offer->name_n) : bytes_of(d->brief.name, d->brief.name_n);
        seed.total = find_size(d);
        seed.length = seed.total != LENGTH_UNKNOWN && seed.total > offset ? seed.total - offset : seed.total;
        seed.resume = RESUME_TO_END;
        seed.offset = offset;
        seed.anew = offset == 0;
        seed.key[0] = seed.fact[FACT_NAME];
        s->sent = offset;
    }
    s->begun = s->spoke = true;
    s->transfer = d->c->services->begin(d->c, &seed);
}

static void put_bytes(struct dcc *d, enum side from, const uint8_t *p, size_t n) {
    struct dcc_side *s = &d->side[from];
    if (!s->begun)
        begin_transfer(d, from);
    s->sent = add_sizes(s->sent, n);
    d->c->services->data(d->c, s->transfer, p, n);
}

/* No more than was sent, the lowest bits of it. */
static bool is_ack(const struct dcc *d, enum side from) {
    const uint8_t *a = d->side[from].ack;
    uint32_t value = (uint32_t)a[0] << 24 | (uint32_t)a[1] << 16 | (uint32_t)a[2] << 8 | a[3];
    uint64_t sent = d->side[side_other(from)].sent;
    return sent > UINT32_MAX || value <= sent;
}

/* What the receiver says besides is a thing of its own. */
static void take_acks(struct dcc *d, enum side from, const uint8_t *p, size_t n) {
    struct dcc_side *s = &d->side[from];
    while (n > 0 && !s->begun) {
        s->ack[s->ack_n++] = *p++;
        n--;
        if (s->ack_n < ACK)
            continue;
        s->ack_n = 0;
        if (!is_ack(d, from)) {
            counter_one(COUNTER_DCC_STRAYS);
            put_bytes(d, from, s->ack, ACK);
        }
    }
    if (n > 0)
        put_bytes(d, from, p, n);
}

/* Who receives does not speak first: it is something else that came to that port. */
static enum protocol_result take_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                      size_t n) {
    struct dcc *d = c->state;
    bool sends = d->brief.talk || is_sender(d, from);
    if (!sends && !d->side[side_other(from)].spoke && !d->side[from].spoke && !c->lost[side_other(from)])
        return conversation_become_any(c, from, bytes_of(NULL, 0), bytes_of(bytes, n));
    if (sends)
        put_bytes(d, from, bytes, n);
    else
        take_acks(d, from, bytes, n);
    return PROTOCOL_OK;
}

static enum protocol_result take_gap(struct conversation *c, enum side from, uint64_t n) {
    struct dcc *d = c->state;
    struct dcc_side *s = &d->side[from];
    if (!d->brief.talk && !is_sender(d, from) && !s->begun) {
        s->ack_n = (uint8_t)((s->ack_n + n) % ACK);
        return PROTOCOL_OK;
    }
    if (!s->begun)
        begin_transfer(d, from);
    s->sent = add_sizes(s->sent, n);
    c->services->gap(c, s->transfer, n);
    return PROTOCOL_OK;
}

static void end_side(struct dcc *d, enum side side, bool clean) {
    struct dcc_side *s = &d->side[side];
    uint64_t size = find_size(d);
    bool file = !d->brief.talk && is_sender(d, side) && size != LENGTH_UNKNOWN;
    if (!s->begun)
        return;
    enum transfer_end how = file    ? s->sent >= size ? TRANSFER_DONE : TRANSFER_CUT
                            : clean ? TRANSFER_DONE
                                    : TRANSFER_UNKNOWN;
    d->c->services->end(d->c, s->transfer, how);
    s->begun = false;
    s->transfer = NULL;
}

static void take_end(struct conversation *c, enum side from, bool clean) {
    end_side(c->state, from, clean);
}

static void close_dcc(struct conversation *c) {
    struct dcc *d = c->state;
    end_side(d, SIDE_CLIENT, false);
    end_side(d, SIDE_SERVER, false);
    dcc_offer_leave(d->offer);
    protocol_free(d);
}

const struct protocol protocol_dcc = {
    .name = "dcc",
    .open = open_dcc,
    .data = take_data,
    .gap = take_gap,
    .end = take_end,
    .close = close_dcc,
};
