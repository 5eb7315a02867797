import Foundation
import Model
import Synchronization
import Wakeup

/// How long a hook is waited for.
package struct Patience: Sendable {
  /// One try, from connecting to the whole answer.
  package var timeout: Duration = .seconds(10)
  /// Before the second try and the third; after that a message is lost, and counted.
  package var waits: [Duration] = [.seconds(2), .seconds(10)]
  /// What is under way when the relay stops.
  package var atTheEnd: Duration = .seconds(2)

  package init() {}
}

/// Posts messages to one hook, one after the other, on a thread of its own: whoever hangs there keeps nobody else waiting.
final class Hook: Sendable {
  private struct Box {
    var alerts: [Alert] = []
    /// Messages that did not get through since the last that did.
    var lost = 0
    var stopBy: SuspendingClock.Instant?
    /// Its number and host, for the log.
    var name: String
    var relay: String
  }

  private let settings: AlertSettings
  private let userAgent: String
  private let patience: Patience
  private let observer: Observer
  private let messages: MessageCounts
  private let box: Mutex<Box>
  private let wake = Wakeup()
  private let ended = DispatchSemaphore(value: 0)

  /// - Parameters:
  ///   - number: of the entry in the rule file, from 1.
  ///   - messages: counts what becomes of them.
  init(
    _ settings: AlertSettings, number: Int, relay: String, userAgent: String, patience: Patience, messages: MessageCounts,
    observer: @escaping Observer
  ) {
    self.settings = settings
    self.messages = messages
    box = Mutex(Box(name: Self.name(settings, number: number), relay: relay))
    self.userAgent = userAgent
    self.patience = patience
    self.observer = observer
  }

  func start() {
    let thread = Thread { [self] in
      run()
      ended.signal()
    }
    thread.name = "alert"
    thread.start()
  }

  /// The rule file has the same settings still, though perhaps at another place.
  func isNow(number: Int, relay: String) {
    box.withLock { box in
      box.name = Self.name(settings, number: number)
      box.relay = relay
    }
  }

  /// Never blocks. Beyond `Limits.alertsWaitingMax` the oldest is lost.
  func send(_ alerts: [Alert]) {
    box.withLock { box in
      box.alerts += alerts
      let excess = max(0, box.alerts.count - Limits.alertsWaitingMax)
      box.alerts.removeFirst(excess)
      box.lost += excess
      messages.gaveUp(excess)
    }
    wake.signal()
  }

  /// What waits is tried once more, for as long as patience lasts.
  func beginStopping() {
    box.withLock { $0.stopBy = .now + patience.atTheEnd }
    wake.signal()
  }

  /// Blocks until the thread has ended. After `beginStopping`.
  func waitForEnd() {
    ended.wait()
    ended.signal()
  }

  var hasEnded: Bool {
    guard ended.wait(timeout: .now()) == .success else { return false }
    ended.signal()
    return true
  }

  private func run() {
    let request = HookRequest(url: settings.url, userAgent: userAgent, timeout: patience.timeout) { [self] in timeLeft }
    defer { request.close() }
    var hasComplained = false
    while let alert = next() {
      if let words = deliver(alert, request) {
        box.withLock { $0.lost += 1 }
        messages.gaveUp(1)
        if !hasComplained { observer(.alertFailed(hook: box.withLock { $0.name }, words: words)) }
        hasComplained = true
      } else {
        messages.took()
        hasComplained = false
      }
    }
  }

  /// - Returns: nil when there will be no more.
  private func next() -> Alert? {
    while true {
      let (alert, isStopping) = box.withLock { box -> (Alert?, Bool) in
        let isOver = box.stopBy.map { $0 <= .now } ?? false
        return (box.alerts.isEmpty || isOver ? nil : box.alerts.removeFirst(), box.stopBy != nil)
      }
      if alert != nil || isStopping { return alert }
      wake.wait()
    }
  }

  /// - Returns: nil if it got through; otherwise why not, the last time.
  private func deliver(_ alert: Alert, _ request: HookRequest) -> String? {
    var words: String?
    for wait in [.zero] + patience.waits {
      guard words == nil || isStillPatient(after: wait) else { break }
      let (lost, relay) = box.withLock { ($0.lost, $0.relay) }
      words = request.post(Message(alert: alert, relay: relay, lost: lost).body(settings.format))
      if words == nil {
        box.withLock { $0.lost -= lost }
        return nil
      }
    }
    return words
  }

  /// Waits, but not once the relay is stopping.
  private func isStillPatient(after wait: Duration) -> Bool {
    let until = SuspendingClock.now + wait
    while box.withLock({ $0.stopBy == nil }) {
      // Every new message wakes it, too.
      guard wake.wait(until: until) else { return true }
    }
    return false
  }

  /// nil unless the relay is stopping.
  private var timeLeft: Duration? { box.withLock { $0.stopBy }.map { $0 - .now } }

  private static func name(_ settings: AlertSettings, number: Int) -> String { "\(number) (\(host(of: settings.url)))" }

  /// The only part of a hook's address that may be shown.
  private static func host(of url: Secret) -> String {
    let text = url.reveal()
    let afterScheme = text.firstRange(of: "://").map { text[$0.upperBound...] } ?? text[...]
    let authority = afterScheme.prefix { !"/?#".contains($0) }
    return String(authority.split(separator: "@").last ?? "")
  }
}
