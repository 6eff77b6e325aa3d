/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mqtt/mqtt_session.h"

enum { CONTINUES = 0x80, STRING_LEAD = 2, PROPERTIES_LEAD = 4 };

void mqtt_field_begin(struct mqtt_field *f, enum mqtt_field_kind kind, uint32_t n) {
    f->kind = kind;
    f->begun = kind == MQTT_OCTETS;
    f->shown = f->torn = false;
    f->lead = f->lead_n = 0;
    f->left = n;
    f->kept_n = 0;
}

size_t mqtt_field_take_length(struct mqtt_field *f, const uint8_t *p, size_t n) {
    size_t i = 0;
    while (i < n && !f->begun) {
        uint8_t octet = p[i++];
        if (f->kind == MQTT_STRING) {
            f->lead = f->lead << 8 | octet;
            f->begun = ++f->lead_n == STRING_LEAD;
        } else {
            f->lead |= (uint32_t)(octet & ~CONTINUES & 0xff) << 7 * f->lead_n;
            f->begun = ++f->lead_n == PROPERTIES_LEAD || !(octet & CONTINUES);
        }
    }
    f->left = f->lead;
    return i;
}

void mqtt_field_keep(struct mqtt_field *f, const uint8_t *p, size_t n) {
    size_t room = (size_t)(MQTT_KEPT_MAX - f->kept_n);
    n = n < room ? n : room;
    memcpy(f->kept + f->kept_n, p, n);
    f->kept_n = (uint16_t)(f->kept_n + n);
}

struct bytes mqtt_field_kept(const struct mqtt_field *f) {
    return bytes_of(f->kept, f->torn ? 0 : f->kept_n);
}

/* --- properties (MQTT 5.0 section 2.2.2.2) --- */

static bool read_string(struct reader *r, struct bytes *out) {
    uint16_t n;
    if (!reader_u16(r, &n) || !reader_take(r, n, &out->p))
        return false;
    out->n = n;
    return true;
}

static bool read_number(struct reader *r, uint32_t *out) {
    uint8_t octet = CONTINUES;
    *out = 0;
    for (unsigned i = 0; i < PROPERTIES_LEAD && (octet & CONTINUES); i++) {
        if (!reader_u8(r, &octet))
            return false;
        *out |= (uint32_t)(octet & ~CONTINUES & 0xff) << 7 * i;
    }
    return !(octet & CONTINUES);
}

static bool read_property(struct reader *r, struct mqtt_properties *out) {
    struct bytes text;
    uint32_t number;
    uint8_t id;
    if (!reader_u8(r, &id))
        return false;
    switch (id) {
    case 0x01: /* payload format indicator */
        return reader_skip(r, 1);
    case 0x02: /* message expiry interval */
        return reader_skip(r, 4);
    case 0x03: /* content type */
        return read_string(r, &out->type);
    case 0x08: /* response topic */
    case 0x09: /* correlation data */
        return read_string(r, &text);
    case 0x0b: /* subscription identifier */
        return read_number(r, &number);
    case 0x23:
        return reader_u16(r, &out->alias);
    case 0x26: /* user property */
        return read_string(r, &text) && read_string(r, &text);
    default:
        return false;
    }
}

bool mqtt_read_properties(struct bytes in, struct mqtt_properties *out) {
    struct reader r = reader_of(in.p, in.n);
    *out = (struct mqtt_properties){0};
    while (reader_left(&r) > 0)
        if (!read_property(&r, out))
            return false;
    return true;
}

bool mqtt_read_whole_properties(struct bytes in, struct mqtt_properties *out, size_t *n) {
    struct reader r = reader_of(in.p, in.n);
    struct bytes all = {0};
    uint32_t length;
    if (!read_number(&r, &length) || !reader_take(&r, length, &all.p))
        return false;
    all.n = length;
    *n = in.n - reader_left(&r);
    return mqtt_read_properties(all, out);
}
