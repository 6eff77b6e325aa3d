/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/smb1.h"

/* The commands, a row each; one without a row is passed by. Several stand in one message as a chain
 * ([MS-CIFS] section 2.2.3.4). */

enum { HEADER = 32, COMMANDS = 256, CHAIN_MAX = 8, NO_MORE = 0xff };
enum { FLAGS_ANSWER = 0x80, FLAGS2_SIGNED = 4, FLAGS2_WIDE = 0x8000 };

static const struct command {
    void (*request)(struct smb_message *m);
    void (*answer)(struct smb_message *m);
    bool andx;
    /* Octets behind the words that stand before the data, which need not be there; 0: all of the message
     * does. */
    uint8_t request_data, answer_data;
} commands[COMMANDS] = {
    [SMB1_NEGOTIATE] = {NULL, smb1_take_negotiated},
    [SMB1_SESSION_SETUP] = {smb1_take_setup, smb1_take_set_up, true},
    [SMB1_TREE_CONNECT] = {smb1_take_tree, smb1_take_tree_answer, true},
    [SMB1_OPEN] = {smb1_take_open, smb1_take_opened},
    [SMB1_CREATE] = {smb1_take_open, smb1_take_opened},
    [SMB1_CREATE_NEW] = {smb1_take_open, smb1_take_opened},
    [SMB1_OPEN_ANDX] = {smb1_take_open, smb1_take_opened, true},
    [SMB1_NT_CREATE] = {smb1_take_open, smb1_take_opened, true},
    [SMB1_CLOSE] = {smb1_take_close, smb1_take_closed},
    [SMB1_READ] = {smb1_take_read, smb1_take_read_answer, false, 0, 5},
    [SMB1_LOCK_AND_READ] = {smb1_take_read, smb1_take_read_answer, false, 0, 5},
    [SMB1_READ_ANDX] = {smb1_take_read_andx, smb1_take_read_andx_answer, true, 0, 2},
    [SMB1_WRITE] = {smb1_take_write, NULL, false, 5, 0},
    [SMB1_WRITE_AND_UNLOCK] = {smb1_take_write, NULL, false, 5, 0},
    [SMB1_WRITE_AND_CLOSE] = {smb1_take_write_and_close, smb1_take_closed, false, 3, 0},
    [SMB1_WRITE_ANDX] = {smb1_take_write_andx, NULL, true, 2, 0},
    [SMB1_READ_RAW] = {smb1_take_read_raw, NULL},
    [SMB1_WRITE_RAW] = {smb1_take_write_raw, NULL, false, 2, 0},
    [SMB1_TRANSACTION2] = {smb1_take_transaction, smb1_take_transaction_answer},
};

void smb1_text(struct smb_text *out, const struct smb_message *m, size_t at, size_t n) {
    if (m->wide && at % 2)
        at++;
    struct bytes text = smb_part(m->head, at, n);
    if (m->wide) {
        size_t end = 0;
        while (end + 2 <= text.n && smb_u16(text, end))
            end += 2;
        smb_text_from(out, bytes_of(text.p, end));
    } else {
        smb_text_narrow(out, bytes_until(text, '\0'));
    }
}

/* Section 2.2.3.1. */
static void read_header(struct smb_message *m) {
    uint16_t flags2 = smb_u16(m->head, 10);
    m->status = smb_u32(m->head, 5);
    m->answer = m->head.p[9] & FLAGS_ANSWER;
    m->is_signed = flags2 & FLAGS2_SIGNED;
    m->wide = flags2 & FLAGS2_WIDE;
    m->tree = smb_u16(m->head, 24);
    m->session = UINT64_C(1) << 63 | m->s->number;
}

/* An answer has the numbers of its request, and its command. */
static void take_command(struct smb_message *m) {
    const struct command *row = &commands[m->command];
    void (*take)(struct smb_message * m) = m->answer ? row->answer : row->request;
    m->number = (uint64_t)m->command << 32 | (uint32_t)smb_u16(m->head, 26) << 16 | smb_u16(m->head, 30);
    if (take)
        take(m);
}

static void take_chain(struct smb_message *m) {
    size_t at = HEADER;
    m->command = m->head.p[4];
    for (int i = 0; i < CHAIN_MAX; i++) {
        m->words = at + 1;
        take_command(m);
        size_t next = smb_u16(m->head, at + 3);
        unsigned then = at + 1 < m->head.n ? m->head.p[at + 1] : NO_MORE;
        if (!commands[m->command].andx || smb1_count_words(m) < 2 || then == NO_MORE || next <= at ||
            next >= m->head.n)
            break;
        at = next;
        m->command = (uint16_t)then;
        m->related = true;
    }
}

/* How much of it has to be there. */
static uint16_t count_wanted(struct bytes head) {
    const struct command *row = &commands[head.p[4]];
    bool answer = head.p[9] & FLAGS_ANSWER;
    uint8_t before = answer ? row->answer_data : row->request_data;
    if (!(answer ? row->answer : row->request))
        return 0;
    return before ? (uint16_t)(HEADER + 1 + 2 * head.p[HEADER] + before) : SMB_HEAD_MAX;
}

bool smb1_take_head(struct smb *s, struct smb_stream *st) {
    struct bytes head = bytes_of(st->head, st->head_n);
    if (head.n <= HEADER) {
        st->want = HEADER + 1;
        return st->left > 0;
    }
    uint16_t want = count_wanted(head);
    if (want > head.n && st->left > 0 && head.n < SMB_HEAD_MAX) {
        st->want = want;
        return true;
    }
    struct smb_message m = {.s = s, .st = st, .from = st->from, .head = head, .length = st->taken + st->left};
    read_header(&m);
    s->server = m.answer ? m.from : side_other(m.from);
    s->only.answered |= m.answer;
    smb_file_drop_raw(s, m.from); /* a message comes in its place */
    take_chain(&m);
    return true;
}
