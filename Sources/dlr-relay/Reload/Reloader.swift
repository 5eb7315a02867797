import Foundation
import Model
import Route
import Synchronization
import Wakeup

/// Reads the rule file again when it was changed or somebody asks, on a thread of its own, and puts it in force or says why not.
final class Reloader: Sendable {
  /// Looking, rather than being told by the system: that works on every file system, over every kind of link.
  private static let lookEvery: Duration = .milliseconds(250)
  /// After it was not the file's fault.
  private static let tryAgainAfter: Duration = .seconds(10)

  private struct Box {
    var isAsked = false
    var isStopping = false
    var isStarted = false
  }

  private let path: String
  private let looks: [String: FileLook?]
  private let box = Mutex(Box())
  private let wake = Wakeup()
  private let ended = DispatchSemaphore(value: 0)

  /// - Parameter file: the one in force.
  init(_ file: ConfigurationFile) { (path, looks) = (file.path, file.looks) }

  /// Once. It calls back on its thread, and one after the other.
  func start(_ relay: some Reloadable) {
    box.withLock { $0.isStarted = true }
    let thread = Thread { [self] in
      var loop = Loop(path: path, relay: relay, watch: FilesWatch(looks))
      while let isAsked = nextTurn() { loop.turn(isAsked: isAsked) }
      ended.signal()
    }
    thread.name = "reload"
    thread.start()
  }

  /// Reads the file now, whether it was changed or not. From any thread; returns at once.
  func ask() {
    box.withLock { $0.isAsked = true }
    wake.signal()
  }

  /// Blocks until what is under way is done; nothing comes after.
  func stop() {
    let isStarted = box.withLock { box in
      box.isStopping = true
      return box.isStarted
    }
    wake.signal()
    if isStarted { ended.wait() }
  }

  /// - Returns: whether somebody asked; nil when there are no more turns.
  private func nextTurn() -> Bool? {
    wake.wait(atMost: Self.lookEvery)
    return box.withLock { box in
      defer { box.isAsked = false }
      return box.isStopping ? nil : box.isAsked
    }
  }

  private struct Loop<Relay: Reloadable> {
    let path: String
    let relay: Relay
    var watch: FilesWatch
    var tryAgainAt: SuspendingClock.Instant?

    mutating func turn(isAsked: Bool) {
      let now = SuspendingClock.now
      let looks = Dictionary(uniqueKeysWithValues: watch.paths.map { ($0, FileLook(at: $0)) })
      let isChanged = watch.sees(looks, at: now)
      guard isAsked || isChanged || tryAgainAt.map({ $0 <= now }) ?? false else { return }
      watch.wereRead(looks, isAll: false)
      tryAgainAt = nil
      relay.tellOfReload(isOver: false)
      defer { relay.tellOfReload(isOver: true) }
      do {
        try read()
      } catch {
        relay.refuse(error, isNews: isAsked)
        if !error.isOfFile { tryAgainAt = now + Self.tryAgainAfter }
      }
    }

    private static var tryAgainAfter: Duration { Reloader.tryAgainAfter }

    private mutating func read() throws(NotReloaded) {
      guard FileLook(at: path) != nil else { throw NotReloaded("\(path) is not there, or is nothing that can be read again") }
      let file: ConfigurationFile
      do { file = try ConfigurationFile(contentsOf: path) } catch { throw NotReloaded("\(path) cannot be read: \(error)") }
      watch.wereRead(file.looks, isAll: file.reading.configuration != nil)
      guard let configuration = file.reading.configuration else { throw file.errors }
      try relay.take(configuration, fingerprint: file.fingerprint)
      for warning in file.reading.diagnostics { relay.warn(of: warning.summary) }
    }
  }
}

/// What a rule file is taken over by.
protocol Reloadable: Sendable {
  /// Puts all of it in force that needs no restart. Blocks.
  /// - Throws: if none of it is.
  func take(_ file: Configuration, fingerprint: String) throws(NotReloaded)

  /// The file that was taken is fine but for this.
  func warn(of words: String)

  /// The file in force stays so.
  /// - Parameter isNews: to be told even if it is what was told last.
  func refuse(_ reason: NotReloaded, isNews: Bool)

  /// The file is read, and then it was taken or refused.
  func tellOfReload(isOver: Bool)
}

/// Why a rule file was not put in force.
struct NotReloaded: Error {
  /// One line, without secrets.
  var words: String
  /// All that is wrong with the file, as `check` says it.
  var diagnostics: [String] = []
  /// False where the same file may well be taken later.
  var isOfFile = true

  init(_ words: String, isOfFile: Bool = true) {
    self.words = words
    self.isOfFile = isOfFile
  }
}

extension ConfigurationFile {
  /// The first one with its place, and how many more there are.
  fileprivate var errors: NotReloaded {
    let errors = reading.diagnostics.filter { $0.severity == .error }
    guard let first = errors.first else { preconditionFailure("a file without an error has a configuration") }
    var reason = NotReloaded(first.summary + (errors.count > 1 ? " (and \(errors.count - 1) more)" : ""))
    reason.diagnostics = errors.map(\.description)
    return reason
  }
}
