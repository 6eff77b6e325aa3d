/* SPDX-License-Identifier: Apache-2.0 */
#include "report/store/schema.h"

/* Times are nanoseconds since 1970, UTC. Registers are those of distinct.h: either all of them, or of each
 * that is not zero its index (2 octets, little-endian) and its value, three octets each and never 1,024 in
 * all. Databases of several sensors with one digest key are added up by network, destination, class, span and
 * slot index: numbers by sum, registers by their greatest; sets of digests (8 octets each, little-endian,
 * sorted) by their union, where none of the sensors lacks its set. */
#define TRAFFIC_TABLE                                                                                        \
    "CREATE TABLE traffic (id INTEGER PRIMARY KEY, key BLOB NOT NULL, stranger INTEGER NOT NULL,"            \
    " last INTEGER NOT NULL, day INTEGER NOT NULL, out INTEGER NOT NULL, back INTEGER NOT NULL,"             \
    " flows INTEGER NOT NULL, untold_out INTEGER NOT NULL, untold_back INTEGER NOT NULL,"                    \
    " untold_flows INTEGER NOT NULL, unledgered_out INTEGER NOT NULL, unledgered_back INTEGER NOT NULL,"     \
    " unledgered_flows INTEGER NOT NULL, told INTEGER NOT NULL, told_out INTEGER NOT NULL);"
#define TRAFFIC_COLUMNS                                                                                      \
    "id, key, stranger, last, day, out, back, flows, untold_out, untold_back, untold_flows, unledgered_out," \
    " unledgered_back, unledgered_flows, told, told_out"

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
    /* 4: what was received under contracts. span: 0 days, 1 months; start: days or months since 1970; bytes
       of moving objects as quota_account.h packs them */
    "CREATE TABLE contract (id TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL,"
    " objects INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE contract_span (contract TEXT NOT NULL, span INTEGER NOT NULL, slot INTEGER NOT NULL,"
    " start INTEGER NOT NULL, objects INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    " PRIMARY KEY (contract, span, slot)) WITHOUT ROWID;"
    "CREATE TABLE contract_object (contract INTEGER NOT NULL, worker INTEGER NOT NULL, object INTEGER NOT "
    "NULL,"
    " bytes INTEGER NOT NULL, PRIMARY KEY (contract, worker, object)) WITHOUT ROWID;",
    /* 5: what was held back of an incident and why it was closed; the alerts that went out; mutes; distinct
       images and the shape of what is sent; what digests sum up, `until` 0: the one that is not told yet */
    "ALTER TABLE incident ADD COLUMN held INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE incident ADD COLUMN rule_severity INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE incident ADD COLUMN whole INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE incident ADD COLUMN holes INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE incident ADD COLUMN settled TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE incident ADD COLUMN settled_by INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE bucket ADD COLUMN images BLOB;"
    "ALTER TABLE line ADD COLUMN shape BLOB;"
    "CREATE TABLE alert (id TEXT NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL, state INTEGER "
    "NOT "
    "NULL,"
    " objects INTEGER NOT NULL, bytes INTEGER NOT NULL, plates INTEGER NOT NULL, severity INTEGER NOT NULL,"
    " verdict INTEGER NOT NULL, PRIMARY KEY (id, sequence)) WITHOUT ROWID;"
    "CREATE INDEX alert_by_time ON alert (time);"
    "CREATE TABLE mute (destination TEXT NOT NULL, class TEXT NOT NULL, reason TEXT NOT NULL, uid INTEGER "
    "NOT "
    "NULL,"
    " made INTEGER NOT NULL, until INTEGER NOT NULL, hidden INTEGER NOT NULL, PRIMARY KEY (destination, "
    "class))"
    " WITHOUT ROWID;"
    "CREATE TABLE volume (until INTEGER NOT NULL, network TEXT NOT NULL, destination TEXT NOT NULL,"
    " verdict INTEGER NOT NULL, objects INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    " PRIMARY KEY (until, network, destination, verdict)) WITHOUT ROWID;"
    "CREATE TABLE tally (until INTEGER NOT NULL, key TEXT NOT NULL, value INTEGER NOT NULL,"
    " PRIMARY KEY (until, key)) WITHOUT ROWID;",
    /* 6: which closed incidents and alerts give way first (event/standing.h); those of before are kept
       longest */
    "ALTER TABLE incident ADD COLUMN standing INTEGER NOT NULL DEFAULT 3;"
    "ALTER TABLE alert ADD COLUMN standing INTEGER NOT NULL DEFAULT 3;"
    "CREATE INDEX alert_by_standing ON alert (standing, time);"
    "CREATE INDEX incident_by_standing ON incident (closed, standing, last);",
    /* 7: what left in flows that nobody read, by destination and by host; sums as traffic_line.h has them */
    TRAFFIC_TABLE,
    /* 8: the digests of counts that are exact, beside their registers; the one incident in which an object
       counts, and as what (event/telling.h); of incidents the class that they were told with, and where all
       their objects count now */
    "ALTER TABLE bucket ADD COLUMN plate_digests BLOB;"
    "ALTER TABLE bucket ADD COLUMN image_digests BLOB;"
    "ALTER TABLE bucket ADD COLUMN images_least INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE incident ADD COLUMN digests BLOB;"
    "ALTER TABLE incident ADD COLUMN plates_least INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE incident ADD COLUMN before TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE incident ADD COLUMN joined TEXT NOT NULL DEFAULT '';"
    "DROP TABLE object;"
    "CREATE TABLE object (worker INTEGER NOT NULL, object INTEGER NOT NULL, incident INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL, telling INTEGER NOT NULL, PRIMARY KEY (worker, object)) WITHOUT ROWID;"
    /* the first sensors of version 7 had columns for uploads, too */
    "ALTER TABLE traffic RENAME TO traffic_7;" TRAFFIC_TABLE "INSERT INTO traffic SELECT " TRAFFIC_COLUMNS
    " FROM traffic_7;"
    "DROP TABLE traffic_7;",
    /* 9: who speaks in the image networks (hosts/host_line.h): addresses and network cards, and since when
       each network is known; ages: of the time that the sensor has watched */
    "CREATE TABLE host (id INTEGER PRIMARY KEY, network TEXT NOT NULL, card INTEGER NOT NULL, key BLOB NOT "
    "NULL,"
    " other INTEGER NOT NULL, place BLOB NOT NULL, router INTEGER NOT NULL, learnt INTEGER NOT NULL,"
    " first INTEGER NOT NULL, last INTEGER NOT NULL, first_age INTEGER NOT NULL, last_age INTEGER NOT NULL,"
    " waits INTEGER NOT NULL);"
    "CREATE TABLE host_network (name TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;",
    /* 10: which files an incident holds, as incident_files.h packs them */
    "ALTER TABLE incident ADD COLUMN files BLOB NOT NULL DEFAULT x'';",
};
const size_t schema_version = sizeof schema_steps / sizeof schema_steps[0];

const char *const schema_statements[STORE_STATEMENTS] = {
    [STORE_META_PUT] = "INSERT OR REPLACE INTO meta VALUES (?, ?)",
    [STORE_META_EACH] = "SELECT name, value FROM meta",
    [STORE_CHANNEL_PUT] = "INSERT OR REPLACE INTO channel VALUES (?, ?)",
    [STORE_CHANNEL_EACH] = "SELECT channel, last FROM channel",
    [STORE_CHANNEL_CLEAR] = "DELETE FROM channel",
    [STORE_LINE_PUT] = "INSERT INTO line VALUES (?, ?, ?, ?, ?, ?)"
                       " ON CONFLICT (id) DO UPDATE SET last = excluded.last, shape = excluded.shape",
    [STORE_LINE_DROP] = "DELETE FROM line WHERE id = ?",
    [STORE_LINE_BUCKETS_DROP] = "DELETE FROM bucket WHERE line = ?",
    [STORE_LINE_ALARMS_DROP] = "DELETE FROM alarm WHERE line = ?",
    [STORE_LINE_EACH] = "SELECT id, network, destination, class, last, shape FROM line ORDER BY last, id",
    [STORE_BUCKET_PUT] = "INSERT OR REPLACE INTO bucket VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [STORE_BUCKET_EACH] =
        "SELECT line, slot, start, objects, bytes, denied_objects, denied_bytes, plates_least, registers,"
        " images, plate_digests, image_digests, images_least FROM bucket JOIN line ON line = id"
        " ORDER BY last, id",
    [STORE_ALARM_PUT] = "INSERT OR REPLACE INTO alarm VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [STORE_ALARM_DROP] = "DELETE FROM alarm WHERE line = ? AND rule = ?",
    [STORE_ALARM_EACH] =
        "SELECT line, rule, id, sequence, objects, bytes, plates, first, last, told, record FROM alarm",
    [STORE_INCIDENT_PUT] = "INSERT OR REPLACE INTO incident VALUES"
                           " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    /* Of the ledger, and closed: numbered from -1 down, out of the way of those that are counted up. */
    [STORE_INCIDENT_PUT_PAST] =
        "INSERT INTO incident SELECT min(coalesce(min(serial), 0), 0) - 1, ?1, 1, x'', ?2, ?3, ?4,"
        " ?5, ?6, ?7, ?7, 0, 0, x'', ?8, ?9, 0, 1, 0, '', 0, ?10, x'', 0, '', '', x'' FROM incident",
    [STORE_INCIDENT_EACH_OPEN] =
        "SELECT serial, id, key, sequence, objects, bytes, plates, first, last, told, grown,"
        " next_tenfold, registers, record, held, rule_severity, whole, holes, digests, plates_least, before, files"
        " FROM incident WHERE closed = 0 "
        "ORDER BY last, serial",
    [STORE_INCIDENT_DROP] = "DELETE FROM incident WHERE serial = ?",
    [STORE_INCIDENT_AGE] = "DELETE FROM incident WHERE closed = 1 AND last < ?",
    [STORE_INCIDENT_STANDINGS] = "SELECT standing, count(*) FROM incident WHERE closed = 1 GROUP BY standing",
    [STORE_INCIDENT_FORGET] =
        "DELETE FROM incident WHERE serial IN"
        " (SELECT serial FROM incident WHERE closed = 1 AND standing = ? ORDER BY last LIMIT ?)",
    [STORE_INCIDENT_LAST] = "SELECT max(max(serial), 0) FROM incident",
    /* Those of the highest standing where there are too many. */
    [STORE_INCIDENT_LIST] =
        "SELECT id, closed, sequence, objects, bytes, plates, first, last, record, held, settled, settled_by,"
        " joined, files FROM (SELECT id, closed, sequence, objects, bytes, plates, first, last, record, held, "
        "settled,"
        " settled_by, joined, files, standing FROM incident WHERE (id = ?1 OR ?1 = '') AND (closed = ?2 OR ?2 < 0) "
        "AND last >= ?3"
        " UNION ALL SELECT id, 0, sequence, objects, bytes, plates, first, last, record, 0, '', 0, '', x'', 3 "
        "FROM "
        "alarm"
        " WHERE (id = ?1 OR ?1 = '') AND ?2 < 1 AND last >= ?3 ORDER BY standing DESC, last DESC LIMIT ?4)"
        " ORDER BY last DESC",
    [STORE_TRAFFIC_PUT] = "INSERT OR REPLACE INTO traffic VALUES"
                          " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [STORE_TRAFFIC_DROP] = "DELETE FROM traffic WHERE id = ?",
    [STORE_TRAFFIC_EACH] = "SELECT * FROM traffic ORDER BY last, id",
    [STORE_ALERT_PUT] = "INSERT OR REPLACE INTO alert VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [STORE_ALERT_AGE] = "DELETE FROM alert WHERE time < ?",
    [STORE_ALERT_STANDINGS] = "SELECT standing, count(*) FROM alert GROUP BY standing",
    [STORE_ALERT_FORGET] = "DELETE FROM alert WHERE (id, sequence) IN"
                           " (SELECT id, sequence FROM alert WHERE standing = ? ORDER BY time LIMIT ?)",
    [STORE_ALERT_LIST] =
        "SELECT sequence, time, state, objects, bytes, plates, severity, verdict FROM alert WHERE id = ?"
        " ORDER BY sequence",
    [STORE_MUTE_CLEAR] = "DELETE FROM mute",
    [STORE_MUTE_PUT] = "INSERT INTO mute VALUES (?, ?, ?, ?, ?, ?, ?)",
    [STORE_MUTE_EACH] = "SELECT destination, class, reason, uid, made, until, hidden FROM mute",
    [STORE_VOLUME_PUT] = "INSERT OR REPLACE INTO volume VALUES (0, ?, ?, ?, ?, ?)",
    [STORE_VOLUME_EACH] = "SELECT network, destination, verdict, objects, bytes FROM volume WHERE until = 0",
    /* Files may be read twice: what was told up to the same moment is added up. */
    [STORE_VOLUME_TURN] =
        "INSERT INTO volume SELECT ?, network, destination, verdict, objects, bytes FROM volume"
        " WHERE until = 0 ON CONFLICT (until, network, destination, verdict) DO UPDATE"
        " SET objects = objects + excluded.objects, bytes = bytes + excluded.bytes",
    [STORE_VOLUME_DROP] = "DELETE FROM volume WHERE until = 0",
    [STORE_VOLUME_AGE] = "DELETE FROM volume WHERE until > 0 AND until < ?",
    [STORE_VOLUME_SINCE] = "SELECT network, destination, verdict, sum(objects), sum(bytes) FROM volume"
                           " WHERE until > ? GROUP BY network, destination, verdict",
    [STORE_TALLY_PUT] = "INSERT OR REPLACE INTO tally VALUES (0, ?, ?)",
    [STORE_TALLY_EACH] = "SELECT key, value FROM tally WHERE until = 0",
    [STORE_TALLY_TURN] =
        "INSERT INTO tally SELECT ?, key, value FROM tally WHERE until = 0 AND key NOT LIKE '=%'"
        " ON CONFLICT (until, key) DO UPDATE SET value = value + excluded.value",
    [STORE_TALLY_DROP] = "DELETE FROM tally WHERE until = 0 AND key NOT LIKE '=%'",
    [STORE_TALLY_AGE] = "DELETE FROM tally WHERE until > 0 AND until < ?",
    [STORE_TALLY_SINCE] = "SELECT key, sum(value) FROM tally WHERE until > ? GROUP BY key",
    /* ?1: its account, of which incidents have one. */
    [STORE_OBJECT_PUT] = "INSERT OR REPLACE INTO object VALUES (?2, ?3, ?5, ?4, ?6)",
    [STORE_OBJECT_DROP] = "DELETE FROM object WHERE worker = ?2 AND object = ?3",
    [STORE_OBJECT_EACH] = "SELECT 0, worker, object, bytes, incident, telling FROM object",
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
    [STORE_HOST_PUT] = "INSERT OR REPLACE INTO host VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [STORE_HOST_DROP] = "DELETE FROM host WHERE id = ?",
    [STORE_HOST_EACH] = "SELECT * FROM host ORDER BY last_age, id",
    [STORE_HOST_NETWORK_PUT] = "INSERT INTO host_network VALUES (?, ?)",
    [STORE_HOST_NETWORK_CLEAR] = "DELETE FROM host_network",
    [STORE_HOST_NETWORK_EACH] = "SELECT name, since FROM host_network",
    [STORE_MESSAGE_PUT] = "INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?)",
    [STORE_MESSAGE_DROP] = "DELETE FROM message WHERE output = ? AND sequence = ?",
    [STORE_MESSAGE_EACH] = "SELECT output, sequence, rank, message FROM message ORDER BY output, sequence",
    [STORE_OUTPUT_PUT] = "INSERT OR REPLACE INTO output VALUES (?, ?)",
    [STORE_OUTPUT_EACH] = "SELECT name, sequence FROM output",
};
