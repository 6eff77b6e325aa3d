/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/irc/irc.h"

/* Mail and FTP have USER and PASS too: a nickname with a user of four words, the capabilities of IRCv3, a
 * message, or an answer that names its server and has a number of three digits. */

enum { LINES_SEEN = 4, LINE_SEEN = 600 };

static struct bytes next_word(struct bytes *line) {
    struct bytes word = bytes_until(*line, ' ');
    size_t n = word.n < line->n ? word.n + 1 : word.n;
    *line = bytes_of(line->p + n, line->n - n);
    return word;
}

static bool is_number(struct bytes word) {
    uint64_t value;
    return word.n == 3 && bytes_number(word, &value);
}

/* Enough of them are there for the command. */
static bool has_words(struct bytes line, unsigned least) {
    unsigned n = 0;
    while (line.n > 0 && n < least)
        n += next_word(&line).n > 0;
    return n >= least;
}

enum hint { HINT_NONE, HINT_ONE, HINT_NAME, HINT_USER, HINT_SURE };

static enum hint judge_client_line(struct bytes line) {
    struct bytes word = next_word(&line);
    if (bytes_equal_nocase(word, "CAP"))
        return bytes_starts_nocase(line, "LS") || bytes_starts_nocase(line, "REQ") ||
                       bytes_starts_nocase(line, "END")
                   ? HINT_SURE
                   : HINT_NONE;
    if (bytes_equal_nocase(word, "PRIVMSG") || bytes_equal_nocase(word, "NOTICE"))
        return has_words(line, 2) && memmem(line.p, line.n, " :", 2) ? HINT_SURE : HINT_NONE;
    if (bytes_equal_nocase(word, "NICK"))
        return has_words(line, 1) ? HINT_NAME : HINT_NONE;
    if (bytes_equal_nocase(word, "USER"))
        return has_words(line, 4) ? HINT_USER : HINT_ONE;
    return bytes_equal_nocase(word, "PASS") || bytes_equal_nocase(word, "PING") ||
                   bytes_equal_nocase(word, "PONG")
               ? HINT_ONE
               : HINT_NONE;
}

/* ":irc.example 001 lane4 :Welcome", ":ops!o@desk.example PRIVMSG #lanes :..." */
static enum hint judge_server_line(struct bytes line) {
    if (line.n == 0 || line.p[0] != ':')
        return bytes_starts_nocase(line, "NOTICE AUTH :") || bytes_starts_nocase(line, "NOTICE * :")
                   ? HINT_SURE
               : bytes_starts_nocase(line, "PING :") ? HINT_ONE
                                                     : HINT_NONE;
    struct bytes source = next_word(&line), word = next_word(&line);
    bool speaks = bytes_equal_nocase(word, "PRIVMSG") || bytes_equal_nocase(word, "NOTICE") ||
                  bytes_equal_nocase(word, "CAP");
    return source.n > 1 && (is_number(word) || speaks) && has_words(line, 2) ? HINT_SURE : HINT_NONE;
}

static enum probe probe_side(struct bytes run, enum hint (*judge)(struct bytes line)) {
    bool name = false, user = false, whole = true;
    for (unsigned i = 0; i < LINES_SEEN && run.n > 0; i++) {
        struct bytes line = bytes_first_line(run, LINE_SEEN, &whole);
        if (!whole)
            return line.n < LINE_SEEN && line.p[0] >= ' ' ? PROBE_MORE : PROBE_NO;
        enum hint hint = judge(bytes_trim(line));
        if (hint == HINT_NONE)
            return PROBE_NO;
        name |= hint == HINT_NAME;
        user |= hint == HINT_USER;
        if (hint == HINT_SURE || (name && user))
            return PROBE_YES;
        run = bytes_of(run.p + line.n + 1, run.n - line.n - 1);
    }
    return run.n > 0 ? PROBE_NO : PROBE_MORE;
}

enum probe irc_probe(const struct bytes first[2]) {
    enum probe asks = first[SIDE_CLIENT].n ? probe_side(first[SIDE_CLIENT], judge_client_line) : PROBE_MORE;
    enum probe answers =
        first[SIDE_SERVER].n ? probe_side(first[SIDE_SERVER], judge_server_line) : PROBE_MORE;
    if (asks == PROBE_YES || answers == PROBE_YES)
        return PROBE_YES;
    return asks == PROBE_NO || answers == PROBE_NO ? PROBE_NO : PROBE_MORE;
}
