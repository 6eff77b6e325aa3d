/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/dns/dns_answer.h"

#include <stdlib.h>

/* Messages of both sides: an octet that says whose, one for the length, the message. No more is told than was
 * asked for, nothing before it was, and no more addresses than there is room for. */

extern const struct protocol protocol_dns;

static unsigned asked, told;

static void count_told(struct conversation *c, struct bytes name, const struct name_address *address,
                       unsigned n) {
    if (++told > asked || n == 0 || n > DNS_ADDRESSES_MAX || name.n == 0 || name.n > DNS_NAME_MAX)
        abort();
    (void)c, (void)address;
}

static const struct protocol_services services = {.resolved = count_told};

static void give(struct conversation *c, enum side from, const uint8_t *message, size_t n) {
    struct dns_answer answer;
    uint8_t *exact = malloc(n + 1);
    memcpy(exact, message, n);
    asked += from == SIDE_CLIENT;
    dns_answer_read(bytes_of(exact, n), &answer);
    if (answer.count > DNS_ADDRESSES_MAX)
        abort();
    protocol_dns.datagram(c, from, exact, n);
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct conversation c = {.services = &services};
    struct reader r = reader_of(data, size);
    uint8_t from, n;
    const uint8_t *message;
    asked = told = 0;
    if (!(c.state = protocol_dns.open(&c, bytes_of(NULL, 0))))
        return 0;
    while (reader_u8(&r, &from) && reader_u8(&r, &n) && reader_take(&r, n, &message))
        give(&c, (enum side)(from & 1), message, n);
    protocol_dns.close(&c);
    return 0;
}
