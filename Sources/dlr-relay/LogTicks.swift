import Foundation
import Logging
import Observe
import Synchronization

/// Once a second: what was held back of the log is written when its minute is over, and a level that was set for a time ends. Neither
/// waits for something else to happen.
final class LogTicks: Sendable {
  private static let every: DispatchTimeInterval = .seconds(1)

  private let log: EventLog
  private let levels: LogLevels
  private let logger: Logger
  /// Its own, since whoever reads the log may be slow.
  private let queue = DispatchQueue(label: "log")
  private let isStopped = Atomic(false)

  init(_ log: EventLog, _ levels: LogLevels, _ logger: Logger) {
    self.log = log
    self.levels = levels
    self.logger = logger
  }

  /// Once.
  func start() { next() }

  private func next() {
    queue.asyncAfter(deadline: .now() + Self.every) { [self] in
      guard !isStopped.load(ordering: .relaxed) else { return }
      log.tick()
      if let level = levels.tick() { logger.notice("the log level is the usual one again", metadata: ["log_level": "\(level)"]) }
      next()
    }
  }

  func stop() { isStopped.store(true, ordering: .relaxed) }
}
