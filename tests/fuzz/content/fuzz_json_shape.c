/* SPDX-License-Identifier: Apache-2.0 */
#include "content/type/shape.h"

#include <jansson.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What jansson takes for a JSON text has the shape of one, however little of it was seen; and nothing behind
 * the bytes is read. */
enum { MOST = 600, DEPTH_MAX = 64 };

static bool shape_of(const uint8_t *data, size_t n) {
    uint8_t *exact = malloc(n ? n : 1);
    memcpy(exact, data, n);
    bool shape = json_shape(bytes_of(exact, n));
    free(exact);
    return shape;
}

static size_t deepest(const json_t *value) {
    size_t most = 0, i, below;
    const char *key;
    json_t *member;
    json_array_foreach(value, i, member) most = (below = deepest(member)) > most ? below : most;
    json_object_foreach((json_t *)value, key, member) most = (below = deepest(member)) > most ? below : most;
    return json_is_array(value) || json_is_object(value) ? most + 1 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    json_error_t wrong;
    if (n == 0 || n > MOST)
        return 0;
    shape_of(data, n);
    if (memchr(data, 0, n))
        return 0; /* jansson reads over it */
    json_t *value = json_loadb((const char *)data, n, 0, &wrong);
    size_t start = 0;
    while (value && data[start] != '{' && data[start] != '[')
        start++;
    if (value && deepest(value) < DEPTH_MAX)
        for (size_t seen = start + 2; seen <= n; seen++)
            if (!shape_of(data, seen))
                abort();
    json_decref(value);
    return 0;
}
