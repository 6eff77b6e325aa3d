/* SPDX-License-Identifier: Apache-2.0 */
#include "base/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

bool address_translated(const struct address *a, struct address *out) {
    static const uint8_t known[12] = {0, 0x64, 0xff, 0x9b}, local[6] = {0, 0x64, 0xff, 0x9b, 0, 1};
    if (memcmp(a->bytes, known, sizeof known) != 0 && memcmp(a->bytes, local, sizeof local) != 0)
        return false;
    *out = address_from_v4(a->bytes + 12);
    return true;
}

bool address_parse(const char *text, struct address *out) {
    uint8_t raw[16];
    if (inet_pton(AF_INET, text, raw) == 1) {
        *out = address_from_v4(raw);
        return true;
    }
    if (inet_pton(AF_INET6, text, raw) == 1) {
        *out = address_from_v6(raw);
        return true;
    }
    return false;
}

/* Each record has several. */
static void format_v4(const uint8_t bytes[4], char *out) {
    for (unsigned i = 0; i < 4; i++) {
        unsigned n = bytes[i];
        if (n >= 100)
            *out++ = (char)('0' + n / 100);
        if (n >= 10)
            *out++ = (char)('0' + n / 10 % 10);
        *out++ = (char)('0' + n % 10);
        *out++ = i < 3 ? '.' : '\0';
    }
}

const char *address_format(const struct address *a, char out[ADDRESS_TEXT_MAX]) {
    if (address_is_v4(a))
        format_v4(a->bytes + 12, out);
    else
        inet_ntop(AF_INET6, a->bytes, out, ADDRESS_TEXT_MAX);
    return out;
}

static bool host_bits_clear(const struct prefix *p) {
    for (unsigned bit = p->length; bit < 128; bit++)
        if (p->base.bytes[bit / 8] & (0x80 >> (bit % 8)))
            return false;
    return true;
}

static bool length_parse(const char *digits, unsigned most, unsigned *out) {
    char *end;
    if (*digits < '0' || *digits > '9')
        return false;
    unsigned long value = strtoul(digits, &end, 10);
    *out = (unsigned)value;
    return *end == '\0' && value <= most;
}

bool prefix_parse(const char *text, struct prefix *out, const char **why) {
    char host[ADDRESS_TEXT_MAX];
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : strlen(text);
    *why = "not an IPv4 or IPv6 prefix; write it like 198.51.100.0/24 or 2001:db8::/32";
    if (n == 0 || n >= sizeof host)
        return false;
    memcpy(host, text, n);
    host[n] = '\0';
    if (!address_parse(host, &out->base))
        return false;
    bool v4 = address_is_v4(&out->base);
    unsigned most = v4 ? 32 : 128, length = most;
    if (slash && !length_parse(slash + 1, most, &length)) {
        *why = v4 ? "the prefix length must be 0 to 32" : "the prefix length must be 0 to 128";
        return false;
    }
    out->length = (uint8_t)(v4 ? length + 96 : length);
    if (!host_bits_clear(out)) {
        *why = "bits are set behind the prefix length; clear them, or lengthen the prefix";
        return false;
    }
    return true;
}

const char *prefix_format(const struct prefix *p, char out[ADDRESS_TEXT_MAX + 4]) {
    address_format(&p->base, out);
    unsigned length = address_is_v4(&p->base) && p->length >= 96 ? p->length - 96u : p->length;
    size_t n = strlen(out);
    snprintf(out + n, ADDRESS_TEXT_MAX + 4 - n, "/%u", length);
    return out;
}

bool prefix_contains(const struct prefix *p, const struct address *a) {
    unsigned whole = p->length / 8, rest = p->length % 8;
    if (memcmp(p->base.bytes, a->bytes, whole) != 0)
        return false;
    if (rest == 0)
        return true;
    uint8_t mask = (uint8_t)(0xff00 >> rest);
    return ((p->base.bytes[whole] ^ a->bytes[whole]) & mask) == 0;
}

struct prefix prefix_of(const struct address *a, unsigned length) {
    struct prefix p = {.base = *a, .length = (uint8_t)length};
    unsigned whole = length / 8;
    if (whole == sizeof p.base.bytes)
        return p;
    p.base.bytes[whole] &= (uint8_t)(0xff00 >> length % 8);
    memset(p.base.bytes + whole + 1, 0, sizeof p.base.bytes - whole - 1);
    return p;
}
