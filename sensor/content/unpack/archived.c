/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/archived.h"

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
    counter_add(a->files, a->file != NULL);
}

void archived_begin_trailer(struct archived *a) {
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    fact[FACT_ORIGIN] = bytes_text("trailer");
    const struct unpack_child child = {.fact = fact, .total = LENGTH_UNKNOWN};
    unpack_note(a->unpack, "trailing-data");
    a->file = unpack_begin(a->unpack, &child);
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
    size_t some = 0, made = 0;
    a->zeros.in = in;
    for (; a->file && n > 0 && made == some; n -= made) {
        some = n < sizeof zeros ? (size_t)n : sizeof zeros;
        made = unpack_make(a->unpack, &a->zeros, a->file, zeros, some);
    }
    archived_gap(a, n);
}

void archived_end(struct archived *a, enum transfer_end how) {
    if (a->file)
        filter_end(a->file, how);
    a->file = NULL;
}
