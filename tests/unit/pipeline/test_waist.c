/* SPDX-License-Identifier: Apache-2.0 */
#include "waist.h"

#include <openssl/ssl.h>

#include "../content/stub_unpackers.h"
#include "protocol/http/http.h"
#include "protocol/shared.h"

/* The waist, shown by what the issue names: a picture in a ZIP in a part of a mail behind a STARTTLS that
 * stays clear, and one file that is written over two connections. Protocols and unpackers are the test's own.
 */

/* --- a mail protocol in small: lines, STARTTLS, DATA up to a line with a dot --- */

enum { MAIL_LINE = 1024 };

struct mail {
    char line[MAIL_LINE];
    size_t n;
    char user[64];
    bool asked, body; /* for STARTTLS; within a message */
    struct transfer *transfer;
};

static const struct protocol stub_mail, stub_tls;
static const struct protocol *const tls_alone[] = {&stub_tls, NULL};

static enum probe probe_mail(const struct bytes first[2]) {
    size_t n = first[SIDE_CLIENT].n < 4 ? first[SIDE_CLIENT].n : 4;
    if (n && memcmp(first[SIDE_CLIENT].p, "EHLO", n) != 0)
        return PROBE_NO;
    return n == 4 ? PROBE_YES : PROBE_MORE;
}

static void *open_mail(struct conversation *c, struct bytes facts) {
    return calloc(1, sizeof(struct mail));
}

static void take_mail_line(struct conversation *c, struct mail *m) {
    struct transfer_seed seed = transfer_seed_of("smtp", SIDE_CLIENT);
    if (m->body && m->n == 3 && memcmp(m->line, ".\r\n", 3) == 0) {
        c->services->end(c, m->transfer, TRANSFER_DONE);
        m->transfer = NULL;
        m->body = false;
    } else if (m->body) {
        c->services->data(c, m->transfer, (const uint8_t *)m->line, m->n);
    } else if (strncmp(m->line, "MAIL FROM:", 10) == 0) {
        snprintf(m->user, sizeof m->user, "%.*s", (int)strcspn(m->line + 10, "\r"), m->line + 10);
    } else if (strncmp(m->line, "STARTTLS", 8) == 0) {
        m->asked = true;
    } else if (strncmp(m->line, "DATA", 4) == 0) {
        seed.fact[FACT_USER] = bytes_text(m->user);
        seed.fact[FACT_DECLARED_TYPE] = bytes_text("message/rfc822");
        m->transfer = c->services->begin(c, &seed);
        m->body = true;
    }
}

/* Lines of the client; of the server only that it lets TLS begin. */
static enum protocol_result data_mail(struct conversation *c, enum side from, const uint8_t *bytes,
                                      size_t n) {
    struct mail *m = c->state;
    if (from == SIDE_SERVER) {
        if (!m->asked || n < 3 || memcmp(bytes, "220", 3) != 0)
            return PROTOCOL_OK;
        m->asked = false;
        conversation_become(c, tls_alone, true);
        return PROTOCOL_BECOMES;
    }
    for (; n > 0; bytes++, n--) {
        m->line[m->n++] = (char)*bytes;
        if (*bytes != '\n' && m->n < MAIL_LINE - 1)
            continue;
        m->line[m->n] = 0;
        take_mail_line(c, m);
        m->n = 0;
    }
    return PROTOCOL_OK;
}

static enum protocol_result gap_lost(struct conversation *c, enum side from, uint64_t n) {
    return PROTOCOL_LOST;
}

static void close_mail(struct conversation *c) {
    struct mail *m = c->state;
    c->services->end(c, m->transfer, TRANSFER_CUT);
    free(m);
}

static const struct protocol stub_mail = {.name = "smtp",
                                          .ndpi_names = (const char *const[]){"SMTP", NULL},
                                          .probe = probe_mail,
                                          .open = open_mail,
                                          .data = data_mail,
                                          .gap = gap_lost,
                                          .close = close_mail};

/* --- a protocol that knows TLS by its first record and says so --- */

static enum probe probe_tls(const struct bytes first[2]) {
    static const uint8_t record[] = {0x16, 3};
    size_t n = first[SIDE_CLIENT].n < 2 ? first[SIDE_CLIENT].n : 2;
    if (n && memcmp(first[SIDE_CLIENT].p, record, n) != 0)
        return PROBE_NO;
    return n == 2 ? PROBE_YES : PROBE_MORE;
}

static void *open_tls(struct conversation *c, struct bytes facts) {
    return malloc(1);
}

static unsigned tls_asked; /* bytes came to it */

static enum protocol_result data_tls(struct conversation *c, enum side from, const uint8_t *bytes, size_t n) {
    tls_asked++;
    c->services->encrypted(c);
    return PROTOCOL_OK;
}

static void close_tls(struct conversation *c) {
    free(c->state);
}

static const struct protocol stub_tls = {.name = "tls",
                                         .ndpi_names = (const char *const[]){"TLS", NULL},
                                         .probe = probe_tls,
                                         .open = open_tls,
                                         .data = data_tls,
                                         .gap = gap_lost,
                                         .close = close_tls};

/* --- a file service in small. Each message: a letter, a handle, an offset and a length of four octets, bytes
 * --- "SMBX" session    which session the connection is of (no offset; four octets) N                 the
 * bytes are the name of the handle's file, for all connections of the session W                 the bytes are
 * written at the offset C                 the handle is closed */

enum { MESSAGE_HEAD = 10, HANDLES = 256, CHANNELS_NAME = 64 };

struct session {
    char name[HANDLES][CHANNELS_NAME];
};

struct channel {
    uint8_t head[MESSAGE_HEAD];
    size_t n, left; /* octets of the head, and of the bytes that are to come */
    bool greeted;
    uint8_t session[4];
    struct session *shared;
    char text[CHANNELS_NAME];
    struct transfer *transfer[HANDLES];
};

static enum probe probe_files(const struct bytes first[2]) {
    size_t n = first[SIDE_CLIENT].n < 4 ? first[SIDE_CLIENT].n : 4;
    if (n && memcmp(first[SIDE_CLIENT].p, "SMBX", n) != 0)
        return PROBE_NO;
    return n == 4 ? PROBE_YES : PROBE_MORE;
}

static void *open_files(struct conversation *c, struct bytes facts) {
    return calloc(1, sizeof(struct channel));
}

static uint32_t field_of(const struct channel *s, int at) {
    return stub_le(s->head + at, 4);
}

static struct transfer_seed seed_of_handle(const struct channel *s, uint8_t handle, const uint8_t *key) {
    struct transfer_seed seed = transfer_seed_of("smb", SIDE_CLIENT);
    seed.resume = RESUME_WRITE;
    seed.key[0] = bytes_of(s->session, sizeof s->session);
    seed.key[1] = bytes_of(key, 1);
    seed.fact[FACT_NAME] = bytes_text(s->shared->name[handle]);
    return seed;
}

static const struct protocol stub_files;

static void begin_message(struct conversation *c, struct channel *s) {
    uint8_t handle = s->head[1];
    bool made;
    if (!s->greeted) {
        memcpy(s->session, s->head + 4, 4);
        s->shared = shared_state_join(&stub_files, bytes_of(s->session, 4), sizeof *s->shared, NULL, &made);
        s->greeted = true;
        s->n = 0;
    } else if (s->head[0] == 'W' && !s->transfer[handle]) {
        const struct transfer_seed seed = seed_of_handle(s, handle, &handle);
        s->transfer[handle] = c->services->begin(c, &seed);
    } else if (s->head[0] == 'C') {
        c->services->end(c, s->transfer[handle], TRANSFER_DONE);
        s->transfer[handle] = NULL;
    }
    s->left = s->n ? field_of(s, 6) : 0;
    if (s->left == 0)
        s->n = 0;
}

static void take_message_bytes(struct conversation *c, struct channel *s, const uint8_t *bytes, size_t n) {
    uint8_t handle = s->head[1];
    uint32_t length = field_of(s, 6);
    size_t before = length - s->left;
    if (s->head[0] == 'W')
        c->services->write(c, s->transfer[handle], field_of(s, 2) + before, bytes, n);
    else if (length < CHANNELS_NAME)
        memcpy(s->text + before, bytes, n);
    s->left -= n;
    if (s->left > 0)
        return;
    s->n = 0;
    if (s->head[0] != 'N')
        return;
    memcpy(s->shared->name[handle], s->text, length);
    const struct transfer_seed later = seed_of_handle(s, handle, &handle);
    c->services->learn(c, s->transfer[handle], &later);
}

static enum protocol_result data_files(struct conversation *c, enum side from, const uint8_t *bytes,
                                       size_t n) {
    struct channel *s = c->state;
    while (from == SIDE_CLIENT && n > 0) {
        size_t step = s->left ? s->left < n ? s->left : n : 1;
        if (s->left) {
            take_message_bytes(c, s, bytes, step);
        } else {
            s->head[s->n++] = *bytes;
            if (s->n == (s->greeted ? MESSAGE_HEAD : 8))
                begin_message(c, s);
        }
        bytes += step;
        n -= step;
    }
    return PROTOCOL_OK;
}

static void close_files(struct conversation *c) {
    struct channel *s = c->state;
    for (int i = 0; i < HANDLES; i++)
        c->services->end(c, s->transfer[i], TRANSFER_CUT);
    shared_state_leave(s->shared, false);
    free(s);
}

static const struct protocol stub_files = {.name = "smb",
                                           .probe = probe_files,
                                           .open = open_files,
                                           .data = data_files,
                                           .gap = gap_lost,
                                           .close = close_files};

/* --- TFTP in small (RFC 1350): a request, and blocks that the server takes on a port of its own --- */

enum { BLOCK = 512 };

struct blocks {
    char name[64];
    struct transfer *transfer;
};

static const struct protocol stub_blocks;

static enum probe probe_request(enum side from, struct bytes datagram) {
    return from == SIDE_CLIENT && datagram.n > 2 && memcmp(datagram.p, "\0\2", 2) == 0 ? PROBE_YES : PROBE_NO;
}

static void *open_request(struct conversation *c, struct bytes facts) {
    return malloc(1);
}

static enum protocol_result take_request(struct conversation *c, enum side from, const uint8_t *bytes,
                                         size_t n) {
    struct endpoint end[2] = {c->end[SIDE_CLIENT], {c->end[SIDE_SERVER].address, 0}}; /* any port */
    if (from == SIDE_CLIENT)
        c->services->expect(c, &stub_blocks, PROTOCOL_UDP, end, bytes_of(bytes + 2, n - 2));
    return PROTOCOL_OK;
}

static void close_request(struct conversation *c) {
    free(c->state);
}

static void *open_blocks(struct conversation *c, struct bytes facts) {
    struct blocks *b = calloc(1, sizeof *b);
    snprintf(b->name, sizeof b->name, "%.*s", (int)facts.n, (const char *)facts.p);
    return b;
}

static enum protocol_result take_block(struct conversation *c, enum side from, const uint8_t *bytes,
                                       size_t n) {
    struct blocks *b = c->state;
    if (n < 4 || memcmp(bytes, "\0\3", 2) != 0)
        return PROTOCOL_OK;
    if (!b->transfer) {
        struct transfer_seed seed = transfer_seed_of("tftp", from);
        seed.fact[FACT_NAME] = bytes_text(b->name);
        b->transfer = c->services->begin(c, &seed);
    }
    c->services->data(c, b->transfer, bytes + 4, n - 4);
    if (n - 4 < BLOCK) {
        c->services->end(c, b->transfer, TRANSFER_DONE);
        b->transfer = NULL;
    }
    return PROTOCOL_OK;
}

static void close_blocks(struct conversation *c) {
    struct blocks *b = c->state;
    c->services->end(c, b->transfer, TRANSFER_CUT);
    free(b);
}

static const struct protocol stub_request = {.name = "tftp",
                                             .probe_datagram = probe_request,
                                             .open = open_request,
                                             .datagram = take_request,
                                             .close = close_request};
static const struct protocol stub_blocks = {
    .name = "tftp", .open = open_blocks, .datagram = take_block, .close = close_blocks};

/* --- the path --- */

extern const struct unpacker unpacker_multipart;

static const struct protocol *const protocols[] = {&stub_mail,   &stub_tls,      &stub_files, &stub_request,
                                                   &stub_blocks, &protocol_http, NULL};
static const struct unpacker *const unpackers[] = {&stub_message, &unpacker_multipart, &stub_zip, NULL};

static int open_path(void **state) {
    return waist_open((struct pipeline_options){.protocols = protocols, .unpackers = unpackers});
}

/* --- what is sent --- */

/* A picture of one pixel, with the comment of a lane camera or without, and some more of its scan. */
static size_t make_jpeg(uint8_t *out, bool comment) {
    static const uint8_t
        start[] = "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0",
        mark[] = "\xff\xfe\0\x2aJVC V1.0 Timestamp = 2026-05-31 04:11:58",
        scan[] = "\xff\xdb\0\3\1\1\xff\xc0\0\x0b\x08\0\1\0\1\1\1\x11\0\xff\xda\0\x08\1\1\0\0\x3f\0";
    size_t n = 0;
    memcpy(out, start, n = sizeof start - 1);
    if (comment) {
        memcpy(out + n, mark, sizeof mark - 1);
        n += sizeof mark - 1;
    }
    memcpy(out + n, scan, sizeof scan - 1);
    n += sizeof scan - 1;
    for (int i = 0; i < 3000; i++)
        out[n++] = (uint8_t)(i * 11 % 251);
    memcpy(out + n, "\xff\xd9", 2);
    return n + 2;
}

static uint8_t jpeg[4096], zip[8192];
static char mail[24000];
static size_t jpeg_n, zip_n;

static void make_mail(bool comment) {
    static uint8_t line[100];
    jpeg_n = make_jpeg(jpeg, comment);
    zip_n = zip_close(zip, zip_add(zip, 0, "lane/04.jpg", jpeg, jpeg_n));
    strcpy(mail,
           "From: lane4@lanes.example\r\nSubject: reads\r\n"
           "Content-Type: multipart/mixed; boundary=XX\r\n\r\n"
           "--XX\r\nContent-Type: text/plain\r\n\r\nas agreed\r\n"
           "--XX\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; filename=reads.zip\r\n"
           "Content-Transfer-Encoding: base64\r\n\r\n");
    for (size_t at = 0; at < zip_n; at += 57) {
        EVP_EncodeBlock(line, zip + at, (int)(zip_n - at < 57 ? zip_n - at : 57));
        strcat(strcat(mail, (const char *)line), "\r\n");
    }
    strcat(mail, "--XX--\r\n");
}

static struct line begin_mail(size_t split) {
    struct line l = open_line(25);
    l.split = split;
    speak_text(&l, SIDE_SERVER, "220 mail.example ESMTP\r\n");
    speak_text(&l, SIDE_CLIENT, "EHLO lane4\r\n");
    speak_text(&l, SIDE_SERVER, "250 STARTTLS\r\n");
    speak_text(&l, SIDE_CLIENT, "STARTTLS\r\n");
    l.split = 1400; /* the server's word in one piece, which the stub asks for */
    speak_text(&l, SIDE_SERVER, "220 go ahead\r\n");
    l.split = split;
    return l;
}

static void send_mail(struct line *l) {
    speak_text(l, SIDE_CLIENT, "MAIL FROM:<lane4@lanes.example>\r\n");
    speak_text(l, SIDE_SERVER, "250 ok\r\n");
    speak_text(l, SIDE_CLIENT, "DATA\r\n");
    speak_text(l, SIDE_SERVER, "354 go\r\n");
    speak_text(l, SIDE_CLIENT, mail);
    speak_text(l, SIDE_CLIENT, ".\r\n");
    speak_text(l, SIDE_SERVER, "250 taken\r\n");
    speak_text(l, SIDE_CLIENT, "QUIT\r\n");
    close_line(l);
}

/* --- a picture in a ZIP in a part of a mail behind a STARTTLS that stays clear --- */

static void check_chain(bool comment) {
    const struct record *outer = record_of_type("message/rfc822"), *parts = record_of_type("multipart/mixed"),
                        *text = record_of_type("text/plain"), *archive = record_of_type("application/zip"),
                        *picture = record_of_type("image/jpeg");
    assert_int_equal(count_records(RECORD_TRANSFER), 5);
    assert_int_equal(outer->parent, 0);
    assert_int_equal(parts->parent, outer->object);
    assert_int_equal(text->parent, parts->object);
    assert_int_equal(archive->parent, parts->object);
    assert_int_equal(picture->parent, archive->object);
    assert_true(outer->container && parts->container);
    assert_false(text->container || archive->container || picture->container);
    assert_digest(outer, mail, strlen(mail));
    assert_digest(text, "as agreed", 9);
    assert_digest(archive, zip, zip_n);
    assert_digest(picture, jpeg, jpeg_n);
    assert_record_text(archive, TEXT_NAME, "reads.zip");
    assert_record_text(picture, TEXT_NAME, "lane/04.jpg");
    const struct record *all[] = {outer, parts, text, archive, picture};
    for (int i = 0; i < 5; i++) {
        assert_true(all[i]->complete);
        assert_record_text(all[i], TEXT_USER, "<lane4@lanes.example>"); /* given by the mail */
        assert_record_text(all[i], TEXT_PROTOCOL, "smtp");
        assert_int_equal(record_has_line(all[i], TEXT_RULES, "camera-metadata"),
                         comment && all[i] == picture);
    }
}

static void a_picture_in_a_zip_in_a_mail_behind_a_refused_starttls_is_found(void **state) {
    make_mail(true);
    struct line l = begin_mail(1400);
    send_mail(&l);
    check_chain(true);
    unsigned found = 0;
    for (size_t i = 0; i < count_records(RECORD_FINDING); i++) {
        const struct record *f = record_nth(RECORD_FINDING, i);
        assert_int_equal(f->object, record_of_type("image/jpeg")->object);
        assert_int_equal(f->parent, record_of_type("application/zip")->object);
        found += record_has_line(f, TEXT_RULE_ID, "camera-metadata");
    }
    assert_int_equal(found, 1);
    assert_int_equal(COUNT(TUNNELS_FALLBACK), 1);
    assert_int_equal(COUNT(FLOWS_ENCRYPTED), 0);
}

static void so_it_is_in_packets_of_seven_octets(void **state) {
    make_mail(true);
    struct line l = begin_mail(7);
    send_mail(&l);
    check_chain(true);
}

static void without_the_cameras_comment_the_same_picture_is_any_picture(void **state) {
    make_mail(false);
    struct line l = begin_mail(1400);
    send_mail(&l);
    check_chain(false);
}

static void behind_a_starttls_that_is_taken_there_is_an_encrypted_flow_and_no_object(void **state) {
    uint8_t record[1000] = {0x16, 3, 1, 3, 0xe3, 1};
    for (size_t split = 1; split <= 1400; split += 1399) {
        int encrypted = COUNT(FLOWS_ENCRYPTED);
        struct line l = begin_mail(1400);
        l.split = split;
        speak(&l, SIDE_CLIENT, record, sizeof record);
        speak(&l, SIDE_SERVER, record, sizeof record);
        make_mail(true);
        send_mail(&l); /* and whatever stands in it */
        assert_int_equal(COUNT(FLOWS_ENCRYPTED), encrypted + 1);
    }
    assert_int_equal(COUNT(TRANSFERS), 0);
    assert_int_equal(count_records(RECORD_TRANSFER), 0);
    assert_int_equal(COUNT(TUNNELS_FALLBACK), 0);
}

/* --- one file over two connections --- */

enum { FILE_SIZE = 60000, PIECE = 1000 };
static uint8_t file[FILE_SIZE];

static void make_file(void) {
    for (size_t i = 0; i < FILE_SIZE; i++)
        file[i] = (uint8_t)("plate,lane,time\n"[i % 16]);
    memcpy(file + 2500, " MARKMARK ", 10);
}

static struct line open_channel(const char *session) {
    struct line l = open_line(4450);
    speak_text(&l, SIDE_CLIENT, "SMBX");
    speak_text(&l, SIDE_CLIENT, session);
    return l;
}

static void send_message(struct line *l, char letter, uint8_t handle, uint32_t offset, const void *bytes,
                         uint32_t n) {
    uint8_t message[MESSAGE_HEAD + PIECE] = {(uint8_t)letter, handle};
    for (int i = 0; i < 4; i++) {
        message[2 + i] = (uint8_t)(offset >> 8 * i);
        message[6 + i] = (uint8_t)(n >> 8 * i);
    }
    if (n)
        memcpy(message + MESSAGE_HEAD, bytes, n);
    speak(l, SIDE_CLIENT, message, MESSAGE_HEAD + n);
}

static void write_piece(struct line *l, uint32_t at) {
    send_message(l, 'W', 7, at, file + at, PIECE);
}

/* What OpenSSL says first; with the keys that 3.5 offers by itself it fills two segments. */
static size_t make_client_hello(uint8_t *out, size_t size) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set1_groups_list(context, "X25519");
    SSL *ssl = SSL_new(context);
    BIO *in = BIO_new(BIO_s_mem()), *said = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, in, said);
    SSL_set_tlsext_host_name(ssl, "store.example");
    SSL_connect(ssl); /* waits for an answer */
    int n = BIO_read(said, out, (int)size);
    SSL_free(ssl);
    SSL_CTX_free(context);
    assert_true(n > 100);
    return (size_t)n;
}

/* nDPI has a name for the first packet already, and that name means encrypted. */
static void a_protocol_is_asked_before_its_flow_is_called_encrypted(void **state) {
    uint8_t hello[4096];
    size_t n = make_client_hello(hello, sizeof hello);
    tls_asked = 0;
    struct line l = open_line(443);
    speak(&l, SIDE_CLIENT, hello, n);
    assert_int_equal(tls_asked, 1);
    assert_int_equal(COUNT(FLOWS_ENCRYPTED), 1);
    speak(&l, SIDE_CLIENT, hello, n); /* it goes on looking */
    assert_int_equal(tls_asked, 2);
    close_line(&l);
}

static int open_ordinary(void **state) {
    return waist_open((struct pipeline_options){.protocols = NULL});
}

static void a_client_hello_makes_a_flow_an_encrypted_one(void **state) {
    uint8_t hello[4096];
    size_t n = make_client_hello(hello, sizeof hello);
    tls_asked = 0;
    struct line l = open_line(443);
    speak(&l, SIDE_CLIENT, hello, n);
    assert_int_equal(tls_asked, 0);
    assert_int_equal(COUNT(FLOWS_ENCRYPTED), 1);
    close_line(&l);
}

static void a_file_written_over_two_connections_is_one_transfer_found_while_it_moves(void **state) {
    struct line l[2] = {open_channel("ses1"), open_channel("ses1")};
    make_file();
    for (uint32_t at = FILE_SIZE / 2; at < FILE_SIZE; at += PIECE) /* the second half is ahead */
        write_piece(&l[1], at);
    assert_int_equal(COUNT(FINDINGS), 0);
    for (uint32_t at = 0; at < 6000; at += PIECE)
        write_piece(&l[at / PIECE % 2], at);
    assert_int_equal(COUNT(FINDINGS), 1);
    assert_record_text(record_nth(RECORD_FINDING, 0), TEXT_RULE_ID, "marked");
    send_message(&l[1], 'N', 7, 0, "reads.csv", 9); /* of which the first heard nothing */
    for (uint32_t at = 6000; at < FILE_SIZE / 2; at += PIECE)
        write_piece(&l[at / PIECE % 2], at);
    assert_int_equal(count_records(RECORD_TRANSFER), 0);
    send_message(&l[0], 'C', 7, 0, NULL, 0);
    close_line(&l[0]);
    assert_int_equal(count_records(RECORD_TRANSFER), 0);
    close_line(&l[1]);
    pipeline_idle(t.pipeline, t.now + 600 * NS_PER_S);
    assert_int_equal(count_records(RECORD_TRANSFER), 1);
    const struct record *r = record_nth(RECORD_TRANSFER, 0);
    assert_true(r->complete);
    assert_int_equal(r->missing, 0);
    assert_digest(r, file, FILE_SIZE);
    assert_record_text(r, TEXT_NAME, "reads.csv");
    assert_record_text(r, TEXT_PROTOCOL, "smb");
    assert_record_text(r, TEXT_RULES, "marked");
    assert_int_equal(r->object, record_nth(RECORD_FINDING, 0)->object);
    assert_int_equal(count_records(RECORD_FINDING), 1);
    assert_int_equal(shared_state_count(), 0);
}

static void a_piece_that_never_came_is_known(void **state) {
    struct line l[2] = {open_channel("ses1"), open_channel("ses1")};
    make_file();
    for (uint32_t at = 0; at < FILE_SIZE; at += PIECE)
        if (at != 30000)
            write_piece(&l[at / PIECE % 2], at);
    send_message(&l[0], 'C', 7, 0, NULL, 0);
    close_line(&l[0]);
    close_line(&l[1]);
    pipeline_idle(t.pipeline, t.now + 10 * NS_PER_S); /* nobody acknowledges the ends */
    pipeline_idle(t.pipeline, t.now + 600 * NS_PER_S);
    assert_int_equal(count_records(RECORD_TRANSFER), 1);
    assert_false(record_nth(RECORD_TRANSFER, 0)->complete);
    assert_int_equal(record_nth(RECORD_TRANSFER, 0)->missing, PIECE);
    assert_int_equal(record_nth(RECORD_TRANSFER, 0)->bytes, FILE_SIZE);
}

static void another_session_writes_another_file(void **state) {
    struct line l[2] = {open_channel("ses1"), open_channel("ses2")};
    make_file();
    for (uint32_t at = 0; at < FILE_SIZE; at += PIECE)
        write_piece(&l[at / PIECE % 2], at);
    for (int i = 0; i < 2; i++) {
        send_message(&l[i], 'C', 7, 0, NULL, 0);
        close_line(&l[i]);
    }
    pipeline_idle(t.pipeline, t.now + 600 * NS_PER_S);
    assert_int_equal(count_records(RECORD_TRANSFER), 2);
    assert_false(record_nth(RECORD_TRANSFER, 0)->complete || record_nth(RECORD_TRANSFER, 1)->complete);
}

/* --- datagrams --- */

/* A file of a little less than so many blocks, which the lane sends to the port that `server` answered from.
 */
static size_t send_blocks(const char *server, unsigned blocks) {
    uint8_t block[4 + BLOCK] = {0, 3};
    static const uint8_t request[] = "\0\2reads.csv", taken[] = "\0\4\0\0";
    make_file();
    send_datagram(LANE, 2000, PARTNER, 69, request, sizeof request - 1);
    send_datagram(server, 3000, LANE, 2000, taken, 4);
    for (unsigned i = 0; i < blocks; i++) {
        block[3] = (uint8_t)(i + 1);
        memcpy(block + 4, file + i * BLOCK, BLOCK);
        send_datagram(LANE, 2000, server, 3000, block, 4 + BLOCK - (i + 1 == blocks));
        send_datagram(server, 3000, LANE, 2000, taken, 4);
    }
    return (size_t)blocks * BLOCK - 1;
}

static void a_file_in_datagrams_from_a_port_that_was_left_open_is_a_transfer(void **state) {
    size_t n = send_blocks(PARTNER, 20);
    assert_int_equal(count_records(RECORD_TRANSFER), 1);
    const struct record *r = record_nth(RECORD_TRANSFER, 0);
    assert_true(r->complete);
    assert_digest(r, file, n);
    assert_int_equal(r->transport, PROTOCOL_UDP);
    assert_int_equal(r->source_port, 2000);
    assert_int_equal(r->destination_port, 3000);
    assert_record_text(r, TEXT_NAME, "reads.csv");
    assert_record_text(r, TEXT_PROTOCOL, "tftp");
    assert_record_text(r, TEXT_RULES, "marked");
    assert_int_equal(count_records(RECORD_FINDING), 1);
}

static void of_another_host_that_was_not_asked_it_is_none(void **state) {
    send_blocks("198.51.100.21", 20);
    assert_int_equal(count_records(RECORD_TRANSFER), 0);
    assert_int_equal(COUNT(TRANSFERS), 0);
}

/* --- snapshots --- */

static void transfer_of(const char *body, struct talk *k) {
    put(k, body, strlen(body));
}

static void a_transfer_is_judged_by_its_own_snapshot_and_the_next_of_its_flow_by_the_newest(void **state) {
    struct talk k = begin(PARTNER, 80);
    transfer_of("MARKMARK", &k);
    put(&k, "begun MARKMARK ", 20); /* under way */
    change_snapshot();
    say(&k, "ended");
    transfer_of("MARKMARK", &k);
    assert_int_equal(count_records(RECORD_TRANSFER), 3);
    for (size_t i = 0; i < 3; i++) {
        const struct record *r = record_nth(RECORD_TRANSFER, i), *f = record_nth(RECORD_FINDING, i);
        assert_true(r->complete);
        assert_int_equal(r->verdict, i < 2 ? VERDICT_APPROVED : VERDICT_UNAPPROVED);
        assert_int_equal(f->verdict, r->verdict);
        assert_record_text(r, TEXT_CONTRACT, i < 2 ? "PS-1" : "");
        assert_int_equal(r->flow, record_nth(RECORD_TRANSFER, 0)->flow);
    }
    pipeline_move_on(t.pipeline, 0);
    assert_int_equal(pipeline_slots(t.pipeline),
                     1U << snapshots[1]->slot); /* the flow goes on and holds none */
    assert_int_equal(pipeline_flows(t.pipeline), 1);
}

/* A session is never idle: only what it began before the change keeps the old contract. */
static void a_file_begun_by_one_connection_keeps_its_snapshot_while_another_writes_it(void **state) {
    struct line l[2] = {open_channel("ses1"), open_channel("ses1")};
    make_file();
    write_piece(&l[0], 0);
    change_snapshot();
    for (uint32_t at = PIECE; at < 6000; at += PIECE)
        write_piece(&l[1], at);
    send_message(&l[1], 'C', 7, 0, NULL, 0);
    send_message(&l[0], 'C', 7, 0, NULL, 0);
    send_message(&l[1], 'W', 8, 0, file, PIECE); /* another file of the same session */
    send_message(&l[1], 'C', 8, 0, NULL, 0);
    assert_int_equal(count_records(RECORD_TRANSFER), 2);
    assert_int_equal(record_nth(RECORD_TRANSFER, 0)->verdict, VERDICT_APPROVED);
    assert_digest(record_nth(RECORD_TRANSFER, 0), file, 6000);
    assert_int_equal(record_nth(RECORD_TRANSFER, 1)->verdict, VERDICT_UNAPPROVED);
    pipeline_move_on(t.pipeline, 0);
    assert_int_equal(pipeline_slots(t.pipeline), 1U << snapshots[1]->slot);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_path, waist_close)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_picture_in_a_zip_in_a_mail_behind_a_refused_starttls_is_found),
        TEST(so_it_is_in_packets_of_seven_octets),
        TEST(without_the_cameras_comment_the_same_picture_is_any_picture),
        TEST(behind_a_starttls_that_is_taken_there_is_an_encrypted_flow_and_no_object),
        TEST(a_protocol_is_asked_before_its_flow_is_called_encrypted),
        cmocka_unit_test_setup_teardown(a_client_hello_makes_a_flow_an_encrypted_one, open_ordinary,
                                        waist_close),
        TEST(a_file_written_over_two_connections_is_one_transfer_found_while_it_moves),
        TEST(a_piece_that_never_came_is_known),
        TEST(another_session_writes_another_file),
        TEST(a_file_in_datagrams_from_a_port_that_was_left_open_is_a_transfer),
        TEST(of_another_host_that_was_not_asked_it_is_none),
        TEST(a_transfer_is_judged_by_its_own_snapshot_and_the_next_of_its_flow_by_the_newest),
        TEST(a_file_begun_by_one_connection_keeps_its_snapshot_while_another_writes_it),
    };
    return cmocka_run_group_tests_name("pipeline/waist", tests, waist_begin, waist_finish);
}
