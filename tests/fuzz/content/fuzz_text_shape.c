/* SPDX-License-Identifier: Apache-2.0 */
#include "content/type/shape.h"

#include <iconv.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What the C library takes for UTF-8, and holds no control characters but those of text, is text, wherever it
 * is cut; what holds more zero octets than one in 64 is none but for UTF-16. */
enum { MOST = 400, FOREIGN = 64 };

static bool shape_of(const uint8_t *data, size_t n) {
    uint8_t *exact = malloc(n ? n : 1);
    memcpy(exact, data, n);
    bool shape = text_shape(bytes_of(exact, n));
    free(exact);
    return shape;
}

static bool is_utf8(const uint8_t *data, size_t n) {
    static char out[4 * MOST];
    char *in = (char *)data, *to = out;
    size_t room = sizeof out;
    iconv_t c = iconv_open("UTF-16LE", "UTF-8");
    bool good = c != (iconv_t)-1 && iconv(c, &in, &n, &to, &room) != (size_t)-1;
    iconv_close(c);
    return good;
}

static bool has_control(const uint8_t *data, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (data[i] == 0x7f || (data[i] < 0x20 && !memchr("\a\b\t\n\v\f\r\033", data[i], 8)))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n == 0 || n > MOST)
        return 0;
    bool marked = n > 1 && (memcmp(data, "\xff\xfe", 2) == 0 || memcmp(data, "\xfe\xff", 2) == 0);
    bool shape = shape_of(data, n);
    size_t zeros = 0;
    for (size_t i = 0; i < n; i++)
        zeros += data[i] == 0;
    if (!marked && zeros > n / FOREIGN && shape)
        abort();
    if (has_control(data, n) || !is_utf8(data, n))
        return 0;
    for (size_t seen = 1; seen <= n; seen++)
        if (!shape_of(data, seen))
            abort();
    return 0;
}
