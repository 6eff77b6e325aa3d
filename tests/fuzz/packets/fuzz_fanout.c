/* SPDX-License-Identifier: Apache-2.0 */
#include "../../unit/capture/bpf.h"

#include <pcap/dlt.h>

/* One byte for how the frame is met, then the frame: the kernel's program and its C twin must choose alike.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct sock_filter program[2][BPF_MAXINSNS];
    static size_t length[2];
    static uint8_t room[1 << 16];
    struct bpf_packet view;
    if (size < 1 || size > sizeof room)
        return 0;
    for (int i = 0; i < 2 && length[i] == 0; i++)
        length[i] = fanout_program(program[i], BPF_MAXINSNS, i);
    int by_ports = data[0] & 1;
    struct capture_packet p = {.data = data + 1,
                               .captured = (uint32_t)size - 1,
                               .wire = (uint32_t)size - 1,
                               .link_type = data[0] & 4 ? DLT_LINUX_SLL2 : DLT_EN10MB};
    if (!bpf_view(&p, data[0] & 2, room, &view))
        return 0;
    if (capture_fanout(&p, UINT32_MAX, by_ports) !=
        bpf_run(program[by_ports], length[by_ports], &view) % UINT32_MAX)
        abort();
    return 0;
}
