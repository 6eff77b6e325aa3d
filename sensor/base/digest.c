/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include "base/sha256_lanes.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { WAITS = 8, WAIT_BYTES = 1 << 16 };

/* What waits begins with a block's first byte. */
struct wait {
    struct digest *of; /* NULL: of none */
    size_t from, to;   /* in `bytes` */
    uint8_t bytes[WAIT_BYTES];
};

struct digests {
    EVP_MD *sha256; /* fetched once: a sandbox may stand before the first stream. NULL: by lanes */
    EVP_MD_CTX **spare;
    size_t spares, spares_max;
    const struct digest *last; /* that was added to */
    size_t run;                /* bytes added to it since another was */
    struct wait wait[WAITS];
};

/* FIPS 180-4, 5.3.3. */
static const uint32_t first_state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/* --- Waiting --- */

static size_t count_blocks(const struct wait *w) {
    return (w->to - w->from) / DIGEST_BLOCK;
}

static void note_worked_off(struct wait *w, size_t blocks) {
    w->from += blocks * DIGEST_BLOCK;
    if (w->from == w->to)
        w->from = w->to = 0;
}

/* The one with most blocks but for these two; NULL: none has any. */
static struct wait *find_fullest(struct digests *d, const struct wait *not_this,
                                 const struct wait *nor_this) {
    struct wait *fullest = NULL;
    size_t most = 0;
    for (struct wait *w = d->wait; w < d->wait + WAITS; w++)
        if (w != not_this && w != nor_this && count_blocks(w) > most) {
            most = count_blocks(w);
            fullest = w;
        }
    return fullest;
}

/* `first` is worked off, and what waits in the fullest others goes along. `own` waits for the same stream. */
static void work_off(struct digests *d, struct sha256_lane first, const struct wait *own) {
    struct sha256_lane lane[SHA256_LANES] = {first};
    struct wait *along[SHA256_LANES] = {NULL};
    size_t blocks[SHA256_LANES];
    unsigned n = 1;
    _Static_assert(SHA256_LANES == 3, "the second that goes along is told from one other");
    while (n < SHA256_LANES && (along[n] = find_fullest(d, own, along[n - 1])) != NULL) {
        blocks[n] = count_blocks(along[n]);
        lane[n] = (struct sha256_lane){along[n]->of->state, along[n]->bytes + along[n]->from, blocks[n]};
        n++;
    }
    sha256_lanes(lane, n);
    for (unsigned i = 1; i < n; i++)
        note_worked_off(along[i], blocks[i] - lane[i].blocks);
}

static void work_off_wait(struct digests *d, struct wait *w) {
    size_t blocks = count_blocks(w);
    work_off(d, (struct sha256_lane){w->of->state, w->bytes + w->from, blocks}, w);
    note_worked_off(w, blocks);
}

/* Less than a block waits in it. */
static void leave_wait(struct wait *w) {
    memcpy(w->of->rest, w->bytes + w->from, w->to - w->from);
    w->of->wait = NULL;
    w->of = NULL;
    w->from = w->to = 0;
}

/* One that is free, or that has the least to lose by becoming so. */
static struct wait *take_wait(struct digests *d, struct digest *g) {
    struct wait *found = NULL;
    for (struct wait *w = d->wait; w < d->wait + WAITS && (!found || found->of); w++)
        if (!w->of || count_blocks(w) == 0)
            found = w;
    if (!found) {
        found = find_fullest(d, NULL, NULL);
        work_off_wait(d, found);
    }
    if (found->of)
        leave_wait(found);
    found->of = g;
    found->to = g->size % DIGEST_BLOCK;
    memcpy(found->bytes, g->rest, found->to);
    return g->wait = found;
}

/* --- Streams --- */

/* Whole blocks in a large piece need not wait. */
static size_t work_off_piece(struct digest *g, const uint8_t *bytes, size_t n) {
    size_t blocks = n / DIGEST_BLOCK;
    work_off(g->of, (struct sha256_lane){g->state, bytes, blocks}, g->wait);
    return blocks * DIGEST_BLOCK;
}

/* Up to `edge`, a number of bytes that is no longer waited for. */
static size_t keep_piece(struct wait *w, const uint8_t *bytes, size_t n, size_t edge) {
    size_t left = edge - w->to % edge, take = n < left ? n : left;
    memcpy(w->bytes + w->to, bytes, take);
    w->to += take;
    return take;
}

/* A stream that comes by itself for long has none to wait for. */
static bool comes_alone(struct digests *d, const struct digest *g, size_t n) {
    d->run = d->last == g ? d->run + n : n;
    d->last = g;
    return d->run > WAIT_BYTES;
}

static void add_to_lanes(struct digest *g, const uint8_t *bytes, size_t n) {
    struct wait *w = g->wait;
    size_t held = g->size % DIGEST_BLOCK, enough = comes_alone(g->of, g, n) ? DIGEST_BLOCK : WAIT_BYTES;
    if (!w && held + n < DIGEST_BLOCK) {
        memcpy(g->rest + held, bytes, n);
        return;
    }
    if (!w)
        w = take_wait(g->of, g);
    while (n > 0) {
        if (w->to >= enough && w->to % enough == 0)
            work_off_wait(g->of, w);
        size_t done =
            w->to == 0 && n >= enough ? work_off_piece(g, bytes, n) : keep_piece(w, bytes, n, enough);
        bytes += done;
        n -= done;
    }
}

void digest_add(struct digest *g, const uint8_t *bytes, size_t n) {
    if (g->plain)
        EVP_DigestUpdate(g->plain, bytes, n);
    else if (n > 0)
        add_to_lanes(g, bytes, n);
    g->size += n;
}

/* FIPS 180-4, 5.1.1. */
static void add_padding(struct digest *g) {
    enum { LENGTH_BYTES = 8 };
    uint8_t padding[2 * DIGEST_BLOCK] = {0x80};
    uint64_t bits = g->size * 8;
    size_t held = g->size % DIGEST_BLOCK,
           n = (held < DIGEST_BLOCK - LENGTH_BYTES ? DIGEST_BLOCK : 2 * DIGEST_BLOCK) - held;
    for (unsigned i = 1; i <= LENGTH_BYTES; i++, bits >>= 8)
        padding[n - i] = (uint8_t)bits;
    digest_add(g, padding, n);
}

static void give_state(const struct digest *g, uint8_t out[DIGEST_BYTES]) {
    for (unsigned i = 0; i < DIGEST_BYTES; i++)
        out[i] = (uint8_t)(g->state[i / 4] >> (24 - 8 * (i % 4)));
}

bool digest_end(struct digest *g, uint8_t out[DIGEST_BYTES]) {
    bool good = true;
    if (g->plain) {
        good = EVP_DigestFinal_ex(g->plain, out, NULL) == 1;
    } else {
        add_padding(g);
        if (count_blocks(g->wait) > 0)
            work_off_wait(g->of, g->wait);
        give_state(g, out);
    }
    digest_drop(g);
    return good;
}

void digest_drop(struct digest *g) {
    struct digests *d = g->of;
    if (g->plain && d->spares < d->spares_max)
        d->spare[d->spares++] = g->plain;
    else
        EVP_MD_CTX_free(g->plain);
    if (g->wait)
        g->wait->of = NULL, g->wait->from = g->wait->to = 0;
    g->plain = g->wait = NULL;
}

static bool begin_plain(struct digests *d, struct digest *g) {
    g->plain = d->spares ? d->spare[--d->spares] : EVP_MD_CTX_new();
    if (g->plain && EVP_DigestInit_ex(g->plain, d->sha256, NULL) == 1)
        return true;
    EVP_MD_CTX_free(g->plain);
    g->plain = NULL;
    return false;
}

bool digest_begin(struct digests *d, struct digest *g) {
    g->of = d;
    g->plain = g->wait = NULL;
    g->size = 0;
    memcpy(g->state, first_state, sizeof first_state);
    return !d->sha256 || begin_plain(d, g);
}

/* --- Life --- */

struct digests *digests_create_plain(size_t spares) {
    struct digests *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    d->spare = calloc(spares + 1, sizeof *d->spare);
    d->spares_max = spares;
    if (d->sha256 && d->spare)
        return d;
    digests_destroy(d);
    return NULL;
}

/* Who says which instructions OpenSSL may use (OPENSSL_ia32cap(3)) leaves all to it. */
static bool is_left_to_openssl(void) {
    return getenv("OPENSSL_ia32cap") != NULL;
}

struct digests *digests_create(size_t spares) {
    return sha256_lanes_work() && !is_left_to_openssl() ? calloc(1, sizeof(struct digests))
                                                        : digests_create_plain(spares);
}

void digests_destroy(struct digests *d) {
    if (!d)
        return;
    for (size_t i = 0; i < d->spares; i++)
        EVP_MD_CTX_free(d->spare[i]);
    free(d->spare);
    EVP_MD_free(d->sha256);
    free(d);
}
