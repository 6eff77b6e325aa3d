/* SPDX-License-Identifier: Apache-2.0 */
/* bare_read CAPTURE: reads every packet with libpcap and touches nothing but its length. */
#include <pcap.h>
#include <stdio.h>

static void count(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes) {
    *(unsigned long long *)user += header->caplen;
    (void)bytes;
}

int main(int argc, char **argv) {
    char why[PCAP_ERRBUF_SIZE];
    unsigned long long total = 0;
    pcap_t *p = argc == 2 ? pcap_open_offline(argv[1], why) : NULL;
    if (!p) {
        fprintf(stderr, "usage: bare_read CAPTURE\n");
        return 2;
    }
    pcap_loop(p, -1, count, (u_char *)&total);
    pcap_close(p);
    printf("%llu\n", total);
    return 0;
}
