/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/branch.h"
#include "protocol/http2/http2_flow.h"
#include "protocol/websocket/websocket.h"

/* What stands behind CONNECT in a stream is a conversation of its own (RFC 9113 section 8.5). */

void http2_tunnel_begin(struct http2 *h, struct http2_stream *x, struct bytes protocol, struct bytes path) {
    bool socket = bytes_equal_nocase(protocol, "websocket"); /* RFC 8441 */
    counter_one(COUNTER_HTTP2_TUNNELS);
    if (x->tunnel)
        return;
    if (h->tunnels == HTTP2_TUNNELS_MAX) {
        counter_one(COUNTER_HTTP2_TUNNELS_SHED);
        return;
    }
    x->tunnel = branch_open(h->c, socket ? &protocol_websocket : NULL, path,
                            x->exchange ? x->exchange->origin.host : bytes_of(NULL, 0));
    h->tunnels += x->tunnel != NULL;
}

void http2_tunnel_data(struct http2 *h, struct http2_stream *x, enum side from, struct bytes in) {
    branch_data(h->c, x->tunnel, from, in);
}

void http2_tunnel_gap(struct http2 *h, struct http2_stream *x, enum side from, uint64_t n) {
    branch_gap(h->c, x->tunnel, from, n);
}

void http2_tunnel_end(struct http2 *h, struct http2_stream *x, enum side from, bool clean) {
    branch_end(h->c, x->tunnel, from, clean);
}

void http2_tunnel_close(struct http2 *h, struct http2_stream *x) {
    if (!x->tunnel)
        return;
    branch_close(h->c, x->tunnel);
    x->tunnel = NULL;
    h->tunnels--;
}
