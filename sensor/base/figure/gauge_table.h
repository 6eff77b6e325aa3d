/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_FIGURE_GAUGE_TABLE_H
#define GANTRY_BASE_FIGURE_GAUGE_TABLE_H

/* GAUGE(identifier, "stats key", unit, how, "what it says"): see figure.h for unit and how. Keys end in their
 * unit, as Prometheus has it; parts per million end in _ppm here and become ratios there. */
/* clang-format off */
#define GAUGE_TABLE \
    /* of each worker */ \
    GAUGE(PACKET_TIME,     "capture.last_packet_timestamp_seconds", SECONDS, MAX, "time of the newest packet, since 1970") \
    GAUGE(FLOWS_OPEN,      "flow.open",                     COUNT, SUM, "flows open now") \
    GAUGE(STREAMS_OPEN,    "stream.open",                   COUNT, SUM, "TCP connections being rebuilt now") \
    GAUGE(STREAM_STORED,   "stream.stored_bytes",           BYTES, SUM, "memory of segments that wait for earlier ones") \
    GAUGE(CONVERSATIONS,   "protocol.conversations",        COUNT, SUM, "flows that are looked into now") \
    GAUGE(OBJECTS_OPEN,    "content.objects_open",          COUNT, SUM, "objects that are moving now") \
    GAUGE(INSPECTIONS,     "inspect.objects_open",          COUNT, SUM, "objects that are being inspected now") \
    /* of the sensor */ \
    GAUGE(START_TIME,      "process.start_timestamp_seconds", SECONDS, OWN, "when the sensor was started, since 1970") \
    GAUGE(WORKERS,         "process.workers",               COUNT, OWN, "workers that share the traffic") \
    GAUGE(RELOAD_TIME,     "process.reload_timestamp_seconds", SECONDS, OWN, "when a reload was asked for last, since 1970; 0: never") \
    GAUGE(RELOAD_FAILED,   "process.last_reload_failed",    COUNT, OWN, "1: it changed nothing, the configuration has mistakes") \
    GAUGE(CONFIG_VERSION,  "process.configuration_version", COUNT, OWN, "configurations taken since the start") \
    GAUGE(RECORDS_WAITING, "channel.waiting",               COUNT, OWN, "records, findings among them, that wait for the reporter") \
    GAUGE(INCIDENTS_OPEN,  "report.incidents_open",         COUNT, OWN, "incidents open now") \
    GAUGE(MESSAGES_HELD,   "report.messages_held",          COUNT, OWN, "messages that their receivers do not have yet") \
    GAUGE(LEDGER_LINES,    "report.ledger_lines",           COUNT, OWN, "lines of the ledger") \
    GAUGE(HOSTS_KNOWN,     "report.hosts_known",            COUNT, OWN, "hosts of image networks that are known") \
    GAUGE(STORE_BYTES,     "report.store_bytes",            BYTES, OWN, "size of the database, without what is free in it") \
    /* of the time since the last stats record, which is what warnings are judged by */ \
    GAUGE(LOSS,            "health.loss_ppm",               PPM,   OWN, "part of the traffic that was not seen") \
    GAUGE(WARNINGS,        "health.warnings",               COUNT, OWN, "warnings that hold now: see gantry(8), HEALTH") \
    GAUGE(INTERVAL,        "interval.seconds",              SECONDS, INTERVAL, "length of that time") \
    GAUGE(INTERVAL_PACKETS, "interval.packets",             COUNT, INTERVAL, "packets") \
    GAUGE(INTERVAL_BYTES,  "interval.bytes",                BYTES, INTERVAL, "bytes on the wire") \
    GAUGE(INTERVAL_DROPS,  "interval.dropped",              COUNT, INTERVAL, "packets that kernel, card or a worker's restart lost") \
    GAUGE(INTERVAL_GAPS,   "interval.unseen_bytes",         BYTES, INTERVAL, "bytes that a receiver acknowledged and the sensor never saw") \
    GAUGE(INTERVAL_ONE_SIDED, "interval.flows_one_sided",   COUNT, INTERVAL, "TCP flows of which one direction was seen") \
    GAUGE(INTERVAL_COMPLETE, "interval.objects_complete",   COUNT, INTERVAL, "objects seen whole") \
    GAUGE(INTERVAL_CUT,    "interval.objects_incomplete",   COUNT, INTERVAL, "objects cut short or with holes") \
    GAUGE(INTERVAL_BLIND,  "interval.objects_not_inspected", COUNT, INTERVAL, "objects not inspected, or not in all ways") \
    GAUGE(INTERVAL_ENCRYPTED, "interval.encrypted_bytes",   BYTES, INTERVAL, "bytes of encrypted flows") \
    GAUGE(INTERVAL_CAPS,   "interval.caps_reached",         COUNT, INTERVAL, "times that something was shed at a cap") \
    /* end of table */
/* clang-format on */

#endif
