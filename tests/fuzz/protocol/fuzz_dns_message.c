/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/dns/dns_message.h"

#include <stdlib.h>

/* One message. One that is believed is believed whole: with an octet behind it, or without its last one, it
 * is none; and it says no more than it has room for. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct dns_message whole, other;
    if (!dns_message_read(bytes_of(data, size), &whole))
        return 0;
    if (whole.name_n > DNS_NAME_MAX || whole.octets > size)
        abort();
    uint8_t *longer = malloc(size + 1);
    memcpy(longer, data, size);
    longer[size] = 0;
    if (dns_message_read(bytes_of(longer, size + 1), &other))
        abort();
    free(longer);
    uint8_t *shorter = malloc(size);
    memcpy(shorter, data, size - 1);
    if (dns_message_read(bytes_of(shorter, size - 1), &other))
        abort();
    free(shorter);
    return 0;
}
