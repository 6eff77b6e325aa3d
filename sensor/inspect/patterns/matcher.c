/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/patterns/matcher.h"

#include "base/clock.h"

#include <hs/hs.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct pattern_stream {
    struct pattern_stream *next; /* in the free list */
    hs_stream_t *stream;
    size_t size;
    bool ended;
};

struct matcher {
    const struct pattern_set *const *sets;
    size_t count;
    struct pattern_stream **free; /* recycled streams, by set */
    hs_scratch_t *scratch;
    uint64_t memory, used, busy; /* bytes; busy: of streams that are open */
};

/* A struct pattern_set is Hyperscan's database under a name that others may know. */
static const hs_database_t *database_of(const struct pattern_set *s) {
    return (const hs_database_t *)(const void *)s;
}

/* --- expressions --- */

static unsigned hs_flags(const struct pattern *p, bool valued) {
    static const struct {
        unsigned ours, theirs;
    } table[] = {
        {PATTERN_CASELESS, HS_FLAG_CASELESS},
        {PATTERN_DOTALL, HS_FLAG_DOTALL},
        {PATTERN_MULTILINE, HS_FLAG_MULTILINE},
        {PATTERN_UTF8, HS_FLAG_UTF8},
        {PATTERN_UCP, HS_FLAG_UCP},
    };
    unsigned flags = valued && !(p->flags & PATTERN_END_ALONE) ? HS_FLAG_SOM_LEFTMOST : 0;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (p->flags & table[i].ours)
            flags |= table[i].theirs;
    return flags;
}

static unsigned hs_mode(bool valued) {
    /* Widths are bounded far below what the small horizon (64 KiB) can look back. */
    return HS_MODE_STREAM | (valued ? HS_MODE_SOM_HORIZON_SMALL : 0);
}

/* Takes Hyperscan's message over; without its own full stop or line end, since ours go on. */
static bool tell_reason(struct error *e, hs_compile_error_t *reason) {
    const char *text = reason ? reason->message : "out of memory";
    int n = (int)strlen(text);
    while (n > 0 && (text[n - 1] == '.' || text[n - 1] == '\n'))
        n--;
    error_set(e, "%.*s", n, text);
    if (reason)
        hs_free_compile_error(reason);
    return false;
}

bool pattern_check(const struct pattern *p, struct pattern_width *out, struct error *e) {
    hs_expr_info_t *info = NULL;
    hs_compile_error_t *reason = NULL;
    if (hs_expression_info(p->expression, hs_flags(p, false), &info, &reason) != HS_SUCCESS)
        return tell_reason(e, reason);
    *out = (struct pattern_width){.most = info->max_width, .unbounded = info->max_width == UINT_MAX};
    bool empty = info->min_width == 0;
    free(info);
    /* Only these are refused often enough by the compiler alone to be worth its time here. */
    return !empty || pattern_compiles(p, false, e);
}

bool pattern_compiles(const struct pattern *p, bool valued, struct error *e) {
    hs_compile_error_t *reason = NULL;
    hs_database_t *database = NULL;
    if (hs_compile(p->expression, hs_flags(p, valued), hs_mode(valued), NULL, &database, &reason) !=
        HS_SUCCESS)
        return tell_reason(e, reason);
    hs_free_database(database);
    return true;
}

static int ignore_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                        void *context) {
    return 0;
}

static double measure_cost(const hs_database_t *database, hs_scratch_t *scratch) {
    enum { SAMPLE = 256 << 10 };
    char *sample = malloc(SAMPLE);
    if (!sample)
        return 0;
    uint32_t x = 2463534242u; /* xorshift32: the same bytes each time */
    for (size_t i = 0; i < SAMPLE; i++) {
        x ^= x << 13, x ^= x >> 17, x ^= x << 5;
        sample[i] = (char)(x >> 11);
    }
    time_ns start = clock_monotonic();
    hs_scan(database, sample, SAMPLE, 0, scratch, ignore_match, NULL);
    time_ns took = clock_monotonic() - start;
    free(sample);
    return (double)took / SAMPLE;
}

double pattern_cost(const struct pattern *p) {
    hs_compile_error_t *reason = NULL;
    hs_database_t *database = NULL;
    hs_scratch_t *scratch = NULL;
    double cost = 0;
    if (hs_compile(p->expression, hs_flags(p, false), HS_MODE_BLOCK, NULL, &database, &reason) !=
        HS_SUCCESS) {
        hs_free_compile_error(reason);
        return 0;
    }
    if (hs_alloc_scratch(database, &scratch) == HS_SUCCESS)
        cost = measure_cost(database, scratch);
    hs_free_scratch(scratch);
    hs_free_database(database);
    return cost;
}

/* --- sets --- */

/* Places a serialized database, aligned to 4, where it stays. */
static struct pattern_set *into_arena(const char *bytes, size_t n, struct arena *arena, struct error *e) {
    size_t size = 0;
    if (hs_serialized_database_size(bytes, n, &size) != HS_SUCCESS) {
        error_set(e, "Hyperscan does not know its own database");
        return NULL;
    }
    /* The arena aligns to 16; the block is moved up to a cache line. */
    uint8_t *block = arena_alloc(arena, size + 64);
    if (!block) {
        error_set(e, "the compiled patterns do not fit into %zu MiB", arena->size >> 20);
        return NULL;
    }
    block += -(uintptr_t)block & 63;
    if (hs_deserialize_database_at(bytes, n, (hs_database_t *)(void *)block) == HS_SUCCESS)
        return (struct pattern_set *)(void *)block;
    error_set(e, "Hyperscan cannot place its database in memory");
    return NULL;
}

/* What hs_compile_multi() takes. */
struct expressions {
    const char **texts;
    unsigned *flags, *ids, count;
    bool valued;
};

static bool expressions_init(struct expressions *x, const struct pattern *patterns, size_t count,
                             bool valued) {
    *x = (struct expressions){.count = (unsigned)count, .valued = valued};
    x->texts = calloc(count + 1, sizeof *x->texts);
    x->flags = calloc(count + 1, sizeof *x->flags);
    x->ids = calloc(count + 1, sizeof *x->ids);
    for (size_t i = 0; i < count && x->texts && x->flags && x->ids; i++) {
        x->texts[i] = patterns[i].expression;
        x->flags[i] = hs_flags(&patterns[i], valued);
        x->ids[i] = patterns[i].number;
    }
    return x->texts && x->flags && x->ids;
}

static void expressions_finish(struct expressions *x) {
    free(x->texts);
    free(x->flags);
    free(x->ids);
}

/* Serialized, for free(); NULL after saying why. */
static char *compile_set(const struct expressions *x, size_t *n, struct error *e) {
    hs_database_t *database = NULL;
    hs_compile_error_t *reason = NULL;
    char *bytes = NULL;
    if (hs_compile_multi(x->texts, x->flags, x->ids, x->count, hs_mode(x->valued), NULL, &database,
                         &reason) != HS_SUCCESS)
        tell_reason(e, reason);
    else if (hs_serialize_database(database, &bytes, n) != HS_SUCCESS)
        error_set(e, "out of memory");
    hs_free_database(database);
    return bytes;
}

const char *pattern_library(void) {
    return hs_version();
}

static bool find_identity(uint8_t out[PATTERN_IDENTITY]) {
    hs_platform_info_t platform = {0};
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    const char *version = hs_version();
    bool ok = digest && hs_populate_platform(&platform) == HS_SUCCESS &&
              EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1;
    const uint64_t numbers[] = {platform.tune, platform.cpu_features};
    ok = ok && EVP_DigestUpdate(digest, version, strlen(version) + 1) == 1 &&
         EVP_DigestUpdate(digest, numbers, sizeof numbers) == 1 && EVP_DigestFinal_ex(digest, out, NULL) == 1;
    EVP_MD_CTX_free(digest);
    return ok;
}

/* Asked for of each set; where processors are virtual each question for what one can do is dear. */
bool pattern_identity(uint8_t out[PATTERN_IDENTITY]) {
    static uint8_t identity[PATTERN_IDENTITY];
    static bool found;
    found = found || find_identity(identity);
    if (found)
        memcpy(out, identity, sizeof identity);
    return found;
}

/* SHA-256 of all that decides what a compilation gives: the library, the processor it compiles for, the mode,
 * and the expressions with their flags and numbers. */
static bool cache_key(const struct expressions *x, uint8_t key[SET_CACHE_KEY]) {
    uint8_t identity[PATTERN_IDENTITY];
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    bool ok = digest && pattern_identity(identity) && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1;
    const uint64_t numbers[] = {hs_mode(x->valued), x->count};
    ok = ok && EVP_DigestUpdate(digest, identity, sizeof identity) == 1 &&
         EVP_DigestUpdate(digest, numbers, sizeof numbers) == 1;
    for (unsigned i = 0; ok && i < x->count; i++)
        ok = EVP_DigestUpdate(digest, &x->flags[i], sizeof x->flags[i]) == 1 &&
             EVP_DigestUpdate(digest, &x->ids[i], sizeof x->ids[i]) == 1 &&
             EVP_DigestUpdate(digest, x->texts[i], strlen(x->texts[i]) + 1) == 1;
    ok = ok && EVP_DigestFinal_ex(digest, key, NULL) == 1;
    EVP_MD_CTX_free(digest);
    return ok;
}

static struct pattern_set *from_cache(struct set_cache *cache, const uint8_t key[SET_CACHE_KEY],
                                      struct arena *arena) {
    void *block;
    size_t n;
    struct error e;
    const char *bytes = set_cache_read(cache, key, &block, &n);
    struct pattern_set *s = bytes ? into_arena(bytes, n, arena, &e) : NULL;
    free(block);
    return s;
}

const struct pattern_set *pattern_set_compile(const struct pattern *patterns, size_t count, bool valued,
                                              struct set_cache *cache, struct arena *arena, struct error *e) {
    struct expressions x;
    uint8_t key[SET_CACHE_KEY];
    char *bytes = NULL;
    size_t n = 0;
    struct pattern_set *s = NULL;
    if (!expressions_init(&x, patterns, count, valued)) {
        error_set(e, "out of memory");
        goto done;
    }
    if (cache && !cache_key(&x, key))
        cache = NULL;
    s = cache ? from_cache(cache, key, arena) : NULL;
    if (s || !(bytes = compile_set(&x, &n, e)))
        goto done;
    s = into_arena(bytes, n, arena, e);
    if (s)
        set_cache_write(cache, key, bytes, n);
done:
    free(bytes);
    expressions_finish(&x);
    return s;
}

/* --- streams --- */

struct matcher *matcher_create(const struct pattern_set *const *sets, size_t count, uint64_t memory,
                               struct error *e) {
    struct matcher *m = calloc(1, sizeof *m);
    if (!m || !(m->free = calloc(count + 1, sizeof(struct pattern_stream *)))) {
        error_set(e, "out of memory");
        goto fail;
    }
    m->sets = sets;
    m->count = count;
    m->memory = memory;
    for (size_t i = 0; i < count; i++)
        if (hs_alloc_scratch(database_of(sets[i]), &m->scratch) != HS_SUCCESS) {
            error_set(e, "Hyperscan gets no scratch memory; free some memory");
            goto fail;
        }
    return m;
fail:
    matcher_destroy(m);
    return NULL;
}

static void free_stream(struct matcher *m, struct pattern_stream *s) {
    m->used -= s->size;
    hs_close_stream(s->stream, NULL, NULL, NULL);
    free(s);
}

void matcher_destroy(struct matcher *m) {
    if (!m)
        return;
    for (size_t i = 0; m->free && i < m->count; i++)
        while (m->free[i]) {
            struct pattern_stream *s = m->free[i];
            m->free[i] = s->next;
            free_stream(m, s);
        }
    hs_free_scratch(m->scratch);
    free(m->free);
    free(m);
}

uint64_t matcher_memory(const struct matcher *m) {
    size_t scratch = 0;
    hs_scratch_size(m->scratch, &scratch);
    return m->used + scratch;
}

/* Streams that rest in other sets' free lists give their memory back. */
static bool make_room(struct matcher *m, size_t size) {
    for (size_t i = 0; i < m->count && m->used + size > m->memory; i++)
        while (m->free[i] && m->used + size > m->memory) {
            struct pattern_stream *s = m->free[i];
            m->free[i] = s->next;
            free_stream(m, s);
        }
    return m->used + size <= m->memory;
}

unsigned matcher_fill(const struct matcher *m) {
    return (unsigned)(m->busy * 1000 / m->memory);
}

struct pattern_stream *matcher_begin(struct matcher *m, size_t set) {
    struct pattern_stream *s = m->free[set];
    size_t size = 0;
    if (s) {
        m->free[set] = s->next;
        s->ended = false;
        m->busy += s->size;
        return s;
    }
    if (hs_stream_size(database_of(m->sets[set]), &size) != HS_SUCCESS)
        return NULL;
    size += sizeof *s;
    if (!make_room(m, size) || !(s = calloc(1, sizeof *s)))
        return NULL;
    if (hs_open_stream(database_of(m->sets[set]), 0, &s->stream) != HS_SUCCESS) {
        free(s);
        return NULL;
    }
    s->size = size;
    m->used += size;
    m->busy += size;
    return s;
}

struct call {
    pattern_found found;
    void *context;
};

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                    void *context) {
    const struct call *call = context;
    return call->found(call->context, id, from == HS_OFFSET_PAST_HORIZON ? MATCH_FROM_UNKNOWN : from, to);
}

bool matcher_scan(struct matcher *m, struct pattern_stream *s, const uint8_t *bytes, size_t n,
                  pattern_found found, void *context) {
    struct call call = {found, context};
    while (n > 0 && !s->ended) {
        unsigned part = n < INT_MAX ? (unsigned)n : INT_MAX;
        if (hs_scan_stream(s->stream, (const char *)bytes, part, 0, m->scratch, on_match, &call) !=
            HS_SUCCESS)
            s->ended = true;
        bytes += part;
        n -= part;
    }
    return !s->ended;
}

void matcher_end(struct matcher *m, size_t set, struct pattern_stream *s, pattern_found found,
                 void *context) {
    struct call call = {found, context};
    bool tell_matches = found && !s->ended;
    m->busy -= s->size;
    if (hs_reset_stream(s->stream, 0, tell_matches ? m->scratch : NULL, tell_matches ? on_match : NULL,
                        &call) != HS_SUCCESS) {
        free_stream(m, s);
        return;
    }
    s->next = m->free[set];
    m->free[set] = s;
}
