/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http/http_hosts.h"

#include "base/hash.h"

void http_hosts_tell(struct http_hosts *hosts, struct conversation *c, struct bytes host) {
    static struct hash_key key;
    static bool keyed;
    if (!keyed)
        key = hash_key_random();
    keyed = true;
    if (host.n == 0)
        return;
    uint64_t digest = hash_bytes(&key, host.p, host.n) | 1;
    for (size_t i = 0; i < HTTP_HOSTS; i++)
        if (hosts->told[i] == digest)
            return;
    memmove(hosts->told + 1, hosts->told, sizeof hosts->told - sizeof hosts->told[0]);
    hosts->told[0] = digest;
    c->services->tell(c, (const struct bytes[FACT_COUNT]){[FACT_HOST] = host});
}
