/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_SMB_UNPACK_H
#define GANTRY_PROTOCOL_SMB_UNPACK_H

#include "base/bytes.h"

/* Internal to smb/: what SMB 3.1.1 compresses with, undone ([MS-SMB2] section 2.2.42). Each fills all `n`
 * octets of `out`; false: `in` does not say so many, or is damaged. */

bool unpack_lznt1(struct bytes in, uint8_t *out, size_t n);        /* [MS-XCA] section 2.5 */
bool unpack_lz77(struct bytes in, uint8_t *out, size_t n);         /* section 2.4 */
bool unpack_lz77_huffman(struct bytes in, uint8_t *out, size_t n); /* section 2.2 */
bool unpack_pattern(struct bytes in, uint8_t *out, size_t n);      /* [MS-SMB2] section 2.2.42.2.2 */
bool unpack_lz4(struct bytes in, uint8_t *out, size_t n);          /* a block of LZ4 */

/* What was written before comes again: `length` octets from `distance` back, one by one. False: it does not
 * lie in the output, or there is no room. */
static inline bool unpack_copy(uint8_t *out, size_t *at, size_t n, size_t distance, size_t length) {
    if (distance == 0 || distance > *at || length > n - *at)
        return false;
    for (; length > 0; length--, ++*at)
        out[*at] = out[*at - distance];
    return true;
}

#endif
