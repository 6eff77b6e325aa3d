/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/dns/dns_message.h"

enum { LABEL_MAX = 63, POINTER = 0xc0, OPT = 41, PRIVATE_TYPES = 65280 };

/* Records whose data a server makes by itself: SIG, TSIG, NS, SOA and those of DNSSEC. */
static bool is_made(uint16_t type) {
    static const uint16_t list[] = {2, 6, 24, 43, 46, 47, 48, 50, 51, 250};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (list[i] == type)
            return true;
    return false;
}

/* Steps over a name where it stands (section 4.1.4): a pointer ends it. `text`: NULL, or DNS_NAME_MAX for it;
 * the name of a question is never a pointer, since nothing stands before it. */
static bool take_name(struct reader *r, char *text, size_t *text_n) {
    size_t total = 0;
    uint8_t n, low;
    const uint8_t *label;
    for (;;) {
        if (!reader_u8(r, &n))
            return false;
        total += n + 1u;
        if (n == 0)
            return true;
        if ((n & POINTER) == POINTER)
            return !text && reader_u8(r, &low);
        if (n > LABEL_MAX || total > DNS_NAME_MAX || !reader_take(r, n, &label))
            return false;
        if (!text)
            continue;
        if (*text_n)
            text[(*text_n)++] = '.';
        memcpy(text + *text_n, label, n);
        *text_n += n;
    }
}

static bool take_question(struct reader *r, struct dns_message *out, bool first) {
    uint16_t type, class;
    size_t before = reader_left(r);
    if (!take_name(r, first ? out->name : NULL, &out->name_n) || !reader_u16(r, &type) ||
        !reader_u16(r, &class))
        return false;
    if (first)
        out->type = type;
    else
        out->octets += (uint32_t)(before - reader_left(r));
    return true;
}

static bool is_zero(struct bytes b) {
    for (size_t i = 0; i < b.n; i++)
        if (b.p[i])
            return false;
    return true;
}

/* Options that resolvers send (RFC 5001, 6975, 7871, 7314, 7873, 7828, 7830, 8145, 8914), as long as they may
 * be. */
static bool is_usual_option(uint16_t code, struct bytes value) {
    enum {
        NSID = 3,
        DAU = 5,
        N3U = 7,
        SUBNET = 8,
        EXPIRE = 9,
        COOKIE = 10,
        KEEPALIVE = 11,
        PADDING = 12,
        TAG = 14,
        ERROR = 15
    };
    enum { SHORT = 64, SUBNET_MOST = 20, COOKIE_MOST = 40, KEEPALIVE_MOST = 2, EXPIRE_MOST = 4 };
    if (code == PADDING)
        return is_zero(value);
    return ((code == NSID || (code >= DAU && code <= N3U) || code == TAG || code == ERROR) &&
            value.n <= SHORT) ||
           (code == SUBNET && value.n <= SUBNET_MOST) || (code == COOKIE && value.n <= COOKIE_MOST) ||
           (code == KEEPALIVE && value.n <= KEEPALIVE_MOST) || (code == EXPIRE && value.n <= EXPIRE_MOST);
}

/* RFC 6891 section 6.1.2. What is cut is data as well. */
static uint32_t count_options(struct bytes data) {
    struct reader r = reader_of(data.p, data.n);
    uint16_t code, n;
    uint32_t octets = 0;
    const uint8_t *value;
    while (reader_left(&r) > 0) {
        if (!reader_u16(&r, &code) || !reader_u16(&r, &n) || !reader_take(&r, n, &value))
            return octets + (uint32_t)reader_left(&r);
        octets += is_usual_option(code, bytes_of(value, n)) ? 0 : n;
    }
    return octets;
}

static bool take_record(struct reader *r, struct dns_message *out) {
    uint16_t type, class, n;
    uint32_t age;
    const uint8_t *data;
    if (!take_name(r, NULL, NULL) || !reader_u16(r, &type) || !reader_u16(r, &class) ||
        !reader_u32(r, &age) || !reader_u16(r, &n) || !reader_take(r, n, &data))
        return false;
    bool usual = (type == DNS_A && n == 4) || (type == DNS_AAAA && n == 16) || is_made(type);
    if (type == OPT)
        out->octets += count_options(bytes_of(data, n));
    else if (!usual)
        out->octets += n;
    if (type == DNS_TXT || type == DNS_NULL || type >= PRIVATE_TYPES)
        out->text += n;
    return true;
}

bool dns_message_read(struct bytes message, struct dns_message *out) {
    enum { RESPONSE = 0x80, OPCODE = 0x78, OPCODE_MAX = 6 << 3, RESERVED = 0x40 };
    struct reader r = reader_of(message.p, message.n);
    uint16_t flags, questions, records = 0, count;
    *out = (struct dns_message){0};
    if (!reader_u16(&r, &out->id) || !reader_u16(&r, &flags) || !reader_u16(&r, &questions))
        return false;
    out->response = flags >> 8 & RESPONSE;
    for (unsigned i = 0; i < 3; i++) {
        if (!reader_u16(&r, &count) || count > DNS_RECORDS_MAX)
            return false;
        records = (uint16_t)(records + count);
    }
    if ((flags >> 8 & OPCODE) > OPCODE_MAX || (flags & RESERVED) || questions > 32 ||
        records > DNS_RECORDS_MAX || (questions == 0 && records == 0 && !out->response))
        return false;
    for (unsigned i = 0; i < questions; i++)
        if (!take_question(&r, out, i == 0))
            return false;
    for (unsigned i = 0; i < records; i++)
        if (!take_record(&r, out))
            return false;
    return reader_left(&r) == 0;
}
