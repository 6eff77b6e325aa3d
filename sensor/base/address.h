/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_ADDRESS_H
#define GANTRY_BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* An IPv4 or IPv6 address. IPv4 is kept IPv4-mapped (::ffff:a.b.c.d, RFC 4291 section 2.5.5.2), so that
 * both compare and hash alike. Bytes are in network order. */
struct address {
    uint8_t bytes[16];
};

/* Addresses whose first `length` bits equal those of `base`. For IPv4 the length counts from the mapped
 * form: 10.0.0.0/8 has length 104. Bits behind the length are zero. */
struct prefix {
    struct address base;
    uint8_t length; /* 0..PREFIX_BITS_MAX */
};
enum { MAPPED_BITS = 96, PREFIX_BITS_MAX = 128 }; /* before those of IPv4; all */

#define ADDRESS_TEXT_MAX 46 /* INET6_ADDRSTRLEN */

static inline bool address_is_v4(const struct address *a) {
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return memcmp(a->bytes, mapped, sizeof mapped) == 0;
}

static inline bool address_equal(const struct address *a, const struct address *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

/* From four or sixteen bytes in network order. Twice a packet: made in registers, as whole words of a
 * little-endian machine. */
static inline struct address address_from_v4(const uint8_t bytes[4]) {
    struct address a;
    uint32_t v4;
    memcpy(&v4, bytes, sizeof v4);
    const uint64_t words[2] = {0, (uint64_t)v4 << 32 | 0xffff0000};
    memcpy(a.bytes, words, sizeof words);
    return a;
}

static inline struct address address_from_v6(const uint8_t bytes[16]) {
    struct address a;
    memcpy(a.bytes, bytes, sizeof a.bytes);
    return a;
}

/* The IPv4 address that a translator makes of this one: of the prefixes that are everybody's for that (RFC
 * 6052, section 2.1, and RFC 8215 with its last 32 bits); false: none. */
bool address_translated(const struct address *a, struct address *out);

/* "192.0.2.1" or "2001:db8::1"; false if the text is neither. */
bool address_parse(const char *text, struct address *out);

/* Writes at most ADDRESS_TEXT_MAX bytes with the terminating NUL; returns `out`. */
const char *address_format(const struct address *a, char out[ADDRESS_TEXT_MAX]);

/* "10.0.0.0/8", "2001:db8::/32" or a bare address (a host). False, with a reason that a person can act on in
 * *why (static text), if it is not a prefix or has bits set behind its length. */
bool prefix_parse(const char *text, struct prefix *out, const char **why);

/* "10.0.0.0/8"; at most ADDRESS_TEXT_MAX + 4 bytes. */
const char *prefix_format(const struct prefix *p, char out[ADDRESS_TEXT_MAX + 4]);

bool prefix_contains(const struct prefix *p, const struct address *a);
/* The one of `length` bits, counted as in struct prefix, that holds the address. */
struct prefix prefix_of(const struct address *a, unsigned length);

#endif
