/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http2/http2.h"
#include "protocol/http2/http2_frame.h"

#include "transcripts.h"

/* Frames after RFC 9113. The transcripts are tests/transcripts/http2. */

#define BYTES(text) bytes_of(text, sizeof text - 1)

static enum probe probe_bytes(struct bytes client, struct bytes server) {
    const struct bytes first[2] = {client, server};
    return protocol_http2.probe(first);
}

static void the_preface_is_known_when_all_of_it_is_there(void **state) {
    assert_int_equal(probe_bytes(BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), BYTES("")), PROBE_YES);
    assert_int_equal(probe_bytes(BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n"), BYTES("")), PROBE_MORE);
    assert_int_equal(probe_bytes(BYTES(""), BYTES("")), PROBE_MORE);
    assert_int_equal(probe_bytes(BYTES("PRI * HTTP/2.0\r\n\r\nSN\r\n\r\n"), BYTES("x")), PROBE_NO);
    assert_int_equal(probe_bytes(BYTES("PRI /a HTTP/1.1\r\n"), BYTES("x")), PROBE_NO);
}

static void a_server_is_known_by_its_settings_and_the_frame_behind_them(void **state) {
    /* nghttpd 1.52: MAX_CONCURRENT_STREAMS 100, then the acknowledgement of the client's. */
    assert_int_equal(probe_bytes(BYTES(""), BYTES("\0\0\6\4\0\0\0\0\0\0\3\0\0\0\x64\0\0\0\4\1\0\0\0\0")),
                     PROBE_YES);
    assert_int_equal(probe_bytes(BYTES("x"), BYTES("\0\0\6\4\0\0\0\0\0\0\3\0\0\0\x64\0\0\0\4\1\0\0\0")),
                     PROBE_MORE);
    /* ENABLE_PUSH is 0 or 1; what follows is no frame; no settings are so long. */
    assert_int_equal(probe_bytes(BYTES("x"), BYTES("\0\0\6\4\0\0\0\0\0\0\2\0\0\0\x64\0\0\0\4\1\0\0\0\0")),
                     PROBE_NO);
    assert_int_equal(probe_bytes(BYTES("x"), BYTES("\0\0\6\4\0\0\0\0\0\0\3\0\0\0\x64\0\0\1\4\1\0\0\0\0")),
                     PROBE_NO);
    assert_int_equal(probe_bytes(BYTES("x"), BYTES("\0\6\0\4\0\0\0\0\0\0\3\0\0\0\x64")), PROBE_NO);
}

static void a_stream_is_known_in_the_middle_by_its_head_and_the_frame_behind_it(void **state) {
    /* :status 200 (RFC 7541, appendix A), then data of the same stream, of another one, and none. */
    assert_int_equal(probe_bytes(BYTES("x"), BYTES("\0\0\1\1\4\0\0\0\7\x88\0\1\0\0\0\0\0\0\7")), PROBE_YES);
    assert_int_equal(probe_bytes(BYTES("x"), BYTES("\0\0\1\1\4\0\0\0\7\x88\0\1\0\0\0\0\0\0\x9")), PROBE_NO);
    assert_int_equal(probe_bytes(BYTES("x"), BYTES("\0\0\1\1\4\0\0\0\7\x88\0\1\0\0\0\0\0")), PROBE_MORE);
    assert_int_equal(probe_bytes(BYTES("x"), BYTES("\0\0\1\1\4\0\0\0\7\x80\0\1\0\0\0\0\0\0\7")), PROBE_NO);
}

static void a_connection_is_found_in_the_middle_of_anything(void **state) {
    assert_int_equal(protocol_http2.find(BYTES("abcPRI * HTTP/2.0\r\n\r\nSM\r\n\r\nxyz")), 3);
    assert_int_equal(protocol_http2.find(BYTES("a\1b\0\0\1\1\4\0\0\0\7\x88\0\1\0\0\0\0\0\0\7")), 3);
    const struct bytes none[] = {BYTES(""), BYTES("abc"),
                                 BYTES("\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"),
                                 BYTES("\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1")};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(protocol_http2.find(none[i]), none[i].n);
}

int main(void) {
    static struct CMUnitTest tests[TRANSCRIPTS_MAX] = {
        cmocka_unit_test(the_preface_is_known_when_all_of_it_is_there),
        cmocka_unit_test(a_server_is_known_by_its_settings_and_the_frame_behind_them),
        cmocka_unit_test(a_stream_is_known_in_the_middle_by_its_head_and_the_frame_behind_it),
        cmocka_unit_test(a_connection_is_found_in_the_middle_of_anything),
    };
    size_t fixed = 0;
    while (tests[fixed].test_func)
        fixed++;
    return run_with_transcripts("http2", &protocol_http2, SOURCE_ROOT "/tests/transcripts/http2", tests,
                                fixed);
}
