/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_DIGEST_H
#define GANTRY_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SHA-256 (FIPS 180-4) of many streams of bytes that come in turn. A stream's blocks depend on each other,
 * those of different streams do not: where the processor has instructions for SHA-256, bytes wait, 64 KB of a
 * stream and eight streams at most, so that blocks of up to three streams are worked off together, for little
 * more than one costs. Other processors leave it to OpenSSL, and so does who sets OPENSSL_ia32cap. */
struct digests;

enum { DIGEST_BYTES = 32, DIGEST_BLOCK = 64 };

/* One stream; the caller's, and not moved between digest_begin() and its end. */
struct digest {
    struct digests *of;
    void *plain;       /* OpenSSL's, where the processor lacks the instructions */
    struct wait *wait; /* bytes that wait; NULL: fewer than a block do, in `rest` */
    uint64_t size;     /* bytes so far */
    uint32_t state[8];
    uint8_t rest[DIGEST_BLOCK];
};

/* `spares` of OpenSSL's contexts are kept at most. NULL when memory is short or there is no SHA-256. */
struct digests *digests_create(size_t spares);
/* `plain`: as if the processor had no instructions for it. */
struct digests *digests_create_plain(size_t spares);
/* Accepts NULL. */
void digests_destroy(struct digests *d);

/* False when memory is short. Takes none where the processor has the instructions. */
bool digest_begin(struct digests *d, struct digest *g);
void digest_add(struct digest *g, const uint8_t *bytes, size_t n);
/* Either ends what was begun. */
bool digest_end(struct digest *g, uint8_t out[DIGEST_BYTES]);
void digest_drop(struct digest *g);

#endif
