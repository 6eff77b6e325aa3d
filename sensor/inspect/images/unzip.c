/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/unzip.h"

#include "base/counter.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

struct unzip {
    z_stream z;
    size_t produced;
    bool over;
};

struct unzip *unzip_create(void) {
    struct unzip *u = calloc(1, sizeof *u);
    if (u && inflateInit(&u->z) != Z_OK) {
        free(u);
        return NULL;
    }
    return u;
}

void unzip_destroy(struct unzip *u) {
    if (!u)
        return;
    inflateEnd(&u->z);
    free(u);
}

void unzip_reset(struct unzip *u) {
    inflateReset(&u->z);
    u->produced = 0;
    u->over = false;
}

bool unzip_push(struct unzip *u, struct bytes in, bool (*out)(void *context, struct bytes text),
                void *context) {
    uint8_t text[4096];
    u->z.next_in = (Bytef *)(uintptr_t)in.p;
    u->z.avail_in = in.n < UINT_MAX ? (uInt)in.n : UINT_MAX;
    while (!u->over) {
        u->z.next_out = text;
        u->z.avail_out = sizeof text;
        int result = inflate(&u->z, Z_NO_FLUSH);
        size_t n = sizeof text - u->z.avail_out;
        u->produced += n;
        bool stopped = n > 0 && !out(context, bytes_of(text, n));
        if (result == Z_MEM_ERROR)
            counter_one(COUNTER_INSPECT_UNZIP_SHED);
        u->over = stopped || (result != Z_OK && result != Z_BUF_ERROR) || u->produced >= UNZIP_OUTPUT_MAX;
        if (u->z.avail_out > 0)
            break;
    }
    return !u->over;
}
