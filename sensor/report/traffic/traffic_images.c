/* SPDX-License-Identifier: Apache-2.0 */
#include "report/traffic/traffic_line.h"

#include <stdio.h>
#include <stdlib.h>

/* How large the pictures are that an image network sends in clear: a sketch of each network, learnt for ever,
 * in which what was long ago fades. In the store it is rows of `meta`, eight of its shares in each. */
enum { LEARNT_LEAST = 20, SMALLEST = 16384, ROW_SHARES = 8 };
static const char prefix[] = "traffic.images.";

static struct image_sizes *find_network(struct traffic *t, struct bytes network) {
    for (size_t i = 0; i < t->image_networks; i++)
        if (bytes_equal(bytes_text(t->images[i].network), network))
            return &t->images[i];
    return NULL;
}

/* NULL: there is no room for it. */
static struct image_sizes *take_network(struct traffic *t, struct bytes network) {
    struct image_sizes *s = find_network(t, network);
    if (s)
        return s;
    if (t->image_networks == TRAFFIC_IMAGES_MAX || network.n == 0 || network.n >= sizeof s->network) {
        counter_one(COUNTER_IMAGE_SIZES_LEFT);
        return NULL;
    }
    s = &t->images[t->image_networks++];
    memcpy(s->network, network.p, network.n);
    return s;
}

void traffic_learn(struct traffic *t, const struct record *r) {
    bool picture = r->kind == RECORD_TRANSFER && r->matters && r->complete && r->bytes >= SMALLEST &&
                   bytes_starts_nocase(record_text_of(r, TEXT_MIME), "image/");
    struct image_sizes *s = picture ? take_network(t, record_text_of(r, TEXT_NETWORK)) : NULL;
    if (!s)
        return;
    upload_sizes_add(&s->sizes, r->bytes);
    s->changed = true;
}

uint8_t traffic_like_images(struct traffic *t, const struct record *r) {
    const struct image_sizes *s = find_network(t, record_text_of(r, TEXT_NETWORK));
    if (!s || upload_sizes_count(&s->sizes) < LEARNT_LEAST || !upload_sizes_any(&r->sizes))
        return 0;
    return (uint8_t)(upload_sizes_alike(&s->sizes, &r->sizes) + 1);
}

/* --- store --- */

static bool save_network(const struct image_sizes *s, struct store *store) {
    char name[sizeof prefix + sizeof s->network + 8];
    bool ok = true;
    for (unsigned row = 0; row * ROW_SHARES < UPLOAD_SIZE_CLASSES && ok; row++) {
        uint64_t shares = 0;
        for (unsigned i = 0; i < ROW_SHARES && row * ROW_SHARES + i < UPLOAD_SIZE_CLASSES; i++)
            shares |= (uint64_t)s->sizes.n[row * ROW_SHARES + i] << i * 8;
        snprintf(name, sizeof name, "%s%u.%s", prefix, row, s->network);
        const struct store_value v[] = {STORE_T(bytes_text(name)), STORE_N(shares)};
        ok = store_run(store, STORE_META_PUT, v, 2);
    }
    return ok;
}

bool traffic_save_images(struct traffic *t, struct store *store) {
    bool ok = true;
    for (size_t i = 0; i < t->image_networks && ok; i++)
        ok = !t->images[i].changed || save_network(&t->images[i], store);
    return ok;
}

void traffic_mark_images(struct traffic *t, bool changed) {
    for (size_t i = 0; i < t->image_networks; i++)
        t->images[i].changed = changed;
}

void traffic_load_images(struct traffic *t, struct bytes name, uint64_t shares) {
    size_t n = sizeof prefix - 1;
    if (name.n < n + 3 || memcmp(name.p, prefix, n) != 0 || name.p[n] < '0' || name.p[n] > '9' ||
        name.p[n + 1] != '.')
        return;
    unsigned row = name.p[n] - '0';
    struct image_sizes *s = take_network(t, bytes_of(name.p + n + 2, name.n - n - 2));
    for (unsigned i = 0; s && i < ROW_SHARES && row * ROW_SHARES + i < UPLOAD_SIZE_CLASSES; i++)
        s->sizes.n[row * ROW_SHARES + i] = (uint8_t)(shares >> i * 8);
}
