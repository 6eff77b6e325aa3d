/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_HTTP_HOSTS_H
#define GANTRY_PROTOCOL_HTTP_HOSTS_H

#include "protocol/protocol.h"

/* By which names the clients of a connection call its server: the policy is told each of them once. A
 * connection with more than HTTP_HOSTS of them tells some again. */
enum { HTTP_HOSTS = 8 };

struct http_hosts {
    uint64_t told[HTTP_HOSTS]; /* digests */
};

/* Nothing where `host` is empty. */
void http_hosts_tell(struct http_hosts *hosts, struct conversation *c, struct bytes host);

#endif
