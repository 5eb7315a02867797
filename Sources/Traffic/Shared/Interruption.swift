import Dispatch

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Calls back at the first SIGINT or SIGTERM; a second one ends the process as usual, for who has no patience.
package struct Interruption {
  private let sources: [any DispatchSourceSignal]

  package init(_ interrupted: @escaping @Sendable () -> Void) {
    sources = [SIGINT, SIGTERM].map { number in
      // A dispatch source only sees a signal that does nothing else.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        signal(number, SIG_DFL)
        interrupted()
      }
      source.resume()
      return source
    }
  }

  package func cancel() {
    for source in sources { source.cancel() }
  }
}
