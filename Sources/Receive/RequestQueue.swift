import NIOCore
import NIOHTTP1

/// Tells the connection that bytes came, before anybody has made sense of them.
final class ByteWatch: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let connection: DoorConnection

  init(_ connection: DoorConnection) { self.connection = connection }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    connection.bytesCame()
    context.fireChannelRead(data)
  }
}

/// Hands a connection's requests on one at a time: what a client sends before it has its answer waits here.
///
/// NIO's own pipelining handler stops reading while an answer is pending and starts again after it, which costs two epoll_ctl
/// calls a request; this one goes on reading, up to a bound.
final class RequestQueue: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart

  private enum Event {
    case part(HTTPServerRequestPart)
    case error(any Error)
    case inputClosed
  }

  /// Parts that wait before reading stops. A request is three of them.
  private static let heldMax = 96

  private var held = CircularBuffer<Event>(initialCapacity: 0)
  /// A whole request is with the handler behind, and not answered.
  private var isBusy = false
  private var isHandingOn = false
  private var isPaused = false
  private var context: ChannelHandlerContext?

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }
  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) { take(.part(unwrapInboundIn(data)), context) }
  func errorCaught(context: ChannelHandlerContext, error: any Error) { take(.error(error), context) }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    // Known at once where nothing waits before it, so that the answer can say that it is the last.
    if case .some(.inputClosed) = event as? ChannelEvent, !held.isEmpty { return take(.inputClosed, context) }
    context.fireUserInboundEventTriggered(event)
  }

  /// The request that was handed on has its answer.
  func answered() {
    isBusy = false
    guard let context, !isHandingOn else { return }
    isHandingOn = true
    while !isBusy, let event = held.popFirst() { handOn(event, context) }
    isHandingOn = false
    pauseOrResume(context)
  }

  private func take(_ event: Event, _ context: ChannelHandlerContext) {
    guard isBusy || isHandingOn || !held.isEmpty else { return handOn(event, context) }
    held.append(event)
    pauseOrResume(context)
  }

  private func handOn(_ event: Event, _ context: ChannelHandlerContext) {
    switch event {
    case .part(let part):
      if case .end = part { isBusy = true }
      context.fireChannelRead(wrapInboundOut(part))
    case .error(let error): context.fireErrorCaught(error)
    case .inputClosed: context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }
  }

  private func pauseOrResume(_ context: ChannelHandlerContext) {
    let mustPause = isPaused ? !held.isEmpty : held.count > Self.heldMax
    guard mustPause != isPaused else { return }
    isPaused = mustPause
    context.channel.setOption(.autoRead, value: !mustPause).whenFailure { _ in }
  }
}
