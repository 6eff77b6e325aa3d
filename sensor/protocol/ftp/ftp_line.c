/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ftp/ftp_line.h"

#include "base/counter.h"

enum { TELNET_IAC = 255, TELNET_WILL = 251, TELNET_COMMANDS = 240 };

/* True when the byte belongs to the text: Telnet commands do not (RFC 854). */
static bool step_telnet(uint8_t *state, uint8_t byte) {
    uint8_t before = *state;
    if (before == 0) {
        *state = byte == TELNET_IAC ? TELNET_IAC : 0;
        return byte != TELNET_IAC;
    }
    *state = before == TELNET_IAC && byte >= TELNET_WILL && byte < TELNET_IAC ? byte : 0;
    return before == TELNET_IAC && (byte == TELNET_IAC || byte < TELNET_COMMANDS);
}

bool ftp_line_add(struct ftp_line *l, uint8_t byte) {
    bool text = step_telnet(&l->telnet, byte);
    if (l->n < FTP_LINE_MAX) {
        l->p[l->n++] = byte;
    } else if (!l->cut) {
        counter_one(COUNTER_FTP_LINES_LONG);
        l->cut = true;
    }
    return text && byte == '\n';
}

/* A lone 255 is text: clients that do not double it in names are many. */
struct bytes ftp_line_text(const struct ftp_line *l, uint8_t out[FTP_LINE_MAX]) {
    uint8_t telnet = 0;
    uint16_t n = 0;
    for (uint16_t i = 0; i < l->n; i++) {
        uint8_t byte = l->p[i];
        bool lone = telnet == TELNET_IAC && byte < TELNET_COMMANDS;
        if (!step_telnet(&telnet, byte))
            continue;
        if (lone)
            out[n++] = TELNET_IAC;
        out[n++] = byte;
    }
    while (n > 0 && (out[n - 1] == '\n' || out[n - 1] == '\r'))
        n--;
    return bytes_of(out, n);
}

void ftp_line_clear(struct ftp_line *l) {
    l->n = 0;
    l->cut = l->behind_gap = false;
}

void ftp_line_gap(struct ftp_line *l) {
    ftp_line_clear(l);
    l->telnet = 0;
    l->behind_gap = true;
}
