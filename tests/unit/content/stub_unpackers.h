/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TEST_STUB_UNPACKERS_H
#define GANTRY_TEST_STUB_UNPACKERS_H

#include "content/unpack/unpack.h"
#include "mime/mime.h"

#include <stdlib.h>

/* Two unpackers for tests, as small as they can be: ZIP whose members are stored (APPNOTE.TXT 4.3.7), a file
 * of its own, and message/rfc822, a wrapper. */

enum { STUB_HEAD_MAX = 2048, ZIP_HEAD = 30 };

struct stub {
    struct filter filter;
    struct unpack *unpack;
    struct filter *child;
    uint8_t head[STUB_HEAD_MAX];
    size_t head_n;
    uint64_t left; /* ZIP: octets of the member that are to come */
    bool body;     /* within a member, or behind the head of a message */
    bool over;
};

static inline struct filter *stub_create(struct unpack *u, const struct filter_ops *ops) {
    struct stub *s = calloc(1, sizeof *s);
    s->filter.ops = ops;
    s->unpack = u;
    return &s->filter;
}

static inline void stub_end_child(struct stub *s, enum transfer_end how) {
    if (s->child)
        filter_end(s->child, how);
    s->child = NULL;
    s->body = false;
}

static inline uint32_t stub_le(const uint8_t *p, int octets) {
    uint32_t value = 0;
    for (int i = octets; i-- > 0;)
        value = value << 8 | p[i];
    return value;
}

/* --- ZIP --- */

static inline void stub_zip_lose(struct stub *s) {
    unpack_incomplete(s->unpack);
    stub_end_child(s, TRANSFER_CUT);
    s->over = true;
}

static inline void stub_zip_begin(struct stub *s, size_t name_n) {
    struct bytes fact[FACT_COUNT] = {[FACT_NAME] = bytes_of(s->head + ZIP_HEAD, name_n)};
    s->left = stub_le(s->head + 18, 4);
    s->child = unpack_begin(s->unpack, &(struct unpack_child){.fact = fact, .total = s->left});
    s->body = true;
    s->head_n = 0;
    if (s->left == 0)
        stub_end_child(s, TRANSFER_DONE);
}

static inline void stub_zip_head(struct stub *s, uint8_t byte) {
    s->head[s->head_n++] = byte;
    if (s->head_n == 4 && memcmp(s->head, "PK\3\4", 4) != 0) /* the directory */
        s->over = true;
    size_t name = s->head_n < ZIP_HEAD ? 0 : stub_le(s->head + 26, 2), all = ZIP_HEAD + name;
    if (s->head_n >= ZIP_HEAD && s->head_n == all)
        stub_zip_begin(s, name);
}

static inline void stub_zip_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct stub *s = (struct stub *)f;
    while (n > 0 && !s->over) {
        size_t step = 1;
        if (!s->body) {
            stub_zip_head(s, *bytes);
        } else {
            step = n < s->left ? n : (size_t)s->left;
            if (s->child)
                filter_data(s->child, bytes, step);
            s->left -= step;
            if (s->left == 0)
                stub_end_child(s, TRANSFER_DONE);
        }
        bytes += step;
        n -= step;
    }
}

static inline void stub_zip_gap(struct filter *f, uint64_t n) {
    struct stub *s = (struct stub *)f;
    if (s->over)
        return;
    if (!s->body || n > s->left) {
        stub_zip_lose(s);
        return;
    }
    if (s->child)
        filter_gap(s->child, n);
    s->left -= n;
    if (s->left == 0)
        stub_end_child(s, TRANSFER_DONE);
}

static inline void stub_zip_end(struct filter *f, enum transfer_end how) {
    struct stub *s = (struct stub *)f;
    if (!s->over && (s->body || s->head_n > 0))
        stub_zip_lose(s);
    free(s);
}

static const struct filter_ops stub_zip_ops = {
    .data = stub_zip_data, .gap = stub_zip_gap, .end = stub_zip_end};

static bool stub_is_zip(const struct file_type *type, struct bytes declared) {
    return strcmp(type->mime, "application/zip") == 0;
}

static struct filter *stub_create_zip(struct unpack *u) {
    return stub_create(u, &stub_zip_ops);
}

/* A member, stored, behind what is in `out` already; returns the octets there are now. */
static inline size_t zip_add(uint8_t *out, size_t at, const char *name, const uint8_t *bytes, size_t n) {
    uint8_t head[ZIP_HEAD] = {'P', 'K', 3, 4, 10};
    size_t name_n = strlen(name);
    for (int i = 0; i < 4; i++)
        head[18 + i] = head[22 + i] = (uint8_t)(n >> 8 * i);
    head[26] = (uint8_t)name_n;
    memcpy(out + at, head, sizeof head);
    memcpy(out + at + ZIP_HEAD, name, name_n);
    memcpy(out + at + ZIP_HEAD + name_n, bytes, n);
    return at + ZIP_HEAD + name_n + n;
}

/* The end of the directory, empty: where the members are over. */
static inline size_t zip_close(uint8_t *out, size_t at) {
    memset(out + at, 0, 22);
    memcpy(out + at, "PK\5\6", 4);
    return at + 22;
}

/* --- message/rfc822 --- */

static inline void stub_message_begin(struct stub *s) {
    struct bytes rest = bytes_of(s->head, mime_head_unfold(s->head, s->head_n)), name, value;
    struct bytes fact[FACT_COUNT] = {{NULL, 0}}, codings = bytes_of(NULL, 0);
    while (mime_head_next(&rest, &name, &value)) {
        if (bytes_equal_nocase(name, "Content-Type"))
            fact[FACT_DECLARED_TYPE] = value;
        if (bytes_equal_nocase(name, "Content-Transfer-Encoding"))
            codings = value;
    }
    const struct unpack_child child = {.fact = fact, .codings = codings, .total = LENGTH_UNKNOWN};
    s->child = unpack_begin(s->unpack, &child);
    s->body = true;
}

static inline void stub_message_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct stub *s = (struct stub *)f;
    for (; n > 0 && !s->body && s->head_n < STUB_HEAD_MAX; bytes++, n--) {
        s->head[s->head_n++] = *bytes;
        if (s->head_n >= 4 && memcmp(s->head + s->head_n - 4, "\r\n\r\n", 4) == 0)
            stub_message_begin(s);
    }
    if (n > 0 && s->child)
        filter_data(s->child, bytes, n);
}

static inline void stub_message_gap(struct filter *f, uint64_t n) {
    struct stub *s = (struct stub *)f;
    if (s->child)
        filter_gap(s->child, n);
    else
        unpack_incomplete(s->unpack);
}

static inline void stub_message_end(struct filter *f, enum transfer_end how) {
    stub_end_child((struct stub *)f, how);
    free(f);
}

static const struct filter_ops stub_message_ops = {
    .data = stub_message_data, .gap = stub_message_gap, .end = stub_message_end};

static bool stub_is_message(const struct file_type *type, struct bytes declared) {
    return bytes_starts_nocase(declared, "message/rfc822") && type->kind == KIND_TEXT;
}

static struct filter *stub_create_message(struct unpack *u) {
    return stub_create(u, &stub_message_ops);
}

static const struct file_type *stub_message_type(struct bytes declared) {
    static const struct file_type type = {"message/rfc822", "mail", KIND_ARCHIVE};
    return &type;
}

static const struct unpacker stub_zip = {
    .name = "zip", .kind = UNPACK_FILE, .matches = stub_is_zip, .create = stub_create_zip};
static const struct unpacker stub_message = {.name = "message",
                                             .kind = UNPACK_WRAPPER,
                                             .matches = stub_is_message,
                                             .create = stub_create_message,
                                             .type_of = stub_message_type};

#endif
