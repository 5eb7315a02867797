import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// An app that keeps every copy it gets, and answers as it is told.
final class RecordingApp: Sendable {
  /// A request, whole, as it came.
  struct Copy: Sendable {
    var head: HTTPRequestHead
    var body: [UInt8]

    /// The only value of a header; "" if there is none or more than one.
    subscript(_ name: String) -> String {
      let values = head.headers[name]
      return values.count == 1 ? values[0] : ""
    }
    var id: String { self["webhook-id"] }
  }

  enum Answer: Sendable {
    case status(Int)
    /// Not before `release()`.
    case held
  }

  struct Log: Sendable {
    var copies: [Copy] = []
    /// How often each webhook-id came.
    var asked: [String: Int] = [:]
    /// How often each was answered 2xx.
    var taken: [String: Int] = [:]
    /// Answers are still to be given.
    var held: [@Sendable () -> Void] = []

    var repeats: Int { taken.values.reduce(0) { $0 + $1 - 1 } }
  }

  let log: Watched<Log>
  let port: Int
  private let listener: any Channel

  var url: String { "http://127.0.0.1:\(port)/hook" }

  /// - Parameters:
  ///   - place: where to listen; nil for a port of the system's choice.
  ///   - answer: to a copy, knowing how many came before with its webhook-id.
  static func start(
    at place: ReservedPort? = nil, answer: @escaping @Sendable (_ copy: Copy, _ earlier: Int) -> Answer = { _, _ in .status(200) }
  ) async throws -> RecordingApp {
    let log = Watched(Log())
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 512)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(AppConnection(log: log, answer: answer))
        }
      }
    let listener =
      if let place { try await bootstrap.withBoundSocket(place.socket).get() } else {
        try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
      }
    return RecordingApp(log: log, listener: listener)
  }

  private init(log: Watched<Log>, listener: any Channel) {
    self.log = log
    self.listener = listener
    port = listener.localAddress?.port ?? 0
  }

  deinit { listener.close(promise: nil) }

  var copies: [Copy] { log.read(\.copies) }
  func count(of id: String) -> Int { log.read { $0.asked[id, default: 0] } }

  /// The first so many copies, as soon as they are there.
  func copies(atLeast count: Int) async throws -> [Copy] {
    try await log.first { $0.copies.count >= count ? $0.copies : nil }
  }

  /// Returns when a copy with this webhook-id was answered 2xx.
  func taken(_ id: String) async throws { try await log.until { $0.taken[id] != nil } }

  /// Answers 200 to all that was held.
  func release() {
    for answer in log.change({ log in
      defer { log.held = [] }
      return log.held
    }) { answer() }
  }
}

/// A port of 127.0.0.1 on which nobody listens, and nobody else can, until an app does. Connections to it are refused.
struct ReservedPort: Sendable {
  struct Failed: Error { var errno: Int32 }

  let socket: CInt
  let port: Int

  /// - Parameter isLent: a program of the same user that sets SO_REUSEADDR can listen on it, too, again and again.
  init(isLent: Bool = false) throws {
    socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var yes: CInt = 1
    if isLent { setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size)) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { [socket] pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, size) == 0 ? getsockname(socket, $0, &size) : -1 }
    }
    guard code == 0 else { throw Failed(errno: errno) }
    port = Int(UInt16(bigEndian: address.sin_port))
  }

  var url: String { "http://127.0.0.1:\(port)/hook" }
}

private final class AppConnection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let log: Watched<RecordingApp.Log>
  private let answer: @Sendable (RecordingApp.Copy, Int) -> RecordingApp.Answer
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []

  init(log: Watched<RecordingApp.Log>, answer: @escaping @Sendable (RecordingApp.Copy, Int) -> RecordingApp.Answer) {
    self.log = log
    self.answer = answer
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body = []
    case .body(let part): body += part.readableBytesView
    case .end:
      guard let head else { preconditionFailure("an end has a beginning") }
      took(RecordingApp.Copy(head: head, body: body), context)
    }
  }

  private func took(_ copy: RecordingApp.Copy, _ context: ChannelHandlerContext) {
    let me = NIOLoopBound(self, eventLoop: context.eventLoop)
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    let log = log
    let status: Int? = log.change { state in
      let earlier = state.asked[copy.id, default: 0]
      state.asked[copy.id] = earlier + 1
      state.copies.append(copy)
      switch answer(copy, earlier) {
      case .status(let status):
        if (200..<300).contains(status) { state.taken[copy.id, default: 0] += 1 }
        return status
      case .held:
        state.held.append {
          log.change { $0.taken[copy.id, default: 0] += 1 }
          bound.eventLoop.execute { me.value.write(200, bound.value) }
        }
        return nil
      }
    }
    if let status { write(status, context) }
  }

  private func write(_ status: Int, _ context: ChannelHandlerContext) {
    let head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: ["content-length": "0"])
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
