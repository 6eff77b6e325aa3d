/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/memory.h"
#include "protocol/smb/smb_session.h"

/* Where a share is called by a name, that counts; else what the server says of itself. */
void smb_name_server(struct smb *s, struct bytes name, bool called) {
    struct bytes facts[FACT_COUNT] = {{NULL, 0}};
    if (name.n == 0 || s->server_named == SMB_SERVER_CALLED || (s->server_named && !called))
        return;
    s->server_named = called ? SMB_SERVER_CALLED : SMB_SERVER_BY_ITSELF;
    facts[FACT_HOST] = name;
    s->c->services->tell(s->c, facts);
}

static void *open_smb(struct conversation *c, struct bytes facts) {
    struct smb *s = protocol_alloc(PROTOCOL_STATE, sizeof *s);
    if (!s)
        return NULL;
    s->c = c;
    s->server = SIDE_SERVER;
    s->hosts = smb_hosts_join(c);
    if (!s->hosts) {
        protocol_free(s);
        return NULL;
    }
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
        smb_stream_start(&s->stream[side], side);
    return s;
}

static enum protocol_result take_smb_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                          size_t n) {
    smb_stream_take(c->state, from, bytes, n);
    return PROTOCOL_OK;
}

static enum protocol_result take_smb_gap(struct conversation *c, enum side from, uint64_t n) {
    smb_stream_gap(c->state, from, n);
    return PROTOCOL_OK;
}

static void close_smb(struct conversation *c) {
    struct smb *s = c->state;
    smb_stream_end(s, SIDE_CLIENT);
    smb_stream_end(s, SIDE_SERVER);
    smb_wait_finish(&s->waiting);
    smb_move_leave(s);
    smb_hosts_leave(s->hosts);
    protocol_free(s);
}

const struct protocol protocol_smb = {
    .name = "smb",
    .ndpi_names = (const char *const[]){"SMBv1", "SMBv23", NULL},
    .probe = smb_probe,
    .open = open_smb,
    .data = take_smb_data,
    .gap = take_smb_gap,
    .close = close_smb,
    .find = smb_find,
};
