import Model

/// What is done between two commits, a little at a time.
extension Writer {
  func checkpoint() {
    guard !isBroken else { return }
    do {
      try connection.checkpointIfGrown()
    } catch {
      // The WAL has everything; but after an error of fsync only a new connection knows what the database has.
      ledger.commitFailed()
      observer(.commitFailed(error.journalError))
      isBroken = !error.isForWantOfRoom
    }
  }

  func answerFetches() {
    var handover = Handover()
    var unanswered: [(queue: Model.Queue, lane: LaneID)] = []
    for (queue, lane) in fetches {
      guard !isBroken, book.mayPage(queue, of: lane) else {
        unanswered.append((queue, lane))
        continue
      }
      do {
        handover.pages.append(try PageReader(lane: lane, now: clock()).read(queue, connection, &book))
      } catch {
        observer(.commitFailed(error.journalError))
        isBroken = true
        unanswered.append((queue, lane))
        continue
      }
      if queue == .ready, book.isLive(lane), fallenBehind.remove(lane) != nil { observer(.caughtUp(lane)) }
    }
    fetches = unanswered
    handOver(handover)
  }

  func sweepIfDue() {
    // What has expired is found again until it is settled.
    guard !isBroken, kept.expired.isEmpty, sweeper.nextStepAt <= clock() else { return }
    do {
      let step = try connection.slowly { [ledger, clock] in try sweeper.step($0, lanes: ledger.standing().lanes, now: clock()) }
      // What waited too long is settled like everything else, with the next commit.
      kept.expired += step.expired
      if step.deleted > 0 { observer(.swept(rows: step.deleted)) }
    } catch {
      let failure = SQLiteFailure(error)
      ledger.commitFailed()
      observer(.commitFailed(failure.journalError))
      isBroken = !failure.isForWantOfRoom
      // What is deleted makes room, and needs some first.
      if failure.isForWantOfRoom { reserve.giveUp() }
    }
  }

  /// An idle minute has a sample too: one small commit.
  func stepSample() {
    guard !isBroken, reserve.isHeld, let minute = sampler.dueAlone(at: clock()) else { return }
    let sample = ledger.sample(at: minute)
    sampler.took(minute)
    do {
      try connection.transact { statements throws(SQLiteFailure) in try sample.write(statements) }
    } catch {
      commitAsideFailed(error)
    }
  }

  /// Does a part of what an operator asked for; a small one while reports come in.
  func stepJob(isBusy: Bool) {
    guard !isBroken, kept.results.isEmpty, nextJobStepAt <= clock() else { return }
    var transaction = newTransaction(at: clock())
    let (rowsMax, sample) = (Self.stepRowsMax(isBusy), sampleDue(at: transaction.now))
    do {
      var nextAt: Instant?
      try connection.transact { statements throws(SQLiteFailure) in
        try sample?.write(statements)
        // What is left of the disk is for settling.
        nextAt = try transaction.stepJob(lanes: ledger.laneCount, rowsMax: rowsMax, freesOnly: !reserve.isHeld)
        try ledger.write(transaction.tally, statements)
      }
      nextJobStepAt = nextAt ?? .distantFuture
      committed(transaction, with: sample)
      handOver(transaction.told)
    } catch {
      commitAsideFailed(error)
      nextJobStepAt = clock() + Self.afterFailedStep
    }
  }

  /// Looks through a few more of the reports that had come before their packets were claimed.
  func stepClaims(isBusy: Bool) {
    // What is left of a full disk is for settling.
    guard !isBroken, reserve.isHeld, kept.results.isEmpty, nextClaimStepAt <= clock() else { return }
    var transaction = newTransaction(at: clock(), isBusy: isBusy)
    let sample = sampleDue(at: transaction.now)
    nextClaimStepAt = .distantFuture
    do {
      try connection.transact { statements throws(SQLiteFailure) in
        try sample?.write(statements)
        try transaction.catchUpUnfinished()
        try ledger.write(transaction.tally, statements)
      }
      committed(transaction, with: sample)
      handOver(transaction.told)
    } catch {
      commitAsideFailed(error)
      nextClaimStepAt = clock() + Self.afterFailedStep
    }
  }
}
