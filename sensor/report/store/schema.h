/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_SCHEMA_H
#define GANTRY_REPORT_SCHEMA_H

#include <stddef.h>

/* What stands in the store. A step takes the database from version k to k + 1 (PRAGMA user_version) and never
 * changes once it was released; a new version is a new step. */
extern const char *const schema_steps[];
extern const size_t schema_version; /* steps there are */

enum store_statement {
    STORE_META_PUT,
    STORE_META_EACH,
    STORE_CHANNEL_PUT,
    STORE_CHANNEL_EACH,
    STORE_CHANNEL_CLEAR,
    STORE_LINE_PUT,
    STORE_LINE_DROP,
    STORE_LINE_BUCKETS_DROP,
    STORE_LINE_ALARMS_DROP,
    STORE_LINE_EACH,
    STORE_BUCKET_PUT,
    STORE_BUCKET_EACH,
    STORE_ALARM_PUT,
    STORE_ALARM_DROP,
    STORE_ALARM_EACH,
    STORE_INCIDENT_PUT,
    STORE_INCIDENT_EACH_OPEN,
    STORE_INCIDENT_AGE,
    STORE_INCIDENT_FORGET,
    STORE_INCIDENT_LAST,
    STORE_OBJECT_PUT,
    STORE_OBJECT_DROP,
    STORE_OBJECT_EACH,
    STORE_OBJECT_CLEAR,
    STORE_CONTRACT_PUT,
    STORE_CONTRACT_EACH,
    STORE_CONTRACT_SPAN_PUT,
    STORE_CONTRACT_SPAN_EACH,
    STORE_CONTRACT_OBJECT_PUT,
    STORE_CONTRACT_OBJECT_DROP,
    STORE_CONTRACT_OBJECT_EACH,
    STORE_CONTRACT_OBJECT_CLEAR,
    STORE_MESSAGE_PUT,
    STORE_MESSAGE_DROP,
    STORE_MESSAGE_EACH,
    STORE_OUTPUT_PUT,
    STORE_OUTPUT_EACH,
    STORE_STATEMENTS
};
extern const char *const schema_statements[STORE_STATEMENTS];

#endif
