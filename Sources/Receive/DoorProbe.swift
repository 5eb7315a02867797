import Model
import NIOCore
import NIOHTTP1
import NIOPosix

extension PublicDoor {
  private static let probeTimeout: TimeAmount = .seconds(2)

  /// Asks the door over a real connection whether it answers: a process can be up and no longer accept.
  /// - Returns: within two seconds, or a little more if the rules change meanwhile.
  package func answers() async -> Bool {
    while true {
      let asked = rules
      if await answers(to: asked.probeTarget) { return true }
      // The token may just have gone.
      if asked === rules { return false }
    }
  }

  private func answers(to target: String) async -> Bool {
    let host = listen.host == "0.0.0.0" ? "127.0.0.1" : listen.host == "::" ? "::1" : listen.host
    let answered = group.any().makePromise(of: Bool.self)
    let deadline = group.any().scheduleTask(in: Self.probeTimeout) { answered.succeed(false) }
    defer { deadline.cancel() }
    let connecting = ClientBootstrap(group: group).connectTimeout(Self.probeTimeout).channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHTTPClientHandlers()
        try channel.pipeline.syncOperations.addHandler(Probe(target: target, host: host, answered: answered))
      }
    }.connect(host: host, port: port)
    connecting.whenFailure { _ in answered.succeed(false) }
    let isAnswered = (try? await answered.futureResult.get()) ?? false
    connecting.whenSuccess { $0.close(promise: nil) }
    return isAnswered
  }
}

private final class Probe: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  private let target: String
  private let host: String
  private let answered: EventLoopPromise<Bool>

  init(target: String, host: String, answered: EventLoopPromise<Bool>) {
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
    if case .head(let head) = unwrapInboundIn(data) { answered.succeed(head.status == .ok) }
  }

  func channelInactive(context: ChannelHandlerContext) { answered.succeed(false) }
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
