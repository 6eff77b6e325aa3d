/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/smb1.h"

/* The messages that begin a session ([MS-CIFS] sections 2.2.4.52 to 2.2.4.55, [MS-SMB] sections 2.2.4.5
 * to 2.2.4.7). */

void smb1_take_negotiated(struct smb_message *m) {
    enum { NONE = 0xffff };
    if (m->status == STATUS_OK && smb1_count_words(m) && smb_u16(m->head, m->words) != NONE)
        smb_tell_dialect(m->s, "1.0");
}

/* With a security buffer, or with a name behind two passwords. */
void smb1_take_setup(struct smb_message *m) {
    enum { EXTENDED = 12, PLAIN = 13 };
    struct smb_text user;
    size_t at = smb1_octets(m);
    unsigned words = smb1_count_words(m);
    if (words == EXTENDED)
        smb_take_security(m, smb_part(m->head, at, smb_u16(m->head, m->words + 14)));
    if (words != PLAIN)
        return;
    at += (size_t)smb_u16(m->head, m->words + 14) + smb_u16(m->head, m->words + 16);
    smb1_text(&user, m, at, m->head.n);
    smb_note_user(m, bytes_of(user.p, user.n));
}

void smb1_take_set_up(struct smb_message *m) {
    enum { EXTENDED = 4 };
    if (smb1_count_words(m) == EXTENDED)
        smb_take_security(m, smb_part(m->head, smb1_octets(m), smb_u16(m->head, m->words + 6)));
}

void smb1_take_tree(struct smb_message *m) {
    struct smb_text path;
    smb1_text(&path, m, smb1_octets(m) + smb_u16(m->head, m->words + 6), m->head.n);
    smb_ask_tree(m, bytes_of(path.p, path.n));
}

/* The kind of service stands first, never as UTF-16. */
void smb1_take_tree_answer(struct smb_message *m) {
    smb_take_tree(m, bytes_equal(smb_part(m->head, smb1_octets(m), 3), bytes_text("IPC")));
}
