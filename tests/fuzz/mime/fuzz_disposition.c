/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "mime/mime.h"

#include <stdlib.h>

/* Whatever comes in, names are valid UTF-8 without control characters, of bounded length, and a file name has
 * no path. */
static void check_text(struct bytes text, size_t most) {
    if (text.n > most)
        abort();
    while (text.n) {
        uint32_t c;
        size_t n = utf8_next(text, &c);
        if ((n == 1 && text.p[0] >= 0x80) || c < 0x20 || (c >= 0x7F && c < 0xA0))
            abort();
        text = bytes_of(text.p + n, text.n - n);
    }
}

static void check_name(struct bytes name, size_t most) {
    check_text(name, most);
    if (name.n && (memchr(name.p, '/', name.n) || memchr(name.p, '\\', name.n)))
        abort();
    if (bytes_equal(name, bytes_text("..")) || bytes_equal(name, bytes_text(".")))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    char scratch[MIME_DISPOSITION_SCRATCH_MIN], small[7];
    struct mime_disposition d;
    if (mime_disposition_parse(bytes_of(p, n), scratch, sizeof scratch, &d)) {
        check_text(d.name, sizeof scratch / 2);
        check_name(d.filename, sizeof scratch / 2);
    }
    if (mime_parameter(bytes_of(p, n), "boundary", small, sizeof small).n > sizeof small)
        abort();
    check_name(mime_file_name(bytes_of(p, n), true, small, sizeof small), sizeof small);
    check_name(mime_file_name(bytes_of(p, n), false, scratch, sizeof scratch), sizeof scratch);
    return 0;
}
