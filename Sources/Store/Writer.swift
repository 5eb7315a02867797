import Model

/// The one thread that writes. Takes what waits, stores it in one transaction, answers, hands over, and between two commits
/// reads pages, moves the WAL and deletes what is old.
final class Writer {
  let path: String
  var connection: StoreConnection
  let inbox: Inbox
  let turn = Turn()
  let ledger: Ledger
  let clock: Clock
  let observer: Observer
  var book: LaneBook
  var lastSeq: Int64
  let lastSeqAtStart: Int64
  var reserve: Reserve
  var sweeper: Sweeper
  var sampler: Sampler
  var rules: LaneRules
  /// nil until `Journal.adopt`, and again while new lanes wait for new rules: what the journal routes by itself waits until then.
  var journalRules: JournalRules?
  var kept = Kept()
  /// Who waits for the states in `kept`.
  var stateThens: [@Sendable (JournalError?) -> Void] = []
  /// Pages asked for, answered once the results in `kept` are on disk.
  var fetches: [(queue: Queue, lane: LaneID)] = []
  var refused: [String: Int] = [:]
  var nextJobStepAt = Instant(microseconds: .min)
  /// When claims are to be caught up further; until rules are in force nothing is.
  var nextClaimStepAt = Instant.distantFuture
  /// The copy of the store that is being made, if one is, and when it goes on.
  var backup: CopyUnderWay?
  var nextBackupStepAt = Instant.distantFuture
  var isBroken = false
  /// By the clock, which may be set back: see `followClock`.
  var lastTurnAt: Instant
  /// Since the store was opened.
  var triesToCommit: Int64 = 0
  /// Lanes that were live and are not now.
  var fallenBehind: Set<LaneID> = []

  /// After a failed commit, what is kept is tried again this often even if nothing arrives.
  static let tryAgainEvery: Duration = .milliseconds(250)
  static let afterFailedStep: Duration = .seconds(10)
  static let idleMax: Duration = .seconds(60)

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
    lastSeqAtStart = lastSeq
    lastTurnAt = max(clock(), standing.lastReportAt ?? Instant(microseconds: .min))
    rules = LaneRules(standing)
    reserve = Reserve(storePath: path)
    sweeper = Sweeper(retention: retention)
    sampler = Sampler(isOn: retention != nil)
  }

  /// Stores the states of these lanes as they are in the ledger.
  func keep(_ lanes: [LaneID]) {
    let standing = ledger.standing()
    for lane in lanes { kept.states[lane] = standing.lanes[lane.number - 1].state }
  }

  func run() {
    turn.belongsToThisThread()
    turn.begin()
    do {
      try reserve.take()
    } catch {
      ledger.commitFailed()
      observer(.commitFailed(error))
    }
    var work: Inbox.Work
    repeat {
      turn.end()
      work = inbox.take(within: waitMax())
      turn.begin()
      process(&work)
    } while !work.isLast
    dropBackup(because: .closed)
    connection.close()
    turn.end()
  }

  func waitMax() -> Duration {
    if isBroken || !kept.isEmpty || !reserve.isHeld { return Self.tryAgainEvery }
    if rules.heldForNothing != nil { return .zero }
    let now = clock()
    let nextStepAt = min(nextJobStepAt, nextClaimStepAt, nextBackupStepAt, sweeper.nextStepAt, sampler.nextAloneAt(now))
    return max(.zero, min(nextStepAt - now, Self.idleMax))
  }

  func process(_ work: inout Inbox.Work) {
    kept.add(work.kept)
    stateThens += work.stateThens
    fetches += work.fetches
    refused.merge(work.refused, uniquingKeysWith: +)
    bringBack(&work.arrivals)
    followClock()
    for task in work.tasks { task(self) }
    // A task may have found the store broken.
    if isBroken { turnAway(work.arrivals) } else { commit(work.arrivals) }
    stepSample()
    stepJob(isBusy: !work.arrivals.isEmpty)
    stepClaims(isBusy: !work.arrivals.isEmpty)
    stepBackup(isBusy: !work.arrivals.isEmpty)
    if kept.results.isEmpty { answerFetches() }
    checkpoint()
    sweepIfDue()
  }
}
