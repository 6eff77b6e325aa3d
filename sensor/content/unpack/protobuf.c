/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/unpack.h"

#include "base/counter.h"
#include "base/pool.h"

/* Messages of Protocol Buffers, in which gRPC moves files: a field that begins as a file does is a child.
 * Which fields are messages of their own nobody says; one that begins as no file is read as a message as far
 * as it can be. All that is no child is text of the object. */

enum {
    FILE_LEAST = 64,   /* octets of a field that may be a file, */
    TEXT_LEAST = 1024, /* and of one that begins as text does */
    LEVELS = 8,        /* messages in messages */
    HEAD_MOST = 20,    /* octets of a field's number and length */
    KEPT = HEAD_MOST + TYPE_BYTES,
};

enum wire { WIRE_NUMBER = 0, WIRE_EIGHT = 1, WIRE_OCTETS = 2, WIRE_FOUR = 5 };

struct walker {
    uint64_t at; /* octets of the object */
    uint64_t end[LEVELS];
    unsigned level;
};

struct protobuf {
    struct filter filter;
    struct pool *pool;
    struct unpack *unpack;
    struct filter *file;
    struct walker walker;
    uint64_t left; /* octets of the present field, or of a message that cannot be read */
    bool over;     /* what follows is no field */
    uint16_t kept_n;
    uint8_t kept[KEPT];
};

/* --- fields --- */

enum look { LOOK_MORE, LOOK_PAST, LOOK_FILE, LOOK_WITHIN, LOOK_BROKEN };

struct field {
    size_t head;     /* octets before its value */
    uint64_t length; /* of the value */
};

/* 0: more octets must tell; SIZE_MAX: none. */
static size_t read_number(struct bytes in, uint64_t *out) {
    enum { MOST = 10, BITS = 7 };
    *out = 0;
    for (size_t i = 0; i < in.n && i < MOST; i++) {
        *out |= (uint64_t)(in.p[i] & 0x7f) << (BITS * i);
        if (!(in.p[i] & 0x80))
            return i + 1;
    }
    return in.n < MOST ? 0 : SIZE_MAX;
}

static struct bytes bytes_behind(struct bytes in, size_t n) {
    return bytes_of(in.p + n, in.n - n);
}

static enum look read_head(struct bytes in, struct field *f, enum wire *wire) {
    uint64_t tag, value;
    size_t n = read_number(in, &tag), m = 0;
    if (n == 0 || n == SIZE_MAX || tag >> 3 == 0 || tag >> 32)
        return n == 0 ? LOOK_MORE : LOOK_BROKEN;
    *wire = (enum wire)(tag & 7);
    *f = (struct field){.head = n, .length = *wire == WIRE_EIGHT ? 8 : 4};
    if (*wire == WIRE_EIGHT || *wire == WIRE_FOUR)
        return LOOK_PAST;
    if (*wire != WIRE_OCTETS && *wire != WIRE_NUMBER)
        return LOOK_BROKEN;
    m = read_number(bytes_behind(in, n), &value);
    if (m == 0 || m == SIZE_MAX)
        return m == 0 ? LOOK_MORE : LOOK_BROKEN;
    f->head += m;
    f->length = *wire == WIRE_OCTETS ? value : 0;
    return LOOK_PAST;
}

static enum look judge_value(const struct field *f, struct bytes value) {
    const struct file_type *type = type_of_bytes(value);
    if (type->kind == KIND_TEXT)
        return f->length >= TEXT_LEAST ? LOOK_FILE : LOOK_PAST;
    return type->kind == KIND_BINARY ? LOOK_WITHIN : LOOK_FILE;
}

/* `last`: no more octets come. */
static enum look look_at_field(struct walker *w, struct bytes in, bool last, struct field *f) {
    enum wire wire;
    while (w->level > 0 && w->at >= w->end[w->level - 1])
        w->level--;
    enum look look = read_head(in, f, &wire);
    if (look != LOOK_PAST)
        return look;
    uint64_t end = w->level > 0 ? w->end[w->level - 1] : UINT64_MAX;
    if (f->length > INT64_MAX || w->at + f->head + f->length > end)
        return LOOK_BROKEN;
    if (wire != WIRE_OCTETS || f->length < FILE_LEAST)
        return LOOK_PAST;
    size_t wanted = f->length < TYPE_BYTES ? (size_t)f->length : TYPE_BYTES, have = in.n - f->head;
    if (have < wanted && !last)
        return LOOK_MORE;
    look = judge_value(f, bytes_of(in.p + f->head, have < wanted ? have : wanted));
    return look == LOOK_WITHIN && w->level == LEVELS ? LOOK_PAST : look;
}

static void enter_message(struct walker *w, const struct field *f) {
    w->end[w->level++] = w->at + f->head + f->length;
}

/* --- children --- */

static void begin_file(struct protobuf *p, uint64_t length) {
    const struct unpack_child child = {.total = length};
    if (!unpack_pays(p->unpack) && length < ALLOWANCE_SMALL) {
        unpack_bounded(p->unpack);
        return;
    }
    p->file = unpack_begin(p->unpack, &child);
}

static void end_file(struct protobuf *p, enum transfer_end how) {
    if (p->file)
        filter_end(p->file, how);
    p->file = NULL;
}

static void take_run(struct protobuf *p, struct bytes run) {
    if (p->file)
        filter_data(p->file, run.p, run.n);
    else
        unpack_own(p->unpack, &p->filter, run.p, run.n);
    p->walker.at += run.n;
}

/* --- octets --- */

/* What cannot be read is stepped over, as far as the message that it stands in. */
static void leave_broken(struct protobuf *p) {
    struct walker *w = &p->walker;
    p->over = w->level == 0;
    p->left = p->over ? UINT64_MAX : w->end[w->level - 1] - w->at;
}

static size_t step_field(struct protobuf *p, struct bytes in, bool last) {
    struct field f;
    enum look look = look_at_field(&p->walker, in, last, &f);
    if (look == LOOK_MORE)
        return 0;
    if (look == LOOK_BROKEN) {
        leave_broken(p);
        return 0;
    }
    if (look == LOOK_WITHIN)
        enter_message(&p->walker, &f);
    take_run(p, bytes_of(in.p, f.head));
    if (look != LOOK_WITHIN)
        p->left = f.length;
    if (look == LOOK_FILE)
        begin_file(p, f.length);
    return f.head;
}

/* As far as whole fields go; how many octets. */
static size_t take_octets(struct protobuf *p, struct bytes in, bool last) {
    size_t at = 0;
    while (at < in.n) {
        struct bytes rest = bytes_behind(in, at);
        size_t n = p->left < rest.n ? (size_t)p->left : rest.n;
        if (p->left > 0) {
            take_run(p, bytes_of(rest.p, n));
            p->left -= p->over ? 0 : n;
            if (p->left == 0)
                end_file(p, TRANSFER_DONE);
        } else if ((n = step_field(p, rest, last)) == 0 && p->left == 0) {
            break;
        }
        at += n;
    }
    return at;
}

static void take_kept(struct protobuf *p, bool last) {
    size_t n = take_octets(p, bytes_of(p->kept, p->kept_n), last);
    memmove(p->kept, p->kept + n, p->kept_n - n);
    p->kept_n = (uint16_t)(p->kept_n - n);
}

static void take_protobuf_data(struct filter *f, const uint8_t *bytes, size_t size) {
    struct protobuf *p = (struct protobuf *)f;
    struct bytes in = bytes_of(bytes, size);
    while (in.n > 0) {
        if (p->kept_n == 0)
            in = bytes_behind(in, take_octets(p, in, false));
        size_t n = in.n < (size_t)KEPT - p->kept_n ? in.n : (size_t)KEPT - p->kept_n;
        if (n == 0)
            continue;
        memcpy(p->kept + p->kept_n, in.p, n);
        p->kept_n = (uint16_t)(p->kept_n + n);
        in = bytes_behind(in, n);
        take_kept(p, false);
    }
}

static void take_protobuf_gap(struct filter *f, uint64_t n) {
    struct protobuf *p = (struct protobuf *)f;
    take_kept(p, true);
    p->kept_n = 0;
    uint64_t inside = n < p->left ? n : p->left;
    if (p->file)
        filter_gap(p->file, inside);
    p->walker.at += n;
    p->left -= p->over ? 0 : inside;
    if (inside == n && p->left > 0)
        return;
    end_file(p, inside == n ? TRANSFER_DONE : TRANSFER_CUT);
    if (inside < n) {
        p->over = true;
        p->left = UINT64_MAX;
    }
}

static void end_protobuf(struct filter *f, enum transfer_end how) {
    struct protobuf *p = (struct protobuf *)f;
    take_kept(p, true);
    end_file(p, TRANSFER_CUT);
    pool_give(p->pool, p);
}

static void bound_protobuf(struct filter *f) {
    struct protobuf *p = (struct protobuf *)f;
    if (p->file)
        filter_bounded(p->file);
}

static const struct filter_ops protobuf_ops = {
    .data = take_protobuf_data, .gap = take_protobuf_gap, .end = end_protobuf, .bounded = bound_protobuf};

/* --- the unpacker --- */

static bool matches_protobuf(const struct file_type *type, struct bytes declared) {
    static const char *const names[] = {"application/grpc", "application/protobuf", "application/x-protobuf",
                                        "application/vnd.google.protobuf"};
    if (type->kind != KIND_BINARY && type->kind != KIND_TEXT)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bytes_starts_nocase(declared, names[i]))
            return true;
    return false;
}

/* Does a file begin in it at once? Else it is looked at as an object of its own as well. */
static bool wraps_file(const struct file_type *type, struct bytes declared, struct bytes first) {
    struct walker w = {.at = 0};
    struct field f;
    while (w.at < first.n) {
        enum look look = look_at_field(&w, bytes_behind(first, (size_t)w.at), true, &f);
        if (look == LOOK_FILE)
            return true;
        if (look == LOOK_MORE || look == LOOK_BROKEN)
            return false;
        if (look == LOOK_WITHIN)
            enter_message(&w, &f);
        w.at += f.head + (look == LOOK_WITHIN ? 0 : f.length);
    }
    return false;
}

static bool has_fields(const struct file_type *type) {
    return true;
}

static struct filter *create_protobuf(struct unpack *u) {
    struct protobuf *p = pool_take(unpack_state(u));
    if (!p) {
        counter_one(COUNTER_PROTOBUF_SHED);
        unpack_bounded(u);
        return NULL;
    }
    memset(p, 0, offsetof(struct protobuf, kept));
    p->filter.ops = &protobuf_ops;
    p->pool = unpack_state(u);
    p->unpack = u;
    return &p->filter;
}

static void *start_protobuf(size_t objects) {
    return unpack_start_pool(sizeof(struct protobuf), objects / 4 + 16);
}

const struct unpacker unpacker_protobuf = {
    .name = "protobuf",
    .kind = UNPACK_WRAPPER,
    .matches = matches_protobuf,
    .wraps = wraps_file,
    .has_text = has_fields,
    .create = create_protobuf,
    .start = start_protobuf,
    .stop = unpack_stop_pool,
};
