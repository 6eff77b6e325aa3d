/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http2/http2_fields.h"

#include "base/counter.h"
#include "protocol/http/http_head.h"
#include "protocol/memory.h"

#include <nghttp2/nghttp2.h>

/* --- nghttp2's memory is that of protocols --- */

static void *alloc_memory(size_t n, void *context) {
    return protocol_alloc(PROTOCOL_HELD, n);
}

static void free_memory(void *p, void *context) {
    protocol_free(p);
}

static void *alloc_zeroed(size_t count, size_t n, void *context) {
    size_t size;
    return __builtin_mul_overflow(count, n, &size) ? NULL : protocol_alloc(PROTOCOL_HELD, size);
}

static void *grow_memory(void *p, size_t n, void *context) {
    return protocol_grow(PROTOCOL_HELD, p, n);
}

static bool make_inflater(struct http2_fields *f) {
    static nghttp2_mem memory = {NULL, alloc_memory, free_memory, alloc_zeroed, grow_memory};
    if (f->inflater)
        return true;
    if (nghttp2_hd_inflate_new2(&f->inflater, &memory) == 0 &&
        nghttp2_hd_inflate_change_table_size(f->inflater, HTTP2_TABLE_MAX) == 0)
        return true;
    counter_one(COUNTER_HTTP2_NO_MEMORY);
    http2_fields_lose(f);
    return false;
}

void http2_fields_lose(struct http2_fields *f) {
    if (f->inflater)
        nghttp2_hd_inflate_del(f->inflater);
    f->inflater = NULL;
}

/* --- where a field ends: RFC 7541 sections 5 and 6 --- */

enum kind { KIND_INDEXED, KIND_INDEXING, KIND_LITERAL, KIND_SIZE };

struct field {
    enum kind kind;
    uint64_t number; /* of an entry of the table, 0: the name stands here; the new size */
    size_t value;    /* where the value begins */
    size_t n;        /* octets of all */
};

enum measure { MEASURE_MORE, MEASURE_DONE, MEASURE_BROKEN };

/* An integer whose first octet holds `bits` of it. */
static enum measure read_integer(struct bytes in, size_t *at, unsigned bits, uint64_t *out) {
    enum { OCTETS_MOST = 6, PART = 7 };
    unsigned most = (1U << bits) - 1;
    if (*at >= in.n)
        return MEASURE_MORE;
    *out = in.p[(*at)++] & most;
    if (*out < most)
        return MEASURE_DONE;
    for (unsigned i = 0; i < OCTETS_MOST; i++) {
        if (*at >= in.n)
            return MEASURE_MORE;
        uint8_t octet = in.p[(*at)++];
        *out += (uint64_t)(octet & 0x7f) << (PART * i);
        if (!(octet & 0x80))
            return MEASURE_DONE;
    }
    return MEASURE_BROKEN;
}

static enum measure step_string(struct bytes in, size_t *at) {
    uint64_t n;
    enum measure m = read_integer(in, at, 7, &n);
    if (m != MEASURE_DONE)
        return m;
    if (n > HTTP2_LITERAL_MAX)
        return MEASURE_BROKEN;
    if (in.n - *at < n)
        return MEASURE_MORE;
    *at += n;
    return MEASURE_DONE;
}

static enum measure measure_field(struct bytes in, struct field *f) {
    static const struct {
        uint8_t mask, mark, bits;
        enum kind kind;
    } kinds[] = {{0x80, 0x80, 7, KIND_INDEXED},
                 {0xc0, 0x40, 6, KIND_INDEXING},
                 {0xe0, 0x20, 5, KIND_SIZE},
                 {0xe0, 0x00, 4, KIND_LITERAL}};
    size_t at = 0, i = 0;
    while ((in.p[0] & kinds[i].mask) != kinds[i].mark)
        i++;
    *f = (struct field){.kind = kinds[i].kind};
    enum measure m = read_integer(in, &at, kinds[i].bits, &f->number);
    if (f->kind == KIND_INDEXING || f->kind == KIND_LITERAL) {
        if (m == MEASURE_DONE && f->number == 0)
            m = step_string(in, &at);
        f->value = at;
        if (m == MEASURE_DONE)
            m = step_string(in, &at);
    }
    f->n = at;
    return m;
}

/* --- what it says --- */

static const char *const pseudo_names[HTTP2_PSEUDO] = {[HTTP2_METHOD] = ":method",
                                                       [HTTP2_PATH] = ":path",
                                                       [HTTP2_AUTHORITY] = ":authority",
                                                       [HTTP2_STATUS] = ":status",
                                                       [HTTP2_PROTOCOL] = ":protocol"};

static bool make_room(uint8_t **p, size_t *size, size_t want) {
    if (want <= *size)
        return true;
    size_t grown = *size ? *size * 2 : 1024;
    while (grown < want)
        grown *= 2;
    uint8_t *now = protocol_grow(PROTOCOL_HELD, *p, grown);
    if (!now) {
        counter_one(COUNTER_HTTP2_NO_MEMORY);
        return false;
    }
    *p = now;
    *size = grown;
    return true;
}

/* No octet of it ends a line. */
static void put_value(uint8_t *out, struct bytes value) {
    for (size_t i = 0; i < value.n; i++)
        out[i] = value.p[i] == '\r' || value.p[i] == '\n' || value.p[i] == 0 ? ' ' : value.p[i];
}

/* What `n` octets are on the wire pays for them; the rest is the payer's. */
static bool is_paid(size_t n, size_t wire, struct allowance *payer) {
    return n <= wire || allowance_spend(payer, ACCOUNT_DECODED, n - wire);
}

/* How many of so many octets are free all the same. */
static size_t take_unpaid(struct http2_text *t, size_t n) {
    size_t room = HTTP2_UNPAID_MAX - t->unpaid;
    n = n < room ? n : room;
    t->unpaid += n;
    return n;
}

static void note_partly(struct http2_text *t) {
    counter_add(COUNTER_HTTP2_HEADS_PARTLY, !t->partly);
    t->partly = true;
}

static void add_pseudo(struct http2_text *t, struct bytes name, struct bytes value, size_t wire,
                       struct allowance *payer) {
    for (int i = 0; i < HTTP2_PSEUDO; i++) {
        if (!bytes_equal(name, bytes_text(pseudo_names[i])) || http2_text_has(t, i))
            continue;
        if (!is_paid(value.n, wire, payer)) {
            value.n = wire + take_unpaid(t, value.n - wire);
            note_partly(t);
        }
        if (!make_room(&t->pseudo, &t->pseudo_size, t->pseudo_n + value.n + 1))
            return;
        put_value(t->pseudo + t->pseudo_n, value);
        t->value[i].at = (uint32_t)t->pseudo_n;
        t->value[i].n = (uint32_t)value.n;
        t->pseudo_n += value.n;
        t->has |= 1U << i;
    }
}

/* Is somebody asking for the field? */
static bool is_used(struct bytes name) {
    uint8_t field[64];
    if (name.n >= sizeof field)
        return false;
    memcpy(field, name.p, name.n);
    field[name.n] = ':';
    return http_head_uses(bytes_of(field, name.n + 1)) != HTTP_FIELD_NONE;
}

/* Is there room for it, and is it paid? What is used has more of both. */
static bool is_wanted(struct http2_text *t, size_t line, struct bytes name, size_t wire,
                      struct allowance *payer) {
    bool paid = is_paid(line, wire, payer);
    if (paid && t->n + line <= HTTP2_HEAD_MAX)
        return true;
    note_partly(t);
    if (t->n + line > 2 * HTTP2_HEAD_MAX || !is_used(name))
        return false;
    return paid || take_unpaid(t, line - wire) == line - wire;
}

/* Fields that HTTP/2 does not have (RFC 9113 section 8.2.2) would say something else in HTTP/1. */
static bool is_foreign(struct bytes name) {
    return bytes_equal_nocase(name, "transfer-encoding") || bytes_equal_nocase(name, "connection") ||
           memchr(name.p, ':', name.n);
}

static void add_field(struct http2_text *t, struct bytes name, struct bytes value, size_t wire,
                      struct allowance *payer) {
    enum { BETWEEN = 4 }; /* ": " and the line's end */
    size_t line = name.n + value.n + BETWEEN;
    if (name.n && name.p[0] == ':') {
        add_pseudo(t, name, value, wire, payer);
        return;
    }
    bool spare = http2_text_has(t, HTTP2_AUTHORITY) && bytes_equal_nocase(name, "host");
    if (name.n == 0 || spare || is_foreign(name) || !is_wanted(t, line, name, wire, payer) ||
        !make_room(&t->lines, &t->size, t->n + line))
        return;
    uint8_t *at = t->lines + t->n;
    put_value(at, name);
    memcpy(at + name.n, ": ", 2);
    put_value(at + name.n + 2, value);
    memcpy(at + line - 2, "\r\n", 2);
    t->n += line;
}

struct bytes http2_text_pseudo(const struct http2_text *t, enum http2_pseudo which) {
    return http2_text_has(t, which) ? bytes_of(t->pseudo + t->value[which].at, t->value[which].n)
                                    : bytes_of(NULL, 0);
}

void http2_text_forget(struct http2_text *t) {
    protocol_free(t->lines);
    protocol_free(t->pseudo);
    *t = (struct http2_text){.n = 0};
}

/* --- one field by nghttp2 --- */

/* False: it cannot be read, and the table is lost. */
static bool inflate_field(struct http2_fields *f, struct bytes in, struct http2_text *out,
                          struct allowance *payer) {
    nghttp2_nv nv;
    int flags = 0;
    ssize_t n = nghttp2_hd_inflate_hd2(f->inflater, &nv, &flags, in.p, in.n, 1);
    if (n < 0 || (size_t)n != in.n) {
        counter_one(n == NGHTTP2_ERR_NOMEM ? COUNTER_HTTP2_NO_MEMORY : COUNTER_HTTP2_FIELDS_BAD);
        http2_fields_lose(f);
        return false;
    }
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) && out)
        add_field(out, bytes_of(nv.name, nv.namelen), bytes_of(nv.value, nv.valuelen), in.n, payer);
    nghttp2_hd_inflate_end_headers(f->inflater); /* so that a size may stand behind any field */
    return true;
}

/* An entry whose name is not known keeps its place in the table. */
static void inflate_nameless(struct http2_fields *f, struct bytes value) {
    static const uint8_t name[] = {0x40, 1, '?'};
    uint8_t *field = protocol_alloc(PROTOCOL_HELD, sizeof name + value.n);
    if (!field) {
        counter_one(COUNTER_HTTP2_NO_MEMORY);
        http2_fields_lose(f);
        return;
    }
    memcpy(field, name, sizeof name);
    memcpy(field + sizeof name, value.p, value.n);
    inflate_field(f, bytes_of(field, sizeof name + value.n), NULL, NULL);
    protocol_free(field);
}

/* A larger table than we keep: what it holds beyond is not known. */
static void take_size(struct http2_fields *f, struct bytes in, uint64_t size) {
    static const uint8_t most[] = {0x3f, 0xe1, 0xff, 3}; /* HTTP2_TABLE_MAX */
    inflate_field(f, size > HTTP2_TABLE_MAX ? bytes_of(most, sizeof most) : in, NULL, NULL);
}

static void take_field(struct http2_fields *f, const struct field *field, struct bytes in,
                       struct http2_text *out, struct allowance *payer) {
    if (!make_inflater(f)) {
        out->unknown = true;
        return;
    }
    if (field->kind == KIND_SIZE) {
        take_size(f, in, field->number);
        return;
    }
    if (field->number > nghttp2_hd_inflate_get_num_table_entries(f->inflater)) {
        counter_one(COUNTER_HTTP2_FIELDS_UNKNOWN);
        out->unknown = true;
        if (field->kind == KIND_INDEXING)
            inflate_nameless(f, bytes_of(in.p + field->value, in.n - field->value));
        return;
    }
    if (!inflate_field(f, in, out, payer))
        out->unknown = true;
}

/* --- any pieces --- */

/* Whole fields at the beginning of `in`; how many octets they are. */
static size_t take_fields(struct http2_fields *f, struct bytes in, struct http2_text *out,
                          struct allowance *payer) {
    size_t at = 0;
    while (at < in.n) {
        struct field field;
        struct bytes rest = bytes_of(in.p + at, in.n - at);
        enum measure m = measure_field(rest, &field);
        if (m == MEASURE_MORE)
            break;
        if (m == MEASURE_BROKEN) {
            counter_one(COUNTER_HTTP2_FIELDS_BAD);
            http2_fields_lose(f);
            f->skipping = out->unknown = true;
            return in.n;
        }
        take_field(f, &field, bytes_of(rest.p, field.n), out, payer);
        at += field.n;
    }
    return at;
}

static void keep_rest(struct http2_fields *f, struct bytes rest, struct http2_text *out) {
    if (!make_room(&f->held, &f->held_size, f->held_n + rest.n)) {
        http2_fields_lose(f);
        f->skipping = out->unknown = true;
        return;
    }
    memcpy(f->held + f->held_n, rest.p, rest.n);
    f->held_n += rest.n;
}

void http2_fields_take(struct http2_fields *f, struct bytes in, struct http2_text *out,
                       struct allowance *payer) {
    enum { PIECE = 4096 };
    while (in.n && !f->skipping) {
        if (f->held_n == 0) {
            size_t n = take_fields(f, in, out, payer);
            if (n < in.n)
                keep_rest(f, bytes_of(in.p + n, in.n - n), out);
            return;
        }
        /* So little at once that what is held stays about as long as one field. */
        size_t piece = in.n < PIECE ? in.n : PIECE;
        keep_rest(f, bytes_of(in.p, piece), out);
        in = bytes_of(in.p + piece, in.n - piece);
        if (f->skipping)
            return;
        size_t n = take_fields(f, bytes_of(f->held, f->held_n), out, payer);
        if (n > 0) /* else it would be moved for each octet of one that never ends */
            memmove(f->held, f->held + n, f->held_n - n);
        f->held_n -= n;
    }
}

void http2_fields_end(struct http2_fields *f, struct http2_text *out) {
    if (f->held_n && !f->skipping) {
        counter_one(COUNTER_HTTP2_FIELDS_BAD);
        http2_fields_lose(f);
        out->unknown = true;
    }
    protocol_free(f->held);
    f->held = NULL;
    f->held_n = f->held_size = 0;
    f->skipping = false;
}

void http2_fields_finish(struct http2_fields *f) {
    http2_fields_lose(f);
    protocol_free(f->held);
    *f = (struct http2_fields){.inflater = NULL};
}
