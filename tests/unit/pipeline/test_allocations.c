/* SPDX-License-Identifier: Apache-2.0 */
#include "../../fuzz/sensor/failing_allocator.h"
#include "../../fuzz/sensor/outcome.h"

#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>

#include <cmocka.h>

/* A small capture through the whole path of a worker, again and again: the first allocation fails, then the
 * second, and so on, until a run asks for no more than those that succeeded. Each run begins with the same
 * fresh path, in a process of its own. */

enum { RUNS_MAX = 2000 };

static struct path path;

/* What the captures carry, by sha256sum: the plates and the pictures of
 * tests/fuzz/sensor/make_sensor_seeds.py. */
#define PLATES "683ad3e8756c4103d3aa4e03beef657eba57c4f9884447c0fe867b85da47356c"
#define JPEG "97da56d28c32c60264bf40bd2ac5d4fe48ed07215cc4d373da288b8701ac40b7"
#define PNG "5a219ea8ef4bbdb6dae2ba026323727eef587ba693f811074f6cf098af4acf8d"

static const struct sample {
    const char *capture, *digest;
} samples[] = {
    {"http-put", PLATES},
    {"http-chunked-gzip", PLATES},
    {"http-brotli", PLATES},
    {"http-multipart", PLATES},
    {"http-png", PNG},
    {"http-get", JPEG},
    {"http-late-and-twice", PLATES},
    {"http-ranges-swapped", PLATES},
    {"http2", PLATES},
    {"grpc", PLATES},
    {"ftp-stor", PLATES},
    {"ftp-retr", JPEG},
    {"socks5", PLATES},
    {"connect", PLATES},
    {"ipv6", PLATES},
    {"fragments", PLATES},
    {"vxlan", PLATES},
};
enum { SAMPLES = sizeof samples / sizeof *samples };

static struct {
    const char *digest;
    unsigned times;
} wanted;

static void see_record(const struct record *r) {
    char digest[2 * sizeof r->sha256 + 1];
    outcome_record(r);
    if (r->kind != RECORD_TRANSFER || !r->complete || !r->hashed)
        return;
    for (size_t i = 0; i < sizeof r->sha256; i++)
        sprintf(digest + 2 * i, "%02x", r->sha256[i]);
    wanted.times += strcmp(digest, wanted.digest) == 0;
}

/* --- the capture, read before anything may fail --- */

enum { FILE_HEAD = 24, PACKET_HEAD = 16, CAPTURE_MAX = 1 << 16 };

static struct {
    uint8_t bytes[CAPTURE_MAX];
    size_t n;
} file;

static void read_capture(const char *name) {
    char text[512];
    snprintf(text, sizeof text, SOURCE_ROOT "/tests/fuzz/corpus/sensor/%s.pcap", name);
    FILE *f = fopen(text, "rb");
    assert_non_null(f);
    file.n = fread(file.bytes, 1, sizeof file.bytes, f);
    fclose(f);
    assert_in_range(file.n, FILE_HEAD + PACKET_HEAD, sizeof file.bytes - 1);
}

static uint32_t u32_at(size_t at) {
    uint32_t value;
    memcpy(&value, file.bytes + at, sizeof value);
    return value;
}

static void send_capture(void) {
    time_ns base = pipeline_time(path.pipeline) + 3600 * NS_PER_S;
    for (size_t at = FILE_HEAD; at + PACKET_HEAD < file.n;) {
        uint32_t n = u32_at(at + 8);
        const struct capture_packet packet = {.time =
                                                  base + u32_at(at) % 3600 * NS_PER_S + u32_at(at + 4) * 1000,
                                              .data = file.bytes + at + PACKET_HEAD,
                                              .captured = n,
                                              .wire = u32_at(at + 12),
                                              .link_type = (int)u32_at(20)};
        path_packet(&path, &packet);
        at += PACKET_HEAD + n;
    }
    path_silence(&path);
}

/* --- runs --- */

static struct outcome run_whole(void) {
    wanted.times = 0;
    outcome_begin();
    send_capture();
    return outcome_end();
}

/* What a run gives in which nothing fails. */
struct good_run {
    struct outcome outcome;
    int64_t held, held_at_last; /* blocks of memory after two such runs, and without the path */
};

enum run_result { RUN_GOOD, RUN_GOOD_TO_THE_END, RUN_UNCOUNTED, RUN_NOT_AS_BEFORE, RUN_LEAKS };

/* In a process of its own: the n-th allocation fails, and each `every`-th behind it; then the capture comes
 * once more, and nothing fails. */
static enum run_result run_failing(uint64_t nth, uint64_t every, const struct good_run *good) {
    ring_rewind(path.ring); /* behind what earlier processes read */
    outcome_begin();
    failing_begin(nth, every);
    send_capture();
    bool refused = failing_end() > 0;
    struct outcome damaged = outcome_end();
    if (damaged.records != good->outcome.records && damaged.shed <= good->outcome.shed)
        return RUN_UNCOUNTED;
    struct outcome after = run_whole();
    if (wanted.times != 1 || after.records != good->outcome.records)
        return RUN_NOT_AS_BEFORE;
    ERR_clear_error();               /* OpenSSL keeps what it has to say of a failure */
    if (failing_held > good->held) { /* perhaps it only keeps more for the next run */
        pipeline_destroy(path.pipeline);
        if (failing_held > good->held_at_last)
            return RUN_LEAKS;
    }
    return refused ? RUN_GOOD : RUN_GOOD_TO_THE_END;
}

static enum run_result run_apart(uint64_t nth, uint64_t every, const struct good_run *good) {
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        _exit((int)run_failing(nth, every, good));
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status))
        fail_msg("allocation %llu: signal %d", (unsigned long long)nth, WTERMSIG(status));
    return (enum run_result)WEXITSTATUS(status);
}

static void check_sample(const struct sample *s, uint64_t every) {
    /* A sanitizer makes each process dear: it sees one allocation in four. */
    uint64_t n = 1, step = __interceptor_malloc ? 4 : 1;
    enum run_result result;
    read_capture(s->capture);
    wanted.digest = s->digest;
    ring_rewind(path.ring);
    path_restart(&path);
    struct good_run good = {.outcome = run_whole()};
    assert_int_equal(wanted.times, 1);
    run_whole();
    good.held = failing_held;
    pipeline_destroy(path.pipeline);
    good.held_at_last = failing_held;
    path_open(&path);
    do {
        result = run_apart(n, every, &good);
        if (result == RUN_UNCOUNTED)
            fail_msg("%s, allocation %llu: records are missing and nothing was counted", s->capture,
                     (unsigned long long)n);
        else if (result == RUN_NOT_AS_BEFORE)
            fail_msg("%s, allocation %llu: the run behind it finds other things", s->capture,
                     (unsigned long long)n);
        else if (result == RUN_LEAKS)
            fail_msg("%s, allocation %llu: memory leaks", s->capture, (unsigned long long)n);
        n += step;
    } while (result == RUN_GOOD && n < RUNS_MAX);
    assert_int_equal(result, RUN_GOOD_TO_THE_END);
    assert_true(n > 10);
}

static void what_one_failed_allocation_costs_is_counted_and_the_next_run_finds_the_file(void **state) {
    for (size_t i = 0; i < SAMPLES; i++)
        check_sample(&samples[i], 0);
}

static void so_it_is_when_all_fail_from_one_on(void **state) {
    for (size_t i = 0; i < SAMPLES; i += 4)
        check_sample(&samples[i], 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_one_failed_allocation_costs_is_counted_and_the_next_run_finds_the_file),
        cmocka_unit_test(so_it_is_when_all_fail_from_one_on),
    };
    if (chdir(SOURCE_ROOT) != 0 || !path_init(&path))
        return 1;
    path.record = see_record;
    ERR_clear_error(); /* makes room for errors */
    return cmocka_run_group_tests_name("pipeline/allocations", tests, NULL, NULL);
}
