/* SPDX-License-Identifier: Apache-2.0 */
#include "content/content.h"
#include "content/seal/format.h"

/* Data that nothing tells from chance: a volume or a file whose encryption leaves no mark (VeraCrypt,
 * SQLCipher, a bare cipher). What is compressed differs from it, in the counts of its octets or in what
 * stands behind what; three sums of squares of such counts (Pearson's chi-squared) are asked at sizes that
 * double, and each must be as for chance. LZMA's and PPMd's output does not differ: their files are known by
 * their heads. */

enum {
    CHECK_FIRST = 4 << 10,
    TOLD_AT = 1 << 20,      /* octets that are enough, */
    TOLD_LEAST = 256 << 10, /* and that a whole file must have at least */
    OCTETS = 256,
    PAIRS = 4096, /* of six bits before and six behind the border of two octets */
};

struct entropy {
    uint32_t check; /* octets at which the sums are asked next */
    uint8_t last;   /* octet */
    uint32_t octet[OCTETS];
    uint32_t middle[OCTETS]; /* four bits before and four behind a border */
    uint16_t pair[PAIRS];
};
_Static_assert(sizeof(struct entropy) <= SEAL_STATE, "it must fit");
_Static_assert(TOLD_AT / PAIRS < UINT16_MAX / 16, "a count must fit");

/* The first octets are letters or digits, the letters all large or all small. */
static bool has_word(struct bytes b) {
    enum { WORD = 4 };
    bool large = true, small = true;
    for (size_t i = 0; i < WORD; i++) {
        bool digit = b.p[i] >= '0' && b.p[i] <= '9';
        large &= digit || (b.p[i] >= 'A' && b.p[i] <= 'Z');
        small &= digit || (b.p[i] >= 'a' && b.p[i] <= 'z');
    }
    return large || small;
}

/* A head: a word in front, or soon fields with leading zeros or the like. Chance has a word in one of 1,280
 * files, a run of three so early in one of 1,060. */
static bool has_head(struct bytes b) {
    enum { SOON = 64 };
    for (size_t i = 2; i < SOON; i++)
        if (b.p[i] == b.p[i - 1] && b.p[i] == b.p[i - 2])
            return true;
    return has_word(b);
}

/* Of so many octets chance has some 221 different ones; 185 are fewer than it has in a billion files. */
static bool is_varied(struct bytes b) {
    enum { LEAST = 185 };
    bool seen[OCTETS] = {false};
    unsigned different = 0;
    for (size_t i = 0; i < b.n; i++) {
        different += !seen[b.p[i]];
        seen[b.p[i]] = true;
    }
    return different >= LEAST;
}

static bool begins_entropy(struct bytes first) {
    return first.n == TYPE_BYTES && !has_head(first) && is_varied(first) &&
           strcmp(type_of_bytes(first)->mime, "application/octet-stream") == 0;
}

static void begin_entropy(struct seal *s, struct bytes first) {
    ((struct entropy *)(void *)s->state)->check = CHECK_FIRST;
}

/* Pearson's sum less its mean, in units of its deviation, is below the bound: chance is above it in some one
 * of ten thousand files. `squares`: sum of the squared counts of `kinds`, which are `total`. */
static bool is_chance(uint64_t squares, uint64_t total, unsigned kinds) {
    const double bound = 4.0;
    double freedom = kinds - 1, sum = (double)squares * kinds / (double)total - (double)total,
           above = sum - freedom;
    return above < 0 || above * above < bound * bound * 2 * freedom;
}

static bool looks_like_chance(const struct entropy *e, uint64_t total) {
    uint64_t octets = 0, middles = 0, pairs = 0;
    for (size_t i = 0; i < OCTETS; i++) {
        octets += (uint64_t)e->octet[i] * e->octet[i];
        middles += (uint64_t)e->middle[i] * e->middle[i];
    }
    for (size_t i = 0; i < PAIRS; i++)
        pairs += (uint32_t)e->pair[i] * e->pair[i];
    return is_chance(octets, total, OCTETS) && is_chance(middles, total, OCTETS) &&
           is_chance(pairs, total, PAIRS);
}

static void count_octets(struct entropy *e, const uint8_t *p, size_t n) {
    uint8_t last = e->last;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = p[i];
        e->octet[c]++;
        e->middle[(last & 15) << 4 | c >> 4]++;
        e->pair[(last & 63) << 6 | c >> 2]++;
        last = c;
    }
    e->last = last;
}

static bool entropy_data(struct seal *s, struct bytes in) {
    struct entropy *e = (struct entropy *)(void *)s->state;
    uint64_t at = s->at;
    while (in.n > 0) {
        size_t n = in.n < e->check - at ? in.n : (size_t)(e->check - at);
        count_octets(e, in.p, n);
        in = bytes_of(in.p + n, in.n - n);
        at += n;
        if (at < e->check)
            break;
        if (!looks_like_chance(e, at))
            return false;
        if (at == TOLD_AT) {
            s->word = "entropy";
            return false;
        }
        e->check *= 2;
    }
    return true;
}

static void end_entropy(struct seal *s, bool whole) {
    const struct entropy *e = (const struct entropy *)(const void *)s->state;
    if (s->at >= TOLD_LEAST && looks_like_chance(e, s->at))
        s->word = "entropy";
}

const struct seal_format seal_entropy = {.state = sizeof(struct entropy),
                                         .begins = begins_entropy,
                                         .begin = begin_entropy,
                                         .data = entropy_data,
                                         .end = end_entropy};
