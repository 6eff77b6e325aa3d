/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_ARCHIVED_H
#define GANTRY_CONTENT_ARCHIVED_H

#include "base/counter.h"
#include "content/unpack/unpack.h"

/* Internal to content/unpack/: the file that an archive is at which writes one behind the other. */
struct archived {
    struct unpack *unpack;
    enum counter files, small; /* those that were taken out, and those of few bytes that nobody pays for */
    struct unpack_made zeros;  /* that it leaves out */
    struct filter *file;       /* NULL: none, or it is left out */
};

/* One of `size` octets begins; its name is what stands behind the last slash of its path. */
void archived_begin(struct archived *a, struct bytes path, uint64_t size);
/* What stands behind the archive's end: of no name and unknown size. */
void archived_begin_trailer(struct archived *a);
void archived_data(struct archived *a, const uint8_t *bytes, size_t n);
void archived_gap(struct archived *a, uint64_t n);
/* Zeros that the archive leaves out; as many as its hosts pay for, the rest is missing. `in`: octets of the
 * archive so far. */
void archived_zeros(struct archived *a, uint64_t n, uint64_t in);
void archived_end(struct archived *a, enum transfer_end how);

#endif
