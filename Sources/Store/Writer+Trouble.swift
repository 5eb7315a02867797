import Model

/// A store that is full or broken: it is opened anew, what was taken is kept, and what arrives is turned away until then.
extension Writer {
  static let notOpened = JournalError.failed(code: 0, words: "it cannot be opened again after an error")

  /// Brings the store back if it is broken and can be brought back, and the reserve. While there is none, arrivals are turned away.
  func bringBack(_ arrivals: inout [Inbox.Waiting]) {
    if isBroken {
      guard reopen(), canCommit() else { return }
      isBroken = false
      recovered()
    }
    // Settling may use the reserve's room; accepting only once the reserve is back.
    guard !reserve.isHeld else { return }
    do {
      try reserve.take()
      recovered()
    } catch {
      refuse(arrivals, because: error)
      arrivals = []
    }
  }

  /// Results wait until the store is back.
  func turnAway(_ arrivals: [Inbox.Waiting]) {
    refuse(arrivals, because: Self.notOpened)
    answerStates(Self.notOpened)
  }

  func recovered() {
    ledger.recovered()
    observer(.storeRecovered)
  }

  func refuse(_ arrivals: [Inbox.Waiting], because error: JournalError) {
    guard !arrivals.isEmpty else { return }
    ledger.commitFailed()
    for arrival in arrivals { arrival.then(error) }
  }

  func commitFailed(_ failure: SQLiteFailure, arrivals: [Inbox.Waiting]) {
    let (isFull, error) = (failure.isForWantOfRoom, failure.journalError)
    ledger.commitFailed()
    observer(.commitFailed(error))
    refuse(arrivals, because: error)
    answerStates(error)
    // What an error of fsync left in the page cache and what on disk is unknown (sqlite.org/forum, LWN 752063): only a new
    // connection reads the file as a crash would have left it.
    isBroken = !isFull
    if isFull, reserve.isHeld {
      reserve.giveUp()
      if !kept.isEmpty { commit([]) }
    } else if failure.isOfOneRow {
      isBroken = false
      storeOneByOne()
    }
  }

  /// A result that the schema refuses is a mistake of ours. It must not keep everything else from being stored: it is left out,
  /// loudly, and its copy is sent again after the next start.
  func storeOneByOne() {
    var left = kept.apart[...]
    while let next = left.first {
      kept = next
      do {
        try store([])
      } catch  where error.isOfOneRow {
        observer(.commitFailed(error.journalError))
        handOver(handover(of: newTransaction(at: clock())))
        kept.removeAll()
      } catch {
        // Now it is the disk or the file: what is left is kept for when that works again.
        kept = Kept()
        for one in left { kept.add(one) }
        return commitFailed(error, arrivals: [])
      }
      left.removeFirst()
    }
    ledger.recovered()
  }

  /// Writes something that means nothing, and sees whether it reaches the disk. What is there already would not be written again.
  func canCommit() -> Bool {
    triesToCommit += 1
    do {
      try connection.transact { [value = clock().microseconds &+ triesToCommit] statements throws(SQLiteFailure) in
        try statements.setCounter.run(.text(CounterName.tried), .integer(value))
      }
      return true
    } catch {
      observer(.commitFailed(error.journalError))
      return false
    }
  }

  /// Opens the file anew and compares it with what was promised.
  func reopen() -> Bool {
    guard let fresh = try? StoreConnection(path: path) else { return false }
    guard let standing = try? fresh.slowly(Standing.read) else {
      fresh.close()
      return false
    }
    guard standing.reports >= Int(lastSeq) else {
      // To go on would hide the loss and give the same numbers again.
      observer(.commitFailed(.failed(code: 0, words: "reports that were answered 200 are gone from the file: stop, and restore it")))
      fresh.close()
      return false
    }
    dropBackup(because: .failed(words: "the store had to be opened anew"))
    connection.close()
    connection = fresh
    // The commit that failed may have reached the disk after all, without being handed over.
    var handover = Handover()
    handover.spilled = book.spillLiveLanes(after: lastSeq)
    for lane in book.knownLanes {
      for queue in [Model.Queue.retry, .replay] { handover.tell(due: Handover.Due(lane: lane, queue: queue, at: clock())) }
    }
    lastSeq = Int64(standing.reports)
    ledger.reloaded(standing)
    rules.reload(standing)
    nextClaimStepAt = Instant(microseconds: .min)
    handOver(handover)
    return true
  }

  /// A commit of its own failed, between two of those that reports and results wait for.
  func commitAsideFailed(_ failure: SQLiteFailure) {
    ledger.commitFailed()
    observer(.commitFailed(failure.journalError))
    isBroken = !failure.isForWantOfRoom && !failure.isOfOneRow
    if failure.isForWantOfRoom { reserve.giveUp() }
  }
}
