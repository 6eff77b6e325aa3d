/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_SEAL_SEVENZIP_HEAD_H
#define GANTRY_CONTENT_SEAL_SEVENZIP_HEAD_H

#include "base/bytes.h"

/* Internal to content/seal/: the head of a 7z archive (7zFormat.txt, "Header" and "HeaderInfo"). */

enum { SEVENZIP_HEAD_MAX = 8 << 10, SEVENZIP_PROPERTIES = 5 };

/* How a head is packed, as what stands in its place describes. */
struct sevenzip_packed {
    uint64_t from, size; /* where it is, behind the first 32 octets of the file */
    bool encrypted;
    bool lzma; /* by LZMA alone, with these properties: */
    uint8_t properties[SEVENZIP_PROPERTIES];
};

struct sevenzip_head {
    bool encrypted;     /* a coder of its content is AES */
    uint64_t files;     /* 0: not known */
    struct bytes names; /* of them, in UTF-16, each with a zero behind; of as many as are there */
};

bool sevenzip_is_packed(struct bytes described);
/* False: it cannot be read. */
bool sevenzip_read_packed(struct bytes described, struct sevenzip_packed *out);
/* Up to SEVENZIP_HEAD_MAX octets of the head to `out`; returns how many. */
size_t sevenzip_unpack_head(const struct sevenzip_packed *p, struct bytes packed, uint8_t *out);
/* As far as it is there. */
void sevenzip_read_head(struct bytes head, struct sevenzip_head *out);
/* The next name in UTF-8, which is cut off `names`; returns its octets, 0 if it does not fit or is cut. */
size_t sevenzip_take_name(struct bytes *names, uint8_t *out, size_t room);

#endif
