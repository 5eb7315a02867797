import Hummingbird
import Logging
import Model
import Status

/// A status door on a free port of 127.0.0.1, for as long as `body` runs.
/// - Parameter tokens: asked with every request.
func withDoor<Result: Sendable>(
  _ source: StatusSource = sample().source, token: String? = nil, readToken: String? = nil,
  tokens: (@Sendable () -> String)? = nil,
  _ body: @escaping @Sendable (_ url: String, _ port: Int) async throws -> Result
) async throws -> Result {
  var settings = StatusSettings()
  settings.listen = Endpoint(host: "127.0.0.1", port: 0)
  (settings.token, settings.readToken) = (token.map { Secret($0) }, readToken.map { Secret($0) })
  let (running, signal) = AsyncThrowingStream.makeStream(of: Endpoint.self)
  let asked: @Sendable () -> StatusSettings = { [settings] in
    guard let tokens else { return settings }
    var settings = settings
    settings.token = Secret(tokens())
    return settings
  }
  let application = StatusDoor(asked, source: source)
    .application(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) { signal.yield($0) }
  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask {
      do {
        try await application.run()
        signal.finish()
      } catch {
        signal.finish(throwing: error)
      }
    }
    defer { group.cancelAll() }
    for try await endpoint in running { return try await body("http://\(endpoint)", endpoint.port) }
    throw CancellationError()
  }
}
