import NIOCore
import NIOHTTP1
import NIOPosix

/// An answer, whole.
package struct HTTPResponse: Sendable {
  package var status: Int
  package var headers: HTTPHeaders
  package var body: [UInt8]

  package var text: String { String(decoding: body, as: UTF8.self) }

  /// The only value of a header; nil if there is none or more than one.
  package subscript(_ name: String) -> String? {
    let values = headers[name]
    return values.count == 1 ? values[0] : nil
  }
}

package enum HTTPTestError: Error, Equatable {
  case badURL(String)
  /// The connection ended before the answer was whole.
  case disconnected
  /// Nothing more came for so long.
  case timedOut
}

/// Asks once, on a connection of its own, and closes it. Follows no redirect.
/// - Parameters:
///   - url: `http://host:port/path?query`. What stands behind the authority is sent as it is, never encoded again.
///   - headers: in this order, repeated ones included. Host and Content-Length are added unless they are here.
///   - body: nil sends neither a body nor Content-Length.
package func http(
  _ method: String, _ url: String, headers: [(String, String)] = [], body: [UInt8]? = nil
) async throws -> HTTPResponse {
  let target = try HTTPTarget(url)
  var head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: target.uri)
  head.headers = HTTPHeaders(headers)
  if !head.headers.contains(name: "host") { head.headers.add(name: "Host", value: target.authority) }
  if let body, !head.headers.contains(name: "content-length") {
    head.headers.add(name: "Content-Length", value: String(body.count))
  }
  let request = head
  let group = MultiThreadedEventLoopGroup.singleton
  let promise = group.next().makePromise(of: HTTPResponse.self)
  let channel: any Channel
  do {
    channel = try await ClientBootstrap(group: group).connectTimeout(RawConnection.patience)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          try channel.pipeline.syncOperations.addHandler(IdleStateHandler(readTimeout: RawConnection.patience))
          try channel.pipeline.syncOperations.addHandler(Exchange(request, body, promise))
        }
      }
      .connect(host: target.host, port: target.port).get()
  } catch {
    promise.fail(error)
    throw error
  }
  let result = await promise.futureResult.result()
  try? await channel.close()
  return try result.get()
}

extension EventLoopFuture where Value: Sendable {
  fileprivate func result() async -> Result<Value, any Error> {
    do { return .success(try await get()) } catch { return .failure(error) }
  }
}

/// The parts of a URL, cut and not interpreted.
struct HTTPTarget: Equatable {
  var host: String
  var port: Int
  var uri: String
  var authority: String

  init(_ url: String) throws {
    let scheme = "http://"
    guard url.hasPrefix(scheme) else { throw HTTPTestError.badURL(url) }
    let rest = url.dropFirst(scheme.count)
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    let authority = String(rest[..<end])
    self.authority = authority
    uri = end == rest.endIndex ? "/" : rest[end] == "?" ? "/" + rest[end...] : String(rest[end...])
    // A colon inside the brackets of an IPv6 address is not the port's.
    let afterHost = authority.lastIndex(of: "]") ?? authority.startIndex
    let colon = authority[afterHost...].lastIndex(of: ":")
    let name = authority[..<(colon ?? authority.endIndex)]
    host = String(name.hasPrefix("[") ? name.dropFirst().dropLast() : name)
    let digits = colon.map { authority[$0...].dropFirst() } ?? "80"
    guard !host.isEmpty, let port = Int(digits) else { throw HTTPTestError.badURL(url) }
    self.port = port
  }
}

/// Sends the request by itself as soon as it is connected, since a test may wait for its turn longer than a server waits for a request.
/// Fulfils its promise exactly once: with the answer, or with why there is none.
private final class Exchange: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  private let head: HTTPRequestHead
  private let body: [UInt8]?
  private let promise: EventLoopPromise<HTTPResponse>
  private var response = HTTPResponse(status: 0, headers: [:], body: [])
  private var isDone = false

  init(_ head: HTTPRequestHead, _ body: [UInt8]?, _ promise: EventLoopPromise<HTTPResponse>) {
    self.head = head
    self.body = body
    self.promise = promise
  }

  func channelActive(context: ChannelHandlerContext) {
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if let body { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil) }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): response = HTTPResponse(status: Int(head.status.code), headers: head.headers, body: [])
    case .body(let buffer): response.body += buffer.readableBytesView
    // 100 Continue and its like announce the answer and are none.
    case .end: if response.status >= 200 { finish(.success(response)) }
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is IdleStateHandler.IdleStateEvent { finish(.failure(HTTPTestError.timedOut)) }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { finish(.failure(error)) }
  func channelInactive(context: ChannelHandlerContext) { finish(.failure(HTTPTestError.disconnected)) }

  private func finish(_ result: Result<HTTPResponse, any Error>) {
    guard !isDone else { return }
    isDone = true
    promise.completeWith(result)
  }
}
