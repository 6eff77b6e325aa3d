/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/protocol.h"

/* The list of protocols: protocol_NAME is defined in the folder of its own. Probes are asked in this order.
 */
#define PROTOCOLS(PROTOCOL)                                                                                  \
    PROTOCOL(http)                                                                                           \
    PROTOCOL(ftp)                                                                                            \
    PROTOCOL(ftp_data)                                                                                       \
    PROTOCOL(socks)

#define DECLARE(name) extern const struct protocol protocol_##name;
PROTOCOLS(DECLARE)

#define ADDRESS(name) &protocol_##name,
const struct protocol *const protocol_table[] = {PROTOCOLS(ADDRESS) NULL};
