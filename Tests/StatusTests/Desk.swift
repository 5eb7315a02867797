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
    var pauses: [LaneID: Pause] = [:]
    var resumed: [LaneID] = []
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

  var operations: Operations {
    Operations(
      report: { id in try self.asked { $0.reports[id] ?? [] } },
      count: { selection in
        try self.asked { $0.counted.append(selection) }
        return Self.count
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
      jobs: { try self.asked { $0.jobs } },
      pause: { lane in try self.asked { $0.pauses[lane] = Pause(.operator, since: self.now) } },
      resume: { lane in
        try self.asked { state in
          state.pauses[lane] = nil
          state.resumed.append(lane)
        }
      })
  }
}
