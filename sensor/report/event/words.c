/* SPDX-License-Identifier: Apache-2.0 */
#include "report/event/words.h"

#include "report/event/stamp.h"
#include "report/event/word.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_ROOM = 64, DIGEST_LEAST = 16, PLATE_LONGEST = 9 };

/* --- the letters of a word --- */

/* In ASCII and small, without marks; false: it has others, or is longer. */
static bool fold_word(const struct view *v, const struct word *w, char out[NAME_ROOM]) {
    size_t n = 0;
    for (size_t i = w->first; i < w->end; i++) {
        const struct letter *l = &v->letters[i];
        if (l->kind == LETTER_MARK)
            continue;
        if (l->folded >= 0x80 || n == NAME_ROOM - 1)
            return false;
        out[n++] = (char)(l->kind == LETTER_UPPER ? l->folded | 0x20 : l->folded);
    }
    out[n] = '\0';
    return true;
}

static void count_letters(const struct view *v, struct word *w) {
    int before = LETTER_MARK;
    for (size_t i = w->first; i < w->end; i++) {
        uint8_t kind = v->letters[i].kind;
        bool digit = kind == LETTER_DIGIT;
        if (kind == LETTER_MARK)
            continue;
        w->stars += kind == LETTER_STAR;
        w->digits += digit;
        w->letters += kind <= LETTER_CASELESS;
        w->capitals += kind == LETTER_UPPER || kind == LETTER_CASELESS;
        w->small += kind == LETTER_LOWER;
        w->runs += kind != LETTER_STAR && (before == LETTER_MARK || digit != (before == LETTER_DIGIT));
        before = kind;
    }
}

/* --- from letters to words --- */

static bool is_in_word(const struct letter *l) {
    return l->kind <= LETTER_STAR;
}

static struct word *add_word(struct view *v, size_t first, size_t end, enum word_role role) {
    struct word *w = &v->words[v->word_count++];
    *w = (struct word){.first = (uint16_t)first, .end = (uint16_t)end, .role = (uint8_t)role};
    count_letters(v, w);
    return w;
}

/* A run of letters and digits is one word, but for a date or time that is glued to it at either end. */
static void add_run(struct view *v, size_t first, size_t end) {
    struct word all = {.first = (uint16_t)first, .end = (uint16_t)end};
    char name[NAME_ROOM];
    size_t lead = 0, trail = 0;
    bool whole = true; /* each character is one letter of the view */
    for (size_t i = first; i < end; i++)
        whole &= v->letters[i].kind != LETTER_MARK;
    if (whole && fold_word(v, &all, name)) {
        lead = stamp_lead(name);
        trail = stamp_trail(name + lead);
    }
    if (lead)
        add_word(v, first, first + lead, ROLE_DATE);
    if (first + lead < end - trail)
        add_word(v, first + lead, end - trail, ROLE_NONE);
    if (trail)
        add_word(v, end - trail, end, ROLE_DATE);
}

/* What stands between the words before place `i` of the letters, and the next. */
static void close_words(struct view *v, size_t from, size_t to, bool *names_plate) {
    char name[NAME_ROOM];
    if (v->word_count == 0)
        return;
    struct word *w = &v->words[v->word_count - 1];
    bool assigned = false;
    w->joint = (uint16_t)(to - from);
    for (size_t i = from; i < to; i++) {
        w->last |= v->letters[i].kind == LETTER_END;
        assigned |= v->letters[i].folded == '=' || v->letters[i].folded == ':';
    }
    w->dot = w->joint == 1 && v->letters[from].folded == '.';
    w->underscore = w->joint == 1 && v->letters[from].folded == '_';
    *names_plate = assigned && fold_word(v, w, name) && word_names_plate(name);
}

static void find_words(struct view *v) {
    size_t from = 0;
    bool names_plate = false;
    v->word_count = 0;
    for (size_t i = 0; i < v->count;) {
        if (!is_in_word(&v->letters[i])) {
            i++;
            continue;
        }
        size_t first = i, before = v->word_count;
        while (i < v->count && is_in_word(&v->letters[i]))
            i++;
        names_plate = false;
        close_words(v, from, first, &names_plate);
        add_run(v, first, i);
        v->words[before].plate_named = names_plate;
        from = i;
    }
    if (v->word_count)
        v->words[v->word_count - 1].last = true;
}

/* --- the role of a word by itself --- */

static bool is_covered(const struct word *w) {
    unsigned seen = w->letters + w->digits;
    return w->stars && (seen <= 2 || (seen <= 4 && w->stars >= 2));
}

static bool has_only(const char *text, const char *of) {
    return text[strspn(text, of)] == '\0';
}

/* Hexadecimal, as names of files that are digests of their content. */
static bool is_digest(const struct word *w, const char *name) {
    return w->letters && w->letters + w->digits >= DIGEST_LEAST && (w->small == 0 || w->capitals == 0) &&
           has_only(name, "0123456789abcdef");
}

/* "1024x768", "1080p" */
static bool is_dimension(const char *name) {
    size_t n = strspn(name, "0123456789");
    if (n < 2 || n > 4)
        return false;
    const char *rest = name + n;
    if ((*rest == 'p' || *rest == 'i') && rest[1] == '\0')
        return n >= 3;
    size_t more = *rest == 'x' ? strspn(rest + 1, "0123456789") : 0;
    return more >= 2 && more <= 4 && rest[1 + more] == '\0';
}

/* A number behind a known word: a short word has a short one, or it might be a plate. */
static bool is_number_of(unsigned senses, const struct word *of, size_t letters, const char *digits) {
    size_t n = strlen(digits);
    bool brief = letters <= 3 && of->small < letters;
    if (n == 0 || !has_only(digits, "0123456789"))
        return false;
    if ((senses & WORD_PLACE) && n <= (brief ? 2 : 3))
        return true;
    return (senses & WORD_COUNTED) && (digits[0] == '0' || letters > 3) && n <= 6;
}

/* "L04", "lane3", "IMG0001" */
static enum word_role role_of_numbered(const struct word *w, const char *name) {
    char word[WORD_LONGEST + 1];
    size_t n = strcspn(name, "0123456789");
    if (n == 0 || n > WORD_LONGEST || w->runs != 2)
        return ROLE_NONE;
    memcpy(word, name, n);
    word[n] = '\0';
    unsigned senses = word_senses(word);
    if (!is_number_of(senses, w, n, name + n))
        return ROLE_NONE;
    return senses & WORD_PLACE ? ROLE_PLACE : ROLE_KNOWN;
}

/* An ordinary word with a number: "python3", "report2026", "frame0001". */
static bool is_numbered_word(const struct word *w, const char *name) {
    bool small = w->capitals == 0 || (w->capitals == 1 && w->small >= 3 && name[0] >= 'a');
    const char *digits = name + strcspn(name, "0123456789");
    if (!small || w->runs > 3)
        return false;
    if (w->letters >= 5)
        return w->digits <= 3 ||
               (w->runs == 2 && (digits[0] == '0' || (w->digits == 4 && stamp_is_year(digits))));
    return w->letters == 4 ? w->digits <= 2 : w->letters == 3 && w->digits == 1;
}

/* Letters alone. */
static enum word_role role_of_letters(const struct word *w, unsigned senses, bool capitals) {
    if ((senses & (WORD_PLAIN | WORD_PLACE | WORD_COUNTED)) && (!capitals || w->letters > 3))
        return ROLE_KNOWN;
    if (capitals && w->letters <= PLATE_LONGEST)
        return ROLE_NONE;
    return w->letters >= 4 ? ROLE_PLAIN : ROLE_NONE;
}

static enum word_role role_of(const struct view *v, const struct word *w) {
    char name[NAME_ROOM];
    if (w->role != ROLE_NONE)
        return (enum word_role)w->role;
    if (w->letters + w->digits == 0 || is_covered(w))
        return ROLE_COVERED;
    bool ascii = fold_word(v, w, name);
    if (!ascii)
        name[0] = '\0';
    unsigned senses = word_senses(name);
    if (w->digits == 0) {
        bool capitals = w->small == 0;
        for (size_t i = w->first; i < w->end; i++)
            capitals &= v->letters[i].kind != LETTER_CASELESS;
        return role_of_letters(w, senses, capitals);
    }
    if (w->letters == 0)
        return stamp_whole(name) ? ROLE_DATE : ROLE_NONE;
    if (senses & WORD_PLAIN || is_digest(w, name) || is_dimension(name))
        return ROLE_KNOWN;
    enum word_role numbered = role_of_numbered(w, name);
    if (numbered)
        return numbered;
    return is_numbered_word(w, name) ? ROLE_KNOWN : ROLE_NONE;
}

/* --- roles that neighbours give --- */

/* Up to `most` words of digits alone from `i` on, in one name; how many. */
static size_t take_digits(const struct view *v, size_t i, size_t most, char out[][NAME_ROOM]) {
    size_t n = 0;
    while (n < most && i + n < v->word_count && v->words[i + n].letters == 0 &&
           fold_word(v, &v->words[i + n], out[n])) {
        n++;
        if (v->words[i + n - 1].last)
            break;
    }
    return n;
}

static void set_roles(struct view *v, size_t i, size_t n, enum word_role role) {
    for (size_t k = i; k < i + n && k < v->word_count; k++)
        v->words[k].role = (uint8_t)role;
}

/* "2026-05-31", "31.05.2026", "2026-05-31T04"; how many words it has. */
static size_t measure_date(const struct view *v, size_t i) {
    char d[3][NAME_ROOM];
    size_t n = take_digits(v, i, 3, d);
    if (n == 3)
        return stamp_is_date(d[0], d[1], d[2]) ? 3 : 0;
    if (n < 2 || v->words[i + 1].last || i + 2 >= v->word_count || !fold_word(v, &v->words[i + 2], d[2]))
        return 0;
    char *t = strchr(d[2], 't');
    if (!t || !has_only(t + 1, "0123456789z"))
        return 0;
    *t = '\0';
    return stamp_is_date(d[0], d[1], d[2]) ? 3 : 0;
}

/* "041158", "T041158Z", "04-11-58", "0411" behind a date. */
static size_t measure_time(const struct view *v, size_t i) {
    char d[3][NAME_ROOM], name[NAME_ROOM];
    if (i >= v->word_count)
        return 0;
    if (fold_word(v, &v->words[i], name) && stamp_is_time(name))
        return 1;
    return take_digits(v, i, 3, d) == 3 && stamp_is_clock(d[0], d[1], d[2]) ? 3 : 0;
}

/* Four numbers up to 255: of an address, as host names have it too. */
static bool is_address(const struct view *v, size_t i) {
    char d[4][NAME_ROOM];
    const struct word *before = i && !v->words[i - 1].last ? &v->words[i - 1] : NULL;
    bool behind_group = before && before->role == ROLE_NONE && before->letters + before->digits <= 2;
    if (behind_group || take_digits(v, i, 4, d) != 4)
        return false;
    for (size_t k = 0; k < 4; k++)
        if (strlen(d[k]) > 3 || atoi(d[k]) > 255 || (k < 3 && v->words[i + k].joint != 1))
            return false;
    return true;
}

/* RFC 9562 section 4: "0e0c2f6a-1b2c-8d3e-9f40-5a6b7c8d9e0f". */
static bool is_uuid(const struct view *v, size_t i) {
    static const uint8_t sizes[] = {8, 4, 4, 4, 12};
    char name[NAME_ROOM];
    for (size_t k = 0; k < sizeof sizes; k++)
        if (i + k >= v->word_count || !fold_word(v, &v->words[i + k], name) || strlen(name) != sizes[k] ||
            !has_only(name, "0123456789abcdef") ||
            (k < 4 && (v->words[i + k].joint != 1 || v->words[i + k].last)))
            return false;
    return true;
}

/* "cam-12", "lane_3", "IMG_0001" */
static bool is_place_with_number(const struct view *v, size_t i) {
    char name[NAME_ROOM], digits[NAME_ROOM];
    const struct word *w = &v->words[i];
    if (w->digits || w->stars || w->last || w->joint != 1 || i + 1 >= v->word_count ||
        v->words[i + 1].letters || !fold_word(v, w, name) || !fold_word(v, w + 1, digits))
        return false;
    unsigned senses = word_senses(name);
    if (!w->underscore)
        senses &= WORD_PLACE;
    return is_number_of(senses, w, w->letters, digits);
}

/* Of a file's name: a known one, or small letters at the very end. */
static bool is_ending(const struct view *v, const struct word *w) {
    char name[NAME_ROOM];
    if (w->last && w->digits == 0 && w->capitals == 0)
        return true;
    return fold_word(v, w, name) && (word_senses(name) & WORD_ENDING);
}

static void set_role_here(struct view *v, size_t i) {
    struct word *w = &v->words[i];
    char name[NAME_ROOM];
    size_t n;
    w->year = w->letters == 0 && fold_word(v, w, name) && stamp_is_year(name) && name[4] == '\0';
    if ((n = measure_date(v, i)))
        set_roles(v, i, n, ROLE_DATE);
    else if (is_address(v, i))
        set_roles(v, i, 4, ROLE_KNOWN);
    else if (is_uuid(v, i))
        set_roles(v, i, 5, ROLE_KNOWN);
    else if (w->role <= ROLE_KNOWN && is_place_with_number(v, i))
        set_roles(v, i, 2, ROLE_PLACE);
    else if (i && w[-1].dot && is_ending(v, w))
        w->role = ROLE_KNOWN;
    if (w->role != ROLE_DATE)
        return;
    /* Up to the next date or time: its turn comes, and a long row of them is gone through once. */
    for (size_t at = i + (n ? n : 1); !v->words[at - 1].last && v->words[at].role != ROLE_DATE; at += n) {
        if ((n = measure_time(v, at)) == 0)
            break;
        set_roles(v, at, n, ROLE_DATE);
    }
    if (i && !w[-1].last && measure_time(v, i - 1) == 1)
        w[-1].role = ROLE_DATE;
}

/* Words of capitals, three of them in one name, are a sentence ("LINK_LIBRARY_FLAGS"): there none is a plate.
 */
static void find_sentences(struct view *v) {
    enum { SENTENCE = 3, LETTERS = 3 };
    for (size_t first = 0, end; first < v->word_count; first = end) {
        unsigned n = 0;
        for (end = first; end == first || (end < v->word_count && !v->words[end - 1].last); end++)
            n += v->words[end].role == ROLE_NONE && v->words[end].digits == 0 &&
                 v->words[end].letters >= LETTERS && v->words[end].small == 0;
        for (size_t i = first; i < end && n >= SENTENCE; i++)
            if (v->words[i].role == ROLE_NONE && v->words[i].digits == 0)
                v->words[i].role = ROLE_PLAIN;
    }
}

size_t words_read(struct view *v, struct bytes text) {
    size_t at = 0;
    v->count = 0;
    while (at < text.n && v->count < REDACT_LETTERS) {
        v->letters[v->count] = letter_next(bytes_of(text.p + at, text.n - at));
        at += v->letters[v->count++].size;
    }
    size_t whole = v->count;
    while (at < text.n && whole && is_in_word(&v->letters[whole - 1]))
        whole--;
    if (at < text.n && whole)
        while (v->count > whole)
            at -= v->letters[--v->count].size;
    memset(v->covered, 0, v->count * sizeof v->covered[0]);
    find_words(v);
    for (size_t i = 0; i < v->word_count; i++)
        v->words[i].role = (uint8_t)role_of(v, &v->words[i]);
    for (size_t i = 0; i < v->word_count; i++)
        set_role_here(v, i);
    find_sentences(v);
    return at;
}
