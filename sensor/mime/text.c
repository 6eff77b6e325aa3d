/* SPDX-License-Identifier: Apache-2.0 */
#include "mime/parameter.h"

struct bytes mime_text(struct bytes value, char *scratch, size_t size) {
    uint8_t words[MIME_RAW_MAX];
    size_t n = mime_words_decode(bytes_trim(value), words, sizeof words);
    return clean_text(bytes_of(words, n), scratch, size);
}
