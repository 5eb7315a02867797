import Model
import NIOCore
import NIOHTTP1

/// One keep-alive connection of the provider with at most one request on its way. Lives on its event loop.
final class ProviderConnection: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  /// Told of each try's end and of the connection's, in this order if both come at once.
  struct Owner {
    var ended: (_ connection: ProviderConnection, _ job: Job, _ answer: Answer, _ isReusable: Bool) -> Void
    var closed: (_ connection: ProviderConnection) -> Void
  }

  private let target: Target
  private let timeout: TimeAmount
  private let owner: Owner
  private var context: ChannelHandlerContext?
  private var job: Job?
  private var status: HTTPResponseStatus?
  private var isKeptAlive = false
  private var deadline: NIODeadline = .distantFuture
  private var isTimerSet = false

  init(target: Target, timeout: TimeAmount, owner: Owner) {
    self.target = target
    self.timeout = timeout
    self.owner = owner
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }
  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  /// The connection must be idle.
  func send(_ job: Job) {
    precondition(self.job == nil, "a connection has one request on its way")
    guard let context else { return owner.ended(self, job, .broken(.disconnected), false) }
    self.job = job
    status = nil
    var headers = HTTPHeaders()
    headers.reserveCapacity(4)
    headers.add(name: "host", value: target.authority)
    headers.add(name: "content-type", value: "application/json")
    headers.add(name: "content-length", value: String(job.request.bytes.count))
    headers.add(name: "user-agent", value: "dlr-relay-simulate")
    let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: target.uri, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: job.request.bytes)))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    deadline = .now() + timeout
    setTimer(context)
  }

  func close() { context?.close(promise: nil) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      status = head.status
      isKeptAlive = head.isKeepAlive
    case .body: break
    case .end:
      guard let status else { return }
      end(.status(Int(status.code)), isReusable: isKeptAlive)
      if !isKeptAlive { context.close(promise: nil) }
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    end(.broken(.disconnected), isReusable: false)
    owner.closed(self)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    end(.broken(error is HTTPParserError ? .not_http : .disconnected), isReusable: false)
    context.close(promise: nil)
  }

  private func end(_ answer: Answer, isReusable: Bool) {
    guard let job else { return }
    self.job = nil
    owner.ended(self, job, answer, isReusable)
  }

  /// One timer a connection, set again when it fires, instead of one a request.
  private func setTimer(_ context: ChannelHandlerContext) {
    guard !isTimerSet else { return }
    isTimerSet = true
    context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.timerFired() }
  }

  private func timerFired() {
    isTimerSet = false
    guard let context, job != nil else { return }
    guard NIODeadline.now() >= deadline else { return setTimer(context) }
    end(.broken(.timeout), isReusable: false)
    context.close(promise: nil)
  }
}
