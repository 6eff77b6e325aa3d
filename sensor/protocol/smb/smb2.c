/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/smb_session.h"

/* The commands, a row each: how much of a message has to be there, the rest of which is passed by, and what
 * it does. A command without a row is passed by. */

enum { ALL = SMB_HEAD_MAX, LOOK = 10 /* octets of data that are looked at first */ };

struct half {
    uint16_t octets; /* of the head, with the header */
    void (*take)(struct smb_message *m);
};

static const struct command {
    struct half request, answer;
} commands[SMB2_COMMANDS] = {
    [SMB2_NEGOTIATE] = {{ALL, smb2_take_negotiate}, {ALL, smb2_take_negotiated}},
    [SMB2_SESSION_SETUP] = {{ALL, smb2_take_setup}, {ALL, smb2_take_set_up}},
    [SMB2_TREE_CONNECT] = {{ALL, smb2_take_tree}, {80, smb2_take_tree_answer}},
    [SMB2_CREATE] = {{ALL, smb2_take_create}, {ALL, smb2_take_created}},
    [SMB2_CLOSE] = {{88, smb2_take_close}, {124, smb2_take_closed}},
    [SMB2_READ] = {{96, smb2_take_read}, {80, smb2_take_read_answer}},
    [SMB2_WRITE] = {{112, smb2_take_write}, {0, NULL}},
    [SMB2_IOCTL] = {{ALL, smb2_take_ioctl}, {112 + LOOK, smb2_take_ioctl_answer}},
    [SMB2_QUERY_DIRECTORY] = {{88, smb2_take_query}, {72, smb2_take_query_answer}},
    [SMB2_SET_INFO] = {{ALL, smb2_take_set_info}, {0, NULL}},
};

static const struct half *half_of(struct bytes head) {
    uint16_t command = smb_u16(head, 12);
    const struct command *row = &commands[command < SMB2_COMMANDS ? command : SMB2_COMMANDS - 1];
    return smb_u32(head, 16) & SMB2_ANSWER ? &row->answer : &row->request;
}

/* Of what goes over a pipe the first octets of the data are wanted too. */
static uint16_t count_wanted(const struct smb *s, struct bytes head, const struct half *half) {
    const struct smb_key key = {SMB_TREE, smb_u64(head, 40), {smb_u32(head, 36), 0}};
    if (half->take != smb2_take_write && half->take != smb2_take_read_answer)
        return half->octets;
    const struct smb_tree *t = (const struct smb_tree *)smb_known_find(s->hosts, &key);
    return (uint16_t)(half->octets + (t && t->pipe ? LOOK : 0));
}

/* Section 2.2.1: how long the message is, which may not be the last of its frame. */
static bool measure_message(struct smb_stream *st, struct bytes head) {
    enum { NEXT = 20 };
    uint32_t next = smb_u32(head, NEXT), rest = st->taken + st->left;
    if (smb_u16(head, 4) != SMB2_HEADER || smb_u16(head, 12) >= SMB2_COMMANDS)
        return false;
    if (next == 0)
        return true;
    if (next < SMB2_HEADER || next > rest)
        return false;
    st->frame_left = rest - next;
    st->left = next - st->taken;
    return true;
}

/* What a message of a chain leaves out is that of the one before it (section 3.2.4.1.4). */
static void fill_related(struct smb_message *m) {
    struct smb_stream *st = m->st;
    if (m->related) {
        m->session = st->related_session;
        m->tree = st->related_tree;
    } else {
        smb_known_unpin(st->related ? &st->related->known : NULL);
        st->related = NULL;
    }
    st->related_session = m->session;
    st->related_tree = m->tree;
}

static void read_header(struct smb_message *m) {
    uint32_t flags = smb_u32(m->head, 16);
    m->status = smb_u32(m->head, 8);
    m->command = smb_u16(m->head, 12);
    m->answer = flags & SMB2_ANSWER;
    m->waits = m->answer && m->status == STATUS_PENDING;
    m->wide = true;
    m->related = flags & SMB2_RELATED;
    m->is_signed = flags & SMB2_SIGNED;
    m->replayed = flags & SMB2_REPLAYED;
    m->number = smb_u64(m->head, 24);
    m->tree = flags & SMB2_ASYNC ? 0 : smb_u32(m->head, 36);
    m->session = smb_u64(m->head, 40);
}

static void take_message(struct smb *s, struct smb_stream *st, const struct half *half) {
    struct smb_message m = {.s = s,
                            .st = st,
                            .from = st->from,
                            .head = bytes_of(st->head, st->head_n),
                            .length = st->taken + st->left};
    read_header(&m);
    s->server = m.answer ? m.from : side_other(m.from);
    s->only.answered |= m.answer;
    if (!m.answer)
        fill_related(&m);
    if (!m.answer && m.command == SMB2_CREATE)
        smb_tell_signing(&m);
    if (half->take)
        half->take(&m);
}

bool smb2_take_head(struct smb *s, struct smb_stream *st) {
    struct bytes head = bytes_of(st->head, st->head_n);
    if (head.n < SMB2_HEADER) {
        st->want = SMB2_HEADER;
        return st->left > 0;
    }
    if (head.n == SMB2_HEADER && !measure_message(st, head))
        return false;
    const struct half *half = half_of(head);
    uint16_t wanted = count_wanted(s, head, half);
    if (wanted > head.n && st->left > 0 && head.n < SMB_HEAD_MAX) {
        st->want = wanted;
        return true;
    }
    take_message(s, st, half);
    return true;
}
