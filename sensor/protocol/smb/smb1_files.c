/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/smb1.h"

/* The messages about files ([MS-CIFS] section 2.2.4, and [MS-SMB] for what is longer there). */

/* NULL: in a chain the file that it opens is meant, whatever the number says. */
static const struct smb_key *handle_of(const struct smb_message *m, size_t at, struct smb_key *room) {
    *room = (struct smb_key){SMB_OPEN, m->session, {smb_u16(m->head, at), UINT64_MAX}};
    return m->related && m->st->related ? NULL : room;
}

/* --- opened --- */

static void ask_for(struct smb_message *m, size_t at, size_t n) {
    struct smb_text path;
    smb1_text(&path, m, at, n);
    bool slash = path.n && path.p[0] == '\\';
    smb_tell_signing(m);
    smb_file_create(m, bytes_of(path.p + slash, (size_t)path.n - slash), NULL, false);
}

void smb1_take_open(struct smb_message *m) {
    size_t octets = smb1_octets(m);
    if (m->command == SMB1_NT_CREATE)
        ask_for(m, octets, smb_u16(m->head, m->words + 5) + (size_t)(m->wide && octets % 2));
    else
        ask_for(m, octets + (m->command != SMB1_OPEN_ANDX), m->head.n); /* behind a mark for a text */
}

/* Where the handle and the length stand. */
void smb1_take_opened(struct smb_message *m) {
    struct smb_key handle = {SMB_OPEN, m->session, {0, UINT64_MAX}};
    uint64_t end = 0;
    size_t at = m->words;
    if (m->command == SMB1_NT_CREATE) {
        at += 5;
        end = smb_u64(m->head, m->words + 55);
    } else if (m->command == SMB1_OPEN_ANDX) {
        at += 4;
        end = smb_u32(m->head, m->words + 12);
    } else if (m->command == SMB1_OPEN) {
        end = smb_u32(m->head, m->words + 8);
    }
    handle.id[0] = smb_u16(m->head, at);
    smb_file_created(m, &handle, end);
}

/* --- closed --- */

void smb1_take_close(struct smb_message *m) {
    struct smb_key room;
    smb_file_close(m, handle_of(m, m->words, &room));
}

void smb1_take_closed(struct smb_message *m) {
    smb_file_closed(m, LENGTH_UNKNOWN);
}

/* --- read --- */

void smb1_take_read(struct smb_message *m) {
    struct smb_key room;
    smb_file_read(m, handle_of(m, m->words, &room), smb_u32(m->head, m->words + 4),
                  smb_u16(m->head, m->words + 2));
}

/* Data stand behind a mark and their length. */
void smb1_take_read_answer(struct smb_message *m) {
    bool good = smb1_count_words(m) == 5;
    smb_file_read_answer(m, good, (uint32_t)smb1_octets(m) + 3, smb_u16(m->head, m->words));
}

void smb1_take_read_andx(struct smb_message *m) {
    enum { WIDE = 12, NO_TIME = 0xffff };
    struct smb_key room;
    bool wide = smb1_count_words(m) == WIDE;
    uint64_t offset = smb_u32(m->head, m->words + 6);
    uint32_t n = smb_u16(m->head, m->words + 10), more = smb_u16(m->head, m->words + 14);
    if (wide)
        offset |= (uint64_t)smb_u32(m->head, m->words + 20) << 32;
    if (wide && more != NO_TIME)
        n |= more << 16;
    smb_file_read(m, handle_of(m, m->words + 4, &room), offset, n);
}

void smb1_take_read_andx_answer(struct smb_message *m) {
    bool good = smb1_count_words(m) == 12;
    uint32_t n = smb_u16(m->head, m->words + 10) | (uint32_t)smb_u16(m->head, m->words + 14) << 16;
    smb_file_read_answer(m, good, smb_u16(m->head, m->words + 12), n);
}

/* --- written --- */

void smb1_take_write(struct smb_message *m) {
    struct smb_key room;
    smb_file_write(m, handle_of(m, m->words, &room), smb_u32(m->head, m->words + 4),
                   (uint32_t)smb1_octets(m) + 3, smb_u16(m->head, m->words + 2));
}

void smb1_take_write_and_close(struct smb_message *m) {
    struct smb_key room;
    const struct smb_key *handle = handle_of(m, m->words, &room);
    smb_file_write(m, handle, smb_u32(m->head, m->words + 4), (uint32_t)smb1_octets(m) + 1,
                   smb_u16(m->head, m->words + 2));
    smb_file_close(m, handle);
}

void smb1_take_write_andx(struct smb_message *m) {
    enum { WIDE = 14 };
    struct smb_key room;
    bool wide = smb1_count_words(m) == WIDE;
    uint64_t offset = smb_u32(m->head, m->words + 6);
    if (wide)
        offset |= (uint64_t)smb_u32(m->head, m->words + 24) << 32;
    uint32_t n = smb_u16(m->head, m->words + 20) | (uint32_t)smb_u16(m->head, m->words + 18) << 16;
    smb_file_write(m, handle_of(m, m->words + 4, &room), offset, smb_u16(m->head, m->words + 22), n);
}

/* --- raw: octets that stand in a frame of their own ([MS-CIFS] sections 2.2.4.22, 2.2.4.25) --- */

void smb1_take_read_raw(struct smb_message *m) {
    enum { WIDE = 10 };
    struct smb_key room;
    uint64_t offset = smb_u32(m->head, m->words + 2);
    if (smb1_count_words(m) == WIDE)
        offset |= (uint64_t)smb_u32(m->head, m->words + 16) << 32;
    smb_file_raw(m, handle_of(m, m->words, &room), side_other(m->from), offset);
}

/* Some of them stand behind the request. */
void smb1_take_write_raw(struct smb_message *m) {
    enum { WIDE = 14 };
    struct smb_key room;
    const struct smb_key *handle = handle_of(m, m->words, &room);
    uint64_t offset = smb_u32(m->head, m->words + 6);
    uint32_t n = smb_u16(m->head, m->words + 20);
    if (smb1_count_words(m) == WIDE)
        offset |= (uint64_t)smb_u32(m->head, m->words + 24) << 32;
    smb_file_write(m, handle, offset, smb_u16(m->head, m->words + 22), n);
    if (n < smb_u16(m->head, m->words + 2))
        smb_file_raw(m, handle, m->from, offset + n);
}

/* --- transactions ([MS-CIFS] section 2.2.6) --- */

/* Section 2.2.6.9: FILE_END_OF_FILE information by either of its numbers. */
static void take_file_info(struct smb_message *m, size_t parameters, size_t data) {
    enum { END_OF_FILE = 0x104, PASSED_THROUGH = 1020 };
    uint16_t level = smb_u16(m->head, parameters + 2);
    struct smb_key room;
    if (level == END_OF_FILE || level == PASSED_THROUGH)
        smb_file_set_end(m, handle_of(m, parameters, &room), smb_u64(m->head, data));
}

void smb1_take_transaction(struct smb_message *m) {
    enum { LEAST = 15, OPEN2 = 0, SET_FILE_INFORMATION = 8, NAME = 28 };
    size_t parameters = smb_u16(m->head, m->words + 20), data = smb_u16(m->head, m->words + 24);
    if (smb1_count_words(m) < LEAST)
        return;
    uint16_t function = smb_u16(m->head, m->words + 28);
    if (function == OPEN2)
        ask_for(m, parameters + NAME, m->head.n);
    else if (function == SET_FILE_INFORMATION)
        take_file_info(m, parameters, data);
}

/* Section 2.2.6.1.2: of the one that opens a file. */
void smb1_take_transaction_answer(struct smb_message *m) {
    size_t parameters = smb_u16(m->head, m->words + 8);
    const struct smb_key handle = {SMB_OPEN, m->session, {smb_u16(m->head, parameters), UINT64_MAX}};
    smb_file_created(m, &handle, smb_u32(m->head, parameters + 8));
}
