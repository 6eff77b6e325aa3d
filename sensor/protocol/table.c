/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ftp/ftp.h"
#include "protocol/http/http.h"
#include "protocol/protocol.h"
#include "protocol/socks.h"

const struct protocol *const protocol_table[] = {
    &protocol_http, &protocol_ftp, &protocol_ftp_data, &protocol_socks, &protocol_http, NULL,
};

static bool has_name(const struct protocol *p, struct bytes name) {
    for (const char *const *n = p->ndpi_names; n && *n; n++)
        if (bytes_equal_nocase(name, *n))
            return true;
    return false;
}

const struct protocol *protocol_by_ndpi_name(const char *name) {
    for (size_t i = 0; name && protocol_table[i]; i++)
        if (has_name(protocol_table[i], bytes_text(name)))
            return protocol_table[i];
    return NULL;
}
