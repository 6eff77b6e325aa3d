/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/extent/format.h"

#include "base/tar.h"

/* tar: blocks of 512 octets, a header and its content. Behind two blocks of zeros others fill it up to what
 * is written at once, 20 blocks as a rule. Its magic stands too far behind its beginning to be looked for: it
 * is told from a side's first octets. */

enum { RECORD = 20 * TAR_BLOCK };

struct tar_state {
    bool zeros; /* the block before is one of zeros */
};
EXTENT_STATE(struct tar_state);

static bool is_header(const uint8_t *h) {
    return memcmp(h + TAR_MAGIC, "ustar", 5) == 0 && tar_is_header(h);
}

static void read_header(struct extent *e);

static void read_filling(struct extent *e) {
    if (!tar_is_zero(e->header))
        extent_end(e);
    else if (e->at % RECORD == 0)
        extent_skip_to_end(e, 0);
    else
        extent_ahead(e, 0, TAR_BLOCK, read_filling);
}

static void read_zeros(struct extent *e) {
    struct tar_state *s = (void *)e->state;
    if (!s->zeros)
        extent_gather(e, 0, TAR_BLOCK, read_header);
    else if (e->at % RECORD == 0)
        extent_end(e);
    else
        extent_ahead(e, 0, TAR_BLOCK, read_filling);
    s->zeros = true;
}

static void read_header(struct extent *e) {
    struct tar_state *s = (void *)e->state;
    uint64_t size;
    if (tar_is_zero(e->header)) {
        read_zeros(e);
        return;
    }
    s->zeros = false;
    if (!is_header(e->header) || !tar_size(e->header, &size))
        extent_break(e);
    else if (tar_is_bare((char)e->header[TAR_TYPE]))
        extent_gather(e, 0, TAR_BLOCK, read_header);
    else
        extent_skip(e, (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK, TAR_BLOCK, read_header);
}

static const struct extent_format extent_tar = {EXTENT_MAGIC("ustar"), .first = TAR_BLOCK,
                                                .read = read_header};

const struct extent_format *extent_of_first(struct bytes first) {
    return first.n >= TAR_BLOCK && is_header(first.p) ? &extent_tar : NULL;
}
