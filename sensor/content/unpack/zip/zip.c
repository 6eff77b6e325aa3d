/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/zip/zip.h"

#include "base/counter.h"

#include <stdlib.h>

/* --- What is over: the next thing begins --- */

static void expect_header(struct zip *z) {
    z->at = ZIP_AT_SIGNATURE;
}

/* A header is looked for from here on: what stands between is no member's. */
static void lose_place(struct zip *z) {
    z->at = ZIP_AT_NOWHERE;
    if (!z->ended) {
        z->gapped = true;
        counter_one(COUNTER_ZIP_RESUMED);
    }
}

static void end_name(struct zip *z) {
    z->at = ZIP_AT_EXTRA;
    z->left = z->extra_left;
}

static void end_extra(struct zip *z) {
    zip_entry_extend(z);
    zip_kind_note(z);
    if (!z->central) {
        zip_member_begin(z);
        return;
    }
    zip_directory_note_line(z);
    z->at = ZIP_AT_SKIPPED;
    z->left = z->comment;
}

static void end_known(struct zip *z) {
    if (z->entry.flags & ZIP_STREAMED) {
        z->at = ZIP_AT_DESCRIPTOR;
        return;
    }
    zip_directory_note_member(z);
    zip_member_end(z, true);
    expect_header(z);
}

static void end_content(struct zip *z) {
    if (zip_member_goes_on(z))
        z->at = ZIP_AT_DOUBT;
    else
        end_known(z);
}

/* --- Steps: false where more octets are needed --- */

static void advance_input(struct bytes *in, size_t n) {
    *in = bytes_of(in->p + n, in->n - n);
}

static bool take_some(struct zip *z, struct bytes *in, size_t n) {
    z->left -= n;
    advance_input(in, n);
    return n > 0;
}

static size_t known_part(const struct zip *z, struct bytes in) {
    return in.n < z->left ? in.n : (size_t)z->left;
}

/* What is longer than its room is kept as far as that goes. */
static void keep_part(uint8_t *room, uint16_t *kept, size_t size, struct bytes part) {
    size_t n = part.n < size - *kept ? part.n : size - *kept;
    memcpy(room + *kept, part.p, n);
    *kept = (uint16_t)(*kept + n);
}

static bool step_name(struct zip *z, struct bytes *in) {
    size_t n = known_part(z, *in);
    keep_part(z->name, &z->name_n, ZIP_NAME, bytes_of(in->p, n));
    return take_some(z, in, n);
}

static bool step_extra(struct zip *z, struct bytes *in) {
    size_t n = known_part(z, *in);
    keep_part(z->extra, &z->extra_n, ZIP_EXTRA, bytes_of(in->p, n));
    return take_some(z, in, n);
}

static bool step_skipped(struct zip *z, struct bytes *in) {
    return take_some(z, in, known_part(z, *in));
}

/* A size that is too large hides what stands behind the end of a coding, from whoever believes it. */
static bool step_content(struct zip *z, struct bytes *in) {
    size_t n = known_part(z, *in), took = zip_member_feed(z, bytes_of(in->p, n));
    take_some(z, in, took);
    if (took < n || (z->left > 0 && zip_member_is_over(z))) {
        unpack_note(z->unpack, "directory-differs");
        z->gapped = true;
        z->left = 0;
    }
    return true;
}

/* Where its coding goes on, its size is too small: it ends as one of unknown size, unless a header stands
 * here. */
static bool step_doubt(struct zip *z, struct bytes *in) {
    if (in->n < ZIP_SIGNATURE)
        return false;
    if (zip_sign(in->p) != ZIP_NOTHING) {
        end_known(z);
    } else {
        z->at = ZIP_AT_STREAM;
        unpack_note(z->unpack, "directory-differs");
        z->gapped = true;
    }
    return true;
}

static bool step_stream(struct zip *z, struct bytes *in) {
    advance_input(in, zip_member_feed(z, *in));
    if (zip_member_is_lost(z)) {
        zip_member_end(z, false);
        lose_place(z);
    } else if (zip_member_is_over(z)) {
        z->at = ZIP_AT_DESCRIPTOR;
    }
    return true;
}

static bool step_unbound(struct zip *z, struct bytes *in) {
    bool found;
    size_t n = zip_find_end(z, *in, &found);
    zip_member_feed(z, bytes_of(in->p, n));
    advance_input(in, n);
    if (found)
        z->at = ZIP_AT_DESCRIPTOR;
    return n > 0 || found;
}

/* The size of the content is known where it was seen. */
static size_t find_descriptor(struct zip *z, struct bytes in, bool *more) {
    const struct zip_member *m = &z->member;
    bool seen = m->head && !m->cut && !zip_member_is_lost(z);
    uint64_t packed = z->entry.packed > 0 ? z->entry.packed : m->packed;
    return zip_descriptor(in, packed, seen ? &m->size : NULL, &z->entry, more);
}

/* Where the sizes stood before, there may be none. */
static bool step_descriptor(struct zip *z, struct bytes *in) {
    bool more, known = z->entry.packed > 0;
    size_t n = find_descriptor(z, *in, &more);
    if (n == 0 && more)
        return false;
    advance_input(in, n);
    bool empty = z->member.packed == 0 && z->entry.packed == 0; /* a header follows at once */
    if (n > 0 || known || empty)
        zip_directory_note_member(z);
    else
        z->member.cut = true;
    zip_member_end(z, n > 0 || (known && z->entry.crc != 0));
    expect_header(z);
    if (n == 0 && !known && !empty)
        lose_place(z);
    return true;
}

static bool step_nowhere(struct zip *z, struct bytes *in) {
    bool found;
    size_t n = zip_find_header(*in, &found);
    advance_input(in, n);
    if (found)
        expect_header(z);
    return n > 0 || found;
}

static void begin_entry(struct zip *z, const uint8_t *header, bool central) {
    zip_entry_read(z, header, central);
    z->at = ZIP_AT_NAME;
}

static void skip_octets(struct zip *z, uint64_t n) {
    z->left = n;
    z->at = ZIP_AT_SKIPPED;
}

static void read_end(struct zip *z, const uint8_t *h) {
    z->ended = true;
    if (zip_u16(h + 4) > 0 && zip_u16(h + 4) < UINT16_MAX)
        unpack_note(z->unpack, "split");
    skip_octets(z, zip_u16(h + 20));
}

/* Of an archive that is split the first octets are a mark (8.5.4). */
static bool step_signature(struct zip *z, struct bytes *in) {
    static const struct {
        enum zip_sign sign;
        size_t n;
    } headers[] = {{ZIP_IS_LOCAL, ZIP_LOCAL},
                   {ZIP_IS_CENTRAL, ZIP_CENTRAL},
                   {ZIP_IS_END, ZIP_END},
                   {ZIP_IS_END_64, ZIP_END_64},
                   {ZIP_IS_LOCATOR, ZIP_LOCATOR}};
    enum { RECORD_MAX = 1 << 16 };
    if (in->n < ZIP_SIGNATURE)
        return false;
    enum zip_sign sign = zip_sign(in->p);
    const uint8_t *h = in->p;
    if (z->members + z->lines == 0 && !z->gapped &&
        (sign == ZIP_IS_DESCRIPTOR || memcmp(h, "PK00", ZIP_SIGNATURE) == 0)) {
        unpack_note(z->unpack, "split");
        advance_input(in, ZIP_SIGNATURE);
        return true;
    }
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        if (sign != headers[i].sign)
            continue;
        if (in->n < headers[i].n)
            return false;
        advance_input(in, headers[i].n);
        if (sign == ZIP_IS_LOCAL || sign == ZIP_IS_CENTRAL)
            begin_entry(z, h, sign == ZIP_IS_CENTRAL);
        else if (sign == ZIP_IS_END)
            read_end(z, h);
        else if (sign == ZIP_IS_END_64)
            skip_octets(z, zip_u64(h + 4) < RECORD_MAX ? zip_u64(h + 4) : 0);
        return true;
    }
    z->at = ZIP_AT_NOWHERE; /* what signs a program, for instance */
    return true;
}

static const struct {
    bool (*step)(struct zip *z, struct bytes *in);
    void (*end)(struct zip *z); /* once `left` is 0; NULL: something else ends it */
} states[] = {
    [ZIP_AT_SIGNATURE] = {step_signature, NULL},
    [ZIP_AT_NAME] = {step_name, end_name},
    [ZIP_AT_EXTRA] = {step_extra, end_extra},
    [ZIP_AT_SKIPPED] = {step_skipped, expect_header},
    [ZIP_AT_CONTENT] = {step_content, end_content},
    [ZIP_AT_STREAM] = {step_stream, NULL},
    [ZIP_AT_DOUBT] = {step_doubt, NULL},
    [ZIP_AT_UNBOUND] = {step_unbound, NULL},
    [ZIP_AT_DESCRIPTOR] = {step_descriptor, NULL},
    [ZIP_AT_NOWHERE] = {step_nowhere, NULL},
};

static void settle_place(struct zip *z) {
    while (states[z->at].end && z->left == 0)
        states[z->at].end(z);
}

/* As far as the octets go: returns how many were taken. */
static size_t take_steps(struct zip *z, struct bytes in) {
    struct bytes rest = in;
    while (rest.n > 0 && states[z->at].step(z, &rest))
        settle_place(z);
    return in.n - rest.n;
}

/* --- Filter --- */

/* What waits is looked at together with what comes, as far as it fits. */
static bool take_held(struct zip *z, struct bytes *in) {
    size_t held = z->held_n, room = ZIP_HELD - held, more = in->n < room ? in->n : room;
    memcpy(z->held + held, in->p, more);
    size_t took = take_steps(z, bytes_of(z->held, held + more));
    if (took >= held) { /* the rest lies in what came */
        advance_input(in, took - held);
        z->held_n = 0;
        return true;
    }
    size_t keep = took == 0 ? held + more : held - took;
    memmove(z->held, z->held + took, keep);
    z->held_n = (uint8_t)keep;
    if (took == 0)
        advance_input(in, more);
    return took > 0;
}

static void zip_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct zip *z = (struct zip *)f;
    struct bytes in = bytes_of(bytes, n);
    while (z->held_n > 0 && in.n > 0)
        take_held(z, &in);
    if (in.n == 0)
        return;
    advance_input(&in, take_steps(z, in));
    memcpy(z->held, in.p, in.n); /* fewer than any step asks for */
    z->held_n = (uint8_t)in.n;
}

/* What waits at a gap, or at the end, has nothing behind it. */
static void flush_held(struct zip *z) {
    struct bytes in = bytes_of(z->held, z->held_n);
    bool more;
    z->held_n = 0;
    if (z->at != ZIP_AT_UNBOUND)
        return;
    for (size_t at = 0; at + 16 <= in.n; at++) {
        struct bytes here = bytes_of(in.p + at, in.n - at);
        uint64_t size = z->member.packed + at;
        if (zip_sign(here.p) == ZIP_IS_DESCRIPTOR && zip_descriptor(here, size, NULL, &z->entry, &more) > 0) {
            zip_member_feed(z, bytes_of(in.p, at));
            zip_directory_note_member(z);
            zip_member_end(z, true);
            lose_place(z);
            return;
        }
    }
    zip_member_feed(z, in);
}

/* A member that is open, whatever it lacks. All of a coded one is there once its coding has ended. */
static void abandon_member(struct zip *z) {
    if (z->at < ZIP_AT_CONTENT || z->at > ZIP_AT_DESCRIPTOR)
        return;
    bool coded = z->member.head != &z->member.filter;
    z->member.cut |= z->at != ZIP_AT_DESCRIPTOR || (!coded && z->entry.packed == 0);
    zip_member_end(z, false);
}

static void zip_gap(struct filter *f, uint64_t n) {
    struct zip *z = (struct zip *)f;
    flush_held(z);
    if (z->at == ZIP_AT_CONTENT || z->at == ZIP_AT_SKIPPED) {
        uint64_t inside = n < z->left ? n : z->left;
        if (z->at == ZIP_AT_CONTENT)
            zip_member_gap(z, inside);
        z->left -= inside;
        n -= inside;
        settle_place(z);
    } else if (z->at == ZIP_AT_STREAM || z->at == ZIP_AT_UNBOUND) {
        zip_member_gap(z, n);
    }
    if (n == 0)
        return;
    abandon_member(z);
    lose_place(z);
}

static void zip_end(struct filter *f, enum transfer_end how) {
    struct zip *z = (struct zip *)f;
    flush_held(z);
    abandon_member(z);
    if (z->office)
        office_finish(z->office);
    pool_give(z->offices, z->office);
    zip_directory_end(z, how);
    pool_give(z->pool, z);
}

static void zip_bounded(struct filter *f) {
    struct zip *z = (struct zip *)f;
    if (z->member.child)
        filter_bounded(z->member.child);
}

static const struct filter_ops zip_ops = {
    .data = zip_data, .gap = zip_gap, .end = zip_end, .bounded = zip_bounded};

/* --- Life --- */

struct zip_all {
    struct pool pool, offices;
    struct hash_key key;
};

static bool matches_zip(const struct file_type *type, struct bytes declared) {
    static const char *const types[] = {"application/zip",
                                        "application/java-archive",
                                        "application/vnd.openxmlformats-officedocument",
                                        "application/vnd.oasis.opendocument",
                                        "application/epub+zip",
                                        "application/vnd.google-earth.kmz",
                                        "application/vnd.android.package-archive"};
    if (type->kind != KIND_ARCHIVE && type->kind != KIND_DOCUMENT)
        return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strncmp(type->mime, types[i], strlen(types[i])) == 0)
            return true;
    return false;
}

struct filter *zip_open(struct zip_all *all, struct unpack *u) {
    struct zip *z = pool_take(&all->pool);
    if (!z) {
        counter_one(COUNTER_ZIP_SHED);
        unpack_bounded(u);
        return NULL;
    }
    memset(z, 0, offsetof(struct zip, held)); /* the rooms behind are written before they are read */
    z->filter.ops = &zip_ops;
    z->pool = &all->pool;
    z->offices = &all->offices;
    z->key = all->key;
    z->unpack = u;
    return &z->filter;
}

void zip_is_inside(struct filter *archive) {
    unpack_note(((struct zip *)archive)->unpack, "prefixed");
}

static struct filter *create_zip(struct unpack *u) {
    return zip_open(unpack_state(u), u);
}

struct zip_all *zip_start(size_t archives) {
    struct zip_all *all = calloc(1, sizeof *all);
    if (all && pool_init(&all->pool, sizeof(struct zip), archives) &&
        pool_init(&all->offices, sizeof(struct office), archives / 4 + 4)) {
        all->key = hash_key_random();
        return all;
    }
    zip_stop(all);
    return NULL;
}

void zip_stop(struct zip_all *all) {
    if (!all)
        return;
    pool_finish(&all->offices);
    pool_finish(&all->pool);
    free(all);
}

static void *start_zip(size_t objects) {
    return zip_start(objects / 16 + 16);
}

static void stop_zip(void *all) {
    zip_stop(all);
}

const struct unpacker unpacker_zip = {
    .name = "zip",
    .kind = UNPACK_FILE,
    .matches = matches_zip,
    .create = create_zip,
    .start = start_zip,
    .stop = stop_zip,
};
