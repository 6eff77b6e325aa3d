/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/examine.h"

#include "base/counter.h"
#include "content/type/picture.h"
#include "mime/mime.h"

/* What formats make children with. */

static struct filter *begin_child(struct examined *x, const struct unpack_child *child) {
    struct filter *f = x->over ? NULL : unpack_begin(x->unpack, child);
    if (f) {
        counter_one(COUNTER_EXAMINE_MEMBERS);
        x->begun++;
    }
    return f;
}

struct filter *examined_begin(struct examined *x, const struct bytes *fact, uint64_t total) {
    return begin_child(x, &(struct unpack_child){.fact = fact, .total = total});
}

struct filter *examined_text(struct examined *x, const struct bytes *fact) {
    return begin_child(x, &(struct unpack_child){.fact = fact, .total = LENGTH_UNKNOWN, .made_up = true});
}

static void meet_bound(struct examined *x) {
    x->over = true;
    counter_one(COUNTER_EXAMINE_OUTPUT);
    unpack_bounded(x->unpack);
}

bool examined_data(struct examined *x, struct filter *child, const uint8_t *bytes, size_t n) {
    size_t take = n < x->output ? n : (size_t)x->output;
    if (child && take > 0)
        filter_data(child, bytes, take);
    x->output -= take;
    if (take < n)
        meet_bound(x);
    return take == n;
}

bool examined_zeros(struct examined *x, struct filter *child, uint64_t n) {
    static const uint8_t zeros[4096];
    for (uint64_t piece; n > 0; n -= piece) {
        piece = n < sizeof zeros ? n : sizeof zeros;
        if (!examined_data(x, child, zeros, (size_t)piece))
            return false;
    }
    return true;
}

struct bytes examined_name(const char *path, char *room, size_t size) {
    if (!path)
        return bytes_of(NULL, 0);
    for (const char *slash; (slash = strpbrk(path, "/\\")) && slash[1];)
        path = slash + 1;
    return mime_file_name(bytes_text(path), false, room, size);
}

/* What is known to be encrypted is told as that. */
void examined_broken(struct examined *x) {
    counter_one(COUNTER_EXAMINE_BROKEN);
    if (object_fact(unpack_object(x->unpack), FACT_ENCRYPTION).n == 0)
        unpack_bounded(x->unpack);
}

void examined_plainly(struct examined *x) {
    static const struct bytes nothing[FACT_COUNT];
    struct picture_finder finder = {0};
    struct picture found = {0};
    if (x->begun == 0)
        found = picture_find(&finder, x->image, true);
    if (!found.type)
        return;
    struct bytes rest = bytes_of(x->image.p + found.offset, x->image.n - (size_t)found.offset);
    struct filter *child = examined_begin(x, nothing, LENGTH_UNKNOWN);
    if (!child)
        return;
    bool all = examined_data(x, child, rest.p, rest.n);
    filter_end(child, all && x->whole ? TRANSFER_DONE : TRANSFER_CUT);
}
