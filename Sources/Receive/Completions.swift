import Model
import NIOCore
import Synchronization

/// Brings the store's answers back to an event loop. A commit answers many requests at once; the loop is woken once for all
/// of them.
final class Completions: Sendable {
  struct Entry: Sendable {
    var connection: NIOLoopBound<DoorConnection>
    var request: Int
    var error: JournalError?
  }

  private let entries = Mutex<[Entry]>([])
  private let eventLoop: any EventLoop

  init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  func put(_ entry: Entry) {
    let isFirst = entries.withLock { entries in
      entries.append(entry)
      return entries.count == 1
    }
    guard isFirst else { return }
    eventLoop.execute { [self] in
      let taken = entries.withLock { entries in
        defer { entries = [] }
        return entries
      }
      for entry in taken { entry.connection.value.committed(entry.request, entry.error) }
    }
  }
}
