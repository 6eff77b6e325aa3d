/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/smb/smb_session.h"

/* What servers list of a folder ([MS-SMB2] sections 2.2.33 and 2.2.34; entries by [MS-FSCC] section 2.4): one
 * text of names for as long as the client asks by one handle. */

enum { ID_BOTH = 37, NAMES_ONLY = 12, ATTRIBUTES_AT = 56, FOLDER = 0x10, NAME_OCTETS = 510 };

/* Where the length of the name and the name stand in an entry of this class; 0: nobody knows. */
static unsigned find_name(uint8_t kind, unsigned *length_at) {
    static const uint8_t name_at[] = {
        [1] = 64, [2] = 68, [3] = 94, [12] = 12, [37] = 104, [38] = 80, [60] = 88};
    *length_at = kind == NAMES_ONLY ? 8 : 60;
    return kind < sizeof name_at ? name_at[kind] : 0;
}

/* --- requests and answers --- */

void smb_list_ask(struct smb_message *m, uint8_t kind, bool again, const uint64_t handle[2]) {
    struct smb_list *l = &m->s->list;
    bool unnamed = handle[0] == UINT64_MAX && handle[1] == UINT64_MAX; /* that of the message before */
    if (again || unnamed || handle[0] != l->handle[0] || handle[1] != l->handle[1])
        names_end(&l->names, m->s->c, TRANSFER_DONE);
    l->kind = kind;
    l->handle[0] = handle[0];
    l->handle[1] = handle[1];
}

static void begin_names(struct smb_message *m) {
    struct smb *s = m->s;
    if (s->list.names.open)
        return;
    const struct smb_key session = {.kind = SMB_SESSION, .session = m->session};
    const struct smb_tree *tree = smb_find_tree(m);
    struct transfer_seed seed = transfer_seed_of("smb", m->from);
    seed.fact[FACT_USER] = smb_known_text(smb_known_find(s->hosts, &session), sizeof(struct smb_known));
    seed.fact[FACT_SHARE] = smb_known_text(tree ? &tree->known : NULL, sizeof *tree);
    seed.fact[FACT_HOST] = smb_share_server(seed.fact[FACT_SHARE]);
    names_begin(&s->list.names, s->c, &seed);
}

void smb_list_answer(struct smb_message *m, uint32_t at, uint32_t n) {
    struct smb_list *l = &m->s->list;
    uint32_t room = at < m->length ? m->length - at : 0;
    begin_names(m);
    l->entry_n = 0;
    l->skip = 0;
    l->over = false;
    if (l->kind == 0) /* nobody saw what was asked for: what most clients ask for */
        l->kind = ID_BOTH;
    m->st->data = (struct smb_data){.lists = true, .before = at, .left = n < room ? n : room};
}

void smb_list_end(struct smb *s, enum transfer_end how) {
    names_end(&s->list.names, s->c, how);
}

/* --- entries --- */

static void tell_entry(struct smb *s, unsigned name_at, unsigned name_n) {
    struct smb_list *l = &s->list;
    struct bytes entry = bytes_of(l->entry, l->entry_n);
    uint32_t next = smb_u32(entry, 0);
    struct smb_text name;
    smb_text_from(&name, smb_part(entry, name_at, name_n));
    bool folder = l->kind != NAMES_ONLY && smb_u32(entry, ATTRIBUTES_AT) & FOLDER;
    names_add(&l->names, s->c, folder, bytes_of(name.p, name.n));
    l->over = next < l->entry_n; /* 0: it is the last one */
    l->skip = l->over ? 0 : next - l->entry_n;
    l->entry_n = 0;
}

/* How many octets of the entry are wanted; 0: it is none. */
static unsigned measure_entry(const struct smb_list *l, unsigned *name_at, unsigned *name_n) {
    unsigned length_at;
    *name_at = find_name(l->kind, &length_at);
    *name_n = 0;
    if (*name_at == 0 || l->entry_n < *name_at)
        return *name_at;
    *name_n = smb_u32(bytes_of(l->entry, l->entry_n), length_at);
    return *name_n > NAME_OCTETS ? 0 : *name_at + *name_n;
}

void smb_list_bytes(struct smb *s, const uint8_t *p, size_t n) {
    struct smb_list *l = &s->list;
    while (n > 0 && !l->over) {
        unsigned name_at, name_n, want = measure_entry(l, &name_at, &name_n);
        size_t take = l->skip ? l->skip : want - l->entry_n;
        if (!l->skip && (want == 0 || want > sizeof l->entry)) {
            counter_one(COUNTER_SMB_LISTINGS_CUT);
            l->over = true;
            return;
        }
        take = take < n ? take : n;
        if (l->skip) {
            l->skip -= (uint32_t)take;
        } else {
            memcpy(l->entry + l->entry_n, p, take);
            l->entry_n = (uint16_t)(l->entry_n + take);
            want = measure_entry(l, &name_at, &name_n);
            if (l->entry_n == want && l->entry_n > name_at)
                tell_entry(s, name_at, name_n);
            else if (l->entry_n == want) /* a name of no octet */
                l->over = true;
        }
        p += take;
        n -= take;
    }
}

void smb_list_gap(struct smb *s) {
    s->list.over = true;
}

void smb_list_pause(struct smb *s) {
    names_flush(&s->list.names, s->c);
}
