/* SPDX-License-Identifier: Apache-2.0 */
#include "tunnel/tunnel.h"

#include <stdlib.h>

/* A name, and the payload of an echo: nothing of it is more than there is, and the domain begins behind a
 * dot. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct tunnel_name name;
    tunnel_name_read(&name, bytes_of(data, size));
    if (name.n > TUNNEL_NAME_MAX || name.n > size || name.domain > name.n || name.octets > name.n)
        abort();
    if (name.domain > 0 && name.domain < name.n && name.text[name.domain - 1] != '.')
        abort();
    if (tunnel_stamp(bytes_of(data, size)) > size)
        abort();
    return 0;
}
