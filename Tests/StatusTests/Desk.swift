import Model
import Status
import Synchronization

/// Queues that only remember what was asked of them.
final class Desk: Sendable {
  struct State: Sendable {
    var reports: [Int64: [ReportRecord]] = [:]
    var jobs: [QueueJob] = []
    /// What was started, with its rate.
    var rates: [Double?] = []
    var counted: [Selection] = []
    var countsToTheEnd = true
    var pauses: [LaneID: Pause] = [:]
    var resumed: [LaneID] = []
    var claims: [ClaimRecord] = []
    /// Some perhaps without bytes, which are in no page.
    var unmatched: [StoredReport] = []
    /// So many in one page.
    var looksAt = Int.max
    var quarantined: [QuarantinedRecord] = []
    /// What the lists were asked for.
    var pages: [[Int64]] = []
    /// Thrown by everything.
    var error: JournalError?
  }

  /// What every selection holds.
  static let count = 1_234
  private let state = Mutex(State())
  private let now: Instant

  init(now: Instant = Instant(microseconds: 0)) { self.now = now }

  var seen: State { state.withLock { $0 } }
  func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

  private func asked<T: Sendable>(_ body: (inout State) -> T) throws -> T {
    try state.withLock { state in
      if let error = state.error { throw error }
      return body(&state)
    }
  }

  /// As if three reports had come before each, and more were to be looked through.
  private func claim(_ claims: [Claim], _ state: inout State) -> [ClaimRecord] {
    let records = claims.map { ClaimRecord(claim: $0, firstAt: now, lastAt: now, caughtUp: 3, isCaughtUp: false) }
    state.claims += records.filter { new in !state.claims.contains { $0.claim == new.claim } }
    return records
  }

  var operations: Operations {
    Operations(
      report: { id in try self.asked { $0.reports[id] ?? [] } },
      count: { selection in
        try self.asked { state in
          state.counted.append(selection)
          return CopyCount(Self.count, isAtLeast: !state.countsToTheEnd)
        }
      },
      start: { kind, selection, rate in
        try self.asked { state in
          let job = QueueJob(id: Int64(state.jobs.count + 1), kind: kind, selection: selection, rate: rate, createdAt: self.now)
          state.jobs.insert(job, at: 0)
          state.rates.append(rate)
          return job
        }
      },
      cancel: { id in
        try self.asked { state in
          guard let index = state.jobs.firstIndex(where: { $0.id == id }) else { return nil }
          // The second time all went back.
          state.jobs[index].hasWork = !state.jobs[index].isCancelled
          (state.jobs[index].isCancelled, state.jobs[index].endedAt) = (true, self.now)
          return state.jobs[index]
        }
      },
      jobs: { before, limit in try self.asked { Array($0.jobs.filter { $0.id < before ?? .max }.prefix(limit)) } },
      pause: { lane in try self.asked { $0.pauses[lane] = Pause(.operator, since: self.now) } },
      resume: { lane in
        try self.asked { state in
          state.pauses[lane] = nil
          state.resumed.append(lane)
        }
      },
      orders: Operations.Orders(
        claim: { claims in try self.asked { self.claim(claims, &$0) } },
        withdraw: { packetID, lane in
          try self.asked { state in
            let before = state.claims.count
            state.claims.removeAll { $0.claim.packetID == packetID && (lane == nil || $0.claim.lane == lane) }
            return before - state.claims.count
          }
        },
        claims: { packetID in try self.asked { $0.claims.filter { $0.claim.packetID == packetID } } }),
      strays: strays)
  }

  /// A report whose text has a route's name is for that route now.
  private var strays: Strays {
    @Sendable func start(_ kind: QueueJob.Kind) throws -> QueueJob {
      try self.asked { state in
        let job = QueueJob(id: Int64(state.jobs.count + 1), kind: kind, selection: nil, rate: nil, createdAt: self.now)
        state.jobs.insert(job, at: 0)
        return job
      }
    }
    return Strays(
      unmatched: { seq, limit in
        try self.asked { state in
          state.pages.append([seq, Int64(limit)])
          let found = state.unmatched.filter { $0.seq > seq }
          let looked = min(limit, state.looksAt)
          return UnmatchedPage(
            reports: found.prefix(looked).filter { $0.payload != nil }, next: found.count > looked ? found[looked - 1].seq : nil)
        }
      },
      quarantined: { id, limit in
        try self.asked { state in
          state.pages.append([id, Int64(limit)])
          return Array(state.quarantined.filter { $0.id > id }.prefix(limit))
        }
      },
      body: { id in try self.asked { state in state.quarantined.first { $0.id == id } } },
      reroute: { try start(.reroute) },
      readmit: { try start(.readmit) },
      verdicts: { reports, withReasons in
        reports.map { stored in
          let text = String(decoding: stored.payload?.bytes ?? [], as: UTF8.self)
          let routes = ["my_shop", "bank"].filter { text.contains("@\($0)") }
          let reason = withReasons && routes.isEmpty ? "my_shop: the body does not contain \"@my_shop\"; call +905321234567" : nil
          return StrayVerdict(routes: routes, reason: reason)
        }
      })
  }
}
