import Dispatch
import Glibc

/// Calls back at the first SIGINT or SIGTERM; a second one ends the process as usual, for who has no patience.
package struct Interruption {
  private let sources: [any DispatchSourceSignal]

  /// From the return on no signal is missed, so a line that says "ready" comes after this.
  package static func watch(_ interrupted: @escaping @Sendable () -> Void) async -> Interruption {
    var sources: [any DispatchSourceSignal] = []
    for number in [SIGINT, SIGTERM] {
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        signal(number, SIG_DFL)
        interrupted()
      }
      await withCheckedContinuation { registered in
        source.setRegistrationHandler { registered.resume() }
        source.resume()
      }
      // No SIG_IGN, which other systems need: on Linux the source puts its own handler there (libdispatch, event_epoll.c,
      // `_dispatch_muxnote_signal_block_and_raise`), and a signal ignored before or after that is lost.
      sources.append(source)
    }
    return Interruption(sources: sources)
  }

  package func cancel() {
    for source in sources { source.cancel() }
  }
}
