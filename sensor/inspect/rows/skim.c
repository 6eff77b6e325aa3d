/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/skim.h"

#include "base/avx2.h"
#include "base/hex.h"

/* Everything is told by masks of 64 octets: where letters and digits stand beside each other, where words
 * begin. What is found there is looked at by itself, by the same functions that read cells. A block begins
 * where a run of letters, digits and joints does, unless that is too long for a plate. */

/* Compiled into each of the two ways below. */
#define ALWAYS inline __attribute__((always_inline))

enum {
    BLOCK = 64,
    BEHIND = 3,     /* octets behind it that a word may go on in */
    RUN_MOST = 16,  /* octets of what may be a plate with its joints, */
    WIDE_MOST = 12, /* and with blanks in it: what else a line says of itself is longer */
    SIGNS_LEAST = 5,
    SIGNS_MOST = 8,
    JOINTS_MOST = 2,
};

/* A bit an octet. */
struct masks {
    uint64_t digit, letter, capital, joint, blank;
    uint64_t escape; /* \ % & that may stand before a number */
    uint64_t back;   /* \ alone */
    uint64_t line;   /* ends */
    uint64_t wanted; /* a word that begins here may be a name */
};

/* Behind the block there are BEHIND octets more. */
static void fill_masks(struct masks *m, const uint8_t *p, const struct row_beginnings *b) {
    *m = (struct masks){.wanted = ~0ull};
    for (unsigned at = 0; at < BLOCK; at++) {
        uint8_t c = p[at];
        uint64_t bit = 1ull << at;
        m->digit |= c >= '0' && c <= '9' ? bit : 0;
        m->capital |= c >= 'A' && c <= 'Z' ? bit : 0;
        m->letter |= (c | 32) >= 'a' && (c | 32) <= 'z' ? bit : 0;
        m->blank |= c == ' ' ? bit : 0;
        m->joint |= c == '-' || c == '.' || c == '_' || c == '+' ? bit : 0;
        m->escape |= c == '%' || c == '&' || c == '\\' ? bit : 0;
        m->back |= c == '\\' ? bit : 0;
        m->line |= c == '\n' ? bit : 0;
    }
}

#ifdef __x86_64__
AVX2 static ALWAYS uint64_t join_halves(__m256i low, __m256i high) {
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

/* Letters are told by their range; what a pair of shuffles tells by the halves of an octet: */
enum { LINE = 1, BACK = 2, AMPERSAND = 4, BLANK = 8, UNDER = 16, JOINT = 32, DIGIT = 128 };
static const uint8_t low_half[16] = {
    DIGIT | BLANK,
    DIGIT,
    DIGIT,
    DIGIT,
    DIGIT,
    DIGIT | AMPERSAND,
    DIGIT | AMPERSAND,
    DIGIT,
    DIGIT,
    DIGIT,
    [10] = LINE,
    JOINT,
    BACK,
    JOINT,
    JOINT,
    UNDER,
};
static const uint8_t high_half[16] = {LINE, 0, BLANK | AMPERSAND | JOINT, DIGIT, 0, BACK | UNDER};

AVX2 static ALWAYS __m256i load_twice(const uint8_t table[16]) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table));
}

/* What 32 octets are, and whether they are letters. */
struct found {
    __m256i in, classes, letters;
};

AVX2 static ALWAYS struct found find_classes(const uint8_t *p) {
    const __m256i half = _mm256_set1_epi8(15);
    struct found f;
    f.in = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i low = _mm256_and_si256(f.in, half), high = _mm256_and_si256(_mm256_srli_epi16(f.in, 4), half);
    f.classes = _mm256_and_si256(_mm256_shuffle_epi8(load_twice(low_half), low),
                                 _mm256_shuffle_epi8(load_twice(high_half), high));
    f.letters = avx2_range(_mm256_or_si256(f.in, _mm256_set1_epi8(32)), 'a', 'z');
    return f;
}

/* The octets of that class, one of the bits above. */
AVX2 static ALWAYS uint64_t take_class(const struct found f[2], int class) {
    int shift = __builtin_clz((unsigned)class) - 24;
    return join_halves(_mm256_slli_epi16(f[0].classes, shift), _mm256_slli_epi16(f[1].classes, shift));
}

/* Where a word may begin as a name does, or goes on with an octet that is none of ASCII. */
AVX2 static ALWAYS __m256i find_wanted(const uint8_t *p, const struct row_beginnings *b) {
    __m256i fits = _mm256_set1_epi8(-1), high = _mm256_setzero_si256();
    for (unsigned i = 0; i < ROW_FIRST; i++) {
        __m256i in = _mm256_loadu_si256((const __m256i *)(const void *)(p + i));
        high = _mm256_or_si256(high, in);
        fits = _mm256_and_si256(fits, avx2_by_letter(in, b->letters[i]));
    }
    return _mm256_or_si256(
        high, _mm256_xor_si256(_mm256_cmpeq_epi8(fits, _mm256_setzero_si256()), _mm256_set1_epi8(-1)));
}

AVX2 static ALWAYS __m256i find_number_signs(const uint8_t *p) {
    __m256i in = _mm256_loadu_si256((const __m256i *)(const void *)p);
    return avx2_either(_mm256_or_si256(in, _mm256_set1_epi8(32)), 'u', 'x');
}

AVX2 static ALWAYS void fill_masks_fast(struct masks *m, const uint8_t *p,
                                        const struct row_beginnings *beginnings) {
    const struct found f[2] = {find_classes(p), find_classes(p + 32)};
    m->letter = join_halves(f[0].letters, f[1].letters);
    m->capital = m->letter & ~join_halves(_mm256_slli_epi16(f[0].in, 2), _mm256_slli_epi16(f[1].in, 2));
    m->digit = take_class(f, DIGIT);
    m->blank = take_class(f, BLANK);
    m->joint = take_class(f, JOINT) | take_class(f, UNDER);
    m->back = take_class(f, BACK);
    m->escape = take_class(f, AMPERSAND);
    if (m->back) /* one before a u or an x */
        m->escape |= m->back & join_halves(find_number_signs(p + 1), find_number_signs(p + 33));
    m->line = take_class(f, LINE);
    m->wanted = join_halves(find_wanted(p, beginnings), find_wanted(p + 32, beginnings));
}
#endif

static ALWAYS unsigned count(uint64_t mask) {
    return (unsigned)__builtin_popcountll(mask);
}

/* --- runs --- */

/* The octets of `of` around bit `at`, which is one of them: those that a sum carries over, and what is
 * between them and the last other one. */
static ALWAYS uint64_t run_around(uint64_t of, unsigned at) {
    uint64_t bit = 1ull << at, others = ~of & (bit - 1);
    unsigned from = 63 - (unsigned)__builtin_clzll(others << 1 | 1);
    return (of & ~(of + bit)) | ((bit - 1) & ~0ull << from);
}

/* The bits that stand in runs of `n` and more. */
static ALWAYS uint64_t keep_runs(uint64_t bits, unsigned n) {
    enum { MOST = 31 };
    unsigned have = 1;
#pragma GCC unroll 5
    for (unsigned step = 1; step <= MOST / 2; step *= 2)
        if (have + step <= n) {
            bits &= bits >> step;
            have += step;
        }
    bits &= bits >> (n - have);
    have = 1;
#pragma GCC unroll 5
    for (unsigned step = 1; step <= MOST / 2; step *= 2)
        if (have + step <= n) {
            bits |= bits << step;
            have += step;
        }
    return bits | bits << (n - have);
}

/* How long the run at the end of the block is. */
static ALWAYS unsigned last_run(uint64_t bits) {
    return ~bits ? (unsigned)__builtin_clzll(~bits) : BLOCK;
}

static ALWAYS uint64_t drop_first_run(uint64_t bits) {
    return bits & (bits + 1);
}

/* --- what may be a plate --- */

/* By how many signs of which kinds it holds. */
static ALWAYS bool is_built_so(const struct masks *m, uint64_t run, unsigned most) {
    unsigned digits = count(run & m->digit), signs = digits + count(run & m->letter), all = count(run);
    bool mixed = (digits >= 2) & (signs > digits);
    return mixed & (signs >= SIGNS_LEAST) & (signs <= SIGNS_MOST) & (all <= most) &
           (all - signs <= JOINTS_MOST); /* at once: no jump is foreseen here */
}

/* Eight octets of a word: small letters for capital ones, one digit for all. */
static ALWAYS uint64_t fold_octets(uint64_t x) {
    const uint64_t each = 0x0101010101010101u;
    uint64_t letters = (x >> 6 & each) * 0xff;
    return ((x | 0x20 * each) & letters) | (x & 0xf0 * each & ~letters);
}

static ALWAYS uint64_t load_eight(const uint8_t *p) {
    uint64_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

/* All of up to eight octets, some of them twice. */
static ALWAYS uint64_t load_rest(struct bytes text) {
    uint32_t first, last;
    if (text.n == sizeof(uint64_t))
        return load_eight(text.p);
    if (text.n >= sizeof first) {
        memcpy(&first, text.p, sizeof first);
        memcpy(&last, text.p + text.n - sizeof last, sizeof last);
        return first | (uint64_t)last << 32;
    }
    return text.n == 0 ? 0
                       : text.p[0] | (uint64_t)text.p[text.n / 2] << 8 | (uint64_t)text.p[text.n - 1] << 16;
}

static ALWAYS uint64_t mix_octets(uint64_t h, uint64_t octets) {
    h = (h ^ fold_octets(octets)) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

/* Numbers make no difference. */
static ALWAYS uint64_t digest_word(const struct row_judge *j, struct bytes text) {
    uint64_t h = j->seed ^ text.n;
    for (; text.n > sizeof h; text.p += sizeof h, text.n -= sizeof h)
        h = mix_octets(h, load_eight(text.p));
    return mix_octets(h, load_rest(text)) * 0xbf58476d1ce4e5b9u >> 32;
}

/* What may be a plate: all of its octets, most of them twice. */
struct value {
    uint64_t first, last;
    size_t n;
};

static ALWAYS struct value value_of(struct bytes text) {
    _Static_assert(RUN_MOST <= 2 * sizeof(uint64_t), "two looks see all of it");
    struct value v = {.n = text.n};
    if (text.n >= sizeof v.first) {
        v.first = load_eight(text.p);
        v.last = load_eight(text.p + text.n - sizeof v.last);
    } else
        v.first = v.last = load_rest(text);
    return v;
}

/* Was it met lately? Of a column without a name, values that have the same letters are one. */
static ALWAYS bool is_new(struct row_skim *k, const struct row_judge *j, const struct value *v) {
    uint64_t digest = mix_octets(mix_octets(j->seed ^ v->n, v->first), v->last) * 0xbf58476d1ce4e5b9u >> 32;
    uint16_t tag = (uint16_t)(digest >> 16 | 1), *known = &k->known[digest % SKIM_KNOWN];
    bool fresh = *known != tag;
    *known = tag;
    return fresh;
}

/* The letters beyond F, a bit each, of octets of ASCII. */
static ALWAYS uint64_t find_beyond(uint64_t octets) {
    const uint64_t each = 0x0101010101010101u;
    octets |= 0x20 * each;
    return (octets + (0x7f - 'f') * each) & ~(octets + each) & 0x80 * each; /* not _ */
}

/* As in dumps of octets: cell_read() finds none of these likely. */
static ALWAYS bool is_hexadecimal(const struct value *v) {
    return (find_beyond(v->first) | find_beyond(v->last)) == 0;
}

static bool is_plate(struct row_skim *k, const struct row_judge *j, struct bytes text) {
    struct cell cell;
    struct value v = value_of(text);
    if (is_hexadecimal(&v) || !is_new(k, j, &v))
        return false;
    cell_read(cell_trim(text), &cell);
    return (cell.is & CELL_LIKELY) != 0;
}

static ALWAYS struct bytes part_of(struct bytes block, uint64_t run) {
    return bytes_of(block.p + __builtin_ctzll(run), count(run));
}

/* "KXR4471-TX", "TX KXR4471": the run beside a state. */
static ALWAYS bool is_beside_state(const struct masks *m, uint64_t plain, uint64_t run) {
    uint64_t rest = run & ~plain;
    unsigned signs = count(rest & (m->letter | m->digit));
    return rest == 0 ||
           ((signs == 2 || signs == 3) && !(rest & m->digit) && !(rest & m->letter & ~m->capital));
}

/* What goes on from one block to the next. */
struct passage {
    bool long_run, long_wide; /* the block begins in the midst of a run that is too long */
    bool letter, small;       /* what stands before it is one, */
    bool back;                /* or a backslash */
};

/* What stands around a border between letters and digits, at bit `at`; `plain`: without joints. */
static ALWAYS bool is_plate_around(struct row_skim *k, const struct row_judge *j, struct bytes block,
                                   const struct masks *m, const struct passage *p, unsigned at,
                                   uint64_t plain) {
    uint64_t joined = m->letter | m->digit | m->joint, run = run_around(joined, at);
    if (is_built_so(m, plain, SIGNS_MOST) && is_beside_state(m, plain, run) &&
        is_plate(k, j, part_of(block, plain)))
        return true;
    if (run != plain && is_built_so(m, run, RUN_MOST) && is_plate(k, j, part_of(block, run)))
        return true;
    uint64_t all = run_around(joined | m->blank, at);
    bool whole = !(p->long_wide && all & 1);
    return all != run && whole && is_built_so(m, all, WIDE_MOST) && is_plate(k, j, part_of(block, all));
}

/* Where a letter follows a digit or a digit a letter, at once or behind what may stand between them, in a run
 * that is neither too short nor too long. */
static ALWAYS uint64_t find_borders(const struct masks *m, const struct passage *p) {
    if (!(m->digit & (m->digit - 1)))
        return 0;
    uint64_t apart = (m->letter & m->digit << 2) | (m->digit & m->letter << 2);
    uint64_t tight = (m->letter & m->digit << 1) | (m->digit & m->letter << 1) | (apart & m->joint << 1);
    uint64_t loose = tight | (apart & m->blank << 1); /* "K1 234" has its blank elsewhere */
    uint64_t joined = m->letter | m->digit | m->joint, wide = joined | m->blank;
    if (!loose)
        return 0;
    joined = p->long_run ? drop_first_run(joined) : joined;
    wide = p->long_wide ? drop_first_run(wide) : wide;
    return (tight & keep_runs(joined, SIGNS_LEAST) & ~keep_runs(joined, RUN_MOST + 1)) |
           (loose & keep_runs(wide, SIGNS_LEAST) & ~keep_runs(wide, WIDE_MOST + 1));
}

/* The first border of *borders before `end` around which a plate may stand; BLOCK: none. Those that were
 * looked at are taken away. */
static ALWAYS unsigned find_plate(struct row_skim *k, const struct row_judge *j, struct bytes block,
                                  const struct masks *m, const struct passage *p, uint64_t *borders,
                                  unsigned end) {
    while (*borders) {
        unsigned border = (unsigned)__builtin_ctzll(*borders);
        if (border >= end)
            break;
        uint64_t plain = run_around(m->letter | m->digit, border);
        *borders &= ~plain; /* others in it are around the same */
        if (is_plate_around(k, j, block, m, p, border, plain))
            return border;
    }
    return BLOCK;
}

/* How far the next block is from this one: runs at its end are not cut that may be plates. */
static ALWAYS unsigned take_step(const struct masks *m, struct passage *p) {
    uint64_t joined = m->letter | m->digit | m->joint;
    unsigned run = last_run(joined), wide = last_run(joined | m->blank);
    p->long_run = run > RUN_MOST;
    p->long_wide = wide > WIDE_MOST;
    unsigned back = p->long_run ? 0 : run;
    back = !p->long_wide && wide > back ? wide : back;
    unsigned before = BLOCK - back - 1;
    p->letter = m->letter >> before & 1;
    p->back = m->back >> before & 1;
    p->small = (m->letter & ~m->capital) >> before & 1;
    return BLOCK - back;
}

/* --- what may name one --- */

static ALWAYS uint64_t find_words(const struct masks *m, const struct passage *p) {
    uint64_t letter1 = m->letter << 1 | p->letter, small1 = (m->letter & ~m->capital) << 1 | p->small;
    return m->letter & (~letter1 | (m->capital & small1));
}

/* A name that was met again and again, and behind which no value came that fits, is looked at now and then.
 */
static bool is_name(struct row_skim *k, const struct row_judge *j, struct bytes text, bool begins_line) {
    enum { OFTEN = 8, NOW_AND_THEN = 64 };
    bool statement;
    size_t n = row_word_may_want(text, &statement);
    if (n == 0 || (statement && !begins_line))
        return false;
    uint8_t *met = &k->met[digest_word(j, bytes_of(text.p, n)) % SKIM_NAMES];
    *met = *met < NOW_AND_THEN ? *met + 1 : OFTEN;
    return *met <= OFTEN;
}

/* --- what must be undone first --- */

/* An octet that is written by its number; other escapes stand beside what they say, and hide nothing. */
static bool is_escape(struct bytes text, size_t at) {
    if (text.n - at < 3)
        return false;
    const uint8_t *p = text.p + at;
    if (p[0] == '%')
        return hex_value(p[1]) >= 0 && hex_value(p[2]) >= 0;
    return p[0] == '&' ? p[1] == '#' : (p[1] | 32) == 'u' || (p[1] | 32) == 'x';
}

/* --- together --- */

static ALWAYS uint64_t first_bits(unsigned n) {
    return n < BLOCK ? (1ull << n) - 1 : ~0ull;
}

static ALWAYS unsigned find_escape(struct bytes text, size_t at, const struct masks *m, unsigned step) {
    for (uint64_t bits = m->escape & first_bits(step); bits; bits &= bits - 1) {
        unsigned sign = (unsigned)__builtin_ctzll(bits);
        if (is_escape(text, at + sign))
            return sign;
    }
    return BLOCK;
}

/* The first of all in the first `step` octets of one block, at text.p + at, since the others are looked at
 * again with what follows them. What stands in a later line must not be told before, nor be remembered.
 * `p`: the block, with zeros behind the text. */
static ALWAYS struct skim_hit find_in_block(struct row_skim *k, const struct row_judge *j, struct bytes text,
                                            size_t at, const uint8_t *p, const struct masks *m,
                                            const struct passage *before, unsigned step,
                                            const struct row_beginnings *beginnings) {
    struct bytes block = bytes_of(text.p + at, text.n - at);
    unsigned escape = find_escape(text, at, m, step), end = escape < step ? escape : step, plate;
    uint64_t words = find_words(m, before) & m->wanted & first_bits(end), borders = find_borders(m, before);
    for (; words; words &= words - 1) {
        unsigned word = (unsigned)__builtin_ctzll(words);
        if (!row_word_may_begin(beginnings, p + word))
            continue;
        plate = find_plate(k, j, block, m, before, &borders, word);
        if (plate < BLOCK)
            return (struct skim_hit){.at = at + plate, .is = SKIM_PLATE};
        struct bytes rest = bytes_of(block.p + word, block.n - word);
        if (is_name(k, j, rest, at + word == 0 || rest.p[-1] == '\n'))
            return (struct skim_hit){.at = at + word, .is = SKIM_NAME};
    }
    plate = find_plate(k, j, block, m, before, &borders, end);
    if (plate < BLOCK)
        return (struct skim_hit){.at = at + plate, .is = SKIM_PLATE};
    return (struct skim_hit){.at = at + escape, .is = escape < BLOCK ? SKIM_ESCAPE : SKIM_NOTHING};
}

static struct skim_hit hit_at(struct bytes text, size_t at, size_t lines, unsigned is) {
    const uint8_t *end = lines > 0 ? memrchr(text.p, '\n', at) : NULL;
    return (struct skim_hit){
        .at = at, .lines = lines, .line = end ? (size_t)(end + 1 - text.p) : 0, .is = is};
}

static ALWAYS struct skim_hit find_hit(struct row_skim *k, const struct row_judge *j, struct bytes text,
                                       void (*fill)(struct masks *m, const uint8_t *p,
                                                    const struct row_beginnings *b)) {
    const struct row_beginnings *beginnings = row_wanted_beginnings();
    struct passage p = {0}, next = {0};
    struct masks m;
    size_t lines = 0;
    for (size_t at = 0, step; at < text.n; at += step, p = next) {
        uint8_t room[BLOCK + BEHIND];
        const uint8_t *block = text.p + at;
        if (text.n - at < sizeof room) { /* behind the text no mask has a bit */
            memset(room, 0, sizeof room);
            memcpy(room, block, text.n - at);
            block = room;
        }
        fill(&m, block, beginnings);
        bool last = text.n - at <= BLOCK;
        m.letter &= ~(m.back << 1 | p.back); /* "\nABC 1234" */
        step = last ? BLOCK : take_step(&m, &next);
        struct skim_hit hit = find_in_block(k, j, text, at, block, &m, &p, (unsigned)step, beginnings);
        if (hit.is)
            return hit_at(text, hit.at, lines + count(m.line & first_bits((unsigned)(hit.at - at))), hit.is);
        lines += count(m.line); /* none stands in the run that is looked at again */
    }
    return hit_at(text, text.n, lines, SKIM_NOTHING);
}

struct skim_hit skim_find_plain(struct row_skim *k, const struct row_judge *j, struct bytes text) {
    return find_hit(k, j, text, fill_masks);
}

#ifdef __x86_64__
AVX2 static struct skim_hit find_fast(struct row_skim *k, const struct row_judge *j, struct bytes text) {
    return find_hit(k, j, text, fill_masks_fast);
}

struct skim_hit skim_find(struct row_skim *k, const struct row_judge *j, struct bytes text) {
    return avx2_is_there() ? find_fast(k, j, text) : skim_find_plain(k, j, text);
}
#else
struct skim_hit skim_find(struct row_skim *k, const struct row_judge *j, struct bytes text) {
    return skim_find_plain(k, j, text);
}
#endif
