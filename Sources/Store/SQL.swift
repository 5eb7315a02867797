/// The statements of the data path, whole and by name. They run through the raw handle, prepared once per connection.
enum SQL {
  static let begin = "BEGIN IMMEDIATE"
  static let commit = "COMMIT"
  static let rollback = "ROLLBACK"

  // An arrival.
  static let insertReport = """
    INSERT INTO report (seq, report_id, status, packet_id, destiny, received_at, last_seen_at, seen)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 1) ON CONFLICT (report_id, status) DO NOTHING
    """
  static let insertPayload = "INSERT INTO payload (seq, content_type, bytes) VALUES (?1, ?2, ?3) ON CONFLICT (seq) DO NOTHING"
  static let insertReady = "INSERT INTO ready (lane, seq) VALUES (?1, ?2)"
  static let findReport = "SELECT seq, destiny FROM report WHERE report_id = ?1 AND status = ?2"
  static let refreshReport = "UPDATE report SET seen = seen + 1, last_seen_at = ?2, destiny = ?3 WHERE seq = ?1"
  static let insertQuarantine = "INSERT INTO quarantine (received_at, reason, content_type, bytes) VALUES (?1, ?2, ?3, ?4)"

  // A settlement.
  static let deleteReady = "DELETE FROM ready WHERE lane = ?1 AND seq = ?2"
  static let deleteRetry = "DELETE FROM retry WHERE lane = ?1 AND seq = ?2 AND tries = ?3"
  static let deleteDead = "DELETE FROM dead WHERE lane = ?1 AND seq = ?2"
  static let insertRetry = "INSERT INTO retry (lane, seq, due, tries, owed_at) VALUES (?1, ?2, ?3, ?4, ?5)"
  static let insertDead = "INSERT INTO dead (lane, seq, tries, owed_at, died_at) VALUES (?1, ?2, ?3, ?4, ?5)"
  static let insertDone = "INSERT INTO done (seq, lane, tries, settled_at) VALUES (?1, ?2, ?3, ?4)"
  static let insertAttempt = """
    INSERT INTO attempt (seq, lane, try, started_at, took, outcome, status, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    """
  static let thinAttempts = "DELETE FROM attempt WHERE seq = ?1 AND lane = ?2 AND try > 1 AND try <= ?3"

  // What each commit counts.
  static let updateLane = """
    UPDATE lane SET matched = ?2, delivered = ?3, dead = ?4, failed_attempts = ?5, last_delivered_at = ?6, last_error = ?7,
      last_error_at = ?8 WHERE id = ?1
    """
  static let addWaiting = """
    INSERT INTO waiting (lane, minute, count) VALUES (?1, ?2, ?3) ON CONFLICT (lane, minute) DO UPDATE SET count = count + ?3
    """
  static let takeWaiting = "UPDATE waiting SET count = count - ?3 WHERE lane = ?1 AND minute = ?2"
  static let clearWaiting = "DELETE FROM waiting WHERE lane = ?1 AND minute = ?2 AND count = 0"
  static let setCounter = "INSERT INTO counter (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2"

  // A page.
  static let readyPage = """
    SELECT ready.seq, report_id, status, received_at, received_at, content_type, bytes, 0, 0
    FROM ready JOIN report ON report.seq = ready.seq JOIN payload ON payload.seq = ready.seq
    WHERE lane = ?1 AND ready.seq > ?2 ORDER BY ready.seq LIMIT ?3
    """
  static let retryPage = """
    SELECT retry.seq, report_id, status, received_at, owed_at, content_type, bytes, tries, due
    FROM retry JOIN report ON report.seq = retry.seq JOIN payload ON payload.seq = retry.seq
    WHERE lane = ?1 AND (due, retry.seq) > (?2, ?3) AND due <= ?4 ORDER BY due, retry.seq LIMIT ?5
    """
  static let nextDue = "SELECT due FROM retry WHERE lane = ?1 AND (due, seq) > (?2, ?3) ORDER BY due, seq LIMIT 1"
}
