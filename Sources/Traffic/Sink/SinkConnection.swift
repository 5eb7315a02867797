import DequeModule
import Model
import NIOCore
import NIOHTTP1

/// One connection to the sink. Answers are in the order of the requests, whatever each takes.
///
/// It does its own pipelining because NIO's handler for it stops reading until the answer, and so would not see a sender that
/// goes away meanwhile.
final class SinkConnection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  /// A larger body is answered 413.
  static let bodyBytesMax = 1024 * 1024
  /// Requests waiting for their answers on one connection; one more closes it.
  static let pipelinedMax = 1_024

  private struct Request {
    var copy = Copy()
    var isKeptAlive = true
    var refusal: HTTPResponseStatus?
    var arrivedAt = Instant(microseconds: 0)
    var decision = SinkApp.Decision.never
  }

  private let app: SinkApp
  private let delay: TimeAmount
  /// After each answer, and with the error after which there can be no more.
  private let answered: (TrafficError?) -> Void
  private var context: ChannelHandlerContext?
  /// The one whose parts are coming.
  private var request = Request()
  private var body = ByteBuffer()
  /// Whole requests; the first is being worked on.
  private var pending: Deque<Request> = []

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
      if body.readableBytes + bytes.readableBytes > Self.bodyBytesMax { request.refusal = .payloadTooLarge }
      if request.refusal == nil { body.writeImmutableBuffer(bytes) }
    case .end: end(context)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    for _ in pending { app.abandoned() }
    pending = []
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func begin(_ head: HTTPRequestHead) {
    request = Request(isKeptAlive: head.isKeepAlive, refusal: head.method == .POST ? nil : .methodNotAllowed)
    body.clear()
    for (name, value) in head.headers { request.copy.read(header: name, value: value) }
  }

  private func end(_ context: ChannelHandlerContext) {
    guard pending.count < Self.pipelinedMax else { return context.close(promise: nil) }
    request.arrivedAt = app.now
    if request.refusal == nil {
      request.decision = body.withUnsafeReadableBytes { app.requested(request.copy, body: $0) }
    }
    pending.append(request)
    if pending.count == 1 { work() }
  }

  /// Answers what is pending, up to the first that takes time.
  private func work() {
    while let context, let request = pending.first {
      if let refusal = request.refusal {
        pending.removeFirst()
        app.refused(Int(refusal.code))
        write(refusal, isKeptAlive: request.isKeptAlive, context)
        continue
      }
      guard case .answer(let status) = request.decision else { return }
      if delay > .zero {
        context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [self] in
          answer(status)
          work()
        }
        return
      }
      answer(status)
    }
  }

  private func answer(_ status: Int) {
    guard let context, let request = pending.popFirst() else { return }
    do {
      try app.answers(status, to: request.copy, arrivedAt: request.arrivedAt)
    } catch {
      context.close(promise: nil)
      return answered(error)
    }
    write(HTTPResponseStatus(statusCode: status), isKeptAlive: request.isKeptAlive, context)
    answered(nil)
  }

  private func write(_ status: HTTPResponseStatus, isKeptAlive: Bool, _ context: ChannelHandlerContext) {
    var headers: HTTPHeaders = [:]
    if status.mayHaveResponseBody { headers.add(name: "content-length", value: "0") }
    if status == .methodNotAllowed { headers.add(name: "allow", value: "POST") }
    if !isKeptAlive { headers.add(name: "connection", value: "close") }
    context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
    guard !isKeptAlive else { return context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil) }
    let channel = context.channel
    context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
  }
}
