/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ssh/kexinit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static size_t write_kexinit(uint8_t *out, const char *const lists[10]) {
    size_t n = 0;
    out[n++] = SSH_KEXINIT;
    for (unsigned i = 0; i < 16; i++)
        out[n++] = (uint8_t)(0xa0 + i);
    for (unsigned i = 0; i < 10; i++) {
        size_t length = strlen(lists[i]);
        memcpy(out + n, (uint8_t[]){0, 0, (uint8_t)(length >> 8), (uint8_t)length}, 4);
        memcpy(out + n + 4, lists[i], length);
        n += 4 + length;
    }
    memset(out + n, 0, 5);
    return n + 5;
}

static const char *const lists[10] = {"curve25519-sha256,ecdh-sha2-nistp256",
                                      "ssh-ed25519,rsa-sha2-512",
                                      "aes128-ctr,aes256-ctr",
                                      "aes256-ctr",
                                      "hmac-sha2-256",
                                      "hmac-sha1",
                                      "none,zlib@openssh.com",
                                      "none",
                                      "",
                                      ""};

/* printf 'KEX;ENC;MAC;COMP' | md5sum */
static void the_hassh_is_the_md5_of_four_lists_of_the_side(void **state) {
    (void)state;
    uint8_t message[512];
    char hassh[HASSH_SIZE];
    struct ssh_kexinit k;
    size_t n = write_kexinit(message, lists);
    assert_true(ssh_kexinit_read(bytes_of(message, n), &k));
    assert_true(bytes_equal(k.list[SSH_MACS_TO_CLIENT], bytes_text("hmac-sha1")));
    assert_true(ssh_hassh(&k, false, hassh));
    assert_string_equal(hassh, "492a1b12bc056237f805415b405d8616");
    assert_true(ssh_hassh(&k, true, hassh));
    assert_string_equal(hassh, "5cd4ac282bd01f685697560542d93cb0");
}

static void a_message_that_is_cut_or_holds_no_names_is_none(void **state) {
    (void)state;
    uint8_t message[512];
    struct ssh_kexinit k;
    size_t n = write_kexinit(message, lists);
    for (size_t cut = 0; cut < n - 5; cut++) {
        uint8_t *exact = malloc(cut + 1);
        memcpy(exact, message, cut);
        assert_false(ssh_kexinit_read(bytes_of(exact, cut), &k));
        free(exact);
    }
    message[30] = ' ';
    assert_false(ssh_kexinit_read(bytes_of(message, n), &k));
    message[30] = 'a';
    message[0] = 21;
    assert_false(ssh_kexinit_read(bytes_of(message, n), &k));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hassh_is_the_md5_of_four_lists_of_the_side),
        cmocka_unit_test(a_message_that_is_cut_or_holds_no_names_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
