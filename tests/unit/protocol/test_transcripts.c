/* SPDX-License-Identifier: Apache-2.0 */
/* Conversations of real clients and servers, and made ones, as text: each folder of tests/transcripts whose
 * form is that of its README. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "coding/coding.h"
#include "protocol/shared.h"
#include "script.h"

static const char *const folders[] = {"imap",       "lpd",     "mqtt", "mysql", "nfs",      "pop3",
                                      "postgresql", "proxies", "smb",  "smtp",  "websocket"};

static void conversations_give_what_they_list(void **state) {
    char path[512];
    snprintf(path, sizeof path, SOURCE_ROOT "/tests/transcripts/%s", (const char *)*state);
    struct codings *codings =
        codings_create(&(struct codings_options){.memory = 8 << 20, .limits = {8, 64, 1 << 20, 100}});
    script_play_all(path, codings);
    codings_destroy(codings);
    shared_state_clear();
}

int main(void) {
    enum { FOLDERS = sizeof folders / sizeof *folders };
    struct CMUnitTest tests[FOLDERS];
    for (size_t i = 0; i < FOLDERS; i++)
        tests[i] = (struct CMUnitTest){folders[i], conversations_give_what_they_list, NULL, NULL,
                                       (void *)(uintptr_t)folders[i]};
    return cmocka_run_group_tests_name("transcripts", tests, NULL, NULL);
}
