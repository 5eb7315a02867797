import Foundation
import GRDB
import GRDBSQLite
import Model

/// The one thread that writes. Takes what waits, stores it in one transaction, answers, hands over, and between two commits
/// reads pages, moves the WAL and deletes what is old.
final class Writer {
  private let path: String
  private var connection: StoreConnection
  private let inbox: Inbox
  private let ledger: Ledger
  private let clock: Clock
  private let observer: Observer
  private var book: LaneBook
  private var lastSeq: Int64
  private var reserve: Reserve
  private var sweeper: Sweeper
  private var rules: LaneRules
  /// nil until `Journal.adopt`: what the journal routes by itself waits until then.
  private var journalRules: JournalRules?
  private var kept = Kept()
  /// Who waits for the states in `kept`.
  private var stateThens: [@Sendable (JournalError?) -> Void] = []
  /// Pages asked for, answered once the results in `kept` are on disk.
  private var fetches: [(queue: Model.Queue, lane: LaneID)] = []
  private var refused: [String: Int] = [:]
  private var nextJobStepAt = Instant(microseconds: .min)
  /// When claims are to be caught up further; until rules are in force nothing is.
  private var nextClaimStepAt = Instant.distantFuture
  private var isBroken = false
  /// Lanes that were live and are not now.
  private var fallenBehind: Set<LaneID> = []

  /// After a failed commit, what is kept is tried again this often even if nothing arrives.
  private static let tryAgainEvery: Duration = .milliseconds(250)
  private static let afterFailedStep: Duration = .seconds(10)
  private static let idleMax: Duration = .seconds(60)

  init(
    path: String, connection: StoreConnection, inbox: Inbox, ledger: Ledger, retention: Retention?, clock: @escaping Clock,
    book: LaneBook, observer: @escaping Observer
  ) {
    self.path = path
    self.connection = connection
    self.inbox = inbox
    self.ledger = ledger
    self.clock = clock
    self.book = book
    self.observer = observer
    let standing = ledger.standing()
    lastSeq = Int64(standing.reports)
    rules = LaneRules(standing)
    reserve = Reserve(storePath: path)
    sweeper = Sweeper(retention: retention)
  }

  /// Stores the states of these lanes as they are in the ledger.
  func keep(_ lanes: [LaneID]) {
    let standing = ledger.standing()
    for lane in lanes { kept.states[lane] = standing.lanes[lane.number - 1].state }
  }

  func run() {
    if !reserve.take() { ledger.commitFailed() }
    var work: Inbox.Work
    repeat {
      work = inbox.take(within: waitMax())
      process(&work)
    } while !work.isLast
    connection.close()
  }

  private func waitMax() -> Duration {
    if isBroken || !kept.isEmpty || !reserve.isHeld { return Self.tryAgainEvery }
    if rules.heldForNothing != nil { return .zero }
    let nextStepAt = min(nextJobStepAt, nextClaimStepAt, sweeper.nextStepAt)
    return max(.zero, min(nextStepAt - clock(), Self.idleMax))
  }

  private func process(_ work: inout Inbox.Work) {
    kept.add(work.kept)
    stateThens += work.stateThens
    fetches += work.fetches
    refused.merge(work.refused, uniquingKeysWith: +)
    bringBack(&work.arrivals)
    for task in work.tasks { task(self) }
    // A task may have found the store broken.
    if isBroken { turnAway(work.arrivals) } else { commit(work.arrivals) }
    stepJob(isBusy: !work.arrivals.isEmpty)
    stepClaims(isBusy: !work.arrivals.isEmpty)
    if kept.results.isEmpty { answerFetches() }
    checkpoint()
    sweepIfDue()
  }

  // MARK: - A store in trouble

  private static let notOpened = JournalError.failed(code: 0, words: "it cannot be opened again after an error")

  /// Brings the store back if it is broken and can be brought back, and the reserve. While there is none, arrivals are turned away.
  private func bringBack(_ arrivals: inout [Inbox.Waiting]) {
    if isBroken {
      guard reopen(), canCommit() else { return }
      isBroken = false
      recovered()
    }
    // Settling may use the reserve's room; accepting only once the reserve is back.
    if !reserve.isHeld {
      if reserve.take() {
        recovered()
      } else {
        refuse(arrivals, because: .full)
        arrivals = []
      }
    }
  }

  /// Results wait until the store is back.
  private func turnAway(_ arrivals: [Inbox.Waiting]) {
    refuse(arrivals, because: Self.notOpened)
    answerStates(Self.notOpened)
  }

  private func recovered() {
    ledger.recovered()
    observer(.storeRecovered)
  }

  private func refuse(_ arrivals: [Inbox.Waiting], because error: JournalError) {
    guard !arrivals.isEmpty else { return }
    ledger.commitFailed()
    for arrival in arrivals { arrival.then(error) }
  }

  private func commitFailed(_ failure: SQLiteFailure, arrivals: [Inbox.Waiting]) {
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
  private func storeOneByOne() {
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

  /// Writes something that changes nothing, and sees whether it reaches the disk.
  private func canCommit() -> Bool {
    do {
      try connection.transact { statements throws(SQLiteFailure) in
        try statements.setCounter.run(.text(CounterName.reports), .integer(lastSeq))
      }
      return true
    } catch {
      observer(.commitFailed(error.journalError))
      return false
    }
  }

  /// Opens the file anew and compares it with what was promised.
  private func reopen() -> Bool {
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
    lookForUnfinishedClaims()
    handOver(handover)
    return true
  }

  // MARK: - A commit

  private func commit(_ arrivals: [Inbox.Waiting]) {
    guard !arrivals.isEmpty || !kept.isEmpty || !refused.isEmpty || rules.heldForNothing != nil else { return }
    do {
      try store(arrivals)
    } catch {
      commitFailed(error, arrivals: arrivals)
    }
  }

  private func store(_ arrivals: [Inbox.Waiting]) throws(SQLiteFailure) {
    let startedAt = clock()
    let reports = arrivals.count(where: \.arriving.isReportOrBody)
    var transaction = newTransaction(at: startedAt, isBusy: reports > 0)
    var died: [Settlement] = []
    transaction.tally.refused = refused
    try connection.transact { statements throws(SQLiteFailure) in
      // Results first: what they settle holds back nothing that arrives with them.
      for result in kept.results { try transaction.settle(result) }
      for expiry in kept.expired where try transaction.settle(expiry) { died.append(expiry) }
      for arrival in arrivals { try transaction.store(arrival.arriving) }
      for (lane, heldSince) in kept.releases { try transaction.release(lane, heldSince: heldSince) }
      for (lane, state) in kept.states { try transaction.keep(state, of: lane) }
      if let lane = rules.heldForNothing { try transaction.releaseUnordered(lane) }
      try ledger.write(transaction.tally, statements)
    }
    committed(transaction)
    for arrival in arrivals { arrival.then(nil) }
    answerStates(nil)
    handOver(handover(of: transaction))
    observer(.committed(reports: reports, results: kept.results.count, took: clock() - startedAt))
    if transaction.tally.unmatched > 0, journalRules?.dropsUnmatched != true { observer(.unmatched(transaction.tally.unmatched)) }
    for expiry in died { observer(.died(expiry.lane, tries: expiry.tries - 1)) }
    kept.removeAll()
    refused = [:]
  }

  private func newTransaction(at now: Instant, isBusy: Bool = false) -> Transaction {
    Transaction(
      connection.statements, rules, journalRules, book, lastSeq: lastSeq, now: now, catchUpRowsMax: Self.stepRowsMax(isBusy))
  }

  private static func stepRowsMax(_ isBusy: Bool) -> Int { isBusy ? Limits.stepRowsMax / 5 : Limits.stepRowsMax }

  private func committed(_ transaction: Transaction) {
    lastSeq = transaction.lastSeq
    rules.committed(transaction.tally)
    if transaction.hasUnfinishedClaims { lookForUnfinishedClaims() }
    ledger.committed(transaction.tally, isHealthy: reserve.isHeld)
  }

  private func answerStates(_ error: JournalError?) {
    let waiting = stateThens
    stateThens = []
    for then in waiting { then(error) }
  }

  private func handover(of transaction: Transaction) -> Handover {
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
  private func handOver(_ handover: Handover) {
    var handover = handover
    handover.tellOnly(of: rules.isNamed)
    ledger.handOver(handover)
  }

  // MARK: - Between commits

  /// Of what was dropped unsent.
  func giveBack(_ bytes: Int, of lane: LaneID, from queue: Model.Queue) { book.released(bytes, of: lane, from: queue) }

  private func checkpoint() {
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

  private func answerFetches() {
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

  private func sweepIfDue() {
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

  /// Does a part of what an operator asked for; a small one while reports come in.
  private func stepJob(isBusy: Bool) {
    guard !isBroken, kept.results.isEmpty, nextJobStepAt <= clock() else { return }
    var transaction = newTransaction(at: clock())
    let rowsMax = Self.stepRowsMax(isBusy)
    do {
      var nextAt: Instant?
      try connection.transact { statements throws(SQLiteFailure) in
        // What is left of the disk is for settling.
        nextAt = try transaction.stepJob(lanes: ledger.laneCount, rowsMax: rowsMax, freesOnly: !reserve.isHeld)
        try ledger.write(transaction.tally, statements)
      }
      nextJobStepAt = nextAt ?? .distantFuture
      committed(transaction)
      handOver(transaction.told)
    } catch {
      commitAsideFailed(error)
      nextJobStepAt = clock() + Self.afterFailedStep
    }
  }

  /// Looks through a few more of the reports that had come before their packets were claimed.
  private func stepClaims(isBusy: Bool) {
    // What is left of a full disk is for settling.
    guard !isBroken, reserve.isHeld, kept.results.isEmpty, nextClaimStepAt <= clock() else { return }
    var transaction = newTransaction(at: clock(), isBusy: isBusy)
    nextClaimStepAt = .distantFuture
    do {
      try connection.transact { statements throws(SQLiteFailure) in
        try transaction.catchUpUnfinished()
        try ledger.write(transaction.tally, statements)
      }
      committed(transaction)
      handOver(transaction.told)
    } catch {
      commitAsideFailed(error)
      nextClaimStepAt = clock() + Self.afterFailedStep
    }
  }

  private func lookForUnfinishedClaims() {
    if journalRules != nil { nextClaimStepAt = Instant(microseconds: .min) }
  }

  /// A commit of its own failed, between two of those that reports and results wait for.
  private func commitAsideFailed(_ failure: SQLiteFailure) {
    ledger.commitFailed()
    observer(.commitFailed(failure.journalError))
    isBroken = !failure.isForWantOfRoom && !failure.isOfOneRow
    if failure.isForWantOfRoom { reserve.giveUp() }
  }

  func change(_ retention: Retention) { sweeper.change(retention) }

  func start(_ kind: QueueJob.Kind, _ selection: Selection, rate: Double?) -> Result<QueueJob, JournalError> {
    operate { db, now in try QueueJob.insert(db, kind, selection, rate: rate, lastSeq: lastSeq, at: now) }
  }

  func adopt(_ rules: JournalRules) {
    journalRules = rules
    // A job may have waited for them, and so may claims.
    nextJobStepAt = Instant(microseconds: .min)
    lookForUnfinishedClaims()
  }

  /// - Parameter kind: `.reroute` or `.readmit`.
  func start(_ kind: QueueJob.Kind) -> Result<QueueJob, JournalError> {
    operate { db, now in try QueueJob.insert(db, kind, lastSeq: lastSeq, at: now) }
  }

  func cancel(job id: Int64) -> Result<QueueJob?, JournalError> { operate { db, now in try QueueJob.cancel(db, id, at: now) } }

  private func operate<T>(_ body: (Database, Instant) throws -> T) -> Result<T, JournalError> {
    guard !isBroken else { return .failure(Self.notOpened) }
    let now = clock()
    // Whatever the answer, a commit that failed may have reached the disk.
    nextJobStepAt = Instant(microseconds: .min)
    do {
      let job = try connection.slowly { db in
        var job: T?
        try db.inTransaction {
          job = try body(db, now)
          return .commit
        }
        return job!
      }
      return .success(job)
    } catch {
      let failure = SQLiteFailure(error)
      commitAsideFailed(failure)
      return .failure(failure.journalError)
    }
  }

  func lanes(for terms: [LaneTerms]) throws(JournalError) -> [LaneID] {
    guard !isBroken else { throw Self.notOpened }
    let names = terms.map(\.name)
    var known = Dictionary(uniqueKeysWithValues: ledger.standing().lanes.map { ($0.name, $0.id) })
    let new = names.filter { known[$0] == nil }
    do {
      try connection.slowly { db in
        try db.inTransaction {
          for (i, name) in new.enumerated() {
            try db.execute(sql: "INSERT INTO lane (id, name) VALUES (?, ?)", arguments: [known.count + i + 1, name])
          }
          return .commit
        }
      }
    } catch {
      let failure = SQLiteFailure(error)
      commitAsideFailed(failure)
      throw failure.journalError
    }
    for name in new {
      let lane = LaneStanding(id: LaneID(known.count + 1), name: name)
      known[name] = lane.id
      ledger.added(lane)
    }
    rules.set(terms.map { (known[$0.name]!, $0) })
    lookForUnfinishedClaims()
    return names.map { known[$0]! }
  }
}

extension SQLiteFailure {
  /// Of an error that GRDB threw; its message names no stored value.
  init(_ error: any Error) {
    let error = error as? DatabaseError
    self.init(code: error?.extendedResultCode.rawValue ?? 0, words: error?.message ?? "it cannot be read or written")
  }

  var journalError: JournalError { isForWantOfRoom ? .full : .failed(code: Int(code), words: words) }

  /// True where more room on the disk, or under a file-size limit, would have made it succeed.
  var isForWantOfRoom: Bool {
    // SHMSIZE: the WAL index could not grow. WRITE: EFBIG and EDQUOT come as this.
    code & 0xff == SQLITE_FULL || code == Self.ioErrorWrite || code == Self.ioErrorShmSize
  }

  /// True where a row is at fault, and neither the disk nor the file: a new connection would fail in the same way.
  var isOfOneRow: Bool { [SQLITE_CONSTRAINT, SQLITE_TOOBIG, SQLITE_MISMATCH].contains(code & 0xff) }

  // Macros that Swift does not import, sqlite.org/rescode.html.
  private static let ioErrorWrite = SQLITE_IOERR | 3 << 8
  private static let ioErrorShmSize = SQLITE_IOERR | 19 << 8
}
