import Foundation
import Hummingbird
import Logging
import Model
import NIOCore
import Observe

/// The operator's door: a second listener. The page only shows; what changes something is below /api/v1.
package struct StatusDoor: Sendable {
  /// More connections wait in the kernel's backlog.
  private static let connectionsMax = 256
  private static let idleTimeout: TimeAmount = .seconds(60)

  private let settings: @Sendable () -> StatusSettings
  private let source: StatusSource

  /// - Parameter settings: asked for their token with every request, and for where to listen once, at the start.
  /// - Precondition: they have a token, not an empty one, unless they listen on loopback.
  package init(_ settings: @escaping @Sendable () -> StatusSettings, source: StatusSource) {
    self.settings = settings
    self.source = source
  }

  package init(_ settings: StatusSettings, source: StatusSource) { self.init({ settings }, source: source) }

  /// A service: `run()` serves until it is cancelled or gracefully shut down, and throws if the address cannot be bound.
  /// - Parameter onRunning: gets the address in use, with the real port where the settings say 0.
  package func application(
    logger: Logger, onRunning: @escaping @Sendable (Endpoint) async -> Void = { _ in }
  ) -> some ApplicationProtocol {
    let listen = settings().listen
    let host = listen.host
    let room = LiveRoom(source)
    return Application(
      router: router(room),
      server: .http1(configuration: .init(idleTimeout: Self.idleTimeout)),
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: listen.port),
        availableConnectionsDelegate: .maximum(Self.connectionsMax, logger: logger)),
      services: [LiveTicker(room: room, every: source.liveEvery)],
      onServerRunning: { channel in
        guard let port = channel.localAddress?.port else { preconditionFailure("a bound TCP listener has a port") }
        await onRunning(Endpoint(host: host, port: port))
      },
      logger: logger)
  }

  private func router(_ room: LiveRoom) -> Router<DoorContext> {
    let router = Router(context: DoorContext.self)
    router.add(middleware: Traced(observer: source.observer, clock: source.clock))
    router.add(middleware: KnownMethods())
    let gate: @Sendable () -> Gate = { [settings, source] in Gate(settings(), orderKeys: { source.configuration().orderKeys }) }
    // What the settings must be shows here, and not only at the first request.
    _ = gate()
    router.add(middleware: Guarded(gate, source: source))
    // Within the gate, so that nobody without a token takes the place of what is counted, and an error is counted as one.
    router.add(middleware: MetricsMiddleware())
    for (path, methods) in PagePaths(source, room).all { serve(path, methods, on: router) }
    for (path, calls) in Dictionary(grouping: calls, by: \.path) { serve(RouterPath(path), Self.methods(of: calls), on: router) }
    return router
  }

  /// All that is served but the page.
  private var calls: [Call] {
    let `operator` = Operator(source)
    let calls =
      StatusPaths(source).calls + OperatorPaths(`operator`).calls + SearchPaths(`operator`).calls
      + OrderPaths(`operator`).calls + LogPaths(source).calls + BackupPaths(`operator`).calls
    return calls + [OpenAPI.call(describing: calls, version: source.version)]
  }

  private static func methods(of calls: [Call]) -> [HTTPRequest.Method: OperatorPaths.Answering] {
    Dictionary(
      uniqueKeysWithValues: calls.map { call in
        (call.method, { @Sendable request, context in try await call.answer(Asked(request, context, of: call)) })
      })
  }

  /// A HEAD is answered like its GET, and `Guarded` leaves the body out. Methods that are not here are 405.
  private func serve(
    _ path: RouterPath, _ methods: [HTTPRequest.Method: OperatorPaths.Answering], on router: Router<DoorContext>
  ) {
    var methods = methods
    methods[.head] = methods[.get]
    let allowed = methods.keys.map(\.rawValue).sorted().joined(separator: ", ")
    for method in KnownMethods<DoorContext>.all {
      if let answer = methods[method] {
        router.on(path, method: method, use: answer)
      } else {
        router.on(path, method: method) { _, _ in
          var response = try Response.problem(.methodNotAllowed, "Here are served: \(allowed).")
          response.headers[.allow] = allowed
          return response
        }
      }
    }
  }
}
