/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ftp/ftp_line.h"

#include "base/counter.h"

enum { TELNET_IAC = 255, TELNET_WILL = 251, TELNET_COMMANDS = 240 };

/* True when the byte belongs to the text: Telnet commands do not (RFC 854). A lone 255 is text: clients that
 * do not double it in names are many. */
static bool is_text(struct ftp_line *l, uint8_t byte) {
    uint8_t before = l->telnet;
    if (before == 0) {
        l->telnet = byte == TELNET_IAC ? TELNET_IAC : 0;
        return byte != TELNET_IAC;
    }
    l->telnet = before == TELNET_IAC && byte >= TELNET_WILL && byte < TELNET_IAC ? byte : 0;
    return before == TELNET_IAC && (byte == TELNET_IAC || byte < TELNET_COMMANDS);
}

static void add_text(struct ftp_line *l, uint8_t byte) {
    if (l->skipping)
        return;
    if (l->n == FTP_LINE_MAX) {
        counter_one(COUNTER_FTP_LINES_LONG);
        l->skipping = l->cut = true;
        return;
    }
    l->p[l->n++] = byte;
}

bool ftp_line_add(struct ftp_line *l, uint8_t byte) {
    bool lone = l->telnet == TELNET_IAC && byte < TELNET_COMMANDS;
    if (!is_text(l, byte))
        return false;
    if (lone)
        add_text(l, TELNET_IAC);
    if (byte == '\n')
        return true;
    add_text(l, byte);
    return false;
}

void ftp_line_clear(struct ftp_line *l) {
    l->n = 0;
    l->skipping = l->cut = false;
}

void ftp_line_gap(struct ftp_line *l) {
    l->n = 0;
    l->telnet = 0;
    l->skipping = true;
    l->cut = false;
}
