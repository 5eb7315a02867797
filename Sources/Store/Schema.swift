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
    migrator.registerMigration("2: order, pauses, replays") { try $0.execute(sql: version2) }
    migrator.registerMigration("3: orders, strays") { try $0.execute(sql: version3Orders + version3Strays) }
    migrator.registerMigration("4: history") { try $0.execute(sql: version4) }
    return migrator
  }

  /// The first step after which a store can be read as it is.
  static let oldestReadable = "2: order, pauses, replays"

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

  private static let version2 = """
    -- A first 'accepted' that came after a final status of the same report.
    ALTER TABLE report ADD COLUMN stale INTEGER NOT NULL DEFAULT 0 CHECK (stale IN (0, 1));
    ALTER TABLE attempt ADD COLUMN answer TEXT NOT NULL DEFAULT '';
    -- Always the same as 'reports'.
    DELETE FROM counter WHERE name = 'last_seq';

    ALTER TABLE lane ADD COLUMN discarded INTEGER NOT NULL DEFAULT 0 CHECK (matched >= delivered + dead + discarded);
    ALTER TABLE lane ADD COLUMN stale_dropped INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE lane ADD COLUMN held INTEGER NOT NULL DEFAULT 0 CHECK (held BETWEEN 0 AND matched);
    ALTER TABLE lane ADD COLUMN paused_by TEXT CHECK (paused_by IN ('operator', 'gone'));
    ALTER TABLE lane ADD COLUMN paused_at INTEGER CHECK ((paused_at IS NULL) = (paused_by IS NULL));
    ALTER TABLE lane ADD COLUMN not_before INTEGER;

    -- When nothing could be sent; ended_at NULL is the present one.
    CREATE TABLE hold (
      lane INTEGER NOT NULL,
      began_at INTEGER NOT NULL,
      ended_at INTEGER CHECK (ended_at >= began_at),
      PRIMARY KEY (lane, began_at)
    ) STRICT, WITHOUT ROWID;

    -- From here on a delivery that waits is in exactly one of ready, retry, replay and held. One that was delivered and is sent again
    -- has its row in done as well, until that is replaced.
    ALTER TABLE retry ADD COLUMN out_of_order INTEGER NOT NULL DEFAULT 0 CHECK (out_of_order IN (0, 1));
    -- What it was before the replay: tries and when it was owed and given up; died_at NULL is delivered.
    CREATE TABLE replay (
      lane INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      due INTEGER NOT NULL,
      tries INTEGER NOT NULL CHECK (tries >= 0),
      owed_at INTEGER NOT NULL,
      out_of_order INTEGER NOT NULL DEFAULT 0 CHECK (out_of_order IN (0, 1)),
      job INTEGER NOT NULL,
      past_tries INTEGER NOT NULL CHECK (past_tries >= 0),
      past_owed_at INTEGER NOT NULL,
      died_at INTEGER,
      PRIMARY KEY (lane, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX replay_due ON replay (lane, due, seq);
    -- Held back by an earlier status of the same report, whose seq is after; since its first failed attempt. job NULL: no replay.
    CREATE TABLE held (
      lane INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      after INTEGER NOT NULL CHECK (after < seq),
      since INTEGER,
      due INTEGER NOT NULL,
      owed_at INTEGER NOT NULL,
      job INTEGER,
      past_tries INTEGER NOT NULL DEFAULT 0 CHECK (past_tries >= 0),
      past_owed_at INTEGER,
      died_at INTEGER,
      CHECK (job IS NULL OR past_owed_at IS NOT NULL),
      PRIMARY KEY (lane, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX held_after ON held (lane, after);
    CREATE INDEX held_since ON held (lane, since, seq) WHERE since IS NOT NULL;

    -- What an operator asked for. AUTOINCREMENT: a number that a person has seen is not given again. It means seq first_seq...last_seq;
    -- at_* is how far it has come, due when its next delivery may be sent, next_at when there is more to do for it.
    CREATE TABLE job (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL CHECK (kind IN ('replay', 'discard')),
      state TEXT NOT NULL CHECK (state IN ('waiting', 'dead', 'delivered')),
      lane INTEGER,
      report_id INTEGER,
      since INTEGER,
      until INTEGER,
      rate REAL CHECK (rate > 0),
      created_at INTEGER NOT NULL,
      count INTEGER NOT NULL DEFAULT 0 CHECK (count >= 0),
      ended_at INTEGER,
      is_cancelled INTEGER NOT NULL DEFAULT 0 CHECK (is_cancelled IN (0, 1)),
      has_work INTEGER NOT NULL DEFAULT 1 CHECK (has_work IN (0, 1)),
      first_seq INTEGER NOT NULL,
      last_seq INTEGER NOT NULL,
      at_lane INTEGER NOT NULL DEFAULT 0,
      at_phase INTEGER NOT NULL DEFAULT 0,
      at_seq INTEGER NOT NULL DEFAULT 0,
      due INTEGER NOT NULL,
      next_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX job_with_work ON job (next_at, id) WHERE has_work = 1;
    """

  private static let version3Orders = """
    -- The reports of a packet, by which a claim finds what came before it; written only while a route takes orders. The provider hands
    -- packets out nearly in order.
    CREATE TABLE packet (
      packet_id INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      PRIMARY KEY (packet_id, seq)
    ) STRICT, WITHOUT ROWID;

    -- A route's word that a packet is its own. Reports up to last_seq had come before it: from next_seq on they are still to be looked
    -- at, NULL is all were. caught_up counts the copies that came to be owed so.
    CREATE TABLE claim (
      packet_id INTEGER NOT NULL,
      lane INTEGER NOT NULL,
      first_at INTEGER NOT NULL,
      last_at INTEGER NOT NULL CHECK (last_at >= first_at),
      caught_up INTEGER NOT NULL DEFAULT 0 CHECK (caught_up >= 0),
      next_seq INTEGER CHECK (next_seq >= 1),
      last_seq INTEGER NOT NULL,
      PRIMARY KEY (packet_id, lane)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX claim_last ON claim (last_at);
    CREATE INDEX claim_unfinished ON claim (lane, packet_id) WHERE next_seq IS NOT NULL;

    """

  private static let version3Strays = """
    -- Costs only the reports that no route owns.
    CREATE INDEX report_unmatched ON report (seq) WHERE destiny = 1;
    -- When it was read from the quarantine; NULL: it was never there. Of the two times this is the one that grows with seq.
    ALTER TABLE report ADD COLUMN readmitted_at INTEGER;

    -- A reroute and a readmission select no deliveries: state is NULL, and a readmission means the ids first_seq...last_seq in quarantine.
    -- A CHECK cannot be altered, so the table is made anew (sqlite.org/lang_altertable.html, 7); no key, trigger or view refers to it.
    CREATE TABLE job_3 (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL CHECK (kind IN ('replay', 'discard', 'reroute', 'readmit')),
      state TEXT CHECK (state IN ('waiting', 'dead', 'delivered')),
      lane INTEGER,
      report_id INTEGER,
      since INTEGER,
      until INTEGER,
      rate REAL CHECK (rate > 0),
      created_at INTEGER NOT NULL,
      count INTEGER NOT NULL DEFAULT 0 CHECK (count >= 0),
      ended_at INTEGER,
      is_cancelled INTEGER NOT NULL DEFAULT 0 CHECK (is_cancelled IN (0, 1)),
      has_work INTEGER NOT NULL DEFAULT 1 CHECK (has_work IN (0, 1)),
      first_seq INTEGER NOT NULL,
      last_seq INTEGER NOT NULL,
      at_lane INTEGER NOT NULL DEFAULT 0,
      at_phase INTEGER NOT NULL DEFAULT 0,
      at_seq INTEGER NOT NULL DEFAULT 0,
      due INTEGER NOT NULL,
      next_at INTEGER NOT NULL,
      CHECK ((state IS NULL) = (kind IN ('reroute', 'readmit')))
    ) STRICT;
    -- Before the rows, so that the number of a job that was deleted is not given again.
    INSERT INTO sqlite_sequence (name, seq) SELECT 'job_3', seq FROM sqlite_sequence WHERE name = 'job';
    INSERT INTO job_3 (id, kind, state, lane, report_id, since, until, rate, created_at, count, ended_at, is_cancelled, has_work, first_seq,
        last_seq, at_lane, at_phase, at_seq, due, next_at)
      SELECT id, kind, state, lane, report_id, since, until, rate, created_at, count, ended_at, is_cancelled, has_work, first_seq,
        last_seq, at_lane, at_phase, at_seq, due, next_at FROM job;
    DROP TABLE job;
    ALTER TABLE job_3 RENAME TO job;
    CREATE INDEX job_with_work ON job (next_at, id) WHERE has_work = 1;
    """

  private static let version4 = """
    -- What had been counted by the beginning of a minute, over all lanes, and what waited and was given up then. Bounded: a row a minute of
    -- a day and an hour. No CHECK: a sample that cannot be is no reason to turn a report away.
    CREATE TABLE sample (
      minute INTEGER PRIMARY KEY,
      reports INTEGER NOT NULL,
      delivered INTEGER NOT NULL,
      failed_attempts INTEGER NOT NULL,
      waiting INTEGER NOT NULL,
      dead INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    """
}
