import Model
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// What every connection of the door shares.
final class Door: Sendable {
  let journal: any Journal
  let clock: Clock
  let observer: Observer
  private let inForce: Mutex<DoorRules>
  private let closing = Atomic(false)
  private let connections = Atomic(0)
  /// Who waits until there is none.
  private let emptied = Mutex<[@Sendable () -> Void]>([])
  private let arrivals = Atomic(0)

  init(settings: ReceiveSettings, acceptReport: AcceptReport, journal: any Journal, clock: @escaping Clock, observer: @escaping Observer) {
    inForce = Mutex(DoorRules(settings, acceptReport: acceptReport))
    self.journal = journal
    self.clock = clock
    self.observer = observer
  }

  /// Those of the file in force. A request asks once, and goes by the answer to its end.
  var rules: DoorRules { inForce.withLock { $0 } }

  func reload(_ settings: ReceiveSettings, acceptReport: AcceptReport) {
    // Made beside the lock, which every request takes; only one reload goes on at a time.
    let new = DoorRules(settings, acceptReport: acceptReport, after: rules)
    inForce.withLock { $0 = new }
  }

  var isClosing: Bool { closing.load(ordering: .relaxed) }
  func close() { closing.store(true, ordering: .relaxed) }

  func refused(_ refusal: Refusal, by request: RequestNumber) {
    journal.count(refused: refusal.rawValue)
    observer(.refused(refusal, by: request))
  }

  /// - Returns: the number of the connection, and whether there is room for it.
  func entered() -> (number: Int, isWelcome: Bool) {
    let number = arrivals.add(1, ordering: .relaxed).newValue
    return (number, connections.add(1, ordering: .sequentiallyConsistent).newValue <= rules.connectionsMax)
  }
  func left() {
    guard connections.subtract(1, ordering: .sequentiallyConsistent).newValue == 0 else { return }
    for then in emptied.withLock({ $0.takeAll() }) { then() }
  }

  /// - Parameter then: is called when no connection is left, which may be more than once.
  func whenEmpty(_ then: @escaping @Sendable () -> Void) {
    emptied.withLock { $0.append(then) }
    if connections.load(ordering: .sequentiallyConsistent) == 0 { then() }
  }
}

/// The public door: one listener, one path, and nothing else on it.
package final class PublicDoor: Sendable {
  private let door: Door
  let group: MultiThreadedEventLoopGroup
  private let listener: any Channel
  package let listen: Endpoint

  /// Listens from here on.
  /// - Parameter passed: a listening TCP socket to take over instead of one of its own at `settings.listen`.
  /// - Throws: the system's error if the address cannot be listened on.
  package static func open(
    _ settings: ReceiveSettings, passed: CInt? = nil, acceptReport: AcceptReport, journal: any Journal, clock: @escaping Clock,
    observer: @escaping Observer
  ) async throws -> PublicDoor {
    let door = Door(settings: settings, acceptReport: acceptReport, journal: journal, clock: clock, observer: observer)
    // The store's thread and libcurl's want a core as well.
    let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, min(4, System.coreCount / 2)))
    do {
      let bootstrap = bootstrap(door, group)
      guard let passed else {
        let listener = try await bootstrap.bind(host: settings.listen.host, port: settings.listen.port).get()
        return PublicDoor(door: door, group: group, listener: listener, listen: settings.listen)
      }
      let listener = try await bootstrap.withBoundSocket(passed).get()
      guard let address = listener.localAddress, let host = address.ipAddress, let port = address.port else {
        preconditionFailure("a TCP socket has an address")
      }
      return PublicDoor(door: door, group: group, listener: listener, listen: Endpoint(host: host, port: port))
    } catch {
      try? await group.shutdownGracefully()
      throw error
    }
  }

  private init(door: Door, group: MultiThreadedEventLoopGroup, listener: any Channel, listen: Endpoint) {
    self.listen = listen
    self.door = door
    self.group = group
    self.listener = listener
  }

  /// Where it listens; the port is the real one where 0 was asked for.
  package var port: Int { listener.localAddress?.port ?? 0 }
  /// Where and by which a request asks now whether the door answers.
  var rules: DoorRules { door.rules }

  /// In the order of the rule file. Asking the door whether it answers is no use.
  package func tokenUses() -> [TokenUse] { door.rules.tokenUses }

  /// Requests that begin from here on go by these settings, all but `listen`, and by these rules; one that has begun ends by those that it
  /// began with. One at a time.
  package func reload(_ settings: ReceiveSettings, acceptReport: AcceptReport) {
    door.reload(settings, acceptReport: acceptReport)
  }

  /// Accepts no more connections; those that were accepted go on, and each answer says that the connection ends. A socket that was passed
  /// stays open for whoever else has it, with the connections in its queue.
  package func stopAccepting() async {
    door.close()
    // Closing drops the connections that are just being accepted (ServerBootstrap.AcceptHandler), which nobody would answer. So no more are
    // taken out of the queue first, and those that were have come to their event loops, and back, before it is closed.
    try? await listener.setOption(.autoRead, value: false).get()
    for _ in 0..<2 {
      for eventLoop in group.makeIterator() { try? await eventLoop.submit {}.get() }
    }
    try? await listener.close()
  }

  /// Who was accepted gets his answer: waits until every connection has ended, by its answer or by its client, but at most so long. After
  /// `stopAccepting`.
  package func drain(within longest: Duration) async {
    let drained = group.any().makePromise(of: Void.self)
    let deadline = group.any().scheduleTask(in: .microseconds(longest.microseconds)) { drained.succeed() }
    door.whenEmpty { drained.succeed() }
    try? await drained.futureResult.get()
    deadline.cancel()
  }

  /// Ends every connection.
  package func close() async { try? await group.shutdownGracefully() }

  private static func bootstrap(_ door: Door, _ group: MultiThreadedEventLoopGroup) -> ServerBootstrap {
    var completions: [ObjectIdentifier: Completions] = [:]
    for eventLoop in group.makeIterator() { completions[ObjectIdentifier(eventLoop)] = Completions(eventLoop: eventLoop) }
    let byLoop = completions
    return ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1_024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.maxMessagesPerRead, value: 4)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let (number, isWelcome) = door.entered()
          channel.closeFuture.whenComplete { _ in door.left() }
          guard isWelcome else {
            door.refused(.connections, by: RequestNumber(connection: number, request: 0))
            throw ChannelError.ioOnClosedChannel
          }
          try addHandlers(to: channel, number, door, byLoop[ObjectIdentifier(channel.eventLoop)]!)
        }
      }
  }

  private static func addHandlers(to channel: any Channel, _ number: Int, _ door: Door, _ completions: Completions) throws {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = Limits.headerBytesMax
    limits.maxHeaderListSize = Limits.headerBytesMax
    let pipeline = channel.pipeline.syncOperations
    let requests = RequestQueue()
    let connection = DoorConnection(door: door, number: number, completions: completions, requests: requests)
    try pipeline.addHandler(ByteWatch(connection))
    try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)))
    try pipeline.addHandler(requests)
    try pipeline.addHandler(connection)
  }
}

extension Array {
  fileprivate mutating func takeAll() -> [Element] {
    defer { self = [] }
    return self
  }
}
