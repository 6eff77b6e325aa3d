/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/archived.h"

#include "content/chain.h"
#include "mime/mime.h"

enum { NAME_ROOM = 512 };

void archived_begin(struct archived *a, struct bytes path, uint64_t size) {
    char scratch[NAME_ROOM];
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    fact[FACT_PATH] = path;
    fact[FACT_NAME] = mime_file_name(path, false, scratch, sizeof scratch);
    const struct unpack_child child = {.fact = fact, .total = size};
    if (!unpack_pays(a->unpack) && size < ALLOWANCE_SMALL) {
        unpack_bounded(a->unpack);
        counter_one(a->small);
        return;
    }
    a->file = unpack_begin(a->unpack, &child);
    counter_one(a->files);
}

void archived_data(struct archived *a, const uint8_t *bytes, size_t n) {
    if (a->file && n > 0)
        filter_data(a->file, bytes, n);
}

void archived_gap(struct archived *a, uint64_t n) {
    if (a->file && n > 0)
        filter_gap(a->file, n);
}

void archived_zeros(struct archived *a, uint64_t n, uint64_t in) {
    static const uint8_t zeros[32 << 10];
    const struct object *o = a->file ? filter_object(a->file) : NULL;
    const struct limits *l = &a->unpack->content->options.codings.limits;
    const char *bound = "ratio-bound";
    bool over = false;
    while (o && n > 0 && !over) {
        size_t some = n < sizeof zeros ? (size_t)n : sizeof zeros;
        size_t take = limit_output(l, in, o->size < l->output_max ? o->size : l->output_max, some, &over);
        size_t paid = allowance_take(o->allowance, ACCOUNT_DECODED, take);
        if (paid < some)
            bound = paid < take ? "allowance-bound" : "output-bound";
        over |= paid < some;
        archived_data(a, zeros, paid);
        n -= paid;
    }
    if (!o || n == 0)
        return;
    filter_bounded(a->file);
    filter_name_bound(a->file, bound);
    archived_gap(a, n);
}

void archived_end(struct archived *a, enum transfer_end how) {
    if (a->file)
        filter_end(a->file, how);
    a->file = NULL;
}
