/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tls/certificate.h"

#include "base/address.h"
#include "base/utf8.h"

#include <stdio.h>

/* Tags of DER (X.690 section 8.1.2). */
enum der {
    DER_OID = 0x06,
    DER_UTF8 = 0x0c,
    DER_T61 = 0x14,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_UNIVERSAL = 0x1c,
    DER_BMP = 0x1e,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_VERSION = 0xa0,    /* [0] of TBSCertificate */
    DER_EXTENSIONS = 0xa3, /* [3] */
    DER_EMAIL = 0x81,      /* [1] of GeneralName */
    DER_DNS_NAME = 0x82,   /* [2] */
    DER_URI = 0x86,        /* [6] */
    DER_IP_ADDRESS = 0x87, /* [7] */
};

static bool take_value(struct reader *r, uint8_t *tag, struct bytes *value) {
    struct reader whole = *r;
    uint8_t first, octet;
    if (!reader_u8(&whole, tag) || !reader_u8(&whole, &first))
        return false;
    size_t n = first;
    if (first & 0x80) {
        unsigned width = first & 0x7f;
        if (width == 0 || width > 4)
            return false;
        n = 0;
        for (unsigned i = 0; i < width; i++) {
            if (!reader_u8(&whole, &octet))
                return false;
            n = n << 8 | octet;
        }
    }
    if (reader_left(&whole) < n)
        return false;
    *value = bytes_of(whole.at, n);
    reader_skip(&whole, n);
    *r = whole;
    return true;
}

static bool take_tagged(struct reader *r, uint8_t wanted, struct bytes *value) {
    uint8_t tag;
    return take_value(r, &tag, value) && tag == wanted;
}

static void add_text(struct certificate_text *t, size_t limit, struct bytes more) {
    size_t n = t->n < limit ? utf8_fit(more, limit - t->n) : 0;
    if (n)
        memcpy(t->at + t->n, more.p, n);
    t->n += n;
}

/* False: there is no room for it. */
static bool add_character(struct certificate_text *t, size_t limit, uint32_t c) {
    char out[4];
    bool valid = c != 0 && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
    size_t n = utf8_put(valid ? c : UTF8_REPLACEMENT, out);
    if (t->n > limit || n > limit - t->n)
        return false;
    memcpy(t->at + t->n, out, n);
    t->n += n;
    return true;
}

static bool take_character(struct bytes *string, uint8_t tag, uint32_t *c) {
    size_t n = tag == DER_UNIVERSAL ? 4 : tag == DER_BMP ? 2 : 1;
    if (string->n < n)
        return false;
    *c = 0;
    if (tag == DER_UTF8)
        n = utf8_next(*string, c);
    else
        for (size_t i = 0; i < n; i++)
            *c = *c << 8 | string->p[i];
    *string = bytes_of(string->p + n, string->n - n);
    return true;
}

/* The directory strings of RFC 5280 section 4.1.2.4. */
static void add_string(struct certificate_text *t, size_t limit, uint8_t tag, struct bytes value) {
    uint32_t c;
    while (take_character(&value, tag, &c) && add_character(t, limit, c)) {
    }
}

/* One value within a distinguished name: what would end it there is escaped (RFC 4514 section 2.4), so that
 * none passes for two. */
static void add_escaped(struct certificate_text *t, size_t limit, uint8_t tag, struct bytes value) {
    uint32_t c;
    for (bool first = true; take_character(&value, tag, &c); first = false) {
        bool special = (c < 0x80 && c && strchr("\"+,;<>\\", (int)c)) || (first && (c == ' ' || c == '#')) ||
                       (c == ' ' && value.n == 0);
        if (t->n + 1 + special > limit || (special && !add_character(t, limit, '\\')) ||
            !add_character(t, limit, c))
            return;
    }
}

/* Short names of attribute types: RFC 4514 section 3, RFC 4519, RFC 2985, and those of extended validation.
 * NULL: not shown. */
static const char *attribute_name(struct bytes oid) {
    static const struct {
        const char *oid; /* as it lies in DER, NUL behind it */
        const char *name;
    } known[] = {{"\x55\x04\x03", "CN"},
                 {"\x55\x04\x04", "SN"},
                 {"\x55\x04\x05", "serialNumber"},
                 {"\x55\x04\x06", "C"},
                 {"\x55\x04\x07", "L"},
                 {"\x55\x04\x08", "ST"},
                 {"\x55\x04\x09", "STREET"},
                 {"\x55\x04\x0a", "O"},
                 {"\x55\x04\x0b", "OU"},
                 {"\x55\x04\x0c", "title"},
                 {"\x55\x04\x0f", "businessCategory"},
                 {"\x55\x04\x11", "postalCode"},
                 {"\x55\x04\x2a", "GN"},
                 {"\x55\x04\x61", "organizationIdentifier"},
                 {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", "UID"},
                 {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", "DC"},
                 {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", "emailAddress"},
                 {"\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x01", "jurisdictionL"},
                 {"\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x02", "jurisdictionST"},
                 {"\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x03", "jurisdictionC"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (bytes_equal(oid, bytes_text(known[i].oid)))
            return known[i].name;
    return NULL;
}

struct attribute {
    struct bytes oid, value;
    uint8_t tag;
};

enum { ATTRIBUTES_MAX = 32 }; /* the last ones, which are the most specific */

/* How many there are; number i stands at i % ATTRIBUTES_MAX, as long as it is among the last. */
static unsigned list_attributes(struct bytes name, struct attribute out[ATTRIBUTES_MAX]) {
    struct reader sets = reader_of(name.p, name.n);
    struct bytes set, pair;
    unsigned n = 0;
    while (take_tagged(&sets, DER_SET, &set)) {
        struct reader pairs = reader_of(set.p, set.n);
        while (take_tagged(&pairs, DER_SEQUENCE, &pair)) {
            struct reader r = reader_of(pair.p, pair.n);
            struct attribute a;
            if (take_tagged(&r, DER_OID, &a.oid) && take_value(&r, &a.tag, &a.value))
                out[n++ % ATTRIBUTES_MAX] = a;
        }
    }
    return n;
}

/* The last attribute stands first (RFC 4514 section 2.1). */
static void write_name(struct bytes name, struct certificate_text *out, struct certificate_text *common) {
    struct attribute list[ATTRIBUTES_MAX];
    unsigned n = list_attributes(name, list), least = n > ATTRIBUTES_MAX ? n - ATTRIBUTES_MAX : 0;
    for (unsigned i = n; i-- > least;) {
        const struct attribute *a = &list[i % ATTRIBUTES_MAX];
        const char *type = attribute_name(a->oid);
        if (!type)
            continue;
        if (common && !common->n && strcmp(type, "CN") == 0)
            add_string(common, CERTIFICATE_NAME_MAX, a->tag, a->value);
        if (out->n)
            add_text(out, CERTIFICATE_NAME_MAX, bytes_text(","));
        add_text(out, CERTIFICATE_NAME_MAX, bytes_text(type));
        add_text(out, CERTIFICATE_NAME_MAX, bytes_text("="));
        add_escaped(out, CERTIFICATE_NAME_MAX, a->tag, a->value);
    }
}

/* RFC 5280 section 4.1.2.5: "YYMMDDHHMMSSZ" of 1950 to 2049, or with four digits of the year. */
static void write_time(uint8_t tag, struct bytes value, char out[CERTIFICATE_TIME_SIZE]) {
    unsigned year = tag == DER_GENERALIZED_TIME ? 4 : 2;
    out[0] = '\0';
    if ((tag != DER_UTC_TIME && tag != DER_GENERALIZED_TIME) || value.n != year + 11 ||
        value.p[value.n - 1] != 'Z')
        return;
    for (size_t i = 0; i + 1 < value.n; i++)
        if (value.p[i] < '0' || value.p[i] > '9')
            return;
    const char *d = (const char *)value.p + year;
    const char *century = year == 4 ? "" : value.p[0] < '5' ? "20" : "19";
    snprintf(out, CERTIFICATE_TIME_SIZE, "%s%.*s-%.2s-%.2sT%.2s:%.2s:%.2sZ", century, (int)year,
             (const char *)value.p, d, d + 2, d + 4, d + 6, d + 8);
}

static void add_address(struct certificate_text *t, struct bytes address) {
    char text[ADDRESS_TEXT_MAX];
    struct address a;
    if (address.n == 4)
        a = address_from_v4(address.p);
    else if (address.n == 16)
        a = address_from_v6(address.p);
    else
        return;
    add_text(t, CERTIFICATE_NAMES_MAX, bytes_text(address_format(&a, text)));
}

/* Whole ones, but for a first that is too long: half a name would be another one. */
static void write_names(struct bytes general_names, struct certificate_text *out) {
    enum { CHARACTER_MAX = 4 }; /* with less room left something may have been cut */
    struct reader outer = reader_of(general_names.p, general_names.n), names;
    struct bytes list, value;
    uint8_t tag;
    if (!take_tagged(&outer, DER_SEQUENCE, &list))
        return;
    names = reader_of(list.p, list.n);
    while (out->n < CERTIFICATE_NAMES_MAX && take_value(&names, &tag, &value)) {
        bool text = tag == DER_DNS_NAME || tag == DER_EMAIL || tag == DER_URI;
        if ((!text && tag != DER_IP_ADDRESS) || value.n == 0)
            continue;
        size_t before = out->n;
        if (before)
            add_text(out, CERTIFICATE_NAMES_MAX, bytes_text(", "));
        if (text)
            add_string(out, CERTIFICATE_NAMES_MAX, tag, value);
        else
            add_address(out, value);
        if (before && out->n > CERTIFICATE_NAMES_MAX - CHARACTER_MAX) {
            out->n = before;
            return;
        }
    }
}

static void read_extensions(struct bytes block, struct certificate *out) {
    static const uint8_t alternative_names[] = {0x55, 0x1d, 0x11}; /* 2.5.29.17 */
    struct reader outer = reader_of(block.p, block.n), list;
    struct bytes extensions, extension, oid, value;
    uint8_t tag;
    if (!take_tagged(&outer, DER_SEQUENCE, &extensions))
        return;
    list = reader_of(extensions.p, extensions.n);
    while (take_tagged(&list, DER_SEQUENCE, &extension)) {
        struct reader r = reader_of(extension.p, extension.n);
        if (!take_tagged(&r, DER_OID, &oid) || !bytes_equal(oid, bytes_of(alternative_names, 3)))
            continue;
        while (take_value(&r, &tag, &value)) /* behind a BOOLEAN that says critical, or not */
            if (tag == 0x04)
                write_names(value, &out->names);
        return;
    }
}

static void read_validity(struct bytes validity, struct certificate *out) {
    struct reader r = reader_of(validity.p, validity.n);
    struct bytes value;
    uint8_t tag;
    if (take_value(&r, &tag, &value))
        write_time(tag, value, out->since);
    if (take_value(&r, &tag, &value))
        write_time(tag, value, out->until);
}

bool certificate_read(struct bytes der, struct certificate *out) {
    struct reader r = reader_of(der.p, der.n);
    struct bytes certificate, body, value;
    uint8_t tag;
    out->common_name.n = out->subject.n = out->issuer.n = out->names.n = 0;
    out->since[0] = out->until[0] = '\0';
    if (!take_tagged(&r, DER_SEQUENCE, &certificate))
        return false;
    r = reader_of(certificate.p, certificate.n);
    if (!take_tagged(&r, DER_SEQUENCE, &body))
        return false;
    r = reader_of(body.p, body.n);
    if (!take_value(&r, &tag, &value)) /* the version, or the serial number of version 1 */
        return false;
    if (tag == DER_VERSION && !take_value(&r, &tag, &value))
        return false;
    if (!take_tagged(&r, DER_SEQUENCE, &value) || !take_tagged(&r, DER_SEQUENCE, &value))
        return false; /* the signature's algorithm, the issuer */
    write_name(value, &out->issuer, NULL);
    if (!take_tagged(&r, DER_SEQUENCE, &value))
        return true;
    read_validity(value, out);
    if (!take_tagged(&r, DER_SEQUENCE, &value))
        return true;
    write_name(value, &out->subject, &out->common_name);
    while (take_value(&r, &tag, &value))
        if (tag == DER_EXTENSIONS)
            read_extensions(value, out);
    return true;
}
