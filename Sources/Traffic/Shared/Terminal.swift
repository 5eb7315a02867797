import Glibc

/// Lines for people and scripts, written at once: a script waits for the line that says a port.
package enum Terminal {
  /// Clears the line it stands in, so that the next progress replaces this one.
  private static let clearLine = "\r\u{1b}[2K"

  /// True where a progress line can be seen and erased.
  package static var showsProgress: Bool { isatty(STDERR_FILENO) == 1 }

  package static func out(_ line: String) { write(line + "\n", to: STDOUT_FILENO) }

  package static func error(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

  /// A question whose answer is typed behind it.
  package static func prompt(_ question: String) { write(question, to: STDERR_FILENO) }

  package static func progress(_ line: String) { write(clearLine + line, to: STDERR_FILENO) }

  package static func endProgress() { write(clearLine, to: STDERR_FILENO) }

  /// A closed pipe is not our error: there is nobody left to tell.
  private static func write(_ text: String, to descriptor: CInt) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
    }
  }
}

/// Shows a line once a second on a terminal, and nothing elsewhere, while `body` runs.
package func withProgress<Value>(
  _ line: @escaping @Sendable () async throws -> String, _ body: () async throws -> Value
) async rethrows -> Value {
  guard Terminal.showsProgress else { return try await body() }
  let ticker = Task {
    while !Task.isCancelled {
      try await Task.sleep(for: .seconds(1))
      Terminal.progress(try await line())
    }
  }
  do {
    let value = try await body()
    await end(ticker)
    return value
  } catch {
    await end(ticker)
    throw error
  }
}

/// Waits for the ticker, which may just be writing: its line must not come after the summary.
private func end(_ ticker: Task<Void, any Error>) async {
  ticker.cancel()
  _ = await ticker.result
  Terminal.endProgress()
}
