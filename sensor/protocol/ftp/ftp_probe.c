/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ftp/ftp.h"

/* SMTP, POP3 and NNTP talk alike: a greeting of three digits or USER alone decide nothing. Commands and
 * replies that only FTP has decide by themselves, from whichever side and wherever in the conversation. */

enum { PROBE_BYTES_MAX = 2048 };
/* How strongly a line speaks for FTP. HINT_OTHER: no command or reply that we know; HINT_FOREIGN: it is
 * another protocol's. */
enum hint { HINT_NONE, HINT_OTHER, HINT_OPEN, HINT_LIKELY, HINT_FTP, HINT_FOREIGN };

/* POP3's RETR and LIST take numbers. */
static bool is_no_number(struct bytes argument) {
    uint64_t number;
    return argument.n > 0 && !bytes_number(bytes_trim(argument), &number);
}

static bool is_host_port(struct bytes argument) {
    struct endpoint e;
    return ftp_read_host_port(argument, &e);
}

static bool is_extended(struct bytes argument) {
    struct endpoint e;
    return ftp_read_extended(argument, &e);
}

static bool is_type(struct bytes argument) {
    return argument.n > 0 && memchr("AaIiEeLl", argument.p[0], 8) &&
           (argument.n == 1 || argument.p[1] == ' ');
}

static bool is_tls(struct bytes argument) {
    return bytes_starts_nocase(argument, "TLS") || bytes_starts_nocase(argument, "SSL");
}

/* What a verb says when its argument suits (NULL: any does); otherwise it leaves the matter open. */
static const struct {
    const char *verb;
    bool (*suits)(struct bytes argument);
    enum hint hint;
} known[] = {
    {"PASV", NULL, HINT_FTP},         {"EPSV", NULL, HINT_FTP},         {"PORT", is_host_port, HINT_FTP},
    {"EPRT", is_extended, HINT_FTP},  {"STOR", is_no_number, HINT_FTP}, {"STOU", NULL, HINT_FTP},
    {"APPE", is_no_number, HINT_FTP}, {"TYPE", is_type, HINT_FTP},      {"RETR", is_no_number, HINT_FTP},
    {"CWD", NULL, HINT_FTP},          {"XCWD", NULL, HINT_FTP},         {"CDUP", NULL, HINT_FTP},
    {"PWD", NULL, HINT_FTP},          {"XPWD", NULL, HINT_FTP},         {"MLSD", NULL, HINT_FTP},
    {"NLST", NULL, HINT_FTP},         {"SIZE", is_no_number, HINT_FTP}, {"MDTM", NULL, HINT_FTP},
    {"SYST", NULL, HINT_FTP},         {"AUTH", is_tls, HINT_FTP},       {"PBSZ", NULL, HINT_FTP},
    {"PROT", NULL, HINT_FTP},         {"USER", NULL, HINT_LIKELY},      {"FEAT", NULL, HINT_LIKELY},
    {"CLNT", NULL, HINT_LIKELY},      {"HOST", NULL, HINT_LIKELY},      {"OPTS", NULL, HINT_LIKELY},
    {"ACCT", NULL, HINT_LIKELY},      {"PASS", NULL, HINT_OPEN},        {"QUIT", NULL, HINT_OPEN},
    {"NOOP", NULL, HINT_OPEN},        {"LIST", NULL, HINT_OPEN},        {"STAT", NULL, HINT_OPEN},
    {"HELP", NULL, HINT_OPEN},        {"ABOR", NULL, HINT_OPEN},        {"REST", NULL, HINT_OPEN},
    {"MODE", NULL, HINT_OPEN},        {"STRU", NULL, HINT_OPEN},        {"DELE", NULL, HINT_OPEN},
    {"SITE", NULL, HINT_OPEN},        {"EHLO", NULL, HINT_FOREIGN},     {"HELO", NULL, HINT_FOREIGN},
    {"LHLO", NULL, HINT_FOREIGN},     {"MAIL", NULL, HINT_FOREIGN},     {"RCPT", NULL, HINT_FOREIGN},
    {"BDAT", NULL, HINT_FOREIGN},     {"CAPA", NULL, HINT_FOREIGN},     {"STLS", NULL, HINT_FOREIGN},
};

static enum hint hint_of_command(struct bytes line) {
    struct bytes argument, verb = ftp_read_verb(line, &argument);
    uint8_t first =
        verb.n == 3 || verb.n == 4 ? verb.p[0] & 0xdf : 0; /* in capitals; all have as many letters */
    for (size_t i = 0; i < sizeof known / sizeof known[0] && first; i++)
        if (known[i].verb[0] == first && bytes_equal_nocase(verb, known[i].verb))
            return !known[i].suits || known[i].suits(argument) ? known[i].hint : HINT_OPEN;
    return bytes_hold_nocase(line, " HTTP/") ? HINT_FOREIGN : HINT_OTHER;
}

static enum hint hint_of_reply(struct bytes line) {
    struct bytes text;
    struct endpoint e;
    unsigned code;
    bool more;
    if (!ftp_read_reply(line, &code, &more, &text))
        return HINT_OTHER;
    if (code == 227)
        return ftp_read_host_port(text, &e) ? HINT_FTP : HINT_OPEN;
    if (code == 229)
        return ftp_read_extended_port(text, &e.port) ? HINT_FTP : HINT_OPEN;
    if (code == 331)
        return HINT_FTP;
    if (code != 220 && code != 120)
        return code == 230 ? HINT_LIKELY : HINT_OPEN;
    return bytes_hold_nocase(text, "SMTP") ? HINT_FOREIGN : HINT_LIKELY;
}

/* What the first whole line says, and the strongest of all. */
struct hints {
    enum hint first, best;
};

static struct hints hints_of_lines(struct bytes run, enum hint (*hint)(struct bytes line)) {
    struct hints h = {HINT_NONE, HINT_NONE};
    const uint8_t *end;
    if (run.n > PROBE_BYTES_MAX)
        run.n = PROBE_BYTES_MAX;
    while (run.n && (end = memchr(run.p, '\n', run.n))) {
        struct bytes line = bytes_of(run.p, (size_t)(end - run.p));
        run = bytes_of(end + 1, run.n - line.n - 1);
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        enum hint one = hint(line);
        h.first = h.first ? h.first : one;
        h.best = one > h.best ? one : h.best;
    }
    return h;
}

/* Could what is there of the first line still become one? */
static bool could_be_line(struct bytes run) {
    for (size_t i = 0; i < run.n && i < 3; i++) {
        uint8_t c = run.p[i];
        if (!(c >= '0' && c <= '9') && !((c | 32) >= 'a' && (c | 32) <= 'z'))
            return false;
    }
    return true;
}

static bool is_reply_run(struct bytes run) {
    return run.n > 0 && run.p[0] >= '0' && run.p[0] <= '9';
}

static bool is_long(struct bytes run) {
    return run.n > PROBE_BYTES_MAX;
}

/* Behind a greeting as FTP's the client may say what it likes, but for what only others say. Who then goes on
 * like that is told by nothing but the end of our patience. */
static enum probe probe_greeted(struct bytes commands, struct bytes replies) {
    enum hint asked = hints_of_lines(commands, hint_of_command).best;
    enum hint answered = hints_of_lines(replies, hint_of_reply).best;
    if (asked == HINT_FOREIGN || answered == HINT_FOREIGN)
        return PROBE_NO;
    if (asked >= HINT_LIKELY || answered == HINT_FTP)
        return PROBE_YES;
    if (!is_long(commands) && !is_long(replies))
        return PROBE_MORE;
    return commands.n > 0 ? PROBE_YES : PROBE_NO;
}

/* Without one the first lines decide whether it is of this kind at all. */
static enum probe probe_ungreeted(struct bytes commands, struct bytes replies) {
    struct hints asked = hints_of_lines(commands, hint_of_command);
    struct hints answered = hints_of_lines(replies, hint_of_reply);
    if (!could_be_line(commands) || !could_be_line(replies) || (replies.n && !is_reply_run(replies)) ||
        asked.best == HINT_FOREIGN || answered.best == HINT_FOREIGN || answered.first == HINT_OTHER)
        return PROBE_NO;
    if (asked.first == HINT_OTHER) /* a greeting may still come */
        return answered.first == HINT_NONE && !is_long(commands) ? PROBE_MORE : PROBE_NO;
    if (asked.best == HINT_FTP || answered.best == HINT_FTP)
        return PROBE_YES;
    return is_long(commands) || is_long(replies) ? PROBE_NO : PROBE_MORE;
}

enum probe ftp_probe(const struct bytes first[2]) {
    bool swapped =
        !is_reply_run(first[SIDE_SERVER]) &&
        (is_reply_run(first[SIDE_CLIENT]) || (first[SIDE_CLIENT].n == 0 && first[SIDE_SERVER].n > 0));
    struct bytes commands = first[swapped ? SIDE_SERVER : SIDE_CLIENT];
    struct bytes replies = first[swapped ? SIDE_CLIENT : SIDE_SERVER];
    bool greeted = hints_of_lines(replies, hint_of_reply).first == HINT_LIKELY;
    return greeted ? probe_greeted(commands, replies) : probe_ungreeted(commands, replies);
}
