/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_COUNTER_TABLE_H
#define GANTRY_BASE_COUNTER_TABLE_H

/* clang-format off */
#define COUNTER_TABLE \
    /* capture */ \
    COUNTER(PACKETS,              "capture.packets",              "packets read from the interface or file") \
    COUNTER(BYTES,                "capture.bytes",                "bytes of those packets on the wire") \
    COUNTER(KERNEL_DROPS,         "capture.kernel_drops",         "packets that the kernel dropped because the ring was full") \
    COUNTER(INTERFACE_DROPS,      "capture.interface_drops",      "packets that the network card dropped") \
    COUNTER(PACKETS_CUT,          "capture.packets_cut",          "packets shorter in the capture than on the wire (snap length)") \
    COUNTER(OTHER_WORKER,         "capture.other_worker",         "packets of a file that belong to another worker") \
    COUNTER(TIME_STEPS_BACK,      "capture.time_steps_back",      "packets whose time is before that of an earlier packet") \
    COUNTER(TIME_JUMPS,           "capture.time_jumps",           "jumps of the packet time by more than an hour") \
    /* decode: one counter for each reason why a packet is not understood */ \
    COUNTER(DECODE_OK,            "decode.understood",            "packets decoded to a TCP, UDP or SCTP payload") \
    /* flow */ \
    COUNTER(FLOWS,                "flow.opened",                  "flows opened") \
    COUNTER(FLOWS_SHED,           "flow.shed",                    "flows closed early because the flow table was full") \
    COUNTER(FLOWS_IGNORED,        "flow.ignored",                 "flows that the policy does not want looked into") \
    /* stream */ \
    COUNTER(STREAM_BYTES,         "stream.bytes",                 "bytes delivered in order") \
    COUNTER(STREAM_GAPS,          "stream.gaps",                  "gaps declared in streams") \
    COUNTER(STREAM_GAP_BYTES,     "stream.gap_bytes",             "bytes missing in those gaps") \
    /* protocol */ \
    COUNTER(TRANSFERS,            "protocol.transfers",           "transfers begun") \
    COUNTER(FLOWS_UNIDENTIFIED,   "protocol.unidentified",        "flows whose protocol stayed unknown") \
    COUNTER(FLOWS_ENCRYPTED,      "protocol.encrypted",           "flows that turned out to be encrypted") \
    COUNTER(BYTES_ENCRYPTED,      "protocol.encrypted_bytes",     "bytes of flows that are encrypted") \
    /* content */ \
    COUNTER(OBJECTS,              "content.objects",              "objects opened") \
    COUNTER(OBJECTS_COMPLETE,     "content.objects_complete",     "objects seen whole") \
    COUNTER(OBJECTS_INCOMPLETE,   "content.objects_incomplete",   "objects with missing bytes or cut short") \
    /* inspect */ \
    COUNTER(FINDINGS,             "inspect.findings",             "rules that held for an object") \
    /* channel */ \
    COUNTER(RECORDS,              "channel.records",              "records handed to the reporter") \
    COUNTER(RECORDS_LOST,         "channel.records_lost",         "records lost because the channel was full") \
    /* end of table */
/* clang-format on */

#endif
