/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/smb_session.h"

/* The messages that begin a session. */

enum { NETNAME_CONTEXT = 5, SHARE_PIPE = 2 };

static struct bytes body_part(const struct smb_message *m, size_t offset_at, size_t length_at) {
    return smb_part(m->head, smb_u16(m->head, offset_at), smb_u16(m->head, length_at));
}

/* Section 2.2.3.1.4: what the client calls the server. */
void smb2_take_negotiate(struct smb_message *m) {
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
void smb2_take_negotiated(struct smb_message *m) {
    static const struct {
        uint16_t number;
        const char *name;
    } dialects[] = {{0x202, "2.0.2"}, {0x210, "2.1"}, {0x300, "3.0"}, {0x302, "3.0.2"}, {0x311, "3.1.1"}};
    for (size_t i = 0; m->status == STATUS_OK && i < sizeof dialects / sizeof *dialects; i++)
        if (dialects[i].number == smb_u16(m->head, 68))
            smb_tell_dialect(m->s, dialects[i].name);
}

/* Section 2.2.5. */
void smb2_take_setup(struct smb_message *m) {
    smb_take_security(m, body_part(m, 76, 78));
}

/* Section 2.2.6. */
void smb2_take_set_up(struct smb_message *m) {
    if (m->status == STATUS_OK || m->status == STATUS_MORE_PROCESSING)
        smb_take_security(m, body_part(m, 68, 70));
}

/* Section 2.2.9. */
void smb2_take_tree(struct smb_message *m) {
    struct smb_text path;
    smb_text_from(&path, body_part(m, 68, 70));
    smb_ask_tree(m, bytes_of(path.p, path.n));
}

/* Section 2.2.10. */
void smb2_take_tree_answer(struct smb_message *m) {
    smb_take_tree(m, m->head.n > 66 && m->head.p[66] == SHARE_PIPE);
}
