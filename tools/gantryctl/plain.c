/* SPDX-License-Identifier: Apache-2.0 */
#include "plain.h"

#include "base/utf8.h"

size_t plain_next(struct bytes *left, char out[PLAIN_MAX]) {
    uint32_t c;
    size_t used = utf8_next(*left, &c);
    *left = bytes_of(left->p + used, left->n - used);
    return utf8_hidden(c) ? (size_t)snprintf(out, PLAIN_MAX, "<U+%04X>", (unsigned)c & 0xfffff)
                          : utf8_put(c, out);
}

void plain_print(FILE *out, const char *text) {
    struct bytes left = bytes_text(text);
    char shown[PLAIN_MAX];
    while (left.n) {
        bool newline = *left.p == '\n';
        size_t n = plain_next(&left, shown);
        fwrite(newline ? "\n" : shown, 1, newline ? 1 : n, out);
    }
}
