/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/dns/dns_answer.h"

enum { CNAME = 5, IN = 1, POINTER = 0xc0, POINTED_MAX = 0x4000, HOPS_MAX = 16 };

/* A name in lower case, as it lies on the wire but without pointers. */
struct wire_name {
    uint8_t text[DNS_NAME_MAX];
    size_t n;
};

/* Follows pointers (RFC 1035 section 4.1.4), each of which leads further back, and stands behind the name
 * where it was met. */
static bool take_name(struct bytes message, struct reader *r, struct wire_name *out) {
    struct reader at = *r;
    bool left = false;
    uint8_t n, low;
    const uint8_t *label;
    out->n = 0;
    for (unsigned hops = 0;;) {
        const uint8_t *begin = at.at;
        if (!reader_u8(&at, &n))
            return false;
        if ((n & POINTER) == POINTER) {
            if (!reader_u8(&at, &low))
                return false;
            if (!left)
                *r = at;
            left = true;
            size_t to = (size_t)(n & ~POINTER) << 8 | low;
            if (to >= (size_t)(begin - message.p) || ++hops > HOPS_MAX)
                return false;
            at.at = message.p + to;
            continue;
        }
        if ((n & POINTER) || out->n + n + 1u > sizeof out->text || !reader_take(&at, n, &label))
            return false;
        out->text[out->n++] = n;
        for (uint8_t i = 0; i < n; i++)
            out->text[out->n++] = (uint8_t)letter_lower((char)label[i]);
        if (n == 0)
            break;
    }
    if (!left)
        *r = at;
    return true;
}

static bool is_same(const struct wire_name *a, const struct wire_name *b) {
    return bytes_equal(bytes_of(a->text, a->n), bytes_of(b->text, b->n));
}

/* Where the chain stands, and how long what it says holds. */
struct chain {
    size_t at; /* in the message */
    struct wire_name name;
    uint32_t life;
};

/* Nearly all owners are a pointer to where the name stands. */
static bool take_owner(struct bytes message, struct reader *r, const struct chain *chain, bool *same) {
    const uint8_t pointer[2] = {(uint8_t)(POINTER | chain->at >> 8), (uint8_t)chain->at};
    struct wire_name owner;
    *same = chain->at < POINTED_MAX && reader_left(r) >= sizeof pointer &&
            memcmp(r->at, pointer, sizeof pointer) == 0;
    if (*same)
        return reader_skip(r, sizeof pointer);
    if (!take_name(message, r, &owner))
        return false;
    *same = is_same(&owner, &chain->name);
    return true;
}

static void take_address(struct dns_answer *out, struct address address, uint32_t life) {
    if (out->count < DNS_ADDRESSES_MAX)
        out->address[out->count++] = (struct name_address){.address = address, .life = life};
}

static bool take_record(struct bytes message, struct reader *r, struct chain *chain, struct dns_answer *out) {
    uint16_t type, class, n;
    uint32_t life;
    const uint8_t *data;
    bool same;
    if (!take_owner(message, r, chain, &same) || !reader_u16(r, &type) || !reader_u16(r, &class) ||
        !reader_u32(r, &life) || !reader_u16(r, &n) || !reader_take(r, n, &data))
        return false;
    if (class != IN || !same)
        return true;
    if (life > chain->life)
        life = chain->life;
    if (type == DNS_A && n == 4)
        take_address(out, address_from_v4(data), life);
    else if (type == DNS_AAAA && n == 16)
        take_address(out, address_from_v6(data), life);
    else if (type == CNAME) {
        struct reader target = reader_of(data, n);
        chain->life = life;
        chain->at = (size_t)(data - message.p);
        return take_name(message, &target, &chain->name);
    }
    return true;
}

void dns_answer_read(struct bytes message, struct dns_answer *out) {
    enum { RESPONSE = 0x8000, OPCODE = 0x7800, CODE = 0xf, SECTIONS = 2 * 2, HEADER = 12 };
    struct reader r = reader_of(message.p, message.n);
    struct chain chain = {.at = HEADER, .life = UINT32_MAX};
    uint16_t id, flags, questions, records, type, class;
    out->count = 0;
    if (!reader_u16(&r, &id) || !reader_u16(&r, &flags) || !reader_u16(&r, &questions) ||
        !reader_u16(&r, &records) || !reader_skip(&r, SECTIONS))
        return;
    if (!(flags & RESPONSE) || (flags & (OPCODE | CODE)) || questions != 1 ||
        !take_name(message, &r, &chain.name) || !reader_u16(&r, &type) || !reader_u16(&r, &class))
        return;
    if (records > DNS_LOOKED_AT)
        records = DNS_LOOKED_AT;
    while (records-- > 0 && take_record(message, &r, &chain, out)) {
    }
}
