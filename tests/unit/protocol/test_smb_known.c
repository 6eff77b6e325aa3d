/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/memory.h"
#include "protocol/shared.h"
#include "protocol/smb/smb_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What two hosts and their connections may have noted, by itself: no message is played. */

static unsigned moving;

static struct transfer *begin_transfer(struct conversation *c, const struct transfer_seed *seed) {
    moving++;
    return NULL;
}

static void write_transfer(struct conversation *c, struct transfer *t, uint64_t offset, const uint8_t *bytes,
                           size_t n) {
}

static void end_transfer(struct conversation *c, struct transfer *t, enum transfer_end how) {
    moving--;
}

static const struct protocol_services services = {
    .begin = begin_transfer, .write = write_transfer, .end = end_transfer};

static struct conversation conversation = {.services = &services};
static struct smb smb;

static int begin(void **state) {
    smb = (struct smb){.c = &conversation, .server = SIDE_SERVER, .hosts = smb_hosts_join(&conversation)};
    return smb.hosts ? 0 : -1;
}

static int finish(void **state) {
    smb_wait_finish(&smb.waiting);
    smb_move_leave(&smb);
    smb_hosts_leave(smb.hosts);
    shared_state_clear();
    assert_int_equal(moving, 0);
    assert_int_equal(protocol_memory_used(PROTOCOL_STATE), 0);
    return 0;
}

static struct smb_open *create_open(void) {
    struct smb_open *o = smb_known_create(smb.hosts, sizeof *o, bytes_of(NULL, 0));
    assert_non_null(o);
    o->end = LENGTH_UNKNOWN;
    return o;
}

static void files_by_which_something_moves_are_bounded(void **state) {
    enum { FILES = 3000, MOST = 1024 };
    for (int i = 0; i < FILES; i++) {
        struct smb_open *o = create_open();
        smb_move_bytes(&smb, o, SIDE_CLIENT, 0, (const uint8_t *)"x", 1);
        smb_known_unpin(&o->known);
    }
    assert_int_equal(moving, MOST);
}

static void a_handle_that_lasts_is_found_behind_many_others(void **state) {
    enum { FILES = 3000 };
    for (uint64_t i = 0; i < FILES; i++) {
        struct smb_open *o = create_open();
        smb_known_list(&o->known, &(struct smb_key){SMB_OPEN, 1, {i, ~i}});
        smb_known_unpin(&o->known);
    }
    struct smb_open *o = smb_find_persistent(smb.hosts, 7);
    assert_non_null(o);
    assert_int_equal(o->known.key.id[1], ~UINT64_C(7));
    smb_known_list(&o->known, &(struct smb_key){SMB_OPEN, 2, {FILES + 1, 0}});
    assert_null(smb_find_persistent(smb.hosts, 7));
    assert_ptr_equal(smb_find_persistent(smb.hosts, FILES + 1), o);
}

static void wait_for(uint64_t message) {
    smb_wait_add(&smb.waiting, &(struct smb_request){.message = message, .asks = SMB_ASKS_READ});
}

/* Numbers of which only high bits differ. */
static void requests_whose_numbers_meet_are_not_worth_more_room(void **state) {
    wait_for(0);
    uint64_t before = protocol_memory_used(PROTOCOL_STATE);
    for (uint64_t i = 1; i < 1000; i++)
        wait_for(i << 54);
    assert_int_equal(protocol_memory_used(PROTOCOL_STATE), before);
}

static void of_those_that_follow_each_other_hundreds_may_wait(void **state) {
    enum { N = 500 };
    struct smb_request r;
    for (uint64_t i = 0; i < N; i++)
        wait_for(i);
    for (uint64_t i = 0; i < N; i++)
        assert_true(smb_wait_take(&smb.waiting, i, &r));
    assert_false(smb_wait_take(&smb.waiting, 0, &r));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_by_which_something_moves_are_bounded, begin, finish),
        cmocka_unit_test_setup_teardown(a_handle_that_lasts_is_found_behind_many_others, begin, finish),
        cmocka_unit_test_setup_teardown(requests_whose_numbers_meet_are_not_worth_more_room, begin, finish),
        cmocka_unit_test_setup_teardown(of_those_that_follow_each_other_hundreds_may_wait, begin, finish),
    };
    return cmocka_run_group_tests_name("protocol/smb_known", tests, NULL, NULL);
}
