/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/defrag.h"

#include "base/counter.h"
#include "base/hash.h"
#include "base/pool.h"
#include "base/table.h"

#include <stdlib.h>

#define TIMEOUT (30 * NS_PER_S)
/* How long a finished packet is remembered, so that the copies which a span port makes begin no new one.
 * Short, because the 16 bits of an IPv4 id are soon used again. */
#define REMEMBERED (100 * NS_PER_MS)

enum {
    HEADER_MAX = 128, /* bytes before the payload that are kept; more extension headers than that: dropped */
    IPV6_HEADER = 40,
    PACKET_MAX = 65535,
    PIECE_BYTES = 2036, /* a piece is 2 KiB with its links */
    PIECES_MAX = 1024,  /* of one packet: bounds the search for the place of the next one */
    /* With less in its first fragment a TCP header is not whole: RFC 1858, section 3. */
    TINY = 16,
};

struct piece {
    struct piece *next; /* behind it in the packet */
    uint16_t offset, length;
    uint8_t data[PIECE_BYTES];
};

struct key {
    struct address source, destination;
    uint32_t id;
    uint16_t vlan;
    uint8_t protocol; /* IPv4 only: RFC 791, section 3.2; IPv6 ids stand alone: RFC 8200, section 4.5 */
    uint8_t v6;
};

/* A packet of which fragments came. */
struct partial {
    struct key key;
    struct table_node node;  /* its age is that of `begun` */
    time_ns begun, finished; /* finished 0: not yet */
    struct piece *first, *last;
    uint32_t pieces;
    uint32_t have, total; /* payload bytes; total 0: the last fragment has not come */
    uint32_t end;         /* of the furthest byte */
    uint16_t header_length, names;
    uint8_t protocol;
    bool has_start; /* the header is that of the fragment at offset 0 */
    uint8_t header[HEADER_MAX];
};

struct defrag {
    struct pool partials, pieces;
    struct table table; /* struct partial */
    struct hash_key hash_key;
    uint8_t packet[HEADER_MAX + PACKET_MAX];
};

struct defrag *defrag_create(uint64_t bytes) {
    struct defrag *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    if (bytes < DEFRAG_BYTES_MIN)
        bytes = DEFRAG_BYTES_MIN;
    size_t rest = bytes - sizeof *d;
    /* Buckets are rounded up to a power of two. */
    size_t partials = rest / 8 / (sizeof(struct partial) + 2 * sizeof(struct table_node *));
    size_t pieces = (rest - rest / 8) / sizeof(struct piece);
    d->hash_key = hash_key_random();
    if (!table_init(&d->table, partials) || !pool_init(&d->partials, sizeof(struct partial), partials) ||
        !pool_init(&d->pieces, sizeof(struct piece), pieces)) {
        defrag_destroy(d);
        return NULL;
    }
    return d;
}

void defrag_destroy(struct defrag *d) {
    if (!d)
        return;
    pool_finish(&d->partials);
    pool_finish(&d->pieces);
    table_finish(&d->table);
    free(d);
}

/* NULL for NULL. */
static struct partial *partial_of(const struct table_node *node) {
    return TABLE_ENTRY(node, struct partial, node);
}

static bool is_key(const struct table_node *node, const void *key) {
    return memcmp(&partial_of(node)->key, key, sizeof(struct key)) == 0;
}

static void give_pieces(struct defrag *d, struct partial *p) {
    while (p->first) {
        struct piece *piece = p->first;
        p->first = piece->next;
        pool_give(&d->pieces, piece);
    }
    p->last = NULL;
    p->pieces = 0;
}

static void drop_partial(struct defrag *d, struct partial *p) {
    table_remove(&d->table, &p->node);
    give_pieces(d, p);
    pool_give(&d->partials, p);
}

static void shed_oldest(struct defrag *d) {
    struct partial *oldest = partial_of(table_oldest(&d->table));
    if (!oldest->finished)
        counter_one(COUNTER_FRAGMENTS_SHED);
    drop_partial(d, oldest);
}

/* A clock that was set back by more than the timeout ages them too. */
void defrag_expire(struct defrag *d, time_ns now) {
    struct partial *p;
    while ((p = partial_of(table_oldest(&d->table))) &&
           (now - p->begun > TIMEOUT || p->begun - now > TIMEOUT)) {
        if (!p->finished)
            counter_one(COUNTER_FRAGMENTS_TIMEOUT);
        drop_partial(d, p);
    }
}

static struct partial *begin_partial(struct defrag *d, const struct key *key, uint64_t hash, time_ns now) {
    struct partial *p;
    while (!(p = pool_take(&d->partials)))
        shed_oldest(d);
    *p = (struct partial){.key = *key, .begun = now};
    table_add(&d->table, &p->node, hash);
    return p;
}

/* NULL (counted): a copy of a packet that was just finished. */
static struct partial *find_or_begin(struct defrag *d, const struct fragment *f, time_ns now) {
    struct key key = {.source = f->source,
                      .destination = f->destination,
                      .id = f->id,
                      .vlan = f->vlan,
                      .protocol = f->v6 ? 0 : f->protocol,
                      .v6 = f->v6};
    uint64_t hash = hash_bytes(&d->hash_key, &key, sizeof key);
    struct partial *p = partial_of(table_find(&d->table, hash, is_key, &key, TABLE_STEPS_ALL));
    if (p && p->finished) {
        if (now - p->finished <= REMEMBERED && p->finished - now <= REMEMBERED) {
            counter_one(COUNTER_FRAGMENTS_REPEATED);
            return NULL;
        }
        drop_partial(d, p);
        p = NULL;
    }
    return p ? p : begin_partial(d, &key, hash, now);
}

/* RFC 791 and 8200: all but the last are multiples of 8, nothing ends behind the packet's end or its largest
 * length. What breaks that (ping of death, teardrop's kin) is left out. */
static bool is_sound(const struct fragment *f) {
    size_t before = f->v6 ? f->header.n - IPV6_HEADER : f->header.n;
    return f->header.n <= HEADER_MAX && before + f->offset + f->data.n <= PACKET_MAX &&
           (f->more ? f->data.n > 0 && f->data.n % 8 == 0 : f->offset + f->data.n > 0);
}

static bool agrees_with(const struct partial *p, const struct fragment *f) {
    uint32_t end = f->offset + (uint32_t)f->data.n;
    if (p->total)
        return end <= p->total && (f->more || end == p->total);
    return f->more || end >= p->end;
}

/* NULL when there is no memory but that of `p` itself. */
static struct piece *take_piece(struct defrag *d, const struct partial *p) {
    struct piece *piece;
    while (!(piece = pool_take(&d->pieces))) {
        if (table_oldest(&d->table) == &p->node)
            return NULL;
        shed_oldest(d);
    }
    return piece;
}

/* Adds what is not there yet; false when the packet holds too many pieces or memory has run out. */
static bool add_pieces(struct defrag *d, struct partial *p, const struct fragment *f) {
    uint32_t at = f->offset, end = f->offset + (uint32_t)f->data.n;
    bool overlaps = false;
    /* Most come in order: begin at the last piece, which the first turn steps over. */
    struct piece **link = p->last && p->last->offset <= at ? &p->last : &p->first;
    while (at < end) {
        struct piece *here = *link;
        uint32_t here_end = here ? here->offset + here->length : 0;
        if (here && here->offset <= at) {
            overlaps |= here_end > at;
            at = here_end > at ? here_end : at;
            link = &here->next;
            continue;
        }
        uint32_t n = (here && here->offset < end ? here->offset : end) - at;
        struct piece *piece = p->pieces < PIECES_MAX ? take_piece(d, p) : NULL;
        if (!piece)
            return false;
        n = n < PIECE_BYTES ? n : PIECE_BYTES;
        *piece = (struct piece){.next = here, .offset = (uint16_t)at, .length = (uint16_t)n};
        memcpy(piece->data, f->data.p + (at - f->offset), n);
        *link = piece;
        link = &piece->next;
        if (!here)
            p->last = piece;
        p->pieces++;
        p->have += n;
        at += n;
    }
    if (overlaps)
        counter_one(COUNTER_FRAGMENTS_OVERLAP);
    return true;
}

static void note_header(struct partial *p, const struct fragment *f) {
    uint32_t end = f->offset + (uint32_t)f->data.n;
    if (end > p->end)
        p->end = end;
    if (!f->more)
        p->total = end;
    if ((f->offset == 0 && f->more && f->data.n < TINY) || (f->offset > 0 && f->offset < TINY))
        counter_one(COUNTER_FRAGMENTS_TINY);
    if (f->offset != 0 || p->has_start)
        return;
    p->has_start = true;
    p->protocol = f->protocol;
    p->names = (uint16_t)f->names;
    p->header_length = (uint16_t)f->header.n;
    memcpy(p->header, f->header.p, f->header.n);
}

static void put_u16(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* False when the header of the first fragment and the payload are too long together. */
static bool put_together(struct defrag *d, const struct partial *p, struct bytes *whole) {
    uint32_t length = p->header_length + p->total;
    if (length - (p->key.v6 ? IPV6_HEADER : 0) > PACKET_MAX)
        return false;
    memcpy(d->packet, p->header, p->header_length);
    if (p->key.v6) {
        d->packet[p->names] = p->protocol;
        put_u16(d->packet + 4, length - IPV6_HEADER);
    } else {
        put_u16(d->packet + 2, length);
        put_u16(d->packet + 6, 0);
    }
    for (const struct piece *piece = p->first; piece; piece = piece->next)
        memcpy(d->packet + p->header_length + piece->offset, piece->data, piece->length);
    *whole = bytes_of(d->packet, length);
    return true;
}

bool defrag_add(struct defrag *d, const struct fragment *f, time_ns now, struct bytes *whole) {
    counter_one(COUNTER_FRAGMENTS);
    defrag_expire(d, now);
    if (!is_sound(f)) {
        counter_one(COUNTER_FRAGMENTS_MALFORMED);
        return false;
    }
    struct partial *p = find_or_begin(d, f, now);
    if (!p)
        return false;
    if (!agrees_with(p, f)) {
        counter_one(COUNTER_FRAGMENTS_MALFORMED);
        return false;
    }
    if (!add_pieces(d, p, f)) {
        counter_one(p->pieces >= PIECES_MAX ? COUNTER_FRAGMENTS_TOO_MANY : COUNTER_FRAGMENTS_SHED);
        drop_partial(d, p);
        return false;
    }
    note_header(p, f);
    if (!p->total || p->have < p->total)
        return false;
    bool fits = put_together(d, p, whole);
    counter_one(fits ? COUNTER_FRAGMENTS_WHOLE : COUNTER_FRAGMENTS_MALFORMED);
    p->finished = now;
    give_pieces(d, p);
    return fits;
}
