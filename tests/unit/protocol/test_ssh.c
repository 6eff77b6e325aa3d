/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/ssh/ssh.h"
#include "streams.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* With the sensor's own table of protocols: what is not SSH any more is another's. */

static const size_t splits[] = {0, 1, 7, 333, 1448};

static struct stream client, server, picture;

static int setup(void **state) {
    client.n = server.n = picture.n = 0;
    return 0;
}

static void add_packet(struct stream *s, uint8_t message, const void *body, size_t n) {
    const size_t length = n + 2 + 8;
    const uint8_t head[] = {0, 0, (uint8_t)(length >> 8), (uint8_t)length, 8, message};
    stream_add(s, head, sizeof head);
    stream_add(s, body, n);
    stream_add(s, "\0\0\0\0\0\0\0\0", 8);
}

static void add_kexinit(struct stream *s) {
    static const char names[] = "0123456789abcdef\0\0\0\x48"
                                "curve25519-sha256,ecdh-sha2-nistp256,"
                                "diffie-hellman-group14-sha256,ext-info-c\0\0\0\x0b"
                                "ssh-ed25519";
    add_packet(s, 20, names, sizeof names - 1);
}

static void exchange_keys(void) {
    stream_text(&client, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
    stream_text(&server, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
    add_kexinit(&client);
    add_kexinit(&server);
    add_packet(&client, 30, "0123456789abcdefghijklmnopqrstuv", 32);
    add_packet(&server, 31, "0123456789abcdefghijklmnopqrstuv", 32);
    add_packet(&client, 21, "", 0);
    add_packet(&server, 21, "", 0);
}

#define FOR_EACH_SPLIT(...)                                                                                  \
    for (size_t i_ = 0; i_ < sizeof splits / sizeof splits[0]; i_++) {                                       \
        struct world *w = streams_world();                                                                   \
        streams_say(w, SIDE_SERVER, &server, splits[i_]);                                                    \
        streams_say(w, SIDE_CLIENT, &client, splits[i_]);                                                    \
        streams_close(w);                                                                                    \
        __VA_ARGS__                                                                                          \
        world_destroy(w);                                                                                    \
    }

static void assert_one_picture(struct world *w) {
    uint8_t digest[32];
    EVP_Digest(picture.p, picture.n, digest, NULL, EVP_sha256(), NULL);
    assert_int_equal(w->transfers, 1);
    assert_int_equal(w->transfer[0].size, picture.n);
    assert_memory_equal(w->transfer[0].sha256, digest, 32);
}

static void a_session_is_encrypted_and_stays_it_without_a_transfer(void **state) {
    exchange_keys();
    stream_noise(&client, 120000, 5);
    stream_noise(&server, 9000, 6);
    FOR_EACH_SPLIT(assert_int_equal(w->encrypted, 1); assert_int_equal(w->cleared, 0);
                   assert_int_equal(w->transfers, 0);)
}

static void so_is_one_whose_server_says_more_before_its_banner(void **state) {
    stream_text(&server, "Be aware.\r\nSSH is spoken here.\r\n");
    exchange_keys();
    stream_noise(&client, 3000, 5);
    FOR_EACH_SPLIT(assert_int_equal(w->encrypted, 1); assert_int_equal(w->transfers, 0);)
}

static void a_banner_alone_encrypts_nothing_and_http_behind_it_is_read(void **state) {
    stream_text(&picture, "four plates and a picture");
    stream_text(&client, "SSH-2.0-x\r\nPUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 25\r\n\r\n");
    stream_add(&client, picture.p, picture.n);
    FOR_EACH_SPLIT(assert_one_picture(w); assert_int_equal(w->encrypted, 0);)
}

static void a_picture_behind_a_banner_is_a_transfer(void **state) {
    stream_jpeg(&picture, 9000);
    stream_text(&client, "SSH-2.0-x\r\n");
    stream_add(&client, picture.p, picture.n);
    stream_text(&server, "SSH-2.0-y\r\n");
    FOR_EACH_SPLIT(assert_one_picture(w); assert_int_equal(w->encrypted, 0);)
}

static void so_is_one_behind_a_key_exchange(void **state) {
    exchange_keys();
    stream_jpeg(&picture, 9000);
    stream_add(&client, picture.p, picture.n);
    FOR_EACH_SPLIT(assert_one_picture(w); assert_int_equal(w->encrypted, 1); assert_int_equal(w->cleared, 1);)
}

static void so_is_one_inside_of_it(void **state) {
    stream_text(&client, "SSH-2.0-x\r\n");
    add_kexinit(&client);
    stream_jpeg(&picture, 9000);
    add_packet(&client, 2, picture.p, picture.n);
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        struct world *w = streams_world();
        streams_say(w, SIDE_CLIENT, &client, splits[i] == 1 || splits[i] == 7 ? 40 : splits[i]);
        streams_close(w);
        assert_int_equal(w->transfers, 1);
        world_destroy(w);
    }
}

/* --- SSH 1 --- */

/* draft-ylonen-ssh-protocol-00: length, padding, message, data, checksum. */
static void add_old_packet(struct stream *s, uint8_t message, size_t n) {
    const uint8_t length[] = {0, 0, (uint8_t)((n + 5) >> 8), (uint8_t)(n + 5)};
    stream_add(s, length, sizeof length);
    stream_add(s, "\0\0\0\0\0\0\0", 8 - (n + 5) % 8);
    stream_add(s, &message, 1);
    stream_noise(s, n + 4, message);
}

static void exchange_old_keys(void) {
    stream_text(&server, "SSH-1.5-OpenSSH_2.9\n");
    stream_text(&client, "SSH-1.5-1.2.26\n");
    add_old_packet(&server, 2, 300);
    add_old_packet(&client, 3, 160);
    add_old_packet(&server, 77, 1);
}

static void a_session_of_ssh_1_is_encrypted_and_its_versions_are_told(void **state) {
    exchange_old_keys();
    for (unsigned i = 0; i < 40; i++)
        add_old_packet(&client, (uint8_t)(80 + i), 3000);
    FOR_EACH_SPLIT(
        assert_int_equal(w->encrypted, 1); assert_int_equal(w->cleared, 0); assert_int_equal(w->transfers, 0);
        assert_true(bytes_equal(world_bytes(&w->told[FACT_SSH_CLIENT]), bytes_text("SSH-1.5-1.2.26")));
        assert_true(bytes_equal(world_bytes(&w->told[FACT_SSH_SERVER]), bytes_text("SSH-1.5-OpenSSH_2.9")));)
}

static void a_picture_behind_the_keys_of_ssh_1_is_a_transfer(void **state) {
    exchange_old_keys();
    stream_jpeg(&picture, 20000);
    stream_add(&client, picture.p, picture.n);
    FOR_EACH_SPLIT(assert_one_picture(w);)
}

static void so_is_one_behind_its_banner_alone(void **state) {
    stream_text(&client, "SSH-1.5-x\n");
    stream_jpeg(&picture, 20000);
    stream_add(&client, picture.p, picture.n);
    FOR_EACH_SPLIT(assert_int_equal(w->encrypted, 0); assert_one_picture(w);)
}

static void the_hassh_of_each_side_is_told(void **state) {
    static const char names[] = "0123456789abcdef\0\0\0\x4d"
                                "curve25519-sha256,ecdh-sha2-nistp256,"
                                "diffie-hellman-group14-sha256,ext-info-c\0\0\0\x0b"
                                "ssh-ed25519";
    static const uint8_t empty[8 * 4 + 5];
    stream_add(&picture, names, sizeof names - 1);
    stream_add(&picture, empty, sizeof empty);
    stream_text(&client, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
    stream_text(&server, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
    add_packet(&client, 20, picture.p, picture.n);
    add_packet(&server, 20, picture.p, picture.n);
    FOR_EACH_SPLIT(assert_int_equal(w->told[FACT_SSH_HASSH].n, 32);
                   assert_int_equal(w->told[FACT_SSH_HASSH_SERVER].n, 32);)
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_session_is_encrypted_and_stays_it_without_a_transfer),
        TEST(so_is_one_whose_server_says_more_before_its_banner),
        TEST(a_banner_alone_encrypts_nothing_and_http_behind_it_is_read),
        TEST(a_picture_behind_a_banner_is_a_transfer),
        TEST(so_is_one_behind_a_key_exchange),
        TEST(so_is_one_inside_of_it),
        TEST(a_session_of_ssh_1_is_encrypted_and_its_versions_are_told),
        TEST(a_picture_behind_the_keys_of_ssh_1_is_a_transfer),
        TEST(so_is_one_behind_its_banner_alone),
        TEST(the_hassh_of_each_side_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
