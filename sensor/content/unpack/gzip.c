/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/unpack.h"

#include "base/stage.h"

/* gzip files (RFC 1952): one child, the content of all members. */

static bool matches_gzip(const struct file_type *type, struct bytes declared) {
    return bytes_equal(bytes_text(type->mime), bytes_text("application/gzip"));
}

/* As gunzip names what it writes. */
static struct bytes name_content(struct bytes name) {
    static const char *const ends[] = {".gz", ".gzip"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t n = strlen(ends[i]);
        if (name.n > n && bytes_equal_nocase(bytes_of(name.p + name.n - n, n), ends[i]))
            return bytes_of(name.p, name.n - n);
    }
    return name;
}

/* The decoder is all that stands between the file and its content; without it this would be the file again.
 */
static struct filter *create_gzip(struct unpack *u) {
    if (stage_left_out(STAGE_CODING)) {
        unpack_bounded(u);
        return NULL;
    }
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    fact[FACT_NAME] = name_content(object_fact(unpack_object(u), FACT_NAME));
    const struct unpack_child child = {.fact = fact, .codings = bytes_text("gzip"), .total = LENGTH_UNKNOWN};
    return unpack_begin(u, &child);
}

const struct unpacker unpacker_gzip = {
    .name = "gzip", .kind = UNPACK_FILE, .matches = matches_gzip, .create = create_gzip};
