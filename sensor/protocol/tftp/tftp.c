/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tftp/tftp.h"

#include "base/counter.h"
#include "base/hash.h"
#include "protocol/memory.h"
#include "protocol/shared.h"

enum {
    NAME_MAX_OCTETS = 512,
    FACTS_HEAD = 8 + 1 + 2 + 2, /* number, flags, block, the client's port */
    STRAYS_MAX = 8,             /* datagrams of a flow in a row that are no TFTP, before it is left */
};
enum { FLAG_UPLOAD = 1, FLAG_NETASCII = 2 };
#define NOT_KNOWN UINT64_MAX

/* What the last request of a client's port says of its file, for the flow that it came on and for those that
 * are announced (shared.h). */
struct tftp_file {
    uint64_t number;
    bool upload, netascii;
    uint16_t block; /* asked for; 0: not */
    uint16_t name_n;
    uint8_t name[NAME_MAX_OCTETS];
};

/* The blocks that came again with other octets: a receiver may have taken those. */
struct tftp_other {
    struct transfer *transfer;
    bool open;
    uint64_t last, count;
    uint32_t digest[TFTP_WINDOW]; /* of the blocks that came first, by index */
};

/* Blocks that one side sends. */
struct tftp_way {
    struct tftp_blocks blocks;
    struct transfer *transfer;
    const struct tftp_file *file; /* as long as it is not begun; NULL: nobody has asked for it */
    bool open;                    /* it was begun */
    bool receipt;                 /* the receiver has it all: only what is late may still come */
    uint32_t size;                /* octets of a block; 0: not known yet */
    uint64_t first;               /* index of the file's first octet's block */
    uint64_t last;                /* index of its last block, or NOT_KNOWN */
    uint64_t furthest;            /* index of the furthest block that was seen */
    struct tftp_other *other;     /* NULL: no block was seen, or no memory */
    uint64_t digest;              /* of block 1; 0: it was not seen */
    uint16_t last_number;         /* of that last block */
};

/* A first block of which nobody has said that it is one. */
struct tftp_early {
    enum side from;
    uint16_t number;
    size_t n;
    uint8_t bytes[];
};

struct tftp {
    struct conversation *c;
    bool sure; /* a request was seen, or two blocks that follow each other */
    struct tftp_early *early;
    struct tftp_file *file; /* a user of it; NULL: no request was seen */
    uint64_t taken;         /* number of the file that began last */
    struct tftp_options agreed;
    unsigned strays;
    struct tftp_way way[2]; /* by enum side */
};

static struct hash_key secret; /* of this process */
static uint64_t last_number;   /* of a file; not that of another process */
static uint64_t last_key;      /* of a transfer: nothing else joins it */

/* --- files --- */

/* The client's end and the server's address: a client asks for one file after another from the same port, and
 * a server may come back to a port that it has used before. */
static struct bytes key_of(const struct conversation *c, enum side client, uint8_t out[SHARED_KEY_MAX]) {
    const struct endpoint *from = &c->end[client];
    const struct address *to = &c->end[side_other(client)].address;
    memcpy(out, &from->port, sizeof from->port);
    memcpy(out + sizeof from->port, from->address.bytes, sizeof from->address.bytes);
    memcpy(out + sizeof from->port + sizeof from->address.bytes, to->bytes, sizeof to->bytes);
    return bytes_of(out, sizeof from->port + sizeof from->address.bytes + sizeof to->bytes);
}

static struct tftp_file *join_file(const struct conversation *c, enum side client) {
    uint8_t key[SHARED_KEY_MAX];
    bool made;
    return shared_state_join(&protocol_tftp, key_of(c, client, key), sizeof(struct tftp_file), NULL, &made);
}

static void fill_file(struct tftp_file *f, uint64_t number, uint8_t flags, uint16_t block,
                      struct bytes name) {
    if (name.n > NAME_MAX_OCTETS) /* its end tells more */
        name = bytes_of(name.p + name.n - NAME_MAX_OCTETS, NAME_MAX_OCTETS);
    f->number = number;
    f->upload = flags & FLAG_UPLOAD;
    f->netascii = flags & FLAG_NETASCII;
    f->block = block;
    f->name_n = (uint16_t)name.n;
    if (name.n)
        memcpy(f->name, name.p, name.n);
}

static void leave_file(struct tftp *s) {
    shared_state_leave(s->file, true);
    s->file = NULL;
}

/* A server answers from a port of its own (RFC 1350 section 4). What is announced goes with the announcement,
 * and all that was asked for stays in this process. */
static void announce_flow(struct tftp *s, enum side client, const struct tftp_file *f) {
    const struct endpoint end[2] = {s->c->end[client], {.address = s->c->end[side_other(client)].address}};
    uint8_t facts[EXPECT_FACTS_MAX];
    size_t room = sizeof facts - FACTS_HEAD, n = f->name_n < room ? f->name_n : room;
    memcpy(facts, &f->number, sizeof f->number);
    facts[8] = (uint8_t)((f->upload ? FLAG_UPLOAD : 0) | (f->netascii ? FLAG_NETASCII : 0));
    facts[9] = (uint8_t)(f->block >> 8);
    facts[10] = (uint8_t)f->block;
    memcpy(facts + 11, &s->c->end[client].port, sizeof(uint16_t));
    memcpy(facts + FACTS_HEAD, f->name + f->name_n - n, n);
    s->c->services->expect(s->c, &protocol_tftp, PROTOCOL_UDP, end, bytes_of(facts, FACTS_HEAD + n));
}

static void take_facts(struct tftp *s, struct bytes facts) {
    uint64_t number;
    uint16_t port;
    if (facts.n < FACTS_HEAD)
        return;
    memcpy(&number, facts.p, sizeof number);
    memcpy(&port, facts.p + 11, sizeof port);
    s->sure = true;
    s->file = join_file(s->c, s->c->end[SIDE_CLIENT].port == port ? SIDE_CLIENT : SIDE_SERVER);
    if (s->file && s->file->number != number)
        fill_file(s->file, number, facts.p[8], (uint16_t)(facts.p[9] << 8 | facts.p[10]),
                  bytes_of(facts.p + FACTS_HEAD, facts.n - FACTS_HEAD));
}

/* That was asked for and has not begun on this flow. */
static const struct tftp_file *find_asked(const struct tftp *s) {
    return s->file && s->file->number != s->taken ? s->file : NULL;
}

/* --- transfers --- */

static void end_way(struct tftp *s, struct tftp_way *w, enum transfer_end how) {
    if (w->open) {
        s->c->services->end(s->c, w->transfer, how);
        s->agreed = (struct tftp_options){.block = 0};
    }
    w->open = false;
    w->transfer = NULL;
}

static void end_other(struct tftp *s, struct tftp_other *o, enum transfer_end how) {
    if (o->open)
        s->c->services->end(s->c, o->transfer, how);
    o->open = false;
    o->transfer = NULL;
}

/* As it stands: where the last block was seen, what is missing is so before it. */
static void close_way(struct tftp *s, enum side from) {
    struct tftp_way *w = &s->way[from];
    end_way(s, w, w->last == NOT_KNOWN ? TRANSFER_CUT : TRANSFER_DONE);
    if (w->other)
        end_other(s, w->other, w->other->last == NOT_KNOWN ? TRANSFER_CUT : TRANSFER_DONE);
    protocol_free(w->other);
    *w = (struct tftp_way){.last = NOT_KNOWN,
                           .blocks = {.roll = s->agreed.roll, .began = find_asked(s) != NULL}};
}

static struct bytes name_of(struct bytes path) {
    size_t n = path.n;
    while (n > 0 && path.p[n - 1] != '/' && path.p[n - 1] != '\\')
        n--;
    return bytes_of(path.p + n, path.n - n);
}

/* Blocks are written to their places, for those of a window may come in any order. */
static struct transfer *begin_transfer(struct tftp *s, enum side from) {
    struct transfer_seed seed = transfer_seed_of("tftp", from);
    const struct tftp_file *f = s->way[from].file;
    uint64_t key = ++last_key;
    seed.resume = RESUME_WRITE;
    seed.key[0] = bytes_of(&key, sizeof key);
    if (f) {
        seed.fact[FACT_PATH] = bytes_of(f->name, f->name_n);
        seed.fact[FACT_NAME] = name_of(seed.fact[FACT_PATH]);
        seed.fact[FACT_COMMAND] = bytes_text(f->upload ? "WRQ" : "RRQ");
        seed.codings = bytes_text(f->netascii ? "netascii" : "");
    }
    return s->c->services->begin(s->c, &seed);
}

static void begin_way(struct tftp *s, enum side from) {
    s->way[from].transfer = begin_transfer(s, from);
    s->way[from].open = true;
}

/* Who asks for a size may not get it: then the first block tells, which is as long as was asked, or as long
 * as without options, or the file's only one. */
static uint32_t find_size(const struct tftp *s, const struct tftp_file *f, size_t n) {
    if (s->agreed.block)
        return s->agreed.block;
    if (f)
        return f->block && n != TFTP_BLOCK ? f->block : TFTP_BLOCK;
    return n >= TFTP_BLOCK_LEAST && n <= TFTP_BLOCK_MOST ? (uint32_t)n : TFTP_BLOCK;
}

static void settle_file(struct tftp *s, struct tftp_way *w, size_t n) {
    w->file = find_asked(s);
    w->size = find_size(s, w->file, n);
    if (w->file)
        s->taken = w->file->number;
}

static uint64_t digest_block(struct bytes block) {
    return hash_bytes(&secret, block.p, block.n);
}

/* The file was over, and what comes is none of its blocks again: another one, which perhaps nobody has asked
 * for. */
static void begin_again(struct tftp *s, enum side from, uint16_t number, uint64_t index) {
    close_way(s, from);
    if (number != 1) {
        s->way[from].blocks.base = s->way[from].first = index;
        s->way[from].blocks.began = true;
    }
}

static void put_block(struct tftp *s, enum side from, uint16_t number, uint64_t index, struct bytes block) {
    struct tftp_way *w = &s->way[from];
    if (!w->open)
        begin_way(s, from);
    if (block.n)
        s->c->services->write(s->c, w->transfer, (index - w->first) * w->size, block.p, block.n);
    if (block.n < w->size) {
        w->last = index;
        w->last_number = number;
    }
    if (w->last != NOT_KNOWN && w->blocks.base > w->last)
        end_way(s, w, TRANSFER_DONE);
}

static uint32_t *digest_of(struct tftp_way *w, uint64_t index) {
    return &w->other->digest[index % TFTP_WINDOW];
}

static void note_block(struct tftp_way *w, uint64_t index, struct bytes block) {
    if (!w->other && (w->other = protocol_alloc(PROTOCOL_HELD, sizeof *w->other)))
        w->other->last = NOT_KNOWN;
    if (w->other)
        *digest_of(w, index) = (uint32_t)digest_block(block);
    if (index > w->furthest)
        w->furthest = index;
}

/* Of two that differ nobody knows which one was taken: both are looked at. */
static void put_again(struct tftp *s, enum side from, uint64_t index, struct bytes block) {
    struct tftp_way *w = &s->way[from];
    struct tftp_other *o = w->other;
    counter_one(COUNTER_TFTP_BLOCKS_AGAIN);
    if (!o || index + TFTP_WINDOW <= w->furthest || index < w->first ||
        *digest_of(w, index) == (uint32_t)digest_block(block))
        return;
    counter_one(COUNTER_TFTP_BLOCKS_DIFFER);
    if (!o->open)
        o->transfer = begin_transfer(s, from);
    o->open = true;
    o->count++;
    if (block.n)
        s->c->services->write(s->c, o->transfer, (index - w->first) * w->size, block.p, block.n);
    if (block.n < w->size)
        o->last = index;
    if (o->last != NOT_KNOWN && o->count == o->last - w->first + 1)
        end_other(s, o, TRANSFER_DONE);
}

/* False: none of the file's. */
static bool take_block(struct tftp *s, enum side from, uint16_t number, struct bytes block) {
    struct tftp_way *w = &s->way[from];
    bool over = w->last != NOT_KNOWN && (!w->open || w->receipt);
    uint64_t index;
    if (over && number == 1 && w->digest && digest_block(block) != w->digest)
        begin_again(s, from, number, 0);
    if (w->size && block.n > w->size)
        return false;
    enum tftp_block kind = tftp_blocks_take(&w->blocks, number, &index);
    if (kind == TFTP_BLOCK_AGAIN)
        put_again(s, from, index, block);
    if (kind != TFTP_BLOCK_NEW)
        return kind == TFTP_BLOCK_AGAIN;
    if (w->last != NOT_KNOWN && index > w->last) {
        if (!over)
            return false;
        begin_again(s, from, number, index);
        tftp_blocks_take(&w->blocks, number, &index);
    }
    if (!w->size)
        settle_file(s, w, block.n);
    if (block.n > w->size)
        return false;
    if (number == 1)
        w->digest = digest_block(block);
    note_block(w, index, block);
    put_block(s, from, number, index, block);
    return true;
}

static bool keep_early(struct tftp *s, enum side from, uint16_t number, struct bytes block) {
    struct tftp_early *e = protocol_alloc(PROTOCOL_HELD, sizeof *e + block.n);
    if (!e) {
        counter_one(COUNTER_PROTOCOL_NO_MEMORY);
        return false;
    }
    *e = (struct tftp_early){.from = from, .number = number, .n = block.n};
    if (block.n)
        memcpy(e->bytes, block.p, block.n);
    s->early = e;
    return true;
}

static void drop_early(struct tftp *s) {
    protocol_free(s->early);
    s->early = NULL;
}

/* The same octets stand in front of many other things: without a request two blocks tell. */
static bool take_unsure(struct tftp *s, enum side from, uint16_t number, struct bytes block) {
    struct tftp_early *e = s->early;
    if (!e)
        return keep_early(s, from, number, block);
    struct bytes first = bytes_of(e->bytes, e->n);
    if (from == e->from && number == e->number)
        return bytes_equal(block, first);
    if (from != e->from || number != (uint16_t)(e->number + 1) || block.n > first.n)
        return false;
    s->sure = true;
    bool taken = take_block(s, from, e->number, first) && take_block(s, from, number, block);
    drop_early(s);
    return taken;
}

/* What was not seen by now is not sent again, but may have been passed on its way. */
static void take_receipt(struct tftp *s, enum side from, uint16_t number) {
    struct tftp_way *w = &s->way[side_other(from)];
    if (!w->open || w->last == NOT_KNOWN || number != w->last_number)
        return;
    w->receipt = true;
    conversation_settle_later(s->c);
}

static void end_received(struct conversation *c) {
    struct tftp *s = c->state;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
        if (s->way[side].receipt)
            end_way(s, &s->way[side], TRANSFER_DONE);
}

/* --- messages --- */

static bool is_again(const struct tftp *s, const struct tftp_request *r) {
    const struct tftp_file *f = find_asked(s);
    return f && f->upload == r->upload && bytes_equal(bytes_of(f->name, f->name_n), r->name);
}

static bool take_request(struct tftp *s, enum side from, struct bytes datagram) {
    struct tftp_request r;
    if (!tftp_read_request(datagram, &r))
        return false;
    drop_early(s);
    s->sure = true;
    if (!s->file)
        s->file = join_file(s->c, from);
    if (!s->file)
        return true;
    if (!is_again(s, &r)) {
        uint8_t flags = (uint8_t)((r.upload ? FLAG_UPLOAD : 0) | (r.netascii ? FLAG_NETASCII : 0));
        s->agreed = (struct tftp_options){.block = 0};
        fill_file(s->file, ++last_number, flags, r.options.block, r.name);
        close_way(s, SIDE_CLIENT);
        close_way(s, SIDE_SERVER);
    }
    announce_flow(s, from, s->file);
    return true;
}

static bool take_options(struct tftp *s, struct bytes datagram) {
    struct tftp_options o;
    if (!tftp_read_options(datagram, &o))
        return false;
    s->agreed = o;
    if (!o.block) /* all that it does not name is refused */
        s->agreed.block = TFTP_BLOCK;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
        if (!s->way[side].size)
            s->way[side].blocks.roll = o.roll;
    return true;
}

static bool take_message(struct tftp *s, enum side from, struct bytes datagram) {
    struct reader r = reader_of(datagram.p, datagram.n);
    uint16_t code, number;
    if (!reader_u16(&r, &code))
        return false;
    if (code == TFTP_READ || code == TFTP_WRITE)
        return take_request(s, from, datagram);
    if (code == TFTP_OPTIONS)
        return take_options(s, datagram);
    if (code > TFTP_OPTIONS || !reader_u16(&r, &number))
        return false;
    if (code == TFTP_DATA)
        return (s->sure ? take_block : take_unsure)(s, from, number, bytes_of(r.at, reader_left(&r)));
    if (code == TFTP_ACK)
        take_receipt(s, from, number);
    /* Anybody can send an error in another's name, and who means it sends no more. */
    return code == TFTP_ERROR || reader_left(&r) == 0;
}

static enum protocol_result take_datagram(struct conversation *c, enum side from, const uint8_t *bytes,
                                          size_t n) {
    struct tftp *s = c->state;
    if (take_message(s, from, bytes_of(bytes, n))) {
        s->strays = 0;
        return PROTOCOL_OK;
    }
    counter_one(COUNTER_TFTP_STRAYS);
    return s->sure && ++s->strays < STRAYS_MAX ? PROTOCOL_OK : PROTOCOL_LOST;
}

/* --- the protocol --- */

static void *open_tftp(struct conversation *c, struct bytes facts) {
    struct tftp *s = protocol_alloc(PROTOCOL_STATE, sizeof *s);
    if (!s)
        return NULL;
    if (!last_number) {
        secret = hash_key_random();
        last_number = secret.k0;
    }
    s->c = c;
    take_facts(s, facts);
    close_way(s, SIDE_CLIENT);
    close_way(s, SIDE_SERVER);
    return s;
}

static void close_tftp(struct conversation *c) {
    struct tftp *s = c->state;
    close_way(s, SIDE_CLIENT);
    close_way(s, SIDE_SERVER);
    leave_file(s);
    drop_early(s);
    protocol_free(s);
}

/* A request is certain. The rest are a few octets that could be anything: nDPI knows how they follow each
 * other. */
static enum probe probe_datagram(enum side from, struct bytes datagram) {
    struct tftp_request r;
    (void)from;
    if (tftp_read_request(datagram, &r))
        return PROBE_YES;
    return tftp_may_be(datagram) ? PROBE_MORE : PROBE_NO;
}

static const char *const ndpi_names[] = {"TFTP", NULL};

const struct protocol protocol_tftp = {
    .name = "tftp",
    .ndpi_names = ndpi_names,
    .probe_datagram = probe_datagram,
    .begins_late = true,
    .open = open_tftp,
    .datagram = take_datagram,
    .close = close_tftp,
    .settle = end_received,
};
