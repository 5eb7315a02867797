/// Bounds that no setting changes. Each says what happens beyond it.
package enum Limits {
  /// A longer status is no report and goes to quarantine.
  package static let statusBytesMax = 64
  /// Request line and headers together; more is answered 431.
  package static let headerBytesMax = 16 * 1024
  /// Levels of nesting in a report's JSON; deeper is not JSON to us, and goes to quarantine.
  package static let jsonDepthMax = 64
  /// After a refusal without reading the body, at most this much of it is read and dropped so that the answer arrives.
  package static let drainBytesMax = 1024 * 1024
  /// And for at most this long.
  package static let drainTimeMax: Duration = .seconds(2)
  /// Reports and requests about orders waiting for the next commit; one more is answered 503.
  package static let waitingCommitsMax = 8_192
  /// And their bytes, payload and decoded text together.
  package static let waitingCommitBytesMax = 64 * 1024 * 1024
  /// Claims waiting for the next commit; a request that brings more is turned away, so that reports wait behind few.
  package static let waitingClaimsMax = 4_096
  /// Reports in one transaction, a claim counting as one; the rest waits for the next.
  package static let commitBatchMax = 1_024
  /// A delivery's result waits at most this long for a commit to ride with.
  package static let settleDelayMax: Duration = .milliseconds(20)
  /// So many results do not wait for more.
  package static let settlementsTogetherMax = 256
  /// Results not yet on disk; at the bound nothing more is sent until a commit has taken some.
  package static let unsettledMax = 1_024
  /// Memory of the deliveries handed over to one lane; what comes after stays on disk until the lane has caught up.
  package static let laneBytesMax = 2 * 1024 * 1024
  /// Memory of the deliveries of all lanes; beyond it a lane has at most `laneBytesAssured`.
  package static let lanesBytesMax = 12 * 1024 * 1024
  package static let laneBytesAssured = 64 * 1024
  /// Of that, what each of a lane's queues has however much the others hold, so that retries and replays wait for nothing but their
  /// turn. A delivery that is larger is taken when there is no other of its queue.
  package static let queueBytesAssured = 8 * 1024
  /// What one delivery costs in memory besides its payload. Counted, not measured: deques, headers, key.
  package static let deliveryOverheadBytes = 256
  /// Deliveries read from the store at once for a lane that is catching up.
  package static let pageRowsMax = 256
  /// Transfers in flight over all lanes.
  package static let transfersMax = 1_024
  /// And over any one lane, whatever its `concurrency`.
  package static let transfersOfLaneMax = 512
  /// An app that asks to be left alone for longer is asked again after this.
  package static let retryAfterMax: Duration = .hours(1)
  /// How often a route that answered 410 is probed.
  package static let goneProbeEvery: Duration = .minutes(15)
  /// Spans of a lane's `Holds` that are told apart.
  package static let holdSpansMax = 64
  /// Holds that ended longer ago are forgotten: far longer than a report is kept waiting, since time that is not known to have been
  /// held counts as time of trying.
  package static let holdsKept: Duration = .days(400)
  /// How much of an app's answer is read; the rest is dropped unread by closing the connection.
  package static let answerBytesMax = 64 * 1024
  /// Tries before a delivery can be dead, so that a relay that was off for days still tries.
  package static let triesBeforeDeadMin = 5
  /// Failed attempts kept of one delivery: the first, and this many of the last.
  package static let attemptsKeptLast = 4
  /// Of an error answer's body, what is kept for the operator.
  package static let answerKeptBytes = 1_024
  /// Unmatched reports, or bodies in quarantine, in one answer; one that asks for no number gets half of them.
  package static let straysShownMax = 100
  /// Unmatched reports that one dry run of a reroute looks at; the next goes on behind them.
  package static let reroutesCountedMax = 500
  /// Routes whose reasons are told of an unmatched report; of the others only how many they are.
  package static let routesExplainedMax = 8
  /// Characters of those reasons.
  package static let reasonTextMax = 300
  /// Samples of what was counted, one a minute, are kept for so long.
  package static let historyKept: Duration = .hours(25)
  /// Reports in one answer of a search; one that asks for no number gets half of them.
  package static let reportsShownMax = 100
  /// Rows that one page of a search looks at,
  package static let searchRowsMax = 10_000
  /// and bytes of reports, but for the last of them.
  package static let searchBytesMax = 8 * 1024 * 1024
  /// Copies that are counted one by one for who asks how many are meant; beyond it there are at least so many.
  package static let copiesCountedMax = 100_000
  /// Rows that such a count looks at where it must look at each: the newest.
  package static let rowsCountedMax = 500_000
  /// Jobs in one answer.
  package static let jobsShownMax = 100
  /// Statuses of one report that are shown.
  package static let statusesShownMax = 256
  /// Packets that one request claims.
  package static let claimsTogetherMax = 1_000
  /// Statuses of one report that are kept in order; of more, only repeats are known.
  package static let statusesOrderedMax = 64
  /// Deliveries that one `release` lets go.
  package static let releasedMax = 256
  /// Rows that a step of a job, of a claim that catches up or of retention goes through between two commits.
  package static let stepRowsMax = 500
  /// Bytes of reports that a step of a job reads, but for the last of them.
  package static let stepBytesMax = 2 * 1024 * 1024
  /// A paced replay queues what is due within so long, and waits for a lane that is further behind.
  package static let replayAheadMax: Duration = .seconds(4)
  /// Characters of an error's words that are kept.
  package static let errorTextMax = 200
  /// Entries under `alerts`; each is served by a thread of its own.
  package static let alertHooksMax = 16
  /// Messages that wait for one of them; the oldest makes room, and is counted as lost.
  package static let alertsWaitingMax = 64
  /// Messages about one thing: at most one in so long, which sums what it kept back.
  package static let alertEvery: Duration = .minutes(15)
  /// Messages to one of them within an hour, about whatever; the rest waits.
  package static let alertsPerHourMax = 30
  /// Requests refused for their token within `unauthorizedWithin` that are worth a message.
  package static let unauthorizedBurst = 20
  package static let unauthorizedWithin: Duration = .minutes(5)
  /// Less than this share of the store's disk is worth a message,
  package static let diskLowShare = 0.05
  /// in bytes not less than the first of these, and not more than the last.
  package static let diskLowBytes = 512 * 1024 * 1024...5 * 1024 * 1024 * 1024
  /// Stopping waits this long for what is in flight.
  package static let stopTimeMax: Duration = .seconds(10)
  /// And this long for requests on connections that were accepted before it: after it those that never came end without an answer.
  package static let lastRequestsTimeMax: Duration = .seconds(1)
  /// Disk kept aside so that settling and deleting work on a full disk.
  package static let reserveBytes = 4 * 1024 * 1024
  /// Pages of the store that a backup copies between two commits: about half a millisecond's work of the writer,
  package static let backupStepPages = 512
  /// and while reports come in a part of that, so that a commit waits for it no longer than for one more report or two.
  package static let backupBusyShare = 8
  /// What a backup has written and the disk has not yet: at the bound copying waits for an fsync, which another thread does. So the
  /// kernel never has so much to write that it would make the writer wait for it.
  package static let backupUnsyncedBytes = 8 * 1024 * 1024
  /// Room on the disk that no backup uses.
  package static let backupLeavesBytes = 64 * 1024 * 1024
  /// A backup that nobody has asked for since so long is ended and deleted: whoever wanted it is gone.
  package static let backupKept: Duration = .seconds(60)
}
