/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/tar/tar.h"

void tar_properties_begin(struct tar *t) {
    memset(&t->properties, 0, offsetof(struct tar_properties, text));
}

/* "0,512,8192,512": places and sizes in turn. */
static void read_map(struct tar_sparse *s, struct bytes value, bool cut) {
    uint64_t offset, n;
    s->on = true;
    s->over |= cut;
    while (value.n > 0) {
        struct bytes first = bytes_until(value, ',');
        if (first.n == value.n)
            return;
        value = bytes_of(value.p + first.n + 1, value.n - first.n - 1);
        struct bytes second = bytes_until(value, ',');
        if ((cut && second.n == value.n) || !bytes_number(first, &offset) || !bytes_number(second, &n))
            return;
        tar_sparse_add(s, offset, n);
        size_t skip = second.n + (second.n < value.n);
        value = bytes_of(value.p + skip, value.n - skip);
    }
}

/* GNU's forms 0.0, 0.1 and 1.0 ("Storing Sparse Files" of its manual). */
static void read_sparse(struct tar *t, struct bytes key, struct bytes value, bool cut) {
    struct tar_sparse *s = &t->sparse;
    uint64_t n;
    if (bytes_equal(key, bytes_text("name"))) {
        tar_set_path(t, value);
        s->named = true;
    }
    if (bytes_equal(key, bytes_text("map")))
        read_map(s, value, cut);
    if (!bytes_number(value, &n))
        return;
    if (bytes_equal(key, bytes_text("major")) && n == 1)
        s->on = s->leads = true;
    else if (bytes_equal(key, bytes_text("realsize")) || bytes_equal(key, bytes_text("size")))
        s->real = n;
    else if (bytes_equal(key, bytes_text("offset")))
        s->number = n;
    else if (bytes_equal(key, bytes_text("numbytes"))) {
        s->on = true;
        tar_sparse_add(s, s->number, n);
    }
}

static void end_property(struct tar *t) {
    static const char sparse[] = "GNU.sparse.";
    const struct tar_properties *p = &t->properties;
    struct bytes text = bytes_of(p->text, p->n), key = bytes_until(text, '=');
    if (key.n == text.n)
        return;
    struct bytes value = bytes_of(text.p + key.n + 1, text.n - key.n - 1);
    if (!p->cut && value.n > 0 && value.p[value.n - 1] == '\n')
        value.n--;
    if (value.n == 0)
        return;
    if (bytes_equal(key, bytes_text("path")) && !t->sparse.named)
        tar_set_path(t, value);
    else if (bytes_equal(key, bytes_text("size")) && !bytes_number(value, &t->size))
        t->size = LENGTH_UNKNOWN;
    else if (key.n >= sizeof sparse && memcmp(key.p, sparse, sizeof sparse - 1) == 0)
        read_sparse(t, bytes_of(key.p + sizeof sparse - 1, key.n - sizeof sparse + 1), value, p->cut);
}

/* One octet of a property's length, which counts itself. */
static void take_length(struct tar_properties *p, uint8_t c) {
    enum { DIGITS_MAX = 12 };
    bool digit = c >= '0' && c <= '9' && p->digits < DIGITS_MAX;
    if (digit) {
        p->length = p->length * 10 + (uint64_t)(c - '0');
        p->digits++;
    } else if (c == ' ' && p->length > p->digits + 1u) {
        p->left = p->length - p->digits - 1;
        p->length = p->digits = 0;
        p->n = 0;
        p->cut = false;
    } else {
        p->broken = true;
    }
}

void tar_properties_take(struct tar *t, const uint8_t *bytes, size_t n) {
    struct tar_properties *p = &t->properties;
    while (n > 0 && !p->broken) {
        size_t take = 1;
        if (p->left == 0) {
            take_length(p, *bytes);
        } else {
            size_t room = (size_t)(TAR_PROPERTY - p->n);
            take = n < p->left ? n : (size_t)p->left;
            memcpy(p->text + p->n, bytes, take < room ? take : room);
            p->n = (uint16_t)(p->n + (take < room ? take : room));
            p->cut |= take > room;
            p->left -= take;
            if (p->left == 0)
                end_property(t);
        }
        bytes += take;
        n -= take;
    }
}
