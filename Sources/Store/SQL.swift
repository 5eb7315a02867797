/// The statements of the data path, whole and by name. They run through the raw handle, prepared once per connection.
enum SQL {
  static let begin = "BEGIN IMMEDIATE"
  static let commit = "COMMIT"
  static let rollback = "ROLLBACK"

  // An arrival.
  static let findStatuses = "SELECT seq, status, destiny, stale FROM report WHERE report_id = ?1 LIMIT ?2"
  static let insertReport = """
    INSERT INTO report (seq, report_id, status, packet_id, destiny, received_at, last_seen_at, seen, stale, readmitted_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 1, ?7, ?8)
    """
  static let insertPayload = "INSERT INTO payload (seq, content_type, bytes) VALUES (?1, ?2, ?3) ON CONFLICT (seq) DO NOTHING"
  static let insertReady = "INSERT INTO ready (lane, seq) VALUES (?1, ?2)"
  static let findReport = "SELECT seq, destiny, stale FROM report WHERE report_id = ?1 AND status = ?2"
  static let refreshReport = "UPDATE report SET seen = seen + 1, last_seen_at = max(last_seen_at, ?2), destiny = ?3 WHERE seq = ?1"
  static let insertQuarantine = "INSERT INTO quarantine (received_at, reason, content_type, bytes) VALUES (?1, ?2, ?3, ?4)"

  static let insertPacket = "INSERT INTO packet (packet_id, seq) VALUES (?1, ?2)"
  static let claimants = "SELECT lane FROM claim WHERE packet_id = ?1"

  // Claims.
  static let claim = """
    INSERT INTO claim (packet_id, lane, first_at, last_at, next_seq, last_seq) VALUES (?1, ?2, ?3, ?3, 1, ?4)
    ON CONFLICT (packet_id, lane) DO UPDATE SET last_at = max(last_at, ?3)
    """
  static let findClaim = "SELECT first_at, last_at, caught_up, next_seq, last_seq FROM claim WHERE packet_id = ?1 AND lane = ?2"
  static let unfinishedClaim = """
    SELECT lane, packet_id FROM claim WHERE next_seq IS NOT NULL AND lane >= ?1 ORDER BY lane, packet_id LIMIT 1
    """
  static let saveClaim = "UPDATE claim SET caught_up = ?3, next_seq = ?4 WHERE packet_id = ?1 AND lane = ?2"
  static let withdrawClaim = "DELETE FROM claim WHERE packet_id = ?1 AND lane = ?2"
  static let withdrawClaims = "DELETE FROM claim WHERE packet_id = ?1"
  static let walkPacket = """
    SELECT packet.seq, destiny, stale FROM packet JOIN report ON report.seq = packet.seq
    WHERE packet.packet_id = ?1 AND packet.seq BETWEEN ?2 AND ?3 ORDER BY packet.seq LIMIT ?4
    """
  static let readPayload = "SELECT content_type, bytes FROM payload WHERE seq = ?1"
  static let findDone = "SELECT 1 FROM done WHERE seq = ?1 AND lane = ?2"

  // A settlement.
  static let deleteReady = "DELETE FROM ready WHERE lane = ?1 AND seq = ?2"
  static let deleteRetry = "DELETE FROM retry WHERE lane = ?1 AND seq = ?2 AND tries = ?3"
  static let deleteReplay = "DELETE FROM replay WHERE lane = ?1 AND seq = ?2 AND tries = ?3 RETURNING past_tries"
  static let deleteDead = "DELETE FROM dead WHERE lane = ?1 AND seq = ?2 RETURNING tries"
  static let insertRetry = "INSERT INTO retry (lane, seq, due, tries, owed_at, out_of_order) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
  static let delayRetry = "UPDATE retry SET due = ?4, tries = tries + 1 WHERE lane = ?1 AND seq = ?2 AND tries = ?3"
  static let delayReplay = """
    UPDATE replay SET due = ?4, tries = tries + 1 WHERE lane = ?1 AND seq = ?2 AND tries = ?3 RETURNING past_tries
    """
  static let insertDead = "INSERT INTO dead (lane, seq, tries, owed_at, died_at) VALUES (?1, ?2, ?3, ?4, ?5)"
  static let insertDone = """
    INSERT INTO done (seq, lane, tries, settled_at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (seq, lane) DO UPDATE SET tries = ?3, settled_at = ?4
    """
  static let insertAttempt = """
    INSERT INTO attempt (seq, lane, try, started_at, took, outcome, status, detail, answer)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    """
  static let lastAttempt = "SELECT max(try) FROM attempt WHERE seq = ?1 AND lane = ?2"
  static let thinAttempts = "DELETE FROM attempt WHERE seq = ?1 AND lane = ?2 AND try > 1 AND try <= ?3"

  // Order.
  static let findUnsettled = """
    SELECT 0 FROM ready WHERE lane = ?1 AND seq = ?2 UNION ALL
    SELECT tries FROM retry WHERE lane = ?1 AND seq = ?2 UNION ALL
    SELECT tries FROM replay WHERE lane = ?1 AND seq = ?2 UNION ALL
    SELECT 0 FROM held WHERE lane = ?1 AND seq = ?2
    """
  static let findUnsettledLive = """
    SELECT 0 FROM ready WHERE lane = ?1 AND seq = ?2 UNION ALL
    SELECT tries FROM retry WHERE lane = ?1 AND seq = ?2 UNION ALL
    SELECT 0 FROM held WHERE lane = ?1 AND seq = ?2 AND job IS NULL
    """
  static let earlierStatuses = """
    SELECT earlier.seq FROM report JOIN report AS earlier ON earlier.report_id = report.report_id
    WHERE report.seq = ?1 AND earlier.seq < ?1 LIMIT ?2
    """
  static let insertHeld = """
    INSERT INTO held (lane, seq, after, since, due, owed_at, job, past_tries, past_owed_at, died_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
    """
  static let deleteHeld = "DELETE FROM held WHERE lane = ?1 AND seq = ?2"
  // Left to itself the planner takes the primary key, and reads all that is held in the lane.
  static let heldBehind = """
    SELECT seq, since, due, owed_at, job, past_tries, past_owed_at, died_at FROM held INDEXED BY held_after
    WHERE lane = ?1 AND after = ?2 ORDER BY seq
    """
  static let heldSince = """
    SELECT seq, since, due, owed_at, job, past_tries, past_owed_at, died_at FROM held
    WHERE lane = ?1 AND since <= ?2 ORDER BY since, seq LIMIT ?3
    """
  static let heldOfLane = """
    SELECT seq, since, due, owed_at, job, past_tries, past_owed_at, died_at FROM held WHERE lane = ?1 ORDER BY seq LIMIT ?2
    """
  static let beginHolding = """
    UPDATE held INDEXED BY held_after SET since = ?3 WHERE lane = ?1 AND after = ?2 AND since IS NULL
    """
  static let earliestHeld = "SELECT since FROM held WHERE lane = ?1 AND since IS NOT NULL ORDER BY since LIMIT 1"
  static let insertReplay = """
    INSERT INTO replay (lane, seq, due, tries, owed_at, out_of_order, job, past_tries, past_owed_at, died_at)
    VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?8, ?9)
    """

  // A job. What it walks over has the columns of `Waiting`.
  static let openJob = """
    SELECT id, kind, state, lane, report_id, rate, count, is_cancelled, first_seq, last_seq, at_lane, at_phase, at_seq, due, next_at, ended_at
    FROM job WHERE has_work = 1 AND next_at <= ?1 AND (NOT ?2 OR kind = 'discard' OR is_cancelled)
      AND (?3 OR kind IN ('replay', 'discard')) ORDER BY next_at, id LIMIT 1
    """
  static let nextJob = "SELECT next_at FROM job WHERE has_work = 1 ORDER BY next_at LIMIT 1"
  static let nextJobWithoutRules = """
    SELECT next_at FROM job WHERE has_work = 1 AND kind IN ('replay', 'discard') ORDER BY next_at LIMIT 1
    """
  static let saveJob = """
    UPDATE job SET count = ?2, at_lane = ?3, at_phase = ?4, at_seq = ?5, due = ?6, next_at = ?7, ended_at = ?8, has_work = ?9
    WHERE id = ?1
    """
  static let firstReplayDue = "SELECT due FROM replay WHERE lane = ?1 ORDER BY due LIMIT 1"
  static let walkHeld = """
    SELECT seq, since, due, owed_at, job, past_tries, past_owed_at, died_at, 0 FROM held
    WHERE lane = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq LIMIT ?4
    """
  static let walkReady = """
    SELECT ready.seq, NULL, received_at, received_at, NULL, 0, NULL, NULL, 0 FROM ready JOIN report ON report.seq = ready.seq
    WHERE lane = ?1 AND ready.seq BETWEEN ?2 AND ?3 ORDER BY ready.seq LIMIT ?4
    """
  static let walkRetry = """
    SELECT seq, NULL, due, owed_at, NULL, 0, NULL, NULL, tries FROM retry
    WHERE lane = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq LIMIT ?4
    """
  static let walkReplay = """
    SELECT seq, NULL, due, owed_at, job, past_tries, past_owed_at, died_at, tries FROM replay
    WHERE lane = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq LIMIT ?4
    """
  static let walkDead = """
    SELECT seq, NULL, died_at, owed_at, 0, tries, owed_at, died_at, 0 FROM dead
    WHERE lane = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq LIMIT ?4
    """
  static let walkDone = """
    SELECT seq, NULL, settled_at, settled_at, 0, tries, settled_at, NULL, 0, lane FROM done
    WHERE (seq, lane) > (?1, ?2) AND seq <= ?3 ORDER BY seq, lane LIMIT ?4
    """
  static let walkUnmatched = """
    SELECT report.seq, stale, content_type, bytes
    FROM report INDEXED BY report_unmatched LEFT JOIN payload ON payload.seq = report.seq
    WHERE destiny = 1 AND report.seq > ?1 AND report.seq <= ?2 ORDER BY report.seq LIMIT ?3
    """
  static let matchReport = "UPDATE report SET destiny = 0 WHERE seq = ?1"
  static let walkQuarantine = """
    SELECT id, received_at, content_type, bytes FROM quarantine WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3
    """
  static let deleteQuarantine = "DELETE FROM quarantine WHERE id = ?1"
  static let discardRetry = "DELETE FROM retry WHERE lane = ?1 AND seq = ?2"
  static let discardReplay = "DELETE FROM replay WHERE lane = ?1 AND seq = ?2"
  static let findDead = "SELECT 1 FROM dead WHERE lane = ?1 AND seq = ?2"
  static let findPayload = "SELECT 1 FROM payload WHERE seq = ?1"
  static let statusesUpTo = "SELECT seq FROM report WHERE report_id = ?1 AND seq <= ?2 LIMIT ?3"

  // A lane's state.
  static let updateState = "UPDATE lane SET paused_by = ?2, paused_at = ?3, not_before = ?4 WHERE id = ?1"
  static let deleteHolds = "DELETE FROM hold WHERE lane = ?1"
  static let insertHold = "INSERT INTO hold (lane, began_at, ended_at) VALUES (?1, ?2, ?3)"

  // What each commit counts.
  static let updateLane = """
    UPDATE lane SET matched = ?2, delivered = ?3, dead = ?4, failed_attempts = ?5, last_delivered_at = ?6, last_error = ?7,
      last_error_at = ?8, discarded = ?9, stale_dropped = ?10, held = ?11 WHERE id = ?1
    """
  static let addWaiting = """
    INSERT INTO waiting (lane, minute, count) VALUES (?1, ?2, ?3) ON CONFLICT (lane, minute) DO UPDATE SET count = count + ?3
    """
  static let takeWaiting = "UPDATE waiting SET count = count - ?3 WHERE lane = ?1 AND minute = ?2 RETURNING count"
  static let clearWaiting = "DELETE FROM waiting WHERE lane = ?1 AND minute = ?2"
  static let setCounter = "INSERT INTO counter (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2"

  // A sample of what was counted. The first of a minute stays, also where a clock was set back into it.
  static let insertSample = """
    INSERT OR IGNORE INTO sample (minute, reports, delivered, failed_attempts, waiting, dead) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    """
  static let deleteSamplesBefore = """
    DELETE FROM sample WHERE minute IN (SELECT minute FROM sample WHERE minute < ?1 ORDER BY minute LIMIT ?2)
    """
  static let deleteSamplesAfter = """
    DELETE FROM sample WHERE minute IN (SELECT minute FROM sample WHERE minute > ?1 ORDER BY minute LIMIT ?2)
    """

  // A page.
  static let readyPage = """
    SELECT ready.seq, report_id, status, received_at, received_at, content_type, bytes, stale, 0, 0, 0
    FROM ready JOIN report ON report.seq = ready.seq JOIN payload ON payload.seq = ready.seq
    WHERE lane = ?1 AND ready.seq > ?2 ORDER BY ready.seq LIMIT ?3
    """
  static let retryPage = """
    SELECT retry.seq, report_id, status, received_at, owed_at, content_type, bytes, stale, tries, due, out_of_order
    FROM retry JOIN report ON report.seq = retry.seq JOIN payload ON payload.seq = retry.seq
    WHERE lane = ?1 AND (due, retry.seq) > (?2, ?3) AND due <= ?4 ORDER BY due, retry.seq LIMIT ?5
    """
  static let replayPage = """
    SELECT replay.seq, report_id, status, received_at, owed_at, content_type, bytes, stale, tries, due, out_of_order
    FROM replay JOIN report ON report.seq = replay.seq JOIN payload ON payload.seq = replay.seq
    WHERE lane = ?1 AND (due, replay.seq) > (?2, ?3) AND due <= ?4 ORDER BY due, replay.seq LIMIT ?5
    """
  static let nextRetryDue = "SELECT due FROM retry WHERE lane = ?1 AND (due, seq) > (?2, ?3) ORDER BY due, seq LIMIT 1"
  static let nextReplayDue = "SELECT due FROM replay WHERE lane = ?1 AND (due, seq) > (?2, ?3) ORDER BY due, seq LIMIT 1"
}
