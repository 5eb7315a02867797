import Model

/// One group commit: arrivals, results and requests, and what it means for whoever waits or sends.
extension Writer {
  func commit(_ arrivals: [Inbox.Waiting]) {
    guard !arrivals.isEmpty || !kept.isEmpty || !refused.isEmpty || rules.heldForNothing != nil else { return }
    do {
      try store(arrivals)
    } catch {
      commitFailed(error, arrivals: arrivals)
    }
  }

  func store(_ arrivals: [Inbox.Waiting]) throws(SQLiteFailure) {
    let startedAt = clock()
    let reports = arrivals.count(where: \.arriving.isReportOrBody)
    var transaction = newTransaction(at: startedAt, isBusy: reports > 0)
    var died: [Settlement] = []
    transaction.tally.refused = refused
    let sample = sampleDue(at: startedAt)
    try connection.transact { statements throws(SQLiteFailure) in
      try sample?.write(statements)
      // Results first: what they settle holds back nothing that arrives with them.
      for result in kept.results { try transaction.settle(result) }
      for expiry in kept.expired where try transaction.settle(expiry) { died.append(expiry) }
      for arrival in arrivals { try transaction.store(arrival.arriving) }
      for (lane, heldSince) in kept.releases { try transaction.release(lane, heldSince: heldSince) }
      for (lane, state) in kept.states { try transaction.keep(state, of: lane) }
      if let lane = rules.heldForNothing { try transaction.releaseUnordered(lane) }
      try ledger.write(transaction.tally, statements)
    }
    committed(transaction, with: sample)
    for arrival in arrivals { arrival.then(nil) }
    answerStates(nil)
    handOver(handover(of: transaction))
    observer(.committed(reports: reports, results: kept.results.count, took: clock() - startedAt))
    if transaction.tally.unmatched > 0, journalRules?.dropsUnmatched != true { observer(.unmatched(transaction.tally.unmatched)) }
    for expiry in died { observer(.died(expiry.lane, tries: expiry.tries - 1)) }
    kept.removeAll()
    refused = [:]
  }

  func newTransaction(at now: Instant, isBusy: Bool = false) -> Transaction {
    Transaction(
      connection.statements, rules, journalRules, book, lastSeq: lastSeq, now: now, catchUpRowsMax: Self.stepRowsMax(isBusy))
  }

  static func stepRowsMax(_ isBusy: Bool) -> Int { isBusy ? Limits.stepRowsMax / 5 : Limits.stepRowsMax }

  /// What was counted by the beginning of this minute, if no commit has said so. Not while room is short, which is for settling.
  func sampleDue(at now: Instant) -> HistorySample? { reserve.isHeld ? sampler.due(at: now).map(ledger.sample) : nil }

  func committed(_ transaction: Transaction, with sample: HistorySample?) {
    if let sample { sampler.took(sample.at) }
    lastSeq = transaction.lastSeq
    rules.committed(transaction.tally)
    if transaction.hasUnfinishedClaims { nextClaimStepAt = Instant(microseconds: .min) }
    ledger.committed(transaction.tally, isHealthy: reserve.isHeld)
  }

  func answerStates(_ error: JournalError?) {
    let waiting = stateThens
    stateThens = []
    for then in waiting { then(error) }
  }

  func handover(of transaction: Transaction) -> Handover {
    var handover = transaction.told
    handover.settled = kept.results.count
    for result in kept.results { book.released(result.cost, of: result.lane, from: result.queue) }
    for delivery in transaction.owed {
      switch book.committed(delivery) {
      case .handOver: handover.deliveries.append(delivery)
      case .spill: handover.spilled.append(delivery.lane)
      case .stay: break
      }
    }
    for lane in handover.spilled {
      fallenBehind.insert(lane)
      observer(.spilled(lane))
    }
    return handover
  }

  /// A route may have left the rule file with deliveries that an operator or retention still works on; nobody sends those.
  func handOver(_ handover: Handover) {
    var handover = handover
    handover.tellOnly(of: rules.isNamed)
    ledger.handOver(handover)
  }
}
