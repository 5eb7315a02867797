/// Every statement of the data path, prepared. Belongs to the connection on which it was made.
struct Statements {
  let begin, commit, rollback: Statement
  let findStatuses, findReport, insertReport, insertPayload, insertReady, refreshReport, insertQuarantine: Statement
  let deleteReady, deleteRetry, deleteReplay, deleteDead, insertRetry, delayRetry, delayReplay, insertDead, insertDone: Statement
  let insertAttempt, lastAttempt, thinAttempts: Statement
  let findUnsettled, findUnsettledLive, earlierStatuses: Statement
  let insertHeld, deleteHeld, heldBehind, heldSince, heldOfLane, beginHolding, earliestHeld: Statement
  let insertReplay, updateState, deleteHolds, insertHold: Statement
  let updateLane, addWaiting, takeWaiting, clearWaiting, setCounter: Statement
  let insertSample, deleteSamplesBefore, deleteSamplesAfter: Statement
  let readyPage, retryPage, replayPage, nextRetryDue, nextReplayDue: Statement
  let openJob, nextJob, nextJobWithoutRules, saveJob, firstReplayDue: Statement
  let walkHeld, walkReady, walkRetry, walkReplay, walkDead, walkDone: Statement
  let walkUnmatched, matchReport, walkQuarantine, deleteQuarantine: Statement
  let discardRetry, discardReplay, findDead, findPayload, statusesUpTo: Statement
  let insertPacket, claimants, claim, findClaim, unfinishedClaim, saveClaim, withdrawClaim, withdrawClaims: Statement
  let walkPacket, readPayload, findDone: Statement
  private let all: [Statement]

  init(on handle: OpaquePointer) throws(SQLiteFailure) {
    var all: [Statement] = []
    func prepare(_ sql: String) throws(SQLiteFailure) -> Statement {
      let statement = try Statement(sql, on: handle)
      all.append(statement)
      return statement
    }
    begin = try prepare(SQL.begin)
    commit = try prepare(SQL.commit)
    rollback = try prepare(SQL.rollback)
    findStatuses = try prepare(SQL.findStatuses)
    findReport = try prepare(SQL.findReport)
    insertReport = try prepare(SQL.insertReport)
    insertPayload = try prepare(SQL.insertPayload)
    insertReady = try prepare(SQL.insertReady)
    refreshReport = try prepare(SQL.refreshReport)
    insertQuarantine = try prepare(SQL.insertQuarantine)
    deleteReady = try prepare(SQL.deleteReady)
    deleteRetry = try prepare(SQL.deleteRetry)
    deleteReplay = try prepare(SQL.deleteReplay)
    deleteDead = try prepare(SQL.deleteDead)
    insertRetry = try prepare(SQL.insertRetry)
    delayRetry = try prepare(SQL.delayRetry)
    delayReplay = try prepare(SQL.delayReplay)
    insertDead = try prepare(SQL.insertDead)
    insertDone = try prepare(SQL.insertDone)
    insertAttempt = try prepare(SQL.insertAttempt)
    lastAttempt = try prepare(SQL.lastAttempt)
    thinAttempts = try prepare(SQL.thinAttempts)
    findUnsettled = try prepare(SQL.findUnsettled)
    findUnsettledLive = try prepare(SQL.findUnsettledLive)
    earlierStatuses = try prepare(SQL.earlierStatuses)
    insertHeld = try prepare(SQL.insertHeld)
    deleteHeld = try prepare(SQL.deleteHeld)
    heldBehind = try prepare(SQL.heldBehind)
    heldSince = try prepare(SQL.heldSince)
    heldOfLane = try prepare(SQL.heldOfLane)
    beginHolding = try prepare(SQL.beginHolding)
    earliestHeld = try prepare(SQL.earliestHeld)
    insertReplay = try prepare(SQL.insertReplay)
    updateState = try prepare(SQL.updateState)
    deleteHolds = try prepare(SQL.deleteHolds)
    insertHold = try prepare(SQL.insertHold)
    updateLane = try prepare(SQL.updateLane)
    addWaiting = try prepare(SQL.addWaiting)
    takeWaiting = try prepare(SQL.takeWaiting)
    clearWaiting = try prepare(SQL.clearWaiting)
    setCounter = try prepare(SQL.setCounter)
    insertSample = try prepare(SQL.insertSample)
    deleteSamplesBefore = try prepare(SQL.deleteSamplesBefore)
    deleteSamplesAfter = try prepare(SQL.deleteSamplesAfter)
    readyPage = try prepare(SQL.readyPage)
    retryPage = try prepare(SQL.retryPage)
    replayPage = try prepare(SQL.replayPage)
    nextRetryDue = try prepare(SQL.nextRetryDue)
    nextReplayDue = try prepare(SQL.nextReplayDue)
    openJob = try prepare(SQL.openJob)
    nextJob = try prepare(SQL.nextJob)
    nextJobWithoutRules = try prepare(SQL.nextJobWithoutRules)
    saveJob = try prepare(SQL.saveJob)
    firstReplayDue = try prepare(SQL.firstReplayDue)
    walkHeld = try prepare(SQL.walkHeld)
    walkReady = try prepare(SQL.walkReady)
    walkRetry = try prepare(SQL.walkRetry)
    walkReplay = try prepare(SQL.walkReplay)
    walkDead = try prepare(SQL.walkDead)
    walkDone = try prepare(SQL.walkDone)
    walkUnmatched = try prepare(SQL.walkUnmatched)
    matchReport = try prepare(SQL.matchReport)
    walkQuarantine = try prepare(SQL.walkQuarantine)
    deleteQuarantine = try prepare(SQL.deleteQuarantine)
    discardRetry = try prepare(SQL.discardRetry)
    discardReplay = try prepare(SQL.discardReplay)
    findDead = try prepare(SQL.findDead)
    findPayload = try prepare(SQL.findPayload)
    statusesUpTo = try prepare(SQL.statusesUpTo)
    insertPacket = try prepare(SQL.insertPacket)
    claimants = try prepare(SQL.claimants)
    claim = try prepare(SQL.claim)
    findClaim = try prepare(SQL.findClaim)
    unfinishedClaim = try prepare(SQL.unfinishedClaim)
    saveClaim = try prepare(SQL.saveClaim)
    withdrawClaim = try prepare(SQL.withdrawClaim)
    withdrawClaims = try prepare(SQL.withdrawClaims)
    walkPacket = try prepare(SQL.walkPacket)
    readPayload = try prepare(SQL.readPayload)
    findDone = try prepare(SQL.findDone)
    self.all = all
  }

  func finalize() {
    for statement in all { statement.finalize() }
  }
}
