/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/ftp/ftp.h"
#include "protocol/tls/tls.h"
#include "world.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Runs transcripts: see tests/transcripts/ftp/README for the format. */

enum { ARGUMENTS_MAX = 16, LABELS_MAX = 16, LINE_BYTES = 65536 };

struct script {
    struct world *w;
    const char *file;
    size_t line, split;
    char label[LABELS_MAX][16];
    size_t flow[LABELS_MAX];
    size_t labels, transfers, expectations;
    bool closed;
};

static const size_t splits[] = {1, 2, 3, 7, 64, 0};

static void wrong(const struct script *s, const char *what) {
    fail_msg("%s:%zu (pieces of %zu): %s", s->file, s->line, s->split, what);
}

static size_t unescape(const char *in, uint8_t *out) {
    size_t n = 0;
    unsigned value;
    for (; *in; n++) {
        if (in[0] == '\\' && in[1] == 'x' && sscanf(in + 2, "%2x", &value) == 1) {
            out[n] = (uint8_t)value;
            in += 4;
        } else {
            out[n] = (uint8_t)*in++;
        }
    }
    return n;
}

static struct endpoint endpoint(const struct script *s, const char *address, const char *port) {
    struct endpoint e = {.port = (uint16_t)atoi(port)};
    if (!address_parse(address, &e.address))
        wrong(s, "not an address");
    return e;
}

static void open_flow(struct script *s, const char *label, char **a) {
    struct endpoint client = endpoint(s, a[0], a[1]), server = endpoint(s, a[2], a[3]);
    snprintf(s->label[s->labels], sizeof s->label[0], "%s", label);
    s->flow[s->labels++] = world_open(s->w, client, server);
}

/* The flow that a line is about, and the line behind its label. Without a label it is the control channel. */
static size_t find_flow(struct script *s, char **text) {
    for (size_t i = 0; i < s->labels; i++) {
        size_t n = strlen(s->label[i]);
        if (n && strncmp(*text, s->label[i], n) == 0 && (*text)[n] == ' ') {
            *text += n + 1;
            return s->flow[i];
        }
    }
    return s->flow[0];
}

static void bytes_line(struct script *s, size_t flow, enum side from, const char *text) {
    static uint8_t raw[LINE_BYTES];
    bool line = *text != '|';
    if (!line)
        text++;
    if (*text == ' ')
        text++;
    size_t n = unescape(text, raw);
    if (line) {
        raw[n++] = '\r';
        raw[n++] = '\n';
    }
    world_deliver(s->w, flow, from, raw, n, s->split);
}

static void check_text(struct script *s, const char *key, const char *want, struct bytes got) {
    static uint8_t raw[LINE_BYTES];
    size_t n = unescape(want, raw);
    if (!bytes_equal(got, bytes_of(raw, n)))
        fail_msg("%s:%zu (pieces of %zu): %s is \"%.*s\", not \"%s\"", s->file, s->line, s->split, key,
                 (int)got.n, got.n ? (const char *)got.p : "", want);
}

static void check_number(struct script *s, const char *key, const char *want, uint64_t got) {
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)got);
    if (got == LENGTH_UNKNOWN)
        strcpy(text, "unknown");
    check_text(s, key, want, bytes_text(text));
}

static void check_fact(struct script *s, const struct transfer *t, const char *key, const char *want) {
    static const char *const ends[] = {"done", "cut", "unknown"};
    char hex[65];
    for (int i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", t->sha256[i]);
    const struct {
        const char *key;
        struct bytes got;
    } texts[] = {{"name", world_bytes(&t->name)},
                 {"path", world_bytes(&t->path)},
                 {"user", world_bytes(&t->user)},
                 {"method", world_bytes(&t->method)},
                 {"side", bytes_text(t->from == SIDE_CLIENT ? "client" : "server")},
                 {"partial", bytes_text(t->partial ? "yes" : "no")},
                 {"sha256", bytes_text(hex)},
                 {"end", bytes_text(t->ended ? ends[t->how] : "open")}};
    const struct {
        const char *key;
        uint64_t got;
    } numbers[] = {{"offset", t->offset},
                   {"size", t->size},
                   {"missing", t->missing},
                   {"length", t->length},
                   {"total", t->total}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(texts[i].key, key) == 0) {
            check_text(s, key, want, texts[i].got);
            return;
        }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (strcmp(numbers[i].key, key) == 0) {
            check_number(s, key, want, numbers[i].got);
            return;
        }
    wrong(s, "no such fact");
}

/* The first line about what came of it ends the conversation; `open` transfers must be looked at before that.
 */
static void check_transfer(struct script *s, char **a) {
    if (!s->closed)
        world_close_all(s->w);
    s->closed = true;
    if (s->transfers == s->w->transfers)
        wrong(s, "this transfer did not come");
    struct transfer *t = &s->w->transfer[s->transfers++];
    for (; *a; a++) {
        char *value = strchr(*a, '=');
        if (!value)
            wrong(s, "a fact is key=value");
        *value = 0;
        check_fact(s, t, *a, value + 1);
    }
}

static void check_expectation(struct script *s, char **a) {
    struct address client = endpoint(s, a[0], "0").address, server = endpoint(s, a[1], "0").address;
    if (s->expectations == s->w->expectations)
        wrong(s, "this flow is not expected");
    const struct endpoint *end = s->w->expectation[s->expectations++].e.end;
    if (!address_equal(&end[SIDE_CLIENT].address, &client) ||
        !address_equal(&end[SIDE_SERVER].address, &server) || end[SIDE_SERVER].port != atoi(a[2]))
        wrong(s, "another flow is expected");
}

static void check_counter(struct script *s, char **a) {
    for (int i = 0; i < COUNTER_COUNT; i++)
        if (strcmp(counter_key((enum counter)i), a[0]) == 0) {
            check_number(s, a[0], a[1], counter_values[i]);
            return;
        }
    wrong(s, "no such counter");
}

static bool command_line(struct script *s, char *text) {
    char *a[ARGUMENTS_MAX + 1] = {0}, *copy = strdup(text), *save = NULL;
    int n = 0;
    for (char *p = strtok_r(copy, " ", &save); p && n < ARGUMENTS_MAX; p = strtok_r(NULL, " ", &save))
        a[n++] = p;
    bool known = true;
    if (n == 5 && strcmp(a[0], "control") == 0)
        open_flow(s, "", a + 1);
    else if (n == 6 && strcmp(a[0], "flow") == 0)
        open_flow(s, a[1], a + 2);
    else if (n > 1 && strcmp(a[0], "transfer") == 0)
        check_transfer(s, a + 1);
    else if (n == 4 && strcmp(a[0], "expectation") == 0)
        check_expectation(s, a + 1);
    else if (n == 3 && strcmp(a[0], "counter") == 0)
        check_counter(s, a + 1);
    else
        known = false;
    free(copy);
    return known;
}

static void flow_line(struct script *s, char *text) {
    size_t flow = find_flow(s, &text);
    enum side from = strchr(text, '>') ? SIDE_CLIENT : SIDE_SERVER;
    if (text[0] == '>' || text[0] == '<')
        bytes_line(s, flow, text[0] == '>' ? SIDE_CLIENT : SIDE_SERVER, text + 1);
    else if (strncmp(text, "fin ", 4) == 0)
        world_finish(s->w, flow, from, true);
    else if (strncmp(text, "rst ", 4) == 0) {
        world_finish(s->w, flow, from, false);
        world_finish(s->w, flow, side_other(from), false);
    } else if (strncmp(text, "gap ", 4) == 0)
        world_lose(s->w, flow, from, (uint64_t)atoi(text + 6));
    else if (strncmp(text, "named ", 6) == 0)
        conversation_named(s->w->dispatcher, s->w->flow[flow], text + 6);
    else if (strcmp(text, "close") == 0)
        world_close(s->w, flow);
    else
        wrong(s, "not understood");
}

/* Without the last resort, which makes objects of what is no FTP. */
static const struct protocol *const ftp_and_tls[] = {&protocol_ftp, &protocol_ftp_data, &protocol_tls, NULL};

static void run(const char *file, size_t split) {
    char path[512], *line = NULL;
    size_t size = 0;
    ssize_t n;
    struct script s = {.file = file, .split = split};
    struct codings *codings = codings_create(&(struct codings_options){
        .memory = 16 << 20, .limits = {.depth_max = 8, .output_max = 1 << 20, .ratio_max = 100}});
    assert_non_null(codings);
    s.w = world_create(
        &(struct dispatch_options){.table = ftp_and_tls, .conversations = 32, .codings = codings});
    memset(counter_values, 0, COUNTER_COUNT * sizeof *counter_values);
    snprintf(path, sizeof path, SOURCE_ROOT "/tests/transcripts/ftp/%s", file);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while ((n = getline(&line, &size, f)) > 0) {
        s.line++;
        if (line[n - 1] == '\n')
            line[n - 1] = 0;
        if (line[0] && line[0] != '#' && !command_line(&s, line))
            flow_line(&s, line);
    }
    world_close_all(s.w);
    if (s.transfers != s.w->transfers)
        wrong(&s, "more transfers came");
    world_destroy(s.w);
    codings_destroy(codings);
    free(line);
    fclose(f);
}

static int is_transcript(const struct dirent *e) {
    size_t n = strlen(e->d_name);
    return n > 4 && strcmp(e->d_name + n - 4, ".txt") == 0;
}

static void every_transcript_gives_its_transfers_at_any_split(void **state) {
    struct dirent **names;
    int n = scandir(SOURCE_ROOT "/tests/transcripts/ftp", &names, is_transcript, alphasort);
    assert_true(n > 10);
    for (int i = 0; i < n; i++) {
        for (size_t j = 0; j < sizeof splits / sizeof splits[0]; j++)
            run(names[i]->d_name, splits[j]);
        free(names[i]);
    }
    free(names);
    print_message("%d transcripts at %zu split sizes\n", n, sizeof splits / sizeof splits[0]);
}

/* --- captures: segments in the order of the file, whose streams have no holes --- */

static uint32_t be(const uint8_t *p, int n) {
    uint32_t v = 0;
    while (n--)
        v = v << 8 | *p++;
    return v;
}

struct capture_flow {
    struct endpoint end[2];
    size_t flow;
};

static void capture_segment(struct world *w, struct capture_flow *flows, size_t *count, const uint8_t *ip) {
    size_t ihl = (ip[0] & 15u) * 4u, total = be(ip + 2, 2);
    const uint8_t *tcp = ip + ihl;
    if (ip[0] >> 4 != 4 || ip[9] != 6)
        return;
    size_t header = ihl + (tcp[12] >> 4) * 4u, i;
    struct endpoint from = {address_from_v4(ip + 12), (uint16_t)be(tcp, 2)};
    struct endpoint to = {address_from_v4(ip + 16), (uint16_t)be(tcp + 2, 2)};
    enum side side = SIDE_CLIENT;
    for (i = 0; i < *count; i++) {
        side = flows[i].end[0].port == from.port ? SIDE_CLIENT : SIDE_SERVER;
        if (flows[i].end[side].port == from.port && flows[i].end[side_other(side)].port == to.port)
            break;
    }
    if (i == *count) {
        side = SIDE_CLIENT;
        flows[(*count)++] = (struct capture_flow){{from, to}, world_open(w, from, to)};
    }
    if (total > header)
        world_deliver(w, flows[i].flow, side, ip + header, total - header, 0);
    if (tcp[13] & 1)
        world_finish(w, flows[i].flow, side, true);
}

static struct world *run_capture(const char *name) {
    static uint8_t file[65536];
    struct capture_flow flows[16];
    size_t count = 0, at = 24;
    char path[512];
    snprintf(path, sizeof path, SOURCE_ROOT "/../shared/captures/captures/%s", name);
    FILE *f = fopen(path, "rb");
    if (!f) {
        print_message("skipped: ../shared/captures is not there\n");
        return NULL;
    }
    size_t n = fread(file, 1, sizeof file, f);
    fclose(f);
    struct world *w = world_create(&(struct dispatch_options){.table = ftp_and_tls, .conversations = 32});
    while (at + 16 <= n) { /* little-endian pcap, Ethernet */
        uint32_t length;
        memcpy(&length, file + at + 8, 4);
        at += 16;
        if (be(file + at + 12, 2) == 0x800)
            capture_segment(w, flows, &count, file + at + 14);
        at += length;
    }
    world_close_all(w);
    return w;
}

/* Hash from expected.tsv of the captures, made by tshark. */
static void check_capture(const char *name, const char *method, const char *user) {
    static const uint8_t start[4] = {0x5e, 0xf3, 0x91, 0xd8};
    struct world *w = run_capture(name);
    if (!w)
        skip();
    size_t at = 0; /* listings are looked at too */
    while (at < w->transfers && !bytes_equal(world_bytes(&w->transfer[at].method), bytes_text(method)))
        at++;
    assert_true(at < w->transfers);
    assert_true(bytes_equal(world_bytes(&w->transfer[at].name), bytes_text("index.html")));
    assert_true(bytes_equal(world_bytes(&w->transfer[at].method), bytes_text(method)));
    assert_true(bytes_equal(world_bytes(&w->transfer[at].user), bytes_text(user)));
    assert_int_equal(w->transfer[at].size, 39);
    assert_memory_equal(w->transfer[at].sha256, start, sizeof start);
    assert_int_equal(w->transfer[at].how, TRANSFER_DONE);
    world_destroy(w);
}

static void a_public_capture_of_an_active_download_gives_its_file(void **state) {
    check_capture("suricata-verify__ftp__ftp-download-active__input.pcap", "RETR", "bob");
}

static void a_public_capture_of_an_active_upload_gives_its_file(void **state) {
    check_capture("suricata-verify__ftp__ftp-upload-active__input.pcap", "STOR", "alice");
}

static void a_public_capture_on_loopback_gives_its_file(void **state) {
    check_capture("suricata-verify__filestore-ftp-active-mode__ftp-active-mode.pcap", "RETR", "anonymous");
}

/* --- text --- */

static void a_227_is_read_in_every_spelling(void **state) {
    static const char *const spellings[] = {
        "Entering Passive Mode (192,0,2,7,19,137)",
        "Entering Passive Mode (192,0,2,7,19,137).",
        "Entering Passive Mode 192,0,2,7,19,137",
        "=192,0,2,7,19,137",
        "Passive mode (192, 0, 2, 7, 19, 137)",
        "Entering Passive Mode. 192,0,2,7,19,137",
        "(192,0,2,7,19,137)",
    };
    const uint8_t address[4] = {192, 0, 2, 7};
    struct address want = address_from_v4(address);
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        struct endpoint e = {0};
        assert_true(ftp_read_host_port(bytes_text(spellings[i]), &e));
        assert_true(address_equal(&e.address, &want));
        assert_int_equal(e.port, 19 * 256 + 137);
    }
}

static void an_address_that_is_none_is_refused(void **state) {
    static const char *const bad[] = {"",          "192,0,2,7,19",       "256,0,2,7,19,137", "192,0,2,7,0,0",
                                      "1.2.3.4,5", "192,0,2,7,19,99999", "a,b,c,d,e,f"};
    struct endpoint e;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(ftp_read_host_port(bytes_text(bad[i]), &e));
    assert_false(ftp_read_extended(bytes_text("|1|192.0.2.7|0|"), &e));
    assert_false(ftp_read_extended(bytes_text("|1|192.0.2.7|70000|"), &e));
    assert_false(ftp_read_extended(bytes_text("|2|nonsense|21|"), &e));
    assert_false(ftp_read_extended_port(bytes_text("(|||port|)"), &e.port));
}

static void extended_addresses_are_read_with_any_delimiter(void **state) {
    struct endpoint e;
    char text[ADDRESS_TEXT_MAX];
    uint16_t port;
    assert_true(ftp_read_extended(bytes_text("|2|2001:db8::7|5282|"), &e));
    assert_string_equal(address_format(&e.address, text), "2001:db8::7");
    assert_int_equal(e.port, 5282);
    assert_true(ftp_read_extended(bytes_text("!1!132.235.1.2!6275!"), &e));
    assert_string_equal(address_format(&e.address, text), "132.235.1.2");
    assert_true(ftp_read_extended_port(bytes_text("Entering Extended Passive Mode (|||6446|)"), &port));
    assert_int_equal(port, 6446);
    assert_true(ftp_read_extended_port(bytes_text("Extended (yes) (!!!6447!)"), &port));
    assert_int_equal(port, 6447);
}

static void the_name_of_stou_is_read_in_the_servers_words(void **state) {
    static const struct {
        const char *text, *name;
    } forms[] = {
        {"FILE: stou.001", "stou.001"},
        {"Transfer complete (unique file name:img.jpg.1).", "img.jpg.1"},
        {"Opening data channel for file upload to server of \"/in/a b.jpg\"", "/in/a b.jpg"},
        {"Opening BINARY mode data connection for 'x.jpg'.", "x.jpg"},
        {"Opening BINARY mode data connection for y.jpg.", "y.jpg"},
    };
    struct bytes name;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        assert_true(ftp_read_unique_name(bytes_text(forms[i].text), &name));
        assert_true(bytes_equal(name, bytes_text(forms[i].name)));
    }
    assert_false(ftp_read_unique_name(bytes_text("Ok to send data."), &name));
}

static void a_path_is_followed_as_text(void **state) {
    static const struct {
        const char *from, *argument, *to;
    } steps[] = {{"", "a", "a"},       {"/", "a/b", "/a/b"},      {"/a/b", "..", "/a"},
                 {"/a", "../..", "/"}, {"/a", "/c//./d", "/c/d"}, {"a", "../../b", "b"},
                 {"/x", "", "/x"}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct ftp_path p;
        ftp_path_set(&p, bytes_text(steps[i].from));
        ftp_path_join(&p, bytes_text(steps[i].argument));
        assert_true(bytes_equal(ftp_path_bytes(&p), bytes_text(steps[i].to)));
    }
}

static void a_path_longer_than_the_bound_keeps_its_end(void **state) {
    static uint8_t longest[3000];
    struct ftp_path p = {0};
    memset(longest, 'a', sizeof longest);
    memcpy(longest + sizeof longest - 6, "/z.jpg", 6);
    ftp_path_join(&p, bytes_of(longest, sizeof longest));
    assert_int_equal(p.n, FTP_PATH_MAX);
    assert_true(bytes_equal(ftp_path_name(&p), bytes_text("z.jpg")));
}

/* --- probe --- */

static enum probe probe(const char *client, const char *server) {
    return ftp_probe((struct bytes[2]){bytes_text(client), bytes_text(server)});
}

static void ftp_is_known_from_its_beginning_and_from_the_middle(void **state) {
    assert_int_equal(probe("", "220 ready\r\n"), PROBE_MORE);
    assert_int_equal(probe("USER bob\r\n", "220 ready\r\n"), PROBE_YES);
    assert_int_equal(probe("AUTH TLS\r\n", "220 ready\r\n"), PROBE_YES);
    assert_int_equal(probe("PASV\r\n", ""), PROBE_YES);
    assert_int_equal(probe("STOR a.jpg\r\n", ""), PROBE_YES);
    assert_int_equal(probe("TYPE I\n", ""), PROBE_YES);
    assert_int_equal(probe("", "227 Entering Passive Mode (1,2,3,4,5,6)\r\n"), PROBE_YES);
    assert_int_equal(probe("227 Entering Passive Mode (1,2,3,4,5,6)\r\n", ""), PROBE_YES);
}

static void a_greeting_as_ftps_bears_with_commands_that_nobody_knows(void **state) {
    static char many[2300];
    for (size_t i = 0; i + 8 < sizeof many; i += 8)
        memcpy(many + i, "XYZZY 1\n", 8);
    assert_int_equal(probe("XYZZY 1\r\n", "220 ready\r\n"), PROBE_MORE);
    assert_int_equal(probe("XYZZY 1\r\n", ""), PROBE_MORE);
    assert_int_equal(probe("1;2;3\r\nUSER bob\r\n", "220 ready\r\n"), PROBE_YES);
    assert_int_equal(probe(many, "220 ready\r\n500 no\r\n"), PROBE_YES);
    assert_int_equal(probe(many, ""), PROBE_NO);
    assert_int_equal(probe("XYZZY 1\r\nEHLO x\r\n", "220 ready\r\n"), PROBE_NO);
    assert_int_equal(probe("POST / HTTP/1.1\r\n\r\nSTOR a.jpg\r\n", ""), PROBE_NO);
}

static void smtp_pop3_and_others_are_not_ftp(void **state) {
    assert_int_equal(probe("EHLO mail.example\r\n", "220 mail.example ready\r\n"), PROBE_NO);
    assert_int_equal(probe("HELO x\r\n", "220 x\r\n"), PROBE_NO);
    assert_int_equal(probe("MAIL FROM:<a@example>\r\n", "220 x\r\n"), PROBE_NO);
    assert_int_equal(probe("", "220 ftp.example ESMTP Postfix\r\n"), PROBE_NO);
    assert_int_equal(probe("USER bob\r\n", "+OK POP3 ready\r\n"), PROBE_NO);
    assert_int_equal(probe("RETR 1\r\n", ""), PROBE_MORE);
    assert_int_equal(probe("AUTH LOGIN\r\n", "334 VXNlcm5hbWU6\r\n"), PROBE_MORE);
    assert_int_equal(probe("MODE READER\r\n", "200 news ready\r\n"), PROBE_MORE);
    assert_int_equal(probe("GET / HTTP/1.1\r\n", ""), PROBE_NO);
    assert_int_equal(probe("\x16\x03\x01", ""), PROBE_NO);
}

/* --- data flows that nDPI names before their announcement is seen --- */

static const char session[] = "220 ready\r\n",
                  commands[] = "USER clerk\r\nEPRT |1|192.0.2.1|5000|\r\nSTOR a.jpg\r\n";

static void a_named_data_flow_takes_its_name_from_a_late_announcement(void **state) {
    const uint8_t client[4] = {192, 0, 2, 1}, server[4] = {198, 51, 100, 2};
    struct endpoint c = {address_from_v4(client), 40000}, s = {address_from_v4(server), 21};
    struct endpoint listener = {c.address, 5000}, opener = {s.address, 20};
    struct world *w = world_create(&(struct dispatch_options){.conversations = 4});
    size_t control = world_open(w, c, s), data = world_open(w, opener, listener);
    conversation_named(w->dispatcher, w->flow[data], "FTP_DATA");
    world_deliver(w, data, SIDE_SERVER, (const uint8_t *)"\x01el", 3, 0);
    world_deliver(w, control, SIDE_SERVER, (const uint8_t *)session, sizeof session - 1, 0);
    world_deliver(w, control, SIDE_CLIENT, (const uint8_t *)commands, sizeof commands - 1, 0);
    world_deliver(w, data, SIDE_SERVER, (const uint8_t *)"lo", 2, 0);
    assert_false(conversation_awaits(w->flow[data]));
    world_finish(w, data, SIDE_SERVER, true);
    assert_int_equal(w->transfers, 1);
    assert_true(bytes_equal(world_bytes(&w->transfer[0].name), bytes_text("a.jpg")));
    assert_true(bytes_equal(world_bytes(&w->transfer[0].user), bytes_text("clerk")));
    assert_int_equal(w->transfer[0].size, 5);
    assert_int_equal(w->transfer[0].how, TRANSFER_DONE);
    world_destroy(w);
}

static void a_named_data_flow_that_is_never_announced_has_an_end_nobody_knows(void **state) {
    const struct endpoint nobody = {0};
    struct world *w = world_create(&(struct dispatch_options){.conversations = 4});
    size_t data = world_open(w, nobody, nobody);
    conversation_named(w->dispatcher, w->flow[data], "FTP_DATA");
    world_deliver(w, data, SIDE_CLIENT, (const uint8_t *)"\x01ello", 5, 0);
    world_finish(w, data, SIDE_CLIENT, true);
    assert_int_equal(w->transfers, 1);
    assert_false(w->transfer[0].ended); /* the announcement may still come */
    world_close(w, data);
    assert_int_equal(w->transfer[0].how, TRANSFER_UNKNOWN);
    world_destroy(w);
}

/* --- data flows that nothing names --- */

static const uint8_t lane[4] = {192, 0, 2, 1}, store[4] = {198, 51, 100, 2}, third[4] = {198, 51, 100, 3};
static const char secret[] = "\x01\x02no probe knows this";

static struct endpoint at(const uint8_t host[4], uint16_t port) {
    return (struct endpoint){address_from_v4(host), port};
}

static size_t open_control(struct world *w) {
    size_t control = world_open(w, at(lane, 40000), at(store, 21));
    world_deliver(w, control, SIDE_SERVER, (const uint8_t *)session, sizeof session - 1, 0);
    world_deliver(w, control, SIDE_CLIENT, (const uint8_t *)"USER clerk\r\n", 12, 0);
    return control;
}

/* `name` of NULL: nDPI gives it up. */
static size_t send_nameless(struct world *w, struct endpoint from, struct endpoint to, const char *name) {
    size_t data = world_open(w, from, to);
    conversation_named(w->dispatcher, w->flow[data], name);
    world_deliver(w, data, SIDE_CLIENT, (const uint8_t *)secret, sizeof secret - 1, 0);
    world_finish(w, data, SIDE_CLIENT, true);
    return data;
}

static void what_nothing_names_is_data_of_a_control_connection_between_the_same_hosts(void **state) {
    struct world *w = world_create(&(struct dispatch_options){.conversations = 8});
    open_control(w);
    world_close(w, send_nameless(w, at(lane, 40001), at(store, 5000), NULL));
    world_close(w, send_nameless(w, at(store, 20), at(lane, 5001), NULL));
    world_close(w, send_nameless(w, at(lane, 40003), at(store, 5002), "Telnet")); /* a name of no weight */
    assert_int_equal(w->transfers, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(w->transfer[i].size, sizeof secret - 1);
        assert_int_equal(w->transfer[i].name.n, 0);
        assert_int_equal(w->transfer[i].how, TRANSFER_UNKNOWN);
    }
    world_destroy(w);
}

static void it_is_not_if_it_has_a_service_port_or_other_hosts_or_two_ways(void **state) {
    struct world *w = world_create(&(struct dispatch_options){.conversations = 16});
    size_t control = open_control(w);
    world_close(w, send_nameless(w, at(lane, 40002), at(store, 443), NULL));
    world_close(w, send_nameless(w, at(lane, 40003), at(third, 5000), NULL));
    size_t both = world_open(w, at(lane, 40004), at(store, 5001));
    world_deliver(w, both, SIDE_CLIENT, (const uint8_t *)"\x01ask", 4, 0);
    world_deliver(w, both, SIDE_SERVER, (const uint8_t *)"\x01say", 4, 0);
    conversation_named(w->dispatcher, w->flow[both], NULL);
    world_close(w, both);
    world_close(w, control);
    send_nameless(w, at(lane, 40005), at(store, 5002), NULL);
    world_close_all(w);
    assert_int_equal(w->transfers, 0);
    world_destroy(w);
}

static void nothing_is_taken_for_data_once_the_control_connection_is_encrypted(void **state) {
    struct world *w = world_create(&(struct dispatch_options){.conversations = 8});
    size_t control = open_control(w);
    world_deliver(w, control, SIDE_CLIENT, (const uint8_t *)"AUTH TLS\r\n", 10, 0);
    world_deliver(w, control, SIDE_SERVER, (const uint8_t *)"331 x\r\n234 go\r\n", 15, 0);
    world_deliver(w, control, SIDE_CLIENT, (const uint8_t *)"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                  11, 0);
    send_nameless(w, at(lane, 40001), at(store, 5000), NULL);
    world_close_all(w);
    assert_int_equal(w->encrypted, 1);
    assert_int_equal(w->transfers, 0);
    world_destroy(w);
}

static void
a_nameless_data_flow_longer_than_the_hold_loses_nothing_and_may_be_named_after_its_end(void **state) {
    static const char late[] = "EPRT |1|192.0.2.1|5000|\r\nSTOR a.jpg\r\n";
    static uint8_t bytes[9000];
    uint8_t digest[32];
    struct world *w = world_create(&(struct dispatch_options){.conversations = 8});
    memset(bytes, 7, sizeof bytes);
    EVP_Digest(bytes, sizeof bytes, digest, NULL, EVP_sha256(), NULL);
    size_t control = open_control(w), data = world_open(w, at(store, 20), at(lane, 5000));
    world_deliver(w, data, SIDE_SERVER, bytes, sizeof bytes, 1000);
    world_finish(w, data, SIDE_SERVER, true);
    world_finish(w, data, SIDE_CLIENT, true);
    world_deliver(w, control, SIDE_CLIENT, (const uint8_t *)late, sizeof late - 1, 0);
    world_close(w, data);
    assert_int_equal(w->transfers, 1);
    assert_int_equal(w->transfer[0].size, sizeof bytes);
    assert_memory_equal(w->transfer[0].sha256, digest, 32);
    assert_true(bytes_equal(world_bytes(&w->transfer[0].name), bytes_text("a.jpg")));
    world_destroy(w);
}

/* --- data flows that another worker sees --- */

static struct {
    struct expectation expected;
    uint8_t note[BOARD_NOTE_MAX];
    size_t note_n;
    unsigned notes;
} board;

static bool expect_elsewhere(struct conversation *c, const struct protocol *p, uint8_t transport,
                             const struct endpoint end[2], struct bytes facts) {
    struct world *w = c->owner;
    board.expected = (struct expectation){.transport = transport,
                                          .protocol = (uint8_t)dispatcher_number(w->dispatcher, p),
                                          .facts_n = (uint8_t)facts.n,
                                          .end = {end[0], end[1]}};
    memcpy(board.expected.facts, facts.p, facts.n);
    return true;
}

static void note_elsewhere(struct conversation *c, const struct protocol *p, struct bytes text) {
    assert_ptr_equal(p, &protocol_ftp_data);
    memcpy(board.note, text.p, text.n);
    board.note_n = text.n;
    board.notes++;
}

/* A control connection that leads its data elsewhere; what it wrote then becomes another worker's: tickets
 * are known by numbers, which stand first in both. */
static struct world *announce_elsewhere(void) {
    static const char asked[] = "TYPE I\r\nPASV\r\nSTOR dir/a.jpg\r\n";
    static const char said[] = "200 ok\r\n227 ok (198,51,100,3,19,136)\r\n150 go\r\n";
    struct world *w = world_create(&(struct dispatch_options){.conversations = 8});
    w->services.expect = expect_elsewhere;
    w->services.note = note_elsewhere;
    struct dispatcher *before = w->dispatcher;
    w->dispatcher = dispatcher_create(&(struct dispatch_options){.conversations = 8}, &w->services);
    dispatcher_destroy(before);
    memset(&board, 0, sizeof board);
    size_t control = open_control(w);
    world_deliver(w, control, SIDE_SERVER, (const uint8_t *)"230 in\r\n", 8, 0);
    world_deliver(w, control, SIDE_CLIENT, (const uint8_t *)asked, sizeof asked - 1, 0);
    world_deliver(w, control, SIDE_SERVER, (const uint8_t *)said, sizeof said - 1, 0);
    board.expected.end[SIDE_SERVER].address = at(third, 0).address;
    board.note[7] ^= 0x55;
    board.expected.facts[7] ^= 0x55;
    return w;
}

static const struct transfer *upload_elsewhere(struct world *w, void (*between)(void)) {
    size_t data = world_open(w, at(lane, 40001), at(third, 5000));
    assert_true(conversation_announce(w->dispatcher, w->flow[data], &board.expected));
    world_deliver(w, data, SIDE_CLIENT, (const uint8_t *)"hello", 5, 0);
    if (between)
        between();
    world_finish(w, data, SIDE_CLIENT, true);
    world_close(w, data);
    assert_int_equal(w->transfers, 1);
    assert_int_equal(w->transfer[0].size, 5);
    return &w->transfer[0];
}

static void hear_note(void) {
    protocol_ftp_data.heard(bytes_of(board.note, board.note_n));
}

static void check_named(const struct transfer *t) {
    assert_true(bytes_equal(world_bytes(&t->name), bytes_text("a.jpg")));
    assert_true(bytes_equal(world_bytes(&t->path), bytes_text("dir/a.jpg")));
    assert_true(bytes_equal(world_bytes(&t->user), bytes_text("clerk")));
    assert_true(bytes_equal(world_bytes(&t->method), bytes_text("STOR")));
}

static void a_data_flow_of_another_worker_has_the_name_that_was_noted_before(void **state) {
    struct world *w = announce_elsewhere();
    assert_true(board.notes > 0);
    hear_note();
    check_named(upload_elsewhere(w, NULL));
    world_destroy(w);
}

static void a_data_flow_of_another_worker_learns_the_name_that_is_noted_later(void **state) {
    struct world *w = announce_elsewhere();
    check_named(upload_elsewhere(w, hear_note));
    world_destroy(w);
}

static void a_data_flow_of_another_worker_is_a_transfer_where_no_note_comes(void **state) {
    struct world *w = announce_elsewhere();
    assert_int_equal(upload_elsewhere(w, NULL)->name.n, 0);
    world_destroy(w);
}

/* Of a worker that was taken over. */
static void hear_nonsense(void) {
    uint8_t good[BOARD_NOTE_MAX], bad[BOARD_NOTE_MAX];
    memcpy(good, board.note, sizeof good);
    for (size_t n = 0; n < board.note_n; n++)
        protocol_ftp_data.heard(bytes_of(good, n));
    for (size_t i = 8; i < board.note_n; i++)
        for (unsigned value = 0; value < 256; value += 5) {
            memcpy(bad, good, sizeof bad);
            bad[i] = (uint8_t)value;
            protocol_ftp_data.heard(bytes_of(bad, board.note_n));
        }
    memset(bad, 0xff, sizeof bad);
    protocol_ftp_data.heard(bytes_of(bad, board.note_n));
}

static void a_note_that_makes_no_sense_changes_names_and_hides_nothing(void **state) {
    struct world *w = announce_elsewhere();
    upload_elsewhere(w, hear_nonsense);
    world_destroy(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_data_flow_of_another_worker_has_the_name_that_was_noted_before),
        cmocka_unit_test(a_data_flow_of_another_worker_learns_the_name_that_is_noted_later),
        cmocka_unit_test(a_data_flow_of_another_worker_is_a_transfer_where_no_note_comes),
        cmocka_unit_test(a_note_that_makes_no_sense_changes_names_and_hides_nothing),
        cmocka_unit_test(what_nothing_names_is_data_of_a_control_connection_between_the_same_hosts),
        cmocka_unit_test(it_is_not_if_it_has_a_service_port_or_other_hosts_or_two_ways),
        cmocka_unit_test(nothing_is_taken_for_data_once_the_control_connection_is_encrypted),
        cmocka_unit_test(
            a_nameless_data_flow_longer_than_the_hold_loses_nothing_and_may_be_named_after_its_end),
        cmocka_unit_test(every_transcript_gives_its_transfers_at_any_split),
        cmocka_unit_test(a_public_capture_of_an_active_download_gives_its_file),
        cmocka_unit_test(a_public_capture_of_an_active_upload_gives_its_file),
        cmocka_unit_test(a_public_capture_on_loopback_gives_its_file),
        cmocka_unit_test(a_named_data_flow_takes_its_name_from_a_late_announcement),
        cmocka_unit_test(a_named_data_flow_that_is_never_announced_has_an_end_nobody_knows),
        cmocka_unit_test(a_227_is_read_in_every_spelling),
        cmocka_unit_test(an_address_that_is_none_is_refused),
        cmocka_unit_test(extended_addresses_are_read_with_any_delimiter),
        cmocka_unit_test(the_name_of_stou_is_read_in_the_servers_words),
        cmocka_unit_test(a_path_is_followed_as_text),
        cmocka_unit_test(a_path_longer_than_the_bound_keeps_its_end),
        cmocka_unit_test(ftp_is_known_from_its_beginning_and_from_the_middle),
        cmocka_unit_test(a_greeting_as_ftps_bears_with_commands_that_nobody_knows),
        cmocka_unit_test(smtp_pop3_and_others_are_not_ftp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
