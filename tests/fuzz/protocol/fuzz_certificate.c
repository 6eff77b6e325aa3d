/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tls/certificate.h"

#include "base/utf8.h"

#include <stdlib.h>

/* One certificate. Its texts have their bounds and are valid UTF-8 without a NUL; its times are whole or
 * empty. */

static void check_text(const struct certificate_text *t, size_t most) {
    struct bytes text = bytes_of(t->at, t->n);
    if (text.n > most || text.n > sizeof t->at)
        abort();
    while (text.n) {
        uint32_t c;
        size_t n = utf8_next(text, &c);
        if (c == 0 || (n == 1 && text.p[0] >= 0x80))
            abort();
        text = bytes_of(text.p + n, text.n - n);
    }
}

static void check_time(const char text[CERTIFICATE_TIME_SIZE]) {
    size_t n = strnlen(text, CERTIFICATE_TIME_SIZE);
    if (n != 0 && n != CERTIFICATE_TIME_SIZE - 1)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct certificate c;
    if (!certificate_read(bytes_of(data, size), &c))
        return 0;
    check_text(&c.common_name, CERTIFICATE_NAME_MAX);
    check_text(&c.subject, CERTIFICATE_NAME_MAX);
    check_text(&c.issuer, CERTIFICATE_NAME_MAX);
    check_text(&c.names, CERTIFICATE_NAMES_MAX);
    check_time(c.since);
    check_time(c.until);
    return 0;
}
