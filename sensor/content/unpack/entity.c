/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/entity.h"

#include "mime/mime.h"

#include <stdio.h>

enum { CODINGS_TEXT = 256, NAME_ROOM = 2048, ID_MAX = 256 };

struct head {
    struct bytes disposition, type, encoding, coding, range, location;
};

/* Of two fields of one name receivers take the first or the last: that counts which says more. */
static bool says_more(const struct head *h, struct bytes *field, struct bytes value) {
    static const char *const plain[] = {"7bit", "8bit", "binary"};
    if (field->n == 0)
        return true;
    if (field == &h->type)
        return bytes_starts_nocase(value, "multipart/") || bytes_starts_nocase(value, "message/");
    for (size_t i = 0; i < sizeof plain / sizeof *plain && field == &h->encoding; i++)
        if (bytes_equal_nocase(*field, plain[i]))
            return true;
    return field != &h->encoding;
}

static struct head read_head(struct bytes rest) {
    struct head h = {.type = {NULL, 0}};
    const struct {
        const char *name;
        struct bytes *value;
    } fields[] = {
        {"content-disposition", &h.disposition},
        {"content-type", &h.type},
        {"content-transfer-encoding", &h.encoding},
        {"content-encoding", &h.coding},
        {"content-range", &h.range},
        {"content-location", &h.location},
    };
    struct bytes name, value;
    while (mime_head_next(&rest, &name, &value))
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
            if (bytes_equal_nocase(name, fields[i].name) && says_more(&h, fields[i].value, value))
                *fields[i].value = value;
    return h;
}

/* What it is in: Content-Encoding (as some HTTP clients write it), and around it the transfer's. */
static struct bytes list_codings(const struct head *h, char *out, size_t size) {
    char plain[CODINGS_TEXT];
    struct bytes encoding = mime_without_comments(h->encoding, plain, sizeof plain);
    int n = snprintf(out, size, "%.*s%s%.*s", (int)h->coding.n, (const char *)h->coding.p,
                     h->coding.n && encoding.n ? ", " : "", (int)encoding.n, (const char *)encoding.p);
    return n > 0 && (size_t)n < size ? bytes_of(out, (size_t)n) : h->encoding;
}

/* Parts of a saved page (RFC 2557) say where they come from: what stands behind the last slash names them. */
static struct bytes name_location(struct bytes location, char *out, size_t size) {
    struct bytes path = bytes_until(bytes_until(bytes_trim(location), '#'), '?');
    bool inside = bytes_starts_nocase(path, "cid:") || bytes_starts_nocase(path, "data:");
    return inside ? bytes_of(NULL, 0) : mime_file_name(path, true, out, size);
}

static struct bytes find_name(const struct head *h, const struct entity_rules *rules, char *out,
                              size_t size) {
    struct mime_disposition d = {.name = {NULL, 0}};
    if (h->disposition.n > 0)
        mime_disposition_parse(h->disposition, out, size, &d);
    struct bytes name = d.filename.n ? d.filename : d.name;
    if (name.n == 0 && h->type.n > 0)
        name = mime_named(h->type, "name", out, size);
    if (name.n == 0 && h->location.n > 0)
        name = name_location(h->location, out, size);
    return name.n ? name : rules->name;
}

/* Without its comments; and where it is longer than a fact may be, with its boundary alone. */
static struct bytes clean_type(struct bytes type, char *out, size_t size) {
    char boundary[ENTITY_BOUNDARY_MAX];
    struct bytes clean = mime_without_comments(type, out, size);
    size_t longest = fact_rows[FACT_DECLARED_TYPE].longest;
    struct bytes b =
        clean.n > longest ? mime_parameter(clean, "boundary", boundary, sizeof boundary) : bytes_of(NULL, 0);
    struct bytes kind = bytes_trim(bytes_until(clean, ';'));
    size_t n = (size_t)(kind.p - (const uint8_t *)out) + kind.n; /* blanks may stand before it */
    if (b.n == 0 || memchr(b.p, '"', b.n) || memchr(b.p, '\\', b.n) || n + b.n + 13 > size)
        return clean;
    memcpy(out + n, "; boundary=\"", 12);
    memcpy(out + n + 12, b.p, b.n);
    out[n + 12 + b.n] = '"';
    return bytes_of(kind.p, kind.n + 13 + b.n);
}

/* message/partial (RFC 2046 section 5.2.2): the last one at least says how many there are. */
static void note_piece(const struct head *h, struct unpack_child *child, char *id, size_t size) {
    char text[24];
    if (!bytes_starts_nocase(h->type, "message/partial"))
        return;
    child->id = mime_parameter(h->type, "id", id, size);
    if (child->id.n == 0 ||
        !bytes_number(mime_parameter(h->type, "number", text, sizeof text), &child->number))
        child->number = 0;
    if (!bytes_number(mime_parameter(h->type, "total", text, sizeof text), &child->pieces))
        child->pieces = 0;
    if (child->pieces > 0 && child->number > child->pieces)
        child->number = 0;
}

struct filter *entity_begin(struct unpack *u, uint8_t *bytes, size_t n, const struct entity_rules *rules) {
    char codings[CODINGS_TEXT], name[NAME_ROOM], type[NAME_ROOM], id[ID_MAX];
    struct head h = read_head(bytes_of(bytes, mime_head_unfold(bytes, n)));
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    struct unpack_child child = {.fact = fact,
                                 .codings = list_codings(&h, codings, sizeof codings),
                                 .total = LENGTH_UNKNOWN,
                                 .endless = rules->replaces};
    struct mime_range range;
    fact[FACT_NAME] = find_name(&h, rules, name, sizeof name);
    fact[FACT_DECLARED_TYPE] = h.type.n ? clean_type(h.type, type, sizeof type) : rules->type;
    note_piece(&h, &child, id, sizeof id);
    if (child.number > 0) /* what they make together is a mail (RFC 2046 section 5.2.2) */
        fact[FACT_DECLARED_TYPE] = bytes_text("message/rfc822");
    child.is_range = rules->byteranges && mime_range_parse(h.range, &range);
    if (child.is_range) {
        child.offset = range.first;
        child.total = range.total_known ? range.total : LENGTH_UNKNOWN;
    }
    return unpack_begin(u, &child);
}
