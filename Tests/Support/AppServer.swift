import Model
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An app that gets copies, played by a test: it keeps every request as it came and answers as its script says.
package final class AppServer: Sendable {
  package struct Request: Sendable {
    /// In the order of arrival of the whole request, from 1.
    package var number: Int
    /// In the order in which connections were opened, from 1.
    package var connection: Int
    package var method: String
    package var uri: String
    package var version: HTTPVersion
    /// In the order in which they came, names as they were written.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    /// All values of a header, whatever the case of its name.
    package subscript(_ name: String) -> [String] {
      headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }
  }

  package typealias Script = @Sendable (Request) -> AppAnswer

  package let host: String
  package let requests = Tape<Request>()
  /// The number of each connection, when it was opened.
  package let connections = Tape<Int>()
  /// The number of each connection, when it ended.
  package let disconnections = Tape<Int>()
  private let script: Script
  private let numbers = Mutex((requests: 0, connections: 0))
  private let open = Mutex<[Int: any Channel]>([:])
  private let listener = Mutex<(any Channel)?>(nil)

  /// Listens for as long as `body` runs.
  /// - Parameter port: 0 for one of the system's choice.
  /// - Parameter script: gives the answer to each request. Called on an event loop; must not block.
  package static func with<Result: Sendable>(
    host: String = "127.0.0.1", port: Int = 0, answering script: @escaping Script = { _ in .status(200) },
    _ body: (AppServer) async throws -> Result
  ) async throws -> Result {
    let server = AppServer(host: host, script: script)
    try await server.listen(port)
    do {
      let result = try await body(server)
      await server.close()
      return result
    } catch {
      await server.close()
      throw error
    }
  }

  private init(host: String, script: @escaping Script) {
    self.host = host
    self.script = script
  }

  package var port: Int { listener.withLock { $0?.localAddress?.port } ?? 0 }

  package func url(_ path: String = "/hook") -> String { "http://\(Endpoint(host: host, port: port))\(path)" }

  /// The first so many requests, once they are whole.
  package func requests(_ count: Int) async throws -> [Request] { try await requests.first(count) }

  package func request(_ number: Int) async throws -> Request { try await requests(number)[number - 1] }

  /// Ends every connection that is open now, and returns when they are closed on this side.
  package func closeConnections() async {
    for channel in open.withLock({ Array($0.values) }) { try? await channel.close() }
  }

  private func listen(_ port: Int) async throws {
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelOption(.backlog, value: 1_024)
      .childChannelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture {
          let number = entered(channel)
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
          try pipeline.addHandler(AppConnection(server: self, number: number))
        }
      }
    let channel = try await bootstrap.bind(host: host, port: port).get()
    listener.withLock { $0 = channel }
  }

  private func close() async {
    try? await listener.withLock { $0 }?.close()
    await closeConnections()
  }

  private func entered(_ channel: any Channel) -> Int {
    let number = numbers.withLock { numbers in
      numbers.connections += 1
      return numbers.connections
    }
    open.withLock { $0[number] = channel }
    channel.closeFuture.whenComplete { [self] _ in
      _ = open.withLock { $0.removeValue(forKey: number) }
      disconnections.append(number)
    }
    connections.append(number)
    return number
  }

  fileprivate func came(_ head: HTTPRequestHead, _ body: [UInt8], connection: Int) -> AppAnswer {
    let number = numbers.withLock { numbers in
      numbers.requests += 1
      return numbers.requests
    }
    let request = Request(
      number: number, connection: connection, method: head.method.rawValue, uri: head.uri, version: head.version,
      headers: head.headers.map { ($0.name, $0.value) }, body: body)
    let answer = script(request)
    requests.append(request)
    return answer
  }
}

/// What an app does with a request once it has it whole.
package struct AppAnswer: Sendable {
  package enum Ending: Sendable {
    /// The connection stays open for the next request.
    case keep
    /// The app closes the connection after the bytes.
    case close
    /// More of the same bytes, for as long as somebody reads.
    case endless
  }

  /// As they go over the wire, head and body.
  package var bytes: [UInt8]
  package var ending = Ending.keep
  /// Nothing is sent before this is open.
  package var latch: Latch?

  /// A whole answer with Content-Length.
  package static func status(_ status: Int, headers: [(String, String)] = [], body: [UInt8] = []) -> AppAnswer {
    var head = "HTTP/1.1 \(status) Answer\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    if status >= 200, status != 204, status != 304 { head += "content-length: \(body.count)\r\n" }
    return AppAnswer(bytes: Array((head + "\r\n").utf8) + body)
  }

  /// Any bytes, which need be no answer, or only a part of one.
  package static func raw(_ text: String, then ending: Ending = .keep) -> AppAnswer {
    AppAnswer(bytes: Array(text.utf8), ending: ending)
  }

  /// Takes the request and never answers.
  package static let silence = AppAnswer(bytes: [])

  /// Takes the request and closes the connection.
  package static let disconnect = AppAnswer(bytes: [], ending: .close)

  /// The same, but not before the test opens the latch.
  package func after(_ latch: Latch) -> AppAnswer {
    var answer = self
    answer.latch = latch
    return answer
  }
}

/// One connection to the app: a request after the other.
private final class AppConnection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = ByteBuffer

  private let server: AppServer
  private let number: Int
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []

  init(server: AppServer, number: Int) {
    self.server = server
    self.number = number
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body(let part): body += part.readableBytesView
    case .end:
      guard let head = head.take() else { return }
      let answer = server.came(head, body, connection: number)
      body = []
      send(answer, on: context.channel)
    }
  }

  private func send(_ answer: AppAnswer, on channel: any Channel) {
    guard let latch = answer.latch else { return Self.write(answer, on: channel) }
    latch.whenOpen { channel.eventLoop.execute { Self.write(answer, on: channel) } }
  }

  private static func write(_ answer: AppAnswer, on channel: any Channel) {
    let written = channel.writeAndFlush(ByteBuffer(bytes: answer.bytes))
    switch answer.ending {
    case .keep: break
    case .close: written.whenComplete { _ in channel.close(promise: nil) }
    case .endless: written.whenSuccess { write(answer, on: channel) }
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
