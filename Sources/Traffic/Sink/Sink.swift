import Glibc
import Model
import NIOCore
import NIOHTTP1
import NIOPosix

/// An app that takes copies, on a port, on one event loop.
package final class Sink: Sendable {
  /// Where it listens, with the real port.
  package let endpoint: Endpoint
  private let desk: NIOLoopBound<SinkDesk>
  private let done: EventLoopFuture<SinkSummary>

  /// Listens from the return on.
  /// - Throws: `TrafficError` if it cannot listen, or cannot write the record.
  package static func start(_ settings: SinkSettings, clock: @escaping Clock) async throws -> Sink {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let done = loop.makePromise(of: SinkSummary.self)
    do {
      let desk = try await loop.submit {
        let record = try settings.record.map { try RecordFile(path: $0) }
        let app = SinkApp(settings, record: record, clock: clock)
        return NIOLoopBound(SinkDesk(app: app, settings: settings, loop: loop, done: done), eventLoop: loop)
      }.get()
      let listener = try await listen(settings, loop: loop, desk: desk)
      try await loop.submit { desk.value.opened(listener) }.get()
      let endpoint = Endpoint(host: settings.listen.host, port: listener.localAddress?.port ?? settings.listen.port)
      return Sink(endpoint: endpoint, desk: desk, done: done.futureResult)
    } catch {
      done.fail(error)
      throw error
    }
  }

  private init(endpoint: Endpoint, desk: NIOLoopBound<SinkDesk>, done: EventLoopFuture<SinkSummary>) {
    self.endpoint = endpoint
    self.desk = desk
    self.done = done
  }

  /// Ends it. What is not answered yet will not be. From any thread, any number of times.
  package func stop() {
    done.eventLoop.execute { [desk] in desk.value.end(nil) }
  }

  package func snapshot() async throws -> SinkSummary {
    try await done.eventLoop.submit { [desk] in desk.value.app.summary }.get()
  }

  /// The end: by `stop`, `until` or `idle`.
  /// - Throws: `.record` if a copy could not be recorded.
  package var summary: SinkSummary {
    get async throws { try await done.get() }
  }

  private static func listen(_ settings: SinkSettings, loop: any EventLoop, desk: NIOLoopBound<SinkDesk>) async throws -> any Channel {
    let bootstrap = ServerBootstrap(group: loop)
      .serverChannelOption(.backlog, value: 1_024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: false)
          try channel.pipeline.syncOperations.addHandler(desk.value.connection(channel))
        }
      }
    do {
      return try await bootstrap.bind(host: settings.listen.host, port: settings.listen.port).get()
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw TrafficError.addressInUse(settings.listen)
    } catch let error as IOError {
      throw TrafficError.listen(settings.listen, reason: String(cString: strerror(error.errnoCode)))
    } catch {
      throw TrafficError.listen(settings.listen, reason: "the host cannot be resolved")
    }
  }
}

/// The sink's connections and its end. Lives on the event loop.
private final class SinkDesk {
  let app: SinkApp
  private let settings: SinkSettings
  private let loop: any EventLoop
  private let done: EventLoopPromise<SinkSummary>
  private var listener: (any Channel)?
  private var connections: [ObjectIdentifier: any Channel] = [:]
  private var isEnded = false

  init(app: SinkApp, settings: SinkSettings, loop: any EventLoop, done: EventLoopPromise<SinkSummary>) {
    self.app = app
    self.settings = settings
    self.loop = loop
    self.done = done
  }

  func opened(_ listener: any Channel) {
    self.listener = listener
    if let idle = settings.idle { watch(idle) }
  }

  func connection(_ channel: any Channel) -> SinkConnection {
    let id = ObjectIdentifier(channel)
    connections[id] = channel
    channel.closeFuture.assumeIsolated().whenComplete { [self] _ in connections[id] = nil }
    return SinkConnection(app: app, delay: .nanoseconds(settings.delay.nanoseconds)) { [self] error in
      if error != nil || app.hasEnough { end(error) }
    }
  }

  func end(_ error: TrafficError?) {
    guard !isEnded else { return }
    isEnded = true
    let summary = app.summary
    listener?.close(promise: nil)
    for channel in Array(connections.values) { channel.close(promise: nil) }
    if let error { done.fail(error) } else { done.succeed(summary) }
  }

  private func watch(_ idle: Duration) {
    let left = idle - (app.now - app.lastRequestAt)
    guard left > .zero else { return end(nil) }
    loop.assumeIsolated().scheduleTask(in: .nanoseconds(left.nanoseconds)) { [self] in
      if !isEnded { watch(idle) }
    }
  }
}
