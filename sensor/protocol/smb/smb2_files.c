/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/smb_session.h"

/* The messages about files. */

#define HANDLE_BEFORE UINT64_MAX /* both halves: the handle of the message before in the chain */

/* NULL: that of the message before. */
static const struct smb_key *handle_at(const struct smb_message *m, size_t at, struct smb_key *room) {
    *room = (struct smb_key){SMB_OPEN, m->session, {smb_u64(m->head, at), smb_u64(m->head, at + 8)}};
    return room->id[0] == HANDLE_BEFORE && room->id[1] == HANDLE_BEFORE ? NULL : room;
}

/* --- CREATE (sections 2.2.13, 2.2.14) --- */

/* Section 2.2.13.2: does a list of contexts hold one of these names? A handle that the client takes up again
 * stands at the beginning of its data. */
static bool find_context(struct bytes head, size_t at, const char *const names[2], uint64_t *persistent) {
    enum { CONTEXTS = 16 };
    for (int i = 0; i < CONTEXTS && at >= SMB2_HEADER && at + 16 <= head.n; i++) {
        struct bytes name = smb_part(head, at + smb_u16(head, at + 4), smb_u16(head, at + 6));
        if (bytes_equal(name, bytes_text(names[0])) || bytes_equal(name, bytes_text(names[1]))) {
            *persistent = smb_u64(head, at + smb_u16(head, at + 10));
            return true;
        }
        uint32_t next = smb_u32(head, at);
        if (next == 0 || next > head.n)
            break;
        at += next;
    }
    return false;
}

/* One that was open over another connection. */
static struct smb_open *take_up(struct smb_message *m, size_t contexts) {
    static const char *const names[2] = {"DHnC", "DH2C"};
    uint64_t persistent;
    return find_context(m->head, contexts, names, &persistent) ? smb_find_persistent(m->s->hosts, persistent)
                                                               : NULL;
}

void smb2_take_create(struct smb_message *m) {
    static const char *const lasting[2] = {"DHnQ", "DH2Q"};
    size_t contexts = smb_u32(m->head, 112);
    uint64_t ignored;
    struct smb_text path;
    smb_text_from(&path, smb_part(m->head, smb_u16(m->head, 108), smb_u16(m->head, 110)));
    smb_file_create(m, bytes_of(path.p, path.n), take_up(m, contexts),
                    find_context(m->head, contexts, lasting, &ignored));
}

void smb2_take_created(struct smb_message *m) {
    struct smb_key handle;
    handle_at(m, 128, &handle);
    smb_file_created(m, &handle, smb_u64(m->head, 112));
}

/* --- CLOSE (sections 2.2.15, 2.2.16) --- */

void smb2_take_close(struct smb_message *m) {
    struct smb_key room;
    smb_file_close(m, handle_at(m, 72, &room));
}

void smb2_take_closed(struct smb_message *m) {
    enum { ATTRIBUTES = 1 };
    bool told = m->status == STATUS_OK && smb_u16(m->head, 66) & ATTRIBUTES;
    smb_file_closed(m, told ? smb_u64(m->head, 112) : LENGTH_UNKNOWN);
}

/* --- READ and WRITE (sections 2.2.19 to 2.2.21) --- */

void smb2_take_read(struct smb_message *m) {
    struct smb_key room;
    smb_file_read(m, handle_at(m, 80, &room), smb_u64(m->head, 72), smb_u32(m->head, 68));
}

void smb2_take_read_answer(struct smb_message *m) {
    bool good = (m->status == STATUS_OK || m->status == STATUS_BUFFER_OVERFLOW) && m->head.n >= 80;
    smb_file_read_answer(m, good, good ? m->head.p[66] : 0, smb_u32(m->head, 68));
}

void smb2_take_write(struct smb_message *m) {
    struct smb_key room;
    smb_file_write(m, handle_at(m, 80, &room), smb_u64(m->head, 72), smb_u16(m->head, 66),
                   smb_u32(m->head, 68));
}

/* --- SET_INFO (section 2.2.39) --- */

/* [MS-FSCC] section 2.4.14: how long the file is to be. */
void smb2_take_set_info(struct smb_message *m) {
    enum { OF_FILE = 1, END_OF_FILE = 20 };
    struct smb_key room;
    if (m->head.n >= 96 && m->head.p[66] == OF_FILE && m->head.p[67] == END_OF_FILE &&
        smb_u32(m->head, 68) >= 8)
        smb_file_set_end(m, handle_at(m, 80, &room), smb_u64(m->head, smb_u16(m->head, 72)));
}

/* --- IOCTL (section 2.2.31) --- */

static void copy_chunks(struct smb_message *m, const struct smb_key *handle, struct bytes in) {
    enum { CHUNK = 24 };
    uint32_t count = smb_u32(in, 24);
    for (size_t at = 32; count > 0 && at + CHUNK <= in.n; at += CHUNK, count--)
        smb_file_copy(m, handle, smb_u64(in, at + 8), smb_u32(in, at + 16));
}

void smb2_take_ioctl(struct smb_message *m) {
    enum {
        COPYCHUNK = 0x1440f2,
        COPYCHUNK_WRITE = 0x1480f2,
        DUPLICATE_EXTENTS = 0x98344,
        OFFLOAD_WRITE = 0x98268
    };
    uint32_t code = smb_u32(m->head, 68);
    struct bytes in = smb_part(m->head, smb_u32(m->head, 88), smb_u32(m->head, 92));
    struct smb_key room;
    const struct smb_key *handle = handle_at(m, 72, &room);
    if (code != COPYCHUNK && code != COPYCHUNK_WRITE && code != DUPLICATE_EXTENTS && code != OFFLOAD_WRITE) {
        smb_file_look_at(m, smb_u32(m->head, 88), smb_u32(m->head, 92));
        return;
    }
    counter_one(COUNTER_SMB_COPIES);
    if (code == DUPLICATE_EXTENTS && in.n >= 40) /* [MS-FSCC] section 2.3.8 */
        smb_file_copy(m, handle, smb_u64(in, 24), smb_u64(in, 32));
    else if (code == OFFLOAD_WRITE && in.n >= 32) /* section 2.3.41 */
        smb_file_copy(m, handle, smb_u64(in, 8), smb_u64(in, 16));
    else if (code == COPYCHUNK || code == COPYCHUNK_WRITE)
        copy_chunks(m, handle, in);
}

/* Section 2.2.32. */
void smb2_take_ioctl_answer(struct smb_message *m) {
    if (!m->waits)
        smb_file_look_at(m, smb_u32(m->head, 96), smb_u32(m->head, 100));
}

/* --- QUERY_DIRECTORY (sections 2.2.33, 2.2.34) --- */

void smb2_take_query(struct smb_message *m) {
    enum { RESTARTS = 1, REOPENS = 0x10 };
    const uint64_t handle[2] = {smb_u64(m->head, 72), smb_u64(m->head, 80)};
    if (m->head.n >= 88)
        smb_list_ask(m, m->head.p[66], m->head.p[67] & (RESTARTS | REOPENS), handle);
}

void smb2_take_query_answer(struct smb_message *m) {
    if (m->status == STATUS_NO_MORE_FILES)
        smb_list_end(m->s, TRANSFER_DONE);
    else if (m->status == STATUS_OK && m->head.n >= 72)
        smb_list_answer(m, smb_u16(m->head, 66), smb_u32(m->head, 68));
}
