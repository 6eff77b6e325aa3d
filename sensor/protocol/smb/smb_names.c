/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/smb_session.h"

/* Who speaks with which server of which share. Most of it is known only where it is not encrypted. */

void smb_name_server(struct smb *s, struct bytes name, bool called) {
    struct bytes facts[FACT_COUNT] = {{NULL, 0}};
    if (name.n == 0 || s->server_named == SMB_SERVER_CALLED || (s->server_named && !called))
        return;
    s->server_named = called ? SMB_SERVER_CALLED : SMB_SERVER_BY_ITSELF;
    facts[FACT_HOST] = name;
    s->c->services->tell(s->c, facts);
}

void smb_tell_dialect(struct smb *s, const char *dialect) {
    struct bytes facts[FACT_COUNT] = {{NULL, 0}};
    facts[FACT_SMB_DIALECT] = bytes_text(dialect);
    s->c->services->tell(s->c, facts);
}

void smb_tell_signing(const struct smb_message *m) {
    struct bytes facts[FACT_COUNT] = {{NULL, 0}};
    if (m->s->signing_told)
        return;
    m->s->signing_told = true;
    facts[FACT_SMB_SIGNING] = bytes_text(m->is_signed ? "signed" : "unsigned");
    m->s->c->services->tell(m->s->c, facts);
}

void smb_note_user(struct smb_message *m, struct bytes user) {
    if (user.n == 0 || m->session == 0)
        return;
    struct smb_known *k = smb_known_create(m->s->hosts, sizeof *k, user);
    if (!k)
        return;
    smb_known_list(k, &(struct smb_key){.kind = SMB_SESSION, .session = m->session});
    smb_known_unpin(k);
}

void smb_take_security(struct smb_message *m, struct bytes security) {
    struct smb_names names;
    smb_names_from(&names, security);
    smb_name_server(m->s, bytes_of(names.server.p, names.server.n), names.called);
    smb_note_user(m, bytes_of(names.user.p, names.user.n));
}

/* --- shares --- */

static bool is_pipe_share(struct bytes share) {
    static const char name[] = "IPC$";
    enum { N = sizeof name - 1 };
    return share.n >= N && bytes_equal_nocase(bytes_of(share.p + share.n - N, N), name) &&
           (share.n == N || share.p[share.n - N - 1] == '\\');
}

static void tell_share(struct smb *s, struct bytes share) {
    struct bytes facts[FACT_COUNT] = {{NULL, 0}};
    smb_name_server(s, smb_share_server(share), true);
    if (is_pipe_share(share))
        return;
    facts[FACT_SHARE] = share;
    s->c->services->tell(s->c, facts);
}

void smb_ask_tree(struct smb_message *m, struct bytes share) {
    struct smb_tree *t = smb_known_create(m->s->hosts, sizeof *t, share);
    tell_share(m->s, share);
    if (!t)
        return;
    t->pipe = is_pipe_share(share);
    const struct smb_request r = {.message = m->number, .asks = SMB_ASKS_TREE, .about = &t->known};
    smb_wait_add(&m->s->waiting, &r);
    smb_known_unpin(m->s->only.tree ? &m->s->only.tree->known : NULL);
    m->s->only.tree = t; /* which has its pin */
    m->s->only.trees++;
}

const struct smb_tree *smb_find_tree(struct smb_message *m) {
    const struct smb_key key = {SMB_TREE, m->session, {m->tree, 0}};
    struct smb_unanswered *u = &m->s->only;
    struct smb_tree *t = (struct smb_tree *)smb_known_find(m->s->hosts, &key);
    if (t || u->answered || u->trees != 1)
        return t;
    smb_known_list(&u->tree->known, &key);
    u->trees = 0;
    return u->tree;
}

void smb_take_tree(struct smb_message *m, bool pipe) {
    struct smb_request r;
    if (m->waits || !smb_wait_take(&m->s->waiting, m->number, &r))
        return;
    struct smb_tree *t = (struct smb_tree *)r.about;
    if (m->status == STATUS_OK && r.asks == SMB_ASKS_TREE) {
        t->pipe |= pipe;
        smb_known_list(&t->known, &(struct smb_key){SMB_TREE, m->session, {m->tree, 0}});
    }
    smb_known_unpin(r.about);
}
