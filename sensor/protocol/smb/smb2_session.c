/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/smb_session.h"

/* Who speaks with which server of which share. Most of it is known only where it is not encrypted. */

enum { NETNAME_CONTEXT = 5, SHARE_PIPE = 2 };

static struct bytes body_part(const struct smb2_message *m, size_t offset_at, size_t length_at) {
    return smb_part(m->head, smb_u16(m->head, offset_at), smb_u16(m->head, length_at));
}

/* Section 2.2.3.1.4: what the client calls the server. */
void smb2_take_negotiate(struct smb2_message *m) {
    size_t at = smb_u32(m->head, 92);
    unsigned count = smb_u16(m->head, 96);
    for (; count > 0 && at >= SMB2_HEADER && at + 8 <= m->head.n; count--) {
        size_t n = smb_u16(m->head, at + 2);
        if (smb_u16(m->head, at) == NETNAME_CONTEXT) {
            struct smb_text name;
            smb_text_from(&name, smb_part(m->head, at + 8, n));
            smb_name_server(m->s, bytes_of(name.p, name.n), true);
        }
        at += (8 + n + 7) & ~(size_t)7;
    }
}

/* Section 2.2.4. */
void smb2_take_negotiated(struct smb2_message *m) {
    static const struct {
        uint16_t number;
        const char *name;
    } dialects[] = {{0x202, "2.0.2"}, {0x210, "2.1"}, {0x300, "3.0"}, {0x302, "3.0.2"}, {0x311, "3.1.1"}};
    struct bytes facts[FACT_COUNT] = {{NULL, 0}};
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++)
        if (dialects[i].number == smb_u16(m->head, 68))
            facts[FACT_SMB_DIALECT] = bytes_text(dialects[i].name);
    if (m->status == STATUS_OK && facts[FACT_SMB_DIALECT].n)
        m->s->c->services->tell(m->s->c, facts);
}

static void take_names(struct smb2_message *m, struct bytes security) {
    struct smb_names names;
    smb_names_from(&names, security);
    if (names.server.n)
        smb_name_server(m->s, bytes_of(names.server.p, names.server.n), names.called);
    if (names.user.n == 0 || m->session == 0)
        return;
    struct smb_known *k = smb_known_create(m->s->hosts, sizeof *k, bytes_of(names.user.p, names.user.n));
    if (!k)
        return;
    smb_known_list(k, &(struct smb_key){.kind = SMB_SESSION, .session = m->session});
    smb_known_unpin(k);
}

/* Section 2.2.5. */
void smb2_take_setup(struct smb2_message *m) {
    take_names(m, body_part(m, 76, 78));
}

/* Section 2.2.6. */
void smb2_take_set_up(struct smb2_message *m) {
    if (m->status == STATUS_OK || m->status == STATUS_MORE_PROCESSING)
        take_names(m, body_part(m, 68, 70));
}

/* --- shares --- */

static bool is_pipe_share(struct bytes share) {
    static const char name[] = "\\IPC$";
    enum { N = sizeof name - 1 };
    return share.n >= N && bytes_equal_nocase(bytes_of(share.p + share.n - N, N), name);
}

static void tell_share(struct smb *s, struct bytes share) {
    struct bytes facts[FACT_COUNT] = {{NULL, 0}};
    struct bytes server = smb_share_server(share);
    if (server.n)
        smb_name_server(s, server, true);
    if (is_pipe_share(share))
        return;
    facts[FACT_SHARE] = share;
    s->c->services->tell(s->c, facts);
}

/* Section 2.2.9: its number comes with the answer. */
void smb2_take_tree(struct smb2_message *m) {
    struct smb_text path;
    smb_text_from(&path, body_part(m, 68, 70));
    struct bytes share = bytes_of(path.p, path.n);
    struct smb_tree *t = smb_known_create(m->s->hosts, sizeof *t, share);
    tell_share(m->s, share);
    if (!t)
        return;
    t->pipe = is_pipe_share(share);
    smb_wait_add(&m->s->waiting,
                 &(struct smb_request){
                     .message = m->number, .session = m->session, .command = m->command, .about = &t->known});
    smb_known_unpin(&t->known);
}

/* Section 2.2.10. */
void smb2_take_tree_answer(struct smb2_message *m) {
    struct smb_request r;
    if (m->status == STATUS_PENDING || !smb_wait_take(&m->s->waiting, m->number, &r))
        return;
    struct smb_tree *t = (struct smb_tree *)r.about;
    if (m->status == STATUS_OK && r.command == SMB2_TREE_CONNECT) {
        t->pipe |= m->head.n > 66 && m->head.p[66] == SHARE_PIPE;
        smb_known_list(&t->known, &(struct smb_key){SMB_TREE, m->session, {m->tree, 0}});
    }
    smb_known_unpin(r.about);
}
