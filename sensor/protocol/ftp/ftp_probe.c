/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ftp/ftp.h"

/* SMTP, POP3 and NNTP talk alike: a greeting of three digits or USER alone decide nothing. Commands and
 * replies that only FTP has decide by themselves, from whichever side and wherever in the conversation. */

enum { PROBE_BYTES_MAX = 2048 };
/* How strongly lines speak for FTP; HINT_OTHER: they are not FTP's. */
enum hint { HINT_NONE, HINT_OPEN, HINT_LIKELY, HINT_FTP, HINT_OTHER };

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
    {"SITE", NULL, HINT_OPEN},
};

static enum hint hint_of_command(struct bytes line) {
    struct bytes argument, verb = ftp_read_verb(line, &argument);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (bytes_equal_nocase(verb, known[i].verb))
            return !known[i].suits || known[i].suits(argument) ? known[i].hint : HINT_OPEN;
    return HINT_OTHER;
}

static bool contains_word(struct bytes text, const char *word) {
    for (size_t i = 0; i < text.n; i++)
        if (bytes_starts_nocase(bytes_of(text.p + i, text.n - i), word))
            return true;
    return false;
}

static enum hint hint_of_reply(struct bytes line) {
    struct bytes text;
    struct endpoint e;
    unsigned code;
    bool more;
    if (!ftp_read_reply(line, &code, &more, &text) || contains_word(text, "SMTP"))
        return HINT_OTHER;
    if (code == 227)
        return ftp_read_host_port(text, &e) ? HINT_FTP : HINT_OPEN;
    if (code == 229)
        return ftp_read_extended_port(text, &e.port) ? HINT_FTP : HINT_OPEN;
    if (code == 331)
        return HINT_FTP;
    return code == 220 || code == 120 || code == 230 ? HINT_LIKELY : HINT_OPEN;
}

/* The strongest hint among the whole lines. The first line decides whether it is of this kind at all. */
static enum hint hint_of_lines(struct bytes run, enum hint (*hint)(struct bytes line)) {
    enum hint best = HINT_NONE;
    const uint8_t *end;
    if (run.n > PROBE_BYTES_MAX)
        run.n = PROBE_BYTES_MAX;
    while (run.n && (end = memchr(run.p, '\n', run.n))) {
        struct bytes line = bytes_of(run.p, (size_t)(end - run.p));
        run = bytes_of(end + 1, run.n - line.n - 1);
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        enum hint h = hint(line);
        if (h == HINT_OTHER && best == HINT_NONE)
            return h;
        if (h != HINT_OTHER && h > best)
            best = h;
    }
    return best;
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

enum probe ftp_probe(const struct bytes first[2]) {
    bool swapped =
        !is_reply_run(first[SIDE_SERVER]) &&
        (is_reply_run(first[SIDE_CLIENT]) || (first[SIDE_CLIENT].n == 0 && first[SIDE_SERVER].n > 0));
    struct bytes commands = first[swapped ? SIDE_SERVER : SIDE_CLIENT];
    struct bytes replies = first[swapped ? SIDE_CLIENT : SIDE_SERVER];
    if (!could_be_line(commands) || !could_be_line(replies) || (replies.n && !is_reply_run(replies)))
        return PROBE_NO;
    enum hint asked = hint_of_lines(commands, hint_of_command);
    enum hint answered = hint_of_lines(replies, hint_of_reply);
    if (asked == HINT_OTHER || answered == HINT_OTHER)
        return PROBE_NO;
    if (asked == HINT_FTP || answered == HINT_FTP || (asked == HINT_LIKELY && answered == HINT_LIKELY))
        return PROBE_YES;
    return commands.n > PROBE_BYTES_MAX || replies.n > PROBE_BYTES_MAX ? PROBE_NO : PROBE_MORE;
}
