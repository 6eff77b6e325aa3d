/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/unpack.h"

#include "base/counter.h"
#include "base/pool.h"
#include "base/utf8.h"
#include "mime/mime.h"

/* TNEF ([MS-OXTNEF] section 2.1), which Outlook sends as winmail.dat: a signature and a key, then attributes
 * of a level, a tag, a length, data and a sum. An attachment begins with its rendering data; its data may
 * come before or behind its title. The long name in its properties is better than the title. */

enum {
    HEADER = 6, /* signature, key */
    ATTRIBUTE_HEAD = 9,
    SUM = 2,
    LEVEL_MESSAGE = 1,
    LEVEL_ATTACHMENT = 2,
    KEPT_MAX = 4096, /* bytes of an attribute that is read whole */
    NAME_ROOM = 512,
};
enum tag { /* the low half: the high one says how data is written */
           TAG_TITLE = 0x8010,
           TAG_DATA = 0x800f,
           TAG_RENDERING = 0x9002,
           TAG_PROPERTIES = 0x9005
};

struct tnef {
    struct filter filter;
    struct pool *pool;
    struct unpack *unpack;
    struct filter *file;
    enum { AT_HEADER, AT_ATTRIBUTE, AT_DATA, AT_SUM, AT_OVER } at;
    uint16_t tag;
    bool named;      /* by its properties */
    uint32_t left;   /* octets of the data that are to come */
    uint16_t head_n; /* octets of what is read whole before its data */
    uint8_t head[ATTRIBUTE_HEAD];
    uint16_t name_n, kept_n;
    char name[NAME_ROOM];
    uint8_t kept[KEPT_MAX];
};

/* --- Attachments --- */

/* Its bytes may be under way. */
static void set_name(struct tnef *t, struct bytes name) {
    char scratch[NAME_ROOM];
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    name = mime_file_name(name, false, scratch, sizeof scratch);
    if (name.n == 0)
        return;
    memcpy(t->name, name.p, name.n);
    t->name_n = (uint16_t)name.n;
    fact[FACT_NAME] = name;
    if (t->file)
        unpack_learn(t->file, fact);
}

static void end_file(struct tnef *t, enum transfer_end how) {
    if (t->file)
        filter_end(t->file, how);
    t->file = NULL;
    t->name_n = 0;
    t->named = false;
}

static void begin_file(struct tnef *t) {
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    if (t->file) /* of two the first is named no more */
        end_file(t, TRANSFER_DONE);
    fact[FACT_NAME] = bytes_of(t->name, t->name_n);
    const struct unpack_child child = {.fact = fact, .total = t->left};
    if (!unpack_pays(t->unpack) && t->left < ALLOWANCE_SMALL) {
        unpack_bounded(t->unpack);
        counter_one(COUNTER_TNEF_SMALL);
        return;
    }
    t->file = unpack_begin(t->unpack, &child);
    counter_one(COUNTER_TNEF_FILES);
}

/* --- Properties ([MS-OXTNEF] section 2.1.3.4): of an attachment's those that come before its long name ---
 */

enum {
    LONG_NAME = 0x3707,
    TYPE_TEXT = 0x1e,
    TYPE_UNICODE = 0x1f,
    TYPE_OBJECT = 0x0d,
    TYPE_BINARY = 0x102,
    MULTIPLE = 0x1000
};

/* Octets of a value of a size that its type says; 0: it says it itself. */
static size_t size_of_type(unsigned type) {
    switch (type) {
    case 2:
    case 3:
    case 4:
    case 10:
    case 11:
        return 4; /* two octets are filled up to four */
    case 5:
    case 6:
    case 7:
    case 20:
    case 64:
        return 8;
    case 72:
        return 16;
    default:
        return 0;
    }
}

static bool skip_padded(struct reader *r, size_t n) {
    return n < KEPT_MAX && reader_skip(r, (n + 3) & ~(size_t)3);
}

/* A named property: a GUID, a kind, an id or a name. */
static bool skip_naming(struct reader *r) {
    uint32_t kind, n;
    return reader_skip(r, 16) && reader_u32le(r, &kind) && reader_u32le(r, &n) &&
           (kind == 0 || skip_padded(r, n));
}

/* UTF-16 as UTF-8: names that are all ASCII are what matters, the rest is as UTF-8 has it. */
static struct bytes read_unicode(struct bytes in, char *out, size_t size) {
    size_t n = 0;
    for (size_t i = 0; i + 1 < in.n && size - n >= 4; i += 2) {
        uint32_t c = in.p[i] | (uint32_t)in.p[i + 1] << 8;
        bool high = c >= 0xd800 && c < 0xdc00 && i + 3 < in.n;
        if (high) {
            c = 0x10000 + ((c & 0x3ff) << 10) + ((in.p[i + 2] | (uint32_t)in.p[i + 3] << 8) & 0x3ff);
            i += 2;
        }
        if (c == 0)
            break;
        n += utf8_put(c >= 0xd800 && c < 0xe000 ? UTF8_REPLACEMENT : c, out + n);
    }
    return bytes_of(out, n);
}

static void name_by_property(struct tnef *t, unsigned type, const uint8_t *p, size_t n) {
    char text[NAME_ROOM];
    if (type == TYPE_UNICODE)
        set_name(t, read_unicode(bytes_of(p, n), text, sizeof text));
    else
        set_name(t, bytes_until(bytes_of(p, n), 0));
    t->named = t->name_n > 0;
}

/* One value; false: it cannot be stepped over. */
static bool read_value(struct tnef *t, struct reader *r, unsigned type, unsigned id) {
    size_t size = size_of_type(type);
    uint32_t n;
    if (size > 0)
        return reader_skip(r, size);
    if (!reader_u32le(r, &n) || n > reader_left(r))
        return false;
    if (id == LONG_NAME && (type == TYPE_TEXT || type == TYPE_UNICODE))
        name_by_property(t, type, r->at, n);
    return skip_padded(r, n);
}

static void read_properties(struct tnef *t) {
    enum { NAMED = 0x8000, MOST = 256 };
    struct reader r = reader_of(t->kept, t->kept_n);
    uint32_t count, values;
    uint16_t type, id;
    bool more = reader_u32le(&r, &count);
    for (uint32_t i = 0; more && i < count && i < MOST && !t->named; i++) {
        values = 1;
        more = reader_u16le(&r, &type) && reader_u16le(&r, &id) && (id < NAMED || skip_naming(&r));
        bool counted = type & MULTIPLE || !size_of_type(type & ~MULTIPLE);
        if (more && counted)
            more = reader_u32le(&r, &values) && values <= MOST;
        for (uint32_t k = 0; more && k < values; k++)
            more = read_value(t, &r, type & ~MULTIPLE, id);
    }
}

/* --- Attributes --- */

static bool is_kept(const struct tnef *t) {
    return t->tag == TAG_TITLE || t->tag == TAG_PROPERTIES;
}

static void begin_attribute(struct tnef *t) {
    uint8_t level;
    uint16_t tag, kind;
    struct reader r = reader_of(t->head, t->head_n);
    t->head_n = 0;
    if (!reader_u8(&r, &level) || !reader_u16le(&r, &tag) || !reader_u16le(&r, &kind) ||
        !reader_u32le(&r, &t->left) || (level != LEVEL_MESSAGE && level != LEVEL_ATTACHMENT)) {
        counter_one(COUNTER_TNEF_BROKEN);
        end_file(t, TRANSFER_CUT);
        t->at = AT_OVER;
        return;
    }
    t->tag = level == LEVEL_ATTACHMENT ? tag : 0;
    t->kept_n = 0;
    t->at = AT_DATA;
    if (t->tag == TAG_RENDERING)
        end_file(t, TRANSFER_DONE);
    else if (t->tag == TAG_DATA)
        begin_file(t);
}

static void end_attribute(struct tnef *t) {
    if (t->tag == TAG_TITLE && !t->named)
        set_name(t, bytes_until(bytes_of(t->kept, t->kept_n), 0));
    if (t->tag == TAG_PROPERTIES)
        read_properties(t);
    t->at = AT_SUM;
}

static void take_value(struct tnef *t, const uint8_t *p, size_t n) {
    size_t room = (size_t)(KEPT_MAX - t->kept_n), keep = n < room ? n : room;
    if (t->tag == TAG_DATA && t->file) {
        filter_data(t->file, p, n);
    } else if (is_kept(t)) {
        memcpy(t->kept + t->kept_n, p, keep);
        t->kept_n = (uint16_t)(t->kept_n + keep);
    }
}

/* Takes up to `want` bytes of what is read whole; true once they are there. */
static bool take_head(struct tnef *t, const uint8_t **p, size_t *n, size_t want) {
    size_t take = want - t->head_n;
    take = take < *n ? take : *n;
    memcpy(t->head + t->head_n, *p, take);
    t->head_n = (uint16_t)(t->head_n + take);
    *p += take;
    *n -= take;
    return t->head_n == want;
}

static void tnef_data(struct filter *f, const uint8_t *p, size_t n) {
    struct tnef *t = (struct tnef *)f;
    while (t->at != AT_OVER && (n > 0 || (t->at == AT_DATA && t->left == 0))) {
        if (t->at == AT_DATA) {
            size_t take = n < t->left ? n : t->left;
            if (take > 0)
                take_value(t, p, take);
            p += take;
            n -= take;
            t->left -= (uint32_t)take;
            if (t->left == 0)
                end_attribute(t);
        } else if (t->at == AT_ATTRIBUTE) {
            if (take_head(t, &p, &n, ATTRIBUTE_HEAD))
                begin_attribute(t);
        } else if (take_head(t, &p, &n, t->at == AT_HEADER ? HEADER : SUM)) {
            t->head_n = 0;
            t->at = AT_ATTRIBUTE;
        }
    }
}

/* Within data it is known where the next attribute stands. */
static void tnef_gap(struct filter *f, uint64_t n) {
    struct tnef *t = (struct tnef *)f;
    bool inside = t->at == AT_DATA && n <= t->left;
    if (t->tag == TAG_DATA && t->file && t->at == AT_DATA)
        filter_gap(t->file, inside ? n : t->left);
    if (!inside) {
        end_file(t, TRANSFER_CUT);
        t->at = AT_OVER;
        return;
    }
    t->left -= (uint32_t)n;
    t->tag = is_kept(t) ? 0 : t->tag;
}

static void tnef_end(struct filter *f, enum transfer_end how) {
    struct tnef *t = (struct tnef *)f;
    bool whole = t->at == AT_ATTRIBUTE && t->head_n == 0;
    counter_add(COUNTER_TNEF_BROKEN, t->at != AT_OVER && !whole);
    end_file(t, whole || t->at == AT_SUM ? TRANSFER_DONE : TRANSFER_CUT);
    pool_give(t->pool, t);
}

static void tnef_bounded(struct filter *f) {
    struct tnef *t = (struct tnef *)f;
    if (t->file)
        filter_bounded(t->file);
}

static const struct filter_ops tnef_ops = {
    .data = tnef_data, .gap = tnef_gap, .end = tnef_end, .bounded = tnef_bounded};

/* --- Life --- */

static bool matches_tnef(const struct file_type *type, struct bytes declared) {
    return bytes_equal(bytes_text(type->mime), bytes_text("application/vnd.ms-tnef"));
}

static struct filter *create_tnef(struct unpack *u) {
    struct tnef *t = pool_take(unpack_state(u));
    if (!t) {
        counter_one(COUNTER_TNEF_SHED);
        unpack_bounded(u);
        return NULL;
    }
    memset(t, 0, offsetof(struct tnef, name)); /* the rooms behind are written before they are read */
    t->filter.ops = &tnef_ops;
    t->pool = unpack_state(u);
    t->unpack = u;
    return &t->filter;
}

static void *start_tnef(size_t objects) {
    return unpack_start_pool(sizeof(struct tnef), objects / 4 + 16);
}

const struct unpacker unpacker_tnef = {
    .name = "tnef",
    .kind = UNPACK_FILE,
    .matches = matches_tnef,
    .create = create_tnef,
    .start = start_tnef,
    .stop = unpack_stop_pool,
};
