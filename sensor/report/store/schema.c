/* SPDX-License-Identifier: Apache-2.0 */
#include "report/store/schema.h"

/* Times are nanoseconds since 1970, UTC. Registers are those of distinct.h: either all of them, or of each
 * that is not zero its index (2 octets, little-endian) and its value, three octets each and never 1,024 in
 * all. Databases of several sensors with one digest key are added up by network, destination, class, span and
 * slot index: numbers by sum, registers by their greatest. */
const char *const schema_steps[] = {
    /* 1: the ledger. span: 0 five minutes, 1 hours, 2 days; slot: its place in the span's ring; start: time /
       width */
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE channel (channel INTEGER PRIMARY KEY, last INTEGER NOT NULL);"
    "CREATE TABLE line (id INTEGER PRIMARY KEY, network TEXT NOT NULL, destination TEXT NOT NULL, class TEXT "
    "NOT NULL,"
    " last INTEGER NOT NULL);"
    "CREATE TABLE bucket (line INTEGER NOT NULL, slot INTEGER NOT NULL, start INTEGER NOT NULL,"
    " objects INTEGER NOT NULL, bytes INTEGER NOT NULL, denied_objects INTEGER NOT NULL,"
    " denied_bytes INTEGER NOT NULL, plates_least INTEGER NOT NULL, registers BLOB,"
    " PRIMARY KEY (line, slot)) WITHOUT ROWID;"
    "CREATE TABLE alarm (line INTEGER NOT NULL, rule INTEGER NOT NULL, id TEXT NOT NULL, sequence INTEGER "
    "NOT NULL,"
    " objects INTEGER NOT NULL, bytes INTEGER NOT NULL, plates INTEGER NOT NULL, first INTEGER NOT NULL,"
    " last INTEGER NOT NULL, told INTEGER NOT NULL, record BLOB NOT NULL, PRIMARY KEY (line, rule)) WITHOUT "
    "ROWID;",
    /* 2: incidents, and the objects of open ones that are still moving */
    "CREATE TABLE incident (serial INTEGER PRIMARY KEY, id TEXT NOT NULL, closed INTEGER NOT NULL, key BLOB "
    "NOT NULL,"
    " sequence INTEGER NOT NULL, objects INTEGER NOT NULL, bytes INTEGER NOT NULL, plates INTEGER NOT NULL,"
    " first INTEGER NOT NULL, last INTEGER NOT NULL, told INTEGER NOT NULL, grown INTEGER NOT NULL,"
    " next_tenfold INTEGER NOT NULL, registers BLOB, record BLOB NOT NULL);"
    "CREATE INDEX incident_by_last ON incident (closed, last);"
    "CREATE TABLE object (incident INTEGER NOT NULL, worker INTEGER NOT NULL, object INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL, PRIMARY KEY (incident, worker, object)) WITHOUT ROWID;",
    /* 3: messages that a receiver does not have yet */
    "CREATE TABLE output (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE message (output TEXT NOT NULL, sequence INTEGER NOT NULL, rank INTEGER NOT NULL,"
    " message BLOB NOT NULL, PRIMARY KEY (output, sequence));",
    /* what was received under contracts. span: 0 days, 1 months; start: days or months since 1970; bytes of
       moving objects as quota_account.h packs them */
    "CREATE TABLE contract (id TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL,"
    " objects INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE contract_span (contract TEXT NOT NULL, span INTEGER NOT NULL, slot INTEGER NOT NULL,"
    " start INTEGER NOT NULL, objects INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    " PRIMARY KEY (contract, span, slot)) WITHOUT ROWID;"
    "CREATE TABLE contract_object (contract INTEGER NOT NULL, worker INTEGER NOT NULL, object INTEGER NOT "
    "NULL,"
    " bytes INTEGER NOT NULL, PRIMARY KEY (contract, worker, object)) WITHOUT ROWID;",
};
const size_t schema_version = sizeof schema_steps / sizeof schema_steps[0];

const char *const schema_statements[STORE_STATEMENTS] = {
    [STORE_META_PUT] = "INSERT OR REPLACE INTO meta VALUES (?, ?)",
    [STORE_META_EACH] = "SELECT name, value FROM meta",
    [STORE_CHANNEL_PUT] = "INSERT OR REPLACE INTO channel VALUES (?, ?)",
    [STORE_CHANNEL_EACH] = "SELECT channel, last FROM channel",
    [STORE_CHANNEL_CLEAR] = "DELETE FROM channel",
    [STORE_LINE_PUT] =
        "INSERT INTO line VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET last = excluded.last",
    [STORE_LINE_DROP] = "DELETE FROM line WHERE id = ?",
    [STORE_LINE_BUCKETS_DROP] = "DELETE FROM bucket WHERE line = ?",
    [STORE_LINE_ALARMS_DROP] = "DELETE FROM alarm WHERE line = ?",
    [STORE_LINE_EACH] = "SELECT id, network, destination, class, last FROM line ORDER BY last, id",
    [STORE_BUCKET_PUT] = "INSERT OR REPLACE INTO bucket VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [STORE_BUCKET_EACH] =
        "SELECT line, slot, start, objects, bytes, denied_objects, denied_bytes, plates_least, registers"
        " FROM bucket JOIN line ON line = id ORDER BY last, id",
    [STORE_ALARM_PUT] = "INSERT OR REPLACE INTO alarm VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [STORE_ALARM_DROP] = "DELETE FROM alarm WHERE line = ? AND rule = ?",
    [STORE_ALARM_EACH] =
        "SELECT line, rule, id, sequence, objects, bytes, plates, first, last, told, record FROM alarm",
    [STORE_INCIDENT_PUT] =
        "INSERT OR REPLACE INTO incident VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [STORE_INCIDENT_EACH_OPEN] =
        "SELECT serial, id, key, sequence, objects, bytes, plates, first, last, told, grown,"
        " next_tenfold, registers, record FROM incident WHERE closed = 0 ORDER BY last, serial",
    [STORE_INCIDENT_AGE] = "DELETE FROM incident WHERE closed = 1 AND last < ?",
    [STORE_INCIDENT_FORGET] = "DELETE FROM incident WHERE serial IN"
                              " (SELECT serial FROM incident WHERE closed = 1 ORDER BY last LIMIT ?)",
    [STORE_INCIDENT_LAST] = "SELECT max(serial) FROM incident",
    [STORE_OBJECT_PUT] = "INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?)",
    [STORE_OBJECT_DROP] = "DELETE FROM object WHERE incident = ? AND worker = ? AND object = ?",
    [STORE_OBJECT_EACH] = "SELECT incident, worker, object, bytes FROM object",
    [STORE_OBJECT_CLEAR] = "DELETE FROM object",
    [STORE_CONTRACT_PUT] = "INSERT OR REPLACE INTO contract VALUES (?, ?, ?, ?, ?)",
    [STORE_CONTRACT_EACH] = "SELECT id, first, last, objects, bytes FROM contract",
    [STORE_CONTRACT_SPAN_PUT] = "INSERT OR REPLACE INTO contract_span VALUES (?, ?, ?, ?, ?, ?)",
    [STORE_CONTRACT_SPAN_EACH] = "SELECT contract, span, slot, start, objects, bytes FROM contract_span",
    [STORE_CONTRACT_OBJECT_PUT] = "INSERT OR REPLACE INTO contract_object VALUES (?, ?, ?, ?)",
    [STORE_CONTRACT_OBJECT_DROP] =
        "DELETE FROM contract_object WHERE contract = ? AND worker = ? AND object = ?",
    [STORE_CONTRACT_OBJECT_EACH] = "SELECT contract, worker, object, bytes FROM contract_object",
    [STORE_CONTRACT_OBJECT_CLEAR] = "DELETE FROM contract_object",
    [STORE_MESSAGE_PUT] = "INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?)",
    [STORE_MESSAGE_DROP] = "DELETE FROM message WHERE output = ? AND sequence = ?",
    [STORE_MESSAGE_EACH] = "SELECT output, sequence, rank, message FROM message ORDER BY output, sequence",
    [STORE_OUTPUT_PUT] = "INSERT OR REPLACE INTO output VALUES (?, ?)",
    [STORE_OUTPUT_EACH] = "SELECT name, sequence FROM output",
};
