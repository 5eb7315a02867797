import NIOCore
import NIOPosix

/// Sends the bytes, reads until the other side ends, and gives what came. A request that wants this end says
/// `Connection: close`; `halfClose` ends our side after the bytes.
package func raw(
  _ bytes: [UInt8], host: String, port: Int, halfClose: Bool = false
) async throws -> [UInt8] {
  try await RawConnection.with(host: host, port: port, sending: bytes) { connection in
    if halfClose { try await connection.endSending() }
    return try await connection.readToEnd()
  }
}

/// A TCP connection of bytes, for what no well-behaved client sends: half requests, pipelines, slow writers, cut connections.
package struct RawConnection: Sendable {
  private let channel: any Channel
  private let inbox: NIOLoopBound<Inbox>

  /// With no byte, or nothing else that it waits for, for so long a test gives up. A machine that is busy with other tests may need some of it.
  package static let patience: TimeAmount = .minutes(2)

  /// Opens, runs, and closes in every case.
  /// - Parameters:
  ///   - reads: false for a client that takes in nothing of what is sent to it.
  ///   - first: sent by the event loop as soon as the connection is there, so that no time-out of the other side can pass
  ///     before that, however busy the machine is.
  package static func with<Result: Sendable>(
    host: String, port: Int, reads: Bool = true, sending first: [UInt8] = [], _ body: (RawConnection) async throws -> Result
  ) async throws -> Result {
    let (channel, inbox) = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(patience)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .channelOption(.autoRead, value: reads)
      .connect(host: host, port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          let inbox = Inbox(greeting: first)
          try channel.pipeline.syncOperations.addHandler(IdleStateHandler(readTimeout: patience))
          try channel.pipeline.syncOperations.addHandler(inbox)
          return (channel, NIOLoopBound(inbox, eventLoop: channel.eventLoop))
        }
      }
    let connection = RawConnection(channel: channel, inbox: inbox)
    do {
      let result = try await body(connection)
      try? await channel.close()
      return result
    } catch {
      try? await channel.close()
      throw error
    }
  }

  /// Returns when the system has taken the bytes.
  package func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

  package func send(_ text: String) async throws { try await send(Array(text.utf8)) }

  /// The other side reads an end; it can still answer.
  package func endSending() async throws { try await channel.close(mode: .output) }

  /// Everything that came and was not read yet, once `isEnough` says so of it.
  /// - Throws: `.disconnected` if the other side ends before, `.timedOut` if nothing comes for as long as tests have patience.
  package func read(until isEnough: @escaping @Sendable ([UInt8]) -> Bool) async throws -> [UInt8] {
    try await take { bytes, hasEnded in
      if isEnough(bytes) { return .success(bytes) }
      return hasEnded ? .failure(HTTPTestError.disconnected) : nil
    }
  }

  /// Everything that came and was not read yet, once it holds the text.
  package func read(until text: String) async throws -> [UInt8] {
    try await read { String(decoding: $0, as: UTF8.self).contains(text) }
  }

  /// Everything that came and was not read yet, once the other side has ended, by an end or a reset.
  package func readToEnd() async throws -> [UInt8] {
    try await take { bytes, hasEnded in hasEnded ? .success(bytes) : nil }
  }

  /// True if the connection ended by a reset, or by another error, and not by an end that was sent.
  package func wasReset() async throws -> Bool { try await channel.eventLoop.submit { inbox.value.wasReset }.get() }

  private func take(_ wanted: @escaping Inbox.Wanted) async throws -> [UInt8] {
    let promise = channel.eventLoop.makePromise(of: [UInt8].self)
    channel.eventLoop.execute { inbox.value.wait(for: wanted, promise) }
    return try await promise.futureResult.get()
  }
}

/// What has come, and at most one reader who waits for more.
private final class Inbox: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  /// nil to wait for more.
  typealias Wanted = @Sendable (_ bytes: [UInt8], _ hasEnded: Bool) -> Result<[UInt8], any Error>?

  typealias OutboundOut = ByteBuffer

  private let greeting: [UInt8]
  private var bytes: [UInt8] = []
  private var hasEnded = false
  private var hasTimedOut = false
  private(set) var wasReset = false
  private var waiting: (wanted: Wanted, promise: EventLoopPromise<[UInt8]>)?

  init(greeting: [UInt8]) { self.greeting = greeting }

  func channelActive(context: ChannelHandlerContext) {
    if !greeting.isEmpty { context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: greeting)), promise: nil) }
    context.fireChannelActive()
  }

  func wait(for wanted: @escaping Wanted, _ promise: EventLoopPromise<[UInt8]>) {
    precondition(waiting == nil, "one reader at a time")
    waiting = (wanted, promise)
    hasTimedOut = false
    answer()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    bytes += unwrapInboundIn(data).readableBytesView
    answer()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed { hasEnded = true }
    if event is IdleStateHandler.IdleStateEvent { hasTimedOut = true }
    answer()
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    hasEnded = true
    wasReset = true
    answer()
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    hasEnded = true
    answer()
  }

  private func answer() {
    guard let (wanted, promise) = waiting else { return }
    if let result = wanted(bytes, hasEnded) {
      waiting = nil
      bytes = []
      promise.completeWith(result)
    } else if hasTimedOut {
      waiting = nil
      promise.fail(HTTPTestError.timedOut)
    }
  }
}
