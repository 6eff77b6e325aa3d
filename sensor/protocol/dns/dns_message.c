/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/dns/dns_message.h"

enum { HEADER = 12, LABEL_MAX = 63, POINTER = 0xc0, OPT = 41 };

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
    if (!take_name(r, first ? out->name : NULL, &out->name_n) || !reader_u16(r, &type) ||
        !reader_u16(r, &class))
        return false;
    if (first)
        out->type = type;
    return true;
}

static bool take_record(struct reader *r, struct dns_message *out) {
    uint16_t type, class, n;
    uint32_t age;
    if (!take_name(r, NULL, NULL) || !reader_u16(r, &type) || !reader_u16(r, &class) ||
        !reader_u32(r, &age) || !reader_u16(r, &n) || !reader_skip(r, n))
        return false;
    bool address = (type == DNS_A && n == 4) || (type == DNS_AAAA && n == 16);
    if (!address && type != OPT)
        out->answer_octets += n;
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
