/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include "base/sha256_lanes.h"

#define OPENSSL_SUPPRESS_DEPRECATED /* only these show a state that is under way */
#include <openssl/sha.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t text[1 << 18];

static int fill_text(void **state) {
    (void)state;
    srand(7);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)rand();
    return 0;
}

/* OpenSSL is the judge of all. */
static void assert_digest(const uint8_t got[DIGEST_BYTES], const uint8_t *bytes, size_t n) {
    uint8_t due[SHA256_DIGEST_LENGTH];
    SHA256(bytes, n, due);
    assert_memory_equal(got, due, sizeof due);
}

static struct digests *create(bool plain) {
    struct digests *d = plain ? digests_create_plain(4) : digests_create(4);
    assert_non_null(d);
    return d;
}

/* FIPS 180-4's own example. */
static void a_known_text_has_its_known_digest(void **state) {
    static const uint8_t due[DIGEST_BYTES] = {
        0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
        0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    struct digests *d = create(*state != NULL);
    struct digest g;
    uint8_t got[DIGEST_BYTES];
    assert_true(digest_begin(d, &g));
    digest_add(&g, (const uint8_t *)"abc", 3);
    assert_true(digest_end(&g, got));
    assert_memory_equal(got, due, sizeof due);
    digests_destroy(d);
}

static void every_length_in_any_two_pieces_has_its_digest(void **state) {
    struct digests *d = create(*state != NULL);
    for (size_t n = 0; n < 300; n++)
        for (size_t cut = 0; cut <= n; cut += 1 + n / 7) {
            struct digest g;
            uint8_t got[DIGEST_BYTES];
            assert_true(digest_begin(d, &g));
            digest_add(&g, text, cut);
            digest_add(&g, text + cut, n - cut);
            assert_true(digest_end(&g, got));
            assert_digest(got, text, n);
        }
    digests_destroy(d);
}

enum { STREAMS = 40 };

struct stream {
    struct digest g;
    bool begun;
    size_t from, n;
};

static void begin_stream(struct digests *d, struct stream *s) {
    *s = (struct stream){.begun = true, .from = (size_t)rand() % 1000};
    assert_true(digest_begin(d, &s->g));
}

static size_t choose_piece(size_t left) {
    static const size_t large[] = {1, 64, 100, 1448, 4096, 5000, 16384, 150000};
    size_t n = 1 + (size_t)rand() % large[(unsigned)rand() % (sizeof large / sizeof *large)];
    return n < left ? n : left;
}

/* Goes on with one of many at each step: with a piece, its end, or its being dropped. */
static void step_stream(struct digests *d, struct stream *s) {
    enum { END = 8, DROP = 9 };
    int what = rand() % 10;
    uint8_t got[DIGEST_BYTES];
    if (!s->begun) {
        begin_stream(d, s);
    } else if (what < END) {
        size_t n = choose_piece(sizeof text - s->from - s->n);
        digest_add(&s->g, text + s->from + s->n, n);
        s->n += n;
    } else if (what == DROP) {
        digest_drop(&s->g);
        s->begun = false;
    } else {
        assert_true(digest_end(&s->g, got));
        assert_digest(got, text + s->from, s->n);
        s->begun = false;
    }
}

static void many_streams_in_turn_have_each_their_own_digest(void **state) {
    struct digests *d = create(*state != NULL);
    static struct stream stream[STREAMS];
    for (unsigned among = 1; among <= STREAMS; among += 3) {
        memset(stream, 0, sizeof stream);
        for (unsigned i = 0; i < 8000; i++)
            step_stream(d, &stream[(unsigned)rand() % among]);
        for (unsigned i = 0; i < among; i++)
            if (stream[i].begun)
                digest_drop(&stream[i].g);
    }
    digests_destroy(d);
}

static void who_masks_instructions_for_openssl_leaves_all_to_it(void **state) {
    (void)state;
    setenv("OPENSSL_ia32cap", ":~0x20000000", 1);
    struct digests *d = create(false);
    struct digest g;
    assert_true(digest_begin(d, &g));
    assert_non_null(g.plain);
    digest_drop(&g);
    digests_destroy(d);
    unsetenv("OPENSSL_ia32cap");
}

/* Each lane alone, and with others of other lengths: the first is worked off, the others go as far. */
static void lanes_do_not_mix(void **state) {
    (void)state;
    static const size_t length[][SHA256_LANES] = {{1, 0, 0}, {5, 2, 0}, {2, 5, 0}, {3, 3, 3},
                                                  {7, 2, 4}, {2, 7, 4}, {9, 1, 1}};
    if (!sha256_lanes_work())
        skip();
    for (size_t i = 0; i < sizeof length / sizeof *length; i++) {
        SHA256_CTX due[SHA256_LANES];
        struct sha256_lane lane[SHA256_LANES] = {{0}};
        uint32_t words[SHA256_LANES][8];
        unsigned n = 0;
        for (; n < SHA256_LANES && length[i][n]; n++) {
            SHA256_Init(&due[n]);
            memcpy(words[n], due[n].h, sizeof words[n]);
            lane[n] = (struct sha256_lane){words[n], text + 1000 * n, length[i][n]};
        }
        sha256_lanes(lane, n);
        assert_int_equal(lane[0].blocks, 0);
        for (unsigned k = 0; k < n; k++) {
            size_t done = length[i][k] - lane[k].blocks;
            assert_int_equal(done, length[i][k] < length[i][0] ? length[i][k] : length[i][0]);
            assert_ptr_equal(lane[k].bytes, text + 1000 * k + DIGEST_BLOCK * done);
            SHA256_Update(&due[k], text + 1000 * k, DIGEST_BLOCK * done);
            assert_memory_equal(words[k], due[k].h, sizeof words[k]);
        }
    }
}

int main(void) {
    bool plain = true;
#define BOTH_WAYS(test)                                                                                      \
    {#test, test, NULL, NULL, NULL}, {                                                                       \
#test "/plain", test, NULL, NULL, &plain                                                             \
    }
    const struct CMUnitTest tests[] = {
        BOTH_WAYS(a_known_text_has_its_known_digest),
        BOTH_WAYS(every_length_in_any_two_pieces_has_its_digest),
        BOTH_WAYS(many_streams_in_turn_have_each_their_own_digest),
        cmocka_unit_test(lanes_do_not_mix),
        cmocka_unit_test(who_masks_instructions_for_openssl_leaves_all_to_it),
    };
    return cmocka_run_group_tests(tests, fill_text, NULL);
}
