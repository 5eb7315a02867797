import Logging
import Model

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where log lines go: a file descriptor, which is not closed here.
package struct LogSink: Sendable {
  package static let standardError = LogSink(descriptor: 2)
  private let descriptor: Int32

  package init(descriptor: Int32) { self.descriptor = descriptor }

  package var isTerminal: Bool { isatty(descriptor) == 1 }

  /// The line and its end by a single write(2), so that lines of several threads, and of programs that share the descriptor, do
  /// not mix (for a pipe up to PIPE_BUF bytes, pipe(7)). A line that cannot be written is lost: there is nobody left to tell.
  func write(_ line: String) {
    var line = line
    line.append("\n")
    line.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while let start = rest.baseAddress, !rest.isEmpty {
        let written = systemWrite(descriptor, start, rest.count)
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else { return }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
      }
    }
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int { write(descriptor, bytes, count) }

/// What both handlers do alike.
struct LogBase: Sendable {
  var label: String
  var sink: LogSink
  var clock: Clock
  var shared: SharedLevel
  /// Of a library, whose news at `info` are everyday matters here.
  var isOfLibrary = false
  /// Of a copy whose level was set by itself, as a library may do.
  private var own: Logger.Level?
  var metadata: Logger.Metadata = [:]
  var provider: Logger.MetadataProvider?

  init(label: String, sink: LogSink, clock: @escaping Clock, shared: SharedLevel, isOfLibrary: Bool) {
    self.label = label
    self.sink = sink
    self.clock = clock
    self.shared = shared
    self.isOfLibrary = isOfLibrary
  }

  var level: Logger.Level {
    get {
      if let own { return own }
      let level = shared.level
      return isOfLibrary && level == .info ? .notice : level
    }
    set { own = newValue }
  }

  /// Of the event over that of the provider over that of the logger; sorted, so that lines of a kind look alike.
  func merged(with event: LogEvent) -> [(key: String, value: Logger.MetadataValue)] {
    var all = metadata
    if let provided = provider?.get() { all.merge(provided) { $1 } }
    if let own = event.metadata { all.merge(own) { $1 } }
    if let error = event.error { all["error"] = "\(error)" }
    return all.sorted { $0.key < $1.key }
  }
}
