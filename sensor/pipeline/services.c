/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/parts.h"

/* Even where the start of transfers is left out one in so many is looked into: never quite blind. */
enum { STARTS_LEFT = 8 };

static struct transfer *service_begin(struct conversation *c, const struct transfer_facts *facts) {
    struct pipeline *the = the_pipeline;
    struct session *s = c->owner;
    /* What is under way stays with the rules that it began with; what begins takes the newest. */
    if (s->generation != the->generations.newest && session_idle(s))
        session_move(s, the->generations.newest, the->inspect_all);
    if (!s->matters[facts->from]) {
        counter_one(COUNTER_TRANSFERS_NOT_LEAVING);
        return NULL;
    }
    if (overload_sheds(&the->overload, SHED_STARTS) && ++the->starts % STARTS_LEFT != 0) {
        counter_one(COUNTER_SHED_STARTS);
        return NULL;
    }
    if (!s->application) /* nDPI has no name, but somebody understands it */
        session_called(s, c->protocol);
    s->began = true;
    return content_begin(the->content, c, facts);
}

static void service_expect(struct conversation *c, struct address client, struct address server,
                           uint16_t port, const struct protocol *protocol, void *context,
                           void (*release)(void *context)) {
    const struct expectation e = {.client = client,
                                  .server = server,
                                  .server_port = port,
                                  .protocol = protocol,
                                  .context = context,
                                  .release = release};
    expect_add(the_pipeline->expected, &e, c->now);
}

static void service_encrypted(struct conversation *c) {
    struct session *s = c->owner;
    s->encrypted = true;
}

static void service_named(struct conversation *c, struct bytes host) {
    session_name(c->owner, host);
}

const struct protocol_services pipeline_services = {
    .begin = service_begin,
    .data = content_data,
    .gap = content_gap,
    .rename = content_rename,
    .end = content_end,
    .expect = service_expect,
    .encrypted = service_encrypted,
    .named = service_named,
};
