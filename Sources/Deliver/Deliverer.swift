import CEpoll
import Foundation
import Model
import Synchronization

/// Sends: one thread that owns the lanes and libcurl's handles, between the journal that hands over and the apps.
///
/// Other threads only put into its mailbox, which wakes it once for many entries.
package final class Deliverer: Sendable {
  private typealias Then = @Sendable (JournalError?) -> Void

  private struct Command: Sendable {
    enum Kind { case pause, resume }
    var kind: Kind
    var lane: LaneID
    var then: Then
  }

  private struct Reload: Sendable {
    var routes: [RouteSettings]
    var lanes: [LaneID]
    var then: @Sendable () -> Void
  }

  private struct Mailbox {
    var handovers: [Handover] = []
    var reloads: [Reload] = []
    var commands: [Command] = []
    /// Lanes whose state could not be kept.
    var unkept: [LaneID] = []
    var pings: [@Sendable () -> Void] = []
    var stopBy: SuspendingClock.Instant?
    var isAwake = false
    var isClosed = false
  }

  private let mailbox = Mutex(Mailbox())
  private let latestGauges = Mutex<[LaneGauge]>([])
  private let wakeDescriptor: Int32
  private let clock: Clock
  private let ended = DispatchSemaphore(value: 0)

  /// Starts sending what the journal has for the routes, with the lanes' states as the journal kept them. Lanes of other routes are held
  /// until a reload names them.
  /// - Parameters:
  ///   - lanes: of the routes, in the same order.
  ///   - userAgent: of the copies.
  package init(
    routes: [RouteSettings], lanes: [LaneID], journal: some Journal, userAgent: String, clock: @escaping Clock,
    observer: @escaping Observer, rng: some RandomNumberGenerator & Sendable
  ) {
    wakeDescriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    precondition(wakeDescriptor >= 0, "no eventfd: \(String(cString: strerror(errno)))")
    self.clock = clock
    journal.connect { [self] handover in
      post { $0.handovers.append(handover) }
    }
    let states = Dictionary(uniqueKeysWithValues: journal.standing().lanes.map { ($0.id, $0.state) })
    let thread = Thread { [self] in
      let dispatcher = Dispatcher(routes: routes, lanes: lanes, states: states, at: clock(), observer: observer, rng: rng)
      var loop = Loop(deliverer: self, dispatcher: dispatcher, journal: journal, userAgent: userAgent)
      loop.transport.reload(routes: routes, lanes: lanes)
      loop.run()
      ended.signal()
    }
    thread.name = "deliver"
    thread.start()
  }

  /// The lanes as they are now; of those whose route is not in the rule file only the ones that have something in flight.
  package func gauges() -> [LaneGauge] { latestGauges.withLock { $0 } }

  /// - Parameter then: is called once the sending thread has come around; at once if it has ended. It must not block.
  package func ping(_ then: @escaping @Sendable () -> Void) {
    var isClosed = false
    post { mailbox in
      isClosed = mailbox.isClosed
      if !isClosed { mailbox.pings.append(then) }
    }
    if isClosed { then() }
  }

  /// Goes by these settings from here on: what waits follows them, what is in flight ends by those that it began with. Lanes of
  /// routes that are not among them are held, with all that they have in memory, until a reload names them again.
  /// - Parameters:
  ///   - lanes: of the routes, in the same order, as the journal has just given them.
  ///   - then: is called, on the sending thread, once nothing starts by the settings before. It must not block.
  package func reload(routes: [RouteSettings], lanes: [LaneID], then: @escaping @Sendable () -> Void) {
    var isClosed = false
    post { mailbox in
      isClosed = mailbox.isClosed
      if !isClosed { mailbox.reloads.append(Reload(routes: routes, lanes: lanes, then: then)) }
    }
    if isClosed { then() }
  }

  /// Sends nothing more of the lane until it is resumed, also after a restart; what is in flight ends.
  /// - Parameters:
  ///   - lane: one that the journal had when it was started, or of a route of any reload since.
  ///   - then: gets nil once that is on disk. With an error it is in force, but a restart may forget it.
  package func pause(_ lane: LaneID, then: @escaping @Sendable (JournalError?) -> Void) {
    command(Command(kind: .pause, lane: lane, then: then))
  }

  /// Ends the pause of the lane, an operator's or one that the app asked for with 410, and tries the app at once, whatever its
  /// Retry-After or the breaker says. A lane that is paused in the rule file stays so.
  /// - Parameters:
  ///   - lane: one that the journal had when it was started, or of a route of any reload since.
  ///   - then: gets nil once that is on disk. With an error it is in force, but a restart may forget it.
  package func resume(_ lane: LaneID, then: @escaping @Sendable (JournalError?) -> Void) {
    command(Command(kind: .resume, lane: lane, then: then))
  }

  /// Starts nothing more, waits for what is in flight, at most `Limits.stopTimeMax`, and ends. What has no result by then is
  /// sent again after the next start. Blocks; once.
  package func stop() {
    let by = SuspendingClock.now + Limits.stopTimeMax
    post { $0.stopBy = by }
    ended.wait()
    let late = mailbox.withLock { mailbox in
      // The journal goes on handing over, but nobody is to be woken, least of all by a number that may be another file's.
      mailbox.isAwake = true
      mailbox.isClosed = true
      close(wakeDescriptor)
      return mailbox
    }
    for reload in late.reloads { reload.then() }
    for ping in late.pings { ping() }
    for command in late.commands { command.then(.closed) }
  }

  private func command(_ command: Command) {
    var isClosed = false
    post { mailbox in
      isClosed = mailbox.isClosed
      if !isClosed { mailbox.commands.append(command) }
    }
    if isClosed { command.then(.closed) }
  }

  private func post(_ change: (inout Mailbox) -> Void) {
    mailbox.withLock { mailbox in
      change(&mailbox)
      guard !mailbox.isAwake else { return }
      mailbox.isAwake = true
      var one: UInt64 = 1
      _ = write(wakeDescriptor, &one, 8)
    }
  }

  /// One turn after another on the thread that owns everything here.
  private struct Loop<RNG: RandomNumberGenerator, Store: Journal> {
    private static var showEvery: Duration { .milliseconds(50) }
    /// After a lane's state could not be kept.
    private static var keepAgainAfter: Duration { .seconds(1) }

    let deliverer: Deliverer
    var dispatcher: Dispatcher<RNG>
    let journal: Store
    let epoll = Epoll()
    let transport: CurlTransport
    // These are no times of day, which may be set back: nobody would hear of the lanes, or end, for hours.
    var stopBy: SuspendingClock.Instant?
    /// When to show the lanes as they are to other threads; nil if nothing happened since the last time.
    var showAt: SuspendingClock.Instant?
    /// Who waits until the state of a lane is on disk.
    var thens: [LaneID: [Then]] = [:]
    var unkept: Set<LaneID> = []
    var keepAgainAt: SuspendingClock.Instant?

    init(deliverer: Deliverer, dispatcher: Dispatcher<RNG>, journal: Store, userAgent: String) {
      self.deliverer = deliverer
      self.dispatcher = dispatcher
      self.journal = journal
      transport = CurlTransport(userAgent: userAgent, epoll: epoll)
      epoll.want(deliverer.wakeDescriptor, readable: true, writable: false)
    }

    mutating func run() {
      show()
      while true {
        takeMail()
        collect()
        act()
        showIfDue()
        if isOver() { break }
        wait()
      }
      transport.close()
      epoll.close()
    }

    private func isOver() -> Bool {
      guard let stopBy else { return false }
      return dispatcher.inFlight == 0 || .now >= stopBy
    }

    private mutating func takeMail() {
      var mail = deliverer.mailbox.withLock { mailbox in
        defer { mailbox = Mailbox() }
        return mailbox
      }
      for handover in mail.handovers { dispatcher.receive(handover) }
      for reload in mail.reloads { take(reload) }
      for command in mail.commands { carryOut(command) }
      noteUnkept(mail.unkept)
      for ping in mail.pings { ping() }
      guard let by = mail.stopBy.take() else { return }
      stopBy = by
      dispatcher.stop()
    }

    private mutating func take(_ reload: Reload) {
      dispatcher.reload(routes: reload.routes, lanes: reload.lanes, at: deliverer.clock())
      transport.reload(routes: reload.routes, lanes: reload.lanes)
      show()
      reload.then()
    }

    private mutating func carryOut(_ command: Command) {
      let now = deliverer.clock()
      switch command.kind {
      case .pause: dispatcher.pause(command.lane, at: now)
      case .resume: dispatcher.resume(command.lane, at: now)
      }
      thens[command.lane, default: []].append(command.then)
      showAt = .now
    }

    private mutating func noteUnkept(_ lanes: [LaneID]) {
      let now = SuspendingClock.now
      unkept.formUnion(lanes)
      if !unkept.isEmpty, keepAgainAt == nil { keepAgainAt = now + Self.keepAgainAfter }
      guard let keepAgainAt, keepAgainAt <= now else { return }
      for lane in unkept { dispatcher.keepAgain(lane) }
      unkept = []
      self.keepAgainAt = nil
    }

    /// Ends of attempts become settlements, those of time-outs too.
    private mutating func collect() {
      let now = deliverer.clock()
      transport.checkTime()
      transport.takeEnded(at: now) { attempt, ending in dispatcher.ended(attempt, ending, at: now) }
    }

    private mutating func act() {
      let now = deliverer.clock()
      let output = dispatcher.advance(to: now)
      journal.settle(output.settle)
      for (lane, queue, bytes) in output.giveBack { journal.giveBack(bytes, of: lane, from: queue) }
      for (lane, state) in output.keep { keep(state, of: lane) }
      for (lane, heldSince) in output.release { journal.release(lane, heldSince: heldSince) }
      for (queue, lane) in output.fetch { journal.fetch(queue, of: lane) }
      for attempt in output.start { transport.start(attempt) }
    }

    private mutating func keep(_ state: LaneState, of lane: LaneID) {
      let thens = thens.removeValue(forKey: lane) ?? []
      journal.keep(state, of: lane) { [deliverer] error in
        for then in thens { then(error) }
        if error != nil { deliverer.post { $0.unkept.append(lane) } }
      }
    }

    /// Not at every turn: with many lanes that would cost more than sending.
    private mutating func showIfDue() {
      let now = SuspendingClock.now
      guard let due = showAt else {
        showAt = now + Self.showEvery
        return
      }
      guard due <= now else { return }
      showAt = nil
      show()
    }

    private func show() {
      let gauges = dispatcher.gauges(at: deliverer.clock()).filter { $0.isInFile || $0.inFlight > 0 }
      deliverer.latestGauges.withLock { $0 = gauges }
    }

    private func wait() {
      let ownAt = [stopBy, showAt, keepAgainAt].compactMap { $0 }.min()
      let timeouts = [
        dispatcher.nextWake.map { max(.zero, $0 - deliverer.clock()) }, ownAt.map { max(.zero, $0 - .now) }, transport.timeLeft,
      ]
      epoll.wait(timeouts.compactMap { $0 }.min()) { ready in
        if ready.descriptor == deliverer.wakeDescriptor {
          var count: UInt64 = 0
          _ = read(deliverer.wakeDescriptor, &count, 8)
        } else {
          transport.socketReady(ready)
        }
      }
    }
  }
}
