import Logging
import Model
import Synchronization

/// From which level on lines are written, for every copy of every logger that was made with it. Reading it is one load, since every line
/// that is not written costs it.
package final class SharedLevel: Sendable {
  private let index: Atomic<Int>

  package init(_ level: Logger.Level) { index = Atomic(Self.index(of: level)) }

  package var level: Logger.Level {
    get { Logger.Level.allCases[index.load(ordering: .relaxed)] }
    set { index.store(Self.index(of: newValue), ordering: .relaxed) }
  }

  private static func index(of level: Logger.Level) -> Int {
    guard let index = Logger.Level.allCases.firstIndex(of: level) else { preconditionFailure("every level is one of all") }
    return index
  }
}

/// Changes the level while the relay runs, and changes it back when its time is over, so that nobody forgets.
package final class LogLevels: Sendable {
  package struct State: Sendable, Equatable {
    package var level: Logger.Level
    /// As of the start.
    package var usual: Logger.Level
    /// nil: until somebody changes it, or the relay ends.
    package var until: Instant?
  }

  /// Of `debug` and `trace`, which write several lines per report, where nobody says how long.
  package static let defaultTime: Duration = .minutes(15)
  package static let times: ClosedRange<Duration> = .seconds(1) ... .hours(24)

  private let shared: SharedLevel
  private let clock: Clock
  private let state: Mutex<State>

  package init(_ shared: SharedLevel, clock: @escaping Clock) {
    self.shared = shared
    self.clock = clock
    state = Mutex(State(level: shared.level, usual: shared.level, until: nil))
  }

  package var now: State { state.withLock { $0 } }

  /// - Parameter time: in `times`; nil: `defaultTime` for what is more talkative than `info` and than at the start, and no end for others.
  package func set(_ level: Logger.Level, for time: Duration?) -> State {
    precondition(time.map(Self.times.contains) ?? true, "a time out of bounds is an error of the request")
    let now = clock()
    return state.withLock { state in
      let isTalkative = level < .info
      state.level = level
      state.until = level == state.usual ? nil : (time ?? (isTalkative ? Self.defaultTime : nil)).map { now + $0 }
      shared.level = level
      return state
    }
  }

  /// To be called every second or so.
  /// - Returns: the level that is in force again, if the time of another is over.
  package func tick() -> Logger.Level? {
    let now = clock()
    return state.withLock { state in
      guard let until = state.until, until <= now else { return nil }
      (state.level, state.until) = (state.usual, nil)
      shared.level = state.usual
      return state.usual
    }
  }
}
