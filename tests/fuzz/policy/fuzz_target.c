/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/target.h"

#include <ctype.h>
#include <stdlib.h>

/* Whom a relay is asked for: a part of what its client wrote, or an address that is written as it is read.
 * What sums call it is printable, whatever the case and what stands before three labels. */

static size_t group_exactly(struct bytes name, char out[TARGET_GROUP_MAX]) {
    size_t n = target_group(name, out);
    if (n > TARGET_GROUP_MAX || !target_is_group(bytes_of(out, n)))
        abort();
    return n;
}

static void check_group(struct bytes name) {
    char out[TARGET_GROUP_MAX], again[TARGET_GROUP_MAX];
    size_t n = group_exactly(name, out), dots = 0;
    uint8_t *other = malloc(name.n + 2);
    memcpy(other, "x.", 2);
    for (size_t i = 0; i < name.n; i++) {
        other[2 + i] = name.p[i] < 0x80 ? (uint8_t)toupper(name.p[i]) : name.p[i];
        dots += name.p[i] == '.';
    }
    if (group_exactly(bytes_of(other + 2, name.n), again) != n || memcmp(out, again, n) != 0)
        abort();
    if (dots >= 2 && (group_exactly(bytes_of(other, name.n + 2), again) != n || memcmp(out, again, n) != 0))
        abort();
    for (size_t i = 0; i < n - strlen(TARGET_MARK); i++)
        if (out[i] <= ' ' || out[i] > '~' || isupper((unsigned char)out[i]))
            abort();
    free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bytes text = bytes_of(data, size);
    struct target t, again;
    char room[ADDRESS_TEXT_MAX];
    bool good = target_parse(text, &t);
    if (!good)
        return 0;
    if (t.name.n == 0 || t.name.p < data || t.name.p + t.name.n > data + size ||
        memchr(t.name.p, '@', t.name.n))
        abort();
    if (t.addressed && (!target_parse(bytes_text(address_format(&t.address, room)), &again) ||
                        !again.addressed || !address_equal(&t.address, &again.address)))
        abort();
    check_group(t.name);
    return 0;
}
