import Model
import NIOCore
import NIOHTTP1
import NIOPosix

extension PublicDoor {
  /// Of the answer to who asks with the right token whether the door is ready.
  package static let instanceHeader = "relay-instance"
  /// Tells this process from others, and nothing else.
  package static let instance = String(UInt64.random(in: 1...UInt64.max), radix: 16)

  private static let probeTimeout: TimeAmount = .seconds(2)

  /// Asks the door over a real connection whether it answers: a process can be up and no longer accept.
  /// - Returns: within two seconds, or a little more if the rules change meanwhile.
  package func answers() async -> Bool {
    while true {
      let asked = rules
      if await probe(asked.probeTarget) == .answered { return true }
      // The token may just have gone.
      if asked === rules { return false }
    }
  }

  /// Whether the door takes connections, also if there are already too many of them and it turns this one away.
  /// - Returns: within two seconds, unless the event loops do not turn.
  package func takesConnections() async -> Bool { await probe(rules.probeTarget) != .nothing }

  /// - Parameter then: is called once every event loop has come around.
  package func ping(_ then: @escaping @Sendable () -> Void) {
    let turned = group.makeIterator().map { $0.submit {} }
    EventLoopFuture.andAllComplete(turned, on: group.any()).whenComplete { _ in then() }
  }

  private func probe(_ target: String) async -> ProbeResult {
    let host = listen.host == "0.0.0.0" ? "127.0.0.1" : listen.host == "::" ? "::1" : listen.host
    let answered = group.any().makePromise(of: ProbeResult.self)
    let deadline = group.any().scheduleTask(in: Self.probeTimeout) { answered.succeed(.nothing) }
    defer { deadline.cancel() }
    let connecting = ClientBootstrap(group: group).connectTimeout(Self.probeTimeout).channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHTTPClientHandlers()
        try channel.pipeline.syncOperations.addHandler(Probe(target: target, host: host, answered: answered))
      }
    }.connect(host: host, port: port)
    connecting.whenFailure { _ in answered.succeed(.nothing) }
    let result = (try? await answered.futureResult.get()) ?? .nothing
    connecting.whenSuccess { $0.close(promise: nil) }
    return result
  }
}

private enum ProbeResult {
  case answered
  /// Another answer, or the connection was ended without one.
  case turnedAway
  case nothing
}

private final class Probe: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  private let target: String
  private let host: String
  private let answered: EventLoopPromise<ProbeResult>

  init(target: String, host: String, answered: EventLoopPromise<ProbeResult>) {
    self.target = target
    self.host = host
    self.answered = answered
  }

  func channelActive(context: ChannelHandlerContext) {
    let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: ["host": host, "connection": "close"])
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .head(let head) = unwrapInboundIn(data) { answered.succeed(head.status == .ok ? .answered : .turnedAway) }
  }

  func channelInactive(context: ChannelHandlerContext) { answered.succeed(.turnedAway) }
  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Everything but unreserved characters (RFC 3986, 2.3), so that any token survives the way through a query.
package func percentEncoded(_ text: String) -> String {
  let digits = Array("0123456789ABCDEF".utf8)
  var bytes: [UInt8] = []
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
      bytes.append(byte)
    default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}
