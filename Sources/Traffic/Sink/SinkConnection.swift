import Model
import NIOCore
import NIOHTTP1

/// One connection to the sink. The pipeline handler before it lets one request in at a time, so answers are in order.
final class SinkConnection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  /// A larger body is answered 413.
  static let bodyBytesMax = 1024 * 1024

  private let app: SinkApp
  private let delay: TimeAmount
  /// After each answer, and with the error after which there can be no more.
  private let answered: (TrafficError?) -> Void
  private var context: ChannelHandlerContext?
  private var isKeptAlive = true
  private var refusal: HTTPResponseStatus?
  private var copy = Copy()
  private var body = ByteBuffer()
  /// When the request came that is not answered yet.
  private var arrivedAt: Instant?

  init(app: SinkApp, delay: TimeAmount, answered: @escaping (TrafficError?) -> Void) {
    self.app = app
    self.delay = delay
    self.answered = answered
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }
  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): begin(head)
    case .body(let bytes):
      if body.readableBytes + bytes.readableBytes > Self.bodyBytesMax { refusal = .payloadTooLarge }
      if refusal == nil { body.writeImmutableBuffer(bytes) }
    case .end: end(context)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    if arrivedAt != nil { app.abandoned() }
    arrivedAt = nil
    self.context = nil
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func begin(_ head: HTTPRequestHead) {
    isKeptAlive = head.isKeepAlive
    refusal = head.method == .POST ? nil : .methodNotAllowed
    body.clear()
    copy = Copy()
    for (name, value) in head.headers { copy.read(header: name, value: value) }
  }

  private func end(_ context: ChannelHandlerContext) {
    if let refusal {
      app.refused(Int(refusal.code))
      return write(refusal, context)
    }
    arrivedAt = app.now
    let decision = body.withUnsafeReadableBytes { app.requested(copy, body: $0) }
    switch decision {
    case .never: break
    case .answer(let status) where delay > .zero:
      context.eventLoop.assumeIsolated().scheduleTask(in: delay) { self.answer(status) }
    case .answer(let status): answer(status)
    }
  }

  private func answer(_ status: Int) {
    guard let context, let arrivedAt else { return }
    self.arrivedAt = nil
    do {
      try app.answers(status, to: copy, arrivedAt: arrivedAt)
    } catch {
      context.close(promise: nil)
      return answered(error)
    }
    write(HTTPResponseStatus(statusCode: status), context)
    answered(nil)
  }

  private func write(_ status: HTTPResponseStatus, _ context: ChannelHandlerContext) {
    var headers: HTTPHeaders = [:]
    if status.mayHaveResponseBody { headers.add(name: "content-length", value: "0") }
    if status == .methodNotAllowed { headers.add(name: "allow", value: "POST") }
    if !isKeptAlive { headers.add(name: "connection", value: "close") }
    context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
    guard isKeptAlive else {
      let channel = context.channel
      context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
      return
    }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}
