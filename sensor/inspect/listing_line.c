/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/listing.h"

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static const struct bytes nothing;

static struct bytes cut_front(struct bytes b, size_t n) {
    return bytes_of(b.p + n, b.n - n);
}

static struct bytes skip_blanks(struct bytes b) {
    while (b.n > 0 && b.p[0] == ' ')
        b = cut_front(b, 1);
    return b;
}

/* The next word of the line, which is taken off it; n == 0: there is none. */
static struct bytes take_word(struct bytes *line) {
    *line = skip_blanks(*line);
    struct bytes word = bytes_until(*line, ' ');
    *line = cut_front(*line, word.n);
    return word;
}

/* The last word likewise. */
static struct bytes take_last_word(struct bytes *line) {
    size_t to = line->n;
    while (to > 0 && line->p[to - 1] == ' ')
        to--;
    size_t from = to;
    while (from > 0 && line->p[from - 1] != ' ')
        from--;
    struct bytes word = bytes_of(line->p + from, to - from);
    line->n = from;
    return word;
}

/* Does it begin so? '#' is a digit, '@' a letter, '?' a letter or '-'; the rest is itself. */
static bool begins_as(struct bytes b, const char *shape) {
    for (size_t i = 0; shape[i]; i++) {
        if (i >= b.n)
            return false;
        uint8_t c = b.p[i];
        bool fits = shape[i] == '#'   ? is_digit(c)
                    : shape[i] == '@' ? is_letter(c)
                    : shape[i] == '?' ? is_letter(c) || c == '-'
                                      : c == (uint8_t)shape[i];
        if (!fits)
            return false;
    }
    return true;
}

static bool is_clock(struct bytes word) {
    return begins_as(word, "##:##") || begins_as(word, "#:##");
}

static bool is_year(struct bytes word) {
    return word.n == 4 && (begins_as(word, "19##") || begins_as(word, "20##"));
}

static bool is_count(struct bytes word) {
    size_t digits = 0;
    for (size_t i = 0; i < word.n; i++) {
        if (is_digit(word.p[i]))
            digits++;
        else if (word.p[i] != ',' && word.p[i] != '.')
            return false;
    }
    return digits > 0;
}

/* What stands behind the last slash; a slash at the end belongs to the name. */
static struct bytes without_folders(struct bytes path) {
    for (size_t i = path.n > 0 ? path.n - 1 : 0; i > 0; i--)
        if (path.p[i - 1] == '/' || path.p[i - 1] == '\\')
            return cut_front(path, i);
    return path;
}

/* A link is named, not what it leads to. */
static struct bytes without_target(struct bytes name) {
    for (size_t i = 0; i + 4 <= name.n; i++)
        if (memcmp(name.p + i, " -> ", 4) == 0)
            return bytes_of(name.p, i);
    return name;
}

/* "-rw-r--r-- 1 ann ann 48112 May 31 04:11 NAME", "drwxr-xr-x ann/ann 0 2026-05-31 04:11 NAME/" and the like:
 * behind the mode and some words stands a time of day, or a year behind a day. */
static struct bytes read_unix_line(struct bytes line) {
    enum { WORDS_MAX = 10 };
    struct bytes before = nothing;
    if (!begins_as(line, "??????????") || !memchr("-dlbcps", line.p[0], 7) ||
        (line.p[1] != 'r' && line.p[1] != '-') || (line.p[2] != 'w' && line.p[2] != '-'))
        return nothing;
    take_word(&line);
    for (unsigned i = 0; i < WORDS_MAX; i++) {
        struct bytes word = take_word(&line);
        if (word.n == 0)
            break;
        if (is_clock(word) || (i >= 3 && is_year(word) && is_count(before) && before.n <= 2))
            return without_folders(without_target(skip_blanks(line)));
        before = word;
    }
    return nothing;
}

/* "05/31/2026  04:11 AM    <DIR>          NAME"; a file's name is found by its ending. */
static struct bytes read_dos_line(struct bytes line) {
    static const char mark[] = "<DIR>";
    bool dated = begins_as(line, "##/##/##") || begins_as(line, "##-##-##") || begins_as(line, "##.##.##") ||
                 begins_as(line, "####-##-##");
    if (!dated)
        return nothing;
    take_word(&line);
    if (!is_clock(take_word(&line)))
        return nothing;
    for (unsigned i = 0; i < 2; i++)
        if (bytes_equal(take_word(&line), bytes_text(mark)))
            return skip_blanks(line);
    return nothing;
}

/* "type=file;size=48112;modify=20260531041158; NAME" (RFC 3659 section 7.2). */
static struct bytes read_fact_line(struct bytes line) {
    if (line.n == 0 || !is_letter(line.p[0]))
        return nothing;
    struct bytes facts = bytes_until(line, ' ');
    if (facts.n < 7 || facts.n == line.n || facts.p[facts.n - 1] != ';' || !bytes_hold_nocase(facts, "type="))
        return nothing;
    return without_folders(cut_front(line, facts.n + 1));
}

/* "  NAME      A    48112  Sun May 31 04:11:58 2026", as smbclient lists. */
static struct bytes read_share_line(struct bytes line) {
    if (!begins_as(line, "  ") || line.n < 3 || line.p[2] == ' ' || !is_year(take_last_word(&line)) ||
        !is_clock(take_last_word(&line)) || !is_count(take_last_word(&line)) ||
        take_last_word(&line).n != 3 || take_last_word(&line).n != 3 || !is_count(take_last_word(&line)))
        return nothing;
    struct bytes letters = take_last_word(&line);
    for (size_t i = 0; i < letters.n; i++)
        if (!memchr("DAHSRNVrn", letters.p[i], 9)) /* it has none of these: a word of the name */
            return bytes_trim(bytes_of(line.p, line.n + letters.n));
    return bytes_trim(line);
}

/* A path alone whose last part is a folder. */
static struct bytes read_folder_line(struct bytes line) {
    if (line.n < 2 || line.p[line.n - 1] != '/' || memchr(line.p, ' ', line.n) ||
        memchr(line.p, '<', line.n) || memchr(line.p, '"', line.n))
        return nothing;
    return without_folders(line);
}

struct bytes listing_line_name(struct bytes line) {
    struct bytes name = nothing;
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    if (line.n < 2)
        return nothing;
    if (is_digit(line.p[0]))
        name = read_dos_line(line);
    else if (line.p[0] == ' ')
        name = read_share_line(line);
    else if (line.p[1] == 'r' || line.p[1] == '-')
        name = read_unix_line(line);
    if (name.n == 0)
        name = read_fact_line(line);
    return name.n > 0 ? name : read_folder_line(line);
}
