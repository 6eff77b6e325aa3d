/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config_sections.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A whole configuration: sections and outputs, networks and partners; then questions to the policy that came
 * of it. */
static const char *const classes[] = {"diagnostics", "plate-record", "vehicle-image", NULL};

static bool protocol_known(const char *name) {
    return strcasecmp(name, "TLS") == 0 || strcasecmp(name, "SSH") == 0 || strcasecmp(name, "HTTP") == 0;
}

static void check(bool holds) {
    if (!holds)
        abort();
}

static void check_judgement(const struct judgement *j) {
    check(memchr(j->reason, '\0', sizeof j->reason) && j->reason[0]);
    check(j->verdict != VERDICT_APPROVED || (j->partner && j->contract));
    check(j->verdict != VERDICT_BREACH || (j->partner && j->contract && j->terms));
    check(j->verdict != VERDICT_UNAPPROVED || j->partner);
}

/* A name never makes a verdict better, and what matters goes from an image network to the outside. */
static void ask(const struct policy *p, const char *from, const char *to, const char *host) {
    struct judgement_facts f = {
        .class = "plate-record", .protocol = "tls", .time = INT64_C(1780000000) * NS_PER_S};
    struct judgement bare, named;
    if (!address_parse(from, &f.source) || !address_parse(to, &f.destination))
        abort();
    policy_judge(p, &f, &bare);
    f.host = bytes_text(host);
    policy_judge(p, &f, &named);
    check_judgement(&bare);
    check(bare.verdict != VERDICT_APPROVED || !bare.terms);
    check_judgement(&named);
    check(named.verdict >= bare.verdict);
    struct place place = policy_place(p, &f.destination);
    check((bare.verdict == VERDICT_UNKNOWN) == (place.kind == PLACE_UNKNOWN));
    check((bare.verdict == VERDICT_INTERNAL) == (place.kind == PLACE_INTERNAL || place.kind == PLACE_IMAGE));
    check(place.kind != PLACE_PARTNER || policy_partner(p, place.index) == bare.partner);
    check(place.kind != PLACE_IMAGE || policy_image_network(p, place.index));
    if (policy_matters(p, &f.source, &f.destination))
        check(policy_place(p, &f.source).kind == PLACE_IMAGE && bare.verdict != VERDICT_INTERNAL);
}

static void ask_all(const struct policy *p) {
    static const char *const addresses[] = {"10.40.0.1",   "10.0.0.1", "192.0.2.1",       "198.51.100.20",
                                            "203.0.113.9", "0.0.0.0",  "255.255.255.255", "2001:db8:40::1",
                                            "2001:db8::1", "::"};
    static const char *const hosts[] = {"", "a.plates.example:443", "acme.example", "EXAMPLE.", "x"};
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++)
        for (size_t k = 0; k < sizeof hosts / sizeof hosts[0]; k++)
            ask(p, addresses[(i + 3) % 10], addresses[i], hosts[k]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t region[1 << 20];
    struct problems problems = {0};
    struct arena arena;
    struct config config = {0};
    arena_init(&arena, region, sizeof region);
    struct doc *d = doc_parse("fuzz.yaml", bytes_of(data, size), &problems);
    if (d) {
        bool read = config_read(doc_root(d), &arena, &problems, &config);
        check(read == (problems.errors == 0) || arena.failed);
        size_t before = problems.errors;
        const struct policy *p = policy_load(doc_root(d), &arena, &problems, classes, protocol_known);
        check((p == NULL) == (problems.errors > before));
        doc_free(d); /* nothing may point into it any more */
        if (p)
            ask_all(p);
        if (read)
            check(config.sensor.name[0] && config.sensor.workers && config.content.codings.limits.depth_max);
    }
    problems_finish(&problems);
    return 0;
}
