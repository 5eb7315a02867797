import NIOCore
import NIOPosix

/// Writes bytes to a port as they are and reads answers without a body, so that a test decides what is pipelined.
enum RawClient {
  /// - Returns: the answers' status codes, as many as were asked for or had come when the other side closed.
  static func exchange(port: Int, _ requests: String, answers: Int) async throws -> [Int] {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let done = loop.makePromise(of: [Int].self)
    let channel = try await ClientBootstrap(group: loop)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(AnswerReader(answers: answers, done: done))
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
    try await channel.writeAndFlush(ByteBuffer(string: requests))
    let statuses = try await done.futureResult.get()
    try? await channel.close()
    return statuses
  }

  /// Sends and reads nothing, so that a test decides when to leave.
  static func send(port: Int, _ requests: String) async throws -> any Channel {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: port).get()
    try await channel.writeAndFlush(ByteBuffer(string: requests))
    return channel
  }

  static func post(_ headers: [(String, String)] = [], body: String = "{}") -> String {
    let lines = headers.map { "\($0.0): \($0.1)\r\n" }.joined()
    return "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: \(body.utf8.count)\r\n\(lines)\r\n\(body)"
  }

  private final class AnswerReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let answers: Int
    private let done: EventLoopPromise<[Int]>
    private var text = ""

    init(answers: Int, done: EventLoopPromise<[Int]>) {
      self.answers = answers
      self.done = done
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      text += String(buffer: unwrapInboundIn(data))
      if statuses.count >= answers { done.succeed(statuses) }
    }

    func channelInactive(context: ChannelHandlerContext) { done.succeed(statuses) }

    private var statuses: [Int] {
      text.components(endingIn: "\r\n\r\n").compactMap { Int($0.dropFirst("HTTP/1.1 ".count).prefix(3)) }
    }
  }
}

extension String {
  /// The parts that are complete.
  fileprivate func components(endingIn end: String) -> [Substring] {
    var parts: [Substring] = []
    var rest = self[...]
    while let range = rest.firstRange(of: end) {
      parts.append(rest[..<range.lowerBound])
      rest = rest[range.upperBound...]
    }
    return parts
  }
}
