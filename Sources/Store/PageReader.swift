import Model

/// Reads what a lane is handed next from the store, between two commits, and moves the lane's cursor past it.
struct PageReader {
  let lane: LaneID
  let now: Instant

  func read(_ queue: Queue, _ connection: StoreConnection, _ book: inout LaneBook) throws(SQLiteFailure) -> Page {
    var page = Page(lane: lane, queue: queue, deliveries: [], isMore: false, nextDue: nil)
    var next = book
    try connection.use { statements throws(SQLiteFailure) in
      switch queue {
      case .ready: try readReady(statements, &page, &next)
      case .retry:
        try readDue(statements.retryPage, statements.nextRetryDue, &page, &next)
        page.heldSince = try statements.earliestHeld.first(.lane(lane)) { $0.instant(0) }
      case .replay: try readDue(statements.replayPage, statements.nextReplayDue, &page, &next)
      }
    }
    book = next
    return page
  }

  private func readReady(_ statements: Statements, _ page: inout Page, _ book: inout LaneBook) throws(SQLiteFailure) {
    // A lane that is live already has been handed everything.
    guard !book.isLive(lane) else { return }
    var isStopped = false
    try statements.readyPage.rows(.lane(lane), .integer(book.readyCursor(lane)), .count(Limits.pageRowsMax)) { row in
      let delivery = delivery(row, from: .ready)
      isStopped = !book.pageTakes(delivery, isFirst: page.deliveries.isEmpty)
      guard !isStopped else { return false }
      book.paged(delivery)
      page.deliveries.append(delivery)
      return true
    }
    page.isMore = isStopped || page.deliveries.count == Limits.pageRowsMax
    if !page.isMore { book.caughtUp(lane) }
  }

  private func readDue(
    _ rows: Statement, _ nextDue: Statement, _ page: inout Page, _ book: inout LaneBook
  ) throws(SQLiteFailure) {
    let queue = page.queue
    let from = book.retryCursor(lane, in: queue)
    try rows.rows(.lane(lane), .instant(from.due), .integer(from.seq), .instant(now), .count(Limits.pageRowsMax)) { row in
      let delivery = delivery(row, from: queue)
      guard book.pageTakes(delivery, isFirst: page.deliveries.isEmpty) else { return false }
      book.paged(delivery, due: row.instant(9))
      page.deliveries.append(delivery)
      return true
    }
    let to = book.retryCursor(lane, in: queue)
    page.nextDue = try nextDue.first(.lane(lane), .instant(to.due), .integer(to.seq)) { $0.instant(0) }
  }

  private func delivery(_ row: borrowing StatementRow, from queue: Queue) -> Delivery {
    var delivery = Delivery(
      lane: lane, seq: row.integer(0), key: ReportKey(id: row.integer(1), status: row.text(2)),
      receivedAt: row.instant(3), owedAt: row.instant(4),
      payload: Payload(bytes: row.blob(6), contentType: row.isNull(5) ? nil : row.text(5)),
      tries: Int(row.integer(8)), queue: queue)
    delivery.isStale = row.integer(7) != 0
    delivery.isOutOfOrder = row.integer(10) != 0
    return delivery
  }
}
