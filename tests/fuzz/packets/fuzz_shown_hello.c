/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/shown_hello.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* First bytes of a client. What is shown of them is a hello too, no longer than what came but by the bytes of
 * what every hello has, and showing it again changes nothing. */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
    uint8_t shown[SHOWN_HELLO_MAX], again[SHOWN_HELLO_MAX];
    size_t first = shown_hello(shown, bytes_of(bytes, n));
    if (first > sizeof shown)
        abort();
    if (first > 0 &&
        (shown_hello(again, bytes_of(shown, first)) != first || memcmp(shown, again, first) != 0))
        abort();
    return 0;
}
