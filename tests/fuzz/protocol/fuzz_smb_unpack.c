/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/unpack.h"

#include <stdlib.h>

/* What SMB compresses with: the first octet chooses how, two more say how many octets are wanted. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool (*const unpack[])(struct bytes in, uint8_t * out, size_t n) = {
        unpack_lznt1, unpack_lz77, unpack_lz77_huffman, unpack_pattern, unpack_lz4};
    if (size < 3)
        return 0;
    size_t n = (size_t)(data[1] | data[2] << 8) + 1;
    uint8_t *out = malloc(n);
    unpack[data[0] % 5](bytes_of(data + 3, size - 3), out, n);
    free(out);
    return 0;
}
