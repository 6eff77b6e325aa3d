/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/memory.h"
#include "protocol/smb/smb_session.h"

static uint64_t connections;

static void *open_smb(struct conversation *c, struct bytes facts) {
    struct smb *s = protocol_alloc(PROTOCOL_STATE, sizeof *s);
    if (!s)
        return NULL;
    s->c = c;
    s->number = ++connections;
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

/* What moves over it is over. */
static void leave_smb(struct smb *s) {
    smb_stream_end(s, SIDE_CLIENT);
    smb_stream_end(s, SIDE_SERVER);
    smb_list_end(s, TRANSFER_CUT);
    smb_wait_finish(&s->waiting);
    smb_file_forget(s);
    smb_move_leave(s);
    s->hosts->flows -= !s->left;
    s->left = true;
}

static void take_smb_end(struct conversation *c, enum side from, bool clean) {
    struct smb *s = c->state;
    s->ended[from] = true;
    if (s->ended[side_other(from)] || !clean)
        leave_smb(s);
}

static void close_smb(struct conversation *c) {
    struct smb *s = c->state;
    leave_smb(s);
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
    .end = take_smb_end,
    .close = close_smb,
    .find = smb_find,
};
