/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_SMB1_H
#define GANTRY_PROTOCOL_SMB1_H

#include "protocol/smb/smb_session.h"

/* Internal to smb/: SMB 1 ([MS-CIFS], [MS-SMB]). The parameters of a command, its words, are counted from
 * m->words; behind them stand a count of octets and so many octets. */

enum smb1_command {
    SMB1_OPEN = 0x02,
    SMB1_CREATE = 0x03,
    SMB1_CLOSE = 0x04,
    SMB1_READ = 0x0a,
    SMB1_WRITE = 0x0b,
    SMB1_CREATE_NEW = 0x0f,
    SMB1_LOCK_AND_READ = 0x13,
    SMB1_WRITE_AND_UNLOCK = 0x14,
    SMB1_READ_RAW = 0x1a,
    SMB1_WRITE_RAW = 0x1d,
    SMB1_WRITE_AND_CLOSE = 0x2c,
    SMB1_OPEN_ANDX = 0x2d,
    SMB1_READ_ANDX = 0x2e,
    SMB1_WRITE_ANDX = 0x2f,
    SMB1_TRANSACTION2 = 0x32,
    SMB1_NEGOTIATE = 0x72,
    SMB1_SESSION_SETUP = 0x73,
    SMB1_TREE_CONNECT = 0x75,
    SMB1_NT_CREATE = 0xa2,
};

/* How many words there are, and where the octets behind them begin. */
static inline unsigned smb1_count_words(const struct smb_message *m) {
    return m->words - 1 < m->head.n ? m->head.p[m->words - 1] : 0;
}

static inline size_t smb1_octets(const struct smb_message *m) {
    return m->words + 2 * (size_t)smb1_count_words(m) + 2;
}

/* A text of at most `n` octets that ends with a zero: UTF-16 at an even place, or octets. */
void smb1_text(struct smb_text *out, const struct smb_message *m, size_t at, size_t n);

/* --- smb1_session.c --- */
void smb1_take_negotiated(struct smb_message *m);
void smb1_take_setup(struct smb_message *m);
void smb1_take_set_up(struct smb_message *m);
void smb1_take_tree(struct smb_message *m);
void smb1_take_tree_answer(struct smb_message *m);

/* --- smb1_files.c --- */
void smb1_take_open(struct smb_message *m); /* by any command */
void smb1_take_opened(struct smb_message *m);
void smb1_take_close(struct smb_message *m);
void smb1_take_closed(struct smb_message *m);
void smb1_take_read(struct smb_message *m);
void smb1_take_read_answer(struct smb_message *m);
void smb1_take_read_andx(struct smb_message *m);
void smb1_take_read_andx_answer(struct smb_message *m);
void smb1_take_write(struct smb_message *m);
void smb1_take_write_and_close(struct smb_message *m);
void smb1_take_write_andx(struct smb_message *m);
void smb1_take_read_raw(struct smb_message *m);
void smb1_take_write_raw(struct smb_message *m);
void smb1_take_transaction(struct smb_message *m);
void smb1_take_transaction_answer(struct smb_message *m);

#endif
