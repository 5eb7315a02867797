import Model
import NIOCore
import NIOHTTP1

/// One connection of the public door: a request after the other, each answered once it is on disk.
///
/// Lives on its channel's event loop. The `RequestQueue` before it holds back further requests until the present one is answered.
final class DoorConnection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = ByteBuffer

  private struct Request {
    var head: HTTPRequestHead
    var startedAt: Instant
    var body = ByteBuffer()
    /// HTTP/1.0 would have to be told that it may stay. After an offer of another protocol the parser reads no further, though
    /// the offer was not taken.
    var keepsAlive: Bool {
      head.isKeepAlive && head.version != .http1_0 && head.method != .CONNECT && !head.headers.contains(name: "upgrade")
    }
    /// The client waits for a word before it sends the body (RFC 9110, 10.1.1).
    var asksBeforeBody: Bool {
      head.version != .http1_0 && head.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
    }
  }

  private enum State {
    /// Between requests. Exits: `reading`, `dropping`, `closing`.
    case idle
    /// Taking in the body of what may be a report, or of a probe. Exits: `committing`, `idle` (probe), `closing` (too large, slow).
    case reading(Request, isProbe: Bool)
    /// Taking in the short body of a refused request, to answer at its end. Exits: `idle`, `closing` (not short after all, slow).
    case dropping(Request, Refusal, bytes: Int)
    /// With the store. Exits: `idle`, by its answer or by the deadline; `closing` likewise.
    case committing(Request)
    /// Answered, and the client does not read: nothing more of it is answered before it has read, so that its answers take no memory.
    /// Exits: `idle`; the end, if it takes longer than a connection may be idle.
    case unread
    /// Answered for the last time; what still comes is dropped, within bounds, so that closing does not reset the connection
    /// before the answer was read (RFC 9112, 9.6). Exits: none.
    case closing(droppedBytes: Int)
  }

  private let door: Door
  /// Of the connection.
  private let number: Int
  /// As they were when the present request began, or the last.
  private var rules: DoorRules
  private let completions: Completions
  private let requests: RequestQueue
  private var context: ChannelHandlerContext?
  private var state = State.idle
  /// Numbers the requests, so that an answer of the store that comes after the deadline is known to be late.
  private var request = 0
  /// When the first bytes of a request came whose head is not complete yet.
  private var firstBytesAt: Instant?
  /// The other side has sent its last byte; it may still read.
  private var isInputClosed = false
  private var deadline: NIODeadline = .distantFuture
  private var deadlineCheck: Scheduled<Void>?
  /// When `deadlineCheck` fires; meaningful while there is one.
  private var checkAt: NIODeadline = .distantFuture

  init(door: Door, number: Int, completions: Completions, requests: RequestQueue) {
    self.door = door
    self.number = number
    rules = door.rules
    self.completions = completions
    self.requests = requests
  }

  // MARK: - Requests

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): began(head, context)
    case .body(let part): came(part, context)
    case .end: ended(context)
    }
  }

  /// Bytes came, of whatever. Between two requests they begin the next one, and its time runs from here.
  func bytesCame() {
    guard case .idle = state, firstBytesAt == nil else { return }
    firstBytesAt = door.clock()
    rules = door.rules
    limit(rules.readTimeout)
  }

  private func began(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    guard case .idle = state else { return }
    request += 1
    // One that waited behind another begins now.
    if firstBytesAt == nil {
      rules = door.rules
      limit(rules.readTimeout)
    }
    let started = Request(head: head, startedAt: firstBytesAt.take() ?? door.clock())
    switch rules.admissions.decide(head) {
    case .report(let token):
      rules.used(token, at: started.startedAt)
      read(started, isProbe: false, context)
    case .probe: read(started, isProbe: true, context)
    case .refuse(let refusal):
      if started.asksBeforeBody || contentLength(of: head) > rules.admissions.bodyBytesMax {
        refuse(refusal, context)
      } else {
        state = .dropping(started, refusal, bytes: 0)
      }
    }
  }

  private func read(_ started: Request, isProbe: Bool, _ context: ChannelHandlerContext) {
    state = .reading(started, isProbe: isProbe)
    guard started.asksBeforeBody else { return }
    context.writeAndFlush(wrapOutboundOut(Answer.continueBytes), promise: nil)
  }

  private func came(_ part: ByteBuffer, _ context: ChannelHandlerContext) {
    switch state {
    case .reading(var reading, let isProbe):
      guard reading.body.readableBytes + part.readableBytes <= rules.admissions.bodyBytesMax else {
        return refuse(.bodyTooLarge, context)
      }
      // The state would hold a second reference, and appending would copy.
      state = .idle
      if reading.body.readableBytes == 0 { reading.body = part } else { reading.body.writeImmutableBuffer(part) }
      state = .reading(reading, isProbe: isProbe)
    case .dropping(let dropping, let refusal, let bytes):
      let bytes = bytes + part.readableBytes
      state = .dropping(dropping, refusal, bytes: bytes)
      if bytes > rules.admissions.bodyBytesMax { refuse(refusal, context) }
    case .closing(let dropped):
      let dropped = dropped + part.readableBytes
      state = .closing(droppedBytes: dropped)
      if dropped > Limits.drainBytesMax { context.close(promise: nil) }
    case .idle, .committing, .unread: break
    }
  }

  private func ended(_ context: ChannelHandlerContext) {
    switch state {
    case .reading(let reading, isProbe: true): answer(.ready, reading, context)
    case .reading(let reading, isProbe: false): commit(reading, context)
    case .dropping(let dropped, let refusal, _):
      door.refused(refusal, by: requestNumber)
      answer(Answer(refusal), dropped, context)
    case .closing: context.close(promise: nil)
    case .idle, .committing, .unread: break
    }
  }

  private func commit(_ reading: Request, _ context: ChannelHandlerContext) {
    state = .committing(reading)
    limit(rules.commitDeadline)
    let payload = Payload(
      bytes: Array(reading.body.readableBytesView), contentType: reading.head.headers.first(name: "content-type"))
    let (number, me) = (request, NIOLoopBound(self, eventLoop: context.eventLoop))
    rules.acceptReport(payload, at: reading.startedAt) { [completions] error in
      completions.put(Completions.Entry(connection: me, request: number, error: error))
    }
  }

  /// The store has answered, perhaps too late.
  func committed(_ number: Int, _ error: JournalError?) {
    guard let context, number == request, case .committing(let committed) = state else { return }
    if let error {
      door.observer(.notStored(error, by: requestNumber))
      answer(.notReceived, committed, context)
    } else {
      door.observer(.accepted(after: door.clock() - committed.startedAt, by: requestNumber))
      answer(.received, committed, context)
    }
  }

  // MARK: - Answers

  /// What events call the present request; one whose head has not come yet is the next.
  private var requestNumber: RequestNumber { RequestNumber(connection: number, request: firstBytesAt == nil ? request : request + 1) }

  private func answer(_ answer: Answer, _ answered: Request, _ context: ChannelHandlerContext) {
    state = .idle
    limit(rules.idleTimeout)
    let keepsAlive = answered.keepsAlive && !isInputClosed && !door.isClosing
    write(answer, withBody: answered.head.method != .HEAD, keepsAlive: keepsAlive, context)
    guard keepsAlive else { return context.close(promise: nil) }
    if context.channel.isWritable { requests.answered() } else { state = .unread }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if case .unread = state, context.channel.isWritable {
      state = .idle
      limit(rules.idleTimeout)
      requests.answered()
      if case .idle = state, isInputClosed { context.close(promise: nil) }
    }
    context.fireChannelWritabilityChanged()
  }

  /// Answers before the request has come to its end, and ends the connection.
  private func refuse(_ refusal: Refusal, _ context: ChannelHandlerContext) {
    if case .closing = state { return }
    door.refused(refusal, by: requestNumber)
    state = .closing(droppedBytes: 0)
    limit(.microseconds(Limits.drainTimeMax.microseconds))
    write(Answer(refusal), withBody: true, keepsAlive: false, context)
    context.close(mode: .output, promise: nil)
  }

  private func write(_ answer: Answer, withBody: Bool, keepsAlive: Bool, _ context: ChannelHandlerContext) {
    context.writeAndFlush(wrapOutboundOut(answer.bytes(keepsAlive: keepsAlive, withBody: withBody)), promise: nil)
  }

  // MARK: - Time

  /// One timer a connection, set anew when it fires or would fire too late: a deadline that moves on with every request costs
  /// nothing.
  private func limit(_ amount: TimeAmount) {
    deadline = .now() + amount
    guard let context else { return }
    if let deadlineCheck {
      guard deadline < checkAt else { return }
      deadlineCheck.cancel()
    }
    scheduleCheck(context)
  }

  private func scheduleCheck(_ context: ChannelHandlerContext) {
    checkAt = deadline
    deadlineCheck = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in self?.checkDeadline() }
  }

  private func checkDeadline() {
    deadlineCheck = nil
    guard let context else { return }
    guard deadline <= .now() else { return scheduleCheck(context) }
    switch state {
    case .idle where firstBytesAt != nil: refuse(.slow, context)
    case .idle, .unread, .closing:
      // The parser reports half a request when the connection ends; nobody is refused any more.
      state = .closing(droppedBytes: 0)
      context.close(promise: nil)
    case .reading, .dropping: refuse(.slow, context)
    case .committing(let late):
      door.observer(.notStored(.late, by: requestNumber))
      answer(.notReceived, late, context)
    }
  }

  // MARK: - The connection

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func channelActive(context: ChannelHandlerContext) {
    // Who connects means to ask: a connection that never does is the cheapest way to take others their place.
    limit(min(rules.idleTimeout, rules.readTimeout))
    context.fireChannelActive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case .some(.inputClosed) = event as? ChannelEvent else { return context.fireUserInboundEventTriggered(event) }
    isInputClosed = true
    switch state {
    case .committing, .unread: break
    case .idle, .reading, .dropping, .closing: context.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    deadlineCheck?.cancel()
    self.context = nil
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error as? HTTPParserError {
    case .some(.headerOverflow): refuse(.headersTooLarge, context)
    case .some: refuse(.malformed, context)
    // A connection that broke: there is nobody to tell.
    case nil: context.close(promise: nil)
    }
  }
}
