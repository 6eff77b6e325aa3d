/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/unknown/envelope.h"

#include <stdlib.h>

/* A client's octets, whole and cut by the first of them: the same recipients. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct envelope whole = {.text = false}, pieces = {.text = false};
    size_t step = size ? data[0] + 1u : 1;
    envelope_read(&whole, bytes_of(data, size));
    for (size_t at = 0; at < size; at += step)
        envelope_read(&pieces, bytes_of(data + at, size - at < step ? size - at : step));
    if (whole.list_n > ENVELOPE_LIST || whole.line_n > ENVELOPE_LINE ||
        !bytes_equal(bytes_of(whole.list, whole.list_n), bytes_of(pieces.list, pieces.list_n)))
        abort();
    envelope_gap(&pieces, size);
    envelope_read(&pieces, bytes_of(data, size));
    return 0;
}
