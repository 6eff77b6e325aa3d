/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/defrag.h"

#include "base/counter.h"
#include "base/hash.h"
#include "base/pool.h"
#include "base/table.h"
#include "decode/checksum.h"

#include <stdlib.h>

#define TIMEOUT (30 * NS_PER_S)
/* How long a finished packet is remembered, so that the copies which a span port makes begin no new one.
 * Short, because the 16 bits of an IPv4 id are soon used again. */
#define REMEMBERED (100 * NS_PER_MS)

enum {
    HEADER_MAX = 128, /* bytes before the payload that are kept; of longer ones the IPv6 header alone */
    NEXT_HEADER = 6,
    IPV6_HEADER = 40,
    PACKET_MAX = 65535,
    PIECE_BYTES = 2036, /* a piece is 2 KiB with its links */
    PIECES_MAX = 1024,  /* of one packet: bounds the search for the place of the next one */
    WRONG_MOST = 16,    /* readings of one packet with a wrong checksum: each costs as much as the packet */
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
    struct piece *others;        /* bytes that contradict those, the newest first */
    struct partial *next_second; /* in defrag.second, if it `is_second` */
    uint32_t pieces;
    uint32_t have, total; /* payload bytes; total 0: the last fragment has not come */
    uint32_t total_other; /* as another last fragment has it; 0: there was none */
    uint32_t end;         /* of the furthest byte */
    uint16_t header_length, names;
    uint8_t protocol;
    uint8_t ttl;    /* the highest of a fragment at offset 0 */
    uint8_t wrong;  /* readings whose checksum was */
    bool contested; /* fragments contradicted each other */
    bool is_second;
    bool has_start; /* the header is that of the fragment at offset 0 */
    uint8_t header[HEADER_MAX];
};

struct defrag {
    struct pool partials, pieces;
    struct table table; /* struct partial */
    struct hash_key hash_key;
    bool contested;         /* the packet at hand */
    struct partial *second; /* of which the last bytes are a packet as well as the first, and are not given
                               yet, the newest first: they keep their pieces */
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
    struct piece **lists[] = {&p->first, &p->others};
    for (size_t i = 0; i < 2; i++)
        while (*lists[i]) {
            struct piece *piece = *lists[i];
            *lists[i] = piece->next;
            pool_give(&d->pieces, piece);
        }
    p->last = NULL;
    p->pieces = 0;
}

static void add_second(struct defrag *d, struct partial *p) {
    p->is_second = true;
    p->next_second = d->second;
    d->second = p;
}

static void forget_second(struct defrag *d, struct partial *p) {
    struct partial **at = &d->second;
    if (!p->is_second)
        return;
    while (*at != p)
        at = &(*at)->next_second;
    *at = p->next_second;
    p->is_second = false;
}

static void drop_partial(struct defrag *d, struct partial *p) {
    forget_second(d, p);
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

/* Has this fragment other bytes than those that are kept? */
static bool contradicts(const struct partial *p, const struct fragment *f) {
    uint32_t end = f->offset + (uint32_t)f->data.n;
    for (const struct piece *piece = p->first; piece && piece->offset < end; piece = piece->next) {
        uint32_t from = piece->offset > f->offset ? piece->offset : f->offset;
        uint32_t to = piece->offset + piece->length < end ? piece->offset + piece->length : end;
        if (from < to &&
            memcmp(piece->data + (from - piece->offset), f->data.p + (from - f->offset), to - from) != 0)
            return true;
    }
    return p->first && end > p->end;
}

static uint8_t ttl_of(const struct fragment *f) {
    return f->header.p[f->v6 ? 7 : 8];
}

/* NULL (counted): a copy of a packet that was just finished. One that comes further than that packet did is
 * none: what it was made of may never have reached its receiver. */
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
        bool is_recent = now - p->finished <= REMEMBERED && p->finished - now <= REMEMBERED;
        if (is_recent && contradicts(p, f)) { /* its checksum was wrong: this may be why */
            p->finished = 0;
            return p;
        }
        if (is_recent && ttl_of(f) <= p->ttl) {
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
    return (f->v6 || f->header.n <= HEADER_MAX) && before + f->offset + f->data.n <= PACKET_MAX &&
           (f->more ? f->data.n > 0 && f->data.n % 8 == 0 : f->offset + f->data.n > 0);
}

/* Where the packet ends. Of several ends each is tried. */
static void note_end(struct partial *p, const struct fragment *f) {
    uint32_t end = f->offset + (uint32_t)f->data.n;
    if (!f->more && !p->total)
        p->total = end;
    else if (!f->more && end != p->total)
        p->total_other = end;
    if (end > p->end)
        p->end = end;
    if (!p->total || (p->end <= p->total && (f->more || end == p->total)))
        return;
    p->contested = true;
    counter_one(COUNTER_FRAGMENTS_MALFORMED);
}

/* Bytes from the start on without a hole. */
static uint32_t count_gapless(const struct partial *p) {
    uint32_t at = 0;
    for (const struct piece *piece = p->first; piece && piece->offset <= at; piece = piece->next)
        at = piece->offset + piece->length;
    return at;
}

static void swap_ends(struct partial *p) {
    uint32_t other = p->total;
    p->total = p->total_other;
    p->total_other = other;
}

/* Is there a whole packet, by one end or the other? `total` is then the one. */
static bool is_whole(struct partial *p) {
    uint32_t there = p->contested ? count_gapless(p) : p->have;
    if (p->total && there >= p->total)
        return true;
    if (!p->total_other || there < p->total_other)
        return false;
    swap_ends(p);
    return true;
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

/* Bytes of a fragment that a piece has otherwise, for another reading; what there is no room for is
 * forgotten. */
static void note_contradiction(struct defrag *d, struct partial *p, const struct piece *here,
                               const struct fragment *f, uint32_t at, uint32_t end) {
    uint32_t here_end = here->offset + here->length, n = (here_end < end ? here_end : end) - at;
    const uint8_t *bytes = f->data.p + (at - f->offset);
    if (memcmp(here->data + (at - here->offset), bytes, n) == 0)
        return;
    p->contested = true;
    struct piece *piece = p->pieces < PIECES_MAX ? take_piece(d, p) : NULL;
    if (!piece)
        return;
    *piece = (struct piece){.next = p->others, .offset = (uint16_t)at, .length = (uint16_t)n};
    memcpy(piece->data, bytes, n);
    p->others = piece;
    p->pieces++;
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
            if (here_end > at) {
                overlaps = true;
                note_contradiction(d, p, here, f, at, end);
            }
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
    if ((f->offset == 0 && f->more && f->data.n < TINY) || (f->offset > 0 && f->offset < TINY))
        counter_one(COUNTER_FRAGMENTS_TINY);
    if (f->offset == 0 && ttl_of(f) > p->ttl)
        p->ttl = ttl_of(f);
    if (f->offset != 0 || p->has_start)
        return;
    p->has_start = true;
    p->protocol = f->protocol;
    bool is_long = f->header.n > HEADER_MAX; /* no extension header says anything of what follows it */
    p->names = is_long ? NEXT_HEADER : (uint16_t)f->names;
    p->header_length = is_long ? IPV6_HEADER : (uint16_t)f->header.n;
    memcpy(p->header, f->header.p, p->header_length);
}

static void put_u16(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void overlay_pieces(struct defrag *d, const struct partial *p, const struct piece *piece) {
    for (; piece; piece = piece->next)
        if (piece->offset < p->total) {
            uint32_t room = p->total - piece->offset;
            memcpy(d->packet + p->header_length + piece->offset, piece->data,
                   piece->length < room ? piece->length : room);
        }
}

/* The last bytes instead of the first. */
static void overlay_others(struct defrag *d, struct partial *p) {
    struct piece *last_first = NULL;
    while (p->others) { /* the newest goes last */
        struct piece *piece = p->others;
        p->others = piece->next;
        piece->next = last_first;
        last_first = piece;
    }
    overlay_pieces(d, p, last_first);
    while (last_first) {
        struct piece *piece = last_first;
        last_first = piece->next;
        piece->next = p->others;
        p->others = piece;
    }
}

static enum packet_sum sum_whole(const struct defrag *d, const struct partial *p) {
    return segment_sum(&p->key.source, &p->key.destination, p->protocol,
                       bytes_of(d->packet + p->header_length, p->total));
}

/* Which reading stands in the packet. False: its checksum is wrong, and it may still be put right. A sender
 * can make both right: whoever shuffles words does not change their sum. */
static bool choose_reading(struct defrag *d, struct partial *p) {
    enum packet_sum sum = sum_whole(d, p);
    forget_second(d, p);
    if (p->others) {
        overlay_others(d, p);
        enum packet_sum other = sum_whole(d, p);
        if (sum != SUM_BAD && other != SUM_BAD)
            add_second(d, p);
        if (sum != SUM_BAD || other == SUM_BAD)
            overlay_pieces(d, p, p->first);
        else
            sum = other;
    }
    d->contested = p->contested && (sum != SUM_GOOD || p->key.v6);
    return sum != SUM_BAD;
}

/* False when the header of the first fragment and the payload are too long together. */
static bool put_together(struct defrag *d, const struct partial *p, struct bytes *whole) {
    uint32_t length = p->header_length + p->total;
    if (length - (p->key.v6 ? IPV6_HEADER : 0) > PACKET_MAX)
        return false;
    memcpy(d->packet, p->header, p->header_length);
    d->packet[p->key.v6 ? 7 : 8] = p->ttl;
    if (p->key.v6) {
        d->packet[p->names] = p->protocol;
        put_u16(d->packet + 4, length - IPV6_HEADER);
    } else {
        put_u16(d->packet + 2, length);
        put_u16(d->packet + 6, 0);
    }
    overlay_pieces(d, p, p->first);
    *whole = bytes_of(d->packet, length);
    return true;
}

/* By the end that is tried now. False: its checksum is wrong, or it does not fit. */
static bool read_whole(struct defrag *d, struct partial *p, struct bytes *whole, bool *fits) {
    *fits = put_together(d, p, whole);
    return *fits && choose_reading(d, p);
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
    uint32_t had = p->have + p->pieces + p->total + p->total_other;
    note_end(p, f);
    if (!add_pieces(d, p, f)) {
        counter_one(p->pieces >= PIECES_MAX ? COUNTER_FRAGMENTS_TOO_MANY : COUNTER_FRAGMENTS_SHED);
        drop_partial(d, p);
        return false;
    }
    note_header(p, f);
    if (!is_whole(p) || had == p->have + p->pieces + p->total + p->total_other)
        return false; /* nothing new: it was told before */
    bool fits, right = read_whole(d, p, whole, &fits);
    if (!right && p->total_other && count_gapless(p) >= p->total_other) {
        swap_ends(p);
        right = read_whole(d, p, whole, &fits);
        if (!right) {
            swap_ends(p);
            read_whole(d, p, whole, &fits);
        }
    }
    if (!right && p->wrong++ == WRONG_MOST) {
        counter_one(COUNTER_FRAGMENTS_TOO_MANY);
        drop_partial(d, p);
        return false;
    }
    counter_one(fits ? COUNTER_FRAGMENTS_WHOLE : COUNTER_FRAGMENTS_MALFORMED);
    if (p->contested)
        counter_one(COUNTER_FRAGMENTS_CONTESTED);
    if (right || !p->contested)
        p->finished = now;
    if ((right || !fits) && !p->is_second)
        give_pieces(d, p);
    return fits;
}

bool defrag_other(struct defrag *d, struct bytes *whole) {
    struct partial *p = d->second;
    if (!p)
        return false;
    put_together(d, p, whole);
    overlay_others(d, p);
    forget_second(d, p);
    give_pieces(d, p);
    return true;
}

bool defrag_owns(const struct defrag *d, const uint8_t *at) {
    return at >= d->packet && at < d->packet + sizeof d->packet;
}

bool defrag_is_contested(const struct defrag *d) {
    return d->contested;
}
