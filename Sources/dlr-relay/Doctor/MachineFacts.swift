import CEpoll
import Foundation
import Model
import Store

extension Facts.Syncing {
  private static let count = 50
  /// A commit writes a dozen pages or two.
  private static let bytes = 16 * 1024
  /// A disk that is so slow has shown what there is to know.
  private static let timeMax: Duration = .seconds(5)

  /// In a file of its own in that folder, which is gone afterwards. nil if none can be made there.
  static func measure(in folder: String) -> Facts.Syncing? {
    let path = "\(folder)/dlr-relay-doctor-\(getpid())"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    unlink(path)
    let block = [UInt8](repeating: 0x5a, count: bytes)
    let startedAt = ContinuousClock.now
    var times: [Duration] = []
    while times.count < count, ContinuousClock.now - startedAt < timeMax {
      guard pwrite(descriptor, block, bytes, off_t(times.count * bytes)) == bytes else { break }
      let before = ContinuousClock.now
      guard fsync(descriptor) == 0 else { break }
      times.append(ContinuousClock.now - before)
    }
    return times.isEmpty ? nil : Facts.Syncing(times: times.sorted())
  }
}

extension Facts.Clock {
  /// True while the kernel is told by somebody that its clock is right (adjtimex(2)).
  static var isKernelSynchronised: Bool {
    var state = timex()
    let code = adjtimex(&state)
    return code >= 0 && code != TIME_ERROR && state.status & STA_UNSYNC == 0
  }
}

extension Facts.File {
  /// nil if it is not there, or cannot be looked at.
  init?(_ path: String, _ what: String) {
    var information = stat()
    guard stat(path, &information) == 0 else { return nil }
    self.init(path: path, what: what, mode: Int(information.st_mode) & 0o777)
  }
}

extension Facts.Store {
  /// What a reader still sees cannot leave the WAL, which grows meanwhile: beside a relay that runs a look is short, unless all is wanted.
  private static let timeMax: Duration = .seconds(5)

  static func look(at path: String, isRunning: Bool, isThorough: Bool) -> Facts.Store {
    Facts.Store(path: path, reading: reading(path, isRunning: isRunning, isThorough: isThorough), isThorough: isThorough)
  }

  private static func reading(_ path: String, isRunning: Bool, isThorough: Bool) -> Reading {
    let startedAt = ContinuousClock.now
    var isCut = false
    do throws(StoreError) {
      let found = try StoreExamination.examine(path, depth: isThorough ? .whole : .quick) {
        isCut = !isThorough && ContinuousClock.now - startedAt > timeMax
        return !isCut
      }
      return .read(found)
    } catch {
      if case .missing = error { return .missing }
      guard isCut else { return .unreadable(error) }
    }
    do throws(StoreError) {
      return .partly(try StoreExamination.examine(path, depth: .none), after: timeMax)
    } catch {
      return .unreadable(error)
    }
  }
}

extension OpenFiles {
  /// The soft limit of a process; nil if it cannot be read.
  static func limit(of pid: Int32) -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/limits", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Max open files") })
    else { return nil }
    return line.dropFirst("Max open files".count).split(separator: " ").first.flatMap { Int($0) }
  }

  /// The hard limit of whoever asks: up to it the relay raises its own.
  static var limitHere: Int {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return Int(clamping: limit.rlim_max)
  }
}
