/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor_path.h"

/* The packets of a small capture through the whole path, from frame to record. The input is a classic pcap
 * file in little-endian order, read leniently; its seeds are captures. See sensor_path.h for what must hold.
 */

enum { FILE_HEAD = 24, PACKET_HEAD = 16, PACKETS_MAX = 400, INPUT_MAX = 1 << 17 };

/* How often the path ends with what is open instead of with a silence. */
enum { RESTART_EVERY = 64 };

static struct path path;

static uint32_t read_u32(const uint8_t *p) {
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void run(const uint8_t *data, size_t size, time_ns base) {
    struct capture_packet packet = {.link_type = (int)read_u32(data + 20)};
    size_t at = FILE_HEAD;
    for (unsigned i = 0; i < PACKETS_MAX && size - at >= PACKET_HEAD; i++) {
        const uint8_t *head = data + at;
        uint32_t n = read_u32(head + 8), wire = read_u32(head + 12);
        at += PACKET_HEAD;
        n = n < size - at ? n : (uint32_t)(size - at);
        /* a copy of its own, so that a sanitizer sees every step too far */
        uint8_t *bytes = malloc(n ? n : 1);
        memcpy(bytes, data + at, n);
        packet.time = base + (read_u32(head) & 0xffff) * NS_PER_S + (read_u32(head + 4) % 1000000) * 1000;
        packet.data = bytes;
        packet.captured = n;
        packet.wire = wire > n && wire < 1 << 16 ? wire : n;
        path_packet(&path, &packet);
        free(bytes);
        at += n;
    }
}

/* Compiling the rules is no part of any input's time. */
int LLVMFuzzerInitialize(int *count, char ***words) {
    return path_init(&path) ? 0 : 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static unsigned runs;
    if (size < FILE_HEAD || size > INPUT_MAX)
        return 0;
    run(data, size, pipeline_time(path.pipeline) + 3600 * NS_PER_S);
    if (++runs % RESTART_EVERY == 0)
        path_restart(&path);
    path_silence(&path);
    return 0;
}
