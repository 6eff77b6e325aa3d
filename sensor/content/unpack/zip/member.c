/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/zip/zip.h"

#include "base/counter.h"
#include "mime/mime.h"

#include <stdio.h>
#include <zlib.h>

/* --- the filter in front of its child --- */

static struct zip_member *member_of(struct filter *f) {
    return (struct zip_member *)f;
}

/* A member of a document in which people see rows or text. */
static void begin_office(struct zip *z, struct bytes path) {
    enum office_part part = office_part_of(path);
    if (part == OFFICE_NONE)
        return;
    if (!z->office && (z->office = pool_take(z->offices)))
        office_init(z->office, z->unpack);
    if (z->office)
        office_begin(z->office, part);
    else
        counter_one(COUNTER_ZIP_ROWS_FULL);
}

static void end_office(struct zip *z, bool whole) {
    if (z->office)
        office_end(z->office, whole);
}

/* What stands behind the last slash is its name. */
static void begin_child(struct zip_member *m) {
    struct zip *z = m->zip;
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    char path[ZIP_PATH], scratch[ZIP_NAME];
    fact[FACT_PATH] = zip_entry_path(z, path);
    fact[FACT_NAME] = mime_file_name(fact[FACT_PATH], false, scratch, sizeof scratch);
    const struct unpack_child child = {
        .fact = fact,
        .total = m->head == &m->filter && z->at == ZIP_AT_CONTENT ? z->entry.packed : LENGTH_UNKNOWN};
    m->child = unpack_begin(z->unpack, &child);
    m->refused = !m->child;
    counter_add(COUNTER_ZIP_MEMBERS, m->child != NULL);
    if (m->child)
        begin_office(z, fact[FACT_PATH]);
}

static bool has_child(struct zip_member *m) {
    if (!m->child && !m->refused)
        begin_child(m);
    return m->child != NULL;
}

static void member_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct zip_member *m = member_of(f);
    m->crc = (uint32_t)crc32_z(m->crc, bytes, n);
    m->size = add_sizes(m->size, n);
    if (has_child(m))
        filter_data(m->child, bytes, n);
    if (m->zip->office)
        office_data(m->zip->office, bytes_of(bytes, n));
}

static void member_gap(struct filter *f, uint64_t n) {
    struct zip_member *m = member_of(f);
    m->cut = true;
    if (has_child(m))
        filter_gap(m->child, n);
    end_office(m->zip, false);
}

/* Of its coding; whether its content is what the archive says is not known yet. */
static void member_end(struct filter *f, enum transfer_end how) {
    member_of(f)->cut |= how != TRANSFER_DONE;
}

static void member_bounded(struct filter *f) {
    struct zip_member *m = member_of(f);
    m->cut = true;
    if (m->child)
        filter_bounded(m->child);
    else
        unpack_bounded(m->zip->unpack);
}

static void member_name_bound(struct filter *f, const char *bound) {
    struct zip_member *m = member_of(f);
    if (m->child)
        filter_name_bound(m->child, bound);
    else
        unpack_note(m->zip->unpack, bound);
}

static const struct filter_ops member_ops = {.data = member_data,
                                             .gap = member_gap,
                                             .end = member_end,
                                             .bounded = member_bounded,
                                             .name_bound = member_name_bound};

/* --- how it is read --- */

static struct coding_list coding_of(uint16_t method) {
    static const struct {
        uint16_t method;
        const char *name;
    } named[] = {{12, "bzip2"}, {ZIP_LZMA_METHOD, "lzma"}, {20, "zstd"}, {93, "zstd"}, {95, "xz"}};
    if (method == ZIP_DEFLATED)
        return coding_bare();
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (named[i].method == method)
            return coding_parse(bytes_text(named[i].name), 1, false);
    return (struct coding_list){.n = 0};
}

/* Its rules need not wait for the end. */
static void note_encrypted(struct zip *z) {
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    bool strong = z->entry.flags & ZIP_STRONG;
    const char *scheme = z->entry.method == ZIP_AES ? "zip-aes" : strong ? "zip-strong" : "zip-traditional";
    fact[FACT_ENCRYPTION] = bytes_text(scheme);
    if (z->encrypted++ == 0)
        unpack_tell(z->unpack, fact);
    counter_one(COUNTER_ZIP_ENCRYPTED);
    zip_directory_list(z);
}

static void note_unread(struct zip *z) {
    const char *name = zip_method_name(z->entry.method);
    char word[32];
    snprintf(word, sizeof word, "method-%s", name ? name : "unknown");
    counter_one(COUNTER_ZIP_UNREAD);
    unpack_note(z->unpack, word);
    unpack_bounded(z->unpack);
    zip_directory_list(z);
}

/* Few octets are worth no object where nobody pays for one. */
static bool is_paid(struct zip *z, bool known) {
    if (unpack_pays(z->unpack) || (known && z->entry.packed >= ALLOWANCE_SMALL))
        return true;
    counter_one(COUNTER_ZIP_SMALL);
    unpack_bounded(z->unpack);
    return false;
}

static struct filter *open_member(struct zip *z, bool known) {
    struct filter *next = &z->member.filter, *head;
    bool stored = z->entry.method == ZIP_STORED;
    struct coding_list coding = coding_of(z->entry.method);
    if (z->entry.flags & ZIP_ENCRYPTED) {
        note_encrypted(z);
        return NULL;
    }
    if (!stored && coding.n == 0) {
        note_unread(z);
        return NULL;
    }
    if ((known && z->entry.packed == 0) || !is_paid(z, known))
        return NULL;
    head = stored ? next : unpack_begin_coding(z->unpack, coding, next);
    if (!head)
        unpack_bounded(z->unpack);
    return head;
}

/* In a member that is written before its size is known that is 0, or all ones. */
static bool knows_size(const struct zip_entry *e) {
    bool ones = e->packed == UINT32_MAX && !e->long_sizes;
    return !(e->flags & ZIP_STREAMED) || (e->packed > 0 && !ones);
}

void zip_member_begin(struct zip *z) {
    bool known = knows_size(&z->entry);
    z->member = (struct zip_member){.filter.ops = &member_ops, .zip = z};
    if (!known)
        z->entry.packed = z->entry.size = 0;
    z->left = z->entry.packed;
    z->at = known ? ZIP_AT_CONTENT : ZIP_AT_UNBOUND;
    z->member.head = open_member(z, known);
    if (!known && z->member.head && z->member.head != &z->member.filter)
        z->at = ZIP_AT_STREAM;
}

/* --- its octets --- */

static bool has_progress(const struct zip *z, enum coding_progress how) {
    const struct filter *head = z->member.head;
    return head && head != &z->member.filter && coding_progress(head) == how;
}

bool zip_member_is_lost(const struct zip *z) {
    return has_progress(z, CODING_LOST);
}

bool zip_member_is_over(const struct zip *z) {
    return has_progress(z, CODING_AT_END);
}

bool zip_member_goes_on(const struct zip *z) {
    return has_progress(z, CODING_GOES_ON) && !z->member.cut && !coding_may_end(z->member.head);
}

/* The head of LZMA (5.8.8) has the version of a program, how long the properties are, and these; that of a
 * file of LZMA, which the coding reads, the properties and the size, all ones where a mark ends the stream.
 * Of properties of another length nothing is known: the coding gives up. */
static void feed_lzma_head(struct zip *z) {
    struct zip_member *m = &z->member;
    bool marked = z->at == ZIP_AT_STREAM || (z->entry.flags & ZIP_MARKED);
    uint64_t size = marked ? UINT64_MAX : z->entry.size;
    uint8_t head[5 + 8];
    memcpy(head, m->lzma + 4, 5);
    if (zip_u16(m->lzma + 2) != 5)
        head[0] = UINT8_MAX;
    for (unsigned i = 0; i < 8; i++)
        head[5 + i] = (uint8_t)(size >> 8 * i);
    coding_feed(m->head, head, sizeof head);
}

/* How many octets the coding took. */
static size_t feed_coding(struct zip *z, struct bytes in) {
    struct zip_member *m = &z->member;
    size_t n = 0;
    if (z->entry.method != ZIP_LZMA_METHOD)
        return coding_feed(m->head, in.p, in.n);
    while (m->lzma_n < ZIP_LZMA && n < in.n) {
        m->lzma[m->lzma_n++] = in.p[n++];
        if (m->lzma_n == ZIP_LZMA)
            feed_lzma_head(z);
    }
    return n < in.n ? n + coding_feed(m->head, in.p + n, in.n - n) : n;
}

size_t zip_member_feed(struct zip *z, struct bytes in) {
    struct zip_member *m = &z->member;
    size_t took = in.n;
    bool wanted = m->head && !(m->refused && z->at == ZIP_AT_CONTENT);
    if (wanted && in.n > 0 && m->head == &m->filter)
        filter_data(m->head, in.p, in.n);
    else if (wanted && in.n > 0)
        took = feed_coding(z, in);
    if (z->at == ZIP_AT_CONTENT && zip_member_is_lost(z))
        took = in.n;
    m->packed = add_sizes(m->packed, took);
    return took;
}

void zip_member_gap(struct zip *z, uint64_t n) {
    struct zip_member *m = &z->member;
    m->cut = true;
    m->packed = add_sizes(m->packed, n);
    if (m->head && !m->refused)
        filter_gap(m->head, n);
}

bool zip_member_is_read(const struct zip_entry *e) {
    return !(e->flags & ZIP_ENCRYPTED) && (e->method == ZIP_STORED || coding_of(e->method).n > 0);
}

static bool is_as_told(const struct zip *z) {
    return z->member.size == z->entry.size && z->member.crc == z->entry.crc;
}

void zip_member_end(struct zip *z, bool known) {
    struct zip_member *m = &z->member;
    struct filter *head = m->head;
    bool looked = head && !m->refused;
    m->head = NULL;
    if (head && head != &m->filter)
        filter_end(head, TRANSFER_DONE);
    if (looked && known && !m->cut && !is_as_told(z)) {
        m->cut = true;
        counter_one(COUNTER_ZIP_DAMAGED);
        unpack_note(z->unpack, "wrong-checksum");
    }
    end_office(z, !m->cut);
    if (m->child)
        filter_end(m->child, m->cut ? TRANSFER_CUT : TRANSFER_DONE);
    m->child = NULL;
}
