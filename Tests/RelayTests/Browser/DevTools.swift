import Foundation
import Synchronization

/// The Chrome DevTools Protocol as `--remote-debugging-pipe` speaks it: JSON messages, each ended by a NUL
/// (https://chromedevtools.github.io/devtools-protocol/).
final class DevTools: Sendable {
  struct Event: Sendable {
    var session: String
    var method: String
    var params: JSONValue
  }

  struct Refused: Error, CustomStringConvertible {
    var method: String
    var message: String
    var description: String { "\(method): \(message)" }
  }

  /// The browser is gone.
  struct Closed: Error {}

  private struct State: Sendable {
    var answers: [Int: JSONValue] = [:]
    var events: [Event] = []
    var messagesEver = 0
    var isClosed = false
  }

  private let state = Watched(State())
  private let commands: Int32
  private let messages: Int32
  private let writing = Mutex(())

  /// - Parameter commands, messages: opened for reading and writing both, so that no end of the browser blocks or ends them. Closed
  ///   with `close()`.
  init(commands: Int32, messages: Int32) {
    self.commands = commands
    self.messages = messages
    Thread.detachNewThread { [self] in readAll() }
  }

  /// Sends a command and returns its result.
  @discardableResult
  func call(_ method: String, _ params: JSONValue = [:], session: String = "") async throws -> JSONValue {
    let number = send(method, params, session: session)
    let answer = try await state.first { state -> Result<JSONValue, any Error>? in
      if let answer = state.answers[number] { return .success(answer) }
      return state.isClosed ? .failure(Closed()) : nil
    }.get()
    _ = state.change { $0.answers.removeValue(forKey: number) }
    guard answer["error"] == .null else { throw Refused(method: method, message: answer["error"]["message"].text) }
    return answer["result"]
  }

  /// Sends a command whose result nobody waits for.
  @discardableResult
  func send(_ method: String, _ params: JSONValue = [:], session: String = "") -> Int {
    let number = state.change { state in
      state.messagesEver += 1
      return state.messagesEver
    }
    var message: [String: JSONValue] = ["id": .number(Double(number)), "method": .text(method), "params": params]
    if !session.isEmpty { message["sessionId"] = .text(session) }
    guard let bytes = try? JSONEncoder().encode(JSONValue.object(message)) else { preconditionFailure("text and finite numbers encode") }
    write(Array(bytes) + [0], to: commands)
    return number
  }

  /// How many events there have been.
  var eventCount: Int { state.read(\.events.count) }

  func events(of session: String, from start: Int = 0) -> [Event] {
    state.read { $0.events.dropFirst(start).filter { $0.session == session } }
  }

  /// The first event from the `start`-th on of which `isSo` is true, and the how-many-th it is.
  func event(from start: Int, where isSo: @escaping @Sendable (Event) -> Bool) async throws -> (event: Event, index: Int) {
    try await state.first { state -> Result<(event: Event, index: Int), any Error>? in
      if let index = state.events.indices.dropFirst(start).first(where: { isSo(state.events[$0]) }) {
        return .success((state.events[index], index))
      }
      return state.isClosed ? .failure(Closed()) : nil
    }.get()
  }

  /// The browser ended. Who waits for it fails, and both ends are closed.
  func close() {
    state.change { $0.isClosed = true }
    // An empty message ends the reader.
    write([0], to: messages)
  }

  private func write(_ bytes: [UInt8], to descriptor: Int32) {
    writing.withLock { _ in
      guard !state.read(\.isClosed) || descriptor == messages else { return }
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && errno != EINTR { return }
        rest = rest.dropFirst(max(0, count))
      }
    }
  }

  private func readAll() {
    var (buffer, unread) = ([UInt8](repeating: 0, count: 256 * 1024), [UInt8]())
    reading: while true {
      let count = read(messages, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      unread += buffer[..<count]
      while let end = unread.firstIndex(of: 0) {
        if end == 0 { break reading }
        take(unread[..<end])
        unread.removeSubrange(...end)
      }
    }
    state.change { $0.isClosed = true }
    writing.withLock { _ in
      _ = Foundation.close(commands)
      _ = Foundation.close(messages)
    }
  }

  private func take(_ bytes: ArraySlice<UInt8>) {
    guard let message = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)) else { return }
    if case .number(let number) = message["id"] { return state.change { $0.answers[Int(number)] = message } }
    let event = Event(session: message["sessionId"].text, method: message["method"].text, params: message["params"])
    state.change { $0.events.append(event) }
  }
}
