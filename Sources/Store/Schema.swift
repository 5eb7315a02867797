import GRDB

/// The layout of the store, as numbered steps that are only ever appended to.
///
/// It is made for the accept path: what every report costs is appended (`report`, `payload`, `ready`, `done` grow at their
/// ends), nothing in flight is written, and no index has random keys but the unique one that finds repeats, whose keys the
/// provider hands out nearly in order. Times are microseconds since 1970.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: reports, deliveries, counters") { try $0.execute(sql: version1) }
    return migrator
  }

  private static let version1 = """
    -- A report. seq is the order of arrival; destiny: 0 matched, 1 unmatched, 2 filtered.
    CREATE TABLE report (
      seq INTEGER PRIMARY KEY,
      report_id INTEGER NOT NULL,
      status TEXT NOT NULL,
      packet_id INTEGER,
      destiny INTEGER NOT NULL CHECK (destiny IN (0, 1, 2)),
      received_at INTEGER NOT NULL,
      last_seen_at INTEGER NOT NULL,
      seen INTEGER NOT NULL CHECK (seen >= 1)
    ) STRICT;
    CREATE UNIQUE INDEX report_key ON report (report_id, status);

    -- Its bytes, apart, because they are deleted sooner. content_type NULL is application/json.
    CREATE TABLE payload (
      seq INTEGER PRIMARY KEY,
      content_type TEXT,
      bytes BLOB NOT NULL
    ) STRICT;

    -- A route, by name: the name outlives its place in the rule file.
    CREATE TABLE lane (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      matched INTEGER NOT NULL DEFAULT 0,
      delivered INTEGER NOT NULL DEFAULT 0,
      dead INTEGER NOT NULL DEFAULT 0,
      failed_attempts INTEGER NOT NULL DEFAULT 0,
      last_delivered_at INTEGER,
      last_error TEXT,
      last_error_at INTEGER,
      CHECK (matched >= delivered + dead)
    ) STRICT;

    -- A delivery is in exactly one of these four: never tried, waiting for another try, given up, delivered.
    CREATE TABLE ready (
      lane INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      PRIMARY KEY (lane, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE retry (
      lane INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      due INTEGER NOT NULL,
      tries INTEGER NOT NULL CHECK (tries >= 0),
      owed_at INTEGER NOT NULL,
      PRIMARY KEY (lane, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX retry_due ON retry (lane, due, seq);
    CREATE TABLE dead (
      lane INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      tries INTEGER NOT NULL,
      owed_at INTEGER NOT NULL,
      died_at INTEGER NOT NULL,
      PRIMARY KEY (lane, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE done (
      seq INTEGER NOT NULL,
      lane INTEGER NOT NULL,
      tries INTEGER NOT NULL CHECK (tries >= 1),
      settled_at INTEGER NOT NULL,
      PRIMARY KEY (seq, lane)
    ) STRICT, WITHOUT ROWID;

    -- Failed attempts: the first and the last few of a delivery. took is in microseconds, status 0 where none came.
    CREATE TABLE attempt (
      seq INTEGER NOT NULL,
      lane INTEGER NOT NULL,
      try INTEGER NOT NULL CHECK (try >= 1),
      started_at INTEGER NOT NULL,
      took INTEGER NOT NULL,
      outcome TEXT NOT NULL,
      status INTEGER NOT NULL,
      detail TEXT NOT NULL,
      PRIMARY KEY (seq, lane, try)
    ) STRICT, WITHOUT ROWID;

    -- How many deliveries of a lane wait that came to be owed within a minute: the age x route table without counting rows.
    CREATE TABLE waiting (
      lane INTEGER NOT NULL,
      minute INTEGER NOT NULL,
      count INTEGER NOT NULL CHECK (count >= 0),
      PRIMARY KEY (lane, minute)
    ) STRICT, WITHOUT ROWID;

    -- Bodies that are no reports. AUTOINCREMENT: a number that a person has seen is not given again.
    CREATE TABLE quarantine (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      received_at INTEGER NOT NULL,
      reason TEXT NOT NULL,
      content_type TEXT,
      bytes BLOB NOT NULL
    ) STRICT;

    CREATE TABLE counter (
      name TEXT PRIMARY KEY,
      value INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    """
}
